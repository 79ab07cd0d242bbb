/*
 * download - what stands behind the answers that an edge reads in pieces (stream.h).
 */
#ifndef SALURAN_SERVICE_DOWNLOAD_H
#define SALURAN_SERVICE_DOWNLOAD_H

#include "service/stream.h"

struct download_ops {
	/* As download_read(). */
	enum rc (*read)(void *state, uint8_t *p, size_t max, size_t *ret, struct err *e);
	void (*close)(void *state); /* and free it */
};

/* `name` and `type` live as long as the request; NULL type: application/octet-stream. */
struct download *download_make(const struct download_ops *ops, void *state, int64_t len,
			       const char *name, const char *type);
/* A file from its beginning on; takes the descriptor. */
struct download *download_file(int fd, int64_t len, const char *name, const char *type);

#endif
