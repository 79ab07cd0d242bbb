/* The words of `saluran probe` as a job. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/uuid.h"
#include "core/rpz_row.h"
#include "core/target.h"
#include "main/probe_int.h"
#include "probe/prober.h"

#define WATCH_EVERY "10s"
#define ZONE_OF_ALL "main" /* the zone's name */

enum {
	RATE_MAX = 1000000,
	TIMEOUT_MAX_MS = 60000,
	LINGER_MAX_MS = 10000,
	EVERY_MAX_S = 7 * 86400,
	LINE_MAX_BYTES = 1024,
	US_PER_MS = 1000,
};

/* ---- words ------------------------------------------------------------------------- */

static enum rc
number(const struct cli *c, const char *option, uint64_t max, uint32_t *ret,
       struct err *e)
{
	const char *text = cli_value(c, option);
	uint64_t v;

	if (text == NULL)
		return RC_OK;
	if (decimal_parse(text, strlen(text), max, &v) != RC_OK)
		return err_set(e, RC_INVALID, "--%s must be a number of at most %" PRIu64,
			       option, max);
	*ret = (uint32_t)v;
	return RC_OK;
}

static enum rc
milliseconds(const struct cli *c, const char *option, uint64_t max, int64_t *ret_us,
	     struct err *e)
{
	uint32_t ms = (uint32_t)(*ret_us / US_PER_MS);
	enum rc rc = number(c, option, max, &ms, e);

	*ret_us = (int64_t)ms * US_PER_MS;
	return rc;
}

/* "60s", "5m", "1h", "60" */
static enum rc
every(const struct cli *c, int64_t *ret_us, struct err *e)
{
	const char *text = cli_value(c, "every");
	uint64_t v, unit = 1;

	if (text == NULL && cli_switch(c, "watch"))
		text = WATCH_EVERY;
	if (text == NULL)
		return RC_OK;
	if (cli_switch(c, "once"))
		return err_set(e, RC_INVALID, "--once, or --every and --watch: not both");
	size_t len = strlen(text);
	if (len > 1 && strchr("smh", text[len - 1]) != NULL) {
		unit = text[len - 1] == 'h' ? 3600 : text[len - 1] == 'm' ? 60 : 1;
		len--;
	}
	if (decimal_parse(text, len, EVERY_MAX_S, &v) != RC_OK || v == 0 ||
	    v * unit > EVERY_MAX_S)
		return err_set(e, RC_INVALID,
			       "--every must be a time as 60s, 5m or 1h, of at most 7 "
			       "days");
	*ret_us = (int64_t)(v * unit) * CLOCK_US_PER_S;
	return RC_OK;
}

static enum rc
limits(struct probe_command *k, struct err *e)
{
	struct probe_limits *l = &k->job.limits;
	const char *type = cli_value(k->c, "type");

	*l = probe_limits_default;
	l->ca = cli_value(k->c, "ca");
	enum rc rc = number(k->c, "rate", RATE_MAX, &l->per_s, e);
	if (rc == RC_OK)
		rc = number(k->c, "window", PROBE_WINDOW_MAX, &l->window, e);
	if (rc == RC_OK)
		rc = number(k->c, "tries", PROBE_TRIES_MAX, &l->tries, e);
	if (rc == RC_OK)
		rc = number(k->c, "serial", UINT32_MAX, &k->serial, e);
	if (rc == RC_OK)
		rc = milliseconds(k->c, "timeout", TIMEOUT_MAX_MS, &l->timeout_us, e);
	if (rc == RC_OK)
		rc = milliseconds(k->c, "linger", LINGER_MAX_MS, &l->linger_us, e);
	if (rc == RC_OK && (l->window == 0 || l->tries == 0 || l->timeout_us == 0))
		rc = err_set(e, RC_INVALID,
			     "--window, --tries and --timeout must be 1 or more");
	k->job.type = KNOT_RRTYPE_A;
	if (rc == RC_OK && type != NULL &&
	    knot_rrtype_from_string(type, &k->job.type) != 0)
		rc = err_set(e, RC_INVALID, "--type %s is no type of the DNS", type);
	return rc;
}

/* ---- lists ------------------------------------------------------------------------- */

