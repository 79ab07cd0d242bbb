/*
 * identity_log - all entries of one organisation, and from where on in its log of a
 * channel each is in force (protocol 9).
 *
 * Validity of a key is a matter of place, not of time: an event is under the entry that
 * is in force where it stands, a head under that of its last event, a receipt under any
 * entry whose successor had not less of the log when it came into force.
 *
 * Pure.  The arena owns the entries.
 */
#ifndef SALURAN_CORE_IDENTITY_LOG_H
#define SALURAN_CORE_IDENTITY_LOG_H

#include "core/event.h"
#include "core/identity.h"

enum {
	IDENTITY_ENTRIES_MAX = 64,  /* of one organisation */
	IDENTITY_ENTRY_MAX = 16384, /* bytes of an entry after the first */
	IDENTITY_REKEY_MAX = 8,	    /* entries that one channel.rekey brings */
	IDENTITY_LOG_MAX = INTRODUCTION_MAX + IDENTITY_ENTRIES_MAX * IDENTITY_ENTRY_MAX,
};

#define IDENTITY_REKEY_TYPE "channel.rekey"

/* From event `seq` on entry `n` is in force; that event acknowledges `had` events of the
 * other log. */
struct identity_turn {
	uint64_t n, seq, had;
};

struct identity_log {
	const struct identity *entry[IDENTITY_ENTRIES_MAX]; /* by number */
	size_t n;
	struct identity_turn turn[IDENTITY_ENTRIES_MAX]; /* of one log, ascending */
	size_t n_turns;
	/* After RC_CONFLICT: the second entry of number second_n, as it was shown. */
	const char *second;
	size_t second_n;
};

/* The next entry.  RC_UNPROCESSABLE: it does not follow the last; RC_TOO_LARGE; RC_LIMIT
 * past IDENTITY_ENTRIES_MAX. */
enum rc identity_log_add(struct arena *a, struct identity_log *l, const char *wire,
			 size_t len, struct err *e) MUST_CHECK;
/* As identity_log_add(), of a store whose entries were `seen` (identity.h). */
enum rc identity_log_add_seen(struct arena *a, struct identity_log *l,
			      struct identity_seen *seen, const char *wire, size_t len,
			      struct err *e) MUST_CHECK;
/* Lines that each end in LF, from entry 0 on: those that are known must be the same,
 * others are added.  RC_CONFLICT: another entry of a known number, signed by its root. */
enum rc identity_log_take(struct arena *a, struct identity_log *l, const char *lines,
			  size_t len, struct err *e) MUST_CHECK;
/* Of the last entry and those before it. */
void identity_log_from(struct identity_log *l, const struct identity *newest);
/* As lines. */
char *identity_log_text(struct arena *a, const struct identity_log *l);
/* Of a log with an entry. */
const struct identity *identity_log_newest(const struct identity_log *l);
/* RC_LIMIT past IDENTITY_ENTRIES_MAX. */
enum rc identity_log_turn(struct identity_log *l, const struct identity_turn *t,
			  struct err *e) MUST_CHECK;

/* The number of the entry that is in force for event `seq`; without a turn the newest. */
size_t identity_log_at(const struct identity_log *l, uint64_t seq);
/* The newest entry with that event key.  false: none. */
bool identity_log_of_kid(const struct identity_log *l, const char *kid, size_t *ret_n);
/* Does a head of `size` of its log stand that is signed by the log key of entry `n`? */
bool identity_head_stands(const struct identity_log *l, size_t n, uint64_t size);
/* Does its receipt for `size` of the other log stand, by the receipt key of entry `n`? */
bool identity_receipt_stands(const struct identity_log *l, size_t n, uint64_t size);

/* The keys of all entries, by number, as notes name them; `ret` has
 * IDENTITY_ENTRIES_MAX. */
enum rc identity_log_log_keys(const struct identity_log *l, const char *origin,
			      struct note_key *ret, struct err *e) MUST_CHECK;
enum rc identity_log_receipt_keys(const struct identity_log *l, struct note_key *ret,
				  struct err *e) MUST_CHECK;

/*
 * A head of the log `origin`: is it signed by a log key that stands for its size?  Lines
 * of keys that do not stand are as if they were not there.  *ret_head: the note with the
 * line of the newest of these keys alone.  RC_DENIED: no; RC_DENIED too when a known
 * key's signature is wrong.
 */
enum rc identity_log_head_verify(struct arena *a, const struct identity_log *l,
				 const struct note *note, const struct checkpoint *cp,
				 const char **ret_head, struct err *e) MUST_CHECK;
/* A note over a head of `size` that this organisation has cosigned: the line of its
 * newest key that stands, and its time.  RC_DENIED. */
enum rc identity_log_cosigned(struct arena *a, const struct identity_log *l,
			      const struct note *note, uint64_t size,
			      const char **ret_line, uint64_t *ret_time_s,
			      struct err *e) MUST_CHECK;
/* A receipt line of this organisation over the note text `text` of a head of `size`.
 * RC_DENIED: by none of its keys that stand. */
enum rc identity_log_receipt_verify(const struct identity_log *l, const char *line,
				    size_t len, uint64_t size, const char *text,
				    size_t text_len, uint64_t *ret_time_s,
				    struct err *e) MUST_CHECK;

/* By any of its entries, for what was verified when it was stored. */
enum rc identity_log_event_verify(const struct identity_log *l,
				  const struct event_claim *c, const struct event **ret,
				  struct err *e) MUST_CHECK;

/* Is this the form of a channel.rekey?  Only then it turns keys. */
bool identity_is_rekey(const struct event *ev, enum party from);
/*
 * The entries that a rekey brings come after entry `in_force`, one by one; those that are
 * not known yet are added.  *ret_n is the number of the last, which is in force from the
 * event on.  RC_UNPROCESSABLE: they do not follow; RC_CONFLICT: as identity_log_take().
 */
enum rc identity_log_rekey(struct arena *a, struct identity_log *l, size_t in_force,
			   const struct event *ev, size_t *ret_n,
			   struct err *e) MUST_CHECK;

#endif
