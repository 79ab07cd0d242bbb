/*
 * What we send to a peer: disclosures, our log's checkpoint, the entries that it lacks.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "service/clock_guard.h"
#include "service/exchange.h"
#include "service/exchange_int.h"
#include "service/outbox.h"
#include "service/recovery.h"
#include "store/store_sql.h"

enum {
	/* Less than a peer takes: what it has in memory for an upload hangs on it. */
	PUSH_PACKAGES_MAX = 8,
	PUSH_BYTES_MAX = 4 << 20, /* of entries */
};

static void
peer_fill(const struct channel_row *c, const struct identity *id,
	  struct exchange_peer *ret)
{
	*ret = (struct exchange_peer){.id = c->channel,
				      .org = id->org,
				      .url = id->url,
				      .n_tls_spki = id->n_tls_spki};
	memcpy(ret->tls_spki, id->tls_spki, sizeof(ret->tls_spki));
}

enum rc
exchange_peer_get(struct store *s, struct arena *a, const struct channel_row *c,
		  const struct exchange_peer **ret, struct err *e)
{
	struct exchange_peer *p = ARENA_NEW(a, struct exchange_peer);
	const struct identity *id = NULL;
	enum rc rc = exchange_identity(s, a, c, &id, e);

	if (rc == RC_OK && id == NULL)
		rc = err_set(e, RC_NOT_FOUND, "%s is not introduced yet", c->peer_org);
	if (rc == RC_OK)
		peer_fill(c, id, p);
	*ret = p;
	return rc;
}

enum rc
exchange_peers(struct node *nd, struct arena *a, const struct exchange_peer **ret,
	       size_t *ret_n, struct err *e)
{
	const struct channel_row *rows;
	struct exchange_peer *peers = NULL;
	struct store *s;
	size_t n = 0, found = 0;
	enum rc rc = reader_get(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	rc = store_channels(s, a, &rows, &n, e);
	if (rc == RC_OK)
		peers = arena_array(a, n, sizeof(*peers));
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		const struct identity *id = NULL;
		rc = exchange_identity(s, a, &rows[i], &id, e);
		if (rc == RC_OK && id != NULL)
			peer_fill(&rows[i], id, &peers[found++]);
	}
	reader_put(nd, s);
	*ret = peers;
	*ret_n = found;
	return rc;
}

enum rc
exchange_peer_of(struct node *nd, int64_t peer, struct arena *a,
		 const struct exchange_peer **ret, struct err *e)
{
	struct channel_row c;
	struct store *s = NULL;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = channel_by_id(s, a, peer, &c, e);
	if (rc == RC_OK)
		rc = exchange_peer_get(s, a, &c, ret, e);
	reader_put(nd, s);
	return rc;
}

bool
exchange_is_called(const struct exchange_peer *p)
{
	static const char none[] = ".invalid";
	const char *host = strstr(p->url, "://");
	size_t len = host == NULL ? 0 : strcspn(host + 3, ":/");

	return len < sizeof(none) - 1 ||
	       memcmp(host + 3 + len - (sizeof(none) - 1), none, sizeof(none) - 1) != 0;
}

enum rc
exchange_peer_of_key(struct node *nd, const struct hash *spki, int64_t *ret_peer,
		     struct err *e)
{
	struct arena *a = arena_create();
	const struct exchange_peer *peers = NULL;
	size_t n = 0;
	enum rc rc = exchange_peers(nd, a, &peers, &n, e);

	if (rc == RC_OK)
		rc = err_rule(e, RC_DENIED, "protocol 5",
			      "the TLS key is that of no introduced peer");
	for (size_t i = 0; rc == RC_DENIED && i < n; i++)
		for (size_t k = 0; k < peers[i].n_tls_spki; k++)
			if (hash_equal(&peers[i].tls_spki[k], spki)) {
				*ret_peer = peers[i].id;
				rc = RC_OK;
			}
	arena_free(a);
	return rc;
}

/* Entries [at, end), which end a package of the tree that `h` says, and their proof. */
static enum rc
package_make(struct store *s, struct arena *a, const struct log_head *h, uint64_t at,
	     uint64_t end, struct mirror_package *ret, size_t *ret_bytes, struct err *e)
{
	struct log_tree tree = {.s = s, .channel = h->channel, .party = h->party};
	struct mirror_entry *entries = arena_array(a, end - at, sizeof(*entries));
	struct merkle_proof proof;
	struct log_leaf *leaves;
	enum rc rc = store_leaves(s, a, h->channel, h->party, at, end, &leaves, e);

	*ret_bytes = 0;
	*ret = (struct mirror_package){
		.start = at, .entries = entries, .n_entries = end - at};
	for (uint64_t i = 0; rc == RC_OK && i < end - at; i++) {
		entries[i] = (struct mirror_entry){.data = (const uint8_t *)leaves[i].jws,
						   .len = leaves[i].jws_len};
		*ret_bytes += leaves[i].jws_len + 2;
	}
	if (rc == RC_OK)
		rc = merkle_prove_subtree(at / MIRROR_PACKAGE * MIRROR_PACKAGE, end,
					  h->size, log_tree_get, &tree, &proof, e);
	if (rc == RC_OK && proof.n > MIRROR_PROOF_MAX)
		rc = err_set(e, RC_CORRUPT, "a proof of %zu hashes", proof.n);
	if (rc == RC_OK) {
		memcpy(ret->proof, proof.h, proof.n * sizeof(proof.h[0]));
		ret->n_proof = proof.n;
	}
	return rc;
}

