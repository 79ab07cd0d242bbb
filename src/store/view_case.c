/*
 * The fold of notices, cases, items and messages.
 *
 * The state of a case is the pure fold of core/casefile.h.  Events mostly arrive in
 * the order in which they sort, and are then applied to the stored state; where one sorts
 * before what is there, the case's events are folded again from the first.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "store/store_sql.h"
#include "store/view_int.h"

struct get {
	struct store *s;
	struct arena *a;
	void *out;
	size_t n;
};

/* "[[seq, level, iat, receipt], ...]" */
static enum rc
rungs_parse(const char *text, struct casefile *c, struct err *e)
{
	json_t *j = json_loads(text, 0, NULL);
	size_t i;
	json_t *rung;

	if (!json_is_array(j) || json_array_size(j) > CASE_LADDER_MAX) {
		json_decref(j);
		return err_set(e, RC_CORRUPT,
			       "the ladder of a case in the store is damaged");
	}
	json_array_foreach (j, i, rung) {
		c->rungs[i] = (struct case_rung){
			.seq = (uint64_t)json_integer_value(json_array_get(rung, 0)),
			.level = (unsigned)json_integer_value(json_array_get(rung, 1)),
			.iat_us = json_integer_value(json_array_get(rung, 2)),
			.receipt_us = json_integer_value(json_array_get(rung, 3)),
		};
	}
	c->n_rungs = (uint32_t)json_array_size(j);
	json_decref(j);
	return RC_OK;
}

static const char *
rungs_text(struct arena *a, const struct casefile *c)
{
	const char *text = "";

	for (uint32_t i = 0; i < c->n_rungs; i++)
		text = arena_printf(a, "%s%s[%" PRIu64 ",%u,%" PRId64 ",%" PRId64 "]",
				    text, i == 0 ? "" : ",", c->rungs[i].seq,
				    c->rungs[i].level, c->rungs[i].iat_us,
				    c->rungs[i].receipt_us);
	return arena_printf(a, "[%s]", text);
}

static enum rc
on_case(void *arg, const struct db_row *row, struct err *e)
{
	struct get *g = arg;
	const struct db_driver *drv = g->s->drv;
	struct case_row *c = g->out;
	struct casefile *f = &c->fold;
	size_t len;
	unsigned col = 0;

	g->n++;
	c->casefile = store_col_text(g->s, g->a, row, col++);
	c->channel = drv->col_int(row, col++);
	c->parts = (uint64_t)drv->col_int(row, col++);
	c->items = (uint64_t)drv->col_int(row, col++);
	c->decided = (uint64_t)drv->col_int(row, col++);
	c->manifest = drv->col_int(row, col++) != 0;
	c->subject = store_col_text(g->s, g->a, row, col++);
	c->legal_basis = store_col_text(g->s, g->a, row, col++);
	c->class_code = store_col_text(g->s, g->a, row, col++);
	c->urgent = drv->col_int(row, col++) != 0;
	const uint8_t *policy = drv->col_blob(row, col++, &len);
	if (len == HASH_LEN)
		memcpy(c->policy_sha256.b, policy, HASH_LEN);
	f->state = (enum case_state)drv->col_int(row, col++);
	f->send_seq = (uint64_t)drv->col_int(row, col++);
	f->sent_us = drv->col_int(row, col++);
	f->receipt_us = drv->col_int(row, col++);
	f->accepted_us = drv->col_int(row, col++);
	f->refused_us = drv->col_int(row, col++);
	f->closed_us = drv->col_int(row, col++);
	f->decided_us = drv->col_int(row, col++);
	f->decided_seq = (uint64_t)drv->col_int(row, col++);
	f->reopened = (uint32_t)drv->col_int(row, col++);
	f->voided = (uint32_t)drv->col_int(row, col++);
	const char *rungs = store_col_text(g->s, g->a, row, col++);
	for (int p = 0; p < PARTY_COUNT; p++)
		f->last_seq[p] = (uint64_t)drv->col_int(row, col++);
	for (int p = 0; p < PARTY_COUNT; p++)
		f->max_iat_us[p] = drv->col_int(row, col++);
	for (int p = 0; p < PARTY_COUNT; p++)
		f->n_events[p] = (uint64_t)drv->col_int(row, col++);
	for (int p = 0; p < PARTY_COUNT; p++)
		f->max_ack[p] = (uint64_t)drv->col_int(row, col++);
	return rungs_parse(rungs, f, e);
}

