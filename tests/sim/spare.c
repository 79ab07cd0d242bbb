/*
 * Connections to the stores that are opened before the first schedule: to read the schema
 * and to prepare statements is most of what the start of a node costs.  One that no
 * transaction has used since is what a new one would be.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db_sqlite_int.h"
#include "sim/sim.h"

enum {
	SPARES = 3, /* of one node, for each way in which it opens its store */
	WAYS = SIM_NODES * 2,
	OPENED_MAX = 64,
};

extern const struct db_driver __real_db_sqlite;
struct db_driver __wrap_db_sqlite;

/* What the nodes have opened, and what they will. */
static struct {
	struct db *db;
	bool read_only;
} opened[OPENED_MAX], spare[WAYS * SPARES];
static size_t n_opened, n_spare;

/* Before which sq_open() puts "./". */
static const char *
uri_of(const struct db *db)
{
	return strncmp(db->path, "./", 2) == 0 ? db->path + 2 : db->path;
}

static enum rc
spare_open(const char *uri, bool read_only, unsigned n_sql, struct db **ret,
	   struct err *e)
{
	for (size_t i = 0; i < n_spare; i++)
		if (spare[i].db != NULL && spare[i].read_only == read_only &&
		    strcmp(uri_of(spare[i].db), uri) == 0) {
			*ret = spare[i].db;
			spare[i].db = NULL;
			return RC_OK;
		}
	enum rc rc = sq_open(uri, read_only, n_sql, ret, e);
	if (rc == RC_OK && n_spare == 0 && n_opened < OPENED_MAX) {
		opened[n_opened].db = *ret;
		opened[n_opened++].read_only = read_only;
	}
	return rc;
}

static void
spare_close(struct db *db)
{
	for (size_t i = 0; i < n_opened; i++)
		if (opened[i].db == db)
			opened[i] = opened[--n_opened];
	sq_close(db);
}

void
spares_start(void)
{
	__wrap_db_sqlite = __real_db_sqlite;
	__wrap_db_sqlite.open = spare_open;
	__wrap_db_sqlite.close = spare_close;
}

void
spares_forget(const char *dir)
{
	size_t len = strlen(dir);

	for (size_t i = 0; i < n_spare; i++)
		if (spare[i].db != NULL && strncmp(uri_of(spare[i].db), dir, len) == 0 &&
		    uri_of(spare[i].db)[len] == '/')
			spare[i].db = NULL;
}

static struct db *
spare_make(const struct db *like, bool read_only)
{
	struct err e = ERR_INIT;
	struct db *db;

	if (sq_open(uri_of(like), read_only, like->n_cache, &db, &e) != RC_OK)
		abort();
	for (unsigned i = 0; i < like->n_cache; i++) {
		struct cached *c = &db->cache[i];
		if (like->cache[i].stmt == NULL)
			continue;
		c->q = like->cache[i].q;
		if (sqlite3_prepare_v3(db->sq, sqlite3_sql(like->cache[i].stmt), -1,
				       SQLITE_PREPARE_PERSISTENT, &c->stmt,
				       NULL) != SQLITE_OK)
			abort();
	}
	return db;
}

/* As the first that a node has opened in each way is. */
void
spares_make(void)
{
	for (size_t i = 0; i < n_opened; i++) {
		size_t before = 0;
		while (before < i &&
		       (opened[before].read_only != opened[i].read_only ||
			strcmp(opened[before].db->path, opened[i].db->path) != 0))
			before++;
		for (int k = 0; before == i && k < SPARES; k++) {
			assert(n_spare < WAYS * SPARES);
			spare[n_spare].db = spare_make(opened[i].db, opened[i].read_only);
			spare[n_spare++].read_only = opened[i].read_only;
		}
	}
}
