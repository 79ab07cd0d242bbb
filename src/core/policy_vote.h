/*
 * policy_vote - which policy is in effect in a channel, from what both sides have signed.
 *
 * The channel opens under one policy.  Another comes into effect when both have adopted
 * it (policy.adopt): the newest adoption of the authority that the platform has matched,
 * each adoption needing one of its own, so that going back needs both again.  What counts
 * is what the author of an event had seen: the same on both nodes, whatever came when.
 *
 * Pure.
 */
#ifndef SALURAN_CORE_POLICY_VOTE_H
#define SALURAN_CORE_POLICY_VOTE_H

#include <stddef.h>
#include <stdint.h>

#include "core/crypto.h"
#include "core/event.h"
#include "core/identity.h"

enum {
	POLICY_VOTES_MAX = 200,	 /* adoptions of one side in one channel */
	POLICY_CHUNK_MAX = 5000, /* bytes of the text in one disclosure */
};

struct policy_vote {
	enum party from;
	uint64_t seq;
	struct hash sha256;
};

/* `v` is ascending by seq within each party; only what is below seen[party] counts. */
const struct hash *policy_in_effect(const struct policy_vote *v, size_t n,
				    const uint64_t seen[PARTY_COUNT],
				    const struct hash *opening);

#endif
