/*
 * One row as a record on the wire.
 *
 * The owner ends in a pointer to the question's name, which stands at one place in every
 * message, so that a record is complete in itself: it can stand in any message of any
 * transfer, be copied from one to another, and be compared byte by byte.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpz/internal.h"

static const uint8_t LOCALHOST[] = "\011localhost";

enum {
	POINTER_BYTES = 2,
	POINTER_MARK = 0xc0, /* RFC 1035, section 4.1.4 */
	FIXED_BYTES = 10,    /* type, class, TTL, length */
	DECIMAL_U32_MAX = 11,
	TXT_STRING_MAX = 255,
	SOA_NUMBERS_BYTES = 20,
};

bool
rpz_serial_newer(uint32_t a, uint32_t b)
{
	return a != b && a - b < UINT32_C(0x80000000);
}

/* ---- reading ----------------------------------------------------------------------- */

/* With the pointer. */
static size_t
owner_len(const uint8_t *p)
{
	size_t at = 0;

	while (p[at] < POINTER_MARK)
		at += 1U + p[at];
	return at + POINTER_BYTES;
}

size_t
rpz_record_len(const uint8_t *record)
{
	size_t at = owner_len(record);

	return at + FIXED_BYTES + knot_wire_read_u16(record + at + FIXED_BYTES - 2);
}

int
rpz_record_compare(const uint8_t *a, const uint8_t *b)
{
	size_t a_len = rpz_record_len(a), b_len = rpz_record_len(b);
	int diff = memcmp(a, b, a_len < b_len ? a_len : b_len);

	/* No record is the beginning of another: each says how long it is. */
	return diff != 0 ? diff : (a_len > b_len) - (a_len < b_len);
}

bool
rpz_record_same_owner(const uint8_t *a, const uint8_t *b)
{
	size_t len = owner_len(a);

	return len == owner_len(b) && memcmp(a, b, len) == 0;
}

bool
rpz_record_excludes(const uint8_t *a, const uint8_t *b)
{
	size_t at = owner_len(a);

	if (!rpz_record_same_owner(a, b))
		return false;
	return knot_wire_read_u16(a + at) == KNOT_RRTYPE_CNAME ||
	       knot_wire_read_u16(b + at) == KNOT_RRTYPE_CNAME ||
	       rpz_record_compare(a, b) == 0;
}

/* ---- writing ----------------------------------------------------------------------- */

/* A name's labels, in lower case, without the root's; the name has passed
 * rpzrow_check(). */
static size_t
labels_put(uint8_t *out, const char *name)
{
	size_t at = 0;

	for (const char *label = name; *label != '\0';) {
		size_t n = strcspn(label, ".");

		out[at++] = (uint8_t)n;
		for (size_t i = 0; i < n; i++)
			out[at++] = (uint8_t)(label[i] >= 'A' && label[i] <= 'Z'
						      ? label[i] + ('a' - 'A')
						      : label[i]);
		label += n + (label[n] == '.');
	}
	return at;
}

/* Behind an owner of `at` bytes. */
static size_t
record_end(uint8_t *out, size_t at, uint16_t type, uint32_t ttl_s, const uint8_t *rdata,
	   size_t len)
{
	out[at++] = POINTER_MARK;
	out[at++] = KNOT_WIRE_HEADER_SIZE;
	knot_wire_write_u16(out + at, type);
	knot_wire_write_u16(out + at + 2, KNOT_CLASS_IN);
	knot_wire_write_u32(out + at + 4, ttl_s);
	knot_wire_write_u16(out + at + 8, (uint16_t)len);
	at += FIXED_BYTES;
	memcpy(out + at, rdata, len);
	return at + len;
}

/* `owner` is relative; "" is the zone itself. */
static size_t
record_put(uint8_t *out, const char *owner, uint16_t type, uint32_t ttl_s,
	   const uint8_t *rdata, size_t len)
{
	return record_end(out, labels_put(out, owner), type, ttl_s, rdata, len);
}

/* Strings of up to 255 bytes, each behind its length (RFC 1035, section 3.3.14). */
static size_t
txt_put(uint8_t *out, const char *txt)
{
	size_t at = 0, len = strlen(txt);

	do {
		size_t n = len < TXT_STRING_MAX ? len : TXT_STRING_MAX;

		out[at++] = (uint8_t)n;
		memcpy(out + at, txt, n);
		at += n;
		txt += n;
		len -= n;
	} while (len > 0);
	return at;
}

static const struct {
	uint16_t type;
	const char *target; /* of a CNAME, as a name; NULL: in the row */
} acts[RPZROW_ACT_COUNT] = {
	[RPZROW_NXDOMAIN] = {KNOT_RRTYPE_CNAME, ""},
	[RPZROW_NODATA] = {KNOT_RRTYPE_CNAME, "*"},
	[RPZROW_PASSTHRU] = {KNOT_RRTYPE_CNAME, "rpz-passthru"},
	[RPZROW_DROP] = {KNOT_RRTYPE_CNAME, "rpz-drop"},
	[RPZROW_TCP_ONLY] = {KNOT_RRTYPE_CNAME, "rpz-tcp-only"},
	[RPZROW_LANDING] = {KNOT_RRTYPE_CNAME, NULL},
	[RPZROW_A] = {KNOT_RRTYPE_A, NULL},
	[RPZROW_AAAA] = {KNOT_RRTYPE_AAAA, NULL},
	[RPZROW_TXT] = {KNOT_RRTYPE_TXT, NULL},
};

