/* Commands about zones and operators: what is published, who has it, what became of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"

/* ---- zones ----------------------------------------------------------------------------
 */

static void
zone_print(struct cli *c, const json_t *v)
{
	const json_t *b;
	size_t i;

	printf("%-12s %s, serial %" JSON_INTEGER_FORMAT ", %" JSON_INTEGER_FORMAT
	       " rows, answers live %" JSON_INTEGER_FORMAT
	       " s\n             %s, serial %" JSON_INTEGER_FORMAT
	       ", %" JSON_INTEGER_FORMAT
	       " rows\n             %s, serial %" JSON_INTEGER_FORMAT ", folded %s\n",
	       cli_text(v, "name"), cli_text(v, "origin"), cli_int(v, "serial"),
	       cli_int(v, "rows"), cli_int(v, "ttl_s"), cli_text(v, "hot"),
	       cli_int(v, "hot_serial"), cli_int(v, "hot_rows"), cli_text(v, "base"),
	       cli_int(v, "base_serial"), cli_time(c, v, "folded"));
	if (json_array_size(json_object_get(v, "behind")) != 0)
		printf("             %s has what changed since serial "
		       "%" JSON_INTEGER_FORMAT "\n",
		       cli_text(v, "hot"), cli_int(v, "kept_serial"));
	json_array_foreach (json_object_get(v, "behind"), i, b)
		printf("             BEHIND  %s at %s has the base of serial "
		       "%" JSON_INTEGER_FORMAT ", heard of %s, its copy ends %s\n",
		       cli_text(b, "operator"), cli_text(b, "address"),
		       cli_int(b, "serial"), cli_time(c, b, "at"),
		       cli_time(c, b, "until"));
}

static enum rc
cmd_zone_list(struct cli *c, struct err *e)
{
	json_t *r;
	const json_t *v;
	size_t i;
	enum rc rc = cli_call(c, "GET", "/v1/zones", NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_is_false(json_object_get(r, "given_out")))
		printf("NOT GIVEN OUT: the store is an old copy (saluran alarms).\n");
	json_array_foreach (json_object_get(r, "zones"), i, v)
		zone_print(c, v);
	json_array_foreach (json_object_get(r, "held"), i, v) {
		const json_t *f;
		size_t k;
		printf("HELD  order %s since %s, digest %s\n", cli_text(v, "order"),
		       cli_time(c, v, "held"), cli_text(v, "digest"));
		json_array_foreach (json_object_get(v, "findings"), k, f)
			printf("      %s: %s\n", cli_text(f, "guard"),
			       cli_text(f, "text"));
	}
	return RC_OK;
}

static enum rc
cmd_zone_add(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST", "/v1/zones",
			      json_pack("{s:s, s:s*, s:s*}", "name", c->words[0],
					"origin", cli_value(c, "origin"), "territory",
					cli_value(c, "territory")),
			      &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("The zone %s is published as %s.\n", cli_text(r, "name"),
		       cli_text(r, "origin"));
	return rc;
}

static enum rc
cmd_zone_diff(struct cli *c, struct err *e)
{
	json_t *r;
	const json_t *v;
	size_t i;
	enum rc rc =
		cli_call(c, "GET", cli_query(c, "/v1/zone/diff", "zone from to order"),
			 NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_is_string(json_object_get(r, "if")))
		printf("; %s at serial %" JSON_INTEGER_FORMAT ", if the order were %s",
		       cli_text(r, "zone"), cli_int(r, "to"), cli_text(r, "if"));
	else
		printf("; %s from serial %" JSON_INTEGER_FORMAT
		       " to %" JSON_INTEGER_FORMAT,
		       cli_text(r, "zone"), cli_int(r, "from"), cli_int(r, "to"));
	printf(": %s, %s\n", cli_many_of(c, r, "removed", "row goes", "rows go"),
	       cli_many_of(c, r, "added", "row comes", "rows come"));
	json_array_foreach (json_object_get(r, "words"), i, v)
		printf(";   %s\n", json_string_value(v));
	fputs(cli_text(r, "rpz"), stdout);
	return RC_OK;
}

