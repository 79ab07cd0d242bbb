/*
 * Time limits with their calendars, and the optional members of a policy.  What a file
 * leaves out means what it meant before the member was known.
 */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "core/ipnet.h"
#include "core/policy_int.h"

enum {
	DAY_S = CALENDAR_DAY_S,
	WEEK_S = 7 * CALENDAR_DAY_S,
	EMERGENCY_S = 3 * DAY_S,
	DELTA_MAX = 100,
	TEST_EVERY_S = WEEK_S,
	ACK_WITHIN_S = DAY_S,
	ANSWER_S = WEEK_S,
	RULE_S = 2 * WEEK_S,
	CONFIRM_ABOVE = 100,
	OPERATOR_BLOCK_S = 3600,
	OPERATOR_LIFT_S = 900,
	OPERATOR_AGAIN_S_MIN = 60,
};

void
policy_calendars(struct docread *d, const json_t *doc, struct policy *p)
{
	if (d->rc != RC_OK || json_object_get(doc, "calendars") == NULL)
		return;
	const json_t *list =
		docread_list(d, doc, "", "calendars", 1, POLICY_CALENDARS_MAX);

	for (size_t i = 0; d->rc == RC_OK && i < json_array_size(list); i++) {
		const char *at = arena_printf(d->a, "calendars[%zu]", i);
		struct calendar c;

		calendar_read(d, json_array_get(list, i), at, &c);
		if (d->rc == RC_OK && policy_calendar_find(p, c.code) != NULL)
			docread_fail(d, at, "code", "\"%s\" is there twice", c.code);
		p->calendars[p->n_calendars++] = c;
	}
}

/* Seconds of work in a week without holidays. */
static int64_t
week_work_s(const struct calendar *c)
{
	int64_t sum = 0;

	for (size_t i = 0; i < c->n_week; i++)
		sum += c->week[i].to_s - c->week[i].from_s;
	assert(sum > 0); /* calendars are read before classes: a week has work in it */
	return sum;
}

static void
by_days_read(struct docread *d, json_t *o, const char *at, struct policy_class *ret)
{
	ret->by_days = true;
	ret->accept_days = docread_int(d, o, at, "accept_days", 0, POLICY_DAYS_MAX);
	ret->decide_days = docread_int(d, o, at, "decide_days", 0, POLICY_DAYS_MAX);
	ret->accept_us = (ret->accept_days + 1) * DAY_S * CLOCK_US_PER_S;
	ret->decide_us = (ret->decide_days + 1) * DAY_S * CLOCK_US_PER_S;
	if (ret->calendar == NULL)
		docread_fail(d, at, "calendar", "missing: days are those of a calendar");
	if (ret->decide_days < ret->accept_days)
		docread_fail(d, at, "decide_days", "must not be less than accept_days");
}

void
policy_class_read(struct docread *d, json_t *o, const char *at, const struct policy *p,
		  struct policy_class *ret)
{
	static const char *const by_length[] = {"code",	    "accept_s",	 "decide_s",
						"calendar", "minimum_s", NULL};
	static const char *const by_days[] = {"code",	  "accept_days", "decide_days",
					      "calendar", "minimum_s",	 NULL};
	bool days = json_object_get(o, "decide_days") != NULL ||
		    json_object_get(o, "accept_days") != NULL;

	docread_members(d, o, at, days ? by_days : by_length);
	ret->code = docread_code(d, o, at, "code", POLICY_CODE_MAX);
	if (json_object_get(o, "calendar") != NULL) {
		const char *code = docread_code(d, o, at, "calendar", CALENDAR_CODE_MAX);
		ret->calendar = policy_calendar_find(p, code);
		if (ret->calendar == NULL)
			docread_fail(d, at, "calendar", "no calendar has the code \"%s\"",
				     code);
	}
	ret->minimum_us = policy_duration_or(d, o, at, "minimum_s", 0, 0);
	if (days) {
		by_days_read(d, o, at, ret);
		return;
	}
	ret->accept_us = policy_duration(d, o, at, "accept_s", 1);
	ret->decide_us = policy_duration(d, o, at, "decide_s", 1);
	if (ret->decide_us < ret->accept_us)
		docread_fail(d, at, "decide_s", "must not be less than accept_s");
	if (d->rc == RC_OK && ret->calendar != NULL &&
	    ret->decide_us / CLOCK_US_PER_S / week_work_s(ret->calendar) >
		    POLICY_SECONDS_MAX / WEEK_S)
		docread_fail(d, at, "decide_s",
			     "the calendar needs more than ten years for that");
}