static enum rc
case_due_now(struct views *v, struct case_row *c, struct err *e)
{
	const struct policy *p;

	c->due = (struct case_due){.step = -1};
	if (!c->manifest)
		return RC_OK;
	enum rc rc = view_policy(v, &c->policy_sha256, &p, e);
	if (rc != RC_OK)
		return rc;
	const struct policy_class *cls = policy_class_find(p, c->class_code);
	if (cls != NULL)
		casefile_due(p, cls, &c->fold, c->items - c->decided, &c->due);
	return RC_OK;
}

enum rc
view_case_get(struct store *s, struct arena *a, const char *casefile,
	      struct case_row *ret, struct err *e)
{
	struct get g = {.s = s, .a = a, .out = ret};

	*ret = (struct case_row){.due = {.step = -1}};
	enum rc rc = store_run(s, &SQL_V_CASE_GET,
			       (struct db_param[]){DB_P_TEXT(casefile)}, on_case, &g, e);
	if (rc == RC_OK && g.n == 0)
		rc = err_set(e, RC_NOT_FOUND, "there is no case %s", casefile);
	return rc;
}

/* Where a case stands in the list by deadline.  One that was not delivered has no
 * deadline and wants a look first: it stands where its notice was written. */
static int64_t
sort_key_us(const struct case_row *c)
{
	if (c->due.first_us != 0)
		return c->due.first_us;
	return c->fold.state == CASE_SENT ? c->fold.sent_us : STORE_NEVER;
}

static enum rc
case_put(struct fold *f, struct case_row *c, struct err *e)
{
	const struct casefile *k = &c->fold;
	enum rc rc = case_due_now(f->v, c, e);

	if (rc != RC_OK)
		return rc;
	rc = store_run(
		f->s, &SQL_V_CASE_PUT,
		(struct db_param[]){
			DB_P_TEXT(c->casefile),
			DB_P_INT(c->channel),
			DB_P_INT(c->parts),
			DB_P_INT(c->items),
			DB_P_INT(c->decided),
			DB_P_INT(c->manifest),
			DB_P_TEXT(c->subject),
			DB_P_TEXT(c->legal_basis),
			DB_P_TEXT(c->class_code),
			DB_P_INT(c->urgent),
			DB_P_BLOB(c->manifest ? c->policy_sha256.b : NULL, HASH_LEN),
			DB_P_INT(k->state),
			DB_P_INT(k->send_seq),
			DB_P_INT(k->sent_us),
			DB_P_INT(k->receipt_us),
			DB_P_INT(k->accepted_us),
			DB_P_INT(k->refused_us),
			DB_P_INT(k->closed_us),
			DB_P_INT(k->decided_us),
			DB_P_INT(k->decided_seq),
			DB_P_INT(k->reopened),
			DB_P_INT(k->voided),
			DB_P_TEXT(rungs_text(f->a, k)),
			DB_P_INT(k->last_seq[0]),
			DB_P_INT(k->last_seq[1]),
			DB_P_INT(k->max_iat_us[0]),
			DB_P_INT(k->max_iat_us[1]),
			DB_P_INT(k->n_events[0]),
			DB_P_INT(k->n_events[1]),
			DB_P_INT(k->max_ack[0]),
			DB_P_INT(k->max_ack[1]),
			DB_P_INT(c->due.accept_us),
			DB_P_INT(c->due.decide_us),
			DB_P_INT(sort_key_us(c)),
		},
		NULL, NULL, e);
	return rc == RC_OK ? fold_queue_case(f, c, sort_key_us(c), e) : rc;
}

