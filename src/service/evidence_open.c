/*
 * Opening files of evidence with our own key: the signer gives the key of the one file,
 * the stream is decrypted here, a chunk in memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/evidence.h"

enum { SEALED_CHUNK = AGE_CHUNK + AGE_TAG_LEN };

/* The first bytes of what is opened are the salt; the rest is handed out. */
static enum rc
take_plain(void *arg, const uint8_t *p, size_t len, struct err *e)
{
	struct evidence_source *s = arg;
	size_t salt =
		EVIDENCE_SALT_LEN - s->n_salt < len ? EVIDENCE_SALT_LEN - s->n_salt : len;

	(void)e;
	if (salt != 0) {
		memcpy(s->salt + s->n_salt, p, salt);
		s->n_salt += salt;
		if (s->n_salt == EVIDENCE_SALT_LEN)
			crypto_auth_hmacsha256_init(&s->commit, s->salt,
						    EVIDENCE_SALT_LEN);
	}
	s->out_at = 0;
	s->out_len = len - salt;
	if (s->out_len != 0) {
		memcpy(s->out, p + salt, s->out_len);
		crypto_auth_hmacsha256_update(&s->commit, s->out, s->out_len);
	}
	return RC_OK;
}

/* Of the file's length: chunks are full but for the last. */
static int64_t
plain_of(int64_t payload)
{
	int64_t sealed = payload - AGE_NONCE_LEN;
	int64_t chunks = (sealed + SEALED_CHUNK - 1) / SEALED_CHUNK;

	return sealed - chunks * AGE_TAG_LEN - EVIDENCE_SALT_LEN;
}

static enum rc
header_open(struct node *nd, struct evidence_source *s, struct arena *a, struct err *e)
{
	uint8_t *head = arena_alloc(a, AGE_HEADER_MAX);
	uint8_t key[AGE_FILE_KEY_LEN];
	struct age_header h;
	struct stat st;
	size_t n;
	enum rc rc = evidence_read(s->fd, head, AGE_HEADER_MAX, &n, e);

	if (rc == RC_OK && fstat(s->fd, &st) < 0)
		rc = err_sys(e, "look at a file of evidence");
	if (rc == RC_OK)
		rc = age_header_parse(a, head, n, &h, e);
	if (rc == RC_RETRY || (rc == RC_OK && n < h.len + AGE_NONCE_LEN))
		rc = err_rule(e, RC_UNPROCESSABLE, AGE_RULE_HEADER, "it is cut short");
	if (rc == RC_OK)
		rc = signer_unwrap(nd->signer, head, h.len, key, e);
	if (rc != RC_OK)
		return rc;
	age_stream_init(&s->reader->stream, key, head + h.len);
	sodium_memzero(key, sizeof(key));
	s->header_len = h.len;
	s->plain_len = plain_of((int64_t)st.st_size - (int64_t)h.len);
	if (s->plain_len < 0)
		return err_rule(e, RC_UNPROCESSABLE, AGE_RULE_PAYLOAD,
				"it has no room for its salt");
	if (lseek(s->fd, (off_t)(h.len + AGE_NONCE_LEN), SEEK_SET) < 0)
		return err_sys(e, "read a file of evidence");
	return RC_OK;
}

enum rc
evidence_source_open(struct node *nd, const char *path, struct evidence_source *ret,
		     struct err *e)
{
	struct arena *a = arena_create();
	enum rc rc;

	*ret = (struct evidence_source){.fd = open(path, O_RDONLY | O_CLOEXEC)};
	ret->reader = calloc(1, sizeof(*ret->reader));
	ret->out = malloc(AGE_CHUNK);
	ret->sealed = malloc(SEALED_CHUNK);
	if (ret->reader == NULL || ret->out == NULL || ret->sealed == NULL)
		abort();
	ret->reader->sink = take_plain;
	ret->reader->arg = ret;
	bool gone = ret->fd < 0 && errno == ENOENT;
	rc = ret->fd < 0 ? err_sys(e, "open a file of evidence")
			 : header_open(nd, ret, a, e);
	/* Ours to answer for: not the other side's, as one that is not for us. */
	if (gone)
		rc = err_set(e, RC_GONE,
			     "the file is missing on this node's disk: put it back from "
			     "a backup of blobs");
	if (rc != RC_OK)
		evidence_source_close(ret);
	arena_free(a);
	return rc;
}

enum rc
evidence_source_read(struct evidence_source *s, uint8_t *p, size_t max, size_t *ret,
		     struct err *e)
{
	enum rc rc = RC_OK;

	*ret = 0;
	while (rc == RC_OK && s->out_at == s->out_len && !s->ended) {
		size_t n;
		s->out_at = s->out_len = 0;
		rc = evidence_read(s->fd, s->sealed, SEALED_CHUNK, &n, e);
		if (rc == RC_OK && n != 0)
			rc = age_reader_put(s->reader, s->sealed, n, e);
		else if (rc == RC_OK) {
			rc = age_reader_end(s->reader, e);
			s->ended = true;
			if (rc == RC_OK && s->n_salt != EVIDENCE_SALT_LEN)
				rc = err_rule(e, RC_UNPROCESSABLE, AGE_RULE_PAYLOAD,
					      "it does not begin with a salt");
		}
	}
	if (rc != RC_OK)
		return rc;
	*ret = s->out_len - s->out_at < max ? s->out_len - s->out_at : max;
	memcpy(p, s->out + s->out_at, *ret);
	s->out_at += *ret;
	return RC_OK;
}

void
evidence_source_commit(struct evidence_source *s, struct hash *ret)
{
	crypto_auth_hmacsha256_final(&s->commit, ret->b);
}

void
evidence_source_close(struct evidence_source *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->reader != NULL)
		sodium_memzero(s->reader, sizeof(*s->reader));
	free(s->reader);
	if (s->out != NULL)
		sodium_memzero(s->out, AGE_CHUNK);
	free(s->out);
	free(s->sealed);
	*s = (struct evidence_source){.fd = -1};
}
