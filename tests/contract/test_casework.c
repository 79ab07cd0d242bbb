/*
 * The work on a case that is not plainly an act: notes, templates, counts,
 * prepared steps.
 */
#include "node_fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

/* Rare enough that finding it anywhere proves that it left. */
#define SECRET "zx-internal-secret-9q"

static const char *
case_path(struct fix *f, const char *casefile, const char *what)
{
	return arena_printf(f->a, "/v1/cases/%s/%s", casefile, what);
}

/* ---- messages ---------------------------------------------------------------------- */

static bool
is_read(struct fix *f, const char *casefile, size_t i)
{
	const json_t *all = json_object_get(fix_case(f, AUTHORITY, casefile), "messages");

	return json_is_string(json_object_get(json_array_get(all, i), "read"));
}

/* Only what is named is read: it is evidence of what somebody saw. */
static void
read_by_name(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", 2);
	fix_settle(&f);
	json_int_t seqs[3];
	for (int i = 0; i < 3; i++)
		seqs[i] = fix_int(fix_act(&f, PLATFORM, c, "say",
					  json_pack("{s:s}", "text", "Sudah.")),
				  "seq");
	fix_settle(&f);
	json_t *got =
		fix_act(&f, AUTHORITY, c, "read", json_pack("{s:[I]}", "seqs", seqs[1]));
	assert_int_equal(fix_int(got, "read"), 1);
	assert_false(is_read(&f, c, 0));
	assert_true(is_read(&f, c, 1));
	assert_false(is_read(&f, c, 2));
	/* A colleague was first; a seq that is no message. */
	got = fix_act(&f, AUTHORITY, c, "read",
		      json_pack("{s:[I, I]}", "seqs", seqs[1], seqs[2] + 100));
	assert_int_equal(fix_int(got, "read"), 0);
	const char *bad[] = {"[]",	"[1, 1]", "[2, 1]", "[-1]",
			     "[\"1\"]", "{}",	  "7",	    "[9223372036854775807]"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
			    case_path(&f, c, "read"),
			    json_pack("{s:o}", "seqs",
				      json_loads(bad[i], JSON_DECODE_ANY, NULL)),
			    RC_INVALID, "rising numbers");
	assert_false(is_read(&f, c, 0));
	got = fix_act(&f, AUTHORITY, c, "read", NULL);
	assert_int_equal(fix_int(got, "read"), 2);
	fix_settle(&f);
	fix_same_case(&f, c);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_close(&f);
}

/* ---- notes ------------------------------------------------------------------------- */

static void
notes(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", 2);
	fix_settle(&f);
	const char *officer = f.n[AUTHORITY].officer, *path = case_path(&f, c, "notes");
	fix_must(&f, AUTHORITY, officer, "POST", path,
		 json_pack("{s:s}", "text", SECRET " one {place}"));
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST", path,
		 json_pack("{s:s}", "text", SECRET " two"));
	json_t *got = fix_must(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET", path, NULL);
	json_t *all = json_object_get(got, "notes");
	assert_int_equal(json_array_size(all), 2);
	assert_string_equal(fix_text(json_array_get(all, 0), "text"),
			    SECRET " one {place}");
	assert_string_equal(fix_text(json_array_get(all, 0), "author"), "rina");
	assert_string_equal(fix_text(json_array_get(all, 1), "author"), "budi");
	got = fix_must(&f, AUTHORITY, officer, "GET", path,
		       json_pack("{s:i, s:s}", "limit", 1, "after",
				 fix_text(json_array_get(all, 0), "note")));
	assert_string_equal(
		fix_text(json_array_get(json_object_get(got, "notes"), 0), "text"),
		SECRET " two");
	/* Who may only read, a case that is not there, an empty text. */
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].auditor, "POST", path,
		    json_pack("{s:s}", "text", "x"), RC_DENIED, "needs one of");
	fix_refused(&f, AUTHORITY, officer, "POST",
		    case_path(&f, "01890a5d-ac96-774b-bcce-b302099a8057", "notes"),
		    json_pack("{s:s}", "text", "x"), RC_NOT_FOUND, "no case");
	fix_refused(&f, AUTHORITY, officer, "POST", path, json_pack("{s:s}", "text", ""),
		    RC_INVALID, "text");
	/* The other side has notes of its own. */
	got = fix_must(&f, PLATFORM, f.n[PLATFORM].agent, "GET", path, NULL);
	assert_int_equal(json_array_size(json_object_get(got, "notes")), 0);
	fix_close(&f);
}

