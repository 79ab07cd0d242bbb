/*
 * Orders: guards and grounds computed before anybody signs, a text of which every signer
 * signs the hash, approval by others than the drafter, and the lift by one.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/target.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	ORDER_CITES_MAX = 200,
	ORDER_SAMPLE_MAX = 100000, /* links of a sample */
};

struct order {
	struct channel_row channel;
	const struct policy *policy;
	struct guard_name *names;
	size_t n_names;
	const char **cites;
	size_t n_cites;
	const char *action, *reasons, *legal_basis, *proportionality;
	int64_t ends_us, review_us;
	const struct guard_finding *findings;
	size_t n_findings;
	uint64_t sample_size;
	uint64_t cited_items;
	const char *by;
	int64_t now_us;
	char id[UUID_TEXT_LEN + 1];
	const char *text;
	struct hash text_hash;
	json_t *guards; /* tokens that need an override; lives as long as the arena */
};

static enum rc
names_read(struct arena *a, json_t *in, const char *zone, struct order *o, struct err *e)
{
	const json_t *names = json_object_get(in, "names");
	size_t i;
	const json_t *v;

	if (!json_is_array(names) || json_array_size(names) == 0)
		return err_set(e, RC_INVALID, "\"names\" must list the names to block");
	if (json_array_size(names) > o->policy->order.max_names)
		return err_set(e, RC_TOO_LARGE,
			       "%zu names; the policy %s allows %u an order",
			       json_array_size(names), o->policy->name,
			       o->policy->order.max_names);
	o->names = arena_array(a, json_array_size(names), sizeof(*o->names));
	json_array_foreach (names, i, v) {
		const char *given = json_string_value(v);
		struct guard_name *n = &o->names[o->n_names];
		if (given == NULL)
			return err_set(e, RC_INVALID, "names[%zu] is no text", i);
		n->wildcard = strncmp(given, "*.", 2) == 0;
		given += n->wildcard ? 2 : 0;
		enum rc rc = name_normalise(a, given, strlen(given), &n->name, e);
		if (rc == RC_OK)
			rc = guard_rpz_name(n->name, n->wildcard, zone, e);
		if (rc != RC_OK) {
			err_prefix(e, "names[%zu]", i);
			return rc;
		}
		bool twice = false;
		for (size_t k = 0; k < o->n_names; k++)
			if (strcmp(o->names[k].name, n->name) == 0) {
				o->names[k].wildcard |= n->wildcard;
				twice = true;
			}
		o->n_names += twice ? 0 : 1;
	}
	return RC_OK;
}

static enum rc
cites_read(struct arena *a, json_t *in, struct order *o, struct err *e)
{
	const json_t *cites = json_object_get(in, "cites");
	size_t i;
	const json_t *v;

	if (!json_is_array(cites) || json_array_size(cites) == 0)
		return err_set(e, RC_INVALID,
			       "\"cites\" must name the cases that the order rests on");
	if (json_array_size(cites) > ORDER_CITES_MAX)
		return err_set(e, RC_TOO_LARGE, "an order cites at most %d cases",
			       ORDER_CITES_MAX);
	o->cites = arena_array(a, json_array_size(cites), sizeof(*o->cites));
	json_array_foreach (cites, i, v) {
		const char *id = json_string_value(v);
		if (id == NULL || !uuid7_valid(id, strlen(id)))
			return err_set(e, RC_INVALID, "cites[%zu] is no case", i);
		bool twice = false;
		for (size_t k = 0; k < o->n_cites; k++)
			twice |= strcmp(o->cites[k], id) == 0;
		if (!twice)
			o->cites[o->n_cites++] = id;
	}
	return RC_OK;
}

/* How many links of a sample, and how many cited items, each name takes with it. */
static bool
covers(const struct guard_name *n, const char *host)
{
	return strcmp(n->name, host) == 0 ||
	       (n->wildcard && name_is_within(host, n->name));
}

static enum rc
sample_count(struct arena *a, json_t *in, struct order *o, struct err *e)
{
	const json_t *sample = json_object_get(in, "sample");
	size_t i;
	const json_t *v;

	if (sample == NULL || json_is_null(sample))
		return RC_OK;
	if (!json_is_array(sample) || json_array_size(sample) > ORDER_SAMPLE_MAX)
		return err_set(e, RC_INVALID,
			       "\"sample\" must be a list of at most %d links",
			       ORDER_SAMPLE_MAX);
	json_array_foreach (sample, i, v) {
		const char *link = json_string_value(v);
		struct err ignored = ERR_INIT;
		struct target t;
		/* A link that is none of our kinds says nothing about any name. */
		if (link == NULL ||
		    target_parse(a, link, strlen(link), &t, &ignored) != RC_OK)
			continue;
		o->sample_size++;
		for (size_t k = 0; t.host != NULL && k < o->n_names; k++)
			o->names[k].sample += covers(&o->names[k], t.host);
	}
	return RC_OK;
}

