/*
 * What the policy asks of a draft holds in the fold: whoever leaves a guard out of a
 * draft, past their own node, makes nothing of it, on this node and after a rebuild.
 */
#include "foe.h"

#include <stdlib.h>
#include <string.h>

#include "core/policy_vote.h"

#define NODE PARTY_PLATFORM

#define CASE_1 "01980000-0000-7000-8000-000000000001"
#define CASE_3 "01980000-0000-7000-8000-000000000003"
#define ORDER3 "01980000-0000-7000-8000-0000000000a3"
/* SHA-256 of "x" */
#define HASH_X "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

/* One that differs in its members only. */
#define DRAFT_OF(members)                                                                \
	"{\"order\":\"" ORDER3 "\",\"action\":\"nxdomain\",\"text\":\"" HASH_X           \
	"\",\"approvals\":1," members "}"
#define TIMES "\"ends\":1900000000000000,\"review\":1900000000000000,"
#define NAMES "\"names\":[{\"name\":\"d.example\",\"wildcard\":false}],"

static const struct {
	const char *what, *why; /* in the reason */
	struct foe_event ev;
} rows[] = {
	{"an order without a case that is no emergency",
	 "cites no case",
	 {.type = "order.draft",
	  .body = DRAFT_OF(TIMES NAMES "\"cites\":[],\"emergency\":false,"
				       "\"guards\":[\"owner\"]"),
	  .texts = {FOE_DRAFT_TEXTS}}},
	{"an order that rests on a case that is nowhere",
	 "which the channel does not have",
	 {.type = "order.draft",
	  .body = DRAFT_OF(TIMES NAMES "\"cites\":[\"" CASE_3
				       "\"],\"emergency\":false,\"guards\":[\"owner\"]"),
	  .texts = {FOE_DRAFT_TEXTS}}},
	{"an order that rests on a case that was never received",
	 "is no ground for it: protocol 4: never receipted",
	 {.type = "order.draft",
	  .body = DRAFT_OF(TIMES NAMES "\"cites\":[\"" CASE_1
				       "\"],\"emergency\":false,\"guards\":[\"owner\"]"),
	  .texts = {FOE_DRAFT_TEXTS}}},
	{"an order of which the owner need not be told",
	 "leave out owner",
	 {.type = "order.draft",
	  .body = DRAFT_OF(TIMES NAMES "\"cites\":[\"" CASE_1
				       "\"],\"emergency\":false,\"guards\":[]"),
	  .texts = {FOE_DRAFT_TEXTS}}},
	{"a feed that nobody looks at",
	 "leave out feed",
	 {.type = "order.draft",
	  .body = DRAFT_OF(TIMES NAMES "\"cites\":[],\"emergency\":true,\"guards\":[],"
				       "\"source\":\"feed\""),
	  .texts = {FOE_DRAFT_TEXTS}}},
	{"an order for ever",
	 "after the policy's maximum for an emergency",
	 {.type = "order.draft",
	  .body = DRAFT_OF("\"ends\":9000000000000000,\"review\":1900000000000000," NAMES
			   "\"cites\":[],\"emergency\":true,\"guards\":[]"),
	  .texts = {FOE_DRAFT_TEXTS}}},
	{"an order that is over",
	 "ends before it was drafted",
	 {.type = "order.draft",
	  .body = DRAFT_OF("\"ends\":2,\"review\":1," NAMES
			   "\"cites\":[],\"emergency\":true,\"guards\":[]"),
	  .texts = {FOE_DRAFT_TEXTS}}},
	{"a review after the end",
	 "review must lie before",
	 {.type = "order.draft",
	  .body = DRAFT_OF("\"ends\":1900000000000000,\"review\":1900000000000001," NAMES
			   "\"cites\":[],\"emergency\":true,\"guards\":[]"),
	  .texts = {FOE_DRAFT_TEXTS}}},
	{"a top-level domain",
	 "a public suffix",
	 {.type = "order.draft",
	  .body = DRAFT_OF(TIMES "\"names\":[{\"name\":\"example\",\"wildcard\":true}],"
				 "\"cites\":[],\"emergency\":true,\"guards\":[]"),
	  .texts = {FOE_DRAFT_TEXTS}}},
	{"an emergency without its reason",
	 "needs 6 disclosures",
	 {.type = "order.draft",
	  .body = DRAFT_OF(TIMES NAMES "\"cites\":[],\"emergency\":true,\"guards\":[]"),
	  .texts = {{"text", "\"x\""},
		    {"reasons", "\"r\""},
		    {"legal_basis", "\"l\""},
		    {"proportionality", "\"p\""},
		    {"collateral", "\"c\""}}}},
	{"a call that nobody tells of",
	 "needs 7 disclosures",
	 {.type = "order.draft",
	  .body = DRAFT_OF(TIMES NAMES "\"cites\":[],\"emergency\":true,\"guards\":[],"
				       "\"called\":true"),
	  .texts = {FOE_DRAFT_TEXTS}}},
	{"a node's draft",
	 "only a person",
	 {.type = "order.draft",
	  .by = "node",
	  .body = DRAFT_OF(TIMES NAMES "\"cites\":[],\"emergency\":true,\"guards\":[]"),
	  .texts = {FOE_DRAFT_TEXTS}}},
};

