/*
 * New keys for a node, by the command that people use: it is stopped, its identity log
 * gets an entry, and it starts.  The command may be killed between any two files.
 *
 * Keys are real files, which all schedules share: the first rotation of a schedule makes
 * the node's folder anew and puts the old one beside it, for the next schedule.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/node.h"
#include "sim/sim.h"

enum { ROTATIONS_MAX = 3, PATH_BYTES = 512, FUSE_MAX = 30, FOLDERS_DEEP = 4 };

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_fsync(int fd);

/* Files of keys are written seldom, and what their writers sync is the business of
 * tests/e2e/test_crash.py; here a command ends between two of their names. */
int
__wrap_fsync(int fd)
{
	(void)fd;
	return 0;
}

int
__wrap_rename(const char *from, const char *to)
{
	node_burn();
	int rc = __real_rename(from, to);
	node_burn();
	return rc;
}

/* ---- folders --------------------------------------------------------------------------
 */

static const char *copy_from, *copy_to;

static const char *
before_of(struct arena *a, const struct sim_node *n)
{
	return arena_printf(a, "%s.before", n->dir);
}

void
file_copy(const char *from, const char *to)
{
	char part[4096];
	size_t n;
	FILE *in = fopen(from, "re"), *out = fopen(to, "we");

	if (in == NULL || out == NULL)
		abort();
	while ((n = fread(part, 1, sizeof(part), in)) > 0)
		if (fwrite(part, 1, n, out) != n)
			abort();
	fclose(in);
	if (fclose(out) != 0)
		abort();
}

static int
copy_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	char to[PATH_BYTES];

	snprintf(to, sizeof(to), "%s%s", copy_to, path + strlen(copy_from));
	if (flag == FTW_D)
		return mkdir(to, 0700);
	if (!S_ISREG(st->st_mode))
		return 0;
	/* Nobody looks into the store's file, which is in memory: vfs.c. */
	if (strncmp(path + ftw->base, "store.db", strlen("store.db")) == 0) {
		FILE *f = fopen(to, "we");
		return f == NULL ? -1 : fclose(f);
	}
	file_copy(path, to);
	return chmod(to, st->st_mode & 0777);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
folder_own(struct sim_node *n)
{
	struct arena *a = arena_create();

	copy_from = before_of(a, n);
	copy_to = n->dir;
	if (access(copy_from, F_OK) != 0 &&
	    (__real_rename(copy_to, copy_from) != 0 ||
	     nftw(copy_from, copy_one, FOLDERS_DEEP, FTW_PHYS) != 0))
		abort();
	arena_free(a);
}

void
folders_restore(void)
{
	struct arena *a = arena_create();

	for (int i = 0; i < SIM_NODES; i++) {
		const char *before = before_of(a, &W.node[i]);
		if (access(before, F_OK) != 0)
			continue;
		if (nftw(W.node[i].dir, remove_one, FOLDERS_DEEP, FTW_DEPTH | FTW_PHYS) !=
			    0 ||
		    __real_rename(before, W.node[i].dir) != 0)
			abort();
	}
	arena_free(a);
}

/* ---- the command ----------------------------------------------------------------------
 */

static void
run_rotate(void *arg)
{
	struct sim_node *n = arg;
	struct node_rotation in = {.dir = n->dir,
				   .root_path = n->root_path,
				   .next_path = n->next_path,
				   .url = n->url};
	struct node_rotated done;
	struct err e = ERR_INIT;
	enum rc rc = node_rotate_keys(W.a, &in, &done, &e);

	if (rc != RC_OK)
		sim_broken("%s gets no new keys: %s: %s", n->org, rc_token(rc), e.text);
}

static void
rotate(struct sim_node *n, int fuse)
{
	folder_own(n);
	node_down(n, false);
	/* The command closes the store. */
	spares_forget(n->dir);
	if (n->root_path == NULL)
		n->root_path = arena_printf(W.a, "%s/next-root.key", n->dir);
	n->next_path = arena_printf(W.a, "%s/root-%d.key", n->dir, ++n->rotations);
	n->fuse = fuse;
	bool whole = node_run(n, run_rotate, n);
	n->fuse = 0;
	sim_trace("%s: %s", n->org,
		  whole ? "its keys are replaced" : "the rotation is killed");
	if (!whole)
		node_down(n, sim_chance(50));
}

void
node_rotate(struct sim_node *n)
{
	if (n->entry < ROTATIONS_MAX)
		rotate(n, sim_chance(40) ? 1 + (int)sim_below(FUSE_MAX) : 0);
}

void
node_answer_calls(struct sim_node *n)
{
	n->url = "https://127.0.0.1:1";
	sim_trace("%s can be called from now on", n->org);
	rotate(n, 0);
}

/* What became of the last rotation. */
void
node_rotated(struct sim_node *n)
{
	if (n->nd->id->n == n->entry)
		return;
	if (n->nd->id->n != n->entry + 1)
		sim_broken("%s had keys of entry %" PRIu64 " and has those of %" PRIu64,
			   n->org, n->entry, n->nd->id->n);
	n->entry = n->nd->id->n;
	n->root_path = n->next_path;
	n->fetches = n->fetches && n->url == NULL;
	sim_trace("%s: its keys are those of entry %" PRIu64, n->org, n->entry);
}
