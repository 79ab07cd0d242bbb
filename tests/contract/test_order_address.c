/*
 * Orders for addresses: off unless the policy says which may, never for what people or
 * this node need, a third person for each; shown where an address is asked for; and in
 * the hot zone what the whole zone answers.
 */
#include "node_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "core/ipnet.h"
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
	"\"order\":{\"approvals\":1,\"ladder_steps\":2,\"max_duration_s\":1000,"
	"\"max_names\":20,\"ttl_s\":10,\"addresses\":{\"categories\":[\"terrorism\"],"
	"\"prefix4\":24,\"prefix6\":64}}}\n";

static const char *
case_of(struct fix *f, const char *reference, const char *csv)
{
	const char *c = fix_text(
		fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/notices",
			 json_pack("{s:s, s:s, s:s, s:s}", "csv", csv, "reference",
				   reference, "subject", "Konten", "legal_basis",
				   "UU 19/2016 pasal 40")),
		"case");

	fix_make_overdue(f, c);
	return c;
}

/* Two items are addresses, of the category that may. */
static const char *
allowed_case(struct fix *f)
{
	return case_of(f, "A-1",
		       "target,category\n203.0.113.7,terrorism\n203.0.113.8,terrorism\n"
		       "https://bad.example/1,other\n");
}

static json_t *
check(struct fix *f, const char *names, const char *casefile)
{
	json_t *in = fix_order(names, casefile);
	json_t *out = json_pack("{s:O, s:O}", "names", json_object_get(in, "names"),
				"cites", json_object_get(in, "cites"));

	json_decref(in);
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/orders/check",
			out);
}

static const json_t *
found(const json_t *r, const char *guard)
{
	size_t i;
	const json_t *v;

	json_array_foreach (json_object_get(r, "findings"), i, v)
		if (strcmp(fix_text(v, "guard"), guard) == 0)
			return v;
	return NULL;
}

static json_t *
draft(struct fix *f, const char *names, const char *casefile)
{
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/orders",
			fix_order(names, casefile));
}

static const char *
path(struct fix *f, const char *order, const char *act)
{
	return arena_printf(f->a, "/v1/orders/%s/%s", order, act);
}

static void
override(struct fix *f, const json_t *d)
{
	fix_must(f, AUTHORITY, f->n[AUTHORITY].approver3, "POST",
		 path(f, fix_text(d, "order"), "override"),
		 json_pack("{s:s, s:[s], s:s}", "text_sha256", fix_text(d, "text_sha256"),
			   "guards", "address_shared", "reason",
			   "The host has one tenant, who was asked."));
}

static json_t *
approve_in(const json_t *d)
{
	return json_pack("{s:s}", "text_sha256", fix_text(d, "text_sha256"));
}

static const char *
block(struct fix *f, const char *names, const char *casefile)
{
	json_t *d = draft(f, names, casefile);
	const char *order = fix_text(d, "order");

	override(f, d);
	fix_must(f, AUTHORITY, f->n[AUTHORITY].approver, "POST",
		 path(f, order, "approve"), approve_in(d));
	return order;
}

static void
lift(struct fix *f, const char *order, const char *name)
{
	json_t *in = json_pack("{s:s}", "reason", "They answered.");

	if (name != NULL)
		json_object_set_new(in, "names", json_pack("[s]", name));
	fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", path(f, order, "lift"),
		 in);
}

/* ---- what may be ordered --------------------------------------------------------------
 */

