/*
 * path - request paths against the patterns of the route table.
 *
 * A path is compared byte for byte, without percent-decoding: each resource has
 * exactly one path.
 */
#ifndef SALURAN_PEER_PATH_H
#define SALURAN_PEER_PATH_H

#include <stdbool.h>

#include "core/crypto.h"

struct path_words {
	/* {log}: the SHA-256 of an origin, {sha256}: that of a file; lower-case hex */
	char log[HASH_HEX_LEN + 1];
	const char *rest; /* {rest}: all that follows, not empty; in the path */
};

/* A pattern has literals, at most one {log} or {sha256}, and may end in {rest}. */
bool path_match(const char *pattern, const char *path, struct path_words *ret);

#endif
