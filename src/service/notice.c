/*
 * A notice: a batch of items checked row by row, sent as parts and a manifest.
 *
 * The sender's reference is the idempotency key: the same reference with the same content
 * answers as before, with other content it is refused.
 *
 * A large notice is recorded in slices, a job each: colleagues' acts go between them, and
 * the peer receives the first while the last is made.  Where it stands is in the views,
 * so that sending the same again goes on where it was interrupted.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/batch.h"
#include "core/event_type.h"
#include "service/idem.h"
#include "service/import.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	NOTICE_TEXT_MAX = 4000, /* bytes of a subject, a legal basis */
	NOTICE_LETTER_MAX = 12000,
	NOTICE_REFERENCE_MAX = 100,
	/* Items of one part event: at some 156 bytes each in the payload (kind, category,
	 * digest of the normal form, digest of the disclosure) they fit
	 * EVENT_PAYLOAD_MAX. */
	PART_ITEMS_MAX = 200,
	SLICE_PARTS = 17, /* parts of one job */
	ITEM_TEXT_MAX =
		1 << 20, /* bytes of JSON, above what the fields of a row can give */
};

struct notice {
	struct notice_batch b;
	json_t *fields; /* {code: text}, borrowed, or NULL */
	const char *reference, *subject, *legal_basis, *letter, *language, *measure;
	bool urgent, partial;
	const char *by, *by_name;
	struct hash digest;	       /* of the whole request */
	const struct batch_row **rows; /* those that are sent */
	size_t n_rows;
	bool whole; /* in one job */
	bool begun; /* a job of this call has recorded something */
	/* out */
	char casefile[UUID_TEXT_LEN + 1];
	uint64_t recorded; /* items */
	uint64_t seq;	   /* of the notice in our log */
	bool done, again;  /* again: it was sent whole before */
};

/* What an item discloses, as JSON. */
static void
item_put(struct buf *b, const struct batch_row *r)
{
	const struct {
		const char *name, *text;
	} texts[] = {
		{"given", r->target.given},	 {"normal", r->target.normal},
		{"host", r->target.host},	 {"description", r->description},
		{"legal_basis", r->legal_basis}, {"evidence", r->evidence},
		{"reference", r->reference},
	};
	char comma = '{';

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].text == NULL)
			continue;
		buf_putc(b, comma);
		ijson_put_text(b, texts[i].name, strlen(texts[i].name));
		buf_putc(b, ':');
		ijson_put_text(b, texts[i].text, strlen(texts[i].text));
		comma = ',';
	}
	if (r->found_us != 0)
		buf_printf(b, ",\"found\":%" PRId64, r->found_us);
	buf_putc(b, '}');
}

/* And what all may read of it.  json_pack() would look at each text once more. */
static json_t *
item_json(const struct batch_row *r, uint64_t number)
{
	char hex[HASH_HEX_LEN + 1];
	json_t *j = json_object();

	hash_hex(&r->target.nf, hex);
	json_object_set_new_nocheck(j, "i", json_integer((json_int_t)number));
	json_object_set_new_nocheck(
		j, "kind", json_string_nocheck(target_kind_token(r->target.kind)));
	json_object_set_new_nocheck(j, "category", json_string_nocheck(r->category));
	json_object_set_new_nocheck(j, "nf", json_stringn_nocheck(hex, HASH_HEX_LEN));
	return j;
}

static enum rc
part_append(struct writer *w, struct notice *n, const struct batch_row *const *rows,
	    uint64_t first, size_t count, int part, struct err *e)
{
	struct disclosure *sd = arena_array(w->a, count, sizeof(*sd));
	struct buf b = BUF_INIT(ITEM_TEXT_MAX);
	json_t *items = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct batch_row *r = rows[i];
		buf_reset(&b);
		item_put(&b, r);
		sd[i] = (struct disclosure){
			"item", arena_strndup(w->a, buf_str(&b), b.len), b.len};
		json_array_append_new(items, item_json(r, first + i));
	}
	buf_free(&b);
	return append_event(
		w,
		&(struct append){
			.channel = n->b.channel.channel,
			.type = "notice.part",
			.casefile = n->casefile,
			.by = n->by,
			.body = json_pack("{s:i, s:o}", "part", part, "items", items),
			.written = sd,
			.n_disclosures = count,
		},
		NULL, e);
}

/* A notice is in the class "normal" unless it is urgent; then in the most lenient of the
 * classes of its items' categories, so that one item hurries no other. */
