/*
 * What the node knows that speaks against an order: no grounds, an untested channel, its
 * own names, too much change in a day.  What stands in the names themselves is
 * core/guard.h's.
 *
 * All of it is looked at before anybody signs, and shown with its figures.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "core/target.h"
#include "service/contact.h"
#include "service/exchange_int.h"
#include "service/order_int.h"
#include "store/store_sql.h"

static void
release_json(void *p)
{
	json_decref(p);
}

/* ---- grounds ----------------------------------------------------------------------- */

static enum rc
cite_read(struct store *s, struct arena *a, const struct policy *p, int64_t channel,
	  int64_t now_us, struct order_cite *c, struct err *e)
{
	struct err why = ERR_INIT;
	const struct policy_class *cls;
	struct case_row row;
	struct case_due due;
	enum rc rc = view_case_get(s, a, c->casefile, &row, &why);

	if (rc == RC_OK && row.channel != channel)
		rc = err_set(&why, RC_INVALID, "it is of another channel");
	/* Its steps are those of its own policy, whatever was adopted since. */
	if (rc == RC_OK)
		rc = policy_of_case(s, a, &row, &p, &cls, &why);
	if (rc == RC_OK) {
		c->subject = row.subject;
		c->items = row.items;
		c->open = row.items - row.decided;
		c->receipt_us = row.fold.receipt_us;
		if (row.fold.receipt_us != 0) {
			casefile_due(p, cls, &row.fold, view_case_owed(&row), &due);
			c->due_us = due.first_us;
			c->steps = due.taken;
		}
		rc = casefile_grounds(p, cls, &row.fold, view_case_owed(&row), now_us,
				      &why);
	}
	c->test = rc == RC_DENIED;
	if (rc != RC_OK && rc != RC_CONFLICT && rc != RC_NOT_FOUND && rc != RC_INVALID &&
	    rc != RC_DENIED)
		return err_set(e, rc, "%s", why.text);
	c->ground = rc == RC_OK;
	c->why_rc = rc;
	if (rc != RC_OK) {
		err_prefix(&why, "case %s is no ground for an order", c->casefile);
		c->why = arena_strdup(a, why.text);
	}
	return RC_OK;
}

enum rc
order_ground(struct store *s, struct arena *a, const struct policy *p, int64_t channel,
	     const char *casefile, int64_t now_us, struct err *e)
{
	struct order_cite c = {.casefile = casefile};
	enum rc rc = cite_read(s, a, p, channel, now_us, &c, e);

	return rc == RC_OK && !c.ground ? err_set(e, c.why_rc, "%s", c.why) : rc;
}

struct hosts {
	struct store *s;
	struct order *o;
};

static enum rc
on_host(void *arg, const struct db_row *row, struct err *e)
{
	struct hosts *h = arg;
	int64_t count = h->s->drv->col_int(row, 1);
	size_t len;

	(void)e;
	h->o->cited_items += (uint64_t)count;
	if (h->s->drv->col_null(row, 0))
		return RC_OK;
	const char *host = h->s->drv->col_text(row, 0, &len);
	for (size_t k = 0; k < h->o->n_names; k++)
		if (guard_name_covers(&h->o->names[k], host))
			h->o->names[k].items += (uint64_t)count;
	return RC_OK;
}

static enum rc
cites_look(struct store *s, struct arena *a, struct order *o, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < o->n_cites; i++) {
		struct order_cite *c = &o->cites[i];
		struct hosts h = {.s = s, .o = o};
		rc = cite_read(s, a, o->policy, o->channel.channel, o->now_us, c, e);
		if (rc == RC_OK)
			rc = store_run(s, &SQL_CASE_HOSTS,
				       (struct db_param[]){DB_P_TEXT(c->casefile)},
				       on_host, &h, e);
	}
	return rc;
}

