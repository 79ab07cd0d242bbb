/*
 * Operators: who may have which zone, from where, and what they hold of it.
 */
#include "service/operator.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/alarm.h"
#include "service/operator_config.h"
#include "service/operator_talk.h"
#include "service/resolver_conf.h"
#include "service/vault.h"
#include "store/store_sql.h"

/* ---- rows -----------------------------------------------------------------------------
 */

static enum rc
on_operator(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct operator_row *o = store_list_next(l, sizeof(*o));

	(void)e;
	o->name = store_col_text(l->s, l->a, row, 0);
	o->address = store_col_text(l->s, l->a, row, 1);
	o->notify_port = l->s->drv->col_int(row, 2);
	o->resolver = store_col_text(l->s, l->a, row, 3);
	o->zone = store_col_text(l->s, l->a, row, 4);
	o->layout = store_col_text(l->s, l->a, row, 5);
	o->added_us = l->s->drv->col_int(row, 6);
	return RC_OK;
}

enum rc
operator_rows(struct store *s, struct arena *a, struct store_list *ret, struct err *e)
{
	*ret = (struct store_list){.s = s, .a = a};
	return store_run(s, &SQL_OPERATOR_LIST, NULL, on_operator, ret, e);
}

enum rc
operator_row_get(struct store *s, struct arena *a, const char *name,
		 struct operator_row *ret, struct err *e)
{
	struct store_list l = {.s = s, .a = a};
	enum rc rc = store_run(s, &SQL_OPERATOR_GET, (struct db_param[]){DB_P_TEXT(name)},
			       on_operator, &l, e);

	if (rc == RC_OK && l.n == 0)
		return err_set(e, RC_NOT_FOUND, "there is no operator %s", name);
	if (rc == RC_OK)
		*ret = *(const struct operator_row *)l.rows;
	return rc;
}

bool
operator_name_valid(const char *s)
{
	size_t len = strlen(s);

	for (size_t i = 0; i < len; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') ||
		      (i != 0 && s[i] == '-')))
			return false;
	return len != 0 && len <= OPERATOR_NAME_MAX;
}

/* ---- for the DNS server ---------------------------------------------------------------
 */

struct key_row {
	const char *name, *sealed;
};

static enum rc
on_key(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct key_row *k = store_list_next(l, sizeof(*k));

	(void)e;
	k->name = store_col_text(l->s, l->a, row, 0);
	k->sealed = store_col_text(l->s, l->a, row, 1);
	return RC_OK;
}

static enum rc
on_address(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;

	(void)e;
	*(const char **)store_list_next(l, sizeof(char *)) =
		store_col_text(l->s, l->a, row, 0);
	return RC_OK;
}

/* A key that cannot be opened is left out.  Of whoever had keys and has none that is
 * good, something that is no key is left: it is not served by its address instead. */
static void
keys_open(const struct node *nd, struct arena *a, const struct store_list *rows,
	  bool had_keys, struct zone_operator *o)
{
	struct zone_key *keys = arena_array(a, rows->n + 1, sizeof(*keys));
	const struct key_row *k = rows->rows;

	o->keys = keys;
	for (size_t i = 0; i < rows->n; i++) {
		struct err why = ERR_INIT;
		const char *secret;
		if (vault_open(nd, a, (struct seal_place){VAULT_TSIG, k[i].name},
			       k[i].sealed, &secret, &why) == RC_OK)
			keys[o->n_keys++] = (struct zone_key){k[i].name, secret};
		else
			log_line(LOG_WARN, "operator.key", "key=%s why=%s", k[i].name,
				 why.text);
	}
	if (o->n_keys != 0) {
		o->tsig_name = keys[0].name;
		o->tsig_secret = keys[0].secret;
	} else if (had_keys) {
		keys[o->n_keys++] = (struct zone_key){"", ""};
	}
}

static void
zones_fill(struct arena *a, const struct store_list *heads, struct zone_operator *o)
{
	const char **zones = arena_array(a, ZONE_PART_COUNT, sizeof(*zones));
	bool why = o->resolver != NULL && resolver_kind_says_why(o->resolver);

	o->zones = zones;
	for (size_t i = 0; i < heads->n; i++) {
		const struct zone_head *z = (const struct zone_head *)heads->rows + i;
		if (strcmp(z->name, o->zone) != 0)
			continue;
		o->origin = z->origin;
		if (strcmp(o->layout, "whole") != 0) {
			zones[o->n_zones++] = zone_part_origin(a, z, ZONE_PART_HOT);
			zones[o->n_zones++] = zone_part_origin(a, z, ZONE_PART_BASE);
		}
		if (strcmp(o->layout, "pair") != 0)
			zones[o->n_zones++] = z->origin;
		for (size_t n = o->n_zones; why && n != 0; n--)
			zones[o->n_zones++] =
				arena_printf(a, ZONE_WHY ".%s", zones[n - 1]);
	}
}

static enum rc
operator_fill(struct node *nd, struct store *s, struct arena *a,
	      const struct operator_row *row, const struct store_list *heads,
	      struct zone_operator *o, struct err *e)
{
	struct store_list keys = {.s = s, .a = a}, addresses = keys;
	const struct db_param of[] = {DB_P_TEXT(row->name), DB_P_INT(clock_now_us())};

