/*
 * Questions, inabilities, transfers, reversals and disputes between two nodes: the same
 * on both, the same after a rebuild, the same to whoever verifies the bundle.
 */
#include "node_fixture.h"

#include <inttypes.h>
#include <string.h>

#include "base/enc.h"
#include "core/bundle.h"
#include "service/node_int.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

/* Deadlines of 100 s, or 10 s; an answer may take 50 s. */
static const char pausing[] =
	"{\"name\":\"pausing\",\"version\":1,\"title\":{\"en\":\"T\",\"id\":\"T\"},"
	"\"source\":\"invented\",\"classes\":["
	"{\"code\":\"normal\",\"accept_s\":100,\"decide_s\":100},"
	"{\"code\":\"urgent\",\"accept_s\":10,\"decide_s\":10}],"
	"\"pause\":{\"clarify\":true,\"impossible\":true,\"max_s\":50},"
	"\"categories\":[{\"code\":\"other\",\"name\":{\"en\":\"O\",\"id\":\"L\"},"
	"\"class\":\"urgent\"}],"
	"\"ladder\":[{\"act\":\"remind\",\"after_s\":10},"
	"{\"act\":\"warn\",\"level\":1,\"after_s\":10}],"
	"\"order\":{\"approvals\":2,\"ladder_steps\":2,\"max_duration_s\":1000,"
	"\"max_names\":10,\"ttl_s\":10}}";

/* ---- events without a service ------------------------------------------------------ */

struct writing {
	const char *type, *casefile, *name, *text, *body;
	const struct event_ref *ref;
	uint64_t seq; /* out */
	int64_t channel;
};

static enum rc
work_write(struct writer *w, void *arg, struct err *e)
{
	struct writing *x = arg;
	struct view_disclosed sd = {x->name, json_string(x->text)};

	return append_event(
		w,
		&(struct append){
			.channel = x->channel,
			.type = x->type,
			.casefile = x->casefile,
			.by = "p-1",
			.body = x->body == NULL ? NULL : json_loads(x->body, 0, NULL),
			.disclosures = &sd,
			.n_disclosures = x->text == NULL ? 0 : 1,
			.refs = x->ref,
			.n_refs = x->ref == NULL ? 0 : 1,
		},
		&x->seq, e);
}

static enum rc
write_try(struct fix *f, enum party p, struct writing *x, struct err *e)
{
	x->channel = FIX_PEER;
	return writer_run(f->n[p].nd, work_write, x, e);
}

static uint64_t
write_must(struct fix *f, enum party p, struct writing x)
{
	struct err e = ERR_INIT;

	fix_ok(write_try(f, p, &x, &e), &e, x.type);
	return x.seq;
}

