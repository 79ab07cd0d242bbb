/*
 * Is a request's head one that every proxy reads as we do?  libmicrohttpd 0.9.75 takes
 * the first of several Content-Length fields, ignores one beside Transfer-Encoding, and
 * lets names with a space through; a proxy in front that takes the other reading sees
 * another request than we do (request smuggling).  So anything of two readings is
 * refused, and the connection ends with it.  Its own strict level adds a check of Host
 * alone, without saying why; so it is left as it is.
 */
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/enc.h"
#include "http/api_int.h"
#include "http/fields.h"

#define RULE "RFC 9112, 6.3"

struct seen {
	unsigned fields, hosts, lengths, encodings, types, authorizations, keys, cookies,
		conditions;
	const char *length, *encoding;
	bool bad_name, bad_value, folded;
};

/* libmicrohttpd 0.9.75 puts the second line of a folded field behind the field's name, so
 * that the field is another one to us than to a proxy.  A field that came in one line is
 * its name, a colon (a NUL by now) and blanks, and then its value. */
static bool
one_line(const char *name, size_t name_len, const char *value)
{
	const uintptr_t ends = (uintptr_t)name + name_len, begins = (uintptr_t)value;

	if (begins <= ends || begins - ends > API_CONNECTION_BUFFER)
		return false;
	for (const char *at = name + name_len + 1; at < value; at++)
		if (*at != ' ' && *at != '\t')
			return false;
	return true;
}

static enum MHD_Result
on_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len,
	 const char *value, size_t value_len)
{
	struct seen *s = cls;
	const struct {
		const char *name;
		unsigned *n;
	} counted[] = {
		{MHD_HTTP_HEADER_HOST, &s->hosts},
		{MHD_HTTP_HEADER_CONTENT_LENGTH, &s->lengths},
		{MHD_HTTP_HEADER_TRANSFER_ENCODING, &s->encodings},
		{MHD_HTTP_HEADER_CONTENT_TYPE, &s->types},
		{MHD_HTTP_HEADER_AUTHORIZATION, &s->authorizations},
		{"Idempotency-Key", &s->keys},
		{MHD_HTTP_HEADER_COOKIE, &s->cookies},
		{MHD_HTTP_HEADER_IF_MATCH, &s->conditions},
	};

	(void)kind;
	s->fields++;
	if (strlen(name) != name_len || !field_name_valid(name))
		s->bad_name = true;
	if (value == NULL || strlen(value) != value_len || !field_value_valid(value)) {
		s->bad_value = true;
		return MHD_YES;
	}
	if (!one_line(name, name_len, value))
		s->folded = true;
	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++)
		if (strcasecmp(name, counted[i].name) == 0)
			(*counted[i].n)++;
	if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0)
		s->length = value;
	if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0)
		s->encoding = value;
	return MHD_YES;
}

static enum rc
guard_body(struct request *r, const struct seen *s, struct err *e)
{
	if (s->lengths != 0 && s->encodings != 0)
		return err_rule(e, RC_INVALID, RULE,
				"Content-Length and Transfer-Encoding contradict each "
				"other: send one");
	if (s->lengths > 1 || s->encodings > 1)
		return err_rule(
			e, RC_INVALID, RULE,
			"Content-Length or Transfer-Encoding stands more than once");
	if (s->encodings == 1 && strcasecmp(s->encoding, "chunked") != 0)
		return err_rule(e, RC_INVALID, RULE,
				"Transfer-Encoding is \"chunked\" or is not sent");
	if (s->lengths == 1 &&
	    decimal_parse(s->length, strlen(s->length), INT64_MAX, &r->declared) != RC_OK)
		return err_rule(e, RC_INVALID, RULE,
				"Content-Length is decimal digits without a leading "
				"zero");
	r->chunked = s->encodings == 1;
	if (r->chunked)
		r->declared = UINT64_MAX;
	r->has_body = r->declared != 0;
	return RC_OK;
}

enum rc
guard_head(struct request *r, struct err *e)
{
	struct seen s = {0};

	MHD_get_connection_values_n(r->c, MHD_HEADER_KIND, on_field, &s);
	if (s.fields > API_FIELDS_MAX)
		return err_rule(e, RC_INVALID, "RFC 9110, 5.4",
				"a request has at most %d header fields", API_FIELDS_MAX);
	if (s.folded)
		return err_rule(e, RC_INVALID, "RFC 9112, 5.2",
				"a header field stands in one line");
	if (s.bad_name)
		return err_rule(
			e, RC_INVALID, "RFC 9110, 5.1",
			"the name of a header field has a character that none may "
			"have");
	if (s.bad_value)
		return err_rule(e, RC_INVALID, "RFC 9110, 5.5",
				"the value of a header field has a control character");
	if (s.hosts != 1)
		return err_rule(e, RC_INVALID, "RFC 9112, 3.2",
				"a request has one Host field");
	if (s.types > 1 || s.authorizations > 1 || s.keys > 1 || s.cookies > 1 ||
	    s.conditions > 1)
		return err_rule(e, RC_INVALID, "RFC 9110, 5.3",
				"Content-Type, Authorization, Cookie, Idempotency-Key "
				"and If-Match stand once");
	return guard_body(r, &s, e);
}
