/*
 * node_int - what the files of service/ share; nobody else includes it.
 */
#ifndef SALURAN_SERVICE_NODE_INT_H
#define SALURAN_SERVICE_NODE_INT_H

#include <pthread.h>
#include <semaphore.h>
#include <sodium.h>
#include <stdatomic.h>

#include "core/guard.h"
#include "core/identity_log.h"
#include "core/merkle.h"
#include "service/mail.h"
#include "service/node.h"
#include "service/service.h"
#include "signer/signer.h"
#include "store/view.h"

enum {
	NODE_READERS_MAX = 16,
	NODE_GROUP_MAX = 256, /* jobs of one commit (protocol 3) */
	NODE_CHANNELS_MAX = 64,
	NODE_EVIDENCE_SLOTS = 16, /* files of evidence that peers bring at one time */
	NODE_REFUSED_CALLS =
		4, /* of a peer, whose refusal is told (exchange_refused.c) */
};

/* A file that a peer brings: the hash of what is here of it. */
struct evidence_slot {
	int64_t peer;
	struct hash sha256;
	bool busy;
	uint64_t used; /* when, by slot_uses */
	uint64_t at;   /* bytes that `whole` is over */
	bool taken_up; /* bytes that came before a restart are in it */
	struct hash_state whole;
};

/* Of one channel, by seq. */
struct outbox {
	struct outbox_event *first, *last;
};

/* An own event that is in the views and waits for its signature, or is signed. */
struct staged {
	struct staged *before; /* of those that are signed with texts */
	uint64_t seq;
	const char *texts; /* for the outbox, or NULL */
	size_t texts_len;
	const char *payload;
	size_t payload_len;
	size_t prev_at;
	int64_t stored_us;
};

/* Where an own log stands within the group being made. */
struct stage {
	int64_t channel;
	enum party party;
	struct log_head head;  /* as it will be; head.root is only made at the end */
	struct log_head fence; /* as it was when the group began */
	const char *peer_origin;
	struct merkle_edge edge; /* of the leaves that are signed */
	struct hash last;	 /* leaf hash of the last signed event */
	struct staged
		*staged; /* NODE_GROUP_MAX; a flush takes a new one, so that undo works */
	size_t n_staged;
	struct staged *told; /* signed, with texts for the outbox: the newest */
};

/* What a job writes through; for the writer thread only. */
struct writer {
	struct node *nd;
	struct store *s;
	struct views *v;
	struct arena *a; /* of the group */
	int64_t now_us;	 /* rises from job to job and event to event, unless the clock is
			    set back by more than CLOCK_STEP_US */
	int64_t stored_us; /* of the last event: strictly rises, whatever the clock does
			    */
	struct stage *stages[NODE_CHANNELS_MAX];
	size_t n_stages;
	uint64_t erasures; /* before the group */
};

/* Does an own log take events (protocol 6)?  recovery.h. */
enum log_state {
	LOG_OPEN,
	LOG_ASKS,   /* not before the peer has said what it has of it */
	LOG_PULLS,  /* the peer has more, which comes back */
	LOG_HALTED, /* a person must look */
};
struct log_guard {
	enum log_state state;
	bool told; /* people know, by an alarm */
	int64_t since_us;
	int64_t claimed_us; /* by clock_mono_us(): the peer says that it has more, and has
			       not shown it yet; 0: no */
	bool idle_claims;   /* it did not, within RECOVERY_CLAIM_S: it is asked, but
			       believed no more, until it shows what it has */
	uint64_t have, of;  /* while it comes back; of is 0: not known */
	char why[ERR_TEXT_MAX];
	bool frozen; /* a proof of equivocation stands (exchange_fraud.c) */
	int64_t frozen_us;
	char frozen_why[ERR_TEXT_MAX];
};

/* An own log as this process has committed it (committed.c). */
struct committed {
	uint64_t size; /* 0: not yet */
	struct hash root;
	char origin[NOTE_NAME_MAX + 1];
};

