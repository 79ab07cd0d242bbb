/*
 * The register and objections: what the public sees, who may rule, and that upheld means
 * lifted.
 */
#include "node_fixture.h"

#include <string.h>

#include "core/objection.h"
#include "core/register_proof.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

static const char *
order_in_force(struct fix *f, const char *reference, const char *names)
{
	const char *c = fix_send(f, reference, "bad.example", 2);

	fix_make_overdue(f, c);
	json_t *in = fix_order(names, c);
	json_object_set_new(in, "reasons",
			    json_string("Nobody answered; see "
					"https://bad.example/secret and mail "
					"rina@kominfo.example or +62 812 3456 7890."));
	json_t *r =
		fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/orders", in);
	const char *id = fix_text(r, "order");
	const char *approvers[] = {f->n[AUTHORITY].approver, f->n[AUTHORITY].approver2};
	for (size_t i = 0; i < 2; i++)
		fix_must(f, AUTHORITY, approvers[i], "POST",
			 arena_printf(f->a, "/v1/orders/%s/approve", id),
			 json_pack("{s:s}", "text_sha256", fix_text(r, "text_sha256")));
	return id;
}

static json_t *
object(struct fix *f, const char *order, const char *text)
{
	return fix_must(f, AUTHORITY, NULL, "POST", "/v1/objections",
			json_pack("{s:s, s:s, s:s, s:s}", "order", order, "text", text,
				  "contact", "owner@shop.example", "language", "en"));
}

static json_t *
list(struct fix *f, enum party p, const char *state)
{
	json_t *r = fix_must(f, p, f->n[p].auditor, "GET", "/v1/objections",
			     json_pack("{s:s*}", "state", state));

	return json_object_get(r, "objections");
}

static const char *
objection_id(struct fix *f, size_t i)
{
	return fix_text(json_array_get(list(f, AUTHORITY, NULL), i), "objection");
}

static json_t *
track(struct fix *f, const json_t *given)
{
	return fix_must(
		f, AUTHORITY, NULL, "GET",
		arena_printf(f->a, "/v1/objections/%s", fix_text(given, "reference")),
		NULL);
}

static const char *
act_path(struct fix *f, const char *objection, const char *act)
{
	return arena_printf(f->a, "/v1/objections/%s/%s", objection, act);
}

static json_t *
ruling(const char *word)
{
	return json_pack("{s:s, s:s}", "ruling", word, "reason",
			 "The names carry lawful shops; see https://x.example/a.");
}

static const char *
order_state(struct fix *f, const char *order)
{
	return fix_text(fix_must(f, AUTHORITY, f->n[AUTHORITY].auditor, "GET",
				 arena_printf(f->a, "/v1/orders/%s", order), NULL),
			"state");
}

static json_t *
entry(struct fix *f, const char *ref)
{
	return fix_must(f, AUTHORITY, NULL, "GET",
			arena_printf(f->a, "/v1/register/%s", ref), NULL);
}

static void
tick(struct fix *f)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	fix_ok(service_tick(f->n[AUTHORITY].nd, 3600 * FIX_S, &wait_us, &e), &e, "tick");
}

static size_t
alarms(struct fix *f)
{
	json_t *r = fix_must(f, AUTHORITY, f->n[AUTHORITY].auditor, "GET", "/v1/alarms",
			     NULL);
	size_t i, n = 0;
	json_t *v;

	json_array_foreach (json_object_get(r, "alarms"), i, v)
		n += strcmp(fix_text(v, "kind"), "objection") == 0;
	return n;
}

static void
rebuilt(struct fix *f)
{
	fix_settle(f);
	fix_rebuilt_equal(f, AUTHORITY);
	fix_rebuilt_equal(f, PLATFORM);
}

/* ---- tests ------------------------------------------------------------------------- */

