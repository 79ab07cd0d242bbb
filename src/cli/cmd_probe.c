/* Commands about what resolvers answer.  What asks them is another edge: main wires it.
 */
#include <stdio.h>

#include "cli/cli.h"

static cli_probe_fn *probe_fn;

void
cli_wire_probe(cli_probe_fn *fn)
{
	probe_fn = fn;
}

static enum rc
cmd_probe(struct cli *c, struct err *e)
{
	if (probe_fn == NULL)
		return err_set(e, RC_UNSUPPORTED, "this program asks no resolvers");
	return probe_fn(c, e);
}

static enum rc
cmd_operator_probe(struct cli *c, struct err *e)
{
	json_t *list = cli_values(c, "resolver"), *r, *v;
	size_t i;

	if ((list == NULL) != cli_switch(c, "none")) {
		json_decref(list);
		return err_set(e, RC_INVALID,
			       "give all its resolvers with --resolver, or --none");
	}
	enum rc rc = cli_call(
		c, "POST", arena_printf(c->a, "/v1/operators/%s/probe", c->words[0]),
		json_pack("{s:o, s:s*}", "resolvers", list == NULL ? json_array() : list,
			  "reason", cli_value(c, "reason")),
		&r, e);
	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "resolvers")) == 0)
		printf("No resolver of %s is asked.\n", cli_text(r, "operator"));
	json_array_foreach (json_object_get(r, "resolvers"), i, v)
		printf("%s is asked: %s\n", cli_text(r, "operator"),
		       json_string_value(v));
	return RC_OK;
}

static void
measured_print(struct cli *c, const json_t *v)
{
	const json_t *retired = json_object_get(v, "retired");

	printf("%-16s %-22s %-28s %-9s since %s  seen %s  (%s)", cli_text(v, "operator"),
	       cli_text(v, "resolver"), cli_text(v, "owner"), cli_text(v, "verdict"),
	       cli_time(c, v, "since"), cli_time(c, v, "seen"), cli_text(v, "vantage"));
	if (json_is_object(retired))
		printf("  retired %s by %s%s%s", cli_time(c, retired, "at"),
		       cli_text(retired, "by"),
		       json_is_string(json_object_get(retired, "reason")) ? ": " : "",
		       cli_text(retired, "reason"));
	putchar('\n');
}

static enum rc
cmd_measured(struct cli *c, struct err *e)
{
	json_t *r, *v, *sum;
	size_t i;
	enum rc rc = cli_call(c, "GET",
			      arena_printf(c->a, "/v1/orders/%s/measured", c->words[0]),
			      NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	sum = json_object_get(r, "summary");
	if (json_is_null(sum))
		printf("No resolver was measured for this order.\n");
	else
		printf("%s: all names blocked at "
		       "%" JSON_INTEGER_FORMAT ", all free at %" JSON_INTEGER_FORMAT
		       ".\n",
		       cli_many_of(c, sum, "resolvers", "resolver", "resolvers"),
		       cli_int(sum, "blocked"), cli_int(sum, "free"));
	json_array_foreach (json_object_get(r, "measured"), i, v)
		measured_print(c, v);
	return RC_OK;
}

static void
controls_print(const json_t *v)
{
	const json_t *list = json_object_get(v, "controls"), *c;
	size_t i;

	json_array_foreach (list, i, c)
		printf("  %s%s %s", i == 0 ? "control " : ", ", cli_text(c, "resolver"),
		       json_is_true(json_object_get(c, "answered")) ? "answers"
								    : "IS SILENT");
	putchar('\n');
}

static enum rc
cmd_vantage_list(struct cli *c, struct err *e)
{
	json_t *r, *v;
	size_t i;
	enum rc rc = cli_call(c, "GET", "/v1/probes", NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "vantages")) == 0)
		puts("Nobody has reported yet.");
	json_array_foreach (json_object_get(r, "vantages"), i, v) {
		printf("%-20s %s %s, last round %s, %s", cli_text(v, "vantage"),
		       json_is_true(json_object_get(v, "silent")) ? "SILENT since"
								  : "heard",
		       cli_time(c, v, "heard"), cli_time(c, v, "round"),
		       cli_many_of(c, v, "results", "result", "results"));
		controls_print(v);
	}
	json_array_foreach (json_object_get(r, "resolvers"), i, v)
		printf("asks %-15s %s\n", cli_text(v, "operator"),
		       cli_text(v, "resolver"));
	return RC_OK;
}

static enum rc
cmd_vantage_remove(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc =
		cli_call(c, "POST",
			 arena_printf(c->a, "/v1/probes/vantages/%s/remove", c->words[0]),
			 json_pack("{s:s*}", "reason", cli_value(c, "reason")), &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("Nobody waits for %s any more, until it reports again.\n",
		       cli_text(r, "vantage"));
	return rc;
}

static enum rc
cmd_witness_list(struct cli *c, struct err *e)
{
	json_t *r, *v;
	size_t i;
	enum rc rc = cli_call(c, "GET", "/v1/witnesses", NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "witnesses")) == 0)
		puts("Every address is measured by the serial alone.");
	json_array_foreach (json_object_get(r, "witnesses"), i, v)
		printf("%-20s is measured by %s, since %s\n", cli_text(v, "address"),
		       cli_text(v, "name"), cli_time(c, v, "at"));
	return RC_OK;
}

static enum rc
cmd_witness_add(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST", "/v1/witnesses",
			      json_pack("{s:s, s:s*}", "name", c->words[0], "address",
					cli_value(c, "address")),
			      &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s is measured by what resolvers answer for %s, while that name "
		       "lies there.\n",
		       cli_text(r, "address"), cli_text(r, "name"));
	return rc;
}

