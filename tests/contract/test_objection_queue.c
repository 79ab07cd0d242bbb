/*
 * Objections that wait to enter the log, and how many one address may send.
 */
#include "node_fixture.h"

#include "service/recovery.h"

#define AUTHORITY PARTY_AUTHORITY

static const char *
order_in_force(struct fix *f, const char *reference, const char *names)
{
	const char *c = fix_send(f, reference, "bad.example", 2);

	fix_make_overdue(f, c);
	json_t *in = fix_order(names, c);
	json_t *r =
		fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/orders", in);
	const char *id = fix_text(r, "order");
	const char *approvers[] = {f->n[AUTHORITY].approver, f->n[AUTHORITY].approver2};
	for (size_t i = 0; i < 2; i++)
		fix_must(f, AUTHORITY, approvers[i], "POST",
			 arena_printf(f->a, "/v1/orders/%s/approve", id),
			 json_pack("{s:s}", "text_sha256", fix_text(r, "text_sha256")));
	return id;
}

/* Many that wait for a log which takes nothing now keep nobody else's out. */
static void
frozen_are_passed_by(void **state)
{
	enum { FROZEN = 130, NO_CHANNEL = 5 };
	static const char put[] = "INSERT INTO objection_inbox VALUES ('x%d', %d, 'y%d', "
				  "'objection', 'id', "
				  "'t', NULL, 'h', 'c', 1, 2, 3, 0, NULL)";
	struct fix f;
	struct node *nd;

	(void)state;
	fix_open(&f);
	nd = f.n[AUTHORITY].nd;
	const char *order = order_in_force(&f, "S-1", "[\"a.example\"]");
	for (int i = 0; i < FROZEN; i++)
		fix_query(&f, AUTHORITY, arena_printf(f.a, put, i, (int)NO_CHANNEL, i));
	recovery_set(nd, NO_CHANNEL, LOG_HALTED, "its log is not what was signed");
	fix_must(&f, AUTHORITY, NULL, "POST", "/v1/objections",
		 json_pack("{s:s, s:s}", "order", order, "text",
			   "Mine is of a log that goes on."));
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "objection.open"), 1);
	assert_int_equal(
		fix_query(&f, AUTHORITY,
			  "SELECT count(*) FROM objection_inbox WHERE admitted_us = 0"),
		FROZEN);
	recovery_set(nd, NO_CHANNEL, LOG_OPEN, "it is");
	fix_close(&f);
}

/* One address sends so many in a day; what people type in on the node's own machine comes
 * from no address. */
static void
many_of_one_address(void **state)
{
	enum { DAY = 20 };
	static const char *const addresses[] = {"192.0.2.7", NULL};
	const struct service_route *route;
	struct reply out;
	struct err e = ERR_INIT;
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *order = order_in_force(&f, "S-1", "[\"a.example\"]");
	assert_int_equal(service_route_find("POST", "/v1/objections", NULL, &route, &e),
			 RC_OK);
	for (int k = 0; k < 2; k++)
		for (int i = 0; i <= DAY; i++) {
			json_t *in = json_pack("{s:s, s:s}", "order", order, "text",
					       arena_printf(f.a, "From %d, %d.", k, i));
			enum rc rc = service_run(f.n[AUTHORITY].nd, f.a, route,
						 actor_stranger(f.a, addresses[k]), in,
						 &out, &e);
			assert_int_equal(rc, k == 0 && i == DAY ? RC_LIMIT : RC_OK);
			json_decref(in);
		}
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frozen_are_passed_by),
		cmocka_unit_test(many_of_one_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
