/*
 * calendar - working hours, holidays and days on which nothing is sent, as data.
 *
 * Civil time is made from fixed offsets that the policy file lists, never from the
 * system's time zones: both nodes, and a court years later, must get the same result.  An
 * instant works when its civil time is inside an interval of the week on a day that is no
 * holiday; so an hour that comes twice counts twice and one that is left out does not
 * count, and nothing is ambiguous.
 *
 * Days are counted from 1970-01-01, weekdays from Monday (ISO 8601).  Pure.
 */
#ifndef SALURAN_CORE_CALENDAR_H
#define SALURAN_CORE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "core/docread.h"

enum {
	CALENDAR_DAY_S = 86400,
	CALENDAR_CODE_MAX = 40,
	CALENDAR_WEEK_MAX = 28,	   /* intervals of a week */
	CALENDAR_OFFSETS_MAX = 64, /* changes of the offset */
	CALENDAR_OFFSET_MAX_S = 14 * 3600,
	CALENDAR_DATES_MAX = 1000, /* holidays, or days on which nothing is sent */
	/* Between two working intervals.  Longer is taken for a mistake: a deadline must
	 * not stand still for a season because of a wrong year in a list. */
	CALENDAR_GAP_MAX_DAYS = 31,
};

/* From this instant on civil time is UTC + offset_s; the first also holds before. */
struct calendar_offset {
	int64_t from_us;
	int64_t offset_s;
};

/* Of each week, seconds of the day; to_s may be CALENDAR_DAY_S. */
struct calendar_hours {
	int day; /* 0 is Monday */
	int64_t from_s, to_s;
};

struct calendar {
	const char *code;
	const struct calendar_offset *offsets; /* ascending by from_us, at least one */
	size_t n_offsets;
	const struct calendar_hours *week; /* ascending, apart, at least one */
	size_t n_week;
	const int64_t *holidays; /* ascending */
	size_t n_holidays;
	const int64_t *no_send; /* ascending */
	size_t n_no_send;
};

/* A half-open span of time. */
struct span {
	int64_t from_us, to_us;
};

/* The calendar at path `at` of a document, into *ret; failures are kept in `d`.  Refused
 * are intervals that end before they start or touch each other, dates that are none or
 * stand twice, and a calendar that does not work for CALENDAR_GAP_MAX_DAYS. */
void calendar_read(struct docread *d, json_t *o, const char *at, struct calendar *ret);

/* "2017-08-17" as a day.  RC_INVALID. */
enum rc calendar_date_parse(const char *s, size_t len, int64_t *ret_day) MUST_CHECK;

/* The civil day of an instant. */
int64_t calendar_day(const struct calendar *c, int64_t t_us);
/* Does any of that day work? */
bool calendar_works(const struct calendar *c, int64_t day);
/* May a notice not be sent at that time? */
bool calendar_is_no_send(const struct calendar *c, int64_t t_us);

/*
 * The working span that holds `t_us`, cut to begin there, or else the first one after
 * it.  It ends with its interval or with a change of the offset.  There always is one;
 * past the end of time it is empty at INT64_MAX.
 */
struct span calendar_span(const struct calendar *c, int64_t t_us);

/* When working time ends on the day that is `days` working days after that of the first
 * working moment from `t_us` on: 0 is "the same day". */
int64_t calendar_days_end(const struct calendar *c, int64_t t_us, int64_t days);

#endif
