/* Property: an archive that the container takes is the one that it writes of the same
 * members; a proof likewise; verifying anything ends in a step or in a whole report, the
 * same one twice; and what verifies does no more when one of its bytes is another.
 */
#include <stdlib.h>
#include <string.h>

#include "core/bundle.h"
#include "core/tlog_proof.h"

static void
hold_same(const struct buf *b, const uint8_t *data, size_t size)
{
	if (!buf_ok(b) || b->len != size || memcmp(buf_str(b), data, size) != 0)
		abort();
}

/* Which byte differs is the input's choice. */
static void
hold_whole(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	struct bundle_report r;
	struct err e;
	size_t at = 0;

	for (size_t i = 0; i < size; i++)
		at = at * 31 + data[i];
	uint8_t *other = arena_copy(a, data, size);
	if (size == 0 || bundle_verify(a, other, size, NULL, &r, &e) != RC_OK || !r.ok)
		abort();
	other[at % size] ^= (uint8_t)(1u << at / size % 8);
	if (bundle_verify(a, other, size, NULL, &r, &e) == RC_OK ||
	    bundle_verify(a, data, size - 1, NULL, &r, &e) == RC_OK)
		abort();
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	struct buf b = BUF_INIT(size + 1);
	const struct bundle_member *m;
	struct bundle_report r;
	struct tlog_proof proof;
	struct err e;
	size_t n;

	crypto_start();
	if (bundle_unpack(a, data, size, &m, &n, &e) == RC_OK) {
		bundle_pack(&b, m, n);
		hold_same(&b, data, size);
		buf_reset(&b);
	}
	if (tlog_proof_parse(a, (const char *)data, size, &proof, &e) == RC_OK) {
		tlog_proof_put(&b, &proof);
		hold_same(&b, data, size);
	}
	enum rc rc = bundle_verify(a, data, size, NULL, &r, &e);
	if (rc == RC_OK ? !r.ok : r.what == NULL)
		abort();
	if (rc == RC_OK)
		hold_whole(data, size);
	buf_free(&b);
	arena_free(a);
	return 0;
}
