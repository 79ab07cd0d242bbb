#include "core/statistics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { SAMPLES_FIRST = 64, FIGURE_PATH_MAX = 200 };

static const char *const time_tokens[STAT_TIME_COUNT] = {
#define X(name, token) token,
	STAT_TIME_TABLE(X)
#undef X
};

static void
release_json(void *p)
{
	json_decref(p);
}

static json_t *
counts_make(struct arena *a)
{
	json_t *o = json_object();

	arena_defer(a, release_json, o);
	return o;
}

void
statistics_open(struct statistics *st, struct arena *a, int64_t as_of_us)
{
	*st = (struct statistics){.a = a, .as_of_us = as_of_us};
	st->categories = counts_make(a);
	st->kinds = counts_make(a);
	st->outcomes = counts_make(a);
	st->inability = counts_make(a);
}

void
statistics_count(json_t *into, const char *token, uint64_t n)
{
	json_int_t was = json_integer_value(json_object_get(into, token));

	json_object_set_new(into, token, json_integer(was + (json_int_t)n));
}

static void
sample_add(struct statistics *st, enum stat_time t, int64_t seconds)
{
	struct stat_samples *l = &st->times[t];

	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? SAMPLES_FIRST : 2 * l->cap;
		int64_t *grown = arena_array(st->a, cap, sizeof(*grown));
		if (l->n != 0)
			memcpy(grown, l->s, l->n * sizeof(*grown));
		l->s = grown;
		l->cap = cap;
	}
	l->s[l->n++] = seconds;
}

/* Whole seconds; clocks of two sides can disagree, and nothing took less than none. */
static void
time_add(struct statistics *st, enum stat_time t, int64_t from_us, int64_t to_us)
{
	if (from_us == 0 || to_us == 0)
		return;
	sample_add(st, t, to_us > from_us ? (to_us - from_us) / CLOCK_US_PER_S : 0);
}

static void
kept_add(struct stat_kept *k, int64_t done_us, int64_t due_us, int64_t as_of_us)
{
	if (due_us == 0)
		return;
	if (done_us != 0)
		*(done_us <= due_us ? &k->on_time : &k->late) += 1;
	else
		*(due_us < as_of_us ? &k->missed : &k->open) += 1;
}

void
statistics_case(struct statistics *st, const struct stat_case *c)
{
	bool refused = c->accepted_us == 0 && c->refused_us != 0;
	int64_t answered_us = c->accepted_us != 0 ? c->accepted_us : c->refused_us;
	int64_t complete_us = c->items != 0 && c->decided == c->items ? c->decided_us : 0;

	st->notices++;
	st->items += c->items;
	st->received += c->receipt_us != 0;
	st->refused_notices += refused;
	st->items_refused += refused ? c->items : 0;
	st->items_accepted += c->accepted_us != 0 ? c->items : 0;
	st->items_decided += c->decided;
	st->reminders += c->reminders;
	st->warnings += c->warnings;
	st->reopened += c->reopened;
	kept_add(&st->acceptance, answered_us, c->accept_due_us, st->as_of_us);
	if (!refused)
		kept_add(&st->decision, complete_us, c->decide_due_us, st->as_of_us);
	time_add(st, STAT_TIME_RECEIPT, c->sent_us, c->receipt_us);
	time_add(st, STAT_TIME_ACCEPTANCE, c->receipt_us, answered_us);
	time_add(st, STAT_TIME_DECISION, c->receipt_us, complete_us);
}

void
statistics_order(struct statistics *st, const struct stat_order *o)
{
	st->orders++;
	st->emergencies += o->emergency;
	st->lifted += o->lifted;
	st->expired += o->expired;
	time_add(st, STAT_TIME_DRAFT_TO_FORCE, o->drafted_us, o->in_force_us);
	time_add(st, STAT_TIME_FORCE_TO_ZONE, o->in_force_us, o->zone_us);
}

void
statistics_lift(struct statistics *st, int64_t lift_us, int64_t zone_us)
{
	time_add(st, STAT_TIME_LIFT_TO_ZONE, lift_us, zone_us);
}

void
statistics_objection(struct statistics *st, const struct stat_objection *o)
{
	/* A ruling without an answer before it answers, too. */
	int64_t answered_us = o->answered_us != 0 ? o->answered_us : o->ruled_us;

	*(o->normalise ? &st->normalise : &st->objections) += 1;
	kept_add(&st->objection_answer, answered_us, o->answer_due_us, st->as_of_us);
	kept_add(&st->objection_ruling, o->ruled_us, o->rule_due_us, st->as_of_us);
	time_add(st, STAT_TIME_OBJECTION_ANSWER, o->received_us, answered_us);
	time_add(st, STAT_TIME_OBJECTION_RULING, o->received_us, o->ruled_us);
	if (o->ruling == NULL)
		return;
	st->upheld += strcmp(o->ruling, "upheld") == 0;
	st->partly += strcmp(o->ruling, "partly") == 0;
	st->rejected += strcmp(o->ruling, "rejected") == 0;
}

