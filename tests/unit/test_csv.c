#include "data_file.h"

#include <dirent.h>
#include <jansson.h>
#include <string.h>

#include "core/batch.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

enum { FIELDS_MAX = 16 };

struct record {
	struct csv_field fields[FIELDS_MAX];
	size_t n;
};

/* The one value that differs between the two files upstream: the number was masked in
 * the JSON ("1234567890") and not in the CSV. */
static bool
is_upstream_fault(const char *name, size_t field)
{
	return strcmp(name, "location_coordinates.csv") == 0 && field == 0;
}

/* The JSON of csv-spectrum is a list of objects whose keys are the header. */
static void
compare(struct arena *a, const char *name, const char *csv, size_t len, json_t *want)
{
	struct record header, rec;
	struct err e = ERR_INIT;
	size_t at = 0, n_rows = 0;
	uint32_t line = 1;

	assert_int_equal(csv_record(a, csv, len, &at, &line, header.fields, FIELDS_MAX,
				    &header.n, &e),
			 RC_OK);
	for (; at < len; n_rows++) {
		if (csv_record(a, csv, len, &at, &line, rec.fields, FIELDS_MAX, &rec.n,
			       &e) != RC_OK)
			fail_msg("%s: %s", name, e.text);
		/* A file of one row may have the bare object. */
		json_t *row = json_is_object(want) ? want : json_array_get(want, n_rows);
		assert_int_equal(rec.n, header.n);
		assert_int_equal(json_object_size(row), header.n);
		for (size_t i = 0; i < rec.n; i++) {
			json_t *value = json_object_get(row, header.fields[i].s);
			if (is_upstream_fault(name, i))
				continue;
			assert_int_equal(json_string_length(value), rec.fields[i].len);
			assert_string_equal(json_string_value(value), rec.fields[i].s);
		}
	}
	assert_int_equal(n_rows, json_is_object(want) ? 1 : json_array_size(want));
}

/* The copies of the *_crlf files lost their carriage returns on the way, their JSON did
 * not: they are put back, so that CRLF is what is tested. */
static const char *
with_crlf(struct arena *a, const char *csv, size_t *len)
{
	char *out = arena_alloc(a, 2 * *len + 1);
	size_t n = 0;

	for (size_t i = 0; i < *len; i++) {
		if (csv[i] == '\n' && (i == 0 || csv[i - 1] != '\r'))
			out[n++] = '\r';
		out[n++] = csv[i];
	}
	*len = n;
	return out;
}

static void
spectrum_is_read_as_its_json(void **state)
{
	(void)state;
	const char *data = getenv("SALURAN_TEST_DATA");
	struct arena *a = arena_create();
	DIR *dir = opendir(
		arena_printf(a, "%s/csv-spectrum/csvs", data != NULL ? data : ""));
	int n = 0;

	if (dir == NULL)
		fail_msg("test data missing: csv-spectrum/csvs in SALURAN_TEST_DATA");
	for (struct dirent *d; (d = readdir(dir)) != NULL;) {
		char *dot = strstr(d->d_name, ".csv");
		size_t len, json_len;
		if (dot == NULL)
			continue;
		const char *csv = data_file(
			a, arena_printf(a, "csv-spectrum/csvs/%s", d->d_name), &len);
		const char *json =
			data_file(a,
				  arena_printf(a, "csv-spectrum/json/%.*s.json",
					       (int)(dot - d->d_name), d->d_name),
				  &json_len);
		json_t *want = json_loadb(json, json_len, 0, NULL);
		assert_non_null(want);
		if (strstr(d->d_name, "_crlf") != NULL)
			csv = with_crlf(a, csv, &len);
		compare(a, d->d_name, csv, len, want);
		json_decref(want);
		n++;
	}
	closedir(dir);
	assert_int_equal(n, 12);
	arena_free(a);
}

