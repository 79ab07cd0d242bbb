/*
 * Two nodes, one case: what people do on either side, and events that are withheld, sent
 * twice or cut off on the way.  Whatever happens, both have the same case in the end.
 */
#include "node_fixture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

static void
assert_counts(const json_t *c, int64_t submitted, int64_t accepted, int64_t refused,
	      int64_t waiting, int64_t decided, int64_t open)
{
	const json_t *n = json_object_get(c, "counts");

	assert_int_equal(fix_int(n, "submitted"), submitted);
	assert_int_equal(fix_int(n, "accepted"), accepted);
	assert_int_equal(fix_int(n, "refused"), refused);
	assert_int_equal(fix_int(n, "waiting"), waiting);
	assert_int_equal(fix_int(n, "decided"), decided);
	assert_int_equal(fix_int(n, "open"), open);
}

static void
assert_state(struct fix *f, const char *casefile, const char *state)
{
	for (int p = 0; p < PARTY_COUNT; p++)
		assert_string_equal(
			fix_text(fix_case(f, (enum party)p, casefile), "state"), state);
}

static void
assert_agree(struct fix *f, const char *casefile)
{
	fix_same_case(f, casefile);
	fix_rebuilt_equal(f, AUTHORITY);
	fix_rebuilt_equal(f, PLATFORM);
	fix_same_case(f, casefile);
}

static json_t *
decision(const char *items, const char *outcome, const char *reason)
{
	json_t *in = json_pack("{s:s, s:s*}", "outcome", outcome, "reason", reason);

	json_object_set_new(in, "items", json_loads(items, JSON_DECODE_ANY, NULL));
	return in;
}

/* From notice to close. */
static void
life_of_a_case(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", 3);
	assert_string_equal(fix_text(fix_case(&f, AUTHORITY, c), "state"), "sent");
	fix_refused(&f, PLATFORM, f.n[PLATFORM].agent, "GET",
		    arena_printf(f.a, "/v1/cases/%s", c), NULL, RC_NOT_FOUND, "no case");
	fix_settle(&f);
	assert_state(&f, c, "received");
	assert_counts(fix_case(&f, PLATFORM, c), 3, 0, 0, 3, 0, 0);
	fix_act(&f, PLATFORM, c, "accept", NULL);
	fix_act(&f, PLATFORM, c, "say", json_pack("{s:s}", "text", "We look at it."));
	fix_settle(&f);
	assert_state(&f, c, "accepted");
	assert_int_equal(fix_int(fix_act(&f, AUTHORITY, c, "read", NULL), "read"), 1);
	assert_int_equal(fix_int(fix_act(&f, AUTHORITY, c, "read", NULL), "read"), 0);
	fix_act(&f, AUTHORITY, c, "say", json_pack("{s:s}", "text", "Terima kasih."));
	fix_act(&f, PLATFORM, c, "decide", decision("[0]", "removed", NULL));
	fix_settle(&f);
	assert_counts(fix_case(&f, AUTHORITY, c), 3, 3, 0, 0, 1, 2);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    arena_printf(f.a, "/v1/cases/%s/close", c), NULL, RC_CONFLICT,
		    "2 of 3 items are not decided");
	fix_refused(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
		    arena_printf(f.a, "/v1/cases/%s/decide", c),
		    decision("\"open\"", "kept", NULL), RC_INVALID, "reason");
	fix_refused(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
		    arena_printf(f.a, "/v1/cases/%s/decide", c),
		    decision("[3]", "removed", NULL), RC_CONFLICT, "no item 3");
	fix_act(&f, PLATFORM, c, "decide", decision("\"open\"", "kept", "It is satire."));
	/* What is decided is not decided again. */
	fix_refused(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
		    arena_printf(f.a, "/v1/cases/%s/decide", c),
		    decision("[1]", "removed", NULL), RC_CONFLICT, "item 1 is kept, by ");
	fix_settle(&f);
	assert_counts(fix_case(&f, AUTHORITY, c), 3, 3, 0, 0, 3, 0);
	fix_act(&f, AUTHORITY, c, "close", NULL);
	fix_settle(&f);
	assert_state(&f, c, "closed");
	assert_agree(&f, c);
	fix_act(&f, AUTHORITY, c, "reopen", NULL);
	fix_settle(&f);
	assert_state(&f, c, "accepted");
	assert_agree(&f, c);
	fix_close(&f);
}

