/*
 * What becomes of results: each says when a row of the zone was last seen at a resolver;
 * a verdict that is new or has changed is an event, and the whole result is kept.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "core/event_type.h"
#include "core/probe_target.h"
#include "core/probe_verdict.h"
#include "service/probe.h"
#include "service/tick.h"
#include "service/use.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum {
	OPERATOR_MAX = 40,
	AHEAD_MAX_S = 300,   /* of a remote prober's clock */
	FLAP_S = 600,	     /* a verdict that changed so lately is confirmed first */
	ROW_BYTES = 320,     /* of a result in an event, without owner and resolver */
	EVENT_BYTES = 40000, /* of the results of one event */
	FORGET_S = 3600,
	DAY_S = 86400,
};

/* A result that was read. */
struct taken {
	const char *owner, *operator_name, *resolver, *transport, *expected, *text;
	const json_t *orders;
	int64_t serial, canary, at_us;
	enum probe_verdict verdict;
	char digest[HASH_HEX_LEN + 1];
};

struct take {
	const char *vantage, *by;
	int64_t round_us;
	const char *controls; /* JSON; NULL: nothing is said of them */
	struct taken *rows;
	size_t n;
	uint64_t events, changed; /* out */
	const char *skipped;	  /* why the first that was left out was */
	uint64_t n_skipped;
};

/* ---- reading ----------------------------------------------------------------------- */

static enum rc
orders_read(const json_t *list, struct err *e)
{
	size_t i;
	const json_t *v;

	if (!json_is_array(list) || json_array_size(list) == 0 ||
	    json_array_size(list) > EVENT_ORDER_NAMES_MAX)
		return err_set(e, RC_INVALID, "\"orders\" must list the orders' ids");
	json_array_foreach (list, i, v)
		if (!json_is_string(v) ||
		    !uuid7_valid(json_string_value(v), json_string_length(v)))
			return err_set(e, RC_INVALID, "\"orders\" has what is no id");
	return RC_OK;
}

static enum rc
word_in(const char *word, const char *const *words, const char *member, struct err *e)
{
	for (size_t i = 0; words[i] != NULL; i++)
		if (strcmp(word, words[i]) == 0)
			return RC_OK;
	return err_set(e, RC_INVALID, "\"%s\" cannot be \"%s\"", member, word);
}

/* What is kept is the result as we write it, so that its digest can be made again. */
static enum rc
text_keep(struct arena *a, const json_t *r, struct taken *t, struct err *e)
{
	char *text = json_dumps(r, JSON_COMPACT | JSON_SORT_KEYS);
	struct hash h;

	if (text == NULL)
		return err_set(e, RC_INVALID, "it cannot be written as JSON");
	size_t len = strlen(text);
	t->text = arena_strndup(a, text, len);
	free(text);
	if (len > PROBE_RESULT_MAX)
		return err_set(e, RC_TOO_LARGE, "a result is at most %d bytes",
			       PROBE_RESULT_MAX);
	hash_bytes(t->text, len, &h);
	hash_hex(&h, t->digest);
	return RC_OK;
}

