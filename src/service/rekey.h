/*
 * rekey - new keys of this organisation enter its logs (protocol 9); for the files of
 * service/ only.
 *
 * After a rotation the first event of each own log is a channel.rekey, which brings the
 * new entries.  Whoever appends or signs a head calls here first.
 */
#ifndef SALURAN_SERVICE_REKEY_H
#define SALURAN_SERVICE_REKEY_H

#include "service/node_int.h"

/* Before an event of this type is appended to the channel's own log. */
enum rc rekey_before(struct writer *w, int64_t channel, const char *type,
		     struct err *e) MUST_CHECK;
/* Before a head of it is signed; not for the writer's thread. */
enum rc rekey_channel(struct node *nd, int64_t channel, struct err *e) MUST_CHECK;
/* The log is another than it was: it is looked at again. */
void rekey_forget(struct node *nd, int64_t channel);

#endif
