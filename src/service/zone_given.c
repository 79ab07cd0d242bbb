/*
 * Serials that were given out.
 *
 * A resolver takes a zone only when its serial rises, and asks for what changed since the
 * one that it has.  A store that is older than what resolvers have would draw serials
 * that they pass over, and lifts with them, or draw one again for another content.  So
 * the newest serial that was given out stands in a file beside the store, as `marks` does
 * for the logs; whoever shows a newer one than the store knows is believed within reason;
 * and then each zone is given anew: under a serial past all others, and whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/alarm.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

#define GIVEN_FILE "zone.serial"
#define ALARM_KEY  "zone-ahead"

enum {
	GIVEN_MODE = 0600,
	GIVEN_DIGITS = 10,
	/* Serials that a lost store drew: at most as many changes as this past the clock.
	 */
	AHEAD_S = 86400,
	BELIEVED_S = 2 * AHEAD_S, /* past the clock, of what resolvers show */
	PAUSE_S = AHEAD_S / 2,	  /* between two times that they are believed */
};

/* ---- the file -------------------------------------------------------------------------
 */

static const char *
file_path(const struct node *nd, struct arena *a)
{
	return arena_printf(a, "%s/" GIVEN_FILE, node_dir(nd));
}

static bool
digits_read(const char *text, size_t len, uint32_t *ret)
{
	uint64_t v = 0;

	for (size_t i = 0; i < GIVEN_DIGITS; i++) {
		if (i >= len || text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(text[i] - '0');
	}
	*ret = (uint32_t)v;
	return len == GIVEN_DIGITS + 1 && text[GIVEN_DIGITS] == '\n' && v <= UINT32_MAX;
}

static enum rc
given_read(const struct node *nd, struct arena *a, uint32_t *ret, struct err *e)
{
	char text[GIVEN_DIGITS + 2];
	const char *path = file_path(nd, a);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*ret = 0;
	if (fd < 0)
		return errno == ENOENT ? RC_OK : err_sys(e, "open %s", path);
	ssize_t n = read(fd, text, sizeof(text));
	enum rc rc = n < 0 ? err_sys(e, "read %s", path) : RC_OK;
	close(fd);
	if (rc == RC_OK && !digits_read(text, (size_t)n, ret))
		rc = err_set(e, RC_CORRUPT,
			     "%s is not the newest serial of the zones, ten digits: put "
			     "back the file, or remove it and then have the zones given "
			     "anew (saluran zone renew)",
			     path);
	return rc;
}

/* It stays within one block, which is there from the first time on: a full disk is no
 * hindrance.  Nothing waits for the disk, as a store that is whole has the serial. */
static bool
given_write(const struct node *nd, uint32_t serial)
{
	struct arena *a = arena_create();
	char text[GIVEN_DIGITS + 2];
	int fd = open(file_path(nd, a), O_WRONLY | O_CREAT | O_CLOEXEC, GIVEN_MODE);
	size_t len = (size_t)snprintf(text, sizeof(text), "%010" PRIu32 "\n", serial);
	bool done = fd >= 0 && pwrite(fd, text, len, 0) == (ssize_t)len;

	if (!done)
		log_line(LOG_ERROR, "zone.given", "file=" GIVEN_FILE " serial=%u why=%s",
			 serial, strerror(errno));
	if (fd >= 0)
		close(fd);
	arena_free(a);
	return done;
}

void
zone_given_note(struct node *nd, uint32_t serial)
{
	pthread_mutex_lock(&nd->given_mu);
	if (serial > atomic_load(&nd->zone_given) && given_write(nd, serial))
		atomic_store(&nd->zone_given, serial);
	pthread_mutex_unlock(&nd->given_mu);
}

/* ---- anew -----------------------------------------------------------------------------
 */

enum rc
zone_renew(struct writer *w, uint32_t past, struct err *e)
{
	uint64_t ahead = (uint64_t)(w->now_us / CLOCK_US_PER_S) + AHEAD_S;
	struct store_list heads;
	uint32_t serial = 0;
	enum rc rc = zone_heads(w->s, w->a, &heads, e);

	if (rc == RC_OK)
		rc = zone_serial_next(w, &serial, e);
	if (serial <= past)
		serial = past + 1;
	if (ahead > serial && ahead <= INT32_MAX)
		serial = (uint32_t)ahead;
	for (size_t i = 0; rc == RC_OK && i < heads.n; i++) {
		struct zone_head *z = (struct zone_head *)heads.rows + i;
		rc = zone_anew(w, z, serial, z->ttl_s, e);
	}
	if (rc == RC_OK && heads.n != 0)
		log_line(LOG_WARN, "zone.renew", "serial=%u zones=%zu", serial, heads.n);
	return rc;
}

enum rc
zone_given_open(struct writer *w, struct err *e)
{
	struct arena *a = arena_create();
	uint32_t given;
	int64_t counter = 0;
	enum rc rc = given_read(w->nd, a, &given, e);

	arena_free(a);
	if (rc == RC_OK)
		rc = store_int(w->s, &SQL_ZONE_COUNTER, NULL, 0, &counter, e);
	if (rc != RC_OK)
		return rc;
	atomic_store(&w->nd->zone_given, given);
	return counter != 0 && counter < given ? zone_renew(w, given, e) : RC_OK;
}

enum rc
zone_ahead(struct writer *w, const char *operator_name, const char *where,
	   uint32_t serial, struct err *e)
{
	uint64_t now_s = (uint64_t)(w->now_us / CLOCK_US_PER_S);
	int64_t counter = 0;
	enum rc rc = RC_OK;

	if (serial <= atomic_load(&w->nd->zone_given))
		return RC_OK;
	rc = store_int(w->s, &SQL_ZONE_COUNTER, NULL, 0, &counter, e);
	if (rc != RC_OK || serial <= counter)
		return rc;
	/* Whoever has a key cannot have the zones sent to everybody again and again, nor
	 * use the serials up. */
	int64_t ago_us = clock_mono_us() - w->nd->zone_ahead_us;
	bool anew = serial <= now_s + BELIEVED_S &&
		    (w->nd->zone_ahead_us == 0 || ago_us > PAUSE_S * CLOCK_US_PER_S);
	if (anew) {
		rc = zone_renew(w, serial, e);
		w->nd->zone_ahead_us = clock_mono_us();
	}
	return rc == RC_OK
		       ? alarm_raise(
				 w, ALARM_KEY, "zone_ahead", operator_name,
				 arena_printf(
					 w->a,
					 "%s at %s has serial %u of a zone, which this "
					 "store never gave out (its newest was %" PRId64
					 "): the store is older than what was published, "
					 "or another node runs with its keys. %s",
					 operator_name, where, serial, counter,
					 anew ? "The zones were given anew, whole, under "
						"a newer serial: look whether what is in "
						"force here should be"
					      : "Until then resolvers there pass over "
						"every change: look, and have the zones "
						"given anew (saluran zone renew)"),
				 w->now_us, e)
		       : rc;
}

struct renewing {
	const char *by;
	uint32_t past;
};

static enum rc
work_renew(struct writer *w, void *arg, struct err *e)
{
	const struct renewing *x = arg;
	enum rc rc = zone_renew(w, x->past, e);

	if (rc == RC_OK)
		rc = alarm_clear(w, ALARM_KEY, e);
	if (rc == RC_OK)
		log_line(LOG_WARN, "zone.renewed", "by=%s", x->by);
	return rc;
}

/* in: past? (a serial that somebody holds)  out: zones [{zone, serial}]
 * Each zone under a serial past all others, and whole. */
enum rc
service_zone_renew(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	struct renewing x = {.by = actor_pseudonym(who)};
	json_t *zones = json_array();
	struct store *s = NULL;
	struct store_list heads = {.n = 0};
	int64_t past = 0;
	enum rc rc = in_only(in, "past", e);

	reply_json(a, out, json_pack("{s:o}", "zones", zones));
	if (rc == RC_OK)
		rc = in_int(in, "past", 1, INT32_MAX - 1, 0, &past, e);
	x.past = (uint32_t)past;
	if (rc == RC_OK)
		rc = writer_run(nd, work_renew, &x, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = zone_heads(s, a, &heads, e);
	reader_put(nd, s);
	for (size_t i = 0; rc == RC_OK && i < heads.n; i++) {
		const struct zone_head *z = (const struct zone_head *)heads.rows + i;
		json_array_append_new(zones, json_pack("{s:s, s:I}", "zone", z->name,
						       "serial", (json_int_t)z->serial));
	}
	return rc;
}
