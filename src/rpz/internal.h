/*
 * rpz/internal - what the files of rpz/ share; nobody else includes it.
 *
 * What several threads use while it may be replaced - the list of zones, the operators,
 * each zone's transfers - is immutable once published, and counted: a reader takes its
 * reference under `rpz.lock`, and a transfer of minutes keeps what it began with.
 */
#ifndef SALURAN_RPZ_INTERNAL_H
#define SALURAN_RPZ_INTERNAL_H

#include <libknot/libknot.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "core/crypto.h"
#include "rpz/rpz.h"

enum {
	RPZ_STREAM_BYTES_MAX = 512 << 20, /* rows of a zone; 31 bytes each, typically */
	RPZ_DIFF_BYTES_MAX = 64 << 20,	  /* rows of a difference; larger: whole zone */
	RPZ_DIFF_KEPT_BYTES_MAX = 4 << 20,
	RPZ_DIFFS_KEPT = 8,	    /* of one zone */
	RPZ_ORIGIN_BYTES_MAX = 200, /* leaves room for the names below it */
	RPZ_ZONES_MAX = 256,
	RPZ_OPERATORS_MAX = 4096,
	RPZ_OPERATORS_IMAGE_MAX = 64 << 20,
	RPZ_OPERATOR_NAME_MAX = 256,
	RPZ_KEYS_MAX = 8, /* of one operator, as the next two */
	RPZ_NETS_MAX = 64,
	RPZ_TARGETS_MAX = 64,

	RPZ_MESSAGE_BYTES = 16384, /* of a transfer; larger ones are not faster */
	RPZ_OPT_BYTES = KNOT_EDNS_MIN_SIZE,
	/* owner 255, fixed part 10, algorithm 26, fields 16, MAC 64, other data 6 */
	RPZ_TSIG_BYTES = 384,
	RPZ_QUESTION_BYTES = KNOT_DNAME_MAXLEN + 4,
	RPZ_CHUNK_BYTES = RPZ_MESSAGE_BYTES - KNOT_WIRE_HEADER_SIZE - RPZ_QUESTION_BYTES -
			  RPZ_OPT_BYTES - RPZ_TSIG_BYTES,
	/* owner, fixed part, and the longest text with the length of each string */
	RPZ_RECORD_BYTES_MAX = KNOT_DNAME_MAXLEN + 10 + RPZROW_TXT_MAX + 8,
	RPZ_MAC_BYTES = 64,
	RPZ_QUERY_BYTES_MAX = 4096, /* a larger one is no query of ours: dropped */
	RPZ_REPLY_BYTES = 1232,	    /* all replies in one message fit; never fragmented */
	RPZ_BATCH_BYTES = 128 << 10, /* of a transfer, given to the kernel at once */

	RPZ_THREAD_STACK_BYTES = 512 << 10, /* the source runs on them */
	RPZ_STALL_MS = 20 * 1000,	    /* for a reader to take anything at all */
	RPZ_ACKED_MS = 5 * 1000,	    /* for the last byte to be acknowledged */
	RPZ_EVICT_MS = 200, /* for a stranger's connection to end for a new one */

	RPZ_ZONES_AGE_S = 60,
	RPZ_OPERATORS_AGE_S = 1,
	RPZ_SOURCE_PAUSE_S = 1, /* before a source that failed is asked again */

	RPZ_NOTIFY_FIRST_MS = 500, /* doubled each time up to ... */
	RPZ_NOTIFY_PAUSE_MAX_MS = 60 * 1000,
	RPZ_NOTIFY_ATTEMPTS_MAX = 10,
	RPZ_NOTICES_MAX = 32768, /* under way at once; the rest waits for its refresh */

	RPZ_HELD_BUCKETS = 1024,
	RPZ_HOSTS_MAX = 65536, /* of all operators that are told apart, by zone */
	RPZ_STILL_HELD_S = 60, /* between two reports that nothing changed */
	RPZ_ODDITIES = 64,
	RPZ_CUTS_MAX = 1024, /* zones at hosts, of which a part may be there */
	RPZ_REFUSALS = 32,   /* that are remembered */
	RPZ_REFUSAL_PAUSE_S = 60,
	RPZ_ODD_PAUSE_S = 60,
	RPZ_ODD_LINES_PER_S = 10,
};

/* ---- addresses --------------------------------------------------------------------- */