static enum rc
result_read(struct arena *a, json_t *r, int64_t now_us, struct taken *t, struct err *e)
{
	static const char *const expected[] = {"blocked", "free", NULL};
	const char *at = NULL, *verdict = NULL;
	json_t *canary;
	enum rc rc = json_is_object(r) ? RC_OK
				       : err_set(e, RC_INVALID, "it must be an object");

	if (rc == RC_OK)
		rc = in_text(r, "owner", true, EVENT_DNS_OWNER_MAX, &t->owner, e);
	if (rc == RC_OK)
		rc = in_text(r, "operator", true, OPERATOR_MAX, &t->operator_name, e);
	if (rc == RC_OK)
		rc = in_text(r, "resolver", true, EVENT_DNS_RESOLVER_MAX, &t->resolver,
			     e);
	if (rc == RC_OK)
		rc = in_text(r, "transport", true, EVENT_TOKEN_MAX, &t->transport, e);
	if (rc == RC_OK)
		rc = word_in(t->transport, probe_via_words, "transport", e);
	if (rc == RC_OK)
		rc = in_text(r, "expected", true, EVENT_TOKEN_MAX, &t->expected, e);
	if (rc == RC_OK)
		rc = word_in(t->expected, expected, "expected", e);
	if (rc == RC_OK)
		rc = in_text(r, "verdict", true, EVENT_TOKEN_MAX, &verdict, e);
	if (rc == RC_OK && !probe_verdict_find(verdict, &t->verdict))
		rc = err_set(e, RC_INVALID, "there is no verdict \"%s\"", verdict);
	if (rc == RC_OK)
		rc = in_int(r, "serial", 0, UINT32_MAX, 0, &t->serial, e);
	canary = json_object_get(r, "canary_serial");
	if (rc == RC_OK && canary != NULL && !json_is_null(canary))
		rc = in_int(r, "canary_serial", 1, UINT32_MAX, 0, &t->canary, e);
	if (rc == RC_OK)
		rc = in_text(r, "at", true, CLOCK_TEXT_LEN, &at, e);
	if (rc == RC_OK && clock_parse(at, strlen(at), &t->at_us) != RC_OK)
		rc = err_set(e, RC_INVALID, "\"at\" is no time");
	if (rc == RC_OK && t->at_us > now_us + AHEAD_MAX_S * CLOCK_US_PER_S)
		rc = err_set(e, RC_INVALID, "\"at\" is ahead of this node's clock");
	t->orders = json_object_get(r, "orders");
	if (rc == RC_OK)
		rc = orders_read(t->orders, e);
	return rc == RC_OK ? text_keep(a, r, t, e) : rc;
}

static enum rc
results_read(struct arena *a, const json_t *list, struct take *k, struct err *e)
{
	int64_t now_us = clock_now_us();
	enum rc rc = RC_OK;
	size_t i;
	json_t *r;

	if (!json_is_array(list) || json_array_size(list) > PROBE_RESULTS_MAX)
		return err_set(e, RC_INVALID, "\"results\" must list up to %d results",
			       PROBE_RESULTS_MAX);
	k->rows = arena_array(a, json_array_size(list) + 1, sizeof(*k->rows));
	k->n = json_array_size(list);
	json_array_foreach (list, i, r) {
		if (rc == RC_OK)
			rc = result_read(a, r, now_us, &k->rows[i], e);
		if (rc != RC_OK) {
			err_prefix(e, "results[%zu]", i);
			return rc;
		}
	}
	return RC_OK;
}

/* ---- events ------------------------------------------------------------------------ */

/* The event that is being filled, of one channel. */
struct filling {
	int64_t channel;
	json_t *results;
	size_t bytes;
};

static enum rc
fill_flush(struct writer *w, struct take *k, struct filling *f, struct err *e)
{
	if (f->results == NULL)
		return RC_OK;
	json_t *body =
		json_pack("{s:s, s:o}", "vantage", k->vantage, "results", f->results);
	f->results = NULL;
	k->events++;
	return append_event(w,
			    &(struct append){.channel = f->channel,
					     .type = "dns.measured",
					     .by = k->by,
					     .body = body},
			    NULL, e);
}

static enum rc
fill(struct writer *w, struct take *k, struct filling *f, int64_t channel,
     const struct taken *t, const char *order, struct err *e)
{
	size_t bytes = ROW_BYTES + strlen(t->owner) + strlen(t->resolver);
	/* A remote clock may be a little ahead; an event does not measure the future. */
	int64_t at_us = t->at_us < w->now_us ? t->at_us : w->now_us;
	enum rc rc = RC_OK;

	if (f->results != NULL &&
	    (f->channel != channel || f->bytes + bytes > EVENT_BYTES ||
	     json_array_size(f->results) == EVENT_DNS_RESULTS_MAX))
		rc = fill_flush(w, k, f, e);
	if (rc != RC_OK)
		return rc;
	if (f->results == NULL)
		*f = (struct filling){channel, json_array(), 0};
	f->bytes += bytes;
	json_t *row = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:I, s:s}", "order", order,
		"owner", t->owner, "operator", t->operator_name, "resolver", t->resolver,
		"transport", t->transport, "expected", t->expected, "serial",
		(json_int_t)t->serial, "verdict", probe_verdict_token(t->verdict), "at",
		(json_int_t)at_us, "digest", t->digest);
	if (t->canary != 0)
		json_object_set_new(row, "canary", json_integer(t->canary));
	json_array_append_new(f->results, row);
	k->changed++;
	return store_run(w->s, &SQL_PROBE_RESULT_PUT,
			 (struct db_param[]){DB_P_TEXT(t->digest), DB_P_TEXT(t->text),
					     DB_P_INT(w->now_us)},
			 NULL, NULL, e);
}

