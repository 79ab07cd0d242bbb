#include "service/clock_guard.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/log.h"
#include "service/alarm.h"
#include "service/exchange.h"
#include "service/person.h"
#include "service/tick.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	DAY_S = 86400,
	BOOT_ID_MAX = 64,
	ORG_SHOWN_MAX = 100,
	KEPT_TEXT_MAX = BOOT_ID_MAX + 64,
};
/* A node that nobody used for longer says what it thinks the time is before it acts. */
#define GAP_US (DAY_S * CLOCK_US_PER_S)
/* A doubt that nobody ends is over after so long. */
#define DOUBT_US (DAY_S * CLOCK_US_PER_S)
/* A correction of the clock by less is not written down, nor a time so soon after. */
#define KEPT_US	     (60 * CLOCK_US_PER_S)
#define KEPT_SEEN_US (600 * CLOCK_US_PER_S)
/* Of a clock that is believed: "<id of the boot> <offset> <time>". */
#define META_CLOCK "clock"
#define BOOT_FILE  "/proc/sys/kernel/random/boot_id"
#define ALARM_KEY  "clock"

static const char *const tokens[CLOCK_STATES] = {
	[CLOCK_SURE] = "sure",
	[CLOCK_STEPPED] = "stepped",
	[CLOCK_BEHIND] = "behind",
	[CLOCK_GAP] = "gap",
};

struct clock_guard {
	pthread_mutex_t mu; /* of all that follows but for the tick's */
	enum clock_state state;
	int64_t since_us;   /* boot time at which the doubt began */
	int64_t seen_us;    /* what the store had seen when we started; 0: nothing */
	int64_t seen_at_us; /* boot time at which that was read */
	char peer[ORG_SHOWN_MAX]; /* that says another time, "": none */
	int64_t peer_s;		  /* how far our clock is ahead of what it says */
	bool asks[NODE_CHANNELS_MAX + 1];
	char boot[BOOT_ID_MAX + 1];

	/* the tick's */
	bool tells; /* once: an alarm of an earlier start may stand */
	enum clock_state told;
	char told_peer[ORG_SHOWN_MAX];
	char kept_boot[BOOT_ID_MAX + 1]; /* what the store has */
	int64_t kept_us, kept_seen_us;
};

const char *
clock_state_token(enum clock_state state)
{
	return tokens[state];
}

static int64_t
distance(int64_t a, int64_t b)
{
	return a < b ? b - a : a - b;
}

/* ---- the state; with the lock held ------------------------------------------------- */

static void
enter(struct clock_guard *g, enum clock_state state, int64_t boot_us, const char *why)
{
	if (state == g->state)
		return;
	log_line(state == CLOCK_SURE ? LOG_INFO : LOG_WARN, "clock.state",
		 "state=%s before=%s why=\"%s\"", tokens[state], tokens[g->state], why);
	if (g->state == CLOCK_SURE || state == CLOCK_SURE)
		g->since_us = boot_us;
	if (state != CLOCK_SURE)
		memset(g->asks, true, sizeof(g->asks));
	g->peer[0] = '\0';
	g->state = state;
}

static void
believe(struct clock_guard *g, int64_t wall_us, int64_t boot_us, const char *why)
{
	clock_believe(wall_us - boot_us);
	enter(g, CLOCK_SURE, boot_us, why);
}

/* By what the store had seen: is this the time that follows it? */
static void
judge_start(struct clock_guard *g, int64_t wall_us, int64_t boot_us)
{
	int64_t least_us = g->seen_us + boot_us - g->seen_at_us;

	if (g->seen_us == 0 ||
	    (wall_us >= least_us - CLOCK_STEP_US && wall_us <= least_us + GAP_US)) {
		believe(g, wall_us, boot_us, "it follows what the store has seen");
	} else if (wall_us < least_us) {
		clock_believe(g->seen_us - g->seen_at_us);
		enter(g, CLOCK_BEHIND, boot_us, "the store has seen later times");
	} else {
		clock_believe(wall_us - boot_us);
		enter(g, CLOCK_GAP, boot_us, "the store has seen nothing for a day");
	}
}

static void
judge(struct clock_guard *g, int64_t wall_us, int64_t boot_us)
{
	bool over = g->state != CLOCK_SURE && boot_us - g->since_us > DOUBT_US;
	int64_t offset_us = wall_us - boot_us, believed_us;

	if (!clock_believed(&believed_us))
		believed_us = offset_us;
	bool agrees = distance(offset_us, believed_us) <= CLOCK_STEP_US;
	if (g->state == CLOCK_SURE && !agrees)
		enter(g, CLOCK_STEPPED, boot_us, "the system's clock has jumped");
	else if (g->state == CLOCK_STEPPED && agrees)
		believe(g, wall_us, boot_us, "the system's clock is back");
	else if (over && (g->state == CLOCK_GAP ||
			  (g->state == CLOCK_STEPPED && offset_us > believed_us)))
		believe(g, wall_us, boot_us, "nobody has said anything for a day");
	else if (!over && (g->state == CLOCK_BEHIND || g->state == CLOCK_GAP))
		judge_start(g, wall_us, boot_us);
}

