/*
 * clock - the only place where time enters, and its two text forms.
 *
 * Times are microseconds since 1970-01-01 UTC (`_us`).  core/ never calls
 * clock_now_us(): it is given the time.
 */
#ifndef SALURAN_BASE_CLOCK_H
#define SALURAN_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"

#define CLOCK_US_PER_S INT64_C(1000000)

enum { CLOCK_TEXT_LEN = 32 };

/* Where SALURAN_FAULTS is defined, ahead of the system's clock by the microseconds
 * (decimal) in the file that SALURAN_CLOCK_FILE names, read at each call: tests let days
 * pass for a daemon. Whoever moves it renames a whole file into place. */
int64_t clock_now_us(void);
int64_t clock_mono_us(void); /* for durations: never goes back */

/* RFC 3339 in UTC with microseconds, "2017-07-14T04:00:00.000000Z"; `out` has
 * CLOCK_TEXT_LEN bytes.  Returns `out`.  Times outside years 0000-9999 become "?". */
char *clock_format(int64_t us, char *out);

/* RFC 3339 with any offset, up to 6 decimals, and leap seconds refused.  RC_INVALID. */
enum rc clock_parse(const char *s, size_t len, int64_t *ret_us) MUST_CHECK;

#endif
