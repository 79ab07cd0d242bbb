/*
 * What is to be seen of an order's names in an operator's zone, beside what was measured.
 *
 * A name that another order holds still, or that a wildcard or a network goes on
 * covering, is not expected to be free; a name that was never measured at a resolver that
 * is asked is not taken for one that is.
 */
#include "service/matrix_seen.h"

#include <string.h>

#include "core/probe_verdict.h"
#include "service/measured.h"
#include "service/probe_int.h"
#include "store/store_sql.h"

static const char *
text_of(const json_t *o, const char *member)
{
	const char *text = json_string_value(json_object_get(o, member));

	return text == NULL ? "" : text;
}

static bool
text_is(const json_t *o, const char *member, const char *is)
{
	return strcmp(text_of(o, member), is) == 0;
}

static enum rc
wants_read(struct store *s, struct arena *a, const char *order, json_t *wants,
	   struct err *e)
{
	struct probe_names names = {
		.s = s, .a = a, .order = order, .from = "", .next = ""};
	struct store_list heads;
	size_t i;
	const json_t *v;

	names.list = json_array();
	enum rc rc = zone_heads(s, a, &heads, e);
	for (i = 0; rc == RC_OK && i < heads.n; i++)
		rc = probe_names_read(&names, (const struct zone_head *)heads.rows + i,
				      e);
	json_array_foreach (names.list, i, v) {
		const char *zone = text_of(v, "zone");
		if (json_object_get(wants, zone) == NULL)
			json_object_set_new(wants, zone, json_object());
		json_object_set(json_object_get(wants, zone), text_of(v, "owner"),
				json_object_get(v, "expected"));
	}
	json_decref(names.list);
	return rc;
}

enum rc
matrix_sight_read(struct store *s, struct arena *a, const char *order,
		  struct matrix_sight *ret, struct err *e)
{
	*ret = (struct matrix_sight){.wants = json_object(), .rows = json_array()};
	enum rc rc = wants_read(s, a, order, ret->wants, e);

	return rc == RC_OK ? measured_of_order(s, order, ret->rows, e) : rc;
}

void
matrix_sight_drop(struct matrix_sight *x)
{
	json_decref(x->wants);
	json_decref(x->rows);
}

/* ---- one operator ------------------------------------------------------------------ */

struct counting {
	const struct matrix_at *at;
	const char *resolver; /* NULL: all of the operator's */
	const char *expected;
	const json_t *wants; /* of the zone; NULL: none */
	json_t *seen;	     /* "resolver owner": that it counts */
	json_int_t blocked, free, unknown, missing, retired, by_serial, held;
	const char *newest;
};

static bool
by_serial(const json_t *row)
{
	enum probe_verdict v;

	return probe_verdict_find(text_of(row, "verdict"), &v) &&
	       probe_verdict_by_serial(v);
}

/* What was measured before the lift, or before the order, tells nothing of it. */
static bool
is_since(const struct counting *c, const json_t *row, const char *means)
{
	return text_is(row, "means", means) && text_is(row, "expected", c->expected);
}

static void
row_count(struct counting *c, struct arena *a, const json_t *row)
{
	const char *owner = text_of(row, "owner"), *at = text_of(row, "at");
	const char *want = json_string_value(json_object_get(c->wants, owner));

	if (!text_is(row, "operator", c->at->operator_name) || want == NULL ||
	    strcmp(want, c->expected) != 0 ||
	    (c->resolver != NULL && !text_is(row, "resolver", c->resolver)))
		return;
	/* What it showed before it was retired counts if it shows the lift. */
	if (json_is_object(json_object_get(row, "retired")) &&
	    !(c->at->lifted && is_since(c, row, "free"))) {
		c->retired++;
		return;
	}
	if (c->newest == NULL || strcmp(at, c->newest) > 0)
		c->newest = at;
	c->by_serial += by_serial(row);
	c->held += text_is(row, "verdict", "row_held") &&
		   text_is(row, "expected", c->expected);
	bool blocked = is_since(c, row, "blocked"), is_free = is_since(c, row, "free");
	c->blocked += blocked;
	c->free += is_free;
	c->unknown += !blocked && !is_free;
	json_object_set_new(c->seen,
			    arena_printf(a, "%s %s", text_of(row, "resolver"), owner),
			    json_true());
}

static void
missing_count(struct counting *c, struct arena *a, const char *resolver)
{
	const char *owner;
	json_t *want;

	json_object_foreach ((json_t *)(uintptr_t)c->wants, owner, want)
		if (strcmp(json_string_value(want), c->expected) == 0 &&
		    json_object_get(c->seen, arena_printf(a, "%s %s", resolver, owner)) ==
			    NULL)
			c->missing++;
}

static const char *
state_of(const struct counting *c)
{
	json_int_t n = c->blocked + c->free + c->unknown;

	return n == 0						 ? "none"
	       : c->missing + c->unknown == 0 && c->blocked == n ? "blocked"
	       : c->missing + c->unknown == 0 && c->free == n	 ? "free"
	       : c->blocked != 0				 ? "partly"
	       /* In effect by the serials; that they act on it was not seen. */
	       : c->missing == 0 && c->held == n ? "held"
						 : "unknown";
}

static json_t *
counted(const struct counting *c)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s?}", "state",
			 state_of(c), "blocked", c->blocked, "free", c->free, "unknown",
			 c->unknown, "missing", c->missing, "retired", c->retired,
			 "by_serial", c->by_serial, "at", c->newest);
}

/* One of them by itself, by the same rules. */
static json_t *
resolver_seen(const struct counting *all, struct arena *a, const json_t *rows,
	      const char *resolver)
{
	struct counting c = {.at = all->at,
			     .resolver = resolver,
			     .expected = all->expected,
			     .wants = all->wants,
			     .seen = all->seen};
	const json_t *v;
	size_t i;

	json_array_foreach (rows, i, v)
		row_count(&c, a, v);
	missing_count(&c, a, resolver);
	json_t *o = counted(&c);
	json_object_set_new(o, "resolver", json_string(resolver));
	return o;
}

enum rc
matrix_seen(struct store *s, struct arena *a, const struct matrix_sight *x,
	    const struct matrix_at *at, json_t **ret, size_t *ret_expected, struct err *e)
{
	struct counting c = {.at = at,
			     .expected = at->lifted ? "free" : "blocked",
			     .wants = json_object_get(x->wants, at->zone),
			     .seen = json_object()};
	struct store_list resolvers;
	json_t *each = json_array(), *v;
	const char *owner;
	size_t i;

	enum rc rc = probe_resolvers_read(s, a, at->operator_name, &resolvers, e);
	json_array_foreach (x->rows, i, v)
		row_count(&c, a, v);
	for (i = 0; rc == RC_OK && i < resolvers.n; i++) {
		const char *one = ((const char *const *)resolvers.rows)[i];
		if (one == NULL)
			continue;
		missing_count(&c, a, one);
		json_array_append_new(each, resolver_seen(&c, a, x->rows, one));
	}
	*ret_expected = 0;
	json_object_foreach ((json_t *)(uintptr_t)c.wants, owner, v)
		*ret_expected += strcmp(json_string_value(v), c.expected) == 0;
	json_decref(c.seen);
	*ret = counted(&c);
	json_object_set_new(*ret, "resolvers", each);
	return rc;
}
