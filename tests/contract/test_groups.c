/*
 * Jobs of the writer that share a commit: one that fails takes nothing of the others with
 * it and leaves nothing behind.
 */
#include "node_fixture.h"

#include <semaphore.h>
#include <string.h>

#include "service/node_int.h"

#define AUTHORITY PARTY_AUTHORITY

enum { JOBS = 5 };

struct said {
	const char *casefile;
	bool fails; /* after it has written */
	uint64_t seq;
	enum rc rc;
	sem_t *ended;
};

struct gate {
	sem_t entered, open, ended;
};

static enum rc
work_wait(struct writer *w, void *arg, struct err *e)
{
	struct gate *g = arg;

	(void)w;
	(void)e;
	sem_post(&g->entered);
	sem_wait(&g->open);
	return RC_OK;
}

static void
after_wait(struct node *nd, void *arg, enum rc rc, const struct err *e)
{
	(void)nd;
	(void)arg;
	(void)rc;
	(void)e;
}

static enum rc
work_say(struct writer *w, void *arg, struct err *e)
{
	struct said *s = arg;
	const struct view_disclosed text = {"text", json_string("a word")};
	enum rc rc = append_event(w,
				  &(struct append){
					  .channel = FIX_PEER,
					  .type = "message.post",
					  .casefile = s->casefile,
					  .by = "p-1",
					  .disclosures = &text,
					  .n_disclosures = 1,
				  },
				  &s->seq, e);

	return rc == RC_OK && s->fails ? err_set(e, RC_INVALID, "not this one") : rc;
}

static void
after_say(struct node *nd, void *arg, enum rc rc, const struct err *e)
{
	struct said *s = arg;

	(void)nd;
	(void)e;
	s->rc = rc;
	sem_post(s->ended);
}

/* All in one group: the writer is held up until they wait. */
static void
say_together(struct fix *f, const char *casefile, const bool fails[JOBS],
	     struct said ret[JOBS])
{
	struct node *nd = f->n[AUTHORITY].nd;
	struct gate g;

	sem_init(&g.entered, 0, 0);
	sem_init(&g.open, 0, 0);
	sem_init(&g.ended, 0, 0);
	writer_post(nd, work_wait, &g, after_wait);
	sem_wait(&g.entered);
	for (int i = 0; i < JOBS; i++) {
		ret[i] = (struct said){
			.casefile = casefile, .fails = fails[i], .ended = &g.ended};
		writer_post(nd, work_say, &ret[i], after_say);
	}
	sem_post(&g.open);
	for (int i = 0; i < JOBS; i++)
		sem_wait(&g.ended);
	sem_destroy(&g.ended);
	sem_destroy(&g.open);
	sem_destroy(&g.entered);
}

static void
group_holds(struct fix *f, const char *casefile, const bool fails[JOBS])
{
	struct said s[JOBS];
	int64_t before = fix_events(f, AUTHORITY, AUTHORITY, "message.post");
	uint64_t next = 0;
	int64_t good = 0;

	say_together(f, casefile, fails, s);
	for (int i = 0; i < JOBS; i++) {
		assert_int_equal(s[i].rc, fails[i] ? RC_INVALID : RC_OK);
		if (fails[i])
			continue;
		assert_true(good == 0 || s[i].seq == next);
		next = s[i].seq + 1;
		good++;
	}
	assert_int_equal(fix_events(f, AUTHORITY, AUTHORITY, "message.post"),
			 before + good);
	fix_settle(f);
	assert_int_equal(fix_events(f, PARTY_PLATFORM, AUTHORITY, "message.post"),
			 before + good);
	fix_same_case(f, casefile);
	fix_rebuilt_equal(f, AUTHORITY);
}

static void
what_fails_leaves_nothing(void **state)
{
	static const bool groups[][JOBS] = {
		{false, false, false, false, false}, {false, true, false, false, true},
		{true, false, false, true, false},   {false, false, false, false, false},
		{true, true, true, true, true},	     {false, false, false, false, false},
	};
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "G-1", "t.example", 1);
	fix_settle(&f);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		group_holds(&f, c, groups[i]);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fails_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
