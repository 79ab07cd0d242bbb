/*
 * Operators come, get keys, change to another zone, and go.
 */
#include <arpa/inet.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "service/alarm.h"
#include "service/operator.h"
#include "service/operator_config.h"
#include "service/operator_talk.h"
#include "service/probe_int.h"
#include "service/resolver_conf.h"
#include "service/use.h"
#include "service/vault.h"
#include "store/store_sql.h"

enum {
	OPERATOR_LIFTS_MAX = 1000,  /* that a removal gives up */
	ORDERS_LOOKED_AT_MAX = 100, /* at a new operator: the newest in force */
};

struct operator_job {
	const char *name, *address, *resolver, *zone, *layout, *key, *reason, *by;
	const char *addresses[OPERATOR_ADDRESSES_MAX];
	size_t n_addresses;
	int64_t notify_port, overlap_us;
	bool tsig;
	struct zone_head head;	 /* out: of its zone */
	struct zone_key made;	 /* out */
	struct operator_row row; /* out */
	int64_t ends_us;	 /* out: of the keys before */
	int64_t revoked;	 /* out */
};

/* ---- what is asked for ----------------------------------------------------------------
 */

/* "192.0.2.1", or "192.0.2.0/24" beside the first. */
static bool
address_valid(struct arena *a, const char *s, bool net)
{
	unsigned char ip[sizeof(struct in6_addr)];
	size_t len = strcspn(s, "/");
	const char *address = arena_strndup(a, s, len), *bits = s + len;
	bool v4 = inet_pton(AF_INET, address, ip) == 1;

	if (!v4 && inet_pton(AF_INET6, address, ip) != 1)
		return false;
	if (bits[0] == '\0')
		return true;
	unsigned n = 0;
	for (bits++; *bits >= '0' && *bits <= '9' && n <= 128; bits++)
		n = 10 * n + (unsigned)(*bits - '0');
	return net && *bits == '\0' && bits[-1] != '/' && n >= 8 && n <= (v4 ? 32 : 128);
}

static enum rc
addresses_read(struct arena *a, json_t *in, struct operator_job *j, struct err *e)
{
	const json_t *list = json_object_get(in, "addresses"), *v;
	size_t i;

	if (!address_valid(a, j->address, false))
		return err_set(e, RC_INVALID,
			       "\"address\" must be one IPv4 or IPv6 address");
	if (list == NULL || json_is_null(list))
		return RC_OK;
	if (!json_is_array(list) || json_array_size(list) > OPERATOR_ADDRESSES_MAX)
		return err_set(e, RC_INVALID,
			       "\"addresses\" must be a list of at most %d",
			       OPERATOR_ADDRESSES_MAX);
	json_array_foreach (list, i, v) {
		const char *text = json_string_value(v);
		if (text == NULL || !address_valid(a, text, true))
			return err_set(
				e, RC_INVALID,
				"addresses[%zu] must be an address, or a network of "
				"at least 8 bits as 192.0.2.0/24",
				i);
		j->addresses[j->n_addresses++] = text;
	}
	return RC_OK;
}

static enum rc
layout_read(json_t *in, struct operator_job *j, struct err *e)
{
	enum rc rc = in_text(in, "zone", false, ZONE_NAME_MAX, &j->zone, e);

	if (rc == RC_OK)
		rc = in_text(in, "layout", false, 8, &j->layout, e);
	if (j->zone == NULL)
		j->zone = ZONE_MAIN;
	if (j->layout == NULL)
		j->layout = "all";
	if (rc == RC_OK && strcmp(j->layout, "whole") != 0 &&
	    strcmp(j->layout, "pair") != 0 && strcmp(j->layout, "all") != 0)
		rc = err_set(e, RC_INVALID,
			     "\"layout\" is whole (one zone, always current), pair (a "
			     "small hot zone before a big base) or all");
	return rc;
}

/* The zone by its name, else the one of that territory. */
static enum rc
zone_find(struct store *s, struct arena *a, const char *name, struct zone_head *ret,
	  struct err *e)
{
	struct store_list heads;
	enum rc rc = zone_heads(s, a, &heads, e);