static void
write_refused(struct fix *f, enum party p, struct writing x, const char *why)
{
	struct err e = ERR_INIT;

	assert_int_equal(write_try(f, p, &x, &e), RC_CONFLICT);
	if (strstr(e.text, why) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", x.type, e.text, why);
}

/* The event `seq` of the other's log, as a reference. */
static struct event_ref
ref_to(struct fix *f, enum party writer, uint64_t seq)
{
	struct event_ref r = {
		.log = fix_query_text(f, writer,
				      arena_printf(f->a,
						   "select origin from log_head where "
						   "party = %d",
						   writer)),
		.seq = seq};
	const char *hex = fix_query_text(
		f, writer,
		arena_printf(f->a,
			     "select lower(hex(leaf)) from log_event where party = %d "
			     "and seq = %" PRIu64,
			     writer, seq));

	assert_int_equal(hash_parse_hex(hex, strlen(hex), &r.leaf), RC_OK);
	return r;
}

/* ---- what both must agree on ------------------------------------------------------- */

static json_t *
explained(struct fix *f, enum party p, const char *c)
{
	return fix_must(f, p, f->n[p].auditor, "GET",
			arena_printf(f->a, "/v1/cases/%s/deadline", c), NULL);
}

static int64_t
decide_due(struct fix *f, enum party p, const char *c)
{
	const char *text = fix_text(json_object_get(explained(f, p, c), "decide"), "due");
	int64_t us;

	assert_int_equal(clock_parse(text, strlen(text), &us), RC_OK);
	return us;
}

static int64_t
receipt_us(struct fix *f, const char *c)
{
	return fix_query(f, AUTHORITY,
			 arena_printf(f->a,
				      "select receipt_us from v_case where casefile = "
				      "'%s'",
				      c));
}

static void
bundle_agrees(struct fix *f, const char *c, int64_t due_us)
{
	struct node *nd = f->n[AUTHORITY].nd;
	json_t *in = json_object();
	const struct service_route *r;
	const struct actor *who;
	struct bundle_report report;
	struct reply out;
	struct err e = ERR_INIT;

	fix_ok(actor_authenticate(nd, f->a, f->n[AUTHORITY].auditor, &who, &e), &e,
	       "who");
	fix_ok(service_route_find("GET", arena_printf(f->a, "/v1/cases/%s/bundle", c), in,
				  &r, &e),
	       &e, "route");
	fix_ok(service_run(nd, f->a, r, who, in, &out, &e), &e, "bundle");
	json_decref(in);
	fix_ok(bundle_verify(f->a, out.bytes, out.len, &(struct bundle_expect){0},
			     &report, &e),
	       &e, "verify");
	if (!report.ok)
		fail_msg("%s: %s", report.where, report.what);
	assert_int_equal(report.casework.decide_due_us, due_us);
	for (size_t i = 0; i < report.n_events; i++)
		if (report.events[i].void_why != NULL)
			fail_msg("%s is void: %s", report.events[i].ev->type,
				 report.events[i].void_why);
}

/* Deadline `after_s` after the receipt, on both nodes, rebuilt, and in a bundle. */
static void
all_agree(struct fix *f, const char *c, int64_t after_s)
{
	int64_t due_us = receipt_us(f, c) + after_s * FIX_S;

	assert_int_equal(decide_due(f, AUTHORITY, c), due_us);
	assert_int_equal(decide_due(f, PLATFORM, c), due_us);
	fix_same_case(f, c);
	fix_rebuilt_equal(f, AUTHORITY);
	fix_rebuilt_equal(f, PLATFORM);
	bundle_agrees(f, c, due_us);
}

/* ---- tests ------------------------------------------------------------------------- */

/* A number of the first entry of a list that the only case keeps as JSON. */
static int64_t
kept(struct fix *f, const char *column, size_t at)
{
	json_t *list = json_loads(
		fix_query_text(f, AUTHORITY,
			       arena_printf(f->a, "SELECT %s FROM v_case", column)),
		0, NULL);
	const json_t *v = json_array_get(json_array_get(list, 0), at);

	assert_true(json_is_integer(v));
	int64_t n = json_integer_value(v);
	json_decref(list);
	return n;
}

/* How much the clock stood still is between the two receipts, to the second. */
static int64_t
stood_still_s(struct fix *f)
{
	return (kept(f, "pauses", 7) - kept(f, "pauses", 3)) / FIX_S;
}

static void
a_question_pauses(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, pausing);
	const char *c = fix_send(&f, "D-1", "t.example", 3);
	fix_settle(&f);
	all_agree(&f, c, 100);
	fix_clock_add(20 * FIX_S);
	uint64_t seq = write_must(&f, PLATFORM,
				  (struct writing){"clarify.ask", c, "text", "which one?",
						   "{\"items\":[0,2]}", NULL, 0, 0});
	/* Nothing stands still before the question is received. */
	assert_int_equal(decide_due(&f, PLATFORM, c), receipt_us(&f, c) + 100 * FIX_S);
	int64_t before_us = clock_now_us();
	fix_settle(&f);
	all_agree(&f, c, 150);
	assert_string_not_equal(fix_text(explained(&f, PLATFORM, c), "now"), "");
	assert_true(
		json_is_string(json_object_get(explained(&f, AUTHORITY, c), "paused")));
	fix_clock_add(30 * FIX_S);
	struct event_ref ref = ref_to(&f, PLATFORM, seq);
	write_must(&f, AUTHORITY,
		   (struct writing){"clarify.answer", c, "text", "the first", NULL, &ref,
				    0, 0});
	fix_settle(&f);
	int64_t still = stood_still_s(&f);
	assert_true(still >= 29 && still <= (clock_now_us() - before_us) / FIX_S + 1);
	all_agree(&f, c, 100 + still);
	assert_true(json_is_null(json_object_get(explained(&f, AUTHORITY, c), "paused")));
	/* One answer to a question, and only to one. */
	write_refused(
		&f, AUTHORITY,
		(struct writing){"clarify.answer", c, "text", "again", NULL, &ref, 0, 0},
		"allows no clarify.answer");
	ref.seq = 0;
	write_refused(
		&f, AUTHORITY,
		(struct writing){"clarify.answer", c, "text", "what?", NULL, &ref, 0, 0},
		"allows no clarify.answer");
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "select count(*) from v_clarify where answer = "
				   "'the first' and items = '[0,2]'"),
			 1);
	fix_close(&f);
}