/* Is the word in these bytes, plain or inside base64 at any offset? */
static bool
is_in(struct fix *f, const uint8_t *bytes, size_t len, const char *word)
{
	if (memmem(bytes, len, word, strlen(word)) != NULL)
		return true;
	for (size_t shift = 0; shift < 3; shift++) {
		const char *padded = arena_printf(f->a, "%.*s%s", (int)shift, "xx", word);
		const char *b64 =
			b64url_arena(f->a, (const uint8_t *)padded, strlen(padded));
		/* without the characters that its neighbours share */
		size_t from = shift == 0 ? 0 : 4, to = strlen(padded) / 3 * 4;
		if (memmem(bytes, len, b64 + from, to - from) != NULL)
			return true;
	}
	return false;
}

static void
bundle_get(struct fix *f, const char *casefile, struct reply *out)
{
	const struct service_route *r;
	const struct actor *who;
	struct err e = ERR_INIT;
	json_t *in = json_object();

	fix_ok(actor_authenticate(f->n[AUTHORITY].nd, f->a, f->n[AUTHORITY].officer, &who,
				  &e),
	       &e, "actor");
	fix_ok(service_route_find("GET", case_path(f, casefile, "bundle"), in, &r, &e),
	       &e, "route");
	fix_ok(service_run(f->n[AUTHORITY].nd, f->a, r, who, in, out, &e), &e, "bundle");
	json_decref(in);
}

/* No event, no disclosure, nothing at the peer, no bundle has a note. */
static void
notes_stay(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", 2);
	fix_settle(&f);
	const char *before = fix_rows(&f, AUTHORITY);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", case_path(&f, c, "notes"),
		 json_pack("{s:s}", "text", SECRET));
	assert_string_equal(before, fix_rows(&f, AUTHORITY));
	fix_act(&f, AUTHORITY, c, "say", json_pack("{s:s}", "text", "zx-said-openly-9q"));
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		const char *all =
			fix_query_text(&f, (enum party)p,
				       "SELECT group_concat(body) FROM log_disclosure");
		const uint8_t *bytes = (const uint8_t *)all;
		assert_true(is_in(&f, bytes, strlen(all), "zx-said-openly-9q"));
		assert_false(is_in(&f, bytes, strlen(all), SECRET));
		assert_int_equal(
			fix_query(&f, (enum party)p, "SELECT count(*) FROM case_note"),
			p == AUTHORITY ? 1 : 0);
	}
	struct reply bundle;
	bundle_get(&f, c, &bundle);
	assert_true(is_in(&f, bundle.bytes, bundle.len, "zx-said-openly-9q"));
	assert_false(is_in(&f, bundle.bytes, bundle.len, SECRET));
	char *shown = json_dumps(fix_case(&f, AUTHORITY, c), 0);
	assert_non_null(strstr(shown, "zx-said-openly-9q"));
	assert_null(strstr(shown, SECRET));
	free(shown);
	fix_close(&f);
}

/* ---- templates --------------------------------------------------------------------- */

static json_t *template(const char *name, const char *kind, const char *text)
{
	return json_pack("{s:s, s:s, s:s}", "name", name, "kind", kind, "text", text);
}

