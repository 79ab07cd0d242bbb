/*
 * exchange_check - what must hold of an upload before anything of it is stored (protocol
 * 1, and tier 1 of protocol 2).
 *
 * It reads the store and writes nothing, on the thread of the caller.
 */
#ifndef SALURAN_SERVICE_EXCHANGE_CHECK_H
#define SALURAN_SERVICE_EXCHANGE_CHECK_H

#include "service/exchange_int.h"

/* An upload on its way to the writer; all of it in the arena of its request. */
struct upload {
	struct log_head head; /* as it was when we looked */
	struct signed_claim *claims;
	size_t n_claims;
	const struct event **events; /* the claims whose signature was checked */
	size_t n_events;
	/* Of each event, or NULL: the fold looks for them. */
	const struct disclosure **disclosed;
	uint64_t erasures; /* before they were read */
	size_t n;
	struct merkle_edge edge; /* after them */
	struct hash root;
	struct checkpoint pending;
	struct peer_keys keys;
	const char *receipt_line;
	uint64_t receipt_time_s;
	struct brought *brought;  /* disclosures that came for it */
	uint64_t disclosed_bytes; /* of the store's that the new events name */
	uint64_t rest_bytes;	/* of `brought` that they do not name, now in the store */
	const char *own_origin; /* of our log to them */
	uint64_t acked;		/* how much of that the events say they have */
	bool acks;		/* they name a head of it that is here */
	bool ack_differs;	/* one of them by another root: event ack_seq */
	uint64_t ack_seq, ack_size;
};

/*
 * Proofs, signatures, order, disclosures and files of `req`, and where it leads: sets
 * claims, events, disclosed, n, edge, root, keys, disclosed_bytes and acked of `u`, whose
 * other members are there.  RC_CONFLICT: entries are missing before a package;
 * RC_UNPROCESSABLE names the event; RC_FROZEN: it proves that there are two histories.
 */
enum rc upload_check(struct node *nd, struct store *s, struct arena *a,
		     const struct mirror_entries *req, struct upload *u,
		     struct err *e) MUST_CHECK;

/* Files come before the event that names them; a tombstone stands for an erased one.
 * RC_UNPROCESSABLE names the one that did not. */
enum rc upload_blobs_present(struct store *s, int64_t channel, const struct event *ev,
			     struct err *e) MUST_CHECK;

#endif
