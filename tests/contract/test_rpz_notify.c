/* NOTIFY: sent until it is acknowledged, signed with the key in use, and what became of
 * it is told. */
#include "rpz_wire.h"

#include "rpz/internal.h"

enum { QUIET_MS = 300 /* silence for this long is no answer */ };

static int
listener(uint16_t *port)
{
	struct sockaddr_in at = loopback(1, 0);
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

/* Takes a NOTIFY, checks it as a resolver would, and answers it if `ack` says so: the
 * rcode, or -1 for silence.  Returns its id. */
static uint16_t
take_notify(int fd, uint32_t serial, const knot_tsig_key_t *key, int ack)
{
	uint8_t wire[WIRE_MAX];
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	const knot_rrset_t *soa;
	knot_pkt_t *pkt;
	ssize_t n;
	uint16_t id;

	assert_true(readable(fd, REPLY_MS));
	n = recvfrom(fd, wire, sizeof(wire), 0, (struct sockaddr *)&from, &from_len);
	assert_true(n > 0);
	pkt = knot_pkt_new(wire, (uint16_t)n, NULL);
	assert_int_equal(knot_pkt_parse(pkt, 0), KNOT_EOK);
	id = knot_wire_get_id(wire);
	assert_int_equal(knot_wire_get_opcode(wire), KNOT_OPCODE_NOTIFY);
	assert_int_equal(knot_pkt_qtype(pkt), KNOT_RRTYPE_SOA);
	assert_int_equal(knot_pkt_section(pkt, KNOT_ANSWER)->count, 1);
	soa = knot_pkt_rr(knot_pkt_section(pkt, KNOT_ANSWER), 0);
	assert_int_equal(knot_soa_serial(soa->rrs.rdata), serial);
	if (key == NULL)
		assert_null(pkt->tsig_rr);
	else
		assert_int_equal(
			knot_tsig_server_check(pkt->tsig_rr, wire, pkt->size, key),
			KNOT_EOK);
	if (ack >= 0) {
		knot_wire_set_qr(wire);
		knot_wire_set_rcode(wire, (uint8_t)ack);
		assert_true(sendto(fd, wire, pkt->size, 0, (struct sockaddr *)&from,
				   from_len) > 0);
	}
	knot_pkt_free(pkt);
	return id;
}

/* Takes a signed NOTIFY and answers NOTAUTH with that error; 0: NOERROR, signed with
 * `key`. */
static void
answer_notify(int fd, const knot_tsig_key_t *key, uint16_t error)
{
	uint8_t wire[WIRE_MAX], mac[RPZ_MAC_BYTES], request_mac[RPZ_MAC_BYTES];
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	size_t mac_len = sizeof(mac), len, request_mac_len;

	assert_true(readable(fd, REPLY_MS));
	ssize_t n =
		recvfrom(fd, wire, sizeof(wire), 0, (struct sockaddr *)&from, &from_len);
	assert_true(n > 0);
	knot_pkt_t *pkt = knot_pkt_new(wire, (uint16_t)n, NULL);
	assert_int_equal(knot_pkt_parse(pkt, 0), KNOT_EOK);
	assert_non_null(pkt->tsig_rr);
	len = pkt->size; /* without the signature */
	request_mac_len = knot_tsig_rdata_mac_length(pkt->tsig_rr);
	assert_true(request_mac_len <= sizeof(request_mac));
	memcpy(request_mac, knot_tsig_rdata_mac(pkt->tsig_rr), request_mac_len);
	knot_wire_set_qr(wire);
	if (error == KNOT_RCODE_BADTIME) { /* signed, with the time that it is there */
		knot_wire_set_rcode(wire, KNOT_RCODE_NOTAUTH);
		assert_int_equal(
			knot_tsig_sign(wire, &len, sizeof(wire), request_mac,
				       request_mac_len, mac, &mac_len, key, error,
				       knot_tsig_rdata_time_signed(pkt->tsig_rr)),
			KNOT_EOK);
	} else if (error != 0) {
		knot_wire_set_rcode(wire, KNOT_RCODE_NOTAUTH);
		assert_int_equal(
			knot_tsig_add(wire, &len, sizeof(wire), error, pkt->tsig_rr),
			KNOT_EOK);
	} else {
		assert_int_equal(knot_tsig_sign(wire, &len, sizeof(wire), request_mac,
						request_mac_len, mac, &mac_len, key, 0,
						0),
				 KNOT_EOK);
	}
	assert_true(sendto(fd, wire, len, 0, (struct sockaddr *)&from, from_len) > 0);
	knot_pkt_free(pkt);
}

static void
notify_repeats_until_acknowledged(void **state)
{
	struct fake f = {.n_ops = 1, .ops = {{"n", "127.0.0.1", 0, NULL, NULL}}};
	uint16_t id;
	int fd = listener(&f.ops[0].notify_port);

	(void)state;
	fake_start(&f);
	id = take_notify(fd, 100, NULL, -1); /* at the start; ignored */
	assert_int_equal(take_notify(fd, 100, NULL, KNOT_RCODE_REFUSED), id);
	assert_notified(&f, "refused", 100, false);
	assert_int_equal(take_notify(fd, 100, NULL, KNOT_RCODE_NOERROR), id);
	assert_notified(&f, "acknowledged", 100, true);
	/* the next would have come after 2 s */
	assert_false(readable(fd, 2200));
	fake_set(&f, 101, four_rows, 1);
	(void)take_notify(fd, 101, NULL, -1);
	/* a newer change goes out at once, and alone */
	fake_set(&f, 102, four_rows, 2);
	(void)take_notify(fd, 102, NULL, KNOT_RCODE_NOERROR);
	assert_false(readable(fd, 700));
	fake_stop(&f);
	close(fd);
}

/* The source fails just when a lift is told: operators hear of it as soon as it works
 * again, though nobody asks for anything. */
static void
a_source_that_failed_is_asked_again(void **state)
{
	struct fake f = {.n_ops = 1, .ops = {{"n", "127.0.0.1", 0, NULL, NULL}}};
	int fd = listener(&f.ops[0].notify_port);

	(void)state;
	fake_start(&f);
	(void)take_notify(fd, 100, NULL, KNOT_RCODE_NOERROR);
	pthread_mutex_lock(&f.lock);
	f.broken = true;
	pthread_mutex_unlock(&f.lock);
	fake_set(&f, 101, four_rows, 1);
	assert_false(readable(fd, QUIET_MS));
	pthread_mutex_lock(&f.lock);
	f.broken = false;
	pthread_mutex_unlock(&f.lock);
	(void)take_notify(fd, 101, NULL, KNOT_RCODE_NOERROR);
	fake_stop(&f);
	close(fd);
}

static void
notify_is_signed_with_the_operators_key(void **state)
{
	struct fake f = {.n_ops = 1,
			 .ops = {{"n", "127.0.0.1", 0, KEY_NAME, KEY_SECRET}}};
	int fd = listener(&f.ops[0].notify_port);
	knot_tsig_key_t key;

	(void)state;
	assert_int_equal(knot_tsig_key_init(&key, "hmac-sha256", KEY_NAME, KEY_SECRET),
			 0);
	fake_start(&f);
	(void)take_notify(fd, 100, &key, -1);
	(void)take_notify(fd, 100, &key,
			  KNOT_RCODE_NOERROR); /* unsigned, as PowerDNS does */
	assert_false(readable(fd, 1200));
	fake_stop(&f);
	knot_tsig_key_deinit(&key);
	close(fd);
}

static void
both_zones_and_two_keys(struct arena *a, struct rpz_operator *op, size_t i)
{
	static const char *const both[] = {ORIGIN, OTHER};
	struct rpz_key *keys = arena_array(a, 2, sizeof(*keys));

	(void)i;
	keys[0] = (struct rpz_key){"newkey", OTHER_SECRET};
	keys[1] = (struct rpz_key){KEY_NAME, KEY_SECRET};
	op->keys = keys;
	op->n_keys = 2;
	op->zones = both;
	op->n_zones = 2;
}

/* While keys are rotated, NOTIFY of a zone is signed with the key that the operator used
 * last for it; until it has used one, with the first. */
static void
notify_is_of_each_zone_and_with_the_key_in_use(void **state)
{
	struct fake f = {.two_zones = true,
			 .adjust = both_zones_and_two_keys,
			 .n_ops = 1,
			 .ops = {{"n", "127.0.0.1", 0, KEY_NAME, KEY_SECRET}}};
	int fd = listener(&f.ops[0].notify_port);
	knot_tsig_key_t first, used;
	char *out;

	(void)state;
	assert_int_equal(
		knot_tsig_key_init(&first, "hmac-sha256", "newkey", OTHER_SECRET), 0);
	assert_int_equal(knot_tsig_key_init(&used, "hmac-sha256", KEY_NAME, KEY_SECRET),
			 0);
	fake_start(&f);
	for (int i = 0; i < 2; i++) /* of the one and of the other zone */
		(void)take_notify(fd, 100, &first, KNOT_RCODE_NOERROR);
	for (int i = 0; i < 2; i++) {
		out = kdig(&f, "%s AXFR -y hmac-sha256:" KEY_NAME ":" KEY_SECRET,
			   i == 0 ? ORIGIN : OTHER);
		assert_says(out, "hostmaster");
		free(out);
	}
	assert_pulled(&f, 2, "n", 100);
	fake_set(&f, 101, four_rows, 2);
	for (int i = 0; i < 2; i++)
		(void)take_notify(fd, 101, &used, KNOT_RCODE_NOERROR);
	assert_false(readable(fd, 1200));
	fake_stop(&f);
	knot_tsig_key_deinit(&first);
	knot_tsig_key_deinit(&used);
	close(fd);
}

static void
both_zones(struct arena *a, struct rpz_operator *op, size_t i)
{
	static const char *const both[] = {ORIGIN, OTHER};

	(void)a, (void)i;
	op->zones = both;
	op->n_zones = 2;
}

/* The zone that the next NOTIFY with this serial is of, answered so: `of_origin` for
 * ORIGIN, REFUSED for the other one.  Those of older serials are passed over. */
static void
answer_both(int fd, uint32_t serial, int of_origin)
{
	bool seen[2] = {false, false};

	while (!seen[0] || !seen[1]) {
		uint8_t wire[WIRE_MAX];
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		assert_true(readable(fd, REPLY_MS));
		ssize_t n = recvfrom(fd, wire, sizeof(wire), 0, (struct sockaddr *)&from,
				     &from_len);
		assert_true(n > 0);
		knot_pkt_t *pkt = knot_pkt_new(wire, (uint16_t)n, NULL);
		assert_int_equal(knot_pkt_parse(pkt, 0), KNOT_EOK);
		const knot_rrset_t *soa =
			knot_pkt_rr(knot_pkt_section(pkt, KNOT_ANSWER), 0);
		/* "\003rpz\004test" or "\005other\004test" */
		bool other = knot_pkt_qname(pkt)[0] == strlen("other");
		if (knot_soa_serial(soa->rrs.rdata) == serial) {
			seen[other] = true;
			knot_wire_set_qr(wire);
			knot_wire_set_rcode(
				wire, (uint8_t)(other ? KNOT_RCODE_REFUSED : of_origin));
			assert_true(sendto(fd, wire, pkt->size, 0,
					   (struct sockaddr *)&from, from_len) > 0);
		}
		knot_pkt_free(pkt);
	}
}

/* Whoever takes one zone and refuses another is told of that once, not ten times; whoever
 * has shown none may just be set up. */
static void
who_takes_another_zone_is_not_pressed(void **state)
{
	struct fake f = {.two_zones = true,
			 .adjust = both_zones,
			 .n_ops = 1,
			 .ops = {{"n", "127.0.0.1", 0, NULL, NULL}}};
	int fd = listener(&f.ops[0].notify_port);

	(void)state;
	fake_start(&f);
	answer_both(fd, 100, KNOT_RCODE_REFUSED);
	assert_notified(&f, "refused", 100, false);
	char *out = kdig(&f, ORIGIN " AXFR");
	assert_says(out, "hostmaster");
	free(out);
	assert_pulled(&f, 1, "n", 100);
	fake_set(&f, 101, four_rows, 2);
	answer_both(fd, 101, KNOT_RCODE_NOERROR);
	assert_notified(&f, "refused", 101, true);
	fake_stop(&f);
	close(fd);
}

/* An answer that is none is told apart, once, and does not end it. */
static void
what_is_answered_is_told_apart(void **state)
{
	static const struct {
		int rcode;
		const char *result;
	} answers[] = {
		{KNOT_RCODE_REFUSED, "refused"},      {KNOT_RCODE_NOTAUTH, "notauth"},
		{KNOT_RCODE_FORMERR, "formerr"},      {KNOT_RCODE_SERVFAIL, "servfail"},
		{KNOT_RCODE_NOTIMPL, "notimp"},	      {KNOT_RCODE_NXDOMAIN, "error"},
		{KNOT_RCODE_NOERROR, "acknowledged"},
	};
	struct fake f = {.n_ops = 1, .ops = {{"n", "127.0.0.1", 0, NULL, NULL}}};
	int fd = listener(&f.ops[0].notify_port);

	(void)state;
	fake_start(&f);
	for (uint32_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		bool over = answers[i].rcode == KNOT_RCODE_NOERROR;
		(void)take_notify(fd, 100 + i, NULL, answers[i].rcode);
		assert_notified(&f, answers[i].result, 100 + i, over);
		fake_set(&f, 101 + i, four_rows, 1 + i % 3);
	}
	fake_stop(&f);
	close(fd);
}

/* With NOTAUTH comes why: the key, its secret, the clock (RFC 8945, section 5.2). */
static void
what_is_wrong_with_the_key_is_told_apart(void **state)
{
	static const struct {
		uint16_t error;
		const char *result;
	} answers[] = {
		{KNOT_RCODE_BADKEY, "badkey"},
		{KNOT_RCODE_BADSIG, "badsig"},
		{KNOT_RCODE_BADTIME, "badtime"},
		{0, "bad_answer"}, /* NOERROR, signed with another secret */
	};
	struct fake f = {.n_ops = 1,
			 .ops = {{"n", "127.0.0.1", 0, KEY_NAME, KEY_SECRET}}};
	int fd = listener(&f.ops[0].notify_port);
	knot_tsig_key_t other;

	(void)state;
	assert_int_equal(
		knot_tsig_key_init(&other, "hmac-sha256", KEY_NAME, OTHER_SECRET), 0);
	fake_start(&f);
	for (uint32_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		answer_notify(fd, &other, answers[i].error);
		assert_notified(&f, answers[i].result, 100 + i, false);
		fake_set(&f, 101 + i, four_rows, 1 + i % 3);
	}
	fake_stop(&f);
	knot_tsig_key_deinit(&other);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notify_repeats_until_acknowledged),
		cmocka_unit_test(a_source_that_failed_is_asked_again),
		cmocka_unit_test(notify_is_signed_with_the_operators_key),
		cmocka_unit_test(notify_is_of_each_zone_and_with_the_key_in_use),
		cmocka_unit_test(who_takes_another_zone_is_not_pressed),
		cmocka_unit_test(what_is_answered_is_told_apart),
		cmocka_unit_test(what_is_wrong_with_the_key_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
