#include "probe/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/text.h"

enum {
	EDE_OPTION = 15,      /* RFC 8914 */
	FLAGS_QUERY = 0x0100, /* RD */
	FLAG_QR = 0x8000,
	FLAG_AA = 0x0400,
	FLAG_TC = 0x0200,
	FLAG_RD = 0x0100,
	FLAG_RA = 0x0080,
	FLAG_Z = 0x0040,
	FLAG_AD = 0x0020,
	FLAG_CD = 0x0010,
	MASK_OPCODE = 0x7800,
	MAPPED_BYTES = 12,
	TEXT_MAX = 4096,
	READ_ROOM = 8192, /* bytes */
	SERIAL_DIGITS_MAX = 10,
	SOA_BYTES_MIN = 2 + 5 * 4, /* two roots and the numbers */
};

static const struct {
	const char *name;
	uint16_t bit;
} flags[] = {
	{"qr", FLAG_QR}, {"aa", FLAG_AA}, {"tc", FLAG_TC}, {"rd", FLAG_RD},
	{"ra", FLAG_RA}, {"z", FLAG_Z},	  {"ad", FLAG_AD}, {"cd", FLAG_CD},
};

enum rc
probe_question_make(const char *name, uint16_t type, struct probe_question *ret,
		    struct err *e)
{
	memset(ret, 0, sizeof(*ret));
	if (knot_dname_from_str(ret->name, name, sizeof(ret->name)) == NULL)
		return err_set(e, RC_INVALID, "%s is no name that DNS can be asked for",
			       name);
	knot_dname_to_lower(ret->name);
	ret->name_len = (uint8_t)knot_dname_size(ret->name);
	ret->type = type;
	return RC_OK;
}

size_t
probe_query_put(const struct probe_question *q, uint16_t id, uint8_t *out)
{
	static const uint8_t head[] = {FLAGS_QUERY >> 8, 0, 0, 1, 0, 0, 0, 0, 0, 1};
	uint8_t *p = out;

	knot_wire_write_u16(p, id);
	memcpy(p + 2, head, sizeof(head));
	p += KNOT_WIRE_HEADER_SIZE;
	memcpy(p, q->name, q->name_len);
	p += q->name_len;
	knot_wire_write_u16(p, q->type);
	knot_wire_write_u16(p + 2, KNOT_CLASS_IN);
	p += 4;
	*p++ = 0; /* OPT: the root, version 0, no options */
	knot_wire_write_u16(p, KNOT_RRTYPE_OPT);
	knot_wire_write_u16(p + 2, PROBE_UDP_PAYLOAD);
	knot_wire_write_u32(p + 4, 0);
	knot_wire_write_u16(p + 8, 0);
	return (size_t)(p + 10 - out);
}

/* ASCII letters in either case, as resolvers may give them back; length bytes of labels
 * are below 64 and have no case. */
static bool
name_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t x = a[i], y = b[i];
		if (x != y &&
		    !((x ^ y) == 0x20 && (x | 0x20) >= 'a' && (x | 0x20) <= 'z'))
			return false;
	}
	return true;
}

enum probe_match
probe_answer_match(const struct probe_question *q, uint16_t id, const uint8_t *p,
		   size_t len)
{
	if (len < KNOT_WIRE_HEADER_SIZE || (knot_wire_read_u16(p + 2) & FLAG_QR) == 0)
		return PROBE_MATCH_NOT;
	bool same_id = knot_wire_read_u16(p) == id;
	const uint8_t *qname = p + KNOT_WIRE_HEADER_SIZE;
	bool same = len >= (size_t)KNOT_WIRE_HEADER_SIZE + q->name_len + 4 &&
		    knot_wire_get_qdcount(p) == 1 &&
		    name_equal(qname, q->name, q->name_len) &&
		    knot_wire_read_u16(qname + q->name_len) == q->type &&
		    knot_wire_read_u16(qname + q->name_len + 2) == KNOT_CLASS_IN;

	/* FORMERR and REFUSED may come without a question. */
	if (!same && same_id && knot_wire_get_qdcount(p) == 0 &&
	    knot_wire_get_ancount(p) == 0 && (knot_wire_read_u16(p + 2) & 0xf) != 0)
		same = true;
	if (same)
		return same_id ? PROBE_MATCH : PROBE_MATCH_QUESTION;
	/* Another question, or no question at all? */
	bool question = knot_wire_get_qdcount(p) == 1 &&
			knot_dname_wire_check(qname, p + len, NULL) > 0;
	return same_id && question ? PROBE_MATCH_ID : PROBE_MATCH_NOT;
}

