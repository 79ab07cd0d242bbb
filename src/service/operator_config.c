#include "service/operator_config.h"

#include <arpa/inet.h>
#include <string.h>

#include "service/resolver_conf.h"
#include "service/use.h"
#include "service/zone_int.h"

enum { KIND_MAX = 20, PATH_BYTES_MAX = 200 };

/* In the place of a secret that is not shown again. */
#define SECRET_SHOWN_ONCE "SECRET-THAT-WAS-SHOWN-ONCE"

/* A path that no configuration language reads as anything else. */
static bool
path_plain(const char *s)
{
	return s[0] == '/' &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")] == '\0';
}

/* Where operators reach this node's DNS server. */
static enum rc
server_address(struct node *nd, const char **ret, uint16_t *ret_port, struct err *e)
{
	if (settings_address(nd->config, "rpz.address", ret, ret_port))
		return RC_OK;
	if (settings_address(nd->config, "rpz.listen", ret, ret_port) &&
	    (*ret)[0] != '\0' && strcmp(*ret, "0.0.0.0") != 0 && strcmp(*ret, "::") != 0)
		return RC_OK;
	return err_set(e, RC_CONFLICT,
		       "rpz.listen is no single address: set rpz.address to the one that "
		       "operators reach, as in rpz.address = 192.0.2.1:53");
}

/* A resolver that fetches from a server of the operator's own, by its address. */
static enum rc
behind_put(json_t *in, struct resolver_conf_in *c, bool *ret, struct err *e)
{
	unsigned char ip[sizeof(struct in6_addr)];
	const char *address = NULL;
	int64_t port = 0;
	enum rc rc = in_text(in, "behind", false, INET6_ADDRSTRLEN, &address, e);

	if (rc == RC_OK)
		rc = in_int(in, "behind_port", 1, UINT16_MAX, RESOLVER_PORT, &port, e);
	*ret = rc == RC_OK && address != NULL;
	if (!*ret)
		return rc;
	if (inet_pton(AF_INET, address, ip) != 1 && inet_pton(AF_INET6, address, ip) != 1)
		return err_set(
			e, RC_INVALID,
			"\"behind\" must be the IPv4 or IPv6 address of your server "
			"that has the zone");
	c->address = address;
	c->port = (uint16_t)port;
	c->tsig_name = c->tsig_secret = NULL;
	return RC_OK;
}

/* What the resolver lists, in the order of precedence. */
static enum rc
zones_put(struct arena *a, json_t *in, const struct zone_operator *o,
	  struct resolver_zone ret[2], size_t *ret_n, struct err *e)
{
	const char *layout = NULL;
	enum rc rc = in_text(in, "layout", false, KIND_MAX, &layout, e);

	if (rc != RC_OK)
		return rc;
	if (layout == NULL)
		layout = o->layout;
	if (layout != NULL && strcmp(layout, "whole") == 0) {
		ret[0] = (struct resolver_zone){o->origin, "all orders in force"};
		*ret_n = 1;
		return RC_OK;
	}
	if (layout != NULL && strcmp(layout, "pair") != 0 && strcmp(layout, "all") != 0)
		return err_set(e, RC_INVALID, "\"layout\" must be pair, whole or all");
	ret[0] = (struct resolver_zone){arena_printf(a, ZONE_HOT ".%s", o->origin),
					"what changed of late, blocks and lifts: first"};
	ret[1] = (struct resolver_zone){arena_printf(a, ZONE_BASE ".%s", o->origin),
					"all that was in force before, changed at night"};
	*ret_n = 2;
	return RC_OK;
}

enum rc
operator_config(struct node *nd, struct arena *a, json_t *in,
		const struct zone_operator *o, const char *resolver, json_t **ret,
		struct err *e)
{
	struct resolver_zone zones[2];
	struct resolver_conf_in c = {
		.org = nd->id->org,
		.own_address = o->address,
		.own_port = o->notify_port != 0 ? o->notify_port : RESOLVER_PORT,
		.tsig_name = o->tsig_name,
		.tsig_secret = o->tsig_secret,
		.zones = zones,
	};
	int64_t resolver_port = 0, relay_port = 0;
	bool behind;
	enum rc rc = in_text(in, "resolver", false, KIND_MAX, &c.kind, e);

	*ret = NULL;
	if (rc == RC_OK)
		rc = in_text(in, "state_dir", false, PATH_BYTES_MAX, &c.state_dir, e);
	if (rc == RC_OK)
		rc = in_int(in, "resolver_port", 1, UINT16_MAX, RESOLVER_PORT,
			    &resolver_port, e);
	if (rc == RC_OK)
		rc = in_int(in, "relay_port", 1, UINT16_MAX, RELAY_PORT, &relay_port, e);
	if (rc == RC_OK && c.state_dir != NULL && !path_plain(c.state_dir))
		rc = err_set(e, RC_INVALID,
			     "\"state_dir\" must be an absolute path of letters, digits "
			     "and / . _ -");
	if (c.kind == NULL)
		c.kind = resolver;
	if (rc == RC_OK)
		rc = zones_put(a, in, o, zones, &c.n_zones, e);
	if (rc != RC_OK || c.kind == NULL)
		return rc;
	c.resolver_port = (uint16_t)resolver_port;
	c.relay_port = (uint16_t)relay_port;
	c.lookup = nd->public_url == NULL ? NULL
					  : arena_printf(a, "%s/lookup", nd->public_url);
	c.registered = nd->public_url == NULL
			       ? NULL
			       : arena_printf(a, "%s/register", nd->public_url);
	rc = behind_put(in, &c, &behind, e);
	if (rc == RC_OK && !behind)
		rc = server_address(nd, &c.address, &c.port, e);
	/* Those who may have them: as in operator.c.  A server between has not got them.
	 */
	c.why = !behind && c.lookup != NULL && resolver_kind_says_why(c.kind) &&
		(o->resolver == NULL || resolver_kind_says_why(o->resolver));
	if (rc == RC_OK)
		rc = resolver_conf(a, &c, ret, e);
	return rc;
}

/*
 * in: operator, resolver (its kind), layout? (pair, whole), state_dir? (where the
 * resolver keeps copies), resolver_port?, relay_port?, behind?, behind_port? (of a server
 * of the operator's that it fetches from)  out: operator, resolver, title,
 * files [{path, how, text}], then [command], ask
 */
enum rc
service_operator_config(struct node *nd, struct arena *a, const struct actor *who,
			json_t *in, struct reply *out, struct err *e)
{
	const struct zone_operator *all = NULL, *found = NULL;
	const char *name;
	json_t *config = NULL;
	size_t n = 0;
	enum rc rc =
		in_only(in, "operator behind behind_port " OPERATOR_CONFIG_MEMBERS, e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "operator", true, PATH_BYTES_MAX, &name, e);
	if (rc == RC_OK)
		rc = service_operators(nd, a, &all, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		if (strcmp(all[i].name, name) == 0)
			found = &all[i];
	if (rc == RC_OK && found == NULL)
		rc = err_set(e, RC_NOT_FOUND, "there is no operator %s", name);
	if (rc != RC_OK)
		return rc;
	struct zone_operator o = *found;
	if (o.tsig_secret != NULL)
		o.tsig_secret = SECRET_SHOWN_ONCE;
	rc = operator_config(nd, a, in, &o, o.resolver, &config, e);
	if (rc == RC_OK && config == NULL)
		rc = err_set(e, RC_INVALID, "\"resolver\" must be one of %s",
			     resolver_kinds());
	if (rc == RC_OK) {
		json_object_set_new(config, "operator", json_string(name));
		reply_json(a, out, config);
	}
	return rc;
}
