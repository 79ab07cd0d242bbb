/*
 * A lift while the log takes nothing.
 *
 * A node that must not sign, because its store is an old copy or its log has split, can
 * record no lift; and nothing may stay blocked for that.  The names leave the zones at
 * once: that takes no signature, and only takes rows away.  Who lifted them, when and
 * why is kept in the store and in a file beside it, since what mends such a node is
 * another copy of the store.  When the log takes events again, the lift enters it in that
 * person's name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/event_type.h"
#include "service/alarm.h"
#include "service/order_release.h"
#include "service/recovery.h"
#include "service/tick.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

#define RELEASES_FILE "lifts.waiting"

enum {
	RELEASES_FILE_MAX = 16 << 20,
	RELEASES_MODE = 0600,
	RELEASES_MAX = 4096, /* names that enter the log in one round */
};

static const char *
file_path(const struct node *nd, struct arena *a)
{
	return arena_printf(a, "%s/" RELEASES_FILE, node_dir(nd));
}

static const char *
alarm_key(struct arena *a, const char *order)
{
	return arena_printf(a, "lift-waits/%s", order);
}

/* ---- the file -------------------------------------------------------------------------
 */

static enum rc
line_write(const struct node *nd, struct arena *a, const json_t *line, struct err *e)
{
	const char *path = file_path(nd, a);
	char *text = json_dumps(line, JSON_COMPACT);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, RELEASES_MODE);
	int dir = open(node_dir(nd), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rc rc = RC_OK;

	if (text == NULL)
		abort();
	const char *whole = arena_printf(a, "%s\n", text);
	size_t len = strlen(whole);
	off_t before = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	if (before < 0 || dir < 0 || write(fd, whole, len) != (ssize_t)len ||
	    fsync(fd) < 0 || fsync(dir) < 0) {
		rc = err_sys(e, "note the lift in %s", path);
		/* Half a line, as of a full disk, would spoil the next one too. */
		if (before >= 0 && ftruncate(fd, before) < 0)
			log_line(LOG_ERROR, "order.release",
				 "file=%s problem=half_a_line_stays", RELEASES_FILE);
	}
	if (fd >= 0)
		close(fd);
	if (dir >= 0)
		close(dir);
	free(text);
	return rc;
}

/* ---- in the store ---------------------------------------------------------------------
 */

static enum rc
name_put(struct writer *w, const json_t *r, const char *name, const char *zone,
	 struct err *e)
{
	return store_run(
		w->s, &SQL_ORDER_RELEASE_PUT,
		(struct db_param[]){
			DB_P_TEXT(json_string_value(json_object_get(r, "order"))),
			DB_P_TEXT(name),
			DB_P_TEXT(zone),
			DB_P_TEXT(json_string_value(json_object_get(r, "by"))),
			DB_P_TEXT(json_string_value(json_object_get(r, "reason"))),
			DB_P_INT(json_integer_value(json_object_get(r, "at_us"))),
		},
		NULL, NULL, e);
}

/* {order, by, reason, at_us, names, zones} as the file has it. */
static enum rc
release_put(struct writer *w, const json_t *r, struct err *e)
{
	const json_t *zones = json_object_get(r, "zones"), *name, *zone;
	size_t i, k;
	enum rc rc = RC_OK;

	json_array_foreach (json_object_get(r, "names"), i, name) {
		if (rc == RC_OK && json_array_size(zones) == 0)
			rc = name_put(w, r, json_string_value(name), "", e);
		json_array_foreach (zones, k, zone)
			if (rc == RC_OK)
				rc = name_put(w, r, json_string_value(name),
					      json_string_value(zone), e);
	}
	return rc;
}

static bool
are_texts(const json_t *list)
{
	size_t i;
	const json_t *v;

	json_array_foreach (list, i, v)
		if (!json_is_string(v))
			return false;
	return json_is_array(list);
}

