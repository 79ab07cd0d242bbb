/*
 * sim - nodes of one process on one thread, with their clock, their network, their disks
 * and the end of their processes in the hands of a seed.
 *
 * What runs is the node: pushers, routes, writer, recovery, start-up check, a store each
 * in SQLite, a signer each.  Replaced are push_http.h (net.c: messages that a schedule
 * delivers, loses, doubles, delays), the clocks and random numbers (fakes.c), the files
 * of SQLite (vfs.c), and the socket and process between node and signer (signer.c).
 *
 * A node's code runs in fibers; at any write, sync or request to its signer it may be
 * killed: the fiber is left where it is, as is all memory of the node.  That is why each
 * schedule has a process of its own, forked from one that has made the nodes.
 */
#ifndef SALURAN_TESTS_SIM_H
#define SALURAN_TESTS_SIM_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/merkle.h"
#include "peer/push_peer.h"
#include "service/node_int.h"
#include "sim/fiber.h"
#include "sim/vfs.h"

enum {
	SIM_AUTHORITIES = 2,
	SIM_PLATFORMS = 3,
	SIM_NODES = SIM_AUTHORITIES + SIM_PLATFORMS,
	SIM_PEERS = 3, /* of one node */
	SIM_LOGS = 2 * SIM_AUTHORITIES * SIM_PLATFORMS,
	SIM_MESSAGES = 48,
	SIM_CASES = 64,
	SIM_LEAVES = 512,
	SIM_MARKS = 2 * SIM_LOGS,
	SIM_TEXT = 600,
	SIM_FETCHES = SIM_NODES - 1, /* a platform that nobody can call */
};

/* Nodes that do not do what they must; each is to be found out. */
#define SIM_MUTANTS(X)                                                                   \
	/* id, name, a seed that finds it, what it does */                               \
	X(NONE, "none", 0, "")                                                           \
	X(LOST, "lost", 4, "a disk that says it is durable and is not")                  \
	X(DOUBLED, "doubled", 1, "a message is recorded twice")                          \
	X(RECEIPT, "receipt", 1, "a peer cosigns before it has stored")                  \
	X(FORK, "fork", 22, "a node goes on from an old copy without asking")            \
	X(FOLD, "fold", 1, "one side leaves messages out of its views")                  \
	X(STUCK, "stuck", 5, "a pusher does not heed where the peer stands")             \
	X(MUTE, "mute", 4, "a node with new keys tells nobody")                          \
	X(KEYLESS, "keyless", 4, "new keys do not enter the logs")                       \
	X(DEAF, "deaf", 4, "a node that fetches never asks for new keys")                \
	X(KEEPS, "keeps", 3, "a node that fetches keeps its receipts")                   \
	X(BELIEVES, "believes", 64, "a node verifies no signature")                      \
	X(RESTLESS, "restless", 1, "a pusher greets without end")                        \
	X(BLIND, "blind", 1, "a node does not heed two heads under one key")             \
	X(THAWED, "thawed", 1, "a node takes events in a frozen channel")
enum mutant {
#define X(id, name, seed, doc) MUTANT_##id,
	SIM_MUTANTS(X)
#undef X
		MUTANT_COUNT
};

struct pusher {
	struct sim_node *node;
	int64_t channel;
	int to; /* node */
	struct fiber *fiber;
	struct push_peer peer;
	atomic_bool stop;
	struct push_http *http;
	bool asks;  /* a request is under way */
	bool waits; /* for the log to grow, or until_us */
	int64_t until_us;
};

struct sim_node {
	int i;
	const char *org, *dir;
	enum party role;
	struct node *nd; /* NULL: it is down */
	bool dead;	 /* it was just killed */
	int fuse;	 /* writes and signatures until it is; 0: none */
	int64_t skew_us;
	const char *admin, *worker; /* credentials */
	struct pusher push[SIM_PEERS];
	int n_push;
	bool fetches;
	uint64_t entry;			   /* of its identity */
	int rotations;			   /* that were tried */
	const char *root_path, *next_path; /* of the keys of the next entry, and after */
	const char *url;		   /* with new keys; NULL: as it was */
	uint64_t commits;		   /* when it was last looked at */
	struct vfs_copy *copy;
	struct signer_mark *copy_marks;
	size_t n_copy_marks;
};

/* A log, as the world has seen it. */
struct ledger {
	char origin[NOTE_NAME_MAX + 1];
	int author, peer; /* nodes */
	int64_t author_channel, peer_channel;
	struct hash leaf[SIM_LEAVES], root[SIM_LEAVES + 1];
	struct merkle_edge edge; /* of `n` */
	uint64_t n;		 /* entries that were committed, and are somewhere */
	uint64_t was;		 /* so many there were before some were lost */
	uint64_t author_has, peer_has; /* when it was last looked */
	uint64_t peer_most;	       /* before an old copy was put back */
	uint64_t head;		       /* the largest that was sent */
	bool author_old, peer_old;     /* has an old copy, and did not start since */
	bool may_halt;		       /* a head was sent whose entries are with nobody */
	bool waits;	   /* an old copy is back, and who has more cannot be asked */
	uint64_t verified; /* up to there its author's receipts are signed */
};