typedef enum rc writer_work(struct writer *w, void *arg, struct err *e);

/* Of the writer's thread, and of the start before it.  A head that is behind what this
 * process has seen or committed: RC_UNAVAILABLE, and the node has stopped. */
void committed_note(struct node *nd, int64_t channel, const struct log_head *h);
/* The log is another one from here on: what came of a recovery. */
void committed_forget(struct node *nd, int64_t channel);
enum rc committed_check(struct node *nd, int64_t channel, const struct log_head *h,
			struct err *e) MUST_CHECK;
/* To the signer's marks: the store has been so far. */
void committed_tell(struct node *nd);
/* Nothing is written any more, for good: what this process knows may be old.  `why` is
 * for the log; *e is what people are told, RC_UNAVAILABLE. */
enum rc writer_replaced(struct node *nd, const struct err *why, struct err *e) MUST_CHECK;

/* Run `work` in the writer's next group; returns when it is durable, or failed.  `work`
 * may run again when the group lost a race; it must write only through `w`. */
enum rc writer_run(struct node *nd, writer_work *work, void *arg,
		   struct err *e) MUST_CHECK;
/* The same without waiting, for what may as well be lost: `after` is called once, on
 * another thread or, when the node stops, on this one. */
typedef void writer_after(struct node *nd, void *arg, enum rc rc, const struct err *e);
void writer_post(struct node *nd, writer_work *work, void *arg, writer_after *after);
/* Between groups, by itself and outside a transaction. */
enum rc writer_alone(struct node *nd, writer_work *work, void *arg,
		     struct err *e) MUST_CHECK;
/* RC_UNAVAILABLE on a daemon beside the one that writes to the logs. */
enum rc writer_of_logs(const struct node *nd, struct err *e) MUST_CHECK;
/* Between groups: nothing that was erased is left in the files of the store.  RC_RETRY: a
 * reader still looks at what was. */
enum rc writer_scrub(struct node *nd, struct err *e) MUST_CHECK;
enum rc writer_start(struct node *nd, bool by_hand, struct err *e) MUST_CHECK;
void writer_stop(struct node *nd);

/* What an event is to disclose. */
struct view_disclosed {
	const char *name;
	json_t *value;
};

/* An own event in the making; borrowed but for json: body and disclosed values are
 * stolen. */
struct append {
	int64_t channel;
	const char *type, *casefile;
	const char *by;
	int64_t due_us;
	json_t *body; /* stolen; NULL: {} */
	const struct view_disclosed *disclosures;
	const struct disclosure *written; /* instead of them: as JSON text */
	size_t n_disclosures;
	const struct event_ref *refs;
	size_t n_refs;
	const struct hash *blobs;
	size_t n_blobs;
};
/*
 * Put an event at the end of our log of the channel: views at once, signature with the
 * group.  RC_CONFLICT: it would be void, `e` says why.  RC_TOO_LARGE.
 */
enum rc append_event(struct writer *w, const struct append *ev, uint64_t *ret_seq,
		     struct err *e) MUST_CHECK;
/* When an event is stored, each at its own time: feeds and rebuilds go in the order of
 * these. */
int64_t writer_stored_us(struct writer *w);
/* Sign and insert what is staged: needed before the leaf hash of an own event of this
 * group is asked for. */
enum rc append_flush(struct writer *w, struct stage *st, struct err *e) MUST_CHECK;
enum rc append_stage(struct writer *w, int64_t channel, struct stage **ret,
		     struct err *e) MUST_CHECK;

struct node {
	char *dir;
	struct clock_guard *clock; /* NULL: the clock is believed */
	int lock_fd;
	struct arena *a; /* as long as the node */
	struct settings *config;
	const char *public_url;		/* without a last slash, NULL: not named */
	const struct identity *id;	/* our newest entry */
	const struct identity_log *ids; /* all of them */
	struct signer *signer;
	mail_read_fn *mail_read;   /* the reader of e-mail, given by main */
	uint8_t *store_key;	   /* of the store's secrets: vault.h */
	struct guard_lists lists;  /* suffixes, protected names, services */
	struct checkers *checkers; /* of the thread that asks them only */
	int stop_fd;		   /* can be read when the node stops */

