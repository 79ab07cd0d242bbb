/* The pusher: a good round, and every way in which the other side can be wrong. */
#include "peer_fixture.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BOB = 3,
	ALICE = 7,
	MANY_EVENTS = 30000,
	ROUNDS = 50,
	STOP_MAX_US = 3000000, /* libcurl looks up once a second */
	CUT_AFTER = 20000,     /* bytes */
	CUT_CONNECTIONS = 2,   /* libcurl tries again by itself after a kept one */
};

/* Alice pushes her log to Bob. */
struct pair {
	struct side alice, bob;
};

static void
pair_init(struct pair *p, enum dates alice, enum dates bob)
{
	side_init(&p->alice, alice);
	side_init(&p->bob, bob);
	introduce(&p->bob, &p->alice, ALICE);
	side_serve(&p->bob, 0);
}

/* Bob's URL and pin are as `introduce` finds them. */
static void
pair_start(struct pair *p)
{
	introduce(&p->alice, &p->bob, BOB);
	side_push(&p->alice);
}

static void
pair_free(struct pair *p)
{
	FAKE_SET(&p->bob.node, hold, false);
	side_free(&p->alice);
	side_free(&p->bob);
}

static void
assert_fails(struct pair *p, const char *why)
{
	struct node *nd = &p->alice.node;

	WAIT_FOR(nd, nd->n_failed > 0);
	pthread_mutex_lock(&nd->mu);
	if (strstr(nd->why, why) == NULL)
		fail_msg("expected \"%s\", got \"%s\"", why, nd->why);
	pthread_mutex_unlock(&nd->mu);
}

static void
assert_arrives(struct pair *p)
{
	WAIT_FOR(&p->alice.node, p->alice.node.receipted == p->alice.node.log_size);
	assert_int_equal(p->bob.node.stored, p->alice.node.log_size);
}

/* ---- good rounds ------------------------------------------------------------------- */

static void
good_round(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, DATES_GOOD, DATES_GOOD);
	p.alice.node.disclosures = "WyJ4Il0\nWyJ5Il0";
	fake_append(&p.alice.node, 3);
	pair_start(&p);
	assert_arrives(&p);
	assert_int_equal(p.bob.node.n_disclosures, 1);
	assert_int_equal(p.bob.node.disclosures_len, 15);
	assert_int_equal(p.bob.node.n_checkpoint, 1);
	assert_int_equal(p.bob.node.n_entries, 1);
	/* Nothing to do, nothing sent, however often it looks. */
	pthread_mutex_lock(&p.alice.node.mu);
	unsigned looked = p.alice.node.n_next;
	pthread_mutex_unlock(&p.alice.node.mu);
	for (unsigned i = 0; i < 5; i++) {
		FAKE_SET(&p.alice.node, n_held, i); /* any commit */
		WAIT_FOR(&p.alice.node, p.alice.node.n_next > looked + i);
	}
	assert_int_equal(p.bob.node.n_checkpoint, 1);
	assert_int_equal(p.alice.node.n_done, 1);
	assert_int_equal(p.alice.node.n_failed, 0);
	pair_free(&p);
}

static void
rounds_are_quick(void **state)
{
	struct pair p;
	int64_t start_us;

	(void)state;
	pair_init(&p, DATES_GOOD, DATES_GOOD);
	fake_append(&p.alice.node, 1);
	pair_start(&p);
	assert_arrives(&p);
	start_us = clock_mono_us();
	for (int i = 0; i < ROUNDS; i++) {
		fake_append(&p.alice.node, 1);
		assert_arrives(&p);
	}
	int64_t each_us = (clock_mono_us() - start_us) / ROUNDS;
	print_message("one event to its receipt: %lld us\n", (long long)each_us);
	assert_true(each_us < 100000); /* a tenth of a second even where it is crowded */
	start_us = clock_mono_us();
	fake_append(&p.alice.node, MANY_EVENTS);
	assert_arrives(&p);
	int64_t all_us = clock_mono_us() - start_us;
	print_message("%lld events a second of %d bytes\n",
		      (long long)(MANY_EVENTS * CLOCK_US_PER_S / all_us),
		      FAKE_ENTRY_BYTES);
	pair_free(&p);
}

