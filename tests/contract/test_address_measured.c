/*
 * Orders for addresses are measured too: by what, what that can say and what it cannot,
 * and that such an order is closed when, and only when, its rows are shown to be gone.
 */
#include "node_fixture.h"

#include <string.h>

#define AUTHORITY PARTY_AUTHORITY
#define MAIN	  "rpz.saluran"
#define NET	  "203.0.113.0/24"
#define HOST6	  "2001:db8::7"

enum { LOOK_S = 61 };

static const char policy[] =
	"{\"name\":\"test\",\"version\":1,\"title\":{\"en\":\"Test\",\"id\":\"Uji\"},"
	"\"source\":\"Invented.\",\"classes\":["
	"{\"code\":\"normal\",\"accept_s\":100,\"decide_s\":100}],"
	"\"categories\":[{\"code\":\"other\",\"name\":{\"en\":\"Other\","
	"\"id\":\"Lainnya\"},\"class\":\"normal\"}],"
	"\"ladder\":[{\"act\":\"remind\",\"after_s\":10},"
	"{\"act\":\"warn\",\"level\":1,\"after_s\":10}],"
	"\"order\":{\"approvals\":1,\"ladder_steps\":2,\"max_duration_s\":5000,"
	"\"max_names\":20,\"ttl_s\":10,\"addresses\":{\"categories\":[\"other\"],"
	"\"prefix4\":24,\"prefix6\":64}}}\n";

struct world {
	struct fix f;
	const char *casefile;
};

static json_t *
call(struct world *w, const char *who, const char *method, const char *path, json_t *in)
{
	return fix_must(&w->f, AUTHORITY, who, method, path, in);
}

static void
open_world(struct world *w)
{
	struct fix *f = &w->f;

	fix_open_policy(f, policy);
	w->casefile = fix_text(call(w, f->n[AUTHORITY].officer, "POST", "/v1/notices",
				    json_pack("{s:s, s:s, s:s, s:s}", "csv",
					      "target,category\n203.0.113.7,other\n",
					      "reference", "A-1", "subject", "Konten",
					      "legal_basis", "UU 19/2016 pasal 40")),
			       "case");
	fix_make_overdue(f, w->casefile);
	call(w, f->n[AUTHORITY].admin, "POST", "/v1/operators",
	     json_pack("{s:s, s:s, s:s}", "name", "isp-one", "address", "192.0.2.53",
		       "layout", "pair"));
	call(w, f->n[AUTHORITY].admin, "POST", "/v1/operators/isp-one/probe",
	     json_pack("{s:[s]}", "resolvers", "192.0.2.53"));
}

static void
close_world(struct world *w)
{
	fix_settle(&w->f);
	fix_rebuilt_equal(&w->f, AUTHORITY);
	fix_rebuilt_equal(&w->f, PARTY_PLATFORM);
	fix_close(&w->f);
}

static const char *
path(struct world *w, const char *order, const char *act)
{
	return arena_printf(w->f.a, "/v1/orders/%s/%s", order, act);
}

static const char *
block(struct world *w, const char *names)
{
	const struct fix_node *n = &w->f.n[AUTHORITY];
	char when[CLOCK_TEXT_LEN];
	json_t *in = fix_order(names, w->casefile);

	json_object_set_new(
		in, "ends",
		json_string(clock_format(clock_now_us() + 4000 * FIX_S, when)));
	json_t *d = call(w, n->officer, "POST", "/v1/orders", in);
	const char *order = fix_text(d, "order"), *text = fix_text(d, "text_sha256");
	call(w, n->approver3, "POST", path(w, order, "override"),
	     json_pack("{s:s, s:[s], s:s}", "text_sha256", text, "guards",
		       "address_shared", "reason",
		       "The host has one tenant, who was asked."));
	call(w, n->approver, "POST", path(w, order, "approve"),
	     json_pack("{s:s}", "text_sha256", text));
	return order;
}

