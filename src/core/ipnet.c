#include "core/ipnet.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "core/rpz_row.h"
#include "core/target.h"

int
ipnet_bits(const struct ipnet *n)
{
	return n->v6 ? IPNET_BITS6 : IPNET_BITS4;
}

static bool
bit(const struct ipnet *n, int i)
{
	return (n->b[i / 8] & 0x80 >> i % 8) != 0;
}

static bool
is_net(const struct ipnet *n)
{
	for (int i = n->prefix; i < ipnet_bits(n); i++)
		if (bit(n, i))
			return false;
	return true;
}

/* The address between brackets or not, without its prefix length. */
static bool
address_read(const char *text, size_t len, struct ipnet *ret)
{
	char room[INET6_ADDRSTRLEN] = "";

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof(room) || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(room, text, len);
	ret->v6 = memchr(text, ':', len) != NULL;
	return inet_pton(ret->v6 ? AF_INET6 : AF_INET, room, ret->b) == 1;
}

enum rc
ipnet_parse(const char *text, size_t len, struct ipnet *ret, struct err *e)
{
	const char *slash = memchr(text, '/', len);
	size_t host = slash == NULL ? len : (size_t)(slash - text);
	uint64_t prefix;

	*ret = (struct ipnet){.v6 = false};
	if (!address_read(text, host, ret))
		return err_set(e, RC_INVALID, "%.*s is no address", (int)host, text);
	ret->prefix = ipnet_bits(ret);
	if (slash == NULL)
		return RC_OK;
	if (decimal_parse(slash + 1, len - host - 1, (uint64_t)ipnet_bits(ret),
			  &prefix) != RC_OK)
		return err_set(e, RC_INVALID,
			       "%.*s: the prefix length is a number from 0 to %d",
			       (int)len, text, ipnet_bits(ret));
	ret->prefix = (int)prefix;
	return is_net(ret) ? RC_OK
			   : err_set(e, RC_INVALID,
				     "%.*s: bits are set behind the prefix: write the "
				     "network, or the address alone",
				     (int)len, text);
}

const char *
ipnet_text(struct arena *a, const struct ipnet *n)
{
	char room[INET6_ADDRSTRLEN];

	if (inet_ntop(n->v6 ? AF_INET6 : AF_INET, n->b, room, sizeof(room)) == NULL)
		abort();
	return n->prefix == ipnet_bits(n) ? arena_strdup(a, room)
					  : arena_printf(a, "%s/%d", room, n->prefix);
}

bool
ipnet_is_meant(const char *text, size_t len)
{
	const char *slash = memchr(text, '/', len);
	struct ipnet ignored;

	return address_read(text, slash == NULL ? len : (size_t)(slash - text), &ignored);
}

bool
ipnet_has(const struct ipnet *x, const struct ipnet *y)
{
	if (x->v6 != y->v6 || x->prefix > y->prefix)
		return false;
	for (int i = 0; i < x->prefix; i++)
		if (bit(x, i) != bit(y, i))
			return false;
	return true;
}

bool
ipnet_overlap(const struct ipnet *x, const struct ipnet *y)
{
	return ipnet_has(x, y) || ipnet_has(y, x);
}

struct ipnet
ipnet_around(const struct ipnet *n, int prefix)
{
	struct ipnet out = *n;

	out.prefix = prefix;
	for (int i = prefix; i < ipnet_bits(n); i++)
		out.b[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return out;
}

enum rc
ipnet_or_name(struct arena *a, const char *given, const char **ret, struct err *e)
{
	struct ipnet net;

	if (!ipnet_is_meant(given, strlen(given)))
		return name_normalise(a, given, strlen(given), ret, e);
	enum rc rc = ipnet_parse(given, strlen(given), &net, e);
	if (rc == RC_OK)
		*ret = ipnet_text(a, &net);
	return rc;
}

/* The registries of special-purpose addresses (RFC 6890 and after); what is for
 * documentation is left out. */
static const struct {
	const char *net, *what;
} specials[] = {
	{"0.0.0.0/8", "this network (RFC 791)"},
	{"10.0.0.0/8", "private use (RFC 1918)"},
	{"100.64.0.0/10", "shared by customers of a provider (RFC 6598)"},
	{"127.0.0.0/8", "loopback (RFC 1122)"},
	{"169.254.0.0/16", "one link only (RFC 3927)"},
	{"172.16.0.0/12", "private use (RFC 1918)"},
	{"192.0.0.0/24", "for protocols (RFC 6890)"},
	{"192.88.99.0/24", "relays (RFC 7526)"},
	{"192.168.0.0/16", "private use (RFC 1918)"},
	{"198.18.0.0/15", "for tests of networks (RFC 2544)"},
	{"224.0.0.0/4", "multicast (RFC 5771)"},
	{"240.0.0.0/4", "reserved, and broadcast (RFC 1112)"},
	{"::/3", "loopback, IPv4 in another form, or reserved (RFC 4291)"},
	{"2001::/23", "for protocols (RFC 2928)"},
	{"2002::/16", "IPv4 in another form (RFC 3056)"},
	{"4000::/2", "reserved (RFC 4291)"},
	{"8000::/1", "private use, one link only, multicast or reserved (RFC 4291)"},
};

const char *
ipnet_special(const struct ipnet *n)
{
	struct err ignored = ERR_INIT;

	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
		struct ipnet s;
		if (ipnet_parse(specials[i].net, strlen(specials[i].net), &s, &ignored) !=
		    RC_OK)
			abort();
		if (ipnet_overlap(&s, n))
			return specials[i].what;
	}
	return NULL;
}

const char *
ipnet_owner(struct arena *a, const struct ipnet *n)
{
	const struct ipnet alone = {n->v6, {0}, ipnet_bits(n)};
	struct ipnet address = alone;
	struct err ignored = ERR_INIT;
	const char *owner;

	memcpy(address.b, n->b, sizeof(address.b));
	if (rpzrow_ip_owner(a, ipnet_text(a, &address), n->prefix, &owner, &ignored) !=
	    RC_OK)
		abort();
	return owner;
}

bool
ipnet_is_key(const char *key)
{
	return strncmp(key, "rpz-ip.", strlen("rpz-ip.")) == 0;
}

const char *
ipnet_owner_of(struct arena *a, const char *name)
{
	struct err ignored = ERR_INIT;
	struct ipnet net;

	return ipnet_parse(name, strlen(name), &net, &ignored) == RC_OK
		       ? ipnet_owner(a, &net)
		       : arena_strdup(a, name);
}

enum rc
ipnet_of_owner(struct arena *a, const char *owner, struct ipnet *ret, struct err *e)
{
	const char *address;
	int prefix;
	enum rc rc = rpzrow_ip_read(a, owner, &address, &prefix, e);

	if (rc == RC_OK)
		rc = ipnet_parse(address, strlen(address), ret, e);
	if (rc == RC_OK)
		ret->prefix = prefix;
	return rc;
}
