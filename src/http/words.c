/*
 * Tokens of the service as words.  A token that has no row here, as a policy's own
 * category, is shown as it is.
 */
#include <string.h>

#include "base/clock.h"
#include "http/page.h"

#define DUE_SOON_US (4 * 3600 * CLOCK_US_PER_S)

struct word {
	const char *token;
	enum text_key key;
};

static const char *
word_find(struct page *p, const struct word *words, size_t n, const char *token)
{
	for (size_t i = 0; token != NULL && i < n; i++)
		if (strcmp(words[i].token, token) == 0)
			return lang_text(p->lang, words[i].key);
	return token;
}
#define FIND(p, words, token)                                                            \
	word_find((p), (words), sizeof(words) / sizeof((words)[0]), (token))

const char *
word_party(struct page *p, const char *party)
{
	static const struct word words[] = {
		{"authority", TEXT_PARTY_AUTHORITY},
		{"platform", TEXT_PARTY_PLATFORM},
	};

	return FIND(p, words, party);
}

const char *
word_event(struct page *p, const char *type)
{
	static const struct word words[] = {
		{"notice.send", TEXT_EVENT_NOTICE_SEND},
		{"receipt.adopt", TEXT_EVENT_RECEIPT_ADOPT},
		{"case.accept", TEXT_EVENT_CASE_ACCEPT},
		{"case.refuse", TEXT_EVENT_CASE_REFUSE},
		{"item.decide", TEXT_EVENT_ITEM_DECIDE},
		{"message.post", TEXT_EVENT_MESSAGE_POST},
		{"message.read", TEXT_EVENT_MESSAGE_READ},
		{"case.remind", TEXT_EVENT_CASE_REMIND},
		{"case.warn", TEXT_EVENT_CASE_WARN},
		{"case.close", TEXT_EVENT_CASE_CLOSE},
		{"case.reopen", TEXT_EVENT_CASE_REOPEN},
		{"event.refuse", TEXT_EVENT_EVENT_REFUSE},
	};

	return FIND(p, words, type);
}

/* A decision is an answer, not a good one: only what is gone has the tick. */
void
outcome_chip(struct page *p, const char *outcome)
{
	static const struct {
		const char *token;
		enum look look;
		enum text_key key;
	} rows[] = {
		{"removed", LOOK_DONE, TEXT_OUTCOME_REMOVED},
		{"restricted", LOOK_DONE, TEXT_OUTCOME_RESTRICTED},
		{"account_suspended", LOOK_DONE, TEXT_OUTCOME_ACCOUNT_SUSPENDED},
		{"already_removed", LOOK_DONE, TEXT_OUTCOME_ALREADY_REMOVED},
		{"kept", LOOK_REFUSED, TEXT_OUTCOME_KEPT},
		{"not_found", LOOK_UNKNOWN, TEXT_OUTCOME_NOT_FOUND},
		{"impossible", LOOK_UNKNOWN, TEXT_OUTCOME_IMPOSSIBLE},
	};

	if (outcome == NULL) {
		part_chip(p, LOOK_WAITING, T(p, ITEM_OPEN));
		return;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].token, outcome) == 0) {
			part_chip(p, rows[i].look, lang_text(p->lang, rows[i].key));
			return;
		}
	part_chip(p, LOOK_UNKNOWN, outcome);
}

const char *
word_ground(struct page *p, const char *ground)
{
	static const struct word words[] = {
		{"force_majeure", TEXT_GROUND_FORCE_MAJEURE},
		{"manifest_error", TEXT_GROUND_MANIFEST_ERROR},
		{"insufficient_information", TEXT_GROUND_INSUFFICIENT_INFORMATION},
	};

	return FIND(p, words, ground);
}

const char *
word_category(struct page *p, const char *category)
{
	static const struct word words[] = {
		{"terrorism", TEXT_CATEGORY_TERRORISM},
		{"violent_extremism", TEXT_CATEGORY_VIOLENT_EXTREMISM},
		{"incitement", TEXT_CATEGORY_INCITEMENT},
		{"child_abuse", TEXT_CATEGORY_CHILD_ABUSE},
		{"violence", TEXT_CATEGORY_VIOLENCE},
		{"hate", TEXT_CATEGORY_HATE},
		{"fraud", TEXT_CATEGORY_FRAUD},
		{"gambling", TEXT_CATEGORY_GAMBLING},
		{"illegal_goods", TEXT_CATEGORY_ILLEGAL_GOODS},
		{"privacy", TEXT_CATEGORY_PRIVACY},
		{"public_disorder", TEXT_CATEGORY_PUBLIC_DISORDER},
		{"other", TEXT_CATEGORY_OTHER},
	};

	return FIND(p, words, category);
}

const char *
word_class(struct page *p, const char *class)
{
	static const struct word words[] = {
		{"normal", TEXT_CLASS_NORMAL},
		{"urgent", TEXT_CLASS_URGENT},
	};

	return FIND(p, words, class);
}

