/*
 * Two histories of one node (protocol 7): the clone is found out, or finds itself, the
 * wrong branch comes back, both sides agree, and the channel goes on with all that was
 * receipted.
 */
#include "node_fixture.h"

#include <stdio.h>
#include <string.h>

#include "core/bundle.h"
#include "service/recovery.h"

#define AUTHORITY PARTY_AUTHORITY
#define NODE	  PARTY_PLATFORM

enum { TRIES = 8 };

static int64_t
proofs(struct fix *f, enum party p)
{
	return fix_query(f, p, "SELECT count(*) FROM fraud WHERE proof <> ''");
}

static bool
frozen(struct fix *f, enum party p, int64_t channel)
{
	return channel_is_frozen(f->n[p].nd, channel);
}

/* Entries or disclosures of a log that comes back. */
static enum rc
give(struct node *to, struct arena *a, const struct exchange_question *q,
     const char **ret, size_t *ret_len, struct err *e)
{
	char log[HASH_HEX_LEN + 1];
	const uint8_t *tile;
	enum rc rc;

	snprintf(log, sizeof(log), "%.64s", q->call);
	if (q->kind != EXCHANGE_ASK_ENTRIES)
		return exchange_get_disclosures(to, FIX_PEER, log,
						q->call + HASH_HEX_LEN +
							strlen("/disclosures/"),
						a, ret, ret_len, e);
	rc = exchange_get_tile(to, FIX_PEER, log, true, 0, q->from / MIRROR_PACKAGE,
			       (unsigned)(q->to - q->from), a, &tile, ret_len, e);
	*ret = rc == RC_OK ? (const char *)tile : NULL;
	return rc;
}

/* What `p` has to tell or to ask, once.  RC_NOT_FOUND: nothing. */
static enum rc
ask(struct fix *f, enum party p, struct err *e)
{
	struct node *from = f->n[p].nd, *to = f->n[p == AUTHORITY ? NODE : AUTHORITY].nd;
	struct exchange_question q;
	struct arena *a = arena_create();
	const char *text = "";
	size_t len = 0;
	int64_t wait_us;
	enum rc rc = exchange_ask_next(from, FIX_PEER, a, &q, &wait_us, e);

	if (rc == RC_OK && q.kind == EXCHANGE_ASK_HELD)
		rc = exchange_held(to, FIX_PEER, q.body, strlen(q.body), a, &text, e);
	else if (rc == RC_OK && q.kind == EXCHANGE_TELL_FRAUD)
		rc = exchange_add_fraud(to, FIX_PEER, q.body, strlen(q.body), e);
	else if (rc == RC_OK && q.kind == EXCHANGE_TELL_EPOCH)
		rc = exchange_add_epoch(to, FIX_PEER, q.body, strlen(q.body), a, &text,
					e);
	else if (rc == RC_OK)
		rc = give(to, a, &q, &text, &len, e);
	if (rc == RC_OK)
		rc = exchange_ask_done(from, FIX_PEER, a, &q, text,
				       len == 0 ? strlen(text) : len, e);
	arena_free(a);
	return rc;
}

/* Two histories of one node: its store and marks as they are now, under a name ... */
static void
keep(struct fix *f, enum party p, const char *name)
{
	const char *dir = f->n[p].dir;

	fix_shut(f, p);
	fix_store_keep(f, p, name);
	fix_copy(arena_printf(f->a, "%s/marks", dir),
		 arena_printf(f->a, "%s/%s.marks", dir, name));
	fix_reopen(f, p);
}

/* ... and the node as it was then. */
static void
become(struct fix *f, enum party p, const char *name)
{
	const char *dir = f->n[p].dir;

	fix_shut(f, p);
	fix_store_put_back(f, p, name);
	fix_copy(arena_printf(f->a, "%s/%s.marks", dir, name),
		 arena_printf(f->a, "%s/marks", dir));
	fix_reopen(f, p);
}

