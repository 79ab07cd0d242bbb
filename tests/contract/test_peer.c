/* The listener for peers: who gets in, what is answered, and clients that misbehave. */
#include "peer_fixture.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/enc.h"
#include "peer/server_int.h"

enum { MB = 1 << 20, MANY_CONNECTIONS = 40, ALICE = 7, SHORT_US = 300000 };

#define LOG_HEX "3e6d49c14b74e551564584d4cc66fd13033e5aaec3b1507af110c366166d5db5"

/* Alice asks, Bob serves and knows her as peer ALICE. */
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

static void
assert_got(const struct got *got, long status, const char *text)
{
	if (got->status != status || strstr(got->body, text) == NULL)
		fail_msg("expected %ld and \"%s\", got %ld and \"%s\" (curl: %s)", status,
			 text, got->status, got->body,
			 curl_easy_strerror((CURLcode)got->code));
}

/* One upload of `n` entries of the log of `size`, encoded. */
static void
entries_body(struct buf *b, uint64_t n, uint64_t size)
{
	static const uint8_t bytes[FAKE_ENTRY_BYTES];
	struct arena *a = arena_create();
	struct mirror_entry *entries = arena_array(a, n, sizeof(*entries));
	struct mirror_package p = {.entries = entries, .n_entries = n};
	struct mirror_entries m = {
		.origin = FAKE_ORIGIN, .end = size, .packages = &p, .n_packages = 1};

	for (uint64_t i = 0; i < n; i++)
		entries[i] = (struct mirror_entry){bytes, sizeof(bytes)};
	mirror_entries_put(b, &m);
	arena_free(a);
}

static void
post(struct pair *p, const char *path, const char *body, struct got *got)
{
	struct ask how = {
		.method = "POST", .path = path, .body = body, .len = strlen(body)};

	ask(&p->alice, &p->bob, &how, got);
}

/* The answer is read before its request is over in the server. */
static void
assert_bodies_are_let_go(struct side *s)
{
	for (int i = 0; i < 1000 && s->server->bodies != 0; i++)
		poll(NULL, 0, 10);
	assert_int_equal(s->server->bodies, 0);
}

/* ---- the key ----------------------------------------------------------------------- */

