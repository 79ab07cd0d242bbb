/*
 * The zone is encoded once a serial into the messages of its transfer, because a
 * transfer then costs a copy and a signature for each 16 KiB, and because two
 * transfers of one serial cannot differ.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "rpz/internal.h"

static const char CANARY[] = "_saluran-serial";
static const uint8_t LOCALHOST[] = "\011localhost";

enum { BAD_ROWS_LOGGED_MAX = 20, DECIMAL_U32_MAX = 11, TXT_STRING_MAX = 255 };

struct encoder {
	const struct rpz_zone *zone;
	const knot_dname_t *origin;
	size_t origin_len;
	knot_pkt_t *pkt;
	struct buf stream;
	size_t n_bad;
	/* Owners seen: open addressing, row number + 1, 0 is empty. */
	uint32_t *seen;
	size_t seen_mask;
};

bool
rpz_serial_newer(uint32_t a, uint32_t b)
{
	return a != b && a - b < UINT32_C(0x80000000);
}

int
rpz_put_record(knot_pkt_t *pkt, const knot_dname_t *owner, uint16_t type, uint32_t ttl_s,
	       const uint8_t *rdata, uint16_t len)
{
	union {
		knot_rdata_t head;
		uint8_t room[2 + RPZ_TXT_BYTES_MAX + 2 * KNOT_DNAME_MAXLEN];
	} data;
	knot_dname_storage_t name;
	knot_rrset_t rr;

	assert(knot_rdata_size(len) <= sizeof(data));
	(void)knot_dname_to_wire(name, owner, sizeof(name));
	knot_rrset_init(&rr, name, type, KNOT_CLASS_IN, ttl_s);
	knot_rdata_init(&data.head, len, rdata);
	rr.rrs.count = 1;
	rr.rrs.size = (uint32_t)knot_rdata_size(len);
	rr.rrs.rdata = &data.head;
	return knot_pkt_put(pkt, KNOT_COMPR_HINT_NONE, &rr, KNOT_PF_NOTRUNC);
}

static void
message_begin(struct encoder *c)
{
	knot_pkt_clear(c->pkt);
	knot_wire_set_qr(c->pkt->wire);
	knot_wire_set_aa(c->pkt->wire);
	if (knot_pkt_put_question(c->pkt, c->origin, KNOT_CLASS_IN, KNOT_RRTYPE_AXFR) !=
		    KNOT_EOK ||
	    knot_pkt_reserve(c->pkt, RPZ_OPT_BYTES + RPZ_TSIG_BYTES) != KNOT_EOK)
		abort();
}

static void
message_end(struct encoder *c)
{
	buf_put_u16be(&c->stream, (uint16_t)c->pkt->size);
	buf_put(&c->stream, c->pkt->wire, c->pkt->size);
}

static void
encode(struct encoder *c, const knot_dname_t *owner, uint16_t type, const uint8_t *rdata,
       uint16_t len)
{
	int ret = rpz_put_record(c->pkt, owner, type, c->zone->head.ttl_s, rdata, len);

	if (ret == KNOT_ESPACE) {
		message_end(c);
		message_begin(c);
		ret = rpz_put_record(c->pkt, owner, type, c->zone->head.ttl_s, rdata,
				     len);
	}
	if (ret != KNOT_EOK)
		abort(); /* the largest record fits an empty message */
}

static bool
is_owner_byte(unsigned char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
	       (ch >= '0' && ch <= '9') || ch == '-' || ch == '_';
}

/* Owner and origin on the wire, in lower case; NULL, or why not (dns.md, "Rows that make
 * a resolver drop the whole zone"). */
