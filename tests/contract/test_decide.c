/*
 * Decisions: one by one and in bulk, what is previewed, confirmed, held, and what two
 * people do at once.
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

/* Decisions on more than `above` items are confirmed and wait `hold_s`. */
static void
open_deciding(struct fix *f, int above, int hold_s)
{
	json_t *p = json_loads(fix_policy, 0, NULL);

	json_object_set_new(
		p, "decide",
		json_pack("{s:i, s:i}", "confirm_above", above, "hold_s", hold_s));
	char *text = json_dumps(p, 0);
	fix_open_policy(f, text);
	free(text);
	json_decref(p);
}

static const char *
received(struct fix *f, const char *reference, const char *host, size_t n)
{
	const char *c = fix_send(f, reference, host, n);

	fix_settle(f);
	return c;
}

static json_t *
all_removed(void)
{
	return json_pack("{s:s, s:s}", "items", "open", "outcome", "removed");
}

static json_t *
preview(struct fix *f, const char *casefile, json_t *in)
{
	return fix_must(f, PLATFORM, f->n[PLATFORM].agent, "POST",
			case_path(f, casefile, "decide/preview"), in);
}

static void
refused(struct fix *f, const char *casefile, json_t *in, enum rc want, const char *why)
{
	fix_refused(f, PLATFORM, f->n[PLATFORM].agent, "POST",
		    case_path(f, casefile, "decide"), in, want, why);
}

static int64_t
open_items(struct fix *f, const char *casefile)
{
	return fix_query(
		f, PLATFORM,
		arena_printf(f->a,
			     "SELECT count(*) FROM v_item WHERE casefile = '%s' AND "
			     "outcome IS NULL",
			     casefile));
}

static void
tick(struct fix *f)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	fix_ok(service_tick(f->n[PLATFORM].nd, FIX_S, &wait_us, &e), &e, "tick");
}

/* What may be written as `items`, and what is refused. */
static void
item_lists(void **state)
{
	static const struct {
		const char *items; /* JSON */
		int count;	   /* or -1: refused */
		enum rc rc;
		const char *why;
	} rows[] = {
		{"\"open\"", 6, RC_OK, NULL},
		{"\"0\"", 1, RC_OK, NULL},
		{"\"0-5\"", 6, RC_OK, NULL},
		{"\"0,2-3,5\"", 4, RC_OK, NULL},
		{"\"1,1,1-1\"", 1, RC_OK, NULL},
		{"[5, 0]", 2, RC_OK, NULL},
		{"\"0-6\"", -1, RC_CONFLICT, "no item 6"},
		{"[6]", -1, RC_CONFLICT, "no item 6"},
		{"\"\"", -1, RC_INVALID, "items"},
		{"\"all\"", -1, RC_INVALID, "items"},
		{"\"3-1\"", -1, RC_INVALID, "3-1"},
		{"\"1-\"", -1, RC_INVALID, "items"},
		{"\"-1\"", -1, RC_INVALID, "items"},
		{"\"0;1\"", -1, RC_INVALID, "items"},
		{"\"0-99999999999999999999\"", -1, RC_CONFLICT, "no item"},
		{"[]", -1, RC_INVALID, "items"},
		{"[-1]", -1, RC_INVALID, "items[0]"},
		{"[0, \"1\"]", -1, RC_INVALID, "items[1]"},
		{"[0.5]", -1, RC_INVALID, "items[0]"},
		{"{}", -1, RC_INVALID, "items"},
		{"7", -1, RC_INVALID, "items"},
	};
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = received(&f, "A-1", "t.example", 6);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *in = json_pack("{s:s}", "outcome", "removed");
		json_object_set_new(in, "items",
				    json_loads(rows[i].items, JSON_DECODE_ANY, NULL));
		if (rows[i].count < 0)
			refused(&f, c, in, rows[i].rc, rows[i].why);
		else
			assert_int_equal(fix_int(preview(&f, c, in), "count"),
					 rows[i].count);
	}
	assert_int_equal(open_items(&f, c), 6);
	fix_close(&f);
}