static enum rc
on_case_event(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *r = arg;
	const struct db_driver *drv = r->s->drv;
	struct case_event *ev = store_list_next(r, sizeof(*ev));

	(void)e;
	*ev = (struct case_event){
		.from = (enum party)drv->col_int(row, 0),
		.seq = (uint64_t)drv->col_int(row, 1),
		.covers_seq = (uint64_t)drv->col_int(row, 2),
		.ack_size = (uint64_t)drv->col_int(row, 3),
		.iat_us = drv->col_int(row, 4),
		.act = (enum case_act)drv->col_int(row, 5),
		.level = (unsigned)drv->col_int(row, 6),
		.receipt_us = drv->col_int(row, 7),
	};
	return RC_OK;
}

/* Record `ev` and bring the fold up to it.  *ret_void: no transition allows it. */
static enum rc
case_take(struct fold *f, struct case_row *c, const struct case_event *ev, bool *ret_void,
	  struct err *e)
{
	uint32_t voided = c->fold.voided;
	enum rc rc = store_run(f->s, &SQL_V_CASE_EVENT_INSERT,
			       (struct db_param[]){
				       DB_P_TEXT(c->casefile),
				       DB_P_INT(ev->from),
				       DB_P_INT(ev->seq),
				       DB_P_INT(ev->covers_seq),
				       DB_P_INT(ev->ack_size),
				       DB_P_INT(ev->iat_us),
				       DB_P_INT(ev->act),
				       DB_P_INT(ev->level),
				       DB_P_INT(ev->receipt_us),
			       },
			       NULL, NULL, e);

	if (rc != RC_OK)
		return rc;
	if (casefile_can_append(&c->fold, ev)) {
		*ret_void = !casefile_apply(&c->fold, ev);
		f->recorded = *ret_void;
		return RC_OK;
	}
	struct store_list all = {.s = f->s, .a = f->a};
	rc = store_run(f->s, &SQL_V_CASE_EVENT_OF,
		       (struct db_param[]){DB_P_TEXT(c->casefile)}, on_case_event, &all,
		       e);
	if (rc != RC_OK)
		return rc;
	casefile_fold(all.rows, all.n, &c->fold);
	*ret_void = c->fold.voided > voided;
	f->recorded = *ret_void;
	return RC_OK;
}

static struct case_event
event_as_act(const struct fold *f, enum case_act act)
{
	return (struct case_event){
		.from = f->from,
		.seq = f->ev->seq,
		.ack_size = f->ev->ack.size,
		.iat_us = f->ev->iat_us,
		.act = act,
		.level = (unsigned)fold_int(f, "level"),
	};
}

/* The case of an event, which must be of the same channel. */
static enum rc
case_of(struct fold *f, struct case_row *c, struct err *e)
{
	enum rc rc = view_case_get(f->s, f->a, f->ev->casefile, c, e);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && c->channel != f->channel)) {
		fold_void(f, "there is no such case in this channel");
		rc = RC_OK;
	}
	return rc;
}

static enum rc
item_insert(struct fold *f, const json_t *item, size_t n, struct err *e)
{
	json_t *d;
	struct hash nf, of_normal;
	enum rc rc = fold_disclosed_at(f, n, &d, e);

	if (rc != RC_OK)
		return rc;
	const char *hex = json_string_value(json_object_get(item, "nf"));
	const char *normal = json_string_value(json_object_get(d, "normal"));
	if (hash_parse_hex(hex, strlen(hex), &nf) != RC_OK) {
		fold_void(f, "item %zu: nf is no SHA-256", n);
		return RC_OK;
	}
	if (normal != NULL) {
		hash_bytes(normal, strlen(normal), &of_normal);
		if (!hash_equal(&nf, &of_normal)) {
			fold_void(f, "item %zu: nf is not the SHA-256 of its normal form",
				  n);
			return RC_OK;
		}
	}
	return store_run(
		f->s, &SQL_V_ITEM_INSERT,
		(struct db_param[]){
			DB_P_TEXT(f->ev->casefile),
			DB_P_INT(json_integer_value(json_object_get(item, "i"))),
			DB_P_TEXT(json_string_value(json_object_get(item, "kind"))),
			DB_P_TEXT(json_string_value(json_object_get(item, "category"))),
			DB_P_BLOB(nf.b, HASH_LEN),
			DB_P_TEXT(json_string_value(json_object_get(d, "given"))),
			DB_P_TEXT(normal),
			DB_P_TEXT(json_string_value(json_object_get(d, "host"))),
			DB_P_TEXT(json_string_value(json_object_get(d, "description"))),
		},
		NULL, NULL, e);
}

