/* Who may have which zone: lists of zones, several keys, networks, and limits. */
#include "rpz_wire.h"

#include <errno.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "rpz/internal.h"

/* ---- several zones ----------------------------------------------------------------- */

static void
second_has_both(struct arena *a, struct rpz_operator *op, size_t i)
{
	static const char *const both[] = {ORIGIN, OTHER};

	(void)a;
	if (i == 1) {
		op->zones = both;
		op->n_zones = 2;
	}
	if (i == 2)
		op->n_zones = 0;
}

static void
each_operator_has_its_zones(void **state)
{
	struct fake f = {.two_zones = true,
			 .adjust = second_has_both,
			 .ops = {{"one", "127.0.0.1", 0, NULL, NULL},
				 {"both", "127.0.0.2", 0, NULL, NULL},
				 {"none", "127.0.0.3", 0, NULL, NULL}},
			 .n_ops = 3};
	static const struct {
		const char *ask, *says;
	} rows[] = {
		{"-b 127.0.0.1 " ORIGIN " AXFR +stats", "9 records"},
		{"-b 127.0.0.1 " OTHER " AXFR", "REFUSED"},
		{"-b 127.0.0.1 " OTHER " SOA", "REFUSED"},
		{"-b 127.0.0.1 " OTHER " IXFR=99", "REFUSED"},
		{"-b 127.0.0.2 " ORIGIN " AXFR +stats", "9 records"},
		{"-b 127.0.0.2 " OTHER " AXFR +stats", "9 records"},
		{"-b 127.0.0.2 " OTHER " SOA", "hostmaster.other.test. 100"},
		{"-b 127.0.0.3 " ORIGIN " SOA", "REFUSED"},
		{"-b 127.0.0.3 " OTHER " AXFR", "REFUSED"},
		{"-b 127.0.0.2 nosuch.test SOA", "REFUSED"},
	};

	(void)state;
	fake_start(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *out = kdig(&f, "%s", rows[i].ask);

		assert_says(out, rows[i].says);
		free(out);
	}
	fake_stop(&f);
}

/* ---- keys and networks ------------------------------------------------------------- */

#define NEW_NAME "newkey"

static void
two_keys(struct arena *a, struct rpz_operator *op, size_t i)
{
	struct rpz_key *keys = arena_array(a, 2, sizeof(*keys));

	(void)i;
	keys[0] = (struct rpz_key){NEW_NAME, OTHER_SECRET};
	keys[1] = (struct rpz_key){KEY_NAME, KEY_SECRET};
	op->keys = keys;
	op->n_keys = 2;
}

static void
only_from_a_network(struct arena *a, struct rpz_operator *op, size_t i)
{
	static const char *const net[] = {"127.0.8.0/22", "::1"};

	(void)a, (void)i;
	op->addresses = net;
	op->n_addresses = 2;
	op->from_only = true;
}

#define SIGNED	   "-y hmac-sha256:" KEY_NAME ":" KEY_SECRET
#define SIGNED_NEW "-y hmac-sha256:" NEW_NAME ":" OTHER_SECRET

/* refused() was called so often, of this key in the end. */
static void
assert_refused(struct fake *f, unsigned n, const char *key, const char *why)
{
	struct timespec until;
	int ret = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += FAKE_WAIT_S;
	pthread_mutex_lock(&f->lock);
	while (f->n_refused < n && ret == 0)
		ret = pthread_cond_timedwait(&f->pulled, &f->lock, &until);
	assert_int_equal(f->n_refused, n);
	assert_string_equal(f->refused_key, key);
	assert_string_equal(f->refused_why, why);
	pthread_mutex_unlock(&f->lock);
}

