/*
 * err - what went wrong, where, and how to mend it, in one sentence for a person.
 *
 * The caller owns it, usually on its stack; functions only fill it.  `rule`
 * names the norm that hostile input broke ("protocol 2"), or is empty.
 * Text from outside is made printable as it enters.
 */
#ifndef SALURAN_BASE_ERR_H
#define SALURAN_BASE_ERR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rc.h"

enum { ERR_TEXT_MAX = 480, ERR_RULE_MAX = 48 };

struct err {
	char rule[ERR_RULE_MAX];
	char text[ERR_TEXT_MAX];
	int64_t retry_after_s; /* when the same may be asked again; 0: nothing to say */
	bool inner; /* the text has paths, or words of the system: for who runs the node,
		       not for who asks it from afar */
};

#define ERR_INIT                                                                         \
	{                                                                                \
		.text = ""                                                               \
	}

/* Fill `e` (NULL allowed) and return `rc`, so that `return err_set(...)` reads well. */
enum rc err_set(struct err *e, enum rc rc, const char *fmt, ...) PRINTF(3, 4);

/* As err_set(), naming the broken rule; the text becomes "rule: text". */
enum rc err_rule(struct err *e, enum rc rc, const char *rule, const char *fmt, ...)
	PRINTF(4, 5);

/* RC_FULL for ENOSPC and EDQUOT, RC_DENIED for EACCES, EPERM and EROFS, RC_NOT_FOUND
 * for ENOENT, else RC_IO; the text ends in the reason that errno gives. */
enum rc err_sys(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* As err_set() with RC_LIMIT: the same may be asked again after so many seconds. */
enum rc err_later(struct err *e, int64_t retry_after_s, const char *fmt, ...)
	PRINTF(3, 4);

#ifdef __clang_analyzer__
/* The analyser sees one file at a time: tell it that none of these returns RC_OK, or it
 * follows every failure on as a success. */
static inline enum rc
err_told(enum rc rc)
{
	if (rc == RC_OK)
		__builtin_unreachable();
	return rc;
}
#define err_set(...)   err_told((err_set)(__VA_ARGS__))
#define err_rule(...)  err_told((err_rule)(__VA_ARGS__))
#define err_sys(...)   err_told((err_sys)(__VA_ARGS__))
#define err_later(...) err_told((err_later)(__VA_ARGS__))
#endif

/* Put "context: " before the text that is there. */
void err_prefix(struct err *e, const char *fmt, ...) PRINTF(2, 3);

#endif