static const char *
owner_to_wire(const struct encoder *c, const char *s, knot_dname_storage_t out)
{
	size_t len = strlen(s), at = 0;

	if (len == 0)
		return "owner_empty";
	if (s[len - 1] == '.')
		return "owner_ends_in_a_dot";
	if (len + 1 + c->origin_len > KNOT_DNAME_MAXLEN)
		return "name_longer_than_255_bytes";
	for (const char *label = s, *end; label != NULL;
	     label = *end == '.' ? end + 1 : NULL) {
		end = strchrnul(label, '.');
		size_t n = (size_t)(end - label);
		bool star = n == 1 && label == s && *label == '*';

		if (n == 0 || n > KNOT_DNAME_MAXLABELLEN)
			return "label_empty_or_longer_than_63_bytes";
		if (*end == '\0' && strncasecmp(label, "rpz-", 4) == 0)
			return "address_triggers_are_not_published";
		out[at++] = (uint8_t)n;
		for (size_t i = 0; i < n; i++) {
			if (!star && !is_owner_byte((unsigned char)label[i]))
				return "byte_not_allowed_in_owner";
			out[at++] = (uint8_t)label[i];
		}
	}
	memcpy(out + at, c->origin, c->origin_len);
	knot_dname_to_lower(out);
	return strcasecmp(s, CANARY) == 0 ? "owner_is_reserved" : NULL;
}

/* Remember this row's owner; false: an earlier row has it, but for case. */
static bool
owner_is_new(struct encoder *c, size_t row)
{
	const char *owner = c->zone->rows[row].owner;
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (const char *p = owner; *p != '\0'; p++) {
		unsigned char ch = (unsigned char)*p;

		h ^= ch >= 'A' && ch <= 'Z' ? ch + 32U : ch;
		h *= UINT64_C(1099511628211);
	}
	for (size_t i = (size_t)(h ^ h >> 32) & c->seen_mask;;
	     i = (i + 1) & c->seen_mask) {
		if (c->seen[i] == 0) {
			c->seen[i] = (uint32_t)row + 1;
			return true;
		}
		if (strcasecmp(c->zone->rows[c->seen[i] - 1].owner, owner) == 0)
			return false;
	}
}

/* Strings of up to 255 bytes, each behind its length (RFC 1035, section 3.3.14). */
static uint16_t
txt_to_rdata(const char *txt, size_t len, uint8_t *out)
{
	size_t at = 0, n;

	do {
		n = len < TXT_STRING_MAX ? len : TXT_STRING_MAX;
		out[at++] = (uint8_t)n;
		memcpy(out + at, txt, n);
		at += n;
		txt += n;
		len -= n;
	} while (len > 0);
	return (uint16_t)at;
}

static void
encode_txt(struct encoder *c, const knot_dname_t *owner, const char *txt)
{
	uint8_t rdata[RPZ_TXT_BYTES_MAX + RPZ_TXT_BYTES_MAX / TXT_STRING_MAX + 1];

	encode(c, owner, KNOT_RRTYPE_TXT, rdata, txt_to_rdata(txt, strlen(txt), rdata));
}

static const char *
encode_row(struct encoder *c, size_t i)
{
	static const uint8_t nodata[] = "\001*", passthru[] = "\014rpz-passthru";
	const struct rpz_row *row = &c->zone->rows[i];
	knot_dname_storage_t owner;
	const char *why = owner_to_wire(c, row->owner, owner);

	if (why == NULL && row->action == RPZ_TXT &&
	    (row->data == NULL || strlen(row->data) > RPZ_TXT_BYTES_MAX))
		why = "text_missing_or_too_long";
	if (why == NULL && !owner_is_new(c, i))
		why = "owner_given_before";
	if (why != NULL)
		return why;
	switch (row->action) {
	case RPZ_NXDOMAIN:
		encode(c, owner, KNOT_RRTYPE_CNAME, (const uint8_t *)"", 1);
		break;
	case RPZ_NODATA:
		encode(c, owner, KNOT_RRTYPE_CNAME, nodata, sizeof(nodata));
		break;
	case RPZ_PASSTHRU:
		encode(c, owner, KNOT_RRTYPE_CNAME, passthru, sizeof(passthru));
		break;
	case RPZ_CNAME:
	case RPZ_A:
	case RPZ_AAAA:
		return "action_not_known";
	case RPZ_TXT:
		encode_txt(c, owner, row->data);
		break;
	}
	return NULL;
}

/* MNAME, RNAME hostmaster.<origin>, and as the minimum the TTL, so that a negative answer
 * from the policy is forgotten as fast as any other row. */
