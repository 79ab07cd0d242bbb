#include "peer/gunzip.h"

#include <stdlib.h>

#define ZLIB_CONST
#include <zlib.h>

enum {
	GUNZIP_STEP = 65536,
	GUNZIP_WINDOW = 15 + 16, /* the largest window; +16: a gzip header is required */
};

enum rc
gunzip(const void *p, size_t len, struct buf *out, struct err *e)
{
	z_stream z = {.next_in = p, .avail_in = (uInt)len};
	uint8_t *step;
	enum rc rc = RC_OK;
	int code = Z_OK;

	if (len > (uInt)-1)
		return err_rule(e, RC_TOO_LARGE, "protocol 5", "the body is too large");
	step = malloc(GUNZIP_STEP);
	if (step == NULL || inflateInit2(&z, GUNZIP_WINDOW) != Z_OK)
		abort();
	while (rc == RC_OK && code == Z_OK) {
		z.next_out = step;
		z.avail_out = GUNZIP_STEP;
		code = inflate(&z, Z_NO_FLUSH);
		buf_put(out, step, GUNZIP_STEP - z.avail_out);
		if (!buf_ok(out))
			rc = err_rule(e, RC_TOO_LARGE, "protocol 5",
				      "the body unpacks to more than %zu bytes",
				      out->max);
	}
	if (rc == RC_OK && code != Z_STREAM_END)
		rc = err_rule(e, RC_INVALID, "protocol 5",
			      "the body is no gzip, or is cut short");
	else if (rc == RC_OK && z.avail_in != 0)
		rc = err_rule(e, RC_INVALID, "protocol 5",
			      "the body goes on after its gzip ends");
	inflateEnd(&z);
	free(step);
	return rc;
}