static void
tls_files(void **state)
{
	char cert[128], key[128];
	struct hash again;
	struct side s;
	struct stat st;
	struct err e;

	(void)state;
	side_init(&s, DATES_GOOD);
	snprintf(cert, sizeof(cert), "%s/tls.crt", s.dir);
	snprintf(key, sizeof(key), "%s/tls.key", s.dir);
	assert_int_equal(stat(key, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(cert, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(tls_create(s.dir, "x", clock_now_us(), 1, &e), RC_CONFLICT);
	/* A renewed certificate has the pin that peers know. */
	unlink(cert);
	assert_int_equal(tls_spki(s.dir, &again, &e), RC_NOT_FOUND);
	assert_int_equal(tls_create(s.dir, "x", clock_now_us(), 0, &e), RC_INVALID);
	assert_int_equal(tls_create(s.dir, "x", clock_now_us(), 1, &e), RC_OK);
	assert_int_equal(tls_spki(s.dir, &again, &e), RC_OK);
	assert_true(hash_equal(&again, &s.pin));
	unlink(cert);
	unlink(key);
	assert_int_equal(tls_create(s.dir, "x", clock_now_us(), 1, &e), RC_OK);
	assert_int_equal(tls_spki(s.dir, &again, &e), RC_OK);
	assert_false(hash_equal(&again, &s.pin));
	assert_int_equal(tls_create("/nonexistent/x", "x", clock_now_us(), 1, &e),
			 RC_NOT_FOUND);
	side_free(&s);
}

static void
start_refuses(void **state)
{
	struct peer_server *s;
	struct side one, two;
	char from[128], to[128];
	struct err e;

	(void)state;
	side_init(&one, DATES_GOOD);
	side_init(&two, DATES_GOOD);
	side_serve(&one, 0);
	assert_int_equal(peer_server_start(&two.node, "127.0.0.1",
					   peer_server_port(one.server), two.dir, &s, &e),
			 RC_CONFLICT);
	assert_non_null(strstr(e.text, "in use"));
	assert_int_equal(peer_server_start(&two.node, "peer.example", 0, two.dir, &s, &e),
			 RC_INVALID);
	snprintf(from, sizeof(from), "%s/tls.key", one.dir);
	snprintf(to, sizeof(to), "%s/tls.key", two.dir);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(peer_server_start(&two.node, "127.0.0.1", 0, two.dir, &s, &e),
			 RC_INVALID);
	assert_int_equal(peer_server_start(&one.node, "127.0.0.1", 0, one.dir, &s, &e),
			 RC_NOT_FOUND);
	side_free(&one);
	side_free(&two);
}

/* ---- who gets in ------------------------------------------------------------------- */

static void
strangers_are_refused(void **state)
{
	const struct ask get = {.method = "GET",
				.path = "/peer/v1/" LOG_HEX "/checkpoint"};
	const struct ask none = {.method = "GET", .path = "/nothing"};
	struct side stranger, expired, future;
	struct pair p;
	struct got got;

	(void)state;
	pair_init(&p);
	side_init(&stranger, DATES_GOOD);
	side_init(&expired, DATES_EXPIRED);
	side_init(&future, DATES_FUTURE);
	introduce(&p.bob, &expired, 8);
	introduce(&p.bob, &future, 9);
	ask(NULL, &p.bob, &get, &got);
	assert_got(&got, 403, "protocol 5: no certificate came\n");
	ask(NULL, &p.bob, &none, &got);
	assert_got(&got, 403, "protocol 5: ");
	ask(&stranger, &p.bob, &get, &got);
	assert_got(&got, 403, "protocol 5: unknown key\n");
	ask(&expired, &p.bob, &get, &got);
	assert_got(&got, 403, "protocol 5: the certificate expired on 20");
	ask(&future, &p.bob, &get, &got);
	assert_got(&got, 403, "protocol 5: the certificate is not valid before 20");
	assert_int_equal(p.bob.node.n_get, 0);
	ask(&p.alice, &p.bob, &get, &got);
	assert_got(&got, 200, "7 checkpoint 3e6d");
	assert_int_equal(p.bob.node.n_get, 1);
	side_free(&stranger);
	side_free(&expired);
	side_free(&future);
	pair_free(&p);
}

/* ---- what is answered -------------------------------------------------------------- */

static void
paths_are_exact(void **state)
{
	static const struct {
		const char *method, *path;
		long status;
		const char *body;
	} rows[] = {
		{"GET", "/peer/v1/" LOG_HEX "/checkpoint", 200, "7 checkpoint 3e6d"},
		{"GET", "/peer/v1/" LOG_HEX "/tile/0/000", 200,
		 "7 tile 3e6d hashes 0 0 0"},
		{"GET", "/peer/v1/" LOG_HEX "/tile/2/x001/x234/067.p/9", 200,
		 "7 tile 3e6d hashes 2 1234067 9"},
		{"GET", "/peer/v1/" LOG_HEX "/tile/entries/003.p/255", 200,
		 "7 tile 3e6d entries 0 3 255"},
		{"GET", "/peer/v1/" LOG_HEX "/proof/0", 200, "7 proof 3e6d 0"},
		{"GET", "/peer/v1/" LOG_HEX "/proof/18446744073709551615", 200,
		 "7 proof 3e6d 18446744073709551615"},
		{"GET", "/peer/v1/" LOG_HEX "/proof/18446744073709551616", 404,
		 "protocol 5: "},
		{"GET", "/peer/v1/" LOG_HEX "/proof/01", 404, "protocol 5: "},
		{"GET", "/peer/v1/" LOG_HEX "/proof/", 404, "protocol 5: "},
		{"GET", "/peer/v1/" LOG_HEX "/proof/-1", 404, "protocol 5: "},
		{"GET", "/peer/v1/" LOG_HEX "/tile/0/0", 404, "protocol 1: "},
		{"GET", "/peer/v1/" LOG_HEX "/tile/0/000.p/256", 404, "protocol 1: "},
		{"GET", "/peer/v1/" LOG_HEX "/tile/entries/../checkpoint", 404,
		 "protocol 1: "},
		{"GET", "/peer/v1/" LOG_HEX "/checkpoint/", 404, "protocol 5: "},
		{"GET", "/peer/v1/" LOG_HEX "/Checkpoint", 404, "protocol 5: "},
		{"GET", "/peer/v1/" LOG_HEX "/check%70oint", 404, "protocol 5: "},
		{"GET", "/peer/v1/" LOG_HEX "0/checkpoint", 404, "protocol 5: "},
		{"GET",
		 "/peer/v1/3E6D49C14B74E551564584D4CC66FD13033E5AAEC3B1507AF110C366166D5D"
		 "B5/checkpoint",
		 404, "protocol 5: "},
		{"GET", "/peer/v1/" LOG_HEX, 404, "protocol 5: "},
		{"GET", "/", 404, "protocol 5: "},
		{"GET", "/peer/v1/add-entries", 405, "protocol 5: "},
		{"POST", "/peer/v1/" LOG_HEX "/checkpoint", 405, "protocol 5: "},
		{"DELETE", "/peer/v1/" LOG_HEX "/checkpoint", 405, "protocol 5: "},
	};
	struct pair p;
	struct got got;

	(void)state;
	pair_init(&p);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ask how = {.method = rows[i].method, .path = rows[i].path};
		ask(&p.alice, &p.bob, &how, &got);
		if (got.status != rows[i].status ||
		    strstr(got.body, rows[i].body) == NULL)
			fail_msg("%s: %ld %s", rows[i].path, got.status, got.body);
	}
	FAKE_SET(&p.bob.node, get_rc, RC_NOT_FOUND);
	ask(&p.alice, &p.bob, &(struct ask){.method = "GET", .path = rows[0].path}, &got);
	assert_got(&got, 404, "protocol 9: as told: not_found\n");
	assert_string_equal(got.type, "text/plain; charset=utf-8");
	FAKE_SET(&p.bob.node, get_rc, RC_DENIED);
	ask(&p.alice, &p.bob, &(struct ask){.method = "GET", .path = rows[0].path}, &got);
	assert_got(&got, 403, "protocol 9: ");
	pair_free(&p);
}

static void
checkpoints_are_answered(void **state)
{
	struct pair p;
	struct got got;

	(void)state;
	pair_init(&p);
	post(&p, "/peer/v1/add-checkpoint", "old 0\n\n" FAKE_NOTE "5\n", &got);
	assert_int_equal(got.status, 200);
	assert_int_equal(got.len, 0);
	assert_int_equal(p.bob.node.pending, 5);
	assert_int_equal(p.bob.node.taken_peer, ALICE);
	assert_string_equal(p.bob.node.taken_call, "add-checkpoint");
	post(&p, "/peer/v1/add-checkpoint", "old 3\n\n" FAKE_NOTE "9\n", &got);
	assert_int_equal(got.status, 409);
	assert_string_equal(got.type, "text/x.tlog.size");
	assert_string_equal(got.body, "5\n");
	post(&p, "/peer/v1/add-checkpoint", "old 03\n\n" FAKE_NOTE "9\n", &got);
	assert_got(&got, 400, "tlog-witness: ");
	post(&p, "/peer/v1/add-checkpoint", "", &got);
	assert_got(&got, 400, "tlog-witness: ");
	assert_int_equal(p.bob.node.pending, 5);
	assert_int_equal(p.bob.node.refused_peer, ALICE);
	assert_int_equal(p.bob.node.refused_rc, RC_INVALID);
	assert_string_equal(p.bob.node.refused_call, "add-checkpoint");
	pair_free(&p);
}

static void
entries_are_answered(void **state)
{
	struct buf b = BUF_INIT(MB);
	struct pair p;
	struct got got;

	(void)state;
	pair_init(&p);
	entries_body(&b, 3, 3);
	struct ask how = {.method = "POST",
			  .path = "/peer/v1/add-entries",
			  .body = buf_str(&b),
			  .len = b.len};
	ask(&p.alice, &p.bob, &how, &got); /* nothing is pending */
	assert_int_equal(got.status, 409);
	assert_string_equal(got.type, "text/x.tlog.mirror-info");
	assert_string_equal(got.body, "0\n0\n\n");
	FAKE_SET(&p.bob.node, pending, 3);
	FAKE_SET(&p.bob.node, take_max, 2);
	ask(&p.alice, &p.bob, &how, &got);
	assert_int_equal(got.status, 202);
	assert_string_equal(got.type, "text/x.tlog.mirror-info");
	assert_string_equal(got.body, "3\n2\n\n");
	FAKE_SET(&p.bob.node, stored, 0);
	FAKE_SET(&p.bob.node, take_max, 0);
	ask(&p.alice, &p.bob, &how, &got);
	assert_int_equal(got.status, 200);
	assert_string_equal(got.body, FAKE_RECEIPT);
	assert_int_equal(p.bob.node.stored, 3);
	/* Cut anywhere, it is refused and nothing is stored. */
	FAKE_SET(&p.bob.node, stored, 0);
	for (how.len = b.len - 1; how.len > 0; how.len /= 3) {
		ask(&p.alice, &p.bob, &how, &got);
		assert_got(&got, 400, "tlog-mirror: ");
	}
	assert_int_equal(p.bob.node.stored, 0);
	buf_free(&b);
	pair_free(&p);
}

static void
outcomes_have_their_status(void **state)
{
	static const struct {
		enum rc rc;
		long status;
		bool retry_after;
	} rows[] = {
		{RC_INVALID, 400, false},   {RC_DENIED, 403, false},
		{RC_NOT_FOUND, 404, false}, {RC_UNPROCESSABLE, 422, false},
		{RC_FROZEN, 423, false},    {RC_LIMIT, 429, true},
		{RC_RETRY, 503, true},	    {RC_UNAVAILABLE, 503, true},
		{RC_FULL, 507, false},
	};
	struct buf b = BUF_INIT(MB);
	struct pair p;
	struct got got;
	char text[64];

	(void)state;
	pair_init(&p);
	entries_body(&b, 1, 1);
	struct ask how = {.method = "POST",
			  .path = "/peer/v1/add-entries",
			  .body = buf_str(&b),
			  .len = b.len};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "protocol 9: as told: %s\n",
			 rc_token(rows[i].rc));
		FAKE_SET(&p.bob.node, entries_rc, rows[i].rc);
		ask(&p.alice, &p.bob, &how, &got);
		assert_got(&got, rows[i].status, text);
		assert_string_equal(got.retry_after, rows[i].retry_after ? "5" : "");
		FAKE_SET(&p.bob.node, disclosures_rc, rows[i].rc);
		post(&p, "/peer/v1/disclosures", "WyJ4Il0\n", &got);
		assert_got(&got, rows[i].status, text);
		if (rows[i].rc == RC_CONFLICT)
			continue;
		FAKE_SET(&p.bob.node, checkpoint_rc, rows[i].rc);
		post(&p, "/peer/v1/add-checkpoint", "old 0\n\n" FAKE_NOTE "5\n", &got);
		assert_got(&got, rows[i].status, text);
	}
	/* What is wrong inside this node is for its own log. */
	FAKE_SET(&p.bob.node, entries_rc, RC_IO);
	ask(&p.alice, &p.bob, &how, &got);
	assert_got(&got, 500, "this node cannot answer now\n");
	assert_null(strstr(got.body, "told"));
	FAKE_SET(&p.bob.node, disclosures_rc, RC_OK);
	post(&p, "/peer/v1/disclosures", "WyJ4Il0\nWyJ5Il0\n", &got);
	assert_int_equal(got.status, 200);
	assert_int_equal(p.bob.node.disclosures_len, 16);
	buf_free(&b);
	pair_free(&p);
}

