/* One query, from bytes to the bytes of its answer: no socket. */
#include <stdlib.h>
#include <string.h>

#include "rpz/internal.h"

enum {
	HEADER_BYTES = KNOT_WIRE_HEADER_SIZE,
	UDP_BYTES_PLAIN = 512, /* RFC 1035, section 4.2.1: without EDNS */
};

/* OPT without options (RFC 6891, section 6.1.2): we take what the limit says. */
static void
opt_append(const struct rpz_exchange *x, uint8_t *msg, size_t *len)
{
	static const uint8_t opt[RPZ_OPT_BYTES] = {
		0, 0, KNOT_RRTYPE_OPT, RPZ_REPLY_BYTES >> 8, RPZ_REPLY_BYTES & 0xff};

	memcpy(msg + *len, opt, sizeof(opt));
	msg[*len + KNOT_EDNS_EXT_RCODE_POS] = x->opt_rcode_high;
	*len += sizeof(opt);
	knot_wire_set_arcount(msg, (uint16_t)(knot_wire_get_arcount(msg) + 1));
}

/* Header and the query's question, with its case: what records point at. */
static size_t
message_begin(const struct rpz_exchange *x, uint8_t *msg, uint8_t rcode)
{
	size_t len = HEADER_BYTES + knot_pkt_question_size(x->query);

	memset(msg, 0, HEADER_BYTES);
	memcpy(msg + HEADER_BYTES, x->query->wire + HEADER_BYTES, len - HEADER_BYTES);
	knot_wire_set_id(msg, knot_wire_get_id(x->query->wire));
	knot_wire_set_qr(msg);
	knot_wire_set_opcode(msg, knot_wire_get_opcode(x->query->wire));
	if (knot_wire_get_rd(x->query->wire))
		knot_wire_set_rd(msg);
	knot_wire_set_rcode(msg, rcode);
	knot_wire_set_qdcount(msg, len > HEADER_BYTES);
	return len;
}

static enum rc
message_end(struct rpz_exchange *x, uint8_t *msg, size_t *len, size_t cap)
{
	if (x->has_opt)
		opt_append(x, msg, len);
	return x->sign ? rpz_message_sign(x, msg, len, cap, 0) : RC_OK;
}

/* Header and question only: nothing of the zone can be in it. */
void
rpz_reply_error(struct rpz_exchange *x, uint8_t rcode)
{
	x->reply_len = message_begin(x, x->reply, rcode);
	if (message_end(x, x->reply, &x->reply_len, sizeof(x->reply)) != RC_OK)
		x->reply_len = 0;
}

static void
message_fill(const struct rpz_exchange *x, const uint8_t *records, size_t bytes,
	     uint16_t n, uint8_t *msg, size_t *len)
{
	*len = message_begin(x, msg, KNOT_RCODE_NOERROR);
	knot_wire_set_aa(msg);
	knot_wire_set_ancount(msg, n);
	memcpy(msg + *len, records, bytes);
	*len += bytes;
}

enum rc
rpz_exchange_message(struct rpz_exchange *x, const struct rpz_chunk *c, uint8_t *msg,
		     size_t *len)
{
	message_fill(x, c->bytes, c->len, c->n, msg, len);
	return message_end(x, msg, len, RPZ_MESSAGE_BYTES);
}

/* How much of `reply` records may fill. */
static size_t
reply_room(const struct rpz_exchange *x)
{
	size_t room = RPZ_REPLY_BYTES;
	size_t taken = HEADER_BYTES + (size_t)knot_pkt_question_size(x->query);

	if (!x->tcp) {
		room = x->has_opt ? knot_edns_get_payload(x->query->opt_rr)
				  : UDP_BYTES_PLAIN;
		if (room < UDP_BYTES_PLAIN)
			room = UDP_BYTES_PLAIN;
		if (room > RPZ_REPLY_BYTES)
			room = RPZ_REPLY_BYTES;
	}
	if (x->has_opt)
		taken += RPZ_OPT_BYTES;
	if (x->sign)
		taken += knot_tsig_wire_size(x->key);
	return taken < room ? room - taken : 0;
}

