/*
 * The fold of a notice: its parts, then the manifest that must agree with them.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "store/store_sql.h"
#include "store/view_int.h"

static struct db_param
text_param(struct ijson_text t)
{
	return (struct db_param){
		.type = t.s == NULL ? DB_NULL : DB_TEXT, .p = t.s, .len = t.len};
}

static enum rc
item_insert(struct fold *f, const json_t *item, size_t n, int64_t case_ms, struct err *e)
{
	enum { GIVEN, NORMAL, HOST, DESCRIPTION, TEXTS };
	static const char *const names[TEXTS] = {"given", "normal", "host",
						 "description"};
	struct ijson_text said[TEXTS];
	struct hash nf, of_normal;
	enum rc rc = fold_disclosed_texts(f, n, names, TEXTS, said, e);

	if (rc != RC_OK)
		return rc;
	const char *hex = json_string_value(json_object_get(item, "nf"));
	/* event_type_check() saw to it. */
	if (hash_parse_hex(hex, strlen(hex), &nf) != RC_OK)
		return err_set(e, RC_CORRUPT, "item %zu: nf is no SHA-256", n);
	hash_bytes(said[NORMAL].s == NULL ? "" : said[NORMAL].s, said[NORMAL].len,
		   &of_normal);
	/* A text that is not the one it is the digest of says nothing.  The part is not
	 * void: what has effect must be the same when the texts are erased. */
	if (!hash_equal(&nf, &of_normal))
		memset(said, 0, sizeof(said));
	return store_run(
		f->s, &SQL_V_ITEM_INSERT,
		(struct db_param[]){
			DB_P_TEXT(f->ev->casefile),
			DB_P_INT(json_integer_value(json_object_get(item, "i"))),
			DB_P_TEXT(json_string_value(json_object_get(item, "kind"))),
			DB_P_TEXT(json_string_value(json_object_get(item, "category"))),
			DB_P_BLOB(nf.b, HASH_LEN),
			text_param(said[GIVEN]),
			text_param(said[NORMAL]),
			text_param(said[HOST]),
			text_param(said[DESCRIPTION]),
			DB_P_INT(case_ms),
		},
		NULL, NULL, e);
}

enum rc
fold_notice_part(struct fold *f, struct err *e)
{
	const json_t *items = json_object_get(f->ev->body, "items");
	int64_t case_ms = uuid7_ms(f->ev->casefile);
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
		rc = item_insert(f, json_array_get(items, i), i, case_ms, e);
	if (rc == RC_OK && f->void_why == NULL)
		rc = fold_queue_items(f, c.casefile, items, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	c.parts++;
	c.items += n;
	return fold_case_put(f, &c, e);
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

/* A notice is under the policy that both had adopted, as its author had seen it. */
static enum rc
policy_check(struct fold *f, const struct case_row *c, struct err *e)
{
	const uint64_t seen[PARTY_COUNT] = {
		[PARTY_AUTHORITY] = f->ev->seq, [PARTY_PLATFORM] = f->ev->ack.size};
	struct hash now;
	enum rc rc = view_policy_in_effect(f->s, f->a, f->channel, seen, &now, e);

	if (rc == RC_OK && !hash_equal(&now, &c->policy_sha256))
		fold_void(f, "the notice names another policy than the one in effect");
	return rc;
}

/* Both times are their author's, in the order of one log: the same for everybody. */
static enum rc
lapse_check(struct fold *f, const struct policy *p, struct err *e)
{
	int64_t last_us = 0;
	enum rc rc = store_int(f->s, &SQL_CASE_PART_LAST,
			       (struct db_param[]){DB_P_TEXT(f->ev->casefile)}, 0,
			       &last_us, e);

	if (rc == RC_OK && f->ev->iat_us - last_us > p->lapse_us)
		fold_void(f,
			  "the notice has lapsed: its last part was written more than "
			  "%" PRId64 " s before",
			  p->lapse_us / CLOCK_US_PER_S);
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
	rc = policy_check(f, c, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	struct err why = ERR_INIT;
	rc = view_policy(f->v, &c->policy_sha256, &p, &why);
	if (rc == RC_NOT_FOUND || rc == RC_INVALID) {
		fold_void(f, "the policy of this notice: %s", why.text);
		return RC_OK;
	}
	if (rc == RC_OK && policy_class_find(p, c->class_code) == NULL)
		fold_void(f, "the policy %s has no class %s", p->name, c->class_code);
	return rc == RC_OK && f->void_why == NULL ? lapse_check(f, p, e) : rc;
}

/* Rows of the list that did not become items: said by the sender, and counted. */
static enum rc
listed_put(struct fold *f, const char *casefile, struct err *e)
{
	const json_t *listed = json_object_get(f->ev->body, "listed");
	int64_t duplicate = json_integer_value(json_object_get(listed, "duplicate")),
		refused = json_integer_value(json_object_get(listed, "refused"));
	enum rc rc;

	if (duplicate == 0 && refused == 0)
		return RC_OK;
	rc = store_run(f->s, &SQL_V_CASE_LISTED_INSERT,
		       (struct db_param[]){DB_P_TEXT(casefile), DB_P_INT(duplicate),
					   DB_P_INT(refused)},
		       NULL, NULL, e);
	if (rc == RC_OK)
		rc = fold_tally_add(f, "listed/duplicate", duplicate, e);
	return rc == RC_OK ? fold_tally_add(f, "listed/refused", refused, e) : rc;
}

enum rc
fold_notice_send(struct fold *f, struct err *e)
{
	struct case_row c;
	const json_t *policy = json_object_get(f->ev->body, "policy");
	const char *policy_hex = json_string_value(json_object_get(policy, "sha256"));
	enum rc rc = fold_case_of(f, &c, e);

	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	if (!c.manifest) {
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
	bool done = false;
	rc = fold_case_take(f, &c, &done, e);
	/* No later event can give effect to a manifest that has none now, and a case has
	 * no part of it. */
	f->recorded = false;
	if (rc != RC_OK || !done)
		return rc;
	rc = fold_disclosed(f, "subject", &c.subject, e);
	if (rc == RC_OK)
		rc = fold_disclosed(f, "legal_basis", &c.legal_basis, e);
	if (rc == RC_OK)
		rc = fold_queue_words(f, c.casefile, c.subject, e);
	if (rc == RC_OK)
		rc = fold_queue_words(f, c.casefile, c.legal_basis, e);
	if (rc == RC_OK)
		rc = store_run(
			f->s, &SQL_V_CLOCK_INSERT,
			(struct db_param[]){DB_P_INT(f->channel), DB_P_INT(f->from),
					    DB_P_INT(f->ev->seq), DB_P_TEXT(c.casefile)},
			NULL, NULL, e);
	if (rc == RC_OK)
		rc = listed_put(f, c.casefile, e);
	return rc == RC_OK ? fold_case_put(f, &c, e) : rc;
}