static enum rc
cmd_witness_remove(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST", "/v1/witnesses/remove",
			      json_pack("{s:s}", "address", c->words[0]), &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s is measured by the serial alone.\n", cli_text(r, "address"));
	return rc;
}

/* clang-format off */
static const struct cli_option witness_options[] = {
	{"address", "ADDRESS", true, "the address or network, as an order names it"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option vantage_remove_options[] = {
	{"reason", "TEXT", false, "why, on record"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option operator_probe_options[] = {
	{"resolver", "ADDR[:PORT][,udp][,tcp][,dot[:PORT][@NAME]]", false,
	 "a resolver of the operator's; may be given often, and takes the place of those before"},
	{"none", NULL, false, "ask none of its resolvers any more"},
	{"reason", "TEXT", false, "why those that are not named any more are retired, on record"},
	{NULL, NULL, false, NULL},
};

static const struct cli_option probe_options[] = {
	{"resolver", "ADDR[:PORT][,udp][,tcp][,dot[:PORT][@NAME]]", false,
	 "a resolver to ask, over UDP unless it says otherwise; may be given often. "
	 "dot@NAME and dot@sha256/BASE64 are strict, dot alone takes any certificate"},
	{"resolvers", "FILE", false, "resolvers, one a line, \"NAME RESOLVER\" or RESOLVER alone"},
	{"names", "FILE|ORDER", false,
	 "names to ask for, one a line; \"*.x\" for a name below x that nobody asked for before. The id of an order: "
	 "its names, as the node expects them at each operator's resolvers, or at --resolver"},
	{"expect", "STATE", false, "what the names should be: blocked (else) or free"},
	{"serial", "N", false, "the zone's serial from which on that is so"},
	{"zone", "ORIGIN", false,
	 "our zone: its SOA in an answer is a policy's; may be given often, the one that is listed first first"},
	{"canary", "NAME", false, "the name whose TXT is the serial (else ORIGIN._saluran-serial of the first --zone)"},
	{"never", "NAME", false, "a name that is never blocked, to tell a block from an outage"},
	{"control", "ADDR[:PORT][,...]", false,
	 "a resolver that no zone of ours reaches: without one no name is known to live"},
	{"landing", "ADDR|NAME", false, "the address of a landing page, or its name, which is looked up at --control; may be given often"},
	{"type", "TYPE", false, "what is asked for: A (else), AAAA, ..."},
	{"no-siblings", NULL, false, "do not ask for random names below each"},
	{"once", NULL, false, "one round (else, too)"},
	{"every", "TIME", false, "a round every so often, as 60s, 5m, 1h"},
	{"watch", NULL, false, "a round every 10s (or --every), and after the first only what changed"},
	{"resume", "FILE", false, "ask only for what FILE has no result of: what --json printed until it was stopped"},
	{"vantage", "NAME", false, "from where it is asked, in the results (else local)"},
	{"rate", "N", false, "questions a second to one resolver, 0: as fast as it answers (else 10)"},
	{"window", "N", false, "unanswered questions at one resolver (else 16)"},
	{"tries", "N", false, "tries of one question over UDP (else 3)"},
	{"timeout", "MS", false, "of one try over UDP (else 1500)"},
	{"linger", "MS", false, "listening on for a second answer over UDP (else 100)"},
	{"ca", "FILE", false, "authorities for dot@NAME, PEM (else the system's)"},
	{"check", NULL, false, "fail (exit 6) when a resolver is not as expected"},
	{NULL, NULL, false, NULL},
};

const struct cli_command cli_probe_commands[] = {
	{"probe", "[NAME ...]", 0, CLI_VALUES_MAX,
	 "ask resolvers for names, and say what they do with them; needs no node but for an order's names. '!' marks "
	 "what is not as expected. Stopped (^C) it shows what was measured so far and fails (exit 10)",
	 "saluran probe t.me telegram.org --resolver 192.0.2.53,udp,tcp --control 198.51.100.1 "
	 "--never example.com --zone hot.rpz.kominfo.example --json\n"
	 "saluran probe --names 01980000-0000-7000-8000-0000000000a1 --watch --as admin.credential",
	 false, probe_options, cmd_probe},
	{"operator probe", "NAME", 1, 1, "say which resolvers of an operator are asked what they answer",
	 "saluran operator probe isp-a --resolver 192.0.2.53,udp,tcp --resolver 192.0.2.54",
	 false, operator_probe_options, cmd_operator_probe},
	{"vantage list", "", 0, 0, "from where resolvers are asked, when each last reported, and which resolvers they ask",
	 "saluran vantage list", false, NULL, cmd_vantage_list},
	{"vantage remove", "NAME", 1, 1, "wait no more for a prober that is gone; what it measured stays on record and holds no closing back",
	 "saluran vantage remove jakarta --reason 'the machine was returned'", false, vantage_remove_options, cmd_vantage_remove},
	{"witness list", "", 0, 0, "names by which addresses of orders are measured",
	 "saluran witness list", false, NULL, cmd_witness_list},
	{"witness add", "NAME", 1, 1, "measure an address by a name that is answered by it: a block of it is seen by such a name only",
	 "saluran witness add shop.example --address 198.51.100.0/28 --as sari.credential", false, witness_options, cmd_witness_add},
	{"witness remove", "ADDRESS", 1, 1, "measure it by the serial alone again",
	 "saluran witness remove 198.51.100.0/28 --as sari.credential", false, NULL, cmd_witness_remove},
	{"order measured", "ORDER", 1, 1, "what resolvers were measured to answer for its names",
	 "saluran order measured 01980000-0000-7000-8000-0000000000a1", false, NULL, cmd_measured},
	{.name = NULL},
};
/* clang-format on */
