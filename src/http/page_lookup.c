/*
 * "/lookup": is a name blocked by an order here, why, by whom, since when, until when,
 * and how to object.
 *
 * Every order that matches is listed, also one that is lifted.  That none is in force
 * here does not say that the name can be reached, and the page says so.
 */
#include <string.h>

#include "core/target.h"
#include "http/sentence.h"

enum { NAME_CHARACTERS_MAX = 2048 };

static void
form_put(struct page *p, const char *name)
{
	struct html *h = p->h;

	html_open(h, "form");
	html_attr(h, "method", "get");
	html_attr(h, "action", "/lookup");
	html_attr(h, "role", "search");
	html_open(h, "label");
	html_attr(h, "for", "name");
	html_text(h, T(p, LOOKUP_LABEL));
	html_close(h, "label");
	html_open(h, "div");
	html_attr(h, "class", "field");
	html_open(h, "input");
	html_attr(h, "id", "name");
	html_attr(h, "name", "name");
	html_attr(h, "type", "text");
	html_attr(h, "class", "mono");
	html_attr(h, "inputmode", "url");
	html_attr(h, "autocomplete", "off");
	html_attr(h, "autocapitalize", "none");
	html_attr(h, "spellcheck", "false");
	html_attr(h, "maxlength", arena_printf(p->a, "%d", NAME_CHARACTERS_MAX));
	html_attr(h, "value", name == NULL ? "" : name);
	html_attr(h, "aria-describedby", "name-hint");
	page_lang_kept(p);
	html_open(h, "button");
	html_attr(h, "type", "submit");
	html_text(h, T(p, LOOKUP_BUTTON));
	html_close(h, "button");
	html_close(h, "div");
	html_open(h, "p");
	html_attr(h, "id", "name-hint");
	html_attr(h, "class", "meta");
	html_text(h, T(p, LOOKUP_HINT));
	html_close(h, "p");
	html_close(h, "form");
}

static bool
blocks(const json_t *o)
{
	return strcmp(j_text(o, "state"), "in_force") == 0 && j_time(o, "lifted") == 0;
}

/* The register is with the authority. */
static bool
has_register(const struct page *p)
{
	return node_identity(p->nd)->role == PARTY_AUTHORITY;
}

static void
ref_put(struct page *p, const char *ref)
{
	fact_open(p, T(p, LOOKUP_REF));
	if (ref == NULL)
		html_leaf(p->h, "span", "none", "–");
	else if (has_register(p))
		part_link(p, page_link(p, arena_printf(p->a, "/register/%s", ref), NULL),
			  ref);
	else
		html_text(p->h, ref);
	fact_close(p);
}

/* People of the node read the order itself. */
static void
heading_put(struct page *p, const json_t *o)
{
	const char *id = j_text(o, "order"), *ref = j_text(o, "ref");
	const char *title = FILL(p, ORDER_N, ref == NULL ? id : ref);

	html_open(p->h, "h3");
	if (p->known)
		part_link(p, page_link(p, arena_printf(p->a, "/order/%s", id), NULL),
			  title);
	else
		html_text(p->h, title);
	html_close(p->h, "h3");
}

static void
times_put(struct page *p, const json_t *o)
{
	const int64_t lifted_us = j_time(o, "lifted");

	fact_time(p, T(p, IN_FORCE_SINCE), j_time(o, "in_force"));
	fact_time(p, T(p, ENDS_AT), j_time(o, "ends"));
	fact_open(p, T(p, LIFTED_AT));
	if (lifted_us != 0)
		part_time(p, lifted_us);
	else if (j_time(o, "ended") != 0)
		part_time(p, j_time(o, "ended"));
	else
		html_text(p->h, T(p, NOT_LIFTED));
	fact_close(p);
}

static void
ways_put(struct page *p, const json_t *o)
{
	const char *ref = j_text(o, "ref"), *authority = j_text(o, "authority");

	if (ref == NULL || authority == NULL)
		return;
	if (!has_register(p)) {
		fact_text(p, T(p, LOOKUP_OBJECT),
			  FILL(p, LOOKUP_OBJECT_HOW, authority, ref));
		return;
	}
	fact_open(p, T(p, LOOKUP_OBJECT));
	part_link(p, LINK(p, "/object", "ref", ref), T(p, OBJECT_THIS));
	fact_close(p);
	fact_open(p, T(p, PROOF));
	part_link(p, page_link(p, arena_printf(p->a, "/register/%s/proof", ref), NULL),
		  T(p, PROOF_DOWNLOAD));
	fact_close(p);
}

