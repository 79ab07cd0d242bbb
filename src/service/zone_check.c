/*
 * What we publish, looked at by other servers' checkers: the rows that changed in a zone
 * of their own, soon after they changed, and the whole base in the background.
 *
 * Our own validator is what stands before a serial; nobody waits for a checker.  One that
 * refuses what is out already raises an alarm, and a person decides: the order is lifted,
 * or the checker is at fault.
 */
#include <sys/resource.h>
#include <unistd.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/alarm.h"
#include "service/zone_checker.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum {
	EXAMINE_S = 3600, /* a checker may be installed, or be another one by then */
	RETRY_S = 3600,	  /* of what it could not say */
	REFUSED_TOLD = 64,
	BACKGROUND_NICE = 10,
	ALARM_WORDS = 160,
};

#define SCOPE_CHANGE "change"
#define SCOPE_BASE   "base"

struct check_row {
	struct rpzrow row;
	const char *action, *order;
};

/* A check in the making. */
struct checking {
	struct node *nd;
	struct arena *a;
	const struct checker *c;
	const struct zone_head *z;
	const char *scope, *origin;
	uint32_t serial, from;	/* from: how far it had looked */
	struct store_list rows; /* struct check_row: of a change */
	int64_t n_rows, began_us;
	enum checker_verdict verdict;
	char words[CHECKER_WORDS_MAX + 1];
	json_t *refused; /* owned */
};

/* ---- what it said last ----------------------------------------------------------------
 */

struct last {
	struct store *s;
	struct arena *a;
	bool any;
	uint32_t serial;
	const char *verdict, *version;
	json_t *refused; /* the arena's */
	int64_t at_us;
};

static enum rc
on_last(void *arg, const struct db_row *row, struct err *e)
{
	struct last *l = arg;
	const char *refused = store_col_text(l->s, l->a, row, 3);

	l->any = true;
	l->serial = (uint32_t)l->s->drv->col_int(row, 0);
	l->verdict = store_col_text(l->s, l->a, row, 1);
	l->version = store_col_text(l->s, l->a, row, 2);
	l->at_us = l->s->drv->col_int(row, 4);
	return ijson_parse(l->a, refused, strlen(refused), &l->refused, e);
}

static enum rc
last_get(struct store *s, struct arena *a, const struct zone_head *z,
	 const struct checker *c, const char *scope, struct last *ret, struct err *e)
{
	*ret = (struct last){.s = s, .a = a};
	return store_run(s, &SQL_ZONE_CHECK_GET,
			 (struct db_param[]){DB_P_TEXT(z->name), DB_P_TEXT(c->path),
					     DB_P_TEXT(scope)},
			 on_last, ret, e);
}

static bool
waits(const struct last *l)
{
	return l->any && strcmp(l->verdict, checker_verdict_token(CHECKER_FAILED)) == 0 &&
	       clock_now_us() - l->at_us < RETRY_S * CLOCK_US_PER_S;
}

/* ---- what changed ---------------------------------------------------------------------
 */

static enum rc
row_add(struct checking *k, const char *key, const char *action, const char *order,
	struct err *e)
{
	struct check_row r = {.action = action, .order = order};
	enum rc rc = rpzrow_act_read(k->a, action, &r.row.act, &r.row.data, e);

	r.row.owner = zone_owner(k->a, key);
	if (rc == RC_OK)
		*(struct check_row *)store_list_next(&k->rows, sizeof(r)) = r;
	return rc;
}

struct now {
	struct store *s;
	struct arena *a;
	const char *action, *order;
};

static enum rc
on_now(void *arg, const struct db_row *row, struct err *e)
{
	struct now *n = arg;

	(void)e;
	n->action = store_col_text(n->s, n->a, row, 0);
	n->order = store_col_text(n->s, n->a, row, 1);
	return RC_OK;
}

static bool
rows_have(const struct checking *k, const char *owner)
{
	const struct check_row *rows = k->rows.rows;

	for (size_t i = 0; i < k->rows.n; i++)
		if (strcmp(rows[i].row.owner, owner) == 0)
			return true;
	return false;
}

