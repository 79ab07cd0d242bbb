/*
 * A whole file for a test.  A file that is missing is a failure that says which.
 */
#ifndef SALURAN_TESTS_FILE_READ_H
#define SALURAN_TESTS_FILE_READ_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

enum { FILE_READ_MAX = 16 << 20 };

static inline const char *
path_of(struct arena *a, const char *env, const char *name)
{
	const char *dir = getenv(env);

	if (dir == NULL)
		fail_msg("%s is not set: run the tests with meson", env);
	return arena_printf(a, "%s/%s", dir, name);
}

/* $env/name, NUL-terminated, in the arena. */
static inline const char *
file_read(struct arena *a, const char *env, const char *name, size_t *ret_len)
{
	const char *path = path_of(a, env, name);
	FILE *f = fopen(path, "rb");
	long len;

	if (f == NULL)
		fail_msg("%s cannot be read: is the test data there?", path);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	len = ftell(f);
	assert_in_range(len, 0, FILE_READ_MAX);
	rewind(f);
	char *text = arena_alloc(a, (size_t)len + 1);
	assert_int_equal(fread(text, 1, (size_t)len, f), len);
	fclose(f);
	*ret_len = (size_t)len;
	return text;
}

#endif
