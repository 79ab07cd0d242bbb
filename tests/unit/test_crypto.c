/*
 * SHA-256, Ed25519 under the one rule of protocol 1, and key thumbprints.
 */
#include "data_file.h"

#include <jansson.h>
#include <string.h>

#include "base/enc.h"
#include "core/crypto.h"

/* ---- RFC 8037, appendix A ---------------------------------------------------------- */

static void
rfc8037_vector(void **state)
{
	static const char input[] =
		"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
	struct arena *a = arena_create();
	uint8_t *seed, pub[KEY_LEN], sig[SIG_LEN];
	char kid[KID_LEN + 1];
	size_t len;

	(void)state;
	assert_int_equal(b64url_decode(a, "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
				       43, &seed, &len),
			 RC_OK);
	assert_int_equal(len, SEED_LEN);
	sign_public_key(seed, pub);
	sign_bytes(seed, input, strlen(input), sig);
	assert_string_equal(
		b64url_arena(a, sig, SIG_LEN),
		"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5B"
		"hVsPt9g7sVvpAr_MuM0KAg");
	key_thumbprint(pub, kid);
	assert_string_equal(kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
	assert_true(sign_check(pub, input, strlen(input), sig));
	arena_free(a);
}

static void
every_bit_counts(void **state)
{
	static const uint8_t seed[SEED_LEN] = {7};
	uint8_t msg[5] = "salur", pub[KEY_LEN], sig[SIG_LEN];
	struct {
		uint8_t *p;
		size_t len;
	} parts[] = {{msg, sizeof(msg)}, {pub, sizeof(pub)}, {sig, sizeof(sig)}};

	(void)state;
	sign_public_key(seed, pub);
	sign_bytes(seed, msg, sizeof(msg), sig);
	for (size_t p = 0; p < 3; p++)
		for (size_t bit = 0; bit < 8 * parts[p].len; bit++) {
			parts[p].p[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(sign_check(pub, msg, sizeof(msg), sig));
			parts[p].p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	assert_true(sign_check(pub, msg, sizeof(msg), sig));
}

static void
hashes_have_one_hex_form(void **state)
{
	struct hash h, back;
	char hex[HASH_HEX_LEN + 1];

	(void)state;
	hash_bytes("", 0, &h);
	assert_string_equal(
		hash_hex(&h, hex),
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(hash_parse_hex(hex, HASH_HEX_LEN, &back), RC_OK);
	assert_true(hash_equal(&h, &back));
	assert_int_equal(hash_parse_hex(hex, HASH_HEX_LEN - 1, &back), RC_INVALID);
	assert_int_equal(hash_parse_hex(hex, HASH_HEX_LEN - 2, &back), RC_INVALID);
	hex[0] = 'E';
	assert_int_equal(hash_parse_hex(hex, HASH_HEX_LEN, &back), RC_INVALID);
	back.b[31] ^= 1;
	assert_false(hash_equal(&h, &back));
}

/* ---- Wycheproof -------------------------------------------------------------------- */

/* A signature of another length cannot reach sign_check(): every caller's codec holds the
 * length first, as is done here. */
static bool
accepts(struct arena *a, const char *pub_hex, const json_t *t)
{
	const char *msg_hex = json_string_value(json_object_get(t, "msg"));
	const char *sig_hex = json_string_value(json_object_get(t, "sig"));
	size_t msg_len = strlen(msg_hex) / 2;
	uint8_t *msg = arena_alloc(a, msg_len + 1), pub[KEY_LEN], sig[SIG_LEN];

	assert_int_equal(hex_decode(pub_hex, strlen(pub_hex), pub, KEY_LEN), RC_OK);
	assert_int_equal(hex_decode(msg_hex, strlen(msg_hex), msg, msg_len), RC_OK);
	if (strlen(sig_hex) != 2 * SIG_LEN)
		return false;
	assert_int_equal(hex_decode(sig_hex, strlen(sig_hex), sig, SIG_LEN), RC_OK);
	return sign_check(pub, msg, msg_len, sig);
}

/*
 * The file has no result "acceptable": its 88 valid and 63 invalid signatures do not
 * touch where verifiers legitimately differ (keys and R of small order, cofactor), so the
 * rule agrees with every flag.  Those cases are in small_order_is_refused().
 */
static void
wycheproof(void **state)
{
	struct arena *a = arena_create();
	size_t len, i, k, n_valid = 0, n_invalid = 0;
	const char *text = data_file(a, "wycheproof/ed25519_test.json", &len);
	json_t *doc = json_loadb(text, len, 0, NULL), *group, *t;

	(void)state;
	assert_non_null(doc);
	json_array_foreach (json_object_get(doc, "testGroups"), i, group) {
		const char *pub = json_string_value(
			json_object_get(json_object_get(group, "publicKey"), "pk"));
		json_array_foreach (json_object_get(group, "tests"), k, t) {
			const char *result =
				json_string_value(json_object_get(t, "result"));
			bool valid = strcmp(result, "valid") == 0;
			if (!valid)
				assert_string_equal(result, "invalid");
			if (accepts(a, pub, t) != valid)
				fail_msg("tcId %d: %s, but we say otherwise",
					 (int)json_integer_value(
						 json_object_get(t, "tcId")),
					 result);
			*(valid ? &n_valid : &n_invalid) += 1;
		}
	}
	assert_int_equal(n_valid, 88);
	assert_int_equal(n_invalid, 63);
	json_decref(doc);
	arena_free(a);
}

/*
 * With a key of small order one signature holds for many messages, which lets a signer
 * repudiate.  S = 0 and R = A = such a point satisfies the cofactored equation for every
 * message and the cofactorless one for some; all of them are refused.
 */
static void
small_order_is_refused(void **state)
{
	static const char *const points[] = {
		/* the eight points of order 1, 2, 4 and 8, then non-canonical forms of
		   two */
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	const size_t n = sizeof(points) / sizeof(points[0]);
	uint8_t pub[KEY_LEN], sig[SIG_LEN] = {0};

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			for (uint8_t msg = 0; msg < 64; msg++) {
				assert_int_equal(hex_decode(points[i], 64, pub, KEY_LEN),
						 RC_OK);
				assert_int_equal(hex_decode(points[k], 64, sig, KEY_LEN),
						 RC_OK);
				assert_false(sign_check(pub, &msg, 1, sig));
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc8037_vector),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(hashes_have_one_hex_form),
		cmocka_unit_test(wycheproof),
		cmocka_unit_test(small_order_is_refused),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
