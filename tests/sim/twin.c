/*
 * One node and its clone (protocol 7).  Behind a schedule both write on by themselves,
 * and each signs a head of the same size; the clone's reaches the peer first.  That must
 * be found, nothing may pass until both sides have begun an epoch, and then all goes on
 * as one history.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "service/recovery.h"
#include "sim/sim.h"

enum { STEPS_MAX = 400 /* until a head is sent */ };

struct twins {
	struct sim_node *a, *p; /* whose log it is, and its peer */
	int64_t a_channel, p_channel;
	struct ledger *of_a, *of_p; /* the logs of the two */
};

/* A machine: its disk and its marks. */
struct machine {
	struct vfs_copy *disk;
	struct signer_mark *marks;
	size_t n_marks;
};

static struct machine
machine_of(const struct sim_node *n)
{
	struct machine m = {.disk = vfs_copy(n->dir)};

	marks_copy(n->dir, &m.marks, &m.n_marks);
	return m;
}

/* The other machine runs from here on; what was under way to and from the first is over.
 */
static void
machine_run(struct sim_node *n, const struct machine *m)
{
	node_down(n, false);
	messages_of_lose(n->i);
	vfs_put(n->dir, m->disk);
	marks_put(n->dir, m->marks, m->n_marks);
	check_restored(n);
}

static bool
twins_find(struct twins *t)
{
	for (int i = 0; i < W.n_ledgers; i++) {
		struct ledger *l = &W.ledger[i];
		*t = (struct twins){.a = &W.node[l->author],
				    .p = &W.node[l->peer],
				    .a_channel = l->author_channel,
				    .p_channel = l->peer_channel,
				    .of_a = l};
		if (t->a->role != PARTY_AUTHORITY || !W.takes_part[l->author] ||
		    !W.takes_part[l->peer] || t->p->fetches)
			continue;
		t->of_p = ledger_of(t->p, t->p_channel, true);
		if (!log_waits(t->of_a) && !log_waits(t->of_p))
			return true;
	}
	return false;
}

static enum rc
write_one(const struct twins *t)
{
	struct call c = {.n = t->a,
			 .credential = t->a->worker,
			 .method = "POST",
			 .path = "/v1/notices"};

	c.in = json_pack("{s:s, s:s, s:s, s:s, s:s}", "csv",
			 "target,category\nhttps://x.example/item,other\n", "reference",
			 arena_printf(W.a, "T-%" PRIu64, sim_below(1 << 30)), "subject",
			 "S", "legal_basis", "L", "peer", t->p->org);
	if (!node_call(&c))
		abort();
	sim_trace("%s writes: %s", t->a->org, rc_token(c.rc));
	check_node(t->a);
	return c.rc;
}

/* Until the head of what was written is on its way, which is kept in *ret and lost. */
static bool
head_lose(const struct twins *t, struct message *ret)
{
	for (int i = 0; i < STEPS_MAX; i++) {
		struct message *m = message_any(0);
		if (m == NULL) {
			W.now_us += CLOCK_US_PER_S;
			for (int k = 0; k < t->a->n_push; k++)
				if (t->a->push[k].channel == t->a_channel &&
				    pusher_ready(&t->a->push[k]))
					pusher_step(&t->a->push[k]);
		} else if (m->from == t->a->i && m->to == t->p->i && !m->reply &&
			   strcmp(m->path, "/peer/v1/add-checkpoint") == 0) {
			*ret = *m;
			ret->body = malloc(m->len + 1);
			if (ret->body == NULL)
				abort();
			memcpy(ret->body, m->body, m->len);
			message_lose(m);
			return true;
		} else {
			message_deliver(m);
		}
	}
	return false;
}

static bool
both_frozen(const struct twins *t, bool is)
{
	return channel_is_frozen(t->a->nd, t->a_channel) == is &&
	       channel_is_frozen(t->p->nd, t->p_channel) == is;
}

static const struct twins *now;

bool
twins_frozen(void)
{
	return now != NULL && now->a->nd != NULL && now->p->nd != NULL &&
	       (channel_is_frozen(now->a->nd, now->a_channel) ||
		channel_is_frozen(now->p->nd, now->p_channel));
}

