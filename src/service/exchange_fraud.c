/*
 * Equivocation (protocol 7): a party that signed what cannot both be true.
 *
 * Found here, or told by the peer, a proof is verified by itself, kept with both sides of
 * it, told to people and to the peer; and the channel is frozen until both sides have
 * begun its next epoch (exchange_epoch.c).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/alarm.h"
#include "service/exchange_int.h"
#include "service/recovery.h"
#include "store/store_sql.h"

/* Proofs of one party that are kept: of those that freeze the channel one is enough, and
 * those that freeze nothing, which anybody with replaced keys can make, leave them their
 * room. */
enum { FRAUD_OF_ONE_MAX = 256 };

/* One that is verified. */
struct proven {
	struct channel_row c;
	enum party whose; /* key it is */
	struct fraud f;
	struct fraud_said said;
	const char *body; /* JSON */
	const char *note, *other;
	struct hash tells; /* with said.at, what tells two proofs apart */
	bool from_peer;
	/* as the store has it */
	bool known, settled;
};

static const char *
frozen_text(struct arena *a, const struct node *nd, const struct channel_row *c,
	    enum party whose, enum fraud_kind kind)
{
	return arena_printf(
		a,
		"the channel with %s is frozen: %s has signed %s. The proof is kept "
		"(saluran recovery). Nothing enters either log. Talk to each other by "
		"another way; once both know why, an admin of each side lets it go on: "
		"saluran channel epoch --peer %s (docs/operating.md, \"A frozen "
		"channel\")",
		c->peer_org, whose == c->own_party ? nd->id->org : c->peer_org,
		fraud_kind_says(kind), c->peer_org);
}

/* ---- the guard --------------------------------------------------------------------- */

static void
guard_freeze(struct node *nd, int64_t channel, const char *why)
{
	struct log_guard *g = &nd->guard[channel];

	pthread_mutex_lock(&nd->guard_mu);
	bool before = g->frozen;
	g->frozen = true;
	if (!before) {
		snprintf(g->frozen_why, sizeof(g->frozen_why), "%s", why);
		g->frozen_us = clock_now_us();
	}
	pthread_mutex_unlock(&nd->guard_mu);
	if (!before)
		log_line(LOG_ERROR, "channel.frozen", "peer=%" PRId64, channel);
}

void
channel_thaw(struct node *nd, int64_t channel)
{
	pthread_mutex_lock(&nd->guard_mu);
	bool before = nd->guard[channel].frozen;
	nd->guard[channel].frozen = false;
	pthread_mutex_unlock(&nd->guard_mu);
	if (before)
		log_line(LOG_INFO, "channel.open", "peer=%" PRId64, channel);
}

bool
channel_is_frozen(struct node *nd, int64_t channel)
{
	pthread_mutex_lock(&nd->guard_mu);
	bool frozen = nd->guard[channel].frozen;
	pthread_mutex_unlock(&nd->guard_mu);
	return frozen;
}

enum rc
channel_takes(struct node *nd, int64_t channel, struct err *e)
{
	pthread_mutex_lock(&nd->guard_mu);
	/* What a log that comes back has seen must come, too. */
	bool frozen = nd->guard[channel].frozen && nd->guard[channel].state == LOG_OPEN;
	pthread_mutex_unlock(&nd->guard_mu);
	if (!frozen)
		return RC_OK;
	return err_rule(
		e, RC_FROZEN, "protocol 7",
		"the channel is frozen here: one side has signed what cannot both "
		"be true. People of both sides must agree to go on");
}

struct freezer {
	struct store *s;
	struct arena *a;
	bool any;
	enum party whose;
	const char *kind;
};

static enum rc
on_freezes(void *arg, const struct db_row *row, struct err *e)
{
	struct freezer *z = arg;

	(void)e;
	z->any = true;
	z->whose = (enum party)z->s->drv->col_int(row, 0);
	z->kind = store_col_text(z->s, z->a, row, 1);
	return RC_OK;
}

