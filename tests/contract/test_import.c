/* Lists that come in parts, what is told of their rows, and what was sent before. */
#include "node_fixture.h"

#include <inttypes.h>
#include <string.h>

#include "core/crypto.h"
#include "service/import.h"

#define AUTHORITY PARTY_AUTHORITY
#define DAY_US	  (INT64_C(86400) * CLOCK_US_PER_S)

static const char list[] = "target,category\n"
			   "https://t.example/1,other\n"
			   "https://t.example/2,other\n";

static json_t *
announce_bytes(struct fix *f, const char *text, size_t bytes)
{
	char hex[HASH_HEX_LEN + 1];
	struct hash h;

	hash_bytes(text, strlen(text), &h);
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/lists",
			json_pack("{s:s, s:I, s:s}", "name", "list.csv", "bytes",
				  (json_int_t)bytes, "sha256", hash_hex(&h, hex)));
}

static json_t *
announce(struct fix *f, const char *text)
{
	return announce_bytes(f, text, strlen(text));
}

static const char *
parts_path(struct fix *f, const char *id)
{
	return arena_printf(f->a, "/v1/lists/%s/parts", id);
}

static json_t *
part(const char *text, size_t from, size_t len)
{
	return json_pack("{s:I, s:s%}", "offset", (json_int_t)from, "text", text + from,
			 len);
}

static const char *
send_whole(struct fix *f, const char *text)
{
	const char *id = fix_text(announce(f, text), "list");

	fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", parts_path(f, id),
		 part(text, 0, strlen(text)));
	return id;
}

static json_t *
notice(const char *id, const char *reference)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:{s:s, s:s}}", "list", id,
			 "reference", reference, "subject", "Invented", "legal_basis",
			 "Invented", "partial", 1, "file", "name", "list.csv", "sha256",
			 "00000000000000000000000000000000"
			 "00000000000000000000000000000001");
}

static void
a_list_goes_on_where_it_was_interrupted(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *officer = f.n[AUTHORITY].officer;
	json_t *got = announce(&f, list);
	const char *id = fix_text(got, "list");
	assert_int_equal(fix_int(got, "offset"), 0);
	got = fix_must(&f, AUTHORITY, officer, "POST", parts_path(&f, id),
		       part(list, 0, 20));
	assert_int_equal(fix_int(got, "offset"), 20);
	assert_string_equal(fix_text(got, "state"), "receiving");
	/* Not whole, so not looked at; and from elsewhere nothing goes on. */
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/batches/check",
		    json_pack("{s:s}", "list", id), RC_CONFLICT, "20 of");
	fix_refused(&f, AUTHORITY, officer, "POST", parts_path(&f, id), part(list, 0, 20),
		    RC_CONFLICT, "20 bytes");
	fix_reopen(&f, AUTHORITY);
	/* Whoever announces the same bytes is told where to go on. */
	got = announce(&f, list);
	assert_string_equal(fix_text(got, "list"), id);
	assert_int_equal(fix_int(got, "offset"), 20);
	got = fix_must(&f, AUTHORITY, officer, "POST", parts_path(&f, id),
		       part(list, 20, strlen(list) - 20));
	assert_string_equal(fix_text(got, "state"), "whole");
	fix_refused(&f, AUTHORITY, officer, "POST", parts_path(&f, id),
		    json_pack("{s:i, s:s}", "offset", (int)strlen(list), "text", "x"),
		    RC_TOO_LARGE, "more");
	got = fix_must(&f, AUTHORITY, officer, "POST", "/v1/batches/check",
		       json_pack("{s:s}", "list", id));
	assert_int_equal(fix_int(got, "ok"), 2);
	fix_close(&f);
}

