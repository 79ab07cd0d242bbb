/*
 * Forms that a policy's law prescribes, such as the annexes of Regulation (EU) 2021/784,
 * filled in with what the notice and the log say.
 *
 * A form is a text with places, policies/<policy>-annex-<n>.<language>.txt.  What nobody
 * has said stays visible as missing, and is named: so nothing that is required can be
 * left out unseen.  What only a person knows (who signs) is given with the request and
 * kept nowhere.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "core/event.h"
#include "service/cases.h"
#include "service/policies.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	FORM_ITEMS_MAX = 10000,
	FORM_TEXT_MAX = 16 << 20, /* bytes of a form that is filled in */
	FORM_VALUE_MAX = 2000,
	FORM_ANNEX_MAX = 3,
	TERRITORY_MAX = 16,
};

struct form {
	struct store *s;
	struct arena *a;
	struct case_row c;
	const struct policy *p;
	json_t *fields; /* of the notice; NULL: none, or erased */
	json_t *items, *questions;
	json_t *values; /* given with the request */
	const char *log, *event;
	int64_t now_us;
};

static const char *
row_text(const json_t *row, const char *name)
{
	return json_string_value(json_object_get(row, name));
}

static bool
row_is(const json_t *row, const char *name, const char *word)
{
	const char *is = row_text(row, name);

	return is != NULL && strcmp(is, word) == 0;
}

static const char *
time_text(struct arena *a, int64_t us)
{
	char when[CLOCK_TEXT_LEN];

	if (us == 0)
		return NULL;
	clock_format(us, when);
	return arena_printf(a, "%.10s %.8s UTC", when, when + 11);
}

/* ---- what the items say ------------------------------------------------------------ */

static bool
removes(const json_t *item)
{
	return row_is(item, "outcome", "removed") ||
	       row_is(item, "outcome", "account_suspended") ||
	       row_is(item, "outcome", "already_removed");
}

static bool
disables(const json_t *item)
{
	return json_is_true(json_object_get(item, "everywhere"));
}

static bool
explains(const json_t *item)
{
	return row_is(item, "ground", "manifest_error") ||
	       row_is(item, "ground", "insufficient_information");
}

static bool
impossible(const json_t *item)
{
	return row_is(item, "outcome", "impossible");
}

static bool
measured(const json_t *item)
{
	return removes(item) || row_is(item, "outcome", "restricted");
}

static bool
all(const json_t *item)
{
	(void)item;
	return true;
}

typedef bool item_test(const json_t *item);

static bool
any_item(const struct form *f, item_test *test)
{
	size_t i;
	const json_t *item;

	json_array_foreach (f->items, i, item)
		if (test(item))
			return true;
	return false;
}

static bool
any_with(const struct form *f, const char *member, const char *word)
{
	size_t i;
	const json_t *item;

	json_array_foreach (f->items, i, item)
		if (row_is(item, member, word))
			return true;
	return false;
}

static void
item_put(struct buf *b, const json_t *item)
{
	const char *given = row_text(item, "given"), *normal = row_text(item, "normal");

	buf_printf(b, "  %" JSON_INTEGER_FORMAT ". %s",
		   json_integer_value(json_object_get(item, "i")) + 1,
		   given == NULL ? "(erased)" : given);
	if (given != NULL && normal != NULL && strcmp(given, normal) != 0)
		buf_printf(b, " (%s)", normal);
}

static void
answer_put(struct buf *b, const struct form *f, const json_t *item)
{
	const char *territories = row_text(item, "territories");

	item_put(b, item);
	buf_printf(b, ": %s", row_text(item, impossible(item) ? "ground" : "outcome"));
	if (territories != NULL)
		buf_printf(b, " in %s", territories);
	buf_printf(b, ", %s",
		   time_text(f->a, json_integer_value(json_object_get(item, "at"))));
}

typedef void item_line(struct buf *b, const struct form *f, const json_t *item);

static void
line_where(struct buf *b, const struct form *f, const json_t *item)
{
	(void)f;
	item_put(b, item);
}

static void
line_description(struct buf *b, const struct form *f, const json_t *item)
{
	(void)f;
	buf_printf(b, "  %" JSON_INTEGER_FORMAT ". %s",
		   json_integer_value(json_object_get(item, "i")) + 1,
		   row_text(item, "description"));
}

static void
line_reason(struct buf *b, const struct form *f, const json_t *item)
{
	const char *reason = row_text(item, "reason");

	(void)f;
	buf_printf(b, "  %" JSON_INTEGER_FORMAT ". %s",
		   json_integer_value(json_object_get(item, "i")) + 1,
		   reason == NULL ? "(erased)" : reason);
}

