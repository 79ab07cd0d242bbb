/*
 * The daemon: opens the node, starts the edges, tells that it is ready, and then only
 * watches: signals end it, commits wake the zone's server and the pushers, and orders
 * whose end has come expire.
 */
#include "main/daemon.h"

#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "hook/hook.h"
#include "http/api.h"
#include "http/pages.h"
#include "mail/mail.h"
#include "main/zone_source.h"
#include "peer/push.h"
#include "peer/server.h"
#include "probe/prober.h"
#include "rpz/rpz.h"
#include "service/service.h"
#include "service/tls.h"

enum {
	TICK_MAX_US = 1000000,
	CHECK_RETRY_US = 10000000,
};

/* What several daemons of a node share among them.  Peers, probing, mail, webhooks and
 * all that happens by itself write to the logs, and go with the writer. */
enum daemon_role { ROLE_WRITER, ROLE_HTTP, ROLE_RPZ };

/* A thread that does one piece of work after the other, while there is any. */
struct beside {
	struct node *nd;
	const char *name; /* in the log */
	enum rc (*piece)(struct node *nd, struct err *e);
	pthread_t thread;
	bool started;
};

struct serving {
	struct node *nd;
	struct http_api *api;
	struct http_pages *pages;
	struct peer_server *peer_server;
	struct peer_push *push;
	struct hook *hook;
	struct rpz *rpz;
	struct prober *rounds, *changes; /* both ask operators' resolvers */
	struct edge_state state;	 /* that the edges were told of */
	pthread_t signals;
	struct beside files, zones;
	bool signals_started;
	atomic_bool ended;     /* nobody waits for a signal any more */
	atomic_bool signalled; /* somebody wants the daemon to end */
	unsigned does;	       /* DOES()s */
	bool told;	       /* which roles it has */
};

#define DOES(role) (1U << (role))
#define DOES_ALL   (DOES(ROLE_WRITER) | DOES(ROLE_HTTP) | DOES(ROLE_RPZ))
static const char *const role_words[] = {
	[ROLE_WRITER] = "writer", [ROLE_HTTP] = "http", [ROLE_RPZ] = "rpz"};
enum { N_ROLES = sizeof(role_words) / sizeof(role_words[0]) };

static sigset_t
signals_taken(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	return set;
}

/* SIGTERM and SIGINT are blocked everywhere and taken here; by SIGUSR1 the daemon itself
 * ends this thread. */
static void *
signals_main(void *arg)
{
	struct serving *s = arg;
	const sigset_t set = signals_taken();
	int sig = SIGUSR1;

	do {
		sigwait(&set, &sig);
	} while (sig == SIGUSR1 && !atomic_load(&s->ended));
	if (sig == SIGUSR1)
		return NULL;
	atomic_store(&s->signalled, true);
	log_line(LOG_INFO, "daemon.stop", "signal=%d", sig);
	node_stop(s->nd);
	return NULL;
}

static enum rc
signals_start(struct serving *s, struct err *e)
{
	if (pthread_create(&s->signals, NULL, signals_main, s) != 0)
		return err_set(e, RC_IO, "cannot start a thread");
	s->signals_started = true;
	return RC_OK;
}

static void *
beside_main(void *arg)
{
	struct beside *b = arg;
	bool goes_on = true;

	while (goes_on) {
		uint64_t seen = node_commits(b->nd);
		struct err e = ERR_INIT;
		enum rc rc = b->piece(b->nd, &e);
		if (rc == RC_OK)
			continue;
		if (rc != RC_NOT_FOUND && rc != RC_UNAVAILABLE)
			log_line(LOG_ERROR, b->name, "rc=%s why=%s", rc_token(rc),
				 e.text);
		goes_on = node_wait(b->nd, seen, CHECK_RETRY_US);
	}
	return NULL;
}

static enum rc
beside_start(struct beside *b, struct node *nd, const char *name,
	     enum rc (*piece)(struct node *nd, struct err *e), struct err *e)
{
	*b = (struct beside){.nd = nd, .name = name, .piece = piece};
	b->started = pthread_create(&b->thread, NULL, beside_main, b) == 0;
	return b->started ? RC_OK : err_set(e, RC_IO, "cannot start a thread");
}