/* From `from` on, cut at multiples of 256, as much as one upload takes: a backlog of
 * years is read a package at a time. */
static enum rc
packages_make(struct store *s, struct arena *a, const struct log_head *h, uint64_t from,
	      struct mirror_entries *ret, struct err *e)
{
	struct mirror_package *packages =
		arena_array(a, PUSH_PACKAGES_MAX, sizeof(*packages));
	size_t total = 0, bytes;
	enum rc rc = RC_OK;

	ret->packages = packages;
	for (uint64_t at = from, end; rc == RC_OK && at < h->size; at = end) {
		end = (at / MIRROR_PACKAGE + 1) * MIRROR_PACKAGE;
		if (end > h->size)
			end = h->size;
		rc = package_make(s, a, h, at, end, &packages[ret->n_packages], &bytes,
				  e);
		total += bytes;
		if (rc != RC_OK || (ret->n_packages != 0 && total > PUSH_BYTES_MAX))
			break;
		ret->n_packages++;
		if (ret->n_packages == PUSH_PACKAGES_MAX || total > PUSH_BYTES_MAX)
			break;
	}
	return rc;
}

/* The disclosures of one entry from at->disclosure on, until the body is full.  `a` is
 * for this entry only. */
static enum rc
disclosures_of(struct store *s, struct arena *a, const struct mirror_entry *entry,
	       struct exchange_cursor *at, struct buf *b, bool *ret_whole, struct err *e)
{
	const struct event_claim *claim;
	enum rc rc = event_parse(a, (const char *)entry->data, entry->len, &claim, e);
	const struct event *ev = rc == RC_OK ? event_trusted(claim) : NULL;

	*ret_whole = false;
	for (; rc == RC_OK && at->disclosure < ev->n_sd; at->disclosure++) {
		const char *text;
		if (b->len > EXCHANGE_DISCLOSURES_SENT)
			return rc;
		rc = store_disclosure_get(s, a, &ev->sd[at->disclosure], &text, e);
		if (rc != RC_OK || text == NULL)
			continue;
		if (b->len != 0)
			buf_putc(b, '\n');
		buf_puts(b, text);
	}
	*ret_whole = rc == RC_OK;
	return rc;
}

enum rc
exchange_push_disclosures(struct node *nd, const struct exchange_push *push,
			  struct exchange_cursor *at, struct arena *a, const char **ret,
			  size_t *ret_len, struct err *e)
{
	struct buf b = BUF_INIT(EXCHANGE_DISCLOSURES_MAX);
	const struct mirror_entries *m = &push->entries;
	struct arena *tmp = arena_create();
	struct store *s = NULL;
	bool whole = true;
	enum rc rc = reader_get(nd, &s, e);

	while (rc == RC_OK && whole && at->package < m->n_packages &&
	       b.len <= EXCHANGE_DISCLOSURES_SENT) {
		const struct mirror_package *p = &m->packages[at->package];
		if (at->entry == p->n_entries) {
			*at = (struct exchange_cursor){.package = at->package + 1};
			continue;
		}
		size_t n = at->disclosure != 0
				   ? 0
				   : outbox_get(nd, push->peer->id, p->start + at->entry,
						p->start + p->n_entries,
						EXCHANGE_DISCLOSURES_SENT, &b);
		at->entry += n;
		if (n != 0)
			continue;
		rc = disclosures_of(s, tmp, &p->entries[at->entry], at, &b, &whole, e);
		arena_reset(tmp);
		if (rc == RC_OK && whole) {
			at->entry++;
			at->disclosure = 0;
		}
	}
	reader_put(nd, s);
	arena_free(tmp);
	if (rc == RC_OK && !buf_ok(&b))
		rc = err_set(e, RC_TOO_LARGE, "a body of disclosures is too large");
	*ret = arena_strndup(a, buf_str(&b), b.len);
	*ret_len = b.len;
	buf_free(&b);
	return rc;
}

/* The checkpoint that the push carries, from where we believe that the peer stands. */
static enum rc
checkpoint_make(struct store *s, const struct log_head *h, uint64_t peer_size,
		const char *note, struct mirror_checkpoint *ret, struct err *e)
{
	struct log_tree tree = {.s = s, .channel = h->channel, .party = h->party};
	struct merkle_proof proof = {0};
	enum rc rc = RC_OK;

	ret->note = note;
	ret->note_len = strlen(note);
	ret->old = peer_size < h->size ? peer_size : h->size;
	if (ret->old != 0 && ret->old < h->size)
		rc = merkle_prove_consistency(ret->old, h->size, log_tree_get, &tree,
					      &proof, e);
	if (rc == RC_OK && proof.n > MIRROR_PROOF_MAX)
		rc = err_set(e, RC_CORRUPT, "a proof of %zu hashes", proof.n);
	if (rc != RC_OK)
		return rc;
	memcpy(ret->proof, proof.h, proof.n * sizeof(proof.h[0]));
	ret->n_proof = proof.n;
	return rc;
}

