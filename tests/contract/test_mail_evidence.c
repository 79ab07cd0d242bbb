/*
 * E-mail that became part of a case: given to the other side as evidence, kept no longer
 * than needed, and erased with everything else that a node holds of the case.
 */
#include "evidence_fixture.h"

#include <inttypes.h>

#include "base/enc.h"
#include "mail/mail.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM
#define SECRET	  "rahasianegara"
#define DAY_S	  86400

/* ---- helpers ----------------------------------------------------------------------- */

static void
open_world(struct fix *f, const char *policy)
{
	fix_open_policy(f, policy);
	service_mail_reader(f->n[AUTHORITY].nd, mail_read);
}

static void
setting(struct fix *f, const char *line)
{
	FILE *conf =
		fopen(arena_printf(f->a, "%s/saluran.conf", f->n[AUTHORITY].dir), "w");
	const char *store = f->n[AUTHORITY].store;

	assert_non_null(conf);
	fprintf(conf, "%s\n", line);
	if (store != NULL)
		fprintf(conf, "store = %s\n", store);
	fclose(conf);
	fix_reopen(f, AUTHORITY);
	service_mail_reader(f->n[AUTHORITY].nd, mail_read);
}

static const char *
letter(struct fix *f, const char *id, const char *answers)
{
	return arena_printf(f->a,
			    "From: " SECRET "@ministry.example\nTo: abuse@p.example\n"
			    "Date: Fri, 14 Jul 2017 11:00:00 +0700\nSubject: " SECRET
			    " %s\nMessage-ID: <%s>\n%s%s%s\nDasar hukum: UU 11/2008\n"
			    "1. https://" SECRET ".example/%s/1\n"
			    "2. https://" SECRET ".example/%s/2\n",
			    id, id, answers == NULL ? "" : "In-Reply-To: <",
			    answers == NULL ? "" : answers, answers == NULL ? "" : ">\n",
			    id, id);
}

static json_t *
mail_in(struct fix *f, const char *raw)
{
	return json_pack("{s:s, s:s}", "raw", b64_arena(f->a, raw, strlen(raw)), "source",
			 SECRET ".mbox");
}

static json_t *
import(struct fix *f, const char *raw)
{
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/mail",
			mail_in(f, raw));
}

static json_t *
send_in(const char *mail, const char *reference, bool no_evidence)
{
	return json_pack("{s:[s], s:s, s:s, s:s, s:s, s:b}", "mails", mail, "reference",
			 reference, "subject", "Surat " SECRET, "legal_basis",
			 "UU 11/2008", "category", "other", "no_evidence", no_evidence);
}

static const char *
sent(struct fix *f, json_t *in)
{
	return fix_text(fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
				 "/v1/mail/send", in),
			"case");
}

static void
tick(struct fix *f, enum party p)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	fix_ok(service_tick(f->n[p].nd, FIX_S, &wait_us, &e), &e, "tick");
}

static void
join(struct fix *f, const char *mail, const char *casefile, bool no_evidence)
{
	fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
		 arena_printf(f->a, "/v1/mail/%s/join", mail),
		 json_pack("{s:s, s:b}", "case", casefile, "no_evidence", no_evidence));
}

static int64_t
kept(struct fix *f)
{
	int64_t bytes = fix_query(f, AUTHORITY, "SELECT bytes FROM mail_total");

	assert_int_equal(fix_query(f, AUTHORITY,
				   "SELECT coalesce(sum(length(raw)), 0) FROM mail_raw"),
			 bytes);
	return bytes;
}

/* The message as a person reads it, from evidence. */
static void
raw_streams(struct fix *f, const char *mail, const char *want)
{
	struct node *nd = f->n[AUTHORITY].nd;
	json_t *in = json_object();
	const struct service_route *r;
	const struct actor *who;
	struct reply out = {0};
	struct err e = ERR_INIT;
	uint8_t bytes[4000];
	size_t n;

	fix_ok(actor_authenticate(nd, f->a, f->n[AUTHORITY].auditor, &who, &e), &e, "a");
	fix_ok(service_route_find("GET", arena_printf(f->a, "/v1/mail/%s/raw", mail), in,
				  &r, &e),
	       &e, "route");
	fix_ok(service_run(nd, f->a, r, who, in, &out, &e), &e, "raw");
	assert_non_null(out.download);
	fix_ok(download_read(out.download, bytes, sizeof(bytes), &n, &e), &e, "read");
	assert_int_equal(n, strlen(want));
	assert_memory_equal(bytes, want, n);
	download_close(out.download);
	json_decref(in);
}

/* ---- given as evidence ------------------------------------------------------------- */

