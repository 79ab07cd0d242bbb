/* Events of an order: its draft, who put a hand to it, its end. */
#include <string.h>

#include "core/event_field.h"
#include "core/guard.h"
#include "core/rpz_row.h"

/* clang-format off */
static const struct event_field name_fields[] = {
	{TEXT("name", 1, EVENT_ORDER_NAME_MAX)},
	{BOOL("wildcard")},
	{.name = NULL},
};
static const char *const list_words[] = {
#define X(name, token, what) token,
	GUARD_LIST_TABLE(X)
#undef X
		NULL};
static const struct event_field list_fields[] = {
	{WORD("list", list_words)},
	{HEX64("sha256")},
	{.name = NULL},
};
static const char *const actions[] = {"nxdomain", "nodata", "passthru", "landing", NULL};
static const char *const sources[] = {"person", "feed", NULL};

/* `text` is the SHA-256 of the exact order text whose disclosure travels beside it: whoever
 * approves signs that hash.  `cites` may be empty: a guard judges that, not the form.  `approvals` is how
 * many others must approve, `guards` what must be overridden before they can; `called` says
 * that a contact was, as a disclosure has it.  `lists` are the files that the names were
 * held against. */
static const struct event_field order_draft[] = {
	{UUID7("order")},
	{OBJECT("names", name_fields), LIST(1, EVENT_ORDER_NAMES_MAX)},
	{UUID7("cites"), LIST(0, EVENT_ORDER_CITES_MAX)},
	{WORD("action", actions)},
	{INT("ends", 1, US_MAX)},
	{INT("review", 1, US_MAX)},
	{BOOL("emergency")},
	{HEX64("text")},
	{INT("approvals", 1, EVENT_ORDER_APPROVALS_MAX)},
	{TOKEN("guards"), LIST(0, EVENT_ORDER_GUARDS_MAX)},
	{UUID7("previous"), OPTIONAL},
	{WORD("source", sources), OPTIONAL},
	{TEXT("landing", 1, EVENT_ORDER_NAME_MAX), OPTIONAL},
	{TOKEN("territories"), LIST(1, EVENT_TERRITORIES_MAX), OPTIONAL},
	{BOOL("called"), OPTIONAL},
	{OBJECT("lists", list_fields), LIST(0, EVENT_ORDER_LISTS_MAX), OPTIONAL},
	{.name = NULL},
};

static const struct event_field order_override[] = {
	{UUID7("order")},
	{HEX64("text")},
	{TOKEN("guards"), LIST(1, EVENT_ORDER_GUARDS_MAX)},
	{.name = NULL},
};

static const struct event_field order_approve[] = {
	{UUID7("order")},
	{HEX64("text")},
	{.name = NULL},
};

static const struct event_field order_lift[] = {
	{UUID7("order")},
	{TEXT("names", 1, EVENT_ORDER_NAME_MAX), LIST(1, EVENT_ORDER_NAMES_MAX), OPTIONAL},
	{INT("plan", 0, IJSON_INT_MAX), OPTIONAL},
	{TOKEN("zones"), LIST(1, EVENT_ORDER_ZONES_MAX), OPTIONAL},
	{.name = NULL},
};

static const struct event_field order_expire[] = {
	{UUID7("order")},
	{.name = NULL},
};

static const struct event_field order_owner[] = {
	{UUID7("order")},
	{TEXT("names", 1, EVENT_ORDER_NAME_MAX), LIST(1, EVENT_ORDER_NAMES_MAX)},
	{BOOL("told")},
	{TOKEN("channel")},
	{.name = NULL},
};

static const struct event_field stage_fields[] = {
	{INT("at", 1, US_MAX)},
	{TEXT("names", 1, EVENT_ORDER_NAME_MAX), LIST(1, EVENT_ORDER_NAMES_MAX)},
	{TOKEN("zones"), LIST(1, EVENT_ORDER_ZONES_MAX), OPTIONAL},
	{.name = NULL},
};
static const struct event_field order_plan[] = {
	{UUID7("order")},
	{OBJECT("stages", stage_fields), LIST(1, EVENT_ORDER_STAGES_MAX)},
	{.name = NULL},
};

static const char *const reviewed[] = {"order", "lift", NULL};
static const char *const outcomes[] = {"kept", "lifted", "right", "wrong", NULL};

/* `of` an order in force: kept until `next` or its end, or lifted.  Of the lift, or plan,
 * at `seq` of this log: right or wrong. */
static const struct event_field order_review[] = {
	{UUID7("order")},
	{WORD("of", reviewed)},
	{WORD("outcome", outcomes)},
	{INT("seq", 0, IJSON_INT_MAX), OPTIONAL},
	{INT("next", 1, US_MAX), OPTIONAL},
	{.name = NULL},
};
/* clang-format on */

/* The software never blocks by itself. */
static enum rc
person_check(const struct event *ev, struct err *e)
{
	return strcmp(ev->by, EVENT_BY_NODE) != 0
		       ? RC_OK
		       : err_rule(e, RC_INVALID, TYPE_RULE,
				  "%s: only a person puts a hand to an order", ev->type);
}

