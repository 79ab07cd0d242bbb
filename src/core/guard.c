#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "core/guard.h"
#include "core/target.h"

static const struct {
	const char *token;
	enum guard_level level;
} codes[GUARD_CODE_COUNT] = {
#define X(name, token, lvl) [GUARD_CODE_##name] = {token, GUARD_##lvl},
	GUARD_TABLE(X)
#undef X
};

const char *
guard_code_token(enum guard_code c)
{
	assert((unsigned)c < GUARD_CODE_COUNT);
	return codes[c].token;
}

enum guard_level
guard_code_level(enum guard_code c)
{
	assert((unsigned)c < GUARD_CODE_COUNT);
	return codes[c].level;
}

/* A name, four figures and the words between them. */
enum { FIGURES_MAX = RPZ_NAME_MAX + 256 };

bool
guard_name_covers(const struct guard_name *n, const char *host)
{
	return strcmp(n->name, host) == 0 ||
	       (n->wildcard && name_is_within(host, n->name));
}

static void
release_json(void *p)
{
	json_decref(p);
}

void
guard_find(struct guard_findings *f, enum guard_code code, const char *name,
	   const char *text, json_t *evidence)
{
	if (f->n == f->cap) {
		size_t cap = f->cap == 0 ? 16 : f->cap * 2;
		struct guard_finding *grown = arena_array(f->a, cap, sizeof(*grown));

		if (f->n > 0)
			memcpy(grown, f->rows, f->n * sizeof(*grown));
		f->rows = grown;
		f->cap = cap;
	}
	if (evidence == NULL)
		evidence = json_object();
	arena_defer(f->a, release_json, evidence);
	f->rows[f->n++] = (struct guard_finding){code, name, text, evidence};
}

/* One run of guard_check(). */
struct check {
	struct arena *a;
	const struct guard_lists *lists;
	struct guard_findings found;
	bool refused; /* the name at hand is a public suffix: enough is said */
};

static void
find(struct check *k, const struct guard_name *g, enum guard_code code, const char *text,
     json_t *evidence)
{
	guard_find(&k->found, code, g->name, text, evidence);
}

/* "t.me", or "*.t.me and t.me" */
static const char *
covered(struct arena *a, const struct guard_name *g)
{
	return g->wildcard ? arena_printf(a, "%s and every name below it", g->name)
			   : g->name;
}

/* Suffixes below a wildcard: s3.amazonaws.com below *.amazonaws.com. */
static void
check_suffixes_below(struct check *k, const struct guard_name *g, bool icann)
{
	const char *first;
	size_t n = guard_suffixes_below(k->lists->suffixes, g->name, icann, &first);

	if (n == 0)
		return;
	find(k, g, icann ? GUARD_CODE_PUBLIC_SUFFIX : GUARD_CODE_PRIVATE_SUFFIX,
	     arena_printf(k->a,
			  "the wildcard of %s covers %zu names that host unrelated sites "
			  "(%s section of the Public Suffix List), %s the first",
			  g->name, n, icann ? "ICANN" : "private", first),
	     json_pack("{s:s, s:I, s:s}", "section", icann ? "icann" : "private",
		       "suffixes_below", (json_int_t)n, "first", first));
}

static void
check_suffix(struct check *k, const struct guard_name *g)
{
	bool hosts = guard_suffix_is(k->lists->suffixes, g->name, false);

	if (k->refused)
		find(k, g, GUARD_CODE_PUBLIC_SUFFIX,
		     arena_printf(
			     k->a,
			     "%s is a public suffix: unrelated people register names "
			     "below it, and it belongs to none of them",
			     g->name),
		     json_pack("{s:s, s:s}", "section", "icann", "suffix", g->name));
	else if (hosts)
		find(k, g, GUARD_CODE_PRIVATE_SUFFIX,
		     arena_printf(
			     k->a,
			     "%s hosts unrelated sites (private section of the Public "
			     "Suffix List): %s",
			     g->name,
			     g->wildcard ? "with its wildcard all of them go dark"
					 : "its own page goes dark, not they"),
		     json_pack("{s:s, s:s}", "section", "private", "suffix", g->name));
	if (!g->wildcard || k->refused)
		return;
	check_suffixes_below(k, g, true);
	if (!hosts)
		check_suffixes_below(k, g, false);
}

