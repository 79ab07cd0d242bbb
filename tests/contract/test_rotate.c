/*
 * New keys of one side (protocol 9): nothing is lost, what was signed before still
 * verifies, and the node survives to be killed anywhere.
 */
#include "rotate_fixture.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "core/bundle.h"

enum { POINTS_MAX = 40 };

/* Either side, while a case is under way. */
static void
rotated(enum party p)
{
	struct fix f;
	struct err e = ERR_INIT;

	fix_open(&f);
	const char *before = fix_send(&f, "R-1", "bad.example", 2);
	fix_settle(&f);
	fix_act(&f, PLATFORM, before, "accept", NULL);
	fix_settle(&f);
	/* And something that the other side does not have yet. */
	fix_act(&f, p, before, "say", json_pack("{s:s}", "text", "before"));
	rotate(&f, p, 1);
	const char *after = fix_send(&f, "R-2", "worse.example", 2);

	/* Until the other side knows the entry, nothing that the new keys sign is taken.
	 */
	assert_int_equal(fix_carry_try(&f, p, CUT_NOTHING, &e), RC_DENIED);
	tell(&f, p);
	fix_settle(&f);
	fix_act(&f, PLATFORM, after, "accept", NULL);
	fix_settle(&f);
	for (int q = 0; q < PARTY_COUNT; q++) {
		assert_int_equal(fix_events(&f, (enum party)q, p, "channel.rekey"), 1);
		assert_int_equal(fix_events(&f, (enum party)q, other(p), "channel.rekey"),
				 0);
		assert_int_equal(
			fix_query(&f, (enum party)q,
				  "SELECT count(*) FROM v_event WHERE void <> ''"),
			0);
		assert_int_equal(fix_query(&f, (enum party)q,
					   "SELECT count(*) FROM v_rekey WHERE n = 1"),
				 1);
		fix_rebuilt_equal(&f, (enum party)q);
	}
	fix_same_case(&f, before);
	fix_same_case(&f, after);
	/* It is told once, and a start later brings no second rekey. */
	fix_reopen(&f, p);
	tell(&f, p);
	fix_settle(&f);
	assert_int_equal(fix_events(&f, p, p, "channel.rekey"), 1);
	fix_close(&f);
}

static void
authority_rotates(void **state)
{
	(void)state;
	rotated(AUTHORITY);
}

static void
platform_rotates(void **state)
{
	(void)state;
	rotated(PLATFORM);
}

/* Both at once, and one twice before the other hears of it. */
static void
both_rotate(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *id = fix_send(&f, "R-1", "bad.example", 1);
	fix_settle(&f);
	rotate(&f, AUTHORITY, 1);
	rotate(&f, PLATFORM, 1);
	rotate(&f, PLATFORM, 2);
	fix_act(&f, PLATFORM, id, "accept", NULL);
	tell(&f, AUTHORITY);
	tell(&f, PLATFORM);
	fix_settle(&f);
	fix_same_case(&f, id);
	for (int q = 0; q < PARTY_COUNT; q++) {
		fix_rebuilt_equal(&f, (enum party)q);
		assert_int_equal(
			fix_query(&f, (enum party)q, "SELECT max(n) FROM v_rekey"), 2);
	}
	fix_close(&f);
}

/* The bundle of a case as one side gives it, and what it proves. */
static struct bundle_report
bundle_get(struct fix *f, enum party p, const char *casefile)
{
	const struct service_route *r;
	const struct actor *who;
	struct bundle_report report;
	struct reply out = {0};
	struct err e = ERR_INIT;
	json_t *in = json_object();

	fix_ok(actor_authenticate(f->n[p].nd, f->a, f->n[p].auditor, &who, &e), &e,
	       "actor");
	fix_ok(service_route_find("GET",
				  arena_printf(f->a, "/v1/cases/%s/bundle", casefile), in,
				  &r, &e),
	       &e, "route");
	fix_ok(service_run(f->n[p].nd, f->a, r, who, in, &out, &e), &e, "bundle");
	json_decref(in);
	assert_null(out.download);
	fix_ok(bundle_verify(f->a, out.bytes, out.len, NULL, &report, &e), &e, "verify");
	return report;
}

/* One bundle with events, heads and receipts under old keys and new ones. */
static void
bundles_across(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *first = fix_send(&f, "R-1", "bad.example", 2);
	fix_settle(&f);
	rotate(&f, AUTHORITY, 1);
	fix_act(&f, AUTHORITY, first, "say", json_pack("{s:s}", "text", "new keys"));
	tell(&f, AUTHORITY);
	fix_settle(&f);
	rotate(&f, PLATFORM, 1);
	fix_act(&f, PLATFORM, first, "accept", NULL);
	tell(&f, PLATFORM);
	fix_settle(&f);
	rotate(&f, AUTHORITY, 2);
	tell(&f, AUTHORITY);
	const char *last = fix_send(&f, "R-2", "worse.example", 1);
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		struct bundle_report r = bundle_get(&f, (enum party)p, first);
		char old[FINGERPRINT_TEXT_MAX];
		/* What people compared once is still what they know. */
		identity_fingerprint(f.n[AUTHORITY].nd->ids->entry[0]->root_pub, old);
		assert_string_equal(r.party[AUTHORITY].fingerprint, old);
		assert_true(r.party[AUTHORITY].open_agrees);
		assert_true(r.party[PLATFORM].open_agrees);
		assert_int_equal(r.party[AUTHORITY].cosigned_size,
				 r.party[AUTHORITY].head_size);
		(void)bundle_get(&f, (enum party)p, last);
		fix_rebuilt_equal(&f, (enum party)p);
	}
	fix_close(&f);
}

