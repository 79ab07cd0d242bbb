/*
 * Schedules: what a seed chooses, step by step, and what is asked at the end.
 *
 *	sim [--trace] [--mutant NAME] [SEED [COUNT]]     SALURAN_EVERY=all: more
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/service.h"

enum {
	STEPS_MIN = 50,
	STEPS_MORE = 100,
	ROUNDS_MAX = 40,      /* until everything must be delivered */
	ROUND_MESSAGES = 200, /* more in one are no delivery */
	ROUNDS_STILL = 3,     /* without a message: nothing is left to be done */
	ROUND_S = 301,	      /* no retry waits longer */
	FUSE_MAX = 60,
	SEEDS_CHECKED = 60,	/* by ./check */
	SEEDS_EVERY = 3000,	/* by ./check full */
	MUTANT_SEEDS_MAX = 400, /* in which a broken node must be found */
	EXIT_BROKEN = 1,
	EXIT_OTHER = 2,
};

struct world W;

/* What a schedule tells who has started it. */
struct result {
	char broken[SIM_TEXT];
	uint64_t hash, steps, kills, restores, delivered, dropped, events;
	bool ended;
};

uint64_t
sim_below(uint64_t n)
{
	W.random ^= W.random << 13;
	W.random ^= W.random >> 7;
	W.random ^= W.random << 17;
	return W.random % n;
}

bool
sim_chance(unsigned percent)
{
	return sim_below(100) < percent;
}

bool
sim_is(enum mutant m)
{
	return W.mutant == m;
}

