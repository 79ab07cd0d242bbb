/*
 * What people see.  Lists come in pages by a cursor, never whole; nothing here depends on
 * anything but the views, except that "overdue" is told at the moment of asking.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "core/ipnet.h"
#include "core/target.h"
#include "service/act.h"
#include "service/cases.h"
#include "service/person.h"
#include "service/register.h"
#include "service/use.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum { TIMELINE_MAX = 1000 };

static int64_t
tally_get(const json_t *sums, const char *what)
{
	return json_integer_value(json_object_get(sums, what));
}

/* `cases` by state, and counts of items that add up: submitted = accepted + refused +
 * duplicate + waiting, accepted = decided + open. */
static void
tallies_put(const json_t *sums, json_t *into)
{
	json_t *states = json_object();
	int64_t accepted = tally_get(sums, "items/1"),
		decided = tally_get(sums, "decided"),
		duplicate = tally_get(sums, "listed/duplicate"),
		unlisted = tally_get(sums, "listed/refused");

	for (int k = CASE_NONE + 1; k < CASE_STATE_COUNT; k++) {
		char what[32];
		snprintf(what, sizeof(what), "state/%d", k);
		if (tally_get(sums, what) != 0)
			json_object_set_new(states, case_state_token((enum case_state)k),
					    json_integer(tally_get(sums, what)));
	}
	json_object_set_new(into, "cases", states);
	/* Parts are here and the manifest is not: no clock runs. */
	json_object_set_new(into, "incomplete", json_integer(tally_get(sums, "state/0")));
	json_object_set_new(into, "items", json_integer(tally_get(sums, "items")));
	json_object_set_new(into, "decided", json_integer(decided));
	json_object_set_new(
		into, "counts",
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "submitted",
			  (json_int_t)(tally_get(sums, "items") + duplicate + unlisted),
			  "accepted", (json_int_t)accepted, "refused",
			  (json_int_t)(tally_get(sums, "items/2") + unlisted),
			  "duplicate", (json_int_t)duplicate, "waiting",
			  (json_int_t)tally_get(sums, "items/0"), "decided",
			  (json_int_t)decided, "open", (json_int_t)(accepted - decided)));
}

/* The sums over all cases, which the folds keep: nobody counts them. */
static enum rc
tallies_read(struct store *s, json_t *into, struct err *e)
{
	json_t *rows = json_array(), *sums = json_object(), *row;
	size_t i;
	enum rc rc = store_rows(s, &SQL_TALLY_LIST, NULL, "what:s n:i", rows, e);

	json_array_foreach (rows, i, row)
		json_object_set(sums, json_string_value(json_object_get(row, "what")),
				json_object_get(row, "n"));
	if (rc == RC_OK)
		tallies_put(sums, into);
	json_decref(rows);
	json_decref(sums);
	return rc;
}

/* out: cases {state: n}, incomplete (notices without their manifest), items, decided,
 * counts {submitted, accepted, refused, duplicate, waiting, decided, open} */
enum rc
service_counts(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	json_t *o = reply_json(a, out, json_object());
	struct store *s = NULL;
	enum rc rc = in_only(in, "", e);

	(void)who;
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = tallies_read(s, o, e);
	reader_put(nd, s);
	return rc;
}

/* out: org, name, role, zone serial, cases by state, counts of items, peers with
 * delivery, orders in force, checkers with what they say of the zones */
