#include "data_file.h"

#include <string.h>

#include "http/sentence.h"

static struct page
reader(struct arena *a, enum lang lang)
{
	return (struct page){.a = a, .h = html_create(a), .lang = lang};
}

/* What stands at a place is written as people of the language write it. */
static void
in_indonesian(void **state)
{
	static const struct {
		const char *english, *own;
	} rows[] = {
		{"the form is larger than 65536 bytes",
		 "formulirnya lebih besar dari 65.536 byte"},
		{"\"text\" has 5000 bytes, at most 4000 are taken",
		 "“text” terdiri atas 5.000 byte, paling banyak 4.000 yang diterima"},
		{"the name is empty", "namanya kosong"},
		/* The shape fits, what should be a number is none. */
		{"the form is larger than many bytes", NULL},
		/* A value is no shape. */
		{"the register has no {n}", "register tidak memuat {n}"},
		{"the register has no the register has no x",
		 "register tidak memuat the register has no x"},
		{"something failed in the node: its log has more under the reference 7",
		 "ada yang gagal di dalam node: log node memuat lebih banyak dengan "
		 "rujukan "
		 "7"},
		{"RFC 3986, 2.1: a word has a NUL", "a word memuat NUL (RFC 3986, 2.1)"},
		{"cross-site request: a page of another site sent this form: nothing was "
		 "done",
		 "formulir ini dikirim oleh halaman situs lain: tidak ada yang dilakukan "
		 "(cross-site request)"},
		{"RFC 3986: nobody says this", NULL},
		{"nobody says this", NULL},
		{"", NULL},
	};
	struct arena *a = arena_create();
	struct page id = reader(a, LANG_ID), en = reader(a, LANG_EN);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got = sentence_own(&id, rows[i].english);
		if (rows[i].own == NULL)
			assert_null(got);
		else
			assert_string_equal(got, rows[i].own);
		assert_null(sentence_own(&en, rows[i].english));
	}
	arena_free(a);
}

/* The shape with "7" at each place, and how often there is one. */
static const char *
sample(struct arena *a, const char *shape, size_t *ret_places)
{
	struct buf b = BUF_INIT(4096);

	*ret_places = 0;
	for (; *shape != '\0'; shape++) {
		if (*shape != '{') {
			buf_putc(&b, *shape);
			continue;
		}
		shape = strchr(shape, '}');
		buf_putc(&b, '7');
		(*ret_places)++;
	}
	const char *ret = arena_strndup(a, buf_str(&b), b.len);
	buf_free(&b);
	return ret;
}

static void
each_is_found(void **state)
{
	struct arena *a = arena_create();
	struct page id = reader(a, LANG_ID);
	size_t n;

	(void)state;
	assert_true(sentence_rows_n > 300);
	for (size_t i = 0; i < sentence_rows_n; i++) {
		const char *got =
			sentence_own(&id, sample(a, sentence_rows[i].english, &n));
		if (got == NULL)
			fail_msg("not found: %s", sentence_rows[i].english);
		assert_null(strchr(got, '{'));
		for (; n > 0; n--) {
			got = strchr(got, '7');
			assert_non_null(got);
			got++;
		}
	}
	arena_free(a);
}

/* Hostile text costs little, and is never longer than what an error holds. */
static void
hostile(void **state)
{
	struct arena *a = arena_create();
	struct page id = reader(a, LANG_ID);
	char long_text[2 * ERR_TEXT_MAX], many[ERR_TEXT_MAX];

	(void)state;
	memset(long_text, '7', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	assert_null(sentence_own(&id, long_text));
	for (size_t i = 0; i < sizeof(many) - 1; i++)
		many[i] = "7: "[i % 3];
	many[sizeof(many) - 1] = '\0';
	(void)sentence_own(&id, many);
	arena_free(a);
}

/* The node's own words can be had, and are not run. */
static void
as_html(void **state)
{
	struct arena *a = arena_create();
	struct page id = reader(a, LANG_ID), en = reader(a, LANG_EN);
	struct err e = ERR_INIT;
	const char *page;
	size_t len;

	(void)state;
	html_open(id.h, "main");
	sentence_put(&id, "Ya:", "the register has no <b>");
	html_close(id.h, "main");
	assert_int_equal(html_finish(id.h, &page, &len, &e), RC_OK);
	assert_non_null(
		strstr(page, "<p>Ya: <bdi>register tidak memuat &lt;b&gt;</bdi></p>"));
	assert_non_null(strstr(page, "<details class=\"original\">"));
	assert_non_null(
		strstr(page, "<bdi lang=\"en\">the register has no &lt;b&gt;</bdi>"));
	html_open(en.h, "main");
	sentence_put(&en, NULL, "the register has no <b>");
	html_close(en.h, "main");
	assert_int_equal(html_finish(en.h, &page, &len, &e), RC_OK);
	assert_null(strstr(page, "details"));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_indonesian),
		cmocka_unit_test(each_is_found),
		cmocka_unit_test(hostile),
		cmocka_unit_test(as_html),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
