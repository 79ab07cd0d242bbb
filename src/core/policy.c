#include <string.h>

#include "base/clock.h"
#include "core/docread.h"
#include "core/policy_int.h"

int64_t
policy_duration(struct docread *d, const json_t *o, const char *at, const char *key,
		int64_t min_s)
{
	return docread_int(d, o, at, key, min_s, POLICY_SECONDS_MAX) * CLOCK_US_PER_S;
}

int64_t
policy_duration_or(struct docread *d, const json_t *o, const char *at, const char *key,
		   int64_t min_s, int64_t dflt_s)
{
	return docread_int_or(d, o, at, key, min_s, POLICY_SECONDS_MAX, dflt_s) *
	       CLOCK_US_PER_S;
}

/* {"en": ..., "id": ...} */
void
policy_names(struct docread *d, const json_t *o, const char *at, const char *key,
	     const char **ret_en, const char **ret_id)
{
	static const char *const members[] = {"en", "id", NULL};
	json_t *names = docread_object(d, o, at, key);
	const char *path = arena_printf(d->a, "%s%s%s", at, *at != '\0' ? "." : "", key);

	docread_members(d, names, path, members);
	*ret_en = docread_text(d, names, path, "en", POLICY_TITLE_MAX);
	*ret_id = docread_text(d, names, path, "id", POLICY_TITLE_MAX);
}

static void
read_classes(struct docread *d, const json_t *doc, struct policy *p)
{
	const json_t *list = docread_list(d, doc, "", "classes", 1, POLICY_CLASSES_MAX);

	for (size_t i = 0; d->rc == RC_OK && i < json_array_size(list); i++) {
		const char *at = arena_printf(d->a, "classes[%zu]", i);
		json_t *o = json_array_get(list, i);
		struct policy_class c = {0};

		policy_class_read(d, o, at, p, &c);
		if (policy_class_find(p, c.code) != NULL)
			docread_fail(d, at, "code", "\"%s\" is there twice", c.code);
		p->classes[p->n_classes++] = c;
	}
	if (policy_class_find(p, POLICY_CLASS_NORMAL) == NULL)
		docread_fail(d, "", "classes",
			     "one must have the code \"" POLICY_CLASS_NORMAL
			     "\": notices that are not urgent are of it");
}

static void
read_categories(struct docread *d, const json_t *doc, struct policy *p)
{
	static const char *const members[] = {"code", "name", "class", NULL};
	const json_t *list =
		docread_list(d, doc, "", "categories", 1, POLICY_CATEGORIES_MAX);

	for (size_t i = 0; d->rc == RC_OK && i < json_array_size(list); i++) {
		const char *at = arena_printf(d->a, "categories[%zu]", i);
		json_t *o = json_array_get(list, i);
		struct policy_category c;

		docread_members(d, o, at, members);
		c.code = docread_code(d, o, at, "code", POLICY_CODE_MAX);
		policy_names(d, o, at, "name", &c.name_en, &c.name_id);
		c.class_code = docread_code(d, o, at, "class", POLICY_CODE_MAX);
		if (policy_class_find(p, c.class_code) == NULL)
			docread_fail(d, at, "class", "no class has the code \"%s\"",
				     c.class_code);
		if (policy_category_find(p, c.code) != NULL)
			docread_fail(d, at, "code", "\"%s\" is there twice", c.code);
		p->categories[p->n_categories++] = c;
	}
}

/* A case's fold matches the rungs that were taken by their level, so each warning has
 * its own, one more than that before it. */
