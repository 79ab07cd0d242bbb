/*
 * The life of an order: every act in every state, and whose hand it takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "core/event_type.h"
#include "core/order.h"

/* What product.md lets happen, written down apart from the table: an act and its states.
 */
static const struct {
	enum order_act act;
	const char *states;
} law[ORDER_ACT_COUNT] = {
	{ORDER_ACT_OVERRIDE, "draft in_force"},
	{ORDER_ACT_APPROVE, "draft"},
	{ORDER_ACT_RETURN, "draft"},
	{ORDER_ACT_WITHDRAW, "draft"},
	{ORDER_ACT_OWNER, "draft in_force lifted expired"},
	{ORDER_ACT_REVIEW, "in_force"},
	{ORDER_ACT_REVIEW_LIFT, "in_force lifted expired"},
	{ORDER_ACT_PLAN, "in_force"},
	{ORDER_ACT_LIFT, "in_force"},
	{ORDER_ACT_EXPIRE, "in_force"},
};

static bool
has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; (at = strstr(at, word)) != NULL; at += len)
		if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}

static void
every_act_in_every_state(void **state)
{
	(void)state;
	for (int a = 0; a < ORDER_ACT_COUNT; a++) {
		assert_int_equal(law[a].act, a);
		for (int s = 0; s < ORDER_STATE_COUNT; s++)
			if (order_may((enum order_state)s, (enum order_act)a) !=
			    has_word(law[a].states,
				     order_state_token((enum order_state)s)))
				fail_msg("%s of an order that is %s",
					 order_act_token((enum order_act)a),
					 order_state_token((enum order_state)s));
	}
}

/* A draft that was returned or withdrawn is never touched again. */
static void
dead_drafts_stay_dead(void **state)
{
	(void)state;
	for (int a = 0; a < ORDER_ACT_COUNT; a++) {
		assert_false(order_may(ORDER_RETURNED, (enum order_act)a));
		assert_false(order_may(ORDER_WITHDRAWN, (enum order_act)a));
	}
}