static bool
is_release(const json_t *r)
{
	return json_is_string(json_object_get(r, "order")) &&
	       json_is_string(json_object_get(r, "by")) &&
	       json_is_string(json_object_get(r, "reason")) &&
	       json_is_integer(json_object_get(r, "at_us")) &&
	       are_texts(json_object_get(r, "names")) &&
	       are_texts(json_object_get(r, "zones"));
}

enum rc
order_releases_read(struct writer *w, bool *ret_any, struct err *e)
{
	const char *path = file_path(w->nd, w->a);
	FILE *in = fopen(path, "re");
	enum rc rc = RC_OK;
	char *line = NULL;
	size_t cap = 0, total = 0;
	ssize_t len;

	*ret_any = in != NULL;
	if (in == NULL)
		return errno == ENOENT ? RC_OK : err_sys(e, "read %s", path);
	while (rc == RC_OK && (len = getline(&line, &cap, in)) > 0) {
		json_t *r = json_loadb(line, (size_t)len, JSON_REJECT_DUPLICATES, NULL);
		total += (size_t)len;
		if (total > RELEASES_FILE_MAX)
			rc = err_set(e, RC_TOO_LARGE, "%s has more than %d bytes", path,
				     RELEASES_FILE_MAX);
		else if (is_release(r))
			rc = release_put(w, r, e);
		else
			log_line(LOG_ERROR, "order.release",
				 "file=%s problem=line_cannot_be_read", RELEASES_FILE);
		json_decref(r);
	}
	free(line);
	fclose(in);
	return rc;
}

/* ---- the act --------------------------------------------------------------------------
 */

enum rc
order_names_held(struct writer *w, const char *order, const json_t *names, struct err *e)
{
	json_t *held = json_array();
	size_t i, k;
	const json_t *name, *row;
	enum rc rc = store_rows(w->s, &SQL_V_ORDER_NAMES_HELD,
				(struct db_param[]){DB_P_TEXT(order)},
				"name:s wildcard:b", held, e);

	json_array_foreach (names, i, name) {
		bool found = false;
		json_array_foreach (held, k, row)
			found |= json_equal(json_object_get(row, "name"), name) == 1;
		if (rc == RC_OK && !found)
			rc = err_set(e, RC_CONFLICT,
				     "nothing is lifted: the order does not hold %s now",
				     json_string_value(name));
	}
	json_decref(held);
	return rc;
}

/* All names that the order holds, if none are given; *ret is new. */
static enum rc
names_of(struct writer *w, const struct order_release *r, json_t **ret, struct err *e)
{
	json_t *held = json_array();
	size_t i;
	json_t *row;

	if (r->names != NULL) {
		*ret = json_copy((json_t *)(uintptr_t)r->names);
		json_decref(held);
		return order_names_held(w, r->order, r->names, e);
	}
	*ret = json_array();
	enum rc rc = store_rows(w->s, &SQL_V_ORDER_NAMES_HELD,
				(struct db_param[]){DB_P_TEXT(r->order)},
				"name:s wildcard:b", held, e);
	json_array_foreach (held, i, row)
		json_array_append(*ret, json_object_get(row, "name"));
	json_decref(held);
	return rc;
}

static enum rc
release_told(struct writer *w, const struct order_release *r, struct err *e)
{
	return alarm_raise(
		w, alarm_key(w->a, r->order), "lift_waits", r->order,
		"names of this order have left the zones by a lift that the log "
		"does not take: it is on record when the log takes events again "
		"(saluran status says why it does not)",
		w->now_us, e);
}