static void
grounds_find(struct order *o)
{
	if (o->policy->test)
		guard_find(&o->found, GUARD_CODE_TEST, NULL,
			   arena_printf(o->found.a,
					"the channel is a TEST, under the policy %s: "
					"nothing on it becomes an order. Adopt a policy "
					"that is none on both sides",
					o->policy->name),
			   json_pack("{s:s}", "policy", o->policy->name));
	for (size_t i = 0; i < o->n_cites; i++)
		if (o->cites[i].test)
			guard_find(&o->found, GUARD_CODE_TEST, NULL, o->cites[i].why,
				   json_pack("{s:s}", "case", o->cites[i].casefile));
		else if (!o->cites[i].ground && o->emergency_reason == NULL)
			guard_find(&o->found, GUARD_CODE_GROUNDS, NULL, o->cites[i].why,
				   json_pack("{s:s, s:I, s:I, s:i}", "case",
					     o->cites[i].casefile, "items",
					     (json_int_t)o->cites[i].items, "open",
					     (json_int_t)o->cites[i].open, "steps",
					     (int)o->cites[i].steps));
}

/* ---- names that are needed --------------------------------------------------------- */

struct own {
	struct arena *a;
	struct guard_own *rows;
	struct guard_own_net *nets;
	size_t n, n_nets, cap;
};

static void
own_add(struct own *own, const char *host, size_t len, const char *what)
{
	struct err ignored = ERR_INIT;
	struct ipnet net;
	const char *name;

	if (len == 0 || own->n + own->n_nets == own->cap)
		return;
	if (ipnet_parse(host, len, &net, &ignored) == RC_OK) {
		own->nets[own->n_nets++] = (struct guard_own_net){net, what};
		return;
	}
	if (name_normalise(own->a, host, len, &name, &ignored) != RC_OK ||
	    guard_rpz_name(name, false, NULL, &ignored) != RC_OK)
		return;
	own->rows[own->n++] = (struct guard_own){name, what};
}

static void
own_add_url(struct own *own, const char *url, const char *what)
{
	const char *host = strstr(url, "://");

	if (host != NULL && host[3] == '[')
		own_add(own, host + 3, strcspn(host + 3, "]/") + 1, what);
	else if (host != NULL)
		own_add(own, host + 3, strcspn(host + 3, ":/"), what);
}

/* Where a contact is reached: the host of an address or a link. */
static void
own_add_reach(struct own *own, const char *reach, const char *what)
{
	const char *at = strrchr(reach, '@');

	if (at != NULL)
		own_add(own, at + 1, strcspn(at + 1, ">?; ,"), what);
	else
		own_add_url(own, reach, what);
}

enum { OWN_NAMES_MAX = 4 + IDENTITY_CONTACTS_MAX + NODE_CHANNELS_MAX };

enum rc
order_own_names(struct node *nd, struct store *s, struct arena *a,
		struct guard_lists *lists, struct err *e)
{
	struct own own = {.a = a, .cap = OWN_NAMES_MAX};
	const struct channel_row *channels;
	size_t n;

	own.rows = arena_array(a, own.cap, sizeof(*own.rows));
	own.nets = arena_array(a, own.cap, sizeof(*own.nets));
	own_add_url(&own, nd->id->url, "where this node's peers reach it");
	own_add(&own, nd->id->org, strlen(nd->id->org), "this organisation's own name");
	own_add(&own, lists->zone, strlen(lists->zone), "the zone of the orders");
	for (size_t i = 0; i < nd->id->n_contacts; i++)
		own_add_reach(&own, nd->id->contacts[i].reach,
			      "where this node's contacts are reached");
	enum rc rc = store_channels(s, a, &channels, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		const struct identity *id = NULL;
		rc = exchange_identity(s, a, &channels[i], &id, e);
		if (rc == RC_OK && id != NULL)
			own_add_url(&own, id->url,
				    "where the channel's other side is reached");
	}
	lists->own = own.rows;
	lists->n_own = own.n;
	return rc == RC_OK ? order_own_nets(nd, s, a, own.nets, own.n_nets, lists, e)
			   : rc;
}

static enum rc
names_look(struct node *nd, struct store *s, struct arena *a, struct order *o,
	   struct err *e)
{
	struct guard_lists lists = nd->lists;
	const struct guard_finding *rows;
	size_t n;