static void
refused_case(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", 2);
	fix_settle(&f);
	fix_act(&f, PLATFORM, c, "refuse",
		json_pack("{s:s}", "reason", "Wrong address."));
	fix_settle(&f);
	assert_state(&f, c, "refused");
	assert_counts(fix_case(&f, AUTHORITY, c), 2, 0, 2, 0, 0, 0);
	fix_act(&f, AUTHORITY, c, "close", NULL);
	fix_settle(&f);
	/* What was refused stays refused when the case is closed. */
	assert_counts(fix_case(&f, PLATFORM, c), 2, 0, 2, 0, 0, 0);
	assert_agree(&f, c);
	fix_close(&f);
}

/* Rows of receipts that both have, whatever else: the same bytes. */
static void
assert_receipts_same(struct fix *f)
{
	const char *sql =
		"SELECT group_concat(r) FROM (SELECT party || '/' || size || line "
		"AS r FROM log_receipt ORDER BY party, size) AS t";

	fix_settle(f);
	/* A receipt whose answer was lost may be the receiver's alone. */
	const char *x = fix_query_text(f, AUTHORITY, sql),
		   *y = fix_query_text(f, PLATFORM, sql);
	assert_non_null(x);
	assert_non_null(y);
	int64_t n = fix_query(f, AUTHORITY,
			      "SELECT count(*) FROM log_receipt WHERE party = 0");
	for (int64_t i = 0; i < n; i++) {
		const char *line = fix_query_text(
			f, AUTHORITY,
			arena_printf(
				f->a,
				"SELECT party || '/' || size || line FROM log_receipt "
				"WHERE party = 0 ORDER BY size LIMIT 1 OFFSET %" PRId64,
				i));
		assert_non_null(strstr(y, line));
	}
}

/* The peer stored it, the answer was lost: the same receipt again, adopted once. */
static void
receipt_lost(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	fix_settle(&f);
	const char *c = fix_send(&f, "A-1", "t.example", 2);
	int64_t before = fix_query(&f, PLATFORM, "SELECT count(*) FROM log_receipt");
	assert_true(fix_carry(&f, AUTHORITY, CUT_ENTRIES));
	const char *first = fix_query_text(
		&f, PLATFORM,
		"SELECT line FROM log_receipt WHERE party = 0 ORDER BY size DESC");
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "receipt.adopt"), 0);
	assert_string_equal(fix_text(fix_case(&f, AUTHORITY, c), "state"), "sent");
	fix_clock_add(50 * FIX_S);
	for (int i = 0; i < 3; i++)
		assert_true(fix_carry(&f, AUTHORITY, CUT_ENTRIES));
	assert_true(fix_carry(&f, AUTHORITY, CUT_NOTHING));
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "receipt.adopt"), 1);
	assert_string_equal(
		first,
		fix_query_text(&f, AUTHORITY,
			       "SELECT line FROM log_receipt WHERE party = 0 ORDER "
			       "BY size DESC"));
	assert_int_equal(fix_query(&f, PLATFORM, "SELECT count(*) FROM log_receipt"),
			 before + 1);
	fix_settle(&f);
	assert_int_equal(fix_events(&f, PLATFORM, AUTHORITY, "receipt.adopt"), 1);
	assert_receipts_same(&f);
	assert_state(&f, c, "received");
	assert_agree(&f, c);
	fix_close(&f);
}

