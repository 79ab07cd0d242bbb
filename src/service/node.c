#include "service/node.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/crypto.h"
#include "core/start.h"
#include "service/clock_guard.h"
#include "service/node_int.h"
#include "service/outbox.h"
#include "service/person.h"
#include "service/place.h"
#include "service/policies.h"
#include "service/rotate.h"
#include "service/statistics.h"
#include "service/vault.h"
#include "service/writer_int.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum {
	PASSWORD_CHECKS = 2, /* at once */
	STORE_URI_MAX = 1000,
	PUBLIC_URL_MAX = 100, /* bytes: it stands in answers of resolvers */
};

const struct setting_def node_settings[] = {
	{"store", SETTING_TEXT, 0, STORE_URI_MAX, "", "PostgreSQL URI",
	 "the database that holds the record and everything else, as "
	 "postgresql://saluran@db.example/saluran; empty: the file store.db in the "
	 "node's directory"},
	{"store.silent_s", SETTING_INT, 5, 3600, "30", "s",
	 "a daemon that writes to a PostgreSQL store, and from which the server has "
	 "heard "
	 "nothing for so long, is replaced by one that waits (serve --roles)"},
	{"peer.listen", SETTING_ADDRESS, 0, 0, "127.0.0.1:7443", "host:port",
	 "where peers' nodes reach this one (HTTPS)"},
	{"peer.pull_s", SETTING_INT, 0, 3600, "0", "s",
	 "how often this node asks its peers for what they have for it, when they cannot "
	 "reach it (its URL is then one under .invalid); 0: they bring it"},
	{"peer.alarm_s", SETTING_INT, 60, 604800, "900", "s",
	 "an alarm is raised when an entry has waited so long for its peer's receipt"},
	{"http.listen", SETTING_ADDRESS, 0, 0, "127.0.0.1:7480", "host:port",
	 "the pages for people; loopback only, they are not encrypted"},
	{"http.rate", SETTING_INT, 10, 1000000, "600", "a minute",
	 "pages of one person or program"},
	{"http.rate_public", SETTING_INT, 10, 1000000, "6000", "a minute",
	 "pages of one address for who is not logged in; behind a web server that passes "
	 "requests on, of all who come by it"},
	{"http.web_dir", SETTING_PATH, 0, 4096, "", "folder",
	 "read the console's files from here, anew each time, instead of from the "
	 "program: "
	 "for who works on them"},
	{"api.listen", SETTING_ADDRESS, 0, 0, "", "host:port",
	 "where people, programs and platforms reach the API (HTTPS); empty: only by the "
	 "socket in the node's directory"},
	{"api.tls_cert", SETTING_PATH, 0, 4096, "", "file",
	 "the API's certificate and those above it, PEM; empty: the node's own, which no "
	 "browser knows"},
	{"api.tls_key", SETTING_PATH, 0, 4096, "", "file",
	 "the key of api.tls_cert, PEM; both or neither"},
	{"api.hosts", SETTING_TEXT, 0, 1000, "", "names",
	 "the names by which the API is reached, separated by commas: others in a "
	 "request's "
	 "Host are refused; empty: any"},
	{"api.connections", SETTING_INT, 8, 4096, "256", NULL,
	 "HTTPS connections to the API at one time; each has a thread"},
	{"api.connections_of_one", SETTING_INT, 1, 4096, "64", NULL,
	 "and of one address"},
	{"api.streams_of_one", SETTING_INT, 1, 64, "8", NULL,
	 "event streams of one person at one time"},
	{"api.rate", SETTING_INT, 10, 1000000, "1200", "a minute",
	 "requests of one credential; a lift is never counted"},
	{"api.rate_public", SETTING_INT, 1, 1000000, "60", "a minute",
	 "requests of one address without a credential"},
	{"api.rate_failed", SETTING_INT, 1, 1000000, "30", "a minute",
	 "requests of one address with a credential that opens nothing"},
	{"webhook.http", SETTING_BOOL, 0, 0, "no", NULL,
	 "let webhooks go to http:// URLs: within one machine or a network of one's own"},
	{"webhook.private", SETTING_BOOL, 0, 0, "no", NULL,
	 "let webhooks go to addresses of this machine and of private networks"},
	{"webhook.ca", SETTING_PATH, 0, 4096, "", "file",
	 "authorities that receivers' certificates are checked with, PEM; empty: the "
	 "system's"},
	{"webhook.retry_s", SETTING_INT, 1, 3600, "5", "s",
	 "until a webhook's second try; each further one waits twice as long, at most 6 "
	 "hours"},
	{"webhook.give_up_s", SETTING_INT, 60, 2592000, "432000", "s",
	 "how long a webhook may fail until it is switched off, with an alarm"},
	{"public.url", SETTING_TEXT, 0, PUBLIC_URL_MAX, "", "https URL",
	 "where the public reaches the public pages and /v1/register, at api.listen or "
	 "behind a web server of yours: named in resolvers' answers, on pages and in QR "
	 "codes; empty: not named"},
	{"rpz.listen", SETTING_ADDRESS, 0, 0, "127.0.0.1:7453", "host:port",
	 "the zone for resolvers (DNS over UDP and TCP); an authority's node only"},
	{"rpz.address", SETTING_ADDRESS, 0, 0, "", "host:port",
	 "where operators' resolvers reach rpz.listen, as printed configurations say it; "
	 "empty: rpz.listen"},
	{"rpz.zone", SETTING_TEXT, 1, 200, "rpz.saluran", "name", "the zone's name"},
	{"rpz.connections", SETTING_INT, 4, 1024, "128", "connections",
	 "how many resolvers' connections are open at once; past that, one that nobody "
	 "known has asked anything over is closed for a new one, or the new one is "
	 "turned away"},
	{"rpz.connections_of_address", SETTING_INT, 1, 1024, "8", "connections",
	 "how many of them one address may have, besides those that a key has shown to "
	 "be an operator's, as many resolvers may be behind one address; past that, one "
	 "of "
	 "the address that nobody known has asked anything over is closed for a new one, "
	 "or "
	 "the new one is turned away"},
	{"rpz.connections_of_operator", SETTING_INT, 1, 1024, "16", "connections",
	 "and how many one operator"},
	{"rpz.transfer_s", SETTING_INT, 10, 86400, "900", "seconds",
	 "how long one transfer of a zone may take; a client that takes nothing for 20 "
	 "seconds is cut off anyhow"},
	{"rpz.transfer_kib_per_s", SETTING_INT, 0, 1048576, "0", "KiB a second",
	 "how fast one transfer of a zone may go; 0: as fast as the client takes it; "
	 "what is "
	 "left after rpz.transfer_s is cut off"},
	{"rpz.idle_s", SETTING_INT, 1, 3600, "10", "seconds",
	 "how long a connection may be silent, or take to send one query"},
	{"rpz.fold_from", SETTING_INT, 0, 23, "18", "hour",
	 "the hour (UTC) from which the day's changes are folded from the hot zone into "
	 "the base, once: when few people ask"},
	{"rpz.fold_hours", SETTING_INT, 1, 24, "4", "hours",
	 "and how long after it that may still begin"},
	{"rpz.hot_rows", SETTING_INT, 100, 1000000, "20000", "rows",
	 "a hot zone of more rows is folded without waiting for them, at most once an "
	 "hour"},
	{"rpz.refresh_s", SETTING_INT, 1, 86400, "60", "s",
	 "how often resolvers ask by themselves whether the zone has changed"},
	{"rpz.retry_s", SETTING_INT, 1, 86400, "10", "s",
	 "how soon they ask again when nobody answered"},
	{"rpz.expire_s", SETTING_INT, 2, 2419200, "604800", "s",
	 "how long a copy of the zone is good while nobody answers"},
	{"rpz.checkers", SETTING_TEXT, 0, 1000,
	 "/usr/bin/named-checkzone /usr/bin/kzonecheck", "paths",
	 "checkers of other DNS servers, separated by blanks: in the background they "
	 "look "
	 "at what is published, and one that refuses it raises an alarm; one that is not "
	 "installed is passed over; empty: none"},
	{"media.per_shift", SETTING_INT, 1, 100000, "120", "pictures",
	 "how many pictures of evidence one person is shown clear within a shift; people "
	 "may set fewer for themselves"},
	{"media.shift_hours", SETTING_INT, 1, 24, "8", "hours",
	 "how long a shift is: the hours before the press count"},
	{"media.reason", SETTING_BOOL, 0, 0, "yes", NULL,
	 "whether people say why a picture must be seen clear"},
	{"media.never", SETTING_TEXT, 0, 1000, "", "categories",
	 "categories, separated by blanks, whose cases' files are shown to nobody; "
	 "child_abuse always is one"},
	{"probe.every_s", SETTING_INT, 0, 86400, "60", "s",
	 "how often operators' resolvers are asked what they answer for names of orders; "
	 "0: "
	 "not by this node"},
	{"probe.vantage", SETTING_TEXT, 1, 40, "local", "name",
	 "what this node calls itself in what it measured"},
	{"probe.never", SETTING_TEXT, 0, 253, "", "name",
	 "a name that is never blocked, asked beside the others to tell a block from an "
	 "outage"},
	{"probe.controls", SETTING_TEXT, 0, 1000, "", "resolvers",
	 "resolvers that no zone of ours reaches, separated by blanks: they say whether "
	 "a "
	 "name "
	 "lives"},
	{"probe.landing", SETTING_TEXT, 0, 1000, "", "addresses",
	 "addresses of landing pages, separated by blanks"},
	{"probe.per_s", SETTING_INT, 1, 100000, "20", "a second",
	 "questions to one resolver"},
	{"probe.jitter_percent", SETTING_INT, 0, 100, "25", "%",
	 "by how much the pause between two questions differs"},
	{"probe.tries", SETTING_INT, 1, 8, "3", NULL, "tries of one question over UDP"},
	{"probe.timeout_ms", SETTING_INT, 50, 60000, "1500", "ms", "of one try over UDP"},
	{"probe.siblings", SETTING_BOOL, 0, 0, "yes", NULL,
	 "ask for a random name below each, too: does a resolver block more than was "
	 "ordered?"},
	{"probe.names", SETTING_INT, 1, 100000, "400", NULL,
	 "names of one zone in a round: all that were lifted lately, then the newest, "
	 "then others "
	 "in "
	 "turn"},
	{"probe.lifted_days", SETTING_INT, 1, 365, "7", "days",
	 "how long a lifted name is still asked for"},
	{"probe.keep_days", SETTING_INT, 1, 36500, "730", "days",
	 "how long the whole results that events name are kept, and what was last seen"},
	{"probe.ca", SETTING_PATH, 0, 4096, "", "file",
	 "authorities for resolvers over TLS, PEM; empty: the system's"},
	{"disk.least_bytes", SETTING_INT, 0, INT64_C(1) << 50, "268435456", "bytes",
	 "an alarm is raised when the disk of the node's directory has less room"},
	{"mail.keep_bytes", SETTING_INT, 1, INT64_C(1) << 50, "17179869184", "bytes",
	 "how much imported e-mail is kept here, before it is dropped or given as "
	 "evidence; more is refused"},
	{"mail.forget_days", SETTING_INT, 0, 36500, "365", "days",
	 "how long it is remembered that an e-mail was dropped, so that it does not come "
	 "in again; 0: for ever"},
	{"evidence.escrow", SETTING_TEXT, 0, AGE_KEY_TEXT_MAX, "", "age1...",
	 "evidence is encrypted to this recipient of age too; empty: to both parties "
	 "only"},
	{"guard.psl", SETTING_PATH, 0, 4096, "", "file",
	 "a newer Public Suffix List than the system's; empty: the system's"},
	{"guard.protected", SETTING_PATH, 0, 4096, "", "file",
	 "names, and addresses or networks, that no order may touch, one a line; empty: "
	 "the "
	 "list that is built in"},
	{"guard.services", SETTING_PATH, 0, 4096, "", "file",
	 "names that carry a whole service; empty: the list that is built in"},
	{"people.session_idle_s", SETTING_INT, 60, 86400, "1800", "s",
	 "a session that is not used for so long is over"},
	{"people.session_max_s", SETTING_INT, 300, 2592000, "43200", "s",
	 "a session is over after so long in any case"},
	{"people.totp_roles", SETTING_TEXT, 0, 100, "admin", "roles",
	 "who must have a second factor (TOTP) beside the password; empty: nobody must"},
	{"people.passwords", SETTING_PATH, 0, 4096, "", "file",
	 "passwords that nobody may have, one a line, such as a list of those that were "
	 "stolen elsewhere; empty: none beside what is refused anyway"},
	{"people.link_s", SETTING_INT, 60, 604800, "3600", "s",
	 "how long a one-time link is good"},
	{"people.access_keep_days", SETTING_INT, 0, 36500, "730", "days",
	 "how long the record of who saw and did what is kept; 0: for ever"},
	{"people.refused_alarm", SETTING_INT, 0, 100000, "30", "requests",
	 "so many refused requests of one person within an hour raise an alarm; 0: none"},
};
const size_t node_settings_n = sizeof(node_settings) / sizeof(node_settings[0]);

