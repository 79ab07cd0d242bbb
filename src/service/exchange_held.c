/*
 * What a peer is told that we have of its log, and given back of it (protocol 6): a
 * signed word, and the disclosures of its events.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "core/held.h"
#include "service/exchange.h"
#include "service/exchange_int.h"
#include "store/store_sql.h"

enum rc
exchange_whole_note(struct store *s, struct arena *a, const struct log_head *h,
		    const char **ret, struct err *e)
{
	struct log_receipt r;
	struct err none = ERR_INIT;

	*ret = h->signed_size == 0 ? "" : h->signed_note;
	if (h->signed_size == 0)
		return RC_OK;
	enum rc rc = store_receipt_last(s, a, h->channel, h->party, &r, &none);
	if (rc == RC_OK && r.size == h->signed_size)
		*ret = arena_printf(a, "%s%s", h->signed_note, r.line);
	return rc == RC_OK || rc == RC_NOT_FOUND ? RC_OK
						 : err_set(e, rc, "%s", none.text);
}

struct rewind {
	int64_t peer;
	uint64_t size;
};

static enum rc
work_rewind(struct writer *w, void *arg, struct err *e)
{
	const struct rewind *x = arg;

	return exchange_delivery_rewind(w->s, x->peer, x->size, e);
}

/* The peer has less of our log than it has receipted: it lost some, and gets it again. */
static enum rc
rewind_for(struct node *nd, struct store *s, struct arena *a, const struct log_head *own,
	   uint64_t theirs, struct err *e)
{
	struct rewind x = {.peer = own->channel, .size = theirs};
	struct log_receipt r;
	struct err none = ERR_INIT;
	enum rc rc = store_receipt_last(s, a, own->channel, own->party, &r, &none);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && r.size <= theirs))
		return RC_OK;
	if (rc != RC_OK)
		return err_set(e, rc, "%s", none.text);
	atomic_store(&nd->receipted[own->channel], 0);
	return writer_run(nd, work_rewind, &x, e);
}

enum rc
exchange_held(struct node *nd, int64_t peer, const char *body, size_t len,
	      struct arena *a, const char **ret, struct err *e)
{
	struct held_question q;
	struct log_head h, own;
	struct store *s = NULL;
	const char *note = "", *payload;
	enum rc rc = held_question_parse(a, body, len, &q, e);

	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = exchange_head_of_peer(s, a, peer, q.log, &h, e);
	if (rc == RC_OK)
		rc = channel_whole(nd, peer, e);
	if (rc == RC_OK)
		rc = store_head(s, a, peer, party_other(h.party), &own, e);
	if (rc == RC_OK)
		rc = exchange_whole_note(s, a, &h, &note, e);
	if (rc == RC_OK)
		rc = rewind_for(nd, s, a, &own, q.size, e);
	reader_put(nd, s);
	if (rc != RC_OK)
		return rc;
	struct held held = {.org = nd->id->org,
			    .log = h.origin,
			    .nonce = q.nonce,
			    .stored = h.size,
			    .whole = note,
			    .pending = h.pending_size > h.signed_size ? h.pending_note
								      : h.signed_note,
			    .own = own.size,
			    .iat_us = clock_now_us()};
	payload = held_payload(a, &held);
	if (payload == NULL)
		return err_set(e, RC_CORRUPT, "a note in the store is not UTF-8");
	return signer_sign_jws(nd->signer, a, HELD_TYP, payload, strlen(payload), ret, e);
}

/* ---- disclosures ----------------------------------------------------------------------
 */

/* "<seq>/<n>" */
static enum rc
place_parse(const char *rest, uint64_t *ret_seq, uint64_t *ret_n, struct err *e)
{
	const char *slash = strchr(rest, '/');

	if (slash == NULL ||
	    decimal_parse(rest, (size_t)(slash - rest), MERKLE_SIZE_MAX, ret_seq) !=
		    RC_OK ||
	    decimal_parse(slash + 1, strlen(slash + 1), EVENT_SD_MAX, ret_n) != RC_OK)
		return err_rule(e, RC_NOT_FOUND, "protocol 6",
				"no place of a disclosure: <seq>/<n>");
	return RC_OK;
}

/* A line each, an empty one for what is erased here. */
static enum rc
lines_put(struct store *s, const struct event *ev, uint64_t from, struct buf *b,
	  struct err *e)
{
	struct arena *a = arena_create();
	enum rc rc = RC_OK;

	for (uint64_t i = from;
	     rc == RC_OK && i < ev->n_sd && b->len <= EXCHANGE_DISCLOSURES_SENT; i++) {
		const char *text = NULL;
		struct err none = ERR_INIT;
		rc = store_disclosure_get(s, a, &ev->sd[i], &text, &none);
		if (rc == RC_NOT_FOUND)
			rc = RC_OK;
		else if (rc != RC_OK)
			*e = none;
		buf_puts(b, text == NULL ? "" : text);
		buf_putc(b, '\n');
	}
	arena_free(a);
	return rc;
}

enum rc
exchange_get_disclosures(struct node *nd, int64_t peer, const char *origin_hex,
			 const char *rest, struct arena *a, const char **ret,
			 size_t *ret_len, struct err *e)
{
	struct buf b = BUF_INIT(EXCHANGE_DISCLOSURES_MAX);
	struct store *s = NULL;
	struct log_head h;
	uint64_t seq, n;
	enum rc rc = place_parse(rest, &seq, &n, e);

	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = exchange_head_for_reader(nd, s, a, peer, origin_hex, &h, e);
	if (rc == RC_OK && seq >= h.size)
		rc = err_rule(e, RC_NOT_FOUND, "protocol 6",
			      "the log does not reach that event");
	/* What follows without a disclosure is not looked through without end. */
	uint64_t end = 0;
	if (rc == RC_OK)
		end = h.size - seq > MIRROR_PACKAGE ? seq + MIRROR_PACKAGE : h.size;
	for (; rc == RC_OK && seq < end && b.len <= EXCHANGE_DISCLOSURES_SENT;
	     seq++, n = 0) {
		const struct event_claim *claim;
		struct log_leaf *leaf;
		struct arena *one = arena_create();
		rc = store_leaves(s, one, h.channel, h.party, seq, seq + 1, &leaf, e);
		if (rc == RC_OK)
			rc = event_parse(one, leaf[0].jws, leaf[0].jws_len, &claim, e);
		if (rc == RC_OK)
			rc = lines_put(s, event_trusted(claim), n, &b, e);
		arena_free(one);
	}
	reader_put(nd, s);
	if (rc == RC_OK && !buf_ok(&b))
		rc = err_set(e, RC_TOO_LARGE, "a body of disclosures is too large");
	*ret = arena_strndup(a, buf_str(&b), b.len);
	*ret_len = b.len;
	buf_free(&b);
	return rc;
}
