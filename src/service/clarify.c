/*
 * Questions of the platform and answers of the authority, which pause the clock where the
 * policy says so, and the transfer of a case to another class.
 */
#include <inttypes.h>
#include <string.h>

#include "core/event_type.h"
#include "service/decide.h"
#include "store/store_sql.h"

struct items_act {
	struct act act; /* first: act_run() */
	json_t *items;	/* borrowed: as selection_numbers() reads it, or NULL */
};

/* The items that it is about, if any, into the body. */
static enum rc
check_items(struct writer *w, struct act *act, const struct case_row *c, struct err *e)
{
	const struct items_act *q = (const struct items_act *)act;
	json_t *numbers = NULL;
	enum rc rc = selection_numbers(w->a, q->items, c->items, &numbers, e);

	if (rc == RC_OK && json_array_size(numbers) > EVENT_DECIDE_ITEMS_MAX)
		rc = err_set(
			e, RC_TOO_LARGE,
			"more than %d items: leave \"items\" out, and it is about the "
			"whole case",
			EVENT_DECIDE_ITEMS_MAX);
	if (rc == RC_OK && numbers != NULL)
		json_object_set(act->body, "items", numbers);
	json_decref(numbers);
	return rc;
}

enum rc
act_about_items(struct node *nd, struct arena *a, const struct act *act, json_t *items,
		struct reply *out, struct err *e)
{
	struct items_act q = {.act = *act, .items = items};

	q.act.check = check_items;
	return act_run(nd, a, &q.act, act_work, &q, out, e);
}

/* in: case, version?, text, items? ([number] or "0,3,5-9"; else the whole case) */
enum rc
service_case_clarify(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct act act = {.by = actor_pseudonym(who),
			  .type = "clarify.ask",
			  .text_name = "text",
			  .body = json_object()};
	enum rc rc = act_in(in, a, "items", &act, e);

	if (rc == RC_OK)
		rc = in_ready(in, a, "text", true, ACT_TEXT_MAX, &act.text, e);
	if (rc == RC_OK)
		rc = act_about_items(nd, a, &act, json_object_get(in, "items"), out, e);
	json_decref(act.body);
	return rc;
}

struct answer_act {
	struct act act;
	int64_t question; /* its seq in the platform's log, -1: the only one that is open
			   */
	struct event_ref ref;
};

struct open_question {
	struct writer *w;
	int64_t want;
	uint64_t seq;
	size_t n;
	bool answered; /* the one that is wanted is */
};

/* seq, act, author, body, items, iat_us, answer_seq, ... */
static enum rc
on_question(void *arg, const struct db_row *row, struct err *e)
{
	enum { SEQ = 0, ANSWER_SEQ = 6 };
	struct open_question *q = arg;
	const struct db_driver *drv = q->w->s->drv;
	int64_t seq = drv->col_int(row, SEQ);
	bool open = drv->col_null(row, ANSWER_SEQ);

	(void)e;
	if (q->want >= 0 && seq != q->want)
		return RC_OK;
	if (q->want >= 0)
		q->answered = !open;
	if (open) {
		q->seq = (uint64_t)seq;
		q->n++;
	}
	return RC_OK;
}

static enum rc
check_answer(struct writer *w, struct act *act, const struct case_row *c, struct err *e)
{
	struct answer_act *an = (struct answer_act *)act;
	struct open_question q = {.w = w, .want = an->question};
	struct log_leaf *leaf;
	struct log_head h;
	enum rc rc = store_run(w->s, &SQL_CASE_CLARIFY,
			       (struct db_param[]){DB_P_TEXT(c->casefile)}, on_question,
			       &q, e);

	if (rc == RC_OK && q.answered)
		rc = err_set(e, RC_CONFLICT, "question %" PRId64 " is answered already",
			     an->question);
	else if (rc == RC_OK && q.n == 0)
		rc = err_set(e, RC_CONFLICT,
			     "no question of the platform is open in this case");
	else if (rc == RC_OK && q.n > 1)
		rc = err_set(e, RC_CONFLICT,
			     "%zu questions are open: say which with \"question\"", q.n);
	if (rc == RC_OK)
		rc = store_head(w->s, w->a, c->channel, PARTY_PLATFORM, &h, e);
	if (rc == RC_OK)
		rc = store_leaves(w->s, w->a, c->channel, PARTY_PLATFORM, q.seq,
				  q.seq + 1, &leaf, e);
	if (rc != RC_OK)
		return rc;
	an->ref = (struct event_ref){.log = h.origin, .seq = q.seq, .leaf = leaf[0].leaf};
	act->refs = &an->ref;
	act->n_refs = 1;
	return RC_OK;
}

/* in: case, version?, text, question? (its seq; needed where several are open) */
enum rc
service_case_answer(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct answer_act an = {.act = {.by = actor_pseudonym(who),
					.type = "clarify.answer",
					.text_name = "text",
					.check = check_answer}};
	enum rc rc = act_in(in, a, "question", &an.act, e);

	if (rc == RC_OK)
		rc = in_ready(in, a, "text", true, ACT_TEXT_MAX, &an.act.text, e);
	if (rc == RC_OK)
		rc = in_int(in, "question", 0, INT64_MAX, -1, &an.question, e);
	return rc == RC_OK ? act_run(nd, a, &an.act, act_work, &an, out, e) : rc;
}

static enum rc
check_class(struct writer *w, struct act *act, const struct case_row *c, struct err *e)
{
	const char *code = json_string_value(json_object_get(act->body, "class"));
	const struct policy *p;
	enum rc rc = c->manifest
			     ? view_policy(w->v, &c->policy_sha256, &p, e)
			     : err_set(e, RC_CONFLICT, "the case has no manifest yet");

	if (rc == RC_OK && policy_class_find(p, code) == NULL)
		rc = err_set(e, RC_INVALID, "the policy %s has no class \"%s\"", p->name,
			     code);
	return rc;
}

/* in: case, version?, class (of the case's policy), reason */
enum rc
service_case_transfer(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	struct act act = {.by = actor_pseudonym(who),
			  .type = "case.transfer",
			  .text_name = "reason",
			  .check = check_class};
	const char *code;
	enum rc rc = act_in(in, a, "class", &act, e);

	if (rc == RC_OK)
		rc = in_text(in, "class", true, EVENT_TOKEN_MAX, &code, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", true, ACT_TEXT_MAX, &act.text, e);
	if (rc != RC_OK)
		return rc;
	act.body = json_pack("{s:s}", "class", code);
	rc = act_run(nd, a, &act, act_work, &act, out, e);
	json_decref(act.body);
	return rc;
}
