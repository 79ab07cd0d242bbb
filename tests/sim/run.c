/*
 * Seeds, a process each on every processor, and what people see of them.
 *
 *	sim [--trace] [--mutant NAME] [SEED [COUNT]]     SALURAN_EVERY: more
 *	sim --twice SEED COUNT     each seed twice: both runs must be one
 *	sim --mutants              each broken node must be found out
 *	    --jobs N               on so many processors
 */
#include "sim/sim.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	SEEDS_CHECKED = 30,	/* by ./check */
	SEEDS_EVERY = 1000,	/* by ./check full */
	MUTANT_SEEDS_MAX = 400, /* in which a broken node must be found */
	EXIT_BROKEN = 1,
	EXIT_OTHER = 2,
	JOBS_MAX = 64,
	HEAP_BYTES = 64 << 20, /* more than a schedule allocates */
	LARGE_PAGE_BYTES = 2 << 20,
	FOLDERS_DEEP = 8,
	PATH_BYTES = 512,
};

/* What a schedule tells who has started it. */
struct result {
	char broken[SIM_TEXT];
	uint64_t hash, steps, kills, restores, delivered, dropped, events, changed,
		rotations;
	bool ended;
};

/* What a worker came to. */
struct verdict {
	uint64_t item; /* of the schedule that broke a promise; UINT64_MAX: none did */
	char text[SIM_TEXT];
};

/* Shared by all processes. */
static struct board {
	_Atomic uint64_t next;	/* item, which whoever is free takes */
	_Atomic uint64_t first; /* that broke a promise: none after it is begun */
	struct result result[JOBS_MAX];
	struct verdict verdict[JOBS_MAX];
} * board;
static uint64_t *hashes; /* of items, shared too */

static struct result *shared; /* that of this worker */
static const char *above;

#ifdef __SANITIZE_ADDRESS__
/* What was killed leaves its memory where it is. */
int __lsan_is_turned_off(void);
int
__lsan_is_turned_off(void)
{
	return 1;
}
#endif

static void
schedule_child(uint64_t seed, enum mutant m)
{
	W.seed = seed;
	W.random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	W.mutant = m;
	W.hash = UINT64_C(0xcbf29ce484222325);
	W.a = arena_create();
	W.events = W.delivered = W.kills = W.steps = W.dropped = W.changed = W.rotations =
		W.polls = 0;
	fakes_start();
	sim_schedule();
	memcpy(shared->broken, W.broken, sizeof(W.broken));
	shared->hash = W.hash;
	shared->steps += W.steps;
	shared->kills += W.kills;
	shared->restores += W.restores;
	shared->delivered += W.delivered;
	shared->dropped += W.dropped;
	shared->events += W.events;
	shared->changed += W.changed;
	shared->rotations += W.rotations;
	shared->ended = true;
	fflush(stdout);
	_exit(W.broken[0] == '\0' ? 0 : EXIT_BROKEN);
}

/* False: a promise was broken, or the program. */
static bool
schedule_run(uint64_t seed, enum mutant m)
{
	int status = 0;

	shared->ended = false;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		schedule_child(seed, m);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	folders_restore();
	if (!shared->ended)
		snprintf(shared->broken, sizeof(shared->broken), "the program: status %d",
			 status);
	return shared->ended && shared->broken[0] == '\0';
}

/* ---- workers --------------------------------------------------------------------------
 */

static char copy_to[PATH_BYTES / 2];

/* The nodes' folders.  Nobody looks into a store's file, which is in memory: vfs.c. */
static int
copy_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	char to[PATH_BYTES];

	snprintf(to, sizeof(to), "%s/%s", copy_to, path);
	if (flag == FTW_D)
		return mkdir(to, 0700) != 0 && errno != EEXIST;
	bool store = strncmp(path + ftw->base, "store.db", strlen("store.db")) == 0;
	file_copy(store ? "/dev/null" : path, to);
	return chmod(to, st->st_mode & 0777);
}

/* Each worker stands in a folder of its own, which has those of the nodes: where it
 * stands is no part of what a schedule sees.  All are there before anybody changes one.
 */
static void
folders_make(int jobs)
{
	for (int i = 1; i < jobs; i++) {
		snprintf(copy_to, sizeof(copy_to), "%s/%d", above, i);
		if (mkdir(copy_to, 0700) != 0 ||
		    nftw(".", copy_one, FOLDERS_DEEP, FTW_PHYS) != 0)
			abort();
	}
}

static void
folder_take(int worker)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/%d", above, worker);
	if (chdir(path) != 0)
		abort();
}

static void
broken_note(int worker, uint64_t item, const char *text)
{
	struct verdict *v = &board->verdict[worker];
	uint64_t first = board->first;

	v->item = item;
	snprintf(v->text, sizeof(v->text), "%s", text);
	while (item < first && !atomic_compare_exchange_weak(&board->first, &first, item))
		;
}

/* What a worker does with an item; false: it stops. */
typedef bool item_work(int worker, uint64_t item, const void *arg);