static const char *
notice_class(const struct notice *n, const struct batch_row *const *rows, size_t items)
{
	const struct policy_class *most = NULL;

	for (size_t i = 0; n->urgent && i < items; i++) {
		const struct policy_category *c =
			policy_category_find(n->b.policy, rows[i]->category);
		const struct policy_class *cls =
			c == NULL ? NULL : policy_class_find(n->b.policy, c->class_code);
		if (cls != NULL && (most == NULL || cls->decide_us > most->decide_us))
			most = cls;
	}
	return most == NULL ? POLICY_CLASS_NORMAL : most->code;
}

static size_t
text_disclosures(const struct notice *n, struct view_disclosed ret[4])
{
	size_t count = 0;

	ret[count++] = (struct view_disclosed){"subject", json_string(n->subject)};
	ret[count++] =
		(struct view_disclosed){"legal_basis", json_string(n->legal_basis)};
	if (n->letter != NULL)
		ret[count++] = (struct view_disclosed){"letter", json_string(n->letter)};
	if (json_object_size(n->fields) != 0)
		ret[count++] =
			(struct view_disclosed){"fields", json_deep_copy(n->fields)};
	return count;
}

struct leaves {
	struct store *s;
	struct buf cat;
};

static enum rc
on_leaf(void *arg, const struct db_row *row, struct err *e)
{
	struct leaves *l = arg;
	size_t len;
	const uint8_t *leaf = l->s->drv->col_blob(row, 0, &len);

	(void)e;
	buf_put(&l->cat, leaf, len);
	return RC_OK;
}

/* The manifest names the leaf hashes of the parts: they are signed first. */
static enum rc
parts_digest(struct writer *w, const struct notice *n, struct hash *ret, struct err *e)
{
	struct leaves l = {.s = w->s, .cat = BUF_INIT(EVENT_PARTS_MAX * HASH_LEN)};
	struct stage *st;
	enum rc rc = append_stage(w, n->b.channel.channel, &st, e);

	if (rc == RC_OK)
		rc = append_flush(w, st, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_CASE_PART_LEAVES,
			       (struct db_param[]){DB_P_TEXT(n->casefile),
						   DB_P_INT(st->channel),
						   DB_P_INT(st->party)},
			       on_leaf, &l, e);
	if (rc == RC_OK && !buf_ok(&l.cat))
		rc = err_set(e, RC_TOO_LARGE, "more than %d parts", EVENT_PARTS_MAX);
	hash_bytes(buf_str(&l.cat), l.cat.len, ret);
	buf_free(&l.cat);
	return rc;
}

static enum rc
manifest_append(struct writer *w, struct notice *n, uint64_t parts, struct err *e)
{
	struct view_disclosed sd[4];
	char policy_hex[HASH_HEX_LEN + 1], digest_hex[HASH_HEX_LEN + 1];
	struct hash digest;
	enum rc rc = parts_digest(w, n, &digest, e);

	if (rc != RC_OK)
		return rc;
	size_t n_sd = text_disclosures(n, sd);
	return append_event(
		w,
		&(struct append){
			.channel = n->b.channel.channel,
			.type = "notice.send",
			.casefile = n->casefile,
			.by = n->by,
			.body = json_pack(
				"{s:{s:s, s:I, s:s}, s:s, s:b, s:s, s:s, s:I, s:I, s:s, "
				"s:{s:I, s:I}}",
				"policy", "name", n->b.policy->name, "version",
				(json_int_t)n->b.policy->version, "sha256",
				hash_hex(&n->b.policy->sha256, policy_hex), "class",
				notice_class(n, n->rows, n->n_rows), "urgent", n->urgent,
				"language", n->language, "measure", n->measure, "items",
				(json_int_t)n->n_rows, "parts", (json_int_t)parts,
				"digest", hash_hex(&digest, digest_hex), "listed",
				"duplicate", (json_int_t)n->b.batch.n_duplicate,
				"refused", (json_int_t)n->b.batch.n_bad),
			.disclosures = sd,
			.n_disclosures = n_sd,
		},
		&n->seq, e);
}

/* The answer given before to this reference: kept, so that a retry gets it again. */
static enum rc
request_seen(struct writer *w, const char *key, const struct hash *digest,
	     const char **ret, struct err *e)
{
	const char *old;
	char hex[HASH_HEX_LEN + 1];
	const struct db_param p[] = {DB_P_TEXT(key)};
	enum rc rc = store_text(w->s, w->a, &SQL_REQUEST_DIGEST, p, &old, e);

	*ret = NULL;
	if (rc != RC_OK || old == NULL)
		return rc;
	if (strcmp(old, hash_hex(digest, hex)) != 0)
		return err_set(
			e, RC_CONFLICT,
			"the reference \"%s\" was used for another batch: give this one "
			"a reference of its own",
			strchr(key, '/') + 1);
	return store_text(w->s, w->a, &SQL_REQUEST_ANSWER, p, ret, e);
}

