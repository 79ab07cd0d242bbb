/*
 * What people are shown of evidence: still pictures, grey before clear, each on record,
 * so many in a shift, and of some categories none.
 */
#include "evidence_fixture.h"

#include "service/reveal.h"

#define AUTHORITY PARTY_AUTHORITY

enum { PICTURE_BYTES = 1000 };

/* A case with a file that begins like this; returns the file's hash. */
static const char *
picture_in(struct fix *f, const char *casefile, const char *head, size_t head_len)
{
	uint8_t *bytes = arena_copy(f->a, pattern(f, PICTURE_BYTES), PICTURE_BYTES);

	memcpy(bytes, head, head_len);
	const char *sha = give(f, AUTHORITY, casefile, "bukti", bytes, PICTURE_BYTES);
	fix_settle(f);
	settle(f);
	return sha;
}

static const char *
jpeg(struct fix *f, const char *casefile)
{
	return picture_in(f, casefile, "\xff\xd8\xff\xe0", 4);
}

static const char *
path_of(struct fix *f, const char *sha)
{
	return arena_printf(f->a, "/v1/evidence/%s/reveal", sha);
}

static json_t *
stage(const char *name)
{
	return json_pack("{s:s, s:s}", "stage", name, "reason", "Needed to decide");
}

/* The picture as a browser fetches it. */
static enum rc
view(struct fix *f, enum party p, const char *credential_, const char *sha,
     const char *reveal, const char **ret_type, struct err *e)
{
	json_t *in = json_pack("{s:s}", "reveal", reveal);
	const struct service_route *r;
	const struct actor *who;
	struct reply out = {0};
	enum rc rc = actor_authenticate(f->n[p].nd, f->a, credential_, &who, e);

	if (rc == RC_OK)
		rc = service_route_find(
			"GET", arena_printf(f->a, "/v1/evidence/%s/picture", sha), in, &r,
			e);
	if (rc == RC_OK)
		rc = service_run(f->n[p].nd, f->a, r, who, in, &out, e);
	if (rc == RC_OK) {
		*ret_type = arena_strdup(f->a, download_type(out.download));
		assert_int_equal(download_len(out.download), PICTURE_BYTES);
	}
	download_close(out.download);
	json_decref(in);
	return rc;
}

static void
grey_comes_before_clear(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	const char *type;

	(void)state;
	fix_open(&f);
	const char *id = fix_send(&f, "r-1", "a.example", 1);
	const char *sha = jpeg(&f, id), *agent = f.n[PARTY_PLATFORM].agent;
	fix_refused(&f, PARTY_PLATFORM, agent, "POST", path_of(&f, sha), stage("clear"),
		    RC_CONFLICT, "blurred first");
	json_t *got = fix_must(&f, PARTY_PLATFORM, agent, "POST", path_of(&f, sha),
			       json_pack("{s:s}", "stage", "grey"));
	const char *grey = fix_text(got, "reveal");
	fix_refused(&f, PARTY_PLATFORM, agent, "POST", path_of(&f, sha),
		    json_pack("{s:s}", "stage", "clear"), RC_INVALID, "reason");
	fix_refused(&f, PARTY_PLATFORM, agent, "POST", path_of(&f, sha),
		    stage("whatever"), RC_INVALID, "stage");
	got = fix_must(&f, PARTY_PLATFORM, agent, "POST", path_of(&f, sha),
		       stage("clear"));
	assert_int_equal(fix_int(got, "left"), 119);
	fix_ok(view(&f, PARTY_PLATFORM, agent, sha, fix_text(got, "reveal"), &type, &e),
	       &e, "view");
	assert_string_equal(type, "image/jpeg");
	fix_ok(view(&f, PARTY_PLATFORM, agent, sha, grey, &type, &e), &e, "grey");
	/* Nobody else by it, and not for long. */
	assert_int_equal(view(&f, PARTY_PLATFORM, f.n[PARTY_PLATFORM].auditor, sha, grey,
			      &type, &e),
			 RC_GONE);
	fix_clock_add((REVEAL_VIEW_S + 1) * FIX_S);
	assert_int_equal(view(&f, PARTY_PLATFORM, agent, sha, grey, &type, &e), RC_GONE);
	/* What was shown is on record there, for auditors, and the other side knows
	 * nothing. */
	got = fix_must(&f, PARTY_PLATFORM, f.n[PARTY_PLATFORM].auditor, "GET",
		       "/v1/reveals", NULL);
	json_t *rows = json_object_get(got, "reveals"), *first = json_array_get(rows, 0);
	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(fix_text(first, "stage"), "clear");
	assert_string_equal(fix_text(first, "reason"), "Needed to decide");
	assert_string_equal(fix_text(first, "case"), id);
	assert_string_equal(fix_text(first, "sha256"), sha);
	fix_refused(&f, PARTY_PLATFORM, agent, "GET", "/v1/reveals", NULL, RC_DENIED,
		    "needs one of");
	got = fix_must(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET", "/v1/reveals", NULL);
	assert_int_equal(json_array_size(json_object_get(got, "reveals")), 0);
	fix_clock_reset();
	fix_close(&f);
}

/* By its bytes, and only what stands still. */
static void
only_still_pictures_are_shown(void **state)
{
	static const struct {
		const char *head;
		size_t len;
		const char *type; /* NULL: not shown */
	} files[] = {
		{"\xff\xd8\xff\xe0", 4, "image/jpeg"},
		{"\x89PNG\r\n\x1a\n....IHDR....IDAT", 24, "image/png"},
		{"\x89PNG\r\n\x1a\n....acTL....IDAT", 24, NULL},
		{"\x89PNG\r\n\x1a\n....IHDR........", 24, NULL},
		{"RIFF....WEBPVP8 ", 16, "image/webp"},
		{"RIFF....WEBPVP8X\0\0\0\0\0", 21, "image/webp"},
		{"RIFF....WEBPVP8X\0\0\0\0\2", 21, NULL},
		{"GIF89a", 6, NULL},
		{"<svg xmlns=", 11, NULL},
		{"\0\0\0\x18"
		 "ftypmp42",
		 12, NULL},
		{"<!doctype html>", 15, NULL},
	};
	struct fix f;
	struct err e = ERR_INIT;
	const char *type;

	(void)state;
	fix_open(&f);
	const char *id = fix_send(&f, "r-1", "a.example", 1);
	const char *officer = f.n[AUTHORITY].officer;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *sha = picture_in(&f, id, files[i].head, files[i].len);
		if (files[i].type == NULL) {
			fix_refused(&f, AUTHORITY, officer, "POST", path_of(&f, sha),
				    stage("grey"), RC_UNSUPPORTED, "still pictures");
			continue;
		}
		json_t *got = fix_must(&f, AUTHORITY, officer, "POST", path_of(&f, sha),
				       stage("grey"));
		fix_ok(view(&f, AUTHORITY, officer, sha, fix_text(got, "reveal"), &type,
			    &e),
		       &e, "view");
		assert_string_equal(type, files[i].type);
	}
	fix_close(&f);
}

