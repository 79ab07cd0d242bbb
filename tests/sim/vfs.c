#include "sim/vfs.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/pages.h"

enum {
	NAME_BYTES = 512,
	REGION_MAX = 16, /* of shared memory */
	REGION_BYTES = 32 << 10,
	LOCKS = SQLITE_SHM_NLOCK,
	FILES_OF_FOLDER = 8,
};

/* What a write that is not synced has replaced. */
struct undo {
	struct undo *before;
	size_t at, len, old_size;
	uint8_t old[];
};

struct file {
	struct file *next;
	char path[NAME_BYTES]; /* "": of one handle */
	struct pages p;
	struct undo *undo;
	size_t n_undo;
	int shared, reserved, exclusive; /* handles */
	uint8_t *region[REGION_MAX];
	int lock_shared[LOCKS];
	bool lock_exclusive[LOCKS];
};

struct handle {
	sqlite3_file base;
	struct file *f;
	int level;
	unsigned shm_shared, shm_exclusive; /* of LOCKS */
	bool temporary;
};

struct vfs_copy {
	size_t n;
	struct {
		char path[NAME_BYTES];
		struct pages p;
	} file[FILES_OF_FOLDER];
};

static struct file *files;
static bool lying;
void (*vfs_before)(const char *path);
int64_t (*vfs_now_us)(void);
void (*vfs_random)(void *p, size_t len);

static void *
xalloc(size_t n)
{
	void *p = calloc(1, n == 0 ? 1 : n);

	if (p == NULL)
		abort();
	return p;
}

static struct file *
find(const char *path)
{
	struct file *f = files;

	while (f != NULL && strcmp(f->path, path) != 0)
		f = f->next;
	return f;
}

static struct file *
make(const char *path)
{
	struct file *f = xalloc(sizeof(*f));

	assert(strlen(path) < sizeof(f->path));
	memcpy(f->path, path, strlen(path));
	f->next = files;
	files = f;
	return f;
}

static bool
in_folder(const struct file *f, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(f->path, dir, len) == 0 && f->path[len] == '/';
}

static void
undo_forget(struct file *f)
{
	while (f->undo != NULL) {
		struct undo *u = f->undo;
		f->undo = u->before;
		free(u);
	}
	f->n_undo = 0;
}

/* Before [at, at + len) changes, or the size does. */
static void
undo_keep(struct file *f, size_t at, size_t len)
{
	size_t old = at >= f->p.size ? 0 : len < f->p.size - at ? len : f->p.size - at;
	struct undo *u = xalloc(sizeof(*u) + old);

	*u = (struct undo){
		.before = f->undo, .at = at, .len = old, .old_size = f->p.size};
	if (old != 0)
		pages_get(&f->p, at, u->old, old);
	f->undo = u;
	f->n_undo++;
}

static void
undo_to(struct file *f, size_t keep)
{
	while (f->n_undo > keep) {
		struct undo *u = f->undo;
		pages_resize(&f->p, u->old_size);
		if (u->len != 0)
			pages_put(&f->p, u->at, u->old, u->len);
		f->undo = u->before;
		f->n_undo--;
		free(u);
	}
	undo_forget(f);
}

/* ---- a handle's methods ---------------------------------------------------------------
 */

static void
before(const struct file *f)
{
	if (vfs_before != NULL && f->path[0] != '\0')
		vfs_before(f->path);
}

static void
locks_drop(struct handle *h)
{
	for (int i = 0; i < LOCKS; i++) {
		if (h->shm_shared & 1U << i)
			h->f->lock_shared[i]--;
		if (h->shm_exclusive & 1U << i)
			h->f->lock_exclusive[i] = false;
	}
	h->shm_shared = h->shm_exclusive = 0;
}

