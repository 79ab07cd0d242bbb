#include "store/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "store/migrate.h"
#include "store/store_sql.h"
#include "store/view.h"

enum use { USE_READ, USE_BESIDE, USE_WRITE };

static enum rc
open_for(const char *uri, enum use use, unsigned silent_s, struct store **ret,
	 struct err *e)
{
	struct store *s = calloc(1, sizeof(*s));
	struct views *v = NULL;
	enum rc rc;

	if (s == NULL)
		abort();
	rc = db_driver_of(uri, &s->drv, e);
	if (rc == RC_OK && use == USE_BESIDE && s->drv == &db_sqlite)
		rc = err_set(e, RC_UNSUPPORTED,
			     "%s is a file, which one daemon has: several share a store "
			     "on a PostgreSQL server",
			     uri);
	if (rc == RC_OK)
		rc = s->drv->open(uri, use == USE_READ, SQL_COUNT, &s->db, e);
	if (rc != RC_OK)
		goto out;
	v = views_create(s);
	if (use == USE_WRITE)
		rc = s->drv->lease(s->db, silent_s, e);
	if (rc != RC_OK)
		goto out;
	if (use == USE_WRITE)
		rc = migrate_run(s->drv, s->db, &store_migrations, view_replay, v, e);
	else
		rc = migrate_check(s->drv, s->db, &store_migrations, e);
	if (rc != RC_OK)
		goto out;
	*ret = s;
	s = NULL;
out:
	views_free(v);
	store_close(s);
	return rc;
}

enum rc
store_open(const char *uri, bool read_only, struct store **ret, struct err *e)
{
	return open_for(uri, read_only ? USE_READ : USE_WRITE, DB_LEASE_SILENT_S, ret, e);
}

enum rc
store_open_writer(const char *uri, unsigned silent_s, struct store **ret, struct err *e)
{
	return open_for(uri, USE_WRITE, silent_s, ret, e);
}

enum rc
store_open_beside(const char *uri, struct store **ret, struct err *e)
{
	return open_for(uri, USE_BESIDE, 0, ret, e);
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	if (s->db != NULL)
		s->drv->close(s->db);
	free(s);
}

enum rc
store_transact(struct store *s, store_work *work, void *arg, struct err *e)
{
	enum rc rc = RC_RETRY;

	for (int attempt = 0; rc == RC_RETRY && attempt < STORE_ATTEMPTS; attempt++) {
		rc = s->drv->begin(s->db, true, e);
		if (rc == RC_OK)
			rc = work(s, arg, e);
		if (rc == RC_OK)
			rc = s->drv->commit(s->db, e);
		if (rc != RC_OK)
			s->drv->rollback(s->db);
	}
	return rc;
}

enum rc
store_run(struct store *s, const struct sql *q, const struct db_param *p,
	  db_on_row *on_row, void *arg, struct err *e)
{
	return s->drv->run(s->db, q, p, on_row, arg, e);
}

enum rc
store_later(struct store *s, const struct sql *q, const struct db_param *p, struct err *e)
{
	return s->drv->later != NULL ? s->drv->later(s->db, q, p, e)
				     : s->drv->run(s->db, q, p, NULL, NULL, e);
}

struct rows_ctx {
	const struct db_driver *drv;
	const char *spec;
	json_t *into;
};

static json_t *
column_json(const struct db_driver *drv, const struct db_row *row, unsigned col,
	    char kind)
{
	char when[CLOCK_TEXT_LEN];
	const char *text;
	size_t len;

	if (drv->col_null(row, col))
		return json_null();
	int64_t v =
		kind == 's' || kind == 'x' || kind == 'j' ? 0 : drv->col_int(row, col);
	switch (kind) {
	case 'i':
		return json_integer(v);
	case 'b':
		return json_boolean(v != 0);
	case 't':
		if (v == 0 || v == STORE_NEVER)
			return json_null();
		return json_string(clock_format(v, when));
	case 'x': {
		const uint8_t *blob = drv->col_blob(row, col, &len);
		char *hex = malloc(2 * len + 1);
		if (hex == NULL)
			abort();
		hex_encode(blob, len, hex);
		json_t *j = json_string(hex);
		free(hex);
		return j;
	}
	case 'j':
		text = drv->col_text(row, col, &len);
		return json_loadb(text, len, JSON_DECODE_ANY, NULL);
	default:
		assert(kind == 's');
		text = drv->col_text(row, col, &len);
		return json_stringn(text, len);
	}
}

