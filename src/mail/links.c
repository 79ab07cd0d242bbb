/*
 * Links of a letter.  In a text a link begins with a scheme, "www.", or a host of
 * Telegram's; a bare name counts only when it is written so that nobody follows it
 * ("example[.]com"), or is all that its line holds: prose is full of dots.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "mail/mail_int.h"

static const char *const begins[] = {
	"http://",	   "https://",	   "hxxp://",	    "hxxps://", "http[:]//",
	"https[:]//",	   "hxxp[:]//",	   "hxxps[:]//",    "www.",	"www[.]",
	"t.me/",	   "telegram.me/", "telegram.dog/", "t[.]me/",	"telegram[.]me/",
	"telegram[.]dog/", "tg://",
};

/* Written instead of a dot, a colon, a slash. */
static const struct {
	const char *written, *means;
} fangs[] = {
	{"[.]", "."}, {"(.)", "."},	{"{.}", "."}, {"[dot]", "."},	{"(dot)", "."},
	{"[:]", ":"}, {"[://]", "://"}, {"[/]", "/"}, {"[titik]", "."},
};

static bool
begins_with(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && strncasecmp(s, word, n) == 0;
}

char *
link_undo(struct arena *a, const char *s, size_t len)
{
	char *out = arena_alloc(a, len + 1);
	size_t n = 0, i = 0;
	bool any = false;

	if (begins_with(s, len, "hxxp")) {
		memcpy(out, "http", 4);
		i = n = 4;
		any = true;
	}
	while (i < len) {
		size_t k = 0, n_fangs = sizeof(fangs) / sizeof(fangs[0]);
		while (k < n_fangs && !begins_with(s + i, len - i, fangs[k].written))
			k++;
		if (k == n_fangs) {
			out[n++] = s[i++];
			continue;
		}
		memcpy(out + n, fangs[k].means, strlen(fangs[k].means));
		n += strlen(fangs[k].means);
		i += strlen(fangs[k].written);
		any = true;
	}
	return any ? out : NULL;
}

static bool
ends_link(char c)
{
	return (unsigned char)c <= ' ' || c == '<' || c == '>' || c == '"' || c == '`' ||
	       c == '|' || c == '\\' || c == '^';
}

/* Without what a sentence puts after a link; a closing bracket stays with its opening. */
static size_t
link_trim(const char *s, size_t len)
{
	static const char opens[] = "([{", closes[] = ")]}";
	size_t extra[3] = {0};

	for (size_t k = 0; k < 3; k++) {
		size_t opened = 0, closed = 0;
		for (size_t i = 0; i < len; i++) {
			opened += s[i] == opens[k];
			closed += s[i] == closes[k];
		}
		extra[k] = closed > opened ? closed - opened : 0;
	}
	while (len > 0) {
		const char *close = strchr(closes, s[len - 1]);
		if (strchr(".,;:!?'*", s[len - 1]) == NULL &&
		    (close == NULL || extra[close - closes] == 0))
			break;
		if (close != NULL)
			extra[close - closes]--;
		len--;
	}
	return len;
}

static bool
is_defanged(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		for (size_t k = 0; k < sizeof(fangs) / sizeof(fangs[0]); k++)
			if (begins_with(s + i, len - i, fangs[k].written))
				return true;
	return false;
}

struct column {
	size_t at;
	uint32_t n; /* characters before it */
};

/* One line of a letter. */
struct line {
	struct column *column;
	struct reading *r;
	const char *part;
	const char *s;
	size_t len;
	uint32_t number;
	bool html; /* entities stand in it */
};

