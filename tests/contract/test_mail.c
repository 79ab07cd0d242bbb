/*
 * E-mail in: the same content once, threads in any order, what a person decides, and the
 * notice that comes of it.
 */
#include "node_fixture.h"

#include <string.h>

#include "base/enc.h"
#include "mail/mail.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM
#define ROOT_TEXT                                                                        \
	"Dasar hukum: UU 11/2008\n1. https://t.me/badchannel1\n2. "                      \
	"https://t.me/badchannel2\n"

static void
open_world(struct fix *f)
{
	fix_open(f);
	service_mail_reader(f->n[AUTHORITY].nd, mail_read);
}

/* A letter; `answers` is the Message-ID that it answers to, or NULL. */
static const char *
letter(struct fix *f, const char *id, const char *answers, const char *text)
{
	return arena_printf(f->a,
			    "From: officer@ministry.example\nTo: abuse@platform.example\n"
			    "Date: Fri, 14 Jul 2017 11:00:00 +0700\nSubject: Laporan %s\n"
			    "Message-ID: <%s>\n%s%s%s\n%s",
			    id, id, answers == NULL ? "" : "In-Reply-To: <",
			    answers == NULL ? "" : answers, answers == NULL ? "" : ">\n",
			    text);
}

static json_t *
mail_in(struct fix *f, const char *raw)
{
	return json_pack("{s:s, s:s}", "raw", b64_arena(f->a, raw, strlen(raw)), "source",
			 "backlog.mbox message 1");
}

static json_t *
import(struct fix *f, const char *raw)
{
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/mail",
			mail_in(f, raw));
}

static json_t *
show(struct fix *f, const char *id)
{
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "GET",
			arena_printf(f->a, "/v1/mail/%s", id), NULL);
}

static json_t *
act(struct fix *f, const char *id, const char *verb, json_t *in)
{
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
			arena_printf(f->a, "/v1/mail/%s/%s", id, verb), in);
}

static json_t *
notice_in(const char *mail, const char *reference, const char *category)
{
	return json_pack("{s:[s], s:s, s:s, s:s, s:s*}", "mails", mail, "reference",
			 reference, "subject", "Letters of 2016", "legal_basis",
			 "UU 11/2008", "category", category);
}

static json_t *
proposal(const json_t *m, size_t i)
{
	return json_array_get(json_object_get(m, "proposals"), i);
}

/* ---- tests ------------------------------------------------------------------------- */

static void
same_content_once(void **state)
{
	struct fix f;
	(void)state;
	open_world(&f);
	const char *raw = letter(&f, "a1@ministry.example", NULL, ROOT_TEXT);
	json_t *r = import(&f, raw);
	const char *id = fix_text(r, "mail");

	assert_string_equal(fix_text(r, "answer"), "imported");
	assert_int_equal(fix_int(r, "proposals"), 2);
	const char *rows = fix_rows(&f, AUTHORITY);
	for (int i = 0; i < 2; i++) {
		r = import(&f, raw);
		assert_string_equal(fix_text(r, "answer"), "again");
		assert_string_equal(fix_text(r, "mail"), id);
	}
	/* Nothing of it is an event. */
	assert_string_equal(fix_rows(&f, AUTHORITY), rows);
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM mail_message"),
			 1);
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM mail_proposal"),
			 2);
	json_t *m = show(&f, id);
	assert_string_equal(fix_text(m, "legal_basis"), "UU 11/2008");
	assert_string_equal(fix_text(proposal(m, 0), "normal"),
			    "telegram:user/badchannel1");
	json_t *place = json_object_get(proposal(m, 0), "place");
	assert_string_equal(fix_text(place, "part"), "1 text/plain");
	assert_int_equal(fix_int(place, "line"), 2);
	assert_int_equal(fix_int(place, "column"), 4);
	fix_close(&f);
}

static void
preview_keeps_nothing(void **state)
{
	struct fix f;
	(void)state;
	open_world(&f);
	json_t *in = mail_in(&f, letter(&f, "a1@m.example", NULL, ROOT_TEXT));
	json_object_set_new(in, "preview", json_true());
	json_t *r =
		fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/mail", in);

	assert_string_equal(fix_text(r, "answer"), "preview");
	assert_int_equal(json_array_size(json_object_get(r, "proposed")), 2);
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM mail_message"),
			 0);
	fix_close(&f);
}

