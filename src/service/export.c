/*
 * The evidence bundle of a case (protocol 12, core/bundle.h), collected from the store in
 * one reading transaction.  What leaves here was verified as its reader will verify it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/bundle.h"
#include "core/event_type.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	EXPORT_ATTEMPTS = 4,
	EXPORT_ADOPTS_PAGE = 32, /* adopted receipts looked at in one query */
	EXPORT_PROOF_MAX = 1 << 16,
};

/* One event of the bundle, on its way into it. */
struct item {
	uint64_t seq;
	struct log_leaf leaf;
	const struct event *ev;
	uint64_t receipt_size; /* of the adopted receipt that covers it; 0: none */
};

struct items {
	struct item *item;
	size_t n, cap;
};

struct gather {
	struct node *nd;
	struct store *s;
	struct arena *a;
	const char *casefile;
	bool texts;
	struct channel_row channel;
	struct items of[PARTY_COUNT];
	struct bundle_content out;
	const char **disclosures;
	size_t n_disclosures;
};

/* ---- which events --------------------------------------------------------- */

static void
item_add(struct gather *g, enum party p, uint64_t seq)
{
	struct items *of = &g->of[p];

	if (of->n == of->cap) {
		size_t cap = of->cap == 0 ? 64 : 2 * of->cap;
		struct item *grown = arena_array(g->a, cap, sizeof(*grown));
		if (of->n != 0)
			memcpy(grown, of->item, of->n * sizeof(*grown));
		of->item = grown;
		of->cap = cap;
	}
	of->item[of->n++] = (struct item){.seq = seq};
}

static enum rc
on_place(void *arg, const struct db_row *row, struct err *e)
{
	struct gather *g = arg;
	int64_t party = g->s->drv->col_int(row, 0);

	if (party < 0 || party >= PARTY_COUNT)
		return err_set(e, RC_CORRUPT, "the store holds party %" PRId64, party);
	item_add(g, (enum party)party, (uint64_t)g->s->drv->col_int(row, 1));
	return RC_OK;
}

static int
compare_items(const void *x, const void *y)
{
	uint64_t a = ((const struct item *)x)->seq, b = ((const struct item *)y)->seq;

	return a < b ? -1 : a > b;
}

/* In order, each once. */
static void
items_sort(struct items *of)
{
	size_t n = 0;

	if (of->n == 0)
		return;
	qsort(of->item, of->n, sizeof(*of->item), compare_items);
	for (size_t i = 0; i < of->n; i++)
		if (n == 0 || of->item[n - 1].seq != of->item[i].seq)
			of->item[n++] = of->item[i];
	of->n = n;
}

static enum rc
item_load(struct gather *g, enum party p, struct item *it, struct err *e)
{
	const struct event_claim *claim;
	struct log_leaf *leaf;
	enum rc rc = store_leaves(g->s, g->a, g->channel.channel, p, it->seq, it->seq + 1,
				  &leaf, e);

	if (rc == RC_OK)
		rc = event_parse(g->a, leaf[0].jws, leaf[0].jws_len, &claim, e);
	if (rc != RC_OK)
		return rc;
	it->leaf = leaf[0];
	it->ev = event_trusted(claim);
	return RC_OK;
}

struct adopts {
	struct store *s;
	uint64_t seq[EXPORT_ADOPTS_PAGE];
	size_t n;
};

static enum rc
on_adopt(void *arg, const struct db_row *row, struct err *e)
{
	struct adopts *r = arg;

	(void)e;
	r->seq[r->n++] = (uint64_t)r->s->drv->col_int(row, 1);
	return RC_OK;
}

/* The first receipt that the log adopted after `it` and below `end` and that covers it:
 * the one that counts (protocol 4).  It joins the bundle. */
static enum rc
adopt_find(struct gather *g, enum party p, struct item *it, uint64_t end, struct err *e)
{
	uint64_t after = it->seq;
	struct adopts page = {.s = g->s};
	enum rc rc;

	do {
		page.n = 0;
		rc = store_run(g->s, &SQL_BUNDLE_ADOPTS,
			       (struct db_param[]){DB_P_INT(g->channel.channel),
						   DB_P_INT(p), DB_P_INT(after),
						   DB_P_INT(EXPORT_ADOPTS_PAGE)},
			       on_adopt, &page, e);
		for (size_t i = 0; rc == RC_OK && i < page.n; i++) {
			struct item adopt = {.seq = page.seq[i]};
			after = adopt.seq;
			if (after >= end)
				return RC_OK;
			rc = item_load(g, p, &adopt, e);
			if (rc != RC_OK)
				break;
			uint64_t size = (uint64_t)json_integer_value(
				json_object_get(adopt.ev->body, "size"));
			if (size > it->seq) {
				it->receipt_size = size;
				item_add(g, p, adopt.seq);
				return RC_OK;
			}
		}
	} while (rc == RC_OK && page.n == EXPORT_ADOPTS_PAGE);
	return rc;
}

