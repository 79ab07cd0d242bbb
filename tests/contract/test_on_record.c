/*
 * What an act answers as `seq` is its entry in our log, of the type of the act: a screen
 * that says "recorded #4711" says what is.
 */
#include "node_fixture.h"

#include <string.h>

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

/* The type of an entry of the node's own log, as its feed tells. */
static const char *
entry_type(struct fix *f, enum party p, int64_t seq)
{
	json_t *r = fix_must(f, p, f->n[p].auditor, "GET", "/v1/events",
			     json_pack("{s:i}", "limit", 1000));
	const char *own = p == AUTHORITY ? "authority" : "platform";
	size_t i;
	const json_t *row;

	json_array_foreach (json_object_get(r, "events"), i, row)
		if (strcmp(fix_text(row, "party"), own) == 0 &&
		    fix_int(row, "seq") == seq)
			return fix_text(row, "type");
	return "nothing";
}

/* The act is done, and what it says of its entry is true. */
static json_t *
on_record(struct fix *f, enum party p, const char *credential, const char *path,
	  json_t *in, const char *type)
{
	json_t *r = fix_must(f, p, credential, "POST", path, in);

	assert_true(json_is_integer(json_object_get(r, "seq")));
	assert_string_equal(entry_type(f, p, fix_int(r, "seq")), type);
	return r;
}

static const char *
path_of(struct fix *f, const char *what, const char *id, const char *act)
{
	return arena_printf(f->a, "/v1/%s/%s/%s", what, id, act);
}

static json_t *
because(void)
{
	return json_pack("{s:s}", "reason", "Invented example.");
}

/* A draft over an overdue case, which is told of the owner in a second entry. */
static json_t *
drafted(struct fix *f, const char *names, const char *casefile)
{
	return on_record(f, AUTHORITY, f->n[AUTHORITY].officer, "/v1/orders",
			 fix_order(names, casefile), "order.draft");
}

static const char *
in_force(struct fix *f, const char *names, const char *casefile)
{
	json_t *r = drafted(f, names, casefile);
	const char *approvers[] = {f->n[AUTHORITY].approver, f->n[AUTHORITY].approver2};

	for (size_t i = 0; i < 2; i++)
		on_record(f, AUTHORITY, approvers[i],
			  path_of(f, "orders", fix_text(r, "order"), "approve"),
			  json_pack("{s:s}", "text_sha256", fix_text(r, "text_sha256")),
			  "order.approve");
	return fix_text(r, "order");
}

static const char *
overdue_case(struct fix *f, const char *reference)
{
	const char *c = fix_send(f, reference, "bad.example", 2);

	fix_make_overdue(f, c);
	return c;
}

static void
orders(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *officer = f.n[AUTHORITY].officer, *other = f.n[AUTHORITY].approver3;
	const char *c = overdue_case(&f, "O-1");
	json_t *r = drafted(&f, "[\"one.example\"]", c);
	on_record(&f, AUTHORITY, other,
		  path_of(&f, "orders", fix_text(r, "order"), "return"),
		  json_pack("{s:s, s:s}", "text_sha256", fix_text(r, "text_sha256"),
			    "reason", "Say more."),
		  "order.return");
	r = drafted(&f, "[\"two.example\"]", c);
	on_record(&f, AUTHORITY, officer,
		  path_of(&f, "orders", fix_text(r, "order"), "withdraw"), json_object(),
		  "order.withdraw");
	const char *o = in_force(&f, "[\"three.example\", \"four.example\"]", c);
	on_record(&f, AUTHORITY, officer, path_of(&f, "orders", o, "owner"),
		  json_pack("{s:b, s:s, s:s}", "told", true, "channel", "email", "text",
			    "Wrote."),
		  "order.owner");
	on_record(&f, AUTHORITY, officer, path_of(&f, "orders", o, "lift"),
		  json_pack("{s:s, s:[s]}", "reason", "Answered.", "names",
			    "three.example"),
		  "order.lift");
	/* Two entries: the review says its own, not that of the lift after it. */
	on_record(&f, AUTHORITY, other, path_of(&f, "orders", o, "review"),
		  json_pack("{s:s, s:s}", "outcome", "lifted", "reason", "Not needed."),
		  "order.review");
	fix_close(&f);
}

static const char *
objection(struct fix *f, const char *order, const char *text)
{
	fix_must(f, AUTHORITY, NULL, "POST", "/v1/objections",
		 json_pack("{s:s, s:s}", "order", order, "text", text));
	json_t *r = fix_must(f, AUTHORITY, f->n[AUTHORITY].auditor, "GET",
			     "/v1/objections", json_pack("{s:s}", "state", "open"));
	return fix_text(json_array_get(json_object_get(r, "objections"), 0), "objection");
}

