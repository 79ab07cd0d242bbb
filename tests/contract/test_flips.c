/*
 * One byte of what a store has of its channels differs from what was recorded: that is
 * found at the start, before anything is signed, and said with the place and the way to
 * mend it (protocol 6).  With SALURAN_EVERY=1 every byte of a small log in turn, else one
 * of every STEP, on a PostgreSQL server of every SERVER_STEP.
 */
#include "node_fixture.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "postgres_fixture.h"
#include "service/log_check.h"
#include "service/recovery.h"
#include "store/store_identity.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

enum { STEP = 61, SERVER_STEP = 601, INT_BYTES = 8 };

static const char *const truth[] = {"channel",	 "identity", "policy_text", "log_head",
				    "log_event", "log_node", "log_receipt"};

/* What may differ, and why that is no harm. */
static const struct {
	const char *table, *column, *why;
} may_differ[] = {
	{"channel", "added_us", "when it was made: nothing signed hangs on it"},
	{"identity", "added_us", "when it came: nothing signed hangs on it"},
	{"log_event", "stored_us", "the order of arrival, which no view hangs on"},
	{"log_receipt", "added_us", "when it came: the time that counts is in the line"},
};

static bool
differs_freely(const char *table, const char *column)
{
	for (size_t i = 0; i < sizeof(may_differ) / sizeof(may_differ[0]); i++)
		if (strcmp(may_differ[i].table, table) == 0 &&
		    strcmp(may_differ[i].column, column) == 0)
			return may_differ[i].why != NULL;
	return false;
}

/* ---- a field ----------------------------------------------------------------------- */

enum { ROW_NAME_MAX = 32 };

/* What the tests' own connection is; the other one is NULL. */
struct raw {
	sqlite3 *file;
	struct raw_server *server;
};

struct field {
	struct raw *raw;
	const char *table, *column;
	char row[ROW_NAME_MAX]; /* as the engine calls it */
	int type;
	unsigned char bytes[65536];
	size_t len;
};

static sqlite3_stmt *
prepared(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	return stmt;
}

static void
lite_read(struct field *x, const char *sql)
{
	sqlite3_stmt *stmt = prepared(x->raw->file, sql);

	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	x->type = sqlite3_column_type(stmt, 0);
	if (x->type == SQLITE_INTEGER) {
		sqlite3_int64 v = sqlite3_column_int64(stmt, 0);
		memcpy(x->bytes, &v, x->len = INT_BYTES);
	} else {
		const void *p = sqlite3_column_blob(stmt, 0);
		x->len = (size_t)sqlite3_column_bytes(stmt, 0);
		assert_true(x->len <= sizeof(x->bytes));
		memcpy(x->bytes, p == NULL ? "" : p, x->len);
	}
	sqlite3_finalize(stmt);
}

static bool
lite_write(const struct field *x, const char *sql, const unsigned char *bytes)
{
	sqlite3_stmt *stmt = prepared(x->raw->file, sql);
	sqlite3_int64 v;

	if (x->type == SQLITE_INTEGER) {
		memcpy(&v, bytes, sizeof(v));
		sqlite3_bind_int64(stmt, 1, v);
	} else if (x->type == SQLITE_TEXT) {
		sqlite3_bind_text(stmt, 1, (const char *)bytes, (int)x->len,
				  SQLITE_TRANSIENT);
	} else {
		sqlite3_bind_blob(stmt, 1, bytes, (int)x->len, SQLITE_TRANSIENT);
	}
	bool done = sqlite3_step(stmt) == SQLITE_DONE;
	sqlite3_finalize(stmt);
	return done;
}

static size_t
lite_texts(sqlite3 *db, struct arena *a, const char *sql, const char **ret, size_t max)
{
	sqlite3_stmt *stmt = prepared(db, sql);
	size_t n = 0;

	while (sqlite3_step(stmt) == SQLITE_ROW) {
		assert_true(n < max);
		ret[n++] = arena_strdup(a, (const char *)sqlite3_column_text(stmt, 0));
	}
	sqlite3_finalize(stmt);
	return n;
}

