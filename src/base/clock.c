#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#ifdef SALURAN_FAULTS

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { AHEAD_DIGITS_MAX = 18, AHEAD_TEXT_MAX = AHEAD_DIGITS_MAX + 1 };

/* What the file that SALURAN_CLOCK_FILE names says; 0 when it is no number. */
static int64_t
ahead_us(void)
{
	const char *path = getenv("SALURAN_CLOCK_FILE");
	char text[AHEAD_TEXT_MAX + 1];
	int64_t ahead = 0;

	if (path == NULL)
		return 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t n = read(fd, text, sizeof(text));
	close(fd);
	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (n < 1 || n > AHEAD_DIGITS_MAX)
		return 0;
	for (ssize_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		ahead = ahead * 10 + (text[i] - '0');
	}
	return ahead;
}

#else

static int64_t
ahead_us(void)
{
	return 0;
}

#endif

int64_t
clock_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * CLOCK_US_PER_S + ts.tv_nsec / 1000 + ahead_us();
}

int64_t
clock_mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * CLOCK_US_PER_S + ts.tv_nsec / 1000;
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
