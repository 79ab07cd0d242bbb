/*
 * rpz - the DNS server of Response Policy Zones: transfers to the resolvers of listed
 * operators, and the NOTIFY that tells them to come.
 *
 * It answers SOA over UDP and TCP, AXFR over TCP, IXFR with the difference between any
 * two serials that its source knows (RFC 1995), and nothing else: resolvers are asked by
 * people, this server only by resolvers.  Whoever is not listed for a zone gets REFUSED,
 * as for a zone that does not exist; a TSIG that is not in order gets NOTAUTH with
 * BADKEY, BADSIG, BADTIME or BADTRUNC (RFC 8945, section 5.2); what cannot be parsed gets
 * FORMERR or nothing.
 *
 * A serial stands for one content: every transfer of that serial has the same records,
 * and a transfer keeps the serial that it began with, even if the zone moves on.
 *
 * Threads: one for UDP, one that accepts, one for NOTIFY, one that reports, and one for
 * each connection.  The functions of the source are called from these, several at once,
 * never from the caller of rpz_start().
 */
#ifndef SALURAN_RPZ_RPZ_H
#define SALURAN_RPZ_RPZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"
#include "core/rpz_row.h"

/* What stands in the SOA of one serial. */
struct rpz_head {
	const char *origin; /* without its last dot */
	uint32_t serial;    /* RFC 1982: each new content has a newer one */
	uint32_t ttl_s, refresh_s, retry_s, expire_s;
};

/*
 * Takes one row; it is copied.  A row that rpzrow_check() refuses, or that another one
 * excludes, is left out, and logged.  Anything but RC_OK ends the reading, and the source
 * passes it on.
 */
typedef enum rc rpz_on_row(void *arg, const struct rpzrow *row, struct err *e);
typedef enum rc rpz_on_change(void *arg, const struct rpzrow *row, bool added,
			      struct err *e);

struct rpz_key {
	const char *name, *secret_b64; /* hmac-sha256 */
};

struct rpz_target {
	const char *address; /* numeric */
	uint16_t port;
};

struct rpz_operator {
	const char *name;
	/* Old and new are valid together while they are rotated.  NOTIFY is signed with
	 * the one that the operator used last, at first with keys[0].  An operator with a
	 * key that cannot be read is not served at all. */
	const struct rpz_key *keys;
	size_t n_keys;
	/* "192.0.2.1" or "192.0.2.0/24", IPv6 likewise.  Without keys, queries from there
	 * are served.  With keys, whoever signs is served from wherever, unless
	 * `from_only`: then from there only. */
	const char *const *addresses;
	size_t n_addresses;
	bool from_only;
	const struct rpz_target *notify;
	size_t n_notify;
	const char *const *zones; /* origins that it may have: none unless listed */
	size_t n_zones;
};

/* How an operator's copy came to be known. */
enum rpz_how {
	RPZ_BY_AXFR,  /* a transfer whose last byte its host has acknowledged */
	RPZ_BY_IXFR,  /* likewise */
	RPZ_BY_QUERY, /* it asked over TCP for what is newer than this serial */
	RPZ_AHEAD,    /* it asked, by TCP or signed, with a serial newer than any here */
	RPZ_STILL_HELD, /* it asked again: alive, with what was known before */
};

struct rpz_pulled {
	const char *operator_name, *address, *origin;
	uint32_t serial; /* 0 with RPZ_STILL_HELD: this server does not know */
	enum rpz_how how;
};

/* What became of a NOTIFY (RFC 1996). */
struct rpz_notified {
	uint16_t port;
	uint32_t serial;
	unsigned attempts;
	bool over; /* it is not sent again */
	/* acknowledged; as the other side answered: refused, notauth, formerr, servfail,
	 * notimp, error; its TSIG error: badkey, badsig, badtime; bad_answer: signed, but
	 * not with the key; no_answer; not_sent. */
	const char *result;
};

