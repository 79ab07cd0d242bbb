/* What an order is asked to be: names, cases, texts, times. */
#include <string.h>

#include "base/clock.h"
#include "core/target.h"
#include "service/order_int.h"

static enum rc
name_read(struct arena *a, const char *given, const char *zone, struct guard_name *n,
	  struct err *e)
{
	n->wildcard = strncmp(given, "*.", 2) == 0;
	if (!n->wildcard && ipnet_is_meant(given, strlen(given))) {
		n->address = true;
		enum rc rc = ipnet_parse(given, strlen(given), &n->net, e);
		n->name = rc == RC_OK ? ipnet_text(a, &n->net) : given;
		return rc;
	}
	given += n->wildcard ? 2 : 0;
	enum rc rc = name_normalise(a, given, strlen(given), &n->name, e);
	return rc == RC_OK ? guard_rpz_name(n->name, n->wildcard, zone, e) : rc;
}

static enum rc
names_read(struct arena *a, json_t *in, const char *zone, struct order *o, struct err *e)
{
	const json_t *names = json_object_get(in, "names");
	size_t i;
	const json_t *v;

	if (!json_is_array(names) || json_array_size(names) == 0)
		return err_set(e, RC_INVALID, "\"names\" must list the names to block");
	if (json_array_size(names) > o->policy->order.max_names)
		return err_set(e, RC_TOO_LARGE,
			       "%zu names; the policy %s allows %u an order",
			       json_array_size(names), o->policy->name,
			       o->policy->order.max_names);
	o->names = arena_array(a, json_array_size(names), sizeof(*o->names));
	json_array_foreach (names, i, v) {
		const char *given = json_string_value(v);
		struct guard_name *n = &o->names[o->n_names];
		if (given == NULL || given[0] == '\0')
			return err_set(e, RC_INVALID, "names[%zu] is no text", i);
		*n = (struct guard_name){0};
		enum rc rc = name_read(a, given, zone, n, e);
		if (rc != RC_OK) {
			err_prefix(e, "names[%zu]", i);
			return rc;
		}
		bool twice = false;
		for (size_t k = 0; k < o->n_names; k++)
			if (strcmp(o->names[k].name, n->name) == 0) {
				o->names[k].wildcard |= n->wildcard;
				twice = true;
			}
		o->n_names += twice ? 0 : 1;
	}
	return RC_OK;
}

static enum rc
cites_read(struct arena *a, json_t *in, struct order *o, struct err *e)
{
	const json_t *cites = json_object_get(in, "cites");
	size_t i;
	const json_t *v;

	if (o->emergency_reason != NULL && (cites == NULL || json_is_null(cites)))
		return RC_OK;
	if (!json_is_array(cites) ||
	    (json_array_size(cites) == 0 && o->emergency_reason == NULL))
		return err_set(e, RC_INVALID,
			       "\"cites\" must name the cases that the order rests on, "
			       "unless it is an emergency");
	if (json_array_size(cites) > ORDER_CITES_MAX)
		return err_set(e, RC_TOO_LARGE, "an order cites at most %d cases",
			       ORDER_CITES_MAX);
	o->cites = arena_array(a, json_array_size(cites) + 1, sizeof(*o->cites));
	json_array_foreach (cites, i, v) {
		const char *id = json_string_value(v);
		if (id == NULL || !uuid7_valid(id, strlen(id)))
			return err_set(e, RC_INVALID, "cites[%zu] is no case", i);
		bool twice = false;
		for (size_t k = 0; k < o->n_cites; k++)
			twice |= strcmp(o->cites[k].casefile, id) == 0;
		if (!twice)
			o->cites[o->n_cites++] = (struct order_cite){.casefile = id};
	}
	return RC_OK;
}

/* How many links of a sample each name takes with it. */
static enum rc
sample_read(struct arena *a, json_t *in, struct order *o, struct err *e)
{
	const json_t *sample = json_object_get(in, "sample");
	size_t i;
	const json_t *v;

	if (sample == NULL || json_is_null(sample))
		return RC_OK;
	if (!json_is_array(sample) || json_array_size(sample) > ORDER_SAMPLE_MAX)
		return err_set(e, RC_INVALID,
			       "\"sample\" must be a list of at most %d links",
			       ORDER_SAMPLE_MAX);
	json_array_foreach (sample, i, v) {
		const char *link = json_string_value(v), *host;
		if (link == NULL)
			return err_set(e, RC_INVALID, "sample[%zu] is no text", i);
		enum rc rc = target_host(a, link, strlen(link), &host, e);
		if (rc != RC_OK) {
			err_prefix(e, "sample[%zu]", i);
			return rc;
		}
		o->sample_size++;
		for (size_t k = 0; host != NULL && k < o->n_names; k++)
			o->names[k].sample += guard_name_covers(&o->names[k], host);
	}
	return RC_OK;
}

