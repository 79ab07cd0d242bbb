/* What a letter, a feedback report and a XARF report propose, and where it stands. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/buf.h"
#include "mail/mail.h"

#define TEXT "Subject: s\nDate: Fri, 14 Jul 2017 11:00:00 +0700\n\n"
#define HTML "Subject: s\nContent-Type: text/html; charset=utf-8\n\n"
#define ARF                                                                              \
	"Subject: s\nContent-Type: multipart/report; report-type=feedback-report; "      \
	"boundary=b\n\n--b\n\nhttps://beside.example/\n--b\nContent-Type: "              \
	"message/feedback-report\n\n"
#define XARF_MAIL                                                                        \
	"Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n"               \
	"https://beside.example/\n--b\nContent-Type: application/json; "                 \
	"name=xarf.json\nContent-Transfer-Encoding: base64\n\n"
#define V3(members)                                                                      \
	"{\"Version\":\"3\",\"ReporterInfo\":{},\"Report\":{\"ReportType\":"             \
	"\"Phishing\","                                                                  \
	"" members "}}"
#define V4(members)                                                                      \
	"{\"xarf_version\":\"4.2.0\",\"report_id\":\"x\",\"timestamp\":"                 \
	"\"2025-01-20T10:30:00Z\",\"category\":\"content\",\"type\":\"csam\"," members   \
	"}"

static const struct {
	const char *raw;
	const char *want; /* "normal@part line:column or pointer" by spaces and commas */
	const char *rule; /* when it is refused */
} rows[] = {
	/* Links in prose, and what is none. */
	{TEXT "See https://t.me/durov, or (http://a.example/x_(y)).",
	 "telegram:user/durov@1 text/plain 1:5, http://a.example/x_(y)@1 text/plain 1:29",
	 NULL},
	{TEXT "Mail a@b.example about report.txt and e.g. this.", "", NULL},
	{TEXT "x.example\n- y.example\n2) t.me/durov/12\n",
	 "x.example@1 text/plain 1:1, y.example@1 text/plain 2:3, "
	 "telegram:message/durov/12@1 text/plain 3:4",
	 NULL},
	{TEXT "tg://resolve?domain=durov telegram.dog/telegram t.me/+AAAAAAAAAAAAAAAA",
	 "telegram:user/durov@1 text/plain 1:1, telegram:user/telegram@1 text/plain "
	 "1:27, "
	 "telegram:invite/AAAAAAAAAAAAAAAA@1 text/plain 1:49",
	 NULL},
	/* Written so that nobody follows it. */
	{TEXT "hxxps://bad[.]example/x and worse(dot)example too",
	 "https://bad.example/x@1 text/plain 1:1!, worse.example@1 text/plain 1:29!",
	 NULL},
	/* Columns are characters. */
	{TEXT "\xd1\x8f\xd1\x8f https://a.example/",
	 "https://a.example/@1 text/plain 1:4", NULL},
	/* One thing once. */
	{TEXT "https://a.example/ HTTPS://A.example:443/",
	 "https://a.example/@1 text/plain 1:1+1", NULL},
	/* Quoted-printable and a charset that is no UTF-8. */
	{"Subject: s\nContent-Type: text/plain; charset=iso-8859-1\n"
	 "Content-Transfer-Encoding: quoted-printable\n\n=E9 https://a.example/=\nx\n",
	 "https://a.example/x@1 text/plain 1:3", NULL},
	/* Anchors: where they lead, not what they show. */
	{HTML "<p>\n<a href=\"https://real.example/\">https://shown.example/</a>",
	 "https://real.example/@1 text/html 2:10~https://shown.example/", NULL},
	{HTML "<a href='https://a.example/?x=1&amp;y=2'>here</a> https://b.example/",
	 "https://a.example/?x=1&y=2@1 text/html 1:10, https://b.example/@1 text/html "
	 "1:51",
	 NULL},
	{HTML "<style>u(https://a.example/)</style><!-- https://b.example/ --><a "
	      "href=\"mailto:a@b.example\">x</a><a href=\"/c\">y</a>",
	 "", NULL},
	/* An anchor that is never closed hides nothing. */
	{HTML "<a href=https://a.example/>x https://b.example/",
	 "https://a.example/@1 text/html 1:9, https://b.example/@1 text/html 1:30", NULL},
	/* Feedback reports: what is reported, not what stands beside. */
	{ARF "Feedback-Type: fraud\nSource-IP: 192.0.2.1\nReported-URI: "
	     "https://a.example/\nReported-URI: <http://b.example/>\n--b--\n",
	 "https://a.example/@2 message/feedback-report 3:14#fraud, "
	 "http://b.example/@2 message/feedback-report 4:14#fraud",
	 NULL},
	{ARF "Feedback-Type: abuse\nSource-IP: 192.0.2.1\n--b--\n",
	 "192.0.2.1@2 message/feedback-report 2:11", NULL},
	{ARF "Feedback-Type: auth-failure\nReported-Domain: victim.example\n--b--\n", "",
	 NULL},
	{ARF "Feedback-Type: not-spam\nReported-URI: https://a.example/\n--b--\n", "",
	 NULL},
	/* Neither a target: the text beside it is read after all. */
	{ARF "Feedback-Type: abuse\n--b--\n", "https://beside.example/@1 text/plain 1:1",
	 NULL},
	{ARF "Version: 1\n--b--\n", "", "RFC 5965 3.1"},
	{ARF "no field\n--b--\n", "", "RFC 5965 3"},
	/* XARF: tables say what is meant; a destination is who suffered. */
	{V3("\"SourceUrl\":\"https://a.example/\",\"SourceIp\":\"192.0.2.1\""),
	 "https://a.example/@1 application/json /Report/SourceUrl#fraud", NULL},
	{V3("\"DestinationIp\":\"192.0.2.1\""), "", NULL},
	{V3("\"SourceIp\":\"192.0.2.1\""),
	 "192.0.2.1@1 application/json /Report/SourceIp#fraud", NULL},
	{"{\"ReporterInfo\":{},\"Report\":{}}", "", "xarf"},
	{"{\"ReporterInfo\":{}}", "", "xarf"},
	{"{\"a\":1}", "", "xarf"},
	{"{broken", "", "xarf"},
	{V4("\"url\":\"https://a.example/\",\"domain\":\"a.example\""),
	 "https://a.example/@1 application/json /url#child_abuse", NULL},
	{V4("\"urls\":[\"https://a.example/\",\"https://b.example/\"]"),
	 "https://a.example/@1 application/json /urls/0#child_abuse, "
	 "https://b.example/@1 application/json /urls/1#child_abuse",
	 NULL},
	{"{\"xarf_version\":\"5.0\"}", "", "xarf"},
	{"{\"xarf_version\":\"4.0\",\"report_id\":\"x\"}", "", "xarf"},
	/* {"xarf_version":...,"url":"https://a.example/"} as base64 in a mail */
	{XARF_MAIL
	 "eyJ4YXJmX3ZlcnNpb24iOiI0LjIuMCIsInJlcG9ydF9pZCI6IngiLCJ0aW1lc3RhbXAiOiIyMDI1\n"
	 "LTAxLTIwVDEwOjMwOjAwWiIsImNhdGVnb3J5IjoiY29udGVudCIsInR5cGUiOiJmcmF1ZCIsInVy\n"
	 "bCI6Imh0dHBzOi8vYS5leGFtcGxlLyJ9\n--b--\n",
	 "https://a.example/@2 application/json /url#fraud", NULL},
	/* A message in a message. */
	{"Subject: s\nContent-Type: multipart/mixed; "
	 "boundary=b\n\n--b\n\nx\n--b\nContent-Type: "
	 "message/rfc822\n\nSubject: t\n\nhttps://a.example/\n--b--\n",
	 "https://a.example/@2.1 text/plain 1:1", NULL},
};

