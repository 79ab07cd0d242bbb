/*
 * main - wiring: the daemon's edges around one node, and the command line.
 */
#include <signal.h>
#include <string.h>

#include "cli/cli.h"
#include "core/start.h"
#include "main/daemon.h"
#include "main/probe.h"
#include "main/remote.h"

static enum rc
run_serve(struct cli *c, struct err *e)
{
	static const char *const remote[] = {"node", "vantage", "pin", "ca",
					     "resolver-ca"};
	const char *roles = cli_value(c, "roles");

	if (roles != NULL && strcmp(roles, "probe") == 0)
		return remote_serve(c, e);
	for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++)
		if (cli_value(c, remote[i]) != NULL)
			return err_set(e, RC_INVALID, "--%s goes with --roles probe",
				       remote[i]);
	return daemon_serve(c, roles, e);
}

static const struct cli_option serve_options[] = {
	{"allow-root", NULL, false,
	 "run as root all the same, as in a container that has no other user"},
	{"roles", "ROLES", false,
	 "what this daemon does, of those that share a PostgreSQL store: writer, http, "
	 "rpz; "
	 "with writer it waits until no other writes; or probe alone: only ask "
	 "resolvers, "
	 "for a node elsewhere"},
	{"node", "URL", false, "the node's API, for --roles probe"},
	{"vantage", "NAME", false,
	 "what this place is called in the results, for --roles probe"},
	{"pin", "sha256//BASE64", false, "the API's public key, for --roles probe"},
	{"ca", "FILE", false,
	 "authorities for the API's certificate, PEM, for --roles probe"},
	{"resolver-ca", "FILE", false,
	 "authorities for resolvers over TLS, PEM, for --roles probe"},
	{"web-dir", "FOLDER", false,
	 "read the console's files from here, anew each time: for who works on them"},
	{"new-store-key", NULL, false,
	 "make keys/store.key anew, when it is lost for good: second factors and the "
	 "secrets of webhooks and DNS operators are then to be made anew"},
	{NULL, NULL, false, NULL},
};

static const struct cli_command serve = {
	"serve",
	"",
	0,
	0,
	"run the node, or a part of it",
	"saluran serve --dir /srv/saluran\n"
	"  saluran serve --dir /srv/saluran --roles http,rpz\n"
	"  saluran serve --roles probe --node https://node.example:7444 --as probe.token "
	"--vantage jakarta",
	false,
	serve_options,
	run_serve,
};

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ,
	       SIG_IGN); /* a limit of file size is an error to report, no death */
	core_start();
	cli_wire_probe(main_probe);
	return cli_run(argc, argv, &serve);
}