static void
templates(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", 2);
	fix_settle(&f);
	const char *officer = f.n[AUTHORITY].officer;
	json_t *got = fix_must(
		&f, AUTHORITY, officer, "POST", "/v1/templates",
		template("first", "message", "Case {case}, {items} items for {peer}."));
	assert_int_equal(fix_int(got, "version"), 1);
	got = fix_must(&f, AUTHORITY, officer, "POST", "/v1/templates",
		       template("first", "message",
				"{items} items for {peer}, {officer}, {subject}"));
	assert_int_equal(fix_int(got, "version"), 2);
	fix_must(&f, AUTHORITY, officer, "POST", "/v1/templates",
		 template("second", "reason", "No."));
	got = fix_must(&f, AUTHORITY, officer, "GET", "/v1/templates", NULL);
	assert_int_equal(json_array_size(json_object_get(got, "templates")), 2);
	got = fix_must(&f, AUTHORITY, officer, "GET", "/v1/templates",
		       json_pack("{s:s}", "kind", "reason"));
	assert_int_equal(json_array_size(json_object_get(got, "templates")), 1);
	got = fix_must(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET",
		       "/v1/templates/first", NULL);
	assert_int_equal(fix_int(got, "version"), 2);

	/* What the case does not say stays open, and cannot be sent. */
	got = fix_must(&f, AUTHORITY, officer, "POST", "/v1/templates/first/render",
		       json_pack("{s:s}", "case", c));
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(got, "open"), 0)),
		"officer");
	fix_refused(&f, AUTHORITY, officer, "POST", case_path(&f, c, "say"),
		    json_pack("{s:s}", "text", fix_text(got, "text")), RC_INVALID,
		    "still has the place {officer}");
	got = fix_must(&f, AUTHORITY, officer, "POST", "/v1/templates/first/render",
		       json_pack("{s:s, s:{s:s}}", "case", c, "values", "officer",
				 "{not} a place"));
	assert_int_equal(json_array_size(json_object_get(got, "open")), 0);
	fix_act(&f, AUTHORITY, c, "say",
		json_pack("{s:s}", "text", fix_text(got, "text")));
	fix_settle(&f);
	got = json_array_get(json_object_get(fix_case(&f, PLATFORM, c), "messages"), 0);
	assert_string_equal(fix_text(got, "text"),
			    "2 items for platform.example, {not} a place, Konten");
	fix_close(&f);
}

static void
templates_refused(void **state)
{
	static const struct {
		const char *name, *kind, *text, *why;
	} rows[] = {
		{"A", "message", "x", "name"},	{"../x", "message", "x", "name"},
		{"a", "poem", "x", "poem"},	{"a", "message", "", "text"},
		{"-a", "message", "x", "name"},
	};
	struct fix f;

	(void)state;
	fix_open_one(&f, AUTHORITY);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/templates",
			    template(rows[i].name, rows[i].kind, rows[i].text),
			    RC_INVALID, rows[i].why);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "GET", "/v1/templates/none",
		    NULL, RC_NOT_FOUND, "no template");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/templates",
		 template("a", "message", "x"));
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/templates/a/render",
		    json_pack("{s:{s:i}}", "values", "x", 1), RC_INVALID, "values");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/templates/a/render",
		    json_pack("{s:[]}", "values"), RC_INVALID, "values");
	fix_close(&f);
}

/* Every text that a person sends is refused while a place is open in it. */
static void
open_places(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", 2);
	fix_settle(&f);
	const struct {
		enum party p;
		const char *act, *member;
		json_t *more;
	} rows[] = {
		{AUTHORITY, "say", "text", NULL},
		{PLATFORM, "say", "text", NULL},
		{PLATFORM, "refuse", "reason", NULL},
		{PLATFORM, "decide", "reason", json_pack("{s:s}", "outcome", "kept")},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *in = json_pack("{s:s}", rows[i].member, "Because {why}.");
		const char *who = rows[i].p == AUTHORITY ? f.n[AUTHORITY].officer
							 : f.n[PLATFORM].agent;
		if (rows[i].more != NULL)
			json_object_update(in, rows[i].more);
		fix_refused(&f, rows[i].p, who, "POST", case_path(&f, c, rows[i].act),
			    json_incref(in), RC_INVALID, "{why}");
		json_object_set_new(in, rows[i].member, json_string("Because {{why}}."));
		fix_must(&f, rows[i].p, who, "POST", case_path(&f, c, rows[i].act), in);
		json_decref(rows[i].more);
		fix_settle(&f);
	}
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/orders",
		    json_pack("{s:[s], s:[s], s:s, s:s, s:s, s:s, s:s}", "names",
			      "a.example", "cites", c, "reasons", "For {why}.",
			      "legal_basis", "L", "proportionality", "P", "collateral",
			      "C", "ends", "2017-08-10T00:00:00Z"),
		    RC_INVALID, "{why}");
	static const char *const acts[] = {"lift", "override", "return"};
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		char zeros[65] = "";
		memset(zeros, '0', 64);
		json_t *in = json_pack("{s:s}", "reason", "For {why}.");
		if (strcmp(acts[i], "lift") != 0)
			json_object_set_new(in, "text_sha256", json_string(zeros));
		fix_refused(
			&f, AUTHORITY, f.n[AUTHORITY].approver, "POST",
			arena_printf(f.a,
				     "/v1/orders/01890a5d-ac96-774b-bcce-b302099a8057/%s",
				     acts[i]),
			in, RC_INVALID, "{why}");
	}
	static const char *const texts[] = {"subject", "legal_basis", "letter"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *in = json_pack("{s:s, s:s, s:s, s:s}", "csv",
				       fix_csv(&f, "u.example", 1), "reference", "A-2",
				       "subject", "S", "legal_basis", "L");
		json_object_set_new(in, texts[i], json_string("For {whom}"));
		fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/notices",
			    in, RC_INVALID, "{whom}");
	}
	fix_close(&f);
}

