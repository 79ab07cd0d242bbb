/*
 * Feedback reports (RFC 5965): fields of a header's form, the one that names what is
 * reported first.
 */
#include <string.h>
#include <strings.h>

#include "mail/mail_int.h"

enum { ARF_FIELDS_MAX = 200, ARF_VALUE_MAX = 4096 };

/* Feedback types (RFC 5965, 7.3, and those registered since) and what they say. */
static const struct {
	const char *type;
	const char *category; /* NULL: a person picks */
} arf_types[] = {
	{"abuse", NULL},   {"fraud", "fraud"}, {"virus", NULL},
	{"other", NULL},   {"not-spam", NULL}, {"auth-failure", NULL},
	{"opt-out", NULL}, {"dmarc", NULL},    {"miscategorized", NULL},
};

struct arf {
	const char *type, *category;
	int64_t arrival_us;
	struct {
		const char *name, *value;
		uint32_t line;
	} fields[ARF_FIELDS_MAX];
	size_t n;
};

/* Fields with their folds undone, all in one copy of the text: each name and each value
 * ends where a colon or a line end stood.  False when a line is neither. */
static bool
fields_read(struct reading *r, struct arf *f, const char *text, size_t len)
{
	const char *at = text, *end = text + len;
	char *to = arena_alloc(r->a, len + 1), *value = to;
	uint32_t line = 0;

	while (at < end) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		size_t n = lf == NULL ? (size_t)(end - at) : (size_t)(lf - at);
		const char *s = at, *colon;
		at += n + 1;
		line++;
		while (n > 0 && s[n - 1] == '\r')
			n--;
		if (n == 0)
			continue;
		if (s[0] == ' ' || s[0] == '\t') {
			if (f->n == 0 || (size_t)(to - value) + n > ARF_VALUE_MAX)
				return false;
		} else {
			colon = memchr(s, ':', n);
			if (colon == NULL || f->n == ARF_FIELDS_MAX || n > ARF_VALUE_MAX)
				return false;
			to += f->n == 0 ? 0 : 1; /* the end of the value before */
			value = to + (colon - s) + 1;
			f->fields[f->n].name = to;
			f->fields[f->n].value = value;
			f->fields[f->n++].line = line;
		}
		memcpy(to, s, n);
		to += n;
		*to = '\0';
		value[-1] = '\0';
	}
	return true;
}

static const char *
field_text(struct reading *r, const struct arf *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcasecmp(f->fields[i].name, name) == 0)
			return mail_text(r->a, f->fields[i].value, ARF_VALUE_MAX);
	return NULL;
}

static bool
type_known(struct reading *r, struct arf *f)
{
	f->type = field_text(r, f, "Feedback-Type");
	if (f->type == NULL) {
		reading_fail(r, RC_INVALID, "RFC 5965 3.1",
			     "the feedback report lacks its Feedback-Type");
		return false;
	}
	for (size_t i = 0; i < sizeof(arf_types) / sizeof(arf_types[0]); i++)
		if (strcasecmp(f->type, arf_types[i].type) == 0) {
			f->category = arf_types[i].category;
			return true;
		}
	reading_note(r, "the feedback type \"%s\" is not known", f->type);
	return true;
}

/* All fields of one name that are targets.  "<...>" around a link is not part of it. */
static void
propose_all(struct reading *r, const struct arf *f, const char *part, const char *name)
{
	for (size_t i = 0; i < f->n; i++) {
		if (strcasecmp(f->fields[i].name, name) != 0)
			continue;
		const char *v = mail_text(r->a, f->fields[i].value, ARF_VALUE_MAX);
		struct mail_proposal as = {
			.category = f->category,
			.description = arena_printf(r->a, "feedback report: %s", f->type),
			.found_us = f->arrival_us,
			.place = {.part = part,
				  .line = f->fields[i].line,
				  .column = (uint32_t)strlen(f->fields[i].name) + 2,
				  .field = name},
		};
		if (v == NULL)
			continue;
		size_t len = strlen(v);
		if (len > 2 && v[0] == '<' && v[len - 1] == '>') {
			v++;
			len -= 2;
		}
		char *undone = link_undo(r->a, v, len);
		as.defanged = undone != NULL;
		if (!reading_propose(r, undone != NULL ? undone : v,
				     undone != NULL ? strlen(undone) : len, &as))
			reading_note(r, "%s \"%.*s\" is no target", name,
				     (int)(len < 100 ? len : 100), v);
	}
}

void
arf_read(struct reading *r, const char *part, const char *text, size_t len)
{
	struct arf *f = ARENA_NEW(r->a, struct arf);

	if (!fields_read(r, f, text, len)) {
		reading_fail(
			r, RC_INVALID, "RFC 5965 3",
			"part %s is no feedback report: each line is \"Field: value\"",
			part);
		return;
	}
	if (!type_known(r, f))
		return;
	r->format = "arf";
	r->report = true;
	f->arrival_us = r->date_us;
	if (strcasecmp(f->type, "auth-failure") == 0) {
		/* RFC 6591: its domain is the one that was abused. */
		r->auth_failure = true;
		reading_note(r, "a report of failed sender authentication: it names no "
				"content to report");
		return;
	}
	if (strcasecmp(f->type, "not-spam") == 0) {
		r->auth_failure = true;
		reading_note(r, "the report says that a message is no spam: nothing is "
				"proposed");
		return;
	}
	size_t before = r->n_proposals;
	propose_all(r, f, part, "Reported-URI");
	propose_all(r, f, part, "Reported-Domain");
	/* The machine that sent it is only meant when nothing more exact is named. */
	if (r->n_proposals == before)
		propose_all(r, f, part, "Source-IP");
}