static enum rc
cmd_zone_accept(struct cli *c, struct err *e)
{
	const char *hash;
	json_t *r;
	enum rc rc = cli_text_confirm(c, &hash, e);

	if (rc == RC_OK)
		rc = cli_call(c, "POST", "/v1/zone/accept",
			      json_pack("{s:s, s:s, s:s, s:s*}", "order", c->words[0],
					"text_sha256", hash, "digest",
					cli_value(c, "digest"), "reason",
					cli_value(c, "reason")),
			      &r, e);
	if (rc == RC_OK && !cli_json(c, r))
		printf("Accepted: the order is in the zones.\n");
	return rc;
}

static enum rc
cmd_zone_refuse(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST", "/v1/zone/refuse",
			      json_pack("{s:s, s:s*}", "order", c->words[0], "reason",
					cli_value(c, "reason")),
			      &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("Refused: the order is %s and never took effect.\n",
		       cli_word(c, r, "state"));
	return rc;
}

static enum rc
cmd_zone_shrink(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST", "/v1/zone/shrink",
			      json_pack("{s:s, s:s*}", "zone", c->words[0], "serial",
					cli_value(c, "serial")),
			      &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("The zone %s has what orders in force hold, and nothing else.\n",
		       cli_text(r, "zone"));
	return rc;
}

static enum rc
cmd_zone_resume(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc =
		cli_call(c, "POST", "/v1/zone/resume",
			 json_pack("{s:s*}", "reason", cli_value(c, "reason")), &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("The zones are given out again, as this copy of the store knows "
		       "them.\n");
	return rc;
}

static enum rc
cmd_zone_renew(struct cli *c, struct err *e)
{
	json_t *r;
	const json_t *v;
	size_t i;
	enum rc rc = cli_call(c, "POST", "/v1/zone/renew",
			      json_pack("{s:s*}", "past", cli_value(c, "past")), &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "zones"), i, v)
		printf("The zone %s has serial %" JSON_INTEGER_FORMAT
		       " and is fetched whole by everybody.\n",
		       cli_text(v, "zone"), cli_int(v, "serial"));
	return rc;
}

/* ---- operators ------------------------------------------------------------------------
 * ------------------------------------------------------------------------- */

static void
notify_print(struct cli *c, const json_t *v)
{
	const char *mend = json_string_value(json_object_get(v, "mend"));

	printf("  NOTIFY of %s serial %" JSON_INTEGER_FORMAT
	       " to %s port %" JSON_INTEGER_FORMAT ": %s%s at %s\n",
	       cli_text(v, "origin"), cli_int(v, "serial"), cli_text(v, "address"),
	       cli_int(v, "port"), cli_text(v, "result"),
	       json_is_true(json_object_get(v, "over")) ? "" : ", sent again",
	       cli_time(c, v, "at"));
	if (mend != NULL)
		printf("    %s\n", mend);
}

static void
operator_print(struct cli *c, const json_t *o)
{
	const json_t *v;
	size_t i;

	printf("%s: %s, zone %s (%s), notify port %" JSON_INTEGER_FORMAT "\n",
	       cli_text(o, "name"), cli_text(o, "resolver"), cli_text(o, "zone"),
	       cli_text(o, "layout"), cli_int(o, "notify_port"));
	json_array_foreach (json_object_get(o, "addresses"), i, v)
		printf("  from %s\n", json_string_value(v));
	json_array_foreach (json_object_get(o, "keys"), i, v)
		printf("  key %s, made %s, until %s\n", cli_text(v, "name"),
		       cli_time(c, v, "made"), cli_time(c, v, "until"));
	json_array_foreach (json_object_get(o, "pulled"), i, v)
		printf("  pulled %s serial %" JSON_INTEGER_FORMAT " by %s at %s\n",
		       cli_text(v, "origin"), cli_int(v, "serial"), cli_text(v, "how"),
		       cli_time(c, v, "at"));
	json_array_foreach (json_object_get(o, "notify"), i, v)
		notify_print(c, v);
	v = json_object_get(o, "applied");
	if (json_is_object(v))
		printf("  says it applied serial %" JSON_INTEGER_FORMAT " at %s\n",
		       cli_int(v, "serial"), cli_time(c, v, "at"));
	v = json_object_get(o, "contact");
	if (json_is_object(v))
		printf("  is reached by %s, %s\n", cli_text(v, "name"),
		       cli_text(v, "reach"));
	if (cli_int(o, "lacking") != 0)
		printf("  %s not in effect with it\n",
		       cli_many_of(c, o, "lacking", "order is", "orders are"));
}

