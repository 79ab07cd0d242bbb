/*
 * The text of a reminder to an operator, in its language: a template of this node
 * ("operator-id", "operator"), else the one that is built in (letters/).  Its first line
 * is the subject.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "core/template.h"
#include "service/operator_talk.h"
#include "service/policies.h"
#include "service/register.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { NAMES_SHOWN = 5, ORDERS_SHOWN = 25, OPEN_MAX = 8, SUBJECT_MAX = 200 };

/* What stands in the lines of the list. */
struct wording {
	const char *language;
	const char *block, *lift, *of_that, *more_names, *more_orders, *one, *many;
	const char *pulled, *applied, *measured;
};
static const struct wording wordings[] = {
	{"en", "block", "lift", "of", "and %zu more", "and %zu more orders", "1 order is",
	 "%zu orders are", "not fetched", "not said", "not seen"},
	{"id", "pemblokiran", "normalisasi", "sejak", "dan %zu lainnya",
	 "dan %zu perintah lainnya", "1 perintah", "%zu perintah", "belum diambil",
	 "belum dikabarkan", "belum terlihat"},
};

struct places {
	const char *operator_name, *contact, *org, *zone, *orders, *count, *step;
};

static const struct wording *
wording_of(const char *language)
{
	for (size_t i = 0; i < sizeof(wordings) / sizeof(wordings[0]); i++)
		if (strcmp(wordings[i].language, language) == 0)
			return &wordings[i];
	return &wordings[0];
}

static const char *
place(void *arg, const char *word)
{
	const struct places *p = arg;
	const struct {
		const char *word, *value;
	} all[] = {
		{"operator", p->operator_name},
		{"contact", p->contact},
		{"org", p->org},
		{"zone", p->zone},
		{"orders", p->orders},
		{"count", p->count},
		{"step", p->step},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].word, word) == 0)
			return all[i].value;
	return NULL;
}

/* "%zu more" with its number; the formats are those of the table above. */
static const char *
counted(struct arena *a, const char *fmt, size_t n)
{
	const char *at = strstr(fmt, "%zu");

	return at == NULL ? fmt
			  : arena_printf(a, "%.*s%zu%s", (int)(at - fmt), fmt, n, at + 3);
}

static enum rc
names_text(struct writer *w, const struct wording *in, const char *order,
	   const char **ret, struct err *e)
{
	json_t *rows = json_array();
	size_t i;
	const json_t *v;
	int64_t n = 0;
	enum rc rc =
		store_rows(w->s, &SQL_OPERATOR_ORDER_NAMES,
			   (struct db_param[]){DB_P_TEXT(order), DB_P_INT(NAMES_SHOWN)},
			   "name:s wildcard:b", rows, e);

	if (rc == RC_OK)
		rc = store_int(w->s, &SQL_OPERATOR_ORDER_SIZE,
			       (struct db_param[]){DB_P_TEXT(order)}, 0, &n, e);
	*ret = "";
	json_array_foreach (rows, i, v)
		*ret = arena_printf(w->a, "%s%s%s%s", *ret, i == 0 ? "" : ", ",
				    json_is_true(json_object_get(v, "wildcard")) ? "*."
										 : "",
				    json_string_value(json_object_get(v, "name")));
	if (n > NAMES_SHOWN)
		*ret = arena_printf(
			w->a, "%s %s", *ret,
			counted(w->a, in->more_names, (size_t)n - NAMES_SHOWN));
	json_decref(rows);
	return rc;
}

static const char *
missing(const struct wording *in, const char *lacks)
{
	return strcmp(lacks, "pulled") == 0    ? in->pulled
	       : strcmp(lacks, "applied") == 0 ? in->applied
					       : in->measured;
}

static enum rc
lines_text(struct writer *w, const struct wording *in, const struct store_list *lacks,
	   const char **ret, struct err *e)
{
	const struct lack *l = lacks->rows;
	size_t shown = lacks->n < ORDERS_SHOWN ? lacks->n : ORDERS_SHOWN;
	enum rc rc = RC_OK;

	*ret = "";
	for (size_t i = 0; rc == RC_OK && i < shown; i++) {
		char when[CLOCK_TEXT_LEN];
		const char *names;
		rc = names_text(w, in, l[i].order, &names, e);
		if (rc != RC_OK)
			break;
		clock_format(l[i].since_us, when);
		*ret = arena_printf(
			w->a,
			"%s%s- %s, %s %s %.10s %.5s UTC, serial %" PRId64 ": %s\n  %s",
			*ret, i == 0 ? "" : "\n",
			l[i].ref != NULL ? l[i].ref : l[i].order,
			strcmp(l[i].expected, "free") == 0 ? in->lift : in->block,
			in->of_that, when, when + 11, l[i].serial,
			missing(in, l[i].lacks), names);
	}
	if (lacks->n > shown)
		*ret = arena_printf(w->a, "%s\n%s", *ret,
				    counted(w->a, in->more_orders, lacks->n - shown));
	return rc;
}

