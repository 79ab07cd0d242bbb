/* Who may have which zone: the operators as the source gave them, ready to be asked. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "rpz/internal.h"

static bool
key_init(knot_tsig_key_t *key, const struct rpz_key *from)
{
	return from->name != NULL && from->secret_b64 != NULL && from->name[0] != '\0' &&
	       from->secret_b64[0] != '\0' &&
	       knot_tsig_key_init(key, "hmac-sha256", from->name, from->secret_b64) ==
		       KNOT_EOK;
}

/* NULL, or what is wrong. */
static const char *
keys_init(const struct rpz_peers *l, struct rpz_peer *p, const struct rpz_operator *op)
{
	size_t ignored;

	for (; p->n_keys < op->n_keys; p->n_keys++) {
		knot_tsig_key_t *key = &p->key[p->n_keys];

		if (!key_init(key, &op->keys[p->n_keys]))
			return "key_cannot_be_read";
		if (rpz_peers_by_key(l, key->name, &ignored) != NULL) {
			knot_tsig_key_deinit(key);
			return "key_name_given_before";
		}
	}
	return NULL;
}

static const char *
nets_init(struct rpz_peer *p, const struct rpz_operator *op)
{
	for (; p->n_nets < op->n_addresses; p->n_nets++)
		if (rpz_net_parse(op->addresses[p->n_nets], &p->net[p->n_nets]) != RC_OK)
			return "address_cannot_be_read";
	return NULL;
}

static const char *
targets_init(struct rpz_peer *p, const struct rpz_operator *op)
{
	for (; p->n_targets < op->n_notify; p->n_targets++) {
		struct rpz_peer_target *t = &p->target[p->n_targets];

		if (op->notify[p->n_targets].address == NULL ||
		    rpz_addr_parse(op->notify[p->n_targets].address, &t->addr) != RC_OK)
			return "notify_address_cannot_be_read";
		t->port = op->notify[p->n_targets].port;
	}
	return NULL;
}

static const char *
zones_init(struct rpz_peer *p, const struct rpz_operator *op)
{
	for (; p->n_zones < op->n_zones; p->n_zones++) {
		p->zone[p->n_zones] = knot_dname_from_str_alloc(op->zones[p->n_zones]);
		if (p->zone[p->n_zones] == NULL)
			return "zone_cannot_be_read";
		knot_dname_to_lower(p->zone[p->n_zones]);
	}
	return NULL;
}

static void *
table(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);

	if (p == NULL)
		abort();
	return p;
}

static void
peer_free(struct rpz_peer *p)
{
	for (size_t i = 0; i < p->n_keys; i++)
		knot_tsig_key_deinit(&p->key[i]);
	for (size_t i = 0; i < p->n_zones; i++)
		free(p->zone[i]);
	free(p->key);
	free(p->net);
	free(p->target);
	free(p->zone);
	free(p->name);
}

/* NULL, or why this operator cannot be served safely.  In particular, one whose key is
 * broken is not served by its address instead. */
static const char *
peer_init(const struct rpz_peers *l, struct rpz_peer *p, const struct rpz_operator *op)
{
	const char *why;

	if (op->name == NULL || strlen(op->name) > RPZ_OPERATOR_NAME_MAX)
		return "name_missing_or_too_long";
	if (op->n_keys > RPZ_KEYS_MAX || op->n_addresses > RPZ_NETS_MAX ||
	    op->n_notify > RPZ_TARGETS_MAX || op->n_zones > RPZ_ZONES_MAX)
		return "too_many_keys_addresses_or_zones";
	if (op->n_keys == 0 && op->n_addresses == 0)
		return "neither_key_nor_address";
	p->from_only = op->from_only;
	p->key = table(op->n_keys, sizeof(*p->key));
	p->net = table(op->n_addresses, sizeof(*p->net));
	p->target = table(op->n_notify, sizeof(*p->target));
	p->zone = table(op->n_zones, sizeof(*p->zone));
	p->name = strdup(op->name);
	if (p->name == NULL)
		abort();
	why = keys_init(l, p, op);
	if (why == NULL)
		why = nets_init(p, op);
	if (why == NULL)
		why = targets_init(p, op);
	if (why == NULL)
		why = zones_init(p, op);
	return why;
}

struct rpz_peers *
rpz_peers_build(const struct rpz_operator *ops, size_t n)
{
	struct rpz_peers *l = table(1, sizeof(*l));

	if (n > RPZ_OPERATORS_MAX) {
		log_line(LOG_ERROR, "rpz.operators", "given=%zu served=%d", n,
			 RPZ_OPERATORS_MAX);
		n = RPZ_OPERATORS_MAX;
	}
	atomic_init(&l->refs, 1);
	l->peer = table(n, sizeof(*l->peer));
	for (size_t i = 0; i < n; i++) {
		struct rpz_peer *p = &l->peer[l->n];
		const char *why = peer_init(l, p, &ops[i]);

		if (why == NULL) {
			l->n++;
			continue;
		}
		log_line(LOG_WARN, "rpz.operator", "index=%zu problem=%s", i, why);
		peer_free(p);
		*p = (struct rpz_peer){0};
	}
	return l;
}