enum rc
channel_frozen_examine(struct node *nd, struct store *s, struct arena *a,
		       const struct channel_row *c, struct err *e)
{
	struct freezer z = {.s = s, .a = a};
	enum fraud_kind kind = FRAUD_HEADS;
	enum rc rc =
		store_run(s, &SQL_FRAUD_FREEZES,
			  (struct db_param[]){DB_P_INT(c->channel)}, on_freezes, &z, e);

	atomic_store(&nd->fraud_untold[c->channel], true);
	if (rc != RC_OK || !z.any)
		return rc;
	for (int i = 0; fraud_kinds[i] != NULL; i++)
		if (strcmp(fraud_kinds[i], z.kind) == 0)
			kind = (enum fraud_kind)i;
	guard_freeze(nd, c->channel, frozen_text(a, nd, c, z.whose, kind));
	return RC_OK;
}

/* ---- kept -------------------------------------------------------------------------- */

/* How far the head reaches that is none of the history that both sides agreed on. */
static enum rc
odd_size(struct writer *w, const struct proven *x, enum party log, uint64_t settled,
	 uint64_t *ret, struct err *e)
{
	struct hash here;

	*ret = x->said.most + (x->f.kind == FRAUD_EVENTS ? 1 : 0);
	if (x->f.kind == FRAUD_EVENTS || x->said.at > settled)
		return RC_OK;
	enum rc rc = recovery_root(w->s, x->c.channel, log, x->said.at, &here, e);
	if (rc == RC_OK && !hash_equal(&here, &x->f.head[0].root))
		*ret = x->said.at;
	return rc;
}

/* What both sides have agreed on since does not freeze the channel again, and neither
 * does what somebody signed with keys that are replaced (protocol 7). */
static enum rc
settled_look(struct writer *w, struct proven *x, struct err *e)
{
	enum party log = x->f.kind == FRAUD_RECEIPTS ? party_other(x->whose) : x->whose;
	struct epoch_stand stand;
	int64_t before = 0;
	enum rc rc = channel_epoch_get(w->s, x->c.channel, &stand, e);

	if (rc == RC_OK && x->f.kind == FRAUD_IDENTITY)
		rc = store_int(w->s, &SQL_FRAUD_SETTLED_OF,
			       (struct db_param[]){DB_P_INT(x->c.channel),
						   DB_P_INT(x->whose),
						   DB_P_INT((int64_t)x->said.at)},
			       0, &before, e);
	uint64_t end = UINT64_MAX;
	if (rc == RC_OK && x->f.kind != FRAUD_IDENTITY && stand.epoch != 0)
		rc = odd_size(w, x, log, stand.size[log], &end, e);
	x->settled = !x->said.by_present_keys || before != 0 ||
		     (stand.epoch != 0 && end <= stand.size[log]);
	return rc;
}

static const char *
alarm_text(struct writer *w, const struct proven *x)
{
	const char *org = x->whose == x->c.own_party ? w->nd->id->org : x->c.peer_org;

	if (!x->settled)
		return frozen_text(w->a, w->nd, &x->c, x->whose, x->f.kind);
	return arena_printf(w->a,
			    "%s has signed %s, with keys that are replaced or before "
			    "both sides agreed to go on. The proof is kept (saluran "
			    "recovery); the channel goes on",
			    org, fraud_kind_says(x->f.kind));
}

