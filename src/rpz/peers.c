#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "rpz/internal.h"

static const struct rpz_peer *
peer_by_name(const struct rpz_peers *p, const char *name)
{
	for (size_t i = 0; p != NULL && i < p->n; i++)
		if (strcmp(p->peer[i].name, name) == 0)
			return &p->peer[i];
	return NULL;
}

/* False: this operator cannot be served safely.  In particular, one whose key is broken
 * is not served by its address instead. */
static bool
peer_init(struct rpz_peer *p, const struct rpz_operator *op)
{
	*p = (struct rpz_peer){.notify_port = op->n_notify > 0 ? op->notify[0].port : 0};
	if (op->name == NULL || strlen(op->name) > RPZ_OPERATOR_NAME_MAX)
		return false;
	if (op->n_addresses > 0)
		p->has_addr = rpz_addr_parse(op->addresses[0], &p->addr) == RC_OK;
	if (op->n_keys > 0) {
		const struct rpz_key *key = &op->keys[0];

		if (key->name == NULL || key->secret_b64 == NULL ||
		    key->secret_b64[0] == '\0' ||
		    knot_tsig_key_init(&p->key, "hmac-sha256", key->name,
				       key->secret_b64) != KNOT_EOK)
			return false;
		p->has_key = true;
	}
	if (!p->has_key && !p->has_addr)
		return false;
	p->name = strdup(op->name);
	if (p->name == NULL)
		abort();
	return true;
}

struct rpz_peers *
rpz_peers_build(const struct rpz_operator *ops, size_t n, const struct rpz_peers *old)
{
	struct rpz_peers *p = calloc(1, sizeof(*p));

	if (n > RPZ_OPERATORS_MAX) {
		log_line(LOG_ERROR, "rpz.operators", "given=%zu served=%d", n,
			 RPZ_OPERATORS_MAX);
		n = RPZ_OPERATORS_MAX;
	}
	if (p == NULL || (p->peer = calloc(n + 1, sizeof(*p->peer))) == NULL)
		abort();
	p->refs = 1;
	for (size_t i = 0; i < n; i++) {
		struct rpz_peer *peer = &p->peer[p->n];
		const struct rpz_peer *was;

		if (!peer_init(peer, &ops[i])) {
			log_line(LOG_WARN, "rpz.operator",
				 "index=%zu problem=address_or_key_cannot_be_read", i);
			continue;
		}
		was = peer_by_name(old, peer->name);
		if (was != NULL) {
			peer->holds_known = was->holds_known;
			peer->holds = was->holds;
		}
		p->n++;
	}
	return p;
}

void
rpz_peers_free(struct rpz_peers *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++) {
		free(p->peer[i].name);
		if (p->peer[i].has_key)
			knot_tsig_key_deinit(&p->peer[i].key);
	}
	free(p->peer);
	free(p);
}

struct rpz_peer *
rpz_peers_by_key(const struct rpz_peers *p, const knot_dname_t *key)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->peer[i].has_key && knot_dname_is_equal(p->peer[i].key.name, key))
			return &p->peer[i];
	return NULL;
}

struct rpz_peer *
rpz_peers_by_addr(const struct rpz_peers *p, const struct rpz_addr *a)
{
	for (size_t i = 0; i < p->n; i++)
		if (!p->peer[i].has_key && memcmp(&p->peer[i].addr, a, sizeof(*a)) == 0)
			return &p->peer[i];
	return NULL;
}
