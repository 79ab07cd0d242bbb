/*
 * Any bytes as a query: from a stranger, from a listed resolver, and signed by one that
 * has the key; over UDP and TCP.
 *
 * Properties: what is answered is a message that parses, answers this question, and is
 * not longer than the query but for the name of a key spelt out; a stranger is never
 * given a record; nobody is given anything of the zone that he may not have; over UDP an
 * answer is one message that fits; a transfer begins and ends with the SOA and each of
 * its messages parses; what is asked with a signature is answered with one that is in
 * order.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "rpz/internal.h"

enum {
	KEY_NAME_SLACK =
		2 * KNOT_DNAME_MAXLEN, /* key and algorithm, compressed in the query */
	UDP_BYTES_PLAIN = 512,
	NEWEST = 7,
	OLDEST = 5,
};

enum who { STRANGER, LISTED, SIGNED, WHO_COUNT };

#define SECRET "8Ds63TOqIP6NQnGNHjCBeDGQMH2uQXzZ4LJT9ZWO5WY="
#define SHOWN  "zqshown"  /* a label of the zone that may be had */
#define HIDDEN "zqhidden" /* and of the one that may not */
#define ORIGIN "rpz.test"
#define OTHER  "other.test"

static const struct rpzrow shown[] = {{SHOWN ".t.me", RPZROW_NXDOMAIN, NULL},
				      {SHOWN ".x", RPZROW_A, "192.0.2.1"}};
static const struct rpzrow hidden[] = {{HIDDEN ".t.me", RPZROW_NXDOMAIN, NULL},
				       {HIDDEN ".x", RPZROW_A, "192.0.2.1"}};
