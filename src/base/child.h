/*
 * child - another program, run once, without a shell, within limits.
 *
 * It gets nothing of ours but its words: no file descriptor, an environment of two
 * variables, /dev/null as input.  It is nice to everybody else, and ends with its limits
 * or with us.  Any thread.
 */
#ifndef SALURAN_BASE_CHILD_H
#define SALURAN_BASE_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct child {
	const char *const *argv; /* ends with NULL; argv[0] is the program's path */
	int64_t time_s;		 /* until it is killed */
	int64_t memory_bytes;	 /* of address space; 0: not limited */
	int stop_fd;		 /* it is killed when this can be read; -1: none */
};

enum child_end {
	CHILD_EXITED,  /* by itself; the code says how */
	CHILD_KILLED,  /* by a signal: the code is its number */
	CHILD_LATE,    /* its time was over */
	CHILD_STOPPED, /* `stop_fd` */
};

/*
 * Runs it and waits for its end.  What it writes, to either output, is appended to
 * `words` up to that one's maximum; the rest is thrown away.
 *
 * RC_NOT_FOUND  there is no such program
 * RC_DENIED     it may not be run
 * RC_IO         no process, no pipe
 */
enum rc child_run(const struct child *c, struct buf *words, enum child_end *ret_end,
		  int *ret_code, struct err *e) MUST_CHECK;

#endif