/* What it refused before and is published still is looked at again, until it is gone. */
static enum rc
refused_add(struct checking *k, struct store *s, const json_t *refused, struct err *e)
{
	enum rc rc = RC_OK;
	size_t i;
	const json_t *v;

	json_array_foreach (refused, i, v) {
		const char *owner = json_string_value(json_object_get(v, "owner"));
		const char *key = zone_key(k->a, owner);
		struct now now = {.s = s, .a = k->a};
		if (rc == RC_OK)
			rc = store_run(s, &SQL_ZONE_ROW_GET,
				       (struct db_param[]){DB_P_TEXT(k->z->name),
							   DB_P_INT(ZONE_LAYER_WHOLE),
							   DB_P_TEXT(key)},
				       on_now, &now, e);
		if (rc == RC_OK && now.action != NULL && !rows_have(k, owner))
			rc = row_add(k, key, now.action, now.order, e);
	}
	return rc;
}

/* The rows to look at; *ret false: nothing is due. */
static enum rc
change_read(struct checking *k, struct store *s, bool *ret, struct err *e)
{
	const struct zone_head *z = k->z;
	struct store_list deltas;
	struct last last;
	enum rc rc = last_get(s, k->a, z, k->c, SCOPE_CHANGE, &last, e);
	/* What came before is in the base, which is looked at as a whole. */
	uint32_t from = last.any ? last.serial : z->base_serial;

	*ret = rc == RC_OK && !waits(&last) &&
	       (!last.any || last.serial != z->serial ||
		strcmp(last.verdict, checker_verdict_token(CHECKER_FAILED)) == 0 ||
		(json_array_size(last.refused) != 0 &&
		 strcmp(last.version, k->c->version) != 0));
	if (!*ret)
		return rc;
	if (from < z->since_serial)
		from = z->since_serial;
	k->from = from;
	rc = zone_deltas(s, k->a, z->name, ZONE_LAYER_WHOLE, from, z->serial, &deltas, e);
	const struct zone_delta *d = deltas.rows;
	for (size_t i = 0; rc == RC_OK && i < deltas.n; i++)
		if (d[i].new != NULL)
			rc = row_add(k, d[i].owner, d[i].new, d[i].order, e);
	if (rc == RC_OK)
		rc = refused_add(k, s, last.refused, e);
	k->n_rows = (int64_t)k->rows.n;
	return rc;
}

struct some {
	const struct check_row *rows;
	size_t n;
};

static enum rc
some_rows(struct checker_file *f, void *arg, struct err *e)
{
	const struct some *some = arg;

	(void)e;
	for (size_t i = 0; i < some->n; i++)
		checker_row(f, &some->rows[i].row);
	return RC_OK;
}

static enum rc
some_prove(struct checking *k, const struct some *some, char *words,
	   enum checker_verdict *ret, struct err *e)
{
	const struct checker_zone z = {k->origin, k->serial, k->z->ttl_s};

	return checker_prove(k->nd, k->c, &z, CHECKER_FEW_ROWS, some_rows,
			     (void *)(uintptr_t)some, words, ret, e);
}

/* The rows that it refuses, as few as can be told: halves, as long as one of them is
 * refused by itself. */
static enum rc
refused_find(struct checking *k, struct err *e)
{
	char words[CHECKER_WORDS_MAX + 1];
	struct some some = {k->rows.rows, k->rows.n};
	enum checker_verdict verdict = CHECKER_REFUSED;
	enum rc rc = RC_OK;

	while (rc == RC_OK && some.n > 1 && verdict == CHECKER_REFUSED) {
		struct some half = {some.rows, some.n / 2};
		rc = some_prove(k, &half, words, &verdict, e);
		if (rc == RC_OK && verdict == CHECKER_PASSED) {
			half = (struct some){some.rows + some.n / 2, some.n - some.n / 2};
			rc = some_prove(k, &half, words, &verdict, e);
		}
		if (verdict == CHECKER_REFUSED)
			some = half;
	}
	for (size_t i = 0; i < some.n && i < REFUSED_TOLD; i++)
		json_array_append_new(k->refused, json_pack("{s:s, s:s, s:s}", "owner",
							    some.rows[i].row.owner,
							    "action", some.rows[i].action,
							    "order", some.rows[i].order));
	return rc;
}