/* A line for each that passes; NULL: none does. */
static const char *
lines(const struct form *f, item_test *test, item_line *line)
{
	struct buf b = BUF_INIT(FORM_TEXT_MAX);
	const char *text = NULL;
	size_t i;
	const json_t *item;

	json_array_foreach (f->items, i, item) {
		if (!test(item))
			continue;
		if (b.len != 0)
			buf_putc(&b, '\n');
		line(&b, f, item);
	}
	if (b.len != 0)
		text = arena_strndup(f->a, buf_str(&b), b.len);
	buf_free(&b);
	return text;
}

static bool
described(const json_t *item)
{
	return row_text(item, "description") != NULL;
}

/* The questions that the platform asked, and why it could not: what is needed. */
static const char *
clarification(const struct form *f)
{
	const char *of_items = lines(f, explains, line_reason), *text = of_items;
	size_t i;
	const json_t *q;

	json_array_foreach (f->questions, i, q)
		if (row_is(q, "event", "clarify.ask") && row_text(q, "text") != NULL)
			text = arena_printf(f->a, "%s%s  %s", text == NULL ? "" : text,
					    text == NULL ? "" : "\n",
					    row_text(q, "text"));
	/* Force majeure alone asks for nothing. */
	return text == NULL && any_item(f, impossible) ? "  -" : text;
}

/* ---- places ------------------------------------------------------------------------ */

static const char *
field(const struct form *f, const char *code)
{
	return row_text(f->fields, code);
}

/* Without the field: not ticked, where the policy lets it be left out. */
static const char *
tick(bool on)
{
	return on ? "x" : " ";
}

static const char *
tick_value(const struct form *f, const char *word)
{
	static const struct {
		const char *word, *member;
	} of_items[] = {
		{"incites", "category"},	{"solicits_offence", "category"},
		{"solicits_group", "category"}, {"instructs", "category"},
		{"threat", "category"},		{"force_majeure", "ground"},
		{"manifest_error", "ground"},	{"insufficient_information", "ground"},
	};
	static const char *const of_authority[] = {"judge", "law_enforcement", "other"};
	static const char *const of_fields[] = {"non_disclosure", "cross_border",
						"copy_sent"};

	if (strcmp(word, "removed") == 0)
		return tick(any_item(f, removes));
	if (strcmp(word, "disabled") == 0)
		return tick(any_item(f, disables));
	for (size_t i = 0; i < sizeof(of_items) / sizeof(of_items[0]); i++)
		if (strcmp(of_items[i].word, word) == 0)
			return tick(any_with(f, of_items[i].member, word));
	for (size_t i = 0; i < sizeof(of_authority) / sizeof(of_authority[0]); i++)
		if (strcmp(of_authority[i], word) == 0)
			return tick(row_is(f->fields, "authority_type", word));
	for (size_t i = 0; i < sizeof(of_fields) / sizeof(of_fields[0]); i++)
		if (strcmp(of_fields[i], word) == 0)
			return tick(row_is(f->fields, word, "yes"));
	return NULL;
}

/* What a cross-border order needs and another does not. */
static const char *
review_contacts(const struct form *f)
{
	const char *given = field(f, "review_authority_contacts");

	return given == NULL && !row_is(f->fields, "cross_border", "yes") ? "-" : given;
}

static const char *
place_value(const struct form *f, const char *word)
{
	static const char tick_prefix[] = "tick_";
	const char *given = row_text(f->values, word);

	if (given != NULL)
		return given;
	if (strncmp(word, tick_prefix, sizeof(tick_prefix) - 1) == 0)
		return tick_value(f, word + sizeof(tick_prefix) - 1);
	const struct {
		const char *word, *value;
	} words[] = {
		{"issued", time_text(f->a, f->c.fold.sent_us)},
		{"received", time_text(f->a, f->c.fold.receipt_us)},
		{"date", time_text(f->a, f->now_us)},
		{"event", f->event},
		{"log", f->log},
		{"review_authority_contacts", review_contacts(f)},
		{"provider_name", field(f, "addressee")},
		{"contact_email", field(f, "contact_point")},
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].value;
	if (strcmp(word, "items") == 0)
		return lines(f, all, line_where);
	if (strcmp(word, "reasons") == 0) {
		const char *said = lines(f, described, line_description);
		return said == NULL ? "  -" : said;
	}
	if (strcmp(word, "measures") == 0)
		return lines(f, measured, answer_put);
	if (strcmp(word, "impossible") == 0)
		return lines(f, impossible, answer_put);
	if (strcmp(word, "explanation") == 0)
		return lines(f, impossible, line_reason);
	if (strcmp(word, "clarification") == 0)
		return clarification(f);
	return field(f, word);
}

