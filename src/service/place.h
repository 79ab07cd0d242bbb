/*
 * place - where a node's store is: a file in its directory, or a PostgreSQL database.
 */
#ifndef SALURAN_SERVICE_PLACE_H
#define SALURAN_SERVICE_PLACE_H

#include "base/settings.h"
#include "store/store.h"

/* What store_open() takes. */
const char *place_uri(struct arena *a, const char *dir, const struct settings *config);

/*
 * The store, for the one process that writes to it.  `config` NULL: as the node's
 * directory says.
 * RC_NOT_FOUND  it is missing; one that is not there is not made anew: that would be
 *               another node
 * Errors of store_open().
 */
enum rc place_open(struct arena *a, const char *dir, const struct settings *config,
		   struct store **ret, struct err *e) MUST_CHECK;

/* The same beside the process that writes to the logs. */
enum rc place_beside(struct arena *a, const char *dir, const struct settings *config,
		     struct store **ret, struct err *e) MUST_CHECK;

/* An empty one for a new node, in `dir` when `uri` is NULL.  RC_CONFLICT: there is a node
 * in it. */
enum rc place_make(struct arena *a, const char *dir, const char *uri, struct store **ret,
		   struct err *e) MUST_CHECK;

#endif