/* Bob says where he stands, and Alice goes on from there. */
static void
out_of_step_is_mended(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, DATES_GOOD, DATES_GOOD);
	fake_append(&p.alice.node, 700);
	p.bob.node.pending = 500;  /* 409 of add-checkpoint */
	p.bob.node.stored = 300;   /* 409 of add-entries */
	p.bob.node.take_max = 100; /* 202 */
	pair_start(&p);
	assert_arrives(&p);
	assert_int_equal(p.alice.node.n_failed, 0);
	assert_int_equal(p.alice.node.n_resync, 5); /* 409, 409, 202 three times */
	assert_int_equal(p.bob.node.n_tickets + p.bob.node.n_other_tickets, 0);
	pair_free(&p);
}

/* A mirror's ticket comes back with the next upload, as it was given, once. */
static void
tickets_come_back(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, DATES_GOOD, DATES_GOOD);
	fake_append(&p.alice.node, 700);
	p.bob.node.take_max = 300;
	p.bob.node.ticket = "go on, \x01\xff";
	pair_start(&p);
	assert_arrives(&p);
	/* Answered with 202 twice; the first upload has none. */
	assert_int_equal(p.bob.node.n_tickets, 2);
	fake_append(&p.alice.node, 5);
	assert_arrives(&p);
	assert_int_equal(p.bob.node.n_tickets, 2);
	assert_int_equal(p.bob.node.n_other_tickets, 0);
	pair_free(&p);
}

static void
new_peers_are_found(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, DATES_GOOD, DATES_GOOD);
	fake_append(&p.alice.node, 2);
	side_push(&p.alice);
	introduce(&p.alice, &p.bob, BOB);
	peer_push_kick(p.alice.push);
	assert_arrives(&p);
	peer_push_kick(p.alice.push); /* one pusher stays one */
	fake_append(&p.alice.node, 2);
	assert_arrives(&p);
	assert_int_equal(p.bob.node.n_entries, 2);
	pair_free(&p);
}

/* ---- refusals ---------------------------------------------------------------------- */

static void
refusals_are_told_and_tried_again(void **state)
{
	static const struct {
		enum rc rc;
		const char *why;
		int64_t retry_after_s;
	} rows[] = {
		{RC_DENIED, "(403): protocol 9: as told: denied", 0},
		{RC_NOT_FOUND, "(404): protocol 9: as told: not_found", 0},
		{RC_UNPROCESSABLE, "(422): protocol 9: as told: unprocessable", 0},
		{RC_FROZEN, "(423): protocol 9: as told: frozen", 0},
		{RC_LIMIT, "(429): protocol 9: as told: limit", 5},
		{RC_RETRY, "(503): protocol 9: as told: retry", 5},
		{RC_IO, "(500): this node cannot answer now", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pair p;
		pair_init(&p, DATES_GOOD, DATES_GOOD);
		p.alice.node.disclosures = "WyJ4Il0";
		fake_append(&p.alice.node, 1);
		p.bob.node.disclosures_rc = rows[i].rc;
		pair_start(&p);
		assert_fails(&p, "the peer refused disclosures (");
		assert_fails(&p, rows[i].why);
		WAIT_FOR(&p.alice.node,
			 p.alice.node.retry_after_s == rows[i].retry_after_s);
		FAKE_SET(&p.bob.node, checkpoint_rc, rows[i].rc);
		FAKE_SET(&p.bob.node, disclosures_rc, RC_OK);
		WAIT_FOR(&p.alice.node,
			 strstr(p.alice.node.why, "the peer refused add-checkpoint ("));
		assert_fails(&p, rows[i].why);
		FAKE_SET(&p.bob.node, entries_rc, rows[i].rc);
		FAKE_SET(&p.bob.node, checkpoint_rc, RC_OK);
		WAIT_FOR(&p.alice.node,
			 strstr(p.alice.node.why, "the peer refused add-entries ("));
		assert_fails(&p, rows[i].why);
		assert_int_equal(p.bob.node.stored, 0);
		/* Why it is frozen is asked for, and nothing is where it is not. */
		WAIT_FOR(&p.alice.node,
			 (p.alice.node.n_fraud > 0) == (rows[i].rc == RC_FROZEN));
		FAKE_SET(&p.bob.node, entries_rc, RC_OK);
		assert_arrives(&p);
		pair_free(&p);
	}
}

static void
wrong_keys_are_refused_both_ways(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, DATES_GOOD, DATES_GOOD);
	fake_append(&p.alice.node, 1);
	struct hash right = p.bob.pin;
	p.bob.pin.b[0] ^= 1;
	pair_start(&p);
	assert_fails(&p, "protocol 5: the peer's TLS key is not the one introduced");
	assert_int_equal(p.bob.node.n_checkpoint, 0);
	/* A second pin, as while a key is changed; then Bob's turn to refuse. */
	pthread_mutex_lock(&p.alice.node.mu);
	p.alice.node.peers[0].tls_spki[1] = right;
	p.alice.node.peers[0].n_tls_spki = 2;
	pthread_mutex_unlock(&p.alice.node.mu);
	FAKE_SET(&p.bob.node, peers[0].tls_spki[0].b[0],
		 (uint8_t)(p.bob.node.peers[0].tls_spki[0].b[0] ^ 1));
	WAIT_FOR(&p.alice.node, strstr(p.alice.node.why, "(403)"));
	assert_fails(&p,
		     "the peer refused add-checkpoint (403): protocol 5: unknown key");
	assert_int_equal(p.bob.node.n_checkpoint, 0);
	/* Without a pin, and without TLS, nobody will do. */
	FAKE_SET(&p.alice.node, peers[0].n_tls_spki, 0);
	WAIT_FOR(&p.alice.node, strstr(p.alice.node.why, "without a TLS key"));
	FAKE_SET(&p.alice.node, peers[0].url, "http://127.0.0.1:1");
	WAIT_FOR(&p.alice.node, strstr(p.alice.node.why, "does not begin with https://"));
	assert_int_equal(p.bob.node.n_checkpoint, 0);
	pair_free(&p);
}

