/*
 * disk - how much room the node's disk has left; for service/ itself.
 */
#ifndef SALURAN_SERVICE_DISK_H
#define SALURAN_SERVICE_DISK_H

#include "service/node_int.h"

/* What whoever runs the node may still write.  False: the system does not say. */
bool disk_free(const struct node *nd, int64_t *ret_bytes);

#endif
