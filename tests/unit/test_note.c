/*
 * Signed notes, checkpoints and cosignatures: vectors of the norm and of a real log, and
 * what must be refused.
 */
#include "data_file.h"

#include <string.h>

#include "base/enc.h"
#include "core/merkle.h"
#include "core/note.h"

#define DASH "\xe2\x80\x94 "

static const char neumann_vkey[] =
	"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char neumann_text[] =
	"If you think cryptography is the answer to your problem,\n"
	"then you don't know what your problem is.\n";
static const char neumann_line[] =
	DASH "PeterNeumann "
	     "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqf"
	     "qdngotpRZb6KE6RyyBwJnAM=\n";

static const char log_vkey[] =
	"ministry.example/c/42+54ee72b1+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";
static const char receipt_vkey[] =
	"platform.example/rcpt+387401d7+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
static const char receipt_text[] = "ministry.example/c/42\n"
				   "8\n"
				   "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n";
static const char log_line[] =
	DASH "ministry.example/c/42 "
	     "VO5ysUGh6u7p6/PsQ6MzNOVcKY4u7UYG/7BKk0F1lIcSqYJu34eQZhjsyiOP"
	     "u802C04z7QkEZubMe5CqdsvzASBuqgM=\n";
static const char receipt_line[] =
	DASH "platform.example/rcpt "
	     "OHQB1wAAAABlU/EAp1vEqLWGSwRPgO3jquwh21j0xa8+ViVoRZ9/jMr6yUUf"
	     "cRT21A+NUyADccilJ3htZfHpYVMLS02s8fhmXzkJAg==\n";

static struct note_key
key_of(const char *vkey)
{
	struct note_key k;
	struct err e;

	assert_int_equal(note_key_parse(vkey, strlen(vkey), &k, &e), RC_OK);
	return k;
}

static enum rc
parse(struct arena *a, const char *wire, const struct note **ret)
{
	struct err e;

	return note_parse(a, wire, strlen(wire), ret, &e);
}

/* ---- vectors ----------------------------------------------------------------------- */

static void
neumann(void **state)
{
	struct arena *a = arena_create();
	struct note_key k = key_of(neumann_vkey);
	struct buf b = BUF_INIT(4096);
	uint8_t seed[SEED_LEN], sig[SIG_LEN];
	const struct note *n;
	bool verified;
	struct err e;

	(void)state;
	assert_int_equal(hex_decode("810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252f"
				    "c5d5c7283173",
				    64, seed, SEED_LEN),
			 RC_OK);
	sign_bytes(seed, neumann_text, strlen(neumann_text), sig);
	note_line_put(&b, &k, sig, SIG_LEN);
	assert_string_equal(buf_str(&b), neumann_line);
	buf_reset(&b);
	note_key_put(&b, &k);
	assert_string_equal(buf_str(&b), neumann_vkey);
	buf_free(&b);

	assert_int_equal(
		parse(a, arena_printf(a, "%s\n%s", neumann_text, neumann_line), &n),
		RC_OK);
	assert_int_equal(note_verify(n, &k, 1, &verified, NULL, &e), RC_OK);
	assert_true(verified);
	arena_free(a);
}

