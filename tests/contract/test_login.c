/*
 * Logging in: guessing, the second factor, one-time links.
 */
#include "people_fixture.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "service/person.h"

#define AUTHORITY PARTY_AUTHORITY

enum { MINUTE_S = 60, HOUR_S = 3600 };

/* ---- argon2id, counted ------------------------------------------------------------- */

static atomic_int working, most_working;

int __real_crypto_pwhash_str_verify(const char *str, const char *passwd,
				    unsigned long long len);
int __wrap_crypto_pwhash_str_verify(const char *str, const char *passwd,
				    unsigned long long len);

int
__wrap_crypto_pwhash_str_verify(const char *str, const char *passwd,
				unsigned long long len)
{
	int now = atomic_fetch_add(&working, 1) + 1, most = atomic_load(&most_working);

	while (now > most && !atomic_compare_exchange_weak(&most_working, &most, now))
		;
	int ret = __real_crypto_pwhash_str_verify(str, passwd, len);
	atomic_fetch_sub(&working, 1);
	return ret;
}

/* ---- guessing ---------------------------------------------------------------------- */

enum { FREE = 5, BUSY_S = 30 };

/* Wrong ones until the wait is long. */
static void
guess_until_long(struct fix *f, const char *address, const char *name)
{
	struct err e;

	for (int i = 0; i < FREE + 8; i++) {
		assert_int_equal(people_login_at(f, address, name, "wrong wrong wrong",
						 NULL, NULL, &e),
				 RC_UNAUTHENTICATED);
		if (i < FREE + 7)
			fix_clock_add(300 * FIX_S);
	}
}

static void
back_off(void **state)
{
	struct fix f;
	struct err e;

	(void)state;
	people_open(&f);
	for (int i = 0; i < FREE; i++)
		assert_int_equal(people_login(&f, "gita", "wrong wrong wrong", NULL),
				 RC_UNAUTHENTICATED);
	/* Each failure from here on doubles the wait, up to a quarter of an hour. */
	int64_t want_s = 2;
	for (int i = 0; i < 11; i++) {
		assert_int_equal(people_login(&f, "gita", "wrong wrong wrong", NULL),
				 RC_UNAUTHENTICATED);
		/* Seconds pass on a busy machine: only longer waits can be looked at. */
		if (want_s > BUSY_S) {
			assert_int_equal(people_login_at(&f, people_elsewhere, "gita",
							 people_good, NULL, NULL, &e),
					 RC_LIMIT);
			assert_in_range(e.retry_after_s, want_s - BUSY_S, want_s + 1);
			assert_non_null(strstr(e.text, "try again in"));
		}
		fix_clock_add((want_s + 1) * FIX_S);
		want_s = want_s * 2 < 900 ? want_s * 2 : 900;
	}
	/* And is over: nobody is shut out for good.  A success forgets it all, but for
	 * the address's count, which an hour does. */
	assert_int_equal(people_login(&f, "gita", people_good, NULL), RC_OK);
	fix_clock_add((HOUR_S + 1) * FIX_S);
	for (int i = 0; i < FREE; i++)
		assert_int_equal(people_login(&f, "gita", "wrong wrong wrong", NULL),
				 RC_UNAUTHENTICATED);
	assert_int_equal(people_login(&f, "gita", people_good, NULL), RC_OK);
	fix_close(&f);
}

/* It outlives a restart, and a name that nobody has is treated alike. */
static void
back_off_stays(void **state)
{
	struct fix f;
	struct err first, e;

	(void)state;
	people_open(&f);
	assert_int_equal(people_login_at(&f, people_elsewhere, "gita",
					 "wrong wrong wrong", NULL, NULL, &first),
			 RC_UNAUTHENTICATED);
	assert_int_equal(people_login_at(&f, "192.0.2.8", "nobody", "wrong wrong wrong",
					 NULL, NULL, &e),
			 RC_UNAUTHENTICATED);
	assert_string_equal(e.text, first.text);
	guess_until_long(&f, "192.0.2.8", "nobody");
	assert_int_equal(
		people_login_at(&f, "192.0.2.8", "nobody", people_good, NULL, NULL, &e),
		RC_LIMIT);
	guess_until_long(&f, people_elsewhere, "gita");
	fix_reopen(&f, AUTHORITY);
	assert_int_equal(people_login(&f, "gita", people_good, NULL), RC_LIMIT);
	/* Names and addresses are not in the table. */
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM lockout WHERE key LIKE "
				   "'%nobody%' OR key LIKE '%192%'"),
			 0);
	/* The owner, elsewhere, is let in; so are tokens. */
	assert_int_equal(
		people_login_at(&f, "198.51.100.9", "gita", people_good, NULL, NULL, &e),
		RC_OK);
	people_admin(&f, "GET", "/v1/persons", NULL);
	fix_close(&f);
}

