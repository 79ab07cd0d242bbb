/* The zone's server met by clients that a well-behaved tool cannot play: readers that
 * do not read, and bytes that are no DNS. */
#include "rpz_wire.h"

#include <errno.h>

#include "base/clock.h"
#include "rpz/internal.h"

enum {
	QUIET_MS = 300, /* silence for this long is no answer */
	GARBAGE_PACKETS = 20000,
	BIG_ROWS = 200000,
	SIGNED_ROWS = 5000,
	SMALL_ROWS = 2000,
	BIG_NAME_MAX = 64,
};

static struct rpzrow *
big_zone(void)
{
	static char names[BIG_ROWS][BIG_NAME_MAX];
	static struct rpzrow rows[BIG_ROWS];

	for (unsigned i = 0; i < BIG_ROWS; i++) {
		snprintf(names[i], sizeof(names[i]), "a-rather-long-name-%06u.example",
			 i);
		rows[i] = (struct rpzrow){names[i], RPZROW_NXDOMAIN, NULL};
	}
	return rows;
}

/* ---- keys -------------------------------------------------------------------------- */

/* What kdig cannot forge: a signature that is in order but old. */
static void
an_old_signature_is_badtime(void **state)
{
	struct fake f = {0};
	uint8_t wire[WIRE_MAX], mac[RPZ_MAC_BYTES], reply[WIRE_MAX];
	size_t len = query(wire, KNOT_RRTYPE_SOA), mac_len = sizeof(mac);
	knot_tsig_key_t key;
	knot_pkt_t *pkt;
	ssize_t n;

	(void)state;
	fake_start(&f);
	int fd = client(&f, SOCK_DGRAM, 2);

	assert_int_equal(knot_tsig_key_init(&key, "hmac-sha256", KEY_NAME, KEY_SECRET),
			 0);
	/* This call is the library's only one that signs with a time it is given. */
	assert_int_equal(knot_tsig_sign(wire, &len, sizeof(wire), NULL, 0, mac, &mac_len,
					&key, KNOT_RCODE_BADTIME, 1500000000),
			 KNOT_EOK);
	assert_int_equal(send(fd, wire, len, 0), (ssize_t)len);
	assert_true(readable(fd, REPLY_MS));
	n = recv(fd, reply, sizeof(reply), 0);
	pkt = knot_pkt_new(reply, (uint16_t)n, NULL);
	assert_int_equal(knot_pkt_parse(pkt, 0), KNOT_EOK);
	assert_int_equal(knot_wire_get_rcode(reply), KNOT_RCODE_NOTAUTH);
	assert_non_null(pkt->tsig_rr);
	assert_int_equal(knot_tsig_rdata_error(pkt->tsig_rr), KNOT_RCODE_BADTIME);
	assert_int_equal(knot_wire_get_ancount(reply), 0);
	/* ... and the answer proves who gives it (RFC 8945, section 5.2.3) */
	assert_true(knot_tsig_rdata_mac_length(pkt->tsig_rr) > 0);
	knot_pkt_free(pkt);
	knot_tsig_key_deinit(&key);
	close(fd);
	fake_stop(&f);
}

/* kdig does not check the signatures of a transfer; resolvers do, and so do we: each
 * message is signed, over the signature before it. */
static void
every_message_of_a_transfer_is_signed(void **state)
{
	struct fake f = {.rows = big_zone(), .n_rows = SIGNED_ROWS};
	uint8_t wire[WIRE_MAX], mac[RPZ_MAC_BYTES];
	size_t len = query(wire, KNOT_RRTYPE_AXFR), mac_len = sizeof(mac);
	size_t n_messages = 0, n = 0;
	knot_tsig_key_t key;
	int ret;

	(void)state;
	fake_start(&f);
	int fd = client(&f, SOCK_STREAM, 2);

	assert_int_equal(knot_tsig_key_init(&key, "hmac-sha256", KEY_NAME, KEY_SECRET),
			 0);
	assert_int_equal(knot_tsig_sign(wire, &len, sizeof(wire), NULL, 0, mac, &mac_len,
					&key, 0, 0),
			 KNOT_EOK);
	send_message(fd, wire, len);
	for (; n < SIGNED_ROWS + 4; n_messages++) {
		len = read_message(fd, wire);
		assert_true(len > 0);
		knot_pkt_t *pkt = knot_pkt_new(wire, (uint16_t)len, NULL);

		assert_int_equal(knot_pkt_parse(pkt, 0), KNOT_EOK);
		n += knot_pkt_section(pkt, KNOT_ANSWER)->count;
		ret = (n_messages == 0 ? knot_tsig_client_check
				       : knot_tsig_client_check_next)(
			pkt->tsig_rr, wire, pkt->size, mac, mac_len, &key, 0);
		assert_int_equal(ret, KNOT_EOK);
		mac_len = knot_tsig_rdata_mac_length(pkt->tsig_rr);
		memcpy(mac, knot_tsig_rdata_mac(pkt->tsig_rr), mac_len);
		knot_pkt_free(pkt);
	}
	assert_true(n_messages > 3);
	knot_tsig_key_deinit(&key);
	close(fd);
	fake_stop(&f);
}

