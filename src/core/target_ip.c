#include <arpa/inet.h>
#include <string.h>

#include "base/buf.h"
#include "core/target_int.h"

enum { IP4_PARTS = 4, IP6_PIECES = 8 };

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* WHATWG URL, section 3.5, "IPv4 number parser": saturates above 32 bits. */
static bool
number_parse(const char *s, size_t len, uint64_t *ret)
{
	int radix = 10;
	uint64_t v = 0;

	if (len == 0)
		return false;
	if (len >= 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		radix = 16;
		s += 2;
		len -= 2;
	} else if (len >= 2 && s[0] == '0') {
		radix = 8;
	}
	for (size_t i = 0; i < len; i++) {
		int d = digit_value(s[i]);
		if (d >= radix)
			return false;
		if (v <= UINT32_MAX)
			v = v * (uint64_t)radix + (uint64_t)d;
	}
	*ret = v;
	return true;
}

/* The length without one trailing dot. */
static size_t
dotless_len(const char *host)
{
	size_t n = strlen(host);

	return n > 1 && host[n - 1] == '.' ? n - 1 : n;
}

bool
ip4_looks_like(const char *host)
{
	size_t n = dotless_len(host), from = n;
	uint64_t v;

	while (from > 0 && host[from - 1] != '.')
		from--;
	if (n > from && strspn(host + from, "0123456789") >= n - from)
		return true;
	return number_parse(host + from, n - from, &v);
}

enum rc
ip4_parse_loose(const char *host, uint32_t *ret)
{
	uint64_t parts[IP4_PARTS];
	size_t n = 0, len = dotless_len(host), from = 0;
	uint32_t ip = 0;

	for (size_t i = 0; i <= len; i++) {
		if (i < len && host[i] != '.')
			continue;
		if (n == IP4_PARTS || !number_parse(host + from, i - from, &parts[n++]))
			return RC_INVALID;
		from = i + 1;
	}
	/* The last number fills all bytes that are left. */
	if (parts[n - 1] >= UINT64_C(1) << 8 * (IP4_PARTS + 1 - n))
		return RC_INVALID;
	ip = (uint32_t)parts[n - 1];
	for (size_t i = 0; i + 1 < n; i++) {
		if (parts[i] > 255)
			return RC_INVALID;
		ip |= (uint32_t)parts[i] << 8 * (IP4_PARTS - 1 - i);
	}
	*ret = ip;
	return RC_OK;
}

enum rc
ip4_parse_strict(const char *s, size_t len, uint32_t *ret)
{
	char text[INET_ADDRSTRLEN] = "";
	struct in_addr in;

	if (len >= sizeof(text))
		return RC_INVALID;
	memcpy(text, s, len);
	if (inet_pton(AF_INET, text, &in) != 1)
		return RC_INVALID;
	*ret = ntohl(in.s_addr);
	return RC_OK;
}

enum rc
ip6_parse(const char *s, size_t len, uint16_t ret[8])
{
	char text[IP6_TEXT_LEN] = "";
	struct in6_addr in;

	if (len >= sizeof(text))
		return RC_INVALID;
	memcpy(text, s, len);
	if (inet_pton(AF_INET6, text, &in) != 1)
		return RC_INVALID;
	for (size_t i = 0; i < IP6_PIECES; i++)
		ret[i] = (uint16_t)(in.s6_addr[2 * i] << 8 | in.s6_addr[2 * i + 1]);
	return RC_OK;
}

const char *
ip4_format(struct arena *a, uint32_t ip)
{
	return arena_printf(a, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 255, ip >> 8 & 255,
			    ip & 255);
}

/* The first longest run of two or more zero pieces; *ret_len 0 when there is none. */
static size_t
zero_run(const uint16_t ip[8], size_t *ret_len)
{
	size_t best = 0, best_len = 0;

	for (size_t i = 0; i < IP6_PIECES;) {
		size_t n = 0;
		while (i + n < IP6_PIECES && ip[i + n] == 0)
			n++;
		if (n > best_len && n > 1) {
			best = i;
			best_len = n;
		}
		i += n != 0 ? n : 1;
	}
	*ret_len = best_len;
	return best;
}

const char *
ip6_format(struct arena *a, const uint16_t ip[8], bool mixed)
{
	static const uint16_t mapped[6] = {0, 0, 0, 0, 0, 0xffff};
	struct buf b = BUF_INIT(IP6_TEXT_LEN);
	size_t run_len, run = zero_run(ip, &run_len);

	if (mixed && memcmp(ip, mapped, sizeof(mapped)) == 0)
		return arena_printf(a, "::ffff:%s",
				    ip4_format(a, (uint32_t)ip[6] << 16 | ip[7]));
	for (size_t i = 0; i < IP6_PIECES; i++) {
		if (run_len != 0 && i == run) {
			buf_puts(&b, "::");
			i += run_len - 1;
			continue;
		}
		if (b.len != 0 && b.data[b.len - 1] != ':')
			buf_putc(&b, ':');
		buf_printf(&b, "%x", ip[i]);
	}
	char *s = arena_strndup(a, buf_str(&b), b.len);
	buf_free(&b);
	return s;
}
