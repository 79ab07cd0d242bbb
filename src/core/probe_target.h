/*
 * probe_target - a resolver as it is written:
 * ADDRESS[:PORT][,udp][,tcp][,dot[:PORT][@AUTH]]
 *
 * An IPv6 address stands in brackets when a port follows.  Without a transport it is
 * asked over UDP.  DoT (RFC 7858) is opportunistic, any certificate will do, unless AUTH
 * says whose it must be: @NAME (checked against the authorities that this machine trusts,
 * RFC 8310) or @sha256/BASE64 (the SHA-256 of its public key, RFC 7858, section 4.2).
 */
#ifndef SALURAN_CORE_PROBE_TARGET_H
#define SALURAN_CORE_PROBE_TARGET_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/probe_verdict.h"

enum {
	PROBE_PORT = 53,
	PROBE_PORT_DOT = 853,
	PROBE_TARGET_TEXT_MAX = 400,
	PROBE_PIN_BYTES = 32,
};

enum probe_auth { PROBE_AUTH_NONE, PROBE_AUTH_NAME, PROBE_AUTH_PIN };
const char *probe_auth_token(enum probe_auth a);

union probe_socket {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct probe_target {
	const char *operator_name; /* whose it is, NULL: nobody said */
	const char *text;	   /* address#port of the first transport */
	union probe_socket addr[PROBE_VIA_COUNT];
	socklen_t addr_len;
	unsigned via; /* 1 << enum probe_via */
	enum probe_auth auth;
	const char *dot_name;
	uint8_t pin[PROBE_PIN_BYTES];
};

/* RC_INVALID says what is wrong with it. */
enum rc probe_target_parse(struct arena *a, const char *text, struct probe_target *ret,
			   struct err *e) MUST_CHECK;

/* The first transport of the mask: what the canary and the like are asked over. */
enum probe_via probe_target_first(const struct probe_target *t);

#endif