static int
on_unlock(sqlite3_file *file, int level)
{
	struct handle *h = (struct handle *)file;

	if (h->level >= SQLITE_LOCK_PENDING && level < SQLITE_LOCK_PENDING)
		h->f->exclusive = 0;
	if (h->level >= SQLITE_LOCK_RESERVED && level < SQLITE_LOCK_RESERVED)
		h->f->reserved = 0;
	/* One that was opened in advance lost its lock with a crash of others. */
	if (h->level >= SQLITE_LOCK_SHARED && level < SQLITE_LOCK_SHARED &&
	    h->f->shared > 0)
		h->f->shared--;
	if (level < h->level)
		h->level = level;
	return SQLITE_OK;
}

static int
on_close(sqlite3_file *file)
{
	struct handle *h = (struct handle *)file;

	locks_drop(h);
	on_unlock(file, SQLITE_LOCK_NONE);
	if (h->temporary) {
		undo_forget(h->f);
		pages_free(&h->f->p);
		free(h->f);
	}
	return SQLITE_OK;
}

static int
on_read(sqlite3_file *file, void *into, int len, sqlite3_int64 at)
{
	const struct file *f = ((struct handle *)file)->f;
	size_t from = (size_t)at, n = (size_t)len;
	size_t have = from >= f->p.size ? 0 : n < f->p.size - from ? n : f->p.size - from;

	if (have != 0)
		pages_get(&f->p, from, into, have);
	if (have == n)
		return SQLITE_OK;
	memset((uint8_t *)into + have, 0, n - have);
	return SQLITE_IOERR_SHORT_READ;
}

static int
on_write(sqlite3_file *file, const void *from, int len, sqlite3_int64 at)
{
	struct handle *h = (struct handle *)file;
	struct file *f = h->f;
	size_t to = (size_t)at, n = (size_t)len;

	before(f);
	if (!h->temporary)
		undo_keep(f, to, n);
	if (to + n > f->p.size)
		pages_resize(&f->p, to + n);
	pages_put(&f->p, to, from, n);
	return SQLITE_OK;
}

static int
on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct handle *h = (struct handle *)file;

	before(h->f);
	if (!h->temporary && (size_t)size < h->f->p.size)
		undo_keep(h->f, (size_t)size, h->f->p.size - (size_t)size);
	pages_resize(&h->f->p, (size_t)size);
	return SQLITE_OK;
}

static int
on_sync(sqlite3_file *file, int flags)
{
	struct handle *h = (struct handle *)file;

	(void)flags;
	before(h->f);
	if (!lying)
		undo_forget(h->f);
	return SQLITE_OK;
}

static int
on_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	*ret = (sqlite3_int64)((struct handle *)file)->f->p.size;
	return SQLITE_OK;
}

static int
on_lock(sqlite3_file *file, int level)
{
	struct handle *h = (struct handle *)file;
	struct file *f = h->f;

	if (h->level >= level)
		return SQLITE_OK;
	if (h->level < SQLITE_LOCK_SHARED) {
		if (f->exclusive != 0)
			return SQLITE_BUSY;
		f->shared++;
		h->level = SQLITE_LOCK_SHARED;
	}
	if (level >= SQLITE_LOCK_RESERVED && h->level < SQLITE_LOCK_RESERVED) {
		if (f->reserved != 0)
			return SQLITE_BUSY;
		f->reserved = 1;
		h->level = SQLITE_LOCK_RESERVED;
	}
	if (level == SQLITE_LOCK_EXCLUSIVE) {
		if (f->shared > 1)
			return SQLITE_BUSY;
		f->exclusive = 1;
		h->level = level;
	}
	return SQLITE_OK;
}

static int
on_reserved(sqlite3_file *file, int *ret)
{
	*ret = ((struct handle *)file)->f->reserved;
	return SQLITE_OK;
}