struct rpz_source {
	void *arg;
	/* A file in which the server keeps who may have a part of a whole transfer: they
	 * get the whole zone next time, not a difference, also from the next process.
	 * Copied; NULL: only this process remembers. */
	const char *cut_path;
	/* All zones with their newest serial.  Cheap: asked after rpz_changed() and, to
	 * be safe, at the first query after a minute. */
	enum rc (*zones)(void *arg, struct arena *a, const struct rpz_head **ret,
			 size_t *n, struct err *e);
	/*
	 * All rows of the newest serial, in any order.  *ret is filled in before the
	 * first row.  SOA, NS and the canaries (TXT with the serial in decimal, see
	 * rpzrow_canary()) are added by the server.  Asked when somebody wants the whole
	 * zone for the first time; later copies are made with `changes`.
	 */
	enum rc (*zone)(void *arg, const char *origin, struct rpz_head *ret,
			rpz_on_row *on_row, void *on_arg, struct err *e);
	/*
	 * What to take from the rows of serial `from` and to add to them for those of
	 * `to`, in any order, each row at most once (condensed; RFC 1995, section 5).
	 * NULL: never known.  RC_NOT_FOUND: `from` is not known, or was published with
	 * another TTL or other times in its SOA; the whole zone is sent.
	 */
	enum rc (*changes)(void *arg, const char *origin, uint32_t from, uint32_t to,
			   rpz_on_change *on_change, void *on_arg, struct err *e);
	/* Asked after rpz_changed() and at the first query after a second. */
	enum rc (*operators)(void *arg, struct arena *a, const struct rpz_operator **ret,
			     size_t *n, struct err *e);
	/* What is known of an operator's copy at one of its hosts; NULL allowed.  From
	 * one thread; calls may be folded into the newest.  A SOA answer by itself proves
	 * no copy: over UDP anybody may have asked in an operator's name. */
	void (*pulled)(void *arg, const struct rpz_pulled *p);
	/* An operator answered a NOTIFY, or there will be no more of it.  NULL allowed.
	 * From the thread of `pulled`; only the newest of a zone may be told. */
	void (*notified)(void *arg, const char *operator_name, const char *origin,
			 const char *address, const struct rpz_notified *n);
	/* A query signed with a key of that name was refused; `why` is a token: badkey,
	 * badsig, badtime, badtrunc.  NULL allowed.  From the thread of `pulled`, at most
	 * once a minute for a name, and for few names: whoever invents names is not told
	 * on. */
	void (*refused)(void *arg, const char *key, const char *address, const char *why);
};

/* Connections beyond these are turned away; transfers beyond them are cut off. */
struct rpz_limits {
	/* Of an address those count that no key has shown to be an operator's: many
	 * resolvers may be behind one. */
	unsigned connections, connections_per_address, connections_per_operator;
	unsigned transfer_s;	       /* for all of one transfer */
	unsigned transfer_bytes_per_s; /* of one transfer; 0: as fast as it is taken */
	unsigned idle_s;	       /* for the next query to arrive whole */
};

enum {
	RPZ_CONNECTIONS_MAX = 1024,
	RPZ_CONNECTIONS_DEFAULT = 128,
	RPZ_CONNECTIONS_PER_ADDRESS_DEFAULT = 8,
	RPZ_CONNECTIONS_PER_OPERATOR_DEFAULT = 16,
	RPZ_TRANSFER_S_DEFAULT = 900,
	RPZ_IDLE_S_DEFAULT = 10,
};

struct rpz;

/*
 * Listens on UDP and TCP, starts the threads and sends every operator a NOTIFY.  *src and
 * *limits (NULL: the defaults) are copied; what the source's `arg` points at must outlive
 * rpz_stop().  `listen_host` is numeric; NULL or "" is every IPv4 address, "::" every
 * address.  Port 0 chooses one that is free for both.
 *
 * RC_INVALID   the host cannot be read
 *
 * RC_CONFLICT  the port is in use
 *
 * RC_DENIED    the port needs a privilege
 *
 * RC_IO        no socket or thread to be had
 */
enum rc rpz_start(const char *listen_host, uint16_t port, const struct rpz_limits *limits,
		  const struct rpz_source *src, struct rpz **ret,
		  struct err *e) MUST_CHECK;

uint16_t rpz_port(const struct rpz *r);

/* A zone (NULL: any), the list of zones or the operators changed: serve it from now on,
 * and NOTIFY every operator that may have a zone with a new serial, again and again until
 * it answers (at most 10 times in some 3 minutes).  Returns at once; any thread. */
void rpz_changed(struct rpz *r, const char *origin);

/* Ends transfers under way and joins all threads; NULL allowed. */
void rpz_stop(struct rpz *r);

/* RFC 1982, section 3.2: is `a` newer than `b`?  False both ways at distance 2^31, where
 * the norm leaves the order undefined. */
bool rpz_serial_newer(uint32_t a, uint32_t b);

#endif
