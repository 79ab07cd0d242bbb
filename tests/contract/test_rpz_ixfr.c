/* Differences between serials, as a secondary sees them: it applies what it gets to what
 * it has, and must then have what the source has. */
#include "rpz_wire.h"

#include <ctype.h>
#include <errno.h>

#include "base/clock.h"
#include "rpz/internal.h"

enum {
	ROWS = 1500,
	VERSIONS = 12,
	NAME_BYTES = 48,
	LINE_BYTES = 256,
	KEPT_SERIAL = 100,
};

/* ---- a secondary ------------------------------------------------------------------- */

struct copy {
	uint32_t serial;
	size_t n;
	char (*line)[LINE_BYTES]; /* in order; all records but the SOA */
	size_t cap;
	size_t n_messages; /* of the last transfer */
	enum { GOT_CURRENT, GOT_ZONE, GOT_DIFFERENCE } got;
};

static int
line_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
copy_add(struct copy *c, const char *line)
{
	size_t at = 0;

	if (c->n == c->cap) {
		c->cap = c->cap == 0 ? 64 : 2 * c->cap;
		c->line = realloc(c->line, c->cap * LINE_BYTES);
		assert_non_null(c->line);
	}
	for (size_t end = c->n; at < end;) {
		size_t middle = at + (end - at) / 2;
		if (strcmp(c->line[middle], line) < 0)
			at = middle + 1;
		else
			end = middle;
	}
	if (at < c->n && strcmp(c->line[at], line) == 0)
		fail_msg("added, but there: %s", line);
	memmove(c->line[at + 1], c->line[at], (c->n - at) * LINE_BYTES);
	snprintf(c->line[at], LINE_BYTES, "%s", line);
	c->n++;
}

static void
copy_remove(struct copy *c, const char *line)
{
	char *found =
		c->n == 0 ? NULL : bsearch(line, c->line, c->n, LINE_BYTES, line_compare);

	if (found == NULL)
		fail_msg("removed, but not there: %s", line);
	size_t at = (size_t)(found - c->line[0]) / LINE_BYTES;

	memmove(c->line[at], c->line[at + 1], (c->n - at - 1) * LINE_BYTES);
	c->n--;
}

static void
record_line(const knot_rrset_t *rr, char out[LINE_BYTES])
{
	char owner[KNOT_DNAME_TXT_MAXLEN + 1], type[16], data[LINE_BYTES];

	assert_non_null(knot_dname_to_str(owner, rr->owner, sizeof(owner)));
	assert_true(knot_rrtype_to_string(rr->type, type, sizeof(type)) > 0);
	assert_true(knot_rrset_txt_dump_data(rr, 0, data, sizeof(data),
					     &KNOT_DUMP_STYLE_DEFAULT) > 0);
	assert_int_equal(rr->ttl, 30);
	assert_true(snprintf(out, LINE_BYTES, "%s %s %s", owner, type, data) <
		    LINE_BYTES);
}

/* RFC 1995, section 4, and RFC 5936, section 2.2: where in the answer we are. */
struct transfer {
	struct copy *c;
	uint32_t from, to;
	enum { AT_START, AT_SECOND, IN_ZONE, IN_REMOVED, IN_ADDED, AT_END } at;
};

static void
take_soa(struct transfer *t, uint32_t serial)
{
	switch (t->at) {
	case AT_START:
		t->to = serial;
		t->at = AT_SECOND;
		return;
	case AT_SECOND:
		assert_int_equal(serial, t->from);
		t->c->got = GOT_DIFFERENCE;
		t->at = IN_REMOVED;
		return;
	case IN_REMOVED:
		t->at = IN_ADDED;
		return;
	case IN_ZONE:
	case IN_ADDED:
		assert_int_equal(serial, t->to);
		t->at = AT_END;
		return;
	case AT_END:
		break;
	}
	fail_msg("more than the transfer");
}

static void
take_record(struct transfer *t, const knot_rrset_t *rr)
{
	char line[LINE_BYTES];

	if (rr->type == KNOT_RRTYPE_SOA) {
		take_soa(t, knot_soa_serial(rr->rrs.rdata));
		return;
	}
	record_line(rr, line);
	if (t->at == AT_SECOND) { /* the whole zone takes the place of what was there */
		t->c->n = 0;
		t->c->got = GOT_ZONE;
		t->at = IN_ZONE;
	}
	if (t->at == IN_REMOVED)
		copy_remove(t->c, line);
	else if (t->at == IN_ADDED || t->at == IN_ZONE)
		copy_add(t->c, line);
	else
		fail_msg("a record before the SOA");
}

