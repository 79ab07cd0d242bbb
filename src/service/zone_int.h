/*
 * zone_int - what the files zone*.c share.
 *
 * The zones that this node publishes are private state (adr 0034).  For each group of
 * operators there is one zone, served under three names: whole, and as a pair of a small
 * hot zone with what changed lately and a large base.  All serials come from one counter
 * that only rises, so that "has serial N or newer" means the same for each of them.
 *
 * What is in force is a view; what is published follows it in the transaction of the
 * event that changed it.  A lift is always followed; a block only past the last gate.
 */
#ifndef SALURAN_SERVICE_ZONE_INT_H
#define SALURAN_SERVICE_ZONE_INT_H

#include "core/rpz_row.h"
#include "service/use.h"

#define ZONE_MAIN "main"
#define ZONE_HOT  "hot"
#define ZONE_BASE "base"
/* Before the name of a zone: the register's numbers of what it blocks.  Only an
 * underscore keeps it apart from all names that a zone can be given. */
#define ZONE_WHY "_why"

enum {
	ZONES_MAX = 32,
	ZONE_NAME_MAX = 40,
	ZONE_PREFIX_LEN = 5, /* of "base." */
};

enum zone_layer { ZONE_LAYER_WHOLE, ZONE_LAYER_HOT };

/* Where a zone stands. */
struct zone_head {
	const char *name, *origin, *territory; /* territory NULL: none */
	uint32_t serial, hot_serial, base_serial;
	uint32_t last_serial;		  /* of the base before that */
	uint32_t kept_serial;		  /* what changed after it is in the hot zone */
	uint32_t since_serial, hot_since; /* from which on differences are known */
	uint32_t log_serial; /* of the orders' journal, as far as it is published */
	uint32_t ttl_s;
	int64_t n_rows, n_hot, folded_us, changed_us;
};

/* "www.t.me" as "me.t.www", and back: all below a name is one range. */
const char *zone_key(struct arena *a, const char *owner);
#define zone_owner(a, key) zone_key((a), (key))

/* zone_read.c.  Rows are struct zone_head, main first. */
enum rc zone_heads(struct store *s, struct arena *a, struct store_list *ret,
		   struct err *e) MUST_CHECK;
/* The zone that is served under this name, and as what.  RC_NOT_FOUND. */
enum zone_part {
	ZONE_PART_WHOLE,
	ZONE_PART_HOT,
	ZONE_PART_BASE,
	/* Of each of these: which order of the register blocks a name (adr 0060). */
	ZONE_PART_WHY_WHOLE,
	ZONE_PART_WHY_HOT,
	ZONE_PART_WHY_BASE,
	ZONE_PART_COUNT
};
bool zone_part_is_why(enum zone_part part);
bool zone_origin_is_why(const char *origin);
enum rc zone_by_origin(struct store *s, struct arena *a, const char *origin,
		       struct zone_head *ret, enum zone_part *ret_part,
		       struct err *e) MUST_CHECK;
const char *zone_part_origin(struct arena *a, const struct zone_head *z,
			     enum zone_part part);
uint32_t zone_part_serial(const struct zone_head *z, enum zone_part part);
/* A row that differs between two serials; old or new NULL: none. */
struct zone_delta {
	const char *owner, *old, *new, *order;
};
/* Condensed, in the order of the owners from the root on. */
enum rc zone_deltas(struct store *s, struct arena *a, const char *zone,
		    enum zone_layer layer, uint32_t from, uint32_t to,
		    struct store_list *ret, struct err *e) MUST_CHECK;
/* The shortest TTL that any channel's policy asks for. */
enum rc zone_ttl(struct store *s, struct arena *a, uint32_t *ret,
		 struct err *e) MUST_CHECK;

/* zone_publish.c, in the writer's transaction.  The main zone is there, and all of them
 * publish what is in force: at the start, and (`look`) after views were made anew. */
enum rc zone_open(struct writer *w, bool look, struct err *e) MUST_CHECK;
/* At the start of a node; does nothing on a platform's. */
enum rc zone_start(struct node *nd, struct err *e) MUST_CHECK;
/* After a rebuild, as a job that is alone, outside any transaction. */
enum rc zone_rebuilt(struct writer *w, struct err *e) MUST_CHECK;
/* Another zone, with what is in force for it.  RC_CONFLICT: name or origin is taken. */
enum rc zone_make(struct writer *w, const char *name, const char *origin,
		  const char *territory, struct err *e) MUST_CHECK;
/* zone_given.c: the newest serial that was given out, kept beside the store.  A file that
 * cannot be written is logged: zones are given out all the same. */
void zone_given_note(struct node *nd, uint32_t serial);
/* At the start: a store that is behind what was given out gives its zones anew. */
enum rc zone_given_open(struct writer *w, struct err *e) MUST_CHECK;
/* Every zone under a serial past `past` and all that a lost store may have drawn, and
 * whole: nobody is given a difference to before. */