/* Many addresses for one person: fewer than 100 tries in an hour, and the wait is short.
 */
static void
many_addresses(void **state)
{
	struct fix f;
	struct err e;
	int tries = 0, address = 0;
	int64_t s = 0, longest_s = 0;

	(void)state;
	people_open(&f);
	while (s < HOUR_S) {
		const char *from = arena_printf(f.a, "2001:db8::%x", address++);
		enum rc rc = people_login_at(&f, from, "gita", "wrong wrong wrong", NULL,
					     NULL, &e);
		if (rc == RC_UNAUTHENTICATED) {
			tries++;
			continue;
		}
		assert_int_equal(rc, RC_LIMIT);
		longest_s = e.retry_after_s > longest_s ? e.retry_after_s : longest_s;
		fix_clock_add(e.retry_after_s * FIX_S);
		s += e.retry_after_s;
	}
	assert_in_range(tries, 21, 99);
	assert_in_range(longest_s, 2, MINUTE_S + 1);
	fix_close(&f);
}

/* One address, many names. */
static void
many_names(void **state)
{
	enum { ADDRESS_FREE = 20 };
	struct fix f;
	struct err e;

	(void)state;
	people_open(&f);
	for (int i = 0; i <= ADDRESS_FREE; i++)
		assert_int_equal(people_login_at(&f, people_elsewhere,
						 arena_printf(f.a, "n%d", i),
						 "wrong wrong wrong", NULL, NULL, &e),
				 RC_UNAUTHENTICATED);
	/* And on, until the wait is longer than a busy machine takes for a login. */
	for (int over = 1; over < 8; over++) {
		fix_clock_add(((INT64_C(1) << over) + 1) * FIX_S);
		assert_int_equal(people_login_at(&f, people_elsewhere,
						 arena_printf(f.a, "o%d", over),
						 "wrong wrong wrong", NULL, NULL, &e),
				 RC_UNAUTHENTICATED);
	}
	assert_int_equal(people_login_at(&f, people_elsewhere, "gita", people_good, NULL,
					 NULL, &e),
			 RC_LIMIT);
	assert_int_equal(
		people_login_at(&f, "192.0.2.8", "gita", people_good, NULL, NULL, &e),
		RC_OK);
	/* Whoever is on the machine is not counted by it. */
	for (int i = 0; i <= ADDRESS_FREE; i++)
		assert_int_equal(people_login_at(&f, NULL, arena_printf(f.a, "m%d", i),
						 "wrong wrong wrong", NULL, NULL, &e),
				 RC_UNAUTHENTICATED);
	assert_int_equal(people_login_at(&f, NULL, "gita", people_good, NULL, NULL, &e),
			 RC_OK);
	fix_close(&f);
}

struct guesser {
	struct fix *f;
	atomic_int *right, *wrong, *late;
};

static void *
guess(void *arg)
{
	struct guesser *g = arg;
	struct arena *a = arena_create();
	json_t *in =
		json_pack("{s:s, s:s}", "name", "gita", "password", "wrong wrong wrong");
	const struct service_route *r;
	struct reply out = {0};
	struct err e = ERR_INIT;
	enum rc rc = service_route_find("POST", "/v1/login", in, &r, &e);

	if (rc == RC_OK)
		rc = service_run(g->f->n[AUTHORITY].nd, a, r,
				 actor_stranger(a, people_elsewhere), in, &out, &e);
	atomic_fetch_add(rc == RC_UNAUTHENTICATED ? g->wrong
			 : rc == RC_LIMIT	  ? g->late
						  : g->right,
			 1);
	json_decref(in);
	arena_free(a);
	return NULL;
}

