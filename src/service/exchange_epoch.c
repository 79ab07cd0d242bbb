/*
 * How a frozen channel goes on (protocol 7): an admin of each side signs how far both
 * logs stand there (core/epoch.h).  With one statement of each the next epoch has begun:
 * what froze the channel is settled, and the log has both statements.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/event_type.h"
#include "service/alarm.h"
#include "service/exchange_int.h"
#include "service/recovery.h"
#include "service/tick.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { EPOCH_AHEAD_MAX = 16 /* that a peer may know more than we */ };

/* ---- in the store ------------------------------------------------------------------ */

struct reading {
	struct store *s;
	struct arena *a;
	void *out;
};

static enum rc
on_stand(void *arg, const struct db_row *row, struct err *e)
{
	const struct reading *x = arg;
	const struct db_driver *drv = x->s->drv;
	struct epoch_stand *r = x->out;

	(void)e;
	r->epoch = (uint64_t)drv->col_int(row, 0);
	r->size[PARTY_AUTHORITY] = (uint64_t)drv->col_int(row, 1);
	r->size[PARTY_PLATFORM] = (uint64_t)drv->col_int(row, 2);
	return RC_OK;
}

enum rc
channel_epoch_get(struct store *s, int64_t channel, struct epoch_stand *ret,
		  struct err *e)
{
	struct reading x = {.s = s, .out = ret};

	*ret = (struct epoch_stand){.epoch = 0};
	return store_run(s, &SQL_EPOCH_NEWEST, (struct db_param[]){DB_P_INT(channel)},
			 on_stand, &x, e);
}

/* The one that begins next: a peer whose store went back may have seen fewer than we. */
static enum rc
epoch_next(struct store *s, const struct channel_row *c, uint64_t *ret, struct err *e)
{
	struct epoch_stand stand;
	int64_t theirs = 0;
	enum rc rc = channel_epoch_get(s, c->channel, &stand, e);

	if (rc == RC_OK)
		rc = store_int(s, &SQL_EPOCH_LAST,
			       (struct db_param[]){DB_P_INT(c->channel),
						   DB_P_INT(party_other(c->own_party))},
			       0, &theirs, e);
	*ret = (uint64_t)theirs > stand.epoch ? (uint64_t)theirs : stand.epoch + 1;
	return rc;
}

/* What was said of one epoch, by party. */
struct said {
	const char *wire; /* NULL: nothing */
	int64_t said_us, told_us;
};

static enum rc
on_said(void *arg, const struct db_row *row, struct err *e)
{
	const struct reading *x = arg;
	const struct db_driver *drv = x->s->drv;
	struct said *said = x->out;
	int64_t party = drv->col_int(row, 0);

	if (party < 0 || party >= PARTY_COUNT)
		return err_set(e, RC_CORRUPT, "the store has a party %" PRId64, party);
	said[party].wire = store_col_text(x->s, x->a, row, 1);
	said[party].said_us = drv->col_int(row, 2);
	said[party].told_us = drv->col_int(row, 3);
	return RC_OK;
}

static enum rc
said_get(struct store *s, struct arena *a, int64_t channel, uint64_t epoch,
	 struct said ret[PARTY_COUNT], struct err *e)
{
	struct reading x = {.s = s, .a = a, .out = ret};

	for (int p = 0; p < PARTY_COUNT; p++)
		ret[p] = (struct said){.wire = NULL};
	return store_run(s, &SQL_EPOCH_OF,
			 (struct db_param[]){DB_P_INT(channel), DB_P_INT((int64_t)epoch)},
			 on_said, &x, e);
}

/* ---- a statement ------------------------------------------------------------------- */

/* The newest head of each log that its author signed and the other receipted. */
static enum rc
heads_get(struct store *s, struct arena *a, int64_t channel,
	  struct event_head ret[PARTY_COUNT], struct err *e)
{
	enum rc rc = RC_OK;

	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++) {
		struct log_receipt last = {0};
		struct err none = ERR_INIT;
		struct log_head h;
		rc = store_head(s, a, channel, (enum party)p, &h, e);
		if (rc != RC_OK)
			return rc;
		ret[p].log = h.origin;
		ret[p].size = 0;
		hash_bytes("", 0, &ret[p].root);
		rc = store_receipt_last(s, a, channel, (enum party)p, &last, &none);
		if (rc == RC_OK) {
			ret[p].size = last.size;
			ret[p].root = last.root;
		} else if (rc == RC_NOT_FOUND) {
			rc = RC_OK;
		} else {
			rc = err_set(e, rc, "%s", none.text);
		}
	}
	return rc;
}