static size_t
ixfr_query(uint8_t *wire, const char *origin, uint32_t from)
{
	static const uint8_t numbers[] = {0, 0, 0,  60, 0, 0, 0, 10,
					  0, 0, 14, 16, 0, 0, 0, 30};
	knot_dname_storage_t name;
	size_t name_len, len = KNOT_WIRE_HEADER_SIZE;

	assert_non_null(knot_dname_from_str(name, origin, sizeof(name)));
	name_len = knot_dname_size(name);
	memset(wire, 0, len);
	knot_wire_set_id(wire, 0xabcd);
	knot_wire_set_qdcount(wire, 1);
	knot_wire_set_nscount(wire, 1);
	memcpy(wire + len, name, name_len);
	len += name_len;
	knot_wire_write_u16(wire + len, KNOT_RRTYPE_IXFR);
	knot_wire_write_u16(wire + len + 2, KNOT_CLASS_IN);
	len += 4;
	memcpy(wire + len, "\xc0\x0c\0\6\0\1\0\0\0\0\0\x16\0\0", 14);
	len += 14;
	knot_wire_write_u32(wire + len, from);
	memcpy(wire + len + 4, numbers, sizeof(numbers));
	return len + 4 + sizeof(numbers);
}

/* Asks over `fd` for what is newer than the copy, and applies it. */
static void
refresh(struct copy *c, int fd, const char *origin, knot_tsig_key_t *key)
{
	static uint8_t wire[WIRE_MAX];
	struct transfer t = {.c = c, .from = c->serial};
	uint8_t mac[RPZ_MAC_BYTES];
	size_t len = ixfr_query(wire, origin, c->serial), mac_len = sizeof(mac);

	if (key != NULL)
		assert_int_equal(knot_tsig_sign(wire, &len, sizeof(wire), NULL, 0, mac,
						&mac_len, key, 0, 0),
				 KNOT_EOK);
	send_message(fd, wire, len);
	c->got = GOT_CURRENT;
	for (c->n_messages = 0; t.at != AT_END; c->n_messages++) {
		len = read_message(fd, wire);
		assert_true(len > 0);
		knot_pkt_t *pkt = knot_pkt_new(wire, (uint16_t)len, NULL);

		assert_int_equal(knot_pkt_parse(pkt, 0), KNOT_EOK);
		assert_int_equal(knot_wire_get_rcode(wire), KNOT_RCODE_NOERROR);
		assert_int_equal(knot_wire_get_id(wire), 0xabcd);
		const knot_pktsection_t *answer = knot_pkt_section(pkt, KNOT_ANSWER);

		for (uint16_t i = 0; i < answer->count; i++)
			take_record(&t, knot_pkt_rr(answer, i));
		if (key != NULL) {
			assert_int_equal((c->n_messages == 0
						  ? knot_tsig_client_check
						  : knot_tsig_client_check_next)(
						 pkt->tsig_rr, wire, pkt->size, mac,
						 mac_len, key, 0),
					 KNOT_EOK);
			mac_len = knot_tsig_rdata_mac_length(pkt->tsig_rr);
			memcpy(mac, knot_tsig_rdata_mac(pkt->tsig_rr), mac_len);
		}
		bool alone = c->n_messages == 0 && answer->count == 1 &&
			     !rpz_serial_newer(t.to, t.from);
		knot_pkt_free(pkt);
		if (alone) /* the single SOA: there is nothing newer */
			return;
	}
	c->serial = t.to;
}

/* The copy has what the source has, and what the server adds. */
static void
assert_copy(const struct copy *c, const struct fake_version *v)
{
	static const char *const acts[RPZROW_ACT_COUNT] = {
		[RPZROW_NXDOMAIN] = "CNAME .",
		[RPZROW_NODATA] = "CNAME *.",
		[RPZROW_PASSTHRU] = "CNAME rpz-passthru.",
		[RPZROW_LANDING] = "CNAME %s.",
		[RPZROW_A] = "A %s",
		[RPZROW_AAAA] = "AAAA %s",
		[RPZROW_TXT] = "TXT \"%s\"",
	};
	struct copy want = {0};
	char line[LINE_BYTES], data[LINE_BYTES];

	for (size_t i = 0; i < v->n_rows; i++) {
		const struct rpzrow *row = &v->rows[i];
		const char *act = acts[row->act], *s = strstr(act, "%s");

		snprintf(data, sizeof(data), "%.*s%s%s",
			 (int)(s == NULL ? strlen(act) : (size_t)(s - act)), act,
			 s == NULL ? "" : row->data, s == NULL ? "" : s + 2);
		assert_true(snprintf(line, sizeof(line), "%s." ORIGIN ". %s", row->owner,
				     data) < LINE_BYTES);
		for (size_t k = 0; line[k] != ' '; k++)
			line[k] = (char)tolower((unsigned char)line[k]);
		copy_add(&want, line);
	}
	copy_add(&want, ORIGIN ". NS localhost.");
	snprintf(line, sizeof(line), "_saluran-serial." ORIGIN ". TXT \"%u\"", v->serial);
	copy_add(&want, line);
	snprintf(line, sizeof(line), ORIGIN "._saluran-serial." ORIGIN ". TXT \"%u\"",
		 v->serial);
	copy_add(&want, line);
	assert_int_equal(c->serial, v->serial);
	for (size_t i = 0; i < c->n && i < want.n; i++)
		assert_string_equal(c->line[i], want.line[i]);
	assert_int_equal(c->n, want.n);
	free(want.line);
}