static enum rc
work_keep(struct writer *w, void *arg, struct err *e)
{
	struct proven *x = arg;
	int64_t n = 0, known = 0;
	const struct db_param of_row[] = {DB_P_INT(x->c.channel), DB_P_INT(x->whose),
					  DB_P_INT((int64_t)x->said.at),
					  DB_P_BLOB(x->tells.b, HASH_LEN)};
	enum rc rc = store_int(w->s, &SQL_FRAUD_KNOWN, of_row, 0, &known, e);

	if (rc == RC_OK)
		rc = settled_look(w, x, e);
	if (rc == RC_OK)
		rc = store_int(w->s, &SQL_FRAUD_COUNT,
			       (struct db_param[]){DB_P_INT(x->c.channel),
						   DB_P_INT(x->whose),
						   DB_P_INT(x->settled)},
			       0, &n, e);
	x->known = known != 0 || n >= FRAUD_OF_ONE_MAX;
	if (rc != RC_OK || x->known)
		return rc;
	rc = store_run(
		w->s, &SQL_FRAUD_PUT,
		(struct db_param[]){
			DB_P_INT(x->c.channel), DB_P_INT(x->whose),
			DB_P_INT((int64_t)x->said.at), DB_P_BLOB(x->tells.b, HASH_LEN),
			DB_P_TEXT(x->note), DB_P_TEXT(x->other), DB_P_INT(w->now_us),
			DB_P_TEXT(fraud_kinds[x->f.kind]), DB_P_TEXT(x->body),
			DB_P_INT(x->from_peer), DB_P_INT(x->from_peer ? w->now_us : 0),
			DB_P_INT(x->settled)},
		NULL, NULL, e);
	return rc == RC_OK ? alarm_raise(w, arena_printf(w->a, "fraud/%s", x->c.peer_org),
					 "fraud", x->c.peer_org, alarm_text(w, x),
					 w->now_us, e)
			   : rc;
}

static const char *
json_text(struct arena *a, const json_t *v)
{
	char *text = json_dumps(v, JSON_COMPACT);

	if (text == NULL)
		abort();
	const char *ret = arena_strdup(a, text);
	free(text);
	return ret;
}

/* Whose key is it about, and does it hold?  A log says it; an identity entry is of either
 * side. */
static enum rc
proven_verify(struct store *s, struct arena *a, struct proven *x,
	      struct identity_log *ids, struct err *e)
{
	enum rc rc = RC_OK;

	for (int p = 0; p < PARTY_COUNT; p++) {
		struct err why = ERR_INIT;
		struct log_head h;
		x->whose = p == 0 ? party_other(x->c.own_party) : x->c.own_party;
		if (x->f.kind != FRAUD_IDENTITY) {
			/* A receipt is by the other side. */
			rc = store_head(s, a, x->c.channel,
					x->f.kind == FRAUD_RECEIPTS
						? party_other(x->whose)
						: x->whose,
					&h, e);
			if (rc != RC_OK)
				return rc;
			if (strcmp(h.origin, x->f.log) != 0)
				continue;
		}
		rc = store_identity_of_party(s, a, x->c.channel, x->whose, ids, e);
		if (rc != RC_OK)
			return rc;
		rc = fraud_verify(a, &x->f, ids, &x->said, &why);
		if (rc == RC_OK)
			return RC_OK;
		*e = why;
		if (x->f.kind != FRAUD_IDENTITY || p == 1)
			return rc;
	}
	return err_rule(e, RC_UNPROCESSABLE, "protocol 7", "%s is no log of this channel",
			x->f.log);
}

enum rc
exchange_fraud_keep(struct node *nd, struct store *s, struct arena *a, int64_t channel,
		    const json_t *body, bool from_peer, struct err *e)
{
	struct proven *x = ARENA_NEW(a, struct proven);
	struct identity_log *ids = ARENA_NEW(a, struct identity_log);
	enum rc rc = fraud_read(body, &x->f, e);

	x->from_peer = from_peer;
	if (rc == RC_OK)
		rc = channel_by_id(s, a, channel, &x->c, e);
	if (rc == RC_OK)
		rc = proven_verify(s, a, x, ids, e);
	if (rc != RC_OK)
		return rc;
	x->body = json_text(a, body);
	x->note = fraud_side(a, &x->f, 0, ids);
	x->other = fraud_side(a, &x->f, 1, ids);
	/* Whoever says the same of other notes says something else. */
	const char *both = arena_printf(a, "%s%s", x->note, x->other);
	hash_bytes(both, strlen(both), &x->tells);
	rc = writer_run(nd, work_keep, x, e);
	if (rc != RC_OK || x->known)
		return rc;
	log_line(LOG_ERROR, "peer.fraud",
		 "peer=%" PRId64 " kind=%s at=%" PRIu64 " settled=%d", channel,
		 fraud_kinds[x->f.kind], x->said.at, x->settled);
	if (!x->settled)
		guard_freeze(nd, channel, frozen_text(a, nd, &x->c, x->whose, x->f.kind));
	atomic_store(&nd->fraud_untold[channel], true);
	node_wake(nd);
	return RC_OK;
}

