/*
 * Address triggers and lines of zone files.
 */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "core/rpz_row.h"

#define RULE "rpz row"

enum {
	IP4_BITS = 32,
	IP6_BITS = 128,
	IP6_WORDS = 8,
	IP_LABELS_MAX = 2 + IP6_WORDS, /* prefix length, words, kind */
	OCTET_MAX = 255,
	WORD_DIGITS = 4,
};

/* ---- address triggers -------------------------------------------------------------- */

struct ip {
	bool v6;
	uint8_t b[sizeof(struct in6_addr)];
	int prefix;
};

static int
ip_bits(const struct ip *ip)
{
	return ip->v6 ? IP6_BITS : IP4_BITS;
}

/* A resolver may take bits behind the prefix for a slip, and the row with them. */
static bool
ip_is_net(const struct ip *ip)
{
	for (int i = ip->prefix; i < ip_bits(ip); i++)
		if ((ip->b[i / 8] & 0x80 >> i % 8) != 0)
			return false;
	return true;
}

static unsigned
ip_word(const struct ip *ip, int i)
{
	return (unsigned)ip->b[2 * i] << 8 | ip->b[2 * i + 1];
}

/* As BIND writes it: "zz" for the first of the longest runs of zeros, in the order of the
 * owner, which is that of the address backwards. */
static void
ip6_put(struct buf *b, const struct ip *ip)
{
	int first = -1, most = 1;

	for (int i = IP6_WORDS - 1, run = 0; i >= 0; i--) {
		run = ip_word(ip, i) == 0 ? run + 1 : 0;
		if (run > most) {
			most = run;
			first = i + run - 1;
		}
	}
	for (int i = IP6_WORDS - 1; i >= 0; i--) {
		if (i == first) {
			buf_puts(b, ".zz");
			i -= most - 1;
		} else {
			buf_printf(b, ".%x", ip_word(ip, i));
		}
	}
}

static const char *
ip_owner(struct arena *a, const struct ip *ip, const char *kind)
{
	struct buf b = BUF_INIT(RPZROW_NAME_MAX);

	buf_printf(&b, "%d", ip->prefix);
	if (ip->v6)
		ip6_put(&b, ip);
	else
		buf_printf(&b, ".%u.%u.%u.%u", ip->b[3], ip->b[2], ip->b[1], ip->b[0]);
	buf_printf(&b, ".%s", kind);
	const char *owner = arena_strdup(a, buf_str(&b));
	buf_free(&b);
	return owner;
}

enum rc
rpzrow_ip_owner(struct arena *a, const char *address, int prefix, const char **ret,
		struct err *e)
{
	struct ip ip = {.prefix = prefix};

	if (inet_pton(AF_INET6, address, ip.b) == 1)
		ip.v6 = true;
	else if (inet_pton(AF_INET, address, ip.b) != 1)
		return err_rule(e, RC_INVALID, RULE, "\"%.100s\" is no address", address);
	if (prefix < 0)
		ip.prefix = ip_bits(&ip);
	if (ip.prefix > ip_bits(&ip) || !ip_is_net(&ip))
		return err_rule(e, RC_INVALID, RULE,
				"%s/%d: no network: the prefix is too long, or bits are "
				"set behind it",
				address, prefix);
	*ret = ip_owner(a, &ip, "rpz-ip");
	return RC_OK;
}

/* A number without a superfluous zero in front, or -1. */
static int
number_read(const char *s, size_t len, int base, int max)
{
	int v = 0;

	if (len == 0 || (len > 1 && s[0] == '0'))
		return -1;
	for (size_t i = 0; i < len; i++) {
		char c = s[i] >= 'A' && s[i] <= 'F' ? (char)(s[i] - 'A' + 'a') : s[i];
		int d = c >= '0' && c <= '9'   ? c - '0'
			: c >= 'a' && c <= 'f' ? c - 'a' + 10
					       : 16;
		if (d >= base || v > max)
			return -1;
		v = v * base + d;
	}
	return v <= max ? v : -1;
}

struct labels {
	const char *at[IP_LABELS_MAX];
	size_t len[IP_LABELS_MAX];
	size_t n; /* the kind is not counted */
};

