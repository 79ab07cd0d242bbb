/*
 * age files: every vector of the age test kit that is of our kind, each exactly as it
 * expects; what we write, read again by us and by Debian's age, and the other way round.
 */
#include "file_read.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "base/enc.h"
#include "core/age.h"

enum {
	KIT_FILES = 143,    /* vectors of the kit at the commit in its SOURCE.txt */
	KIT_ARMORED = 33,   /* ASCII armor: our files are binary */
	KIT_SCRYPT = 24,    /* passphrases only */
	KIT_HYBRID = 17,    /* MLKEM768-X25519 identities only */
	KIT_OPENED = 69,    /* the rest: opened with an X25519 identity, or no file */
	KIT_IDENTITIES = 4, /* of one vector */
	KIT_UNPACKED_MAX = 32 << 20,
	LINE_MAX_BYTES = 4096,
};

struct vector {
	const char *name;
	char expect[32], payload[65];
	uint8_t key[KIT_IDENTITIES][KEY_LEN];
	size_t n_keys, n_hybrid, n_passphrases;
	bool armored, packed;
	const uint8_t *file;
	size_t len;
};

/* ---- the kit ----------------------------------------------------------------------- */

static const uint8_t *
inflate_all(struct arena *a, const uint8_t *p, size_t len, size_t *ret_len)
{
	uLongf room = KIT_UNPACKED_MAX;
	uint8_t *out = arena_alloc(a, KIT_UNPACKED_MAX);

	assert_int_equal(uncompress(out, &room, p, len), Z_OK);
	*ret_len = room;
	return out;
}

static void
vector_line(struct vector *v, const char *line)
{
	struct err e = ERR_INIT;
	const char *value = strchr(line, ' ');

	assert_non_null(value);
	value++;
	if (strncmp(line, "expect:", 7) == 0)
		snprintf(v->expect, sizeof(v->expect), "%s", value);
	else if (strncmp(line, "payload:", 8) == 0)
		snprintf(v->payload, sizeof(v->payload), "%s", value);
	else if (strncmp(line, "armored:", 8) == 0)
		v->armored = true;
	else if (strncmp(line, "compressed:", 11) == 0)
		v->packed = true;
	else if (strncmp(line, "passphrase:", 11) == 0)
		v->n_passphrases++;
	else if (strncmp(line, "identity: AGE-SECRET-KEY-PQ-", 28) == 0)
		v->n_hybrid++;
	else if (strncmp(line, "identity:", 9) == 0)
		assert_int_equal(age_secret_parse(value, v->key[v->n_keys++], &e), RC_OK);
}

static struct vector
vector_read(struct arena *a, const char *name)
{
	struct vector v = {.name = name};
	size_t len;
	const char *text = file_read(a, "SALURAN_TEST_DATA",
				     arena_printf(a, "age-testkit/%s", name), &len);
	const char *at = text;

	while (*at != '\n') {
		size_t n = strcspn(at, "\n");
		assert_in_range(n, 1, LINE_MAX_BYTES);
		vector_line(&v, arena_strndup(a, at, n));
		at += n + 1;
	}
	at++;
	v.file = (const uint8_t *)at;
	v.len = len - (size_t)(at - text);
	if (v.packed)
		v.file = inflate_all(a, v.file, v.len, &v.len);
	return v;
}

static enum rc
hash_sink(void *arg, const uint8_t *p, size_t len, struct err *e)
{
	(void)e;
	crypto_hash_sha256_update(arg, p, len);
	return RC_OK;
}

/* The outcome in the kit's words.  `step` bytes of the payload at a time. */
static const char *
open_file(struct arena *a, const struct vector *v, size_t step, char hex[65],
	  struct err *e)
{
	static struct age_reader r;
	crypto_hash_sha256_state st;
	uint8_t digest[32], file_key[AGE_FILE_KEY_LEN];
	struct age_header h;
	enum rc rc = age_header_parse(a, v->file, v->len, &h, e);