/* The name itself, and all below it, whose zone it may be. */
static bool
is_canary(const char *owner)
{
	size_t len = strlen(owner), n = strlen(RPZROW_CANARY);

	return len >= n && strcasecmp(owner + len - n, RPZROW_CANARY) == 0 &&
	       (len == n || owner[len - n - 1] == '.');
}

enum rc
rpz_record_of_row(const struct rpzrow *row, const char *origin, uint32_t ttl_s,
		  uint8_t out[RPZ_RECORD_BYTES_MAX], size_t *ret_len, struct err *e)
{
	uint8_t rdata[RPZROW_TXT_MAX + RPZROW_TXT_MAX / TXT_STRING_MAX + 1];
	enum rpzrow_trigger trigger;
	size_t len = 0;
	enum rc rc = rpzrow_check(row, origin, &trigger, e);

	if (rc == RC_OK && is_canary(row->owner))
		rc = err_set(e, RC_INVALID, "%s is a canary's name", row->owner);
	if (rc != RC_OK)
		return rc;
	switch (acts[row->act].type) {
	case KNOT_RRTYPE_A:
		len = 4;
		if (inet_pton(AF_INET, row->data, rdata) != 1)
			return err_set(e, RC_INVALID, "%s is no address", row->data);
		break;
	case KNOT_RRTYPE_AAAA:
		len = 16;
		if (inet_pton(AF_INET6, row->data, rdata) != 1)
			return err_set(e, RC_INVALID, "%s is no address", row->data);
		break;
	case KNOT_RRTYPE_TXT:
		len = txt_put(rdata, row->data);
		break;
	default:
		len = labels_put(rdata, acts[row->act].target != NULL
						? acts[row->act].target
						: row->data);
		rdata[len++] = 0;
	}
	*ret_len = record_put(out, row->owner, acts[row->act].type, ttl_s, rdata, len);
	return RC_OK;
}

size_t
rpz_record_of_soa(const struct rpz_mark *m, uint8_t out[RPZ_RECORD_BYTES_MAX])
{
	return record_put(out, "", KNOT_RRTYPE_SOA, m->ttl_s, m->soa, m->soa_len);
}

size_t
rpz_record_of_ns(const struct rpz_mark *m, uint8_t out[RPZ_RECORD_BYTES_MAX])
{
	return record_put(out, "", KNOT_RRTYPE_NS, m->ttl_s, LOCALHOST,
			  sizeof(LOCALHOST));
}

size_t
rpz_record_of_canary(const struct rpz_mark *m, bool own,
		     uint8_t out[RPZ_RECORD_BYTES_MAX])
{
	char serial[DECIMAL_U32_MAX];
	uint8_t rdata[DECIMAL_U32_MAX + 1];
	size_t at = own ? m->labels_len : 0;

	if (own && at == 0)
		return 0;
	memcpy(out, m->labels, at);
	at += labels_put(out + at, RPZROW_CANARY);
	snprintf(serial, sizeof(serial), "%u", m->serial);
	return record_end(out, at, KNOT_RRTYPE_TXT, m->ttl_s, rdata,
			  txt_put(rdata, serial));
}

/* ---- serials ----------------------------------------------------------------------- */

/* MNAME, RNAME hostmaster.<origin>, and as the minimum the TTL, so that a negative answer
 * from the policy is forgotten as fast as any other row. */
void
rpz_mark_init(struct rpz_mark *m, const struct rpz_head *h, const knot_dname_t *origin)
{
	static const uint8_t hostmaster[] = "\012hostmaster";
	const uint32_t numbers[] = {h->serial, h->refresh_s, h->retry_s, h->expire_s,
				    h->ttl_s};
	size_t origin_len = knot_dname_size(origin);
	uint8_t *p = m->soa;

	m->serial = h->serial;
	m->ttl_s = h->ttl_s;
	memcpy(p, LOCALHOST, sizeof(LOCALHOST));
	p += sizeof(LOCALHOST);
	memcpy(p, hostmaster, sizeof(hostmaster) - 1);
	p += sizeof(hostmaster) - 1;
	memcpy(p, origin, origin_len);
	p += origin_len;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++, p += 4)
		knot_wire_write_u32(p, numbers[i]);
	m->soa_len = (uint16_t)(p - m->soa);
	/* The origin's labels stand twice in the owner of the zone's own canary. */
	bool fits = 2 * (origin_len - 1) + sizeof(RPZROW_CANARY) + 1 <= KNOT_DNAME_MAXLEN;
	m->labels_len = fits ? (uint8_t)(origin_len - 1) : 0;
	memcpy(m->labels, origin, m->labels_len);
}

struct rpz_mark
rpz_mark_at(const struct rpz_mark *m, uint32_t serial)
{
	struct rpz_mark other = *m;

	other.serial = serial;
	knot_wire_write_u32(other.soa + other.soa_len - SOA_NUMBERS_BYTES, serial);
	return other;
}

bool
rpz_mark_like(const struct rpz_mark *a, const struct rpz_mark *b)
{
	struct rpz_mark same = rpz_mark_at(a, b->serial);

	return a->ttl_s == b->ttl_s && a->soa_len == b->soa_len &&
	       memcmp(same.soa, b->soa, b->soa_len) == 0;
}
