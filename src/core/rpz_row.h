/*
 * rpz_row - what may stand in a response policy zone.
 *
 * A resolver that refuses one row may drop the whole zone with it, and with the zone
 * every order and every lift.  So what any of BIND, Unbound, PowerDNS Recursor and Knot
 * Resolver is known to refuse is refused here, before it is published.  The form is that
 * of draft-vixie-dnsop-dns-rpz, sections 3 and 4.
 *
 * Pure.
 */
#ifndef SALURAN_CORE_RPZ_ROW_H
#define SALURAN_CORE_RPZ_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum {
	RPZROW_NAME_MAX = 253,	  /* characters of a name without the root's dot */
	RPZROW_LABEL_MAX = 63,	  /* RFC 1035, section 2.3.4 */
	RPZROW_WIRE_MAX = 255,	  /* bytes of owner and origin together on the wire */
	RPZROW_TXT_MAX = 1024,	  /* bytes of a text */
	RPZROW_LINE_MAX = 4096,	  /* bytes of a line of a zone file */
	RPZROW_ROWS_MAX = 8 << 20 /* rows of a zone */
};

/* X(NAME, token, type, rdata that is fixed or NULL) */
#define RPZROW_ACT_TABLE(X)                                                              \
	X(NXDOMAIN, "nxdomain", "CNAME", ".")                                            \
	X(NODATA, "nodata", "CNAME", "*.")                                               \
	X(PASSTHRU, "passthru", "CNAME", "rpz-passthru.")                                \
	X(DROP, "drop", "CNAME", "rpz-drop.")                                            \
	X(TCP_ONLY, "tcp-only", "CNAME", "rpz-tcp-only.")                                \
	X(LANDING, "landing", "CNAME", NULL) /* a host name */                           \
	X(A, "a", "A", NULL)                                                             \
	X(AAAA, "aaaa", "AAAA", NULL)                                                    \
	X(TXT, "txt", "TXT", NULL)

enum rpzrow_act {
#define X(name, token, type, fixed) RPZROW_##name,
	RPZROW_ACT_TABLE(X)
#undef X
		RPZROW_ACT_COUNT
};

enum rpzrow_trigger {
	RPZROW_NAME,	  /* exactly this name */
	RPZROW_WILDCARD,  /* every name below it */
	RPZROW_IP,	  /* an address in the answer */
	RPZROW_CLIENT_IP, /* the address of who asks */
	RPZROW_NSIP,	  /* the address of a name server */
	RPZROW_NSDNAME,	  /* the name of a name server */
};

struct rpzrow {
	const char *owner; /* relative to the origin: "t.me", "*.t.me" */
	enum rpzrow_act act;
	const char *data; /* host, address or text; NULL where the action says all */
};

/*
 * The canary: local data whose TXT is the serial, asked through a resolver to know which
 * one it holds.  Its name lies below no origin, where a resolver that serves the zone
 * would not ask its policy.  Of several zones in one resolver the first answers for it,
 * so each has another of its own, "<origin>._saluran-serial"; NULL: the origin is too
 * long for that.
 */
#define RPZROW_CANARY "_saluran-serial"
const char *rpzrow_canary(struct arena *a, const char *origin);

/*
 * Why a name is blocked: local data, below the name and this label, whose TXT is the
 * order's number in the public register, as in "bad.example._saluran-order".
 */
#define RPZROW_ORDER "_saluran-order"

/* What an order's action is in the store: "nxdomain", "landing page.example". */
enum rc rpzrow_act_read(struct arena *a, const char *text, enum rpzrow_act *ret,
			const char **ret_data, struct err *e) MUST_CHECK;
const char *rpzrow_act_text(struct arena *a, enum rpzrow_act act, const char *data);
/* Of several orders on one name the one that takes most away holds: the larger of two
 * ranks.  0: the action is of no order. */
unsigned rpzrow_act_rank(enum rpzrow_act act);

/*
 * May this row stand in a zone of that origin (without its root dot)?  RC_INVALID says
 * what, where, and how to mend it; rule "rpz row".
 */
enum rc rpzrow_check(const struct rpzrow *r, const char *origin,
		     enum rpzrow_trigger *ret_trigger, struct err *e) MUST_CHECK;

/*
 * And all of them together: no owner twice, in whatever letters, but for local data of
 * several types.  *ret_row: the row that is refused.  RC_TOO_LARGE: too many of them.
 */
enum rc rpzrow_zone_check(const struct rpzrow *rows, size_t n, const char *origin,
			  size_t *ret_row, struct err *e) MUST_CHECK;

/*
 * The owner of an address trigger: "203.0.113.66" is "32.66.113.0.203.rpz-ip",
 * "2001:db8::1" is "128.1.zz.db8.2001.rpz-ip".  `prefix` < 0: the address alone.
 * RC_INVALID: no address, or bits are set behind the prefix.
 */
enum rc rpzrow_ip_owner(struct arena *a, const char *address, int prefix,
			const char **ret, struct err *e) MUST_CHECK;
/* And back; the address has exactly one such owner.  RC_INVALID: not in that form. */
enum rc rpzrow_ip_read(struct arena *a, const char *owner, const char **ret_address,
		       int *ret_prefix, struct err *e) MUST_CHECK;

/* One line of a zone file, "t.me 10 IN CNAME .", ended by a newline.  The row has passed
 * rpzrow_check(). */
void rpzrow_put(struct buf *b, const struct rpzrow *r, uint32_t ttl_s);
/* Such a line, without its newline; TTL and class may be missing.  Only its form is
 * looked at: rpzrow_check() comes next.  RC_INVALID, RC_TOO_LARGE. */
enum rc rpzrow_read(struct arena *a, const char *line, size_t len, struct rpzrow *ret,
		    struct err *e) MUST_CHECK;

#endif
