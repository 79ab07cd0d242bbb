/*
 * API tokens: each opens what its scopes name and no more than its person's role.
 *
 * A scope is the first word of a route's path and what is done there, "cases:read" or
 * "cases:write"; "*" for the word is every route, and "*" alone is everything.  The table
 * of routes is the list of scopes: one that no route needs is refused.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "service/person.h"
#include "store/store_sql.h"

enum { LABEL_MAX = 100, SCOPE_MAX = 60, SCOPES_N_MAX = 256 };

static const char version[] = "/v1/";

static size_t
route_word(const struct service_route *r, const char **ret)
{
	*ret = r->path + strlen(version);
	return strcspn(*ret, "/");
}

static const char *
route_right(const struct service_route *r)
{
	return strcmp(r->method, "GET") == 0 ? "read" : "write";
}

const char *
scope_of(struct arena *a, const struct service_route *r)
{
	const char *word;
	size_t len = route_word(r, &word);

	return arena_printf(a, "%.*s:%s", (int)len, word, route_right(r));
}

/* Does one scope allow the other? */
static bool
scope_covers(const char *scope, size_t len, const char *wanted, size_t wanted_len)
{
	if (len == 1 && scope[0] == '*')
		return true;
	if (len > 2 && memcmp(scope, "*:", 2) == 0) {
		const char *right = memchr(wanted, ':', wanted_len);
		return right != NULL &&
		       wanted_len - (size_t)(right - wanted) == len - 1 &&
		       memcmp(right, scope + 1, len - 1) == 0;
	}
	return len == wanted_len && memcmp(scope, wanted, len) == 0;
}

static bool
scopes_cover(const char *scopes, const char *wanted, size_t wanted_len)
{
	while (*scopes != '\0') {
		size_t len = strcspn(scopes, " ");
		if (scope_covers(scopes, len, wanted, wanted_len))
			return true;
		scopes += len + (scopes[len] != '\0');
	}
	return false;
}

bool
scopes_allow(const char *scopes, const char *scope)
{
	return scopes_cover(scopes, scope, strlen(scope));
}

bool
scopes_within(const char *inner, const char *outer)
{
	while (*inner != '\0') {
		size_t len = strcspn(inner, " ");
		if (!scopes_cover(outer, inner, len))
			return false;
		inner += len + (inner[len] != '\0');
	}
	return true;
}

json_t *
scopes_json(const char *scopes)
{
	json_t *list = json_array();

	while (*scopes != '\0') {
		size_t len = strcspn(scopes, " ");
		json_array_append_new(list, json_stringn(scopes, len));
		scopes += len + (scopes[len] != '\0');
	}
	return list;
}

static bool
scope_known(struct arena *a, const char *scope)
{
	if (strcmp(scope, SCOPES_ALL) == 0 || strcmp(scope, "*:read") == 0 ||
	    strcmp(scope, "*:write") == 0)
		return true;
	for (size_t i = 0; i < service_routes_n; i++)
		if (service_routes[i].roles != ROLES_NOBODY_NEEDED &&
		    strcmp(scope_of(a, &service_routes[i]), scope) == 0)
			return true;
	return false;
}

/* The words that a scope may begin with, for a person who mistyped one. */
static const char *
words_text(struct arena *a)
{
	const char *text = "";

	for (size_t i = 0; i < service_routes_n; i++) {
		const char *word;
		size_t len = route_word(&service_routes[i], &word);
		const char *one = arena_printf(a, " %.*s", (int)len, word);
		const char *at = strstr(text, one);
		while (at != NULL && at[len + 1] != ' ' && at[len + 1] != '\0')
			at = strstr(at + 1, one);
		if (at == NULL && service_routes[i].roles != ROLES_NOBODY_NEEDED)
			text = arena_printf(a, "%s%s", text, one);
	}
	return text;
}

static int
by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

