/*
 * The signer's marks: no second history is ever signed, across restarts, and a damaged
 * file stops everything.
 */
#include "unit/signer_node.h"

#include "base/buf.h"

/* ---- own log ----------------------------------------------------------------------- */

static void
hold_note(struct signer_node *nd, const char *wire, uint64_t size)
{
	struct note_key k;
	const struct note *n;
	struct checkpoint c;
	bool verified;
	size_t len;
	struct err e;

	assert_int_equal(
		note_key_make(OWN, NOTE_ED25519, signer_public(nd->s)->log_pub, &k, &e),
		RC_OK);
	assert_int_equal(note_parse(nd->a, wire, strlen(wire), &n, &e), RC_OK);
	assert_int_equal(note_verify(n, &k, 1, &verified, NULL, &e), RC_OK);
	const char *text = note_text(n, &len);
	assert_int_equal(checkpoint_parse(nd->a, text, len, &c, &e), RC_OK);
	assert_string_equal(c.origin, OWN);
	assert_int_equal(c.size, size);
	assert_true(hash_equal(&c.root, &nd->log.root[size]));
}

static void
checkpoints_only_extend(void **state)
{
	struct signer_node nd;
	const char *note, *again;
	struct hash root;
	uint64_t size;
	struct err e;

	(void)state;
	node_make(&nd);
	assert_int_equal(signer_mark(nd.s, OWN, &size, &root, &e), RC_NOT_FOUND);
	assert_int_equal(sign_head(&nd, &nd.log, 0, 0, &note), RC_OK);
	hold_note(&nd, note, 0);
	for (uint64_t n = 1; n <= LOG_N; n += 3) {
		uint64_t old = n < 3 ? 0 : n - 3;
		assert_int_equal(sign_head(&nd, &nd.log, old, n, &note), RC_OK);
		hold_note(&nd, note, n);
		assert_int_equal(sign_head(&nd, &nd.log, n, n, &again), RC_OK);
		assert_string_equal(note, again);
		hold_mark(&nd, OWN, n);
	}
	node_end(&nd);
}

/* The mark is at 10; what does not extend it is refused, and the mark stays. */
static void
hold_refusals(struct signer_node *nd)
{
	struct merkle_proof none = {0};
	struct checkpoint smaller = {OWN, 9, nd->log.root[9]};
	const char *note;
	struct err e = ERR_INIT;

	assert_int_equal(signer_sign_checkpoint(nd->s, nd->a, &smaller, &none, &note, &e),
			 RC_FROZEN);
	assert_non_null(strstr(e.text, "never shrinks"));
	assert_string_equal(e.rule, "protocol 6");
	assert_int_equal(sign_head(nd, &nd->log, 0, 0, &note), RC_FROZEN);
	assert_int_equal(sign_head(nd, &nd->fork, 10, 10, &note),
			 RC_FROZEN); /* other root */
	assert_int_equal(sign_head(nd, &nd->fork, 10, 20, &note), RC_FROZEN);
	assert_int_equal(sign_head(nd, &nd->fork, 4, 20, &note), RC_FROZEN);
	assert_int_equal(sign_head(nd, &nd->log, 0, 20, &note), RC_FROZEN); /* no proof */
	assert_int_equal(sign_head(nd, &nd->log, 9, 20, &note), RC_FROZEN);
	hold_mark(nd, OWN, 10);
}

static void
forks_are_refused(void **state)
{
	struct signer_node nd;
	const char *note, *again;

	(void)state;
	node_make(&nd);
	assert_int_equal(sign_head(&nd, &nd.log, 9, 10, &note),
			 RC_FROZEN); /* mark missing */
	assert_int_equal(sign_head(&nd, &nd.log, 0, 10, &note), RC_OK);
	hold_refusals(&nd);
	node_restart(&nd);
	hold_refusals(&nd);
	assert_int_equal(sign_head(&nd, &nd.log, 10, 10, &again), RC_OK);
	assert_string_equal(note, again);
	assert_int_equal(sign_head(&nd, &nd.log, 10, 11, &note), RC_OK);
	hold_mark(&nd, OWN, 11);
	node_end(&nd);
}

/* ---- a peer's log ------------------------------------------------------------------ */

