/*
 * Operators: keys that are rotated and revoked, what they hold and claim, the matrix of
 * an order, lifts for some zones only, and what the last gate does.
 */
#include "node_fixture.h"

#include <stdio.h>
#include <string.h>

#include "service/node_int.h"

#define AUTHORITY PARTY_AUTHORITY
#define MAIN	  "rpz.saluran"

static const char *
operator_path(struct fix *f, const char *name, const char *act)
{
	return arena_printf(f->a, "/v1/operators/%s%s", name, act);
}

static json_t *
add(struct fix *f, const char *name, const char *zone, bool tsig)
{
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].admin, "POST", "/v1/operators",
			json_pack("{s:s, s:s, s:b, s:s, s:s}", "name", name, "address",
				  "192.0.2.53", "tsig", tsig, "zone", zone, "layout",
				  "pair"));
}

static const struct zone_operator *
served(struct fix *f, const char *name)
{
	const struct zone_operator *all;
	struct err e = ERR_INIT;
	size_t n;

	fix_ok(service_operators(f->n[AUTHORITY].nd, f->a, &all, &n, &e), &e,
	       "operators");
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
	return NULL;
}

/* Old and new are good together for a while; what is revoked is good no more, and nobody
 * whose keys are gone is served by the address instead. */
static void
keys(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	int64_t wait_us;

	(void)state;
	fix_open(&f);
	const char *admin = f.n[AUTHORITY].admin;
	json_t *r = add(&f, "isp-one", "main", true);
	const char *first = fix_text(r, "tsig_secret");
	const struct zone_operator *o = served(&f, "isp-one");
	assert_int_equal(o->n_keys, 1);
	assert_string_equal(o->keys[0].secret, first);
	assert_string_equal(o->keys[0].name, "isp-one." MAIN);
	assert_int_equal(o->n_zones, 2);
	assert_string_equal(o->zones[0], "hot." MAIN);
	assert_string_equal(o->zones[1], "base." MAIN);
	/* The store has no secret in clear. */
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM operator_key WHERE secret LIKE "
				   "'sealed-v1:%'"),
			 1);

	r = fix_must(&f, AUTHORITY, admin, "POST", operator_path(&f, "isp-one", "/key"),
		     json_pack("{s:i}", "overlap_s", 100));
	o = served(&f, "isp-one");
	assert_int_equal(o->n_keys, 2);
	assert_string_equal(o->keys[0].secret, fix_text(r, "tsig_secret"));
	assert_string_equal(o->keys[1].secret, first);
	fix_clock_add(101 * FIX_S);
	assert_int_equal(served(&f, "isp-one")->n_keys, 1);
	fix_ok(service_tick(f.n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");

	fix_must(&f, AUTHORITY, admin, "POST", operator_path(&f, "isp-one", "/revoke"),
		 NULL);
	o = served(&f, "isp-one");
	assert_int_equal(o->n_keys, 1);
	assert_string_equal(o->keys[0].secret, "");
	fix_refused(&f, AUTHORITY, admin, "POST", operator_path(&f, "isp-one", "/revoke"),
		    NULL, RC_NOT_FOUND, "no such key");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    operator_path(&f, "isp-one", "/key"), NULL, RC_DENIED, "admin");
	/* Without keys at all the address is what counts. */
	add(&f, "isp-two", "main", false);
	assert_int_equal(served(&f, "isp-two")->n_keys, 0);
	fix_reopen(&f, AUTHORITY);
	assert_string_equal(served(&f, "isp-one")->keys[0].secret, "");
	fix_must(&f, AUTHORITY, admin, "POST", operator_path(&f, "isp-one", "/remove"),
		 NULL);
	assert_null(served(&f, "isp-one"));
	fix_close(&f);
}

static const char *
alarm_text(struct fix *f, const char *kind)
{
	return fix_query_text(
		f, AUTHORITY,
		arena_printf(f->a,
			     "SELECT coalesce((SELECT body FROM alarm WHERE kind = '%s' "
			     "AND cleared_us = 0), '')",
			     kind));
}