/* ---- the start --------------------------------------------------------------------- */

static void
boot_read(char *ret)
{
	int fd = open(BOOT_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, ret, BOOT_ID_MAX);

	if (fd >= 0)
		close(fd);
	ret[n < 0 ? 0 : n] = '\0';
	ret[strcspn(ret, " \n")] = '\0';
}

/* A number behind a space; *at is moved behind it.  False: there is none. */
static bool
kept_number(const char **at, int64_t *ret)
{
	size_t len;
	uint64_t n;

	if (**at != ' ')
		return false;
	len = strcspn(++*at, " ");
	if (decimal_parse(*at, len, INT64_MAX, &n) != RC_OK)
		return false;
	*ret = (int64_t)n;
	*at += len;
	return true;
}

/* What was believed before, in which boot of the machine, and when that last was.  A
 * store without it was last used by an older version. */
static enum rc
kept_read(struct node *nd, struct clock_guard *g, struct arena *a, struct err *e)
{
	const char *text = NULL, *at;
	int64_t offset_us, seen_us;
	enum rc rc = store_text(nd->store, a, &SQL_META_GET,
				(struct db_param[]){DB_P_TEXT(META_CLOCK)}, &text, e);
	size_t len = text == NULL ? 0 : strcspn(text, " ");

	if (rc != RC_OK)
		return rc;
	at = text == NULL ? "" : text + len;
	if (len == 0 || len > BOOT_ID_MAX || !kept_number(&at, &offset_us) ||
	    !kept_number(&at, &seen_us))
		return store_int(nd->store, &SQL_CLOCK_SEEN, NULL, 0, &g->seen_us, e);
	memcpy(g->kept_boot, text, len);
	g->kept_us = offset_us;
	g->seen_us = g->kept_seen_us = seen_us;
	return RC_OK;
}

enum rc
clock_guard_start(struct node *nd, struct err *e)
{
	struct clock_guard *g = calloc(1, sizeof(*g));
	struct arena *a = arena_create();
	int64_t wall_us, boot_us;

	if (g == NULL)
		abort();
	pthread_mutex_init(&g->mu, NULL);
	nd->clock = g;
	boot_read(g->boot);
	enum rc rc = kept_read(nd, g, a, e);
	clock_read(&wall_us, &boot_us);
	g->seen_at_us = boot_us;
	if (rc == RC_OK && g->boot[0] != '\0' && strcmp(g->boot, g->kept_boot) == 0) {
		/* The same boot: the time that has passed since then is known. */
		clock_believe(g->kept_us);
		judge(g, wall_us, boot_us);
	} else if (rc == RC_OK) {
		judge_start(g, wall_us, boot_us);
	}
	arena_free(a);
	return rc;
}

void
clock_guard_stop(struct node *nd)
{
	if (nd->clock == NULL)
		return;
	pthread_mutex_destroy(&nd->clock->mu);
	free(nd->clock);
	nd->clock = NULL;
}

/* ---- what it is asked -------------------------------------------------------------- */

enum clock_state
clock_guard_state(struct node *nd)
{
	if (nd->clock == NULL)
		return CLOCK_SURE;
	pthread_mutex_lock(&nd->clock->mu);
	enum clock_state state = nd->clock->state;
	pthread_mutex_unlock(&nd->clock->mu);
	return state;
}

bool
clock_guard_dates(struct node *nd)
{
	struct clock_guard *g = nd->clock;
	int64_t wall_us, boot_us;

	if (g == NULL)
		return true;
	clock_read(&wall_us, &boot_us);
	pthread_mutex_lock(&g->mu);
	bool may = g->state == CLOCK_SURE || g->state == CLOCK_STEPPED ||
		   boot_us - g->since_us > DOUBT_US;
	pthread_mutex_unlock(&g->mu);
	return may;
}

enum rc
clock_guard_check(struct node *nd, struct err *e)
{
	if (clock_guard_dates(nd))
		return RC_OK;
	return err_set(
		e, RC_UNAVAILABLE,
		"nothing was done, since this node does not know what time it is: "
		"'saluran clock' says why; set the machine's clock, or, when it is "
		"right, say 'saluran clock trust'");
}

bool
clock_guard_asks(struct node *nd, int64_t peer)
{
	struct clock_guard *g = nd->clock;

	if (g == NULL || peer < 0 || peer > NODE_CHANNELS_MAX)
		return false;
	pthread_mutex_lock(&g->mu);
	bool asks = g->state != CLOCK_SURE && g->asks[peer];
	pthread_mutex_unlock(&g->mu);
	return asks;
}