/* The norm's own example. */
static void
example_of_signed_note(void **state)
{
	struct arena *a = arena_create();
	struct note_key k = key_of(
		"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
	const struct note *n;
	bool verified;
	struct err e;

	(void)state;
	assert_int_equal(
		parse(a,
		      "This is an example message.\n\n" DASH
		      "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncA"
		      "lTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
		      &n),
		RC_OK);
	assert_int_equal(note_verify(n, &k, 1, &verified, NULL, &e), RC_OK);
	arena_free(a);
}

/* The receipt of protocol.md from its seeds, byte for byte, and back. */
static void
full_receipt(void **state)
{
	struct arena *a = arena_create();
	struct buf b = BUF_INIT(4096), msg = BUF_INIT(4096);
	uint8_t log_seed[SEED_LEN], rcpt_seed[SEED_LEN], pub[KEY_LEN];
	uint8_t sig[NOTE_COSIG_LEN] = {0,    0,	   0,	 0,
				       0x65, 0x53, 0xf1, 0x00}; /* 1700000000 */
	struct note_key keys[2];
	struct checkpoint c = {.origin = "ministry.example/c/42", .size = 8}, back;
	const struct note *n;
	bool verified[2];
	uint64_t time_s[2];
	struct hash origin;
	char hex[HASH_HEX_LEN + 1];
	struct err e;

	(void)state;
	memset(log_seed, 1, SEED_LEN);
	memset(rcpt_seed, 2, SEED_LEN);
	sign_public_key(log_seed, pub);
	assert_int_equal(note_key_make(c.origin, NOTE_ED25519, pub, &keys[0], &e), RC_OK);
	sign_public_key(rcpt_seed, pub);
	assert_int_equal(note_key_make("platform.example/rcpt", NOTE_COSIGNATURE, pub,
				       &keys[1], &e),
			 RC_OK);
	note_key_put(&b, &keys[0]);
	assert_string_equal(buf_str(&b), log_vkey);
	buf_reset(&b);
	note_key_put(&b, &keys[1]);
	assert_string_equal(buf_str(&b), receipt_vkey);
	buf_reset(&b);

	assert_int_equal(
		hash_parse_hex("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe37"
			       "0eff4604328",
			       64, &c.root),
		RC_OK);
	checkpoint_put(&b, &c);
	assert_string_equal(buf_str(&b), receipt_text);
	uint8_t log_sig[SIG_LEN];
	sign_bytes(log_seed, b.data, b.len, log_sig);
	note_cosig_message_put(&msg, 1700000000, b.data, b.len);
	sign_bytes(rcpt_seed, msg.data, msg.len, sig + 8);
	buf_putc(&b, '\n');
	note_line_put(&b, &keys[0], log_sig, SIG_LEN);
	note_line_put(&b, &keys[1], sig, sizeof(sig));
	assert_string_equal(buf_str(&b), arena_printf(a, "%s\n%s%s", receipt_text,
						      log_line, receipt_line));

	assert_int_equal(note_parse(a, b.data, b.len, &n, &e), RC_OK);
	assert_int_equal(note_verify(n, keys, 2, verified, time_s, &e), RC_OK);
	assert_true(verified[0] && verified[1]);
	assert_int_equal(time_s[0], 0);
	assert_int_equal(time_s[1], 1700000000);
	assert_string_equal(note_line_of(a, n, &keys[1]), receipt_line);
	size_t len;
	const char *text = note_text(n, &len);
	assert_int_equal(checkpoint_parse(a, text, len, &back, &e), RC_OK);
	assert_string_equal(back.origin, c.origin);
	assert_int_equal(back.size, 8);
	assert_true(hash_equal(&back.root, &c.root));
	hash_bytes(c.origin, strlen(c.origin), &origin);
	assert_string_equal(
		hash_hex(&origin, hex),
		"3e6d49c14b74e551564584d4cc66fd13033e5aaec3b1507af110c366166d5db5");
	buf_free(&msg);
	buf_free(&b);
	arena_free(a);
}

/* ---- a real log -------------------------------------------------------------------- */

/* Root over the leaves of an entry bundle (tlog-tiles, "Log entries"). */
static void
bundle_root(const char *bundle, size_t len, uint64_t n, struct hash *ret)
{
	struct merkle_edge edge = {0};
	const uint8_t *p = (const uint8_t *)bundle, *end = p + len;
	struct hash leaf;
	struct err e;

	while (p < end) {
		size_t entry_len = (size_t)p[0] << 8 | p[1];
		merkle_leaf(p + 2, entry_len, &leaf);
		assert_int_equal(merkle_append(&edge, &leaf, NULL, NULL, &e), RC_OK);
		p += 2 + entry_len;
	}
	assert_int_equal(edge.size, n);
	merkle_root(&edge, ret);
}

static void
tessera_log(void **state)
{
	struct arena *a = arena_create();
	size_t len;
	const char *vkey = data_file(a, "tessera-log/public_key.vkey", &len);
	struct note_key k;
	struct err e;

	(void)state;
	if (vkey[len - 1] == '\n')
		len--;
	assert_int_equal(note_key_parse(vkey, len, &k, &e), RC_OK);
	for (int i = -1; i <= 15; i++) {
		const char *dir = "tessera-log/testdata/log";
		const char *name = i < 0 ? arena_printf(a, "%s/checkpoint", dir)
					 : arena_printf(a, "%s/checkpoint.%d", dir, i);
		const char *wire = data_file(a, name, &len);
		const struct note *n;
		struct checkpoint c;
		struct hash root;
		bool verified;

		assert_int_equal(note_parse(a, wire, len, &n, &e), RC_OK);
		assert_int_equal(note_verify(n, &k, 1, &verified, NULL, &e), RC_OK);
		const char *text = note_text(n, &len);
		assert_int_equal(checkpoint_parse(a, text, len, &c, &e), RC_OK);
		assert_string_equal(c.origin, k.name);
		assert_int_equal(c.size, i < 0 ? 15 : i);
		const char *bundle = "";
		len = 0;
		if (c.size > 0)
			bundle = data_file(a,
					   arena_printf(a, "%s/tile/entries/000.p/%d",
							dir, (int)c.size),
					   &len);
		bundle_root(bundle, len, c.size, &root);
		assert_true(hash_equal(&root, &c.root));
		arena_reset(a);
	}
	arena_free(a);
}

/* ---- what is refused --------------------------------------------------------------- */

static void
malformed_notes(void **state)
{
	static const char *const bad[] = {
		"",
		"\n",
		"\n\n",
		"text\n",
		"text\n\n",			 /* no signature */
		"text\n" DASH "x AAAAAAA=\n",	 /* no empty line */
		"text\n\n" DASH "x AAAAAAA=",	 /* no LF */
		"text\n\n" DASH "x AAAAAA==\n",	 /* an id only */
		"text\n\n" DASH "x AAAAAAB=\n",	 /* bits after the last byte */
		"text\n\n" DASH "x AAAAAAA\n",	 /* no padding */
		"text\n\n" DASH "x  AAAAAAA=\n", /* two spaces */
		"text\n\n" DASH "x AAAAAAA= \n", /* a space at the end */
		"text\n\n" DASH " AAAAAAA=\n",	 /* no name */
		"text\n\n" DASH "x+y AAAAAAA=\n",
		"text\n\n" DASH "x\xc2\xa0y AAAAAAA=\n", /* no-break space */
		"text\n\n" DASH "x\xe3\x80\x80y AAAAAAA=\n",
		"text\n\n- x AAAAAAA=\n",
		"text\n\n" DASH "x AAAAAAA=\nmore\n",
		"te\txt\n\n" DASH "x AAAAAAA=\n", /* control character */
		"text\r\n\n" DASH "x AAAAAAA=\n",
		"te\xc0\xaft\n\n" DASH "x AAAAAAA=\n",	   /* overlong */
		"te\xed\xa0\x80t\n\n" DASH "x AAAAAAA=\n", /* surrogate */
	};
	struct arena *a = arena_create();
	const struct note *n;
	struct err e;

	(void)state;
	assert_int_equal(parse(a, "text\n\n" DASH "x AAAAAAA=\n", &n), RC_OK);
	/* The text ends at the *last* empty line. */
	assert_int_equal(parse(a, "a\n\nb\n\n" DASH "x AAAAAAA=\n", &n), RC_OK);
	size_t len;
	assert_memory_equal(note_text(n, &len), "a\n\nb\n", 5);
	assert_int_equal(len, 5);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parse(a, bad[i], &n) != RC_INVALID)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(note_parse(a, "te\0xt\n\n" DASH "x AAAAAAA=\n", 22, &n, &e),
			 RC_INVALID);
	arena_free(a);
}

