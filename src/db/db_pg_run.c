/*
 * db_pg_run - statements, rows and scripts of the PostgreSQL engine.
 *
 * A statement is prepared once on each connection.  The server says which types it has
 * given the parameters; values go and come in binary form.
 */
#include "db/db_pg_int.h"

#include <assert.h>
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMS_MAX = 64, NAME_MAX_LEN = 16 };

struct bound {
	const char *value[PARAMS_MAX];
	int len[PARAMS_MAX], format[PARAMS_MAX];
	union {
		int64_t i8;
		int32_t i4;
		int16_t i2;
		uint8_t b;
	} number[PARAMS_MAX]; /* in network order */
};

static void
stmt_name(const struct sql *q, char name[NAME_MAX_LEN])
{
	snprintf(name, NAME_MAX_LEN, "q%u", q->id);
}

/* ---- preparing --------------------------------------------------------------------- */

PGresult *
pg_pipe_result(struct db *db)
{
	PGresult *res = PQgetResult(db->pg);

	if (res != NULL && PQresultStatus(res) != PGRES_PIPELINE_SYNC)
		PQclear(PQgetResult(db->pg)); /* the NULL that ends it */
	return res;
}

/* Prepare and describe, in one round. */
static enum rc
prepare_ask(struct db *db, const struct sql *q, PGresult **ret, struct err *e)
{
	char name[NAME_MAX_LEN];
	PGresult *made = NULL, *told = NULL;
	enum rc rc = RC_OK;

	stmt_name(q, name);
	if (PQenterPipelineMode(db->pg) != 1 ||
	    PQsendPrepare(db->pg, name, q->text, 0, NULL) != 1 ||
	    PQsendDescribePrepared(db->pg, name) != 1 || PQpipelineSync(db->pg) != 1)
		rc = pg_fail(db, NULL, q->name, e);
	if (rc == RC_OK) {
		made = pg_pipe_result(db);
		told = pg_pipe_result(db);
		PQclear(pg_pipe_result(db)); /* the end of the pipeline */
	}
	if (rc == RC_OK && (PQresultStatus(made) != PGRES_COMMAND_OK ||
			    PQresultStatus(told) != PGRES_COMMAND_OK))
		rc = pg_fail(db, made, q->name, e);
	if (PQexitPipelineMode(db->pg) != 1 && rc == RC_OK)
		rc = pg_fail(db, NULL, q->name, e);
	PQclear(made);
	if (rc != RC_OK) {
		PQclear(told);
		told = NULL;
	}
	*ret = told;
	return rc;
}

static enum rc
prepare(struct db *db, const struct sql *q, struct cached *c, struct err *e)
{
	PGresult *told;
	enum rc rc = prepare_ask(db, q, &told, e);

	if (rc != RC_OK)
		return rc;
	assert((unsigned)PQnparams(told) == q->n_params && q->n_params <= PARAMS_MAX);
	c->types = calloc(q->n_params > 0 ? q->n_params : 1, sizeof(*c->types));
	if (c->types == NULL)
		abort();
	for (unsigned i = 0; i < q->n_params; i++)
		c->types[i] = PQparamtype(told, (int)i);
	c->q = q;
	PQclear(told);
	return RC_OK;
}

/* ---- parameters -------------------------------------------------------------------- */

static bool
bind_int(struct bound *b, unsigned i, Oid type, int64_t v)
{
	b->value[i] = (const char *)&b->number[i];
	switch (type) {
	case PG_INT8:
		b->number[i].i8 = (int64_t)htobe64((uint64_t)v);
		b->len[i] = sizeof(b->number[i].i8);
		return true;
	case PG_INT4:
		b->number[i].i4 = (int32_t)htobe32((uint32_t)v);
		b->len[i] = sizeof(b->number[i].i4);
		return v >= INT32_MIN && v <= INT32_MAX;
	case PG_BOOL:
		b->number[i].b = v != 0;
		b->len[i] = sizeof(b->number[i].b);
		return true;
	default:
		return false;
	}
}

