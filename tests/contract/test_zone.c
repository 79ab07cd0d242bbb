/*
 * What is published: for random histories of orders, lifts and folds, the whole zone is
 * what is in force, hot and base together answer as it does, any difference applied to
 * the older zone gives the newer one, and nothing of it moves when the node starts again
 * or makes its views anew.
 */
#include "node_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/node_int.h"
#include "service/tick.h"
#include "service/zone_int.h"

#define AUTHORITY PARTY_AUTHORITY
#define MAIN	  "rpz.saluran"

static const char many_policy[] =
	"{\"name\":\"test\",\"version\":1,\"title\":{\"en\":\"Test\",\"id\":\"Uji\"},"
	"\"source\":\"Invented.\",\"classes\":["
	"{\"code\":\"normal\",\"accept_s\":100,\"decide_s\":100},"
	"{\"code\":\"urgent\",\"accept_s\":10,\"decide_s\":20}],"
	"\"categories\":[{\"code\":\"terrorism\",\"name\":{\"en\":\"Terrorism\","
	"\"id\":\"Terorisme\"},\"class\":\"urgent\"},{\"code\":\"other\",\"name\":"
	"{\"en\":\"Other\",\"id\":\"Lainnya\"},\"class\":\"normal\"}],"
	"\"ladder\":[{\"act\":\"remind\",\"after_s\":10},"
	"{\"act\":\"warn\",\"level\":1,\"after_s\":10}],"
	"\"order\":{\"approvals\":1,\"ladder_steps\":2,\"max_duration_s\":1000000,"
	"\"max_names\":20,\"ttl_s\":10,\"delta_max\":100000}}\n";

/* xorshift64*: the same histories every time. */
static uint64_t seed_now;

static size_t
dice(size_t n)
{
	seed_now ^= seed_now >> 12;
	seed_now ^= seed_now << 25;
	seed_now ^= seed_now >> 27;
	return (size_t)(seed_now * UINT64_C(0x2545f4914f6cdd1d) >> 33) % n;
}

/* ---- orders ------------------------------------------------------------------------ */

struct drafted {
	const char *id;
	const char *names[4]; /* "x" or "*.x" */
	bool lifted[4];
	size_t n;
	const char *action;
};

static const char *
order_id(struct fix *f, const char *names, const char *action, const char *casefile)
{
	const struct fix_node *n = &f->n[AUTHORITY];
	json_t *in = fix_order(names, casefile);
	char when[CLOCK_TEXT_LEN];

	json_object_set_new(
		in, "ends",
		json_string(clock_format(clock_now_us() + 900000 * FIX_S, when)));
	json_object_set_new(in, "action", json_string(action));
	json_t *r = fix_must(f, AUTHORITY, n->officer, "POST", "/v1/orders", in);
	const char *id = fix_text(r, "order");
	fix_must(f, AUTHORITY, n->approver, "POST",
		 arena_printf(f->a, "/v1/orders/%s/approve", id),
		 json_pack("{s:s}", "text_sha256", fix_text(r, "text_sha256")));
	return id;
}

static void
lift(struct fix *f, const char *order, const char *name)
{
	json_t *in = json_pack("{s:s}", "reason", "They answered.");

	if (name != NULL)
		json_object_set_new(in, "names", json_pack("[s]", name));
	fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
		 arena_printf(f->a, "/v1/orders/%s/lift", order), in);
}

static enum rc
work_fold_all(struct writer *w, void *arg, struct err *e)
{
	struct store_list heads;
	enum rc rc = zone_heads(w->s, w->a, &heads, e);

	(void)arg;
	for (size_t i = 0; rc == RC_OK && i < heads.n; i++)
		rc = zone_fold(w, (struct zone_head *)heads.rows + i, e);
	return rc;
}

static void
fold(struct fix *f)
{
	struct err e = ERR_INIT;

	fix_ok(writer_run(f->n[AUTHORITY].nd, work_fold_all, NULL, &e), &e, "fold");
}

static const char *
overdue_case(struct fix *f, const char *reference)
{
	const char *c = fix_send(f, reference, "bad.example", 2);

	fix_make_overdue(f, c);
	return c;
}

/* ---- what a resolver answers ----------------------------------------------------------
 */

