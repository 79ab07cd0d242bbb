/*
 * engine - asks resolvers, many at once, and says what came back.
 *
 * One thread, non-blocking sockets, epoll.  Over UDP each question goes out from a
 * random socket of a pool with a random id, and after its answer the engine goes on
 * listening for a moment: several answers to one question are the mark of somebody on
 * the way.  Over TCP and DoT questions share a connection (RFC 7766).
 *
 * It asks only the resolvers that it was given, each no faster than its limit, and looks
 * nothing up itself.
 */
#ifndef SALURAN_PROBE_ENGINE_H
#define SALURAN_PROBE_ENGINE_H

#include <stdatomic.h>

#include "core/probe_target.h"
#include "probe/wire.h"

enum {
	PROBE_TRIES_MAX = 8,
	PROBE_WINDOW_MAX = 4096,
	PROBE_TARGETS_MAX = 100000,
};

struct probe_limits {
	uint32_t per_s; /* questions a second to one resolver; 0: as it answers */
	uint32_t jitter_percent; /* by how much the pause between two may differ */
	uint32_t window;	 /* unanswered at one resolver at one time */
	uint32_t tries;		 /* of one question over UDP */
	int64_t timeout_us;	 /* of one try over UDP */
	int64_t stream_us;	 /* of one question over TCP and DoT */
	int64_t linger_us;	 /* listening on after an answer over UDP */
	uint32_t connections;	 /* TCP and DoT, at one time */
	const char *ca;		 /* file of authorities for DoT, NULL: the system's */
};
extern const struct probe_limits probe_limits_default;

struct probe_ask {
	enum probe_via via;
	const struct probe_question *question; /* outlives the ask */
	void *tag;
};

/* How a DoT connection was secured. */
struct probe_tls {
	bool done;
	enum probe_auth auth; /* what was checked */
	char version[16];
	uint8_t pin[PROBE_PIN_BYTES]; /* SHA-256 of the public key that was shown */
};

struct probe_done {
	enum probe_got got;
	const struct probe_answer *answer; /* NULL: none that can be read */
	const uint8_t *wire;
	size_t len;
	int64_t sent_us, sent_mono_us; /* the first try */
	int64_t rtt_us;		       /* of the try that was answered */
	unsigned tries;
	bool forged;	 /* wrong id or question, or several different answers */
	const char *why; /* of PROBE_GOT_BROKEN; NULL */
	const struct probe_tls *tls;
};

/* What the engine asks its caller. */
struct probe_work {
	void *arg;
	/* The next question for that resolver.  False: none now; *again_us is when there
	 * may be one (clock_mono_us()), INT64_MAX: not before one of its questions is
	 * done. */
	bool (*next)(void *arg, uint32_t target, int64_t now_us, struct probe_ask *ret,
		     int64_t *again_us);
	void (*done)(void *arg, uint32_t target, const struct probe_ask *ask,
		     const struct probe_done *done);
};

struct probe_engine;

/* `targets` and `limits` are borrowed.  RC_IO: no sockets; RC_INVALID: the authorities
 * cannot be read. */
enum rc probe_engine_create(const struct probe_limits *limits,
			    const struct probe_target *targets, size_t n,
			    struct probe_engine **ret, struct err *e) MUST_CHECK;
void probe_engine_free(struct probe_engine *g); /* NULL allowed */

/* Until no question is left, or *stop is set (may be NULL): then RC_RETRY. */
enum rc probe_engine_run(struct probe_engine *g, const struct probe_work *work,
			 const atomic_bool *stop, struct err *e) MUST_CHECK;

/* Questions sent, tries and all. */
uint64_t probe_engine_sent(const struct probe_engine *g);

#endif
