#include "store/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/event_type.h"
#include "core/policy.h"
#include "store/migrate.h"
#include "store/store_sql.h"
#include "store/view_int.h"

struct known {
	const struct policy *policy;
	struct known *next;
};

struct views {
	struct store *s;
	struct arena *a; /* of the parsed policies */
	struct known
		*known; /* as many as channels adopt: core/policy_vote.h limits them */
	view_tick *tick;
	void *tick_arg;
};

/* What each type does to the views; a type without a row is only recorded. */
static const struct {
	const char *type;
	fold_fn *fn;
	/* It looks for what would make the event void before it writes: it needs no
	 * savepoint to take back, under which SQLite copies each page that changes. */
	bool looks_first;
} handlers[] = {
	{"notice.part", fold_notice_part, true},
	{"channel.rekey", fold_channel_rekey, true},
	{"notice.send", fold_notice_send, false},
	{"receipt.adopt", fold_receipt_adopt, false},
	{"case.accept", fold_case_act, false},
	{"case.refuse", fold_case_act, false},
	{"case.remind", fold_case_act, false},
	{"case.warn", fold_case_act, false},
	{"case.close", fold_case_close, false},
	{"case.reopen", fold_case_act, false},
	{"item.decide", fold_item_decide_count, false},
	{"message.post", fold_message_post, true},
	{"message.read", fold_message_read, false},
	{"case.transfer", fold_case_act, false},
	{"item.reverse", fold_item_decide_count, false},
	{"policy.adopt", fold_policy_adopt, false},
	{"clarify.ask", fold_clarify_ask, false},
	{"clarify.answer", fold_clarify_answer, false},
	{"dispute.open", fold_dispute_open, false},
	{"dispute.answer", fold_dispute_answer, false},
	{"dispute.rule", fold_dispute_rule, false},
	{"order.draft", fold_order_draft, false},
	{"order.override", fold_order_override, false},
	{"order.approve", fold_order_approve_register, false},
	{"order.lift", fold_order_lift, false},
	{"order.expire", fold_order_expire, false},
	{"evidence.add", fold_evidence_add, false},
	{"blob.reject", fold_blob_reject, false},
	{"erase.request", fold_erase_request, false},
	{"erase.done", fold_erase_done, false},
	{"hold.place", fold_hold_place, false},
	{"hold.release", fold_hold_release, false},
	{"contact.set", fold_contact_set, false},
	{"channel.test", fold_channel_test, false},
	{"channel.test.ack", fold_channel_test_ack, false},
	{"order.return", fold_order_return, false},
	{"order.withdraw", fold_order_withdraw, false},
	{"order.owner", fold_order_owner, false},
	{"order.review", fold_order_review, false},
	{"order.plan", fold_order_plan, false},
	{"objection.open", fold_objection_open, false},
	{"objection.answer", fold_objection_answer, false},
	{"objection.rule", fold_objection_rule, false},
	{"dns.measured", fold_dns_measured, false},
	{"dns.applied", fold_dns_applied, true},
	{"dns.waived", fold_dns_waived, true},
	{"dns.retired", fold_dns_retired, true},
	{"dns.reminded", fold_dns_reminded, false},
	{"dns.answered", fold_dns_answered, false},
	{"dns.normalised", fold_dns_normalised, true},
};

struct views *
views_create(struct store *s)
{
	struct views *v = calloc(1, sizeof(*v));

	if (v == NULL)
		abort();
	v->s = s;
	v->a = arena_create();
	return v;
}

void
views_free(struct views *v)
{
	if (v == NULL)
		return;
	arena_free(v->a);
	free(v);
}

enum rc
view_policy(struct views *v, const struct hash *sha256, const struct policy **ret,
	    struct err *e)
{
	const char *text;

	for (const struct known *k = v->known; k != NULL; k = k->next)
		if (hash_equal(&k->policy->sha256, sha256)) {
			*ret = k->policy;
			return RC_OK;
		}
	enum rc rc =
		store_text(v->s, v->a, &SQL_POLICY_GET,
			   (struct db_param[]){DB_P_BLOB(sha256->b, HASH_LEN)}, &text, e);
	if (rc != RC_OK)
		return rc;
	if (text == NULL)
		return err_set(e, RC_NOT_FOUND, "this node does not have that policy");
	rc = policy_parse(v->a, text, strlen(text), ret, e);
	if (rc != RC_OK)
		return rc;
	struct known *k = ARENA_NEW(v->a, struct known);
	*k = (struct known){.policy = *ret, .next = v->known};
	v->known = k;
	return RC_OK;
}

