/*
 * The bodies and paths of the exchange between nodes: each has one encoding.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/mirror.h"
#include "core/note.h"

#define HASH_LINE "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
/* bits after the last byte of the second hash */
#define LOOSE_BITS "old 1\n" HASH_LINE "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkax=\n\nx"

/* ---- add-checkpoint ---------------------------------------------------------------- */

static enum rc
checkpoint(struct arena *a, const char *wire, struct mirror_checkpoint *ret)
{
	struct err e;

	return mirror_checkpoint_parse(a, wire, strlen(wire), ret, &e);
}

static void
checkpoint_round_trip(void **state)
{
	/* the example of tlog-witness, shortened to two hashes */
	static const char wire[] = "old 20852014\n" HASH_LINE
				   "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
				   "\n"
				   "example.com/behind-the-sofa\n"
				   "20852163\n"
				   "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
				   "\n"
				   "\xe2\x80\x94 example.com/behind-the-sofa AAAAAAA=\n";
	struct arena *a = arena_create();
	struct buf b = BUF_INIT(4096);
	struct mirror_checkpoint c;

	(void)state;
	assert_int_equal(checkpoint(a, wire, &c), RC_OK);
	assert_int_equal(c.old, 20852014);
	assert_int_equal(c.n_proof, 2);
	assert_int_equal(c.proof[1].b[0], 0x8e);
	assert_memory_equal(c.note, "example.com/behind-the-sofa\n2085", 32);
	assert_int_equal(c.note_len, strlen(strstr(wire, "example.com")));
	mirror_checkpoint_put(&b, &c);
	assert_string_equal(buf_str(&b), wire);
	assert_int_equal(checkpoint(a, "old 0\n\nx", &c), RC_OK);
	assert_int_equal(c.n_proof, 0);
	buf_free(&b);
	arena_free(a);
}

static void
checkpoint_refusals(void **state)
{
	static const char *const bad[] = {
		"",
		"old 1",
		"old 1\n",
		"old 1\n" HASH_LINE,
		"old 01\n\nx",
		"old \n\nx",
		"old  1\n\nx",
		"old -1\n\nx",
		"old 9223372036854775808\n\nx",
		"Old 1\n\nx",
		"size 1\n\nx",
		"\nold 1\n\nx",
		"old 1\r\n\nx",
		"old 1\nAAAA\n\nx",
	};
	struct arena *a = arena_create();
	struct buf b = BUF_INIT(8192);
	struct mirror_checkpoint c;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (checkpoint(a, bad[i], &c) != RC_INVALID)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(checkpoint(a, LOOSE_BITS, &c), RC_INVALID);
	buf_puts(&b, "old 1\n");
	for (int i = 0; i < MIRROR_PROOF_MAX; i++)
		buf_puts(&b, HASH_LINE);
	assert_int_equal(checkpoint(a, arena_printf(a, "%s\nx", buf_str(&b)), &c), RC_OK);
	assert_int_equal(c.n_proof, MIRROR_PROOF_MAX);
	buf_puts(&b, HASH_LINE);
	assert_int_equal(checkpoint(a, arena_printf(a, "%s\nx", buf_str(&b)), &c),
			 RC_TOO_LARGE);
	buf_free(&b);
	arena_free(a);
}

/* ---- add-entries ------------------------------------------------------------------- */

enum { BODY_MAX = 1 << 20 };

/* The first `n_packages` packages of the canonical sequence of [start, end). */
static void
body_put(struct buf *b, struct arena *a, uint64_t start, uint64_t end, size_t n_packages)
{
	struct mirror_package *p = arena_array(a, MIRROR_PACKAGES_MAX, sizeof(*p));
	struct mirror_entries m = {.origin = "o/x",
				   .start = start,
				   .end = end,
				   .ticket = (const uint8_t *)"tkt",
				   .ticket_len = 3,
				   .packages = p,
				   .n_packages = n_packages};
	uint64_t at = start;

	for (size_t i = 0; i < n_packages; i++) {
		uint64_t stop = at - at % MIRROR_PACKAGE + MIRROR_PACKAGE;
		struct mirror_entry *entries;

		if (stop > end)
			stop = end;
		p[i].start = at;
		p[i].n_entries = (size_t)(stop - at);
		p[i].entries = entries = arena_array(a, p[i].n_entries, sizeof(*entries));
		for (size_t k = 0; k < p[i].n_entries; k++, at++) {
			entries[k].len = (size_t)(at % 3);
			entries[k].data = arena_alloc(a, 3);
		}
		p[i].n_proof = i % 3;
	}
	mirror_entries_put(b, &m);
	assert_true(buf_ok(b));
}

