/*
 * node - one organisation's running node: its store, signer, writer and settings.
 *
 * What the edges are given.  All functions of service/ take it and may be called
 * from any thread unless they say otherwise.
 */
#ifndef SALURAN_SERVICE_NODE_H
#define SALURAN_SERVICE_NODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/settings.h"
#include "core/identity.h"

struct node;

/* The settings of a node, for help, documentation and the file <dir>/saluran.conf. */
extern const struct setting_def node_settings[];
extern const size_t node_settings_n;

/* What `saluran init` asks for. */
struct node_init {
	const char *dir; /* is made; must not exist or be empty */
	const char *org, *name;
	enum party role;
	const char *url; /* where peers reach it, "https://host:port" */
	const char *peer_listen, *http_listen, *api_listen,
		*rpz_listen;  /* "host:port", NULL: default */
	const char *rpz_zone; /* NULL: default */
	const char *store;    /* PostgreSQL URI, NULL: a file in `dir` */
	const char *admin;    /* name of the first person */
	const char *contact;  /* how people of the peer reach a person, or NULL */
};
/* What it tells: strings in the arena. */
struct node_made {
	const char *fingerprint;
	const char *credential_path; /* of the first admin */
	const char *recovery_path;   /* the next root key: to be taken offline */
	const char *link;	     /* one-time, for the first admin's password */
	int64_t link_s;		     /* how long it is good */
};
/* All or nothing: the directory appears complete.  RC_CONFLICT: it is there and not
 * empty. */
enum rc node_create(struct arena *a, const struct node_init *in, struct node_made *ret,
		    struct err *e) MUST_CHECK;

/*
 * A one-time link for a person of the node in `dir`, for whoever has its directory: the
 * way back for an admin who has lost everything. RC_NOT_FOUND: no such person or no node.
 * RC_CONFLICT: a daemon has the directory.
 */
enum rc node_link(struct arena *a, const char *dir, const char *name, bool forget_device,
		  const char **ret, int64_t *ret_s, struct err *e) MUST_CHECK;

/*
 * All keys of the node are replaced: a new identity entry, signed by the root key that
 * the one before it promised.  At its next start the node tells its peers and goes on in
 * the same logs.  Interrupted anywhere, it has happened or not.  RC_DENIED: another root
 * key; RC_CONFLICT: `next_path` exists, or a daemon has the directory; RC_INVALID.
 */
struct node_rotation {
	const char *dir;
	const char *root_path;	/* of the file with the promised root key */
	const char *next_path;	/* gets the one that the new entry promises */
	const char *url, *name; /* NULL: as they were */
};
struct node_rotated {
	uint64_t n; /* of the new entry */
	const char *fingerprint;
};
enum rc node_rotate_keys(struct arena *a, const struct node_rotation *in,
			 struct node_rotated *ret, struct err *e) MUST_CHECK;

/*
 * A new keys/store.key, for a node that has lost it: what the store keeps sealed opens no
 * more, and is to be made anew.  RC_CONFLICT: the key that is there is the right one, or
 * a daemon has the directory.  RC_NOT_FOUND: no node there.
 */
enum rc node_new_store_key(const char *dir, struct err *e) MUST_CHECK;

/*
 * Another keys/store.key, under which everything that the store keeps sealed is sealed
 * anew.  Interrupted anywhere, the next start goes on with the old one or the new one,
 * whichever the store has.  *ret_lost: secrets that the old key did not open.
 * RC_CONFLICT: a daemon has the directory.  RC_NOT_FOUND: no node there, or no key.
 */
enum rc node_rotate_store_key(const char *dir, size_t *ret_sealed, size_t *ret_lost,
			      struct err *e) MUST_CHECK;

/*
 * Open a node's directory, start its signer and its writer.  Call before any thread is
 * started.  RC_CONFLICT: another process has it.  RC_NOT_FOUND: no node there.
 */
enum rc node_open(const char *dir, struct node **ret, struct err *e) MUST_CHECK;
/*
 * As node_open(), for one thread: none of its own is started, whoever waits for a write
 * makes it, with all that waits.  No request may have an Idempotency-Key.
 */
enum rc node_open_alone(const char *dir, struct node **ret, struct err *e) MUST_CHECK;
/* There: write one group of what nobody waits for.  False: there was nothing. */
bool node_write(struct node *nd);
/* As node_open(), for a daemon: it also asks whether the clock can be believed. */
enum rc node_serve(const char *dir, struct node **ret, struct err *e) MUST_CHECK;
/*
 * As node_serve(), beside the daemon that writes to the logs, for a store that both
 * share: what is in it is read and shown, and what belongs to no log is written (who
 * asked for what, sessions).  Acts are refused (RC_UNAVAILABLE).  RC_UNSUPPORTED: the
 * store is a file.
 */
enum rc node_beside(const char *dir, struct node **ret, struct err *e) MUST_CHECK;
/* There: has the other one committed?  Whoever waits for a commit is woken. */
enum rc node_look(struct node *nd, struct err *e) MUST_CHECK;
/* There: nobody writes to the logs any more, so that node_serve() would.  RC_CONFLICT:
 * somebody does. */
enum rc node_writer_gone(struct node *nd, struct err *e) MUST_CHECK;
/* Another daemon has taken over the writing, or the store became older: this one has
 * stopped. */
bool node_replaced(const struct node *nd);
/* Wake whoever waits in exchange_push_wait() and node_wait(), and refuse new work. */
void node_stop(struct node *nd);
void node_close(struct node *nd); /* NULL allowed; edges are stopped before */

const struct settings *node_config(const struct node *nd);
/* Another value than the file's, as the command line says; before anything is served.
 * RC_INVALID. */
enum rc node_configure(struct node *nd, const char *name, const char *value,
		       struct err *e) MUST_CHECK;
const char *node_dir(const struct node *nd);
const struct identity *node_identity(const struct node *nd);

/* How often something was committed, or node_wake() was called; rises. */
uint64_t node_commits(struct node *nd);
/* Sleep until node_commits() differs from `seen`, the timeout passes or the node stops
 * (then false). */
bool node_wait(struct node *nd, uint64_t seen, int64_t timeout_us);
/* As node_wait(), or until *over is true: whoever sets it calls node_wake() then. */
bool node_wait_unless(struct node *nd, uint64_t seen, int64_t timeout_us,
		      const _Atomic bool *over);
/* Something else than a commit changed: all who wait look. */
void node_wake(struct node *nd);

#endif
