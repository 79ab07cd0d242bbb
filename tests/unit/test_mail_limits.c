/* What a message may cost, and messages that are not whole: each limit from both sides.
 */
#include <malloc.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/buf.h"
#include "mail/mail.h"

enum { RAW_MAX = MAIL_BYTES_MAX + 4096 };

static void
reads(const struct buf *b, bool cut_too, const char *rule)
{
	struct arena *a = arena_create();
	struct err e = ERR_INIT;
	struct mail m;

	assert_true(buf_ok(b));
	enum rc rc = mail_read(a, (const uint8_t *)buf_str(b), b->len, cut_too, &m, &e);
	if (rule == NULL ? rc != RC_OK : rc == RC_OK || strcmp(e.rule, rule) != 0)
		fail_msg("%s, wanted %s: %s", rc_token(rc), rule == NULL ? "ok" : rule,
			 e.text);
	arena_free(a);
}

static void
repeat(struct buf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_puts(b, s);
}

#define INNER(type) "Subject: s\nContent-Type: " type "\n\n"
#define MULTI	    "Subject: s\nContent-Type: multipart/mixed; boundary=b\n\n"

/* `n` times `s` between `before` and `after`; with one more it is refused (rule NULL: it
 * is not). */
struct limit {
	const char *before, *s, *after;
	size_t most;
	const char *rule;
};

static const struct limit limits[] = {
	/* the multipart itself is a part */
	{MULTI, "--b\n\nx\n", "--b--\n", MAIL_PARTS_MAX - 1, "mail.parts"},
	{"Subject: s\n\n", "--\n", "", MAIL_DASHES_MAX, "mail.parts"},
	{"Subject: s\n", "X: y\n", "\nx\n", MAIL_HEADER_FIELDS_MAX - 1, "mail.headers"},
	{MULTI "--b\n", "X: y\n", "\nx\n--b--\n", MAIL_HEADER_FIELDS_MAX, "mail.headers"},
	{"Subject: s\n", "X: boundary=y\n", "\nx\n", MAIL_BOUNDARIES_MAX, "mail.depth"},
	/* groups in groups, for which the parser calls itself */
	{"From: ", "a:", "\n\nx\n", MAIL_GROUPS_MAX, "mail.headers"},
	{"Subject: s\ncc :", "\n a:", "\n\nx\n", MAIL_GROUPS_MAX, "mail.headers"},
	{"Subject: s\nX-To: ", "a:", "\n\nx\n", 10 * MAIL_GROUPS_MAX, NULL},
	/* a message in a message, whatever stands between the letters of its type */
	{INNER("message/rfc822"), "X: y\n", "\nx\n", MAIL_HEADER_FIELDS_MAX,
	 "mail.headers"},
	{INNER("(a \\) ;) Message\n (b) / (c)\n\trfc822; d=e"), "X: y\n", "\nx\n",
	 MAIL_HEADER_FIELDS_MAX, "mail.headers"},
	{"Content-Type: multipart (a)/digest; boundary=b\n\n--b\n\n", "X: y\n",
	 "\nx\n--b--\n", MAIL_HEADER_FIELDS_MAX, "mail.headers"},
	/* and none */
	{INNER("text/plain; name=\"message/rfc822\""), "X: y\n", "\nx\n",
	 10 * MAIL_HEADER_FIELDS_MAX, NULL},
};

static void
one_more_is_too_many(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		for (size_t more = 0; more < 2; more++) {
			struct buf b = BUF_INIT(RAW_MAX);
			buf_puts(&b, limits[i].before);
			repeat(&b, limits[i].s, limits[i].most + more);
			buf_puts(&b, limits[i].after);
			reads(&b, false, more == 0 ? NULL : limits[i].rule);
			buf_free(&b);
		}
}

/* Multiparts in multiparts; the innermost holds a text. */
static void
nested(struct buf *b, int depth)
{
	buf_puts(b, "Subject: s\n");
	for (int i = 0; i < depth; i++)
		buf_printf(b, "Content-Type: multipart/mixed; boundary=b%d_\n\n--b%d_\n",
			   i, i);
	buf_puts(b, "\nx\n");
	for (int i = depth - 1; i >= 0; i--)
		buf_printf(b, "--b%d_--\n", i);
}

static void
deep(void **state)
{
	struct buf b = BUF_INIT(RAW_MAX);

	(void)state;
	nested(&b, MAIL_DEPTH_MAX);
	reads(&b, false, NULL);
	buf_reset(&b);
	nested(&b, MAIL_DEPTH_MAX + 1);
	reads(&b, false, "mail.depth");
	buf_reset(&b);
	nested(&b, 5000);
	reads(&b, false, "mail.depth");
	/* Messages in messages. */
	buf_reset(&b);
	buf_puts(&b, "Subject: s\n");
	repeat(&b, "Content-Type: message/rfc822\n\n", 3000);
	reads(&b, false, "mail.depth");
	buf_free(&b);
}

static void
many_targets(void **state)
{
	(void)state;
	for (int more = 0; more < 2; more++) {
		struct buf b = BUF_INIT(RAW_MAX);
		buf_puts(&b, "Subject: s\n\n");
		for (int i = 0; i < MAIL_PROPOSALS_MAX + more; i++)
			buf_printf(&b, "see https://a.example/%d\n", i);
		reads(&b, false, more == 0 ? NULL : "mail.proposals");
		buf_free(&b);
	}
	/* The same again and again is one proposal, and still an end comes. */
	struct buf b = BUF_INIT(RAW_MAX);
	buf_puts(&b, "Subject: s\n\n");
	repeat(&b, "t.me/durov\n", 2 * MAIL_LINKS_MAX);
	reads(&b, false, "mail.proposals");
	buf_free(&b);
}

