/*
 * What a receipt says of a message is one thing, for ever: there is none for what failed,
 * however often it is sent; all who send at once get the same one; and what comes later
 * takes none back (protocol 4).
 */
#include "foe.h"

#include <pthread.h>
#include <string.h>

#define NODE	  PARTY_PLATFORM
#define AUTHORITY PARTY_AUTHORITY

#define CASE_1 "01980000-0000-7000-8000-000000000001"
#define CASE_2 "01980000-0000-7000-8000-000000000002"

enum { SENDERS = 8, TRIES = 3, A_YEAR = 365 * 86400 };

static int64_t
receipts(struct fix *f)
{
	return fix_query(f, NODE, "SELECT count(*) FROM log_receipt WHERE party = 0");
}

static void
head_sent(struct foe *x)
{
	struct mirror_checkpoint cp = foe_checkpoint(x);
	struct err e = ERR_INIT;

	fix_ok(foe_send_checkpoint(x, &cp, &e), &e, "checkpoint");
}

static void
refused_again_and_again(struct foe *x, const char *why)
{
	int64_t had = receipts(x->f);

	for (int i = 0; i < TRIES; i++) {
		struct mirror_entries req = foe_entries(x);
		struct exchange_answer answer;
		struct err e = ERR_INIT;
		assert_int_equal(foe_send_entries(x, &req, &answer, &e),
				 RC_UNPROCESSABLE);
		assert_non_null(strstr(e.text, why));
		assert_null(answer.cosignature);
		assert_int_equal(receipts(x->f), had);
		if (i == 0)
			fix_reopen(x->f, NODE);
	}
}

/* A duplicate of a message that failed is no message that came. */
static void
failed_twice(void **state)
{
	struct fix f;
	struct foe x;
	struct exchange_answer answer;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_notice(&x, CASE_1, 2);
	head_sent(&x);
	refused_again_and_again(&x, "did not come before it");
	/* Whole it is one, and then the same again is. */
	fix_ok(foe_send_disclosures(&x, &e), &e, "disclosures");
	struct mirror_entries req = foe_entries(&x);
	fix_ok(foe_send_entries(&x, &req, &answer, &e), &e, "entries");
	assert_non_null(answer.cosignature);
	assert_int_equal(receipts(&f), 1);
	/* One that can never be whole. */
	foe_append(&x, &(struct foe_event){.type = "channel.hello",
					   .seed = x.receipt,
					   .kid_seed = x.event});
	head_sent(&x);
	refused_again_and_again(&x, "");
	foe_close(&x);
	fix_close(&f);
}

struct sender {
	struct foe *x;
	struct mirror_entries req;
	struct arena *a;
	struct exchange_answer answer;
	enum rc rc;
	pthread_t thread;
	pthread_barrier_t *all;
};

static void *
sender(void *arg)
{
	struct sender *s = arg;
	struct err e = ERR_INIT;

	pthread_barrier_wait(s->all);
	do
		s->rc = exchange_add_entries(s->x->f->n[NODE].nd, s->x->peer, &s->req,
					     s->a, &s->answer, &e);
	while (s->rc == RC_LIMIT && s->answer.cosignature == NULL);
	return NULL;
}

/* The same message from many at once: one receipt, and all have it.  Another message has
 * another. */
static void
all_at_once(void **state)
{
	static const char *const cases[] = {CASE_1, CASE_2};
	struct sender senders[SENDERS];
	pthread_barrier_t all;
	const char *before = "";
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	assert_int_equal(pthread_barrier_init(&all, NULL, SENDERS), 0);
	for (int round = 0; round < 2; round++) {
		foe_notice(&x, cases[round], 40);
		fix_ok(foe_send_disclosures(&x, &e), &e, "disclosures");
		head_sent(&x);
		for (int i = 0; i < SENDERS; i++) {
			senders[i] = (struct sender){.x = &x,
						     .req = foe_entries(&x),
						     .a = arena_create(),
						     .all = &all};
			assert_int_equal(pthread_create(&senders[i].thread, NULL, sender,
							&senders[i]),
					 0);
		}
		for (int i = 0; i < SENDERS; i++)
			pthread_join(senders[i].thread, NULL);
		const char *line = arena_strdup(f.a, senders[0].answer.cosignature);
		for (int i = 0; i < SENDERS; i++) {
			assert_int_equal(senders[i].rc, RC_OK);
			assert_string_equal(senders[i].answer.cosignature, line);
			arena_free(senders[i].a);
		}
		assert_string_not_equal(line, before);
		assert_int_equal(receipts(&f), round + 1);
		before = line;
		x.stored = x.n;
	}
	pthread_barrier_destroy(&all);
	foe_close(&x);
	fix_close(&f);
}

