/*
 * Pieces of files between two nodes over HTTPS: what the listener takes and refuses, and
 * a pusher that goes on where the peer says.
 */
#include "peer_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/enc.h"
#include "peer/blob.h"

enum { ALICE = 7, BOB = 9, ANSWER_MAX = 8192, FILE_BYTES = 3 << 20 };

#define SHA_HEX	  "3e6d49c14b74e551564584d4cc66fd13033e5aaec3b1507af110c366166d5db5"
#define BLOB_PATH "/peer/v1/blob/" SHA_HEX

struct pair {
	struct side alice, bob;
};

static void
pair_init(struct pair *p)
{
	side_init(&p->alice, DATES_GOOD);
	side_init(&p->bob, DATES_GOOD);
	introduce(&p->bob, &p->alice, ALICE);
	side_serve(&p->bob, 0);
}

static void
pair_free(struct pair *p)
{
	side_free(&p->alice);
	side_free(&p->bob);
}

/* What a request says, each NULL to leave it out. */
struct said {
	const char *range, *digest, *path, *body;
	long length; /* -1: that of the body */
};

static const char *
digest_of(struct arena *a, const char *body)
{
	struct hash h;

	hash_bytes(body, strlen(body), &h);
	return arena_printf(a, "sha-256=:%s:", b64_arena(a, h.b, HASH_LEN));
}

/* A whole answer to a PUT as it is written here. */
static void
put(struct pair *p, const struct said *s, char out[ANSWER_MAX])
{
	struct arena *a = arena_create();
	struct buf b = BUF_INIT(ANSWER_MAX);
	struct raw r;

	buf_printf(&b, "PUT %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n",
		   s->path == NULL ? BLOB_PATH : s->path);
	if (s->range != NULL)
		buf_printf(&b, "Content-Range: %s\r\n", s->range);
	if (s->digest != NULL)
		buf_printf(&b, "Content-Digest: %s\r\n", s->digest);
	buf_printf(&b, "Content-Length: %ld\r\n\r\n%s",
		   s->length < 0 ? (long)strlen(s->body) : s->length, s->body);
	assert_true(buf_ok(&b));
	raw_open(&r, &p->alice, &p->bob);
	raw_send(&r, b.data, b.len);
	size_t n = raw_read_all(&r, out, ANSWER_MAX - 1);
	out[n] = '\0';
	raw_close(&r);
	buf_free(&b);
	arena_free(a);
}

static void
answered(struct pair *p, const struct said *s, const char *status, const char *text)
{
	char out[ANSWER_MAX];

	put(p, s, out);
	if (strncmp(out, "HTTP/1.1 ", 9) != 0 || strncmp(out + 9, status, 3) != 0 ||
	    strstr(out, text) == NULL)
		fail_msg("expected %s and \"%s\", got \"%s\"", status, text, out);
}

static void
pieces_are_taken(void **state)
{
	struct arena *a = arena_create();
	struct pair p;
	struct said s = {.range = "bytes 0-4/10", .body = "hello", .length = -1};

	(void)state;
	pair_init(&p);
	s.digest = digest_of(a, "hello");
	answered(&p, &s, "200", "Saluran-Offset: 5");
	/* Again: it goes on elsewhere. */
	answered(&p, &s, "409", "\r\n\r\n5\n");
	s.range = "bytes 5-9/10";
	answered(&p, &s, "201", "\r\n\r\n10\n");
	/* It is here. */
	answered(&p, &s, "200", "\r\n\r\n10\n");
	assert_int_equal(p.bob.node.n_pieces, 2);
	pair_free(&p);
	arena_free(a);
}

static void
pieces_are_refused(void **state)
{
	static const struct {
		const char *range, *digest;
		long length;
		const char *status, *text;
	} rows[] = {
		{NULL, "ok", -1, "400", "Content-Range"},
		{"bytes 0-4/10", NULL, -1, "400", "Content-Digest"},
		{"bytes 0-4/10", "md5=:AAAA:", -1, "400", "Content-Digest"},
		{"bytes 0-4/10", "sha-256=:AAAA:", -1, "400", "Content-Digest"},
		{"bytes 0-4", "ok", -1, "400", "Content-Range"},
		{"bytes 4-0/10", "ok", -1, "400", "Content-Range"},
		{"bytes 0-10/10", "ok", -1, "400", "Content-Range"},
		{"bytes 0-4/*", "ok", -1, "400", "Content-Range"},
		{"bytes 00-4/10", "ok", -1, "400", "Content-Range"},
		{"bytes 0-4/10 ", "ok", -1, "400", "Content-Range"},
		{"items 0-4/10", "ok", -1, "400", "Content-Range"},
		{"bytes 0-3/10", "ok", -1, "400", "the body has 5 bytes"},
		{"bytes 0-99999999999999999999/10", "ok", -1, "400", "Content-Range"},
		{"bytes 0-4/10", "other", -1, "422", "Content-Digest"},
		{"bytes 0-4/10", "ok", PEER_PIECE_MAX + 1, "413", "at most"},
	};
	struct arena *a = arena_create();
	struct pair p;

	(void)state;
	pair_init(&p);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct said s = {.range = rows[i].range,
				 .digest = rows[i].digest,
				 .body = "hello",
				 .length = rows[i].length};
		if (s.digest != NULL && strcmp(s.digest, "ok") == 0)
			s.digest = digest_of(a, "hello");
		else if (s.digest != NULL && strcmp(s.digest, "other") == 0)
			s.digest = digest_of(a, "hullo");
		FAKE_SET(&p.bob.node, blob_at, 0);
		FAKE_SET(&p.bob.node, blob_total, 0);
		answered(&p, &s, rows[i].status, rows[i].text);
	}
	pair_free(&p);
	arena_free(a);
}