static enum rc
entries(struct arena *a, const struct buf *b, size_t len, struct mirror_entries *ret)
{
	struct err e;

	return mirror_entries_parse(a, (const uint8_t *)buf_str(b), len, ret, &e);
}

static void
entries_known_bytes(void **state)
{
	static const uint8_t wire[] = {0, 1, 'o', 0,   0,   0,	 0, 0, 0, 0,
				       5, 0, 0,	  0,   0,   0,	 0, 0, 7, 0,
				       0, 0, 3,	  'a', 'b', 'c', 0, 0, 0};
	struct arena *a = arena_create();
	struct mirror_entries m;
	struct err e;

	(void)state;
	assert_int_equal(mirror_entries_parse(a, wire, sizeof(wire), &m, &e), RC_OK);
	assert_string_equal(m.origin, "o");
	assert_int_equal(m.start, 5);
	assert_int_equal(m.end, 7);
	assert_int_equal(m.ticket_len, 0);
	assert_int_equal(m.n_packages, 1);
	assert_int_equal(m.packages[0].start, 5);
	assert_int_equal(m.packages[0].n_entries, 2);
	assert_int_equal(m.packages[0].entries[0].len, 3);
	assert_memory_equal(m.packages[0].entries[0].data, "abc", 3);
	assert_int_equal(m.packages[0].entries[1].len, 0);
	assert_int_equal(m.packages[0].n_proof, 0);
	arena_free(a);
}

/* Wherever a body ends, what counts is its whole packages, and they encode to the same
 * bytes; without its head it is refused. */