static void
ask_all(struct fix *f)
{
	struct err e = ERR_INIT;

	for (int i = 0; i < TRIES; i++)
		for (int p = 0; p < PARTY_COUNT; p++)
			(void)ask(f, (enum party)p, &e);
}

/* A bundle of the case shows what was signed twice, and that both sides went on. */
static void
bundle_has(struct fix *f, enum party p, const char *casefile, size_t frauds,
	   size_t epochs)
{
	json_t *in = json_object();
	const struct service_route *r;
	struct bundle_report report;
	const struct actor *who;
	struct reply out = {0};
	struct err e = ERR_INIT;

	fix_ok(actor_authenticate(f->n[p].nd, f->a, f->n[p].auditor, &who, &e), &e,
	       "who");
	fix_ok(service_route_find("GET",
				  arena_printf(f->a, "/v1/cases/%s/bundle", casefile), in,
				  &r, &e),
	       &e, "route");
	fix_ok(service_run(f->n[p].nd, f->a, r, who, in, &out, &e), &e, "bundle");
	fix_ok(bundle_verify(f->a, out.bytes, out.len, NULL, &report, &e), &e, "verify");
	assert_int_equal(report.n_frauds, frauds);
	assert_int_equal(report.n_epochs, epochs);
	for (size_t i = 0; i < frauds; i++)
		assert_int_equal(report.frauds[i].whose, AUTHORITY);
	for (size_t i = 0; i < epochs; i++)
		assert_int_equal(report.epochs[i].epoch, 1);
	json_decref(in);
}

/* A clone goes on and is found out; the proof comes to the owner; the clone is thrown
 * away; people of both sides agree; everything that was receipted is there, and the
 * channel goes on. */
static void
a_clone_and_back(void **state)
{
	struct err e = ERR_INIT;
	enum rc rc = RC_OK;
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "R-1", "one.example", 1);
	fix_settle(&f);
	keep(&f, AUTHORITY, "clone");
	fix_send(&f, "R-2", "two.example", 1);
	fix_settle(&f);
	keep(&f, AUTHORITY, "owner");

	become(&f, AUTHORITY, "clone");
	fix_send(&f, "R-9", "nine.example", 1);
	for (int i = 0; i < TRIES && rc == RC_OK; i++)
		rc = fix_carry_try(&f, AUTHORITY, CUT_NOTHING, &e);
	assert_int_equal(rc, RC_FROZEN);
	assert_true(frozen(&f, NODE, FIX_PEER));
	/* The owner is back, and learns of it. */
	become(&f, AUTHORITY, "owner");
	ask_all(&f);
	assert_true(frozen(&f, AUTHORITY, FIX_PEER));
	assert_int_equal(proofs(&f, AUTHORITY), 1);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    arena_printf(f.a, "/v1/cases/%s/say", c),
		    json_pack("{s:s}", "text", "Well?"), RC_FROZEN, "is frozen");

	bundle_has(&f, AUTHORITY, c, 1, 0);
	json_t *r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST",
			     "/v1/channel/epoch", NULL);
	assert_false(json_is_true(json_object_get(r, "begun")));
	ask_all(&f);
	assert_true(frozen(&f, AUTHORITY, FIX_PEER) && frozen(&f, NODE, FIX_PEER));
	r = fix_must(&f, NODE, f.n[NODE].admin, "POST", "/v1/channel/epoch", NULL);
	assert_true(json_is_true(json_object_get(r, "begun")));
	ask_all(&f);
	assert_false(frozen(&f, AUTHORITY, FIX_PEER) || frozen(&f, NODE, FIX_PEER));
	const char *on = fix_send(&f, "R-3", "three.example", 1);
	fix_settle(&f);
	fix_same_case(&f, on);
	for (int p = 0; p < PARTY_COUNT; p++) {
		assert_int_equal(
			fix_events(&f, (enum party)p, AUTHORITY, "channel.epoch"), 1);
		assert_int_equal(fix_events(&f, (enum party)p, NODE, "channel.epoch"), 1);
		assert_int_equal(
			fix_query(&f, (enum party)p,
				  "SELECT count(*) FROM v_case WHERE manifest <> 0"),
			3);
		fix_rebuilt_equal(&f, (enum party)p);
		bundle_has(&f, (enum party)p, c, 1, 2);
	}
	fix_close(&f);
}

