/*
 * Files that a peer brings, a piece at a time, before the event that names them
 * (protocol 5).
 *
 * A piece counts when its digest was checked; what was cut off is taken back.  The hash
 * of what is there is kept in memory from piece to piece, and made anew from the file
 * after a restart.  Where the power failed, a file can be longer than what was written of
 * it: one that was taken up and turns out to be another begins anew, and nobody is
 * blamed.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "service/evidence.h"
#include "service/exchange_int.h"
#include "service/tick.h"
#include "store/store_sql.h"

struct exchange_blob {
	struct node *nd;
	struct evidence_slot *slot;
	struct arena *a;
	const char *part;
	int64_t peer;
	struct hash sha256;
	uint64_t from, at, total;
	int fd;
	struct hash_state whole, piece;
	bool ended;
};

/* ---- slots ------------------------------------------------------------------------- */

/* NULL: a piece of that file is on its way already, or too many files are. */
static struct evidence_slot *
slot_take(struct node *nd, int64_t peer, const struct hash *sha256)
{
	struct evidence_slot *free_one = NULL, *its = NULL;

	pthread_mutex_lock(&nd->mu);
	for (size_t i = 0; i < NODE_EVIDENCE_SLOTS; i++) {
		struct evidence_slot *s = &nd->slots[i];
		if (s->peer == peer && hash_equal(&s->sha256, sha256))
			its = s;
		else if (!s->busy && (free_one == NULL || s->used < free_one->used))
			free_one = s;
	}
	if (its != NULL && its->busy) {
		its = NULL;
	} else if (its == NULL && free_one != NULL) {
		its = free_one;
		*its = (struct evidence_slot){.peer = peer, .sha256 = *sha256};
	}
	if (its != NULL) {
		its->busy = true;
		its->used = ++nd->slot_uses;
	}
	pthread_mutex_unlock(&nd->mu);
	return its;
}

static void
slot_leave(struct node *nd, struct evidence_slot *slot)
{
	pthread_mutex_lock(&nd->mu);
	slot->busy = false;
	pthread_mutex_unlock(&nd->mu);
}

/* ---- rows -------------------------------------------------------------------------- */

static enum rc
work_promise(struct writer *w, void *arg, struct err *e)
{
	const struct exchange_blob *b = arg;
	struct file_row row;
	struct err none = ERR_INIT;
	int64_t loose = 0;
	enum rc rc = evidence_file_get(w->s, b->peer, &b->sha256, &row, &none);

	if (rc != RC_NOT_FOUND)
		return rc == RC_OK ? RC_OK : err_set(e, rc, "%s", none.text);
	rc = store_int(w->s, &SQL_EVIDENCE_FILE_LOOSE,
		       (struct db_param[]){DB_P_INT(b->peer)}, 0, &loose, e);
	if (rc == RC_OK && loose + (int64_t)b->total > EVIDENCE_LOOSE_BYTES_MAX)
		rc = err_rule(e, RC_FULL, "protocol 5",
			      "more than %" PRId64
			      " bytes of files that no event names yet: send the events "
			      "first",
			      EVIDENCE_LOOSE_BYTES_MAX);
	row = (struct file_row){
		.len = (int64_t)b->total, .state = FILE_PART, .came_us = w->now_us};
	return rc == RC_OK ? evidence_file_put(w->s, b->peer, &b->sha256, &row, e) : rc;
}

static enum rc
work_whole(struct writer *w, void *arg, struct err *e)
{
	const struct exchange_blob *b = arg;
	struct file_row row;
	enum rc rc = evidence_file_get(w->s, b->peer, &b->sha256, &row, e);

	if (rc == RC_OK && row.state == FILE_ERASED)
		rc = evidence_remove(w, b->peer, &b->sha256, e); /* erased meanwhile */
	if (rc != RC_OK || row.state == FILE_ERASED)
		return rc;
	row.state = FILE_WHOLE;
	row.came_us = w->now_us;
	return evidence_file_put(w->s, b->peer, &b->sha256, &row, e);
}

