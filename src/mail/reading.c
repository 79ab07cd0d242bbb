/* What was found so far: proposals, each normal form once, and notes. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "mail/mail_int.h"

void
reading_fail(struct reading *r, enum rc rc, const char *rule, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (r->rc != RC_OK)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_make_printable(text);
	r->rc = err_rule(r->e, rc, rule, "%s", text);
}

void
reading_note(struct reading *r, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (r->n_notes == MAIL_NOTES_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_make_printable(text);
	for (size_t i = 0; i < r->n_notes; i++)
		if (strcmp(r->notes[i], text) == 0)
			return;
	r->notes[r->n_notes++] = arena_strdup(r->a, text);
}

bool
reading_look(struct reading *r, const char *part)
{
	if (r->rc == RC_OK && ++r->looked > MAIL_LINKS_MAX)
		reading_fail(r, RC_TOO_LARGE, "mail.proposals",
			     "part %s brings it to more than %d words that could be "
			     "links: look at the message by hand",
			     part, MAIL_LINKS_MAX);
	return r->rc == RC_OK;
}

bool
reading_propose(struct reading *r, const char *given, size_t len,
		const struct mail_proposal *as)
{
	struct target t;

	if (!reading_look(r, as->place.part) ||
	    target_parse(r->a, given, len, &t, NULL) != RC_OK || t.kind == TARGET_TEXT)
		return false;
	for (size_t i = 0; i < r->n_proposals; i++)
		if (memcmp(r->proposals[i].target.nf.b, t.nf.b, HASH_LEN) == 0) {
			r->proposals[i].more++;
			return true;
		}
	if (r->n_proposals == MAIL_PROPOSALS_MAX) {
		reading_fail(r, RC_TOO_LARGE, "mail.proposals",
			     "it names more than %d targets, the last in part %s: send a "
			     "list as CSV with 'saluran send'",
			     MAIL_PROPOSALS_MAX, as->place.part);
		return true;
	}
	if (r->proposals == NULL)
		r->proposals =
			arena_array(r->a, MAIL_PROPOSALS_MAX, sizeof(*r->proposals));
	struct mail_proposal *p = &r->proposals[r->n_proposals++];
	*p = *as;
	p->target = t;
	if (p->found_us == 0)
		p->found_us = r->date_us;
	return true;
}

const char *
mail_text(struct arena *a, const char *s, size_t max)
{
	size_t len = s == NULL ? 0 : strlen(s);

	while (len > 0 && (s[0] == ' ' || s[0] == '\t' || s[0] == '\r' || s[0] == '\n')) {
		s++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n", s[len - 1]) != NULL)
		len--;
	if (len == 0)
		return NULL;
	char *text = arena_strndup(a, s, len < max ? len : max);
	text_make_printable(text);
	/* A character that the cut went through is no longer one. */
	text[utf8_cut(text, strlen(text), max)] = '\0';
	return text;
}
