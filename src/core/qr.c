/* One path for the whole code: a rectangle for each run of dark modules in a row. */
#include "core/qr.h"

#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { PATH_MAX_BYTES = 1 << 20 };

static void
row_put(struct buf *b, const QRcode *code, int y)
{
	const unsigned char *row = code->data + (size_t)y * (size_t)code->width;

	for (int x = 0, from; x < code->width; x++) {
		if ((row[x] & 1) == 0)
			continue;
		for (from = x; x < code->width && (row[x] & 1) != 0; x++)
			;
		buf_printf(b, "M%d %dh%dv1h-%dz", from + QR_QUIET_MODULES,
			   y + QR_QUIET_MODULES, x - from, x - from);
	}
}

enum rc
qr_make(struct arena *a, const char *text, struct qr *ret, struct err *e)
{
	struct buf path = BUF_INIT(PATH_MAX_BYTES);

	if (text[0] == '\0')
		return err_set(e, RC_INVALID, "an empty text has no QR code");
	if (strlen(text) > QR_TEXT_MAX)
		return err_set(e, RC_TOO_LARGE,
			       "the text has %zu bytes, a QR code is made of at most %d",
			       strlen(text), QR_TEXT_MAX);
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	if (code == NULL)
		abort(); /* memory: every text of that length fits */
	for (int y = 0; y < code->width; y++)
		row_put(&path, code, y);
	*ret = (struct qr){.size = (unsigned)code->width + 2 * QR_QUIET_MODULES,
			   .path = arena_strdup(a, buf_str(&path))};
	QRcode_free(code);
	buf_free(&path);
	return RC_OK;
}
