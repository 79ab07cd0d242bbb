/*
 * stream - use cases whose body or answer does not fit memory: files of evidence,
 * bundles.
 *
 * Their routes stand in the table like all others and are authorised in service_run().
 * A PUT route opens an upload (reply.upload), into which the edge puts the body as it
 * comes; a GET route may give a download (reply.download), from which the edge reads the
 * answer's bytes.
 */
#ifndef SALURAN_SERVICE_STREAM_H
#define SALURAN_SERVICE_STREAM_H

#include <stdbool.h>

#include "core/crypto.h"
#include "service/service.h"

struct upload;
/*
 * RC_CONFLICT: *ret_at is where to go on.  RC_LIMIT: it is under way already.
 * RC_DENIED: somebody else's.
 */
enum rc upload_open(struct node *nd, const char *id, const char *author, int64_t offset,
		    struct upload **ret, int64_t *ret_at, struct err *e) MUST_CHECK;
/* RC_TOO_LARGE: more than was announced; RC_FULL. */
enum rc upload_take(struct upload *u, const void *p, size_t len,
		    struct err *e) MUST_CHECK;
/* The body is over.  *ret_whole: so is the file, which now waits for its delivery; else
 * it goes on at *ret_at. */
enum rc upload_end(struct upload *u, bool *ret_whole, int64_t *ret_at,
		   struct hash *ret_sha256, struct err *e) MUST_CHECK;
void upload_close(struct upload *u); /* NULL allowed */
/* How far an upload is on disk. */
int64_t upload_stands(struct node *nd, struct arena *a, const char *id);

/* As upload_end(), as a reply. */
enum rc upload_reply(struct upload *u, struct arena *a, struct reply *out,
		     struct err *e) MUST_CHECK;

struct download;
int64_t download_len(const struct download *d);
/* A file's name for Content-Disposition, or NULL. */
const char *download_name(const struct download *d);
const char *download_type(const struct download *d);
/* *ret 0: the end.  RC_UNPROCESSABLE: the file is damaged from here on. */
enum rc download_read(struct download *d, uint8_t *p, size_t max, size_t *ret,
		      struct err *e) MUST_CHECK;
void download_close(struct download *d); /* NULL allowed */

#endif
