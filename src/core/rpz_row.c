/*
 * Rows of a response policy zone.  What each resolver does with a row that it refuses is
 * in docs/operators.md; the samples of public reports are a test.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/rpz_row.h"

#define RULE "rpz row"

static const struct {
	const char *token, *type, *fixed;
} acts[RPZROW_ACT_COUNT] = {
#define X(name, token, type, fixed) [RPZROW_##name] = {token, type, fixed},
	RPZROW_ACT_TABLE(X)
#undef X
};

/* ---- the words of an order --------------------------------------------------------- */

enum rc
rpzrow_act_read(struct arena *a, const char *text, enum rpzrow_act *ret,
		const char **ret_data, struct err *e)
{
	size_t len = strcspn(text, " ");

	for (int i = 0; i < RPZROW_ACT_COUNT; i++) {
		bool data = acts[i].fixed == NULL;
		if (strlen(acts[i].token) != len || memcmp(acts[i].token, text, len) != 0)
			continue;
		if (data != (text[len] == ' ' && text[len + 1] != '\0'))
			break;
		*ret = (enum rpzrow_act)i;
		*ret_data = data ? arena_strdup(a, text + len + 1) : NULL;
		return RC_OK;
	}
	return err_rule(e, RC_INVALID, RULE, "\"%s\" is no action", text);
}

const char *
rpzrow_act_text(struct arena *a, enum rpzrow_act act, const char *data)
{
	return data == NULL ? acts[act].token
			    : arena_printf(a, "%s %s", acts[act].token, data);
}

const char *
rpzrow_canary(struct arena *a, const char *origin)
{
	/* Each on the wire with a length byte before its first label, and the root. */
	size_t wire = 2 * (strlen(origin) + 1) + sizeof(RPZROW_CANARY) + 1;

	return wire > RPZROW_WIRE_MAX ? NULL
				      : arena_printf(a, "%s." RPZROW_CANARY, origin);
}

unsigned
rpzrow_act_rank(enum rpzrow_act act)
{
	static const unsigned ranks[RPZROW_ACT_COUNT] = {
		[RPZROW_PASSTHRU] = 1,
		[RPZROW_LANDING] = 2,
		[RPZROW_NODATA] = 3,
		[RPZROW_NXDOMAIN] = 4,
	};

	return ranks[act];
}

/* ---- one row ----------------------------------------------------------------------- */

static bool
is_label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Labels of a name without a trailing dot; `*last` gets the last of them. */
static enum rc
labels_check(const char *what, const char *name, const char **last, struct err *e)
{
	size_t len = strlen(name);
	const char *at = name;

	if (len == 0)
		return err_rule(e, RC_INVALID, RULE, "%s is empty", what);
	if (name[len - 1] == '.')
		return err_rule(e, RC_INVALID, RULE,
				"%s: remove the trailing dot: the name would be outside "
				"the zone, and Unbound drops the whole zone for it",
				name);
	for (;;) {
		size_t n = strcspn(at, ".");
		bool star = n == 1 && at[0] == '*' && at == name;
		if (n == 0)
			return err_rule(e, RC_INVALID, RULE,
					"%s: an empty label: remove the superfluous dot",
					name);
		if (n > RPZROW_LABEL_MAX)
			return err_rule(e, RC_INVALID, RULE,
					"%.200s: a label of %zu characters, at most %d "
					"are possible",
					name, n, RPZROW_LABEL_MAX);
		for (size_t i = 0; !star && i < n; i++)
			if (!is_label_byte(at[i]))
				return err_rule(
					e, RC_INVALID, RULE,
					"%.200s: a label has letters, digits, '-' and "
					"'_'; '*' stands alone at the front, once",
					name);
		*last = at;
		if (at[n] == '\0')
			return RC_OK;
		at += n + 1;
	}
}