static void
order_put(struct page *p, const json_t *o, const char *name)
{
	const char *covering = j_text(o, "covering");
	struct html *h = p->h;

	html_open(h, "li");
	heading_put(p, o);
	html_open(h, "p");
	html_attr(h, "class", "chips");
	/* The order may go on for other names after this one is free. */
	if (j_time(o, "lifted") != 0)
		part_chip(p, LOOK_DONE, T(p, NAME_LIFTED));
	else
		order_chip(p, j_text(o, "state"));
	html_close(h, "p");
	html_open(h, "dl");
	html_attr(h, "class", "facts");
	ref_put(p, j_text(o, "ref"));
	fact_outside(p, T(p, LOOKUP_BY), j_text(o, "authority"));
	fact_outside(p, T(p, REASONS), j_text(o, "reasons"));
	fact_outside(p, T(p, LEGAL_BASIS), j_text(o, "legal_basis"));
	times_put(p, o);
	if (covering != NULL && strcmp(covering, name) != 0)
		fact_text(p, T(p, COVERED_BY), FILL(p, COVERED_BY_ALL_BELOW, covering));
	ways_put(p, o);
	html_close(h, "dl");
	html_close(h, "li");
}

/* "No order here" is not "not blocked". */
static void
causes_put(struct page *p)
{
	struct html *h = p->h;

	html_leaf(h, "p", NULL, T(p, LOOKUP_NOT_THE_SAME));
	html_open(h, "details");
	html_leaf(h, "summary", NULL, T(p, LOOKUP_OTHER_CAUSES));
	html_open(h, "ul");
	html_leaf(h, "li", NULL, T(p, LOOKUP_CAUSE_ELSEWHERE));
	html_leaf(h, "li", NULL, T(p, LOOKUP_CAUSE_CACHE));
	html_leaf(h, "li", NULL, T(p, LOOKUP_CAUSE_BEHIND));
	html_leaf(h, "li", NULL, T(p, LOOKUP_CAUSE_DOWN));
	html_close(h, "ul");
	html_close(h, "details");
}

static void
found_put(struct page *p, const json_t *reply)
{
	const json_t *orders = json_object_get(reply, "orders"), *o;
	const char *name = j_text(reply, "name");
	const bool blocked = j_bool(reply, "blocked");
	const int64_t n = (int64_t)json_array_size(orders);
	struct html *h = p->h;
	size_t i;

	html_open(h, "h2");
	part_name(p, name, false);
	html_close(h, "h2");
	if (name_unicode(p->a, name) != NULL)
		html_leaf(h, "p", "meta", T(p, NAME_LOOKS_WHY));
	html_open(h, "p");
	html_attr(h, "class", "chips");
	part_chip(p, blocked ? LOOK_BLOCKED : LOOK_UNKNOWN,
		  blocked ? T(p, LOOKUP_IN_FORCE) : T(p, LOOKUP_NONE_IN_FORCE));
	html_close(h, "p");
	html_open(h, "p");
	html_attr(h, "class", "meta");
	html_text(h, T(p, DATA_AS_OF));
	html_text(h, " ");
	part_time(p, p->now_us);
	html_close(h, "p");
	if (!blocked)
		causes_put(p);
	html_leaf(h, "p", "sums",
		  n == 0 ? T(p, LOOKUP_NEVER) : COUNT(p, LOOKUP_MATCHES, n));
	if (n == 0)
		return;
	html_open(h, "ol");
	html_attr(h, "class", "matches");
	/* What blocks it comes first. */
	for (int in_force = 1; in_force >= 0; in_force--)
		json_array_foreach (orders, i, o)
			if (blocks(o) == (in_force == 1))
				order_put(p, o, name);
	html_close(h, "ol");
}

/* People paste addresses: what is asked for is the name in it. */
static const char *
name_of(struct page *p, const char *given)
{
	struct err none = ERR_INIT;
	struct target t;
	const char *at = strstr(given, "://");

	if (at == NULL && strpbrk(given, "/:?#@") == NULL)
		return given;
	if (target_parse(p->a, given, strlen(given), &t, &none) == RC_OK &&
	    t.host != NULL)
		return t.host;
	return given;
}

