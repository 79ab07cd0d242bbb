/* Contact directories: what our side publishes to each peer, and what they publish. */
#include "service/contact.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/contact.h"
#include "core/event_type.h"
#include "service/use.h"
#include "store/store_sql.h"

enum rc
channels_listed(struct store *s, struct arena *a, json_t *in,
		const struct channel_row **ret, size_t *ret_n, struct err *e)
{
	const struct channel_row *all;
	const char *peer;
	size_t n;
	enum rc rc = in_text(in, "peer", false, ORG_MAX, &peer, e);

	*ret_n = 0;
	if (rc == RC_OK && peer != NULL) {
		struct channel_row *one = ARENA_NEW(a, struct channel_row);
		rc = channel_of_peer(s, a, peer, one, e);
		*ret = one;
		*ret_n = 1;
		return rc;
	}
	if (rc == RC_OK)
		rc = store_channels(s, a, &all, &n, e);
	if (rc != RC_OK)
		return rc;
	struct channel_row *some = arena_array(a, n, sizeof(*some));
	for (size_t i = 0; i < n; i++)
		if (all[i].introduction[0] != '\0')
			some[(*ret_n)++] = all[i];
	*ret = some;
	return RC_OK;
}

enum rc
channels_asked(struct store *s, struct arena *a, json_t *in,
	       const struct channel_row **ret, size_t *ret_n, struct err *e)
{
	enum rc rc = channels_listed(s, a, in, ret, ret_n, e);

	return rc != RC_OK || *ret_n != 0
		       ? rc
		       : err_set(e, RC_NOT_FOUND,
				 "no peer is introduced yet: saluran peer add");
}

/* ---- what a side has published ----------------------------------------------------- */

static const char *
row_text(const json_t *row, const char *name)
{
	return json_string_value(json_object_get(row, name));
}

/* Sort the rows by who is called first, and say since when each can be. */
static void
directory_sort(struct arena *a, json_t *rows, int64_t now_us, json_t *into)
{
	size_t n = json_array_size(rows), i;
	struct contact_entry *c = arena_array(a, n, sizeof(*c));
	size_t *order = arena_array(a, n, sizeof(*order));
	json_t *row, *sorted = json_array();

	json_array_foreach (rows, i, row) {
		c[i].role = row_text(row, "role");
		c[i].order = json_integer_value(json_object_get(row, "order"));
		contact_hours_of_event(json_object_get(row, "hours"), &c[i].hours);
	}
	contact_duty(c, n, now_us, order);
	for (i = 0; i < n; i++) {
		const struct contact_entry *at = &c[order[i]];
		row = json_array_get(rows, order[i]);
		json_object_set_new(row, "hours", contact_hours_shown(&at->hours));
		json_object_set_new(row, "on_duty", json_boolean(at->open));
		json_object_set_new(row, "from", json_time(at->open ? 0 : at->opens_us));
		json_array_append(sorted, row);
	}
	bool open = n != 0 && c[order[0]].open;
	json_object_set_new(into, "contacts", sorted);
	row = json_array_get(sorted, 0);
	json_object_set_new(into, "now", open ? json_incref(row) : json_null());
	row = json_array_get(sorted, open ? 1 : 0);
	json_object_set_new(into, "next", row != NULL ? json_incref(row) : json_null());
}

enum rc
contact_directory(struct store *s, struct arena *a, int64_t channel, enum party side,
		  int64_t now_us, json_t **ret, struct err *e)
{
	const struct db_param key[] = {DB_P_INT(channel), DB_P_INT(side)};
	json_t *rows = json_array(), *set = NULL;
	struct err none = ERR_INIT;
	enum rc rc = store_row(s, &SQL_CONTACT_SET_SHOW, key,
			       "version:i author:s published:t", &set, &none);

	if (rc == RC_NOT_FOUND) {
		set = json_pack("{s:n, s:n, s:n}", "version", "author", "published");
		rc = RC_OK;
	} else if (rc != RC_OK) {
		rc = err_set(e, rc, "%s", none.text);
	}
	if (rc == RC_OK)
		rc = store_rows(
			s, &SQL_CONTACT_LIST, key,
			"role:s order:i languages:j hours:j name:s reach:s note:s", rows,
			e);
	if (rc == RC_OK) {
		directory_sort(a, rows, now_us, set);
		*ret = set;
	} else {
		json_decref(set);
	}
	json_decref(rows);
	return rc;
}