/* Which outcome asks for what, in both directions (product.md, "Outcomes"). */
static void
outcomes(void **state)
{
	static const struct {
		const char *outcome, *ground, *reason;
		bool ok;
	} rows[] = {
		{"removed", NULL, NULL, true},
		{"removed", NULL, "Spam as well.", true},
		{"restricted", NULL, NULL, false},
		{"restricted", NULL, "In Indonesia only.", true},
		{"account_suspended", NULL, NULL, false},
		{"account_suspended", NULL, "The third time.", true},
		{"kept", NULL, NULL, false},
		{"kept", NULL, "News.", true},
		{"not_found", NULL, NULL, false},
		{"not_found", NULL, "No such channel.", true},
		{"already_removed", NULL, NULL, false},
		{"already_removed", NULL, "On 3 July.", true},
		{"impossible", NULL, "We cannot.", false},
		{"impossible", "lazy", "We cannot.", false},
		{"impossible", "manifest_error", NULL, false},
		{"impossible", "force_majeure", "No power.", true},
		{"impossible", "manifest_error", "It is our own page.", true},
		{"impossible", "insufficient_information", "Which message?", true},
		{"gone", NULL, "x", false},
	};
	struct fix f;
	int next = 0;

	(void)state;
	fix_open(&f);
	const char *c = received(&f, "A-1", "t.example", sizeof(rows) / sizeof(rows[0]));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *in = json_pack("{s:[i], s:s, s:s*, s:s*}", "items", next,
				       "outcome", rows[i].outcome, "ground",
				       rows[i].ground, "reason", rows[i].reason);
		json_t *r = preview(&f, c, json_incref(in));
		assert_int_equal(json_array_size(json_object_get(r, "refused")),
				 rows[i].ok ? 0 : 1);
		if (rows[i].ok) {
			fix_act(&f, PLATFORM, c, "decide", in);
			next++;
		} else {
			refused(&f, c, in, RC_INVALID, "item.decide");
		}
	}
	fix_settle(&f);
	fix_same_case(&f, c);
	fix_close(&f);
}

static void
filters(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_text(fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
					  "/v1/notices",
					  json_pack("{s:s, s:s, s:s, s:s}", "csv",
						    "target,category\n"
						    "https://a.example/x1,terrorism\n"
						    "https://a.example/x2,other\n"
						    "https://b.example/x1,other\n"
						    "t.me/durov,other\n",
						    "reference", "F-1", "subject", "S",
						    "legal_basis", "L")),
				 "case");
	fix_settle(&f);
	const struct {
		const char *name, *value;
		int count;
	} rows[] = {
		{"category", "terrorism", 1},
		{"category", "other", 3},
		{"category", "hate", 0},
		{"host", "a.example", 2},
		{"kind", "telegram", 1},
		{"kind", "url", 3},
		{"text", "/x1", 2},
		{"text", "durov", 1},
		{"text", "%", 0},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			fix_int(preview(&f, c,
					json_pack("{s:s, s:{s:s}}", "outcome", "removed",
						  "filter", rows[i].name, rows[i].value)),
				"count"),
			rows[i].count);
	/* All that are given hold, also with numbers. */
	json_t *r = preview(&f, c,
			    json_pack("{s:s, s:s, s:{s:s, s:s}}", "outcome", "removed",
				      "items", "0-2", "filter", "category", "other",
				      "host", "a.example"));
	assert_int_equal(fix_int(r, "count"), 1);
	assert_int_equal(fix_int(json_array_get(json_object_get(r, "sample"), 0), "i"),
			 1);
	r = preview(&f, c, json_pack("{s:s}", "outcome", "removed"));
	assert_string_equal(
		fix_text(json_array_get(json_object_get(r, "hosts"), 0), "host"),
		"a.example");
	assert_int_equal(fix_int(json_array_get(json_object_get(r, "hosts"), 0), "n"), 2);
	refused(&f, c,
		json_pack("{s:s, s:{s:s}}", "outcome", "removed", "filter", "colour",
			  "red"),
		RC_INVALID, "colour");
	refused(&f, c,
		json_pack("{s:s, s:{s:s}}", "outcome", "removed", "filter", "category",
			  "hate"),
		RC_CONFLICT, "no item of the case is open");
	fix_act(&f, PLATFORM, c, "decide",
		json_pack("{s:s, s:{s:s}}", "outcome", "removed", "filter", "host",
			  "a.example"));
	assert_int_equal(open_items(&f, c), 2);
	fix_close(&f);
}

