/*
 * What is told of a notice beside its row: its letter, its fields, its policy; and of one
 * without a manifest how far it came, when it lapses, and what is to be done.
 */
#include <string.h>

#include "base/clock.h"
#include "core/event.h"
#include "service/cases.h"
#include "service/use.h"
#include "store/store_sql.h"

static const char *
what_to_do(bool lapsed)
{
	/* Its author's dates decide (docs/adr/0036): we can only say what is right then.
	 */
	return lapsed ? "it lapsed, so nothing is owed: the authority sends the list "
			"under another reference; should it come whole all the same, "
			"dated in time, it counts from its receipt"
		      : "the authority sends the same list again with the same "
			"reference, and it goes on where it stopped; until then nothing "
			"is owed";
}

/* By the policy in effect on the channel: its manifest would have to name that one. */
static enum rc
incomplete(struct store *s, struct arena *a, const char *casefile, int64_t now_us,
	   json_t *into, struct err *e)
{
	struct channel_row ch;
	const struct policy *p;
	struct case_row c;
	int64_t last_us = 0;
	enum rc rc = view_case_get(s, a, casefile, &c, e);

	if (rc == RC_OK)
		rc = channel_by_id(s, a, c.channel, &ch, e);
	if (rc == RC_OK)
		rc = policy_of_channel(s, a, &ch, &p, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_CASE_PART_LAST,
			       (struct db_param[]){DB_P_TEXT(casefile)}, 0, &last_us, e);
	if (rc != RC_OK)
		return rc;
	bool lapsed = now_us - last_us > p->lapse_us;
	json_object_set_new(into, "incomplete",
			    json_pack("{s:I, s:I, s:o, s:o, s:b, s:s}", "parts",
				      (json_int_t)c.parts, "items", (json_int_t)c.items,
				      "last", json_time(last_us), "lapses",
				      json_time(last_us + p->lapse_us), "lapsed",
				      (int)lapsed, "what_to_do", what_to_do(lapsed)));
	return RC_OK;
}

enum rc
case_incomplete(struct store *s, const char *casefile, int64_t now_us, json_t *into,
		struct err *e)
{
	struct arena *a = arena_create();
	enum rc rc = incomplete(s, a, casefile, now_us, into, e);

	arena_free(a);
	return rc;
}

/* What of the policy hangs on no clock of the case, and people must know all the same. */
static json_t *
policy_told(const struct policy *p)
{
	return json_pack(
		"{s:s, s:I, s:I, s:I, s:o}", "name", p->name, "version",
		(json_int_t)p->version, "scrutiny_s",
		(json_int_t)(p->scrutiny_us / CLOCK_US_PER_S), "preserve_s",
		(json_int_t)(p->retention.preserve_us / CLOCK_US_PER_S), "statistics",
		p->statistics.month == 0
			? json_null()
			: json_pack("{s:i, s:i}", "month", (int)p->statistics.month,
				    "day", (int)p->statistics.day));
}

enum rc
case_notice_more(struct store *s, struct arena *a, const struct case_row *c, json_t *into,
		 struct err *e)
{
	const struct event_claim *claim;
	struct log_leaf *leaf;
	const struct policy_class *cls;
	const struct policy *p;
	enum rc rc = RC_OK;

	json_object_set_new(into, "letter", json_null());
	json_object_set_new(into, "fields", json_null());
	json_object_set_new(into, "policy", json_null());
	if (!c->manifest)
		return RC_OK;
	rc = store_leaves(s, a, c->channel, PARTY_AUTHORITY, c->fold.send_seq,
			  c->fold.send_seq + 1, &leaf, e);
	if (rc == RC_OK)
		rc = event_parse(a, leaf[0].jws, leaf[0].jws_len, &claim, e);
	if (rc != RC_OK)
		return rc;
	const struct event *ev = event_trusted(claim);
	for (size_t i = 0; rc == RC_OK && i < ev->n_sd; i++) {
		const char *text = NULL, *name = "";
		json_t *value = NULL;
		rc = store_disclosure_get(s, a, &ev->sd[i], &text, e);
		if (rc == RC_OK && text != NULL)
			rc = event_disclosure_parse(a, text, strlen(text), &name, &value,
						    e);
		if (strcmp(name, "letter") == 0 && json_is_string(value))
			json_object_set(into, "letter", value);
		if (strcmp(name, "fields") == 0 && json_is_object(value))
			json_object_set(into, "fields", value);
	}
	if (rc == RC_OK)
		rc = policy_of_case(s, a, c, &p, &cls, e);
	if (rc == RC_OK)
		json_object_set_new(into, "policy", policy_told(p));
	return rc;
}