/* ---- versions of a zone ------------------------------------------------------------ */

static const struct rpzrow row_of_act[] = {
	{NULL, RPZROW_NXDOMAIN, NULL},	{NULL, RPZROW_NODATA, NULL},
	{NULL, RPZROW_PASSTHRU, NULL},	{NULL, RPZROW_LANDING, "page.authority.example"},
	{NULL, RPZROW_A, "192.0.2.80"}, {NULL, RPZROW_AAAA, "2001:db8::80"},
	{NULL, RPZROW_TXT, "order 42"},
};

/* Each row is there or not, and as it is, by chance. */
static void
versions_make(struct fake_version v[VERSIONS], uint64_t seed)
{
	static struct rpzrow rows[VERSIONS][ROWS];
	static char names[ROWS][NAME_BYTES];
	uint64_t x = seed;

	for (unsigned i = 0; i < ROWS; i++)
		snprintf(names[i], sizeof(names[i]),
			 i % 50 == 0 ? "32.%u.113.0.203.rpz-ip" : "%u.Name.example",
			 i % 50 == 0 ? i / 50 : i);
	for (size_t k = 0; k < VERSIONS; k++) {
		size_t n = 0;

		for (unsigned i = 0; i < ROWS; i++) {
			struct rpzrow row;

			x = x * UINT64_C(6364136223846793005) +
			    UINT64_C(1442695040888963407);
			/* most rows stay as they were */
			row = row_of_act[(i + (x >> 60 == 0 ? x >> 33 : 0)) % 7];
			row.owner = names[i];
			if (x >> 40 & 15)
				rows[k][n++] = row;
		}
		v[k] = (struct fake_version){KEPT_SERIAL + (uint32_t)k * 3, rows[k], n};
	}
}