static enum rc
on_proof(void *arg, const struct db_row *row, struct err *e)
{
	const struct reading *x = arg;
	struct epoch *s = x->out;
	size_t len;
	const char *proof = x->s->drv->col_text(row, 0, &len);

	(void)e;
	if (s->n_proofs < EPOCH_PROOFS_MAX)
		hash_bytes(proof, len, &s->proofs[s->n_proofs++]);
	return RC_OK;
}

static enum rc
statement_make(struct node *nd, struct store *s, struct arena *a,
	       const struct channel_row *c, uint64_t epoch, const struct epoch **ret,
	       struct err *e)
{
	struct epoch *st = ARENA_NEW(a, struct epoch);
	struct reading x = {.s = s, .a = a, .out = st};

	*st = (struct epoch){.org = nd->id->org,
			     .peer = c->peer_org,
			     .channel = c->name,
			     .epoch = epoch,
			     .iat_us = clock_now_us()};
	enum rc rc = heads_get(s, a, c->channel, st->head, e);
	if (rc == RC_OK)
		rc = store_run(s, &SQL_FRAUD_PROOFS,
			       (struct db_param[]){DB_P_INT(c->channel),
						   DB_P_INT(EPOCH_PROOFS_MAX)},
			       on_proof, &x, e);
	if (rc != RC_OK)
		return rc;
	const char *payload = epoch_payload(a, st);
	if (payload == NULL)
		return err_set(e, RC_CORRUPT, "a name in the store is not UTF-8");
	rc = signer_sign_jws(nd->signer, a, EPOCH_TYP, payload, strlen(payload),
			     &st->wire, e);
	*ret = st;
	return rc;
}

/* Does every head that the other side names stand here?  Else the two have not one
 * history yet. */
static enum rc
heads_check(struct store *s, struct arena *a, const struct channel_row *c,
	    const struct epoch *st, struct err *e)
{
	enum rc rc = RC_OK;

	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++) {
		const struct event_head *said = &st->head[p];
		struct log_head h;
		struct hash here;
		rc = store_head(s, a, c->channel, (enum party)p, &h, e);
		if (rc != RC_OK)
			return rc;
		if (strcmp(h.origin, said->log) != 0)
			return err_rule(e, RC_UNPROCESSABLE, "protocol 7",
					"%s is not the log of the %s", said->log,
					party_name((enum party)p));
		if (said->size <= h.size)
			rc = recovery_root(s, c->channel, (enum party)p, said->size,
					   &here, e);
		if (rc == RC_OK &&
		    (said->size > h.size || !hash_equal(&here, &said->root)))
			rc = err_rule(e, RC_CONFLICT, "protocol 7",
				      "the log of the %s is not here as you have it, up "
				      "to %" PRIu64 " events: this node must be brought "
				      "back to that history first",
				      party_name((enum party)p), said->size);
	}
	return rc;
}

/* ---- both sides have said it ------------------------------------------------------- */

struct saying {
	struct channel_row c;
	enum party who;
	const struct epoch *st;
	struct said said[PARTY_COUNT]; /* after it was stored */
	bool begun;
};

static enum rc
work_say(struct writer *w, void *arg, struct err *e)
{
	struct saying *x = arg;
	const int64_t channel = x->c.channel;
	const char *alarm = arena_printf(w->a, "fraud/%s", x->c.peer_org);
	struct epoch_stand stand;
	enum rc rc = channel_epoch_get(w->s, channel, &stand, e);

	x->begun = false;
	if (rc == RC_OK && x->st->epoch <= stand.epoch)
		rc = err_set(e, RC_RETRY, "another epoch began meanwhile");
	if (rc == RC_OK)
		rc = store_run(
			w->s, &SQL_EPOCH_PUT,
			(struct db_param[]){
				DB_P_INT(channel), DB_P_INT((int64_t)x->st->epoch),
				DB_P_INT(x->who), DB_P_TEXT(x->st->wire),
				DB_P_INT((int64_t)x->st->head[PARTY_AUTHORITY].size),
				DB_P_INT((int64_t)x->st->head[PARTY_PLATFORM].size),
				DB_P_INT(w->now_us)},
			NULL, NULL, e);
	if (rc == RC_OK)
		rc = said_get(w->s, w->a, channel, x->st->epoch, x->said, e);
	if (rc != RC_OK)
		return rc;
	x->begun = x->said[PARTY_AUTHORITY].wire != NULL &&
		   x->said[PARTY_PLATFORM].wire != NULL;
	if (!x->begun)
		return x->who == x->c.own_party
			       ? RC_OK
			       : alarm_raise(
					 w, alarm, "fraud", x->c.peer_org,
					 arena_printf(w->a,
						      "%s has signed that the channel "
						      "may go on from where both logs "
						      "stand. If you agree: saluran "
						      "channel epoch --peer %s",
						      x->c.peer_org, x->c.peer_org),
					 w->now_us, e);
	rc = store_run(w->s, &SQL_FRAUD_SETTLE, (struct db_param[]){DB_P_INT(channel)},
		       NULL, NULL, e);
	return rc == RC_OK ? alarm_clear(w, alarm, e) : rc;
}

