/*
 * log_check - is what the store has of a channel still what was recorded? (protocol 6)
 *
 * Every event of both logs is hashed again and compared with its leaf, with the nodes of
 * the tree, the head, the heads that were signed and the receipts: a byte that a disk, a
 * memory or a hand has changed is found before anything is signed over it.  It only
 * reads; the memory it takes does not hang on the size of the logs.
 *
 * What it does not look at: views, which are a fold of the events (`saluran rebuild`
 * compares them); disclosures, whose hash is compared whenever they are read; times of
 * arrival, which nothing signed hangs on; and private state.
 */
#ifndef SALURAN_SERVICE_LOG_CHECK_H
#define SALURAN_SERVICE_LOG_CHECK_H

#include "core/identity_log.h"
#include "store/store_log.h"

/* `own`: the entries of this node's organisation.  RC_CORRUPT: it is not, `e` says what
 * and how to mend it.  RC_UNAVAILABLE: the process was told to end meanwhile. */
enum rc log_check(struct store *s, const struct identity_log *own,
		  const struct channel_row *c, struct err *e) MUST_CHECK;
/* What is of no one channel: is every policy what its hash says, is every receipt of a
 * log?  RC_CORRUPT. */
enum rc log_check_store(struct store *s, struct err *e) MUST_CHECK;

#endif
