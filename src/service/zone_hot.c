/*
 * The hot zone: what changed since the base was folded, small enough to be fetched and
 * loaded at once.  It is listed before the base, so for every name the two together
 * answer what the whole zone answers:
 *
 * - an owner that changed says what the whole zone says of it, passthru if nothing;
 * - under a wildcard that changed, every row below is repeated, because a match in the
 *   first zone hides the longer one in the second.
 *
 * It reaches back to the fold before the last, so that it is right for a resolver that
 * has not fetched the last base yet.
 */
#include <string.h>

#include "service/zone_int.h"
#include "store/store_sql.h"

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

/* The row itself, else the wildcard next above it. */
static enum rc
whole_answers(struct publish *p, const char *key, struct said *ret, struct err *e)
{
	enum rc rc = whole_says(p, key, ret, e);
	char *at = arena_strdup(p->w->a, key);

	if (strncmp(key, "rpz-", 4) == 0)
		return rc; /* an address is below nothing */
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

/* All rows of both layers below the name of a wildcard. */
static enum rc
keys_below(struct publish *p, const char *key, struct store_list *ret, struct err *e)
{
	struct arena *a = p->w->a;
	size_t len = strlen(key) - 1; /* "me.t." of "me.t.*" */

	*ret = (struct store_list){.s = p->w->s, .a = a};
	return store_run(p->w->s, &SQL_ZONE_ROW_BELOW,
			 (struct db_param[]){
				 DB_P_TEXT(p->z->name),
				 DB_P_TEXT(arena_strndup(a, key, len)),
				 /* '/' is the byte after '.' */
				 DB_P_TEXT(arena_printf(a, "%.*s/", (int)len - 1, key))},
			 on_key, ret, e);
}

enum rc
publish_hot(struct publish *p, const char *key, struct err *e)
{
	struct store_list below = {.n = 0};
	enum rc rc = hot_put(p, key, e);

	if (rc == RC_OK && is_wildcard(key))
		rc = keys_below(p, key, &below, e);
	const char *const *keys = below.rows;
	for (size_t i = 0; rc == RC_OK && i < below.n; i++)
		if (strcmp(keys[i], key) != 0)
			rc = hot_put(p, keys[i], e);
	return rc;
}
