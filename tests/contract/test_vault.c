/*
 * Secrets in the store: none in clear, none without the key in the node's directory, none
 * in another's row.
 */
#include "people_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/webhook.h"
#include "service/person.h"
#include "service/webhook.h"

#define AUTHORITY PARTY_AUTHORITY

/* Twenty bytes that stand nowhere else. */
static const char totp_clear[] = "a-totp-secret-of-20b";
static const char hook_clear[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

static const char *
in_dir(struct fix *f, const char *name)
{
	return arena_printf(f->a, "%s/%s", f->n[AUTHORITY].dir, name);
}

static bool
store_has(struct fix *f, const char *needle)
{
	return fix_store_has(f, AUTHORITY, needle);
}

static void
close_node(struct fix *f)
{
	node_close(f->n[AUTHORITY].nd);
	f->n[AUTHORITY].nd = NULL;
}

/* The node does not start, for this reason; it is closed before. */
static void
start_refused(struct fix *f, enum rc want, const char *text)
{
	struct node *nd = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(node_open(f->n[AUTHORITY].dir, &nd, &e), want);
	if (strstr(e.text, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", e.text, text);
}

static const char *
totp_now(struct fix *f)
{
	return arena_printf(f->a, "%06u",
			    totp_code((const uint8_t *)totp_clear, TOTP_LEN,
				      totp_step_of(clock_now_us())));
}

/* Two nodes, so that there are events to hand over; gita as people_open() has her. */
static void
open_both(struct fix *f)
{
	fix_open(f);
	people_admin(f, "POST", "/v1/persons",
		     json_pack("{s:s, s:s, s:s}", "name", "gita", "role", "officer",
			       "password", people_good));
}

/* As a node of before: gita's device and a webhook in clear, and no key. */
static const char *
clear_make(struct fix *f)
{
	json_t *r = people_admin(
		f, "POST", "/v1/webhooks",
		json_pack("{s:s, s:i}", "url", "https://a.example/", "after", 0));
	const char *hook = fix_text(r, "webhook");

	fix_query(f, AUTHORITY,
		  arena_printf(f->a,
			       "UPDATE webhook SET secret = '%s', old_secret = '%s', "
			       "old_until_us = %lld",
			       hook_clear, hook_clear, (long long)INT64_MAX));
	fix_query(f, AUTHORITY,
		  arena_printf(f->a,
			       "UPDATE person SET totp_secret = CAST('%s' AS BLOB) "
			       "WHERE name = 'gita'",
			       totp_clear));
	fix_query(f, AUTHORITY, "DELETE FROM meta WHERE key = 'store_key'");
	assert_true(store_has(f, totp_clear));
	assert_true(store_has(f, hook_clear));
	close_node(f);
	assert_int_equal(unlink(in_dir(f, "keys/store.key")), 0);
	return hook;
}

static void
made_sealed(void **state)
{
	struct fix f;
	json_t *r;
	struct stat st;

	(void)state;
	people_open(&f);
	r = people_admin(&f, "POST", "/v1/webhooks",
			 json_pack("{s:s}", "url", "https://a.example/"));
	const char *first = fix_text(r, "secret");
	assert_false(store_has(&f, first));
	r = people_admin(
		&f, "POST",
		arena_printf(f.a, "/v1/webhooks/%s/rotate", fix_text(r, "webhook")),
		NULL);
	assert_false(store_has(&f, fix_text(r, "secret")));
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM webhook WHERE secret LIKE "
				   "'sealed-v1:%' AND old_secret LIKE 'sealed-v1:%'"),
			 1);
	r = people_must(&f, people_session(&f, "gita", people_good), "POST",
			"/v1/me/totp", NULL);
	assert_non_null(fix_text(r, "secret"));
	assert_int_equal(
		fix_query(&f, AUTHORITY,
			  "SELECT length(totp_pending) FROM person WHERE name = 'gita'"),
		TOTP_LEN + 40);
	assert_int_equal(stat(in_dir(&f, "keys/store.key"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	fix_close(&f);
}

/* What an older version left in clear is sealed at the start, goes on to work, and is in
 * no file any more. */
static void
sealed_at_the_start(void **state)
{
	struct fix f;
	struct webhook_message m;
	struct err e = ERR_INIT;
	const char *want;

	(void)state;
	open_both(&f);
	const char *hook = clear_make(&f);
	fix_reopen(&f, AUTHORITY);
	assert_false(store_has(&f, totp_clear));
	assert_false(store_has(&f, hook_clear));
	assert_int_equal(people_login_at(&f, people_elsewhere, "gita", people_good,
					 totp_now(&f), NULL, &e),
			 RC_OK);
	fix_ok(webhook_next(f.n[AUTHORITY].nd, f.a, hook, &m, &e), &e, "webhook_next");
	fix_ok(webhook_sign(f.a, hook_clear, m.id, m.time_s, m.body, m.len, &want, &e),
	       &e, "webhook_sign");
	assert_string_equal(m.signature, arena_printf(f.a, "%s %s", want, want));
	fix_close(&f);
}

/* Who can write the store, but has no key, cannot give one person's device to another. */
static void
in_its_row_alone(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;

	(void)state;
	people_open(&f);
	people_admin(&f, "POST", "/v1/persons",
		     json_pack("{s:s, s:s, s:s}", "name", "sari", "role", "officer",
			       "password", people_good2));
	clear_make(&f);
	fix_reopen(&f, AUTHORITY);
	fix_query(&f, AUTHORITY,
		  "UPDATE person SET totp_secret = (SELECT totp_secret FROM person "
		  "WHERE name = 'gita') WHERE name = 'sari'");
	assert_int_equal(people_login_at(&f, people_elsewhere, "sari", people_good2,
					 totp_now(&f), NULL, &e),
			 RC_CONFLICT);
	assert_non_null(strstr(e.text, "make a new one"));
	/* And a damaged one does not count as none. */
	fix_query(&f, AUTHORITY,
		  "UPDATE person SET totp_secret = zeroblob(1) WHERE name = 'sari'");
	assert_int_equal(people_login_at(&f, people_elsewhere, "sari", people_good2, NULL,
					 NULL, &e),
			 RC_UNAUTHENTICATED);
	fix_close(&f);
}

static void
bad_keys_are_refused(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;

	(void)state;
	people_open(&f);
	const char *key = in_dir(&f, "keys/store.key"),
		   *aside = in_dir(&f, "keys/store.aside");
	close_node(&f);
	assert_int_equal(chmod(key, 0640), 0);
	start_refused(&f, RC_DENIED, "chmod 600");
	assert_int_equal(chmod(key, 0600), 0);
	assert_int_equal(rename(key, aside), 0);
	start_refused(&f, RC_CORRUPT, "is missing");
	FILE *file = fopen(key, "w");
	fputs("saluran-key-v1 store 00\n", file);
	fclose(file);
	chmod(key, 0600);
	start_refused(&f, RC_CORRUPT, "no key file");
	file = fopen(key, "w");
	fprintf(file, "saluran-key-v1 store %064d\n", 7);
	fclose(file);
	start_refused(&f, RC_CORRUPT, "is not the key");
	assert_int_equal(rename(aside, key), 0);
	/* A key that is right is not thrown away. */
	assert_int_equal(node_new_store_key(f.n[AUTHORITY].dir, &e), RC_CONFLICT);
	fix_reopen(&f, AUTHORITY);
	fix_close(&f);
}

/* Without the key all goes on but for what was sealed, and that is made anew. */
static void
a_lost_key(void **state)
{
	struct fix f;
	struct webhook_message m;
	struct err e = ERR_INIT;

	(void)state;
	open_both(&f);
	const char *hook = clear_make(&f);
	fix_reopen(&f, AUTHORITY);
	assert_int_equal(node_new_store_key(f.n[AUTHORITY].dir, &e), RC_CONFLICT);
	close_node(&f);
	assert_int_equal(unlink(in_dir(&f, "keys/store.key")), 0);
	fix_ok(node_new_store_key(f.n[AUTHORITY].dir, &e), &e, "a new key");
	fix_reopen(&f, AUTHORITY);
	assert_int_equal(people_login_at(&f, people_elsewhere, "gita", people_good,
					 totp_now(&f), NULL, &e),
			 RC_CONFLICT);
	assert_int_equal(webhook_next(f.n[AUTHORITY].nd, f.a, hook, &m, &e), RC_CONFLICT);
	people_admin(&f, "POST", arena_printf(f.a, "/v1/webhooks/%s/rotate", hook),
		     json_pack("{s:i}", "overlap_s", 0));
	fix_ok(webhook_next(f.n[AUTHORITY].nd, f.a, hook, &m, &e), &e, "webhook_next");
	const char *link = fix_text(people_admin(&f, "POST", "/v1/persons/gita/link",
						 json_pack("{s:b}", "forget_device", 1)),
				    "link");
	fix_must(&f, AUTHORITY, NULL, "POST", "/v1/welcome",
		 json_pack("{s:s, s:s}", "token", link, "password", people_good2));
	assert_int_equal(people_login(&f, "gita", people_good2, NULL), RC_OK);
	fix_close(&f);
}

/* ---- another key ------------------------------------------------------------------- */

static const char *
file_text(struct fix *f, const char *name)
{
	char text[256] = "";
	FILE *file = fopen(in_dir(f, name), "r");

	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	return arena_strdup(f->a, text);
}

static void
file_make(struct fix *f, const char *name, const char *text)
{
	const char *path = in_dir(f, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
}

/* Gita's device and the webhook open, and no second key lies about. */
static void
all_opens(struct fix *f, const char *hook)
{
	struct webhook_message m;
	struct err e = ERR_INIT;

	fix_reopen(f, AUTHORITY);
	assert_int_not_equal(access(in_dir(f, "keys/store.key.next"), F_OK), 0);
	assert_int_equal(people_login_at(f, people_elsewhere, "gita", people_good,
					 totp_now(f), NULL, &e),
			 RC_OK);
	fix_ok(webhook_next(f->n[AUTHORITY].nd, f->a, hook, &m, &e), &e, "webhook_next");
	fix_clock_add(60 * FIX_S); /* another code next time */
	close_node(f);
}

static void
rotate(struct fix *f, size_t want_sealed, size_t want_lost)
{
	struct err e = ERR_INIT;
	size_t sealed = 0, lost = 0;

	fix_ok(node_rotate_store_key(f->n[AUTHORITY].dir, &sealed, &lost, &e), &e,
	       "rotate");
	assert_int_equal(sealed, want_sealed);
	assert_int_equal(lost, want_lost);
}

static void
another_key(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	size_t n;

	(void)state;
	open_both(&f);
	const char *hook = clear_make(&f);
	fix_reopen(&f, AUTHORITY);
	const char *sealed = fix_query_text(&f, AUTHORITY, "SELECT secret FROM webhook");
	assert_true(store_has(&f, sealed));
	assert_int_equal(node_rotate_store_key(f.n[AUTHORITY].dir, &n, &n, &e),
			 RC_CONFLICT);
	close_node(&f);
	const char *before = file_text(&f, "keys/store.key");
	rotate(&f, 3, 0);
	assert_string_not_equal(before, file_text(&f, "keys/store.key"));
	/* What the old key opens is in no file any more. */
	assert_false(store_has(&f, sealed));
	all_opens(&f, hook);
	/* The old key is the wrong one now. */
	const char *now = file_text(&f, "keys/store.key");
	file_make(&f, "keys/store.key", before);
	start_refused(&f, RC_CORRUPT, "is not the key");
	assert_int_equal(node_rotate_store_key(f.n[AUTHORITY].dir, &n, &n, &e),
			 RC_CORRUPT);
	file_make(&f, "keys/store.key", now);
	all_opens(&f, hook);
	fix_reopen(&f, AUTHORITY);
	fix_close(&f);
}

/* Stopped anywhere, it goes on with the key that the store has noted. */
static void
interrupted(void **state)
{
	struct fix f;

	(void)state;
	open_both(&f);
	const char *hook = clear_make(&f);
	fix_reopen(&f, AUTHORITY);
	close_node(&f);
	const char *first = file_text(&f, "keys/store.key");
	/* While the new key was written, and behind that. */
	file_make(&f, "keys/store.key.next", "saluran-key-v1 st");
	all_opens(&f, hook);
	file_make(&f, "keys/store.key.next",
		  arena_printf(f.a, "saluran-key-v1 store %064d\n", 7));
	all_opens(&f, hook);
	assert_string_equal(first, file_text(&f, "keys/store.key"));
	/* Behind the commit, before the new key was in its place. */
	rotate(&f, 3, 0);
	const char *second = file_text(&f, "keys/store.key");
	file_make(&f, "keys/store.key.next", second);
	file_make(&f, "keys/store.key", first);
	all_opens(&f, hook);
	assert_string_equal(second, file_text(&f, "keys/store.key"));
	/* The same, and it is asked for again before any start. */
	file_make(&f, "keys/store.key.next", second);
	file_make(&f, "keys/store.key", first);
	rotate(&f, 3, 0);
	all_opens(&f, hook);
	fix_reopen(&f, AUTHORITY);
	fix_close(&f);
}

/* What no key opens is told, and is no reason to keep the others under the old one. */
static void
damaged_before(void **state)
{
	struct fix f;

	(void)state;
	open_both(&f);
	const char *hook = clear_make(&f);
	fix_reopen(&f, AUTHORITY);
	fix_query(&f, AUTHORITY,
		  "UPDATE person SET totp_pending = zeroblob(1) WHERE name = 'gita'");
	close_node(&f);
	rotate(&f, 3, 1);
	all_opens(&f, hook);
	fix_reopen(&f, AUTHORITY);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_sealed),
		cmocka_unit_test(sealed_at_the_start),
		cmocka_unit_test(in_its_row_alone),
		cmocka_unit_test(bad_keys_are_refused),
		cmocka_unit_test(a_lost_key),
		cmocka_unit_test(another_key),
		cmocka_unit_test(interrupted),
		cmocka_unit_test(damaged_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