/*
 * `entry` is a name, or "*.name" for all below too.  An apex covers itself; with its
 * wildcard it covers all below.  An apex above a protected name does not cover it, which
 * is said, because it is what people fear.
 */
static void
check_protected(struct check *k, const struct guard_name *g, const char *entry)
{
	bool below = strncmp(entry, "*.", 2) == 0;
	const char *p = below ? entry + 2 : entry;

	if (strcmp(g->name, p) == 0)
		find(k, g, GUARD_CODE_PROTECTED,
		     arena_printf(k->a, "%s is on the list of protected names", p),
		     json_pack("{s:s}", "protected", entry));
	else if (below && name_is_within(g->name, p))
		find(k, g, GUARD_CODE_PROTECTED,
		     arena_printf(k->a,
				  "%s is below %s, which is protected with all below it",
				  g->name, p),
		     json_pack("{s:s}", "protected", entry));
	else if (g->wildcard && name_is_within(p, g->name))
		find(k, g, GUARD_CODE_PROTECTED,
		     arena_printf(k->a,
				  "the wildcard of %s covers %s, which is on the list of "
				  "protected names",
				  g->name, p),
		     json_pack("{s:s}", "protected", entry));
	else if (!k->refused && name_is_within(p, g->name))
		find(k, g, GUARD_CODE_PROTECTED_BELOW,
		     arena_printf(
			     k->a,
			     "%s is protected and lies below %s: without the wildcard "
			     "the order does not cover it, with it the order would be "
			     "refused",
			     p, g->name),
		     json_pack("{s:s}", "protected", entry));
}

/* "3 of 12 cited items are on t.me; 140 of the 155 sample links go dark with it" */
static const char *
figures(struct check *k, const struct guard_name *g)
{
	const struct guard_lists *l = k->lists;
	struct buf b = BUF_INIT(FIGURES_MAX);
	const char *text;

	if (l->cited_items > 0)
		buf_printf(&b, "%" PRIu64 " of %" PRIu64 " cited items %s on %s",
			   g->items, l->cited_items, g->items == 1 ? "is" : "are",
			   g->name);
	else
		buf_printf(&b, "%" PRIu64 " cited %s on %s", g->items,
			   g->items == 1 ? "item is" : "items are", g->name);
	if (l->sample_size > 0)
		buf_printf(&b,
			   "; %" PRIu64 " of the %" PRIu64
			   " sample links %s dark with it",
			   g->sample, l->sample_size, g->sample == 1 ? "goes" : "go");
	else
		buf_puts(&b, "; no sample of links was given, so nobody knows how much "
			     "else goes dark");
	text = arena_strdup(k->a, buf_str(&b));
	buf_free(&b);
	return text;
}

static json_t *
figures_json(struct check *k, const struct guard_name *g, const struct guard_service *s)
{
	return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "name", s->name, "service",
			 s->service, "items", (json_int_t)g->items, "cited_items",
			 (json_int_t)k->lists->cited_items, "sample",
			 (json_int_t)g->sample, "sample_size",
			 (json_int_t)k->lists->sample_size);
}

static void
check_service(struct check *k, const struct guard_name *g, const struct guard_service *s)
{
	if (strcmp(s->name, g->name) == 0)
		find(k, g, GUARD_CODE_WHOLE_SERVICE,
		     arena_printf(k->a, "%s carries a whole service (%s): %s", s->name,
				  s->service, figures(k, g)),
		     figures_json(k, g, s));
	else if (g->wildcard && name_is_within(s->name, g->name))
		find(k, g, GUARD_CODE_WHOLE_SERVICE,
		     arena_printf(k->a,
				  "the wildcard of %s covers %s, which carries a whole "
				  "service (%s): %s",
				  g->name, s->name, s->service, figures(k, g)),
		     figures_json(k, g, s));
}

/* What the channel itself runs on: a block of it would cut off the receipts, the lift and
 * the page that says why. */
