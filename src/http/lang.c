#include "http/lang.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"

enum {
	TEXT_BYTES_MAX = 64 << 10,
	QUALITY_ONE = 1000, /* "q=1" in thousandths */
	WIB_AHEAD_S = 7 * 3600,
	DIGITS_GROUP = 3,
};

static const char *const codes[LANG_COUNT] = {"id", "en"};

const char *
lang_code(enum lang l)
{
	return codes[l];
}

bool
lang_of_code(const char *code, enum lang *ret)
{
	for (int i = 0; i < LANG_COUNT; i++)
		if (strcmp(codes[i], code) == 0) {
			*ret = (enum lang)i;
			return true;
		}
	return false;
}

/* ";q=0.8" in thousandths; what cannot be read counts as 1. */
static int
quality_read(const char *s, size_t len)
{
	const char *q = memmem(s, len, "q=", 2);
	int value = 0, unit = QUALITY_ONE;

	if (q == NULL || q + 2 == s + len || (q[2] != '0' && q[2] != '1'))
		return QUALITY_ONE;
	for (const char *at = q + 2; at < s + len && unit > 0; at++) {
		if (*at == '.')
			continue;
		if (*at < '0' || *at > '9')
			break;
		value += unit * (*at - '0');
		unit /= 10;
	}
	return value < QUALITY_ONE ? value : QUALITY_ONE;
}

enum lang
lang_preferred(const char *accept)
{
	enum lang best = LANG_ID;
	int best_quality = 0;

	while (accept != NULL && *accept != '\0') {
		size_t len;
		accept += strspn(accept, " \t,");
		len = strcspn(accept, ",");
		for (int i = 0; i < LANG_COUNT; i++) {
			size_t n = strlen(codes[i]);
			if (len < n || strncasecmp(accept, codes[i], n) != 0 ||
			    (len > n && strchr("-; \t", accept[n]) == NULL))
				continue;
			int q = quality_read(accept, len);
			if (q > best_quality) {
				best_quality = q;
				best = (enum lang)i;
			}
		}
		accept += len;
	}
	return best;
}

static const char *
fill(struct arena *a, const char *text, const char *const args[], unsigned n_args)
{
	struct buf b = BUF_INIT(TEXT_BYTES_MAX);

	for (; *text != '\0'; text++) {
		if (*text != '{') {
			buf_putc(&b, *text);
			continue;
		}
		unsigned n =
			(unsigned)(text[1] - '0'); /* the generator took it: {1} … {4} */
		assert(n >= 1 && n <= n_args);
		buf_puts(&b, args[n - 1]);
		text += 2;
	}
	const char *ret = arena_strndup(a, buf_str(&b), b.len);
	buf_free(&b);
	return ret;
}

const char *
lang_text(enum lang l, enum text_key key)
{
	assert(text_rows[key].args == 0);
	return text_rows[key].lang[l].other;
}

const char *
lang_fill(struct arena *a, enum lang l, enum text_key key, const char *const args[])
{
	return fill(a, text_rows[key].lang[l].other, args, text_rows[key].args);
}

const char *
lang_count(struct arena *a, enum lang l, enum text_key key, int64_t n, const char *more)
{
	const struct text_row *row = &text_rows[key];
	const char *const args[] = {lang_number(a, l, n), more};

	assert(row->args == (more == NULL ? 1 : 2));
	return fill(a, n == 1 ? row->lang[l].one : row->lang[l].other, args, row->args);
}

const char *
lang_number(struct arena *a, enum lang l, int64_t n)
{
	const char *digits =
		arena_printf(a, "%" PRIu64, n < 0 ? -(uint64_t)n : (uint64_t)n);
	size_t len = strlen(digits), at = 0;
	char *out = arena_alloc(a, 2 * len + 2);

	if (n < 0)
		out[at++] = '-';
	for (size_t i = 0; i < len; i++) {
		if (i != 0 && (len - i) % DIGITS_GROUP == 0)
			out[at++] = l == LANG_ID ? '.' : ',';
		out[at++] = digits[i];
	}
	return out;
}

/* The n-th of the words of a text. */
static const char *
word_of(struct arena *a, const char *words, int n)
{
	for (; n > 0; n--)
		words += strcspn(words, " ") + 1;
	return arena_strndup(a, words, strcspn(words, " "));
}

const char *
lang_time(struct arena *a, enum lang l, int64_t us)
{
	const time_t s = (time_t)(us / CLOCK_US_PER_S) + (l == LANG_ID ? WIB_AHEAD_S : 0);
	struct tm tm;

	if (us < 0 || gmtime_r(&s, &tm) == NULL)
		return "?";
	return arena_printf(a,
			    l == LANG_ID ? "%d %s %d %02d.%02d.%02d WIB"
					 : "%d %s %d %02d:%02d:%02d UTC",
			    tm.tm_mday, word_of(a, lang_text(l, TEXT_MONTHS), tm.tm_mon),
			    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

const char *
lang_span(struct arena *a, enum lang l, int64_t us)
{
	static const struct {
		int64_t s;
		enum text_key key;
	} units[] = {
		{86400, TEXT_SPAN_DAYS},
		{3600, TEXT_SPAN_HOURS},
		{60, TEXT_SPAN_MINUTES},
		{1, TEXT_SPAN_SECONDS},
	};
	const size_t n_units = sizeof(units) / sizeof(units[0]);
	int64_t s = us < 0 ? 0 : us / CLOCK_US_PER_S;

	for (size_t i = 0; i + 1 < n_units; i++) {
		if (s < units[i].s)
			continue;
		const char *large = lang_count(a, l, units[i].key, s / units[i].s, NULL);
		int64_t rest = s % units[i].s / units[i + 1].s;
		return rest == 0 ? large
				 : arena_printf(a, "%s %s", large,
						lang_count(a, l, units[i + 1].key, rest,
							   NULL));
	}
	return lang_count(a, l, TEXT_SPAN_SECONDS, s, NULL);
}