const char *
word_guard(struct page *p, const char *guard)
{
	static const struct word words[] = {
		{"public_suffix", TEXT_GUARD_PUBLIC_SUFFIX},
		{"private_suffix", TEXT_GUARD_PRIVATE_SUFFIX},
		{"protected", TEXT_GUARD_PROTECTED},
		{"protected_below", TEXT_GUARD_PROTECTED_BELOW},
		{"whole_service", TEXT_GUARD_WHOLE_SERVICE},
		{"no_items", TEXT_GUARD_NO_ITEMS},
		{"wildcard", TEXT_GUARD_WILDCARD},
		{"own_name", TEXT_GUARD_OWN_NAME},
		{"address", TEXT_GUARD_ADDRESS},
		{"lookalike", TEXT_GUARD_LOOKALIKE},
		{"grounds", TEXT_GUARD_GROUNDS},
		{"test", TEXT_GUARD_TEST},
		{"emergency", TEXT_GUARD_EMERGENCY},
		{"emergency_again", TEXT_GUARD_EMERGENCY_AGAIN},
		{"channel_test", TEXT_GUARD_CHANNEL_TEST},
		{"contact_called", TEXT_GUARD_CONTACT_CALLED},
		{"delta", TEXT_GUARD_DELTA},
		{"feed", TEXT_GUARD_FEED},
		{"owner", TEXT_GUARD_OWNER},
	};

	return FIND(p, words, guard);
}

const char *
word_act(struct page *p, const char *act)
{
	static const struct word words[] = {
		{"override", TEXT_ACT_OVERRIDE}, {"approve", TEXT_ACT_APPROVE},
		{"lift", TEXT_ACT_LIFT},	 {"expire", TEXT_ACT_EXPIRE},
		{"return", TEXT_ACT_RETURN},	 {"withdraw", TEXT_ACT_WITHDRAW},
		{"owner", TEXT_ACT_OWNER},	 {"review", TEXT_ACT_REVIEW},
		{"plan", TEXT_ACT_PLAN},
	};

	return FIND(p, words, act);
}

const char *
word_action(struct page *p, const char *action)
{
	static const struct word words[] = {
		{"nxdomain", TEXT_ACTION_NXDOMAIN},
		{"nodata", TEXT_ACTION_NODATA},
		{"passthru", TEXT_ACTION_PASSTHRU},
		{"landing", TEXT_ACTION_LANDING},
	};

	return FIND(p, words, action);
}

const char *
word_ruling(struct page *p, const char *ruling)
{
	static const struct word words[] = {
		{"upheld", TEXT_RULING_UPHELD},
		{"partly", TEXT_RULING_PARTLY},
		{"rejected", TEXT_RULING_REJECTED},
	};

	return ruling == NULL ? NULL : FIND(p, words, ruling);
}

const char *
word_rung(struct page *p, const json_t *rung)
{
	const char *step = j_text(rung, "step");

	if (step != NULL && strcmp(step, "warn") == 0)
		return FILL(p, RUNG_WARN, NUMBER(p, j_int(rung, "level")));
	return T(p, RUNG_REMIND);
}

/* ---- states ------------------------------------------------------------------------ */

/* "sent" differs by side: without a receipt the authority knows nothing of its arrival,
 * while the platform has it in its hands. */
static bool
waits_for_receipt(struct page *p, const char *state)
{
	return strcmp(state, "sent") == 0 &&
	       node_identity(p->nd)->role == PARTY_AUTHORITY;
}

static const struct {
	const char *token;
	enum look look;
	enum text_key key;
} case_states[] = {
	{"none", LOOK_UNKNOWN, TEXT_STATE_NONE},
	{"sent", LOOK_SENT, TEXT_STATE_SENT},
	{"received", LOOK_WAITING, TEXT_STATE_RECEIVED},
	{"accepted", LOOK_RUNNING, TEXT_STATE_ACCEPTED},
	{"refused", LOOK_REFUSED, TEXT_STATE_REFUSED},
	{"closed", LOOK_DONE, TEXT_STATE_CLOSED},
};

const char *
case_state_word(struct page *p, const char *state)
{
	if (waits_for_receipt(p, state))
		return T(p, STATE_UNDELIVERED);
	for (size_t i = 0; i < sizeof(case_states) / sizeof(case_states[0]); i++)
		if (strcmp(case_states[i].token, state) == 0)
			return lang_text(p->lang, case_states[i].key);
	return state;
}

void
case_chips(struct page *p, const json_t *c)
{
	const char *state = j_text(c, "state");
	const int64_t due_us = j_time(c, "due");
	enum look look = LOOK_UNKNOWN;

	for (size_t i = 0; i < sizeof(case_states) / sizeof(case_states[0]); i++)
		if (strcmp(case_states[i].token, state) == 0)
			look = case_states[i].look;
	part_chip(p, waits_for_receipt(p, state) ? LOOK_BAD : look,
		  case_state_word(p, state));
	if (j_bool(c, "overdue")) {
		html_text(p->h, " ");
		part_chip(p, LOOK_BAD, T(p, OVERDUE));
	} else if (due_us != 0 && due_us - p->now_us < DUE_SOON_US) {
		html_text(p->h, " ");
		part_chip(p, LOOK_SOON, T(p, DUE_SOON));
	}
}

void
order_chip(struct page *p, const char *state)
{
	static const struct {
		const char *token;
		enum look look;
		enum text_key key;
	} rows[] = {
		{"draft", LOOK_WAITING, TEXT_ORDER_DRAFT},
		{"returned", LOOK_REFUSED, TEXT_ORDER_RETURNED},
		{"withdrawn", LOOK_DONE, TEXT_ORDER_WITHDRAWN},
		{"in_force", LOOK_BLOCKED, TEXT_ORDER_IN_FORCE},
		{"lifted", LOOK_DONE, TEXT_ORDER_LIFTED},
		{"expired", LOOK_DONE, TEXT_ORDER_EXPIRED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].token, state) == 0) {
			part_chip(p, rows[i].look, lang_text(p->lang, rows[i].key));
			return;
		}
	part_chip(p, LOOK_UNKNOWN, state);
}
