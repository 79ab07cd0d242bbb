/* Commands on a drafted order and on one in force. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static void
signed_print(struct cli *c, const json_t *r)
{
	printf("The order is %s: %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
	       " approvals, %zu overrides still needed, zone serial %" JSON_INTEGER_FORMAT
	       ".\n",
	       cli_word(c, r, "state"), cli_int(r, "approvals"),
	       cli_int(r, "approvals_needed"),
	       json_array_size(json_object_get(r, "overrides_needed")),
	       cli_int(r, "serial"));
}

/* The hash that is signed: given, or of the text shown now and confirmed by typing. */
enum rc
cli_text_confirm(struct cli *c, const char **ret, struct err *e)
{
	char typed[16] = "";
	json_t *o;

	*ret = cli_value(c, "text-sha256");
	if (*ret != NULL)
		return RC_OK;
	if (!isatty(STDIN_FILENO))
		return err_set(
			e, RC_INVALID,
			"read the text with 'saluran show %s' and give its hash with "
			"--text-sha256: what is signed is that exact text",
			c->words[0]);
	enum rc rc = cli_call(c, "GET", arena_printf(c->a, "/v1/orders/%s", c->words[0]),
			      NULL, &o, e);
	if (rc != RC_OK)
		return rc;
	cli_order_print(c, o);
	printf("\nYou sign this exact text. Type the first 8 digits of its SHA-256: ");
	fflush(stdout);
	const char *hash = cli_text(o, "text_sha256");
	if (fgets(typed, sizeof(typed), stdin) == NULL || strncmp(typed, hash, 8) != 0)
		return err_set(e, RC_DENIED,
			       "not signed: that is not how the hash begins");
	*ret = hash;
	return RC_OK;
}

static enum rc
cmd_approve(struct cli *c, struct err *e)
{
	const char *hash;
	json_t *r;
	enum rc rc = cli_text_confirm(c, &hash, e);

	if (rc == RC_OK)
		rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/orders/%s/approve", c->words[0]),
			      json_pack("{s:s}", "text_sha256", hash), &r, e);
	if (rc == RC_OK && !cli_json(c, r))
		signed_print(c, r);
	return rc;
}

static enum rc
cmd_override(struct cli *c, struct err *e)
{
	const char *hash;
	json_t *r;
	enum rc rc = cli_text_confirm(c, &hash, e);

	if (rc == RC_OK)
		rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/orders/%s/override", c->words[0]),
			      json_pack("{s:s, s:o, s:s}", "text_sha256", hash, "guards",
					cli_values(c, "guard"), "reason",
					cli_value(c, "reason")),
			      &r, e);
	if (rc == RC_OK && !cli_json(c, r))
		signed_print(c, r);
	return rc;
}

static enum rc
cmd_lift(struct cli *c, struct err *e)
{
	json_t *r, *names = cli_values(c, "name");
	enum rc rc = cli_call(
		c, "POST", arena_printf(c->a, "/v1/orders/%s/lift", c->words[0]),
		json_pack("{s:s, s:o*, s:o*, s:o*}", "reason", cli_value(c, "reason"),
			  "names", names, "operators", cli_values(c, "operator"), "zones",
			  cli_values(c, "zone")),
		&r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_is_false(json_object_get(r, "given_out")))
		printf("Lifted in this copy of the store, and NOT YET AT ANY RESOLVER: "
		       "the copy is old, and its zones are given to nobody until an "
		       "admin lets them out (saluran alarms).\n");
	else if (json_is_false(json_object_get(r, "on_record")))
		printf("The names have left the zones, which are at serial "
		       "%" JSON_INTEGER_FORMAT ".  The log takes nothing now (saluran "
		       "status says why): the lift is on record when it does.\n",
		       cli_int(r, "serial"));
	else
		printf("Lifted: the order is %s, and the zone is at serial "
		       "%" JSON_INTEGER_FORMAT ".\n",
		       cli_word(c, r, "state"), cli_int(r, "serial"));
	return rc;
}