/* ---- counts ------------------------------------------------------------------------ */

static void
assert_counts(const json_t *n, const char *want)
{
	static const char *const words[] = {"submitted", "accepted", "refused",
					    "duplicate", "decided",  "open"};
	char got[80] = "";
	size_t len = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%" PRId64,
					i == 0 ? "" : " ", fix_int(n, words[i]));
	assert_string_equal(got, want);
}

static const json_t *
counts_of(struct fix *f, enum party p, const char *casefile)
{
	return json_object_get(fix_case(f, p, casefile), "counts");
}

/* Every row of the list is accounted for, on both sides, and signed at the close. */
static void
counts(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_text(fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
					  "/v1/notices",
					  json_pack("{s:s, s:s, s:s, s:s, s:b}", "csv",
						    "target,category\n"
						    "https://a.example/1,other\n"
						    "https://a.example/2,other\n"
						    "https://a.example/1,other\n"
						    "https://a.example/3,nonsense\n"
						    "https://a.example/1,other\n",
						    "reference", "C-1", "subject", "S",
						    "legal_basis", "L", "partial", 1)),
				 "case");
	fix_settle(&f);
	fix_act(&f, PLATFORM, c, "accept", NULL);
	fix_act(&f, PLATFORM, c, "decide",
		json_pack("{s:[i], s:s}", "items", 0, "outcome", "removed"));
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++)
		assert_counts(counts_of(&f, (enum party)p, c), "5 2 1 2 1 1");
	/* The platform cannot stop its clock by closing. */
	fix_refused(&f, PLATFORM, f.n[PLATFORM].agent, "POST", case_path(&f, c, "close"),
		    NULL, RC_CONFLICT, "1 of 2 items are not decided");
	fix_refused(&f, PLATFORM, f.n[PLATFORM].agent, "POST", case_path(&f, c, "close"),
		    json_pack("{s:b, s:s}", "withdraw", 1, "reason", "x"), RC_DENIED,
		    "only the authority");
	/* What crosses the close is not in its counts, and it stands. */
	json_t *r = fix_act(&f, AUTHORITY, c, "close",
			    json_pack("{s:b, s:s}", "withdraw", 1, "reason", "Enough."));
	assert_counts(json_object_get(r, "counts"), "5 2 1 2 1 1");
	fix_act(&f, PLATFORM, c, "decide", json_pack("{s:s}", "outcome", "removed"));
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		assert_string_equal(fix_text(fix_case(&f, (enum party)p, c), "state"),
				    "accepted");
		assert_counts(counts_of(&f, (enum party)p, c), "5 2 1 2 2 0");
		assert_int_equal(fix_query(&f, (enum party)p,
					   "SELECT count(*) FROM v_event WHERE void IS "
					   "NOT NULL"),
				 0);
	}
	/* When all is decided, either side may close. */
	r = fix_act(&f, PLATFORM, c, "close", NULL);
	assert_counts(json_object_get(r, "counts"), "5 2 1 2 2 0");
	fix_settle(&f);
	assert_string_equal(fix_text(fix_case(&f, AUTHORITY, c), "state"), "closed");
	json_t *st =
		fix_must(&f, PLATFORM, f.n[PLATFORM].auditor, "GET", "/v1/status", NULL);
	assert_counts(json_object_get(st, "counts"), "5 2 1 2 2 0");
	fix_same_case(&f, c);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

/* Of a case that was refused every item is; taken up again, none. */
static void
counts_refused(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", 3);
	fix_settle(&f);
	fix_act(&f, PLATFORM, c, "refuse", json_pack("{s:s}", "reason", "Not ours."));
	fix_settle(&f);
	assert_counts(counts_of(&f, AUTHORITY, c), "3 0 3 0 0 0");
	json_t *r = fix_act(&f, AUTHORITY, c, "close", NULL);
	assert_counts(json_object_get(r, "counts"), "3 0 3 0 0 0");
	fix_settle(&f);
	fix_act(&f, PLATFORM, c, "reopen", NULL);
	fix_settle(&f);
	fix_act(&f, PLATFORM, c, "accept", NULL);
	fix_settle(&f);
	assert_counts(counts_of(&f, AUTHORITY, c), "3 3 0 0 0 3");
	fix_close(&f);
}