/* IPv6, or IPv4 mapped into it (RFC 4291, section 2.5.5.2): equal exactly if the same
 * host. */
struct rpz_addr {
	uint8_t ip[16];
};

struct rpz_net {
	struct rpz_addr addr;
	unsigned bits; /* 0 to 128 */
};

enum rc rpz_addr_parse(const char *text, struct rpz_addr *ret) MUST_CHECK;
struct rpz_addr rpz_addr_of(const struct sockaddr_storage *ss);
/* The address with `port`; IPv4 as IPv4.  Returns its length. */
socklen_t rpz_addr_socket(const struct rpz_addr *a, uint16_t port,
			  struct sockaddr_storage *ret);
/* "192.0.2.1", "192.0.2.0/24", IPv6 likewise. */
enum rc rpz_net_parse(const char *text, struct rpz_net *ret) MUST_CHECK;
bool rpz_net_has(const struct rpz_net *net, const struct rpz_addr *a);

/* ---- records ----------------------------------------------------------------------- */

/* What tells one serial of a zone from another, ready for the wire. */
struct rpz_mark {
	uint32_t serial, ttl_s;
	uint16_t soa_len;
	uint8_t soa[2 * KNOT_DNAME_MAXLEN + 20];
	uint8_t labels[KNOT_DNAME_MAXLEN]; /* of the origin, without the root's */
	uint8_t labels_len;		   /* 0: too long for a canary of its own */
};

void rpz_mark_init(struct rpz_mark *m, const struct rpz_head *h,
		   const knot_dname_t *origin);
/* The same but for the serial. */
struct rpz_mark rpz_mark_at(const struct rpz_mark *m, uint32_t serial);
bool rpz_mark_like(const struct rpz_mark *a, const struct rpz_mark *b);

/* RC_INVALID: no resolver can be trusted to take this row. */
enum rc rpz_record_of_row(const struct rpzrow *row, const char *origin, uint32_t ttl_s,
			  uint8_t out[RPZ_RECORD_BYTES_MAX], size_t *ret_len,
			  struct err *e) MUST_CHECK;
/* Return the record's length. */
size_t rpz_record_of_soa(const struct rpz_mark *m, uint8_t out[RPZ_RECORD_BYTES_MAX]);
size_t rpz_record_of_ns(const struct rpz_mark *m, uint8_t out[RPZ_RECORD_BYTES_MAX]);
/* The TXT with the serial: `own` is that at <origin>._saluran-serial, which tells this
 * zone from others in one resolver.  0: the origin is too long for it. */
size_t rpz_record_of_canary(const struct rpz_mark *m, bool own,
			    uint8_t out[RPZ_RECORD_BYTES_MAX]);

size_t rpz_record_len(const uint8_t *record);
/* The order in which a zone is sent: records of one owner are neighbours. */
int rpz_record_compare(const uint8_t *a, const uint8_t *b);
bool rpz_record_same_owner(const uint8_t *a, const uint8_t *b);
/* May they not both be in a zone?  Equal, or a CNAME beside anything else. */
bool rpz_record_excludes(const uint8_t *a, const uint8_t *b);

struct rpz_records {
	struct buf bytes; /* with RPZ_STREAM_BYTES_MAX; sticky error */
	uint32_t *at;	  /* where each begins */
	size_t n, cap;
};

void rpz_records_add(struct rpz_records *l, const uint8_t *record, size_t len);
const uint8_t *rpz_records_get(const struct rpz_records *l, size_t i);
void rpz_records_sort(struct rpz_records *l);
void rpz_records_free(struct rpz_records *l);

/* Both in order. */
struct rpz_changes {
	struct rpz_records removed, added;
};

/* ---- streams ----------------------------------------------------------------------- */

/* The records of one message. */
struct rpz_chunk {
	atomic_uint refs;
	uint16_t n, len;
	uint8_t bytes[];
};

struct rpz_stream {
	atomic_uint refs;
	struct rpz_mark mark;
	uint32_t from; /* of a difference */
	/* Of a whole zone the first has what every zone has, the last its SOA again, and
	 * those between them the rows in order. */
	size_t n_chunks, n_records, bytes;
	size_t n_excluded; /* rows that others of this zone exclude */
	struct rpz_chunk **chunk;
};