enum rc
scopes_parse(struct arena *a, const json_t *list, const char **ret, struct err *e)
{
	size_t n = json_array_size(list), i;
	const char **all = arena_array(a, n + 1, sizeof(*all)), *text = "";
	const json_t *v;

	if (list == NULL || json_is_null(list)) {
		*ret = SCOPES_ALL;
		return RC_OK;
	}
	if (!json_is_array(list) || n == 0 || n > SCOPES_N_MAX)
		return err_set(e, RC_INVALID,
			       "\"scopes\" must be a list of 1 to %d texts such as "
			       "\"cases:read\"",
			       SCOPES_N_MAX);
	json_array_foreach (list, i, v) {
		const char *scope = json_string_value(v);
		if (scope == NULL || json_string_length(v) > SCOPE_MAX ||
		    strlen(scope) != json_string_length(v))
			return err_set(e, RC_INVALID, "a scope must be a short text");
		if (!scope_known(a, scope))
			return err_set(
				e, RC_INVALID,
				"there is no scope \"%s\": it is WORD:read or "
				"WORD:write of a route that there is, with * for any "
				"word; the words are%s",
				scope, words_text(a));
		all[i] = scope;
	}
	qsort(all, n, sizeof(*all), by_text);
	for (i = 0; i < n; i++)
		if (i == 0 || strcmp(all[i], all[i - 1]) != 0)
			text = arena_printf(a, "%s%s%s", text, i == 0 ? "" : " ", all[i]);
	*ret = text;
	return RC_OK;
}

/* ---- use cases --------------------------------------------------------------------- */

struct token {
	const struct actor *who;
	const char *id, *label, *scopes;
	struct hash hash;
	const char *expires; /* as it was given; NULL: never */
	int64_t expires_us;
};

static enum rc
work_token(struct writer *w, void *arg, struct err *e)
{
	const struct token *t = arg;
	int64_t n;
	enum rc rc = store_int(
		w->s, &SQL_TOKEN_COUNT,
		(struct db_param[]){DB_P_TEXT(t->who->name), DB_P_INT(w->now_us)}, 0, &n,
		e);

	if (rc == RC_OK && n >= TOKENS_MAX)
		rc = err_set(e, RC_LIMIT, "%s has %d tokens: revoke one first",
			     t->who->name, TOKENS_MAX);
	if (rc == RC_OK && t->expires != NULL && t->expires_us <= w->now_us)
		rc = err_set(e, RC_INVALID, "\"expires\" has passed");
	if (rc == RC_OK)
		rc = store_run(
			w->s, &SQL_TOKEN_INSERT,
			(struct db_param[]){DB_P_TEXT(t->id), DB_P_TEXT(t->who->name),
					    DB_P_TEXT(t->label),
					    DB_P_BLOB(t->hash.b, HASH_LEN),
					    DB_P_TEXT(t->scopes), DB_P_INT(w->now_us),
					    DB_P_INT(t->expires_us)},
			NULL, NULL, e);
	return rc;
}

static enum rc
token_in(struct arena *a, const struct actor *who, json_t *in, struct token *t,
	 struct err *e)
{
	enum rc rc = in_only(in, "name scopes expires", e);

	if (rc == RC_OK)
		rc = in_text(in, "name", true, LABEL_MAX, &t->label, e);
	if (rc == RC_OK)
		rc = scopes_parse(a, json_object_get(in, "scopes"), &t->scopes, e);
	if (rc == RC_OK)
		rc = in_text(in, "expires", false, CLOCK_TEXT_LEN, &t->expires, e);
	if (rc == RC_OK && t->expires != NULL &&
	    clock_parse(t->expires, strlen(t->expires), &t->expires_us) != RC_OK)
		rc = err_set(e, RC_INVALID,
			     "\"expires\" must be a time such as 2027-01-31T00:00:00Z");
	if (rc == RC_OK && !scopes_within(t->scopes, who->scopes))
		rc = err_set(e, RC_DENIED,
			     "a token cannot give more than it has itself: %s",
			     who->scopes);
	return rc;
}

