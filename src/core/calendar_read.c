/*
 * A calendar from its file: everything that a date computation would stumble over is
 * refused here, with the path of the member.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/calendar.h"

enum { DATE_LEN = 10, HOUR_LEN = 5 };

static bool
digits(const char *s, size_t n, int64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		*ret = *ret * 10 + (s[i] - '0');
	}
	return true;
}

enum rc
calendar_date_parse(const char *s, size_t len, int64_t *ret_day)
{
	char text[] = "....-..-..T00:00:00Z";
	int64_t us;

	if (len != DATE_LEN)
		return RC_INVALID;
	memcpy(text, s, DATE_LEN);
	if (clock_parse(text, sizeof(text) - 1, &us) != RC_OK)
		return RC_INVALID;
	int64_t day_us = CALENDAR_DAY_S * CLOCK_US_PER_S;
	*ret_day = us / day_us - (us % day_us < 0);
	return RC_OK;
}

/* "08:30", and "24:00" for the end of a day. */
static int64_t
hour_read(struct docread *d, const json_t *o, const char *at, const char *key)
{
	const char *s = docread_text(d, o, at, key, HOUR_LEN);
	int64_t h, m;

	if (d->rc != RC_OK)
		return 0;
	if (strlen(s) != HOUR_LEN || s[2] != ':' || !digits(s, 2, &h) ||
	    !digits(s + 3, 2, &m) || m > 59 || h * 60 + m > 24 * 60) {
		docread_fail(d, at, key, "must be a time of the day such as 08:30");
		return 0;
	}
	return (h * 60 + m) * 60;
}

static int
day_read(struct docread *d, const json_t *o, const char *at)
{
	static const char *const names[] = {"mon", "tue", "wed", "thu",
					    "fri", "sat", "sun"};
	const char *s = docread_code(d, o, at, "day", CALENDAR_CODE_MAX);

	for (int i = 0; i < 7; i++)
		if (strcmp(s, names[i]) == 0)
			return i;
	docread_fail(d, at, "day", "must be one of mon, tue, wed, thu, fri, sat, sun");
	return 0;
}

static void
week_read(struct docread *d, const json_t *o, const char *at, struct calendar *ret)
{
	static const char *const members[] = {"day", "from", "to", NULL};
	const json_t *list = docread_list(d, o, at, "week", 1, CALENDAR_WEEK_MAX);
	struct calendar_hours *week = arena_array(d->a, CALENDAR_WEEK_MAX, sizeof(*week));
	int64_t end = -1;

	for (size_t i = 0; d->rc == RC_OK && i < json_array_size(list); i++) {
		const char *path = arena_printf(d->a, "%s.week[%zu]", at, i);
		json_t *h = json_array_get(list, i);

		docread_members(d, h, path, members);
		week[i].day = day_read(d, h, path);
		week[i].from_s = hour_read(d, h, path, "from");
		week[i].to_s = hour_read(d, h, path, "to");
		if (week[i].to_s <= week[i].from_s)
			docread_fail(d, path, "to", "must be after from");
		int64_t from = week[i].day * CALENDAR_DAY_S + week[i].from_s;
		if (from < end)
			docread_fail(d, path, "from",
				     "the week must ascend, and its intervals must not "
				     "overlap");
		end = week[i].day * CALENDAR_DAY_S + week[i].to_s;
	}
	ret->week = week;
	ret->n_week = json_array_size(list);
}

