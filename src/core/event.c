#include "core/event.h"

#include <assert.h>
#include <string.h>

#include "base/enc.h"
#include "core/flat.h"
#include "core/jws.h"
#include "core/note.h"

#define EVENT_RULE "protocol 2"

struct event_claim {
	struct event ev;
	size_t signed_len;
	uint8_t sig[SIG_LEN];
};

/* ---- reading ----------------------------------------------------------------------- */

/* [a-z]+(\.[a-z_]+)+ */
static bool
type_valid(const char *s)
{
	size_t dots = 0, run = 0;

	for (; *s != '\0'; s++) {
		if (*s == '.') {
			if (run == 0)
				return false;
			dots++;
			run = 0;
		} else if ((*s >= 'a' && *s <= 'z') || (*s == '_' && dots > 0)) {
			run++;
		} else {
			return false;
		}
	}
	return dots > 0 && run > 0;
}

/* What note_name_valid() asks of the name of the log's key, as far as it is not
 * already known of a text of I-JSON without control characters. */
static const char *
log_get(struct flat *m)
{
	const char *log = flat_text(m, "log", NOTE_NAME_MAX);

	if (strpbrk(log, " +") != NULL)
		flat_fail(m, "log must have no space and no '+'");
	return log;
}

static const char *
uuid_get(struct flat *m, const char *name, bool required)
{
	const char *s = required ? flat_text(m, name, UUID_TEXT_LEN)
				 : flat_text_optional(m, name, UUID_TEXT_LEN);

	if (s != NULL && !uuid7_valid(s, strlen(s)))
		flat_fail(m, "%s must be a lower-case UUID of version 7", name);
	return s;
}

static void
refs_get(struct flat *m, struct event *ev)
{
	const struct ijson_text *re =
		flat_array_optional(m, "re", EVENT_REFS_MAX, &ev->n_refs);
	struct event_ref *refs;

	if (re == NULL)
		return;
	ev->refs = refs = arena_array(m->a, ev->n_refs, sizeof(*refs));
	for (size_t i = 0; i < ev->n_refs && m->said.rc == RC_OK; i++) {
		struct flat r;

		flat_open(&r, m->a, re[i], m->said.bad, EVENT_RULE, "re", m->said.e);
		refs[i].log = log_get(&r);
		refs[i].seq = (uint64_t)flat_int(&r, "seq", 0, IJSON_INT_MAX);
		flat_hex(&r, "leaf", &refs[i].leaf);
		m->said.rc = flat_end(&r);
	}
}

static void
ack_get(struct flat *m, struct event_head *ack)
{
	struct ijson_text obj = flat_object(m, "ack");
	struct flat r;

	if (obj.s == NULL)
		return;
	flat_open(&r, m->a, obj, m->said.bad, EVENT_RULE, "ack", m->said.e);
	ack->log = log_get(&r);
	ack->size = (uint64_t)flat_int(&r, "size", 0, IJSON_INT_MAX);
	flat_hex(&r, "root", &ack->root);
	m->said.rc = flat_end(&r);
}

static int
hash_compare(const void *x, const void *y)
{
	return memcmp(x, y, sizeof(struct hash));
}

/* RFC 9901, section 7.1: a digest that stands twice is refused. */
static bool
has_double(struct arena *a, const struct hash *h, size_t n)
{
	if (n < 2)
		return false;
	struct hash *sorted = arena_copy(a, h, n * sizeof(*h));
	qsort(sorted, n, sizeof(*sorted), hash_compare);
	for (size_t i = 1; i < n; i++)
		if (hash_equal(&sorted[i - 1], &sorted[i]))
			return true;
	return false;
}

static void
sd_get(struct flat *m, struct event *ev)
{
	const struct ijson_text *sd =
		flat_array_optional(m, "_sd", EVENT_SD_MAX, &ev->n_sd);
	struct hash *h;

	if (sd == NULL)
		return;
	ev->sd = h = arena_array(m->a, ev->n_sd, sizeof(*h));
	for (size_t i = 0; i < ev->n_sd; i++)
		if (flat_b64url_of(m->a, sd[i], &h[i]) != RC_OK)
			flat_fail(m, "_sd[%zu] must be 32 bytes as canonical base64url",
				  i);
	if (has_double(m->a, h, ev->n_sd))
		flat_fail(m, "_sd has a digest twice");
}

static void
blobs_get(struct flat *m, struct event *ev)
{
	const struct ijson_text *blobs =
		flat_array_optional(m, "blobs", EVENT_BLOBS_MAX, &ev->n_blobs);
	struct hash *h;

	if (blobs == NULL)
		return;
	ev->blobs = h = arena_array(m->a, ev->n_blobs, sizeof(*h));
	for (size_t i = 0; i < ev->n_blobs; i++)
		if (flat_hex_of(m->a, blobs[i], &h[i]) != RC_OK)
			flat_fail(m, "blobs[%zu] must be 64 lower-case hex digits", i);
	if (has_double(m->a, h, ev->n_blobs))
		flat_fail(m, "blobs has a digest twice");
}