static void
line_counts(void **state)
{
	struct arena *a = arena_create();
	struct buf b = BUF_INIT(65536);
	const struct note *n;

	(void)state;
	buf_puts(&b, "text\n\n");
	for (int i = 0; i < NOTE_SIGS_MAX; i++) {
		buf_puts(&b, DASH "x AAAAAAA=\n");
		assert_int_equal(parse(a, buf_str(&b), &n), RC_OK);
	}
	buf_puts(&b, DASH "x AAAAAAA=\n");
	assert_int_equal(parse(a, buf_str(&b), &n), RC_INVALID);
	buf_free(&b);
	arena_free(a);
}

/* Unknown lines are ignored; a known key that fails rejects the whole note. */
static void
known_and_unknown_keys(void **state)
{
	struct arena *a = arena_create();
	struct note_key keys[2] = {key_of(log_vkey), key_of(receipt_vkey)};
	struct note_key stranger = key_of(neumann_vkey);
	const struct note *n;
	bool verified[2];
	uint64_t time_s[2];
	struct err e;

	(void)state;
	/* same name as a known key, another id; a very long name of somebody else */
	char *name = arena_alloc(a, 1000);
	memset(name, 'w', 999);
	assert_int_equal(
		parse(a,
		      arena_printf(a,
				   "%s\n%s" DASH "ministry.example/c/42 AAAAAAA=\n" DASH
				   "%s AAAAAAA=\n",
				   receipt_text, log_line, name),
		      &n),
		RC_OK);
	assert_int_equal(note_verify(n, keys, 2, verified, time_s, &e), RC_OK);
	assert_true(verified[0]);
	assert_false(verified[1]);
	assert_null(note_line_of(a, n, &keys[1]));
	assert_int_equal(note_verify(n, &stranger, 1, verified, NULL, &e), RC_DENIED);
	assert_int_equal(note_verify(n, NULL, 0, verified, NULL, &e), RC_DENIED);

	/* the log's line is good, the known receipt's line is not */
	char *spoiled = arena_strdup(a, receipt_line);
	spoiled[strlen(spoiled) - 6] = spoiled[strlen(spoiled) - 6] == 'A' ? 'B' : 'A';
	assert_int_equal(
		parse(a, arena_printf(a, "%s\n%s%s", receipt_text, log_line, spoiled),
		      &n),
		RC_OK);
	assert_int_equal(note_verify(n, keys, 2, verified, time_s, &e), RC_DENIED);
	assert_non_null(strstr(e.text, "platform.example/rcpt"));
	assert_int_equal(note_verify(n, keys, 1, verified, time_s, &e), RC_OK);
	/* a second, failing line of a key that has a good one */
	assert_int_equal(parse(a,
			       arena_printf(a, "%s\n%s%s%s", receipt_text, log_line,
					    receipt_line, spoiled),
			       &n),
			 RC_OK);
	assert_int_equal(note_verify(n, keys, 2, verified, time_s, &e), RC_DENIED);
	arena_free(a);
}

