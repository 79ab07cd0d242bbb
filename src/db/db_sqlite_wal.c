/*
 * db_sqlite_wal - SQLite's write-ahead log in few calls to the kernel (docs/adr/0070).
 *
 * SQLite writes each page of its log with two calls, so that a commit of 60 events is 700
 * of them.  What it writes one behind the other is gathered here and goes out with the
 * next flush to the disk, or when there is as much as is gathered at most.
 *
 * Nobody can see the difference: with synchronous=FULL the log is flushed before the
 * index of the log, which is what other connections read, says that a commit is there
 * (sqlite.org/walformat.html, 2.3); what is written before that, when the page cache is
 * full, only this connection reads, and from what is gathered.  What could not be written
 * is dropped: the write or flush that says so ends SQLite's transaction, and the next one
 * starts at the place where that one did.
 *
 * All other files are those of SQLite's own layer, which this one stands on.
 */
#include <pthread.h>
#include <string.h>

#include "db/db_sqlite_int.h"

enum {
	/* 29 pages; SQLite's own layer takes less than 128 KiB at a time (os_unix.c). */
	GATHER_BYTES = 120 << 10,
	ALIGNED = 16,
};

struct wal_file {
	sqlite3_file base;
	sqlite3_file *under; /* the file of SQLite's own layer, behind this */
	char *gathered;	     /* NULL until the first write */
	int n;		     /* bytes in it */
	sqlite3_int64 at;    /* where in the file they belong */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sqlite3_vfs layer;

static struct wal_file *
of(sqlite3_file *f)
{
	return (struct wal_file *)f;
}

static sqlite3_vfs *
own(sqlite3_vfs *v)
{
	return v->pAppData;
}

/* ---- the log ----------------------------------------------------------------------- */

static int
flush(struct wal_file *f)
{
	int n = f->n;

	f->n = 0;
	return n == 0 ? SQLITE_OK
		      : f->under->pMethods->xWrite(f->under, f->gathered, n, f->at);
}

static int
wal_close(sqlite3_file *file)
{
	struct wal_file *f = of(file);

	/* What is left is of a commit that never was. */
	sqlite3_free(f->gathered);
	f->gathered = NULL;
	f->n = 0;
	return f->under->pMethods->xClose(f->under);
}

/* What is gathered stands behind all that it was written behind, so that a read that ends
 * in it is whole. */
static int
wal_read(sqlite3_file *file, void *p, int n, sqlite3_int64 at)
{
	struct wal_file *f = of(file);
	sqlite3_int64 from = at > f->at ? at : f->at;
	sqlite3_int64 until = at + n < f->at + f->n ? at + n : f->at + f->n;
	int code = SQLITE_OK;

	if (from >= until)
		return f->under->pMethods->xRead(f->under, p, n, at);
	if (from > at || until < at + n)
		code = f->under->pMethods->xRead(f->under, p, n, at);
	if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ)
		return code;
	memcpy((char *)p + (from - at), f->gathered + (from - f->at),
	       (size_t)(until - from));
	return until == at + n ? SQLITE_OK : code;
}

static int
wal_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
	struct wal_file *f = of(file);
	int code = SQLITE_OK;

	if (f->n != 0 && (at != f->at + f->n || n > GATHER_BYTES - f->n))
		code = flush(f);
	if (code == SQLITE_OK && f->gathered == NULL)
		f->gathered = sqlite3_malloc(GATHER_BYTES);
	if (code != SQLITE_OK)
		return code;
	if (f->gathered == NULL || n > GATHER_BYTES)
		return f->under->pMethods->xWrite(f->under, p, n, at);
	if (f->n == 0)
		f->at = at;
	memcpy(f->gathered + f->n, p, (size_t)n);
	f->n += n;
	return SQLITE_OK;
}

static int
wal_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct wal_file *f = of(file);
	int code = flush(f);

	return code == SQLITE_OK ? f->under->pMethods->xTruncate(f->under, size) : code;
}

static int
wal_sync(sqlite3_file *file, int flags)
{
	struct wal_file *f = of(file);
	int code = flush(f);

	return code == SQLITE_OK ? f->under->pMethods->xSync(f->under, flags) : code;
}

static int
wal_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	struct wal_file *f = of(file);
	int code = f->under->pMethods->xFileSize(f->under, ret);

	if (code == SQLITE_OK && f->n != 0 && f->at + f->n > *ret)
		*ret = f->at + f->n;
	return code;
}

static int
wal_lock(sqlite3_file *file, int level)
{
	struct wal_file *f = of(file);

	return f->under->pMethods->xLock(f->under, level);
}

