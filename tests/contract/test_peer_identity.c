/*
 * Two calls of their own kind (protocol 5 and 9): the one that anybody may make, as a
 * peer whose keys are new has a TLS key that nobody knows; and the one of who can only
 * call out.
 */
#include "peer_fixture.h"

#include <string.h>

#include "core/identity_log.h"

enum { ALICE = 7, BOB = 9 };

#define ENTRIES "entry 0\nentry 1\n"

static void
assert_got(const struct got *got, long status, const char *text)
{
	if (got->status != status || strstr(got->body, text) == NULL)
		fail_msg("expected %ld and \"%s\", got %ld and \"%s\"", status, text,
			 got->status, got->body);
}

static void
anyone_brings_entries(void **state)
{
	const struct ask post = {.method = "POST",
				 .path = "/peer/v1/identity",
				 .body = ENTRIES,
				 .len = strlen(ENTRIES)};
	struct ask how = post;
	struct side alice, bob, stranger, expired;
	struct got got;

	(void)state;
	side_init(&alice, DATES_GOOD);
	side_init(&bob, DATES_GOOD);
	side_init(&stranger, DATES_GOOD);
	side_init(&expired, DATES_EXPIRED);
	introduce(&bob, &alice, ALICE);
	side_serve(&bob, 0);
	const struct side *who[] = {&alice, &stranger, &expired, NULL};
	for (size_t i = 0; i < sizeof(who) / sizeof(who[0]); i++) {
		bob.node.identity_len = 0;
		ask(who[i], &bob, &post, &got);
		assert_got(&got, 200, "");
		assert_int_equal(bob.node.identity_len, strlen(ENTRIES));
	}
	/* That path, byte for byte, and that method. */
	bob.node.identity_len = 0;
	how.path = "/peer/v1/identity/";
	ask(&stranger, &bob, &how, &got);
	assert_got(&got, 403, "unknown key");
	how.path = "/peer/v1/held";
	ask(&stranger, &bob, &how, &got);
	assert_got(&got, 403, "unknown key");
	how = (struct ask){.method = "GET", .path = post.path};
	ask(&stranger, &bob, &how, &got);
	assert_got(&got, 403, "unknown key");
	ask(&alice, &bob, &how, &got);
	assert_got(&got, 200, "entry 0");
	how.method = "DELETE";
	ask(&alice, &bob, &how, &got);
	assert_got(&got, 405, "another method");
	how = post;
	how.body = NULL;
	how.len = IDENTITY_LOG_MAX + 1;
	ask(&stranger, &bob, &how, &got);
	assert_got(&got, 413, "at most");
	assert_int_equal(bob.node.identity_len, 0);
	bob.node.identity_rc = RC_CONFLICT;
	ask(&stranger, &bob, &post, &got);
	assert_got(&got, 409, "protocol 9: no");
	bob.node.identity_rc = RC_UNPROCESSABLE;
	ask(&stranger, &bob, &post, &got);
	assert_got(&got, 422, "protocol 9: no");
	side_free(&expired);
	side_free(&stranger);
	side_free(&bob);
	side_free(&alice);
}

