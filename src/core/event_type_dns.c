/* Events of the DNS: what resolvers were measured to answer, what operators say and are
 * reminded of. */
#include <string.h>

#include "core/event_field.h"
#include "core/probe_verdict.h"

static const char *const expected[] = {"blocked", "free", NULL};

/* clang-format off */
/* `owner` is the row of the zone, a wildcard with its "*."; `serial` is the one from which
 * on that is expected, `canary` the one that the resolver was seen to hold; `digest` is the SHA-256 of the
 * whole result, which the node keeps. */
static const struct event_field result_fields[] = {
	{UUID7("order")},
	{TEXT("owner", 1, EVENT_DNS_OWNER_MAX)},
	{TOKEN("operator")},
	{TEXT("resolver", 1, EVENT_DNS_RESOLVER_MAX)},
	{WORD("transport", probe_via_words)},
	{WORD("expected", expected)},
	{INT("serial", 0, UINT32_MAX)},
	{INT("canary", 1, UINT32_MAX), OPTIONAL},
	{WORD("verdict", probe_verdict_words)},
	{INT("at", 1, US_MAX)},
	{HEX64("digest")},
	{.name = NULL},
};

static const struct event_field dns_measured[] = {
	{TOKEN("vantage")},
	{OBJECT("results", result_fields), LIST(1, EVENT_DNS_RESULTS_MAX)},
	{.name = NULL},
};

/* What an operator says of itself, or somebody for it. */
static const struct event_field dns_applied[] = {
	{TOKEN("operator")},
	{INT("serial", 1, UINT32_MAX)},
	{.name = NULL},
};

/* Why nobody waits for this operator's resolvers after the order's lift. */
static const struct event_field dns_waived[] = {
	{UUID7("order")},
	{TOKEN("operator")},
	{.name = NULL},
};

/* A resolver of an operator, or a vantage, that is asked no more: what it was measured to
 * do until then is waited for no more. */
static const struct event_field dns_retired[] = {
	{TOKEN("operator"), OPTIONAL},
	{TEXT("resolver", 1, EVENT_DNS_RESOLVER_MAX), OPTIONAL},
	{TOKEN("vantage"), OPTIONAL},
	{.name = NULL},
};

/* What an operator is reminded of: the change of each order that it does not have, and
 * what is missing: that it fetched it, that it says so, or that its resolvers answer by it. */
static const char *const lacking[] = {"pulled", "applied", "measured", NULL};
static const struct event_field lacking_fields[] = {
	{UUID7("order")},
	{WORD("expected", expected)},
	{INT("serial", 1, UINT32_MAX)},
	{WORD("lacks", lacking)},
	{.name = NULL},
};
/* `channel` is the way it went, as email; to which address is no part of the log. */
static const struct event_field dns_reminded[] = {
	{TOKEN("operator")},
	{INT("step", 1, EVENT_DNS_STEP_MAX)},
	{OBJECT("orders", lacking_fields), LIST(1, EVENT_DNS_ORDERS_MAX)},
	{TOKEN("channel")},
	{.name = NULL},
};

/* What an operator says: an answer, or trouble that it reports. */
static const struct event_field dns_answered[] = {
	{TOKEN("operator")},
	{UUID7("orders"), LIST(1, EVENT_DNS_ORDERS_MAX), OPTIONAL},
	{.name = NULL},
};

/* After its end an order was measured free at so many operators, and a person wrote why
 * nobody waits for the others. */
static const struct event_field dns_normalised[] = {
	{UUID7("order")},
	{INT("serial", 1, UINT32_MAX)},
	{INT("measured", 0, EVENT_DNS_OPERATORS_MAX)},
	{INT("waived", 0, EVENT_DNS_OPERATORS_MAX)},
	{.name = NULL},
};
/* clang-format on */

/* A measurement lies before its event. */
static enum rc
measured_check(const struct event *ev, struct err *e)
{
	size_t i;
	const json_t *r;

	json_array_foreach (json_object_get(ev->body, "results"), i, r)
		if (json_integer_value(json_object_get(r, "at")) > ev->iat_us)
			return err_rule(e, RC_INVALID, TYPE_RULE,
					"dns.measured: results[%zu] was measured after "
					"the event was written",
					i);
	return RC_OK;
}

/* It is a person who answers for it. */
static enum rc
waived_check(const struct event *ev, struct err *e)
{
	return strcmp(ev->by, EVENT_BY_NODE) == 0
		       ? err_rule(e, RC_INVALID, TYPE_RULE,
				  "dns.waived: only a person gives a resolver up")
		       : RC_OK;
}

/* A person, and either of the two. */
static enum rc
retired_check(const struct event *ev, struct err *e)
{
	bool whose = json_object_get(ev->body, "operator") != NULL;
	bool resolver = json_object_get(ev->body, "resolver") != NULL;
	bool vantage = json_object_get(ev->body, "vantage") != NULL;

	if (strcmp(ev->by, EVENT_BY_NODE) == 0)
		return err_rule(e, RC_INVALID, TYPE_RULE,
				"dns.retired: only a person retires a resolver");
	return whose == resolver && resolver != vantage
		       ? RC_OK
		       : err_rule(e, RC_INVALID, TYPE_RULE,
				  "dns.retired: an operator's resolver, or a vantage");
}

static enum rc
answered_check(const struct event *ev, struct err *e)
{
	return strcmp(ev->by, EVENT_BY_NODE) == 0
		       ? err_rule(
				 e, RC_INVALID, TYPE_RULE,
				 "dns.answered: a person answers, or writes down what an "
				 "operator said")
		       : RC_OK;
}

/* clang-format off */
const struct event_type event_types_dns[] = {
	/* name             by    case  clock  sd re body            check */
	{"dns.measured",    AUTH, NONE, false, 0, 0, dns_measured,   measured_check},
	{"dns.applied",     AUTH, NONE, false, 0, 0, dns_applied,    NULL},
	{"dns.waived",      AUTH, NONE, false, 1, 0, dns_waived,     waived_check},
	{"dns.retired",     AUTH, NONE, false, 0, 0, dns_retired,    retired_check},
	{"dns.reminded",    AUTH, NONE, false, 1, 0, dns_reminded,   NULL},
	{"dns.answered",    AUTH, NONE, false, 1, 0, dns_answered,   answered_check},
	{"dns.normalised",  AUTH, NONE, false, 0, 0, dns_normalised, NULL},
	{.name = NULL},
};
/* clang-format on */