void
fold_void(struct fold *f, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f->void_why = arena_strdup(f->a, text);
}

const char *
fold_text(const struct fold *f, const char *member)
{
	return json_string_value(json_object_get(f->ev->body, member));
}

int64_t
fold_int(const struct fold *f, const char *member)
{
	return json_integer_value(json_object_get(f->ev->body, member));
}

/* The n-th disclosure; its name is NULL when it is erased. */
static enum rc
disclosure_at(struct fold *f, size_t n, struct disclosure *ret, struct err *e)
{
	const char *text;

	*ret = (struct disclosure){0};
	if (f->disclosed != NULL) {
		*ret = f->disclosed[n];
		return RC_OK;
	}
	enum rc rc = store_disclosure_get(f->s, f->a, &f->ev->sd[n], &text, e);
	return rc != RC_OK || text == NULL
		       ? rc
		       : event_disclosure_read(f->a, text, strlen(text), ret, e);
}

enum rc
fold_disclosed_named(struct fold *f, size_t n, const char **ret_name, json_t **ret_value,
		     struct err *e)
{
	struct disclosure d;
	enum rc rc = disclosure_at(f, n, &d, e);

	*ret_name = NULL;
	*ret_value = NULL;
	if (rc != RC_OK || d.name == NULL)
		return rc;
	*ret_name = d.name;
	return ijson_parse(f->a, d.json, d.json_len, ret_value, e);
}

enum rc
fold_disclosed_at(struct fold *f, size_t n, json_t **ret, struct err *e)
{
	const char *name;

	return fold_disclosed_named(f, n, &name, ret, e);
}

enum rc
fold_disclosed_texts(struct fold *f, size_t n, const char *const *names, size_t n_names,
		     struct ijson_text *ret, struct err *e)
{
	struct disclosure d;
	enum rc rc = disclosure_at(f, n, &d, e);

	memset(ret, 0, n_names * sizeof(*ret));
	if (rc != RC_OK || d.name == NULL)
		return rc;
	return ijson_texts(f->a, d.json, d.json_len, names, n_names, ret, e);
}

enum rc
fold_disclosed(struct fold *f, const char *name, const char **ret, struct err *e)
{
	enum rc rc = RC_OK;

	*ret = NULL;
	for (size_t i = 0; rc == RC_OK && *ret == NULL && i < f->ev->n_sd; i++) {
		struct disclosure d;
		json_t *value;
		rc = disclosure_at(f, i, &d, e);
		if (rc != RC_OK || d.name == NULL || strcmp(d.name, name) != 0)
			continue;
		rc = ijson_parse(f->a, d.json, d.json_len, &value, e);
		if (rc == RC_OK)
			*ret = json_string_value(value);
	}
	return rc;
}

/* A void event leaves nothing behind, however far its handler came. */
static enum rc
handler_run(struct fold *f, struct err *e)
{
	const struct db_driver *drv = f->s->drv;
	fold_fn *fn = NULL;
	bool looks_first = false;

	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (strcmp(handlers[i].type, f->ev->type) == 0) {
			fn = handlers[i].fn;
			looks_first = handlers[i].looks_first;
		}
	if (fn == NULL)
		return RC_OK;
	if (looks_first)
		return fn(f, e);
	enum rc rc = drv->savepoint(f->s->db, e);
	if (rc != RC_OK)
		return rc;
	rc = fn(f, e);
	if (rc == RC_OK && f->void_why != NULL && !f->recorded)
		return drv->rollback_to(f->s->db, e);
	if (rc == RC_OK)
		rc = drv->release(f->s->db, e);
	if (rc == RC_OK)
		return rc;
	/* The job's own savepoint is the next one out: ours must not stay inside it. */
	enum rc back = drv->rollback_to(f->s->db, NULL);
	return back == RC_OK ? rc : back;
}

