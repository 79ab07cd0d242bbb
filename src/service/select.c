/*
 * The items that a decision takes, in one pass over those of the case.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "service/decide.h"
#include "store/store_sql.h"

enum {
	SELECT_SAMPLE = 10,  /* items that a preview shows one by one */
	SELECT_GROUPS = 20,  /* hosts, categories */
	SELECT_CLASHES = 50, /* decided items that are shown with what stands */
};

struct pass {
	struct store *s;
	const struct selector *want;
	const bool *asked; /* by number; NULL: all */
	struct selection *sel;
	json_t *sample, *categories, *hosts; /* NULL: not asked for */
};

static bool
holds(const struct pass *p, const struct db_row *row, unsigned col, const char *want)
{
	size_t len;

	if (want == NULL)
		return true;
	const char *is = p->s->drv->col_text(row, col, &len);
	return is != NULL && strlen(want) == len && memcmp(is, want, len) == 0;
}

static void
count_in(json_t *groups, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(groups, key));

	json_object_set_new(groups, key, json_integer(n + 1));
}

static const char *
column(const struct pass *p, const struct db_row *row, unsigned col)
{
	size_t len;
	const char *is = p->s->drv->col_text(row, col, &len);

	return is == NULL ? "" : is; /* the engine ends it with a NUL */
}

/* i, kind, category, host, normal, outcome */
static enum rc
on_item(void *arg, const struct db_row *row, struct err *e)
{
	enum { I, KIND, CATEGORY, HOST, NORMAL, OUTCOME };
	struct pass *p = arg;
	uint32_t i = (uint32_t)p->s->drv->col_int(row, I);
	bool open = p->s->drv->col_null(row, OUTCOME);

	(void)e;
	if ((p->asked != NULL && !p->asked[i]) || !holds(p, row, KIND, p->want->kind) ||
	    !holds(p, row, CATEGORY, p->want->category) ||
	    !holds(p, row, HOST, p->want->host) ||
	    (p->want->text != NULL &&
	     strstr(column(p, row, NORMAL), p->want->text) == NULL))
		return RC_OK;
	if (open == p->want->reverse) {
		if (p->asked != NULL)
			p->sel->other[p->sel->n_other++] = i;
		return RC_OK;
	}
	p->sel->i[p->sel->n++] = i;
	if (p->sample == NULL)
		return RC_OK;
	if (json_array_size(p->sample) < SELECT_SAMPLE)
		json_array_append_new(
			p->sample, json_pack("{s:I, s:s, s:s, s:s}", "i", (json_int_t)i,
					     "kind", column(p, row, KIND), "category",
					     column(p, row, CATEGORY), "normal",
					     column(p, row, NORMAL)));
	count_in(p->categories, column(p, row, CATEGORY));
	count_in(p->hosts, column(p, row, HOST));
	return RC_OK;
}

static enum rc
ask_for(bool *asked, uint64_t items, int64_t from, int64_t to, struct err *e)
{
	if (from < 0 || to < from)
		return err_set(e, RC_INVALID,
			       "\"items\": %" PRId64 "-%" PRId64
			       " is no range of item numbers",
			       from, to);
	if ((uint64_t)to >= items)
		return err_set(e, RC_CONFLICT,
			       "the case has no item %" PRId64 ": its items are 0 to "
			       "%" PRIu64,
			       to, items - 1);
	memset(asked + from, 1, (size_t)(to - from + 1));
	return RC_OK;
}

/* "0,3,5-9" */
static enum rc
ranges_read(const char *text, bool *asked, uint64_t items, struct err *e)
{
	enum rc rc = RC_OK;

	for (const char *at = text; rc == RC_OK; at++) {
		char *end;
		bool digit = *at >= '0' && *at <= '9';
		int64_t from = strtoll(at, &end, 10), to = from;
		if (digit && *end == '-') {
			at = end + 1;
			digit = *at >= '0' && *at <= '9';
			to = strtoll(at, &end, 10);
		}
		if (!digit || (*end != ',' && *end != '\0'))
			return err_set(e, RC_INVALID,
				       "\"items\" must be item numbers and ranges such "
				       "as 0,3,5-9, or open");
		rc = ask_for(asked, items, from, to, e);
		at = end;
		if (*at == '\0')
			break;
	}
	return rc;
}

/* *ret NULL: all that are open. */
static enum rc
asked_read(struct arena *a, const json_t *items, uint64_t n, bool **ret, struct err *e)
{
	const char *text = json_string_value(items);
	size_t k;
	const json_t *v;
	enum rc rc = RC_OK;

	*ret = NULL;
	if (items == NULL || (text != NULL && strcmp(text, "open") == 0))
		return RC_OK;
	*ret = arena_array(a, n + 1, sizeof(**ret));
	if (text != NULL)
		return ranges_read(text, *ret, n, e);
	if (!json_is_array(items) || json_array_size(items) == 0)
		return err_set(e, RC_INVALID,
			       "\"items\" must be a list of item numbers, ranges such "
			       "as 0,3,5-9, or \"open\" for all that are open");
	json_array_foreach (items, k, v) {
		if (!json_is_integer(v) || json_integer_value(v) < 0)
			return err_set(e, RC_INVALID, "items[%zu] is no item number", k);
		if (rc == RC_OK)
			rc = ask_for(*ret, n, json_integer_value(v),
				     json_integer_value(v), e);
	}
	return rc;
}

