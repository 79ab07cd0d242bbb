#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

/* The offset of clock_believe(), or NONE. */
#define NONE INT64_MIN
/* Smaller differences are of two clocks that are not read at once. */
#define FOLLOW_US CLOCK_US_PER_S

static _Atomic int64_t believed = NONE;

#ifdef SALURAN_FAULTS

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOVED_DIGITS_MAX = 18, MOVED_TEXT_MAX = 2 * MOVED_DIGITS_MAX + 4 };

struct moved {
	int64_t passed_us, lie_us;
};

/* A number of the file; false: it is none. */
static bool
moved_number(const char **at, int64_t *ret)
{
	bool minus = **at == '-';
	const char *digits = *at += minus;
	int64_t n = 0;

	for (; **at >= '0' && **at <= '9' && *at - digits < MOVED_DIGITS_MAX; (*at)++)
		n = n * 10 + (**at - '0');
	*ret = minus ? -n : n;
	return *at != digits;
}

/* What the file says; nothing moved when it says anything else. */
static struct moved
moved_read(void)
{
	const char *path = getenv("SALURAN_CLOCK_FILE"), *at;
	char text[MOVED_TEXT_MAX + 1] = "";
	struct moved m = {0}, none = {0};

	if (path == NULL)
		return none;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return none;
	ssize_t n = read(fd, text, sizeof(text));
	close(fd);
	if (n < 1 || n == (ssize_t)sizeof(text))
		return none;
	if (text[n - 1] == '\n')
		text[n - 1] = '\0';
	at = text;
	if (!moved_number(&at, &m.passed_us) || m.passed_us < 0)
		return none;
	if (*at == ' ') {
		at++;
		if (!moved_number(&at, &m.lie_us))
			return none;
	}
	return *at == '\0' ? m : none;
}

#else

struct moved {
	int64_t passed_us, lie_us;
};

static struct moved
moved_read(void)
{
	return (struct moved){0};
}

#endif

static int64_t
read_us(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * CLOCK_US_PER_S + ts.tv_nsec / 1000;
}

void
clock_read(int64_t *ret_wall_us, int64_t *ret_boot_us)
{
	struct moved m = moved_read();

	*ret_wall_us = read_us(CLOCK_REALTIME) + m.passed_us + m.lie_us;
	*ret_boot_us = read_us(CLOCK_BOOTTIME) + m.passed_us;
}

static int64_t
distance(int64_t a, int64_t b)
{
	return a < b ? b - a : a - b;
}

int64_t
clock_now_us(void)
{
	int64_t kept = atomic_load_explicit(&believed, memory_order_relaxed), wall, boot;

	clock_read(&wall, &boot);
	int64_t now = wall - boot;
	if (kept == NONE)
		return wall;
	if (distance(now, kept) > CLOCK_STEP_US)
		return boot + kept;
	/* Another thread may just have believed something else: that stands. */
	if (distance(now, kept) > FOLLOW_US)
		atomic_compare_exchange_strong(&believed, &kept, now);
	return wall;
}

void
clock_believe(int64_t offset_us)
{
	atomic_store(&believed, offset_us);
}

bool
clock_believed(int64_t *ret_offset_us)
{
	*ret_offset_us = atomic_load(&believed);
	return *ret_offset_us != NONE;
}

int64_t
clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

char *
clock_format(int64_t us, char *out)
{
	int64_t frac = us % CLOCK_US_PER_S;
	time_t t = (time_t)(us / CLOCK_US_PER_S);
	struct tm tm;

	if (frac < 0) {
		frac += CLOCK_US_PER_S;
		t--;
	}
	if (gmtime_r(&t, &tm) == NULL || tm.tm_year < -1900 || tm.tm_year > 8099) {
		snprintf(out, CLOCK_TEXT_LEN, "?");
		return out;
	}
	/* The year apart: strftime() writes the year 0 as one digit. */
	size_t n = (size_t)snprintf(out, CLOCK_TEXT_LEN, "%04d", tm.tm_year + 1900);
	n += strftime(out + n, CLOCK_TEXT_LEN - n, "-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, CLOCK_TEXT_LEN - n, ".%06dZ", (int)frac);
	return out;
}

/* `n` decimal digits at s[*i]. */
static bool
take_digits(const char *s, size_t len, size_t *i, int n, int *ret)
{
	*ret = 0;
	for (; n > 0; n--, (*i)++) {
		if (*i >= len || s[*i] < '0' || s[*i] > '9')
			return false;
		*ret = *ret * 10 + (s[*i] - '0');
	}
	return true;
}

static bool
take_char(const char *s, size_t len, size_t *i, char upper)
{
	if (*i >= len || (s[*i] != upper && s[*i] != (upper | 0x20)))
		return false;
	(*i)++;
	return true;
}

enum rc
clock_parse(const char *s, size_t len, int64_t *ret_us)
{
	static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day, hour, minute, second, off_h = 0, off_m = 0, sign = 1;
	int64_t frac = 0;
	size_t i = 0;

	if (!take_digits(s, len, &i, 4, &year) || !take_char(s, len, &i, '-') ||
	    !take_digits(s, len, &i, 2, &month) || !take_char(s, len, &i, '-') ||
	    !take_digits(s, len, &i, 2, &day) || !take_char(s, len, &i, 'T') ||
	    !take_digits(s, len, &i, 2, &hour) || !take_char(s, len, &i, ':') ||
	    !take_digits(s, len, &i, 2, &minute) || !take_char(s, len, &i, ':') ||
	    !take_digits(s, len, &i, 2, &second))
		return RC_INVALID;
	if (i < len && s[i] == '.') {
		int64_t unit = CLOCK_US_PER_S / 10;
		size_t first = ++i;
		for (; i < len && s[i] >= '0' && s[i] <= '9'; i++, unit /= 10)
			frac += unit * (s[i] - '0');
		if (i == first || i - first > 6)
			return RC_INVALID;
	}
	if (!take_char(s, len, &i, 'Z')) {
		if (i >= len || (s[i] != '+' && s[i] != '-'))
			return RC_INVALID;
		sign = s[i++] == '-' ? -1 : 1;
		if (!take_digits(s, len, &i, 2, &off_h) || !take_char(s, len, &i, ':') ||
		    !take_digits(s, len, &i, 2, &off_m))
			return RC_INVALID;
	}
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (i != len || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 ||
	    second > 59 || off_h > 23 || off_m > 59 ||
	    day > month_days[month - 1] + (month == 2 && leap ? 1 : 0))
		return RC_INVALID;
	struct tm tm = {.tm_year = year - 1900,
			.tm_mon = month - 1,
			.tm_mday = day,
			.tm_hour = hour,
			.tm_min = minute,
			.tm_sec = second};
	int64_t offset = (int64_t)sign * (off_h * 3600 + off_m * 60);
	*ret_us = ((int64_t)timegm(&tm) - offset) * CLOCK_US_PER_S + frac;
	return RC_OK;
}
