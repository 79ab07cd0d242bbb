/*
 * push_blob - the files of evidence of one pusher.
 */
#ifndef SALURAN_PEER_PUSH_BLOB_H
#define SALURAN_PEER_PUSH_BLOB_H

#include <stdint.h>

#include "base/uuid.h"
#include "peer/push_http.h"

/* Where the file that is under way stands; a start forgets it, and the peer tells. */
struct push_blob {
	char id[UUID_TEXT_LEN + 1];
	uint64_t at;
	size_t piece; /* bytes of the next one */
	unsigned stuck;
	uint8_t *buffer;
};

void push_blob_init(struct push_blob *b);
void push_blob_free(struct push_blob *b);

/* Send one piece.  RC_NOT_FOUND: no file waits; RC_RETRY: not before *ret_wait_us. */
enum rc push_blob_round(struct push_blob *b, struct node *nd, int64_t peer,
			struct push_http *http, const atomic_bool *stop, struct arena *a,
			int64_t *ret_wait_us, struct err *e) MUST_CHECK;

#endif
