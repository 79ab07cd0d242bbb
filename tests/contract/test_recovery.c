/*
 * A log whose store went back comes back from the peer: what is signed is never signed
 * again otherwise, nothing that the peer has is lost, and what cannot be one history
 * waits for a person (protocol 6).
 */
#include "node_fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "service/node_int.h"
#include "service/recovery.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

enum { ROUNDS_MAX = 400 };

static enum party
other(enum party p)
{
	return p == AUTHORITY ? PLATFORM : AUTHORITY;
}

/* The store as it is now, kept beside it; with the marks. */
static void
keep(struct fix *f, enum party p)
{
	const char *dir = f->n[p].dir;

	fix_shut(f, p);
	fix_store_keep(f, p, "kept");
	fix_copy(arena_printf(f->a, "%s/marks", dir),
		 arena_printf(f->a, "%s/kept.marks", dir));
	fix_reopen(f, p);
}

enum back { STORE = 1, MARKS = 2, NO_MARKS = 4 };

static void
put_back(struct fix *f, enum party p, unsigned what)
{
	const char *dir = f->n[p].dir;

	fix_shut(f, p);
	if (what & STORE)
		fix_store_put_back(f, p, "kept");
	if (what & MARKS)
		fix_copy(arena_printf(f->a, "%s/kept.marks", dir),
			 arena_printf(f->a, "%s/marks", dir));
	if (what & NO_MARKS)
		unlink(arena_printf(f->a, "%s/marks", dir));
	fix_reopen(f, p);
}

/* A peer that answers with as many empty lines as one body holds. */
static bool only_lf;
static size_t most_said; /* disclosures in one answer */

/* One question of `p` to the other.  RC_NOT_FOUND: it has none. */
static enum rc
ask(struct fix *f, enum party p, struct err *e)
{
	struct node *from = f->n[p].nd, *to = f->n[other(p)].nd;
	struct exchange_question q;
	struct arena *a = arena_create();
	const char *text = NULL;
	const uint8_t *tile = NULL;
	size_t len = 0;
	int64_t wait_us;
	enum rc rc = exchange_ask_next(from, FIX_PEER, a, &q, &wait_us, e);

	if (rc == RC_OK && q.kind == EXCHANGE_ASK_HELD) {
		rc = exchange_held(to, FIX_PEER, q.body, strlen(q.body), a, &text, e);
		len = text == NULL ? 0 : strlen(text);
	} else if (rc == RC_OK && q.kind == EXCHANGE_TELL_FRAUD) {
		rc = exchange_add_fraud(to, FIX_PEER, q.body, strlen(q.body), e);
	} else if (rc == RC_OK) {
		char hex[HASH_HEX_LEN + 1];
		snprintf(hex, sizeof(hex), "%.64s", q.call);
		if (q.kind == EXCHANGE_ASK_ENTRIES) {
			rc = exchange_get_tile(to, FIX_PEER, hex, true, 0, q.from / 256,
					       (unsigned)(q.to - q.from), a, &tile, &len,
					       e);
			text = (const char *)tile;
		} else {
			rc = exchange_get_disclosures(to, FIX_PEER, hex,
						      q.call + HASH_HEX_LEN +
							      strlen("/disclosures/"),
						      a, &text, &len, e);
			size_t n = 0;
			for (size_t i = 0; i < len; i++)
				n += text[i] == '\n';
			most_said = n > most_said ? n : most_said;
		}
		if (rc == RC_OK && q.kind == EXCHANGE_ASK_DISCLOSURES && only_lf) {
			len = EXCHANGE_ANSWER_MAX;
			text = memset(arena_alloc(a, len), '\n', len);
		}
	}
	if (rc == RC_OK)
		rc = exchange_ask_done(from, FIX_PEER, a, &q, text, len, e);
	arena_free(a);
	return rc;
}

/* All of it, and what the other sends meanwhile. */
static void
recover(struct fix *f, enum party p)
{
	struct err e = ERR_INIT;
	enum rc rc = RC_OK;

	for (int i = 0; rc == RC_OK || rc == RC_RETRY; i++) {
		assert_true(i < ROUNDS_MAX);
		rc = ask(f, p, &e);
		if (rc == RC_RETRY)
			assert_true(fix_carry(f, other(p), CUT_NOTHING));
	}
	if (rc != RC_NOT_FOUND)
		fix_ok(rc, &e, "recover");
}

