/*
 * metrics - what this edge counts, and the node's figures, as Prometheus reads them.
 *
 * Text format 0.0.4.  Labels are routes, statuses, types and peers: no person, no case.
 * Any thread.
 */
#ifndef SALURAN_HTTP_METRICS_H
#define SALURAN_HTTP_METRICS_H

#include <jansson.h>

#include "base/buf.h"
#include "service/service.h"

struct metrics;

struct metrics *metrics_create(void);
void metrics_free(struct metrics *m); /* NULL allowed */

/* An answer: route NULL stands for none found. */
void metrics_request(struct metrics *m, const struct service_route *route,
		     unsigned status, int64_t us);

/* All of it; `node` is what service_metrics() answered. */
void metrics_put(struct metrics *m, const json_t *node, int streams, struct buf *b);

#endif
