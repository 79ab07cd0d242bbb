/*
 * "/object", where anybody objects to an order; "/objection/CODE", where they follow it.
 * Without a script.
 */
#include <string.h>

#include "http/sentence.h"

enum { OBJECTION_CHARACTERS_MAX = 4000, CONTACT_CHARACTERS_MAX = 200 };

/* Why an objection was not taken. */
struct wrong {
	const char *field;   /* that it is about, or NULL */
	const char *own;     /* in the reader's language, or NULL: */
	const char *english; /* what the service said */
};

/* What is said of a field: a hint, and what is wrong with it; by their ids. */
static void
described_put(struct page *p, const char *name, bool hint, const struct wrong *wrong)
{
	const bool bad =
		wrong != NULL && wrong->field != NULL && strcmp(wrong->field, name) == 0;
	const char *ids = !bad	 ? arena_printf(p->a, "%s-hint", name)
			  : hint ? arena_printf(p->a, "%s-hint wrong", name)
				 : "wrong";

	if (hint || bad)
		html_attr(p->h, "aria-describedby", ids);
	if (bad)
		html_attr(p->h, "aria-invalid", "true");
}

static void
label_put(struct page *p, const char *name, const char *label, const char *hint)
{
	struct html *h = p->h;

	html_open(h, "label");
	html_attr(h, "for", name);
	html_text(h, label);
	html_close(h, "label");
	if (hint == NULL)
		return;
	html_open(h, "p");
	html_attr(h, "id", arena_printf(p->a, "%s-hint", name));
	html_attr(h, "class", "meta");
	html_text(h, hint);
	html_close(h, "p");
}

static void
line_put(struct page *p, const char *name, const char *label, const char *hint,
	 const char *value, int most, const struct wrong *wrong)
{
	struct html *h = p->h;

	label_put(p, name, label, hint);
	html_open(h, "div");
	html_attr(h, "class", "field");
	html_open(h, "input");
	html_attr(h, "id", name);
	html_attr(h, "name", name);
	html_attr(h, "type", "text");
	html_attr(h, "autocomplete", "off");
	html_attr(h, "maxlength", arena_printf(p->a, "%d", most));
	html_attr(h, "value", value == NULL ? "" : value);
	described_put(p, name, hint != NULL, wrong);
	html_close(h, "div");
}

static const char *
given(struct page *p, const char *name)
{
	return p->form != NULL ? page_form(p, name) : page_query(p, name);
}

static void
wrong_put(struct page *p, const struct wrong *wrong)
{
	struct html *h = p->h;

	html_open(h, "div");
	html_attr(h, "class", "problem");
	html_attr(h, "role", "alert");
	html_leaf(h, "p", NULL, T(p, OBJECT_REFUSED));
	html_open(h, "div");
	html_attr(h, "id", "wrong");
	if (wrong->own != NULL)
		html_leaf(h, "p", NULL, wrong->own);
	else
		sentence_put(p, NULL, wrong->english);
	html_close(h, "div");
	if (wrong->field != NULL) {
		html_open(h, "p");
		part_link(p, arena_printf(p->a, "#%s", wrong->field), T(p, OBJECT_MEND));
		html_close(h, "p");
	}
	html_close(h, "div");
}

/* What was typed stays; `wrong`: why it was not taken, or NULL. */
static void
object_form(struct page *p, const struct wrong *wrong)
{
	struct html *h = p->h;
	const char *text = given(p, "text");

	page_begin(p, NULL, T(p, OBJECT_TITLE), "/object");
	html_leaf(h, "p", "lead", T(p, OBJECT_LEAD));
	if (wrong != NULL)
		wrong_put(p, wrong);
	html_open(h, "form");
	html_attr(h, "method", "post");
	html_attr(h, "action", page_link(p, "/object", NULL));
	line_put(p, "ref", T(p, OBJECT_TO), T(p, OBJECT_TO_HINT), given(p, "ref"),
		 CONTACT_CHARACTERS_MAX, wrong);
	label_put(p, "text", T(p, OBJECT_TEXT), T(p, OBJECT_TEXT_HINT));
	html_open(h, "textarea");
	html_attr(h, "id", "text");
	html_attr(h, "name", "text");
	html_attr(h, "rows", "8");
	html_attr(h, "required", "required");
	html_attr(h, "maxlength", arena_printf(p->a, "%d", OBJECTION_CHARACTERS_MAX));
	described_put(p, "text", true, wrong);
	html_text(h, text == NULL ? "" : text);
	html_close(h, "textarea");
	line_put(p, "contact", T(p, OBJECT_CONTACT), T(p, OBJECT_CONTACT_HINT),
		 given(p, "contact"), CONTACT_CHARACTERS_MAX, wrong);
	html_open(h, "button");
	html_attr(h, "type", "submit");
	html_text(h, T(p, OBJECT_SEND));
	html_close(h, "button");
	html_close(h, "form");
	html_leaf(h, "h2", NULL, T(p, TRACK_TITLE));
	html_open(h, "form");
	html_attr(h, "method", "get");
	html_attr(h, "action", page_link(p, "/objection", NULL));
	line_put(p, "code", T(p, TRACK_CODE), NULL, NULL, CONTACT_CHARACTERS_MAX, NULL);
	html_open(h, "button");
	html_attr(h, "type", "submit");
	html_text(h, T(p, TRACK_SHOW));
	html_close(h, "button");
	html_close(h, "form");
	page_end(p);
}

