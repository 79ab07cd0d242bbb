/*
 * Events: what is written is read back, and every rule of tier 1 refuses by its name.
 */
#include "unit/event_make.h"
#include "unit/file_read.h"

#include "base/clock.h"
#include "base/enc.h"

static struct arena *a;

static int
setup(void **state)
{
	(void)state;
	crypto_start();
	a = arena_create();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static json_t *
json_of(const char *text)
{
	json_t *v;
	struct err e = ERR_INIT;

	if (ijson_parse(a, text, strlen(text), &v, &e) != RC_OK)
		fail_msg("%s: %s", text, e.text);
	return v;
}

static struct hash
hash_of(const char *text)
{
	struct hash h;

	hash_bytes(text, strlen(text), &h);
	return h;
}

static const struct event *
parse_good(const char *wire)
{
	const struct event_claim *c;
	struct err e = ERR_INIT;

	if (event_parse(a, wire, strlen(wire), &c, &e) != RC_OK)
		fail_msg("%s", e.text);
	return event_trusted(c);
}

/* Refused as RC_UNPROCESSABLE of protocol 2, in a text that holds `phrase`. */
static void
assert_refused(const char *wire, size_t len, const char *phrase)
{
	const struct event_claim *c;
	struct err e = ERR_INIT;
	enum rc rc = event_parse(a, wire, len, &c, &e);

	if (rc != RC_UNPROCESSABLE || strstr(e.text, phrase) == NULL)
		fail_msg("wanted \"%s\", got %s: \"%s\"", phrase, rc_token(rc), e.text);
	assert_string_equal(e.rule, "protocol 2");
}

/* ---- round trip -------------------------------------------------------------------- */

static void
all_members_come_back(void **state)
{
	const struct event_ref refs[] = {{LOG_OURS, 3, hash_of("x")},
					 {LOG_THEIRS, 0, hash_of("y")}};
	const struct hash sd[] = {hash_of("s"), hash_of("t")}, blob = hash_of("b");
	const struct event_head ack = {LOG_THEIRS, 9007199254740991, hash_of("root")};
	const struct event_draft d = {
		.id = UUID_EVENT,
		.type = "item.decide",
		.casefile = UUID_CASE,
		.refs = refs,
		.n_refs = 2,
		.by = "agent \"7\" \\ é",
		.iat_us = 1500000000000001,
		.due_us = 1500000000000002,
		.body = json_of("{\"items\":[1,2],\"outcome\":\"kept\"}"),
		.sd = sd,
		.n_sd = 2,
		.blobs = &blob,
		.n_blobs = 1,
	};
	struct buf b = BUF_INIT(EVENT_PAYLOAD_MAX);
	struct err e = ERR_INIT;
	size_t prev_at;
	char prev[HASH_HEX_LEN + 1];
	const struct hash before = hash_of("before");

	(void)state;
	buf_puts(&b, "....");
	assert_int_equal(event_payload_put(&b, &d, LOG_OURS, 77, &ack, &prev_at, &e),
			 RC_OK);
	memcpy(b.data + 4 + prev_at, hash_hex(&before, prev), HASH_HEX_LEN);
	const struct event *ev = parse_good(event_make(a, b.data + 4));
	buf_free(&b);
	assert_string_equal(ev->log, LOG_OURS);
	assert_int_equal(ev->seq, 77);
	assert_true(ev->has_prev && hash_equal(&ev->prev, &before));
	assert_string_equal(ev->id, d.id);
	assert_string_equal(ev->type, d.type);
	assert_string_equal(ev->casefile, d.casefile);
	assert_int_equal(ev->n_refs, 2);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(ev->refs[i].log, refs[i].log);
		assert_int_equal(ev->refs[i].seq, refs[i].seq);
		assert_true(hash_equal(&ev->refs[i].leaf, &refs[i].leaf));
		assert_true(hash_equal(&ev->sd[i], &sd[i]));
	}
	assert_string_equal(ev->by, d.by);
	assert_int_equal(ev->iat_us, d.iat_us);
	assert_int_equal(ev->due_us, d.due_us);
	assert_string_equal(ev->ack.log, ack.log);
	assert_int_equal(ev->ack.size, ack.size);
	assert_true(hash_equal(&ev->ack.root, &ack.root));
	assert_true(json_equal(ev->body, d.body));
	assert_int_equal(ev->n_sd, 2);
	assert_int_equal(ev->n_blobs, 1);
	assert_true(hash_equal(&ev->blobs[0], &blob));
}

