/*
 * head - is the head of an HTTP request one that every proxy reads as we do?
 *
 * libmicrohttpd 0.9.75 takes the first of several Content-Length fields, ignores one
 * beside Transfer-Encoding, lets names with a space through, and puts the second line of
 * a folded field behind the field's name, so that the field is another one to us; who
 * takes the other reading sees another request than we do (request smuggling).  So
 * anything of two readings is refused, and the connection must end with it: what follows
 * on it has two readings too.
 *
 * For every edge that listens to HTTP; it gives the fields one by one.  Pure.
 */
#ifndef SALURAN_BASE_HEAD_H
#define SALURAN_BASE_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { HEAD_ONCE_MAX = 8 };

struct head {
	/* Set by the caller: at most so many fields, in a buffer of so many bytes. */
	unsigned fields_max;
	size_t buffer;
	/* Names that stand at most once, ended by NULL, at most HEAD_ONCE_MAX. */
	const char *const *once;

	/* The rest is the module's. */
	unsigned fields, hosts, lengths, encodings, seen[HEAD_ONCE_MAX];
	const char *length, *encoding;
	bool bad_name, bad_value, folded;
};

/* One field, where the parser has it: name and value lie in its buffer as they came. */
void head_field(struct head *h, const char *name, size_t name_len, const char *value,
		size_t value_len);

/* What the body is said to be. */
struct head_body {
	bool chunked;
	uint64_t length; /* bytes; UINT64_MAX when chunked, 0: no body */
};
/* After the last field.  RC_INVALID with the rule that it breaks. */
enum rc head_check(const struct head *h, struct head_body *ret, struct err *e) MUST_CHECK;

/* RFC 9110: the name of a field is a token, its value has no control character. */
bool head_name_valid(const char *name);
bool head_value_valid(const char *value);

#endif