static enum rc
push_make(struct node *nd, struct store *s, struct arena *a, int64_t peer,
	  struct exchange_push *ret, int64_t *ret_wait_us, struct err *e)
{
	const struct identity *id = NULL;
	struct channel_row c;
	struct delivery d;
	struct log_receipt last = {0};
	struct log_head h;
	const char *note;
	struct err none = ERR_INIT;
	uint64_t ahead = atomic_load(&nd->receipted[peer]);
	int64_t now_us = clock_now_us();
	enum rc rc = channel_by_id(s, a, peer, &c, e);

	if (rc == RC_OK)
		rc = exchange_identity(s, a, &c, &id, e);
	if (rc == RC_OK && id == NULL)
		return err_set(e, RC_NOT_FOUND, "%s is not introduced yet", c.peer_org);
	if (rc == RC_OK)
		rc = exchange_delivery_get(s, peer, &d, e);
	if (rc != RC_OK)
		return rc;
	/* A start is a reason to try at once, whatever the schedule says: a peer that
	 * waits to hear from us does not wait out our pause too.  And what is planned for
	 * later than any retry can be was planned before the clock was set back. */
	rc = channel_usable(nd, peer, &none);
	bool frozen = rc != RC_OK && channel_is_frozen(nd, peer) &&
		      recovery_state(nd, peer) == LOG_OPEN;
	if (rc != RC_OK && !frozen)
		return err_set(e, RC_NOT_FOUND, "%s", none.text);
	if (!exchange_is_called(&(struct exchange_peer){.url = id->url}))
		return err_set(e, RC_NOT_FOUND, "the peer fetches what there is for it");
	if (ahead == 0 && d.next_us > now_us &&
	    d.next_us - now_us <= EXCHANGE_RETRY_MAX_US && nd->called[peer]) {
		*ret_wait_us = d.next_us - now_us;
		return err_set(e, RC_RETRY, "a retry is due later");
	}
	nd->called[peer] = true;
	/* No receipt yet is no failure; an unknown peer was. */
	rc = store_receipt_last(s, a, peer, c.own_party, &last, &none);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return err_set(e, rc, "%s", none.text);
	rc = store_head(s, a, peer, c.own_party, &h, e);
	if (rc != RC_OK)
		return rc;
	/* A receipt that waits for the writer is as good as one that is stored. */
	if (ahead > last.size)
		last.size = d.peer_size = d.peer_next = ahead;
	if (frozen && d.peer_next >= last.size)
		return err_set(e, RC_NOT_FOUND, "the channel is frozen");
	/* A peer that lost some of what it receipted gets it again. */
	bool greet = h.size == last.size && d.peer_next >= h.size;
	if (greet && (h.size == 0 || (nd->greeted[peer] && !clock_guard_asks(nd, peer))))
		return err_set(e, RC_NOT_FOUND, "everything is receipted");
	/* From here on the log is that of the checkpoint, and what is below its size
	 * never changes: no transaction is needed, and an older one could not sign (the
	 * signer may have seen more by now). */
	rc = node_checkpoint(nd, s, a, peer, &h, &note, e);
	if (rc == RC_OK)
		rc = checkpoint_make(s, &h, d.peer_size, note, &ret->checkpoint, e);
	if (rc != RC_OK)
		return rc;
	struct exchange_peer *p = ARENA_NEW(a, struct exchange_peer);
	peer_fill(&c, id, p);
	ret->peer = p;
	ret->greeting = greet;
	ret->entries.origin = h.origin;
	/* The receipt may be ahead of what a peer that lost something asks for. */
	ret->entries.start = d.peer_next < h.size ? d.peer_next : h.size;
	ret->entries.end = h.size;
	return packages_make(s, a, &h, ret->entries.start, &ret->entries, e);
}

enum rc
exchange_push_next(struct node *nd, int64_t peer, struct arena *a,
		   struct exchange_push *ret, int64_t *ret_wait_us, struct err *e)
{
	struct store *s;

	assert(peer >= 0 && peer <= NODE_CHANNELS_MAX);
	*ret = (struct exchange_push){0};
	*ret_wait_us = 0;
	enum rc rc = reader_get(nd, &s, e);
	if (rc != RC_OK)
		return rc;
	rc = (enum rc)atomic_exchange(&nd->receipt_rc[peer], RC_OK);
	if (rc != RC_OK) {
		reader_put(nd, s);
		return err_set(e, rc, "a receipt could not be stored");
	}
	/* Noted before the look: a commit after it ends the wait that may follow. */
	nd->push_seen[peer] = node_commits(nd);
	rc = push_make(nd, s, a, peer, ret, ret_wait_us, e);
	reader_put(nd, s);
	return rc;
}