static enum rc
work_release(struct writer *w, void *arg, struct err *e)
{
	struct order_release *r = arg;
	struct store_list heads;
	struct order_row row;
	json_t *names = NULL;
	enum rc rc = view_order_get(w->s, w->a, r->order, &row, e);

	if (rc == RC_OK && row.life != ORDER_IN_FORCE)
		return err_set(e, RC_CONFLICT,
			       "the order is %s: there is nothing to lift",
			       order_state_token(row.life));
	if (rc == RC_OK)
		rc = names_of(w, r, &names, e);
	if (rc != RC_OK)
		return rc;
	json_t *line =
		json_pack("{s:s, s:s, s:s, s:I, s:o, s:o}", "order", r->order, "by",
			  r->by, "reason", r->reason, "at_us", (json_int_t)w->now_us,
			  "names", names, "zones",
			  r->zones == NULL ? json_array()
					   : json_copy((json_t *)(uintptr_t)r->zones));
	rc = release_put(w, line, e);
	if (rc == RC_OK)
		rc = line_write(w->nd, w->a, line, e);
	json_decref(line);
	if (rc == RC_OK)
		rc = zone_publish_order(w, r->order, e);
	if (rc == RC_OK)
		rc = release_told(w, r, e);
	if (rc == RC_OK)
		rc = order_state_take(w, r->order, &r->now, e);
	if (rc == RC_OK)
		rc = zone_heads(w->s, w->a, &heads, e);
	if (rc == RC_OK && heads.n != 0)
		r->now.serial = ((const struct zone_head *)heads.rows)->serial;
	r->now.waits = true;
	return rc == RC_OK ? zone_old_held(w->nd, w->s, &r->now.held, e) : rc;
}

enum rc
order_release(struct node *nd, struct order_release *r, struct err *e)
{
	return writer_run(nd, work_release, r, e);
}

/* Those of `given` that the order holds; all of them when none are given. */
static enum rc
names_still_held(struct writer *w, const char *order, const json_t *given, json_t **ret,
		 struct err *e)
{
	json_t *held = json_array(), *row, *name;
	size_t i, k;
	enum rc rc = store_rows(w->s, &SQL_V_ORDER_NAMES_HELD,
				(struct db_param[]){DB_P_TEXT(order)},
				"name:s wildcard:b", held, e);

	*ret = json_array();
	json_array_foreach (held, i, row) {
		bool wanted = given == NULL;
		json_array_foreach (given, k, name)
			wanted |= json_equal(json_object_get(row, "name"), name) == 1;
		if (wanted)
			json_array_append(*ret, json_object_get(row, "name"));
	}
	json_decref(held);
	return rc;
}

enum rc
order_release_aside(struct writer *w, const struct event *ev, const char *reason,
		    struct err *e)
{
	const json_t *names = json_object_get(ev->body, "names"),
		     *zones = json_object_get(ev->body, "zones");
	struct order_release r = {
		.order = json_string_value(json_object_get(ev->body, "order")),
		.by = ev->by,
	};
	struct err none = ERR_INIT;
	struct order_row row;
	json_t *held = NULL;

	if (r.order == NULL)
		return RC_OK;
	enum rc rc = view_order_get(w->s, w->a, r.order, &row, &none);
	if (rc == RC_NOT_FOUND || (rc == RC_OK && row.life != ORDER_IN_FORCE))
		return RC_OK;
	if (rc != RC_OK)
		return err_set(e, rc, "%s", none.text);
	rc = names_still_held(w, r.order, names, &held, e);
	json_t *line = json_pack(
		"{s:s, s:s, s:s, s:I, s:o, s:o}", "order", r.order, "by", r.by, "reason",
		reason, "at_us", (json_int_t)ev->iat_us, "names", held, "zones",
		zones == NULL ? json_array() : json_copy((json_t *)(uintptr_t)zones));
	if (rc == RC_OK && json_array_size(held) != 0) {
		rc = release_put(w, line, e);
		if (rc == RC_OK)
			rc = line_write(w->nd, w->a, line, e);
		if (rc == RC_OK)
			rc = release_told(w, &r, e);
	}
	json_decref(line);
	return rc;
}

struct staged_lift {
	const char *name, *zone;
	int64_t at_us;
};

static enum rc
on_staged(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct staged_lift *x = store_list_next(l, sizeof(*x));

	(void)e;
	x->name = store_col_text(l->s, l->a, row, 0);
	x->zone = store_col_text(l->s, l->a, row, 1);
	x->at_us = l->s->drv->col_int(row, 2);
	return RC_OK;
}