static void
expired_certificates_are_refused_both_ways(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, DATES_GOOD, DATES_EXPIRED);
	fake_append(&p.alice.node, 1);
	pair_start(&p);
	assert_fails(&p,
		     "the peer is refused: protocol 5: the certificate expired on 20");
	assert_int_equal(p.bob.node.n_checkpoint, 0);
	pair_free(&p);
	pair_init(&p, DATES_GOOD, DATES_FUTURE);
	fake_append(&p.alice.node, 1);
	pair_start(&p);
	assert_fails(&p, "protocol 5: the certificate is not valid before 20");
	assert_int_equal(p.bob.node.n_checkpoint, 0);
	pair_free(&p);
	pair_init(&p, DATES_EXPIRED, DATES_GOOD);
	fake_append(&p.alice.node, 1);
	pair_start(&p);
	assert_fails(&p, "refused add-checkpoint (403): protocol 5: the certificate "
			 "expired on 20");
	assert_int_equal(p.bob.node.n_checkpoint, 0);
	pair_free(&p);
}

/* A peer that sends us round in circles, or has everything and gives no receipt, is tried
 * again later, not at once for ever. */
static void
circles_are_left(void **state)
{
	struct pair p;

	(void)state;
	for (int info = INFO_CIRCLE; info <= INFO_BEYOND; info++) {
		pair_init(&p, DATES_GOOD, DATES_GOOD);
		p.alice.node.backoff_us = FIXTURE_WAIT_S * CLOCK_US_PER_S;
		fake_append(&p.alice.node, 5);
		p.bob.node.info = info;
		pair_start(&p);
		assert_fails(&p, "the peer does not say twice the same where to go on");
		assert_true(p.bob.node.n_entries < 20);
		pair_free(&p);
	}
	pair_init(&p, DATES_GOOD, DATES_GOOD);
	fake_append(&p.alice.node, 5);
	p.bob.node.pending = 6;
	pair_start(&p);
	assert_fails(&p, "protocol 6: the peer has more than we have");
	pair_free(&p);
}

/* ---- connections that break -------------------------------------------------------- */

/* Stands between them, and cuts the first connections after CUT_AFTER bytes from Alice.
 */
struct cutter {
	pthread_t thread;
	int fd;
	const struct side *to;
	char url[64];
	atomic_bool stop;
	atomic_uint connections;
};

