/* The signature by the published vector, where webhooks may go, and where not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "core/crypto.h"
#include "core/webhook.h"

/* Of the convention's own libraries. */
static void
vector(void **state)
{
	static const char body[] = "{\"test\": 2432232314}";
	struct arena *a = arena_create();
	const char *got;

	(void)state;
	assert_int_equal(webhook_sign(a, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
				      "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body,
				      strlen(body), &got, NULL),
			 RC_OK);
	assert_string_equal(got, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	arena_free(a);
}

static void
secrets(void **state)
{
	static const char *const bad[] = {
		"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_QUFB",
		"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"};
	struct arena *a = arena_create();
	const char *got, *one = webhook_secret_make(a), *two = webhook_secret_make(a);

	(void)state;
	assert_string_not_equal(one, two);
	assert_int_equal(webhook_sign(a, one, "m", 1, "x", 1, &got, NULL), RC_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(webhook_sign(a, bad[i], "m", 1, "x", 1, &got, NULL),
				 RC_INVALID);
	arena_free(a);
}

static void
urls(void **state)
{
	static const char *const good[] = {"https://a.example",
					   "https://a.example:8443/x?y=z",
					   "https://[2001:db8::1]/"};
	static const char *const bad[] = {"",
					  "a.example",
					  "ftp://a.example/",
					  "https://u@a.example/",
					  "https://u:p@a.example/",
					  "https://a.example/#f",
					  "file:///etc/passwd",
					  "https://",
					  "http://a.example/",
					  "gopher://a.example/"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(webhook_url_check(good[i], false, NULL), RC_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(webhook_url_check(bad[i], false, NULL), RC_INVALID);
	assert_int_equal(webhook_url_check("http://a.example/", true, NULL), RC_OK);
	assert_int_equal(webhook_url_check("ftp://a.example/", true, NULL), RC_INVALID);
}

static bool
private_text(const char *text)
{
	uint8_t addr[16];

	if (inet_pton(AF_INET, text, addr) == 1)
		return webhook_address_private(addr, 4);
	assert_int_equal(inet_pton(AF_INET6, text, addr), 1);
	return webhook_address_private(addr, 16);
}

static void
addresses(void **state)
{
	static const char *const hidden[] = {"0.0.0.0",
					     "10.0.0.1",
					     "100.64.0.1",
					     "100.127.255.255",
					     "127.0.0.1",
					     "127.255.255.255",
					     "169.254.169.254",
					     "172.16.0.1",
					     "172.31.9.9",
					     "192.168.1.1",
					     "198.19.0.1",
					     "224.0.0.1",
					     "240.0.0.1",
					     "255.255.255.255",
					     "::",
					     "::1",
					     "::ffff:10.0.0.1",
					     "::ffff:127.0.0.1",
					     "fc00::1",
					     "fd12::1",
					     "fe80::1",
					     "ff02::1",
					     "2001:db8::1",
					     "2002:7f00:1::",
					     "64:ff9b::7f00:1"};
	static const char *const open[] = {
		"1.1.1.1",	   "9.255.255.255",  "11.0.0.0",
		"100.63.255.255",  "100.128.0.0",    "126.255.255.255",
		"128.0.0.1",	   "172.15.255.255", "172.32.0.0",
		"192.167.255.255", "198.17.255.255", "198.20.0.0",
		"223.255.255.255", "2a00:1450::1",   "2606:4700::1111",
		"::ffff:8.8.8.8"};

	(void)state;
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		assert_true(private_text(hidden[i]));
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		assert_false(private_text(open[i]));
	assert_true(webhook_address_private((const uint8_t *)"", 0));
}

static int
start(void **state)
{
	(void)state;
	crypto_start();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vector),
		cmocka_unit_test(secrets),
		cmocka_unit_test(urls),
		cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests_name("webhook", tests, start, NULL);
}
