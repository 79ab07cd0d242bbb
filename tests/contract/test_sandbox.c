/*
 * A channel under a policy that is a TEST: its cases are marked on both sides, count in
 * no figure, and never reach an order - the service says so before anything is signed,
 * and the fold holds it against a node that says nothing.
 */
#include <string.h>

#include "foe.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

/* `policy`, under the name "trial" and a TEST. */
static const char *
trial_of(struct arena *a, const char *policy)
{
	static const char was[] = "{\"name\":\"test\",";

	assert_memory_equal(policy, was, sizeof(was) - 1);
	return arena_printf(a, "{\"name\":\"trial\",\"test\":true,%s",
			    policy + sizeof(was) - 1);
}

static void
adopt(struct fix *f, const char *policy)
{
	for (int p = 0; p < PARTY_COUNT; p++) {
		fix_must(f, (enum party)p, f->n[p].admin, "POST", "/v1/policies",
			 json_pack("{s:s}", "policy", policy));
		fix_settle(f);
	}
}

static bool
is_test(struct fix *f, enum party p)
{
	json_t *r = fix_must(f, p, f->n[p].auditor, "GET", "/v1/peers", NULL);
	json_t *status = fix_must(f, p, f->n[p].auditor, "GET", "/v1/status", NULL);
	json_t *one = json_array_get(json_object_get(r, "peers"), 0);

	assert_true(json_equal(
		json_object_get(one, "test"),
		json_object_get(json_array_get(json_object_get(status, "peers"), 0),
				"test")));
	return json_is_true(json_object_get(one, "test"));
}

static bool
case_is_test(struct fix *f, enum party p, const char *c)
{
	json_t *of = json_object_get(fix_case(f, p, c), "test");

	assert_true(json_is_boolean(of));
	return json_is_true(of);
}

static void
refused(struct fix *f, json_t *order, const char *text)
{
	json_t *check = json_deep_copy(order);
	static const char *const only[] = {
		"reasons",    "legal_basis", "proportionality",
		"collateral", "ends",	     "emergency_reason"};

	for (size_t i = 0; i < sizeof(only) / sizeof(only[0]); i++)
		json_object_del(check, only[i]);
	json_t *r = fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
			     "/v1/orders/check", check);
	assert_true(json_is_true(json_object_get(r, "refused")));
	fix_refused(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/orders", order,
		    RC_DENIED, text);
	assert_int_equal(fix_events(f, AUTHORITY, AUTHORITY, "order.draft"), 0);
}

static json_t *
emergency(const char *casefile)
{
	json_t *in = fix_order("[\"bad.example\"]", casefile);

	json_object_set_new(in, "emergency", json_true());
	json_object_set_new(in, "emergency_reason", json_string("At once."));
	return in;
}

static int64_t
notices_sent(struct fix *f, enum party p)
{
	json_t *r = fix_must(f, p, NULL, "GET", "/v1/statistics", NULL);

	return fix_int(json_object_get(json_object_get(r, "total"), "notices"), "sent");
}

static void
never_an_order(void **state)
{
	struct fix f;

	(void)state;
	struct arena *a = arena_create();
	fix_open_policy(&f, trial_of(a, fix_policy));
	const char *tried = fix_send(&f, "T-1", "bad.example", 2);
	fix_make_overdue(&f, tried);
	for (int p = 0; p < PARTY_COUNT; p++) {
		assert_true(is_test(&f, (enum party)p));
		assert_true(case_is_test(&f, (enum party)p, tried));
		assert_int_equal(notices_sent(&f, (enum party)p), 0);
	}
	fix_same_case(&f, tried);
	refused(&f, fix_order("[\"bad.example\"]", tried), "TEST");
	refused(&f, emergency(tried), "TEST");
	refused(&f, emergency(NULL), "TEST");

	/* Both go over to one that is none: what is sent from then on counts. */
	adopt(&f, fix_policy);
	for (int p = 0; p < PARTY_COUNT; p++)
		assert_false(is_test(&f, (enum party)p));
	refused(&f, fix_order("[\"bad.example\"]", tried), "it is a TEST");
	refused(&f, emergency(tried), "it is a TEST");
	const char *real = fix_send(&f, "R-1", "worse.example", 2);
	fix_make_overdue(&f, real);
	for (int p = 0; p < PARTY_COUNT; p++) {
		assert_true(case_is_test(&f, (enum party)p, tried));
		assert_false(case_is_test(&f, (enum party)p, real));
		assert_int_equal(notices_sent(&f, (enum party)p), 1);
	}
	json_t *drafted = fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
				   "/v1/orders", fix_order("[\"worse.example\"]", real));
	const char *order = fix_text(drafted, "order");
	const char *path = arena_printf(f.a, "/v1/orders/%s/approve", order);

	/* Back again: what was drafted is approved by nobody. */
	adopt(&f, trial_of(a, fix_policy));
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST", path,
		    json_pack("{s:s}", "text_sha256", fix_text(drafted, "text_sha256")),
		    RC_DENIED, "TEST");
	adopt(&f, fix_policy);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST", path,
		 json_pack("{s:s}", "text_sha256", fix_text(drafted, "text_sha256")));
	for (int p = 0; p < PARTY_COUNT; p++)
		fix_rebuilt_equal(&f, (enum party)p);
	fix_close(&f);
	arena_free(a);
}