void
rpz_peers_put(struct rpz_peers *l)
{
	if (l == NULL || atomic_fetch_sub(&l->refs, 1) != 1)
		return;
	for (size_t i = 0; i < l->n; i++)
		peer_free(&l->peer[i]);
	free(l->peer);
	free(l);
}

const struct rpz_peer *
rpz_peers_by_key(const struct rpz_peers *l, const knot_dname_t *name, size_t *ret_key)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < l->peer[i].n_keys; k++)
			if (knot_dname_is_equal(l->peer[i].key[k].name, name)) {
				*ret_key = k;
				return &l->peer[i];
			}
	return NULL;
}

bool
rpz_peer_is_from(const struct rpz_peer *p, const struct rpz_addr *a)
{
	for (size_t i = 0; i < p->n_nets; i++)
		if (rpz_net_has(&p->net[i], a))
			return true;
	return false;
}

bool
rpz_peer_may_have(const struct rpz_peer *p, const knot_dname_t *origin)
{
	for (size_t i = 0; i < p->n_zones; i++)
		if (knot_dname_is_equal(p->zone[i], origin))
			return true;
	return false;
}

const struct rpz_peer *
rpz_peers_by_addr(const struct rpz_peers *l, const struct rpz_addr *a,
		  const knot_dname_t *origin)
{
	const struct rpz_peer *listed = NULL;

	for (size_t i = 0; i < l->n; i++) {
		const struct rpz_peer *p = &l->peer[i];

		if (p->n_keys > 0 || !rpz_peer_is_from(p, a))
			continue;
		if (origin != NULL && rpz_peer_may_have(p, origin))
			return p;
		if (listed == NULL)
			listed = p;
	}
	return listed;
}

/* ---- asked of the source ----------------------------------------------------------- */

static void
image_put(struct buf *b, const char *s)
{
	buf_putc(b, s == NULL ? '-' : '+');
	buf_put(b, s == NULL ? "" : s, s == NULL ? 1 : strlen(s) + 1);
}

/* All that an operator is, so that a list that did not change is known. */
static void
image_of(struct buf *b, const struct rpz_operator *ops, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct rpz_operator *op = &ops[i];

		image_put(b, op->name);
		buf_printf(b, "%zu %zu %zu %zu %d ", op->n_keys, op->n_addresses,
			   op->n_notify, op->n_zones, op->from_only);
		for (size_t k = 0; k < op->n_keys; k++) {
			image_put(b, op->keys[k].name);
			image_put(b, op->keys[k].secret_b64);
		}
		for (size_t k = 0; k < op->n_addresses; k++)
			image_put(b, op->addresses[k]);
		for (size_t k = 0; k < op->n_notify; k++) {
			image_put(b, op->notify[k].address);
			buf_printf(b, "%u ", op->notify[k].port);
		}
		for (size_t k = 0; k < op->n_zones; k++)
			image_put(b, op->zones[k]);
	}
}

/* Only the holder of source_lock replaces r->peers, so it is read here without `lock`. */
static void
peers_refresh(struct rpz *r)
{
	struct arena *a = arena_create();
	struct buf image = BUF_INIT(RPZ_OPERATORS_IMAGE_MAX);
	const struct rpz_operator *ops;
	struct rpz_peers *old = NULL, *fresh;
	struct hash digest;
	struct err e = ERR_INIT;
	size_t n;
	enum rc rc = r->src.operators(r->src.arg, a, &ops, &n, &e);

	if (rc != RC_OK) {
		rpz_refresh_failed(r, &r->peers_age, "operators", rc, &e);
		goto out;
	}
	image_of(&image, ops, n);
	hash_bytes(buf_str(&image), image.len, &digest);
	if (r->peers != NULL && buf_ok(&image) && hash_equal(&digest, &r->peers->digest))
		goto out;
	fresh = rpz_peers_build(ops, n);
	fresh->digest = digest;
	pthread_mutex_lock(&r->lock);
	old = r->peers;
	r->peers = fresh;
	pthread_mutex_unlock(&r->lock);
	rpz_peers_put(old);
	rpz_wake_notify(r);
out:
	if (image.data != NULL)
		explicit_bzero(image.data, image.cap); /* it has the secrets */
	buf_free(&image);
	arena_free(a);
}

enum rc
rpz_peers_get(struct rpz *r, struct rpz_peers **ret)
{
	pthread_mutex_lock(&r->source_lock);
	if (rpz_refresh_begin(r, &r->peers_age, RPZ_OPERATORS_AGE_S))
		peers_refresh(r);
	pthread_mutex_lock(&r->lock);
	*ret = r->peers;
	if (*ret != NULL)
		atomic_fetch_add(&(*ret)->refs, 1);
	pthread_mutex_unlock(&r->lock);
	pthread_mutex_unlock(&r->source_lock);
	return *ret != NULL ? RC_OK : RC_UNAVAILABLE;
}
