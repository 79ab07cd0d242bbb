/*
 * log - one line an event on standard error: time, level, stable id, key=value.
 *
 * Called at the edges only.  Ids, never content: no target, text, name or key.
 */
#ifndef SALURAN_BASE_LOG_H
#define SALURAN_BASE_LOG_H

#include "base/rc.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level least);

/* `id` is stable and dotted ("peer.push"); `fmt` gives space-separated key=value.
 * Safe from any thread: a line is one write. */
void log_line(enum log_level level, const char *id, const char *fmt, ...) PRINTF(3, 4);

#endif