enum rc
view_apply(struct views *v, struct arena *a, int64_t channel, enum party from,
	   const struct event *ev, const struct disclosure *disclosed,
	   const char **ret_void, struct err *e)
{
	struct fold f = {.v = v,
			 .s = v->s,
			 .a = a,
			 .channel = channel,
			 .from = from,
			 .ev = ev,
			 .disclosed = disclosed};
	struct err why = ERR_INIT;
	enum rc rc = RC_OK;

	rc = fold_times(&f, e);
	if (rc == RC_OK && ev->seq == 0)
		rc = fold_first_key(&f, e);
	if (rc != RC_OK)
		return rc;
	if (event_type_check(ev, from, &why) != RC_OK)
		fold_void(&f, "%s", why.text);
	else
		rc = handler_run(&f, e);
	if (rc == RC_OK)
		rc = store_later(
			v->s, &SQL_V_EVENT_INSERT,
			(struct db_param[]){
				DB_P_INT(channel),
				DB_P_INT(from),
				DB_P_INT(ev->seq),
				DB_P_TEXT(ev->id),
				DB_P_TEXT(ev->type),
				DB_P_TEXT(ev->casefile),
				DB_P_INT(ev->iat_us),
				DB_P_TEXT(ev->by),
				DB_P_TEXT(f.void_why),
				DB_P_INT(fold_top_us(&f)),
				DB_P_INT(f.floor_us > ev->iat_us ? f.floor_us - ev->iat_us
								 : 0),
				DB_P_INT(f.acked),
			},
			e);
	if (ret_void != NULL)
		*ret_void = f.void_why;
	return rc;
}

enum { REBUILD_BATCH = 64 /* events in memory at a time */ };

/* Where a rebuild stands in the order in which events were stored. */
struct rebuild_at {
	int64_t stored_us, channel, party, seq;
	const char *jws;
	size_t len;
};

static enum rc
on_rebuild(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	const struct db_driver *drv = l->s->drv;
	struct rebuild_at *at = store_list_next(l, sizeof(*at));

	at->stored_us = drv->col_int(row, 0);
	at->channel = drv->col_int(row, 1);
	at->party = drv->col_int(row, 2);
	at->seq = drv->col_int(row, 3);
	const char *jws = drv->col_text(row, 4, &at->len);
	at->jws = arena_strndup(l->a, jws, at->len);
	return at->party >= 0 && at->party < PARTY_COUNT
		       ? RC_OK
		       : err_set(e, RC_CORRUPT, "the store holds party %lld",
				 (long long)at->party);
}

/* The next events after *at, read whole before the first is applied: a void one goes back
 * to its savepoint, and that ends every query that is still reading when tables were made
 * in the same transaction. */
static enum rc
rebuild_batch(struct views *v, struct rebuild_at *at, size_t *ret_n, struct err *e)
{
	struct store_list l = {.s = v->s, .a = arena_create()};
	struct arena *a = arena_create();
	enum rc rc = store_run(v->s, &SQL_EVENT_NEXT,
			       (struct db_param[]){
				       DB_P_INT(at->stored_us),
				       DB_P_INT(at->channel),
				       DB_P_INT(at->party),
				       DB_P_INT(at->seq),
				       DB_P_INT(REBUILD_BATCH),
			       },
			       on_rebuild, &l, e);

	for (size_t i = 0; rc == RC_OK && i < l.n; i++) {
		const struct event_claim *claim;
		*at = ((const struct rebuild_at *)l.rows)[i];
		rc = event_parse(a, at->jws, at->len, &claim, e);
		if (rc == RC_OK)
			rc = view_apply(v, a, at->channel, (enum party)at->party,
					event_trusted(claim), NULL, NULL, e);
		arena_reset(a);
	}
	*ret_n = l.n;
	arena_free(a);
	arena_free(l.a);
	return rc;
}

void
views_set_tick(struct views *v, view_tick *tick, void *arg)
{
	v->tick = tick;
	v->tick_arg = arg;
}

