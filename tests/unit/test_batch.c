#include "data_file.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "core/batch.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

enum { MANY = 10000, CSV_MAX = 32 << 20 };

static const struct policy policy = {
	.name = "test",
	.categories =
		{{.code = "terrorism", .name_en = "Terrorism", .name_id = "Terorisme"},
		 {.code = "gambling", .name_en = "Gambling", .name_id = "Perjudian"},
		 {.code = "illegal_goods",
		  .name_en = "Illegal goods",
		  .name_id = "Barang terlarang"}},
	.n_categories = 3,
};

static struct batch
parse(struct arena *a, const char *csv, size_t len)
{
	struct batch b;
	struct err e = ERR_INIT;

	if (batch_parse(a, &policy, csv, len, &b, &e) != RC_OK)
		fail_msg("%s", e.text);
	assert_int_equal(b.n_ok + b.n_duplicate + b.n_bad, b.n_rows);
	return b;
}

static void
a_full_row_is_read(void **state)
{
	(void)state;
	static const char csv[] =
		"\xef\xbb\xbfReference,Found At,TARGET,No,category,Legal-Basis,urgency,"
		"description,evidence\r\n"
		"K-1, 2017-07-14T11:00:00+07:00 , t.me/Durov ,7,gambling,\"Law, art. "
		"5\",Urgent,"
		"\"two\r\nlines\",a.png\r\n"
		"\r\n"
		",,example.com,,TERRORISM,,,,\r\n";
	struct arena *a = arena_create();
	struct batch b = parse(a, csv, sizeof(csv) - 1);
	const struct batch_row *r = b.rows;
	int64_t found;

	assert_int_equal(b.n_rows, 2);
	assert_int_equal(b.n_ok, 2);
	assert_int_equal(r->line, 2);
	assert_string_equal(r->target.normal, "telegram:user/durov");
	assert_string_equal(r->target.given, "t.me/Durov");
	assert_string_equal(r->category, "gambling");
	assert_string_equal(r->legal_basis, "Law, art. 5");
	assert_string_equal(r->urgency, "urgent");
	assert_string_equal(r->description, "two\r\nlines");
	assert_string_equal(r->evidence, "a.png");
	assert_string_equal(r->reference, "K-1");
	assert_int_equal(clock_parse("2017-07-14T04:00:00Z", 20, &found), RC_OK);
	assert_int_equal(r->found_us, found);
	r++;
	assert_int_equal(r->line, 5);
	assert_string_equal(r->category, "terrorism");
	assert_null(r->urgency);
	assert_null(r->reference);
	assert_int_equal(r->found_us, 0);
	assert_int_equal(b.n_ignored, 1);
	assert_string_equal(b.ignored[0], "No");
	struct hash h;
	hash_bytes(csv, sizeof(csv) - 1, &h);
	assert_true(hash_equal(&h, &b.sha256));
	arena_free(a);
}

static void
indonesian_headers_and_words_are_read(void **state)
{
	(void)state;
	static const char csv[] =
		"Tautan,Kategori,Dasar Hukum,Urgensi,Uraian,Ditemukan,Bukti,Referensi\n"
		"t.me/durov,Perjudian,UU 11/2008,mendesak,contoh,,b.png,K-2\n"
		"t.me/durov/1,barang terlarang,,biasa,,,,\n"
		"t.me/durov/2,illegal-goods,,Tidak Mendesak,,,,\n";
	struct arena *a = arena_create();
	struct batch b = parse(a, csv, sizeof(csv) - 1);

	assert_int_equal(b.n_ok, 3);
	assert_int_equal(b.n_ignored, 0);
	assert_string_equal(b.rows[0].category, "gambling");
	assert_string_equal(b.rows[0].legal_basis, "UU 11/2008");
	assert_string_equal(b.rows[0].urgency, "urgent");
	assert_string_equal(b.rows[0].description, "contoh");
	assert_string_equal(b.rows[0].evidence, "b.png");
	assert_string_equal(b.rows[0].reference, "K-2");
	assert_string_equal(b.rows[1].category, "illegal_goods");
	assert_string_equal(b.rows[1].urgency, "normal");
	assert_string_equal(b.rows[2].category, "illegal_goods");
	assert_string_equal(b.rows[2].urgency, "normal");
	arena_free(a);
}