const struct settings *
node_config(const struct node *nd)
{
	return nd->config;
}

enum rc
node_configure(struct node *nd, const char *name, const char *value, struct err *e)
{
	return settings_set(nd->config, name, value, e);
}

const char *
node_dir(const struct node *nd)
{
	return nd->dir;
}

const struct identity *
node_identity(const struct node *nd)
{
	return nd->id;
}

static struct store *
idle_take(struct node *nd)
{
	struct store *s = NULL;

	pthread_mutex_lock(&nd->mu);
	if (nd->n_idle != 0)
		s = nd->idle[--nd->n_idle];
	pthread_mutex_unlock(&nd->mu);
	return s;
}

enum rc
reader_get(struct node *nd, struct store **ret, struct err *e)
{
	*ret = NULL;
	enum rc rc = idem_settle(e);
	if (rc != RC_OK)
		return rc;
	*ret = idle_take(nd);
	if (*ret != NULL)
		return RC_OK;
	/* A handle keeps the schema in memory, a quarter of a MiB: when several threads
	 * want one at a time, as at the start, those that waited to open one mostly find
	 * that one came back. */
	pthread_mutex_lock(&nd->opening_mu);
	*ret = idle_take(nd);
	if (*ret == NULL) {
		struct arena *a = arena_create();
		rc = store_open(place_uri(a, nd->dir, nd->config), true, ret, e);
		arena_free(a);
	}
	pthread_mutex_unlock(&nd->opening_mu);
	return rc;
}