/* Many at once gain nothing, and two passwords at most are worked on. */
static void
many_at_once(void **state)
{
	enum { THREADS = 24 };
	struct fix f;
	atomic_int right = 0, wrong = 0, late = 0;
	pthread_t threads[THREADS];

	(void)state;
	people_open(&f);
	struct guesser g = {&f, &right, &wrong, &late};
	atomic_store(&most_working, 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, guess, &g), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(right, 0);
	assert_int_equal(wrong, FREE + 1);
	assert_int_equal(late, THREADS - FREE - 1);
	assert_in_range(atomic_load(&most_working), 1, 2);
	fix_close(&f);
}

/* ---- the second factor ------------------------------------------------------------- */

static void
secret_read(const char *base32, uint8_t out[TOTP_LEN])
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint64_t bits = 0;
	int n = 0;
	size_t at = 0;

	for (; *base32 != '\0'; base32++) {
		bits = bits << 5 | (uint64_t)(strchr(digits, *base32) - digits);
		n += 5;
		if (n >= 8 && at < TOTP_LEN) {
			n -= 8;
			out[at++] = (uint8_t)(bits >> n);
		}
	}
	assert_int_equal(at, TOTP_LEN);
}

static const char *
code_now(struct fix *f, const uint8_t secret[TOTP_LEN], int64_t steps)
{
	return arena_printf(
		f->a, "%06u",
		totp_code(secret, TOTP_LEN, totp_step_of(clock_now_us()) + steps));
}

static json_t *
code_in(const char *code)
{
	return json_pack("{s:s}", "code", code);
}

/* Enrols; *session is the new one, *recovery a code of the answer. */
static void
enrol(struct fix *f, const char **session, uint8_t secret[TOTP_LEN],
      const char **recovery)
{
	json_t *r = people_must(f, *session, "POST", "/v1/me/totp", NULL);

	secret_read(fix_text(r, "secret"), secret);
	assert_non_null(strstr(fix_text(r, "uri"), "otpauth://totp/authority.example:"));
	r = people_must(f, *session, "POST", "/v1/me/totp/confirm",
			code_in(code_now(f, secret, 0)));
	assert_false(people_lives(f, *session));
	*session = fix_text(r, "session");
	assert_int_equal(json_array_size(json_object_get(r, "recovery_codes")), 10);
	*recovery = json_string_value(
		json_array_get(json_object_get(r, "recovery_codes"), 3));
	/* Six groups of four: 120 bits. */
	assert_int_equal(strlen(*recovery), 6 * 4 + 5);
	for (size_t i = 0; i < 6 * 4 + 5; i++)
		assert_int_equal((*recovery)[i] == '-', i % 5 == 4);
}

static void
second_factor(void **state)
{
	struct fix f;
	uint8_t secret[TOTP_LEN];
	const char *recovery;
	json_t *r;
	struct err e;

	(void)state;
	people_open(&f);
	const char *s = people_session(&f, "gita", people_good);
	assert_int_equal(people_in(&f, s, "POST", "/v1/me/totp/confirm",
				   code_in("123456"), NULL, &e),
			 RC_CONFLICT);
	enrol(&f, &s, secret, &recovery);
	assert_int_equal(people_in(&f, s, "POST", "/v1/me/totp", NULL, NULL, &e),
			 RC_CONFLICT);
	/* Now a code is needed, and the one that confirmed is used up. */
	assert_int_equal(people_login(&f, "gita", people_good, &r), RC_UNAUTHENTICATED);
	assert_string_equal(fix_text(r, "needs"), "code");
	const char *used = code_now(&f, secret, 0);
	assert_int_equal(people_login_at(&f, people_elsewhere, "gita", people_good, used,
					 NULL, &e),
			 RC_UNAUTHENTICATED);
	fix_clock_add(30 * FIX_S);
	const char *next = code_now(&f, secret, 0);
	assert_int_equal(people_login_at(&f, people_elsewhere, "gita", people_good, next,
					 NULL, &e),
			 RC_OK);
	assert_int_equal(people_login_at(&f, people_elsewhere, "gita", people_good, next,
					 NULL, &e),
			 RC_UNAUTHENTICATED);
	/* A right code with a wrong password is nothing. */
	fix_clock_add(30 * FIX_S);
	assert_int_equal(people_login_at(&f, people_elsewhere, "gita",
					 "wrong wrong wrong", code_now(&f, secret, 0),
					 NULL, &e),
			 RC_UNAUTHENTICATED);
	/* Name and password alone no longer open the API. */
	const struct actor *who;
	assert_int_equal(actor_authenticate(f.n[AUTHORITY].nd, f.a,
					    arena_printf(f.a, "gita:%s", people_good),
					    &who, &e),
			 RC_UNAUTHENTICATED);
	fix_close(&f);
}