enum rc
service_status(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	json_t *counts = NULL, *access = NULL, *checkers = NULL, *peers = json_array();
	struct store *s = NULL;
	uint32_t serial = 0;
	enum rc rc = in_only(in, "", e);

	(void)who;
	json_t *o = reply_json(a, out,
			       json_pack("{s:s, s:s, s:s, s:o}", "org", nd->id->org,
					 "name", nd->id->name, "role",
					 party_name(nd->id->role), "peers", peers));
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = tallies_read(s, o, e);
	if (rc == RC_OK)
		rc = peers_json(s, a, peers, e);
	if (rc == RC_OK)
		rc = view_zone_serial(s, &serial, e);
	if (rc == RC_OK)
		rc = store_row(s, &SQL_STATUS_COUNTS,
			       (struct db_param[]){DB_P_INT(clock_now_us())},
			       "overdue:i orders_in_force:i names_blocked:i alarms:i",
			       &counts, e);
	if (rc == RC_OK)
		rc = access_status(s, &access, e);
	if (rc == RC_OK)
		rc = zone_checkers_json(s, &checkers, e);
	reader_put(nd, s);
	if (counts != NULL)
		json_object_update(o, counts);
	json_decref(counts);
	if (access != NULL)
		json_object_set_new(o, "access", access);
	if (checkers != NULL)
		json_object_set_new(o, "checkers", checkers);
	json_object_set_new(o, "frozen", channels_frozen_json(nd));
	json_object_set_new(o, "zone_serial", json_integer(serial));
	return rc;
}

/* What people call the case: the year of its notice, and that event's number in the log
 * of the authority.  NULL: not all of the notice is here. */
static json_t *
case_ref(const json_t *c)
{
	const char *sent = json_string_value(json_object_get(c, "sent"));

	return sent == NULL
		       ? json_null()
		       : json_sprintf("%.4s-%04" JSON_INTEGER_FORMAT, sent,
				      json_integer_value(json_object_get(c, "send_seq")));
}

void
case_ref_set(json_t *row)
{
	json_object_set_new(row, "ref", case_ref(row));
	json_object_del(row, "sent");
	json_object_del(row, "send_seq");
}

/* State as a word, overdue as of now, conservation: submitted = accepted + refused +
 * duplicate + waiting and accepted = decided + open.  Rows that are repeated, or refused
 * when the list was read, never leave the sender; only their number does. */
static void
case_finish(json_t *c, int64_t now_us)
{
	int64_t state = json_integer_value(json_object_get(c, "state"));
	int64_t due_us = json_integer_value(json_object_get(c, "due_us"));
	int64_t items = json_integer_value(json_object_get(c, "items"));
	int64_t decided = json_integer_value(json_object_get(c, "decided"));
	int64_t accepted_us = json_integer_value(json_object_get(c, "accepted_us"));
	int64_t duplicate = json_integer_value(json_object_get(c, "duplicate")),
		unlisted = json_integer_value(json_object_get(c, "listed_refused"));
	bool accepted = accepted_us != 0;

	/* Of what is not whole nothing was submitted. */
	if (state == CASE_NONE)
		items = 0;
	bool refused = !accepted && json_is_string(json_object_get(c, "refused"));
	/* Without a receipt no clock runs: due_us is then only a place in the list. */
	bool owed = due_us != STORE_NEVER && !json_is_null(json_object_get(c, "receipt"));

	json_object_set_new(c, "ref", case_ref(c));
	json_object_del(c, "send_seq");
	json_object_del(c, "accepted_us");
	json_object_set_new(c, "state",
			    json_string(case_state_token((enum case_state)state)));
	json_object_set_new(c, "due", json_time(owed ? due_us : 0));
	json_object_del(c, "due_us");
	json_object_set_new(c, "overdue", json_boolean(owed && due_us < now_us));
	json_object_set_new(c, "counts",
			    json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "submitted",
				      (json_int_t)(items + duplicate + unlisted),
				      "accepted", (json_int_t)(accepted ? items : 0),
				      "refused",
				      (json_int_t)(unlisted + (refused ? items : 0)),
				      "duplicate", (json_int_t)duplicate, "waiting",
				      (json_int_t)(accepted || refused ? 0 : items),
				      "decided", (json_int_t)decided, "open",
				      (json_int_t)(accepted ? items - decided : 0)));
	json_object_del(c, "decided");
	json_object_del(c, "duplicate");
	json_object_del(c, "listed_refused");
}

