/*
 * policy_vote - which policy is in effect in a channel, from what both sides have signed.
 *
 * The channel opens under one policy.  Another comes into effect when both have adopted
 * it (policy.adopt): the newest adoption of the authority that the platform has matched,
 * each adoption needing one of its own, so that going back needs both again.  What counts
 * is what the author of an event had seen: the same on both nodes, whatever came when.
 *
 * A channel lives for decades, so nothing counts adoptions for ever: a side may have
 * POLICY_OPEN_MAX that the other has not matched since its last one that was, and a match
 * closes all before it.
 *
 * Pure.  The views of a node keep `nth` with each adoption and ask the same by index
 * (store/view_policy.c).
 */
#ifndef SALURAN_CORE_POLICY_VOTE_H
#define SALURAN_CORE_POLICY_VOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/crypto.h"
#include "core/event.h"
#include "core/identity.h"

enum {
	POLICY_OPEN_MAX = 32,	 /* adoptions of one side that wait for the other */
	POLICY_CHUNK_MAX = 5000, /* bytes of the text in one disclosure */
};

struct policy_vote {
	enum party from;
	uint64_t seq, ack_size;
	struct hash sha256;
	uint64_t nth; /* of this side for this policy, from 1; 0: void, it counts for
			 nothing */
};

/* Fill in `nth`.  `v` is ascending by seq within each party. */
void policy_votes_count(struct policy_vote *v, size_t n);

/* Of counted votes, what is below seen[party]. */
const struct hash *policy_in_effect(const struct policy_vote *v, size_t n,
				    const uint64_t seen[PARTY_COUNT],
				    const struct hash *opening);

#endif
