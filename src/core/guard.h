/*
 * guard - what must be looked at before a name is blocked (product.md, dns.md).
 *
 * Pure: lists are given.  Findings are shown with their evidence before anybody signs.
 */
#ifndef SALURAN_CORE_GUARD_H
#define SALURAN_CORE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum {
	RPZ_NAME_MAX = 253,   /* characters of a name without its root dot */
	GUARD_FINDINGS_MAX = 4096,
	GUARD_LIST_NAMES_MAX = 100000,
};

/* What a finding asks for. */
enum guard_level {
	GUARD_NOTE,	/* shown */
	GUARD_OVERRIDE, /* a third person's override with a reason, else no approval */
	GUARD_REFUSE,	/* never */
};

/* X(NAME, token, level) */
#define GUARD_TABLE(X)                                                                    \
	X(PUBLIC_SUFFIX, "public_suffix", GUARD_REFUSE)	      /* ICANN section, or a TLD */ \
	X(PRIVATE_SUFFIX, "private_suffix", GUARD_OVERRIDE)   /* hosts unrelated sites */ \
	X(PROTECTED, "protected", GUARD_REFUSE)		      /* it, or above it */       \
	X(WHOLE_SERVICE, "whole_service", GUARD_OVERRIDE)     /* carries a service */     \
	X(NO_ITEMS, "no_items", GUARD_NOTE)		      /* no cited item is on it */ \
	X(WILDCARD, "wildcard", GUARD_NOTE)		      /* asked for: all below */

enum guard_code {
#define X(name, token, level) GUARD_CODE_##name,
	GUARD_TABLE(X)
#undef X
	GUARD_CODE_COUNT
};

const char *guard_code_token(enum guard_code c);
enum guard_level guard_code_level(enum guard_code c);

struct guard_name {
	const char *name; /* normalised, no trailing dot */
	bool wildcard;	  /* also all names below */
	uint64_t items;	  /* cited items whose host it covers */
	uint64_t sample;  /* links of the sample that would go dark with it */
};

/* A name that carries a whole service, from policies/services.json. */
struct guard_service {
	const char *name;    /* "t.me" */
	const char *service; /* "Telegram: every public channel, group and bot link" */
};

struct guard_lists {
	const void *psl; /* a psl_ctx_t of libpsl */
	const char *const *protected_names; /* normalised */
	size_t n_protected;
	const struct guard_service *services;
	size_t n_services;
	uint64_t sample_size; /* links in the sample; 0: none given */
};

struct guard_finding {
	enum guard_code code;
	const char *name;
	const char *text; /* one sentence with its figures, for the person who decides */
};

/* All findings for all names, in the order of the names.  RC_INVALID: a name that is not
 * valid in a zone (guard_rpz_name()). */
enum rc guard_check(struct arena *a, const struct guard_lists *lists,
		    const struct guard_name *names, size_t n,
		    const struct guard_finding **ret, size_t *ret_n,
		    struct err *e) MUST_CHECK;

/* A name (with wildcard or not) that none of the four resolvers refuses as an owner in
 * `zone`: no trailing dot, length with the zone, labels, case (dns.md, RPZ). */
enum rc guard_rpz_name(const char *name, bool wildcard, const char *zone,
		       struct err *e) MUST_CHECK;

/* {"services": [{"name", "service"}]}.  RC_INVALID. */
enum rc guard_services_parse(struct arena *a, const char *json, size_t len,
			     const struct guard_service **ret, size_t *ret_n,
			     struct err *e) MUST_CHECK;
/* One name a line, '#' comments.  RC_INVALID names the line. */
enum rc guard_names_parse(struct arena *a, const char *text, size_t len,
			  const char *const **ret, size_t *ret_n, struct err *e) MUST_CHECK;

#endif
