/* What is to be asked, from the JSON of the service: it may come from another machine,
 * and nothing in it is believed. */
#include <string.h>

#include "base/clock.h"
#include "probe/prober.h"
#include "probe/round.h"

enum {
	ORDERS_MAX = 256,
	OPERATOR_MAX = 40,
	ZONES_MAX = 64,
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

static enum rc
name_read(struct arena *a, const json_t *v, struct probe_name *ret, struct err *e)
{
	const char *expected = json_string_value(json_object_get(v, "expected"));
	const json_t *orders = json_object_get(v, "orders"), *o;
	size_t i, n = json_array_size(orders);

	ret->owner = json_string_value(json_object_get(v, "owner"));
	if (ret->owner == NULL || expected == NULL || n > ORDERS_MAX)
		return bad(e, "a name");
	ret->expect_free = strcmp(expected, "free") == 0;
	ret->serial = (uint32_t)int_of(v, "serial", 0, UINT32_MAX);
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

static enum rc
names_read(struct arena *a, const json_t *work, struct probe_job *job, struct err *e)
{
	const json_t *list, *v;
	size_t i, n;
	enum rc rc = list_of(work, "names", PROBE_NAMES_MAX, &list, &n, e);
	struct probe_name *names = arena_array(a, n + 1, sizeof(*names));

	json_array_foreach (list, i, v)
		if (rc == RC_OK)
			rc = name_read(a, v, &names[i], e);
	job->names = names;
	job->n_names = n;
	return rc;
}

static enum rc
subjects_read(struct arena *a, const json_t *work, struct probe_job *job, struct err *e)
{
	const json_t *list, *v;
	size_t i, n;
	enum rc rc = list_of(work, "resolvers", PROBE_TARGETS_MAX, &list, &n, e);
	struct probe_subject *subjects = arena_array(a, n + 1, sizeof(*subjects));

	json_array_foreach (list, i, v) {
		const char *name = json_string_value(json_object_get(v, "operator"));
		const char *text = json_string_value(json_object_get(v, "resolver"));
		if (rc == RC_OK &&
		    (name == NULL || strlen(name) > OPERATOR_MAX || text == NULL))
			rc = bad(e, "a resolver");
		if (rc == RC_OK)
			rc = probe_target_parse(a, text, &subjects[i].target, e);
		subjects[i].target.operator_name = name;
		subjects[i].canary = json_string_value(json_object_get(v, "canary"));
	}
	job->subjects = subjects;
	job->n_subjects = n;
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
	enum rc rc = list_of(work, "zones", ZONES_MAX, &list, &n, e);
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
	rc = names_read(a, work, ret, e);
	if (rc == RC_OK)
		rc = subjects_read(a, work, ret, e);
	if (rc == RC_OK)
		rc = controls_read(a, work, ret, e);
	if (rc == RC_OK)
		rc = landing_read(a, work, ret, e);
	if (rc == RC_OK)
		rc = zones_read(a, work, ret, e);
	return rc;
}
