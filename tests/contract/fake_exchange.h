/*
 * A node without a store behind the contract of service/exchange.h: it counts, keeps
 * sizes, and answers what a test tells it to.  One for the sender, one for the receiver.
 */
#ifndef SALURAN_TESTS_FAKE_EXCHANGE_H
#define SALURAN_TESTS_FAKE_EXCHANGE_H

#include <pthread.h>

#include "service/exchange.h"

enum { FAKE_PEERS_MAX = 4, FAKE_ENTRY_BYTES = 600, FAKE_WHY_MAX = 512 };

#define FAKE_ORIGIN  "ministry.example/c/42"
#define FAKE_NOTE    FAKE_ORIGIN "\n"
#define FAKE_RECEIPT "\xe2\x80\x94 platform.example/rcpt AAAA\n"

#define FAKE_LOG_HEX "3e6d49c14b74e551564584d4cc66fd13033e5aaec3b1507af110c366166d5db5"

struct node {
	pthread_mutex_t mu;
	pthread_cond_t changed; /* CLOCK_MONOTONIC */
	bool stopping;
	uint64_t commits, seen;

	struct exchange_peer peers[FAKE_PEERS_MAX];
	size_t n_peers;

	/* As receiver. */
	uint64_t pending, stored;
	uint64_t take_max; /* entries that one upload may bring, 0: any */
	enum rc checkpoint_rc, entries_rc, disclosures_rc,
		get_rc;	     /* not RC_OK: answer it */
	enum rc blob_rc;     /* of opening a piece; not RC_OK: answer it */
	uint64_t blob_at;    /* bytes of the one file that are here */
	uint64_t blob_total; /* 0: the file is unknown */
	unsigned n_pieces;
	const char *blob_path; /* as sender: the file that waits, NULL: none */
	struct hash blob_sha256;
	unsigned n_delivered, n_blob_failed;
	bool blob_refused;	  /* the last failure was for good */
	bool hold;		  /* add_entries waits until this is false */
	const char *ticket;	  /* to give with where to go on, NULL: none */
	unsigned n_tickets;	  /* that came back as they were given */
	unsigned n_other_tickets; /* uploads with another one */
	enum {
		INFO_TRUE,
		INFO_CIRCLE, /* tells where to go on, never the same twice */
		INFO_ALL,    /* has all, and gives no receipt */
		INFO_BEYOND, /* wants ever later ones */
	} info;
	int64_t pull_us; /* how often to fetch, 0: never */
	unsigned n_pulled, n_receipts;
	uint64_t pull_told; /* the size that was told last */
	char receipt[FAKE_WHY_MAX];
	enum rc receipt_rc;  /* not RC_OK: answer it */
	enum rc identity_rc; /* not RC_OK: answer it */
	size_t identity_len; /* of what came last */
	unsigned n_checkpoint, n_entries, n_disclosures, n_get, n_held;
	size_t disclosures_len;
	char got[FAKE_WHY_MAX]; /* what the last GET asked for */

	int64_t own_time_s;		   /* to tell, 0: does not know it */
	int64_t peer_time_s, peer_of_time; /* the last that was heard, and of whom */
	int64_t refused_peer, taken_peer;  /* the last call that was refused, or taken */
	const char *refused_call, *taken_call;
	enum rc refused_rc;

	/* As sender. */
	uint64_t log_size, receipted, peer_size, peer_next;
	const char *disclosures;
	unsigned n_next, n_done, n_failed, n_resync, n_fraud;
	int64_t retry_after_s;
	const char *ask, *ask_body; /* what is to be asked first; NULL: nothing, GET */
	unsigned n_asked, n_unknown;
	size_t answer_len;
	int64_t retry_us; /* by clock_mono_us() */
	int64_t backoff_us;
	char why[FAKE_WHY_MAX];
};

void fake_node_init(struct node *nd);
void fake_node_free(struct node *nd);
/* What node_stop() promises. */
void fake_node_stop(struct node *nd);
/* The log grew. */
void fake_append(struct node *nd, uint64_t n);
/* Change one member under the lock and wake everybody. */
#define FAKE_SET(nd, member, value)                                                      \
	do {                                                                             \
		pthread_mutex_lock(&(nd)->mu);                                           \
		(nd)->member = (value);                                                  \
		(nd)->commits++;                                                         \
		pthread_cond_broadcast(&(nd)->changed);                                  \
		pthread_mutex_unlock(&(nd)->mu);                                         \
	} while (0)

#endif
