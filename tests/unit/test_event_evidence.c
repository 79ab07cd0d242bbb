/* What the bodies of evidence events cannot say by their fields: files and blobs agree,
 * an erasure has one scope, both sides may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/event_type.h"

#define CASE_ID "01890a5d-ac96-774b-bcce-b302099a8057"
#define HEX	"3e6d49c14b74e551564584d4cc66fd13033e5aaec3b1507af110c366166d5db5"
#define ONE	"{\"ct_sha256\":\"" HEX "\",\"ct_len\":1,\"pt_commit\":\"" HEX "\"}"

static enum rc
check(const char *type, const char *body, size_t sd, size_t refs, size_t blobs,
      bool other_blob)
{
	static const struct event_ref ref = {.log = "a/c/42/e0"};
	struct hash digests[2] = {0}, hashes[2] = {0};
	struct err e = ERR_INIT;
	struct event ev = {.type = type,
			   .casefile = CASE_ID,
			   .by = "p-1",
			   .body = json_loads(body, 0, NULL),
			   .sd = digests,
			   .n_sd = sd,
			   .refs = &ref,
			   .n_refs = refs,
			   .blobs = hashes,
			   .n_blobs = blobs};

	assert_non_null(ev.body);
	assert_int_equal(hash_parse_hex(HEX, HASH_HEX_LEN, &hashes[0]), RC_OK);
	hashes[0].b[0] ^= other_blob;
	enum rc rc = event_type_check(&ev, PARTY_AUTHORITY, &e);
	assert_int_equal(event_type_check(&ev, PARTY_PLATFORM, &e), rc);
	json_decref(ev.body);
	return rc;
}

static void
files_are_blobs(void **state)
{
	const char *one = "{\"files\":[" ONE "]}", *two = "{\"files\":[" ONE "," ONE "]}";

	(void)state;
	assert_int_equal(check("evidence.add", one, 1, 0, 1, false), RC_OK);
	assert_int_equal(check("evidence.add", one, 1, 0, 1, true), RC_INVALID);
	assert_int_equal(check("evidence.add", one, 1, 0, 0, false), RC_INVALID);
	assert_int_equal(check("evidence.add", one, 2, 0, 1, false), RC_INVALID);
	assert_int_equal(check("evidence.add", one, 0, 0, 1, false), RC_INVALID);
	assert_int_equal(check("evidence.add", two, 1, 0, 1, false), RC_INVALID);
	assert_int_equal(check("evidence.add", "{\"files\":[]}", 1, 0, 1, false),
			 RC_INVALID);
	assert_int_equal(check("evidence.add",
			       "{\"files\":[{\"ct_sha256\":\"" HEX
			       "\",\"ct_len\":0,\"pt_commit\":\"" HEX "\"}]}",
			       1, 0, 1, false),
			 RC_INVALID);
}

static void
rejections_say_why(void **state)
{
	const char *good = "{\"sha256\":\"" HEX "\",\"why\":\"commitment\"}";

	(void)state;
	assert_int_equal(check("blob.reject", good, 0, 1, 0, false), RC_OK);
	assert_int_equal(check("blob.reject", good, 0, 0, 0, false), RC_INVALID);
	assert_int_equal(check("blob.reject",
			       "{\"sha256\":\"" HEX "\",\"why\":\"dislike\"}", 0, 1, 0,
			       false),
			 RC_INVALID);
}

static void
erasures_have_one_scope(void **state)
{
	const char *below = "{\"request\":\"" CASE_ID "\",\"what\":\"all\",\"below\":"
			    "{\"authority\":1,\"platform\":0}}";
	const char *named = "{\"request\":\"" CASE_ID "\",\"what\":\"texts\"}";

	(void)state;
	assert_int_equal(check("erase.request", below, 1, 0, 0, false), RC_OK);
	assert_int_equal(check("erase.request", below, 1, 1, 0, false), RC_INVALID);
	assert_int_equal(check("erase.request", named, 1, 1, 0, false), RC_OK);
	assert_int_equal(check("erase.request", named, 1, 0, 0, false), RC_INVALID);
	assert_int_equal(check("erase.request", named, 0, 1, 0, false), RC_INVALID);
	assert_int_equal(check("erase.done", below, 0, 0, 0, false), RC_OK);
	assert_int_equal(check("erase.done", "{\"what\":\"files\"}", 0, 1, 0, false),
			 RC_OK);
	assert_int_equal(check("erase.done", "{\"what\":\"some\"}", 0, 1, 0, false),
			 RC_INVALID);
}

static void
holds_have_a_reason(void **state)
{
	const char *hold = "{\"hold\":\"" CASE_ID "\"}";

	(void)state;
	assert_int_equal(check("hold.place", hold, 1, 0, 0, false), RC_OK);
	assert_int_equal(check("hold.place", hold, 0, 0, 0, false), RC_INVALID);
	assert_int_equal(check("hold.release", hold, 1, 0, 0, false), RC_OK);
	assert_int_equal(check("hold.release", "{}", 1, 0, 0, false), RC_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_blobs),
		cmocka_unit_test(rejections_say_why),
		cmocka_unit_test(erasures_have_one_scope),
		cmocka_unit_test(holds_have_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
