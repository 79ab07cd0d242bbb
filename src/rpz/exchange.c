/* One query, from bytes to the bytes of its answer: no socket, no waiting. */
#include <stdlib.h>
#include <string.h>

#include "rpz/internal.h"

enum { HEADER_BYTES = KNOT_WIRE_HEADER_SIZE };

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

static enum rc
message_sign(struct rpz_exchange *x, uint8_t *msg, size_t *len, size_t cap,
	     uint16_t error)
{
	const knot_rrset_t *tsig = x->query->tsig_rr;
	int ret;

	if (!x->signed_once) {
		size_t mac_len = sizeof(x->mac);

		ret = knot_tsig_sign(msg, len, cap, x->mac, x->mac_len, x->mac, &mac_len,
				     &x->peer->key, error,
				     knot_tsig_rdata_time_signed(tsig));
		x->mac_len = mac_len;
		x->signed_once = true;
	} else {
		ret = knot_tsig_sign_next(msg, len, cap, x->mac, x->mac_len, x->mac,
					  &x->mac_len, &x->peer->key, msg, *len);
	}
	return ret == KNOT_EOK ? RC_OK : RC_IO;
}

/* Header and question only: nothing of the zone can be in it. */
static void
reply_error(struct rpz_exchange *x, uint8_t rcode)
{
	size_t len = HEADER_BYTES + knot_pkt_question_size(x->query);

	memcpy(x->reply, x->query->wire, len);
	knot_wire_set_qdcount(x->reply, len > HEADER_BYTES);
	knot_wire_set_ancount(x->reply, 0);
	knot_wire_set_nscount(x->reply, 0);
	knot_wire_set_arcount(x->reply, 0);
	knot_wire_set_flags1(x->reply, 0);
	knot_wire_set_flags2(x->reply, 0);
	knot_wire_set_qr(x->reply);
	knot_wire_set_opcode(x->reply, knot_wire_get_opcode(x->query->wire));
	if (knot_wire_get_rd(x->query->wire))
		knot_wire_set_rd(x->reply);
	knot_wire_set_rcode(x->reply, rcode);
	x->reply_len = len;
	if (x->has_opt)
		opt_append(x, x->reply, &x->reply_len);
	if (x->sign &&
	    message_sign(x, x->reply, &x->reply_len, sizeof(x->reply), 0) != RC_OK)
		x->reply_len = 0;
}

static void
reply_soa(struct rpz_exchange *x)
{
	knot_pkt_t *pkt = knot_pkt_new(x->reply, sizeof(x->reply), NULL);
	size_t len = 0;

	if (pkt == NULL)
		abort();
	if (knot_pkt_init_response(pkt, x->query) == KNOT_EOK &&
	    knot_pkt_begin(pkt, KNOT_ANSWER) == KNOT_EOK &&
	    knot_pkt_reserve(pkt, RPZ_OPT_BYTES + RPZ_TSIG_BYTES) == KNOT_EOK &&
	    rpz_put_record(pkt, x->r->origin, KNOT_RRTYPE_SOA, x->snapshot->ttl_s,
			   x->snapshot->soa, x->snapshot->soa_len) == KNOT_EOK)
		len = pkt->size;
	knot_wire_set_aa(x->reply);
	knot_wire_set_rcode(x->reply, KNOT_RCODE_NOERROR);
	knot_pkt_free(pkt);
	if (len > 0 && x->has_opt)
		opt_append(x, x->reply, &len);
	if (len > 0 && x->sign &&
	    message_sign(x, x->reply, &len, sizeof(x->reply), 0) != RC_OK)
		len = 0;
	x->reply_len = len;
}

/* RFC 8945, section 5.2: NOTAUTH, with the reason in a TSIG that is signed only for
 * BADTIME, where the client has proven that it holds the key. */
static void
reply_tsig_error(struct rpz_exchange *x, uint16_t error)
{
	int ret;

	x->sign = false;
	reply_error(x, KNOT_RCODE_NOTAUTH);
	if (error == KNOT_RCODE_BADTIME)
		ret = message_sign(x, x->reply, &x->reply_len, sizeof(x->reply), error) ==
				      RC_OK
			      ? KNOT_EOK
			      : KNOT_ERROR;
	else
		ret = knot_tsig_add(x->reply, &x->reply_len, sizeof(x->reply), error,
				    x->query->tsig_rr);
	if (ret != KNOT_EOK)
		x->reply_len = 0;
}

/* The TSIG error, or NOERROR with x->peer set. */
static uint16_t
query_verify(struct rpz_exchange *x)
{
	const knot_rrset_t *tsig = x->query->tsig_rr;
	struct rpz_peer *peer = rpz_peers_by_key(x->peers, tsig->owner);

	/* The library compares as many bytes as the *query's* algorithm has, so another
	 * algorithm than the key's must not get that far. */
	if (peer == NULL || knot_tsig_rdata_alg(tsig) != peer->key.algorithm)
		return KNOT_RCODE_BADKEY;
	x->mac_len = knot_tsig_rdata_mac_length(tsig);
	if (x->mac_len > sizeof(x->mac))
		return KNOT_RCODE_BADSIG;
	memcpy(x->mac, knot_tsig_rdata_mac(tsig), x->mac_len);
	switch (knot_tsig_server_check(tsig, x->query->wire, x->query->size,
				       &peer->key)) {
	case KNOT_EOK:
		x->peer = peer;
		x->sign = true;
		return KNOT_RCODE_NOERROR;
	case KNOT_TSIG_EBADTIME:
		x->peer = peer;
		return KNOT_RCODE_BADTIME;
	default:
		return KNOT_RCODE_BADSIG;
	}
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
	    !knot_dname_is_equal(soa->owner, x->r->origin))
		return false;
	*ret = knot_soa_serial(soa->rrs.rdata);
	return true;
}

