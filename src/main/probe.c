/*
 * `saluran probe`: the words of the command become a job for src/probe, its results
 * lines. It needs no store, and a node only for the names of an order.
 */
#include "main/probe.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "main/probe_int.h"

enum {
	POLL_MAX_MS = 60000,
	US_PER_MS = 1000,
	SHOW_US = 200000,
};

static atomic_bool stopped;

static void
on_signal(int sig)
{
	(void)sig;
	atomic_store(&stopped, true);
}

/* ---- results ----------------------------------------------------------------------- */

/* "EDE 16 Censored: order of authority.example" */
static void
ede_print(const struct probe_result *r)
{
	struct probe_ede ede;

	if (!probe_result_ede(r, &ede))
		return;
	printf("; EDE %u %s", ede.code, probe_ede_name(ede.code));
	if (ede.text[0] != '\0')
		printf(": %s", ede.text);
}

/* '!' stands before what is not as expected. */
static void
line_print(const struct probe_result *r, bool as_expected)
{
	const char *who = r->subject->target.operator_name;

	printf("%c %-22s %-28s %-21s %s", as_expected ? ' ' : '!',
	       r->subject->target.text, r->owner, probe_verdict_text(r->verdict), r->why);
	ede_print(r);
	if (who != NULL)
		printf(" [%s]", who);
	if (r->canary_serial != 0)
		printf(" (serial %" PRIu32 ")", r->canary_serial);
	if (r->beyond)
		printf(" (blocks names below it, too)");
	putchar('\n');
}

static void
json_print(const struct probe_result *r)
{
	json_t *j = probe_result_json(r);
	char *text = json_dumps(j, JSON_COMPACT); /* json_dumpf() writes byte by byte */

	if (text != NULL)
		puts(text);
	free(text);
	json_decref(j);
}

static void
on_result(void *arg, const struct probe_result *r)
{
	struct probe_command *k = arg;
	const struct probe_past *past = &k->past[r->subject - k->subjects];
	enum probe_means means = probe_verdict_means(r->verdict);
	bool as_expected =
		means == (r->want->expect_free ? PROBE_MEANS_FREE : PROBE_MEANS_BLOCKED);
	bool changed = past->verdict[r->at] != (uint8_t)(r->verdict + 1);

	past->before[r->at] = (struct probe_before){
		.ttl_s = means == PROBE_MEANS_BLOCKED ? r->ttl_s : 0, .at_us = r->at_us};
	past->verdict[r->at] = (uint8_t)(r->verdict + 1);
	k->results++;
	k->verdicts[r->verdict]++;
	k->as_expected += as_expected;
	if (k->watch && !changed)
		return;
	if (k->c->json)
		json_print(r);
	else
		line_print(r, as_expected);
	/* Whoever reads along sees it soon; not a system call for each line. */
	int64_t now_us = clock_mono_us();
	if (k->watch || now_us - k->shown_us > SHOW_US) {
		k->shown_us = now_us;
		fflush(stdout);
	}
}

static void
summary_print(const struct probe_command *k, const struct probe_totals *t)
{
	FILE *to = k->c->json ? stderr : stdout;

	if (k->watch && k->rounds > 1)
		return; /* nothing but what changed */
	if (t->left != 0)
		fprintf(to, "Stopped: %" PRIu64 " results are missing.\n", t->left);
	fprintf(to,
		"%" PRIu64 " results of %zu resolvers and %zu names in %.1f s, %" PRIu64
		" questions:",
		t->results, k->job.n_subjects, k->job.n_names - k->job.n_pages,
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
		(void)poll(NULL, 0, ms > POLL_MAX_MS ? POLL_MAX_MS : (int)ms);
	}
}

enum rc
main_probe(struct cli *c, struct err *e)
{
	struct probe_command k = {.c = c};
	struct sigaction act = {.sa_handler = on_signal};
	struct probe_totals totals;
	enum rc rc = probe_words_read(&k, e);

	if (rc != RC_OK)
		return rc;
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	do {
		int64_t next_us = clock_mono_us() + k.every_us;
		k.rounds++;
		k.results = k.as_expected = 0;
		memset(k.verdicts, 0, sizeof(k.verdicts));
		rc = probe_round(&k.job, on_result, &k, &stopped, &totals, e);
		if (rc == RC_OK || rc == RC_RETRY)
			summary_print(&k, &totals);
		fflush(stdout);
		if (rc == RC_OK && k.every_us != 0)
			wait_until(next_us);
	} while (rc == RC_OK && k.every_us != 0 && !atomic_load(&stopped));
	if (rc == RC_RETRY && k.every_us != 0)
		rc = RC_OK; /* stopped by whoever started it */
	if (rc == RC_RETRY)
		return err_set(e, RC_RETRY,
			       "it was stopped: %" PRIu64 " results are missing "
			       "(--resume FILE asks for these alone)",
			       totals.left);
	if (rc == RC_OK && cli_switch(c, "check") && k.as_expected != k.results)
		rc = err_set(e, RC_CONFLICT,
			     "%" PRIu64 " of %" PRIu64 " results are not as expected",
			     k.results - k.as_expected, k.results);
	return rc;
}