/* A receipt told twice is taken once. */
static void
receipt_twice(void **state)
{
	struct fix f;
	struct exchange_push push;
	struct exchange_answer answer;
	struct err e = ERR_INIT;
	uint64_t size;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", 2);
	assert_true(fix_carry(&f, AUTHORITY, CUT_DISCLOSURES));
	fix_ok(fix_push(&f, AUTHORITY, &push, &e), &e, "push");
	fix_ok(exchange_add_checkpoint(f.n[PLATFORM].nd, FIX_PEER, &push.checkpoint,
				       &size, &e),
	       &e, "checkpoint");
	fix_ok(exchange_add_entries(f.n[PLATFORM].nd, FIX_PEER, &push.entries, f.a,
				    &answer, &e),
	       &e, "entries");
	for (int i = 0; i < 3; i++)
		fix_ok(exchange_push_done(f.n[AUTHORITY].nd, FIX_PEER, &push,
					  answer.cosignature, strlen(answer.cosignature),
					  &e),
		       &e, "done");
	fix_settle(&f);
	assert_int_equal(fix_events(&f, PLATFORM, AUTHORITY, "receipt.adopt"), 1);
	assert_agree(&f, c);
	fix_close(&f);
}

/* The pusher goes on before its receipt is stored; one that cannot be is told, and comes
 * again. */
static void
receipt_that_cannot_be_stored(void **state)
{
	struct fix f;
	struct exchange_push push;
	struct err e = ERR_INIT;
	int64_t got = 0;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", 2);
	fix_refuse_rows(&f, AUTHORITY, "log_receipt", true);
	assert_true(fix_carry(&f, AUTHORITY, CUT_NOTHING));
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM log_receipt"), 0);
	assert_int_equal(fix_push(&f, AUTHORITY, &push, &e), RC_IO);
	assert_non_null(strstr(e.text, "a receipt could not be stored"));
	got = fix_query(&f, PLATFORM, "SELECT count(*) FROM log_receipt");
	/* The schedule is not that of a peer that is down: at once, and all of it. */
	fix_ok(fix_push(&f, AUTHORITY, &push, &e), &e, "push");
	assert_int_equal(push.entries.start, 0);
	fix_refuse_rows(&f, AUTHORITY, "log_receipt", false);
	/* The peer says that it has all of it, then gives the receipt of the first time.
	 */
	assert_true(fix_carry(&f, AUTHORITY, CUT_NOTHING));
	assert_true(fix_carry(&f, AUTHORITY, CUT_NOTHING));
	assert_int_equal(fix_query(&f, PLATFORM, "SELECT count(*) FROM log_receipt"),
			 got);
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM log_receipt"), 1);
	fix_settle(&f);
	assert_int_equal(fix_events(&f, PLATFORM, AUTHORITY, "receipt.adopt"), 1);
	assert_agree(&f, c);
	fix_close(&f);
}

/* ---- any order --------------------------------------------------------------------- */