enum rc
reader_snapshot(struct node *nd, struct store **ret, struct err *e)
{
	enum rc rc = reader_get(nd, ret, e);

	if (rc == RC_OK)
		rc = (*ret)->drv->begin((*ret)->db, false, e);
	return rc;
}

void
reader_put(struct node *nd, struct store *s)
{
	if (s == NULL)
		return;
	s->drv->rollback(s->db);
	pthread_mutex_lock(&nd->mu);
	if (nd->n_idle < NODE_READERS_MAX) {
		nd->idle[nd->n_idle++] = s;
		s = NULL;
	}
	pthread_mutex_unlock(&nd->mu);
	store_close(s);
}

enum rc
file_load(struct arena *a, const char *path, const char **ret, size_t *ret_len,
	  struct err *e)
{
	enum { LIST_MAX = 16 << 20 };
	struct buf b = BUF_INIT(LIST_MAX);
	char chunk[8192];
	size_t n;
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return err_sys(e, "%s", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_put(&b, chunk, n);
	enum rc rc = ferror(f) ? err_sys(e, "read %s", path) : RC_OK;
	if (rc == RC_OK && !buf_ok(&b))
		rc = err_set(e, RC_TOO_LARGE, "%s is larger than %d bytes", path,
			     LIST_MAX);
	fclose(f);
	*ret = arena_strndup(a, buf_str(&b), b.len);
	*ret_len = b.len;
	buf_free(&b);
	return rc;
}

/* Of such characters only as stand for themselves in every configuration language. */
static enum rc
public_url_parse(struct node *nd, struct err *e)
{
	const char *url = settings_text(nd->config, "public.url");
	size_t len = strlen(url);

	nd->public_url = NULL;
	if (len == 0)
		return RC_OK;
	const char *host = strstr(url, "://");
	if (host == NULL ||
	    (strncmp(url, "https", 5) != 0 && strncmp(url, "http", 4) != 0) ||
	    host[3] == '\0' || host[3] == '/' ||
	    url[strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789-._~:/[]")] != '\0')
		return err_set(e, RC_INVALID,
			       "public.url must be a URL as https://register.example, of "
			       "letters, digits and - . _ ~ : / [ ]");
	while (len > 1 && url[len - 1] == '/')
		len--;
	nd->public_url = arena_strndup(nd->a, url, len);
	return RC_OK;
}

/* How long a directory may be held by what a killed daemon left behind: thirty seconds.
 */
enum { LOCK_TRIES = 600, LOCK_PAUSE_NS = 50000000, PID_CHARS = 24 };

/* Whether the process that wrote its number into the lock's file is there; one that was
 * killed is not, though what it had just forked holds the lock until it ends. */
static bool
lock_owner_lives(int fd)
{
	char text[PID_CHARS] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return false;
	long pid = strtol(text, NULL, 10);
	return pid > 0 && pid <= INT_MAX && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* Without its number, on a full disk say, the lock holds all the same. */
static void
lock_sign(int fd)
{
	char text[PID_CHARS];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
		log_line(LOG_WARN, "node.lock", "why=\"%s\"", strerror(errno));
}

enum rc
node_lock(struct arena *a, const char *dir, int *ret_fd, struct err *e)
{
	const char *path = arena_printf(a, "%s/lock", dir);

	*ret_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*ret_fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return err_set(e, RC_NOT_FOUND,
			       "%s has no node: make one with 'saluran init'", dir);
	if (*ret_fd < 0)
		return err_sys(e, "open %s", path);
	bool locked = flock(*ret_fd, LOCK_EX | LOCK_NB) == 0;
	for (int i = 0; !locked && i < LOCK_TRIES && !lock_owner_lives(*ret_fd); i++) {
		nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_NS}, NULL);
		locked = flock(*ret_fd, LOCK_EX | LOCK_NB) == 0;
	}
	if (!locked)
		return err_set(
			e, RC_CONFLICT,
			"%s is in use by a running node: talk to it, or stop it first",
			dir);
	lock_sign(*ret_fd);
	return RC_OK;
}

static enum rc
identity_load(struct node *nd, struct err *e)
{
	struct identity_log *l = ARENA_NEW(nd->a, struct identity_log);
	const struct signer_public *pub = signer_public(nd->signer);
	bool own = false;
	enum rc rc = rotation_entries(nd->store, nd->a, nd->dir, !nd->beside, l, e);

	if (rc != RC_OK)
		return rc;
	nd->ids = l;
	nd->id = identity_log_newest(l);
	for (size_t i = 0; i < nd->id->n_event_keys; i++)
		own |= memcmp(nd->id->event_keys[i], pub->event_pub, KEY_LEN) == 0;
	if (own && memcmp(nd->id->log_key, pub->log_pub, KEY_LEN) == 0 &&
	    memcmp(nd->id->receipt_key, pub->receipt_pub, KEY_LEN) == 0 &&
	    memcmp(nd->id->enc_key, pub->enc_pub, KEY_LEN) == 0)
		return RC_OK;
	return err_set(e, RC_CORRUPT,
		       "the keys in %s/keys are not those of entry %" PRIu64
		       " of this node's identity: put back the folder as it was after "
		       "the last rotation",
		       nd->dir, nd->id->n);
}

enum node_use { NODE_OPEN, NODE_ALONE, NODE_SERVES, NODE_BESIDE };

enum { BEATS_OF_SILENCE = 5 /* signs of life until one is taken for dead */ };

/* The store, and what is known of this node from it. */
static enum rc
store_start(struct node *nd, struct err *e)
{
	enum rc rc;

	if (nd->beside)
		return place_beside(nd->a, nd->dir, nd->config, &nd->store, e);
	rc = place_open(nd->a, nd->dir, nd->config, &nd->store, e);
	if (rc == RC_OK && nd->store->drv->beat != NULL)
		nd->beat_us = settings_int(nd->config, "store.silent_s") *
			      CLOCK_US_PER_S / BEATS_OF_SILENCE;
	return rc;
}

/* What only the daemon that writes to the logs does at its start. */
static enum rc
logs_start(struct node *nd, enum node_use use, struct err *e)
{
	enum rc rc = RC_OK;

	if (use == NODE_SERVES)
		rc = clock_guard_start(nd, e);
	if (rc == RC_OK)
		rc = vault_start(nd, e);
	return rc == RC_OK ? channels_examine(nd, e) : rc;
}

static enum rc
node_open_for(const char *dir, enum node_use use, struct node **ret, struct err *e)
{
	struct node *nd = calloc(1, sizeof(*nd));
	pthread_condattr_t attr;
	enum rc rc;

	if (nd == NULL)
		abort();
	nd->statistics = stat_cache_create();
	core_start();
	nd->a = arena_create();
	nd->dir = arena_strdup(nd->a, dir);
	nd->lock_fd = -1;
	nd->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&nd->mu, NULL);
	pthread_mutex_init(&nd->checkpoint_mu, NULL);
	pthread_mutex_init(&nd->metrics_mu, NULL);
	pthread_mutex_init(&nd->outbox_mu, NULL);
	pthread_mutex_init(&nd->opening_mu, NULL);
	pthread_mutex_init(&nd->guard_mu, NULL);
	pthread_mutex_init(&nd->given_mu, NULL);
	sem_init(&nd->password_places, 0, PASSWORD_CHECKS);
	nd->access = access_create();
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&nd->queued, &attr);
	pthread_cond_init(&nd->committed, &attr);
	pthread_condattr_destroy(&attr);

