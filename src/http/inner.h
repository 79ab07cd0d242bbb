/*
 * inner - what fails inside the node is told to who asks as that alone, with a reference;
 * the log has the reference too, and what happened (ASVS 7.4.1).
 */
#ifndef SALURAN_HTTP_INNER_H
#define SALURAN_HTTP_INNER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/uuid.h"

struct inner {
	bool hidden;			   /* the text was one of those */
	char reference[UUID_TEXT_LEN + 1]; /* of the log's line, when it was */
};

/*
 * When the outcome is a failure of our own, or the text is for us: put it into the log,
 * and into `e` what may be shown.  Returns the outcome to answer with: what the system
 * says of our files is nothing that the asker did.
 */
enum rc inner_hide(enum rc rc, struct err *e, const char *route, struct inner *ret);

#endif
