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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_act_in_every_state),
		cmocka_unit_test(dead_drafts_stay_dead),
		cmocka_unit_test(hands),
		cmocka_unit_test(tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
