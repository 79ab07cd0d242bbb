/*
 * The order in which both logs fold when a part of ours came back: stored_us is given
 * anew, as the events would have been stored had nothing been lost (protocol 2, 6).
 */
#include "service/recovery.h"
#include "store/store_sql.h"

enum { PAGE = 256 /* entries at a time: a log is not in memory */ };

/* The rest of one log, a page at a time. */
struct stream {
	enum party party;
	uint64_t at, end; /* of the log */
	struct arena *a;
	struct log_leaf *page;
	uint64_t from, n;
	const struct event *next; /* NULL: over */
};

static enum rc
stream_next(struct writer *w, int64_t channel, struct stream *s, struct err *e)
{
	enum rc rc = RC_OK;

	s->next = NULL;
	if (s->at >= s->end)
		return RC_OK;
	if (s->page == NULL || s->at >= s->from + s->n) {
		arena_reset(s->a);
		s->from = s->at;
		s->n = s->end - s->at > PAGE ? PAGE : s->end - s->at;
		rc = store_leaves(w->s, s->a, channel, s->party, s->from, s->from + s->n,
				  &s->page, e);
	}
	if (rc == RC_OK)
		rc = recovery_event(s->a, &s->page[s->at - s->from], &s->next, e);
	return rc;
}

/* The first entry of the peer from which on one may have seen what comes back. */
static enum rc
peer_from(struct writer *w, int64_t channel, uint64_t cut, const struct log_head *peer,
	  uint64_t *ret, struct err *e)
{
	bool on = true;
	enum rc rc = RC_OK;

	*ret = peer->size;
	while (rc == RC_OK && on && *ret > 0) {
		uint64_t from = *ret > PAGE ? *ret - PAGE : 0;
		struct log_leaf *page;
		on = false;
		rc = store_leaves(w->s, w->a, channel, peer->party, from, *ret, &page, e);
		for (uint64_t i = 0; rc == RC_OK && i < *ret - from; i++) {
			const struct event *ev;
			rc = recovery_event(w->a, &page[i], &ev, e);
			on |= rc == RC_OK && ev->ack.size > cut;
		}
		if (on)
			*ret = from;
		arena_reset(w->a);
	}
	return rc;
}

/* As the fold merges two logs: a ready head first, then the earlier one (protocol 2). */
static const struct stream *
first_of(const struct stream s[PARTY_COUNT])
{
	const struct stream *a = &s[PARTY_AUTHORITY], *p = &s[PARTY_PLATFORM];

	if (a->next == NULL || p->next == NULL)
		return a->next != NULL ? a : p;
	bool a_ready = a->next->ack.size <= p->at, p_ready = p->next->ack.size <= a->at;
	if (a_ready != p_ready)
		return a_ready ? a : p;
	return a->next->iat_us <= p->next->iat_us ? a : p;
}

enum rc
recovery_order(struct writer *w, int64_t channel, enum party own, uint64_t cut,
	       uint64_t size, struct err *e)
{
	struct stream s[PARTY_COUNT] = {0};
	enum party other = party_other(own);
	struct log_head peer;
	enum rc rc = store_head(w->s, w->a, channel, other, &peer, e);

	s[own] = (struct stream){own, cut, size, arena_create(), NULL, 0, 0, NULL};
	s[other] = (struct stream){other, 0, peer.size, arena_create(), NULL, 0, 0, NULL};
	if (rc == RC_OK)
		rc = peer_from(w, channel, cut, &peer, &s[other].at, e);
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++)
		rc = stream_next(w, channel, &s[p], e);
	while (rc == RC_OK && (s[own].next != NULL || s[other].next != NULL)) {
		struct stream *next = &s[first_of(s)->party];
		w->now_us++;
		rc = store_run(w->s, &SQL_EVENT_RESTAMP,
			       (struct db_param[]){
				       DB_P_INT(channel), DB_P_INT(next->party),
				       DB_P_INT(next->at), DB_P_INT(writer_stored_us(w))},
			       NULL, NULL, e);
		next->at++;
		if (rc == RC_OK)
			rc = stream_next(w, channel, next, e);
	}
	arena_free(s[own].a);
	arena_free(s[other].a);
	return rc;
}
