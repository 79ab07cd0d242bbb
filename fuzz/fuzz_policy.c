/* Property: a policy that is accepted keeps the header's promises, to the last limit, and
 * no byte may follow it or be missing at its end but white space. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/policy.h"

static void
hold(bool promise)
{
	if (!promise)
		abort();
}

static bool
is_duration(int64_t us)
{
	return us >= 0 && us <= POLICY_SECONDS_MAX * CLOCK_US_PER_S &&
	       us % CLOCK_US_PER_S == 0;
}

static void
hold_promises(const struct policy *p)
{
	unsigned warned = 0;

	hold(p->version >= 1 && strlen(p->name) <= POLICY_CODE_MAX);
	hold(p->n_classes >= 1 && p->n_classes <= POLICY_CLASSES_MAX);
	hold(policy_class_find(p, POLICY_CLASS_NORMAL) != NULL);
	for (size_t i = 0; i < p->n_classes; i++) {
		const struct policy_class *c = &p->classes[i];

		hold(policy_class_find(p, c->code) == c);
		hold(is_duration(c->accept_us) && is_duration(c->decide_us));
		hold(c->accept_us > 0 && c->decide_us >= c->accept_us);
	}
	hold(p->n_categories >= 1 && p->n_categories <= POLICY_CATEGORIES_MAX);
	for (size_t i = 0; i < p->n_categories; i++) {
		const struct policy_category *c = &p->categories[i];

		hold(policy_category_find(p, c->code) == c);
		hold(policy_class_find(p, c->class_code) != NULL);
	}
	hold(p->n_ladder <= POLICY_LADDER_MAX);
	for (size_t i = 0; i < p->n_ladder; i++) {
		warned += p->ladder[i].warn;
		hold(p->ladder[i].level == warned && is_duration(p->ladder[i].after_us));
	}
	hold(p->order.approvals >= 1 && p->order.ladder_steps <= p->n_ladder);
	hold(p->order.max_duration_us > 0 && is_duration(p->order.max_duration_us));
	hold(p->order.ttl_s >= POLICY_TTL_MIN_S && p->order.ttl_s <= POLICY_TTL_MAX_S);
	hold(p->order.max_names >= 1 && p->order.max_names <= POLICY_NAMES_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	const char *text = arena_copy(a, data, size + (size == 0));
	const struct policy *p, *again;
	struct err e = ERR_INIT;

	if (policy_parse(a, text, size, &p, &e) == RC_OK) {
		hold_promises(p);
		hold(policy_parse(a, text, size, &again, NULL) == RC_OK);
		hold(hash_equal(&p->sha256, &again->sha256));
		while (size > 0 && strchr(" \t\r\n", text[size - 1]) != NULL)
			size--;
		hold(policy_parse(a, text, size - 1, &again, NULL) != RC_OK);
	} else {
		hold(e.text[0] != '\0');
	}
	arena_free(a);
	return 0;
}