static const char *
trimmed(struct page *p, const char *s)
{
	size_t len;

	s += strspn(s, " \t\r\n");
	for (len = strlen(s); len != 0 && strchr(" \t\r\n", s[len - 1]) != NULL;)
		len--;
	return arena_strndup(p->a, s, len);
}

static void
refused_put(struct page *p, const struct err *e)
{
	html_open(p->h, "div");
	html_attr(p->h, "class", "problem");
	html_attr(p->h, "role", "alert");
	html_leaf(p->h, "p", NULL, T(p, LOOKUP_NO_NAME));
	html_leaf(p->h, "p", NULL, T(p, LOOKUP_NO_NAME_HOW));
	sentence_put(p, T(p, ERROR_DETAIL), e->text);
	html_close(p->h, "div");
}

static enum rc
look(struct page *p, bool *ret_blocked, struct err *e)
{
	const char *given = page_query(p, "name");
	json_t *reply = NULL;
	enum rc rc = RC_OK;

	if (given != NULL)
		given = trimmed(p, given);
	if (given != NULL && given[0] != '\0')
		rc = page_ask(p, "/v1/lookup",
			      json_pack("{s:s}", "name", name_of(p, given)), &reply, e);
	if (rc != RC_OK && rc != RC_INVALID && rc != RC_TOO_LARGE)
		return rc;
	if (rc != RC_OK)
		p->status = (unsigned)rc_http_status(rc);
	*ret_blocked = rc == RC_OK && reply != NULL && j_bool(reply, "blocked");
	page_begin(p, NULL, T(p, LOOKUP_TITLE), "/lookup");
	html_leaf(p->h, "p", "lead", T(p, LOOKUP_LEAD));
	form_put(p, given);
	if (rc != RC_OK)
		refused_put(p, e);
	else if (reply != NULL)
		found_put(p, reply);
	page_end(p);
	return RC_OK;
}

enum rc
page_lookup(struct page *p, struct err *e)
{
	bool blocked;

	return look(p, &blocked, e);
}

static const char *
who_blocks(struct page *p)
{
	return arena_printf(p->a, "https://%s/", node_identity(p->nd)->org);
}

/* Where a web server leads people who asked for a blocked name: the same, and 451 with
 * who blocks it (RFC 7725).  What is not blocked is no such page. */
enum rc
page_blocked(struct page *p, struct err *e)
{
	bool blocked;
	enum rc rc = look(p, &blocked, e);

	if (rc == RC_OK && blocked) {
		p->status = HTTP_LEGAL_REASONS;
		p->blocked_by = who_blocks(p);
	}
	return rc;
}

/* Nothing here says what this node is to whoever has a name of their own point to it. */
static void
not_ours(struct page *p)
{
	static const char text[] =
		"This node does not serve that host. The pages for people are at "
		"http://localhost or http://127.0.0.1 with their port; over HTTPS, the "
		"setting api.hosts says by which names it is reached.\n";

	p->status = HTTP_MISDIRECTED;
	p->type = "text/plain; charset=utf-8";
	p->bytes = text;
	p->len = sizeof(text) - 1;
}

/*
 * The same under the blocked name itself, because its resolver gave this node's address.
 * All paths of that host are another's, so links lead to public.url.
 */
enum rc
page_landing(struct page *p, struct err *e)
{
	json_t *reply;
	enum rc rc = page_ask(p, "/v1/lookup", json_pack("{s:s}", "name", p->foreign),
			      &reply, e);

	if (rc != RC_OK || !j_bool(reply, "blocked")) {
		not_ours(p);
		return RC_OK;
	}
	p->base = page_public_url(p);
	html_base(p->h, p->base);
	p->status = HTTP_LEGAL_REASONS;
	p->blocked_by = who_blocks(p);
	page_begin(p, NULL, T(p, LANDING_TITLE), "");
	html_leaf(p->h, "p", "lead", T(p, LANDING_LEAD));
	found_put(p, reply);
	html_leaf(p->h, "p", "meta", T(p, LANDING_HTTPS));
	page_end(p);
	return RC_OK;
}