static enum log_state
state(struct fix *f, enum party p)
{
	return recovery_state(f->n[p].nd, FIX_PEER);
}

static int64_t
size_of(struct fix *f, enum party p, enum party log)
{
	return fix_query(f, p,
			 arena_printf(f->a, "SELECT size FROM log_head WHERE party = %d",
				      (int)log));
}

/* Are the zones given to nobody? */
static bool
held(struct fix *f)
{
	const struct zone_origin *zones;
	struct err e = ERR_INIT;
	size_t n;

	return service_zones(f->n[AUTHORITY].nd, f->a, &zones, &n, &e) == RC_UNAVAILABLE;
}

static void
whole(struct fix *f, enum party p)
{
	fix_settle(f);
	assert_int_equal(state(f, p), LOG_OPEN);
	for (int log = 0; log < PARTY_COUNT; log++)
		assert_int_equal(size_of(f, AUTHORITY, (enum party)log),
				 size_of(f, PLATFORM, (enum party)log));
	fix_rebuilt_equal(f, AUTHORITY);
	fix_rebuilt_equal(f, PLATFORM);
	assert_int_equal(fix_query(f, p, "SELECT count(*) FROM regain"), 0);
	assert_int_equal(fix_query(f, p, "SELECT count(*) FROM regain_event"), 0);
}

static void
takes_nothing(struct fix *f, const char *why)
{
	fix_refused(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/notices",
		    json_pack("{s:s, s:s, s:s, s:s}", "csv", fix_csv(f, "no.example", 1),
			      "reference", "R-no", "subject", "S", "legal_basis", "L"),
		    RC_FROZEN, why);
}

/* A case that lives on: sent, accepted, decided; one kept in the middle of it. */
static const char *
story_begin(struct fix *f)
{
	const char *c = fix_send(f, "R-1", "one.example", 3);

	fix_settle(f);
	return c;
}

static const char *
story_end(struct fix *f, const char *c)
{
	fix_act(f, PLATFORM, c, "accept", NULL);
	fix_settle(f);
	fix_act(f, AUTHORITY, c, "say", json_pack("{s:s}", "text", "Thank you."));
	const char *second = fix_send(f, "R-2", "two.example", 300);
	fix_settle(f);
	fix_act(f, PLATFORM, second, "accept", NULL);
	fix_settle(f);
	return second;
}

/* The store of yesterday, the marks of today. */
static void
store_went_back(void **unused)
{
	struct fix f;

	(void)unused;
	fix_open(&f);
	const char *c = story_begin(&f);
	keep(&f, AUTHORITY);
	const char *second = story_end(&f, c);
	int64_t size = size_of(&f, AUTHORITY, AUTHORITY);
	put_back(&f, AUTHORITY, STORE);
	assert_int_equal(state(&f, AUTHORITY), LOG_ASKS);
	assert_true(held(&f));
	takes_nothing(&f, "old copy");
	recover(&f, AUTHORITY);
	assert_int_equal(size_of(&f, AUTHORITY, AUTHORITY), size);
	assert_false(held(&f));
	whole(&f, AUTHORITY);
	fix_same_case(&f, c);
	fix_same_case(&f, second);
	/* And it goes on. */
	fix_send(&f, "R-3", "three.example", 1);
	whole(&f, AUTHORITY);
	fix_close(&f);
}

/* The peer's word has our head under its own line first: the receipt that comes back with
 * it is of the head as we signed it. */