/* The row itself, else the wildcard next above the name. */
static const char *
zone_answer(struct fix *f, const json_t *rows, const char *name)
{
	const char *says = json_string_value(json_object_get(rows, name));

	for (const char *dot = strchr(name, '.'); says == NULL && dot != NULL;
	     dot = strchr(dot + 1, '.'))
		says = json_string_value(
			json_object_get(rows, arena_printf(f->a, "*%s", dot)));
	return says;
}

static const char *
free_is_null(const char *answer)
{
	return answer != NULL && strcmp(answer, "passthru") == 0 ? NULL : answer;
}

static const char *
pair_answer(struct fix *f, const json_t *hot, const json_t *base, const char *name)
{
	const char *says = zone_answer(f, hot, name);

	return free_is_null(says != NULL ? says : zone_answer(f, base, name));
}

static void
assert_same(const char *x, const char *y, const char *what, const char *name)
{
	if ((x == NULL) != (y == NULL) || (x != NULL && strcmp(x, y) != 0))
		fail_msg("%s of %s: %s, not %s", what, name, x == NULL ? "free" : x,
			 y == NULL ? "free" : y);
}

/* ---- histories ------------------------------------------------------------------------
 */

/* Names above and below each other, and each with a child that is in no order. */
static const char *const pool[] = {
	"a.example",   "b.a.example", "c.b.a.example", "d.example",
	"e.d.example", "*.a.example", "*.b.a.example", "*.d.example",
};
enum { POOL = sizeof(pool) / sizeof(pool[0]), STEPS = 120, SEEN_MAX = STEPS + 8 };

struct seen {
	const json_t *rows;
	uint32_t serial;
};

struct history {
	struct fix f;
	struct drafted orders[STEPS];
	size_t n_orders;
	struct {
		const char *origin;
		struct seen at[SEEN_MAX];
		size_t n;
	} zones[3];
	size_t base_kept; /* the base that a resolver may still have */
};

static const char *
expected(const struct history *h, const char *owner)
{
	const char *best = NULL;

	for (size_t i = 0; i < h->n_orders; i++)
		for (size_t k = 0; k < h->orders[i].n; k++) {
			const struct drafted *d = &h->orders[i];
			const char *name = d->names[k];
			bool below = strncmp(name, "*.", 2) == 0;
			/* A wildcard is asked for beside its name. */
			bool is = strcmp(owner, name) == 0 ||
				  (below && strcmp(owner, name + 2) == 0);
			if (d->lifted[k] || !is)
				continue;
			if (best == NULL || strcmp(d->action, "nxdomain") == 0)
				best = d->action;
		}
	return best;
}

static void
assert_whole(struct history *h, const json_t *rows)
{
	const char *owner;
	const json_t *v;
	size_t n = 0;

	for (size_t i = 0; i < POOL; i++) {
		const char *want = expected(h, pool[i]);
		assert_same(json_string_value(json_object_get(rows, pool[i])), want,
			    "the whole zone", pool[i]);
		n += want != NULL;
	}
	json_object_foreach ((json_t *)(uintptr_t)rows, owner, v)
		n--;
	assert_int_equal(n, 0);
}

static void
assert_answers(struct history *h)
{
	const json_t *whole = h->zones[0].at[h->zones[0].n - 1].rows;
	const json_t *hot = h->zones[1].at[h->zones[1].n - 1].rows;

	/* With the base as it is, and as it was before the last fold. */
	for (size_t at = h->base_kept; at < h->zones[2].n; at++) {
		const json_t *base = h->zones[2].at[at].rows;
		for (size_t i = 0; i < POOL; i++) {
			const char *name = pool[i] + (pool[i][0] == '*' ? 2 : 0);
			const char *child = arena_printf(h->f.a, "x.%s", name);
			assert_same(pair_answer(&h->f, hot, base, name),
				    free_is_null(zone_answer(&h->f, whole, name)),
				    "the pair", name);
			assert_same(pair_answer(&h->f, hot, base, child),
				    free_is_null(zone_answer(&h->f, whole, child)),
				    "the pair", child);
		}
	}
}

