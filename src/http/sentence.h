/*
 * sentence - what the node says in English, in Indonesian.
 *
 * The sentences are those of web/sentences.json, each with places such as {n} or {x1} for
 * what stands in it; the console has the same from the same file
 * (web/console/sentences.js).
 */
#ifndef SALURAN_HTTP_SENTENCE_H
#define SALURAN_HTTP_SENTENCE_H

#include "http/page.h"

/* NULL: the reader reads English, or there is no such sentence. */
const char *sentence_own(struct page *p, const char *english);

/* As paragraphs: in the reader's language, and how to see the node's own words; or these
 * alone.  `lead` stands before it; NULL: nothing does. */
void sentence_put(struct page *p, const char *lead, const char *english);

#endif