static uint64_t
seed_choose(void)
{
	const char *given = getenv("SALURAN_TEST_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);

	printf("SALURAN_TEST_SEED=%llu repeats it\n", (unsigned long long)seed);
	return seed;
}

static void
fake_start_at(struct fake *f, const struct fake_version *v)
{
	f->serial = v->serial;
	f->rows = v->rows;
	f->n_rows = v->n_rows;
	fake_start(f);
}

static knot_tsig_key_t
the_key(void)
{
	knot_tsig_key_t key;

	assert_int_equal(knot_tsig_key_init(&key, "hmac-sha256", KEY_NAME, KEY_SECRET),
			 KNOT_EOK);
	return key;
}

/* ---- tests ------------------------------------------------------------------------- */

static void
a_copy_follows_from_any_serial_to_the_newest(void **state)
{
	struct fake_version v[VERSIONS];
	struct copy copy[VERSIONS] = {0};
	struct fake f = {0};
	knot_tsig_key_t key = the_key();

	(void)state;
	versions_make(v, seed_choose());
	fake_start_at(&f, &v[0]);
	for (size_t k = 0; k < VERSIONS; k++) {
		if (k > 0)
			fake_set(&f, v[k].serial, v[k].rows, v[k].n_rows);
		/* copy k begins here; those before it come from one serial earlier, and
		 * every third from three */
		for (size_t i = 0; i <= k; i++) {
			if (i < k && i % 3 == 0 && k % 3 != 0)
				continue;
			int fd = client(&f, SOCK_STREAM, i % 2 == 0 ? 1 : 2);

			refresh(&copy[i], fd, ORIGIN, i % 2 == 0 ? NULL : &key);
			assert_int_equal(copy[i].got, i < k ? GOT_DIFFERENCE : GOT_ZONE);
			assert_copy(&copy[i], &v[k]);
			/* and once more, over the same connection: nothing newer */
			refresh(&copy[i], fd, ORIGIN, i % 2 == 0 ? NULL : &key);
			assert_int_equal(copy[i].got, GOT_CURRENT);
			close(fd);
		}
	}
	pthread_mutex_lock(&f.lock);
	assert_int_equal(f.n_asked, 1); /* all other serials came from the journal */
	pthread_mutex_unlock(&f.lock);
	fake_stop(&f);
	for (size_t i = 0; i < VERSIONS; i++)
		free(copy[i].line);
	knot_tsig_key_deinit(&key);
}

/* A difference of many messages, each signed, and larger than what is kept. */
static void
a_large_difference_is_many_messages(void **state)
{
	static struct rpzrow rows[2][4 * ROWS];
	static char names[4 * ROWS][NAME_BYTES];
	struct fake_version v[2] = {{100, rows[0], 4 * ROWS}, {101, rows[1], 4 * ROWS}};
	knot_tsig_key_t key = the_key();
	struct copy copy = {0};
	struct fake f = {0};

	(void)state;
	for (unsigned i = 0; i < 4 * ROWS; i++) {
		snprintf(names[i], sizeof(names[i]), "%05u.example", i);
		rows[0][i] = (struct rpzrow){names[i], RPZROW_NXDOMAIN, NULL};
		rows[1][i] = (struct rpzrow){
			names[i], i % 4 == 0 ? RPZROW_NODATA : RPZROW_NXDOMAIN, NULL};
	}
	fake_start_at(&f, &v[0]);
	int fd = client(&f, SOCK_STREAM, 2);

	refresh(&copy, fd, ORIGIN, &key);
	assert_copy(&copy, &v[0]);
	fake_set(&f, 101, rows[1], 4 * ROWS);
	refresh(&copy, fd, ORIGIN, &key);
	assert_int_equal(copy.got, GOT_DIFFERENCE);
	assert_true(copy.n_messages > 3);
	assert_copy(&copy, &v[1]);
	close(fd);
	fake_stop(&f);
	free(copy.line);
	knot_tsig_key_deinit(&key);
}

/* RFC 1995, section 4: what we have no difference from gets the whole zone. */
static void
unknown_serials_get_the_zone_and_newer_ones_nothing(void **state)
{
	static const struct {
		uint32_t serial;
		int got;
	} rows[] = {
		{99, GOT_ZONE},	    {0, GOT_ZONE},	{UINT32_MAX, GOT_ZONE},
		{100, GOT_CURRENT}, {101, GOT_CURRENT}, {100U + INT32_MAX, GOT_CURRENT},
	};
	struct fake f = {0};

	(void)state;
	fake_start(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct copy copy = {.serial = rows[i].serial};
		int fd = client(&f, SOCK_STREAM, 1);

		refresh(&copy, fd, ORIGIN, NULL);
		if ((int)copy.got != rows[i].got)
			fail_msg("serial %u got %d", rows[i].serial, copy.got);
		close(fd);
		free(copy.line);
	}
	fake_stop(&f);
}

/* The whole zone is smaller than how it came to be (RFC 1995, section 2). */
static void
what_is_larger_than_the_zone_is_not_sent(void **state)
{
	struct fake_version v[VERSIONS];
	struct copy copy = {0};
	struct fake f = {0};

	(void)state;
	versions_make(v, 1);
	fake_start_at(&f, &v[0]);
	int fd = client(&f, SOCK_STREAM, 1);

	refresh(&copy, fd, ORIGIN, NULL);
	fake_set(&f, 200, four_rows, 2);
	struct copy other = {0};

	refresh(&other, fd, ORIGIN, NULL); /* so that the size of the zone is known */
	refresh(&copy, fd, ORIGIN, NULL);
	assert_int_equal(copy.got, GOT_ZONE);
	assert_copy(&copy, &(struct fake_version){200, four_rows, 2});
	close(fd);
	fake_stop(&f);
	free(copy.line);
	free(other.line);
}

/* What the journal says does not fit the rows: they are read again, and served. */
static void
a_journal_that_lies_is_found_out(void **state)
{
	struct fake_version v[VERSIONS];
	struct copy copy = {0};
	struct fake f = {0};

	(void)state;
	versions_make(v, 2);
	fake_start_at(&f, &v[0]);
	int fd = client(&f, SOCK_STREAM, 1);

	refresh(&copy, fd, ORIGIN, NULL);
	pthread_mutex_lock(&f.lock);
	f.past[0].rows = four_rows;
	f.past[0].n_rows = 1;
	pthread_mutex_unlock(&f.lock);
	fake_set(&f, v[1].serial, v[1].rows, v[1].n_rows);
	copy.serial = 1; /* the whole zone, please */
	refresh(&copy, fd, ORIGIN, NULL);
	assert_int_equal(copy.got, GOT_ZONE);
	assert_copy(&copy, &v[1]);
	pthread_mutex_lock(&f.lock);
	assert_int_equal(f.n_asked, 2);
	pthread_mutex_unlock(&f.lock);
	close(fd);
	fake_stop(&f);
	free(copy.line);
}

/* Over UDP: the difference if it is small and at hand, else "come by TCP". */
static void
a_small_difference_fits_udp(void **state)
{
	struct fake f = {.rows = four_rows, .n_rows = 4};
	uint8_t wire[WIRE_MAX];
	size_t len;
	ssize_t n;

	(void)state;
	fake_start(&f);
	fake_set(&f, 101, four_rows, 3);
	int tcp = client(&f, SOCK_STREAM, 1), fd = client(&f, SOCK_DGRAM, 1);
	struct copy copy = {.serial = 100, .n = 0};

	for (size_t i = 0; i < 4; i++) { /* what it has at 100 */
		static const char *const lines[] = {
			"t.me." ORIGIN ". CNAME .", "*.t.me." ORIGIN ". CNAME *.",
			"ok.t.me." ORIGIN ". CNAME rpz-passthru.",
			"info.t.me." ORIGIN ". TXT \"order 42\""};

		copy_add(&copy, lines[i]);
	}
	copy_add(&copy, ORIGIN ". NS localhost.");
	copy_add(&copy, "_saluran-serial." ORIGIN ". TXT \"100\"");
	copy_add(&copy, ORIGIN "._saluran-serial." ORIGIN ". TXT \"100\"");
	refresh(&copy, tcp, ORIGIN, NULL); /* it is made, and kept */
	assert_int_equal(copy.got, GOT_DIFFERENCE);
	assert_copy(&copy, &(struct fake_version){101, four_rows, 3});
	len = ixfr_query(wire, ORIGIN, 100);
	assert_int_equal(send(fd, wire, len, 0), (ssize_t)len);
	assert_true(readable(fd, REPLY_MS));
	n = recv(fd, wire, sizeof(wire), 0);
	assert_true(n > KNOT_WIRE_HEADER_SIZE && n <= 512);
	/* SOA, SOA, canaries, row, SOA, canaries, SOA */
	assert_int_equal(knot_wire_get_ancount(wire), 9);
	len = ixfr_query(wire, ORIGIN, 99); /* known to nobody */
	assert_int_equal(send(fd, wire, len, 0), (ssize_t)len);
	assert_true(readable(fd, REPLY_MS));
	assert_true(recv(fd, wire, sizeof(wire), 0) > KNOT_WIRE_HEADER_SIZE);
	assert_int_equal(knot_wire_get_ancount(wire), 1);
	close(tcp);
	close(fd);
	fake_stop(&f);
	free(copy.line);
}

/* Each question is answered, in order, by a connection that asks before it listens. */
static void
queries_may_be_pipelined(void **state)
{
	struct fake f = {0};
	uint8_t wire[WIRE_MAX];

	(void)state;
	fake_start(&f);
	int fd = client(&f, SOCK_STREAM, 1);

	for (uint16_t i = 0; i < 200; i++) {
		size_t len = query(wire, i % 2 ? KNOT_RRTYPE_SOA : KNOT_RRTYPE_AXFR);

		knot_wire_set_id(wire, i);
		send_message(fd, wire, len);
	}
	for (uint16_t i = 0; i < 200; i++) {
		unsigned n = 0;

		do { /* the whole zone is three messages: its front, its rows, its SOA */
			assert_true(read_message(fd, wire) > 0);
			assert_int_equal(knot_wire_get_id(wire), i);
		} while (i % 2 == 0 && ++n < 3);
	}
	close(fd);
	fake_stop(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_follows_from_any_serial_to_the_newest),
		cmocka_unit_test(a_large_difference_is_many_messages),
		cmocka_unit_test(unknown_serials_get_the_zone_and_newer_ones_nothing),
		cmocka_unit_test(what_is_larger_than_the_zone_is_not_sent),
		cmocka_unit_test(a_journal_that_lies_is_found_out),
		cmocka_unit_test(a_small_difference_fits_udp),
		cmocka_unit_test(queries_may_be_pipelined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
