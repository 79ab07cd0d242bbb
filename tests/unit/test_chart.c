/* Charts: a gap is a gap and never 0, and the table beside a drawing has the same. */
#include "data_file.h"

#include <string.h>

#include "http/chart.h"

static const char *const months[] = {"2025-12", "2026-01", "2026-02", "2026-03"};

static struct page
page_of(struct arena *a)
{
	return (struct page){.a = a, .h = html_create(a), .lang = LANG_EN};
}

static const char *
drawn(struct page *p, bool line, enum chart_unit unit, const int64_t values[4])
{
	const struct chart c = {.id = "x",
				.title = "T",
				.line = line,
				.unit = unit,
				.n = 4,
				.months = months,
				.n_series = 1,
				.names = {"N"},
				.values = {values}};
	struct err e = ERR_INIT;
	const char *text = NULL;
	size_t len;

	chart_put(p, &c);
	assert_int_equal(html_finish(p->h, &text, &len, &e), RC_OK);
	return text;
}

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what))
		n++;
	return n;
}

static void
a_gap_is_no_zero(void **state)
{
	static const int64_t values[] = {3, CHART_GAP, 0, 10};
	struct arena *a = arena_create();
	struct page p = page_of(a);
	const char *text = drawn(&p, false, CHART_COUNT, values);

	(void)state;
	/* Three months were measured, one of them as 0, which has a mark of its own. */
	assert_int_equal(count(text, "<rect class=\"first\""), 3);
	assert_int_equal(count(text, "height=\"1.0\""), 1);
	assert_int_equal(count(text, "<div>no data</div>"), 1);
	assert_int_equal(count(text, "<div>0</div>"), 1);
	arena_free(a);
}

static void
a_line_never_goes_over_a_gap(void **state)
{
	static const int64_t values[] = {100, 200, CHART_GAP, 400},
			     none[] = {CHART_GAP, CHART_GAP, CHART_GAP, CHART_GAP};
	struct arena *a = arena_create();
	struct page p = page_of(a), q = page_of(a);
	const char *text = drawn(&p, true, CHART_PERMILLE, values);

	(void)state;
	assert_int_equal(count(text, "<polyline"), 2);
	assert_int_equal(count(text, "<rect class=\"first\""), 3);
	text = drawn(&q, true, CHART_PERMILLE, none);
	assert_int_equal(count(text, "<polyline"), 0);
	assert_int_equal(count(text, "<rect"), 0);
	assert_int_equal(count(text, "<div>no data</div>"), 4);
	arena_free(a);
}

static void
values_in_words(void **state)
{
	struct arena *a = arena_create();
	struct page p = page_of(a);

	(void)state;
	assert_string_equal(chart_value(&p, CHART_PERMILLE, 123), "12.3 %");
	assert_string_equal(chart_value(&p, CHART_PERMILLE, 1000), "100 %");
	assert_string_equal(chart_value(&p, CHART_COUNT, 1204), "1,204");
	assert_string_equal(chart_value(&p, CHART_SECONDS, CHART_GAP), "no data");
	assert_string_equal(chart_month(&p, "2026-07"), "Jul 2026");
	p.lang = LANG_ID;
	assert_string_equal(chart_value(&p, CHART_PERMILLE, 123), "12,3 %");
	assert_string_equal(chart_value(&p, CHART_COUNT, 1204), "1.204");
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gap_is_no_zero),
		cmocka_unit_test(a_line_never_goes_over_a_gap),
		cmocka_unit_test(values_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