void
sim_trace(const char *fmt, ...)
{
	char text[SIM_TEXT];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (const char *s = text; *s != '\0'; s++) /* FNV-1a */
		W.hash = (W.hash ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
	if (W.trace)
		printf("%s\n", text);
}

void
sim_broken(const char *fmt, ...)
{
	va_list ap;

	if (W.broken[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(W.broken, sizeof(W.broken), fmt, ap);
	va_end(ap);
}

/* ---- steps
 */

static struct sim_node *
any_node(enum party role)
{
	int from = role == PARTY_AUTHORITY ? 0 : SIM_AUTHORITIES;
	int to = role == PARTY_AUTHORITY ? SIM_AUTHORITIES : SIM_NODES, n = 0;

	for (int i = from; i < to; i++)
		n += W.takes_part[i];
	int at = (int)sim_below((uint64_t)n);
	for (int i = from; i < to; i++)
		if (W.takes_part[i] && at-- == 0)
			return &W.node[i];
	abort();
}

static struct sim_node *
any(void)
{
	return any_node(sim_chance(50) ? PARTY_AUTHORITY : PARTY_PLATFORM);
}

static void
kill_node(struct sim_node *n)
{
	bool power = sim_chance(50);

	sim_trace("%s %s", n->org, power ? "loses its power" : "is killed");
	node_down(n, power);
}

/* What the call needs, by the number of the act. */
static json_t *
act_make(struct sim_node *n, int *ret_case, const char **ret_path)
{
	static const char *const acts[] = {"say",    "say",  "say",
					   "accept", "read", "close"};
	bool sends = n->role == PARTY_AUTHORITY &&
		     (W.n_cases == 0 || (W.n_cases < SIM_CASES && sim_chance(30)));

	*ret_case = -1;
	if (sends) {
		const struct sim_node *to = any_node(PARTY_PLATFORM);
		W.cases[W.n_cases].a = n->i;
		W.cases[W.n_cases].p = to->i;
		*ret_path = "/v1/notices";
		return json_pack("{s:s, s:s, s:s, s:s, s:s}", "csv",
				 "target,category\nhttps://x.example/item,other\n",
				 "reference",
				 arena_printf(W.a, "R-%" PRIu64, sim_below(1 << 30)),
				 "subject", "S", "legal_basis", "L", "peer", to->org);
	}
	if (W.n_cases == 0)
		return NULL;
	*ret_case = (int)sim_below((uint64_t)W.n_cases);
	const char *act = acts[sim_below(sizeof(acts) / sizeof(acts[0]))];
	*ret_path = arena_printf(W.a, "/v1/cases/%s/%s", W.cases[*ret_case].id, act);
	if (strcmp(act, "say") == 0)
		return json_pack("{s:o}", "text", json_sprintf("text %d", ++W.n_said));
	if (strcmp(act, "close") == 0 && n->role == PARTY_AUTHORITY)
		return json_pack("{s:b, s:s}", "withdraw", true, "reason", "an error");
	return json_object();
}

static void
act(struct sim_node *n)
{
	struct call c = {.n = n, .credential = n->worker, .method = "POST"};
	int at;

	c.in = act_make(n, &at, &c.path);
	if (c.in == NULL)
		return;
	bool whole = node_call(&c);
	sim_trace("%s %s: %s %s", n->org, at < 0 ? c.path : strrchr(c.path, '/'),
		  whole ? rc_token(c.rc) : "killed",
		  whole && c.rc != RC_OK ? c.e.text : "");
	if (!whole) {
		node_down(n, sim_chance(50));
		return;
	}
	if (c.rc == RC_OK && at < 0)
		W.cases[W.n_cases++].id =
			json_string_value(json_object_get(c.out, "case"));
	check_node(n);
}

static void
run_write(void *arg)
{
	struct sim_node *n = arg;

	while (node_write(n->nd))
		;
}

static void
run_tick(void *arg)
{
	struct sim_node *n = arg;
	struct err e = ERR_INIT;
	int64_t wait_us;
	enum rc rc = service_tick(n->nd, CLOCK_US_PER_S, &wait_us, &e);

	if (rc != RC_OK)
		sim_trace("%s tick: %s %s", n->org, rc_token(rc), e.text);
}

static void
run(struct sim_node *n, void (*what)(void *arg))
{
	if (n->nd == NULL)
		return;
	if (node_run(n, what, n))
		check_node(n);
	else
		node_down(n, sim_chance(50));
}

static void
start(struct sim_node *n)
{
	bool up = node_up(n);

	sim_trace("%s starts%s", n->org, up ? "" : ", and is killed");
	if (!up)
		node_down(n, sim_chance(50));
}

/* Any that has something to do. */
static void
push(struct sim_node *n)
{
	int from = (int)sim_below((uint64_t)n->n_push);

	for (int i = 0; i < n->n_push; i++) {
		struct pusher *p = &n->push[(from + i) % n->n_push];
		if (!W.takes_part[p->to] || !pusher_ready(p))
			continue;
		pusher_step(p);
		return;
	}
}

static void
of_network(uint64_t what)
{
	size_t n = message_count();
	struct message *m =
		n == 0 ? NULL : message_any(sim_chance(60) ? 0 : sim_below(n));

	if (m == NULL)
		return;
	if (what < 84) {
		message_deliver(m);
	} else if (what < 91) {
		if (!m->reply && n + 4 < SIM_MESSAGES)
			(void)message_double(m);
	} else if (what < 96) {
		sim_trace("lost: %s from %s", m->path, W.node[m->from].org);
		message_lose(m);
	} else if (!m->reply) {
		sim_trace("late: %s from %s", m->path, W.node[m->from].org);
		message_late(m);
	}
}

static void
of_machines(uint64_t what)
{
	struct sim_node *n = any();

	if (n->nd == NULL)
		return;
	if (what < 25) {
		kill_node(n);
	} else if (what < 50) {
		n->fuse = 1 + (int)sim_below(FUSE_MAX);
		sim_trace("%s is killed %d writes from now", n->org, n->fuse);
	} else if (what < 63) {
		const struct sim_node *other = any_node(
			n->role == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY);
		W.cut[n->i][other->i] = W.cut[other->i][n->i] = !W.cut[n->i][other->i];
		sim_trace("%s and %s are %s", n->org, other->org,
			  W.cut[n->i][other->i] ? "cut off" : "connected");
	} else if (what < 80) {
		sim_trace("%s is copied", n->org);
		node_copy(n);
	} else if (n->copy != NULL) {
		bool marks = sim_chance(70);
		sim_trace("%s: an old copy is put back, %s", n->org,
			  marks ? "its marks are kept" : "its marks are lost");
		node_restore(n, marks);
	}
}

static void
of_clocks(void)
{
	if (sim_chance(70)) {
		W.now_us += (int64_t)sim_below(60) * CLOCK_US_PER_S;
	} else {
		struct sim_node *n = any();
		n->skew_us = ((int64_t)sim_below(800) - 400) * CLOCK_US_PER_S;
		sim_trace("%s: its clock is %" PRId64 " s off", n->org,
			  n->skew_us / CLOCK_US_PER_S);
	}
}

static void
step(void)
{
	uint64_t what = sim_below(100);
	struct sim_node *n = any();

	W.steps++;
	W.now_us += (int64_t)sim_below(50000) + 1;
	for (int i = 0; i < SIM_NODES; i++)
		if (W.takes_part[i] && W.node[i].nd == NULL && sim_chance(40))
			start(&W.node[i]);
	if (what >= 93)
		of_machines(sim_below(100));
	else if (what >= 89)
		of_clocks();
	else if (what >= 45)
		of_network(sim_below(100));
	else if (n->nd == NULL)
		return;
	else if (what < 13)
		act(n);
	else if (what < 39)
		push(n);
	else
		run(n, what < 43 ? run_write : run_tick);
}

/* ---- the end
 */

static uint64_t
commits(void)
{
	uint64_t n = 0;

	for (int i = 0; i < SIM_NODES; i++)
		if (W.takes_part[i])
			n += node_commits(W.node[i].nd);
	return n;
}

/* Until nobody has anything to send any more; how many messages were delivered. */
static uint64_t
round_of_all(void)
{
	uint64_t before = W.delivered;

	W.now_us += ROUND_S * CLOCK_US_PER_S;
	for (bool on = true;
	     on && W.broken[0] == '\0' && W.delivered - before < ROUND_MESSAGES;) {
		on = false;
		for (int i = 0; i < SIM_NODES; i++) {
			struct sim_node *n = &W.node[i];
			if (!W.takes_part[i])
				continue;
			run(n, run_write);
			for (int k = 0; k < n->n_push; k++)
				if (W.takes_part[n->push[k].to] &&
				    pusher_ready(&n->push[k])) {
					pusher_step(&n->push[k]);
					on = true;
				}
		}
		for (struct message *m; (m = message_any(0)) != NULL; on = true)
			message_deliver(m);
	}
	return W.delivered - before;
}

static void
settle(void)
{
	int still = 0;

	memset(W.cut, 0, sizeof(W.cut));
	for (int i = 0; i < SIM_NODES; i++) {
		W.node[i].fuse = 0;
		if (W.takes_part[i] && W.node[i].nd == NULL)
			start(&W.node[i]);
	}
	for (int i = 0; still < ROUNDS_STILL && W.broken[0] == '\0'; i++) {
		if (i == ROUNDS_MAX) {
			sim_broken("there are messages still after %d rounds", i);
			return;
		}
		still = round_of_all() == 0 ? still + 1 : 0;
		for (int k = 0; k < SIM_NODES && i % 4 == 0; k++)
			if (W.takes_part[k])
				run(&W.node[k], run_tick);
	}
}

/* Everything is receipted: for an hour nothing is sent and nothing written. */
static void
check_quiet(void)
{
	uint64_t before = commits();

	for (int i = 0; i < 12; i++)
		if (round_of_all() != 0)
			sim_broken("there are messages though nothing happens");
	if (commits() != before)
		sim_broken("there are writes though nothing happens");
}

static void
schedule(void)
{
	/* Half of them between two, where most can happen. */
	uint64_t authorities = 1 + (sim_chance(50) ? 0 : sim_below(SIM_AUTHORITIES));
	uint64_t platforms = 1 + (sim_chance(50) ? 0 : sim_below(SIM_PLATFORMS));
	uint64_t steps = STEPS_MIN + sim_below(STEPS_MORE);

	for (int i = 0; i < SIM_NODES; i++)
		W.takes_part[i] = i < SIM_AUTHORITIES
					  ? (uint64_t)i < authorities
					  : (uint64_t)(i - SIM_AUTHORITIES) < platforms;
	vfs_lie(sim_is(MUTANT_LOST));
	for (uint64_t i = 0; i < steps && W.broken[0] == '\0'; i++)
		step();
	if (W.broken[0] == '\0')
		settle();
	if (W.broken[0] == '\0')
		check_end();
	if (W.broken[0] == '\0')
		check_quiet();
}

/* ---- processes
 */

static struct result *shared;

static void
schedule_child(uint64_t seed, enum mutant m)
{
	W.seed = seed;
	W.random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	W.mutant = m;
	W.hash = UINT64_C(0xcbf29ce484222325);
	W.a = arena_create();
	W.events = W.delivered = W.kills = W.steps = W.dropped = 0;
	fakes_start();
	schedule();
	memcpy(shared->broken, W.broken, sizeof(W.broken));
	shared->hash = W.hash;
	shared->steps += W.steps;
	shared->kills += W.kills;
	shared->restores += W.restores;
	shared->delivered += W.delivered;
	shared->dropped += W.dropped;
	shared->events += W.events;
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

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
run_seeds(uint64_t first, uint64_t count, enum mutant m, bool twice)
{
	double began_s = now_s();

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
	double s = now_s() - began_s;
	printf("%" PRIu64 " schedules from seed %" PRIu64 "%s: steps=%" PRIu64
	       " messages=%" PRIu64 " lost=%" PRIu64 " kills=%" PRIu64
	       " restores=%" PRIu64 " events=%" PRIu64
	       ", %.0f schedules a minute, trace %016" PRIx64 "\n",
	       count, first, twice ? ", each twice" : "", shared->steps,
	       shared->delivered, shared->dropped, shared->kills, shared->restores,
	       shared->events, (double)count * (twice ? 2 : 1) * 60 / s, shared->hash);
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
		numbers[1] = every != NULL && strcmp(every, "all") == 0 ? SEEDS_EVERY
									: SEEDS_CHECKED;
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
	for (int i = 0; i < ROUNDS_STILL; i++)
		while (round_of_all() != 0)
			;
	W.trace = trace;
	int code = W.broken[0] != '\0' ? EXIT_OTHER
		   : all_mutants       ? run_mutants()
				       : run_seeds(numbers[0], numbers[1], m, twice);
	if (W.broken[0] != '\0')
		printf("the nodes cannot be made: %s\n", W.broken);
	nftw(above, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return code;
}
