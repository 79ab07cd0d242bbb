/*
 * Disclosures that a peer brings before their event: what waits, what is kept, what comes
 * again.
 */
#include "foe.h"

#include <string.h>
#include <sys/resource.h>

#include "base/enc.h"

#define NODE   PARTY_PLATFORM
#define CASE_1 "01980000-0000-7000-8000-000000000001"

static void
assert_refused(enum rc rc, const struct err *e, enum rc want, const char *what)
{
	if (rc != want)
		fail_msg("%s: %s, \"%s\" where %s is due", what, rc_token(rc), e->text,
			 rc_token(want));
}

/* What waits for its event is in no row yet; it is the event's with it, or comes again.
 */
static void
disclosures_wait(void **state)
{
	static const char count[] = "SELECT count(*) FROM log_disclosure";
	struct fix f;
	struct foe x;
	struct exchange_answer answer;
	struct err e = ERR_INIT;

	(void)state;
	fix_open(&f);
	foe_open(&x, &f, 1);
	int64_t before = fix_query(&f, NODE, count);
	foe_notice(&x, CASE_1, 3);
	const char *texts = arena_strdup(f.a, buf_str(&x.texts));
	fix_ok(foe_send_disclosures(&x, &e), &e, "disclosures");
	assert_int_equal(fix_query(&f, NODE, count), before);
	struct mirror_checkpoint cp = foe_checkpoint(&x);
	fix_ok(foe_send_checkpoint(&x, &cp, &e), &e, "checkpoint");
	/* An upload that is refused takes them with it. */
	struct mirror_entries req = foe_entries(&x);
	uint64_t end = req.end++;
	assert_refused(foe_send_entries(&x, &req, &answer, &e), &e, RC_CONFLICT,
		       "another end");
	req.end = end;
	assert_refused(foe_send_entries(&x, &req, &answer, &e), &e, RC_UNPROCESSABLE,
		       "nothing came");
	assert_non_null(strstr(e.text, "did not come before it"));
	/* With those of events that follow: these are kept for them. */
	foe_append(&x, &(struct foe_event){.type = "message.post",
					   .casefile = CASE_1,
					   .texts = {{"text", "\"later\""}}});
	fix_ok(foe_send_disclosures(&x, &e), &e, "disclosures of what follows");
	fix_ok(exchange_add_disclosures(f.n[NODE].nd, x.peer, texts, strlen(texts), &e),
	       &e, "again");
	fix_ok(foe_send_entries(&x, &req, &answer, &e), &e, "entries");
	assert_int_equal(fix_query(&f, NODE, "SELECT sum(named) FROM log_disclosure") + 1,
			 fix_query(&f, NODE, count));
	fix_ok(foe_send(&x, &e), &e, "what follows, its text being here");
	assert_int_equal(fix_query(&f, NODE, "SELECT sum(named) FROM log_disclosure"),
			 fix_query(&f, NODE, count));
	fix_close(&f);
	foe_close(&x);
}

/* More than wait in memory is stored at once. */
static void
disclosures_beyond_memory(void **state)
{
	enum { LINES = 1000, BODIES = 12 };
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;

	(void)state;
	fix_open(&f);
	foe_open(&x, &f, 1);
	for (int i = 0; i < BODIES; i++) {
		struct buf b = BUF_INIT(EXCHANGE_DISCLOSURES_MAX);
		for (int k = 0; k < LINES; k++) {
			json_t *value =
				json_string(arena_printf(f.a, "%0600d", i * LINES + k));
			const char *text;
			struct hash h;
			fix_ok(event_disclosure_make(f.a, "text", value, &text, &h, &e),
			       &e, "make");
			json_decref(value);
			buf_puts(&b, text);
			buf_putc(&b, '\n');
		}
		fix_ok(exchange_add_disclosures(f.n[NODE].nd, x.peer, buf_str(&b), b.len,
						&e),
		       &e, "a body");
		buf_free(&b);
	}
	int64_t stored = fix_query(&f, NODE,
				   "SELECT count(*) FROM log_disclosure WHERE named = 0");
	assert_true(stored > 0 && stored < LINES * BODIES && stored % LINES == 0);
	fix_close(&f);
	foe_close(&x);
}

static void
body_refused(struct foe *x, struct node *nd, struct buf *b, const char *why)
{
	struct err e = ERR_INIT;

	assert_true(buf_ok(b));
	assert_refused(exchange_add_disclosures(nd, x->peer, buf_str(b), b->len, &e), &e,
		       RC_UNPROCESSABLE, why);
	assert_non_null(strstr(e.text, why));
	buf_free(b);
}

/* A line that is none costs no more than its bytes, however many there are. */
static void
lines_of_nothing(void **state)
{
	enum { BODY = 8 << 20, MEMORY_KIB = 128 << 10 };
	static const char shortest[] = "[\"AAAAAAAAAAAAAAAAAAAAAA\",\"x\",0]";
	struct buf good = BUF_INIT(EXCHANGE_DISCLOSURES_MAX), lf = good, few = good;
	struct rusage before, after;
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;

	(void)state;
	fix_open(&f);
	foe_open(&x, &f, 1);
	struct node *nd = f.n[NODE].nd;
	b64url_put(&good, shortest, strlen(shortest));
	assert_int_equal(good.len, EVENT_DISCLOSURE_MIN);
	fix_ok(exchange_add_disclosures(nd, x.peer, buf_str(&good), good.len, &e), &e,
	       "the shortest");
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	while (lf.len < BODY - good.len)
		buf_putc(&lf, '\n');
	while (few.len < BODY - good.len - 1)
		buf_puts(&few, "A\n");
	body_refused(&x, nd, &lf, "disclosure 1 is shorter than 43 bytes");
	body_refused(&x, nd, &few, "disclosure 1 is shorter than 43 bytes");
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_true(after.ru_maxrss < before.ru_maxrss + MEMORY_KIB);
	buf_putc(&good, '\n');
	buf_putc(&good, '\n');
	body_refused(&x, nd, &good, "disclosure 2 is shorter than 43 bytes");
	fix_close(&f);
	foe_close(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(disclosures_wait),
		cmocka_unit_test(disclosures_beyond_memory),
		cmocka_unit_test(lines_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
