#include "base/enc.h"

#include <stdbool.h>
#include <string.h>

static const char hex_digits[] = "0123456789abcdef";
static const char std_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
hex_encode(const uint8_t *p, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = hex_digits[p[i] >> 4];
		out[2 * i + 1] = hex_digits[p[i] & 15];
	}
	out[2 * len] = '\0';
}

/* 1 and the value of each lower-case digit, 0 for what is none. */
static const int8_t hex_values[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

static int
hex_value(char c)
{
	return hex_values[(unsigned char)c] - 1;
}

enum rc
hex_decode(const char *s, size_t slen, uint8_t *out, size_t len)
{
	if (slen / 2 != len || slen % 2 != 0)
		return RC_INVALID;
	for (size_t i = 0; i < len; i++) {
		int hi = hex_value(s[2 * i]), lo = hex_value(s[2 * i + 1]);
		if ((hi | lo) < 0)
			return RC_INVALID;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return RC_OK;
}

/* Into `out`, which has room for 4 digits for each 3 bytes begun; returns how many. */
static size_t
encode(const char *digits, bool pad, const uint8_t *p, size_t len, char *out)
{
	size_t n = 0, i = 0;

	for (; i + 3 <= len; i += 3, n += 4) {
		uint32_t v = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2];
		out[n] = digits[v >> 18];
		out[n + 1] = digits[v >> 12 & 63];
		out[n + 2] = digits[v >> 6 & 63];
		out[n + 3] = digits[v & 63];
	}
	if (i == len)
		return n;
	uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0);
	out[n++] = digits[v >> 18];
	out[n++] = digits[v >> 12 & 63];
	if (i + 1 < len)
		out[n++] = digits[v >> 6 & 63];
	else if (pad)
		out[n++] = '=';
	if (pad)
		out[n++] = '=';
	return n;
}

static void
encode_put(struct buf *b, const char *digits, bool pad, const uint8_t *p, size_t len)
{
	enum { STEP = 3 * 256 };
	char out[STEP / 3 * 4];

	for (size_t i = 0; i < len; i += STEP) {
		size_t take = len - i < STEP ? len - i : STEP;
		buf_put(b, out, encode(digits, pad, p + i, take, out));
	}
}

void
b64_put(struct buf *b, const void *p, size_t len)
{
	encode_put(b, std_digits, true, p, len);
}

void
b64url_put(struct buf *b, const void *p, size_t len)
{
	encode_put(b, url_digits, false, p, len);
}

void
b64url_text(const void *p, size_t len, char *out)
{
	out[encode(url_digits, false, p, len, out)] = '\0';
}

static char *
encode_arena(struct arena *a, const char *digits, bool pad, const void *p, size_t len)
{
	char *s = arena_alloc(a, (len + 2) / 3 * 4 + 1);

	s[encode(digits, pad, p, len, s)] = '\0';
	return s;
}

char *
b64_arena(struct arena *a, const void *p, size_t len)
{
	return encode_arena(a, std_digits, true, p, len);
}

char *
b64url_arena(struct arena *a, const void *p, size_t len)
{
	return encode_arena(a, url_digits, false, p, len);
}

/* The value of each ASCII digit, -1 for what is none: the inverse of the tables above. */
static const int8_t std_values[128] = {
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, 62, -1, -1, -1, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60,
	61, -1, -1, -1, -1, -1, -1, -1, 0,  1,	2,  3,	4,  5,	6,  7,	8,  9,	10,
	11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, -1, -1, -1, -1,
	-1, -1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42,
	43, 44, 45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1,
};
static const int8_t url_values[128] = {
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	-1, -1, -1, -1, -1, -1, -1, 62, -1, -1, 52, 53, 54, 55, 56, 57, 58, 59, 60,
	61, -1, -1, -1, -1, -1, -1, -1, 0,  1,	2,  3,	4,  5,	6,  7,	8,  9,	10,
	11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, -1, -1, -1, -1,
	63, -1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42,
	43, 44, 45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1,
};

static int
digit_value(const int8_t values[128], char c)
{
	return (unsigned char)c < 128 ? values[(unsigned char)c] : -1;
}

/* `slen` digits without padding. */
static enum rc
decode(struct arena *a, const char *s, size_t slen, const int8_t values[128],
       uint8_t **ret, size_t *ret_len)
{
	size_t tail = slen % 4, whole = slen - tail, n = 0;
	size_t len = slen / 4 * 3 + (tail == 0 ? 0 : tail - 1);
	uint32_t v = 0;

	if (tail == 1)
		return RC_INVALID;
	uint8_t *out = arena_alloc(a, len + 1);
	for (size_t i = 0; i < whole; i += 4) {
		int d0 = digit_value(values, s[i]), d1 = digit_value(values, s[i + 1]);
		int d2 = digit_value(values, s[i + 2]),
		    d3 = digit_value(values, s[i + 3]);
		if ((d0 | d1 | d2 | d3) < 0)
			return RC_INVALID;
		v = (uint32_t)(d0 << 18 | d1 << 12 | d2 << 6 | d3);
		out[n++] = (uint8_t)(v >> 16);
		out[n++] = (uint8_t)(v >> 8);
		out[n++] = (uint8_t)v;
	}
	v = 0;
	for (size_t i = whole; i < slen; i++) {
		int d = digit_value(values, s[i]);
		if (d < 0)
			return RC_INVALID;
		v = v << 6 | (uint32_t)d;
	}
	/* The bits after the last byte must be those that an encoder writes: none. */
	if ((tail == 2 && (v & 15) != 0) || (tail == 3 && (v & 3) != 0))
		return RC_INVALID;
	if (tail == 2)
		out[n++] = (uint8_t)(v >> 4);
	if (tail == 3) {
		out[n++] = (uint8_t)(v >> 10);
		out[n++] = (uint8_t)(v >> 2);
	}
	*ret = out;
	*ret_len = len;
	return RC_OK;
}

enum rc
b64_decode(struct arena *a, const char *s, size_t slen, uint8_t **ret, size_t *ret_len)
{
	if (slen % 4 != 0)
		return RC_INVALID;
	if (slen != 0 && s[slen - 1] == '=')
		slen -= s[slen - 2] == '=' ? 2 : 1;
	return decode(a, s, slen, std_values, ret, ret_len);
}

enum rc
b64url_decode(struct arena *a, const char *s, size_t slen, uint8_t **ret, size_t *ret_len)
{
	return decode(a, s, slen, url_values, ret, ret_len);
}

enum rc
decimal_parse(const char *s, size_t len, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (len == 0 || (len > 1 && s[0] == '0'))
		return RC_INVALID;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return RC_INVALID;
		uint64_t digit = (uint64_t)(s[i] - '0');
		if (v > (max - digit) / 10 || digit > max)
			return RC_INVALID;
		v = v * 10 + digit;
	}
	*ret = v;
	return RC_OK;
}