static void
guards(void **state)
{
	static const struct {
		const char *names, *guard, *says; /* guard NULL: only address_shared */
	} rows[] = {
		{"[\"203.0.113.7\"]", NULL, NULL},
		{"[\"203.0.113.0/24\"]", NULL, NULL},
		{"[\"[2001:db8::7]\"]", NULL, NULL},
		{"[\"2001:db8::/64\"]", NULL, NULL},
		{"[\"203.0.112.0/23\"]", "address", "none below 24 bits"},
		{"[\"2001:db8::/63\"]", "address", "none below 64 bits"},
		{"[\"10.0.0.7\"]", "address", "private use"},
		{"[\"127.0.0.0/24\"]", "address", "loopback"},
		{"[\"fe80::1\"]", "address", "one link only"},
		{"[\"8.8.8.8\"]", "protected", "8.8.8.0/24"},
		{"[\"198.41.0.0/24\"]", "protected", "198.41.0.4"},
		{"[\"198.51.100.53\"]", "own_name", "operator's resolver"},
		{"[\"198.51.100.0/24\"]", "own_name", "operator's resolver"},
	};
	struct fix f;

	(void)state;
	fix_open_policy(&f, policy);
	const char *c = allowed_case(&f);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/operators",
		 json_pack("{s:s, s:s}", "name", "isp-one", "address", "198.51.100.53"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *r = check(&f, rows[i].names, c);
		bool refused = rows[i].guard != NULL;
		assert_non_null(found(r, "address_shared"));
		assert_int_equal(json_is_true(json_object_get(r, "refused")), refused);
		if (!refused) {
			assert_null(found(r, "address"));
			continue;
		}
		const json_t *v = found(r, rows[i].guard);
		if (v == NULL || strstr(fix_text(v, "text"), rows[i].says) == NULL)
			fail_msg("%s: no %s that says %s", rows[i].names, rows[i].guard,
				 rows[i].says);
		fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/orders",
			    fix_order(rows[i].names, c), RC_DENIED, "");
	}
	/* What is there of the cited items, and how much it is. */
	json_t *r = check(&f, "[\"203.0.113.0/24\"]", c);
	const char *text = fix_text(found(r, "address_shared"), "text");
	assert_non_null(strstr(text, "256 addresses"));
	assert_non_null(strstr(text, "2 of 3 cited items"));
	assert_null(found(r, "no_items"));
	assert_non_null(found(check(&f, "[\"203.0.113.9\"]", c), "no_items"));
	/* Bits behind the prefix are a slip; and an address has no wildcard. */
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/orders",
		    fix_order("[\"203.0.113.7/24\"]", c), RC_INVALID,
		    "behind the prefix");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/orders",
		    fix_order("[\"*.203.0.113.7\"]", c), RC_INVALID, "");
	fix_close(&f);
}

/* Every cited case, and there is one, is about such a category. */
static void
by_category(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, policy);
	const char *good = allowed_case(&f);
	const char *bad = fix_send(&f, "B-1", "bad.example", 2);
	fix_make_overdue(&f, bad);
	assert_null(found(check(&f, "[\"203.0.113.7\"]", good), "address"));
	const json_t *v = found(check(&f, "[\"203.0.113.7\"]", bad), "address");
	assert_non_null(v);
	assert_non_null(strstr(fix_text(v, "text"), "terrorism"));
	json_t *in = json_pack("{s:[s], s:[s, s]}", "names", "203.0.113.7", "cites", good,
			       bad);
	json_t *r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
			     "/v1/orders/check", in);
	assert_non_null(found(r, "address"));
	in = json_pack("{s:[s], s:[], s:b}", "names", "203.0.113.7", "cites", "emergency",
		       1);
	r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/orders/check",
		     in);
	assert_non_null(found(r, "address"));
	/* A policy that says nothing of addresses lets nobody. */
	fix_close(&f);
	fix_open(&f);
	good = allowed_case(&f);
	v = found(check(&f, "[\"203.0.113.7\"]", good), "address");
	assert_non_null(v);
	assert_non_null(strstr(fix_text(v, "text"), "lets no order name one"));
	fix_close(&f);
}

/* ---- in force -------------------------------------------------------------------------
 */

static json_t *
lookup(struct fix *f, const char *address)
{
	return fix_must(f, AUTHORITY, NULL, "GET", "/v1/lookup",
			json_pack("{s:s}", "name", address));
}

static void
life(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, policy);
	const char *c = allowed_case(&f);
	json_t *d =
		draft(&f, "[\"203.0.113.0/24\", \"2001:DB8::7\", \"bad.example\"]", c);
	const char *order = fix_text(d, "order");
	assert_non_null(strstr(fix_text(d, "text"), "- 203.0.113.0/24\n"));
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST",
		    path(&f, order, "approve"), approve_in(d), RC_CONFLICT,
		    "address_shared");
	override(&f, d);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST",
		 path(&f, order, "approve"), approve_in(d));
	json_t *rows = fix_zone(&f, AUTHORITY, NULL, NULL);
	assert_int_equal(json_object_size(rows), 3);
	assert_non_null(json_object_get(rows, "24.0.113.0.203.rpz-ip"));
	assert_non_null(json_object_get(rows, "128.7.zz.db8.2001.rpz-ip"));
	static const struct {
		const char *asked, *covering;
	} asked[] = {
		{"203.0.113.7", "203.0.113.0/24"},
		{"203.0.113.128/25", "203.0.113.0/24"},
		{"203.0.113.0/24", "203.0.113.0/24"},
		{"203.0.112.7", NULL},
		{"203.0.112.0/23", NULL},
		{"[2001:db8::7]", "2001:db8::7"},
		{"2001:db8::8", NULL},
	};
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		json_t *r = lookup(&f, asked[i].asked);
		const json_t *first = json_array_get(json_object_get(r, "orders"), 0);
		assert_int_equal(json_is_true(json_object_get(r, "blocked")),
				 asked[i].covering != NULL);
		if (asked[i].covering != NULL)
			assert_string_equal(fix_text(first, "covering"),
					    asked[i].covering);
	}
	json_t *r = fix_must(&f, AUTHORITY, NULL, "GET", "/v1/register",
			     json_pack("{s:s}", "name", "203.0.113.0/24"));
	assert_int_equal(json_array_size(json_object_get(r, "entries")), 1);
	r = fix_must(&f, AUTHORITY, NULL, "POST", "/v1/objections",
		     json_pack("{s:s, s:s, s:s}", "name", "203.0.113.99", "text",
			       "My shop is there.", "contact", "owner@shop.example"));
	assert_non_null(json_object_get(r, "reference"));
	/* A part is lifted by the name that the order has. */
	lift(&f, order, "203.0.113.0/24");
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, NULL, NULL)), 2);
	assert_false(json_is_true(json_object_get(lookup(&f, "203.0.113.7"), "blocked")));
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_reopen(&f, AUTHORITY);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, NULL, NULL)), 2);
	fix_close(&f);
}