static void
entries_round_trip(void **state)
{
	static const uint64_t ranges[][3] = {{0, 0, 0},	    {0, 1, 1},	    {0, 256, 1},
					     {0, 257, 2},   {3, 256, 1},    {255, 257, 2},
					     {256, 300, 1}, {700, 1100, 3}, {7, 7, 0},
					     {7, 9000, 2},  {7, 9000, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct arena *a = arena_create();
		struct buf b = BUF_INIT(BODY_MAX), again = BUF_INIT(BODY_MAX);
		struct mirror_entries m;
		size_t n_packages = (size_t)ranges[i][2], whole = 0;

		body_put(&b, a, ranges[i][0], ranges[i][1], 0);
		size_t head = b.len;
		buf_reset(&b);
		body_put(&b, a, ranges[i][0], ranges[i][1], n_packages);
		for (size_t len = 0; len <= b.len; len++) {
			struct arena *one = arena_create();
			enum rc rc = entries(one, &b, len, &m);
			assert_int_equal(rc, len < head ? RC_INVALID : RC_OK);
			if (rc == RC_OK && m.rest == 0) {
				assert_int_equal(m.n_packages, whole++);
				mirror_entries_put(&again, &m);
				assert_int_equal(again.len, len);
				assert_memory_equal(again.data, b.data, len);
				buf_reset(&again);
			} else if (rc == RC_OK) {
				assert_int_equal(m.n_packages, whole - 1);
			}
			arena_free(one);
		}
		assert_int_equal(whole, n_packages + 1);
		buf_free(&again);
		buf_free(&b);
		arena_free(a);
	}
}

static void
entries_refusals(void **state)
{
	struct arena *a = arena_create();
	struct buf b = BUF_INIT(BODY_MAX);
	struct mirror_entries m;

	(void)state;
	/* bytes after the canonical sequence */
	body_put(&b, a, 0, 256, 1);
	buf_put_u8(&b, 0);
	assert_int_equal(entries(a, &b, b.len, &m), RC_INVALID);
	/* 32 packages are accepted, 33 not */
	buf_reset(&b);
	body_put(&b, a, 0, 33 * 256, 32);
	assert_int_equal(entries(a, &b, b.len, &m), RC_OK);
	for (int i = 0; i < 256; i++)
		buf_put_u16be(&b, 0);
	buf_put_u8(&b, 0);
	assert_int_equal(entries(a, &b, b.len, &m), RC_TOO_LARGE);
	/* 64 hashes */
	buf_reset(&b);
	body_put(&b, a, 0, 1, 1);
	b.data[b.len - 1] = MIRROR_PROOF_MAX + 1;
	for (int i = 0; i < 4 * (MIRROR_PROOF_MAX + 1); i++)
		buf_put_u64be(&b, 0);
	assert_int_equal(entries(a, &b, b.len, &m), RC_INVALID);
	b.data[b.len - 32 * (MIRROR_PROOF_MAX + 1) - 1] = MIRROR_PROOF_MAX;
	assert_int_equal(entries(a, &b, b.len - 32, &m), RC_OK);
	arena_free(a);
	buf_free(&b);
}

static void
entries_bad_heads(void **state)
{
	static const struct {
		const char *origin;
		uint64_t start, end;
		uint16_t ticket_len;
		enum rc rc;
	} heads[] = {
		{"o", 5, 7, 0, RC_OK},
		{"", 5, 7, 0, RC_INVALID},
		{"o o", 5, 7, 0, RC_INVALID},
		{"o\n", 5, 7, 0, RC_INVALID},
		{"\xff", 5, 7, 0, RC_INVALID},
		{"o", 7, 5, 0, RC_INVALID},
		{"o", 0, MERKLE_SIZE_MAX, 0, RC_OK},
		{"o", 0, MERKLE_SIZE_MAX + 1, 0, RC_INVALID},
		{"o", UINT64_MAX, UINT64_MAX, 0, RC_INVALID},
		{"o", 5, 7, MIRROR_TICKET_MAX, RC_OK},
		{"o", 5, 7, MIRROR_TICKET_MAX + 1, RC_TOO_LARGE},
	};
	struct arena *a = arena_create();

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct buf b = BUF_INIT(BODY_MAX);
		struct mirror_entries m;
		buf_put_u16be(&b, (uint16_t)strlen(heads[i].origin));
		buf_puts(&b, heads[i].origin);
		buf_put_u64be(&b, heads[i].start);
		buf_put_u64be(&b, heads[i].end);
		buf_put_u16be(&b, heads[i].ticket_len);
		for (int k = 0; k < heads[i].ticket_len; k++)
			buf_putc(&b, 't');
		assert_int_equal(entries(a, &b, b.len, &m), heads[i].rc);
		buf_free(&b);
	}
	arena_free(a);
}

/* ---- bodies of 409 and 202 --------------------------------------------------------- */

static void
info(void **state)
{
	static const char *const bad[] = {"",
					  "7\n",
					  "7\n5\n",
					  "7\n5\ndGt0",
					  "7\n5\ndGt0\n\n",
					  "07\n5\n\n",
					  "7\n5\ndGt\n",
					  "7\n5\n\n\n",
					  "7 \n5\n\n",
					  "9223372036854775808\n5\n\n"};
	static const char good[] = "7\n5\ndGt0\n";
	struct arena *a = arena_create();
	struct buf b = BUF_INIT(4096);
	struct mirror_info i;
	uint8_t ticket[MIRROR_TICKET_MAX + 1] = {0};
	struct err e;

	(void)state;
	assert_int_equal(mirror_info_parse(a, good, strlen(good), &i, &e), RC_OK);
	assert_int_equal(i.pending_size, 7);
	assert_int_equal(i.next_entry, 5);
	assert_int_equal(i.ticket_len, 3);
	assert_memory_equal(i.ticket, "tkt", 3);
	mirror_info_put(&b, &i);
	assert_string_equal(buf_str(&b), good);
	assert_int_equal(mirror_info_parse(a, "0\n0\n\n", 5, &i, &e), RC_OK);
	assert_int_equal(i.ticket_len, 0);
	for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++)
		if (mirror_info_parse(a, bad[k], strlen(bad[k]), &i, &e) != RC_INVALID)
			fail_msg("accepted: %s", bad[k]);
	for (size_t len = MIRROR_TICKET_MAX; len <= MIRROR_TICKET_MAX + 1; len++) {
		i.ticket = ticket;
		i.ticket_len = len;
		buf_reset(&b);
		mirror_info_put(&b, &i);
		assert_int_equal(mirror_info_parse(a, b.data, b.len, &i, &e),
				 len == MIRROR_TICKET_MAX ? RC_OK : RC_TOO_LARGE);
	}
	buf_free(&b);
	arena_free(a);
}

