/*
 * store - the node's truth and its views behind named operations.
 *
 * The only users of db/.  A `struct store` is one handle, for one thread at a time; the
 * writer has one, readers take theirs from a pool.
 */
#ifndef SALURAN_STORE_STORE_H
#define SALURAN_STORE_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/identity.h"
#include "db/db.h"

enum {
	STORE_ATTEMPTS = 8,
};
/* due_us of a case to which nobody owes anything: sorts last. */
#define STORE_NEVER INT64_MAX

struct store {
	const struct db_driver *drv;
	struct db *db;
	struct identity_seen seen; /* of the identities that it holds */
};

/* Opens and brings to our schema; views that are made anew are folded again (view.h).  A
 * read-only store is only checked.  `uri`: a path, or a PostgreSQL URI (db_driver_of()).
 * RC_CONFLICT: another process writes to it.  Errors of the engine and of migrate.h. */
enum rc store_open(const char *uri, bool read_only, struct store **ret,
		   struct err *e) MUST_CHECK;
/* For writing; a process that has it and was silent for so long is replaced (db.h). */
enum rc store_open_writer(const char *uri, unsigned silent_s, struct store **ret,
			  struct err *e) MUST_CHECK;
/* Beside the process that writes to the logs: for what is written to no log.  The schema
 * is only checked.  RC_UNSUPPORTED: a file, which one process has. */
enum rc store_open_beside(const char *uri, struct store **ret, struct err *e) MUST_CHECK;
void store_close(struct store *s); /* NULL allowed */

typedef enum rc store_work(struct store *s, void *arg, struct err *e);
/* The only transaction loop.  `work` must be repeatable: it writes only through `s` and
 * sends nothing. */
enum rc store_transact(struct store *s, store_work *work, void *arg,
		       struct err *e) MUST_CHECK;

/* Run one named query. */
enum rc store_run(struct store *s, const struct sql *q, const struct db_param *p,
		  db_on_row *on_row, void *arg, struct err *e) MUST_CHECK;

/* In a writing transaction, one whose failure may be told by the next call (db.h). */
enum rc store_later(struct store *s, const struct sql *q, const struct db_param *p,
		    struct err *e) MUST_CHECK;

/*
 * The rows of a query as JSON objects appended to `into`.  `spec` names the columns in
 * order, "name:kind" by spaces; kinds: s text, i integer, b boolean, x blob as hex, t
 * time (RFC 3339, null for 0 and STORE_NEVER), j JSON text; a SQL null is null.
 */
enum rc store_rows(struct store *s, const struct sql *q, const struct db_param *p,
		   const char *spec, json_t *into, struct err *e) MUST_CHECK;
/* As store_rows(), for exactly one row: *ret is new.  RC_NOT_FOUND: no row (text of `e`
 * is for the caller to set). */
enum rc store_row(struct store *s, const struct sql *q, const struct db_param *p,
		  const char *spec, json_t **ret, struct err *e) MUST_CHECK;
/* What a query's callback collects: `n` rows of one type, in the arena. */
struct store_list {
	struct store *s;
	struct arena *a;
	void *rows; /* NULL while there is none */
	size_t n, cap;
};
/* Room for one more row of `size` bytes, zeroed; counts it. */
void *store_list_next(struct store_list *l, size_t size);

/* A text column in the arena; NULL for a null. */
const char *store_col_text(const struct store *s, struct arena *a,
			   const struct db_row *row, unsigned col);

/* A digest of all rows in their order, as store_rows() would have them, without having
 * them in memory: equal for equal rows. */
enum rc store_digest(struct store *s, const struct sql *q, const char *spec,
		     struct hash *ret, struct err *e) MUST_CHECK;
/* First column of the first row as integer; `none` when there is no row. */
enum rc store_int(struct store *s, const struct sql *q, const struct db_param *p,
		  int64_t none, int64_t *ret, struct err *e) MUST_CHECK;
/* First column of the first row as text in the arena, NULL when none. */
enum rc store_text(struct store *s, struct arena *a, const struct sql *q,
		   const struct db_param *p, const char **ret, struct err *e) MUST_CHECK;

#endif
