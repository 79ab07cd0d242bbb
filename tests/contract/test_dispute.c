/*
 * Questions and answers, transfers, reversals and disputes, on two nodes.
 */
#include "node_fixture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

static const char *
case_path(struct fix *f, const char *casefile, const char *what)
{
	return arena_printf(f->a, "/v1/cases/%s/%s", casefile, what);
}

static const char *
person_of(struct fix *f, enum party p)
{
	return p == AUTHORITY ? f->n[p].officer : f->n[p].agent;
}

static void
act_refused(struct fix *f, enum party p, const char *casefile, const char *act,
	    json_t *in, enum rc want, const char *why)
{
	fix_refused(f, p, person_of(f, p), "POST", case_path(f, casefile, act), in, want,
		    why);
}

static const char *
received(struct fix *f, size_t n)
{
	const char *c = fix_send(f, "A-1", "t.example", n);

	fix_settle(f);
	return c;
}

static json_t *
text(const char *s)
{
	return json_pack("{s:s}", "text", s);
}

static void
agree(struct fix *f, const char *casefile)
{
	fix_settle(f);
	fix_same_case(f, casefile);
	fix_rebuilt_equal(f, AUTHORITY);
	fix_rebuilt_equal(f, PLATFORM);
}

static json_t *
question(struct fix *f, enum party p, const char *casefile, size_t i)
{
	return json_array_get(json_object_get(fix_case(f, p, casefile), "questions"), i);
}

static void
questions(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = received(&f, 6);
	act_refused(&f, AUTHORITY, c, "answer", text("x"), RC_CONFLICT, "no question");
	act_refused(&f, PLATFORM, c, "clarify",
		    json_pack("{s:s, s:s}", "text", "x", "items", "6"), RC_CONFLICT,
		    "no item 6");
	json_t *r = fix_act(
		&f, PLATFORM, c, "clarify",
		json_pack("{s:s, s:s}", "text", "Which message?", "items", "1,3-4"));
	fix_settle(&f);
	json_t *q = question(&f, AUTHORITY, c, 0);
	assert_int_equal(fix_int(q, "question"), fix_int(r, "seq"));
	assert_string_equal(fix_text(q, "text"), "Which message?");
	assert_int_equal(json_array_size(json_object_get(q, "items")), 3);
	assert_true(json_is_null(json_object_get(q, "answered")));
	/* One that is open needs no number; two do. */
	r = fix_act(&f, PLATFORM, c, "clarify", text("And who?"));
	fix_settle(&f);
	act_refused(&f, AUTHORITY, c, "answer", text("x"), RC_CONFLICT,
		    "2 questions are open");
	fix_act(&f, AUTHORITY, c, "answer",
		json_pack("{s:s, s:I}", "text", "Everybody.", "question",
			  fix_int(r, "seq")));
	act_refused(
		&f, AUTHORITY, c, "answer",
		json_pack("{s:s, s:I}", "text", "Again.", "question", fix_int(r, "seq")),
		RC_CONFLICT, "answered already");
	fix_act(&f, AUTHORITY, c, "answer", text("The pinned one."));
	act_refused(&f, AUTHORITY, c, "answer", text("x"), RC_CONFLICT, "no question");
	fix_settle(&f);
	assert_string_equal(fix_text(question(&f, PLATFORM, c, 0), "answer"),
			    "The pinned one.");
	assert_string_equal(fix_text(question(&f, PLATFORM, c, 1), "answer"),
			    "Everybody.");
	/* Each side has its own part. */
	act_refused(&f, AUTHORITY, c, "clarify", text("x"), RC_DENIED, "agent, lead");
	act_refused(&f, PLATFORM, c, "answer", text("x"), RC_DENIED, "officer");
	agree(&f, c);
	fix_close(&f);
}

