/*
 * Other servers' checkers look at what is published: nobody waits for them, a row that
 * one refuses stays and is told with its order, and the alarm ends when the row is gone.
 *
 * The checkers are programs of this test that say what it needs; the real ones are in
 * tests/e2e/test_rpz_failures.py.
 */
#include "node_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "service/zone_checker.h"
#include "service/zone_int.h"

#define AUTHORITY PARTY_AUTHORITY

enum { LOOKS_MAX = 20 };

/* Refuses a name that is there twice, as every server does, and what else the test says;
 * the file is its last word. */
#define CHECKER                                                                          \
	"#!/bin/sh\n"                                                                    \
	"[ \"$1\" = -v ] && { echo 9.18.0-test; exit 0; }\n"                             \
	"for f; do :; done\n"                                                            \
	"[ -n \"$(grep '^[a-z*]' \"$f\" | cut -d' ' -f1 | sort | uniq -d)\" ] && exit "  \
	"1\n"

static const char *
program(struct fix *f, const char *name, const char *more)
{
	const char *path = arena_printf(f->a, "%s/%s", f->above, name);
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	fprintf(out, "%s%s\n", CHECKER, more);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(path, 0700), 0);
	return path;
}

static void
use(struct fix *f, const char *paths)
{
	const char *conf = arena_printf(f->a, "%s/saluran.conf", f->n[AUTHORITY].dir);
	const char *next = arena_printf(f->a, "%s.new", conf);
	FILE *in = fopen(conf, "re"), *out = fopen(next, "we");
	char line[2048];

	assert_non_null(in);
	assert_non_null(out);
	while (fgets(line, sizeof(line), in) != NULL)
		if (strncmp(line, "rpz.checkers", strlen("rpz.checkers")) != 0)
			fputs(line, out);
	fprintf(out, "rpz.checkers = %s\n", paths);
	fclose(in);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(rename(next, conf), 0);
	fix_reopen(f, AUTHORITY);
}

/* Until nothing is due. */
static void
check(struct fix *f)
{
	struct err e = ERR_INIT;
	enum rc rc = RC_OK;
	int n = 0;

	for (; rc == RC_OK && n < LOOKS_MAX; n++)
		rc = service_zone_check(f->n[AUTHORITY].nd, &e);
	if (rc != RC_NOT_FOUND)
		fail_msg("zone_check: %s: %s", rc_token(rc), e.text);
}

static const json_t *
checkers(struct fix *f)
{
	return json_object_get(
		fix_must(f, AUTHORITY, f->n[AUTHORITY].admin, "GET", "/v1/status", NULL),
		"checkers");
}

static const json_t *
result(struct fix *f, const char *scope)
{
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(json_array_get(checkers(f), 0), "results"), i,
			    v)
		if (strcmp(fix_text(v, "scope"), scope) == 0)
			return v;
	fail_msg("no result of %s", scope);
	return NULL;
}

/* The alarms of checkers that stand; *ret the first. */
static size_t
alarms(struct fix *f, const json_t **ret)
{
	const json_t *v;
	size_t i, n = 0;

	json_array_foreach (json_object_get(fix_must(f, AUTHORITY, f->n[AUTHORITY].admin,
						     "GET", "/v1/alarms", NULL),
					    "alarms"),
			    i, v)
		if (strcmp(fix_text(v, "kind"), "zone_checker") == 0) {
			*ret = n == 0 ? v : *ret;
			n++;
		}
	return n;
}

static const char *
block(struct fix *f, const char *names, const char *casefile)
{
	const struct fix_node *n = &f->n[AUTHORITY];
	json_t *r = fix_must(f, AUTHORITY, n->officer, "POST", "/v1/orders",
			     fix_order(names, casefile));
	const char *id = fix_text(r, "order");

	for (int i = 0; i < 2; i++)
		fix_must(f, AUTHORITY, i == 0 ? n->approver : n->approver2, "POST",
			 arena_printf(f->a, "/v1/orders/%s/approve", id),
			 json_pack("{s:s}", "text_sha256", fix_text(r, "text_sha256")));
	return id;
}

static void
lift(struct fix *f, const char *order)
{
	fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
		 arena_printf(f->a, "/v1/orders/%s/lift", order),
		 json_pack("{s:s}", "reason", "They answered."));
}

static const char *
overdue_case(struct fix *f)
{
	const char *c = fix_send(f, "C-1", "bad.example", 2);

	fix_make_overdue(f, c);
	return c;
}

static enum rc
work_fold(struct writer *w, void *arg, struct err *e)
{
	struct store_list heads;
	enum rc rc = zone_heads(w->s, w->a, &heads, e);

	(void)arg;
	return rc == RC_OK ? zone_fold(w, heads.rows, e) : rc;
}

static void
fold(struct fix *f)
{
	struct err e = ERR_INIT;

	fix_ok(writer_run(f->n[AUTHORITY].nd, work_fold, NULL, &e), &e, "fold");
}