/* Who opened a dispute won it when it was upheld, also in part; the other one lost. */
void
statistics_dispute(struct statistics *st, const struct stat_dispute *d)
{
	enum party other = d->by == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;

	st->disputes[d->by]++;
	if (d->ruling == NULL)
		return;
	bool rejected = strcmp(d->ruling, "rejected") == 0;
	st->won[rejected ? other : d->by]++;
	st->lost[rejected ? d->by : other]++;
}

static void
counts_add(json_t *to, const json_t *from)
{
	void *at;

	for (at = json_object_iter((json_t *)(uintptr_t)from); at != NULL;
	     at = json_object_iter_next((json_t *)(uintptr_t)from, at))
		statistics_count(
			to, json_object_iter_key(at),
			(uint64_t)json_integer_value(json_object_iter_value(at)));
}

static void
kept_sum(struct stat_kept *to, const struct stat_kept *from)
{
	to->on_time += from->on_time;
	to->late += from->late;
	to->missed += from->missed;
	to->open += from->open;
}

void
statistics_add(struct statistics *to, const struct statistics *from)
{
#define SUM(member) to->member += from->member
	SUM(notices), SUM(received), SUM(refused_notices), SUM(reopened), SUM(reminders),
		SUM(warnings), SUM(items), SUM(items_accepted), SUM(items_refused),
		SUM(items_decided), SUM(orders), SUM(emergencies), SUM(lifted),
		SUM(expired), SUM(objections), SUM(normalise), SUM(upheld), SUM(partly),
		SUM(rejected), SUM(orders_wrong);
	for (int p = 0; p < PARTY_COUNT; p++) {
		SUM(disputes[p]);
		SUM(won[p]);
		SUM(lost[p]);
		SUM(reversals[p]);
	}
	SUM(reinstated);
#undef SUM
	kept_sum(&to->acceptance, &from->acceptance);
	kept_sum(&to->decision, &from->decision);
	kept_sum(&to->objection_answer, &from->objection_answer);
	kept_sum(&to->objection_ruling, &from->objection_ruling);
	counts_add(to->categories, from->categories);
	counts_add(to->kinds, from->kinds);
	counts_add(to->outcomes, from->outcomes);
	counts_add(to->inability, from->inability);
	for (int t = 0; t < STAT_TIME_COUNT; t++)
		for (size_t i = 0; i < from->times[t].n; i++)
			sample_add(to, (enum stat_time)t, from->times[t].s[i]);
}

int64_t
statistics_percentile(const int64_t *ascending, size_t n, unsigned p)
{
	if (n == 0)
		return -1;
	size_t rank = (n * p + 99) / 100;
	return ascending[rank == 0 ? 0 : rank - 1];
}

static int
compare(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return a < b ? -1 : a > b;
}

#define I(v) ((json_int_t)(v))

static json_t *
seconds_json(int64_t s)
{
	return s < 0 ? json_null() : json_integer(s);
}

static json_t *
times_json(const struct statistics *st)
{
	json_t *all = json_object();

	for (int t = 0; t < STAT_TIME_COUNT; t++) {
		const struct stat_samples *l = &st->times[t];
		int64_t *sorted = arena_array(st->a, l->n + 1, sizeof(*sorted));
		if (l->n != 0)
			memcpy(sorted, l->s, l->n * sizeof(*sorted));
		qsort(sorted, l->n, sizeof(*sorted), compare);
		json_object_set_new(
			all, time_tokens[t],
			json_pack("{s:I, s:o, s:o}", "n", I(l->n), "median",
				  seconds_json(statistics_percentile(sorted, l->n, 50)),
				  "p90",
				  seconds_json(statistics_percentile(sorted, l->n, 90))));
	}
	return all;
}

/* Parts of a thousand, rounded down; null of nothing. */
static json_t *
permille(uint64_t part, uint64_t whole)
{
	return whole == 0 ? json_null() : json_integer(I(part * 1000 / whole));
}

static json_t *
kept_json(const struct stat_kept *k)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:o}", "on_time", I(k->on_time), "late",
			 I(k->late), "missed", I(k->missed), "open", I(k->open),
			 "on_time_permille",
			 permille(k->on_time, k->on_time + k->late + k->missed));
}

static uint64_t
count_of(const json_t *counts, const char *token)
{
	return (uint64_t)json_integer_value(json_object_get(counts, token));
}

