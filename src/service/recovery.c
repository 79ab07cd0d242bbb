#include "service/recovery.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/log_check.h"
#include "service/rekey.h"
#include "store/store_sql.h"

/* ---- how a log stands -----------------------------------------------------------------
 */

const char *
recovery_token(enum log_state state)
{
	static const char *const tokens[] = {
		[LOG_OPEN] = "open",
		[LOG_ASKS] = "asks",
		[LOG_PULLS] = "pulls",
		[LOG_HALTED] = "halted",
	};

	return tokens[state];
}

enum log_state
recovery_state(struct node *nd, int64_t channel)
{
	pthread_mutex_lock(&nd->guard_mu);
	enum log_state state = nd->guard[channel].state;
	pthread_mutex_unlock(&nd->guard_mu);
	return state;
}

void
recovery_set(struct node *nd, int64_t channel, enum log_state state, const char *fmt, ...)
{
	struct log_guard *g = &nd->guard[channel];
	char why[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	/* No word of a peer mends what is damaged here. */
	if (state != LOG_HALTED && atomic_load(&nd->damaged[channel]))
		return;
	pthread_mutex_lock(&nd->guard_mu);
	bool changed = g->state != state || strcmp(g->why, why) != 0;
	if (g->state != state)
		g->have = g->of = 0;
	if (g->state == LOG_OPEN || g->since_us == 0)
		g->since_us = clock_now_us();
	g->state = state;
	if (state == LOG_OPEN)
		atomic_store(&nd->old_copy[channel], false);
	else
		rekey_forget(nd, channel);
	snprintf(g->why, sizeof(g->why), "%s", why);
	g->told = g->told && !changed;
	pthread_mutex_unlock(&nd->guard_mu);
	if (changed)
		log_line(state == LOG_OPEN ? LOG_INFO : LOG_WARN, "log.state",
			 "peer=%" PRId64 " state=%s why=\"%s\"", channel,
			 recovery_token(state), why);
}

void
recovery_progress(struct node *nd, int64_t channel, uint64_t have, uint64_t of)
{
	pthread_mutex_lock(&nd->guard_mu);
	nd->guard[channel].have = have;
	nd->guard[channel].of = of;
	pthread_mutex_unlock(&nd->guard_mu);
}

void
recovery_suspect(struct node *nd, const struct channel_row *c, bool called,
		 uint64_t theirs, uint64_t ours)
{
	const int64_t channel = c->channel;

	pthread_mutex_lock(&nd->guard_mu);
	bool idle = nd->guard[channel].idle_claims;
	if (!idle && called && nd->guard[channel].state == LOG_OPEN)
		nd->guard[channel].claimed_us = clock_mono_us();
	pthread_mutex_unlock(&nd->guard_mu);
	atomic_store(&nd->asked[channel], false);
	node_wake(nd);
	if (idle)
		return;
	atomic_store(&nd->old_copy[channel], true);
	if (recovery_state(nd, channel) == LOG_OPEN)
		recovery_set(nd, channel, LOG_ASKS,
			     "%s has %" PRIu64 " events of ours and we have %" PRIu64
			     ": this node lost some. It asks for them; until they are "
			     "back nothing enters the log",
			     c->peer_org, theirs, ours);
}

void
recovery_shown(struct node *nd, int64_t channel)
{
	pthread_mutex_lock(&nd->guard_mu);
	nd->guard[channel].claimed_us = 0;
	nd->guard[channel].idle_claims = false;
	pthread_mutex_unlock(&nd->guard_mu);
}

void
recovery_claim_look(struct node *nd, const struct channel_row *c, int64_t *ret_us)
{
	struct log_guard *g = &nd->guard[c->channel];

	pthread_mutex_lock(&nd->guard_mu);
	int64_t left_us = g->claimed_us == 0
				  ? 0
				  : g->claimed_us + RECOVERY_CLAIM_S * CLOCK_US_PER_S -
					    clock_mono_us();
	bool over = g->claimed_us != 0 && left_us <= 0;
	if (over) {
		g->claimed_us = 0;
		g->idle_claims = true;
	}
	pthread_mutex_unlock(&nd->guard_mu);
	*ret_us = left_us > 0 ? left_us : 0;
	if (over)
		recovery_set(nd, c->channel, LOG_OPEN,
			     "%s says that it has more of our log, and did not show it "
			     "within %d s: store and marks agree, so it goes on",
			     c->peer_org, RECOVERY_CLAIM_S);
}

enum rc
channel_usable(struct node *nd, int64_t channel, struct err *e)
{
	const struct log_guard *g = &nd->guard[channel];
	enum rc rc = RC_OK;

	pthread_mutex_lock(&nd->guard_mu);
	if (g->state != LOG_OPEN)
		rc = err_rule(e, RC_FROZEN, "protocol 6", "%s", g->why);
	else if (g->frozen)
		rc = err_rule(e, RC_FROZEN, "protocol 7", "%s", g->frozen_why);
	pthread_mutex_unlock(&nd->guard_mu);
	return rc;
}

enum rc
channel_whole(struct node *nd, int64_t channel, struct err *e)
{
	if (!atomic_load(&nd->damaged[channel]))
		return RC_OK;
	return err_rule(e, RC_UNAVAILABLE, "protocol 6",
			"the store of this node is damaged: until it is mended it signs "
			"nothing in this channel, and takes nothing");
}

json_t *
channels_frozen_json(struct node *nd)
{
	json_t *all = json_array();

	pthread_mutex_lock(&nd->guard_mu);
	for (int i = 0; i <= NODE_CHANNELS_MAX; i++) {
		const struct log_guard *g = &nd->guard[i];
		if (g->state != LOG_OPEN)
			json_array_append_new(all, json_string(g->why));
		if (g->frozen)
			json_array_append_new(all, json_string(g->frozen_why));
	}
	pthread_mutex_unlock(&nd->guard_mu);
	return all;
}

/* ---- in the store ---------------------------------------------------------------------
 */

struct reading {
	struct store *s;
	struct arena *a;
	void *out;
};

static enum rc
on_recovery(void *arg, const struct db_row *row, struct err *e)
{
	const struct reading *x = arg;
	const struct db_driver *drv = x->s->drv;
	struct recovery *r = x->out;
	size_t len;

	r->since_us = drv->col_int(row, 0);
	r->phase = (enum recovery_phase)drv->col_int(row, 1);
	r->base = (uint64_t)drv->col_int(row, 2);
	r->size = (uint64_t)drv->col_int(row, 3);
	const uint8_t *root = drv->col_blob(row, 4, &len);
	if (len != HASH_LEN)
		return err_set(e, RC_CORRUPT, "the store holds a hash of %zu bytes", len);
	memcpy(r->root.b, root, HASH_LEN);
	r->word = store_col_text(x->s, x->a, row, 5);
	r->said_seq = (uint64_t)drv->col_int(row, 6);
	r->said_n = (uint64_t)drv->col_int(row, 7);
	r->needs = (uint64_t)drv->col_int(row, 8);
	return RC_OK;
}

enum rc
recovery_get(struct store *s, struct arena *a, int64_t channel, struct recovery *ret,
	     struct err *e)
{
	struct reading x = {.s = s, .a = a, .out = ret};

	*ret = (struct recovery){.channel = channel};
	return store_run(s, &SQL_REGAIN_GET, (struct db_param[]){DB_P_INT(channel)},
			 on_recovery, &x, e);
}

enum rc
recovery_put(struct store *s, const struct recovery *r, struct err *e)
{
	return store_run(s, &SQL_REGAIN_PUT,
			 (struct db_param[]){
				 DB_P_INT(r->channel),
				 DB_P_INT(r->since_us),
				 DB_P_INT(r->phase),
				 DB_P_INT(r->base),
				 DB_P_INT(r->size),
				 DB_P_BLOB(r->root.b, HASH_LEN),
				 DB_P_TEXT(r->word),
				 DB_P_INT(r->said_seq),
				 DB_P_INT(r->said_n),
				 DB_P_INT(r->needs),
			 },
			 NULL, NULL, e);
}

enum rc
recovery_staged(struct store *s, const struct recovery *r, uint64_t *ret, struct err *e)
{
	int64_t end = 0;
	enum rc rc = store_int(
		s, &SQL_REGAIN_EVENT_END,
		(struct db_param[]){DB_P_INT(r->channel), DB_P_INT(r->base)}, 0, &end, e);

	*ret = (uint64_t)end;
	return rc;
}

struct entries {
	struct reading x;
	uint64_t from;
	size_t n, cap;
};

static enum rc
on_entry(void *arg, const struct db_row *row, struct err *e)
{
	struct entries *r = arg;
	const struct db_driver *drv = r->x.s->drv;
	struct recovery_entry *out = r->x.out;

	if (r->n == r->cap || (uint64_t)drv->col_int(row, 0) != r->from + r->n)
		return err_set(e, RC_CORRUPT, "what came back has a gap at %" PRIu64,
			       r->from + r->n);
	const char *jws = drv->col_text(row, 1, &out[r->n].len);
	out[r->n].jws = arena_strndup(r->x.a, jws, out[r->n].len);
	r->n++;
	return RC_OK;
}

enum rc
recovery_entries(struct store *s, struct arena *a, int64_t channel, uint64_t from,
		 uint64_t to, struct recovery_entry **ret, struct err *e)
{
	struct entries r = {.x = {.s = s, .a = a}, .from = from, .cap = to - from};

	*ret = r.x.out = arena_array(a, r.cap, sizeof(**ret));
	enum rc rc = store_run(
		s, &SQL_REGAIN_EVENT_RANGE,
		(struct db_param[]){DB_P_INT(channel), DB_P_INT(from), DB_P_INT(to)},
		on_entry, &r, e);
	if (rc == RC_OK && r.n != r.cap)
		rc = err_set(e, RC_CORRUPT, "what came back ends at %" PRIu64,
			     from + r.n);
	return rc;
}

enum rc
recovery_root(struct store *s, int64_t channel, enum party party, uint64_t size,
	      struct hash *ret, struct err *e)
{
	struct log_tree tree = {.s = s, .channel = channel, .party = party};
	struct merkle_edge edge;
	enum rc rc = merkle_edge_load(size, log_tree_get, &tree, &edge, e);

	if (rc == RC_OK)
		merkle_root(&edge, ret);
	return rc;
}

enum rc
recovery_marks(struct node *nd, struct arena *a, const char *origin,
	       struct recovery_marks *ret, struct err *e)
{
	struct err none = ERR_INIT;

	*ret = (struct recovery_marks){.marked = false};
	enum rc rc = signer_mark(nd->signer, origin, &ret->size, &ret->root, &none);
	ret->marked = rc == RC_OK;
	if (rc == RC_OK || rc == RC_NOT_FOUND)
		rc = signer_mark(nd->signer, arena_printf(a, "%s" SIGNER_SEEN, origin),
				 &ret->seen, &ret->seen_root, &none);
	return rc == RC_OK || rc == RC_NOT_FOUND ? RC_OK
						 : err_set(e, rc, "%s", none.text);
}

enum rc
recovery_seen(struct node *nd, const struct log_head *own, struct err *e)
{
	return signer_mark_seen(nd->signer,
				&(struct checkpoint){.origin = own->origin,
						     .size = own->size,
						     .root = own->root},
				e);
}

/* ---- at the start ---------------------------------------------------------------------
 */

/* Of one log of ours, and what the signer remembers of it. */
struct look {
	const struct channel_row *c;
	struct log_head h;
	uint64_t receipted;
	struct recovery_marks m;
};

static enum rc
look_read(struct node *nd, struct look *l, struct err *e)
{
	struct log_receipt receipt = {0};
	struct err none = ERR_INIT;
	enum rc rc =
		store_head(nd->store, nd->a, l->c->channel, l->c->own_party, &l->h, e);

	if (rc != RC_OK)
		return rc;
	rc = store_receipt_last(nd->store, nd->a, l->c->channel, l->c->own_party,
				&receipt, &none);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return err_set(e, rc, "%s", none.text);
	l->receipted = receipt.size;
	return recovery_marks(nd, nd->a, l->h.origin, &l->m, e);
}

/* Is this head one of the store's log? */
static enum rc
look_has(struct node *nd, const struct look *l, uint64_t size, const struct hash *root,
	 bool *ret, struct err *e)
{
	struct hash local;
	enum rc rc = RC_OK;

	*ret = size <= l->h.size;
	if (*ret)
		rc = recovery_root(nd->store, l->c->channel, l->c->own_party, size,
				   &local, e);
	*ret = *ret && rc == RC_OK && hash_equal(&local, root);
	return rc;
}

/* Nothing enters a log before the peer has told, unless store and mark agree: the mark
 * is a head of this store's log, and no receipt covers more than it. */
static enum rc
look_judge(struct node *nd, const struct look *l, struct err *e)
{
	const int64_t channel = l->c->channel;
	const char *peer = l->c->peer_org;
	uint64_t most = l->m.size > l->m.seen ? l->m.size : l->m.seen;
	bool has = true, had = true;
	enum rc rc = RC_OK;

	if (l->m.marked && l->m.size != 0)
		rc = look_has(nd, l, l->m.size, &l->m.root, &has, e);
	if (rc == RC_OK && l->m.seen != 0)
		rc = look_has(nd, l, l->m.seen, &l->m.seen_root, &had, e);
	/* Without a mark nobody can tell whether the store is the newest. */
	atomic_store(&nd->old_copy[channel],
		     most > l->h.size || !had || (!l->m.marked && l->h.size != 0));
	if (rc != RC_OK)
		return rc;
	if (!l->m.marked && (l->h.size != 0 || l->receipted != 0))
		recovery_set(nd, channel, LOG_ASKS,
			     "the file marks does not know the log of %" PRIu64
			     " events for %s: it is old or was made anew. The node asks "
			     "%s what was signed; until then nothing enters the log",
			     l->h.size, peer, peer);
	else if (most > l->h.size)
		recovery_set(nd, channel, LOG_ASKS,
			     "the store has %" PRIu64 " events for %s and %" PRIu64
			     " were recorded: it is an old copy. The node asks %s for "
			     "the rest; until then nothing enters the log",
			     l->h.size, peer, most, peer);
	else if (!has || !had)
		recovery_set(nd, channel, LOG_ASKS,
			     "the first %" PRIu64 " events for %s are not those that "
			     "were recorded before. The node asks %s; until then nothing "
			     "enters the log",
			     most, peer, peer);
	else if (l->m.size < l->receipted)
		recovery_set(nd, channel, LOG_ASKS,
			     "the file marks knows %" PRIu64 " events for %s and %" PRIu64
			     " are receipted: it is old or was made anew. The node asks "
			     "%s what was signed; until then nothing enters the log",
			     l->m.size, peer, l->receipted, peer);
	return RC_OK;
}

/* *ret_whole: the log may be looked at further. */
static enum rc
bytes_examine(struct node *nd, const struct channel_row *c, bool *ret_whole,
	      struct err *e)
{
	struct err found = ERR_INIT;
	enum rc rc = log_check(nd->store, nd->ids, c, &found);

	*ret_whole = rc == RC_OK;
	if (rc == RC_CORRUPT) {
		atomic_store(&nd->damaged[c->channel], true);
		recovery_set(nd, c->channel, LOG_HALTED, "%s", found.text);
		return RC_OK;
	}
	return rc == RC_OK ? RC_OK : err_set(e, rc, "%s", found.text);
}

enum rc
channels_examine(struct node *nd, struct err *e)
{
	const struct channel_row *rows;
	bool whole = true;
	size_t n;
	enum rc rc = store_channels(nd->store, nd->a, &rows, &n, e);

	if (rc == RC_OK)
		rc = log_check_store(nd->store, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct look l = {.c = &rows[i]};
		struct recovery r;
		if (rows[i].channel < 0 || rows[i].channel > NODE_CHANNELS_MAX)
			return err_set(e, RC_CORRUPT,
				       "the store is damaged: it has a channel %" PRId64
				       ", and they end at %d. Put back the newest copy "
				       "that is whole and leave the file marks",
				       rows[i].channel, NODE_CHANNELS_MAX);
		/* Nobody is there to be asked yet. */
		if (rows[i].introduction[0] == '\0')
			continue;
		rc = channel_frozen_examine(nd, nd->store, nd->a, &rows[i], e);
		if (rc == RC_OK)
			rc = bytes_examine(nd, &rows[i], &whole, e);
		if (rc != RC_OK || !whole)
			continue;
		rc = look_read(nd, &l, e);
		if (rc == RC_OK) {
			committed_note(nd, rows[i].channel, &l.h);
			rc = look_judge(nd, &l, e);
		}
		if (rc == RC_OK)
			rc = recovery_get(nd->store, nd->a, rows[i].channel, &r, e);
		if (rc == RC_OK && r.since_us != 0 &&
		    recovery_state(nd, rows[i].channel) == LOG_OPEN)
			recovery_set(nd, rows[i].channel, LOG_ASKS,
				     "the log for %s was being brought back when this "
				     "node stopped: it goes on",
				     rows[i].peer_org);
	}
	return rc;
}
