/*
 * The zones of a store that is an old copy.
 *
 * Such a store does not know what was lifted since it was made.  Published from it, a
 * lifted name would be blocked again, and nobody would have said so.  So its zones are
 * given to nobody: resolvers go on by the copies that they have, which are newer.  People
 * are told, and one of them decides.
 */
#include <inttypes.h>

#include "core/order.h"
#include "service/alarm.h"
#include "service/tick.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

#define ALARM_KEY "zone-old"

enum old_told { OLD_UNTOLD, OLD_NONE, OLD_HELD, OLD_RESUMED };

static bool
is_old(const struct node *nd)
{
	for (int i = 0; i <= NODE_CHANNELS_MAX; i++)
		if (nd->old_copy[i])
			return true;
	return false;
}

enum rc
zone_old_held(const struct node *nd, struct store *s, bool *ret, struct err *e)
{
	int64_t resumed = 0;
	enum rc rc = RC_OK;

	*ret = is_old(nd);
	if (*ret)
		rc = store_int(s, &SQL_ZONE_OLD_GET, NULL, 0, &resumed, e);
	*ret &= resumed == 0;
	return rc;
}

static enum rc
work_told(struct writer *w, void *arg, struct err *e)
{
	const enum old_told *now = arg;
	int64_t orders = 0;
	enum rc rc = store_int(w->s, &SQL_ZONE_OLD_ORDERS, NULL, 0, &orders, e);

	if (rc == RC_OK && *now == OLD_NONE)
		rc = store_run(w->s, &SQL_ZONE_OLD_END, NULL, NULL, NULL, e);
	if (rc != RC_OK || *now != OLD_HELD)
		return rc == RC_OK ? alarm_clear(w, ALARM_KEY, e) : rc;
	return alarm_raise(
		w, ALARM_KEY, "zone_old", ZONE_MAIN,
		arena_printf(w->a,
			     "this store is an old copy: %" PRId64 " orders are in force "
			     "in it, and those lifted since it was made would be "
			     "blocked again. The zones are given to nobody, resolvers "
			     "go on by what they have. Put back the newest store; or "
			     "lift here what was lifted since, and then let the zones "
			     "out (saluran zone resume)",
			     orders),
		w->now_us, e);
}

enum rc
tick_zone_old(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct store *s = NULL;
	bool held = false;
	enum rc rc = RC_OK;

	(void)now_us, (void)next_us; /* a commit calls it again */
	if (is_old(nd)) {
		rc = reader_get(nd, &s, e);
		if (rc == RC_OK)
			rc = zone_old_held(nd, s, &held, e);
		reader_put(nd, s);
	}
	enum old_told now = held ? OLD_HELD : is_old(nd) ? OLD_RESUMED : OLD_NONE;
	if (rc != RC_OK || now == (enum old_told)nd->zone_old_told)
		return rc;
	rc = writer_run(nd, work_told, &now, e);
	if (rc == RC_OK)
		nd->zone_old_told = (int)now;
	return rc;
}

struct resuming {
	const char *by, *reason;
};

static enum rc
work_resume(struct writer *w, void *arg, struct err *e)
{
	const struct resuming *x = arg;
	bool held = false;
	enum rc rc = zone_old_held(w->nd, w->s, &held, e);

	if (rc == RC_OK && !held)
		return err_set(
			e, RC_CONFLICT,
			is_old(w->nd) ? "the zones of this old copy are given out already"
				      : "this store is no old copy: its zones are given "
					"out");
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_ZONE_OLD_PUT,
			       (struct db_param[]){DB_P_INT(w->now_us), DB_P_TEXT(x->by),
						   DB_P_TEXT(x->reason)},
			       NULL, NULL, e);
	if (rc == RC_OK)
		rc = zone_renew(w, 0, e);
	return rc == RC_OK ? alarm_clear(w, ALARM_KEY, e) : rc;
}

/* in: reason  out: given_out (true)
 * RC_CONFLICT: the store is no old copy, or somebody did it already. */
enum rc
service_zone_resume(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct resuming x = {.by = actor_pseudonym(who)};
	enum rc rc = in_only(in, "reason", e);

	if (rc == RC_OK)
		rc = in_text(in, "reason", true, ORDER_TEXT_MAX, &x.reason, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_resume, &x, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:b}", "given_out", 1));
	return rc;
}
