#include "core/calendar.h"

#include "base/clock.h"

#define DAY_US (CALENDAR_DAY_S * CLOCK_US_PER_S)

/* Rounds down, also before 1970. */
static int64_t
div_down(int64_t x, int64_t y)
{
	return x / y - (x % y < 0);
}

static int64_t
add_us(int64_t t, int64_t d)
{
	int64_t sum;

	if (__builtin_add_overflow(t, d, &sum))
		return d > 0 ? INT64_MAX : INT64_MIN;
	return sum;
}

static size_t
offset_at(const struct calendar *c, int64_t t_us)
{
	size_t i = 0;

	while (i + 1 < c->n_offsets && c->offsets[i + 1].from_us <= t_us)
		i++;
	return i;
}

static int64_t
offset_us(const struct calendar *c, size_t i)
{
	return c->offsets[i].offset_s * CLOCK_US_PER_S;
}

int64_t
calendar_day(const struct calendar *c, int64_t t_us)
{
	return div_down(add_us(t_us, offset_us(c, offset_at(c, t_us))), DAY_US);
}

static bool
is_in(const int64_t *days, size_t n, int64_t day)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (days[mid] < day)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && days[lo] == day;
}

/* 1970-01-01 was a Thursday. */
static int
weekday(int64_t day)
{
	int w = (int)((day + 3) % 7);

	return w < 0 ? w + 7 : w;
}

bool
calendar_works(const struct calendar *c, int64_t day)
{
	if (is_in(c->holidays, c->n_holidays, day))
		return false;
	for (size_t i = 0; i < c->n_week; i++)
		if (c->week[i].day == weekday(day))
			return true;
	return false;
}

bool
calendar_is_no_send(const struct calendar *c, int64_t t_us)
{
	return is_in(c->no_send, c->n_no_send, calendar_day(c, t_us));
}

/* The first working span from `t_us` on while offset `k` holds; false: none. */
static bool
span_within(const struct calendar *c, size_t k, int64_t t_us, struct span *ret)
{
	int64_t off = offset_us(c, k);
	int64_t end_us =
		k + 1 < c->n_offsets ? c->offsets[k + 1].from_us : INT64_MAX - DAY_US;
	int64_t day = div_down(add_us(t_us, off), DAY_US);

	for (; day <= INT64_MAX / DAY_US - 2; day++) {
		int64_t start = add_us(day * DAY_US, -off);

		if (start >= end_us)
			return false;
		if (!calendar_works(c, day))
			continue;
		for (size_t i = 0; i < c->n_week; i++) {
			const struct calendar_hours *h = &c->week[i];
			int64_t from = add_us(start, h->from_s * CLOCK_US_PER_S);
			int64_t to = add_us(start, h->to_s * CLOCK_US_PER_S);

			if (h->day != weekday(day))
				continue;
			from = from > t_us ? from : t_us;
			to = to < end_us ? to : end_us;
			if (from < to) {
				*ret = (struct span){from, to};
				return true;
			}
		}
	}
	return false;
}

struct span
calendar_span(const struct calendar *c, int64_t t_us)
{
	struct span s = {INT64_MAX, INT64_MAX};

	for (size_t k = offset_at(c, t_us); k < c->n_offsets; k++) {
		int64_t from = c->offsets[k].from_us;

		if (span_within(c, k, from > t_us ? from : t_us, &s))
			break;
	}
	return s;
}

/* The last working moment of a civil day is the end of its last span. */
static int64_t
day_end(const struct calendar *c, struct span s)
{
	int64_t day = calendar_day(c, s.from_us);

	for (;;) {
		struct span next = calendar_span(c, s.to_us);

		if (next.from_us == INT64_MAX || calendar_day(c, next.from_us) != day)
			return s.to_us;
		s = next;
	}
}

int64_t
calendar_days_end(const struct calendar *c, int64_t t_us, int64_t days)
{
	struct span s = calendar_span(c, t_us);
	int64_t end_us = s.to_us;

	for (int64_t i = 0; s.from_us != INT64_MAX; i++) {
		end_us = day_end(c, s);
		if (i == days)
			break;
		s = calendar_span(c, end_us);
	}
	return end_us;
}
