#include "main/zone_source.h"

static uint32_t
seconds(struct node *nd, const char *setting)
{
	return (uint32_t)settings_int(node_config(nd), setting);
}

static void
head_fill(struct node *nd, struct rpz_head *h, const struct zone_origin *z)
{
	*h = (struct rpz_head){.origin = z->origin,
			       .serial = z->serial,
			       .ttl_s = z->ttl_s,
			       .refresh_s = seconds(nd, "rpz.refresh_s"),
			       .retry_s = seconds(nd, "rpz.retry_s"),
			       .expire_s = seconds(nd, "rpz.expire_s")};
}

static enum rc
zones_get(void *arg, struct arena *a, const struct rpz_head **ret, size_t *n,
	  struct err *e)
{
	const struct zone_origin *zones;
	enum rc rc = service_zones(arg, a, &zones, n, e);

	if (rc != RC_OK)
		return rc;
	struct rpz_head *heads = arena_array(a, *n + 1, sizeof(*heads));
	for (size_t i = 0; i < *n; i++)
		head_fill(arg, &heads[i], &zones[i]);
	*ret = heads;
	return RC_OK;
}

struct giving {
	struct node *nd;
	struct rpz_head *head;
	const struct zone_origin *origin;
	rpz_on_row *on_row;
	rpz_on_change *on_change;
	void *arg;
};

static enum rc
on_rr(void *arg, const struct rpzrow *rr, bool added, struct err *e)
{
	struct giving *g = arg;

	if (g->on_change != NULL)
		return g->on_change(g->arg, rr, added, e);
	/* The server wants to know the serial before the first row. */
	head_fill(g->nd, g->head, g->origin);
	return g->on_row(g->arg, rr, e);
}

static enum rc
zone_get(void *arg, const char *origin, struct rpz_head *ret, rpz_on_row *on_row,
	 void *on_arg, struct err *e)
{
	struct zone_origin z = {.origin = origin};
	struct giving g = {
		.nd = arg, .head = ret, .origin = &z, .on_row = on_row, .arg = on_arg};
	enum rc rc = service_zone_rows(arg, origin, &z, on_rr, &g, e);

	if (rc == RC_OK)
		head_fill(arg, ret, &z);
	return rc;
}

static enum rc
changes_get(void *arg, const char *origin, uint32_t from, uint32_t to,
	    rpz_on_change *on_change, void *on_arg, struct err *e)
{
	struct giving g = {.on_change = on_change, .arg = on_arg};

	return service_zone_changes(arg, origin, from, to, on_rr, &g, e);
}

static void
operator_fill(struct arena *a, struct rpz_operator *out, const struct zone_operator *op)
{
	struct rpz_key *keys = arena_array(a, op->n_keys + 1, sizeof(*keys));
	struct rpz_target *target = ARENA_NEW(a, struct rpz_target);

	for (size_t i = 0; i < op->n_keys; i++)
		keys[i] = (struct rpz_key){op->keys[i].name, op->keys[i].secret};
	*target = (struct rpz_target){op->address, op->notify_port};
	*out = (struct rpz_operator){.name = op->name,
				     .keys = keys,
				     .n_keys = op->n_keys,
				     .addresses = op->addresses,
				     .n_addresses = op->n_addresses,
				     .notify = target,
				     .n_notify = op->notify_port != 0,
				     .zones = op->zones,
				     .n_zones = op->n_zones};
}

static enum rc
operators_get(void *arg, struct arena *a, const struct rpz_operator **ret, size_t *n,
	      struct err *e)
{
	const struct zone_operator *ops;
	enum rc rc = service_operators(arg, a, &ops, n, e);

	if (rc != RC_OK)
		return rc;
	struct rpz_operator *out = arena_array(a, *n + 1, sizeof(*out));
	for (size_t i = 0; i < *n; i++)
		operator_fill(a, &out[i], &ops[i]);
	*ret = out;
	return RC_OK;
}

static void
zone_pulled(void *arg, const struct rpz_pulled *p)
{
	static const char *const words[] = {[RPZ_BY_AXFR] = "axfr",
					    [RPZ_BY_IXFR] = "ixfr",
					    [RPZ_BY_QUERY] = "query",
					    [RPZ_AHEAD] = "ahead",
					    [RPZ_STILL_HELD] = "held"};

	service_pulled(arg, &(struct zone_pulled){.operator_name = p->operator_name,
						  .origin = p->origin,
						  .address = p->address,
						  .serial = p->serial,
						  .how = words[p->how]});
}

static void
zone_notified(void *arg, const char *operator_name, const char *origin,
	      const char *address, const struct rpz_notified *n)
{
	service_notified(arg, &(struct zone_notified){.operator_name = operator_name,
						      .origin = origin,
						      .address = address,
						      .port = n->port,
						      .serial = n->serial,
						      .attempts = n->attempts,
						      .over = n->over,
						      .result = n->result});
}

static void
key_refused(void *arg, const char *key, const char *address, const char *why)
{
	service_key_refused(arg, key, address, why);
}

struct rpz_source
zone_source(struct node *nd)
{
	return (struct rpz_source){.arg = nd,
				   .zones = zones_get,
				   .zone = zone_get,
				   .changes = changes_get,
				   .operators = operators_get,
				   .pulled = zone_pulled,
				   .notified = zone_notified,
				   .refused = key_refused};
}

struct rpz_limits
zone_limits(const struct settings *conf)
{
	return (struct rpz_limits){
		.connections = (unsigned)settings_int(conf, "rpz.connections"),
		.connections_per_address =
			(unsigned)settings_int(conf, "rpz.connections_of_address"),
		.connections_per_operator =
			(unsigned)settings_int(conf, "rpz.connections_of_operator"),
		.transfer_s = (unsigned)settings_int(conf, "rpz.transfer_s"),
		.idle_s = (unsigned)settings_int(conf, "rpz.idle_s"),
		.transfer_bytes_per_s =
			(unsigned)settings_int(conf, "rpz.transfer_kib_per_s") * 1024,
	};
}