/* Faults of the file as a whole; `says` must be in the message. */
static const struct {
	const char *csv;
	size_t len;
	const char *says[2];
} files[] = {
#define FILE_ROW(csv, ...)                                                               \
	{                                                                                \
		csv, sizeof(csv) - 1,                                                    \
		{                                                                        \
			__VA_ARGS__                                                      \
		}                                                                        \
	}
	FILE_ROW("", "the file is empty", "header line"),
	FILE_ROW("\xef\xbb\xbf", "the file is empty", "header line"),
	FILE_ROW(" \n\r\n,,\n", "the file is empty", "header line"),
	FILE_ROW("target,category\n", "no row below the header", "write one row"),
	FILE_ROW("target,category\n\n , \n", "no row below the header", "write one row"),
	FILE_ROW("target,note\nt.me/durov,x\n", "no column \"category\"", "kategori"),
	FILE_ROW("category,note\ngambling,x\n", "no column \"target\"", "\"note\""),
	FILE_ROW("t.me/durov,gambling\n", "no column \"target\"", "first line"),
	FILE_ROW("target;category\nt.me/durov;gambling\n", "separated by semicolons",
		 "commas"),
	FILE_ROW("target\tcategory\n", "separated by tabs", "commas"),
	FILE_ROW("target,category,URL\nx,y,z\n",
		 "\"target\" and \"URL\" both mean target", "keep one"),
	FILE_ROW("target,category,Category\n", "\"category\" and \"Category\"",
		 "keep one"),
	FILE_ROW("target,\"category\nx,y\n", "the header", "never closed"),
	FILE_ROW("target,category\nt.me/durov,gambling\ncaf\xe9,gambling\n",
		 "byte offset 39 (line 3)", "CSV UTF-8"),
	FILE_ROW("target,category\nx\xed\xa0\x80,gambling\n", "byte offset 17 (line 2)",
		 "not UTF-8"),
	FILE_ROW("\xff\xfet\0a\0", "byte offset 0 (line 1)", "UTF-16"),
	FILE_ROW("target,category\nt.me/\0durov,gambling\n", "byte offset 21 (line 2)",
		 "NUL byte"),
};

static void
a_bad_file_is_refused_with_the_place(void **state)
{
	(void)state;
	struct arena *a = arena_create();

	for (size_t i = 0; i < COUNT(files); i++) {
		struct batch b;
		struct err e = ERR_INIT;
		assert_int_equal(
			batch_parse(a, &policy, files[i].csv, files[i].len, &b, &e),
			RC_INVALID);
		for (size_t j = 0; j < 2; j++)
			if (strstr(e.text, files[i].says[j]) == NULL)
				fail_msg("file %zu: \"%s\" does not say \"%s\"", i,
					 e.text, files[i].says[j]);
	}
	arena_free(a);
}

static const char header[] = "Target,category,urgency,found_at,note\n";

