#include "http/sentence.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

enum {
	PLACES_MAX = 8, /* of a sentence */
	KIND_MAX = 16,	/* bytes of what a place is called */
	WITHIN_MAX = 3, /* sentences within each other */
};

/* What stands at a place: `name` is all between its braces. */
struct place {
	const char *name, *value;
	size_t name_len, len;
};

static bool
is_number(const char *s, size_t len)
{
	const size_t sign = s[0] == '-';

	return len > sign && len < 19 && strspn(s + sign, "0123456789") >= len - sign;
}

/* Does `text` have this shape?  At each place stands as little as will do. */
static bool
has_shape(const char *shape, const char *text, struct place *at, size_t n)
{
	for (; *shape != '{'; shape++, text++) {
		if (*shape != *text)
			return false;
		if (*shape == '\0')
			return true;
	}
	const char *name = shape + 1, *end = strchr(name, '}');
	const bool number = name[0] == 'n' && (end - name == 1 || name[1] <= '9');
	if (n == PLACES_MAX)
		return false;
	for (size_t len = 1; text[len - 1] != '\0'; len++) {
		at[n] = (struct place){name, text, (size_t)(end - name), len};
		if ((!number || is_number(text, len)) &&
		    has_shape(end + 1, text + len, at, n + 1))
			return true;
	}
	return false;
}

/* ---- what stands at a place, in the reader's words --------------------------------- */

static const char *within(struct page *p, const char *english, unsigned depth);

static const char *
length_of_time(struct page *p, const char *s)
{
	static const struct {
		const char *unit;
		int64_t s;
	} units[] = {{" h", 3600}, {" min", 60}, {" s", 1}};
	const size_t digits = strspn(s, "0123456789");

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (is_number(s, digits) && digits < 10 &&
		    strcmp(s + digits, units[i].unit) == 0)
			return lang_span(p->a, p->lang,
					 strtoll(s, NULL, 10) * units[i].s *
						 CLOCK_US_PER_S);
	return s;
}

static const char *
word_of_kind(struct page *p, const char *kind, const char *token)
{
	static const struct {
		const char *kind;
		const char *(*word)(struct page *p, const char *token);
	} kinds[] = {
		{"party", word_party},	     {"event", word_event},
		{"state", case_state_word},  {"ground", word_ground},
		{"category", word_category}, {"class", word_class},
		{"guard", word_guard},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].word(p, token);
	return token;
}

static const char *
value_shown(struct page *p, const struct place *at, unsigned depth)
{
	const char *value = arena_strndup(p->a, at->value, at->len);
	char kind[KIND_MAX] = "";
	int64_t us;

	for (size_t i = 0; i < at->name_len && i + 1 < sizeof(kind); i++)
		if (at->name[i] >= 'a' && at->name[i] <= 'z')
			kind[i] = at->name[i];
	if (strcmp(kind, "n") == 0)
		return lang_number(p->a, p->lang, strtoll(value, NULL, 10));
	if (strcmp(kind, "said") == 0) {
		const char *own = depth < WITHIN_MAX ? within(p, value, depth + 1) : NULL;
		return own != NULL ? own : length_of_time(p, value);
	}
	if (clock_parse(value, at->len, &us) == RC_OK)
		return lang_time(p->a, p->lang, us);
	return word_of_kind(p, kind, value);
}

static const struct place *
place_named(const struct place *at, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (at[i].name_len == len && strncmp(at[i].name, name, len) == 0)
			return &at[i];
	return NULL;
}

/* The sentence in Indonesian with what stands at its places. */
static const char *
filled(struct page *p, const char *own, const struct place *at, size_t n, unsigned depth)
{
	struct buf b = BUF_INIT(4 * ERR_TEXT_MAX);

	while (*own != '\0') {
		const size_t plain = strcspn(own, "{");
		buf_put(&b, own, plain);
		own += plain;
		if (*own == '\0')
			break;
		const char *end = strchr(own, '}');
		const struct place *it =
			place_named(at, n, own + 1, (size_t)(end - own) - 1);
		if (it != NULL)
			buf_puts(&b, value_shown(p, it, depth));
		own = end + 1;
	}
	const char *ret = buf_ok(&b) ? arena_strndup(p->a, buf_str(&b), b.len) : NULL;
	buf_free(&b);
	return ret;
}

static const char *
within(struct page *p, const char *english, unsigned depth)
{
	for (size_t i = 0; i < sentence_rows_n; i++) {
		struct place at[PLACES_MAX] = {{0}};
		size_t n = 0;
		if (!has_shape(sentence_rows[i].english, english, at, 0))
			continue;
		while (n < PLACES_MAX && at[n].name != NULL)
			n++;
		return filled(p, sentence_rows[i].own, at, n, depth);
	}
	return NULL;
}

/* The length of "protocol 6: ", a broken norm before a sentence; 0: there is none. */
static size_t
norm_len(const char *text)
{
	static const char *const norms[] = {"protocol ", "dns ", "RFC ",
					    "cross-site request"};

	for (size_t i = 0; i < sizeof(norms) / sizeof(norms[0]); i++) {
		const size_t len = strlen(norms[i]);
		if (strncmp(text, norms[i], len) != 0)
			continue;
		const size_t more = strspn(text + len, "0123456789. ,-");
		return strncmp(text + len + more, ": ", 2) == 0 ? len + more + 2 : 0;
	}
	return 0;
}

const char *
sentence_own(struct page *p, const char *english)
{
	if (p->lang != LANG_ID || strlen(english) >= ERR_TEXT_MAX)
		return NULL;
	const size_t norm = norm_len(english);
	const char *own = within(p, english + norm, 0);
	return own == NULL || norm == 0
		       ? own
		       : FILL(p, BY_NORM, own, arena_strndup(p->a, english, norm - 2));
}

static void
paragraph_put(struct page *p, const char *lead, const char *lang, const char *text)
{
	struct html *h = p->h;

	html_open(h, "p");
	if (lead != NULL) {
		html_text(h, lead);
		html_text(h, " ");
	}
	html_open(h, "bdi");
	if (lang != NULL)
		html_attr(h, "lang", lang);
	html_text(h, text);
	html_close(h, "bdi");
	html_close(h, "p");
}

void
sentence_put(struct page *p, const char *lead, const char *english)
{
	const char *own = sentence_own(p, english);

	if (own == NULL) {
		paragraph_put(p, lead, lang_code(LANG_EN), english);
		return;
	}
	paragraph_put(p, lead, NULL, own);
	html_open(p->h, "details");
	html_attr(p->h, "class", "original");
	html_leaf(p->h, "summary", NULL, T(p, IN_ENGLISH));
	paragraph_put(p, NULL, lang_code(LANG_EN), english);
	html_close(p->h, "details");
}
