/* Events of a case: the notice, its items and their decisions, the conversation. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/casefile_count.h"
#include "core/event_field.h"

/* clang-format off */
static const struct event_field item_fields[] = {
	{INT("i", 0, EVENT_ITEM_MAX)},
	{TOKEN("kind")},
	{TOKEN("category")},
	{HEX64("nf")},
	{.name = NULL},
};

static const struct event_field notice_part[] = {
	{INT("part", 0, EVENT_PARTS_MAX - 1)},
	{OBJECT("items", item_fields), LIST(1, EVENT_PART_ITEMS_MAX)},
	{.name = NULL},
};

/* Rows of the list that did not become items: repeated, and refused by the sender. */
static const struct event_field listed_fields[] = {
	{INT("duplicate", 0, EVENT_LISTED_MAX)},
	{INT("refused", 0, EVENT_LISTED_MAX)},
	{.name = NULL},
};

static const struct event_field notice_send[] = {
	{OBJECT("policy", event_policy_fields)},
	{TOKEN("class")},
	{BOOL("urgent")},
	{TOKEN("language")},
	{TOKEN("measure")},
	{INT("items", 1, EVENT_ITEM_MAX + 1)},
	{INT("parts", 1, EVENT_PARTS_MAX)},
	{HEX64("digest")},
	{OBJECT("listed", listed_fields), OPTIONAL},
	{.name = NULL},
};

static const struct event_field counts_fields[] = {
	{INT("submitted", 0, 4 * EVENT_LISTED_MAX)},
	{INT("accepted", 0, EVENT_ITEM_MAX + 1)},
	{INT("refused", 0, 2 * EVENT_LISTED_MAX)},
	{INT("duplicate", 0, EVENT_LISTED_MAX)},
	{INT("decided", 0, EVENT_ITEM_MAX + 1)},
	{INT("open", 0, EVENT_ITEM_MAX + 1)},
	{.name = NULL},
};

static const struct event_field case_close[] = {
	{OBJECT("counts", counts_fields), OPTIONAL},
	{.name = NULL},
};

/* product.md, "Outcomes" */
static const char *const outcomes[] = {
	"removed",   "restricted",	"account_suspended", "kept",
	"not_found", "already_removed", "impossible",	     NULL,
};
static const char *const impossible_grounds[] = {
	"force_majeure", "manifest_error", "insufficient_information", NULL,
};

static const struct event_field item_decide[] = {
	{WORD("outcome", outcomes)},
	{TOKEN("ground"), OPTIONAL},
	{INT("items", 0, EVENT_ITEM_MAX), LIST(1, EVENT_DECIDE_ITEMS_MAX)},
	{TEXT("territories", 1, EVENT_TERRITORY_MAX), LIST(1, EVENT_TERRITORIES_MAX), OPTIONAL},
	{INT("until", 1, US_MAX), OPTIONAL},
	{.name = NULL},
};

static const struct event_field clarify_ask[] = {
	{INT("items", 0, EVENT_ITEM_MAX), LIST(1, EVENT_DECIDE_ITEMS_MAX), OPTIONAL},
	{.name = NULL},
};

static const struct event_field case_transfer[] = {
	{TOKEN("class")},
	{.name = NULL},
};

static const char *const dispute_about[] = {"decision", "notice", NULL};
static const char *const rulings[] = {"upheld", "rejected", "partly", NULL};

static const struct event_field dispute_open[] = {
	{UUID7("dispute")},
	{WORD("about", dispute_about)},
	{INT("items", 0, EVENT_ITEM_MAX), LIST(1, EVENT_DECIDE_ITEMS_MAX), OPTIONAL},
	{.name = NULL},
};

static const struct event_field dispute_answer[] = {
	{UUID7("dispute")},
	{.name = NULL},
};

static const struct event_field dispute_rule[] = {
	{UUID7("dispute")},
	{WORD("ruling", rulings)},
	{.name = NULL},
};

static const struct event_field case_warn[] = {
	{INT("level", 1, EVENT_WARN_LEVEL_MAX)},
	{.name = NULL},
};
/* clang-format on */

static int
compare_ints(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return a < b ? -1 : a > b;
}

/* An item that stands twice would be counted twice. */
static enum rc
items_distinct(const struct event *ev, struct err *e)
{
	const json_t *items = json_object_get(ev->body, "items");
	int64_t sorted[EVENT_DECIDE_ITEMS_MAX];
	size_t n = json_array_size(items);

	for (size_t i = 0; i < n; i++)
		sorted[i] = json_integer_value(json_array_get(items, i));
	qsort(sorted, n, sizeof(sorted[0]), compare_ints);
	for (size_t i = 1; i < n; i++)
		if (sorted[i - 1] == sorted[i])
			return err_rule(e, RC_INVALID, TYPE_RULE,
					"%s: items has %" PRId64 " twice", ev->type,
					sorted[i]);
	return RC_OK;
}