/* Alone, in the list, and by the list's filter, which does not find it by another. */
static void
class_is(struct fix *f, enum party p, const char *c, const char *want)
{
	static const char *const classes[] = {"normal", "urgent"};

	assert_string_equal(fix_text(fix_case(f, p, c), "class"), want);
	assert_string_equal(fix_text(fix_case(f, p, c), "class_sent"), "normal");
	for (size_t i = 0; i < 2; i++) {
		json_t *found =
			json_object_get(fix_must(f, p, f->n[p].admin, "GET", "/v1/cases",
						 json_pack("{s:s}", "class", classes[i])),
					"cases");
		if (strcmp(classes[i], want) != 0) {
			assert_int_equal(json_array_size(found), 0);
			continue;
		}
		assert_int_equal(json_array_size(found), 1);
		assert_string_equal(fix_text(json_array_get(found, 0), "class"), want);
	}
}

static void
transfer(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = received(&f, 2);
	act_refused(&f, AUTHORITY, c, "transfer",
		    json_pack("{s:s, s:s}", "class", "soon", "reason", "x"), RC_INVALID,
		    "no class \"soon\"");
	act_refused(&f, AUTHORITY, c, "transfer", json_pack("{s:s}", "class", "urgent"),
		    RC_INVALID, "reason");
	const char *before = fix_text(fix_case(&f, PLATFORM, c), "decide_due");
	fix_act(&f, AUTHORITY, c, "transfer",
		json_pack("{s:s, s:s}", "class", "urgent", "reason", "An attack."));
	/* What was not received does not count. */
	class_is(&f, AUTHORITY, c, "normal");
	fix_settle(&f);
	assert_string_not_equal(before,
				fix_text(fix_case(&f, PLATFORM, c), "decide_due"));
	class_is(&f, AUTHORITY, c, "urgent");
	class_is(&f, PLATFORM, c, "urgent");
	agree(&f, c);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

static void
reversal(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = received(&f, 4);
	fix_act(&f, PLATFORM, c, "decide",
		json_pack("{s:s, s:s, s:s}", "items", "0-2", "outcome", "kept", "reason",
			  "Satire."));
	static const struct {
		const char *items, *reason;
		enum rc rc;
		const char *why;
	} rows[] = {
		{"3", "r", RC_CONFLICT, "item 3"},   {"2-3", "r", RC_CONFLICT, "open"},
		{"0", NULL, RC_INVALID, "reason"},   {"open", "r", RC_INVALID, "items"},
		{NULL, "r", RC_INVALID, "items"},    {"9", "r", RC_CONFLICT, "no item 9"},
		{"0", "{why}", RC_INVALID, "{why}"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		act_refused(&f, PLATFORM, c, "reverse",
			    json_pack("{s:s, s:s*, s:s*}", "outcome", "removed", "items",
				      rows[i].items, "reason", rows[i].reason),
			    rows[i].rc, rows[i].why);
	json_t *r = fix_act(&f, PLATFORM, c, "reverse",
			    json_pack("{s:s, s:s, s:s}", "outcome", "removed", "items",
				      "0-1", "reason", "It was none."));
	assert_string_equal(fix_text(r, "event"), "item.reverse");
	assert_int_equal(fix_int(r, "items"), 2);
	fix_settle(&f);
	/* No item is counted twice. */
	json_t *n = json_object_get(fix_case(&f, AUTHORITY, c), "counts");
	assert_int_equal(fix_int(n, "decided"), 3);
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM v_item WHERE outcome = "
				   "'removed'"),
			 2);
	/* It opens a closed case again. */
	fix_act(&f, PLATFORM, c, "decide", json_pack("{s:s}", "outcome", "removed"));
	fix_settle(&f);
	fix_act(&f, AUTHORITY, c, "close", NULL);
	fix_settle(&f);
	act_refused(&f, PLATFORM, c, "decide", json_pack("{s:s}", "outcome", "removed"),
		    RC_CONFLICT, "closed");
	fix_act(&f, PLATFORM, c, "reverse",
		json_pack("{s:s, s:s, s:s}", "outcome", "kept", "items", "3", "reason",
			  "News."));
	fix_settle(&f);
	assert_string_equal(fix_text(fix_case(&f, AUTHORITY, c), "state"), "accepted");
	agree(&f, c);
	fix_close(&f);
}

static json_t *
disputes(struct fix *f, enum party p, const char *state)
{
	return json_object_get(fix_must(f, p, f->n[p].auditor, "GET", "/v1/disputes",
					json_pack("{s:s*}", "state", state)),
			       "disputes");
}

static void
dispute_refused(struct fix *f, enum party p, const char *id, const char *act, json_t *in,
		enum rc want, const char *why)
{
	fix_refused(f, p, f->n[p].officer, "POST",
		    arena_printf(f->a, "/v1/disputes/%s/%s", id, act), in, want, why);
}

static json_t *
ruling(const char *word)
{
	return json_pack("{s:s, s:s}", "ruling", word, "reason", "Because.");
}

/* Contested, answered, upheld: a reversal is owed until a person makes it. */
static void
upheld(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = received(&f, 3);
	fix_act(&f, PLATFORM, c, "decide",
		json_pack("{s:s, s:s}", "outcome", "kept", "reason", "Satire."));
	fix_settle(&f);
	const char *id = fix_text(
		fix_act(&f, AUTHORITY, c, "dispute",
			json_pack("{s:s, s:s}", "text", "It is none.", "items", "0-1")),
		"dispute");
	/* Not by who opened it, not before it came. */
	dispute_refused(&f, AUTHORITY, id, "rule", ruling("upheld"), RC_CONFLICT,
			"no such dispute");
	dispute_refused(&f, PLATFORM, id, "rule", ruling("upheld"), RC_NOT_FOUND,
			"no dispute");
	fix_settle(&f);
	dispute_refused(&f, PLATFORM, id, "rule", ruling("maybe"), RC_INVALID, "upheld");
	fix_must(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
		 arena_printf(f.a, "/v1/disputes/%s/answer", id), text("We look again."));
	dispute_refused(&f, PLATFORM, id, "answer", text("x"), RC_CONFLICT, "answered");
	json_t *d = json_array_get(disputes(&f, PLATFORM, NULL), 0);
	assert_string_equal(fix_text(d, "state"), "answered");
	assert_int_equal(fix_int(d, "owed"), 0);
	fix_must(&f, PLATFORM, f.n[PLATFORM].officer, "POST",
		 arena_printf(f.a, "/v1/disputes/%s/rule", id), ruling("upheld"));
	dispute_refused(&f, PLATFORM, id, "rule", ruling("rejected"), RC_CONFLICT,
			"ruled already");
	fix_settle(&f);
	assert_int_equal(json_array_size(disputes(&f, AUTHORITY, NULL)), 0);
	for (int p = 0; p < PARTY_COUNT; p++)
		assert_int_equal(
			fix_int(json_array_get(disputes(&f, (enum party)p, "ruled"), 0),
				"owed"),
			2);
	fix_act(&f, PLATFORM, c, "reverse",
		json_pack("{s:s, s:s, s:s}", "outcome", "removed", "items", "0", "reason",
			  "As ruled."));
	fix_settle(&f);
	d = json_array_get(json_object_get(fix_case(&f, AUTHORITY, c), "disputes"), 0);
	assert_int_equal(fix_int(d, "owed"), 1);
	fix_act(&f, PLATFORM, c, "reverse",
		json_pack("{s:s, s:s, s:s}", "outcome", "removed", "items", "1", "reason",
			  "As ruled."));
	fix_settle(&f);
	d = json_array_get(disputes(&f, AUTHORITY, "ruled"), 0);
	assert_int_equal(fix_int(d, "owed"), 0);
	agree(&f, c);
	fix_close(&f);
}

/* Rejected owes nothing; partly owes until one is reversed; a notice is contested by the
 * platform and ruled by the authority. */
static void
other_rulings(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = received(&f, 3);
	fix_act(&f, PLATFORM, c, "decide",
		json_pack("{s:s, s:s}", "outcome", "kept", "reason", "Satire."));
	fix_settle(&f);
	static const char *const rulings[] = {"rejected", "partly"};
	for (size_t i = 0; i < 2; i++) {
		const char *id = fix_text(fix_act(&f, AUTHORITY, c, "dispute", text("x")),
					  "dispute");
		fix_settle(&f);
		fix_must(&f, PLATFORM, f.n[PLATFORM].officer, "POST",
			 arena_printf(f.a, "/v1/disputes/%s/rule", id),
			 ruling(rulings[i]));
		fix_settle(&f);
		json_t *d = json_array_get(disputes(&f, AUTHORITY, "ruled"), i);
		assert_string_equal(fix_text(d, "ruling"), rulings[i]);
		assert_int_equal(fix_int(d, "owed"), i == 0 ? 0 : 3);
	}
	fix_act(&f, PLATFORM, c, "reverse",
		json_pack("{s:s, s:s, s:s}", "outcome", "removed", "items", "2", "reason",
			  "This one."));
	fix_settle(&f);
	assert_int_equal(
		fix_int(json_array_get(disputes(&f, AUTHORITY, "ruled"), 1), "owed"), 0);
	json_t *r = fix_act(&f, PLATFORM, c, "dispute", text("The wrong address."));
	fix_settle(&f);
	json_t *d = json_array_get(disputes(&f, AUTHORITY, "open"), 0);
	assert_string_equal(fix_text(d, "about"), "notice");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST",
		 arena_printf(f.a, "/v1/disputes/%s/rule", fix_text(r, "dispute")),
		 ruling("upheld"));
	agree(&f, c);
	fix_close(&f);
}

