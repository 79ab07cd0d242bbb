/* Commands about the node's own keys (protocol 9). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "service/node.h"

static enum rc
cmd_identity_rotate(struct cli *c, struct err *e)
{
	const char *next = cli_value(c, "next");
	struct node_rotated done;

	if (c->dir == NULL)
		return err_set(
			e, RC_INVALID,
			"which node? give its directory with --dir or SALURAN_DIR");
	const struct node_rotation in = {
		.dir = c->dir,
		.root_path = c->words[0],
		.next_path = next != NULL
				     ? next
				     : arena_printf(c->a, "%s/next-root.key", c->dir),
		.url = cli_value(c, "url"),
		.name = cli_value(c, "name")};
	enum rc rc = node_rotate_keys(c->a, &in, &done, e);
	if (rc != RC_OK)
		return rc;
	json_t *j = json_pack("{s:I, s:s, s:s}", "entry", (json_int_t)done.n,
			      "fingerprint", done.fingerprint, "recovery", in.next_path);
	if (!cli_json(c, j))
		printf("All keys of the node are new: entry %" PRIu64
		       " of its identity.\n"
		       "  fingerprint  %s (for peers that are introduced from now on)\n"
		       "  recovery     %s\n\n"
		       "Take the recovery file off this machine now: it is the only one "
		       "that replaces\nthese keys. The one that was used is of no use "
		       "any "
		       "more: destroy it.\n"
		       "Next: saluran serve --dir %s (it tells the peers), and a new "
		       "backup "
		       "of %s/keys.\n",
		       done.n, done.fingerprint, in.next_path, c->dir, c->dir);
	json_decref(j);
	return RC_OK;
}

static const struct cli_option rotate_options[] = {
	{"next", "FILE", false,
	 "a new file for the root key after this one; without it next-root.key in the "
	 "node's directory"},
	{"url", "URL", false, "how peers reach the node from now on"},
	{"name", "TEXT", false, "the organisation's name from now on"},
	{0},
};

const struct cli_command cli_identity_commands[] = {
	{"identity rotate", "FILE", 1, 1,
	 "replace all keys of the node, with the root key that was taken off its "
	 "machine, "
	 "while no daemon runs",
	 "saluran identity rotate /media/stick/next-root.key --next "
	 "/media/stick/next-root-2.key --dir /srv/saluran",
	 true, rotate_options, cmd_identity_rotate},
	{0},
};
