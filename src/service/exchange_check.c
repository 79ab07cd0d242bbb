#include "service/exchange_check.h"

#include <inttypes.h>
#include <string.h>

#include "service/evidence.h"
#include "service/exchange.h"

/* Of one upload, read outside the writer. */
enum { DISCLOSED_BYTES_MAX = 32 << 20 };

/* The disclosures of one event, which must be here: what the fold needs of them is read
 * outside the writer, as far as DISCLOSED_BYTES_MAX goes. */
static enum rc
disclosures_present(struct store *s, struct arena *a, const struct event *ev,
		    struct upload *u, const struct disclosure **ret, struct err *e)
{
	struct disclosure *d = arena_array(a, ev->n_sd, sizeof(*d));
	bool all = u->disclosed_bytes < DISCLOSED_BYTES_MAX;

	for (size_t i = 0; i < ev->n_sd; i++) {
		const struct brought_row *brought = brought_find(u->brought, &ev->sd[i]);
		struct err why = ERR_INIT;
		const char *text;
		if (brought != NULL) {
			d[i] = brought->said;
			continue;
		}
		enum rc rc = store_disclosure_get(s, a, &ev->sd[i], &text, &why);
		if (rc == RC_NOT_FOUND)
			return err_rule(e, RC_UNPROCESSABLE, "protocol 2",
					"disclosure %zu of event %" PRIu64
					" did not come before it",
					i, ev->seq);
		if (rc == RC_OK && text != NULL && all)
			rc = event_disclosure_read(a, text, strlen(text), &d[i], &why);
		if (rc != RC_OK)
			return err_set(e, rc, "%s", why.text);
		u->disclosed_bytes += text == NULL ? 0 : strlen(text);
	}
	*ret = all ? d : NULL;
	return RC_OK;
}

enum rc
upload_blobs_present(struct store *s, int64_t channel, const struct event *ev,
		     struct err *e)
{
	for (size_t i = 0; i < ev->n_blobs; i++) {
		struct file_row row;
		enum rc rc = evidence_file_get(s, channel, &ev->blobs[i], &row, e);
		if (rc == RC_NOT_FOUND || (rc == RC_OK && row.state == FILE_PART))
			return err_rule(e, RC_UNPROCESSABLE, "protocol 2",
					"blob %zu of event %" PRIu64
					" did not come before it",
					i, ev->seq);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

/* The signatures of the claims so far. */
static enum rc
signed_so_far(const struct node *nd, struct upload *u, struct err *e)
{
	size_t from = u->n_events;

	u->n_events = u->n_claims;
	return exchange_signed_check(nd, u->claims + from, u->n_claims - from,
				     u->events + from, e);
}

/* Tier 1 of one entry that continues the log at `seq`, but for its signature.  *prev, the
 * leaf before it, becomes its own. */
static enum rc
entry_check(struct node *nd, struct store *s, struct arena *a, struct upload *u,
	    uint64_t seq, const struct mirror_entry *entry, struct hash *prev,
	    struct err *e)
{
	const struct log_head *h = &u->head;
	struct signed_claim *c = &u->claims[u->n_claims];
	enum rc rc = event_parse(a, (const char *)entry->data, entry->len, &c->claim, e);

	/* The body that it came in is not too large. */
	if (rc == RC_TOO_LARGE)
		rc = RC_UNPROCESSABLE;
	if (rc != RC_OK)
		return rc;
	const struct event *said = event_claimed(c->claim);
	if (strcmp(said->log, h->origin) != 0 || said->seq != seq)
		return err_rule(e, RC_UNPROCESSABLE, "protocol 2",
				"event says %s %" PRIu64 " but lies at %s %" PRIu64,
				said->log, said->seq, h->origin, seq);
	/* New keys are taken from a log that is signed up to there. */
	if (identity_is_rekey(said, h->party))
		rc = signed_so_far(nd, u, e);
	if (rc == RC_OK)
		rc = peer_keys_for(&u->keys, said, &c->key, e);
	if (rc != RC_OK)
		return rc;
	u->n_claims++;
	if (seq != 0 && (!said->has_prev || !hash_equal(&said->prev, prev)))
		return err_rule(e, RC_UNPROCESSABLE, "protocol 2",
				"prev of event %" PRIu64 " is not the leaf before it",
				seq);
	*prev = said->leaf;
	rc = disclosures_present(s, a, said, u, &u->disclosed[u->n], e);
	return rc == RC_OK ? upload_blobs_present(s, h->channel, said, e) : rc;
}

/* The hash of the subtree [floor256(start), start + n) from stored leaves and new ones.
 */
static enum rc
package_root(struct store *s, const struct log_head *h, const struct mirror_package *p,
	     struct hash *ret, struct err *e)
{
	struct log_tree tree = {.s = s, .channel = h->channel, .party = h->party};
	struct merkle_edge edge = {0};
	enum rc rc = RC_OK;

	/* The lower levels of the whole tree's edge are the edge of this subtree. */
	if (p->start % MIRROR_PACKAGE != 0)
		rc = merkle_edge_load(p->start, log_tree_get, &tree, &edge, e);
	edge.size %= MIRROR_PACKAGE;
	for (size_t i = 0; rc == RC_OK && i < p->n_entries; i++) {
		struct hash leaf;
		merkle_leaf(p->entries[i].data, p->entries[i].len, &leaf);
		rc = merkle_append(&edge, &leaf, NULL, NULL, e);
	}
	if (rc == RC_OK)
		merkle_root(&edge, ret);
	return rc;
}

/* Entries that we have must be the same bytes: (log, seq) is the idempotency key. */
static enum rc
entry_same(struct store *s, struct arena *a, const struct log_head *h, uint64_t seq,
	   const struct mirror_entry *entry, struct err *e)
{
	struct log_leaf *have;
	enum rc rc = store_leaves(s, a, h->channel, h->party, seq, seq + 1, &have, e);

	if (rc == RC_OK && (have[0].jws_len != entry->len ||
			    memcmp(have[0].jws, entry->data, entry->len) != 0))
		rc = err_rule(e, RC_UNPROCESSABLE, "protocol 2",
			      "event %" PRIu64
			      " was received with other bytes: this is fraud",
			      seq);
	return rc;
}

/* Entries that are not of the pending head: is one of them a second event with the number
 * of one that is here (protocol 7)? */
static enum rc
second_look(struct store *s, struct arena *a, const struct upload *u,
	    const struct mirror_package *p, struct err *e)
{
	const struct log_head *h = &u->head;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < p->n_entries && p->start + i < h->size;
	     i++) {
		const struct mirror_entry *other = &p->entries[i];
		struct log_leaf *have;
		rc = store_leaves(s, a, h->channel, h->party, p->start + i,
				  p->start + i + 1, &have, e);
		if (rc == RC_OK && (have[0].jws_len != other->len ||
				    memcmp(have[0].jws, other->data, other->len) != 0))
			return exchange_fraud_event(u->keys.nd, s, a, h, &have[0], other,
						    e);
	}
	return rc;
}

static void
acked_note(struct upload *u)
{
	for (size_t i = 0; i < u->n; i++) {
		const struct event_head *ack = &u->events[i]->ack;
		if (strcmp(ack->log, u->own_origin) == 0 && ack->size > u->acked)
			u->acked = ack->size;
	}
}

static enum rc
entries_check(struct node *nd, struct store *s, struct arena *a,
	      const struct mirror_package *p, struct hash *prev, struct upload *u,
	      struct err *e)
{
	const struct log_head *h = &u->head;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < p->n_entries; i++) {
		uint64_t seq = p->start + i;
		if (seq < h->size) {
			rc = entry_same(s, a, h, seq, &p->entries[i], e);
			continue;
		}
		rc = entry_check(nd, s, a, u, seq, &p->entries[i], prev, e);
		if (rc == RC_OK)
			rc = merkle_append(&u->edge, prev, NULL, NULL, e);
		if (rc == RC_OK)
			u->n++;
	}
	return rc;
}

