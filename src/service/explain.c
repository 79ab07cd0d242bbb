/*
 * How the deadlines of a case came about: told by the function that computes them.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "core/deadline.h"
#include "service/cases.h"
#include "service/use.h"

struct telling {
	struct store *s;
	struct arena *a;
	const struct policy *p;
	const struct policy_class *cls;
	const struct case_row *c;
	const char *origins[PARTY_COUNT];
};

static json_t *
step_json(const struct telling *t, const struct deadline_step *s)
{
	json_t *j = json_pack("{s:s, s:o, s:s}", "what", s->what, "at",
			      json_time(s->at_us), "text", s->text);

	if (s->until_us != 0)
		json_object_set_new(j, "until", json_time(s->until_us));
	if (s->has_event)
		json_object_set_new(
			j, "event",
			json_pack("{s:s, s:s, s:I}", "log", t->origins[s->party], "party",
				  party_name(s->party), "seq", (json_int_t)s->seq));
	return j;
}

/* {due, owed, steps} */
static json_t *
deadline_json(const struct telling *t, enum deadline_kind k, int64_t owed_us)
{
	struct deadline_trace *trace = ARENA_NEW(t->a, struct deadline_trace);
	json_t *steps = json_array();

	trace->a = t->a;
	int64_t due_us = deadline_of(t->p, t->cls, &t->c->fold, k, trace);
	for (size_t i = 0; i < trace->n; i++)
		json_array_append_new(steps, step_json(t, &trace->steps[i]));
	return json_pack("{s:o, s:b, s:o}", "due",
			 due_us == INT64_MAX ? json_null() : json_time(due_us), "owed",
			 owed_us != 0, "steps", steps);
}

static const char *
owed_text(const struct telling *t, const struct case_due *due)
{
	char when[CLOCK_TEXT_LEN];
	const struct casefile *c = &t->c->fold;

	if (c->receipt_us == 0)
		return "no receipt of the platform is known, so no clock runs";
	if (c->state == CASE_REFUSED)
		return "the platform refused the case: nothing is owed";
	if (c->state == CASE_CLOSED)
		return "the case is closed: nothing is owed";
	if (due->first_us == 0)
		return "everything is decided: nothing is owed";
	if (due->paused_us != 0)
		return arena_printf(
			t->a,
			"an answer is owed by the authority: the clock stands "
			"still until it comes, at the latest until %s",
			clock_format(due->paused_until_us, when));
	return arena_printf(t->a, "owed first: by %s", clock_format(due->first_us, when));
}

static json_t *
explain_json(const struct telling *t)
{
	char hex[HASH_HEX_LEN + 1];
	struct case_due due;

	casefile_due(t->p, t->cls, &t->c->fold, view_case_owed(t->c), &due);
	return json_pack("{s:s, s:{s:s, s:I, s:s}, s:s, s:s, s:s, s:o, s:o, s:o, s:o}",
			 "case", t->c->casefile, "policy", "name", t->p->name, "version",
			 (json_int_t)t->p->version, "sha256",
			 hash_hex(&t->p->sha256, hex), "class_sent", t->cls->code,
			 "class", deadline_class(t->p, t->cls, &t->c->fold)->code, "now",
			 owed_text(t, &due), "paused", json_time(due.paused_us),
			 "paused_until", json_time(due.paused_until_us), "accept",
			 deadline_json(t, DEADLINE_ACCEPT, due.accept_us), "decide",
			 deadline_json(t, DEADLINE_DECIDE, due.decide_us));
}

/* in: case
 * out: case, policy, class_sent, class (after transfers), now (a sentence), paused,
 *      paused_until, dated, answers, accept and decide {due, owed, steps [{what, at,
 *      until?, event?, text}]} */
enum rc
service_deadline(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	struct telling t = {.a = a};
	struct case_row c;
	struct log_head h;
	const char *id;
	enum rc rc = in_only(in, "case", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_uuid(in, "case", &id, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &t.s, e);
	if (rc == RC_OK)
		rc = view_case_get(t.s, a, id, &c, e);
	if (rc == RC_OK)
		rc = policy_of_case(t.s, a, &c, &t.p, &t.cls, e);
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++) {
		rc = store_head(t.s, a, c.channel, (enum party)p, &h, e);
		t.origins[p] = h.origin;
	}
	t.c = &c;
	json_t *dated = json_array(), *answers = json_array();
	if (rc == RC_OK)
		rc = case_dated(t.s, a, &c, dated, e);
	if (rc == RC_OK)
		rc = case_answers(t.s, &c, answers, e);
	if (rc == RC_OK) {
		json_t *told = reply_json(a, out, explain_json(&t));
		json_object_set(told, "dated", dated);
		json_object_set(told, "answers", answers);
	}
	json_decref(dated);
	json_decref(answers);
	reader_put(nd, t.s);
	return rc;
}
