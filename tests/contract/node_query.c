/* What a node's store says when it is asked past the node, be it a file or a database. */
#include "node_fixture.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "postgres_fixture.h"

struct answer {
	struct arena *a;
	const char *text;
	int64_t i;
};

static void
query_file(struct fix *f, enum party p, const char *sql, struct answer *ret)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	const char *path = arena_printf(f->a, "%s/store.db", f->n[p].dir);

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL),
			 SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		const unsigned char *text = sqlite3_column_text(stmt, 0);
		ret->i = sqlite3_column_int64(stmt, 0);
		if (text != NULL)
			ret->text = arena_strdup(f->a, (const char *)text);
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

static void
query(struct fix *f, enum party p, const char *sql, struct answer *ret)
{
	*ret = (struct answer){.a = f->a};
	if (f->n[p].store == NULL) {
		query_file(f, p, sql, ret);
		return;
	}
	ret->text = postgres_query(f->a, f->n[p].store, sql);
	ret->i = ret->text == NULL ? 0 : strtoll(ret->text, NULL, 10);
}

int64_t
fix_query(struct fix *f, enum party p, const char *sql)
{
	struct answer r;

	query(f, p, sql, &r);
	return r.i;
}

const char *
fix_query_text(struct fix *f, enum party p, const char *sql)
{
	struct answer r;

	query(f, p, sql, &r);
	return r.text;
}
