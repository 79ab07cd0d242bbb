#include "core/probe_target.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/enc.h"

enum { PORT_MAX = UINT16_MAX };

const char *
probe_auth_token(enum probe_auth a)
{
	static const char *const tokens[] = {"none", "name", "pin"};

	return tokens[a];
}

enum probe_via
probe_target_first(const struct probe_target *t)
{
	for (unsigned v = 0; v < PROBE_VIA_COUNT; v++)
		if ((t->via & 1U << v) != 0)
			return (enum probe_via)v;
	return PROBE_UDP;
}

static void
address_set(struct probe_target *t, enum probe_via via, const union probe_socket *ip,
	    uint16_t port)
{
	t->addr[via] = *ip;
	if (ip->any.sa_family == AF_INET)
		t->addr[via].in.sin_port = htons(port);
	else
		t->addr[via].in6.sin6_port = htons(port);
}

static enum rc
port_parse(const char *s, size_t len, uint16_t *ret, struct err *e)
{
	uint64_t v;

	if (decimal_parse(s, len, PORT_MAX, &v) != RC_OK || v == 0)
		return err_set(e, RC_INVALID, "\"%.*s\" is no port", (int)len, s);
	*ret = (uint16_t)v;
	return RC_OK;
}

/* "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]:53" */
static enum rc
address_parse(struct arena *a, const char *s, size_t len, union probe_socket *ret,
	      socklen_t *ret_len, uint16_t *ret_port, struct err *e)
{
	const char *end = s + len, *host = s, *close = memchr(s, ']', len), *port = NULL;
	size_t host_len = len;

	*ret_port = PROBE_PORT;
	memset(ret, 0, sizeof(*ret));
	if (len != 0 && s[0] == '[' && close != NULL) {
		host = s + 1;
		host_len = (size_t)(close - host);
		port = close + 1 < end ? close + 1 : NULL;
		if (port != NULL && *port != ':')
			return err_set(e, RC_INVALID,
				       "after \"]\" there must be \":PORT\"");
	} else if (memchr(s, ':', len) != NULL &&
		   memchr(s, ':', len) == memrchr(s, ':', len)) {
		port = memchr(s, ':', len);
		host_len = (size_t)(port - s);
	}
	if (port != NULL) {
		enum rc rc = port_parse(port + 1, (size_t)(end - port - 1), ret_port, e);
		if (rc != RC_OK)
			return rc;
	}
	const char *text = arena_strndup(a, host, host_len);
	if (inet_pton(AF_INET, text, &ret->in.sin_addr) == 1) {
		ret->in.sin_family = AF_INET;
		*ret_len = sizeof(ret->in);
		return RC_OK;
	}
	if (inet_pton(AF_INET6, text, &ret->in6.sin6_addr) == 1) {
		ret->in6.sin6_family = AF_INET6;
		*ret_len = sizeof(ret->in6);
		return RC_OK;
	}
	return err_set(e, RC_INVALID,
		       "\"%s\" is no IPv4 or IPv6 address: a resolver is given by its "
		       "address, so that no other resolver is asked for it",
		       text);
}

static enum rc
auth_parse(struct arena *a, const char *s, size_t len, struct probe_target *t,
	   struct err *e)
{
	static const char pin[] = "sha256/";
	uint8_t *bytes;
	size_t n;

	if (len == 0)
		return err_set(e, RC_INVALID,
			       "after dot@ there must be a name, or sha256/ and the "
			       "base64 of the key's SHA-256");
	if (len < sizeof(pin) - 1 || memcmp(s, pin, sizeof(pin) - 1) != 0) {
		t->auth = PROBE_AUTH_NAME;
		t->dot_name = arena_strndup(a, s, len);
		return RC_OK;
	}
	if (b64_decode(a, s + sizeof(pin) - 1, len - (sizeof(pin) - 1), &bytes, &n) !=
		    RC_OK ||
	    n != PROBE_PIN_BYTES)
		return err_set(e, RC_INVALID,
			       "a pin is sha256/ and the base64 of 32 bytes");
	t->auth = PROBE_AUTH_PIN;
	memcpy(t->pin, bytes, n);
	return RC_OK;
}

/* "udp", "tcp", "dot", "dot:8853", "dot@resolver.example", "dot:8853@sha256/..." */
static enum rc
transport_parse(struct arena *a, const char *s, size_t len, const union probe_socket *ip,
		uint16_t port, struct probe_target *t, struct err *e)
{
	const char *at = memchr(s, '@', len);
	size_t head = at == NULL ? len : (size_t)(at - s);
	const char *colon = memchr(s, ':', head);
	size_t word = colon == NULL ? head : (size_t)(colon - s);
	enum probe_via via;
	enum rc rc = RC_OK;

	if (!probe_via_find(s, word, &via))
		return err_set(e, RC_INVALID, "\"%.*s\" is no transport: udp, tcp or dot",
			       (int)word, s);
	if (via != PROBE_DOT && (colon != NULL || at != NULL))
		return err_set(e, RC_INVALID,
			       "\"%.*s\": only dot has a port or an @ of its own",
			       (int)len, s);
	if (via == PROBE_DOT)
		port = PROBE_PORT_DOT;
	if (colon != NULL)
		rc = port_parse(colon + 1, head - word - 1, &port, e);
	if (rc == RC_OK && at != NULL)
		rc = auth_parse(a, at + 1, len - head - 1, t, e);
	t->via |= 1U << via;
	address_set(t, via, ip, port);
	return rc;
}

enum rc
probe_target_parse(struct arena *a, const char *text, struct probe_target *ret,
		   struct err *e)
{
	union probe_socket ip;
	char host[INET6_ADDRSTRLEN];
	uint16_t port = PROBE_PORT;
	size_t len = strlen(text), at = strcspn(text, ",");

	memset(ret, 0, sizeof(*ret));
	if (len > PROBE_TARGET_TEXT_MAX)
		return err_set(e, RC_TOO_LARGE, "a resolver is at most %d bytes long",
			       PROBE_TARGET_TEXT_MAX);
	enum rc rc = address_parse(a, text, at, &ip, &ret->addr_len, &port, e);
	if (rc == RC_OK) {
		address_set(ret, PROBE_UDP, &ip, port);
		address_set(ret, PROBE_TCP, &ip, port);
		address_set(ret, PROBE_DOT, &ip, PROBE_PORT_DOT);
	}
	while (rc == RC_OK && at < len) {
		size_t word = strcspn(text + at + 1, ",");
		rc = transport_parse(a, text + at + 1, word, &ip, port, ret, e);
		at += 1 + word;
	}
	if (rc != RC_OK) {
		err_prefix(e, "resolver %s", text);
		return rc;
	}
	if (ret->via == 0)
		ret->via = 1U << PROBE_UDP;
	const union probe_socket *s = &ret->addr[probe_target_first(ret)];
	inet_ntop(s->any.sa_family,
		  s->any.sa_family == AF_INET ? (const void *)&s->in.sin_addr
					      : (const void *)&s->in6.sin6_addr,
		  host, sizeof(host));
	ret->text = arena_printf(
		a, "%s#%u", host,
		ntohs(s->any.sa_family == AF_INET ? s->in.sin_port : s->in6.sin6_port));
	return RC_OK;
}