/* ---- bytes that are no query ------------------------------------------------------- */

static const struct bad_packet {
	const char *what;
	const char *bytes;
	size_t len;
	int rcode; /* -1: no answer */
} bad_packets[] = {
#define BAD(what, bytes, rcode)                                                          \
	{                                                                                \
		what, bytes, sizeof(bytes) - 1, rcode                                    \
	}
	BAD("one byte", "x", -1),
	BAD("half a header", "\0\1\0\0\0", -1),
	BAD("an answer", "\0\1\x80\0\0\1\0\0\0\0\0\0\3rpz\4test\0\0\6\0\1", -1),
	BAD("no question", "\0\1\0\0\0\0\0\0\0\0\0\0", 1),
	BAD("a question that is missing", "\0\1\0\0\0\1\0\0\0\0\0\0", 1),
	BAD("two questions",
	    "\0\1\0\0\0\2\0\0\0\0\0\0\3rpz\4test\0\0\6\0\1\3rpz\4test\0\0\6\0\1", 1),
	BAD("a name that points at itself", "\0\1\0\0\0\1\0\0\0\0\0\0\xc0\x0c\0\6\0\1",
	    1),
	BAD("a name cut short", "\0\1\0\0\0\1\0\0\0\0\0\0\x3frpz", 1),
	BAD("records that are not there",
	    "\0\1\0\0\0\1\xff\xff\xff\xff\xff\xff"
	    "\3rpz\4test\0\0\6\0\1",
	    1),
	BAD("trailing bytes", "\0\1\0\0\0\1\0\0\0\0\0\0\3rpz\4test\0\0\6\0\1rest", 1),
	BAD("IXFR without SOA", "\0\1\0\0\0\1\0\0\0\0\0\0\3rpz\4test\0\0\xfb\0\1", 1),
	BAD("IXFR with a SOA without data",
	    "\0\1\0\0\0\1\0\0\0\1\0\0\3rpz\4test\0\0\xfb\0\1"
	    "\xc0\x0c\0\6\0\1\0\0\0\0\0\0",
	    1),
	BAD("a TSIG without data",
	    "\0\1\0\0\0\1\0\0\0\0\0\1\3rpz\4test\0\0\6\0\1"
	    "\6rpzkey\0\0\xfa\0\xff\0\0\0\0\0\0",
	    1),
	BAD("an UPDATE", "\0\1\x28\0\0\1\0\0\0\0\0\0\3rpz\4test\0\0\6\0\1", 4),
	BAD("a NOTIFY", "\0\1\x20\0\0\1\0\0\0\0\0\0\3rpz\4test\0\0\6\0\1", 4),
#undef BAD
};

static void
malformed_packets_get_formerr_or_nothing(void **state)
{
	struct fake f = {0};
	uint8_t reply[WIRE_MAX];

	(void)state;
	fake_start(&f);
	for (size_t i = 0; i < sizeof(bad_packets) / sizeof(*bad_packets); i++) {
		const struct bad_packet *b = &bad_packets[i];
		int udp = client(&f, SOCK_DGRAM, 1), tcp = client(&f, SOCK_STREAM, 1);

		assert_int_equal(send(udp, b->bytes, b->len, 0), (ssize_t)b->len);
		send_message(tcp, (const uint8_t *)b->bytes, b->len);
		if (readable(udp, b->rcode < 0 ? QUIET_MS : REPLY_MS) != (b->rcode >= 0))
			fail_msg("%s: answer expected: %d", b->what, b->rcode);
		if (b->rcode >= 0) {
			assert_true(recv(udp, reply, sizeof(reply), 0) >= 12);
			if (knot_wire_get_rcode(reply) != b->rcode)
				fail_msg("%s: rcode %d", b->what,
					 knot_wire_get_rcode(reply));
			assert_int_equal(knot_wire_get_ancount(reply), 0);
		}
		if ((read_message(tcp, reply) > 0) != (b->rcode >= 0))
			fail_msg("%s: answer expected over TCP: %d", b->what, b->rcode);
		close(udp);
		close(tcp);
	}
	assert_alive(&f);
	fake_stop(&f);
}