/* ---- prepared steps ---------------------------------------------------------------- */

static void
tick(struct fix *f)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	fix_ok(service_tick(f->n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
}

static json_t *
prepared(struct fix *f)
{
	return json_object_get(fix_must(f, AUTHORITY, f->n[AUTHORITY].auditor, "GET",
					"/v1/prepared", NULL),
			       "prepared");
}

/* What was written with the last act of that type. */
static const char *
text_of(struct fix *f, enum party p, const char *casefile, const char *type)
{
	const char *text = NULL;
	size_t i;
	json_t *ev;

	json_array_foreach (json_object_get(fix_case(f, p, casefile), "timeline"), i, ev)
		if (strcmp(fix_text(ev, "type"), type) == 0)
			text = fix_text(ev, "text");
	return text;
}

static const char *
send_path(struct fix *f, const json_t *row)
{
	return arena_printf(f->a, "/v1/prepared/%s/send", fix_text(row, "prepared"));
}

/* Prepared when it is due and not before; sent by a person, once. */
static void
prepares(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *officer = f.n[AUTHORITY].officer;
	fix_must(&f, AUTHORITY, officer, "POST", "/v1/templates",
		 template("reminder", "reminder", "{open} of {items} items are open."));
	fix_must(&f, AUTHORITY, officer, "POST", "/v1/templates",
		 template("warning-1", "warning", "Warning {level} by {officer}."));
	const char *c = fix_send(&f, "A-1", "t.example", 2);
	fix_settle(&f);
	tick(&f);
	assert_int_equal(json_array_size(prepared(&f)), 0);
	fix_clock_add(111 * FIX_S);
	tick(&f);
	fix_clock_add(2 * FIX_S);
	tick(&f);
	assert_int_equal(json_array_size(prepared(&f)), 1);
	/* It is looked at once, and once more after a rebuild; it stays one. */
	static const char looked[] = "SELECT count(*) FROM v_step WHERE prepared = 1";
	assert_int_equal(fix_query(&f, AUTHORITY, looked), 1);
	fix_rebuilt_equal(&f, AUTHORITY);
	assert_int_equal(fix_query(&f, AUTHORITY, looked), 0);
	tick(&f);
	assert_int_equal(fix_query(&f, AUTHORITY, looked), 1);
	assert_int_equal(json_array_size(prepared(&f)), 1);
	/* What changes nothing of it leaves it looked at. */
	fix_act(&f, AUTHORITY, c, "say", json_pack("{s:s}", "text", "Hello."));
	assert_int_equal(fix_query(&f, AUTHORITY, looked), 1);
	json_t *row = json_array_get(prepared(&f), 0);
	assert_string_equal(fix_text(row, "step"), "remind");
	assert_string_equal(fix_text(row, "text"), "2 of 2 items are open.");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST", send_path(&f, row),
		    NULL, RC_DENIED, "needs one of");
	fix_must(&f, AUTHORITY, officer, "POST", send_path(&f, row), NULL);
	fix_refused(&f, AUTHORITY, officer, "POST", send_path(&f, row), NULL, RC_CONFLICT,
		    "sent already");
	assert_int_equal(json_array_size(prepared(&f)), 0);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "case.remind"), 1);
	fix_settle(&f);
	assert_string_equal(text_of(&f, PLATFORM, c, "case.remind"),
			    "2 of 2 items are open.");
	fix_clock_add(11 * FIX_S);
	tick(&f);
	row = json_array_get(prepared(&f), 0);
	assert_string_equal(fix_text(row, "step"), "warn");
	assert_int_equal(fix_int(row, "level"), 1);
	/* A place is open: the person says what it is, or writes another text. */
	fix_refused(&f, AUTHORITY, officer, "POST", send_path(&f, row), NULL, RC_INVALID,
		    "{officer}");
	/* One that is no longer next is not shown, and cannot be sent. */
	fix_act(&f, PLATFORM, c, "decide", json_pack("{s:s}", "outcome", "removed"));
	fix_settle(&f);
	assert_int_equal(json_array_size(prepared(&f)), 0);
	fix_refused(&f, AUTHORITY, officer, "POST", send_path(&f, row),
		    json_pack("{s:s}", "text", "x"), RC_CONFLICT,
		    "no reminder or warning");
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_close(&f);
}