static void
read_ladder(struct docread *d, const json_t *doc, struct policy *p)
{
	static const char *const of_remind[] = {"act", "after_s", "by", NULL};
	static const char *const of_warn[] = {"act", "level", "after_s", "by", NULL};
	const json_t *list = docread_list(d, doc, "", "ladder", 0, POLICY_LADDER_MAX);
	unsigned warned = 0;

	for (size_t i = 0; d->rc == RC_OK && i < json_array_size(list); i++) {
		const char *at = arena_printf(d->a, "ladder[%zu]", i);
		json_t *o = json_array_get(list, i);
		struct policy_step *s = &p->ladder[p->n_ladder++];

		docread_members(d, o, at, of_warn);
		const char *act = docread_code(d, o, at, "act", POLICY_CODE_MAX);

		s->after_us = policy_duration(d, o, at, "after_s", 0);
		s->by_node = policy_step_by_node(d, o, at);
		s->warn = strcmp(act, "warn") == 0;
		if (s->warn) {
			warned++;
			s->level =
				(unsigned)docread_int(d, o, at, "level", warned, warned);
			continue;
		}
		docread_members(d, o, at, of_remind);
		if (strcmp(act, "remind") != 0)
			docread_fail(d, at, "act", "must be \"remind\" or \"warn\"");
		else if (warned > 0)
			docread_fail(d, at, "act", "reminders come before warnings");
	}
}

static void
read_order(struct docread *d, const json_t *doc, struct policy *p)
{
	static const char *const members[] = {"approvals",
					      "ladder_steps",
					      "max_duration_s",
					      "max_names",
					      "ttl_s",
					      "emergency_max_s",
					      "delta_max",
					      "tested_within_s",
					      "contact_called",
					      "notice_before_end_s",
					      "operator_block_s",
					      "operator_lift_s",
					      "operator_again_s",
					      "operator_by",
					      "addresses",
					      NULL};
	json_t *o = docread_object(d, doc, "", "order");

	docread_members(d, o, "order", members);
	p->order.approvals = (unsigned)docread_int(d, o, "order", "approvals", 1,
						   POLICY_APPROVALS_MAX);
	p->order.ladder_steps = (unsigned)docread_int(d, o, "order", "ladder_steps", 0,
						      (int64_t)p->n_ladder);
	p->order.max_duration_us = policy_duration(d, o, "order", "max_duration_s", 1);
	p->order.max_names =
		(uint32_t)docread_int(d, o, "order", "max_names", 1, POLICY_NAMES_MAX);
	p->order.ttl_s = (uint32_t)docread_int(d, o, "order", "ttl_s", POLICY_TTL_MIN_S,
					       POLICY_TTL_MAX_S);
	policy_order_more(d, o, &p->order);
	policy_addresses(d, o, p);
}

enum rc
policy_parse(struct arena *a, const char *json, size_t len, const struct policy **ret,
	     struct err *e)
{
	static const char *const members[] = {
		"name",	      "version",   "title",  "source",	   "classes",
		"categories", "ladder",	   "order",  "valid_from", "valid_until",
		"calendars",  "pause",	   "fields", "inform_s",   "scrutiny_s",
		"channel",    "objection", "decide", "retention",  "statistics",
		"lapse_s",    "test",	   NULL};
	struct docread d = {.a = a, .e = e};
	struct policy *p = ARENA_NEW(a, struct policy);
	json_t *doc = docread_open(&d, json, len, POLICY_MAX);

	docread_members(&d, doc, "", members);
	p->name = docread_code(&d, doc, "", "name", POLICY_CODE_MAX);
	p->version = (uint64_t)docread_int(&d, doc, "", "version", 1, UINT32_MAX);
	policy_names(&d, doc, "", "title", &p->title_en, &p->title_id);
	p->source = docread_text(&d, doc, "", "source", POLICY_SOURCE_MAX);
	policy_calendars(&d, doc, p);
	read_classes(&d, doc, p);
	read_categories(&d, doc, p);
	read_ladder(&d, doc, p);
	read_order(&d, doc, p);
	policy_more(&d, doc, p);
	if (d.rc != RC_OK)
		return d.rc;
	hash_bytes(json, len, &p->sha256);
	*ret = p;
	return RC_OK;
}

const struct policy_class *
policy_class_find(const struct policy *p, const char *code)
{
	for (size_t i = 0; i < p->n_classes; i++)
		if (strcmp(p->classes[i].code, code) == 0)
			return &p->classes[i];
	return NULL;
}

const struct policy_category *
policy_category_find(const struct policy *p, const char *code)
{
	for (size_t i = 0; i < p->n_categories; i++)
		if (strcmp(p->categories[i].code, code) == 0)
			return &p->categories[i];
	return NULL;
}
