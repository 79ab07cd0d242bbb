/*
 * Browsers: a session in a cookie that no script reads, and requests that no other site
 * can make.
 *
 * A browser is whoever says so by Origin or Sec-Fetch-Site, which its scripts can neither
 * forge nor leave out.  It is never shown the session itself; a program is.  The cookie
 * alone reads; to change something the request also needs the session's token, which
 * another site cannot read, and must come from a page of ours.
 */
#include <string.h>
#include <strings.h>

#include "http/api_int.h"
#include "http/fields.h"

#define COOKIE_NAME "__Host-saluran"
#define RULE	    "cross-site request"
#define LOGOUT_PATH "/v1/logout"

bool
cookie_is_browser(struct request *r)
{
	return !r->l->local && (request_field(r, MHD_HTTP_HEADER_ORIGIN) != NULL ||
				request_field(r, "Sec-Fetch-Site") != NULL);
}

static bool
reads(const struct request *r)
{
	return r->page != NULL || strcmp(r->route->method, MHD_HTTP_METHOD_GET) == 0;
}

/* "https://" and the Host of this request. */
static bool
origin_is_ours(struct request *r, const char *origin)
{
	static const char scheme[] = "https://";
	const char *host = request_field(r, MHD_HTTP_HEADER_HOST);

	return host != NULL && strncmp(origin, scheme, sizeof(scheme) - 1) == 0 &&
	       strcasecmp(origin + sizeof(scheme) - 1, host) == 0;
}

enum rc
cookie_site_check(struct request *r, struct err *e)
{
	const char *origin = request_field(r, MHD_HTTP_HEADER_ORIGIN);
	const char *site = request_field(r, "Sec-Fetch-Site");
	bool ours = (origin == NULL || origin_is_ours(r, origin)) &&
		    (site == NULL || strcmp(site, "same-origin") == 0 ||
		     (strcmp(site, "none") == 0 && reads(r)));

	if (r->l->local || ours)
		return RC_OK;
	return err_rule(e, RC_DENIED, RULE,
			"a page of another site made this request: Origin and "
			"Sec-Fetch-Site must be this node's own");
}

/* Under our Referrer-Policy a browser says "null" of our own forms, too. */
bool
cookie_from_here(struct request *r)
{
	const char *origin = request_field(r, MHD_HTTP_HEADER_ORIGIN);
	const char *site = request_field(r, "Sec-Fetch-Site");

	if (site != NULL && strcmp(site, "same-origin") != 0)
		return false;
	return origin == NULL || origin_is_ours(r, origin) ||
	       (site != NULL && strcmp(origin, "null") == 0);
}

/* After who asks is known by a cookie. */
static enum rc
token_check(struct request *r, struct err *e)
{
	if (reads(r))
		return RC_OK;
	if (!cookie_is_browser(r))
		return err_rule(e, RC_DENIED, RULE,
				"a change by cookie comes with Origin or Sec-Fetch-Site; "
				"a program uses Authorization");
	return actor_csrf_check(r->who, request_field(r, "X-CSRF-Token"), e);
}

enum rc
cookie_who(struct request *r, bool *ret_any, struct err *e)
{
	const char *cookies = request_field(r, MHD_HTTP_HEADER_COOKIE), *session = NULL;
	enum rc rc = RC_OK;

	*ret_any = false;
	if (r->l->local || cookies == NULL)
		return RC_OK;
	rc = field_cookie(r->a, cookies, COOKIE_NAME, &session, e);
	if (rc != RC_OK || session == NULL)
		return rc;
	*ret_any = true;
	rc = actor_from_session(r->l->h->nd, r->a, session, r->address, &r->who, e);
	r->by_cookie = rc == RC_OK;
	return rc == RC_OK ? token_check(r, e) : rc;
}

const char *
cookie_take(struct request *r, json_t *answer)
{
	const json_t *session = json_object_get(answer, "session");

	if (!cookie_is_browser(r))
		return NULL;
	if (strcmp(r->route->path, LOGOUT_PATH) == 0)
		return COOKIE_NAME "=; Max-Age=0; Path=/; Secure; HttpOnly; "
				   "SameSite=Strict";
	if (!json_is_string(session))
		return NULL;
	const char *cookie = arena_printf(
		r->a, COOKIE_NAME "=%s; Path=/; Secure; HttpOnly; SameSite=Strict",
		json_string_value(session));
	json_object_del(answer, "session");
	return cookie;
}