static void
lines_of_a_word(void **unused)
{
	static const char newest[] =
		"SELECT %s FROM log_receipt WHERE party = 0 ORDER BY size DESC LIMIT 1";
	struct fix f;

	(void)unused;
	fix_open(&f);
	const char *c = story_begin(&f);
	keep(&f, AUTHORITY);
	story_end(&f, c);
	const char *note = fix_query_text(&f, PLATFORM,
					  arena_printf(f.a, newest, "note")),
		   *line = fix_query_text(&f, PLATFORM,
					  arena_printf(f.a, newest, "line"));
	int text = (int)(strstr(note, "\n\n") + 2 - note);
	fix_exec(&f, PLATFORM,
		 arena_printf(f.a,
			      "UPDATE log_head SET signed_note = '%.*s%s%s' WHERE party "
			      "= 0",
			      text, note, line, note + text));
	put_back(&f, AUTHORITY, STORE);
	recover(&f, AUTHORITY);
	assert_string_equal(
		fix_query_text(&f, AUTHORITY, arena_printf(f.a, newest, "note")), note);
	fix_reopen(&f, AUTHORITY);
	assert_int_equal(state(&f, AUTHORITY), LOG_OPEN);
	fix_close(&f);
}

/* Both went back, and the node has recorded something since: that is set aside. */
static void
both_went_back(void **unused)
{
	struct fix f;
	struct err e = ERR_INIT;
	json_t *r;

	(void)unused;
	fix_open(&f);
	const char *c = story_begin(&f);
	keep(&f, AUTHORITY);
	story_end(&f, c);
	put_back(&f, AUTHORITY, STORE | MARKS);
	assert_int_equal(state(&f, AUTHORITY), LOG_OPEN);
	const char *lost = fix_send(&f, "R-9", "nine.example", 1);
	fix_ok(ask(&f, AUTHORITY, &e), &e, "ask");
	assert_int_equal(state(&f, AUTHORITY), LOG_PULLS);
	takes_nothing(&f, "brought back");
	recover(&f, AUTHORITY);
	whole(&f, AUTHORITY);
	fix_same_case(&f, c);
	r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET", "/v1/recovery", NULL);
	json_t *aside = json_object_get(r, "aside");
	assert_int_equal(json_array_size(aside), 2); /* its part and its manifest */
	assert_string_equal(fix_text(json_array_get(aside, 1), "type"), "notice.send");
	assert_string_equal(fix_text(json_array_get(aside, 1), "case"), lost);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "GET",
		    arena_printf(f.a, "/v1/cases/%s", lost), NULL, RC_NOT_FOUND, "");
	fix_close(&f);
}

/* The peer says so before the node asks: by a 409. */
static void
told_by_conflict(void **unused)
{
	struct fix f;
	struct err e = ERR_INIT;

	(void)unused;
	fix_open(&f);
	const char *c = story_begin(&f);
	keep(&f, AUTHORITY);
	story_end(&f, c);
	put_back(&f, AUTHORITY, STORE | MARKS);
	assert_int_equal(exchange_push_resync(f.n[AUTHORITY].nd, FIX_PEER,
					      (uint64_t)size_of(&f, PLATFORM, AUTHORITY),
					      EXCHANGE_UNKNOWN, &e),
			 RC_CORRUPT);
	assert_int_equal(state(&f, AUTHORITY), LOG_ASKS);
	takes_nothing(&f, "lost some");
	recover(&f, AUTHORITY);
	whole(&f, AUTHORITY);
	fix_close(&f);
}

/* The marks are gone, the store is whole: nothing is pulled. */
static void
marks_lost(void **unused)
{
	struct fix f;

	(void)unused;
	fix_open(&f);
	const char *c = story_begin(&f);
	keep(&f, AUTHORITY);
	story_end(&f, c);
	put_back(&f, AUTHORITY, NO_MARKS);
	assert_int_equal(state(&f, AUTHORITY), LOG_ASKS);
	takes_nothing(&f, "marks");
	recover(&f, AUTHORITY);
	whole(&f, AUTHORITY);
	put_back(&f, AUTHORITY, MARKS);
	assert_int_equal(state(&f, AUTHORITY), LOG_ASKS);
	recover(&f, AUTHORITY);
	whole(&f, AUTHORITY);
	fix_close(&f);
}

/* What was signed and never arrived: the peer's word lets the mark go back, and is kept.
 */
