/*
 * What a prober remembers of rows that are as they should be: no longer than they may be
 * asked sooner, no more than so many, and never of another state.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "probe/settled.h"

enum { MAX = 3, ROW_BYTES = 32 };

static void
of_one_state(void **state)
{
	struct settled *s = settled_new(MAX);

	(void)state;
	assert_false(settled_is(s, "main bad.example", "blocked 7"));
	settled_put(s, "main bad.example", "blocked 7", 100);
	assert_true(settled_is(s, "main bad.example", "blocked 7"));
	assert_false(settled_is(s, "main bad.example", "blocked 8"));
	assert_false(settled_is(s, "main bad.example", "free 8"));
	assert_false(settled_is(s, "jk bad.example", "blocked 7"));
	settled_put(s, "main bad.example", "free 8", 200);
	assert_true(settled_is(s, "main bad.example", "free 8"));
	assert_int_equal(settled_count(s), 1);
	settled_drop(s, "main bad.example");
	assert_false(settled_is(s, "main bad.example", "free 8"));
	settled_drop(s, "main bad.example");
	assert_int_equal(settled_count(s), 0);
	settled_free(s);
}

/* What does not fit is asked once more; what is there can still change. */
static void
so_many(void **state)
{
	struct settled *s = settled_new(MAX);
	char row[ROW_BYTES];

	(void)state;
	for (int i = 0; i < 2 * MAX; i++) {
		snprintf(row, sizeof(row), "main n%d.example", i);
		settled_put(s, row, "blocked 7", 100);
		assert_int_equal(settled_is(s, row, "blocked 7"), i < MAX);
	}
	assert_int_equal(settled_count(s), MAX);
	settled_put(s, "main n0.example", "free 8", 100);
	assert_true(settled_is(s, "main n0.example", "free 8"));
	settled_drop(s, "main n0.example");
	settled_put(s, row, "blocked 7", 100);
	assert_true(settled_is(s, row, "blocked 7"));
	assert_int_equal(settled_count(s), MAX);
	settled_free(s);
}

static void
so_long(void **state)
{
	struct settled *s = settled_new(MAX);

	(void)state;
	settled_put(s, "main a.example", "blocked 7", 100);
	settled_put(s, "main b.example", "blocked 7", 200);
	settled_forget(s, 100);
	assert_int_equal(settled_count(s), 2);
	settled_forget(s, 101);
	assert_false(settled_is(s, "main a.example", "blocked 7"));
	assert_true(settled_is(s, "main b.example", "blocked 7"));
	settled_forget(s, INT64_MAX);
	assert_int_equal(settled_count(s), 0);
	settled_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_one_state),
		cmocka_unit_test(so_many),
		cmocka_unit_test(so_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