static enum rc
staged_release(struct node *nd, struct arena *a, const char *order,
	       const struct staged_lift *x, struct err *e)
{
	char when[CLOCK_TEXT_LEN];
	json_t *names = json_pack("[s]", x->name);
	json_t *zones = x->zone[0] == '\0' ? NULL : json_pack("[s]", x->zone);
	struct order_release r = {
		.order = order,
		.by = EVENT_BY_NODE,
		.reason = arena_printf(a, "the stage of %s of its plan",
				       clock_format(x->at_us, when)),
		.names = names,
		.zones = zones,
	};
	enum rc rc = order_release(nd, &r, e);

	json_decref(r.now.guards);
	json_decref(names);
	json_decref(zones);
	return rc;
}

enum rc
order_release_stages(struct node *nd, const char *order, int64_t now_us, struct err *e)
{
	struct arena *a = arena_create();
	struct store *s = NULL;
	enum rc rc = reader_get(nd, &s, e);
	struct store_list l = {.s = s, .a = a};

	if (rc == RC_OK)
		rc = store_run(s, &SQL_ORDER_RELEASE_STAGED,
			       (struct db_param[]){DB_P_TEXT(order), DB_P_INT(now_us)},
			       on_staged, &l, e);
	reader_put(nd, s);
	for (size_t i = 0; rc == RC_OK && i < l.n; i++)
		rc = staged_release(nd, a, order, (const struct staged_lift *)l.rows + i,
				    e);
	arena_free(a);
	return rc;
}

/* ---- when the log takes events again --------------------------------------------------
 */

/* One name of a lift that waits; those of one act stand together. */
struct waiting {
	const char *order, *name, *zone, *by, *reason;
	int64_t at_us, channel;
};

static enum rc
on_waiting(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct waiting *x = store_list_next(l, sizeof(*x));
	unsigned col = 0;

	(void)e;
	x->order = store_col_text(l->s, l->a, row, col++);
	x->name = store_col_text(l->s, l->a, row, col++);
	x->zone = store_col_text(l->s, l->a, row, col++);
	x->by = store_col_text(l->s, l->a, row, col++);
	x->reason = store_col_text(l->s, l->a, row, col++);
	x->at_us = l->s->drv->col_int(row, col++);
	x->channel = l->s->drv->col_int(row, col++);
	return RC_OK;
}

static bool
same_act(const struct waiting *x, const struct waiting *y)
{
	return strcmp(x->order, y->order) == 0 && x->at_us == y->at_us &&
	       strcmp(x->by, y->by) == 0 && strcmp(x->zone, y->zone) == 0;
}

struct act {
	const struct waiting *rows;
	size_t n;
};

static enum rc
act_append(struct writer *w, const struct act *x, json_t *names, struct err *e)
{
	const struct waiting *first = x->rows;
	char when[CLOCK_TEXT_LEN];
	struct view_disclosed sd = {
		"reason", json_string(arena_printf(
				  w->a,
				  "%s (Out of the zones since %s, when the log took "
				  "nothing.)",
				  first->reason, clock_format(first->at_us, when)))};
	json_t *body = json_pack("{s:s, s:O}", "order", first->order, "names", names);

	if (first->zone[0] != '\0')
		json_object_set_new(body, "zones", json_pack("[s]", first->zone));
	return append_event(w,
			    &(struct append){
				    .channel = first->channel,
				    .type = "order.lift",
				    .by = first->by,
				    .body = body,
				    .disclosures = &sd,
				    .n_disclosures = 1,
			    },
			    NULL, e);
}

/* What the order still holds of it enters the log; what it does not was lifted or ended
 * meanwhile.  Stages of a plan enter it by themselves (order_end.c). */