	pthread_mutex_t mu; /* of what follows */
	pthread_cond_t queued, committed;
	struct job *first, **last;
	bool stopping; /* no new job */
	bool ending;   /* the last record was put: the writer ends with what waits */
	uint64_t commits;
	struct idem *idem; /* requests under an Idempotency-Key that are under way */
	struct store *idle[NODE_READERS_MAX];
	size_t n_idle;
	pthread_mutex_t opening_mu;	       /* one reader is opened at a time */
	bool uploading[NODE_CHANNELS_MAX + 1]; /* by channel */
	uint64_t unreferenced_bytes[NODE_CHANNELS_MAX + 1]; /* of disclosures stored */
	struct brought *brought[NODE_CHANNELS_MAX + 1];	    /* not stored yet; an upload's
							 while     `uploading` */
	size_t brought_bytes;				    /* of all of them */

	int64_t mail_forget_us; /* when dropped e-mail is looked through again */
	int64_t statistics_us;	/* when the dates of figures are looked at again */
	int64_t zone_watched_us, zone_watched_state; /* when the zones were looked at */
	int64_t probe_forget_us; /* when old results of probes are looked for again */
	int64_t probe_watch_us;	 /* when those who measure are looked at again */
	int64_t probe_since_us;	 /* since when they are waited for */
	int64_t retention_us;	 /* when ended cases are looked through again */
	atomic_bool scrub_due;	 /* a scrub is to be tried again */
	struct evidence_slot slots[NODE_EVIDENCE_SLOTS];
	uint64_t slot_uses;

	/* by channel, each for its pusher's thread only */
	uint64_t push_seen[NODE_CHANNELS_MAX + 1];
	bool called[NODE_CHANNELS_MAX + 1];  /* since our start */
	bool greeted[NODE_CHANNELS_MAX + 1]; /* since our start */
	uint64_t pulled[NODE_CHANNELS_MAX +
			1]; /* so much that we fetched is receipted there
			     */
	_Atomic uint64_t
		receipted[NODE_CHANNELS_MAX + 1]; /* by receipts that are on their way
						     into the store; 0: see there */
	_Atomic int receipt_rc[NODE_CHANNELS_MAX + 1]; /* enum rc of one that failed */
	atomic_bool
		push_answered[NODE_CHANNELS_MAX + 1]; /* the last try that failed was */

	_Atomic uint64_t erasures; /* disclosures erased since the start */

	pthread_mutex_t outbox_mu; /* of the two that follow */
	struct outbox outbox[NODE_CHANNELS_MAX + 1];
	size_t outbox_bytes;

	bool beside;		/* another daemon writes to the logs */
	int64_t beside_seen_us; /* newest event that node_look() saw; its caller's */
	int64_t beat_us;	/* between two signs of life, 0: nobody asks for them */
	atomic_bool replaced;	/* another daemon has taken over, or the store is older */
	struct committed committed_own[NODE_CHANNELS_MAX + 1]; /* the writer's thread */
	pthread_t thread;
	bool running;
	struct writer *by_hand; /* of a node of one thread, without `thread`; or NULL */
	struct store *store;	/* the writer's */
	int64_t last_stored_us; /* of the log, at the start */
	struct views *views;

