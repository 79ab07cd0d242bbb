/*
 * Files on their way to the peer.  The event that names a file is appended when the peer
 * has it whole, so that a slow upload never stands before other events in the log.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "service/alarm.h"
#include "service/evidence.h"
#include "service/exchange.h"
#include "service/exchange_int.h"
#include "service/mail_int.h"
#include "store/store_sql.h"

enum {
	OUT_RETRY_FIRST_US = 1000000,
	OUT_RETRY_MAX_US = 60 * 1000000,
	OUT_RETRY_SHIFT_MAX = 6,
	OUT_REFUSED_TRIES = 3, /* of what is whole here and was spoiled elsewhere */
	OUT_REASON_MAX = 400,
};

struct out_get {
	struct store *s;
	struct arena *a;
	struct out_row *out;
	size_t n;
};

static void
col_hash(const struct store *s, const struct db_row *row, unsigned col, struct hash *ret)
{
	size_t len;
	const uint8_t *p = s->drv->col_blob(row, col, &len);

	if (len == HASH_LEN)
		memcpy(ret->b, p, HASH_LEN);
}

static enum rc
on_out(void *arg, const struct db_row *row, struct err *e)
{
	struct out_get *g = arg;
	const struct store *s = g->s;
	const struct db_driver *drv = s->drv;
	struct out_row *o = g->out;

	(void)e;
	g->n++;
	*o = (struct out_row){
		.id = store_col_text(s, g->a, row, 0),
		.channel = drv->col_int(row, 1),
		.casefile = store_col_text(s, g->a, row, 2),
		.author = store_col_text(s, g->a, row, 3),
		.name = store_col_text(s, g->a, row, 4),
		.media_type = store_col_text(s, g->a, row, 5),
		.description = store_col_text(s, g->a, row, 6),
		.len = drv->col_int(row, 7),
		.state = store_col_text(s, g->a, row, 8),
		.sealed_len = drv->col_int(row, 10),
		.attempts = drv->col_int(row, 12),
		.next_us = drv->col_int(row, 13),
	};
	col_hash(s, row, 9, &o->sha256);
	col_hash(s, row, 11, &o->commit);
	return RC_OK;
}

enum rc
evidence_out_get(struct store *s, struct arena *a, const char *id, struct out_row *ret,
		 struct err *e)
{
	struct out_get g = {.s = s, .a = a, .out = ret};
	enum rc rc = store_run(s, &SQL_EVIDENCE_OUT_GET,
			       (struct db_param[]){DB_P_TEXT(id)}, on_out, &g, e);

	if (rc == RC_OK && g.n == 0)
		rc = err_set(e, RC_NOT_FOUND, "there is no upload %s", id);
	return rc;
}

static const struct exchange_peer *
peer_find(struct node *nd, struct arena *a, int64_t peer, struct err *e, enum rc *ret_rc)
{
	const struct exchange_peer *peers = NULL;
	size_t n = 0;

	*ret_rc = exchange_peers(nd, a, &peers, &n, e);
	for (size_t i = 0; *ret_rc == RC_OK && i < n; i++)
		if (peers[i].id == peer)
			return &peers[i];
	if (*ret_rc == RC_OK)
		*ret_rc = err_set(e, RC_NOT_FOUND, "that peer is not introduced yet");
	return NULL;
}

enum rc
exchange_blob_next(struct node *nd, int64_t peer, struct arena *a,
		   struct exchange_blob_push *ret, int64_t *ret_wait_us, struct err *e)
{
	struct out_row row;
	struct store *s;
	enum rc rc = reader_get(nd, &s, e);

	*ret = (struct exchange_blob_push){.fd = -1};
	*ret_wait_us = 0;
	if (rc != RC_OK)
		return rc;
	struct out_get g = {.s = s, .a = a, .out = &row};
	rc = store_run(s, &SQL_EVIDENCE_OUT_NEXT, (struct db_param[]){DB_P_INT(peer)},
		       on_out, &g, e);
	reader_put(nd, s);
	if (rc == RC_OK && g.n == 0)
		rc = err_set(e, RC_NOT_FOUND, "no file waits");
	if (rc != RC_OK)
		return rc;
	int64_t now_us = clock_now_us();
	if (row.next_us > now_us && row.next_us - now_us <= EXCHANGE_RETRY_MAX_US) {
		*ret_wait_us = row.next_us - now_us;
		return err_set(e, RC_RETRY, "a retry is due later");
	}
	ret->peer = peer_find(nd, a, peer, e, &rc);
	if (rc != RC_OK)
		return rc;
	ret->id = row.id;
	ret->sha256 = row.sha256;
	ret->total = (uint64_t)row.sealed_len;
	ret->fd = open(evidence_path(nd, a, &row.sha256), O_RDONLY | O_CLOEXEC);
	if (ret->fd >= 0)
		return RC_OK;
	bool gone = errno == ENOENT;
	rc = err_sys(e, "open a file of evidence that waits");
	if (!gone)
		return rc;
	/* It holds up none of those behind it. */
	const struct err missing = {.text = "it is missing on this node's disk"};
	rc = exchange_blob_failed(nd, ret, true, &missing, e);
	return rc == RC_OK ? err_set(e, RC_RETRY, "another file may wait") : rc;
}

/* ---- what came of it --------------------------------------------------------------- */

struct out_job {
	const struct exchange_blob_push *push;
	bool refused; /* by the peer, or it is missing here */
	bool whole;   /* here */
	const struct err *why;
};

