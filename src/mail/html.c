/*
 * HTML as far as a letter's links need it: tags are blanked, so that what is shown keeps
 * its line and column; anchors are told with their address and what they show.
 */
#include <string.h>
#include <strings.h>

#include "mail/mail_int.h"

enum { SHOWN_MAX = 512 };

struct html {
	struct arena *a;
	const char *s;
	size_t len;
	char *out;
	html_anchor *on;
	void *arg;
	bool unclosed; /* no anchor is closed from here on */
};

static void
blank(struct html *h, size_t from, size_t to)
{
	for (; from < to; from++)
		if (h->out[from] != '\n')
			h->out[from] = ' ';
}

static bool
tag_is(const struct html *h, size_t at, const char *name)
{
	size_t n = strlen(name);

	return at + n < h->len && strncasecmp(h->s + at, name, n) == 0 &&
	       strchr(" \t\r\n>/", h->s[at + n]) != NULL;
}

/* Past the '>' of a tag whose '<' is at `at`; '>' in quotes does not end it. */
static size_t
tag_end(const struct html *h, size_t at)
{
	char quote = '\0';

	for (size_t i = at + 1; i < h->len; i++) {
		char c = h->s[i];
		if (quote != '\0')
			quote = c == quote ? '\0' : quote;
		else if (c == '>')
			return i + 1;
		else if ((c == '"' || c == '\'') && h->s[i - 1] == '=')
			quote = c;
	}
	return h->len;
}

/* Where "</name" stands from `at` on, else the end. */
static size_t
closing_find(const struct html *h, size_t at, const char *name)
{
	for (; at + 2 < h->len; at++) {
		const char *lt = memchr(h->s + at, '<', h->len - at);
		if (lt == NULL)
			break;
		at = (size_t)(lt - h->s);
		if (at + 2 < h->len && h->s[at + 1] == '/' && tag_is(h, at + 2, name))
			return at;
	}
	return h->len;
}

/* The value of href in the tag; *ret_at is where it stands. */
static const char *
href_of(const struct html *h, size_t at, size_t end, size_t *ret_at)
{
	for (size_t i = at; i + 5 < end; i++) {
		if (strncasecmp(h->s + i, "href", 4) != 0 ||
		    strchr(" \t\r\n\"'/", h->s[i - 1]) == NULL)
			continue;
		size_t v = i + 4;
		while (v < end && strchr(" \t\r\n", h->s[v]) != NULL && h->s[v] != '\0')
			v++;
		if (v >= end || h->s[v] != '=')
			continue;
		v++;
		while (v < end && strchr(" \t\r\n", h->s[v]) != NULL && h->s[v] != '\0')
			v++;
		char quote =
			v < end && (h->s[v] == '"' || h->s[v] == '\'') ? h->s[v] : '\0';
		v += quote != '\0';
		size_t n = v;
		while (n < end && (quote != '\0' ? h->s[n] != quote
						 : strchr(" \t\r\n>", h->s[n]) == NULL))
			n++;
		if (n - v > MAIL_LINK_MAX)
			return NULL;
		*ret_at = v;
		return mail_text(h->a, arena_strndup(h->a, h->s + v, n - v),
				 MAIL_LINK_MAX);
	}
	return NULL;
}

/* What stands between here and "</a", tags taken out. */
static const char *
shown_of(struct html *h, size_t at, size_t *ret_end)
{
	char text[SHOWN_MAX];
	size_t n = 0, end = h->unclosed ? h->len : closing_find(h, at, "a");

	h->unclosed = end == h->len;
	*ret_end = end;
	if (h->unclosed)
		return NULL;
	for (size_t i = at; i < end && n + 1 < sizeof(text); i++) {
		if (h->s[i] == '<') {
			i = tag_end(h, i) - 1;
			continue;
		}
		text[n++] = h->s[i];
	}
	text[n] = '\0';
	return arena_strdup(h->a, text);
}

static size_t
anchor(struct html *h, size_t at, size_t end)
{
	size_t href_at = at, shown_end = end;
	const char *href = href_of(h, at + 1, end, &href_at);

	if (href == NULL)
		return end;
	const char *shown = tag_is(h, at + 1, "a") ? shown_of(h, end, &shown_end) : NULL;
	h->on(h->arg, href_at, href, shown);
	/* An anchor that is never closed hides nothing of what follows. */
	if (shown_end == h->len)
		return end;
	blank(h, end, shown_end);
	return shown_end;
}

char *
html_blank(struct arena *a, const char *text, size_t len, html_anchor *on, void *arg)
{
	static const char *const unseen[] = {"script", "style"};
	struct html h = {.a = a, .s = text, .len = len, .on = on, .arg = arg};
	size_t at = 0;

	h.out = arena_strndup(a, text, len);
	while (at < len) {
		const char *lt = memchr(text + at, '<', len - at);
		if (lt == NULL)
			break;
		at = (size_t)(lt - text);
		size_t end = tag_end(&h, at);
		if (len - at >= 4 && memcmp(lt, "<!--", 4) == 0) {
			const char *stop = memmem(lt + 4, len - at - 4, "-->", 3);
			end = stop == NULL ? len : (size_t)(stop - text) + 3;
		}
		blank(&h, at, end);
		for (size_t k = 0; k < 2; k++)
			if (tag_is(&h, at + 1, unseen[k])) {
				size_t stop = closing_find(&h, end, unseen[k]);
				blank(&h, end, stop);
				end = stop;
			}
		if (tag_is(&h, at + 1, "a") || tag_is(&h, at + 1, "area"))
			end = anchor(&h, at, end);
		at = end > at ? end : at + 1;
	}
	return h.out;
}
