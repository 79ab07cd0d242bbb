/*
 * page - what the files of the pages share: one request, the frame, words and parts.
 */
#ifndef SALURAN_HTTP_PAGE_H
#define SALURAN_HTTP_PAGE_H

#include <jansson.h>

#include "http/html.h"
#include "http/lang.h"
#include "service/service.h"

enum {
	PAGE_ROWS = 50,		/* of a list */
	PAGE_ITEMS = 100,	/* items of a case */
	PAGE_ORDERS = 20,	/* each with its names */
	PAGE_TITLE_BYTES = 160, /* of a subject in a list */
};

struct page {
	struct node *nd;
	struct arena *a;
	struct html *h;
	enum lang lang;
	bool lang_asked;	 /* by ?lang=, so that links keep it */
	const char *path;	 /* decoded */
	const char *word;	 /* what stands for the braces of the route, or NULL */
	json_t *query;		 /* name to text, without lang */
	int64_t now_us;		 /* of the request */
	uint16_t port;		 /* that the pages listen at */
	const char *address;	 /* of who asks */
	const struct actor *who; /* a stranger unless `known` */
	bool known;
	const char *foreign;	/* the host of another that this was asked of, or NULL */
	const char *base;	/* what links begin with: public.url, or "" */
	bool https;		/* came by api.listen, where the console logs people in */
	const char *session;	/* that they came by, or NULL */
	json_t *form;		/* of a POST, name to text; NULL: it is none */
	const char *set_cookie; /* of the answer, or NULL */
	const char *see_other;	/* a path to go on at instead of a page, or NULL */
	const char *blocked_by; /* who has the name blocked, a URL; or NULL */
	int64_t retry_s;	/* when to ask again, 0: it does not matter */
	unsigned status;	/* HTTP */
	const void *bytes;	/* what is given instead of HTML, or NULL; */
	size_t len;		/* in the end the HTML, too */
	const char *type;	/* of the bytes */
	const char *file;	/* the name to keep them under, or NULL: to be shown */
};

/* The page, or RC_ and `e` before its first element. */
typedef enum rc page_fn(struct page *p, struct err *e);
page_fn page_cases, page_case, page_orders, page_order, page_lookup, page_welcome,
	page_login, page_logout, page_blocked, page_landing, page_register, page_object,
	page_objection, page_figures, page_figures_csv, page_register_csv,
	page_register_proof, page_tlog, page_logs, page_letter_case, page_letter_order,
	page_register_letter;

/* Draw what went wrong, whatever was drawn before. */
void page_error(struct page *p, enum rc rc, struct err *e);

/* ---- who reads: page_login.c ------------------------------------------------------- */

enum {
	HTTP_UNAUTHORIZED = 401,
	HTTP_MISDIRECTED = 421,
	HTTP_LEGAL_REASONS = 451 /* RFC 7725 */
};

/* Fills in p->who by the header fields (NULL: not there).  RC_UNAUTHENTICATED: a
 * credential opens nothing.  RC_INVALID: a cookie that stands twice. */
enum rc page_who(struct page *p, const char *authorization, const char *cookies,
		 struct err *e) MUST_CHECK;
/* The answer begins this session in the browser; NULL: ends it there. */
void page_session(struct page *p, const char *session);
/* Instead of a page that is for people of the node: the form that comes back to it. */
void page_login_first(struct page *p);
/* Who is logged in, and the button that ends it; nothing for a stranger. */
void page_logout_put(struct page *p);

/* ---- data -------------------------------------------------------------------------- */

/* Ask the service by the path of its table as who reads; `in` is stolen. */
enum rc page_ask(struct page *p, const char *path, json_t *in, json_t **ret,
		 struct err *e) MUST_CHECK;
/* As page_ask(), with POST.  *ret: what the reply shows, also with an error, or NULL. */
enum rc page_post(struct page *p, const char *path, json_t *in, json_t **ret,
		  struct err *e) MUST_CHECK;
/* As page_ask(), of what answers with bytes: they become the page. */
enum rc page_bytes(struct page *p, const char *path, json_t *in,
		   struct err *e) MUST_CHECK;
/* NULL: the form does not name it. */
const char *page_form(const struct page *p, const char *name);
/* NULL: the query does not name it. */
const char *page_query(const struct page *p, const char *name);

const char *j_text(const json_t *o, const char *name); /* NULL: absent, or null */
int64_t j_int(const json_t *o, const char *name);
bool j_bool(const json_t *o, const char *name);
int64_t j_time(const json_t *o, const char *name); /* us; 0: absent, or null */