/* ---- a message that is read -------------------------------------------------------- */

/* What did not fit into the room. */
struct block {
	struct block *next;
	max_align_t body[];
};

/* What libknot needs for one message: without the heap, unless it is unusual.  All of it
 * goes at once. */
struct reading {
	knot_mm_t mm;
	struct block *blocks;
	size_t at;
	max_align_t room[READ_ROOM / sizeof(max_align_t)];
	uint8_t copy[PROBE_MESSAGE_MAX];
};

static void *
room_take(void *ctx, size_t size)
{
	struct reading *x = ctx;
	size_t n = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t);

	if (size > sizeof(x->room) || n > sizeof(x->room) / sizeof(max_align_t) - x->at) {
		struct block *b = malloc(sizeof(*b) + size);
		if (b == NULL)
			abort();
		b->next = x->blocks;
		x->blocks = b;
		return b->body;
	}
	x->at += n;
	return x->room + x->at - n;
}

static void
room_give(void *p)
{
	(void)p;
}

/* libknot writes nothing into a message that it reads without TSIG; its type has no
 * const. */
static knot_pkt_t *
reading_begin(struct reading *x, const uint8_t *p, size_t len)
{
	x->at = 0;
	x->blocks = NULL;
	x->mm = (knot_mm_t){.ctx = x, .alloc = room_take, .free = room_give};
	memcpy(x->copy, p, len);
	knot_pkt_t *pkt = knot_pkt_new(x->copy, (uint16_t)len, &x->mm);
	if (pkt == NULL)
		abort();
	return pkt;
}

static void
reading_end(struct reading *x)
{
	while (x->blocks != NULL) {
		struct block *b = x->blocks;
		x->blocks = b->next;
		free(b);
	}
}

/* ---- EDNS -------------------------------------------------------------------------- */

static void
ede_text(const uint8_t *p, size_t len, char *out)
{
	/* RFC 8914: UTF-8, and it may end in a NUL. */
	while (len > 0 && p[len - 1] == '\0')
		len--;
	if (len > PROBE_EDE_TEXT_MAX) {
		len = PROBE_EDE_TEXT_MAX;
		while (len > 0 && (p[len] & 0xc0) == 0x80)
			len--;
	}
	for (size_t i = 0; i < len; i++)
		out[i] = p[i] == '\0' ? '?' : (char)p[i];
	out[len] = '\0';
	text_make_printable(out);
}

static void
options_read(const knot_rrset_t *opt, struct probe_answer *ret)
{
	const knot_rdata_t *rd = opt->rrs.rdata;
	size_t at = 0;

	if (opt->rrs.count == 0)
		return;
	while (rd->len - at >= 4) {
		uint16_t code = knot_wire_read_u16(rd->data + at);
		size_t len = knot_wire_read_u16(rd->data + at + 2);
		const uint8_t *body = rd->data + at + 4;
		if (len > rd->len - at - 4)
			return;
		if (code == EDE_OPTION && len >= 2 && ret->n_ede < PROBE_EDE_MAX) {
			ret->ede[ret->n_ede].code = knot_wire_read_u16(body);
			ede_text(body + 2, len - 2, ret->ede[ret->n_ede++].text);
		}
		at += 4 + len;
	}
}

/* ---- the message ------------------------------------------------------------------- */

static uint64_t
digest_of(const uint8_t *p, size_t len)
{
	uint64_t h = UINT64_C(1469598103934665603);

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(1099511628211); /* FNV-1a */
	return h;
}

static void
ttl_take(struct probe_answer *ret, uint32_t ttl)
{
	if (ttl > PROBE_TTL_MAX)
		ret->impossible = true;
	if (ttl < ret->ttl_s)
		ret->ttl_s = ttl;
}

