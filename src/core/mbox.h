/*
 * mbox - the messages of a mailbox file, one after the other, in little memory.
 *
 * A message begins after a line "From sender date" that stands at the start of the file
 * or after an empty line, ends in a year, and is followed by a header field: a sentence
 * that begins with "From" is none.  Content-Length is not believed, whatever it says.
 * One ">" of ">From" lines, as writers of mbox put it, is taken away (mboxrd).
 *
 * Pure but for the reader that is given.
 */
#ifndef SALURAN_CORE_MBOX_H
#define SALURAN_CORE_MBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum {
	MBOX_CHUNK_BYTES = 64 << 10,
	MBOX_LINE_LOOK_MAX = 512, /* of a line, as far as its kind hangs on it */
};

/* Up to `max` bytes; 0 at the end.  RC_IO. */
typedef enum rc mbox_read_fn(void *arg, char *into, size_t max, size_t *ret,
			     struct err *e);

struct mbox {
	mbox_read_fn *read;
	void *arg;
	char *chunk; /* MBOX_CHUNK_BYTES, the caller's */
	size_t at, have;
	uint64_t offset; /* of the next byte in the file */
	bool begun, ended;
	bool pending; /* a message begins, its first line is in `ahead` */
	struct buf ahead;
	uint64_t next_offset; /* of its "From " line */
};

/* Where a message lies in its file. */
struct mbox_message {
	uint64_t number; /* from 1 */
	uint64_t offset; /* of its "From " line */
	bool too_large;	 /* longer than the buffer's maximum: not held, and skipped */
};

/* No line longer than `line_max` is held. */
void mbox_open(struct mbox *m, mbox_read_fn *read, void *arg, char *chunk,
	       size_t line_max);
void mbox_close(struct mbox *m);
/* The next message into `b`, which is reset.  RC_NOT_FOUND: there is none. */
enum rc mbox_next(struct mbox *m, struct buf *b, struct mbox_message *ret,
		  struct err *e) MUST_CHECK;

/* Does a file begin as a mailbox does? */
bool mbox_begins(const char *s, size_t len);

#endif