/* in: peer?  out: channels [{peer, ours, theirs}]: each as of contact_directory() */
enum rc
service_contacts(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	const struct channel_row *ch;
	struct store *s = NULL;
	json_t *rows = json_array();
	int64_t now_us = clock_now_us();
	size_t n = 0;
	enum rc rc = in_only(in, "peer", e);

	(void)who;
	reply_json(a, out, json_pack("{s:o}", "channels", rows));
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = channels_listed(s, a, in, &ch, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		json_t *ours = NULL, *theirs = NULL;
		rc = contact_directory(s, a, ch[i].channel, ch[i].own_party, now_us,
				       &ours, e);
		if (rc == RC_OK)
			rc = contact_directory(s, a, ch[i].channel,
					       party_other(ch[i].own_party), now_us,
					       &theirs, e);
		if (rc == RC_OK)
			json_array_append_new(rows, json_pack("{s:s, s:O, s:O}", "peer",
							      ch[i].peer_org, "ours",
							      ours, "theirs", theirs));
		json_decref(ours);
		json_decref(theirs);
	}
	reader_put(nd, s);
	return rc;
}

/* ---- publishing -------------------------------------------------------------------- */

struct publishing {
	json_t *in, *contacts, *disclosed;
	const char *by;
	json_t *channels, *entries; /* out */
};

/* A text for people: of bounded length and without control characters. */
static enum rc
entry_text(json_t *given, const char *name, bool required, size_t max, json_t *into,
	   struct err *e)
{
	const char *text;
	enum rc rc = in_text(given, name, required, max, &text, e);

