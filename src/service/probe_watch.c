/*
 * Those who measure are watched: a vantage that is silent, controls that fail, answers
 * that are changed on the way to it.  Each is an alarm that ends by itself.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "service/alarm.h"
#include "service/probe_int.h"
#include "service/tick.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	WATCH_S = 10,
	SILENT_ROUNDS = 3, /* that did not come */
	SILENT_MIN_S = 60,
	TAMPERED_MIN_S = 3600, /* what was not seen again for so long is past */
};

enum watched { WATCH_SILENT, WATCH_CONTROL, WATCH_TAMPERED, WATCH_COUNT };

static const struct {
	const char *key, *kind;
} watches[WATCH_COUNT] = {
	[WATCH_SILENT] = {"probe-silent", "probe_silent"},
	[WATCH_CONTROL] = {"probe-control", "probe_control"},
	[WATCH_TAMPERED] = {"probe-tampered", "probe_tampered"},
};

static const char *
key_of(struct arena *a, enum watched w, const char *vantage)
{
	return arena_printf(a, "%s/%s", watches[w].key, vantage);
}

static int64_t
every_us(const struct node *nd)
{
	int64_t s = settings_int(nd->config, "probe.every_s");

	return (s == 0 ? PROBE_EVERY_S : s) * CLOCK_US_PER_S;
}

static int64_t
silent_after_us(const struct node *nd)
{
	int64_t us = SILENT_ROUNDS * every_us(nd);

	return us > SILENT_MIN_S * CLOCK_US_PER_S ? us : SILENT_MIN_S * CLOCK_US_PER_S;
}

/* This node's own row, from when it asked itself, is of nobody who must report. */
static bool
is_past(const struct node *nd, const char *vantage)
{
	return settings_int(nd->config, "probe.every_s") == 0 &&
	       strcmp(vantage, settings_text(nd->config, "probe.vantage")) == 0;
}

/* ---- alarms ------------------------------------------------------------------------ */

struct vantage {
	const char *name;
	const char *by, *reason; /* of one that is removed */
	int64_t heard_us;
	const char *controls;		/* JSON */
	const char *alarm[WATCH_COUNT]; /* what is to be told; NULL: nothing */
};

static enum rc
on_vantage(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct vantage *v = store_list_next(l, sizeof(*v));

	(void)e;
	v->name = store_col_text(l->s, l->a, row, 0);
	v->heard_us = l->s->drv->col_int(row, 3);
	v->controls = store_col_text(l->s, l->a, row, 5);
	return RC_OK;
}

static void
silent_look(const struct node *nd, struct arena *a, struct vantage *v, int64_t now_us)
{
	/* What it missed while this node was down it could not bring. */
	int64_t since_us =
		v->heard_us > nd->probe_since_us ? v->heard_us : nd->probe_since_us;

	if (now_us - since_us > silent_after_us(nd))
		v->alarm[WATCH_SILENT] = arena_printf(
			a,
			"the prober %s has reported nothing for %d rounds: what "
			"resolvers answer there is not known (saluran vantage list)",
			v->name, SILENT_ROUNDS);
}

static void
control_look(struct arena *a, struct vantage *v)
{
	struct err ignored = ERR_INIT;
	const char *first = NULL;
	size_t i, mute = 0, n;
	json_t *list, *c;

	if (ijson_parse(a, v->controls, strlen(v->controls), &list, &ignored) != RC_OK)
		return;
	n = json_array_size(list);
	json_array_foreach (list, i, c) {
		if (json_is_true(json_object_get(c, "answered")))
			continue;
		mute++;
		if (first == NULL)
			first = json_string_value(json_object_get(c, "resolver"));
	}
	if (mute == 0)
		return;
	v->alarm[WATCH_CONTROL] = arena_printf(
		a,
		"%zu of %zu control resolvers gave %s no answer at all, %.100s first: %s",
		mute, n, v->name, first,
		mute == n
			? "that is an outage, and no name can be called blocked or free "
			  "for want of one that is known to live"
			: "the others still say which names live");
}

struct tampered {
	struct store *s;
	struct arena *a;
	int64_t n;
	const char *first;
};

static enum rc
on_tampered(void *arg, const struct db_row *row, struct err *e)
{
	struct tampered *t = arg;

	(void)e;
	t->n = t->s->drv->col_int(row, 0);
	t->first = store_col_text(t->s, t->a, row, 1);
	return RC_OK;
}

static enum rc
tampered_look(const struct node *nd, struct store *s, struct arena *a, struct vantage *v,
	      int64_t now_us, struct err *e)
{
	struct tampered t = {.s = s, .a = a};
	int64_t ago_us = silent_after_us(nd);

	if (ago_us < TAMPERED_MIN_S * CLOCK_US_PER_S)
		ago_us = TAMPERED_MIN_S * CLOCK_US_PER_S;
	enum rc rc = store_run(
		s, &SQL_PROBE_TAMPERED,
		(struct db_param[]){DB_P_TEXT(v->name), DB_P_INT(now_us - ago_us)},
		on_tampered, &t, e);
	if (rc == RC_OK && t.n != 0)
		v->alarm[WATCH_TAMPERED] = arena_printf(
			a,
			"answers of %" PRId64
			" resolver%s, %.200s first, were changed or "
			"forged on the way to %s: what comes from there is not to be "
			"relied on",
			t.n, t.n == 1 ? "" : "s", t.first, v->name);
	return rc;
}

/* Does it stand as it should?  Then nothing is written. */
static enum rc
is_told(struct store *s, struct arena *a, const struct vantage *v, bool *ret,
	struct err *e)
{
	enum rc rc = RC_OK;