/* Byte for byte: the order and the form of the members are what the norm shows. */
static void
least_event_is_this_text(void **state)
{
	const struct event_head ack = {LOG_THEIRS, 0, {{0}}};
	const struct event_draft d = {.id = UUID_EVENT,
				      .type = "case.accept",
				      .by = "a",
				      .iat_us = 1,
				      .body = json_of("{}")};
	struct buf b = BUF_INIT(EVENT_PAYLOAD_MAX);
	struct err e = ERR_INIT;
	size_t prev_at;

	(void)state;
	assert_int_equal(event_payload_put(&b, &d, LOG_OURS, 0, &ack, &prev_at, &e),
			 RC_OK);
	assert_true(prev_at == SIZE_MAX);
	assert_string_equal(buf_str(&b),
			    "{\"v\":1,\"log\":\"" LOG_OURS
			    "\",\"seq\":0,\"id\":\"" UUID_EVENT
			    "\",\"type\":\"case.accept\",\"iat\":1,\"by\":\"a\",\"ack\":{"
			    "\"log\":\"" LOG_THEIRS "\",\"size\":0,\"root\":\"" ZERO_HEX
			    "\"},\"body\":{}}");
	const struct event *ev = parse_good(event_make(a, buf_str(&b)));
	assert_false(ev->has_prev);
	assert_null(ev->casefile);
	assert_int_equal(ev->due_us, 0);
	assert_int_equal(ev->n_refs + ev->n_sd + ev->n_blobs, 0);
	buf_free(&b);
}

static void
leaf_is_the_hash_of_the_bytes(void **state)
{
	const char *wire = event_make(a, payload_make(a, NULL, NULL));
	const struct event *ev = parse_good(wire);
	size_t len = strlen(wire);
	char *leaf = arena_alloc(a, len + 1);
	struct hash want;

	(void)state;
	memcpy(leaf + 1, wire, len);
	hash_bytes(leaf, len + 1, &want);
	assert_true(hash_equal(&ev->leaf, &want));
	assert_string_equal(ev->jws, wire);
	assert_int_equal(ev->jws_len, len);
}

/* ---- sizes ------------------------------------------------------------------------- */

static void
largest_payload_fits_a_leaf(void **state)
{
	const struct event_head ack = {LOG_THEIRS, 0, {{0}}};
	struct event_draft d = {
		.id = UUID_EVENT, .type = "message.post", .by = "a", .iat_us = 1};
	struct buf b = BUF_INIT(2 * EVENT_PAYLOAD_MAX);
	struct err e = ERR_INIT;
	size_t prev_at, overhead = 0;
	char *fill = arena_alloc(a, EVENT_PAYLOAD_MAX + 1);

	(void)state;
	for (int round = 0; round < 3; round++) {
		size_t n = round == 0
				   ? 0
				   : EVENT_PAYLOAD_MAX - overhead + (round == 2 ? 1 : 0);
		memset(fill, 'x', n);
		d.body = json_of(arena_printf(a, "{\"t\":\"%.*s\"}", (int)n, fill));
		buf_reset(&b);
		enum rc rc = event_payload_put(&b, &d, LOG_OURS, 1, &ack, &prev_at, &e);
		if (round == 0)
			overhead = b.len;
		assert_int_equal(rc, round == 2 ? RC_TOO_LARGE : RC_OK);
		if (round == 1) {
			assert_int_equal(b.len, EVENT_PAYLOAD_MAX);
			parse_good(event_make(a, buf_str(&b)));
		}
	}
	assert_non_null(strstr(e.text, "split it"));
	buf_free(&b);
}

static void
leaf_past_the_limit_is_refused_unread(void **state)
{
	const struct event_claim *c;
	struct err e = ERR_INIT;
	char *wire = arena_alloc(a, EVENT_JWS_MAX + 2);

	(void)state;
	memset(wire, 'A', EVENT_JWS_MAX + 1);
	assert_int_equal(event_parse(a, wire, EVENT_JWS_MAX + 1, &c, &e), RC_TOO_LARGE);
	assert_refused(wire, EVENT_JWS_MAX, "three parts");
}