/* ---- a node that keeps to nothing -------------------------------------------------- */

#define CASE_1 "01980000-0000-7000-8000-000000000001"
#define ORDER  "01980000-0000-7000-8000-0000000000a"
/* SHA-256 of "x" */
#define HASH_X "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
#define DRAFT(n, cites)                                                                  \
	"{\"order\":\"" ORDER n "\",\"action\":\"nxdomain\",\"text\":\"" HASH_X          \
	"\",\"approvals\":1,\"ends\":1900000000000000,\"review\":1900000000000000,"      \
	"\"names\":[{\"name\":\"d.example\",\"wildcard\":false}],\"cites\":[" cites      \
	"],\"emergency\":true,\"guards\":[]}"

static void
foe_adopts(struct foe *x, const char *name, const char *policy)
{
	char hex[HASH_HEX_LEN + 1];
	struct hash h;
	json_t *text = json_string(policy);
	char *value = json_dumps(text, JSON_ENCODE_ANY);
	struct err e = ERR_INIT;

	hash_bytes(policy, strlen(policy), &h);
	foe_append(x, &(struct foe_event){
			      .type = "policy.adopt",
			      .body = arena_printf(x->f->a,
						   "{\"name\":\"%s\",\"version\":1,"
						   "\"sha256\":\"%s\"}",
						   name, hash_hex(&h, hex)),
			      .texts = {{"text", arena_strdup(x->f->a, value)}}});
	free(value);
	json_decref(text);
	fix_ok(foe_send(x, &e), &e, "an adoption");
	fix_must(x->f, PLATFORM, x->f->n[PLATFORM].admin, "POST", "/v1/policies",
		 json_pack("{s:s}", "policy", policy));
}

/* NULL: it has effect. */
static const char *
void_of(struct foe *x, const struct foe_event *ev)
{
	uint64_t seq = foe_append(x, ev);
	struct err e = ERR_INIT;

	fix_ok(foe_send(x, &e), &e, ev->type);
	return fix_query_text(x->f, PLATFORM,
			      arena_printf(x->f->a,
					   "SELECT void FROM v_event WHERE seq = %d AND "
					   "party = 0",
					   (int)seq));
}

static void
held_by_the_fold(void **state)
{
	struct fix f;
	struct foe x;
	struct foe_event bare = {.type = "order.draft",
				 .body = DRAFT("1", ""),
				 .texts = {FOE_DRAFT_TEXTS}},
			 citing = {.type = "order.draft",
				   .body = DRAFT("2", "\"" CASE_1 "\""),
				   .texts = {FOE_DRAFT_TEXTS}};

	(void)state;
	fix_open_one(&f, PLATFORM);
	foe_policy = trial_of(f.a, foe_lax_policy);
	foe_open(&x, &f, 1);
	foe_notice(&x, CASE_1, 2);
	const char *why = void_of(&x, &bare);
	assert_non_null(why);
	assert_non_null(strstr(why, "the channel is a TEST"));
	assert_non_null(void_of(&x, &citing));
	foe_adopts(&x, "test", foe_lax_policy);
	x.now_us = clock_now_us();
	/* What its author had seen of us by then makes the policy his. */
	bare.ack_size = citing.ack_size = (uint64_t)fix_query(
		&f, PLATFORM,
		"SELECT count(*) FROM log_event WHERE party = 1 AND channel = 1");
	why = void_of(&x, &citing);
	assert_non_null(why);
	assert_non_null(strstr(why, "is a TEST, under the policy trial"));
	assert_int_equal(fix_query(&f, PLATFORM, "SELECT count(*) FROM v_order"), 0);
	assert_null(void_of(&x, &bare));
	assert_int_equal(fix_query(&f, PLATFORM, "SELECT count(*) FROM v_order"), 1);
	json_t *r =
		fix_must(&f, PLATFORM, f.n[PLATFORM].admin, "POST", "/v1/rebuild", NULL);
	assert_true(json_is_true(json_object_get(r, "equal")));
	foe_close(&x);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_an_order),
		cmocka_unit_test(held_by_the_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
