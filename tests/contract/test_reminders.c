/*
 * Reminders to operators: prepared when a change is overdue, replaced and settled as what
 * is missing changes, sent by a person or by the node, on record in the matrix; and how
 * an order is closed after its lift, by measurement or with a reason only.
 */
#include "node_fixture.h"

#include <string.h>

#include "service/node_int.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM
#define MAIN	  "rpz.saluran"

enum { BLOCK_S = 50, LIFT_S = 40, AGAIN_S = 100, LOOK_S = 61 };

#define POLICY_HEAD                                                                      \
	"{\"name\":\"ops\",\"version\":1,\"title\":{\"en\":\"Test\",\"id\":\"Uji\"},"    \
	"\"source\":\"Invented.\",\"classes\":["                                         \
	"{\"code\":\"normal\",\"accept_s\":100,\"decide_s\":100}],"                      \
	"\"categories\":[{\"code\":\"other\",\"name\":{\"en\":\"Other\",\"id\":"         \
	"\"Lainnya\"},\"class\":\"normal\"},{\"code\":\"terrorism\",\"name\":{\"en\":"   \
	"\"Terrorism\",\"id\":\"Terorisme\"},\"class\":\"normal\"}],"                    \
	"\"ladder\":[{\"act\":\"remind\",\"after_s\":10},"                               \
	"{\"act\":\"warn\",\"level\":1,\"after_s\":10}],"                                \
	"\"order\":{\"approvals\":2,\"ladder_steps\":2,\"max_duration_s\":5000,"         \
	"\"max_names\":20,\"ttl_s\":10,\"operator_block_s\":50,\"operator_lift_s\":40,"  \
	"\"operator_again_s\":100"
static const char by_person[] = POLICY_HEAD "}}\n";
static const char by_the_node[] = POLICY_HEAD ",\"operator_by\":\"node\"}}\n";

static json_t *
call(struct fix *f, const char *who, const char *method, const char *path, json_t *in)
{
	return fix_must(f, AUTHORITY, who, method, path, in);
}

static const char *
operator_path(struct fix *f, const char *name, const char *act)
{
	return arena_printf(f->a, "/v1/operators/%s%s", name, act);
}

static void
operator_add(struct fix *f, const char *name)
{
	call(f, f->n[AUTHORITY].admin, "POST", "/v1/operators",
	     json_pack("{s:s, s:s, s:b, s:s}", "name", name, "address", "192.0.2.53",
		       "tsig", true, "layout", "pair"));
}