/* ---- bodies ------------------------------------------------------------------------ */

static size_t
gzip(const void *p, size_t len, uint8_t *out, size_t max)
{
	z_stream z = {.avail_in = (uInt)len, .next_out = out, .avail_out = (uInt)max};

	z.next_in = (Bytef *)(uintptr_t)p;
	assert_int_equal(deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 31, 9,
				      Z_DEFAULT_STRATEGY),
			 Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

static void
gzip_is_bounded(void **state)
{
	uint8_t *packed = malloc(MB), *zeros = calloc(100, MB);
	struct buf b = BUF_INIT(MB);
	struct pair p;
	struct got got;

	(void)state;
	pair_init(&p);
	entries_body(&b, 2, 2);
	FAKE_SET(&p.bob.node, pending, 2);
	struct ask how = {.method = "POST",
			  .path = "/peer/v1/add-entries",
			  .body = packed,
			  .len = gzip(buf_str(&b), b.len, packed, MB - 2),
			  .encoding = "gzip"};
	ask(&p.alice, &p.bob, &how, &got);
	assert_got(&got, 200, FAKE_RECEIPT);
	how.encoding = "GZip";
	how.len++;
	ask(&p.alice, &p.bob, &how, &got);
	assert_got(&got, 400, "protocol 5: the body goes on after its gzip ends\n");
	how.len -= 5;
	ask(&p.alice, &p.bob, &how, &got);
	assert_got(&got, 400, "protocol 5: the body is no gzip, or is cut short\n");
	how.encoding = "deflate";
	ask(&p.alice, &p.bob, &how, &got);
	assert_got(&got, 415, "protocol 5: Content-Encoding: deflate");
	how.encoding = "gzip, gzip";
	ask(&p.alice, &p.bob, &how, &got);
	assert_got(&got, 415, "protocol 5: ");
	how.encoding = "gzip";
	how.path = "/peer/v1/add-checkpoint";
	ask(&p.alice, &p.bob, &how, &got);
	assert_got(&got, 415, "protocol 5: ");
	how.path = "/peer/v1/add-entries";
	how.len = gzip(zeros, (size_t)100 * MB, packed, MB); /* 100 kB */
	ask(&p.alice, &p.bob, &how, &got);
	assert_got(&got, 413,
		   "protocol 5: the body unpacks to more than 16777216 bytes\n");
	assert_int_equal(p.bob.node.n_entries, 1);
	assert_bodies_are_let_go(&p.bob);
	buf_free(&b);
	free(zeros);
	free(packed);
	pair_free(&p);
}

static void
large_bodies_are_not_read(void **state)
{
	struct ask how = {.method = "POST",
			  .path = "/peer/v1/add-entries",
			  .len = (size_t)100 * MB};
	struct pair p;
	struct got got;

	(void)state;
	pair_init(&p);
	ask(&p.alice, &p.bob, &how, &got);
	assert_got(&got, 413,
		   "protocol 5: a body of add-entries has at most 16777216 bytes\n");
	assert_int_equal(got.sent, 0);
	how.blunt = true;
	ask(&p.alice, &p.bob, &how, &got);
	assert_true(got.status == 413 ||
		    got.code != CURLE_OK);	/* the reset may be first */
	assert_true(got.sent < (size_t)8 * MB); /* what fits into sockets on the way */
	how.chunked = true; /* its length is known only when it is too long */
	ask(&p.alice, &p.bob, &how, &got);
	assert_int_not_equal(got.code, CURLE_OK);
	assert_true(got.sent < (size_t)24 * MB);
	how = (struct ask){.method = "POST",
			   .path = "/peer/v1/add-checkpoint",
			   .len = PEER_CHECKPOINT_BODY_MAX + 1};
	ask(&p.alice, &p.bob, &how, &got);
	assert_got(&got, 413, "protocol 5: ");
	how.path = "/peer/v1/disclosures";
	how.len = EXCHANGE_DISCLOSURES_MAX;
	ask(&p.alice, &p.bob, &how, &got);
	assert_int_equal(got.status, 200);
	/* From a stranger not a byte of a body is taken. */
	ask(NULL, &p.bob, &how, &got);
	assert_got(&got, 403, "protocol 5: ");
	assert_int_equal(p.bob.node.n_entries, 0);
	assert_int_equal(p.bob.node.disclosures_len, EXCHANGE_DISCLOSURES_MAX);
	assert_bodies_are_let_go(&p.bob);
	pair_free(&p);
}

/* ---- clients that misbehave -------------------------------------------------------- */

static const char head[] = "POST /peer/v1/add-entries HTTP/1.1\r\nHost: x\r\n"
			   "Content-Length: 1000\r\n\r\n";

static void
assert_serves(struct pair *p)
{
	const struct ask get = {.method = "GET", .path = "/peer/v1/" LOG_HEX "/proof/1"};
	struct got got;

	ask(&p->alice, &p->bob, &get, &got);
	assert_got(&got, 200, "7 proof");
}

static void
truncated_body_stores_nothing(void **state)
{
	struct pair p;
	struct raw r;

	(void)state;
	pair_init(&p);
	raw_open(&r, &p.alice, &p.bob);
	raw_send(&r, head, strlen(head));
	raw_send(&r, "0123456789", 10);
	raw_close(&r);
	assert_serves(&p);
	peer_server_stop(p.bob.server);
	p.bob.server = NULL;
	assert_int_equal(p.bob.node.n_entries, 0);
	pair_free(&p);
}

static void
garbage_is_answered_or_dropped(void **state)
{
	static const char *const rows[] = {
		"\r\n\r\n\r\n",
		"GET\r\n\r\n",
		"POST /peer/v1/add-entries HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		"POST /peer/v1/add-entries HTTP/1.1\r\nHost: x\r\nContent-Length: "
		"1x\r\n\r\n",
		"POST /peer/v1/add-entries HTTP/1.1\r\nHost: x\r\n"
		"Content-Length: 99999999999999999999999999\r\n\r\n",
		"POST /peer/v1/add-entries HTTP/1.1\r\nHost: x\r\n"
		"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
		"\x01\x02\x03\xff\xfe\r\n\r\n",
	};
	char answer[FIXTURE_TEXT_MAX];
	struct pair p;

	(void)state;
	pair_init(&p);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct raw r;
		raw_open(&r, &p.alice, &p.bob);
		raw_send(&r, rows[i], strlen(rows[i]));
		shutdown(r.fd, SHUT_WR);
		size_t len = raw_read_all(&r, answer, sizeof(answer));
		if (len != 0 && strncmp(answer, "HTTP/1.1 4", 10) != 0)
			fail_msg("row %zu: %s", i, answer);
		raw_close(&r);
	}
	for (int i = 0; i < 8; i++) { /* no TLS at all */
		int fd = raw_connect(&p.bob);
		for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
			send(fd, rows[k], strlen(rows[k]), MSG_NOSIGNAL);
		close(fd);
	}
	assert_serves(&p);
	assert_int_equal(p.bob.node.n_entries, 0);
	pair_free(&p);
}

