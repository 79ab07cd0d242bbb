#include "call_faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <sqlite3.h>

/* Shared with the processes that are forked. */
static struct shared {
	_Atomic int kind, left, error;
	_Atomic bool fired, stays;
} * shared;

static bool
fails(enum call_kind kind)
{
	if (shared == NULL || atomic_load(&shared->left) <= 0 ||
	    atomic_load(&shared->kind) != (int)kind)
		return false;
	if (!atomic_load(&shared->stays) || atomic_load(&shared->left) > 1)
		if (atomic_fetch_sub(&shared->left, 1) != 1)
			return false;
	atomic_store(&shared->fired, true);
	errno = kind == CALL_MEMORY ? ENOMEM : atomic_load(&shared->error);
	return true;
}

void
calls_arm(enum call_kind kind, int n, int error)
{
	atomic_store(&shared->kind, (int)kind);
	atomic_store(&shared->error, error);
	atomic_store(&shared->fired, false);
	atomic_store(&shared->stays, false);
	atomic_store(&shared->left, n);
}

void
calls_fill(int n)
{
	atomic_store(&shared->left, 0);
	atomic_store(&shared->kind, CALL_ROOM);
	atomic_store(&shared->error, ENOSPC);
	atomic_store(&shared->fired, false);
	atomic_store(&shared->stays, true);
	atomic_store(&shared->left, n);
}

bool
calls_disarm(void)
{
	atomic_store(&shared->left, 0);
	return atomic_load(&shared->fired);
}

/* ---- memory ------------------------------------------------------------------------ */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *
__wrap_malloc(size_t size)
{
	return fails(CALL_MEMORY) ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails(CALL_MEMORY) ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return fails(CALL_MEMORY) ? NULL : __real_realloc(p, size);
}

static sqlite3_mem_methods sqlite_memory;

static void *
sqlite_malloc(int size)
{
	return fails(CALL_MEMORY) ? NULL : sqlite_memory.xMalloc(size);
}

static void *
sqlite_realloc(void *p, int size)
{
	return fails(CALL_MEMORY) ? NULL : sqlite_memory.xRealloc(p, size);
}

void
calls_start(void)
{
	sqlite3_mem_methods counted;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED ||
	    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory) != SQLITE_OK)
		abort();
	counted = sqlite_memory;
	counted.xMalloc = sqlite_malloc;
	counted.xRealloc = sqlite_realloc;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &counted) != SQLITE_OK)
		abort();
}

/* ---- files ------------------------------------------------------------------------- */

/* These stand before those of the C library for all libraries of the program. */
#define REAL(name, symbol)                                                               \
	__typeof__(&(name)) real;                                                        \
	*(void **)&real = dlsym(RTLD_NEXT, symbol)

static bool
of_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

/* Of a write that ends at `end`. */
static bool
is_longer(int fd, off_t end)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && end > st.st_size;
}

/* Of one without a place of its own. */
static off_t
end_of(int fd, size_t len)
{
	off_t at =
		lseek(fd, 0, (fcntl(fd, F_GETFL) & O_APPEND) != 0 ? SEEK_END : SEEK_CUR);

	return at + (off_t)len;
}

static bool
is_made(int dir, const char *path, int flags)
{
	return (flags & O_CREAT) != 0 && faccessat(dir, path, F_OK, 0) < 0;
}

static mode_t
mode_of(int flags, va_list list)
{
	return (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
}

/* In place of the C library's, whose names for parameters are reserved.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int
open(const char *path, int flags, ...)
{
	REAL(open, "open64");
	va_list list;

	va_start(list, flags);
	mode_t mode = mode_of(flags, list);
	va_end(list);
	if (fails(CALL_FILE) || (is_made(AT_FDCWD, path, flags) && fails(CALL_ROOM)))
		return -1;
	return real(path, flags, mode);
}

int
openat(int dir, const char *path, int flags, ...)
{
	REAL(openat, "openat64");
	va_list list;

	va_start(list, flags);
	mode_t mode = mode_of(flags, list);
	va_end(list);
	if (fails(CALL_FILE) || (is_made(dir, path, flags) && fails(CALL_ROOM)))
		return -1;
	return real(dir, path, flags, mode);
}

ssize_t
write(int fd, const void *p, size_t len)
{
	REAL(write, "write");
	if ((of_file(fd) && fails(CALL_FILE)) ||
	    (is_longer(fd, end_of(fd, len)) && fails(CALL_ROOM)))
		return -1;
	return real(fd, p, len);
}

ssize_t
pwrite(int fd, const void *p, size_t len, off_t at)
{
	REAL(pwrite, "pwrite64");
	if (fails(CALL_FILE) || (is_longer(fd, at + (off_t)len) && fails(CALL_ROOM)))
		return -1;
	return real(fd, p, len, at);
}

int
ftruncate(int fd, off_t len)
{
	REAL(ftruncate, "ftruncate64");
	if (fails(CALL_FILE) || (is_longer(fd, len) && fails(CALL_ROOM)))
		return -1;
	return real(fd, len);
}

int
fsync(int fd)
{
	REAL(fsync, "fsync");
	return fails(CALL_FILE) ? -1 : real(fd);
}

int
fdatasync(int fd)
{
	REAL(fdatasync, "fdatasync");
	return fails(CALL_FILE) ? -1 : real(fd);
}

int
rename(const char *from, const char *to)
{
	REAL(rename, "rename");
	return fails(CALL_FILE) ? -1 : real(from, to);
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	REAL(renameat, "renameat");
	return fails(CALL_FILE) ? -1 : real(from_dir, from, to_dir, to);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
