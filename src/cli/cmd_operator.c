/* Commands about DNS operators: who has the zone, and how their resolvers are configured.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

enum { FOLDER_MODE = 0700, CONFIG_MODE = 0600 };

/* Before anything else is done: a key is shown once, and must find its folder. */
static enum rc
folder_make(struct cli *c, struct err *e)
{
	const char *out = cli_value(c, "out");

	if (out == NULL || mkdir(out, FOLDER_MODE) == 0)
		return RC_OK;
	if (errno == EEXIST)
		return err_set(e, RC_CONFLICT, "%s exists: choose another name", out);
	return err_sys(e, "make the folder %s", out);
}

/* What was not done leaves no folder. */
static void
folder_drop(struct cli *c)
{
	if (cli_value(c, "out") != NULL)
		(void)rmdir(cli_value(c, "out"));
}

/* Each file under its base name in the folder, to hand it over. */
static enum rc
config_write(struct cli *c, const char *folder, const json_t *files, struct err *e)
{
	size_t i;
	const json_t *f;
	enum rc rc = RC_OK;

	json_array_foreach (files, i, f) {
		const char *path = cli_text(f, "path"), *text = cli_text(f, "text");
		if (rc == RC_OK)
			rc = cli_file_write(arena_printf(c->a, "%s/%s", folder,
							 strrchr(path, '/') + 1),
					    text, strlen(text), CONFIG_MODE, e);
	}
	return rc;
}

static void
config_print(const json_t *config, bool texts)
{
	size_t i;
	const json_t *f;

	printf("# %s\n", cli_text(config, "title"));
	json_array_foreach (json_object_get(config, "files"), i, f) {
		printf("\n# ---- %s\n# %s\n", cli_text(f, "path"), cli_text(f, "how"));
		if (texts)
			fputs(cli_text(f, "text"), stdout);
	}
	printf("\n# ---- then\n");
	json_array_foreach (json_object_get(config, "then"), i, f)
		printf("#   %s\n", json_string_value(f));
	if (json_is_string(json_object_get(config, "ask")))
		printf("# and the serial that is in effect:\n#   %s\n",
		       cli_text(config, "ask"));
}

static enum rc
config_show(struct cli *c, const json_t *config, struct err *e)
{
	const char *out = cli_value(c, "out");
	enum rc rc = RC_OK;

	if (out != NULL)
		rc = config_write(c, out, json_object_get(config, "files"), e);
	if (rc == RC_OK && !c->json)
		config_print(config, out == NULL);
	return rc;
}

static enum rc
cmd_operator_add(struct cli *c, struct err *e)
{
	if (cli_value(c, "out") != NULL && cli_value(c, "resolver") == NULL)
		return err_set(e, RC_INVALID,
			       "--out writes a configuration: say of which --resolver");
	enum rc rc = folder_make(c, e);
	if (rc != RC_OK)
		return rc;
	json_t *r, *in = json_pack(
			   "{s:s, s:s, s:s*, s:b, s:s*, s:s*, s:s*, s:s*}", "name",
			   c->words[0], "address", cli_value(c, "address"), "notify_port",
			   cli_value(c, "notify-port"), "tsig", cli_switch(c, "tsig"),
			   "resolver", cli_value(c, "resolver"), "layout",
			   cli_value(c, "layout"), "state_dir", cli_value(c, "state-dir"),
			   "resolver_port", cli_value(c, "resolver-port"), "relay_port",
			   cli_value(c, "relay-port"));
	json_t *more = cli_values(c, "also-from");

	if (more != NULL)
		json_object_set_new(in, "addresses", more);
	if (cli_value(c, "zone") != NULL)
		json_object_set_new(in, "zone", json_string(cli_value(c, "zone")));
	rc = cli_call(c, "POST", "/v1/operators", in, &r, e);
	if (rc != RC_OK) {
		folder_drop(c);
		return rc;
	}
	const json_t *config = json_object_get(r, "config");
	if (config != NULL)
		rc = config_show(c, config, e);
	/* Whatever became of the files. */
	if (cli_json(c, r))
		return rc;
	printf("%sThe resolver %s at %s may have the zone %s.\n",
	       config == NULL ? "" : "\n# ", cli_text(r, "name"), cli_text(r, "address"),
	       cli_text(r, "zone"));
	if (cli_switch(c, "tsig"))
		printf("%sIts key, shown this once:  %s. hmac-sha256 %s\n",
		       config == NULL ? "" : "# ", cli_text(r, "tsig_name"),
		       cli_text(r, "tsig_secret"));
	return rc;
}