/* With nothing left out it is a draft. */
static const struct foe_event whole = {
	.type = "order.draft",
	.body = DRAFT_OF(TIMES NAMES "\"cites\":[],\"emergency\":true,\"guards\":[]"),
	.texts = {FOE_DRAFT_TEXTS}};

static void
drafts(void **state)
{
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_notice(&x, CASE_1, 2);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t seq = foe_append(&x, &rows[i].ev);
		fix_ok(foe_send(&x, &e), &e, rows[i].what);
		const char *why = fix_query_text(
			&f, NODE,
			arena_printf(
				f.a,
				"SELECT void FROM v_event WHERE seq = %d AND party = 0",
				(int)seq));
		if (why == NULL || strstr(why, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].what, why == NULL ? "no" : why);
		assert_int_equal(fix_query(&f, NODE, "SELECT count(*) FROM v_order"), 0);
	}
	foe_append(&x, &whole);
	fix_ok(foe_send(&x, &e), &e, "a whole draft");
	assert_int_equal(fix_query(&f, NODE, "SELECT count(*) FROM v_order"), 1);
	json_t *r = fix_must(&f, NODE, f.n[NODE].admin, "POST", "/v1/rebuild", NULL);
	assert_true(json_is_true(json_object_get(r, "equal")));
	foe_close(&x);
	fix_close(&f);
}

/* A side that goes on adopting policies alone is not heard; nothing it did before is. */
static void
adoptions(void **state)
{
	enum { MORE = 3 };
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;
	char hex[HASH_HEX_LEN + 1];
	struct hash h;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	hash_bytes(foe_policy, strlen(foe_policy), &h);
	const char *body =
		arena_printf(f.a, "{\"name\":\"test\",\"version\":1,\"sha256\":\"%s\"}",
			     hash_hex(&h, hex));
	json_t *text = json_string(foe_policy);
	char *value = json_dumps(text, JSON_ENCODE_ANY);
	for (int i = 0; i < POLICY_OPEN_MAX + MORE; i++)
		foe_append(&x, &(struct foe_event){.type = "policy.adopt",
						   .body = body,
						   .texts = {{"text", value}}});
	fix_ok(foe_send(&x, &e), &e, "adoptions");
	assert_int_equal(fix_query(&f, NODE, "SELECT count(*) FROM v_policy"),
			 POLICY_OPEN_MAX);
	assert_int_equal(fix_query(&f, NODE,
				   "SELECT count(*) FROM v_event WHERE void LIKE "
				   "'32 adoptions wait%'"),
			 MORE);
	json_t *r = fix_must(&f, NODE, f.n[NODE].admin, "POST", "/v1/rebuild", NULL);
	assert_true(json_is_true(json_object_get(r, "equal")));
	free(value);
	json_decref(text);
	foe_close(&x);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drafts),
		cmocka_unit_test(adoptions),
	};

	foe_policy = foe_lax_policy;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
