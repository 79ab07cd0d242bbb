#include "data_file.h"

#include <string.h>

#include "core/target.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static const struct {
	const char *given, *normal, *host;
} forms[] = {
	{"t.me/Durov", "user/durov", "t.me"},
	{"T.ME/durov/", "user/durov", "t.me"},
	{"https://t.me/durov", "user/durov", "t.me"},
	{"http://www.t.me/durov#x", "user/durov", "t.me"},
	{"telegram.me/durov", "user/durov", "telegram.me"},
	{"https://telegram.dog/durov", "user/durov", "telegram.dog"},
	{"https://t.me./durov", "user/durov", "t.me"},
	{"durov.t.me", "user/durov", "t.me"},
	{"https://My_Bot.t.me/", "user/my_bot", "t.me"},
	{"Durov.t\uff0eme\u3002", "user/durov", "t.me"},
	{"durov.t.me/42", "message/durov/42", "t.me"},
	{"tg://resolve?domain=Durov", "user/durov", "t.me"},
	{"TG:resolve?domain=durov&start=x", "user/durov", "t.me"},
	{"t.me/%64urov", "user/durov", "t.me"},
	{"t.me/some_bot?start=abc", "user/some_bot", "t.me"},
	{"t.me/12345", "user/12345", "t.me"},
	{"t.me/durov/42", "message/durov/42", "t.me"},
	{"t.me/durov/0042?single", "message/durov/42", "t.me"},
	{"t.me/durov/7/42", "message/durov/42", "t.me"},
	{"t.me/durov/42?thread=7", "message/durov/42", "t.me"},
	{"t.me/durov/42?comment=9", "comment/durov/42/9", "t.me"},
	{"tg://resolve?domain=durov&post=42", "message/durov/42", "t.me"},
	{"tg://resolve?post=42&domain=durov&comment=9", "comment/durov/42/9", "t.me"},
	{"t.me/c/1234567890/42", "private/1234567890/42", "t.me"},
	{"t.me/c/1234567890/7/42", "private/1234567890/42", "t.me"},
	{"t.me/c/1234567890/42?comment=9", "comment/c/1234567890/42/9", "t.me"},
	{"tg://privatepost?channel=1234567890&post=42", "private/1234567890/42", "t.me"},
	{"t.me/s/Durov", "user/durov", "t.me"},
	{"t.me/s/durov/42", "message/durov/42", "t.me"},
	{"t.me/+AbCdEf12345", "invite/AbCdEf12345", "t.me"},
	{"t.me/%2BAbCdEf12345", "invite/AbCdEf12345", "t.me"},
	{"telegram.me/joinchat/AbCdEf12345", "invite/AbCdEf12345", "telegram.me"},
	{"tg://join?invite=AbCdEf12345", "invite/AbCdEf12345", "t.me"},
	{"t.me/+6281234567890", "phone/6281234567890", "t.me"},
	{"tg://resolve?phone=6281234567890", "phone/6281234567890", "t.me"},
	{"tg://resolve?phone=+6281234567890", "phone/6281234567890", "t.me"},
	{"t.me/addstickers/Animals", "stickers/animals", "t.me"},
	{"t.me/addemoji/Animals", "stickers/animals", "t.me"},
	{"tg://addstickers?set=Animals", "stickers/animals", "t.me"},
	{"tg://addemoji?set=Animals", "stickers/animals", "t.me"},
	{"t.me/addlist/AbCdEf12345", "folder/AbCdEf12345", "t.me"},
	{"tg://addlist?slug=AbCdEf12345", "folder/AbCdEf12345", "t.me"},
	{"t.me/boost/Durov", "boost/durov", "t.me"},
	{"t.me/durov?boost", "boost/durov", "t.me"},
	{"tg://boost?domain=durov", "boost/durov", "t.me"},
	{"t.me/boost?c=1234567890", "boost/c/1234567890", "t.me"},
	{"t.me/c/1234567890?boost", "boost/c/1234567890", "t.me"},
	{"tg://boost?channel=1234567890", "boost/c/1234567890", "t.me"},
	{"t.me/contact/AbCdEf12345", "contact/AbCdEf12345", "t.me"},
	{"tg://contact?token=AbCdEf12345", "contact/AbCdEf12345", "t.me"},
	{"t.me/durov/s/7", "story/durov/7", "t.me"},
	{"tg://resolve?domain=durov&story=7", "story/durov/7", "t.me"},
};