static enum rc
out_set(struct writer *w, const struct out_row *o, const char *state, int64_t seq,
	const char *why, int64_t attempts, int64_t next_us, struct err *e)
{
	return store_run(w->s, &SQL_EVIDENCE_OUT_SET,
			 (struct db_param[]){
				 DB_P_TEXT(o->id),
				 DB_P_TEXT(state),
				 DB_P_INT(seq),
				 DB_P_TEXT(why),
				 DB_P_INT(attempts),
				 DB_P_INT(next_us),
			 },
			 NULL, NULL, e);
}

static enum rc
add_append(struct writer *w, const struct out_row *o, uint64_t *ret_seq, struct err *e)
{
	char sha[HASH_HEX_LEN + 1], commit[HASH_HEX_LEN + 1];
	struct view_disclosed said = {
		"file", json_pack("{s:s, s:s, s:s*}", "name", o->name, "media_type",
				  o->media_type, "description", o->description)};

	return append_event(
		w,
		&(struct append){
			.channel = o->channel,
			.type = "evidence.add",
			.casefile = o->casefile,
			.by = o->author,
			.body = json_pack("{s:[{s:s, s:I, s:s}]}", "files", "ct_sha256",
					  hash_hex(&o->sha256, sha), "ct_len",
					  (json_int_t)o->sealed_len, "pt_commit",
					  hash_hex(&o->commit, commit)),
			.disclosures = &said,
			.n_disclosures = 1,
			.blobs = &o->sha256,
			.n_blobs = 1,
		},
		ret_seq, e);
}

static enum rc
work_failed(struct writer *w, void *arg, struct err *e)
{
	const struct out_job *j = arg;
	struct out_row o;
	enum rc rc = evidence_out_get(w->s, w->a, j->push->id, &o, e);

	if (rc != RC_OK || strcmp(o.state, "waiting") != 0)
		return rc;
	const char *why =
		arena_strndup(w->a, j->why->text, strnlen(j->why->text, OUT_REASON_MAX));
	bool again = !j->refused || (j->whole && o.attempts < OUT_REFUSED_TRIES);
	if (j->refused)
		rc = alarm_raise(
			w, arena_printf(w->a, "evidence/%s", o.id), "evidence",
			o.casefile,
			arena_printf(w->a, "A file of evidence was not delivered%s: %s",
				     again ? " and is sent again" : "", why),
			w->now_us, e);
	if (rc != RC_OK || !again)
		return rc == RC_OK ? out_set(w, &o, "failed", -1, why, o.attempts, 0, e)
				   : rc;
	int64_t shift =
		o.attempts < OUT_RETRY_SHIFT_MAX ? o.attempts : OUT_RETRY_SHIFT_MAX;
	int64_t most = (int64_t)OUT_RETRY_FIRST_US << shift;
	if (most > OUT_RETRY_MAX_US)
		most = OUT_RETRY_MAX_US;
	return out_set(w, &o, "waiting", -1, why, o.attempts + 1,
		       w->now_us + exchange_retry_us(most, j->why), e);
}

/* Is the file on this disk the one that was sealed? */
static bool
own_is_whole(struct node *nd, const struct hash *sha256)
{
	struct arena *a = arena_create();
	int fd = open(evidence_path(nd, a, sha256), O_RDONLY | O_CLOEXEC);
	uint8_t *piece = arena_alloc(a, EVIDENCE_PIECE);
	struct err ignored = ERR_INIT;
	struct hash_state st;
	struct hash h;
	size_t n = fd < 0 ? 0 : 1;

	hash_begin(&st);
	while (n != 0 && evidence_read(fd, piece, EVIDENCE_PIECE, &n, &ignored) == RC_OK)
		hash_add(&st, piece, n);
	hash_end(&st, &h);
	if (fd >= 0)
		close(fd);
	arena_free(a);
	return n == 0 && hash_equal(&h, sha256);
}

/* What a peer refuses although it is whole here was spoiled on its way, or there: it is
 * sent again, a few times. */
enum rc
exchange_blob_failed(struct node *nd, const struct exchange_blob_push *push, bool refused,
		     const struct err *why, struct err *e)
{
	struct out_job j = {.push = push,
			    .refused = refused,
			    .whole = refused && own_is_whole(nd, &push->sha256),
			    .why = why};

	return writer_run(nd, work_failed, &j, e);
}

static enum rc
work_delivered(struct writer *w, void *arg, struct err *e)
{
	const struct out_job *j = arg;
	struct out_row o;
	uint64_t seq = 0;
	enum rc rc = evidence_out_get(w->s, w->a, j->push->id, &o, e);

	if (rc != RC_OK || strcmp(o.state, "waiting") != 0)
		return rc;
	rc = add_append(w, &o, &seq, e);
	if (rc == RC_OK)
		rc = alarm_clear(w, arena_printf(w->a, "evidence/%s", o.id), e);
	if (rc == RC_OK)
		rc = out_set(w, &o, "sent", (int64_t)seq, NULL, 0, 0, e);
	return rc == RC_OK ? mail_evidence_sent(w, o.id, e) : rc;
}

enum rc
exchange_blob_delivered(struct node *nd, const struct exchange_blob_push *push,
			struct err *e)
{
	struct out_job j = {.push = push};
	struct err why = ERR_INIT;

	fault_point("blob.delivered");
	enum rc rc = writer_run(nd, work_delivered, &j, &why);
	/* The event itself does not fit any more: people must know.  While nothing enters
	 * the log it waits, as the peer has the file. */
	if (rc == RC_CONFLICT || rc == RC_FROZEN) {
		j.refused = rc == RC_CONFLICT;
		j.why = &why;
		return writer_run(nd, work_failed, &j, e);
	}
	return rc == RC_OK ? RC_OK : err_set(e, rc, "%s", why.text);
}
