/*
 * `saluran probe`: the words of the command become a job for src/probe, its results
 * lines. It needs no store and no node.
 */
#include "main/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "core/rpz_row.h"
#include "core/target.h"
#include "probe/round.h"

enum {
	RATE_MAX = 1000000,
	TIMEOUT_MAX_MS = 60000,
	LINGER_MAX_MS = 10000,
	EVERY_MAX_S = 7 * 86400,
	LINE_MAX_BYTES = 1024,
	US_PER_MS = 1000,
};

static atomic_bool stopped;

static void
on_signal(int sig)
{
	(void)sig;
	atomic_store(&stopped, true);
}

struct command {
	struct cli *c;
	struct probe_job job;
	struct probe_subject *subjects;
	struct probe_target *controls;
	const char **names;
	struct probe_want *wants;
	struct probe_before *before; /* by subject, then by name */
	struct probe_address *landing;
	const char **zones;
	bool expect_free;
	uint32_t serial;
	int64_t every_us; /* 0: once */
	const char *canary;
	uint64_t results, as_expected;
	uint64_t verdicts[PROBE_VERDICT_COUNT];
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
	size_t len = text == NULL ? 0 : strlen(text);
	uint64_t v, unit = 1;

	if (text == NULL)
		return RC_OK;
	if (cli_switch(c, "once"))
		return err_set(e, RC_INVALID, "--once or --every, not both");
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
limits(struct command *k, struct err *e)
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
typedef enum rc item_fn(struct command *k, const char *text, struct err *e);

static enum rc
each_value(struct command *k, const char *option, item_fn *fn, struct err *e)
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
each_line(struct command *k, const char *option, item_fn *fn, struct err *e)
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
take_name(struct command *k, const char *text, struct err *e)
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
take_resolver(struct command *k, const char *text, struct err *e)
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
take_control(struct command *k, const char *text, struct err *e)
{
	if (k->job.n_controls == PROBE_CONTROLS_MAX)
		return err_set(e, RC_LIMIT, "more than %d controls", PROBE_CONTROLS_MAX);
	if (k->controls == NULL)
		k->controls =
			arena_array(k->c->a, PROBE_CONTROLS_MAX, sizeof(*k->controls));
	return probe_target_parse(k->c->a, text, &k->controls[k->job.n_controls++], e);
}

static enum rc
take_landing(struct command *k, const char *text, struct err *e)
{
	if (k->job.n_landing == PROBE_LANDING_MAX)
		return err_set(e, RC_LIMIT, "more than %d landing addresses",
			       PROBE_LANDING_MAX);
	if (k->landing == NULL)
		k->landing = arena_array(k->c->a, PROBE_LANDING_MAX, sizeof(*k->landing));
	if (!probe_address_parse(text, &k->landing[k->job.n_landing++]))
		return err_set(e, RC_INVALID, "--landing %s is no address", text);
	return RC_OK;
}

static enum rc
take_zone(struct command *k, const char *text, struct err *e)
{
	k->zones = grown(k->c->a, k->zones, k->job.n_zones, sizeof(*k->zones));
	return name_normalise(k->c->a, text, strlen(text), &k->zones[k->job.n_zones++],
			      e);
}

static enum rc
lists(struct command *k, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < k->c->n_words; i++)
		rc = take_name(k, k->c->words[i], e);
	if (rc == RC_OK)
		rc = each_line(k, "names", take_name, e);
	if (rc == RC_OK)
		rc = each_value(k, "resolver", take_resolver, e);
	if (rc == RC_OK)
		rc = each_line(k, "resolvers", take_resolver, e);
	if (rc == RC_OK)
		rc = each_value(k, "control", take_control, e);
	if (rc == RC_OK)
		rc = each_value(k, "landing", take_landing, e);
	if (rc == RC_OK)
		rc = each_value(k, "zone", take_zone, e);
	if (rc == RC_OK && k->job.n_names == 0)
		rc = err_set(e, RC_INVALID,
			     "which names? give them as words, or a file with --names");
	if (rc == RC_OK && k->job.n_subjects == 0)
		rc = err_set(e, RC_INVALID,
			     "which resolvers? give them with --resolver or --resolvers: "
			     "nobody is asked who was not named");
	return rc;
}

/* That of the zone which is named first: the plain one may be another authority's. */
static const char *
canary_default(const struct command *k)
{
	const char *own = rpzrow_canary(k->c->a, k->zones[0]);

	return own == NULL ? RPZROW_CANARY : own;
}

