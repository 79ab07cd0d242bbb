/*
 * A node whose store or marks went back, and a peer that would have its word used for it:
 * claims that it does not show, and receipts for another history (protocol 6).
 */
#include "foe.h"

#include <string.h>
#include <unistd.h>

#include "service/node_int.h"
#include "service/recovery.h"

#define PLATFORM PARTY_PLATFORM

#define FOE_CASE "01980000-0000-7000-8000-000000000001"

/* What a claim has to be shown within passes here. */
static int64_t mono_add_us;
int64_t __real_clock_mono_us(void);
int64_t __wrap_clock_mono_us(void);

int64_t
__wrap_clock_mono_us(void)
{
	return __real_clock_mono_us() + mono_add_us;
}

/* A store that went back does not know every receipt that it gave.  The marks do, those
 * of its own log lost or not: a peer gets no receipt for another history. */
static void
receipts_of_an_old_store(void **unused)
{
	struct err e = ERR_INIT;
	struct fix f;
	struct foe x;

	(void)unused;
	fix_open_one(&f, PLATFORM);
	foe_open(&x, &f, 1);
	foe_notice(&x, FOE_CASE, 1);
	fix_ok(foe_send(&x, &e), &e, "what the copy has");
	const uint64_t had = x.n;
	fix_shut(&f, PLATFORM);
	fix_store_keep(&f, PLATFORM, "kept");
	fix_reopen(&f, PLATFORM);
	foe_append(&x, &(struct foe_event){.type = "message.post",
					   .casefile = FOE_CASE,
					   .texts = {{"text", "\"one\""}}});
	fix_ok(foe_send(&x, &e), &e, "what it has not");
	fix_shut(&f, PLATFORM);
	fix_store_put_back(&f, PLATFORM, "kept");
	fix_marks_drop_own(&f, PLATFORM);
	fix_reopen(&f, PLATFORM);
	foe_drop(&x, 1);
	x.pending = x.stored = had;
	foe_append(&x, &(struct foe_event){.type = "message.post",
					   .casefile = FOE_CASE,
					   .texts = {{"text", "\"other\""}}});
	assert_int_equal(foe_send(&x, &e), RC_FROZEN);
	assert_non_null(strstr(e.text, "two histories"));
	foe_close(&x);
	fix_close(&f);
}

/* The mark of a peer's log is there before its first event, and one that is lost is again
 * that of the newest receipt. */
static void
marks_of_a_peer(void **unused)
{
	struct err e = ERR_INIT;
	struct hash root;
	uint64_t size;
	struct fix f;
	struct foe x;

	(void)unused;
	fix_open_one(&f, PLATFORM);
	foe_open(&x, &f, 1);
	fix_ok(signer_mark(f.n[PLATFORM].nd->signer, x.origin, &size, &root, &e), &e,
	       "begun");
	assert_int_equal(size, 0);
	foe_notice(&x, FOE_CASE, 1);
	fix_ok(foe_send(&x, &e), &e, "a notice");
	fix_shut(&f, PLATFORM);
	unlink(arena_printf(f.a, "%s/marks", f.n[PLATFORM].dir));
	fix_reopen(&f, PLATFORM);
	foe_append(&x, &(struct foe_event){.type = "message.post",
					   .casefile = FOE_CASE,
					   .texts = {{"text", "\"one\""}}});
	fix_ok(foe_send(&x, &e), &e, "more");
	fix_ok(signer_mark(f.n[PLATFORM].nd->signer, x.origin, &size, &root, &e), &e,
	       "again");
	assert_int_equal(size, x.n);
	foe_close(&x);
	fix_close(&f);
}

/* A peer that says so and shows nothing does not freeze the log for long, and only once;
 * nothing goes to it before it has answered. */
static void
empty_claims(void **unused)
{
	const struct node *nd;
	struct exchange_question q;
	struct err e = ERR_INIT;
	int64_t wait_us;
	struct fix f;
	struct foe x;

	(void)unused;
	fix_open(&f);
	foe_open(&x, &f, 1);
	nd = f.n[PLATFORM].nd;
	foe_append(&x, &(struct foe_event){.type = "channel.test",
					   .body = "{\"test\":\"01890a5d-ac96-774b-bcce-"
						   "b302099a8057\",\"due\":1}",
					   .ack_size = 1});
	fix_ok(foe_send(&x, &e), &e, "what is there");
	assert_int_equal(recovery_state(f.n[PLATFORM].nd, x.peer), LOG_OPEN);
	for (int i = 0; i < 2; i++) {
		foe_append(&x, &(struct foe_event){.type = "event.refuse",
						   .ack_size = 1000000});
		fix_ok(foe_send(&x, &e), &e, "more than there is");
		assert_int_equal(recovery_state(f.n[PLATFORM].nd, x.peer),
				 i == 0 ? LOG_ASKS : LOG_OPEN);
		assert_false(nd->asked[x.peer]);
		fix_ok(exchange_ask_next(f.n[PLATFORM].nd, x.peer, f.a, &q, &wait_us, &e),
		       &e, "ask");
		assert_int_equal(q.kind, EXCHANGE_ASK_HELD);
		mono_add_us += (RECOVERY_CLAIM_S - 1) * FIX_S;
		fix_ok(service_tick(f.n[PLATFORM].nd, FIX_S, &wait_us, &e), &e, "tick");
		assert_int_equal(recovery_state(f.n[PLATFORM].nd, x.peer),
				 i == 0 ? LOG_ASKS : LOG_OPEN);
		mono_add_us += 2 * FIX_S;
		fix_ok(service_tick(f.n[PLATFORM].nd, FIX_S, &wait_us, &e), &e, "tick");
		assert_int_equal(recovery_state(f.n[PLATFORM].nd, x.peer), LOG_OPEN);
	}
	foe_close(&x);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(receipts_of_an_old_store),
		cmocka_unit_test(marks_of_a_peer),
		cmocka_unit_test(empty_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