static bool
starts_clock(const struct item *it, enum party p)
{
	struct err ignored = ERR_INIT;

	return event_type_check(it->ev, p, &ignored) == RC_OK &&
	       event_starts_clock(it->ev);
}

/* Entries that came but are under no head that their author has signed prove nothing. */
static enum rc
bound_find(struct gather *g, enum party p, uint64_t *ret, struct err *e)
{
	struct log_head h = {0};
	enum rc rc = store_head(g->s, g->a, g->channel.channel, p, &h, e);

	*ret = p == g->channel.own_party ? h.size : h.signed_size;
	return rc;
}

static enum rc
items_load(struct gather *g, enum party p, struct err *e)
{
	struct items *of = &g->of[p];
	uint64_t end;
	enum rc rc = bound_find(g, p, &end, e);

	items_sort(of);
	while (rc == RC_OK && of->n != 0 && of->item[of->n - 1].seq >= end)
		of->n--;
	size_t n = of->n;
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = item_load(g, p, &of->item[i], e);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		if (starts_clock(&of->item[i], p)) {
			/* The list may move while it grows. */
			struct item it = of->item[i];
			rc = adopt_find(g, p, &it, end, e);
			of->item[i].receipt_size = it.receipt_size;
		}
	for (size_t i = n; rc == RC_OK && i < of->n; i++)
		rc = item_load(g, p, &of->item[i], e);
	items_sort(of);
	return rc;
}

static enum rc
events_gather(struct gather *g, struct err *e)
{
	const struct db_param key[] = {DB_P_TEXT(g->casefile),
				       DB_P_INT(g->channel.channel),
				       DB_P_INT(PARTY_AUTHORITY)};
	enum rc rc = store_run(g->s, &SQL_BUNDLE_CASE_EVENTS, key, on_place, g, e);

	if (rc == RC_OK)
		rc = store_run(g->s, &SQL_BUNDLE_ORDER_EVENTS, key, on_place, g, e);
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++)
		rc = store_run(
			g->s, &SQL_BUNDLE_OPEN,
			(struct db_param[]){DB_P_INT(g->channel.channel), DB_P_INT(p)},
			on_place, g, e);
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++)
		rc = store_run(
			g->s, &SQL_BUNDLE_POLICIES,
			(struct db_param[]){DB_P_INT(g->channel.channel), DB_P_INT(p)},
			on_place, g, e);
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++)
		rc = items_load(g, (enum party)p, e);
	return rc;
}

/* ---- heads, proofs, texts ------------------------------------------------- */

/* A head to prove in. */
struct head {
	uint64_t size;
	const char *note;
};

static enum rc
proof_of(struct gather *g, enum party p, uint64_t seq, const struct head *h,
	 const char **ret, struct err *e)
{
	struct buf b = BUF_INIT(EXPORT_PROOF_MAX);
	struct log_head log = {.channel = g->channel.channel, .party = p};
	enum rc rc = proof_put(g->s, &log, seq, h->size, h->note, &b, e);

	if (rc == RC_OK && !buf_ok(&b))
		rc = err_set(e, RC_TOO_LARGE, "a proof larger than %d bytes",
			     EXPORT_PROOF_MAX);
	*ret = arena_strndup(g->a, buf_str(&b), b.len);
	buf_free(&b);
	return rc;
}

/* The receipt of exactly the size that an event adopts. */
static enum rc
receipt_of(struct gather *g, enum party p, const struct item *it, const char **ret,
	   struct err *e)
{
	struct log_receipt r;
	enum rc rc = store_receipt_covering(g->s, g->a, g->channel.channel, p,
					    it->receipt_size - 1, &r, e);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && r.size != it->receipt_size))
		return err_set(e, RC_CORRUPT,
			       "the receipt of size %" PRIu64
			       " that the %s's log adopted is not in the store",
			       it->receipt_size, party_name(p));
	if (rc != RC_OK)
		return rc;
	struct head h = {r.size, arena_printf(g->a, "%s%s", r.note, r.line)};
	return proof_of(g, p, it->seq, &h, ret, e);
}

