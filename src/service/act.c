/*
 * What people do on a case: each is one event, refused before it is appended when the
 * case's transitions, or its clocks, do not allow it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	ACT_TEXT_MAX = 10000,
	DECIDE_ITEMS_MAX =
		4000, /* of one event: an index takes up to 7 bytes of payload */
	READ_REFS_MAX = EVENT_REFS_MAX,
};

struct act {
	const char *casefile, *by, *type;
	const char *text_name, *text; /* a disclosure, or NULL */
	json_t *body;		      /* borrowed, NULL: {} */
	const struct event_ref *refs;
	size_t n_refs;
	size_t n_read; /* out: read */
	enum rc (*check)(struct writer *w, const struct act *act,
			 const struct case_row *c, struct err *e);
	uint64_t seq; /* out */
	unsigned level;
	json_t *items; /* decide: indices, borrowed; NULL: all that are open */
};

static enum rc
act_append(struct writer *w, struct act *act, const struct case_row *c, struct err *e)
{
	struct view_disclosed sd = {act->text_name, NULL};

	if (act->text != NULL)
		sd.value = json_string(act->text);
	return append_event(w,
			    &(struct append){
				    .channel = c->channel,
				    .type = act->type,
				    .casefile = act->casefile,
				    .by = act->by,
				    .body = json_deep_copy(act->body),
				    .disclosures = &sd,
				    .n_disclosures = act->text == NULL ? 0 : 1,
				    .refs = act->refs,
				    .n_refs = act->n_refs,
			    },
			    &act->seq, e);
}

/* Stricter than the fold, which also allows what can only come of a crossing. */
static enum rc
act_allowed(struct writer *w, const struct act *act, const struct case_row *c,
	    struct err *e)
{
	struct channel_row ch;
	enum rc rc = channel_by_id(w->s, w->a, c->channel, &ch, e);

	if (rc == RC_OK &&
	    !casefile_may(c->fold.state, case_act_of(act->type), ch.own_party))
		rc = err_set(e, RC_CONFLICT, "a case that is %s allows no %s by the %s",
			     case_state_token(c->fold.state), act->type,
			     party_name(ch.own_party));
	return rc;
}

static enum rc
work_act(struct writer *w, void *arg, struct err *e)
{
	struct act *act = arg;
	struct case_row c;
	enum rc rc = view_case_get(w->s, w->a, act->casefile, &c, e);

	/* The check first: it says more. */
	if (rc == RC_OK && act->check != NULL)
		rc = act->check(w, act, &c, e);
	if (rc == RC_OK)
		rc = act_allowed(w, act, &c, e);
	return rc == RC_OK ? act_append(w, act, &c, e) : rc;
}

static enum rc
act_reply(struct node *nd, struct arena *a, struct act *act, struct reply *out,
	  struct err *e)
{
	enum rc rc = writer_run(nd, work_act, act, e);

	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:I}", "case", act->casefile, "event",
				     act->type, "seq", (json_int_t)act->seq));
	return rc;
}

/* in: case  out: case, event, seq (the index in our log at which it is recorded) */
enum rc
service_case_accept(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct act act = {.by = actor_pseudonym(who), .type = "case.accept"};
	enum rc rc = in_only(in, "case", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &act.casefile, e);
	return rc == RC_OK ? act_reply(nd, a, &act, out, e) : rc;
}

/* in: case, <text_name>  out: as of accept */
static enum rc
act_with_text(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	      const char *type, const char *text_name, struct reply *out, struct err *e)
{
	struct act act = {
		.by = actor_pseudonym(who), .type = type, .text_name = text_name};
	enum rc rc = in_only(in, arena_printf(a, "case %s", text_name), e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &act.casefile, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, text_name, true, ACT_TEXT_MAX, &act.text, e);
	return rc == RC_OK ? act_reply(nd, a, &act, out, e) : rc;
}

enum rc
service_case_refuse(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	return act_with_text(nd, a, who, in, "case.refuse", "reason", out, e);
}

enum rc
service_case_say(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	return act_with_text(nd, a, who, in, "message.post", "text", out, e);
}

/* The rung that is next by the policy, and due. */
static enum rc
check_rung(struct writer *w, const struct act *act, const struct case_row *c,
	   struct err *e)
{
	const struct policy *p;
	struct case_due due;
	char when[CLOCK_TEXT_LEN];
	enum rc rc = c->manifest
			     ? view_policy(w->v, &c->policy_sha256, &p, e)
			     : err_set(e, RC_CONFLICT, "the case has no manifest yet");