/* So much later, and everything that is due by then is done. */
static void
pass(struct fix *f, int64_t seconds)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	for (int64_t left = seconds; left > 0; left -= 2) {
		fix_clock_add(2 * FIX_S);
		fix_ok(service_tick(f->n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
	}
}

static const char *
ordered(struct fix *f, const char *reference, const char *names)
{
	const struct fix_node *n = &f->n[AUTHORITY];
	const char *c = fix_send(f, reference, "bad.example", 2);
	fix_make_overdue(f, c);
	json_t *in = fix_order(names, c);
	char when[CLOCK_TEXT_LEN];
	json_object_set_new(
		in, "ends",
		json_string(clock_format(clock_now_us() + 4000 * FIX_S, when)));
	json_t *r = call(f, n->officer, "POST", "/v1/orders", in);
	const char *id = fix_text(r, "order");
	const char *path = arena_printf(f->a, "/v1/orders/%s/approve", id);
	json_t *text = json_pack("{s:s}", "text_sha256", fix_text(r, "text_sha256"));
	call(f, n->approver, "POST", path, json_deep_copy(text));
	call(f, n->approver2, "POST", path, text);
	return id;
}

static json_t *
reminders(struct fix *f, bool all)
{
	return json_object_get(call(f, f->n[AUTHORITY].auditor, "GET", "/v1/reminders",
				    all ? json_pack("{s:s}", "all", "yes") : NULL),
			       "reminders");
}

static const json_t *
row_of(struct fix *f, const char *order, const char *name, json_t **ret)
{
	json_t *m = call(f, f->n[AUTHORITY].auditor, "GET",
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

static const char *
lacks(const json_t *row)
{
	const char *text = json_string_value(json_object_get(row, "lacks"));

	return text == NULL ? "" : text;
}

static int64_t
alarms(struct fix *f, const char *kind)
{
	return fix_query(f, AUTHORITY,
			 arena_printf(f->a,
				      "SELECT count(*) FROM alarm WHERE kind = '%s' AND "
				      "cleared_us = 0",
				      kind));
}

static uint32_t
serial_now(struct fix *f)
{
	uint32_t serial;

	fix_zone(f, AUTHORITY, NULL, &serial);
	return serial;
}

static void
lift(struct fix *f, const char *order)
{
	call(f, f->n[AUTHORITY].officer, "POST",
	     arena_printf(f->a, "/v1/orders/%s/lift", order),
	     json_pack("{s:s}", "reason", "They answered."));
}

static void
measure(struct fix *f, const char *order, const char *name, const char *owner,
	const char *expected, const char *verdict)
{
	char when[CLOCK_TEXT_LEN];

	fix_clock_add(FIX_S);
	json_t *one = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:[s], s:I, s:[]}", "owner",
		owner, "operator", name, "resolver", "192.0.2.53#53", "transport", "udp",
		"expected", expected, "serial", (json_int_t)serial_now(f), "verdict",
		verdict, "at", clock_format(clock_now_us(), when), "orders", order,
		"canary_serial", (json_int_t)serial_now(f), "asked");
	json_t *r = call(f, f->n[AUTHORITY].officer, "POST", "/v1/probes/results",
			 json_pack("{s:s, s:[o]}", "vantage", "jakarta", "results", one));
	assert_int_equal(fix_int(r, "skipped"), 0);
}

static void
finish(struct fix *f)
{
	fix_settle(f);
	fix_rebuilt_equal(f, AUTHORITY);
	fix_rebuilt_equal(f, PLATFORM);
	fix_close(f);
}

/* ---- the block: due, prepared, settled, sent, again -----------------------------------
 */

static void
prepared_and_sent(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, by_person);
	const struct fix_node *n = &f.n[AUTHORITY];
	operator_add(&f, "isp-one");
	operator_add(&f, "isp-two");
	call(&f, n->admin, "POST", operator_path(&f, "isp-two", "/contact"),
	     json_pack("{s:s, s:s, s:s}", "name", "NOC", "reach", "noc@two.example",
		       "language", "id"));
	const char *order = ordered(&f, "R-1", "[\"bad.example\"]");
	assert_string_equal(lacks(row_of(&f, order, "isp-one", NULL)), "pulled");
	pass(&f, BLOCK_S - 4);
	assert_int_equal(json_array_size(reminders(&f, false)), 0);
	pass(&f, LOOK_S);
	assert_int_equal(json_array_size(reminders(&f, false)), 2);
	assert_int_equal(alarms(&f, "operator_reminder"), 2);

	/* Who fetched it meanwhile is reminded of nothing. */
	fix_pulled(n->nd, "isp-one", "hot." MAIN, serial_now(&f), "ixfr");
	pass(&f, LOOK_S);
	json_t *all = reminders(&f, false);
	assert_int_equal(json_array_size(all), 1);
	assert_int_equal(alarms(&f, "operator_reminder"), 1);
	const json_t *r = json_array_get(all, 0);
	assert_string_equal(fix_text(r, "operator"), "isp-two");
	assert_string_equal(fix_text(r, "reach"), "noc@two.example");
	assert_non_null(strstr(fix_text(r, "text"), "Yth. NOC"));
	assert_non_null(strstr(fix_text(r, "text"), "bad.example"));
	assert_non_null(strstr(fix_text(r, "text"), "belum diambil"));
	assert_null(strchr(fix_text(r, "text"), '{'));

	const char *path =
		arena_printf(f.a, "/v1/reminders/%s/send", fix_text(r, "reminder"));
	fix_refused(&f, AUTHORITY, n->auditor, "POST", path,
		    json_pack("{s:s}", "channel", "email"), RC_DENIED, "officer");
	fix_refused(&f, AUTHORITY, n->officer, "POST", path, NULL, RC_INVALID, "channel");
	fix_refused(&f, AUTHORITY, n->officer, "POST", path,
		    json_pack("{s:s}", "channel", "E mail"), RC_INVALID, "one word");
	call(&f, n->officer, "POST", path, json_pack("{s:s}", "channel", "email"));
	fix_refused(&f, AUTHORITY, n->officer, "POST", path,
		    json_pack("{s:s}", "channel", "email"), RC_CONFLICT, "sent already");
	assert_int_equal(alarms(&f, "operator_reminder"), 0);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "dns.reminded"), 1);
	json_t *m;
	const json_t *told =
		json_object_get(row_of(&f, order, "isp-two", &m), "reminded");
	assert_int_equal(fix_int(told, "times"), 1);
	assert_string_equal(fix_text(told, "channel"), "email");
	assert_string_equal(fix_text(m, "slowest"), "isp-two");
	assert_true(json_is_null(
		json_object_get(row_of(&f, order, "isp-one", NULL), "reminded")));

	/* Again when its time has come, and not before. */
	pass(&f, AGAIN_S - 10);
	assert_int_equal(json_array_size(reminders(&f, false)), 0);
	pass(&f, 12);
	r = json_array_get(reminders(&f, false), 0);
	assert_int_equal(fix_int(r, "step"), 2);
	assert_int_equal(json_array_size(reminders(&f, true)), 2);
	finish(&f);
}