static void
old_and_new_key_are_valid_together(void **state)
{
	struct fake f = {.adjust = two_keys,
			 .ops = {{"o", "127.0.0.1", 0, KEY_NAME, KEY_SECRET}},
			 .n_ops = 1};
	static const char *const keys[] = {SIGNED, SIGNED_NEW};
	char *out;

	(void)state;
	fake_start(&f);
	for (size_t i = 0; i < 2; i++) {
		out = kdig(&f, ORIGIN " AXFR +stats %s", keys[i]);
		assert_says(out, "9 records");
		free(out);
	}
	/* the old one is withdrawn: at once */
	pthread_mutex_lock(&f.lock);
	f.adjust = NULL;
	f.ops[0].tsig_name = NEW_NAME;
	f.ops[0].tsig_secret = OTHER_SECRET;
	unsigned n_refused = f.n_refused;
	pthread_mutex_unlock(&f.lock);
	rpz_changed(f.r, NULL);
	assert_int_equal(n_refused, 0);
	out = kdig(&f, ORIGIN " SOA " SIGNED);
	assert_says(out, "BADKEY");
	free(out);
	assert_refused(&f, 1, KEY_NAME ".", "badkey");
	/* once a minute */
	free(kdig(&f, ORIGIN " SOA " SIGNED));
	free(kdig(&f, ORIGIN " SOA -y hmac-sha256:stranger:" KEY_SECRET));
	assert_refused(&f, 2, "stranger.", "badkey");
	out = kdig(&f, ORIGIN " SOA " SIGNED_NEW);
	assert_says(out, "hostmaster");
	free(out);
	fake_stop(&f);
}

static void
a_key_may_be_bound_to_networks(void **state)
{
	struct fake f = {.adjust = only_from_a_network,
			 .ops = {{"o", "127.0.0.1", 0, KEY_NAME, KEY_SECRET}},
			 .n_ops = 1};
	static const struct {
		const char *from, *key, *says;
	} rows[] = {
		{"127.0.8.0", SIGNED, "hostmaster"},
		{"127.0.11.255", SIGNED, "hostmaster"},
		{"127.0.7.255", SIGNED, "REFUSED"},
		{"127.0.12.0", SIGNED, "REFUSED"},
		{"127.0.9.1", "", "REFUSED"},
		{"127.0.0.1", SIGNED, "REFUSED"},
		{"127.0.9.1", SIGNED_NEW, "BADKEY"},
	};

	(void)state;
	fake_start(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *out =
			kdig(&f, "-b %s " ORIGIN " SOA %s", rows[i].from, rows[i].key);

		assert_says(out, rows[i].says);
		free(out);
	}
	fake_stop(&f);
}

