/* What a node's store says when it is asked past the node, be it a file or a database. */
#include "node_fixture.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postgres_fixture.h"
#include "service/node_int.h"

enum { FILES_OPEN = 16 };

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

/* ---- the store as a whole ---------------------------------------------------------- */

const char *
fix_store_uri(struct fix *f, enum party p)
{
	return f->n[p].store != NULL ? f->n[p].store
				     : arena_printf(f->a, "%s/store.db", f->n[p].dir);
}

static sqlite3 *
file_open(struct fix *f, enum party p)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(fix_store_uri(f, p), &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	return db;
}

static void
file_exec(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

void
fix_exec(struct fix *f, enum party p, const char *sql)
{
	if (f->n[p].store != NULL) {
		postgres_query(f->a, f->n[p].store, sql);
		return;
	}
	sqlite3 *db = file_open(f, p);
	file_exec(db, sql);
	sqlite3_close(db);
}

void
fix_refuse_rows(struct fix *f, enum party p, const char *table, bool on)
{
	const bool server = f->n[p].store != NULL;
	const char *sql = "DROP TRIGGER refuse";

	if (server && on)
		sql = arena_printf(
			f->a,
			"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql "
			"AS 'BEGIN RAISE EXCEPTION ''refused''; END'; "
			"CREATE TRIGGER refuse BEFORE INSERT ON %s "
			"FOR EACH ROW EXECUTE FUNCTION refuse()",
			table);
	else if (server)
		sql = arena_printf(
			f->a, "DROP TRIGGER refuse ON %s; DROP FUNCTION refuse()", table);
	else if (on)
		sql = arena_printf(
			f->a,
			"CREATE TRIGGER refuse BEFORE INSERT ON %s BEGIN SELECT "
			"RAISE(ABORT, 'refused'); END",
			table);
	fix_exec(f, p, sql);
}

struct fix_lock {
	sqlite3 *file;
	void *server;
};

struct fix_lock *
fix_store_lock(struct fix *f, enum party p)
{
	struct fix_lock *l = arena_alloc(f->a, sizeof(*l));

	*l = (struct fix_lock){.file = NULL};
	if (f->n[p].store != NULL) {
		l->server = postgres_lock(f->n[p].store, "access_head");
		return l;
	}
	l->file = file_open(f, p);
	file_exec(l->file, "BEGIN IMMEDIATE");
	return l;
}

void
fix_store_unlock(struct fix_lock *l)
{
	if (l->server != NULL) {
		postgres_unlock(l->server);
		return;
	}
	file_exec(l->file, "ROLLBACK");
	sqlite3_close(l->file);
}

static const char *
kept_schema(struct fix *f, enum party p, const char *name)
{
	return arena_printf(f->a, "%s_%s", postgres_schema(f->n[p].store), name);
}

void
fix_store_keep(struct fix *f, enum party p, const char *name)
{
	assert_null(f->n[p].nd);
	if (f->n[p].store != NULL)
		postgres_keep(f->n[p].store, kept_schema(f, p, name));
	else
		fix_copy(fix_store_uri(f, p),
			 arena_printf(f->a, "%s/%s.db", f->n[p].dir, name));
}

void
fix_store_put_back(struct fix *f, enum party p, const char *name)
{
	const char *db = fix_store_uri(f, p);

	assert_null(f->n[p].nd);
	if (f->n[p].store != NULL) {
		postgres_put_back(f->n[p].store, kept_schema(f, p, name));
		return;
	}
	fix_copy(arena_printf(f->a, "%s/%s.db", f->n[p].dir, name), db);
	unlink(arena_printf(f->a, "%s-wal", db));
	unlink(arena_printf(f->a, "%s-shm", db));
}

static bool
file_has(const char *path, const char *text)
{
	enum { PART = 1 << 16 };
	size_t len = strlen(text), kept = 0, n;
	char *part = malloc(PART + len);
	FILE *file = fopen(path, "re");
	bool found = false;

	assert_non_null(part);
	while (file != NULL && !found && (n = fread(part + kept, 1, PART, file)) > 0) {
		n += kept;
		found = memmem(part, n, text, len) != NULL;
		kept = n < len - 1 ? n : len - 1;
		memmove(part, part + n - kept, kept);
	}
	if (file != NULL)
		fclose(file);
	free(part);
	return found;
}

bool
fix_store_has(struct fix *f, enum party p, const char *text)
{
	const char *db = fix_store_uri(f, p);

	if (f->n[p].store != NULL)
		return postgres_has(f->a, db, text);
	return file_has(db, text) || file_has(arena_printf(f->a, "%s-wal", db), text);
}

/* ---- copies ------------------------------------------------------------------------ */

void
fix_copy(const char *from, const char *to)
{
	FILE *in = fopen(from, "re"), *out = fopen(to, "we");
	char part[65536];
	size_t n;

	assert_non_null(in);
	assert_non_null(out);
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		assert_int_equal(fwrite(part, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
	fclose(in);
}

void
fix_marks_drop_own(struct fix *f, enum party p)
{
	const char *path = arena_printf(f->a, "%s/marks", f->n[p].dir);
	const char *own =
		p == PARTY_AUTHORITY ? "authority.example/" : "platform.example/";
	char line[1024], hex[HASH_HEX_LEN + 1];
	struct buf kept = BUF_INIT(65536);
	struct hash h;
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, own, strlen(own)) != 0 &&
		    strncmp(line, "sha256 ", 7) != 0)
			buf_puts(&kept, line);
	fclose(file);
	hash_bytes(kept.data, kept.len, &h);
	buf_printf(&kept, "sha256 %s\n", hash_hex(&h, hex));
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(kept.data, 1, kept.len, file), kept.len);
	assert_int_equal(fclose(file), 0);
	buf_free(&kept);
}

