/*
 * The zones beside the zones (adr 0060): the register's number of every name that is
 * blocked, of none that is let go, and only for those whose resolver can use them.
 */
#include "node_fixture.h"

#include <string.h>

#include "service/node_int.h"
#include "service/zone_int.h"

#define AUTHORITY PARTY_AUTHORITY
#define MAIN	  "rpz.saluran"

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
	"\"order\":{\"approvals\":1,\"ladder_steps\":2,\"max_duration_s\":100000,"
	"\"max_names\":20,\"ttl_s\":10,\"addresses\":{\"categories\":[\"terrorism\"],"
	"\"prefix4\":24,\"prefix6\":64}}}\n";

static const char *
overdue_case(struct fix *f)
{
	const char *csv = "target,category\n203.0.113.7,terrorism\n"
			  "https://bad.example/1,other\n";
	const char *c = fix_text(
		fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/notices",
			 json_pack("{s:s, s:s, s:s, s:s}", "csv", csv, "reference", "W-1",
				   "subject", "Konten", "legal_basis", "UU 19/2016")),
		"case");

	fix_make_overdue(f, c);
	return c;
}

/* In force; its number in the register. */
static const char *
block(struct fix *f, const char *names, const char *casefile, bool address,
      const char **ret_order)
{
	const struct fix_node *n = &f->n[AUTHORITY];
	json_t *d = fix_must(f, AUTHORITY, n->officer, "POST", "/v1/orders",
			     fix_order(names, casefile));
	const char *order = fix_text(d, "order"), *text = fix_text(d, "text_sha256");

	if (address)
		fix_must(f, AUTHORITY, n->approver3, "POST",
			 arena_printf(f->a, "/v1/orders/%s/override", order),
			 json_pack("{s:s, s:[s], s:s}", "text_sha256", text, "guards",
				   "address_shared", "reason", "One tenant."));
	fix_must(f, AUTHORITY, n->approver, "POST",
		 arena_printf(f->a, "/v1/orders/%s/approve", order),
		 json_pack("{s:s}", "text_sha256", text));
	*ret_order = order;
	return fix_text(fix_must(f, AUTHORITY, NULL, "GET",
				 arena_printf(f->a, "/v1/register/%s", order), NULL),
			"ref");
}

static void
lift(struct fix *f, const char *order)
{
	fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
		 arena_printf(f->a, "/v1/orders/%s/lift", order),
		 json_pack("{s:s}", "reason", "They answered."));
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

/* What the zone beside `origin` says of a name; NULL: nothing. */
static const char *
number_of(struct fix *f, const char *origin, const char *name)
{
	const json_t *rows =
		fix_zone(f, AUTHORITY, arena_printf(f->a, "_why.%s", origin), NULL);

	return json_string_value(
		json_object_get(rows, arena_printf(f->a, "%s._saluran-order", name)));
}

static void
assert_number(struct fix *f, const char *origin, const char *name, const char *ref)
{
	const char *says = number_of(f, origin, name);
	const char *want = arena_printf(f->a, "txt %s", ref);

	if (says == NULL || strcmp(says, want) != 0)
		fail_msg("%s of %s is %s, not %s", name, origin,
			 says == NULL ? "nothing" : says, want);
}

/* Each zone has the numbers of its own rows, the serial of that zone, and nothing of
 * addresses and of what is let go. */
static void
numbers(void **state)
{
	struct fix f;
	const char *one, *two, *net;
	uint32_t serial, beside;

	(void)state;
	fix_open_policy(&f, policy);
	const char *c = overdue_case(&f);
	const char *ref =
		block(&f, "[\"bad.example\", \"*.worse.example\"]", c, false, &one);
	assert_number(&f, MAIN, "bad.example", ref);
	assert_number(&f, MAIN, "worse.example", ref);
	assert_number(&f, MAIN, "*.worse.example", ref);
	assert_number(&f, "hot." MAIN, "bad.example", ref);
	fix_zone(&f, AUTHORITY, "hot." MAIN, &serial);
	fix_zone(&f, AUTHORITY, "_why.hot." MAIN, &beside);
	assert_int_equal(serial, beside);

	const char *second = block(&f, "[\"next.example\"]", c, false, &two);
	assert_string_not_equal(ref, second);
	assert_number(&f, "hot." MAIN, "next.example", second);
	block(&f, "[\"203.0.113.7\"]", c, true, &net);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, MAIN, NULL)), 5);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "_why." MAIN, NULL)),
			 4);

	fold(&f);
	fold(&f);
	assert_int_equal(
		json_object_size(fix_zone(&f, AUTHORITY, "_why.hot." MAIN, NULL)), 0);
	assert_number(&f, "base." MAIN, "bad.example", ref);
	fix_zone(&f, AUTHORITY, "base." MAIN, &serial);
	fix_zone(&f, AUTHORITY, "_why.base." MAIN, &beside);
	assert_int_equal(serial, beside);

	/* A name that is let go stands in the hot zone, and has no number there. */
	lift(&f, one);
	assert_string_equal(
		json_string_value(json_object_get(
			fix_zone(&f, AUTHORITY, "hot." MAIN, NULL), "bad.example")),
		"passthru");
	assert_null(number_of(&f, "hot." MAIN, "bad.example"));
	assert_null(number_of(&f, MAIN, "bad.example"));
	assert_number(&f, MAIN, "next.example", second);
	fix_close(&f);
}

