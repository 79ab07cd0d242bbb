/*
 * The fence of a log: a writer that moves a head which another one has moved meanwhile is
 * refused, and what it did is undone.  On each engine.
 */
#include "node_fixture.h"

#include <string.h>

#include "service/node_int.h"
#include "service/writer_int.h"
#include "store/store_log.h"

#define AUTHORITY PARTY_AUTHORITY

/* Two writers that read the same head, one after the other. */
static enum rc
both_advance(struct writer *w, void *arg, struct err *e)
{
	struct arena *a = arg;
	const struct hash root = {{1}}, other = {{2}};
	struct log_head h;
	enum rc rc = store_head(w->s, a, FIX_PEER, AUTHORITY, &h, e);

	if (rc == RC_OK)
		rc = store_head_advance(w->s, &h, h.size + 1, &root, h.last_iat_us, e);
	if (rc != RC_OK)
		return err_set(e, RC_INVALID, "the first writer is refused");
	return store_head_advance(w->s, &h, h.size + 1, &other, h.last_iat_us, e);
}

static void
the_second_is_refused(void **state)
{
	struct err e = ERR_INIT;
	struct fix f;

	(void)state;
	fix_open(&f);
	fix_send(&f, "F-1", "t.example", 1);
	const char *before = fix_rows(&f, AUTHORITY);
	assert_int_equal(writer_run(f.n[AUTHORITY].nd, both_advance, f.a, &e), RC_RETRY);
	assert_non_null(strstr(e.text, "another writer moved the log"));
	assert_string_equal(fix_rows(&f, AUTHORITY), before);
	/* And the node goes on. */
	const char *c = fix_send(&f, "F-2", "t.example", 1);
	fix_settle(&f);
	fix_same_case(&f, c);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_second_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