static void
peer_has_less(void **unused)
{
	struct fix f;
	struct err e = ERR_INIT;
	struct exchange_push push;

	(void)unused;
	fix_open(&f);
	story_begin(&f);
	keep(&f, AUTHORITY);
	int64_t size = size_of(&f, AUTHORITY, AUTHORITY);
	fix_send(&f, "R-2", "two.example", 1);
	/* A head is signed; nothing of it arrives. */
	fix_ok(fix_push(&f, AUTHORITY, &push, &e), &e, "push");
	put_back(&f, AUTHORITY, STORE);
	assert_int_equal(state(&f, AUTHORITY), LOG_ASKS);
	recover(&f, AUTHORITY);
	assert_int_equal(state(&f, AUTHORITY), LOG_OPEN);
	/* What never left may have been a lift: resolvers are given nothing. */
	assert_true(held(&f));
	put_back(&f, AUTHORITY, 0);
	recover(&f, AUTHORITY);
	assert_true(held(&f));
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/zone/resume",
		 json_pack("{s:s}", "reason", "Looked at all of them."));
	assert_false(held(&f));
	put_back(&f, AUTHORITY, 0);
	recover(&f, AUTHORITY);
	assert_false(held(&f));
	assert_int_equal(state(&f, AUTHORITY), LOG_OPEN);
	assert_int_equal(size_of(&f, AUTHORITY, AUTHORITY), size);
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM regain_word"), 1);
	fix_send(&f, "R-3", "three.example", 1);
	whole(&f, AUTHORITY);
	fix_close(&f);
}

/* A head that we signed arrived, its entries did not: they are lost, a person must look.
 */
static void
entries_lost(void **unused)
{
	struct fix f;

	(void)unused;
	fix_open(&f);
	story_begin(&f);
	keep(&f, AUTHORITY);
	fix_send(&f, "R-2", "two.example", 1);
	assert_true(fix_carry(&f, AUTHORITY, CUT_CHECKPOINT));
	put_back(&f, AUTHORITY, STORE);
	recover(&f, AUTHORITY);
	assert_int_equal(state(&f, AUTHORITY), LOG_HALTED);
	takes_nothing(&f, "are lost");
	/* Also after a start, and with old marks. */
	put_back(&f, AUTHORITY, MARKS);
	assert_int_equal(state(&f, AUTHORITY), LOG_ASKS);
	recover(&f, AUTHORITY);
	assert_int_equal(state(&f, AUTHORITY), LOG_HALTED);
	fix_close(&f);
}

/* Both went back, and a head of something else was signed meanwhile: two histories. */
static void
two_histories(void **unused)
{
	struct fix f;
	struct err e = ERR_INIT;
	struct exchange_push push;

	(void)unused;
	fix_open(&f);
	const char *c = story_begin(&f);
	keep(&f, AUTHORITY);
	story_end(&f, c);
	put_back(&f, AUTHORITY, STORE | MARKS);
	fix_send(&f, "R-9", "nine.example", 1);
	fix_ok(fix_push(&f, AUTHORITY, &push, &e), &e, "push");
	int64_t size = size_of(&f, AUTHORITY, AUTHORITY);
	recover(&f, AUTHORITY);
	assert_int_equal(state(&f, AUTHORITY), LOG_HALTED);
	takes_nothing(&f, "two histories");
	assert_int_equal(size_of(&f, AUTHORITY, AUTHORITY), size);
	fix_close(&f);
}

/* Stopped after every answer, it goes on where it was. */
static void
interrupted(void **unused)
{
	struct fix f;
	struct err e = ERR_INIT;
	enum rc rc = RC_OK;

	(void)unused;
	fix_open(&f);
	const char *c = story_begin(&f);
	keep(&f, AUTHORITY);
	const char *second = story_end(&f, c);
	put_back(&f, AUTHORITY, STORE);
	for (int i = 0; rc == RC_OK || rc == RC_RETRY; i++) {
		assert_true(i < ROUNDS_MAX);
		rc = ask(&f, AUTHORITY, &e);
		if (rc == RC_RETRY)
			assert_true(fix_carry(&f, PLATFORM, CUT_NOTHING));
		if (rc == RC_OK && i % 2 == 1)
			put_back(&f, AUTHORITY, 0);
	}
	if (rc != RC_NOT_FOUND)
		fix_ok(rc, &e, "recover");
	whole(&f, AUTHORITY);
	fix_same_case(&f, c);
	fix_same_case(&f, second);
	fix_close(&f);
}