/* Two agents on one item: the second is shown both decisions. */
static void
both_versions(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	json_t *r;

	(void)state;
	fix_open(&f);
	const char *c = received(&f, "A-1", "t.example", 3);
	fix_act(&f, PLATFORM, c, "decide",
		json_pack("{s:[i,i], s:s, s:s}", "items", 0, 1, "outcome", "kept",
			  "reason", "Satire."));
	assert_int_equal(
		fix_call(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
			 case_path(&f, c, "decide"),
			 json_pack("{s:s, s:s}", "items", "0-2", "outcome", "removed"),
			 &r, &e),
		RC_CONFLICT);
	assert_non_null(strstr(e.text, "2 of the items are decided already"));
	assert_string_equal(
		fix_text(json_object_get(json_object_get(r, "sent"), "decision"),
			 "outcome"),
		"removed");
	json_t *stands = json_array_get(json_object_get(r, "stands"), 1);
	assert_int_equal(fix_int(stands, "i"), 1);
	assert_string_equal(fix_text(stands, "outcome"), "kept");
	assert_string_equal(fix_text(stands, "reason"), "Satire.");
	assert_non_null(fix_text(stands, "at"));
	assert_non_null(fix_text(stands, "by"));
	/* Nothing of it was done. */
	assert_int_equal(open_items(&f, c), 1);
	assert_int_equal(fix_events(&f, PLATFORM, PLATFORM, "item.decide"), 1);
	fix_close(&f);
}

/* An act on what the person has not seen is refused; on what it has, taken. */
static void
stale(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	json_t *r;

	(void)state;
	fix_open(&f);
	const char *c = received(&f, "A-1", "t.example", 3);
	const char *seen = fix_text(fix_case(&f, PLATFORM, c), "version");
	/* A message makes nothing stale. */
	fix_act(&f, PLATFORM, c, "say", json_pack("{s:s}", "text", "Hello."));
	fix_act(&f, PLATFORM, c, "accept", json_pack("{s:s}", "version", seen));
	const char *now = fix_text(fix_case(&f, PLATFORM, c), "version");
	assert_string_not_equal(seen, now);
	static const char *const acts[] = {"decide", "refuse", "say"};
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		json_t *in = json_pack("{s:s, s:s}", "version", seen,
				       i == 2 ? "text" : "reason", "x");
		if (i == 0)
			json_object_set_new(in, "outcome", json_string("kept"));
		assert_int_equal(fix_call(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
					  case_path(&f, c, acts[i]), in, &r, &e),
				 RC_CONFLICT);
		assert_non_null(strstr(e.text, "no longer what you saw"));
		assert_string_equal(fix_text(json_object_get(r, "sent"), "version"),
				    seen);
		assert_string_equal(fix_text(json_object_get(r, "stands"), "version"),
				    now);
		assert_string_equal(fix_text(json_object_get(r, "stands"), "state"),
				    "accepted");
	}
	fix_act(&f, PLATFORM, c, "decide",
		json_pack("{s:s, s:s}", "version", now, "outcome", "removed"));
	/* The other side's act changes it too, and both sides say the same. */
	fix_settle(&f);
	assert_string_equal(fix_text(fix_case(&f, PLATFORM, c), "version"),
			    fix_text(fix_case(&f, AUTHORITY, c), "version"));
	seen = fix_text(fix_case(&f, PLATFORM, c), "version");
	fix_act(&f, AUTHORITY, c, "close", NULL);
	fix_settle(&f);
	assert_string_not_equal(seen, fix_text(fix_case(&f, PLATFORM, c), "version"));
	fix_close(&f);
}

static json_t *
confirmation(const char *selection, const char *phrase)
{
	json_t *in = all_removed();

	if (selection != NULL)
		json_object_set_new(in, "selection", json_string(selection));
	if (phrase != NULL)
		json_object_set_new(in, "confirm", json_string(phrase));
	return in;
}