static void
address_take(struct probe_answer *ret, uint16_t type, const knot_rdata_t *rd)
{
	static const uint8_t mapped[MAPPED_BYTES] = {
		[10] = 0xff,
		[11] = 0xff,
	};

	if (ret->n_addresses == PROBE_ADDRESSES_MAX)
		return;
	uint8_t *b = ret->addresses[ret->n_addresses].b;
	if (type == KNOT_RRTYPE_AAAA && rd->len == 16) {
		memcpy(b, rd->data, 16);
		ret->n_addresses++;
	} else if (type == KNOT_RRTYPE_A && rd->len == 4) {
		memcpy(b, mapped, MAPPED_BYTES);
		memcpy(b + MAPPED_BYTES, rd->data, 4);
		ret->n_addresses++;
	}
}

/* The first string of a TXT as a serial. */
static uint32_t
serial_of(const knot_rdata_t *rd)
{
	uint64_t v = 0;

	if (rd->len < 2 || rd->data[0] == 0 || rd->data[0] > SERIAL_DIGITS_MAX ||
	    rd->data[0] >= rd->len)
		return 0;
	return decimal_parse((const char *)rd->data + 1, rd->data[0], UINT32_MAX, &v) ==
			       RC_OK
		       ? (uint32_t)v
		       : 0;
}

/* Data of the type that was asked for, at the end of the chain of canonical names.  The
 * digest is a sum, so that the order of records has no part in it. */
static void
data_take(const struct probe_question *q, const knot_rrset_t *rr, bool alias,
	  struct probe_answer *ret)
{
	bool address = q->type == KNOT_RRTYPE_A || q->type == KNOT_RRTYPE_AAAA;
	knot_rdata_t *rd = rr->rrs.rdata;

	ttl_take(ret, rr->ttl);
	for (unsigned i = 0; i < rr->rrs.count; i++, rd = knot_rdataset_next(rd)) {
		if (address)
			address_take(ret, q->type, rd);
		else
			ret->data += digest_of(rd->data, rd->len);
		if (q->type == KNOT_RRTYPE_TXT && ret->txt_serial == 0)
			ret->txt_serial = serial_of(rd);
	}
	if (address && alias)
		ret->data = digest_of(rr->owner, knot_dname_size(rr->owner));
}

/* A record without data passes the parser, whatever its type must have. */
static bool
has_data(const knot_rrset_t *rr, size_t min)
{
	return rr->rrs.count != 0 && rr->rrs.rdata->len >= min;
}

/* Follows the chain from the question; its length is bounded by the records there are. */
static bool
answer_take(const struct probe_question *q, const knot_pktsection_t *an,
	    struct probe_answer *ret)
{
	const knot_dname_t *at = q->name;
	bool alias = false, found = false;

	for (unsigned hop = 0; hop <= an->count && !found; hop++) {
		const knot_dname_t *next = NULL;
		for (unsigned i = 0; i < an->count; i++) {
			const knot_rrset_t *rr = knot_pkt_rr(an, (uint16_t)i);
			if (rr->rclass != KNOT_CLASS_IN ||
			    !knot_dname_is_case_equal(rr->owner, at))
				continue;
			if (rr->type == q->type) {
				data_take(q, rr, alias, ret);
				found = true;
			} else if (rr->type == KNOT_RRTYPE_CNAME && has_data(rr, 1)) {
				ttl_take(ret, rr->ttl);
				next = knot_cname_name(rr->rrs.rdata);
			}
		}
		if (next == NULL)
			break;
		at = next;
		alias = true;
	}
	return found;
}

static void
soa_take(const knot_pkt_t *pkt, struct probe_answer *ret)
{
	static const knot_section_t where[] = {KNOT_AUTHORITY, KNOT_ADDITIONAL};

	for (size_t s = 0; s < 2; s++) {
		const knot_pktsection_t *sec = knot_pkt_section(pkt, where[s]);
		for (unsigned i = 0; i < sec->count && !ret->soa; i++) {
			const knot_rrset_t *rr = knot_pkt_rr(sec, (uint16_t)i);
			if (rr->type != KNOT_RRTYPE_SOA || !has_data(rr, SOA_BYTES_MIN))
				continue;
			ret->soa = true;
			ret->soa_serial = knot_soa_serial(rr->rrs.rdata);
			ttl_take(ret, rr->ttl);
			if (knot_dname_to_str(ret->soa_owner, rr->owner,
					      sizeof(ret->soa_owner)) == NULL)
				ret->soa_owner[0] = '\0';
		}
	}
	size_t len = strlen(ret->soa_owner);
	if (len > 1 && ret->soa_owner[len - 1] == '.')
		ret->soa_owner[len - 1] = '\0';
	for (char *c = ret->soa_owner; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + ('a' - 'A'));
}