static void
offsets_read(struct docread *d, const json_t *o, const char *at, struct calendar *ret)
{
	static const char *const members[] = {"from", "offset_s", NULL};
	struct calendar_offset *offsets =
		arena_array(d->a, CALENDAR_OFFSETS_MAX, sizeof(*offsets));
	bool one = json_object_get(o, "offset_s") != NULL;
	bool many = json_object_get(o, "offsets") != NULL;

	ret->offsets = offsets;
	ret->n_offsets = 1;
	offsets[0].from_us = INT64_MIN;
	if (one == many)
		docread_fail(d, at, "offset_s",
			     "one of offset_s and offsets must be there");
	if (!many) {
		offsets[0].offset_s =
			docread_int(d, o, at, "offset_s", -CALENDAR_OFFSET_MAX_S,
				    CALENDAR_OFFSET_MAX_S);
		return;
	}
	const json_t *list = docread_list(d, o, at, "offsets", 1, CALENDAR_OFFSETS_MAX);
	for (size_t i = 0; d->rc == RC_OK && i < json_array_size(list); i++) {
		const char *path = arena_printf(d->a, "%s.offsets[%zu]", at, i);
		json_t *change = json_array_get(list, i);

		docread_members(d, change, path, members);
		if (json_is_object(change) && json_object_get(change, "from") == NULL)
			docread_fail(d, path, "from", "missing: it must be a time");
		offsets[i].from_us = docread_time_or(d, change, path, "from", 0);
		offsets[i].offset_s =
			docread_int(d, change, path, "offset_s", -CALENDAR_OFFSET_MAX_S,
				    CALENDAR_OFFSET_MAX_S);
		if (i > 0 && offsets[i].from_us - offsets[i - 1].from_us <
				     CALENDAR_DAY_S * CLOCK_US_PER_S)
			docread_fail(d, path, "from",
				     "must be at least a day after the one before");
	}
	ret->n_offsets = json_array_size(list);
}

static size_t
dates_read(struct docread *d, const json_t *o, const char *at, const char *key,
	   const int64_t **ret)
{
	if (json_object_get(o, key) == NULL)
		return 0;
	const json_t *list = docread_list(d, o, at, key, 0, CALENDAR_DATES_MAX);
	size_t n = json_array_size(list);
	int64_t *days = arena_array(d->a, n + 1, sizeof(*days));

	for (size_t i = 0; d->rc == RC_OK && i < n; i++) {
		const json_t *v = json_array_get(list, i);
		const char *path = arena_printf(d->a, "%s.%s[%zu]", at, key, i);
		const char *s = json_is_string(v) ? json_string_value(v) : "";

		if (calendar_date_parse(s, strlen(s), &days[i]) != RC_OK)
			docread_fail(d, path, NULL, "must be a date such as 2017-08-17");
		else if (i > 0 && days[i] <= days[i - 1])
			docread_fail(d, path, NULL, "dates must ascend, each once");
	}
	*ret = days;
	return n;
}

/* A week without holidays has a working hour; each run of holidays must end soon. */
static void
gaps_check(struct docread *d, const char *at, const struct calendar *c)
{
	for (size_t i = 0; d->rc == RC_OK && i < c->n_holidays; i++) {
		int64_t day = c->holidays[i];

		while (day <= c->holidays[i] + CALENDAR_GAP_MAX_DAYS &&
		       !calendar_works(c, day))
			day++;
		if (day > c->holidays[i] + CALENDAR_GAP_MAX_DAYS)
			docread_fail(d, arena_printf(d->a, "%s.holidays[%zu]", at, i),
				     NULL, "no working hour in the %d days from here",
				     CALENDAR_GAP_MAX_DAYS);
	}
}

void
calendar_read(struct docread *d, json_t *o, const char *at, struct calendar *ret)
{
	static const char *const members[] = {"code",	  "offset_s", "offsets", "week",
					      "holidays", "no_send",  NULL};

	*ret = (struct calendar){0};
	docread_members(d, o, at, members);
	ret->code = docread_code(d, o, at, "code", CALENDAR_CODE_MAX);
	offsets_read(d, o, at, ret);
	week_read(d, o, at, ret);
	ret->n_holidays = dates_read(d, o, at, "holidays", &ret->holidays);
	ret->n_no_send = dates_read(d, o, at, "no_send", &ret->no_send);
	if (d->rc == RC_OK)
		gaps_check(d, at, ret);
}
