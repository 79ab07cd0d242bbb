/*
 * settled - rows of zones that every resolver was seen to treat as is expected.
 *
 * What has just changed is asked again soon, until it is settled; then it has its turn
 * like all others.  What is kept is bounded in number and in time: a row beyond either is
 * asked once more, never less.  For one thread.
 */
#ifndef SALURAN_PROBE_SETTLED_H
#define SALURAN_PROBE_SETTLED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct settled;

/* Keeps at most `max` rows.  Never NULL. */
struct settled *settled_new(size_t max);
void settled_free(struct settled *s);

/* `row` is settled as what it is to be now (`state`: another serial is another matter).
 */
bool settled_is(const struct settled *s, const char *row, const char *state);
/* Until then.  When there are too many it is not kept. */
void settled_put(struct settled *s, const char *row, const char *state, int64_t until_us);
void settled_drop(struct settled *s, const char *row);
/* Those whose time is over. */
void settled_forget(struct settled *s, int64_t now_us);
size_t settled_count(const struct settled *s);

#endif
