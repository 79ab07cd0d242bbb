/*
 * Writing a bundle of version 2: from front to back, an event in memory at a time.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "core/bundle_int.h"

struct stream {
	const struct bundle_content *c;
	const struct bundle_long_log *logs;
	const struct bundle_source *source;
	const struct bundle_sink *sink;
	struct arena *a;   /* as long as the writing */
	struct arena *tmp; /* of one event */
	struct buf line;
	uint64_t at; /* bytes that are written */
	/* of the member under way */
	const char *name;
	uint64_t header_at, len;
	struct hash_state sum;
	json_t *members; /* that are whole */
	enum rc rc;	 /* the first error: nothing more is written */
	struct err *e;
};

static void
bytes_put(struct stream *x, const void *p, size_t len)
{
	if (x->rc == RC_OK && len > (uint64_t)BUNDLE_MAX - x->at)
		x->rc = err_rule(x->e, RC_TOO_LARGE, BUNDLE_RULE,
				 "the case has more than %d bytes", BUNDLE_MAX);
	if (x->rc == RC_OK && len != 0)
		x->rc = x->sink->put(x->sink->arg, p, len, x->e);
	x->at += len;
}

static void
member_begin(struct stream *x, const char *name)
{
	uint8_t header[BUNDLE_BLOCK] = {0};

	x->name = name;
	x->header_at = x->at;
	x->len = 0;
	hash_begin(&x->sum);
	bytes_put(x, header, sizeof(header));
}

static void
member_put(struct stream *x, const void *p, size_t len)
{
	hash_add(&x->sum, p, len);
	x->len += len;
	bytes_put(x, p, len);
}

static void
member_puts(struct stream *x, const char *text)
{
	member_put(x, text, strlen(text));
}

static void
member_end(struct stream *x)
{
	static const uint8_t zeros[BUNDLE_BLOCK];
	uint8_t header[BUNDLE_BLOCK];
	char hex[HASH_HEX_LEN + 1];
	struct hash h;

	bytes_put(x, zeros, bundle_padding(x->len));
	hash_end(&x->sum, &h);
	if (x->rc != RC_OK)
		return;
	bundle_header(header, x->name, x->len);
	x->rc = x->sink->put_at(x->sink->arg, x->header_at, header, sizeof(header), x->e);
	json_array_append_new(x->members,
			      json_pack("{s:s, s:I, s:s}", "name", x->name, "len",
					(json_int_t)x->len, "sha256", hash_hex(&h, hex)));
}

static void
member_add(struct stream *x, const char *name, const char *data, size_t len)
{
	member_begin(x, name);
	member_put(x, data, len);
	member_end(x);
}

static void
line_add(struct stream *x, const char *name, const char *text)
{
	member_begin(x, name);
	member_puts(x, text);
	member_puts(x, "\n");
	member_end(x);
}

/* ---- what it is made of ------------------------------------------------------------ */

static void
texts_add(struct stream *x)
{
	member_begin(x, BUNDLE_TEXTS);
	for (int p = 0; p < PARTY_COUNT; p++)
		for (size_t i = 0; x->rc == RC_OK && i < x->logs[p].n; i++) {
			const char *const *texts = NULL;
			size_t n = 0;
			x->rc = x->source->texts(x->source->arg, x->tmp, (enum party)p,
						 x->logs[p].seq[i], &texts, &n, x->e);
			for (size_t k = 0; x->rc == RC_OK && k < n; k++) {
				member_puts(x, texts[k]);
				member_puts(x, "\n");
			}
			arena_reset(x->tmp);
		}
	member_end(x);
}

static void
events_add(struct stream *x, enum party p)
{
	const struct bundle_long_log *log = &x->logs[p];

	member_begin(x, arena_printf(x->a, BUNDLE_NAME_EVENTS, party_name(p)));
	for (size_t i = 0; x->rc == RC_OK && i < log->n; i++) {
		const char *jws;
		x->rc = x->source->event(x->source->arg, x->tmp, p, log->seq[i], &jws,
					 x->e);
		if (x->rc != RC_OK)
			break;
		member_puts(x, arena_printf(x->tmp, "%" PRIu64 " ", log->seq[i]));
		member_puts(x, jws);
		member_puts(x, "\n");
		arena_reset(x->tmp);
	}
	member_end(x);
}

