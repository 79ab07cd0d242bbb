/*
 * Names as owners of a response policy zone, and the lists that guards are given.
 *
 * One row that a resolver refuses can cost it the whole zone, and with it every order and
 * every lift.  So what any of the four refuses is never published.
 */
#include <string.h>

#include "core/docread.h"
#include "core/guard.h"

#define RULE_RPZ "rpz name"

static const struct {
	const char *token, *what;
} lists[GUARD_LIST_COUNT] = {
#define X(name, token, what) [GUARD_LIST_##name] = {(token), (what)},
	GUARD_LIST_TABLE(X)
#undef X
};

const char *
guard_list_token(enum guard_list l)
{
	return lists[l].token;
}

const char *
guard_list_what(enum guard_list l)
{
	return lists[l].what;
}

bool
guard_list_of(enum guard_code c, enum guard_list *ret)
{
	if (c == GUARD_CODE_PUBLIC_SUFFIX || c == GUARD_CODE_PRIVATE_SUFFIX)
		*ret = GUARD_LIST_SUFFIXES;
	else if (c == GUARD_CODE_PROTECTED || c == GUARD_CODE_PROTECTED_BELOW)
		*ret = GUARD_LIST_PROTECTED;
	else if (c == GUARD_CODE_WHOLE_SERVICE)
		*ret = GUARD_LIST_SERVICES;
	else
		return false;
	return true;
}

/* RFC 1035, section 2.3.1, in lower case, and '_', which names in use have. */
static enum rc
label_check(const char *name, const char *label, size_t len, struct err *e)
{
	if (len == 0)
		return err_rule(e, RC_INVALID, RULE_RPZ,
				"%s: an empty label: remove the superfluous dot", name);
	if (len > RPZ_LABEL_MAX)
		return err_rule(e, RC_INVALID, RULE_RPZ,
				"%s: a label of %zu characters, at most %d are possible",
				name, len, RPZ_LABEL_MAX);
	if (label[0] == '-' || label[len - 1] == '-')
		return err_rule(e, RC_INVALID, RULE_RPZ,
				"%s: a label may not begin or end with '-'", name);
	for (size_t i = 0; i < len; i++) {
		char c = label[i];

		if (c >= 'A' && c <= 'Z')
			return err_rule(
				e, RC_INVALID, RULE_RPZ,
				"%s: write it in lower case: BIND and PowerDNS drop a "
				"zone that has one name in two cases",
				name);
		if (c == '*')
			return err_rule(
				e, RC_INVALID, RULE_RPZ,
				"%s: ask for the wildcard beside the name, not in it",
				name);
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
		      c == '_'))
			return err_rule(
				e, RC_INVALID, RULE_RPZ,
				"%s: character %zu of a label is not a-z, 0-9, '-' or "
				"'_': write the name in its A-label form (xn--…)",
				name, i + 1);
	}
	return RC_OK;
}

/* The labels of a name without a trailing dot; *last gets the last one. */
static enum rc
labels_check(const char *name, const char **last, struct err *e)
{
	size_t len = strlen(name);
	const char *at = name;
	enum rc rc;

	if (len == 0)
		return err_rule(e, RC_INVALID, RULE_RPZ, "the name is empty");
	if (name[len - 1] == '.')
		return err_rule(
			e, RC_INVALID, RULE_RPZ,
			"%s: remove the trailing dot: Unbound drops the whole zone "
			"for it",
			name);
	if (len > RPZ_NAME_MAX)
		return err_rule(e, RC_INVALID, RULE_RPZ,
				"%s: %zu characters, at most %d are possible", name, len,
				RPZ_NAME_MAX);
	for (;;) {
		size_t n = strcspn(at, ".");

		rc = label_check(name, at, n, e);
		if (rc != RC_OK)
			return rc;
		*last = at;
		if (at[n] == '\0')
			return RC_OK;
		at += n + 1;
	}
}

enum rc
guard_rpz_name(const char *name, bool wildcard, const char *zone, struct err *e)
{
	const char *last = name, *ignored = zone;
	size_t wire;
	enum rc rc = labels_check(name, &last, e);

	if (rc != RC_OK)
		return rc;
	/* The last label makes an owner another kind of trigger (RPZ, section 4). */
	if (strncmp(last, "rpz-", 4) == 0)
		return err_rule(e, RC_INVALID, RULE_RPZ,
				"%s: \"%s\" would make it an address trigger, not a name",
				name, last);
	if (last[strspn(last, "0123456789")] == '\0')
		return err_rule(e, RC_INVALID, RULE_RPZ,
				"%s: an address, not a name: no name ends in a number",
				name);
	if (zone != NULL) {
		rc = labels_check(zone, &ignored, e);
		if (rc != RC_OK)
			return rc;
	}
	/* A length byte for each label (as many as dots and one more), and the root's. */
	wire = strlen(name) + 2 + (wildcard ? 2 : 0);
	wire += zone != NULL ? strlen(zone) + 1 : 0;
	if (wire > RPZ_WIRE_MAX)
		return err_rule(
			e, RC_INVALID, RULE_RPZ,
			"%s%s: %zu bytes with the zone %s, at most %d are possible: BIND "
			"and Unbound drop the whole zone for it",
			wildcard ? "*." : "", name, wire,
			zone != NULL ? zone : "(none given)", RPZ_WIRE_MAX);
	return RC_OK;
}