enum rc
fold_notice_part(struct fold *f, struct err *e)
{
	const json_t *items = json_object_get(f->ev->body, "items");
	size_t n = json_array_size(items);
	struct case_row c;
	enum rc rc = view_case_get(f->s, f->a, f->ev->casefile, &c, e);

	if (rc == RC_NOT_FOUND) {
		c = (struct case_row){.casefile = f->ev->casefile, .channel = f->channel};
		rc = RC_OK;
	}
	if (rc != RC_OK)
		return rc;
	if (c.channel != f->channel)
		fold_void(f, "the case belongs to another channel");
	else if (c.manifest)
		fold_void(f, "the case has its manifest: a part can no longer be added");
	else if (f->ev->n_sd != n)
		fold_void(f, "a part needs one disclosure for each of its %zu items", n);
	else if ((uint64_t)fold_int(f, "part") != c.parts)
		fold_void(f, "part %" PRId64 " came where part %" PRIu64 " is due",
			  fold_int(f, "part"), c.parts);
	for (size_t i = 0; f->void_why == NULL && i < n; i++)
		if ((uint64_t)json_integer_value(json_object_get(json_array_get(items, i),
								 "i")) != c.items + i)
			fold_void(f, "item numbers must follow each other from %" PRIu64,
				  c.items);
	for (size_t i = 0; f->void_why == NULL && rc == RC_OK && i < n; i++)
		rc = item_insert(f, json_array_get(items, i), i, e);
	if (rc == RC_OK && f->void_why == NULL)
		rc = fold_queue_categories(f, c.casefile, items, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	c.parts++;
	c.items += n;
	return case_put(f, &c, e);
}

struct digest_ctx {
	struct store *s;
	struct buf leaves;
};

static enum rc
on_part_leaf(void *arg, const struct db_row *row, struct err *e)
{
	struct digest_ctx *d = arg;
	size_t len;
	const uint8_t *leaf = d->s->drv->col_blob(row, 0, &len);

	(void)e;
	buf_put(&d->leaves, leaf, len);
	return RC_OK;
}

/* SHA-256 of the parts' leaf hashes one after the other: what a manifest commits to. */
static enum rc
parts_digest(struct fold *f, char hex[HASH_HEX_LEN + 1], struct err *e)
{
	enum { LEAVES_MAX = 1 << 20 };
	struct digest_ctx d = {.s = f->s, .leaves = BUF_INIT(LEAVES_MAX)};
	struct hash h;
	enum rc rc =
		store_run(f->s, &SQL_CASE_PART_LEAVES,
			  (struct db_param[]){DB_P_TEXT(f->ev->casefile),
					      DB_P_INT(f->channel), DB_P_INT(f->from)},
			  on_part_leaf, &d, e);

	if (rc == RC_OK && !buf_ok(&d.leaves))
		rc = err_set(e, RC_TOO_LARGE, "a case of more parts than one can have");
	hash_bytes(buf_str(&d.leaves), d.leaves.len, &h);
	hash_hex(&h, hex);
	buf_free(&d.leaves);
	return rc;
}

static enum rc
manifest_check(struct fold *f, const struct case_row *c, struct err *e)
{
	char hex[HASH_HEX_LEN + 1];
	const struct policy *p;
	enum rc rc = parts_digest(f, hex, e);

	if (rc != RC_OK)
		return rc;
	if (c->manifest)
		fold_void(f, "the case has its manifest already");
	else if ((uint64_t)fold_int(f, "parts") != c->parts ||
		 (uint64_t)fold_int(f, "items") != c->items)
		fold_void(f,
			  "the manifest names %" PRId64 " parts of %" PRId64
			  " items, here are %" PRIu64 " of %" PRIu64,
			  fold_int(f, "parts"), fold_int(f, "items"), c->parts, c->items);
	else if (strcmp(hex, fold_text(f, "digest")) != 0)
		fold_void(f, "the manifest's digest is not that of the parts");
	if (f->void_why != NULL)
		return RC_OK;
	struct err why = ERR_INIT;
	rc = view_policy(f->v, &c->policy_sha256, &p, &why);
	if (rc == RC_NOT_FOUND || rc == RC_INVALID) {
		fold_void(f, "the policy of this notice: %s", why.text);
		return RC_OK;
	}
	if (rc == RC_OK && policy_class_find(p, c->class_code) == NULL)
		fold_void(f, "the policy %s has no class %s", p->name, c->class_code);
	return rc;
}

enum rc
fold_notice_send(struct fold *f, struct err *e)
{
	struct case_row c;
	const json_t *policy = json_object_get(f->ev->body, "policy");
	const char *policy_hex = json_string_value(json_object_get(policy, "sha256"));
	bool voided = false;
	enum rc rc = case_of(f, &c, e);

	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	bool had = c.manifest;
	if (!had) {
		c.class_code = fold_text(f, "class");
		c.urgent = json_is_true(json_object_get(f->ev->body, "urgent"));
		if (hash_parse_hex(policy_hex, strlen(policy_hex), &c.policy_sha256) !=
		    RC_OK)
			fold_void(f, "policy.sha256 is no SHA-256");
	}
	if (f->void_why == NULL)
		rc = manifest_check(f, &c, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	c.manifest = true;
	rc = fold_disclosed(f, "subject", &c.subject, e);
	if (rc == RC_OK)
		rc = fold_disclosed(f, "legal_basis", &c.legal_basis, e);
	if (rc == RC_OK)
		rc = fold_queue_words(f, c.casefile, c.subject, e);
	if (rc == RC_OK)
		rc = fold_queue_words(f, c.casefile, c.legal_basis, e);
	struct case_event ce = event_as_act(f, ACT_SEND);
	if (rc == RC_OK)
		rc = case_take(f, &c, &ce, &voided, e);
	if (rc == RC_OK && !voided)
		rc = store_run(
			f->s, &SQL_V_CLOCK_INSERT,
			(struct db_param[]){DB_P_INT(f->channel), DB_P_INT(f->from),
					    DB_P_INT(f->ev->seq), DB_P_TEXT(c.casefile)},
			NULL, NULL, e);
	if (rc == RC_OK && voided)
		fold_void(f, "the case was sent already");
	return rc == RC_OK ? case_put(f, &c, e) : rc;
}

enum rc
fold_case_act(struct fold *f, struct err *e)
{
	enum case_act act = case_act_of(f->ev->type);
	struct case_row c;
	bool voided = false;
	enum rc rc = case_of(f, &c, e);

	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	enum case_state from = c.fold.state;
	struct case_event ce = event_as_act(f, act);
	rc = case_take(f, &c, &ce, &voided, e);
	if (rc == RC_OK && voided)
		fold_void(f, "a case that is %s allows no %s by the %s",
			  case_state_token(from), f->ev->type, party_name(f->from));
	if (rc == RC_OK && (act == ACT_REMIND || act == ACT_WARN))
		rc = store_run(
			f->s, &SQL_V_CLOCK_INSERT,
			(struct db_param[]){DB_P_INT(f->channel), DB_P_INT(f->from),
					    DB_P_INT(f->ev->seq), DB_P_TEXT(c.casefile)},
			NULL, NULL, e);
	return rc == RC_OK ? case_put(f, &c, e) : rc;
}

enum rc
fold_case_receipt(struct fold *f, const char *casefile, uint64_t seq, int64_t receipt_us,
		  struct err *e)
{
	struct case_row c;
	bool voided;
	enum rc rc = view_case_get(f->s, f->a, casefile, &c, e);
	struct case_event ce = event_as_act(f, ACT_RECEIPT);

	ce.covers_seq = seq;
	ce.receipt_us = receipt_us;
	if (rc == RC_OK)
		rc = case_take(f, &c, &ce, &voided, e);
	f->recorded = false;
	return rc == RC_OK ? case_put(f, &c, e) : rc;
}

enum rc
fold_item_decide(struct fold *f, struct err *e)
{
	const json_t *items = json_object_get(f->ev->body, "items");
	const char *reason;
	struct case_row c;
	bool voided = false;
	size_t i;
	const json_t *item;
	enum rc rc = case_of(f, &c, e);

	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	json_array_foreach (items, i, item)
		if ((uint64_t)json_integer_value(item) >= c.items)
			fold_void(f, "the case has no item %lld",
				  (long long)json_integer_value(item));
	if (f->void_why != NULL)
		return RC_OK;
	enum case_state from = c.fold.state;
	struct case_event ce = event_as_act(f, ACT_DECIDE);
	rc = case_take(f, &c, &ce, &voided, e);
	if (rc == RC_OK && voided)
		fold_void(f,
			  "items of a case that is %s cannot be decided: accept it first",
			  case_state_token(from));
	if (rc == RC_OK)
		rc = fold_disclosed(f, "reason", &reason, e);
	json_array_foreach (items, i, item) {
		if (rc != RC_OK || voided)
			break;
		/* The first decision on an item counts; a later one reverses it. */
		rc = store_run(f->s, &SQL_V_ITEM_FIRST,
			       (struct db_param[]){DB_P_TEXT(c.casefile),
						   DB_P_INT(json_integer_value(item)),
						   DB_P_TEXT(fold_text(f, "outcome"))},
			       NULL, NULL, e);
		if (rc == RC_OK && f->s->drv->changes(f->s->db) == 1)
			c.decided++;
		if (rc == RC_OK)
			rc = store_run(f->s, &SQL_V_ITEM_DECIDE,
				       (struct db_param[]){
					       DB_P_TEXT(c.casefile),
					       DB_P_INT(json_integer_value(item)),
					       DB_P_TEXT(fold_text(f, "outcome")),
					       DB_P_TEXT(fold_text(f, "ground")),
					       DB_P_TEXT(reason),
					       DB_P_INT(f->ev->iat_us),
					       DB_P_INT(f->ev->seq),
				       },
				       NULL, NULL, e);
	}
	return rc == RC_OK ? case_put(f, &c, e) : rc;
}

/* A message changes nothing of its case: that the case is there is all that is asked. */
enum rc
fold_message_post(struct fold *f, struct err *e)
{
	const char *text;
	int64_t channel;
	enum rc rc = store_int(f->s, &SQL_V_CASE_CHANNEL,
			       (struct db_param[]){DB_P_TEXT(f->ev->casefile)}, -1,
			       &channel, e);

	if (rc == RC_OK && channel != f->channel)
		fold_void(f, "there is no such case in this channel");
	if (rc == RC_OK && f->void_why == NULL)
		rc = fold_disclosed(f, "text", &text, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = fold_queue_unread(f, f->ev->casefile, f->from, 1, e);
	if (rc != RC_OK)
		return rc;
	return store_run(f->s, &SQL_V_MESSAGE_INSERT,
			 (struct db_param[]){
				 DB_P_INT(f->channel),
				 DB_P_INT(f->from),
				 DB_P_INT(f->ev->seq),
				 DB_P_TEXT(f->ev->casefile),
				 DB_P_TEXT(f->ev->by),
				 DB_P_TEXT(text),
				 DB_P_INT(f->ev->iat_us),
			 },
			 NULL, NULL, e);
}

enum rc
fold_message_read(struct fold *f, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < f->ev->n_refs; i++) {
		const struct event_ref *r = &f->ev->refs[i];
		struct log_head h;
		rc = store_head_by_origin(f->s, f->a, r->log, &h, e);
		if (rc == RC_NOT_FOUND ||
		    (rc == RC_OK && (h.channel != f->channel || h.party == f->from))) {
			fold_void(f, "only a message of the other side can be read");
			return RC_OK;
		}
		const struct db_param p[] = {DB_P_INT(f->channel), DB_P_INT(h.party),
					     DB_P_INT(r->seq), DB_P_INT(f->ev->iat_us)};
		const char *of;
		if (rc == RC_OK)
			rc = store_run(f->s, &SQL_V_MESSAGE_READ, p, NULL, NULL, e);
		if (rc != RC_OK || f->s->drv->changes(f->s->db) == 0)
			continue;
		rc = store_text(f->s, f->a, &SQL_V_MESSAGE_CASE, p, &of, e);
		if (rc == RC_OK)
			rc = fold_queue_unread(f, of, h.party, -1, e);
	}
	return rc;
}