static enum rc
cmd_operator_list(struct cli *c, struct err *e)
{
	json_t *r;
	const json_t *v;
	size_t i;
	enum rc rc = cli_call(c, "GET", "/v1/operators", NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	json_array_foreach (json_object_get(r, "operators"), i, v)
		operator_print(c, v);
	if (i == 0)
		puts("There is no operator yet: saluran operator add");
	return RC_OK;
}

static const char *
operator_path(struct cli *c, const char *act)
{
	return arena_printf(c->a, "/v1/operators/%s%s", c->words[0], act);
}

static enum rc
cmd_operator_show(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "GET", operator_path(c, ""), NULL, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		operator_print(c, r);
	return rc;
}

static enum rc
cmd_operator_move(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST", operator_path(c, "/move"),
			      json_pack("{s:s*, s:s*}", "zone", cli_value(c, "zone"),
					"layout", cli_value(c, "layout")),
			      &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%s may have %s (%s): change its resolver's configuration too.\n",
		       cli_text(r, "name"), cli_text(r, "zone"), cli_text(r, "layout"));
	return rc;
}

static enum rc
cmd_operator_key(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST", operator_path(c, "/key"),
			      json_pack("{s:s*}", "overlap_s", cli_value(c, "overlap")),
			      &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("The new key, shown this once:  %s. hmac-sha256 %s\n"
		       "Those before it are good until %s.\n",
		       cli_text(r, "tsig_name"), cli_text(r, "tsig_secret"),
		       cli_time(c, r, "until"));
	return rc;
}

static enum rc
cmd_operator_revoke(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST", operator_path(c, "/revoke"),
			      json_pack("{s:s*}", "key", cli_value(c, "key")), &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("%" JSON_INTEGER_FORMAT " keys of %s are good no more.\n",
		       cli_int(r, "revoked"), cli_text(r, "name"));
	return rc;
}

static enum rc
cmd_operator_confirm(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST", operator_path(c, "/confirm"),
			      json_pack("{s:s*, s:s*}", "serial", cli_value(c, "serial"),
					"order", cli_value(c, "order")),
			      &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("On record: %s says that it applied serial %" JSON_INTEGER_FORMAT
		       ". A claim: probes measure it.\n",
		       cli_text(r, "operator"), cli_int(r, "serial"));
	return rc;
}

/* ---- the matrix -----------------------------------------------------------------------
 * ------------------------------------------------------------------------- */

/* What is waited for, and what was done about it. */
static const char *
matrix_wait_text(struct cli *c, const json_t *v)
{
	const json_t *reminded = json_object_get(v, "reminded");
	const char *lacks = cli_text(v, "lacks"), *what;

	if (json_is_object(json_object_get(v, "waived")))
		return "given up";
	if (!json_is_true(json_object_get(v, "waits")))
		return "";
	what = strcmp(lacks, "pulled") == 0	? "not fetched"
	       : strcmp(lacks, "applied") == 0	? "nobody said that it is in effect"
	       : strcmp(lacks, "measured") == 0 ? "measured to be otherwise"
						: "not measured since";
	what = arena_printf(c->a, "%s, due %s", what, cli_time(c, v, "due"));
	if (json_is_object(reminded))
		what = arena_printf(c->a, "%s, reminded %s, last %s", what,
				    cli_many_of(c, reminded, "times", "time", "times"),
				    cli_time(c, reminded, "at"));
	if (json_is_object(reminded) &&
	    json_is_string(json_object_get(reminded, "answered")))
		what = arena_printf(c->a, "%s, answered %s", what,
				    cli_time(c, reminded, "answered"));
	return what;
}

