#include "core/policy_vote.h"

static size_t
adoptions(const struct policy_vote *v, size_t n, enum party by, uint64_t below,
	  const struct hash *of)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += v[i].from == by && v[i].seq < below &&
			 hash_equal(&v[i].sha256, of);
	return count;
}

const struct hash *
policy_in_effect(const struct policy_vote *v, size_t n, const uint64_t seen[PARTY_COUNT],
		 const struct hash *opening)
{
	for (size_t i = n; i > 0; i--) {
		const struct policy_vote *a = &v[i - 1];

		if (a->from != PARTY_AUTHORITY || a->seq >= seen[PARTY_AUTHORITY])
			continue;
		size_t asked = adoptions(v, n, PARTY_AUTHORITY, a->seq + 1, &a->sha256);
		size_t matched =
			adoptions(v, n, PARTY_PLATFORM, seen[PARTY_PLATFORM], &a->sha256);
		if (matched >= asked)
			return &a->sha256;
	}
	return opening;
}