/* `rows` are in order. */
struct rpz_stream *rpz_stream_whole(const struct rpz_mark *m,
				    const struct rpz_records *rows, size_t *ret_left_out);
struct rpz_stream *rpz_stream_diff(const struct rpz_mark *from, const struct rpz_mark *to,
				   const struct rpz_changes *c);
/* The whole zone at `m`, which is like old's; chunks that did not change are shared.
 * RC_CONFLICT: the changes do not fit the rows. */
enum rc rpz_stream_patch(const struct rpz_stream *old, const struct rpz_mark *m,
			 const struct rpz_changes *c, struct rpz_stream **ret) MUST_CHECK;
struct rpz_stream *rpz_stream_ref(struct rpz_stream *s); /* NULL allowed */
void rpz_stream_put(struct rpz_stream *s);		 /* NULL allowed */

/* ---- zones ------------------------------------------------------------------------- */

struct rpz_zone {
	atomic_uint refs;
	char *origin_text;
	knot_dname_storage_t origin;
	pthread_mutex_t whole_lock; /* one makes the whole zone; before `lock` */
	/* Under rpz.lock: */
	bool listed;
	struct rpz_mark mark;	  /* the newest */
	struct rpz_stream *whole; /* maybe older; NULL: nobody asked for it yet */
	struct rpz_stream *diff[RPZ_DIFFS_KEPT]; /* to the newest */
	size_t diff_next;
};

struct rpz_zones {
	atomic_uint refs;
	size_t n;
	struct rpz_zone **zone;
};

/* The current list, counted.  RC_UNAVAILABLE: the source failed and there is nothing
 * from before. */
enum rc rpz_zones_get(struct rpz *r, struct rpz_zones **ret) MUST_CHECK;
void rpz_zones_put(struct rpz_zones *l); /* NULL allowed */
struct rpz_zone *rpz_zones_find(const struct rpz_zones *l, const knot_dname_t *origin);
void rpz_zone_put(struct rpz_zone *z); /* NULL allowed */
struct rpz_mark rpz_zone_mark(struct rpz *r, struct rpz_zone *z);

/* All of the newest serial, or of an older one if the source fails; may take as long as
 * reading the zone takes.  RC_UNAVAILABLE: there is none. */
enum rc rpz_zone_whole(struct rpz *r, struct rpz_zone *z,
		       struct rpz_stream **ret) MUST_CHECK;
/* RC_NOT_FOUND, RC_LIMIT or that of the source: send the whole zone. */
enum rc rpz_zone_diff(struct rpz *r, struct rpz_zone *z, uint32_t from,
		      const struct rpz_mark *to, struct rpz_stream **ret) MUST_CHECK;
/* Without asking the source; NULL: not at hand. */
struct rpz_stream *rpz_zone_diff_kept(struct rpz *r, struct rpz_zone *z, uint32_t from,
				      uint32_t to);

/* ---- operators --------------------------------------------------------------------- */

struct rpz_peer_target {
	struct rpz_addr addr;
	uint16_t port;
};

struct rpz_peer {
	char *name;
	size_t n_keys, n_nets, n_targets, n_zones;
	knot_tsig_key_t *key;
	struct rpz_net *net;
	struct rpz_peer_target *target;
	knot_dname_t **zone;
	bool from_only;
};

struct rpz_peers {
	atomic_uint refs;
	struct hash digest; /* of all that the source said */
	size_t n;
	struct rpz_peer *peer;
};

struct rpz_peers *rpz_peers_build(const struct rpz_operator *ops, size_t n);
/* As rpz_zones_get(). */
enum rc rpz_peers_get(struct rpz *r, struct rpz_peers **ret) MUST_CHECK;
void rpz_peers_put(struct rpz_peers *l); /* NULL allowed */
const struct rpz_peer *rpz_peers_by_key(const struct rpz_peers *l,
					const knot_dname_t *name, size_t *ret_key);
/* Of those without a key: one that may have `origin`, or else any; NULL: none. */
const struct rpz_peer *rpz_peers_by_addr(const struct rpz_peers *l,
					 const struct rpz_addr *a,
					 const knot_dname_t *origin);
bool rpz_peer_is_from(const struct rpz_peer *p, const struct rpz_addr *a);
bool rpz_peer_may_have(const struct rpz_peer *p, const knot_dname_t *origin);

/* ---- the server -------------------------------------------------------------------- */