	for (size_t i = 0; rc == RC_OK && i < heads.n; i++) {
		*ret = ((const struct zone_head *)heads.rows)[i];
		if (strcmp(ret->name, name) == 0 ||
		    (ret->territory != NULL && strcmp(ret->territory, name) == 0))
			return RC_OK;
	}
	return rc != RC_OK ? rc
			   : err_set(e, RC_NOT_FOUND,
				     "there is no zone %s: make it with saluran zone add",
				     name);
}

/* ---- keys -----------------------------------------------------------------------------
 */

enum rc
operator_key_make(struct writer *w, const char *operator_name, const char *origin,
		  struct zone_key *ret, struct err *e)
{
	uint8_t secret[OPERATOR_KEY_BYTES];
	int64_t before = 0;
	enum rc rc =
		store_int(w->s, &SQL_OPERATOR_KEY_COUNT,
			  (struct db_param[]){DB_P_TEXT(operator_name)}, 0, &before, e);

	if (rc != RC_OK)
		return rc;
	randombytes_buf(secret, sizeof(secret));
	ret->name = before == 0 ? arena_printf(w->a, "%s.%s", operator_name, origin)
				: arena_printf(w->a, "%s-%lld.%s", operator_name,
					       (long long)before + 1, origin);
	ret->secret = b64_arena(w->a, secret, sizeof(secret));
	sodium_memzero(secret, sizeof(secret));
	const char *sealed = vault_seal(
		w->nd, w->a, (struct seal_place){VAULT_TSIG, ret->name}, ret->secret);
	return store_run(w->s, &SQL_OPERATOR_KEY_INSERT,
			 (struct db_param[]){DB_P_TEXT(ret->name),
					     DB_P_TEXT(operator_name), DB_P_TEXT(sealed),
					     DB_P_INT(w->now_us)},
			 NULL, NULL, e);
}

/* What the job made outlives its group. */
static void
key_keep(struct arena *a, struct zone_key *k)
{
	k->name = arena_strdup(a, k->name);
	k->secret = arena_strdup(a, k->secret);
}

/* ---- add ------------------------------------------------------------------------------
 * ------------------------------------------------------------------------------- */

struct adding {
	struct arena *a; /* of the request */
	struct operator_job *j;
};

static enum rc
work_operator_add(struct writer *w, void *arg, struct err *e)
{
	const struct adding *x = arg;
	struct operator_job *j = x->j;
	struct zone_head head;
	enum rc rc = zone_find(w->s, w->a, j->zone, &head, e);

	if (rc != RC_OK)
		return rc;
	rc = store_run(w->s, &SQL_OPERATOR_INSERT,
		       (struct db_param[]){DB_P_TEXT(j->name), DB_P_TEXT(j->address),
					   DB_P_INT(j->notify_port),
					   DB_P_TEXT(j->resolver), DB_P_TEXT(head.name),
					   DB_P_TEXT(j->layout), DB_P_INT(w->now_us)},
		       NULL, NULL, e);
	if (rc == RC_CONFLICT)
		rc = err_set(e, RC_CONFLICT, "there is an operator %s already", j->name);
	for (size_t i = 0; rc == RC_OK && i < j->n_addresses; i++)
		rc = store_run(w->s, &SQL_OPERATOR_ADDRESS_PUT,
			       (struct db_param[]){DB_P_TEXT(j->name),
						   DB_P_TEXT(j->addresses[i])},
			       NULL, NULL, e);
	if (rc == RC_OK && j->tsig) {
		rc = operator_key_make(w, j->name, head.origin, &j->made, e);
		if (rc == RC_OK)
			key_keep(x->a, &j->made);
	}
	/* What is in force is to be in effect with it too. */
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_ORDER_WAIT_IN_FORCE,
			       (struct db_param[]){DB_P_INT(w->now_us),
						   DB_P_INT(w->now_us),
						   DB_P_INT(ORDERS_LOOKED_AT_MAX)},
			       NULL, NULL, e);
	j->zone = arena_strdup(x->a, head.name);
	j->head.origin = arena_strdup(x->a, head.origin);
	return rc;
}