static void
every_link_form_has_its_normal_form(void **state)
{
	(void)state;
	struct arena *a = arena_create();

	for (size_t i = 0; i < COUNT(forms); i++) {
		struct target t;
		struct err e = ERR_INIT;
		if (target_parse(a, forms[i].given, strlen(forms[i].given), &t, &e) !=
		    RC_OK)
			fail_msg("%s: %s", forms[i].given, e.text);
		assert_int_equal(t.kind, TARGET_TELEGRAM);
		assert_string_equal(t.normal,
				    arena_printf(a, "telegram:%s", forms[i].normal));
		assert_string_equal(t.host, forms[i].host);
		assert_string_equal(t.given, forms[i].given);
	}
	arena_free(a);
}

/* Reserved words, and what is cut, mistyped or no content. */
static const struct {
	const char *given, *says;
} refused[] = {
	{"t.me/", "all of Telegram"},
	{"https://t.me", "all of Telegram"},
	{"https://telegram.me/?x", "all of Telegram"},
	{"t.me/share/url?url=x", "page of Telegram"},
	{"t.me/proxy?server=x", "page of Telegram"},
	{"t.me/socks", "page of Telegram"},
	{"t.me/LOGIN", "page of Telegram"},
	{"t.me/m/abcdef", "page of Telegram"},
	{"t.me/a", "page of Telegram"},
	{"t.me/k/", "page of Telegram"},
	{"t.me/z", "page of Telegram"},
	{"t.me/www", "page of Telegram"},
	{"t.me/s", "page of Telegram"},
	{"t.me/s/joinchat", "page of Telegram"},
	{"tg://resolve?domain=joinchat", "page of Telegram"},
	{"t.me/abcd", "at least 5"},
	{"t.me/abcdefghijklmnopqrstuvwxyz0123456", "5 to 32"},
	{"t.me/du-rov", "5 to 32"},
	{"t.me/@durov", "without \"@\""},
	{"t.me/durov%00", "%00"},
	{"t.me/durov%2F42", "5 to 32"},
	{"t.me/durov/0", "no number"},
	{"t.me/durov/2147483648", "no number"},
	{"t.me/durov/x/1", "no known form"},
	{"t.me/durov/1/2/3", "no known form"},
	{"t.me/durov/1/2/3/4/5", "too many parts"},
	{"t.me/durov/s/x", "story"},
	{"t.me/durov/1?comment=x", "comment"},
	{"t.me/c/", "private channel"},
	{"t.me/c/x/1", "private channel"},
	{"t.me/c/1234567890", "no message"},
	{"t.me/c/1/x/3", "thread"},
	{"tg://privatepost?post=1", "private channel"},
	{"t.me/joinchat/", "copy the whole link"},
	{"t.me/+", "copy the whole link"},
	{"t.me/+abc!defghij", "copy the whole link"},
	{"t.me/+123", "phone number"},
	{"t.me/+AbCdEf12345/x", "nothing follows"},
	{"t.me/addstickers", "sticker set"},
	{"t.me/addlist/x", "copy the whole link"},
	{"t.me/boost", "5 to 32"},
	{"tg://", "t.me link instead"},
	{"tg://settings", "t.me link instead"},
};

static void
the_rest_is_refused_with_its_reason(void **state)
{
	(void)state;
	struct arena *a = arena_create();

	for (size_t i = 0; i < COUNT(refused); i++) {
		struct target t;
		struct err e = ERR_INIT;
		enum rc rc = target_parse(a, refused[i].given, strlen(refused[i].given),
					  &t, &e);
		if (rc != RC_INVALID || strstr(e.text, refused[i].says) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", refused[i].given,
				 e.text, refused[i].says);
	}
	arena_free(a);
}

