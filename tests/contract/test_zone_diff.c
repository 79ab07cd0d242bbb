/*
 * What differs, in words and as RPZ: between serials, and what an order would change
 * before anybody signs it, or lifts it.
 */
#include "node_fixture.h"

#include <string.h>

#include "service/node_int.h"

#define AUTHORITY PARTY_AUTHORITY

static json_t *
drafted(struct fix *f, json_t *in)
{
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/orders", in);
}

static const char *
approve(struct fix *f, const json_t *draft)
{
	const char *const approvers[] = {f->n[AUTHORITY].approver,
					 f->n[AUTHORITY].approver2};

	for (size_t i = 0; i < 2; i++)
		fix_must(f, AUTHORITY, approvers[i], "POST",
			 arena_printf(f->a, "/v1/orders/%s/approve",
				      fix_text(draft, "order")),
			 json_pack("{s:s}", "text_sha256",
				   fix_text(draft, "text_sha256")));
	return fix_text(draft, "order");
}

static json_t *
diff(struct fix *f, json_t *in)
{
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].auditor, "GET", "/v1/zone/diff",
			in);
}

/* All words, with " / " between them. */
static const char *
words(struct fix *f, const json_t *d)
{
	const char *all = "";
	size_t i;
	const json_t *v;

	json_array_foreach (json_object_get(d, "words"), i, v)
		all = arena_printf(f->a, "%s%s%s", all, i == 0 ? "" : " / ",
				   json_string_value(v));
	return all;
}

static void
in_words(void **state)
{
	struct fix f;
	uint32_t serial;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "D-1", "bad.example", 2);
	fix_make_overdue(&f, c);
	const char *order = approve(
		&f, drafted(&f, fix_order("[\"bad.example\", \"*.worse.example\"]", c)));
	json_t *d = diff(&f, NULL);
	assert_string_equal(words(&f, d),
			    "bad.example: does not exist / worse.example: does not exist "
			    "/ every name below worse.example: does not exist");
	assert_true(json_is_null(json_object_get(d, "if")));
	fix_zone(&f, AUTHORITY, NULL, &serial);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		 arena_printf(f.a, "/v1/orders/%s/lift", order),
		 json_pack("{s:s, s:[s]}", "reason", "They answered.", "names",
			   "bad.example"));
	d = diff(&f, json_pack("{s:i}", "from", (int)serial));
	assert_string_equal(
		words(&f, d),
		"bad.example: nothing is said of it any more (it does not exist)");
	assert_string_equal(fix_text(d, "rpz"), "- bad.example 10 IN CNAME .\n");
	d = diff(&f,
		 json_pack("{s:s, s:i}", "zone", "hot.rpz.saluran", "from", (int)serial));
	assert_string_equal(
		words(&f, d),
		"bad.example: is let go, whatever a zone behind this one says "
		"(before, it does not exist)");
	fix_close(&f);
}

/* A draft shows what it would bring beside what stands; one that is in force, what its
 * lift would take, and what others hold still. */
static void
dry_run(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "D-1", "bad.example", 2);
	fix_make_overdue(&f, c);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/zones",
		 json_pack("{s:s, s:s, s:s}", "name", "jakarta", "origin", "jk.example",
			   "territory", "id-jk"));
	json_t *in = fix_order("[\"bad.example\"]", c);
	json_object_set_new(in, "action", json_string("nodata"));
	const char *weak = approve(&f, drafted(&f, in));
	json_t *draft = drafted(&f, fix_order("[\"bad.example\", \"new.example\"]", c));
	json_t *ask = json_pack("{s:s}", "order", fix_text(draft, "order"));
	json_t *d = diff(&f, json_incref(ask));
	assert_string_equal(fix_text(d, "if"), "approved");
	assert_string_equal(words(&f, d),
			    "bad.example: does not exist (before, it has no address) / "
			    "new.example: does not exist");
	assert_string_equal(fix_text(d, "rpz"), "- bad.example 10 IN CNAME *.\n"
						"+ bad.example 10 IN CNAME .\n"
						"+ new.example 10 IN CNAME .\n");
	/* It was a dry run. */
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "bad.example");
	approve(&f, draft);
	d = diff(&f, json_incref(ask));
	assert_string_equal(fix_text(d, "if"), "lifted");
	assert_string_equal(words(&f, d),
			    "bad.example: has no address (before, it does not exist) / "
			    "new.example: nothing is said of it any more (it does not "
			    "exist)");
	/* The weaker of two changes nothing. */
	d = diff(&f, json_pack("{s:s}", "order", weak));
	assert_string_equal(words(&f, d), "");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		 arena_printf(f.a, "/v1/orders/%s/lift", fix_text(draft, "order")),
		 json_pack("{s:s}", "reason", "They answered."));
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET", "/v1/zone/diff", ask,
		    RC_CONFLICT, "is lifted");
	/* Another territory's. */
	in = fix_order("[\"far.example\"]", c);
	json_object_set_new(in, "territories", json_pack("[s]", "id-jk"));
	draft = drafted(&f, in);
	ask = json_pack("{s:s}", "order", fix_text(draft, "order"));
	assert_string_equal(words(&f, diff(&f, json_incref(ask))),
			    "the order does not stand in this zone: it is for other "
			    "territories");
	json_object_set_new(ask, "zone", json_string("jk.example"));
	assert_string_equal(words(&f, diff(&f, json_incref(ask))),
			    "far.example: does not exist");
	json_object_set_new(ask, "from", json_integer(1));
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET", "/v1/zone/diff", ask,
		    RC_INVALID, "no serials");
	fix_close(&f);
}

/* Pages follow each other without a gap, by owner and order. */
static void
pages(void **state)
{
	struct fix f;
	const char *all = "";
	json_t *r, *in = json_object();
	size_t n_pages = 0;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "D-1", "bad.example", 2);
	fix_make_overdue(&f, c);
	approve(&f, drafted(&f, fix_order("[\"a.example\", \"b.example\", "
					  "\"c.example\"]",
					  c)));
	approve(&f, drafted(&f, fix_order("[\"b.example\"]", c)));
	do {
		const json_t *v;
		size_t i;
		json_object_set_new(in, "limit", json_integer(1));
		r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET", "/v1/zone",
			     in);
		json_array_foreach (json_object_get(r, "rows"), i, v)
			all = arena_printf(f.a, "%s %s", all, fix_text(v, "owner"));
		assert_int_equal(fix_int(r, "total"), 3);
		in = json_pack("{s:O}", "after", json_object_get(r, "next"));
		n_pages++;
	} while (json_is_string(json_object_get(r, "next")));
	json_decref(in);
	assert_string_equal(all, " a.example b.example b.example c.example");
	assert_int_equal(n_pages, 5);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET", "/v1/zone",
		    json_pack("{s:s}", "after", "a.example"), RC_INVALID, "no cursor");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET", "/v1/zone",
		    json_pack("{s:i}", "limit", 1001), RC_INVALID, "limit");
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_words),
		cmocka_unit_test(dry_run),
		cmocka_unit_test(pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
