/* What the files of the engine share; nobody else includes it. */
#ifndef SALURAN_PROBE_ENGINE_INT_H
#define SALURAN_PROBE_ENGINE_INT_H

#include <gnutls/gnutls.h>
#include <sys/epoll.h>

#include "base/buf.h"
#include "probe/engine.h"

enum {
	SOCKETS = 4, /* UDP, of one family */
	IDS = 65536,
	BATCH = 64, /* datagrams of one system call */
	EVENTS = 256,
	STARTS_MAX = 512, /* questions started before answers are read again */
	STREAM_TRIES = 2,
	ROOM = 512, /* bytes of an answer that need no heap */
	FRAME = 2,  /* bytes of length before a message over TCP */
};

enum list { LIST_NONE, LIST_UDP, LIST_STREAM, LIST_LINGER, LIST_WAITING, LIST_COUNT };

struct tstate;
struct conn;

/* A question under way. */
struct ask {
	struct probe_ask in;
	uint32_t index; /* in g->asks, from 1 */
	struct tstate *ts;
	struct ask *prev, *next; /* in one of the lists */
	enum list list;
	int64_t deadline_us;
	struct ask *prev_of, *next_of; /* of the resolver, or of the connection */
	struct conn *conn;
	uint16_t ids[PROBE_TRIES_MAX];
	uint8_t socks[PROBE_TRIES_MAX];
	int64_t sent_mono_us[PROBE_TRIES_MAX];
	unsigned tries;
	int64_t sent_us;
	int64_t rtt_us;
	bool answered, broken, forged;
	const char *why;
	uint8_t *wire; /* `room`, or on the heap */
	size_t len;
	struct probe_answer answer;
	uint8_t room[ROOM];
};

struct list_head {
	struct ask *first, *last;
};

struct usock {
	int fd;
	bool ipv6;
	uint32_t *owner;       /* by id: the index of its question, 0: none */
	uint8_t used[IDS / 8]; /* ids that were ours once */
	unsigned n_out;
	uint8_t out[BATCH][PROBE_QUERY_MAX];
	size_t out_len[BATCH];
	const struct tstate *out_to[BATCH];
};

struct tstate {
	const struct probe_target *t;
	uint32_t index;
	int64_t next_us;  /* when it may be asked again */
	uint32_t heap_at; /* from 1; 0: not in the heap */
	uint32_t open;	  /* unanswered */
	struct ask *asks; /* over UDP, under way */
	struct conn *conn[PROBE_VIA_COUNT];
	uint32_t hash_next; /* in the chain of its address */
};

enum conn_state { CONN_CONNECTING, CONN_HANDSHAKE, CONN_OPEN };

struct conn {
	int fd;
	struct tstate *ts;
	enum probe_via via;
	enum conn_state state;
	struct ask *asks;
	struct buf out;
	size_t out_at;
	uint8_t in[FRAME + UINT16_MAX];
	size_t in_len;
	gnutls_session_t tls;
	struct probe_tls info;
	bool want_write;
	struct conn *prev, *next; /* of all */
};

struct probe_engine {
	struct probe_limits limits;
	const struct probe_work *work;
	struct tstate *targets;
	size_t n_targets;
	uint32_t *hash; /* of UDP addresses: index from 1 */
	size_t hash_mask;
	struct tstate **heap;
	uint32_t n_heap;
	struct ask **asks; /* by index - 1 */
	uint32_t n_asks, cap_asks;
	struct ask *idle;
	struct list_head lists[LIST_COUNT];
	uint32_t under_way;
	int epoll;
	struct usock *socks[2 * SOCKETS]; /* IPv4, IPv6; NULL: not opened */
	unsigned turn;			  /* which of a family sends now */
	bool dirty;			  /* some have datagrams to send */
	struct conn *conns, *gone;
	uint32_t n_conns;
	gnutls_certificate_credentials_t cred;
	uint64_t sent;
	int64_t now_us;
	uint8_t noise[4096];
	size_t noise_at;
	uint8_t in[BATCH][PROBE_MESSAGE_MAX];
	struct mmsghdr in_msgs[BATCH];
	struct iovec in_iov[BATCH];
	union probe_socket in_from[BATCH];
};

/* engine.c */
uint32_t probe_engine_random(struct probe_engine *g);
void probe_engine_list_put(struct probe_engine *g, struct ask *k, enum list to,
			   int64_t deadline_us);
void probe_engine_list_drop(struct probe_engine *g, struct ask *k);
/* Unanswered no longer: its resolver may be asked more. */
void probe_engine_answered(struct probe_engine *g, struct ask *k);
/* Tell the caller, and forget it. */
void probe_engine_finish(struct probe_engine *g, struct ask *k, enum probe_got got);
/* Keep a message as the answer.  False: it cannot be read. */
bool probe_engine_keep(struct ask *k, const uint8_t *p, size_t len);

/* udp.c */
enum rc probe_udp_open(struct probe_engine *g, bool ipv6, struct err *e) MUST_CHECK;
void probe_udp_close(struct probe_engine *g);
void probe_udp_send(struct probe_engine *g, struct ask *k);
void probe_udp_flush(struct probe_engine *g);
void probe_udp_read(struct probe_engine *g, struct usock *s);
void probe_udp_expired(struct probe_engine *g, struct ask *k);
void probe_udp_forget(struct probe_engine *g, struct ask *k);

/* stream.c */
void probe_stream_start(struct probe_engine *g, struct ask *k);
void probe_stream_event(struct probe_engine *g, struct conn *c, uint32_t events);
void probe_stream_expired(struct probe_engine *g, struct ask *k);
void probe_stream_forget(struct probe_engine *g, struct ask *k);
/* Free what was closed; no event names it any more. */
void probe_stream_bury(struct probe_engine *g);
void probe_stream_close_all(struct probe_engine *g);

/* tls.c */
enum rc probe_tls_credentials(const char *ca, gnutls_certificate_credentials_t *ret,
			      struct err *e) MUST_CHECK;
enum rc probe_tls_begin(struct conn *c, gnutls_certificate_credentials_t cred) MUST_CHECK;
/* RC_RETRY: more is to come or go.  RC_IO with *ret_why: it failed. */
enum rc probe_tls_handshake(struct conn *c, const char **ret_why) MUST_CHECK;

#endif
