/*
 * blob - pieces of files of evidence on the peer server (protocol 5).
 */
#ifndef SALURAN_PEER_BLOB_H
#define SALURAN_PEER_BLOB_H

#include "peer/server_int.h"

struct blob_range {
	uint64_t from, len, total;
};
/* "bytes 0-99/1000".  RC_INVALID, also for NULL. */
enum rc blob_range_parse(const char *text, struct blob_range *ret,
			 struct err *e) MUST_CHECK;
/* "sha-256=:<base64>:" alone.  RC_INVALID, also for NULL. */
enum rc blob_digest_parse(struct arena *a, const char *text, struct hash *ret,
			  struct err *e) MUST_CHECK;

/* PUT: 201 whole, 200 more is to come, or it was whole before; the body is the offset.
 * HEAD: 200 whole, 409 a part; the offset is in a field. */
peer_handler blob_put, blob_head;

#endif