static enum rc
time_read(json_t *in, const char *name, int64_t dflt, int64_t *ret, struct err *e)
{
	const char *text;
	enum rc rc = in_text(in, name, false, CLOCK_TEXT_LEN, &text, e);

	*ret = dflt;
	if (rc == RC_OK && text != NULL && clock_parse(text, strlen(text), ret) != RC_OK)
		rc = err_set(e, RC_INVALID,
			     "\"%s\" is no time: write it as 2017-08-13T00:00:00Z", name);
	return rc;
}

/* {who, when, outcome} */
static enum rc
call_read(json_t *in, struct order *o, struct err *e)
{
	json_t *call = json_object_get(in, "contact_called");
	enum rc rc;

	if (call == NULL || json_is_null(call))
		return RC_OK;
	if (!json_is_object(call))
		return err_set(e, RC_INVALID,
			       "\"contact_called\" must have who, when and outcome");
	rc = in_only(call, "who when outcome", e);
	if (rc == RC_OK)
		rc = in_text(call, "who", true, ORDER_CALL_TEXT_MAX, &o->call.who, e);
	if (rc == RC_OK)
		rc = in_text(call, "outcome", true, ORDER_CALL_TEXT_MAX, &o->call.outcome,
			     e);
	if (rc == RC_OK)
		rc = time_read(call, "when", 0, &o->call.at_us, e);
	if (rc == RC_OK && (o->call.at_us <= 0 || o->call.at_us > o->now_us))
		rc = err_set(e, RC_INVALID, "\"when\" must be a time that is past");
	if (rc != RC_OK)
		err_prefix(e, "contact_called");
	return rc;
}

/* {told, channel, text} */
enum rc
order_read_owner(json_t *owner, struct order_owner *ret, struct err *e)
{
	enum rc rc = json_is_object(owner)
			     ? in_only(owner, "told channel text", e)
			     : err_set(e, RC_INVALID, "it must be an object");

	if (rc == RC_OK && !json_is_boolean(json_object_get(owner, "told")))
		rc = err_set(e, RC_INVALID,
			     "\"told\" must be true, or false when nobody was reached");
	if (rc == RC_OK)
		rc = in_text(owner, "channel", true, EVENT_TOKEN_MAX, &ret->channel, e);
	if (rc == RC_OK)
		rc = in_text(owner, "text", true, ORDER_TEXT_MAX, &ret->text, e);
	ret->told = json_is_true(json_object_get(owner, "told"));
	return rc;
}

static enum rc
statements_read(json_t *in, struct order *o, struct err *e)
{
	json_t *owner = json_object_get(in, "owner");
	enum rc rc = call_read(in, o, e);

	if (rc == RC_OK && owner != NULL && !json_is_null(owner)) {
		rc = order_read_owner(owner, &o->owner, e);
		if (rc != RC_OK)
			err_prefix(e, "owner");
	}
	if (rc == RC_OK)
		rc = in_text(in, "source", false, EVENT_TOKEN_MAX, &o->source, e);
	if (rc == RC_OK && o->source != NULL && strcmp(o->source, "person") != 0 &&
	    strcmp(o->source, "feed") != 0)
		rc = err_set(e, RC_INVALID, "\"source\" must be person or feed");
	if (o->source == NULL)
		o->source = "person";
	return rc;
}

/* A check asks only whether it would be an emergency; a draft gives the reason. */
static enum rc
emergency_read(json_t *in, struct order *o, struct err *e)
{
	bool emergency = false;
	enum rc rc = in_bool(in, "emergency", &emergency, e);

	if (rc == RC_OK && emergency && o->emergency_reason == NULL)
		o->emergency_reason = "";
	else if (rc == RC_OK && !emergency && o->emergency_reason != NULL)
		rc = err_set(
			e, RC_INVALID,
			"\"emergency_reason\" is for an emergency: say \"emergency\" "
			"too");
	return rc;
}

enum rc
order_read(struct node *nd, struct store *s, struct arena *a, json_t *in, struct order *o,
	   struct err *e)
{
	const char *peer;
	enum rc rc = in_text(in, "peer", false, ORG_MAX, &peer, e);

	if (rc == RC_OK)
		rc = emergency_read(in, o, e);
	if (rc == RC_OK)
		rc = channel_of_peer(s, a, peer, &o->channel, e);
	if (rc == RC_OK)
		rc = policy_of_channel(s, a, &o->channel, &o->policy, e);
	if (rc == RC_OK)
		rc = names_read(a, in, settings_text(nd->config, "rpz.zone"), o, e);
	if (rc == RC_OK)
		rc = cites_read(a, in, o, e);
	if (rc == RC_OK)
		rc = sample_read(a, in, o, e);
	if (rc == RC_OK)
		rc = statements_read(in, o, e);
	return rc;
}

static enum rc
emergency_reason_read(json_t *in, struct order *o, struct err *e)
{
	bool emergency = false;
	enum rc rc = in_bool(in, "emergency", &emergency, e);

	if (rc == RC_OK)
		rc = in_text(in, "emergency_reason", emergency, ORDER_TEXT_MAX,
			     &o->emergency_reason, e);
	return rc;
}