static bool
labels_split(const char *owner, struct labels *l)
{
	for (const char *at = owner; l->n < IP_LABELS_MAX; l->n++) {
		size_t len = strcspn(at, ".");
		if (at[len] == '\0')
			return l->n > 1;
		l->at[l->n] = at;
		l->len[l->n] = len;
		at += len + 1;
	}
	return false;
}

static bool
is_zz(const struct labels *l, size_t i)
{
	return l->len[i] == 2 && strncasecmp(l->at[i], "zz", 2) == 0;
}

/* Labels 1 to n - 1 are the address backwards. */
static bool
ip_fill(const struct labels *l, struct ip *ip)
{
	size_t words = l->n - 1, at = IP6_WORDS;
	bool zz = false;

	for (size_t i = 1; i < l->n; i++)
		zz |= is_zz(l, i);
	ip->v6 = zz || words != sizeof(struct in_addr);
	if (!ip->v6) {
		for (size_t i = 0; i < words; i++) {
			int v = number_read(l->at[i + 1], l->len[i + 1], 10, OCTET_MAX);
			if (v < 0)
				return false;
			ip->b[words - 1 - i] = (uint8_t)v;
		}
		return true;
	}
	if (zz ? words > IP6_WORDS - 1 : words != IP6_WORDS)
		return false;
	zz = false;
	for (size_t i = 1; i < l->n; i++) {
		if (is_zz(l, i)) {
			if (zz)
				return false;
			zz = true;
			at -= IP6_WORDS - (words - 1);
			continue;
		}
		int v = l->len[i] > WORD_DIGITS
				? -1
				: number_read(l->at[i], l->len[i], 16, UINT16_MAX);
		if (v < 0)
			return false;
		at--;
		ip->b[2 * at] = (uint8_t)(v >> 8);
		ip->b[2 * at + 1] = (uint8_t)v;
	}
	return at == 0;
}

enum rc
rpzrow_ip_read(struct arena *a, const char *owner, const char **ret_address,
	       int *ret_prefix, struct err *e)
{
	struct labels l = {.n = 0};
	struct ip ip = {.v6 = false};
	char text[INET6_ADDRSTRLEN];
	const char *dot = strrchr(owner, '.');

	if (dot == NULL || !labels_split(owner, &l) || !ip_fill(&l, &ip))
		return err_rule(
			e, RC_INVALID, RULE,
			"%.200s: an address trigger is prefix length, address backwards "
			"and kind, as 32.66.113.0.203.rpz-ip or "
			"128.1.zz.db8.2001.rpz-ip; "
			"PowerDNS does not start without the prefix length",
			owner);
	ip.prefix = number_read(l.at[0], l.len[0], 10, ip_bits(&ip));
	if (ip.prefix < 1 || !ip_is_net(&ip))
		return err_rule(e, RC_INVALID, RULE,
				"%s: the prefix length is 1 to %d, and no bit is set "
				"behind it",
				owner, ip_bits(&ip));
	if (strcasecmp(ip_owner(a, &ip, dot + 1), owner) != 0)
		return err_rule(e, RC_INVALID, RULE, "%s: write it as %s", owner,
				ip_owner(a, &ip, dot + 1));
	if (inet_ntop(ip.v6 ? AF_INET6 : AF_INET, ip.b, text, sizeof(text)) == NULL)
		return err_rule(e, RC_INVALID, RULE, "%s: no address", owner);
	*ret_address = arena_strdup(a, text);
	*ret_prefix = ip.prefix;
	return RC_OK;
}

/* ---- lines of a zone file ---------------------------------------------------------- */

static const struct {
	const char *type, *fixed;
} acts[RPZROW_ACT_COUNT] = {
#define X(name, token, type, fixed) [RPZROW_##name] = {type, fixed},
	RPZROW_ACT_TABLE(X)
#undef X
};

void
rpzrow_put(struct buf *b, const struct rpzrow *r, uint32_t ttl_s)
{
	buf_printf(b, "%s %u IN %s ", r->owner, ttl_s, acts[r->act].type);
	if (acts[r->act].fixed != NULL)
		buf_puts(b, acts[r->act].fixed);
	else if (r->act == RPZROW_LANDING)
		buf_printf(b, "%s.", r->data);
	else if (r->act == RPZROW_TXT) {
		/* Strings of at most 255 bytes (RFC 1035, section 3.3). */
		size_t len = strlen(r->data), at = 0;
		do {
			size_t n = len - at < 255 ? len - at : 255;
			buf_puts(b, at == 0 ? "\"" : " \"");
			buf_put(b, r->data + at, n);
			buf_putc(b, '"');
			at += n;
		} while (at < len);
	} else
		buf_puts(b, r->data);
	buf_putc(b, '\n');
}

