/*
 * rpz - a DNS server for one Response Policy Zone: whole transfers to the resolvers of
 * listed operators, and the NOTIFY that tells them to come.
 *
 * It answers SOA over UDP and TCP, AXFR over TCP, IXFR with the single SOA when the
 * client is current and else with the whole zone (RFC 1995, section 4), and nothing else:
 * resolvers are asked by people, this server only by resolvers.  Answers: anybody
 * who is not listed gets REFUSED; a TSIG that is not in order gets NOTAUTH with BADKEY,
 * BADSIG or BADTIME (RFC 8945, section 5.2); what cannot be parsed gets FORMERR or
 * nothing.
 *
 * A serial stands for one content: the zone is read once a serial, and every transfer
 * of that serial sends the same bytes, even if the zone moves on while it runs.
 *
 * Threads: one for UDP, one that accepts, one for NOTIFY, and at most 64 connections.
 * Calls of `zone` and `operators` are serialised, and so are those of `pulled`, but they
 * come from these threads, never from the caller of rpz_start().
 */
#ifndef SALURAN_RPZ_RPZ_H
#define SALURAN_RPZ_RPZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"

enum rpz_action {
	RPZ_NXDOMAIN, /* CNAME . */
	RPZ_NODATA,   /* CNAME *. */
	RPZ_PASSTHRU, /* CNAME rpz-passthru. */
	RPZ_TXT,      /* local data: this TXT, and NODATA for every other type */
};

struct rpz_row {
	const char
		*owner; /* relative to the zone: "t.me", or "*.t.me" for all below it */
	enum rpz_action action;
	const char *txt; /* RPZ_TXT: at most RPZ_TXT_BYTES_MAX bytes; else ignored */
};

/*
 * SOA, NS and the canary (`_saluran-serial` TXT with the serial in decimal) are added
 * by the server.  A row that one of the known resolvers would refuse together with its
 * whole zone is left out and logged by number: an owner with a trailing dot, an empty or
 * overlong label, longer than 255 bytes with the origin, with a byte other than
 * letters, digits, `-` and `_` (and a leading `*` label), an address trigger (`rpz-*`),
 * or equal to an earlier one but for case.
 */
struct rpz_zone {
	const char *origin; /* as given to rpz_start() */
	uint32_t serial;    /* RFC 1982: each new content has a newer one */
	uint32_t ttl_s, refresh_s, retry_s, expire_s;
	const struct rpz_row *rows;
	size_t n_rows;
};

struct rpz_operator {
	const char *name;
	const char *address;  /* of the resolver: exact, numeric; where NOTIFY goes */
	uint16_t notify_port; /* 0: no NOTIFY */
	/* hmac-sha256.  Both or none; with none, queries from exactly `address` are
	 * served.  With a key, whoever signs with it is served, wherever from, and nobody
	 * else.  An operator with half a key, or with one that cannot be read, is not
	 * served. */
	const char *tsig_name, *tsig_secret_b64;
};

struct rpz_source {
	void *arg;
	/* The whole zone now; `a` owns it and is freed once the rows are encoded.  Asked
	 * after rpz_changed() and, to be safe, at the first query after a minute. */
	enum rc (*zone)(void *arg, struct arena *a, const struct rpz_zone **ret,
			struct err *e);
	/* Asked after rpz_changed() and at the first query after a second. */
	enum rc (*operators)(void *arg, struct arena *a, const struct rpz_operator **ret,
			     size_t *n, struct err *e);
	/*
	 * What is known of an operator's copy; NULL allowed.  Called with the serial of a
	 * transfer whose last byte its host has acknowledged, or that it showed itself
	 * current with (IXFR over TCP); and at each answered SOA query with the serial
	 * known from before, if any.  A SOA answer by itself proves no copy: over UDP
	 * anybody may have asked in an operator's name.
	 */
	void (*pulled)(void *arg, const char *operator_name, uint32_t serial);
};

enum { RPZ_TXT_BYTES_MAX = 1024 };

struct rpz;

/*
 * Listens on UDP and TCP, starts the threads and sends every operator a NOTIFY.  *src is
 * copied; what its `arg` points at must outlive rpz_stop().  `listen_host` is numeric;
 * NULL or "" is every IPv4 address, "::" every address.  Port 0 chooses one that is free
 * for both.
 *
 * RC_INVALID   origin or host cannot be read
 *
 * RC_CONFLICT  the port is in use
 *
 * RC_DENIED    the port needs a privilege
 *
 * RC_IO        no socket or thread to be had
 */
enum rc rpz_start(const char *listen_host, uint16_t port, const char *origin,
		  const struct rpz_source *src, struct rpz **ret,
		  struct err *e) MUST_CHECK;

uint16_t rpz_port(const struct rpz *r);

/* The zone or the operators changed: serve it from now on, and NOTIFY every operator,
 * again and again until it answers (at most 10 times in some 3 minutes).  Returns at
 * once; any thread. */
void rpz_changed(struct rpz *r);

/* Ends transfers under way and joins all threads; NULL allowed. */
void rpz_stop(struct rpz *r);

/* RFC 1982, section 3.2: is `a` newer than `b`?  False both ways at distance 2^31, where
 * the norm leaves the order undefined. */
bool rpz_serial_newer(uint32_t a, uint32_t b);

#endif
