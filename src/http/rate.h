/*
 * rate - token buckets: how much one credential or one address may ask for.
 *
 * A bucket holds as many tokens as a minute allows and fills steadily.  Buckets are in a
 * table of fixed size under a keyed hash; when a row of the table is full, the bucket
 * that was left alone longest goes, which is the fullest: forgetting it forgives nothing
 * that time has not forgiven.
 *
 * Any thread.
 */
#ifndef SALURAN_HTTP_RATE_H
#define SALURAN_HTTP_RATE_H

#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RATE_ROWS = 1024, RATE_WAYS = 4 };

/* What is counted apart. */
enum rate_kind { RATE_CREDENTIAL, RATE_PUBLIC, RATE_FAILED };

struct rate_bucket {
	uint64_t key; /* 0: free */
	int64_t seen_us;
	double tokens;
};

struct rate {
	pthread_mutex_t mu;
	unsigned char secret[crypto_shorthash_KEYBYTES];
	struct rate_bucket rows[RATE_ROWS][RATE_WAYS];
};

struct rate_answer {
	bool ok;
	int64_t limit;	 /* a minute */
	int64_t left;	 /* whole tokens that are there now */
	int64_t reset_s; /* until the bucket is full again */
	int64_t wait_s;	 /* when !ok: until there is one token, at least 1 */
};

void rate_start(struct rate *r);
void rate_stop(struct rate *r);

/* Take `cost` tokens (0: only look) from the bucket of `who`; `per_minute` is more than
 * 0. */
void rate_take(struct rate *r, enum rate_kind kind, const char *who, int64_t per_minute,
	       unsigned cost, int64_t now_us, struct rate_answer *ret);

#endif