static json_t *
side_json(const struct statistics *st, enum party p)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "reversals", I(st->reversals[p]),
			 "disputes_opened", I(st->disputes[p]), "disputes_won",
			 I(st->won[p]), "disputes_lost", I(st->lost[p]));
}

/* The error of one side beside the speed of the other. */
static json_t *
errors_json(const struct statistics *st)
{
	uint64_t kept = count_of(st->outcomes, "kept");
	uint64_t manifest = count_of(st->inability, "manifest_error");
	uint64_t judged = st->items_decided + st->items_refused;

	return json_pack(
		"{s:o, s:o, s:o}", "items_not_followed_permille",
		permille(kept + manifest + st->items_refused, judged),
		"orders_wrong_permille", permille(st->orders_wrong, st->orders),
		"platform_late_permille",
		permille(st->decision.late + st->decision.missed,
			 st->decision.on_time + st->decision.late + st->decision.missed));
}

/* What Article 8 of Regulation (EU) 2021/784 asks for, of the same figures. */
static json_t *
tco_json(const struct statistics *st)
{
	static const char *const done[] = {"removed", "restricted", "account_suspended",
					   "already_removed"};
	uint64_t removed = 0;

	for (size_t i = 0; i < sizeof(done) / sizeof(done[0]); i++)
		removed += count_of(st->outcomes, done[i]);
	return json_pack("{s:I, s:I, s:I, s:O, s:I, s:I}", "removal_orders",
			 I(st->notices), "items", I(st->items), "removed_or_disabled",
			 I(removed), "inability", st->inability, "complaints",
			 I(st->objections + st->normalise +
			   st->disputes[PARTY_AUTHORITY] + st->disputes[PARTY_PLATFORM]),
			 "reinstated", I(st->reinstated));
}

static json_t *
work_json(const struct statistics *st)
{
	return json_pack(
		"{s:{s:I, s:I, s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:I, s:I}, s:O, "
		"s:O, s:O, s:O}",
		"notices", "sent", I(st->notices), "received", I(st->received), "refused",
		I(st->refused_notices), "reopened", I(st->reopened), "reminders",
		I(st->reminders), "warnings", I(st->warnings), "items", "submitted",
		I(st->items), "accepted", I(st->items_accepted), "refused",
		I(st->items_refused), "decided", I(st->items_decided), "open",
		I(st->items_accepted > st->items_decided
			  ? st->items_accepted - st->items_decided
			  : 0),
		"by_category", st->categories, "by_kind", st->kinds, "outcomes",
		st->outcomes, "inability", st->inability);
}

json_t *
statistics_json(const struct statistics *st)
{
	json_t *j = work_json(st);

	json_object_set_new(j, "acceptance", kept_json(&st->acceptance));
	json_object_set_new(j, "decision", kept_json(&st->decision));
	json_object_set_new(j, "seconds", times_json(st));
	json_object_set_new(j, "authority", side_json(st, PARTY_AUTHORITY));
	json_object_set_new(j, "platform", side_json(st, PARTY_PLATFORM));
	json_object_set_new(j, "orders",
			    json_pack("{s:I, s:I, s:I, s:I, s:I}", "in_force",
				      I(st->orders), "emergency", I(st->emergencies),
				      "lifted", I(st->lifted), "expired", I(st->expired),
				      "wrong", I(st->orders_wrong)));
	json_object_set_new(j, "objections",
			    json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "objection",
				      I(st->objections), "normalise", I(st->normalise),
				      "upheld", I(st->upheld), "partly", I(st->partly),
				      "rejected", I(st->rejected), "answer",
				      kept_json(&st->objection_answer), "ruling",
				      kept_json(&st->objection_ruling)));
	json_object_set_new(j, "errors", errors_json(st));
	json_object_set_new(j, "eu_tco", tco_json(st));
	return j;
}

static void
csv_walk(struct buf *b, const char *period, const char *path, const json_t *v)
{
	const char *key;
	const json_t *inner;

	if (json_is_object(v)) {
		void *at;
		for (at = json_object_iter((json_t *)(uintptr_t)v); at != NULL;
		     at = json_object_iter_next((json_t *)(uintptr_t)v, at)) {
			struct buf longer = BUF_INIT(FIGURE_PATH_MAX);
			key = json_object_iter_key(at);
			inner = json_object_iter_value(at);
			buf_printf(&longer, "%s%s%s", path, path[0] == '\0' ? "" : ".",
				   key);
			csv_walk(b, period, buf_str(&longer), inner);
			buf_free(&longer);
		}
		return;
	}
	buf_printf(b, "%s,%s,", period, path);
	if (json_is_integer(v))
		buf_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	buf_puts(b, "\r\n");
}

void
statistics_csv_put(struct buf *b, const char *period, const json_t *figures)
{
	csv_walk(b, period, "", figures);
}