/* One bad row among good ones: line 3 of 4. */
static const struct {
	const char *row;
	enum rc rc;
	const char *column, *says;
} bad_rows[] = {
	{"hello,gambling,,,", RC_INVALID, "Target", "no known kind of target"},
	{"t.me/,gambling,,,", RC_INVALID, "Target", "full link"},
	{",gambling,,,x", RC_INVALID, "Target", "the target is empty"},
	{"http//contoh,gambling,,,", RC_INVALID, "Target", "\"://\""},
	{"t.me/durov,gamblin,,,", RC_INVALID, "category",
	 "write one of terrorism, gambling, illegal_goods"},
	{"t.me/durov,,,,", RC_INVALID, "category",
	 "write one of terrorism, gambling, illegal_goods"},
	{"t.me/durov,gambling,soon,,", RC_INVALID, "urgency", "normal or urgent"},
	{"t.me/durov,gambling,,14/07/2017,", RC_INVALID, "found_at",
	 "2017-07-14T11:00:00+07:00"},
	{"t.me/durov,gambling,,2017-07-14T11:00:00,", RC_INVALID, "found_at", "zone"},
	{"t.me/durov,gambling,,", RC_INVALID, NULL, "4 fields where the header has 5"},
	{"t.me/durov,gambling,,,a,b", RC_INVALID, NULL,
	 "6 fields where the header has 5"},
	{"\"t.me/durov,gambling,,,", RC_INVALID, NULL, "never closed"},
	{"\"t.me/durov\"x,gambling,,,", RC_INVALID, NULL, "after a closing quote"},
	{"https://t.me/First,gambling,,,", RC_CONFLICT, "Target", "line 2"},
};

static void
a_bad_row_is_answered_and_stops_nothing(void **state)
{
	(void)state;
	struct arena *a = arena_create();

	for (size_t i = 0; i < COUNT(bad_rows); i++) {
		const char *csv = arena_printf(
			a, "%sfirst.t.me,gambling,,,\n%s\nt.me/fourth,gambling,,,\n",
			header, bad_rows[i].row);
		struct batch b = parse(a, csv, strlen(csv));
		const struct batch_row *r = &b.rows[1];
		assert_int_equal(b.n_rows, 3);
		assert_int_equal(b.n_ok, 2);
		assert_int_equal(r->rc, bad_rows[i].rc);
		assert_int_equal(r->line, 3);
		if (bad_rows[i].column == NULL)
			assert_null(r->column);
		else
			assert_string_equal(r->column, bad_rows[i].column);
		if (strstr(r->problem, bad_rows[i].says) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", bad_rows[i].row,
				 r->problem, bad_rows[i].says);
		assert_int_equal(r->duplicate_of, r->rc == RC_CONFLICT ? 2 : 0);
		assert_int_equal(b.rows[0].rc, RC_OK);
		assert_null(b.rows[0].problem);
		assert_int_equal(b.rows[2].rc, RC_OK);
		assert_int_equal(b.rows[2].line, 4);
	}
	arena_free(a);
}

/* What a row that was not taken may have been meant to be; NULL: nobody can say. */
static const struct {
	const char *row, *code, *fix;
} mends[] = {
	{"contoh.example/x,gambling", "target", "https://contoh.example/x"},
	{"http//contoh.example,gambling", "target", "http://contoh.example"},
	{"https;//contoh.example/x,gambling", "target", "https://contoh.example/x"},
	{"hxxps://contoh[.]example/x,gambling", "target", "https://contoh.example/x"},
	{"contoh[.]example,gambling", "target", "contoh.example"},
	{"<https://contoh.example/x>;,gambling", "target", "https://contoh.example/x"},
	{"@durov,gambling", "target", "t.me/durov"},
	{"t.me/,gambling", "target", NULL},
	{"hello,gambling", "target", NULL},
	{",gambling", "target_empty", NULL},
	{"t.me/durov,gamblin", "category", "gambling"},
	{"t.me/durov,perjudain", "category", "gambling"},
	{"t.me/durov,weather", "category", NULL},
	{"t.me/durov,", "category_empty", NULL},
	{"\"t.me/durov,gambling", "quote", NULL},
};

static void
a_slip_is_mended(void **state)
{
	(void)state;
	struct arena *a = arena_create();

	for (size_t i = 0; i < COUNT(mends); i++) {
		const char *csv = arena_printf(a, "target,category\n%s\n", mends[i].row);
		struct batch b = parse(a, csv, strlen(csv));
		if (b.rows[0].code == NULL)
			fail_msg("%s is taken", mends[i].row);
		assert_string_equal(b.rows[0].code, mends[i].code);
		if (mends[i].fix == NULL)
			assert_null(b.rows[0].fix);
		else if (b.rows[0].fix == NULL)
			fail_msg("%s: nothing instead of %s", mends[i].row, mends[i].fix);
		else
			assert_string_equal(b.rows[0].fix, mends[i].fix);
	}
	arena_free(a);
}