/* With the lock held: how far the system's clock is ahead of what it should be. */
static int64_t
ahead_s(const struct clock_guard *g)
{
	int64_t wall_us, boot_us, believed_us;

	clock_read(&wall_us, &boot_us);
	if (g->state == CLOCK_GAP)
		return (wall_us - g->seen_us - (boot_us - g->seen_at_us)) /
		       CLOCK_US_PER_S;
	if (!clock_believed(&believed_us))
		return 0;
	return (wall_us - boot_us - believed_us) / CLOCK_US_PER_S;
}

json_t *
clock_guard_json(struct node *nd)
{
	struct clock_guard *g = nd->clock;
	int64_t s = 0, peer_s = 0;
	enum clock_state state = CLOCK_SURE;
	char peer[ORG_SHOWN_MAX] = "";

	if (g != NULL) {
		pthread_mutex_lock(&g->mu);
		state = g->state;
		s = state == CLOCK_SURE ? 0 : ahead_s(g);
		memcpy(peer, g->peer, sizeof(peer));
		peer_s = g->peer_s;
		pthread_mutex_unlock(&g->mu);
	}
	json_t *o = json_pack("{s:s, s:I, s:o}", "state", tokens[state], "seconds",
			      (json_int_t)s, "now", json_time(clock_now_us()));
	if (peer[0] != '\0')
		json_object_set_new(o, "peer",
				    json_pack("{s:s, s:I}", "peer", peer, "seconds",
					      (json_int_t)peer_s));
	return o;
}

/* ---- what peers say ---------------------------------------------------------------- */

bool
exchange_own_time(struct node *nd, int64_t *ret_s)
{
	*ret_s = clock_now_us() / CLOCK_US_PER_S;
	return clock_guard_dates(nd);
}

/* Whose word it is, for people. */
static void
peer_name(struct node *nd, int64_t peer, char *ret)
{
	struct arena *a = arena_create();
	struct store *s = NULL;
	struct channel_row c;

	if (reader_get(nd, &s, NULL) == RC_OK &&
	    channel_by_id(s, a, peer, &c, NULL) == RC_OK)
		snprintf(ret, ORG_SHOWN_MAX, "%s", c.peer_org);
	reader_put(nd, s);
	arena_free(a);
}

void
exchange_peer_time(struct node *nd, int64_t peer, int64_t time_s)
{
	struct clock_guard *g = nd->clock;
	int64_t wall_us, boot_us, believed_us;
	char org[ORG_SHOWN_MAX] = "a peer";

	if (g == NULL || peer < 0 || peer > NODE_CHANNELS_MAX || time_s < 0 ||
	    time_s > INT64_MAX / CLOCK_US_PER_S || clock_guard_state(nd) == CLOCK_SURE)
		return;
	peer_name(nd, peer, org);
	clock_read(&wall_us, &boot_us);
	int64_t theirs_us = time_s * CLOCK_US_PER_S;
	if (!clock_believed(&believed_us))
		believed_us = wall_us - boot_us;
	pthread_mutex_lock(&g->mu);
	g->asks[peer] = false;
	if (g->state == CLOCK_SURE)
		goto out;
	if (distance(theirs_us, wall_us) <= CLOCK_STEP_US)
		believe(g, wall_us, boot_us, "a peer has the same time");
	else if (g->state == CLOCK_BEHIND &&
		 distance(theirs_us, boot_us + believed_us) <= CLOCK_STEP_US)
		enter(g, CLOCK_STEPPED, boot_us, "a peer has the time of the store");
	else {
		memcpy(g->peer, org, sizeof(g->peer));
		g->peer_s = (wall_us - theirs_us) / CLOCK_US_PER_S;
	}
out:
	pthread_mutex_unlock(&g->mu);
}

/* ---- what people see --------------------------------------------------------------- */

struct telling {
	enum clock_state state;
	int64_t ahead_s, peer_s;
	const char *peer;
};

static const char *
span(struct arena *a, int64_t s)
{
	int64_t n = s < 0 ? -s : s;

	return n >= 2 * DAY_S ? arena_printf(a, "%" PRId64 " days", n / DAY_S)
	       : n >= 7200    ? arena_printf(a, "%" PRId64 " hours", n / 3600)
			      : arena_printf(a, "%" PRId64 " minutes", n / 60);
}

