#include "core/event_type.h"

#include <inttypes.h>
#include <string.h>

#include "core/event_field.h"
#include "core/members.h"

static const struct event_type *const families[] = {
	event_types_channel,  event_types_case,	  event_types_order,
	event_types_evidence, event_types_public, event_types_dns,
};

enum { FAMILY_COUNT = sizeof(families) / sizeof(families[0]) };

bool
event_is_word(const char *s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

const struct event_type *
event_type_find(const char *name)
{
	for (size_t f = 0; f < FAMILY_COUNT; f++)
		for (const struct event_type *t = families[f]; t->name != NULL; t++)
			if (strcmp(t->name, name) == 0)
				return t;
	return NULL;
}

bool
event_starts_clock(const struct event *ev)
{
	const struct event_type *t = event_type_find(ev->type);

	return (t != NULL && t->starts_clock) || event_is_inability(ev);
}

/* ---- checking -------------------------------------------------------------------------
 */

static bool
token_ok(const char *s, size_t len, int64_t max)
{
	if (len == 0 || len > (size_t)max)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool word = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9');

		if (!word && (i == 0 || strchr("._-", s[i]) == NULL))
			return false;
	}
	return true;
}

static bool
text_ok(const char *s, size_t len, int64_t min, int64_t max)
{
	if (len < (size_t)min || len > (size_t)max)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return true;
}

/* Anything but an object, by itself. */
static bool
scalar_ok(const struct event_field *f, const json_t *v)
{
	struct hash h;
	const char *s = json_string_value(v);
	size_t len = json_string_length(v);

	if (f->kind == FIELD_BOOL)
		return json_is_boolean(v);
	if (f->kind == FIELD_INT)
		return json_is_integer(v) && json_integer_value(v) >= f->min &&
		       json_integer_value(v) <= f->max;
	if (s == NULL)
		return false;
	if (f->kind == FIELD_TEXT)
		return text_ok(s, len, f->min, f->max);
	if (f->kind == FIELD_TOKEN)
		return token_ok(s, len, f->max) &&
		       (f->words == NULL || event_is_word(s, f->words));
	if (f->kind == FIELD_HEX64)
		return hash_parse_hex(s, len, &h) == RC_OK;
	return uuid7_valid(s, len);
}

/* What a value must be: said to whoever broke it, and in the table of the docs. */
static void
kind_put(struct buf *b, const struct event_field *f)
{
	switch (f->kind) {
	case FIELD_INT:
		buf_printf(b, "integer %" PRId64 " to %" PRId64, f->min, f->max);
		break;
	case FIELD_BOOL:
		buf_puts(b, "true or false");
		break;
	case FIELD_TEXT:
		buf_printf(b, "text of %" PRId64 " to %" PRId64 " bytes", f->min, f->max);
		break;
	case FIELD_TOKEN:
		if (f->words == NULL)
			buf_printf(b, "token of 1 to %" PRId64 " bytes", f->max);
		for (size_t i = 0; f->words != NULL && f->words[i] != NULL; i++)
			buf_printf(b, "%s%s", i == 0 ? "one of " : ", ", f->words[i]);
		break;
	case FIELD_HEX64:
		buf_puts(b, "64 lower-case hex digits");
		break;
	case FIELD_UUID7:
		buf_puts(b, "lower-case UUID of version 7");
		break;
	case FIELD_OBJECT:
		buf_puts(b, "object");
		break;
	}
}

static void
fail_kind(struct members *m, const struct event_field *f, size_t at)
{
	struct buf what = BUF_INIT(ERR_TEXT_MAX);

	kind_put(&what, f);
	if (f->list)
		members_fail(m, "%s[%zu] must be: %s", f->name, at, buf_str(&what));
	else
		members_fail(m, "%s must be: %s", f->name, buf_str(&what));
	buf_free(&what);
}

static void object_check(struct members *m, const struct event_field *fields);

static void
value_check(struct members *m, const struct event_field *f, const json_t *v, size_t at)
{
	struct members inner;
	struct err why;

	if (f->kind != FIELD_OBJECT || !json_is_object(v)) {
		if (f->kind == FIELD_OBJECT || !scalar_ok(f, v))
			fail_kind(m, f, at);
		return;
	}
	members_open(&inner, v, m->bad, m->rule, f->name, &why);
	object_check(&inner, f->fields);
	if (inner.rc == RC_OK)
		return;
	const char *text = why.text + strlen(m->rule) + 2; /* past "rule: " */
	if (f->list)
		members_fail(m, "%s (element %zu)", text, at);
	else
		members_fail(m, "%s", text);
}

