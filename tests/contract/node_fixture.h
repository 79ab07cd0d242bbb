/*
 * node_fixture - two nodes in one process, introduced to each other, without HTTP.
 *
 * The clock is the tests': it can be set forward and back.  Events go from one node to
 * the other only when a test carries them, and the way can be cut at every step.
 */
#ifndef SALURAN_TESTS_NODE_FIXTURE_H
#define SALURAN_TESTS_NODE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/arena.h"
#include "base/clock.h"
#include "service/exchange.h"
#include "service/service.h"

enum { FIX_PEER = 1 /* the only channel of each node */ };

#define FIX_S CLOCK_US_PER_S

/* All times are this much after the machine's. */
void fix_clock_add(int64_t us);
void fix_clock_reset(void);

/* Deadlines of 100 s, a ladder of one reminder and one warning 10 s apart, two approvals,
 * orders of at most 1,000 s. */
extern const char fix_policy[];

struct fix_node {
	const char *dir;
	const char *store; /* PostgreSQL URI; NULL: a file in `dir` */
	struct node *nd;
	const char *admin; /* credentials */
	const char *officer, *approver, *approver2, *approver3, *agent, *auditor;
};

struct fix {
	struct arena *a;
	const char *above;
	struct fix_node n[PARTY_COUNT];
};

/* A node alone, in a directory of its own. */
void fix_open_one(struct fix *f, enum party p);
/* Both, with people, not introduced. */
void fix_open_apart(struct fix *f);
/* Both, introduced, with people. */
void fix_open(struct fix *f);
/* Under another policy than fix_policy. */
void fix_open_policy(struct fix *f, const char *policy);
void fix_close(struct fix *f);
/* Close a node, if it is open. */
void fix_shut(struct fix *f, enum party p);
/* Close a node and open it again. */
void fix_reopen(struct fix *f, enum party p);

/* One request as a person (NULL: nobody).  `in` is stolen.  *ret lives as long as f->a.
 */
enum rc fix_call(struct fix *f, enum party p, const char *credential, const char *method,
		 const char *path, json_t *in, json_t **ret, struct err *e);
/* As fix_call(), and it must be RC_OK. */
json_t *fix_must(struct fix *f, enum party p, const char *credential, const char *method,
		 const char *path, json_t *in);
/* And it must be this error, with this in its text. */
void fix_refused(struct fix *f, enum party p, const char *credential, const char *method,
		 const char *path, json_t *in, enum rc want, const char *text);

/* "/v1/cases/<id>/<act>" with `in` stolen, NULL: {}.  A decision is confirmed where it
 * must be. */
json_t *fix_act(struct fix *f, enum party p, const char *casefile, const char *act,
		json_t *in);
json_t *fix_case(struct fix *f, enum party p, const char *casefile);
const char *fix_text(const json_t *o, const char *member);
int64_t fix_int(const json_t *o, const char *member);

/* A list of `n` items with different targets below `host`. */
const char *fix_csv(struct fix *f, const char *host, size_t n);
/* Send it; returns the case. */
const char *fix_send(struct fix *f, const char *reference, const char *host, size_t n);

/* Where the way is cut. */
enum fix_cut {
	CUT_BEFORE,	 /* nothing arrives */
	CUT_DISCLOSURES, /* they arrive, nothing after them */
	CUT_CHECKPOINT,
	CUT_ENTRIES, /* stored by the peer, whose answer is lost */
	CUT_NOTHING,
	CUT_COUNT
};
/* One round from `p` to the other.  RC_NOT_FOUND: there was nothing to carry. */
enum rc fix_carry_try(struct fix *f, enum party p, enum fix_cut cut, struct err *e);
/* It must not fail.  False: there was nothing to carry. */
bool fix_carry(struct fix *f, enum party p, enum fix_cut cut);
/* Both ways until both are done. */
void fix_settle(struct fix *f);
/* A push as the node makes it now, for tests that change it. */
enum rc fix_push(struct fix *f, enum party p, struct exchange_push *push, struct err *e);

/* Views are what a rebuild gives. */
void fix_rebuilt_equal(struct fix *f, enum party p);
/* The case's state, deadlines, items and messages are the same on both sides. */
void fix_same_case(struct fix *f, const char *casefile);

/* Rows of all tables that are the truth, as text: equal texts, nothing stored. */
const char *fix_rows(struct fix *f, enum party p);
/* How many events of the type are in the log of `writer`, as `p` has it. */
int64_t fix_events(struct fix *f, enum party p, enum party writer, const char *type);
/* A folder and all that is in it. */
void fix_remove(const char *dir);
/* A file as it is now, to another path. */
void fix_copy(const char *from, const char *to);
/* What the signer of a node that is shut remembers of its own log is lost; of the other's
 * it is kept (docs/operating.md, "A frozen channel"). */
void fix_marks_drop_own(struct fix *f, enum party p);
/* The directory of a node that is shut, and its store, as they are now, to `dir` +
 * "-clone", which is given. */
const char *fix_clone(struct fix *f, const char *dir);
/* Close the node and open the one of that directory in its place. */
void fix_become(struct fix *f, enum party p, const char *dir);
/* First column of the first row, by a handle of the test's own. */
int64_t fix_query(struct fix *f, enum party p, const char *sql);
const char *fix_query_text(struct fix *f, enum party p, const char *sql);
/* Several statements, with nothing to be seen. */
void fix_exec(struct fix *f, enum party p, const char *sql);
/* Each new row of a table is refused by the store, or is no more. */
void fix_refuse_rows(struct fix *f, enum party p, const char *table, bool on);
/* Nobody else writes to the store from the one to the other. */
struct fix_lock *fix_store_lock(struct fix *f, enum party p);
void fix_store_unlock(struct fix_lock *l);
/* What store_open() takes. */
const char *fix_store_uri(struct fix *f, enum party p);
/* The store of a node that is shut, as it is now, under a name; and back as it was, as
 * from a backup. */
void fix_store_keep(struct fix *f, enum party p, const char *name);
void fix_store_put_back(struct fix *f, enum party p, const char *name);
/* These bytes are anywhere in the store: not only in rows, but in its files, if it is
 * files. */
bool fix_store_has(struct fix *f, enum party p, const char *text);

/* What a zone has, {owner: action}, and its serial (NULL allowed).  `origin` NULL: the
 * main zone, whole.  Lives as long as f->a. */
json_t *fix_zone(struct fix *f, enum party p, const char *origin, uint32_t *ret_serial);
/* The owners of the main zone in their order, with spaces between. */
const char *fix_zone_owners(struct fix *f, enum party p);
/* A host at 192.0.2.53 showed what it holds. */
void fix_pulled(struct node *nd, const char *operator_name, const char *origin,
		uint32_t serial, const char *how);

/* Bring the case to where an order may cite it: receipted, overdue, warned, receipted. */
void fix_make_overdue(struct fix *f, const char *casefile);

/* What POST /v1/orders takes for these names (a JSON list), resting on the case (NULL: on
 * none), ending in 500 s, its owner told: complete but for what a test is about. */
json_t *fix_order(const char *names, const char *casefile);

void fix_ok(enum rc rc, const struct err *e, const char *what);

#endif