static void
huge_and_random_packets_change_nothing(void **state)
{
	struct fake f = {0};
	uint8_t wire[WIRE_MAX] = {0};
	uint64_t x = 1; /* the same packets each time */

	(void)state;
	fake_start(&f);
	int udp = client(&f, SOCK_DGRAM, 1), tcp = client(&f, SOCK_STREAM, 1);

	assert_true(send(udp, wire, 60000, 0) == 60000);
	send_message(tcp, wire, 60000); /* over the limit: closed unread */
	assert_closed(tcp);
	close(tcp);
	for (int i = 0; i < GARBAGE_PACKETS; i++) {
		size_t len = query(wire, KNOT_RRTYPE_IXFR) + 64;

		for (size_t k = 0; k < len; k++) {
			x = x * UINT64_C(6364136223846793005) +
			    UINT64_C(1442695040888963407);
			/* mostly a query, so that the garbage gets far */
			if (k >= 27 || x >> 60 == 0)
				wire[k] = (uint8_t)(x >> 33);
		}
		wire[6] = wire[8] = wire[10] = 0; /* few records, so that they are read */
		(void)!send(udp, wire, x >> 40 & 63 ? len : (x >> 46) % len,
			    MSG_DONTWAIT);
		(void)!recv(udp, wire, sizeof(wire), MSG_DONTWAIT);
	}
	close(udp);
	assert_alive(&f);
	fake_stop(&f);
}

/* ---- slow readers ------------------------------------------------------------------ */

/* Counts the records of a transfer, and checks that each SOA in it has this serial. */
static void
assert_transfer(int fd, uint32_t serial, size_t n_records)
{
	static uint8_t wire[WIRE_MAX];
	size_t n = 0, n_soa = 0;

	while (n_soa < 2) {
		size_t len = read_message(fd, wire);

		assert_true(len > 0 && len <= RPZ_MESSAGE_BYTES);
		knot_pkt_t *pkt = knot_pkt_new(wire, (uint16_t)len, NULL);

		assert_int_equal(knot_pkt_parse(pkt, 0), KNOT_EOK);
		assert_int_equal(knot_wire_get_id(wire), 0xabcd);
		const knot_pktsection_t *answer = knot_pkt_section(pkt, KNOT_ANSWER);

		for (uint16_t i = 0; i < answer->count; i++) {
			const knot_rrset_t *rr = knot_pkt_rr(answer, i);

			if (rr->type != KNOT_RRTYPE_SOA)
				continue;
			assert_int_equal(knot_soa_serial(rr->rrs.rdata), serial);
			n_soa++;
		}
		n += answer->count;
		knot_pkt_free(pkt);
	}
	assert_int_equal(n, n_records);
}

/* Neither does it block others, nor does it get rows of another serial. */
static void
a_slow_reader_blocks_nobody_and_gets_one_serial(void **state)
{
	struct fake f = {.rows = big_zone(), .n_rows = BIG_ROWS};
	uint8_t wire[WIRE_MAX];
	size_t len = query(wire, KNOT_RRTYPE_AXFR);
	char *out;

	(void)state;
	fake_start(&f);
	int slow = client(&f, SOCK_STREAM, 1);

	send_message(slow, wire, len);
	assert_true(readable(slow, REPLY_MS)); /* it runs, and fills the socket */
	assert_alive(&f);
	int quick = client(&f, SOCK_STREAM, 1);

	send_message(quick, wire, len);
	assert_transfer(quick, 100, BIG_ROWS + 5);
	assert_pulled(&f, 1, "plain", 100);
	fake_set(&f, 101, four_rows, 4);
	send_message(quick, wire, len); /* the same connection, the next zone */
	assert_transfer(quick, 101, 4 + 5);
	assert_pulled(&f, 2, "plain", 101);
	out = kdig(&f, ORIGIN " AXFR +stats");
	assert_says(out, "9 records");
	free(out);
	assert_pulled(&f, 3, "plain", 101);
	assert_transfer(slow, 100, BIG_ROWS + 5);
	assert_pulled(&f, 4, "plain", 100);
	close(slow);
	close(quick);
	fake_stop(&f);
}

/* Cut short is not pulled; stopping does not wait for a reader that never reads. */
static void
a_transfer_cut_short_is_not_pulled(void **state)
{
	struct fake f = {.rows = big_zone(), .n_rows = BIG_ROWS};
	uint8_t wire[WIRE_MAX];
	size_t len = query(wire, KNOT_RRTYPE_AXFR);
	int64_t start_us;

	(void)state;
	fake_start(&f);
	int gone = client(&f, SOCK_STREAM, 1), stuck = client(&f, SOCK_STREAM, 1);

	send_message(gone, wire, len);
	send_message(stuck, wire, len);
	assert_true(readable(gone, REPLY_MS) && readable(stuck, REPLY_MS));
	close(gone); /* with bytes unread: a reset */
	assert_alive(&f);
	start_us = clock_mono_us();
	fake_stop(&f);
	assert_true(clock_mono_us() - start_us < 2 * CLOCK_US_PER_S);
	assert_int_equal(f.n_pulled, 0);
	close(stuck);
}