static uint32_t
next_random(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* One act by one side, allowed or not. */
static void
random_act(struct fix *f, uint32_t *x, const char *const *cases, size_t n)
{
	static const char *const acts[PARTY_COUNT][6] = {
		{"say", "read", "remind", "warn", "close", "reopen"},
		{"accept", "refuse", "decide", "say", "read", "decide"},
	};
	enum party p = (enum party)(next_random(x) % PARTY_COUNT);
	const char *act = acts[p][next_random(x) % 6];
	const char *c = cases[next_random(x) % n];
	json_t *in = NULL;
	struct err e = ERR_INIT;

	if (strcmp(act, "say") == 0)
		in = json_pack("{s:s}", "text", arena_printf(f->a, "words %u", *x));
	else if (strcmp(act, "refuse") == 0)
		in = json_pack("{s:s}", "reason", "no");
	else if (strcmp(act, "warn") == 0)
		in = json_pack("{s:i}", "level", 1);
	else if (strcmp(act, "decide") == 0)
		in = decision(next_random(x) % 3 == 0 ? "\"open\"" : "[1]",
			      next_random(x) % 2 == 0 ? "kept" : "removed", "reason");
	enum rc rc =
		fix_call(f, p, p == AUTHORITY ? f->n[p].officer : f->n[p].agent, "POST",
			 arena_printf(f->a, "/v1/cases/%s/%s", c, act), in, NULL, &e);
	if (rc != RC_OK && rc != RC_CONFLICT && rc != RC_NOT_FOUND)
		fail_msg("%s: %s: %s", act, rc_token(rc), e.text);
}

static void
interleaved(uint32_t seed)
{
	enum { STEPS = 60, CASES = 3 };
	struct fix f;
	const char *cases[CASES];
	uint32_t x = seed;
	size_t n = 0;

	fix_open(&f);
	for (int i = 0; i < STEPS; i++) {
		uint32_t what = next_random(&x) % 10;
		if (n == 0 || (what == 0 && n < CASES)) {
			cases[n] = fix_send(&f, arena_printf(f.a, "S-%zu", n),
					    "t.example", 1 + next_random(&x) % 4);
			n++;
		} else if (what < 6) {
			random_act(&f, &x, cases, n);
		} else if (what == 6) {
			fix_clock_add((int64_t)(next_random(&x) % 60) * FIX_S -
				      10 * FIX_S);
		} else if (what == 7 && next_random(&x) % 4 == 0) {
			fix_reopen(&f, (enum party)(next_random(&x) % PARTY_COUNT));
		} else {
			fix_carry(&f, (enum party)(next_random(&x) % PARTY_COUNT),
				  (enum fix_cut)(next_random(&x) % CUT_COUNT));
		}
	}
	assert_receipts_same(&f);
	for (size_t i = 0; i < n; i++)
		fix_same_case(&f, cases[i]);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

static void
any_interleaving(void **state)
{
	enum { SEEDS = 12 };

	(void)state;
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		print_message("seed %u\n", seed);
		interleaved(seed * 2654435761U);
	}
}

/* ---- notices ----------------------------------------------------------------------- */

static void
sizes(void **state)
{
	static const size_t n[] = {1, 199, 200, 201, 400, 10000};
	struct fix f;

	(void)state;
	fix_open(&f);
	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		const char *c = fix_send(&f, arena_printf(f.a, "N-%zu", n[i]),
					 arena_printf(f.a, "h%zu.example", i), n[i]);
		fix_settle(&f);
		assert_state(&f, c, "received");
		assert_counts(fix_case(&f, PLATFORM, c), (int64_t)n[i], 0, 0,
			      (int64_t)n[i], 0, 0);
		fix_act(&f, PLATFORM, c, "decide", decision("\"open\"", "removed", NULL));
		fix_settle(&f);
		assert_counts(fix_case(&f, AUTHORITY, c), (int64_t)n[i], (int64_t)n[i], 0,
			      0, (int64_t)n[i], 0);
		fix_same_case(&f, c);
	}
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

static json_t *
notice(const char *csv, const char *reference)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "csv", csv, "reference", reference,
			 "subject", "Konten", "legal_basis", "UU");
}

/* Long descriptions while the peer is silent: more than one body of disclosures holds. */
static void
backlog(void **state)
{
	enum { NOTICES = 3, ITEMS = 4000, DESCRIPTION = 1500, CSV_MAX = 32 << 20 };
	struct fix f;
	char description[DESCRIPTION + 1];
	const char *cases[NOTICES];

	(void)state;
	fix_open(&f);
	memset(description, 'x', DESCRIPTION);
	description[DESCRIPTION] = '\0';
	for (int i = 0; i < NOTICES; i++) {
		struct buf b = BUF_INIT(CSV_MAX);
		buf_puts(&b, "target,category,description\n");
		for (int k = 0; k < ITEMS; k++)
			buf_printf(&b, "https://t.example/%d/%d,other,%s\n", i, k,
				   description);
		cases[i] = fix_text(
			fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
				 "/v1/notices",
				 notice(buf_str(&b), arena_printf(f.a, "B-%d", i))),
			"case");
		buf_free(&b);
	}
	fix_settle(&f);
	for (int i = 0; i < NOTICES; i++)
		assert_state(&f, cases[i], "received");
	assert_int_equal(fix_query(&f, PLATFORM, "SELECT count(*) FROM v_item"),
			 NOTICES * ITEMS);
	fix_close(&f);
}