static void
recovery_codes(void **state)
{
	struct fix f;
	uint8_t secret[TOTP_LEN];
	const char *recovery;
	json_t *r;
	struct err e;

	(void)state;
	people_open(&f);
	const char *s = people_session(&f, "gita", people_good);
	enrol(&f, &s, secret, &recovery);
	/* Once, in small letters and without dashes too. */
	char *plain = arena_alloc(f.a, strlen(recovery) + 1), *at = plain;
	for (const char *c = recovery; *c != '\0'; c++)
		if (*c != '-')
			*at++ = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
	assert_int_equal(
		people_login_at(&f, people_elsewhere, "gita", people_good, plain, &r, &e),
		RC_OK);
	assert_int_equal(people_login_at(&f, people_elsewhere, "gita", people_good,
					 recovery, NULL, &e),
			 RC_UNAUTHENTICATED);
	s = fix_text(r, "session");
	assert_int_equal(
		fix_int(people_must(&f, s, "GET", "/v1/me", NULL), "recovery_codes"), 9);
	fix_clock_add(60 * FIX_S);
	r = people_must(&f, s, "POST", "/v1/me/recovery",
			code_in(code_now(&f, secret, 0)));
	assert_int_equal(json_array_size(json_object_get(r, "recovery_codes")), 10);
	/* Off again needs a code as well. */
	assert_int_equal(
		people_in(&f, s, "POST", "/v1/me/totp/off", code_in("000000"), NULL, &e),
		RC_DENIED);
	people_must(&f, s, "POST", "/v1/me/totp/off",
		    code_in(json_string_value(
			    json_array_get(json_object_get(r, "recovery_codes"), 0))));
	assert_int_equal(people_login(&f, "gita", people_good, &r), RC_OK);
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM recovery_code"),
			 0);
	fix_close(&f);
}

/* Who has the password and guesses codes gains nothing by showing the password alone. */
static void
codes_are_not_guessed(void **state)
{
	struct fix f;
	uint8_t secret[TOTP_LEN];
	const struct actor *who;
	const char *recovery;
	enum rc rc = RC_OK;
	struct err e;

	(void)state;
	people_open(&f);
	const char *s = people_session(&f, "gita", people_good);
	enrol(&f, &s, secret, &recovery);
	for (int i = 0; i < 3 * FREE && rc != RC_LIMIT; i++) {
		rc = actor_authenticate_at(f.n[AUTHORITY].nd, f.a,
					   arena_printf(f.a, "gita:%s", people_good),
					   people_elsewhere, &who, &e);
		assert_int_not_equal(rc, RC_OK);
		rc = people_login_at(&f, people_elsewhere, "gita", people_good, "abcdef",
				     NULL, &e);
	}
	assert_int_equal(rc, RC_LIMIT);
	fix_close(&f);
}

/* By default an admin must have one: until then the session opens nothing else. */
static void
must_enrol(void **state)
{
	struct fix f;
	uint8_t secret[TOTP_LEN];
	const char *recovery;
	json_t *r;
	struct err e;

	(void)state;
	fix_open_one(&f, AUTHORITY);
	r = people_admin(&f, "POST", "/v1/persons/admin/link", NULL);
	r = fix_must(&f, AUTHORITY, NULL, "POST", "/v1/welcome",
		     json_pack("{s:s, s:s}", "token", fix_text(r, "link"), "password",
			       people_good));
	assert_string_equal(fix_text(r, "totp"), "required");
	const char *s = fix_text(r, "session");
	assert_int_equal(people_in(&f, s, "GET", "/v1/persons", NULL, &r, &e), RC_DENIED);
	assert_string_equal(fix_text(r, "needs"), "totp");
	assert_non_null(strstr(e.text, "second factor"));
	assert_int_equal(people_in(&f, s, "POST", "/v1/tokens",
				   json_pack("{s:s}", "name", "way round"), NULL, &e),
			 RC_DENIED);
	people_must(&f, s, "GET", "/v1/me", NULL);
	enrol(&f, &s, secret, &recovery);
	people_must(&f, s, "GET", "/v1/persons", NULL);
	fix_close(&f);
}