static const char *
tell_text(struct arena *a, const struct telling *t)
{
	const char *peer = t->peer[0] == '\0'
				   ? ""
				   : arena_printf(a, " %s says a time %s %s it.", t->peer,
						  span(a, t->peer_s),
						  t->peer_s > 0 ? "before" : "after");
	const char *mend = " Set the clock, or, when it is right, say 'saluran clock "
			   "trust'.";

	if (t->state == CLOCK_STEPPED)
		return arena_printf(
			a,
			"this machine's clock is %s %s the time that has passed: it is "
			"not believed, and this node goes on by what has passed.%s%s",
			span(a, t->ahead_s), t->ahead_s > 0 ? "after" : "before", peer,
			mend);
	if (t->state == CLOCK_BEHIND)
		return arena_printf(
			a,
			"this machine's clock is %s before what this node has already "
			"seen: what has a date waits, at most a day.%s%s",
			span(a, t->ahead_s), peer, mend);
	return arena_printf(a,
			    "this node has seen nothing for %s, and nobody has said "
			    "that its clock is right: what has a date waits, at most a "
			    "day.%s%s",
			    span(a, t->ahead_s), peer, mend);
}

static enum rc
work_tell(struct writer *w, void *arg, struct err *e)
{
	const struct telling *t = arg;

	if (t->state == CLOCK_SURE)
		return alarm_clear(w, ALARM_KEY, e);
	return alarm_raise(w, ALARM_KEY, "clock", NULL, tell_text(w->a, t), w->now_us, e);
}

static enum rc
work_keep(struct writer *w, void *arg, struct err *e)
{
	return store_run(w->s, &SQL_META_PUT,
			 (struct db_param[]){DB_P_TEXT(META_CLOCK), DB_P_TEXT(arg)}, NULL,
			 NULL, e);
}

/* A clock that is believed is written down, for the next start.  What is stored while it
 * is in doubt does not count. */
static enum rc
keep(struct node *nd, struct clock_guard *g, int64_t now_us, struct err *e)
{
	const char *boot = g->boot[0] == '\0' ? "-" : g->boot;
	char text[KEPT_TEXT_MAX + 1];
	int64_t believed_us;

	if (!clock_believed(&believed_us) || believed_us < 0 || now_us < 0 ||
	    (strcmp(g->kept_boot, boot) == 0 &&
	     distance(g->kept_us, believed_us) <= KEPT_US &&
	     distance(g->kept_seen_us, now_us) <= KEPT_SEEN_US))
		return RC_OK;
	snprintf(text, sizeof(text), "%s %" PRId64 " %" PRId64, boot, believed_us,
		 now_us);
	enum rc rc = writer_run(nd, work_keep, text, e);
	if (rc != RC_OK)
		return rc;
	memcpy(g->kept_boot, boot, strlen(boot) + 1);
	g->kept_us = believed_us;
	g->kept_seen_us = now_us;
	return rc;
}

enum rc
tick_clock(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct clock_guard *g = nd->clock;
	int64_t wall_us, boot_us;
	char peer[ORG_SHOWN_MAX];

	(void)now_us;
	(void)next_us; /* a daemon calls each second */
	if (g == NULL)
		return RC_OK;
	clock_read(&wall_us, &boot_us);
	pthread_mutex_lock(&g->mu);
	judge(g, wall_us, boot_us);
	struct telling t = {g->state, g->state == CLOCK_SURE ? 0 : ahead_s(g), g->peer_s,
			    peer};
	memcpy(peer, g->peer, sizeof(peer));
	pthread_mutex_unlock(&g->mu);
	enum rc rc = RC_OK;
	if (!g->tells || t.state != g->told || strcmp(peer, g->told_peer) != 0)
		rc = writer_run(nd, work_tell, &t, e);
	if (rc == RC_OK) {
		g->tells = true;
		g->told = t.state;
		memcpy(g->told_peer, peer, sizeof(peer));
	}
	return rc == RC_OK && t.state == CLOCK_SURE ? keep(nd, g, wall_us, e) : rc;
}

/* out: clock {state, seconds, now, peer? {peer, seconds}} */
enum rc
service_clock(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	      struct reply *out, struct err *e)
{
	enum rc rc = in_only(in, "", e);

	(void)who;
	if (rc == RC_OK)
		reply_json(a, out, clock_guard_json(nd));
	return rc;
}

/* The system's clock is right: a person says so.  out: as of GET */
enum rc
service_clock_trust(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct telling sure = {.state = CLOCK_SURE};
	struct clock_guard *g = nd->clock;
	int64_t wall_us, boot_us;
	enum rc rc = in_only(in, "", e);

	(void)who;
	if (rc == RC_OK && g != NULL) {
		clock_read(&wall_us, &boot_us);
		pthread_mutex_lock(&g->mu);
		believe(g, wall_us, boot_us, "a person says that it is right");
		pthread_mutex_unlock(&g->mu);
		rc = writer_run(nd, work_tell, &sure, e);
	}
	if (rc == RC_OK)
		reply_json(a, out, clock_guard_json(nd));
	return rc;
}