#define CASE_SPEC                                                                        \
	"case:s peer:s state:i subject:s legal_basis:s class:s class_sent:s urgent:b "   \
	"test:b "                                                                        \
	"items:i "                                                                       \
	"decided:i send_seq:i "                                                          \
	"sent:t receipt:t accepted:t refused:t closed:t accepted_us:i accept_due:t "     \
	"decide_due:t due_us:i author:s duplicate:i listed_refused:i"

enum rc
case_json(struct store *s, const char *casefile, int64_t now_us, json_t **ret,
	  struct err *e)
{
	enum rc rc =
		store_row(s, &SQL_CASE_SHOW, (struct db_param[]){DB_P_TEXT(casefile)},
			  CASE_SPEC, ret, e);

	if (rc == RC_OK) {
		bool whole =
			json_integer_value(json_object_get(*ret, "state")) != CASE_NONE;
		case_finish(*ret, now_us);
		json_object_set_new(*ret, "incomplete", json_null());
		if (!whole)
			rc = case_incomplete(s, casefile, now_us, *ret, e);
	}
	if (rc == RC_OK) {
		rc = claim_json(s, casefile, *ret, e);
	}
	return rc;
}

static json_t *
ladder_json(const struct casefile *f)
{
	json_t *rungs = json_array();

	for (uint32_t i = 0; i < f->n_rungs; i++)
		json_array_append_new(
			rungs, json_pack("{s:s, s:i, s:o, s:o}", "step",
					 f->rungs[i].level == 0 ? "remind" : "warn",
					 "level", (int)f->rungs[i].level, "at",
					 json_time(f->rungs[i].iat_us), "received",
					 json_time(f->rungs[i].receipt_us)));
	return rungs;
}

/* Which step of the ladder is next, and when it may be taken. */
static enum rc
next_step(struct store *s, struct arena *a, const struct case_row *c, json_t *into,
	  struct err *e)
{
	const struct policy_class *cls;
	const struct policy *p;
	struct case_due due;

	json_object_set_new(into, "next_step", json_null());
	if (!c->manifest)
		return RC_OK;
	enum rc rc = policy_of_case(s, a, c, &p, &cls, e);
	if (rc != RC_OK)
		return rc;
	casefile_due(p, cls, &c->fold, view_case_owed(c), &due);
	json_object_set_new(into, "paused", json_time(due.paused_us));
	json_object_set_new(into, "paused_until", json_time(due.paused_until_us));
	if (due.step >= 0)
		json_object_set_new(
			into, "next_step",
			json_pack("{s:s, s:i, s:b, s:o}", "step",
				  p->ladder[due.step].warn ? "warn" : "remind", "level",
				  (int)p->ladder[due.step].level, "waits_for_receipt",
				  (int)due.pending, "not_before",
				  json_time(due.step_us)));
	return RC_OK;
}

/* in: case  out: the case with counts, ladder, messages, timeline with receipts, orders,
 * letter, fields, policy */