struct logging {
	struct channel_row c;
	int64_t epoch;
	const char *own, *other;
	struct store *s;
	struct arena *a;
};

static enum rc
on_unlogged(void *arg, const struct db_row *row, struct err *e)
{
	struct logging *x = arg;

	(void)e;
	x->epoch = x->s->drv->col_int(row, 0);
	x->own = store_col_text(x->s, x->a, row, 1);
	x->other = store_col_text(x->s, x->a, row, 2);
	return RC_OK;
}

static enum rc
unlogged_get(struct store *s, struct arena *a, struct logging *x, struct err *e)
{
	x->s = s;
	x->a = a;
	x->epoch = 0;
	return store_run(
		s, &SQL_EPOCH_UNLOGGED,
		(struct db_param[]){DB_P_INT(x->c.channel), DB_P_INT(x->c.own_party)},
		on_unlogged, x, e);
}

static enum rc
work_log(struct writer *w, void *arg, struct err *e)
{
	struct logging *x = arg;
	uint64_t seq;
	enum rc rc = unlogged_get(w->s, w->a, x, e);

	if (rc != RC_OK || x->epoch == 0)
		return rc;
	rc = append_event(w,
			  &(struct append){
				  .channel = x->c.channel,
				  .type = "channel.epoch",
				  .by = EVENT_BY_NODE,
				  .body = json_pack("{s:I, s:[s, s]}", "epoch",
						    (json_int_t)x->epoch, "statements",
						    x->own, x->other),
			  },
			  &seq, e);
	return rc == RC_OK ? store_run(w->s, &SQL_EPOCH_LOGGED,
				       (struct db_param[]){DB_P_INT(x->c.channel),
							   DB_P_INT(x->epoch),
							   DB_P_INT(x->c.own_party),
							   DB_P_INT((int64_t)seq)},
				       NULL, NULL, e)
			   : rc;
}

/* The first event of the epoch, as soon as the log takes one. */
static enum rc
epoch_log(struct node *nd, const struct channel_row *c, struct err *e)
{
	struct logging x = {.c = *c};
	struct err none = ERR_INIT;

	if (channel_usable(nd, c->channel, &none) != RC_OK)
		return RC_OK;
	return writer_run(nd, work_log, &x, e);
}

/* What froze it is settled.  A proof that was kept behind that in the store found the
 * channel frozen still, so it is asked for after the thaw. */
static enum rc
thaw(struct node *nd, struct store *s, struct arena *a, const struct channel_row *c,
     struct err *e)
{
	channel_thaw(nd, c->channel);
	return channel_frozen_examine(nd, s, a, c, e);
}

static enum rc
say(struct node *nd, struct store *s, struct arena *a, struct saying *x, struct err *e)
{
	enum rc rc = writer_run(nd, work_say, x, e);

	if (rc != RC_OK)
		return rc;
	log_line(LOG_INFO, "channel.epoch",
		 "peer=%" PRId64 " epoch=%" PRIu64 " by=%s begun=%d", x->c.channel,
		 x->st->epoch, x->who == x->c.own_party ? "us" : "peer", x->begun);
	if (x->begun) {
		rc = thaw(nd, s, a, &x->c, e);
		atomic_store(&nd->epoch_looked, false);
		if (rc == RC_OK)
			rc = epoch_log(nd, &x->c, e);
	}
	atomic_store(&nd->fraud_untold[x->c.channel], true);
	node_wake(nd);
	return rc;
}