static void
answer_ixfr(struct rpz_exchange *x)
{
	uint32_t theirs;

	if (!ixfr_serial(x, &theirs)) {
		reply_error(x, KNOT_RCODE_FORMERR);
		return;
	}
	if (theirs == x->snapshot->serial && x->tcp)
		x->shows = SHOWS_CURRENT;
	/* Over UDP the single SOA says "come by TCP" (RFC 1995, section 2). */
	if (x->tcp && theirs != x->snapshot->serial &&
	    !rpz_serial_newer(theirs, x->snapshot->serial))
		x->whole_zone = true;
	else
		reply_soa(x);
}

/* A query by somebody who may ask. */
static void
answer(struct rpz_exchange *x)
{
	const uint8_t *wire = x->query->wire;

	if (knot_wire_get_opcode(wire) != KNOT_OPCODE_QUERY) {
		reply_error(x, KNOT_RCODE_NOTIMPL);
		return;
	}
	if (knot_wire_get_qdcount(wire) != 1) {
		reply_error(x, KNOT_RCODE_FORMERR);
		return;
	}
	if (rpz_snapshot_get(x->r, &x->snapshot) != RC_OK) {
		reply_error(x, KNOT_RCODE_SERVFAIL);
		return;
	}
	if (knot_pkt_qclass(x->query) != KNOT_CLASS_IN ||
	    !knot_dname_is_equal(knot_pkt_qname(x->query), x->r->origin)) {
		reply_error(x, KNOT_RCODE_REFUSED);
		return;
	}
	switch (knot_pkt_qtype(x->query)) {
	case KNOT_RRTYPE_SOA:
		x->shows = SHOWS_LIFE;
		reply_soa(x);
		break;
	case KNOT_RRTYPE_IXFR:
		answer_ixfr(x);
		break;
	case KNOT_RRTYPE_AXFR:
		if (x->tcp)
			x->whole_zone = true;
		else /* RFC 5936, section 4.2: not defined over UDP */
			reply_error(x, KNOT_RCODE_FORMERR);
		break;
	default:
		reply_error(x, KNOT_RCODE_REFUSED);
	}
}

static void
authorise(struct rpz_exchange *x)
{
	if (rpz_peers_get(x->r, &x->peers) != RC_OK) {
		reply_error(x, KNOT_RCODE_SERVFAIL);
		return;
	}
	if (x->query->tsig_rr != NULL) {
		uint16_t error = query_verify(x);

		if (error != KNOT_RCODE_NOERROR) {
			reply_tsig_error(x, error);
			return;
		}
	} else {
		x->peer = rpz_peers_by_addr(x->peers, &x->from);
		if (x->peer == NULL) {
			reply_error(x, KNOT_RCODE_REFUSED);
			return;
		}
	}
	if (x->has_opt && knot_edns_get_version(x->query->opt_rr) != KNOT_EDNS_VERSION) {
		x->opt_rcode_high = KNOT_EDNS_RCODE_HI(KNOT_RCODE_BADVERS);
		reply_error(x, KNOT_EDNS_RCODE_LO(KNOT_RCODE_BADVERS));
		return;
	}
	answer(x);
}

void
rpz_exchange_begin(struct rpz_exchange *x, struct rpz *r, const struct rpz_addr *from,
		   bool tcp, uint8_t *wire, size_t len)
{
	*x = (struct rpz_exchange){.r = r, .from = *from, .tcp = tcp};
	/* Never answer an answer: two servers would talk for ever. */
	if (len < HEADER_BYTES || len > RPZ_QUERY_BYTES_MAX || knot_wire_get_qr(wire))
		return;
	x->query = knot_pkt_new(wire, (uint16_t)len, NULL);
	if (x->query == NULL)
		abort();
	if (knot_pkt_parse(x->query, 0) != KNOT_EOK) {
		x->query->qname_size = 0; /* what is quoted must have been understood */
		reply_error(x, KNOT_RCODE_FORMERR);
		return;
	}
	x->has_opt = x->query->opt_rr != NULL;
	authorise(x);
}

void
rpz_exchange_sent(struct rpz_exchange *x)
{
	if (x->whole_zone || x->shows == SHOWS_CURRENT)
		rpz_peer_holds(x->r, x->peer, x->snapshot->serial);
	else if (x->shows == SHOWS_LIFE)
		rpz_peer_seen(x->r, x->peer);
}

void
rpz_exchange_end(struct rpz_exchange *x)
{
	rpz_snapshot_put(x->r, x->snapshot);
	rpz_peers_put(x->r, x->peers);
	if (x->query != NULL)
		knot_pkt_free(x->query);
}

enum rc
rpz_exchange_finish(struct rpz_exchange *x, uint8_t *msg, size_t *len)
{
	/* The question is the query's, with its case and type: as long as the one
	 * encoded. */
	memcpy(msg + HEADER_BYTES, x->query->wire + HEADER_BYTES,
	       knot_pkt_question_size(x->query));
	knot_wire_set_id(msg, knot_wire_get_id(x->query->wire));
	if (knot_wire_get_rd(x->query->wire))
		knot_wire_set_rd(msg);
	if (x->has_opt)
		opt_append(x, msg, len);
	return x->sign ? message_sign(x, msg, len, RPZ_MESSAGE_BYTES, 0) : RC_OK;
}
