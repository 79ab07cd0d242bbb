#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "rpz/internal.h"

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

enum rc
rpz_addr_parse(const char *text, struct rpz_addr *ret)
{
	if (inet_pton(AF_INET6, text, ret->ip) == 1)
		return RC_OK;
	memcpy(ret->ip, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, ret->ip + sizeof(mapped)) == 1 ? RC_OK
								       : RC_INVALID;
}

struct rpz_addr
rpz_addr_of(const struct sockaddr_storage *ss)
{
	struct rpz_addr a = {{0}};

	if (ss->ss_family == AF_INET6) {
		memcpy(a.ip, &((const struct sockaddr_in6 *)ss)->sin6_addr, sizeof(a.ip));
	} else if (ss->ss_family == AF_INET) {
		memcpy(a.ip, mapped, sizeof(mapped));
		memcpy(a.ip + sizeof(mapped), &((const struct sockaddr_in *)ss)->sin_addr,
		       4);
	}
	return a;
}

socklen_t
rpz_addr_socket(const struct rpz_addr *a, uint16_t port, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (memcmp(a->ip, mapped, sizeof(mapped)) == 0) {
		struct sockaddr_in *in = (struct sockaddr_in *)ret;

		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, a->ip + sizeof(mapped), 4);
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	memcpy(&in6->sin6_addr, a->ip, sizeof(a->ip));
	return sizeof(*in6);
}

enum rc
rpz_net_parse(const char *text, struct rpz_net *ret)
{
	char host[INET6_ADDRSTRLEN];
	const char *slash = strchrnul(text, '/');
	unsigned bits, max;

	if ((size_t)(slash - text) >= sizeof(host))
		return RC_INVALID;
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	if (rpz_addr_parse(host, &ret->addr) != RC_OK)
		return RC_INVALID;
	max = strchr(host, ':') != NULL ? 128 : 32;
	bits = max;
	if (*slash == '/') {
		size_t len = strspn(slash + 1, "0123456789");

		if (len == 0 || len > 3 || slash[1 + len] != '\0')
			return RC_INVALID;
		bits = 0;
		for (size_t i = 1; i <= len; i++)
			bits = bits * 10 + (unsigned)(slash[i] - '0');
		if (bits > max)
			return RC_INVALID;
	}
	ret->bits = 128 - max + bits;
	return RC_OK;
}

bool
rpz_net_has(const struct rpz_net *net, const struct rpz_addr *a)
{
	size_t whole = net->bits / 8, rest = net->bits % 8;

	if (memcmp(net->addr.ip, a->ip, whole) != 0)
		return false;
	return rest == 0 || (net->addr.ip[whole] ^ a->ip[whole]) >> (8 - rest) == 0;
}