static int
on_control(sqlite3_file *file, int op, void *arg)
{
	(void)file;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int
on_sector(sqlite3_file *file)
{
	(void)file;
	return 4096;
}

static int
on_device(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int
on_shm_map(sqlite3_file *file, int region, int bytes, int extend, void volatile **ret)
{
	struct file *f = ((struct handle *)file)->f;

	*ret = NULL;
	assert(bytes == REGION_BYTES);
	if (region >= REGION_MAX)
		return SQLITE_NOMEM;
	if (f->region[region] == NULL && extend != 0)
		f->region[region] = xalloc(REGION_BYTES);
	*ret = f->region[region];
	return SQLITE_OK;
}

static int
on_shm_lock(sqlite3_file *file, int from, int n, int flags)
{
	struct handle *h = (struct handle *)file;
	unsigned mask = ((1U << n) - 1) << from;
	bool shared = (flags & SQLITE_SHM_SHARED) != 0;

	for (int i = from; (flags & SQLITE_SHM_LOCK) != 0 && i < from + n; i++) {
		bool own = (h->shm_shared & 1U << i) != 0;
		if (h->f->lock_exclusive[i] && (h->shm_exclusive & 1U << i) == 0)
			return SQLITE_BUSY;
		if (!shared && h->f->lock_shared[i] > (own ? 1 : 0))
			return SQLITE_BUSY;
	}
	for (int i = from; i < from + n; i++) {
		unsigned bit = 1U << i;
		if ((flags & SQLITE_SHM_LOCK) == 0) {
			if (h->shm_shared & bit)
				h->f->lock_shared[i]--;
			if (h->shm_exclusive & bit)
				h->f->lock_exclusive[i] = false;
		} else if (!shared) {
			h->f->lock_exclusive[i] = true;
			h->shm_exclusive |= bit;
		} else if ((h->shm_shared & bit) == 0) {
			h->f->lock_shared[i]++;
			h->shm_shared |= bit;
		}
	}
	if ((flags & SQLITE_SHM_LOCK) == 0) {
		h->shm_shared &= ~mask;
		h->shm_exclusive &= ~mask;
	}
	return SQLITE_OK;
}

static void
on_shm_barrier(sqlite3_file *file)
{
	(void)file;
}

static void
regions_forget(struct file *f)
{
	for (int i = 0; i < REGION_MAX; i++) {
		free(f->region[i]);
		f->region[i] = NULL;
	}
}

static int
on_shm_unmap(sqlite3_file *file, int gone)
{
	struct handle *h = (struct handle *)file;

	locks_drop(h);
	if (gone != 0)
		regions_forget(h->f);
	return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = on_close,
	.xRead = on_read,
	.xWrite = on_write,
	.xTruncate = on_truncate,
	.xSync = on_sync,
	.xFileSize = on_size,
	.xLock = on_lock,
	.xUnlock = on_unlock,
	.xCheckReservedLock = on_reserved,
	.xFileControl = on_control,
	.xSectorSize = on_sector,
	.xDeviceCharacteristics = on_device,
	.xShmMap = on_shm_map,
	.xShmLock = on_shm_lock,
	.xShmBarrier = on_shm_barrier,
	.xShmUnmap = on_shm_unmap,
};

/* ---- the file system ------------------------------------------------------------------
 */

static int
on_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *ret_flags)
{
	struct handle *h = (struct handle *)file;

	(void)vfs;
	*h = (struct handle){.temporary = path == NULL};
	if (path == NULL) {
		h->f = xalloc(sizeof(*h->f));
	} else {
		h->f = find(path);
		if (h->f == NULL && (flags & SQLITE_OPEN_CREATE) == 0)
			return SQLITE_CANTOPEN;
		if (h->f == NULL)
			h->f = make(path);
	}
	h->base.pMethods = &methods;
	if (ret_flags != NULL)
		*ret_flags = flags;
	return SQLITE_OK;
}

/* A file that is gone may come back with a power cut: SQLite asks for a sync of the
 * folder where that matters, and a WAL that comes back has nothing that the store has
 * not. */
static int
on_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
	(void)vfs;
	(void)sync;
	for (struct file **at = &files; *at != NULL; at = &(*at)->next) {
		struct file *f = *at;
		if (strcmp(f->path, path) != 0)
			continue;
		before(f);
		*at = f->next;
		undo_forget(f);
		regions_forget(f);
		pages_free(&f->p);
		free(f);
		return SQLITE_OK;
	}
	return SQLITE_IOERR_DELETE_NOENT;
}