static enum rc
add_config(struct node *nd, struct arena *a, json_t *in, const struct operator_job *j,
	   json_t **ret, struct err *e)
{
	const struct zone_operator o = {.name = j->name,
					.address = j->address,
					.notify_port = (uint16_t)j->notify_port,
					.tsig_name = j->made.name,
					.tsig_secret = j->made.secret,
					.origin = j->head.origin};
	return operator_config(nd, a, in, &o, NULL, ret, e);
}

static enum rc
add_read(struct arena *a, json_t *in, struct operator_job *j, struct err *e)
{
	enum rc rc = in_only(
		in,
		"name address addresses notify_port tsig zone " OPERATOR_CONFIG_MEMBERS,
		e);

	if (rc == RC_OK)
		rc = in_text(in, "name", true, OPERATOR_NAME_MAX, &j->name, e);
	if (rc == RC_OK)
		rc = in_text(in, "address", true, INET6_ADDRSTRLEN, &j->address, e);
	if (rc == RC_OK)
		rc = in_int(in, "notify_port", 0, UINT16_MAX, 0, &j->notify_port, e);
	if (rc == RC_OK)
		rc = in_bool(in, "tsig", &j->tsig, e);
	if (rc == RC_OK)
		rc = in_text(in, "resolver", false, OPERATOR_NAME_MAX, &j->resolver, e);
	if (rc == RC_OK && !operator_name_valid(j->name))
		rc = err_set(e, RC_INVALID, "an operator's name is a-z, 0-9 and '-'");
	if (rc == RC_OK)
		rc = layout_read(in, j, e);
	return rc == RC_OK ? addresses_read(a, in, j, e) : rc;
}

/*
 * in: name, address (of the resolver, exact), addresses? (others that may fetch, networks
 *     too), notify_port? (0: no NOTIFY), tsig? (true: make a key), zone? (name or
 *     territory), layout? (whole, pair, all), resolver? and more as operator_config()
 * takes them out: name, address, notify_port, tsig_name, tsig_secret (shown once), zone,
 * config?
 */
enum rc
service_operator_add(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct operator_job j = {.name = NULL};
	struct adding x = {a, &j};
	json_t *config = NULL;
	struct store *s = NULL;
	enum rc rc = add_read(a, in, &j, e);

	(void)who;
	/* Whether it can be configured is known before anything is written. */
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = zone_find(s, a, j.zone, &j.head, e);
	reader_put(nd, s);
	if (rc == RC_OK)
		rc = add_config(nd, a, in, &j, &config, e);
	json_decref(config);
	config = NULL;
	if (rc == RC_OK)
		rc = writer_run(nd, work_operator_add, &x, e);
	if (rc == RC_OK)
		rc = add_config(nd, a, in, &j, &config, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:I, s:s?, s:s?, s:s, s:O*}", "name",
				     j.name, "address", j.address, "notify_port",
				     (json_int_t)j.notify_port, "tsig_name", j.made.name,
				     "tsig_secret", j.made.secret, "zone", j.head.origin,
				     "config", config));
	json_decref(config);
	return rc;
}

/* ---- keys are rotated and revoked -----------------------------------------------------
 * ------------------------------------------------------ */

static enum rc
work_rotate(struct writer *w, void *arg, struct err *e)
{
	const struct adding *x = arg;
	struct operator_job *j = x->j;
	struct zone_head head;
	struct operator_row row;
	enum rc rc = operator_row_get(w->s, w->a, j->name, &row, e);

	if (rc == RC_OK)
		rc = zone_find(w->s, w->a, row.zone, &head, e);
	if (rc == RC_OK)
		rc = operator_key_make(w, j->name, head.origin, &j->made, e);
	if (rc != RC_OK)
		return rc;
	key_keep(x->a, &j->made);
	j->ends_us = w->now_us + j->overlap_us;
	return store_run(w->s, &SQL_OPERATOR_KEY_END,
			 (struct db_param[]){DB_P_TEXT(j->name), DB_P_INT(w->now_us),
					     DB_P_INT(j->ends_us)},
			 NULL, NULL, e);
}

