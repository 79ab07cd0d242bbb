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
};

/* Every policy has it: the class of a notice that is not urgent. */
#define POLICY_CLASS_NORMAL "normal"

/* A class of items or notices with its own time limits ("normal", "urgent"). */
struct policy_class {
	const char *code;
	int64_t accept_us; /* from the receipt to case.accept or case.refuse */
	int64_t decide_us; /* from the receipt to a decision on every item; >= accept_us
			    */
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
};

struct policy_order {
	unsigned approvals; /* different people besides the drafter, >= 1 */
	unsigned
		ladder_steps; /* receipted steps needed before an order may cite a case */
	int64_t max_duration_us; /* from approval to end */
	uint32_t max_names;	 /* names one order may carry */
	uint32_t ttl_s;		 /* of a policy answer: the floor of a lift */
};

struct policy {
	const char *name;
	uint64_t version;
	struct hash sha256; /* of the file's bytes */
	const char *title_en, *title_id, *source;
	struct policy_class classes[POLICY_CLASSES_MAX];
	size_t n_classes;
	struct policy_category categories[POLICY_CATEGORIES_MAX];
	size_t n_categories;
	struct policy_step ladder[POLICY_LADDER_MAX];
	size_t n_ladder;
	struct policy_order order;
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

#endif
