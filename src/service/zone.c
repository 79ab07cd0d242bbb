/*
 * The zone as resolvers get it, and the operators who may have it.
 */
#include <arpa/inet.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/log.h"
#include "service/operator_config.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum {
	OPERATOR_NAME_MAX = 40,
	TSIG_SECRET_BYTES = 32,
};

struct rows {
	struct store *s;
	struct arena *a;
	void *out;
	size_t n, cap;
};

static void *
rows_next(struct rows *r, size_t size)
{
	if (r->n == r->cap) {
		size_t cap = r->cap == 0 ? 64 : 2 * r->cap;
		void *grown = arena_array(r->a, cap, size);
		if (r->n != 0)
			memcpy(grown, r->out, r->n * size);
		r->out = grown;
		r->cap = cap;
	}
	return (char *)r->out + size * r->n++;
}

static const char *
col_text(const struct rows *r, const struct db_row *row, unsigned col)
{
	size_t len;

	if (r->s->drv->col_null(row, col))
		return NULL;
	const char *p = r->s->drv->col_text(row, col, &len);
	return arena_strndup(r->a, p, len);
}

enum rc
service_edge_state(struct node *nd, struct edge_state *ret, struct err *e)
{
	struct store *s;
	enum rc rc = reader_get(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	rc = store_int(s, &SQL_ZONE_STATE, NULL, 0, &ret->zones, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_OPERATOR_STATE, NULL, 0, &ret->operators, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_PEER_COUNT, NULL, 0, &ret->peers, e);
	reader_put(nd, s);
	return rc;
}

static enum rc
on_operator(void *arg, const struct db_row *row, struct err *e)
{
	struct rows *r = arg;
	struct zone_operator *o = rows_next(r, sizeof(*o));

	(void)e;
	o->name = col_text(r, row, 0);
	o->address = col_text(r, row, 1);
	o->notify_port = (uint16_t)r->s->drv->col_int(row, 2);
	o->tsig_name = col_text(r, row, 3);
	o->tsig_secret = col_text(r, row, 4);
	return RC_OK;
}

enum rc
service_operators(struct node *nd, struct arena *a, const struct zone_operator **ret,
		  size_t *ret_n, struct err *e)
{
	struct rows r = {.a = a};
	struct store_list heads = {.n = 0};
	enum rc rc = reader_get(nd, &r.s, e);

	if (rc == RC_OK)
		rc = store_run(r.s, &SQL_OPERATOR_LIST, NULL, on_operator, &r, e);
	if (rc == RC_OK)
		rc = zone_heads(r.s, a, &heads, e);
	reader_put(nd, r.s);
	const char **zones = arena_array(a, 3, sizeof(*zones));
	for (int part = 0; rc == RC_OK && heads.n != 0 && part < 3; part++)
		zones[part] = zone_part_origin(a, heads.rows, (enum zone_part)part);
	for (size_t i = 0; i < r.n; i++) {
		((struct zone_operator *)r.out)[i].zones = zones;
		((struct zone_operator *)r.out)[i].n_zones = 3;
	}
	*ret = r.out;
	*ret_n = r.n;
	return rc;
}

struct pulled {
	const char *name;
	uint32_t serial;
};

static enum rc
work_pulled(struct writer *w, void *arg, struct err *e)
{
	const struct pulled *p = arg;

	return store_run(w->s, &SQL_OPERATOR_PULLED,
			 (struct db_param[]){DB_P_TEXT(p->name), DB_P_INT(p->serial),
					     DB_P_INT(w->now_us)},
			 NULL, NULL, e);
}

void
service_pulled(struct node *nd, const char *operator_name, uint32_t serial)
{
	struct pulled p = {operator_name, serial};
	struct err e = ERR_INIT;

	if (writer_run(nd, work_pulled, &p, &e) != RC_OK)
		log_line(LOG_WARN, "zone.pulled", "operator=%s serial=%u", operator_name,
			 serial);
}

/* out: zone, serial, ttl_s, rows [{owner, action, order, since_serial}], operators [...]
 */
enum rc
service_zone_show(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	json_t *rows = json_array(), *operators = json_array();
	struct store *s = NULL;
	uint32_t serial = 0, ttl_s = 0;
	enum rc rc = in_only(in, "", e);

	(void)who;
	json_t *o = reply_json(a, out,
			       json_pack("{s:s, s:o, s:o}", "zone",
					 settings_text(nd->config, "rpz.zone"), "rows",
					 rows, "operators", operators));
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = view_zone_serial(s, &serial, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_ZONE_SHOW, NULL,
				"owner:s action:s order:s since_serial:i", rows, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_OPERATOR_SHOW, NULL,
				"name:s address:s notify_port:i tsig:s pulled_serial:i "
				"pulled:t",
				operators, e);
	if (rc == RC_OK)
		rc = zone_ttl(s, a, &ttl_s, e);
	reader_put(nd, s);
	json_object_set_new(o, "serial", json_integer(serial));
	json_object_set_new(o, "ttl_s", json_integer(ttl_s));
	return rc;
}

struct operator_job {
	const char *name, *address, *tsig_name, *tsig_secret;
	int64_t notify_port;
};

static enum rc
work_operator_add(struct writer *w, void *arg, struct err *e)
{
	const struct operator_job *j = arg;
	enum rc rc = store_run(w->s, &SQL_OPERATOR_INSERT,
			       (struct db_param[]){
				       DB_P_TEXT(j->name),
				       DB_P_TEXT(j->address),
				       DB_P_INT(j->notify_port),
				       DB_P_TEXT(j->tsig_name),
				       DB_P_TEXT(j->tsig_secret),
				       DB_P_INT(w->now_us),
			       },
			       NULL, NULL, e);

	if (rc == RC_CONFLICT)
		rc = err_set(e, RC_CONFLICT, "there is an operator %s already", j->name);
	return rc;
}

static bool
operator_name_valid(const char *s)
{
	size_t len = strlen(s);

	for (size_t i = 0; i < len; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') ||
		      (i != 0 && s[i] == '-')))
			return false;
	return len != 0 && len <= OPERATOR_NAME_MAX;
}

