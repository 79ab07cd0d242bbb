/*
 * Orders: what speaks for and against one, shown before anybody signs, and the draft,
 * whose exact text every signer signs the hash of.
 */
#include <string.h>

#include "base/clock.h"
#include "service/clock_guard.h"
#include "service/contact.h"
#include "service/order_int.h"

static void
release_json(void *p)
{
	json_decref(p);
}

static enum rc
order_look(struct node *nd, struct arena *a, json_t *in, struct order *o, struct err *e)
{
	struct store *s = NULL;
	enum rc rc = reader_snapshot(nd, &s, e);

	if (rc == RC_OK)
		rc = order_read(nd, s, a, in, o, e);
	if (rc == RC_OK)
		rc = order_examine(nd, s, a, o, e);
	if (rc == RC_OK)
		rc = channel_contact_json(s, a, o->channel.channel, o->now_us,
					  &o->contact, e);
	if (rc == RC_OK)
		arena_defer(a, release_json, o->contact);
	reader_put(nd, s);
	return rc;
}

/* in: peer?, names, cites, sample?, emergency?, source?, contact_called?, owner?
 * out: names, findings, grounds, overrides_needed, refused, ... */
enum rc
service_order_check(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct order o = {.now_us = clock_now_us()};
	enum rc rc = in_only(in, ORDER_CHECK_MEMBERS, e);

	(void)who;
	if (rc == RC_OK)
		rc = order_look(nd, a, in, &o, e);
	if (rc == RC_OK)
		reply_json(a, out, order_examined_json(&o));
	return rc;
}

static json_t *
draft_body(const struct order *o)
{
	char hex[HASH_HEX_LEN + 1];
	json_t *names = json_array(), *cites = json_array();

	for (size_t i = 0; i < o->n_names; i++)
		json_array_append_new(names,
				      json_pack("{s:s, s:b}", "name", o->names[i].name,
						"wildcard", o->names[i].wildcard));
	for (size_t i = 0; i < o->n_cites; i++)
		json_array_append_new(cites, json_string(o->cites[i].casefile));
	return json_pack(
		"{s:s, s:o, s:o, s:s, s:I, s:I, s:b, s:s, s:I, s:O, s:s*, s:s, s:s*, "
		"s:O*, s:o*, s:O}",
		"order", o->id, "names", names, "cites", cites, "action", o->action,
		"ends", (json_int_t)o->ends_us, "review", (json_int_t)o->review_us,
		"emergency", o->emergency_reason != NULL, "text",
		hash_hex(&o->text_hash, hex), "approvals",
		(json_int_t)o->policy->order.approvals, "guards", o->guards, "previous",
		o->previous, "source", o->source, "landing", o->landing, "territories",
		o->territories, "called", o->call.who == NULL ? NULL : json_true(),
		"lists", o->lists);
}

static enum rc
draft_append(struct writer *w, struct order *o, struct err *e)
{
	struct view_disclosed *sd = arena_array(w->a, o->found.n + 8, sizeof(*sd));
	size_t n = 0;

	sd[n++] = (struct view_disclosed){"text", json_string(o->text)};
	sd[n++] = (struct view_disclosed){"reasons", json_string(o->reasons)};
	sd[n++] = (struct view_disclosed){"legal_basis", json_string(o->legal_basis)};
	sd[n++] = (struct view_disclosed){"proportionality",
					  json_string(o->proportionality)};
	sd[n++] = (struct view_disclosed){"collateral", json_string(o->collateral)};
	if (o->emergency_reason != NULL)
		sd[n++] = (struct view_disclosed){"emergency_reason",
						  json_string(o->emergency_reason)};
	if (o->call.who != NULL)
		sd[n++] = (struct view_disclosed){
			"contact_called",
			json_pack("{s:s, s:I, s:s}", "who", o->call.who, "when",
				  (json_int_t)o->call.at_us, "outcome", o->call.outcome)};
	for (size_t i = 0; i < o->found.n; i++)
		sd[n++] = (struct view_disclosed){"finding",
						  order_finding_json(&o->found.rows[i])};
	return append_event(w,
			    &(struct append){
				    .channel = o->channel.channel,
				    .type = "order.draft",
				    .by = o->by,
				    .body = draft_body(o),
				    .disclosures = sd,
				    .n_disclosures = n,
			    },
			    &o->seq, e);
}