/* ---- one-time links ---------------------------------------------------------------- */

static void
links(void **state)
{
	struct fix f;
	json_t *r;

	(void)state;
	fix_open_one(&f, AUTHORITY);
	r = people_admin(&f, "POST", "/v1/persons",
			 json_pack("{s:s, s:s, s:b}", "name", "gita", "role", "officer",
				   "link", 1));
	assert_true(json_is_null(json_object_get(r, "credential")));
	const char *first = fix_text(r, "link");
	const char *second =
		fix_text(people_admin(&f, "POST", "/v1/persons/gita/link", NULL), "link");
	/* The newer one replaced the older one; a weak password does not use it up. */
	fix_refused(&f, AUTHORITY, NULL, "POST", "/v1/welcome",
		    json_pack("{s:s, s:s}", "token", first, "password", people_good),
		    RC_UNAUTHENTICATED, "this link was used");
	fix_refused(
		&f, AUTHORITY, NULL, "POST", "/v1/welcome",
		json_pack("{s:s, s:s}", "token", second, "password", "gita gita gita"),
		RC_INVALID, "password");
	r = fix_must(&f, AUTHORITY, NULL, "POST", "/v1/welcome",
		     json_pack("{s:s, s:s}", "token", second, "password", people_good));
	assert_true(people_lives(&f, fix_text(r, "session")));
	fix_refused(&f, AUTHORITY, NULL, "POST", "/v1/welcome",
		    json_pack("{s:s, s:s}", "token", second, "password", people_good2),
		    RC_UNAUTHENTICATED, "this link was used");
	assert_int_equal(people_login(&f, "gita", people_good, NULL), RC_OK);
	/* An hour, and not longer. */
	const char *late =
		fix_text(people_admin(&f, "POST", "/v1/persons/gita/link", NULL), "link");
	fix_clock_add((HOUR_S + 1) * FIX_S);
	fix_refused(&f, AUTHORITY, NULL, "POST", "/v1/welcome",
		    json_pack("{s:s, s:s}", "token", late, "password", people_good2),
		    RC_UNAUTHENTICATED, "has expired");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST",
		    "/v1/persons/nobody/link", NULL, RC_NOT_FOUND, "no active person");
	fix_close(&f);
}

/* A link sets a password; it does not pass the second factor by, unless it says so. */
static void
links_and_devices(void **state)
{
	struct fix f;
	uint8_t secret[TOTP_LEN];
	const char *recovery;
	json_t *r = NULL;
	struct err e = ERR_INIT;

	(void)state;
	people_open(&f);
	const char *s = people_session(&f, "gita", people_good);
	enrol(&f, &s, secret, &recovery);
	const char *link =
		fix_text(people_admin(&f, "POST", "/v1/persons/gita/link", NULL), "link");
	assert_int_equal(
		fix_call(&f, AUTHORITY, NULL, "POST", "/v1/welcome",
			 json_pack("{s:s, s:s}", "token", link, "password", people_good2),
			 &r, &e),
		RC_UNAUTHENTICATED);
	assert_string_equal(fix_text(r, "needs"), "code");
	fix_must(&f, AUTHORITY, NULL, "POST", "/v1/welcome",
		 json_pack("{s:s, s:s, s:s}", "token", link, "password", people_good2,
			   "code", recovery));
	assert_false(people_lives(&f, s));
	assert_int_equal(people_login_at(&f, people_elsewhere, "gita", people_good2,
					 code_now(&f, secret, 1), &r, &e),
			 RC_OK);
	s = fix_text(r, "session");
	link = fix_text(people_admin(&f, "POST", "/v1/persons/gita/link",
				     json_pack("{s:b}", "forget_device", 1)),
			"link");
	/* Until the link is used, who has the old password, or the lost device with a
	 * session on it, has nothing. */
	assert_int_equal(people_login(&f, "gita", people_good2, NULL),
			 RC_UNAUTHENTICATED);
	assert_false(people_lives(&f, s));
	fix_must(&f, AUTHORITY, NULL, "POST", "/v1/welcome",
		 json_pack("{s:s, s:s}", "token", link, "password", people_good));
	assert_int_equal(people_login(&f, "gita", people_good, NULL), RC_OK);
	fix_close(&f);
}