static void
given(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;

	(void)state;
	open_world(&f, fix_policy);
	const char *raw = letter(&f, "a1@m.example", NULL);
	json_t *r = import(&f, raw);
	const char *mail = fix_text(r, "mail");
	assert_int_equal(kept(&f), strlen(raw));
	const char *c = sent(&f, send_in(mail, "2017/1", false));
	/* It waits to be sealed, and is the same when it is sent again. */
	assert_string_equal(sent(&f, send_in(mail, "2017/1", false)), c);
	json_t *up = json_object_get(files_of(&f, AUTHORITY, c), "uploads");
	assert_int_equal(json_array_size(up), 1);
	assert_string_equal(fix_text(json_array_get(up, 0), "state"), "receiving");
	fix_settle(&f);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "evidence.add"), 0);
	tick(&f, AUTHORITY);
	/* Here until the other side has it; then as evidence alone. */
	assert_int_equal(kept(&f), strlen(raw));
	settle(&f);
	assert_int_equal(kept(&f), 0);
	assert_int_equal(fix_events(&f, PLATFORM, AUTHORITY, "evidence.add"), 1);
	const json_t *file = file_at(&f, PLATFORM, c, 0);
	assert_string_equal(fix_text(file, "media_type"), "message/rfc822");
	assert_string_equal(fix_text(file, "name"),
			    arena_printf(f.a, "%s.eml", fix_text(r, "sha256")));
	check_all(&f, PLATFORM);
	fix_ok(download(&f, PLATFORM, fix_text(file, "sha256"), (const uint8_t *)raw,
			strlen(raw), &e),
	       &e, "download");
	raw_streams(&f, mail, raw);
	/* Who read it is on record. */
	fix_act(&f, AUTHORITY, c, "say", json_pack("{s:s}", "text", "x"));
	assert_int_equal(fix_query(&f, AUTHORITY,
				   arena_printf(f.a,
						"SELECT count(*) FROM access WHERE route "
						"= '/v1/mail/{mail}/raw' AND object = "
						"'%s' AND outcome = 'ok'",
						mail)),
			 1);
	fix_act(&f, PLATFORM, c, "say", json_pack("{s:s}", "text", "x"));
	assert_int_equal(fix_query(&f, PLATFORM,
				   arena_printf(f.a,
						"SELECT count(*) FROM access WHERE route "
						"= '/v1/evidence/{sha256}' AND object = "
						"'%s' AND outcome = 'ok'",
						fix_text(file, "sha256"))),
			 1);
	/* Joined again to its case it is not given again. */
	join(&f, mail, c, false);
	assert_string_equal(sent(&f, send_in(mail, "2017/1", false)), c);
	tick(&f, AUTHORITY);
	settle(&f);
	assert_int_equal(fix_events(&f, PLATFORM, AUTHORITY, "evidence.add"), 1);
	/* Content that came once is not kept again. */
	assert_string_equal(fix_text(import(&f, raw), "answer"), "again");
	assert_int_equal(kept(&f), 0);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_close(&f);
}

/* A person says no, and may think better of it. */
static void
not_given(void **state)
{
	struct fix f;

	(void)state;
	open_world(&f, fix_policy);
	const char *raw = letter(&f, "a1@m.example", NULL);
	const char *mail = fix_text(import(&f, raw), "mail");
	const char *c = sent(&f, send_in(mail, "2017/1", true));
	tick(&f, AUTHORITY);
	settle(&f);
	assert_int_equal(
		json_array_size(json_object_get(files_of(&f, AUTHORITY, c), "uploads")),
		0);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "evidence.add"), 0);
	assert_int_equal(kept(&f), strlen(raw));
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    arena_printf(f.a, "/v1/mail/%s/join", mail),
		    json_pack("{s:s, s:s}", "case", c, "no_evidence", "yes"), RC_INVALID,
		    "no_evidence");
	join(&f, mail, c, false);
	tick(&f, AUTHORITY);
	settle(&f);
	assert_int_equal(fix_events(&f, PLATFORM, AUTHORITY, "evidence.add"), 1);
	fix_close(&f);
}