static void
register_entries(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	json_t *r = fix_must(&f, AUTHORITY, NULL, "GET", "/v1/register", NULL);
	assert_int_equal(json_array_size(json_object_get(r, "entries")), 0);
	const char *one = order_in_force(&f, "R-1", "[\"a.example\", \"*.b.example\"]");
	const char *two = order_in_force(&f, "R-2", "[\"c.example\"]");
	r = fix_must(&f, AUTHORITY, NULL, "GET", "/v1/register", NULL);
	json_t *entries = json_object_get(r, "entries");
	assert_int_equal(json_array_size(entries), 2);
	assert_string_equal(fix_text(json_array_get(entries, 0), "order"), two);
	const char *ref = fix_text(json_array_get(entries, 1), "ref");
	assert_non_null(strstr(ref, "-001"));
	/* People who work with the order read the same number. */
	json_t *shown = fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "GET",
				 arena_printf(f.a, "/v1/orders/%s", one), NULL);
	assert_string_equal(fix_text(shown, "ref"), ref);
	shown = json_object_get(fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "GET",
					 "/v1/orders", NULL),
				"orders");
	assert_string_equal(fix_text(json_array_get(shown, 1), "ref"), ref);
	/* By reference and by id it is the same. */
	assert_true(json_equal(entry(&f, ref), entry(&f, one)));
	json_t *o = entry(&f, ref);
	assert_string_equal(fix_text(o, "state"), "in_force");
	/* Who looks a name up finds it, whose it is, and where to object: on both sides.
	 */
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		json_t *l = fix_must(&f, (enum party)p, NULL, "GET", "/v1/lookup",
				     json_pack("{s:s}", "name", "x.b.example"));
		const json_t *found = json_array_get(json_object_get(l, "orders"), 0);
		const json_t *number = json_object_get(found, "ref");
		if (p == AUTHORITY)
			assert_string_equal(json_string_value(number), ref);
		else /* it sees one channel, and cannot count */
			assert_true(json_is_null(number));
		assert_string_equal(fix_text(found, "authority"), "authority.example");
		assert_null(json_object_get(found, "year"));
		if (p == AUTHORITY)
			assert_string_equal(fix_text(l, "object"), "/v1/objections");
		else
			assert_true(json_is_null(json_object_get(l, "object")));
	}
	assert_int_equal(fix_int(o, "cases"), 1);
	const json_t *cited = json_array_get(json_object_get(o, "cited"), 0);
	assert_string_equal(fix_text(cited, "category"), "other");
	assert_int_equal(fix_int(cited, "items"), 2);
	/* No content URL and nothing of a person. */
	char *text = json_dumps(r, JSON_COMPACT);
	static const char *const never[] = {"secret", "rina", "kominfo.example",
					    "3456 7", "://",  "\"p-"};
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (strstr(text, never[i]) != NULL)
			fail_msg("the register says %s: %s", never[i], text);
	assert_non_null(
		strstr(text, "Nobody answered; see [removed] and mail [removed]"));
	free(text);
	/* Pages and filters. */
	r = fix_must(&f, AUTHORITY, NULL, "GET", "/v1/register",
		     json_pack("{s:i}", "limit", 1));
	r = fix_must(&f, AUTHORITY, NULL, "GET", "/v1/register",
		     json_pack("{s:i, s:s}", "limit", 1, "after", fix_text(r, "next")));
	assert_string_equal(
		fix_text(json_array_get(json_object_get(r, "entries"), 0), "order"), one);
	r = fix_must(&f, AUTHORITY, NULL, "GET", "/v1/register",
		     json_pack("{s:s}", "name", "C.example"));
	assert_int_equal(json_array_size(json_object_get(r, "entries")), 1);
	r = fix_must(&f, AUTHORITY, NULL, "GET", "/v1/register",
		     json_pack("{s:s}", "state", "lifted"));
	assert_int_equal(json_array_size(json_object_get(r, "entries")), 0);
	fix_refused(&f, AUTHORITY, NULL, "GET", "/v1/register/B-2017-001", NULL,
		    RC_NOT_FOUND, "B-2017-001");
	fix_refused(&f, AUTHORITY, NULL, "GET", "/v1/register/B-2017-", NULL, RC_INVALID,
		    "reference");
	rebuilt(&f);
	assert_true(json_equal(o, entry(&f, ref)));
	fix_close(&f);
}