/* A question that comes when the deadline has passed undoes nothing. */
static void
overdue_stands(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, pausing);
	const char *c = fix_send(&f, "D-1", "t.example", 3);
	fix_settle(&f);
	fix_clock_add(101 * FIX_S);
	write_must(&f, PLATFORM,
		   (struct writing){"clarify.ask", c, "text", "?", NULL, NULL, 0, 0});
	fix_settle(&f);
	all_agree(&f, c, 100);
	fix_clock_add(10 * FIX_S);
	fix_act(&f, AUTHORITY, c, "remind", NULL);
	fix_close(&f);
}

static void
an_inability_pauses(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, pausing);
	const char *c = fix_send(&f, "D-1", "t.example", 1);
	fix_settle(&f);
	fix_act(&f, PLATFORM, c, "accept", NULL);
	fix_act(&f, PLATFORM, c, "decide",
		json_pack("{s:s, s:s, s:s}", "outcome", "impossible", "ground",
			  "insufficient_information", "reason", "which page?"));
	fix_settle(&f);
	all_agree(&f, c, 150);
	/* Decided, and still owed: an inability is no end of it. */
	assert_int_equal(
		fix_query(&f, AUTHORITY, "select decided * 10 + suspended from v_case"),
		11);
	assert_true(json_is_true(json_object_get(
		json_object_get(explained(&f, AUTHORITY, c), "decide"), "owed")));
	write_must(&f, PLATFORM,
		   (struct writing){"item.reverse", c, "reason", "found it",
				    "{\"outcome\":\"removed\",\"items\":[0]}", NULL, 0,
				    0});
	fix_settle(&f);
	assert_int_equal(
		fix_query(&f, AUTHORITY, "select decided * 10 + suspended from v_case"),
		10);
	assert_true(json_is_false(json_object_get(
		json_object_get(explained(&f, PLATFORM, c), "decide"), "owed")));
	all_agree(&f, c, 150);
	fix_close(&f);
}

static void
a_transfer_counts_from_its_receipt(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, pausing);
	const char *c = fix_send(&f, "D-1", "t.example", 3);
	fix_settle(&f);
	fix_clock_add(40 * FIX_S);
	write_refused(&f, AUTHORITY,
		      (struct writing){"case.transfer", c, "reason", "hurry",
				       "{\"class\":\"none\"}", NULL, 0, 0},
		      "no such class");
	write_must(&f, AUTHORITY,
		   (struct writing){"case.transfer", c, "reason", "hurry",
				    "{\"class\":\"urgent\"}", NULL, 0, 0});
	assert_int_equal(decide_due(&f, AUTHORITY, c), receipt_us(&f, c) + 100 * FIX_S);
	fix_settle(&f);
	int64_t after = (kept(&f, "transfers", 3) - receipt_us(&f, c)) / FIX_S;
	assert_true(after >= 39 && after <= 43);
	all_agree(&f, c, after + 10);
	assert_string_equal(fix_text(explained(&f, PLATFORM, c), "class"), "urgent");
	assert_string_equal(fix_text(explained(&f, PLATFORM, c), "class_sent"), "normal");
	fix_close(&f);
}

