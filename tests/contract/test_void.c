/*
 * Tier 2 of protocol 2: what is well chained and signed is receipted, and void when it
 * does not fit.  It changes no view but the one that says why; no peer can wedge its log,
 * nor another's case, and a rebuild gives the same.
 */
#include "foe.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NODE PARTY_PLATFORM

#define CASE_1 "01980000-0000-7000-8000-000000000001"
#define CASE_2 "01980000-0000-7000-8000-000000000002"
#define CASE_3 "01980000-0000-7000-8000-000000000003"
#define ORDER1 "01980000-0000-7000-8000-0000000000a1"
#define ORDER2 "01980000-0000-7000-8000-0000000000a2"
#define ORDER3 "01980000-0000-7000-8000-0000000000a3"
#define ZEROS  "0000000000000000000000000000000000000000000000000000000000000000"
/* SHA-256 of "x" */
#define HASH_X "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
#define SIG_0                                                                            \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"                            \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="

#define ORDER_BODY(id, names, text)                                                      \
	"{\"order\":\"" id "\",\"names\":" names                                         \
	",\"cites\":[],\"action\":\"nxdomain\",\"ends\":1900000000000000,\"review\":"    \
	"1900000000000000,\"emergency\":true,\"text\":\"" text                           \
	"\",\"approvals\":1,\"guards\":[]}"
#define NAME(n, w) "{\"name\":\"" n "\",\"wildcard\":" w "}"

struct row {
	const char *what, *why; /* in the reason; "": no matter */
	struct foe_event ev;
};