/* in: operator, overlap_s? (how long the keys before are good beside it)
 * out: name, tsig_name, tsig_secret (shown once), until (when those before end) */
enum rc
service_operator_key(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct operator_job j = {.name = NULL};
	struct adding x = {a, &j};
	int64_t overlap_s = 0;
	enum rc rc = in_only(in, "operator overlap_s", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_NAME_MAX, &j.name, e);
	if (rc == RC_OK)
		rc = in_int(in, "overlap_s", 0, OPERATOR_OVERLAP_MAX_S,
			    OPERATOR_OVERLAP_DEFAULT_S, &overlap_s, e);
	j.overlap_us = overlap_s * CLOCK_US_PER_S;
	if (rc == RC_OK)
		rc = writer_run(nd, work_rotate, &x, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:s, s:o}", "name", j.name, "tsig_name",
				     j.made.name, "tsig_secret", j.made.secret, "until",
				     json_time(j.ends_us)));
	return rc;
}

static enum rc
work_revoke(struct writer *w, void *arg, struct err *e)
{
	struct operator_job *j = ((const struct adding *)arg)->j;
	struct operator_row row;
	enum rc rc = operator_row_get(w->s, w->a, j->name, &row, e);

	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_OPERATOR_KEY_REVOKE,
			       (struct db_param[]){DB_P_TEXT(j->name), DB_P_TEXT(j->key),
						   DB_P_INT(w->now_us)},
			       NULL, NULL, e);
	j->revoked = rc == RC_OK ? w->s->drv->changes(w->s->db) : 0;
	if (rc == RC_OK && j->revoked == 0)
		rc = err_set(e, RC_NOT_FOUND, "%s has no such key that is good", j->name);
	return rc;
}

/* in: operator, key? (its name; all when absent)  out: name, revoked (how many)
 * An operator whose last key is revoked is served nothing until it has a new one. */
enum rc
service_operator_revoke(struct node *nd, struct arena *a, const struct actor *who,
			json_t *in, struct reply *out, struct err *e)
{
	struct operator_job j = {.name = NULL};
	struct adding x = {a, &j};
	enum rc rc = in_only(in, "operator key", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_NAME_MAX, &j.name, e);
	if (rc == RC_OK)
		rc = in_text(in, "key", false, RPZROW_NAME_MAX, &j.key, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_revoke, &x, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:I}", "name", j.name, "revoked",
				     (json_int_t)j.revoked));
	return rc;
}

/* ---- move, remove ---------------------------------------------------------------------
 * ----------------------------------------------------------------------- */

static enum rc
work_move(struct writer *w, void *arg, struct err *e)
{
	const struct adding *x = arg;
	struct operator_job *j = x->j;
	struct zone_head head;
	struct operator_row row;
	enum rc rc = operator_row_get(w->s, w->a, j->name, &row, e);

	/* What is not said stays as it is. */
	if (rc == RC_OK && j->zone == NULL)
		j->zone = arena_strdup(x->a, row.zone);
	if (rc == RC_OK && j->layout == NULL)
		j->layout = arena_strdup(x->a, row.layout);
	if (rc == RC_OK)
		rc = zone_find(w->s, w->a, j->zone, &head, e);
	if (rc == RC_OK)
		rc = store_run(
			w->s, &SQL_OPERATOR_MOVE,
			(struct db_param[]){DB_P_TEXT(j->name), DB_P_TEXT(head.name),
					    DB_P_TEXT(j->layout), DB_P_INT(w->now_us)},
			NULL, NULL, e);
	if (rc == RC_OK)
		j->head.origin = arena_strdup(x->a, head.origin);
	return rc;
}

/* in: operator, zone? (name or territory), layout? (as it is)  out: name, zone (its
 * origin), layout */
