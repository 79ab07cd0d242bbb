/* Commands about the machine that a node runs on: its clock, the key of its store. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "service/node.h"

enum { HOUR_S = 3600, DAY_S = 86400 };

static const char *
span(struct cli *c, json_int_t s)
{
	json_int_t n = s < 0 ? -s : s;

	return n >= 2 * DAY_S
		       ? arena_printf(c->a, "%" JSON_INTEGER_FORMAT " days", n / DAY_S)
	       : n >= 2 * HOUR_S
		       ? arena_printf(c->a, "%" JSON_INTEGER_FORMAT " hours", n / HOUR_S)
		       : arena_printf(c->a, "%" JSON_INTEGER_FORMAT " s", n);
}

static void
clock_print(struct cli *c, const json_t *r)
{
	const char *state = cli_text(r, "state");
	const json_t *peer = json_object_get(r, "peer");
	json_int_t s = cli_int(r, "seconds");

	printf("This node goes by %s: ", cli_time(c, r, "now"));
	if (strcmp(state, "sure") == 0)
		printf("the machine's clock is believed.\n");
	else if (strcmp(state, "stepped") == 0)
		printf("the machine's clock jumped, to %s %s it, and is not believed.\n",
		       span(c, s), s > 0 ? "after" : "before");
	else if (strcmp(state, "behind") == 0)
		printf("the machine's clock is %s before what the store has seen.\n"
		       "  What has a date waits, at most a day.\n",
		       span(c, s));
	else
		printf("the store has seen nothing for %s, and nobody has said that the "
		       "clock is right.\n  What has a date waits, at most a day.\n",
		       span(c, s));
	if (json_is_object(peer))
		printf("  %s says a time %s %s this machine's clock.\n",
		       cli_text(peer, "peer"), span(c, cli_int(peer, "seconds")),
		       cli_int(peer, "seconds") > 0 ? "before" : "after");
	if (strcmp(state, "sure") != 0)
		printf("  Set the clock; or, when it is right, 'saluran clock trust'.\n");
}

static enum rc
cmd_clock(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "GET", "/v1/clock", NULL, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		clock_print(c, r);
	return rc;
}

static enum rc
cmd_clock_trust(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(c, "POST", "/v1/clock/trust", NULL, &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		clock_print(c, r);
	return rc;
}

static enum rc
cmd_key_rotate(struct cli *c, struct err *e)
{
	size_t sealed = 0, lost = 0;

	if (c->dir == NULL)
		return err_set(
			e, RC_INVALID,
			"which node? give its directory with --dir or SALURAN_DIR");
	enum rc rc = node_rotate_store_key(c->dir, &sealed, &lost, e);
	if (rc == RC_CONFLICT)
		err_prefix(e, "the key is replaced while no daemon runs");
	if (rc != RC_OK)
		return rc;
	json_t *j = json_pack("{s:I, s:I}", "sealed", (json_int_t)sealed, "lost",
			      (json_int_t)lost);
	if (!cli_json(c, j)) {
		printf("The store has a new key; %zu secrets are sealed under it.\n"
		       "Keep a copy of %s/keys/store.key, and the old one as long as "
		       "there are copies\nof the store that were made before.\n",
		       sealed, c->dir);
		if (lost != 0)
			printf("%zu secrets did not open with the old key and are to be "
			       "made anew.\n",
			       lost);
	}
	json_decref(j);
	return RC_OK;
}

const struct cli_command cli_machine_commands[] = {
	{"clock", "", 0, 0, "does the node know what time it is",
	 "saluran clock --as wati.credential", false, NULL, cmd_clock},
	{"clock trust", "", 0, 0, "this machine's clock is right",
	 "saluran clock trust --as wati.credential", false, NULL, cmd_clock_trust},
	{"key rotate-store", "", 0, 0,
	 "another key for the secrets in the store, on the node's machine while no "
	 "daemon runs",
	 "saluran key rotate-store --dir /srv/saluran", true, NULL, cmd_key_rotate},
	{0},
};
