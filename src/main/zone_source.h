/* What the DNS server publishes and to whom, from the node. */
#ifndef SALURAN_MAIN_ZONE_SOURCE_H
#define SALURAN_MAIN_ZONE_SOURCE_H

#include "rpz/rpz.h"
#include "service/service.h"

/* `nd` must outlive the server that gets it. */
struct rpz_source zone_source(struct node *nd);
struct rpz_limits zone_limits(const struct settings *conf);

#endif
