#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "signer/signer_int.h"

static enum rc
write_all(int fd, const void *p, size_t len)
{
	const char *at = p;

	while (len > 0) {
		/* A dead peer is an error here, not a signal. */
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return RC_UNAVAILABLE;
		at += n;
		len -= (size_t)n;
	}
	return RC_OK;
}

static enum rc
read_all(int fd, void *p, size_t len)
{
	char *at = p;

	while (len > 0) {
		ssize_t n = read(fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return RC_UNAVAILABLE;
		at += n;
		len -= (size_t)n;
	}
	return RC_OK;
}

enum rc
signer_send(int fd, const struct buf *body)
{
	assert(buf_ok(body) && body->len <= SIGNER_MESSAGE_MAX);
	uint32_t len = (uint32_t)body->len;
	uint8_t head[4] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16),
			   (uint8_t)(len >> 8), (uint8_t)len};
	enum rc rc = write_all(fd, head, sizeof(head));

	return rc == RC_OK ? write_all(fd, buf_str(body), body->len) : rc;
}

enum rc
signer_receive(int fd, struct buf *body)
{
	uint8_t head[4], part[16384];
	struct cursor c = {head, sizeof(head), false};
	enum rc rc = read_all(fd, head, sizeof(head));

	if (rc != RC_OK)
		return rc;
	size_t left = (size_t)cursor_number(&c, sizeof(head));
	if (left > SIGNER_MESSAGE_MAX)
		return RC_UNAVAILABLE;
	buf_reset(body);
	while (left > 0 && rc == RC_OK) {
		size_t n = left < sizeof(part) ? left : sizeof(part);
		rc = read_all(fd, part, n);
		if (rc == RC_OK)
			buf_put(body, part, n);
		left -= n;
	}
	return rc == RC_OK && !buf_ok(body) ? RC_UNAVAILABLE : rc;
}

void
signer_put_text(struct buf *b, const char *s, size_t len)
{
	assert(len <= SIGNER_MESSAGE_MAX);
	buf_put_u32be(b, (uint32_t)len);
	buf_put(b, s, len);
	buf_putc(b, '\0');
}

const char *
signer_take_text(struct cursor *c, size_t *ret_len)
{
	size_t len = (size_t)cursor_number(c, 4);
	const char *s = (const char *)cursor_take(c, len + 1);

	if (s == NULL || strnlen(s, len + 1) != len) {
		c->failed = true;
		return NULL;
	}
	*ret_len = len;
	return s;
}

void
signer_put_head(struct buf *b, const struct checkpoint *c,
		const struct merkle_proof *proof)
{
	assert(proof->n <= MERKLE_PROOF_MAX);
	signer_put_text(b, c->origin, strlen(c->origin));
	buf_put_u64be(b, c->size);
	buf_put(b, c->root.b, HASH_LEN);
	buf_put_u8(b, (uint8_t)proof->n);
	for (size_t i = 0; i < proof->n; i++)
		buf_put(b, proof->h[i].b, HASH_LEN);
}

enum rc
signer_take_head(struct cursor *c, struct checkpoint *ret, struct merkle_proof *ret_proof,
		 struct err *e)
{
	struct hash empty;
	size_t origin_len = 0;
	const uint8_t *root, *proof;

	ret->origin = signer_take_text(c, &origin_len);
	ret->size = cursor_number(c, 8);
	root = cursor_take(c, HASH_LEN);
	ret_proof->n = (size_t)cursor_number(c, 1);
	proof = cursor_take(c, ret_proof->n * HASH_LEN);
	if (ret->origin == NULL || !cursor_done(c) || ret_proof->n > MERKLE_PROOF_MAX)
		return err_set(e, RC_INVALID, "the request to the signer is malformed");
	memcpy(ret->root.b, root, HASH_LEN);
	for (size_t i = 0; i < ret_proof->n; i++)
		memcpy(ret_proof->h[i].b, proof + i * HASH_LEN, HASH_LEN);
	if (!note_name_valid(ret->origin, origin_len) || ret->size > MERKLE_SIZE_MAX)
		return err_rule(e, RC_INVALID, "protocol 1",
				"no log can have this origin or size");
	hash_bytes("", 0, &empty);
	if (ret->size == 0 && !hash_equal(&ret->root, &empty))
		return err_rule(e, RC_INVALID, "protocol 1",
				"the root of a log without entries is SHA-256(\"\")");
	return RC_OK;
}
