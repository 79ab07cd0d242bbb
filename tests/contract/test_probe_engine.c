/*
 * Resolvers that mean harm, or that are too many: the engine goes on with the others.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/engine.h"

enum {
	ENGINE_IDS = 4 * 65536, /* of its sockets */
	/* With all tries, more ids than half of them, were all asked at once. */
	CROWD = 1200,
	NAMES = 16,
	CROWD_TIMEOUT_US = 250000,
	FLOOD_BYTES = 1 << 20,
	FLOODERS = 4, /* threads that keep one connection full */
	REPLY_BYTES = 512,
	TEXT_MAX = 64,
};

static const struct probe_question question = {
	.name = "\007example\004test", .name_len = 14, .type = KNOT_RRTYPE_A};

/* Each target is asked `names` times. */
struct asking {
	unsigned names;
	unsigned *asked; /* of each target */
	unsigned under_way, most_under_way;
	unsigned silent, broken, answered;
	atomic_bool *over; /* set with the first answer; NULL: nobody waits for it */
};

static bool
on_next(void *arg, uint32_t target, int64_t now_us, struct probe_ask *ret,
	int64_t *again_us)
{
	struct asking *k = arg;

	(void)now_us;
	(void)again_us;
	if (k->asked[target] == k->names)
		return false;
	k->asked[target]++;
	if (++k->under_way > k->most_under_way)
		k->most_under_way = k->under_way;
	/* The second target is asked over UDP, where there are two. */
	*ret = (struct probe_ask){.via = k->over != NULL && target == 0 ? PROBE_TCP
									: PROBE_UDP,
				  .question = &question};
	return true;
}

static void
on_done(void *arg, uint32_t target, const struct probe_ask *ask,
	const struct probe_done *done)
{
	struct asking *k = arg;

	(void)target;
	(void)ask;
	k->under_way--;
	k->silent += done->got == PROBE_GOT_SILENCE;
	k->broken += done->got == PROBE_GOT_BROKEN;
	k->answered += done->got == PROBE_GOT_NXDOMAIN;
	if (k->over != NULL && done->got == PROBE_GOT_NXDOMAIN)
		atomic_store(k->over, true);
}

static void
run(const struct probe_limits *limits, const struct probe_target *targets, size_t n,
    struct asking *k)
{
	const struct probe_work work = {k, on_next, on_done};
	struct probe_engine *g = NULL;
	struct err e = ERR_INIT;

	k->asked = calloc(n, sizeof(*k->asked));
	assert_non_null(k->asked);
	if (probe_engine_create(limits, targets, n, &g, &e) != RC_OK ||
	    probe_engine_run(g, &work, NULL, &e) != RC_OK)
		fail_msg("the engine: %s", e.text);
	probe_engine_free(g);
	free(k->asked);
}

static int
bound(int type, int last, uint16_t *ret_port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	assert_true(type != SOCK_STREAM || listen(fd, last) == 0);
	*ret_port = ntohs(at.sin_port);
	return fd;
}

/* No answer from any of them: a free id must be found all the same. */
static void
a_silent_crowd_leaves_ids_free(void **state)
{
	struct probe_limits limits = probe_limits_default;
	struct asking k = {.names = NAMES};
	struct probe_target *targets = calloc(CROWD, sizeof(*targets));
	struct arena *a = arena_create();
	struct err e = ERR_INIT;
	uint16_t port;
	int fd = bound(SOCK_DGRAM, 0, &port); /* reads nothing; of 127.0.0.1 only */

	(void)state;
	assert_non_null(targets);
	limits.per_s = 0;
	limits.tries = PROBE_TRIES_MAX;
	limits.timeout_us = CROWD_TIMEOUT_US;
	for (unsigned i = 0; i < CROWD; i++)
		if (probe_target_parse(
			    a,
			    arena_printf(a, "127.1.%u.%u:%u", i / 250, 1 + i % 250, port),
			    &targets[i], &e) != RC_OK)
			fail_msg("%s", e.text);
	run(&limits, targets, CROWD, &k);
	assert_int_equal(k.silent, CROWD * NAMES);
	assert_true(k.most_under_way * PROBE_TRIES_MAX <= ENGINE_IDS / 2);
	close(fd);
	arena_free(a);
	free(targets);
}

/* ---- one that floods --------------------------------------------------------------- */

struct flood {
	int tcp, udp;
	atomic_bool over;
};

/* Empty messages over one connection, until the other resolver's answer was read. */
static void *
flood_main(void *arg)
{
	struct flood *f = arg;
	static const char nothing[FLOOD_BYTES];
	int fd = accept(f->tcp, NULL, NULL);

	if (fd < 0)
		abort();
	while (!atomic_load(&f->over) && send(fd, nothing, FLOOD_BYTES, MSG_NOSIGNAL) > 0)
		continue;
	close(fd);
	return NULL;
}

static void *
answer_main(void *arg)
{
	struct flood *f = arg;
	uint8_t p[REPLY_BYTES];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	ssize_t n = recvfrom(f->udp, p, sizeof(p), 0, (struct sockaddr *)&from, &len);

	if (n < KNOT_WIRE_HEADER_SIZE)
		abort();
	knot_wire_set_qr(p);
	knot_wire_set_ra(p);
	knot_wire_set_rcode(p, KNOT_RCODE_NXDOMAIN);
	if (sendto(f->udp, p, (size_t)n, 0, (struct sockaddr *)&from, len) != n)
		abort();
	return NULL;
}

static void
one_that_floods_keeps_nobody_waiting(void **state)
{
	struct probe_limits limits = probe_limits_default;
	struct flood f = {.tcp = -1};
	struct asking k = {.names = 1, .over = &f.over};
	struct probe_target targets[2];
	struct arena *a = arena_create();
	struct err e = ERR_INIT;
	uint16_t tcp_port, udp_port;
	pthread_t flooding, answering;

	(void)state;
	f.tcp = bound(SOCK_STREAM, 1, &tcp_port);
	f.udp = bound(SOCK_DGRAM, 0, &udp_port);
	limits.linger_us = 0;
	if (probe_target_parse(a, arena_printf(a, "127.0.0.1:%u,tcp", tcp_port),
			       &targets[0], &e) != RC_OK ||
	    probe_target_parse(a, arena_printf(a, "127.0.0.1:%u,udp", udp_port),
			       &targets[1], &e) != RC_OK)
		fail_msg("%s", e.text);
	assert_int_equal(pthread_create(&flooding, NULL, flood_main, &f), 0);
	assert_int_equal(pthread_create(&answering, NULL, answer_main, &f), 0);
	run(&limits, targets, 2, &k);
	assert_int_equal(k.answered, 1);
	assert_int_equal(k.broken + k.silent, 1);
	pthread_join(flooding, NULL);
	pthread_join(answering, NULL);
	close(f.tcp);
	close(f.udp);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_silent_crowd_leaves_ids_free),
		cmocka_unit_test(one_that_floods_keeps_nobody_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
