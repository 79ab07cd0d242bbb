/*
 * Evidence on two nodes: given in pieces, delivered before its event, opened by the other
 * side, and rejected when it is not what its event says.
 */
#include "evidence_fixture.h"

/* ---- tests ------------------------------------------------------------------------- */

/* Both ways, and nothing is named before it is there. */
static void
test_both_ways(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;

	(void)state;
	fix_open(&f);
	const uint8_t *bytes = pattern(&f, FILE_BYTES);
	const char *id = fix_send(&f, "r-1", "a.example", 2);
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		enum party from = (enum party)p;
		const char *sha =
			give(&f, from, id, "bukti.png", bytes, FILE_BYTES - (size_t)p);
		/* It waits, visibly, and the log says nothing of it yet. */
		fix_settle(&f);
		assert_int_equal(fix_events(&f, from, from, "evidence.add"), 0);
		json_t *all = files_of(&f, from, id);
		assert_int_equal(json_array_size(json_object_get(all, "uploads")), 1);
		settle(&f);
		all = files_of(&f, from, id);
		assert_int_equal(json_array_size(json_object_get(all, "uploads")), 0);
		assert_int_equal(fix_events(&f, other(from), from, "evidence.add"), 1);
		const json_t *file = file_at(&f, other(from), id, (size_t)p);
		assert_string_equal(fix_text(file, "sha256"), sha);
		assert_string_equal(fix_text(file, "name"), "bukti.png");
		assert_string_equal(fix_text(file, "media_type"), "image/png");
		assert_string_equal(fix_text(file, "from"), party_name(from));
		check_all(&f, other(from));
		for (int q = 0; q < PARTY_COUNT; q++)
			fix_ok(download(&f, (enum party)q, sha, bytes,
					FILE_BYTES - (size_t)p, &e),
			       &e, "download");
	}
	/* Who read is on record, on the side that read: it is written with what the node
	 * commits next. */
	(void)fix_act(&f, PARTY_PLATFORM, id, "say", json_pack("{s:s}", "text", "x"));
	assert_int_equal(fix_query(&f, PARTY_PLATFORM,
				   "SELECT count(*) FROM access WHERE route = "
				   "'/v1/evidence/{sha256}' AND outcome = 'ok'"),
			 2);
	assert_int_equal(fix_events(&f, PARTY_PLATFORM, PARTY_PLATFORM, "blob.reject"),
			 0);
	fix_rebuilt_equal(&f, PARTY_AUTHORITY);
	fix_rebuilt_equal(&f, PARTY_PLATFORM);
	fix_close(&f);
}

/* An upload that breaks off goes on where whole chunks end, after a restart too. */
static void
test_upload_resumes(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	json_t *r;

	(void)state;
	fix_open(&f);
	const uint8_t *bytes = pattern(&f, FILE_BYTES);
	const char *id = fix_send(&f, "r-1", "a.example", 1);
	const char *up = upload_begin(&f, PARTY_AUTHORITY, id, "a", FILE_BYTES);
	/* Less than a chunk is nothing: it begins again. */
	for (int i = 0; i < 2; i++) {
		fix_ok(upload_put(&f, PARTY_AUTHORITY, up, bytes, 0, 1000, &r, &e), &e,
		       "0");
		assert_int_equal(fix_int(r, "offset"), 0);
	}
	fix_ok(upload_put(&f, PARTY_AUTHORITY, up, bytes, 0, 70000, &r, &e), &e, "1");
	assert_string_equal(fix_text(r, "state"), "receiving");
	size_t at = (size_t)fix_int(r, "offset");
	assert_int_equal(at, AGE_CHUNK - EVIDENCE_SALT_LEN);
	/* From elsewhere it does not go on. */
	assert_int_equal(
		upload_put(&f, PARTY_AUTHORITY, up, bytes, 70000, FILE_BYTES, &r, &e),
		RC_CONFLICT);
	assert_int_equal(fix_int(r, "offset"), at);
	fix_reopen(&f, PARTY_AUTHORITY);
	r = fix_must(&f, PARTY_AUTHORITY, f.n[PARTY_AUTHORITY].officer, "GET",
		     arena_printf(f.a, "/v1/uploads/%s", up), NULL);
	assert_int_equal(fix_int(r, "offset"), at);
	fix_ok(upload_put(&f, PARTY_AUTHORITY, up, bytes, at, 150000, &r, &e), &e, "2");
	at = (size_t)fix_int(r, "offset");
	assert_int_equal(at, 2 * AGE_CHUNK - EVIDENCE_SALT_LEN);
	fix_ok(upload_put(&f, PARTY_AUTHORITY, up, bytes, at, FILE_BYTES, &r, &e), &e,
	       "3");
	assert_string_equal(fix_text(r, "state"), "waiting");
	const char *sha = fix_text(r, "sha256");
	/* Whole: it takes no more. */
	assert_int_equal(upload_put(&f, PARTY_AUTHORITY, up, bytes, 0, 1, &r, &e),
			 RC_CONFLICT);
	fix_settle(&f);
	settle(&f);
	check_all(&f, PARTY_PLATFORM);
	fix_ok(download(&f, PARTY_PLATFORM, sha, bytes, FILE_BYTES, &e), &e, "download");
	fix_close(&f);
}