/* ---- checkers that cannot be asked ----------------------------------------------------
 */

static void
cannot_be_asked(void **state)
{
	struct fix f;
	const json_t *alarm = NULL;

	(void)state;
	fix_open(&f);
	use(&f, "");
	check(&f);
	assert_int_equal(json_array_size(checkers(&f)), 0);
	const struct {
		const char *path, *state;
	} rows[] = {
		{arena_printf(f.a, "%s/none/named-checkzone", f.above), "absent"},
		{program(&f, "other-checkzone", "exit 0"), "unknown"},
		/* Passes everything; refuses everything; says nothing in any case. */
		{program(&f, "named-checkzone", "exit 0\n"), "ready"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		use(&f, rows[i].path);
		check(&f);
		const json_t *c = json_array_get(checkers(&f), 0);
		assert_int_equal(json_array_size(checkers(&f)), 1);
		assert_string_equal(fix_text(c, "path"), rows[i].path);
		assert_string_equal(fix_text(c, "state"), rows[i].state);
		assert_int_equal(json_array_size(json_object_get(c, "results")),
				 strcmp(rows[i].state, "ready") == 0 ? 2 : 0);
	}
	static const char *const unfit[] = {
		"#!/bin/sh\necho 1\nexit 0\n",
		"#!/bin/sh\n[ $1 = -v ] && { echo 1; exit 0; }\nexit 1\n",
		"#!/bin/sh\n[ $1 = -v ] && { echo 1; exit 0; }\nkill -SEGV $$\n",
	};
	for (size_t i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++) {
		FILE *out = fopen(rows[2].path, "we");
		assert_non_null(out);
		fputs(unfit[i], out);
		assert_int_equal(fclose(out), 0);
		use(&f, rows[2].path);
		check(&f);
		const json_t *c = json_array_get(checkers(&f), 0);
		assert_string_equal(fix_text(c, "state"), "unfit");
		assert_true(strlen(fix_text(c, "why")) > 0);
	}
	assert_int_equal(alarms(&f, &alarm), 0);
	fix_close(&f);
}

/* A relative path would be another program in another folder. */
static void
settings_refused(void **state)
{
	static const char *const rows[] = {
		"named-checkzone",
		"/a/named-checkzone kzonecheck",
		"/a /b /c /d /e",
	};
	struct checker at[CHECKERS_MAX];
	struct err e = ERR_INIT;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(checkers_read(rows[i], at, &n, &e), RC_INVALID);
	assert_int_equal(checkers_read(" /a/named-checkzone  /b/kzonecheck ", at, &n, &e),
			 RC_OK);
	assert_int_equal(n, 2);
	assert_string_equal(at[1].path, "/b/kzonecheck");
	assert_string_equal(at[1].name, "kzonecheck");
}

/* ---- what they say --------------------------------------------------------------------
 */

static void
passed(void **state)
{
	const json_t *alarm = NULL;
	struct fix f;
	uint32_t serial;

	(void)state;
	fix_open(&f);
	use(&f, program(&f, "named-checkzone", "exit 0"));
	block(&f, "[\"a.example\", \"*.b.example\"]", overdue_case(&f));
	check(&f);
	fix_zone(&f, AUTHORITY, NULL, &serial);
	assert_string_equal(fix_text(result(&f, "change"), "verdict"), "passed");
	assert_int_equal(fix_int(result(&f, "change"), "rows"), 3);
	assert_int_equal(fix_int(result(&f, "change"), "serial"), serial);
	assert_int_equal(fix_int(result(&f, "base"), "rows"), 0);
	fold(&f);
	check(&f);
	assert_int_equal(fix_int(result(&f, "base"), "rows"), 3);
	assert_int_equal(fix_int(result(&f, "base"), "serial"), serial);
	assert_int_equal(alarms(&f, &alarm), 0);
	json_t *m =
		fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "GET", "/v1/metrics", NULL);
	assert_int_equal(fix_int(m, "checkers_ready"), 1);
	assert_int_equal(fix_int(m, "checks_refused"), 0);
	fix_close(&f);
}