static void
lift(struct world *w, const char *order, const char *name)
{
	json_t *in = json_pack("{s:s}", "reason", "They answered.");

	if (name != NULL)
		json_object_set_new(in, "names", json_pack("[s]", name));
	call(w, w->f.n[AUTHORITY].officer, "POST", path(w, order, "lift"), in);
}

/* What the work says of an owner, NULL: nothing. */
static const json_t *
asked(struct world *w, const char *order, const char *owner)
{
	json_t *r = call(w, w->f.n[AUTHORITY].officer, "GET", "/v1/probes/work",
			 order == NULL ? NULL : json_pack("{s:s}", "order", order));
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(r, "names"), i, v)
		if (strcmp(fix_text(v, "owner"), owner) == 0)
			return v;
	return NULL;
}

static void
measure(struct world *w, const char *order, const char *owner, const char *expected,
	const char *verdict)
{
	char when[CLOCK_TEXT_LEN];
	uint32_t serial;

	fix_clock_add(FIX_S);
	fix_zone(&w->f, AUTHORITY, NULL, &serial);
	json_t *one = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:[s], s:I, s:[]}", "owner",
		owner, "operator", "isp-one", "resolver", "192.0.2.53#53", "transport",
		"udp", "expected", expected, "serial", (json_int_t)serial, "verdict",
		verdict, "at", clock_format(clock_now_us(), when), "orders", order,
		"canary_serial", (json_int_t)serial, "asked");
	json_t *r = call(w, w->f.n[AUTHORITY].officer, "POST", "/v1/probes/results",
			 json_pack("{s:s, s:[o]}", "vantage", "jakarta", "results", one));
	assert_int_equal(fix_int(r, "skipped"), 0);
}

static const json_t *
matrix_row(struct world *w, const char *order)
{
	json_t *m =
		call(w, w->f.n[AUTHORITY].auditor, "GET", path(w, order, "matrix"), NULL);

	return json_array_get(json_object_get(m, "operators"), 0);
}

static void
pass(struct world *w, int64_t seconds)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	for (int64_t left = seconds; left > 0; left -= 2) {
		fix_clock_add(2 * FIX_S);
		fix_ok(service_tick(w->f.n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e,
		       "tick");
	}
}

static int64_t
closed(struct world *w)
{
	return fix_events(&w->f, AUTHORITY, AUTHORITY, "dns.normalised");
}

/* ---- tests ------------------------------------------------------------------------- */

static void
asked_by_serial(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	const char *order = block(&w, "[\"" NET "\", \"" HOST6 "\"]");
	static const char *const owners[] = {NET, HOST6};
	for (size_t i = 0; i < 2; i++)
		for (int one = 0; one < 2; one++) {
			const json_t *v = asked(&w, one ? order : NULL, owners[i]);
			assert_non_null(v);
			assert_string_equal(fix_text(v, "by"), "serial");
			assert_string_equal(fix_text(v, "expected"), "blocked");
			assert_true(fix_int(v, "serial") > 1);
		}
	int64_t before = fix_int(asked(&w, NULL, HOST6), "serial");
	lift(&w, order, NULL);
	for (int one = 0; one < 2; one++) {
		const json_t *v = asked(&w, one ? order : NULL, HOST6);
		assert_string_equal(fix_text(v, "expected"), "free");
		assert_true(fix_int(v, "serial") > before);
	}
	close_world(&w);
}

/* What a network around it goes on covering is not expected to be free. */
static void
within_what_stays(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	const char *net = block(&w, "[\"" NET "\"]");
	const char *host = block(&w, "[\"203.0.113.7\"]");
	lift(&w, host, NULL);
	assert_null(asked(&w, host, "203.0.113.7"));
	assert_null(asked(&w, NULL, "203.0.113.7"));
	assert_string_equal(fix_text(asked(&w, NULL, NET), "expected"), "blocked");
	lift(&w, net, NULL);
	assert_string_equal(fix_text(asked(&w, host, "203.0.113.7"), "expected"), "free");
	close_world(&w);
}

