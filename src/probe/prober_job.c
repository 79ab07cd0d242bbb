/* What is to be asked, from the JSON of the service: it may come from another machine,
 * and nothing in it is believed. */
#include <string.h>

#include "base/clock.h"
#include "probe/prober.h"
#include "probe/round.h"

enum {
	ORDERS_MAX = 256,
	OPERATOR_MAX = 40,
	ZONES_MAX = 32,
	ORIGINS_MAX = 3 * ZONES_MAX,
	TIMEOUT_MIN_MS = 50,
	TIMEOUT_MAX_MS = 60000,
	PER_S_MAX = 100000,
	PERCENT_MAX = 100,
	US_PER_MS = 1000,
};

static enum rc
bad(struct err *e, const char *what)
{
	return err_set(e, RC_INVALID, "the work cannot be read: %s", what);
}

static enum rc
list_of(const json_t *work, const char *member, size_t max, const json_t **ret, size_t *n,
	struct err *e)
{
	*ret = json_object_get(work, member);
	*n = json_array_size(*ret);
	return json_is_array(*ret) && *n <= max ? RC_OK : bad(e, member);
}

static int64_t
int_of(const json_t *o, const char *member, int64_t low, int64_t high)
{
	int64_t v = json_integer_value(json_object_get(o, member));

	return v < low ? low : v > high ? high : v;
}

/* The wants of each zone, and every name of any of them once. */
struct reading {
	struct arena *a;
	struct probe_job *job;
	const char **names;
	struct probe_stead *steads;
	json_t *places; /* by owner: its place in the names */
	size_t n_zones;
	struct zone_wants {
		const char *zone;
		struct probe_want *wants;
		size_t n;
	} zones[ZONES_MAX];
};

static enum rc
orders_read(struct arena *a, const json_t *v, struct probe_want *ret, struct err *e)
{
	const json_t *orders = json_object_get(v, "orders"), *o;
	size_t i, n = json_array_size(orders);

	if (n > ORDERS_MAX)
		return bad(e, "the orders of a name");
	const char **ids = arena_array(a, n + 1, sizeof(*ids));
	json_array_foreach (orders, i, o) {
		ids[i] = json_string_value(o);
		if (ids[i] == NULL)
			return bad(e, "an order of a name");
	}
	ret->orders = ids;
	ret->n_orders = n;
	return RC_OK;
}

static struct zone_wants *
zone_of(struct reading *x, const char *zone)
{
	for (size_t i = 0; i < x->n_zones; i++)
		if (strcmp(x->zones[i].zone, zone) == 0)
			return &x->zones[i];
	if (x->n_zones == ZONES_MAX)
		return NULL;
	x->zones[x->n_zones].zone = zone;
	return &x->zones[x->n_zones++];
}

static uint32_t
place_of(struct reading *x, const char *owner)
{
	const json_t *at = json_object_get(x->places, owner);

	if (at != NULL)
		return (uint32_t)json_integer_value(at);
	json_object_set_new(x->places, owner, json_integer((json_int_t)x->job->n_names));
	x->names[x->job->n_names] = owner;
	return (uint32_t)x->job->n_names++;
}

/* A page that an order leads to; beyond as many as may be, addresses must be declared. */
static void
page_read(struct reading *x, const json_t *v)
{
	const char *page = json_string_value(json_object_get(v, "landing"));
	struct probe_question unused;

	if (page != NULL && x->job->n_names < PROBE_LANDING_NAMES_MAX &&
	    probe_question_make(page, KNOT_RRTYPE_A, &unused, NULL) == RC_OK)
		(void)place_of(x, page);
}