/* Only the promised root key replaces the keys, and only once. */
static void
root_is_needed(void **state)
{
	struct node_rotated done;
	struct err e = ERR_INIT;
	struct fix f;

	(void)state;
	fix_open_one(&f, AUTHORITY);
	assert_int_equal(rotate_try(&f, AUTHORITY, 1, &done, &e), RC_CONFLICT);
	assert_non_null(strstr(e.text, "in use"));
	rotate(&f, AUTHORITY, 1);
	fix_shut(&f, AUTHORITY);
	struct node_rotation in = {.dir = f.n[AUTHORITY].dir,
				   .root_path = root_path(&f, AUTHORITY, 0),
				   .next_path = root_path(&f, AUTHORITY, 2)};
	assert_int_equal(node_rotate_keys(f.a, &in, &done, &e), RC_DENIED);
	assert_non_null(strstr(e.text, "used already"));
	in.root_path = arena_printf(f.a, "%s/keys/event.key", in.dir);
	assert_int_equal(node_rotate_keys(f.a, &in, &done, &e), RC_INVALID);
	in.root_path = "/nonexistent/root.key";
	assert_int_equal(node_rotate_keys(f.a, &in, &done, &e), RC_NOT_FOUND);
	/* A refused one leaves nothing behind. */
	assert_int_not_equal(access(in.next_path, F_OK), 0);
	in.root_path = root_path(&f, AUTHORITY, 1);
	in.next_path = root_path(&f, AUTHORITY, 1);
	assert_int_equal(node_rotate_keys(f.a, &in, &done, &e), RC_CONFLICT);
	in.next_path = root_path(&f, AUTHORITY, 2);
	in.url = "https://elsewhere.example:7443";
	fix_ok(node_rotate_keys(f.a, &in, &done, &e), &e, "rotate");
	fix_reopen(&f, AUTHORITY);
	assert_string_equal(f.n[AUTHORITY].nd->id->url, in.url);
	fix_close(&f);
}

/* Killed at each point, the node has its old keys or its new ones, and starts. */
static void
killed_anywhere(void **state)
{
	struct fix f;
	bool killed = true;

	(void)state;
	fix_open_one(&f, AUTHORITY);
	fix_shut(&f, AUTHORITY);
	unsigned n = 1;
	for (unsigned k = 1; killed && k < POINTS_MAX; k++) {
		const char *path = arena_printf(f.a, "%s/faults", f.above);
		FILE *file = fopen(path, "we");
		assert_non_null(file);
		fprintf(file, "%d %u 0\n", POINTS_MAX, k);
		fclose(file);
		pid_t pid = fork();
		if (pid == 0) {
			struct node_rotated done;
			struct err e = ERR_INIT;
			setenv("SALURAN_FAULT_FILE", path, 1);
			_exit(rotate_try(&f, AUTHORITY, n, &done, &e) == RC_OK ? 0 : 1);
		}
		int how;
		assert_int_equal(waitpid(pid, &how, 0), pid);
		killed = WIFSIGNALED(how);
		assert_true(killed || (WIFEXITED(how) && WEXITSTATUS(how) == 0));
		fix_reopen(&f, AUTHORITY);
		uint64_t have = f.n[AUTHORITY].nd->id->n;
		assert_true(have == n || have == n - 1);
		fix_shut(&f, AUTHORITY);
		if (have == n - 1)
			unlink(root_path(&f, AUTHORITY, n));
		n = (unsigned)have + 1;
	}
	assert_false(killed);
	fix_reopen(&f, AUTHORITY);
	fix_close(&f);
}

/* A copy of the store from before a rotation, beside the keys from after it. */
static void
old_store_new_keys(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *id = fix_send(&f, "R-1", "bad.example", 1);
	fix_settle(&f);
	fix_shut(&f, AUTHORITY);
	fix_store_keep(&f, AUTHORITY, "kept");
	fix_reopen(&f, AUTHORITY);
	rotate(&f, AUTHORITY, 1);
	fix_shut(&f, AUTHORITY);
	fix_store_put_back(&f, AUTHORITY, "kept");
	fix_reopen(&f, AUTHORITY);
	assert_int_equal(f.n[AUTHORITY].nd->id->n, 1);
	fix_act(&f, AUTHORITY, id, "say", json_pack("{s:s}", "text", "hello"));
	tell(&f, AUTHORITY);
	fix_settle(&f);
	assert_int_equal(fix_events(&f, PLATFORM, AUTHORITY, "channel.rekey"), 1);
	fix_same_case(&f, id);
	fix_close(&f);
}

/* Keys that are not those of the newest entry sign nothing. */
static void
old_keys_do_not_start(void **state)
{
	struct err e = ERR_INIT;
	struct node *nd;
	struct fix f;
	uint8_t seed[SEED_LEN];

	(void)state;
	fix_open_one(&f, AUTHORITY);
	const char *key = arena_printf(f.a, "%s/keys/log.key", f.n[AUTHORITY].dir),
		   *kept = arena_printf(f.a, "%s/kept", f.above);
	seed_read(&f, AUTHORITY, "log.key", seed);
	fix_copy(key, kept);
	rotate(&f, AUTHORITY, 1);
	fix_shut(&f, AUTHORITY);
	fix_copy(kept, key);
	assert_int_equal(node_open(f.n[AUTHORITY].dir, &nd, &e), RC_CORRUPT);
	assert_non_null(strstr(e.text, "not those of entry 1"));
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authority_rotates),
		cmocka_unit_test(platform_rotates),
		cmocka_unit_test(both_rotate),
		cmocka_unit_test(bundles_across),
		cmocka_unit_test(root_is_needed),
		cmocka_unit_test(killed_anywhere),
		cmocka_unit_test(old_store_new_keys),
		cmocka_unit_test(old_keys_do_not_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
