/*
 * A hostile authority before a platform's node: what it says of contacts, tests and
 * objections and does not fit is void, and changes no view but the one that says why.
 */
#include "foe.h"

#include <inttypes.h>
#include <string.h>

#define NODE PARTY_PLATFORM

#define ORDER1 "01980000-0000-7000-8000-0000000000a1"
#define ORDER2 "01980000-0000-7000-8000-0000000000a2"
#define OBJ1   "01980000-0000-7000-8000-0000000000b1"
#define OBJ2   "01980000-0000-7000-8000-0000000000b2"
#define TEST1  "01980000-0000-7000-8000-0000000000c1"
#define TEST2  "01980000-0000-7000-8000-0000000000c2"
/* SHA-256 of "x" */
#define HASH_X "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

#define DRAFT(id, of)                                                                    \
	{                                                                                \
		.type = "order.draft", .by = "p-drafter",                                \
		.body = "{\"order\":\"" id "\",\"names\":[{\"name\":\"" of "\","         \
			"\"wildcard\":false}],\"cites\":[],\"action\":\"nxdomain\","     \
			"\"ends\":1900000000000000,\"review\":1900000000000000,"         \
			"\"emergency\":true,\"text\":\"" HASH_X                          \
			"\",\"approvals\":1,\"guards\":[]}",                             \
		.texts = {                                                               \
			FOE_DRAFT_TEXTS                                                  \
		}                                                                        \
	}
#define OPEN(id, order)                                                                  \
	{                                                                                \
		.type = "objection.open", .by = "node",                                  \
		.body = "{\"objection\":\"" id "\",\"order\":\"" order                   \
			"\",\"kind\":\"objection\",\"language\":\"id\",\"received\":1,"  \
			"\"answer_due\":2,\"rule_due\":3,\"tracking\":\"" HASH_X "\"}",  \
		.texts = {                                                               \
			{"text", "\"mine\""}                                             \
		}                                                                        \
	}
#define RULE(id, who, more)                                                              \
	{                                                                                \
		.type = "objection.rule", .by = who,                                     \
		.body = "{\"objection\":\"" id "\",\"ruling\":" more "}", .texts = {     \
			{"reason", "\"r\""}                                              \
		}                                                                        \
	}
#define ANSWER(id)                                                                       \
	{                                                                                \
		.type = "objection.answer", .by = "p-officer",                           \
		.body = "{\"objection\":\"" id "\"}", .texts = {                         \
			{"text", "\"a\""}                                                \
		}                                                                        \
	}
#define CONTACTS(version, list, ...)                                                     \
	{                                                                                \
		.type = "contact.set", .by = "p-admin",                                  \
		.body = "{\"version\":" version ",\"contacts\":[" list "]}", __VA_ARGS__ \
	}
#define ONE "{\"role\":\"contact\",\"order\":0,\"languages\":[]}"

static const struct foe_event good[] = {
	DRAFT(ORDER1, "b.example"),
	{.type = "order.approve",
	 .by = "p-approver",
	 .body = "{\"order\":\"" ORDER1 "\",\"text\":\"" HASH_X "\"}"},
	DRAFT(ORDER2, "c.example"),
	OPEN(OBJ1, ORDER1),
	CONTACTS("5", ONE, .texts = {{"contact", "{\"name\":\"A\",\"reach\":\"b\"}"}}),
	{.type = "channel.test",
	 .by = "node",
	 .body = "{\"test\":\"" TEST1 "\",\"due\":1900000000000000}"},
};

static const struct {
	const char *what, *why;
	struct foe_event ev;
} bad[] = {
	{"an objection to nothing", "no such order", OPEN(OBJ2, OBJ2)},
	{"an objection to a draft", "never took effect", OPEN(OBJ2, ORDER2)},
	{"the same objection again", "of that id already", OPEN(OBJ1, ORDER1)},
	{"a ruling on nothing", "no such objection", RULE(OBJ2, "p-judge", "\"upheld\"")},
	{"a ruling by the drafter", "does not rule",
	 RULE(OBJ1, "p-drafter", "\"rejected\"")},
	{"a ruling by the approver", "does not rule",
	 RULE(OBJ1, "p-approver", "\"upheld\"")},
	{"a ruling by a program", "only a person rules",
	 RULE(OBJ1, "node", "\"rejected\"")},
	{"a ruling in part on nothing in particular", "partly",
	 RULE(OBJ1, "p-judge", "\"partly\"")},
	{"an answer to nothing", "no such objection", ANSWER(OBJ2)},
	{"an older directory", "is there already", CONTACTS("4", "", .casefile = NULL)},
	{"the same directory", "is there already", CONTACTS("5", "", .casefile = NULL)},
	{"a contact without a disclosure", "each has its own",
	 CONTACTS("6", ONE, .casefile = NULL)},
	{"the same test again",
	 "of that id already",
	 {.type = "channel.test",
	  .by = "node",
	  .body = "{\"test\":\"" TEST1 "\",\"due\":1900000000000000}"}},
	{"an acknowledgement of nothing",
	 "re must name",
	 {.type = "channel.test.ack",
	  .by = "p-officer",
	  .body = "{\"test\":\"" TEST2 "\"}"}},
};