static bool
by_node(struct docread *d, const json_t *o, const char *at, const char *key)
{
	if (json_object_get(o, key) == NULL)
		return false;
	const char *by = docread_code(d, o, at, key, POLICY_CODE_MAX);
	bool node = strcmp(by, "node") == 0;

	if (!node && strcmp(by, "person") != 0)
		docread_fail(d, at, key, "must be \"person\" or \"node\"");
	return node;
}

bool
policy_step_by_node(struct docread *d, const json_t *o, const char *at)
{
	return by_node(d, o, at, "by");
}

void
policy_order_more(struct docread *d, const json_t *o, struct policy_order *ret)
{
	ret->emergency_max_us =
		policy_duration_or(d, o, "order", "emergency_max_s", 1, EMERGENCY_S);
	ret->delta_max = (uint32_t)docread_int_or(d, o, "order", "delta_max", 1,
						  UINT32_MAX, DELTA_MAX);
	ret->tested_within_us =
		policy_duration_or(d, o, "order", "tested_within_s", 0, 0);
	ret->contact_called = docread_bool_or(d, o, "order", "contact_called", false);
	ret->notice_before_end_us =
		policy_duration_or(d, o, "order", "notice_before_end_s", 0, DAY_S);
	ret->operator_block_us = policy_duration_or(d, o, "order", "operator_block_s", 1,
						    OPERATOR_BLOCK_S);
	ret->operator_lift_us =
		policy_duration_or(d, o, "order", "operator_lift_s", 1, OPERATOR_LIFT_S);
	ret->operator_again_us = policy_duration_or(d, o, "order", "operator_again_s",
						    OPERATOR_AGAIN_S_MIN, DAY_S);
	ret->operator_by_node = by_node(d, o, "order", "operator_by");
}

void
policy_addresses(struct docread *d, const json_t *order, struct policy *p)
{
	static const char *const members[] = {"categories", "prefix4", "prefix6", NULL};
	static const char at[] = "order.addresses";

	p->order.address_prefix4 = IPNET_BITS4;
	p->order.address_prefix6 = IPNET_BITS6;
	if (d->rc != RC_OK || json_object_get(order, "addresses") == NULL)
		return;
	json_t *o = docread_object(d, order, "order", "addresses");
	docread_members(d, o, at, members);
	const json_t *list =
		docread_list(d, o, at, "categories", 1, POLICY_CATEGORIES_MAX);
	for (size_t i = 0; d->rc == RC_OK && i < json_array_size(list); i++) {
		const char *code = json_string_value(json_array_get(list, i));
		if (code == NULL || policy_category_find(p, code) == NULL)
			docread_fail(d, at, "categories",
				     "[%zu] is no code of a category of this policy", i);
		else
			p->order.address_categories[p->order.n_address_categories++] =
				code;
	}
	p->order.address_prefix4 = (int)docread_int_or(
		d, o, at, "prefix4", POLICY_PREFIX4_MIN, IPNET_BITS4, IPNET_BITS4);
	p->order.address_prefix6 = (int)docread_int_or(
		d, o, at, "prefix6", POLICY_PREFIX6_MIN, IPNET_BITS6, IPNET_BITS6);
}

/* An optional object, checked for its members; {} when it is absent. */
static json_t *
section(struct docread *d, const json_t *doc, const char *key, const char *const *members)
{
	if (json_object_get(doc, key) == NULL)
		return NULL;
	json_t *o = docread_object(d, doc, "", key);

	docread_members(d, o, key, members);
	return o;
}

static void
read_pause(struct docread *d, const json_t *doc, struct policy_pause *ret)
{
	static const char *const members[] = {"clarify", "impossible", "max_s", NULL};
	const json_t *o = section(d, doc, "pause", members);

	if (o == NULL)
		return;
	ret->clarify = docread_bool_or(d, o, "pause", "clarify", false);
	ret->impossible = docread_bool_or(d, o, "pause", "impossible", false);
	ret->max_us = policy_duration(d, o, "pause", "max_s", 1);
}

