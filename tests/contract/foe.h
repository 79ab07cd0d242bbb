/*
 * foe - a peer with keys of its own that says whatever a test wants it to say.
 *
 * It is introduced to a node of node_fixture.h as an authority, and writes its log in
 * memory: events that are good, or broken in one way, and checkpoints over them.
 */
#ifndef SALURAN_TESTS_FOE_H
#define SALURAN_TESTS_FOE_H

#include "core/event.h"
#include "core/merkle.h"
#include "node_fixture.h"

enum { FOE_LEAVES_MAX = 4096, FOE_TEXTS_MAX = 16 };

struct foe_leaf {
	const char *jws;
	size_t len;
	struct hash leaf;
};

struct foe {
	struct fix *f;
	int64_t peer; /* the channel at the node */
	const char *org, *channel, *origin, *node_origin;
	const struct identity *id;
	uint8_t root[SEED_LEN], event[SEED_LEN], log[SEED_LEN], receipt[SEED_LEN];
	struct foe_leaf *leaf;
	uint64_t n;
	uint64_t pending, stored; /* what the node has */
	struct buf texts;	  /* disclosures not yet sent, a line each */
	int64_t now_us;
	char last_sig[256]; /* base64 of the node's last receipt */
};

/* The policy that foes offer: fix_policy, unless a test sets another. */
extern const char *foe_policy;
/* fix_policy, but orders of one approval, and emergencies that last for years. */
extern const char foe_lax_policy[];
/* What an emergency's draft discloses at least, with "x" as its text. */
#define FOE_DRAFT_TEXTS                                                                  \
	{"text", "\"x\""}, {"reasons", "\"r\""}, {"legal_basis", "\"l\""},               \
		{"proportionality", "\"p\""}, {"collateral", "\"c\""},                   \
	{                                                                                \
		"emergency_reason", "\"e\""                                              \
	}

/* Number `n` makes its name and its keys.  Introduced to f->n[PARTY_PLATFORM]. */
void foe_open(struct foe *x, struct fix *f, unsigned n);
void foe_close(struct foe *x);
/* As foe_open(), not introduced; and what POST /v1/peers takes for it.  Numbers that
 * differ by 256 have the same keys. */
void foe_make(struct foe *x, struct fix *f, unsigned n);
json_t *foe_introduction(struct foe *x);

struct foe_text {
	const char *name, *json;
};

/* NULL and 0: as it must be. */
struct foe_event {
	const char *type, *casefile, *by, *body;
	struct foe_text texts[FOE_TEXTS_MAX];
	const char *log;
	uint64_t seq; /* UINT64_MAX - k: k too small */
	const struct hash *prev;
	const uint8_t *seed;	 /* signs */
	const uint8_t *kid_seed; /* whose key the header names */
	uint64_t ack_size;
	const struct hash *ack_root;
	int64_t iat_us;
	const struct event_ref *ref;
	const struct hash *sd; /* names this disclosure beside its texts */
};
/* Append it, and keep its disclosures for the next sending.  Returns its seq. */
uint64_t foe_append(struct foe *x, const struct foe_event *ev);
/* Append bytes as they are. */
uint64_t foe_append_raw(struct foe *x, const char *bytes, size_t len);
/* Forget the last `n`. */
void foe_drop(struct foe *x, uint64_t n);

struct hash foe_root(struct foe *x, uint64_t size);
/* A signed checkpoint; `seed` NULL: of its log key. */
const char *foe_note(struct foe *x, const char *origin, uint64_t size,
		     const struct hash *root, const uint8_t *seed);

/* Requests as they must be: the test breaks them. */
struct mirror_checkpoint foe_checkpoint(struct foe *x);
struct mirror_entries foe_entries(struct foe *x);
enum rc foe_send_disclosures(struct foe *x, struct err *e);
enum rc foe_send_checkpoint(struct foe *x, const struct mirror_checkpoint *req,
			    struct err *e);
enum rc foe_send_entries(struct foe *x, const struct mirror_entries *req,
			 struct exchange_answer *ret, struct err *e);
/* All three; the error is of the first that is refused. */
enum rc foe_send(struct foe *x, struct err *e);

/* A whole notice of `items` items: its parts of one, and its manifest. */
void foe_notice(struct foe *x, const char *casefile, unsigned items);
/* Its two halves; the second follows the first at once in the log. */
void foe_parts(struct foe *x, const char *casefile, unsigned items);
void foe_manifest(struct foe *x, const char *casefile, unsigned items);
/* Of parts that begin at that place of the log. */
void foe_manifest_of(struct foe *x, const char *casefile, unsigned items, uint64_t first);

#endif