static struct {
	struct arena *a;
	const char *from, *to;
} cloning;

static int
clone_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	const char *to =
		arena_printf(cloning.a, "%s%s", cloning.to, path + strlen(cloning.from));

	(void)ftw;
	if (flag == FTW_D)
		return mkdir(to, 0700);
	if (!S_ISREG(st->st_mode))
		return 0;
	fix_copy(path, to);
	return chmod(to, 0600);
}

/* The line of the settings, or NULL. */
static char *
store_line(struct fix *f, const char *dir, const char **ret_conf)
{
	struct err e = ERR_INIT;
	size_t len;

	fix_ok(file_load(f->a, arena_printf(f->a, "%s/saluran.conf", dir), ret_conf, &len,
			 &e),
	       &e, "saluran.conf");
	char *line = strstr(*ret_conf, "\nstore = ");
	return line == NULL ? NULL : line + 1;
}

/* The directory's store is another. */
static void
store_set(struct fix *f, const char *dir, const char *uri)
{
	const char *conf;
	const char *line = store_line(f, dir, &conf);
	FILE *file = fopen(arena_printf(f->a, "%s/saluran.conf", dir), "we");

	assert_non_null(line);
	assert_non_null(file);
	fprintf(file, "%.*sstore = %s%s", (int)(line - conf), conf, uri,
		line + strcspn(line, "\n"));
	assert_int_equal(fclose(file), 0);
}

const char *
fix_clone(struct fix *f, const char *dir)
{
	enum { URI_MAX = 256 };
	char uri[URI_MAX];

	cloning.a = f->a;
	cloning.from = dir;
	cloning.to = arena_printf(f->a, "%s-clone", dir);
	assert_int_equal(nftw(dir, clone_one, FILES_OPEN, FTW_PHYS), 0);
	for (int p = 0; p < PARTY_COUNT; p++)
		if (f->n[p].dir == dir && f->n[p].store != NULL) {
			postgres_clone(f->n[p].store, uri, URI_MAX);
			store_set(f, cloning.to, uri);
		}
	return cloning.to;
}

void
fix_become(struct fix *f, enum party p, const char *dir)
{
	const char *conf;

	fix_shut(f, p);
	f->n[p].dir = dir;
	if (f->n[p].store != NULL) {
		const char *line = store_line(f, dir, &conf);
		assert_non_null(line);
		line += strlen("store = ");
		f->n[p].store = arena_strndup(f->a, line, strcspn(line, "\n"));
	}
	fix_reopen(f, p);
}