static void
reference_is_idempotent(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *officer = f.n[AUTHORITY].officer;
	const char *csv = fix_csv(&f, "t.example", 3);
	const char *c = fix_text(fix_must(&f, AUTHORITY, officer, "POST", "/v1/notices",
					  notice(csv, "R-1")),
				 "case");
	const char *rows = fix_rows(&f, AUTHORITY);
	json_t *again = fix_must(&f, AUTHORITY, officer, "POST", "/v1/notices",
				 notice(csv, "R-1"));
	assert_string_equal(fix_text(again, "case"), c);
	assert_true(json_is_true(json_object_get(again, "again")));
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/notices",
		    notice(fix_csv(&f, "t.example", 4), "R-1"), RC_CONFLICT,
		    "used for another batch");
	assert_string_equal(fix_rows(&f, AUTHORITY), rows);
	/* Also after a restart, and whoever sends it again. */
	fix_reopen(&f, AUTHORITY);
	again = fix_must(&f, AUTHORITY, officer, "POST", "/v1/notices",
			 notice(csv, "R-1"));
	assert_string_equal(fix_text(again, "case"), c);
	assert_string_not_equal(fix_text(fix_must(&f, AUTHORITY, officer, "POST",
						  "/v1/notices", notice(csv, "R-2")),
					 "case"),
				c);
	fix_close(&f);
}

/* Nothing is sent in part without being asked. */
static void
bad_rows(void **state)
{
	static const char csv[] =
		"target,category\nhttps://a.example/1,other\n"
		"https://a.example/2,nonsense\nhttps://a.example/1,other\n"
		"t.me/durov,other\n";
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *officer = f.n[AUTHORITY].officer;
	const char *rows = fix_rows(&f, AUTHORITY);
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/notices", notice(csv, "P-1"),
		    RC_INVALID, "nothing was sent: 1 of 4 rows");
	assert_string_equal(fix_rows(&f, AUTHORITY), rows);
	json_t *in = notice(csv, "P-1");
	json_object_set_new(in, "partial", json_true());
	json_t *sent = fix_must(&f, AUTHORITY, officer, "POST", "/v1/notices", in);
	assert_int_equal(fix_int(sent, "items"), 2);
	const json_t *batch = json_object_get(sent, "batch");
	assert_int_equal(fix_int(batch, "rows"), fix_int(batch, "ok") +
							 fix_int(batch, "duplicates") +
							 fix_int(batch, "bad"));
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/notices",
		    notice("target,category\n", "P-2"), RC_INVALID, "");
	fix_close(&f);
}

/* ---- time -------------------------------------------------------------------------- */

static int64_t
due_us(const json_t *c, const char *member)
{
	const char *text = fix_text(c, member);
	int64_t us = 0;

	if (text == NULL)
		return 0;
	assert_int_equal(clock_parse(text, strlen(text), &us), RC_OK);
	return us;
}