enum rc
tick_epoch(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	const struct channel_row *rows = NULL;
	struct store *s = NULL;
	size_t n = 0;
	bool waits = false;
	enum rc rc = RC_OK;

	(void)now_us;
	(void)next_us;
	if (!atomic_exchange(&nd->epoch_looked, true))
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK && s != NULL)
		rc = store_channels(s, a, &rows, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct logging x = {.c = rows[i]};
		rc = unlogged_get(s, a, &x, e);
		if (rc == RC_OK && x.epoch != 0)
			rc = epoch_log(nd, &rows[i], e);
		if (rc == RC_OK && x.epoch != 0)
			rc = unlogged_get(s, a, &x, e);
		waits = waits || x.epoch != 0;
	}
	if (rc != RC_OK || waits)
		atomic_store(&nd->epoch_looked, false);
	reader_put(nd, s);
	arena_free(a);
	return rc;
}

/* ---- from the peer, and to it ------------------------------------------------------ */

/* Our statement of that epoch, or "". */
static enum rc
own_said(struct store *s, struct arena *a, const struct channel_row *c, uint64_t epoch,
	 const char **ret, struct err *e)
{
	struct said said[PARTY_COUNT];
	enum rc rc = said_get(s, a, c->channel, epoch, said, e);

	*ret = "";
	if (rc == RC_OK && said[c->own_party].wire != NULL)
		*ret = said[c->own_party].wire;
	return rc;
}

static enum rc
statement_take(struct store *s, struct arena *a, struct saying *x, const char *text,
	       size_t len, bool *ret_old, struct err *e)
{
	const struct identity *id = NULL;
	struct epoch_stand stand;
	enum rc rc = exchange_identity(s, a, &x->c, &id, e);

	*ret_old = false;
	if (rc == RC_OK && id == NULL)
		rc = err_rule(e, RC_DENIED, "protocol 5", "%s is not introduced here",
			      x->c.peer_org);
	if (rc == RC_OK)
		rc = epoch_parse(a, text, len, id, &x->st, e);
	if (rc == RC_OK)
		rc = channel_epoch_get(s, x->c.channel, &stand, e);
	if (rc != RC_OK)
		return rc;
	if (strcmp(x->st->channel, x->c.name) != 0)
		return err_rule(e, RC_UNPROCESSABLE, "protocol 7",
				"the statement is about the channel %s, this is %s",
				x->st->channel, x->c.name);
	*ret_old = x->st->epoch <= stand.epoch;
	if (*ret_old)
		return RC_OK;
	if (x->st->epoch > stand.epoch + EPOCH_AHEAD_MAX)
		return err_rule(e, RC_CONFLICT, "protocol 7",
				"the channel is in epoch %" PRIu64 " here", stand.epoch);
	return heads_check(s, a, &x->c, x->st, e);
}

enum rc
exchange_add_epoch(struct node *nd, int64_t peer, const char *text, size_t len,
		   struct arena *a, const char **ret, struct err *e)
{
	struct saying x = {.st = NULL};
	struct store *s = NULL;
	bool old = false;
	enum rc rc = reader_get(nd, &s, e);

	*ret = "";
	if (rc == RC_OK)
		rc = channel_by_id(s, a, peer, &x.c, e);
	if (rc == RC_OK)
		rc = channel_whole(nd, peer, e);
	x.who = party_other(x.c.own_party);
	if (rc == RC_OK)
		rc = statement_take(s, a, &x, text, len, &old, e);
	if (rc == RC_OK && strcmp(x.st->peer, nd->id->org) != 0)
		rc = err_rule(e, RC_UNPROCESSABLE, "protocol 7", "the statement is to %s",
			      x.st->peer);
	if (rc == RC_OK && !old)
		rc = say(nd, s, a, &x, e);
	if (rc == RC_OK)
		rc = own_said(s, a, &x.c, x.st->epoch, ret, e);
	reader_put(nd, s);
	return rc;
}