	if (rc != RC_OK)
		return rc;
	const struct policy_class *cls = policy_class_find(p, c->class_code);
	if (c->fold.receipt_us == 0)
		return err_set(
			e, RC_CONFLICT,
			"this case was never receipted: no clock runs, so there is "
			"nothing to remind of");
	casefile_due(p, cls, &c->fold, view_case_owed(c), &due);
	if (due.pending)
		return err_set(
			e, RC_CONFLICT,
			"the step before has no receipt yet: what was not delivered "
			"does not count, and the next one runs from its receipt");
	if (due.step < 0)
		return err_set(
			e, RC_CONFLICT,
			"no reminder or warning is next: nothing is owed, the ladder is "
			"used up, or the one before has no receipt yet");
	const struct policy_step *step = &p->ladder[due.step];
	bool warn = strcmp(act->type, "case.warn") == 0;
	if (step->warn != warn || (warn && step->level != act->level)) {
		const char *next = step->warn
					   ? arena_printf(w->a, "warning %u", step->level)
					   : "a reminder";
		return err_set(e, RC_CONFLICT, "next by the policy %s is %s", p->name,
			       next);
	}
	if (w->now_us < due.step_us)
		return err_set(e, RC_CONFLICT, "not before %s by the policy %s",
			       clock_format(due.step_us, when), p->name);
	return RC_OK;
}

/* in: case */
enum rc
service_case_remind(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct act act = {
		.by = actor_pseudonym(who), .type = "case.remind", .check = check_rung};
	enum rc rc = in_only(in, "case", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &act.casefile, e);
	return rc == RC_OK ? act_reply(nd, a, &act, out, e) : rc;
}

/* in: case, level (1 to 3) */
enum rc
service_case_warn(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	struct act act = {
		.by = actor_pseudonym(who), .type = "case.warn", .check = check_rung};
	int64_t level = 0;
	enum rc rc = in_only(in, "case level", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &act.casefile, e);
	if (rc == RC_OK)
		rc = in_int(in, "level", 1, 3, 0, &level, e);
	if (rc == RC_OK && level == 0)
		rc = err_set(e, RC_INVALID, "\"level\" is missing: 1, 2 or 3");
	if (rc != RC_OK)
		return rc;
	act.level = (unsigned)level;
	act.body = json_pack("{s:I}", "level", (json_int_t)level);
	rc = act_reply(nd, a, &act, out, e);
	json_decref(act.body);
	return rc;
}

static enum rc
check_close(struct writer *w, const struct act *act, const struct case_row *c,
	    struct err *e)
{
	(void)w;
	(void)act;
	if (c->fold.state != CASE_REFUSED && c->decided < c->items)
		return err_set(e, RC_CONFLICT,
			       "%" PRIu64 " of %" PRIu64
			       " items are not decided: a case is closed when all are",
			       c->items - c->decided, c->items);
	return RC_OK;
}

static enum rc
act_plain(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	  const char *type,
	  enum rc (*check)(struct writer *w, const struct act *act,
			   const struct case_row *c, struct err *e),
	  struct reply *out, struct err *e)
{
	struct act act = {.by = actor_pseudonym(who), .type = type, .check = check};
	enum rc rc = in_only(in, "case", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &act.casefile, e);
	return rc == RC_OK ? act_reply(nd, a, &act, out, e) : rc;
}

/* in: case */
enum rc
service_case_close(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	return act_plain(nd, a, who, in, "case.close", check_close, out, e);
}

/* in: case */
enum rc
service_case_reopen(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	return act_plain(nd, a, who, in, "case.reopen", NULL, out, e);
}

struct unread {
	struct writer *w;
	enum party other;
	const char *origin;
	struct event_ref refs[READ_REFS_MAX];
	size_t n;
};

static enum rc
on_unread(void *arg, const struct db_row *row, struct err *e)
{
	struct unread *u = arg;

	(void)e;
	if (u->n < READ_REFS_MAX)
		u->refs[u->n++] = (struct event_ref){
			.log = u->origin,
			.seq = (uint64_t)u->w->s->drv->col_int(row, 0),
		};
	return RC_OK;
}

/* Up to READ_REFS_MAX unread messages of the other side, by their leaves. */
static enum rc
unread_get(struct writer *w, const struct case_row *c, const char *casefile,
	   struct unread *u, struct err *e)
{
	enum rc rc =
		store_run(w->s, &SQL_MESSAGE_UNREAD,
			  (struct db_param[]){DB_P_TEXT(casefile), DB_P_INT(u->other),
					      DB_P_INT(READ_REFS_MAX)},
			  on_unread, u, e);

	for (size_t i = 0; rc == RC_OK && i < u->n; i++) {
		struct log_leaf *leaf;
		rc = store_leaves(w->s, w->a, c->channel, u->other, u->refs[i].seq,
				  u->refs[i].seq + 1, &leaf, e);
		if (rc == RC_OK)
			u->refs[i].leaf = leaf[0].leaf;
	}
	return rc;
}

/* All messages of the other side that were not read, in as few events as can be. */
static enum rc
work_read(struct writer *w, void *arg, struct err *e)
{
	struct act *act = arg;
	struct channel_row ch;
	struct case_row c;
	struct log_head h;
	bool more = true;
	enum rc rc = view_case_get(w->s, w->a, act->casefile, &c, e);

	act->n_read = 0;
	if (rc == RC_OK)
		rc = channel_by_id(w->s, w->a, c.channel, &ch, e);
	if (rc == RC_OK)
		rc = store_head(w->s, w->a, c.channel, party_other(ch.own_party), &h, e);
	while (rc == RC_OK && more) {
		struct unread u = {.w = w, .other = h.party, .origin = h.origin};
		rc = unread_get(w, &c, act->casefile, &u, e);
		act->refs = u.refs;
		act->n_refs = u.n;
		act->n_read += u.n;
		more = u.n == READ_REFS_MAX;
		if (rc == RC_OK && u.n != 0)
			rc = act_append(w, act, &c, e);
	}
	return rc;
}

