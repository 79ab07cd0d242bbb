/*
 * Stores that are not what was published: after a copy was put back every serial is past
 * all that were given out, and whoever has one of those gets the whole zone, not a
 * difference to what it never had; a resolver that shows a serial from nowhere has the
 * zones given anew, but not at its pleasure.
 */
#include "node_fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/node_int.h"
#include "service/zone_int.h"

#define AUTHORITY PARTY_AUTHORITY
#define MAIN	  "rpz.saluran"
#define DAY_S	  86400

static const char policy[] =
	"{\"name\":\"test\",\"version\":1,\"title\":{\"en\":\"Test\",\"id\":\"Uji\"},"
	"\"source\":\"Invented.\",\"classes\":["
	"{\"code\":\"normal\",\"accept_s\":100,\"decide_s\":100},"
	"{\"code\":\"urgent\",\"accept_s\":10,\"decide_s\":20}],"
	"\"categories\":[{\"code\":\"terrorism\",\"name\":{\"en\":\"Terrorism\","
	"\"id\":\"Terorisme\"},\"class\":\"urgent\"},{\"code\":\"other\",\"name\":"
	"{\"en\":\"Other\",\"id\":\"Lainnya\"},\"class\":\"normal\"}],"
	"\"ladder\":[{\"act\":\"remind\",\"after_s\":10},"
	"{\"act\":\"warn\",\"level\":1,\"after_s\":10}],"
	"\"order\":{\"approvals\":1,\"ladder_steps\":2,\"max_duration_s\":1000000,"
	"\"max_names\":20,\"ttl_s\":10,\"delta_max\":100000}}\n";

static const char *const origins[] = {MAIN, "hot." MAIN, "base." MAIN};
#define N_ORIGINS (sizeof(origins) / sizeof(origins[0]))

static const char *
block(struct fix *f, const char *name, const char *casefile)
{
	const struct fix_node *n = &f->n[AUTHORITY];
	json_t *d = fix_must(f, AUTHORITY, n->officer, "POST", "/v1/orders",
			     fix_order(arena_printf(f->a, "[\"%s\"]", name), casefile));

	fix_must(f, AUTHORITY, n->approver, "POST",
		 arena_printf(f->a, "/v1/orders/%s/approve", fix_text(d, "order")),
		 json_pack("{s:s}", "text_sha256", fix_text(d, "text_sha256")));
	return fix_text(d, "order");
}

static const char *
overdue_case(struct fix *f)
{
	const char *c = fix_send(f, "G-1", "bad.example", 2);

	fix_make_overdue(f, c);
	return c;
}

static uint32_t
serial_of(struct fix *f, const char *origin)
{
	uint32_t serial;

	fix_zone(f, AUTHORITY, origin, &serial);
	return serial;
}

static const char *
file(struct fix *f, const char *name)
{
	return arena_printf(f->a, "%s/%s", f->n[AUTHORITY].dir, name);
}

static void
keep(struct fix *f)
{
	fix_shut(f, AUTHORITY);
	fix_store_keep(f, AUTHORITY, "kept");
	fix_copy(file(f, "zone.serial"), file(f, "kept.serial"));
	fix_reopen(f, AUTHORITY);
}

static void
put_back(struct fix *f, bool serial_too)
{
	fix_shut(f, AUTHORITY);
	fix_store_put_back(f, AUTHORITY, "kept");
	if (serial_too)
		fix_copy(file(f, "kept.serial"), file(f, "zone.serial"));
	fix_reopen(f, AUTHORITY);
}

static enum rc
on_row(void *arg, const struct rpzrow *row, bool added, struct err *e)
{
	(void)arg, (void)row, (void)added, (void)e;
	return RC_OK;
}

/* Whoever has `serial` of any zone gets the whole of it. */
static void
assert_unknown(struct fix *f, uint32_t serial)
{
	for (size_t i = 0; i < N_ORIGINS; i++) {
		struct err e = ERR_INIT;
		uint32_t now = serial_of(f, origins[i]);
		assert_true(now > serial);
		assert_int_equal(service_zone_changes(f->n[AUTHORITY].nd, origins[i],
						      serial, now, on_row, NULL, &e),
				 RC_NOT_FOUND);
	}
}

static int64_t
told(struct fix *f)
{
	return fix_query(f, AUTHORITY,
			 "SELECT count(*) FROM alarm WHERE kind = 'zone_ahead' AND "
			 "cleared_us = 0");
}