struct hosts {
	struct store *s;
	struct order *o;
};

static enum rc
on_host(void *arg, const struct db_row *row, struct err *e)
{
	struct hosts *h = arg;
	int64_t count = h->s->drv->col_int(row, 1);
	size_t len;

	(void)e;
	h->o->cited_items += (uint64_t)count;
	if (h->s->drv->col_null(row, 0))
		return RC_OK;
	const char *host = h->s->drv->col_text(row, 0, &len);
	for (size_t k = 0; k < h->o->n_names; k++)
		if (covers(&h->o->names[k], host))
			h->o->names[k].items += (uint64_t)count;
	return RC_OK;
}

enum rc
order_ground(struct store *s, struct arena *a, const struct policy *p, int64_t channel,
	     const char *casefile, int64_t now_us, struct err *e)
{
	struct case_row c;
	enum rc rc = view_case_get(s, a, casefile, &c, e);

	if (rc == RC_OK && c.channel != channel)
		rc = err_set(e, RC_INVALID, "it is of another channel");
	if (rc == RC_OK)
		rc = casefile_grounds(
			p,
			c.class_code == NULL ? NULL : policy_class_find(p, c.class_code),
			&c.fold, view_case_owed(&c), now_us, e);
	if (rc != RC_OK)
		err_prefix(e, "case %s is no ground for an order", casefile);
	return rc;
}

/* Every cited case gives grounds, or the first that does not says why. */
static enum rc
grounds_check(struct store *s, struct arena *a, struct order *o, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < o->n_cites; i++) {
		struct hosts h = {.s = s, .o = o};
		rc = order_ground(s, a, o->policy, o->channel.channel, o->cites[i],
				  o->now_us, e);
		if (rc == RC_OK)
			rc = store_run(s, &SQL_CASE_HOSTS,
				       (struct db_param[]){DB_P_TEXT(o->cites[i])},
				       on_host, &h, e);
	}
	return rc;
}

static enum rc
time_read(json_t *in, const char *name, int64_t dflt, int64_t *ret, struct err *e)
{
	const char *text;
	enum rc rc = in_text(in, name, false, CLOCK_TEXT_LEN, &text, e);

	*ret = dflt;
	if (rc == RC_OK && text != NULL && clock_parse(text, strlen(text), ret) != RC_OK)
		rc = err_set(e, RC_INVALID,
			     "\"%s\" is no time: write it as 2017-08-13T00:00:00Z", name);
	return rc;
}

static enum rc
times_read(json_t *in, struct order *o, struct err *e)
{
	char when[CLOCK_TEXT_LEN];
	int64_t longest = o->now_us + o->policy->order.max_duration_us;
	enum rc rc = time_read(in, "ends", 0, &o->ends_us, e);

	if (rc == RC_OK && o->ends_us == 0)
		rc = err_set(e, RC_INVALID,
			     "\"ends\" is missing: every order has an end date");
	if (rc == RC_OK && o->ends_us <= o->now_us)
		rc = err_set(e, RC_INVALID, "\"ends\" is in the past");
	if (rc == RC_OK && o->ends_us > longest)
		rc = err_set(e, RC_INVALID,
			     "\"ends\" is after %s, the policy %s's maximum",
			     clock_format(longest, when), o->policy->name);
	if (rc == RC_OK)
		rc = time_read(in, "review", o->now_us + (o->ends_us - o->now_us) / 2,
			       &o->review_us, e);
	if (rc == RC_OK && (o->review_us <= o->now_us || o->review_us > o->ends_us))
		rc = err_set(e, RC_INVALID, "\"review\" must lie before the end");
	return rc;
}

