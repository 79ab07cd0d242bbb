/*
 * page_serve - a page, whoever carries it: the pages' own listener, or the API's HTTPS.
 *
 * A carrier finds the route, says in a `struct page` who asks and for what, and has it
 * drawn; what goes into the answer's head stands in that structure afterwards.
 */
#ifndef SALURAN_HTTP_PAGE_SERVE_H
#define SALURAN_HTTP_PAGE_SERVE_H

#include "http/page.h"

struct MHD_Response;

enum { PAGE_FORM_MAX = 16 * 1024 /* bytes of what a form posts */ };
#define PAGE_FORM_TYPE "application/x-www-form-urlencoded"

/* Where a page is, and for whom. */
enum page_for {
	PAGE_LOCAL,  /* people of the node, by http.listen */
	PAGE_STAFF,  /* people of the node, over HTTPS too */
	PAGE_OWN,    /* everybody, by http.listen: what begins and ends a session there */
	PAGE_PUBLIC, /* everybody, over HTTPS too */
};

/* "/case/{}": braces stand for one word of the path. */
struct page_route {
	const char *path;
	page_fn *fn;
	enum page_for whom;
	bool posts; /* has a form that is posted to it */
};

/* NULL: there is no such page.  *ret_word: what stands for the braces, or NULL; within
 * `path`. */
const struct page_route *page_route_find(struct arena *a, const char *path,
					 const char **ret_word);
/* What is shown under another's host name: 451 when that is blocked, else 421. */
extern const struct page_route page_route_landing;
bool page_route_open(const struct page_route *r);

/* Everything but p->nd, a and lang that a page may look at, as nobody has asked yet. */
void page_open(struct page *p, struct node *nd, struct arena *a, const char *accept);
/* Take one word of the query; "lang" chooses the language. */
void page_take(struct page *p, const char *name, const char *value);

/*
 * Draw it.  `rc` and `e`: what went wrong before, and RC_OK if nothing did; a page that
 * is for people is drawn for them alone.  The bytes live as long as the arena.
 */
void page_make(struct page *p, const struct page_route *r, enum rc rc, struct err *e);
/* What the page says in the answer's head, its type and how long it may be kept too. */
bool page_headers(struct page *p, struct MHD_Response *resp);

/* A form's body, "a=b&c=d", each name once.  NULL: it is none; else the arena's. */
json_t *page_form_read(struct arena *a, const char *s, size_t len);

#endif
