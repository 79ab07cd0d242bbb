/*
 * event_type - the table of event types: who may write one, and what its body holds.
 *
 * This is tier 2 of protocol 2.  An event that fails it is still receipted and then
 * answered event.refuse, or is void: it never wedges a log.  A sender checks its own
 * events before it appends them.  A new type is one row.
 *
 * Pure.
 */
#ifndef SALURAN_CORE_EVENT_TYPE_H
#define SALURAN_CORE_EVENT_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/event.h"
#include "core/identity.h"

enum {
	EVENT_BY_AUTHORITY = 1 << PARTY_AUTHORITY,
	EVENT_BY_PLATFORM = 1 << PARTY_PLATFORM,
	EVENT_BY_BOTH = EVENT_BY_AUTHORITY | EVENT_BY_PLATFORM,
};

/* Limits of bodies; what one event holds is also limited by EVENT_PAYLOAD_MAX. */
enum {
	EVENT_TOKEN_MAX = 64,	       /* bytes of [a-z0-9][a-z0-9._-]* */
	EVENT_LISTED_MAX = 1000000,    /* rows of a list that are no items */
	EVENT_ITEM_MAX = 199999,       /* the largest item number of a case, from 0 */
	EVENT_PART_ITEMS_MAX = 1024,   /* items of one notice.part */
	EVENT_PARTS_MAX = 8192,	       /* parts of one notice */
	EVENT_DECIDE_ITEMS_MAX = 8192, /* items of one item.decide */
	EVENT_TERRITORIES_MAX = 256,   /* of one item.decide */
	EVENT_TERRITORY_MAX = 16,      /* bytes: ISO 3166 codes */
	EVENT_WARN_LEVEL_MAX = 3,      /* warnings of a ladder */
	EVENT_ORDER_NAMES_MAX = 256,   /* names of one order */
	EVENT_ORDER_NAME_MAX = 253,    /* bytes of a DNS name */
	EVENT_ORDER_CITES_MAX = 256,   /* cases that one order cites */
	EVENT_ORDER_LISTS_MAX = 16,    /* that its names were held against */
	EVENT_ORDER_GUARDS_MAX = 16,   /* guards of one order or override */
	EVENT_ORDER_STAGES_MAX = 64,   /* of one staged lift */
	EVENT_ORDER_ZONES_MAX = 32,    /* that a lift is for, when not for all */
	EVENT_ORDER_APPROVALS_MAX = 8, /* people besides the drafter */
	EVENT_DNS_OWNER_MAX = 255,     /* bytes of an owner in the zone */
	EVENT_DNS_RESOLVER_MAX = 64,   /* bytes of address#port */
	EVENT_DNS_RESULTS_MAX = 100,   /* of one dns.measured */
	EVENT_DNS_ORDERS_MAX = 100,    /* of one reminder to an operator */
	EVENT_DNS_STEP_MAX = 10000,    /* reminders to one operator */
	EVENT_DNS_OPERATORS_MAX = 4096,
	EVENT_FILES_MAX = 16,	     /* files of one evidence.add */
	EVENT_REFUSE_RULE_MAX = 480, /* bytes of the reason for a refusal */
	EVENT_RECEIPT_SIG_LEN = 104, /* base64 of key id, time, signature: 76 bytes */
};

/* Bytes of a file of evidence, and of its ciphertext: header, salt, and 16 bytes for each
 * 64 KiB more. */
#define EVENT_FILE_PLAIN_MAX (INT64_C(2) << 30)
#define EVENT_FILE_LEN_MAX   (EVENT_FILE_PLAIN_MAX + (INT64_C(1) << 20))

enum event_case_rule { EVENT_CASE_NONE, EVENT_CASE_REQUIRED, EVENT_CASE_OPTIONAL };

/* Whose `by` a node's own events have; no person has it. */
#define EVENT_BY_NODE "node"

struct event_field;

struct event_type {
	const char *name;
	unsigned by; /* parties allowed, EVENT_BY_* mask */
	enum event_case_rule casefile;
	bool starts_clock; /* its receipt is logged by receipt.adopt (protocol 4) */
	size_t sd_min;	   /* disclosures it must have: the reason, the text */
	size_t refs_min;   /* events it must refer to */
	const struct event_field *body;
	/* What the rows of `body` cannot say; may be NULL. */
	enum rc (*check)(const struct event *ev, struct err *e);
};

/* Both of an event that event_type_check() has passed.  A decision that something cannot
 * be done for a reason that may end; and whether its receipt is logged: by its type, or
 * because of an inability, which pauses a clock under some policies. */
bool event_is_inability(const struct event *ev);
bool event_starts_clock(const struct event *ev);

/* NULL: unknown. */
const struct event_type *event_type_find(const char *name);

/*
 * May `from` have written this event, and does it have the form of its type?
 * RC_UNSUPPORTED  unknown type
 * RC_INVALID      its author, case, disclosures, references or body are not those of its
 *                 type; rule "protocol 2"
 */
enum rc event_type_check(const struct event *ev, enum party from,
			 struct err *e) MUST_CHECK;

/* The table as markdown, for docs/protocol.md. */
void event_type_table_put(struct buf *b);

#endif