static enum probe_got
got_of(uint16_t rcode, bool data)
{
	switch (rcode) {
	case KNOT_RCODE_NOERROR:
		return data ? PROBE_GOT_DATA : PROBE_GOT_NODATA;
	case KNOT_RCODE_NXDOMAIN:
		return PROBE_GOT_NXDOMAIN;
	case KNOT_RCODE_SERVFAIL:
		return PROBE_GOT_SERVFAIL;
	case KNOT_RCODE_REFUSED:
		return PROBE_GOT_REFUSED;
	default:
		return PROBE_GOT_OTHER;
	}
}

static void
pkt_take(const struct probe_question *q, const knot_pkt_t *pkt, struct probe_answer *ret)
{
	bool data = answer_take(q, knot_pkt_section(pkt, KNOT_ANSWER), ret);

	if (pkt->opt_rr != NULL)
		options_read(pkt->opt_rr, ret);
	ret->flags = knot_wire_read_u16(pkt->wire + 2);
	ret->rcode = knot_pkt_ext_rcode(pkt);
	ret->truncated = (ret->flags & FLAG_TC) != 0;
	if (!data)
		soa_take(pkt, ret);
	ret->got = got_of(ret->rcode, data);
	if (ret->ttl_s == UINT32_MAX)
		ret->ttl_s = 0;
	if ((ret->flags & (FLAG_Z | MASK_OPCODE)) != 0)
		ret->impossible = true;
	/* Whoever answers with data for us has asked others for us, and gives our wish
	 * for that back. */
	if (data &&
	    ((ret->flags & FLAG_RD) == 0 || (ret->flags & (FLAG_RA | FLAG_AA)) == 0))
		ret->impossible = true;
	if (ret->rcode == KNOT_RCODE_NXDOMAIN && ret->n_addresses != 0)
		ret->impossible = true;
}

enum rc
probe_answer_read(const struct probe_question *q, const uint8_t *p, size_t len,
		  struct probe_answer *ret, struct err *e)
{
	memset(ret, 0, offsetof(struct probe_answer, addresses));
	ret->soa_owner[0] = '\0';
	ret->ttl_s = UINT32_MAX;
	ret->got = PROBE_GOT_BROKEN;
	if (len > PROBE_MESSAGE_MAX)
		return err_set(e, RC_TOO_LARGE, "an answer of %zu bytes: at most %d", len,
			       PROBE_MESSAGE_MAX);
	struct reading x;
	knot_pkt_t *pkt = reading_begin(&x, p, len);
	int err = knot_pkt_parse(pkt, 0);
	enum rc rc = RC_OK;
	if (err != KNOT_EOK)
		rc = err_set(e, RC_INVALID, "no DNS message: %s", knot_strerror(err));
	else
		pkt_take(q, pkt, ret);
	reading_end(&x);
	return rc;
}

static bool
has_address(const struct probe_answer *a, const struct probe_address *x)
{
	for (size_t i = 0; i < a->n_addresses; i++)
		if (memcmp(a->addresses[i].b, x->b, sizeof(x->b)) == 0)
			return true;
	return false;
}

bool
probe_answer_differs(const struct probe_answer *a, const struct probe_answer *b)
{
	if (a->got != b->got || a->rcode != b->rcode || a->truncated != b->truncated ||
	    a->soa != b->soa || strcmp(a->soa_owner, b->soa_owner) != 0)
		return true;
	for (size_t i = 0; i < a->n_addresses; i++)
		if (has_address(b, &a->addresses[i]))
			return false;
	return a->n_addresses != b->n_addresses ||
	       (a->n_addresses != 0 && a->data != b->data) ||
	       (a->n_addresses != 0 && a->data == 0) ||
	       (a->n_addresses == 0 && a->data != b->data);
}