static void
deadlines(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *officer = f.n[AUTHORITY].officer;
	const char *c = fix_send(&f, "D-1", "t.example", 1);
	const char *remind = arena_printf(f.a, "/v1/cases/%s/remind", c);
	/* No receipt, no clock, however long it takes. */
	fix_clock_add(1000 * FIX_S);
	assert_int_equal(due_us(fix_case(&f, AUTHORITY, c), "due"), 0);
	fix_refused(&f, AUTHORITY, officer, "POST", remind, NULL, RC_CONFLICT,
		    "never receipted");
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		json_t *shown = fix_case(&f, (enum party)p, c);
		assert_int_equal(due_us(shown, "due"),
				 due_us(shown, "receipt") + 100 * FIX_S);
		assert_false(json_is_true(json_object_get(shown, "overdue")));
	}
	fix_refused(&f, AUTHORITY, officer, "POST", remind, NULL, RC_CONFLICT,
		    "not before");
	fix_clock_add(101 * FIX_S);
	assert_true(json_is_true(json_object_get(fix_case(&f, AUTHORITY, c), "overdue")));
	fix_refused(&f, AUTHORITY, officer, "POST", remind, NULL, RC_CONFLICT,
		    "not before");
	fix_clock_add(10 * FIX_S);
	fix_act(&f, AUTHORITY, c, "remind", NULL);
	fix_refused(&f, AUTHORITY, officer, "POST",
		    arena_printf(f.a, "/v1/cases/%s/warn", c),
		    json_pack("{s:i}", "level", 1), RC_CONFLICT, "no receipt yet");
	fix_settle(&f);
	fix_refused(&f, AUTHORITY, officer, "POST",
		    arena_printf(f.a, "/v1/cases/%s/warn", c),
		    json_pack("{s:i}", "level", 2), RC_CONFLICT, "next by the policy");
	fix_clock_add(11 * FIX_S);
	fix_act(&f, AUTHORITY, c, "warn", json_pack("{s:i}", "level", 1));
	fix_settle(&f);
	assert_agree(&f, c);
	/* Decided: nothing is owed. */
	fix_act(&f, PLATFORM, c, "decide", decision("\"open\"", "removed", NULL));
	fix_settle(&f);
	assert_int_equal(due_us(fix_case(&f, AUTHORITY, c), "due"), 0);
	fix_close(&f);
}

/* The machine's clock is set back by an hour, the node started again: what was logged
 * before stays before, and a rebuild gives the same. */
static void
clock_set_back(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	fix_clock_add(7200 * FIX_S);
	const char *c = fix_send(&f, "C-1", "t.example", 300);
	fix_settle(&f);
	fix_act(&f, PLATFORM, c, "accept", NULL);
	fix_settle(&f);
	fix_clock_add(-3600 * FIX_S);
	fix_reopen(&f, AUTHORITY);
	fix_reopen(&f, PLATFORM);
	fix_act(&f, AUTHORITY, c, "say", json_pack("{s:s}", "text", "?"));
	fix_settle(&f);
	fix_act(&f, PLATFORM, c, "read", NULL);
	fix_act(&f, PLATFORM, c, "decide", decision("\"open\"", "removed", NULL));
	fix_settle(&f);
	assert_agree(&f, c);
	assert_string_equal(
		fix_query_text(&f, AUTHORITY,
			       "SELECT group_concat(seq) FROM (SELECT seq FROM log_event "
			       "WHERE party = 0 ORDER BY stored_us, seq) AS t"),
		fix_query_text(&f, AUTHORITY,
			       "SELECT group_concat(seq) FROM (SELECT seq FROM log_event "
			       "WHERE party = 0 ORDER BY seq) AS t"));
	fix_close(&f);
}