static struct fix *grows; /* the authority's log, before the next mark is read */
enum rc __real_signer_mark(struct signer *s, const char *origin, uint64_t *ret_size,
			   struct hash *ret_root, struct err *e);
enum rc __wrap_signer_mark(struct signer *s, const char *origin, uint64_t *ret_size,
			   struct hash *ret_root, struct err *e);

enum rc
__wrap_signer_mark(struct signer *s, const char *origin, uint64_t *ret_size,
		   struct hash *ret_root, struct err *e)
{
	char hex[HASH_HEX_LEN + 1];
	struct fix *f = grows;
	const char *note;
	struct hash h;
	size_t len;

	grows = NULL;
	if (f != NULL) {
		fix_send(f, "R-2", "two.example", 1);
		hash_bytes(origin, strlen(origin), &h);
		fix_ok(exchange_get_checkpoint(f->n[AUTHORITY].nd, FIX_PEER,
					       hash_hex(&h, hex), f->a, &note, &len, e),
		       e, "the peer asks for the head");
	}
	return __real_signer_mark(s, origin, ret_size, ret_root, e);
}

/* While the peer's word is judged, other threads write the log and sign it: the mark is
 * of the new head, and stays. */
static void
grows_while_judged(void **unused)
{
	struct fix f;
	struct err e = ERR_INIT;
	struct hash root;
	uint64_t mark = 0;

	(void)unused;
	fix_open(&f);
	story_begin(&f);
	keep(&f, AUTHORITY);
	int64_t before = size_of(&f, AUTHORITY, AUTHORITY);
	const char *origin = fix_query_text(
		&f, AUTHORITY, "SELECT origin FROM log_head WHERE party = 0");
	assert_int_equal(state(&f, AUTHORITY), LOG_OPEN);
	grows = &f;
	fix_ok(ask(&f, AUTHORITY, &e), &e, "ask");
	assert_null(grows);
	fix_ok(__real_signer_mark(f.n[AUTHORITY].nd->signer, origin, &mark, &root, &e),
	       &e, "mark");
	assert_int_equal(mark, size_of(&f, AUTHORITY, AUTHORITY));
	assert_true((int64_t)mark > before);
	assert_int_equal(state(&f, AUTHORITY), LOG_OPEN);
	assert_false(held(&f));
	whole(&f, AUTHORITY);
	fix_close(&f);
}

/* More disclosures than become durable at once, of a peer that first gives empty lines
 * only: each is an erased disclosure, but there are more than the events name, and none
 * costs more than its byte. */
static void
lines_without_end(void **unused)
{
	enum { ITEMS = 600, SAYS = 240, AT_ONCE = 256, MEMORY_KIB = 256 << 10 };
	struct rusage before, after;
	struct fix f;
	struct err e = ERR_INIT;
	enum rc rc = RC_OK;

	(void)unused;
	fix_open(&f);
	story_begin(&f);
	keep(&f, AUTHORITY);
	const char *c = fix_send(&f, "R-2", "two.example", ITEMS);
	for (int i = 0; i < SAYS; i++)
		fix_act(&f, AUTHORITY, c, "say", json_pack("{s:s}", "text", "again"));
	fix_settle(&f);
	put_back(&f, AUTHORITY, STORE);
	only_lf = true;
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	for (int i = 0; rc == RC_OK; i++) {
		assert_true(i < ROUNDS_MAX);
		rc = ask(&f, AUTHORITY, &e);
	}
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	only_lf = false;
	assert_int_equal(rc, RC_UNPROCESSABLE);
	assert_non_null(strstr(e.text, "other disclosures than"));
	assert_true(after.ru_maxrss < before.ru_maxrss + MEMORY_KIB);
	most_said = 0;
	recover(&f, AUTHORITY);
	assert_true(most_said > AT_ONCE);
	whole(&f, AUTHORITY);
	fix_same_case(&f, c);
	fix_close(&f);
}