/* A head of two readings is refused, and nothing behind it is taken for a request. */
static void
two_readings_are_refused(void **state)
{
#define POST   "POST /peer/v1/add-entries HTTP/1.1\r\nHost: x\r\n"
#define HIDDEN "GET /peer/v1/" LOG_HEX "/proof/1 HTTP/1.1\r\nHost: x\r\n\r\n"
	static const struct {
		const char *text, *rule;
	} rows[] = {
		{POST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" HIDDEN,
		 "RFC 9112, 5.2"},
		{POST "Content-Length: 4\r\nTransfer-Encoding: chunk\r\n ed\r\n\r\n"
		      "0\r\n\r\n" HIDDEN,
		 "RFC 9112, 5.2"},
		{POST "Content-Length:\r\n 80\r\n\r\n" HIDDEN, "RFC 9112, 5.2"},
		{POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
		      "0\r\n\r\n" HIDDEN,
		 "RFC 9112, 6.3"},
		{POST "Content-Length: 0\r\nContent-Length: 80\r\n\r\n" HIDDEN,
		 "RFC 9112, 6.3"},
		{POST "Transfer-Encoding: identity\r\n\r\n" HIDDEN, "RFC 9112, 6.3"},
		{POST "Content-Length : 80\r\n\r\n" HIDDEN, "RFC 9110, 5.1"},
		{POST
		 "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n\r\n" HIDDEN,
		 "RFC 9110, 5.3"},
		{POST "Host: y\r\n\r\n" HIDDEN, "RFC 9112, 3.2"},
	};
	char answer[FIXTURE_TEXT_MAX];
	struct pair p;

	(void)state;
	pair_init(&p);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct raw r;
		raw_open(&r, &p.alice, &p.bob);
		raw_send(&r, rows[i].text, strlen(rows[i].text));
		raw_read_all(&r, answer, sizeof(answer));
		raw_close(&r);
		if (strncmp(answer, "HTTP/1.1 400", 12) != 0 ||
		    strstr(answer, rows[i].rule) == NULL ||
		    strstr(answer, "Connection: close") == NULL ||
		    strstr(answer + 1, "HTTP/1.1 ") != NULL)
			fail_msg("row %zu: %s", i, answer);
	}
	assert_serves(&p);
	assert_int_equal(p.bob.node.n_entries, 0);
	assert_bodies_are_let_go(&p.bob);
	pair_free(&p);