/* Two stores that went on from one copy draw the same serials for other names. */
static void
a_copy_is_put_back(void **state)
{
	enum { CHANGES = 5 };
	uint32_t given[CHANGES], kept;
	struct stat st;
	struct fix f;

	(void)state;
	fix_open_policy(&f, policy);
	const char *c = overdue_case(&f);
	block(&f, "bad.example", c);
	kept = serial_of(&f, MAIN);
	keep(&f);
	assert_int_equal(serial_of(&f, MAIN), kept); /* a start moves nothing */
	for (int i = 0; i < CHANGES; i++) {
		block(&f, arena_printf(f.a, "n%d.example", i), c);
		given[i] = serial_of(&f, "hot." MAIN);
	}
	assert_int_equal(stat(file(&f, "zone.serial"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	put_back(&f, false);
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "bad.example");
	assert_unknown(&f, kept);
	for (int i = 0; i < CHANGES; i++)
		assert_unknown(&f, given[i]);
	/* It is past them once: the next start moves nothing. */
	uint32_t anew = serial_of(&f, MAIN);
	fix_reopen(&f, AUTHORITY);
	assert_int_equal(serial_of(&f, MAIN), anew);
	fix_rebuilt_equal(&f, AUTHORITY);
	assert_int_equal(serial_of(&f, MAIN), anew);
	fix_close(&f);
}

/* The whole directory was put back, or another node runs with its keys: nothing here
 * tells, but resolvers do. */
static void
a_resolver_is_ahead(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, policy);
	struct node *nd = f.n[AUTHORITY].nd;
	const char *c = overdue_case(&f);
	block(&f, "bad.example", c);
	uint32_t before = serial_of(&f, "hot." MAIN);
	uint32_t now_s = (uint32_t)(clock_now_us() / FIX_S);
	/* What was given out is no news. */
	fix_pulled(nd, "isp-one", "hot." MAIN, before, "ahead");
	assert_int_equal(serial_of(&f, "hot." MAIN), before);
	assert_int_equal(told(&f), 0);

	uint32_t theirs = now_s + 1000;
	fix_pulled(nd, "isp-one", "hot." MAIN, theirs, "ahead");
	uint32_t anew = serial_of(&f, "hot." MAIN);
	assert_true(anew > theirs);
	assert_unknown(&f, before);
	assert_unknown(&f, theirs);
	assert_int_equal(told(&f), 1);
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "bad.example");

	/* Not again and again, and not to the end of all serials. */
	fix_pulled(nd, "isp-one", "hot." MAIN, anew + 1, "ahead");
	assert_int_equal(serial_of(&f, "hot." MAIN), anew);
	fix_pulled(nd, "isp-one", "hot." MAIN, now_s + 3 * DAY_S, "ahead");
	assert_int_equal(serial_of(&f, "hot." MAIN), anew);
	assert_int_equal(told(&f), 1);
	/* Nor does it count as pulled. */
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM operator_host"),
			 0);

	/* A person may. */
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST", "/v1/zone/renew",
		    NULL, RC_DENIED, "");
	json_t *r =
		fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/zone/renew",
			 json_pack("{s:i}", "past", (int)(now_s + 3 * DAY_S)));
	assert_true(fix_int(json_array_get(json_object_get(r, "zones"), 0), "serial") >
		    now_s + 3 * DAY_S);
	assert_unknown(&f, now_s + 3 * DAY_S);
	assert_int_equal(told(&f), 0);
	/* Changes go on from there, as differences. */
	uint32_t from = serial_of(&f, MAIN);
	struct err e = ERR_INIT;
	block(&f, "next.example", c);
	fix_ok(service_zone_changes(nd, MAIN, from, serial_of(&f, MAIN), on_row, NULL,
				    &e),
	       &e, "changes");
	fix_close(&f);
}

/* The file says too much to be passed over. */
static void
a_damaged_file(void **state)
{
	static const char *const texts[] = {"", "12\n", "99999999999\n", "000000000x\n"};
	struct fix f;

	(void)state;
	fix_open_policy(&f, policy);
	serial_of(&f, MAIN);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct err e = ERR_INIT;
		struct node *nd = NULL;
		fix_shut(&f, AUTHORITY);
		fix_copy(file(&f, "zone.serial"), file(&f, "kept.serial"));
		FILE *out = fopen(file(&f, "zone.serial"), "w");
		assert_non_null(out);
		assert_true(fputs(texts[i], out) >= 0);
		assert_int_equal(fclose(out), 0);
		assert_int_equal(node_open(f.n[AUTHORITY].dir, &nd, &e), RC_CORRUPT);
		assert_non_null(strstr(e.text, "zone.serial"));
		fix_copy(file(&f, "kept.serial"), file(&f, "zone.serial"));
		fix_reopen(&f, AUTHORITY);
	}
	/* Without it the store is believed. */
	uint32_t before = serial_of(&f, MAIN);
	unlink(file(&f, "zone.serial"));
	fix_reopen(&f, AUTHORITY);
	assert_int_equal(serial_of(&f, MAIN), before);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_is_put_back),
		cmocka_unit_test(a_resolver_is_ahead),
		cmocka_unit_test(a_damaged_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