static void
test_upload_refused(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	json_t *r;

	(void)state;
	fix_open(&f);
	struct fix_node *n = &f.n[PARTY_AUTHORITY];
	const uint8_t *bytes = pattern(&f, 1000);
	const char *id = fix_send(&f, "r-1", "a.example", 1);
	const char *path = arena_printf(f.a, "/v1/cases/%s/evidence", id);
	fix_refused(&f, PARTY_AUTHORITY, n->auditor, "POST", path,
		    json_pack("{s:s, s:i}", "name", "x", "bytes", 1), RC_DENIED, "");
	fix_refused(&f, PARTY_AUTHORITY, n->officer, "POST", path,
		    json_pack("{s:s}", "name", "x"), RC_INVALID, "bytes");
	fix_refused(&f, PARTY_AUTHORITY, n->officer, "POST", path,
		    json_pack("{s:s, s:I}", "name", "x", "bytes",
			      (json_int_t)EVENT_FILE_PLAIN_MAX + 1),
		    RC_INVALID, "bytes");
	fix_refused(&f, PARTY_AUTHORITY, n->officer, "POST", path,
		    json_pack("{s:s, s:i}", "name", "../x", "bytes", 1), RC_INVALID,
		    "name");
	fix_refused(&f, PARTY_AUTHORITY, n->officer, "POST", path,
		    json_pack("{s:s, s:i}", "name", "..", "bytes", 1), RC_INVALID,
		    "name");
	const char *up = upload_begin(&f, PARTY_AUTHORITY, id, "a", 100);
	assert_int_equal(upload_put(&f, PARTY_AUTHORITY, up, bytes, 0, 101, &r, &e),
			 RC_TOO_LARGE);
	/* So many may be under way of one person. */
	for (int i = 1; i < EVIDENCE_OPEN_UPLOADS; i++)
		upload_begin(&f, PARTY_AUTHORITY, id, "a", 100);
	fix_refused(&f, PARTY_AUTHORITY, n->officer, "POST", path,
		    json_pack("{s:s, s:i}", "name", "a", "bytes", 1), RC_LIMIT,
		    "not finished");
	/* Dropped: its name is forgotten, it takes nothing. */
	fix_must(&f, PARTY_AUTHORITY, n->officer, "POST",
		 arena_printf(f.a, "/v1/uploads/%s/drop", up), NULL);
	assert_int_equal(upload_put(&f, PARTY_AUTHORITY, up, bytes, 0, 100, &r, &e),
			 RC_CONFLICT);
	fix_refused(&f, PARTY_AUTHORITY, n->officer, "POST",
		    arena_printf(f.a, "/v1/uploads/%s/drop", up), NULL, RC_CONFLICT,
		    "dropped");
	fix_refused(&f, PARTY_AUTHORITY, n->officer, "GET",
		    "/v1/uploads/01890a5d-ac96-774b-bcce-b302099a8057", NULL,
		    RC_NOT_FOUND, "upload");
	fix_close(&f);
}