struct words {
	const char *at, *end;
};

static size_t
word_next(struct words *w, const char **ret)
{
	while (w->at < w->end && (*w->at == ' ' || *w->at == '\t'))
		w->at++;
	*ret = w->at;
	while (w->at < w->end && *w->at != ' ' && *w->at != '\t')
		w->at++;
	return (size_t)(w->at - *ret);
}

static bool
is_number(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (word[i] < '0' || word[i] > '9')
			return false;
	return len != 0;
}

static bool
word_is(const char *word, size_t len, const char *is)
{
	return strlen(is) == len && strncasecmp(word, is, len) == 0;
}

/* Quoted strings, one behind the other. */
static const char *
txt_read(struct arena *a, struct words *w)
{
	struct buf b = BUF_INIT(RPZROW_LINE_MAX);
	const char *text = NULL;

	for (;;) {
		while (w->at < w->end && *w->at == ' ')
			w->at++;
		if (w->at == w->end) {
			text = arena_strdup(a, buf_str(&b));
			break;
		}
		const char *from = w->at + 1;
		const char *to = *w->at == '"' && from < w->end
					 ? memchr(from, '"', (size_t)(w->end - from))
					 : NULL;
		if (to == NULL || memchr(from, '\\', (size_t)(to - from)) != NULL)
			break;
		buf_put(&b, from, (size_t)(to - from));
		w->at = to + 1;
	}
	buf_free(&b);
	return text;
}

static bool
rdata_read(struct arena *a, struct words *w, const char *type, size_t type_len,
	   struct rpzrow *ret)
{
	const char *word, *rest;
	size_t len;

	if (word_is(type, type_len, "TXT")) {
		ret->act = RPZROW_TXT;
		ret->data = txt_read(a, w);
		return ret->data != NULL;
	}
	len = word_next(w, &word);
	if (len == 0 || word_next(w, &rest) != 0)
		return false;
	for (int i = 0; i < RPZROW_ACT_COUNT; i++) {
		if (!word_is(type, type_len, acts[i].type))
			continue;
		ret->act = (enum rpzrow_act)i;
		if (acts[i].fixed != NULL && word_is(word, len, acts[i].fixed))
			return true;
		if (acts[i].fixed != NULL)
			continue;
		bool name = ret->act == RPZROW_LANDING;
		if (name && word[len - 1] != '.')
			return false; /* it would be a name of the zone itself */
		ret->data = arena_strndup(a, word, name ? len - 1 : len);
		return true;
	}
	return false;
}

enum rc
rpzrow_read(struct arena *a, const char *line, size_t len, struct rpzrow *ret,
	    struct err *e)
{
	struct words w = {line, line + len};
	const char *word;

	*ret = (struct rpzrow){.data = NULL};
	if (len > RPZROW_LINE_MAX)
		return err_rule(e, RC_TOO_LARGE, RULE,
				"a line of %zu bytes: at most %d are read", len,
				RPZROW_LINE_MAX);
	if (memchr(line, '\0', len) != NULL || memchr(line, '\n', len) != NULL)
		return err_rule(e, RC_INVALID, RULE, "a byte that is in no line");
	size_t n = word_next(&w, &word);
	if (n == 0)
		return err_rule(e, RC_INVALID, RULE, "the line is empty");
	ret->owner = arena_strndup(a, word, n);
	n = word_next(&w, &word);
	if (is_number(word, n))
		n = word_next(&w, &word); /* TTL */
	if (word_is(word, n, "IN"))
		n = word_next(&w, &word);
	if (n == 0 || !rdata_read(a, &w, word, n, ret))
		return err_rule(
			e, RC_INVALID, RULE,
			"%.200s: behind the owner stand TTL, IN and CNAME with \".\", "
			"\"*.\", rpz-passthru., rpz-drop., rpz-tcp-only. or a name with "
			"its dot, or A, AAAA or TXT with its data",
			ret->owner);
	return RC_OK;
}
