/*
 * Identity entries, introductions and fingerprints.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/enc.h"
#include "core/event.h"
#include "core/identity.h"

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

static const uint8_t root_seeds[3][SEED_LEN] = {{1}, {2}, {3}};
static const uint8_t event_seed[SEED_LEN] = {4};

static void
public_of(uint8_t first, uint8_t pub[KEY_LEN])
{
	const uint8_t seed[SEED_LEN] = {first};

	sign_public_key(seed, pub);
}

/* Entry n of the ministry, signed by root key n and announcing n + 1. */
static struct identity
ministry(uint64_t n)
{
	struct identity id = {
		.org = "kominfo.example",
		.name = "Kementerian Komunikasi \"dan\" Informatika",
		.role = PARTY_AUTHORITY,
		.n = n,
		.n_event_keys = 2,
		.n_tls_spki = 1,
		.url = "https://[::1]:8443",
		.contacts = {{"Duty desk", "desk@kominfo.example"},
			     {"Kepala", "+62 21 1"}},
		.n_contacts = 2,
		.iat_us = 1500000000000000,
	};
	uint8_t next[KEY_LEN];

	sign_public_key(root_seeds[n], id.root_pub);
	sign_public_key(root_seeds[n + 1], next);
	hash_bytes(next, KEY_LEN, &id.next_root);
	sign_public_key(event_seed, id.event_keys[0]);
	public_of(5, id.event_keys[1]);
	public_of(6, id.log_key);
	public_of(7, id.receipt_key);
	public_of(8, id.enc_key);
	hash_bytes("tls", 3, &id.tls_spki[0]);
	return id;
}

static const struct identity *
parse_good(const char *wire, const struct identity *prev)
{
	const struct identity *id;
	struct err e = ERR_INIT;

	if (identity_parse(a, wire, strlen(wire), prev, &id, &e) != RC_OK)
		fail_msg("%s", e.text);
	return id;
}

static void
assert_refused(const char *wire, const struct identity *prev, const char *phrase)
{
	const struct identity *id;
	struct err e = ERR_INIT;
	enum rc rc = identity_parse(a, wire, strlen(wire), prev, &id, &e);

	if (rc != RC_UNPROCESSABLE || strstr(e.text, phrase) == NULL)
		fail_msg("wanted \"%s\", got %s: \"%s\"", phrase, rc_token(rc), e.text);
	assert_true(strcmp(e.rule, "protocol 9") == 0 ||
		    strcmp(e.rule, "protocol 2") == 0);
}

static void
entry_comes_back(void **state)
{
	const struct identity id = ministry(0);
	const char *wire = identity_sign(a, &id, root_seeds[0]);
	const struct identity *got = parse_good(wire, NULL);

	(void)state;
	assert_string_equal(got->org, id.org);
	assert_string_equal(got->name, id.name);
	assert_int_equal(got->role, id.role);
	assert_int_equal(got->n, 0);
	assert_memory_equal(got->root_pub, id.root_pub, KEY_LEN);
	assert_memory_equal(&got->next_root, &id.next_root, HASH_LEN);
	assert_int_equal(got->n_event_keys, 2);
	assert_memory_equal(got->event_keys, id.event_keys, sizeof(id.event_keys));
	assert_memory_equal(got->log_key, id.log_key, KEY_LEN);
	assert_memory_equal(got->receipt_key, id.receipt_key, KEY_LEN);
	assert_memory_equal(got->enc_key, id.enc_key, KEY_LEN);
	assert_int_equal(got->n_tls_spki, 1);
	assert_memory_equal(got->tls_spki, id.tls_spki, sizeof(id.tls_spki));
	assert_string_equal(got->url, id.url);
	assert_int_equal(got->n_contacts, 2);
	assert_string_equal(got->contacts[1].name, "Kepala");
	assert_string_equal(got->contacts[1].reach, "+62 21 1");
	assert_int_equal(got->iat_us, id.iat_us);
	assert_string_equal(got->wire, wire);
}