/* A leaf has room for some bytes more than a payload may have. */
static void
payload_past_the_limit_is_refused(void **state)
{
	static const size_t over[] = {0, 1, 38};
	const size_t rest = strlen(payload_make(a, "body", "{\"t\":\"\"}"));
	char *fill = arena_alloc(a, EVENT_PAYLOAD_MAX);

	(void)state;
	memset(fill, 'x', EVENT_PAYLOAD_MAX);
	for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++) {
		size_t n = EVENT_PAYLOAD_MAX - rest + over[i];
		const char *body = arena_printf(a, "{\"t\":\"%.*s\"}", (int)n, fill);
		const char *wire = event_make(a, payload_make(a, "body", body));
		assert_true(strlen(wire) <= EVENT_JWS_MAX);
		if (over[i] == 0)
			parse_good(wire);
		else
			assert_refused(wire, strlen(wire), "at most 44800 bytes");
	}
}

/* ---- tier 1, rule by rule ---------------------------------------------------------- */

#define REF(log, seq, leaf)  "[{\"log\":" log ",\"seq\":" seq ",\"leaf\":\"" leaf "\"}]"
#define ACK(log, size, root) "{\"log\":" log ",\"size\":" size ",\"root\":" root "}"
#define HEX63		     "111111111111111111111111111111111111111111111111111111111111111"

/* clang-format off */
static const struct bad {
	const char *name, *json, *phrase;
} bad_members[] = {
	{"v", NULL, "v is missing"},
	{"v", "2", "v must be from 1 to 1, is 2"},
	{"v", "\"1\"", "v must be an integer"},
	{"v", "1.0", "only integers"},
	{"log", NULL, "log is missing"},
	{"log", "\"\"", "log must have 1 to 200 bytes, has 0"},
	{"log", "\"a b\"", "log must have no space"},
	{"log", "\"a+b\"", "log must have no space and no '+'"},
	{"log", "\"a\\nb\"", "log has a control character"},
	{"log", "7", "log must be a text"},
	{"seq", NULL, "seq is missing"},
	{"seq", "-1", "seq must be from 0"},
	{"seq", "\"5\"", "seq must be an integer"},
	{"seq", "9007199254740992", "beyond 2^53 - 1"},
	{"seq", "5e0", "only integers"},
	{"seq", "-0", "-0 is not written"},
	{"seq", "05", "leading zero"},
	{"seq", "0", "prev must be absent at seq 0"},
	{"prev", NULL, "prev is missing"},
	{"prev", "null", "prev must be 64 lower-case hex digits"},
	{"prev", "\"" HEX63 "\"", "prev must be 64 lower-case hex digits"},
	{"prev", "\"" HEX63 "A\"", "prev must be 64 lower-case hex digits"},
	{"id", NULL, "id is missing"},
	{"id", "\"01980000-0000-4abc-9def-000000000002\"", "id must be a lower-case UUID"},
	{"id", "\"01980000-0000-7ABC-9def-000000000002\"", "id must be a lower-case UUID"},
	{"type", NULL, "type is missing"},
	{"type", "\"warn\"", "type must be words"},
	{"type", "\"case.\"", "type must be words"},
	{"type", "\".warn\"", "type must be words"},
	{"type", "\"case..warn\"", "type must be words"},
	{"type", "\"Case.warn\"", "type must be words"},
	{"type", "\"ca_se.warn\"", "type must be words"},
	{"type", "\"case.warn1\"", "type must be words"},
	{"type", "\"a.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"",
	 "type must have 1 to 64 bytes, has 65"},
	{"case", "null", "case must be a text"},
	{"case", "\"42\"", "case must be a lower-case UUID"},
	{"re", "[]", "re must have 1 to 64 elements, has 0"},
	{"re", "{}", "re must be an array"},
	{"re", "[7]", "re: must be a JSON object"},
	{"re", REF("\"\"", "1", ONE_HEX), "re: log must have"},
	{"re", REF("\"a\"", "-1", ONE_HEX), "re: seq must be"},
	{"re", REF("\"a\"", "1", HEX63), "re: leaf must be"},
	{"re", "[{\"log\":\"a\",\"seq\":1,\"leaf\":\"" ONE_HEX "\",\"x\":1}]", "re: has 4 members"},
	{"iat", NULL, "iat is missing"},
	{"iat", "-1", "iat must be from 0"},
	{"iat", "\"2017-07-14T04:00:00Z\"", "iat must be an integer"},
	{"by", NULL, "by is missing"},
	{"by", "\"\"", "by must have 1 to 64 bytes"},
	{"by", "\"a\\u007f\"", "by has a control character"},
	{"due", "0", "due must be from 1"},
	{"due", "null", "due must be an integer"},
	{"ack", NULL, "ack is missing"},
	{"ack", "[]", "ack must be a JSON object"},
	{"ack", ACK("\"a b\"", "1", "\"" ONE_HEX "\""), "ack: log must have no space"},
	{"ack", ACK("\"a\"", "-1", "\"" ONE_HEX "\""), "ack: size must be"},
	{"ack", ACK("\"a\"", "1", "7"), "ack: root must be"},
	{"ack", "{\"log\":\"a\",\"size\":1}", "ack: root is missing"},
	{"ack", "{\"log\":\"a\",\"size\":1,\"root\":\"" ONE_HEX "\",\"x\":1}", "ack: has 4 members"},
	{"body", NULL, "body is missing"},
	{"body", "[]", "body must be a JSON object"},
	{"body", "{\"a\":1,\"\\u0061\":2}", "duplicate object key"},
	{"body", "{\"a\":\"\\uffff\"}", "noncharacter U+FFFF"},
	{"body", "{\"a\":\"\\ud800\"}", "surrogate"},
	{"body", "{\"a\":1.5}", "only integers"},
	{"body", "{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}", "nested deeper than 16"},
	{"_sd", "[]", "_sd must have 1 to 1024 elements, has 0"},
	{"_sd", "[\"" ONE_HEX "\"]", "_sd[0] must be 32 bytes as canonical base64url"},
	{"_sd", "[\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\"]", "_sd[0] must be 32 bytes"},
	{"_sd", "[\"" SD_ONE "\",\"" SD_TWO "\",\"" SD_ONE "\"]", "_sd has a digest twice"},
	{"blobs", "[]", "blobs must have 1 to 64 elements, has 0"},
	{"blobs", "[\"" SD_ONE "\"]", "blobs[0] must be 64 lower-case hex digits"},
	{"blobs", "[\"" ONE_HEX "\",\"" ONE_HEX "\"]", "blobs has a digest twice"},
	{"extra", "1", "payload: has 16 members of which only 15 are known"},
	{"v", "1,\"v\":1", "duplicate object key"},
	{"v", "1} {", "not JSON"},
};
/* clang-format on */

