/*
 * XARF reports, version 3 and what came before it under that form, and version 4.
 *
 * A table says which members name a target.  Those that only say where it came from (an
 * address, a host) are proposed only when no more exact one is there.
 */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/enc.h"
#include "mail/mail_int.h"

enum { XARF_LIST_MAX = 1000, XARF_DEPTH_MAX = 32, XARF_SAMPLE_MAX = 8192 };

/* Type as the report has it, in lower case, and the category it states. */
static const struct {
	const char *type, *category;
} categories[] = {
	{"childabuse", "child_abuse"},
	{"childsexualabusematerial", "child_abuse"},
	{"csam", "child_abuse"},
	{"csem", "child_abuse"},
	{"fraud", "fraud"},
	{"phishing", "fraud"},
	{"exposed_data", "privacy"},
	{"exposed-data", "privacy"},
};

/* Where targets stand.  `exact` first; of the others only what no exact one covers. */
struct named {
	const char *pointer; /* one level: "/url", two: "/Source/URL" */
	bool exact;
};
static const struct named v3_named[] = {
	{"/SourceUrl", true},	   {"/Source/URL", true},   {"/Source/Url", true},
	{"/RpzDomain", true},	   {"/SourceDomain", true}, {"/Domain", true},
	{"/ReportedDomain", true}, {"/SourceIp", false},    {"/Source/IP", false},
};
static const struct named v4_named[] = {
	{"/url", true},
	{"/infringing_url", true},
	{"/file_url", true},
	{"/content_url", true},
	{"/registration_url", true},
	{"/phishing_url", true},
	{"/downstream_links", true},
	{"/urls", true},
	{"/hash_values/sha256", true},
	{"/suspicious_domain", true},
	{"/domain", false},
	{"/source_identifier", false},
};

static const char *
text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static const char *
category_of(const char *type)
{
	for (size_t i = 0; type != NULL && i < sizeof(categories) / sizeof(categories[0]);
	     i++)
		if (strcasecmp(type, categories[i].type) == 0)
			return categories[i].category;
	return NULL;
}

/* A member by a pointer of one or two names. */
static const json_t *
at_pointer(const json_t *o, const char *pointer)
{
	char name[64];

	while (o != NULL && *pointer == '/') {
		size_t n = strcspn(pointer + 1, "/");
		if (n >= sizeof(name))
			return NULL;
		memcpy(name, pointer + 1, n);
		name[n] = '\0';
		o = json_object_get(o, name);
		pointer += n + 1;
	}
	return o;
}

struct report {
	struct reading *r;
	struct mail_proposal as;
	const char *root; /* pointer of what `named` starts from */
};

static void
propose(const struct report *p, const char *value, const char *prefix, const char *at)
{
	struct mail_proposal as = p->as;
	const char *given =
		prefix == NULL ? value : arena_printf(p->r->a, "%s%s", prefix, value);

	if (strlen(given) > TARGET_MAX)
		return;
	char *undone = link_undo(p->r->a, given, strlen(given));
	as.defanged = undone != NULL;
	as.place.pointer = arena_printf(p->r->a, "%s%s", p->root, at);
	if (undone != NULL)
		given = undone;
	if (!reading_propose(p->r, given, strlen(given), &as))
		reading_note(p->r, "%s \"%.100s\" is no target", as.place.pointer, value);
}

static void
propose_named(const struct report *p, const json_t *o, const struct named *named,
	      size_t n, bool exact)
{
	for (size_t i = 0; i < n; i++) {
		const json_t *v =
			named[i].exact == exact ? at_pointer(o, named[i].pointer) : NULL;
		const char *dot = strrchr(named[i].pointer, '/');
		const char *prefix = strcmp(dot, "/sha256") == 0 ? "sha256:" : NULL;
		size_t k;
		const json_t *one;
		if (json_is_string(v))
			propose(p, json_string_value(v), prefix, named[i].pointer);
		json_array_foreach (v, k, one)
			if (k < XARF_LIST_MAX && json_is_string(one))
				propose(p, json_string_value(one), prefix,
					arena_printf(p->r->a, "%s/%zu", named[i].pointer,
						     k));
	}
}

static void
times_read(struct reading *r, struct mail_proposal *as, const json_t *o,
	   const char *const *names)
{
	for (; *names != NULL; names++) {
		const char *s = text_of(o, *names);
		int64_t us;
		if (s == NULL || as->found_us != 0)
			continue;
		if (clock_parse(s, strlen(s), &us) == RC_OK)
			as->found_us = us;
		else
			reading_note(r, "%s \"%.40s\" is no time of RFC 3339", *names, s);
	}
}

static const char *
described(struct reading *r, const json_t *o, const char *type, const char *const *names)
{
	for (; *names != NULL; names++)
		if (text_of(o, *names) != NULL && text_of(o, *names)[0] != '\0')
			return mail_text(
				r->a,
				arena_printf(r->a, "%s: %s", type, text_of(o, *names)),
				MAIL_NEAR_MAX);
	return mail_text(r->a, type, MAIL_NEAR_MAX);
}