	lists.sample_size = o->sample_size;
	lists.cited_items = o->cited_items;
	lists.zone = settings_text(nd->config, "rpz.zone");
	bool cited = false;
	enum rc rc = order_address_cited(s, o, &cited, e);
	order_address_rules(a, o->policy, cited, &lists.addresses);
	if (rc == RC_OK)
		rc = order_own_names(nd, s, a, &lists, e);
	if (rc == RC_OK)
		rc = guard_check(a, &lists, o->names, o->n_names, &rows, &n, e);
	o->lists = order_lists_json(&lists);
	arena_defer(a, release_json, o->lists);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		guard_find(&o->found, rows[i].code, rows[i].name, rows[i].text,
			   json_incref(rows[i].evidence));
	return rc;
}

/* ---- the channel and the calendar -------------------------------------------------- */

static enum rc
channel_look(struct store *s, struct arena *a, struct order *o, struct err *e)
{
	const struct policy_order *p = &o->policy->order;
	char when[CLOCK_TEXT_LEN];
	int64_t acked_us = 0;
	enum rc rc = RC_OK;

	if (p->tested_within_us != 0)
		rc = channel_last_tested(s, a, o->channel.channel, &acked_us, e);
	if (rc == RC_OK && p->tested_within_us != 0 &&
	    acked_us < o->now_us - p->tested_within_us)
		guard_find(
			&o->found, GUARD_CODE_CHANNEL_TEST, NULL,
			acked_us == 0
				? "the channel was never tested: a test that a person "
				  "acknowledged is asked for"
				: arena_printf(a,
					       "the channel's last acknowledged test is "
					       "of %s, longer ago than the policy %s "
					       "allows",
					       clock_format(acked_us, when),
					       o->policy->name),
			json_pack("{s:o, s:I}", "acknowledged", json_time(acked_us),
				  "within_s",
				  (json_int_t)(p->tested_within_us / CLOCK_US_PER_S)));
	if (rc == RC_OK && p->contact_called && o->call.who == NULL)
		guard_find(&o->found, GUARD_CODE_CONTACT_CALLED, NULL,
			   "nobody called a contact of the platform, or it is not said: "
			   "who, when, and what came of it",
			   NULL);
	return rc;
}

enum rc
order_changed(struct store *s, int64_t channel, int64_t now_us, int64_t *ret,
	      struct err *e)
{
	uint64_t of_channel = 0;
	enum rc rc = store_int(s, &SQL_ZONE_CHANGED,
			       (struct db_param[]){DB_P_INT(now_us - ORDER_DAY_US)}, 0,
			       ret, e);

	if (rc == RC_OK)
		rc = view_order_changed(s, channel, now_us - ORDER_DAY_US, &of_channel,
					e);
	if (rc == RC_OK && (int64_t)of_channel > *ret)
		*ret = (int64_t)of_channel;
	return rc;
}

static enum rc
delta_look(struct store *s, struct arena *a, struct order *o, struct err *e)
{
	int64_t changed;
	enum rc rc = order_changed(s, o->channel.channel, o->now_us, &changed, e);

	if (rc == RC_OK && changed + (int64_t)o->n_names > o->policy->order.delta_max)
		guard_find(&o->found, GUARD_CODE_DELTA, NULL,
			   arena_printf(a,
					"%" PRId64 " names changed within a day and this "
					"order has %zu more; the policy %s holds more "
					"than %" PRIu32 " for a third person",
					changed, o->n_names, o->policy->name,
					o->policy->order.delta_max),
			   json_pack("{s:I, s:I, s:I}", "changed", (json_int_t)changed,
				     "names", (json_int_t)o->n_names, "most",
				     (json_int_t)o->policy->order.delta_max));
	if (rc == RC_OK && strcmp(o->source, "feed") == 0)
		guard_find(&o->found, GUARD_CODE_FEED, NULL,
			   "the names come from a feed, which can be cut short or be "
			   "junk: a person must have looked at them",
			   json_pack("{s:I}", "names", (json_int_t)o->n_names));
	return rc;
}