/* What the log says last, and what was seen last. */
struct before {
	struct store *s;
	struct arena *a;
	const char *verdict, *expected, *means, *seen;
	int64_t at_us;
	bool retired; /* since then: whoever brings it again is there again */
};

static enum rc
on_before(void *arg, const struct db_row *row, struct err *e)
{
	struct before *b = arg;

	(void)e;
	b->verdict = store_col_text(b->s, b->a, row, 0);
	b->expected = store_col_text(b->s, b->a, row, 1);
	b->means = store_col_text(b->s, b->a, row, 2);
	b->at_us = b->s->drv->col_int(row, 3);
	b->seen = store_col_text(b->s, b->a, row, 4);
	b->retired = b->s->drv->col_int(row, 5) != 0;
	return RC_OK;
}

/* The first is worth an event, and what is expected for the first time; of what changed,
 * that which says something at once, the rest when a second result confirms it. */
static bool
is_news(const struct before *b, const struct taken *t)
{
	const char *verdict = probe_verdict_token(t->verdict);
	enum probe_means means = probe_verdict_means(t->verdict);
	bool as_expected =
		means == (strcmp(t->expected, "free") == 0 ? PROBE_MEANS_FREE
							   : PROBE_MEANS_BLOCKED);

	if (b->verdict == NULL || strcmp(b->expected, t->expected) != 0)
		return true;
	if (b->retired && t->at_us > b->at_us)
		return true;
	if (t->at_us <= b->at_us || strcmp(b->verdict, verdict) == 0)
		return false;
	if (b->seen != NULL && strcmp(b->seen, verdict) == 0)
		return true;
	return means != PROBE_MEANS_UNKNOWN &&
	       ((as_expected && strcmp(b->means, t->expected) != 0) ||
		t->at_us - b->at_us > FLAP_S * CLOCK_US_PER_S);
}

/* Why a result is about nothing that can be measured, or NULL. */
static enum rc
misfit(struct writer *w, const struct taken *t, const char *order, int64_t *ret_channel,
       const char **ret_why, struct err *e)
{
	bool wildcard = strncmp(t->owner, "*.", 2) == 0;
	int64_t n = 0;
	enum rc rc = store_int(w->s, &SQL_PROBE_ORDER_CHANNEL,
			       (struct db_param[]){DB_P_TEXT(order)}, -1, ret_channel, e);

	*ret_why = NULL;
	if (rc == RC_OK && *ret_channel >= 0)
		rc = store_int(
			w->s, &SQL_V_MEASURED_OWNER,
			(struct db_param[]){DB_P_TEXT(order),
					    DB_P_TEXT(wildcard ? t->owner + 2 : t->owner),
					    DB_P_INT(*ret_channel), DB_P_INT(wildcard)},
			0, &n, e);
	if (rc == RC_OK && n == 0)
		*ret_why = arena_printf(w->a,
					"order %s has no name %s, or never took "
					"effect",
					order, t->owner);
	if (rc == RC_OK && *ret_why == NULL) {
		rc = store_int(w->s, &SQL_PROBE_OPERATOR,
			       (struct db_param[]){DB_P_TEXT(t->operator_name)}, 0, &n,
			       e);
		if (rc == RC_OK && n == 0)
			*ret_why = arena_printf(w->a, "there is no operator %s",
						t->operator_name);
	}
	return rc;
}