#undef POST
#undef HIDDEN
}

/* Whoever sends a byte now and then keeps no connection for ever. */
static void
slow_clients_are_cut(void **state)
{
	char answer[FIXTURE_TEXT_MAX];
	struct pollfd gone;
	struct pair p;
	struct raw r;

	(void)state;
	pair_init(&p);
	p.bob.server->head_us = SHORT_US;
	p.bob.server->request_us = SHORT_US;
	gone = (struct pollfd){.fd = raw_connect(&p.bob), .events = POLLIN};
	assert_int_equal(poll(&gone, 1, FIXTURE_WAIT_S * 1000), 1); /* no handshake */
	close(gone.fd);
	int64_t start_us = clock_mono_us();
	raw_open(&r, &p.alice, &p.bob);
	raw_send(&r, head, 10); /* a head that does not end */
	raw_read_all(&r, answer, sizeof(answer));
	raw_close(&r);
	raw_open(&r, &p.alice, &p.bob);
	raw_send(&r, head, strlen(head)); /* a body that does not end */
	for (int i = 0; i < 1000 && gnutls_record_send(r.tls, "x", 1) == 1; i++)
		poll(NULL, 0, 20);
	raw_read_all(&r, answer, sizeof(answer));
	raw_close(&r);
	assert_true(clock_mono_us() - start_us < 10 * CLOCK_US_PER_S);
	p.bob.server->head_us = PEER_HEAD_S * CLOCK_US_PER_S;
	p.bob.server->request_us = PEER_REQUEST_S * CLOCK_US_PER_S;
	assert_serves(&p);
	assert_int_equal(p.bob.node.n_entries, 0);
	pair_free(&p);
}

