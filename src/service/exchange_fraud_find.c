/*
 * Where equivocation is found (protocol 7): a head of a peer that contradicts another of
 * its heads, an event with a number that another has, a second identity entry; and a head
 * of our own that we did not sign here.
 */
#include <string.h>

#include "service/exchange_int.h"
#include "service/recovery.h"

/* What is looked at: the head `cp` of the log of `h`, under the note `note`. */
struct looking {
	struct store *s;
	struct arena *a;
	const struct log_head *h;
	const struct identity_log *ids; /* of its writer */
	const struct checkpoint *cp;
	const char *note;
};

/* A smaller head: our tree leads from another root to a head that is here. */
static enum rc
smaller(const struct looking *l, uint64_t size, const char *signed_note, json_t **ret,
	struct err *e)
{
	const struct log_head *h = l->h;
	struct log_tree tree = {.s = l->s, .channel = h->channel, .party = h->party};
	struct merkle_proof proof = {0};
	struct hash here;
	enum rc rc = recovery_root(l->s, h->channel, h->party, l->cp->size, &here, e);

	if (rc != RC_OK || hash_equal(&here, &l->cp->root))
		return rc;
	if (l->cp->size == size) {
		*ret = fraud_of_heads(l->a, FRAUD_HEADS, l->ids, l->note, signed_note,
				      NULL, NULL);
		return RC_OK;
	}
	rc = merkle_prove_consistency(l->cp->size, size, log_tree_get, &tree, &proof, e);
	if (rc == RC_OK)
		*ret = fraud_of_heads(l->a, FRAUD_HEADS, l->ids, l->note, signed_note,
				      &here, &proof);
	return rc;
}

/* A larger one that does not extend the pending head: the sender's own proof leads from
 * another root to it. */
static json_t *
larger(const struct looking *l, const struct mirror_checkpoint *req)
{
	const struct log_head *h = l->h;
	struct merkle_proof proof = {.n = req->n_proof};
	struct err none = ERR_INIT;
	struct hash there;

	if (req->old != h->pending_size || req->n_proof == 0 ||
	    merkle_older_root(req->old, l->cp->size, &l->cp->root, req->proof,
			      req->n_proof, &there, &none) != RC_OK ||
	    hash_equal(&there, &h->pending_root))
		return NULL;
	memcpy(proof.h, req->proof, req->n_proof * sizeof(proof.h[0]));
	return fraud_of_heads(l->a, FRAUD_HEADS, l->ids, h->pending_note, l->note, &there,
			      &proof);
}

static enum rc
contradicts(const struct looking *l, const struct mirror_checkpoint *req, json_t **ret,
	    struct err *e)
{
	const struct log_head *h = l->h;

	*ret = NULL;
	if (l->cp->size == 0 || h->pending_size == 0)
		return RC_OK;
	if (l->cp->size == h->pending_size) {
		if (!hash_equal(&h->pending_root, &l->cp->root))
			*ret = fraud_of_heads(l->a, FRAUD_HEADS, l->ids, l->note,
					      h->pending_note, NULL, NULL);
		return RC_OK;
	}
	if (l->cp->size < h->signed_size)
		return smaller(l, h->signed_size, h->signed_note, ret, e);
	if (l->cp->size > h->pending_size)
		*ret = larger(l, req);
	return RC_OK;
}

enum rc
exchange_fraud_look(struct node *nd, struct store *s, struct arena *a,
		    const struct log_head *h, const struct checkpoint *cp,
		    const struct mirror_checkpoint *req, struct err *e)
{
	struct identity_log *ids = ARENA_NEW(a, struct identity_log);
	struct looking l = {
		.s = s,
		.a = a,
		.h = h,
		.ids = ids,
		.cp = cp,
		.note = arena_strndup(a, req->note, req->note_len),
	};
	json_t *body = NULL;
	enum rc rc = store_identity_of_party(s, a, h->channel, h->party, ids, e);

	if (rc == RC_OK)
		rc = contradicts(&l, req, &body, e);
	if (rc == RC_OK && body != NULL)
		rc = exchange_fraud_found(nd, s, a, h->channel, body, e);
	json_decref(body);
	return rc;
}

enum rc
exchange_fraud_own(struct node *nd, struct store *s, struct arena *a,
		   const struct log_head *own, const struct checkpoint *theirs,
		   const char *note, const struct checkpoint *mark, struct err *e)
{
	struct looking l = {
		.s = s, .a = a, .h = own, .ids = nd->ids, .cp = theirs, .note = note};
	struct merkle_proof none = {0};
	struct hash here;
	const char *signed_note;
	json_t *body = NULL;

	if (theirs->size == 0 || theirs->size > mark->size || mark->size > own->size)
		return RC_OK;
	enum rc rc = recovery_root(s, own->channel, own->party, mark->size, &here, e);
	if (rc != RC_OK || !hash_equal(&here, &mark->root))
		return rc;
	/* Of the head that was signed last the signer gives the same bytes again. */
	rc = signer_sign_checkpoint(nd->signer, a, mark, &none, &signed_note, e);
	if (rc == RC_OK)
		rc = smaller(&l, mark->size, signed_note, &body, e);
	if (rc == RC_OK && body != NULL)
		rc = exchange_fraud_found(nd, s, a, own->channel, body, e);
	json_decref(body);
	return rc;
}

enum rc
exchange_fraud_event(struct node *nd, struct store *s, struct arena *a,
		     const struct log_head *h, const struct log_leaf *have,
		     const struct mirror_entry *other, struct err *e)
{
	const char *text = arena_strndup(a, (const char *)other->data, other->len);

	/* Other bytes that are no text are no signed event. */
	if (strlen(text) != other->len)
		return RC_OK;
	json_t *body =
		fraud_of_signed(h->origin, have->jws, have->jws_len, text, other->len);
	enum rc rc = body == NULL ? RC_OK
				  : exchange_fraud_found(nd, s, a, h->channel, body, e);
	json_decref(body);
	return rc;
}

enum rc
exchange_fraud_identity(struct node *nd, struct arena *a, int64_t channel,
			const struct identity_log *ids, struct err *e)
{
	const char *have = ids->entry[ids->second_n]->wire;
	struct store *s = NULL;
	json_t *body = fraud_of_signed(NULL, have, strlen(have), ids->second,
				       strlen(ids->second));
	enum rc rc = body == NULL ? RC_OK : reader_get(nd, &s, e);

	if (rc == RC_OK && body != NULL)
		rc = exchange_fraud_found(nd, s, a, channel, body, e);
	reader_put(nd, s);
	json_decref(body);
	return rc;
}

/* It is a find only if it proves something. */
enum rc
exchange_fraud_found(struct node *nd, struct store *s, struct arena *a, int64_t channel,
		     const json_t *body, struct err *e)
{
	struct err why = ERR_INIT;
	enum rc rc = exchange_fraud_keep(nd, s, a, channel, body, false, &why);

	return rc == RC_OK || rc == RC_UNPROCESSABLE ? RC_OK
						     : err_set(e, rc, "%s", why.text);
}
