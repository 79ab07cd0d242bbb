/*
 * Two organisations on loopback: a fake node each, real TLS keys, and clients that behave
 * (libcurl) or do not (a bare TLS session).
 */
#ifndef SALURAN_TESTS_PEER_FIXTURE_H
#define SALURAN_TESTS_PEER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <gnutls/gnutls.h>

#include "base/clock.h"
#include "fake_exchange.h"
#include "peer/push.h"
#include "peer/server.h"
#include "service/tls.h"

enum { FIXTURE_WAIT_S = 30, FIXTURE_TEXT_MAX = 4096 };

/* Dates of a certificate, from now. */
enum dates { DATES_GOOD, DATES_EXPIRED, DATES_FUTURE };

struct side {
	struct node node;
	char dir[64], url[64];
	struct hash pin;
	struct peer_server *server;
	struct peer_push *push;
};

void side_init(struct side *s, enum dates dates);
void side_serve(struct side *s, uint16_t port); /* 0: any */
void side_push(struct side *s);
void side_free(struct side *s); /* stops what was started */
/* `whom` becomes peer `id` of `to`, with the URL that it serves now. */
void introduce(struct side *to, const struct side *whom, int64_t id);

/* Sleep until `condition` holds; fails after FIXTURE_WAIT_S. */
#define WAIT_FOR(nd, condition)                                                          \
	do {                                                                             \
		pthread_mutex_lock(&(nd)->mu);                                           \
		int64_t until_us = clock_mono_us() + FIXTURE_WAIT_S * CLOCK_US_PER_S;    \
		bool in_time = true;                                                     \
		while (!(condition) && in_time)                                          \
			in_time = fixture_sleep((nd), until_us);                         \
		bool held = (condition);                                                 \
		pthread_mutex_unlock(&(nd)->mu);                                         \
		if (!held)                                                               \
			fail_msg("%s did not come to hold", #condition);                 \
	} while (0)
bool fixture_sleep(struct node *nd, int64_t until_us);

/* A well-behaved client. */
struct ask {
	const char *method, *path;
	const void *body; /* NULL with len: that many zeros */
	size_t len;
	const char *encoding;
	bool chunked;
	bool blunt; /* sends a large body without asking whether it may */
};
struct got {
	int code; /* CURLcode */
	long status;
	char type[64], retry_after[16], body[FIXTURE_TEXT_MAX];
	size_t len, sent; /* of the answer's and the request's body */
};
/* `who` NULL: without a client certificate. */
void ask(const struct side *who, const struct side *whom, const struct ask *how,
	 struct got *ret);

/* A client that may do anything inside TLS; `who` may be NULL. */
struct raw {
	int fd;
	gnutls_session_t tls;
	gnutls_certificate_credentials_t cred;
};
int raw_connect(const struct side *whom); /* a TCP connection */
void raw_open(struct raw *r, const struct side *who, const struct side *whom);
void raw_send(struct raw *r, const void *p, size_t len);
/* Until the other side closes; returns the bytes. */
size_t raw_read_all(struct raw *r, char *out, size_t max);
void raw_close(struct raw *r);

#endif
