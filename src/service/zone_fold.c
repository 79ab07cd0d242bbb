/*
 * The fold: in quiet hours the base becomes what the whole zone is, and the hot zone lets
 * go of what both the old base and the new one have, and every older one that somebody
 * is known to hold still (zone_bases.c).
 *
 * A fold changes no answer.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/ipnet.h"
#include "service/tick.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum { FOLD_LOOK_S = 60 /* how often the hour, and the policies' TTL, are looked at */ };
#define FOLD_DAY_US  (INT64_C(86400) * CLOCK_US_PER_S)
#define FOLD_HOUR_US (INT64_C(3600) * CLOCK_US_PER_S)

static enum rc
on_key(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	const char *key = store_col_text(l->s, l->a, row, 0);
	const char *last = l->n == 0 ? NULL : ((const char *const *)l->rows)[l->n - 1];

	(void)e;
	if (last == NULL || strcmp(last, key) != 0)
		*(const char **)store_list_next(l, sizeof(key)) = key;
	return RC_OK;
}

static int
by_key(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static bool
has_key(const struct store_list *l, const char *key)
{
	return l->n != 0 && bsearch(&key, l->rows, l->n, sizeof(key), by_key) != NULL;
}

/* It changed, or a wildcard above it did, or a network around it. */
static bool
is_needed(struct arena *a, const struct store_list *changed, const char *key)
{
	char *at = arena_strdup(a, key);
	bool needed = has_key(changed, key);
	struct err ignored = ERR_INIT;
	struct ipnet net;

	if (ipnet_of_owner(a, zone_owner(a, key), &net, &ignored) == RC_OK) {
		while (!needed && net.prefix > 1) {
			net = ipnet_around(&net, net.prefix - 1);
			needed = has_key(changed, zone_key(a, ipnet_owner(a, &net)));
		}
		return needed;
	}

	for (char *dot; !needed && (dot = strrchr(at, '.')) != NULL;) {
		*dot = '\0';
		needed = has_key(changed, arena_printf(a, "%s.*", at));
	}
	return needed;
}

/* The hot zone lets go of what did not change after `kept`. */
static enum rc
hot_trim(struct publish *p, struct err *e)
{
	struct writer *w = p->w;
	struct store_list changed = {.s = w->s, .a = w->a}, hot = changed;
	enum rc rc = store_run(
		w->s, &SQL_ZONE_CHANGE_RANGE,
		(struct db_param[]){DB_P_TEXT(p->z->name), DB_P_INT(ZONE_LAYER_WHOLE),
				    DB_P_INT(p->z->kept_serial), DB_P_INT(p->z->serial)},
		on_key, &changed, e);

	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_ZONE_ROW_ALL,
			       (struct db_param[]){DB_P_TEXT(p->z->name),
						   DB_P_INT(ZONE_LAYER_HOT)},
			       on_key, &hot, e);
	for (size_t i = 0; rc == RC_OK && i < hot.n; i++) {
		const char *key = ((const char *const *)hot.rows)[i];
		if (!is_needed(w->a, &changed, key))
			rc = publish_row(p, ZONE_LAYER_HOT, key, NULL, NULL, e);
	}
	return rc;
}

enum rc
zone_fold(struct writer *w, struct zone_head *z, struct err *e)
{
	struct publish p = {.w = w, .z = z};
	enum rc rc = zone_serial_next(w, &p.serial, e);

	if (rc == RC_OK)
		rc = zone_base_keep(w, z, &z->kept_serial, e);
	z->last_serial = z->base_serial;
	z->base_serial = z->serial;
	z->folded_us = w->now_us;
	if (rc == RC_OK)
		rc = hot_trim(&p, e);
	return rc == RC_OK ? publish_head(&p, e) : rc;
}

enum rc
zone_anew(struct writer *w, struct zone_head *z, uint32_t serial, uint32_t ttl_s,
	  struct err *e)
{
	struct publish p = {.w = w,
			    .z = z,
			    .serial = serial,
			    .whole_changed = true,
			    .hot_changed = true};
	enum rc rc = zone_base_keep(w, z, &z->kept_serial, e);