static void
leaf_of(const char *wire, struct hash *ret)
{
	size_t len = strlen(wire);
	uint8_t *leaf = arena_alloc(a, len + 1);

	memcpy(leaf + 1, wire, len);
	hash_bytes(leaf, len + 1, ret);
}

static void
rotation_follows_what_was_announced(void **state)
{
	struct identity first = ministry(0), second = ministry(1);
	const struct identity *one =
		parse_good(identity_sign(a, &first, root_seeds[0]), NULL);

	(void)state;
	leaf_of(one->wire, &second.prev);
	const char *good = identity_sign(a, &second, root_seeds[1]);
	assert_int_equal(parse_good(good, one)->n, 1);
	assert_refused(good, NULL, "without the entries before it");
	assert_refused(one->wire, one, "entry 0 does not follow entry 0");

	struct identity bad = second;
	bad.prev.b[0] ^= 1;
	assert_refused(identity_sign(a, &bad, root_seeds[1]), one,
		       "prev is not the hash");
	bad = second;
	sign_public_key(root_seeds[2], bad.root_pub);
	assert_refused(identity_sign(a, &bad, root_seeds[2]), one, "announced");
	bad = second;
	bad.org = "other.example";
	assert_refused(identity_sign(a, &bad, root_seeds[1]), one,
		       "an entry of other.example after one of kominfo.example");
	bad = second;
	bad.n = 2;
	assert_refused(identity_sign(a, &bad, root_seeds[1]), one,
		       "entry 2 does not follow entry 0");
}

/* Each of these is signed well, so only the rule refuses it. */
static void
fields_that_are_refused(void **state)
{
	const struct identity good = ministry(0);
	struct identity bad;

#define REFUSED(change, phrase)                                                          \
	do {                                                                             \
		bad = good;                                                              \
		change;                                                                  \
		assert_refused(identity_sign(a, &bad, root_seeds[0]), NULL, phrase);     \
	} while (0)

	(void)state;
	REFUSED(bad.org = "Kominfo.example", "log must be");
	REFUSED(bad.org = "kominfo", "log must be");
	REFUSED(bad.org = "", "log must be");
	REFUSED(bad.name = "", "name must have 1 to 200 bytes");
	REFUSED(bad.name = "a\nb", "name has a control character");
	REFUSED(bad.name = "\xef\xbf\xbf", "noncharacter");
	REFUSED(bad.url = "http://a:1", "url must be https");
	REFUSED(bad.url = "https://", "url must be https");
	REFUSED(bad.url = "https://a/b", "url must be https");
	REFUSED(bad.url = "https://a@b", "url must be https");
	REFUSED(bad.n_event_keys = 0, "event_keys must have 1 to 8");
	REFUSED(bad.n_tls_spki = 0, "tls_spki must have 1 to 4");
	REFUSED(bad.contacts[1].reach = "", "contacts: reach must have");
	REFUSED(memcpy(bad.receipt_key, bad.log_key, KEY_LEN), "two roles");
	REFUSED(memcpy(bad.event_keys[1], bad.root_pub, KEY_LEN), "two roles");
	REFUSED(memcpy(bad.event_keys[1], bad.event_keys[0], KEY_LEN), "two roles");
	bad = good;
	bad.n_contacts = 0;
	assert_int_equal(
		parse_good(identity_sign(a, &bad, root_seeds[0]), NULL)->n_contacts, 0);
	bad.name = "\xff";
	assert_null(identity_sign(a, &bad, root_seeds[0]));
}

/* The payload of the good entry with `from` replaced by `to`, signed by the root. */
static const char *
entry_with(const char *from, const char *to)
{
	const struct identity id = ministry(0);
	const char *wire = identity_sign(a, &id, root_seeds[0]);
	char kid[KID_LEN + 1];
	json_t *payload;
	struct err e = ERR_INIT;

	assert_int_equal(
		jws_parse(a, wire, strlen(wire), IDENTITY_TYP, NULL, kid, &payload, &e),
		RC_OK);
	char *dump = json_dumps(payload, JSON_COMPACT);
	const char *at = strstr(dump, from);
	if (at == NULL)
		fail_msg("%s is not in %s", from, dump);
	const char *text = arena_printf(a, "%.*s%s%s", (int)(at - dump), dump, to,
					at + strlen(from));
	free(dump);
	return jws_sign(a, root_seeds[0], IDENTITY_TYP, text, strlen(text));
}

