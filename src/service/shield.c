/*
 * How much of what is hard to look at a person is shown in a shift.  The organisation's
 * setting is a floor under everybody's protection: a person may want less, never more.
 */
#include <string.h>

#include "base/clock.h"
#include "service/reveal.h"
#include "service/use.h"
#include "store/store_sql.h"

struct own {
	struct store *s;
	struct shield *out;
};

static enum rc
on_own(void *arg, const struct db_row *row, struct err *e)
{
	struct own *o = arg;
	size_t len;
	const char *pictures = o->s->drv->col_text(row, 0, &len);

	(void)e;
	o->out->never = pictures == NULL || strcmp(pictures, "staged") != 0;
	o->out->own_per_shift = o->s->drv->col_int(row, 1);
	return RC_OK;
}

enum rc
shield_of(struct node *nd, struct store *s, const char *person, int64_t now_us,
	  struct shield *ret, struct err *e)
{
	const int64_t most = settings_int(nd->config, "media.per_shift");
	struct own own = {s, ret};

	*ret = (struct shield){
		.now_us = now_us,
		.shift_us = settings_int(nd->config, "media.shift_hours") * 3600 *
			    CLOCK_US_PER_S,
	};
	const struct db_param since[] = {DB_P_TEXT(person),
					 DB_P_INT(now_us - ret->shift_us)};
	enum rc rc = store_run(s, &SQL_SHIELD_GET, since, on_own, &own, e);
	ret->per_shift = ret->own_per_shift != 0 && ret->own_per_shift < most
				 ? ret->own_per_shift
				 : most;
	if (rc == RC_OK)
		rc = store_int(s, &SQL_REVEAL_COUNT, since, 0, &ret->used, e);
	if (rc == RC_OK && ret->used >= ret->per_shift) {
		rc = store_int(s, &SQL_REVEAL_FIRST, since, now_us, &ret->next_us, e);
		ret->next_us += ret->shift_us;
	}
	return rc;
}

static json_t *
shield_json(struct node *nd, const struct shield *h)
{
	int64_t left = h->used < h->per_shift ? h->per_shift - h->used : 0;

	return json_pack(
		"{s:s, s:I, s:I, s:I, s:I, s:o, s:b, s:{s:I}, s:I}", "pictures",
		h->never ? "never" : "staged", "per_shift", (json_int_t)h->per_shift,
		"used", (json_int_t)h->used, "left", (json_int_t)left, "shift_s",
		(json_int_t)(h->shift_us / CLOCK_US_PER_S), "next", json_time(h->next_us),
		"reason_needed", settings_bool(nd->config, "media.reason"), "floor",
		"per_shift", (json_int_t)settings_int(nd->config, "media.per_shift"),
		"own_per_shift", (json_int_t)h->own_per_shift);
}

/* out: pictures (staged, never), per_shift, used, left, shift_s, next (when one more is
 * free, null: now), reason_needed, floor {per_shift}, own_per_shift (0: none) */
enum rc
service_shield(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	struct store *s = NULL;
	struct shield h;
	enum rc rc = in_only(in, "", e);

	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = shield_of(nd, s, actor_pseudonym(who), clock_now_us(), &h, e);
	reader_put(nd, s);
	if (rc == RC_OK)
		reply_json(a, out, shield_json(nd, &h));
	return rc;
}

struct shield_job {
	const char *person, *pictures;
	int64_t per_shift;
	struct shield after;
};

static enum rc
work_shield(struct writer *w, void *arg, struct err *e)
{
	struct shield_job *j = arg;
	enum rc rc = store_run(
		w->s, &SQL_SHIELD_PUT,
		(struct db_param[]){DB_P_TEXT(j->person), DB_P_TEXT(j->pictures),
				    DB_P_INT(j->per_shift), DB_P_INT(w->now_us)},
		NULL, NULL, e);

	return rc == RC_OK ? shield_of(w->nd, w->s, j->person, w->now_us, &j->after, e)
			   : rc;
}

/*
 * in: pictures (staged, never), per_shift? (0: as the organisation)
 * out: as GET
 * RC_INVALID: more than the organisation lets.
 */
enum rc
service_shield_set(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	const int64_t most = settings_int(nd->config, "media.per_shift");
	struct shield_job j = {.person = actor_pseudonym(who)};
	enum rc rc = in_only(in, "pictures per_shift", e);

	if (rc == RC_OK)
		rc = in_text(in, "pictures", true, EVENT_TOKEN_MAX, &j.pictures, e);
	if (rc == RC_OK && strcmp(j.pictures, "staged") != 0 &&
	    strcmp(j.pictures, "never") != 0)
		rc = err_set(e, RC_INVALID, "\"pictures\" is \"staged\" or \"never\"");
	if (rc == RC_OK)
		rc = in_int(in, "per_shift", 0, INT32_MAX, 0, &j.per_shift, e);
	if (rc == RC_OK && j.per_shift > most)
		rc = err_rule(e, RC_INVALID, "media.per_shift",
			      "your organisation lets at most %lld pictures a shift be "
			      "seen: set as many or fewer",
			      (long long)most);
	if (rc == RC_OK)
		rc = writer_run(nd, work_shield, &j, e);
	if (rc == RC_OK)
		reply_json(a, out, shield_json(nd, &j.after));
	return rc;
}