/* Offline, with nothing but the file; whatever is changed in it fails. */
static void
proof(void **state)
{
	struct fix f;
	struct register_proof p;
	struct err e = ERR_INIT;

	(void)state;
	fix_open(&f);
	const char *order = order_in_force(&f, "P-1", "[\"a.example\"]");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		 arena_printf(f.a, "/v1/orders/%s/lift", order),
		 json_pack("{s:s}", "reason", "They answered."));
	json_t *file = fix_must(&f, AUTHORITY, NULL, "GET",
				arena_printf(f.a, "/v1/register/%s/proof", order), NULL);
	char *text = json_dumps(file, JSON_COMPACT);
	const char *key = fix_text(file, "key");
	fix_ok(register_proof_verify(f.a, text, strlen(text), key, NULL, &p, &e), &e,
	       "proof");
	assert_int_equal(p.n, 5);
	assert_string_equal(p.events[0]->type, "order.draft");
	assert_string_equal(p.events[p.n - 1]->type, "order.lift");
	fix_ok(register_proof_verify(f.a, text, strlen(text), NULL, p.fingerprint, &p,
				     &e),
	       &e, "proof");
	assert_int_equal(register_proof_verify(f.a, text, strlen(text), NULL,
					       "lusab-babad", &p, &e),
			 RC_DENIED);
	/* Every letter of it counts, but for the reference and its own order. */
	size_t wrong = 0, len = strlen(text);
	for (size_t i = 0; i < len; i += 7) {
		char was = text[i];
		text[i] = was == 'A' ? 'B' : 'A';
		wrong +=
			register_proof_verify(f.a, text, len, key, NULL, &p, &e) == RC_OK;
		text[i] = was;
	}
	assert_true(wrong <= strlen(fix_text(file, "ref")));
	/* The proof of one order is not that of another. */
	const char *other = order_in_force(&f, "P-2", "[\"b.example\"]");
	json_object_set_new(file, "order", json_string(other));
	free(text);
	text = json_dumps(file, JSON_COMPACT);
	assert_int_equal(
		register_proof_verify(f.a, text, strlen(text), key, NULL, &p, &e),
		RC_DENIED);
	assert_non_null(strstr(e.text, "not about this order"));
	free(text);
	fix_close(&f);
}

static void
life(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *order = order_in_force(&f, "O-1", "[\"a.example\"]");
	json_t *given = object(&f, order, "This is my shop.");
	assert_string_equal(fix_text(track(&f, given), "state"), "open");
	/* Capitals and spaces make no difference to a code. */
	fix_refused(&f, AUTHORITY, NULL, "GET",
		    "/v1/objections/0000-0000-0000-0000-0000-0000", NULL, RC_NOT_FOUND,
		    "no objection with this reference");
	fix_refused(&f, AUTHORITY, NULL, "GET", "/v1/objections", NULL,
		    RC_UNAUTHENTICATED, "credential");
	const char *id = objection_id(&f, 0);
	fix_refused(&f, AUTHORITY, NULL, "GET",
		    arena_printf(f.a, "/v1/objections/%s", id), NULL, RC_NOT_FOUND,
		    "no reference");
	const json_t *row = json_array_get(list(&f, AUTHORITY, "open"), 0);
	assert_string_equal(fix_text(row, "text"), "This is my shop.");
	assert_string_equal(fix_text(row, "contact"), "owner@shop.example");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].agent, "POST",
		    act_path(&f, id, "answer"), json_pack("{s:s}", "text", "x"),
		    RC_DENIED, "needs one of");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		 act_path(&f, id, "answer"),
		 json_pack("{s:s}", "text", "We are looking into it."));
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    act_path(&f, id, "answer"), json_pack("{s:s}", "text", "Again."),
		    RC_CONFLICT, "answered");
	assert_string_equal(fix_text(track(&f, given), "answer"),
			    "We are looking into it.");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].approver3, "POST",
		 act_path(&f, id, "rule"), ruling("rejected"));
	assert_string_equal(order_state(&f, order), "in_force");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver3, "POST",
		    act_path(&f, id, "rule"), ruling("upheld"), RC_CONFLICT,
		    "ruled on already");
	assert_string_equal(order_state(&f, order), "in_force");
	assert_string_equal(fix_text(track(&f, given), "ruling"), "rejected");
	/* The register has the ruling, and not who objected or what they wrote. */
	char *text = json_dumps(entry(&f, order), JSON_COMPACT);
	assert_non_null(strstr(text, "\"rejected\""));
	assert_null(strstr(text, "shop.example"));
	assert_null(strstr(text, "my shop"));
	assert_null(strstr(text, "x.example/a"));
	free(text);
	rebuilt(&f);
	/* The platform sees it too. */
	assert_int_equal(json_array_size(list(&f, PLATFORM, "ruled")), 1);
	fix_close(&f);
}