static int
wal_unlock(sqlite3_file *file, int level)
{
	struct wal_file *f = of(file);

	return f->under->pMethods->xUnlock(f->under, level);
}

static int
wal_reserved(sqlite3_file *file, int *ret)
{
	struct wal_file *f = of(file);

	return f->under->pMethods->xCheckReservedLock(f->under, ret);
}

static int
wal_control(sqlite3_file *file, int op, void *arg)
{
	struct wal_file *f = of(file);

	return f->under->pMethods->xFileControl(f->under, op, arg);
}

static int
wal_sector(sqlite3_file *file)
{
	struct wal_file *f = of(file);

	return f->under->pMethods->xSectorSize(f->under);
}

static int
wal_device(sqlite3_file *file)
{
	struct wal_file *f = of(file);

	return f->under->pMethods->xDeviceCharacteristics(f->under);
}

static const sqlite3_io_methods wal_methods = {
	.iVersion = 1, /* neither shared memory nor mapping: nobody asks a log for them */
	.xClose = wal_close,
	.xRead = wal_read,
	.xWrite = wal_write,
	.xTruncate = wal_truncate,
	.xSync = wal_sync,
	.xFileSize = wal_size,
	.xLock = wal_lock,
	.xUnlock = wal_unlock,
	.xCheckReservedLock = wal_reserved,
	.xFileControl = wal_control,
	.xSectorSize = wal_sector,
	.xDeviceCharacteristics = wal_device,
};

/* ---- the layer --------------------------------------------------------------------- */

enum { UNDER_AT = (sizeof(struct wal_file) + ALIGNED - 1) / ALIGNED * ALIGNED };

static int
layer_open(sqlite3_vfs *v, sqlite3_filename name, sqlite3_file *file, int flags,
	   int *ret_flags)
{
	struct wal_file *f = of(file);

	if ((flags & SQLITE_OPEN_WAL) == 0)
		return own(v)->xOpen(own(v), name, file, flags, ret_flags);
	memset(f, 0, UNDER_AT + (size_t)own(v)->szOsFile);
	f->under = (sqlite3_file *)((char *)file + UNDER_AT);
	int code = own(v)->xOpen(own(v), name, f->under, flags, ret_flags);
	/* SQLite closes what has methods, even where opening it failed. */
	if (f->under->pMethods != NULL)
		f->base.pMethods = &wal_methods;
	return code;
}

static int
layer_delete(sqlite3_vfs *v, const char *name, int sync_folder)
{
	return own(v)->xDelete(own(v), name, sync_folder);
}

static int
layer_access(sqlite3_vfs *v, const char *name, int flags, int *ret)
{
	return own(v)->xAccess(own(v), name, flags, ret);
}

static int
layer_full_name(sqlite3_vfs *v, const char *name, int size, char *ret)
{
	return own(v)->xFullPathname(own(v), name, size, ret);
}

static int
layer_random(sqlite3_vfs *v, int n, char *ret)
{
	return own(v)->xRandomness(own(v), n, ret);
}

static int
layer_sleep(sqlite3_vfs *v, int us)
{
	return own(v)->xSleep(own(v), us);
}

static int
layer_time(sqlite3_vfs *v, double *ret)
{
	return own(v)->xCurrentTime(own(v), ret);
}

static int
layer_time_ms(sqlite3_vfs *v, sqlite3_int64 *ret)
{
	return own(v)->xCurrentTimeInt64(own(v), ret);
}

static int
layer_error(sqlite3_vfs *v, int size, char *ret)
{
	return own(v)->xGetLastError(own(v), size, ret);
}

/* Without extensions, which nobody may load. */
static void
layer_make(void)
{
	sqlite3_vfs *under = sqlite3_vfs_find(NULL);

	layer = (sqlite3_vfs){
		.iVersion = 2,
		.szOsFile = UNDER_AT + under->szOsFile,
		.mxPathname = under->mxPathname,
		.zName = "saluran",
		.pAppData = under,
		.xOpen = layer_open,
		.xDelete = layer_delete,
		.xAccess = layer_access,
		.xFullPathname = layer_full_name,
		.xRandomness = layer_random,
		.xSleep = layer_sleep,
		.xCurrentTime = layer_time,
		.xGetLastError = layer_error,
		.xCurrentTimeInt64 = layer_time_ms,
	};
	sqlite3_vfs_register(&layer, 0);
}

const char *
sq_layer(void)
{
	pthread_once(&once, layer_make);
	return layer.zName;
}
