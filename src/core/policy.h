/*
 * policy - deadlines, ladder, categories and order rules as data.
 *
 * A policy is a JSON file with a name and a version, named by its SHA-256 in every
 * notice.  The file's schema is docs/policy.md; unknown members are refused.
 *
 * Pure.  The arena owns everything.
 */
#ifndef SALURAN_CORE_POLICY_H
#define SALURAN_CORE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/calendar.h"
#include "core/crypto.h"

enum {
	POLICY_MAX = 256 * 1024, /* bytes of a file */
	POLICY_CATEGORIES_MAX = 64,
	POLICY_CLASSES_MAX = 8,
	POLICY_LADDER_MAX = 8,
	POLICY_CODE_MAX = 40,	/* bytes of a name or a code: [a-z0-9_-] */
	POLICY_TITLE_MAX = 200, /* bytes of a title or a category's name */
	POLICY_SOURCE_MAX = 8000,
	POLICY_SECONDS_MAX = 10 * 366 * 86400, /* of any duration */
	POLICY_APPROVALS_MAX = 8,
	POLICY_NAMES_MAX = 256, /* of one order: what order.draft can hold */
	/* What a cache holds is what a lift waits for, hence seconds. */
	POLICY_TTL_MIN_S = 5,
	POLICY_TTL_MAX_S = 60,
	/* Shorter prefixes are networks of whole providers. */
	POLICY_PREFIX4_MIN = 20,
	POLICY_PREFIX6_MIN = 40,
	POLICY_CALENDARS_MAX = 4,
	POLICY_DAYS_MAX = 366, /* working days of a time limit */
	POLICY_FIELDS_MAX = 32,
	POLICY_WORDS_MAX = 16, /* values that a field may have */
	POLICY_CONFIRM_MAX = 200000,
};

/* Every policy has it: the class of a notice that is not urgent. */
#define POLICY_CLASS_NORMAL "normal"

/* A class of items or notices with its own time limits ("normal", "urgent"). */
struct policy_class {
	const char *code;
	int64_t accept_us; /* from the receipt to case.accept or case.refuse */
	int64_t decide_us; /* from the receipt to a decision on every item; >= accept_us
			    */
	/* NULL: time runs always.  Else both run in its working hours only. */
	const struct calendar *calendar;
	/* Instead of a length: until working time ends that many working days after the
	 * day of the receipt, 0 being the same day.  accept_us and decide_us are then
	 * whole days, for comparing classes only. */
	bool by_days;
	int64_t accept_days, decide_days;
	int64_t minimum_us; /* at least that long after the receipt, at any hour */
};

struct policy_category {
	const char *code; /* "terrorism" */
	const char *name_en, *name_id;
	const char *class_code; /* the class that an urgent notice of it falls in */
};

struct policy_step {
	bool warn;	  /* else remind */
	unsigned level;	  /* 1.. for a warning, 0 for a reminder */
	int64_t after_us; /* after the deadline, or after the receipt of the step before
			   */
	bool by_node;	  /* the node takes it when it is due; else a person does */
};

struct policy_order {
	unsigned approvals; /* different people besides the drafter, >= 1 */
	unsigned
		ladder_steps; /* receipted steps needed before an order may cite a case */
	int64_t max_duration_us;  /* from approval to end */
	uint32_t max_names;	  /* names one order may carry */
	uint32_t ttl_s;		  /* of a policy answer: the floor of a lift */
	int64_t emergency_max_us; /* an emergency order ends after that, unless reasoned
				   */
	uint32_t delta_max;	  /* names of the zone that may change in a day */
	int64_t tested_within_us; /* the channel was tested so recently; 0: not asked */
	bool contact_called;	  /* and a contact was called */
	int64_t notice_before_end_us; /* people are told so long before it ends */
	/* A block, a lift, is in effect at every operator so long after it, or the
	 * operator is reminded, and again so long after that. */
	int64_t operator_block_us, operator_lift_us, operator_again_us;
	bool operator_by_node; /* reminded by the node, not by a person */
	/* Addresses may be named when every cited case has items of one of these
	 * categories; none: never. */
	const char *address_categories[POLICY_CATEGORIES_MAX];
	size_t n_address_categories;
	int address_prefix4, address_prefix6; /* the largest networks */
};