/* Whose key is refused is told, by name, until it fetches again; of keys that nobody ever
 * had, nothing is. */
static void
refused_keys(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	struct node *nd = f.n[AUTHORITY].nd;
	const char *admin = f.n[AUTHORITY].admin;
	add(&f, "isp-one", "main", true);
	service_key_refused(nd, "nobody." MAIN ".", "192.0.2.9", "badkey");
	assert_string_equal(alarm_text(&f, "operator_key"), "");
	service_key_refused(nd, "isp-one." MAIN ".", "192.0.2.53", "badsig");
	assert_non_null(strstr(alarm_text(&f, "operator_key"), "not with its secret"));
	fix_pulled(nd, "isp-one", "hot." MAIN, 1, "ixfr");
	assert_string_equal(alarm_text(&f, "operator_key"), "");
	fix_must(&f, AUTHORITY, admin, "POST", operator_path(&f, "isp-one", "/key"),
		 NULL);
	fix_must(&f, AUTHORITY, admin, "POST", operator_path(&f, "isp-one", "/revoke"),
		 json_pack("{s:s}", "key", "isp-one." MAIN));
	service_key_refused(nd, "isp-one." MAIN ".", "192.0.2.53", "badkey");
	const char *text = alarm_text(&f, "operator_key");
	assert_non_null(strstr(text, "isp-one, at 192.0.2.53"));
	assert_non_null(strstr(text, "was revoked"));
	fix_must(&f, AUTHORITY, admin, "POST", operator_path(&f, "isp-one", "/remove"),
		 NULL);
	assert_string_equal(alarm_text(&f, "operator_key"), "");
	fix_close(&f);
}

/* ---- orders ---------------------------------------------------------------------------
 */

static const char *
overdue_case(struct fix *f, const char *reference)
{
	const char *c = fix_send(f, reference, "bad.example", 2);

	fix_make_overdue(f, c);
	return c;
}

static const char *
approved(struct fix *f, json_t *in)
{
	const struct fix_node *n = &f->n[AUTHORITY];
	json_t *r = fix_must(f, AUTHORITY, n->officer, "POST", "/v1/orders", in);
	const char *id = fix_text(r, "order");
	const char *path = arena_printf(f->a, "/v1/orders/%s/approve", id);

	fix_must(f, AUTHORITY, n->approver, "POST", path,
		 json_pack("{s:s}", "text_sha256", fix_text(r, "text_sha256")));
	fix_must(f, AUTHORITY, n->approver2, "POST", path,
		 json_pack("{s:s}", "text_sha256", fix_text(r, "text_sha256")));
	return id;
}

static const json_t *
matrix_row(struct fix *f, const char *order, const char *name, json_t **ret)
{
	json_t *m = fix_must(f, AUTHORITY, f->n[AUTHORITY].auditor, "GET",
			     arena_printf(f->a, "/v1/orders/%s/matrix", order), NULL);
	size_t i;
	const json_t *v;

	if (ret != NULL)
		*ret = m;
	json_array_foreach (json_object_get(m, "operators"), i, v)
		if (strcmp(fix_text(v, "operator"), name) == 0)
			return v;
	fail_msg("no operator %s in the matrix", name);
	return NULL;
}

static bool
is(const json_t *o, const char *member)
{
	return json_is_true(json_object_get(o, member));
}