/* What is joined by its thread alone nobody has looked at: it is given by name only. */
static void
joined(void **state)
{
	struct fix f;

	(void)state;
	open_world(&f, fix_policy);
	const char *c = fix_send(&f, "r-1", "a.example", 1);
	const char *a = fix_text(import(&f, letter(&f, "a@m.example", NULL)), "mail");
	const char *b =
		fix_text(import(&f, letter(&f, "b@m.example", "a@m.example")), "mail");
	join(&f, a, c, false);
	assert_int_equal(
		fix_query(&f, AUTHORITY,
			  "SELECT count(*) FROM mail_message WHERE casefile IS NOT NULL"),
		2);
	tick(&f, AUTHORITY);
	settle(&f);
	assert_int_equal(fix_events(&f, PLATFORM, AUTHORITY, "evidence.add"), 1);
	join(&f, b, c, false);
	tick(&f, AUTHORITY);
	settle(&f);
	assert_int_equal(fix_events(&f, PLATFORM, AUTHORITY, "evidence.add"), 2);
	fix_close(&f);
}

/* What cannot be sealed now says why, and is tried again. */
static void
put_off(void **state)
{
	struct fix f;

	(void)state;
	open_world(&f, fix_policy);
	const char *mail = fix_text(import(&f, letter(&f, "a@m.example", NULL)), "mail");
	setting(&f, "evidence.escrow = age1wrong");
	const char *c = sent(&f, send_in(mail, "2017/1", false));
	tick(&f, AUTHORITY);
	const json_t *up =
		json_array_get(json_object_get(files_of(&f, AUTHORITY, c), "uploads"), 0);
	assert_string_equal(fix_text(up, "state"), "receiving");
	assert_non_null(strstr(fix_text(up, "reason"), "evidence.escrow"));
	setting(&f, "# none");
	tick(&f, AUTHORITY);
	settle(&f);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "evidence.add"), 0);
	fix_clock_add(61 * FIX_S);
	tick(&f, AUTHORITY);
	settle(&f);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "evidence.add"), 1);
	fix_close(&f);
}

/* ---- sent in part ------------------------------------------------------------------ */

static void
partial(void **state)
{
	struct fix f;

	(void)state;
	open_world(&f, fix_policy);
	const char *officer = f.n[AUTHORITY].officer;
	const char *raw = letter(&f, "a@m.example", NULL);
	const char *mail = fix_text(import(&f, raw), "mail");
	fix_must(&f, AUTHORITY, officer, "POST",
		 arena_printf(f.a, "/v1/mail/%s/decide-proposals", mail),
		 json_pack("{s:[{s:i, s:s, s:s}]}", "items", "n", 1, "do", "keep",
			   "category", "other"));
	json_t *in = send_in(mail, "2017/1", false);
	json_object_del(in, "category");
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/mail/send", json_deep_copy(in),
		    RC_INVALID, "partial");
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM v_case"), 0);
	json_object_set_new(in, "partial", json_true());
	/* A place that nobody filled in stops the letter, and the subject. */
	static const char *const texts[] = {"letter", "subject", "legal_basis"};
	for (size_t i = 0; i < 3; i++) {
		json_t *open = json_deep_copy(in);
		json_object_set_new(open, texts[i], json_string("Dear {name}"));
		fix_refused(&f, AUTHORITY, officer, "POST", "/v1/mail/send", open,
			    RC_INVALID, "{name}");
	}
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM v_case"), 0);
	json_object_set_new(in, "letter", json_string("Dear {{name}}"));
	const char *c = sent(&f, json_deep_copy(in));
	/* The other is still to be sent, and the message still here for it. */
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT sum(n) FROM mail_proposal WHERE state = "
				   "'proposed'"),
			 2);
	assert_string_equal(sent(&f, in), c);
	tick(&f, AUTHORITY);
	settle(&f);
	assert_int_equal(kept(&f), strlen(raw));
	const char *d = sent(&f, send_in(mail, "2017/2", false));
	assert_string_not_equal(c, d);
	tick(&f, AUTHORITY);
	settle(&f);
	assert_int_equal(kept(&f), 0);
	assert_int_equal(fix_int(fix_case(&f, PLATFORM, c), "items"), 1);
	assert_int_equal(fix_int(fix_case(&f, PLATFORM, d), "items"), 1);
	assert_int_equal(fix_events(&f, PLATFORM, AUTHORITY, "evidence.add"), 2);
	fix_close(&f);
}

/* ---- how much, and how long -------------------------------------------------------- */

static void
quota(void **state)
{
	struct fix f;

	(void)state;
	open_world(&f, fix_policy);
	const char *raw = letter(&f, "a@m.example", NULL);
	const char *next = letter(&f, "b@m.example", NULL);
	setting(&f, arena_printf(f.a, "mail.keep_bytes = %zu", strlen(raw)));
	const char *mail = fix_text(import(&f, raw), "mail");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/mail",
		    mail_in(&f, next), RC_FULL, "mail.keep_bytes");
	/* What is here already is no more. */
	assert_string_equal(fix_text(import(&f, raw), "answer"), "again");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		 arena_printf(f.a, "/v1/mail/%s/drop", mail), NULL);
	assert_string_equal(fix_text(import(&f, next), "answer"), "imported");
	fix_close(&f);
}