/* A serial stands for one content, and only rises. */
static void
look(struct history *h)
{
	for (size_t i = 0; i < 3; i++) {
		uint32_t serial;
		json_t *rows = fix_zone(&h->f, AUTHORITY, h->zones[i].origin, &serial);
		size_t n = h->zones[i].n;
		struct seen *last = n == 0 ? NULL : &h->zones[i].at[n - 1];
		if (last != NULL && last->serial == serial) {
			assert_true(json_equal(rows, (json_t *)(uintptr_t)last->rows));
			continue;
		}
		assert_true(last == NULL || serial > last->serial);
		h->zones[i].at[n] = (struct seen){rows, serial};
		h->zones[i].n++;
	}
	assert_whole(h, h->zones[0].at[h->zones[0].n - 1].rows);
	assert_answers(h);
}

struct applying {
	struct arena *a;
	json_t *rows;
};

static enum rc
on_change(void *arg, const struct rpzrow *rr, bool added, struct err *e)
{
	struct applying *x = arg;
	const char *text = rpzrow_act_text(x->a, rr->act, rr->data);
	const char *has = json_string_value(json_object_get(x->rows, rr->owner));

	(void)e;
	if (added) {
		assert_null(has);
		json_object_set_new(x->rows, rr->owner, json_string(text));
	} else {
		assert_non_null(has);
		assert_string_equal(has, text);
		json_object_del(x->rows, rr->owner);
	}
	return RC_OK;
}

static void
assert_difference(struct history *h, size_t zone, size_t from, size_t to)
{
	const struct seen *x = &h->zones[zone].at[from], *y = &h->zones[zone].at[to];
	struct applying apply = {h->f.a, json_copy((json_t *)(uintptr_t)x->rows)};
	struct err e = ERR_INIT;

	fix_ok(service_zone_changes(h->f.n[AUTHORITY].nd, h->zones[zone].origin,
				    x->serial, y->serial, on_change, &apply, &e),
	       &e, "changes");
	if (!json_equal(apply.rows, (json_t *)(uintptr_t)y->rows))
		fail_msg("%s: %u and the difference to %u do not give it",
			 h->zones[zone].origin, x->serial, y->serial);
	json_decref(apply.rows);
}

static void
step(struct history *h, const char *casefile)
{
	struct drafted *d = &h->orders[h->n_orders];
	unsigned turn = (unsigned)dice(10);

	if (turn == 0) {
		h->base_kept = h->zones[2].n - 1;
		fold(&h->f);
	} else if (turn < 5 && h->n_orders != 0) {
		struct drafted *old = &h->orders[dice(h->n_orders)];
		size_t k = dice(old->n);
		bool all = dice(2) == 0, any = false;
		for (size_t i = 0; i < old->n; i++)
			any |= !old->lifted[i] && (all || i == k);
		if (!any)
			return;
		const char *name = old->names[k];
		lift(&h->f, old->id, all ? NULL : name + (name[0] == '*' ? 2 : 0));
		for (size_t i = 0; i < old->n; i++)
			old->lifted[i] |= all || i == k;
	} else {
		json_t *names = json_array();
		*d = (struct drafted){.action = dice(2) == 0 ? "nxdomain" : "nodata"};
		for (size_t k = 0, most = 1 + dice(3); k < most; k++) {
			const char *name = pool[dice(POOL)];
			const char *bare = name + (name[0] == '*' ? 2 : 0);
			bool twice = false;
			for (size_t i = 0; i < d->n; i++)
				twice |= strcmp(d->names[i] +
							(d->names[i][0] == '*' ? 2 : 0),
						bare) == 0;
			if (twice)
				continue;
			d->names[d->n++] = name;
			json_array_append_new(names, json_string(name));
		}
		char *text = json_dumps(names, 0);
		d->id = order_id(&h->f, text, d->action, casefile);
		h->n_orders++;
		free(text);
		json_decref(names);
	}
}

static void
history_open(struct history *h)
{
	*h = (struct history){.n_orders = 0};
	fix_open_policy(&h->f, many_policy);
	h->zones[0].origin = MAIN;
	h->zones[1].origin = "hot." MAIN;
	h->zones[2].origin = "base." MAIN;
}

