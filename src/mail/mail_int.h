/*
 * mail_int - what the files of mail/ share.
 */
#ifndef SALURAN_MAIL_MAIL_INT_H
#define SALURAN_MAIL_MAIL_INT_H

#include <jansson.h>

#include "mail/mail.h"

/* A message while it is read.  The first failure is kept. */
struct reading {
	struct arena *a;
	struct err *e;
	enum rc rc;
	struct mail_proposal *proposals; /* MAIL_PROPOSALS_MAX, made with the first */
	size_t n_proposals;
	const char **notes;
	size_t n_notes;
	const char *format, *legal_basis;
	int64_t date_us; /* of the message: what is found in it was there then */
	size_t parts, text_bytes, looked;
	bool report;	   /* a report states what it is about: texts beside it do not */
	bool auth_failure; /* it names the domain that was abused, no content */
};

/* Look before GMime does: limits that keep memory and time bounded whatever the message
 * says of itself. */
enum rc mail_scan(const uint8_t *raw, size_t len, struct err *e) MUST_CHECK;

void reading_fail(struct reading *r, enum rc rc, const char *rule, const char *fmt, ...)
	PRINTF(4, 5);
void reading_note(struct reading *r, const char *fmt, ...) PRINTF(2, 3);

/* One more word to look at; false when it is one too many, or the reading failed. */
bool reading_look(struct reading *r, const char *part);

/* A target that was found; `given` need not be one: then nothing happens, and false is
 * returned.  One normal form is proposed once. */
bool reading_propose(struct reading *r, const char *given, size_t len,
		     const struct mail_proposal *as);

/* Links of a decoded UTF-8 text; `html`: of its anchors and of what it shows. */
void links_read(struct reading *r, const char *part, const char *text, size_t len,
		bool html);
/* "hxxp://example[.]com/" to "http://example.com/"; NULL when nothing is to undo. */
char *link_undo(struct arena *a, const char *s, size_t len);
/* The text without its tags, as long as before; anchors are told one by one. */
typedef void html_anchor(void *arg, size_t at, const char *href, const char *shown);
char *html_blank(struct arena *a, const char *text, size_t len, html_anchor *on,
		 void *arg);

/* The fields of a feedback report (RFC 5965, section 3). */
void arf_read(struct reading *r, const char *part, const char *text, size_t len);

/* Is it a XARF report?  Then it is read, or why not is said; else false. */
bool xarf_read(struct reading *r, const char *part, const json_t *doc);
/* A part or file of JSON: false when it is no XARF. */
bool xarf_text(struct reading *r, const char *part, const char *text, size_t len);

/* A text from outside: UTF-8, printable, at most `max` bytes; NULL when there is none. */
const char *mail_text(struct arena *a, const char *s, size_t max);

#endif
