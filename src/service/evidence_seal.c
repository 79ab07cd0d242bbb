/*
 * What a person gives, encrypted as it arrives: to the peer, to ourselves, and to the
 * escrow of the settings.
 *
 * Whole chunks are written; after an interruption the upload goes on behind them.  No key
 * is kept for that: the signer unwraps it from the header that was written first, and the
 * state of the commitment comes of decrypting what is there.  What does not open, because
 * the power failed while it was written, is begun anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "service/evidence.h"
#include "service/exchange_int.h"
#include "service/stream.h"
#include "store/store_sql.h"

enum { SEALED_CHUNK = AGE_CHUNK + AGE_TAG_LEN };

struct upload {
	struct node *nd;
	struct arena *a;
	struct out_row row;
	const char *part;
	int fd;
	struct age_writer *w;
	struct hash_state sealed;
	crypto_auth_hmacsha256_state commit;
	int64_t at;	    /* bytes of the plaintext that came */
	int64_t sealed_len; /* bytes of the file */
	struct hash sha256, pt_commit;
};

static enum rc
write_sealed(void *arg, const uint8_t *p, size_t len, struct err *e)
{
	struct upload *u = arg;
	enum rc rc = evidence_write(u->fd, p, len, e);

	hash_add(&u->sealed, p, len);
	u->sealed_len += (int64_t)len;
	return rc;
}

/* The peer, ourselves, and the escrow when there is one. */
static enum rc
recipients(struct upload *u, uint8_t to[][KEY_LEN], size_t *ret_n, struct err *e)
{
	const char *escrow = settings_text(u->nd->config, "evidence.escrow");
	const struct identity *id = NULL;
	struct channel_row c;
	struct store *s;
	enum rc rc = reader_get(u->nd, &s, e);

	if (rc == RC_OK)
		rc = channel_by_id(s, u->a, u->row.channel, &c, e);
	if (rc == RC_OK)
		rc = exchange_identity(s, u->a, &c, &id, e);
	reader_put(u->nd, s);
	if (rc == RC_OK && id == NULL)
		return err_set(
			e, RC_CONFLICT,
			"%s is not introduced yet: evidence is encrypted to its key",
			c.peer_org);
	if (rc != RC_OK)
		return rc;
	memcpy(to[0], id->enc_key, KEY_LEN);
	memcpy(to[1], u->nd->id->enc_key, KEY_LEN);
	*ret_n = 2;
	if (escrow[0] != '\0') {
		rc = age_recipient_parse(escrow, to[2], e);
		if (rc != RC_OK)
			err_prefix(e, "setting evidence.escrow");
		*ret_n = 3;
	}
	return rc;
}

/* Header, nonce, and the salt as the first bytes of the payload. */
static enum rc
file_begin(struct upload *u, struct err *e)
{
	struct buf b = BUF_INIT(AGE_HEADER_MAX);
	uint8_t to[3][KEY_LEN], key[AGE_FILE_KEY_LEN], nonce[AGE_NONCE_LEN];
	uint8_t salt[EVIDENCE_SALT_LEN];
	size_t n = 0;
	enum rc rc = recipients(u, to, &n, e);

	/* What was looked at before is behind us in the file, too. */
	if (rc == RC_OK && (ftruncate(u->fd, 0) < 0 || lseek(u->fd, 0, SEEK_SET) < 0))
		rc = err_sys(e, "write %s", u->part);
	if (rc == RC_OK)
		rc = age_header_make(&b, (const uint8_t(*)[KEY_LEN])to, n, key, e);
	if (rc != RC_OK)
		goto out;
	randombytes_buf(nonce, sizeof(nonce));
	randombytes_buf(salt, sizeof(salt));
	buf_put(&b, nonce, sizeof(nonce));
	age_stream_init(&u->w->stream, key, nonce);
	hash_begin(&u->sealed);
	crypto_auth_hmacsha256_init(&u->commit, salt, sizeof(salt));
	u->at = u->sealed_len = 0;
	rc = write_sealed(u, (const uint8_t *)buf_str(&b), b.len, e);
	if (rc == RC_OK)
		rc = age_writer_put(u->w, salt, sizeof(salt), e);
out:
	sodium_memzero(key, sizeof(key));
	buf_free(&b);
	return rc;
}

struct resuming {
	struct upload *u;
	uint8_t salt[EVIDENCE_SALT_LEN];
	size_t n_salt;
};

static enum rc
take_again(void *arg, const uint8_t *p, size_t len, struct err *e)
{
	struct resuming *r = arg;
	size_t salt = EVIDENCE_SALT_LEN - r->n_salt;

	(void)e;
	if (salt != 0) {
		memcpy(r->salt, p, salt);
		r->n_salt = EVIDENCE_SALT_LEN;
		crypto_auth_hmacsha256_init(&r->u->commit, r->salt, sizeof(r->salt));
	}
	crypto_auth_hmacsha256_update(&r->u->commit, p + salt, len - salt);
	return RC_OK;
}