static void
size_body(void **state)
{
	uint64_t v;

	(void)state;
	assert_int_equal(mirror_size_parse("0\n", 2, &v), RC_OK);
	assert_int_equal(mirror_size_parse("9223372036854775807\n", 20, &v), RC_OK);
	assert_true(v == MERKLE_SIZE_MAX);
	assert_int_equal(mirror_size_parse("9223372036854775808\n", 20, &v), RC_INVALID);
	assert_int_equal(mirror_size_parse("12", 2, &v), RC_INVALID);
	assert_int_equal(mirror_size_parse("12\n\n", 4, &v), RC_INVALID);
	assert_int_equal(mirror_size_parse("\n", 1, &v), RC_INVALID);
	assert_int_equal(mirror_size_parse("", 0, &v), RC_INVALID);
}

/* ---- tile paths -------------------------------------------------------------------- */

static void
tile_paths(void **state)
{
	static const struct {
		const char *path;
		bool entries;
		unsigned level;
		uint64_t index;
		unsigned width;
	} good[] = {
		{"0/000", false, 0, 0, 256},
		{"0/x001/x234/067", false, 0, 1234067, 256},
		{"1/x001/000.p/17", false, 1, 1000, 17},
		{"63/999.p/255", false, 63, 999, 255},
		{"entries/000.p/1", true, 0, 0, 1},
		{"entries/x009/x223/x372/x036/x854/x775/807", true, 0, MERKLE_SIZE_MAX,
		 256},
	};
	static const char *const bad[] = {
		"",
		"0",
		"0/",
		"/000",
		"00/000",
		"64/000",
		"-1/000",
		"entry/000",
		"0/0",
		"0/00",
		"0/0000",
		"0/x000/001",
		"0/001/002",
		"0/x001",
		"0/x001/",
		"0/x001/x002",
		"0/000/",
		"0/000.p",
		"0/000.p/",
		"0/000.p/0",
		"0/000.p/01",
		"0/000.p/256",
		"0/000.p/1/",
		"0/000.q/1",
		"0/../000",
		"0/ 00",
		"entries/x009/x223/x372/x036/x854/x775/808",
		"entries/x001/x009/x223/x372/x036/x854/x775/807",
	};
	bool is_entries;
	unsigned level, width;
	uint64_t index;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct buf b = BUF_INIT(256);
		assert_int_equal(mirror_tile_path_parse(good[i].path, &is_entries, &level,
							&index, &width),
				 RC_OK);
		assert_int_equal(is_entries, good[i].entries);
		assert_int_equal(level, good[i].level);
		assert_true(index == good[i].index);
		assert_int_equal(width, good[i].width);
		mirror_tile_path_put(&b, is_entries, level, index, width);
		assert_string_equal(buf_str(&b), good[i].path);
		buf_free(&b);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (mirror_tile_path_parse(bad[i], &is_entries, &level, &index, &width) !=
		    RC_INVALID)
			fail_msg("accepted: %s", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checkpoint_round_trip),
		cmocka_unit_test(checkpoint_refusals),
		cmocka_unit_test(entries_known_bytes),
		cmocka_unit_test(entries_round_trip),
		cmocka_unit_test(entries_refusals),
		cmocka_unit_test(entries_bad_heads),
		cmocka_unit_test(info),
		cmocka_unit_test(size_body),
		cmocka_unit_test(tile_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
