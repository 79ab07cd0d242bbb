/*
 * Nodes that break a promise: what the simulation must find.  sim.h says which; some of
 * them are in world.c, net.c, fakes.c and vfs.c.
 */
#include <string.h>

#include "base/clock.h"
#include "service/exchange.h"
#include "service/exchange_int.h"
#include "service/recovery.h"
#include "sim/sim.h"
#include "store/view.h"

enum rc __real_append_event(struct writer *w, const struct append *ev, uint64_t *ret_seq,
			    struct err *e);
enum rc __wrap_append_event(struct writer *w, const struct append *ev, uint64_t *ret_seq,
			    struct err *e);
enum rc
__wrap_append_event(struct writer *w, const struct append *ev, uint64_t *ret_seq,
		    struct err *e)
{
	struct append again = *ev;
	bool twice = sim_is(MUTANT_DOUBLED) && strcmp(ev->type, "message.post") == 0;

	again.body = twice ? json_deep_copy(ev->body) : NULL;
	enum rc rc = __real_append_event(w, ev, ret_seq, e);
	if (rc == RC_OK && twice) {
		again.disclosures = (struct view_disclosed[]){
			{"text", json_sprintf("text %d", W.n_said)}};
		again.n_disclosures = 1;
		again.written = NULL;
		rc = __real_append_event(w, &again, ret_seq, e);
	}
	return rc;
}

enum rc __real_exchange_push_resync(struct node *nd, int64_t peer, uint64_t pending,
				    uint64_t next, struct err *e);
enum rc __wrap_exchange_push_resync(struct node *nd, int64_t peer, uint64_t pending,
				    uint64_t next, struct err *e);
enum rc
__wrap_exchange_push_resync(struct node *nd, int64_t peer, uint64_t pending,
			    uint64_t next, struct err *e)
{
	return sim_is(MUTANT_STUCK)
		       ? RC_OK
		       : __real_exchange_push_resync(nd, peer, pending, next, e);
}

enum rc __real_exchange_push_greeted(struct node *nd, int64_t peer, struct err *e);
enum rc __wrap_exchange_push_greeted(struct node *nd, int64_t peer, struct err *e);
enum rc
__wrap_exchange_push_greeted(struct node *nd, int64_t peer, struct err *e)
{
	return sim_is(MUTANT_RESTLESS) ? RC_OK
				       : __real_exchange_push_greeted(nd, peer, e);
}

enum rc __real_exchange_ask_next(struct node *nd, int64_t peer, struct arena *a,
				 struct exchange_question *ret, int64_t *ret_wait_us,
				 struct err *e);
enum rc __wrap_exchange_ask_next(struct node *nd, int64_t peer, struct arena *a,
				 struct exchange_question *ret, int64_t *ret_wait_us,
				 struct err *e);
enum rc
__wrap_exchange_ask_next(struct node *nd, int64_t peer, struct arena *a,
			 struct exchange_question *ret, int64_t *ret_wait_us,
			 struct err *e)
{
	if (sim_is(MUTANT_MUTE))
		atomic_store(&nd->identity_told[peer], true);
	return sim_is(MUTANT_FORK)
		       ? RC_NOT_FOUND
		       : __real_exchange_ask_next(nd, peer, a, ret, ret_wait_us, e);
}

enum rc __real_view_apply(struct views *v, struct arena *a, int64_t channel,
			  enum party from, const struct event *ev,
			  const struct disclosure *disclosed, const char **ret_void,
			  struct err *e);
enum rc __wrap_view_apply(struct views *v, struct arena *a, int64_t channel,
			  enum party from, const struct event *ev,
			  const struct disclosure *disclosed, const char **ret_void,
			  struct err *e);
enum rc
__wrap_view_apply(struct views *v, struct arena *a, int64_t channel, enum party from,
		  const struct event *ev, const struct disclosure *disclosed,
		  const char **ret_void, struct err *e)
{
	if (sim_is(MUTANT_FOLD) && W.cur->role == PARTY_PLATFORM &&
	    from == PARTY_AUTHORITY && strcmp(ev->type, "message.post") == 0)
		return RC_OK;
	return __real_view_apply(v, a, channel, from, ev, disclosed, ret_void, e);
}

