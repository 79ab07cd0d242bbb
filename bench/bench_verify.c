/*
 * verify - an evidence bundle of many events, from its bytes to the report.
 *
 * Two nodes record a case of EVENTS messages with their texts and receipts; the bundle of
 * it is what one of them exports.  The reference is raw Ed25519 verification of messages
 * of the same mean size in one thread, in turns with it: the ratio is that of the rates,
 * the median of the turns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bundle.h"
#include "service/stream.h"
#include "talk.h"

enum {
	EVENTS = 20000,
	SENDERS = 32,
	TURNS = 7,
	REFERENCE_VERIFICATIONS = 4000,
	FILE_MAX = 256 << 20,
};

static struct bench_pair pair;

static void
case_make(char ret_path[TALK_PATH_MAX])
{
	struct talk talk = {0};

	talk_begin(&talk, &pair.here);
	bench_pair_settle(&pair);
	talk_run(&talk, SENDERS, bench_count("EVENTS", EVENTS));
	bench_pair_settle(&pair);
	snprintf(ret_path, TALK_PATH_MAX, "/v1/cases/%s/bundle", talk.casefile);
}

/* As a person fetches it. */
static size_t
bundle_get(const char *path, uint8_t *into)
{
	struct arena *a = arena_create();
	const struct service_route *route;
	const struct actor *who;
	json_t *words = json_object();
	struct reply out = {0};
	struct err e = ERR_INIT;
	size_t len = 0;
	size_t n = 1;

	bench_must(actor_authenticate(pair.here.nd, a, pair.here.worker, &who, &e), &e,
		   "officer");
	bench_must(service_route_find("GET", path, words, &route, &e), &e, path);
	bench_must(service_run(pair.here.nd, a, route, who, words, &out, &e), &e, path);
	if (out.download == NULL) {
		memcpy(into, out.bytes, out.len);
		len = out.len;
	}
	while (out.download != NULL && n != 0) {
		bench_must(
			download_read(out.download, into + len, FILE_MAX - len, &n, &e),
			&e, "read");
		len += n;
	}
	download_close(out.download);
	json_decref(words);
	arena_free(a);
	return len;
}

/* Bytes that the signature of an event covers, on average. */
static size_t
signed_bytes(const uint8_t *bytes, size_t len)
{
	struct arena *a = arena_create();
	const struct bundle_member *m;
	struct err e = ERR_INIT;
	size_t n, lines = 0, all = 0;

	bench_must(bundle_unpack(a, bytes, len, &m, &n, &e), &e, "unpack");
	for (size_t i = 0; i < n; i++) {
		if (strstr(m[i].name, "/events.jws") == NULL)
			continue;
		for (const char *p = m[i].data, *end = p + m[i].len; p < end; lines++) {
			const char *space = memchr(p, ' ', (size_t)(end - p));
			const char *lf = memchr(p, '\n', (size_t)(end - p));
			const char *dot = memrchr(space, '.', (size_t)(lf - space));
			all += (size_t)(dot - space - 1);
			p = lf + 1;
		}
	}
	arena_free(a);
	if (lines == 0)
		abort();
	return all / lines;
}

static double
bundle_per_s(const uint8_t *bytes, size_t len, size_t *ret_events)
{
	struct arena *a = arena_create();
	struct bundle_report report;
	struct err e = ERR_INIT;
	double start = bench_seconds();

	bench_must(bundle_verify(a, bytes, len, NULL, &report, &e), &e, "verify");
	*ret_events = report.n_events;
	double per_s = (double)report.n_events / (bench_seconds() - start);
	arena_free(a);
	return per_s;
}

int
main(void)
{
	double ratio[TURNS], rate[TURNS], raw[TURNS];
	uint8_t *bytes = malloc(FILE_MAX);
	char path[TALK_PATH_MAX];
	size_t n = 0;

	bench_pair_open(&pair, PARTY_AUTHORITY, NULL);
	case_make(path);
	size_t len = bundle_get(path, bytes);
	bench_pair_close(&pair);
	size_t message = signed_bytes(bytes, len);
	for (int i = 0; i < TURNS; i++) {
		raw[i] = bench_verify_per_s(message, REFERENCE_VERIFICATIONS);
		rate[i] = bundle_per_s(bytes, len, &n);
		raw[i] += bench_verify_per_s(message, REFERENCE_VERIFICATIONS);
		raw[i] /= 2;
		ratio[i] = rate[i] / raw[i];
	}
	printf("verify events=%zu mib=%.1f message_bytes=%zu threads=1 events_per_s=%.0f "
	       "raw_per_s=%.0f ratio=%.3f\n",
	       n, (double)len / (1 << 20), message, bench_quantile(rate, TURNS, 500),
	       bench_quantile(raw, TURNS, 500), bench_quantile(ratio, TURNS, 500));
	free(bytes);
	return EXIT_SUCCESS;
}