/* A value of an option, or a word of a file, with its line for errors. */
typedef enum rc item_fn(struct probe_command *k, const char *text, struct err *e);

static enum rc
each_value(struct probe_command *k, const char *option, item_fn *fn, struct err *e)
{
	json_t *values = cli_values(k->c, option), *v;
	enum rc rc = RC_OK;
	size_t i;

	json_array_foreach (values, i, v)
		if (rc == RC_OK)
			rc = fn(k, arena_strdup(k->c->a, json_string_value(v)), e);
	json_decref(values);
	return rc;
}

static enum rc
each_line(struct probe_command *k, const char *option, item_fn *fn, struct err *e)
{
	const char *path = cli_value(k->c, option), *text, *at;
	size_t len, line = 0;
	enum rc rc = RC_OK;

	if (path == NULL)
		return RC_OK;
	rc = cli_file_read(k->c, path, &text, &len, e);
	if (rc == RC_OK && strlen(text) != len)
		rc = err_set(e, RC_INVALID, "%s is no text: it has a NUL", path);
	for (at = text; rc == RC_OK && *at != '\0'; line++) {
		size_t n = strcspn(at, "\r\n");
		size_t lead = strspn(at, " \t"), body;
		for (body = n; body > lead && strchr(" \t", at[body - 1]) != NULL;)
			body--;
		if (body > LINE_MAX_BYTES)
			rc = err_set(e, RC_TOO_LARGE, "the line is too long");
		else if (body > lead && at[lead] != '#')
			rc = fn(k, arena_strndup(k->c->a, at + lead, body - lead), e);
		at += n + (at[n] == '\r' && at[n + 1] == '\n') + (at[n] != '\0');
	}
	if (rc != RC_OK && line != 0)
		err_prefix(e, "%s, line %zu", path, line);
	return rc;
}

static void *
grown(struct arena *a, void *old, size_t n, size_t size)
{
	/* By doubling: a new array at every power of two. */
	if (n != 0 && (n & (n - 1)) != 0)
		return old;
	void *more = arena_array(a, n == 0 ? 1 : 2 * n, size);
	if (n != 0)
		memcpy(more, old, n * size);
	return more;
}

static enum rc
take_name(struct probe_command *k, const char *text, struct err *e)
{
	bool wildcard = strncmp(text, "*.", 2) == 0;
	const char *bare = text + (wildcard ? 2 : 0), *name;
	enum rc rc = name_normalise(k->c->a, bare, strlen(bare), &name, e);

	if (rc != RC_OK)
		return rc;
	if (k->job.n_names == PROBE_NAMES_MAX)
		return err_set(e, RC_LIMIT, "more than %d names", PROBE_NAMES_MAX);
	k->names = grown(k->c->a, k->names, k->job.n_names, sizeof(*k->names));
	k->names[k->job.n_names++] =
		wildcard ? arena_printf(k->c->a, "*.%s", name) : name;
	return RC_OK;
}

/* "RESOLVER" or "NAME RESOLVER" */
static enum rc
take_resolver(struct probe_command *k, const char *text, struct err *e)
{
	size_t word = strcspn(text, " \t");
	const char *rest = text + word + strspn(text + word, " \t");

	if (k->job.n_subjects == PROBE_TARGETS_MAX)
		return err_set(e, RC_LIMIT, "more than %d resolvers", PROBE_TARGETS_MAX);
	k->subjects =
		grown(k->c->a, k->subjects, k->job.n_subjects, sizeof(*k->subjects));
	struct probe_subject *s = &k->subjects[k->job.n_subjects];
	enum rc rc =
		probe_target_parse(k->c->a, *rest == '\0' ? text : rest, &s->target, e);
	if (rc != RC_OK)
		return rc;
	if (*rest != '\0')
		s->target.operator_name = arena_strndup(k->c->a, text, word);
	k->job.n_subjects++;
	return RC_OK;
}

static enum rc
take_control(struct probe_command *k, const char *text, struct err *e)
{
	if (k->job.n_controls == PROBE_CONTROLS_MAX)
		return err_set(e, RC_LIMIT, "more than %d controls", PROBE_CONTROLS_MAX);
	if (k->controls == NULL)
		k->controls =
			arena_array(k->c->a, PROBE_CONTROLS_MAX, sizeof(*k->controls));
	return probe_target_parse(k->c->a, text, &k->controls[k->job.n_controls++], e);
}