/* Who drafted, approved or overrode an order does not rule on it; upheld means lifted,
 * whoever else holds the order, in one act. */
static void
independent_ruler(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *order = order_in_force(&f, "I-1", "[\"a.example\", \"b.example\"]");
	object(&f, order, "Not b.");
	object(&f, order, "Not a.");
	const char *first = objection_id(&f, 0), *second = objection_id(&f, 1);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    act_path(&f, first, "rule"), ruling("upheld"), RC_DENIED,
		    "needs one of");
	const char *hands[] = {f.n[AUTHORITY].approver, f.n[AUTHORITY].approver2};
	for (size_t i = 0; i < 2; i++)
		fix_refused(&f, AUTHORITY, hands[i], "POST", act_path(&f, first, "rule"),
			    ruling("upheld"), RC_DENIED, "somebody else");
	assert_string_equal(order_state(&f, order), "in_force");
	const char *judge = f.n[AUTHORITY].approver3;
	json_t *in = ruling("partly");
	fix_refused(&f, AUTHORITY, judge, "POST", act_path(&f, first, "rule"),
		    json_deep_copy(in), RC_INVALID, "names");
	json_object_set_new(in, "names", json_pack("[s]", "c.example"));
	fix_refused(&f, AUTHORITY, judge, "POST", act_path(&f, first, "rule"),
		    json_deep_copy(in), RC_CONFLICT, "does not hold c.example");
	/* Refused as a whole: nothing was ruled. */
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "objection.rule"), 0);
	json_object_set_new(in, "names", json_pack("[s]", "B.example"));
	json_t *r =
		fix_must(&f, AUTHORITY, judge, "POST", act_path(&f, first, "rule"), in);
	assert_true(json_is_true(json_object_get(r, "lifted")));
	assert_string_equal(order_state(&f, order), "in_force");
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM v_zone"), 1);
	fix_must(&f, AUTHORITY, judge, "POST", act_path(&f, second, "rule"),
		 ruling("upheld"));
	assert_string_equal(order_state(&f, order), "lifted");
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM v_zone"), 0);
	/* What is over can still be objected to; upholding it lifts nothing more. */
	object(&f, order, "It was wrong all along.");
	r = fix_must(&f, AUTHORITY, judge, "POST",
		     act_path(&f, objection_id(&f, 2), "rule"), ruling("upheld"));
	assert_true(json_is_false(json_object_get(r, "lifted")));
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "order.lift"), 2);
	rebuilt(&f);
	assert_int_equal(
		fix_query(&f, PLATFORM, "SELECT count(*) FROM v_event WHERE void <> ''"),
		0);
	fix_close(&f);
}

