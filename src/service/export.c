/*
 * The evidence bundle of a case (protocol 12, core/bundle.h), collected from the store in
 * one reading transaction.  What leaves here was verified as its reader will verify it.
 *
 * A case of few events is made in memory, with a proof for each; one of many goes through
 * a file, an event at a time (export_long.c).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/event_type.h"
#include "service/download.h"
#include "service/export_int.h"
#include "service/use.h"
#include "store/store_identity.h"
#include "store/store_sql.h"

enum {
	EXPORT_ATTEMPTS = 4,
	EXPORT_ADOPTS_PAGE = 32, /* adopted receipts looked at in one query */
	EXPORT_PROOF_MAX = 1 << 16,
	EXPORT_SHORT_BYTES = 16 << 20, /* of events, and texts, that are made in memory */
	EXPORT_SHORT_TEXTS = 20000,
};

/* ---- which events ------------------------------------------------------------------ */

static void
item_add(struct export *g, enum party p, uint64_t seq)
{
	struct export_items *of = &g->of[p];

	if (of->n == of->cap) {
		size_t cap = of->cap == 0 ? 64 : 2 * of->cap;
		struct export_item *grown = arena_array(g->a, cap, sizeof(*grown));
		if (of->n != 0)
			memcpy(grown, of->item, of->n * sizeof(*grown));
		of->item = grown;
		of->cap = cap;
	}
	of->item[of->n++] = (struct export_item){.seq = seq};
}

static enum rc
on_place(void *arg, const struct db_row *row, struct err *e)
{
	struct export *g = arg;
	int64_t party = g->s->drv->col_int(row, 0);

	if (party < 0 || party >= PARTY_COUNT)
		return err_set(e, RC_CORRUPT, "the store holds party %" PRId64, party);
	item_add(g, (enum party)party, (uint64_t)g->s->drv->col_int(row, 1));
	return RC_OK;
}

static int
compare_items(const void *x, const void *y)
{
	uint64_t a = ((const struct export_item *)x)->seq,
		 b = ((const struct export_item *)y)->seq;

	return a < b ? -1 : a > b;
}

/* In order, each once. */
static void
items_sort(struct export_items *of)
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

enum rc
export_event(struct export *g, struct arena *a, enum party p, uint64_t seq,
	     const struct event **ret, const char **ret_jws, struct err *e)
{
	const struct event_claim *claim;
	struct log_leaf *leaf;
	enum rc rc = store_leaves(g->s, a, g->channel.channel, p, seq, seq + 1, &leaf, e);

	if (rc == RC_OK)
		rc = event_parse(a, leaf[0].jws, leaf[0].jws_len, &claim, e);
	if (rc != RC_OK)
		return rc;
	*ret = event_trusted(claim);
	*ret_jws = leaf[0].jws;
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
 * the one that counts (protocol 4). */
static enum rc
adopt_find(struct export *g, enum party p, struct export_item *it, uint64_t end,
	   struct err *e)
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
			const struct event *adopt;
			const char *jws;
			after = page.seq[i];
			if (after >= end)
				return RC_OK;
			arena_reset(g->tmp);
			rc = export_event(g, g->tmp, p, after, &adopt, &jws, e);
			if (rc != RC_OK)
				break;
			uint64_t size = (uint64_t)json_integer_value(
				json_object_get(adopt->body, "size"));
			if (size > it->seq) {
				it->adopt = after;
				it->receipt_size = size;
				return RC_OK;
			}
		}
	} while (rc == RC_OK && page.n == EXPORT_ADOPTS_PAGE);
	return rc;
}

/* What one event adds; *ret_clock: it has a receipt, if it has one, in the log. */
static enum rc
item_look(struct export *g, enum party p, uint64_t seq, bool *ret_clock, struct err *e)
{
	struct err ignored = ERR_INIT;
	const struct event *ev;
	const char *jws;

	arena_reset(g->tmp);
	enum rc rc = export_event(g, g->tmp, p, seq, &ev, &jws, e);
	if (rc != RC_OK)
		return rc;
	g->bytes += ev->jws_len;
	g->n_texts += ev->n_sd;
	*ret_clock = event_type_check(ev, p, &ignored) == RC_OK && event_starts_clock(ev);
	return RC_OK;
}

