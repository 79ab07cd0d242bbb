/*
 * pages - how long the node takes to draw a public page.
 *
 * A register of 50 orders, each with some names, is made first.  Then each page is drawn
 * many times, from the parsed request to the bytes of its body.  The reference is the
 * same data as the API gives it, in the same run: its median over ours.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench.h"
#include "http/page_serve.h"

enum {
	ORDERS = 50,
	DRAWN = 1000, /* times each */
	PATH_MAX_BYTES = 128,
	MEDIAN = 500,
	P99 = 990,
	PER_MILLE = 1000,
};

static struct bench_node authority, platform;
static char officer[256], one[256], other[256];
static struct node *nd;

static void
approve(const char *order, const char *text, const char *who)
{
	char path[PATH_MAX_BYTES];

	snprintf(path, sizeof(path), "/v1/orders/%s/approve", order);
	json_decref(bench_call(nd, who, "POST", path,
			       json_pack("{s:s}", "text_sha256", text)));
}

static void
order_make(int k)
{
	char a[64], b[64];

	snprintf(a, sizeof(a), "shop%d.example", k);
	snprintf(b, sizeof(b), "toko%d.xn--bcher-kva.example", k);
	json_t *r = bench_call(
		nd, officer, "POST", "/v1/orders",
		json_pack("{s:[s, s], s:[], s:s, s:s, s:s, s:s, s:b, s:s}", "names", a, b,
			  "cites", "reasons", "Invented example: fraud.", "legal_basis",
			  "Invented example: article 5", "proportionality",
			  "These names only.", "collateral", "No other site is on them.",
			  "emergency", 1, "emergency_reason", "It is live now."));
	const char *id = json_string_value(json_object_get(r, "order"));
	const char *text = json_string_value(json_object_get(r, "text_sha256"));
	approve(id, text, one);
	approve(id, text, other);
	json_decref(r);
}

/* Bytes of the page. */
static size_t
draw(const char *path, const char *name, const char *value)
{
	struct arena *a = arena_create();
	struct err e = ERR_INIT;
	struct page p;

	page_open(&p, nd, a, "id");
	p.who = actor_stranger(a, "192.0.2.1");
	p.path = path;
	if (name != NULL)
		page_take(&p, name, value);
	const struct page_route *r = page_route_find(a, path, &p.word);
	page_make(&p, r, RC_OK, &e);
	size_t len = p.len;
	if (p.status != 200 && p.status != 451) {
		fprintf(stderr, "%s: status %u\n", path, p.status);
		exit(EXIT_FAILURE);
	}
	arena_free(a);
	return len;
}

/* The same data from the API. */
static void
answer(const char *path, const char *name, const char *value)
{
	json_t *in = json_object();

	if (name != NULL)
		json_object_set_new(in, name, json_string(value));
	json_t *r = bench_call(nd, officer, "GET", path, in);
	free(json_dumps(r, JSON_COMPACT));
	json_decref(r);
}

static int
ascending(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return a < b ? -1 : a > b;
}

/* `ret`: seconds, sorted. */
static void
times_take(bool page, const char *path, const char *name, const char *value,
	   double ret[DRAWN])
{
	for (int i = 0; i < DRAWN; i++) {
		const double from = bench_seconds();
		if (page)
			draw(path, name, value);
		else
			answer(path, name, value);
		ret[i] = bench_seconds() - from;
	}
	qsort(ret, DRAWN, sizeof(*ret), ascending);
}

static const struct {
	const char *what, *path, *name, *value, *api, *api_name, *api_value;
} rows[] = {
	{"lookup", "/lookup", "name", "shop7.example", "/v1/lookup", "name",
	 "shop7.example"},
	{"blocked", "/blocked", "name", "shop7.example", "/v1/lookup", "name",
	 "shop7.example"},
	{"register", "/register", NULL, NULL, "/v1/register", "limit", "50"},
	{"entry", "/register/%s", NULL, NULL, "/v1/register/%s", NULL, NULL},
	{"letter", "/register/%s/letter", NULL, NULL, "/v1/register/%s/proof", NULL,
	 NULL},
	{"transparency", "/transparency", NULL, NULL, "/v1/statistics", "each", "month"},
};

static void
register_make(void)
{
	struct err e = ERR_INIT;

	bench_node_create(&authority, "kominfo.example", PARTY_AUTHORITY);
	bench_node_create(&platform, "telegram.example", PARTY_PLATFORM);
	bench_introduce(&authority, &platform);
	bench_must(node_open(authority.dir, &nd, &e), &e, "open");
	bench_person(nd, &authority, "sari", "officer", officer);
	bench_person(nd, &authority, "agus", "approver", one);
	bench_person(nd, &authority, "dewi", "approver", other);
	for (int k = 0; k < ORDERS; k++)
		order_make(k);
}

int
main(int argc, char **argv)
{
	static double page[DRAWN], api[DRAWN];
	char path[PATH_MAX_BYTES], api_path[PATH_MAX_BYTES], ref[32];
	double worst = 0, ratio = 0;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		puts("bench_pages: draws the public pages of a register of 50 orders");
		return EXIT_SUCCESS;
	}
	(void)argv;
	register_make();
	json_t *all = bench_call(nd, officer, "GET", "/v1/register", NULL);
	snprintf(ref, sizeof(ref), "%s",
		 json_string_value(json_object_get(
			 json_array_get(json_object_get(all, "entries"), 0), "ref")));
	json_decref(all);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *slot = strstr(rows[i].path, "%s");
		const char *api_slot = strstr(rows[i].api, "%s");
		snprintf(path, sizeof(path), "%.*s%s%s",
			 slot == NULL ? (int)strlen(rows[i].path)
				      : (int)(slot - rows[i].path),
			 rows[i].path, slot == NULL ? "" : ref,
			 slot == NULL ? "" : slot + 2);
		snprintf(api_path, sizeof(api_path), "%.*s%s%s",
			 api_slot == NULL ? (int)strlen(rows[i].api)
					  : (int)(api_slot - rows[i].api),
			 rows[i].api, api_slot == NULL ? "" : ref,
			 api_slot == NULL ? "" : api_slot + 2);
		times_take(true, path, rows[i].name, rows[i].value, page);
		times_take(false, api_path, rows[i].api_name, rows[i].api_value, api);
		const int median = DRAWN * MEDIAN / PER_MILLE,
			  p99 = DRAWN * P99 / PER_MILLE;
		printf("%-12s median %6.3f ms  p99 %6.3f ms  api %6.3f ms  %zu bytes\n",
		       rows[i].what, page[median] * 1e3, page[p99] * 1e3,
		       api[median] * 1e3, draw(path, rows[i].name, rows[i].value));
		if (page[median] > worst) {
			worst = page[median];
			ratio = api[median] / page[median];
		}
	}
	printf("pages slowest_ms=%.3f ratio=%.2f\n", worst * 1e3, ratio);
	node_stop(nd);
	node_close(nd);
	return EXIT_SUCCESS;
}