/* Where people are led, and where the order holds. */
static enum rc
effect_read(json_t *in, struct arena *a, struct order *o, struct err *e)
{
	json_t *territories = json_object_get(in, "territories"), *v;
	bool leads = strcmp(o->action, "landing") == 0;
	size_t i;
	enum rc rc = in_text(in, "landing", false, EVENT_ORDER_NAME_MAX, &o->landing, e);

	if (rc == RC_OK && leads != (o->landing != NULL))
		rc = err_set(e, RC_INVALID,
			     "\"landing\" names the page that the action landing leads "
			     "to, and goes with no other action");
	if (rc == RC_OK && leads)
		rc = name_normalise(a, o->landing, strlen(o->landing), &o->landing, e);
	if (rc != RC_OK || territories == NULL || json_is_null(territories))
		return rc;
	if (!json_is_array(territories) || json_array_size(territories) == 0 ||
	    json_array_size(territories) > EVENT_TERRITORIES_MAX)
		return err_set(e, RC_INVALID,
			       "\"territories\" must list 1 to %d codes, or be left out",
			       EVENT_TERRITORIES_MAX);
	json_array_foreach (territories, i, v)
		if (!json_is_string(v))
			return err_set(e, RC_INVALID, "territories[%zu] is no text", i);
	o->territories = territories;
	return RC_OK;
}

enum rc
order_read_texts(json_t *in, struct arena *a, struct order *o, struct err *e)
{
	const struct {
		const char *name, **into;
	} texts[] = {
		{"reasons", &o->reasons},
		{"legal_basis", &o->legal_basis},
		{"proportionality", &o->proportionality},
		{"collateral", &o->collateral},
	};
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < sizeof(texts) / sizeof(texts[0]); i++)
		rc = in_ready(in, a, texts[i].name, true, ORDER_TEXT_MAX, texts[i].into,
			      e);
	if (rc == RC_OK)
		rc = emergency_reason_read(in, o, e);
	if (rc == RC_OK && json_object_get(in, "previous") != NULL)
		rc = in_uuid(in, "previous", &o->previous, e);
	if (rc == RC_OK)
		rc = in_text(in, "action", false, 16, &o->action, e);
	if (o->action == NULL)
		o->action = "nxdomain";
	return rc == RC_OK ? effect_read(in, a, o, e) : rc;
}

enum rc
order_read_times(json_t *in, struct order *o, struct err *e)
{
	char when[CLOCK_TEXT_LEN];
	bool emergency = o->emergency_reason != NULL;
	const struct policy_order *p = &o->policy->order;
	int64_t most_us = p->max_duration_us;
	if (emergency && p->emergency_max_us < most_us)
		most_us = p->emergency_max_us;
	int64_t longest = o->now_us + most_us;
	enum rc rc = time_read(in, "ends", emergency ? longest : 0, &o->ends_us, e);

	if (rc == RC_OK && o->ends_us == 0)
		rc = err_set(e, RC_INVALID,
			     "\"ends\" is missing: every order has an end date");
	if (rc == RC_OK && o->ends_us <= o->now_us)
		rc = err_set(e, RC_INVALID, "\"ends\" is in the past");
	if (rc == RC_OK && o->ends_us > longest)
		rc = err_set(e, RC_INVALID,
			     "\"ends\" is after %s, the policy %s's maximum%s",
			     clock_format(longest, when), o->policy->name,
			     emergency ? " for an emergency: reason an order fully to go "
					 "on after that"
				       : "");
	if (rc == RC_OK)
		rc = time_read(in, "review", o->now_us + (o->ends_us - o->now_us) / 2,
			       &o->review_us, e);
	if (rc == RC_OK && (o->review_us <= o->now_us || o->review_us > o->ends_us))
		rc = err_set(e, RC_INVALID, "\"review\" must lie before the end");
	return rc;
}

static void
release_json(void *p)
{
	json_decref(p);
}

enum rc
order_read_names(struct arena *a, const json_t *names, json_t **ret, struct err *e)
{
	const json_t *v;
	size_t i;

	*ret = NULL;
	if (names == NULL || json_is_null(names))
		return RC_OK;
	if (!json_is_array(names) || json_array_size(names) == 0 ||
	    json_array_size(names) > EVENT_ORDER_NAMES_MAX)
		return err_set(e, RC_INVALID,
			       "\"names\" must list 1 to %d names of the order, or be "
			       "left out for all of them",
			       EVENT_ORDER_NAMES_MAX);
	*ret = json_array();
	arena_defer(a, release_json, *ret);
	json_array_foreach (names, i, v) {
		const char *given = json_string_value(v), *name;
		enum rc rc = given == NULL ? err_set(e, RC_INVALID, "it is no text")
					   : ipnet_or_name(a, given, &name, e);
		if (rc != RC_OK) {
			err_prefix(e, "names[%zu]", i);
			return rc;
		}
		json_array_append_new(*ret, json_string(name));
	}
	return RC_OK;
}