static void
connections_are_limited(void **state)
{
	int fds[MANY_CONNECTIONS], closed = 0;
	struct pair p;

	(void)state;
	pair_init(&p);
	for (int i = 0; i < MANY_CONNECTIONS; i++)
		fds[i] = raw_connect(&p.bob);
	for (int i = 0; i < MANY_CONNECTIONS; i++) {
		struct pollfd one = {.fd = fds[i], .events = POLLIN};
		closed += poll(&one, 1, i < PEER_CONNECTIONS_OF_ADDRESS_MAX ? 0 : 1000);
	}
	assert_true(closed >= MANY_CONNECTIONS - PEER_CONNECTIONS_OF_ADDRESS_MAX);
	for (int i = 0; i < MANY_CONNECTIONS; i++)
		close(fds[i]);
	/* Their places are free again, if not at once. */
	const struct ask get = {.method = "GET", .path = "/peer/v1/" LOG_HEX "/proof/1"};
	struct got got = {0};
	for (int i = 0; i < 100 && got.status != 200; i++) {
		ask(&p.alice, &p.bob, &get, &got);
		poll(NULL, 0, 20);
	}
	assert_got(&got, 200, "7 proof");
	pair_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls_files),
		cmocka_unit_test(start_refuses),
		cmocka_unit_test(strangers_are_refused),
		cmocka_unit_test(paths_are_exact),
		cmocka_unit_test(checkpoints_are_answered),
		cmocka_unit_test(entries_are_answered),
		cmocka_unit_test(outcomes_have_their_status),
		cmocka_unit_test(gzip_is_bounded),
		cmocka_unit_test(large_bodies_are_not_read),
		cmocka_unit_test(truncated_body_stores_nothing),
		cmocka_unit_test(garbage_is_answered_or_dropped),
		cmocka_unit_test(two_readings_are_refused),
		cmocka_unit_test(slow_clients_are_cut),
		cmocka_unit_test(connections_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
