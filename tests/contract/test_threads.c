/*
 * Many at once: people write, both nodes push, somebody reads, all in threads of their
 * own.  For the thread sanitizer, and for the laws that hold whatever the order.
 */
#include "node_fixture.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

enum { WRITERS = 8, MESSAGES = 25, PUSH_IDLE_US = 50000 };

struct shared {
	struct fix *f;
	const char *casefile;
	atomic_bool stop;
	atomic_int failures;
};

struct one {
	struct shared *all;
	int i;
	pthread_t thread;
};

static void
report(struct shared *all, const char *what, enum rc rc, const struct err *e)
{
	print_error("%s: %s: %s\n", what, rc_token(rc), e->text);
	atomic_fetch_add(&all->failures, 1);
}

/* Posts, and asks for what it cannot have: a failed job must not take others with it. */
static void *
writer(void *arg)
{
	const struct one *o = arg;
	struct fix own = *o->all->f; /* with an arena of its own */
	enum party p = (enum party)(o->i % PARTY_COUNT);
	const char *who = p == AUTHORITY ? own.n[p].officer : own.n[p].agent;

	own.a = arena_create();
	for (int k = 0; k < MESSAGES; k++) {
		struct err e = ERR_INIT;
		enum rc rc = fix_call(
			&own, p, who, "POST",
			arena_printf(own.a, "/v1/cases/%s/say", o->all->casefile),
			json_pack("{s:s}", "text",
				  arena_printf(own.a, "from %d, number %d", o->i, k)),
			NULL, &e);
		if (rc != RC_OK)
			report(o->all, "say", rc, &e);
		rc = fix_call(&own, p, who, "POST",
			      arena_printf(own.a, "/v1/cases/%s/say",
					   "01980000-0000-7000-8000-000000000001"),
			      json_pack("{s:s}", "text", "to nobody"), NULL, &e);
		if (rc != RC_NOT_FOUND)
			report(o->all, "say in no case", rc, &e);
	}
	arena_free(own.a);
	return NULL;
}

/* As the pusher of src/peer does, with the other node called directly. */
static void *
pusher(void *arg)
{
	const struct one *o = arg;
	struct fix own = *o->all->f;
	enum party p = (enum party)o->i;

	own.a = arena_create();
	while (!atomic_load(&o->all->stop)) {
		fix_carry(&own, p, CUT_NOTHING);
		(void)exchange_push_wait(own.n[p].nd, FIX_PEER, PUSH_IDLE_US);
		arena_reset(own.a);
	}
	arena_free(own.a);
	return NULL;
}

/* Checkpoints are signed by whoever asks, at the same time as by the pusher. */
static void *
reader(void *arg)
{
	const struct one *o = arg;
	struct fix own = *o->all->f;
	const char *const paths[] = {"/v1/status", "/v1/cases", "/v1/peers",
				     "/v1/orders"};
	struct hash h;
	char hex[2][HASH_HEX_LEN + 1];

	own.a = arena_create();
	for (int p = 0; p < PARTY_COUNT; p++) {
		const char *origin = fix_query_text(
			&own, AUTHORITY,
			arena_printf(own.a,
				     "SELECT origin FROM log_head WHERE party = %d", p));
		hash_bytes(origin, strlen(origin), &h);
		hash_hex(&h, hex[p]);
	}
	for (unsigned i = 0; !atomic_load(&o->all->stop); i++) {
		enum party p = (enum party)(i % PARTY_COUNT);
		struct err e = ERR_INIT;
		const char *note;
		size_t len;
		enum rc rc = exchange_get_checkpoint(own.n[p].nd, FIX_PEER, hex[p], own.a,
						     &note, &len, &e);
		if (rc != RC_OK && rc != RC_RETRY)
			report(o->all, "checkpoint", rc, &e);
		rc = exchange_get_proof(own.n[p].nd, FIX_PEER, hex[p], 0, own.a, &note,
					&len, &e);
		if (rc != RC_OK && rc != RC_RETRY)
			report(o->all, "proof", rc, &e);
		rc = fix_call(&own, p, own.n[p].auditor, "GET", paths[i % 4], NULL, NULL,
			      &e);
		if (rc != RC_OK)
			report(o->all, paths[i % 4], rc, &e);
		rc = fix_call(&own, p, own.n[p].auditor, "GET",
			      arena_printf(own.a, "/v1/cases/%s", o->all->casefile), NULL,
			      NULL, &e);
		if (rc != RC_OK)
			report(o->all, "case", rc, &e);
		arena_reset(own.a);
	}
	arena_free(own.a);
	return NULL;
}

static void
start(struct one *o, struct shared *all, int i, void *(*fn)(void *arg))
{
	*o = (struct one){.all = all, .i = i};
	assert_int_equal(pthread_create(&o->thread, NULL, fn, o), 0);
}

static void
everybody_at_once(void **state)
{
	struct fix f;
	struct shared all = {.f = &f};
	struct one writers[WRITERS], pushers[PARTY_COUNT], readers[2];

	(void)state;
	fix_open(&f);
	all.casefile = fix_send(&f, "T-1", "t.example", 2);
	fix_settle(&f);
	for (int i = 0; i < PARTY_COUNT; i++)
		start(&pushers[i], &all, i, pusher);
	for (int i = 0; i < 2; i++)
		start(&readers[i], &all, i, reader);
	for (int i = 0; i < WRITERS; i++)
		start(&writers[i], &all, i, writer);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
	atomic_store(&all.stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(readers[i].thread, NULL);
	for (int i = 0; i < PARTY_COUNT; i++)
		pthread_join(pushers[i].thread, NULL);
	assert_int_equal(atomic_load(&all.failures), 0);
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++)
		assert_int_equal(
			fix_query(&f, (enum party)p, "SELECT count(*) FROM v_message"),
			WRITERS * MESSAGES);
	fix_same_case(&f, all.casefile);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

/* A node that stops while people write: each of them is told, nobody waits for ever, and
 * what was answered is there after the next start. */
static void *
until_stopped(void *arg)
{
	const struct one *o = arg;
	struct fix own = *o->all->f;
	enum rc rc = RC_OK;

	own.a = arena_create();
	for (int k = 0; rc == RC_OK; k++) {
		struct err e = ERR_INIT;
		rc = fix_call(&own, AUTHORITY, own.n[AUTHORITY].officer, "POST",
			      arena_printf(own.a, "/v1/cases/%s/say", o->all->casefile),
			      json_pack("{s:s}", "text", "on and on"), NULL, &e);
		if (rc == RC_OK)
			atomic_fetch_add(&o->all->failures, 1); /* here: successes */
		else if (rc != RC_UNAVAILABLE)
			abort();
		arena_reset(own.a);
	}
	arena_free(own.a);
	return NULL;
}

static void
stopped_meanwhile(void **state)
{
	struct fix f;
	struct shared all = {.f = &f};
	struct one writers[WRITERS];

	(void)state;
	fix_open(&f);
	all.casefile = fix_send(&f, "T-1", "t.example", 2);
	for (int i = 0; i < WRITERS; i++)
		start(&writers[i], &all, i, until_stopped);
	while (atomic_load(&all.failures) < 20)
		(void)node_wait(f.n[AUTHORITY].nd, node_commits(f.n[AUTHORITY].nd), 1000);
	node_stop(f.n[AUTHORITY].nd);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
	fix_reopen(&f, AUTHORITY);
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM v_message"),
			 atomic_load(&all.failures));
	fix_settle(&f);
	fix_same_case(&f, all.casefile);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_at_once),
		cmocka_unit_test(stopped_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