struct rpz_connection {
	pthread_t thread;
	struct rpz *r;
	enum { CONNECTION_FREE, CONNECTION_RUNNING, CONNECTION_DONE } state;
	int fd;
	struct rpz_addr from;
	int64_t since_us;
	/* Whose it is, once a query of it was answered; "": a stranger's until then. */
	char operator_name[RPZ_OPERATOR_NAME_MAX + 1];
	bool keyed; /* and shown by a key, not by its address alone */
};

/* How old a copy of what the source gave is. */
struct rpz_age {
	uint64_t number; /* of rpz_changed() calls when it was asked last */
	int64_t us;	 /* then, monotonic */
	bool failed;
};

struct rpz_oddity {
	const char *what;
	struct rpz_addr from;
	unsigned n; /* not logged yet */
	int64_t logged_us;
};

/* A query whose signature is not in order. */
struct rpz_refusal {
	knot_dname_storage_t key;
	struct rpz_addr from;
	const char *why;
	bool due;
	int64_t told_us;
};

struct rpz_held;

struct rpz {
	struct rpz_source src;
	struct rpz_limits limits;
	struct sockaddr_storage bound;
	socklen_t bound_len;
	uint16_t port;
	int udp_fd, tcp_fd;
	int stop_fd;   /* eventfd, readable for ever once stopping */
	int notify_fd; /* eventfd: there may be something to tell operators */
	atomic_bool stopping;
	unsigned n_threads;
	pthread_t threads[3], report_thread;
	bool report_started;

	pthread_mutex_t
		source_lock;  /* one refreshes zones and operators; before `lock` */
	pthread_mutex_t lock; /* all below; never held while waiting */
	uint64_t wanted;      /* number of rpz_changed() calls */
	struct rpz_age zones_age, peers_age;
	struct rpz_zones *zones;
	struct rpz_peers *peers;
	struct rpz_connection *connections; /* limits.connections of them */
	pthread_cond_t connection_done;

	pthread_mutex_t held_lock; /* all below */
	pthread_cond_t held_due;
	struct rpz_held *held[RPZ_HELD_BUCKETS];
	struct rpz_held *due, **due_end; /* to be told, oldest first */
	size_t n_hosts;
	struct rpz_refusal refusal[RPZ_REFUSALS];
	unsigned refusals_due;
	bool held_end;

	char *cut_path;		  /* NULL: only this process remembers */
	pthread_mutex_t cut_lock; /* all below */
	struct rpz_cut *cuts;	  /* whole transfers that run or were cut, oldest first */
	size_t n_cuts;

	pthread_mutex_t odd_lock; /* all below */
	struct rpz_oddity oddity[RPZ_ODDITIES];
	int64_t odd_since_us;
	unsigned odd_lines;
};

/* All but sockets and threads; for tests, too. */
void rpz_init(struct rpz *r, const struct rpz_limits *limits,
	      const struct rpz_source *src);
void rpz_fini(struct rpz *r);

/* Under source_lock: whether to ask the source now; `age` is then of this asking. */
bool rpz_refresh_begin(struct rpz *r, struct rpz_age *age, int64_t max_s);
void rpz_refresh_failed(struct rpz *r, struct rpz_age *age, const char *what, enum rc rc,
			const struct err *e);
/* The source failed when it was asked last: what changed is not known yet. */
bool rpz_refresh_is_owed(struct rpz *r);
void rpz_wake_notify(struct rpz *r);

/* 1: ready, 0: timeout, -1: the server stops or the socket is broken. */
int rpz_wait(struct rpz *r, int fd, short events, int64_t timeout_ms);

enum { RPZ_ADDR_TEXT_MAX = 46 /* INET6_ADDRSTRLEN */ };
const char *rpz_addr_text(const struct rpz_addr *a, char out[RPZ_ADDR_TEXT_MAX]);

/* Log that `what` (a literal) came from there, unless that was just logged. */
void rpz_odd(struct rpz *r, const struct rpz_addr *from, const char *what);

/* The copy of the zone at this host of the operator is known to be this serial: tell the
 * source.  `key`: the one it used (NULL: none). */
void rpz_report(struct rpz *r, const struct rpz_peer *p, const struct rpz_zone *z,
		const struct rpz_addr *host, uint32_t serial, enum rpz_how how,
		const knot_tsig_key_t *key);
