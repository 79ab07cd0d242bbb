/*
 * guard - what must be looked at before a name is blocked (product.md, dns.md).
 *
 * Pure: lists are given.  Findings are shown with their evidence before anybody signs.
 */
#ifndef SALURAN_CORE_GUARD_H
#define SALURAN_CORE_GUARD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/crypto.h"
#include "core/ipnet.h"

enum {
	RPZ_NAME_MAX = 253, /* characters of a name without its root dot */
	RPZ_LABEL_MAX = 63, /* of one label (RFC 1035, section 2.3.4) */
	RPZ_WIRE_MAX = 255, /* bytes of an owner in wire form, the zone's name included */
	GUARD_LIST_MAX = 8 << 20, /* bytes of a list's file */
	GUARD_SERVICE_MAX = 200,  /* bytes of what a service carries */
	GUARD_FINDINGS_MAX = 4096,
	GUARD_LIST_NAMES_MAX = 100000,
};

/* What a finding asks for. */
enum guard_level {
	GUARD_NOTE,	/* shown */
	GUARD_OVERRIDE, /* a third person's override with a reason, else no approval */
	GUARD_REFUSE,	/* never */
};

/* X(NAME, token, level): the first block is found in the names, the second in what the
 * node knows of cases, channel and zone. */
#define GUARD_TABLE(X)                                                                   \
	X(PUBLIC_SUFFIX, "public_suffix", REFUSE)     /* ICANN section, or a TLD */      \
	X(PRIVATE_SUFFIX, "private_suffix", OVERRIDE) /* hosts unrelated sites */        \
	X(PROTECTED, "protected", REFUSE)	      /* covers a protected name */      \
	X(PROTECTED_BELOW, "protected_below", NOTE)   /* is above one, uncovered */      \
	X(OWN_NAME, "own_name", REFUSE)		      /* this node's, or its peer's */   \
	X(ADDRESS, "address", REFUSE)		      /* not by this policy, or ever */  \
	X(ADDRESS_SHARED, "address_shared", OVERRIDE) /* by sites that nobody knows */   \
	X(WHOLE_SERVICE, "whole_service", OVERRIDE)   /* carries a service */            \
	X(NO_ITEMS, "no_items", NOTE)		      /* no cited item is on it */       \
	X(WILDCARD, "wildcard", NOTE)		      /* asked for: all below */         \
	X(LOOKALIKE, "lookalike", NOTE)		      /* other letters, shown in both */ \
	X(TEST, "test", REFUSE)		/* the channel, or a cited case, is a TEST */    \
	X(GROUNDS, "grounds", REFUSE)	/* a cited case gives none; or emergency */      \
	X(EMERGENCY, "emergency", NOTE) /* and what it replaces */                       \
	X(EMERGENCY_AGAIN, "emergency_again", OVERRIDE) /* the name had one lately */    \
	X(CHANNEL_TEST, "channel_test", OVERRIDE)	/* not tested, or emergency */   \
	X(CONTACT_CALLED, "contact_called", OVERRIDE)	/* nobody, or emergency */       \
	X(DELTA, "delta", OVERRIDE) /* more names change in a day than the policy has */ \
	X(FEED, "feed", OVERRIDE)   /* not a person's list */                            \
	X(TERRITORY, "territory", NOTE) /* nobody takes a zone of it */                  \
	X(OWNER, "owner", OVERRIDE)	/* met by a record for each name, or emergency */

enum guard_code {
#define X(name, token, lvl) GUARD_CODE_##name,
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
	bool address;	  /* it is an address or a network: that of `net` */
	struct ipnet net;
};

/* `host` is the name, or below its wildcard. */
bool guard_name_covers(const struct guard_name *n, const char *host);

/* A name that this node or its channel needs, and for what. */
struct guard_own {
	const char *name, *what;
};

/* Addresses that this node, its channels or its operators need, and for what. */
struct guard_own_net {
	struct ipnet net;
	const char *what;
};

/* What a policy lets orders do to addresses. */
struct guard_addresses {
	const char *policy;	/* its name */
	const char *categories; /* "terrorism, child_abuse"; NULL: it lets no order */
	int prefix4, prefix6;	/* the shortest, that is the largest network */
	bool cited;		/* every cited case, and there is one, has such an item */
};

/* A name that carries a whole service, from policies/services.json. */
struct guard_service {
	const char *name;    /* "t.me" */
	const char *service; /* "Telegram: every public channel, group and bot link" */
};

struct guard_suffixes; /* the Public Suffix List */

/* Lists that come from files: X(NAME, token, what). */
#define GUARD_LIST_TABLE(X)                                                              \
	X(SUFFIXES, "suffixes", "Public Suffix List")                                    \
	X(PROTECTED, "protected", "protected names and networks")                        \
	X(SERVICES, "services", "names that carry whole services")