static enum rc
length_check(const char *owner, const char *origin, struct err *e)
{
	/* A length byte for each label, as many as dots and one more, and the root's. */
	size_t wire = strlen(owner) + strlen(origin) + 3;

	if (wire > RPZROW_WIRE_MAX)
		return err_rule(e, RC_INVALID, RULE,
				"%s: %zu bytes with the zone %.80s, at most %d are "
				"possible: BIND and Unbound drop the whole zone for it",
				owner, wire, origin, RPZROW_WIRE_MAX);
	return RC_OK;
}

static enum rc
trigger_check(const char *owner, const char *last, enum rpzrow_trigger *ret,
	      struct err *e)
{
	static const struct {
		const char *label;
		enum rpzrow_trigger trigger;
	} kinds[] = {
		{"rpz-ip", RPZROW_IP},
		{"rpz-client-ip", RPZROW_CLIENT_IP},
		{"rpz-nsip", RPZROW_NSIP},
		{"rpz-nsdname", RPZROW_NSDNAME},
	};
	struct arena *a;
	const char *address;
	int prefix;
	enum rc rc;

	*ret = owner[0] == '*' ? RPZROW_WILDCARD : RPZROW_NAME;
	if (strcmp(owner, "*") == 0)
		return err_rule(e, RC_INVALID, RULE,
				"*: every name there is: a wildcard stands below a name");
	if (strncasecmp(last, "rpz-", 4) != 0) {
		if (last[strspn(last, "0123456789")] == '\0')
			return err_rule(e, RC_INVALID, RULE,
					"%s: an address, not a name: as a trigger it is "
					"written as 32.4.3.2.1.rpz-ip",
					owner);
		return RC_OK;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcasecmp(last, kinds[i].label) != 0)
			continue;
		*ret = kinds[i].trigger;
		if (*ret == RPZROW_NSDNAME)
			return last != owner ? RC_OK
					     : err_rule(e, RC_INVALID, RULE,
							"%s: the name is missing", owner);
		a = arena_create();
		rc = rpzrow_ip_read(a, owner, &address, &prefix, e);
		arena_free(a);
		return rc;
	}
	return err_rule(e, RC_INVALID, RULE, "%s: \"%s\" is no kind of trigger", owner,
			last);
}

/* Where people are led to: a name that stands by itself. */
static enum rc
landing_check(const struct rpzrow *r, struct err *e)
{
	const char *last;
	enum rc rc = labels_check("the landing name", r->data, &last, e);

	if (rc == RC_OK &&
	    (r->data[0] == '*' || last == r->data || strncasecmp(last, "rpz-", 4) == 0 ||
	     strlen(r->data) > RPZROW_NAME_MAX))
		rc = err_rule(e, RC_INVALID, RULE,
			      "%s: %.200s is no host that people could be led to",
			      r->owner, r->data);
	if (rc == RC_OK && strcasecmp(r->owner, r->data) == 0)
		rc = err_rule(e, RC_INVALID, RULE, "%s: led to itself", r->owner);
	return rc;
}

static enum rc
data_check(const struct rpzrow *r, struct err *e)
{
	struct arena *a;
	const char *owner;
	enum rc rc;

	if ((acts[r->act].fixed == NULL) != (r->data != NULL))
		return err_rule(e, RC_INVALID, RULE, "%s: %s takes %s", r->owner,
				acts[r->act].token, r->data == NULL ? "data" : "no data");
	if (r->data == NULL)
		return RC_OK;
	switch (r->act) {
	case RPZROW_LANDING:
		return landing_check(r, e);
	case RPZROW_A:
	case RPZROW_AAAA:
		a = arena_create();
		rc = rpzrow_ip_owner(a, r->data, -1, &owner, e);
		arena_free(a);
		if (rc == RC_OK &&
		    (r->act == RPZROW_AAAA) != (strchr(r->data, ':') != NULL))
			rc = err_rule(e, RC_INVALID, RULE,
				      "%s: %s is an address of the other family",
				      r->owner, r->data);
		return rc;
	case RPZROW_TXT:
		if (strlen(r->data) > RPZROW_TXT_MAX)
			return err_rule(
				e, RC_INVALID, RULE,
				"%s: a text of %zu bytes, at most %d are possible",
				r->owner, strlen(r->data), RPZROW_TXT_MAX);
		for (const char *p = r->data; *p != '\0'; p++)
			if (*p < ' ' || *p > '~' || *p == '"' || *p == '\\')
				return err_rule(e, RC_INVALID, RULE,
						"%s: a text is printable ASCII without "
						"'\"' and '\\'",
						r->owner);
		return RC_OK;
	case RPZROW_NXDOMAIN:
	case RPZROW_NODATA:
	case RPZROW_PASSTHRU:
	case RPZROW_DROP:
	case RPZROW_TCP_ONLY:
	case RPZROW_ACT_COUNT:
		break;
	}
	return RC_OK;
}