/* The address of a page, or its name: that is looked up at the controls. */
static enum rc
take_landing(struct probe_command *k, const char *text, struct err *e)
{
	struct probe_address address;

	if (!probe_address_parse(text, &address)) {
		if (k->job.n_pages == PROBE_LANDING_NAMES_MAX)
			return err_set(e, RC_LIMIT, "more than %d landing pages",
				       PROBE_LANDING_NAMES_MAX);
		k->job.n_pages++;
		return take_name(k, text, e);
	}
	if (k->job.n_landing == PROBE_LANDING_MAX)
		return err_set(e, RC_LIMIT, "more than %d landing addresses",
			       PROBE_LANDING_MAX);
	if (k->landing == NULL)
		k->landing = arena_array(k->c->a, PROBE_LANDING_MAX, sizeof(*k->landing));
	k->landing[k->job.n_landing++] = address;
	return RC_OK;
}

/* Beside an order. */
static enum rc
take_landing_address(struct probe_command *k, const char *text, struct err *e)
{
	struct probe_address address;

	return probe_address_parse(text, &address)
		       ? take_landing(k, text, e)
		       : err_set(e, RC_INVALID,
				 "--landing %s is no address: to which page an order "
				 "leads "
				 "the node knows",
				 text);
}

static enum rc
take_zone(struct probe_command *k, const char *text, struct err *e)
{
	k->zones = grown(k->c->a, k->zones, k->job.n_zones, sizeof(*k->zones));
	return name_normalise(k->c->a, text, strlen(text), &k->zones[k->job.n_zones++],
			      e);
}

/* ---- of an order ------------------------------------------------------------------- */

static bool
names_an_order(const char *text)
{
	return text != NULL && uuid7_valid(text, strlen(text));
}

/* "RESOLVER" or "NAME RESOLVER", for the node's work. */
static enum rc
take_own(struct probe_command *k, const char *text, struct err *e)
{
	size_t word = strcspn(text, " \t");
	const char *rest = text + word + strspn(text + word, " \t");

	(void)e; /* it is parsed with the others */
	json_array_append_new(
		k->own,
		json_pack("{s:s, s:s, s:s}", "operator",
			  *rest == '\0' ? "-" : arena_strndup(k->c->a, text, word),
			  "resolver", *rest == '\0' ? text : rest, "zone", ZONE_OF_ALL));
	return RC_OK;
}

static void
release_json(void *p)
{
	json_decref(p);
}

/* Resolvers that were given are asked instead of those of the operators, for the names of
 * the main zone. */
static enum rc
own_put(struct probe_command *k, json_t *work, struct err *e)
{
	const char *origin =
		json_string_value(json_array_get(json_object_get(work, "zones"), 0));
	const char *canary = cli_value(k->c, "canary");
	size_t i;
	json_t *r;

	k->own = json_array();
	arena_defer(k->c->a, release_json, k->own);
	enum rc rc = each_value(k, "resolver", take_own, e);
	if (rc == RC_OK)
		rc = each_line(k, "resolvers", take_own, e);
	if (rc != RC_OK || json_array_size(k->own) == 0)
		return rc;
	if (canary == NULL && origin != NULL)
		canary = rpzrow_canary(k->c->a, arena_printf(k->c->a, "hot.%s", origin));
	json_array_foreach (k->own, i, r)
		json_object_set_new(r, "canary",
				    json_string(canary == NULL ? RPZROW_CANARY : canary));
	json_object_set(work, "resolvers", k->own);
	return RC_OK;
}