static uint64_t
cosig_time(struct signer_node *nd, const char *line, uint64_t size)
{
	struct buf text = BUF_INIT(4096);
	struct checkpoint c = {PEER, size, nd->log.root[size]};
	struct note_key k;
	uint64_t time_s;
	struct err e;

	checkpoint_put(&text, &c);
	assert_int_equal(note_key_make(RCPT, NOTE_COSIGNATURE,
				       signer_public(nd->s)->receipt_pub, &k, &e),
			 RC_OK);
	assert_int_equal(note_line_verify(line, strlen(line), &k, text.data, text.len,
					  &time_s, &e),
			 RC_OK);
	buf_free(&text);
	return time_s;
}

static void
one_receipt_a_head(void **state)
{
	struct signer_node nd;
	const char *line, *again;
	struct err e = ERR_INIT;

	(void)state;
	node_make(&nd);
	assert_int_equal(signer_cosign(nd.s, nd.a, RCPT, 1700000000,
				       &(struct checkpoint){PEER, 7, nd.log.root[7]},
				       &(struct merkle_proof){0}, &line, &e),
			 RC_FROZEN); /* mark missing */
	assert_int_equal(cosign_head(&nd, &nd.log, 0, 7, 1700000000, &line), RC_OK);
	assert_int_equal(cosig_time(&nd, line, 7), 1700000000);
	assert_int_equal(cosign_head(&nd, &nd.log, 7, 7, 1700000099, &again), RC_OK);
	assert_string_equal(line, again);
	node_restart(&nd);
	assert_int_equal(cosign_head(&nd, &nd.log, 7, 7, 1700000199, &again), RC_OK);
	assert_string_equal(line, again);
	assert_int_equal(cosign_head(&nd, &nd.fork, 7, 7, 1700000199, &again), RC_FROZEN);
	assert_int_equal(cosign_head(&nd, &nd.log, 7, 6, 1700000199, &again), RC_FROZEN);
	assert_int_equal(cosign_head(&nd, &nd.log, 7, 8, 0, &again), RC_INVALID);
	hold_mark(&nd, PEER, 7);
	assert_int_equal(cosign_head(&nd, &nd.log, 7, 8, 1700000200, &again), RC_OK);
	assert_int_equal(cosig_time(&nd, again, 8), 1700000200);
	hold_mark(&nd, PEER, 8);
	/* another log's mark is its own */
	assert_int_equal(sign_head(&nd, &nd.log, 0, 3, &line), RC_OK);
	hold_mark(&nd, PEER, 8);
	hold_mark(&nd, OWN, 3);
	node_end(&nd);
}

static void
nonsense_is_refused(void **state)
{
	struct signer_node nd;
	struct merkle_proof proof = {0};
	struct checkpoint c = {OWN, 0, {{0}}};
	const char *note;
	struct err e;

	(void)state;
	node_make(&nd);
	assert_int_equal(signer_sign_checkpoint(nd.s, nd.a, &c, &proof, &note, &e),
			 RC_INVALID); /* the empty log has one root */
	c.size = MERKLE_SIZE_MAX + 1;
	assert_int_equal(signer_sign_checkpoint(nd.s, nd.a, &c, &proof, &note, &e),
			 RC_INVALID);
	c = (struct checkpoint){"two words", 1, {{0}}};
	assert_int_equal(signer_sign_checkpoint(nd.s, nd.a, &c, &proof, &note, &e),
			 RC_INVALID);
	c.origin = "";
	assert_int_equal(signer_sign_checkpoint(nd.s, nd.a, &c, &proof, &note, &e),
			 RC_INVALID);
	c.origin = PEER;
	assert_int_equal(signer_cosign(nd.s, nd.a, "a+b", 1, &c, &proof, &note, &e),
			 RC_INVALID);
	node_restart(&nd);
	assert_int_equal(signer_mark(nd.s, PEER, &c.size, &c.root, &e), RC_NOT_FOUND);
	node_end(&nd);
}

/* ---- the file ---------------------------------------------------------------------- */

static char *
file_get(struct arena *a, const char *path, size_t *ret_len)
{
	char *text = arena_alloc(a, 65536);
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	ssize_t n = read(fd, text, 65535);
	close(fd);
	assert_true(n >= 0);
	*ret_len = (size_t)n;
	return text;
}