/* product.md: every outcome but the plain `removed` needs a reason, and `impossible` one
 * of three grounds. */
static enum rc
decide_check(const struct event *ev, struct err *e)
{
	const char *outcome = json_string_value(json_object_get(ev->body, "outcome"));
	const char *ground = json_string_value(json_object_get(ev->body, "ground"));

	if (strcmp(outcome, "removed") != 0 && ev->n_sd == 0)
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"%s: the outcome %s needs a reason, as a disclosure",
				ev->type, outcome);
	if (strcmp(outcome, "impossible") == 0 &&
	    (ground == NULL || !event_is_word(ground, impossible_grounds)))
		return err_rule(
			e, RC_INVALID, TYPE_RULE,
			"%s: the outcome impossible needs the ground force_majeure, "
			"manifest_error or insufficient_information",
			ev->type);
	return items_distinct(ev, e);
}

static enum rc
close_check(const struct event *ev, struct err *e)
{
	const json_t *counts = json_object_get(ev->body, "counts");

	if (counts != NULL && !casefile_counts_add_up(counts))
		return err_rule(
			e, RC_INVALID, TYPE_RULE,
			"case.close: the counts do not add up: submitted is "
			"accepted + refused + duplicate, accepted is decided + open");
	return RC_OK;
}

static enum rc
part_check(const struct event *ev, struct err *e)
{
	const json_t *items = json_object_get(ev->body, "items");
	int64_t last = -1;

	for (size_t k = 0; k < json_array_size(items); k++) {
		int64_t i = json_integer_value(
			json_object_get(json_array_get(items, k), "i"));
		if (i <= last)
			return err_rule(
				e, RC_INVALID, TYPE_RULE,
				"notice.part: items must be in ascending order of i, "
				"%" PRId64 " stands after %" PRId64,
				i, last);
		last = i;
	}
	return RC_OK;
}

/* Force majeure ends, and information can be given; a manifest error stays one. */
static bool
is_inability(const struct event *ev)
{
	const char *outcome = json_string_value(json_object_get(ev->body, "outcome"));
	const char *ground = json_string_value(json_object_get(ev->body, "ground"));

	return outcome != NULL && ground != NULL && strcmp(outcome, "impossible") == 0 &&
	       strcmp(ground, "manifest_error") != 0;
}

bool
event_is_inability(const struct event *ev)
{
	return (strcmp(ev->type, "item.decide") == 0 ||
		strcmp(ev->type, "item.reverse") == 0) &&
	       is_inability(ev);
}

/* clang-format off */
const struct event_type event_types_case[] = {
	/* name            by    case  clock  sd re body            check */
	{"notice.part",    AUTH, CASE, false, 0, 0, notice_part,    part_check},
	{"notice.send",    AUTH, CASE, true,  0, 0, notice_send,    NULL},
	{"case.accept",    PLAT, CASE, false, 0, 0, event_no_members,     NULL},
	{"case.refuse",    PLAT, CASE, false, 1, 0, event_no_members,     NULL},
	{"item.decide",    PLAT, CASE, false, 0, 0, item_decide,    decide_check},
	{"message.post",   BOTH, CASE, false, 1, 0, event_no_members,     NULL},
	{"message.read",   BOTH, CASE, false, 0, 1, event_no_members,     NULL},
	{"case.remind",    AUTH, CASE, true,  0, 0, event_no_members,     NULL},
	{"case.warn",      AUTH, CASE, true,  0, 0, case_warn,      NULL},
	{"case.close",     BOTH, CASE, false, 0, 0, case_close,     close_check},
	{"case.reopen",    BOTH, CASE, false, 0, 0, event_no_members,     NULL},
	{"clarify.ask",    PLAT, CASE, true,  1, 0, clarify_ask,    items_distinct},
	{"clarify.answer", AUTH, CASE, true,  1, 1, event_no_members, NULL},
	{"case.transfer",  AUTH, CASE, true,  1, 0, case_transfer,  NULL},
	{"item.reverse",   PLAT, CASE, false, 1, 0, item_decide,    decide_check},
	{"dispute.open",   BOTH, CASE, false, 1, 0, dispute_open,   items_distinct},
	{"dispute.answer", BOTH, CASE, false, 1, 0, dispute_answer, NULL},
	{"dispute.rule",   BOTH, CASE, false, 1, 0, dispute_rule,   NULL},
	{.name = NULL},
};
/* clang-format on */