/* &amp; and numbers of ASCII: what stands in links. */
static char *
entities_undo(struct arena *a, const char *s, size_t len)
{
	static const struct {
		const char *name;
		char c;
	} names[] = {{"&amp;", '&'},  {"&lt;", '<'},	{"&gt;", '>'},
		     {"&quot;", '"'}, {"&apos;", '\''}, {"&#39;", '\''}};
	char *out = arena_alloc(a, len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		size_t k = 0, n_names = sizeof(names) / sizeof(names[0]);
		while (k < n_names && !begins_with(s + i, len - i, names[k].name))
			k++;
		if (k < n_names) {
			out[n++] = names[k].c;
			i += strlen(names[k].name);
			continue;
		}
		unsigned v = 0, hex = i + 3 < len && (s[i + 2] == 'x' || s[i + 2] == 'X');
		size_t at = i + 2 + hex;
		if (s[i] == '&' && i + 2 < len && s[i + 1] == '#') {
			while (at < len && v < 128 &&
			       (hex != 0 ? isxdigit((unsigned char)s[at])
					 : isdigit((unsigned char)s[at]))) {
				char c = (char)tolower((unsigned char)s[at++]);
				v = v * (hex != 0 ? 16 : 10) +
				    (unsigned)(c >= 'a' ? c - 'a' + 10 : c - '0');
			}
			if (v > ' ' && v < 127 && at < len && s[at] == ';') {
				out[n++] = (char)v;
				i = at + 1;
				continue;
			}
		}
		out[n++] = s[i++];
	}
	return out;
}

static const char *
near_text(const struct line *l)
{
	size_t n = utf8_cut(l->s, l->len, MAIL_NEAR_MAX);

	return mail_text(l->r->a, arena_strndup(l->r->a, l->s, n), MAIL_NEAR_MAX);
}

/* The column of `at`, told onwards from the one asked for before: lines may be long. */
static uint32_t
column_of(struct column *c, const char *s, size_t at)
{
	if (at < c->at)
		*c = (struct column){0};
	for (; c->at < at; c->at++)
		c->n += ((unsigned char)s[c->at] & 0xc0) != 0x80;
	return c->n + 1;
}

static void
take(const struct line *l, size_t at, size_t len)
{
	struct mail_proposal as = {
		.description = near_text(l),
		.place = {.part = l->part,
			  .line = l->number,
			  .column = column_of(l->column, l->s, at)},
	};
	const char *given = l->s + at;

	if (l->html) {
		given = entities_undo(l->r->a, given, len);
		len = strlen(given);
	}
	char *undone = link_undo(l->r->a, given, len);
	as.defanged = undone != NULL;
	if (undone != NULL) {
		given = undone;
		len = strlen(undone);
	}
	if (begins_with(given, len, "www.")) {
		given = arena_printf(l->r->a, "http://%.*s", (int)len, given);
		len = strlen(given);
	}
	(void)reading_propose(l->r, given, len, &as);
}

/* The length of the word at `at`, without what cannot belong to a link. */
static size_t
word_len(const struct line *l, size_t at)
{
	size_t n = 0;

	while (at + n < l->len && n < MAIL_LINK_MAX && !ends_link(l->s[at + n]))
		n++;
	return link_trim(l->s + at, n);
}

/* "- example.com", "3) t.me/x": what is left of a line without its bullet is one name. */
static bool
take_alone(const struct line *l)
{
	size_t at = 0, end = l->len;
	struct target t;

	while (at < end && strchr(" \t-*>#", l->s[at]) != NULL && l->s[at] != '\0')
		at++;
	size_t digits = at;
	while (digits < end && isdigit((unsigned char)l->s[digits]))
		digits++;
	if (digits > at && digits + 1 < end && strchr(".)", l->s[digits]) != NULL &&
	    l->s[digits + 1] == ' ')
		at = digits + 2;
	while (at < end && l->s[at] == ' ')
		at++;
	while (end > at && strchr(" \t\r", l->s[end - 1]) != NULL)
		end--;
	size_t len = link_trim(l->s + at, end - at);
	if (len < 4 || len > MAIL_LINK_MAX || memchr(l->s + at, '.', len) == NULL ||
	    memchr(l->s + at, '@', len) != NULL || memchr(l->s + at, ' ', len) != NULL ||
	    !reading_look(l->r, l->part) ||
	    target_parse(l->r->a, l->s + at, len, &t, NULL) != RC_OK)
		return false;
	take(l, at, len);
	return true;
}

static void
legal_basis_read(const struct line *l)
{
	static const char *const words[] = {"legal basis:", "dasar hukum:"};

	for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
		size_t n = strlen(words[k]), at = 0;
		while (at < l->len && strchr(" \t*", l->s[at]) != NULL)
			at++;
		if (l->r->legal_basis == NULL &&
		    begins_with(l->s + at, l->len - at, words[k]))
			l->r->legal_basis = mail_text(
				l->r->a,
				arena_strndup(l->r->a, l->s + at + n, l->len - at - n),
				MAIL_NEAR_MAX);
	}
}