/* A reason that says nothing is none, and where and until when go with one outcome. */
static void
reasons_say_something(void **state)
{
	static const struct {
		const char *outcome, *reason, *territory, *until, *says; /* NULL: taken */
	} rows[] = {
		{"kept", " ", NULL, NULL, "\"reason\" is empty"},
		{"kept", "\t\n", NULL, NULL, "\"reason\" is empty"},
		{"kept", "\xc2\xa0\xe2\x80\x8b\xef\xbb\xbf", NULL, NULL,
		 "\"reason\" is empty"},
		{"removed", " ", NULL, NULL, "\"reason\" is empty"},
		{"removed", NULL, "DE", NULL, "go with the outcome restricted"},
		{"kept", "News.", NULL, "2099-01-01T00:00:00Z",
		 "go with the outcome restricted"},
		{"restricted", "There.", "DE", "2017-08-10T00:00:00Z", "is over"},
		{"restricted", "There.", "DE", "2099-01-01T00:00:00Z", NULL},
		{"kept", "\xe2\x82\xac 5", NULL, NULL, NULL},
	};
	struct fix f;
	int next = 0;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", 2);
	fix_settle(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *in = json_pack("{s:[i], s:s, s:s*, s:s*}", "items", next,
				       "outcome", rows[i].outcome, "reason",
				       rows[i].reason, "until", rows[i].until);
		if (rows[i].territory != NULL)
			json_object_set_new(in, "territories",
					    json_pack("[s]", rows[i].territory));
		if (rows[i].says != NULL) {
			fix_refused(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
				    arena_printf(f.a, "/v1/cases/%s/decide", c), in,
				    RC_INVALID, rows[i].says);
			continue;
		}
		fix_act(&f, PLATFORM, c, "decide", in);
		next++;
	}
	assert_int_equal(next, 2);
	fix_refused(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
		    arena_printf(f.a, "/v1/cases/%s/clarify", c),
		    json_pack("{s:s}", "text", "\xe3\x80\x80 "), RC_INVALID,
		    "\"text\" is empty");
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions),	 cmocka_unit_test(transfer),
		cmocka_unit_test(reversal),	 cmocka_unit_test(upheld),
		cmocka_unit_test(other_rulings), cmocka_unit_test(reasons_say_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
