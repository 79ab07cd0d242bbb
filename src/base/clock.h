/*
 * clock - the only place where time enters, and its two text forms.
 *
 * Times are microseconds since 1970-01-01 UTC (`_us`).  core/ never calls
 * clock_now_us(): it is given the time.
 */
#ifndef SALURAN_BASE_CLOCK_H
#define SALURAN_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"

#define CLOCK_US_PER_S INT64_C(1000000)
#define CLOCK_STEP_US  (300 * CLOCK_US_PER_S)

enum { CLOCK_TEXT_LEN = 32 };

/*
 * The time of day: the system's clock, unless clock_believe() was called and the system's
 * clock has since jumped by more than CLOCK_STEP_US against the time that passes.  Then
 * it goes on from before the jump, until the system's clock is back or is believed.
 */
int64_t clock_now_us(void);
/* The system's clock as it stands (`wall`), and the time that has passed since the
 * machine was booted, sleep counted (`boot`), which never jumps. */
void clock_read(int64_t *ret_wall_us, int64_t *ret_boot_us);
/* From now on the time of day is `boot` + `offset_us`. */
void clock_believe(int64_t offset_us);
/* That offset as it is now; small corrections of the system's clock are followed.  False:
 * clock_believe() was not called. */
bool clock_believed(int64_t *ret_offset_us);

/*
 * Where SALURAN_FAULTS is defined, the file that SALURAN_CLOCK_FILE names has one or two
 * numbers (decimal, microseconds), read at each call: how much time has passed beside the
 * system's, and how far the system's clock lies, which may be negative.  Whoever moves it
 * renames a whole file into place.
 */
int64_t clock_mono_us(void); /* for durations: never goes back */

/* RFC 3339 in UTC with microseconds, "2017-07-14T04:00:00.000000Z"; `out` has
 * CLOCK_TEXT_LEN bytes.  Returns `out`.  Times outside years 0000-9999 become "?". */
char *clock_format(int64_t us, char *out);

/* RFC 3339 with any offset, up to 6 decimals, and leap seconds refused.  RC_INVALID. */
enum rc clock_parse(const char *s, size_t len, int64_t *ret_us) MUST_CHECK;

#endif