static enum rc
work_act(struct writer *w, void *arg, struct err *e)
{
	const struct act *x = arg;
	json_t *names = json_array();
	struct order_row row;
	enum rc rc = view_order_get(w->s, w->a, x->rows->order, &row, e);

	for (size_t i = 0; rc == RC_OK && row.life == ORDER_IN_FORCE && i < x->n; i++) {
		int64_t held = 0;
		rc = store_int(w->s, &SQL_ORDER_RELEASE_HELD,
			       (struct db_param[]){DB_P_TEXT(x->rows[i].order),
						   DB_P_TEXT(x->rows[i].name),
						   DB_P_TEXT(x->rows[i].zone)},
			       0, &held, e);
		if (held != 0)
			json_array_append_new(names, json_string(x->rows[i].name));
	}
	bool staged = strcmp(x->rows->by, EVENT_BY_NODE) == 0;
	if (rc == RC_OK && json_array_size(names) != 0 && !staged)
		rc = act_append(w, x, names, e);
	for (size_t i = 0; rc == RC_OK && i < x->n; i++)
		if (!staged || json_array_size(names) == 0)
			rc = store_run(w->s, &SQL_ORDER_RELEASE_DELETE,
				       (struct db_param[]){DB_P_TEXT(x->rows[i].order),
							   DB_P_TEXT(x->rows[i].name),
							   DB_P_TEXT(x->rows[i].zone)},
				       NULL, NULL, e);
	json_decref(names);
	return rc == RC_OK ? alarm_clear(w, alarm_key(w->a, x->rows->order), e) : rc;
}

/* Nothing waits any more: the file has nothing to say to another copy of the store. */
static enum rc
file_end(struct node *nd, struct arena *a, struct err *e)
{
	const char *path = file_path(nd, a);

	return unlink(path) == 0 || errno == ENOENT ? RC_OK
						    : err_sys(e, "remove %s", path);
}

static enum rc
acts_take(struct node *nd, const struct store_list *l, bool *ret_done, struct err *e)
{
	const struct waiting *rows = l->rows;
	enum rc rc = RC_OK;

	*ret_done = true;
	for (size_t i = 0, n; rc == RC_OK && i < l->n; i += n) {
		struct err why = ERR_INIT;
		for (n = 1; i + n < l->n && same_act(&rows[i], &rows[i + n]);)
			n++;
		struct act x = {&rows[i], n};
		/* An order that this copy of the store does not know waits for another.
		 */
		enum rc one = rows[i].channel < 0
				      ? RC_NOT_FOUND
				      : channel_usable(nd, rows[i].channel, &why);
		if (one == RC_OK)
			one = writer_run(nd, work_act, &x, &why);
		*ret_done &= one == RC_OK;
		if (tick_node_unwell(one))
			rc = err_set(e, one, "%s", why.text);
		else if (one != RC_OK && one != RC_FROZEN && one != RC_NOT_FOUND)
			log_line(LOG_ERROR, "order.release", "order=%s why=%s",
				 rows[i].order, why.text);
	}
	return rc;
}

/* Lifts that wait for the log enter it. */
enum rc
tick_order_release(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	struct store *s = NULL;
	bool done = false;
	int64_t left = 0;
	enum rc rc = reader_get(nd, &s, e);
	struct store_list l = {.s = s, .a = a};

	(void)now_us;
	(void)next_us; /* a log takes events again after a new start only */
	if (rc == RC_OK)
		rc = store_run(s, &SQL_ORDER_RELEASE_LIST,
			       (struct db_param[]){DB_P_INT(RELEASES_MAX)}, on_waiting,
			       &l, e);
	reader_put(nd, s);
	if (rc == RC_OK && l.n != 0)
		rc = acts_take(nd, &l, &done, e);
	if (rc == RC_OK && done)
		rc = reader_get(nd, &s, e);
	else
		s = NULL;
	if (rc == RC_OK && done)
		rc = store_int(s, &SQL_ORDER_RELEASE_COUNT, NULL, 0, &left, e);
	reader_put(nd, s);
	if (rc == RC_OK && done && left == 0)
		rc = file_end(nd, a, e);
	arena_free(a);
	return rc;
}