static void
cutter_serve(struct cutter *c, int from)
{
	int to = raw_connect(c->to);
	size_t left = c->connections++ < CUT_CONNECTIONS ? CUT_AFTER : SIZE_MAX;
	struct pollfd p[2] = {{.fd = from, .events = POLLIN},
			      {.fd = to, .events = POLLIN}};
	char data[4096];

	while (left > 0 && !c->stop) {
		if (poll(p, 2, 50) <= 0)
			continue;
		for (int i = 0; i < 2; i++) {
			if (p[i].revents == 0)
				continue;
			ssize_t n = recv(p[i].fd, data, sizeof(data), 0);
			if (n <= 0 ||
			    send(p[1 - i].fd, data, (size_t)n, MSG_NOSIGNAL) < 0)
				left = 0;
			else if (i == 0)
				left -= left < (size_t)n ? left : (size_t)n;
		}
	}
	close(to);
	close(from);
}

static void *
cutter_thread(void *arg)
{
	struct cutter *c = arg;

	while (!c->stop) {
		struct pollfd p = {.fd = c->fd, .events = POLLIN};
		if (poll(&p, 1, 50) == 1)
			cutter_serve(c, accept(c->fd, NULL, NULL));
	}
	return NULL;
}

/* A socket of our own on loopback; `url` gets its address. */
static int
listen_anywhere(char *url, size_t max)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	snprintf(url, max, "https://127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
	return fd;
}

static void
peer_goes_away_mid_request(void **state)
{
	struct cutter c = {0};
	struct pair p;

	(void)state;
	pair_init(&p, DATES_GOOD, DATES_GOOD);
	c.to = &p.bob;
	c.fd = listen_anywhere(c.url, sizeof(c.url));
	assert_int_equal(pthread_create(&c.thread, NULL, cutter_thread, &c), 0);
	introduce(&p.alice, &p.bob, BOB);
	p.alice.node.peers[0].url = c.url;
	fake_append(&p.alice.node, 1000); /* 600 kB */
	side_push(&p.alice);
	assert_fails(&p, "the connection broke off");
	assert_arrives(&p);
	assert_int_equal(p.bob.node.n_entries, 1); /* the half one was never acted on */
	c.stop = true;
	pthread_join(c.thread, NULL);
	close(c.fd);
	pair_free(&p);
}

static void
peer_is_away_and_comes_back(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, DATES_GOOD, DATES_GOOD);
	uint16_t port = peer_server_port(p.bob.server);
	fake_append(&p.alice.node, 1);
	pair_start(&p);
	assert_arrives(&p);
	peer_server_stop(p.bob.server); /* the kept connection is gone */
	fake_append(&p.alice.node, 1);
	assert_fails(&p, "connection refused");
	side_serve(&p.bob, port);
	assert_arrives(&p);
	pair_free(&p);
}

static void
stop_is_prompt(void **state)
{
	int64_t start_us;
	struct pair p;
	char url[64];

	(void)state;
	pair_init(&p, DATES_GOOD, DATES_GOOD);
	fake_append(&p.alice.node, 1);
	p.bob.node.hold = true; /* an answer that does not come */
	pair_start(&p);
	WAIT_FOR(&p.bob.node, p.bob.node.n_held > 0);
	start_us = clock_mono_us();
	fake_node_stop(&p.alice.node);
	peer_push_stop(p.alice.push);
	assert_true(clock_mono_us() - start_us < STOP_MAX_US);
	assert_int_equal(p.alice.node.n_failed, 0); /* our stop is not its failure */
	/* A handshake that does not come. */
	p.alice.node.stopping = false;
	int fd = listen_anywhere(url, sizeof(url));
	p.alice.node.peers[0].url = url;
	side_push(&p.alice);
	struct pollfd called = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&called, 1, FIXTURE_WAIT_S * 1000), 1);
	start_us = clock_mono_us();
	fake_node_stop(&p.alice.node);
	peer_push_stop(p.alice.push);
	p.alice.push = NULL;
	assert_true(clock_mono_us() - start_us < STOP_MAX_US);
	close(fd);
	pair_free(&p);
}

/* ---- a peer with the right key that answers nonsense ------------------------------- */

struct babbler {
	pthread_t thread;
	int fd;
	const struct side *as;
	const char *answer;
	size_t len;
	atomic_bool stop;
};

