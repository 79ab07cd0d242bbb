/*
 * The whole life of a case, one row for each way on.
 *
 * The two logs are written apart, so acts cross: each side may act on a state that the
 * other has just left.  Every such crossing has its row here, marked CROSSING: the fold
 * takes it, but nobody starts it knowingly (casefile_may()).  What has no row is voided:
 * kept and shown, without effect.
 */
#include <assert.h>
#include <string.h>

#include "core/casefile.h"

enum {
	BY_AUTHORITY = 1 << PARTY_AUTHORITY,
	BY_PLATFORM = 1 << PARTY_PLATFORM,
	BY_BOTH = BY_AUTHORITY | BY_PLATFORM,
};

enum how { STARTED, CROSSING };

static const struct transition {
	enum case_state from;
	enum case_act act;
	unsigned by; /* parties allowed, BY_* mask */
	enum case_state to;
	enum how how;
} transitions[] = {
	/* Receipts of the parts of a batch come before its manifest. */
	{CASE_NONE, ACT_SEND, BY_AUTHORITY, CASE_SENT, STARTED},
	{CASE_NONE, ACT_RECEIPT, BY_BOTH, CASE_NONE, STARTED},

	/* No clock runs yet.  An answer may cross the adoption of the receipt: the
	 * platform has what it answers, whatever the authority has logged so far. */
	{CASE_SENT, ACT_RECEIPT, BY_AUTHORITY, CASE_RECEIVED, STARTED},
	{CASE_SENT, ACT_RECEIPT, BY_PLATFORM, CASE_SENT, STARTED},
	{CASE_SENT, ACT_ACCEPT, BY_PLATFORM, CASE_ACCEPTED, STARTED},
	{CASE_SENT, ACT_REFUSE, BY_PLATFORM, CASE_REFUSED, STARTED},
	{CASE_SENT, ACT_DECIDE, BY_PLATFORM, CASE_ACCEPTED, STARTED},
	{CASE_SENT, ACT_POST, BY_BOTH, CASE_SENT, STARTED},
	{CASE_SENT, ACT_READ, BY_BOTH, CASE_SENT, STARTED},
	{CASE_SENT, ACT_ASK, BY_PLATFORM, CASE_SENT, STARTED},
	{CASE_SENT, ACT_ANSWER, BY_AUTHORITY, CASE_SENT, STARTED},
	{CASE_SENT, ACT_TRANSFER, BY_AUTHORITY, CASE_SENT, STARTED},
	{CASE_SENT, ACT_DISPUTE, BY_BOTH, CASE_SENT, STARTED},
	{CASE_SENT, ACT_REPLY, BY_BOTH, CASE_SENT, STARTED},
	{CASE_SENT, ACT_RULE, BY_BOTH, CASE_SENT, STARTED},
	{CASE_SENT, ACT_CLOSE, BY_AUTHORITY, CASE_CLOSED, STARTED}, /* withdrawn */
	{CASE_SENT, ACT_REOPEN, BY_BOTH, CASE_SENT, CROSSING},

	/* The clock runs.  Who decides has accepted. */
	{CASE_RECEIVED, ACT_RECEIPT, BY_BOTH, CASE_RECEIVED, STARTED},
	{CASE_RECEIVED, ACT_ACCEPT, BY_PLATFORM, CASE_ACCEPTED, STARTED},
	{CASE_RECEIVED, ACT_REFUSE, BY_PLATFORM, CASE_REFUSED, STARTED},
	{CASE_RECEIVED, ACT_DECIDE, BY_PLATFORM, CASE_ACCEPTED, STARTED},
	{CASE_RECEIVED, ACT_REMIND, BY_AUTHORITY, CASE_RECEIVED, STARTED},
	{CASE_RECEIVED, ACT_WARN, BY_AUTHORITY, CASE_RECEIVED, STARTED},
	{CASE_RECEIVED, ACT_POST, BY_BOTH, CASE_RECEIVED, STARTED},
	{CASE_RECEIVED, ACT_READ, BY_BOTH, CASE_RECEIVED, STARTED},
	{CASE_RECEIVED, ACT_ASK, BY_PLATFORM, CASE_RECEIVED, STARTED},
	{CASE_RECEIVED, ACT_ANSWER, BY_AUTHORITY, CASE_RECEIVED, STARTED},
	{CASE_RECEIVED, ACT_TRANSFER, BY_AUTHORITY, CASE_RECEIVED, STARTED},
	{CASE_RECEIVED, ACT_DISPUTE, BY_BOTH, CASE_RECEIVED, STARTED},
	{CASE_RECEIVED, ACT_REPLY, BY_BOTH, CASE_RECEIVED, STARTED},
	{CASE_RECEIVED, ACT_RULE, BY_BOTH, CASE_RECEIVED, STARTED},
	{CASE_RECEIVED, ACT_CLOSE, BY_AUTHORITY, CASE_CLOSED, STARTED}, /* withdrawn */
	{CASE_RECEIVED, ACT_REOPEN, BY_BOTH, CASE_RECEIVED, CROSSING},

	/* A person has it.  A platform that closes with items open stops its clocks only
	 * until the authority reopens: they run from the one receipt (protocol 4). */
	{CASE_ACCEPTED, ACT_RECEIPT, BY_BOTH, CASE_ACCEPTED, STARTED},
	{CASE_ACCEPTED, ACT_DECIDE, BY_PLATFORM, CASE_ACCEPTED, STARTED},
	{CASE_ACCEPTED, ACT_REMIND, BY_AUTHORITY, CASE_ACCEPTED, STARTED},
	{CASE_ACCEPTED, ACT_WARN, BY_AUTHORITY, CASE_ACCEPTED, STARTED},
	{CASE_ACCEPTED, ACT_POST, BY_BOTH, CASE_ACCEPTED, STARTED},
	{CASE_ACCEPTED, ACT_READ, BY_BOTH, CASE_ACCEPTED, STARTED},
	{CASE_ACCEPTED, ACT_ASK, BY_PLATFORM, CASE_ACCEPTED, STARTED},
	{CASE_ACCEPTED, ACT_ANSWER, BY_AUTHORITY, CASE_ACCEPTED, STARTED},
	{CASE_ACCEPTED, ACT_TRANSFER, BY_AUTHORITY, CASE_ACCEPTED, STARTED},
	{CASE_ACCEPTED, ACT_REVERSE, BY_PLATFORM, CASE_ACCEPTED, STARTED},
	{CASE_ACCEPTED, ACT_DISPUTE, BY_BOTH, CASE_ACCEPTED, STARTED},
	{CASE_ACCEPTED, ACT_REPLY, BY_BOTH, CASE_ACCEPTED, STARTED},
	{CASE_ACCEPTED, ACT_RULE, BY_BOTH, CASE_ACCEPTED, STARTED},
	{CASE_ACCEPTED, ACT_CLOSE, BY_BOTH, CASE_CLOSED, STARTED},
	{CASE_ACCEPTED, ACT_REOPEN, BY_BOTH, CASE_ACCEPTED, CROSSING},

	/* An answer too.  The platform may think better of it. */
	{CASE_REFUSED, ACT_RECEIPT, BY_BOTH, CASE_REFUSED, STARTED},
	{CASE_REFUSED, ACT_ACCEPT, BY_PLATFORM, CASE_ACCEPTED, STARTED},
	{CASE_REFUSED, ACT_DECIDE, BY_PLATFORM, CASE_ACCEPTED, STARTED},
	{CASE_REFUSED, ACT_REMIND, BY_AUTHORITY, CASE_REFUSED, CROSSING},
	{CASE_REFUSED, ACT_WARN, BY_AUTHORITY, CASE_REFUSED, CROSSING},
	{CASE_REFUSED, ACT_POST, BY_BOTH, CASE_REFUSED, STARTED},
	{CASE_REFUSED, ACT_READ, BY_BOTH, CASE_REFUSED, STARTED},
	{CASE_REFUSED, ACT_ANSWER, BY_AUTHORITY, CASE_REFUSED, CROSSING},
	{CASE_REFUSED, ACT_TRANSFER, BY_AUTHORITY, CASE_REFUSED, CROSSING},
	{CASE_REFUSED, ACT_DISPUTE, BY_BOTH, CASE_REFUSED, STARTED},
	{CASE_REFUSED, ACT_REPLY, BY_BOTH, CASE_REFUSED, STARTED},
	{CASE_REFUSED, ACT_RULE, BY_BOTH, CASE_REFUSED, STARTED},
	{CASE_REFUSED, ACT_CLOSE, BY_BOTH, CASE_CLOSED, STARTED},
	{CASE_REFUSED, ACT_REOPEN, BY_BOTH, CASE_REFUSED, CROSSING},

	/* A decision that crosses the close stands, and the case is open again. */
	{CASE_CLOSED, ACT_RECEIPT, BY_BOTH, CASE_CLOSED, STARTED},
	{CASE_CLOSED, ACT_ACCEPT, BY_PLATFORM, CASE_CLOSED, CROSSING},
	{CASE_CLOSED, ACT_REFUSE, BY_PLATFORM, CASE_CLOSED, CROSSING},
	{CASE_CLOSED, ACT_DECIDE, BY_PLATFORM, CASE_ACCEPTED, CROSSING},
	{CASE_CLOSED, ACT_REMIND, BY_AUTHORITY, CASE_CLOSED, CROSSING},
	{CASE_CLOSED, ACT_WARN, BY_AUTHORITY, CASE_CLOSED, CROSSING},
	{CASE_CLOSED, ACT_POST, BY_BOTH, CASE_CLOSED, STARTED},
	{CASE_CLOSED, ACT_READ, BY_BOTH, CASE_CLOSED, STARTED},
	{CASE_CLOSED, ACT_ASK, BY_PLATFORM, CASE_CLOSED, CROSSING},
	{CASE_CLOSED, ACT_ANSWER, BY_AUTHORITY, CASE_CLOSED, CROSSING},
	{CASE_CLOSED, ACT_TRANSFER, BY_AUTHORITY, CASE_CLOSED, CROSSING},
	/* A reversal is for the other side to see: the case is open again. */
	{CASE_CLOSED, ACT_REVERSE, BY_PLATFORM, CASE_ACCEPTED, STARTED},
	{CASE_CLOSED, ACT_DISPUTE, BY_BOTH, CASE_CLOSED, STARTED},
	{CASE_CLOSED, ACT_REPLY, BY_BOTH, CASE_CLOSED, STARTED},
	{CASE_CLOSED, ACT_RULE, BY_BOTH, CASE_CLOSED, STARTED},
	{CASE_CLOSED, ACT_CLOSE, BY_BOTH, CASE_CLOSED, CROSSING},
	{CASE_CLOSED, ACT_REOPEN, BY_BOTH, CASE_ACCEPTED, STARTED},
};

