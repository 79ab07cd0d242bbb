/*
 * main - wiring: the daemon's edges around one node, and the command line.
 */
#include <signal.h>

#include "cli/cli.h"
#include "core/crypto.h"
#include "main/daemon.h"
#include "main/probe.h"

static const struct cli_option serve_options[] = {
	{"allow-root", NULL, false,
	 "run as root all the same, as in a container that has no other user"},
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
	"run the node",
	"saluran serve --dir /srv/saluran",
	false,
	serve_options,
	daemon_serve,
};

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ,
	       SIG_IGN); /* a limit of file size is an error to report, no death */
	crypto_start();
	cli_wire_probe(main_probe);
	return cli_run(argc, argv, &serve);
}
