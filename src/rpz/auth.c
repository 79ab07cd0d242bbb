/* Who asks: by key (RFC 8945) or by address; and the signatures of answers. */
#include <string.h>

#include "rpz/internal.h"

enum {
	MAC_BYTES = 32,	    /* hmac-sha256 */
	MAC_BYTES_MIN = 16, /* RFC 8945, section 5.2.2.1: half of it, and at least 10 */
};

enum rc
rpz_message_sign(struct rpz_exchange *x, uint8_t *msg, size_t *len, size_t cap,
		 uint16_t error)
{
	const knot_rrset_t *tsig = x->query->tsig_rr;
	int ret;

	if (!x->signed_once) {
		size_t mac_len = sizeof(x->mac);

		ret = knot_tsig_sign(msg, len, cap, x->mac, x->mac_len, x->mac, &mac_len,
				     x->key, error, knot_tsig_rdata_time_signed(tsig));
		x->mac_len = mac_len;
		x->signed_once = true;
	} else {
		ret = knot_tsig_sign_next(msg, len, cap, x->mac, x->mac_len, x->mac,
					  &x->mac_len, x->key, msg, *len);
	}
	return ret == KNOT_EOK ? RC_OK : RC_IO;
}

/* RFC 8945, section 5.2: the rcode (FORMERR) or error of the TSIG; NOERROR: the peer and
 * its key are set. */
static uint16_t
signature_check(struct rpz_exchange *x)
{
	const knot_rrset_t *tsig = x->query->tsig_rr;
	const struct rpz_peer *peer;
	size_t k;

	peer = rpz_peers_by_key(x->peers, tsig->owner, &k);
	/* The library compares as many bytes as the *query's* algorithm has, so another
	 * algorithm than the key's must not get that far. */
	if (peer == NULL || knot_tsig_rdata_alg(tsig) != peer->key[k].algorithm)
		return KNOT_RCODE_BADKEY;
	x->mac_len = knot_tsig_rdata_mac_length(tsig);
	if (x->mac_len > MAC_BYTES || x->mac_len < MAC_BYTES_MIN)
		return KNOT_RCODE_FORMERR;
	if (x->mac_len < MAC_BYTES) /* permitted by the norm, but not by us */
		return KNOT_RCODE_BADTRUNC;
	memcpy(x->mac, knot_tsig_rdata_mac(tsig), x->mac_len);
	x->key = &peer->key[k];
	switch (knot_tsig_server_check(tsig, x->query->wire, x->query->size, x->key)) {
	case KNOT_EOK:
		x->peer = peer;
		x->sign = true;
		return KNOT_RCODE_NOERROR;
	case KNOT_TSIG_EBADTIME:
		return KNOT_RCODE_BADTIME;
	default:
		return KNOT_RCODE_BADSIG;
	}
}

static const char *
error_name(uint16_t error)
{
	switch (error) {
	case KNOT_RCODE_FORMERR:
		return "tsig_malformed";
	case KNOT_RCODE_BADKEY:
		return "badkey";
	case KNOT_RCODE_BADTIME:
		return "badtime";
	case KNOT_RCODE_BADTRUNC:
		return "badtrunc";
	default:
		return "badsig";
	}
}

/* Section 5.3.2: NOTAUTH, with the reason in a TSIG that is signed only for BADTIME,
 * where the client has proven that it holds the key. */
static void
reply_tsig_error(struct rpz_exchange *x, uint16_t error)
{
	enum rc rc = RC_OK;

	rpz_reply_error(x, KNOT_RCODE_NOTAUTH);
	if (error == KNOT_RCODE_BADTIME)
		rc = rpz_message_sign(x, x->reply, &x->reply_len, sizeof(x->reply),
				      error);
	else if (knot_tsig_add(x->reply, &x->reply_len, sizeof(x->reply), error,
			       x->query->tsig_rr) != KNOT_EOK)
		rc = RC_IO;
	if (rc != RC_OK)
		x->reply_len = 0;
}

bool
rpz_exchange_authorise(struct rpz_exchange *x, const knot_dname_t *qname)
{
	uint16_t error = KNOT_RCODE_NOERROR;

	if (rpz_peers_get(x->r, &x->peers) != RC_OK) {
		rpz_reply_error(x, KNOT_RCODE_SERVFAIL);
		return false;
	}
	if (x->query->tsig_rr != NULL)
		error = signature_check(x);
	else
		x->peer = rpz_peers_by_addr(x->peers, &x->from, qname);
	if (error != KNOT_RCODE_NOERROR) {
		rpz_odd(x->r, &x->from, error_name(error));
		rpz_report_refused(x->r, x->query->tsig_rr->owner, &x->from,
				   error_name(error));
		if (error == KNOT_RCODE_FORMERR)
			rpz_reply_error(x, KNOT_RCODE_FORMERR);
		else
			reply_tsig_error(x, error);
		return false;
	}
	if (x->has_opt && knot_edns_get_version(x->query->opt_rr) != KNOT_EDNS_VERSION) {
		x->opt_rcode_high = KNOT_EDNS_RCODE_HI(KNOT_RCODE_BADVERS);
		rpz_reply_error(x, KNOT_EDNS_RCODE_LO(KNOT_RCODE_BADVERS));
		return false;
	}
	if (x->peer == NULL || (x->peer->n_keys > 0 && x->peer->from_only &&
				!rpz_peer_is_from(x->peer, &x->from))) {
		rpz_odd(x->r, &x->from,
			x->peer == NULL ? "not_listed" : "key_from_elsewhere");
		rpz_reply_error(x, KNOT_RCODE_REFUSED);
		return false;
	}
	return true;
}
