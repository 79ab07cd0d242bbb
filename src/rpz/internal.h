/*
 * rpz/internal - what the files of rpz/ share; nobody else includes it.
 *
 * Two things are shared by threads while they may be replaced: the encoded zone and the
 * list of operators.  Each is immutable once published, and counted under `rpz.lock`, so
 * that a transfer of minutes keeps what it began with.
 */
#ifndef SALURAN_RPZ_INTERNAL_H
#define SALURAN_RPZ_INTERNAL_H

#include <libknot/libknot.h>
#include <pthread.h>
#include <sys/socket.h>

#include "rpz/rpz.h"

enum {
	RPZ_ROWS_MAX = 8 * 1000 * 1000,
	RPZ_STREAM_BYTES_MAX = 512 << 20, /* an encoded zone; 31 bytes a row, typically */
	RPZ_ORIGIN_BYTES_MAX = 200,	  /* leaves room for the names below it */
	RPZ_OPERATORS_MAX = 4096,
	RPZ_OPERATOR_NAME_MAX = 256,

	/* Every offset in a message this long can be the target of a compression pointer.
	 */
	RPZ_MESSAGE_BYTES = 16384,
	RPZ_OPT_BYTES = KNOT_EDNS_MIN_SIZE,
	/* owner 255, fixed part 10, algorithm 26, fields 16, MAC 64, other data 6 */
	RPZ_TSIG_BYTES = 384,
	RPZ_MAC_BYTES = 64,
	RPZ_QUERY_BYTES_MAX = 4096, /* a larger one is no query of ours: dropped */
	RPZ_REPLY_BYTES = 1232,	    /* all replies in one message fit; never fragmented */

	RPZ_SLOTS = 64,
	RPZ_CONNECTIONS_PER_ADDRESS_MAX = 8,
	RPZ_THREAD_STACK_BYTES = 512 << 10, /* the source runs on them */
	RPZ_IDLE_MS = 10 * 1000,	    /* for the next query to arrive whole */
	RPZ_STALL_MS = 20 * 1000,	    /* for a reader to take anything at all */
	RPZ_TRANSFER_MS = 15 * 60 * 1000,   /* for all of one transfer */
	RPZ_ACKED_MS = 5 * 1000,	    /* for the last byte to be acknowledged */

	RPZ_ZONE_AGE_S = 60,
	RPZ_OPERATORS_AGE_S = 1,
	RPZ_SOURCE_PAUSE_S = 1, /* before a source that failed is asked again */

	RPZ_NOTIFY_FIRST_MS = 500, /* doubled each time up to ... */
	RPZ_NOTIFY_PAUSE_MAX_MS = 60 * 1000,
	RPZ_NOTIFY_ATTEMPTS_MAX = 10,
};

/* IPv6, or IPv4 mapped into it (RFC 4291, section 2.5.5.2): equal exactly if the same
 * host. */
struct rpz_addr {
	uint8_t ip[16];
};

enum rc rpz_addr_parse(const char *text, struct rpz_addr *ret) MUST_CHECK;
struct rpz_addr rpz_addr_of(const struct sockaddr_storage *ss);
/* The address with `port`; IPv4 as IPv4.  Returns its length. */
socklen_t rpz_addr_socket(const struct rpz_addr *a, uint16_t port,
			  struct sockaddr_storage *ret);

struct rpz_zone {
	struct rpz_head head;
	const struct rpz_row *rows;
	size_t n_rows;
};

/* One content of the zone, encoded. */
struct rpz_snapshot {
	unsigned refs; /* under rpz.lock */
	uint32_t serial, ttl_s;
	uint8_t soa[KNOT_DNAME_MAXLEN * 2 + 20];
	uint16_t soa_len;
	/* AXFR responses (id 0, no OPT, no TSIG, question `origin AXFR`), each behind its
	 * length in two bytes as on TCP, each with room left for OPT and TSIG. */
	uint8_t *stream;
	size_t stream_len;
};

/* RC_LIMIT: more rows or bytes than can be served.  Single bad rows are left out. */
enum rc rpz_snapshot_build(const struct rpz_zone *z, const knot_dname_t *origin,
			   struct rpz_snapshot **ret, struct err *e) MUST_CHECK;
void rpz_snapshot_free(struct rpz_snapshot *s);

struct rpz_peer {
	char *name;
	struct rpz_addr addr;
	bool has_addr, has_key;
	uint16_t notify_port;
	knot_tsig_key_t key;
	bool holds_known; /* under rpz.lock, as is `holds` */
	uint32_t holds;	  /* the serial of its copy */
};

struct rpz_peers {
	unsigned refs; /* under rpz.lock */
	size_t n;
	struct rpz_peer *peer;
};

/* `old` (NULL allowed) hands on what its operators are known to hold. */
struct rpz_peers *rpz_peers_build(const struct rpz_operator *ops, size_t n,
				  const struct rpz_peers *old);
