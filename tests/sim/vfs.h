/*
 * vfs - SQLite's files in memory, with what a disk may do to them when a node dies.
 *
 * It is the default of the process once vfs_start() was called.  A write is seen by all
 * handles at once, and outlives a process that is killed; it outlives a power cut from
 * the next sync of its file on.
 */
#ifndef SALURAN_TESTS_SIM_VFS_H
#define SALURAN_TESTS_SIM_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void vfs_start(void);
/* The file `path` as it is on the disk. */
void vfs_load(const char *path);

/* Nobody has the files of the folder open any more.  `power`: of what was not synced,
 * only so many per cent of the writes of each file arrived, the first ones. */
void vfs_crash(const char *dir, bool power, unsigned percent);
/* A copy of the files of the folder, and those files again as they were. */
struct vfs_copy;
struct vfs_copy *vfs_copy(const char *dir);
void vfs_put(const char *dir, struct vfs_copy *copy);

/* Syncs that say they are done and did nothing. */
void vfs_lie(bool lies);
/* Called before each write, sync and truncation. */
extern void (*vfs_before)(const char *path);
/* What SQLite takes for the time and for random. */
extern int64_t (*vfs_now_us)(void);
extern void (*vfs_random)(void *p, size_t len);

#endif