static void
networks_are_read_exactly(void **state)
{
	static const struct {
		const char *net, *addr;
		int has; /* -1: cannot be read */
	} rows[] = {
		{"192.0.2.1", "192.0.2.1", 1},
		{"192.0.2.1", "192.0.2.2", 0},
		{"192.0.2.0/24", "192.0.2.255", 1},
		{"192.0.2.0/24", "192.0.3.0", 0},
		{"192.0.2.128/25", "192.0.2.127", 0},
		{"0.0.0.0/0", "8.8.8.8", 1},
		{"0.0.0.0/0", "2001:db8::1", 0},
		{"2001:db8::/33", "2001:db8:7fff::1", 1},
		{"2001:db8::/33", "2001:db8:8000::1", 0},
		{"::/0", "2001:db8::1", 1},
		{"192.0.2.0/33", "", -1},
		{"192.0.2.0/", "", -1},
		{"192.0.2.0/-1", "", -1},
		{"192.0.2.0/24x", "", -1},
		{"192.0.2/24", "", -1},
		{"name", "", -1},
		{"2001:db8::/129", "", -1},
		{"", "", -1},
		{"192.0.2.0/0024", "", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct rpz_net net;
		struct rpz_addr a;
		enum rc rc = rpz_net_parse(rows[i].net, &net);

		if ((rc == RC_OK) != (rows[i].has >= 0))
			fail_msg("%s", rows[i].net);
		if (rc != RC_OK)
			continue;
		assert_int_equal(rpz_addr_parse(rows[i].addr, &a), RC_OK);
		if (rpz_net_has(&net, &a) != (rows[i].has == 1))
			fail_msg("%s in %s", rows[i].addr, rows[i].net);
	}
}

/* ---- limits ------------------------------------------------------------------------ */

enum {
	FEW = 4, /* connections at once */
	THOUSAND = 1000,
	SPREAD = 250, /* addresses that they come from */
};

static bool
is_served(int fd)
{
	uint8_t wire[WIRE_MAX];
	size_t len = query(wire, KNOT_RRTYPE_SOA);
	uint8_t framed[2 + KNOT_WIRE_MAX_PKTSIZE / 64];

	knot_wire_write_u16(framed, (uint16_t)len);
	memcpy(framed + 2, wire, len);
	if (send(fd, framed, len + 2, MSG_NOSIGNAL) != (ssize_t)len + 2)
		return false;
	return read_message(fd, wire) > 0 &&
	       knot_wire_get_rcode(wire) == KNOT_RCODE_NOERROR;
}

/* Nobody known is kept out by any number of connections of nobody known: whoever asks
 * nothing makes room, and those who are served stay. */
static void
strangers_make_room(void **state)
{
	struct fake f = {.limits = {.connections = FEW,
				    .connections_per_address = FEW,
				    .connections_per_operator = FEW,
				    .transfer_s = 10,
				    .idle_s = 600}};
	int strangers[FEW], known;

	(void)state;
	fake_start(&f);
	known = client(&f, SOCK_STREAM, 1);
	assert_true(is_served(known));
	for (unsigned i = 0; i < FEW; i++) /* the last of them takes the first's place */
		strangers[i] = client(&f, SOCK_STREAM, 100 + i);
	assert_closed(strangers[0]);
	int other = client(&f, SOCK_STREAM, 1);

	assert_true(is_served(other));
	assert_closed(strangers[1]);
	assert_true(is_served(known));
	for (unsigned i = 0; i < FEW; i++)
		close(strangers[i]);
	close(known);
	close(other);
	fake_stop(&f);
}

static void
a_thousand_connections_keep_nobody_out(void **state)
{
	struct fake f = {0};
	static int fds[THOUSAND];
	struct rlimit files;
	size_t n = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max; /* both ends of them are ours */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	fake_start(&f);
	for (unsigned i = 0; i < THOUSAND; i++) {
		fds[n] = client(&f, SOCK_STREAM, 3 + i % SPREAD);
		n++;
		if (i % 100 == 99) {
			int known = client(&f, SOCK_STREAM, 1);

			assert_true(is_served(known));
			close(known);
		}
	}
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	assert_alive(&f);
	fake_stop(&f);
}

/* One operator's connections do not take those of the others. */
static void
an_operator_has_its_share(void **state)
{
	struct fake f = {.limits = {.connections = 16,
				    .connections_per_address = 16,
				    .connections_per_operator = 2,
				    .transfer_s = 10,
				    .idle_s = 600},
			 .ops = {{"one", "127.0.0.1", 0, NULL, NULL},
				 {"two", "127.0.0.2", 0, NULL, NULL}},
			 .n_ops = 2};
	int first, second, third, other;

	(void)state;
	fake_start(&f);
	first = client(&f, SOCK_STREAM, 1);
	second = client(&f, SOCK_STREAM, 1);
	third = client(&f, SOCK_STREAM, 1);
	other = client(&f, SOCK_STREAM, 2);
	assert_true(is_served(first) && is_served(second));
	assert_false(is_served(third));
	assert_true(is_served(other));
	assert_true(is_served(first)); /* those that were there go on */
	close(first);
	close(second);
	close(third);
	close(other);
	fake_stop(&f);
}

static bool
is_served_by_key(int fd)
{
	uint8_t wire[WIRE_MAX], mac[RPZ_MAC_BYTES];
	size_t len = query(wire, KNOT_RRTYPE_SOA), mac_len = sizeof(mac);
	knot_tsig_key_t key;

	assert_int_equal(knot_tsig_key_init(&key, "hmac-sha256", KEY_NAME, KEY_SECRET),
			 KNOT_EOK);
	assert_int_equal(
		knot_tsig_sign(wire, &len, WIRE_MAX, NULL, 0, mac, &mac_len, &key, 0, 0),
		KNOT_EOK);
	knot_tsig_key_deinit(&key);
	send_message(fd, wire, len);
	return read_message(fd, wire) > 0 &&
	       knot_wire_get_rcode(wire) == KNOT_RCODE_NOERROR;
}

/* Many resolvers may be behind one address: those that a key has shown to be an
 * operator's do not count for it, but for the operator. */
static void
many_behind_one_address(void **state)
{
	enum { BEHIND = 6 };
	struct fake f = {.limits = {.connections = 16,
				    .connections_per_address = 2,
				    .connections_per_operator = BEHIND,
				    .transfer_s = 10,
				    .idle_s = 600}};
	int fds[BEHIND + 1], strangers[3];

	(void)state;
	fake_start(&f);
	for (size_t i = 0; i < BEHIND; i++) {
		fds[i] = client(&f, SOCK_STREAM, 3);
		assert_true(is_served_by_key(fds[i]));
	}
	fds[BEHIND] = client(&f, SOCK_STREAM, 3);
	assert_false(is_served_by_key(fds[BEHIND])); /* the operator has its share */
	/* Without a key the address has its limit: the oldest makes room. */
	for (size_t i = 0; i < 3; i++)
		strangers[i] = client(&f, SOCK_STREAM, 3);
	assert_closed(strangers[0]);
	for (size_t i = 0; i < BEHIND; i++)
		assert_true(is_served_by_key(fds[i]));
	for (size_t i = 0; i <= BEHIND; i++)
		close(fds[i]);
	for (size_t i = 0; i < 3; i++)
		close(strangers[i]);
	fake_stop(&f);
}

/* Whoever shares the address of an operator and opens all the connections that it may
 * have keeps the operator out neither by silence nor by opening them again. */
static void
a_neighbour_keeps_nobody_out(void **state)
{
	enum { OF_ADDRESS = 3, ROUNDS = 5 };
	struct fake f = {.limits = {.connections = 16,
				    .connections_per_address = OF_ADDRESS,
				    .connections_per_operator = ROUNDS,
				    .transfer_s = 10,
				    .idle_s = 600}};
	int fds[ROUNDS * OF_ADDRESS];
	size_t n = 0;

	(void)state;
	fake_start(&f);
	for (int i = 0; i < ROUNDS; i++) {
		for (int k = 0; k < OF_ADDRESS; k++)
			fds[n++] = client(&f, SOCK_STREAM, 3);
		int known = client(&f, SOCK_STREAM, 3);
		assert_true(is_served_by_key(known));
		close(known);
	}
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
	fake_stop(&f);
}

/* A transfer takes at least as long as its bytes may go. */
static void
a_transfer_has_its_pace(void **state)
{
	enum { ROWS = 30000, RATE = 1 << 20 };
	static struct rpzrow rows[ROWS];
	static char names[ROWS][32];
	struct fake f = {.rows = rows,
			 .n_rows = ROWS,
			 .limits = {.connections = 16,
				    .connections_per_address = 16,
				    .connections_per_operator = 16,
				    .transfer_s = 600,
				    .idle_s = 600,
				    .transfer_bytes_per_s = RATE}};
	uint8_t wire[WIRE_MAX];
	size_t bytes = 0, records = 0;

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		snprintf(names[i], sizeof(names[i]), "name%05zu.example", i);
		rows[i] = (struct rpzrow){names[i], RPZROW_NXDOMAIN, NULL};
	}
	fake_start(&f);
	int fd = client(&f, SOCK_STREAM, 1);
	assert_true(is_served(fd));
	send_message(fd, wire, query(wire, KNOT_RRTYPE_AXFR));
	size_t len = read_message(fd, wire);
	int64_t start_us = clock_mono_us();
	for (; len > 0; len = records < ROWS + 5 ? read_message(fd, wire) : 0) {
		bytes += len;
		records += knot_wire_get_ancount(wire);
	}
	int64_t took_us = clock_mono_us() - start_us;
	assert_int_equal(records, ROWS + 5);
	assert_true(bytes > RATE / 2);
	/* What the first messages bring at once is a part of a second's bytes. */
	assert_true(took_us > (int64_t)(bytes - RATE / 4) * CLOCK_US_PER_S / RATE);
	close(fd);
	fake_stop(&f);
}