static void
confirmed(void **state)
{
	struct fix f;

	(void)state;
	open_deciding(&f, 4, 0);
	const char *c = received(&f, "A-1", "t.example", 5),
		   *few = received(&f, "A-2", "u.example", 4);
	/* At the threshold nothing is asked for. */
	assert_true(json_is_null(
		json_object_get(preview(&f, few, all_removed()), "confirm")));
	fix_must(&f, PLATFORM, f.n[PLATFORM].agent, "POST", case_path(&f, few, "decide"),
		 all_removed());
	json_t *p = preview(&f, c, all_removed());
	const char *selection = fix_text(p, "selection"),
		   *phrase = fix_text(p, "confirm");
	assert_string_equal(phrase, arena_printf(f.a, "decide 5 of case %s", c + 28));
	refused(&f, c, confirmation(NULL, NULL), RC_CONFLICT, phrase);
	refused(&f, c, confirmation(selection, NULL), RC_CONFLICT, phrase);
	refused(&f, c, confirmation(NULL, phrase), RC_CONFLICT, "preview");
	refused(&f, c, confirmation(selection, "decide 5"), RC_CONFLICT, "exactly");
	/* Somebody decides one of them meanwhile: it is another selection. */
	fix_must(&f, PLATFORM, f.n[PLATFORM].agent, "POST", case_path(&f, c, "decide"),
		 json_pack("{s:[i], s:s}", "items", 2, "outcome", "removed"));
	refused(&f, c, confirmation(selection, phrase), RC_CONFLICT,
		"not what was previewed");
	assert_int_equal(open_items(&f, c), 4);
	/* What is few enough may still be held to its preview. */
	selection = fix_text(preview(&f, c, all_removed()), "selection");
	fix_must(&f, PLATFORM, f.n[PLATFORM].agent, "POST", case_path(&f, c, "decide"),
		 confirmation(selection, NULL));
	assert_int_equal(open_items(&f, c), 0);
	fix_close(&f);
}