static void
prev_get(struct flat *m, struct event *ev)
{
	ev->has_prev = ev->seq > 0;
	if (ev->has_prev)
		flat_hex(m, "prev", &ev->prev);
	else if (flat_get(m, "prev").s != NULL)
		flat_fail(m, "prev must be absent at seq 0");
}

/* The only part of an event that others look into. */
static void
body_get(struct flat *m, struct event *ev)
{
	struct ijson_text body = flat_object(m, "body");

	if (body.s != NULL)
		m->said.rc = ijson_parse(m->a, body.s, body.len, &ev->body, m->said.e);
}

static enum rc
payload_read(struct arena *a, const char *payload, size_t len, struct event *ev,
	     struct err *e)
{
	struct flat m;

	flat_open(&m, a, (struct ijson_text){payload, len}, RC_UNPROCESSABLE, EVENT_RULE,
		  "payload", e);
	flat_int(&m, "v", EVENT_VERSION, EVENT_VERSION);
	ev->log = log_get(&m);
	ev->seq = (uint64_t)flat_int(&m, "seq", 0, IJSON_INT_MAX);
	prev_get(&m, ev);
	const char *id = uuid_get(&m, "id", true);
	ev->type = flat_text(&m, "type", EVENT_TYPE_MAX);
	if (!type_valid(ev->type))
		flat_fail(&m, "type must be words of a-z with dots between them");
	ev->casefile = uuid_get(&m, "case", false);
	refs_get(&m, ev);
	ev->iat_us = flat_int(&m, "iat", 0, IJSON_INT_MAX);
	ev->by = flat_text(&m, "by", EVENT_TYPE_MAX);
	ev->due_us = flat_int_optional(&m, "due", 1, IJSON_INT_MAX, 0);
	ack_get(&m, &ev->ack);
	body_get(&m, ev);
	sd_get(&m, ev);
	blobs_get(&m, ev);
	enum rc rc = flat_end(&m);
	if (rc == RC_OK)
		memcpy(ev->id, id, sizeof(ev->id));
	return rc;
}

/* The leaf hash is SHA-256(0x00, bytes) (protocol 1): the copy that the arena keeps
 * starts one byte early, so nothing is copied twice. */
static void
wire_keep(struct arena *a, const char *wire, size_t len, struct event *ev)
{
	char *leaf = arena_alloc(a, 1 + len + 1);

	memcpy(leaf + 1, wire, len);
	hash_bytes(leaf, 1 + len, &ev->leaf);
	ev->jws = leaf + 1;
	ev->jws_len = len;
}

enum rc
event_parse(struct arena *a, const char *wire, size_t len, const struct event_claim **ret,
	    struct err *e)
{
	struct jws j;

	if (len > EVENT_JWS_MAX)
		return err_rule(e, RC_TOO_LARGE, EVENT_RULE,
				"an event has at most %d bytes, this has %zu",
				EVENT_JWS_MAX, len);
	struct event_claim *c = ARENA_NEW(a, struct event_claim);
	enum rc rc = jws_split(a, wire, len, EVENT_TYP, &j, e);
	if (rc == RC_OK && j.payload_len > EVENT_PAYLOAD_MAX)
		rc = err_rule(
			e, RC_UNPROCESSABLE, EVENT_RULE,
			"the payload of an event has at most %d bytes, this has %zu",
			EVENT_PAYLOAD_MAX, j.payload_len);
	if (rc == RC_OK)
		rc = payload_read(a, j.payload, j.payload_len, &c->ev, e);
	if (rc != RC_OK)
		return rc;
	wire_keep(a, wire, len, &c->ev);
	memcpy(c->ev.kid, j.kid, sizeof(c->ev.kid));
	memcpy(c->sig, j.sig, sizeof(c->sig));
	c->signed_len = j.signed_len;
	*ret = c;
	return RC_OK;
}

const struct event *
event_claimed(const struct event_claim *c)
{
	return &c->ev;
}

const struct event *
event_trusted(const struct event_claim *c)
{
	return &c->ev;
}

enum rc
event_verify(const struct event_claim *c, const uint8_t pub[KEY_LEN],
	     const struct event **ret, struct err *e)
{
	enum rc rc = jws_check(c->ev.kid, c->ev.jws, c->signed_len, c->sig, pub, e);

	if (rc == RC_OK)
		*ret = &c->ev;
	return rc;
}

/* ---- writing ----------------------------------------------------------------------- */

#define PUT_LITERAL(b, s) buf_put((b), (s), sizeof(s) - 1)