	nd->beside = use == NODE_BESIDE;
	rc = node_lock(nd->a, nd->dir, &nd->lock_fd, e);
	if (rc == RC_OK)
		rc = settings_load(nd->a, node_settings, node_settings_n,
				   arena_printf(nd->a, "%s/saluran.conf", dir),
				   &nd->config, e);
	if (rc == RC_OK)
		rc = totp_roles_parse(settings_text(nd->config, "people.totp_roles"),
				      &nd->totp_roles, e);
	if (rc == RC_OK)
		rc = public_url_parse(nd, e);
	if (rc == RC_OK && !nd->beside)
		rc = rotation_end(nd->a, nd->dir, e);
	if (rc == RC_OK)
		rc = signer_start(arena_printf(nd->a, "%s/keys", dir),
				  arena_printf(nd->a, "%s/marks", dir), &nd->signer, e);
	if (rc == RC_OK)
		rc = store_start(nd, e);
	if (rc == RC_OK)
		rc = identity_load(nd, e);
	if (rc == RC_OK)
		rc = nd->beside ? vault_look(nd, e) : logs_start(nd, use, e);
	if (rc == RC_OK)
		rc = node_lists_load(nd, e);
	if (rc != RC_OK)
		goto out;
	nd->views = views_create(nd->store);
	rc = writer_start(nd, use == NODE_ALONE, e);
	if (rc == RC_OK && !nd->beside)
		rc = zone_start(nd, e);
	if (rc != RC_OK)
		goto out;
	*ret = nd;
	nd = NULL;
out:
	node_close(nd);
	return rc;
}