static enum rc
texts_read(json_t *in, struct order *o, struct err *e)
{
	enum rc rc = in_text(in, "reasons", true, ORDER_TEXT_MAX, &o->reasons, e);

	if (rc == RC_OK)
		rc = in_text(in, "legal_basis", true, ORDER_TEXT_MAX, &o->legal_basis, e);
	if (rc == RC_OK)
		rc = in_text(in, "proportionality", true, ORDER_TEXT_MAX,
			     &o->proportionality, e);
	if (rc == RC_OK)
		rc = in_text(in, "action", false, 16, &o->action, e);
	if (rc == RC_OK && o->action == NULL)
		o->action = "nxdomain";
	return rc;
}

static void
release_json(void *p)
{
	json_decref(p);
}

/* Names, grounds, guards: the part that a check and a draft share. */
static enum rc
order_examine(struct node *nd, struct arena *a, json_t *in, struct order *o,
	      struct err *e)
{
	struct store *s = NULL;
	const char *peer;
	enum rc rc = in_text(in, "peer", false, ORG_MAX, &peer, e);

	o->now_us = clock_now_us();
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = channel_of_peer(s, a, peer, &o->channel, e);
	if (rc == RC_OK)
		rc = policy_of_channel(s, a, &o->channel, &o->policy, e);
	if (rc == RC_OK)
		rc = names_read(a, in, settings_text(nd->config, "rpz.zone"), o, e);
	if (rc == RC_OK)
		rc = cites_read(a, in, o, e);
	if (rc == RC_OK)
		rc = sample_count(a, in, o, e);
	if (rc == RC_OK)
		rc = grounds_check(s, a, o, e);
	struct guard_lists lists = nd->lists;
	lists.sample_size = o->sample_size;
	lists.cited_items = o->cited_items;
	lists.zone = settings_text(nd->config, "rpz.zone");
	if (rc == RC_OK)
		rc = guard_check(a, &lists, o->names, o->n_names, &o->findings,
				 &o->n_findings, e);
	reader_put(nd, s);
	o->guards = json_array();
	arena_defer(a, release_json, o->guards);
	for (size_t i = 0; rc == RC_OK && i < o->n_findings; i++) {
		const char *token = guard_code_token(o->findings[i].code);
		bool told = false;
		for (size_t k = 0; k < json_array_size(o->guards); k++)
			told |= strcmp(json_string_value(json_array_get(o->guards, k)),
				       token) == 0;
		if (!told && guard_code_level(o->findings[i].code) == GUARD_OVERRIDE)
			json_array_append_new(o->guards, json_string(token));
	}
	return rc;
}

static json_t *
findings_json(const struct order *o)
{
	static const char *const levels[] = {"note", "override", "refuse"};
	json_t *rows = json_array();

	for (size_t i = 0; i < o->n_findings; i++)
		json_array_append_new(
			rows,
			json_pack("{s:s, s:s, s:s, s:s}", "name", o->findings[i].name,
				  "guard", guard_code_token(o->findings[i].code), "level",
				  levels[guard_code_level(o->findings[i].code)], "text",
				  o->findings[i].text));
	return rows;
}

static json_t *
examined_json(const struct order *o)
{
	json_t *names = json_array();

	for (size_t i = 0; i < o->n_names; i++)
		json_array_append_new(
			names, json_pack("{s:s, s:b, s:I, s:I}", "name", o->names[i].name,
					 "wildcard", o->names[i].wildcard, "items",
					 (json_int_t)o->names[i].items, "sample",
					 (json_int_t)o->names[i].sample));
	return json_pack("{s:o, s:o, s:O, s:I, s:I, s:i}", "names", names, "findings",
			 findings_json(o), "overrides_needed", o->guards, "cited_items",
			 (json_int_t)o->cited_items, "sample_size",
			 (json_int_t)o->sample_size, "approvals_needed",
			 (int)o->policy->order.approvals);
}

/* in: peer?, names, cites, sample?  out: names, findings, overrides_needed, ... */
enum rc
service_order_check(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct order o = {0};
	enum rc rc = in_only(in, "peer names cites sample", e);

	(void)who;
	if (rc == RC_OK)
		rc = order_examine(nd, a, in, &o, e);
	if (rc == RC_OK)
		reply_json(a, out, examined_json(&o));
	return rc;
}