/* The row and its order are told, and what is served does not move. */
static void
row_refused(void **state)
{
	const json_t *alarm = NULL;
	struct fix f;
	uint32_t before, after;

	(void)state;
	fix_open(&f);
	use(&f, program(&f, "named-checkzone",
			"grep -q '^poison' \"$f\" && { echo \"poison: bad owner\"; exit "
			"1; }\nexit 0"));
	const char *c = overdue_case(&f);
	block(&f, "[\"one.example\", \"two.example\"]", c);
	const char *order = block(
		&f, "[\"a.example\", \"b.example\", \"poison.example\", \"z.example\"]",
		c);
	fix_zone(&f, AUTHORITY, NULL, &before);
	check(&f);
	const json_t *rows = fix_zone(&f, AUTHORITY, NULL, &after);
	assert_int_equal(before, after);
	assert_non_null(json_object_get(rows, "poison.example"));
	const json_t *refused = json_object_get(result(&f, "change"), "refused");
	assert_int_equal(json_array_size(refused), 1);
	assert_string_equal(fix_text(json_array_get(refused, 0), "owner"),
			    "poison.example");
	assert_string_equal(fix_text(json_array_get(refused, 0), "order"), order);
	assert_string_equal(fix_text(result(&f, "change"), "words"), "poison: bad owner");
	assert_int_equal(alarms(&f, &alarm), 1);
	assert_string_equal(fix_text(alarm, "subject"), order);
	assert_non_null(strstr(fix_text(alarm, "text"), "poison.example"));
	assert_non_null(strstr(fix_text(alarm, "text"), "bad owner"));
	/* What is good and comes later does not make it forgotten. */
	block(&f, "[\"later.example\"]", c);
	check(&f);
	assert_int_equal(alarms(&f, &alarm), 1);
	assert_int_equal(fix_int(result(&f, "change"), "rows"), 2);
	json_t *m =
		fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "GET", "/v1/metrics", NULL);
	assert_int_equal(fix_int(m, "checks_refused"), 1);
	lift(&f, order);
	check(&f);
	assert_int_equal(alarms(&f, &alarm), 0);
	assert_string_equal(fix_text(result(&f, "change"), "verdict"), "passed");
	fix_close(&f);
}

/* Rows that are refused only beside each other are all told. */
static void
refused_together(void **state)
{
	const json_t *alarm = NULL;
	struct fix f;

	(void)state;
	fix_open(&f);
	use(&f,
	    program(&f, "named-checkzone",
		    "grep -q ^left \"$f\" && grep -q ^right \"$f\" && exit 1\nexit 0"));
	block(&f, "[\"left.example\", \"right.example\"]", overdue_case(&f));
	check(&f);
	assert_int_equal(
		json_array_size(json_object_get(result(&f, "change"), "refused")), 2);
	assert_int_equal(alarms(&f, &alarm), 1);
	assert_non_null(strstr(fix_text(alarm, "text"), "2 rows"));
	fix_close(&f);
}

/* The base too; and who is asked no more has nothing to say. */
static void
base_refused(void **state)
{
	const json_t *alarm = NULL;
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *checker = program(&f, "named-checkzone",
				      "n=$(grep -c example \"$f\")\n[ $n -gt 2 ] && exit "
				      "1\nexit 0");
	use(&f, "");
	const char *c = overdue_case(&f);
	block(&f, "[\"a.example\"]", c);
	block(&f, "[\"b.example\"]", c);
	block(&f, "[\"c.example\"]", c);
	fold(&f);
	program(&f, "named-checkzone",
		"case $(grep -c '^[abc].example' \"$f\") in 3) exit 1;; esac\nexit 0");
	use(&f, checker);
	check(&f);
	assert_string_equal(fix_text(result(&f, "base"), "verdict"), "refused");
	assert_int_equal(alarms(&f, &alarm), 1);
	assert_string_equal(fix_text(alarm, "subject"), "main");
	assert_int_equal(
		json_object_size(fix_zone(&f, AUTHORITY, "base.rpz.saluran", NULL)), 3);
	use(&f, "");
	check(&f);
	assert_int_equal(alarms(&f, &alarm), 0);
	assert_int_equal(json_array_size(checkers(&f)), 0);
	fix_close(&f);
}

/* One that crashes has said nothing: no alarm, and what it did not see it sees later. */
static void
said_nothing(void **state)
{
	const json_t *alarm = NULL;
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *checker = program(&f, "named-checkzone",
				      "grep -q ^crash \"$f\" && kill -SEGV $$\nexit 0");
	use(&f, checker);
	const char *c = overdue_case(&f);
	check(&f);
	block(&f, "[\"crash.example\", \"poison.example\"]", c);
	check(&f);
	assert_string_equal(fix_text(result(&f, "change"), "verdict"), "failed");
	assert_non_null(strstr(fix_text(result(&f, "change"), "words"), "signal 11"));
	assert_int_equal(alarms(&f, &alarm), 0);
	program(&f, "named-checkzone", "grep -q ^poison \"$f\" && exit 1\nexit 0");
	check(&f);
	assert_string_equal(fix_text(result(&f, "change"), "verdict"), "failed");
	fix_clock_add(2 * 3600 * FIX_S);
	check(&f);
	assert_string_equal(fix_text(result(&f, "change"), "verdict"), "refused");
	assert_int_equal(alarms(&f, &alarm), 1);
	fix_clock_reset();
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cannot_be_asked),  cmocka_unit_test(settings_refused),
		cmocka_unit_test(passed),	    cmocka_unit_test(row_refused),
		cmocka_unit_test(refused_together), cmocka_unit_test(base_refused),
		cmocka_unit_test(said_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