	for (const char *at = text; rc == RC_OK && at != NULL && *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			rc = err_set(e, RC_INVALID,
				     "\"%s\" has a control character: write one line",
				     name);
	if (rc == RC_OK && text != NULL)
		json_object_set_new(into, name, json_string(text));
	return rc;
}

static enum rc
languages_read(const json_t *given, json_t *into, struct err *e)
{
	const json_t *languages = json_object_get(given, "languages"), *v;
	size_t i;

	json_object_set_new(into, "languages", json_array());
	if (languages == NULL || json_is_null(languages))
		return RC_OK;
	if (!json_is_array(languages) ||
	    json_array_size(languages) > CONTACT_LANGUAGES_MAX)
		return err_set(e, RC_INVALID, "\"languages\" must list at most %d codes",
			       CONTACT_LANGUAGES_MAX);
	json_array_foreach (languages, i, v) {
		const char *code = json_string_value(v);
		if (code == NULL || code[0] == '\0' || strlen(code) > EVENT_TOKEN_MAX ||
		    strspn(code, "abcdefghijklmnopqrstuvwxyz-") != strlen(code) ||
		    code[0] == '-')
			return err_set(
				e, RC_INVALID,
				"languages[%zu] must be a code as \"id\" or \"en\"", i);
		json_array_append_new(json_object_get(into, "languages"),
				      json_string(code));
	}
	return RC_OK;
}

/* One contact as it was given: what the event says of it, and its disclosure. */
static enum rc
entry_read(json_t *given, json_t *body, json_t *disclosed, struct err *e)
{
	struct contact_hours hours;
	const char *role;
	int64_t order;
	enum rc rc =
		json_is_object(given)
			? in_only(given, "name reach role order languages hours note", e)
			: err_set(e, RC_INVALID, "it must be an object");

	if (rc == RC_OK)
		rc = entry_text(given, "name", true, CONTACT_NAME_MAX, disclosed, e);
	if (rc == RC_OK)
		rc = entry_text(given, "reach", true, CONTACT_REACH_MAX, disclosed, e);
	if (rc == RC_OK)
		rc = entry_text(given, "note", false, CONTACT_NOTE_MAX, disclosed, e);
	if (rc == RC_OK)
		rc = in_text(given, "role", false, EVENT_TOKEN_MAX, &role, e);
	if (rc == RC_OK && role == NULL)
		role = contact_roles[0];
	if (rc == RC_OK && contact_roles[contact_role_rank(role)] == NULL)
		rc = err_set(e, RC_INVALID,
			     "\"role\" must be contact, deputy or escalation");
	if (rc == RC_OK)
		rc = in_int(given, "order", 0, CONTACT_ORDER_MAX, 0, &order, e);
	if (rc == RC_OK)
		rc = languages_read(given, body, e);
	if (rc == RC_OK)
		rc = contact_hours_read(json_object_get(given, "hours"), &hours, e);
	if (rc != RC_OK)
		return rc;
	json_object_set_new(body, "role", json_string(role));
	json_object_set_new(body, "order", json_integer(order));
	if (hours.n != 0)
		json_object_set_new(body, "hours", contact_hours_event(&hours));
	return RC_OK;
}

static enum rc
contacts_read(struct publishing *p, struct err *e)
{
	json_t *given = json_object_get(p->in, "contacts"), *v;
	size_t i;

	if (!json_is_array(given) || json_array_size(given) > CONTACTS_MAX)
		return err_set(e, RC_INVALID,
			       "\"contacts\" must list at most %d contacts",
			       CONTACTS_MAX);
	json_array_foreach (given, i, v) {
		json_t *body = json_object(), *disclosed = json_object();
		json_array_append_new(p->contacts, body);
		json_array_append_new(p->disclosed, disclosed);
		enum rc rc = entry_read(v, body, disclosed, e);
		if (rc != RC_OK) {
			err_prefix(e, "contacts[%zu]", i);
			return rc;
		}
	}
	return RC_OK;
}

static enum rc
publish_one(struct writer *w, const struct publishing *p, const struct channel_row *ch,
	    uint64_t *ret_seq, struct err *e)
{
	size_t n = json_array_size(p->contacts);
	struct view_disclosed *sd = arena_array(w->a, n, sizeof(*sd));
	int64_t version;
	enum rc rc = store_int(
		w->s, &SQL_V_CONTACT_VERSION,
		(struct db_param[]){DB_P_INT(ch->channel), DB_P_INT(ch->own_party)}, 0,
		&version, e);

	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < n; i++)
		sd[i] = (struct view_disclosed){
			"contact", json_incref(json_array_get(p->disclosed, i))};
	return append_event(w,
			    &(struct append){
				    .channel = ch->channel,
				    .type = "contact.set",
				    .by = p->by,
				    .body = json_pack("{s:I, s:O}", "version",
						      (json_int_t)(version + 1),
						      "contacts", p->contacts),
				    .disclosures = sd,
				    .n_disclosures = n,
			    },
			    ret_seq, e);
}

static enum rc
work_publish(struct writer *w, void *arg, struct err *e)
{
	const struct publishing *p = arg;
	const struct channel_row *ch;
	size_t n = 0;
	enum rc rc = channels_asked(w->s, w->a, p->in, &ch, &n, e);

	json_array_clear(p->channels);
	json_array_clear(p->entries);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		uint64_t seq = 0;
		rc = publish_one(w, p, &ch[i], &seq, e);
		if (rc != RC_OK)
			break;
		json_array_append_new(p->channels, json_string(ch[i].peer_org));
		json_array_append_new(p->entries,
				      json_pack("{s:s, s:I}", "peer", ch[i].peer_org,
						"seq", (json_int_t)seq));
	}
	return rc;
}

/*
 * in: contacts [{name, reach, role?, order?, languages?, hours?, note?}], peer? (all when
 *     absent)
 * out: published [peer], entries [{peer, seq (in our log)}], contacts (how many)
 */
enum rc
service_contacts_set(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct publishing p = {.in = in,
			       .by = actor_pseudonym(who),
			       .contacts = json_array(),
			       .disclosed = json_array(),
			       .channels = json_array(),
			       .entries = json_array()};
	enum rc rc = in_only(in, "contacts peer", e);

	if (rc == RC_OK)
		rc = contacts_read(&p, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_publish, &p, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:O, s:O, s:I}", "published", p.channels,
				     "entries", p.entries, "contacts",
				     (json_int_t)json_array_size(p.contacts)));
	json_decref(p.contacts);
	json_decref(p.disclosed);
	json_decref(p.channels);
	json_decref(p.entries);
	return rc;
}