/* Bytes of a file, from its end where `at` is negative, become others. */
static void
overwrite(const char *path, off_t at, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(lseek(fd, at, at < 0 ? SEEK_END : SEEK_SET) >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

/* Pieces: gaps, spoiled ones, two at once, other totals, a restart in between. */
static void
test_pieces(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	struct exchange_blob *b, *c;
	struct exchange_blob_push push;
	int64_t wait_us;
	uint64_t at = 0;
	bool whole;

	(void)state;
	fix_open(&f);
	const uint8_t *bytes = pattern(&f, FILE_BYTES);
	const char *id = fix_send(&f, "r-1", "a.example", 1);
	fix_settle(&f);
	give(&f, PARTY_AUTHORITY, id, "a", bytes, FILE_BYTES);
	struct node *to = f.n[PARTY_PLATFORM].nd;
	fix_ok(exchange_blob_next(f.n[PARTY_AUTHORITY].nd, FIX_PEER, f.a, &push, &wait_us,
				  &e),
	       &e, "next");
	close(push.fd);
	assert_int_equal(exchange_blob_head(to, FIX_PEER, &push.sha256, &whole, &at, &e),
			 RC_NOT_FOUND);
	/* A gap. */
	assert_int_equal(
		carry_piece(&f, PARTY_AUTHORITY, 10, 100, false, &whole, &at, &e),
		RC_CONFLICT);
	assert_int_equal(at, 0);
	fix_ok(carry_piece(&f, PARTY_AUTHORITY, 0, PIECE, false, &whole, &at, &e), &e,
	       "1");
	assert_int_equal(at, PIECE);
	/* Two at once; and one that is not ended is taken back. */
	fix_ok(exchange_blob_open(to, FIX_PEER, &push.sha256, at, push.total, &b, &at,
				  &e),
	       &e, "open");
	assert_int_equal(exchange_blob_open(to, FIX_PEER, &push.sha256, at, push.total,
					    &c, &at, &e),
			 RC_LIMIT);
	fix_ok(exchange_blob_put(b, bytes, 100, &e), &e, "put");
	exchange_blob_close(b);
	fix_ok(exchange_blob_head(to, FIX_PEER, &push.sha256, &whole, &at, &e), &e,
	       "head");
	assert_int_equal(at, PIECE);
	assert_false(whole);
	/* Another length than before; one that no file has. */
	assert_int_equal(exchange_blob_open(to, FIX_PEER, &push.sha256, at,
					    push.total + 1, &b, &at, &e),
			 RC_UNPROCESSABLE);
	struct hash elsewhere = push.sha256;
	elsewhere.b[0] ^= 1;
	assert_int_equal(exchange_blob_open(to, FIX_PEER, &elsewhere, 0,
					    (uint64_t)EVENT_FILE_LEN_MAX + 1, &b, &at,
					    &e),
			 RC_TOO_LARGE);
	/* The rest with a spoiled byte: the whole is not what it is called. */
	fix_ok(carry_piece(&f, PARTY_AUTHORITY, PIECE, PIECE, true, &whole, &at, &e), &e,
	       "spoiled");
	assert_int_equal(
		carry_piece(&f, PARTY_AUTHORITY, at, FILE_BYTES, false, &whole, &at, &e),
		RC_UNPROCESSABLE);
	fix_ok(exchange_blob_head(f.n[PARTY_PLATFORM].nd, FIX_PEER, &push.sha256, &whole,
				  &at, &e),
	       &e, "head");
	assert_int_equal(at, 0);
	settle(&f);
	assert_int_equal(fix_events(&f, PARTY_PLATFORM, PARTY_AUTHORITY, "evidence.add"),
			 1);
	fix_close(&f);
}

/* Where the power failed, what is on the disk can be longer than what was written, and
 * other bytes: then a file that is taken up begins anew, on both sides, and arrives. */
static void
test_power_fails(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	struct exchange_blob_push push;
	char hex[HASH_HEX_LEN + 1];
	uint8_t zeros[1000] = {0};
	int64_t wait_us;
	uint64_t at = 0;
	bool whole;
	json_t *r;

	(void)state;
	fix_open(&f);
	const uint8_t *bytes = pattern(&f, FILE_BYTES);
	const char *id = fix_send(&f, "r-1", "a.example", 1);
	fix_settle(&f);
	/* A person's upload. */
	const char *up = upload_begin(&f, PARTY_AUTHORITY, id, "a", FILE_BYTES);
	fix_ok(upload_put(&f, PARTY_AUTHORITY, up, bytes, 0, 150000, &r, &e), &e, "put");
	int64_t kept = fix_int(r, "offset");
	assert_true(kept > 0);
	fix_reopen(&f, PARTY_AUTHORITY);
	overwrite(arena_printf(f.a, "%s/blobs/out/%s", f.n[PARTY_AUTHORITY].dir, up),
		  -1000, zeros, sizeof(zeros));
	assert_int_equal(upload_put(&f, PARTY_AUTHORITY, up, bytes, (size_t)kept,
				    FILE_BYTES, &r, &e),
			 RC_CONFLICT);
	assert_int_equal(fix_int(r, "offset"), 0);
	fix_ok(upload_put(&f, PARTY_AUTHORITY, up, bytes, 0, FILE_BYTES, &r, &e), &e,
	       "put again");
	/* A file from the peer: a piece of zeros behind the one that was whole. */
	fix_ok(carry_piece(&f, PARTY_AUTHORITY, 0, PIECE, false, &whole, &at, &e), &e,
	       "1");
	fix_ok(exchange_blob_next(f.n[PARTY_AUTHORITY].nd, FIX_PEER, f.a, &push, &wait_us,
				  &e),
	       &e, "next");
	close(push.fd);
	fix_reopen(&f, PARTY_PLATFORM);
	overwrite(arena_printf(f.a, "%s/blobs/in/%s.%d", f.n[PARTY_PLATFORM].dir,
			       hash_hex(&push.sha256, hex), FIX_PEER),
		  0, zeros, sizeof(zeros));
	assert_int_equal(carry_piece(&f, PARTY_AUTHORITY, PIECE, FILE_BYTES + PIECE,
				     false, &whole, &at, &e),
			 RC_CONFLICT);
	assert_int_equal(at, 0);
	settle(&f);
	assert_int_equal(fix_events(&f, PARTY_PLATFORM, PARTY_AUTHORITY, "evidence.add"),
			 1);
	fix_ok(download(&f, PARTY_PLATFORM, hash_hex(&push.sha256, hex), bytes,
			FILE_BYTES, &e),
	       &e, "download");
	fix_close(&f);
}

static const char *
upload_state(struct fix *f, const char *id)
{
	return fix_text(fix_must(f, PARTY_AUTHORITY, f->n[PARTY_AUTHORITY].officer, "GET",
				 arena_printf(f->a, "/v1/uploads/%s", id), NULL),
			"state");
}

/* What the peer refuses is sent again while it is whole here; people are told. */
static void
test_refused_is_sent_again(void **state)
{
	static const char alarms[] = "SELECT count(*) FROM alarm WHERE kind = "
				     "'evidence' AND cleared_us = 0";
	static const struct err no = {.text = "no"};

	(void)state;
	for (int damaged = 0; damaged < 2; damaged++) {
		struct fix f;
		struct err e = ERR_INIT;
		struct exchange_blob_push push;
		char hex[HASH_HEX_LEN + 1];
		int64_t wait_us;
		fix_open(&f);
		const uint8_t *bytes = pattern(&f, FILE_BYTES);
		const char *id = fix_send(&f, "r-1", "a.example", 1);
		fix_settle(&f);
		give(&f, PARTY_AUTHORITY, id, "a", bytes, FILE_BYTES);
		struct node *nd = f.n[PARTY_AUTHORITY].nd;
		fix_ok(exchange_blob_next(nd, FIX_PEER, f.a, &push, &wait_us, &e), &e,
		       "next");
		close(push.fd);
		hash_hex(&push.sha256, hex);
		if (damaged)
			overwrite(arena_printf(f.a, "%s/blobs/%.2s/%s",
					       f.n[PARTY_AUTHORITY].dir, hex, hex),
				  1000, "x", 1);
		fix_ok(exchange_blob_failed(nd, &push, true, &no, &e), &e, "failed");
		assert_string_equal(upload_state(&f, push.id),
				    damaged ? "failed" : "waiting");
		assert_int_equal(fix_query(&f, PARTY_AUTHORITY, alarms), 1);
		if (!damaged) {
			fix_clock_add(120 * FIX_S);
			settle(&f);
			assert_int_equal(fix_query(&f, PARTY_AUTHORITY, alarms), 0);
			assert_string_equal(upload_state(&f, push.id), "sent");
		}
		fix_close(&f);
	}
}

/* An event whose file did not come is not stored, and gets no receipt. */
static void
test_no_receipt_without_the_file(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	struct exchange_blob_push push;
	int64_t wait_us;

	(void)state;
	fix_open(&f);
	const uint8_t *bytes = pattern(&f, 1000);
	const char *id = fix_send(&f, "r-1", "a.example", 1);
	fix_settle(&f);
	give(&f, PARTY_AUTHORITY, id, "a", bytes, 1000);
	fix_ok(exchange_blob_next(f.n[PARTY_AUTHORITY].nd, FIX_PEER, f.a, &push, &wait_us,
				  &e),
	       &e, "next");
	/* The sender lies to itself: its event goes out without the file. */
	fix_ok(exchange_blob_delivered(f.n[PARTY_AUTHORITY].nd, &push, &e), &e,
	       "delivered");
	assert_int_equal(fix_carry_try(&f, PARTY_AUTHORITY, CUT_NOTHING, &e),
			 RC_UNPROCESSABLE);
	assert_non_null(strstr(e.text, "blob 0"));
	assert_int_equal(fix_events(&f, PARTY_PLATFORM, PARTY_AUTHORITY, "evidence.add"),
			 0);
	/* With the file it goes on. */
	struct exchange_blob *b;
	struct hash digest;
	uint64_t at;
	bool whole;
	uint8_t *all = arena_alloc(f.a, push.total);
	assert_int_equal(pread(push.fd, all, push.total, 0), push.total);
	close(push.fd);
	hash_bytes(all, push.total, &digest);
	fix_ok(exchange_blob_open(f.n[PARTY_PLATFORM].nd, FIX_PEER, &push.sha256, 0,
				  push.total, &b, &at, &e),
	       &e, "open");
	fix_ok(exchange_blob_put(b, all, push.total, &e), &e, "put");
	fix_ok(exchange_blob_end(b, &digest, &whole, &at, &e), &e, "end");
	exchange_blob_close(b);
	fix_settle(&f);
	assert_int_equal(fix_events(&f, PARTY_PLATFORM, PARTY_AUTHORITY, "evidence.add"),
			 1);
	fix_close(&f);
}

/* Files that no event comes for go after a day; those that are named stay. */
static void
test_loose_files_go(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	uint64_t at = 0;
	int64_t wait_us;
	bool whole;

	(void)state;
	fix_open(&f);
	const uint8_t *bytes = pattern(&f, FILE_BYTES);
	const char *id = fix_send(&f, "r-1", "a.example", 1);
	fix_settle(&f);
	give(&f, PARTY_AUTHORITY, id, "a", bytes, 1000);
	settle(&f);
	give(&f, PARTY_AUTHORITY, id, "b", bytes, FILE_BYTES);
	fix_ok(carry_piece(&f, PARTY_AUTHORITY, 0, PIECE, false, &whole, &at, &e), &e,
	       "1");
	const char *count = "SELECT count(*) FROM evidence_file";
	assert_int_equal(fix_query(&f, PARTY_PLATFORM, count), 2);
	fix_ok(service_tick(f.n[PARTY_PLATFORM].nd, FIX_S, &wait_us, &e), &e, "tick");
	assert_int_equal(fix_query(&f, PARTY_PLATFORM, count), 2);
	fix_clock_add((EVIDENCE_LOOSE_S + 60) * FIX_S);
	fix_ok(service_tick(f.n[PARTY_PLATFORM].nd, FIX_S, &wait_us, &e), &e, "tick");
	assert_int_equal(fix_query(&f, PARTY_PLATFORM, count), 1);
	/* It comes again from its beginning. */
	settle(&f);
	assert_int_equal(fix_query(&f, PARTY_PLATFORM, count), 2);
	fix_close(&f);
}

/* A sealed file of another making: what it commits to is not what is in it. */
static void
test_reject(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;

	(void)state;
	fix_open(&f);
	const uint8_t *bytes = pattern(&f, 1000);
	const char *id = fix_send(&f, "r-1", "a.example", 1);
	fix_settle(&f);
	const char *good = give(&f, PARTY_AUTHORITY, id, "a", bytes, 1000);
	carry_files(&f, PARTY_AUTHORITY);
	const char *bad = give(&f, PARTY_AUTHORITY, id, "b", bytes, 999);
	/* The authority's node is made to lie about the plaintext. */
	(void)fix_query(&f, PARTY_AUTHORITY,
			"UPDATE evidence_out SET pt_commit = zeroblob(32) WHERE name = "
			"'b'");
	settle(&f);
	check_all(&f, PARTY_PLATFORM);
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		enum party side = (enum party)p;
		assert_int_equal(fix_events(&f, side, PARTY_PLATFORM, "blob.reject"), 1);
		assert_null(fix_text(file_at(&f, side, id, 0), "rejected"));
		assert_string_equal(fix_text(file_at(&f, side, id, 1), "rejected"),
				    "commitment");
		fix_rebuilt_equal(&f, side);
	}
	assert_int_equal(download(&f, PARTY_PLATFORM, bad, bytes, 999, &e), RC_CONFLICT);
	fix_ok(download(&f, PARTY_PLATFORM, good, bytes, 1000, &e), &e, "download");
	assert_int_equal(fix_query(&f, PARTY_PLATFORM,
				   "SELECT count(*) FROM alarm WHERE kind = 'evidence' "
				   "AND cleared_us = 0"),
			 1);
	fix_close(&f);
}

/* The peer will not have it: people see why, and other files go on. */
static void
test_refused_by_the_peer(void **state)
{
	enum { LATER_S = 120 };
	static const struct err down = {.text = "connection refused",
					.retry_after_s = LATER_S};
	static const struct err large = {.text = "413: too large"};
	struct fix f;
	struct err e = ERR_INIT;
	struct exchange_blob_push push;
	int64_t wait_us;

	(void)state;
	fix_open(&f);
	const uint8_t *bytes = pattern(&f, 1000);
	const char *id = fix_send(&f, "r-1", "a.example", 1);
	fix_settle(&f);
	give(&f, PARTY_AUTHORITY, id, "a", bytes, 1000);
	give(&f, PARTY_AUTHORITY, id, "b", bytes, 900);
	struct node *nd = f.n[PARTY_AUTHORITY].nd;
	fix_ok(exchange_blob_next(nd, FIX_PEER, f.a, &push, &wait_us, &e), &e, "next");
	close(push.fd);
	/* Down: it waits, and the other is tried first. */
	fix_ok(exchange_blob_failed(nd, &push, false, &down, &e), &e, "f");
	const char *first = push.id;
	fix_ok(exchange_blob_next(nd, FIX_PEER, f.a, &push, &wait_us, &e), &e, "next");
	close(push.fd);
	assert_string_not_equal(push.id, first);
	for (int i = 0; i < 4; i++)
		fix_ok(exchange_blob_failed(nd, &push, true, &large, &e), &e, "f");
	json_t *uploads = json_object_get(files_of(&f, PARTY_AUTHORITY, id), "uploads");
	assert_int_equal(json_array_size(uploads), 2);
	assert_string_equal(fix_text(json_array_get(uploads, 0), "reason"),
			    "connection refused");
	assert_string_equal(fix_text(json_array_get(uploads, 1), "state"), "failed");
	assert_int_equal(exchange_blob_next(nd, FIX_PEER, f.a, &push, &wait_us, &e),
			 RC_RETRY);
	/* It said when: longer than we would have waited. */
	assert_in_range(wait_us, (LATER_S - 30) * FIX_S, LATER_S * FIX_S);
	fix_clock_add((LATER_S + 1) * FIX_S);
	settle(&f);
	assert_int_equal(fix_events(&f, PARTY_PLATFORM, PARTY_AUTHORITY, "evidence.add"),
			 1);
	fix_close(&f);
}

static void
lose(struct fix *f, enum party p, const char *sha256)
{
	assert_int_equal(unlink(arena_printf(f->a, "%s/blobs/%.2s/%s", f->n[p].dir,
					     sha256, sha256)),
			 0);
}

/* A file that a disk has lost holds up none of the others, and is not said to be the
 * other side's fault. */
static void
test_lost_on_disk(void **state)
{
	const enum party A = PARTY_AUTHORITY, P = PARTY_PLATFORM;
	struct fix f;
	struct err e = ERR_INIT;
	uint64_t at = 0;
	bool whole;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "L-1", "bad.example", 1);
	fix_settle(&f);
	const uint8_t *bytes = pattern(&f, 3 * PIECE);
	lose(&f, A, give(&f, A, c, "lost.png", bytes, 1000));
	const char *second = give(&f, A, c, "second.png", bytes, 2000);
	const char *third = give(&f, A, c, "third.png", bytes, 3000);
	assert_int_equal(carry_piece(&f, A, 0, PIECE, false, &whole, &at, &e), RC_RETRY);
	settle(&f);
	assert_int_equal(fix_events(&f, P, A, "evidence.add"), 2);
	assert_int_equal(fix_query(&f, A,
				   "SELECT count(*) FROM evidence_out WHERE state = "
				   "'failed'"),
			 1);
	lose(&f, P, second);
	check_all(&f, P);
	assert_int_equal(fix_events(&f, P, P, "blob.reject"), 0);
	assert_int_equal(
		fix_query(&f, P, "SELECT count(*) FROM alarm WHERE kind = 'evidence'"),
		1);
	assert_int_equal(download(&f, P, second, bytes, 2000, &e), RC_GONE);
	fix_ok(download(&f, P, third, bytes, 3000, &e), &e, "third");
	fix_close(&f);
}