static enum rc
result_take(struct writer *w, struct take *k, struct filling *f, const struct taken *t,
	    const char *order, struct err *e)
{
	const struct db_param key[] = {
		DB_P_TEXT(order),
		DB_P_TEXT(t->owner),
		DB_P_TEXT(t->operator_name),
		DB_P_TEXT(t->resolver),
		DB_P_TEXT(k->vantage),
		DB_P_INT(t->at_us),
		DB_P_TEXT(probe_verdict_token(t->verdict)),
		DB_P_INT(t->canary),
	};
	struct before b = {.s = w->s, .a = w->a};
	const char *why;
	int64_t channel;
	enum rc rc = misfit(w, t, order, &channel, &why, e);

	if (rc == RC_OK && why != NULL) {
		k->skipped = k->skipped == NULL ? why : k->skipped;
		k->n_skipped++;
		return RC_OK;
	}
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_PROBE_MEASURED, key, on_before, &b, e);
	if (rc == RC_OK && t->canary != 0)
		rc = zone_ahead(w, t->operator_name, t->resolver, (uint32_t)t->canary, e);
	if (rc == RC_OK && is_news(&b, t))
		rc = fill(w, k, f, channel, t, order, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_PROBE_SEEN_PUT, key, NULL, NULL, e);
	return rc;
}

static enum rc
work_take(struct writer *w, void *arg, struct err *e)
{
	struct take *k = arg;
	struct filling f = {0};
	enum rc rc = RC_OK;
	size_t i, n;
	const json_t *order;

	/* A job may run again. */
	k->events = k->changed = k->n_skipped = 0;
	k->skipped = NULL;
	for (i = 0; rc == RC_OK && i < k->n; i++)
		json_array_foreach (k->rows[i].orders, n, order)
			if (rc == RC_OK)
				rc = result_take(w, k, &f, &k->rows[i],
						 json_string_value(order), e);
	if (rc == RC_OK)
		rc = fill_flush(w, k, &f, e);
	if (rc == RC_OK)
		rc = store_run(
			w->s, &SQL_PROBE_VANTAGE_PUT,
			(struct db_param[]){DB_P_TEXT(k->vantage), DB_P_TEXT(k->by),
					    DB_P_INT(k->round_us), DB_P_INT(w->now_us),
					    DB_P_INT(k->n), DB_P_TEXT(k->controls)},
			NULL, NULL, e);
	json_decref(f.results);
	return rc;
}

/* ---- use cases --------------------------------------------------------------------- */

/* Which control resolvers gave any answer in the round, as it is kept. */
static enum rc
controls_read(struct arena *a, json_t *list, const char **ret, struct err *e)
{
	json_t *kept, *v;
	const char *resolver;
	enum rc rc = RC_OK;
	size_t i;

	*ret = NULL;
	if (list == NULL)
		return RC_OK;
	if (!json_is_array(list) || json_array_size(list) > PROBE_CONTROLS_TOLD_MAX)
		return err_set(e, RC_INVALID,
			       "\"controls\" must list up to %d of {resolver, answered}",
			       PROBE_CONTROLS_TOLD_MAX);
	kept = json_array();
	json_array_foreach (list, i, v) {
		json_t *answered = json_object_get(v, "answered");
		if (rc == RC_OK && (!json_is_object(v) || !json_is_boolean(answered)))
			rc = err_set(e, RC_INVALID,
				     "controls[%zu] must be {resolver, answered}", i);
		if (rc == RC_OK)
			rc = in_text(v, "resolver", true, EVENT_DNS_RESOLVER_MAX,
				     &resolver, e);
		if (rc == RC_OK)
			json_array_append_new(kept,
					      json_pack("{s:s, s:O}", "resolver",
							resolver, "answered", answered));
	}
	char *text = json_dumps(kept, JSON_COMPACT);
	*ret = arena_strdup(a, text);
	free(text);
	json_decref(kept);
	return rc;
}

enum rc
service_probe_take(struct node *nd, const struct probe_report *r, struct err *e)
{
	struct arena *a = arena_create();
	struct take k = {.vantage = settings_text(nd->config, "probe.vantage"),
			 .by = EVENT_BY_NODE,
			 .round_us = r->round_us};
	enum rc rc = results_read(a, r->results, &k, e);

	if (rc == RC_OK)
		rc = controls_read(a, (json_t *)(uintptr_t)r->controls, &k.controls, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_take, &k, e);
	arena_free(a);
	return rc;
}

