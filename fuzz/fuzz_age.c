/* Property: an accepted header of an age file has exactly one encoding, and it is this
 * one; no key opens it by chance; a recipient that is read is written the same. */
#include <stdlib.h>
#include <string.h>

#include "core/age.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[KEY_LEN] = {0x5a};
	struct arena *a = arena_create();
	struct buf b = BUF_INIT(2 * AGE_HEADER_MAX);
	uint8_t file_key[AGE_FILE_KEY_LEN], pub[KEY_LEN];
	struct age_header h;
	struct err e;

	if (age_header_parse(a, data, size, &h, &e) == RC_OK) {
		age_header_put(&b, &h);
		if (!buf_ok(&b) || b.len != h.len || h.len > size || h.mac_at >= h.len ||
		    memcmp(b.data, data, h.len) != 0 ||
		    age_header_open(&h, data, key, file_key, &e) == RC_OK)
			abort();
		buf_reset(&b);
	}
	const char *text = arena_strndup(a, (const char *)data, size);
	if (age_recipient_parse(text, pub, &e) == RC_OK) {
		age_recipient_put(&b, pub);
		if (strcasecmp(buf_str(&b), text) != 0)
			abort();
	}
	buf_free(&b);
	arena_free(a);
	return 0;
}
