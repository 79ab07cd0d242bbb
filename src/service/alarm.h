/*
 * alarm - what people must see and did not ask for.
 *
 * An alarm has a key: raising it again changes its text and keeps the time at which it
 * was first raised, clearing it keeps it as past.  Private to this node.
 */
#ifndef SALURAN_SERVICE_ALARM_H
#define SALURAN_SERVICE_ALARM_H

#include "service/node_int.h"

enum {
	ALARM_KEY_MAX = 200,
	ALARM_TEXT_MAX = 500,
};

/*
 * Inside a job of the writer.
 *
 * key      "channel-test/2": unique; what clears it must know it
 * kind     token for filters: "channel_test", "order_ends"
 * subject  id of what it is about (an order, a case, a peer), or NULL
 * text     one sentence for people, without names or content
 */
enum rc alarm_raise(struct writer *w, const char *key, const char *kind,
		    const char *subject, const char *text, int64_t at_us,
		    struct err *e) MUST_CHECK;
/* Does nothing when it was not raised. */
enum rc alarm_clear(struct writer *w, const char *key, struct err *e) MUST_CHECK;

#endif