enum rc
service_operator_move(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	struct operator_job j = {.name = NULL};
	struct adding x = {a, &j};
	enum rc rc = in_only(in, "operator zone layout", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_NAME_MAX, &j.name, e);
	if (rc == RC_OK)
		rc = layout_read(in, &j, e);
	if (json_object_get(in, "zone") == NULL)
		j.zone = NULL;
	if (json_object_get(in, "layout") == NULL)
		j.layout = NULL;
	if (rc == RC_OK)
		rc = writer_run(nd, work_move, &x, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:s}", "name", j.name, "zone",
				     j.head.origin, "layout", j.layout));
	return rc;
}

/* A lift that it lacks is given up with the reason, on record: nobody is forgotten by
 * being removed. */
static enum rc
lifts_waive(struct writer *w, const struct operator_job *j, struct err *e)
{
	json_t *rows = json_array(), *row;
	size_t i;
	enum rc rc = store_rows(
		w->s, &SQL_OPERATOR_LACK_LIFTS,
		(struct db_param[]){DB_P_TEXT(j->name), DB_P_INT(OPERATOR_LIFTS_MAX)},
		"order:s channel:i", rows, e);

	if (rc == RC_OK && json_array_size(rows) != 0 && j->reason == NULL)
		rc = err_set(e, RC_CONFLICT,
			     "%s does not have %zu lifts yet: say why nobody waits for "
			     "it any more (\"reason\"), or see that it gets them first",
			     j->name, json_array_size(rows));
	json_array_foreach (rows, i, row) {
		struct view_disclosed sd = {"reason", NULL};
		if (rc != RC_OK)
			break;
		sd.value = json_string(j->reason);
		rc = append_event(w,
				  &(struct append){
					  .channel = json_integer_value(
						  json_object_get(row, "channel")),
					  .type = "dns.waived",
					  .by = j->by,
					  .body = json_pack("{s:O, s:s}", "order",
							    json_object_get(row, "order"),
							    "operator", j->name),
					  .disclosures = &sd,
					  .n_disclosures = 1,
				  },
				  NULL, e);
	}
	json_decref(rows);
	return rc;
}

static enum rc
work_operator_remove(struct writer *w, void *arg, struct err *e)
{
	const struct operator_job *j = ((const struct adding *)arg)->j;
	static const struct sql *const all[] = {
		&SQL_OPERATOR_KEY_DELETE,     &SQL_OPERATOR_ADDRESS_DELETE,
		&SQL_OPERATOR_PULLED_DELETE,  &SQL_OPERATOR_HOST_DELETE,
		&SQL_OPERATOR_NOTIFY_DELETE,  &SQL_OPERATOR_CONTACT_DELETE,
		&SQL_OPERATOR_LACK_DELETE_OF, &SQL_OPERATOR_DELETE};
	const struct db_param of[] = {DB_P_TEXT(j->name)};
	struct operator_row row;
	enum rc rc = operator_row_get(w->s, w->a, j->name, &row, e);

	if (rc == RC_OK)
		rc = lifts_waive(w, j, e);
	if (rc == RC_OK)
		rc = probe_resolvers_retire(
			w,
			&(struct probe_retire){.operator_name = j->name,
					       .by = j->by,
					       .reason = j->reason},
			NULL, e);
	for (size_t i = 0; rc == RC_OK && i < sizeof(all) / sizeof(all[0]); i++)
		rc = store_run(w->s, all[i], of, NULL, NULL, e);
	if (rc == RC_OK)
		rc = alarm_clear(w, operator_key_alarm(w->a, j->name), e);
	return rc == RC_OK ? reminders_drop(w, j->name, e) : rc;
}

/* in: operator, reason? (needed when it does not have a lift yet)  out: name */
enum rc
service_operator_remove(struct node *nd, struct arena *a, const struct actor *who,
			json_t *in, struct reply *out, struct err *e)
{
	struct operator_job j = {.by = actor_pseudonym(who)};
	struct adding x = {a, &j};
	enum rc rc = in_only(in, "operator reason", e);

	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_NAME_MAX, &j.name, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", false, ORDER_TEXT_MAX, &j.reason, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_operator_remove, &x, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "name", j.name));
	return rc;
}