static enum rc
change_prove(struct checking *k, struct err *e)
{
	const struct some all = {k->rows.rows, k->rows.n};
	enum rc rc = RC_OK;

	k->verdict = CHECKER_PASSED;
	if (all.n != 0)
		rc = some_prove(k, &all, k->words, &k->verdict, e);
	return rc == RC_OK && k->verdict == CHECKER_REFUSED ? refused_find(k, e) : rc;
}

/* ---- the base -------------------------------------------------------------------------
 */

struct base_rows {
	struct checking *k;
	struct checker_file *f;
};

static enum rc
on_base_row(void *arg, const struct rpzrow *row, bool added, struct err *e)
{
	struct base_rows *b = arg;

	(void)added;
	(void)e;
	b->k->n_rows++;
	checker_row(b->f, row);
	return RC_OK;
}

static enum rc
base_rows(struct checker_file *f, void *arg, struct err *e)
{
	struct base_rows b = {.k = arg, .f = f};
	struct zone_origin at;
	enum rc rc = service_zone_rows(b.k->nd, b.k->origin, &at, on_base_row, &b, e);

	b.k->serial = at.serial;
	return rc;
}

static enum rc
base_prove(struct checking *k, struct err *e)
{
	const struct checker_zone z = {k->origin, k->serial, k->z->ttl_s};

	return checker_prove(k->nd, k->c, &z, CHECKER_ALL_ROWS, base_rows, k, k->words,
			     &k->verdict, e);
}

static enum rc
base_is_due(struct checking *k, struct store *s, bool *ret, struct err *e)
{
	struct last last;
	enum rc rc = last_get(s, k->a, k->z, k->c, SCOPE_BASE, &last, e);

	*ret = rc == RC_OK && !waits(&last) &&
	       (!last.any || last.serial != k->z->base_serial ||
		strcmp(last.version, k->c->version) != 0 ||
		strcmp(last.verdict, checker_verdict_token(CHECKER_FAILED)) == 0);
	return rc;
}

/* ---- the result -----------------------------------------------------------------------
 */

static enum rc
tell(struct writer *w, const struct checking *k, struct err *e)
{
	const char *key = arena_printf(w->a, "zone-checker/%s/%s/%s", k->z->name,
				       k->c->name, k->scope);
	const json_t *row = json_array_get(k->refused, 0);
	size_t more = json_array_size(k->refused);
	size_t line = strcspn(k->words, "\n");

	if (k->verdict == CHECKER_PASSED)
		return alarm_clear(w, key, e);
	if (k->verdict != CHECKER_REFUSED)
		return RC_OK;
	const char *what =
		row == NULL ? arena_printf(w->a, "the base of the zone %s", k->z->name)
		: more == 1
			? arena_printf(w->a, "the row %.100s of the zone %s",
				       json_string_value(json_object_get(row, "owner")),
				       k->z->name)
			: arena_printf(w->a, "%zu rows of the zone %s together", more,
				       k->z->name);
	return alarm_raise(
		w, key, "zone_checker",
		row == NULL ? k->z->name
			    : json_string_value(json_object_get(row, "order")),
		arena_printf(w->a,
			     "%s refuses %s, serial %u, which our own validator passed: "
			     "\"%.*s\"; it stays published until a person decides "
			     "(saluran zone list)",
			     k->c->name, what, k->serial,
			     (int)(line < ALARM_WORDS ? line : ALARM_WORDS), k->words),
		w->now_us, e);
}

