/*
 * Every state, act and party: the services allow what the table of transitions lets a
 * party start, and nothing else.  On two nodes, with all that an act needs beside the
 * state at hand, so that only the state can be in the way.
 */
#include "node_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "core/casefile.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

enum need { NOTHING, ALL_DECIDED, ONE_DECIDED, QUESTION, DISPUTE };

/* An act as its route takes it.  No row: RECEIPT and SEND are no person's act on a case,
 * READ appends nothing where nothing is unread, and WARN needs the reminder's receipt
 * (the ladder's own tests have it). */
static const struct {
	enum case_act act;
	const char *path, *in;
	enum need need;
} acts[] = {
	{ACT_ACCEPT, "accept", "{}", NOTHING},
	{ACT_REFUSE, "refuse", "{\"reason\":\"r\"}", NOTHING},
	{ACT_DECIDE, "decide", "{\"items\":[1],\"outcome\":\"removed\"}", NOTHING},
	{ACT_REVERSE, "reverse", "{\"items\":[0],\"outcome\":\"kept\",\"reason\":\"r\"}",
	 ONE_DECIDED},
	{ACT_POST, "say", "{\"text\":\"t\"}", NOTHING},
	{ACT_REMIND, "remind", "{}", NOTHING},
	{ACT_CLOSE, "close", NULL, ALL_DECIDED},
	{ACT_REOPEN, "reopen", "{}", NOTHING},
	{ACT_ASK, "clarify", "{\"text\":\"t\"}", NOTHING},
	{ACT_ANSWER, "answer", "{\"text\":\"t\"}", QUESTION},
	{ACT_TRANSFER, "transfer", "{\"class\":\"urgent\",\"reason\":\"r\"}", NOTHING},
	{ACT_DISPUTE, "dispute", "{\"text\":\"t\"}", NOTHING},
	{ACT_REPLY, "answer", "{\"text\":\"t\"}", DISPUTE},
	{ACT_RULE, "rule", "{\"ruling\":\"upheld\",\"reason\":\"r\"}", DISPUTE},
};

struct made {
	const char *casefile, *dispute;
};

static json_t *
decision(const char *items)
{
	return json_pack("{s:s, s:s}", "items", items, "outcome", "removed");
}

/* Both sides know all that the other wrote, but for the receipt where it is just sent. */
static void
meet(struct fix *f, enum case_state state)
{
	if (state != CASE_SENT) {
		fix_settle(f);
		return;
	}
	fix_carry(f, AUTHORITY, CUT_ENTRIES);
	fix_carry(f, PLATFORM, CUT_NOTHING);
}

static struct made
make(struct fix *f, unsigned n, enum case_state state, enum need need, enum party p)
{
	struct made m = {fix_send(f, arena_printf(f->a, "T-%u", n), "t.example", 2),
			 NULL};

	meet(f, state);
	if (need == QUESTION)
		fix_act(f, PLATFORM, m.casefile, "clarify",
			json_pack("{s:s}", "text", "q"));
	if (need == DISPUTE)
		m.dispute = fix_text(fix_act(f, p == AUTHORITY ? PLATFORM : AUTHORITY,
					     m.casefile, "dispute",
					     json_pack("{s:s}", "text", "d")),
				     "dispute");
	if (state == CASE_ACCEPTED || state == CASE_CLOSED)
		fix_act(f, PLATFORM, m.casefile, "accept", NULL);
	if (state == CASE_REFUSED)
		fix_act(f, PLATFORM, m.casefile, "refuse",
			json_pack("{s:s}", "reason", "r"));
	bool accepted = state == CASE_ACCEPTED || state == CASE_CLOSED;
	if (accepted && need == ALL_DECIDED)
		fix_act(f, PLATFORM, m.casefile, "decide", decision("0-1"));
	if (accepted && need == ONE_DECIDED)
		fix_act(f, PLATFORM, m.casefile, "decide", decision("0"));
	meet(f, state);
	if (state == CASE_CLOSED)
		fix_act(f, AUTHORITY, m.casefile, "close",
			json_pack("{s:b, s:s}", "withdraw", 1, "reason", "r"));
	meet(f, state);
	assert_string_equal(fix_text(fix_case(f, p, m.casefile), "state"),
			    case_state_token(state));
	return m;
}

/* A notice is withdrawn by the authority; a platform closes what is decided. */
static json_t *
input(size_t act, enum party p, enum case_state state)
{
	if (acts[act].in != NULL)
		return json_loads(acts[act].in, 0, NULL);
	return p == AUTHORITY && (state == CASE_SENT || state == CASE_RECEIVED)
		       ? json_pack("{s:b, s:s}", "withdraw", 1, "reason", "r")
		       : json_object();
}

static void
each(struct fix *f, unsigned n, enum case_state state, size_t act, enum party p)
{
	struct made m = make(f, n, state, acts[act].need, p);
	const char *path = m.dispute != NULL ? arena_printf(f->a, "/v1/disputes/%s/%s",
							    m.dispute, acts[act].path)
					     : arena_printf(f->a, "/v1/cases/%s/%s",
							    m.casefile, acts[act].path);
	bool lead = acts[act].act == ACT_RULE;
	const char *who = p == AUTHORITY || lead ? f->n[p].officer : f->n[p].agent;
	bool may = casefile_may(state, acts[act].act, p);
	struct err e = ERR_INIT;
	enum rc rc;

	if (acts[act].act == ACT_REMIND)
		fix_clock_add(120 * FIX_S);
	rc = fix_call(f, p, who, "POST", path, input(act, p, state), NULL, &e);
	if (may != (rc == RC_OK))
		fail_msg(
			"%s by the %s in a case that is %s: %s (%s), and the table %s it",
			acts[act].path, party_name(p), case_state_token(state),
			rc_token(rc), e.text, may ? "allows" : "does not allow");
	if (rc != RC_OK && rc != RC_CONFLICT && rc != RC_DENIED)
		fail_msg("%s by the %s: %s (%s)", acts[act].path, party_name(p),
			 rc_token(rc), e.text);
	fix_settle(f);
	fix_same_case(f, m.casefile);
}

static void
all(void **state)
{
	static const enum case_state states[] = {CASE_SENT, CASE_RECEIVED, CASE_ACCEPTED,
						 CASE_REFUSED, CASE_CLOSED};
	struct fix f;
	unsigned n = 0;

	(void)state;
	fix_open(&f);
	for (size_t s = 0; s < sizeof(states) / sizeof(states[0]); s++)
		for (size_t act = 0; act < sizeof(acts) / sizeof(acts[0]); act++)
			for (int p = 0; p < PARTY_COUNT; p++)
				each(&f, n++, states[s], act, (enum party)p);
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM v_event WHERE void IS NOT NULL"),
			 0);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
