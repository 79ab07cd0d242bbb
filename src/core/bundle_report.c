/*
 * The report of a bundle as text and as JSON.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/bundle_int.h"

static const char *const text_words[] = {"absent", "matches", "differs"};

char *
bundle_second_format(uint64_t time_s, char *out)
{
	/* A hostile clock may say anything. */
	bool held = time_s <= (uint64_t)(INT64_MAX / CLOCK_US_PER_S);
	char *dot;

	clock_format(held ? (int64_t)time_s * CLOCK_US_PER_S : INT64_MAX, out);
	dot = strchr(out, '.');
	if (dot != NULL)
		memcpy(dot, "Z", 2);
	return out;
}

/* ---- for people -------------------------------------------------------------------- */

static void
steps_put(struct buf *b, const struct bundle_report *r)
{
	for (int s = 0; s < BUNDLE_STEP_COUNT; s++) {
		const char *mark = s < (int)r->step    ? "ok"
				   : s == (int)r->step ? "FAILED"
						       : "-";
		buf_printf(b, "  %-6s %-11s  %s\n", mark,
			   bundle_step_token((enum bundle_step)s),
			   bundle_step_what((enum bundle_step)s));
	}
}

static void
event_put(struct buf *b, const struct bundle_event *be)
{
	char at[CLOCK_TEXT_LEN], received[CLOCK_TEXT_LEN];

	buf_printf(b, "  %s  %-9s %5" PRIu64 "  %-14s by %-16s ",
		   clock_format(be->ev->iat_us, at), party_name(be->from), be->ev->seq,
		   be->ev->type, be->ev->by);
	if (be->level != BUNDLE_LEVEL_RECEIVED)
		buf_printf(b, "%s%s", bundle_level_token(be->level),
			   be->received_s != 0 ? ", " : "");
	if (be->received_s != 0)
		buf_printf(b, "received %s%s", be->adopted ? "" : "at the latest ",
			   bundle_second_format(be->received_s, received));
	if (be->void_why != NULL)
		buf_printf(b, "\n    no effect: %s", be->void_why);
	buf_putc(b, '\n');
}

static void
words_put(struct buf *b, const char *title, const struct bundle_words *w)
{
	buf_printf(b, "\n%s\n", title);
	for (size_t i = 0; i < w->n; i++)
		buf_printf(b, "- %s\n", w->line[i]);
}

static void
parties_put(struct buf *b, const struct bundle_report *r)
{
	for (int p = 0; p < PARTY_COUNT; p++) {
		const struct bundle_party *x = &r->party[p];
		buf_printf(b, "%-10s %s (%s)\n           fingerprint %s%s\n",
			   party_name((enum party)p), x->name, x->org, x->fingerprint,
			   x->compared ? ", as expected" : ", not compared");
	}
}

void
bundle_report_put(struct buf *b, const struct bundle_report *r)
{
	char made[CLOCK_TEXT_LEN];

	if (!r->ok) {
		buf_puts(b, "NOT VALID. Nothing in this file can be relied upon.\n\n");
		steps_put(b, r);
		buf_printf(b, "\nThe step that failed: %s\n", bundle_step_token(r->step));
		if (r->where != NULL)
			buf_printf(b, "Where: %s\n", r->where);
		buf_printf(b, "What: %s\n", r->what);
		return;
	}
	buf_puts(b, "VALID. Every step held.\n\n");
	steps_put(b, r);
	if (r->policy->test)
		buf_puts(b, "\nTEST: by the policy of this case no order ever rests on "
			    "it.\n");
	buf_printf(b,
		   "\ncase       %s\nchannel    %s\npolicy     %s, version %" PRIu64 "\n",
		   r->casefile, r->channel, r->policy->name, r->policy->version);
	buf_printf(b, "state      %s, %" PRIu64 " of %" PRIu64 " items decided\n",
		   case_state_token(r->casework.fold.state), r->casework.decided,
		   r->casework.items);
	parties_put(b, r);
	buf_printf(b, "made by    %s on %s\n", r->party[r->exporter].org,
		   clock_format(r->made_us, made));
	buf_puts(b, "\nEvents\n");
	for (size_t i = 0; i < r->n_events; i++)
		event_put(b, &r->events[i]);
	for (size_t i = 0; i < r->n_orders; i++)
		if (r->orders[i].text != NULL)
			buf_printf(b, "\nText of order %s\n%s\n", r->orders[i].id,
				   r->orders[i].text);
	words_put(b, "Proven", &r->proven);
	words_put(b, "Claimed only by its author", &r->claimed);
	words_put(b, "Not in this bundle", &r->missing);
}