/* So many that the open ones are counted, not each: the counts are the same. */
static void
many(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = received(&f, "A-1", "t.example", 620);
	fix_act(&f, PLATFORM, c, "decide",
		json_pack("{s:s, s:s}", "items", "5-14", "outcome", "removed"));
	fix_act(&f, PLATFORM, c, "decide", all_removed());
	json_t *n = json_object_get(fix_case(&f, PLATFORM, c), "counts");
	assert_int_equal(fix_int(n, "decided"), 620);
	assert_int_equal(open_items(&f, c), 0);
	json_t *in = json_pack("{s:s, s:s, s:s}", "items", "0-599", "outcome", "kept",
			       "reason", "All of it is news.");
	struct err e = ERR_INIT;
	json_t *r;
	assert_int_equal(fix_call(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
				  case_path(&f, c, "reverse"), json_deep_copy(in), &r,
				  &e),
			 RC_CONFLICT);
	json_object_set(in, "selection", json_object_get(r, "selection"));
	json_object_set(in, "confirm", json_object_get(r, "confirm"));
	fix_must(&f, PLATFORM, f.n[PLATFORM].agent, "POST", case_path(&f, c, "reverse"),
		 in);
	fix_settle(&f);
	n = json_object_get(fix_case(&f, AUTHORITY, c), "counts");
	assert_int_equal(fix_int(n, "decided"), 620);
	fix_same_case(&f, c);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

static json_t *
decide_all(struct fix *f, const char *casefile)
{
	json_t *p = preview(f, casefile, all_removed());

	return fix_must(f, PLATFORM, f->n[PLATFORM].agent, "POST",
			case_path(f, casefile, "decide"),
			confirmation(fix_text(p, "selection"), fix_text(p, "confirm")));
}

static json_t *
held_in(struct fix *f, const char *state)
{
	return json_object_get(fix_must(f, PLATFORM, f->n[PLATFORM].auditor, "GET",
					"/v1/held", json_pack("{s:s}", "state", state)),
			       "held");
}

/* It waits, is seen, has its effect at its time and not before. */
static void
held(void **state)
{
	struct fix f;

	(void)state;
	open_deciding(&f, 4, 60);
	const char *c = received(&f, "A-1", "t.example", 6);
	json_t *r = decide_all(&f, c);
	assert_int_equal(fix_int(r, "items"), 6);
	assert_int_equal(open_items(&f, c), 6);
	assert_int_equal(fix_events(&f, PLATFORM, PLATFORM, "item.decide"), 0);
	json_t *h = json_array_get(held_in(&f, "held"), 0);
	assert_string_equal(fix_text(h, "held"), fix_text(r, "held"));
	assert_string_equal(fix_text(h, "by"), "ivan");
	assert_int_equal(fix_int(h, "items"), 6);
	/* Nobody else decides the same items beside it. */
	refused(&f, c, json_pack("{s:[i], s:s}", "items", 1, "outcome", "removed"),
		RC_CONFLICT, "wait in the held decision");
	tick(&f);
	assert_int_equal(open_items(&f, c), 6);
	fix_clock_add(61 * FIX_S);
	tick(&f);
	assert_int_equal(open_items(&f, c), 0);
	assert_int_equal(json_array_size(held_in(&f, "held")), 0);
	assert_int_equal(json_array_size(held_in(&f, "done")), 1);
	tick(&f);
	assert_int_equal(fix_events(&f, PLATFORM, PLATFORM, "item.decide"), 1);
	fix_refused(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
		    arena_printf(f.a, "/v1/held/%s/cancel", fix_text(r, "held")), NULL,
		    RC_CONFLICT, "it is done");
	fix_settle(&f);
	fix_same_case(&f, c);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

/* Who has a role may cancel it, and then it never has effect. */
static void
cancelled(void **state)
{
	struct fix f;

	(void)state;
	open_deciding(&f, 4, 60);
	const char *c = received(&f, "A-1", "t.example", 6);
	const char *path = arena_printf(f.a, "/v1/held/%s/cancel",
					fix_text(decide_all(&f, c), "held"));
	fix_refused(&f, PLATFORM, f.n[PLATFORM].auditor, "POST", path, NULL, RC_DENIED,
		    "needs one of");
	fix_must(&f, PLATFORM, f.n[PLATFORM].approver, "POST", path,
		 json_pack("{s:s}", "reason", "The wrong list."));
	fix_refused(&f, PLATFORM, f.n[PLATFORM].approver, "POST", path, NULL, RC_CONFLICT,
		    "it is cancelled");
	fix_refused(&f, PLATFORM, f.n[PLATFORM].approver, "POST",
		    "/v1/held/01890a5d-ac96-774b-bcce-b302099a8057/cancel", NULL,
		    RC_NOT_FOUND, "no held decision");
	fix_clock_add(61 * FIX_S);
	tick(&f);
	assert_int_equal(open_items(&f, c), 6);
	json_t *h = json_array_get(held_in(&f, "cancelled"), 0);
	assert_string_equal(fix_text(h, "ended_by"), "budi");
	assert_string_equal(fix_text(h, "why"), "The wrong list.");
	/* The items are free again. */
	decide_all(&f, c);
	fix_close(&f);
}

/* The case is no longer what it was made for: none of it is done, and it is said. */
static void
held_conflict(void **state)
{
	struct fix f;

	(void)state;
	open_deciding(&f, 4, 60);
	const char *c = received(&f, "A-1", "t.example", 6);
	const char *id = fix_text(decide_all(&f, c), "held");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    case_path(&f, c, "close"), NULL, RC_CONFLICT,
		    "6 of 6 items are not decided");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    case_path(&f, c, "close"), json_pack("{s:b}", "withdraw", 1),
		    RC_INVALID, "reason");
	fix_act(&f, AUTHORITY, c, "close",
		json_pack("{s:b, s:s}", "withdraw", 1, "reason", "Sent in error."));
	fix_settle(&f);
	fix_clock_add(61 * FIX_S);
	tick(&f);
	assert_int_equal(open_items(&f, c), 6);
	assert_int_equal(fix_events(&f, PLATFORM, PLATFORM, "item.decide"), 0);
	json_t *h = json_array_get(held_in(&f, "conflict"), 0);
	assert_non_null(strstr(fix_text(h, "why"), "closed"));
	assert_int_equal(fix_query(&f, PLATFORM,
				   "SELECT count(*) FROM alarm WHERE kind = "
				   "'held_decision' AND cleared_us = 0"),
			 1);
	fix_must(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
		 arena_printf(f.a, "/v1/held/%s/cancel", id), NULL);
	assert_int_equal(fix_query(&f, PLATFORM,
				   "SELECT count(*) FROM alarm WHERE kind = "
				   "'held_decision' AND cleared_us = 0"),
			 0);
	fix_close(&f);
}