	*o = (struct zone_operator){.name = row->name,
				    .resolver = row->resolver,
				    .address = row->address,
				    .notify_port = (uint16_t)row->notify_port,
				    .zone = row->zone,
				    .layout = row->layout};
	*(const char **)store_list_next(&addresses, sizeof(char *)) = row->address;
	enum rc rc =
		store_run(s, &SQL_OPERATOR_ADDRESS_LIST, of, on_address, &addresses, e);
	int64_t had_keys = 0;
	if (rc == RC_OK)
		rc = store_run(s, &SQL_OPERATOR_KEY_LIST, of, on_key, &keys, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_OPERATOR_KEY_COUNT, of, 0, &had_keys, e);
	if (rc != RC_OK)
		return rc;
	o->addresses = addresses.rows;
	o->n_addresses = addresses.n;
	keys_open(nd, a, &keys, had_keys != 0, o);
	zones_fill(a, heads, o);
	return RC_OK;
}

enum rc
service_operators(struct node *nd, struct arena *a, const struct zone_operator **ret,
		  size_t *ret_n, struct err *e)
{
	struct store *s = NULL;
	struct store_list rows = {.n = 0}, heads = {.n = 0};
	enum rc rc = reader_snapshot(nd, &s, e);

	if (rc == RC_OK)
		rc = operator_rows(s, a, &rows, e);
	if (rc == RC_OK)
		rc = zone_heads(s, a, &heads, e);
	struct zone_operator *out = arena_array(a, rows.n + 1, sizeof(*out));
	for (size_t i = 0; rc == RC_OK && i < rows.n; i++)
		rc = operator_fill(nd, s, a, (const struct operator_row *)rows.rows + i,
				   &heads, &out[i], e);
	reader_put(nd, s);
	*ret = out;
	*ret_n = rc == RC_OK ? rows.n : 0;
	return rc;
}

/* ---- for people -----------------------------------------------------------------------
 * ------------------------------------------------------------------------ */

enum rc
operator_json(struct store *s, struct arena *a, const struct operator_row *o,
	      int64_t now_us, json_t **ret, struct err *e)
{
	const struct db_param of[] = {DB_P_TEXT(o->name), DB_P_INT(now_us)};
	json_t *addresses = json_pack("[s]", o->address), *keys = json_array();
	json_t *pulled = json_array(), *applied = NULL, *contact = NULL, *notify = NULL;
	int64_t lacking = 0;
	struct store_list more = {.s = s, .a = a};
	enum rc rc = store_run(s, &SQL_OPERATOR_ADDRESS_LIST, of, on_address, &more, e);

	for (size_t i = 0; i < more.n; i++)
		json_array_append_new(addresses,
				      json_string(((const char *const *)more.rows)[i]));
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_OPERATOR_KEY_SHOW, of, "name:s made:t until:t",
				keys, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_OPERATOR_PULLED_LIST, of,
				"origin:s serial:i how:s at:t", pulled, e);
	if (rc == RC_OK) {
		rc = store_row(s, &SQL_APPLIED_NEWEST, of, "serial:i at:t by:s", &applied,
			       e);
		rc = rc == RC_NOT_FOUND ? RC_OK : rc;
	}
	if (rc == RC_OK)
		rc = operator_notify_json(s, o->name, pulled, &notify, e);
	if (rc == RC_OK)
		rc = operator_contact_json(s, o->name, &contact, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_OPERATOR_LACK_COUNT, of, 0, &lacking, e);
	*ret = json_pack(
		"{s:s, s:s?, s:s, s:s, s:o, s:I, s:o, s:o, s:o?, s:o?, s:o?, s:I}",
		"name", o->name, "resolver", o->resolver, "zone", o->zone, "layout",
		o->layout, "addresses", addresses, "notify_port",
		(json_int_t)o->notify_port, "keys", keys, "pulled", pulled, "notify",
		notify, "applied", applied, "contact", contact, "lacking",
		(json_int_t)lacking);
	return rc;
}

/* in: nothing  out: operators [{name, resolver, zone, layout, addresses, notify_port,
 * keys, pulled, notify, applied, contact, lacking}] */
enum rc
service_operator_list(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	json_t *list = json_array();
	struct store *s = NULL;
	struct store_list rows = {.n = 0};
	enum rc rc = in_only(in, "", e);

	(void)who;
	reply_json(a, out, json_pack("{s:o}", "operators", list));
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = operator_rows(s, a, &rows, e);
	for (size_t i = 0; rc == RC_OK && i < rows.n; i++) {
		json_t *one = NULL;
		rc = operator_json(s, a, (const struct operator_row *)rows.rows + i,
				   clock_now_us(), &one, e);
		json_array_append_new(list, one);
	}
	reader_put(nd, s);
	return rc;
}

/* in: operator  out: as in the list */
enum rc
service_operator_show(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	struct store *s = NULL;
	struct operator_row row;
	const char *name;
	json_t *one = NULL;
	enum rc rc = in_only(in, "operator", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_NAME_MAX, &name, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = operator_row_get(s, a, name, &row, e);
	if (rc == RC_OK)
		rc = operator_json(s, a, &row, clock_now_us(), &one, e);
	reader_put(nd, s);
	if (one != NULL)
		reply_json(a, out, one);
	return rc;
}
