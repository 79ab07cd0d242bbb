/*
 * What the last gate holds is looked at again, and what it counts: names that come into
 * each zone within a day, and rows that come into its hot zone with a wildcard.
 */
#include "node_fixture.h"

#include <inttypes.h>
#include <string.h>

#include "service/node_int.h"

#define AUTHORITY PARTY_AUTHORITY
#define MAIN	  "rpz.saluran"
#define HOUR	  (3600 * FIX_S)

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
	"\"max_names\":60,\"ttl_s\":10,\"delta_max\":60}}\n";

static const char *
start(struct fix *f)
{
	fix_open_policy(f, policy);
	const char *c = fix_send(f, "H-1", "bad.example", 2);
	fix_make_overdue(f, c);
	return c;
}

static const char *
approved(struct fix *f, const char *names, const char *territory, const char *casefile)
{
	json_t *in = fix_order(names, casefile);
	char when[CLOCK_TEXT_LEN];

	json_object_set_new(in, "ends",
			    json_string(clock_format(clock_now_us() + 72 * HOUR, when)));
	if (territory != NULL)
		json_object_set_new(in, "territories", json_pack("[s]", territory));
	json_t *r =
		fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/orders", in);
	fix_must(f, AUTHORITY, f->n[AUTHORITY].approver, "POST",
		 arena_printf(f->a, "/v1/orders/%s/approve", fix_text(r, "order")),
		 json_pack("{s:s}", "text_sha256", fix_text(r, "text_sha256")));
	return fix_text(r, "order");
}

static void
tick(struct fix *f)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	fix_ok(service_tick(f->n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
}

static int64_t
alarms(struct fix *f, const char *kind)
{
	return fix_query(f, AUTHORITY,
			 arena_printf(f->a,
				      "SELECT count(*) FROM alarm WHERE kind = '%s' AND "
				      "cleared_us = 0",
				      kind));
}

/* What is found against the order that is held first; NULL: none is. */
static const char *
finding(struct fix *f)
{
	json_t *r =
		fix_must(f, AUTHORITY, f->n[AUTHORITY].auditor, "GET", "/v1/zones", NULL);
	const json_t *held = json_array_get(json_object_get(r, "held"), 0);

	return held == NULL
		       ? NULL
		       : fix_text(json_array_get(json_object_get(held, "findings"), 0),
				  "text");
}

static void
lift(struct fix *f, const char *order)
{
	fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
		 arena_printf(f->a, "/v1/orders/%s/lift", order),
		 json_pack("{s:s}", "reason", "They answered."));
}

static void
zone_add(struct fix *f, const char *name, const char *origin, const char *territory)
{
	fix_must(f, AUTHORITY, f->n[AUTHORITY].admin, "POST", "/v1/zones",
		 json_pack("{s:s, s:s, s:s}", "name", name, "origin", origin, "territory",
			   territory));
}

/* A list that is mended lets the order out, which is told; as long as it is not, nothing
 * moves, and nothing is written either. */
static void
mended_list(void **state)
{
	struct guard_service service = {"bad.example", "Bad: every page of it"};
	struct fix f;

	(void)state;
	const char *c = start(&f);
	struct node *nd = f.n[AUTHORITY].nd;
	const struct guard_lists lists = nd->lists;
	json_t *r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/orders",
			     fix_order("[\"bad.example\"]", c));
	nd->lists.services = &service;
	nd->lists.n_services = 1;
	const char *order = fix_text(r, "order");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST",
		 arena_printf(f.a, "/v1/orders/%s/approve", order),
		 json_pack("{s:s}", "text_sha256", fix_text(r, "text_sha256")));
	const char *found = finding(&f);
	assert_non_null(found);
	tick(&f);
	assert_string_equal(finding(&f), found);
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "");
	/* What is found is what is shown. */
	service.service = "Bad: every page of it, and the mail";
	fix_clock_add(61 * FIX_S);
	tick(&f);
	assert_non_null(strstr(finding(&f), "and the mail"));
	assert_int_equal(alarms(&f, "zone_held"), 1);
	nd->lists = lists;
	tick(&f); /* within the minute */
	assert_non_null(finding(&f));
	fix_clock_add(61 * FIX_S);
	tick(&f);
	assert_null(finding(&f));
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "bad.example");
	assert_int_equal(alarms(&f, "zone_held"), 0);
	assert_int_equal(alarms(&f, "zone_let_out"), 1);
	lift(&f, order);
	assert_int_equal(alarms(&f, "zone_let_out"), 0);
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "");
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_clock_reset();
	fix_close(&f);
}

/* `n` names have come into a zone just now, as by orders of another channel. */
static void
names_came(struct fix *f, const char *zone, int n)
{
	fix_query(
		f, AUTHORITY,
		arena_printf(f->a,
			     "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 "
			     "FROM i WHERE n < %d) INSERT INTO zone_change (zone, layer, "
			     "serial, owner, old, new, order_id, at_us) SELECT '%s', 0, "
			     "z.serial, 'other.n' || i.n, NULL, 'nxdomain', 'x', "
			     "%" PRId64 " FROM i, zone z WHERE z.name = '%s' RETURNING 1",
			     n, zone, clock_now_us(), zone));
}

/* A zone of a territory that has changed enough keeps out what would change it more, and
 * lets through what does not stand in it; a day later it is another day. */
static void
delta_by_zone(void **state)
{
	struct fix f;

	(void)state;
	const char *c = start(&f);
	zone_add(&f, "jakarta", "jakarta.example", "id-jk");
	zone_add(&f, "bali", "bali.example", "id-ba");
	names_came(&f, "jakarta", 60);
	approved(&f, "[\"a.example\"]", "id-ba", c);
	assert_null(finding(&f));
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "bali.example", NULL)),
			 1);
	approved(&f, "[\"b.example\"]", NULL, c);
	assert_non_null(finding(&f));
	assert_non_null(
		strstr(finding(&f), "60 names came into the zone jakarta.example"));
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "");
	fix_clock_add(25 * HOUR);
	tick(&f);
	assert_null(finding(&f));
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "b.example");
	assert_int_equal(alarms(&f, "zone_let_out"), 1);
	/* Told for a day. */
	fix_clock_add(25 * HOUR);
	tick(&f);
	assert_int_equal(alarms(&f, "zone_let_out"), 0);
	fix_clock_reset();
	fix_close(&f);
}

/* A wildcard brings all that stands below it into the hot zone. */
static void
delta_of_the_hot_zone(void **state)
{
	struct fix f;

	(void)state;
	const char *c = start(&f);
	const char *order = approved(&f, "[\"x.big.example\"]", NULL, c);
	fix_query(
		&f, AUTHORITY,
		arena_printf(f.a,
			     "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 "
			     "FROM i WHERE n < 120) INSERT INTO zone_row SELECT 'main', "
			     "0, 'example.big.n' || n, 'nxdomain', '%s' FROM i "
			     "RETURNING 1",
			     order));
	approved(&f, "[\"big.example\"]", NULL, c);
	assert_null(finding(&f));
	approved(&f, "[\"*.big.example\"]", NULL, c);
	assert_non_null(finding(&f));
	assert_non_null(strstr(finding(&f), "121 rows into hot." MAIN));
	fix_clock_reset();
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mended_list),
		cmocka_unit_test(delta_by_zone),
		cmocka_unit_test(delta_of_the_hot_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
