/*
 * Own events: their disclosures, their effect on the views, their place and signature in
 * our log.
 */
#include <string.h>

#include "service/rekey.h"
#include "service/use.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum { TEXTS_MAX = 1 << 20 /* of one event, for the outbox */ };

enum party
party_other(enum party p)
{
	return p == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;
}

enum rc
append_stage(struct writer *w, int64_t channel, struct stage **ret, struct err *e)
{
	struct channel_row c;
	struct log_head peer;
	enum rc rc;

	rc = writer_of_logs(w->nd, e);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < w->n_stages; i++)
		if (w->stages[i]->channel == channel) {
			*ret = w->stages[i];
			return RC_OK;
		}
	if (w->n_stages == NODE_CHANNELS_MAX)
		return err_set(e, RC_LIMIT, "more than %d channels in one group",
			       NODE_CHANNELS_MAX);
	struct stage *st = ARENA_NEW(w->a, struct stage);
	rc = channel_by_id(w->s, w->a, channel, &c, e);
	if (rc == RC_OK)
		rc = store_head(w->s, w->a, channel, c.own_party, &st->head, e);
	if (rc == RC_OK)
		rc = committed_check(w->nd, channel, &st->head, e);
	if (rc == RC_OK)
		rc = store_head(w->s, w->a, channel, party_other(c.own_party), &peer, e);
	if (rc != RC_OK)
		return rc;
	st->channel = channel;
	st->party = c.own_party;
	st->fence = st->head;
	st->peer_origin = peer.origin;
	st->staged = arena_array(w->a, NODE_GROUP_MAX, sizeof(*st->staged));
	struct log_tree tree = {.s = w->s, .channel = channel, .party = st->party};
	rc = merkle_edge_load(st->head.size, log_tree_get, &tree, &st->edge, e);
	if (rc == RC_OK && st->head.size != 0)
		rc = log_tree_get(&tree, 0, st->head.size - 1, &st->last, e);
	if (rc == RC_OK)
		*ret = w->stages[w->n_stages++] = st;
	return rc;
}

enum rc
append_flush(struct writer *w, struct stage *st, struct err *e)
{
	struct log_tree tree = {.s = w->s, .channel = st->channel, .party = st->party};
	struct signer_item items[NODE_GROUP_MAX] = {0};
	enum rc rc;

	if (st->n_staged == 0)
		return RC_OK;
	for (size_t i = 0; i < st->n_staged; i++)
		items[i] = (struct signer_item){
			.payload = st->staged[i].payload,
			.payload_len = st->staged[i].payload_len,
			.prev_at = st->staged[i].prev_at,
		};
	rc = signer_sign_chain(w->nd->signer, w->a, &st->last, items, st->n_staged, e);
	for (size_t i = 0; rc == RC_OK && i < st->n_staged; i++) {
		struct log_leaf leaf = {.jws = items[i].jws,
					.jws_len = items[i].jws_len,
					.leaf = items[i].leaf};
		rc = store_leaf_insert(w->s, st->channel, st->party, st->edge.size, &leaf,
				       st->staged[i].stored_us, e);
		if (rc == RC_OK)
			rc = merkle_append(&st->edge, &leaf.leaf, log_tree_put, &tree, e);
		st->last = leaf.leaf;
		if (st->staged[i].texts != NULL) {
			st->staged[i].before = st->told;
			st->told = &st->staged[i];
		}
	}
	st->staged = arena_array(w->a, NODE_GROUP_MAX, sizeof(*st->staged));
	st->n_staged = 0;
	return rc;
}

/* What an event discloses, as it is written. */
static enum rc
values_write(struct writer *w, const struct append *ev, const struct disclosure **ret,
	     struct err *e)
{
	struct buf b = BUF_INIT(EVENT_DISCLOSURE_MAX);
	struct disclosure *said = arena_array(w->a, ev->n_disclosures, sizeof(*said));
	enum rc rc = RC_OK;

	*ret = said;
	for (size_t i = 0; rc == RC_OK && i < ev->n_disclosures; i++) {
		const struct view_disclosed *d = &ev->disclosures[i];
		buf_reset(&b);
		if (d->value == NULL)
			rc = err_set(e, RC_INVALID, "%s is not UTF-8", d->name);
		else
			ijson_put(&b, d->value);
		if (rc == RC_OK && !buf_ok(&b))
			rc = err_set(e, RC_TOO_LARGE,
				     "%s is too long: a disclosure has at most %d bytes",
				     d->name, EVENT_DISCLOSURE_MAX);
		said[i] = (struct disclosure){
			d->name, arena_strndup(w->a, buf_str(&b), b.len), b.len};
	}
	buf_free(&b);
	return rc;
}

/* Give every disclosure its place in the store; *ret_sd are their digests.  `into` gets
 * the texts, for the outbox. */
