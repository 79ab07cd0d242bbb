/*
 * flat - reads the members of a JSON object from its text, without a tree.
 *
 * As core/members.h, for what is read so often that the memory of a tree would be most of
 * the work: the payload of an event.  Inside core/.
 */
#ifndef SALURAN_CORE_FLAT_H
#define SALURAN_CORE_FLAT_H

#include "core/event.h"
#include "core/members.h"

enum { FLAT_MEMBERS_MAX = 16 /* that a reader can know */ };

struct flat {
	struct arena *a; /* of the texts that are read */
	struct ijson_member m[FLAT_MEMBERS_MAX];
	size_t n, next;	     /* next: where the member after the last one read stands */
	struct members said; /* rc, seen, and what messages need; has no tree */
};

/* `text` is not believed: it is checked as by ijson_parse(). */
void flat_open(struct flat *f, struct arena *a, struct ijson_text text, enum rc bad,
	       const char *rule, const char *where, struct err *e);

/* As it is written; .s NULL: it is absent. */
struct ijson_text flat_get(struct flat *f, const char *name);

/* As members_text() and so on; texts are in the arena. */
const char *flat_text(struct flat *f, const char *name, size_t max);
const char *flat_text_optional(struct flat *f, const char *name, size_t max);
int64_t flat_int(struct flat *f, const char *name, int64_t min, int64_t max);
int64_t flat_int_optional(struct flat *f, const char *name, int64_t min, int64_t max,
			  int64_t absent);
void flat_hex(struct flat *f, const char *name, struct hash *ret);
/* As it is written; .s NULL: a failed read. */
struct ijson_text flat_object(struct flat *f, const char *name);
/* 1 to `max` elements as they are written; when it is absent NULL and *ret_n = 0. */
const struct ijson_text *flat_array_optional(struct flat *f, const char *name, size_t max,
					     size_t *ret_n);

/* Record a problem, unless there is one. */
#define flat_fail(f, ...) members_fail(&(f)->said, __VA_ARGS__)

/* Refuses members that nobody read; RC_OK or the first problem. */
enum rc flat_end(struct flat *f) MUST_CHECK;

/* One text of an array as 32 bytes.  RC_INVALID. */
enum rc flat_hex_of(struct arena *a, struct ijson_text element,
		    struct hash *ret) MUST_CHECK;
enum rc flat_b64url_of(struct arena *a, struct ijson_text element,
		       struct hash *ret) MUST_CHECK;

#endif