/* A reference, an order's id, or a name: the API tells a name by its own member. */
static json_t *
objection_of(struct page *p)
{
	const char *ref = given(p, "ref"), *contact = given(p, "contact");
	const bool name = ref != NULL && strchr(ref, '.') != NULL;
	json_t *in = json_pack("{s:s, s:s, s:s}", name ? "name" : "order",
			       ref == NULL ? "" : ref, "text", given(p, "text"),
			       "language", lang_code(p->lang));

	if (contact != NULL && contact[0] != '\0')
		json_object_set_new(in, "contact", json_string(contact));
	return in;
}

static bool
blank(const char *s)
{
	return s == NULL || s[strspn(s, " \t\r\n")] == '\0';
}

/* What is not there is said by what the form calls it, not by the API's name for it. */
static struct wrong
wrong_of(struct page *p, enum rc rc, const struct err *why)
{
	const bool contact = strncmp(why->text, "\"contact\"", 9) == 0;
	struct wrong w = {.english = why->text};

	if (blank(given(p, "text"))) {
		w.field = "text";
		w.own = T(p, OBJECT_NO_TEXT);
	} else if (rc == RC_TOO_LARGE && strncmp(why->text, "\"text\"", 6) == 0) {
		w.field = "text";
		w.own = FILL(p, OBJECT_TEXT_LONG, NUMBER(p, OBJECTION_CHARACTERS_MAX));
	} else if (blank(given(p, "ref"))) {
		w.field = "ref";
		w.own = T(p, OBJECT_NO_REF);
	} else if (contact) {
		w.field = "contact";
	} else if (rc == RC_NOT_FOUND || rc == RC_INVALID) {
		w.field = "ref";
	}
	return w;
}

enum rc
page_object(struct page *p, struct err *e)
{
	struct err why = ERR_INIT;
	json_t *out;

	if (p->form == NULL || given(p, "text") == NULL) {
		object_form(p, NULL);
		return RC_OK;
	}
	enum rc rc = page_post(p, "/v1/objections", objection_of(p), &out, &why);
	if (rc == RC_OK) {
		p->see_other = page_link(
			p, arena_printf(p->a, "/objection/%s", j_text(out, "reference")),
			NULL);
		return RC_OK;
	}
	if (rc != RC_INVALID && rc != RC_NOT_FOUND && rc != RC_CONFLICT &&
	    rc != RC_LIMIT && rc != RC_TOO_LARGE) {
		*e = why;
		return rc;
	}
	p->status = (unsigned)rc_http_status(rc);
	const struct wrong wrong = wrong_of(p, rc, &why);
	object_form(p, &wrong);
	return RC_OK;
}

/* ---- following it ------------------------------------------------------------------ */

static void
objection_chip(struct page *p, const char *state)
{
	if (strcmp(state, "ruled") == 0)
		part_chip(p, LOOK_DONE, T(p, OBJECTION_STATE_RULED));
	else if (strcmp(state, "answered") == 0)
		part_chip(p, LOOK_RUNNING, T(p, OBJECTION_STATE_ANSWERED));
	else
		part_chip(p, LOOK_WAITING, T(p, TRACK_WAITS));
}

static void
track_put(struct page *p, const json_t *o, const char *code)
{
	struct html *h = p->h;

	page_begin(p, NULL, FILL(p, OBJECT_YOURS, j_text(o, "ref")), "/object");
	html_open(h, "p");
	html_attr(h, "class", "chips");
	objection_chip(p, j_text(o, "state"));
	html_close(h, "p");
	html_open(h, "p");
	html_text(h, T(p, TRACK_KEEP));
	html_text(h, " ");
	html_leaf(h, "strong", "mono", code);
	html_close(h, "p");
	html_leaf(h, "p", NULL, T(p, TRACK_BOOKMARK));
	html_open(h, "dl");
	html_attr(h, "class", "facts");
	fact_time(p, T(p, OBJECTION_RECEIVED), j_time(o, "received"));
	if (j_time(o, "answered") == 0) {
		fact_time(p, T(p, TRACK_ANSWER_DUE), j_time(o, "answer_due"));
	} else {
		fact_time(p, T(p, ANSWERED_AT), j_time(o, "answered"));
		fact_outside(p, T(p, OBJECTION_ANSWER), j_text(o, "answer"));
	}
	if (j_text(o, "ruling") == NULL) {
		fact_time(p, T(p, TRACK_RULE_DUE), j_time(o, "rule_due"));
	} else {
		fact_text(p, T(p, RULING), word_ruling(p, j_text(o, "ruling")));
		fact_outside(p, T(p, REASON), j_text(o, "reason"));
	}
	html_close(h, "dl");
	html_open(h, "p");
	part_link(
		p,
		page_link(p, arena_printf(p->a, "/register/%s", j_text(o, "ref")), NULL),
		FILL(p, TRACK_ENTRY, j_text(o, "ref")));
	html_close(h, "p");
	page_end(p);
}

enum rc
page_objection(struct page *p, struct err *e)
{
	const char *code = p->word != NULL ? p->word : page_query(p, "code");
	json_t *o;

	if (code == NULL || code[0] == '\0' || strchr(code, '/') != NULL) {
		p->see_other = page_link(p, "/object", NULL);
		return RC_OK;
	}
	/* The code then stands in the address, which can be kept. */
	if (p->word == NULL) {
		p->see_other =
			page_link(p, arena_printf(p->a, "/objection/%s", code), NULL);
		return RC_OK;
	}
	enum rc rc = page_ask(p, "/v1/objections/{reference}",
			      json_pack("{s:s}", "reference", code), &o, e);
	if (rc == RC_OK)
		track_put(p, o, code);
	return rc;
}