	hex[0] = '\0';
	if (rc != RC_OK)
		return "header failure";
	rc = RC_NOT_FOUND;
	for (size_t i = 0; rc == RC_NOT_FOUND && i < v->n_keys; i++)
		rc = age_header_open(&h, v->file, v->key[i], file_key, e);
	if (rc != RC_OK)
		return rc == RC_NOT_FOUND		    ? "no match"
		       : strcmp(e->rule, AGE_RULE_MAC) == 0 ? "HMAC failure"
							    : "header failure";
	if (v->len - h.len < AGE_NONCE_LEN)
		return "header failure";
	r = (struct age_reader){.sink = hash_sink, .arg = &st};
	crypto_hash_sha256_init(&st);
	age_stream_init(&r.stream, file_key, v->file + h.len);
	for (size_t at = h.len + AGE_NONCE_LEN; rc == RC_OK && at < v->len; at += step)
		rc = age_reader_put(&r, v->file + at,
				    v->len - at < step ? v->len - at : step, e);
	if (rc == RC_OK)
		rc = age_reader_end(&r, e);
	crypto_hash_sha256_final(&st, digest);
	hex_encode(digest, sizeof(digest), hex);
	return rc == RC_OK ? "success" : "payload failure";
}

/* What is accepted has this one encoding. */
static void
one_encoding(struct arena *a, const struct vector *v)
{
	struct buf b = BUF_INIT(2 * AGE_HEADER_MAX);
	struct age_header h;
	struct err e = ERR_INIT;

	if (age_header_parse(a, v->file, v->len, &h, &e) != RC_OK)
		return;
	age_header_put(&b, &h);
	assert_int_equal(b.len, h.len);
	assert_memory_equal(b.data, v->file, h.len);
	buf_free(&b);
}

static void
vector_check(struct arena *a, const struct vector *v)
{
	static const size_t steps[] = {1 << 20, 65536 + 16, 4097};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct err e = ERR_INIT;
		char hex[65];
		const char *got = open_file(a, v, steps[i], hex, &e);
		if (strcmp(got, v->expect) != 0)
			fail_msg("%s: %s (%s) where %s is due", v->name, got, e.text,
				 v->expect);
		if (strcmp(got, "success") == 0 && strcmp(hex, v->payload) != 0)
			fail_msg("%s: the payload has another hash", v->name);
	}
}

static void
test_kit(void **state)
{
	size_t n = 0, armored = 0, scrypt = 0, hybrid = 0, opened = 0;
	struct arena *a = arena_create(), *names = arena_create();
	DIR *d = opendir(path_of(names, "SALURAN_TEST_DATA", "age-testkit"));
	const struct dirent *entry;

	(void)state;
	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.' || strcmp(entry->d_name, "SOURCE.txt") == 0)
			continue;
		struct vector v = vector_read(a, arena_strdup(names, entry->d_name));
		n++;
		if (v.armored) {
			/* Out of scope by its form: and it is never taken for a header.
			 */
			struct age_header h;
			struct err e = ERR_INIT;
			assert_int_not_equal(age_header_parse(a, v.file, v.len, &h, &e),
					     RC_OK);
			armored++;
		} else if (v.n_keys == 0 && v.n_passphrases != 0) {
			one_encoding(a, &v);
			scrypt++;
		} else if (v.n_keys == 0 && v.n_hybrid != 0) {
			one_encoding(a, &v);
			hybrid++;
		} else {
			one_encoding(a, &v);
			vector_check(a, &v);
			opened++;
		}
		arena_reset(a);
	}
	closedir(d);
	assert_int_equal(armored, KIT_ARMORED);
	assert_int_equal(scrypt, KIT_SCRYPT);
	assert_int_equal(hybrid, KIT_HYBRID);
	assert_int_equal(opened, KIT_OPENED);
	assert_int_equal(n, KIT_FILES);
	arena_free(names);
	arena_free(a);
}

/* ---- ours -------------------------------------------------------------------------- */

static enum rc
buf_sink(void *arg, const uint8_t *p, size_t len, struct err *e)
{
	struct buf *b = arg;

	buf_put(b, p, len);
	return buf_ok(b) ? RC_OK : err_set(e, RC_TOO_LARGE, "too much");
}

static void
pair(uint8_t secret[KEY_LEN], uint8_t pub[KEY_LEN])
{
	randombytes_buf(secret, KEY_LEN);
	crypto_scalarmult_base(pub, secret);
}

/* A whole file of `len` bytes of a pattern for these keys. */
static void
seal(struct buf *b, const uint8_t (*recipients)[KEY_LEN], size_t n, const uint8_t *p,
     size_t len)
{
	static struct age_writer w;
	uint8_t file_key[AGE_FILE_KEY_LEN], nonce[AGE_NONCE_LEN];
	struct err e = ERR_INIT;

	assert_int_equal(age_header_make(b, recipients, n, file_key, &e), RC_OK);
	size_t head = b->len;
	randombytes_buf(nonce, sizeof(nonce));
	buf_put(b, nonce, sizeof(nonce));
	w = (struct age_writer){.sink = buf_sink, .arg = b};
	age_stream_init(&w.stream, file_key, nonce);
	assert_int_equal(age_writer_put(&w, p, len, &e), RC_OK);
	assert_int_equal(age_writer_end(&w, &e), RC_OK);
	assert_true(buf_ok(b));
	assert_int_equal(b->len - head, age_payload_len(len));
}