/* The case that this is, or becomes: it may be there whole, or as far as it came. */
static enum rc
case_find(struct writer *w, struct notice *n, struct case_row *c, struct err *e)
{
	const char *key = notice_key(w->a, &n->b.channel, n->reference);
	char hex[HASH_HEX_LEN + 1];
	const char *seen;
	enum rc rc = request_seen(w, key, &n->digest, &seen, e);

	if (rc != RC_OK)
		return rc;
	if (seen != NULL) {
		memcpy(n->casefile, seen, UUID_TEXT_LEN + 1);
		return view_case_get(w->s, w->a, n->casefile, c, e);
	}
	*c = (struct case_row){0};
	rc = notice_time_check(w, &n->b.channel, n->b.policy,
			       notice_class(n, n->rows, n->n_rows), n->urgent, e);
	if (rc != RC_OK)
		return rc;
	uuid7_make(w->now_us, n->casefile);
	return store_run(w->s, &SQL_REQUEST_PUT,
			 (struct db_param[]){DB_P_TEXT(key),
					     DB_P_TEXT(hash_hex(&n->digest, hex)),
					     DB_P_TEXT(n->casefile), DB_P_INT(w->now_us)},
			 NULL, NULL, e);
}

/* What has lapsed is not gone on with. */
static enum rc
not_lapsed(struct writer *w, const struct notice *n, const struct case_row *c,
	   struct err *e)
{
	int64_t last_us = 0;
	enum rc rc = c->parts == 0
			     ? RC_OK
			     : store_int(w->s, &SQL_CASE_PART_LAST,
					 (struct db_param[]){DB_P_TEXT(n->casefile)}, 0,
					 &last_us, e);

	if (rc == RC_OK && last_us != 0 && w->now_us - last_us > n->b.policy->lapse_us)
		rc = err_set(e, RC_CONFLICT,
			     "the notice \"%s\" has lapsed: its last part was written "
			     "more than %" PRId64
			     " s ago, by the policy %s; send the list "
			     "under another reference",
			     n->reference, n->b.policy->lapse_us / CLOCK_US_PER_S,
			     n->b.policy->name);
	return rc;
}

/* The list has become a notice: its parts go, and its file is remembered. */
static enum rc
list_sent(struct writer *w, const struct notice *n, struct err *e)
{
	const struct import_file *f = &n->b.file;
	enum rc rc = n->b.list == NULL ? RC_OK : import_list_drop(w, n->b.list, e);

	if (rc == RC_OK && f->given)
		rc = store_run(w->s, &SQL_IMPORT_FILE_PUT,
			       (struct db_param[]){DB_P_TEXT(n->casefile),
						   DB_P_BLOB(f->sha256.b, HASH_LEN),
						   DB_P_TEXT(f->name),
						   DB_P_TEXT(n->by_name),
						   DB_P_INT(w->now_us)},
			       NULL, NULL, e);
	return rc;
}

/* The next parts from where the views say that it stands, and with the last the manifest.
 */
static enum rc
work_slice(struct writer *w, void *arg, struct err *e)
{
	struct notice *n = arg;
	struct case_row c = {.items = 0};
	enum rc rc = case_find(w, n, &c, e);
	uint64_t at = c.items;

	n->done = n->again = false;
	if (rc != RC_OK)
		return rc;
	if (c.manifest) {
		n->done = true;
		n->again = !n->begun;
		return RC_OK;
	}
	rc = not_lapsed(w, n, &c, e);
	for (int k = 0; rc == RC_OK && at < n->n_rows && (n->whole || k < SLICE_PARTS);
	     k++, c.parts++) {
		size_t count =
			n->n_rows - at < PART_ITEMS_MAX ? n->n_rows - at : PART_ITEMS_MAX;
		rc = part_append(w, n, n->rows + at, at, count, (int)c.parts, e);
		at += count;
	}
	if (rc == RC_OK && at == n->n_rows) {
		rc = manifest_append(w, n, c.parts, e);
		if (rc == RC_OK)
			rc = list_sent(w, n, e);
		n->done = true;
	}
	n->recorded = at;
	return rc;
}

