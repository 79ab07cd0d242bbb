/*
 * The Public Suffix List, kept once: each name that a rule is about in its A-label form,
 * in order, with what its rules say.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "core/guard.h"
#include "core/target.h"

enum suffix_bit {
	SUFFIX_ICANN = 1U << 0,
	SUFFIX_PRIVATE = 1U << 1,
	SUFFIX_WILDCARD = 1U << 2,  /* "*.name": all one label below it */
	SUFFIX_EXCEPTION = 1U << 3, /* "!name": not it */
};

struct suffix {
	uint32_t at; /* of its name in `names` */
	uint8_t bits;
};

struct guard_suffixes {
	const char *names;
	const struct suffix *rows; /* by name, none twice */
	size_t n;
};

/* A list being read. */
struct reading {
	struct arena *a; /* until it is read */
	struct buf names;
	struct suffix *rows;
	size_t n;
	uint8_t section; /* 0: outside both */
	uint8_t sections;
};

/* Of a comment, which begins and ends sections. */
static void
section_look(struct reading *r, const char *line)
{
	static const struct {
		const char *mark;
		uint8_t section;
	} marks[] = {
		{"===BEGIN ICANN DOMAINS===", SUFFIX_ICANN},
		{"===END ICANN DOMAINS===", 0},
		{"===BEGIN PRIVATE DOMAINS===", SUFFIX_PRIVATE},
		{"===END PRIVATE DOMAINS===", 0},
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strstr(line, marks[i].mark) != NULL) {
			r->section = marks[i].section;
			r->sections |= marks[i].section;
		}
}

/* "co.id", "*.ck", "!www.ck"; what is no name of a zone is passed over. */
static void
rule_look(struct reading *r, const char *rule)
{
	uint8_t bits = r->section;
	const char *name;

	if (*rule == '!') {
		bits |= SUFFIX_EXCEPTION;
		rule++;
	} else if (strncmp(rule, "*.", 2) == 0) {
		bits |= SUFFIX_WILDCARD;
		rule += 2;
	}
	if (name_normalise(r->a, rule, strlen(rule), &name, NULL) != RC_OK ||
	    guard_rpz_name(name, false, NULL, NULL) != RC_OK)
		return;
	r->rows[r->n++] = (struct suffix){(uint32_t)r->names.len, bits};
	buf_put(&r->names, name, strlen(name) + 1);
}

static void
line_look(struct reading *r, const char *line, size_t len)
{
	static const char blanks[] = " \t\r";

	for (; len > 0 && strchr(blanks, *line) != NULL && *line != '\0'; len--)
		line++;
	const char *text = arena_strndup(r->a, line, len);
	if (strncmp(text, "//", 2) == 0)
		section_look(r, text);
	else if (r->section != 0 && *text != '\0') /* a rule ends at the first blank */
		rule_look(r, arena_strndup(r->a, text, strcspn(text, blanks)));
	arena_reset(r->a);
}

static int
by_name(const void *x, const void *y, void *names)
{
	const struct suffix *a = x, *b = y;

	return strcmp((const char *)names + a->at, (const char *)names + b->at);
}

/* In order; rules about one name become one row. */
static void
rows_sort(struct reading *r)
{
	size_t kept = 0;

	if (r->n == 0)
		return;
	qsort_r(r->rows, r->n, sizeof(*r->rows), by_name, r->names.data);
	for (size_t i = 1; i < r->n; i++)
		if (by_name(&r->rows[kept], &r->rows[i], r->names.data) == 0)
			r->rows[kept].bits |= r->rows[i].bits;
		else
			r->rows[++kept] = r->rows[i];
	r->n = kept + 1;
}

enum rc
guard_suffixes_parse(struct arena *a, const char *text, size_t len,
		     const struct guard_suffixes **ret, struct err *e)
{
	struct reading r = {.names = BUF_INIT(2 * GUARD_LIST_MAX)};
	struct guard_suffixes *s;
	size_t lines = 1;
	enum rc rc = RC_OK;

	if (len > GUARD_LIST_MAX)
		return err_set(e, RC_TOO_LARGE, "%zu bytes: at most %d are read", len,
			       GUARD_LIST_MAX);
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	r.a = arena_create();
	struct arena *rows = arena_create();
	r.rows = arena_array(rows, lines, sizeof(*r.rows));
	for (const char *at = text, *end = text + len, *stop; at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop == NULL ? end : stop;
		line_look(&r, at, (size_t)(stop - at));
	}
	if (r.sections != (SUFFIX_ICANN | SUFFIX_PRIVATE))
		rc = err_set(e, RC_INVALID,
			     "not the Public Suffix List: its sections of ICANN and of "
			     "private domains are missing");
	else if (!buf_ok(&r.names))
		rc = err_set(e, RC_TOO_LARGE, "its names are more than %d bytes",
			     2 * GUARD_LIST_MAX);
	if (rc == RC_OK) {
		rows_sort(&r);
		s = ARENA_NEW(a, struct guard_suffixes);
		s->names = arena_copy(a, buf_str(&r.names), r.names.len);
		s->rows = arena_copy(a, r.rows, r.n * sizeof(*r.rows));
		s->n = r.n;
		*ret = s;
	}
	buf_free(&r.names);
	arena_free(rows);
	arena_free(r.a);
	return rc;
}

struct wanted {
	const char *names, *name;
};

static int
is_wanted(const void *key, const void *row)
{
	const struct wanted *w = key;

	return strcmp(w->name, w->names + ((const struct suffix *)row)->at);
}

/* What the rules of a section say of a name; 0: nothing. */
static uint8_t
bits_of(const struct guard_suffixes *s, const char *name, bool icann)
{
	const struct wanted w = {s->names, name};
	const struct suffix *row = bsearch(&w, s->rows, s->n, sizeof(*row), is_wanted);

	if (row == NULL || (row->bits & (icann ? SUFFIX_ICANN : SUFFIX_PRIVATE)) == 0)
		return 0;
	return row->bits;
}

bool
guard_suffix_is(const struct guard_suffixes *s, const char *name, bool icann)
{
	const char *dot = strchr(name, '.');
	uint8_t bits = bits_of(s, name, icann);

	if (dot == NULL && icann)
		return true;
	if (bits != 0)
		return (bits & SUFFIX_EXCEPTION) == 0;
	return dot != NULL && (bits_of(s, dot + 1, icann) & SUFFIX_WILDCARD) != 0;
}

size_t
guard_suffixes_below(const struct guard_suffixes *s, const char *name, bool icann,
		     const char **ret_first)
{
	uint8_t section = icann ? SUFFIX_ICANN : SUFFIX_PRIVATE;
	size_t n = 0;

	*ret_first = NULL;
	for (size_t i = 0; i < s->n; i++) {
		const char *suffix = s->names + s->rows[i].at;

		if ((s->rows[i].bits & section) == 0 ||
		    (s->rows[i].bits & SUFFIX_EXCEPTION) != 0 ||
		    !name_is_within(suffix, name))
			continue;
		*ret_first = n++ == 0 ? suffix : *ret_first;
	}
	return n;
}

size_t
guard_suffixes_count(const struct guard_suffixes *s)
{
	return s->n;
}