/* A letter is about all that is missing; one that is not up to date is not sent. */
static void
replaced(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, by_person);
	const struct fix_node *n = &f.n[AUTHORITY];
	operator_add(&f, "isp-one");
	ordered(&f, "R-1", "[\"bad.example\"]");
	pass(&f, LOOK_S + 2);
	const char *first = fix_text(json_array_get(reminders(&f, false), 0), "reminder");
	ordered(&f, "R-2", "[\"worse.example\"]");
	pass(&f, LOOK_S + 2);
	const json_t *r = json_array_get(reminders(&f, false), 0);
	assert_int_equal(json_array_size(reminders(&f, false)), 1);
	assert_int_equal(json_array_size(json_object_get(r, "orders")), 2);
	fix_refused(&f, AUTHORITY, n->officer, "POST",
		    arena_printf(f.a, "/v1/reminders/%s/send", first),
		    json_pack("{s:s}", "channel", "email"), RC_CONFLICT,
		    "another reminder");
	call(&f, n->officer, "POST",
	     arena_printf(f.a, "/v1/reminders/%s/send", fix_text(r, "reminder")),
	     json_pack("{s:s, s:s, s:s}", "channel", "telephone", "reach", "+62 21 1",
		       "text", "Called, and read it out."));
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "dns.reminded"), 1);
	json_t *t =
		call(&f, n->auditor, "GET", operator_path(&f, "isp-one", "/talk"), NULL);
	const json_t *said = json_array_get(json_object_get(t, "said"), 0);
	assert_string_equal(fix_text(said, "text"), "Called, and read it out.");
	assert_int_equal(json_array_size(json_object_get(said, "orders")), 2);
	/* The next letter takes over what the node's own template says. */
	call(&f, n->officer, "POST", "/v1/templates",
	     json_pack("{s:s, s:s, s:s}", "name", "operator-en", "kind", "reminder",
		       "text", "To {operator}\n\nOwn words, {step}.\n{orders}\n"));
	pass(&f, AGAIN_S + 2);
	r = json_array_get(reminders(&f, false), 0);
	assert_string_equal(fix_text(r, "subject"), "To isp-one");
	assert_memory_equal(fix_text(r, "text"), "Own words, 2.\n", 14);
	finish(&f);
}

static void
sent_by_the_node(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, by_the_node);
	operator_add(&f, "isp-one");
	const char *order = ordered(&f, "R-1", "[\"bad.example\"]");
	pass(&f, LOOK_S + 2);
	assert_int_equal(json_array_size(reminders(&f, false)), 0);
	assert_int_equal(alarms(&f, "operator_reminder"), 0);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "dns.reminded"), 1);
	const json_t *told =
		json_object_get(row_of(&f, order, "isp-one", NULL), "reminded");
	assert_string_equal(fix_text(told, "by"), "node");
	assert_string_equal(fix_text(told, "channel"), "node");
	finish(&f);
}

/* ---- the lift: closed by measurement, or with a reason --------------------------------
 */