/* Folding is for names only: these are pairs of different things. */
static void
case_tells_hashes_apart(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
		{"t.me/+AbCdEf12345", "t.me/+abcdef12345"},
		{"t.me/addlist/AbCdEf", "t.me/addlist/abcdef"},
		{"t.me/contact/AbCdEf", "t.me/contact/abcdef"},
		{"t.me/+6281234567890", "t.me/+a6281234567890"},
	};
	struct arena *a = arena_create();

	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct target x, y;
		assert_int_equal(
			target_parse(a, pairs[i][0], strlen(pairs[i][0]), &x, NULL),
			RC_OK);
		assert_int_equal(
			target_parse(a, pairs[i][1], strlen(pairs[i][1]), &y, NULL),
			RC_OK);
		assert_false(hash_equal(&x.nf, &y.nf));
	}
	arena_free(a);
}

/* Lines of the data that are refused; all others parse. */
#define SHORT_REASON "at least 5 characters"

static const struct {
	const char *line, *says;
} listed[] = {
	{"https://t.me/such", SHORT_REASON},
	{"https://telegram.me/Bold", SHORT_REASON},
	{"https://telegram.me/bing", SHORT_REASON},
	{"https://telegram.me/gif", SHORT_REASON},
	{"https://telegram.me/imdb", SHORT_REASON},
	{"https://telegram.me/like", SHORT_REASON},
	{"https://telegram.me/pic", SHORT_REASON},
	{"https://telegram.me/vid", SHORT_REASON},
	{"https://telegram.me/vote", SHORT_REASON},
	{"https://telegram.me/wiki", SHORT_REASON},
	{"t.me/", "all of Telegram"},
	{"t.me/book", SHORT_REASON},
	{"https://t.me/nft/...", "page of Telegram"},
	{"tg://", "no known form"},
	{"tg://user?id=", "no known form"},
};

static size_t
check_lines(const char *name, enum target_kind least, size_t *n_refused)
{
	struct arena *a = arena_create();
	size_t len, n = 0;
	char *text = data_file(a, name, &len);

	for (char *line = text, *end; *line != '\0'; line = end) {
		end = line + strcspn(line, "\n");
		if (*end != '\0')
			*end++ = '\0';
		if (*line == '\0')
			continue;
		struct target t;
		struct err e = ERR_INIT;
		const char *says = NULL;
		for (size_t i = 0; i < COUNT(listed); i++)
			if (strcmp(line, listed[i].line) == 0)
				says = listed[i].says;
		enum rc rc = target_parse(a, line, strlen(line), &t, &e);
		n++;
		*n_refused += rc != RC_OK;
		if (says == NULL && rc != RC_OK)
			fail_msg("%s: %s", line, e.text);
		if (says != NULL && (rc == RC_OK || strstr(e.text, says) == NULL))
			fail_msg("%s: listed as \"%s\", got \"%s\"", line, says, e.text);
		if (least != TARGET_KIND_COUNT)
			assert_int_equal(t.kind, least);
	}
	arena_free(a);
	return n;
}

static void
real_links_parse_or_are_listed(void **state)
{
	(void)state;
	size_t n_refused = 0;

	assert_int_equal(check_lines("telegram-links/awesome_links.txt",
				     TARGET_KIND_COUNT, &n_refused),
			 155);
	assert_int_equal(check_lines("telegram-links/from_bot_api.txt", TARGET_KIND_COUNT,
				     &n_refused),
			 4);
	assert_int_equal(n_refused, COUNT(listed));
}

static void
the_eleven_names_are_domains(void **state)
{
	(void)state;
	size_t n_refused = 0;

	assert_int_equal(check_lines("telegram-links/kominfo_2017-07-14_11_domains.txt",
				     TARGET_DOMAIN, &n_refused),
			 11);
	assert_int_equal(n_refused, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_link_form_has_its_normal_form),
		cmocka_unit_test(the_rest_is_refused_with_its_reason),
		cmocka_unit_test(case_tells_hashes_apart),
		cmocka_unit_test(real_links_parse_or_are_listed),
		cmocka_unit_test(the_eleven_names_are_domains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