static void
each_rule_refuses_by_name(void **state)
{
	(void)state;
	parse_good(event_make(a, payload_make(a, NULL, NULL)));
	for (size_t i = 0; i < sizeof(bad_members) / sizeof(bad_members[0]); i++) {
		const struct bad *b = &bad_members[i];
		const char *wire = event_make(a, payload_make(a, b->name, b->json));

		assert_refused(wire, strlen(wire), b->phrase);
	}
}

/* What may be absent may be absent. */
static void
optional_members_may_go(void **state)
{
	static const char *const optional[] = {"case", "re", "due", "_sd", "blobs"};

	(void)state;
	for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++)
		parse_good(event_make(a, payload_make(a, optional[i], NULL)));
}

static void
payload_that_is_no_object(void **state)
{
	static const char *const payloads[] = {"", "[]", "7", "\"a\"", "null"};

	(void)state;
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		const char *wire = event_make(a, payloads[i]);
		assert_refused(wire, strlen(wire), "JSON");
	}
}

/* ---- header and signature ---------------------------------------------------------- */

/* A JWS with this header over the good payload, well signed. */
static const char *
with_header(const char *header)
{
	const char *payload = payload_make(a, NULL, NULL);
	uint8_t sig[SIG_LEN];
	const char *input =
		arena_printf(a, "%s.%s", b64url_arena(a, header, strlen(header)),
			     b64url_arena(a, payload, strlen(payload)));

	sign_bytes(event_seed, input, strlen(input), sig);
	return arena_printf(a, "%s.%s", input, b64url_arena(a, sig, SIG_LEN));
}