/* in: name (what it is for), scopes? [] (all), expires?  out: id, name, scopes, expires,
 * credential (shown this once) */
enum rc
service_token_add(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	struct token t = {.who = who, .id = person_id_make(a, 't')};
	const char *secret = secret_make(a, CREDENTIAL_PREFIX, &t.hash);
	enum rc rc = token_in(a, who, in, &t, e);

	if (rc == RC_OK)
		rc = writer_run(nd, work_token, &t, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:o, s:o, s:s}", "id", t.id, "name",
				     t.label, "scopes", scopes_json(t.scopes), "expires",
				     json_time(t.expires_us), "credential", secret));
	return rc;
}

/* Each scope that opens something for the role on this node, once. */
static json_t *
scopes_useful(struct node *nd, struct arena *a, const struct actor *who)
{
	json_t *list = json_array();
	const char *before = "";

	for (size_t i = 0; i < service_routes_n; i++) {
		const struct service_route *r = &service_routes[i];
		const char *scope = scope_of(a, r);
		if ((r->roles & ROLE_BIT(who->role)) == 0 ||
		    (r->party >= 0 && (enum party)r->party != nd->id->role) ||
		    !scopes_allow(who->scopes, scope) || scopes_allow(before, scope))
			continue;
		before = arena_printf(a, "%s%s%s", before, before[0] == '\0' ? "" : " ",
				      scope);
		json_array_append_new(list, json_string(scope));
	}
	return list;
}

/* in: person? (admin)  out: person, tokens [{id, name, scopes, added, expires, used,
 * revoked}], may (the scopes that a token of who asks may have) */
enum rc
service_tokens(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	json_t *rows = json_array(), *row;
	json_t *o = reply_json(a, out, json_pack("{s:o}", "tokens", rows));
	const char *person;
	struct store *s = NULL;
	size_t i;
	enum rc rc = in_only(in, "person", e);

	if (rc == RC_OK)
		rc = in_text(in, "person", false, PERSON_NAME_MAX, &person, e);
	if (rc == RC_OK && person == NULL)
		person = who->name;
	if (rc == RC_OK && strcmp(person, who->name) != 0 && who->role != ROLE_ADMIN)
		rc = err_set(e, RC_DENIED, "only an admin sees the tokens of others");
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_TOKEN_LIST,
				(struct db_param[]){DB_P_TEXT(person)},
				"id:s name:s scopes:s added:t expires:t used:t revoked:t",
				rows, e);
	reader_put(nd, s);
	if (rc != RC_OK)
		return rc;
	json_array_foreach (rows, i, row)
		json_object_set_new(
			row, "scopes",
			scopes_json(json_string_value(json_object_get(row, "scopes"))));
	json_object_set_new(o, "person", json_string(person));
	json_object_set_new(o, "may", scopes_useful(nd, a, who));
	return RC_OK;
}

static enum rc
work_revoke(struct writer *w, void *arg, struct err *e)
{
	const struct token *t = arg;
	const char *owner;
	enum rc rc = store_text(w->s, w->a, &SQL_TOKEN_OWNER,
				(struct db_param[]){DB_P_TEXT(t->id)}, &owner, e);

	if (rc == RC_OK && (owner == NULL || (strcmp(owner, t->who->name) != 0 &&
					      t->who->role != ROLE_ADMIN)))
		rc = err_set(e, RC_NOT_FOUND, "there is no token %s", t->id);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_TOKEN_REVOKE,
			       (struct db_param[]){DB_P_TEXT(t->id), DB_P_INT(w->now_us)},
			       NULL, NULL, e);
	return rc;
}

/* in: token (its id)  out: id */
enum rc
service_token_revoke(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct token t = {.who = who};
	enum rc rc = in_only(in, "token", e);

	if (rc == RC_OK)
		rc = in_text(in, "token", true, PERSON_ID_MAX, &t.id, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_revoke, &t, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "id", t.id));
	return rc;
}