/* The proof of event 0, with the receipt under its head. */
static const char *
proof_of(struct foe *x)
{
	char hex[HASH_HEX_LEN + 1];
	struct err e = ERR_INIT;
	const char *proof;
	struct hash h;
	size_t len;

	hash_bytes(x->origin, strlen(x->origin), &h);
	hash_hex(&h, hex);
	fix_ok(exchange_get_proof(x->f->n[NODE].nd, x->peer, hex, 0, x->f->a, &proof,
				  &len, &e),
	       &e, "proof");
	return proof;
}

/* After a receipt nothing says that there was none: not a bad message, not the same one a
 * year later, not another start. */
static void
it_stays(void **state)
{
	struct fix f;
	struct foe x;
	struct exchange_answer answer;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_notice(&x, CASE_1, 2);
	fix_ok(foe_send_disclosures(&x, &e), &e, "disclosures");
	head_sent(&x);
	struct mirror_entries req = foe_entries(&x);
	fix_ok(foe_send_entries(&x, &req, &answer, &e), &e, "entries");
	const char *line = arena_strdup(f.a, answer.cosignature), *proof = proof_of(&x);
	assert_non_null(strstr(proof, line));
	fix_clock_add((int64_t)A_YEAR * FIX_S);
	fix_ok(foe_send_entries(&x, &req, &answer, &e), &e, "a year later");
	assert_string_equal(answer.cosignature, line);
	foe_append(&x, &(struct foe_event){.type = "channel.hello",
					   .seed = x.receipt,
					   .kid_seed = x.event});
	head_sent(&x);
	struct mirror_entries bad = foe_entries(&x);
	assert_int_equal(foe_send_entries(&x, &bad, &answer, &e), RC_UNPROCESSABLE);
	/* The head that came is another now: out of step, and no word about the message.
	 */
	assert_int_equal(foe_send_entries(&x, &req, &answer, &e), RC_CONFLICT);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(proof_of(&x), proof);
		assert_int_equal(receipts(&f), 1);
		assert_string_equal(fix_query_text(&f, NODE,
						   "SELECT line FROM log_receipt WHERE "
						   "party = 0"),
				    line);
		fix_reopen(&f, NODE);
	}
	foe_close(&x);
	fix_close(&f);
}

/* What people read of the newest event of a type. */
static const char *
level_of(struct fix *f, enum party p, const char *casefile, const char *type)
{
	json_t *row, *found = NULL;
	size_t i;

	json_array_foreach (json_object_get(fix_case(f, p, casefile), "timeline"), i, row)
		if (strcmp(fix_text(row, "type"), type) == 0)
			found = row;
	assert_non_null(found);
	return fix_text(found, "level");
}

/* On both nodes, and never more than the other one signed: what is on its way, and what
 * it has without that we know, is its author's word alone. */
static void
levels(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "R-1", "one.example", 1);
	assert_string_equal(level_of(&f, AUTHORITY, c, "notice.send"), "appended");
	/* It is there and receipted, and the receipt is lost on its way. */
	fix_carry(&f, AUTHORITY, CUT_ENTRIES);
	assert_int_equal(receipts(&f), 1);
	assert_string_equal(level_of(&f, AUTHORITY, c, "notice.send"), "appended");
	assert_string_equal(fix_text(fix_case(&f, AUTHORITY, c), "state"), "sent");
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++)
		assert_string_equal(level_of(&f, (enum party)p, c, "notice.send"),
				    "received");
	/* That it has it is not that it took it. */
	assert_string_equal(fix_text(fix_case(&f, AUTHORITY, c), "state"), "received");
	fix_act(&f, NODE, c, "accept", NULL);
	assert_string_equal(level_of(&f, NODE, c, "case.accept"), "appended");
	assert_string_equal(fix_text(fix_case(&f, AUTHORITY, c), "state"), "received");
	fix_settle(&f);
	assert_string_equal(fix_text(fix_case(&f, AUTHORITY, c), "state"), "accepted");
	fix_close(&f);
}

/* A sender that knows that everything is there, and has no receipt for it (that one's key
 * was rotated since, an old copy came back), asks for it. */
static void
asked_for(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;

	(void)state;
	fix_open(&f);
	fix_settle(&f);
	fix_send(&f, "R-1", "bad.example", 1);
	int64_t size =
		fix_query(&f, AUTHORITY, "SELECT size FROM log_head WHERE party = 0");
	fix_carry(&f, AUTHORITY, CUT_ENTRIES);
	fix_ok(exchange_push_resync(f.n[AUTHORITY].nd, FIX_PEER, (uint64_t)size,
				    (uint64_t)size, &e),
	       &e, "all is there");
	assert_true(fix_carry(&f, AUTHORITY, CUT_NOTHING));
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT max(size) FROM log_receipt WHERE party = 0"),
			 size);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failed_twice), cmocka_unit_test(all_at_once),
		cmocka_unit_test(it_stays),	cmocka_unit_test(levels),
		cmocka_unit_test(asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