static void
field_read(struct field *x, struct arena *a)
{
	if (x->raw->server == NULL)
		lite_read(x, arena_printf(a, "SELECT %s FROM %s WHERE rowid = %s",
					  x->column, x->table, x->row));
	else
		x->len = raw_read(x->raw->server,
				  arena_printf(a, "SELECT %s FROM %s WHERE ctid = '%s'",
					       x->column, x->table, x->row),
				  x->bytes, sizeof(x->bytes), &x->type);
}

/* False: the table refuses it, a key being there twice, or a text being none. */
static bool
field_write(struct field *x, struct arena *a, const unsigned char *bytes)
{
	if (x->raw->server == NULL)
		return lite_write(x,
				  arena_printf(a,
					       "UPDATE %s SET %s = $1 WHERE rowid = %s",
					       x->table, x->column, x->row),
				  bytes);
	const char *row = raw_write(
		x->raw->server, a,
		arena_printf(a, "UPDATE %s SET %s = $1 WHERE ctid = '%s' RETURNING ctid",
			     x->table, x->column, x->row),
		bytes, x->len, x->type);
	if (row != NULL) /* a changed row is another one there */
		snprintf(x->row, sizeof(x->row), "%s", row);
	return row != NULL;
}

/* ---- a store without a node -----------------------------------------------------------
 */

struct bench {
	struct fix f;
	struct raw raw;
	const char *org;
	const char *casefile;
	const char *question; /* what a peer asks */
	size_t flips, found;
	size_t refused; /* by the engine, whichever bit */
};

/* As a node does it at its start. */
static enum rc
look(struct bench *b, struct err *e)
{
	struct arena *a = arena_create();
	struct identity_log *own = ARENA_NEW(a, struct identity_log);
	const struct channel_row *rows;
	struct store *s = NULL;
	size_t n = 0;
	enum rc rc = store_open(fix_store_uri(&b->f, AUTHORITY), true, &s, e);

	if (rc == RC_OK)
		rc = store_identity_log(s, a, b->org, own, e);
	if (rc == RC_OK && own->n == 0)
		rc = err_set(e, RC_CORRUPT, "no identity");
	if (rc == RC_OK)
		rc = log_check_store(s, e);
	if (rc == RC_OK)
		rc = store_channels(s, a, &rows, &n, e);
	if (rc == RC_OK && (n != 1 || rows[0].channel != FIX_PEER))
		rc = err_set(e, RC_CORRUPT, "another channel");
	if (rc == RC_OK)
		rc = log_check(s, own, &rows[0], e);
	store_close(s);
	arena_free(a);
	return rc;
}

/* Another bit of it, where the engine does not take the first: a text that is none, or a
 * key that is there. */
static bool
flip_write(struct field *x, struct arena *a, size_t at)
{
	const unsigned char was = x->bytes[at];

	for (size_t i = 0; i < CHAR_BIT; i++) {
		x->bytes[at] = was ^ (unsigned char)(1u << ((at + i) % CHAR_BIT));
		if (field_write(x, a, x->bytes))
			return true;
	}
	return false;
}

static void
flip(struct bench *b, struct field *x, size_t at)
{
	struct arena *a = arena_create();
	struct err e = ERR_INIT;
	unsigned char was = x->bytes[at];

	if (flip_write(x, a, at)) {
		b->flips++;
		enum rc rc = look(b, &e);
		if (rc == RC_OK && !differs_freely(x->table, x->column))
			fail_msg("byte %zu of %s.%s in row %s: nobody saw it", at,
				 x->table, x->column, x->row);
		if (rc != RC_OK && differs_freely(x->table, x->column))
			fail_msg("%s.%s may differ: %s", x->table, x->column, e.text);
		b->found += rc != RC_OK;
	} else {
		b->refused++;
	}
	x->bytes[at] = was;
	assert_true(field_write(x, a, x->bytes));
	arena_free(a);
}

/* Ids of rows, or names of columns, as text. */
static size_t
texts(struct bench *b, const char *sql, const char **ret, size_t max)
{
	return b->raw.server == NULL ? lite_texts(b->raw.file, b->f.a, sql, ret, max)
				     : raw_texts(b->raw.server, b->f.a, sql, ret, max);
}