/* The draft, and what is said about the names' owner at once. */
static enum rc
work_draft(struct writer *w, void *arg, struct err *e)
{
	struct order *o = arg;
	enum rc rc = draft_append(w, o, e);

	if (rc == RC_OK && o->owner.channel != NULL) {
		json_t *names = json_array();
		struct view_disclosed sd = {"reason", json_string(o->owner.text)};
		for (size_t i = 0; i < o->n_names; i++)
			json_array_append_new(names, json_string(o->names[i].name));
		rc = append_event(
			w,
			&(struct append){
				.channel = o->channel.channel,
				.type = "order.owner",
				.by = o->by,
				.body = json_pack("{s:s, s:o, s:b, s:s}", "order", o->id,
						  "names", names, "told", o->owner.told,
						  "channel", o->owner.channel),
				.disclosures = &sd,
				.n_disclosures = 1,
			},
			NULL, e);
	}
	return rc;
}

/* What nobody can override; a case that gives no ground says so as it always did. */
static enum rc
refused_check(const struct order *o, struct err *e)
{
	/* An emergency waits for no ground; what it cites is a case of the channel. */
	for (size_t i = 0; i < o->n_cites; i++)
		if (!o->cites[i].ground &&
		    (o->emergency_reason == NULL || o->cites[i].why_rc != RC_CONFLICT))
			return err_set(e, o->cites[i].why_rc, "%s", o->cites[i].why);
	for (size_t i = 0; i < o->found.n; i++)
		if (guard_code_level(o->found.rows[i].code) == GUARD_REFUSE)
			return err_set(e, RC_DENIED, "%s: %s",
				       o->found.rows[i].name == NULL
					       ? "the order"
					       : o->found.rows[i].name,
				       o->found.rows[i].text);
	return RC_OK;
}

/*
 * in: what a check takes, and reasons, legal_basis, proportionality, collateral, ends,
 *     review?, action?, emergency_reason?, previous?
 * out: order, text, text_sha256, seq (in our log), and all that a check gives
 * RC_CONFLICT: a cited case is no ground.  RC_DENIED: a guard that nobody can override.
 */
enum rc
service_order_draft(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct order o = {.by = actor_pseudonym(who), .now_us = clock_now_us()};
	struct buf text = BUF_INIT(EVENT_DISCLOSURE_MAX / 4 * 3 - 256);
	char hex[HASH_HEX_LEN + 1];
	enum rc rc = in_only(in, ORDER_DRAFT_MEMBERS, e);

	if (rc == RC_OK)
		rc = clock_guard_check(nd, e);
	if (rc == RC_OK)
		rc = order_read_texts(in, a, &o, e);
	if (rc == RC_OK)
		rc = order_look(nd, a, in, &o, e);
	if (rc == RC_OK)
		rc = order_read_times(in, &o, e);
	if (rc == RC_OK)
		rc = refused_check(&o, e);
	if (rc != RC_OK)
		goto out;
	uuid7_make(o.now_us, o.id);
	order_text_put(&text, a, nd, &o);
	if (!buf_ok(&text)) {
		rc = err_set(
			e, RC_TOO_LARGE,
			"the order's text is larger than %zu bytes: shorten the reasons, "
			"or make several orders",
			text.max);
		goto out;
	}
	o.text = buf_str(&text);
	hash_bytes(o.text, text.len, &o.text_hash);
	rc = writer_run(nd, work_draft, &o, e);
	if (rc != RC_OK)
		goto out;
	json_t *j = reply_json(a, out, order_examined_json(&o));
	json_object_set_new(j, "order", json_string(o.id));
	json_object_set_new(j, "seq", json_integer((json_int_t)o.seq));
	json_object_set_new(j, "text", json_string(o.text));
	json_object_set_new(j, "text_sha256", json_string(hash_hex(&o.text_hash, hex)));
out:
	buf_free(&text);
	return rc;
}
