/*
 * The whole zone after each change is made from the one before: it must be what reading
 * all rows would have given, record for record, and share what did not change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "rpz/internal.h"

#define ORIGIN "rpz.test"

enum {
	NAMES = 4000, /* that may be in the zone; several chunks of them */
	ACTS = 4,     /* 0: not in it */
	ROUNDS = 300,
	OWNER_MAX = 64,
	MANY = 100000,
	GROUP = 900, /* addresses of one name: more than a chunk holds */
};

/* What is in the zone: the act of each name. */
static unsigned char model[NAMES];

static uint64_t
random_next(uint64_t *x)
{
	*x = *x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *x >> 33;
}

static uint64_t
seed_choose(const char *test)
{
	const char *given = getenv("SALURAN_TEST_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);

	printf("%s: SALURAN_TEST_SEED=%llu repeats it\n", test, (unsigned long long)seed);
	return seed;
}

static void
add(struct rpz_records *l, const char *owner, enum rpzrow_act act, const char *data)
{
	const struct rpzrow row = {owner, act, data};
	uint8_t record[RPZ_RECORD_BYTES_MAX];
	struct err e = ERR_INIT;
	size_t len;

	if (rpz_record_of_row(&row, ORIGIN, 30, record, &len, &e) != RC_OK)
		fail_msg("%s: %s", owner, e.text);
	assert_int_equal(len, rpz_record_len(record));
	rpz_records_add(l, record, len);
}

static void
add_named(struct rpz_records *l, unsigned name, unsigned act)
{
	static const enum rpzrow_act acts[ACTS] = {RPZROW_NXDOMAIN, RPZROW_NXDOMAIN,
						   RPZROW_NODATA, RPZROW_A};
	char owner[OWNER_MAX];

	snprintf(owner, sizeof(owner), "%sname-%u.d%u.example", name % 7 == 0 ? "*." : "",
		 name * 2654435761U % 100000, name % 97);
	add(l, owner, acts[act], act == 3 ? "192.0.2.7" : NULL);
}

static struct rpz_records
records_new(void)
{
	return (struct rpz_records){.bytes = BUF_INIT(RPZ_STREAM_BYTES_MAX)};
}

static struct rpz_mark
mark_of(uint32_t serial)
{
	const struct rpz_head head = {ORIGIN, serial, 30, 60, 10, 3600};
	knot_dname_storage_t origin;
	struct rpz_mark m;

	assert_non_null(knot_dname_from_str(origin, ORIGIN, sizeof(origin)));
	rpz_mark_init(&m, &head, origin);
	return m;
}

static struct rpz_stream *
read_all(uint32_t serial)
{
	struct rpz_records rows = records_new();
	struct rpz_mark m = mark_of(serial);
	struct rpz_stream *s;
	size_t excluded;

	for (unsigned i = 0; i < NAMES; i++)
		if (model[i] != 0)
			add_named(&rows, i, model[i]);
	rpz_records_sort(&rows);
	s = rpz_stream_whole(&m, &rows, &excluded);
	assert_int_equal(excluded, 0);
	rpz_records_free(&rows);
	return s;
}

/* All records, one behind the other. */
static struct buf
flat(const struct rpz_stream *s)
{
	struct buf b = BUF_INIT(RPZ_STREAM_BYTES_MAX);
	size_t n = 0;

	for (size_t i = 0; i < s->n_chunks; i++) {
		const struct rpz_chunk *c = s->chunk[i];
		size_t at = 0;
		uint16_t count = 0;

		assert_true(c->len > 0 && c->len <= RPZ_CHUNK_BYTES);
		for (; at < c->len; at += rpz_record_len(c->bytes + at))
			count++;
		assert_int_equal(at, c->len);
		assert_int_equal(count, c->n);
		n += c->n;
		buf_put(&b, c->bytes, c->len);
	}
	assert_int_equal(n, s->n_records);
	assert_int_equal(b.len, s->bytes);
	return b;
}

static void
assert_same(const struct rpz_stream *a, const struct rpz_stream *b)
{
	struct buf x = flat(a), y = flat(b);

	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.data, y.data, x.len);
	buf_free(&x);
	buf_free(&y);
}