static void
reply_records(struct rpz_exchange *x, const uint8_t *records, size_t bytes, uint16_t n)
{
	if (bytes > reply_room(x)) { /* a long name, and no EDNS: come by TCP */
		message_fill(x, records, 0, 0, x->reply, &x->reply_len);
		knot_wire_set_tc(x->reply);
	} else {
		message_fill(x, records, bytes, n, x->reply, &x->reply_len);
	}
	if (message_end(x, x->reply, &x->reply_len, sizeof(x->reply)) != RC_OK)
		x->reply_len = 0;
}

static void
reply_soa(struct rpz_exchange *x)
{
	uint8_t record[RPZ_RECORD_BYTES_MAX];
	size_t len = rpz_record_of_soa(&x->mark, record);

	reply_records(x, record, len, 1);
}

/* The serial in an IXFR query's authority section (RFC 1995, section 3). */
static bool
ixfr_serial(const struct rpz_exchange *x, uint32_t *ret)
{
	const knot_pktsection_t *auth = knot_pkt_section(x->query, KNOT_AUTHORITY);
	const knot_rrset_t *soa = auth->count == 1 ? knot_pkt_rr(auth, 0) : NULL;

	/* A record without data passes the parser, and has no serial to read. */
	if (soa == NULL || soa->type != KNOT_RRTYPE_SOA || soa->rrs.count != 1 ||
	    soa->rrs.rdata->len < 2 + 5 * sizeof(uint32_t) ||
	    !knot_dname_is_equal(soa->owner, x->zone->origin))
		return false;
	*ret = knot_soa_serial(soa->rrs.rdata);
	return true;
}

static void
answer_axfr(struct rpz_exchange *x)
{
	if (!x->tcp) { /* RFC 5936, section 4.2: not defined over UDP */
		rpz_odd(x->r, &x->from, "axfr_over_udp");
		rpz_reply_error(x, KNOT_RCODE_FORMERR);
		return;
	}
	if (rpz_zone_whole(x->r, x->zone, &x->stream) != RC_OK) {
		rpz_reply_error(x, KNOT_RCODE_SERVFAIL);
		return;
	}
	x->shows = SHOWS_AXFR;
}

/* The difference if it is at hand and fits; else the single SOA says "come by TCP" (RFC
 * 1995, section 2): nobody makes us read the journal with a forged address. */
static void
answer_ixfr_udp(struct rpz_exchange *x)
{
	struct rpz_stream *s =
		rpz_cut_has(x->r, x->zone, &x->from)
			? NULL
			: rpz_zone_diff_kept(x->r, x->zone, x->theirs, x->mark.serial);

	if (s != NULL && s->n_chunks == 1 && s->bytes <= reply_room(x))
		reply_records(x, s->chunk[0]->bytes, s->chunk[0]->len, s->chunk[0]->n);
	else
		reply_soa(x);
	rpz_stream_put(s);
}

static void
answer_ixfr(struct rpz_exchange *x)
{
	enum rc rc;

	if (!ixfr_serial(x, &x->theirs)) {
		rpz_odd(x->r, &x->from, "ixfr_without_serial");
		rpz_reply_error(x, KNOT_RCODE_FORMERR);
		return;
	}
	if (x->theirs == x->mark.serial || rpz_serial_newer(x->theirs, x->mark.serial)) {
		if (x->theirs == x->mark.serial && x->tcp)
			x->shows = SHOWS_CURRENT;
		if (x->theirs != x->mark.serial) {
			rpz_odd(x->r, &x->from, "ixfr_from_the_future");
			if (x->tcp || x->sign)
				x->shows = SHOWS_AHEAD;
		}
		reply_soa(x);
		return;
	}
	if (!x->tcp) {
		answer_ixfr_udp(x);
		return;
	}
	rc = rpz_cut_has(x->r, x->zone, &x->from)
		     ? RC_NOT_FOUND
		     : rpz_zone_diff(x->r, x->zone, x->theirs, &x->mark, &x->stream);
	if (rc == RC_OK)
		x->shows = SHOWS_IXFR;
	else
		answer_axfr(x);
	x->has_theirs = x->stream != NULL;
}

