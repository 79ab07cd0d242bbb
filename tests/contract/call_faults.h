/*
 * call_faults - calls for memory and on files, one of which fails.
 *
 * Counted are the program's own calls and those of SQLite, in this process and in those
 * that it forks, from the arming on.
 */
#ifndef SALURAN_TESTS_CALL_FAULTS_H
#define SALURAN_TESTS_CALL_FAULTS_H

#include <stdbool.h>

enum call_kind {
	CALL_MEMORY, /* malloc(), calloc(), realloc() */
	CALL_FILE,   /* what opens, writes, shortens, renames or flushes a file */
	CALL_ROOM,   /* what makes a file or makes one longer */
	CALL_KINDS
};

/* Before SQLite is used and before anything is forked. */
void calls_start(void);
/* The n-th call (from 1) fails; a call on a file with this errno. */
void calls_arm(enum call_kind kind, int n, int error);
/* The disk is full: the n-th call of CALL_ROOM fails, and all after it. */
void calls_fill(int n);
/* True: the call was reached. */
bool calls_disarm(void);

#endif
