/*
 * "/welcome": where somebody with a one-time link chooses a password.
 *
 * The link is what proves the right to post: no page of another site knows it.  A link
 * that is used up, has expired or was replaced says so before anything is typed.
 */
#include <string.h>

#include "http/sentence.h"

enum { LINK_CHARACTERS_MAX = 200, PASSWORD_CHARACTERS_MAX = 500 };

static void
input_put(struct page *p, const char *name, const char *type, const char *label,
	  const char *complete, const char *hint)
{
	struct html *h = p->h;
	const char *hint_id = arena_printf(p->a, "%s-hint", name);

	html_open(h, "label");
	html_attr(h, "for", name);
	html_text(h, label);
	html_close(h, "label");
	html_open(h, "div");
	html_attr(h, "class", "field");
	html_open(h, "input");
	html_attr(h, "id", name);
	html_attr(h, "name", name);
	html_attr(h, "type", type);
	html_attr(h, "autocomplete", complete);
	html_attr(h, "spellcheck", "false");
	html_attr(h, "required", "required");
	html_attr(h, "maxlength",
		  arena_printf(p->a, "%d",
			       strcmp(type, "password") == 0 ? PASSWORD_CHARACTERS_MAX
							     : LINK_CHARACTERS_MAX));
	if (hint != NULL)
		html_attr(h, "aria-describedby", hint_id);
	html_close(h, "div");
	if (hint == NULL)
		return;
	html_open(h, "p");
	html_attr(h, "id", hint_id);
	html_attr(h, "class", "meta");
	html_text(h, hint);
	html_close(h, "p");
}

static void
form_open(struct page *p, const char *method)
{
	html_open(p->h, "form");
	html_attr(p->h, "method", method);
	html_attr(p->h, "action", page_link(p, "/welcome", NULL));
}

static void
form_close(struct page *p, const char *button)
{
	html_open(p->h, "button");
	html_attr(p->h, "type", "submit");
	html_text(p->h, button);
	html_close(p->h, "button");
	html_close(p->h, "form");
}

/* What is shown above the form, and as which status. */
struct problem {
	enum rc rc;
	const char *what, *how, *detail; /* what: NULL, there is none */
};

static void
problem_put(struct page *p, const struct problem *problem)
{
	struct html *h = p->h;

	html_open(h, "div");
	html_attr(h, "class", "problem");
	html_attr(h, "role", "alert");
	html_leaf(h, "p", NULL, problem->what);
	if (problem->how != NULL)
		html_leaf(h, "p", NULL, problem->how);
	if (problem->detail != NULL)
		sentence_put(p, T(p, ERROR_DETAIL), problem->detail);
	html_close(h, "div");
}

/* The link is asked for: posted, so that it does not stand in an address. */
static void
ask_link(struct page *p)
{
	form_open(p, "post");
	input_put(p, "link", "text", T(p, WELCOME_LINK), "off", NULL);
	form_close(p, T(p, WELCOME_SHOW));
}

static void
ask_password(struct page *p, const char *link, const json_t *known)
{
	struct html *h = p->h;

	html_leaf(h, "p", NULL,
		  FILL(p, WELCOME_FOR, j_text(known, "name"), j_text(known, "role")));
	form_open(p, "post");
	html_open(h, "input");
	html_attr(h, "type", "hidden");
	html_attr(h, "name", "link");
	html_attr(h, "value", link);
	/* For programs that keep passwords. */
	html_open(h, "input");
	html_attr(h, "type", "hidden");
	html_attr(h, "name", "name");
	html_attr(h, "autocomplete", "username");
	html_attr(h, "value", j_text(known, "name"));
	input_put(p, "password", "password", T(p, WELCOME_PASSWORD), "new-password",
		  T(p, WELCOME_HINT));
	input_put(p, "again", "password", T(p, WELCOME_AGAIN), "new-password", NULL);
	if (j_bool(known, "code"))
		input_put(p, "code", "text", T(p, WELCOME_CODE), "one-time-code",
			  T(p, WELCOME_CODE_HINT));
	form_close(p, T(p, WELCOME_BUTTON));
}

/* A page has no session: the one that came with the password ends at once. */
static enum rc
session_drop(struct page *p, const json_t *begun, struct err *e)
{
	const char *session = j_text(begun, "session");
	const struct service_route *r;
	const struct actor *who;
	struct reply out;
	json_t *in = json_object();
	enum rc rc = actor_from_session(p->nd, p->a, session, NULL, &who, e);

	if (rc == RC_OK)
		rc = service_route_find("POST", "/v1/logout", in, &r, e);
	if (rc == RC_OK)
		rc = service_run(p->nd, p->a, r, who, in, &out, e);
	json_decref(in);
	return rc;
}

static void
done_put(struct page *p, const json_t *begun)
{
	const char *name = j_text(begun, "name");

	page_begin(p, NULL, FILL(p, WELCOME_DONE, name), "");
	html_leaf(p->h, "p", NULL, T(p, WELCOME_NEXT));
	html_leaf(p->h, "pre", NULL,
		  arena_printf(p->a, "saluran login %s --out %s.session", name, name));
	page_end(p);
}

/* RC_OK without a problem: it is set, and the page says so. */
static enum rc
password_set(struct page *p, const char *link, struct problem *problem, struct err *e)
{
	const char *password = page_form(p, "password"), *again = page_form(p, "again");
	struct err why = ERR_INIT;
	json_t *begun = NULL;

	if (again == NULL || strcmp(password, again) != 0) {
		*problem = (struct problem){RC_INVALID, T(p, WELCOME_DIFFER), NULL, NULL};
		return RC_OK;
	}
	enum rc rc = page_post(p, "/v1/welcome",
			       json_pack("{s:s, s:s, s:s*}", "token", link, "password",
					 password, "code", page_form(p, "code")),
			       &begun, &why);
	if (rc != RC_OK) {
		*problem = (struct problem){rc, T(p, WELCOME_REFUSED), NULL,
					    arena_strdup(p->a, why.text)};
		return RC_OK;
	}
	rc = session_drop(p, begun, e);
	if (rc == RC_OK)
		done_put(p, begun);
	return rc;
}

enum rc
page_welcome(struct page *p, struct err *e)
{
	const char *link = p->form != NULL ? page_form(p, "link") : page_query(p, "link");
	struct problem problem = {0};
	struct err why = ERR_INIT;
	json_t *known = NULL;
	enum rc rc = RC_OK;

	if (link != NULL)
		rc = page_post(p, "/v1/welcome/check", json_pack("{s:s}", "token", link),
			       &known, &why);
	if (rc != RC_OK) {
		problem = (struct problem){rc, T(p, WELCOME_BAD), T(p, WELCOME_BAD_HOW),
					   why.text};
	} else if (known != NULL && page_form(p, "password") != NULL) {
		rc = password_set(p, link, &problem, e);
		if (rc != RC_OK || problem.what == NULL)
			return rc;
	}
	if (problem.what != NULL)
		p->status = (unsigned)rc_http_status(problem.rc);
	page_begin(p, NULL, T(p, WELCOME_TITLE), "");
	html_leaf(p->h, "p", "lead", T(p, WELCOME_LEAD));
	if (problem.what != NULL)
		problem_put(p, &problem);
	if (known != NULL)
		ask_password(p, link, known);
	else
		ask_link(p);
	page_end(p);
	return RC_OK;
}