static void
worker_run(int worker, uint64_t items, item_work *work, const void *arg)
{
	folder_take(worker);
	shared = &board->result[worker];
	for (uint64_t i; (i = board->next++) < items && i < board->first;)
		if (!work(worker, i, arg))
			break;
	fflush(stdout);
	_exit(0);
}

/* Every item, on `jobs` processors. */
static void
workers_run(int jobs, uint64_t items, item_work *work, const void *arg)
{
	int status, bad = 0;

	board->first = UINT64_MAX;
	folders_make(jobs);
	for (int i = 0; i < jobs; i++) {
		board->verdict[i].item = UINT64_MAX;
		fflush(stdout);
		pid_t pid = fork();
		if (pid == 0)
			worker_run(i, items, work, arg);
		if (pid < 0)
			abort();
	}
	while (wait(&status) > 0)
		bad += status != 0;
	if (bad != 0)
		abort();
}

/* ---- seeds ----------------------------------------------------------------------------
 */

struct seeds {
	uint64_t first;
	enum mutant m;
	bool twice; /* items 2n and 2n + 1 are one seed, mostly in two workers */
};

static uint64_t
seed_of(const struct seeds *s, uint64_t item)
{
	return s->first + (s->twice ? item / 2 : item);
}

static bool
seed_work(int worker, uint64_t item, const void *arg)
{
	const struct seeds *s = arg;
	bool good = schedule_run(seed_of(s, item), s->m);

	hashes[item] = shared->hash;
	if (!good)
		broken_note(worker, item, shared->broken);
	return good;
}

static int
tell_broken(const struct seeds *s, int jobs)
{
	for (int i = 0; i < jobs; i++)
		if (board->verdict[i].item == board->first)
			printf("seed %" PRIu64
			       ": %s\nagain, step by step: make sim SEED=%" PRIu64 "\n",
			       seed_of(s, board->first), board->verdict[i].text,
			       seed_of(s, board->first));
	return EXIT_BROKEN;
}