static void
header_is_exact(void **state)
{
	/* clang-format off */
	static const char *const headers[] = {
		"{\"alg\":\"EdDSA\",\"kid\":\"%s\",\"typ\":\"saluran-event+jws\"}",
		"{\"alg\":\"none\",\"kid\":\"%s\",\"typ\":\"saluran-event+jws\"}",
		"{\"alg\":\"HS256\",\"kid\":\"%s\",\"typ\":\"saluran-event+jws\"}",
		"{\"kid\":\"%s\",\"alg\":\"Ed25519\",\"typ\":\"saluran-event+jws\"}",
		"{\"alg\":\"Ed25519\",\"kid\":\"%s\",\"typ\":\"saluran-identity+jws\"}",
		"{\"alg\": \"Ed25519\",\"kid\":\"%s\",\"typ\":\"saluran-event+jws\"}",
		"{\"alg\":\"Ed25519\",\"kid\":\"%s\",\"typ\":\"saluran-event+jws\"} ",
		"{\"alg\":\"Ed25519\",\"kid\":\"%s\",\"typ\":\"saluran-event+jws\",\"x\":1}",
		"{\"alg\":\"Ed25519\",\"kid\":\"%sA\",\"typ\":\"saluran-event+jws\"}",
		"{\"alg\":\"Ed25519\",\"kid\":\"\",\"typ\":\"saluran-event+jws\"}",
		"{\"alg\":\"Ed25519\"}",
		"",
	};
	/* clang-format on */
	uint8_t pub[KEY_LEN];
	char kid[KID_LEN + 1];

	(void)state;
	sign_public_key(event_seed, pub);
	key_thumbprint(pub, kid);
	parse_good(with_header(arena_printf(
		a, "{\"alg\":\"Ed25519\",\"kid\":\"%s\",\"typ\":\"saluran-event+jws\"}",
		kid)));
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		const char *mark = strstr(headers[i], "%s");
		const char *header = headers[i];

		if (mark != NULL)
			header = arena_printf(a, "%.*s%s%s", (int)(mark - headers[i]),
					      headers[i], kid, mark + 2);
		const char *wire = with_header(header);
		assert_refused(wire, strlen(wire), "header must be exactly");
	}
	/* 42 digits of a thumbprint and one with bits past its end */
	kid[KID_LEN - 1] = 'B';
	const char *wire = with_header(arena_printf(
		a, "{\"alg\":\"Ed25519\",\"kid\":\"%s\",\"typ\":\"saluran-event+jws\"}",
		kid));
	assert_refused(wire, strlen(wire), "header must be exactly");
}

static void
three_canonical_parts(void **state)
{
	const char *wire = event_make(a, payload_make(a, NULL, NULL));
	size_t len = strlen(wire);

	(void)state;
	assert_refused("", 0, "three parts");
	assert_refused(wire, (size_t)(strrchr(wire, '.') - wire), "three parts");
	assert_refused(arena_printf(a, "%s.", wire), len + 1, "three parts");
	assert_refused(arena_printf(a, "%s=", wire), len + 1, "signature is not");
	assert_refused(arena_printf(a, "%s\n", wire), len + 1, "signature is not");
	assert_refused(arena_printf(a, " %s", wire), len + 1, "header is not canonical");
	assert_refused(wire, len - 1, "signature is not");
	/* 86 characters have 4 bits past the last byte: any of them set is a second form.
	 */
	char *odd = arena_strdup(a, wire);
	odd[len - 1] = odd[len - 1] == 'A' ? 'B' : (char)(odd[len - 1] + 1);
	assert_refused(odd, len, "signature is not");
}

/* One changed byte anywhere is refused by the parser or by the signature. */
static void
each_flipped_byte_is_noticed(void **state)
{
	const char *wire = event_make(a, payload_make(a, NULL, NULL));
	size_t len = strlen(wire);
	uint8_t pub[KEY_LEN];
	struct arena *each = arena_create();
	int verified = 0;

	(void)state;
	sign_public_key(event_seed, pub);
	for (size_t i = 0; i <= len; i++)
		for (int bit = 0; bit < (i == len ? 1 : 8); bit++) {
			const struct event_claim *c;
			const struct event *ev;
			struct err e = ERR_INIT;
			char *bad = arena_strdup(each, wire);

			if (i < len)
				bad[i] = (char)(bad[i] ^ 1 << bit);
			enum rc rc = event_parse(each, bad, len, &c, &e);
			if (rc == RC_OK)
				rc = event_verify(c, pub, &ev, &e);
			verified += rc == RC_OK;
			assert_int_equal(rc, i == len ? RC_OK : RC_UNPROCESSABLE);
			arena_reset(each);
		}
	assert_int_equal(verified, 1);
	arena_free(each);
}

