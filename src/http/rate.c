#include "http/rate.h"

#include <string.h>

#include "base/clock.h"

enum { WHO_MAX = 200, MINUTE_S = 60 };

void
rate_start(struct rate *r)
{
	memset(r, 0, sizeof(*r));
	pthread_mutex_init(&r->mu, NULL);
	randombytes_buf(r->secret, sizeof(r->secret));
}

void
rate_stop(struct rate *r)
{
	pthread_mutex_destroy(&r->mu);
}

static uint64_t
key_of(const struct rate *r, enum rate_kind kind, const char *who)
{
	unsigned char text[WHO_MAX + 1], hash[crypto_shorthash_BYTES];
	size_t len = strnlen(who, WHO_MAX);
	uint64_t key;

	text[0] = (unsigned char)kind;
	memcpy(text + 1, who, len);
	crypto_shorthash(hash, text, len + 1, r->secret);
	memcpy(&key, hash, sizeof(key));
	return key == 0 ? 1 : key;
}

/* The bucket of this key, or the one that gives way to it. */
static struct rate_bucket *
bucket_of(struct rate *r, uint64_t key, double full, int64_t now_us)
{
	struct rate_bucket *row = r->rows[key % RATE_ROWS], *oldest = &row[0];

	for (size_t i = 0; i < RATE_WAYS; i++) {
		if (row[i].key == key)
			return &row[i];
		if (row[i].seen_us < oldest->seen_us)
			oldest = &row[i];
	}
	*oldest = (struct rate_bucket){.key = key, .seen_us = now_us, .tokens = full};
	return oldest;
}

void
rate_take(struct rate *r, enum rate_kind kind, const char *who, int64_t per_minute,
	  unsigned cost, int64_t now_us, struct rate_answer *ret)
{
	const double full = (double)per_minute, per_s = full / MINUTE_S;

	pthread_mutex_lock(&r->mu);
	struct rate_bucket *b = bucket_of(r, key_of(r, kind, who), full, now_us);
	b->tokens += per_s * (double)(now_us - b->seen_us) / (double)CLOCK_US_PER_S;
	if (b->tokens > full)
		b->tokens = full;
	b->seen_us = now_us;
	*ret = (struct rate_answer){.ok = b->tokens >= 1, .limit = per_minute};
	if (ret->ok)
		b->tokens -= cost;
	else
		ret->wait_s = (int64_t)((1 - b->tokens) / per_s) + 1;
	ret->left = b->tokens < 0 ? 0 : (int64_t)b->tokens;
	ret->reset_s = (int64_t)((full - b->tokens) / per_s) + 1;
	pthread_mutex_unlock(&r->mu);
}