/* What came to be needed since the draft is kept by the last gate. */
static void
last_gate(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, policy);
	json_t *d = draft(&f, "[\"203.0.113.0/24\"]", allowed_case(&f));
	override(&f, d);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/operators",
		 json_pack("{s:s, s:s}", "name", "isp-one", "address", "203.0.113.53"));
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST",
		 path(&f, fix_text(d, "order"), "approve"), approve_in(d));
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, NULL, NULL)), 0);
	const json_t *held = json_object_get(
		fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "GET", "/v1/zones", NULL),
		"held");
	assert_int_equal(json_array_size(held), 1);
	assert_string_equal(
		json_string_value(json_array_get(
			json_object_get(json_array_get(held, 0), "guards"), 0)),
		"own_name");
	fix_close(&f);
}

/* ---- the hot zone ---------------------------------------------------------------------
 */

static const char *
zone_answer(struct fix *f, const json_t *rows, const struct ipnet *at)
{
	const char *says = NULL;

	for (int prefix = ipnet_bits(at); says == NULL && prefix > 0; prefix--) {
		struct ipnet n = ipnet_around(at, prefix);
		says = json_string_value(json_object_get(rows, ipnet_owner(f->a, &n)));
	}
	return says;
}

static const char *
free_is_null(const char *says)
{
	return says != NULL && strcmp(says, "passthru") == 0 ? NULL : says;
}

/* The pair answers for each address as the whole zone does. */
static void
assert_pair(struct fix *f, const char *what)
{
	static const char *const pool[] = {"203.0.113.7",   "203.0.113.8",
					   "203.0.113.200", "203.0.114.1",
					   "2001:db8::1",   "2001:db8:0:1::1"};
	const json_t *whole = fix_zone(f, AUTHORITY, NULL, NULL);
	const json_t *hot = fix_zone(f, AUTHORITY, "hot." MAIN, NULL);
	const json_t *base = fix_zone(f, AUTHORITY, "base." MAIN, NULL);
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof(pool) / sizeof(pool[0]); i++) {
		struct ipnet at;
		fix_ok(ipnet_parse(pool[i], strlen(pool[i]), &at, &e), &e, pool[i]);
		const char *says = zone_answer(f, hot, &at);
		const char *pair =
			free_is_null(says != NULL ? says : zone_answer(f, base, &at));
		const char *want = free_is_null(zone_answer(f, whole, &at));
		if ((pair == NULL) != (want == NULL))
			fail_msg("%s: %s is %s, not %s", what, pool[i],
				 pair == NULL ? "free" : "blocked",
				 want == NULL ? "free" : "blocked");
	}
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

static void
networks_within_networks(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, policy);
	const char *c = allowed_case(&f);
	const char *wide = block(&f, "[\"203.0.113.0/24\", \"2001:db8::/64\"]", c);
	const char *narrow = block(&f, "[\"203.0.113.7\", \"203.0.113.128/25\"]", c);
	assert_pair(&f, "blocked");
	fold(&f);
	fold(&f);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "hot." MAIN, NULL)), 0);
	assert_pair(&f, "folded");
	/* The wide one goes, the narrow ones within it stay. */
	lift(&f, wide, NULL);
	assert_pair(&f, "the network is lifted");
	fold(&f);
	assert_pair(&f, "the network is lifted, and folded");
	wide = block(&f, "[\"203.0.113.0/24\"]", c);
	assert_pair(&f, "the network is blocked again");
	fold(&f);
	fold(&f);
	/* The narrow ones go, the network around them stays. */
	lift(&f, narrow, NULL);
	assert_pair(&f, "what is within is lifted");
	lift(&f, wide, NULL);
	assert_pair(&f, "all is lifted");
	fold(&f);
	assert_pair(&f, "all is lifted, and folded");
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guards),
		cmocka_unit_test(by_category),
		cmocka_unit_test(life),
		cmocka_unit_test(last_gate),
		cmocka_unit_test(networks_within_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