static void
see_both(struct fix *f, const char *who, const char *sha)
{
	fix_must(f, AUTHORITY, who, "POST", path_of(f, sha), stage("grey"));
	fix_must(f, AUTHORITY, who, "POST", path_of(f, sha), stage("clear"));
}

/* So many in a shift; a person may want fewer, never more. */
static void
a_shift_has_its_measure(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;

	(void)state;
	fix_open(&f);
	fix_ok(node_configure(f.n[AUTHORITY].nd, "media.per_shift", "3", &e), &e, "set");
	const char *id = fix_send(&f, "r-1", "a.example", 1);
	const char *sha = jpeg(&f, id), *officer = f.n[AUTHORITY].officer;
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/me/shield",
		    json_pack("{s:s, s:i}", "pictures", "staged", "per_shift", 4),
		    RC_INVALID, "at most 3");
	fix_must(&f, AUTHORITY, officer, "POST", "/v1/me/shield",
		 json_pack("{s:s, s:i}", "pictures", "staged", "per_shift", 2));
	see_both(&f, officer, sha);
	see_both(&f, officer, sha);
	fix_refused(&f, AUTHORITY, officer, "POST", path_of(&f, sha), stage("clear"),
		    RC_LIMIT, "2 pictures in this shift");
	json_t *got = fix_must(&f, AUTHORITY, officer, "GET", "/v1/me/shield", NULL);
	assert_int_equal(fix_int(got, "left"), 0);
	assert_non_null(fix_text(got, "next"));
	/* Back to what the organisation lets, and no further. */
	fix_must(&f, AUTHORITY, officer, "POST", "/v1/me/shield",
		 json_pack("{s:s}", "pictures", "staged"));
	fix_must(&f, AUTHORITY, officer, "POST", path_of(&f, sha), stage("clear"));
	fix_refused(&f, AUTHORITY, officer, "POST", path_of(&f, sha), stage("clear"),
		    RC_LIMIT, "3 pictures in this shift");
	/* A colleague has a measure of their own; the next shift too. */
	see_both(&f, f.n[AUTHORITY].approver, sha);
	fix_clock_add(INT64_C(8) * 3600 * FIX_S);
	see_both(&f, officer, sha);
	/* Who wants no pictures sees none. */
	fix_must(&f, AUTHORITY, officer, "POST", "/v1/me/shield",
		 json_pack("{s:s}", "pictures", "never"));
	fix_refused(&f, AUTHORITY, officer, "POST", path_of(&f, sha), stage("grey"),
		    RC_DENIED, "your settings");
	fix_clock_reset();
	fix_close(&f);
}

static void
refused_in(struct fix *f, const char *sha)
{
	fix_refused(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", path_of(f, sha),
		    stage("grey"), RC_DENIED, "never shown");
}

/* Of these categories only the hash is worked with: whatever a node is set to. */
static void
some_categories_are_never_shown(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	const char *p = fix_policy, *word = "\"terrorism\"", *hit = strstr(p, word);

	(void)state;
	struct arena *a = arena_create();
	const char *policy = arena_printf(a, "%.*s\"child_abuse\"%s", (int)(hit - p), p,
					  hit + strlen(word));
	fix_open_policy(&f, policy);
	json_t *got = fix_must(
		&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/notices",
		json_pack("{s:s, s:s, s:s, s:s}", "csv",
			  "target,category\nhttps://a.example/1,other\n"
			  "https://a.example/2,child_abuse\n",
			  "reference", "r-1", "subject", "s", "legal_basis", "b"));
	const char *id = fix_text(got, "case");
	fix_settle(&f);
	refused_in(&f, jpeg(&f, id));
	got = files_of(&f, AUTHORITY, id);
	assert_true(json_is_true(json_object_get(got, "never")));
	/* An organisation may name more. */
	id = fix_send(&f, "r-2", "b.example", 1);
	const char *sha = jpeg(&f, id);
	got = files_of(&f, AUTHORITY, id);
	assert_false(json_is_true(json_object_get(got, "never")));
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", path_of(&f, sha),
		 stage("grey"));
	fix_ok(node_configure(f.n[AUTHORITY].nd, "media.never", "gambling other", &e), &e,
	       "set");
	refused_in(&f, sha);
	fix_close(&f);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grey_comes_before_clear),
		cmocka_unit_test(only_still_pictures_are_shown),
		cmocka_unit_test(a_shift_has_its_measure),
		cmocka_unit_test(some_categories_are_never_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