static enum rc
work_keep(struct writer *w, void *arg, struct err *e)
{
	const struct checking *k = arg;
	char *refused = json_dumps(k->refused, JSON_COMPACT);

	if (refused == NULL)
		abort();
	enum rc rc = store_run(
		w->s, &SQL_ZONE_CHECK_PUT,
		(struct db_param[]){
			DB_P_TEXT(k->z->name), DB_P_TEXT(k->c->path), DB_P_TEXT(k->scope),
			DB_P_INT(k->verdict == CHECKER_FAILED ? k->from : k->serial),
			DB_P_INT(k->n_rows), DB_P_TEXT(checker_verdict_token(k->verdict)),
			DB_P_TEXT(k->words), DB_P_TEXT(refused), DB_P_TEXT(k->c->version),
			DB_P_INT(w->now_us), DB_P_INT(clock_mono_us() - k->began_us)},
		NULL, NULL, e);
	free(refused);
	return rc == RC_OK ? tell(w, k, e) : rc;
}

static enum rc
check_run(struct checking *k, bool base, struct err *e)
{
	k->began_us = clock_mono_us();
	k->refused = json_array();
	enum rc rc = base ? base_prove(k, e) : change_prove(k, e);
	if (rc == RC_OK)
		rc = writer_run(k->nd, work_keep, k, e);
	if (rc == RC_OK)
		log_line(k->verdict == CHECKER_PASSED ? LOG_INFO : LOG_WARN, "zone.check",
			 "zone=%s checker=%s scope=%s serial=%u rows=%lld verdict=%s",
			 k->z->name, k->c->name, k->scope, k->serial,
			 (long long)k->n_rows, checker_verdict_token(k->verdict));
	json_decref(k->refused);
	return rc;
}

/* One zone by one checker.  RC_NOT_FOUND: nothing is due. */
static enum rc
zone_check(struct node *nd, struct arena *a, const struct checker *c,
	   const struct zone_head *z, bool base, struct err *e)
{
	struct checking k = {.nd = nd,
			     .a = a,
			     .c = c,
			     .z = z,
			     .scope = base ? SCOPE_BASE : SCOPE_CHANGE,
			     .origin = zone_part_origin(a, z, ZONE_PART_BASE),
			     .serial = base ? z->base_serial : z->serial,
			     .rows = {.a = a}};
	struct store *s = NULL;
	bool due = false;
	enum rc rc = reader_snapshot(nd, &s, e);

	k.rows.s = s;
	if (rc == RC_OK)
		rc = base ? base_is_due(&k, s, &due, e) : change_read(&k, s, &due, e);
	reader_put(nd, s);
	if (rc == RC_OK && !due)
		return RC_NOT_FOUND;
	return rc == RC_OK ? check_run(&k, base, e) : rc;
}

/* ---- which checkers -------------------------------------------------------------------
 */

struct checkers {
	struct checker at[CHECKERS_MAX];
	size_t n;
	bool read;
};

static enum rc
work_examined(struct writer *w, void *arg, struct err *e)
{
	const struct checker *c = arg;

	return store_run(w->s, &SQL_ZONE_CHECKER_PUT,
			 (struct db_param[]){DB_P_TEXT(c->path), DB_P_TEXT(c->name),
					     DB_P_TEXT(checker_state_token(c->state)),
					     DB_P_TEXT(c->version), DB_P_TEXT(c->why),
					     DB_P_INT(w->now_us)},
			 NULL, NULL, e);
}

static enum rc
alarms_end(struct writer *w, const char *name, struct err *e)
{
	struct store_list heads;
	enum rc rc = zone_heads(w->s, w->a, &heads, e);

	for (size_t i = 0; rc == RC_OK && name != NULL && i < heads.n; i++) {
		const struct zone_head *z = (const struct zone_head *)heads.rows + i;
		rc = alarm_clear(w,
				 arena_printf(w->a, "zone-checker/%s/%s/" SCOPE_CHANGE,
					      z->name, name),
				 e);
		if (rc == RC_OK)
			rc = alarm_clear(w,
					 arena_printf(w->a,
						      "zone-checker/%s/%s/" SCOPE_BASE,
						      z->name, name),
					 e);
	}
	return rc;
}

