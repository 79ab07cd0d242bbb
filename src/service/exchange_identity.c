/*
 * Identity logs: a peer's entries as they come, and ours as they are told (protocol 9).
 *
 * An entry is signed by the root key that the one before it promised, so it proves itself
 * whoever brings it: after a rotation the peer's TLS key is a new one, too.
 */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "service/exchange.h"
#include "service/exchange_int.h"
#include "store/store_sql.h"

enum rc
exchange_identity(struct store *s, struct arena *a, const struct channel_row *c,
		  const struct identity **ret, struct err *e)
{
	struct identity_log *l = ARENA_NEW(a, struct identity_log);
	enum rc rc = store_identity_log(s, a, c->peer_org, l, e);

	*ret = rc == RC_OK && l->n != 0 ? identity_log_newest(l) : NULL;
	return rc;
}

/* ---- of a peer --------------------------------------------------------------------- */

enum rc
exchange_identity_conflict(struct node *nd, struct arena *a, int64_t channel,
			   const struct identity_log *ids, const char *why, struct err *e)
{
	log_line(LOG_ERROR, "peer.identity", "org=%s why=\"%s\"", ids->entry[0]->org,
		 why);
	return exchange_fraud_identity(nd, a, channel, ids, e);
}

static bool
keys_shared(const struct identity *x, const struct identity *y)
{
	for (size_t i = 0; i < x->n_tls_spki; i++)
		for (size_t k = 0; k < y->n_tls_spki; k++)
			if (hash_equal(&x->tls_spki[i], &y->tls_spki[k]))
				return true;
	return false;
}

enum rc
exchange_identity_check(struct node *nd, struct store *s, struct arena *a,
			const struct identity *id, struct err *e)
{
	const struct channel_row *rows;
	const struct identity *other;
	size_t n = 0;
	enum rc rc = store_channels(s, a, &rows, &n, e);

	if (rc == RC_OK && keys_shared(id, nd->id))
		rc = err_set(e, RC_CONFLICT, "%s names this node's own TLS key as its",
			     id->org);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		rc = exchange_identity(s, a, &rows[i], &other, e);
		if (rc == RC_OK && other != NULL && strcmp(other->org, id->org) != 0 &&
		    keys_shared(id, other))
			rc = err_set(e, RC_CONFLICT,
				     "%s and %s name the same TLS key as theirs: one of "
				     "them has copied it; ask both",
				     id->org, other->org);
	}
	return rc;
}

struct taking {
	struct identity_log known;
	const char *lines;
	size_t len;
	int64_t channel;
};

static enum rc
work_take(struct writer *w, void *arg, struct err *e)
{
	struct taking *t = arg;
	struct identity_log *l = ARENA_NEW(w->a, struct identity_log);
	enum rc rc = store_identity_log(w->s, w->a, t->known.entry[0]->org, l, e);
	size_t had = l->n;

	if (rc == RC_OK)
		rc = identity_log_take(w->a, l, t->lines, t->len, e);
	if (rc == RC_OK && l->n > had)
		rc = exchange_identity_check(w->nd, w->s, w->a, identity_log_newest(l),
					     e);
	return rc == RC_OK ? store_identity_put(w->s, l, had, w->now_us, e) : rc;
}

/* Whose entries are these?  By the first, byte for byte. */
static enum rc
taking_find(struct store *s, struct arena *a, struct taking *t, struct err *e)
{
	const char *lf = memchr(t->lines, '\n', t->len);
	const struct channel_row *rows;
	size_t n = 0, first = lf == NULL ? t->len : (size_t)(lf - t->lines);
	enum rc rc = store_channels(s, a, &rows, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		rc = store_identity_log(s, a, rows[i].peer_org, &t->known, e);
		if (rc != RC_OK || t->known.n == 0)
			continue;
		const char *have = t->known.entry[0]->wire;
		t->channel = rows[i].channel;
		if (strlen(have) == first && memcmp(have, t->lines, first) == 0)
			return RC_OK;
	}
	return rc != RC_OK ? rc
			   : err_rule(e, RC_NOT_FOUND, "protocol 9",
				      "the first entry is that of no introduced peer");
}

