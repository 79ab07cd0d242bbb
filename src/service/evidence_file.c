/* Where files of evidence lie, and their rows. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "service/evidence.h"
#include "store/store_sql.h"

enum { SHARD_DIGITS = 2 };

const char *
evidence_path(const struct node *nd, struct arena *a, const struct hash *sha256)
{
	char hex[HASH_HEX_LEN + 1];

	hash_hex(sha256, hex);
	return arena_printf(a, "%s/blobs/%.*s/%s", nd->dir, SHARD_DIGITS, hex, hex);
}

const char *
evidence_part_path(const struct node *nd, struct arena *a, const char *box,
		   const char *name)
{
	return arena_printf(a, "%s/blobs/%s/%s", nd->dir, box, name);
}

static enum rc
folder(const char *path, struct err *e)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "make the folder %s", path);
	return RC_OK;
}

static enum rc
folder_sync(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rc rc = RC_OK;

	if (fd < 0)
		return err_sys(e, "open the folder %s", path);
	if (fsync(fd) < 0)
		rc = err_sys(e, "write the folder %s", path);
	close(fd);
	return rc;
}

enum rc
evidence_folders(const struct node *nd, const struct hash *sha256, struct err *e)
{
	struct arena *a = arena_create();
	char hex[HASH_HEX_LEN + 1];
	const char *top = arena_printf(a, "%s/blobs", nd->dir);
	enum rc rc = folder(top, e);

	hash_hex(sha256, hex);
	if (rc == RC_OK)
		rc = folder(arena_printf(a, "%s/in", top), e);
	if (rc == RC_OK)
		rc = folder(arena_printf(a, "%s/out", top), e);
	if (rc == RC_OK)
		rc = folder(arena_printf(a, "%s/%.*s", top, SHARD_DIGITS, hex), e);
	if (rc == RC_OK)
		rc = folder_sync(top, e);
	arena_free(a);
	return rc;
}

enum rc
evidence_settle(const struct node *nd, const char *part, const struct hash *sha256,
		struct err *e)
{
	struct arena *a = arena_create();
	const char *path = evidence_path(nd, a, sha256);
	enum rc rc = evidence_folders(nd, sha256, e);

	if (rc == RC_OK && rename(part, path) < 0)
		rc = err_sys(e, "move a file of evidence to %s", path);
	if (rc == RC_OK)
		rc = folder_sync(arena_strndup(a, path, strlen(path) - HASH_HEX_LEN - 1),
				 e);
	arena_free(a);
	return rc;
}

enum rc
evidence_room(const struct node *nd, int64_t more, struct err *e)
{
	struct statvfs fs;

	if (statvfs(nd->dir, &fs) < 0)
		return err_sys(e, "ask for the room below %s", nd->dir);
	uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (room < (uint64_t)more + (uint64_t)EVIDENCE_DISK_FREE_MIN)
		return err_set(e, RC_FULL,
			       "the disk of this node has too little room for %lld bytes",
			       (long long)more);
	return RC_OK;
}

enum rc
evidence_write(int fd, const void *p, size_t len, struct err *e)
{
	const char *at = p;

	while (len != 0) {
		ssize_t n = write(fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "write a file of evidence");
		at += n;
		len -= (size_t)n;
	}
	return RC_OK;
}

enum rc
evidence_read(int fd, uint8_t *p, size_t len, size_t *ret, struct err *e)
{
	*ret = 0;
	while (*ret < len) {
		ssize_t n = read(fd, p + *ret, len - *ret);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(e, "read a file of evidence");
		if (n == 0)
			break;
		*ret += (size_t)n;
	}
	return RC_OK;
}

struct file_get {
	struct store *s;
	struct file_row *out;
	size_t n;
};

static enum rc
on_file(void *arg, const struct db_row *row, struct err *e)
{
	struct file_get *g = arg;
	const struct db_driver *drv = g->s->drv;

	(void)e;
	g->n++;
	*g->out = (struct file_row){
		.len = drv->col_int(row, 0),
		.state = (enum file_state)drv->col_int(row, 1),
		.named = drv->col_int(row, 2) != 0,
		.came_us = drv->col_int(row, 3),
		.checked = drv->col_int(row, 4) != 0,
	};
	return RC_OK;
}

enum rc
evidence_file_get(struct store *s, int64_t channel, const struct hash *sha256,
		  struct file_row *ret, struct err *e)
{
	struct file_get g = {.s = s, .out = ret};
	enum rc rc = store_run(
		s, &SQL_EVIDENCE_FILE_GET,
		(struct db_param[]){DB_P_INT(channel), DB_P_BLOB(sha256->b, HASH_LEN)},
		on_file, &g, e);

	if (rc == RC_OK && g.n == 0)
		rc = err_set(e, RC_NOT_FOUND, "this node has no such file");
	return rc;
}

enum rc
evidence_file_put(struct store *s, int64_t channel, const struct hash *sha256,
		  const struct file_row *row, struct err *e)
{
	return store_run(s, &SQL_EVIDENCE_FILE_PUT,
			 (struct db_param[]){
				 DB_P_INT(channel),
				 DB_P_BLOB(sha256->b, HASH_LEN),
				 DB_P_INT(row->len),
				 DB_P_INT(row->state),
				 DB_P_INT(row->named),
				 DB_P_INT(row->came_us),
				 DB_P_INT(row->checked),
			 },
			 NULL, NULL, e);
}

enum rc
evidence_remove(struct writer *w, int64_t channel, const struct hash *sha256,
		struct err *e)
{
	const char *path = evidence_path(w->nd, w->a, sha256);
	int64_t others = 0;
	enum rc rc = store_int(
		w->s, &SQL_EVIDENCE_FILE_OTHERS,
		(struct db_param[]){DB_P_INT(channel), DB_P_BLOB(sha256->b, HASH_LEN)}, 0,
		&others, e);

	if (rc == RC_OK && others == 0 && unlink(path) < 0 && errno != ENOENT)
		rc = err_sys(e, "remove %s", path);
	return rc;
}