/* Pulled, applied and waived are three things, and none of them is measured. */
static void
matrix(void **state)
{
	struct fix f;
	uint32_t serial;
	json_t *m;

	(void)state;
	fix_open(&f);
	struct node *nd = f.n[AUTHORITY].nd;
	const char *admin = f.n[AUTHORITY].admin, *officer = f.n[AUTHORITY].officer;
	const char *c = overdue_case(&f, "M-1");
	add(&f, "isp-one", "main", true);
	add(&f, "isp-two", "main", true);
	const char *order = approved(&f, fix_order("[\"bad.example\"]", c));
	fix_zone(&f, AUTHORITY, NULL, &serial);
	const json_t *row = matrix_row(&f, order, "isp-one", NULL);
	assert_string_equal(fix_text(row, "expected"), "blocked");
	assert_int_equal(fix_int(row, "serial"), serial);
	assert_false(is(row, "pulled") || is(row, "applied"));
	assert_true(is(row, "waits"));

	fix_pulled(nd, "isp-one", "hot." MAIN, serial - 1, "axfr");
	assert_false(is(matrix_row(&f, order, "isp-one", NULL), "pulled"));
	fix_pulled(nd, "isp-one", "hot." MAIN, serial, "ixfr");
	assert_true(is(matrix_row(&f, order, "isp-one", NULL), "pulled"));
	assert_false(is(matrix_row(&f, order, "isp-two", &m), "pulled"));
	assert_string_equal(fix_text(m, "slowest"), "isp-two");

	fix_refused(&f, AUTHORITY, admin, "POST",
		    operator_path(&f, "isp-two", "/confirm"),
		    json_pack("{s:I}", "serial", (json_int_t)serial + 1000), RC_CONFLICT,
		    "the newest is");
	fix_refused(&f, AUTHORITY, admin, "POST",
		    operator_path(&f, "isp-two", "/confirm"), NULL, RC_INVALID, "give");
	fix_must(&f, AUTHORITY, admin, "POST", operator_path(&f, "isp-two", "/confirm"),
		 json_pack("{s:s}", "order", order));
	row = matrix_row(&f, order, "isp-two", NULL);
	assert_true(is(row, "applied") && !is(row, "pulled") && is(row, "waits"));

	/* The lift is another serial: nobody has it yet, and nobody is given up before.
	 */
	const char *waive = arena_printf(f.a, "/v1/orders/%s/waive", order);
	json_t *why = json_pack("{s:s, s:s}", "operator", "isp-two", "reason",
				"It left the business.");
	fix_refused(&f, AUTHORITY, officer, "POST", waive, json_incref(why), RC_CONFLICT,
		    "before its end");
	fix_clock_add(2 * FIX_S);
	fix_must(&f, AUTHORITY, officer, "POST",
		 arena_printf(f.a, "/v1/orders/%s/lift", order),
		 json_pack("{s:s}", "reason", "They answered."));
	row = matrix_row(&f, order, "isp-one", &m);
	assert_string_equal(fix_text(row, "expected"), "free");
	assert_false(is(row, "pulled"));
	assert_int_equal(fix_int(m, "waiting"), 2);
	assert_false(is(m, "normalised"));
	fix_must(&f, AUTHORITY, officer, "POST", waive, why);
	assert_false(is(matrix_row(&f, order, "isp-two", &m), "waits"));
	assert_int_equal(fix_int(m, "waiting"), 1);
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PARTY_PLATFORM);
	fix_close(&f);
}

/* ---- the last gate --------------------------------------------------------------------
 * ----------------------------------------------------------------------- */

/* A name that came onto a list after the order was drafted stays out, with an alarm; a
 * lift of another order goes out all the same. */
