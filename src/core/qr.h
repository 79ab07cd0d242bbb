/*
 * qr - a text as a QR code (ISO/IEC 18004), as the path of an SVG.
 *
 * Pure.  The arena owns the path.
 */
#ifndef SALURAN_CORE_QR_H
#define SALURAN_CORE_QR_H

#include "base/arena.h"
#include "base/err.h"

enum {
	QR_TEXT_MAX = 1000,   /* bytes: what a telephone still reads off a screen */
	QR_QUIET_MODULES = 4, /* of light around it, that readers need */
};

struct qr {
	unsigned size; /* modules a side, the light around it included */
	const char
		*path; /* of the dark ones, on a grid of size x size: "M4 4h7v1h-7z..." */
};

/* RC_INVALID: the text is empty.  RC_TOO_LARGE past QR_TEXT_MAX. */
enum rc qr_make(struct arena *a, const char *text, struct qr *ret,
		struct err *e) MUST_CHECK;

#endif