static void
forgotten(void **state)
{
	struct fix f;

	(void)state;
	open_world(&f, fix_policy);
	const char *raw = letter(&f, "a@m.example", "z@m.example");
	const char *other = letter(&f, "b@m.example", NULL);
	const char *mail = fix_text(import(&f, raw), "mail");
	(void)import(&f, other);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		 arena_printf(f.a, "/v1/mail/%s/drop", mail), NULL);
	fix_clock_add(364 * DAY_S * FIX_S);
	tick(&f, AUTHORITY);
	assert_string_equal(fix_text(import(&f, raw), "state"), "dropped");
	fix_clock_add(2 * DAY_S * FIX_S);
	tick(&f, AUTHORITY);
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM mail_message"),
			 1);
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM mail_ref"), 0);
	assert_string_equal(fix_text(import(&f, raw), "answer"), "imported");
	/* 0: for ever. */
	setting(&f, "mail.forget_days = 0");
	mail = fix_text(import(&f, raw), "mail");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		 arena_printf(f.a, "/v1/mail/%s/drop", mail), NULL);
	fix_clock_add(3650 * DAY_S * FIX_S);
	tick(&f, AUTHORITY);
	assert_string_equal(fix_text(import(&f, raw), "state"), "dropped");
	fix_close(&f);
}

/* ---- erasure ----------------------------------------------------------------------- */

/* How many rows of a table have it in a column, as text or as bytes. */
static int64_t
rows_saying(struct fix *f, enum party p, const char *place, const char *text)
{
	const char *dot = strchr(place, '.');
	char *hex = arena_alloc(f->a, 2 * strlen(text) + 1);

	hex_encode((const uint8_t *)text, strlen(text), hex);
	return fix_query(f, p,
			 arena_printf(f->a,
				      "SELECT count(*) FROM %.*s AS r WHERE "
				      "instr(lower(CAST(\"%s\" AS TEXT)), '%s') > 0 OR "
				      "instr(lower(CAST(\"%s\" AS TEXT)), '%s') > 0",
				      (int)(dot - place), place, dot + 1, text, dot + 1,
				      hex));
}

/* Where the store of a node says it: NULL, or "table.column"; of a server "table.r", as
 * whole rows can be looked at there. */
static const char *
place_of(struct fix *f, enum party p, const char *text)
{
	const char *columns = fix_query_text(
		f, p,
		f->n[p].store == NULL
			? "SELECT group_concat(m.name || '.' || c.name, ' ') FROM "
			  "sqlite_master m, pragma_table_info(m.name) c WHERE m.type = "
			  "'table'"
			: "SELECT group_concat(table_name || '.r', ' ') FROM "
			  "information_schema.tables WHERE table_schema = "
			  "current_schema()");
	char *at = arena_strdup(f->a, columns), *save = NULL;

	for (char *one = strtok_r(at, " ", &save); one != NULL;
	     one = strtok_r(NULL, " ", &save))
		if (rows_saying(f, p, one, text) != 0)
			return one;
	return NULL;
}

/* A salted disclosure stands in the store as base64url of JSON. */
static bool
disclosed(struct fix *f, enum party p)
{
	return fix_query(f, p,
			 "SELECT count(*) FROM log_disclosure WHERE body IS NOT NULL") !=
	       0;
}

static char *
holding_policy(void)
{
	json_t *p = json_loads(fix_policy, 0, NULL);

	json_object_set_new(p, "decide",
			    json_pack("{s:i, s:i}", "confirm_above", 1, "hold_s", 5));
	char *text = json_dumps(p, JSON_COMPACT);
	json_decref(p);
	return text;
}

static void
text_act(struct fix *f, enum party p, const char *c, const char *act)
{
	fix_act(f, p, c, act, json_pack("{s:s}", "text", SECRET " kata"));
	fix_settle(f);
}

static json_t *
decide(struct fix *f, const char *c)
{
	return fix_act(f, PLATFORM, c, "decide",
		       json_pack("{s:s, s:s, s:s}", "items", "open", "outcome", "kept",
				 "reason", SECRET " alasan"));
}