static void
gate(void **state)
{
	static const char *const listed[] = {"bad.example"};
	struct fix f;
	uint32_t before, after;

	(void)state;
	fix_open(&f);
	struct node *nd = f.n[AUTHORITY].nd;
	const char *officer = f.n[AUTHORITY].officer;
	const char *c = overdue_case(&f, "G-1");
	const char *other = approved(&f, fix_order("[\"worse.example\"]", c));
	fix_zone(&f, AUTHORITY, NULL, &before);
	const struct guard_lists lists = nd->lists;
	nd->lists.protected_names = listed;
	nd->lists.n_protected = 1;
	/* Drafted as if by another list: what the draft refuses, the gate is to catch. */
	nd->lists.n_protected = 0;
	json_t *r = fix_must(&f, AUTHORITY, officer, "POST", "/v1/orders",
			     fix_order("[\"bad.example\"]", c));
	nd->lists.n_protected = 1;
	const char *order = fix_text(r, "order");
	const char *approve = arena_printf(f.a, "/v1/orders/%s/approve", order);
	const char *const approvers[] = {f.n[AUTHORITY].approver,
					 f.n[AUTHORITY].approver2};
	for (size_t i = 0; i < 2; i++)
		fix_must(&f, AUTHORITY, approvers[i], "POST", approve,
			 json_pack("{s:s}", "text_sha256", fix_text(r, "text_sha256")));
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "worse.example");
	fix_zone(&f, AUTHORITY, NULL, &after);
	assert_int_equal(after, before);
	json_t *zones =
		fix_must(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET", "/v1/zones", NULL);
	const json_t *held = json_array_get(json_object_get(zones, "held"), 0);
	assert_string_equal(fix_text(held, "order"), order);
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM alarm WHERE kind = 'zone_held' "
				   "AND cleared_us = 0"),
			 1);
	/* Nobody accepts what nobody overrides. */
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver3, "POST", "/v1/zone/accept",
		    json_pack("{s:s, s:s, s:s, s:s}", "order", order, "text_sha256",
			      fix_text(r, "text_sha256"), "digest",
			      fix_text(held, "digest"), "reason", "It must."),
		    RC_DENIED, "nobody overrides");
	/* The lift passes. */
	fix_must(&f, AUTHORITY, officer, "POST",
		 arena_printf(f.a, "/v1/orders/%s/lift", other),
		 json_pack("{s:s}", "reason", "They answered."));
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "");
	fix_zone(&f, AUTHORITY, NULL, &after);
	assert_true(after > before);
	/* Refused is ended, and nothing is held any more. */
	fix_must(&f, AUTHORITY, officer, "POST", "/v1/zone/refuse",
		 json_pack("{s:s, s:s}", "order", order, "reason", "It is protected."));
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM alarm WHERE kind = 'zone_held' "
				   "AND cleared_us = 0"),
			 0);
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/zone/refuse",
		    json_pack("{s:s, s:s}", "order", order, "reason", "Again."),
		    RC_CONFLICT, "does not hold");
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "");
	nd->lists = lists;
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_close(&f);
}

/* What is left of an order that was lifted in part stays where it is, whatever the lists
 * say now, also where no journal tells any more that it was published. */
static void
gate_leaves_what_is_out(void **state)
{
	static const char *const listed[] = {"bad.example"};
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = overdue_case(&f, "L-1");
	const char *order =
		approved(&f, fix_order("[\"bad.example\", \"worse.example\"]", c));
	fix_query(&f, AUTHORITY, "DELETE FROM zone_change");
	fix_query(&f, AUTHORITY, "DELETE FROM zone_row");
	fix_query(&f, AUTHORITY, "DELETE FROM zone");
	fix_reopen(&f, AUTHORITY);
	struct node *nd = f.n[AUTHORITY].nd;
	const struct guard_lists lists = nd->lists;
	nd->lists.protected_names = listed;
	nd->lists.n_protected = 1;
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		 arena_printf(f.a, "/v1/orders/%s/lift", order),
		 json_pack("{s:s, s:[s]}", "reason", "They answered.", "names",
			   "worse.example"));
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "bad.example");
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM zone_held"), 0);
	nd->lists = lists;
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_close(&f);
}

static const char *
held_digest(struct fix *f)
{
	json_t *r =
		fix_must(f, AUTHORITY, f->n[AUTHORITY].auditor, "GET", "/v1/zones", NULL);

	return fix_text(json_array_get(json_object_get(r, "held"), 0), "digest");
}