static size_t
begins_link(const char *s, size_t len)
{
	for (size_t k = 0; k < sizeof(begins) / sizeof(begins[0]); k++)
		if (begins_with(s, len, begins[k]))
			return strlen(begins[k]);
	return 0;
}

/* A word that names something only because it is written so that nobody follows it. */
static bool
take_defanged(const struct line *l, size_t at, size_t len)
{
	while (len > 0 && strchr("([{'", l->s[at]) != NULL) {
		at++;
		len--;
	}
	size_t n = word_len(l, at);
	if (n == 0 || n > len || memchr(l->s + at, '@', n) != NULL ||
	    begins_link(l->s + at, n) != 0 || !is_defanged(l->s + at, n))
		return false;
	take(l, at, n);
	return true;
}

/* The links in one word: "see:https://a.example/" has one. */
static void
word_read(const struct line *l, size_t at, size_t end)
{
	while (at < end && l->r->rc == RC_OK) {
		bool starts = at == 0 || (!isalnum((unsigned char)l->s[at - 1]) &&
					  strchr("@./_-%=", l->s[at - 1]) == NULL);
		size_t first = starts ? begins_link(l->s + at, end - at) : 0;
		size_t n = first == 0 ? 0 : word_len(l, at);
		if (n > first) {
			take(l, at, n);
			at += n;
		} else {
			at++;
		}
	}
}

static void
line_read(const struct line *l)
{
	legal_basis_read(l);
	if (take_alone(l))
		return;
	for (size_t at = 0, end; at < l->len && l->r->rc == RC_OK; at = end + 1) {
		end = at;
		while (end < l->len && !ends_link(l->s[end]))
			end++;
		if (end > at && !take_defanged(l, at, end - at))
			word_read(l, at, end);
	}
}

struct anchors {
	struct reading *r;
	const char *part, *text;
	size_t at;
	uint32_t line;
	size_t line_at;
	struct column column;
};

static void
on_anchor(void *arg, size_t at, const char *href, const char *shown)
{
	struct anchors *c = arg;
	struct target t;

	for (; c->at < at; c->at++)
		if (c->text[c->at] == '\n') {
			c->line++;
			c->line_at = c->at + 1;
			c->column = (struct column){0};
		}
	struct mail_proposal as = {
		.description = mail_text(c->r->a, shown, MAIL_NEAR_MAX),
		.place = {.part = c->part,
			  .line = c->line,
			  .column = column_of(&c->column, c->text + c->line_at,
					      at - c->line_at)},
	};
	const char *link = entities_undo(c->r->a, href, strlen(href));
	char *undone = link_undo(c->r->a, link, strlen(link));
	size_t k = 0, n = sizeof(begins) / sizeof(begins[0]);
	as.defanged = undone != NULL;
	link = undone != NULL ? undone : link;
	while (k < n && !begins_with(link, strlen(link), begins[k]))
		k++;
	if (k == n || strlen(link) > MAIL_LINK_MAX)
		return; /* mailto:, cid:, relative */
	const char *said = mail_text(c->r->a, shown, MAIL_LINK_MAX);
	if (said != NULL && strchr(said, ' ') == NULL &&
	    target_parse(c->r->a, said, strlen(said), &t, NULL) == RC_OK) {
		struct target to;
		if (target_parse(c->r->a, link, strlen(link), &to, NULL) == RC_OK &&
		    memcmp(to.nf.b, t.nf.b, HASH_LEN) != 0)
			as.shown = said;
	}
	(void)reading_propose(c->r, link, strlen(link), &as);
}

void
links_read(struct reading *r, const char *part, const char *text, size_t len, bool html)
{
	struct column column;
	struct line l = {.r = r, .column = &column, .part = part, .html = html};
	size_t at = 0;

	if (html) {
		struct anchors c = {.r = r, .part = part, .text = text, .line = 1};
		text = html_blank(r->a, text, len, on_anchor, &c);
	}
	while (at < len && r->rc == RC_OK) {
		const char *lf = memchr(text + at, '\n', len - at);
		size_t n = lf == NULL ? len - at : (size_t)(lf - text) - at;
		column = (struct column){0};
		l.s = text + at;
		l.len = n > 0 && l.s[n - 1] == '\r' ? n - 1 : n;
		l.number++;
		line_read(&l);
		at += n + 1;
	}
}
