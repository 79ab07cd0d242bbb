/* Commands about logs that are brought back from a peer (protocol 6). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static void
log_print(struct cli *c, const json_t *l)
{
	printf("%s: %s", cli_text(l, "peer"), cli_word(c, l, "state"));
	if (cli_int(l, "epoch") != 0)
		printf(", epoch %" JSON_INTEGER_FORMAT, cli_int(l, "epoch"));
	printf("\n");
	if (!json_is_null(json_object_get(l, "agreed")))
		printf("  an admin here signed at %s that it goes on\n",
		       cli_time(c, l, "agreed"));
	if (!json_is_null(json_object_get(l, "peer_agreed")))
		printf("  %s signed that it goes on; that came at %s\n",
		       cli_text(l, "peer"), cli_time(c, l, "peer_agreed"));
	if (json_is_null(json_object_get(l, "why")))
		return;
	printf("  since %s: %s\n", cli_time(c, l, "since"), cli_text(l, "why"));
	if (!json_is_null(json_object_get(l, "of")))
		printf("  %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
		       " events are back\n",
		       cli_int(l, "have"), cli_int(l, "of"));
}

static void
aside_print(struct cli *c, const json_t *r)
{
	const json_t *aside = json_object_get(r, "aside"), *a;
	size_t i;

	if (json_array_size(aside) == 0)
		return;
	printf("Recorded on an old copy of the store, never delivered, and no part of "
	       "the "
	       "log.\nDo again what is still to be done:\n");
	json_array_foreach (aside, i, a)
		printf("  %s  %-16s by %s%s%s\n", cli_time(c, a, "made"),
		       cli_text(a, "type"), cli_text(a, "by"),
		       json_is_null(json_object_get(a, "case")) ? "" : ", case ",
		       json_is_null(json_object_get(a, "case")) ? ""
								: cli_text(a, "case"));
}

/* Both sides verbatim: a head is checked with any tool for signed notes. */
static void
fraud_print(struct cli *c, const json_t *r)
{
	const json_t *f;
	size_t i;

	json_array_foreach (json_object_get(r, "fraud"), i, f)
		printf("%s has signed what cannot both be true (%s); %s %s%s.\nOne "
		       "side:\n%s\nand the other:\n%s\n",
		       json_is_true(json_object_get(f, "own")) ? "This organisation"
							       : cli_text(f, "peer"),
		       cli_text(f, "kind"),
		       json_is_true(json_object_get(f, "from_peer")) ? "told by the peer"
								     : "found",
		       cli_time(c, f, "found"),
		       json_is_true(json_object_get(f, "settled")) ? "; settled" : "",
		       cli_text(f, "note"), cli_text(f, "other"));
}

static enum rc
cmd_recovery(struct cli *c, struct err *e)
{
	const json_t *l;
	json_t *r;
	size_t i;
	enum rc rc = cli_call(c, "GET", "/v1/recovery", NULL, &r, e);

	if (rc != RC_OK || cli_json(c, r))
		return rc;
	if (json_array_size(json_object_get(r, "logs")) == 0)
		printf("No peer is introduced: there is no log.\n");
	json_array_foreach (json_object_get(r, "logs"), i, l)
		log_print(c, l);
	aside_print(c, r);
	fraud_print(c, r);
	return RC_OK;
}

const struct cli_command cli_recovery_commands[] = {
	{"recovery", "", 0, 0,
	 "which logs take nothing and why, and how far they are brought back from the "
	 "peer",
	 "saluran recovery --as wati.credential", true, NULL, cmd_recovery},
	{0},
};