/*
 * in: name, address (of the resolver, exact), notify_port? (0: no NOTIFY), tsig? (true:
 * make a key), resolver? and more as operator_config() takes them
 * out: name, address, notify_port, tsig_name, tsig_secret (shown once), zone, config?
 */
enum rc
service_operator_add(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct operator_job j = {0};
	unsigned char ip[sizeof(struct in6_addr)];
	uint8_t secret[TSIG_SECRET_BYTES];
	bool tsig = false;
	json_t *config = NULL;
	enum rc rc =
		in_only(in, "name address notify_port tsig " OPERATOR_CONFIG_MEMBERS, e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "name", true, OPERATOR_NAME_MAX, &j.name, e);
	if (rc == RC_OK)
		rc = in_text(in, "address", true, INET6_ADDRSTRLEN, &j.address, e);
	if (rc == RC_OK)
		rc = in_int(in, "notify_port", 0, UINT16_MAX, 0, &j.notify_port, e);
	if (rc == RC_OK)
		rc = in_bool(in, "tsig", &tsig, e);
	if (rc == RC_OK && !operator_name_valid(j.name))
		rc = err_set(e, RC_INVALID, "an operator's name is a-z, 0-9 and '-'");
	if (rc == RC_OK && inet_pton(AF_INET, j.address, ip) != 1 &&
	    inet_pton(AF_INET6, j.address, ip) != 1)
		rc = err_set(e, RC_INVALID,
			     "\"address\" must be one IPv4 or IPv6 address");
	if (rc != RC_OK)
		return rc;
	if (tsig) {
		randombytes_buf(secret, sizeof(secret));
		j.tsig_name = arena_printf(a, "%s.%s", j.name,
					   settings_text(nd->config, "rpz.zone"));
		j.tsig_secret = b64_arena(a, secret, sizeof(secret));
		sodium_memzero(secret, sizeof(secret));
	}
	const struct zone_operator o = {.name = j.name,
					.address = j.address,
					.notify_port = (uint16_t)j.notify_port,
					.tsig_name = j.tsig_name,
					.tsig_secret = j.tsig_secret};
	rc = operator_config(nd, a, in, &o, NULL, &config, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_operator_add, &j, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:I, s:s?, s:s?, s:s, s:O*}", "name",
				     j.name, "address", j.address, "notify_port",
				     (json_int_t)j.notify_port, "tsig_name", j.tsig_name,
				     "tsig_secret", j.tsig_secret, "zone",
				     settings_text(nd->config, "rpz.zone"), "config",
				     config));
	json_decref(config);
	return rc;
}

static enum rc
work_operator_remove(struct writer *w, void *arg, struct err *e)
{
	const struct operator_job *j = arg;
	enum rc rc = store_run(w->s, &SQL_OPERATOR_DELETE,
			       (struct db_param[]){DB_P_TEXT(j->name)}, NULL, NULL, e);

	if (rc == RC_OK && w->s->drv->changes(w->s->db) == 0)
		rc = err_set(e, RC_NOT_FOUND, "there is no operator %s", j->name);
	return rc;
}

/* in: operator  out: name */
enum rc
service_operator_remove(struct node *nd, struct arena *a, const struct actor *who,
			json_t *in, struct reply *out, struct err *e)
{
	struct operator_job j = {0};
	enum rc rc = in_only(in, "operator", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_NAME_MAX, &j.name, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_operator_remove, &j, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "name", j.name));
	return rc;
}