/* The reply names what the letter named, and one thing more. */
static void
threads_in_any_order(void **state)
{
	for (int reply_first = 0; reply_first < 2; reply_first++) {
		struct fix f;
		(void)state;
		open_world(&f);
		const char *root = letter(&f, "a1@m.example", NULL, ROOT_TEXT);
		const char *reply =
			letter(&f, "b1@p.example", "a1@m.example",
			       "> https://t.me/badchannel1\nhttps://t.me/other1\n");
		json_t *first = import(&f, reply_first ? reply : root);
		json_t *second = import(&f, reply_first ? root : reply);
		const char *root_id = fix_text(reply_first ? second : first, "mail");
		const char *reply_id = fix_text(reply_first ? first : second, "mail");

		assert_string_equal(fix_text(first, "answer"), "imported");
		assert_string_equal(fix_text(second, "answer"),
				    reply_first ? "imported" : "joined");
		json_t *m = show(&f, root_id), *r = show(&f, reply_id);
		assert_string_equal(fix_text(m, "state"), "new");
		assert_string_equal(fix_text(r, "state"), "joined");
		assert_string_equal(fix_text(m, "thread"), fix_text(r, "thread"));
		assert_string_equal(fix_text(proposal(m, 0), "state"), "proposed");
		assert_string_equal(fix_text(proposal(r, 0), "state"), "aside");
		/* The case of the letter is that of its reply. */
		json_t *sent = fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
					"/v1/mail/send",
					notice_in(root_id, "2016/1", "terrorism"));
		assert_string_equal(fix_text(show(&f, reply_id), "case"),
				    fix_text(sent, "case"));
		/* And of one that comes later. */
		r = import(&f, letter(&f, "c1@p.example", "b1@p.example", "Noted.\n"));
		assert_string_equal(fix_text(r, "answer"), "joined");
		assert_string_equal(fix_text(r, "case"), fix_text(sent, "case"));
		fix_close(&f);
	}
}

static void
becomes_a_notice(void **state)
{
	struct fix f;
	(void)state;
	open_world(&f);
	const char *id =
		fix_text(import(&f, letter(&f, "a1@m.example", NULL, ROOT_TEXT)), "mail");
	struct err e = ERR_INIT;
	json_t *r;

	/* Without categories nothing is sent, and each row says which proposal it is. */
	assert_int_equal(fix_call(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
				  "/v1/mail/send", notice_in(id, "2016/1", NULL), &r, &e),
			 RC_INVALID);
	json_t *problems = json_object_get(json_object_get(r, "batch"), "problems");
	assert_int_equal(json_array_size(problems), 2);
	assert_string_equal(fix_text(json_array_get(problems, 1), "mail"), id);
	assert_int_equal(fix_int(json_array_get(problems, 1), "n"), 2);

	act(&f, id, "decide-proposals",
	    json_pack("{s:[{s:i, s:s, s:s, s:s}, {s:i, s:s}]}", "items", "n", 1, "do",
		      "keep", "category", "terrorism", "description",
		      "Calls for violence\nagain", "n", 2, "do", "drop"));
	r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/mail/send",
		     notice_in(id, "2016/1", NULL));
	const char *casefile = fix_text(r, "case");
	assert_int_equal(fix_int(r, "items"), 1);
	fix_settle(&f);
	fix_same_case(&f, casefile);
	assert_int_equal(
		fix_query(&f, PLATFORM,
			  "SELECT count(*) FROM v_item WHERE normal = "
			  "'telegram:user/badchannel1' AND category = 'terrorism'"),
		1);
	/* The same again answers the same; what was sent is not sent twice. */
	r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/mail/send",
		     notice_in(id, "2016/1", NULL));
	assert_true(json_is_true(json_object_get(r, "again")));
	assert_string_equal(fix_text(r, "case"), casefile);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/mail/send",
		    notice_in(id, "2016/2", NULL), RC_INVALID, "propose nothing");
	/* A letter that names it again shows the case. */
	id = fix_text(
		import(&f, letter(&f, "z@m.example", NULL, "http://t.me/BadChannel1\n")),
		"mail");
	json_t *earlier = json_object_get(proposal(show(&f, id), 0), "earlier");
	assert_int_equal(json_array_size(earlier), 1);
	assert_string_equal(fix_text(json_array_get(earlier, 0), "case"), casefile);
	r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "GET",
		     arena_printf(f.a, "/v1/cases/%s/mail", casefile), NULL);
	assert_int_equal(json_array_size(json_object_get(r, "mails")), 1);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_close(&f);
}