/* An emergency is not renewed: whoever goes on after it reasons an order fully. */
static enum rc
emergency_look(struct store *s, struct arena *a, struct order *o, struct err *e)
{
	int64_t since_us = o->now_us - o->policy->order.max_duration_us;
	enum rc rc = RC_OK;

	guard_find(&o->found, GUARD_CODE_EMERGENCY, NULL,
		   "an emergency: cases, the channel's test, the call and the owner are "
		   "not asked for, and the order ends by itself",
		   json_pack("{s:I}", "at_most_s",
			     (json_int_t)(o->policy->order.emergency_max_us /
					  CLOCK_US_PER_S)));
	for (size_t i = 0; rc == RC_OK && i < o->n_names; i++) {
		json_t *row = NULL;
		rc = store_row(s, &SQL_ORDER_EMERGENCY_LAST,
			       (struct db_param[]){DB_P_TEXT(o->names[i].name),
						   DB_P_INT(since_us)},
			       "order:s in_force:t state:s", &row, e);
		if (rc == RC_NOT_FOUND) {
			rc = RC_OK;
			continue;
		}
		if (rc == RC_OK)
			guard_find(
				&o->found, GUARD_CODE_EMERGENCY_AGAIN, o->names[i].name,
				arena_printf(
					a,
					"%s was in an emergency order that took effect "
					"on %s: an emergency is not renewed, reason an "
					"order fully",
					o->names[i].name,
					json_string_value(
						json_object_get(row, "in_force"))),
				row);
	}
	return rc;
}

/* An order for a territory whose zone nobody takes has no effect there. */
static enum rc
territories_look(struct store *s, struct arena *a, struct order *o, struct err *e)
{
	enum rc rc = RC_OK;
	size_t i;
	const json_t *v;

	json_array_foreach (o->territories, i, v) {
		const char *code = json_string_value(v);
		int64_t zones = 0, operators = 0;
		const struct db_param key[] = {DB_P_TEXT(code)};
		if (rc == RC_OK)
			rc = store_int(s, &SQL_ZONE_OF_TERRITORY, key, 0, &zones, e);
		if (rc == RC_OK)
			rc = store_int(s, &SQL_OPERATORS_OF_TERRITORY, key, 0, &operators,
				       e);
		if (rc == RC_OK && operators == 0)
			guard_find(
				&o->found, GUARD_CODE_TERRITORY, NULL,
				arena_printf(
					a,
					zones == 0
						? "there is no zone for %s: the order "
						  "takes effect nowhere there (saluran "
						  "zone add)"
						: "no operator has the zone for %s: the "
						  "order takes effect nowhere there "
						  "(saluran operator move)",
					code),
				json_pack("{s:s}", "territory", code));
	}
	return rc;
}

static void
guards_collect(struct order *o)
{
	for (size_t i = 0; i < o->found.n; i++) {
		json_t *token = json_string(guard_code_token(o->found.rows[i].code));
		bool told = false;
		size_t k;
		const json_t *v;
		json_array_foreach (o->guards, k, v)
			told |= json_equal(v, token) == 1;
		if (!told && guard_code_level(o->found.rows[i].code) == GUARD_OVERRIDE)
			json_array_append(o->guards, token);
		json_decref(token);
	}
}

enum rc
order_examine(struct node *nd, struct store *s, struct arena *a, struct order *o,
	      struct err *e)
{
	bool emergency = o->emergency_reason != NULL;
	enum rc rc = cites_look(s, a, o, e);

	o->found.a = a;
	o->guards = json_array();
	arena_defer(a, release_json, o->guards);
	if (rc == RC_OK)
		grounds_find(o);
	if (rc == RC_OK)
		rc = names_look(nd, s, a, o, e);
	if (rc == RC_OK)
		rc = emergency ? emergency_look(s, a, o, e) : channel_look(s, a, o, e);
	if (rc == RC_OK)
		rc = delta_look(s, a, o, e);
	if (rc == RC_OK)
		rc = territories_look(s, a, o, e);
	if (rc == RC_OK && !emergency)
		guard_find(
			&o->found, GUARD_CODE_OWNER, NULL,
			o->owner.channel == NULL
				? "that the owner of each name was told, or could not "
				  "be reached, must be on record before anybody approves"
			: o->owner.told ? "the owner of the names was told"
					: "the owner of the names could not be reached",
			json_pack("{s:b, s:s*}", "recorded", o->owner.channel != NULL,
				  "channel", o->owner.channel));
	guards_collect(o);
	return rc;
}