/* What can be overridden goes out once a third person has. */
static void
gate_accepts(void **state)
{
	struct fix f;
	struct guard_service service = {"bad.example", "Bad: every page of it"};

	(void)state;
	fix_open(&f);
	struct node *nd = f.n[AUTHORITY].nd;
	const char *c = overdue_case(&f, "A-1");
	json_t *r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/orders",
			     fix_order("[\"bad.example\"]", c));
	const struct guard_lists lists = nd->lists;
	nd->lists.services = &service;
	nd->lists.n_services = 1;
	const char *order = fix_text(r, "order"), *sha = fix_text(r, "text_sha256");
	const char *approve = arena_printf(f.a, "/v1/orders/%s/approve", order);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST", approve,
		 json_pack("{s:s}", "text_sha256", sha));
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].approver2, "POST", approve,
		 json_pack("{s:s}", "text_sha256", sha));
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "");
	/* Not by somebody with a hand in it. */
	const char *digest = held_digest(&f);
	json_t *in = json_pack("{s:s, s:s, s:s, s:s}", "order", order, "text_sha256", sha,
			       "digest", digest, "reason", "We know, and it must.");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST", "/v1/zone/accept",
		    json_incref(in), RC_CONFLICT, "has a hand");
	/* Exactly what was looked at: by now the gate finds something else. */
	fix_query(
		&f, AUTHORITY,
		"UPDATE zone_held SET findings = '[{\"guard\":\"whole_service\",\"name\":"
		"null,\"text\":\"x\"}]' RETURNING 1");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver3, "POST", "/v1/zone/accept",
		    json_incref(in), RC_CONFLICT, "not what was looked at");
	json_t *bare = json_copy(in);
	json_object_del(bare, "digest");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver3, "POST", "/v1/zone/accept",
		    bare, RC_INVALID, "digest");
	json_object_set_new(in, "digest", json_string(held_digest(&f)));
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].approver3, "POST", "/v1/zone/accept", in);
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "bad.example");
	nd->lists = lists;
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PARTY_PLATFORM);
	fix_close(&f);
}

/* ---- what is printed, and what the public is led to -----------------------------------
 * ------------------------------------------------------------------------------ */

static const char *
config_texts(struct fix *f, json_t *in)
{
	json_t *r = fix_must(f, AUTHORITY, f->n[AUTHORITY].admin, "GET",
			     operator_path(f, "isp-one", "/config"), in);
	const char *all = "";
	size_t i;
	const json_t *v;

	json_array_foreach (json_object_get(r, "files"), i, v)
		all = arena_printf(f->a, "%s%s", all, fix_text(v, "text"));
	return all;
}

static void
setting_add(struct fix *f, const char *line)
{
	FILE *conf =
		fopen(arena_printf(f->a, "%s/saluran.conf", f->n[AUTHORITY].dir), "a");

	assert_non_null(conf);
	assert_true(fprintf(conf, "%s\n", line) > 0);
	assert_int_equal(fclose(conf), 0);
}

/* A resolver behind the operator's own server asks that one, without the key. */
static void
behind(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	add(&f, "isp-one", "main", true);
	const char *own = config_texts(&f, json_pack("{s:s}", "resolver", "bind"));
	assert_non_null(strstr(own, "isp-one." MAIN));
	const char *after = config_texts(&f, json_pack("{s:s, s:s, s:s}", "resolver",
						       "bind", "behind", "192.0.2.60",
						       "behind_port", "5300"));
	assert_non_null(strstr(after, "primaries { 192.0.2.60 port 5300; };"));
	assert_null(strstr(after, "isp-one." MAIN));
	assert_null(strstr(after, "127.0.0.1"));
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "GET",
		    operator_path(&f, "isp-one", "/config"),
		    json_pack("{s:s, s:s}", "resolver", "bind", "behind", "dns.example"),
		    RC_INVALID, "address of your server");
	fix_close(&f);
}