static enum rc
notice_record(struct node *nd, struct arena *a, struct notice *n, struct err *e)
{
	enum rc rc = RC_OK;
	uint64_t recorded = 0;

	n->rows = arena_array(a, n->b.batch.n_ok, sizeof(const struct batch_row *));
	for (size_t i = 0; i < n->b.batch.n_rows; i++)
		if (n->b.batch.rows[i].rc == RC_OK)
			n->rows[n->n_rows++] = &n->b.batch.rows[i];
	/* An answer under a key is kept with the one job that it answers. */
	n->whole = idem_wants();
	while (rc == RC_OK && !n->done) {
		rc = writer_run(nd, work_slice, n, e);
		if (rc == RC_OK) {
			n->begun = true;
			recorded = n->recorded;
		}
	}
	if (rc != RC_OK && recorded != 0)
		err_prefix(e,
			   "%" PRIu64
			   " of %zu items are recorded, and nothing is sent whole: send "
			   "the same again with the same reference, and it goes on there",
			   recorded, n->n_rows);
	return rc;
}

static enum rc
notice_texts(json_t *in, struct arena *a, struct notice *n, struct err *e)
{
	const struct {
		const char *name;
		bool required;
		size_t max;
		const char **ret;
	} texts[] = {
		{"reference", true, NOTICE_REFERENCE_MAX, &n->reference},
		{"subject", true, NOTICE_TEXT_MAX, &n->subject},
		{"legal_basis", true, NOTICE_TEXT_MAX, &n->legal_basis},
		{"letter", false, NOTICE_LETTER_MAX, &n->letter},
		{"language", false, 16, &n->language},
		{"measure", false, 32, &n->measure},
	};
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < sizeof(texts) / sizeof(texts[0]); i++)
		rc = in_ready(in, a, texts[i].name, texts[i].required, texts[i].max,
			      texts[i].ret, e);
	if (rc == RC_OK)
		rc = in_bool(in, "urgent", &n->urgent, e);
	if (rc == RC_OK)
		rc = in_bool(in, "partial", &n->partial, e);
	if (n->language == NULL)
		n->language = "id";
	if (n->measure == NULL)
		n->measure = "removal";
	return rc;
}

/* Of what was asked for: the same whether the list came in the request or in parts, and
 * whatever its file is called. */
static void
request_digest(const json_t *in, struct notice *n)
{
	json_t *whole = json_copy((json_t *)(uintptr_t)in);

	json_object_del(whole, "file");
	json_object_del(whole, "list");
	json_object_set_new(whole, "csv", json_stringn(n->b.csv, n->b.csv_len));
	char *all = json_dumps(whole, JSON_COMPACT | JSON_SORT_KEYS);
	if (all == NULL)
		abort();
	hash_bytes(all, strlen(all), &n->digest);
	free(all);
	json_decref(whole);
}

/*
 * in: peer?, csv or list, skip_earlier?, file?, reference, subject, legal_basis, letter?,
 * language?, measure?, urgent?, partial? (send the good rows though others are bad),
 * fields? {code: text} out: case, items, batch (as of a check), again (true: this was
 * sent before), seq? (in our log, unless again) RC_INVALID with bad rows and no
 * `partial`: nothing is sent; the reply has the rows.
 */
enum rc
service_notice_send(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct notice n = {.by = actor_pseudonym(who), .by_name = actor_name(who)};
	enum rc rc = in_only(in,
			     "peer csv list skip_earlier file reference subject "
			     "legal_basis letter language "
			     "measure urgent partial fields",
			     e);

	if (rc == RC_OK)
		rc = notice_texts(in, a, &n, e);
	if (rc == RC_OK)
		rc = notice_batch_read(nd, a, n.by, in, n.reference, &n.b, e);
	if (rc != RC_OK)
		return rc;
	if (n.b.batch.n_bad != 0 && !n.partial) {
		reply_json(a, out,
			   json_pack("{s:o}", "batch",
				     notice_batch_json(&n.b, 0, NOTICE_REPORT_ROWS)));
		return err_set(
			e, RC_INVALID,
			"nothing was sent: %zu of %zu rows have problems; mend them, or "
			"send the %zu good ones with --partial",
			n.b.batch.n_bad, n.b.batch.n_rows, n.b.batch.n_ok);
	}
	n.fields = json_object_get(in, "fields");
	rc = notice_fields_check(n.b.policy, n.fields, e);
	if (rc != RC_OK)
		return rc;
	if (n.b.batch.n_ok == 0)
		return err_set(e, RC_INVALID, "no row of the batch can be sent");
	request_digest(in, &n);
	rc = notice_record(nd, a, &n, e);
	if (rc != RC_OK)
		return rc;
	reply_json(a, out,
		   json_pack("{s:s, s:I, s:o, s:b}", "case", n.casefile, "items",
			     (json_int_t)n.b.batch.n_ok, "batch",
			     notice_batch_json(&n.b, 0, NOTICE_REPORT_ROWS), "again",
			     n.again));
	if (!n.again)
		json_object_set_new(out->json, "seq", json_integer((json_int_t)n.seq));
	return RC_OK;
}
