/*
 * webhook - what a webhook is signed with, and where it may go.
 *
 * Standard Webhooks 1.0 (github.com/standard-webhooks/standard-webhooks, spec): the
 * signature "v1,<base64>" is HMAC-SHA256 of "<id>.<timestamp>.<body>" under the bytes
 * that stand in base64 behind "whsec_".
 *
 * Pure.
 */
#ifndef SALURAN_CORE_WEBHOOK_H
#define SALURAN_CORE_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

#define WEBHOOK_SECRET_PREFIX "whsec_"

enum {
	WEBHOOK_SECRET_MIN = 24, /* bytes behind the base64 */
	WEBHOOK_SECRET_MAX = 64,
	WEBHOOK_SECRET_LEN = 32, /* of those made here */
	WEBHOOK_URL_MAX = 1000,
};

/* A new secret, in the arena. */
const char *webhook_secret_make(struct arena *a);

/* "v1,<base64>" in the arena.  RC_INVALID: `secret` is none. */
enum rc webhook_sign(struct arena *a, const char *secret, const char *id, int64_t time_s,
		     const void *body, size_t len, const char **ret,
		     struct err *e) MUST_CHECK;

/*
 * May a webhook go there?  An absolute https URL (http only where `http` says so) with a
 * host, without user, password and fragment.  RC_INVALID says why not.
 */
enum rc webhook_url_check(const char *url, bool http, struct err *e) MUST_CHECK;

/* Is it an address of this machine, of a private network, or of none (RFC 6890)?
 * `addr` has 4 or 16 bytes, in network order. */
bool webhook_address_private(const uint8_t *addr, size_t len);

#endif