enum rc
node_open(const char *dir, struct node **ret, struct err *e)
{
	return node_open_for(dir, NODE_OPEN, ret, e);
}

enum rc
node_open_alone(const char *dir, struct node **ret, struct err *e)
{
	return node_open_for(dir, NODE_ALONE, ret, e);
}

enum rc
node_serve(const char *dir, struct node **ret, struct err *e)
{
	return node_open_for(dir, NODE_SERVES, ret, e);
}

enum rc
node_beside(const char *dir, struct node **ret, struct err *e)
{
	return node_open_for(dir, NODE_BESIDE, ret, e);
}

void
node_stop(struct node *nd)
{
	pthread_mutex_lock(&nd->mu);
	nd->stopping = true;
	pthread_cond_broadcast(&nd->queued);
	pthread_cond_broadcast(&nd->committed);
	pthread_mutex_unlock(&nd->mu);
	if (nd->stop_fd >= 0)
		(void)eventfd_write(nd->stop_fd, 1);
}

void
node_close(struct node *nd)
{
	if (nd == NULL)
		return;
	writer_stop(nd);
	for (size_t i = 0; i < nd->n_idle; i++)
		store_close(nd->idle[i]);
	views_free(nd->views);
	store_close(nd->store);
	outbox_clear(nd);
	for (size_t i = 0; i <= NODE_CHANNELS_MAX; i++)
		brought_free(nd->brought[i]);
	signer_stop(nd->signer);
	vault_stop(nd);
	clock_guard_stop(nd);
	if (nd->lock_fd >= 0)
		close(nd->lock_fd);
	if (nd->stop_fd >= 0)
		close(nd->stop_fd);
	pthread_cond_destroy(&nd->queued);
	pthread_cond_destroy(&nd->committed);
	pthread_mutex_destroy(&nd->mu);
	pthread_mutex_destroy(&nd->checkpoint_mu);
	pthread_mutex_destroy(&nd->metrics_mu);
	pthread_mutex_destroy(&nd->outbox_mu);
	pthread_mutex_destroy(&nd->opening_mu);
	pthread_mutex_destroy(&nd->guard_mu);
	pthread_mutex_destroy(&nd->given_mu);
	json_decref(nd->event_counts);
	sem_destroy(&nd->password_places);
	access_free(nd->access);
	arena_free(nd->a);
	stat_cache_free(nd->statistics);
	free(nd);
}

