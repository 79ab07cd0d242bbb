/*
 * The evidence bundle of a case of very many events: written through a file, read in
 * pieces, the same on both nodes, with and without texts; and that of a case of few.
 */
#include "node_fixture.h"

#include <dirent.h>
#include <string.h>

#include "base/buf.h"
#include "core/bundle.h"
#include "service/stream.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

enum { MANY = BUNDLE_SHORT_EVENTS + 50, ITEMS = 10, IMPOSSIBLE_EACH = 500 };

#define REASON "zx-reason-7k"

static struct buf
bundle_get(struct fix *f, enum party p, const char *casefile, const char *texts)
{
	const struct service_route *r;
	const struct actor *who;
	struct reply out = {0};
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT(BUNDLE_MAX);
	json_t *in = texts == NULL ? json_object() : json_pack("{s:s}", "texts", texts);
	uint8_t piece[4096];
	size_t n = 1;

	fix_ok(actor_authenticate(f->n[p].nd, f->a, f->n[p].auditor, &who, &e), &e,
	       "actor");
	fix_ok(service_route_find("GET",
				  arena_printf(f->a, "/v1/cases/%s/bundle", casefile), in,
				  &r, &e),
	       &e, "route");
	fix_ok(service_run(f->n[p].nd, f->a, r, who, in, &out, &e), &e, "bundle");
	json_decref(in);
	if (out.download == NULL) {
		buf_put(&b, out.bytes, out.len);
		return b;
	}
	assert_string_equal(download_type(out.download), "application/x-tar");
	while (n != 0) {
		fix_ok(download_read(out.download, piece, sizeof(piece), &n, &e), &e,
		       "read");
		buf_put(&b, piece, n);
	}
	assert_int_equal(download_len(out.download), b.len);
	download_close(out.download);
	return b;
}

/* What the bundle says of the case; *ret_long: as one of many events. */
static void
verified(struct fix *f, const struct buf *b, struct bundle_report *ret, bool *ret_long)
{
	const struct bundle_member *m;
	struct err e = ERR_INIT;
	size_t n;

	fix_ok(bundle_verify(f->a, (const uint8_t *)buf_str(b), b->len, NULL, ret, &e),
	       &e, "verify");
	fix_ok(bundle_unpack(f->a, (const uint8_t *)buf_str(b), b->len, &m, &n, &e), &e,
	       "unpack");
	*ret_long = false;
	for (size_t i = 0; i < n; i++)
		*ret_long |= strcmp(m[i].name, "logs/platform/checkpoint.proof") == 0;
}

/* And then changed again and again. */
static void
decide_often(struct fix *f, const char *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool impossible = i % IMPOSSIBLE_EACH == 0;
		json_t *in = json_pack("{s:s, s:[i], s:s}", "outcome",
				       impossible ? "impossible" : "kept", "items",
				       (int)(i % ITEMS), "reason", REASON);
		if (impossible)
			json_object_set_new(in, "ground", json_string("force_majeure"));
		fix_act(f, PLATFORM, c, i < ITEMS ? "decide" : "reverse", in);
		if (i % (MANY / 4) == 0)
			fix_settle(f);
	}
	fix_settle(f);
}

/* Did an export leave its file in the node's folder? */
static bool
has_left(struct fix *f)
{
	DIR *d = opendir(f->n[AUTHORITY].dir);
	bool left = false;

	assert_non_null(d);
	for (const struct dirent *x = readdir(d); x != NULL; x = readdir(d))
		left |= strncmp(x->d_name, "bundle-", 7) == 0;
	closedir(d);
	return left;
}

static void
many_events(void **state)
{
	struct fix f;
	struct bundle_report r;
	bool whole;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", ITEMS);
	fix_settle(&f);
	fix_act(&f, PLATFORM, c, "accept", NULL);
	decide_often(&f, c, MANY);
	for (int p = 0; p < PARTY_COUNT; p++) {
		struct buf b = bundle_get(&f, (enum party)p, c, NULL);
		verified(&f, &b, &r, &whole);
		assert_true(whole);
		assert_true(r.n_events > MANY);
		assert_int_equal(r.casework.items, ITEMS);
		assert_int_equal(r.casework.decided, ITEMS);
		assert_string_equal(r.casework.subject, "Konten");
		/* The inabilities have receipts. */
		size_t adopted = 0;
		for (size_t i = 0; i < r.n_events; i++)
			adopted += r.events[i].from == PLATFORM && r.events[i].adopted;
		assert_int_equal(adopted, MANY / IMPOSSIBLE_EACH + 1);
		buf_free(&b);
		b = bundle_get(&f, (enum party)p, c, "no");
		verified(&f, &b, &r, &whole);
		assert_true(whole && !r.disclosed);
		assert_int_equal(r.casework.decided, ITEMS);
		assert_null(r.casework.subject);
		buf_free(&b);
	}
	assert_false(has_left(&f));
	fix_close(&f);
}

static void
few_events(void **state)
{
	struct fix f;
	struct bundle_report r;
	bool whole;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", ITEMS);
	fix_settle(&f);
	decide_often(&f, c, ITEMS);
	struct buf b = bundle_get(&f, AUTHORITY, c, "yes");
	verified(&f, &b, &r, &whole);
	assert_false(whole);
	assert_int_equal(r.casework.decided, ITEMS);
	buf_free(&b);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_events),
		cmocka_unit_test(many_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