static size_t
columns_of(struct bench *b, const char *table, const char **ret, size_t max)
{
	return texts(b,
		     arena_printf(b->f.a,
				  b->raw.server == NULL
					  ? "SELECT name FROM pragma_table_info('%s')"
					  : "SELECT column_name FROM "
					    "information_schema.columns WHERE "
					    "table_schema = current_schema() AND "
					    "table_name = '%s'",
				  table),
		     ret, max);
}

static size_t
rows_of(struct bench *b, const char *what, const char **ret, size_t max)
{
	return texts(b,
		     arena_printf(b->f.a, "SELECT %s FROM %s",
				  b->raw.server == NULL ? "rowid" : "ctid", what),
		     ret, max);
}

enum { ROWS_MAX = 256, COLUMNS_MAX = 32 };

typedef void on_field(struct bench *b, struct field *x, size_t *count);

static void
fields_each(struct bench *b, on_field *each, size_t *count)
{
	static struct field x;
	const char *columns[COLUMNS_MAX], *rows[ROWS_MAX];

	for (size_t t = 0; t < sizeof(truth) / sizeof(truth[0]); t++) {
		size_t n_columns = columns_of(b, truth[t], columns, COLUMNS_MAX);
		assert_true(n_columns != 0);
		for (size_t c = 0; c < n_columns; c++) {
			size_t n_rows = rows_of(b, truth[t], rows, ROWS_MAX);
			assert_true(n_rows != 0);
			for (size_t r = 0; r < n_rows; r++) {
				x.raw = &b->raw;
				x.table = truth[t];
				x.column = columns[c];
				snprintf(x.row, sizeof(x.row), "%s", rows[r]);
				field_read(&x, b->f.a);
				each(b, &x, count);
			}
		}
	}
}

static void
flip_some(struct bench *b, struct field *x, size_t *count)
{
	size_t step = getenv("SALURAN_EVERY") != NULL ? 1
		      : b->raw.server != NULL	      ? SERVER_STEP
						      : STEP;

	for (size_t at = 0; at < x->len; at++)
		if ((*count)++ % step == 0)
			flip(b, x, at);
}

/* Two short logs, one of them with an event that is not receipted. */
static void
bench_open(struct bench *b)
{
	*b = (struct bench){.flips = 0};
	fix_open(&b->f);
	const char *c = fix_send(&b->f, "R-1", "one.example", 2);
	fix_settle(&b->f);
	fix_act(&b->f, PLATFORM, c, "accept", NULL);
	fix_settle(&b->f);
	fix_act(&b->f, AUTHORITY, c, "say", json_pack("{s:s}", "text", "Thank you."));
	b->casefile = c;
	b->org = node_identity(b->f.n[AUTHORITY].nd)->org;
	b->org = arena_strdup(b->f.a, b->org);
	b->question = arena_printf(
		b->f.a, "%s\n00112233445566778899aabbccddeeff\n0\n",
		fix_query_text(&b->f, AUTHORITY,
			       "SELECT origin FROM log_head WHERE party = 1"));
}

static void
bench_flips(struct bench *b)
{
	fix_shut(&b->f, AUTHORITY);
	const char *uri = fix_store_uri(&b->f, AUTHORITY);
	if (b->f.n[AUTHORITY].store != NULL) {
		b->raw.server = raw_open(uri);
		return;
	}
	assert_int_equal(sqlite3_open_v2(uri, &b->raw.file, SQLITE_OPEN_READWRITE, NULL),
			 SQLITE_OK);
	sqlite3_exec(b->raw.file, "PRAGMA synchronous = off", NULL, NULL, NULL);
}

static void
bench_end(struct bench *b)
{
	sqlite3_close(b->raw.file);
	raw_close(b->raw.server);
	b->raw = (struct raw){.file = NULL};
}

static void
bench_close(struct bench *b)
{
	bench_end(b);
	fix_close(&b->f);
}

static void
every_byte(void **state)
{
	static struct bench b;
	struct err e = ERR_INIT;
	size_t count = 0;

	(void)state;
	bench_open(&b);
	bench_flips(&b);
	fix_ok(look(&b, &e), &e, "the store as it is");
	fields_each(&b, flip_some, &count);
	fix_ok(look(&b, &e), &e, "the store as it was");
	print_message("%zu of %zu bytes flipped, %zu found, %zu refused\n", b.flips,
		      count, b.found, b.refused);
	bench_close(&b);
}