static enum rc
order_read(struct probe_command *k, const char *order, struct err *e)
{
	static const char *const not_with[] = {"expect", "serial", "zone", NULL};
	struct probe_job job;
	json_t *work;
	enum rc rc = RC_OK;

	for (size_t i = 0; not_with[i] != NULL; i++)
		if (cli_value(k->c, not_with[i]) != NULL)
			return err_set(
				e, RC_INVALID,
				"--%s goes with names: of an order the node knows it",
				not_with[i]);
	if (k->c->n_words != 0)
		return err_set(e, RC_INVALID,
			       "the names of an order, or names as words: not both");
	rc = cli_call(k->c, "GET",
		      arena_printf(k->c->a, "/v1/probes/work?order=%s", order), NULL,
		      &work, e);
	if (rc == RC_OK)
		rc = own_put(k, work, e);
	if (rc == RC_OK)
		rc = prober_job(k->c->a, work, "local", &job, e);
	if (rc != RC_OK)
		return rc;
	job.limits = k->job.limits;
	job.type = k->job.type;
	k->job = job;
	k->subjects = arena_array(k->c->a, job.n_subjects, sizeof(*k->subjects));
	for (size_t i = 0; i < job.n_subjects; i++)
		k->subjects[i] = job.subjects[i];
	if (job.n_subjects == 0)
		rc = err_set(
			e, RC_NOT_FOUND,
			"the order has no names in a zone whose resolvers are asked: "
			"name them (saluran operator probe), or give --resolver");
	return rc;
}

/* ---- all of it --------------------------------------------------------------------- */

/* That of the zone which is named first: the plain one may be another authority's. */
static const char *
canary_default(const struct probe_command *k)
{
	const char *own = rpzrow_canary(k->c->a, k->zones[0]);

	return own == NULL ? RPZROW_CANARY : own;
}

static enum rc
names_read(struct probe_command *k, struct err *e)
{
	const char *expect = cli_value(k->c, "expect"),
		   *canary = cli_value(k->c, "canary");
	enum rc rc = RC_OK;

	if (expect != NULL && strcmp(expect, "blocked") != 0 &&
	    strcmp(expect, "free") != 0)
		rc = err_set(e, RC_INVALID, "--expect must be blocked or free");
	k->expect_free = expect != NULL && strcmp(expect, "free") == 0;
	if (rc == RC_OK)
		rc = each_value(k, "landing", take_landing, e);
	for (size_t i = 0; rc == RC_OK && i < k->c->n_words; i++)
		rc = take_name(k, k->c->words[i], e);
	if (rc == RC_OK)
		rc = each_line(k, "names", take_name, e);
	if (rc == RC_OK)
		rc = each_value(k, "resolver", take_resolver, e);
	if (rc == RC_OK)
		rc = each_line(k, "resolvers", take_resolver, e);
	if (rc == RC_OK)
		rc = each_value(k, "zone", take_zone, e);
	size_t n_pages = k->job.n_pages, n = k->job.n_names - n_pages;
	if (rc == RC_OK && n == 0)
		rc = err_set(
			e, RC_INVALID,
			"which names? give them as words, or a file or an order with "
			"--names");
	if (rc == RC_OK && k->job.n_subjects == 0)
		rc = err_set(e, RC_INVALID,
			     "which resolvers? give them with --resolver or --resolvers: "
			     "nobody is asked who was not named");
	if (rc != RC_OK)
		return rc;
	if (canary == NULL && k->job.n_zones != 0)
		canary = canary_default(k);
	k->wants = arena_array(k->c->a, n, sizeof(*k->wants));
	for (size_t i = 0; i < n; i++)
		k->wants[i] = (struct probe_want){.name = (uint32_t)(n_pages + i),
						  .expect_free = k->expect_free,
						  .serial = k->serial};
	probe_wants_cover(k->c->a, k->names, k->wants, n);
	for (size_t i = 0; i < k->job.n_subjects; i++) {
		k->subjects[i].canary = canary;
		k->subjects[i].wants = k->wants;
		k->subjects[i].n_wants = n;
	}
	k->job.names = k->names;
	k->job.zones = k->zones;
	k->job.landing = k->landing;
	return RC_OK;
}