/* No single bit of text or signature may change. */
static void
every_bit_counts(void **state)
{
	struct arena *a = arena_create();
	struct note_key keys[2] = {key_of(log_vkey), key_of(receipt_vkey)};
	char *wire = arena_printf(a, "%s\n%s%s", receipt_text, log_line, receipt_line);
	const size_t len = strlen(wire);
	bool verified[2];
	uint64_t time_s[2];
	struct err e;

	(void)state;
	for (size_t bit = 0; bit < 8 * len; bit++) {
		struct arena *one = arena_create();
		const struct note *n;
		wire[bit / 8] = (char)(wire[bit / 8] ^ 1 << bit % 8);
		bool both = note_parse(one, wire, len, &n, &e) == RC_OK &&
			    note_verify(n, keys, 2, verified, time_s, &e) == RC_OK &&
			    verified[0] && verified[1];
		wire[bit / 8] = (char)(wire[bit / 8] ^ 1 << bit % 8);
		arena_free(one);
		if (both)
			fail_msg("bit %zu does not matter", bit);
	}
	arena_free(a);
}

static void
single_lines(void **state)
{
	struct arena *a = arena_create();
	struct note_key k = key_of(receipt_vkey), log = key_of(log_vkey);
	const size_t text_len = strlen(receipt_text), len = strlen(receipt_line);
	uint64_t time_s = 0;
	struct err e;

	(void)state;
	assert_int_equal(note_line_verify(receipt_line, len, &k, receipt_text, text_len,
					  &time_s, &e),
			 RC_OK);
	assert_int_equal(time_s, 1700000000);
	assert_int_equal(note_line_verify(receipt_line, len, &log, receipt_text, text_len,
					  &time_s, &e),
			 RC_DENIED);
	assert_int_equal(note_line_verify(receipt_line, len, &k, receipt_text,
					  text_len - 1, &time_s, &e),
			 RC_DENIED);
	assert_int_equal(note_line_verify(receipt_line, len - 1, &k, receipt_text,
					  text_len, &time_s, &e),
			 RC_INVALID);
	const char *two = arena_printf(a, "%s%s", receipt_line, receipt_line);
	assert_int_equal(
		note_line_verify(two, 2 * len, &k, receipt_text, text_len, &time_s, &e),
		RC_INVALID);
	/* a cosignature is not a plain signature, even under the same key bytes */
	struct note_key plain;
	assert_int_equal(note_key_make(k.name, NOTE_ED25519, k.pub, &plain, &e), RC_OK);
	assert_int_not_equal(plain.id, k.id);
	arena_free(a);
}