/* Both sides, as a proof of equivocation would. */
static void
freeze(struct fix *f, enum party p, bool yes)
{
	f->n[p].nd->guard[FIX_PEER].frozen = yes;
}

/* What waits while the channel is frozen is not lost: the peer takes no piece, confirms
 * what it has, and the event is appended when the channel goes on. */
static void
test_frozen(void **state)
{
	const enum party A = PARTY_AUTHORITY, P = PARTY_PLATFORM;
	struct exchange_blob_push push;
	struct exchange_blob *b = NULL;
	struct err e = ERR_INIT;
	int64_t wait_us;
	uint64_t at = 0;
	struct fix f;
	bool whole;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "F-1", "bad.example", 1);
	fix_settle(&f);
	const uint8_t *bytes = pattern(&f, PIECE);
	give(&f, A, c, "a.png", bytes, PIECE);
	freeze(&f, P, true);
	assert_int_equal(carry_piece(&f, A, 0, PIECE, false, &whole, &at, &e), RC_FROZEN);
	freeze(&f, P, false);
	fix_ok(carry_piece(&f, A, 0, 1000, false, &whole, &at, &e), &e, "first piece");
	freeze(&f, P, true);
	assert_int_equal(carry_piece(&f, A, 1000, 1000, false, &whole, &at, &e),
			 RC_FROZEN);
	freeze(&f, P, false);
	/* Frozen here when the last piece is there. */
	freeze(&f, A, true);
	fix_ok(exchange_blob_next(f.n[A].nd, FIX_PEER, f.a, &push, &wait_us, &e), &e,
	       "next");
	close(push.fd);
	fix_ok(carry_piece(&f, A, 1000, 2 * PIECE, false, &whole, &at, &e), &e,
	       "the rest");
	assert_true(whole);
	assert_int_equal(fix_events(&f, A, A, "evidence.add"), 0);
	assert_int_equal(fix_query(&f, A,
				   "SELECT count(*) FROM evidence_out WHERE state = "
				   "'waiting'"),
			 1);
	/* What is whole is confirmed. */
	freeze(&f, P, true);
	fix_ok(exchange_blob_open(f.n[P].nd, FIX_PEER, &push.sha256, 0, push.total, &b,
				  &at, &e),
	       &e, "whole");
	assert_null(b);
	freeze(&f, A, false);
	freeze(&f, P, false);
	fix_exec(&f, A, "UPDATE evidence_out SET next_us = 0");
	settle(&f);
	assert_int_equal(fix_events(&f, P, A, "evidence.add"), 1);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lost_on_disk),
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_upload_resumes),
		cmocka_unit_test(test_upload_refused),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_power_fails),
		cmocka_unit_test(test_refused_is_sent_again),
		cmocka_unit_test(test_no_receipt_without_the_file),
		cmocka_unit_test(test_loose_files_go),
		cmocka_unit_test(test_reject),
		cmocka_unit_test(test_refused_by_the_peer),
		cmocka_unit_test(test_frozen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