/* The newest cosigned head, and the newest of all when that does not cover everything. */
static enum rc
heads_find(struct gather *g, enum party p, struct head *ret_newest,
	   struct head *ret_cosigned, struct err *e)
{
	const struct items *of = &g->of[p];
	struct log_receipt r;
	struct log_head h;
	enum rc rc = store_receipt_last(g->s, g->a, g->channel.channel, p, &r, e);

	*ret_newest = *ret_cosigned = (struct head){0};
	if (rc == RC_OK)
		*ret_cosigned =
			(struct head){r.size, arena_printf(g->a, "%s%s", r.note, r.line)};
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return rc;
	if (of->n == 0 || of->item[of->n - 1].seq < ret_cosigned->size) {
		*ret_newest = *ret_cosigned;
		return RC_OK;
	}
	if (p == g->channel.own_party) {
		rc = node_checkpoint(g->nd, g->s, g->a, g->channel.channel, &h,
				     &ret_newest->note, e);
		ret_newest->size = h.size;
		return rc;
	}
	rc = store_head(g->s, g->a, g->channel.channel, p, &h, e);
	*ret_newest = (struct head){h.signed_size, h.signed_note};
	return rc;
}

static enum rc
log_gather(struct gather *g, enum party p, struct err *e)
{
	const struct items *of = &g->of[p];
	struct bundle_leaf *leaves = arena_array(g->a, of->n + 1, sizeof(*leaves));
	struct head newest, cosigned;
	enum rc rc = heads_find(g, p, &newest, &cosigned, e);

	for (size_t i = 0; rc == RC_OK && i < of->n; i++) {
		const struct item *it = &of->item[i];
		leaves[i] = (struct bundle_leaf){.seq = it->seq, .jws = it->leaf.jws};
		rc = proof_of(g, p, it->seq,
			      it->seq < cosigned.size ? &cosigned : &newest,
			      &leaves[i].proof, e);
		if (rc == RC_OK && it->receipt_size != 0)
			rc = receipt_of(g, p, it, &leaves[i].receipt, e);
	}
	g->out.log[p] = (struct bundle_log){
		.leaves = leaves,
		.n = of->n,
		.checkpoint = newest.note,
		.cosigned = newest.note == cosigned.note ? NULL : cosigned.note,
	};
	return rc;
}

static enum rc
texts_gather(struct gather *g, const struct event *ev, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < ev->n_sd; i++) {
		const char *text;
		rc = store_disclosure_get(g->s, g->a, &ev->sd[i], &text, e);
		if (rc == RC_OK && text != NULL)
			g->disclosures[g->n_disclosures++] = text;
		if (rc == RC_NOT_FOUND)
			rc = RC_OK; /* of an event without effect */
	}
	return rc;
}

/* ---- all of it ------------------------------------------------------------ */

/* Who the two are, and what they agreed on. */
static enum rc
parties_gather(struct gather *g, struct err *e)
{
	const struct channel_row *c = &g->channel;
	enum party peer = party_other(c->own_party);
	const struct identity *id;
	const struct channel_offer *offer;
	const char *policy;
	enum rc rc;

	if (c->introduction[0] == '\0')
		return err_set(e, RC_CONFLICT,
			       "%s is not introduced: without its keys nothing can be "
			       "proven",
			       c->peer_org);
	rc = introduction_parse(g->a, c->introduction, strlen(c->introduction), &id,
				&offer, e);
	if (rc == RC_OK)
		rc = store_text(
			g->s, g->a, &SQL_POLICY_GET,
			(struct db_param[]){DB_P_BLOB(c->policy_sha256.b, HASH_LEN)},
			&policy, e);
	if (rc == RC_OK && policy == NULL)
		rc = err_set(e, RC_CORRUPT, "the channel's policy is not in the store");
	if (rc != RC_OK)
		return rc;
	g->out.casefile = g->casefile;
	g->out.exporter = c->own_party;
	g->out.identity[c->own_party] = g->nd->id->wire;
	g->out.identity[peer] = id->wire;
	g->out.offer[peer] = offer->wire;
	g->out.policy = policy;
	g->out.policy_len = strlen(policy);
	g->out.with_disclosures = g->texts;
	return RC_OK;
}