static void
histories(void **state)
{
	static struct history h;

	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		seed_now = seed;
		history_open(&h);
		const char *c = overdue_case(&h.f, "Z-1");
		look(&h);
		for (int i = 0; i < STEPS; i++) {
			step(&h, c);
			look(&h);
		}
		for (size_t zone = 0; zone < 3; zone++)
			for (int i = 0; i < 60; i++) {
				size_t to = dice(h.zones[zone].n);
				size_t from = dice(to + 1);
				assert_difference(&h, zone, from, to);
			}
		/* Nothing moves when the node starts again, or makes its views anew. */
		size_t n[3] = {h.zones[0].n, h.zones[1].n, h.zones[2].n};
		fix_reopen(&h.f, AUTHORITY);
		look(&h);
		fix_rebuilt_equal(&h.f, AUTHORITY);
		look(&h);
		for (size_t zone = 0; zone < 3; zone++)
			assert_int_equal(h.zones[zone].n, n[zone]);
		fix_close(&h.f);
	}
}

/* Two folds after the last change the hot zone is empty, and the base is the whole. */
static void
folds(void **state)
{
	struct fix f;
	uint32_t whole, hot, base, before;

	(void)state;
	fix_open_policy(&f, many_policy);
	const char *c = overdue_case(&f, "F-1");
	const char *order =
		order_id(&f, "[\"bad.example\", \"*.worse.example\"]", "nxdomain", c);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, NULL, &whole)), 3);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "hot." MAIN, &hot)), 3);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "base." MAIN, &before)),
			 0);
	assert_int_equal(whole, hot);
	fold(&f);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "base." MAIN, &base)),
			 3);
	assert_true(base > before);
	assert_int_equal(base, whole);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "hot." MAIN, NULL)), 3);
	fold(&f);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "hot." MAIN, &hot)), 0);
	assert_true(hot > whole);
	/* A lift is in the hot zone at once, as passthru, and the base keeps the row. */
	lift(&f, order, NULL);
	const json_t *rows = fix_zone(&f, AUTHORITY, "hot." MAIN, NULL);
	assert_int_equal(json_object_size(rows), 3);
	assert_string_equal(fix_text(rows, "*.worse.example"), "passthru");
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "base." MAIN, NULL)),
			 3);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, NULL, NULL)), 0);
	fix_close(&f);
}

/* Serials that no zone had are known as such. */
static void
serials_unknown(void **state)
{
	struct fix f;
	struct applying apply = {.rows = json_object()};
	struct err e = ERR_INIT;
	uint32_t serial;

	(void)state;
	fix_open_policy(&f, many_policy);
	apply.a = f.a;
	struct node *nd = f.n[AUTHORITY].nd;
	order_id(&f, "[\"bad.example\"]", "nxdomain", overdue_case(&f, "U-1"));
	fix_zone(&f, AUTHORITY, NULL, &serial);
	assert_int_equal(service_zone_changes(nd, MAIN, 0, serial, on_change, &apply, &e),
			 RC_NOT_FOUND);
	assert_int_equal(
		service_zone_changes(nd, MAIN, serial + 1, serial, on_change, &apply, &e),
		RC_NOT_FOUND);
	assert_int_equal(service_zone_changes(nd, "no.such.zone", serial, serial,
					      on_change, &apply, &e),
			 RC_NOT_FOUND);
	assert_int_equal(
		service_zone_changes(nd, MAIN, serial, serial, on_change, &apply, &e),
		RC_OK);
	json_decref(apply.rows);
	fix_close(&f);
}

struct later {
	uint32_t serial;
	int64_t now_us;
};

/* As if so much time had passed, and a rollback for what was only asked. */
static enum rc
work_serial_later(struct writer *w, void *arg, struct err *e)
{
	struct later *l = arg;

	w->now_us = l->now_us;
	return zone_serial_next(w, &l->serial, e);
}

/* A node whose copy is restored may be behind what its resolvers have: whatever drew the
 * last serial, an order or a fold, the next one goes by the clock. */
static void
serials_go_by_the_clock(void **state)
{
	struct later l = {.now_us = clock_now_us() + INT64_C(1000000) * FIX_S};
	struct err e = ERR_INIT;
	struct fix f;
	uint32_t hot, whole;

	(void)state;
	fix_open_policy(&f, many_policy);
	struct node *nd = f.n[AUTHORITY].nd;
	order_id(&f, "[\"bad.example\"]", "nxdomain", overdue_case(&f, "K-1"));
	fold(&f);
	fold(&f);
	fix_zone(&f, AUTHORITY, NULL, &whole);
	fix_zone(&f, AUTHORITY, "hot." MAIN, &hot);
	assert_true(hot > whole); /* the fold drew the last one */
	fix_ok(writer_run(nd, work_serial_later, &l, &e), &e, "a serial");
	assert_int_equal(l.serial, l.now_us / FIX_S);
	fix_close(&f);
}