static enum rc
read_words(struct command *k, struct err *e)
{
	const char *expect = cli_value(k->c, "expect"), *vantage;
	enum rc rc = limits(k, e);

	if (rc == RC_OK)
		rc = every(k->c, &k->every_us, e);
	if (rc == RC_OK && expect != NULL && strcmp(expect, "blocked") != 0 &&
	    strcmp(expect, "free") != 0)
		rc = err_set(e, RC_INVALID, "--expect must be blocked or free");
	k->expect_free = expect != NULL && strcmp(expect, "free") == 0;
	if (rc == RC_OK)
		rc = lists(k, e);
	if (rc != RC_OK)
		return rc;
	vantage = cli_value(k->c, "vantage");
	k->canary = cli_value(k->c, "canary");
	if (k->canary == NULL && k->job.n_zones != 0)
		k->canary = canary_default(k);
	k->wants = arena_array(k->c->a, k->job.n_names, sizeof(*k->wants));
	for (uint32_t i = 0; i < k->job.n_names; i++)
		k->wants[i] = (struct probe_want){
			.name = i, .expect_free = k->expect_free, .serial = k->serial};
	probe_wants_cover(k->c->a, k->names, k->wants, k->job.n_names);
	k->before = arena_array(k->c->a, k->job.n_subjects * k->job.n_names,
				sizeof(*k->before));
	for (size_t i = 0; i < k->job.n_subjects; i++) {
		k->subjects[i].canary = k->canary;
		k->subjects[i].wants = k->wants;
		k->subjects[i].n_wants = k->job.n_names;
		k->subjects[i].before = k->before + i * k->job.n_names;
	}
	k->job.vantage = vantage == NULL ? "local" : vantage;
	k->job.never = cli_value(k->c, "never");
	k->job.siblings = !cli_switch(k->c, "no-siblings");
	k->job.names = k->names;
	k->job.subjects = k->subjects;
	k->job.controls = k->controls;
	k->job.zones = k->zones;
	k->job.landing = k->landing;
	return RC_OK;
}

/* ---- results ----------------------------------------------------------------------- */

static void
line_print(const struct probe_result *r)
{
	const char *who = r->subject->target.operator_name;

	printf("%-24s %-32s %-9s %s", r->subject->target.text, r->owner,
	       probe_verdict_token(r->verdict), r->why);
	if (who != NULL)
		printf(" [%s]", who);
	if (r->canary_serial != 0)
		printf(" (serial %" PRIu32 ")", r->canary_serial);
	if (r->beyond)
		printf(" (blocks names below it, too)");
	putchar('\n');
}

static void
on_result(void *arg, const struct probe_result *r)
{
	struct command *k = arg;
	enum probe_means means = probe_verdict_means(r->verdict);
	bool blocked = means == PROBE_MEANS_BLOCKED;
	struct probe_before *b =
		&k->before[(size_t)(r->subject - k->subjects) * k->job.n_names + r->at];

	*b = (struct probe_before){.ttl_s = blocked ? r->ttl_s : 0, .at_us = r->at_us};
	k->results++;
	k->verdicts[r->verdict]++;
	k->as_expected +=
		means == (r->want->expect_free ? PROBE_MEANS_FREE : PROBE_MEANS_BLOCKED);
	if (!k->c->json) {
		line_print(r);
		return;
	}
	json_t *j = probe_result_json(r);
	char *text = json_dumps(j, JSON_COMPACT); /* json_dumpf() writes byte by byte */
	if (text != NULL)
		puts(text);
	free(text);
	json_decref(j);
}

static void
summary_print(const struct command *k, const struct probe_totals *t)
{
	FILE *to = k->c->json ? stderr : stdout;

	fprintf(to,
		"%" PRIu64 " results of %zu resolvers and %zu names in %.1f s, %" PRIu64
		" questions:",
		t->results, k->job.n_subjects, k->job.n_names,
		(double)t->took_us / (double)CLOCK_US_PER_S, t->questions);
	for (size_t i = 0; i < PROBE_VERDICT_COUNT; i++)
		if (k->verdicts[i] != 0)
			fprintf(to, " %s %" PRIu64,
				probe_verdict_token((enum probe_verdict)i),
				k->verdicts[i]);
	fputc('\n', to);
}

/* Sleep until then; a signal ends it. */
static void
wait_until(int64_t until_us)
{
	int64_t now_us;

	while (!atomic_load(&stopped) && (now_us = clock_mono_us()) < until_us) {
		int64_t ms = (until_us - now_us) / US_PER_MS + 1;
		(void)poll(NULL, 0, ms > TIMEOUT_MAX_MS ? TIMEOUT_MAX_MS : (int)ms);
	}
}

enum rc
main_probe(struct cli *c, struct err *e)
{
	struct command k = {.c = c};
	struct sigaction act = {.sa_handler = on_signal};
	struct probe_totals totals;
	enum rc rc = read_words(&k, e);

	if (rc != RC_OK)
		return rc;
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	do {
		int64_t next_us = clock_mono_us() + k.every_us;
		k.results = k.as_expected = 0;
		memset(k.verdicts, 0, sizeof(k.verdicts));
		rc = probe_round(&k.job, on_result, &k, &stopped, &totals, e);
		if (rc == RC_OK)
			summary_print(&k, &totals);
		fflush(stdout);
		if (k.every_us != 0)
			wait_until(next_us);
	} while (rc == RC_OK && k.every_us != 0 && !atomic_load(&stopped));
	if (rc == RC_RETRY && k.every_us != 0)
		rc = RC_OK; /* stopped by whoever started it */
	if (rc == RC_OK && cli_switch(c, "check") && k.as_expected != k.results)
		rc = err_set(e, RC_CONFLICT,
			     "%" PRIu64 " of %" PRIu64 " results are not as expected",
			     k.results - k.as_expected, k.results);
	return rc;
}