/* The whole chunks behind the header, read again. */
static enum rc
chunks_again(struct upload *u, int64_t chunks, struct err *e)
{
	struct age_reader *r = calloc(1, sizeof(*r));
	struct resuming back = {.u = u};
	uint8_t *sealed = malloc(SEALED_CHUNK);
	enum rc rc = RC_OK;

	if (r == NULL || sealed == NULL)
		abort();
	r->stream = u->w->stream;
	r->sink = take_again;
	r->arg = &back;
	for (int64_t i = 0; rc == RC_OK && i <= chunks; i++) {
		/* The last is opened when one more byte than it comes. */
		static const uint8_t more;
		size_t n = 1;
		if (i < chunks)
			rc = evidence_read(u->fd, sealed, SEALED_CHUNK, &n, e);
		if (rc == RC_OK && i < chunks)
			hash_add(&u->sealed, sealed, n);
		if (rc == RC_OK)
			rc = age_reader_put(r, i < chunks ? sealed : &more, n, e);
	}
	u->w->stream.chunk = (uint64_t)chunks;
	u->at = chunks * AGE_CHUNK - EVIDENCE_SALT_LEN;
	sodium_memzero(r, sizeof(*r));
	free(r);
	free(sealed);
	return rc;
}

/* How far the file got: whole chunks behind its header.  RC_RETRY: not even that. */
static enum rc
file_measure(struct upload *u, struct age_header *h, uint8_t *head, int64_t *ret_chunks,
	     struct err *e)
{
	struct stat st;
	size_t n;
	enum rc rc = evidence_read(u->fd, head, AGE_HEADER_MAX, &n, e);

	if (rc == RC_OK && fstat(u->fd, &st) < 0)
		rc = err_sys(e, "look at %s", u->part);
	if (rc == RC_OK)
		rc = age_header_parse(u->a, head, n, h, e);
	if (rc != RC_OK)
		return rc == RC_IO ? rc : RC_RETRY;
	*ret_chunks =
		((int64_t)st.st_size - (int64_t)h->len - AGE_NONCE_LEN) / SEALED_CHUNK;
	return *ret_chunks <= 0 ? RC_RETRY : RC_OK;
}

/* RC_UNPROCESSABLE, RC_NOT_FOUND: what is there does not open. */
static enum rc
file_take_up(struct upload *u, struct err *e)
{
	uint8_t *head = arena_alloc(u->a, AGE_HEADER_MAX);
	uint8_t key[AGE_FILE_KEY_LEN];
	struct age_header h;
	int64_t chunks;
	enum rc rc = file_measure(u, &h, head, &chunks, e);

	if (rc == RC_RETRY)
		return file_begin(u, e);
	if (rc == RC_OK)
		rc = signer_unwrap(u->nd->signer, head, h.len, key, e);
	if (rc != RC_OK)
		return rc;
	size_t start = h.len + AGE_NONCE_LEN;
	u->sealed_len = (int64_t)start + chunks * SEALED_CHUNK;
	age_stream_init(&u->w->stream, key, head + h.len);
	sodium_memzero(key, sizeof(key));
	hash_begin(&u->sealed);
	hash_add(&u->sealed, head, start);
	if (ftruncate(u->fd, (off_t)u->sealed_len) < 0 ||
	    lseek(u->fd, (off_t)start, SEEK_SET) < 0)
		return err_sys(e, "read %s", u->part);
	return chunks_again(u, chunks, e);
}

static enum rc
file_resume(struct upload *u, struct err *e)
{
	struct err why = ERR_INIT;
	enum rc rc = file_take_up(u, &why);

	if (rc != RC_UNPROCESSABLE && rc != RC_NOT_FOUND)
		return rc == RC_OK ? RC_OK : err_set(e, rc, "%s", why.text);
	log_line(LOG_WARN, "evidence",
		 "upload=%s step=restart outcome=damaged rule=\"%s\"", u->row.id,
		 why.rule);
	return file_begin(u, e);
}