static enum rc
disclose(struct writer *w, const struct disclosure *said, size_t n, struct hash **ret_sd,
	 struct buf *into, struct err *e)
{
	struct hash *sd = arena_array(w->a, n, sizeof(*sd));
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		const struct disclosure *d = &said[i];
		const char *text;
		rc = event_disclosure_write(w->a, d->name, d->json, d->json_len, &text,
					    &sd[i], e);
		if (rc != RC_OK)
			break;
		size_t len = strlen(text);
		rc = store_disclosure_put(w->s, &sd[i], text, len, true, w->now_us, e);
		if (into->len != 0)
			buf_putc(into, '\n');
		buf_put(into, text, len);
	}
	*ret_sd = sd;
	return rc;
}

static enum rc
apply_own(struct writer *w, const struct stage *st, const struct event_draft *d,
	  const struct event_head *ack, const struct disclosure *disclosed, struct err *e)
{
	struct event ev = {
		.log = st->head.origin,
		.seq = st->head.size,
		.type = d->type,
		.casefile = d->casefile,
		.refs = d->refs,
		.n_refs = d->n_refs,
		.iat_us = d->iat_us,
		.by = d->by,
		.due_us = d->due_us,
		.ack = *ack,
		.body = d->body,
		.sd = d->sd,
		.n_sd = d->n_sd,
		.blobs = d->blobs,
		.n_blobs = d->n_blobs,
	};
	const char *void_why;

	memcpy(ev.id, d->id, sizeof(ev.id));
	enum rc rc = view_apply(w->v, w->a, st->channel, st->party, &ev, disclosed,
				&void_why, e);
	if (rc == RC_OK && void_why != NULL)
		rc = err_set(e, RC_CONFLICT, "%s", void_why);
	return rc;
}

int64_t
writer_stored_us(struct writer *w)
{
	w->stored_us = w->now_us > w->stored_us ? w->now_us : w->stored_us + 1;
	return w->stored_us;
}

enum rc
append_event(struct writer *w, const struct append *ev, uint64_t *ret_seq, struct err *e)
{
	json_t *body = ev->body == NULL ? json_object() : ev->body;
	struct buf payload = BUF_INIT(EVENT_PAYLOAD_MAX), texts = BUF_INIT(TEXTS_MAX);
	char id[UUID_TEXT_LEN + 1];
	const struct disclosure *said = ev->written;
	struct log_head peer;
	struct stage *st;
	struct hash *sd;

	enum rc rc = channel_usable(w->nd, ev->channel, e);
	if (rc == RC_OK)
		rc = rekey_before(w, ev->channel, ev->type, e);
	if (rc == RC_OK)
		rc = append_stage(w, ev->channel, &st, e);
	if (rc == RC_OK && said == NULL)
		rc = values_write(w, ev, &said, e);
	if (rc == RC_OK)
		rc = disclose(w, said, ev->n_disclosures, &sd, &texts, e);
	if (rc == RC_OK)
		rc = store_head(w->s, w->a, ev->channel, party_other(st->party), &peer,
				e);
	if (rc != RC_OK)
		goto out;
	uuid7_make(w->now_us, id);
	struct event_draft d = {
		.id = id,
		.type = ev->type,
		.casefile = ev->casefile,
		.refs = ev->refs,
		.n_refs = ev->n_refs,
		.by = ev->by,
		.iat_us = w->now_us > st->head.last_iat_us ? w->now_us
							   : st->head.last_iat_us,
		.due_us = ev->due_us,
		.body = body,
		.sd = sd,
		.n_sd = ev->n_disclosures,
		.blobs = ev->blobs,
		.n_blobs = ev->n_blobs,
	};
	struct event_head ack = {
		.log = peer.origin, .size = peer.signed_size, .root = peer.signed_root};
	struct staged *next = &st->staged[st->n_staged];
	rc = event_payload_put(&payload, &d, st->head.origin, st->head.size, &ack,
			       &next->prev_at, e);
	if (rc == RC_OK)
		rc = apply_own(w, st, &d, &ack, said, e);
	if (rc == RC_OK)
		rc = zone_follow(w, ev->type, body, e);
	if (rc != RC_OK)
		goto out;
	next->payload = arena_strndup(w->a, buf_str(&payload), payload.len);
	next->payload_len = payload.len;
	next->seq = st->head.size;
	if (buf_ok(&texts)) {
		next->texts = arena_strndup(w->a, buf_str(&texts), texts.len);
		next->texts_len = texts.len;
	}
	next->stored_us = writer_stored_us(w);
	w->now_us++;
	if (ret_seq != NULL)
		*ret_seq = st->head.size;
	st->n_staged++;
	st->head.size++;
	st->head.last_iat_us = d.iat_us;
	if (st->n_staged == NODE_GROUP_MAX)
		rc = append_flush(w, st, e);
out:
	for (size_t i = 0; ev->written == NULL && i < ev->n_disclosures; i++)
		json_decref(ev->disclosures[i].value);
	json_decref(body);
	buf_free(&texts);
	buf_free(&payload);
	return rc;
}
