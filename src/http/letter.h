/*
 * letter - a page that is printed: A4, no script, the record's hash and the page's number
 * on each sheet, and a QR code of where its proof is.
 */
#ifndef SALURAN_HTTP_LETTER_H
#define SALURAN_HTTP_LETTER_H

#include "http/page.h"

/* What in the log the letter is of. */
struct letter {
	const char *title;
	const char *number;  /* of the case, or the reference in the register */
	const char *to;	     /* the addressee, or NULL: everybody */
	int64_t at_us;	     /* of the record */
	const char *log;     /* its origin */
	int64_t seq;	     /* in it */
	const char *leaf;    /* its hash, lower-case hex */
	const char *proof;   /* what the QR code says: a URL, or the record itself */
	const char *check;   /* how that is checked */
	const char *back;    /* a path to go on at, shown on the screen alone */
	const char *back_to; /* its words */
	bool test;	     /* of a channel for tests */
};

void letter_begin(struct page *p, const struct letter *l);
void letter_end(struct page *p, const struct letter *l);
/* The record as a QR code holds it where no URL leads to it. */
const char *letter_record(struct page *p, const struct letter *l);

/* A heading and what people wrote, to the line; NULL: left out. */
void letter_text(struct page *p, const char *heading, const char *text);
/* A list of names, each with what it looks like. */
void letter_names(struct page *p, const json_t *names);

#endif