/* Entries that came but are under no head that their author has signed prove nothing. */
static enum rc
bound_find(struct export *g, enum party p, uint64_t *ret, struct err *e)
{
	struct log_head h = {0};
	enum rc rc = store_head(g->s, g->a, g->channel.channel, p, &h, e);

	*ret = p == g->channel.own_party ? h.size : h.signed_size;
	return rc;
}

static enum rc
items_load(struct export *g, enum party p, struct err *e)
{
	struct export_items *of = &g->of[p];
	uint64_t end;
	enum rc rc = bound_find(g, p, &end, e);

	items_sort(of);
	while (rc == RC_OK && of->n != 0 && of->item[of->n - 1].seq >= end)
		of->n--;
	size_t n = of->n;
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		bool clock = false;
		rc = item_look(g, p, of->item[i].seq, &clock, e);
		if (rc == RC_OK && clock)
			rc = adopt_find(g, p, &of->item[i], end, e);
	}
	/* The receipts join them. */
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		if (of->item[i].receipt_size != 0 &&
		    (i == 0 || of->item[i - 1].adopt != of->item[i].adopt))
			item_add(g, p, of->item[i].adopt);
	items_sort(of);
	if (rc == RC_OK && g->of[0].n + g->of[1].n > BUNDLE_EVENTS_MAX)
		rc = err_rule(e, RC_TOO_LARGE, "protocol 12",
			      "the case has too many events for one bundle: at most %d",
			      BUNDLE_EVENTS_MAX);
	return rc;
}

static enum rc
events_gather(struct export *g, struct err *e)
{
	const struct db_param key[] = {DB_P_TEXT(g->casefile),
				       DB_P_INT(g->channel.channel),
				       DB_P_INT(PARTY_AUTHORITY)};
	enum rc rc = store_run(g->s, &SQL_BUNDLE_CASE_EVENTS, key, on_place, g, e);

	if (rc == RC_OK)
		rc = store_run(g->s, &SQL_BUNDLE_ORDER_EVENTS, key, on_place, g, e);
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++) {
		const struct db_param log[] = {DB_P_INT(g->channel.channel), DB_P_INT(p)};
		rc = store_run(g->s, &SQL_BUNDLE_OPEN, log, on_place, g, e);
		if (rc == RC_OK)
			rc = store_run(g->s, &SQL_BUNDLE_REKEYS, log, on_place, g, e);
		if (rc == RC_OK)
			rc = store_run(g->s, &SQL_BUNDLE_EPOCHS, log, on_place, g, e);
		if (rc == RC_OK)
			rc = store_run(g->s, &SQL_BUNDLE_POLICIES, log, on_place, g, e);
	}
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++)
		rc = items_load(g, (enum party)p, e);
	return rc;
}

/* ---- heads, proofs, texts ---------------------------------------------------------- */

static enum rc
proof_of(struct export *g, enum party p, uint64_t seq, const struct export_head *h,
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

enum rc
export_receipt(struct export *g, struct arena *a, enum party p, uint64_t size,
	       const char **ret, struct err *e)
{
	struct log_receipt r;
	enum rc rc =
		store_receipt_covering(g->s, a, g->channel.channel, p, size - 1, &r, e);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && r.size != size))
		return err_set(e, RC_CORRUPT,
			       "the receipt of size %" PRIu64
			       " that the %s's log adopted is not in the store",
			       size, party_name(p));
	if (rc == RC_OK)
		*ret = arena_printf(a, "%s%s", r.note, r.line);
	return rc;
}

enum rc
export_heads(struct export *g, enum party p, struct export_head *ret_newest,
	     struct export_head *ret_cosigned, struct err *e)
{
	const struct export_items *of = &g->of[p];
	struct log_receipt r;
	struct log_head h;
	enum rc rc = store_receipt_last(g->s, g->a, g->channel.channel, p, &r, e);

	*ret_newest = *ret_cosigned = (struct export_head){0};
	if (rc == RC_OK)
		*ret_cosigned = (struct export_head){
			r.size, arena_printf(g->a, "%s%s", r.note, r.line)};
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
	*ret_newest = (struct export_head){h.signed_size, h.signed_note};
	return rc;
}

enum rc
export_texts(struct export *g, struct arena *a, const struct event *ev, const char **into,
	     size_t *n, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < ev->n_sd; i++) {
		const char *text;
		rc = store_disclosure_get(g->s, a, &ev->sd[i], &text, e);
		if (rc == RC_OK && text != NULL)
			into[(*n)++] = text;
		if (rc == RC_NOT_FOUND)
			rc = RC_OK; /* of an event without effect */
	}
	return rc;
}