static void
objections(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *o = in_force(&f, "[\"bad.example\"]", overdue_case(&f, "J-1"));
	const char *one = objection(&f, o, "My shop is lawful.");
	on_record(&f, AUTHORITY, f.n[AUTHORITY].officer,
		  path_of(&f, "objections", one, "answer"),
		  json_pack("{s:s}", "text", "We look."), "objection.answer");
	/* Upheld means lifted, by a second entry. */
	json_t *r =
		on_record(&f, AUTHORITY, f.n[AUTHORITY].approver3,
			  path_of(&f, "objections", one, "rule"),
			  json_pack("{s:s, s:s}", "ruling", "upheld", "reason", "It is."),
			  "objection.rule");
	assert_true(json_is_true(json_object_get(r, "lifted")));
	fix_settle(&f);
	on_record(&f, AUTHORITY, f.n[AUTHORITY].approver,
		  path_of(&f, "objections", one, "erase"), because(), "erase.request");
	fix_close(&f);
}

static void
cases(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "C-1", "bad.example", 1);
	json_t *r = on_record(&f, AUTHORITY, f.n[AUTHORITY].officer,
			      path_of(&f, "cases", c, "holds"), because(), "hold.place");
	on_record(&f, AUTHORITY, f.n[AUTHORITY].approver,
		  path_of(&f, "cases", c,
			  arena_printf(f.a, "holds/%s/release", fix_text(r, "hold"))),
		  because(), "hold.release");
	fix_settle(&f);
	fix_act(&f, PLATFORM, c, "refuse", because());
	fix_settle(&f);
	r = on_record(&f, AUTHORITY, f.n[AUTHORITY].approver,
		      path_of(&f, "cases", c, "erase"),
		      json_pack("{s:s, s:s}", "what", "texts", "reason", "Over."),
		      "erase.request");
	fix_settle(&f);
	on_record(&f, PLATFORM, f.n[PLATFORM].admin,
		  path_of(&f, "cases", c,
			  arena_printf(f.a, "erase/%s", fix_text(r, "request"))),
		  json_object(), "erase.done");
	fix_close(&f);
}

static void
channels(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	json_t *r = fix_must(
		&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/contacts",
		json_pack("{s:[{s:s, s:s}]}", "contacts", "name", "Desk", "reach", "1"));
	const json_t *entry = json_array_get(json_object_get(r, "entries"), 0);
	assert_string_equal(entry_type(&f, AUTHORITY, fix_int(entry, "seq")),
			    "contact.set");
	r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/channel/tests",
		     json_object());
	entry = json_array_get(json_object_get(r, "tests"), 0);
	assert_string_equal(entry_type(&f, AUTHORITY, fix_int(entry, "seq")),
			    "channel.test");
	fix_settle(&f);
	const char *ack = path_of(&f, "channel/tests", fix_text(entry, "test"), "ack");
	on_record(&f, PLATFORM, f.n[PLATFORM].agent, ack, json_object(),
		  "channel.test.ack");
	/* What is recorded already is not recorded again, and says nothing of an entry.
	 */
	r = fix_must(&f, PLATFORM, f.n[PLATFORM].agent, "POST", ack, json_object());
	assert_true(json_is_true(json_object_get(r, "again")));
	assert_null(json_object_get(r, "seq"));
	fix_close(&f);
}

static void
operators(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *officer = f.n[AUTHORITY].officer;
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/operators",
		 json_pack("{s:s, s:s, s:b}", "name", "isp", "address", "192.0.2.53",
			   "tsig", false));
	const char *o = in_force(&f, "[\"bad.example\"]", overdue_case(&f, "D-1"));
	on_record(&f, AUTHORITY, officer, "/v1/operators/isp/confirm",
		  json_pack("{s:s}", "order", o), "dns.applied");
	on_record(&f, AUTHORITY, officer, "/v1/operators/isp/answer",
		  json_pack("{s:s}", "text", "We are at it."), "dns.answered");
	on_record(&f, AUTHORITY, officer, path_of(&f, "orders", o, "lift"), because(),
		  "order.lift");
	on_record(&f, AUTHORITY, officer, path_of(&f, "orders", o, "waive"),
		  json_pack("{s:s, s:s}", "operator", "isp", "reason", "It is gone."),
		  "dns.waived");
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders),    cmocka_unit_test(objections),
		cmocka_unit_test(cases),     cmocka_unit_test(channels),
		cmocka_unit_test(operators),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