static void
outcomes_are_told(void **state)
{
	static const struct {
		enum rc rc;
		const char *status;
	} rows[] = {
		{RC_GONE, "410"},  {RC_TOO_LARGE, "413"}, {RC_UNPROCESSABLE, "422"},
		{RC_LIMIT, "429"}, {RC_FULL, "507"},	  {RC_IO, "500"},
	};
	struct arena *a = arena_create();
	struct pair p;
	struct said s = {.range = "bytes 0-4/10", .body = "hello", .length = -1};
	struct got got;

	(void)state;
	pair_init(&p);
	s.digest = digest_of(a, "hello");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FAKE_SET(&p.bob.node, blob_rc, rows[i].rc);
		answered(&p, &s, rows[i].status, "");
	}
	FAKE_SET(&p.bob.node, blob_rc, RC_OK);
	/* Not a SHA-256; another method; a stranger. */
	s.path = "/peer/v1/blob/"
		 "3E6D49c14b74e551564584d4cc66fd13033e5aaec3b1507af110c366166d5db5";
	answered(&p, &s, "404", "");
	struct ask how = {.method = "GET", .path = BLOB_PATH};
	ask(&p.alice, &p.bob, &how, &got);
	assert_int_equal(got.status, 405);
	ask(&p.bob, &p.bob, &how, &got);
	assert_int_equal(got.status, 403);
	pair_free(&p);
	arena_free(a);
}

/* ---- the pusher -------------------------------------------------------------------- */

static const char *
file_make(struct side *s, size_t len)
{
	static char path[128];
	char *zeros = calloc(1, len);

	snprintf(path, sizeof(path), "%s/file", s->dir);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(zeros, 1, len, f), len);
	fclose(f);
	free(zeros);
	return path;
}

static void
pushers_init(struct pair *p, uint64_t there)
{
	pair_init(p);
	introduce(&p->alice, &p->bob, BOB);
	p->bob.node.blob_at = there;
	p->alice.node.blob_path = file_make(&p->alice, FILE_BYTES);
	side_push(&p->alice);
}

static void
pushers_free(struct pair *p)
{
	fake_node_stop(&p->alice.node);
	unlink(p->alice.node.blob_path == NULL ? "/nonexistent"
					       : p->alice.node.blob_path);
	pair_free(p);
}

static void
a_file_is_pushed(void **state)
{
	struct pair p;

	(void)state;
	pushers_init(&p, 0);
	WAIT_FOR(&p.alice.node, p.alice.node.n_delivered == 1);
	assert_int_equal(p.bob.node.blob_at, FILE_BYTES);
	assert_true(p.bob.node.n_pieces > 1);
	pushers_free(&p);
}

/* What the peer has from before is not sent again. */
static void
a_file_goes_on(void **state)
{
	struct pair p;

	(void)state;
	pushers_init(&p, FILE_BYTES - 1000);
	WAIT_FOR(&p.alice.node, p.alice.node.n_delivered == 1);
	assert_int_equal(p.bob.node.n_pieces, 1);
	pushers_free(&p);
}

/* Bob's answer to the first piece. */
static void
refused_with(struct pair *p, enum rc rc)
{
	pair_init(p);
	introduce(&p->alice, &p->bob, BOB);
	p->bob.node.blob_rc = rc;
	p->alice.node.blob_path = file_make(&p->alice, FILE_BYTES);
	side_push(&p->alice);
	WAIT_FOR(&p->alice.node, p->alice.node.n_blob_failed == 1);
}

static void
a_refusal_is_for_good(void **state)
{
	struct pair p;

	(void)state;
	refused_with(&p, RC_GONE);
	assert_true(p.alice.node.blob_refused);
	assert_non_null(strstr(p.alice.node.why, "410"));
	assert_int_equal(p.alice.node.n_delivered, 0);
	assert_int_equal(p.alice.node.retry_after_s, 0);
	pushers_free(&p);
}

/* One that has no room now says when it may be asked again. */
static void
a_refusal_for_now(void **state)
{
	struct pair p;

	(void)state;
	refused_with(&p, RC_RETRY);
	assert_false(p.alice.node.blob_refused);
	assert_int_equal(p.alice.node.retry_after_s, 5);
	pushers_free(&p);
}

/* A peer that has every byte, and yet wants another one, is tried again later, not at
 * once for ever. */
static void
back_and_forth(void **state)
{
	struct pair p;

	(void)state;
	pushers_init(&p, FILE_BYTES);
	WAIT_FOR(&p.alice.node, p.alice.node.n_blob_failed == 1);
	assert_false(p.alice.node.blob_refused);
	assert_non_null(strstr(p.alice.node.why, "back and forth"));
	pushers_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_are_taken),
		cmocka_unit_test(pieces_are_refused),
		cmocka_unit_test(outcomes_are_told),
		cmocka_unit_test(a_file_is_pushed),
		cmocka_unit_test(a_file_goes_on),
		cmocka_unit_test(a_refusal_is_for_good),
		cmocka_unit_test(a_refusal_for_now),
		cmocka_unit_test(back_and_forth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