static void
beside_join(struct beside *b)
{
	if (b->started)
		pthread_join(b->thread, NULL);
}

static bool
does(const struct serving *s, enum daemon_role role)
{
	return (s->does & DOES(role)) != 0;
}

/* Where people and programs come. */
static enum rc
http_start(struct serving *s, struct arena *a, struct err *e)
{
	const struct settings *conf = node_config(s->nd);
	const char *host;
	uint16_t port;
	enum rc rc = http_api_start(s->nd, arena_printf(a, "%s/sock", node_dir(s->nd)),
				    &s->api, e);

	if (rc == RC_OK && does(s, ROLE_HTTP) &&
	    settings_address(conf, "api.listen", &host, &port)) {
		rc = http_api_https(s->api, host, port, e);
		if (rc != RC_OK)
			err_prefix(e, "api.listen");
	}
	if (rc == RC_OK && does(s, ROLE_HTTP) &&
	    settings_address(conf, "http.listen", &host, &port)) {
		rc = http_pages_start(s->nd, host, port, &s->pages, e);
		if (rc != RC_OK)
			err_prefix(e, "http.listen");
	}
	return rc;
}

/* What goes to others by itself, and comes from them. */
static enum rc
exchange_start(struct serving *s, struct err *e)
{
	const char *host;
	uint16_t port;
	enum rc rc = RC_OK;

	if (settings_address(node_config(s->nd), "peer.listen", &host, &port)) {
		rc = peer_server_start(s->nd, host, port, node_dir(s->nd),
				       &s->peer_server, e);
		if (rc != RC_OK)
			err_prefix(e, "peer.listen");
	}
	if (rc == RC_OK)
		rc = peer_push_start(s->nd, node_dir(s->nd), &s->push, e);
	return rc == RC_OK ? hook_start(s->nd, &s->hook, e) : rc;
}

static enum rc
zones_start(struct serving *s, struct arena *a, struct err *e)
{
	const struct settings *conf = node_config(s->nd);
	struct rpz_source src = zone_source(s->nd);
	const struct rpz_limits limits = zone_limits(conf);
	const char *host;
	uint16_t port;

	if (!does(s, ROLE_RPZ) || node_identity(s->nd)->role != PARTY_AUTHORITY ||
	    !settings_address(conf, "rpz.listen", &host, &port))
		return RC_OK;
	src.cut_path = arena_printf(a, "%s/zone.cut", node_dir(s->nd));
	enum rc rc = rpz_start(host, port, &limits, &src, &s->rpz, e);
	if (rc != RC_OK)
		err_prefix(e, "rpz.listen");
	return rc;
}

static enum rc
edges_start(struct serving *s, struct arena *a, struct err *e)
{
	const struct identity *id = node_identity(s->nd);
	enum rc rc = tls_files_check(node_dir(s->nd), id->tls_spki, id->n_tls_spki, e);

	if (rc == RC_OK)
		rc = http_start(s, a, e);
	if (rc == RC_OK && does(s, ROLE_WRITER))
		rc = exchange_start(s, e);
	return rc == RC_OK ? zones_start(s, a, e) : rc;
}

/* An authority asks what its orders do. */
static enum rc
probers_start(struct serving *s, struct err *e)
{
	const struct settings *conf = node_config(s->nd);
	const char *vantage = settings_text(conf, "probe.vantage");
	const char *ca = settings_text(conf, "probe.ca");
	struct prober_source src = prober_of_node(s->nd);

	if (node_identity(s->nd)->role != PARTY_AUTHORITY ||
	    settings_int(conf, "probe.every_s") == 0)
		return RC_OK;
	enum rc rc = prober_start(&src, PROBER_ROUNDS, vantage, ca, &s->rounds, e);
	if (rc == RC_OK)
		rc = prober_start(&src, PROBER_CHANGES, vantage, ca, &s->changes, e);
	return rc;
}