enum rc
selection_numbers(struct arena *a, const json_t *items, uint64_t n, json_t **ret,
		  struct err *e)
{
	bool *asked;
	enum rc rc = asked_read(a, items, n, &asked, e);

	*ret = rc != RC_OK || asked == NULL ? NULL : json_array();
	for (uint64_t i = 0; *ret != NULL && i < n; i++)
		if (asked[i])
			json_array_append_new(*ret, json_integer((json_int_t)i));
	return rc;
}

static void
digest_make(struct selection *sel)
{
	struct hash link[2];

	hash_bytes(sel->casefile, strlen(sel->casefile), &link[0]);
	hash_bytes(sel->i, sel->n * sizeof(sel->i[0]), &link[1]);
	hash_bytes(link, sizeof(link), &link[0]);
	hash_hex(&link[0], sel->digest);
}

static int
compare_groups(const void *x, const void *y)
{
	json_int_t a = json_integer_value(json_object_get(*(json_t *const *)x, "n")),
		   b = json_integer_value(json_object_get(*(json_t *const *)y, "n"));

	return a < b ? 1 : a > b ? -1 : 0;
}

/* The largest SELECT_GROUPS of {key: n}. */
static json_t *
groups_json(struct arena *a, json_t *groups, const char *what)
{
	size_t n = json_object_size(groups), k = 0;
	json_t **rows = arena_array(a, n + 1, sizeof(json_t *)), *list = json_array(), *v;
	const char *key;

	json_object_foreach (groups, key, v)
		rows[k++] = json_pack("{s:s, s:O}", what, key, "n", v);
	qsort(rows, n, sizeof(json_t *), compare_groups);
	for (k = 0; k < n; k++)
		if (k < SELECT_GROUPS)
			json_array_append_new(list, rows[k]);
		else
			json_decref(rows[k]);
	return list;
}

enum rc
selection_make(struct store *s, struct arena *a, const struct case_row *c,
	       const struct selector *want, bool shown, struct selection *ret,
	       struct err *e)
{
	struct pass p = {.s = s, .want = want, .sel = ret};
	bool *asked;
	enum rc rc = asked_read(a, want->items, c->items, &asked, e);

	if (rc != RC_OK)
		return rc;
	*ret = (struct selection){
		.casefile = c->casefile,
		.reverse = want->reverse,
		.i = arena_array(a, c->items + 1, sizeof(*ret->i)),
		.other = arena_array(a, c->items + 1, sizeof(*ret->other)),
	};
	p.asked = asked;
	if (shown) {
		p.sample = json_array();
		p.categories = json_object();
		p.hosts = json_object();
	}
	rc = store_run(s, &SQL_ITEM_SELECT, (struct db_param[]){DB_P_TEXT(c->casefile)},
		       on_item, &p, e);
	digest_make(ret);
	if (shown)
		ret->shown = json_pack(
			"{s:I, s:I, s:s, s:O, s:o, s:o}", "count", (json_int_t)ret->n,
			want->reverse ? "open" : "decided_already",
			(json_int_t)ret->n_other, "selection", ret->digest, "sample",
			p.sample, "categories", groups_json(a, p.categories, "category"),
			"hosts", groups_json(a, p.hosts, "host"));
	json_decref(p.sample);
	json_decref(p.categories);
	json_decref(p.hosts);
	return rc;
}

const char *
selection_phrase(const struct selection *sel, char text[DECIDE_PHRASE_MAX])
{
	enum { TAIL = 8 };

	snprintf(text, DECIDE_PHRASE_MAX, "%s %zu of case %s",
		 sel->reverse ? "reverse" : "decide", sel->n,
		 sel->casefile + strlen(sel->casefile) - TAIL);
	return text;
}

enum rc
selection_clash(struct store *s, struct decision *d, struct err *e)
{
	const struct selection *sel = &d->sel;
	json_t *stands = json_array();
	enum rc rc = RC_OK;

	if (sel->n_other != 0 && sel->reverse)
		rc = err_set(
			e, RC_CONFLICT,
			"%zu of the items %s open, item %u first: there is nothing to "
			"reverse, decide instead",
			sel->n_other, sel->n_other == 1 ? "is" : "are", sel->other[0]);
	if (sel->n_other == 0 || sel->reverse)
		goto out;
	for (size_t k = 0; rc == RC_OK && k < sel->n_other && k < SELECT_CLASHES; k++)
		rc = store_rows(s, &SQL_ITEM_STANDS,
				(struct db_param[]){DB_P_TEXT(sel->casefile),
						    DB_P_INT(sel->other[k]),
						    DB_P_INT(PARTY_PLATFORM)},
				"i:i outcome:s ground:s reason:s by:s at:t seq:i", stands,
				e);
	if (rc != RC_OK)
		goto out;
	d->act.shown = json_pack("{s:{s:O, s:s?}, s:O, s:I}", "sent", "decision",
				 d->act.body, "reason", d->act.text, "stands", stands,
				 "decided_already", (json_int_t)sel->n_other);
	const json_t *first = json_array_get(stands, 0);
	rc = err_set(e, RC_CONFLICT,
		     "%zu of the items %s decided already: item %u is %s, by %s at log "
		     "index %" JSON_INTEGER_FORMAT
		     "; a decision is changed by a reversal only",
		     sel->n_other, sel->n_other == 1 ? "is" : "are", sel->other[0],
		     json_string_value(json_object_get(first, "outcome")),
		     json_string_value(json_object_get(first, "by")),
		     json_integer_value(json_object_get(first, "seq")));
out:
	json_decref(stands);
	return rc;
}
