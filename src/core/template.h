/*
 * template - texts with places to be filled in.
 *
 * A place is a word in braces, such as {subject}: a to z first, then a to z, 0 to 9 and
 * '_', at most TEMPLATE_WORD_MAX bytes.  Braces around anything else are text.  Who means
 * the braces themselves doubles them: {{subject}} is sent as {subject}.
 *
 * A text in which a place is left open is never sent.  Pure.
 */
#ifndef SALURAN_CORE_TEMPLATE_H
#define SALURAN_CORE_TEMPLATE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum { TEMPLATE_WORD_MAX = 40 };

/* The value for a place, NULL: there is none. */
typedef const char *template_value(void *arg, const char *word);

/*
 * Fill in what `value` knows.  A place that it does not know stays, and its word goes
 * into ret_open (at most `max`, each once; *ret_n counts those that are there).  Doubled
 * braces stay doubled, and those of a value become so, also where it only looks like a
 * place together with the text around it: template_ready() makes them single.
 */
const char *template_fill(struct arena *a, const char *text, template_value *value,
			  void *arg, const char **ret_open, size_t max, size_t *ret_n);

/* The text as it is sent, doubled braces made single.  RC_INVALID names the member `what`
 * and the first place that is open. */
enum rc template_ready(struct arena *a, const char *what, const char *text,
		       const char **ret, struct err *e) MUST_CHECK;

#endif
