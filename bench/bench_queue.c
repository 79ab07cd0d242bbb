/*
 * queue - lists, filters and search over a million items in 100,000 cases.
 *
 * Everything is sent, receipted and answered by two real nodes first, which takes some
 * minutes (fewer with a number of cases as the only word).  Then each kind of question is
 * asked many times with other values, in the node of the authority.  The reference is the
 * bare SQLite statements for the same first page in the same store: its p99 over ours.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/uuid.h"
#include "pair.h"

enum {
	CASES = 100000,
	CASE_ITEMS = 10,
	FILLERS = 16,
	WINDOW = 4096,	  /* cases on their way at once */
	ASKED = 300,	  /* of each kind */
	ANSWER_EVERY = 5, /* cases of which the platform answers one */
};

static int cases = CASES;
static struct bench_pair pair;
static _Atomic int next_case;

static void *
filler(void *arg)
{
	static const char *const words[] = {"channel", "shop",	 "group", "phishing",
					    "recruit", "wallet", "video", "mirror"};
	char reference[64];
	int k;

	(void)arg;
	while ((k = atomic_fetch_add(&next_case, 1)) < cases) {
		char *csv = bench_csv(k * CASE_ITEMS, CASE_ITEMS);
		snprintf(reference, sizeof(reference), "%s report%05d of %s",
			 words[k % 8], k % 50000, words[k / 8 % 8]);
		json_decref(bench_call(
			pair.here.nd, pair.here.worker, "POST", "/v1/notices",
			json_pack("{s:s, s:s, s:s, s:s, s:b}", "csv", csv, "reference",
				  reference, "subject", reference, "legal_basis",
				  "Law 11 of 2008", "urgent", k % 4 == 0)));
		free(csv);
	}
	return NULL;
}

static json_int_t
cases_known(struct bench_side *s, const char *state)
{
	json_t *r = bench_call(s->nd, s->worker, "GET", "/v1/status", NULL);
	const json_t *states = json_object_get(r, "cases"), *n;
	const char *name;
	json_int_t sum = 0;

	json_object_foreach ((json_t *)(uintptr_t)states, name, n)
		if (state == NULL || strcmp(name, state) == 0)
			sum += json_integer_value(n);
	json_decref(r);
	return sum;
}

static void
await_cases(struct bench_side *s, const char *state, json_int_t want)
{
	uint64_t seen = node_commits(s->nd);

	while (cases_known(s, state) < want) {
		(void)node_wait(s->nd, seen, 1000000);
		seen = node_commits(s->nd);
	}
}

static struct bench_side *answering;
static char (*answered)[UUID_TEXT_LEN + 1];
static int n_answered;
static _Atomic int next_answer;

static void *
answerer(void *arg)
{
	char path[96];
	int k;

	(void)arg;
	while ((k = atomic_fetch_add(&next_answer, 1)) < n_answered) {
		bool refuse = k % 4 == 0;
		snprintf(path, sizeof(path), "/v1/cases/%s/%s", answered[k],
			 refuse ? "refuse" : "accept");
		json_decref(bench_call(answering->nd, answering->worker, "POST", path,
				       refuse ? json_pack("{s:s}", "reason", "not ours")
					      : NULL));
	}
	return NULL;
}

/* One in ANSWER_EVERY cases is accepted or refused, so that filters have what to find. */
static void
answer_some(struct bench_side *s, int say)
{
	pthread_t threads[FILLERS];
	json_t *r = NULL, *c;
	const char *after = NULL;
	size_t i;
	int at = 0;

	answering = s;
	answered = calloc((size_t)cases, sizeof(*answered));
	await_cases(s, "received", cases);
	do {
		json_t *page = bench_call(
			s->nd, s->worker, "GET", "/v1/cases",
			json_pack("{s:i, s:s*}", "limit", 1000, "after", after));
		json_decref(r);
		r = page;
		json_array_foreach (json_object_get(r, "cases"), i, c)
			if (at++ % ANSWER_EVERY == 0)
				snprintf(answered[n_answered++], UUID_TEXT_LEN + 1, "%s",
					 json_string_value(json_object_get(c, "case")));
		after = json_string_value(json_object_get(r, "next"));
	} while (after != NULL);
	json_decref(r);
	for (int k = 0; k < FILLERS; k++)
		pthread_create(&threads[k], NULL, answerer, NULL);
	for (int k = 0; k < FILLERS; k++)
		pthread_join(threads[k], NULL);
	free(answered);
	if (write(say, &n_answered, sizeof(n_answered)) != sizeof(n_answered))
		_exit(EXIT_FAILURE);
}

static void
fill(void)
{
	pthread_t threads[FILLERS];

	for (int i = 0; i < FILLERS; i++)
		pthread_create(&threads[i], NULL, filler, NULL);
	for (int i = 0; i < FILLERS; i++)
		pthread_join(threads[i], NULL);
	bench_pair_settle(&pair);
}

/* ---- questions --------------------------------------------------------------------- */

