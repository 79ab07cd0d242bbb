#include "core/event_type.h"

#include <inttypes.h>
#include <string.h>

#include "core/members.h"
#include "core/note.h"

#define TYPE_RULE "protocol 2"

enum field_kind {
	FIELD_INT,    /* min to max */
	FIELD_BOOL,   /* true or false */
	FIELD_TEXT,   /* min to max bytes, no control characters */
	FIELD_TOKEN,  /* at most max bytes; one of `words` when there are any */
	FIELD_HEX64,  /* a SHA-256 */
	FIELD_UUID7,  /* lower case */
	FIELD_OBJECT, /* of `fields` */
};

struct event_field {
	const char *name; /* NULL ends a list of fields */
	enum field_kind kind;
	bool optional;
	int64_t min, max;
	bool list; /* an array of n_min to n_max of these */
	size_t n_min, n_max;
	const struct event_field *fields;
	const char *const *words;
};

#define US_MAX IJSON_INT_MAX
#define S_MAX  (IJSON_INT_MAX / 1000000)

/* ---- bodies ----------------------------------------------------------------------- */

/* clang-format off */
#define INT(n, lo, hi)	  .name = (n), .kind = FIELD_INT, .min = (lo), .max = (hi)
#define BOOL(n)		  .name = (n), .kind = FIELD_BOOL
#define TEXT(n, lo, hi)	  .name = (n), .kind = FIELD_TEXT, .min = (lo), .max = (hi)
#define TOKEN(n)	  .name = (n), .kind = FIELD_TOKEN, .max = EVENT_TOKEN_MAX
#define WORD(n, w)	  TOKEN(n), .words = (w)
#define HEX64(n)	  .name = (n), .kind = FIELD_HEX64
#define UUID7(n)	  .name = (n), .kind = FIELD_UUID7
#define OBJECT(n, f)	  .name = (n), .kind = FIELD_OBJECT, .fields = (f)
#define LIST(lo, hi)	  .list = true, .n_min = (lo), .n_max = (hi)
#define OPTIONAL	  .optional = true

static const struct event_field no_members[] = {{.name = NULL}};

static const struct event_field policy_fields[] = {
	{TOKEN("name")},
	{INT("version", 1, IJSON_INT_MAX)},
	{HEX64("sha256")},
	{.name = NULL},
};

static const struct event_field channel_open[] = {
	{.name = "channel", .kind = FIELD_TOKEN, .max = CHANNEL_MAX},
	{.name = "org", .kind = FIELD_TOKEN, .max = ORG_MAX},
	{.name = "peer", .kind = FIELD_TOKEN, .max = ORG_MAX},
	{HEX64("identity")},
	{HEX64("peer_identity")},
	{OBJECT("policy", policy_fields)},
	{.name = NULL},
};

static const struct event_field receipt_adopt[] = {
	{TEXT("log", 1, NOTE_NAME_MAX)},
	{INT("size", 1, IJSON_INT_MAX)},
	{HEX64("root")},
	{INT("time", 1, S_MAX)},
	{TEXT("sig", EVENT_RECEIPT_SIG_LEN, EVENT_RECEIPT_SIG_LEN)},
	{.name = NULL},
};

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

static const struct event_field notice_send[] = {
	{OBJECT("policy", policy_fields)},
	{TOKEN("class")},
	{BOOL("urgent")},
	{TOKEN("language")},
	{TOKEN("measure")},
	{INT("items", 1, EVENT_ITEM_MAX + 1)},
	{INT("parts", 1, EVENT_PARTS_MAX)},
	{HEX64("digest")},
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

static const struct event_field case_warn[] = {
	{INT("level", 1, EVENT_WARN_LEVEL_MAX)},
	{.name = NULL},
};

static const struct event_field name_fields[] = {
	{TEXT("name", 1, EVENT_ORDER_NAME_MAX)},
	{BOOL("wildcard")},
	{.name = NULL},
};
static const char *const actions[] = {"nxdomain", "nodata", NULL};

/* `text` is the SHA-256 of the exact order text whose disclosure travels beside it: whoever
 * approves signs that hash.  `cites` may be empty: a guard judges that, not the form.  `approvals` is how
 * many others must approve, `guards` what must be overridden before they can. */
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
	{.name = NULL},
};

static const struct event_field order_expire[] = {
	{UUID7("order")},
	{.name = NULL},
};

static const struct event_field event_refuse[] = {
	{TEXT("rule", 1, EVENT_REFUSE_RULE_MAX)},
	{.name = NULL},
};
/* clang-format on */

/* ---- what one field cannot say ---------------------------------------------------- */

