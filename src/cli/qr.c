/*
 * A text as a QR code in half-block characters, for a terminal or a letter.
 */
#include <qrencode.h>
#include <stdio.h>

#include "cli/cli.h"

enum { QUIET_ZONE = 2 /* modules around it that readers need */ };

static bool
is_dark(const QRcode *qr, int x, int y)
{
	if (x < 0 || y < 0 || x >= qr->width || y >= qr->width)
		return false;
	return (qr->data[y * qr->width + x] & 1) != 0;
}

void
cli_qr_print(const char *text)
{
	/* Above and below; dark modules are blank, so that it reads on a dark terminal.
	 */
	static const char *const cells[2][2] = {{"█", "▀"}, {"▄", " "}};
	QRcode *qr = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);

	if (qr == NULL)
		return;
	for (int y = -QUIET_ZONE; y < qr->width + QUIET_ZONE; y += 2) {
		fputs("  ", stdout);
		for (int x = -QUIET_ZONE; x < qr->width + QUIET_ZONE; x++)
			fputs(cells[is_dark(qr, x, y)][is_dark(qr, x, y + 1)], stdout);
		putchar('\n');
	}
	QRcode_free(qr);
}