/* The first admin's, from init, and the way back for who has the node's directory. */
static void
links_of_the_machine(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	const char *link;
	int64_t valid_s;

	(void)state;
	fix_open_one(&f, AUTHORITY);
	const struct node_init in = {.dir = arena_printf(f.a, "%s/fresh", f.above),
				     .org = "fresh.example",
				     .name = "Baru",
				     .role = PARTY_AUTHORITY,
				     .url = "https://127.0.0.1:1",
				     .admin = "wati"};
	struct node_made made;
	fix_ok(node_create(f.a, &in, &made, &e), &e, "node_create");
	assert_int_equal(made.link_s, HOUR_S);
	/* A daemon has it: no. */
	assert_int_equal(
		node_link(f.a, f.n[AUTHORITY].dir, "admin", false, &link, &valid_s, &e),
		RC_CONFLICT);
	fix_shut(&f, AUTHORITY);
	assert_int_equal(
		node_link(f.a, f.n[AUTHORITY].dir, "nobody", false, &link, &valid_s, &e),
		RC_NOT_FOUND);
	fix_ok(node_link(f.a, f.n[AUTHORITY].dir, "admin", false, &link, &valid_s, &e),
	       &e, "node_link");
	assert_int_equal(valid_s, HOUR_S);
	fix_reopen(&f, AUTHORITY);
	fix_must(&f, AUTHORITY, NULL, "POST", "/v1/welcome",
		 json_pack("{s:s, s:s}", "token", link, "password", people_good));

	struct node *fresh;
	fix_ok(node_open(in.dir, &fresh, &e), &e, "node_open");
	struct node *own = f.n[AUTHORITY].nd;
	f.n[AUTHORITY].nd = fresh;
	fix_must(&f, AUTHORITY, NULL, "POST", "/v1/welcome",
		 json_pack("{s:s, s:s}", "token", made.link, "password", people_good));
	f.n[AUTHORITY].nd = own;
	node_stop(fresh);
	node_close(fresh);
	fix_close(&f);
}

/* ---- what nobody may have ---------------------------------------------------------- */

/* The operator's list is read at the start, and counts for every way to a password. */
static void
listed_passwords(void **state)
{
	struct fix f;
	struct err e;

	(void)state;
	people_open(&f);
	const char *list = arena_printf(f.a, "%s/list", f.above);
	FILE *out = fopen(list, "we");
	assert_non_null(out);
	fputs("short\nTujuh Gajah Minum Kopi\r\nanother of these words\n", out);
	fclose(out);
	out = fopen(arena_printf(f.a, "%s/saluran.conf", f.n[AUTHORITY].dir), "ae");
	assert_non_null(out);
	fprintf(out, "people.passwords = %s\n", list);
	fclose(out);
	const char *s = people_session(&f, "gita", people_good);
	fix_reopen(&f, AUTHORITY);
	assert_int_equal(people_in(&f, s, "POST", "/v1/me/password",
				   json_pack("{s:s, s:s}", "password", people_good2,
					     "old", people_good),
				   NULL, &e),
			 RC_INVALID);
	assert_non_null(strstr(e.text, "list"));
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/persons",
		    json_pack("{s:s, s:s, s:s}", "name", "hadi", "role", "officer",
			      "password", "ANOTHER of these words"),
		    RC_INVALID, "list");
	const char *link =
		fix_text(people_admin(&f, "POST", "/v1/persons/gita/link", NULL), "link");
	fix_refused(&f, AUTHORITY, NULL, "POST", "/v1/welcome",
		    json_pack("{s:s, s:s}", "token", link, "password", people_good2),
		    RC_INVALID, "list");
	fix_must(&f, AUTHORITY, NULL, "POST", "/v1/welcome",
		 json_pack("{s:s, s:s}", "token", link, "password",
			   "another of those words"));
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(back_off),
		cmocka_unit_test(back_off_stays),
		cmocka_unit_test(many_addresses),
		cmocka_unit_test(many_names),
		cmocka_unit_test(many_at_once),
		cmocka_unit_test(second_factor),
		cmocka_unit_test(recovery_codes),
		cmocka_unit_test(must_enrol),
		cmocka_unit_test(codes_are_not_guessed),
		cmocka_unit_test(links),
		cmocka_unit_test(links_and_devices),
		cmocka_unit_test(links_of_the_machine),
		cmocka_unit_test(listed_passwords),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