/* The exact text that every signer signs the hash of. */
static void
text_put(struct buf *b, struct node *nd, const struct order *o)
{
	char when[CLOCK_TEXT_LEN];

	buf_printf(b, "ORDER %s\n", o->id);
	buf_printf(b, "Authority: %s (%s)\nPlatform: %s\n", nd->id->name, nd->id->org,
		   o->channel.peer_org);
	buf_printf(b, "Policy: %s, version %" PRIu64 "\n", o->policy->name,
		   o->policy->version);
	buf_printf(b, "Action: %s\n", o->action);
	buf_printf(b, "Ends: %s\n", clock_format(o->ends_us, when));
	buf_printf(b, "Review: %s\n", clock_format(o->review_us, when));
	buf_puts(b, "\nNames:\n");
	for (size_t i = 0; i < o->n_names; i++)
		buf_printf(b, "- %s%s\n", o->names[i].name,
			   o->names[i].wildcard ? " and every name below it" : "");
	buf_puts(b, "\nRests on these cases, receipted and unanswered past their "
		    "deadline:\n");
	for (size_t i = 0; i < o->n_cites; i++)
		buf_printf(b, "- %s\n", o->cites[i]);
	buf_printf(b, "\nLegal basis:\n%s\n\nReasons:\n%s\n\nProportionality:\n%s\n",
		   o->legal_basis, o->reasons, o->proportionality);
	buf_puts(b, "\nCollateral check:\n");
	for (size_t i = 0; i < o->n_findings; i++)
		buf_printf(b, "- %s: %s\n", o->findings[i].name, o->findings[i].text);
	if (o->n_findings == 0)
		buf_puts(b, "- no finding\n");
}

static enum rc
work_draft(struct writer *w, void *arg, struct err *e)
{
	struct order *o = arg;
	char hex[HASH_HEX_LEN + 1];
	json_t *names = json_array(), *cites = json_array();
	struct view_disclosed sd[] = {
		{"text", json_string(o->text)},
		{"reasons", json_string(o->reasons)},
		{"legal_basis", json_string(o->legal_basis)},
	};

	for (size_t i = 0; i < o->n_names; i++)
		json_array_append_new(names,
				      json_pack("{s:s, s:b}", "name", o->names[i].name,
						"wildcard", o->names[i].wildcard));
	for (size_t i = 0; i < o->n_cites; i++)
		json_array_append_new(cites, json_string(o->cites[i]));
	return append_event(
		w,
		&(struct append){
			.channel = o->channel.channel,
			.type = "order.draft",
			.by = o->by,
			.body = json_pack(
				"{s:s, s:o, s:o, s:s, s:I, s:I, s:b, s:s, s:I, s:O}",
				"order", o->id, "names", names, "cites", cites, "action",
				o->action, "ends", (json_int_t)o->ends_us, "review",
				(json_int_t)o->review_us, "emergency", 0, "text",
				hash_hex(&o->text_hash, hex), "approvals",
				(json_int_t)o->policy->order.approvals, "guards",
				o->guards),
			.disclosures = sd,
			.n_disclosures = sizeof(sd) / sizeof(sd[0]),
		},
		NULL, e);
}

/*
 * in: peer?, names, cites, reasons, legal_basis, proportionality, ends, review?, action?,
 *     sample?
 * out: order, text, text_sha256, and all that a check gives
 * RC_CONFLICT: a cited case is no ground.  RC_DENIED: a guard that nobody can override.
 */
enum rc
service_order_draft(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct order o = {.by = actor_pseudonym(who)};
	struct buf text = BUF_INIT(EVENT_DISCLOSURE_MAX / 4 * 3 - 256);
	char hex[HASH_HEX_LEN + 1];
	enum rc rc = in_only(in,
			     "peer names cites reasons legal_basis proportionality ends "
			     "review action sample",
			     e);

	if (rc == RC_OK)
		rc = texts_read(in, &o, e);
	if (rc == RC_OK)
		rc = order_examine(nd, a, in, &o, e);
	if (rc == RC_OK)
		rc = times_read(in, &o, e);
	for (size_t i = 0; rc == RC_OK && i < o.n_findings; i++)
		if (guard_code_level(o.findings[i].code) == GUARD_REFUSE)
			rc = err_set(e, RC_DENIED, "%s: %s", o.findings[i].name,
				     o.findings[i].text);
	if (rc != RC_OK)
		goto out;
	uuid7_make(o.now_us, o.id);
	text_put(&text, nd, &o);
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
	json_t *j = reply_json(a, out, examined_json(&o));
	json_object_set_new(j, "order", json_string(o.id));
	json_object_set_new(j, "text", json_string(o.text));
	json_object_set_new(j, "text_sha256", json_string(hash_hex(&o.text_hash, hex)));
out:
	buf_free(&text);
	return rc;
}