/* A proof of equivocation is taken with 202, and what is said of an epoch is answered. */
static void
proofs_and_epochs(void **state)
{
	static const struct {
		enum rc rc;
		long status;
	} rows[] = {{RC_UNPROCESSABLE, 422}, {RC_CONFLICT, 409}, {RC_FROZEN, 423}};
	const struct ask fraud = {.method = "POST",
				  .path = "/peer/v1/fraud",
				  .body = "{}",
				  .len = strlen("{}")};
	const struct ask epoch = {.method = "POST",
				  .path = "/peer/v1/epoch",
				  .body = "x.y.z",
				  .len = strlen("x.y.z")};
	const struct ask shown = {.method = "GET", .path = "/peer/v1/fraud"};
	struct side alice, bob, stranger;
	struct got got;

	(void)state;
	side_init(&alice, DATES_GOOD);
	side_init(&bob, DATES_GOOD);
	side_init(&stranger, DATES_GOOD);
	introduce(&bob, &alice, ALICE);
	side_serve(&bob, 0);
	ask(&stranger, &bob, &shown, &got);
	assert_got(&got, 403, "unknown key");
	ask(&alice, &bob, &shown, &got);
	assert_got(&got, 200, "{\"kind\":\"heads\"}");
	FAKE_SET(&bob.node, get_rc, RC_NOT_FOUND);
	ask(&alice, &bob, &shown, &got);
	assert_got(&got, 404, "as told");
	FAKE_SET(&bob.node, get_rc, RC_OK);
	ask(&stranger, &bob, &fraud, &got);
	assert_got(&got, 403, "unknown key");
	ask(&stranger, &bob, &epoch, &got);
	assert_got(&got, 403, "unknown key");
	ask(&alice, &bob, &fraud, &got);
	assert_got(&got, 202, "");
	assert_string_equal(bob.node.got, "fraud {}");
	ask(&alice, &bob, &epoch, &got);
	assert_got(&got, 200, "ours");
	assert_string_equal(bob.node.got, "epoch x.y.z");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FAKE_SET(&bob.node, get_rc, rows[i].rc);
		ask(&alice, &bob, &fraud, &got);
		assert_got(&got, rows[i].status, "as told");
		ask(&alice, &bob, &epoch, &got);
		assert_got(&got, rows[i].status, "as told");
	}
	side_free(&stranger);
	side_free(&bob);
	side_free(&alice);
}

/* Who can only call out fetches, and brings its receipt. */
static void
receipts_are_brought(void **state)
{
	const struct ask post = {.method = "POST",
				 .path = "/peer/v1/receipts",
				 .body = "a receipt",
				 .len = strlen("a receipt")};
	struct side alice, bob, stranger;
	struct got got;

	(void)state;
	side_init(&alice, DATES_GOOD);
	side_init(&bob, DATES_GOOD);
	side_init(&stranger, DATES_GOOD);
	introduce(&bob, &alice, ALICE);
	side_serve(&bob, 0);
	introduce(&alice, &bob, BOB);
	ask(&stranger, &bob, &post, &got);
	assert_got(&got, 403, "unknown key");
	assert_int_equal(bob.node.n_receipts, 0);
	ask(&alice, &bob, &post, &got);
	assert_got(&got, 204, "");
	assert_string_equal(bob.node.receipt, "a receipt");
	bob.node.receipt_rc = RC_UNPROCESSABLE;
	ask(&alice, &bob, &post, &got);
	assert_got(&got, 422, "");

	/* While it is refused, it is brought again. */
	alice.node.pull_us = 20000;
	side_push(&alice);
	WAIT_FOR(&bob.node, bob.node.n_receipts >= 4);
	assert_int_equal(alice.node.pull_told, 0);
	FAKE_SET(&bob.node, receipt_rc, RC_OK);
	WAIT_FOR(&alice.node, alice.node.pull_told == 3);
	WAIT_FOR(&bob.node, strstr(bob.node.receipt, "7 checkpoint") != NULL);
	side_free(&stranger);
	side_free(&alice);
	side_free(&bob);
}

/* A peer with new keys cannot call who fetches, to say so: its entries are fetched from
 * whoever answers there, and only by a node that fetches. */
static void
entries_are_fetched(void **state)
{
	struct side alice, bob, before;

	(void)state;
	side_init(&alice, DATES_GOOD);
	side_init(&bob, DATES_GOOD);
	side_init(&before, DATES_GOOD);
	introduce(&bob, &alice, ALICE);
	side_serve(&bob, 0);
	introduce(&alice, &bob, BOB);
	alice.node.peers[0].tls_spki[0] = before.pin;
	fake_append(&alice.node, 1);
	side_push(&alice);
	WAIT_FOR(&alice.node, alice.node.n_failed >= 1);
	assert_int_equal(alice.node.identity_len, 0);
	FAKE_SET(&alice.node, pull_us, 20000);
	WAIT_FOR(&alice.node, alice.node.identity_len == strlen("entry 0\n"));
	assert_int_equal(alice.node.pull_told, 0);
	FAKE_SET(&alice.node, peers[0].tls_spki[0], bob.pin);
	WAIT_FOR(&alice.node, alice.node.pull_told == 3);
	side_free(&before);
	side_free(&alice);
	side_free(&bob);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anyone_brings_entries),
		cmocka_unit_test(proofs_and_epochs),
		cmocka_unit_test(receipts_are_brought),
		cmocka_unit_test(entries_are_fetched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
