/*
 * Sockets that wait for connections: where they are, and what is said when they cannot.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/listen.h"

static void
texts(void **state)
{
	static const struct {
		const char *host;
		bool loopback;
	} rows[] = {
		{"127.0.0.1", true},
		{"127.255.255.254", true},
		{"::1", true},
		{"128.0.0.1", false},
		{"126.255.255.255", false},
		{"0.0.0.0", false},
		{"::", false},
		{"::2", false},
		{"::ffff:127.0.0.1", false},
		{"localhost", false},
		{"127.1", false},
		{"127.0.0.1 ", false},
		{"", false},
		{"[::1]", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (listen_text_is_loopback(rows[i].host) != rows[i].loopback)
			fail_msg("\"%s\"", rows[i].host);
}

static void
refused(void **state)
{
	static const struct {
		struct listen_at at;
		enum rc rc;
		const char *why;
	} rows[] = {
		{{"example.org", 80, false}, RC_INVALID, "write 192.0.2.1:80, or ["},
		{{"localhost", 80, true}, RC_INVALID, "write 127.0.0.1:80, or [::1]:80"},
		{{"[::1]", 80, true}, RC_INVALID, "no numeric address"},
		{{"0.0.0.0", 0, true}, RC_DENIED, "0.0.0.0 can be reached"},
		{{NULL, 0, true}, RC_DENIED, "0.0.0.0 can be reached"},
		{{"", 0, true}, RC_DENIED, "loopback address such as"},
		{{"::", 0, true}, RC_DENIED, ":: can be reached"},
		{{"192.0.2.1", 0, false}, RC_IO, "listen on 192.0.2.1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = ERR_INIT;
		int fd = -1;
		uint16_t port = 0;
		assert_int_equal(listen_tcp(&rows[i].at, &fd, &port, &e), rows[i].rc);
		if (strstr(e.text, rows[i].why) == NULL)
			fail_msg("%s", e.text);
		assert_int_equal(fd, -1);
	}
}

/* Who connects to the port that is told is let in; a second server is not. */
static void
connects(void **state)
{
	struct err e = ERR_INIT;
	int fd = -1, second = -1;
	uint16_t port = 0, other;

	(void)state;
	assert_int_equal(
		listen_tcp(&(struct listen_at){"127.0.0.1", 0, true}, &fd, &port, &e),
		RC_OK);
	assert_int_not_equal(port, 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(connect(client, (struct sockaddr *)&to, sizeof(to)), 0);
	close(client);
	assert_int_equal(listen_tcp(&(struct listen_at){"127.0.0.1", port, false},
				    &second, &other, &e),
			 RC_CONFLICT);
	assert_non_null(strstr(e.text, "in use by another program"));
	assert_int_equal(second, -1);
	close(fd);
}

static void *
close_later(void *arg)
{
	nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
	close(*(const int *)arg);
	return NULL;
}

/* What a killed daemon's child still holds is waited for. */
static void
held_a_moment(void **state)
{
	struct err e = ERR_INIT;
	pthread_t other;
	int fd = -1, second = -1;
	uint16_t port = 0, again = 0;

	(void)state;
	assert_int_equal(
		listen_tcp(&(struct listen_at){"127.0.0.1", 0, true}, &fd, &port, &e),
		RC_OK);
	assert_int_equal(pthread_create(&other, NULL, close_later, &fd), 0);
	assert_int_equal(listen_tcp(&(struct listen_at){"127.0.0.1", port, true}, &second,
				    &again, &e),
			 RC_OK);
	assert_int_equal(again, port);
	pthread_join(other, NULL);
	close(second);
}

/* "::" is for both families, whatever the system's default. */
static void
both_families(void **state)
{
	struct err e = ERR_INIT;
	int fd = -1, only6 = -1;
	socklen_t len = sizeof(only6);
	uint16_t port = 0;

	(void)state;
	assert_int_equal(listen_tcp(&(struct listen_at){"::", 0, false}, &fd, &port, &e),
			 RC_OK);
	assert_int_equal(getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only6, &len), 0);
	assert_int_equal(only6, 0);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),	 cmocka_unit_test(refused),
		cmocka_unit_test(connects),	 cmocka_unit_test(held_a_moment),
		cmocka_unit_test(both_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
