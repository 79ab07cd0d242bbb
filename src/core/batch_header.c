#include <string.h>

#include "base/buf.h"
#include "core/batch_int.h"
#include "core/target_int.h"

enum { SYNONYMS_MAX = 6, LIST_MAX = 200 /* bytes of headers in a message */ };

static const struct column {
	bool required;
	const char *names[SYNONYMS_MAX + 1];
} columns[] = {
#define X(name, required, ...) [BATCH_##name] = {required, {__VA_ARGS__}},
	BATCH_COLUMN_TABLE(X)
#undef X
};

const char *
batch_column_name(size_t i)
{
	return i < BATCH_COLUMN_COUNT ? columns[i].names[0] : NULL;
}

static bool
is_space(char c)
{
	return (unsigned char)c <= 0x20;
}

const char *
batch_trim(struct arena *a, const char *s, size_t len)
{
	while (len > 0 && is_space(s[len - 1]))
		len--;
	while (len > 0 && is_space(s[0])) {
		s++;
		len--;
	}
	return arena_strndup(a, s, len);
}

static bool
is_gap(char c)
{
	return is_space(c) || c == '_' || c == '-';
}

/* The next character of a word, *p past it; '\0' at the end, '_' for a gap. */
static char
next_folded(const char **p)
{
	const char *s = *p;
	char c = *s;

	if (c == '\0')
		return '\0';
	if (is_gap(c)) {
		while (*s != '\0' && is_gap(*s))
			s++;
		*p = s;
		return '_';
	}
	*p = s + 1;
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
batch_same_word(const char *x, const char *y)
{
	char cx, cy;

	do {
		cx = next_folded(&x);
		cy = next_folded(&y);
	} while (cx == cy && cx != '\0');
	return cx == cy;
}

static int
column_find(const char *given)
{
	for (int c = 0; c < BATCH_COLUMN_COUNT; c++)
		for (size_t i = 0; columns[c].names[i] != NULL; i++)
			if (batch_same_word(given, columns[c].names[i]))
				return c;
	return -1;
}

/* Why a required column may be missing, and how to add it. */
static enum rc
refuse_missing(struct arena *a, const struct batch_header *h, const struct column *col,
	       struct err *e)
{
	struct buf found = BUF_INIT(LIST_MAX), names = BUF_INIT(LIST_MAX);

	for (size_t i = 0; i < h->n && buf_ok(&found); i++)
		buf_printf(&found, "%s\"%s\"", i > 0 ? ", " : "",
			   target_quote(a, h->given[i], strlen(h->given[i])));
	for (size_t i = 0; col->names[i] != NULL; i++)
		buf_printf(&names, "%s%s", i > 0 ? ", " : "", col->names[i]);
	const char *wrong = NULL;
	if (h->n == 1 && strchr(h->given[0], ';') != NULL)
		wrong = "semicolons";
	else if (h->n == 1 && strchr(h->given[0], '\t') != NULL)
		wrong = "tabs";
	if (wrong != NULL)
		err_set(e, RC_INVALID,
			"the header: the columns are separated by %s: save the list as "
			"CSV "
			"with "
			"commas",
			wrong);
	else
		err_set(e, RC_INVALID,
			"the header: no column \"%s\" (headers that are understood: %s); "
			"found: "
			"%s; name the columns in the first line",
			col->names[0], buf_str(&names), buf_str(&found));
	buf_free(&found);
	buf_free(&names);
	return RC_INVALID;
}

enum rc
batch_header_parse(struct arena *a, const struct csv_field *fields, size_t n,
		   struct batch_header *ret, struct err *e)
{
	*ret = (struct batch_header){0};
	for (int c = 0; c < BATCH_COLUMN_COUNT; c++)
		ret->at[c] = -1;
	if (n > BATCH_COLUMNS_MAX)
		return err_set(e, RC_INVALID, "the header: %zu columns, %d are the most",
			       n, BATCH_COLUMNS_MAX);
	ret->n = n;
	ret->ignored = arena_array(a, n, sizeof(*ret->ignored));
	for (size_t i = 0; i < n; i++) {
		ret->given[i] = batch_trim(a, fields[i].s, fields[i].len);
		int c = column_find(ret->given[i]);
		if (c < 0) {
			ret->ignored[ret->n_ignored++] = ret->given[i];
			continue;
		}
		if (ret->at[c] >= 0)
			return err_set(
				e, RC_INVALID,
				"the header: the columns \"%s\" and \"%s\" both mean %s: "
				"keep one, or rename the other",
				ret->given[ret->at[c]], ret->given[i],
				columns[c].names[0]);
		ret->at[c] = (int)i;
	}
	for (int c = 0; c < BATCH_COLUMN_COUNT; c++)
		if (columns[c].required && ret->at[c] < 0)
			return refuse_missing(a, ret, &columns[c], e);
	return RC_OK;
}