/* The block cannot be shown by the canary, the lift can; and only then it is closed. */
static void
closed_by_serial(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	const char *order = block(&w, "[\"" NET "\"]");
	measure(&w, order, NET, "blocked", "row_held");
	const json_t *m = json_object_get(matrix_row(&w, order), "measured");
	assert_string_equal(fix_text(m, "state"), "held");
	assert_int_equal(fix_int(m, "by_serial"), 1);
	lift(&w, order, NULL);
	fix_pulled(w.f.n[AUTHORITY].nd, "isp-one", "hot." MAIN, UINT32_MAX / 2, "ixfr");
	/* What held before the lift tells nothing of it. */
	assert_string_equal(
		fix_text(json_object_get(matrix_row(&w, order), "measured"), "state"),
		"unknown");
	measure(&w, order, NET, "free", "unknown");
	pass(&w, LOOK_S);
	assert_int_equal(closed(&w), 0);
	measure(&w, order, NET, "free", "row_gone");
	m = json_object_get(matrix_row(&w, order), "measured");
	assert_string_equal(fix_text(m, "state"), "free");
	assert_int_equal(fix_int(m, "free"), 1);
	assert_int_equal(fix_int(m, "by_serial"), 1);
	pass(&w, LOOK_S);
	assert_int_equal(closed(&w), 1);
	close_world(&w);
}

static json_t *
witness(const char *address, const char *name)
{
	return json_pack("{s:s, s:s*}", "address", address, "name", name);
}

/* A name that is answered by an address stands for its row, while no row is its own. */
static void
asked_by_name(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	struct fix *f = &w.f;
	const char *officer = f->n[AUTHORITY].officer, *auditor = f->n[AUTHORITY].auditor;
	const char *order = block(&w, "[\"" NET "\", \"" HOST6 "\"]");
	call(&w, officer, "POST", "/v1/witnesses", witness(NET, "Shop.Example."));
	call(&w, officer, "POST", "/v1/witnesses", witness(HOST6, "six.example"));
	for (int one = 0; one < 2; one++) {
		const json_t *v = asked(&w, one ? order : NULL, NET);
		assert_string_equal(fix_text(v, "by"), "name");
		assert_string_equal(fix_text(v, "ask"), "shop.example");
		assert_string_equal(fix_text(v, "type"), "A");
		assert_string_equal(
			fix_text(asked(&w, one ? order : NULL, HOST6), "type"), "AAAA");
	}
	/* Another takes its place; it is one row. */
	call(&w, officer, "POST", "/v1/witnesses", witness(NET, "other.example"));
	assert_string_equal(fix_text(asked(&w, order, NET), "ask"), "other.example");
	json_t *list = json_object_get(call(&w, auditor, "GET", "/v1/witnesses", NULL),
				       "witnesses");
	assert_int_equal(json_array_size(list), 2);
	/* A name that is blocked by its own row shows nothing of the address. */
	const char *own = block(&w, "[\"*.other.example\"]");
	assert_string_equal(fix_text(asked(&w, order, NET), "by"), "serial");
	lift(&w, own, NULL);
	assert_string_equal(fix_text(asked(&w, order, NET), "by"), "name");
	call(&w, officer, "POST", "/v1/witnesses/remove", witness(NET, NULL));
	assert_string_equal(fix_text(asked(&w, order, NET), "by"), "serial");
	fix_refused(f, AUTHORITY, officer, "POST", "/v1/witnesses/remove",
		    witness(NET, NULL), RC_NOT_FOUND, "no name");
	fix_refused(f, AUTHORITY, officer, "POST", "/v1/witnesses",
		    witness("shop.example", "shop.example"), RC_INVALID, "");
	fix_refused(f, AUTHORITY, officer, "POST", "/v1/witnesses",
		    witness(NET, "203.0.113.7"), RC_INVALID, "host's name");
	fix_refused(f, AUTHORITY, auditor, "POST", "/v1/witnesses",
		    witness(NET, "shop.example"), RC_DENIED, "");
	close_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asked_by_serial),
		cmocka_unit_test(within_what_stays),
		cmocka_unit_test(closed_by_serial),
		cmocka_unit_test(asked_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
