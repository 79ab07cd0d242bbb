/*
 * statistics - months of figures that a node keeps until the logs move.
 */
#ifndef SALURAN_SERVICE_STATISTICS_H
#define SALURAN_SERVICE_STATISTICS_H

struct stat_cache;

struct stat_cache *stat_cache_create(void);
void stat_cache_free(struct stat_cache *c); /* NULL allowed */

#endif