static void
refused_objections(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *order = order_in_force(&f, "F-1", "[\"*.a.example\"]");
	static const struct {
		const char *json;
		enum rc rc;
		const char *says;
	} rows[] = {
		{"{\"text\":\"x\"}", RC_INVALID, "say what you object to"},
		{"{\"name\":\"a.example\"}", RC_INVALID, "\"text\" is missing"},
		{"{\"name\":\"a.example\",\"text\":\"\"}", RC_INVALID, "empty"},
		{"{\"name\":\"c.example\",\"text\":\"x\"}", RC_NOT_FOUND, "c.example"},
		{"{\"order\":\"B-2017-999\",\"text\":\"x\"}", RC_NOT_FOUND, "B-2017-999"},
		{"{\"order\":\"x\",\"text\":\"x\"}", RC_INVALID, "reference"},
		{"{\"name\":\"a.example\",\"text\":\"\\u001b[2J\"}", RC_INVALID,
		 "control"},
		{"{\"name\":\"a.example\",\"text\":\"\\uffff\"}", RC_INVALID, "text"},
		{"{\"name\":\"a.example\",\"text\":\"x\",\"kind\":\"rant\"}", RC_INVALID,
		 "normalise"},
		{"{\"name\":\"a.example\",\"text\":\"x\",\"language\":\"EN\"}",
		 RC_INVALID, "language"},
		{"{\"name\":\"a.example\",\"text\":\"x\",\"admin\":true}", RC_INVALID,
		 "unknown member"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fix_refused(&f, AUTHORITY, NULL, "POST", "/v1/objections",
			    json_loads(rows[i].json, 0, NULL), rows[i].rc, rows[i].says);
	char *large = arena_alloc(f.a, OBJECTION_TEXT_MAX + 2);
	memset(large, 'a', OBJECTION_TEXT_MAX + 1);
	fix_refused(&f, AUTHORITY, NULL, "POST", "/v1/objections",
		    json_pack("{s:s, s:s}", "order", order, "text", large), RC_TOO_LARGE,
		    "text");
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM objection_inbox"),
			 0);
	/* By a name below a wildcard it is found, as a request to normalise. */
	json_t *r = fix_must(&f, AUTHORITY, NULL, "POST", "/v1/objections",
			     json_pack("{s:s, s:s, s:s}", "name", "www.a.example", "text",
				       "Please lift it.", "kind", "normalise"));
	assert_string_equal(fix_text(r, "order"), order);
	assert_string_equal(fix_text(track(&f, r), "kind"), "normalise");
	fix_close(&f);
}

/* A flood neither fills the log nor is lost. */
static void
flood(void **state)
{
	enum { FLOOD = 70, MINUTE = 60 };
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *order = order_in_force(&f, "S-1", "[\"a.example\"]");
	object(&f, order, "The same.");
	fix_refused(&f, AUTHORITY, NULL, "POST", "/v1/objections",
		    json_pack("{s:s, s:s}", "order", order, "text", "The same."),
		    RC_CONFLICT, "exactly this text");
	json_t *last = NULL;
	for (int i = 1; i < FLOOD; i++)
		last = object(&f, order, arena_printf(f.a, "Number %d.", i));
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "objection.open"), MINUTE);
	assert_int_equal(json_array_size(list(&f, AUTHORITY, "queued")), FLOOD - MINUTE);
	assert_string_equal(fix_text(track(&f, last), "state"), "open");
	tick(&f);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "objection.open"), MINUTE);
	/* A person may let one in at once. */
	const char *waits =
		fix_text(json_array_get(list(&f, AUTHORITY, "queued"), 0), "objection");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		 act_path(&f, waits, "admit"), NULL);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    act_path(&f, waits, "admit"), NULL, RC_NOT_FOUND, "waits");
	fix_clock_add(61 * FIX_S);
	tick(&f);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "objection.open"), FLOOD);
	assert_int_equal(json_array_size(list(&f, AUTHORITY, "queued")), 0);
	assert_int_equal(
		fix_query(&f, AUTHORITY,
			  "SELECT count(*) FROM objection_inbox WHERE body IS NOT NULL"),
		0);
	rebuilt(&f);
	fix_close(&f);
}

/* What is overdue is alarmed, and the ruling ends that. */
static void
overdue(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *order = order_in_force(&f, "D-1", "[\"a.example\"]");
	json_t *given = object(&f, order, "In time, please.");
	tick(&f);
	assert_int_equal(alarms(&f), 0);
	fix_clock_add(8 * 86400 * FIX_S);
	tick(&f);
	assert_int_equal(alarms(&f), 1);
	assert_true(json_is_true(json_object_get(track(&f, given), "overdue")));
	fix_clock_add(7 * 86400 * FIX_S);
	tick(&f);
	tick(&f);
	assert_int_equal(alarms(&f), 2);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].approver3, "POST",
		 act_path(&f, objection_id(&f, 0), "rule"), ruling("rejected"));
	assert_int_equal(alarms(&f), 0);
	tick(&f);
	assert_int_equal(alarms(&f), 0);
	assert_true(json_is_false(json_object_get(track(&f, given), "overdue")));
	fix_close(&f);
}

