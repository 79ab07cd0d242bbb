/*
 * Any bytes as a query, from a stranger and from a listed resolver, over UDP and TCP.
 *
 * Properties: what is answered is a message that parses, answers this question, and is
 * not longer than the query but for the name of a key spelt out; a stranger is never
 * given a record; and the zone leaves over TCP only.
 */
#include <stdlib.h>
#include <string.h>

#include "rpz/internal.h"

enum {
	KEY_NAME_SLACK =
		2 * KNOT_DNAME_MAXLEN, /* key and algorithm, compressed in the query */
	STRANGER = 0,
	LISTED = 1,
};

static const struct rpzrow rows[] = {{"t.me", RPZROW_NXDOMAIN, NULL}};
static const struct rpz_key keys[] = {
	{"rpzkey", "8Ds63TOqIP6NQnGNHjCBeDGQMH2uQXzZ4LJT9ZWO5WY="}};
static const char *const addresses[] = {"192.0.2.1", "192.0.2.2"};
static const char *const zones[] = {"rpz.test"};
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
};
static const struct rpz_head head = {"rpz.test", 7, 30, 60, 10, 3600};

static enum rc
give_zones(void *arg, struct arena *a, const struct rpz_head **ret, size_t *n,
	   struct err *e)
{
	(void)arg, (void)a, (void)e;
	*ret = &head;
	*n = 1;
	return RC_OK;
}

static enum rc
give_zone(void *arg, const char *origin, struct rpz_head *ret, rpz_on_row *on_row,
	  void *on_arg, struct err *e)
{
	(void)arg, (void)origin;
	*ret = head;
	return on_row(on_arg, rows, e);
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
	static const struct rpz_source src = {
		.zones = give_zones, .zone = give_zone, .operators = give_operators};
	static struct rpz r;

	if (r.connections == NULL)
		rpz_init(&r, NULL, &src);
	return &r;
}

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static uint16_t
parsed_answers(uint8_t *wire, size_t len)
{
	knot_pkt_t *pkt = knot_pkt_new(wire, (uint16_t)len, NULL);
	uint16_t n;

	must(pkt != NULL && knot_pkt_parse(pkt, 0) == KNOT_EOK);
	n = knot_wire_get_ancount(wire);
	knot_pkt_free(pkt);
	return n;
}

static void
ask(const uint8_t *data, size_t size, int who, bool tcp)
{
	uint8_t wire[RPZ_QUERY_BYTES_MAX], msg[RPZ_MESSAGE_BYTES];
	struct rpz_addr from;
	struct rpz_exchange x;
	uint16_t n;

	must(rpz_addr_parse(who == LISTED ? "192.0.2.1" : "192.0.2.9", &from) == RC_OK);
	memcpy(wire, data, size);
	rpz_exchange_begin(&x, server(), &from, tcp, wire, size);
	must(x.stream == NULL || (tcp && x.peer != NULL));
	if (x.reply_len > 0) {
		must(size >= KNOT_WIRE_HEADER_SIZE && (data[2] & 0x80) == 0);
		must(memcmp(x.reply, data, 2) == 0 && (x.reply[2] & 0x80) != 0);
		must(((x.reply[2] ^ data[2]) & 0x78) == 0);
		n = parsed_answers(x.reply, x.reply_len);
		must(x.peer != NULL || (n == 0 && x.reply_len <= size + KEY_NAME_SLACK));
	}
	if (x.stream != NULL) {
		size_t len;

		must(rpz_exchange_message(&x, x.stream->chunk[0], msg, &len) == RC_OK);
		must(memcmp(msg, data, 2) == 0 && parsed_answers(msg, len) == 3);
	}
	rpz_exchange_end(&x);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > RPZ_QUERY_BYTES_MAX)
		return 0;
	for (int who = STRANGER; who <= LISTED; who++) {
		ask(data, size, who, false);
		ask(data, size, who, true);
	}
	return 0;
}