/* ---- for programs ------------------------------------------------------------------ */

static json_t *
time_json(int64_t us)
{
	char text[CLOCK_TEXT_LEN];

	return us == 0 || us == INT64_MAX ? json_null()
					  : json_string(clock_format(us, text));
}

static json_t *
second_json(uint64_t time_s)
{
	char text[CLOCK_TEXT_LEN];

	return time_s == 0 ? json_null()
			   : json_string(bundle_second_format(time_s, text));
}

static json_t *
text_json(const char *s)
{
	return s == NULL ? json_null() : json_string(s);
}

static json_t *
event_json(const struct bundle_event *be)
{
	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:o, s:s, s:o, s:b, s:o, s:I, s:I}",
			 "party", party_name(be->from), "seq", (json_int_t)be->ev->seq,
			 "type", be->ev->type, "id", be->ev->id, "by", be->ev->by, "at",
			 time_json(be->ev->iat_us), "level",
			 bundle_level_token(be->level), "received",
			 second_json(be->received_s), "adopted", be->adopted, "void",
			 text_json(be->void_why), "texts", (json_int_t)be->ev->n_sd,
			 "texts_here", (json_int_t)be->n_disclosed);
}

static json_t *
party_json(const struct bundle_party *x)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:s, s:I, s:I, s:o, s:I}", "org", x->org,
			 "name", x->name, "fingerprint", x->fingerprint, "compared",
			 x->compared, "log", x->origin, "head_size",
			 (json_int_t)x->head_size, "cosigned_size",
			 (json_int_t)x->cosigned_size, "cosigned",
			 second_json(x->cosigned_s), "events", (json_int_t)x->n_events);
}

static json_t *
case_json(const struct bundle_case *c)
{
	json_t *rungs = json_array(), *outcomes = json_object();
	const struct casefile *f = &c->fold;

	for (uint32_t i = 0; i < f->n_rungs; i++)
		json_array_append_new(
			rungs, json_pack("{s:s, s:i, s:o, s:o}", "step",
					 f->rungs[i].level == 0 ? "remind" : "warn",
					 "level", (int)f->rungs[i].level, "at",
					 time_json(f->rungs[i].iat_us), "received",
					 time_json(f->rungs[i].receipt_us)));
	for (size_t i = 0; i < BUNDLE_OUTCOMES_MAX && c->outcomes[i].outcome != NULL; i++)
		json_object_set_new(outcomes, c->outcomes[i].outcome,
				    json_integer((json_int_t)c->outcomes[i].items));
	return json_pack(
		"{s:s, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
		"s:o, s:o, s:i}",
		"state", case_state_token(f->state), "class", text_json(c->class_now),
		"subject", text_json(c->subject), "items", (json_int_t)c->items,
		"decided", (json_int_t)c->decided, "outcomes", outcomes, "sent",
		time_json(f->sent_us), "received", time_json(f->receipt_us), "accepted",
		time_json(f->accepted_us), "refused", time_json(f->refused_us), "closed",
		time_json(f->closed_us), "accept_by", time_json(c->accept_due_us),
		"decide_by", time_json(c->decide_due_us), "owed",
		time_json(c->due.first_us), "ladder", rungs, "ladder_taken",
		(int)c->due.taken);
}

static json_t *
order_json(const struct bundle_order *o)
{
	json_t *acts = json_array();

	for (size_t i = 0; i < o->n_acts; i++)
		json_array_append_new(
			acts, json_pack("{s:s, s:s, s:o, s:I, s:o, s:o}", "act",
					o->acts[i].event->ev->type + strlen("order."),
					"by", o->acts[i].event->ev->by, "at",
					time_json(o->acts[i].event->ev->iat_us), "seq",
					(json_int_t)o->acts[i].event->ev->seq, "reason",
					text_json(o->acts[i].reason), "void",
					text_json(o->acts[i].event->void_why)));
	return json_pack(
		"{s:s, s:s, s:s, s:o, s:O*, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:o, "
		"s:o, s:o, s:b, s:o, s:o}",
		"order", o->id, "state", o->state, "drafter", o->draft->ev->by, "drafted",
		time_json(o->draft->ev->iat_us), "names",
		json_object_get(o->draft->ev->body, "names"), "text_is",
		text_words[o->text_is], "text", text_json(o->text), "reasons",
		text_json(o->reasons), "approvals", (json_int_t)o->approvals,
		"approvals_asked", (json_int_t)o->approvals_asked, "guards",
		(json_int_t)o->guards_asked, "guards_open", (json_int_t)o->guards_open,
		"in_force", time_json(o->in_force_us), "ends",
		time_json(
			json_integer_value(json_object_get(o->draft->ev->body, "ends"))),
		"ended", time_json(o->ended_us), "grounds", o->grounds, "grounds_why",
		text_json(o->grounds_why), "acts", acts);
}