/* A byte now and then does not keep a connection open. */
static void
a_slow_query_is_cut_off(void **state)
{
	struct fake f = {.limits = {.connections = 16,
				    .connections_per_address = 16,
				    .connections_per_operator = 16,
				    .transfer_s = 10,
				    .idle_s = 1}};
	int64_t start_us = clock_mono_us();
	bool closed = false;

	(void)state;
	fake_start(&f);
	int fd = client(&f, SOCK_STREAM, 1);

	assert_int_equal(send(fd, "\0\40", 2, 0), 2);
	while (!closed && clock_mono_us() - start_us < 10 * CLOCK_US_PER_S) {
		(void)!send(fd, "\0", 1, MSG_NOSIGNAL);
		closed = readable(fd, 100);
	}
	assert_true(closed);
	assert_true(clock_mono_us() - start_us < 3 * CLOCK_US_PER_S);
	close(fd);
	fake_stop(&f);
}

/* ---- signatures that are not in order ---------------------------------------------- */

/* A signed SOA query whose MAC is cut to `mac_len` bytes. */
static size_t
query_truncated(uint8_t *wire, const knot_tsig_key_t *key, size_t mac_len)
{
	size_t len = query(wire, KNOT_RRTYPE_SOA), signed_len = len, got = RPZ_MAC_BYTES;
	uint8_t mac[RPZ_MAC_BYTES];
	size_t cut, at;

	assert_int_equal(knot_tsig_sign(wire, &signed_len, WIRE_MAX, NULL, 0, mac, &got,
					key, 0, 0),
			 KNOT_EOK);
	/* name, type, class, TTL; rdata: algorithm, time 6, fudge 2, size 2, MAC, ... */
	at = len + knot_dname_size(key->name) + 8;
	cut = got - mac_len;
	knot_wire_write_u16(wire + at, (uint16_t)(knot_wire_read_u16(wire + at) - cut));
	at += 2 + knot_dname_size((const uint8_t *)"\013hmac-sha256") + 8;
	assert_int_equal(knot_wire_read_u16(wire + at), got);
	knot_wire_write_u16(wire + at, (uint16_t)mac_len);
	at += 2 + mac_len;
	memmove(wire + at, wire + at + cut, signed_len - at - cut);
	return signed_len - cut;
}