/* ---- for people -------------------------------------------------------------------- */

const char *
probe_ede_name(uint16_t code)
{
	const knot_lookup_t *row = knot_lookup_by_id(knot_edns_ede_names, code);

	return row == NULL ? "?" : row->name;
}

const char *
probe_rcode_text(uint16_t rcode, char out[16])
{
	const knot_lookup_t *row = knot_lookup_by_id(knot_rcode_names, rcode);

	if (row != NULL)
		return row->name;
	snprintf(out, 16, "RCODE%u", rcode);
	return out;
}

/* Of other types the library reads fields by the lengths that they give of themselves,
 * and past the end of a record that lies (NSEC3, in 3.2.6): they stay bytes in hex (RFC
 * 3597, section 5). */
static bool
is_dumped(uint16_t type)
{
	static const uint16_t types[] = {
		KNOT_RRTYPE_A,	   KNOT_RRTYPE_AAAA, KNOT_RRTYPE_CNAME,
		KNOT_RRTYPE_DNAME, KNOT_RRTYPE_NS,   KNOT_RRTYPE_PTR,
		KNOT_RRTYPE_SOA,   KNOT_RRTYPE_MX,   KNOT_RRTYPE_TXT,
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i] == type)
			return true;
	return false;
}

static void
rr_json(const knot_rrset_t *rr, json_t *into)
{
	const knot_dump_style_t style = {.show_ttl = true,
					 .generic = !is_dumped(rr->type)};
	char owner[PROBE_OWNER_MAX], type[32], data[TEXT_MAX];

	if (knot_dname_to_str(owner, rr->owner, sizeof(owner)) == NULL ||
	    knot_rrtype_to_string(rr->type, type, sizeof(type)) < 0)
		return;
	for (unsigned i = 0; i < rr->rrs.count; i++) {
		if (knot_rrset_txt_dump_data(rr, i, data, sizeof(data), &style) < 0)
			continue;
		json_t *row = json_pack("{s:s, s:s, s:I, s:s}", "name", owner, "type",
					type, "ttl", (json_int_t)rr->ttl, "data", data);
		if (row != NULL)
			json_array_append_new(into, row);
	}
}

static void
sections_json(const uint8_t *p, size_t len, json_t *into)
{
	struct reading x;

	if (len > sizeof(x.copy))
		return;
	knot_pkt_t *pkt = reading_begin(&x, p, len);
	if (knot_pkt_parse(pkt, 0) == KNOT_EOK) {
		const knot_pktsection_t *an = knot_pkt_section(pkt, KNOT_ANSWER);
		for (unsigned i = 0; i < an->count; i++)
			rr_json(knot_pkt_rr(an, (uint16_t)i), into);
	}
	reading_end(&x);
}

json_t *
probe_answer_json(const struct probe_answer *ans, const uint8_t *p, size_t len)
{
	json_t *o = json_object(), *set = json_array(), *rows = json_array(),
	       *ede = json_array();
	char rcode[16];

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if ((ans->flags & flags[i].bit) != 0)
			json_array_append_new(set, json_string(flags[i].name));
	for (size_t i = 0; i < ans->n_ede; i++)
		json_array_append_new(ede, json_pack("{s:i, s:s, s:s}", "code",
						     ans->ede[i].code, "name",
						     probe_ede_name(ans->ede[i].code),
						     "text", ans->ede[i].text));
	sections_json(p, len, rows);
	json_object_set_new(o, "rcode", json_string(probe_rcode_text(ans->rcode, rcode)));
	json_object_set_new(o, "flags", set);
	json_object_set_new(o, "answer", rows);
	if (ans->soa)
		json_object_set_new(o, "soa",
				    json_pack("{s:s, s:I, s:I}", "owner", ans->soa_owner,
					      "serial", (json_int_t)ans->soa_serial,
					      "ttl", (json_int_t)ans->ttl_s));
	else
		json_object_set_new(o, "soa", json_null());
	json_object_set_new(o, "ede", ede);
	return o;
}
