/*
 * rotate - all keys of a node are replaced by a new identity entry (protocol 9); for the
 * files of service/ only.
 *
 * The new keys are made in keys.making beside the old ones, with keys/identity.jws, the
 * whole identity log.  That folder, complete, becomes keys.next: from then on the
 * rotation has happened, and its files are put in their places, now or at the next start.
 */
#ifndef SALURAN_SERVICE_ROTATE_H
#define SALURAN_SERVICE_ROTATE_H

#include "core/identity_log.h"
#include "store/store.h"

/* Bring one that was interrupted to its end, or take it back.  Before the keys are read.
 */
enum rc rotation_end(struct arena *a, const char *dir, struct err *e) MUST_CHECK;
/* Our entries: the store's and those beside the keys, which the store may lack when it is
 * an older copy; it gets them if `keep`.  RC_CORRUPT: there is none, or they contradict.
 */
enum rc rotation_entries(struct store *s, struct arena *a, const char *dir, bool keep,
			 struct identity_log *ret, struct err *e) MUST_CHECK;

#endif