static enum rc
bind(const struct db *db, const struct cached *c, const struct db_param *p,
     struct bound *b, struct err *e)
{
	for (unsigned i = 0; i < c->q->n_params; i++) {
		bool text = c->types[i] == PG_TEXT || c->types[i] == PG_BYTEA;
		bool fits = true;
		b->format[i] = 1;
		b->value[i] = NULL;
		b->len[i] = 0;
		switch (p[i].type) {
		case DB_NULL:
			break;
		case DB_INT:
			fits = bind_int(b, i, c->types[i], p[i].i);
			break;
		case DB_TEXT:
		case DB_BLOB:
			if (p[i].len > INT32_MAX)
				return err_set(e, RC_TOO_LARGE,
					       "store %s, %s: a value is too large",
					       db->where, c->q->name);
			fits = text;
			b->value[i] = p[i].len == 0 ? "" : p[i].p;
			b->len[i] = (int)p[i].len;
			break;
		}
		if (!fits)
			return err_set(e, RC_IO,
				       "store %s, %s: parameter %u does not fit the "
				       "type %u that the server gives it",
				       db->where, c->q->name, i + 1, c->types[i]);
	}
	return RC_OK;
}

/* ---- running ----------------------------------------------------------------------- */

/* How many rows it has inserted, updated or deleted. */
static int64_t
rows_changed(struct db *db, PGresult *res)
{
	static const char *const verbs[] = {"INSERT", "UPDATE", "DELETE"};
	const char *status = PQcmdStatus(res);
	int64_t n = 0;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strncmp(status, verbs[i], strlen(verbs[i])) == 0)
			n = strtoll(PQcmdTuples(res), NULL, 10);
	db->tx_changed = db->tx_changed || n != 0;
	return n;
}

static enum rc
each_row(const PGresult *res, db_on_row *on_row, void *arg, struct err *e)
{
	struct db_row row = {.res = res};
	enum rc rc = RC_OK;

	for (; rc == RC_OK && row.row < PQntuples(res); row.row++)
		rc = on_row(arg, &row, e);
	return rc;
}

/* Prepared here, and with its values. */
static enum rc
run_ready(struct db *db, const struct sql *q, const struct db_param *p, struct bound *b,
	  struct err *e)
{
	struct cached *c = &db->cache[q->id];
	enum rc rc = RC_OK;

	if (c->q == NULL) {
		rc = pg_settle(db, e);
		if (rc == RC_OK)
			rc = prepare(db, q, c, e);
	}
	if (rc == RC_OK) {
		rc = bind(db, c, p, b, e);
		if (rc != RC_OK && db->in_tx)
			db->failed = rc;
	}
	return rc;
}

static enum rc
send(struct db *db, const struct sql *q, const struct bound *b, struct err *e)
{
	char name[NAME_MAX_LEN];

	stmt_name(q, name);
	if ((PQpipelineStatus(db->pg) == PQ_PIPELINE_OFF &&
	     PQenterPipelineMode(db->pg) != 1) ||
	    PQsendQueryPrepared(db->pg, name, (int)q->n_params, b->value, b->len,
				b->format, 1) != 1)
		return pg_fail(db, NULL, q->name, e);
	return RC_OK;
}

/* The results of what was sent for later, and of one more statement if `ret` is not
 * NULL. */
static enum rc
pipe_end(struct db *db, PGresult **ret, struct err *e)
{
	enum rc rc = RC_OK;

	if (PQpipelineSync(db->pg) != 1)
		rc = pg_fail(db, NULL, "send", e);
	for (unsigned i = 0; i < db->n_later; i++) {
		PGresult *res = pg_lost(db) ? NULL : pg_pipe_result(db);
		if (rc == RC_OK && !pg_result_good(res))
			rc = pg_fail(db, res, db->later[i], e);
		if (rc == RC_OK)
			(void)rows_changed(db, res);
		PQclear(res);
	}
	db->n_later = 0;
	if (ret != NULL)
		*ret = pg_lost(db) ? NULL : pg_pipe_result(db);
	if (!pg_lost(db))
		PQclear(pg_pipe_result(db)); /* the end of the pipeline */
	if (PQexitPipelineMode(db->pg) != 1 && rc == RC_OK)
		rc = pg_fail(db, NULL, "send", e);
	return rc;
}

enum rc
pg_settle(struct db *db, struct err *e)
{
	return db->n_later == 0 ? RC_OK : pipe_end(db, NULL, e);
}

void
pg_settle_any(struct db *db)
{
	struct err ignored = ERR_INIT;

	(void)pg_settle(db, &ignored);
}