/* A row of an address: what is asked for it. */
static enum rc
stead_read(const json_t *v, struct probe_stead *ret, struct err *e)
{
	const char *by = json_string_value(json_object_get(v, "by"));
	const char *type = json_string_value(json_object_get(v, "type"));

	if (by == NULL)
		return RC_OK;
	ret->serial_only = strcmp(by, "serial") == 0;
	if (ret->serial_only)
		return RC_OK;
	ret->name = json_string_value(json_object_get(v, "ask"));
	ret->type = type != NULL && strcmp(type, "AAAA") == 0 ? KNOT_RRTYPE_AAAA
							      : KNOT_RRTYPE_A;
	const char *owner = json_string_value(json_object_get(v, "owner"));
	struct err ignored = ERR_INIT;
	return ret->name == NULL || ipnet_parse(owner, strlen(owner), &ret->net,
						&ignored) != RC_OK
		       ? bad(e, "what is asked for an address")
		       : RC_OK;
}

static enum rc
want_read(struct reading *x, const json_t *v, size_t max, struct err *e)
{
	const char *owner = json_string_value(json_object_get(v, "owner"));
	const char *expected = json_string_value(json_object_get(v, "expected"));
	const char *zone = json_string_value(json_object_get(v, "zone"));
	struct zone_wants *z = zone == NULL ? NULL : zone_of(x, zone);

	if (owner == NULL || expected == NULL || z == NULL)
		return bad(e, "a name");
	if (z->wants == NULL)
		z->wants = arena_array(x->a, max, sizeof(*z->wants));
	struct probe_want *w = &z->wants[z->n++];
	w->name = place_of(x, owner);
	w->expect_free = strcmp(expected, "free") == 0;
	w->serial = (uint32_t)int_of(v, "serial", 0, UINT32_MAX);
	enum rc rc = stead_read(v, &x->steads[w->name], e);
	return rc == RC_OK ? orders_read(x->a, v, w, e) : rc;
}

static enum rc
names_read(struct reading *x, const json_t *work, struct err *e)
{
	const json_t *list, *v;
	size_t i, n;
	enum rc rc = list_of(work, "names", PROBE_NAMES_MAX, &list, &n, e);

	x->names = arena_array(x->a, n + PROBE_LANDING_NAMES_MAX + 1, sizeof(*x->names));
	x->steads =
		arena_array(x->a, n + PROBE_LANDING_NAMES_MAX + 1, sizeof(*x->steads));
	json_array_foreach (list, i, v)
		page_read(x, v);
	x->job->n_pages = x->job->n_names;
	json_array_foreach (list, i, v)
		if (rc == RC_OK)
			rc = want_read(x, v, n, e);
	x->job->names = x->names;
	x->job->steads = x->steads;
	for (i = 0; rc == RC_OK && i < x->n_zones; i++)
		probe_wants_cover(x->a, x->names, x->zones[i].wants, x->zones[i].n);
	return rc;
}

static enum rc
subject_read(struct reading *x, const json_t *v, struct probe_subject *s, struct err *e)
{
	const char *name = json_string_value(json_object_get(v, "operator"));
	const char *text = json_string_value(json_object_get(v, "resolver"));
	enum rc rc = RC_OK;

	s->zone = json_string_value(json_object_get(v, "zone"));
	s->canary = json_string_value(json_object_get(v, "canary"));
	if (name == NULL || strlen(name) > OPERATOR_MAX || text == NULL ||
	    s->zone == NULL)
		return bad(e, "a resolver");
	rc = probe_target_parse(x->a, text, &s->target, e);
	s->target.operator_name = name;
	for (size_t i = 0; i < x->n_zones; i++) {
		if (strcmp(x->zones[i].zone, s->zone) != 0)
			continue;
		s->wants = x->zones[i].wants;
		s->n_wants = x->zones[i].n;
	}
	return rc;
}

