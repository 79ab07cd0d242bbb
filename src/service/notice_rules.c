/*
 * What a policy asks of a notice beside its items: its fields, and when it may be sent.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { FIELD_TEXT_MAX = 1000, FIELDS_TEXT_MAX = 11000 };

static const struct policy_field *
field_find(const struct policy *p, const char *code)
{
	for (size_t i = 0; i < p->n_fields; i++)
		if (!p->fields[i].of_item && strcmp(p->fields[i].code, code) == 0)
			return &p->fields[i];
	return NULL;
}

static enum rc
fields_known(const struct policy *p, json_t *fields, struct err *e)
{
	const char *code;
	json_t *v;
	size_t sum = 0;

	json_object_foreach (fields, code, v) {
		if (field_find(p, code) == NULL)
			return err_set(e, RC_INVALID,
				       "fields.%s: the policy %s has no such field of a "
				       "notice",
				       code, p->name);
		if (!json_is_string(v))
			return err_set(e, RC_INVALID, "fields.%s: must be a text", code);
		if (json_string_length(v) > FIELD_TEXT_MAX)
			return err_set(e, RC_TOO_LARGE,
				       "fields.%s: %zu bytes, at most %d are taken", code,
				       json_string_length(v), FIELD_TEXT_MAX);
		sum += json_string_length(v);
	}
	if (sum > FIELDS_TEXT_MAX)
		return err_set(e, RC_TOO_LARGE,
			       "fields: %zu bytes together, at most %d are taken", sum,
			       FIELDS_TEXT_MAX);
	return RC_OK;
}

enum rc
notice_fields_check(const struct policy *p, const json_t *fields, struct err *e)
{
	struct arena *a = arena_create();
	enum rc rc = RC_OK;

	if (fields != NULL && !json_is_object(fields))
		rc = err_set(e, RC_INVALID, "\"fields\" must be an object of texts");
	if (rc == RC_OK)
		rc = fields_known(p, (json_t *)(uintptr_t)fields, e);
	for (size_t i = 0; rc == RC_OK && i < p->n_fields; i++) {
		const struct policy_field *f = &p->fields[i];
		const char *why =
			f->of_item
				? NULL
				: policy_field_refuses(a, f,
						       json_string_value(json_object_get(
							       fields, f->code)));
		if (why != NULL)
			rc = err_set(e, RC_INVALID, "fields.%s: %s", f->code, why);
	}
	arena_free(a);
	return rc;
}

/* The first notice under a policy waits until the platform has known it long enough:
 * since it received our event that names it. */
static enum rc
informed_check(struct writer *w, const struct channel_row *ch, const struct policy *p,
	       struct err *e)
{
	char when[CLOCK_TEXT_LEN];
	struct log_receipt r;
	int64_t sent;
	const struct db_param key[] = {DB_P_INT(ch->channel),
				       DB_P_BLOB(p->sha256.b, HASH_LEN)};
	enum rc rc = store_int(w->s, &SQL_POLICY_CASES, key, 0, &sent, e);

	if (rc != RC_OK || p->inform_us == 0 || sent != 0)
		return rc;
	rc = policy_named_receipt(w->s, w->a, ch, p, &r, e);
	if (rc == RC_NOT_FOUND)
		return err_set(e, RC_CONFLICT,
			       "the policy %s wants the platform informed %" PRId64
			       " s before the first notice, and it has not received the "
			       "policy yet",
			       p->name, p->inform_us / CLOCK_US_PER_S);
	int64_t from_us = (int64_t)r.time_s * CLOCK_US_PER_S + p->inform_us;
	if (rc == RC_OK && w->now_us < from_us)
		return err_set(e, RC_CONFLICT,
			       "the policy %s wants the platform informed %" PRId64
			       " s before the first notice: it may be sent from %s on",
			       p->name, p->inform_us / CLOCK_US_PER_S,
			       clock_format(from_us, when));
	return rc;
}

enum rc
notice_time_check(struct writer *w, const struct channel_row *ch, const struct policy *p,
		  const char *class_code, bool urgent, struct err *e)
{
	const char *why = policy_refuses_send(w->a, p, policy_class_find(p, class_code),
					      urgent, w->now_us);

	if (why != NULL)
		return err_set(e, RC_CONFLICT, "%s", why);
	return informed_check(w, ch, p, e);
}