/* Whoever looks a name up, or is led to the page, finds the entry of the register. */
static void
lookup_names_register(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = overdue_case(&f, "U-1");
	approved(&f, fix_order("[\"bad.example\"]", c));
	json_t *r = fix_must(&f, AUTHORITY, NULL, "GET", "/v1/lookup",
			     json_pack("{s:s}", "name", "bad.example"));
	const json_t *o = json_array_get(json_object_get(r, "orders"), 0);
	const char *ref = fix_text(o, "ref");
	assert_true(json_is_null(json_object_get(o, "register")));
	setting_add(&f, "public.url = https://register.example/");
	fix_reopen(&f, AUTHORITY);
	r = fix_must(&f, AUTHORITY, NULL, "GET", "/v1/lookup",
		     json_pack("{s:s}", "name", "bad.example"));
	o = json_array_get(json_object_get(r, "orders"), 0);
	assert_string_equal(
		fix_text(o, "register"),
		arena_printf(f.a, "https://register.example/v1/register/%s", ref));
	fix_close(&f);
}

/* ---- zones ----------------------------------------------------------------------------
 * ------------------------------------------------------------------------------- */

static void
zones(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *admin = f.n[AUTHORITY].admin;
	const char *c = overdue_case(&f, "Z-1");
	approved(&f, fix_order("[\"bad.example\"]", c));
	fix_must(&f, AUTHORITY, admin, "POST", "/v1/zones",
		 json_pack("{s:s, s:s}", "name", "pilot", "origin", "pilot.example"));
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "pilot.example", NULL)),
			 1);
	assert_int_equal(
		json_object_size(fix_zone(&f, AUTHORITY, "base.pilot.example", NULL)), 1);
	assert_int_equal(
		json_object_size(fix_zone(&f, AUTHORITY, "hot.pilot.example", NULL)), 0);
	fix_refused(&f, AUTHORITY, admin, "POST", "/v1/zones",
		    json_pack("{s:s, s:s}", "name", "x", "origin", "x.pilot.example"),
		    RC_CONFLICT, "within each other");
	fix_refused(&f, AUTHORITY, admin, "POST", "/v1/operators",
		    json_pack("{s:s, s:s, s:s}", "name", "isp", "address", "192.0.2.1",
			      "zone", "nowhere"),
		    RC_NOT_FOUND, "no zone nowhere");
	add(&f, "isp-pilot", "pilot", false);
	assert_string_equal(served(&f, "isp-pilot")->zones[0], "hot.pilot.example");
	/* What a move does not say stays. */
	json_t *moved = fix_must(&f, AUTHORITY, admin, "POST",
				 operator_path(&f, "isp-pilot", "/move"),
				 json_pack("{s:s}", "layout", "whole"));
	assert_string_equal(fix_text(moved, "zone"), "pilot.example");
	assert_string_equal(served(&f, "isp-pilot")->zones[0], "pilot.example");
	json_t *d = fix_must(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET",
			     "/v1/zone/diff", NULL);
	assert_string_equal(fix_text(d, "rpz"), "+ bad.example 10 IN CNAME .\n");
	fix_reopen(&f, AUTHORITY);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "pilot.example", NULL)),
			 1);
	fix_close(&f);
}

/* ---- lifts for some -------------------------------------------------------------------
 * ------------------------------------------------------------------------ */

