/*
 * Decisions on items: one by one or in bulk, with a preview, a confirmation that is typed
 * where there are many, and a hold before it has effect where the policy says so.
 */
#include "service/decide.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "core/event_type.h"
#include "store/store_sql.h"

enum rc
decide_append(struct writer *w, struct decision *d, const struct case_row *c,
	      struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t at = 0; rc == RC_OK && at < d->sel.n; at += DECIDE_ITEMS_MAX) {
		json_t *some = json_array();
		for (size_t k = at; k < d->sel.n && k < at + DECIDE_ITEMS_MAX; k++)
			json_array_append_new(some, json_integer(d->sel.i[k]));
		json_object_set_new(d->act.body, "items", some);
		rc = act_append(w, &d->act, c, e);
	}
	json_object_del(d->act.body, "items");
	return rc;
}

/* The outcome with its ground and reason, as the event's type will have it. */
static enum rc
form_check(struct decision *d, struct err *e)
{
	struct hash none[1] = {0};
	struct event ev = {.type = d->act.type,
			   .casefile = d->act.casefile,
			   .by = d->act.by,
			   .body = json_copy(d->act.body),
			   .sd = none,
			   .n_sd = d->act.text == NULL ? 0 : 1};
	struct err why = ERR_INIT;

	json_object_set_new(ev.body, "items", json_pack("[i]", 0));
	enum rc rc = event_type_check(&ev, PARTY_PLATFORM, &why);
	json_decref(ev.body);
	return rc == RC_OK ? RC_OK : err_set(e, RC_INVALID, "%s", why.text);
}

static enum rc
selector_in(json_t *in, struct selector *want, struct err *e)
{
	static const char known[] = "category host kind text";
	json_t *filter = json_object_get(in, "filter");
	enum { FILTER_TEXT_MAX = 2000 };
	enum rc rc = RC_OK;

	want->items = json_object_get(in, "items");
	if (filter == NULL)
		return RC_OK;
	if (!json_is_object(filter))
		return err_set(e, RC_INVALID, "\"filter\" must be an object of %s",
			       known);
	rc = in_only(filter, known, e);
	if (rc == RC_OK)
		rc = in_text(filter, "category", false, EVENT_TOKEN_MAX, &want->category,
			     e);
	if (rc == RC_OK)
		rc = in_text(filter, "host", false, FILTER_TEXT_MAX, &want->host, e);
	if (rc == RC_OK)
		rc = in_text(filter, "kind", false, EVENT_TOKEN_MAX, &want->kind, e);
	if (rc == RC_OK)
		rc = in_text(filter, "text", false, FILTER_TEXT_MAX, &want->text, e);
	return rc;
}