static void
proposal_put(struct buf *b, const struct mail_proposal *p)
{
	buf_printf(b, "%s%s@%s ", b->len == 0 ? "" : ", ", p->target.normal,
		   p->place.part);
	if (p->place.pointer != NULL)
		buf_puts(b, p->place.pointer);
	else
		buf_printf(b, "%u:%u", p->place.line, p->place.column);
	if (p->defanged)
		buf_putc(b, '!');
	if (p->more != 0)
		buf_printf(b, "+%u", p->more);
	if (p->shown != NULL)
		buf_printf(b, "~%s", p->shown);
	if (p->category != NULL)
		buf_printf(b, "#%s", p->category);
}

static void
what_is_proposed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *a = arena_create();
		struct buf b = BUF_INIT(8192);
		struct err e = ERR_INIT;
		struct mail m;
		enum rc rc = mail_read(a, (const uint8_t *)rows[i].raw,
				       strlen(rows[i].raw), false, &m, &e);

		if ((rc == RC_OK) != (rows[i].rule == NULL) ||
		    (rc != RC_OK && strcmp(e.rule, rows[i].rule) != 0))
			fail_msg("row %zu: %s: %s", i, rc_token(rc), e.text);
		for (size_t k = 0; rc == RC_OK && k < m.n_proposals; k++)
			proposal_put(&b, &m.proposals[k]);
		if (strcmp(buf_str(&b), rows[i].want) != 0)
			fail_msg("row %zu: got  %s\n        want %s", i, buf_str(&b),
				 rows[i].want);
		buf_free(&b);
		arena_free(a);
	}
}

static void
headers(void **state)
{
	static const char raw[] =
		"From: =?utf-8?b?0K8=?= <a@b.example>\nSubject: =?utf-8?q?=D0=AF?= "
		"=?x-none?q?zz?=\n\xff Date: x\nMessage-ID: <m1@b>\nIn-Reply-To: <r2@b>\n"
		"References: <r1@b>\n <r2@b>\nDate: Fri, 14 Jul 2017 11:00:00 +0700\n\n"
		"Dasar hukum: UU 11/2008\n";
	struct arena *a = arena_create();
	struct err e = ERR_INIT;
	struct mail m;

	(void)state;
	assert_int_equal(
		mail_read(a, (const uint8_t *)raw, sizeof(raw) - 1, false, &m, &e),
		RC_OK);
	assert_non_null(strstr(m.from, "\xd0\xaf"));
	assert_non_null(strstr(m.from, "a@b.example"));
	assert_non_null(strstr(m.subject, "\xd0\xaf"));
	assert_string_equal(m.message_id, "m1@b");
	assert_int_equal(m.n_refs, 2);
	assert_string_equal(m.refs[0], "r2@b");
	assert_string_equal(m.refs[1], "r1@b");
	assert_true(m.date_us == INT64_C(1500004800000000));
	assert_string_equal(m.legal_basis, "UU 11/2008");
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_proposed),
		cmocka_unit_test(headers),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