enum guard_list {
#define X(name, token, what) GUARD_LIST_##name,
	GUARD_LIST_TABLE(X)
#undef X
		GUARD_LIST_COUNT
};
const char *guard_list_token(enum guard_list l);
const char *guard_list_what(enum guard_list l);
/* Which list a finding comes from; false: from none. */
bool guard_list_of(enum guard_code c, enum guard_list *ret);

struct guard_lists {
	struct hash digest[GUARD_LIST_COUNT];  /* of each file, for whoever asks again */
	const struct guard_suffixes *suffixes; /* never NULL */
	/* Normalised; "*.go.id" protects go.id and all below, "bca.co.id" only itself. */
	const char *const *protected_names;
	size_t n_protected;
	const struct guard_service *services;
	size_t n_services;
	const struct guard_own *own;
	size_t n_own;
	const struct ipnet *protected_nets;
	size_t n_protected_nets;
	const struct guard_own_net *own_nets;
	size_t n_own_nets;
	struct guard_addresses addresses;
	uint64_t sample_size; /* links in the sample; 0: none given */
	uint64_t cited_items; /* items of the cited cases, on these names or not */
	const char *zone;     /* that the order is published in; NULL: not known yet */
};

struct guard_finding {
	enum guard_code code;
	const char *name;
	const char *text; /* one sentence with its figures, for the person who decides */
	json_t *evidence; /* an object; lives as long as the arena */
};

/* Findings in the making. */
struct guard_findings {
	struct arena *a;
	struct guard_finding *rows;
	size_t n, cap;
};
/* `name` NULL: of the whole order.  `evidence` is stolen, NULL: {}. */
void guard_find(struct guard_findings *f, enum guard_code code, const char *name,
		const char *text, json_t *evidence);

/*
 * All findings for all names, in the order of the names.  An apex alone covers its own
 * name only; with its wildcard it covers all below too, and so every suffix, protected
 * name or service there.
 * RC_INVALID: a name that is not valid in a zone (guard_rpz_name()), or is there twice.
 * RC_TOO_LARGE: more than GUARD_FINDINGS_MAX findings.
 */
enum rc guard_check(struct arena *a, const struct guard_lists *lists,
		    const struct guard_name *names, size_t n,
		    const struct guard_finding **ret, size_t *ret_n,
		    struct err *e) MUST_CHECK;

/*
 * The name in the letters that a person would see, when it has others than ASCII: *ret is
 * NULL when not.  *ret_like is the ASCII name that it could be taken for, or NULL.
 */
void guard_look(struct arena *a, const char *name, const char **ret,
		const char **ret_like);

/*
 * A name (with wildcard or not) that none of BIND, Unbound, PowerDNS and Knot Resolver
 * refuses as an owner in `zone` (NULL: its length is not known yet): no trailing dot,
 * length with the zone, labels, lower case.  RC_INVALID says which and how to mend it.
 */
enum rc guard_rpz_name(const char *name, bool wildcard, const char *zone,
		       struct err *e) MUST_CHECK;

/* {"services": [{"name", "service"}]}.  RC_INVALID with the path; RC_TOO_LARGE past
 * GUARD_LIST_MAX. */
enum rc guard_services_parse(struct arena *a, const char *json, size_t len,
			     const struct guard_service **ret, size_t *ret_n,
			     struct err *e) MUST_CHECK;
/*
 * The Public Suffix List's own file (public_suffix_list.dat).  RC_INVALID: no section of
 * ICANN or of private domains is in it; RC_TOO_LARGE past GUARD_LIST_MAX.
 */
enum rc guard_suffixes_parse(struct arena *a, const char *text, size_t len,
			     const struct guard_suffixes **ret, struct err *e) MUST_CHECK;
size_t guard_suffixes_count(const struct guard_suffixes *s);
/* Is the name a suffix by a rule of the ICANN section, or else of the private one?  A
 * single label is one of ICANN's (a TLD, with a rule or not), and so is the name that a
 * rule "*.name" is about, since all below it are: as libpsl has it. */
bool guard_suffix_is(const struct guard_suffixes *s, const char *name, bool icann);
/* How many names of rules of the section are the name or below it, and the first. */
size_t guard_suffixes_below(const struct guard_suffixes *s, const char *name, bool icann,
			    const char **ret_first);
/* What is found in an address or a network (guard_address.c). */
void guard_address(struct guard_findings *f, const struct guard_lists *lists,
		   const struct guard_name *g);

/* One name a line, "*." before it for all below too; '#' comments; lines with addresses
 * are left out.  RC_INVALID names the line; RC_TOO_LARGE past GUARD_LIST_MAX. */
enum rc guard_names_parse(struct arena *a, const char *text, size_t len,
			  const char *const **ret, size_t *ret_n,
			  struct err *e) MUST_CHECK;

/* The addresses and networks of such a list, likewise. */
enum rc guard_nets_parse(struct arena *a, const char *text, size_t len,
			 const struct ipnet **ret, size_t *ret_n,
			 struct err *e) MUST_CHECK;

#endif