/* One upload of a file at a time: the lock is on the part itself. */
static enum rc
part_open(struct upload *u, struct err *e)
{
	static const struct hash none;
	enum rc rc = evidence_folders(u->nd, &none, e);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (rc != RC_OK)
		return rc;
	u->part = evidence_part_path(u->nd, u->a, "out", u->row.id);
	u->fd = open(u->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (u->fd < 0)
		return err_sys(e, "open %s", u->part);
	if (fcntl(u->fd, F_OFD_SETLK, &lock) < 0)
		return err_set(e, RC_LIMIT, "this upload is under way already");
	return RC_OK;
}

enum rc
upload_open(struct node *nd, const char *id, const char *author, int64_t offset,
	    struct upload **ret, int64_t *ret_at, struct err *e)
{
	struct upload *u = calloc(1, sizeof(*u));
	struct store *s;

	if (u == NULL)
		abort();
	*u = (struct upload){.nd = nd, .a = arena_create(), .fd = -1};
	u->w = calloc(1, sizeof(*u->w));
	if (u->w == NULL)
		abort();
	u->w->sink = write_sealed;
	u->w->arg = u;
	enum rc rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = evidence_out_get(s, u->a, id, &u->row, e);
	reader_put(nd, s);
	if (rc == RC_OK && strcmp(u->row.author, author) != 0)
		rc = err_set(e, RC_DENIED, "somebody else began this upload");
	if (rc == RC_OK && strcmp(u->row.state, "receiving") != 0)
		rc = err_set(e, RC_CONFLICT, "this upload is %s: it takes no more bytes",
			     u->row.state);
	if (rc == RC_OK)
		rc = part_open(u, e);
	if (rc == RC_OK)
		rc = file_resume(u, e);
	*ret_at = u->at;
	if (rc == RC_OK && offset != u->at)
		rc = err_set(e, RC_CONFLICT,
			     "%lld bytes of the upload are here: go on from there",
			     (long long)u->at);
	if (rc == RC_OK)
		*ret = u;
	else
		upload_close(u);
	return rc;
}

enum rc
upload_take(struct upload *u, const void *p, size_t len, struct err *e)
{
	if (u->at + (int64_t)len > u->row.len)
		return err_set(e, RC_TOO_LARGE,
			       "more bytes came than the %lld that were announced",
			       (long long)u->row.len);
	crypto_auth_hmacsha256_update(&u->commit, p, len);
	u->at += (int64_t)len;
	return age_writer_put(u->w, p, len, e);
}

static enum rc
work_sealed(struct writer *w, void *arg, struct err *e)
{
	const struct upload *u = arg;
	const struct file_row file = {.len = u->sealed_len,
				      .state = FILE_WHOLE,
				      .named = true,
				      .came_us = w->now_us,
				      .checked = true};
	enum rc rc = evidence_file_put(w->s, u->row.channel, &u->sha256, &file, e);

	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_EVIDENCE_OUT_SEALED,
			       (struct db_param[]){
				       DB_P_TEXT(u->row.id),
				       DB_P_BLOB(u->sha256.b, HASH_LEN),
				       DB_P_INT(u->sealed_len),
				       DB_P_BLOB(u->pt_commit.b, HASH_LEN),
			       },
			       NULL, NULL, e);
	if (rc == RC_OK && w->s->drv->changes(w->s->db) != 1)
		rc = err_set(e, RC_CONFLICT, "the upload was dropped meanwhile");
	return rc;
}

enum rc
upload_end(struct upload *u, bool *ret_whole, int64_t *ret_at, struct hash *ret_sha256,
	   struct err *e)
{
	struct hash_state st;
	enum rc rc;

	*ret_whole = u->at == u->row.len;
	*ret_at = u->at - (int64_t)u->w->n;
	if (*ret_at < 0)
		*ret_at = 0; /* the salt waits too */
	if (!*ret_whole)
		return RC_OK;
	*ret_at = u->at;
	rc = age_writer_end(u->w, e);
	if (rc == RC_OK && fdatasync(u->fd) < 0)
		rc = err_sys(e, "write %s", u->part);
	if (rc != RC_OK)
		return rc;
	st = u->sealed;
	hash_end(&st, &u->sha256);
	crypto_auth_hmacsha256_final(&u->commit, u->pt_commit.b);
	*ret_sha256 = u->sha256;
	fault_point("evidence.sealed");
	/* First to its place: a file that nobody names can be removed, a name without
	 * its file cannot be mended. */
	rc = evidence_settle(u->nd, u->part, &u->sha256, e);
	if (rc == RC_OK)
		rc = writer_run(u->nd, work_sealed, u, e);
	if (rc != RC_OK)
		unlink(evidence_path(u->nd, u->a, &u->sha256));
	return rc;
}

void
upload_close(struct upload *u)
{
	if (u == NULL)
		return;
	if (u->fd >= 0)
		close(u->fd);
	sodium_memzero(u->w, sizeof(*u->w));
	free(u->w);
	arena_free(u->a);
	free(u);
}

int64_t
upload_stands(struct node *nd, struct arena *a, const char *id)
{
	struct upload u = {.nd = nd, .a = a};
	uint8_t *head = arena_alloc(a, AGE_HEADER_MAX);
	struct age_header h;
	struct err none = ERR_INIT;
	int64_t chunks = 0;

	u.part = evidence_part_path(nd, a, "out", id);
	int fd = open(u.part, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	u.fd = fd;
	enum rc rc = file_measure(&u, &h, head, &chunks, &none);
	close(fd);
	return rc == RC_OK ? chunks * AGE_CHUNK - EVIDENCE_SALT_LEN : 0;
}
