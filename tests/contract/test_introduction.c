/*
 * How two nodes come to one channel: files that are made again, and by both sides at
 * once.
 */
#include "node_fixture.h"

#include <string.h>

#include "service/node_int.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

/* The same file again for the same peer; never in silence with another policy. */
static void
introduced_again(void **state)
{
	struct fix f;

	(void)state;
	fix_open_one(&f, AUTHORITY);
	const char *admin = f.n[AUTHORITY].admin, *path = "/v1/peers/introduce";
	json_t *first = fix_must(
		&f, AUTHORITY, admin, "POST", path,
		json_pack("{s:s, s:s}", "peer", "platform.example", "policy", "demo"));
	json_t *again = fix_must(&f, AUTHORITY, admin, "POST", path,
				 json_pack("{s:s}", "peer", "platform.example"));
	assert_string_equal(fix_text(again, "channel"), fix_text(first, "channel"));
	fix_refused(
		&f, AUTHORITY, admin, "POST", path,
		json_pack("{s:s, s:s}", "peer", "platform.example", "policy", "id-2020"),
		RC_CONFLICT, "another policy");
	fix_close(&f);
}

static json_t *
file_made(struct fix *f, enum party p, const char *policy)
{
	const char *peer = p == AUTHORITY ? "platform.example" : "authority.example";

	return fix_must(f, p, f->n[p].admin, "POST", "/v1/peers/introduce",
			json_pack("{s:s, s:s*}", "peer", peer, "policy", policy));
}

static json_t *
file_in(const json_t *file)
{
	return json_pack("{s:s, s:s, s:s}", "file", fix_text(file, "file"), "fingerprint",
			 fix_text(file, "fingerprint"), "policy", fix_policy);
}

/* Both have made a file before either added one: the channel of the lower id stands,
 * whoever adds first. */
static void
introduced_by_both(void **state)
{
	struct fix f;

	(void)state;
	fix_open_apart(&f);
	json_t *made[PARTY_COUNT] = {
		[PARTY_AUTHORITY] = file_made(&f, AUTHORITY, fix_policy),
		[PARTY_PLATFORM] = file_made(&f, PLATFORM, fix_policy),
	};
	const char *a = fix_text(made[AUTHORITY], "channel"),
		   *b = fix_text(made[PLATFORM], "channel");
	enum party stands = strcmp(a, b) < 0 ? AUTHORITY : PLATFORM,
		   yields = party_other(stands);
	const char *channel = fix_text(made[stands], "channel");

	fix_refused(&f, stands, f.n[stands].admin, "POST", "/v1/peers",
		    file_in(made[yields]), RC_CONFLICT, "ours stands");
	fix_must(&f, yields, f.n[yields].admin, "POST", "/v1/peers",
		 file_in(made[stands]));
	json_t *anew = file_made(&f, yields, NULL);
	assert_string_equal(fix_text(anew, "channel"), channel);
	fix_must(&f, stands, f.n[stands].admin, "POST", "/v1/peers", file_in(anew));
	/* It is one channel: a case passes. */
	fix_settle(&f);
	fix_send(&f, "R-1", "bad.example", 1);
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		assert_int_equal(
			fix_query(&f, (enum party)p, "SELECT count(*) FROM channel"), 1);
		assert_int_equal(
			fix_query(&f, (enum party)p, "SELECT count(*) FROM log_head"), 2);
		assert_int_equal(
			fix_query(&f, (enum party)p, "SELECT count(*) FROM v_case"), 1);
	}
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(introduced_again),
		cmocka_unit_test(introduced_by_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