static const char *
views(struct fix *f)
{
	return fix_query_text(
		f, NODE,
		"SELECT (SELECT group_concat(order_id || state_of) FROM (SELECT id AS "
		"order_id, state AS state_of FROM v_order ORDER BY id) AS t) || (SELECT "
		"group_concat(objection || coalesce(answer, '-') || coalesce(ruling, "
		"'-')) FROM v_objection) || (SELECT count(*) FROM v_register) || (SELECT "
		"group_concat(version) FROM v_contact_set) || (SELECT "
		"group_concat(coalesce(name, '-')) FROM v_contact) || (SELECT "
		"group_concat(test || acked_us) FROM v_channel_test)");
}

static const char *
void_of(struct fix *f, const struct foe *x, uint64_t seq)
{
	return fix_query_text(
		f, NODE,
		arena_printf(f->a,
			     "SELECT void FROM v_event WHERE channel = %" PRId64
			     " AND party = 0 AND seq = %" PRIu64,
			     x->peer, seq));
}

static void
void_events(void **state)
{
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t seq = foe_append(&x, &good[i]);
		fix_ok(foe_send(&x, &e), &e, good[i].type);
		if (void_of(&f, &x, seq) != NULL)
			fail_msg("%s is void: %s", good[i].type, void_of(&f, &x, seq));
	}
	const char *before = views(&f);
	assert_non_null(before);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t seq = foe_append(&x, &bad[i].ev);
		fix_ok(foe_send(&x, &e), &e, bad[i].what);
		const char *why = void_of(&f, &x, seq);
		if (why == NULL || strstr(why, bad[i].why) == NULL)
			fail_msg("%s: void is \"%s\", not \"%s\"", bad[i].what,
				 why == NULL ? "(it has effect)" : why, bad[i].why);
		assert_string_equal(views(&f), before);
	}
	/* And what is right after all of that still counts, once. */
	static const struct foe_event last[] = {
		ANSWER(OBJ1), RULE(OBJ1, "p-judge", "\"rejected\""), ANSWER(OBJ1),
		RULE(OBJ1, "p-other", "\"upheld\"")};
	for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
		uint64_t seq = foe_append(&x, &last[i]);
		fix_ok(foe_send(&x, &e), &e, last[i].type);
		assert_int_equal(void_of(&f, &x, seq) == NULL, i < 2);
	}
	assert_string_equal(fix_query_text(&f, NODE, "SELECT ruling FROM v_objection"),
			    "rejected");
	f.n[NODE].auditor = f.n[NODE].admin; /* who may rebuild, too */
	fix_rebuilt_equal(&f, NODE);
	foe_close(&x);
	fix_close(&f);
}

/* A directory whose disclosures are of any form is shown as far as it goes. */
static void
odd_contacts(void **state)
{
	static const char *const values[] = {
		"null", "1",  "\"text\"",
		"[]",	"{}", "{\"name\":1,\"reach\":[],\"note\":{}}"};
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		foe_append(&x, &(struct foe_event){
				       .type = "contact.set",
				       .by = "p-admin",
				       .body = arena_printf(f.a,
							    "{\"version\":%zu,"
							    "\"contacts\":[" ONE "]}",
							    i + 1),
				       .texts = {{"contact", values[i]}}});
		fix_ok(foe_send(&x, &e), &e, values[i]);
		json_t *r =
			fix_must(&f, NODE, f.n[NODE].admin, "GET", "/v1/contacts", NULL);
		const json_t *now = json_object_get(
			json_object_get(json_array_get(json_object_get(r, "channels"), 0),
					"theirs"),
			"now");
		assert_true(json_is_null(json_object_get(now, "name")));
	}
	f.n[NODE].auditor = f.n[NODE].admin; /* who may rebuild, too */
	fix_rebuilt_equal(&f, NODE);
	foe_close(&x);
	fix_close(&f);
}

int
main(void)
{
	foe_policy = foe_lax_policy;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(void_events),
		cmocka_unit_test(odd_contacts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