/* Those of a zone without names are asked nothing. */
static enum rc
subjects_read(struct reading *x, const json_t *work, struct err *e)
{
	const json_t *list, *v;
	size_t i, n, kept = 0;
	enum rc rc = list_of(work, "resolvers", PROBE_TARGETS_MAX, &list, &n, e);
	struct probe_subject *subjects = arena_array(x->a, n + 1, sizeof(*subjects));

	json_array_foreach (list, i, v) {
		subjects[kept] = (struct probe_subject){.wants = NULL};
		if (rc == RC_OK)
			rc = subject_read(x, v, &subjects[kept], e);
		kept += subjects[kept].n_wants != 0;
	}
	x->job->subjects = subjects;
	x->job->n_subjects = kept;
	return rc;
}

static enum rc
controls_read(struct arena *a, const json_t *work, struct probe_job *job, struct err *e)
{
	const json_t *list, *v;
	size_t i, n;
	enum rc rc = list_of(work, "controls", PROBE_CONTROLS_MAX, &list, &n, e);
	struct probe_target *controls = arena_array(a, n + 1, sizeof(*controls));

	json_array_foreach (list, i, v) {
		if (rc == RC_OK && !json_is_string(v))
			rc = bad(e, "a control");
		if (rc == RC_OK)
			rc = probe_target_parse(a, json_string_value(v), &controls[i], e);
	}
	job->controls = controls;
	job->n_controls = n;
	return rc;
}

static enum rc
landing_read(struct arena *a, const json_t *work, struct probe_job *job, struct err *e)
{
	const json_t *list, *v;
	size_t i, n;
	enum rc rc = list_of(work, "landing", PROBE_LANDING_MAX, &list, &n, e);
	struct probe_address *landing = arena_array(a, n + 1, sizeof(*landing));

	json_array_foreach (list, i, v)
		if (rc == RC_OK &&
		    (!json_is_string(v) ||
		     !probe_address_parse(json_string_value(v), &landing[i])))
			rc = bad(e, "a landing address");
	job->landing = landing;
	job->n_landing = n;
	return rc;
}

static enum rc
zones_read(struct arena *a, const json_t *work, struct probe_job *job, struct err *e)
{
	const json_t *list, *v;
	size_t i, n;
	enum rc rc = list_of(work, "zones", ORIGINS_MAX, &list, &n, e);
	const char **zones = arena_array(a, n + 1, sizeof(*zones));

	json_array_foreach (list, i, v) {
		zones[i] = json_string_value(v);
		if (rc == RC_OK && zones[i] == NULL)
			rc = bad(e, "a zone");
	}
	job->zones = zones;
	job->n_zones = n;
	return rc;
}

enum rc
prober_job(struct arena *a, const json_t *work, const char *vantage,
	   struct probe_job *ret, struct err *e)
{
	const json_t *l = json_object_get(work, "limits");
	const char *never = json_string_value(json_object_get(work, "never"));
	struct reading x = {.a = a, .job = ret, .places = json_object()};
	enum rc rc;

	*ret = (struct probe_job){.vantage = vantage,
				  .never = never == NULL || *never == '\0' ? NULL : never,
				  .type = KNOT_RRTYPE_A,
				  .siblings =
					  json_is_true(json_object_get(l, "siblings")),
				  .limits = probe_limits_default};
	ret->limits.per_s = (uint32_t)int_of(l, "per_s", 1, PER_S_MAX);
	ret->limits.jitter_percent =
		(uint32_t)int_of(l, "jitter_percent", 0, PERCENT_MAX);
	ret->limits.tries = (uint32_t)int_of(l, "tries", 1, PROBE_TRIES_MAX);
	ret->limits.timeout_us =
		int_of(l, "timeout_ms", TIMEOUT_MIN_MS, TIMEOUT_MAX_MS) * US_PER_MS;
	rc = names_read(&x, work, e);
	if (rc == RC_OK)
		rc = subjects_read(&x, work, e);
	json_decref(x.places);
	if (rc == RC_OK)
		rc = controls_read(a, work, ret, e);
	if (rc == RC_OK)
		rc = landing_read(a, work, ret, e);
	if (rc == RC_OK)
		rc = zones_read(a, work, ret, e);
	return rc;
}