enum rc
rpzrow_check(const struct rpzrow *r, const char *origin, enum rpzrow_trigger *ret_trigger,
	     struct err *e)
{
	const char *last;
	enum rc rc = labels_check("the zone's name", origin, &last, e);

	if (rc == RC_OK && strlen(r->owner) > RPZROW_LINE_MAX)
		rc = err_rule(e, RC_INVALID, RULE, "an owner of %zu bytes",
			      strlen(r->owner));
	if (rc == RC_OK)
		rc = labels_check("the owner", r->owner, &last, e);
	if (rc == RC_OK)
		rc = length_check(r->owner, origin, e);
	if (rc == RC_OK)
		rc = trigger_check(r->owner, last, ret_trigger, e);
	if (rc == RC_OK)
		rc = data_check(r, e);
	return rc;
}

/* ---- the whole zone ---------------------------------------------------------------- */

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* FNV-1a */
static uint64_t
owner_hash(const char *owner)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *owner != '\0'; owner++)
		h = (h ^ (unsigned char)lower(*owner)) * UINT64_C(0x100000001b3);
	return h ^ h >> 29;
}

static bool
is_local(enum rpzrow_act act)
{
	return act == RPZROW_A || act == RPZROW_AAAA || act == RPZROW_TXT;
}

static enum rc
pair_check(const struct rpzrow *x, const struct rpzrow *y, struct err *e)
{
	bool same =
		x->act == y->act && (x->data == NULL || strcmp(x->data, y->data) == 0);

	if (is_local(x->act) && is_local(y->act) && !same &&
	    strcmp(x->owner, y->owner) == 0)
		return RC_OK;
	if (strcmp(x->owner, y->owner) != 0)
		return err_rule(e, RC_INVALID, RULE,
				"%s and %s: one name in two cases, for which BIND and "
				"PowerDNS drop the whole zone",
				x->owner, y->owner);
	return err_rule(e, RC_INVALID, RULE,
			"%s is there twice, for which PowerDNS drops the whole zone",
			y->owner);
}

enum rc
rpzrow_zone_check(const struct rpzrow *rows, size_t n, const char *origin,
		  size_t *ret_row, struct err *e)
{
	enum rpzrow_trigger trigger;
	size_t cap = 16;
	enum rc rc = RC_OK;

	*ret_row = 0;
	if (n > RPZROW_ROWS_MAX)
		return err_rule(e, RC_TOO_LARGE, RULE,
				"%zu rows: at most %d are in a zone", n, RPZROW_ROWS_MAX);
	while (cap < 2 * n)
		cap *= 2;
	/* Of each place: the row in it, counted from 1. */
	uint32_t *seen = calloc(cap, sizeof(*seen));
	if (seen == NULL)
		abort();
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		*ret_row = i;
		rc = rpzrow_check(&rows[i], origin, &trigger, e);
		if (rc != RC_OK)
			break;
		size_t at = owner_hash(rows[i].owner) & (cap - 1);
		for (; rc == RC_OK && seen[at] != 0; at = (at + 1) & (cap - 1)) {
			const struct rpzrow *other = &rows[seen[at] - 1];
			if (strcasecmp(other->owner, rows[i].owner) == 0)
				rc = pair_check(other, &rows[i], e);
		}
		if (rc == RC_OK)
			seen[at] = (uint32_t)i + 1;
	}
	free(seen);
	return rc;
}