static void
closed(void **state)
{
	struct fix f;
	json_t *m;

	(void)state;
	fix_open_policy(&f, by_person);
	const struct fix_node *n = &f.n[AUTHORITY];
	operator_add(&f, "isp-one");
	operator_add(&f, "isp-two");
	const char *order = ordered(&f, "R-1", "[\"bad.example\"]");
	fix_pulled(n->nd, "isp-one", "hot." MAIN, serial_now(&f), "ixfr");
	fix_pulled(n->nd, "isp-two", "hot." MAIN, serial_now(&f), "ixfr");
	measure(&f, order, "isp-one", "bad.example", "blocked", "nxdomain");
	pass(&f, LOOK_S);
	assert_int_equal(json_array_size(reminders(&f, false)), 0);
	lift(&f, order);
	fix_pulled(n->nd, "isp-one", "hot." MAIN, serial_now(&f), "ixfr");
	fix_pulled(n->nd, "isp-two", "hot." MAIN, serial_now(&f), "ixfr");
	/* Fetched is not in effect: one was measured, the other said nothing. */
	measure(&f, order, "isp-one", "bad.example", "free", "nxdomain");
	assert_string_equal(lacks(row_of(&f, order, "isp-one", NULL)), "measured");
	assert_string_equal(lacks(row_of(&f, order, "isp-two", &m)), "applied");
	assert_string_equal(fix_text(m, "slowest"), "isp-one");
	pass(&f, LOOK_S + 2);
	assert_int_equal(json_array_size(reminders(&f, false)), 2);

	/* A claim ends the reminders, not the wait. */
	call(&f, n->officer, "POST", operator_path(&f, "isp-two", "/confirm"),
	     json_pack("{s:s}", "order", order));
	measure(&f, order, "isp-one", "bad.example", "free", "lifted");
	pass(&f, LOOK_S + 2);
	assert_int_equal(json_array_size(reminders(&f, false)), 0);
	const json_t *row = row_of(&f, order, "isp-two", &m);
	assert_true(json_is_true(json_object_get(row, "waits")));
	assert_string_equal(lacks(row), "");
	assert_true(json_is_null(json_object_get(m, "closed")));
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "dns.normalised"), 0);

	call(&f, n->officer, "POST", arena_printf(f.a, "/v1/orders/%s/waive", order),
	     json_pack("{s:s, s:s}", "operator", "isp-two", "reason", "It closed."));
	pass(&f, LOOK_S + 2);
	row_of(&f, order, "isp-two", &m);
	const json_t *over = json_object_get(m, "closed");
	assert_int_equal(fix_int(over, "measured"), 1);
	assert_int_equal(fix_int(over, "waived"), 1);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "dns.normalised"), 1);
	/* Once, also after a restart that looks at everything again. */
	fix_reopen(&f, AUTHORITY);
	pass(&f, LOOK_S + 2);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "dns.normalised"), 1);
	finish(&f);
}

/* One operator's own list: what is waited for first, also after its lift, then the
 * newest, a page at a time, and nothing of a zone that it does not take. */
static void
listed(void **state)
{
	struct fix f;
	const char *ids[3];

	(void)state;
	fix_open_policy(&f, by_person);
	const struct fix_node *n = &f.n[AUTHORITY];
	operator_add(&f, "isp-one");
	for (size_t i = 0; i < 3; i++)
		ids[i] = ordered(&f, arena_printf(f.a, "R-%zu", i),
				 arena_printf(f.a, "[\"bad%zu.example\"]", i));
	fix_query(&f, AUTHORITY, "DELETE FROM order_wait RETURNING 1");
	json_t *r = call(&f, n->auditor, "GET", operator_path(&f, "isp-one", "/orders"),
			 json_pack("{s:i}", "limit", 2));
	json_t *orders = json_object_get(r, "orders");
	assert_int_equal(json_array_size(orders), 2);
	assert_string_equal(fix_text(json_array_get(orders, 0), "order"), ids[2]);
	const json_t *at = json_object_get(json_array_get(orders, 1), "at");
	assert_string_equal(fix_text(at, "operator"), "isp-one");
	assert_string_equal(fix_text(at, "expected"), "blocked");
	r = call(&f, n->auditor, "GET", operator_path(&f, "isp-one", "/orders"),
		 json_pack("{s:i, s:s}", "limit", 2, "after", fix_text(r, "next")));
	orders = json_object_get(r, "orders");
	assert_int_equal(json_array_size(orders), 1);
	assert_string_equal(fix_text(json_array_get(orders, 0), "order"), ids[0]);
	assert_true(json_is_null(json_object_get(r, "next")));
	/* The oldest is lifted, and waited for. */
	lift(&f, ids[0]);
	pass(&f, LOOK_S);
	r = call(&f, n->auditor, "GET", operator_path(&f, "isp-one", "/orders"),
		 json_pack("{s:i}", "limit", 1));
	orders = json_object_get(r, "orders");
	assert_string_equal(fix_text(json_array_get(orders, 0), "order"), ids[0]);
	assert_string_equal(fix_text(json_array_get(orders, 0), "state"), "lifted");
	/* A zone that is newer than all of them changed by none. */
	call(&f, n->admin, "POST", "/v1/zones",
	     json_pack("{s:s, s:s}", "name", "empty", "origin", "empty.example"));
	call(&f, n->admin, "POST", "/v1/operators",
	     json_pack("{s:s, s:s, s:s}", "name", "isp-two", "address", "192.0.2.54",
		       "zone", "empty"));
	r = call(&f, n->auditor, "GET", operator_path(&f, "isp-two", "/orders"), NULL);
	assert_int_equal(json_array_size(json_object_get(r, "orders")), 0);
	fix_refused(&f, AUTHORITY, n->auditor, "GET",
		    operator_path(&f, "nobody", "/orders"), NULL, RC_NOT_FOUND, "");
	finish(&f);
}