static const struct row rows[] = {
	{"an unknown type",
	 "unknown event type",
	 {.type = "case.burn", .casefile = CASE_1}},
	{"the platform's act",
	 "not for the authority",
	 {.type = "case.accept", .casefile = CASE_1}},
	{"the platform's decision",
	 "not for the authority",
	 {.type = "item.decide",
	  .casefile = CASE_1,
	  .body = "{\"outcome\":\"removed\",\"items\":[0]}"}},
	{"a case that is nowhere",
	 "no such case",
	 {.type = "message.post", .casefile = CASE_2, .texts = {{"text", "\"hello\""}}}},
	{"a measurement of an order that is nowhere",
	 "never took effect",
	 {.type = "dns.measured",
	  .body = "{\"vantage\":\"local\",\"results\":[{\"order\":\"" ORDER3
		  "\",\"owner\":\"t.me\",\"operator\":\"isp\",\"resolver\":"
		  "\"192.0.2.1#53\",\"transport\":\"udp\",\"expected\":\"free\","
		  "\"serial\":1,\"verdict\":\"lifted\",\"at\":1,\"digest\":\"" ZEROS
		  "\"}]}"}},
	{"a measurement of the future",
	 "after the event",
	 {.type = "dns.measured",
	  .body = "{\"vantage\":\"local\",\"results\":[{\"order\":\"" ORDER3
		  "\",\"owner\":\"t.me\",\"operator\":\"isp\",\"resolver\":"
		  "\"192.0.2.1#53\",\"transport\":\"udp\",\"expected\":\"free\","
		  "\"serial\":1,\"verdict\":\"lifted\",\"at\":9000000000000000,"
		  "\"digest\":\"" ZEROS "\"}]}"}},
	{"no case where there must be one",
	 "case is missing",
	 {.type = "message.post", .texts = {{"text", "\"hello\""}}}},
	{"an unknown member",
	 "",
	 {.type = "case.warn", .casefile = CASE_1, .body = "{\"level\":1,\"more\":1}"}},
	{"a level past the ladder",
	 "",
	 {.type = "case.warn", .casefile = CASE_1, .body = "{\"level\":4}"}},
	{"a reminder before any receipt",
	 "",
	 {.type = "case.remind", .casefile = CASE_1}},
	{"a close with a decision that nobody made",
	 "counts are not those",
	 {.type = "case.close",
	  .casefile = CASE_1,
	  .body = "{\"counts\":{\"submitted\":2,\"accepted\":2,\"refused\":0,"
		  "\"duplicate\":0,\"decided\":1,\"open\":1}}"}},
	{"a close with duplicates that were not listed",
	 "counts are not those",
	 {.type = "case.close",
	  .casefile = CASE_1,
	  .body = "{\"counts\":{\"submitted\":3,\"accepted\":2,\"refused\":0,"
		  "\"duplicate\":1,\"decided\":0,\"open\":2}}"}},
	{"a close whose counts do not add up",
	 "do not add up",
	 {.type = "case.close",
	  .casefile = CASE_1,
	  .body = "{\"counts\":{\"submitted\":3,\"accepted\":2,\"refused\":0,"
		  "\"duplicate\":0,\"decided\":0,\"open\":2}}"}},
	{"the same case once more",
	 "manifest already",
	 {.type = "notice.send",
	  .casefile = CASE_1,
	  .body = "{\"policy\":{\"name\":\"test\",\"version\":1,\"sha256\":\"" ZEROS
		  "\"},\"class\":\"normal\",\"urgent\":false,\"language\":\"id\","
		  "\"measure\":\"removal\",\"items\":2,\"parts\":2,\"digest\":\"" ZEROS
		  "\"}"}},
	{"a part after the manifest",
	 "no longer be added",
	 {.type = "notice.part",
	  .casefile = CASE_1,
	  .body = "{\"part\":2,\"items\":[{\"i\":2,\"kind\":\"url\",\"category\":"
		  "\"other\","
		  "\"nf\":\"" ZEROS "\"}]}",
	  .texts = {{"item", "{}"}}}},
	{"a part out of its order",
	 "is due",
	 {.type = "notice.part",
	  .casefile = CASE_2,
	  .body = "{\"part\":1,\"items\":[{\"i\":0,\"kind\":\"url\",\"category\":"
		  "\"other\","
		  "\"nf\":\"" ZEROS "\"}]}",
	  .texts = {{"item", "{}"}}}},
	{"a part without its disclosure",
	 "one disclosure for each",
	 {.type = "notice.part",
	  .casefile = CASE_2,
	  .body = "{\"part\":0,\"items\":[{\"i\":0,\"kind\":\"url\",\"category\":"
		  "\"other\","
		  "\"nf\":\"" ZEROS "\"}]}"}},
	{"items that do not begin at 0",
	 "follow each other",
	 {.type = "notice.part",
	  .casefile = CASE_2,
	  .body = "{\"part\":0,\"items\":[{\"i\":7,\"kind\":\"url\",\"category\":"
		  "\"other\","
		  "\"nf\":\"" ZEROS "\"}]}",
	  .texts = {{"item", "{}"}}}},
	{"a node's approval",
	 "only a person",
	 {.type = "order.approve",
	  .by = "node",
	  .body = "{\"order\":\"" ORDER1 "\",\"text\":\"" HASH_X "\"}"}},
	{"a node's override",
	 "only a person",
	 {.type = "order.override",
	  .by = "node",
	  .body = "{\"order\":\"" ORDER1 "\",\"text\":\"" HASH_X
		  "\",\"guards\":[\"delta\"]}",
	  .texts = {{"reason", "\"r\""}}}},
	{"a receipt by nobody",
	 "does not verify",
	 {.type = "receipt.adopt",
	  .body = "{\"log\":\"foe1.example/c/c1/e0\",\"size\":1,\"root\":\"" ZEROS
		  "\",\"time\":1700000000,\"sig\":\"" SIG_0 "\"}"}},
	{"a receipt of another log",
	 "own log only",
	 {.type = "receipt.adopt",
	  .body = "{\"log\":\"platform.example/c/c1/e0\",\"size\":1,\"root\":\"" ZEROS
		  "\",\"time\":1700000000,\"sig\":\"" SIG_0 "\"}"}},
	{"a message of its own as read",
	 "other side",
	 {.type = "message.read",
	  .casefile = CASE_1,
	  .ref = &(const struct event_ref){.log = "foe1.example/c/c1/e0", .seq = 0}}},
	{"a message of a third party as read",
	 "other side",
	 {.type = "message.read",
	  .casefile = CASE_1,
	  .ref = &(const struct event_ref){.log = "foe2.example/c/c2/e0", .seq = 0}}},
	{"an order of which it shows another text",
	 "not the one whose hash",
	 {.type = "order.draft",
	  .body = ORDER_BODY(ORDER3, "[" NAME("a.example", "false") "]", ZEROS),
	  .texts = {FOE_DRAFT_TEXTS}}},
	{"a wildcard said twice",
	 "names[1]",
	 {.type = "order.draft",
	  .body = ORDER_BODY(
		  ORDER3,
		  "[" NAME("a.example", "true") "," NAME("*.a.example", "false") "]",
		  HASH_X),
	  .texts = {FOE_DRAFT_TEXTS}}},
	{"a name in capitals",
	 "names[0]",
	 {.type = "order.draft",
	  .body = ORDER_BODY(ORDER3, "[" NAME("A.example", "true") "]", HASH_X),
	  .texts = {FOE_DRAFT_TEXTS}}},
	{"an order that is there already",
	 "of that id already",
	 {.type = "order.draft",
	  .body = ORDER_BODY(ORDER1, "[" NAME("b.example", "true") "]", HASH_X),
	  .texts = {FOE_DRAFT_TEXTS}}},
	{"the drafter's approval",
	 "has a hand",
	 {.type = "order.approve",
	  .body = "{\"order\":\"" ORDER1 "\",\"text\":\"" HASH_X "\"}"}},
	{"an approval of another text",
	 "another text",
	 {.type = "order.approve",
	  .by = "p-other",
	  .body = "{\"order\":\"" ORDER1 "\",\"text\":\"" ZEROS "\"}"}},
	{"an approval of nothing",
	 "no such order",
	 {.type = "order.approve",
	  .by = "p-other",
	  .body = "{\"order\":\"" ORDER2 "\",\"text\":\"" ZEROS "\"}"}},
	{"a lift of a draft",
	 "takes no lift",
	 {.type = "order.lift",
	  .body = "{\"order\":\"" ORDER1 "\"}",
	  .texts = {{"reason", "\"r\""}}}},
	{"an end of a draft",
	 "takes no expire",
	 {.type = "order.expire", .body = "{\"order\":\"" ORDER1 "\"}"}},
	{"the drafter's return",
	 "somebody else than who drafted",
	 {.type = "order.return",
	  .body = "{\"order\":\"" ORDER1 "\",\"text\":\"" HASH_X "\"}",
	  .texts = {{"reason", "\"r\""}}}},
	{"a return of another text",
	 "another text",
	 {.type = "order.return",
	  .by = "p-other",
	  .body = "{\"order\":\"" ORDER1 "\",\"text\":\"" ZEROS "\"}",
	  .texts = {{"reason", "\"r\""}}}},
	{"another's withdrawal",
	 "only who drafted",
	 {.type = "order.withdraw",
	  .by = "p-other",
	  .body = "{\"order\":\"" ORDER1 "\"}"}},
	{"the owner of a name that it does not have",
	 "does not name z.example",
	 {.type = "order.owner",
	  .body = "{\"order\":\"" ORDER1 "\",\"names\":[\"b.example\",\"z.example\"],"
		  "\"told\":true,\"channel\":\"email\"}",
	  .texts = {{"reason", "\"r\""}}}},
	{"a plan of a draft",
	 "takes no plan",
	 {.type = "order.plan",
	  .body = "{\"order\":\"" ORDER1 "\",\"stages\":[{\"at\":1,\"names\":["
		  "\"b.example\"]}]}",
	  .texts = {{"reason", "\"r\""}}}},
	{"a review of a draft",
	 "takes no review",
	 {.type = "order.review",
	  .by = "p-other",
	  .body = "{\"order\":\"" ORDER1 "\",\"of\":\"order\",\"outcome\":\"kept\"}",
	  .texts = {{"reason", "\"r\""}}}},
	{"a review with an outcome of a lift",
	 "kept or lifted, not right",
	 {.type = "order.review",
	  .by = "p-other",
	  .body = "{\"order\":\"" ORDER1 "\",\"of\":\"order\",\"outcome\":\"right\"}",
	  .texts = {{"reason", "\"r\""}}}},
	{"a plan that names one twice",
	 "is there twice",
	 {.type = "order.plan",
	  .body = "{\"order\":\"" ORDER1 "\",\"stages\":[{\"at\":1,\"names\":["
		  "\"b.example\"]},{\"at\":2,\"names\":[\"b.example\"]}]}",
	  .texts = {{"reason", "\"r\""}}}},
	{"a plan that goes back in time",
	 "not after the one before",
	 {.type = "order.plan",
	  .body = "{\"order\":\"" ORDER1 "\",\"stages\":[{\"at\":2,\"names\":["
		  "\"b.example\"]},{\"at\":2,\"names\":[\"c.example\"]}]}",
	  .texts = {{"reason", "\"r\""}}}},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* Everything but what is said of the events themselves. */
static const char *
views(struct fix *f)
{
	static const char *const tables[] = {
		"v_item",      "v_message",    "v_order", "v_order_name",
		"v_order_act", "v_order_cite", "v_zone",  "v_zone_change"};
	const char *text = fix_query_text(f, NODE,
					  "SELECT group_concat(casefile || state || "
					  "items || parts || receipt_us || "
					  "rungs || due_us || decided) FROM v_case");

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		text = arena_printf(
			f->a, "%s %s:%" PRId64, text, tables[i],
			fix_query(f, NODE,
				  arena_printf(f->a, "SELECT count(*) FROM %s",
					       tables[i])));
	return text;
}

/* Whoever asks for all events sees why this one has no effect, and that others have. */
static void
shown(struct fix *f, uint64_t seq, const char *why)
{
	const json_t *r = fix_must(f, NODE, f->n[NODE].admin, "GET", "/v1/events",
				   json_pack("{s:i}", "limit", 1000));
	const json_t *row;
	bool found = false;
	size_t i;

	json_array_foreach (json_object_get(r, "events"), i, row) {
		bool is_it = fix_int(row, "seq") == (int64_t)seq &&
			     strcmp(fix_text(row, "party"), "authority") == 0;
		assert_int_equal(json_is_true(json_object_get(row, "void")),
				 json_is_string(json_object_get(row, "why")));
		if (is_it)
			assert_string_equal(fix_text(row, "why"), why);
		found |= is_it;
	}
	assert_true(found);
}

static void
rebuild(struct fix *f)
{
	json_t *r = fix_must(f, NODE, f->n[NODE].admin, "POST", "/v1/rebuild", NULL);

	assert_true(json_is_true(json_object_get(r, "equal")));
}

static void
good_draft(struct foe *x)
{
	foe_append(x, &(struct foe_event){
			      .type = "order.draft",
			      .body = ORDER_BODY(ORDER1,
						 "[" NAME("b.example", "true") "," NAME(
							 "b.example", "true") "]",
						 HASH_X),
			      .texts = {FOE_DRAFT_TEXTS}});
}

static void
void_events(void **state)
{
	struct fix f;
	struct foe x, other;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_open(&other, &f, 2);
	foe_notice(&x, CASE_1, 2);
	good_draft(&x);
	fix_ok(foe_send(&x, &e), &e, "good input");
	const char *before = views(&f);
	for (size_t i = 0; i < ROWS; i++) {
		uint64_t seq = foe_append(&x, &rows[i].ev);
		enum rc rc = foe_send(&x, &e);
		if (rc != RC_OK)
			fail_msg("%s wedges its log: %s: %s", rows[i].what, rc_token(rc),
				 e.text);
		const char *why = fix_query_text(
			&f, NODE,
			arena_printf(f.a,
				     "SELECT void FROM v_event WHERE channel = %" PRId64
				     " AND party = 0 AND seq = %" PRIu64,
				     x.peer, seq));
		if (why == NULL || strstr(why, rows[i].why) == NULL)
			fail_msg("%s: void is \"%s\", not \"%s\"", rows[i].what,
				 why == NULL ? "(it has effect)" : why, rows[i].why);
		shown(&f, seq, why);
		assert_string_equal(views(&f), before);
	}
	rebuild(&f);
	assert_string_equal(views(&f), before);
	foe_notice(&x, CASE_3, 2);
	fix_ok(foe_send(&x, &e), &e, "good input after");
	assert_int_equal(
		fix_query(&f, NODE, "SELECT count(*) FROM v_case WHERE manifest <> 0"),
		2);
	foe_close(&x);
	foe_close(&other);
	fix_close(&f);
}

/* Another authority names the first one's case, order and messages. */
static void
others_case(void **state)
{
	struct fix f;
	struct foe x, other;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_open(&other, &f, 2);
	foe_notice(&x, CASE_1, 2);
	good_draft(&x);
	fix_ok(foe_send(&x, &e), &e, "good input");
	const char *before = views(&f);
	static const struct foe_event evs[] = {
		{.type = "case.close", .casefile = CASE_1},
		{.type = "message.post",
		 .casefile = CASE_1,
		 .texts = {{"text", "\"t\""}}},
		{.type = "case.remind", .casefile = CASE_1},
		{.type = "order.approve",
		 .by = "p-other",
		 .body = "{\"order\":\"" ORDER1 "\",\"text\":\"" HASH_X "\"}"},
		{.type = "order.draft",
		 .body = ORDER_BODY(ORDER1, "[" NAME("c.example", "true") "]", HASH_X),
		 .texts = {FOE_DRAFT_TEXTS}},
	};
	for (size_t i = 0; i < sizeof(evs) / sizeof(evs[0]); i++)
		foe_append(&other, &evs[i]);
	foe_notice(&other, CASE_1, 2);
	fix_ok(foe_send(&other, &e), &e, "the other's events");
	assert_string_equal(views(&f), before);
	json_t *shown =
		fix_must(&f, NODE, f.n[NODE].admin, "GET", "/v1/cases/" CASE_1, NULL);
	const json_t *timeline = json_object_get(shown, "timeline"), *ev;
	size_t i;
	json_array_foreach (timeline, i, ev)
		assert_string_equal(fix_text(ev, "type"), "notice.send");
	assert_int_equal(json_array_size(timeline), 1);
	rebuild(&f);
	foe_close(&x);
	foe_close(&other);
	fix_close(&f);
}

/* Disclosures of every shape where an object or a text is due. */
static void
odd_disclosures(void **state)
{
	static const char *const values[] = {
		"null",
		"true",
		"1",
		"\"\"",
		"[]",
		"{}",
		"{\"normal\":1,\"given\":[]}",
		"[[[[]]]]",
	};
	enum { VALUES = sizeof(values) / sizeof(values[0]) };
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_notice(&x, CASE_1, 1);
	for (size_t i = 0; i < VALUES; i++) {
		foe_append(&x, &(struct foe_event){
				       .type = "message.post",
				       .casefile = CASE_1,
				       .texts = {{"text", values[i]}, {"other", "1"}}});
		foe_append(&x, &(struct foe_event){
				       .type = "order.draft",
				       .body = ORDER_BODY(
					       ORDER1, "[" NAME("b.example", "true") "]",
					       HASH_X),
				       .texts = {{"text", values[i]},
						 {"text", "\"x\""},
						 {"reasons", values[i]},
						 {"finding", values[i]},
						 {"emergency_reason", values[i]},
						 {"contact_called", values[i]}}});
		foe_append(
			&x,
			&(struct foe_event){
				.type = "notice.part",
				.casefile = CASE_2,
				.body = arena_printf(
					f.a,
					"{\"part\":%zu,\"items\":[{\"i\":%zu,\"kind\":"
					"\"url\",\"category\":\"other\",\"nf\":\"" ZEROS
					"\"}]}",
					i, i),
				.texts = {{"item", values[i]}}});
	}
	fix_ok(foe_send(&x, &e), &e, "odd disclosures");
	rebuild(&f);
	fix_must(&f, NODE, f.n[NODE].admin, "GET", "/v1/cases/" CASE_1, NULL);
	fix_must(&f, NODE, f.n[NODE].admin, "GET", "/v1/cases/" CASE_2 "/items", NULL);
	fix_must(&f, NODE, f.n[NODE].admin, "GET", "/v1/orders", NULL);
	foe_close(&x);
	fix_close(&f);
}

static const json_t *
incomplete(struct fix *f, const char *casefile)
{
	return json_object_get(fix_must(f, NODE, f->n[NODE].admin, "GET",
					arena_printf(f->a, "/v1/cases/%s", casefile),
					NULL),
			       "incomplete");
}

/* Parts without a manifest are seen, count for nothing, and lapse a day after the last:
 * what comes until then completes them, what comes later does not. */
static void
a_notice_lapses(void **state)
{
	static const int64_t day_us = 86400 * FIX_S;
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_parts(&x, CASE_1, 2);
	fix_ok(foe_send(&x, &e), &e, "parts");
	json_t *list = fix_must(&f, NODE, f.n[NODE].admin, "GET", "/v1/cases",
				json_pack("{s:s}", "state", "none"));
	const json_t *c = json_array_get(json_object_get(list, "cases"), 0);
	const json_t *n = json_object_get(c, "incomplete");
	assert_int_equal(fix_int(n, "parts"), 2);
	assert_int_equal(fix_int(n, "items"), 2);
	assert_true(json_is_false(json_object_get(n, "lapsed")));
	assert_non_null(strstr(fix_text(n, "what_to_do"), "again"));
	assert_int_equal(fix_int(json_object_get(c, "counts"), "submitted"), 0);
	json_t *counts = fix_must(&f, NODE, f.n[NODE].admin, "GET", "/v1/counts", NULL);
	assert_int_equal(fix_int(counts, "incomplete"), 1);
	assert_int_equal(fix_int(counts, "items"), 0);
	assert_int_equal(fix_int(json_object_get(counts, "counts"), "submitted"), 0);
	/* In the last moment it is whole, and is then a notice as any other. */
	x.now_us += day_us - FIX_S;
	fix_clock_add(day_us - FIX_S);
	foe_manifest(&x, CASE_1, 2);
	foe_parts(&x, CASE_2, 1);
	fix_ok(foe_send(&x, &e), &e, "manifest");
	assert_true(json_is_null(incomplete(&f, CASE_1)));
	assert_true(json_is_false(json_object_get(incomplete(&f, CASE_2), "lapsed")));
	/* Later it is not. */
	x.now_us += day_us + FIX_S;
	fix_clock_add(day_us + FIX_S);
	assert_true(json_is_true(json_object_get(incomplete(&f, CASE_2), "lapsed")));
	foe_manifest(&x, CASE_2, 1);
	fix_ok(foe_send(&x, &e), &e, "late manifest");
	assert_true(json_is_true(json_object_get(incomplete(&f, CASE_2), "lapsed")));
	assert_non_null(strstr(fix_query_text(&f, NODE,
					      "SELECT void FROM v_event WHERE type = "
					      "'notice.send' AND void IS NOT NULL"),
			       "lapsed"));
	counts = fix_must(&f, NODE, f.n[NODE].admin, "GET", "/v1/counts", NULL);
	assert_int_equal(fix_int(counts, "incomplete"), 1);
	assert_int_equal(fix_int(counts, "items"), 2);
	assert_int_equal(fix_int(json_object_get(counts, "counts"), "submitted"), 2);
	rebuild(&f);
	foe_close(&x);
	fix_close(&f);
}

/* Who dates a late manifest early has it count, and gains nothing: the platform's time
 * runs from its own receipt, and until then the node promised nothing else. */
static void
dated_in_time(void **state)
{
	static const int64_t day_us = 86400 * FIX_S;
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_parts(&x, CASE_1, 1);
	fix_ok(foe_send(&x, &e), &e, "parts");
	fix_clock_add(3 * day_us);
	const json_t *n = incomplete(&f, CASE_1);
	assert_true(json_is_true(json_object_get(n, "lapsed")));
	assert_non_null(strstr(fix_text(n, "what_to_do"), "counts from its receipt"));
	x.now_us += FIX_S; /* by its own clock no time has passed */
	foe_manifest(&x, CASE_1, 1);
	fix_ok(foe_send(&x, &e), &e, "manifest");
	assert_true(json_is_null(incomplete(&f, CASE_1)));
	json_t *c = fix_must(&f, NODE, f.n[NODE].admin, "GET",
			     arena_printf(f.a, "/v1/cases/%s", CASE_1), NULL);
	assert_string_equal(fix_text(c, "state"), "sent");
	assert_true(json_is_null(json_object_get(c, "due")));
	foe_close(&x);
	fix_close(&f);
}

/* The node's own receipt starts the clock, once; with another time it does not. */
static void
adoption(void **state)
{
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;
	char hex[HASH_HEX_LEN + 1];

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_notice(&x, CASE_1, 2);
	fix_ok(foe_send(&x, &e), &e, "notice");
	uint64_t size = x.n;
	struct hash root = foe_root(&x, size);
	int64_t time_s = fix_query(&f, NODE, "SELECT time_s FROM log_receipt");
#define ADOPT(size_, time_)                                                              \
	(&(struct foe_event){                                                            \
		.type = "receipt.adopt",                                                 \
		.body = arena_printf(                                                    \
			f.a,                                                             \
			"{\"log\":\"%s\",\"size\":%" PRIu64                              \
			",\"root\":\"%s\",\"time\":%" PRId64 ",\"sig\":\"%s\"}",         \
			x.origin, (size_), hash_hex(&root, hex), (time_), x.last_sig)})
	const char *sig = arena_strdup(f.a, x.last_sig);
	foe_append(&x, ADOPT(size, time_s - 1000));
	foe_append(&x, ADOPT(size + 1, time_s));
	fix_ok(foe_send(&x, &e), &e, "wrong adoptions");
	assert_int_equal(fix_query(&f, NODE, "SELECT receipt_us FROM v_case"), 0);
	snprintf(x.last_sig, sizeof(x.last_sig), "%s", sig);
	foe_append(&x, ADOPT(size, time_s));
	fix_ok(foe_send(&x, &e), &e, "adoption");
	assert_int_equal(fix_query(&f, NODE, "SELECT receipt_us FROM v_case"),
			 time_s * CLOCK_US_PER_S);
	const char *before = views(&f);
	snprintf(x.last_sig, sizeof(x.last_sig), "%s", sig);
	foe_append(&x, ADOPT(size, time_s));
	fix_ok(foe_send(&x, &e), &e, "again");
	assert_string_equal(views(&f), before);
#undef ADOPT
	rebuild(&f);
	foe_close(&x);
	fix_close(&f);
}

/* Acks that know more than there is, and clocks that run backwards: the same fold live
 * and rebuilt, and no crash. */
static void
hostile_clocks(void **state)
{
	enum { EVENTS = 200 };
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;
	uint32_t r = 12345;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_notice(&x, CASE_1, 3);
	fix_ok(foe_send(&x, &e), &e, "notice");
	const char *agent = fix_text(
		fix_must(&f, NODE, f.n[NODE].admin, "POST", "/v1/persons",
			 json_pack("{s:s, s:s}", "name", "ivan", "role", "agent")),
		"credential");
	static const char *const types[] = {"case.remind", "case.warn", "case.close",
					    "case.reopen", "message.post"};
	static const char *const acts[] = {"accept", "say", "decide"};
	for (int i = 0; i < EVENTS; i++) {
		r = r * 1664525 + 1013904223;
		const char *type = types[(r >> 8) % 5];
		struct foe_event ev = {.type = type,
				       .casefile = CASE_1,
				       .iat_us = 1 + (int64_t)(r >> 4) * 100000,
				       .ack_size = (r >> 16) % 40};
		if (strcmp(type, "case.warn") == 0)
			ev.body = "{\"level\":1}";
		if (strcmp(type, "message.post") == 0)
			ev.texts[0] = (struct foe_text){"text", "\"t\""};
		foe_append(&x, &ev);
		if (r % 5 == 0)
			fix_ok(foe_send(&x, &e), &e, "send");
		if (r % 7 == 0) {
			const char *act = acts[(r >> 20) % 3];
			json_t *in = strcmp(act, "say") == 0
					     ? json_pack("{s:s}", "text", "t")
				     : strcmp(act, "decide") == 0
					     ? json_pack("{s:[i], s:s}", "items",
							 (int)(r >> 9) % 3, "outcome",
							 "removed")
					     : NULL;
			(void)fix_call(&f, NODE, agent, "POST",
				       arena_printf(f.a, "/v1/cases/" CASE_1 "/%s", act),
				       in, NULL, &e);
		}
	}
	fix_ok(foe_send(&x, &e), &e, "send");
	rebuild(&f);
	fix_must(&f, NODE, f.n[NODE].admin, "GET", "/v1/cases/" CASE_1, NULL);
	foe_close(&x);
	fix_close(&f);
}

int
main(void)
{
	foe_policy = foe_lax_policy;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(void_events),	   cmocka_unit_test(others_case),
		cmocka_unit_test(odd_disclosures), cmocka_unit_test(adoption),
		cmocka_unit_test(hostile_clocks),  cmocka_unit_test(a_notice_lapses),
		cmocka_unit_test(dated_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