/* POST to the order with these members; says what the order is then. */
static enum rc
order_act(struct cli *c, const char *act, json_t *in, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST",
			      arena_printf(c->a, "/v1/orders/%s/%s", c->words[0], act),
			      in, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		signed_print(c, r);
	return rc;
}

static enum rc
cmd_return(struct cli *c, struct err *e)
{
	const char *hash;
	enum rc rc = cli_text_confirm(c, &hash, e);

	return rc == RC_OK ? order_act(c, "return",
				       json_pack("{s:s, s:s}", "text_sha256", hash,
						 "reason", cli_value(c, "reason")),
				       e)
			   : rc;
}

static enum rc
cmd_withdraw(struct cli *c, struct err *e)
{
	return order_act(c, "withdraw",
			 json_pack("{s:s*}", "reason", cli_value(c, "reason")), e);
}

static enum rc
cmd_owner(struct cli *c, struct err *e)
{
	const char *told = cli_value(c, "told"), *tried = cli_value(c, "not-reached");
	json_t *in, *names = cli_values(c, "name");

	if ((told == NULL) == (tried == NULL))
		return err_set(e, RC_INVALID, "give --told or --not-reached");
	enum rc rc = cli_owner(told != NULL ? told : tried, told != NULL, &in, e);
	if (rc == RC_OK && names != NULL)
		json_object_set_new(in, "names", names);
	return rc == RC_OK ? order_act(c, "owner", in, e) : rc;
}

static enum rc
cmd_review(struct cli *c, struct err *e)
{
	const char *lift = cli_value(c, "lift");
	char *end = NULL;
	json_t *in =
		json_pack("{s:s, s:s, s:s*}", "outcome", cli_value(c, "outcome"),
			  "reason", cli_value(c, "reason"), "next", cli_value(c, "next"));

	if (lift != NULL) {
		long long seq = strtoll(lift, &end, 10);
		if (*lift == '\0' || *end != '\0') {
			json_decref(in);
			return err_set(
				e, RC_INVALID,
				"--lift takes the number that 'saluran order show' "
				"gives, not %s",
				lift);
		}
		json_object_set_new(in, "lift", json_integer(seq));
	}
	return order_act(c, "review", in, e);
}

/* "2017-08-10T00:00:00Z=web.telegram.org,t.me"; with "@isp-one" for this operator only.
 */
static enum rc
stage_input(const char *given, json_t *into, struct err *e)
{
	size_t at = strcspn(given, "=");

	if (given[at] != '=' || given[at + 1] == '\0')
		return err_set(e, RC_INVALID,
			       "--stage %s: write TIME=NAME,NAME, as "
			       "2017-08-10T00:00:00Z=t.me",
			       given);
	json_t *names = json_array(), *operators = json_array();
	for (const char *p = given + at + 1; *p != '\0';) {
		size_t n = strcspn(p, ",");
		if (n > 1 && p[0] == '@')
			json_array_append_new(operators, json_stringn(p + 1, n - 1));
		else if (n != 0)
			json_array_append_new(names, json_stringn(p, n));
		p += n + (p[n] == ',');
	}
	json_array_append_new(
		into, json_pack("{s:s%, s:O*, s:O*}", "at", given, at, "names",
				json_array_size(names) == 0 ? NULL : names, "operators",
				json_array_size(operators) == 0 ? NULL : operators));
	json_decref(names);
	json_decref(operators);
	return RC_OK;
}

static enum rc
cmd_plan(struct cli *c, struct err *e)
{
	json_t *given = cli_values(c, "stage"), *stages = json_array(), *v;
	enum rc rc = RC_OK;
	size_t i;

	json_array_foreach (given, i, v)
		if (rc == RC_OK)
			rc = stage_input(json_string_value(v), stages, e);
	json_decref(given);
	if (rc != RC_OK) {
		json_decref(stages);
		return rc;
	}
	return order_act(c, "plan",
			 json_pack("{s:o, s:s}", "stages", stages, "reason",
				   cli_value(c, "reason")),
			 e);
}

