/*
 * Templates: texts with places, kept on this node and filled in with what a case says.
 * What is sent is a person's or a policy's act; here nothing is.
 */
#include "core/template.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	TEMPLATE_TEXT_MAX = 10000,
	TEMPLATE_NAME_MAX = 60,
	TEMPLATE_LANGUAGE_MAX = 16,
	TEMPLATE_OPEN_MAX = 50, /* places that a reply names */
	TEMPLATE_PAGE_DEFAULT = 50,
	TEMPLATE_PAGE_MAX = 1000,
};

#define TEMPLATE_SPEC "template:s version:i kind:s language:s text:s author:s at:t"

/* What it is for.  "letter" goes with a notice. */
static const char *const kinds[] = {"letter",  "reminder", "warning",
				    "message", "reason",   "clarify"};

enum rc
in_ready(json_t *in, struct arena *a, const char *name, bool required, size_t max,
	 const char **ret, struct err *e)
{
	enum rc rc = in_text(in, name, required, max, ret, e);

	if (rc == RC_OK && *ret != NULL && text_is_blank(*ret))
		return err_set(e, RC_INVALID,
			       "\"%s\" is empty: write it, or leave it out", name);
	return rc == RC_OK && *ret != NULL ? template_ready(a, name, *ret, ret, e) : rc;
}

static bool
name_ok(const char *s)
{
	for (size_t i = 0; s[i] != '\0'; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') ||
		      (i != 0 && strchr("._-", s[i]) != NULL)))
			return false;
	return s[0] != '\0';
}

static enum rc
kind_check(const char *kind, struct err *e)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return RC_OK;
	return err_set(e, RC_INVALID,
		       "there is no kind of template \"%s\": letter, reminder, warning, "
		       "message, reason or clarify",
		       kind);
}

struct template_job {
	const char *name, *kind, *language, *text, *author;
	int64_t version;
};

static enum rc
work_template(struct writer *w, void *arg, struct err *e)
{
	struct template_job *t = arg;

	return store_int(w->s, &SQL_TEMPLATE_INSERT,
			 (struct db_param[]){
				 DB_P_TEXT(t->name),
				 DB_P_TEXT(t->kind),
				 DB_P_TEXT(t->language),
				 DB_P_TEXT(t->text),
				 DB_P_TEXT(t->author),
				 DB_P_INT(w->now_us),
			 },
			 0, &t->version, e);
}

/* in: name, kind, text, language? (id)  out: template, version */
enum rc
service_template_add(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct template_job t = {.author = actor_name(who)};
	enum rc rc = in_only(in, "name kind text language", e);

	if (rc == RC_OK)
		rc = in_text(in, "name", true, TEMPLATE_NAME_MAX, &t.name, e);
	if (rc == RC_OK && !name_ok(t.name))
		rc = err_set(e, RC_INVALID,
			     "a template's name is a-z, 0-9, '.', '-' and '_'");
	if (rc == RC_OK)
		rc = in_text(in, "kind", true, TEMPLATE_NAME_MAX, &t.kind, e);
	if (rc == RC_OK)
		rc = kind_check(t.kind, e);
	if (rc == RC_OK)
		rc = in_text(in, "text", true, TEMPLATE_TEXT_MAX, &t.text, e);
	if (rc == RC_OK)
		rc = in_text(in, "language", false, TEMPLATE_LANGUAGE_MAX, &t.language,
			     e);
	if (t.language == NULL)
		t.language = "id";
	if (rc == RC_OK)
		rc = writer_run(nd, work_template, &t, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:I}", "template", t.name, "version",
				     (json_int_t)t.version));
	return rc;
}

/* in: kind?, after? (a name), limit?  out: templates [] by name, next */
enum rc
service_templates(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	json_t *all = json_array();
	const char *kind, *after;
	int64_t limit = 0;
	struct store *s = NULL;
	enum rc rc = in_only(in, "kind after limit", e);

	(void)who;
	json_t *o = reply_json(a, out, json_pack("{s:o}", "templates", all));
	if (rc == RC_OK)
		rc = in_text(in, "kind", false, TEMPLATE_NAME_MAX, &kind, e);
	if (rc == RC_OK && kind != NULL)
		rc = kind_check(kind, e);
	if (rc == RC_OK)
		rc = in_text(in, "after", false, TEMPLATE_NAME_MAX, &after, e);
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, TEMPLATE_PAGE_MAX, TEMPLATE_PAGE_DEFAULT,
			    &limit, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_TEMPLATE_PAGE,
				(struct db_param[]){DB_P_TEXT(after == NULL ? "" : after),
						    DB_P_TEXT(kind), DB_P_INT(limit)},
				TEMPLATE_SPEC, all, e);
	reader_put(nd, s);
	size_t n = json_array_size(all);
	json_object_set_new(o, "next",
			    n != 0 && (int64_t)n == limit
				    ? json_incref(json_object_get(
					      json_array_get(all, n - 1), "template"))
				    : json_null());
	return rc;
}

enum rc
template_get(struct store *s, const char *name, json_t **ret, struct err *e)
{
	enum rc rc =
		store_row(s, &SQL_TEMPLATE_SHOW, (struct db_param[]){DB_P_TEXT(name)},
			  TEMPLATE_SPEC, ret, e);

	return rc == RC_NOT_FOUND
		       ? err_set(e, RC_NOT_FOUND, "there is no template \"%s\"", name)
		       : rc;
}