/* Of the processors: ours and that of the schedules. */
static double
used_s(void)
{
	double s = 0;
	struct rusage u;

	for (int i = 0; i < 2; i++) {
		if (getrusage(i == 0 ? RUSAGE_SELF : RUSAGE_CHILDREN, &u) != 0)
			abort();
		s += (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		     (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	}
	return s;
}

static double
real_s(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		abort();
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
tell_figures(const struct seeds *s, uint64_t count, int jobs, double took_s, double cpu_s)
{
	struct result all = {.hash = UINT64_C(0xcbf29ce484222325)};
	uint64_t items = count * (s->twice ? 2 : 1);

	for (int i = 0; i < jobs; i++) {
		const struct result *r = &board->result[i];
		all.steps += r->steps;
		all.delivered += r->delivered;
		all.dropped += r->dropped;
		all.kills += r->kills;
		all.restores += r->restores;
		all.rotations += r->rotations;
		all.changed += r->changed;
		all.events += r->events;
	}
	for (uint64_t i = 0; i < items; i++)
		all.hash = (all.hash ^ hashes[i]) * UINT64_C(0x100000001b3);
	printf("%" PRIu64 " schedules from seed %" PRIu64 "%s: steps=%" PRIu64
	       " messages=%" PRIu64 " lost=%" PRIu64 " kills=%" PRIu64
	       " restores=%" PRIu64 " rotations=%" PRIu64 " changed=%" PRIu64
	       " events=%" PRIu64 ", trace %016" PRIx64
	       ", %.0f schedules a minute on %d processors, each %.0f a minute that is "
	       "its own\n",
	       count, s->first, s->twice ? ", each twice" : "", all.steps, all.delivered,
	       all.dropped, all.kills, all.restores, all.rotations, all.changed,
	       all.events, all.hash, (double)items * 60 / took_s, jobs,
	       (double)items * 60 / cpu_s);
}

static int
run_seeds(const struct seeds *s, uint64_t count, int jobs)
{
	double began_s = real_s(), used_before_s = used_s();
	uint64_t items = count * (s->twice ? 2 : 1);

	hashes = mmap(NULL, items * sizeof(*hashes), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (hashes == MAP_FAILED)
		abort();
	workers_run(jobs, items, seed_work, s);
	if (board->first != UINT64_MAX)
		return tell_broken(s, jobs);
	for (uint64_t i = 0; s->twice && i < items; i += 2)
		if (hashes[i] != hashes[i + 1]) {
			printf("seed %" PRIu64 ": two runs differ: %016" PRIx64
			       " and %016" PRIx64 "\n",
			       seed_of(s, i), hashes[i], hashes[i + 1]);
			return EXIT_BROKEN;
		}
	tell_figures(s, count, jobs, real_s() - began_s, used_s() - used_before_s);
	return 0;
}

/* ---- broken nodes ---------------------------------------------------------------------
 */

static const struct {
	const char *name;
	uint64_t seed;
	const char *doc;
} mutants[MUTANT_COUNT] = {
#define X(id, name, seed, doc) {name, seed, doc},
	SIM_MUTANTS(X)
#undef X
};

/* From a seed on that found it when the nodes were as they are now. */
static bool
mutant_work(int worker, uint64_t item, const void *arg)
{
	enum mutant m = (enum mutant)(MUTANT_NONE + 1 + item);
	uint64_t seed = mutants[m].seed, end = seed + MUTANT_SEEDS_MAX;

	(void)worker;
	(void)arg;
	while (seed < end && schedule_run(seed, m))
		seed++;
	if (seed == end)
		printf("NOT FOUND in %d schedules: %s\n", MUTANT_SEEDS_MAX,
		       mutants[m].doc);
	else if (!shared->ended)
		printf("%s: seed %" PRIu64 ": %s\n", mutants[m].name, seed,
		       shared->broken);
	else
		printf("found, %s (seed %" PRIu64 "): %.150s\n", mutants[m].doc, seed,
		       shared->broken);
	hashes[item] = seed < end && shared->ended;
	return true;
}

static int
run_mutants(int jobs)
{
	uint64_t found = 0;

	hashes = mmap(NULL, MUTANT_COUNT * sizeof(*hashes), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (hashes == MAP_FAILED)
		abort();
	workers_run(jobs, MUTANT_COUNT - 1, mutant_work, NULL);
	for (int i = 0; i < MUTANT_COUNT - 1; i++)
		found += hashes[i];
	return found == MUTANT_COUNT - 1 ? 0 : EXIT_BROKEN;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* What schedules allocate, in large pages: a fault for 512 small ones. */
static void
heap_make(void)
{
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, 2 * HEAP_BYTES);
	char *p = malloc(HEAP_BYTES);
	if (p == NULL)
		abort();
	size_t skip = LARGE_PAGE_BYTES - (uintptr_t)p % LARGE_PAGE_BYTES;
	/* A system that has none goes on with small ones. */
	(void)madvise(p + skip, HEAP_BYTES - LARGE_PAGE_BYTES, MADV_HUGEPAGE);
	free(p);
}

static int
options_read(int argc, char **argv, struct seeds *s, uint64_t *ret_count, int *ret_jobs,
	     bool *ret_mutants)
{
	uint64_t numbers[2] = {1, 0};
	int n = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--trace") == 0)
			W.trace = true;
		else if (strcmp(argv[i], "--twice") == 0)
			s->twice = true;
		else if (strcmp(argv[i], "--mutants") == 0)
			*ret_mutants = true;
		else if (strcmp(argv[i], "--jobs") == 0 && i + 1 < argc)
			*ret_jobs = (int)strtol(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--mutant") == 0 && i + 1 < argc)
			for (i++; s->m < MUTANT_COUNT - 1 &&
				  strcmp(mutants[s->m].name, argv[i]) != 0;)
				s->m++;
		else if (n < 2)
			numbers[n++] = strtoull(argv[i], NULL, 10);
	}
	const char *every = getenv("SALURAN_EVERY");
	if (numbers[1] == 0 && n == 0)
		numbers[1] = every != NULL ? SEEDS_EVERY : SEEDS_CHECKED;
	else if (numbers[1] == 0)
		numbers[1] = 1;
	s->first = numbers[0];
	*ret_count = numbers[1];
	if (W.trace)
		*ret_jobs = 1;
	return *ret_jobs < 1 || *ret_jobs > JOBS_MAX ? EXIT_OTHER : 0;
}

int
main(int argc, char **argv)
{
	struct seeds s = {.m = MUTANT_NONE};
	uint64_t count;
	bool all_mutants = false;
	long have = sysconf(_SC_NPROCESSORS_ONLN);
	int jobs = have < 1 ? 1 : have > JOBS_MAX ? JOBS_MAX : (int)have;
	const char *tmp = getenv("TMPDIR");
	char folder[PATH_BYTES / 2];

	if (options_read(argc, argv, &s, &count, &jobs, &all_mutants) != 0)
		return EXIT_OTHER;
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	snprintf(folder, sizeof(folder), "%s/saluran-sim-XXXXXX",
		 tmp == NULL ? "/tmp" : tmp);
	if (board == MAP_FAILED || mkdtemp(folder) == NULL)
		return EXIT_OTHER;
	above = folder;
	if (chdir(folder) != 0 || mkdir("0", 0700) != 0 || chdir("0") != 0)
		return EXIT_OTHER;
	/* One thread: a node that is killed inside SQLite leaves no lock behind. */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	bool trace = W.trace;
	W.trace = false;
	world_make(above);
	sim_settle();
	spares_make();
	heap_make();
	W.trace = trace;
	int code = W.broken[0] != '\0' ? EXIT_OTHER
		   : all_mutants       ? run_mutants(jobs)
				       : run_seeds(&s, count, jobs);
	if (W.broken[0] != '\0')
		printf("the nodes cannot be made: %s\n", W.broken);
	nftw(folder, remove_one, FOLDERS_DEEP, FTW_DEPTH | FTW_PHYS);
	return code;
}