/* Some names change; few or many, here or all over the zone. */
static void
model_change(uint64_t *x, struct rpz_changes *c)
{
	size_t n = random_next(x) % 8 == 0 ? random_next(x) % 2000 : random_next(x) % 20;
	unsigned base = (unsigned)random_next(x) % NAMES;
	bool near = random_next(x) % 2 == 0, empty = random_next(x) % 16 == 0;
	static bool done[NAMES];

	memset(done, 0, sizeof(done));
	for (size_t i = 0; i < n; i++) {
		unsigned name = near ? (base + (unsigned)i) % NAMES
				     : (unsigned)random_next(x) % NAMES;
		unsigned act = empty ? 0 : (unsigned)random_next(x) % ACTS;

		if (done[name] || act == model[name])
			continue;
		done[name] = true;
		if (model[name] != 0)
			add_named(&c->removed, name, model[name]);
		if (act != 0)
			add_named(&c->added, name, act);
		model[name] = (unsigned char)act;
	}
	rpz_records_sort(&c->removed);
	rpz_records_sort(&c->added);
}

static void
a_patched_zone_is_the_zone_read_anew(void **state)
{
	uint64_t x = seed_choose("a_patched_zone_is_the_zone_read_anew");
	struct rpz_stream *s;

	(void)state;
	memset(model, 0, sizeof(model));
	s = read_all(1);
	for (uint32_t serial = 2; serial < ROUNDS + 2; serial++) {
		struct rpz_changes c = {records_new(), records_new()};
		struct rpz_mark m = mark_of(serial);
		struct rpz_stream *next, *anew;
		struct buf before = flat(s), after;

		model_change(&x, &c);
		assert_int_equal(rpz_stream_patch(s, &m, &c, &next), RC_OK);
		/* who still sends the old one sends the same bytes */
		after = flat(s);
		assert_int_equal(before.len, after.len);
		assert_memory_equal(before.data, after.data, after.len);
		buf_free(&before);
		buf_free(&after);
		anew = read_all(serial);
		assert_same(next, anew);
		rpz_stream_put(anew);
		rpz_stream_put(s);
		s = next;
		rpz_records_free(&c.removed);
		rpz_records_free(&c.added);
	}
	rpz_stream_put(s);
}

static void
chunks_that_did_not_change_are_shared(void **state)
{
	struct rpz_changes c = {records_new(), records_new()};
	struct rpz_records rows = records_new();
	struct rpz_mark one = mark_of(1), two = mark_of(2);
	struct rpz_stream *s, *next;
	size_t excluded, shared = 0;
	char owner[OWNER_MAX];

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(owner, sizeof(owner), "name-%06u.example", i);
		add(&rows, owner, RPZROW_NXDOMAIN, NULL);
	}
	rpz_records_sort(&rows);
	s = rpz_stream_whole(&one, &rows, &excluded);
	assert_int_equal(s->n_records, MANY + 5);
	add(&c.removed, "name-050000.example", RPZROW_NXDOMAIN, NULL);
	add(&c.added, "name-050000.example", RPZROW_PASSTHRU, NULL);
	assert_int_equal(rpz_stream_patch(s, &two, &c, &next), RC_OK);
	for (size_t i = 0; i < s->n_chunks; i++)
		for (size_t k = 0; k < next->n_chunks; k++)
			shared += s->chunk[i] == next->chunk[k];
	/* all but the two with the SOA and the one or two with the name */
	assert_true(shared >= s->n_chunks - 4 && shared <= s->n_chunks - 3);
	rpz_stream_put(s);
	assert_int_equal(next->n_records, MANY + 5);
	rpz_stream_put(next);
	rpz_records_free(&rows);
	rpz_records_free(&c.removed);
	rpz_records_free(&c.added);
}