struct message {
	bool used, reply;
	int from, to;
	int64_t channel; /* of who gets it */
	uint64_t id;
	const char *method;
	char path[EXCHANGE_PATH_MAX + 16];
	uint8_t *body;
	size_t len;
	long status;
	struct pusher *waiter; /* NULL: nobody waits */
	/* TLS: the sender's key, and those of which the receiver must have one. */
	struct hash key, wanted[IDENTITY_TLS_PINS_MAX];
	size_t n_wanted;
	bool anyone; /* any */
};

struct world {
	struct arena *a; /* of the schedule */
	uint64_t seed, random, hash;
	enum mutant mutant;
	bool trace;
	int64_t now_us, began_us;
	struct sim_node node[SIM_NODES];
	bool takes_part[SIM_NODES];
	struct sim_node *cur; /* whose code runs */
	bool looking;	      /* the checks look: no fuse burns */
	struct message message[SIM_MESSAGES];
	uint64_t n_messages;
	bool cut[SIM_NODES][SIM_NODES]; /* the way between two is down */
	struct ledger ledger[SIM_LOGS];
	int n_ledgers;
	struct {
		const char *id;
		int a, p;
	} cases[SIM_CASES];
	int n_cases, n_said;
	char broken[SIM_TEXT]; /* the first promise that was not kept; "": none */
	/* figures */
	uint64_t steps, kills, cuts, restores, delivered, dropped, events, changed,
		rotations;
	uint64_t polls; /* of what was delivered: whether there is something new */
	uint64_t twins; /* nodes that were two for a while */
	bool foe, rotates;
};
extern struct world W;

/* sim.c */
uint64_t sim_below(uint64_t n);
bool sim_chance(unsigned percent);
/* Part of what two runs of one seed must have in common, and printed when asked for. */
void sim_trace(const char *fmt, ...) PRINTF(1, 2);
void sim_broken(const char *fmt, ...) PRINTF(1, 2);
bool sim_is(enum mutant m);
void sim_schedule(void); /* from W.seed on; W.broken says what it came to */
void sim_settle(void);	 /* everything that can get through does */

/* fakes.c */
void fakes_start(void);
void fakes_random(void *p, size_t len);

/* signer.c: the marks of a node, which are durable at once. */
void marks_copy(const char *dir, struct signer_mark **ret, size_t *ret_n);
void marks_forget(const char *dir, const char *origin);
void marks_put(const char *dir, const struct signer_mark *marks, size_t n);

/* world.c */
/* In the folder where the program stands; what they share is `above` it. */
void world_make(const char *above);
/* A write, a sync, a signature: the node whose code runs may end here. */
void node_burn(void);
/* Run something of a node; false: it was killed meanwhile. */
bool node_run(struct sim_node *n, void (*run)(void *arg), void *arg);
bool node_up(struct sim_node *n);
void node_down(struct sim_node *n, bool power);
void node_copy(struct sim_node *n);
void node_restore(struct sim_node *n, bool marks);
struct call {
	struct sim_node *n;
	const char *credential, *method, *path;
	json_t *in, *out; /* `in` is stolen; `out` lives as long as W.a */
	enum rc rc;
	struct err e;
};
bool node_call(struct call *c); /* false: killed */
int world_node_of(const char *org);

/* spare.c: the stores of nodes that will start, opened before the first schedule. */
void spares_start(void);
void spares_make(void);
void spares_forget(const char *dir); /* somebody else closes that store */

/* rotate.c */
void node_rotate(struct sim_node *n);
/* One that fetches gets a url with its new keys: what people do whose peer has lost
 * marks. */
void node_answer_calls(struct sim_node *n);
void node_rotated(struct sim_node *n); /* it started */
void folders_restore(void);	       /* for the next schedule */
void file_copy(const char *from, const char *to);

/* twin.c */
bool twins_frozen(void); /* is the channel of a clone? */
void twins_act(void);	 /* behind a schedule, when everything is delivered */

/* foe.c */
void foe_keep(const struct message *m);
void foe_act(void);

/* net.c */
void pushers_start(struct sim_node *n);
void pushers_end(struct sim_node *n);
bool pusher_ready(const struct pusher *p);
void pusher_step(struct pusher *p);
void message_deliver(struct message *m);
void message_lose(struct message *m); /* and whoever waits for it learns that in time */
void message_late(struct message *m); /* it is on its way, and nobody waits for it */
struct message *message_double(const struct message *m);
struct message *message_any(uint64_t i); /* the i-th under way, NULL */
size_t message_count(void);
void messages_of_lose(int node);

/* check.c */
void check_node(struct sim_node *n); /* after its code ran */
void check_started(struct sim_node *n);
void check_restored(struct sim_node *n);
void check_end(void);
void check_head(const char *body, size_t len); /* of add-checkpoint, as it is sent */
void check_note(const char *text, size_t len);
bool log_waits(const struct ledger *l); /* nothing enters it */
struct ledger *ledger_of(const struct sim_node *n, int64_t channel, bool own);

#endif