	/* The store is behind what was signed in a log of ours: an old copy, which does
	 * not know what was lifted since it was made (zone_old.c). */
	atomic_bool old_copy[NODE_CHANNELS_MAX + 1];
	/* What the store has of the channel is not what was recorded (log_check.h): set
	 * at the start, never taken back. */
	atomic_bool damaged[NODE_CHANNELS_MAX + 1];
	pthread_mutex_t guard_mu; /* of what follows */
	struct log_guard guard[NODE_CHANNELS_MAX + 1];
	atomic_bool rekeyed[NODE_CHANNELS_MAX + 1]; /* our newest keys are in force in our
						       log, as far as is known */
	atomic_bool identity_told[NODE_CHANNELS_MAX + 1]; /* to the peer */
	atomic_bool asked[NODE_CHANNELS_MAX + 1]; /* the peer said what it has of our log,
						     since our start */
	atomic_bool fraud_untold[NODE_CHANNELS_MAX + 1]; /* the peer may lack a proof, or
							    our word on an epoch */
	atomic_uchar refused[NODE_CHANNELS_MAX + 1][NODE_REFUSED_CALLS]; /* what people
									    know of it */
	atomic_bool epoch_looked; /* every epoch that began is in our logs */
	int64_t asked_us[NODE_CHANNELS_MAX + 1]; /* when, by clock_mono_us(); its pusher's
						  */

	bool queue_told;      /* people know whether objections wait long; the tick's */
	bool objections_wait; /* what they were told */
	struct stat_cache *statistics;
	int64_t lack_look_us; /* when what operators lack is looked at; for the tick only
			       */
	int64_t lack_seen_us; /* the newest change of a zone that was seen; likewise */
	int64_t disk_look_us; /* when the disk is looked at again; for the tick only */
	bool disk_told, disk_low;  /* what people were told of it; likewise */
	atomic_bool writer_failed; /* the last group could not be committed */
	int64_t still_look_us; /* when what was lifted is looked at; for the tick only */
	int64_t held_look_us;  /* when what the last gate holds is; likewise */
	int64_t zone_look_us;  /* when folds may be due next; for the tick only */
	pthread_mutex_t given_mu;    /* of the file that says the next */
	int64_t zone_ahead_us;	     /* when a resolver was believed to be ahead; the
					writer's */
	_Atomic uint32_t zone_given; /* newest serial of any zone that was given out */
	int zone_old_told;    /* what people were told of an old copy's zones; likewise */
	int64_t test_look_us; /* when channel tests may be due next; for the tick only */
	int64_t refused_look_us;    /* when refusals are counted next; likewise */
	pthread_mutex_t metrics_mu; /* of the two that follow */
	json_t *event_counts;	    /* since the start, by type */
	int64_t event_counted_us;

	pthread_mutex_t checkpoint_mu;
	sem_t password_places;	/* argon2id takes 64 MiB */
	const char **passwords; /* that nobody may have, in order */
	size_t n_passwords;
	unsigned totp_roles; /* that must have TOTP, ROLE_BIT()s */
	struct access_log *access;
};

/* One process a directory: whoever holds the lock is the node.  *ret_fd is -1 or the
 * caller's to close, on a failure too.  RC_NOT_FOUND, RC_CONFLICT. */
enum rc node_lock(struct arena *a, const char *dir, int *ret_fd,
		  struct err *e) MUST_CHECK;

/* What a node reads from files of its machine. */
enum rc node_lists_load(struct node *nd, struct err *e) MUST_CHECK;
/* May this daemon run the route, beside another? RC_UNAVAILABLE. */
enum rc beside_may(const struct node *nd, const struct service_route *r,
		   struct err *e) MUST_CHECK;

/* A reading handle from the pool; give it back with reader_put(). */
enum rc reader_get(struct node *nd, struct store **ret, struct err *e) MUST_CHECK;
/* And a reading transaction: all queries see one moment. */
enum rc reader_snapshot(struct node *nd, struct store **ret, struct err *e) MUST_CHECK;
void reader_put(struct node *nd, struct store *s); /* NULL allowed */

/* Our signed checkpoint of the channel's own log as the reader sees it, made when there
 * is none for that size.  *ret_head is that log's head. */
enum rc node_checkpoint(struct node *nd, struct store *s, struct arena *a,
			int64_t channel, struct log_head *ret_head, const char **ret_note,
			struct err *e) MUST_CHECK;

