/* The command that asks resolvers.  What asks is another edge: main wires it. */
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

/* clang-format off */
static const struct cli_option probe_options[] = {
	{"resolver", "ADDR[:PORT][,udp][,tcp][,dot[:PORT][@NAME]]", false,
	 "a resolver to ask, over UDP unless it says otherwise; may be given often. "
	 "dot@NAME and dot@sha256/BASE64 are strict, dot alone takes any certificate"},
	{"resolvers", "FILE", false, "resolvers, one a line, \"NAME RESOLVER\" or RESOLVER alone"},
	{"names", "FILE", false,
	 "names to ask for, one a line; \"*.x\" for a name below x that nobody asked for before"},
	{"expect", "STATE", false, "what the names should be: blocked (else) or free"},
	{"serial", "N", false, "the zone's serial from which on that is so"},
	{"zone", "ORIGIN", false,
	 "our zone: its SOA in an answer is a policy's; may be given often"},
	{"canary", "NAME", false, "the name whose TXT is the serial (else _saluran-serial.ORIGIN)"},
	{"never", "NAME", false, "a name that is never blocked, to tell a block from an outage"},
	{"control", "ADDR[:PORT][,...]", false,
	 "a resolver that no zone of ours reaches: without one no name is known to live"},
	{"landing", "ADDR", false, "a landing address; may be given often"},
	{"type", "TYPE", false, "what is asked for: A (else), AAAA, ..."},
	{"no-siblings", NULL, false, "do not ask for random names below each"},
	{"once", NULL, false, "one round (else, too)"},
	{"every", "TIME", false, "a round every so often, as 60s, 5m, 1h"},
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
	 "ask resolvers for names, and say what they do with them; needs no node",
	 "saluran probe t.me telegram.org --resolver 192.0.2.53,udp,tcp --control 198.51.100.1 "
	 "--never example.com --zone rpz.kominfo.example --json",
	 false, probe_options, cmd_probe},
	{.name = NULL},
};
/* clang-format on */
