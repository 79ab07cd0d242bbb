/*
 * Files of evidence on the two nodes of node_fixture.h, given, carried and read.
 */
#ifndef SALURAN_TESTS_EVIDENCE_FIXTURE_H
#define SALURAN_TESTS_EVIDENCE_FIXTURE_H

#include "node_fixture.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/event_type.h"
#include "service/evidence.h"
#include "service/stream.h"

enum { FILE_BYTES = 200000, PIECE = 50000 };

/* ---- giving and carrying ----------------------------------------------------------- */

static inline const uint8_t *
pattern(struct fix *f, size_t len)
{
	uint8_t *p = arena_alloc(f->a, len);

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 7 + i / 253);
	return p;
}

static inline const char *
credential(struct fix *f, enum party p)
{
	return p == PARTY_AUTHORITY ? f->n[p].officer : f->n[p].agent;
}

static inline const char *
upload_begin(struct fix *f, enum party p, const char *casefile, const char *name,
	     size_t len)
{
	return fix_text(fix_must(f, p, credential(f, p), "POST",
				 arena_printf(f->a, "/v1/cases/%s/evidence", casefile),
				 json_pack("{s:s, s:I, s:s, s:s}", "name", name, "bytes",
					   (json_int_t)len, "media_type", "image/png",
					   "description", "the rahasia of the picture")),
			"upload");
}

/* One PUT, as the edge does it: bytes [from, to). */
static inline enum rc
upload_put(struct fix *f, enum party p, const char *id, const uint8_t *all, size_t from,
	   size_t to, json_t **ret, struct err *e)
{
	struct node *nd = f->n[p].nd;
	json_t *in = json_pack("{s:I}", "offset", (json_int_t)from);
	const struct service_route *r;
	const struct actor *who;
	struct reply out = {0};
	enum rc rc = actor_authenticate(nd, f->a, credential(f, p), &who, e);

	if (rc == RC_OK)
		rc = service_route_find("PUT", arena_printf(f->a, "/v1/uploads/%s", id),
					in, &r, e);
	if (rc == RC_OK)
		rc = service_run(nd, f->a, r, who, in, &out, e);
	for (size_t at = from; rc == RC_OK && at < to; at += 3333)
		rc = upload_take(out.upload, all + at, to - at < 3333 ? to - at : 3333,
				 e);
	if (rc == RC_OK)
		rc = upload_reply(out.upload, f->a, &out, e);
	upload_close(out.upload);
	*ret = out.json;
	json_decref(in);
	return rc;
}

static inline const char *
give(struct fix *f, enum party p, const char *casefile, const char *name,
     const uint8_t *bytes, size_t len)
{
	const char *id = upload_begin(f, p, casefile, name, len);
	struct err e = ERR_INIT;
	json_t *r;

	fix_ok(upload_put(f, p, id, bytes, 0, len, &r, &e), &e, "upload");
	assert_string_equal(fix_text(r, "state"), "waiting");
	return fix_text(r, "sha256");
}

static inline enum party
other(enum party p)
{
	return p == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;
}

/* One piece; RC_NOT_FOUND: no file waits.  `spoil` changes its first byte. */
static inline enum rc
carry_piece(struct fix *f, enum party p, uint64_t from, size_t len, bool spoil,
	    bool *ret_whole, uint64_t *ret_at, struct err *e)
{
	struct exchange_blob_push push;
	struct exchange_blob *b = NULL;
	struct hash digest;
	int64_t wait_us;
	enum rc rc = exchange_blob_next(f->n[p].nd, FIX_PEER, f->a, &push, &wait_us, e);

	if (rc != RC_OK)
		return rc;
	uint8_t *bytes = arena_alloc(f->a, len);
	if (from + len > push.total)
		len = (size_t)(push.total - from);
	assert_int_equal(pread(push.fd, bytes, len, (off_t)from), len);
	close(push.fd);
	if (spoil)
		bytes[0] ^= 1;
	hash_bytes(bytes, len, &digest);
	*ret_whole = false;
	rc = exchange_blob_open(f->n[other(p)].nd, FIX_PEER, &push.sha256, from,
				push.total, &b, ret_at, e);
	if (rc == RC_OK && b == NULL) {
		*ret_whole = true;
	} else if (rc == RC_OK) {
		rc = exchange_blob_put(b, bytes, len, e);
		if (rc == RC_OK)
			rc = exchange_blob_end(b, &digest, ret_whole, ret_at, e);
		exchange_blob_close(b);
	}
	if (rc == RC_OK && *ret_whole)
		rc = exchange_blob_delivered(f->n[p].nd, &push, e);
	return rc;
}

static inline void
carry_files(struct fix *f, enum party p)
{
	struct err e = ERR_INIT;
	uint64_t at = 0;
	bool whole;
	enum rc rc = RC_OK;

	while (rc == RC_OK) {
		rc = carry_piece(f, p, at, PIECE, false, &whole, &at, &e);
		if (rc == RC_OK && whole)
			at = 0;
	}
	assert_int_equal(rc, RC_NOT_FOUND);
}

/* Everything, both ways. */
static inline void
settle(struct fix *f)
{
	carry_files(f, PARTY_AUTHORITY);
	carry_files(f, PARTY_PLATFORM);
	fix_settle(f);
}

static inline void
check_all(struct fix *f, enum party p)
{
	struct err e = ERR_INIT;
	enum rc rc = RC_OK;

	while (rc == RC_OK)
		rc = service_evidence_check(f->n[p].nd, &e);
	if (rc != RC_NOT_FOUND)
		fail_msg("check: %s: %s", rc_token(rc), e.text);
}

/* The file as a person of `p` reads it. */
static inline enum rc
download(struct fix *f, enum party p, const char *sha256, const uint8_t *want, size_t len,
	 struct err *e)
{
	struct node *nd = f->n[p].nd;
	json_t *in = json_object();
	const struct service_route *r;
	const struct actor *who;
	struct reply out = {0};
	uint8_t piece[4000];
	size_t n = 1, at = 0;
	enum rc rc = actor_authenticate(nd, f->a, f->n[p].auditor, &who, e);

	if (rc == RC_OK)
		rc = service_route_find(
			"GET", arena_printf(f->a, "/v1/evidence/%s", sha256), in, &r, e);
	if (rc == RC_OK)
		rc = service_run(nd, f->a, r, who, in, &out, e);
	if (rc == RC_OK)
		assert_int_equal(download_len(out.download), len);
	while (rc == RC_OK && n != 0) {
		rc = download_read(out.download, piece, sizeof(piece), &n, e);
		if (rc == RC_OK) {
			assert_true(at + n <= len);
			assert_memory_equal(piece, want + at, n);
			at += n;
		}
	}
	if (rc == RC_OK)
		assert_int_equal(at, len);
	download_close(out.download);
	json_decref(in);
	return rc;
}

static inline json_t *
files_of(struct fix *f, enum party p, const char *casefile)
{
	return fix_must(f, p, f->n[p].auditor, "GET",
			arena_printf(f->a, "/v1/cases/%s/evidence", casefile), NULL);
}

static inline json_t *
file_at(struct fix *f, enum party p, const char *casefile, size_t n)
{
	json_t *file =
		json_array_get(json_object_get(files_of(f, p, casefile), "files"), n);

	assert_non_null(file);
	return file;
}

#endif
