/*
 * A prober on another machine: the same binary, no store and no keys.  It gets its work
 * from a node's API and brings its results there, with a token that opens nothing else.
 */
#include "main/remote.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "probe/prober.h"

static enum rc
token_read(struct cli *c, const char **ret, struct err *e)
{
	size_t len = 0;

	if (c->as == NULL)
		return err_set(e, RC_INVALID,
			       "--as must name a file with a token of the scopes "
			       "probes:read and probes:write: 'saluran token add'");
	enum rc rc = cli_file_read(c, c->as, ret, &len, e);
	if (rc != RC_OK)
		return rc;
	len = strcspn(*ret, "\r\n ");
	*ret = arena_strndup(c->a, *ret, len);
	return len != 0 ? RC_OK : err_set(e, RC_INVALID, "%s has no token in it", c->as);
}

static enum rc
remote_read(struct cli *c, struct prober_remote *r, struct err *e)
{
	r->url = cli_value(c, "node");
	r->vantage = cli_value(c, "vantage");
	r->ca = cli_value(c, "ca");
	r->pin = cli_value(c, "pin");
	if (r->url == NULL)
		return err_set(e, RC_INVALID,
			       "--node must be the https:// URL of the node's API");
	if (r->vantage == NULL)
		return err_set(e, RC_INVALID,
			       "--vantage must say what this place is called in the "
			       "results");
	return token_read(c, &r->credential, e);
}

enum rc
remote_serve(struct cli *c, struct err *e)
{
	static const enum prober_kind kinds[] = {PROBER_ROUNDS, PROBER_CHANGES};
	struct prober *probers[2] = {NULL, NULL};
	struct prober_remote r = {0};
	struct prober_source src;
	sigset_t set;
	int sig;
	enum rc rc = remote_read(c, &r, e);

	if (rc != RC_OK)
		return rc;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	for (size_t i = 0; rc == RC_OK && i < 2; i++) {
		rc = prober_of_remote(&r, &src, e);
		if (rc == RC_OK)
			rc = prober_start(&src, kinds[i], r.vantage,
					  cli_value(c, "resolver-ca"), &probers[i], e);
	}
	if (rc == RC_OK) {
		printf("ready roles=probe node=%s vantage=%s\n", r.url, r.vantage);
		fflush(stdout);
		sigwait(&set, &sig);
		log_line(LOG_INFO, "probe.stop", "signal=%d", sig);
	}
	prober_stop(probers[0]);
	prober_stop(probers[1]);
	return rc;
}