/* A query by somebody who may ask. */
static void
answer(struct rpz_exchange *x)
{
	switch (knot_pkt_qtype(x->query)) {
	case KNOT_RRTYPE_SOA:
		x->shows = SHOWS_LIFE;
		reply_soa(x);
		break;
	case KNOT_RRTYPE_IXFR:
		answer_ixfr(x);
		break;
	case KNOT_RRTYPE_AXFR:
		answer_axfr(x);
		break;
	default:
		rpz_odd(x->r, &x->from, "type_not_served");
		rpz_reply_error(x, KNOT_RCODE_REFUSED);
	}
}

/* For a zone that this peer may have; one that it may not have is as one that is not. */
static void
answer_zone(struct rpz_exchange *x)
{
	const uint8_t *wire = x->query->wire;

	if (knot_wire_get_opcode(wire) != KNOT_OPCODE_QUERY) {
		rpz_odd(x->r, &x->from, "opcode_not_served");
		rpz_reply_error(x, KNOT_RCODE_NOTIMPL);
		return;
	}
	if (knot_wire_get_qdcount(wire) != 1) {
		rpz_odd(x->r, &x->from, "not_one_question");
		rpz_reply_error(x, KNOT_RCODE_FORMERR);
		return;
	}
	if (rpz_zones_get(x->r, &x->zones) != RC_OK) {
		rpz_reply_error(x, KNOT_RCODE_SERVFAIL);
		return;
	}
	x->zone = rpz_zones_find(x->zones, knot_pkt_qname(x->query));
	if (x->zone == NULL || !rpz_peer_may_have(x->peer, x->zone->origin) ||
	    knot_pkt_qclass(x->query) != KNOT_CLASS_IN) {
		x->zone = NULL;
		rpz_odd(x->r, &x->from, "zone_not_served");
		rpz_reply_error(x, KNOT_RCODE_REFUSED);
		return;
	}
	x->mark = rpz_zone_mark(x->r, x->zone);
	answer(x);
}

void
rpz_exchange_begin(struct rpz_exchange *x, struct rpz *r, const struct rpz_addr *from,
		   bool tcp, uint8_t *wire, size_t len)
{
	bool one;

	*x = (struct rpz_exchange){.r = r, .from = *from, .tcp = tcp};
	/* Never answer an answer: two servers would talk for ever. */
	if (len < HEADER_BYTES || len > RPZ_QUERY_BYTES_MAX || knot_wire_get_qr(wire))
		return;
	x->query = knot_pkt_new(wire, (uint16_t)len, NULL);
	if (x->query == NULL)
		abort();
	if (knot_pkt_parse(x->query, 0) != KNOT_EOK) {
		x->query->qname_size = 0; /* what is quoted must have been understood */
		rpz_odd(r, from, "malformed");
		rpz_reply_error(x, KNOT_RCODE_FORMERR);
		return;
	}
	x->has_opt = x->query->opt_rr != NULL;
	one = knot_wire_get_qdcount(wire) == 1;
	if (rpz_exchange_authorise(x, one ? knot_pkt_qname(x->query) : NULL))
		answer_zone(x);
}

void
rpz_exchange_sent(struct rpz_exchange *x)
{
	static const enum rpz_how how[] = {
		[SHOWS_LIFE] = RPZ_STILL_HELD, [SHOWS_CURRENT] = RPZ_BY_QUERY,
		[SHOWS_AXFR] = RPZ_BY_AXFR,    [SHOWS_IXFR] = RPZ_BY_IXFR,
		[SHOWS_AHEAD] = RPZ_AHEAD,
	};

	if (x->shows == SHOWS_AHEAD)
		rpz_report(x->r, x->peer, x->zone, &x->from, x->theirs, RPZ_AHEAD,
			   x->key);
	else if (x->shows != SHOWS_NOTHING)
		rpz_report(x->r, x->peer, x->zone, &x->from,
			   x->stream != NULL ? x->stream->mark.serial : x->mark.serial,
			   how[x->shows], x->key);
}

void
rpz_exchange_cut(struct rpz_exchange *x)
{
	if (x->has_theirs)
		rpz_report(x->r, x->peer, x->zone, &x->from, x->theirs, RPZ_BY_QUERY,
			   x->key);
}

void
rpz_exchange_end(struct rpz_exchange *x)
{
	rpz_stream_put(x->stream);
	rpz_zones_put(x->zones);
	rpz_peers_put(x->peers);
	if (x->query != NULL)
		knot_pkt_free(x->query);
}