/* Where the policy says so the node sends it; not with a place open. */
static void
sent_by_node(void **state)
{
	struct fix f;
	json_t *p = json_loads(fix_policy, 0, NULL);
	json_t *ladder = json_object_get(p, "ladder");

	(void)state;
	json_object_set_new(json_array_get(ladder, 0), "by", json_string("node"));
	json_object_set_new(json_array_get(ladder, 1), "by", json_string("node"));
	char *text = json_dumps(p, 0);
	fix_open_policy(&f, text);
	free(text);
	json_decref(p);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/templates",
		 template("warning", "warning", "{who} warns."));
	const char *c = fix_send(&f, "A-1", "t.example", 2);
	fix_settle(&f);
	fix_clock_add(111 * FIX_S);
	tick(&f);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "case.remind"), 1);
	assert_int_equal(json_array_size(prepared(&f)), 0);
	assert_string_equal(
		fix_query_text(&f, AUTHORITY,
			       "SELECT author FROM v_event WHERE type = 'case.remind'"),
		"node");
	fix_settle(&f);
	fix_clock_add(11 * FIX_S);
	tick(&f);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "case.warn"), 0);
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM alarm WHERE kind = "
				   "'prepared_step' AND cleared_us = 0"),
			 1);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		 send_path(&f, json_array_get(prepared(&f), 0)),
		 json_pack("{s:s}", "text", "We warn."));
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "case.warn"), 1);
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM alarm WHERE kind = "
				   "'prepared_step' AND cleared_us = 0"),
			 0);
	fix_settle(&f);
	fix_same_case(&f, c);
	fix_close(&f);
}

/* One case that the node cannot send for does not hold up the others: it is set aside
 * with an alarm, a person sends it, and the alarm ends. */
static void
one_that_cannot_be_sent(void **state)
{
	static const char standing[] = "SELECT count(*) FROM alarm WHERE kind = "
				       "'prepared_step' AND cleared_us = 0";
	enum { SUBJECT = 4000 };
	struct fix f;
	json_t *p = json_loads(fix_policy, 0, NULL);
	json_t *ladder = json_object_get(p, "ladder");
	char subject[SUBJECT + 1];

	(void)state;
	json_object_set_new(json_array_get(ladder, 0), "by", json_string("node"));
	char *text = json_dumps(p, 0);
	fix_open_policy(&f, text);
	free(text);
	json_decref(p);
	memset(subject, 's', SUBJECT);
	subject[SUBJECT] = '\0';
	/* Five times such a subject are more than an event takes. */
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/templates",
		 template("reminder", "reminder",
			  "{subject}{subject}{subject}{subject}{subject}"));
	fix_send(&f, "A-1", "t.example", 2);
	const char *bad = fix_text(
		fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/notices",
			 json_pack("{s:s, s:s, s:s, s:s}", "csv",
				   fix_csv(&f, "u.example", 1), "reference", "A-2",
				   "subject", subject, "legal_basis", "L")),
		"case");
	fix_send(&f, "A-3", "v.example", 2);
	fix_settle(&f);
	fix_clock_add(111 * FIX_S);
	tick(&f);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "case.remind"), 2);
	assert_int_equal(fix_query(&f, AUTHORITY, standing), 1);
	const char *why = fix_query_text(
		&f, AUTHORITY,
		"SELECT subject || ': ' || body FROM alarm WHERE cleared_us = 0");
	assert_non_null(strstr(why, bad));
	assert_non_null(strstr(why, "16384"));
	/* Not tried again at each tick; a person sends it, with a text or without. */
	tick(&f);
	assert_int_equal(json_array_size(prepared(&f)), 1);
	assert_string_equal(fix_text(json_array_get(prepared(&f), 0), "case"), bad);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		 send_path(&f, json_array_get(prepared(&f), 0)),
		 json_pack("{s:s}", "text", "Please answer."));
	tick(&f);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "case.remind"), 3);
	assert_int_equal(fix_query(&f, AUTHORITY, standing), 0);
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes),
		cmocka_unit_test(read_by_name),
		cmocka_unit_test(notes_stay),
		cmocka_unit_test(templates),
		cmocka_unit_test(templates_refused),
		cmocka_unit_test(open_places),
		cmocka_unit_test(counts),
		cmocka_unit_test(counts_refused),
		cmocka_unit_test(prepares),
		cmocka_unit_test(sent_by_node),
		cmocka_unit_test(one_that_cannot_be_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