/* d->act.body is new. */
static enum rc
decision_in(json_t *in, struct arena *a, struct decision *d, struct err *e)
{
	const char *outcome, *ground, *until;
	int64_t until_us = 0;
	d->want.reverse = strcmp(d->act.type, "item.reverse") == 0;
	enum rc rc = act_in(in, a,
			    "items filter outcome ground territories until selection "
			    "confirm",
			    &d->act, e);

	if (rc == RC_OK)
		rc = selector_in(in, &d->want, e);
	if (rc == RC_OK)
		rc = in_text(in, "outcome", true, EVENT_TYPE_MAX, &outcome, e);
	if (rc == RC_OK)
		rc = in_text(in, "ground", false, EVENT_TYPE_MAX, &ground, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", false, ACT_TEXT_MAX, &d->act.text, e);
	if (rc == RC_OK)
		rc = in_text(in, "until", false, CLOCK_TEXT_LEN, &until, e);
	if (rc == RC_OK)
		rc = in_text(in, "selection", false, HASH_HEX_LEN, &d->selection, e);
	if (rc == RC_OK)
		rc = in_text(in, "confirm", false, DECIDE_PHRASE_MAX, &d->confirm, e);
	if (rc == RC_OK && until != NULL &&
	    clock_parse(until, strlen(until), &until_us) != RC_OK)
		rc = err_set(e, RC_INVALID,
			     "\"until\" is no time: write it as 2017-08-10T00:00:00Z");
	bool bounded = until_us != 0 || json_object_get(in, "territories") != NULL;
	if (rc == RC_OK && bounded && strcmp(outcome, "restricted") != 0)
		rc = err_set(
			e, RC_INVALID,
			"\"territories\" and \"until\" go with the outcome restricted "
			"only");
	if (rc == RC_OK && until_us != 0 && until_us <= clock_now_us())
		rc = err_set(e, RC_INVALID,
			     "\"until\" is over: the restriction would have ended");
	if (rc != RC_OK)
		return rc;
	d->act.body = json_pack("{s:s, s:s*}", "outcome", outcome, "ground", ground);
	if (until_us != 0)
		json_object_set_new(d->act.body, "until", json_integer(until_us));
	if (json_object_get(in, "territories") != NULL)
		json_object_set(d->act.body, "territories",
				json_object_get(in, "territories"));
	return RC_OK;
}

/* What was previewed is what is decided, and a person means so many. */
static enum rc
confirmed(struct decision *d, uint32_t above, struct err *e)
{
	char phrase[DECIDE_PHRASE_MAX];
	const struct selection *sel = &d->sel;
	bool many = sel->n > above;
	enum rc rc = RC_OK;

	selection_phrase(sel, phrase);
	if (d->selection != NULL && strcmp(d->selection, sel->digest) != 0)
		rc = err_set(e, RC_CONFLICT,
			     "the selection is not what was previewed: it has %zu open "
			     "items now; look at the preview again",
			     sel->n);
	else if (many && (d->selection == NULL || d->confirm == NULL))
		rc = err_set(e, RC_CONFLICT,
			     "more than %u items at once are confirmed: give the "
			     "preview's \"selection\", and type \"confirm\": %s",
			     above, phrase);
	else if (many && strcmp(d->confirm, phrase) != 0)
		rc = err_set(e, RC_CONFLICT, "the confirmation must be typed exactly: %s",
			     phrase);
	if (rc != RC_OK)
		d->act.shown = json_pack("{s:I, s:s, s:s}", "count", (json_int_t)sel->n,
					 "selection", sel->digest, "confirm", phrase);
	return rc;
}

static enum rc
work_decide(struct writer *w, void *arg, struct err *e)
{
	struct decision *d = arg;
	struct case_row c;
	const struct policy *p;
	enum rc rc = view_case_get(w->s, w->a, d->act.casefile, &c, e);

	d->held[0] = '\0';
	if (rc == RC_OK)
		rc = act_fresh(&d->act, &c, e);
	if (rc == RC_OK)
		rc = act_allowed(w, &d->act, &c, e);
	if (rc == RC_OK)
		rc = view_policy(w->v, &c.policy_sha256, &p, e);
	if (rc == RC_OK)
		rc = selection_make(w->s, w->a, &c, &d->want, false, &d->sel, e);
	if (rc == RC_OK)
		rc = selection_clash(w->s, d, e);
	if (rc == RC_OK && d->sel.n == 0)
		rc = err_set(e, RC_CONFLICT, "no item of the case is %s%s",
			     d->want.reverse ? "decided" : "open",
			     d->want.reverse || c.decided < c.items
				     ? " that the selection has"
				     : "");
	if (rc == RC_OK)
		rc = held_clash(w->s, w->a, &d->sel, e);
	if (rc == RC_OK)
		rc = confirmed(d, p->decide.confirm_above, e);
	if (rc != RC_OK)
		return rc;
	if (d->sel.n > p->decide.confirm_above && p->decide.hold_us != 0)
		return held_put(w, d, p->decide.hold_us, e);
	return decide_append(w, d, &c, e);
}

/* What became of it: decided, or held. */
static enum rc
decide_run(struct node *nd, struct arena *a, struct decision *d, struct reply *out,
	   struct err *e)
{
	enum rc rc = form_check(d, e);

	if (rc == RC_OK)
		rc = act_run(nd, a, &d->act, work_decide, d, out, e);
	if (rc == RC_OK && d->held[0] != '\0')
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:o}", "case", d->act.casefile, "held",
				     d->held, "effect", json_time(d->effect_us)));
	if (rc == RC_OK)
		json_object_set_new(out->json, "items",
				    json_integer((json_int_t)d->sel.n));
	return rc;
}

/*
 * in: case, version?, items ([number], "0,3,5-9", or "open", also when absent), filter?
 *     {category, host, kind, text}, outcome, ground?, reason?, territories?, until?,
 *     selection?, confirm? (both of a preview, where there are many)
 * out: case, event, seq, items (how many); or case, held, items, effect where it waits
 * RC_CONFLICT: stale, decided already (both versions are shown), not confirmed.
 */
