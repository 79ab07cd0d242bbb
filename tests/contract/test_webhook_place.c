/*
 * The place of a webhook in the feed: what an admin asks for while a message is under way
 * is not lost to that message's end.
 */
#include "node_fixture.h"

#include "service/webhook.h"

#define AUTHORITY PARTY_AUTHORITY

static const char *
hook_add(struct fix *f)
{
	return fix_text(fix_must(f, AUTHORITY, f->n[AUTHORITY].admin, "POST",
				 "/v1/webhooks",
				 json_pack("{s:s, s:i}", "url", "https://hook.example/",
					   "after", 0)),
			"webhook");
}

static void
replay(struct fix *f, const char *hook, const char *member, int64_t value)
{
	fix_must(f, AUTHORITY, f->n[AUTHORITY].admin, "POST",
		 arena_printf(f->a, "/v1/webhooks/%s/replay", hook),
		 json_pack("{s:I}", member, (json_int_t)value));
}

static struct webhook_message
next(struct fix *f, const char *hook)
{
	struct webhook_message m;
	struct err e = ERR_INIT;

	fix_ok(webhook_next(f->n[AUTHORITY].nd, f->a, hook, &m, &e), &e, "webhook_next");
	return m;
}

static void
done(struct fix *f, const struct webhook_message *m, unsigned status)
{
	struct err e = ERR_INIT;

	fix_ok(webhook_done(f->n[AUTHORITY].nd, m, status, "", 1, 0, &e), &e,
	       "webhook_done");
}

/* All again, asked for while the third is under way: the first is next, not the fourth.
 */
static void
rewound_meanwhile(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	fix_send(&f, "r-1", "a.example", 1);
	fix_send(&f, "r-2", "b.example", 1);
	const char *hook = hook_add(&f);
	struct webhook_message first = next(&f, hook);
	done(&f, &first, 200);
	struct webhook_message second = next(&f, hook);
	assert_true(second.feed_us > first.feed_us);
	done(&f, &second, 200);
	struct webhook_message third = next(&f, hook);
	replay(&f, hook, "after", 0);
	done(&f, &third, 200);
	assert_int_equal(next(&f, hook).feed_us, first.feed_us);
	/* And without that it goes on. */
	for (int i = 0; i < 3; i++) {
		struct webhook_message m = next(&f, hook);
		done(&f, &m, 200);
	}
	assert_true(next(&f, hook).feed_us > third.feed_us);
	fix_close(&f);
}

/* One delivery again, and another while that is under way: both are made. */
static void
asked_twice(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	fix_send(&f, "r-1", "a.example", 1);
	fix_send(&f, "r-2", "b.example", 1);
	const char *hook = hook_add(&f);
	struct webhook_message first = next(&f, hook);
	done(&f, &first, 200);
	struct webhook_message second = next(&f, hook);
	done(&f, &second, 200);
	struct webhook_message third = next(&f, hook);
	replay(&f, hook, "delivery", 1);
	/* A message that was under way does not stand for the one that was asked for. */
	done(&f, &third, 200);
	struct webhook_message again = next(&f, hook);
	assert_true(again.again);
	assert_int_equal(again.feed_us, first.feed_us);
	replay(&f, hook, "delivery", 2);
	done(&f, &again, 200);
	again = next(&f, hook);
	assert_true(again.again);
	assert_int_equal(again.feed_us, second.feed_us);
	done(&f, &again, 200);
	struct webhook_message on = next(&f, hook);
	assert_false(on.again);
	assert_true(on.feed_us > third.feed_us);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rewound_meanwhile),
		cmocka_unit_test(asked_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
