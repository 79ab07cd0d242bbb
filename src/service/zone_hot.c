/*
 * The hot zone: what changed since the base was folded, small enough to be fetched and
 * loaded at once.  It is listed before the base, so for every name the two together
 * answer what the whole zone answers:
 *
 * - an owner that changed says what the whole zone says of it, passthru if nothing;
 * - under a wildcard, or in a network, that changed, every row below is repeated, because
 *   a match in the first zone hides the longer one in the second.
 *
 * It reaches back to the fold before the last, so that it is right for a resolver that
 * has not fetched the last base yet.
 */
#include <string.h>

#include "core/ipnet.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

#define IP_KEYS	    "rpz-ip."
#define IP_KEYS_END "rpz-ip/"

static bool
is_wildcard(const char *key)
{
	size_t len = strlen(key);

	return len > 2 && strcmp(key + len - 2, ".*") == 0;
}

struct said {
	struct store *s;
	struct arena *a;
	const char *action, *order;
};

static enum rc
on_said(void *arg, const struct db_row *row, struct err *e)
{
	struct said *r = arg;

	(void)e;
	r->action = store_col_text(r->s, r->a, row, 0);
	r->order = store_col_text(r->s, r->a, row, 1);
	return RC_OK;
}

static enum rc
whole_says(struct publish *p, const char *key, struct said *ret, struct err *e)
{
	*ret = (struct said){.s = p->w->s, .a = p->w->a};
	return store_run(p->w->s, &SQL_ZONE_ROW_GET,
			 (struct db_param[]){DB_P_TEXT(p->z->name),
					     DB_P_INT(ZONE_LAYER_WHOLE), DB_P_TEXT(key)},
			 on_said, ret, e);
}

/* The key of an address trigger: "rpz-ip.203.0.113.0.24". */
static bool
is_address(struct arena *a, const char *key, struct ipnet *ret)
{
	struct err ignored = ERR_INIT;

	return ipnet_is_key(key) &&
	       ipnet_of_owner(a, zone_owner(a, key), ret, &ignored) == RC_OK;
}

/* The row itself is not there: the smallest network around it. */
static enum rc
whole_around(struct publish *p, struct ipnet net, struct said *ret, struct err *e)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && ret->action == NULL && net.prefix > 1) {
		net = ipnet_around(&net, net.prefix - 1);
		rc = whole_says(p, zone_key(p->w->a, ipnet_owner(p->w->a, &net)), ret, e);
	}
	return rc;
}

/* The row itself, else the wildcard next above it. */
static enum rc
whole_answers(struct publish *p, const char *key, struct said *ret, struct err *e)
{
	enum rc rc = whole_says(p, key, ret, e);
	char *at = arena_strdup(p->w->a, key);
	struct ipnet net;

	if (rc == RC_OK && ret->action == NULL && is_address(p->w->a, key, &net))
		return whole_around(p, net, ret, e);
	for (char *dot;
	     rc == RC_OK && ret->action == NULL && (dot = strrchr(at, '.')) != NULL;) {
		*dot = '\0';
		const char *above = arena_printf(p->w->a, "%s.*", at);
		if (strcmp(above, key) != 0)
			rc = whole_says(p, above, ret, e);
	}
	return rc;
}

static enum rc
hot_put(struct publish *p, const char *key, struct err *e)
{
	struct said said;
	enum rc rc = whole_answers(p, key, &said, e);

	if (rc != RC_OK)
		return rc;
	return said.action != NULL
		       ? publish_row(p, ZONE_LAYER_HOT, key, said.action, said.order, e)
		       : publish_row(p, ZONE_LAYER_HOT, key, "passthru", p->order, e);
}

static enum rc
on_key(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;

	(void)e;
	*(const char **)store_list_next(l, sizeof(char *)) =
		store_col_text(l->s, l->a, row, 0);
	return RC_OK;
}

/* All rows of both layers from `from` on, up to before `to`. */
static enum rc
keys_range(struct publish *p, const char *from, const char *to, struct store_list *ret,
	   struct err *e)
{
	*ret = (struct store_list){.s = p->w->s, .a = p->w->a};
	return store_run(p->w->s, &SQL_ZONE_ROW_BELOW,
			 (struct db_param[]){DB_P_TEXT(p->z->name), DB_P_TEXT(from),
					     DB_P_TEXT(to)},
			 on_key, ret, e);
}

/* '/' is the byte after '.' */
static enum rc
keys_below(struct publish *p, const char *key, struct store_list *ret, struct err *e)
{
	int len = (int)strlen(key) - 2; /* "me.t" of "me.t.*" */

	return keys_range(p, arena_printf(p->w->a, "%.*s.", len, key),
			  arena_printf(p->w->a, "%.*s/", len, key), ret, e);
}

static enum rc
keys_within(struct publish *p, const struct ipnet *net, struct store_list *ret,
	    struct err *e)
{
	enum rc rc = keys_range(p, IP_KEYS, IP_KEYS_END, ret, e);
	const char **keys = ret->rows;
	struct ipnet one;
	size_t n = 0;

	for (size_t i = 0; rc == RC_OK && i < ret->n; i++)
		if (is_address(p->w->a, keys[i], &one) && ipnet_has(net, &one))
			keys[n++] = keys[i];
	ret->n = n;
	return rc;
}

enum rc
publish_hot(struct publish *p, const char *key, struct err *e)
{
	struct store_list below = {.n = 0};
	struct ipnet net;
	enum rc rc = hot_put(p, key, e);

	if (rc == RC_OK && is_wildcard(key))
		rc = keys_below(p, key, &below, e);
	else if (rc == RC_OK && is_address(p->w->a, key, &net))
		rc = keys_within(p, &net, &below, e);
	const char *const *keys = below.rows;
	for (size_t i = 0; rc == RC_OK && i < below.n; i++)
		if (strcmp(keys[i], key) != 0)
			rc = hot_put(p, keys[i], e);
	return rc;
}
