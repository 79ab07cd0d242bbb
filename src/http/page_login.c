/*
 * Who reads the pages: a person by a session in a cookie, or a program by its credential;
 * and "/login", where a session begins and ends.
 *
 * Cookies of one host are shared by its ports, and a machine may run two nodes: so the
 * cookie's name has the port.  The pages are plain HTTP on loopback, so it has no Secure.
 */
#include <string.h>
#include <strings.h>

#include "http/fields.h"
#include "http/sentence.h"

#define BEARER "Bearer "

enum { NAME_MAX_CHARS = 40, PASSWORD_MAX_CHARS = 512, CODE_MAX_CHARS = 40 };

static const char *
cookie_name(struct page *p)
{
	return arena_printf(p->a, "saluran-%u", (unsigned)p->port);
}

void
page_session(struct page *p, const char *session)
{
	p->set_cookie = arena_printf(p->a, "%s=%s; Path=/; HttpOnly; SameSite=Strict%s",
				     cookie_name(p), session == NULL ? "" : session,
				     session == NULL ? "; Max-Age=0" : "");
}

enum rc
page_who(struct page *p, const char *authorization, const char *cookies, struct err *e)
{
	const char *session = NULL;
	enum rc rc = RC_OK;

	p->who = actor_stranger(p->a, p->address);
	if (authorization != NULL) {
		if (strncasecmp(authorization, BEARER, sizeof(BEARER) - 1) != 0)
			return err_set(e, RC_UNAUTHENTICATED,
				       "Authorization: Bearer and a credential");
		rc = actor_authenticate_at(p->nd, p->a,
					   authorization + sizeof(BEARER) - 1, p->address,
					   &p->who, e);
		p->known = rc == RC_OK;
		return rc;
	}
	if (cookies != NULL)
		rc = field_cookie(p->a, cookies, cookie_name(p), &session, e);
	if (rc != RC_OK || session == NULL)
		return rc;
	rc = actor_from_session(p->nd, p->a, session, p->address, &p->who, e);
	if (rc == RC_OK)
		p->session = session;
	else
		p->who = actor_stranger(p->a, p->address);
	p->known = rc == RC_OK;
	/* One that is over is as none: who asks may log in again. */
	return rc == RC_UNAUTHENTICATED ? RC_OK : rc;
}

/* ---- the form ---------------------------------------------------------------------- */

static void
input_put(struct page *p, const char *name, const char *type, const char *label,
	  const char *autocomplete, int max)
{
	struct html *h = p->h;

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
	html_attr(h, "autocomplete", autocomplete);
	html_attr(h, "autocapitalize", "none");
	html_attr(h, "spellcheck", "false");
	html_attr(h, "maxlength", arena_printf(p->a, "%d", max));
	html_close(h, "div");
}

/* `to`: where to go on.  `wrong`: why the last try failed, or NULL. */
static void
form_put(struct page *p, const char *to, const char *wrong)
{
	struct html *h = p->h;

	page_begin(p, NULL, T(p, LOGIN), "/login");
	html_leaf(h, "p", NULL, T(p, LOGIN_WHY));
	if (wrong != NULL) {
		html_open(h, "div");
		html_attr(h, "class", "problem");
		html_attr(h, "role", "alert");
		html_leaf(h, "p", NULL, T(p, LOGIN_WRONG));
		sentence_put(p, NULL, wrong);
		html_close(h, "div");
	}
	html_open(h, "form");
	html_attr(h, "method", "post");
	html_attr(h, "action", page_link(p, "/login", NULL));
	input_put(p, "name", "text", T(p, LOGIN_NAME), "username", NAME_MAX_CHARS);
	input_put(p, "password", "password", T(p, LOGIN_PASSWORD), "current-password",
		  PASSWORD_MAX_CHARS);
	input_put(p, "code", "text", T(p, LOGIN_CODE), "one-time-code", CODE_MAX_CHARS);
	html_open(h, "input");
	html_attr(h, "type", "hidden");
	html_attr(h, "name", "to");
	html_attr(h, "value", to);
	html_open(h, "button");
	html_attr(h, "type", "submit");
	html_text(h, T(p, LOGIN));
	html_close(h, "button");
	html_close(h, "form");
	page_end(p);
}

void
page_login_first(struct page *p)
{
	p->status = HTTP_UNAUTHORIZED;
	if (!p->https) {
		form_put(p, page_here(p), NULL);
		return;
	}
	page_begin(p, NULL, T(p, LOGIN), "");
	html_leaf(p->h, "p", NULL, T(p, LOGIN_CONSOLE));
	html_open(p->h, "p");
	part_link(p, "/console", T(p, LOGIN));
	html_close(p->h, "p");
	page_end(p);
}

void
page_logout_put(struct page *p)
{
	struct html *h = p->h;

	if (!p->known)
		return;
	html_open(h, "form");
	html_attr(h, "class", "session");
	html_attr(h, "method", "post");
	html_attr(h, "action", page_link(p, "/logout", NULL));
	html_leaf(h, "bdi", NULL, actor_name(p->who));
	html_text(h, " ");
	if (p->session != NULL) {
		html_open(h, "button");
		html_attr(h, "type", "submit");
		html_text(h, T(p, LOGOUT));
		html_close(h, "button");
	}
	html_close(h, "form");
}

/* ---- acting ------------------------------------------------------------------------ */

static const char *
given(const struct page *p, const char *name)
{
	const char *text = page_form(p, name);

	return text == NULL ? "" : text;
}

/* A path of ours, in what a path and a query may have: nobody is led elsewhere. */
static const char *
where_to(struct page *p)
{
	const char *to = given(p, "to");

	if (to[0] != '/' || to[1] == '/' || to[1] == '\\')
		return "/";
	for (const char *c = to; *c != '\0'; c++)
		if (*c <= ' ' || *c >= 0x7f || *c == '\\' || *c == '"')
			return "/";
	return to;
}

enum rc
page_login(struct page *p, struct err *e)
{
	struct err why = ERR_INIT;
	json_t *out, *in;

	if (p->form == NULL) {
		form_put(p, "/", NULL);
		return RC_OK;
	}
	in = json_pack("{s:s, s:s}", "name", given(p, "name"), "password",
		       given(p, "password"));
	if (given(p, "code")[0] != '\0')
		json_object_set_new(in, "code", json_string(given(p, "code")));
	p->who = actor_stranger(p->a, p->address);
	enum rc rc = page_post(p, "/v1/login", in, &out, &why);
	if (rc == RC_OK) {
		page_session(p, j_text(out, "session"));
		p->see_other = where_to(p);
		return RC_OK;
	}
	if (rc != RC_UNAUTHENTICATED && rc != RC_LIMIT && rc != RC_INVALID) {
		*e = why;
		return rc;
	}
	p->status = (unsigned)rc_http_status(rc);
	form_put(p, where_to(p), why.text);
	return RC_OK;
}

enum rc
page_logout(struct page *p, struct err *e)
{
	json_t *out;

	if (p->form == NULL)
		return err_set(e, RC_NOT_FOUND, "logging out is a button");
	enum rc rc = p->session == NULL
			     ? RC_OK
			     : page_post(p, "/v1/logout", json_object(), &out, e);
	page_session(p, NULL);
	p->see_other = page_link(p, "/login", NULL);
	return rc == RC_UNAUTHENTICATED ? RC_OK : rc;
}