/* ---- a node on such a store -----------------------------------------------------------
 */

/* It refuses to start, or whatever would sign refuses, and the signer's marks stay. */
static void
signs_nothing(struct bench *b, const struct field *x)
{
	struct fix *f = &b->f;
	struct exchange_question q;
	struct err e = ERR_INIT;
	struct node *nd = NULL;
	const char *held;
	int64_t wait_us;

	enum rc rc = node_open(f->n[AUTHORITY].dir, &nd, &e);
	if (rc != RC_OK) {
		if (strstr(e.text, "damaged") == NULL && rc != RC_CORRUPT &&
		    rc != RC_UNPROCESSABLE && rc != RC_INVALID)
			fail_msg("%s.%s: %s", x->table, x->column, e.text);
		return;
	}
	f->n[AUTHORITY].nd = nd;
	if (recovery_state(nd, FIX_PEER) != LOG_HALTED)
		fail_msg("%s.%s: the log is not halted", x->table, x->column);
	assert_int_equal(channel_usable(nd, FIX_PEER, &e), RC_FROZEN);
	assert_non_null(strstr(e.text, "the store is damaged"));
	assert_non_null(strstr(e.text, "put back"));
	/* Nothing is asked, so that no answer of a peer opens it; nothing is answered. */
	assert_int_equal(exchange_ask_next(nd, FIX_PEER, f->a, &q, &wait_us, &e),
			 RC_NOT_FOUND);
	recovery_set(nd, FIX_PEER, LOG_OPEN, "a peer says so");
	assert_int_equal(recovery_state(nd, FIX_PEER), LOG_HALTED);
	assert_int_not_equal(exchange_held(nd, FIX_PEER, b->question, strlen(b->question),
					   f->a, &held, &e),
			     RC_OK);
	rc = fix_carry_try(f, PLATFORM, CUT_NOTHING, &e);
	assert_true(rc != RC_OK);
	rc = fix_carry_try(f, AUTHORITY, CUT_NOTHING, &e);
	assert_true(rc == RC_NOT_FOUND || rc == RC_CORRUPT);
	fix_shut(f, AUTHORITY);
}

static void
flip_started(struct bench *b, struct field *x, size_t *count)
{
	static const char *done_table, *done_column;
	const char *marks = arena_printf(b->f.a, "%s/marks", b->f.n[AUTHORITY].dir);
	const char *before, *after;
	size_t before_len, after_len;
	struct err e = ERR_INIT;

	/* The first row of each column. */
	if ((done_table == x->table && done_column == x->column) || x->len == 0 ||
	    differs_freely(x->table, x->column))
		return;
	done_table = x->table;
	done_column = x->column;
	fix_ok(file_load(b->f.a, marks, &before, &before_len, &e), &e, "marks");
	x->bytes[x->len / 2] ^= 1;
	if (field_write(x, b->f.a, x->bytes)) {
		signs_nothing(b, x);
		(*count)++;
	}
	x->bytes[x->len / 2] ^= 1;
	assert_true(field_write(x, b->f.a, x->bytes));
	fix_ok(file_load(b->f.a, marks, &after, &after_len, &e), &e, "marks");
	assert_int_equal(before_len, after_len);
	assert_memory_equal(before, after, before_len);
}

static void
nothing_is_signed(void **state)
{
	static struct bench b;
	size_t count = 0;

	(void)state;
	bench_open(&b);
	/* The platform has something to send. */
	fix_act(&b.f, PLATFORM, b.casefile, "say",
		json_pack("{s:s}", "text", "You are welcome."));
	bench_flips(&b);
	fields_each(&b, flip_started, &count);
	print_message("%zu columns\n", count);
	assert_true(count > 20);
	/* As it was, it goes on. */
	fix_reopen(&b.f, AUTHORITY);
	assert_int_equal(recovery_state(b.f.n[AUTHORITY].nd, FIX_PEER), LOG_OPEN);
	fix_settle(&b.f);
	fix_same_case(&b.f, b.casefile);
	bench_close(&b);
}