/* tlog-cosignature: a time does not exceed 2^63 - 1. */
static void
cosignature_times(void **state)
{
	static const uint64_t times[] = {1, INT64_MAX, (uint64_t)INT64_MAX + 1,
					 UINT64_MAX};
	static const uint8_t seed[SEED_LEN] = {3};
	struct note_key k;
	uint8_t pub[KEY_LEN], sig[NOTE_COSIG_LEN];
	uint64_t back;
	struct err e;

	(void)state;
	sign_public_key(seed, pub);
	assert_int_equal(note_key_make("w", NOTE_COSIGNATURE, pub, &k, &e), RC_OK);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct buf msg = BUF_INIT(4096), line = BUF_INIT(4096),
			   time = BUF_INIT(8);
		note_cosig_message_put(&msg, times[i], receipt_text,
				       strlen(receipt_text));
		buf_put_u64be(&time, times[i]);
		memcpy(sig, time.data, 8);
		sign_bytes(seed, msg.data, msg.len, sig + 8);
		note_line_put(&line, &k, sig, sizeof(sig));
		assert_int_equal(note_line_verify(line.data, line.len, &k, receipt_text,
						  strlen(receipt_text), &back, &e),
				 times[i] <= INT64_MAX ? RC_OK : RC_DENIED);
		buf_free(&msg);
		buf_free(&line);
		buf_free(&time);
	}
}

static void
malformed_keys(void **state)
{
	static const char *const bad[] = {
		"",
		"PeterNeumann",
		"PeterNeumann+c74f20a3",
		"PeterNeumann+c74f20a3+",
		"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TX",
		"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
		"PeterNeumann+c74f20a3+BRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy",
		"+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
	};
	static const uint8_t pub[KEY_LEN] = {1};
	struct note_key k;
	char name[NOTE_NAME_MAX + 2] = "";
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (note_key_parse(bad[i], strlen(bad[i]), &k, &e) != RC_INVALID)
			fail_msg("accepted: %s", bad[i]);
	memset(name, 'n', NOTE_NAME_MAX);
	assert_int_equal(note_key_make(name, NOTE_ED25519, pub, &k, &e), RC_OK);
	name[NOTE_NAME_MAX] = 'n';
	assert_int_equal(note_key_make(name, NOTE_ED25519, pub, &k, &e), RC_INVALID);
	assert_int_equal(note_key_make("", NOTE_ED25519, pub, &k, &e), RC_INVALID);
	assert_int_equal(note_key_make("a b", NOTE_ED25519, pub, &k, &e), RC_INVALID);
	assert_int_equal(note_key_make("a\nb", NOTE_ED25519, pub, &k, &e), RC_INVALID);
}

#define ROOT0 "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
#define ROOT8 "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"

static void
malformed_checkpoints(void **state)
{
	static const char *const bad[] = {
		"",
		"\n8\n" ROOT8,
		"o\n\n" ROOT8,
		"o\n08\n" ROOT8,
		"o\n-8\n" ROOT8,
		"o\n+8\n" ROOT8,
		"o\n8 \n" ROOT8,
		"o\n0x8\n" ROOT8,
		"o\n9223372036854775808\n" ROOT8,
		"o\n18446744073709551616\n" ROOT8,
		"o o\n8\n" ROOT8,
		"o+o\n8\n" ROOT8,
		"o\n8\n",
		"o\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=",
		"o\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg\n",
		"o\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyh=\n",
		"o\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQygA\n",
		"o\n8\n" ROOT8 "extension\n",
		"o\n8\n" ROOT8 "\n",
		"o\n0\n" ROOT8, /* the empty root is SHA-256("") */
	};
	struct arena *a = arena_create();
	struct checkpoint c;
	struct err e;

	(void)state;
	assert_int_equal(checkpoint_parse(a, "o\n9223372036854775807\n" ROOT8,
					  strlen("o\n9223372036854775807\n" ROOT8), &c,
					  &e),
			 RC_OK);
	assert_true(c.size == MERKLE_SIZE_MAX);
	assert_int_equal(
		checkpoint_parse(a, "o\n0\n" ROOT0, strlen("o\n0\n" ROOT0), &c, &e),
		RC_OK);
	assert_true(c.size == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (checkpoint_parse(a, bad[i], strlen(bad[i]), &c, &e) != RC_INVALID)
			fail_msg("accepted: %s", bad[i]);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neumann),
		cmocka_unit_test(example_of_signed_note),
		cmocka_unit_test(full_receipt),
		cmocka_unit_test(tessera_log),
		cmocka_unit_test(malformed_notes),
		cmocka_unit_test(line_counts),
		cmocka_unit_test(known_and_unknown_keys),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(single_lines),
		cmocka_unit_test(cosignature_times),
		cmocka_unit_test(malformed_keys),
		cmocka_unit_test(malformed_checkpoints),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