static const uint8_t *
pattern(struct arena *a, size_t len)
{
	uint8_t *p = arena_alloc(a, len + 1);

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 31 + i / 251);
	return p;
}

static void
test_round_trip(void **state)
{
	static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131072, 200000};
	uint8_t secret[3][KEY_LEN], pub[2][KEY_LEN];
	struct arena *a = arena_create();

	(void)state;
	pair(secret[0], pub[0]);
	pair(secret[1], pub[1]);
	randombytes_buf(secret[2], KEY_LEN);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const uint8_t *p = pattern(a, sizes[i]);
		struct buf b = BUF_INIT(1 << 20);
		char want[65], hex[65];
		struct hash h;
		struct err e = ERR_INIT;
		seal(&b, (const uint8_t(*)[KEY_LEN])pub, 2, p, sizes[i]);
		hash_bytes(p, sizes[i], &h);
		hash_hex(&h, want);
		for (size_t k = 0; k < 3; k++) {
			struct vector v = {.file = (const uint8_t *)b.data,
					   .len = b.len,
					   .n_keys = 1};
			memcpy(v.key[0], secret[k], KEY_LEN);
			const char *got = open_file(a, &v, 777, hex, &e);
			assert_string_equal(got, k < 2 ? "success" : "no match");
			if (k < 2)
				assert_string_equal(hex, want);
		}
		buf_free(&b);
	}
	arena_free(a);
}

/* Any changed or missing byte is told. */
static void
test_damage(void **state)
{
	uint8_t secret[KEY_LEN], pub[1][KEY_LEN];
	struct arena *a = arena_create();
	struct buf b = BUF_INIT(1 << 20);
	char hex[65];

	(void)state;
	pair(secret, pub[0]);
	seal(&b, (const uint8_t(*)[KEY_LEN])pub, 1, pattern(a, 70000), 70000);
	struct vector v = {.file = (const uint8_t *)b.data, .len = b.len, .n_keys = 1};
	memcpy(v.key[0], secret, KEY_LEN);
	for (size_t i = 0; i < b.len; i += i < 300 ? 1 : 997) {
		struct err e = ERR_INIT;
		b.data[i] = (char)(b.data[i] ^ 1);
		assert_string_not_equal(open_file(a, &v, 65552, hex, &e), "success");
		b.data[i] = (char)(b.data[i] ^ 1);
		struct vector cut = v;
		cut.len = i;
		assert_string_not_equal(open_file(a, &cut, 65552, hex, &e), "success");
	}
	struct err e = ERR_INIT;
	assert_string_equal(open_file(a, &v, 65552, hex, &e), "success");
	buf_free(&b);
	arena_free(a);
}

/* A header that may go on is told apart from one that is none. */
static void
test_header_cut(void **state)
{
	uint8_t secret[KEY_LEN], pub[1][KEY_LEN];
	struct arena *a = arena_create();
	struct buf b = BUF_INIT(1 << 16);
	struct age_header h;
	struct err e = ERR_INIT;

	(void)state;
	pair(secret, pub[0]);
	seal(&b, (const uint8_t(*)[KEY_LEN])pub, 1, NULL, 0);
	const uint8_t *p = (const uint8_t *)b.data;
	assert_int_equal(age_header_parse(a, p, b.len, &h, &e), RC_OK);
	for (size_t i = 0; i < h.len; i++)
		assert_int_equal(age_header_parse(a, p, i, &h, &e), RC_RETRY);
	uint8_t *endless = arena_alloc(a, AGE_HEADER_MAX + 1);
	memset(endless, 'A', AGE_HEADER_MAX + 1);
	memcpy(endless, p, 22);
	memcpy(endless + 22, "-> ", 3);
	assert_int_equal(age_header_parse(a, endless, AGE_HEADER_MAX + 1, &h, &e),
			 RC_UNPROCESSABLE);
	uint8_t low[1][KEY_LEN] = {{0}}, key[AGE_FILE_KEY_LEN];
	assert_int_equal(age_header_make(&b, (const uint8_t(*)[KEY_LEN])low, 1, key, &e),
			 RC_INVALID);
	buf_free(&b);
	arena_free(a);
}