static void
babble(struct babbler *b, int fd)
{
	gnutls_certificate_credentials_t cred;
	char cert[128], key[128], data[4096];
	gnutls_session_t tls;
	int code;

	snprintf(cert, sizeof(cert), "%s/%s", b->as->dir, TLS_CERT_FILE);
	snprintf(key, sizeof(key), "%s/%s", b->as->dir, TLS_KEY_FILE);
	gnutls_certificate_allocate_credentials(&cred);
	gnutls_certificate_set_x509_key_file(cred, cert, key, GNUTLS_X509_FMT_PEM);
	gnutls_init(&tls, GNUTLS_SERVER | GNUTLS_NO_SIGNAL);
	gnutls_set_default_priority(tls);
	gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, cred);
	gnutls_transport_set_int(tls, fd);
	do
		code = gnutls_handshake(tls);
	while (code < 0 && !gnutls_error_is_fatal(code));
	if (code == 0 && gnutls_record_recv(tls, data, sizeof(data)) > 0)
		for (size_t at = 0; at < b->len;) {
			ssize_t n = gnutls_record_send(tls, b->answer + at, b->len - at);
			if (n <= 0)
				break;
			at += (size_t)n;
		}
	gnutls_bye(tls, GNUTLS_SHUT_WR);
	gnutls_deinit(tls);
	gnutls_certificate_free_credentials(cred);
	close(fd);
}

static void *
babbler_thread(void *arg)
{
	struct babbler *b = arg;

	while (!b->stop) {
		struct pollfd p = {.fd = b->fd, .events = POLLIN};
		if (poll(&p, 1, 50) == 1)
			babble(b, accept(b->fd, NULL, NULL));
	}
	return NULL;
}

static void
assert_nonsense(const char *answer, size_t len, const char *why)
{
	struct pair p;
	char url[64];

	pair_init(&p, DATES_GOOD, DATES_GOOD);
	struct babbler b = {.as = &p.bob, .answer = answer, .len = len};
	b.fd = listen_anywhere(url, sizeof(url));
	assert_int_equal(pthread_create(&b.thread, NULL, babbler_thread, &b), 0);
	introduce(&p.alice, &p.bob, BOB);
	p.alice.node.peers[0].url = url;
	fake_append(&p.alice.node, 1);
	side_push(&p.alice);
	assert_fails(&p, why);
	assert_int_equal(p.alice.node.n_done + p.alice.node.n_resync, 0);
	fake_node_stop(&p.alice.node);
	peer_push_stop(p.alice.push);
	p.alice.push = NULL;
	b.stop = true;
	pthread_join(b.thread, NULL);
	close(b.fd);
	pair_free(&p);
}

static void
nonsense_is_told(void **state)
{
	static const struct {
		const char *answer, *why;
	} rows[] = {
		{"HTTP/1.1 409 C\r\nContent-Length: 3\r\n\r\n01\n",
		 "the peer refused add-checkpoint (409): 01"},
		{"HTTP/1.1 409 C\r\nContent-Length: 2\r\n\r\n-1",
		 "the peer refused add-checkpoint (409): -1"},
		{"HTTP/1.1 302 F\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: "
		 "0\r\n\r\n",
		 "the peer refused add-checkpoint (302)"},
		{"HTTP/1.1 403 N\r\nContent-Length: 9\r\n\r\n\x1b[31m\x07\nxx",
		 "the peer refused add-checkpoint (403): ?[31m?"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut",
		 "the connection broke off"},
		{"", "the connection broke off"},
	};
	static char endless[1 << 20] = "HTTP/1.1 200 OK\r\n\r\n";

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_nonsense(rows[i].answer, strlen(rows[i].answer), rows[i].why);
	memset(endless + strlen(endless), 'x', sizeof(endless) - strlen(endless) - 1);
	assert_nonsense(endless, sizeof(endless), "the peer's answer is too long");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_round),
		cmocka_unit_test(rounds_are_quick),
		cmocka_unit_test(out_of_step_is_mended),
		cmocka_unit_test(tickets_come_back),
		cmocka_unit_test(new_peers_are_found),
		cmocka_unit_test(refusals_are_told_and_tried_again),
		cmocka_unit_test(wrong_keys_are_refused_both_ways),
		cmocka_unit_test(expired_certificates_are_refused_both_ways),
		cmocka_unit_test(circles_are_left),
		cmocka_unit_test(peer_goes_away_mid_request),
		cmocka_unit_test(peer_is_away_and_comes_back),
		cmocka_unit_test(stop_is_prompt),
		cmocka_unit_test(nonsense_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