static enum rc
case_gather(struct gather *g, struct err *e)
{
	struct case_row c;
	size_t n = 0;
	enum rc rc = view_case_get(g->s, g->a, g->casefile, &c, e);

	if (rc == RC_OK)
		rc = channel_by_id(g->s, g->a, c.channel, &g->channel, e);
	if (rc == RC_OK)
		rc = parties_gather(g, e);
	if (rc == RC_OK && c.manifest &&
	    !hash_equal(&c.policy_sha256, &g->channel.policy_sha256))
		rc = store_text(
			g->s, g->a, &SQL_POLICY_GET,
			(struct db_param[]){DB_P_BLOB(c.policy_sha256.b, HASH_LEN)},
			&g->out.adopted, e);
	if (rc == RC_OK)
		rc = events_gather(g, e);
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++) {
		rc = log_gather(g, (enum party)p, e);
		for (size_t i = 0; i < g->of[p].n; i++)
			n += g->of[p].item[i].ev->n_sd;
	}
	if (rc != RC_OK || !g->texts)
		return rc;
	g->disclosures = arena_array(g->a, n + 1, sizeof(*g->disclosures));
	for (int p = 0; p < PARTY_COUNT; p++)
		for (size_t i = 0; rc == RC_OK && i < g->of[p].n; i++)
			rc = texts_gather(g, g->of[p].item[i].ev, e);
	g->out.disclosures = g->disclosures;
	g->out.n_disclosures = g->n_disclosures;
	return rc;
}

/* In one reading transaction.  Another thread may sign a newer head than this one sees,
 * and then the signer refuses the older: look again. */
static enum rc
case_gather_at_once(struct node *nd, struct arena *a, const char *casefile, bool texts,
		    struct bundle_content *ret, struct err *e)
{
	struct store *s;
	enum rc rc = reader_get(nd, &s, e);

	for (int attempt = 0; rc == RC_OK && attempt < EXPORT_ATTEMPTS; attempt++) {
		struct gather g = {
			.nd = nd, .s = s, .a = a, .casefile = casefile, .texts = texts};
		rc = s->drv->begin(s->db, false, e);
		if (rc == RC_OK)
			rc = case_gather(&g, e);
		s->drv->rollback(s->db);
		*ret = g.out;
		if (rc == RC_RETRY && attempt + 1 < EXPORT_ATTEMPTS)
			rc = RC_OK;
		else
			break;
	}
	reader_put(nd, s);
	return rc;
}

static enum rc
sign_by_node(void *arg, struct arena *a, const char *typ, const char *payload, size_t len,
	     const char **ret_jws, struct err *e)
{
	const struct node *nd = arg;

	return signer_sign_jws(nd->signer, a, typ, payload, len, ret_jws, e);
}

/*
 * in: case, texts? ("yes" by default; "no" leaves out what people wrote)
 * out: the bytes of the bundle
 * RC_CONFLICT: the peer is not introduced.  RC_TOO_LARGE.  RC_CORRUPT: what the store
 * holds does not verify.
 */
enum rc
service_export(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	struct bundle_content content = {0};
	struct bundle_report report;
	struct err why = ERR_INIT;
	const char *casefile, *texts;
	enum rc rc = in_only(in, "case texts", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_uuid(in, "case", &casefile, e);
	if (rc == RC_OK)
		rc = in_text(in, "texts", false, 3, &texts, e);
	if (rc == RC_OK && texts != NULL && strcmp(texts, "yes") != 0 &&
	    strcmp(texts, "no") != 0)
		rc = err_set(e, RC_INVALID, "\"texts\" must be yes or no");
	if (rc == RC_OK)
		rc = case_gather_at_once(nd, a, casefile,
					 texts == NULL || strcmp(texts, "yes") == 0,
					 &content, e);
	content.made_us = clock_now_us();
	if (rc == RC_OK)
		rc = bundle_write(a, &content, sign_by_node, nd, &out->bytes, &out->len,
				  e);
	if (rc == RC_OK &&
	    bundle_verify(a, out->bytes, out->len, NULL, &report, &why) != RC_OK) {
		out->bytes = NULL;
		rc = err_set(
			e, RC_CORRUPT,
			"the bundle of this case does not verify, so it is not given "
			"out: %s",
			why.text);
	}
	out->type = "application/x-tar";
	if (rc == RC_OK)
		out->file = arena_printf(a, "case-%s.tar", casefile);
	return rc;
}
