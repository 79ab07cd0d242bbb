/* What was not recognised may be a slip: the one thing that it can have been. */
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "core/batch.h"

enum {
	WORD_MAX = 64,	/* bytes of a word that is compared */
	SLIPS_MAX = 2,	/* letters put in, left out or changed */
	SLIPS_FROM = 5, /* shorter words are too near to each other for any */
};

/* What people write so that a link cannot be pressed, and slips of the scheme. */
static const struct {
	const char *from, *to;
	bool first; /* at the beginning only */
} mends[] = {
	{"[.]", ".", false},
	{"(.)", ".", false},
	{"[dot]", ".", false},
	{"[:]", ":", false},
	{"\xe2\x80\x8b", "", false}, /* a space of no width */
	{"hxxps", "https", true},
	{"hxxp", "http", true},
	{"https//", "https://", true},
	{"http//", "http://", true},
	{"https;//", "https://", true},
	{"http;//", "http://", true},
	{"ttps://", "https://", true},
	{"ttp://", "http://", true},
	{"@", "t.me/", true},
};

/* All of `from` in `s`, or the one at its beginning; NULL when there is none. */
static const char *
mend(struct arena *a, const char *s, size_t i)
{
	const char *from = mends[i].from, *at = s, *hit;
	size_t len = strlen(from);
	struct buf b = BUF_INIT(TARGET_MAX);

	if (mends[i].first && (strncmp(s, from, len) != 0 ||
			       strncmp(s, mends[i].to, strlen(mends[i].to)) == 0))
		return NULL;
	if (strstr(s, from) == NULL)
		return NULL;
	while ((hit = strstr(at, from)) != NULL) {
		buf_put(&b, at, (size_t)(hit - at));
		buf_put(&b, mends[i].to, strlen(mends[i].to));
		at = hit + len;
		if (mends[i].first)
			break;
	}
	buf_put(&b, at, strlen(at));
	const char *out = buf_ok(&b) ? arena_strndup(a, buf_str(&b), b.len) : NULL;
	buf_free(&b);
	return out;
}

/* Without blanks, and without the signs that mail puts around a link. */
static const char *
bare(struct arena *a, const char *s)
{
	char *out = arena_strndup(a, s, strlen(s));
	size_t n = 0;

	for (const char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p > 0x20 && strchr("<>\"", *p) == NULL)
			out[n++] = *p;
	while (n > 0 && strchr(",;", out[n - 1]) != NULL)
		n--;
	out[n] = '\0';
	return out;
}

static bool
taken(struct arena *a, const char *s)
{
	struct target t;
	struct err e = ERR_INIT;

	return target_parse(a, s, strlen(s), &t, &e) == RC_OK;
}

const char *
batch_target_fix(struct arena *a, const char *given)
{
	if (strlen(given) > TARGET_MAX / 2 || strncmp(given, "text:", 5) == 0)
		return NULL;
	const char *s = bare(a, given);
	for (size_t i = 0; i < sizeof(mends) / sizeof(mends[0]); i++) {
		const char *better = mend(a, s, i);
		s = better == NULL ? s : better;
	}
	if (*s == '\0')
		return NULL;
	if (strcmp(s, given) != 0 && taken(a, s))
		return s;
	const char *slash = strchr(s, '/');
	if (strstr(s, "://") != NULL || slash == NULL ||
	    memchr(s, '.', (size_t)(slash - s)) == NULL)
		return NULL;
	s = arena_printf(a, "https://%s", s);
	return taken(a, s) ? s : NULL;
}

static char
letter(char c)
{
	return c >= 'A' && c <= 'Z'   ? (char)(c - 'A' + 'a')
	       : c == ' ' || c == '-' ? '_'
				      : c;
}

/* How many letters to put in, leave out or change until one word is the other. */
static size_t
slips(const char *x, const char *y)
{
	size_t row[WORD_MAX + 1], nx = strlen(x), ny = strlen(y);

	if (nx > WORD_MAX || ny > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= ny; j++)
		row[j] = j;
	for (size_t i = 1; i <= nx; i++) {
		size_t before = row[0];
		row[0] = i;
		for (size_t j = 1; j <= ny; j++) {
			size_t change = before + (letter(x[i - 1]) != letter(y[j - 1]));
			size_t more = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			before = row[j];
			row[j] = change < more ? change : more;
		}
	}
	return row[ny];
}

const char *
batch_category_fix(const struct policy *p, const char *given)
{
	const char *best = NULL;
	size_t least = strlen(given) < SLIPS_FROM ? 0 : SLIPS_MAX;
	bool twice = false;

	for (size_t i = 0; i < p->n_categories; i++) {
		const struct policy_category *c = &p->categories[i];
		const char *const names[] = {c->code, c->name_en, c->name_id};
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			size_t n = names[k] == NULL ? WORD_MAX : slips(given, names[k]);
			if (n > least || (n == least && best == c->code))
				continue;
			twice = n == least && best != NULL;
			least = n;
			best = c->code;
		}
	}
	return twice ? NULL : best;
}