static enum rc
row_to_json(void *arg, const struct db_row *row, struct err *e)
{
	struct rows_ctx *ctx = arg;
	json_t *o = json_object();
	unsigned col = 0;

	for (const char *at = ctx->spec; *at != '\0'; col++) {
		const char *colon = strchr(at, ':');
		assert(colon != NULL && colon[1] != '\0');
		json_t *v = column_json(ctx->drv, row, col, colon[1]);
		if (v == NULL) {
			json_decref(o);
			return err_set(e, RC_CORRUPT,
				       "column %.*s of the store is damaged",
				       (int)(colon - at), at);
		}
		json_object_setn_new(o, at, (size_t)(colon - at), v);
		at = colon + 2;
		while (*at == ' ')
			at++;
	}
	json_array_append_new(ctx->into, o);
	return RC_OK;
}

enum rc
store_rows(struct store *s, const struct sql *q, const struct db_param *p,
	   const char *spec, json_t *into, struct err *e)
{
	struct rows_ctx ctx = {.drv = s->drv, .spec = spec, .into = into};

	return store_run(s, q, p, row_to_json, &ctx, e);
}

enum rc
store_row(struct store *s, const struct sql *q, const struct db_param *p,
	  const char *spec, json_t **ret, struct err *e)
{
	json_t *rows = json_array();
	enum rc rc = store_rows(s, q, p, spec, rows, e);

	if (rc == RC_OK && json_array_size(rows) == 0)
		rc = err_set(e, RC_NOT_FOUND, "no such row (%s)", q->name);
	if (rc == RC_OK)
		*ret = json_incref(json_array_get(rows, 0));
	json_decref(rows);
	return rc;
}

struct digest_ctx {
	struct rows_ctx row;
	struct hash h; /* of the one before and this row, from the hash of nothing on */
};

static enum rc
row_to_digest(void *arg, const struct db_row *row, struct err *e)
{
	struct digest_ctx *ctx = arg;
	struct hash link[2] = {ctx->h};
	enum rc rc = row_to_json(&ctx->row, row, e);

	if (rc != RC_OK)
		return rc;
	char *text = json_dumps(ctx->row.into, JSON_COMPACT | JSON_SORT_KEYS);
	if (text == NULL)
		abort();
	hash_bytes(text, strlen(text), &link[1]);
	hash_bytes(link, sizeof(link), &ctx->h);
	free(text);
	json_array_clear(ctx->row.into);
	return RC_OK;
}

enum rc
store_digest(struct store *s, const struct sql *q, const char *spec, struct hash *ret,
	     struct err *e)
{
	struct digest_ctx ctx = {
		.row = {.drv = s->drv, .spec = spec, .into = json_array()}};

	hash_bytes("", 0, &ctx.h);
	enum rc rc = store_run(s, q, NULL, row_to_digest, &ctx, e);
	json_decref(ctx.row.into);
	*ret = ctx.h;
	return rc;
}

void *
store_list_next(struct store_list *l, size_t size)
{
	enum { FIRST_ROWS = 16 };

	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? FIRST_ROWS : 2 * l->cap;
		void *grown = arena_array(l->a, cap, size);
		if (l->n != 0)
			memcpy(grown, l->rows, l->n * size);
		l->rows = grown;
		l->cap = cap;
	}
	return (char *)l->rows + size * l->n++;
}

const char *
store_col_text(const struct store *s, struct arena *a, const struct db_row *row,
	       unsigned col)
{
	size_t len;

	if (s->drv->col_null(row, col))
		return NULL;
	const char *p = s->drv->col_text(row, col, &len);
	return arena_strndup(a, p, len);
}

struct one_ctx {
	const struct db_driver *drv;
	struct arena *a;
	int64_t i;
	const char *text;
	bool found;
};

static enum rc
one_int(void *arg, const struct db_row *row, struct err *e)
{
	struct one_ctx *ctx = arg;

	(void)e;
	if (!ctx->found)
		ctx->i = ctx->drv->col_int(row, 0);
	ctx->found = true;
	return RC_OK;
}

static enum rc
one_text(void *arg, const struct db_row *row, struct err *e)
{
	struct one_ctx *ctx = arg;
	size_t len;

	(void)e;
	if (ctx->found || ctx->drv->col_null(row, 0))
		return RC_OK;
	const char *text = ctx->drv->col_text(row, 0, &len);
	ctx->text = arena_strndup(ctx->a, text, len);
	ctx->found = true;
	return RC_OK;
}

enum rc
store_int(struct store *s, const struct sql *q, const struct db_param *p, int64_t none,
	  int64_t *ret, struct err *e)
{
	struct one_ctx ctx = {.drv = s->drv, .i = none};
	enum rc rc = store_run(s, q, p, one_int, &ctx, e);

	*ret = ctx.i;
	return rc;
}

enum rc
store_text(struct store *s, struct arena *a, const struct sql *q,
	   const struct db_param *p, const char **ret, struct err *e)
{
	struct one_ctx ctx = {.drv = s->drv, .a = a};
	enum rc rc = store_run(s, q, p, one_text, &ctx, e);

	*ret = ctx.text;
	return rc;
}
