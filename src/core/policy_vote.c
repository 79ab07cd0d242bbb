#include "core/policy_vote.h"

/* Has the other side, below that place of its log, an adoption for this one? */
static bool
is_matched(const struct policy_vote *v, size_t n, const struct policy_vote *x,
	   uint64_t below)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].from != x->from && v[i].seq < below && v[i].nth == x->nth &&
		    hash_equal(&v[i].sha256, &x->sha256))
			return true;
	return false;
}

/* How many of this side wait for the other, as far as the author of v[at] had seen. */
static size_t
open_before(const struct policy_vote *v, size_t n, size_t at)
{
	size_t open = 0;

	for (size_t i = at; i > 0 && open < POLICY_OPEN_MAX; i--) {
		const struct policy_vote *x = &v[i - 1];

		if (x->from != v[at].from || x->nth == 0)
			continue;
		if (is_matched(v, n, x, v[at].ack_size))
			break;
		open++;
	}
	return open;
}

static uint64_t
nth_of(const struct policy_vote *v, size_t at)
{
	uint64_t nth = 1;

	for (size_t i = 0; i < at; i++)
		nth += v[i].from == v[at].from && v[i].nth != 0 &&
		       hash_equal(&v[i].sha256, &v[at].sha256);
	return nth;
}

/* An event that the author of v[at] had seen has its number before: they are counted in
 * the order in which each could be written. */
void
policy_votes_count(struct policy_vote *v, size_t n)
{
	size_t next[PARTY_COUNT] = {0};

	for (size_t i = 0; i < n; i++)
		v[i].nth = 0;
	for (size_t done = 0; done < n; done++) {
		size_t at[PARTY_COUNT];
		for (int p = 0; p < PARTY_COUNT; p++) {
			while (next[p] < n && (int)v[next[p]].from != p)
				next[p]++;
			at[p] = next[p];
		}
		const struct policy_vote *a = at[0] < n ? &v[at[0]] : NULL;
		const struct policy_vote *b = at[1] < n ? &v[at[1]] : NULL;
		/* The authority's waits only for what it had seen. */
		bool first = b == NULL || (a != NULL && b->seq >= a->ack_size);
		size_t i = at[first ? PARTY_AUTHORITY : PARTY_PLATFORM];
		if (open_before(v, n, i) < POLICY_OPEN_MAX)
			v[i].nth = nth_of(v, i);
		next[v[i].from] = i + 1;
	}
}

const struct hash *
policy_in_effect(const struct policy_vote *v, size_t n, const uint64_t seen[PARTY_COUNT],
		 const struct hash *opening)
{
	for (size_t i = n; i > 0; i--) {
		const struct policy_vote *a = &v[i - 1];

		if (a->from == PARTY_AUTHORITY && a->nth != 0 &&
		    a->seq < seen[PARTY_AUTHORITY] &&
		    is_matched(v, n, a, seen[PARTY_PLATFORM]))
			return &a->sha256;
	}
	return opening;
}
