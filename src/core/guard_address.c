/*
 * What speaks against an order for an address: it reaches everybody who lives there.
 */
#include <inttypes.h>

#include "core/guard.h"

static void
refuse(struct guard_findings *f, const struct guard_name *g, const char *text)
{
	guard_find(f, GUARD_CODE_ADDRESS, g->name, text, NULL);
}

/* The policy: whether, on what grounds, how large. */
static void
check_policy(struct guard_findings *f, const struct guard_addresses *p,
	     const struct guard_name *g)
{
	int shortest = g->net.v6 ? p->prefix6 : p->prefix4;

	if (!p->cited)
		refuse(f, g,
		       arena_printf(f->a,
				    "%s is an address: the policy %s lets an order name "
				    "one only when every case that it rests on has items "
				    "of %s",
				    g->name, p->policy, p->categories));
	if (g->net.prefix < shortest)
		refuse(f, g,
		       arena_printf(f->a,
				    "%s is a network of %d bits: the policy %s lets "
				    "none below %d bits be named",
				    g->name, g->net.prefix, p->policy, shortest));
}

/* "2 cited items are at it" */
static void
check_shared(struct guard_findings *f, const struct guard_lists *l,
	     const struct guard_name *g)
{
	int free_bits = ipnet_bits(&g->net) - g->net.prefix;
	const char *size = free_bits == 0   ? "one address"
			   : free_bits > 31 ? "more addresses than can be counted"
					    : arena_printf(f->a, "%" PRIu64 " addresses",
							   UINT64_C(1) << free_bits);

	guard_find(f, GUARD_CODE_ADDRESS_SHARED, g->name,
		   arena_printf(f->a,
				"%s is %s: every name that resolves there goes dark with "
				"it, and nobody knows how many sites that is; %" PRIu64
				" of %" PRIu64
				" cited items are there; Knot Resolver passes over such "
				"a row",
				g->name, size, g->items, l->cited_items),
		   json_pack("{s:i, s:I, s:I}", "prefix", g->net.prefix, "items",
			     (json_int_t)g->items, "cited_items",
			     (json_int_t)l->cited_items));
	if (g->items == 0)
		guard_find(f, GUARD_CODE_NO_ITEMS, g->name,
			   arena_printf(f->a,
					"no cited item is at %s: nothing in the cited "
					"cases asks for it",
					g->name),
			   json_pack("{s:I}", "cited_items", (json_int_t)l->cited_items));
}

void
guard_address(struct guard_findings *f, const struct guard_lists *l,
	      const struct guard_name *g)
{
	const char *special = ipnet_special(&g->net);

	if (l->addresses.categories == NULL) { /* enough is said */
		refuse(f, g,
		       arena_printf(f->a,
				    "%s is an address: nobody knows how many sites share "
				    "it, and the policy %s lets no order name one",
				    g->name, l->addresses.policy));
		return;
	}
	check_policy(f, &l->addresses, g);
	if (special != NULL)
		refuse(f, g,
		       arena_printf(f->a, "%s is, or has in it, %s: no order names it",
				    g->name, special));
	for (size_t i = 0; i < l->n_own_nets; i++)
		if (ipnet_overlap(&l->own_nets[i].net, &g->net))
			guard_find(f, GUARD_CODE_OWN_NAME, g->name,
				   arena_printf(f->a, "%s is, or has in it, %s: %s",
						g->name,
						ipnet_text(f->a, &l->own_nets[i].net),
						l->own_nets[i].what),
				   NULL);
	for (size_t i = 0; i < l->n_protected_nets; i++) {
		const char *p = ipnet_text(f->a, &l->protected_nets[i]);
		if (ipnet_overlap(&l->protected_nets[i], &g->net))
			guard_find(f, GUARD_CODE_PROTECTED, g->name,
				   arena_printf(f->a,
						"%s is, or has in it, %s, which is on "
						"the list of what is protected",
						g->name, p),
				   json_pack("{s:s}", "protected", p));
	}
	check_shared(f, l, g);
}
