/*
 * Policies, and how a deadline follows from one.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static void
deadline_print(struct cli *c, const json_t *d, const char *what)
{
	size_t i;
	const json_t *s;

	printf("\n%s: %s%s\n", what, cli_time(c, d, "due"),
	       json_is_true(json_object_get(d, "owed")) ? "" : " (not owed now)");
	json_array_foreach (json_object_get(d, "steps"), i, s) {
		const json_t *ev = json_object_get(s, "event");

		printf("  %2zu. %s\n", i + 1, cli_text(s, "text"));
		if (ev != NULL)
			printf("      event %" JSON_INTEGER_FORMAT " of the log %s\n",
			       cli_int(ev, "seq"), cli_text(ev, "log"));
	}
}

static enum rc
cmd_explain(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "GET",
			      arena_printf(c->a, "/v1/cases/%s/deadline", c->words[0]),
			      NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	const json_t *p = json_object_get(r, "policy");
	printf("Case %s, by the policy %s, version %" JSON_INTEGER_FORMAT
	       "\n(SHA-256 %s), class %s.\nNow: %s.\n",
	       cli_text(r, "case"), cli_text(p, "name"), cli_int(p, "version"),
	       cli_text(p, "sha256"), cli_text(r, "class"), cli_text(r, "now"));
	deadline_print(c, json_object_get(r, "accept"), "To accept or refuse");
	deadline_print(c, json_object_get(r, "decide"), "To decide every item");
	return RC_OK;
}

const struct cli_command cli_policy_commands[] = {
	{"explain", "CASE", 1, 1,
	 "how the deadlines of a case came about, step by step, with their events",
	 "saluran explain 01890a5d-ac96-774b-bcce-b302099a8057 --as sari.credential",
	 true, NULL, cmd_explain},
	{0},
};