/* in: template  out: template, version, kind, language, text, author, at */
enum rc
service_template(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	const char *name;
	struct store *s = NULL;
	json_t *t;
	enum rc rc = in_only(in, "template", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "template", true, TEMPLATE_NAME_MAX, &name, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = template_get(s, name, &t, e);
	reader_put(nd, s);
	if (rc == RC_OK)
		reply_json(a, out, t);
	return rc;
}

static const char *
time_words(struct arena *a, int64_t us)
{
	char when[CLOCK_TEXT_LEN];

	if (us == 0)
		return NULL;
	clock_format(us, when);
	return arena_printf(a, "%.10s %.5s UTC", when, when + 11);
}

/* The words that a case fills in; also the table of docs/operating.md. */
static const char *
case_value(void *arg, const char *word)
{
	const struct template_case *t = arg;
	const struct case_row *c = t->c;
	json_t *own = json_object_get(t->values, word);

	if (json_is_string(own))
		return json_string_value(own);
	if (c == NULL)
		return NULL;
	const struct {
		const char *word, *value;
	} words[] = {
		{"case", c->casefile},
		{"subject", c->subject},
		{"legal_basis", c->legal_basis},
		{"class", c->class_now},
		{"org", t->org},
		{"peer", t->peer},
		{"state", case_state_token(c->fold.state)},
		{"items", arena_printf(t->a, "%" PRIu64, c->items)},
		{"decided", arena_printf(t->a, "%" PRIu64, c->decided)},
		{"open", arena_printf(t->a, "%" PRIu64, c->items - c->decided)},
		{"sent", time_words(t->a, c->fold.sent_us)},
		{"received", time_words(t->a, c->fold.receipt_us)},
		{"accept_due", time_words(t->a, c->due.accept_us)},
		{"decide_due", time_words(t->a, c->due.decide_us)},
		{"level", t->level == 0 ? NULL : arena_printf(t->a, "%u", t->level)},
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].value;
	return NULL;
}

const char *
template_for_case(const struct template_case *t, const char *text, json_t *ret_open)
{
	const char *open[TEMPLATE_OPEN_MAX];
	size_t n;
	const char *filled = template_fill(t->a, text, case_value, (void *)(uintptr_t)t,
					   open, TEMPLATE_OPEN_MAX, &n);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(ret_open, json_string(open[i]));
	return filled;
}

static enum rc
values_check(json_t *values, struct err *e)
{
	const char *word;
	json_t *v;

	if (values != NULL && !json_is_object(values))
		return err_set(e, RC_INVALID,
			       "\"values\" must be an object of word and text");
	json_object_foreach (values, word, v)
		if (!json_is_string(v) || json_string_length(v) > TEMPLATE_TEXT_MAX)
			return err_set(e, RC_INVALID,
				       "\"values\": \"%s\" must be a text of at most %d "
				       "bytes",
				       word, TEMPLATE_TEXT_MAX);
	return RC_OK;
}

/* The deadlines of a case, as its policy has them. */
static enum rc
case_load(struct store *s, struct arena *a, const char *id, struct case_row *c,
	  const char **ret_peer, struct err *e)
{
	struct channel_row ch;
	const struct policy *p;
	const struct policy_class *cls;
	enum rc rc = view_case_get(s, a, id, c, e);

	if (rc == RC_OK)
		rc = channel_by_id(s, a, c->channel, &ch, e);
	if (rc != RC_OK)
		return rc;
	*ret_peer = ch.peer_org;
	if (!c->manifest)
		return RC_OK;
	rc = policy_of_case(s, a, c, &p, &cls, e);
	if (rc == RC_OK)
		casefile_due(p, cls, &c->fold, view_case_owed(c), &c->due);
	return rc;
}

/*
 * in: template, case?, values? {word: text}
 * out: template, version, text (as it would be given to an act), open [word] (places that
 * nothing fills: an act refuses the text while there are any)
 */
enum rc
service_template_render(struct node *nd, struct arena *a, const struct actor *who,
			json_t *in, struct reply *out, struct err *e)
{
	struct template_case tc = {
		.a = a, .org = nd->id->org, .values = json_object_get(in, "values")};
	struct case_row c;
	const char *name, *casefile = NULL;
	struct store *s = NULL;
	json_t *t = NULL, *open = json_array();
	enum rc rc = in_only(in, "template case values", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "template", true, TEMPLATE_NAME_MAX, &name, e);
	if (rc == RC_OK && json_object_get(in, "case") != NULL)
		rc = in_uuid(in, "case", &casefile, e);
	if (rc == RC_OK)
		rc = values_check(tc.values, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = template_get(s, name, &t, e);
	if (rc == RC_OK && casefile != NULL) {
		rc = case_load(s, a, casefile, &c, &tc.peer, e);
		tc.c = &c;
	}
	if (rc == RC_OK) {
		const char *text = template_for_case(
			&tc, json_string_value(json_object_get(t, "text")), open);
		reply_json(a, out,
			   json_pack("{s:s, s:O, s:s, s:O}", "template", name, "version",
				     json_object_get(t, "version"), "text", text, "open",
				     open));
	}
	reader_put(nd, s);
	json_decref(t);
	json_decref(open);
	return rc;
}