static void
a_list_is_its_persons_own(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *id = send_whole(&f, list);
	const char *path = arena_printf(f.a, "/v1/lists/%s", id);
	json_t *other =
		fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/persons",
			 json_pack("{s:s, s:s}", "name", "tono", "role", "officer"));
	const char *tono = fix_text(other, "credential");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "GET", path, NULL);
	fix_refused(&f, AUTHORITY, tono, "GET", path, NULL, RC_NOT_FOUND, "no list");
	fix_refused(&f, AUTHORITY, tono, "POST", "/v1/notices", notice(id, "A-1"),
		    RC_NOT_FOUND, "no list");
	fix_refused(&f, AUTHORITY, tono, "POST",
		    arena_printf(f.a, "/v1/lists/%s/drop", id), NULL, RC_NOT_FOUND,
		    "no list");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		 arena_printf(f.a, "/v1/lists/%s/drop", id), NULL);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "GET", path, NULL,
		    RC_NOT_FOUND, "announce it again");
	fix_close(&f);
}

/* What was sent is what was announced, or nothing is made of it. */
static void
other_bytes_are_no_list(void **state)
{
	struct fix f;
	char other[sizeof(list)];

	(void)state;
	fix_open(&f);
	memcpy(other, list, sizeof(list));
	other[strlen("target,category\nhttps://t.example/")] = '7';
	const char *id = fix_text(announce(&f, list), "list");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", parts_path(&f, id),
		 part(other, 0, strlen(other)));
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/notices",
		    notice(id, "A-1"), RC_CONFLICT, "not what was announced");
	fix_close(&f);
}

static void
lists_that_nobody_sends_go(void **state)
{
	struct fix f;
	int64_t wait_us;
	struct err e = ERR_INIT;

	(void)state;
	fix_open(&f);
	const char *id = send_whole(&f, list);
	fix_clock_add(6 * DAY_US);
	fix_ok(service_tick(f.n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "GET",
		 arena_printf(f.a, "/v1/lists/%s", id), NULL);
	fix_clock_add(2 * DAY_US);
	fix_ok(service_tick(f.n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "GET",
		    arena_printf(f.a, "/v1/lists/%s", id), NULL, RC_NOT_FOUND, "days");
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM import_part"), 0);
	/* And one person's do not pile up. */
	for (int i = 0; i < IMPORT_LISTS_OF_ONE + 3; i++)
		send_whole(&f,
			   arena_printf(f.a, "%shttps://t.example/x%d,other\n", list, i));
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM import_list"),
			 IMPORT_LISTS_OF_ONE);
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM import_part"),
			 IMPORT_LISTS_OF_ONE);
	fix_clock_reset();
	fix_close(&f);
}

/* The same file again says when it was sent and what became of it; its parts are gone. */
static void
a_file_that_was_sent_is_known(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *officer = f.n[AUTHORITY].officer, *id = send_whole(&f, list);
	const char *file = "00000000000000000000000000000000"
			   "00000000000000000000000000000001";
	json_t *got = fix_must(&f, AUTHORITY, officer, "GET", "/v1/lists",
			       json_pack("{s:s}", "file", file));
	assert_int_equal(json_array_size(json_object_get(got, "sent")), 0);
	assert_int_equal(json_array_size(json_object_get(got, "lists")), 1);
	got = fix_must(&f, AUTHORITY, officer, "POST", "/v1/notices", notice(id, "A-1"));
	const char *c = fix_text(got, "case");
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM import_part"), 0);
	/* The same in another way is the same request. */
	json_t *again = notice(send_whole(&f, list), "A-1");
	got = fix_must(&f, AUTHORITY, officer, "POST", "/v1/notices", again);
	assert_true(json_is_true(json_object_get(got, "again")));
	assert_string_equal(fix_text(got, "case"), c);
	got = fix_must(&f, AUTHORITY, officer, "GET", "/v1/lists",
		       json_pack("{s:s}", "file", file));
	json_t *sent = json_object_get(got, "sent");
	assert_int_equal(json_array_size(sent), 1);
	assert_string_equal(fix_text(json_array_get(sent, 0), "case"), c);
	assert_string_equal(fix_text(json_array_get(sent, 0), "by"), "rina");
	fix_close(&f);
}

static json_t *
group_of(json_t *check, const char *code)
{
	json_t *g;
	size_t i;

	json_array_foreach (json_object_get(check, "groups"), i, g)
		if (strcmp(fix_text(g, "code"), code) == 0)
			return g;
	fail_msg("no group %s", code);
	return NULL;
}

