/* Mailboxes: where a message begins, whatever is written in it. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/arena.h"
#include "core/mbox.h"

#define FROM "From a@b.example Fri Jul 14 11:00:00 2017\n"

enum { MESSAGE_MAX = 4096 };

struct bytes {
	const char *at;
	size_t left, step; /* how many a read gives */
};

static enum rc
on_read(void *arg, char *into, size_t max, size_t *ret, struct err *e)
{
	struct bytes *b = arg;
	size_t n = b->left < b->step ? b->left : b->step;

	(void)e;
	n = n < max ? n : max;
	if (n != 0)
		memcpy(into, b->at, n);
	b->at += n;
	b->left -= n;
	*ret = n;
	return RC_OK;
}

struct row {
	const char *box;
	const char *messages[4]; /* ended by NULL */
};

static const struct row rows[] = {
	{"", {NULL}},
	{"no mailbox at all\n", {NULL}},
	{FROM "A: 1\n\nx\n\n" FROM "B: 2\n\ny\n", {"A: 1\n\nx\n", "B: 2\n\ny\n", NULL}},
	/* Without a last line end. */
	{FROM "A: 1\n\nx", {"A: 1\n\nx", NULL}},
	/* A sentence that begins with From, in four ways. */
	{FROM "A: 1\n\n\nFrom here on it is bad\n\nFrom now 10:00 2017\nis no header\n",
	 {"A: 1\n\n\nFrom here on it is bad\n\nFrom now 10:00 2017\nis no header\n",
	  NULL}},
	{FROM "A: 1\n\nx\n" FROM "B: 2\n", {"A: 1\n\nx\n" FROM "B: 2\n", NULL}},
	/* Quoted: one ">" goes. */
	{FROM "A: 1\n\n>From x\n>>From y\n> From z\n",
	 {"A: 1\n\nFrom x\n>From y\n> From z\n", NULL}},
	/* Lengths lie, both ways. */
	{FROM "Content-Length: 99999999\n\nx\n\n" FROM "B: 2\n\ny\n",
	 {"Content-Length: 99999999\n\nx\n", "B: 2\n\ny\n", NULL}},
	{FROM "Content-Length: 0\n\nx\n\n" FROM "B: 2\n\ny\n",
	 {"Content-Length: 0\n\nx\n", "B: 2\n\ny\n", NULL}},
	/* CRLF, a zone after the year, no sender. */
	{"From - Fri Jul 14 11:00:00 2017\r\nA: 1\r\n\r\nx\r\n\r\n"
	 "From a Fri Jul 14 11:00:00 2017 +0700\r\nB: 2\r\n\r\n",
	 {"A: 1\r\n\r\nx\r\n", "B: 2\r\n", NULL}},
	/* Cut in the middle of the next beginning. */
	{FROM "A: 1\n\nx\n\nFrom a@b.exam", {"A: 1\n\nx\n\nFrom a@b.exam", NULL}},
	/* What stands before the first is none. */
	{"junk\n\n" FROM "A: 1\n\nx\n", {"A: 1\n\nx\n", NULL}},
};

static void
where_messages_begin(void **state)
{
	char *chunk = malloc(MBOX_CHUNK_BYTES);

	(void)state;
	assert_non_null(chunk);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t step = 1; step < 80; step += 13) {
			struct bytes all = {rows[i].box, strlen(rows[i].box), step};
			struct buf b = BUF_INIT(MESSAGE_MAX);
			struct mbox_message at = {0};
			struct err e = ERR_INIT;
			struct mbox m;
			mbox_open(&m, on_read, &all, chunk, MESSAGE_MAX);
			for (size_t k = 0; rows[i].messages[k] != NULL; k++) {
				assert_int_equal(mbox_next(&m, &b, &at, &e), RC_OK);
				assert_int_equal(at.number, k + 1);
				assert_false(at.too_large);
				assert_int_equal(b.len, strlen(rows[i].messages[k]));
				assert_memory_equal(buf_str(&b), rows[i].messages[k],
						    b.len);
				assert_memory_equal(rows[i].box + at.offset, "From ", 5);
			}
			assert_int_equal(mbox_next(&m, &b, &at, &e), RC_NOT_FOUND);
			mbox_close(&m);
			buf_free(&b);
		}
	free(chunk);
}

/* One that is too large is told, and the next is read. */
static void
too_large_is_skipped(void **state)
{
	struct arena *a = arena_create();
	char *chunk = arena_alloc(a, MBOX_CHUNK_BYTES);
	char *box = arena_alloc(a, 2 * MESSAGE_MAX + 400);
	struct buf b = BUF_INIT(MESSAGE_MAX);
	struct mbox_message at = {0};
	struct err e = ERR_INIT;
	struct mbox m;

	(void)state;
	size_t n = strlen(FROM "A: 1\n\n");
	memcpy(box, FROM "A: 1\n\n", n);
	memset(box + n, 'x', 2 * MESSAGE_MAX);
	n += 2 * MESSAGE_MAX;
	memcpy(box + n, "\n\n" FROM "B: 2\n\ny\n", strlen("\n\n" FROM "B: 2\n\ny\n") + 1);
	struct bytes all = {box, strlen(box), 1000};
	mbox_open(&m, on_read, &all, chunk, MESSAGE_MAX);
	assert_int_equal(mbox_next(&m, &b, &at, &e), RC_OK);
	assert_true(at.too_large);
	assert_int_equal(mbox_next(&m, &b, &at, &e), RC_OK);
	assert_false(at.too_large);
	assert_string_equal(buf_str(&b), "B: 2\n\ny\n");
	mbox_close(&m);
	buf_free(&b);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_messages_begin),
		cmocka_unit_test(too_large_is_skipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