static void
matrix_row_print(struct cli *c, const json_t *v)
{
	const json_t *m = json_object_get(v, "measured");

	const char *wait = matrix_wait_text(c, v);

	if (cli_int(m, "by_serial") != 0)
		wait = arena_printf(c->a, "%s%s%s by serial alone", wait,
				    *wait == '\0' ? "" : "; ",
				    cli_many_of(c, m, "by_serial", "row", "rows"));
	if (cli_int(m, "missing") != 0)
		wait = arena_printf(c->a, "%s%s%" JSON_INTEGER_FORMAT " not asked yet",
				    wait, *wait == '\0' ? "" : "; ",
				    cli_int(m, "missing"));
	if (cli_int(m, "retired") != 0)
		wait = arena_printf(
			c->a, "%s%s%" JSON_INTEGER_FORMAT " retired (order measured)",
			wait, *wait == '\0' ? "" : "; ", cli_int(m, "retired"));
	if (json_is_true(json_object_get(v, "covered")))
		wait = "other orders cover its names";
	printf("%-20s %-8s %10" JSON_INTEGER_FORMAT "  %-6s %-7s %-8s %s\n",
	       cli_text(v, "operator"), cli_text(v, "expected"), cli_int(v, "serial"),
	       json_is_true(json_object_get(v, "pulled")) ? "yes" : "no",
	       json_is_true(json_object_get(v, "applied")) ? "claimed" : "no",
	       cli_word(c, m, "state"), wait);
}