enum rc
guard_services_parse(struct arena *a, const char *json, size_t len,
		     const struct guard_service **ret, size_t *ret_n, struct err *e)
{
	static const char *const members[] = {"services", NULL};
	static const char *const of_service[] = {"name", "service", NULL};
	struct docread d = {.a = a, .e = e};
	json_t *doc = docread_open(&d, json, len, GUARD_LIST_MAX);
	struct guard_service *s;
	struct err why = ERR_INIT;

	docread_members(&d, doc, "", members);
	const json_t *list =
		docread_list(&d, doc, "", "services", 0, GUARD_LIST_NAMES_MAX);
	size_t n = json_array_size(list);

	s = arena_array(a, n == 0 ? 1 : n, sizeof(*s));
	for (size_t i = 0; d.rc == RC_OK && i < n; i++) {
		const char *at = arena_printf(a, "services[%zu]", i);
		json_t *o = json_array_get(list, i);

		docread_members(&d, o, at, of_service);
		s[i].name = docread_text(&d, o, at, "name", RPZ_NAME_MAX);
		s[i].service = docread_text(&d, o, at, "service", GUARD_SERVICE_MAX);
		if (d.rc == RC_OK &&
		    guard_rpz_name(s[i].name, false, NULL, &why) != RC_OK)
			docread_fail(&d, at, "name", "%s", why.text);
	}
	if (d.rc != RC_OK)
		return d.rc;
	*ret = s;
	*ret_n = n;
	return RC_OK;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Lines of a text, one after the other: without end of line, comment and blanks. */
struct lines {
	const char *at, *end;
	size_t number; /* of the line at hand, from 1 */
	const char *line;
	size_t len;
};

static bool
lines_next(struct lines *l, char comment)
{
	const char *stop, *cut;

	if (l->at == l->end)
		return false;
	stop = memchr(l->at, '\n', (size_t)(l->end - l->at));
	l->line = l->at;
	l->at = stop != NULL ? stop + 1 : l->end;
	stop = stop != NULL ? stop : l->end;
	cut = memchr(l->line, comment, (size_t)(stop - l->line));
	stop = cut != NULL ? cut : stop;
	while (l->line < stop && is_blank(*l->line))
		l->line++;
	while (stop > l->line && is_blank(stop[-1]))
		stop--;
	l->len = (size_t)(stop - l->line);
	l->number++;
	return true;
}

static size_t
lines_count(const char *text, size_t len)
{
	size_t n = 1;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

enum rc
guard_names_parse(struct arena *a, const char *text, size_t len, const char *const **ret,
		  size_t *ret_n, struct err *e)
{
	struct lines l = {.at = text, .end = text + len};
	const char **names;
	size_t n = 0;

	if (len > GUARD_LIST_MAX)
		return err_set(e, RC_TOO_LARGE, "%zu bytes: at most %d are read", len,
			       GUARD_LIST_MAX);
	names = arena_array(a, lines_count(text, len), sizeof(*names));
	while (lines_next(&l, '#')) {
		const char *name = arena_strndup(a, l.line, l.len);
		bool below = strncmp(name, "*.", 2) == 0;

		if (l.len == 0 || ipnet_is_meant(l.line, l.len))
			continue;
		if (n == GUARD_LIST_NAMES_MAX)
			return err_set(e, RC_INVALID, "line %zu: more than %d names",
				       l.number, GUARD_LIST_NAMES_MAX);
		if (memchr(l.line, '\0', l.len) != NULL)
			return err_set(e, RC_INVALID, "line %zu: a NUL byte", l.number);
		enum rc rc = guard_rpz_name(below ? name + 2 : name, false, NULL, e);

		if (rc != RC_OK) {
			err_prefix(e, "line %zu", l.number);
			return rc;
		}
		names[n++] = name;
	}
	*ret = names;
	*ret_n = n;
	return RC_OK;
}

enum rc
guard_nets_parse(struct arena *a, const char *text, size_t len, const struct ipnet **ret,
		 size_t *ret_n, struct err *e)
{
	struct lines l = {.at = text, .end = text + len};
	struct ipnet *nets;
	size_t n = 0;

	if (len > GUARD_LIST_MAX)
		return err_set(e, RC_TOO_LARGE, "%zu bytes: at most %d are read", len,
			       GUARD_LIST_MAX);
	nets = arena_array(a, lines_count(text, len), sizeof(*nets));
	while (lines_next(&l, '#')) {
		if (l.len == 0 || !ipnet_is_meant(l.line, l.len))
			continue;
		enum rc rc = ipnet_parse(l.line, l.len, &nets[n], e);

		if (rc != RC_OK || n == GUARD_LIST_NAMES_MAX) {
			if (rc == RC_OK)
				rc = err_set(e, RC_INVALID, "more than %d addresses",
					     GUARD_LIST_NAMES_MAX);
			err_prefix(e, "line %zu", l.number);
			return rc;
		}
		n++;
	}
	*ret = nets;
	*ret_n = n;
	return RC_OK;
}