static void
dropped_stays_away(void **state)
{
	struct fix f;
	(void)state;
	open_world(&f);
	const char *raw = letter(&f, "a1@m.example", NULL, ROOT_TEXT);
	const char *id = fix_text(import(&f, raw), "mail");

	act(&f, id, "drop", NULL);
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM mail_raw"), 0);
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT bytes FROM mail_total"), 0);
	json_t *r = import(&f, raw);
	assert_string_equal(fix_text(r, "answer"), "again");
	assert_string_equal(fix_text(r, "state"), "dropped");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "GET",
		    arena_printf(f.a, "/v1/mail/%s/raw", id), NULL, RC_GONE, "dropped");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/mail/send",
		    notice_in(id, "2016/1", "terrorism"), RC_GONE, "dropped");
	fix_close(&f);
}

static void
of_a_case_it_stays(void **state)
{
	struct fix f;
	(void)state;
	open_world(&f);
	const char *casefile = fix_send(&f, "r1", "bad.example", 2);
	const char *id =
		fix_text(import(&f, letter(&f, "a1@m.example", NULL, ROOT_TEXT)), "mail");

	act(&f, id, "join", json_pack("{s:s}", "case", casefile));
	json_t *m = show(&f, id);
	assert_string_equal(fix_text(m, "case"), casefile);
	assert_string_equal(fix_text(proposal(m, 0), "state"), "aside");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    arena_printf(f.a, "/v1/mail/%s/drop", id), NULL, RC_CONFLICT,
		    "belongs to case");
	const char *other = fix_send(&f, "r2", "worse.example", 1);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    arena_printf(f.a, "/v1/mail/%s/join", id),
		    json_pack("{s:s}", "case", other), RC_CONFLICT, "belongs to case");
	fix_close(&f);
}

static void
refused_says_why(void **state)
{
	struct fix f;
	(void)state;
	open_world(&f);
	const char *officer = f.n[AUTHORITY].officer;
	json_t *in = mail_in(&f, "not a header\n\nbody\n");

	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/mail", in, RC_INVALID,
		    "RFC 5322 2.2");
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/mail",
		    json_pack("{s:s}", "raw", "no base64!"), RC_INVALID, "base64");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST", "/v1/mail",
		    mail_in(&f, letter(&f, "a@b", NULL, "x\n")), RC_DENIED, "officer");
	fix_refused(&f, PLATFORM, f.n[PLATFORM].agent, "GET", "/v1/mail", NULL, RC_DENIED,
		    "needs one of");
	const char *id =
		fix_text(import(&f, letter(&f, "a1@m.example", NULL, ROOT_TEXT)), "mail");
	const char *decide = arena_printf(f.a, "/v1/mail/%s/decide-proposals", id);
	fix_refused(&f, AUTHORITY, officer, "POST", decide,
		    json_pack("{s:[{s:i, s:s}]}", "items", "n", 3, "do", "keep"),
		    RC_NOT_FOUND, "number 3");
	fix_refused(&f, AUTHORITY, officer, "POST", decide,
		    json_pack("{s:[{s:i, s:s}]}", "items", "n", 1, "do", "burn"),
		    RC_INVALID, "keep or drop");
	fix_refused(&f, AUTHORITY, officer, "POST", decide,
		    json_pack("{s:[{s:i, s:s, s:s}]}", "items", "n", 1, "do", "keep",
			      "target", "@nobody"),
		    RC_INVALID, "write t.me/");
	fix_refused(&f, AUTHORITY, officer, "POST", decide, json_pack("{s:[]}", "items"),
		    RC_INVALID, "list of 1 to");
	fix_close(&f);
}

static void
pages(void **state)
{
	struct fix f;
	(void)state;
	open_world(&f);
	for (int i = 0; i < 5; i++)
		import(&f,
		       letter(&f, arena_printf(f.a, "m%d@m.example", i), NULL, "x\n"));
	json_t *r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET", "/v1/mail",
			     json_pack("{s:s, s:s}", "limit", "3", "state", "new"));
	assert_int_equal(json_array_size(json_object_get(r, "mails")), 3);
	r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET", "/v1/mail",
		     json_pack("{s:s, s:s}", "limit", "3", "after", fix_text(r, "next")));
	assert_int_equal(json_array_size(json_object_get(r, "mails")), 2);
	assert_true(json_is_null(json_object_get(r, "next")));
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_content_once),
		cmocka_unit_test(preview_keeps_nothing),
		cmocka_unit_test(threads_in_any_order),
		cmocka_unit_test(becomes_a_notice),
		cmocka_unit_test(dropped_stays_away),
		cmocka_unit_test(of_a_case_it_stays),
		cmocka_unit_test(refused_says_why),
		cmocka_unit_test(pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