static const struct cli_option approve_options[] = {
	{"text-sha256", "HASH", false,
	 "of the text that you have read; on a terminal it is shown and asked for"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option override_options[] = {
	{"guard", "WORD", true, "which guard, as the draft names it; again"},
	{"reason", "TEXT", true, "why in spite of it"},
	{"text-sha256", "HASH", false, "of the text that you have read"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option return_options[] = {
	{"reason", "TEXT", true, "what must be different"},
	{"text-sha256", "HASH", false, "of the text that you have read"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option withdraw_options[] = {
	{"reason", "TEXT", false, "why"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option owner_options[] = {
	{"told", "CHANNEL:TEXT", false, "how the owner was told"},
	{"not-reached", "CHANNEL:TEXT", false, "how it was tried, without success"},
	{"name", "NAME", false, "only of this name of the order; again"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option review_options[] = {
	{"outcome", "WORD", true,
	 "of an order: kept, or lifted, which lifts it; of a lift: right or wrong"},
	{"reason", "TEXT", true, "why"},
	{"lift", "NUMBER", false, "review this lift, or plan, of the order"},
	{"next", "TIME", false, "when the order is looked at again"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option plan_options[] = {
	{"stage", "TIME=NAME,...", true,
	 "these names are lifted at that time, with @OPERATOR among them for it only; "
	 "again"},
	{"reason", "TEXT", true, "why"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option lift_options[] = {
	{"reason", "TEXT", true, "why"},
	{"name", "NAME", false, "only this name of the order; again"},
	{"operator", "NAME", false, "only at this operator; again"},
	{"zone", "NAME", false, "only in this zone; again"},
	{NULL, NULL, false, NULL},
};

#define ID "01890a5d-ac96-774b-bcce-b302099a8057"

const struct cli_command cli_order_act_commands[] = {
	{"order override", "ORDER", 1, 1,
	 "override guards of an order, as a third person",
	 "saluran order override " ID
	 " --guard whole_service --reason '...' --as putri.credential",
	 false, override_options, cmd_override},
	{"order approve", "ORDER", 1, 1, "approve the exact text of an order",
	 "saluran order approve " ID " --as budi.credential", false, approve_options,
	 cmd_approve},
	{"order return", "ORDER", 1, 1, "return a draft to who drafted it, with reasons",
	 "saluran order return " ID
	 " --reason 'name the narrower host' --as budi.credential",
	 false, return_options, cmd_return},
	{"order withdraw", "ORDER", 1, 1, "withdraw your own draft",
	 "saluran order withdraw " ID " --as sari.credential", false, withdraw_options,
	 cmd_withdraw},
	{"order owner", "ORDER", 1, 1, "the owner of the names was told, or not reached",
	 "saluran order owner " ID
	 " --told 'email: wrote to the registrant' --as sari.credential",
	 false, owner_options, cmd_owner},
	{"order review", "ORDER", 1, 1, "look again at an order in force, or at a lift",
	 "saluran order review " ID
	 " --outcome kept --reason 'still unanswered' --as budi.credential",
	 false, review_options, cmd_review},
	{"order plan", "ORDER", 1, 1, "lift in stages, by date",
	 "saluran order plan " ID
	 " --stage 2017-08-08T00:00:00Z=web.telegram.org --stage "
	 "2017-08-10T00:00:00Z=t.me,telegram.me --reason 'agreed' --as budi.credential",
	 false, plan_options, cmd_plan},
	{"order lift", "ORDER", 1, 1, "lift an order, or some of its names, at once",
	 "saluran order lift " ID " --reason 'answered' --as budi.credential", false,
	 lift_options, cmd_lift},
	{"override", "ORDER", 1, 1, "as order override",
	 "saluran override " ID
	 " --guard whole_service --reason '...' --as putri.credential",
	 false, override_options, cmd_override},
	{"approve", "ORDER", 1, 1, "as order approve",
	 "saluran approve " ID " --as budi.credential", false, approve_options,
	 cmd_approve},
	{"lift", "ORDER", 1, 1, "as order lift",
	 "saluran lift " ID " --reason 'answered' --as budi.credential", false,
	 lift_options, cmd_lift},
	{0},
};