/* Who is removed while a lift is missing is given up with a reason, on record. */
static void
removed(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, by_person);
	const struct fix_node *n = &f.n[AUTHORITY];
	operator_add(&f, "isp-one");
	const char *order = ordered(&f, "R-1", "[\"bad.example\"]");
	fix_pulled(n->nd, "isp-one", "hot." MAIN, serial_now(&f), "ixfr");
	lift(&f, order);
	pass(&f, LOOK_S + 2);
	const char *path = operator_path(&f, "isp-one", "/remove");
	fix_refused(&f, AUTHORITY, n->admin, "POST", path, NULL, RC_CONFLICT,
		    "1 lifts yet");
	call(&f, n->admin, "POST", path,
	     json_pack("{s:s}", "reason", "Out of business."));
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "dns.waived"), 1);
	pass(&f, LOOK_S + 2);
	assert_int_equal(json_array_size(reminders(&f, false)), 0);
	assert_int_equal(alarms(&f, "operator_reminder"), 0);
	finish(&f);
}

/* ---- who speaks for whom --------------------------------------------------------------
 */

static void
spoken_for(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, by_person);
	const struct fix_node *n = &f.n[AUTHORITY];
	operator_add(&f, "isp-one");
	operator_add(&f, "isp-two");
	const char *order = ordered(&f, "R-1", "[\"bad.example\"]");
	json_t *r = call(&f, n->admin, "POST", "/v1/persons",
			 json_pack("{s:s, s:s}", "name", "noc", "role", "operator"));
	const char *noc = fix_text(r, "credential");
	json_t *claim = json_pack("{s:s}", "order", order);
	const char *confirm = operator_path(&f, "isp-one", "/confirm");
	fix_refused(&f, AUTHORITY, noc, "POST", confirm, json_incref(claim), RC_DENIED,
		    "no operator yet");
	json_t *contact = json_pack("{s:s, s:s, s:s}", "name", "NOC", "reach",
				    "noc@one.example", "person", "noc");
	fix_refused(&f, AUTHORITY, n->admin, "POST",
		    operator_path(&f, "isp-one", "/contact"),
		    json_pack("{s:s, s:s, s:s}", "name", "NOC", "reach", "x", "person",
			      "nobody"),
		    RC_CONFLICT, "role operator");
	call(&f, n->admin, "POST", operator_path(&f, "isp-one", "/contact"),
	     json_incref(contact));
	fix_refused(&f, AUTHORITY, n->admin, "POST",
		    operator_path(&f, "isp-two", "/contact"), contact, RC_CONFLICT,
		    "speaks for isp-one");
	call(&f, noc, "POST", confirm, json_incref(claim));
	call(&f, noc, "POST", operator_path(&f, "isp-one", "/answer"),
	     json_pack("{s:s, s:s}", "text", "The disk was full.", "order", order));
	fix_refused(&f, AUTHORITY, noc, "POST", operator_path(&f, "isp-two", "/confirm"),
		    claim, RC_DENIED, "isp-one only");
	fix_refused(&f, AUTHORITY, noc, "POST", operator_path(&f, "isp-two", "/answer"),
		    json_pack("{s:s}", "text", "x"), RC_DENIED, "isp-one only");
	static const char *const not_theirs[] = {
		"/v1/cases",	  "/v1/orders", "/v1/events", "/v1/search",
		"/v1/objections", "/v1/peers",	"/v1/alarms"};
	for (size_t i = 0; i < sizeof(not_theirs) / sizeof(not_theirs[0]); i++)
		fix_refused(&f, AUTHORITY, noc, "GET", not_theirs[i], NULL, RC_DENIED,
			    "operator");
	call(&f, noc, "GET", "/v1/me", NULL);
	call(&f, noc, "GET", "/v1/operators", NULL);
	fix_refused(&f, AUTHORITY, noc, "GET", operator_path(&f, "isp-two", "/talk"),
		    NULL, RC_DENIED, "isp-one only");
	json_t *t = call(&f, noc, "GET", operator_path(&f, "isp-one", "/talk"), NULL);
	assert_string_equal(
		fix_text(json_array_get(json_object_get(t, "said"), 0), "text"),
		"The disk was full.");
	assert_string_equal(
		fix_text(json_array_get(json_object_get(t, "said"), 1), "kind"),
		"applied");
	finish(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prepared_and_sent),
		cmocka_unit_test(replaced),
		cmocka_unit_test(sent_by_the_node),
		cmocka_unit_test(closed),
		cmocka_unit_test(listed),
		cmocka_unit_test(removed),
		cmocka_unit_test(spoken_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
