/*
 * What peers may have under way together (protocol 5): room is promised before a byte is
 * read, and who finds none comes again later.
 */
#include "peer_fixture.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "peer/server_int.h"

enum { ALICE = 7, UPLOADS = PEER_BODIES_MAX / EXCHANGE_BODY_MAX };

static void
wait_for_bodies(struct side *s, size_t bytes)
{
	for (int i = 0; i < FIXTURE_WAIT_S * 100 && s->server->bodies != bytes; i++)
		poll(NULL, 0, 10);
	assert_int_equal(s->server->bodies, bytes);
}

static void
uploads_are_bounded_together(void **state)
{
	const struct ask post = {.method = "POST",
				 .path = "/peer/v1/disclosures",
				 .body = "x\n",
				 .len = 2};
	const struct ask get = {.method = "GET", .path = "/peer/v1/identity"};
	struct raw uploads[UPLOADS];
	struct side alice, bob;
	struct got got;
	char head[256];

	(void)state;
	side_init(&alice, DATES_GOOD);
	side_init(&bob, DATES_GOOD);
	introduce(&bob, &alice, ALICE);
	side_serve(&bob, 0);
	snprintf(head, sizeof(head),
		 "POST /peer/v1/add-entries HTTP/1.1\r\nHost: x\r\n"
		 "Content-Length: %d\r\n\r\n",
		 EXCHANGE_BODY_MAX);
	for (size_t i = 0; i < UPLOADS; i++) {
		raw_open(&uploads[i], &alice, &bob);
		raw_send(&uploads[i], head, strlen(head));
		wait_for_bodies(&bob, (i + 1) * (size_t)EXCHANGE_BODY_MAX);
	}
	ask(&alice, &bob, &post, &got);
	assert_int_equal(got.status, 503);
	assert_string_equal(got.retry_after, "5");
	assert_non_null(strstr(got.body, "too much is under way here"));
	assert_int_equal(bob.node.n_disclosures, 0);
	/* What has no body needs no room. */
	ask(&alice, &bob, &get, &got);
	assert_int_equal(got.status, 200);
	/* One that breaks off makes room. */
	raw_close(&uploads[0]);
	wait_for_bodies(&bob, (UPLOADS - 1) * (size_t)EXCHANGE_BODY_MAX);
	ask(&alice, &bob, &post, &got);
	assert_int_equal(got.status, 200);
	assert_int_equal(bob.node.n_disclosures, 1);
	for (size_t i = 1; i < UPLOADS; i++)
		raw_close(&uploads[i]);
	wait_for_bodies(&bob, 0);
	assert_int_equal(bob.node.n_entries, 0);
	side_free(&bob);
	side_free(&alice);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uploads_are_bounded_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