static bool
is_word(const char *s, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

static int
compare_ints(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return a < b ? -1 : a > b;
}

/* An item that stands twice would be counted twice. */
static enum rc
items_distinct(const json_t *items, struct err *e)
{
	int64_t sorted[EVENT_DECIDE_ITEMS_MAX];
	size_t n = json_array_size(items);

	for (size_t i = 0; i < n; i++)
		sorted[i] = json_integer_value(json_array_get(items, i));
	qsort(sorted, n, sizeof(sorted[0]), compare_ints);
	for (size_t i = 1; i < n; i++)
		if (sorted[i - 1] == sorted[i])
			return err_rule(e, RC_INVALID, TYPE_RULE,
					"item.decide: items has %" PRId64 " twice",
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
		return err_rule(
			e, RC_INVALID, TYPE_RULE,
			"item.decide: the outcome %s needs a reason, as a disclosure",
			outcome);
	if (strcmp(outcome, "impossible") == 0 &&
	    (ground == NULL || !is_word(ground, impossible_grounds)))
		return err_rule(
			e, RC_INVALID, TYPE_RULE,
			"item.decide: the outcome impossible needs the ground "
			"force_majeure, manifest_error or insufficient_information");
	return items_distinct(json_object_get(ev->body, "items"), e);
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

/* ---- the table ----------------------------------------------------------------------
 */

#define NONE EVENT_CASE_NONE
#define CASE EVENT_CASE_REQUIRED
#define ANY  EVENT_CASE_OPTIONAL
#define AUTH EVENT_BY_AUTHORITY
#define PLAT EVENT_BY_PLATFORM
#define BOTH EVENT_BY_BOTH

/* clang-format off */
static const struct event_type types[] = {
	/* name            by    case  clock  sd re body            check */
	{"channel.open",   BOTH, NONE, false, 0, 0, channel_open,   NULL},
	{"receipt.adopt",  BOTH, NONE, false, 0, 0, receipt_adopt,  NULL},
	{"notice.part",    AUTH, CASE, false, 0, 0, notice_part,    part_check},
	{"notice.send",    AUTH, CASE, true,  0, 0, notice_send,    NULL},
	{"case.accept",    PLAT, CASE, false, 0, 0, no_members,     NULL},
	{"case.refuse",    PLAT, CASE, false, 1, 0, no_members,     NULL},
	{"item.decide",    PLAT, CASE, false, 0, 0, item_decide,    decide_check},
	{"message.post",   BOTH, CASE, false, 1, 0, no_members,     NULL},
	{"message.read",   BOTH, CASE, false, 0, 1, no_members,     NULL},
	{"case.remind",    AUTH, CASE, true,  0, 0, no_members,     NULL},
	{"case.warn",      AUTH, CASE, true,  0, 0, case_warn,      NULL},
	{"case.close",     AUTH, CASE, false, 0, 0, no_members,     NULL},
	{"case.reopen",    AUTH, CASE, false, 0, 0, no_members,     NULL},
	{"order.draft",    AUTH, NONE, false, 1, 0, order_draft,    NULL},
	{"order.override", AUTH, NONE, false, 1, 0, order_override, NULL},
	{"order.approve",  AUTH, NONE, false, 0, 0, order_approve,  NULL},
	{"order.lift",     AUTH, NONE, false, 1, 0, order_lift,     NULL},
	{"order.expire",   AUTH, NONE, false, 0, 0, order_expire,   NULL},
	{"event.refuse",   BOTH, ANY,  false, 0, 1, event_refuse,   NULL},
};
/* clang-format on */

enum { TYPE_COUNT = sizeof(types) / sizeof(types[0]) };

const struct event_type *
event_type_find(const char *name)
{
	for (size_t i = 0; i < TYPE_COUNT; i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

/* ---- checking -----------------------------------------------------------------------
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
		       (f->words == NULL || is_word(s, f->words));
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

/* ---- documentation
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

void
event_type_table_put(struct buf *b)
{
	static const char *const parties[] = {"", "authority", "platform", "both"};
	static const char *const cases[] = {"no", "yes", "may"};

	buf_puts(b, "| type | by | case | clock | needs | body "
		    "|\n|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		const struct event_type *t = &types[i];

		buf_printf(b, "| `%s` | %s | %s | %s | %s%s%s | ", t->name,
			   parties[t->by], cases[t->casefile],
			   t->starts_clock ? "starts" : "",
			   t->sd_min > 0 ? "a disclosure" : "",
			   t->sd_min > 0 && t->refs_min > 0 ? ", " : "",
			   t->refs_min > 0 ? "a reference" : "");
		if (t->body->name == NULL)
			buf_puts(b, "empty");
		else
			fields_put(b, t->body);
		buf_puts(b, " |\n");
	}
}