static const struct rpz_key keys[] = {{"rpzkey", SECRET}};
static const char *const addresses[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3"};
static const char *const zones[] = {ORIGIN, OTHER};
static const struct rpz_operator ops[] = {
	{.name = "plain",
	 .addresses = addresses,
	 .n_addresses = 1,
	 .zones = zones,
	 .n_zones = 1},
	{.name = "keyed",
	 .keys = keys,
	 .n_keys = 1,
	 .addresses = addresses + 1,
	 .n_addresses = 1,
	 .zones = zones,
	 .n_zones = 1},
	{.name = "of_the_other",
	 .addresses = addresses + 2,
	 .n_addresses = 1,
	 .zones = zones + 1,
	 .n_zones = 1},
};
static const struct rpz_head heads[] = {{ORIGIN, NEWEST, 30, 60, 10, 3600},
					{OTHER, NEWEST, 30, 60, 10, 3600}};

static enum rc
give_zones(void *arg, struct arena *a, const struct rpz_head **ret, size_t *n,
	   struct err *e)
{
	(void)arg, (void)a, (void)e;
	*ret = heads;
	*n = 2;
	return RC_OK;
}

static bool
is_other(const char *origin)
{
	return strcmp(origin, OTHER) == 0;
}

static enum rc
give_zone(void *arg, const char *origin, struct rpz_head *ret, rpz_on_row *on_row,
	  void *on_arg, struct err *e)
{
	const struct rpzrow *rows = is_other(origin) ? hidden : shown;
	enum rc rc;

	(void)arg;
	*ret = heads[is_other(origin)];
	rc = on_row(on_arg, &rows[0], e);
	return rc == RC_OK ? on_row(on_arg, &rows[1], e) : rc;
}

/* The second row came with the newest serial. */
static enum rc
give_changes(void *arg, const char *origin, uint32_t from, uint32_t to,
	     rpz_on_change *on_change, void *on_arg, struct err *e)
{
	(void)arg;
	if (from < OLDEST || from >= to || to != NEWEST)
		return err_set(e, RC_NOT_FOUND, "no such serial");
	return on_change(on_arg, &(is_other(origin) ? hidden : shown)[1], true, e);
}

static enum rc
give_operators(void *arg, struct arena *a, const struct rpz_operator **ret, size_t *n,
	       struct err *e)
{
	(void)arg, (void)a, (void)e;
	*ret = ops;
	*n = sizeof(ops) / sizeof(*ops);
	return RC_OK;
}

static struct rpz *
server(void)
{
	static const struct rpz_source src = {.zones = give_zones,
					      .zone = give_zone,
					      .changes = give_changes,
					      .operators = give_operators};
	static struct rpz r;

	if (r.connections == NULL) {
		log_set_level(LOG_ERROR);
		rpz_init(&r, NULL, &src);
	}
	return &r;
}

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static const knot_tsig_key_t *
key(void)
{
	static knot_tsig_key_t k;

	if (k.name == NULL)
		must(knot_tsig_key_init(&k, "hmac-sha256", keys[0].name, SECRET) ==
		     KNOT_EOK);
	return &k;
}

/* What a client keeps of a conversation that it signs. */
struct signing {
	uint8_t mac[RPZ_MAC_BYTES];
	size_t mac_len;
	bool used, first_done;
};

/* One message of an answer; *ret_soa: it has one at its beginning, at its end. */
static uint16_t
message_check(uint8_t *wire, size_t len, struct signing *s, bool ret_soa[2])
{
	knot_pkt_t *pkt = knot_pkt_new(wire, (uint16_t)len, NULL);
	const knot_pktsection_t *answer;
	uint16_t n;

	must(memmem(wire, len, HIDDEN, strlen(HIDDEN)) == NULL);
	must(pkt != NULL && knot_pkt_parse(pkt, 0) == KNOT_EOK);
	answer = knot_pkt_section(pkt, KNOT_ANSWER);
	n = answer->count;
	must(n == knot_wire_get_ancount(wire));
	ret_soa[0] = n > 0 && knot_pkt_rr(answer, 0)->type == KNOT_RRTYPE_SOA;
	ret_soa[1] =
		n > 0 && knot_pkt_rr(answer, (uint16_t)(n - 1))->type == KNOT_RRTYPE_SOA;
	if (s->used && knot_wire_get_rcode(wire) != KNOT_RCODE_FORMERR) {
		must(pkt->tsig_rr != NULL);
		must((s->first_done ? knot_tsig_client_check_next
				    : knot_tsig_client_check)(
			     pkt->tsig_rr, wire, pkt->size, s->mac, s->mac_len, key(),
			     0) == KNOT_EOK);
		s->first_done = true;
		s->mac_len = knot_tsig_rdata_mac_length(pkt->tsig_rr);
		memcpy(s->mac, knot_tsig_rdata_mac(pkt->tsig_rr), s->mac_len);
	}
	knot_pkt_free(pkt);
	return n;
}

static void
reply_check(struct rpz_exchange *x, const uint8_t *data, size_t size, bool tcp,
	    bool had_opt, struct signing *s)
{
	bool soa[2];
	uint16_t n;

	must(size >= KNOT_WIRE_HEADER_SIZE && (data[2] & 0x80) == 0);
	must(memcmp(x->reply, data, 2) == 0 && (x->reply[2] & 0x80) != 0);
	must(((x->reply[2] ^ data[2]) & 0x78) == 0);
	must(x->reply_len <= RPZ_REPLY_BYTES);
	must(tcp || had_opt || x->peer == NULL || x->reply_len <= UDP_BYTES_PLAIN);
	if (x->peer == NULL)
		must(memmem(x->reply, x->reply_len, "hostmaster", 10) == NULL);
	n = message_check(x->reply, x->reply_len, s, soa);
	must(x->peer != NULL || (n == 0 && x->reply_len <= size + KEY_NAME_SLACK));
	must(n == 0 || (soa[0] && soa[1]));
}

static void
stream_check(struct rpz_exchange *x, const uint8_t *data, struct signing *s)
{
	uint8_t msg[RPZ_MESSAGE_BYTES];
	size_t n = 0, len;
	bool soa[2] = {false, false};

	for (size_t i = 0; i < x->stream->n_chunks; i++) {
		must(rpz_exchange_message(x, x->stream->chunk[i], msg, &len) == RC_OK);
		must(len <= sizeof(msg) && memcmp(msg, data, 2) == 0);
		n += message_check(msg, len, s, soa);
		must(i > 0 || soa[0]);
	}
	must(soa[1] && n == x->stream->n_records);
}

static void
ask(const uint8_t *data, size_t size, enum who who, bool tcp)
{
	uint8_t wire[RPZ_QUERY_BYTES_MAX], sent[RPZ_QUERY_BYTES_MAX];
	struct signing s = {.mac_len = RPZ_MAC_BYTES};
	struct rpz_addr from;
	struct rpz_exchange x;

	must(rpz_addr_parse(who == LISTED ? "192.0.2.1" : "192.0.2.9", &from) == RC_OK);
	memcpy(wire, data, size);
	if (who == SIGNED) {
		if (size < KNOT_WIRE_HEADER_SIZE ||
		    knot_tsig_sign(wire, &size, sizeof(wire), NULL, 0, s.mac, &s.mac_len,
				   key(), 0, 0) != KNOT_EOK)
			return;
	}
	memcpy(sent, wire, size);
	rpz_exchange_begin(&x, server(), &from, tcp, wire, size);
	must(who != STRANGER || x.peer == NULL);
	must(x.stream == NULL || (tcp && x.peer != NULL));
	must(x.zone == NULL || !is_other(x.zone->origin_text));
	s.used = x.sign;
	if (x.reply_len > 0)
		reply_check(&x, sent, size, tcp, x.has_opt, &s);
	if (x.stream != NULL)
		stream_check(&x, sent, &s);
	rpz_exchange_end(&x);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > RPZ_QUERY_BYTES_MAX)
		return 0;
	/* What the client says itself, in capitals too, is no leak. */
	char lower[RPZ_QUERY_BYTES_MAX];
	for (size_t i = 0; i < size; i++)
		lower[i] = data[i] >= 'A' && data[i] <= 'Z' ? (char)(data[i] + 'a' - 'A')
							    : (char)data[i];
	if (memmem(lower, size, HIDDEN, strlen(HIDDEN)) != NULL ||
	    memmem(lower, size, "hostmaster", 10) != NULL)
		return 0;
	for (int who = STRANGER; who < WHO_COUNT; who++) {
		ask(data, size, (enum who)who, false);
		ask(data, size, (enum who)who, true);
	}
	return 0;
}