enum rc
service_case_decide(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct decision d = {.act = {.by = actor_pseudonym(who),
				     .type = "item.decide",
				     .text_name = "reason"},
			     .author = actor_name(who)};
	enum rc rc = decision_in(in, a, &d, e);

	if (rc == RC_OK)
		rc = decide_run(nd, a, &d, out, e);
	json_decref(d.act.body);
	return rc;
}

/* in: as of decide, with items ("open" is none of these) and always a reason
 * out: case, event, seq, items; or case, held, items, effect where it waits */
enum rc
service_case_reverse(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct decision d = {.act = {.by = actor_pseudonym(who),
				     .type = "item.reverse",
				     .text_name = "reason"},
			     .author = actor_name(who)};
	enum rc rc = decision_in(in, a, &d, e);

	if (rc == RC_OK && d.act.text == NULL)
		rc = err_set(e, RC_INVALID,
			     "\"reason\" is missing: a reversal always has one");
	if (rc == RC_OK && !json_is_array(d.want.items) &&
	    (!json_is_string(d.want.items) ||
	     strcmp(json_string_value(d.want.items), "open") == 0))
		rc = err_set(e, RC_INVALID,
			     "\"items\" must say which: a list of item numbers, or "
			     "ranges such as 0,3,5-9");
	if (rc == RC_OK)
		rc = decide_run(nd, a, &d, out, e);
	json_decref(d.act.body);
	return rc;
}

/* Why a decision as it is asked for would be refused. */
static enum rc
obstacles(struct store *s, struct arena *a, struct decision *d, const struct case_row *c,
	  json_t *into, struct err *e)
{
	struct err why = ERR_INIT;
	enum rc rc = RC_OK;

	if (form_check(d, &why) != RC_OK)
		json_array_append_new(into, json_string(why.text));
	if (!casefile_may(c->fold.state, ACT_DECIDE, PARTY_PLATFORM))
		json_array_append_new(into,
				      json_string(arena_printf(
					      a, "a case that is %s allows no decision",
					      case_state_token(c->fold.state))));
	rc = selection_clash(s, d, &why);
	if (rc == RC_OK)
		rc = held_clash(s, a, &d->sel, &why);
	if (rc == RC_CONFLICT)
		json_array_append_new(into, json_string(why.text));
	else if (rc != RC_OK)
		return err_set(e, rc, "%s", why.text);
	if (d->sel.n == 0)
		json_array_append_new(into, json_string("no open item is selected"));
	return RC_OK;
}

/*
 * in: as of decide
 * out: count (open items that would be decided), decided_already, sample [], categories
 * [{category, n}], hosts [{host, n}], refused [text] (why it would be; empty: it would
 * not), selection and confirm (to be given with it; confirm null: not needed), hold_s,
 * version
 */
enum rc
service_decide_preview(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	struct decision d = {.act = {.by = actor_pseudonym(who),
				     .type = "item.decide",
				     .text_name = "reason"}};
	char phrase[DECIDE_PHRASE_MAX], version[CASE_VERSION_MAX];
	json_t *refused = json_array();
	struct store *s = NULL;
	const struct policy_class *cls;
	const struct policy *p = NULL;
	struct case_row c;
	enum rc rc = decision_in(in, a, &d, e);

	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = view_case_get(s, a, d.act.casefile, &c, e);
	if (rc == RC_OK)
		rc = policy_of_case(s, a, &c, &p, &cls, e);
	if (rc == RC_OK)
		rc = selection_make(s, a, &c, &d.want, true, &d.sel, e);
	if (rc == RC_OK)
		rc = obstacles(s, a, &d, &c, refused, e);
	if (rc == RC_OK) {
		json_t *o = reply_json(a, out, json_incref(d.sel.shown));
		bool many = d.sel.n > p->decide.confirm_above;
		json_object_set(o, "refused", refused);
		json_object_set_new(o, "confirm",
				    many ? json_string(selection_phrase(&d.sel, phrase))
					 : json_null());
		json_object_set_new(
			o, "hold_s",
			json_integer(many ? p->decide.hold_us / CLOCK_US_PER_S : 0));
		json_object_set_new(o, "version", json_string(case_version(&c, version)));
		if (d.act.shown != NULL)
			json_object_set(o, "stands",
					json_object_get(d.act.shown, "stands"));
	}
	reader_put(nd, s);
	json_decref(refused);
	json_decref(d.sel.shown);
	json_decref(d.act.shown);
	json_decref(d.act.body);
	return rc;
}
