/*
 * One signature that is wrong among many in an upload, which several threads check:
 * nothing of it is taken, whichever it is, and the first is named.
 */
#include "foe.h"

#include <stdio.h>
#include <string.h>

#define NODE PARTY_PLATFORM

enum { EVENTS = 300, PLACES = 6 };

/* So many events, those at two places signed with another key than they name. */
static void
append_many(struct foe *x, int bad, int bad_too)
{
	for (int i = 0; i < EVENTS; i++)
		foe_append(x, &(struct foe_event){.type = "channel.hello",
						  .seed = i == bad || i == bad_too
								  ? x->receipt
								  : NULL,
						  .kid_seed = x->event});
}

static void
one_among_many(void **state)
{
	static const int places[PLACES] = {0, 1, 63, 64, 200, EVENTS - 1};
	struct fix f;

	(void)state;
	fix_open_one(&f, NODE);
	for (unsigned i = 0; i < PLACES; i++) {
		struct exchange_answer answer;
		struct err e = ERR_INIT;
		char want[32];
		struct foe x;
		foe_open(&x, &f, i + 1);
		foe_append(&x, &(struct foe_event){.type = "channel.hello"});
		fix_ok(foe_send(&x, &e), &e, "good input");
		uint64_t first = x.n;
		append_many(&x, places[i], EVENTS - 1);
		struct mirror_checkpoint cp = foe_checkpoint(&x);
		fix_ok(foe_send_checkpoint(&x, &cp, &e), &e, "checkpoint");
		const char *rows = fix_rows(&f, NODE);
		struct mirror_entries req = foe_entries(&x);
		assert_int_equal(foe_send_entries(&x, &req, &answer, &e),
				 RC_UNPROCESSABLE);
		assert_null(answer.cosignature);
		assert_string_equal(e.rule, "protocol 2");
		snprintf(want, sizeof(want), "event %d:", (int)first + places[i]);
		assert_non_null(strstr(e.text, want));
		assert_non_null(strstr(e.text, "does not verify"));
		assert_string_equal(fix_rows(&f, NODE), rows);
		foe_close(&x);
	}
	fix_close(&f);
}

/* Without one, all are taken. */
static void
none_among_many(void **state)
{
	struct err e = ERR_INIT;
	struct fix f;
	struct foe x;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	append_many(&x, -1, -1);
	fix_ok(foe_send(&x, &e), &e, "good input");
	assert_int_equal(fix_query(&f, NODE,
				   "SELECT signed_size FROM log_head "
				   "WHERE party = 0"),
			 (int64_t)x.n);
	foe_close(&x);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_among_many),
		cmocka_unit_test(none_among_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