static enum rc
cmd_order_matrix(struct cli *c, struct err *e)
{
	json_t *r;
	const json_t *v, *closed;
	size_t i;
	enum rc rc = cli_call(c, "GET",
			      arena_printf(c->a, "/v1/orders/%s/matrix", c->words[0]),
			      NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	printf("Order %s is %s.\n%-20s %-8s %10s  %-6s %-7s %s\n", cli_text(r, "order"),
	       cli_word(c, r, "state"), "operator", "expected", "serial", "pulled",
	       "applied", "measured");
	json_array_foreach (json_object_get(r, "operators"), i, v)
		matrix_row_print(c, v);
	if (json_is_string(json_object_get(r, "slowest")))
		printf("The slowest: %s.\n", cli_text(r, "slowest"));
	closed = json_object_get(r, "closed");
	if (json_is_object(closed))
		printf("Normalised %s: measured free at %" JSON_INTEGER_FORMAT
		       " operators, given up with a reason at %" JSON_INTEGER_FORMAT
		       ".\n",
		       cli_time(c, closed, "at"), cli_int(closed, "measured"),
		       cli_int(closed, "waived"));
	printf("%s (%" JSON_INTEGER_FORMAT " s)\n", cli_text(r, "note"),
	       cli_int(r, "floor_s"));
	return RC_OK;
}

static enum rc
cmd_order_waive(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(
		c, "POST", arena_printf(c->a, "/v1/orders/%s/waive", c->words[0]),
		json_pack("{s:s*, s:s*}", "operator", cli_value(c, "operator"), "reason",
			  cli_value(c, "reason")),
		&r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("Nobody waits for %s any more.\n", cli_text(r, "operator"));
	return rc;
}

/* ---- the table ------------------------------------------------------------------------
 * ---------------------------------------------------------------------------- */

static const struct cli_option zone_add_options[] = {
	{"origin", "NAME", true, "the name it is served under"},
	{"territory", "CODE", false, "orders for it stand here too, as id-jk"},
	{.name = NULL},
};
static const struct cli_option diff_options[] = {
	{"zone", "NAME", false, "the name it is served under (the main zone)"},
	{"from", "SERIAL", false, "(that of the base)"},
	{"to", "SERIAL", false, "(now)"},
	{"order", "ORDER", false,
	 "instead: what it would change, approved, or lifted if it is in force"},
	{.name = NULL},
};
static const struct cli_option reason_options[] = {
	{"reason", "TEXT", true, "why, on record"},
	{.name = NULL},
};
static const struct cli_option accept_options[] = {
	{"digest", "HEX", true, "of what holds it, as zone list shows it"},
	{"reason", "TEXT", true, "why, on record"},
	{"text-sha256", "HEX", false, "of the text that you have read"},
	{.name = NULL},
};
static const struct cli_option shrink_options[] = {
	{"serial", "SERIAL", true, "of the zone as you have looked at it"},
	{.name = NULL},
};
static const struct cli_option renew_options[] = {
	{"past", "SERIAL", false,
	 "that a resolver shows (else: a day ahead of the clock)"},
	{.name = NULL},
};
static const struct cli_option move_options[] = {
	{"zone", "NAME", false, "its name or territory (as it is)"},
	{"layout", "WORD", false, "whole, pair or all (as it is)"},
	{.name = NULL},
};
static const struct cli_option key_options[] = {
	{"overlap", "SECONDS", false, "how long the old keys stay good (7 days)"},
	{.name = NULL},
};
static const struct cli_option revoke_options[] = {
	{"key", "NAME", false, "this one only (all)"},
	{.name = NULL},
};
static const struct cli_option confirm_options[] = {
	{"serial", "SERIAL", false, "what the operator says it applied"},
	{"order", "ORDER", false, "or the newest change of this order"},
	{.name = NULL},
};
static const struct cli_option waive_options[] = {
	{"operator", "NAME", true, "whom nobody waits for"},
	{"reason", "TEXT", true, "why, on record"},
	{.name = NULL},
};

const struct cli_command cli_zone_commands[] = {
	{"zone list", "", 0, 0, "every zone, and what the last gate holds",
	 "saluran zone list --as wati.credential", false, NULL, cmd_zone_list},
	{"zone add", "NAME", 1, 1, "another zone, for a group or a territory",
	 "saluran zone add pilot --origin pilot.rpz.example --as wati.credential", false,
	 zone_add_options, cmd_zone_add},
	{"zone diff", "", 0, 0,
	 "what differs between two serials, or would by an order, in words and as RPZ",
	 "saluran zone diff --from 1700000000 --as wati.credential\n"
	 "saluran zone diff --order " ID " --as budi.credential",
	 false, diff_options, cmd_zone_diff},
	{"zone accept", "ORDER", 1, 1, "let an order out that the last gate holds",
	 "saluran zone accept " ID " --digest HEX --reason 'looked at' --as "
	 "putri.credential",
	 false, accept_options, cmd_zone_accept},
	{"zone refuse", "ORDER", 1, 1, "end an order that the last gate holds",
	 "saluran zone refuse " ID " --reason 'it is protected' --as putri.credential",
	 false, reason_options, cmd_zone_refuse},
	{"zone shrink", "ZONE", 1, 1, "take out rows that no order holds",
	 "saluran zone shrink main --serial 1700000000 --as wati.credential", false,
	 shrink_options, cmd_zone_shrink},
	{"zone resume", "", 0, 0, "give the zones out though the store is an old copy",
	 "saluran zone resume --reason 'looked at every order in force' --as "
	 "wati.credential",
	 false, reason_options, cmd_zone_resume},
	{"zone renew", "", 0, 0,
	 "give each zone anew: whole, under a serial past all others, as resolvers have "
	 "a "
	 "newer one than this store knows",
	 "saluran zone renew --as wati.credential", false, renew_options, cmd_zone_renew},
	{"operator list", "", 0, 0, "operators, their keys, what they hold",
	 "saluran operator list --as wati.credential", false, NULL, cmd_operator_list},
	{"operator show", "NAME", 1, 1, "one operator",
	 "saluran operator show isp-one --as wati.credential", false, NULL,
	 cmd_operator_show},
	{"operator move", "NAME", 1, 1, "give it another zone",
	 "saluran operator move isp-one --zone pilot --as wati.credential", false,
	 move_options, cmd_operator_move},
	{"operator key", "NAME", 1, 1, "a new key, the old ones good beside it",
	 "saluran operator key isp-one --overlap 86400 --as wati.credential", false,
	 key_options, cmd_operator_key},
	{"operator revoke", "NAME", 1, 1, "keys are good no more",
	 "saluran operator revoke isp-one --as wati.credential", false, revoke_options,
	 cmd_operator_revoke},
	{"operator confirm", "NAME", 1, 1, "it says that it applied a serial",
	 "saluran operator confirm isp-one --order " ID " --as wati.credential", false,
	 confirm_options, cmd_operator_confirm},
	{"order matrix", "ORDER", 1, 1, "pulled, applied, measured, by operator",
	 "saluran order matrix " ID " --as budi.credential", false, NULL,
	 cmd_order_matrix},
	{"order waive", "ORDER", 1, 1, "wait no more for an operator after a lift",
	 "saluran order waive " ID
	 " --operator isp-one --reason 'closed' --as budi.credential",
	 false, waive_options, cmd_order_waive},
	{0},
};