enum rc
pg_later(struct db *db, const struct sql *q, const struct db_param *p, struct err *e)
{
	struct bound b;
	enum rc rc = RC_OK;

	assert(db->in_tx && db->tx_write && q->id < db->n_cache);
	assert(db->cache[q->id].q == NULL || db->cache[q->id].q == q);
	if (db->n_later == PG_LATER_MAX || db->failed != RC_OK)
		rc = pg_usable(db, q->name, e);
	if (rc == RC_OK)
		rc = run_ready(db, q, p, &b, e);
	if (rc == RC_OK)
		rc = send(db, q, &b, e);
	if (rc == RC_OK)
		db->later[db->n_later++] = q->name;
	return rc;
}

static enum rc
run_try(struct db *db, const struct sql *q, const struct db_param *p, PGresult **ret,
	struct err *e)
{
	char name[NAME_MAX_LEN];
	struct bound b;
	enum rc rc = run_ready(db, q, p, &b, e);

	if (rc != RC_OK)
		return rc;
	/* Together with what waits to be sent, in one round. */
	if (db->n_later != 0) {
		rc = send(db, q, &b, e);
		if (rc == RC_OK)
			rc = pipe_end(db, ret, e);
	} else {
		stmt_name(q, name);
		*ret = PQexecPrepared(db->pg, name, (int)q->n_params, b.value, b.len,
				      b.format, 1);
	}
	if (rc != RC_OK)
		return rc;
	return pg_result_good(*ret) ? RC_OK : pg_fail(db, *ret, q->name, e);
}

enum rc
pg_run(struct db *db, const struct sql *q, const struct db_param *p, db_on_row *on_row,
       void *arg, struct err *e)
{
	PGresult *res = NULL;
	bool was_lost = pg_lost(db);
	enum rc rc;

	assert(q->id < db->n_cache);
	assert(db->cache[q->id].q == NULL || db->cache[q->id].q == q);
	rc = db->failed == RC_OK ? RC_OK : pg_usable(db, q->name, e);
	if (rc == RC_OK && !db->in_tx)
		rc = pg_connected(db, e);
	if (rc == RC_OK)
		rc = run_try(db, q, p, &res, e);
	/* A server that was started anew is only noticed by asking it; who only reads may
	 * ask twice. */
	if (rc != RC_OK && !db->in_tx && db->read_only && !was_lost && pg_lost(db)) {
		PQclear(res);
		res = NULL;
		rc = pg_connected(db, e);
		if (rc == RC_OK)
			rc = run_try(db, q, p, &res, e);
	}
	db->n_changed = rc == RC_OK ? rows_changed(db, res) : 0;
	int64_t n_changed = db->n_changed;
	if (rc == RC_OK && on_row != NULL) {
		rc = each_row(res, on_row, arg, e);
		db->n_changed = n_changed; /* of this one, not of those within it */
	}
	PQclear(res);
	return rc;
}

int64_t
pg_changes(struct db *db)
{
	return db->n_changed;
}

/* ---- schema ------------------------------------------------------------------------ */

enum rc
pg_script(struct db *db, const char *text, struct err *e)
{
	enum rc rc = pg_usable(db, "script", e);

	if (rc == RC_OK && !db->in_tx)
		rc = pg_connected(db, e);
	if (rc != RC_OK)
		return rc;
	assert(!db->in_tx || db->tx_write);
	return pg_exec(db, text, e);
}

/* The first column of the first row of `text`, whose $1 is `arg`; NULL when there is none
 * or it is null.  The caller clears *ret, which it lies in. */
static enum rc
query_text(struct db *db, const char *text, const char *arg, PGresult **ret,
	   const char **ret_text, struct err *e)
{
	*ret_text = NULL;
	*ret = PQexecParams(db->pg, text, 1, NULL, &arg, NULL, NULL, 0);
	if (PQresultStatus(*ret) != PGRES_TUPLES_OK)
		return pg_fail(db, *ret, "schema", e);
	if (PQntuples(*ret) > 0 && !PQgetisnull(*ret, 0, 0))
		*ret_text = PQgetvalue(*ret, 0, 0);
	return RC_OK;
}

