#include "http/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/enc.h"

enum { FALLBACK_PAGE_BYTES = 4096 };

static const unsigned statuses[] = {200, 304, 400, 401, 403, 404, 405, 409, 410, 413,
				    415, 421, 422, 423, 429, 500, 503, 507, 0};
enum { STATUSES = sizeof(statuses) / sizeof(statuses[0]) };

static const int64_t bounds_us[] = {1000,   2500,   5000,    10000,   20000,	50000,
				    100000, 250000, 1000000, 5000000, INT64_MAX};
enum { BOUNDS = sizeof(bounds_us) / sizeof(bounds_us[0]) };

struct route_counts {
	_Atomic uint64_t status[STATUSES], bucket[BOUNDS], sum_us;
};

struct metrics {
	int64_t start_us;
	struct route_counts *routes; /* service_routes_n, and one for none */
};

struct metrics *
metrics_create(void)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (m == NULL)
		abort();
	m->routes = calloc(service_routes_n + 1, sizeof(*m->routes));
	if (m->routes == NULL)
		abort();
	m->start_us = clock_now_us();
	return m;
}

void
metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	free(m->routes);
	free(m);
}

void
metrics_request(struct metrics *m, const struct service_route *route, unsigned status,
		int64_t us)
{
	size_t at = route == NULL ? service_routes_n : (size_t)(route - service_routes);
	struct route_counts *r = &m->routes[at];
	size_t i = 0, b = 0;

	while (statuses[i] != 0 && statuses[i] != status)
		i++;
	while (us > bounds_us[b])
		b++;
	atomic_fetch_add(&r->status[i], 1);
	atomic_fetch_add(&r->bucket[b], 1);
	atomic_fetch_add(&r->sum_us, (uint64_t)us);
}

/* ---- text format 0.0.4 ------------------------------------------------------------- */

static void
put_head(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
put_one(struct buf *b, const char *name, const char *type, const char *help, int64_t n)
{
	put_head(b, name, type, help);
	buf_printf(b, "%s %" PRId64 "\n", name, n);
}

/* A label's value: backslash, quote and line feed are escaped. */
static void
put_label(struct buf *b, const char *value)
{
	for (; *value != '\0'; value++)
		if (*value == '\\' || *value == '"')
			buf_printf(b, "\\%c", *value);
		else if (*value == '\n')
			buf_puts(b, "\\n");
		else
			buf_putc(b, *value);
}

static void
put_route(struct buf *b, size_t at)
{
	const bool none = at == service_routes_n;

	buf_printf(b, "method=\"%s\",route=\"%s\"",
		   none ? "none" : service_routes[at].method,
		   none ? "none" : service_routes[at].path);
}

static void
put_requests(const struct metrics *m, struct buf *b)
{
	put_head(b, "saluran_http_requests_total", "counter",
		 "Answers of the API, by route and status.");
	for (size_t at = 0; at <= service_routes_n; at++)
		for (size_t i = 0; i < STATUSES; i++) {
			uint64_t n = atomic_load(&m->routes[at].status[i]);
			if (n == 0)
				continue;
			buf_puts(b, "saluran_http_requests_total{");
			put_route(b, at);
			if (statuses[i] == 0)
				buf_puts(b, ",status=\"other\"");
			else
				buf_printf(b, ",status=\"%u\"", statuses[i]);
			buf_printf(b, "} %" PRIu64 "\n", n);
		}
}

static void
put_seconds(struct buf *b, int64_t us)
{
	buf_printf(b, "%" PRId64 ".%06" PRId64, us / CLOCK_US_PER_S, us % CLOCK_US_PER_S);
}

static void
put_latencies(const struct metrics *m, struct buf *b)
{
	put_head(b, "saluran_http_request_seconds", "histogram",
		 "From a request's head to its answer, by route.");
	for (size_t at = 0; at <= service_routes_n; at++) {
		const struct route_counts *r = &m->routes[at];
		uint64_t n = 0;
		for (size_t i = 0; i < BOUNDS; i++)
			n += atomic_load(&r->bucket[i]);
		if (n == 0)
			continue;
		n = 0;
		for (size_t i = 0; i < BOUNDS; i++) {
			n += atomic_load(&r->bucket[i]);
			buf_puts(b, "saluran_http_request_seconds_bucket{");
			put_route(b, at);
			buf_puts(b, ",le=\"");
			if (bounds_us[i] == INT64_MAX)
				buf_puts(b, "+Inf");
			else
				put_seconds(b, bounds_us[i]);
			buf_printf(b, "\"} %" PRIu64 "\n", n);
		}
		buf_puts(b, "saluran_http_request_seconds_sum{");
		put_route(b, at);
		buf_puts(b, "} ");
		put_seconds(b, (int64_t)atomic_load(&r->sum_us));
		buf_puts(b, "\nsaluran_http_request_seconds_count{");
		put_route(b, at);
		buf_printf(b, "} %" PRIu64 "\n", n);
	}
}

/* An object of the node's figures: label to number. */
static void
put_by(struct buf *b, const json_t *node, const char *member, const char *name,
       const char *type, const char *label, const char *help)
{
	const char *key;
	json_t *v;

	put_head(b, name, type, help);
	json_object_foreach (json_object_get(node, member), key, v) {
		buf_printf(b, "%s{%s=\"", name, label);
		put_label(b, key);
		buf_printf(b, "\"} %" JSON_INTEGER_FORMAT "\n", json_integer_value(v));
	}
}

/* The second number of statm: resident pages. */
static int64_t
resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long page = sysconf(_SC_PAGESIZE);
	char line[128] = "";
	uint64_t pages = 0;

	if (f == NULL)
		return 0;
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = '\0';
	fclose(f);
	const char *second = line + strcspn(line, " ");
	second += strspn(second, " ");
	if (decimal_parse(second, strcspn(second, " "), INT64_MAX / FALLBACK_PAGE_BYTES,
			  &pages) != RC_OK)
		pages = 0;
	return (int64_t)pages * (page > 0 ? page : FALLBACK_PAGE_BYTES);
}