enum rc
exchange_add_identity(struct node *nd, const char *lines, size_t len, struct err *e)
{
	struct arena *a = arena_create();
	struct taking *t = ARENA_NEW(a, struct taking);
	struct store *s = NULL;
	struct err none = ERR_INIT;
	enum rc rc = reader_get(nd, &s, e);

	*t = (struct taking){.lines = lines, .len = len};
	if (rc == RC_OK)
		rc = taking_find(s, a, t, e);
	reader_put(nd, s);
	size_t had = t->known.n;
	/* What is refused is no work for the writer. */
	if (rc == RC_OK)
		rc = identity_log_take(a, &t->known, lines, len, e);
	if (rc == RC_CONFLICT && had != 0 &&
	    exchange_identity_conflict(nd, a, t->channel, &t->known, e->text, &none) !=
		    RC_OK)
		*e = none;
	if (rc == RC_OK && t->known.n > had) {
		rc = writer_run(nd, work_take, t, e);
		/* What failed for the old keys is tried again with the new. */
		if (rc == RC_OK)
			rc = exchange_push_hurry(nd, t->channel, e);
		if (rc == RC_OK)
			log_line(LOG_INFO, "peer.identity", "org=%s entry=%zu",
				 t->known.entry[0]->org, t->known.n - 1);
	}
	arena_free(a);
	return rc;
}

const char *
exchange_get_identity(struct node *nd, struct arena *a)
{
	return identity_log_text(a, nd->ids);
}

/* ---- of an upload ------------------------------------------------------------------ */

static void
kids_put(struct peer_keys *k)
{
	const struct identity *id = k->ids->entry[k->in_force];

	for (size_t i = 0; i < id->n_event_keys; i++)
		key_thumbprint(id->event_keys[i], k->kids[i]);
}

enum rc
peer_keys_load(struct node *nd, struct store *s, struct arena *a,
	       const struct log_head *h, struct peer_keys *ret, struct err *e)
{
	*ret = (struct peer_keys){.nd = nd,
				  .a = a,
				  .channel = h->channel,
				  .party = h->party,
				  .ids = ARENA_NEW(a, struct identity_log)};
	enum rc rc = store_identity_of_party(s, a, h->channel, h->party, ret->ids, e);
	if (rc == RC_OK && ret->ids->n == 0)
		rc = err_rule(e, RC_DENIED, "protocol 5",
			      "the writer of %s is not introduced here", h->origin);
	if (rc != RC_OK)
		return rc;
	ret->known = ret->ids->n;
	ret->in_force = identity_log_at(ret->ids, h->size);
	kids_put(ret);
	return RC_OK;
}

/* Entries that a channel.rekey brings. */
static enum rc
keys_turn(struct peer_keys *k, const struct event *said, size_t *ret_n, struct err *e)
{
	struct err told = ERR_INIT;
	enum rc rc = identity_log_rekey(k->a, k->ids, k->in_force, said, ret_n, e);

	if (rc != RC_CONFLICT)
		return rc == RC_LIMIT || rc == RC_TOO_LARGE ? RC_UNPROCESSABLE : rc;
	rc = exchange_identity_conflict(k->nd, k->a, k->channel, k->ids, e->text, &told);
	if (rc == RC_OK)
		return RC_UNPROCESSABLE;
	*e = told;
	return rc;
}

enum rc
peer_keys_for(struct peer_keys *k, const struct event *said, const uint8_t **ret,
	      struct err *e)
{
	size_t n = k->in_force;
	enum rc rc = RC_OK;

	/* What begins a log, or brings new keys, is under those keys itself. */
	if (said->seq == 0)
		(void)identity_log_of_kid(k->ids, said->kid, &n);
	else if (identity_is_rekey(said, k->party))
		rc = keys_turn(k, said, &n, e);
	if (rc != RC_OK)
		return rc;
	if (n != k->in_force) {
		k->in_force = n;
		kids_put(k);
	}
	const struct identity *id = k->ids->entry[n];
	for (size_t i = 0; i < id->n_event_keys; i++)
		if (strcmp(k->kids[i], said->kid) == 0) {
			*ret = id->event_keys[i];
			return RC_OK;
		}
	return err_rule(e, RC_UNPROCESSABLE, "protocol 9",
			"event %" PRIu64 " is signed with a key that %s did not "
			"introduce, or that is not in force there",
			said->seq, id->org);
}

enum rc
peer_keys_store(struct writer *w, const struct peer_keys *k, struct err *e)
{
	enum rc rc = RC_OK;

	if (k->ids->n > k->known)
		rc = exchange_identity_check(w->nd, w->s, w->a,
					     identity_log_newest(k->ids), e);
	if (rc == RC_CONFLICT)
		return RC_UNPROCESSABLE;
	return rc == RC_OK ? store_identity_put(w->s, k->ids, k->known, w->now_us, e)
			   : rc;
}

/* ---- ours -------------------------------------------------------------------------- */

bool
exchange_identity_tell(struct node *nd, int64_t peer, struct arena *a,
		       struct exchange_question *ret)
{
	if (nd->ids->n == 1 || atomic_load(&nd->identity_told[peer]))
		return false;
	ret->kind = EXCHANGE_TELL_IDENTITY;
	ret->call = "identity";
	ret->body = identity_log_text(a, nd->ids);
	return true;
}