/* A journal that does not fit the rows must not be believed. */
static void
changes_that_do_not_fit_are_refused(void **state)
{
	static const struct {
		const char *removed, *added;
		enum rpzrow_act act;
		enum rc rc;
	} cases[] = {
		{"b.example", NULL, RPZROW_NXDOMAIN, RC_OK},
		{"nobody.example", NULL, RPZROW_NXDOMAIN, RC_CONFLICT},
		{"b.example", NULL, RPZROW_NODATA, RC_CONFLICT},
		{NULL, "c.example", RPZROW_NXDOMAIN, RC_OK},
		{NULL, "b.example", RPZROW_NXDOMAIN, RC_CONFLICT},
		{NULL, "B.Example", RPZROW_NODATA, RC_CONFLICT},
		{NULL, "b.example", RPZROW_A, RC_CONFLICT},
		{NULL, "local.example", RPZROW_AAAA, RC_OK},
		{NULL, "local.example", RPZROW_NXDOMAIN, RC_CONFLICT},
	};
	struct rpz_records rows = records_new();
	struct rpz_mark one = mark_of(1), two = mark_of(2);
	struct rpz_stream *s, *next;
	size_t excluded;

	(void)state;
	add(&rows, "a.example", RPZROW_NXDOMAIN, NULL);
	add(&rows, "b.example", RPZROW_NXDOMAIN, NULL);
	add(&rows, "local.example", RPZROW_A, "192.0.2.1");
	rpz_records_sort(&rows);
	s = rpz_stream_whole(&one, &rows, &excluded);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rpz_changes c = {records_new(), records_new()};
		const char *data = cases[i].act == RPZROW_A	 ? "192.0.2.2"
				   : cases[i].act == RPZROW_AAAA ? "2001:db8::1"
								 : NULL;

		if (cases[i].removed != NULL)
			add(&c.removed, cases[i].removed, cases[i].act, data);
		if (cases[i].added != NULL)
			add(&c.added, cases[i].added, cases[i].act, data);
		if (rpz_stream_patch(s, &two, &c, &next) != cases[i].rc)
			fail_msg("case %zu", i);
		if (cases[i].rc == RC_OK)
			rpz_stream_put(next);
		rpz_records_free(&c.removed);
		rpz_records_free(&c.added);
	}
	rpz_stream_put(s);
	rpz_records_free(&rows);
}

/* Of rows that exclude each other one is left; of local data all are, also when they
 * fill more than a chunk. */
static void
rows_that_exclude_each_other_are_one(void **state)
{
	struct rpz_records rows = records_new();
	struct rpz_mark one = mark_of(1);
	struct rpz_stream *s;
	size_t excluded;
	char address[16];

	(void)state;
	add(&rows, "a.example", RPZROW_NXDOMAIN, NULL);
	add(&rows, "A.example", RPZROW_NXDOMAIN, NULL);
	add(&rows, "a.EXAMPLE", RPZROW_PASSTHRU, NULL);
	add(&rows, "b.example", RPZROW_A, "192.0.2.1");
	add(&rows, "b.example", RPZROW_TXT, "text");
	add(&rows, "b.example", RPZROW_LANDING, "page.example");
	for (unsigned i = 0; i < GROUP; i++) {
		snprintf(address, sizeof(address), "10.0.%u.%u", i / 256, i % 256);
		add(&rows, "many.example", RPZROW_A, address);
	}
	rpz_records_sort(&rows);
	s = rpz_stream_whole(&one, &rows, &excluded);
	assert_int_equal(excluded, 3);
	assert_int_equal(s->n_records, 5 + 1 + 2 + GROUP);
	rpz_stream_put(s);
	rpz_records_free(&rows);
}

/* An owner whose rows nearly fill a chunk, behind a small row: not even without that is
 * there room for the next one. */
static void
a_chunk_is_never_overfilled(void **state)
{
	(void)state;
	for (size_t len = RPZROW_TXT_MAX; len > RPZROW_TXT_MAX - 100; len -= 9) {
		struct rpz_records rows = records_new();
		struct rpz_mark one = mark_of(1);
		char text[RPZROW_TXT_MAX + 1];
		struct rpz_stream *s;
		struct buf all;
		size_t excluded;

		add(&rows, "a.example", RPZROW_NXDOMAIN, NULL);
		for (int c = 'a'; c <= 'z'; c++) {
			memset(text, c, len);
			text[len] = '\0';
			add(&rows, "many.example", RPZROW_TXT, text);
		}
		rpz_records_sort(&rows);
		s = rpz_stream_whole(&one, &rows, &excluded);
		all = flat(s);
		assert_int_equal(s->n_records, 5 + 1 + 26);
		buf_free(&all);
		rpz_stream_put(s);
		rpz_records_free(&rows);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_patched_zone_is_the_zone_read_anew),
		cmocka_unit_test(chunks_that_did_not_change_are_shared),
		cmocka_unit_test(changes_that_do_not_fit_are_refused),
		cmocka_unit_test(rows_that_exclude_each_other_are_one),
		cmocka_unit_test(a_chunk_is_never_overfilled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
