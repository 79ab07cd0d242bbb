/*
 * Files of evidence, a piece at a time and only while nothing else is to be sent: a large
 * file never stands before an event.  Pieces grow and shrink so that each takes about a
 * second.
 */
#include "peer/push_blob.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/fault.h"
#include "base/log.h"

enum {
	PIECE_FIRST = 256 << 10,
	PIECE_MIN = 64 << 10,
	PIECE_MAX = 4 << 20, /* the server's PEER_PIECE_MAX */
	PIECE_QUICK_MS = 500,
	PIECE_SLOW_MS = 2000,
	BLOB_STUCK_MAX = 4, /* answers in a row that send us back */
	BLOB_QUOTE_MAX = 200,

	HTTP_OK = 200,
	HTTP_CREATED = 201,
	HTTP_CONFLICT = 409,
	HTTP_GONE = 410,
	HTTP_TOO_LARGE = 413,
	HTTP_UNPROCESSABLE = 422,
};

void
push_blob_init(struct push_blob *b)
{
	*b = (struct push_blob){.piece = PIECE_FIRST};
}

void
push_blob_free(struct push_blob *b)
{
	free(b->buffer);
	b->buffer = NULL;
}

static enum rc
piece_read(struct push_blob *b, const struct exchange_blob_push *push, size_t *ret_len,
	   struct err *e)
{
	uint64_t left = push->total - b->at;
	size_t want = left < b->piece ? (size_t)left : b->piece;

	if (b->buffer == NULL)
		b->buffer = malloc(PIECE_MAX);
	if (b->buffer == NULL)
		abort();
	*ret_len = 0;
	while (*ret_len < want) {
		ssize_t n = pread(push->fd, b->buffer + *ret_len, want - *ret_len,
				  (off_t)(b->at + *ret_len));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? err_sys(e, "read a file of evidence")
				     : err_set(e, RC_CORRUPT,
					       "a file of evidence is shorter than it "
					       "was");
		*ret_len += (size_t)n;
	}
	return RC_OK;
}

static void
pace(struct push_blob *b, int64_t ms)
{
	if (ms < PIECE_QUICK_MS && b->piece < PIECE_MAX)
		b->piece *= 2;
	else if (ms > PIECE_SLOW_MS && b->piece > PIECE_MIN)
		b->piece /= 2;
}

static enum rc
refused(const struct push_reply *r, struct err *e)
{
	size_t line = strcspn(r->body, "\r\n");
	bool for_good = r->status == HTTP_GONE || r->status == HTTP_TOO_LARGE ||
			r->status == HTTP_UNPROCESSABLE;

	enum rc rc = err_set(
		e, for_good ? RC_UNPROCESSABLE : RC_UNAVAILABLE,
		"the peer refused the file (%ld)%s%.*s", r->status, line == 0 ? "" : ": ",
		(int)(line < BLOB_QUOTE_MAX ? line : BLOB_QUOTE_MAX), r->body);
	e->retry_after_s = r->retry_after_s;
	return rc;
}

/* What the answer to a piece means.  *ret_whole: the peer has all of it. */
static enum rc
answer_take(struct push_blob *b, const struct exchange_blob_push *push,
	    const struct push_reply *reply, bool *ret_whole, struct err *e)
{
	size_t digits = strcspn(reply->body, "\n");
	uint64_t at;

	*ret_whole = reply->status == HTTP_CREATED;
	if (*ret_whole)
		return RC_OK;
	if (reply->status != HTTP_OK && reply->status != HTTP_CONFLICT)
		return refused(reply, e);
	if (decimal_parse(reply->body, digits, push->total, &at) != RC_OK)
		return err_set(e, RC_UNAVAILABLE,
			       "the peer does not say where the file goes on");
	/* One that has everything does not send us back to the beginning. */
	b->stuck = at > b->at && at < push->total ? 0 : b->stuck + 1;
	if (b->stuck > BLOB_STUCK_MAX) {
		b->stuck = 0;
		return err_set(e, RC_UNAVAILABLE,
			       "the peer sends the file back and forth");
	}
	b->at = at;
	*ret_whole = reply->status == HTTP_OK && at == push->total;
	/* A peer that has everything but its end says so with a conflict: it tells of a
	 * piece past the end. */
	return RC_OK;
}

static enum rc
piece_send(struct push_blob *b, struct push_http *http,
	   const struct exchange_blob_push *push, bool *ret_whole, struct err *e)
{
	struct push_reply reply = {0};
	int64_t start_us = clock_mono_us();
	size_t len;
	enum rc rc;

	if (b->at >= push->total)
		b->at = 0;
	rc = piece_read(b, push, &len, e);
	if (rc != RC_OK)
		return rc;
	fault_point("blob.piece.before");
	rc = push_http_put_piece(http, push->peer, &push->sha256, b->at, push->total,
				 b->buffer, len, &reply, e);
	fault_point("blob.piece.after");
	if (rc != RC_OK)
		return rc;
	pace(b, (clock_mono_us() - start_us) / 1000);
	return answer_take(b, push, &reply, ret_whole, e);
}

enum rc
push_blob_round(struct push_blob *b, struct node *nd, int64_t peer,
		struct push_http *http, const atomic_bool *stop, struct arena *a,
		int64_t *ret_wait_us, struct err *e)
{
	struct exchange_blob_push push;
	bool whole = false;
	struct err why = ERR_INIT;
	enum rc rc = exchange_blob_next(nd, peer, a, &push, ret_wait_us, e);

	if (rc != RC_OK) {
		if (push.fd >= 0)
			close(push.fd);
		return rc;
	}
	if (strncmp(b->id, push.id, sizeof(b->id) - 1) != 0) {
		*b = (struct push_blob){.buffer = b->buffer, .piece = b->piece};
		memcpy(b->id, push.id, strnlen(push.id, sizeof(b->id) - 1));
	}
	rc = piece_send(b, http, &push, &whole, &why);
	close(push.fd);
	if (rc == RC_OK)
		return whole ? exchange_blob_delivered(nd, &push, e) : RC_OK;
	/* What was cut off by our own stop is no fault of the peer. */
	if (atomic_load(stop))
		return RC_OK;
	log_line(LOG_WARN, "peer.push",
		 "peer=%" PRId64 " step=blob outcome=%s rule=\"%s\"", peer, rc_token(rc),
		 why.rule);
	b->at = 0;
	return exchange_blob_failed(nd, &push, rc == RC_UNPROCESSABLE, &why, e);
}