	z->ttl_s = ttl_s;
	z->last_serial = z->base_serial;
	z->base_serial = z->since_serial = z->hot_since = p.serial;
	z->folded_us = w->now_us;
	return rc == RC_OK ? publish_head(&p, e) : rc;
}

/* Every record has another TTL, so nobody can be given a difference to before. */
static enum rc
ttl_change(struct writer *w, struct zone_head *z, uint32_t ttl_s, struct err *e)
{
	uint32_t serial = 0;
	enum rc rc = zone_serial_next(w, &serial, e);

	return rc == RC_OK ? zone_anew(w, z, serial, ttl_s, e) : rc;
}

/* The last time at which the quiet hours began; *ret_next: when they begin next. */
static int64_t
quiet_since(const struct settings *conf, int64_t now_us, int64_t *ret_next)
{
	int64_t from_us = settings_int(conf, "rpz.fold_from") * FOLD_HOUR_US;
	int64_t start = now_us - now_us % FOLD_DAY_US + from_us;

	if (start > now_us)
		start -= FOLD_DAY_US;
	*ret_next = start + FOLD_DAY_US;
	return start;
}

static bool
is_due(const struct node *nd, const struct zone_head *z, int64_t now_us)
{
	int64_t next, since = quiet_since(nd->config, now_us, &next);
	int64_t hours = settings_int(nd->config, "rpz.fold_hours");
	bool quiet = now_us - since < hours * FOLD_HOUR_US && z->folded_us < since;
	bool stale = z->serial != z->base_serial || z->n_hot != 0;
	int64_t ago_us = now_us - z->folded_us; /* negative: the clock was set back */

	/* The hot zone forgets what the fold before the last made base: nobody may still
	 * be fetching that, or a lifted name is blocked again meanwhile. */
	if (ago_us >= 0 && ago_us < FOLD_HOUR_US)
		return false;
	return stale && (quiet || (z->n_hot > settings_int(nd->config, "rpz.hot_rows") &&
				   z->serial != z->base_serial));
}

static enum rc
work_fold(struct writer *w, void *arg, struct err *e)
{
	int64_t now_us = *(const int64_t *)arg;
	struct store_list heads;
	uint32_t ttl_s = 0;
	enum rc rc = zone_heads(w->s, w->a, &heads, e);

	if (rc == RC_OK)
		rc = zone_ttl(w->s, w->a, &ttl_s, e);
	for (size_t i = 0; rc == RC_OK && i < heads.n; i++) {
		struct zone_head *z = (struct zone_head *)heads.rows + i;
		if (z->ttl_s != ttl_s)
			rc = ttl_change(w, z, ttl_s, e);
		else if (is_due(w->nd, z, now_us))
			rc = zone_fold(w, z, e);
	}
	return rc;
}

/* Zones that are due are folded, or have another TTL from now on. */
enum rc
tick_zone_fold(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	struct store *s = NULL;
	struct store_list heads = {.n = 0};
	uint32_t ttl_s = 0;
	bool due = false;

	/* The watch comes by every second anyhow: nothing here is worth waking for. */
	(void)next_us;
	if (now_us < nd->zone_look_us &&
	    nd->zone_look_us - now_us <= FOLD_LOOK_S * CLOCK_US_PER_S) {
		arena_free(a);
		return RC_OK;
	}
	nd->zone_look_us = now_us + FOLD_LOOK_S * CLOCK_US_PER_S;
	enum rc rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = zone_heads(s, a, &heads, e);
	if (rc == RC_OK)
		rc = zone_ttl(s, a, &ttl_s, e);
	reader_put(nd, s);
	for (size_t i = 0; rc == RC_OK && i < heads.n; i++) {
		const struct zone_head *z = (const struct zone_head *)heads.rows + i;
		due |= z->ttl_s != ttl_s || is_due(nd, z, now_us);
	}
	if (rc == RC_OK && due)
		rc = writer_run(nd, work_fold, &now_us, e);
	arena_free(a);
	return rc;
}