/* BIND takes rows of a whole transfer that was cut into its policy, and keeps them when a
 * difference follows: whoever may have a part gets the whole zone, also from the next
 * process, and differences again from then on. */
static void
whoever_got_a_part_gets_the_whole(void **state)
{
	char dir[] = "/tmp/saluran-cut-XXXXXX", path[sizeof(dir) + sizeof("/cut")];
	struct fake f[] = {{.rows = big_zone(), .n_rows = BIG_ROWS},
			   {.rows = four_rows, .n_rows = 4}};
	uint8_t wire[WIRE_MAX];
	size_t len = query(wire, KNOT_RRTYPE_AXFR);
	char *out;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/cut", dir);
	f[0].cut_path = f[1].cut_path = path;
	fake_start(&f[0]);
	int gone = client(&f[0], SOCK_STREAM, 1);
	send_message(gone, wire, len);
	assert_true(readable(gone, REPLY_MS)); /* it runs, and fills the socket */
	fake_stop(&f[0]);
	close(gone);

	fake_start(&f[1]);
	fake_set(&f[1], 101, four_rows, 3);
	for (int i = 0; i < 2; i++) {
		out = kdig(&f[1], ORIGIN " IXFR=100 +tcp");
		/* A row that did not change. */
		assert_true((strstr(out, "ok.t.me") != NULL) == (i == 0));
		free(out);
		assert_pulled(&f[1], (unsigned)i + 1, "plain", 101);
	}
	fake_stop(&f[1]);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

/* All is written, and lies in our host's memory: the client has no room for it. */
static void
written_is_not_pulled(void **state)
{
	struct fake f = {.rows = big_zone(), .n_rows = SMALL_ROWS};
	struct sockaddr_in from = loopback(1, 0), to;
	uint8_t wire[WIRE_MAX];
	size_t len = query(wire, KNOT_RRTYPE_AXFR);
	const int room = 4096;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	fake_start(&f);
	to = loopback(1, rpz_port(f.r));
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	send_message(fd, wire, len);
	assert_true(readable(fd, REPLY_MS));
	assert_false(readable(-1, QUIET_MS));
	close(fd); /* a reset: what we had written is gone */
	assert_alive(&f);
	fake_stop(&f);
	assert_int_equal(f.n_pulled, 0);
}

static void
connections_are_shared_out(void **state)
{
	struct fake f = {0};
	uint8_t wire[WIRE_MAX];
	int idle[RPZ_CONNECTIONS_PER_ADDRESS_DEFAULT], one_more, other;
	size_t len;

	(void)state;
	fake_start(&f);
	for (size_t i = 0; i < sizeof(idle) / sizeof(*idle); i++)
		idle[i] = client(&f, SOCK_STREAM, 1);
	/* The oldest that nobody known has shown to be his makes room. */
	one_more = client(&f, SOCK_STREAM, 1);
	assert_closed(idle[0]);
	close(idle[0]);
	idle[0] = one_more;
	other = client(&f, SOCK_STREAM, 2);
	len = query(wire, KNOT_RRTYPE_SOA);
	send_message(other, wire, len);
	assert_true(read_message(other, wire) > 0);
	assert_int_equal(knot_wire_get_rcode(wire), KNOT_RCODE_REFUSED);
	for (size_t i = 0; i < sizeof(idle) / sizeof(*idle); i++) {
		len = query(wire, KNOT_RRTYPE_SOA);
		send_message(idle[i], wire, len);
		assert_true(read_message(idle[i], wire) > 0);
	}
	/* Those that have asked stay. */
	one_more = client(&f, SOCK_STREAM, 1);
	assert_closed(one_more);
	close(one_more);
	for (size_t i = 0; i < sizeof(idle) / sizeof(*idle); i++)
		close(idle[i]);
	close(other);
	fake_stop(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_old_signature_is_badtime),
		cmocka_unit_test(every_message_of_a_transfer_is_signed),
		cmocka_unit_test(malformed_packets_get_formerr_or_nothing),
		cmocka_unit_test(huge_and_random_packets_change_nothing),
		cmocka_unit_test(a_slow_reader_blocks_nobody_and_gets_one_serial),
		cmocka_unit_test(a_transfer_cut_short_is_not_pulled),
		cmocka_unit_test(whoever_got_a_part_gets_the_whole),
		cmocka_unit_test(written_is_not_pulled),
		cmocka_unit_test(connections_are_shared_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