/* RFC 8945, sections 5.2.2.1 and 5.2.4. */
static void
truncated_signatures_are_refused(void **state)
{
	static const struct {
		size_t mac_len;
		int rcode, error;
	} rows[] = {
		{32, KNOT_RCODE_NOERROR, 0},
		{31, KNOT_RCODE_NOTAUTH, KNOT_RCODE_BADTRUNC},
		{16, KNOT_RCODE_NOTAUTH, KNOT_RCODE_BADTRUNC},
		{15, KNOT_RCODE_FORMERR, 0},
		{1, KNOT_RCODE_FORMERR, 0},
		{0, KNOT_RCODE_FORMERR, 0},
	};
	struct fake f = {0};
	uint8_t wire[WIRE_MAX];
	knot_tsig_key_t key;

	(void)state;
	assert_int_equal(knot_tsig_key_init(&key, "hmac-sha256", KEY_NAME, KEY_SECRET),
			 0);
	fake_start(&f);
	int fd = client(&f, SOCK_DGRAM, 2);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t len = query_truncated(wire, &key, rows[i].mac_len);

		assert_int_equal(send(fd, wire, len, 0), (ssize_t)len);
		assert_true(readable(fd, REPLY_MS));
		ssize_t n = recv(fd, wire, sizeof(wire), 0);
		knot_pkt_t *pkt = knot_pkt_new(wire, (uint16_t)n, NULL);

		assert_int_equal(knot_pkt_parse(pkt, 0), KNOT_EOK);
		assert_int_equal(knot_wire_get_rcode(wire), rows[i].rcode);
		assert_int_equal(knot_wire_get_ancount(wire), rows[i].rcode == 0);
		if (rows[i].error != 0)
			assert_int_equal(knot_tsig_rdata_error(pkt->tsig_rr),
					 rows[i].error);
		knot_pkt_free(pkt);
	}
	close(fd);
	fake_stop(&f);
	knot_tsig_key_deinit(&key);
}

/* An EDNS version that nobody knows is named, to whomever; the zone is not. */
static void
an_unknown_edns_version_is_badvers(void **state)
{
	static const char *const ask[] = {
		ORIGIN " SOA +edns=1", "-b 127.0.0.9 " ORIGIN " SOA +edns=1",
		ORIGIN " AXFR +edns=7", ORIGIN " SOA +edns=1 " SIGNED};
	struct fake f = {0};

	(void)state;
	fake_start(&f);
	for (size_t i = 0; i < sizeof(ask) / sizeof(*ask); i++) {
		char *out = kdig(&f, "%s", ask[i]);

		assert_says(out, "BADVERS");
		assert_null(strstr(out, "hostmaster"));
		free(out);
	}
	fake_stop(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_operator_has_its_zones),
		cmocka_unit_test(old_and_new_key_are_valid_together),
		cmocka_unit_test(a_key_may_be_bound_to_networks),
		cmocka_unit_test(networks_are_read_exactly),
		cmocka_unit_test(strangers_make_room),
		cmocka_unit_test(a_thousand_connections_keep_nobody_out),
		cmocka_unit_test(an_operator_has_its_share),
		cmocka_unit_test(many_behind_one_address),
		cmocka_unit_test(a_neighbour_keeps_nobody_out),
		cmocka_unit_test(a_transfer_has_its_pace),
		cmocka_unit_test(a_slow_query_is_cut_off),
		cmocka_unit_test(truncated_signatures_are_refused),
		cmocka_unit_test(an_unknown_edns_version_is_badvers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