/* What of a text is left on a node: in the views, and disclosures that have it. */
static int64_t
texts_left(struct fix *f, enum party p)
{
	return fix_query(
		f, p,
		"SELECT (SELECT count(body) + count(contact) + count(answer) FROM "
		"v_objection) + (SELECT count(body) FROM objection_inbox)");
}

static json_t *
why(void)
{
	return json_pack("{s:s}", "reason", "asked for by whoever objected");
}

/* Ruled on, it may be erased, on each side by its own people; the ruling stays. */
static void
erased(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	int64_t wait_us;

	(void)state;
	fix_open(&f);
	const char *order = order_in_force(&f, "R-1", "[\"a.example\", \"b.example\"]");
	json_t *given = object(&f, order, "My shop is on it.");
	(void)object(&f, order, "Mine too.");
	fix_settle(&f);
	const char *id = NULL;
	for (size_t i = 0; i < 2; i++)
		if (strcmp(fix_text(json_array_get(list(&f, AUTHORITY, NULL), i), "text"),
			   "My shop is on it.") == 0)
			id = objection_id(&f, i);
	assert_non_null(id);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		 act_path(&f, id, "answer"), json_pack("{s:s}", "text", "We look."));
	fix_settle(&f);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST",
		    act_path(&f, id, "erase"), why(), RC_CONFLICT, "not ruled on");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].approver3, "POST",
		 act_path(&f, id, "rule"), ruling("rejected"));
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    act_path(&f, id, "erase"), why(), RC_DENIED, "needs");
	fix_settle(&f);
	for (int p = 0; p < 2; p++)
		assert_int_equal(texts_left(&f, (enum party)p), 5);
	json_t *r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST",
			     act_path(&f, id, "erase"), why());
	assert_int_equal(fix_int(r, "texts"), 3);
	assert_int_equal(texts_left(&f, AUTHORITY), 2);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST",
		    act_path(&f, id, "erase"), why(), RC_NOT_FOUND, "left");
	assert_string_equal(fix_text(track(&f, given), "ruling"), "rejected");
	fix_settle(&f);
	/* The other side is asked, and does it. */
	assert_int_equal(texts_left(&f, PLATFORM), 5);
	fix_ok(service_tick(f.n[PLATFORM].nd, FIX_S, &wait_us, &e), &e, "tick");
	assert_int_equal(fix_query(&f, PLATFORM,
				   "SELECT count(*) FROM alarm WHERE kind = 'erase'"),
			 1);
	r = fix_must(&f, PLATFORM, f.n[PLATFORM].admin, "POST",
		     arena_printf(f.a, "/v1/erasures/%s", fix_text(r, "request")), NULL);
	assert_int_equal(fix_int(r, "texts"), 3);
	assert_int_equal(texts_left(&f, PLATFORM), 2);
	fix_settle(&f);
	for (int p = 0; p < 2; p++) {
		enum party side = (enum party)p;
		assert_int_equal(fix_events(&f, side, AUTHORITY, "erase.done"), 1);
		assert_int_equal(fix_events(&f, side, PLATFORM, "erase.done"), 1);
		assert_int_equal(
			fix_query(&f, side,
				  "SELECT count(*) FROM v_event WHERE void IS NOT NULL"),
			0);
		fix_rebuilt_equal(&f, side);
		assert_int_equal(texts_left(&f, side), 2);
	}
	fix_refused(&f, PLATFORM, f.n[PLATFORM].admin, "POST",
		    "/v1/erasures/01890a5d-ac96-774b-bcce-b302099a8057", NULL,
		    RC_NOT_FOUND, "nobody asked");
	fix_close(&f);
}

static void
contacts_set(struct fix *f, const char *name)
{
	fix_must(f, AUTHORITY, f->n[AUTHORITY].admin, "POST", "/v1/contacts",
		 json_pack("{s:[{s:s, s:s, s:[s]}]}", "contacts", "name", name, "reach",
			   "+62 21 000", "languages", "id"));
	fix_settle(f);
}

