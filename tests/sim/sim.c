/*
 * Schedules: what a seed chooses, step by step, and what is asked at the end.
 */
#include "sim/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "service/service.h"

enum {
	STEPS_MIN = 50,
	STEPS_MORE = 100,
	ROUNDS_MAX = 40,      /* until everything must be delivered */
	ROUND_MESSAGES = 200, /* more in one are no delivery */
	ROUNDS_FROZEN = 8,
	QUIET_ROUNDS = 4,
	ROUNDS_STILL = 3, /* without a message: nothing is left to be done */
	ROUND_S = 301,	  /* no retry waits longer */
	FUSE_MAX = 60,
	TWINS_PERCENT = 20,
};

struct world W;

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

/* ---- steps ----------------------------------------------------------------------------
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

/* Any pusher that has something to do. */
static void
push(void)
{
	struct pusher *ready[SIM_NODES * SIM_PEERS];
	uint64_t n = 0;

	for (int i = 0; i < SIM_NODES; i++)
		for (int k = 0; W.takes_part[i] && k < W.node[i].n_push; k++)
			if (W.takes_part[W.node[i].push[k].to] &&
			    pusher_ready(&W.node[i].push[k]))
				ready[n++] = &W.node[i].push[k];
	if (n != 0)
		pusher_step(ready[sim_below(n)]);
}

static void
of_network(uint64_t what)
{
	size_t n = message_count();
	struct message *m =
		n == 0 ? NULL : message_any(sim_chance(60) ? 0 : sim_below(n));

	if (m == NULL) {
		push();
		return;
	}
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
	if (what < 15) {
		kill_node(n);
	} else if (what < 33) {
		n->fuse = 1 + (int)sim_below(FUSE_MAX);
		sim_trace("%s is killed %d writes from now", n->org, n->fuse);
	} else if (what < 43) {
		const struct sim_node *other = any_node(
			n->role == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY);
		W.cut[n->i][other->i] = W.cut[other->i][n->i] = !W.cut[n->i][other->i];
		sim_trace("%s and %s are %s", n->org, other->org,
			  W.cut[n->i][other->i] ? "cut off" : "connected");
	} else if (what < 68) {
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
	struct sim_node *n = any();

	n->skew_us = ((int64_t)sim_below(800) - 400) * CLOCK_US_PER_S;
	sim_trace("%s: its clock is %" PRId64 " s off", n->org,
		  n->skew_us / CLOCK_US_PER_S);
}

static void
of_keys(struct sim_node *n)
{
	if (n->nd == NULL)
		return;
	W.rotations++;
	node_rotate(n);
}

static void
foe_step(void)
{
	W.changed++;
	foe_act();
}

/* Mostly a moment; now and then as long as a retry waits. */
static void
clock_on(void)
{
	uint64_t what = sim_below(100);

	W.now_us += 1 + (int64_t)(what < 75   ? sim_below(50000)
				  : what < 95 ? sim_below(5 * CLOCK_US_PER_S)
					      : sim_below(ROUND_S * CLOCK_US_PER_S));
}

static void
step(void)
{
	uint64_t what = sim_below(100);
	struct sim_node *n = any();

	W.steps++;
	clock_on();
	for (int i = 0; i < SIM_NODES; i++)
		if (W.takes_part[i] && W.node[i].nd == NULL && sim_chance(40))
			start(&W.node[i]);
	if (W.rotates && what < 3)
		of_keys(n);
	else if (W.foe && what >= 80 && what < 91)
		foe_step();
	else if (what >= 93)
		of_machines(sim_below(100));
	else if (what >= 91)
		of_clocks();
	else if (what >= 45)
		of_network(sim_below(100));
	else if (what >= 19)
		push();
	else if (what >= 13)
		run(n, what >= 15 ? run_write : run_tick);
	else if (n->nd != NULL)
		act(n);
}

/* ---- the end --------------------------------------------------------------------------
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
	uint64_t before = W.delivered - W.polls;

	W.now_us += ROUND_S * CLOCK_US_PER_S;
	for (bool on = true; on && W.broken[0] == '\0' &&
			     W.delivered - W.polls - before < ROUND_MESSAGES;) {
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
	return W.delivered - W.polls - before;
}

static void
settle(void)
{
	int still = 0;

	for (int i = 0; i < SIM_NODES; i++) {
		W.node[i].fuse = 0;
		if (W.takes_part[i] && W.node[i].nd == NULL)
			start(&W.node[i]);
	}
	for (int i = 0; still < ROUNDS_STILL && W.broken[0] == '\0'; i++) {
		/* Who is refused since the channel is frozen tries for ever. */
		if (i == ROUNDS_FROZEN && twins_frozen())
			return;
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

/* A log waits for a peer that nobody can call: that peer gets a url (docs/operating.md).
 */
static void
answer_calls(void)
{
	bool waits = false;

	for (int i = 0; i < W.n_ledgers; i++) {
		struct ledger *l = &W.ledger[i];
		struct sim_node *peer = &W.node[l->peer];
		if (!W.takes_part[l->author] || !W.takes_part[l->peer] ||
		    !peer->fetches || peer->url != NULL || !log_waits(l))
			continue;
		node_answer_calls(peer);
		waits = true;
	}
	if (!waits)
		return;
	settle();
	for (int i = 0; i < W.n_ledgers; i++)
		if (!W.node[W.ledger[i].peer].fetches)
			W.ledger[i].waits = false;
}

void
sim_settle(void)
{
	memset(W.cut, 0, sizeof(W.cut));
	W.rotates = false;
	settle();
	if (W.broken[0] == '\0')
		answer_calls();
}

/* Everything is receipted: for most of an hour nothing is sent and nothing written. */
static void
check_quiet(void)
{
	uint64_t before = commits();

	for (int i = 0; i < QUIET_ROUNDS; i++) {
		W.now_us += ROUND_S * CLOCK_US_PER_S;
		if (round_of_all() != 0)
			sim_broken("there are messages though nothing happens");
	}
	if (commits() != before)
		sim_broken("there are writes though nothing happens");
}

void
sim_schedule(void)
{
	/* Half of them between two, where most can happen. */
	uint64_t authorities = 1 + (sim_chance(50) ? 0 : sim_below(SIM_AUTHORITIES));
	uint64_t platforms = 1 + (sim_chance(50) ? 0 : sim_below(SIM_PLATFORMS));
	uint64_t steps = STEPS_MIN + sim_below(STEPS_MORE);

	uint64_t first_a = sim_below(SIM_AUTHORITIES), first_p = sim_below(SIM_PLATFORMS);

	W.foe = sim_chance(30);
	W.rotates = sim_chance(25);
	for (uint64_t i = 0; i < SIM_AUTHORITIES; i++)
		W.takes_part[i] = (i + first_a) % SIM_AUTHORITIES < authorities;
	for (uint64_t i = 0; i < SIM_PLATFORMS; i++)
		W.takes_part[SIM_AUTHORITIES + i] =
			(i + first_p) % SIM_PLATFORMS < platforms;
	vfs_lie(sim_is(MUTANT_LOST));
	for (uint64_t i = 0; i < steps && W.broken[0] == '\0'; i++)
		step();
	if (W.broken[0] == '\0')
		sim_settle();
	if (W.broken[0] == '\0')
		check_end();
	if (W.broken[0] == '\0')
		check_quiet();
	if (W.broken[0] == '\0' && !W.foe && sim_chance(TWINS_PERCENT))
		twins_act();
}