enum rc
pg_has_table(struct db *db, const char *name, bool *ret, struct err *e)
{
	const char *found = NULL;
	PGresult *res = NULL;
	enum rc rc = pg_usable(db, "schema", e);

	if (rc == RC_OK && !db->in_tx)
		rc = pg_connected(db, e);
	if (rc == RC_OK)
		rc = query_text(db,
				"SELECT relname FROM pg_class c"
				" JOIN pg_namespace n ON n.oid = c.relnamespace"
				" WHERE n.nspname = current_schema() AND c.relkind = 'r'"
				" AND c.relname = $1::text",
				name, &res, &found, e);
	*ret = found != NULL;
	PQclear(res);
	return rc;
}

/* All in one statement: those that refer to each other go together. */
enum rc
pg_drop_tables(struct db *db, const char *prefix, struct err *e)
{
	const char *drop = NULL;
	PGresult *res = NULL;
	enum rc rc = pg_usable(db, "schema", e);

	if (rc == RC_OK)
		rc = query_text(db,
				"SELECT 'DROP TABLE ' ||"
				" string_agg(format('%I', relname), ', ')"
				" FROM pg_class c"
				" JOIN pg_namespace n ON n.oid = c.relnamespace"
				" WHERE n.nspname = current_schema() AND c.relkind = 'r'"
				" AND starts_with(c.relname, $1::text)",
				prefix, &res, &drop, e);
	if (rc == RC_OK && drop != NULL)
		rc = pg_exec(db, drop, e);
	PQclear(res);
	return rc;
}

enum rc
pg_backup(struct db *db, const char *to, struct err *e)
{
	(void)to;
	return err_set(e, RC_UNSUPPORTED,
		       "store %s: a backup is made by the server's own tools: pg_dump",
		       db->where);
}

enum rc
pg_scrub(struct db *db, struct err *e)
{
	assert(!db->in_tx);
	enum rc rc = pg_connected(db, e);

	return rc == RC_OK ? pg_exec(db, "VACUUM", e) : rc;
}

/* ---- columns ----------------------------------------------------------------------- */

/* Whole numbers only: sums of BIGINT are of this type.  What is beyond int64 is its
 * end. */
static int64_t
numeric_int(const uint8_t *p, int len)
{
	enum { HEAD = 8, DIGIT = 10000, NEGATIVE = 0x4000 };
	uint16_t head[HEAD / 2], digit;
	int64_t v = 0;

	assert(len >= HEAD);
	memcpy(head, p, sizeof(head));
	int n = be16toh(head[0]), weight = (int16_t)be16toh(head[1]);
	bool negative = be16toh(head[2]) == NEGATIVE;
	for (int i = 0; i <= weight; i++) {
		digit = 0;
		if (i < n)
			memcpy(&digit, p + HEAD + 2 * i, sizeof(digit));
		int64_t d = be16toh(digit);
		if (__builtin_mul_overflow(v, DIGIT, &v) ||
		    __builtin_add_overflow(v, negative ? -d : d, &v))
			return negative ? INT64_MIN : INT64_MAX;
	}
	return v;
}

int64_t
pg_col_int(const struct db_row *row, unsigned col)
{
	const char *p = PQgetvalue(row->res, row->row, (int)col);
	uint64_t u8;
	uint32_t u4;

	if (pg_col_null(row, col))
		return 0;
	switch (PQftype(row->res, (int)col)) {
	case PG_INT8:
		memcpy(&u8, p, sizeof(u8));
		return (int64_t)be64toh(u8);
	case PG_INT4:
		memcpy(&u4, p, sizeof(u4));
		return (int32_t)be32toh(u4);
	case PG_BOOL:
		return *p != 0;
	case PG_NUMERIC:
		return numeric_int((const uint8_t *)p,
				   PQgetlength(row->res, row->row, (int)col));
	default:
		assert(false && "a column that is no number");
		return 0;
	}
}

const char *
pg_col_text(const struct db_row *row, unsigned col, size_t *ret_len)
{
	return (const char *)pg_col_blob(row, col, ret_len);
}

const uint8_t *
pg_col_blob(const struct db_row *row, unsigned col, size_t *ret_len)
{
	bool null = pg_col_null(row, col);
	Oid type = PQftype(row->res, (int)col);

	assert(type == PG_TEXT || type == PG_BYTEA);
	if (ret_len != NULL)
		*ret_len = (size_t)PQgetlength(row->res, row->row, (int)col);
	return null ? NULL : (const uint8_t *)PQgetvalue(row->res, row->row, (int)col);
}

bool
pg_col_null(const struct db_row *row, unsigned col)
{
	return PQgetisnull(row->res, row->row, (int)col) != 0;
}
