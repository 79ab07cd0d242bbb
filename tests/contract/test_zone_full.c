/*
 * The disk is full in the middle of a change of the zones: nothing of it is published,
 * the zones are given out as they were, whoever acts is told, and with room again the
 * same act is done once.  The disk is full from the n-th byte's write on; with
 * SALURAN_EVERY=1 from each one, else from some.
 *
 * On a file only: this process writes no file of zones where the store is on a server,
 * whose own full disk test_server_faults.c has it say.
 */
#include "call_faults.h"
#include "node_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/node_int.h"
#include "service/tick.h"
#include "service/zone_int.h"

#define AUTHORITY PARTY_AUTHORITY
#define MAIN	  "rpz.saluran"

enum { STEP = 29, TRIALS_MAX = 10000, FEWEST = 3 };

static const char *const origins[] = {MAIN, "hot." MAIN, "base." MAIN};
#define N_ORIGINS (sizeof(origins) / sizeof(origins[0]))

/* What is given out. */
struct given {
	json_t *rows[N_ORIGINS];
	uint32_t serial[N_ORIGINS];
};

enum change { CHANGE_BLOCK, CHANGE_LIFT, CHANGE_END, CHANGE_COUNT };

struct trial {
	struct fix f;
	const char *casefile;
	json_t *draft; /* of the order that is acted on */
	const char *name;
};

static struct given
given(struct fix *f)
{
	struct given g;

	for (size_t i = 0; i < N_ORIGINS; i++)
		g.rows[i] = fix_zone(f, AUTHORITY, origins[i], &g.serial[i]);
	return g;
}

static void
assert_same(struct fix *f, const struct given *before)
{
	struct given now = given(f);

	for (size_t i = 0; i < N_ORIGINS; i++) {
		assert_int_equal(now.serial[i], before->serial[i]);
		assert_true(json_equal(now.rows[i], before->rows[i]));
	}
}

static enum rc
post(struct trial *t, const char *credential, const char *what, json_t *in, struct err *e)
{
	return fix_call(&t->f, AUTHORITY, credential, "POST",
			arena_printf(t->f.a, "/v1/orders/%s/%s",
				     fix_text(t->draft, "order"), what),
			in, NULL, e);
}

static enum rc
approve(struct trial *t, const char *credential, struct err *e)
{
	return post(t, credential, "approve",
		    json_pack("{s:s}", "text_sha256", fix_text(t->draft, "text_sha256")),
		    e);
}

static enum rc
act_do(struct trial *t, enum change act, struct err *e)
{
	const struct fix_node *n = &t->f.n[AUTHORITY];
	int64_t wait_us;

	switch (act) {
	case CHANGE_BLOCK:
		return approve(t, n->approver2, e);
	case CHANGE_LIFT:
		return post(t, n->officer, "lift",
			    json_pack("{s:s}", "reason", "They answered."), e);
	case CHANGE_END:
		return service_tick(n->nd, FIX_S, &wait_us, e);
	case CHANGE_COUNT:
		break;
	}
	fail_msg("no act");
	return RC_INVALID;
}

static bool
is_done(struct trial *t, enum change act)
{
	json_t *whole = fix_zone(&t->f, AUTHORITY, MAIN, NULL);

	return (json_object_get(whole, t->name) != NULL) == (act == CHANGE_BLOCK);
}

/* An order that lacks but this act. */
static void
prepare(struct trial *t, enum change act, int n)
{
	const struct fix_node *of = &t->f.n[AUTHORITY];
	struct err e = ERR_INIT;

	t->name = arena_printf(t->f.a, "n%d-%d.example", (int)act, n);
	t->draft = fix_must(
		&t->f, AUTHORITY, of->officer, "POST", "/v1/orders",
		fix_order(arena_printf(t->f.a, "[\"%s\"]", t->name), t->casefile));
	fix_ok(approve(t, of->approver, &e), &e, "first approval");
	if (act != CHANGE_BLOCK)
		fix_ok(approve(t, of->approver2, &e), &e, "second approval");
	if (act == CHANGE_END)
		fix_clock_add(501 * FIX_S);
	/* A file of its own is empty again after a start. */
	fix_reopen(&t->f, AUTHORITY);
}

struct told {
	struct arena *a;
	json_t *rows;
};

