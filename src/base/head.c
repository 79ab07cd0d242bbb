#include "base/head.h"

#include <string.h>
#include <strings.h>

#include "base/enc.h"

#define RULE_LENGTH "RFC 9112, 6.3"

bool
head_name_valid(const char *name)
{
	static const char token[] = "!#$%&'*+-.^_`|~";

	if (name[0] == '\0')
		return false;
	for (const char *c = name; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9') || strchr(token, *c) != NULL))
			return false;
	return true;
}

bool
head_value_valid(const char *value)
{
	for (const char *c = value; *c != '\0'; c++)
		if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
			return false;
	return true;
}

/* A field that came in one line is its name, a colon (a NUL by now) and blanks, and then
 * its value. */
static bool
one_line(const struct head *h, const char *name, size_t name_len, const char *value)
{
	const uintptr_t ends = (uintptr_t)name + name_len, begins = (uintptr_t)value;

	if (begins <= ends || begins - ends > h->buffer)
		return false;
	for (const char *at = name + name_len + 1; at < value; at++)
		if (*at != ' ' && *at != '\t')
			return false;
	return true;
}

void
head_field(struct head *h, const char *name, size_t name_len, const char *value,
	   size_t value_len)
{
	h->fields++;
	if (strlen(name) != name_len || !head_name_valid(name))
		h->bad_name = true;
	if (value == NULL || strlen(value) != value_len || !head_value_valid(value)) {
		h->bad_value = true;
		return;
	}
	if (!one_line(h, name, name_len, value))
		h->folded = true;
	for (size_t i = 0; i < HEAD_ONCE_MAX && h->once[i] != NULL; i++)
		if (strcasecmp(name, h->once[i]) == 0)
			h->seen[i]++;
	if (strcasecmp(name, "Host") == 0)
		h->hosts++;
	if (strcasecmp(name, "Content-Length") == 0) {
		h->lengths++;
		h->length = value;
	}
	if (strcasecmp(name, "Transfer-Encoding") == 0) {
		h->encodings++;
		h->encoding = value;
	}
}

static enum rc
body_check(const struct head *h, struct head_body *ret, struct err *e)
{
	*ret = (struct head_body){0};
	if (h->lengths != 0 && h->encodings != 0)
		return err_rule(e, RC_INVALID, RULE_LENGTH,
				"Content-Length and Transfer-Encoding contradict each "
				"other: send one");
	if (h->lengths > 1 || h->encodings > 1)
		return err_rule(
			e, RC_INVALID, RULE_LENGTH,
			"Content-Length or Transfer-Encoding stands more than once");
	if (h->encodings == 1 && strcasecmp(h->encoding, "chunked") != 0)
		return err_rule(e, RC_INVALID, RULE_LENGTH,
				"Transfer-Encoding is \"chunked\" or is not sent");
	if (h->lengths == 1 &&
	    decimal_parse(h->length, strlen(h->length), INT64_MAX, &ret->length) != RC_OK)
		return err_rule(e, RC_INVALID, RULE_LENGTH,
				"Content-Length is decimal digits without a leading "
				"zero");
	ret->chunked = h->encodings == 1;
	if (ret->chunked)
		ret->length = UINT64_MAX;
	return RC_OK;
}

enum rc
head_check(const struct head *h, struct head_body *ret, struct err *e)
{
	if (h->fields > h->fields_max)
		return err_rule(e, RC_INVALID, "RFC 9110, 5.4",
				"a request has at most %u header fields", h->fields_max);
	if (h->folded)
		return err_rule(e, RC_INVALID, "RFC 9112, 5.2",
				"a header field stands in one line");
	if (h->bad_name)
		return err_rule(
			e, RC_INVALID, "RFC 9110, 5.1",
			"the name of a header field has a character that none may "
			"have");
	if (h->bad_value)
		return err_rule(e, RC_INVALID, "RFC 9110, 5.5",
				"the value of a header field has a control character");
	if (h->hosts != 1)
		return err_rule(e, RC_INVALID, "RFC 9112, 3.2",
				"a request has one Host field");
	for (size_t i = 0; i < HEAD_ONCE_MAX && h->once[i] != NULL; i++)
		if (h->seen[i] > 1)
			return err_rule(e, RC_INVALID, "RFC 9110, 5.3",
					"the field %s stands once", h->once[i]);
	return body_check(h, ret, e);
}