static void
ready_print(struct serving *s)
{
	const struct settings *conf = node_config(s->nd);
	const char *host;
	uint16_t port;

	printf("ready org=%s", node_identity(s->nd)->org);
	if (s->peer_server != NULL && settings_address(conf, "peer.listen", &host, &port))
		printf(" peer=%s:%u", host, peer_server_port(s->peer_server));
	if (s->pages != NULL && settings_address(conf, "http.listen", &host, &port))
		printf(" http=%s:%u", host, http_pages_port(s->pages));
	if (s->rpz != NULL && settings_address(conf, "rpz.listen", &host, &port))
		printf(" rpz=%s:%u", host, rpz_port(s->rpz));
	if (does(s, ROLE_HTTP) && settings_address(conf, "api.listen", &host, &port))
		printf(" api=%s:%u", host, http_api_port(s->api));
	if (s->told) {
		const char *between = " roles=";
		for (size_t i = 0; i < N_ROLES; i++)
			if (does(s, (enum daemon_role)i)) {
				printf("%s%s", between, role_words[i]);
				between = ",";
			}
	}
	printf(" sock=%s/sock\n", node_dir(s->nd));
	fflush(stdout);
}

/* What a commit may have changed for the edges: the zone, its operators, the peers. */
static void
edges_wake(struct serving *s)
{
	struct edge_state now = {0};
	struct err e = ERR_INIT;

	if (service_edge_state(s->nd, &now, &e) != RC_OK) {
		log_line(LOG_ERROR, "daemon.state", "why=%s", e.text);
		return;
	}
	if (s->push != NULL && now.peers != s->state.peers)
		peer_push_kick(s->push);
	if (s->rpz != NULL &&
	    (now.zones != s->state.zones || now.operators != s->state.operators))
		rpz_changed(s->rpz, NULL);
	if (now.zones != s->state.zones || now.operators != s->state.operators)
		prober_wake(s->changes);
	s->state = now;
}

/* Until the node stops (RC_OK), or cannot go on. */
static enum rc
watch(struct serving *s, struct err *e)
{
	uint64_t seen = node_commits(s->nd);
	int64_t wait_us = TICK_MAX_US;
	bool goes_on = true;

	while (goes_on) {
		edges_wake(s);
		enum rc rc = service_tick(s->nd, TICK_MAX_US, &wait_us, e);
		if (rc == RC_UNAVAILABLE && node_wait(s->nd, seen, 0))
			return rc;
		if (rc != RC_OK)
			log_line(LOG_ERROR, "daemon.tick", "why=%s", e->text);
		goes_on = node_wait(s->nd, seen, wait_us);
		seen = node_commits(s->nd);
	}
	return RC_OK;
}

/* Beside the daemon that writes, until this one stops (RC_OK), or nobody writes any more
 * and it is to be done here (*ret_gone). */
static enum rc
watch_beside(struct serving *s, bool waits, bool *ret_gone)
{
	bool goes_on = true;

	while (goes_on && !*ret_gone) {
		uint64_t seen = node_commits(s->nd);
		struct err e = ERR_INIT;
		enum rc rc = node_look(s->nd, &e);
		edges_wake(s);
		if (rc == RC_OK && waits) {
			rc = node_writer_gone(s->nd, &e);
			*ret_gone = rc == RC_OK;
		}
		if (rc != RC_OK && rc != RC_CONFLICT)
			log_line(LOG_ERROR, "daemon.beside", "rc=%s why=%s", rc_token(rc),
				 e.text);
		goes_on = *ret_gone || node_wait(s->nd, seen, TICK_MAX_US);
	}
	return RC_OK;
}

/* What only the daemon does that writes to the logs. */
static enum rc
writing_start(struct serving *s, struct err *e)
{
	enum rc rc = probers_start(s, e);

	/* A file of 2 GiB, or a zone of a million names, takes a while to look at. */
	if (rc == RC_OK)
		rc = beside_start(&s->files, s->nd, "evidence.check",
				  service_evidence_check, e);
	if (rc == RC_OK && node_identity(s->nd)->role == PARTY_AUTHORITY)
		rc = beside_start(&s->zones, s->nd, "zone.check", service_zone_check, e);
	return rc;
}

