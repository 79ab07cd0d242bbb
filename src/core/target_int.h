/*
 * target_int - what the files of target share; nobody else includes it.
 *
 * All strings handed in are valid UTF-8 without NUL unless said otherwise; results
 * live in the arena.
 */
#ifndef SALURAN_CORE_TARGET_INT_H
#define SALURAN_CORE_TARGET_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum {
	LABEL_MAX = 63, /* RFC 1035, section 2.3.4 */
	NAME_MAX_LEN = 253,
	IP6_TEXT_LEN = 48, /* with NUL, more than any form */
};

/* `s` for a message: at most 60 bytes, then "..."; quotes are the caller's. */
const char *target_quote(struct arena *a, const char *s, size_t len);

/* Percent-decode (WHATWG URL, section 1.3); *ret_len counts what may hold NUL and
 * bytes that are not UTF-8.  A "%" without two digits stays. */
char *target_percent_decode(struct arena *a, const char *s, size_t len, size_t *ret_len);

/* WHATWG URL, section 3.3, "domain to ASCII", not strict: ASCII is only folded to lower
 * case; other labels go through UTS 46, non-transitional.  May hold any ASCII byte but
 * NUL.  RC_INVALID. */
enum rc name_to_ascii(struct arena *a, const char *s, size_t len, const char **ret,
		      struct err *e) MUST_CHECK;

/* WHATWG URL, section 3.5, "ends in a number". */
bool ip4_looks_like(const char *host);
/* WHATWG URL, section 3.5: 1 to 4 parts, each decimal, octal or hex.  RC_INVALID. */
enum rc ip4_parse_loose(const char *host, uint32_t *ret) MUST_CHECK;
/* Four decimal parts without leading zeros.  RC_INVALID. */
enum rc ip4_parse_strict(const char *s, size_t len, uint32_t *ret) MUST_CHECK;
/* RFC 4291, section 2.2, without a zone.  RC_INVALID. */
enum rc ip6_parse(const char *s, size_t len, uint16_t ret[8]) MUST_CHECK;
const char *ip4_format(struct arena *a, uint32_t ip);
/* RFC 5952, section 4; `mixed` adds section 5 for ::ffff:0:0/96, which WHATWG URLs do
 * not use. */
const char *ip6_format(struct arena *a, const uint16_t ip[8], bool mixed);

enum url_host { URL_HOST_NAME, URL_HOST_IP };

/* An http or https URL after WHATWG URL, section 4.4, each part as it is serialised. */
struct url {
	const char *scheme;	     /* "http" or "https" */
	const char *user, *password; /* "" when absent */
	const char *host;	     /* an IPv6 address with its brackets */
	enum url_host host_kind;
	int port;		      /* -1: the scheme's default */
	const char *path;	      /* begins with "/" */
	const char *query, *fragment; /* NULL when absent, else without "?" and "#" */
};

/* It begins with "http:" or "https:", tabs and line ends not counted. */
bool url_has_web_scheme(const char *s, size_t len);
/* RC_INVALID */
enum rc url_parse(struct arena *a, const char *s, size_t len, struct url *ret,
		  struct err *e) MUST_CHECK;
const char *url_format(struct arena *a, const struct url *u);
/* The DNS name of the URL's host without trailing dot, or NULL: an address, or no name
 * that DNS could carry. */
const char *url_dns_name(struct arena *a, const struct url *u);

/* One of Telegram's link hosts, or <user>.t.me with a name that may be a user's. */
bool telegram_host(const char *host);
/* `s` is a Telegram link without scheme: one of the hosts with a path, or <user>.t.me. */
bool telegram_looks_like(const char *s, size_t len);
/* `u` has a Telegram host.  *ret is "telegram:...", *ret_host the host to block.
 * RC_INVALID. */
enum rc telegram_parse_url(struct arena *a, const struct url *u, const char **ret,
			   const char **ret_host, struct err *e) MUST_CHECK;
/* `s` begins with "tg:".  RC_INVALID. */
enum rc telegram_parse_tg(struct arena *a, const char *s, size_t len, const char **ret,
			  struct err *e) MUST_CHECK;

#endif