static enum rc
cmd_operator_config(struct cli *c, struct err *e)
{
	json_t *r;
	const char *path = arena_printf(c->a, "/v1/operators/%s/config", c->words[0]);
	enum rc rc = folder_make(c, e);

	if (rc != RC_OK)
		return rc;
	rc = cli_call(c, "GET",
		      cli_query(c, path,
				"resolver layout state-dir resolver-port relay-port "
				"behind behind-port"),
		      NULL, &r, e);
	if (rc != RC_OK) {
		folder_drop(c);
		return rc;
	}
	rc = config_show(c, r, e);
	if (rc == RC_OK)
		cli_json(c, r);
	return rc;
}

static enum rc
cmd_operator_remove(struct cli *c, struct err *e)
{
	json_t *r;
	enum rc rc = cli_call(
		c, "POST", arena_printf(c->a, "/v1/operators/%s/remove", c->words[0]),
		json_pack("{s:s*}", "reason", cli_value(c, "reason")), &r, e);

	if (rc == RC_OK && !cli_json(c, r))
		printf("The resolver %s no longer gets the zone.\n", cli_text(r, "name"));
	return rc;
}

#define CONFIG_OPTIONS                                                                   \
	{"layout", "WORD", false,                                                        \
	 "pair (a small zone of what changed before the large one) or whole"},           \
		{"state-dir", "DIR", false,                                              \
		 "where the resolver keeps its copy, if not as Debian has it"},          \
		{"resolver-port", "PORT", false, "where the resolver is asked (53)"},    \
		{"relay-port", "PORT", false,                                            \
		 "of the relay beside a resolver that knows no TSIG (5399)"},            \
	{                                                                                \
		"out", "DIR", false, "write the files into a new folder, to hand over"   \
	}

static const struct cli_option add_options[] = {
	{"address", "IP", true, "the resolver's address, exactly"},
	{"also-from", "IP|NET", false, "may fetch too, as 192.0.2.0/24; again"},
	{"zone", "NAME", false, "which zone, by its name or territory (main)"},
	{"notify-port", "PORT", false, "where it takes NOTIFY (0: it does not)"},
	{"tsig", NULL, false, "make a key that it must sign with"},
	{"resolver", "KIND", false,
	 "print its configuration: unbound, bind, powerdns, knot-resolver, nsd or knot"},
	CONFIG_OPTIONS,
	{NULL, NULL, false, NULL},
};
static const struct cli_option remove_options[] = {
	{"reason", "TEXT", false,
	 "why nobody waits for it; needed when it does not have a lift yet"},
	{NULL, NULL, false, NULL},
};
static const struct cli_option config_options[] = {
	{"resolver", "KIND", false,
	 "unbound, bind, powerdns, knot-resolver, nsd or knot, if not as it was added"},
	{"behind", "IP", false,
	 "for a resolver that fetches from this server of yours, which has the zone"},
	{"behind-port", "PORT", false, "of that server (53)"},
	CONFIG_OPTIONS,
	{NULL, NULL, false, NULL},
};

const struct cli_command cli_operator_commands[] = {
	{"operator add", "NAME", 1, 1, "let a resolver have the zone",
	 "saluran operator add isp-one --address 192.0.2.53 --notify-port 53 --tsig "
	 "--resolver bind --out isp-one --as wati.credential",
	 false, add_options, cmd_operator_add},
	{"operator config", "NAME", 1, 1, "what the operator adds to the resolver",
	 "saluran operator config isp-one --as wati.credential\n"
	 "saluran operator config isp-one --resolver unbound --behind 192.0.2.60 --out "
	 "behind --as wati.credential",
	 false, config_options, cmd_operator_config},
	{"operator remove", "NAME", 1, 1, "no longer",
	 "saluran operator remove isp-one --as wati.credential", false, remove_options,
	 cmd_operator_remove},
	{0},
};