static void
field_check(struct members *m, const struct event_field *f)
{
	const json_t *v = members_get(m, f->name);
	size_t n = json_array_size(v);

	if (v == NULL) {
		if (!f->optional)
			members_fail(m, "%s is missing", f->name);
	} else if (!f->list) {
		value_check(m, f, v, 0);
	} else if (!json_is_array(v) || n < f->n_min || n > f->n_max) {
		members_fail(m, "%s must be an array of %zu to %zu elements", f->name,
			     f->n_min, f->n_max);
	} else {
		for (size_t i = 0; i < n && m->rc == RC_OK; i++)
			value_check(m, f, json_array_get(v, i), i);
	}
}

static void
object_check(struct members *m, const struct event_field *fields)
{
	for (const struct event_field *f = fields; f->name != NULL && m->rc == RC_OK; f++)
		field_check(m, f);
	m->rc = members_end(m);
}

static enum rc
frame_check(const struct event_type *t, const struct event *ev, enum party from,
	    struct err *e)
{
	if ((t->by & 1U << from) == 0)
		return err_rule(e, RC_INVALID, TYPE_RULE, "%s: not for the %s to write",
				t->name, party_name(from));
	if (t->casefile == EVENT_CASE_REQUIRED && ev->casefile == NULL)
		return err_rule(e, RC_INVALID, TYPE_RULE, "%s: case is missing", t->name);
	if (t->casefile == EVENT_CASE_NONE && ev->casefile != NULL)
		return err_rule(e, RC_INVALID, TYPE_RULE, "%s: belongs to no case",
				t->name);
	if (ev->n_sd < t->sd_min)
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"%s: its text or reason is missing, as a disclosure",
				t->name);
	if (ev->n_refs < t->refs_min)
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"%s: re must name the event it is about", t->name);
	return RC_OK;
}

enum rc
event_type_check(const struct event *ev, enum party from, struct err *e)
{
	const struct event_type *t = event_type_find(ev->type);
	struct members m;

	if (t == NULL)
		return err_rule(e, RC_UNSUPPORTED, TYPE_RULE, "unknown event type %s",
				ev->type);
	enum rc rc = frame_check(t, ev, from, e);
	if (rc != RC_OK)
		return rc;
	members_open(&m, ev->body, RC_INVALID, TYPE_RULE, t->name, e);
	object_check(&m, t->body);
	if (m.rc == RC_OK && t->check != NULL)
		m.rc = t->check(ev, e);
	return m.rc;
}

/* ---- documentation --------------------------------------------------------------------
 * --------------------------------------------------------------------- */

static void
fields_put(struct buf *b, const struct event_field *fields)
{
	for (const struct event_field *f = fields; f->name != NULL; f++) {
		buf_printf(b, "%s`%s`%s: ", f == fields ? "" : "; ", f->name,
			   f->optional ? " (optional)" : "");
		if (f->list)
			buf_printf(b, "%zu to %zu of ", f->n_min, f->n_max);
		if (f->kind == FIELD_OBJECT) {
			buf_putc(b, '{');
			fields_put(b, f->fields);
			buf_putc(b, '}');
		} else {
			kind_put(b, f);
		}
	}
}

static void
type_put(struct buf *b, const struct event_type *t)
{
	static const char *const parties[] = {"", "authority", "platform", "both"};
	static const char *const cases[] = {"no", "yes", "may"};

	buf_printf(b, "| `%s` | %s | %s | %s | %s%s%s | ", t->name, parties[t->by],
		   cases[t->casefile], t->starts_clock ? "starts" : "",
		   t->sd_min > 0 ? "a disclosure" : "",
		   t->sd_min > 0 && t->refs_min > 0 ? ", " : "",
		   t->refs_min > 0 ? "a reference" : "");
	if (t->body->name == NULL)
		buf_puts(b, "empty");
	else
		fields_put(b, t->body);
	buf_puts(b, " |\n");
}

void
event_type_table_put(struct buf *b)
{
	buf_puts(b, "| type | by | case | clock | needs | body "
		    "|\n|---|---|---|---|---|---|\n");
	for (size_t f = 0; f < FAMILY_COUNT; f++)
		for (const struct event_type *t = families[f]; t->name != NULL; t++)
			type_put(b, t);
}