/* When the clock of a case stands still; see core/deadline.h. */
struct policy_pause {
	bool clarify;	 /* while an answer is owed by the authority */
	bool impossible; /* after an inability that may end */
	int64_t max_us;	 /* of all pauses of a case together; 0: none */
};

/* What a notice must carry besides its subject and legal basis. */
struct policy_field {
	const char *code, *name_en, *name_id;
	bool of_item;  /* a column of the list; else of the notice as a whole */
	bool required; /* else it may be left out */
	const char *words[POLICY_WORDS_MAX]; /* the values allowed */
	size_t n_words;			     /* 0: any text */
};

struct policy_channel {
	int64_t test_every_us, ack_within_us;
};
struct policy_objection {
	int64_t answer_us, rule_us; /* from the objection */
};
struct policy_decide {
	uint32_t
		confirm_above; /* items of one decision that need no typed confirmation */
	int64_t hold_us;       /* before a decision in bulk has effect; 0: none */
};
/* 0: kept. */
struct policy_retention {
	int64_t disclosures_us, evidence_us;
	int64_t preserve_us; /* what was removed is kept at least that long */
	/* After its ruling an objection, after a newer one a directory of contacts. */
	int64_t objections_us, contacts_us;
};
/* When figures of the year before are due; month 0: nothing is asked for. */
struct policy_statistics {
	unsigned month, day;
};

struct policy {
	const char *name;
	uint64_t version;
	/* For trying things out: a case under it is a TEST for ever, and grounds no
	 * order.
	 */
	bool test;
	struct hash sha256; /* of the file's bytes */
	const char *title_en, *title_id, *source;
	struct policy_class classes[POLICY_CLASSES_MAX];
	size_t n_classes;
	struct policy_category categories[POLICY_CATEGORIES_MAX];
	size_t n_categories;
	struct policy_step ladder[POLICY_LADDER_MAX];
	size_t n_ladder;
	struct policy_order order;
	/* What follows is optional in the file; docs/policy.md has the defaults. */
	int64_t valid_from_us, valid_until_us; /* of sending; 0: not limited */
	struct calendar calendars[POLICY_CALENDARS_MAX];
	size_t n_calendars;
	struct policy_pause pause;
	struct policy_field fields[POLICY_FIELDS_MAX];
	size_t n_fields;
	int64_t inform_us; /* the platform was told of the policy so long before the first
			    * notice under it; 0: not asked for */
	int64_t scrutiny_us; /* for the review of a notice by a third authority */
	int64_t lapse_us;    /* a notice is whole so long after its last part, or never */
	struct policy_channel channel;
	struct policy_objection objection;
	struct policy_decide decide;
	struct policy_retention retention;
	struct policy_statistics statistics;
};

/*
 * RC_INVALID with the path of the member ("classes[1].decide_s: ..."); RC_TOO_LARGE past
 * POLICY_MAX.  Codes are unique, categories name classes that exist, reminders come
 * before warnings 1, 2, ..., and order.ladder_steps is within the ladder.
 */
enum rc policy_parse(struct arena *a, const char *json, size_t len,
		     const struct policy **ret, struct err *e) MUST_CHECK;
/* NULL: not in this policy. */
const struct policy_class *policy_class_find(const struct policy *p, const char *code);
const struct policy_category *policy_category_find(const struct policy *p,
						   const char *code);
const struct calendar *policy_calendar_find(const struct policy *p, const char *code);

/* Why this value (NULL: none) of a field will not do, in the arena; NULL: it does. */
const char *policy_field_refuses(struct arena *a, const struct policy_field *f,
				 const char *value);

/* Has a notice no business under this policy at that time?  A text that says why, in the
 * arena, or NULL: before valid_from, from valid_until on, or, unless urgent, on a day on
 * which a calendar of the class sends nothing. */
const char *policy_refuses_send(struct arena *a, const struct policy *p,
				const struct policy_class *cls, bool urgent,
				int64_t at_us);

#endif