static const char *const state_tokens[CASE_STATE_COUNT] = {
#define X(name, token) [CASE_##name] = token,
	CASE_STATE_TABLE(X)
#undef X
};

static const char *const act_types[ACT_COUNT] = {
#define X(name, token) [ACT_##name] = token,
	CASE_ACT_TABLE(X)
#undef X
};

const char *
case_state_token(enum case_state s)
{
	assert((unsigned)s < CASE_STATE_COUNT);
	return state_tokens[s];
}

const char *
case_act_type(enum case_act a)
{
	assert((unsigned)a < ACT_COUNT);
	return act_types[a];
}

enum case_act
case_act_of(const char *type)
{
	for (int a = 0; a < ACT_COUNT; a++)
		if (strcmp(type, act_types[a]) == 0)
			return (enum case_act)a;
	return ACT_COUNT;
}

static const struct transition *
transition_find(enum case_state from, enum case_act act, enum party by)
{
	for (size_t i = 0; i < sizeof(transitions) / sizeof(transitions[0]); i++) {
		const struct transition *t = &transitions[i];

		if (t->from == from && t->act == act && (t->by & (1u << by)) != 0)
			return t;
	}
	return NULL;
}

enum rc
casefile_next(enum case_state from, enum case_act act, enum party by,
	      enum case_state *ret)
{
	const struct transition *t = transition_find(from, act, by);

	*ret = t != NULL ? t->to : from;
	return t != NULL ? RC_OK : RC_CONFLICT;
}

bool
casefile_may(enum case_state from, enum case_act act, enum party by)
{
	const struct transition *t = transition_find(from, act, by);

	return t != NULL && t->how == STARTED;
}