static void
int_put(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	buf_put(b, digits + at, sizeof(digits) - at);
}

/* A JSON text; `s` is UTF-8. */
static void
text_put(struct buf *b, const char *s)
{
	buf_putc(b, '"');
	for (;;) {
		size_t plain = 0;

		while ((unsigned char)s[plain] >= 0x20 && s[plain] != '"' &&
		       s[plain] != '\\')
			plain++;
		buf_put(b, s, plain);
		s += plain;
		if (*s == '\0')
			break;
		if ((unsigned char)*s < 0x20)
			buf_printf(b, "\\u%04x", (unsigned)*s);
		else
			buf_put(b, (char[]){'\\', *s}, 2);
		s++;
	}
	buf_putc(b, '"');
}

static void
hex_put(struct buf *b, const struct hash *h)
{
	char hex[HASH_HEX_LEN + 3];

	hash_hex(h, hex + 1);
	hex[0] = hex[HASH_HEX_LEN + 1] = '"';
	buf_put(b, hex, HASH_HEX_LEN + 2);
}

static void
place_put(struct buf *b, const char *log, const char *seq_name, uint64_t seq,
	  const char *hash_name, const struct hash *h)
{
	PUT_LITERAL(b, "{\"log\":");
	text_put(b, log);
	buf_puts(b, seq_name);
	int_put(b, seq);
	buf_puts(b, hash_name);
	hex_put(b, h);
	buf_putc(b, '}');
}

static void
refs_put(struct buf *b, const struct event_draft *d)
{
	for (size_t i = 0; i < d->n_refs; i++) {
		const struct event_ref *r = &d->refs[i];

		buf_puts(b, i == 0 ? ",\"re\":[" : ",");
		place_put(b, r->log, ",\"seq\":", r->seq, ",\"leaf\":", &r->leaf);
	}
	if (d->n_refs > 0)
		buf_putc(b, ']');
}

static void
digests_put(struct buf *b, const struct event_draft *d)
{
	for (size_t i = 0; i < d->n_sd; i++) {
		buf_puts(b, i == 0 ? ",\"_sd\":[\"" : ",\"");
		b64url_put(b, d->sd[i].b, HASH_LEN);
		buf_putc(b, '"');
	}
	if (d->n_sd > 0)
		buf_putc(b, ']');
	for (size_t i = 0; i < d->n_blobs; i++) {
		buf_puts(b, i == 0 ? ",\"blobs\":[" : ",");
		hex_put(b, &d->blobs[i]);
	}
	if (d->n_blobs > 0)
		buf_putc(b, ']');
}

static void
head_put(struct buf *b, const struct event_draft *d, const char *log, uint64_t seq,
	 size_t *prev_at)
{
	static const struct hash zeros;
	size_t start = b->len;

	PUT_LITERAL(b, "{\"v\":1,\"log\":");
	text_put(b, log);
	PUT_LITERAL(b, ",\"seq\":");
	int_put(b, seq);
	*prev_at = SIZE_MAX;
	if (seq > 0) {
		PUT_LITERAL(b, ",\"prev\":");
		*prev_at = b->len + 1 - start;
		hex_put(b, &zeros);
	}
	PUT_LITERAL(b, ",\"id\":");
	text_put(b, d->id);
	PUT_LITERAL(b, ",\"type\":");
	text_put(b, d->type);
	if (d->casefile != NULL) {
		PUT_LITERAL(b, ",\"case\":");
		text_put(b, d->casefile);
	}
}

enum rc
event_payload_put(struct buf *b, const struct event_draft *d, const char *log,
		  uint64_t seq, const struct event_head *ack, size_t *prev_at,
		  struct err *e)
{
	size_t start = b->len;

	assert(d->body != NULL);
	head_put(b, d, log, seq, prev_at);
	refs_put(b, d);
	PUT_LITERAL(b, ",\"iat\":");
	int_put(b, (uint64_t)d->iat_us);
	PUT_LITERAL(b, ",\"by\":");
	text_put(b, d->by);
	if (d->due_us != 0) {
		PUT_LITERAL(b, ",\"due\":");
		int_put(b, (uint64_t)d->due_us);
	}
	PUT_LITERAL(b, ",\"ack\":");
	place_put(b, ack->log, ",\"size\":", ack->size, ",\"root\":", &ack->root);
	PUT_LITERAL(b, ",\"body\":");
	ijson_put(b, d->body);
	digests_put(b, d);
	buf_putc(b, '}');
	if (!buf_ok(b) || b->len - start > EVENT_PAYLOAD_MAX)
		return err_rule(e, RC_TOO_LARGE, EVENT_RULE,
				"the payload of %s has more than %d bytes: split it into "
				"several events",
				d->type, EVENT_PAYLOAD_MAX);
	return RC_OK;
}