/* The node's own template comes before what is built in. */
static enum rc
source_text(struct writer *w, const char *language, const char **ret, struct err *e)
{
	const char *names[] = {arena_printf(w->a, "operator-%s", language), "operator"};
	const char *builtin = arena_printf(w->a, "letters/operator.%s.txt", language);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct err none = ERR_INIT;
		json_t *t = NULL;
		enum rc rc = template_get(w->s, names[i], &t, &none);
		if (rc == RC_OK)
			*ret = arena_strdup(
				w->a, json_string_value(json_object_get(t, "text")));
		json_decref(t);
		if (rc == RC_OK)
			return RC_OK;
		if (rc != RC_NOT_FOUND)
			return err_set(e, rc, "%s", none.text);
	}
	const struct builtin_file *f = builtin_find(builtin);
	if (f == NULL)
		f = builtin_find("letters/operator.en.txt");
	*ret = f->data;
	return RC_OK;
}

static enum rc
contact_get(struct writer *w, const char *name, const char **ret_name,
	    const char **ret_language, struct err *e)
{
	json_t *c = NULL;
	enum rc rc = store_row(w->s, &SQL_OPERATOR_CONTACT_GET,
			       (struct db_param[]){DB_P_TEXT(name)},
			       "name:s reach:s language:s person:s", &c, e);

	*ret_name = name;
	*ret_language = "en";
	if (rc == RC_OK) {
		*ret_name =
			arena_strdup(w->a, json_string_value(json_object_get(c, "name")));
		*ret_language = arena_strdup(
			w->a, json_string_value(json_object_get(c, "language")));
	}
	json_decref(c);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* A place that nobody knows stays as it stands: the letter is read by a person first. */
static const char *
filled(struct writer *w, const char *text, struct places *p)
{
	const char *open[OPEN_MAX], *ready;
	struct err ignored = ERR_INIT;
	size_t n;
	const char *some = template_fill(w->a, text, place, p, open, OPEN_MAX, &n);

	return template_ready(w->a, "text", some, &ready, &ignored) == RC_OK ? ready
									     : some;
}

/* However long a template is: the log takes so much.  No character is cut in two. */
static const char *
cut(struct arena *a, const char *text, size_t max)
{
	size_t len = strnlen(text, max);

	while (text[len] != '\0' && len != 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return arena_strndup(a, text, len);
}

enum rc
letter_make(struct writer *w, const struct operator_row *o,
	    const struct store_list *lacks, struct letter *ret, struct err *e)
{
	const struct lack *l = lacks->rows;
	struct places p = {.operator_name = o->name, .org = w->nd->id->org};
	const char *language, *text = NULL;
	struct store_list heads;
	enum rc rc = contact_get(w, o->name, &p.contact, &language, e);
	const struct wording *in = wording_of(rc == RC_OK ? language : "en");

	ret->step = 1;
	for (size_t i = 0; i < lacks->n; i++)
		if (l[i].reminded >= ret->step)
			ret->step = l[i].reminded + 1;
	if (rc == RC_OK)
		rc = zone_heads(w->s, w->a, &heads, e);
	for (size_t i = 0; rc == RC_OK && i < heads.n; i++)
		if (strcmp(((const struct zone_head *)heads.rows)[i].name, o->zone) == 0)
			p.zone = ((const struct zone_head *)heads.rows)[i].origin;
	if (p.zone == NULL)
		p.zone = o->zone;
	if (rc == RC_OK)
		rc = lines_text(w, in, lacks, &p.orders, e);
	if (rc == RC_OK)
		rc = source_text(w, in->language, &text, e);
	if (rc != RC_OK)
		return rc;
	p.step = arena_printf(w->a, "%" PRId64, ret->step);
	p.count = lacks->n == 1 ? in->one : counted(w->a, in->many, lacks->n);
	text = filled(w, text, &p);
	size_t first = strcspn(text, "\n");
	ret->subject = arena_strndup(w->a, text, first);
	text += first + strspn(text + first, "\n");
	ret->body = cut(w->a, text, REMINDER_TEXT_MAX);
	ret->subject = cut(w->a, ret->subject, SUBJECT_MAX);
	return RC_OK;
}