static const struct {
	const char *name, *path, *member;
	const char *values[8]; /* one after the other; {s: value} */
} questions[] = {
	{"all", "/v1/cases", "queue", {"all"}},
	{"overdue", "/v1/cases", "queue", {"overdue"}},
	{"soon", "/v1/cases", "queue", {"soon"}},
	{"mine", "/v1/cases", "queue", {"mine"}},
	{"unclaimed", "/v1/cases", "queue", {"unclaimed"}},
	{"undelivered", "/v1/cases", "queue", {"undelivered"}},
	{"unread", "/v1/cases", "queue", {"unread"}},
	{"state", "/v1/cases", "state", {"received", "accepted", "refused", "closed"}},
	{"peer", "/v1/cases", "peer", {"telegram.example"}},
	{"class", "/v1/cases", "class", {"normal", "urgent", "none"}},
	{"urgent", "/v1/cases", "urgent", {"yes", "no"}},
	{"category", "/v1/cases", "category", {"terrorism", "fraud", "hate"}},
	{"word", "/v1/cases", "text", {"channel", "report00017", "law", "nothing"}},
	{"words", "/v1/cases", "text", {"phishing mirror", "report00017 channel"}},
	{"search link", "/v1/search", "q", {"https://t.me/channel_0000017/171"}},
	{"search host", "/v1/search", "q", {"t.me", "nowhere.example"}},
	{"search word", "/v1/search", "q", {"recruit", "report00017", "nothing"}},
	{"status", "/v1/status", NULL, {NULL}},
};

enum { QUESTIONS = sizeof(questions) / sizeof(questions[0]) };

static double every[QUESTIONS * ASKED];

/* A question in milliseconds. */
static double
ask(const struct actor *who, int q, int k)
{
	struct arena *a = arena_create();
	const struct service_route *route;
	struct reply out = {0};
	struct err e = ERR_INIT;
	json_t *in = json_object();
	int n = 0;

	while (n < 8 && questions[q].values[n] != NULL)
		n++;
	if (n != 0)
		json_object_set_new(in, questions[q].member,
				    json_string(questions[q].values[k % n]));
	bench_must(service_route_find("GET", questions[q].path, in, &route, &e), &e,
		   questions[q].name);
	double start = bench_seconds();
	bench_must(service_run(pair.here.nd, a, route, who, in, &out, &e), &e,
		   questions[q].name);
	double ms = (bench_seconds() - start) * 1e3;
	json_decref(in);
	arena_free(a);
	return ms;
}

static void
ask_all(void)
{
	struct arena *a = arena_create();
	const struct actor *who;
	struct err e = ERR_INIT;
	double some[ASKED];

	bench_must(actor_authenticate(pair.here.nd, a, pair.here.worker, &who, &e), &e,
		   "officer");
	for (int q = 0; q < QUESTIONS; q++) {
		for (int k = 0; k < ASKED; k++)
			some[k] = every[q * ASKED + k] = ask(who, q, k);
		double p99 = bench_quantile(some, ASKED, 990);
		printf("# %-12s p50_ms=%.2f p99_ms=%.2f max_ms=%.2f\n", questions[q].name,
		       bench_quantile(some, ASKED, 500), p99, some[ASKED - 1]);
	}
	arena_free(a);
}

/* The bare statements of a first page: 50 places, then each case. */
static double
reference_ms(void)
{
	char path[256];
	sqlite3 *db;
	sqlite3_stmt *page, *one;
	double some[ASKED];

	snprintf(path, sizeof(path), "%s/store.db", pair.here.n.dir);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db,
			       "SELECT due_us, casefile FROM v_queue WHERE urgent = ?1 "
			       "ORDER BY due_us, casefile LIMIT 50",
			       -1, &page, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, "SELECT * FROM v_case WHERE casefile = ?1", -1, &one,
			       NULL) != SQLITE_OK) {
		fprintf(stderr, "reference: %s\n", sqlite3_errmsg(db));
		exit(EXIT_FAILURE);
	}
	for (int k = 0; k < ASKED; k++) {
		double start = bench_seconds();
		sqlite3_bind_int(page, 1, k % 2);
		while (sqlite3_step(page) == SQLITE_ROW) {
			sqlite3_bind_text(one, 1,
					  (const char *)sqlite3_column_text(page, 1), -1,
					  SQLITE_TRANSIENT);
			if (sqlite3_step(one) != SQLITE_ROW)
				exit(EXIT_FAILURE);
			sqlite3_reset(one);
		}
		sqlite3_reset(page);
		some[k] = (bench_seconds() - start) * 1e3;
	}
	sqlite3_finalize(page);
	sqlite3_finalize(one);
	sqlite3_close(db);
	return bench_quantile(some, ASKED, 990);
}

int
main(int argc, char **argv)
{
	int told;

	if (argc > 1)
		cases = (int)strtol(argv[1], NULL, 10);
	if (cases < 1 || cases > CASES) {
		fprintf(stderr, "usage: %s [CASES, at most %d]\n", argv[0], CASES);
		return EXIT_FAILURE;
	}
	bench_pair_open(&pair, PARTY_AUTHORITY, answer_some);
	double start = bench_seconds();
	fill();
	printf("# %d cases of %d items sent and receipted in %.0f s\n", cases, CASE_ITEMS,
	       bench_seconds() - start);
	fflush(stdout);
	if (read(pair.said, &told, sizeof(told)) != sizeof(told))
		return EXIT_FAILURE;
	await_cases(&pair.here, "accepted", told - (told + 3) / 4);
	ask_all();
	double reference = reference_ms();
	double p99 = bench_quantile(every, QUESTIONS * ASKED, 990);
	printf("queue cases=%d items=%d p50_ms=%.2f p99_ms=%.2f sqlite_p99_ms=%.2f "
	       "ratio=%.3f\n",
	       cases, cases * CASE_ITEMS, bench_quantile(every, QUESTIONS * ASKED, 500),
	       p99, reference, reference / p99);
	bench_pair_close(&pair);
	return EXIT_SUCCESS;
}