/* What of a form must be, beside its places: that it says anything at all. */
static const char *
box_missing(const struct form *f, int64_t annex)
{
	if (annex == 1 && row_is(f->fields, "cross_border", "yes") &&
	    !row_is(f->fields, "copy_sent", "yes"))
		return "copy_sent";
	if (annex == 2 && !any_item(f, removes) && !any_item(f, disables))
		return "measure";
	if (annex == 3 && !any_item(f, impossible))
		return "ground";
	return NULL;
}

/* "{word}" of the form, filled in; what nothing fills is named in the text and in
 * `missing`. */
static void
form_fill(const struct form *f, const char *text, json_t *missing, struct buf *b)
{
	for (const char *s = text; *s != '\0';) {
		size_t len = *s != '{' ? 0 : strspn(s + 1, "abcdefghijklmnopqrstuvwxyz_");
		if (len == 0 || s[1 + len] != '}') {
			buf_put(b, s++, 1);
			continue;
		}
		const char *word = arena_strndup(f->a, s + 1, len);
		const char *value = place_value(f, word);
		if (value != NULL) {
			buf_puts(b, value);
		} else {
			buf_printf(b, "(MISSING: %s)", word);
			json_object_set_new(missing, word, json_true());
		}
		s += len + 2;
	}
}

/* ---- reading ----------------------------------------------------------------------- */

/* All 27, or the code of all of them. */
static bool
everywhere(const json_t *territories)
{
	static const char *const members[] = {
		"AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI",
		"FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU",
		"MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
	};
	enum { MEMBERS = sizeof(members) / sizeof(members[0]) };
	size_t i, n = 0;
	const json_t *t;

	json_array_foreach (territories, i, t) {
		if (strcmp(json_string_value(t), "EU") == 0)
			return true;
		for (size_t k = 0; k < MEMBERS; k++)
			n += strcmp(json_string_value(t), members[k]) == 0;
	}
	return n >= MEMBERS;
}

/* Where a restriction holds is in its event alone. */
static enum rc
territories_put(const struct form *f, json_t *item, struct err *e)
{
	uint64_t seq = (uint64_t)json_integer_value(json_object_get(item, "seq"));
	const struct event_claim *claim;
	struct log_leaf *leaf;
	const char *text = NULL;
	size_t i;
	const json_t *t;
	enum rc rc = store_leaves(f->s, f->a, f->c.channel, PARTY_PLATFORM, seq, seq + 1,
				  &leaf, e);

	if (rc == RC_OK)
		rc = event_parse(f->a, leaf[0].jws, leaf[0].jws_len, &claim, e);
	if (rc != RC_OK)
		return rc;
	const json_t *list = json_object_get(event_trusted(claim)->body, "territories");
	json_array_foreach (list, i, t)
		text = text == NULL
			       ? json_string_value(t)
			       : arena_printf(f->a, "%s, %s", text, json_string_value(t));
	/* Without territories it holds everywhere. */
	json_object_set_new(item, "everywhere",
			    json_boolean(list == NULL || everywhere(list)));
	if (text != NULL)
		json_object_set_new(item, "territories", json_string(text));
	return RC_OK;
}

static enum rc
items_read(struct form *f, struct err *e)
{
	size_t i;
	json_t *item;
	enum rc rc;

	if (f->c.items > FORM_ITEMS_MAX)
		return err_set(e, RC_TOO_LARGE,
			       "a form names each item, at most %d; this case has "
			       "%" PRIu64 ": 'saluran export' has its list",
			       FORM_ITEMS_MAX, f->c.items);
	rc = store_rows(
		f->s, &SQL_FORM_ITEMS,
		(struct db_param[]){DB_P_TEXT(f->c.casefile), DB_P_INT(FORM_ITEMS_MAX)},
		"i:i kind:s category:s given:s normal:s description:s outcome:s "
		"ground:s reason:s at:i seq:i",
		f->items, e);
	json_array_foreach (f->items, i, item)
		if (rc == RC_OK && row_is(item, "outcome", "restricted"))
			rc = territories_put(f, item, e);
	return rc;
}

static enum rc
notice_read(struct form *f, json_t *more, struct err *e)
{
	const struct event_claim *claim;
	const struct policy_class *cls;
	struct log_leaf *leaf;
	enum rc rc = policy_of_case(f->s, f->a, &f->c, &f->p, &cls, e);

	if (rc == RC_OK)
		rc = case_notice_more(f->s, f->a, &f->c, more, e);
	if (rc == RC_OK)
		rc = store_leaves(f->s, f->a, f->c.channel, PARTY_AUTHORITY,
				  f->c.fold.send_seq, f->c.fold.send_seq + 1, &leaf, e);
	if (rc == RC_OK)
		rc = event_parse(f->a, leaf[0].jws, leaf[0].jws_len, &claim, e);
	if (rc != RC_OK)
		return rc;
	f->fields = json_object_get(more, "fields");
	f->event = event_trusted(claim)->id;
	f->log = event_trusted(claim)->log;
	return RC_OK;
}