static void
file_put(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static void
hold_damaged(const struct signer_node *nd)
{
	struct signer *s;
	struct err e = ERR_INIT;

	assert_int_equal(signer_start(nd->keys, nd->marks, &s, &e), RC_CORRUPT);
	assert_non_null(strstr(e.text, "damaged"));
	assert_non_null(strstr(e.text, "marks"));
}

static void
every_damage_is_seen(void **state)
{
	struct signer_node nd;
	const char *note;
	size_t len;

	(void)state;
	node_make(&nd);
	assert_int_equal(sign_head(&nd, &nd.log, 0, 10, &note), RC_OK);
	assert_int_equal(cosign_head(&nd, &nd.log, 0, 7, 1700000000, &note), RC_OK);
	signer_stop(nd.s);
	nd.s = NULL;
	char *good = file_get(nd.a, nd.marks, &len);
	assert_memory_equal(good, "saluran-marks-v1\n" OWN " 10 ", strlen(OWN) + 21);
	for (size_t i = 0; i < len;
	     i += 3) { /* one byte changed, or all from there gone */
		char saved = good[i];
		good[i] = good[i] == '1' ? '2' : '1';
		file_put(nd.marks, good, len);
		hold_damaged(&nd);
		good[i] = saved;
		file_put(nd.marks, good, i);
		hold_damaged(&nd);
	}
	file_put(nd.marks, good, len - 1);
	hold_damaged(&nd);
	good[len] = '\n';
	file_put(nd.marks, good, len + 1);
	hold_damaged(&nd);
	file_put(nd.marks, good, len);
	node_start(&nd);
	hold_mark(&nd, OWN, 10);
	hold_mark(&nd, PEER, 7);
	node_end(&nd);
}

static void
missing_file_means_no_marks(void **state)
{
	struct signer_node nd;
	const char *note;
	struct hash root;
	uint64_t size;
	struct err e;
	struct stat st;

	(void)state;
	node_make(&nd);
	assert_int_equal(sign_head(&nd, &nd.log, 0, 10, &note), RC_OK);
	signer_stop(nd.s);
	assert_int_equal(unlink(nd.marks), 0);
	node_start(&nd);
	assert_int_equal(stat(nd.marks, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(signer_mark(nd.s, OWN, &size, &root, &e), RC_NOT_FOUND);
	node_end(&nd);
}

/* A mark that cannot be made durable means no signature. */
static void
no_signature_without_a_mark(void **state)
{
	struct signer_node nd;
	const char *note;

	(void)state;
	node_make(&nd);
	assert_int_equal(sign_head(&nd, &nd.log, 0, 10, &note), RC_OK);
	/* a folder stands where the new file would be written */
	const char *temp = arena_printf(nd.a, "%s.tmp", nd.marks);
	assert_int_equal(mkdir(temp, 0700), 0);
	assert_int_equal(sign_head(&nd, &nd.log, 10, 20, &note), RC_IO);
	assert_int_equal(cosign_head(&nd, &nd.log, 0, 3, 1700000000, &note), RC_IO);
	hold_mark(&nd, OWN, 10);
	assert_int_equal(sign_head(&nd, &nd.log, 10, 10, &note),
			 RC_OK); /* known already */
	assert_int_equal(rmdir(temp), 0);
	assert_int_equal(sign_head(&nd, &nd.log, 10, 20, &note), RC_OK);
	hold_mark(&nd, OWN, 20);
	node_end(&nd);
}

static void
one_signer_a_file(void **state)
{
	struct signer_node nd;
	struct signer *second;
	struct err e = ERR_INIT;

	(void)state;
	node_make(&nd);
	assert_int_equal(signer_start(nd.keys, nd.marks, &second, &e), RC_CONFLICT);
	assert_non_null(strstr(e.text, "second daemon"));
	node_restart(&nd);
	node_end(&nd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checkpoints_only_extend),
		cmocka_unit_test(forks_are_refused),
		cmocka_unit_test(one_receipt_a_head),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(every_damage_is_seen),
		cmocka_unit_test(missing_file_means_no_marks),
		cmocka_unit_test(no_signature_without_a_mark),
		cmocka_unit_test(one_signer_a_file),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