/* Whatever is tried, also what was signed before. */
static void
check_nothing_passes(const struct twins *t, const struct message *late)
{
	const struct ledger a = *t->of_a, p = *t->of_p;
	struct message *m = message_double(late);

	if (m != NULL)
		message_deliver(m);
	if (write_one(t) != RC_FROZEN)
		sim_broken("%s: the channel is frozen, and takes something", t->a->org);
	sim_settle();
	if (t->of_a->author_has != a.author_has || t->of_a->peer_has != a.peer_has ||
	    t->of_p->author_has != p.author_has || t->of_p->peer_has != p.peer_has)
		sim_broken("%s: the channel is frozen, and something passed: %" PRIu64
			   " %" PRIu64 " %" PRIu64 " %" PRIu64,
			   t->of_a->origin, t->of_a->author_has - a.author_has,
			   t->of_a->peer_has - a.peer_has,
			   t->of_p->author_has - p.author_has,
			   t->of_p->peer_has - p.peer_has);
	if (!both_frozen(t, true))
		sim_broken("%s: the channel thawed by itself", t->of_a->origin);
}

static void
epoch(struct sim_node *n, const struct sim_node *with)
{
	struct call c = {.n = n,
			 .credential = n->admin,
			 .method = "POST",
			 .path = "/v1/channel/epoch",
			 .in = json_pack("{s:s}", "peer", with->org)};

	if (!node_call(&c))
		abort();
	sim_trace("%s begins an epoch: %s", n->org, rc_token(c.rc));
	if (c.rc != RC_OK)
		sim_broken("%s begins no epoch: %s", n->org, c.e.text);
	check_node(n);
	sim_settle();
}

/* As docs/operating.md has it: the machine whose log the peer does not have gets a store
 * from before the two parted, and no marks. */
static void
check_goes_on(const struct twins *t, struct machine *before)
{
	if (log_waits(t->of_a)) {
		before->n_marks = 0;
		machine_run(t->a, before);
		sim_settle();
	}
	if (W.broken[0] == '\0')
		epoch(t->a, t->p);
	if (W.broken[0] == '\0' && both_frozen(t, false))
		sim_broken("%s goes on by one side's word", t->of_a->origin);
	if (W.broken[0] == '\0')
		epoch(t->p, t->a);
	if (W.broken[0] != '\0')
		return;
	if (!both_frozen(t, false))
		sim_broken("%s is frozen, though both have begun an epoch",
			   t->of_a->origin);
	else if (write_one(t) != RC_OK)
		sim_broken("%s takes nothing, though both have begun an epoch",
			   t->of_a->origin);
	sim_settle();
}

/* `late` is the head that the first of them signed last. */
static void
two_histories(const struct twins *t, struct machine *clone, const struct message *late)
{
	struct machine first = machine_of(t->a);

	machine_run(t->a, clone);
	sim_settle();
	if (W.broken[0] != '\0' || write_one(t) != RC_OK)
		return;
	sim_settle();
	machine_run(t->a, &first);
	sim_settle();
	W.twins++;
	/* Of heads of one size it finds itself; else the peer does, when it gets both. */
	if (W.broken[0] == '\0' && !both_frozen(t, true)) {
		struct message *m = message_double(late);
		if (m != NULL)
			message_deliver(m);
		sim_settle();
	}
	if (W.broken[0] == '\0' && !both_frozen(t, true))
		sim_broken("%s: two histories were signed, and the channel is not frozen",
			   t->of_a->origin);
	if (W.broken[0] == '\0')
		check_nothing_passes(t, late);
	if (W.broken[0] == '\0')
		check_goes_on(t, clone);
	if (W.broken[0] == '\0')
		check_end();
}

void
twins_act(void)
{
	struct message late;
	struct twins t;

	if (!twins_find(&t))
		return;
	now = &t;
	struct machine clone = machine_of(t.a);
	sim_trace("%s is cloned", t.a->org);
	if (write_one(&t) != RC_OK || !head_lose(&t, &late))
		return;
	two_histories(&t, &clone, &late);
	free(late.body);
}