/* A case with a text in each place that has one. */
static const char *
whole_story(struct fix *f)
{
	const char *officer = f->n[AUTHORITY].officer;

	fix_must(f, AUTHORITY, officer, "POST", "/v1/templates",
		 json_pack("{s:s, s:s, s:s, s:s}", "name", "reminder", "kind", "reminder",
			   "language", "id", "text", "Pengingat: {subject}"));
	const char *a = fix_text(import(f, letter(f, "a@m.example", NULL)), "mail");
	const char *b =
		fix_text(import(f, letter(f, "b@m.example", "a@m.example")), "mail");
	const char *c = sent(f, send_in(a, "2017/1", false));
	fix_settle(f);
	join(f, b, c, true);
	tick(f, AUTHORITY);
	settle(f);
	(void)give(f, AUTHORITY, c, SECRET ".png", pattern(f, 1000), 1000);
	settle(f);
	fix_act(f, PLATFORM, c, "accept", NULL);
	fix_settle(f);
	fix_clock_add(120 * FIX_S);
	tick(f, AUTHORITY);
	text_act(f, PLATFORM, c, "clarify");
	text_act(f, AUTHORITY, c, "answer");
	for (int p = 0; p < PARTY_COUNT; p++) {
		text_act(f, (enum party)p, c, "notes");
		text_act(f, (enum party)p, c, "say");
	}
	/* Held, and taken back: its reason is in no event. */
	const char *held = fix_text(decide(f, c), "held");
	fix_must(f, PLATFORM, f->n[PLATFORM].agent, "POST",
		 arena_printf(f->a, "/v1/held/%s/cancel", held), NULL);
	decide(f, c);
	fix_clock_add(10 * FIX_S);
	tick(f, PLATFORM);
	fix_settle(f);
	text_act(f, AUTHORITY, c, "dispute");
	fix_act(f, AUTHORITY, c, "close", NULL);
	/* Given when it was too late: never delivered. */
	(void)upload_begin(f, AUTHORITY, c, SECRET ".mp4", 1000);
	fix_settle(f);
	return c;
}

static json_t *
erase_in(void)
{
	return json_pack("{s:s, s:s}", "what", "all", "reason", "masa simpan habis");
}

static void
erased(void **state)
{
	struct fix f;
	char *policy = holding_policy();

	(void)state;
	open_world(&f, policy);
	free(policy);
	const char *c = whole_story(&f);
	const char *erase = arena_printf(f.a, "/v1/cases/%s/erase", c);
	static const char *const places[PARTY_COUNT][6] = {
		{"case_note.body", "prepared.body", "mail_raw.raw", "mail_message.sender",
		 "mail_proposal.given", "evidence_out.name"},
		{"case_note.body", "held_decision.reason", "v_item.given",
		 "v_case.subject", "v_clarify.body", "v_message.body"},
	};
	for (int p = 0; p < PARTY_COUNT; p++)
		for (size_t i = 0; i < 6; i++)
			if (rows_saying(&f, (enum party)p, places[p][i], SECRET) == 0)
				fail_msg("%s is not tested: nothing is in it",
					 places[p][i]);
	/* Nothing of it while somebody holds it. */
	const char *hold = fix_text(fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST",
					     arena_printf(f.a, "/v1/cases/%s/holds", c),
					     json_pack("{s:s}", "reason", "Pengadilan")),
				    "hold");
	int64_t before = kept(&f);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", erase, erase_in(),
		    RC_CONFLICT, "hold");
	assert_int_equal(kept(&f), before);
	assert_non_null(place_of(&f, AUTHORITY, SECRET));
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST",
		 arena_printf(f.a, "/v1/cases/%s/holds/%s/release", c, hold),
		 json_pack("{s:s}", "reason", "selesai"));
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		enum party side = (enum party)p;
		assert_true(disclosed(&f, side));
		fix_must(&f, side, f.n[side].admin, "POST", erase, erase_in());
		const char *left = place_of(&f, side, SECRET);
		if (left != NULL)
			fail_msg("%s still has it in %s", party_name(side), left);
		fix_settle(&f);
		fix_rebuilt_equal(&f, side);
		left = place_of(&f, side, SECRET);
		if (left != NULL)
			fail_msg("%s has it again in %s", party_name(side), left);
	}
	assert_int_equal(kept(&f), 0);
	/* What was here and is erased does not come in again. */
	assert_string_equal(
		fix_text(import(&f, letter(&f, "b@m.example", "a@m.example")), "state"),
		"dropped");
	tick(&f, AUTHORITY);
	fix_settle(&f);
	assert_null(place_of(&f, AUTHORITY, SECRET));
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(given),     cmocka_unit_test(not_given),
		cmocka_unit_test(joined),    cmocka_unit_test(put_off),
		cmocka_unit_test(partial),   cmocka_unit_test(quota),
		cmocka_unit_test(forgotten), cmocka_unit_test(erased),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