enum rc zone_renew(struct writer *w, uint32_t past, struct err *e) MUST_CHECK;
/* An operator showed this serial, by a query that proves who asks or by the canary of a
 * resolver.  If nothing here ever had it, the zones are given anew, at most once in half
 * a day and within reason, and people are told. */
enum rc zone_ahead(struct writer *w, const char *operator_name, const char *where,
		   uint32_t serial, struct err *e) MUST_CHECK;
/* zone_old.c.  Does this node give its zones to nobody, because its store is an old copy
 * and no person has decided yet? */
enum rc zone_old_held(const struct node *nd, struct store *s, bool *ret,
		      struct err *e) MUST_CHECK;
/* After an own event that changes what is in force; others are passed over. */
enum rc zone_follow(struct writer *w, const char *type, const json_t *body,
		    struct err *e) MUST_CHECK;
/* A serial that no zone of this node has had, to be used in this transaction. */
enum rc zone_serial_next(struct writer *w, uint32_t *ret, struct err *e) MUST_CHECK;

/* A publication in the making. */
struct publish {
	struct writer *w;
	struct zone_head *z;
	uint32_t serial;
	const char *order;
	bool fresh; /* the zone is new: nobody has an older one */
	bool whole_changed, hot_changed;
};
/* Everything that is in force stands in the zone, and nothing else; what nobody let go
 * goes only when a person accepted that. */
enum rc zone_level(struct publish *p, bool accepted, struct err *e) MUST_CHECK;
/* Put (action NULL: take away) one row, and into the journal if that changes it. */
enum rc publish_row(struct publish *p, enum zone_layer layer, const char *key,
		    const char *action, const char *order, struct err *e) MUST_CHECK;
/* Where the zone stands then is kept; its serials move if its rows did. */
enum rc publish_head(struct publish *p, struct err *e) MUST_CHECK;
/* zone_fold.c: *z moves with it.  Anew: under that serial, and from it on. */
enum rc zone_anew(struct writer *w, struct zone_head *z, uint32_t serial, uint32_t ttl_s,
		  struct err *e) MUST_CHECK;
enum rc zone_fold(struct writer *w, struct zone_head *z, struct err *e) MUST_CHECK;
/* zone_bases.c: a host of an operator that may still fetch the zone, the base that it is
 * known to hold, and until when its copy is good if it is not heard of again. */
struct zone_holder {
	const char *operator_name, *address; /* "": of any of its hosts */
	uint32_t serial;
	int64_t at_us, until_us;
};
/* Those whose copy is good, the oldest base first; rows are struct zone_holder. */
enum rc zone_base_holders(struct node *nd, struct store *s, struct arena *a,
			  const struct zone_head *z, int64_t now_us,
			  struct store_list *ret, struct err *e) MUST_CHECK;
/* When the base as it is becomes the last one: since which serial the hot zone must have
 * what changed. */
enum rc zone_base_keep(struct writer *w, const struct zone_head *z, uint32_t *ret,
		       struct err *e) MUST_CHECK;
/* The alarm `zone_base` names who keeps the hot zone from letting go, or ends. */
enum rc zone_base_watch(struct node *nd, struct store *s, struct arena *a,
			const struct zone_head *z, int64_t now_us,
			struct err *e) MUST_CHECK;
/* [{operator, address, serial, at, until}] of those with an older base than the newest;
 * *ret is new. */
enum rc zone_holders_json(struct node *nd, struct store *s, struct arena *a,
			  const struct zone_head *z, int64_t now_us, json_t **ret,
			  struct err *e) MUST_CHECK;
/* zone_hot.c: the hot zone says of this owner, and of all that it covers, what the whole
 * zone says. */
enum rc publish_hot(struct publish *p, const char *key, struct err *e) MUST_CHECK;

/* zone_check.c: the checkers and what they say of each zone.  *ret is new. */
enum rc zone_checkers_json(struct store *s, json_t **ret, struct err *e) MUST_CHECK;

/* zone_gate.c: may this order go out? */
enum zone_gate_why {
	ZONE_GATE_COMES, /* it was approved or overridden */
	ZONE_GATE_GOES,	 /* something of it was lifted, or it ended */
	ZONE_GATE_AGAIN, /* it is held, and looked at again */
};
enum rc zone_gate(struct writer *w, const char *order, enum zone_gate_why why,
		  bool *ret_held, struct err *e) MUST_CHECK;
/* zone_held.c: the alarm of an order that was let out; it ends with the order. */
const char *zone_let_out_key(struct arena *a, const char *order);
/* zone_delta.c: what is too much for a day, zone by zone; rows are texts for people.
 * `names` [{name, wildcard}] are those that the order holds. */
struct policy;
enum rc zone_delta_over(struct writer *w, const char *order, const json_t *names,
			const struct policy *p, struct store_list *ret,
			struct err *e) MUST_CHECK;
/* zone_publish.c: every zone says of the order's names what the orders in force say. */
enum rc zone_publish_order(struct writer *w, const char *order, struct err *e) MUST_CHECK;

#endif
