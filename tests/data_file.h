/*
 * data_file - a file of the test data, whole; a test whose data is missing fails.
 */
#ifndef SALURAN_TESTS_DATA_FILE_H
#define SALURAN_TESTS_DATA_FILE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/arena.h"

enum { DATA_FILE_MAX = 4 << 20 };

/* Followed by a NUL that is not counted. */
static inline char *
data_file(struct arena *a, const char *name, size_t *ret_len)
{
	const char *dir = getenv("SALURAN_TEST_DATA");
	const char *path = arena_printf(a, "%s/%s", dir != NULL ? dir : "", name);
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		fail_msg("test data missing: %s (SALURAN_TEST_DATA names its folder)",
			 path);
	char *s = arena_alloc(a, DATA_FILE_MAX);
	*ret_len = fread(s, 1, DATA_FILE_MAX - 1, f);
	fclose(f);
	assert_true(*ret_len < DATA_FILE_MAX - 1);
	return s;
}

#endif