/* An address that is given as a sample ("image/x-uri"), plain or as base64. */
static void
samples_read(const struct report *p, const json_t *list, const char *at,
	     const char *type_name, const char *payload_name)
{
	size_t i;
	const json_t *s;

	json_array_foreach (list, i, s) {
		const char *type = text_of(s, type_name);
		const char *payload = text_of(s, payload_name);
		uint8_t *bytes;
		size_t len;
		if (i >= XARF_LIST_MAX || type == NULL || payload == NULL ||
		    strcasestr(type, "x-uri") == NULL ||
		    strlen(payload) > XARF_SAMPLE_MAX)
			continue;
		bool coded = json_is_true(json_object_get(s, "Base64Encoded")) ||
			     strcmp(payload_name, "payload") == 0;
		if (coded &&
		    b64_decode(p->r->a, payload, strlen(payload), &bytes, &len) == RC_OK)
			payload = arena_strndup(p->r->a, (const char *)bytes, len);
		propose(p, payload, NULL,
			arena_printf(p->r->a, "%s/%zu/%s", at, i, payload_name));
	}
}

static void
v3_read(struct reading *r, const char *part, const json_t *doc)
{
	static const char *const dates[] = {"Date", "FirstSeen", NULL};
	static const char *const texts[] = {
		"HarassmentDescription", "ReporterNotes", "InfringedMaterial",
		"MalwareName",		 "BotnetName",	  NULL};
	const json_t *rep = json_object_get(doc, "Report");
	const char *type = text_of(rep, "ReportType");
	const json_t *hash = json_object_get(rep, "FileHash");

	r->format = "xarf-v3";
	r->report = true;
	if (type == NULL) {
		reading_fail(
			r, RC_INVALID, "xarf",
			"part %s: /Report/ReportType is missing: the sender must say "
			"what it reports",
			part);
		return;
	}
	struct report p = {.r = r, .root = "/Report"};
	p.as.place.part = part;
	p.as.category = category_of(type);
	p.as.description = described(r, rep, type, texts);
	times_read(r, &p.as, rep, dates);
	size_t before = r->n_proposals, n = sizeof(v3_named) / sizeof(v3_named[0]);
	propose_named(&p, rep, v3_named, n, true);
	if (text_of(hash, "HashAlgorithm") != NULL &&
	    strcasecmp(text_of(hash, "HashAlgorithm"), "sha256") == 0 &&
	    text_of(hash, "HashValue") != NULL)
		propose(&p, text_of(hash, "HashValue"), "sha256:", "/FileHash/HashValue");
	samples_read(&p, json_object_get(rep, "Samples"), "/Samples", "ContentType",
		     "Payload");
	/* A DestinationIp is who suffered: never proposed. */
	if (r->n_proposals == before)
		propose_named(&p, rep, v3_named, n, false);
	if (r->n_proposals == before)
		reading_note(r, "the report names no source that could be an item");
}

static void
v4_read(struct reading *r, const char *part, const json_t *doc)
{
	static const char *const dates[] = {"timestamp", "first_seen", NULL};
	static const char *const texts[] = {"description", "scheme_description",
					    "work_title", "reason", NULL};
	static const char *const must[] = {"report_id", "timestamp", "category", "type"};
	const char *version = text_of(doc, "xarf_version");
	struct report p = {.r = r, .root = ""};

	r->format = "xarf-v4";
	r->report = true;
	if (strncmp(version, "4.", 2) != 0) {
		reading_fail(r, RC_INVALID, "xarf",
			     "part %s: XARF version \"%.20s\" is not known: 3 and 4 are",
			     part, version);
		return;
	}
	for (size_t i = 0; i < sizeof(must) / sizeof(must[0]); i++)
		if (text_of(doc, must[i]) == NULL) {
			reading_fail(
				r, RC_INVALID, "xarf",
				"part %s: /%s is missing or no text: the sender must "
				"give it (XARF 4)",
				part, must[i]);
			return;
		}
	p.as.place.part = part;
	p.as.category = category_of(text_of(doc, "type"));
	p.as.description =
		described(r, doc,
			  arena_printf(r->a, "%s, %s", text_of(doc, "category"),
				       text_of(doc, "type")),
			  texts);
	times_read(r, &p.as, doc, dates);
	size_t before = r->n_proposals, n = sizeof(v4_named) / sizeof(v4_named[0]);
	propose_named(&p, doc, v4_named, n, true);
	samples_read(&p, json_object_get(doc, "evidence"), "/evidence", "content_type",
		     "payload");
	if (r->n_proposals == before)
		propose_named(&p, doc, v4_named, n, false);
}

bool
xarf_read(struct reading *r, const char *part, const json_t *doc)
{
	if (json_is_string(json_object_get(doc, "xarf_version"))) {
		v4_read(r, part, doc);
		return true;
	}
	/* Reports of the first version have no "Version"; all have these two. */
	if (json_object_get(doc, "ReporterInfo") == NULL)
		return false;
	if (!json_is_object(json_object_get(doc, "Report"))) {
		r->format = "xarf-v3";
		reading_fail(r, RC_INVALID, "xarf",
			     "part %s: it has a reporter but no Report: the sender must "
			     "give one",
			     part);
		return true;
	}
	v3_read(r, part, doc);
	return true;
}

bool
xarf_text(struct reading *r, const char *part, const char *text, size_t len)
{
	size_t depth = 0;

	/* jansson's own limit is 2048 levels of its stack. */
	for (size_t i = 0; i < len; i++) {
		depth += text[i] == '{' || text[i] == '[';
		if (depth > 0 && (text[i] == '}' || text[i] == ']'))
			depth--;
		if (depth > XARF_DEPTH_MAX)
			return false;
	}
	json_t *doc = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	bool is = doc != NULL && xarf_read(r, part, doc);
	json_decref(doc);
	return is;
}