/* A row that cannot be sent does not make a later good one a duplicate. */
static void
only_usable_rows_have_duplicates(void **state)
{
	(void)state;
	static const char csv[] = "target,category\n"
				  "t.me/durov,nonsense\n"
				  "t.me/durov,gambling\n"
				  "telegram.me/DUROV,terrorism\n"
				  "tg://resolve?domain=durov,gambling\n";
	struct arena *a = arena_create();
	struct batch b = parse(a, csv, sizeof(csv) - 1);

	assert_int_equal(b.rows[0].rc, RC_INVALID);
	assert_int_equal(b.rows[1].rc, RC_OK);
	assert_int_equal(b.rows[2].rc, RC_CONFLICT);
	assert_int_equal(b.rows[2].duplicate_of, 3);
	assert_int_equal(b.rows[3].duplicate_of, 3);
	arena_free(a);
}

static void
sizes_have_limits(void **state)
{
	(void)state;
	struct arena *a = arena_create();
	struct buf csv = BUF_INIT(CSV_MAX);
	static const struct {
		const char *head;
		size_t fill;
		const char *column;
		enum rc rc;
	} cases[] = {
		{"t.me/aaaaa,gambling,", BATCH_FIELD_MAX, NULL, RC_OK},
		{"t.me/bbbbb,gambling,", BATCH_FIELD_MAX + 1, "description",
		 RC_TOO_LARGE},
		{"t.me/ccccc,gambling,", BATCH_ROW_MAX, NULL, RC_TOO_LARGE},
		{"t.me/ddddd,gambling,\"", BATCH_ROW_MAX, NULL, RC_INVALID},
	};

	buf_puts(&csv, "target,category,description\n");
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_puts(&csv, cases[i].head);
		for (size_t j = 0; j < cases[i].fill; j++)
			buf_putc(&csv, 'x');
		buf_putc(&csv, '\n');
	}
	buf_puts(&csv, "https://example.com/");
	for (size_t j = 0; j < TARGET_MAX; j++)
		buf_putc(&csv, 'x');
	buf_puts(&csv, ",gambling,\nt.me/eeeee,gambling,\n");
	assert_true(buf_ok(&csv));
	struct batch b = parse(a, csv.data, csv.len);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(b.rows[i].rc, cases[i].rc);
		assert_int_equal(b.rows[i].line, 2 + i);
		if (cases[i].column != NULL)
			assert_string_equal(b.rows[i].column, cases[i].column);
	}
	assert_int_equal(b.rows[b.n_rows - 2].rc, RC_TOO_LARGE);
	assert_string_equal(b.rows[b.n_rows - 2].column, "target");
	assert_int_equal(b.rows[b.n_rows - 1].rc, RC_OK);
	buf_free(&csv);
	arena_free(a);
}

static void
put_rows(struct buf *csv, size_t n)
{
	buf_reset(csv);
	buf_puts(csv, "target,category,description\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(csv, "https://t.me/channel_%zu/%zu,gambling,\"a, b\"\n",
			   i % 977, i + 1);
	assert_true(buf_ok(csv));
}

static int64_t
rows_take_us(size_t n)
{
	struct arena *a = arena_create();
	struct buf csv = BUF_INIT(CSV_MAX);

	put_rows(&csv, n);
	int64_t start_us = clock_mono_us();
	struct batch b = parse(a, csv.data, csv.len);
	int64_t took_us = clock_mono_us() - start_us;
	assert_int_equal(b.n_ok, n);
	buf_free(&csv);
	arena_free(a);
	return took_us;
}

/* Ten times the rows would take a hundred times as long if each were looked for among all
 * before it; on a machine that has other work they still do not take forty. */
