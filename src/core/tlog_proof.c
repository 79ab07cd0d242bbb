#include "core/tlog_proof.h"

#include <inttypes.h>
#include <string.h>

#include "base/enc.h"

#define PROOF_RULE "tlog-proof"
#define HEAD	   "c2sp.org/tlog-proof@v1\nindex "

void
tlog_proof_put(struct buf *b, const struct tlog_proof *p)
{
	buf_printf(b, HEAD "%" PRIu64 "\n", p->index);
	for (size_t i = 0; i < p->path.n; i++) {
		b64_put(b, p->path.h[i].b, HASH_LEN);
		buf_putc(b, '\n');
	}
	buf_putc(b, '\n');
	buf_put(b, p->note, p->note_len);
}

enum rc
tlog_proof_parse(struct arena *a, const char *text, size_t len, struct tlog_proof *ret,
		 struct err *e)
{
	const char *at = text, *end = text + len, *lf;
	uint8_t *hash;
	size_t n;

	*ret = (struct tlog_proof){0};
	if (len < sizeof(HEAD) || memcmp(at, HEAD, sizeof(HEAD) - 1) != 0)
		return err_rule(e, RC_INVALID, PROOF_RULE,
				"the first line must be c2sp.org/tlog-proof@v1, the next "
				"\"index N\"");
	at += sizeof(HEAD) - 1;
	lf = memchr(at, '\n', (size_t)(end - at));
	if (lf == NULL ||
	    decimal_parse(at, (size_t)(lf - at), MERKLE_SIZE_MAX, &ret->index) != RC_OK)
		return err_rule(e, RC_INVALID, PROOF_RULE, "the index is no number");
	for (at = lf + 1;; at = lf + 1) {
		lf = memchr(at, '\n', (size_t)(end - at));
		if (lf == NULL)
			return err_rule(e, RC_INVALID, PROOF_RULE,
					"no empty line stands before the checkpoint");
		if (lf == at)
			break;
		if (ret->path.n == MERKLE_PROOF_MAX)
			return err_rule(e, RC_INVALID, PROOF_RULE, "more than %d hashes",
					MERKLE_PROOF_MAX);
		if (b64_decode(a, at, (size_t)(lf - at), &hash, &n) != RC_OK ||
		    n != HASH_LEN)
			return err_rule(e, RC_INVALID, PROOF_RULE,
					"hash %zu is not %d bytes in base64", ret->path.n,
					HASH_LEN);
		memcpy(ret->path.h[ret->path.n++].b, hash, HASH_LEN);
	}
	ret->note_len = (size_t)(end - lf - 1);
	ret->note = arena_strndup(a, lf + 1, ret->note_len);
	return RC_OK;
}