static void
hands(void **state)
{
	static const char *const by[] = {"p-draft", "p-over", "p-appr"};
	static const struct order_hands all = {by, 3};
	static const struct {
		enum order_act act;
		bool drafter, overrider, other;
	} rows[] = {
		{ORDER_ACT_OVERRIDE, false, false, true},
		{ORDER_ACT_APPROVE, false, false, true},
		{ORDER_ACT_RETURN, false, true, true},
		{ORDER_ACT_WITHDRAW, true, false, false},
		{ORDER_ACT_OWNER, true, true, true},
		{ORDER_ACT_REVIEW, false, true, true},
		{ORDER_ACT_REVIEW_LIFT, true, true, true},
		{ORDER_ACT_PLAN, true, true, true},
		{ORDER_ACT_LIFT, true, true, true},
		{ORDER_ACT_EXPIRE, true, true, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum order_act a = rows[i].act;
		assert_int_equal(order_hand_problem(a, &all, "p-draft") == NULL,
				 rows[i].drafter);
		assert_int_equal(order_hand_problem(a, &all, "p-over") == NULL,
				 rows[i].overrider);
		assert_int_equal(order_hand_problem(a, &all, "p-appr") == NULL,
				 rows[i].overrider);
		assert_int_equal(order_hand_problem(a, &all, "p-new") == NULL,
				 rows[i].other);
	}
	for (int a = 0; a < ORDER_ACT_COUNT; a++)
		assert_int_equal(order_act_is_hand((enum order_act)a),
				 a == ORDER_ACT_OVERRIDE || a == ORDER_ACT_APPROVE);
}

/* Tokens are those of event types, and found again. */
static void
tokens(void **state)
{
	struct arena *a = arena_create();
	enum order_state s;
	enum order_act act;

	(void)state;
	for (int i = 0; i < ORDER_STATE_COUNT; i++) {
		assert_true(order_state_find(order_state_token((enum order_state)i), &s));
		assert_int_equal(s, i);
	}
	assert_false(order_state_find("void", &s));
	for (int i = 0; i < ORDER_ACT_COUNT; i++) {
		const char *type =
			arena_printf(a, "order.%s", order_act_token((enum order_act)i));
		if (i == ORDER_ACT_REVIEW_LIFT)
			continue; /* shares its type with the review of an order */
		assert_non_null(event_type_find(type));
		assert_true(order_act_find(type, &act));
		assert_int_equal(act, i);
	}
	assert_false(order_act_find("order.draft", &act));
	assert_false(order_act_find("approve", &act));
	arena_free(a);
}

/* ---- drafts ------------------------------------------------------------------------ */

static const char rules[] =
	"{\"name\":\"test\",\"version\":1,\"title\":{\"en\":\"T\",\"id\":\"T\"},"
	"\"source\":\"Invented.\",\"classes\":[{\"code\":\"normal\",\"accept_s\":10,"
	"\"decide_s\":20}],\"categories\":[{\"code\":\"other\",\"name\":{\"en\":\"O\","
	"\"id\":\"L\"},\"class\":\"normal\"}],\"ladder\":[],\"order\":{\"approvals\":2,"
	"\"ladder_steps\":0,\"max_duration_s\":1000,\"emergency_max_s\":500,"
	"\"max_names\":2,\"ttl_s\":10,\"delta_max\":5,\"tested_within_s\":100,"
	"\"contact_called\":true}}";

#define ONE_NAME     "\"names\":[{\"name\":\"a.example\",\"wildcard\":false}]"
#define ONE_CASE     "\"cites\":[\"01980000-0000-7000-8000-000000000001\"]"
#define AT_1000	     "\"ends\":2000000000,\"review\":1500000000"
#define PLAIN	     "\"emergency\":false"
#define URGENT	     "\"emergency\":true"
#define TWO	     "\"approvals\":2"
#define GUARDS(list) "\"guards\":[" list "]"

/* Drafted at second 1000: each rule, kept and broken. */
static void
drafts(void **state)
{
	enum { S = 1000000 };
	static const struct {
		const char *body;
		struct order_facts facts;
		const char *why; /* NULL: it is allowed */
	} rows[] = {
		{ONE_NAME "," ONE_CASE "," AT_1000 "," PLAIN "," TWO
			  "," GUARDS("\"owner\"") ",\"called\":true",
		 {950 * (int64_t)S, 0, false},
		 NULL},
		{ONE_NAME "," ONE_CASE "," AT_1000 "," PLAIN
			  ",\"approvals\":1," GUARDS("\"owner\"") ",\"called\":true",
		 {950 * (int64_t)S, 0, false},
		 "fewer approvals"},
		{ONE_NAME "," ONE_CASE "," AT_1000 "," PLAIN
			  ",\"approvals\":3," GUARDS("\"owner\"") ",\"called\":true",
		 {950 * (int64_t)S, 0, false},
		 NULL},
		{"\"names\":[{},{},{}]," ONE_CASE "," AT_1000 "," PLAIN "," TWO
		 "," GUARDS("\"owner\"") ",\"called\":true",
		 {950 * (int64_t)S, 0, false},
		 "it has 3 names"},
		{ONE_NAME ",\"cites\":[]," AT_1000 "," PLAIN "," TWO
			  "," GUARDS("\"owner\"") ",\"called\":true",
		 {950 * (int64_t)S, 0, false},
		 "cites no case"},
		{ONE_NAME
		 ",\"cites\":[],\"ends\":1500000000,\"review\":1500000000," URGENT "," TWO
		 "," GUARDS(""),
		 {0, 0, false},
		 NULL},
		{ONE_NAME
		 ",\"cites\":[],\"ends\":1500000001,\"review\":1500000000," URGENT "," TWO
		 "," GUARDS(""),
		 {0, 0, false},
		 "maximum for an emergency"},
		{ONE_NAME "," ONE_CASE ",\"ends\":2000000001,\"review\":1500000000," PLAIN
			  "," TWO "," GUARDS("\"owner\"") ",\"called\":true",
		 {950 * (int64_t)S, 0, false},
		 "the policy's maximum"},
		{ONE_NAME "," ONE_CASE ",\"ends\":1000000000,\"review\":1000000000," PLAIN
			  "," TWO "," GUARDS("\"owner\"") ",\"called\":true",
		 {950 * (int64_t)S, 0, false},
		 "ends before"},
		{ONE_NAME "," ONE_CASE ",\"ends\":1600000000,\"review\":1600000001," PLAIN
			  "," TWO "," GUARDS("\"owner\"") ",\"called\":true",
		 {950 * (int64_t)S, 0, false},
		 "review must lie"},
		{ONE_NAME "," ONE_CASE ",\"ends\":1600000000,\"review\":1000000000," PLAIN
			  "," TWO "," GUARDS("\"owner\"") ",\"called\":true",
		 {950 * (int64_t)S, 0, false},
		 "review must lie"},
		{ONE_NAME "," ONE_CASE "," AT_1000 "," PLAIN "," TWO
			  "," GUARDS("") ",\"called\":true",
		 {950 * (int64_t)S, 0, false},
		 "leave out owner"},
		{ONE_NAME "," ONE_CASE "," AT_1000 "," PLAIN "," TWO
			  "," GUARDS("\"owner\""),
		 {950 * (int64_t)S, 0, false},
		 "leave out contact_called"},
		{ONE_NAME "," ONE_CASE "," AT_1000 "," PLAIN "," TWO
			  "," GUARDS("\"owner\",\"contact_called\""),
		 {950 * (int64_t)S, 0, false},
		 NULL},
		{ONE_NAME "," ONE_CASE "," AT_1000 "," PLAIN "," TWO
			  "," GUARDS("\"owner\"") ",\"called\":true",
		 {899 * (int64_t)S, 0, false},
		 "leave out channel_test"},
		{ONE_NAME "," ONE_CASE "," AT_1000 "," PLAIN "," TWO
			  "," GUARDS("\"owner\",\"channel_test\"") ",\"called\":true",
		 {0, 0, false},
		 NULL},
		{ONE_NAME "," ONE_CASE "," AT_1000 "," PLAIN "," TWO
			  "," GUARDS("\"owner\"") ",\"called\":true",
		 {950 * (int64_t)S, 4, false},
		 NULL},
		{ONE_NAME "," ONE_CASE "," AT_1000 "," PLAIN "," TWO
			  "," GUARDS("\"owner\"") ",\"called\":true",
		 {950 * (int64_t)S, 5, false},
		 "leave out delta"},
		{ONE_NAME "," ONE_CASE "," AT_1000 "," PLAIN "," TWO
			  "," GUARDS("\"delta\",\"owner\"") ",\"called\":true",
		 {950 * (int64_t)S, 5, false},
		 NULL},
		{ONE_NAME
		 ",\"cites\":[],\"ends\":1500000000,\"review\":1500000000," URGENT "," TWO
		 "," GUARDS(""),
		 {0, 0, true},
		 "leave out emergency_again"},
		{ONE_NAME
		 ",\"cites\":[],\"ends\":1500000000,\"review\":1500000000," URGENT "," TWO
		 "," GUARDS("\"emergency_again\""),
		 {0, 0, true},
		 NULL},
		{ONE_NAME
		 ",\"cites\":[],\"ends\":1500000000,\"review\":1500000000," URGENT "," TWO
		 "," GUARDS("") ",\"source\":\"feed\"",
		 {0, 0, false},
		 "leave out feed"},
		{ONE_NAME
		 ",\"cites\":[],\"ends\":1500000000,\"review\":1500000000," URGENT "," TWO
		 "," GUARDS("\"feed\"") ",\"source\":\"feed\"",
		 {0, 0, false},
		 NULL},
		{ONE_NAME
		 ",\"cites\":[],\"ends\":1500000000,\"review\":1500000000," URGENT "," TWO
		 "," GUARDS("") ",\"source\":\"person\"",
		 {0, 0, false},
		 NULL},
	};
	struct arena *a = arena_create();
	const struct policy *p;
	struct err e = ERR_INIT;

	(void)state;
	crypto_start();
	if (policy_parse(a, rules, strlen(rules), &p, &e) != RC_OK)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct event ev = {.type = "order.draft", .iat_us = 1000 * (int64_t)S};
		const char *text = arena_printf(a, "{%s}", rows[i].body);
		ev.body = json_loads(text, 0, NULL);
		assert_non_null(ev.body);
		const char *why = order_draft_problem(a, p, &ev, &rows[i].facts);
		if ((why == NULL) != (rows[i].why == NULL) ||
		    (why != NULL && strstr(why, rows[i].why) == NULL))
			fail_msg("row %zu: %s", i, why == NULL ? "allowed" : why);
		json_decref(ev.body);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_act_in_every_state),
		cmocka_unit_test(dead_drafts_stay_dead),
		cmocka_unit_test(hands),
		cmocka_unit_test(tokens),
		cmocka_unit_test(drafts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