/* Who was withdrawn decides nothing by what waits; who was not, does. */
static void
held_by_withdrawn(void **state)
{
	struct fix f;

	(void)state;
	open_deciding(&f, 4, 60);
	const char *c = received(&f, "A-1", "t.example", 6);
	decide_all(&f, c);
	fix_must(&f, PLATFORM, f.n[PLATFORM].admin, "POST", "/v1/persons/ivan/withdraw",
		 NULL);
	fix_clock_add(61 * FIX_S);
	tick(&f);
	assert_int_equal(open_items(&f, c), 6);
	assert_int_equal(fix_events(&f, PLATFORM, PLATFORM, "item.decide"), 0);
	json_t *h = json_array_get(held_in(&f, "conflict"), 0);
	assert_non_null(strstr(fix_text(h, "why"), "withdrawn"));
	assert_int_equal(fix_query(&f, PLATFORM,
				   "SELECT count(*) FROM alarm WHERE kind = "
				   "'held_decision' AND cleared_us = 0"),
			 1);
	fix_close(&f);
}

static const char *
outcomes_of(struct fix *f, const char *casefile)
{
	return fix_query_text(f, PLATFORM,
			      arena_printf(f->a,
					   "SELECT group_concat(outcome) FROM v_item "
					   "WHERE casefile = '%s'",
					   casefile));
}

/* A reversal of many waits too, and of few does not. */
static void
held_reversal(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	json_t *r;

	(void)state;
	open_deciding(&f, 2, 60);
	const char *c = received(&f, "A-1", "t.example", 3);
	decide_all(&f, c);
	fix_clock_add(61 * FIX_S);
	tick(&f);
	assert_string_equal(outcomes_of(&f, c), "removed,removed,removed");
	json_t *in = json_pack("{s:s, s:s, s:s}", "items", "0-2", "outcome", "kept",
			       "reason", "It is news.");
	assert_int_equal(fix_call(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
				  case_path(&f, c, "reverse"), json_deep_copy(in), &r,
				  &e),
			 RC_CONFLICT);
	json_object_set(in, "selection", json_object_get(r, "selection"));
	json_object_set(in, "confirm", json_object_get(r, "confirm"));
	r = fix_must(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
		     case_path(&f, c, "reverse"), in);
	assert_int_equal(fix_int(r, "items"), 3);
	json_t *h = json_array_get(held_in(&f, "held"), 0);
	assert_string_equal(fix_text(h, "held"), fix_text(r, "held"));
	assert_string_equal(fix_text(h, "act"), "item.reverse");
	/* Neither half of it beside it. */
	fix_refused(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
		    case_path(&f, c, "reverse"),
		    json_pack("{s:[i], s:s, s:s}", "items", 1, "outcome", "kept",
			      "reason", "x"),
		    RC_CONFLICT, "wait in the held decision");
	tick(&f);
	assert_string_equal(outcomes_of(&f, c), "removed,removed,removed");
	fix_clock_add(61 * FIX_S);
	tick(&f);
	assert_string_equal(outcomes_of(&f, c), "kept,kept,kept");
	assert_int_equal(fix_events(&f, PLATFORM, PLATFORM, "item.reverse"), 1);
	fix_must(&f, PLATFORM, f.n[PLATFORM].agent, "POST", case_path(&f, c, "reverse"),
		 json_pack("{s:[i], s:s, s:s}", "items", 1, "outcome", "removed",
			   "reason", "It is not."));
	assert_int_equal(fix_events(&f, PLATFORM, PLATFORM, "item.reverse"), 2);
	fix_settle(&f);
	fix_same_case(&f, c);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(item_lists),
		cmocka_unit_test(outcomes),
		cmocka_unit_test(filters),
		cmocka_unit_test(both_versions),
		cmocka_unit_test(stale),
		cmocka_unit_test(confirmed),
		cmocka_unit_test(held),
		cmocka_unit_test(cancelled),
		cmocka_unit_test(held_conflict),
		cmocka_unit_test(many),
		cmocka_unit_test(held_by_withdrawn),
		cmocka_unit_test(held_reversal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
