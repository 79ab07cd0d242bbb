/*
 * html - a page in the making, in which nothing can come to stand unescaped.
 *
 * There is no way to put markup: elements and attributes are opened by their names, which
 * are those of two tables, and every text and value is escaped as it enters.  Script and
 * style have no row, nor have attributes that hold either.  What is opened is closed by
 * the same name.  A name without a row, a wrong order and a link that leads away from
 * this server are bugs: asserted.
 *
 * A text is UTF-8; what is not, and control characters but TAB, LF and CR, become U+FFFD.
 * Not for threads to share.
 */
#ifndef SALURAN_HTTP_HTML_H
#define SALURAN_HTTP_HTML_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum {
	HTML_BYTES_MAX = 32 << 20, /* of a page; what is shown comes in pages already */
	HTML_DEPTH_MAX = 64,	   /* elements in one another */
};

struct html;

/* Lives as long as the arena. */
struct html *html_create(struct arena *a);
/* Links may begin with this URL, which has no last slash: that of the node's own public
 * side, for a page that is shown under another's name. */
void html_base(struct html *h, const char *url);

void html_open(struct html *h, const char *element);
/* Of the element that was just opened.  The value of href and of action begins with a
 * single '/' or is '#name', and has its other bytes percent-encoded; html_base() may
 * stand before. */
void html_attr(struct html *h, const char *name, const char *value);
void html_text(struct html *h, const char *text);
void html_close(struct html *h, const char *element); /* an empty one (br) has no end */

/* Open, class when it is not NULL, text, close. */
void html_leaf(struct html *h, const char *element, const char *class, const char *text);

/* Everything is closed.  The bytes live as long as the arena.
 * RC_TOO_LARGE: more than HTML_BYTES_MAX. */
enum rc html_finish(struct html *h, const char **ret, size_t *ret_len,
		    struct err *e) MUST_CHECK;

#endif