uint64_t
node_commits(struct node *nd)
{
	pthread_mutex_lock(&nd->mu);
	uint64_t n = nd->commits;
	pthread_mutex_unlock(&nd->mu);
	return n;
}

void
node_wake(struct node *nd)
{
	pthread_mutex_lock(&nd->mu);
	nd->commits++; /* for whoever is about to wait, too */
	pthread_cond_broadcast(&nd->committed);
	pthread_mutex_unlock(&nd->mu);
}

bool
node_wait(struct node *nd, uint64_t seen, int64_t timeout_us)
{
	static const _Atomic bool never;

	return node_wait_unless(nd, seen, timeout_us, &never);
}

bool
node_wait_unless(struct node *nd, uint64_t seen, int64_t timeout_us,
		 const _Atomic bool *over)
{
	int64_t until = clock_mono_us() + timeout_us;
	struct timespec ts = {.tv_sec = (time_t)(until / CLOCK_US_PER_S),
			      .tv_nsec = (long)(until % CLOCK_US_PER_S) * 1000};
	int waited = 0;

	pthread_mutex_lock(&nd->mu);
	while (!nd->stopping && !atomic_load(over) && nd->commits == seen && waited == 0)
		waited = pthread_cond_timedwait(&nd->committed, &nd->mu, &ts);
	bool goes_on = !nd->stopping;
	pthread_mutex_unlock(&nd->mu);
	return goes_on;
}