static void
many_rows_are_no_square(void **state)
{
	(void)state;
	int64_t few_us = rows_take_us(MANY / 10), many_us = rows_take_us(MANY);

	print_message("%d rows in %d us, a tenth in %d us\n", MANY, (int)many_us,
		      (int)few_us);
	assert_true(many_us < 40 * few_us);
}

static void
rows_have_a_limit(void **state)
{
	(void)state;
	struct arena *a = arena_create();
	struct buf csv = BUF_INIT(CSV_MAX);
	struct batch b;
	struct err e = ERR_INIT;

	put_rows(&csv, BATCH_ROWS_MAX);
	b = parse(a, csv.data, csv.len);
	assert_int_equal(b.n_ok, BATCH_ROWS_MAX);
	arena_reset(a);
	put_rows(&csv, BATCH_ROWS_MAX + 1);
	assert_int_equal(batch_parse(a, &policy, csv.data, csv.len, &b, &e),
			 RC_TOO_LARGE);
	assert_non_null(strstr(e.text, "200000 rows"));
	assert_int_equal(
		batch_parse(a, &policy, csv.data, (size_t)BATCH_BYTES_MAX + 1, &b, &e),
		RC_TOO_LARGE);
	assert_non_null(strstr(e.text, "split"));
	buf_free(&csv);
	arena_free(a);
}

static void
put_quoted(struct buf *csv, const char *s)
{
	buf_putc(csv, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"')
			buf_putc(csv, '"');
		buf_putc(csv, *s);
	}
	buf_putc(csv, '"');
}

/* Whatever a field holds, its row is answered and the description is as it was. */
static void
naughty_strings_are_only_text(void **state)
{
	(void)state;
	struct arena *a = arena_create();
	struct buf csv = BUF_INIT(CSV_MAX);
	size_t len, i, n;
	char *text = data_file(a, "blns/blns.json", &len);
	json_t *list = json_loadb(text, len, 0, NULL), *s;

	assert_non_null(list);
	n = json_array_size(list);
	assert_true(n > 500);
	buf_puts(&csv, "target,category,description\n");
	json_array_foreach (list, i, s) {
		buf_printf(&csv, "t.me/naughty_%zu,gambling,", i);
		put_quoted(&csv, json_string_value(s));
		buf_puts(&csv, "\n");
		put_quoted(&csv, json_string_value(s));
		buf_puts(&csv, ",gambling,\n");
	}
	struct batch b = parse(a, csv.data, csv.len);
	assert_int_equal(b.n_rows, 2 * n);
	json_array_foreach (list, i, s) {
		const struct batch_row *r = &b.rows[2 * i];
		const char *given = json_string_value(s);
		assert_int_equal(r->rc, RC_OK);
		if (r->description != NULL)
			assert_non_null(strstr(given, r->description));
		else
			assert_true(strspn(given,
					   " \t\r\n\v\f\x1f\x01\x02\x03\x04\x05\x06\x07"
					   "\x08\x0e\x0f\x10\x11\x12\x13\x14\x15\x16"
					   "\x17\x18\x19\x1a\x1b\x1c\x1d\x1e") ==
				    strlen(given));
		r++;
		assert_true(r->rc == RC_OK || r->problem != NULL);
	}
	json_decref(list);
	buf_free(&csv);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_row_is_read),
		cmocka_unit_test(indonesian_headers_and_words_are_read),
		cmocka_unit_test(a_bad_file_is_refused_with_the_place),
		cmocka_unit_test(a_bad_row_is_answered_and_stops_nothing),
		cmocka_unit_test(a_slip_is_mended),
		cmocka_unit_test(only_usable_rows_have_duplicates),
		cmocka_unit_test(sizes_have_limits),
		cmocka_unit_test(many_rows_are_no_square),
		cmocka_unit_test(rows_have_a_limit),
		cmocka_unit_test(naughty_strings_are_only_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