/* At the start, before any thread: which own logs must take nothing, and why. */
enum rc channels_examine(struct node *nd, struct err *e) MUST_CHECK;
json_t *channels_frozen_json(struct node *nd);
/* Append each peer with its delivery, the policy in effect, and whether the channel is a
 * TEST. */
enum rc peers_json(struct store *s, struct arena *a, json_t *into,
		   struct err *e) MUST_CHECK;
/* RC_FROZEN when the channel's own log takes nothing: it is brought back, or the channel
 * is frozen. */
enum rc channel_usable(struct node *nd, int64_t channel, struct err *e) MUST_CHECK;

/* RC_UNAVAILABLE when what the store has of the channel is damaged: then nothing is
 * signed about the peer's log either. */
enum rc channel_whole(struct node *nd, int64_t channel, struct err *e) MUST_CHECK;

/* The channel with this peer, or the only one when `peer` is NULL.  RC_NOT_FOUND. */
enum rc channel_of_peer(struct store *s, struct arena *a, const char *peer,
			struct channel_row *ret, struct err *e) MUST_CHECK;
enum rc channel_by_id(struct store *s, struct arena *a, int64_t channel,
		      struct channel_row *ret, struct err *e) MUST_CHECK;
enum party party_other(enum party p);

/* The peer called: a retry that waits for it waits no longer. */
enum rc exchange_peer_is_back(struct node *nd, struct store *s, int64_t peer,
			      struct err *e) MUST_CHECK;

/* A tlog-proof of leaf `seq` in the tree of `size`, whose checkpoint is `note`. */
enum rc proof_put(struct store *s, const struct log_head *h, uint64_t seq, uint64_t size,
		  const char *note, struct buf *b, struct err *e) MUST_CHECK;

/* Disclosures that wait for their event.  NULL allowed. */
void brought_free(struct brought *h);

/* A whole file in the arena, with a zero after it.  RC_TOO_LARGE past 16 MiB. */
enum rc file_load(struct arena *a, const char *path, const char **ret, size_t *ret_len,
		  struct err *e) MUST_CHECK;
/* A root key as the file says it that is to leave the machine. */
const char *root_key_text(struct arena *a, const char *org, const uint8_t seed[SEED_LEN]);
/* A new file of mode 0600, durable. */
enum rc file_write(const char *path, const void *p, size_t len, struct err *e) MUST_CHECK;
/* What was made, renamed or removed in a folder is durable. */
enum rc dir_sync(const char *path, struct err *e) MUST_CHECK;

/* Nothing but spaces and what nobody sees. */
bool text_is_blank(const char *s);

/* Members of a request.  Each names the member in its error.  A required text says
 * something: it is not blank. */
enum rc in_only(json_t *in, const char *known, struct err *e) MUST_CHECK; /* "a b c" */
enum rc in_text(json_t *in, const char *name, bool required, size_t max, const char **ret,
		struct err *e) MUST_CHECK; /* NULL: absent */
enum rc in_int(json_t *in, const char *name, int64_t min, int64_t max, int64_t dflt,
	       int64_t *ret, struct err *e) MUST_CHECK;
enum rc in_bool(json_t *in, const char *name, bool *ret, struct err *e) MUST_CHECK;
enum rc in_uuid(json_t *in, const char *name, const char **ret, struct err *e) MUST_CHECK;

/* "format": csv instead of json. */
enum rc in_csv(json_t *in, bool *ret, struct err *e) MUST_CHECK;

/* A JSON value that lives as long as the arena. */
json_t *reply_json(struct arena *a, struct reply *out, json_t *stolen);
/* The text of `b`, which is freed, as a file of comma-separated values.
 * RC_TOO_LARGE: it outgrew what `b` may hold. */
enum rc reply_csv(struct arena *a, struct reply *out, struct buf *b, const char *file,
		  struct err *e) MUST_CHECK;
json_t *json_time(int64_t us); /* RFC 3339, null for 0 */

#endif
