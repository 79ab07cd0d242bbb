/*
 * Seeds, a process each, and what people see of them.
 *
 *	sim [--trace] [--mutant NAME] [SEED [COUNT]]     SALURAN_EVERY: more
 *	sim --twice SEED COUNT     each seed twice: both runs must be one
 *	sim --mutants              each broken node must be found out
 */
#include "sim/sim.h"

#include <ftw.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	SEEDS_CHECKED = 30,	/* by ./check */
	SEEDS_EVERY = 1000,	/* by ./check full */
	MUTANT_SEEDS_MAX = 400, /* in which a broken node must be found */
	EXIT_BROKEN = 1,
	EXIT_OTHER = 2,
};

/* What a schedule tells who has started it. */
struct result {
	char broken[SIM_TEXT];
	uint64_t hash, steps, kills, restores, delivered, dropped, events, changed,
		rotations;
	bool ended;
};

#ifdef __SANITIZE_ADDRESS__
/* What was killed leaves its memory where it is. */
int __lsan_is_turned_off(void);
int
__lsan_is_turned_off(void)
{
	return 1;
}
#endif

static struct result *shared;

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

static int
tell_broken(uint64_t seed)
{
	printf("seed %" PRIu64 ": %s\nagain, step by step: make sim SEED=%" PRIu64 "\n",
	       seed, shared->broken, seed);
	return EXIT_BROKEN;
}

/* Of the processor: ours and that of the schedules. */
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

static int
run_seeds(uint64_t first, uint64_t count, enum mutant m, bool twice)
{
	double began_s = used_s();

	for (uint64_t i = 0; i < count; i++) {
		if (!schedule_run(first + i, m))
			return tell_broken(first + i);
		uint64_t hash = shared->hash;
		if (twice && (!schedule_run(first + i, m) || shared->hash != hash)) {
			printf("seed %" PRIu64 ": two runs differ: %016" PRIx64
			       " and %016" PRIx64 "\n",
			       first + i, hash, shared->hash);
			return EXIT_BROKEN;
		}
	}
	double s = used_s() - began_s;
	printf("%" PRIu64 " schedules from seed %" PRIu64 "%s: steps=%" PRIu64
	       " messages=%" PRIu64 " lost=%" PRIu64 " kills=%" PRIu64
	       " restores=%" PRIu64 " rotations=%" PRIu64 " changed=%" PRIu64
	       " events=%" PRIu64
	       ", %.0f schedules a minute of one processor, trace %016" PRIx64 "\n",
	       count, first, twice ? ", each twice" : "", shared->steps,
	       shared->delivered, shared->dropped, shared->kills, shared->restores,
	       shared->rotations, shared->changed, shared->events,
	       (double)count * (twice ? 2 : 1) * 60 / s, shared->hash);
	return 0;
}

static const struct {
	const char *name;
	uint64_t seed;
	const char *doc;
} mutants[MUTANT_COUNT] = {
#define X(id, name, seed, doc) {name, seed, doc},
	SIM_MUTANTS(X)
#undef X
};

static int
run_mutants(void)
{
	int rc = 0;

	for (int m = MUTANT_NONE + 1; m < MUTANT_COUNT; m++) {
		/* From one on that found it when the nodes were as they are now. */
		uint64_t seed = mutants[m].seed, end = seed + MUTANT_SEEDS_MAX;
		while (seed < end && schedule_run(seed, (enum mutant)m))
			seed++;
		if (seed == end) {
			printf("NOT FOUND in %d schedules: %s\n", MUTANT_SEEDS_MAX,
			       mutants[m].doc);
			rc = EXIT_BROKEN;
		} else if (!shared->ended) {
			printf("%s: seed %" PRIu64 ": %s\n", mutants[m].name, seed,
			       shared->broken);
			rc = EXIT_BROKEN;
		} else {
			printf("found, %s (seed %" PRIu64 "): %.150s\n", mutants[m].doc,
			       seed, shared->broken);
		}
	}
	return rc;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int
main(int argc, char **argv)
{
	bool twice = false, all_mutants = false;
	uint64_t numbers[2] = {1, 0};
	int n = 0;
	enum mutant m = MUTANT_NONE;
	const char *tmp = getenv("TMPDIR");
	char above[256];

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--trace") == 0)
			W.trace = true;
		else if (strcmp(argv[i], "--twice") == 0)
			twice = true;
		else if (strcmp(argv[i], "--mutants") == 0)
			all_mutants = true;
		else if (strcmp(argv[i], "--mutant") == 0 && i + 1 < argc)
			for (i++; m < MUTANT_COUNT - 1 &&
				  strcmp(mutants[m].name, argv[i]) != 0;)
				m++;
		else if (n < 2)
			numbers[n++] = strtoull(argv[i], NULL, 10);
	}
	const char *every = getenv("SALURAN_EVERY");
	if (numbers[1] == 0 && n == 0)
		numbers[1] = every != NULL ? SEEDS_EVERY : SEEDS_CHECKED;
	else if (numbers[1] == 0)
		numbers[1] = 1;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	snprintf(above, sizeof(above), "%s/saluran-sim-XXXXXX",
		 tmp == NULL ? "/tmp" : tmp);
	if (shared == MAP_FAILED || mkdtemp(above) == NULL)
		return EXIT_OTHER;
	/* One thread: a node that is killed inside SQLite leaves no lock behind. */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	bool trace = W.trace;
	W.trace = false;
	world_make(above);
	sim_settle();
	spares_make();
	W.trace = trace;
	int code = W.broken[0] != '\0' ? EXIT_OTHER
		   : all_mutants       ? run_mutants()
				       : run_seeds(numbers[0], numbers[1], m, twice);
	if (W.broken[0] != '\0')
		printf("the nodes cannot be made: %s\n", W.broken);
	nftw(above, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return code;
}