/* All signatures; of what is wrong with an upload that which comes first is said. */
static enum rc
signed_check(const struct node *nd, struct upload *u, enum rc others, struct err *e)
{
	struct err why = ERR_INIT;
	enum rc rc = signed_so_far(nd, u, &why);

	if (rc == RC_OK)
		return others;
	*e = why;
	return rc;
}

enum rc
upload_check(struct node *nd, struct store *s, struct arena *a,
	     const struct mirror_entries *req, struct upload *u, struct err *e)
{
	const struct log_head *h = &u->head;
	struct log_tree tree = {.s = s, .channel = h->channel, .party = h->party};
	struct hash prev = {0};
	struct err none = ERR_INIT;
	size_t cap = 0;
	enum rc rc = merkle_edge_load(h->size, log_tree_get, &tree, &u->edge, e);

	if (rc == RC_OK && h->size != 0)
		rc = log_tree_get(&tree, 0, h->size - 1, &prev, e);
	for (size_t k = 0; k < req->n_packages; k++)
		cap += req->packages[k].n_entries;
	u->claims = arena_array(a, cap, sizeof(*u->claims));
	u->events = arena_array(a, cap, sizeof(const struct event *));
	u->disclosed = arena_array(a, cap, sizeof(const struct disclosure *));
	for (size_t k = 0; rc == RC_OK && k < req->n_packages; k++) {
		const struct mirror_package *p = &req->packages[k];
		struct hash root;
		if (p->start > h->size + u->n)
			rc = err_rule(e, RC_CONFLICT, "protocol 1",
				      "entries are missing");
		else
			rc = package_root(s, h, p, &root, e);
		if (rc == RC_OK)
			rc = merkle_verify_subtree(
				p->start / MIRROR_PACKAGE * MIRROR_PACKAGE,
				p->start + p->n_entries, &root, u->pending.size,
				&u->pending.root, p->proof, p->n_proof, e);
		enum rc look = RC_OK;
		if (rc == RC_UNPROCESSABLE)
			look = second_look(s, a, u, p, &none);
		if (look != RC_OK)
			return err_set(e, look, "%s", none.text);
		if (rc == RC_OK)
			rc = entries_check(nd, s, a, p, &prev, u, e);
	}
	merkle_root(&u->edge, &u->root);
	rc = signed_check(nd, u, rc, e);
	if (rc == RC_OK)
		acked_note(u);
	return rc;
}