static void
members_that_are_refused(void **state)
{
	static const struct {
		const char *from, *to, *phrase;
	} bad[] = {
		{"\"v\":1", "\"v\":2", "v must be from 1 to 1"},
		{"\"v\":1", "\"v\":1,\"x\":1", "members of which only"},
		{"\"seq\":0", "\"seq\":1", "prev is missing"},
		{"\"seq\":0", "\"seq\":0,\"prev\":\"\"", "prev must be absent"},
		{"\"n\":0", "\"n\":1", "n must be from 0 to 0, is 1"},
		{"\"n\":0", "\"n\":0,\"x\":1", "members of which only"},
		{"\"type\":\"org.keys\"", "\"type\":\"org.key\"",
		 "type must be org.keys"},
		{"\"id\":\"", "\"id\":\"x", "id must have 1 to 36 bytes"},
		{"\"role\":\"authority\"", "\"role\":\"court\"",
		 "role must be authority or"},
		{"\"root_pub\":\"", "\"root_pub\":\"A", "root_pub must be 32 bytes"},
		{"\"enc_key\"", "\"enc\"", "enc_key is missing"},
		{"\"tls_spki\":[\"", "\"tls_spki\":[\"A", "tls_spki[0] must be 64"},
		{"\"event_keys\":[\"", "\"event_keys\":[\"A", "event_keys[0] must be 32"},
		{"\"next_root_sha256\":\"", "\"next_root_sha256\":\"0",
		 "next_root_sha256 must"},
		{"\"reach\"", "\"phone\"", "contacts: reach is missing"},
	};

	(void)state;
	parse_good(entry_with("\"v\":1", "\"v\": 1"), NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(entry_with(bad[i].from, bad[i].to), NULL, bad[i].phrase);
}

static void
another_root_cannot_sign(void **state)
{
	const struct identity id = ministry(0);
	const char *wire = identity_sign(a, &id, root_seeds[0]);
	char kid[KID_LEN + 1];
	json_t *payload;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(
		jws_parse(a, wire, strlen(wire), IDENTITY_TYP, NULL, kid, &payload, &e),
		RC_OK);
	char *text = json_dumps(payload, JSON_COMPACT);
	assert_refused(jws_sign(a, root_seeds[1], IDENTITY_TYP, text, strlen(text)), NULL,
		       "signed by key");
	assert_refused(jws_sign(a, root_seeds[0], EVENT_TYP, text, strlen(text)), NULL,
		       "header must be exactly");
	free(text);
}

/* ---- introduction ---------------------------------------------------------------------
 * -------------------------------------------------------------------------- */

static struct channel_offer
offer_of(const struct identity *id)
{
	struct channel_offer o = {
		.org = id->org,
		.peer = "telegram.example",
		.channel = "kanal-1",
		.origins = {"kominfo.example/c/kanal-1/e0",
			    "telegram.example/c/kanal-1/e0"},
		.policy_name = "demo",
		.policy_version = 3,
		.iat_us = 1500000000000001,
	};

	hash_bytes("policy", 6, &o.policy_sha256);
	return o;
}

static const char *
introduction_of(const struct identity *id, const struct channel_offer *o,
		const uint8_t seed[SEED_LEN])
{
	const char *payload = channel_offer_payload(a, o, id);

	return arena_printf(a, "%s\n%s\n", id->wire,
			    jws_sign(a, seed, OFFER_TYP, payload, strlen(payload)));
}

static void
assert_not_introduced(const char *file, size_t len, const char *phrase)
{
	const struct identity *id;
	const struct channel_offer *o;
	struct err e = ERR_INIT;
	enum rc rc = introduction_parse(a, file, len, &id, &o, &e);

	if (rc != RC_UNPROCESSABLE || strstr(e.text, phrase) == NULL || e.rule[0] == '\0')
		fail_msg("wanted \"%s\", got %s: \"%s\"", phrase, rc_token(rc), e.text);
}

static void
introduction_comes_back(void **state)
{
	struct identity first = ministry(0);
	const struct identity *id =
		parse_good(identity_sign(a, &first, root_seeds[0]), NULL);
	const struct channel_offer o = offer_of(id), *got;
	const struct identity *got_id;
	const char *file = introduction_of(id, &o, event_seed);
	struct err e = ERR_INIT;

	(void)state;
	if (introduction_parse(a, file, strlen(file), &got_id, &got, &e) != RC_OK)
		fail_msg("%s", e.text);
	assert_string_equal(got_id->wire, id->wire);
	assert_string_equal(got->org, o.org);
	assert_string_equal(got->peer, o.peer);
	assert_string_equal(got->channel, o.channel);
	assert_string_equal(got->origins[0], o.origins[0]);
	assert_string_equal(got->origins[1], o.origins[1]);
	assert_string_equal(got->policy_name, "demo");
	assert_int_equal(got->policy_version, 3);
	assert_true(hash_equal(&got->policy_sha256, &o.policy_sha256));
	assert_int_equal(got->iat_us, o.iat_us);
	assert_string_equal(arena_printf(a, "%s\n%s\n", got_id->wire, got->wire), file);

	/* A platform's offer has its own origin second. */
	first.role = PARTY_PLATFORM;
	id = parse_good(identity_sign(a, &first, root_seeds[0]), NULL);
	assert_not_introduced(introduction_of(id, &o, event_seed),
			      strlen(introduction_of(id, &o, event_seed)),
			      "origins[0] must be");
	struct channel_offer turned = o;
	turned.origins[0] = o.origins[1];
	turned.origins[1] = o.origins[0];
	file = introduction_of(id, &turned, event_seed);
	assert_int_equal(introduction_parse(a, file, strlen(file), &got_id, &got, &e),
			 RC_OK);
}

static void
introductions_that_are_refused(void **state)
{
	struct identity first = ministry(0);
	const struct identity *id =
		parse_good(identity_sign(a, &first, root_seeds[0]), NULL);
	const struct channel_offer good = offer_of(id);
	struct channel_offer bad;
	const char *file = introduction_of(id, &good, event_seed);
	size_t len = strlen(file);

#define NOT_INTRODUCED(change, phrase)                                                   \
	do {                                                                             \
		bad = good;                                                              \
		change;                                                                  \
		const char *f = introduction_of(id, &bad, event_seed);                   \
		assert_not_introduced(f, strlen(f), "line 2: protocol 5: ");             \
		assert_not_introduced(f, strlen(f), phrase);                             \
	} while (0)

	(void)state;
	NOT_INTRODUCED(bad.org = "other.example", "org must be kominfo.example");
	NOT_INTRODUCED(bad.peer = "telegram", "peer must be a lower-case DNS name");
	NOT_INTRODUCED(bad.peer = "kominfo.example", "peer must be another");
	NOT_INTRODUCED(bad.channel = "Kanal", "channel must be of a-z");
	NOT_INTRODUCED(bad.channel = "", "channel must have");
	NOT_INTRODUCED(bad.origins[1] = "telegram.example/c/kanal-1/e1",
		       "origins[1] must be");
	NOT_INTRODUCED(bad.policy_version = 0, "policy: version must be");
	NOT_INTRODUCED(bad.policy_name = "", "policy: name must have");

	const char *f = introduction_of(id, &good, root_seeds[0]);
	assert_not_introduced(f, strlen(f), "no event key of kominfo.example");
	first.name = "Another text";
	struct identity other =
		*parse_good(identity_sign(a, &first, root_seeds[0]), NULL);
	const char *offer = strchr(file, '\n') + 1;
	f = arena_printf(a, "%s\n%s", other.wire, offer);
	assert_not_introduced(f, strlen(f), "identity is not the SHA-256 of the entry");

	for (size_t cut = 0; cut < len; cut++)
		assert_not_introduced(file, cut, "lines that each end in LF");
	assert_not_introduced(arena_printf(a, "%s\n", file), len + 1, "line 2");
	assert_not_introduced(arena_printf(a, "%s%s", file, file), 2 * len, "line 2");
	assert_not_introduced(arena_printf(a, "\n%s", offer), strlen(offer) + 1,
			      "line 1");

	const struct channel_offer *o;
	struct err e = ERR_INIT;
	assert_int_equal(introduction_parse(a, file, INTRODUCTION_MAX + 1, &id, &o, &e),
			 RC_TOO_LARGE);
}

static void
each_flipped_byte_is_noticed(void **state)
{
	const struct identity first = ministry(0);
	const struct identity *id = parse_good(identity_sign(a, &first, root_seeds[0]),
					       NULL),
			      *got;
	const struct channel_offer o = offer_of(id), *got_offer;
	const char *file = introduction_of(id, &o, event_seed);
	size_t len = strlen(file);
	struct arena *each = arena_create();

	(void)state;
	for (size_t i = 0; i < len; i++) {
		char *bad = arena_strdup(each, file);
		struct err e = ERR_INIT;

		bad[i] = (char)(bad[i] ^ 1 << i % 8);
		assert_int_equal(introduction_parse(each, bad, len, &got, &got_offer, &e),
				 RC_UNPROCESSABLE);
		arena_reset(each);
	}
	arena_free(each);
}

/* ---- names and keys -------------------------------------------------------------------
 * ------------------------------------------------------------------------- */

static void
organisations(void **state)
{
	static const char *const good[] = {"a.b", "kominfo.example", "xn--90a.xn--p1ai",
					   "1.2", "a-b.c-d.e"};
	static const char *const bad[] = {"",	   "a",	    ".a.b",  "a.b.", "a..b",
					  "-a.b",  "a-.b",  "a.-b",  "a.b-", "A.b",
					  "a_b.c", "a b.c", "a+b.c", "a/b.c"};
	char label[80];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(org_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (org_valid(bad[i], strlen(bad[i])))
			fail_msg("%s", bad[i]);
	memset(label, 'a', sizeof(label));
	label[63] = '.';
	assert_true(org_valid(label, 65));
	label[63] = 'a';
	label[64] = '.';
	assert_false(org_valid(label, 66));
	char *most = arena_printf(a, "%.50s.%.49s", label, label);
	assert_true(org_valid(most, ORG_MAX));
	assert_false(org_valid(arena_printf(a, "%sa", most), ORG_MAX + 1));
}

/* The table of arXiv 0901.4016. */
static void
proquints(void **state)
{
	static const struct {
		uint8_t ip[4];
		const char *text;
	} table[] = {
		{{127, 0, 0, 1}, "lusab-babad"},
		{{63, 84, 220, 193}, "gutih-tugad"},
		{{63, 118, 7, 35}, "gutuk-bisog"},
		{{140, 98, 193, 141}, "mudof-sakat"},
		{{64, 255, 6, 200}, "haguz-biram"},
		{{128, 30, 52, 45}, "mabiv-gibot"},
		{{147, 67, 119, 2}, "natag-lisaf"},
		{{212, 58, 253, 68}, "tibup-zujah"},
		{{216, 35, 68, 215}, "tobog-higil"},
		{{216, 68, 232, 21}, "todah-vobij"},
		{{198, 81, 129, 136}, "sinid-makam"},
		{{12, 110, 110, 204}, "budov-kuras"},
	};
	char out[FINGERPRINT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_string_equal(proquint_text(table[i].ip, 4, out), table[i].text);
}

static void
fingerprint_is_of_the_root_key(void **state)
{
	uint8_t pub[KEY_LEN];
	struct hash h;
	char out[FINGERPRINT_TEXT_MAX], want[FINGERPRINT_TEXT_MAX];

	(void)state;
	public_of(1, pub);
	hash_bytes(pub, KEY_LEN, &h);
	assert_string_equal(identity_fingerprint(pub, out), proquint_text(h.b, 16, want));
	assert_int_equal(strlen(out), FINGERPRINT_TEXT_MAX - 1);
}

static void
keys_as_notes_name_them(void **state)
{
	const struct identity id = ministry(0);
	struct note_key k;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(identity_receipt_key(&id, &k, &e), RC_OK);
	assert_string_equal(k.name, "kominfo.example/rcpt");
	assert_int_equal(k.type, NOTE_COSIGNATURE);
	assert_memory_equal(k.pub, id.receipt_key, KEY_LEN);
	assert_int_equal(identity_log_key(&id, "kominfo.example/c/42/e0", &k, &e), RC_OK);
	assert_string_equal(k.name, "kominfo.example/c/42/e0");
	assert_int_equal(k.type, NOTE_ED25519);
	assert_memory_equal(k.pub, id.log_key, KEY_LEN);
	assert_int_equal(identity_log_key(&id, "a b", &k, &e), RC_INVALID);
	assert_string_equal(party_name(PARTY_AUTHORITY), "authority");
	assert_string_equal(party_name(PARTY_PLATFORM), "platform");
}

static enum rc
parse_seen(struct identity_seen *seen, const char *wire, const struct identity *prev)
{
	const struct identity *id;
	struct err e = ERR_INIT;

	return identity_parse_seen(a, seen, wire, strlen(wire), prev, &id, &e);
}

/* What was seen once is not believed of any other bytes, nor in any other place. */
static void
seen_are_these_bytes_in_this_place(void **state)
{
	struct identity_seen seen = {0};
	const struct identity id = ministry(0);
	const char *wire = identity_sign(a, &id, root_seeds[0]);
	const struct identity *first = parse_good(wire, NULL);
	struct identity second = ministry(1);
	leaf_of(wire, &second.prev);
	const char *next = identity_sign(a, &second, root_seeds[1]);

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(parse_seen(&seen, wire, NULL), RC_OK);
		assert_int_equal(parse_seen(&seen, next, first), RC_OK);
		assert_int_equal(seen.n, 2);
	}
	assert_int_equal(parse_seen(&seen, next, NULL), RC_UNPROCESSABLE);
	for (size_t i = 0; wire[i] != '\0'; i++) {
		char *other = arena_strdup(a, wire);
		other[i] = other[i] == 'A' ? 'B' : 'A';
		assert_int_not_equal(parse_seen(&seen, other, NULL), RC_OK);
	}
	assert_int_equal(seen.n, 2);
}

/* Those that were seen last are known; there are never more than there is room for. */
static void
seen_have_an_end(void **state)
{
	struct identity_seen seen = {0};
	struct identity id = ministry(0);

	(void)state;
	for (int i = 0; i < 2 * IDENTITY_SEEN_MAX + 3; i++) {
		id.iat_us++;
		const char *wire = identity_sign(a, &id, root_seeds[0]);
		assert_int_equal(parse_seen(&seen, wire, NULL), RC_OK);
	}
	assert_int_equal(seen.n, IDENTITY_SEEN_MAX);
	assert_int_equal(seen.next, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entry_comes_back),
		cmocka_unit_test(rotation_follows_what_was_announced),
		cmocka_unit_test(fields_that_are_refused),
		cmocka_unit_test(members_that_are_refused),
		cmocka_unit_test(another_root_cannot_sign),
		cmocka_unit_test(introduction_comes_back),
		cmocka_unit_test(introductions_that_are_refused),
		cmocka_unit_test(each_flipped_byte_is_noticed),
		cmocka_unit_test(organisations),
		cmocka_unit_test(proquints),
		cmocka_unit_test(fingerprint_is_of_the_root_key),
		cmocka_unit_test(keys_as_notes_name_them),
		cmocka_unit_test(seen_are_these_bytes_in_this_place),
		cmocka_unit_test(seen_have_an_end),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