/* What became of a NOTIFY to this host. */
void rpz_report_notified(struct rpz *r, const struct rpz_peer *p,
			 const struct rpz_zone *z, const struct rpz_addr *host,
			 const struct rpz_notified *n);
/* A query signed with a key of that name is refused (a literal says why): tell the
 * source, unless that was just told. */
void rpz_report_refused(struct rpz *r, const knot_dname_t *key,
			const struct rpz_addr *from, const char *why);
/* Which of its keys the operator used last for this zone. */
size_t rpz_report_key(struct rpz *r, const struct rpz_peer *p, const struct rpz_zone *z);
/*
 * cut.c: whole transfers whose end a host is not known to have.  Kept in the file of the
 * source, if it names one, from the beginning of each until its end.
 */
void rpz_cut_load(struct rpz *r);
void rpz_cut_free(struct rpz *r);
bool rpz_cut_has(struct rpz *r, const struct rpz_zone *z, const struct rpz_addr *host);
void rpz_cut_begin(struct rpz *r, const struct rpz_zone *z, const struct rpz_addr *host);
void rpz_cut_end(struct rpz *r, const struct rpz_zone *z, const struct rpz_addr *host,
		 bool whole);

/* A host of the operator has shown one of these zones, and none has shown this one. */
bool rpz_report_takes_others(struct rpz *r, const struct rpz_peer *p,
			     const struct rpz_zones *all, const struct rpz_zone *z);
void rpz_report_end(struct rpz *r); /* once all is told */
void rpz_report_free(struct rpz *r);

/* ---- one query and what it is answered with ---------------------------------------- */

struct rpz_exchange {
	struct rpz *r;
	struct rpz_addr from;
	bool tcp;
	knot_pkt_t *query; /* parsed; its wire belongs to the caller */
	bool has_opt;
	uint8_t opt_rcode_high;

	struct rpz_peers *peers;
	const struct rpz_peer *peer; /* who asks; NULL: not known, or not proven */
	const knot_tsig_key_t *key;
	bool sign;
	uint8_t mac[RPZ_MAC_BYTES]; /* of the query, then of each message signed */
	size_t mac_len;
	bool signed_once;

	struct rpz_zones *zones;
	struct rpz_zone *zone; /* that it may have, or NULL */
	struct rpz_mark mark;
	enum {
		SHOWS_NOTHING,
		SHOWS_LIFE,
		SHOWS_CURRENT,
		SHOWS_AXFR,
		SHOWS_IXFR,
		SHOWS_AHEAD
	} shows;
	bool has_theirs;
	uint32_t theirs; /* the serial that an IXFR names */

	struct rpz_stream *stream; /* the answer, if not NULL; else `reply` is */
	uint8_t reply[RPZ_REPLY_BYTES];
	size_t reply_len; /* 0: say nothing */
};

/* `wire` is overwritten by the parser and must live until rpz_exchange_end(). */
void rpz_exchange_begin(struct rpz_exchange *x, struct rpz *r,
			const struct rpz_addr *from, bool tcp, uint8_t *wire, size_t len);
/* The answer is out, or was cut short: tell the source what that shows. */
void rpz_exchange_sent(struct rpz_exchange *x);
void rpz_exchange_cut(struct rpz_exchange *x);
void rpz_exchange_end(struct rpz_exchange *x);

/* The next message of the answer: `msg` has RPZ_MESSAGE_BYTES of room.  RC_IO: it cannot
 * be signed. */
enum rc rpz_exchange_message(struct rpz_exchange *x, const struct rpz_chunk *c,
			     uint8_t *msg, size_t *len) MUST_CHECK;

void rpz_reply_error(struct rpz_exchange *x, uint8_t rcode);
/* False: it is answered.  `qname` NULL: there is none. */
bool rpz_exchange_authorise(struct rpz_exchange *x, const knot_dname_t *qname);
/* `error`: that of the TSIG (RFC 8945, section 3). */
enum rc rpz_message_sign(struct rpz_exchange *x, uint8_t *msg, size_t *len, size_t cap,
			 uint16_t error) MUST_CHECK;

/* Threads; `arg` is the struct rpz. */
void *rpz_udp_main(void *arg);
void *rpz_tcp_main(void *arg);
void *rpz_notify_main(void *arg);
void *rpz_report_main(void *arg);
void rpz_tcp_join(struct rpz *r); /* all connections; the acceptor has ended */

#endif