static enum rc
on_hash(void *arg, const struct hash *h, struct err *e)
{
	struct stream *x = arg;

	(void)e;
	buf_reset(&x->line);
	b64_put(&x->line, h->b, HASH_LEN);
	buf_putc(&x->line, '\n');
	member_put(x, buf_str(&x->line), x->line.len);
	return x->rc;
}

static enum rc
on_count(void *arg, const struct hash *h, struct err *e)
{
	(void)h;
	(void)e;
	++*(size_t *)arg;
	return RC_OK;
}

/* The hashes that show these events in the tree of that size. */
static void
proof_put(struct stream *x, enum party p, const uint64_t *seq, size_t n, uint64_t size,
	  merkle_give *give, void *arg)
{
	struct merkle_at *at;

	if (x->rc != RC_OK)
		return;
	at = calloc(n, sizeof(*at));
	if (at == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		at[i].index = seq[i];
	x->rc = merkle_prove_many(at, n, size, x->source->node, x->logs[p].tree, give,
				  arg, x->e);
	free(at);
}

static void
proof_add(struct stream *x, enum party p, const char *head, const uint64_t *seq, size_t n,
	  uint64_t size)
{
	if (n == 0)
		return;
	member_begin(x, arena_printf(x->a, BUNDLE_NAME_TREE, party_name(p), head));
	proof_put(x, p, seq, n, size, on_hash, x);
	member_end(x);
}

static void
log_add(struct stream *x, enum party p)
{
	const struct bundle_long_log *log = &x->logs[p];
	const char *party = party_name(p);
	size_t covered = 0;

	if (log->cosigned != NULL)
		while (covered < log->n && log->seq[covered] < log->cosigned_size)
			covered++;
	if (log->checkpoint != NULL) {
		member_add(x, arena_printf(x->a, BUNDLE_NAME_CHECKPOINT, party),
			   log->checkpoint, strlen(log->checkpoint));
		proof_add(x, p, "checkpoint", log->seq + covered, log->n - covered,
			  log->checkpoint_size);
	}
	if (log->cosigned != NULL) {
		member_add(x, arena_printf(x->a, BUNDLE_NAME_COSIGNED, party),
			   log->cosigned, strlen(log->cosigned));
		proof_add(x, p, "cosigned", log->seq, covered, log->cosigned_size);
	}
	events_add(x, p);
}

static void
receipts_add(struct stream *x, enum party p)
{
	const struct bundle_long_log *log = &x->logs[p];

	if (log->n_receipts == 0)
		return;
	member_begin(x, arena_printf(x->a, BUNDLE_NAME_RECEIPTS, party_name(p)));
	for (size_t i = 0; x->rc == RC_OK && i < log->n_receipts; i++) {
		const struct bundle_receipt *r = &log->receipts[i];
		const char *head;
		size_t hashes = 0;
		x->rc = x->source->head(x->source->arg, x->tmp, p, r, &head, x->e);
		proof_put(x, p, r->covers, r->n, r->size, on_count, &hashes);
		if (x->rc != RC_OK)
			break;
		member_puts(x, arena_printf(x->tmp, "%" PRIu64 " %zu %zu %zu\n", r->adopt,
					    strlen(head), hashes, r->n));
		for (size_t k = 0; k < r->n; k++) {
			buf_reset(&x->line);
			buf_printf(&x->line, "%" PRIu64 "\n", r->covers[k]);
			member_put(x, buf_str(&x->line), x->line.len);
		}
		member_puts(x, head);
		proof_put(x, p, r->covers, r->n, r->size, on_hash, x);
		arena_reset(x->tmp);
	}
	member_end(x);
}

/* ---- all of it --------------------------------------------------------------------- */

static void
manifest_add(struct stream *x, const char *org, bundle_sign *sign, void *sign_arg)
{
	static const uint8_t zeros[2 * BUNDLE_BLOCK];
	const char *jws;

	if (x->rc != RC_OK)
		return;
	json_t *payload = json_pack("{s:i, s:s, s:I, s:s, s:O}", "v", BUNDLE_VERSION_LONG,
				    "org", org, "made", (json_int_t)x->c->made_us, "case",
				    x->c->casefile, "members", x->members);
	char *text = payload == NULL ? NULL : json_dumps(payload, JSON_COMPACT);
	if (text == NULL)
		abort();
	x->rc = sign(sign_arg, x->a, BUNDLE_TYP, text, strlen(text), &jws, x->e);
	free(text);
	json_decref(payload);
	if (x->rc == RC_OK)
		line_add(x, BUNDLE_MANIFEST, jws);
	bytes_put(x, zeros, sizeof(zeros));
}

static void
frauds_add(struct stream *x, enum party p)
{
	const char **proofs;
	size_t n = bundle_frauds_sort(x->a, x->c, p, &proofs);

	if (n == 0)
		return;
	member_begin(x, arena_printf(x->a, BUNDLE_NAME_FRAUD, party_name(p)));
	for (size_t i = 0; i < n; i++) {
		member_puts(x, proofs[i]);
		member_puts(x, "\n");
	}
	member_end(x);
}

/* In the order of their names. */
static void
members_add(struct stream *x, const char *readme, size_t readme_len)
{
	const struct bundle_content *c = x->c;

	member_add(x, BUNDLE_README, readme, readme_len);
	for (int p = 0; p < PARTY_COUNT; p++)
		if (c->offer[p] != NULL)
			line_add(x,
				 arena_printf(x->a, BUNDLE_NAME_OFFER,
					      party_name((enum party)p)),
				 c->offer[p]);
	if (c->with_disclosures)
		texts_add(x);
	for (int p = 0; p < PARTY_COUNT; p++)
		frauds_add(x, (enum party)p);
	for (int p = 0; p < PARTY_COUNT; p++)
		line_add(x,
			 arena_printf(x->a, BUNDLE_NAME_IDENTITY,
				      party_name((enum party)p)),
			 c->identity[p]);
	for (int p = 0; p < PARTY_COUNT; p++)
		log_add(x, (enum party)p);
	if (c->adopted != NULL)
		member_add(x, BUNDLE_ADOPTED, c->adopted, strlen(c->adopted));
	member_add(x, BUNDLE_POLICY, c->policy, c->policy_len);
	for (int p = 0; p < PARTY_COUNT; p++)
		receipts_add(x, (enum party)p);
}

enum rc
bundle_write_long(const struct bundle_content *c,
		  const struct bundle_long_log logs[PARTY_COUNT],
		  const struct bundle_source *source, const struct bundle_sink *sink,
		  bundle_sign *sign, void *sign_arg, struct err *e)
{
	enum { LINE_MAX_BYTES = 128 };
	struct stream x = {.c = c,
			   .logs = logs,
			   .source = source,
			   .sink = sink,
			   .line = BUF_INIT(LINE_MAX_BYTES),
			   .rc = RC_OK,
			   .e = e};
	struct buf readme = BUF_INIT(BUNDLE_README_MAX);
	const struct identity *by;

	if (logs[0].n + logs[1].n > BUNDLE_EVENTS_MAX)
		return err_rule(e, RC_TOO_LARGE, BUNDLE_RULE,
				"the case has too many events for one bundle: at most %d",
				BUNDLE_EVENTS_MAX);
	x.a = arena_create();
	x.tmp = arena_create();
	x.members = json_array();
	x.rc = bundle_readme_make(x.a, &readme, c, BUNDLE_VERSION_LONG, &by, e);
	if (x.rc == RC_OK) {
		members_add(&x, buf_str(&readme), readme.len);
		manifest_add(&x, by->org, sign, sign_arg);
	}
	json_decref(x.members);
	buf_free(&readme);
	buf_free(&x.line);
	arena_free(x.tmp);
	arena_free(x.a);
	return x.rc;
}
