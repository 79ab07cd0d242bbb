/*
 * ipnet - an IP address, or a network of them, as an order names it.
 *
 * There is one text for each: "203.0.113.7", "203.0.113.0/24", "2001:db8::/32".  Pure.
 */
#ifndef SALURAN_CORE_IPNET_H
#define SALURAN_CORE_IPNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum {
	IPNET_BYTES = 16,
	IPNET_BITS4 = 32,
	IPNET_BITS6 = 128,
	IPNET_TEXT_MAX = 50,
};

struct ipnet {
	bool v6;
	uint8_t b[IPNET_BYTES]; /* of v4 the first four */
	int prefix;
};

/* "203.0.113.7", "203.0.113.0/24", "[2001:db8::1]".  RC_INVALID: none of these, or bits
 * are set behind the prefix. */
enum rc ipnet_parse(const char *text, size_t len, struct ipnet *ret,
		    struct err *e) MUST_CHECK;
/* Its one text; the length is left out of a single address. */
const char *ipnet_text(struct arena *a, const struct ipnet *n);
/* Does this text name an address or a network at all, in whatever form, right or not? */
bool ipnet_is_meant(const char *text, size_t len);

int ipnet_bits(const struct ipnet *n);
/* Every address of y is one of x. */
bool ipnet_has(const struct ipnet *x, const struct ipnet *y);
bool ipnet_overlap(const struct ipnet *x, const struct ipnet *y);
/* The network of `prefix` bits around it; not longer than its own. */
struct ipnet ipnet_around(const struct ipnet *n, int prefix);

/* What an order can name, in its normal form: an address or a network, or else a name as
 * name_normalise() has it.  RC_INVALID. */
enum rc ipnet_or_name(struct arena *a, const char *given, const char **ret,
		      struct err *e) MUST_CHECK;

/* Why no order may name it, whatever the policy says: "private use (RFC 1918)"; NULL:
 * nothing is against it.  Networks for documentation reach nobody and may be named. */
const char *ipnet_special(const struct ipnet *n);

/* The owner of its address trigger ("24.0.113.0.203.rpz-ip"), and back. */
const char *ipnet_owner(struct arena *a, const struct ipnet *n);
/* Is this owner, its labels from the root on, one of an address trigger? */
bool ipnet_is_key(const char *key);
/* The owner that stands for what an order names: of a name, the name itself. */
const char *ipnet_owner_of(struct arena *a, const char *name);
enum rc ipnet_of_owner(struct arena *a, const char *owner, struct ipnet *ret,
		       struct err *e) MUST_CHECK;

#endif
