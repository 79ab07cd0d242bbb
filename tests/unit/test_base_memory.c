#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"

/* Whatever is asked for: zeroed, aligned, its own. */
static void
allocations_are_zeroed_aligned_and_apart(void **state)
{
	enum { PIECES = 400 };
	struct arena *a = arena_create();
	unsigned char *pieces[PIECES];
	size_t sizes[PIECES];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < PIECES; i++) {
			sizes[i] = i % 50 == 49 ? 4000 + i * 37 : i * 7 % 300;
			pieces[i] = arena_alloc(a, sizes[i]);
			assert_non_null(pieces[i]);
			assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
			for (size_t k = 0; k < sizes[i]; k++)
				assert_int_equal(pieces[i][k], 0);
			memset(pieces[i], (int)(i % 255) + 1, sizes[i]);
		}
		for (size_t i = 0; i < PIECES; i++)
			for (size_t k = 0; k < sizes[i]; k++)
				assert_int_equal(pieces[i][k], i % 255 + 1);
		arena_reset(a);
	}
	arena_free(a);
	arena_free(NULL);
}

static void
texts_and_copies(void **state)
{
	struct arena *a = arena_create();
	char big[20000];

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_string_equal(arena_strdup(a, ""), "");
	assert_string_equal(arena_strdup(a, "abc"), "abc");
	assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
	assert_string_equal(arena_strndup(a, NULL, 0), "");
	assert_string_equal(arena_printf(a, "%s-%d", "a", 7), "a-7");
	assert_int_equal(strlen(arena_printf(a, "%.*s", (int)sizeof(big), big)),
			 sizeof(big));
	assert_memory_equal(arena_copy(a, "a\0b", 3), "a\0b", 3);
	assert_non_null(arena_copy(a, NULL, 0));
	assert_non_null(arena_array(a, 0, 8));
	arena_free(a);
}

struct trace {
	char text[8];
	size_t len;
};

struct mark {
	struct trace *trace;
	char name;
};

static void
leave_mark(void *p)
{
	struct mark *m = p;

	m->trace->text[m->trace->len++] = m->name;
}

static void
deferred_calls_run_once_last_first(void **state)
{
	struct arena *a = arena_create();
	struct trace trace = {0};

	(void)state;
	for (int c = 'a'; c <= 'c'; c++) {
		/* In the arena itself: still readable while the calls run. */
		struct mark *m = ARENA_NEW(a, struct mark);
		*m = (struct mark){&trace, (char)c};
		arena_defer(a, leave_mark, m);
		arena_alloc(a, 9000);
	}
	arena_reset(a);
	assert_string_equal(trace.text, "cba");
	arena_reset(a);
	assert_string_equal(trace.text, "cba");
	struct mark last = {&trace, 'd'};
	arena_defer(a, leave_mark, &last);
	arena_free(a);
	assert_string_equal(trace.text, "cbad");
}

static void
appends_stop_at_the_maximum_and_remember(void **state)
{
	struct buf b = BUF_INIT(10);

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_puts(&b, "12345");
	buf_put(&b, "67890", 5);
	assert_true(buf_ok(&b));
	buf_put(&b, NULL, 0);
	assert_true(buf_ok(&b));
	buf_putc(&b, 'x');
	assert_false(buf_ok(&b));
	assert_string_equal(buf_str(&b), "1234567890");
	/* Sticky: even what would fit is refused, so that the end tells of the middle. */
	buf_put(&b, NULL, 0);
	assert_false(buf_ok(&b));
	buf_reset(&b);
	assert_true(buf_ok(&b));
	assert_string_equal(buf_str(&b), "");
	buf_printf(&b, "%05d", 42);
	assert_string_equal(buf_str(&b), "00042");
	buf_printf(&b, "%06d", 42);
	assert_false(buf_ok(&b));
	assert_int_equal(b.len, 5);
	buf_put(&b, "x", SIZE_MAX);
	assert_false(buf_ok(&b));
	buf_free(&b);
	assert_true(buf_ok(&b));
	buf_puts(&b, "usable");
	assert_string_equal(buf_str(&b), "usable");
	buf_free(&b);
	buf_free(NULL);
}

static void
a_huge_length_does_not_wrap(void **state)
{
	struct buf b = BUF_INIT(SIZE_MAX / 2);

	(void)state;
	buf_puts(&b, "abc");
	buf_put(&b, "x", SIZE_MAX - 1);
	assert_false(buf_ok(&b));
	assert_int_equal(b.len, 3);
	buf_free(&b);
}

static void
growth_keeps_what_is_there(void **state)
{
	struct buf b = BUF_INIT(100000);

	(void)state;
	for (int i = 0; i < 20000; i++)
		buf_printf(&b, "%05d", i);
	assert_true(buf_ok(&b));
	assert_int_equal(b.len, 100000);
	assert_int_equal(strlen(buf_str(&b)), 100000);
	assert_memory_equal(b.data + 5 * 12345, "12345", 5);
	buf_free(&b);
}

static void
numbers_are_big_endian(void **state)
{
	static const uint8_t expect[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
					 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07};
	struct buf b = BUF_INIT(15);

	(void)state;
	buf_put_u64be(&b, UINT64_C(0x0123456789abcdef));
	buf_put_u32be(&b, 0x01020304);
	buf_put_u16be(&b, 0x0506);
	buf_put_u8(&b, 7);
	assert_true(buf_ok(&b));
	assert_int_equal(b.len, sizeof(expect));
	assert_memory_equal(b.data, expect, sizeof(expect));
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations_are_zeroed_aligned_and_apart),
		cmocka_unit_test(texts_and_copies),
		cmocka_unit_test(deferred_calls_run_once_last_first),
		cmocka_unit_test(appends_stop_at_the_maximum_and_remember),
		cmocka_unit_test(a_huge_length_does_not_wrap),
		cmocka_unit_test(growth_keeps_what_is_there),
		cmocka_unit_test(numbers_are_big_endian),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