static enum rc
form_find(const struct form *f, int64_t annex, const char *language, const char **ret,
	  struct err *e)
{
	const struct builtin_file *file = builtin_find(arena_printf(
		f->a, "%s-annex-%" PRId64 ".%s.txt", f->p->name, annex, language));

	if (file == NULL)
		return err_set(e, RC_NOT_FOUND,
			       "the policy %s has no form %" PRId64 ": eu-tco has 1, 2 "
			       "and 3",
			       f->p->name, annex);
	*ret = arena_strndup(f->a, file->data, file->len);
	return RC_OK;
}

static enum rc
values_read(const json_t *in, json_t **ret, struct err *e)
{
	json_t *values = json_object_get(in, "values"), *v;
	const char *word;

	*ret = values;
	if (values != NULL && !json_is_object(values))
		return err_set(e, RC_INVALID,
			       "\"values\" must be an object of word and text");
	json_object_foreach (values, word, v)
		if (!json_is_string(v) || json_string_length(v) == 0 ||
		    json_string_length(v) > FORM_VALUE_MAX)
			return err_set(e, RC_INVALID,
				       "\"values\": \"%s\" must be a text of 1 to %d "
				       "bytes",
				       word, FORM_VALUE_MAX);
	return RC_OK;
}

/* What fills it: people look there. */
static json_t *
missing_json(const struct form *f, int64_t annex, const json_t *missing)
{
	const char *box = box_missing(f, annex), *word;
	json_t *list = json_array(), *v;

	json_object_foreach ((json_t *)(uintptr_t)missing, word, v)
		json_array_append_new(list, json_string(word));
	if (box != NULL)
		json_array_append_new(list, json_string(box));
	return list;
}

static enum rc
form_make(struct form *f, const char *id, int64_t annex, const char *language,
	  struct reply *out, struct err *e)
{
	json_t *more = json_object(), *missing = json_object();
	struct buf b = BUF_INIT(FORM_TEXT_MAX);
	const char *text = NULL;
	enum rc rc = view_case_get(f->s, f->a, id, &f->c, e);

	if (rc == RC_OK)
		rc = notice_read(f, more, e);
	if (rc == RC_OK)
		rc = form_find(f, annex, language, &text, e);
	if (rc == RC_OK)
		rc = items_read(f, e);
	if (rc == RC_OK)
		rc = store_rows(f->s, &SQL_CASE_CLARIFY,
				(struct db_param[]){DB_P_TEXT(id)},
				"question:i event:s author:s text:s", f->questions, e);
	if (rc != RC_OK)
		goto out;
	form_fill(f, text, missing, &b);
	if (!buf_ok(&b)) {
		rc = err_set(e, RC_TOO_LARGE, "the form is over %d bytes", FORM_TEXT_MAX);
		goto out;
	}
	json_t *list = missing_json(f, annex, missing);
	reply_json(f->a, out,
		   json_pack("{s:s, s:s, s:I, s:s, s:b, s:o, s:s%}", "case", id, "policy",
			     f->p->name, "annex", (json_int_t)annex, "language", language,
			     "complete", json_array_size(list) == 0, "missing", list,
			     "text", buf_str(&b), b.len));
out:
	buf_free(&b);
	json_decref(more);
	json_decref(missing);
	return rc;
}

/*
 * in: case, annex (1 to 3), language? (en or id), values? {word: text} (what only a
 * person knows, such as signatory; kept nowhere) out: case, policy, annex, language,
 * complete, missing [word], text
 */
enum rc
service_case_form(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	struct form f = {.a = a,
			 .items = json_array(),
			 .questions = json_array(),
			 .now_us = clock_now_us()};
	const char *id, *language = NULL;
	int64_t annex = 0;
	enum rc rc = in_only(in, "case annex language values", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_uuid(in, "case", &id, e);
	if (rc == RC_OK)
		rc = in_int(in, "annex", 1, FORM_ANNEX_MAX, 0, &annex, e);
	if (rc == RC_OK && annex == 0)
		rc = err_set(e, RC_INVALID, "\"annex\" is missing: 1, 2 or 3");
	if (rc == RC_OK)
		rc = in_text(in, "language", false, 2, &language, e);
	if (language == NULL)
		language = "en";
	if (rc == RC_OK && strcmp(language, "en") != 0 && strcmp(language, "id") != 0)
		rc = err_set(e, RC_INVALID, "\"language\" is \"en\" or \"id\"");
	if (rc == RC_OK)
		rc = values_read(in, &f.values, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &f.s, e);
	if (rc == RC_OK)
		rc = form_make(&f, id, annex, language, out, e);
	reader_put(nd, f.s);
	json_decref(f.items);
	json_decref(f.questions);
	return rc;
}