/* ---- a piece ----------------------------------------------------------------------- */

static enum rc
rehash(struct exchange_blob *b, struct err *e)
{
	uint8_t *piece = malloc(EVIDENCE_PIECE);
	size_t n = 1;
	enum rc rc = RC_OK;

	if (piece == NULL)
		abort();
	hash_begin(&b->whole);
	if (lseek(b->fd, 0, SEEK_SET) < 0)
		rc = err_sys(e, "read a file of evidence");
	while (rc == RC_OK && n != 0) {
		rc = evidence_read(b->fd, piece, EVIDENCE_PIECE, &n, e);
		if (rc == RC_OK)
			hash_add(&b->whole, piece, n);
	}
	free(piece);
	return rc;
}

/* Where the part stands, and the hash of it. */
static enum rc
part_open(struct exchange_blob *b, struct err *e)
{
	struct stat st;
	char name[HASH_HEX_LEN + 1];
	enum rc rc = evidence_folders(b->nd, &b->sha256, e);

	if (rc != RC_OK)
		return rc;
	b->part = evidence_part_path(
		b->nd, b->a, "in",
		arena_printf(b->a, "%s.%" PRId64, hash_hex(&b->sha256, name), b->peer));
	b->fd = open(b->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (b->fd < 0 || fstat(b->fd, &st) < 0)
		return err_sys(e, "open %s", b->part);
	b->at = (uint64_t)st.st_size;
	if (b->at > b->total) {
		if (ftruncate(b->fd, 0) < 0)
			return err_sys(e, "shorten %s", b->part);
		b->at = 0;
	}
	if (b->slot->at == b->at && b->at != 0) {
		b->whole = b->slot->whole;
	} else {
		b->slot->taken_up = b->at != 0;
		rc = rehash(b, e);
	}
	if (rc == RC_OK && lseek(b->fd, 0, SEEK_END) < 0)
		rc = err_sys(e, "open %s", b->part);
	return rc;
}

/* What is here of the file: RC_NOT_FOUND nothing, RC_GONE erased. */
static enum rc
look(struct node *nd, int64_t peer, const struct hash *sha256, struct file_row *ret,
     struct err *e)
{
	struct store *s;
	enum rc rc = reader_get(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	rc = evidence_file_get(s, peer, sha256, ret, e);
	reader_put(nd, s);
	if (rc == RC_OK && ret->state == FILE_ERASED)
		rc = err_rule(e, RC_GONE, "protocol 10", "the file was erased here");
	return rc;
}

static enum rc
range_check(const struct exchange_blob *b, const struct file_row *row, bool known,
	    struct err *e)
{
	if (b->total == 0 || b->total > (uint64_t)EVENT_FILE_LEN_MAX)
		return err_rule(e, RC_TOO_LARGE, "protocol 10",
				"a file of evidence has 1 to %" PRId64 " bytes",
				EVENT_FILE_LEN_MAX);
	if (known && (uint64_t)row->len != b->total)
		return err_rule(e, RC_UNPROCESSABLE, "protocol 5",
				"the file was to have %" PRId64 " bytes, not %" PRIu64,
				row->len, b->total);
	return RC_OK;
}

/* Everything is here: is it the file that was announced?  RC_CONFLICT: it begins anew. */
static enum rc
whole_settle(struct exchange_blob *b, struct err *e)
{
	struct hash_state st = b->whole;
	struct hash h;

	hash_end(&st, &h);
	if (!hash_equal(&h, &b->sha256)) {
		b->ended = true; /* nothing of it is worth keeping */
		b->slot->at = b->at = 0;
		if (unlink(b->part) < 0)
			return err_sys(e, "remove %s", b->part);
		if (!b->slot->taken_up)
			return err_rule(e, RC_UNPROCESSABLE, "protocol 5",
					"the bytes that came do not have this SHA-256");
		b->slot->taken_up = false;
		log_line(LOG_WARN, "evidence",
			 "peer=%" PRId64 " step=restart outcome=damaged", b->peer);
		return err_rule(e, RC_CONFLICT, "protocol 5",
				"what was here before a restart is damaged: 0 bytes of "
				"the file are here");
	}
	fault_point("blob.settle.before");
	enum rc rc = evidence_settle(b->nd, b->part, &b->sha256, e);
	fault_point("blob.settle.after");
	return rc == RC_OK ? writer_run(b->nd, work_whole, b, e) : rc;
}

enum rc
exchange_blob_open(struct node *nd, int64_t peer, const struct hash *sha256,
		   uint64_t from, uint64_t total, struct exchange_blob **ret,
		   uint64_t *ret_at, struct err *e)
{
	struct exchange_blob *b = calloc(1, sizeof(*b));
	struct file_row row = {0};

	if (b == NULL)
		abort();
	*ret = NULL;
	*b = (struct exchange_blob){.nd = nd,
				    .a = arena_create(),
				    .peer = peer,
				    .sha256 = *sha256,
				    .from = from,
				    .total = total,
				    .fd = -1};
	enum rc rc = channel_whole(nd, peer, e);
	if (rc == RC_OK)
		rc = look(nd, peer, sha256, &row, e);
	bool known = rc == RC_OK;
	if (known || rc == RC_NOT_FOUND)
		rc = range_check(b, &row, known, e);
	if (rc == RC_OK && !(known && row.state == FILE_WHOLE))
		rc = channel_takes(nd, peer, e);
	if (rc != RC_OK)
		goto out;
	if (known && row.state == FILE_WHOLE) {
		*ret_at = total;
		goto out;
	}
	b->slot = slot_take(nd, peer, sha256);
	if (b->slot == NULL)
		rc = err_rule(e, RC_LIMIT, "protocol 5",
			      "another piece of this file, or too many files, are under "
			      "way");
	if (rc == RC_OK && !known)
		rc = evidence_room(nd, (int64_t)total, e);
	if (rc == RC_OK && !known)
		rc = writer_run(nd, work_promise, b, e);
	if (rc == RC_OK)
		rc = part_open(b, e);
	*ret_at = b->at;
	/* The node, or its disk, failed when the last piece was here. */
	if (rc == RC_OK && b->at == total) {
		rc = whole_settle(b, e);
		if (rc == RC_CONFLICT)
			*ret_at = 0;
		goto out;
	}
	if (rc == RC_OK && b->at != from)
		rc = err_rule(e, RC_CONFLICT, "protocol 5",
			      "%" PRIu64
			      " bytes of the file are here, the piece begins at "
			      "%" PRIu64,
			      b->at, from);
	if (rc == RC_OK) {
		hash_begin(&b->piece);
		*ret = b;
		b = NULL;
	}
out:
	if (b != NULL)
		b->ended = true;
	exchange_blob_close(b);
	return rc;
}

enum rc
exchange_blob_put(struct exchange_blob *b, const void *p, size_t len, struct err *e)
{
	if (b->at + len > b->total)
		return err_rule(e, RC_UNPROCESSABLE, "protocol 5",
				"the piece goes past the end of the file");
	enum rc rc = evidence_write(b->fd, p, len, e);
	if (rc != RC_OK)
		return rc;
	hash_add(&b->piece, p, len);
	hash_add(&b->whole, p, len);
	b->at += len;
	return RC_OK;
}

enum rc
exchange_blob_end(struct exchange_blob *b, const struct hash *digest, bool *ret_whole,
		  uint64_t *ret_at, struct err *e)
{
	struct hash h;

	*ret_whole = false;
	hash_end(&b->piece, &h);
	if (!hash_equal(&h, digest))
		return err_rule(e, RC_UNPROCESSABLE, "protocol 5",
				"the piece does not have its Content-Digest");
	if (fdatasync(b->fd) < 0)
		return err_sys(e, "write %s", b->part);
	if (b->at == b->total) {
		enum rc rc = whole_settle(b, e);
		*ret_at = b->at;
		if (rc != RC_OK)
			return rc;
		*ret_whole = true;
	}
	b->slot->whole = b->whole;
	b->slot->at = b->at;
	b->ended = true;
	*ret_at = b->at;
	return RC_OK;
}

void
exchange_blob_close(struct exchange_blob *b)
{
	if (b == NULL)
		return;
	/* What was not checked is taken back. */
	if (!b->ended && b->fd >= 0 && ftruncate(b->fd, (off_t)b->from) < 0)
		unlink(b->part);
	if (b->fd >= 0)
		close(b->fd);
	if (b->slot != NULL)
		slot_leave(b->nd, b->slot);
	arena_free(b->a);
	free(b);
}

enum rc
exchange_blob_head(struct node *nd, int64_t peer, const struct hash *sha256,
		   bool *ret_whole, uint64_t *ret_at, struct err *e)
{
	struct arena *a = arena_create();
	char hex[HASH_HEX_LEN + 1];
	struct file_row row;
	struct stat st;
	enum rc rc = channel_whole(nd, peer, e);

	if (rc == RC_OK)
		rc = look(nd, peer, sha256, &row, e);
	*ret_at = 0;
	*ret_whole = rc == RC_OK && row.state == FILE_WHOLE;
	if (*ret_whole)
		*ret_at = (uint64_t)row.len;
	else if (rc == RC_OK &&
		 stat(evidence_part_path(nd, a, "in",
					 arena_printf(a, "%s.%" PRId64,
						      hash_hex(sha256, hex), peer)),
		      &st) == 0)
		*ret_at = (uint64_t)st.st_size;
	arena_free(a);
	return rc;
}

/* ---- files that no event came for -------------------------------------------------- */

struct loose {
	int64_t channel;
	struct hash sha256;
};

static enum rc
on_loose(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct loose *at = store_list_next(l, sizeof(*at));
	size_t len;
	const uint8_t *p = l->s->drv->col_blob(row, 1, &len);

	at->channel = l->s->drv->col_int(row, 0);
	if (len != HASH_LEN)
		return err_set(e, RC_CORRUPT, "the store holds a hash of %zu bytes", len);
	memcpy(at->sha256.b, p, HASH_LEN);
	return RC_OK;
}

static enum rc
work_loose(struct writer *w, void *arg, struct err *e)
{
	struct store_list l = {.s = w->s, .a = w->a};
	const struct db_param before[] = {
		DB_P_INT(w->now_us - EVIDENCE_LOOSE_S * INT64_C(1000000))};
	enum rc rc = store_run(w->s, &SQL_EVIDENCE_FILE_OLD, before, on_loose, &l, e);

	(void)arg;
	for (size_t i = 0; rc == RC_OK && i < l.n; i++) {
		const struct loose *at = &((const struct loose *)l.rows)[i];
		char hex[HASH_HEX_LEN + 1];
		rc = evidence_remove(w, at->channel, &at->sha256, e);
		if (rc != RC_OK)
			break;
		unlink(evidence_part_path(w->nd, w->a, "in",
					  arena_printf(w->a, "%s.%" PRId64,
						       hash_hex(&at->sha256, hex),
						       at->channel)));
		rc = store_run(w->s, &SQL_EVIDENCE_FILE_DELETE,
			       (struct db_param[]){DB_P_INT(at->channel),
						   DB_P_BLOB(at->sha256.b, HASH_LEN)},
			       NULL, NULL, e);
	}
	return rc;
}

enum rc
tick_evidence_loose(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct store *s;
	int64_t oldest = -1;
	enum rc rc = reader_get(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	rc = store_int(s, &SQL_EVIDENCE_FILE_OLDEST, NULL, -1, &oldest, e);
	reader_put(nd, s);
	if (rc != RC_OK || oldest < 0)
		return rc;
	*next_us = oldest + EVIDENCE_LOOSE_S * INT64_C(1000000) + 1;
	if (*next_us > now_us)
		return RC_OK;
	*next_us = now_us;
	return writer_run(nd, work_loose, NULL, e);
}