enum rc
exchange_epoch_next(struct node *nd, struct store *s, struct arena *a,
		    const struct channel_row *c, const char **ret, struct err *e)
{
	*ret = NULL;
	if (!atomic_load(&nd->fraud_untold[c->channel]))
		return err_set(e, RC_NOT_FOUND, "nothing is to be told");
	enum rc rc = store_text(
		s, a, &SQL_EPOCH_UNTOLD,
		(struct db_param[]){DB_P_INT(c->channel), DB_P_INT(c->own_party)}, ret,
		e);
	if (rc == RC_OK && *ret == NULL) {
		atomic_store(&nd->fraud_untold[c->channel], false);
		rc = err_set(e, RC_NOT_FOUND, "nothing is to be told");
	}
	return rc;
}

struct told {
	struct channel_row c;
	const char *wire;
};

static enum rc
work_told(struct writer *w, void *arg, struct err *e)
{
	const struct told *t = arg;

	return store_run(w->s, &SQL_EPOCH_TOLD,
			 (struct db_param[]){DB_P_INT(t->c.channel),
					     DB_P_INT(t->c.own_party), DB_P_TEXT(t->wire),
					     DB_P_INT(w->now_us)},
			 NULL, NULL, e);
}

enum rc
exchange_epoch_told(struct node *nd, int64_t peer, struct arena *a, const char *wire,
		    const char *answer, size_t len, struct err *e)
{
	struct told t = {.wire = wire};
	struct err why = ERR_INIT;
	struct store *s = NULL;
	const char *ours;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = channel_by_id(s, a, peer, &t.c, e);
	reader_put(nd, s);
	if (rc == RC_OK)
		rc = writer_run(nd, work_told, &t, e);
	if (rc != RC_OK || len == 0)
		return rc;
	/* Theirs came with the answer, for who cannot be called. */
	rc = exchange_add_epoch(nd, peer, answer, len, a, &ours, &why);
	if (rc != RC_OK)
		log_line(LOG_WARN, "channel.epoch",
			 "peer=%" PRId64 " outcome=%s reason=%s", peer, rc_token(rc),
			 why.text);
	return RC_OK;
}

/* ---- people ------------------------------------------------------------------------ */

enum rc
epoch_json(struct store *s, struct arena *a, const struct channel_row *c, json_t *into,
	   struct err *e)
{
	struct epoch_stand stand;
	struct said said[PARTY_COUNT];
	uint64_t next;
	enum rc rc = channel_epoch_get(s, c->channel, &stand, e);

	if (rc == RC_OK)
		rc = epoch_next(s, c, &next, e);
	if (rc == RC_OK)
		rc = said_get(s, a, c->channel, next, said, e);
	if (rc != RC_OK)
		return rc;
	json_object_set_new(into, "epoch", json_integer((json_int_t)stand.epoch));
	json_object_set_new(into, "agreed", json_time(said[c->own_party].said_us));
	json_object_set_new(into, "peer_agreed",
			    json_time(said[party_other(c->own_party)].said_us));
	return RC_OK;
}

/* The channel goes on from where both logs stand, when the peer agrees too.
 * in: peer?
 * out: peer, epoch, begun, heads [{log, size}] */
enum rc
service_channel_epoch(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	struct saying x = {.st = NULL};
	struct store *s = NULL;
	const char *peer;
	uint64_t next;
	enum rc rc = in_only(in, "peer", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "peer", false, ORG_MAX, &peer, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = channel_of_peer(s, a, peer, &x.c, e);
	if (rc == RC_OK)
		rc = channel_whole(nd, x.c.channel, e);
	if (rc == RC_OK && recovery_state(nd, x.c.channel) != LOG_OPEN)
		rc = err_rule(e, RC_FROZEN, "protocol 6",
			      "this node does not have the whole log yet: 'saluran "
			      "recovery' says why");
	x.who = x.c.own_party;
	if (rc == RC_OK)
		rc = epoch_next(s, &x.c, &next, e);
	if (rc == RC_OK)
		rc = statement_make(nd, s, a, &x.c, next, &x.st, e);
	if (rc == RC_OK)
		rc = say(nd, s, a, &x, e);
	reader_put(nd, s);
	if (rc != RC_OK)
		return rc;
	json_t *heads = json_array();
	for (int p = 0; p < PARTY_COUNT; p++)
		json_array_append_new(heads,
				      json_pack("{s:s, s:I}", "log", x.st->head[p].log,
						"size", (json_int_t)x.st->head[p].size));
	reply_json(a, out,
		   json_pack("{s:s, s:I, s:b, s:o}", "peer", x.c.peer_org, "epoch",
			     (json_int_t)x.st->epoch, "begun", x.begun, "heads", heads));
	return RC_OK;
}