/* What is said beside an order takes the place of what the node says. */
static enum rc
beside_read(struct probe_command *k, struct err *e)
{
	const char *never = cli_value(k->c, "never"),
		   *vantage = cli_value(k->c, "vantage");
	enum rc rc = RC_OK;

	if (cli_value(k->c, "control") != NULL) {
		k->job.n_controls = 0;
		rc = each_value(k, "control", take_control, e);
		k->job.controls = k->controls;
	}
	if (rc == RC_OK && names_an_order(cli_value(k->c, "names")) &&
	    cli_value(k->c, "landing") != NULL) {
		k->job.n_landing = 0;
		rc = each_value(k, "landing", take_landing_address, e);
		k->job.landing = k->landing;
	}
	if (rc == RC_OK && !names_an_order(cli_value(k->c, "names")) &&
	    k->job.n_pages != 0 && k->job.n_controls == 0)
		rc = err_set(e, RC_INVALID,
			     "--landing with a name needs a --control, which says where "
			     "the page is: or give its address");
	if (never != NULL)
		k->job.never = never;
	k->job.vantage = vantage == NULL ? "local" : vantage;
	k->job.siblings = !cli_switch(k->c, "no-siblings");
	return rc;
}

/* ---- going on ---------------------------------------------------------------------- */

/* Each line is a result; the last one may have been cut short. */
static enum rc
done_read(struct probe_command *k, const char *path, json_t *done, struct err *e)
{
	const char *text;
	size_t len, line = 1;
	enum rc rc = cli_file_read(k->c, path, &text, &len, e);

	for (const char *at = text, *end; rc == RC_OK; at = end + 1, line++) {
		end = memchr(at, '\n', len - (size_t)(at - text));
		if (end == NULL)
			break;
		json_t *r =
			json_loadb(at, (size_t)(end - at), JSON_REJECT_DUPLICATES, NULL);
		const char *resolver = json_string_value(json_object_get(r, "resolver"));
		const char *owner = json_string_value(json_object_get(r, "owner"));
		if (resolver == NULL || owner == NULL)
			rc = err_set(
				e, RC_INVALID,
				"%s, line %zu is no result of `saluran probe --json`",
				path, line);
		else
			json_object_set_new(
				done, arena_printf(k->c->a, "%s %s", resolver, owner),
				json_true());
		json_decref(r);
	}
	return rc;
}

/* Only what the file has no result of is asked. */
static enum rc
resume(struct probe_command *k, const char *path, struct err *e)
{
	json_t *done = json_object();
	enum rc rc = done_read(k, path, done, e);

	for (size_t i = 0; rc == RC_OK && i < k->job.n_subjects; i++) {
		struct probe_subject *s = &k->subjects[i];
		struct probe_want *left =
			arena_array(k->c->a, s->n_wants + 1, sizeof(*left));
		size_t n = 0;
		for (size_t w = 0; w < s->n_wants; w++) {
			const char *key = arena_printf(k->c->a, "%s %s", s->target.text,
						       k->job.names[s->wants[w].name]);
			if (json_object_get(done, key) == NULL)
				left[n++] = s->wants[w];
		}
		s->wants = left;
		s->n_wants = n;
	}
	json_decref(done);
	return rc;
}

enum rc
probe_words_read(struct probe_command *k, struct err *e)
{
	const char *names = cli_value(k->c, "names"), *from = cli_value(k->c, "resume");
	enum rc rc = limits(k, e);

	k->watch = cli_switch(k->c, "watch");
	if (rc == RC_OK)
		rc = every(k->c, &k->every_us, e);
	if (rc == RC_OK && from != NULL && k->every_us != 0)
		rc = err_set(e, RC_INVALID, "--resume goes with one round");
	if (rc == RC_OK)
		rc = names_an_order(names) ? order_read(k, names, e) : names_read(k, e);
	if (rc == RC_OK)
		rc = beside_read(k, e);
	if (rc == RC_OK && from != NULL)
		rc = resume(k, from, e);
	if (rc != RC_OK)
		return rc;
	k->past = arena_array(k->c->a, k->job.n_subjects, sizeof(*k->past));
	for (size_t i = 0; i < k->job.n_subjects; i++) {
		struct probe_past *p = &k->past[i];
		size_t n = k->subjects[i].n_wants + 1;
		p->before = arena_array(k->c->a, n, sizeof(*p->before));
		p->verdict = arena_array(k->c->a, n, sizeof(*p->verdict));
		k->subjects[i].before = p->before;
	}
	k->job.subjects = k->subjects;
	return RC_OK;
}