static enum rc
on_change(void *arg, const struct rpzrow *row, bool added, struct err *e)
{
	struct told *x = arg;

	(void)e;
	if (added)
		json_object_set_new(
			x->rows, row->owner,
			json_string(rpzrow_act_text(x->a, row->act, row->data)));
	else
		json_object_del(x->rows, row->owner);
	return RC_OK;
}

/* Whoever has what was given before comes to what is given now. */
static void
assert_follows(struct trial *t, const struct given *before)
{
	struct given now = given(&t->f);

	for (size_t i = 0; i < N_ORIGINS; i++) {
		struct told x = {t->f.a, json_deep_copy(before->rows[i])};
		struct err e = ERR_INIT;
		assert_true(now.serial[i] >= before->serial[i]);
		if (now.serial[i] != before->serial[i])
			fix_ok(service_zone_changes(t->f.n[AUTHORITY].nd, origins[i],
						    before->serial[i], now.serial[i],
						    on_change, &x, &e),
			       &e, "changes");
		assert_true(json_equal(x.rows, now.rows[i]));
		json_decref(x.rows);
	}
	assert_true(now.serial[0] > before->serial[0]);
	assert_true(now.serial[1] > before->serial[1]);
}

/* What ends by itself may be done, and something that is due after it not. */
static void
assert_all_or_nothing(struct trial *t, enum change act, const struct given *before)
{
	if (act == CHANGE_END && is_done(t, act))
		assert_follows(t, before);
	else
		assert_same(&t->f, before);
}

/* False: the act needs no more room than that. */
static bool
disk_is_full(struct trial *t, enum change act, int n)
{
	struct err e = ERR_INIT;

	prepare(t, act, n);
	struct given before = given(&t->f);
	calls_fill(n);
	enum rc rc = act_do(t, act, &e);
	bool full = rc != RC_OK;
	if (full) {
		if (rc != RC_FULL)
			fail_msg("act %d, write %d: %s: %s", (int)act, n, rc_token(rc),
				 e.text);
		assert_non_null(strstr(e.text, "no space is left"));
		assert_all_or_nothing(t, act, &before);
		/* Again, as people do. */
		e = (struct err)ERR_INIT;
		if (act_do(t, act, &e) != RC_OK)
			assert_all_or_nothing(t, act, &before);
	}
	bool reached = calls_disarm();
	/* Some end the node, too, and start it again when there is room. */
	if (n % 2 == 0) {
		bool done = is_done(t, act);
		fix_reopen(&t->f, AUTHORITY);
		if (done)
			assert_true(is_done(t, act));
		else
			assert_all_or_nothing(t, act, &before);
	}
	e = (struct err)ERR_INIT;
	if (!is_done(t, act))
		fix_ok(act_do(t, act, &e), &e, "with room again");
	assert_true(is_done(t, act));
	assert_follows(t, &before);
	return reached;
}

static void
some(enum change act)
{
	const int step = getenv("SALURAN_EVERY") != NULL ? 1 : STEP;
	struct trial t = {0};
	int trials = 0;

	fix_open(&t.f);
	t.casefile = fix_send(&t.f, "F-1", "bad.example", 2);
	fix_make_overdue(&t.f, t.casefile);
	for (int n = 1; disk_is_full(&t, act, n); n += step)
		assert_true(trials++ < TRIALS_MAX);
	print_message("the disk was full %d times\n", trials);
	assert_true(trials >= FEWEST);
	fix_rebuilt_equal(&t.f, AUTHORITY);
	fix_close(&t.f);
}

static void
blocks(void **state)
{
	(void)state;
	some(CHANGE_BLOCK);
}

static void
lifts(void **state)
{
	(void)state;
	some(CHANGE_LIFT);
}

static void
ends(void **state)
{
	(void)state;
	some(CHANGE_END);
}

/* The note of the newest serial cannot be written: it is in the store, too. */
static void
note_of_serials(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *note = arena_printf(f.a, "%s/zone.serial", f.n[AUTHORITY].dir);
	fix_reopen(&f, AUTHORITY);
	(void)unlink(note);
	fix_reopen(&f, AUTHORITY);
	calls_fill(1);
	struct given before = given(&f);
	assert_true(calls_disarm());
	assert_int_not_equal(access(note, F_OK), 0);
	assert_same(&f, &before);
	assert_int_equal(access(note, F_OK), 0);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks),
		cmocka_unit_test(lifts),
		cmocka_unit_test(ends),
		cmocka_unit_test(note_of_serials),
	};

	calls_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