static void
field_words(struct docread *d, const json_t *o, const char *at, struct policy_field *f)
{
	if (json_object_get(o, "words") == NULL)
		return;
	const json_t *list = docread_list(d, o, at, "words", 1, POLICY_WORDS_MAX);

	for (size_t i = 0; d->rc == RC_OK && i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));
		size_t len = s == NULL ? 0 : strlen(s);

		if (len == 0 || len > POLICY_CODE_MAX ||
		    s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-")] != '\0')
			docread_fail(d, at, "words",
				     "must be words of a-z, 0-9, '_' and '-', at most %d "
				     "bytes each",
				     POLICY_CODE_MAX);
		f->words[f->n_words++] = s;
	}
}

/* Of an item only what a list has a column for. */
static bool
is_column(const char *code)
{
	static const char *const columns[] = {"legal_basis", "urgency",	 "description",
					      "found_at",    "evidence", "reference"};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (strcmp(columns[i], code) == 0)
			return true;
	return false;
}

static void
read_fields(struct docread *d, const json_t *doc, struct policy *p)
{
	static const char *const members[] = {"code",	  "name",  "on",
					      "required", "words", NULL};

	if (json_object_get(doc, "fields") == NULL)
		return;
	const json_t *list = docread_list(d, doc, "", "fields", 1, POLICY_FIELDS_MAX);
	for (size_t i = 0; d->rc == RC_OK && i < json_array_size(list); i++) {
		const char *at = arena_printf(d->a, "fields[%zu]", i);
		json_t *o = json_array_get(list, i);
		struct policy_field *f = &p->fields[i];

		docread_members(d, o, at, members);
		f->code = docread_code(d, o, at, "code", POLICY_CODE_MAX);
		policy_names(d, o, at, "name", &f->name_en, &f->name_id);
		const char *on = docread_code(d, o, at, "on", POLICY_CODE_MAX);
		f->of_item = strcmp(on, "item") == 0;
		if (!f->of_item && strcmp(on, "notice") != 0)
			docread_fail(d, at, "on", "must be \"notice\" or \"item\"");
		if (f->of_item && !is_column(f->code))
			docread_fail(d, at, "code",
				     "a list has no such column: legal_basis, urgency, "
				     "description, found_at, evidence, reference");
		f->required = docread_bool_or(d, o, at, "required", true);
		field_words(d, o, at, f);
		for (size_t k = 0; d->rc == RC_OK && k < i; k++)
			if (strcmp(p->fields[k].code, f->code) == 0 &&
			    p->fields[k].of_item == f->of_item)
				docread_fail(d, at, "code", "\"%s\" is there twice",
					     f->code);
		p->n_fields++;
	}
}

static void
read_people(struct docread *d, const json_t *doc, struct policy *p)
{
	static const char *const of_channel[] = {"test_every_s", "ack_within_s", NULL};
	static const char *const of_objection[] = {"answer_s", "rule_s", NULL};
	static const char *const of_decide[] = {"confirm_above", "hold_s", NULL};
	const json_t *o = section(d, doc, "channel", of_channel);

	p->channel.test_every_us =
		policy_duration_or(d, o, "channel", "test_every_s", 60, TEST_EVERY_S);
	p->channel.ack_within_us =
		policy_duration_or(d, o, "channel", "ack_within_s", 1, ACK_WITHIN_S);
	o = section(d, doc, "objection", of_objection);
	p->objection.answer_us =
		policy_duration_or(d, o, "objection", "answer_s", 1, ANSWER_S);
	p->objection.rule_us = policy_duration_or(d, o, "objection", "rule_s", 1, RULE_S);
	if (p->objection.rule_us < p->objection.answer_us)
		docread_fail(d, "objection", "rule_s", "must not be less than answer_s");
	o = section(d, doc, "decide", of_decide);
	p->decide.confirm_above = (uint32_t)docread_int_or(
		d, o, "decide", "confirm_above", 0, POLICY_CONFIRM_MAX, CONFIRM_ABOVE);
	p->decide.hold_us = policy_duration_or(d, o, "decide", "hold_s", 0, 0);
}