static int
on_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret)
{
	(void)vfs;
	(void)flags;
	*ret = find(path) != NULL;
	return SQLITE_OK;
}

static int
on_full_path(sqlite3_vfs *vfs, const char *path, int room, char *ret)
{
	(void)vfs;
	/* One file has one name, with "./" before it or not. */
	snprintf(ret, (size_t)room, "%s", strncmp(path, "./", 2) == 0 ? path + 2 : path);
	return SQLITE_OK;
}

static int
on_randomness(sqlite3_vfs *vfs, int len, char *ret)
{
	(void)vfs;
	vfs_random(ret, (size_t)len);
	return len;
}

static int
on_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

static int
on_time(sqlite3_vfs *vfs, sqlite3_int64 *ret_ms)
{
	/* Since noon of 24 November 4714 BC, as SQLite counts. */
	const sqlite3_int64 epoch_ms = 210866760000000;

	(void)vfs;
	*ret_ms = epoch_ms + vfs_now_us() / 1000;
	return SQLITE_OK;
}

static int
on_error(sqlite3_vfs *vfs, int len, char *ret)
{
	(void)vfs;
	if (len > 0)
		ret[0] = '\0';
	return 0;
}

void
vfs_start(void)
{
	static sqlite3_vfs vfs = {.iVersion = 2,
				  .szOsFile = sizeof(struct handle),
				  .mxPathname = NAME_BYTES,
				  .zName = "sim",
				  .xOpen = on_open,
				  .xDelete = on_delete,
				  .xAccess = on_access,
				  .xFullPathname = on_full_path,
				  .xRandomness = on_randomness,
				  .xSleep = on_sleep,
				  .xGetLastError = on_error,
				  .xCurrentTimeInt64 = on_time};

	if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
		abort();
}

void
vfs_load(const char *path)
{
	FILE *in = fopen(path, "re");
	struct file *f = find(path);
	uint8_t part[65536];
	size_t n;

	if (in == NULL)
		abort();
	if (f == NULL)
		f = make(path);
	while ((n = fread(part, 1, sizeof(part), in)) > 0) {
		size_t at = f->p.size;
		pages_resize(&f->p, at + n);
		pages_put(&f->p, at, part, n);
	}
	fclose(in);
}

void
vfs_lie(bool lies)
{
	lying = lies;
}

void
vfs_crash(const char *dir, bool power, unsigned percent)
{
	for (struct file *f = files; f != NULL; f = f->next) {
		if (!in_folder(f, dir))
			continue;
		if (power)
			undo_to(f, f->n_undo * percent / 100);
		f->shared = f->reserved = f->exclusive = 0;
		memset(f->lock_shared, 0, sizeof(f->lock_shared));
		memset(f->lock_exclusive, 0, sizeof(f->lock_exclusive));
		/* What was killed does not run any more; what was opened in advance
		 * (spare.c) points into the regions, too. */
		for (int i = 0; i < REGION_MAX && f->region[i] != NULL; i++)
			memset(f->region[i], 0, REGION_BYTES);
	}
}

struct vfs_copy *
vfs_copy(const char *dir)
{
	struct vfs_copy *c = xalloc(sizeof(*c));

	for (struct file *f = files; f != NULL; f = f->next) {
		if (!in_folder(f, dir))
			continue;
		assert(c->n < FILES_OF_FOLDER);
		memcpy(c->file[c->n].path, f->path, sizeof(f->path));
		c->file[c->n++].p = pages_share(&f->p);
	}
	return c;
}

void
vfs_put(const char *dir, struct vfs_copy *copy)
{
	vfs_crash(dir, false, 0);
	for (struct file *f = files; f != NULL; f = f->next)
		if (in_folder(f, dir)) {
			undo_forget(f);
			pages_free(&f->p);
		}
	for (size_t i = 0; i < copy->n; i++) {
		struct file *f = find(copy->file[i].path);
		if (f == NULL)
			f = make(copy->file[i].path);
		f->p = pages_share(&copy->file[i].p);
	}
}