static void
rows_that_were_sent_before_are_passed_over(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *officer = f.n[AUTHORITY].officer;
	json_t *got = fix_must(&f, AUTHORITY, officer, "POST", "/v1/notices",
			       notice(send_whole(&f, list), "A-1"));
	const char *c = fix_text(got, "case");
	const char *more = "target,category\nhttps://t.example/2,other\n"
			   "https://t.example/3,other\nhttps://t.example/3,other\n";
	/* Asked for or not. */
	got = fix_must(&f, AUTHORITY, officer, "POST", "/v1/batches/check",
		       json_pack("{s:s}", "csv", more));
	assert_int_equal(fix_int(got, "ok"), 2);
	got = fix_must(&f, AUTHORITY, officer, "POST", "/v1/batches/check",
		       json_pack("{s:s, s:b}", "csv", more, "skip_earlier", 1));
	assert_int_equal(fix_int(got, "ok"), 1);
	assert_int_equal(fix_int(got, "duplicates"), 2);
	assert_int_equal(fix_int(group_of(got, "earlier"), "n"), 1);
	assert_int_equal(fix_int(group_of(got, "duplicate"), "n"), 1);
	json_t *row = json_array_get(json_object_get(got, "problems"), 0);
	assert_int_equal(fix_int(row, "line"), 2);
	assert_string_equal(fix_text(json_object_get(row, "earlier"), "case"), c);
	assert_int_equal(fix_int(json_object_get(row, "earlier"), "i"), 1);
	/* Sent: only what is new, and the same again is the same. */
	const char *id = send_whole(&f, more);
	json_t *body = notice(id, "A-2");
	json_object_set_new(body, "skip_earlier", json_true());
	got = fix_must(&f, AUTHORITY, officer, "POST", "/v1/notices",
		       json_deep_copy(body));
	assert_int_equal(fix_int(got, "items"), 1);
	json_object_set_new(body, "list", json_string(send_whole(&f, more)));
	got = fix_must(&f, AUTHORITY, officer, "POST", "/v1/notices", body);
	assert_true(json_is_true(json_object_get(got, "again")));
	assert_int_equal(fix_int(got, "items"), 1);
	fix_close(&f);
}

static void
problems_come_in_pages(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *csv = "target,category\n"
			  "contoh.example/x,other\nhttp//contoh.example,other\n"
			  "https://t.example/1,\nhttps://t.example/2,othr\n"
			  "https://t.example/9,other\n";
	json_t *in = json_pack("{s:s, s:i}", "csv", csv, "limit", 3);
	json_t *got = fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
			       "/v1/batches/check", json_incref(in));
	json_t *rows = json_object_get(got, "problems");
	assert_int_equal(json_array_size(rows), 3);
	assert_true(json_is_true(json_object_get(got, "more_problems")));
	assert_string_equal(fix_text(json_array_get(rows, 0), "fix"),
			    "https://contoh.example/x");
	assert_string_equal(fix_text(json_array_get(rows, 1), "fix"),
			    "http://contoh.example");
	assert_string_equal(fix_text(json_array_get(rows, 2), "code"), "category_empty");
	assert_int_equal(fix_int(group_of(got, "target"), "n"), 2);
	json_object_set_new(in, "after", json_integer(4));
	got = fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/batches/check",
		       in);
	rows = json_object_get(got, "problems");
	assert_int_equal(json_array_size(rows), 1);
	assert_false(json_is_true(json_object_get(got, "more_problems")));
	assert_int_equal(fix_int(json_array_get(rows, 0), "line"), 5);
	assert_int_equal(fix_int(group_of(got, "target"), "n"), 2);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_goes_on_where_it_was_interrupted),
		cmocka_unit_test(a_list_is_its_persons_own),
		cmocka_unit_test(other_bytes_are_no_list),
		cmocka_unit_test(lists_that_nobody_sends_go),
		cmocka_unit_test(a_file_that_was_sent_is_known),
		cmocka_unit_test(rows_that_were_sent_before_are_passed_over),
		cmocka_unit_test(problems_come_in_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