/* The clone itself finds it, when the other side only says what it has. */
static void
a_clone_finds_itself(void **state)
{
	struct err e = ERR_INIT;
	struct fix f;

	(void)state;
	fix_open(&f);
	fix_send(&f, "R-1", "one.example", 1);
	fix_settle(&f);
	keep(&f, AUTHORITY, "clone");
	fix_send(&f, "R-2", "two.example", 1);
	fix_settle(&f);
	become(&f, AUTHORITY, "clone");
	struct exchange_push push;
	fix_send(&f, "R-8", "eight.example", 1);
	fix_send(&f, "R-9", "nine.example", 1);
	/* It signs a head, which is lost on its way. */
	fix_ok(fix_push(&f, AUTHORITY, &push, &e), &e, "push");
	ask_all(&f);
	assert_true(frozen(&f, AUTHORITY, FIX_PEER));
	assert_true(frozen(&f, NODE, FIX_PEER));
	assert_int_equal(proofs(&f, NODE), 1);
	fix_close(&f);
}

/* The node with the wrong branch comes back while the channel is frozen: a store from
 * before the two parted, without its own marks, brings the log back from the peer, which
 * takes nothing and gives what it has; then both sides agree. */
static void
the_wrong_branch_comes_back(void **state)
{
	struct err e = ERR_INIT;
	enum rc rc = RC_OK;
	struct fix f;

	(void)state;
	fix_open(&f);
	fix_send(&f, "R-1", "one.example", 1);
	fix_settle(&f);
	keep(&f, AUTHORITY, "before");
	fix_send(&f, "R-2", "two.example", 1);
	fix_settle(&f);
	int64_t size = fix_query(&f, NODE, "SELECT size FROM log_head WHERE party = 0");
	become(&f, AUTHORITY, "before");
	fix_send(&f, "R-9", "nine.example", 1);
	for (int i = 0; i < TRIES && rc == RC_OK; i++)
		rc = fix_carry_try(&f, AUTHORITY, CUT_NOTHING, &e);
	assert_int_equal(rc, RC_FROZEN);
	ask_all(&f);
	assert_true(frozen(&f, AUTHORITY, FIX_PEER) && frozen(&f, NODE, FIX_PEER));
	fix_shut(&f, AUTHORITY);
	fix_store_put_back(&f, AUTHORITY, "before");
	fix_marks_drop_own(&f, AUTHORITY);
	fix_reopen(&f, AUTHORITY);
	assert_int_equal(recovery_state(f.n[AUTHORITY].nd, FIX_PEER), LOG_ASKS);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/channel/epoch",
		    NULL, RC_FROZEN, "whole log");
	ask_all(&f);
	assert_int_equal(recovery_state(f.n[AUTHORITY].nd, FIX_PEER), LOG_OPEN);
	assert_int_equal(
		fix_query(&f, AUTHORITY, "SELECT size FROM log_head WHERE party = 0"),
		size);
	assert_true(frozen(&f, NODE, FIX_PEER));
	for (int p = 0; p < PARTY_COUNT; p++)
		fix_must(&f, (enum party)p, f.n[p].admin, "POST", "/v1/channel/epoch",
			 NULL);
	ask_all(&f);
	assert_false(frozen(&f, AUTHORITY, FIX_PEER) || frozen(&f, NODE, FIX_PEER));
	const char *on = fix_send(&f, "R-3", "three.example", 1);
	fix_settle(&f);
	fix_same_case(&f, on);
	for (int p = 0; p < PARTY_COUNT; p++)
		fix_rebuilt_equal(&f, (enum party)p);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clone_and_back),
		cmocka_unit_test(a_clone_finds_itself),
		cmocka_unit_test(the_wrong_branch_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
