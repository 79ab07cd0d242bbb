/*
 * What an order for addresses hangs on: the policy, what the cited cases are about, and
 * the addresses that this node and its operators need themselves.
 */
#include <string.h>

#include "base/clock.h"
#include "service/operator.h"
#include "service/order_int.h"
#include "store/store_sql.h"

enum { CATEGORIES_TEXT_MAX = POLICY_CATEGORIES_MAX * (POLICY_CODE_MAX + 2) };

void
order_address_rules(struct arena *a, const struct policy *p, bool cited,
		    struct guard_addresses *ret)
{
	struct buf b = BUF_INIT(CATEGORIES_TEXT_MAX);

	for (size_t i = 0; i < p->order.n_address_categories; i++)
		buf_printf(&b, "%s%s", i == 0 ? "" : ", ",
			   p->order.address_categories[i]);
	*ret = (struct guard_addresses){
		.policy = p->name,
		.categories = p->order.n_address_categories == 0
				      ? NULL
				      : arena_strdup(a, buf_str(&b)),
		.prefix4 = p->order.address_prefix4,
		.prefix6 = p->order.address_prefix6,
		.cited = cited,
	};
	buf_free(&b);
}

/* ---- what is cited --------------------------------------------------------------------
 */

struct cited {
	struct store *s;
	struct order *o;
	bool allowed; /* of the case at hand */
};

static enum rc
on_category(void *arg, const struct db_row *row, struct err *e)
{
	struct cited *c = arg;
	const struct policy_order *p = &c->o->policy->order;
	size_t len;
	const char *code = c->s->drv->col_text(row, 0, &len);

	(void)e;
	for (size_t i = 0; i < p->n_address_categories; i++)
		c->allowed |= strlen(p->address_categories[i]) == len &&
			      memcmp(p->address_categories[i], code, len) == 0;
	return RC_OK;
}

/* Items that are addresses themselves. */
static enum rc
on_address(void *arg, const struct db_row *row, struct err *e)
{
	struct cited *c = arg;
	int64_t count = c->s->drv->col_int(row, 1);
	struct err ignored = ERR_INIT;
	struct ipnet at;
	size_t len;

	(void)e;
	if (c->s->drv->col_null(row, 0))
		return RC_OK;
	const char *text = c->s->drv->col_text(row, 0, &len);
	if (ipnet_parse(text, len, &at, &ignored) != RC_OK)
		return RC_OK;
	for (size_t i = 0; i < c->o->n_names; i++)
		if (c->o->names[i].address && ipnet_has(&c->o->names[i].net, &at))
			c->o->names[i].items += (uint64_t)count;
	return RC_OK;
}

enum rc
order_address_cited(struct store *s, struct order *o, bool *ret, struct err *e)
{
	bool any = false;
	enum rc rc = RC_OK;

	*ret = false;
	for (size_t i = 0; i < o->n_names; i++)
		any |= o->names[i].address;
	if (!any)
		return RC_OK;
	*ret = o->n_cites != 0;
	for (size_t i = 0; rc == RC_OK && i < o->n_cites; i++) {
		const struct db_param key[] = {DB_P_TEXT(o->cites[i].casefile)};
		struct cited c = {.s = s, .o = o};
		rc = store_run(s, &SQL_CASE_CATEGORIES, key, on_category, &c, e);
		if (rc == RC_OK)
			rc = store_run(s, &SQL_CASE_ADDRESSES, key, on_address, &c, e);
		*ret &= c.allowed;
	}
	return rc;
}

/* ---- what is needed -------------------------------------------------------------------
 */

static void
net_add(struct store_list *l, const char *text, size_t len, const char *what)
{
	struct err ignored = ERR_INIT;
	struct ipnet net;

	if (ipnet_parse(text, len, &net, &ignored) == RC_OK)
		*(struct guard_own_net *)store_list_next(l,
							 sizeof(struct guard_own_net)) =
			(struct guard_own_net){net, what};
}

/* ADDRESS[:PORT][,...], an IPv6 address with a port in brackets. */
static void
resolver_add(struct store_list *l, const char *text, const char *what)
{
	size_t len = strcspn(text, ",");
	const char *colon = memchr(text, ':', len), *end = memchr(text, ']', len);

	if (text[0] == '[' && end != NULL)
		len = (size_t)(end - text) + 1;
	else if (colon != NULL &&
		 memchr(colon + 1, ':', len - (size_t)(colon - text) - 1) == NULL)
		len = (size_t)(colon - text);
	net_add(l, text, len, what);
}

static enum rc
on_operator_address(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;

	(void)e;
	resolver_add(l, store_col_text(l->s, l->a, row, 0),
		     "where an operator's resolver is");
	return RC_OK;
}

static void
settings_add(struct node *nd, struct store_list *l)
{
	static const struct {
		const char *name, *what;
	} addresses[] = {
		{"rpz.address", "where operators fetch the zones"},
		{"rpz.listen", "where the zones are served"},
		{"peer.listen", "where peers reach this node"},
		{"api.listen", "where the API is"},
	};
	static const struct {
		const char *name, *what;
	} lists[] = {
		{"probe.controls", "a control resolver"},
		{"probe.landing", "where a landing page is"},
	};
	const char *host;
	uint16_t port;

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		if (settings_address(nd->config, addresses[i].name, &host, &port))
			net_add(l, host, strlen(host), addresses[i].what);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *at = settings_text(nd->config, lists[i].name);
		for (at += strspn(at, " \t"); *at != '\0'; at += strspn(at, " \t")) {
			size_t len = strcspn(at, " \t");
			resolver_add(l, arena_strndup(l->a, at, len), lists[i].what);
			at += len;
		}
	}
}

enum rc
order_own_nets(struct node *nd, struct store *s, struct arena *a,
	       const struct guard_own_net *more, size_t n_more, struct guard_lists *lists,
	       struct err *e)
{
	struct store_list l = {.s = s, .a = a};

	for (size_t i = 0; i < n_more; i++)
		*(struct guard_own_net *)store_list_next(&l, sizeof(*more)) = more[i];
	settings_add(nd, &l);
	enum rc rc =
		store_run(s, &SQL_OPERATOR_ADDRESSES, NULL, on_operator_address, &l, e);
	lists->own_nets = l.rows;
	lists->n_own_nets = l.n;
	return rc;
}