/* Those that the setting names no more are forgotten, with what they said. */
static enum rc
work_forget(struct writer *w, void *arg, struct err *e)
{
	const struct checkers *l = arg;
	json_t *rows = json_array(), *row;
	size_t i;
	enum rc rc = store_rows(w->s, &SQL_ZONE_CHECKER_LIST, NULL,
				"checker:s path:s state:s version:s why:s examined:t",
				rows, e);

	json_array_foreach (rows, i, row) {
		const char *path = json_string_value(json_object_get(row, "path"));
		const struct db_param key[] = {DB_P_TEXT(path)};
		bool named = false;
		for (size_t k = 0; k < l->n; k++)
			named |= strcmp(l->at[k].path, path) == 0;
		if (named || rc != RC_OK)
			continue;
		rc = alarms_end(w, json_string_value(json_object_get(row, "checker")), e);
		if (rc == RC_OK)
			rc = store_run(w->s, &SQL_ZONE_CHECK_FORGET, key, NULL, NULL, e);
		if (rc == RC_OK)
			rc = store_run(w->s, &SQL_ZONE_CHECKER_FORGET, key, NULL, NULL,
				       e);
	}
	json_decref(rows);
	return rc;
}

static enum rc
checkers_get(struct node *nd, struct checkers **ret, struct err *e)
{
	struct checkers *l = nd->checkers;

	if (l == NULL) {
		l = nd->checkers = arena_alloc(nd->a, sizeof(*l));
		*l = (struct checkers){.n = 0};
		/* Once a process: what it does not need, it leaves to the others. */
		(void)setpriority(PRIO_PROCESS, (id_t)gettid(), BACKGROUND_NICE);
	}
	*ret = l;
	if (l->read)
		return RC_OK;
	enum rc rc =
		checkers_read(settings_text(nd->config, "rpz.checkers"), l->at, &l->n, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_forget, l, e);
	l->read = rc == RC_OK;
	return rc;
}

static bool
examine_is_due(const struct checker *c)
{
	return !c->examined ||
	       clock_mono_us() - c->examined_us > EXAMINE_S * CLOCK_US_PER_S;
}

/* One piece of what is due: a checker to be examined, a change, a base. */
enum rc
service_zone_check(struct node *nd, struct err *e)
{
	struct arena *a = arena_create();
	struct store *s = NULL;
	struct store_list heads = {.n = 0};
	struct checkers *l = NULL;
	enum rc rc =
		nd->id->role == PARTY_AUTHORITY ? checkers_get(nd, &l, e) : RC_NOT_FOUND;

	for (size_t i = 0; rc == RC_OK && i < l->n; i++)
		if (examine_is_due(&l->at[i])) {
			rc = checker_examine(nd, &l->at[i], e);
			if (rc == RC_OK)
				rc = writer_run(nd, work_examined, &l->at[i], e);
			goto out;
		}
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = zone_heads(s, a, &heads, e);
	reader_put(nd, s);
	if (rc != RC_OK)
		goto out;
	/* Every change before any base: a change is new to everybody. */
	rc = RC_NOT_FOUND;
	for (int base = 0; base <= 1; base++)
		for (size_t k = 0; k < l->n; k++)
			for (size_t i = 0; rc == RC_NOT_FOUND && i < heads.n; i++)
				if (l->at[k].state == CHECKER_READY)
					rc = zone_check(
						nd, a, &l->at[k],
						(const struct zone_head *)heads.rows + i,
						base != 0, e);
out:
	arena_free(a);
	return rc;
}

enum rc
zone_checkers_json(struct store *s, json_t **ret, struct err *e)
{
	json_t *row;
	size_t i;
	enum rc rc;

	*ret = json_array();
	rc = store_rows(s, &SQL_ZONE_CHECKER_LIST, NULL,
			"checker:s path:s state:s version:s why:s examined:t", *ret, e);
	json_array_foreach (*ret, i, row) {
		json_t *said = json_array();
		json_object_set_new(row, "results", said);
		if (rc == RC_OK)
			rc = store_rows(
				s, &SQL_ZONE_CHECK_LIST,
				(struct db_param[]){DB_P_TEXT(
					json_string_value(json_object_get(row, "path")))},
				"zone:s scope:s serial:i rows:i verdict:s words:s "
				"refused:j version:s at:t took_us:i",
				said, e);
	}
	return rc;
}