/* ---- few events: a proof for each -------------------------------------------------- */

/* An event with its proofs, and the disclosures that it names. */
static enum rc
leaf_gather(struct export *g, enum party p, const struct export_item *it,
	    const struct export_head *in, const char **texts, size_t *n_texts,
	    struct bundle_leaf *ret, struct err *e)
{
	const struct event *ev = NULL;
	struct export_head head = {.size = it->receipt_size};

	*ret = (struct bundle_leaf){.seq = it->seq};
	enum rc rc = export_event(g, g->a, p, it->seq, &ev, &ret->jws, e);
	if (rc == RC_OK)
		rc = proof_of(g, p, it->seq, in, &ret->proof, e);
	if (rc == RC_OK && it->receipt_size != 0) {
		rc = export_receipt(g, g->a, p, it->receipt_size, &head.note, e);
		if (rc == RC_OK)
			rc = proof_of(g, p, it->seq, &head, &ret->receipt, e);
	}
	return rc == RC_OK && g->texts ? export_texts(g, g->a, ev, texts, n_texts, e)
				       : rc;
}

static enum rc
log_gather(struct export *g, enum party p, const char **texts, size_t *n_texts,
	   struct err *e)
{
	const struct export_items *of = &g->of[p];
	struct bundle_leaf *leaves = arena_array(g->a, of->n + 1, sizeof(*leaves));
	struct export_head newest, cosigned;
	enum rc rc = export_heads(g, p, &newest, &cosigned, e);

	for (size_t i = 0; rc == RC_OK && i < of->n; i++)
		rc = leaf_gather(g, p, &of->item[i],
				 of->item[i].seq < cosigned.size ? &cosigned : &newest,
				 texts, n_texts, &leaves[i], e);
	g->out.log[p] = (struct bundle_log){
		.leaves = leaves,
		.n = of->n,
		.checkpoint = newest.note,
		.cosigned = newest.note == cosigned.note ? NULL : cosigned.note,
	};
	return rc;
}

static enum rc
short_gather(struct export *g, struct err *e)
{
	const char **texts = arena_array(g->a, g->n_texts + 1, sizeof(*texts));
	enum rc rc = RC_OK;

	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++)
		rc = log_gather(g, (enum party)p, texts, &g->out.n_disclosures, e);
	g->out.disclosures = texts;
	return rc;
}

enum rc
export_sign(void *nd, struct arena *a, const char *typ, const char *payload, size_t len,
	    const char **ret_jws, struct err *e)
{
	const struct node *n = nd;
	enum rc rc = writer_of_logs(n, e);

	return rc != RC_OK ? rc
			   : signer_sign_jws(n->signer, a, typ, payload, len, ret_jws, e);
}

static enum rc
short_make(struct export *g, struct reply *out, struct err *e)
{
	struct bundle_report report;
	struct err why = ERR_INIT;
	enum rc rc = bundle_write(g->a, &g->out, export_sign, g->nd, &out->bytes,
				  &out->len, e);

	if (rc == RC_OK &&
	    bundle_verify(g->a, out->bytes, out->len, NULL, &report, &why) != RC_OK) {
		out->bytes = NULL;
		rc = err_set(
			e, RC_CORRUPT,
			"the bundle of this case does not verify, so it is not given "
			"out: %s",
			why.text);
	}
	return rc;
}

/* ---- all of it --------------------------------------------------------------------- */

/* LF between them. */
static const char *
entries_of(struct arena *a, const struct identity_log *ids)
{
	char *text = identity_log_text(a, ids);

	text[strlen(text) - 1] = '\0';
	return text;
}

