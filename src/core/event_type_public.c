/* Events of contacts, channel tests and objections. */
#include "core/event_field.h"

#include <string.h>

#include "core/contact.h"
#include "core/objection.h"

/* clang-format off */
static const struct event_field span_fields[] = {
	{INT("day", 1, CONTACT_DAYS)},
	{INT("from", 0, CONTACT_DAY_MIN - 1)},
	{INT("to", 1, CONTACT_DAY_MIN)},
	{.name = NULL},
};

/* Minutes: east of UTC, of the day. */
static const struct event_field hours_fields[] = {
	{INT("offset", -CONTACT_OFFSET_MAX, CONTACT_OFFSET_MAX)},
	{OBJECT("week", span_fields), LIST(1, CONTACT_SPANS_MAX)},
	{.name = NULL},
};

/* Name, reach and note of the n-th contact are the n-th disclosure. */
static const struct event_field contact_fields[] = {
	{WORD("role", contact_roles)},
	{INT("order", 0, CONTACT_ORDER_MAX)},
	{TOKEN("languages"), LIST(0, CONTACT_LANGUAGES_MAX)},
	{OBJECT("hours", hours_fields), OPTIONAL},
	{.name = NULL},
};

static const struct event_field contact_set[] = {
	{INT("version", 1, IJSON_INT_MAX)},
	{OBJECT("contacts", contact_fields), LIST(0, CONTACTS_MAX)},
	{.name = NULL},
};

static const struct event_field channel_test[] = {
	{UUID7("test")},
	{INT("due", 1, US_MAX)},
	{.name = NULL},
};

static const struct event_field channel_test_ack[] = {
	{UUID7("test")},
	{.name = NULL},
};

/* `tracking` is the SHA-256 of the code by which whoever objected follows it. */
static const struct event_field objection_open[] = {
	{UUID7("objection")},
	{UUID7("order")},
	{WORD("kind", objection_kinds)},
	{TOKEN("language")},
	{INT("received", 1, US_MAX)},
	{INT("answer_due", 1, US_MAX)},
	{INT("rule_due", 1, US_MAX)},
	{HEX64("tracking")},
	{.name = NULL},
};

static const struct event_field objection_answer[] = {
	{UUID7("objection")},
	{.name = NULL},
};

static const struct event_field objection_rule[] = {
	{UUID7("objection")},
	{WORD("ruling", objection_rulings)},
	{TEXT("names", 1, EVENT_ORDER_NAME_MAX), LIST(1, EVENT_ORDER_NAMES_MAX), OPTIONAL},
	{.name = NULL},
};
/* clang-format on */

static enum rc
contact_set_check(const struct event *ev, struct err *e)
{
	const json_t *contacts = json_object_get(ev->body, "contacts");
	size_t i, k;
	const json_t *c, *span;

	if (ev->n_sd != json_array_size(contacts))
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"contact.set: %zu contacts and %zu disclosures: each has "
				"its own",
				json_array_size(contacts), ev->n_sd);
	json_array_foreach (contacts, i, c)
		json_array_foreach (json_object_get(json_object_get(c, "hours"), "week"),
				    k, span)
			if (json_integer_value(json_object_get(span, "from")) >=
			    json_integer_value(json_object_get(span, "to")))
				return err_rule(e, RC_INVALID, TYPE_RULE,
						"contact.set: contact %zu: a span must "
						"end after it begins",
						i);
	return RC_OK;
}

/* What a person does, no program can do for them. */
static enum rc
ack_check(const struct event *ev, struct err *e)
{
	if (strcmp(ev->by, EVENT_BY_NODE) == 0)
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"%s: only a person acknowledges a channel test",
				ev->type);
	return RC_OK;
}

/* Names are of a ruling that upholds some of them. */
static enum rc
rule_check(const struct event *ev, struct err *e)
{
	const char *ruling = json_string_value(json_object_get(ev->body, "ruling"));
	bool partly = strcmp(ruling, "partly") == 0;

	if (strcmp(ev->by, EVENT_BY_NODE) == 0)
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"objection.rule: only a person rules");
	if (partly != (json_object_get(ev->body, "names") != NULL))
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"objection.rule: names stand with the ruling partly, and "
				"with no other");
	return RC_OK;
}

/* clang-format off */
const struct event_type event_types_public[] = {
	/* name               by    case  clock  sd re body              check */
	{"contact.set",       BOTH, NONE, false, 0, 0, contact_set,      contact_set_check},
	{"channel.test",      BOTH, NONE, false, 0, 0, channel_test,     NULL},
	{"channel.test.ack",  BOTH, NONE, false, 0, 1, channel_test_ack, ack_check},
	{"objection.open",    AUTH, NONE, false, 1, 0, objection_open,   NULL},
	{"objection.answer",  AUTH, NONE, false, 1, 0, objection_answer, NULL},
	{"objection.rule",    AUTH, NONE, false, 1, 0, objection_rule,   rule_check},
	{.name = NULL},
};
/* clang-format on */