enum rc
service_case(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	     struct reply *out, struct err *e)
{
	const char *id;
	json_t *c = NULL, *messages = json_array(), *timeline = json_array(),
	       *orders = json_array(), *questions = json_array(),
	       *disputes = json_array();
	struct case_row row;
	struct store *s = NULL;
	enum rc rc = in_only(in, "case", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_uuid(in, "case", &id, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc != RC_OK)
		goto out;
	rc = view_case_get(s, a, id, &row, e);
	if (rc == RC_OK)
		rc = case_json(s, id, clock_now_us(), &c, e);
	if (rc == RC_OK)
		rc = store_rows(
			s, &SQL_CASE_MESSAGES,
			(struct db_param[]){DB_P_TEXT(id), DB_P_INT(TIMELINE_MAX)},
			"party:i seq:i author:s text:s at:t read:t", messages, e);
	if (rc == RC_OK)
		rc = case_timeline(s, a, &row, timeline, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_CASE_CLARIFY, (struct db_param[]){DB_P_TEXT(id)},
				"question:i event:s author:s text:s items:j at:t "
				"answer_seq:i answer_author:s answer:s answered:t",
				questions, e);
	if (rc == RC_OK)
		rc = case_disputes(s, id, disputes, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_CASE_ORDERS, (struct db_param[]){DB_P_TEXT(id)},
				"order:s state:s year:i number:i", orders, e);
	if (rc != RC_OK)
		goto out;
	register_refs_finish(a, orders);
	char version[CASE_VERSION_MAX];
	json_object_set_new(c, "version", json_string(case_version(&row, version)));
	rc = next_step(s, a, &row, c, e);
	if (rc == RC_OK)
		rc = case_notice_more(s, a, &row, c, e);
	json_object_set_new(c, "ladder", ladder_json(&row.fold));
	size_t i;
	json_t *m;
	json_array_foreach (messages, i, m)
		json_object_set_new(m, "party",
				    json_string(party_name((enum party)json_integer_value(
					    json_object_get(m, "party")))));
	json_object_set(c, "questions", questions);
	json_object_set(c, "disputes", disputes);
	json_object_set(c, "messages", messages);
	json_object_set(c, "timeline", timeline);
	json_object_set(c, "orders", orders);
	reply_json(a, out, json_incref(c));
out:
	reader_put(nd, s);
	json_decref(c);
	json_decref(messages);
	json_decref(timeline);
	json_decref(orders);
	json_decref(questions);
	json_decref(disputes);
	return rc;
}

/*
 * in: name (or an address)  out: name (normalised), blocked (true: an order in force
 * covers it), orders: every order that names it or, by wildcard, a name above it, with
 * state, reasons, dates, ref (of the register), register (its URL, null: not named) and
 * authority; object: where to object to them (null: at the authority's node)
 */
enum rc
service_lookup(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	json_t *orders = json_array();
	struct store *s = NULL;
	const char *given, *name;
	bool blocked = false, whole = true, more = true;
	enum rc rc = in_only(in, "name", e);

	(void)who;
	json_t *o = reply_json(a, out, json_pack("{s:o}", "orders", orders));
	if (rc == RC_OK)
		rc = in_text(in, "name", true, TARGET_MAX, &given, e);
	if (rc == RC_OK)
		rc = ipnet_or_name(a, given, &name, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	for (const char *at = rc == RC_OK ? name : NULL; rc == RC_OK && more;
	     more = register_above(a, &at, &whole))
		rc = store_rows(
			s, &SQL_LOOKUP,
			(struct db_param[]){DB_P_TEXT(at), DB_P_INT(whole)},
			"order:s state:s covering:s wildcard:b lifted:t legal_basis:s "
			"reasons:s drafted:t in_force:t ends:t ended:t serial_on:i "
			"year:i number:i authority:s",
			orders, e);
	reader_put(nd, s);
	if (rc != RC_OK)
		return rc;
	size_t i;
	json_t *row;
	register_refs_finish(a, orders);
	if (nd->id->role == PARTY_AUTHORITY)
		json_array_foreach (orders, i, row)
			json_object_set_new(row, "authority", json_string(nd->id->org));
	json_array_foreach (orders, i, row)
		blocked |= strcmp(json_string_value(json_object_get(row, "state")),
				  "in_force") == 0 &&
			   json_is_null(json_object_get(row, "lifted"));
	json_array_foreach (orders, i, row) {
		const char *ref = json_string_value(json_object_get(row, "ref"));
		json_object_set_new(
			row, "register",
			ref == NULL || nd->public_url == NULL
				? json_null()
				: json_string(arena_printf(a, "%s/v1/register/%s",
							   nd->public_url, ref)));
	}
	json_object_set_new(o, "name", json_string(name));
	json_object_set_new(o, "blocked", json_boolean(blocked));
	json_object_set_new(o, "object",
			    nd->id->role == PARTY_AUTHORITY
				    ? json_string("/v1/objections")
				    : json_null());
	return RC_OK;
}