static void
check_own(struct check *k, const struct guard_name *g, const struct guard_own *own)
{
	if (strcmp(own->name, g->name) == 0 ||
	    (g->wildcard && name_is_within(own->name, g->name)))
		find(k, g, GUARD_CODE_OWN_NAME,
		     arena_printf(k->a, "%s covers %s, %s: no order may",
				  covered(k->a, g), own->name, own->what),
		     json_pack("{s:s, s:s}", "own", own->name, "what", own->what));
}

/* A name in other letters is shown in both forms: it can look like another one. */
static void
check_look(struct check *k, const struct guard_name *g)
{
	const char *seen, *like;

	guard_look(k->a, g->name, &seen, &like);
	if (seen == NULL)
		return;
	find(k, g, GUARD_CODE_LOOKALIKE,
	     like == NULL
		     ? arena_printf(k->a, "%s is shown to people as %s", g->name, seen)
		     : arena_printf(k->a,
				    "%s is shown to people as %s, which looks like "
				    "%s and is another name",
				    g->name, seen, like),
	     json_pack("{s:s, s:s*}", "shown_as", seen, "looks_like", like));
}

static void
check_name(struct check *k, const struct guard_name *g)
{
	const struct guard_lists *l = k->lists;

	if (g->address) {
		guard_address(&k->found, l, g);
		return;
	}
	k->refused = guard_suffix_is(l->suffixes, g->name, true);
	check_suffix(k, g);
	for (size_t i = 0; i < l->n_protected && k->found.n <= GUARD_FINDINGS_MAX; i++)
		check_protected(k, g, l->protected_names[i]);
	for (size_t i = 0; i < l->n_own; i++)
		check_own(k, g, &l->own[i]);
	for (size_t i = 0; i < l->n_services && k->found.n <= GUARD_FINDINGS_MAX; i++)
		check_service(k, g, &l->services[i]);
	if (g->items == 0)
		find(k, g, GUARD_CODE_NO_ITEMS,
		     arena_printf(
			     k->a,
			     "no cited item is on %s: nothing in the cited cases asks "
			     "for it",
			     covered(k->a, g)),
		     json_pack("{s:I}", "cited_items", (json_int_t)l->cited_items));
	if (g->wildcard)
		find(k, g, GUARD_CODE_WILDCARD,
		     arena_printf(k->a, "the order covers %s", covered(k->a, g)), NULL);
	check_look(k, g);
}

static int
name_cmp(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* PowerDNS drops a zone for one row that is there twice. */
static enum rc
refuse_twice(struct arena *a, const struct guard_name *names, size_t n, struct err *e)
{
	const char **sorted = arena_array(a, n == 0 ? 1 : n, sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		sorted[i] = names[i].name;
	qsort(sorted, n, sizeof(*sorted), name_cmp);
	for (size_t i = 1; i < n; i++)
		if (strcmp(sorted[i - 1], sorted[i]) == 0)
			return err_set(
				e, RC_INVALID,
				"%s is there twice: name it once, with its wildcard "
				"or without",
				sorted[i]);
	return RC_OK;
}

enum rc
guard_check(struct arena *a, const struct guard_lists *lists,
	    const struct guard_name *names, size_t n, const struct guard_finding **ret,
	    size_t *ret_n, struct err *e)
{
	struct check k = {.a = a, .lists = lists, .found = {.a = a}};
	enum rc rc;

	assert(lists->suffixes != NULL);
	for (size_t i = 0; i < n; i++) {
		if (names[i].address)
			continue;
		rc = guard_rpz_name(names[i].name, names[i].wildcard, lists->zone, e);
		if (rc != RC_OK)
			return rc;
	}
	rc = refuse_twice(a, names, n, e);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		check_name(&k, &names[i]);
		if (k.found.n > GUARD_FINDINGS_MAX)
			return err_set(
				e, RC_TOO_LARGE,
				"more than %d findings, at %s: order fewer names at a "
				"time, so that a person can read them",
				GUARD_FINDINGS_MAX, names[i].name);
	}
	*ret = k.found.rows;
	*ret_n = k.found.n;
	return RC_OK;
}