enum rc __real_exchange_add_entries(struct node *nd, int64_t peer,
				    const struct mirror_entries *req, struct arena *a,
				    struct exchange_answer *ret, struct err *e);
enum rc __wrap_exchange_add_entries(struct node *nd, int64_t peer,
				    const struct mirror_entries *req, struct arena *a,
				    struct exchange_answer *ret, struct err *e);
enum rc
__wrap_exchange_add_entries(struct node *nd, int64_t peer,
			    const struct mirror_entries *req, struct arena *a,
			    struct exchange_answer *ret, struct err *e)
{
	struct note_key key;
	struct store *s = NULL;
	struct log_head h;
	struct err none = ERR_INIT;

	if (!sim_is(MUTANT_RECEIPT))
		return __real_exchange_add_entries(nd, peer, req, a, ret, e);
	*ret = (struct exchange_answer){0};
	enum rc rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_head_by_origin(s, a, req->origin, &h, e);
	if (rc == RC_OK)
		rc = identity_receipt_key(nd->id, &key, e);
	reader_put(nd, s);
	if (rc != RC_OK)
		return rc;
	/* Nothing was signed of it yet, so that no proof is asked for. */
	marks_forget(nd->dir, req->origin);
	rc = signer_mark_begin(nd->signer, req->origin, e);
	if (rc != RC_OK)
		return rc;
	const struct merkle_proof proof = {0};
	const struct checkpoint cp = {
		.origin = h.origin, .size = h.pending_size, .root = h.pending_root};
	rc = signer_cosign(nd->signer, a, key.name, (uint64_t)(W.now_us / CLOCK_US_PER_S),
			   &cp, &proof, &ret->cosignature, &none);
	return rc == RC_OK ? rc : __real_exchange_add_entries(nd, peer, req, a, ret, e);
}

enum rc __real_exchange_fraud_own(struct node *nd, struct store *s, struct arena *a,
				  const struct log_head *own,
				  const struct checkpoint *theirs, const char *note,
				  const struct checkpoint *mark, struct err *e);
enum rc __wrap_exchange_fraud_own(struct node *nd, struct store *s, struct arena *a,
				  const struct log_head *own,
				  const struct checkpoint *theirs, const char *note,
				  const struct checkpoint *mark, struct err *e);
enum rc
__wrap_exchange_fraud_own(struct node *nd, struct store *s, struct arena *a,
			  const struct log_head *own, const struct checkpoint *theirs,
			  const char *note, const struct checkpoint *mark, struct err *e)
{
	return sim_is(MUTANT_BLIND)
		       ? RC_OK
		       : __real_exchange_fraud_own(nd, s, a, own, theirs, note, mark, e);
}

enum rc __real_exchange_fraud_look(struct node *nd, struct store *s, struct arena *a,
				   const struct log_head *h, const struct checkpoint *cp,
				   const struct mirror_checkpoint *req, struct err *e);
enum rc __wrap_exchange_fraud_look(struct node *nd, struct store *s, struct arena *a,
				   const struct log_head *h, const struct checkpoint *cp,
				   const struct mirror_checkpoint *req, struct err *e);
enum rc
__wrap_exchange_fraud_look(struct node *nd, struct store *s, struct arena *a,
			   const struct log_head *h, const struct checkpoint *cp,
			   const struct mirror_checkpoint *req, struct err *e)
{
	return sim_is(MUTANT_BLIND) ? RC_OK
				    : __real_exchange_fraud_look(nd, s, a, h, cp, req, e);
}

enum rc __real_channel_usable(struct node *nd, int64_t channel, struct err *e);
enum rc __wrap_channel_usable(struct node *nd, int64_t channel, struct err *e);
enum rc
__wrap_channel_usable(struct node *nd, int64_t channel, struct err *e)
{
	return sim_is(MUTANT_THAWED) && channel_is_frozen(nd, channel)
		       ? RC_OK
		       : __real_channel_usable(nd, channel, e);
}
