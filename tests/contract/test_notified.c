/*
 * What became of NOTIFY at an operator, as people see it.
 */
#include "node_fixture.h"

#include <string.h>

#define AUTHORITY PARTY_AUTHORITY

static const char *
mend_of(struct fix *f, const char *origin)
{
	json_t *o = fix_must(f, AUTHORITY, f->n[AUTHORITY].auditor, "GET",
			     "/v1/operators/isp-one", NULL);
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(o, "notify"), i, v)
		if (strcmp(fix_text(v, "origin"), origin) == 0)
			return json_string_value(json_object_get(v, "mend"));
	fail_msg("no NOTIFY of %s", origin);
	return NULL;
}

/* Who refuses NOTIFY is told what mends it; not of a zone that it does not take, as long
 * as it takes others. */
static void
notify_refused(void **state)
{
	struct fix f;
	struct zone_notified n = {.operator_name = "isp-one",
				  .origin = "hot.rpz.saluran",
				  .address = "192.0.2.53",
				  .port = 53,
				  .serial = 7,
				  .attempts = 1,
				  .result = "refused"};

	(void)state;
	fix_open(&f);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/operators",
		 json_pack("{s:s, s:s, s:i}", "name", "isp-one", "address", "192.0.2.53",
			   "notify_port", 53));
	service_notified(f.n[AUTHORITY].nd, &n);
	assert_non_null(strstr(mend_of(&f, n.origin), "takes no NOTIFY"));
	fix_pulled(f.n[AUTHORITY].nd, "isp-one", n.origin, 7, "ixfr");
	assert_non_null(strstr(mend_of(&f, n.origin), "takes no NOTIFY"));
	n.origin = "rpz.saluran";
	service_notified(f.n[AUTHORITY].nd, &n);
	assert_non_null(strstr(mend_of(&f, n.origin), "nothing is wrong"));
	n.result = "badsig";
	service_notified(f.n[AUTHORITY].nd, &n);
	assert_non_null(strstr(mend_of(&f, n.origin), "another secret"));
	n.result = "acknowledged";
	service_notified(f.n[AUTHORITY].nd, &n);
	assert_null(mend_of(&f, n.origin));
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notify_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