static json_t *
words_json(const struct bundle_words *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n; i++)
		json_array_append_new(list, json_string(w->line[i]));
	return list;
}

static json_t *
steps_json(const struct bundle_report *r)
{
	json_t *list = json_array();

	for (int s = 0; s < BUNDLE_STEP_COUNT && s <= (int)r->step; s++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:b}", "step",
					bundle_step_token((enum bundle_step)s), "what",
					bundle_step_what((enum bundle_step)s), "ok",
					s != (int)r->step));
	return list;
}

static json_t *
frauds_json(const struct bundle_report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_frauds; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:I, s:I}", "party",
						party_name(r->frauds[i].whose), "kind",
						fraud_kinds[r->frauds[i].kind], "at",
						(json_int_t)r->frauds[i].at, "most",
						(json_int_t)r->frauds[i].most));
	return list;
}

static json_t *
epochs_json(const struct bundle_report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_epochs; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:I, s:I, s:[I, I]}", "party",
					party_name(r->epochs[i].event->from), "seq",
					(json_int_t)r->epochs[i].event->ev->seq, "epoch",
					(json_int_t)r->epochs[i].epoch, "sizes",
					(json_int_t)r->epochs[i].size[0],
					(json_int_t)r->epochs[i].size[1]));
	return list;
}

/* All but the events. */
static json_t *
report_json(const struct bundle_report *r)
{
	json_t *orders = json_array();

	for (size_t i = 0; i < r->n_orders && r->ok; i++)
		json_array_append_new(orders, order_json(&r->orders[i]));
	json_t *j = json_pack("{s:b, s:o}", "ok", r->ok, "steps", steps_json(r));
	if (!r->ok) {
		json_decref(orders);
		json_object_set_new(j, "step", json_string(bundle_step_token(r->step)));
		json_object_set_new(j, "where", text_json(r->where));
		json_object_set_new(j, "what", json_string(r->what));
		return j;
	}
	json_object_set_new(j, "case", json_string(r->casefile));
	json_object_set_new(j, "channel", json_string(r->channel));
	json_object_set_new(j, "made", time_json(r->made_us));
	json_object_set_new(j, "made_by", json_string(r->party[r->exporter].org));
	json_object_set_new(j, "policy",
			    json_pack("{s:s, s:I, s:b}", "name", r->policy->name,
				      "version", (json_int_t)r->policy->version, "test",
				      r->policy->test));
	for (int p = 0; p < PARTY_COUNT; p++)
		json_object_set_new(j, party_name((enum party)p),
				    party_json(&r->party[p]));
	json_object_set_new(j, "casefile", case_json(&r->casework));
	json_object_set_new(j, "orders", orders);
	json_object_set_new(j, "fraud", frauds_json(r));
	json_object_set_new(j, "epochs", epochs_json(r));
	json_object_set_new(j, "proven", words_json(&r->proven));
	json_object_set_new(j, "claimed", words_json(&r->claimed));
	json_object_set_new(j, "missing", words_json(&r->missing));
	return j;
}

json_t *
bundle_report_json(const struct bundle_report *r)
{
	json_t *j = report_json(r), *events;

	if (!r->ok)
		return j;
	events = json_array();
	for (size_t i = 0; i < r->n_events; i++)
		json_array_append_new(events, event_json(&r->events[i]));
	json_object_set_new(j, "events", events);
	return j;
}

/* The text of a value, which goes. */
static char *
dumped(json_t *stolen)
{
	char *text = json_dumps(stolen, JSON_COMPACT);

	json_decref(stolen);
	if (text == NULL)
		abort();
	return text;
}

void
bundle_report_write(const struct bundle_report *r, bundle_put *put, void *arg)
{
	static const char begin[] = ",\n\"events\":[\n", end[] = "]}\n";
	char *text = dumped(report_json(r));
	size_t len = strlen(text);

	/* Without its last brace: the events come before it. */
	put(arg, text, r->ok ? len - 1 : len);
	free(text);
	if (!r->ok) {
		put(arg, "\n", 1);
		return;
	}
	put(arg, begin, sizeof(begin) - 1);
	for (size_t i = 0; i < r->n_events; i++) {
		text = dumped(event_json(&r->events[i]));
		put(arg, text, strlen(text));
		put(arg, ",\n", i + 1 < r->n_events ? 2 : 0);
		free(text);
	}
	put(arg, end, sizeof(end) - 1);
}