static void
ask_all(struct fix *f)
{
	struct err e = ERR_INIT;
	struct exchange_question q;
	const char *text = NULL;
	int64_t wait_us;

	fix_ok(exchange_ask_next(f->n[AUTHORITY].nd, FIX_PEER, f->a, &q, &wait_us, &e),
	       &e, "question");
	assert_int_equal(q.kind, EXCHANGE_ASK_HELD);
	fix_ok(exchange_held(f->n[PLATFORM].nd, FIX_PEER, q.body, strlen(q.body), f->a,
			     &text, &e),
	       &e, "held");
	fix_ok(exchange_ask_done(f->n[AUTHORITY].nd, FIX_PEER, f->a, &q, text,
				 strlen(text), &e),
	       &e, "answer");
}

/* What the words say to do mends it: a whole copy, and the marks as they are. */
static void
a_copy_mends_it(void **state)
{
	static struct bench b;
	static struct field x;
	const char *rows[ROWS_MAX];
	struct fix *f = &b.f;

	(void)state;
	bench_open(&b);
	fix_settle(f);
	fix_shut(f, AUTHORITY);
	fix_store_keep(f, AUTHORITY, "kept");
	bench_flips(&b);
	assert_true(rows_of(&b, "log_event WHERE party = 0 ORDER BY seq", rows,
			    ROWS_MAX) != 0);
	x.raw = &b.raw;
	x.table = "log_event";
	x.column = "jws";
	snprintf(x.row, sizeof(x.row), "%s", rows[1]);
	field_read(&x, f->a);
	x.bytes[x.len / 2] ^= 1;
	assert_true(field_write(&x, f->a, x.bytes));
	fix_reopen(f, AUTHORITY);
	assert_int_equal(recovery_state(f->n[AUTHORITY].nd, FIX_PEER), LOG_HALTED);
	fix_refused(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
		    arena_printf(f->a, "/v1/cases/%s/say", b.casefile),
		    json_pack("{s:s}", "text", "Well?"), RC_FROZEN,
		    "event 1 is not what was recorded");
	fix_shut(f, AUTHORITY);
	bench_end(&b);
	fix_store_put_back(f, AUTHORITY, "kept");
	fix_reopen(f, AUTHORITY);
	ask_all(f);
	assert_int_equal(recovery_state(f->n[AUTHORITY].nd, FIX_PEER), LOG_OPEN);
	fix_act(f, AUTHORITY, b.casefile, "say", json_pack("{s:s}", "text", "Well?"));
	fix_settle(f);
	fix_same_case(f, b.casefile);
	bench_close(&b);
}

/* A text is compared with its digest whenever it is read. */
static void
texts_are_compared(void **state)
{
	static struct bench b;
	static struct field x;
	const char *rows[ROWS_MAX], *ret;
	struct err e = ERR_INIT;
	struct store *s;
	struct hash digest;

	(void)state;
	bench_open(&b);
	bench_flips(&b);
	size_t n = rows_of(&b, "log_disclosure WHERE body IS NOT NULL", rows, ROWS_MAX);
	assert_true(n != 0);
	x.raw = &b.raw;
	x.table = "log_disclosure";
	snprintf(x.row, sizeof(x.row), "%s", rows[0]);
	x.column = "digest";
	field_read(&x, b.f.a);
	memcpy(digest.b, x.bytes, HASH_LEN);
	x.column = "body";
	field_read(&x, b.f.a);
	fix_ok(store_open(fix_store_uri(&b.f, AUTHORITY), true, &s, &e), &e, "open");
	fix_ok(store_disclosure_get(s, b.f.a, &digest, &ret, &e), &e, "as it is");
	for (size_t at = 0; at < x.len; at++) {
		unsigned char was = x.bytes[at];
		assert_true(flip_write(&x, b.f.a, at));
		assert_int_equal(store_disclosure_get(s, b.f.a, &digest, &ret, &e),
				 RC_CORRUPT);
		x.bytes[at] = was;
	}
	assert_true(field_write(&x, b.f.a, x.bytes));
	fix_ok(store_disclosure_get(s, b.f.a, &digest, &ret, &e), &e, "as it was");
	store_close(s);
	bench_close(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte),
		cmocka_unit_test(nothing_is_signed),
		cmocka_unit_test(a_copy_mends_it),
		cmocka_unit_test(texts_are_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