enum rc
service_probe_last(struct node *nd, int64_t *ret_us, struct err *e)
{
	struct store *s;
	enum rc rc = reader_get(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	rc = store_int(s, &SQL_PROBE_VANTAGE_ROUND,
		       (struct db_param[]){
			       DB_P_TEXT(settings_text(nd->config, "probe.vantage"))},
		       0, ret_us, e);
	reader_put(nd, s);
	return rc;
}

static bool
vantage_valid(const char *s)
{
	for (size_t i = 0; s[i] != '\0'; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') ||
		      (i != 0 && strchr("._-", s[i]) != NULL)))
			return false;
	return s[0] != '\0';
}

/*
 * in: vantage, results [] (as `saluran probe --json` prints them, with orders and
 *     operator; none: it is there, and had nothing to ask), round? (when it began),
 *     controls? [{resolver, answered}] (at its end)
 * out: vantage, results (how many), changed (rows that became news), events, skipped,
 *      why? (of the first that was skipped)
 */
enum rc
service_probes_take(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct take k = {.by = actor_pseudonym(who)};
	const char *round = NULL;
	enum rc rc = in_only(in, "vantage results round controls", e);

	if (rc == RC_OK)
		rc = in_text(in, "vantage", true, PROBE_VANTAGE_MAX, &k.vantage, e);
	if (rc == RC_OK && !vantage_valid(k.vantage))
		rc = err_set(e, RC_INVALID,
			     "a vantage's name is a-z, 0-9, '.', '_' and '-'");
	if (rc == RC_OK &&
	    strcmp(k.vantage, settings_text(nd->config, "probe.vantage")) == 0)
		rc = err_set(e, RC_DENIED,
			     "%s is this node's own vantage: call yours otherwise",
			     k.vantage);
	if (rc == RC_OK)
		rc = in_text(in, "round", false, CLOCK_TEXT_LEN, &round, e);
	if (rc == RC_OK && round != NULL &&
	    clock_parse(round, strlen(round), &k.round_us) != RC_OK)
		rc = err_set(e, RC_INVALID, "\"round\" is no time");
	if (rc == RC_OK)
		rc = results_read(a, json_object_get(in, "results"), &k, e);
	if (rc == RC_OK)
		rc = controls_read(a, json_object_get(in, "controls"), &k.controls, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_take, &k, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:I, s:I, s:I, s:I, s:s?}", "vantage",
				     k.vantage, "results", (json_int_t)k.n, "changed",
				     (json_int_t)k.changed, "events",
				     (json_int_t)k.events, "skipped",
				     (json_int_t)k.n_skipped, "why", k.skipped));
	return rc;
}

static enum rc
work_forget(struct writer *w, void *arg, struct err *e)
{
	const int64_t *before_us = arg;

	const struct db_param before[] = {DB_P_INT(*before_us)};
	enum rc rc = store_run(w->s, &SQL_PROBE_RESULT_OLD, before, NULL, NULL, e);

	return rc == RC_OK ? store_run(w->s, &SQL_PROBE_SEEN_OLD, before, NULL, NULL, e)
			   : rc;
}

/* Whole results go after the time that the setting says; what the log has stays. */
enum rc
tick_probe_forget(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	int64_t days = settings_int(nd->config, "probe.keep_days");
	int64_t before_us = now_us - days * DAY_S * CLOCK_US_PER_S;

	*next_us = nd->probe_forget_us;
	if (now_us < nd->probe_forget_us)
		return RC_OK;
	nd->probe_forget_us = now_us + FORGET_S * CLOCK_US_PER_S;
	*next_us = nd->probe_forget_us;
	struct store *s;
	int64_t n = 0;
	enum rc rc = reader_get(nd, &s, e);
	if (rc != RC_OK)
		return rc;
	rc = store_int(s, &SQL_PROBE_RESULT_OLDEST,
		       (struct db_param[]){DB_P_INT(before_us)}, 0, &n, e);
	reader_put(nd, s);
	return rc == RC_OK && n != 0 ? writer_run(nd, work_forget, &before_us, e) : rc;
}