enum rc
view_replay(void *arg, struct err *e)
{
	struct views *v = arg;
	struct rebuild_at at = {.stored_us = INT64_MIN};
	uint64_t done = 0;
	int64_t total = 0;
	size_t n = 1;
	enum rc rc = store_int(v->s, &SQL_EVENT_COUNT, NULL, 0, &total, e);

	while (rc == RC_OK && n != 0) {
		rc = rebuild_batch(v, &at, &n, e);
		done += n;
		if (v->tick != NULL)
			v->tick(v->tick_arg, done, (uint64_t)total);
	}
	return rc;
}

enum rc
view_rebuild(struct views *v, struct err *e)
{
	return migrate_rebuild(v->s->drv, v->s->db, &store_migrations, view_replay, v, e);
}

enum rc
view_digest(struct store *s, json_t *into, struct err *e)
{
	static const struct {
		const char *view;
		const struct sql *q;
		const char *spec;
	} all[] = {
#define VIEW(name, q, spec) {name, &q, spec}
		VIEW("v_event", SQL_V_EVENT_ALL,
		     "a:i b:i c:i d:s e:s f:s g:i h:s i:s j:i k:i l:i"),
		VIEW("v_case", SQL_V_CASE_ALL,
		     "a:s b:i c:i d:i e:i f:i g:s h:s i:s j:i k:x l:i m:i n:i o:i p:i "
		     "q:i "
		     "r:i s:i t:i u:i v:i w:s x:i y:i z:i A:i B:i C:i D:i E:i F:i G:i "
		     "H:i I:i J:s K:s L:i M:i"),
		VIEW("v_queue", SQL_V_QUEUE_ALL,
		     "a:s b:i c:i d:i e:s f:i g:i h:i i:i j:i k:i l:i"),
		VIEW("v_tally", SQL_V_TALLY_ALL, "a:s b:i"),
		VIEW("v_case_word", SQL_V_CASE_WORD_ALL, "a:s b:s"),
		VIEW("v_case_category", SQL_V_CASE_CATEGORY_ALL, "a:s b:s c:i"),
		VIEW("v_case_event", SQL_V_CASE_EVENT_ALL,
		     "a:s b:i c:i d:i e:i f:i g:i h:i i:i z:i"),
		VIEW("v_clock", SQL_V_CLOCK_ALL, "a:i b:i c:i d:s"),
		VIEW("v_rekey", SQL_V_REKEY_ALL, "a:i b:i c:i d:i e:i"),
		VIEW("v_adopted", SQL_V_ADOPTED_ALL, "a:i b:i c:i d:i e:i f:i g:i h:i"),
		VIEW("v_item", SQL_V_ITEM_ALL,
		     "a:s b:i c:s d:s e:x f:s g:s h:s i:s j:s k:s l:s m:i n:i"),
		VIEW("v_policy", SQL_V_POLICY_ALL, "a:i b:i c:i d:x e:s f:i g:s h:i j:i"),
		VIEW("v_clarify", SQL_V_CLARIFY_ALL,
		     "a:s b:i c:s d:s e:s f:s g:i h:i i:s j:s k:i"),
		VIEW("v_dispute", SQL_V_DISPUTE_ALL,
		     "a:s b:i c:s d:i e:i f:s g:s h:s i:s j:s k:i l:s m:s n:i o:s p:s "
		     "q:s r:i"),
		VIEW("v_case_listed", SQL_V_CASE_LISTED_ALL, "a:s b:i c:i"),
		VIEW("v_case_decided", SQL_V_CASE_DECIDED_ALL, "a:s b:i c:i"),
		VIEW("v_reinstated", SQL_V_REINSTATED_ALL, "a:i b:i c:i d:i"),
		VIEW("v_step", SQL_V_STEP_ALL, "a:s b:i c:i"),
		VIEW("v_scrutiny", SQL_V_SCRUTINY_ALL, "a:s b:i c:i"),
		VIEW("v_message", SQL_V_MESSAGE_ALL, "a:i b:i c:i d:s e:s f:s g:i h:i"),
		VIEW("v_order", SQL_V_ORDER_ALL,
		     "a:s b:i c:i d:s e:s f:s g:s h:s i:s j:i k:s l:s m:i n:i o:i p:i "
		     "q:i "
		     "r:i s:i t:i u:s v:s w:s x:s y:s z:s A:s B:i C:s D:x"),
		VIEW("v_order_name", SQL_V_ORDER_NAME_ALL,
		     "a:s b:s c:i d:i e:i f:i g:i h:i i:s"),
		VIEW("v_order_cite", SQL_V_ORDER_CITE_ALL, "a:s b:s"),
		VIEW("v_order_act", SQL_V_ORDER_ACT_ALL,
		     "a:s b:i c:s d:s e:s f:s g:i h:s i:s"),
		VIEW("v_zone_change", SQL_V_ZONE_CHANGE_ALL, "a:i b:s c:i d:s e:s f:i"),
		VIEW("v_zone", SQL_V_ZONE_ALL, "a:s b:s c:s d:s e:i"),
		VIEW("v_applied", SQL_V_APPLIED_ALL, "a:i b:i c:s d:i e:s f:i"),
		VIEW("v_waived", SQL_V_WAIVED_ALL, "a:s b:s c:i d:s e:s f:i"),
		VIEW("v_retired", SQL_V_RETIRED_ALL, "a:i b:i c:s d:s e:s f:s g:s h:i"),
		VIEW("v_operator_talk", SQL_V_OPERATOR_TALK_ALL,
		     "a:i b:i c:s d:s e:i f:s g:s h:s i:i"),
		VIEW("v_operator_talk_order", SQL_V_OPERATOR_TALK_ORDER_ALL,
		     "a:s b:s c:i d:i e:s f:i g:s"),
		VIEW("v_normalised", SQL_V_NORMALISED_ALL, "a:s b:i c:i d:i e:s f:i g:i"),
		VIEW("v_order_territory", SQL_V_ORDER_TERRITORY_ALL, "a:s b:s"),
		VIEW("v_zone_lift", SQL_V_ZONE_LIFT_ALL, "a:s b:s c:s d:i"),
		VIEW("v_order_stage", SQL_V_ORDER_STAGE_ALL, "a:s b:i c:i d:s e:s"),
		VIEW("v_measured", SQL_V_MEASURED_ALL,
		     "a:s b:s c:s d:s e:s f:i g:i h:s i:s j:i k:i l:s m:s n:i o:i p:i "
		     "q:i r:s"),
		VIEW("v_contact_set", SQL_V_CONTACT_SET_ALL, "a:i b:i c:i d:i e:s f:i"),
		VIEW("v_contact_old", SQL_V_CONTACT_OLD_ALL, "a:i b:i c:i d:i"),
		VIEW("v_contact", SQL_V_CONTACT_ALL,
		     "a:i b:i c:i d:s e:i f:s g:s h:s i:s j:s"),
		VIEW("v_channel_test", SQL_V_CHANNEL_TEST_ALL,
		     "a:i b:i c:s d:i e:s f:i g:i h:i i:s j:i"),
		VIEW("v_evidence", SQL_V_EVIDENCE_ALL,
		     "a:i b:i c:i d:i e:s f:x g:i h:x i:s j:s k:s l:s m:i n:i o:s p:i "
		     "q:i"),
		VIEW("v_erase", SQL_V_ERASE_ALL,
		     "a:i b:i c:i d:s e:s f:s g:s h:s i:s j:i k:i"),
		VIEW("v_hold", SQL_V_HOLD_ALL,
		     "a:s b:i c:s d:i e:s f:s g:i h:i i:s j:s k:i"),
		VIEW("v_register", SQL_V_REGISTER_ALL, "a:s b:i c:i"),
		VIEW("v_case_tally", SQL_V_CASE_TALLY_ALL, "a:s b:s c:s d:i"),
		VIEW("v_case_outcome", SQL_V_CASE_OUTCOME_ALL, "a:s b:s c:s d:i"),
		VIEW("v_objection", SQL_V_OBJECTION_ALL,
		     "a:i b:s c:s d:i e:s f:s g:s h:s i:s j:i k:i l:i m:i n:i o:s p:s "
		     "q:i r:s s:s t:s u:s v:i w:i"),
#undef VIEW
	};
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < sizeof(all) / sizeof(all[0]); i++) {
		struct hash h;
		char hex[HASH_HEX_LEN + 1];
		rc = store_digest(s, all[i].q, all[i].spec, &h, e);
		json_object_set_new(into, all[i].view, json_string(hash_hex(&h, hex)));
	}
	return rc;
}