enum rc
exchange_add_fraud(struct node *nd, int64_t peer, const char *text, size_t len,
		   struct err *e)
{
	struct arena *a = arena_create();
	struct store *s = NULL;
	struct fraud f;
	json_t *body;
	enum rc rc = fraud_parse(a, text, len, &f, &body, e);

	if (rc == RC_OK)
		rc = channel_whole(nd, peer, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = exchange_fraud_keep(nd, s, a, peer, body, true, e);
	reader_put(nd, s);
	arena_free(a);
	return rc;
}

enum rc
exchange_get_fraud(struct node *nd, int64_t peer, struct arena *a, const char **ret,
		   struct err *e)
{
	struct store *s = NULL;
	enum rc rc = channel_whole(nd, peer, e);

	*ret = NULL;
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_text(s, a, &SQL_FRAUD_PROOFS,
				(struct db_param[]){DB_P_INT(peer), DB_P_INT(1)}, ret, e);
	if (rc == RC_OK && *ret == NULL)
		rc = err_rule(e, RC_NOT_FOUND, "protocol 7", "the channel is not frozen");
	reader_put(nd, s);
	return rc;
}

/* ---- told to the peer -------------------------------------------------------------- */

struct untold {
	struct store *s;
	struct arena *a;
	struct fraud_row *row;
};

static enum rc
on_untold(void *arg, const struct db_row *row, struct err *e)
{
	struct untold *u = arg;
	size_t len;

	u->row->party = u->s->drv->col_int(row, 0);
	u->row->size = u->s->drv->col_int(row, 1);
	const uint8_t *root = u->s->drv->col_blob(row, 2, &len);
	if (len != HASH_LEN)
		return err_set(e, RC_CORRUPT, "the store holds a hash of %zu bytes", len);
	memcpy(u->row->tells.b, root, HASH_LEN);
	u->row->proof = store_col_text(u->s, u->a, row, 3);
	return RC_OK;
}

enum rc
exchange_fraud_next(struct node *nd, struct store *s, struct arena *a, int64_t peer,
		    struct fraud_row *ret, struct err *e)
{
	struct untold u = {.s = s, .a = a, .row = ret};

	*ret = (struct fraud_row){.proof = NULL};
	if (!atomic_load(&nd->fraud_untold[peer]))
		return err_set(e, RC_NOT_FOUND, "nothing is to be told");
	enum rc rc = store_run(s, &SQL_FRAUD_UNTOLD, (struct db_param[]){DB_P_INT(peer)},
			       on_untold, &u, e);
	if (rc == RC_OK && ret->proof == NULL)
		rc = err_set(e, RC_NOT_FOUND, "nothing is to be told");
	return rc;
}

struct telling {
	int64_t peer;
	const struct fraud_row *row;
	bool taken;
};

static enum rc
work_told(struct writer *w, void *arg, struct err *e)
{
	const struct telling *t = arg;

	return store_run(w->s, &SQL_FRAUD_TOLD,
			 (struct db_param[]){DB_P_INT(t->peer), DB_P_INT(t->row->party),
					     DB_P_INT(t->row->size),
					     DB_P_BLOB(t->row->tells.b, HASH_LEN),
					     DB_P_INT(t->taken ? w->now_us : -w->now_us)},
			 NULL, NULL, e);
}

enum rc
exchange_fraud_told(struct node *nd, int64_t peer, const struct fraud_row *row,
		    bool taken, struct err *e)
{
	struct telling t = {.peer = peer, .row = row, .taken = taken};

	log_line(taken ? LOG_INFO : LOG_ERROR, "fraud.told", "peer=%" PRId64 " taken=%d",
		 peer, taken);
	return writer_run(nd, work_told, &t, e);
}