/* A name that leaves no room for the label behind it is blocked, and has no number. */
static void
long_names(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	const char *order;
	struct zone_origin unused;

	(void)state;
	fix_open_policy(&f, policy);
	const char *c = overdue_case(&f);
	char label[64];
	memset(label, 'a', sizeof(label) - 1);
	label[sizeof(label) - 1] = '\0';
	const char *name =
		arena_printf(f.a, "%s.%s.%s.%.30s.example", label, label, label, label);
	block(&f, arena_printf(f.a, "[\"%s\"]", name), c, false, &order);
	assert_non_null(json_object_get(fix_zone(&f, AUTHORITY, MAIN, NULL), name));
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "_why." MAIN, NULL)),
			 0);
	/* Nor is there such a zone of a zone that is not. */
	assert_int_equal(service_zone_rows(f.n[AUTHORITY].nd, "_why._why." MAIN, &unused,
					   NULL, NULL, &e),
			 RC_NOT_FOUND);
	fix_close(&f);
}

static const struct zone_operator *
served(struct fix *f, const char *name)
{
	const struct zone_operator *all;
	struct err e = ERR_INIT;
	size_t n;

	fix_ok(service_operators(f->n[AUTHORITY].nd, f->a, &all, &n, &e), &e,
	       "operators");
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
	fail_msg("there is no operator %s", name);
	return NULL;
}

static bool
may_have(const struct zone_operator *o, const char *origin)
{
	for (size_t i = 0; i < o->n_zones; i++)
		if (strcmp(o->zones[i], origin) == 0)
			return true;
	return false;
}

static void
who_may(void **state)
{
	static const struct {
		const char *resolver, *layout; /* resolver NULL: not said */
		bool pair, whole;
	} rows[] = {
		{"powerdns", "pair", true, false},
		{"knot-resolver", "pair", true, false},
		{"powerdns", "whole", false, true},
		{"knot-resolver", "all", true, true},
		{"bind", "pair", false, false},
		{"unbound", "all", false, false},
		{"nsd", "pair", false, false},
		{"knot", "whole", false, false},
		{NULL, "pair", false, false},
	};
	struct fix f;
	uint32_t serial;

	(void)state;
	fix_open(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *name = arena_printf(f.a, "isp-%zu", i);
		fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/operators",
			 json_pack("{s:s, s:s, s:s*, s:s}", "name", name, "address",
				   "192.0.2.53", "resolver", rows[i].resolver, "layout",
				   rows[i].layout));
		const struct zone_operator *o = served(&f, name);
		assert_int_equal(may_have(o, "_why.hot." MAIN), rows[i].pair);
		assert_int_equal(may_have(o, "_why.base." MAIN), rows[i].pair);
		assert_int_equal(may_have(o, "_why." MAIN), rows[i].whole);
		assert_int_equal(may_have(o, "hot." MAIN),
				 strcmp(rows[i].layout, "whole") != 0);
	}

	/* Who fetched the numbers has pulled nothing yet. */
	fix_zone(&f, AUTHORITY, "_why.hot." MAIN, &serial);
	fix_pulled(f.n[AUTHORITY].nd, "isp-0", "_why.hot." MAIN, serial, "axfr");
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT coalesce(max(pulled_serial), 0) FROM operator "
				   "WHERE name = 'isp-0'"),
			 0);
	fix_pulled(f.n[AUTHORITY].nd, "isp-0", "hot." MAIN, serial, "axfr");
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT max(pulled_serial) FROM operator "
				   "WHERE name = 'isp-0'"),
			 serial);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(long_names),
		cmocka_unit_test(who_may),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