static void
serving_end(struct serving *s)
{
	if (s->nd != NULL)
		node_stop(s->nd);
	prober_stop(s->rounds);
	prober_stop(s->changes);
	rpz_stop(s->rpz);
	hook_stop(s->hook);
	peer_push_stop(s->push);
	peer_server_stop(s->peer_server);
	http_pages_stop(s->pages);
	http_api_stop(s->api);
	beside_join(&s->files);
	beside_join(&s->zones);
	atomic_store(&s->ended, true);
	if (s->signals_started) {
		pthread_kill(s->signals, SIGUSR1);
		pthread_join(s->signals, NULL);
	}
	node_close(s->nd);
}

/* One life of the node in this process: with the logs, or beside the daemon that has
 * them.  *ret_again: it ended because that changed. */
static enum rc
serve_once(struct cli *c, unsigned roles, bool told, bool *ret_again, struct err *e)
{
	struct serving s = {.does = roles, .told = told};
	bool waits = false;
	enum rc rc = RC_CONFLICT;

	*ret_again = false;
	if (does(&s, ROLE_WRITER))
		rc = node_serve(c->dir, &s.nd, e);
	if (rc == RC_CONFLICT && told) {
		waits = does(&s, ROLE_WRITER);
		s.does &= ~DOES(ROLE_WRITER);
		rc = node_beside(c->dir, &s.nd, e);
	}
	if (rc == RC_OK && cli_value(c, "web-dir") != NULL)
		rc = node_configure(s.nd, "http.web_dir", cli_value(c, "web-dir"), e);
	if (rc == RC_OK)
		service_mail_reader(s.nd, mail_read);
	if (rc == RC_OK)
		rc = signals_start(&s, e);
	if (rc == RC_OK)
		rc = edges_start(&s, c->a, e);
	if (rc == RC_OK && does(&s, ROLE_WRITER))
		rc = writing_start(&s, e);
	if (rc == RC_OK) {
		malloc_trim(0); /* what only the start needed goes back */
		ready_print(&s);
		rc = does(&s, ROLE_WRITER) ? watch(&s, e)
					   : watch_beside(&s, waits, ret_again);
	}
	bool replaced = s.nd != NULL && node_replaced(s.nd);
	serving_end(&s);
	if (atomic_load(&s.signalled)) {
		*ret_again = false;
		return rc;
	}
	if (replaced && told)
		*ret_again = true;
	else if (replaced)
		rc = err_set(e, RC_CONFLICT,
			     "another daemon of this node has taken over the writing, "
			     "or the store became older");
	return *ret_again ? RC_OK : rc;
}

/* "writer,http" */
static enum rc
roles_parse(const char *text, unsigned *ret, struct err *e)
{
	*ret = 0;
	for (const char *at = text; *at != '\0';) {
		size_t len = strcspn(at, ","), i = 0;
		while (i < N_ROLES && (strlen(role_words[i]) != len ||
				       strncmp(role_words[i], at, len) != 0))
			i++;
		if (i == N_ROLES)
			return err_set(e, RC_INVALID,
				       "--roles %.60s: roles are writer, http and rpz, "
				       "with commas between; or probe alone",
				       text);
		*ret |= DOES(i);
		at += len;
		at += *at == ',';
	}
	if (*ret == 0)
		return err_set(e, RC_INVALID, "--roles: name one at least");
	return RC_OK;
}

enum rc
daemon_serve(struct cli *c, const char *roles, struct err *e)
{
	unsigned does = DOES_ALL;
	bool again = true;
	const sigset_t set = signals_taken();

	if (c->dir == NULL)
		return err_set(
			e, RC_INVALID,
			"which node? give its directory with --dir or SALURAN_DIR");
	if (geteuid() == 0 && !cli_switch(c, "allow-root"))
		return err_set(e, RC_DENIED,
			       "a node needs no privileges, so it does not run as root: "
			       "run it as a user of its own that owns %s, or say "
			       "--allow-root where there is no other",
			       c->dir);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	enum rc rc = roles == NULL ? RC_OK : roles_parse(roles, &does, e);
	if (rc == RC_OK && cli_switch(c, "new-store-key"))
		rc = node_new_store_key(c->dir, e);
	while (rc == RC_OK && again)
		rc = serve_once(c, does, roles != NULL, &again, e);
	return rc;
}
