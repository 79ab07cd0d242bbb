/*
 * operator_config - the configuration for an operator's resolver, as people ask for it.
 */
#ifndef SALURAN_SERVICE_OPERATOR_CONFIG_H
#define SALURAN_SERVICE_OPERATOR_CONFIG_H

#include "service/node_int.h"

/* Members of a request that say how it is to be. */
#define OPERATOR_CONFIG_MEMBERS "resolver layout state_dir resolver_port relay_port"

/*
 * The configuration for `o` by those members of `in`; `resolver`: the kind when `in` has
 * none, or NULL.  o->tsig_secret is put in as it stands.  *ret is new, or NULL when
 * nobody says which resolver it is.
 *
 * RC_INVALID   a member cannot be read, or a kind that is not known
 *
 * RC_CONFLICT  nothing says at which address operators reach this node
 */
enum rc operator_config(struct node *nd, struct arena *a, json_t *in,
			const struct zone_operator *o, const char *resolver, json_t **ret,
			struct err *e) MUST_CHECK;

#endif