static enum rc
review_check(const struct event *ev, struct err *e)
{
	const char *of = json_string_value(json_object_get(ev->body, "of"));
	const char *outcome = json_string_value(json_object_get(ev->body, "outcome"));
	bool lift = strcmp(of, "lift") == 0;
	bool fits = lift ? strcmp(outcome, "right") == 0 || strcmp(outcome, "wrong") == 0
			 : strcmp(outcome, "kept") == 0 || strcmp(outcome, "lifted") == 0;

	if (!fits)
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"order.review: of %s the outcome is %s, not %s",
				lift ? "a lift" : "an order",
				lift ? "right or wrong" : "kept or lifted", outcome);
	if (lift != (json_object_get(ev->body, "seq") != NULL))
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"order.review: seq names the lift, when one is reviewed");
	if (lift && json_object_get(ev->body, "next") != NULL)
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"order.review: a lift has no next review");
	return RC_OK;
}

/* A landing name goes with the action that leads there, and with no other. */
static enum rc
draft_check(const struct event *ev, struct err *e)
{
	const char *action = json_string_value(json_object_get(ev->body, "action"));
	const char *landing = json_string_value(json_object_get(ev->body, "landing"));
	const struct rpzrow row = {"x.invalid", RPZROW_LANDING, landing};
	enum rpzrow_trigger trigger;
	struct err why = ERR_INIT;
	enum { TEXTS = 5 }; /* text, reasons, legal_basis, proportionality, collateral */
	size_t texts = TEXTS;

	texts += json_is_true(json_object_get(ev->body, "emergency"));
	texts += json_is_true(json_object_get(ev->body, "called"));
	if (ev->n_sd < texts)
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"order.draft: needs %zu disclosures: its text, reasons, "
				"legal basis, proportionality, collateral check, and "
				"what its members say",
				texts);
	if (strcmp(ev->by, EVENT_BY_NODE) == 0)
		return person_check(ev, e);
	if ((strcmp(action, "landing") == 0) != (landing != NULL))
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"order.draft: landing names the page of the action "
				"landing, and of no other");
	if (landing != NULL && rpzrow_check(&row, "invalid", &trigger, &why) != RC_OK)
		return err_rule(e, RC_INVALID, TYPE_RULE, "order.draft: %s", why.text);
	return RC_OK;
}

/* A stage for some zones and one for all, or for others, may have the same name. */
static enum rc
plan_name_check(json_t *seen, const json_t *stage, const char *name, struct err *e)
{
	const json_t *zones = json_object_get(stage, "zones"), *zone;
	json_t *mine = json_object_get(seen, name);
	bool twice = false;
	size_t i;

	if (mine == NULL) {
		mine = json_object();
		json_object_set_new(seen, name, mine);
	}
	if (zones == NULL) {
		twice = json_object_get(mine, "") != NULL;
		json_object_set_new(mine, "", json_true());
	}
	json_array_foreach (zones, i, zone) {
		twice |= json_object_get(mine, json_string_value(zone)) != NULL;
		json_object_set_new(mine, json_string_value(zone), json_true());
	}
	return twice ? err_rule(e, RC_INVALID, TYPE_RULE, "order.plan: %s is there twice",
				name)
		     : RC_OK;
}

/* Stages in the order of their time, no name in two of them for the same zone. */
static enum rc
plan_check(const struct event *ev, struct err *e)
{
	const json_t *stages = json_object_get(ev->body, "stages"), *stage, *name;
	json_t *seen = json_object();
	enum rc rc = RC_OK;
	int64_t last = 0;
	size_t i, k;

	json_array_foreach (stages, i, stage) {
		int64_t at = json_integer_value(json_object_get(stage, "at"));
		if (rc == RC_OK && at <= last)
			rc = err_rule(
				e, RC_INVALID, TYPE_RULE,
				"order.plan: stages[%zu] is not after the one before", i);
		last = at;
		json_array_foreach (json_object_get(stage, "names"), k, name)
			if (rc == RC_OK)
				rc = plan_name_check(seen, stage, json_string_value(name),
						     e);
	}
	json_decref(seen);
	return rc;
}

/* clang-format off */
const struct event_type event_types_order[] = {
	/* name            by    case  clock  sd re body            check */
	{"order.draft",    AUTH, NONE, false, 5, 0, order_draft,    draft_check},
	{"order.override", AUTH, NONE, false, 1, 0, order_override, person_check},
	{"order.approve",  AUTH, NONE, false, 0, 0, order_approve,  person_check},
	{"order.lift",     AUTH, NONE, false, 1, 0, order_lift,     NULL},
	{"order.return",   AUTH, NONE, false, 1, 0, order_approve,  NULL},
	{"order.withdraw", AUTH, NONE, false, 0, 0, order_expire,   NULL},
	{"order.owner",    AUTH, NONE, false, 1, 0, order_owner,    NULL},
	{"order.plan",     AUTH, NONE, false, 1, 0, order_plan,     plan_check},
	{"order.review",   AUTH, NONE, false, 1, 0, order_review,   review_check},
	{"order.expire",   AUTH, NONE, false, 0, 0, order_expire,   NULL},
	{.name = NULL},
};
/* clang-format on */