/* The platform's side is the same act. */
static void
platform_too(void **unused)
{
	struct fix f;

	(void)unused;
	fix_open(&f);
	const char *c = story_begin(&f);
	keep(&f, PLATFORM);
	const char *second = story_end(&f, c);
	put_back(&f, PLATFORM, STORE);
	assert_int_equal(state(&f, PLATFORM), LOG_ASKS);
	recover(&f, PLATFORM);
	whole(&f, PLATFORM);
	fix_same_case(&f, c);
	fix_same_case(&f, second);
	fix_close(&f);
}

static const char *
in_force(struct fix *f, const char *names, const char *casefile)
{
	json_t *r = fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/orders",
			     fix_order(names, casefile));
	const char *const approvers[] = {f->n[AUTHORITY].approver,
					 f->n[AUTHORITY].approver2};

	for (size_t i = 0; i < 2; i++)
		fix_must(
			f, AUTHORITY, approvers[i], "POST",
			arena_printf(f->a, "/v1/orders/%s/approve", fix_text(r, "order")),
			json_pack("{s:s}", "text_sha256", fix_text(r, "text_sha256")));
	return fix_text(r, "order");
}

static void
lift(struct fix *f, const char *order)
{
	fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
		 arena_printf(f->a, "/v1/orders/%s/lift", order),
		 json_pack("{s:s}", "reason", "They answered."));
}

/* What was lifted since the copy was made is not served as a block again; what people
 * lift on the old copy stays lifted, and is on record when the log is whole. */
static void
lifts_stay(void **unused)
{
	struct fix f;
	struct err e = ERR_INIT;
	int64_t wait_us;

	(void)unused;
	fix_open(&f);
	const char *c = fix_send(&f, "R-1", "bad.example", 2);
	fix_make_overdue(&f, c);
	const char *first = in_force(&f, "[\"bad.example\"]", c);
	const char *second = in_force(&f, "[\"worse.example\"]", c);
	fix_settle(&f);
	keep(&f, AUTHORITY);
	lift(&f, first);
	fix_settle(&f);
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "worse.example");
	put_back(&f, AUTHORITY, STORE | MARKS);
	/* Nothing tells it yet that it is old. */
	lift(&f, second);
	fix_ok(ask(&f, AUTHORITY, &e), &e, "ask");
	assert_int_equal(state(&f, AUTHORITY), LOG_PULLS);
	assert_true(held(&f));
	recover(&f, AUTHORITY);
	assert_false(held(&f));
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "");
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "order.lift"), 1);
	fix_ok(service_tick(f.n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "order.lift"), 2);
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "");
	whole(&f, AUTHORITY);
	fix_close(&f);
}

/* An event of the peer acknowledges more than there is: noticed before anything of the
 * old copy is signed for it. */
static void
told_by_ack(void **unused)
{
	struct fix f;

	(void)unused;
	fix_open(&f);
	const char *c = story_begin(&f);
	keep(&f, AUTHORITY);
	const char *second = story_end(&f, c);
	put_back(&f, AUTHORITY, STORE | MARKS);
	assert_int_equal(state(&f, AUTHORITY), LOG_OPEN);
	fix_act(&f, PLATFORM, c, "say", json_pack("{s:s}", "text", "Still there?"));
	while (state(&f, AUTHORITY) == LOG_OPEN)
		assert_true(fix_carry(&f, PLATFORM, CUT_NOTHING));
	assert_int_equal(state(&f, AUTHORITY), LOG_ASKS);
	takes_nothing(&f, "this node lost some");
	recover(&f, AUTHORITY);
	whole(&f, AUTHORITY);
	fix_same_case(&f, c);
	fix_same_case(&f, second);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_a_word),   cmocka_unit_test(store_went_back),
		cmocka_unit_test(both_went_back),    cmocka_unit_test(told_by_conflict),
		cmocka_unit_test(marks_lost),	     cmocka_unit_test(peer_has_less),
		cmocka_unit_test(entries_lost),	     cmocka_unit_test(two_histories),
		cmocka_unit_test(interrupted),	     cmocka_unit_test(told_by_ack),
		cmocka_unit_test(platform_too),	     cmocka_unit_test(lifts_stay),
		cmocka_unit_test(lines_without_end), cmocka_unit_test(grows_while_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