	*ret = true;
	for (int i = 0; rc == RC_OK && i < WATCH_COUNT; i++) {
		const char *text = NULL;
		rc = store_text(s, a, &SQL_ALARM_TEXT,
				(struct db_param[]){
					DB_P_TEXT(key_of(a, (enum watched)i, v->name))},
				&text, e);
		if (text == NULL || v->alarm[i] == NULL)
			*ret &= text == v->alarm[i];
		else
			*ret &= strcmp(text, v->alarm[i]) == 0;
	}
	return rc;
}

static enum rc
work_tell(struct writer *w, void *arg, struct err *e)
{
	const struct vantage *v = arg;
	enum rc rc = RC_OK;

	for (int i = 0; rc == RC_OK && i < WATCH_COUNT; i++) {
		const char *key = key_of(w->a, (enum watched)i, v->name);
		rc = v->alarm[i] == NULL ? alarm_clear(w, key, e)
					 : alarm_raise(w, key, watches[i].kind, v->name,
						       v->alarm[i], w->now_us, e);
	}
	return rc;
}

static enum rc
vantage_look(struct node *nd, struct store *s, struct arena *a, struct vantage *v,
	     int64_t now_us, struct err *e)
{
	bool told = false;
	enum rc rc = RC_OK;

	if (!is_past(nd, v->name)) {
		silent_look(nd, a, v, now_us);
		control_look(a, v);
		rc = tampered_look(nd, s, a, v, now_us, e);
	}
	if (rc == RC_OK)
		rc = is_told(s, a, v, &told, e);
	return rc == RC_OK && !told ? writer_run(nd, work_tell, v, e) : rc;
}

enum rc
tick_probe_watch(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a;
	struct store *s = NULL;
	struct store_list l = {.n = 0};
	int64_t resolvers = 0;

	(void)next_us; /* the watch comes by every second anyhow */
	if (now_us < nd->probe_watch_us &&
	    nd->probe_watch_us - now_us <= WATCH_S * CLOCK_US_PER_S)
		return RC_OK;
	nd->probe_watch_us = now_us + WATCH_S * CLOCK_US_PER_S;
	a = arena_create();
	enum rc rc = reader_get(nd, &s, e);
	l = (struct store_list){.s = s, .a = a};
	if (rc == RC_OK)
		rc = store_int(s, &SQL_PROBE_RESOLVER_COUNT, NULL, 0, &resolvers, e);
	if (rc == RC_OK)
		rc = store_run(s, &SQL_PROBE_VANTAGE_LIST, NULL, on_vantage, &l, e);
	/* From now on they are waited for: since the start, or since anybody is asked. */
	if (nd->probe_since_us == 0 || resolvers == 0)
		nd->probe_since_us = now_us;
	for (size_t i = 0; rc == RC_OK && i < l.n; i++)
		rc = vantage_look(nd, s, a, (struct vantage *)l.rows + i, now_us, e);
	reader_put(nd, s);
	arena_free(a);
	return rc;
}

/* ---- use cases --------------------------------------------------------------------- */

/* out: vantages [{vantage, author, round, heard, results, controls [{resolver,
 * answered}], silent}], resolvers [{operator, resolver}] */
enum rc
service_probes(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	json_t *vantages = json_array(), *resolvers = json_array(), *v;
	struct store *s = NULL;
	size_t i;
	enum rc rc = in_only(in, "", e);

	(void)who;
	reply_json(a, out,
		   json_pack("{s:o, s:o}", "vantages", vantages, "resolvers", resolvers));
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_PROBE_VANTAGE_LIST, NULL,
				"vantage:s author:s round:t heard:t results:i controls:j",
				vantages, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_PROBE_RESOLVER_LIST, NULL,
				"operator:s resolver:s", resolvers, e);
	json_array_foreach (vantages, i, v) {
		int64_t stands = 0;
		const char *key =
			key_of(a, WATCH_SILENT,
			       json_string_value(json_object_get(v, "vantage")));
		if (rc == RC_OK)
			rc = store_int(s, &SQL_ALARM_STANDS,
				       (struct db_param[]){DB_P_TEXT(key)}, 0, &stands,
				       e);
		json_object_set_new(v, "silent", json_boolean(stands != 0));
	}
	reader_put(nd, s);
	return rc;
}

static enum rc
work_vantage_remove(struct writer *w, void *arg, struct err *e)
{
	struct vantage *v = arg;
	const struct db_param of[] = {DB_P_TEXT(v->name)};
	int64_t n = 0;
	enum rc rc = store_int(w->s, &SQL_PROBE_VANTAGE_GET, of, 0, &n, e);

	if (rc == RC_OK && n == 0)
		return err_set(e, RC_NOT_FOUND, "nobody reported from %s", v->name);
	if (rc == RC_OK)
		rc = probe_retire(w,
				  &(struct probe_retire){.vantage = v->name,
							 .by = v->by,
							 .reason = v->reason},
				  e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_PROBE_VANTAGE_DELETE, of, NULL, NULL, e);
	return rc == RC_OK ? work_tell(w, v, e) : rc; /* nothing is told of it any more */
}

/* in: vantage, reason?  out: vantage
 * It is waited for no more, until it reports again; what it measured stays, and holds no
 * closing back (dns.retired). */
enum rc
service_vantage_remove(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	struct vantage v = {.by = actor_pseudonym(who)};
	enum rc rc = in_only(in, "vantage reason", e);

	if (rc == RC_OK)
		rc = in_text(in, "vantage", true, PROBE_VANTAGE_MAX, &v.name, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", false, PROBE_REASON_MAX, &v.reason, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_vantage_remove, &v, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "vantage", v.name));
	return rc;
}