/* A retry that was planned in a future that is no more is made now. */
static void
retry_after_set_back(void **state)
{
	struct fix f;
	struct exchange_push push;
	struct err e = ERR_INIT, down = {.text = "down"};
	int64_t wait_us;

	(void)state;
	fix_open(&f);
	fix_clock_add(7200 * FIX_S);
	fix_ok(fix_push(&f, AUTHORITY, &push, &e), &e, "the first push after a start");
	fix_ok(exchange_push_failed(f.n[AUTHORITY].nd, FIX_PEER, false, &down, &e), &e,
	       "failed");
	assert_int_equal(
		exchange_push_next(f.n[AUTHORITY].nd, FIX_PEER, f.a, &push, &wait_us, &e),
		RC_RETRY);
	assert_true(wait_us > 0 && wait_us <= FIX_S);
	/* A person need not wait for it, and is told all the same since when it fails. */
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    "/v1/peers/nobody.example/retry", NULL, RC_NOT_FOUND,
		    "nobody.example");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].auditor, "POST",
		    "/v1/peers/platform.example/retry", NULL, RC_DENIED, "auditor");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		 "/v1/peers/platform.example/retry", NULL);
	assert_int_equal(
		fix_query(&f, AUTHORITY,
			  "SELECT count(*) FROM delivery WHERE failed_us > 0 AND "
			  "attempts = 1 AND reason = 'down'"),
		1);
	assert_int_equal(
		exchange_push_next(f.n[AUTHORITY].nd, FIX_PEER, f.a, &push, &wait_us, &e),
		RC_OK);
	fix_ok(exchange_push_failed(f.n[AUTHORITY].nd, FIX_PEER, false, &down, &e), &e,
	       "failed again");
	fix_clock_add(-3600 * FIX_S);
	assert_int_equal(
		exchange_push_next(f.n[AUTHORITY].nd, FIX_PEER, f.a, &push, &wait_us, &e),
		RC_OK);
	fix_close(&f);
}

/* A peer says when to come back; a time beyond our own longest pause is not believed. */
static void
retry_after_is_kept(void **state)
{
	static const struct {
		int64_t says_s, least_s, most_s;
	} rows[] = {{0, 0, 1}, {60, 60, 60}, {300, 300, 300}, {INT64_MAX, 300, 300}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = ERR_INIT;
		struct err busy = {.text = "busy", .retry_after_s = rows[i].says_s};
		struct exchange_push push;
		struct fix f;
		int64_t wait_us;
		fix_open(&f);
		fix_ok(fix_push(&f, AUTHORITY, &push, &e), &e, "the first push");
		fix_ok(exchange_push_failed(f.n[AUTHORITY].nd, FIX_PEER, true, &busy, &e),
		       &e, "failed");
		assert_int_equal(exchange_push_next(f.n[AUTHORITY].nd, FIX_PEER, f.a,
						    &push, &wait_us, &e),
				 RC_RETRY);
		assert_true(wait_us > rows[i].least_s * FIX_S - FIX_S / 2);
		assert_true(wait_us <= rows[i].most_s * FIX_S);
		fix_close(&f);
	}
}

/* More messages than one event may refer to. */
static void
many_messages(void **state)
{
	enum { MESSAGES = 150 };
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "M-1", "t.example", 1);
	for (int i = 0; i < MESSAGES; i++)
		fix_act(&f, AUTHORITY, c, "say",
			json_pack("{s:s}", "text", arena_printf(f.a, "message %d", i)));
	fix_settle(&f);
	assert_int_equal(fix_int(fix_act(&f, PLATFORM, c, "read", NULL), "read"),
			 MESSAGES);
	fix_settle(&f);
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM v_message WHERE read_us = 0"),
			 0);
	assert_agree(&f, c);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life_of_a_case),
		cmocka_unit_test(refused_case),
		cmocka_unit_test(receipt_lost),
		cmocka_unit_test(receipt_twice),
		cmocka_unit_test(receipt_that_cannot_be_stored),
		cmocka_unit_test(any_interleaving),
		cmocka_unit_test(sizes),
		cmocka_unit_test(backlog),
		cmocka_unit_test(reference_is_idempotent),
		cmocka_unit_test(bad_rows),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(clock_set_back),
		cmocka_unit_test(retry_after_set_back),
		cmocka_unit_test(retry_after_is_kept),
		cmocka_unit_test(many_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