/* Views that were made anew may bring and take rows with one serial, and what the hot
 * zone says of a row changes with both. */
static void
levelled_at_once(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, many_policy);
	const char *c = overdue_case(&f, "V-1");
	order_id(&f, "[\"*.a.example\"]", "nxdomain", c);
	const char *other = order_id(&f, "[\"b.a.example\"]", "nodata", c);
	lift(&f, other, NULL);
	const char *rows[] = {
		"DELETE FROM zone_row WHERE owner = 'example.a.*'",
		arena_printf(f.a,
			     "INSERT INTO zone_row VALUES ('main', 0, 'example.a.b', "
			     "'nodata', '%s')",
			     other),
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fix_query(&f, AUTHORITY, rows[i]);
	fix_rebuilt_equal(&f, AUTHORITY);
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "*.a.example a.example");
	const json_t *hot = fix_zone(&f, AUTHORITY, "hot." MAIN, NULL);
	assert_string_equal(fix_text(hot, "b.a.example"), "nxdomain");
	fix_close(&f);
}

static int64_t
base_of(struct fix *f)
{
	uint32_t serial;

	fix_zone(f, AUTHORITY, "base." MAIN, &serial);
	return serial;
}

/* A hot zone that is too large is folded at once; but not again while resolvers may still
 * fetch the base of that fold, since the second takes from the hot zone what the first
 * brought into the base. */
static void
folds_are_an_hour_apart(void **state)
{
	enum { ORDERS = 3, NAMES = 20, HOUR_S = 3600 };
	int64_t now_us = clock_now_us() + 2 * HOUR_S * FIX_S, next_us = 0;
	struct err e = ERR_INIT;
	struct fix f;

	(void)state;
	fix_open_policy(&f, many_policy);
	FILE *conf =
		fopen(arena_printf(f.a, "%s/saluran.conf", f.n[AUTHORITY].dir), "ae");
	assert_non_null(conf);
	/* Quiet hours that begin twelve hours from now play no part. */
	fprintf(conf, "rpz.hot_rows = 100\nrpz.fold_from = %d\nrpz.fold_hours = 1\n",
		(int)((now_us / FIX_S / HOUR_S + 12) % 24));
	assert_int_equal(fclose(conf), 0);
	fix_reopen(&f, AUTHORITY);
	struct node *nd = f.n[AUTHORITY].nd;
	const char *c = overdue_case(&f, "H-1");
	for (int i = 0; i < ORDERS; i++) {
		json_t *names = json_array();
		for (int k = 0; k < NAMES; k++)
			json_array_append_new(names,
					      json_sprintf("*.n%d-%d.example", i, k));
		char *text = json_dumps(names, 0);
		order_id(&f, text, "nxdomain", c);
		free(text);
		json_decref(names);
	}
	int64_t before = base_of(&f);
	fix_ok(tick_zone_fold(nd, now_us, &next_us, &e), &e, "fold");
	int64_t folded = base_of(&f);
	assert_true(folded > before);
	order_id(&f, "[\"bad.example\"]", "nxdomain", c);
	/* w->now_us, by which a fold is dated, is the real one. */
	now_us = clock_now_us() + 10 * 60 * FIX_S;
	nd->zone_look_us = 0;
	fix_ok(tick_zone_fold(nd, now_us, &next_us, &e), &e, "fold");
	assert_int_equal(base_of(&f), folded);
	now_us += HOUR_S * FIX_S;
	nd->zone_look_us = 0;
	fix_ok(tick_zone_fold(nd, now_us, &next_us, &e), &e, "fold");
	assert_true(base_of(&f) > folded);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(histories),
		cmocka_unit_test(folds),
		cmocka_unit_test(serials_unknown),
		cmocka_unit_test(serials_go_by_the_clock),
		cmocka_unit_test(levelled_at_once),
		cmocka_unit_test(folds_are_an_hour_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