void
metrics_put(struct metrics *m, const json_t *node, int streams, struct buf *b)
{
	static const struct {
		const char *member, *name, *type, *help;
	} ones[] = {
		{"writer_queue", "saluran_writer_queue", "gauge",
		 "Jobs that wait for the writer."},
		{"commits", "saluran_commits_total", "counter",
		 "Groups that the writer finished."},
		{"cases", "saluran_cases", "gauge", "Cases, of every state."},
		{"overdue", "saluran_cases_overdue", "gauge",
		 "Cases whose deadline has passed."},
		{"items", "saluran_items", "gauge", "Items of all cases."},
		{"decided", "saluran_items_decided", "gauge", "And those decided."},
		{"alarms", "saluran_alarms", "gauge", "Alarms that are raised."},
		{"orders_in_force", "saluran_orders_in_force", "gauge",
		 "Orders in force."},
		{"names_blocked", "saluran_names_blocked", "gauge", "Names in the zone."},
		{"zone_serial", "saluran_zone_serial", "gauge",
		 "Serial of the zone; 0: none."},
		{"webhooks", "saluran_webhooks", "gauge", "Webhooks that are active."},
		{"webhooks_failing", "saluran_webhooks_failing", "gauge",
		 "Webhooks whose last delivery failed."},
		{"writer_failed", "saluran_writer_failed", "gauge",
		 "1: the last commit failed, for example on a full disk."},
		{"disk_free", "saluran_disk_free_bytes", "gauge",
		 "Room that is left on the node's disk."},
		{"clock_doubted", "saluran_clock_doubted", "gauge",
		 "1: this machine's clock is not believed."},
		{"sessions", "saluran_sessions", "gauge", "People who are logged in."},
		{"checkers_ready", "saluran_zone_checkers_ready", "gauge",
		 "Other DNS servers' checkers that look at the zones."},
		{"checks_refused", "saluran_zone_checks_refused", "gauge",
		 "Checks of what is published that were refused by one of them."},
	};

	for (size_t i = 0; i < sizeof(ones) / sizeof(ones[0]); i++)
		put_one(b, ones[i].name, ones[i].type, ones[i].help,
			json_integer_value(json_object_get(node, ones[i].member)));
	put_by(b, node, "events", "saluran_events_total", "counter", "type",
	       "Events stored since the start, own and the peer's, by type.");
	put_by(b, node, "unreceipted", "saluran_events_unreceipted", "gauge", "peer",
	       "Own events without the peer's receipt.");
	put_by(b, node, "log_state", "saluran_log_state", "gauge", "peer",
	       "Our log to this peer: 0 takes events, 1 asks the peer what it lost, 2 "
	       "brings it back, 3 a person must look, 4 the channel is frozen.");
	put_by(b, node, "log_back", "saluran_log_back", "gauge", "peer",
	       "Events of it that are to be brought back yet.");
	put_by(b, node, "failing", "saluran_delivery_failing", "gauge", "peer",
	       "1: the last delivery to the peer failed.");
	put_one(b, "saluran_event_streams", "gauge", "Event streams under way.", streams);
	put_one(b, "process_resident_memory_bytes", "gauge", "Resident memory.",
		resident_bytes());
	put_head(b, "process_start_time_seconds", "gauge", "When this process started.");
	buf_puts(b, "process_start_time_seconds ");
	put_seconds(b, m->start_us);
	buf_putc(b, '\n');
	put_requests(m, b);
	put_latencies(m, b);
}