static void
tick(struct fix *f)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	fix_ok(service_tick(f->n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
}

/* One operator is freed first, by a plan or at once; the order holds its names still. */
static void
lifts_by_operator(void **state)
{
	struct fix f;
	char when[CLOCK_TEXT_LEN];

	(void)state;
	fix_open(&f);
	const char *admin = f.n[AUTHORITY].admin, *officer = f.n[AUTHORITY].officer;
	const char *c = overdue_case(&f, "L-1");
	fix_must(&f, AUTHORITY, admin, "POST", "/v1/zones",
		 json_pack("{s:s, s:s}", "name", "pilot", "origin", "pilot.example"));
	add(&f, "isp-one", "main", false);
	add(&f, "isp-two", "main", false);
	add(&f, "isp-pilot", "pilot", false);
	const char *order =
		approved(&f, fix_order("[\"bad.example\", \"*.worse.example\"]", c));
	const char *plan = arena_printf(f.a, "/v1/orders/%s/plan", order);
	const char *lift = arena_printf(f.a, "/v1/orders/%s/lift", order);
	clock_format(clock_now_us() + 50 * FIX_S, when);
	/* Who shares a zone is lifted with the others, or not. */
	fix_refused(&f, AUTHORITY, officer, "POST", plan,
		    json_pack("{s:s, s:[{s:s, s:[s]}]}", "reason", "As agreed.", "stages",
			      "at", when, "operators", "isp-one"),
		    RC_CONFLICT, "isp-two has the zone main as well");
	fix_refused(&f, AUTHORITY, officer, "POST", plan,
		    json_pack("{s:s, s:[{s:s, s:[s]}]}", "reason", "As agreed.", "stages",
			      "at", when, "zones", "nowhere"),
		    RC_NOT_FOUND, "no zone nowhere");
	fix_must(&f, AUTHORITY, officer, "POST", plan,
		 json_pack("{s:s, s:[{s:s, s:[s], s:[s]}]}", "reason", "As agreed.",
			   "stages", "at", when, "operators", "isp-pilot", "names",
			   "bad.example"));
	tick(&f);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "pilot.example", NULL)),
			 3);
	fix_clock_add(51 * FIX_S);
	tick(&f);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "pilot.example", NULL)),
			 2);
	assert_string_equal(fix_text(fix_zone(&f, AUTHORITY, "hot.pilot.example", NULL),
				     "bad.example"),
			    "passthru");
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, NULL, NULL)), 3);
	assert_true(is(matrix_row(&f, order, "isp-pilot", NULL), "lifted"));
	assert_false(is(matrix_row(&f, order, "isp-one", NULL), "lifted"));
	/* And the rest of it at once. */
	fix_must(&f, AUTHORITY, officer, "POST", lift,
		 json_pack("{s:s, s:[s]}", "reason", "They answered.", "zones", "pilot"));
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "pilot.example", NULL)),
			 0);
	fix_refused(&f, AUTHORITY, officer, "POST", lift,
		    json_pack("{s:s, s:[s]}", "reason", "Again.", "zones", "pilot"),
		    RC_CONFLICT, "none of these names");
	fix_must(&f, AUTHORITY, officer, "POST", lift,
		 json_pack("{s:s}", "reason", "They answered."));
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "");
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PARTY_PLATFORM);
	fix_close(&f);
}

/* Where people are led, and where an order holds. */
static void
effects(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *admin = f.n[AUTHORITY].admin, *officer = f.n[AUTHORITY].officer;
	const char *c = overdue_case(&f, "E-1");
	fix_must(&f, AUTHORITY, admin, "POST", "/v1/zones",
		 json_pack("{s:s, s:s, s:s}", "name", "jakarta", "origin",
			   "jakarta.example", "territory", "id-jk"));
	json_t *in = fix_order("[\"bad.example\"]", c);
	json_object_set_new(in, "action", json_string("landing"));
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/orders", json_deep_copy(in),
		    RC_INVALID, "landing");
	json_object_set_new(in, "landing", json_string("Page.example"));
	json_object_set_new(in, "territories", json_pack("[s]", "id-jk"));
	approved(&f, in);
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "");
	assert_string_equal(
		fix_text(fix_zone(&f, AUTHORITY, "jakarta.example", NULL), "bad.example"),
		"landing page.example");
	/* The stronger of two holds. */
	approved(&f, fix_order("[\"bad.example\"]", c));
	assert_string_equal(
		fix_text(fix_zone(&f, AUTHORITY, "jakarta.example", NULL), "bad.example"),
		"nxdomain");
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PARTY_PLATFORM);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(refused_keys),
		cmocka_unit_test(matrix),
		cmocka_unit_test(gate),
		cmocka_unit_test(gate_leaves_what_is_out),
		cmocka_unit_test(gate_accepts),
		cmocka_unit_test(zones),
		cmocka_unit_test(lifts_by_operator),
		cmocka_unit_test(effects),
		cmocka_unit_test(behind),
		cmocka_unit_test(lookup_names_register),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