static void
large(void **state)
{
	struct buf b = BUF_INIT(RAW_MAX);

	(void)state;
	/* An attachment is not opened, however large. */
	buf_puts(&b, MULTI "--b\nContent-Type: application/zip\n"
			   "Content-Transfer-Encoding: base64\n\n");
	repeat(&b,
	       "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\n",
	       300000);
	buf_puts(&b, "--b--\n");
	reads(&b, false, NULL);
	/* A text is. */
	buf_reset(&b);
	buf_puts(&b, "Subject: s\n\n");
	repeat(&b, "0123456789abcde\n", MAIL_TEXT_MAX / 16);
	reads(&b, false, NULL);
	buf_puts(&b, "x");
	reads(&b, false, "mail.text");
	buf_reset(&b);
	buf_puts(&b, "Subject: s\n\n");
	repeat(&b, "0123456789abcde\n", MAIL_BYTES_MAX / 16);
	reads(&b, false, "mail.size");
	buf_reset(&b);
	reads(&b, false, "mail.empty");
	buf_puts(&b, " \r\n\t\n");
	reads(&b, false, "mail.empty");
	buf_free(&b);
}

/* A report whose fields are folded at each letter: memory is that of its text. */
static void
many_folds(void **state)
{
	enum { FIELDS = 30, FOLDS = 4000, MEMORY = 64 << 20 };
	struct arena *a = arena_create();
	struct buf b = BUF_INIT(RAW_MAX);
	struct err e = ERR_INIT;
	struct mail m;

	(void)state;
	buf_puts(&b, "Subject: s\nContent-Type: message/feedback-report\n\n"
		     "Feedback-Type: abuse\n"
		     "Reported-URI:\n https://a.example/\n");
	for (int i = 2; i < FIELDS; i++) {
		buf_puts(&b, "X:");
		repeat(&b, "\n ", FOLDS);
		buf_putc(&b, '\n');
	}
	struct mallinfo2 before = mallinfo2();
	if (mail_read(a, (const uint8_t *)buf_str(&b), b.len, false, &m, &e) != RC_OK)
		fail_msg("%s", e.text);
	struct mallinfo2 after = mallinfo2();
	assert_true(after.uordblks + after.hblkhd <
		    before.uordblks + before.hblkhd + MEMORY);
	assert_int_equal(m.n_proposals, 1);
	assert_string_equal(m.proposals[0].target.normal, "https://a.example/");
	arena_free(a);
	buf_free(&b);
}

/* Markup that a naive reader takes square time for. */
static void
hostile_markup(void **state)
{
	static const char *const parts[] = {"<a href=https://a.example/>",
					    "<a href=\"",
					    "((((((((((((",
					    ")))))))))))) ",
					    "<!--",
					    "<script>",
					    "[.][.][.]",
					    "a(a[a{",
					    "<<<<",
					    "href=",
					    "&#x;&#99999999;"};

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct buf b = BUF_INIT(RAW_MAX);
		struct arena *a = arena_create();
		struct err e = ERR_INIT;
		struct mail m;
		buf_puts(&b, "Subject: s\nContent-Type: text/html\n\n");
		repeat(&b, parts[i], (1 << 20) / strlen(parts[i]));
		enum rc rc =
			mail_read(a, (const uint8_t *)buf_str(&b), b.len, false, &m, &e);
		assert_true(rc == RC_OK || rc == RC_TOO_LARGE);
		arena_free(a);
		buf_free(&b);
	}
}

static const struct {
	const char *raw;
	size_t len; /* 0: up to its NUL */
	const char *rule, *rule_cut_too;
} broken[] = {
	{MULTI "--b\n\nx\n--b--\n", 0, NULL, NULL},
	{MULTI "--b\n\nx\n", 0, "mail.cut", NULL},
	{MULTI "--b\n\nx\n--b\n", 0, "mail.cut", NULL},
	{MULTI "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\nx\n--b--\n", 0,
	 "mail.cut", NULL},
	{"Subject: s\nContent-Type: multipart/mixed\n\nx\n", 0, "mail.cut", NULL},
	{"Subject: s\0\n\nx\n", 15, "mail.nul", "mail.nul"},
	{"Subject: s\n\nx\0y https://a.example/\n", 34, NULL, NULL},
	{"body only\n\nx\n", 0, "RFC 5322 2.2", "RFC 5322 2.2"},
	{"Subject : old\n\nx\n", 0, NULL, NULL},
	{"From a@b Fri Jul 14 11:00:00 2017\nSubject: s\n\nx\n", 0, NULL, NULL},
	{"Subject: s\nContent-Type: text/plain; charset=x-none\n\n\xff\xfe "
	 "https://a.example/\n",
	 0, NULL, NULL},
	{"Subject: s\nContent-Transfer-Encoding: base64\n\n%%%not base64%%%\n", 0, NULL,
	 NULL},
	{"Subject: \xff\xfe\x80\nFrom: \xc0\xaf\n\nx\n", 0, NULL, NULL},
};

static void
not_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct buf b = BUF_INIT(RAW_MAX);
		buf_put(&b, broken[i].raw,
			broken[i].len != 0 ? broken[i].len : strlen(broken[i].raw));
		reads(&b, false, broken[i].rule);
		reads(&b, true, broken[i].rule_cut_too);
		buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_more_is_too_many), cmocka_unit_test(deep),
		cmocka_unit_test(many_targets),		cmocka_unit_test(large),
		cmocka_unit_test(hostile_markup),	cmocka_unit_test(not_whole),
		cmocka_unit_test(many_folds),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