/* Where the next record begins, and on which line, whatever this one was. */
static const struct {
	const char *csv;
	enum rc rc;
	size_t n, at;
	uint32_t line;
	const char *last; /* field */
} records[] = {
	{"a,b\r\nc", RC_OK, 2, 5, 2, "b"},
	{"a,\"b\nb\"\nc", RC_OK, 2, 8, 3, "b\nb"},
	{"a,b\r", RC_OK, 2, 4, 1, "b"},
	{"a,\"b\"\r", RC_OK, 2, 6, 1, "b"},
	{"a,", RC_OK, 2, 2, 1, ""},
	{"\n", RC_OK, 1, 1, 2, ""},
	{"\"\"", RC_OK, 1, 2, 1, ""},
	{"\"\"\"\"\nx", RC_OK, 1, 5, 2, "\""},
	{"a\rb,c\n", RC_OK, 2, 6, 2, "c"},
	{"a,b\"c\"\n", RC_OK, 2, 7, 2, "b\"c\""},
	{"a, \"b\"\n", RC_OK, 2, 7, 2, " \"b\""},
	{"a,\"b\nc\nd", RC_INVALID, 0, 5, 2, NULL},
	{"a,\"b\nc\"d\ne", RC_INVALID, 0, 5, 2, NULL},
	{"\"a\"b", RC_INVALID, 0, 4, 2, NULL},
	{"\"a\" ,b\n", RC_INVALID, 0, 7, 2, NULL},
	{"\"a\"\rb\n", RC_INVALID, 0, 6, 2, NULL},
};

static void
records_end_where_they_end(void **state)
{
	(void)state;
	struct arena *a = arena_create();

	for (size_t i = 0; i < COUNT(records); i++) {
		struct record rec;
		struct err e = ERR_INIT;
		size_t at = 0;
		uint32_t line = 1;
		enum rc rc = csv_record(a, records[i].csv, strlen(records[i].csv), &at,
					&line, rec.fields, FIELDS_MAX, &rec.n, &e);
		assert_int_equal(rc, records[i].rc);
		assert_int_equal(at, records[i].at);
		assert_int_equal(line, records[i].line);
		assert_int_equal(rec.n, records[i].n);
		if (rc == RC_OK)
			assert_string_equal(rec.fields[rec.n - 1].s, records[i].last);
		else
			assert_true(e.text[0] != '\0');
	}
	arena_free(a);
}

static void
fields_past_the_room_are_counted_only(void **state)
{
	(void)state;
	struct arena *a = arena_create();
	struct csv_field fields[2];
	size_t at = 0, n;
	uint32_t line = 1;

	assert_int_equal(csv_record(a, "a,b,c,d", 7, &at, &line, fields, 2, &n, NULL),
			 RC_OK);
	assert_int_equal(n, 4);
	assert_string_equal(fields[1].s, "b");
	arena_free(a);
}

static void
a_row_has_a_limit(void **state)
{
	(void)state;
	struct arena *a = arena_create();
	char *csv = arena_alloc(a, BATCH_ROW_MAX + 8);
	struct csv_field fields[2];
	size_t at = 0, n;
	uint32_t line = 1;

	memset(csv, 'x', BATCH_ROW_MAX + 8);
	assert_int_equal(
		csv_record(a, csv, BATCH_ROW_MAX, &at, &line, fields, 2, &n, NULL),
		RC_OK);
	csv[BATCH_ROW_MAX] = '\n';
	at = 0;
	assert_int_equal(
		csv_record(a, csv, BATCH_ROW_MAX + 8, &at, &line, fields, 2, &n, NULL),
		RC_TOO_LARGE);
	assert_int_equal(at, BATCH_ROW_MAX + 1);
	assert_int_equal(line, 2);
	arena_free(a);
}

/* What a sheet would run begins with a quote that it takes for text; nothing leaves its
 * cell. */
static void
a_cell_is_no_formula(void **state)
{
	static const struct {
		const char *text, *cell;
	} cells[] = {
		{"", "\"\","},
		{"plain", "\"plain\","},
		{"a=1", "\"a=1\","},
		{"=1+1", "\"'=1+1\","},
		{"+62 21", "\"'+62 21\","},
		{"-1", "\"'-1\","},
		{"@SUM(A1)", "\"'@SUM(A1)\","},
		{"\t=1", "\"'\t=1\","},
		{"\r=1", "\"'\r=1\","},
		{"a\",\"=1", "\"a\"\",\"\"=1\","},
		{"a\r\n=1", "\"a\r\n=1\","},
	};
	struct buf b = BUF_INIT(64);

	(void)state;
	for (size_t i = 0; i < COUNT(cells); i++) {
		buf_reset(&b);
		csv_cell_put(&b, cells[i].text, false);
		assert_string_equal(buf_str(&b), cells[i].cell);
	}
	buf_reset(&b);
	csv_cell_put(&b, "=1", true);
	assert_string_equal(buf_str(&b), "\"'=1\"\r\n");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spectrum_is_read_as_its_json),
		cmocka_unit_test(records_end_where_they_end),
		cmocka_unit_test(fields_past_the_room_are_counted_only),
		cmocka_unit_test(a_row_has_a_limit),
		cmocka_unit_test(a_cell_is_no_formula),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