/* Contacts that others have replaced go; those in force stay. */
static void
contacts_erased(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *admin = f.n[AUTHORITY].admin;
	const char *count = "SELECT count(body) FROM log_disclosure";
	contacts_set(&f, "Rina");
	fix_refused(&f, AUTHORITY, admin, "POST", "/v1/contacts/erase", why(),
		    RC_NOT_FOUND, "left");
	contacts_set(&f, "Budi");
	int64_t before = fix_query(&f, AUTHORITY, count);
	json_t *r = fix_must(&f, AUTHORITY, admin, "POST", "/v1/contacts/erase", why());
	assert_int_equal(fix_int(r, "texts"), 1);
	/* One went, and the reason of the request came. */
	assert_int_equal(fix_query(&f, AUTHORITY, count), before);
	assert_string_equal(fix_query_text(&f, AUTHORITY, "SELECT name FROM v_contact"),
			    "Budi");
	fix_settle(&f);
	r = fix_must(&f, PLATFORM, f.n[PLATFORM].admin, "POST",
		     arena_printf(f.a, "/v1/erasures/%s", fix_text(r, "request")), NULL);
	assert_int_equal(fix_int(r, "texts"), 1);
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	assert_string_equal(fix_query_text(&f, PLATFORM, "SELECT name FROM v_contact"),
			    "Budi");
	fix_close(&f);
}

/* By the policy, on each side by itself: what is ruled on and replaced, not before, and
 * not what still counts. */
static void
kept_no_longer(void **state)
{
	enum { OBJECTIONS_S = 4000, CONTACTS_S = 8000, LATER_S = 4500 };
	struct fix f;
	struct err e = ERR_INIT;
	json_t *p = json_loads(fix_policy, 0, NULL);
	int64_t wait_us;

	(void)state;
	json_object_set_new(p, "retention",
			    json_pack("{s:i, s:i}", "objections_s", OBJECTIONS_S,
				      "contacts_s", CONTACTS_S));
	char *policy = json_dumps(p, 0);
	fix_open_policy(&f, policy);
	free(policy);
	json_decref(p);
	const char *order = order_in_force(&f, "R-1", "[\"a.example\", \"b.example\"]");
	(void)object(&f, order, "My shop is on it.");
	fix_settle(&f);
	const char *id = objection_id(&f, 0);
	(void)object(&f, order, "Mine too.");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].approver3, "POST",
		 act_path(&f, id, "rule"), ruling("rejected"));
	contacts_set(&f, "Rina");
	contacts_set(&f, "Budi");
	/* Looked at once an hour. */
	for (int round = 0; round < 3; round++) {
		for (int k = 0; k < 2; k++) {
			enum party side = (enum party)k;
			fix_ok(service_tick(f.n[side].nd, FIX_S, &wait_us, &e), &e,
			       "tick");
			assert_int_equal(fix_events(&f, side, side, "erase.done"), round);
			assert_int_equal(fix_query(&f, side,
						   "SELECT count(*) FROM v_objection "
						   "WHERE body IS NOT NULL"),
					 round == 0 ? 2 : 1);
			assert_int_equal(
				fix_query(&f, side, "SELECT count(*) FROM v_contact_old"),
				round == 2 ? 0 : 1);
		}
		fix_clock_add(LATER_S * FIX_S);
		fix_settle(&f);
	}
	for (int k = 0; k < 2; k++) {
		assert_string_equal(
			fix_query_text(&f, (enum party)k, "SELECT name FROM v_contact"),
			"Budi");
		assert_int_equal(fix_query(&f, (enum party)k,
					   "SELECT count(*) FROM v_event WHERE void IS "
					   "NOT NULL"),
				 0);
		fix_rebuilt_equal(&f, (enum party)k);
	}
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(register_entries),
		cmocka_unit_test(proof),
		cmocka_unit_test(life),
		cmocka_unit_test(independent_ruler),
		cmocka_unit_test(refused_objections),
		cmocka_unit_test(flood),
		cmocka_unit_test(overdue),
		cmocka_unit_test(erased),
		cmocka_unit_test(contacts_erased),
		cmocka_unit_test(kept_no_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