/* ---- words ------------------------------------------------------------------------- */

#define T(p, key) lang_text((p)->lang, TEXT_##key)
#define FILL(p, key, ...)                                                                \
	lang_fill((p)->a, (p)->lang, TEXT_##key, (const char *const[]){__VA_ARGS__})
#define COUNT(p, key, n) lang_count((p)->a, (p)->lang, TEXT_##key, (n), NULL)
#define NUMBER(p, n)	 lang_number((p)->a, (p)->lang, (n))

/* public.url without a last slash, or NULL. */
const char *page_public_url(struct page *p);
/* A link within the pages; `words` are names and values of the query in pairs with NULL
 * after the last, or NULL.  A pair without a value is left out. */
const char *page_link(struct page *p, const char *path,
		      const char *const words[]) MUST_CHECK;
/* This page with its query, and its language. */
const char *page_here(struct page *p) MUST_CHECK;
/* In a form that asks for a page: a language that was asked for goes with it. */
void page_lang_kept(struct page *p);
#define LINK(p, path, ...)                                                               \
	page_link((p), (path), (const char *const[]){__VA_ARGS__, NULL})

/* ---- parts; those of words.c turn tokens of the service into words ----------------- */

/* `kicker` (NULL allowed) stands above the heading: what kind of thing the page is about.
 */
void page_begin(struct page *p, const char *kicker, const char *title,
		const char *section);
void page_end(struct page *p);
/* <h2>, with an id for links to it (NULL: none) */
void part_heading(struct page *p, const char *id, const char *text);

/* X(NAME, class): an icon, which part.c draws, and colours, which style.css has */
#define LOOK_TABLE(X)                                                                    \
	X(WAITING, "waiting")                                                            \
	X(SENT, "sent")                                                                  \
	X(RUNNING, "running")                                                            \
	X(DONE, "done")                                                                  \
	X(SOON, "soon")                                                                  \
	X(REFUSED, "refused")                                                            \
	X(BAD, "bad")                                                                    \
	X(BLOCKED, "blocked")                                                            \
	X(UNKNOWN, "unknown")
enum look {
#define X(name, class) LOOK_##name,
	LOOK_TABLE(X)
#undef X
};

void part_chip(struct page *p, enum look look, const char *word);
void part_link(struct page *p, const char *href, const char *text);
void part_time(struct page *p, int64_t us); /* 0: a dash */
/* What somebody wrote: kept from turning the text around it; NULL: `none`. */
void part_outside(struct page *p, const char *text, const char *none);
/* A name as DNS has it, and as it looks where that is not the same. */
void part_name(struct page *p, const char *name, bool wildcard);
void part_pager(struct page *p, const char *first, const char *next);

/* <dl> of facts.  A fact is opened, filled and closed, or has a text or a time. */
void fact_open(struct page *p, const char *name);
void fact_close(struct page *p);
void fact_text(struct page *p, const char *name, const char *text); /* NULL: a dash */
void fact_outside(struct page *p, const char *name, const char *text);
void fact_code(struct page *p, const char *name, const char *text); /* a hash, a key */
void fact_time(struct page *p, const char *name, int64_t us);

/* A table that becomes cards on a narrow screen; so its roles are explicit. */
struct column {
	enum text_key key;
	bool number;
};
void table_open(struct page *p, const char *caption, const struct column *columns,
		size_t n);
void table_close(struct page *p);
void row_open(struct page *p);
void row_close(struct page *p);
void cell_open(struct page *p, const struct column *c);
void cell_close(struct page *p);
void cell_text(struct page *p, const struct column *c, const char *text);
void cell_number(struct page *p, const struct column *c, int64_t n);

void case_chips(struct page *p, const json_t *c); /* state and deadline */
const char *case_state_word(struct page *p, const char *state);
void order_chip(struct page *p, const char *state);
const char *word_party(struct page *p, const char *party);
const char *word_event(struct page *p, const char *type);
void outcome_chip(struct page *p, const char *outcome); /* NULL: open */
const char *word_ground(struct page *p, const char *ground);
const char *word_category(struct page *p, const char *category);
const char *word_class(struct page *p, const char *class);
const char *word_guard(struct page *p, const char *guard);
const char *word_act(struct page *p, const char *act);
const char *word_action(struct page *p, const char *action);
const char *word_ruling(struct page *p, const char *ruling); /* NULL: NULL */
const char *word_rung(struct page *p, const json_t *rung);   /* reminder, warning 2 */

#endif
