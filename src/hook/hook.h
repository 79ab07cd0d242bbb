/*
 * hook - hands events over to webhooks.
 *
 * Threads: HOOK_THREADS, each with one request under way; a receiver is never sent to by
 * two of them.  No redirect is followed, no proxy of the environment used, and no address
 * of a private network connected to unless the setting webhook.private allows it: the
 * address is judged when it is known, after the name was looked up.
 */
#ifndef SALURAN_HOOK_HOOK_H
#define SALURAN_HOOK_HOOK_H

#include "service/node.h"

enum {
	HOOK_THREADS = 4,
	HOOK_CONNECT_MS = 10000,
	HOOK_REQUEST_MS = 20000,
	HOOK_ANSWER_MAX = 64 << 10, /* bytes of an answer that are read */
};

struct hook;

/* `nd` outlives it.  RC_IO: no thread is to be had. */
enum rc hook_start(struct node *nd, struct hook **ret, struct err *e) MUST_CHECK;
/* NULL allowed; node_stop() comes before. */
void hook_stop(struct hook *h);

#endif
