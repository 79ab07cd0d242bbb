/* An order in force whose names are probed, and an operator whose resolver is. */
#ifndef SALURAN_TESTS_PROBE_FIXTURE_H
#define SALURAN_TESTS_PROBE_FIXTURE_H

#include "node_fixture.h"

#include <inttypes.h>
#include <string.h>

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM
#define RESOLVER  "192.0.2.53#53"
#define MAIN	  "rpz.saluran"

struct world {
	struct fix f;
	const char *order, *casefile;
};

static inline json_t *
call(struct fix *f, const char *who, const char *method, const char *path, json_t *in)
{
	return fix_must(f, AUTHORITY, who, method, path, in);
}

static inline void
open_world(struct world *w)
{
	struct fix *f = &w->f;

	fix_open(f);
	const char *c = fix_send(f, "P-1", "bad.example", 1);
	fix_make_overdue(f, c);
	w->casefile = c;
	json_t *d = call(f, f->n[AUTHORITY].officer, "POST", "/v1/orders",
			 fix_order("[\"bad.example\", \"*.worse.example\"]", c));
	w->order = fix_text(d, "order");
	const char *path = arena_printf(f->a, "/v1/orders/%s/approve", w->order);
	json_t *text = json_pack("{s:s}", "text_sha256", fix_text(d, "text_sha256"));
	call(f, f->n[AUTHORITY].approver, "POST", path, json_deep_copy(text));
	call(f, f->n[AUTHORITY].approver2, "POST", path, text);
	call(f, f->n[AUTHORITY].admin, "POST", "/v1/operators",
	     json_pack("{s:s, s:s}", "name", "isp-a", "address", "192.0.2.53"));
}

static inline void
close_world(struct world *w)
{
	fix_settle(&w->f);
	fix_rebuilt_equal(&w->f, AUTHORITY);
	fix_rebuilt_equal(&w->f, PLATFORM);
	fix_close(&w->f);
}

static inline json_t *
result(struct world *w, const char *owner, const char *expected, const char *verdict)
{
	char when[CLOCK_TEXT_LEN];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:[s], s:i, s:[]}",
			 "owner", owner, "operator", "isp-a", "resolver", RESOLVER,
			 "transport", "udp", "expected", expected, "serial", 7, "verdict",
			 verdict, "at", clock_format(clock_now_us(), when), "orders",
			 w->order, "canary_serial", 8, "asked");
}

static inline json_t *
bring(struct world *w, json_t *one)
{
	fix_clock_add(FIX_S);
	return call(&w->f, w->f.n[AUTHORITY].officer, "POST", "/v1/probes/results",
		    json_pack("{s:s, s:[o]}", "vantage", "jakarta", "results", one));
}

#endif