#define DISPUTE_1 "{\"dispute\":\"01980000-0000-7000-8000-0000000000d1\""

static void
disputes_and_reversals(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, pausing);
	const char *c = fix_send(&f, "D-1", "t.example", 3);
	fix_settle(&f);
	fix_act(&f, PLATFORM, c, "accept", NULL);
	fix_act(&f, PLATFORM, c, "decide",
		json_pack("{s:s, s:s, s:[i,i]}", "outcome", "kept", "reason", "satire",
			  "items", 0, 1));
	write_refused(&f, PLATFORM,
		      (struct writing){"item.reverse", c, "reason", "no",
				       "{\"outcome\":\"removed\",\"items\":[0,2]}", NULL,
				       0, 0},
		      "item 2 is open");
	fix_settle(&f);
	struct writing open = {"dispute.open",
			       c,
			       "text",
			       "it is not",
			       DISPUTE_1 ",\"about\":\"decision\",\"items\":[1]}",
			       NULL,
			       0,
			       0};
	struct writing rule = {"dispute.rule",
			       c,
			       "reason",
			       "you are right",
			       DISPUTE_1 ",\"ruling\":\"upheld\"}",
			       NULL,
			       0,
			       0};
	struct writing answer = {"dispute.answer", c,	 "text", "we look",
				 DISPUTE_1 "}",	   NULL, 0,	 0};
	write_must(&f, AUTHORITY, open);
	/* Nobody rules on their own; nobody before they have it; nothing twice. */
	write_refused(&f, AUTHORITY, rule, "the other side has opened no such dispute");
	write_refused(&f, PLATFORM, rule, "the other side has opened no such dispute");
	write_refused(&f, AUTHORITY, open, "of that id");
	fix_settle(&f);
	write_must(&f, PLATFORM, answer);
	write_refused(&f, PLATFORM, answer, "answered or ruled");
	write_must(&f, PLATFORM, rule);
	write_refused(&f, PLATFORM, rule, "ruled already");
	write_must(&f, PLATFORM,
		   (struct writing){"item.reverse", c, "reason", "ruled",
				    "{\"outcome\":\"removed\",\"items\":[1]}", NULL, 0,
				    0});
	/* The same id by the other side is another dispute. */
	write_must(&f, PLATFORM, open);
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++)
		assert_int_equal(
			fix_query(&f, (enum party)p,
				  "select count(*) from v_dispute where (party = 0 and "
				  "state = 'ruled' and ruling = 'upheld' and answer = "
				  "'we look') or (party = 1 and state = 'open')"),
			2);
	all_agree(&f, c, 100);
	fix_close(&f);
}

/* A reversal of a closed case is for the other side to see. */
static void
a_reversal_opens_a_closed_case(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, pausing);
	const char *c = fix_send(&f, "D-1", "t.example", 1);
	fix_settle(&f);
	fix_act(&f, PLATFORM, c, "accept", NULL);
	fix_act(&f, PLATFORM, c, "decide", json_pack("{s:s}", "outcome", "removed"));
	fix_settle(&f);
	fix_act(&f, AUTHORITY, c, "close", NULL);
	fix_settle(&f);
	assert_string_equal(fix_text(fix_case(&f, PLATFORM, c), "state"), "closed");
	write_must(&f, PLATFORM,
		   (struct writing){"item.reverse", c, "reason", "an error",
				    "{\"outcome\":\"kept\",\"items\":[0]}", NULL, 0, 0});
	fix_settle(&f);
	assert_string_equal(fix_text(fix_case(&f, AUTHORITY, c), "state"), "accepted");
	all_agree(&f, c, 100);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_pauses),
		cmocka_unit_test(overdue_stands),
		cmocka_unit_test(an_inability_pauses),
		cmocka_unit_test(a_transfer_counts_from_its_receipt),
		cmocka_unit_test(disputes_and_reversals),
		cmocka_unit_test(a_reversal_opens_a_closed_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