void rpz_peers_free(struct rpz_peers *p);
struct rpz_peer *rpz_peers_by_key(const struct rpz_peers *p, const knot_dname_t *key);
struct rpz_peer *rpz_peers_by_addr(const struct rpz_peers *p, const struct rpz_addr *a);

struct rpz_connection {
	pthread_t thread;
	struct rpz *r;
	enum { CONNECTION_FREE, CONNECTION_RUNNING, CONNECTION_DONE } state;
	int fd;
	struct rpz_addr from;
};

/* How old a copy of what the source gave is. */
struct rpz_age {
	uint64_t number; /* of rpz_changed() calls when it was asked last */
	int64_t us;	 /* then, monotonic */
	bool failed;
};

struct rpz {
	struct rpz_source src;
	char origin_text[RPZ_ORIGIN_BYTES_MAX + 1];
	knot_dname_storage_t origin;
	size_t origin_len;
	struct sockaddr_storage bound;
	socklen_t bound_len;
	uint16_t port;
	int udp_fd, tcp_fd;
	int stop_fd;   /* eventfd, readable for ever once stopping */
	int notify_fd; /* eventfd, counts rpz_changed() */
	unsigned n_threads;
	pthread_t threads[3];

	pthread_mutex_t
		source_lock; /* one caller of the source's readers; before `lock` */
	pthread_mutex_t pulled_lock; /* one caller of pulled(); held with no other */
	pthread_mutex_t lock;	     /* all below; never held while waiting */
	struct rpz_snapshot *snapshot;
	uint64_t wanted; /* number of rpz_changed() calls */
	struct rpz_age zone_age, peers_age;
	struct rpz_peers *peers;
	struct rpz_connection connections[RPZ_SLOTS];
};

/* The current ones, counted; given back with the put functions (NULL allowed).
 * RC_UNAVAILABLE: the source failed and there is nothing from before. */
enum rc rpz_snapshot_get(struct rpz *r, struct rpz_snapshot **ret) MUST_CHECK;
void rpz_snapshot_put(struct rpz *r, struct rpz_snapshot *s);
enum rc rpz_peers_get(struct rpz *r, struct rpz_peers **ret) MUST_CHECK;
void rpz_peers_put(struct rpz *r, struct rpz_peers *p);

/* The peer showed that it holds `serial`, or that it lives: tell the source. */
void rpz_peer_holds(struct rpz *r, struct rpz_peer *p, uint32_t serial);
void rpz_peer_seen(struct rpz *r, struct rpz_peer *p);

/* One query and what it is answered with. */
struct rpz_exchange {
	struct rpz *r;
	struct rpz_addr from;
	bool tcp;
	knot_pkt_t *query; /* parsed; its wire belongs to the caller */
	bool has_opt;
	uint8_t opt_rcode_high;

	struct rpz_peers *peers;
	struct rpz_peer *peer; /* who asks; NULL: not known, or not proven */
	bool sign;
	uint8_t mac[RPZ_MAC_BYTES]; /* of the query, then of each message signed */
	size_t mac_len;
	bool signed_once;

	struct rpz_snapshot *snapshot;
	enum { SHOWS_NOTHING, SHOWS_LIFE, SHOWS_CURRENT } shows; /* once sent */
	bool whole_zone; /* answer with the snapshot's messages, not with `reply` */
	uint8_t reply[RPZ_REPLY_BYTES];
	size_t reply_len; /* 0: say nothing */
};

/* `wire` is overwritten by the parser and must live until rpz_exchange_end(). */
void rpz_exchange_begin(struct rpz_exchange *x, struct rpz *r,
			const struct rpz_addr *from, bool tcp, uint8_t *wire, size_t len);
void rpz_exchange_sent(struct rpz_exchange *x); /* the answer is out: tell the source */
void rpz_exchange_end(struct rpz_exchange *x);

/* Make one message of the snapshot's stream an answer to this query: `msg` holds it and
 * has RPZ_MESSAGE_BYTES of room.  RC_IO: it cannot be signed. */
enum rc rpz_exchange_finish(struct rpz_exchange *x, uint8_t *msg, size_t *len) MUST_CHECK;

/* 1: ready, 0: timeout, -1: the server stops or the socket is broken. */
int rpz_wait(struct rpz *r, int fd, short events, int64_t timeout_ms);

/* Encodes one record into `pkt`: KNOT_EOK, KNOT_ESPACE. */
int rpz_put_record(knot_pkt_t *pkt, const knot_dname_t *owner, uint16_t type,
		   uint32_t ttl_s, const uint8_t *rdata, uint16_t len);

/* Threads; `arg` is the struct rpz. */
void *rpz_udp_main(void *arg);
void *rpz_tcp_main(void *arg);
void *rpz_notify_main(void *arg);
void rpz_tcp_join(struct rpz *r); /* all connections; the acceptor has ended */

#endif