/* Who the two are, and what they agreed on. */
static enum rc
parties_gather(struct export *g, struct err *e)
{
	const struct channel_row *c = &g->channel;
	enum party peer = party_other(c->own_party);
	struct identity_log *ids = ARENA_NEW(g->a, struct identity_log);
	const struct identity *id;
	const struct channel_offer *offer;
	const char *policy;
	enum rc rc;

	if (c->introduction[0] == '\0')
		return err_set(e, RC_CONFLICT,
			       "%s is not introduced: without its keys nothing can be "
			       "proven",
			       c->peer_org);
	rc = channel_whole(g->nd, c->channel, e);
	if (rc == RC_OK)
		rc = introduction_parse(g->a, c->introduction, strlen(c->introduction),
					&id, &offer, e);
	if (rc == RC_OK)
		rc = store_identity_log(g->s, g->a, c->peer_org, ids, e);
	if (rc == RC_OK)
		rc = store_text(
			g->s, g->a, &SQL_POLICY_GET,
			(struct db_param[]){DB_P_BLOB(c->policy_sha256.b, HASH_LEN)},
			&policy, e);
	if (rc != RC_OK)
		return rc;
	if (policy == NULL)
		return err_set(e, RC_CORRUPT, "the channel's policy is not in the store");
	g->out.casefile = g->casefile;
	g->out.exporter = c->own_party;
	g->out.identity[c->own_party] = entries_of(g->a, g->nd->ids);
	g->out.identity[peer] = entries_of(g->a, ids);
	g->out.offer[peer] = offer->wire;
	g->out.policy = policy;
	g->out.policy_len = strlen(policy);
	g->out.with_disclosures = g->texts;
	return RC_OK;
}

/* Which case, whose, and which events are its. */
static enum rc
case_gather(struct export *g, struct err *e)
{
	struct case_row c;
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
		rc = export_frauds(g, e);
	return rc == RC_OK ? events_gather(g, e) : rc;
}

static bool
is_short(const struct export *g)
{
	return g->of[0].n + g->of[1].n <= BUNDLE_SHORT_EVENTS &&
	       g->bytes <= EXPORT_SHORT_BYTES && g->n_texts <= EXPORT_SHORT_TEXTS;
}

/* Either g->out is complete, or *ret_fd is a file. */
static enum rc
gather(struct export *g, int *ret_fd, uint64_t *ret_len, struct err *e)
{
	enum rc rc = g->s->drv->begin(g->s->db, false, e);

	if (rc == RC_OK)
		rc = case_gather(g, e);
	if (rc == RC_OK)
		rc = is_short(g) ? short_gather(g, e)
				 : export_long(g, ret_fd, ret_len, e);
	g->s->drv->rollback(g->s->db);
	return rc;
}

/* In one reading transaction.  Another thread may sign a newer head than this one sees,
 * and then the signer refuses the older: look again. */
static enum rc
gather_at_once(struct export *ret, int *ret_fd, uint64_t *ret_len, struct err *e)
{
	const struct export fresh = *ret;
	struct store *s;
	enum rc rc = reader_get(fresh.nd, &s, e);

	for (int attempt = 0; rc == RC_OK && attempt < EXPORT_ATTEMPTS; attempt++) {
		*ret = fresh;
		ret->s = s;
		rc = gather(ret, ret_fd, ret_len, e);
		if (rc == RC_RETRY && attempt + 1 < EXPORT_ATTEMPTS)
			rc = RC_OK;
		else
			break;
	}
	reader_put(fresh.nd, s);
	return rc;
}

/*
 * in: case, texts? ("yes" by default; "no" leaves out what people wrote)
 * out: the bytes of the bundle
 * RC_CONFLICT: the peer is not introduced.  RC_TOO_LARGE.  RC_CORRUPT: what the store
 * holds does not verify.  RC_FULL: no room on the disk for one of many events.
 */
enum rc
service_export(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	struct export g = {.nd = nd, .a = a};
	const char *texts;
	uint64_t len = 0;
	int fd = -1;
	enum rc rc = in_only(in, "case texts", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_uuid(in, "case", &g.casefile, e);
	if (rc == RC_OK)
		rc = in_text(in, "texts", false, 3, &texts, e);
	if (rc == RC_OK && texts != NULL && strcmp(texts, "yes") != 0 &&
	    strcmp(texts, "no") != 0)
		rc = err_set(e, RC_INVALID, "\"texts\" must be yes or no");
	if (rc != RC_OK)
		return rc;
	g.texts = texts == NULL || strcmp(texts, "yes") == 0;
	g.tmp = arena_create();
	g.out.made_us = clock_now_us();
	rc = gather_at_once(&g, &fd, &len, e);
	if (rc == RC_OK && fd < 0)
		rc = short_make(&g, out, e);
	else if (rc == RC_OK)
		rc = export_verify(fd, len, e);
	arena_free(g.tmp);
	out->type = "application/x-tar";
	out->file = arena_printf(a, "case-%s.tar", g.casefile);
	if (rc == RC_OK && fd >= 0)
		out->download = download_file(fd, (int64_t)len, out->file, out->type);
	else if (fd >= 0)
		close(fd);
	return rc;
}