static void
read_records(struct docread *d, const json_t *doc, struct policy *p)
{
	static const char *const of_retention[] = {"disclosures_s", "evidence_s",
						   "preserve_s",    "objections_s",
						   "contacts_s",    NULL};
	static const char *const of_statistics[] = {"month", "day", NULL};
	const json_t *o = section(d, doc, "retention", of_retention);

	p->retention.disclosures_us =
		policy_duration_or(d, o, "retention", "disclosures_s", 0, 0);
	p->retention.evidence_us =
		policy_duration_or(d, o, "retention", "evidence_s", 0, 0);
	p->retention.preserve_us =
		policy_duration_or(d, o, "retention", "preserve_s", 0, 0);
	p->retention.objections_us =
		policy_duration_or(d, o, "retention", "objections_s", 0, 0);
	p->retention.contacts_us =
		policy_duration_or(d, o, "retention", "contacts_s", 0, 0);
	if (p->retention.evidence_us != 0 &&
	    p->retention.evidence_us < p->retention.preserve_us)
		docread_fail(d, "retention", "evidence_s",
			     "must not be less than preserve_s");
	o = section(d, doc, "statistics", of_statistics);
	if (o == NULL)
		return;
	p->statistics.month = (unsigned)docread_int(d, o, "statistics", "month", 1, 12);
	/* A date that each year has, or a leap year. */
	static const int64_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	p->statistics.day = (unsigned)docread_int(
		d, o, "statistics", "day", 1,
		d->rc == RC_OK ? days[p->statistics.month - 1] : 31);
}

void
policy_more(struct docread *d, const json_t *doc, struct policy *p)
{
	p->test = docread_bool_or(d, doc, "", "test", false);
	p->valid_from_us = docread_time_or(d, doc, "", "valid_from", 0);
	p->valid_until_us = docread_time_or(d, doc, "", "valid_until", 0);
	if (p->valid_until_us != 0 && p->valid_until_us <= p->valid_from_us)
		docread_fail(d, "", "valid_until",
			     "the policy ends before it starts: must be after "
			     "valid_from");
	read_pause(d, doc, &p->pause);
	read_fields(d, doc, p);
	p->inform_us = policy_duration_or(d, doc, "", "inform_s", 0, 0);
	p->scrutiny_us = policy_duration_or(d, doc, "", "scrutiny_s", 0, 0);
	p->lapse_us = policy_duration_or(d, doc, "", "lapse_s", 1, DAY_S);
	read_people(d, doc, p);
	read_records(d, doc, p);
}

const struct calendar *
policy_calendar_find(const struct policy *p, const char *code)
{
	for (size_t i = 0; i < p->n_calendars; i++)
		if (strcmp(p->calendars[i].code, code) == 0)
			return &p->calendars[i];
	return NULL;
}

const char *
policy_refuses_send(struct arena *a, const struct policy *p,
		    const struct policy_class *cls, bool urgent, int64_t at_us)
{
	char when[CLOCK_TEXT_LEN];

	if (p->valid_from_us != 0 && at_us < p->valid_from_us)
		return arena_printf(a, "the policy %s is valid from %s on", p->name,
				    clock_format(p->valid_from_us, when));
	if (p->valid_until_us != 0 && at_us >= p->valid_until_us)
		return arena_printf(a, "the policy %s was valid until %s", p->name,
				    clock_format(p->valid_until_us, when));
	if (!urgent && cls->calendar != NULL && calendar_is_no_send(cls->calendar, at_us))
		return arena_printf(a,
				    "the calendar %s of the policy %s sends nothing on "
				    "this day but what is urgent",
				    cls->calendar->code, p->name);
	return NULL;
}

const char *
policy_field_refuses(struct arena *a, const struct policy_field *f, const char *value)
{
	const char *words = "";

	if (value == NULL || value[0] == '\0')
		return f->required ? arena_printf(a,
						  "%s (%s) is missing: the policy asks "
						  "for it",
						  f->code, f->name_en)
				   : NULL;
	for (size_t i = 0; i < f->n_words; i++) {
		if (strcmp(f->words[i], value) == 0)
			return NULL;
		words = arena_printf(a, "%s%s%s", words, i == 0 ? "" : ", ", f->words[i]);
	}
	return f->n_words == 0 ? NULL
			       : arena_printf(a, "%s must be one of: %s", f->code, words);
}