static void
another_key_is_refused_by_name(void **state)
{
	const char *wire = event_make(a, payload_make(a, NULL, NULL));
	const uint8_t other_seed[SEED_LEN] = {8};
	uint8_t pub[KEY_LEN];
	const struct event_claim *c;
	const struct event *ev = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(event_parse(a, wire, strlen(wire), &c, &e), RC_OK);
	sign_public_key(other_seed, pub);
	assert_int_equal(event_verify(c, pub, &ev, &e), RC_UNPROCESSABLE);
	assert_non_null(strstr(e.text, "signed by key"));
	assert_null(ev);
	sign_public_key(event_seed, pub);
	assert_int_equal(event_verify(c, pub, &ev, &e), RC_OK);
	assert_ptr_equal(ev, event_claimed(c));
}

/* RFC 8037, appendix A: our signature and thumbprint are the standard's. */
static void
rfc8037_vector(void **state)
{
	static const char seed64[] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
	static const char input[] =
		"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
	uint8_t *seed, pub[KEY_LEN], sig[SIG_LEN];
	size_t len;
	char kid[KID_LEN + 1];

	(void)state;
	assert_int_equal(b64url_decode(a, seed64, strlen(seed64), &seed, &len), RC_OK);
	sign_public_key(seed, pub);
	key_thumbprint(pub, kid);
	assert_string_equal(kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
	sign_bytes(seed, input, strlen(input), sig);
	const char *sig64 = b64url_arena(a, sig, SIG_LEN);
	assert_string_equal(sig64,
			    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4i"
			    "ylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
	/* Its header says EdDSA: a good signature under another header is still refused.
	 */
	const char *wire = arena_printf(a, "%s.%s", input, sig64);
	assert_refused(wire, strlen(wire), "header must be exactly");
}

static void
other_typ_has_its_own_door(void **state)
{
	const char *wire = jws_sign(a, event_seed, "saluran-x+jws", "{\"a\":1}", 7);
	uint8_t pub[KEY_LEN];
	char kid[KID_LEN + 1];
	json_t *payload;
	struct err e = ERR_INIT;
	size_t len = strlen(wire);

	(void)state;
	sign_public_key(event_seed, pub);
	assert_int_equal(jws_parse(a, wire, len, "saluran-x+jws", pub, kid, &payload, &e),
			 RC_OK);
	assert_int_equal(json_integer_value(json_object_get(payload, "a")), 1);
	assert_int_equal(jws_parse(a, wire, len, "saluran-y+jws", pub, kid, &payload, &e),
			 RC_UNPROCESSABLE);
	pub[0] ^= 1;
	assert_int_equal(jws_parse(a, wire, len, "saluran-x+jws", pub, kid, &payload, &e),
			 RC_UNPROCESSABLE);
	assert_int_equal(
		jws_parse(a, wire, len, "saluran-x+jws", NULL, kid, &payload, &e), RC_OK);
	assert_refused(wire, len, "header must be exactly");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_members_come_back),
		cmocka_unit_test(least_event_is_this_text),
		cmocka_unit_test(leaf_is_the_hash_of_the_bytes),
		cmocka_unit_test(largest_payload_fits_a_leaf),
		cmocka_unit_test(leaf_past_the_limit_is_refused_unread),
		cmocka_unit_test(payload_past_the_limit_is_refused),
		cmocka_unit_test(each_rule_refuses_by_name),
		cmocka_unit_test(optional_members_may_go),
		cmocka_unit_test(payload_that_is_no_object),
		cmocka_unit_test(header_is_exact),
		cmocka_unit_test(three_canonical_parts),
		cmocka_unit_test(each_flipped_byte_is_noticed),
		cmocka_unit_test(another_key_is_refused_by_name),
		cmocka_unit_test(rfc8037_vector),
		cmocka_unit_test(other_typ_has_its_own_door),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