static void
soa_init(struct rpz_snapshot *s, const struct encoder *c)
{
	const uint32_t numbers[] = {c->zone->head.serial, c->zone->head.refresh_s,
				    c->zone->head.retry_s, c->zone->head.expire_s,
				    c->zone->head.ttl_s};
	static const uint8_t hostmaster[] = "\012hostmaster";
	uint8_t *p = s->soa;

	memcpy(p, LOCALHOST, sizeof(LOCALHOST));
	p += sizeof(LOCALHOST);
	memcpy(p, hostmaster, sizeof(hostmaster) - 1);
	p += sizeof(hostmaster) - 1;
	memcpy(p, c->origin, c->origin_len);
	p += c->origin_len;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++, p += 4)
		knot_wire_write_u32(p, numbers[i]);
	s->soa_len = (uint16_t)(p - s->soa);
}

static void
encode_zone(struct encoder *c, const struct rpz_snapshot *s)
{
	char serial[DECIMAL_U32_MAX];
	knot_dname_storage_t canary;
	const char *why;

	message_begin(c);
	encode(c, c->origin, KNOT_RRTYPE_SOA, s->soa, s->soa_len);
	encode(c, c->origin, KNOT_RRTYPE_NS, LOCALHOST, sizeof(LOCALHOST));
	canary[0] = sizeof(CANARY) - 1;
	memcpy(canary + 1, CANARY, sizeof(CANARY) - 1);
	memcpy(canary + sizeof(CANARY), c->origin, c->origin_len);
	snprintf(serial, sizeof(serial), "%u", c->zone->head.serial);
	encode_txt(c, canary, serial);
	for (size_t i = 0; i < c->zone->n_rows; i++) {
		why = encode_row(c, i);
		if (why != NULL && c->n_bad++ < BAD_ROWS_LOGGED_MAX)
			log_line(LOG_WARN, "rpz.row", "serial=%u row=%zu left_out=%s",
				 c->zone->head.serial, i + 1, why);
	}
	encode(c, c->origin, KNOT_RRTYPE_SOA, s->soa, s->soa_len);
	message_end(c);
}

enum rc
rpz_snapshot_build(const struct rpz_zone *z, const knot_dname_t *origin,
		   struct rpz_snapshot **ret, struct err *e)
{
	struct encoder c = {.zone = z,
			    .origin = origin,
			    .origin_len = knot_dname_size(origin),
			    .stream = BUF_INIT(RPZ_STREAM_BYTES_MAX),
			    .seen_mask = 15};
	struct rpz_snapshot *s = NULL;
	enum rc rc = RC_OK;

	if (z->n_rows > RPZ_ROWS_MAX) {
		rc = err_set(e, RC_LIMIT,
			     "the zone has %zu rows, at most %d can be served", z->n_rows,
			     RPZ_ROWS_MAX);
		goto out;
	}
	while (c.seen_mask < 2 * z->n_rows)
		c.seen_mask = c.seen_mask * 2 + 1;
	c.seen = calloc(c.seen_mask + 1, sizeof(*c.seen));
	c.pkt = knot_pkt_new(NULL, RPZ_MESSAGE_BYTES, NULL);
	s = calloc(1, sizeof(*s));
	if (c.seen == NULL || c.pkt == NULL || s == NULL)
		abort();
	soa_init(s, &c);
	encode_zone(&c, s);
	if (!buf_ok(&c.stream)) {
		rc = err_set(e, RC_LIMIT, "the encoded zone is larger than %d bytes",
			     RPZ_STREAM_BYTES_MAX);
		goto out;
	}
	s->refs = 1;
	s->serial = z->head.serial;
	s->ttl_s = z->head.ttl_s;
	s->stream_len = c.stream.len;
	s->stream = malloc(s->stream_len);
	if (s->stream == NULL)
		abort();
	memcpy(s->stream, c.stream.data, s->stream_len);
	log_line(LOG_INFO, "rpz.zone", "serial=%u rows=%zu left_out=%zu bytes=%zu",
		 z->head.serial, z->n_rows, c.n_bad, s->stream_len);
	*ret = s;
	s = NULL;
out:
	rpz_snapshot_free(s);
	knot_pkt_free(c.pkt);
	free(c.seen);
	buf_free(&c.stream);
	return rc;
}

void
rpz_snapshot_free(struct rpz_snapshot *s)
{
	if (s == NULL)
		return;
	free(s->stream);
	free(s);
}