static void
test_keys(void **state)
{
	static const char *const wrong[] = {
		"",
		"age1",
		"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwk",
		"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujw",
		"agf1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
		"Age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
		"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73eq-nujwj",
	};
	/* The example of the specification. */
	const char *text =
		"age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
	uint8_t secret[KEY_LEN], pub[KEY_LEN], of[KEY_LEN];
	struct buf b = BUF_INIT(AGE_KEY_TEXT_MAX);
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(age_recipient_parse(text, pub, &e), RC_OK);
	age_recipient_put(&b, pub);
	assert_string_equal(buf_str(&b), text);
	assert_int_equal(
		age_secret_parse("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJ"
				 "ZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
				 secret, &e),
		RC_OK);
	crypto_scalarmult_base(of, secret);
	assert_memory_equal(of, pub, KEY_LEN);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(age_recipient_parse(wrong[i], pub, &e), RC_INVALID);
	buf_free(&b);
}

/* RFC 5869, A.1, its first 32 bytes. */
static void
test_hkdf(void **state)
{
	uint8_t ikm[22], salt[13], out[32];
	char hex[65];

	(void)state;
	memset(ikm, 0x0b, sizeof(ikm));
	for (size_t i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t)i;
	age_hkdf(ikm, sizeof(ikm), salt, sizeof(salt),
		 "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9", out);
	hex_encode(out, sizeof(out), hex);
	assert_string_equal(
		hex, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

/* ---- Debian's age ------------------------------------------------------------------ */

static void
run(const char *const *argv)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s %s failed: is the package age installed?", argv[0], argv[1]);
}

static void
put(const char *path, const void *p, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, len, f), len);
	fclose(f);
}

static const char *
get(struct arena *a, const char *path, size_t *ret_len)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	char *text = arena_alloc(a, (size_t)st.st_size + 1);
	assert_int_equal(read(fd, text, (size_t)st.st_size), st.st_size);
	close(fd);
	*ret_len = (size_t)st.st_size;
	return text;
}

static void
test_debian(void **state)
{
	struct arena *a = arena_create();
	const char *tmp = getenv("TMPDIR");
	char *dir = arena_printf(a, "%s/saluran-age-XXXXXX", tmp == NULL ? "/tmp" : tmp);
	const size_t len = 200000;
	const uint8_t *p = pattern(a, len);
	struct buf b = BUF_INIT(1 << 20), to = BUF_INIT(AGE_KEY_TEXT_MAX);
	uint8_t secret[KEY_LEN], pub[2][KEY_LEN];
	struct err e = ERR_INIT;
	size_t got_len;
	char hex[65], want[65];
	struct hash h;

	(void)state;
	assert_non_null(mkdtemp(dir));
	const char *id = arena_printf(a, "%s/id", dir),
		   *plain = arena_printf(a, "%s/p", dir);
	const char *sealed = arena_printf(a, "%s/p.age", dir);
	const char *opened = arena_printf(a, "%s/q", dir);
	run((const char *const[]){"age-keygen", "-o", id, NULL});
	const char *text = get(a, id, &got_len), *key = strstr(text, "AGE-SECRET-KEY-1");
	assert_non_null(key);
	key = arena_strndup(a, key, strcspn(key, "\n"));
	assert_int_equal(age_secret_parse(key, secret, &e), RC_OK);
	crypto_scalarmult_base(pub[0], secret);
	randombytes_buf(pub[1], KEY_LEN);

	seal(&b, (const uint8_t(*)[KEY_LEN])pub, 2, p, len);
	put(sealed, b.data, b.len);
	run((const char *const[]){"age", "-d", "-i", id, "-o", opened, sealed, NULL});
	const char *got = get(a, opened, &got_len);
	assert_int_equal(got_len, len);
	assert_memory_equal(got, p, len);

	put(plain, p, len);
	age_recipient_put(&to, pub[0]);
	run((const char *const[]){"age", "-r", buf_str(&to), "-o", sealed, plain, NULL});
	struct vector v = {.n_keys = 1};
	v.file = (const uint8_t *)get(a, sealed, &v.len);
	memcpy(v.key[0], secret, KEY_LEN);
	assert_string_equal(open_file(a, &v, 9999, hex, &e), "success");
	hash_bytes(p, len, &h);
	assert_string_equal(hex, hash_hex(&h, want));
	unlink(id), unlink(plain), unlink(sealed), unlink(opened), rmdir(dir);
	buf_free(&to);
	buf_free(&b);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kit),    cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damage), cmocka_unit_test(test_header_cut),
		cmocka_unit_test(test_keys),   cmocka_unit_test(test_hkdf),
		cmocka_unit_test(test_debian),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
