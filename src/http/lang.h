/*
 * lang - Indonesian or English: texts, numbers and times as people of each write them.
 *
 * The texts are web/id.json and web/en.json; a key that one of them lacks does not build.
 * All results live as long as the arena.  Pure.
 */
#ifndef SALURAN_HTTP_LANG_H
#define SALURAN_HTTP_LANG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "http/texts.h"

enum lang { LANG_ID, LANG_EN, LANG_COUNT }; /* the order of tools/gen_text.py */

const char *lang_code(enum lang l); /* "id", "en" */
/* False: it is neither. */
bool lang_of_code(const char *code, enum lang *ret);
/* Accept-Language (RFC 9110, section 12.5.4); NULL, and neither of the two: Indonesian.
 */
enum lang lang_preferred(const char *accept);

const char *lang_text(enum lang l, enum text_key key); /* one without places */
/* With {1} … filled; `args` holds as many as the text has places. */
const char *lang_fill(struct arena *a, enum lang l, enum text_key key,
		      const char *const args[]);
/* {1} is `n` as a number and chooses the form, {2} is `more` (NULL: there is no {2}). */
const char *lang_count(struct arena *a, enum lang l, enum text_key key, int64_t n,
		       const char *more);

const char *lang_number(struct arena *a, enum lang l, int64_t n); /* 1.204 or 1,204 */
/* Indonesian in Western Indonesia Time (WIB, UTC+7), English in UTC; the zone is named.
 */
const char *lang_time(struct arena *a, enum lang l, int64_t us);
/* The two largest units of a duration, never negative: "5 j 40 m". */
const char *lang_span(struct arena *a, enum lang l, int64_t us);

#endif