/* in: case  out: case, read (how many messages of the other side were marked read now) */
enum rc
service_case_read(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	struct act act = {.by = actor_pseudonym(who), .type = "message.read"};
	enum rc rc = in_only(in, "case", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &act.casefile, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_read, &act, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:I}", "case", act.casefile, "read",
				     (json_int_t)act.n_read));
	return rc;
}

struct open_items {
	struct store *s;
	json_t *into;
};

static enum rc
on_open_item(void *arg, const struct db_row *row, struct err *e)
{
	struct open_items *o = arg;

	(void)e;
	json_array_append_new(o->into, json_integer(o->s->drv->col_int(row, 0)));
	return RC_OK;
}

/* The decision in events of at most DECIDE_ITEMS_MAX items. */
static enum rc
work_decide(struct writer *w, void *arg, struct err *e)
{
	struct act *act = arg;
	struct case_row c;
	json_t *open = NULL;
	const json_t *items = act->items;
	enum rc rc = view_case_get(w->s, w->a, act->casefile, &c, e);

	if (rc == RC_OK)
		rc = act_allowed(w, act, &c, e);
	if (rc == RC_OK && items == NULL) {
		items = open = json_array();
		struct open_items o = {.s = w->s, .into = open};
		rc = store_run(w->s, &SQL_ITEM_OPEN,
			       (struct db_param[]){DB_P_TEXT(act->casefile)},
			       on_open_item, &o, e);
	}
	if (rc == RC_OK && json_array_size(items) == 0)
		rc = err_set(e, RC_CONFLICT, "no item of the case is open");
	for (size_t at = 0; rc == RC_OK && at < json_array_size(items);
	     at += DECIDE_ITEMS_MAX) {
		json_t *some = json_array();
		for (size_t i = at;
		     i < json_array_size(items) && i < at + DECIDE_ITEMS_MAX; i++)
			json_array_append(some, json_array_get(items, i));
		json_object_set_new(act->body, "items", some);
		rc = act_append(w, act, &c, e);
	}
	json_decref(open);
	return rc;
}

static enum rc
decide_items(json_t *in, json_t **ret, struct err *e)
{
	json_t *items = json_object_get(in, "items");
	size_t i;
	const json_t *v;

	*ret = NULL;
	if (items == NULL ||
	    (json_is_string(items) && strcmp(json_string_value(items), "open") == 0))
		return RC_OK;
	if (!json_is_array(items) || json_array_size(items) == 0)
		return err_set(
			e, RC_INVALID,
			"\"items\" must be a list of item numbers, or \"open\" for all "
			"that are open");
	json_array_foreach (items, i, v)
		if (!json_is_integer(v) || json_integer_value(v) < 0)
			return err_set(e, RC_INVALID, "items[%zu] is no item number", i);
	*ret = items;
	return RC_OK;
}

/*
 * in: case, items ([number] or "open"), outcome, ground?, reason?, territories?, until?
 * out: case, event, seq
 */
enum rc
service_case_decide(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct act act = {
		.by = actor_pseudonym(who), .type = "item.decide", .text_name = "reason"};
	const char *outcome, *ground, *until;
	int64_t until_us = 0;
	enum rc rc = in_only(in, "case items outcome ground reason territories until", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &act.casefile, e);
	if (rc == RC_OK)
		rc = decide_items(in, &act.items, e);
	if (rc == RC_OK)
		rc = in_text(in, "outcome", true, EVENT_TYPE_MAX, &outcome, e);
	if (rc == RC_OK)
		rc = in_text(in, "ground", false, EVENT_TYPE_MAX, &ground, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", false, ACT_TEXT_MAX, &act.text, e);
	if (rc == RC_OK)
		rc = in_text(in, "until", false, CLOCK_TEXT_LEN, &until, e);
	if (rc == RC_OK && until != NULL &&
	    clock_parse(until, strlen(until), &until_us) != RC_OK)
		rc = err_set(e, RC_INVALID,
			     "\"until\" is no time: write it as 2017-08-10T00:00:00Z");
	if (rc != RC_OK)
		return rc;
	act.body = json_pack("{s:s, s:s*}", "outcome", outcome, "ground", ground);
	if (until_us != 0)
		json_object_set_new(act.body, "until", json_integer(until_us));
	if (json_object_get(in, "territories") != NULL)
		json_object_set(act.body, "territories",
				json_object_get(in, "territories"));
	rc = writer_run(nd, work_decide, &act, e);
	json_decref(act.body);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:I}", "case", act.casefile, "event",
				     act.type, "seq", (json_int_t)act.seq));
	return rc;
}
