/*
 * Policies: which one holds for what, and how both sides come to another.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "service/policies.h"
#include "service/use.h"
#include "store/store_sql.h"

enum rc
policy_by_digest(struct store *s, struct arena *a, const struct hash *sha256,
		 const struct policy **ret, struct err *e)
{
	const char *text;
	enum rc rc =
		store_text(s, a, &SQL_POLICY_GET,
			   (struct db_param[]){DB_P_BLOB(sha256->b, HASH_LEN)}, &text, e);

	if (rc == RC_OK && text == NULL)
		rc = err_set(e, RC_NOT_FOUND, "that policy is not in the store");
	return rc == RC_OK ? policy_parse(a, text, strlen(text), ret, e) : rc;
}

/* What an event that is written now would be under: of the peer's log only what it can
 * acknowledge counts. */
static enum rc
policy_now(struct store *s, struct arena *a, const struct channel_row *c,
	   struct hash *ret, struct err *e)
{
	uint64_t seen[PARTY_COUNT];
	struct log_head h;
	enum rc rc = store_head(s, a, c->channel, party_other(c->own_party), &h, e);

	seen[c->own_party] = UINT64_MAX;
	seen[party_other(c->own_party)] = h.signed_size;
	return rc == RC_OK ? view_policy_in_effect(s, a, c->channel, seen, ret, e) : rc;
}

enum rc
policy_of_channel(struct store *s, struct arena *a, const struct channel_row *c,
		  const struct policy **ret, struct err *e)
{
	struct hash now;
	enum rc rc = policy_now(s, a, c, &now, e);

	return rc == RC_OK ? policy_by_digest(s, a, &now, ret, e) : rc;
}

enum rc
policy_of_case(struct store *s, struct arena *a, const struct case_row *c,
	       const struct policy **ret, const struct policy_class **ret_class,
	       struct err *e)
{
	if (!c->manifest)
		return err_set(e, RC_CONFLICT,
			       "case %s has no manifest yet, so no policy", c->casefile);
	enum rc rc = policy_by_digest(s, a, &c->policy_sha256, ret, e);
	if (rc != RC_OK)
		return rc;
	*ret_class = policy_class_find(*ret, c->class_code);
	if (*ret_class == NULL)
		rc = err_set(e, RC_CORRUPT, "the policy %s has no class %s", (*ret)->name,
			     c->class_code);
	return rc;
}

enum rc
policy_named_receipt(struct store *s, struct arena *a, const struct channel_row *c,
		     const struct policy *p, struct log_receipt *ret, struct err *e)
{
	int64_t seq = 0; /* channel.open */
	enum rc rc = RC_OK;

	if (!hash_equal(&p->sha256, &c->policy_sha256))
		rc = store_int(s, &SQL_POLICY_NAMED,
			       (struct db_param[]){DB_P_INT(c->channel),
						   DB_P_INT(c->own_party),
						   DB_P_BLOB(p->sha256.b, HASH_LEN)},
			       -1, &seq, e);
	if (rc == RC_OK && seq < 0)
		rc = err_set(e, RC_NOT_FOUND, "no event of ours names that policy");
	return rc == RC_OK ? store_receipt_covering(s, a, c->channel, c->own_party,
						    (uint64_t)seq, ret, e)
			   : rc;
}

enum rc
policy_read(struct arena *a, const char *name_or_text, const struct policy **ret,
	    const char **ret_text, struct err *e)
{
	const char *text = name_or_text;
	size_t len = strlen(name_or_text);

	if (name_or_text[0] != '{') {
		const struct builtin_file *f =
			builtin_find(arena_printf(a, "%s.json", name_or_text));
		if (f == NULL)
			return err_set(
				e, RC_NOT_FOUND,
				"there is no built-in policy \"%s\": %s, or a file",
				name_or_text, builtin_policies());
		text = f->data;
		len = f->len;
	}
	*ret_text = arena_strndup(a, text, len);
	return policy_parse(a, text, len, ret, e);
}

/* ---- adopting -------------------------------------------------------------------------
 */

struct adopting {
	const char *peer, *by, *text;
	const struct policy *p;
	uint64_t seq;
	bool again, in_effect; /* out */
};

/* The text in disclosures: never cut within a character. */
static struct view_disclosed *
text_chunks(struct arena *a, const char *text, size_t *ret_n)
{
	size_t len = strlen(text), n = 0, cap = len / (POLICY_CHUNK_MAX - 3) + 1;
	struct view_disclosed *sd = arena_array(a, cap, sizeof(*sd));

	for (size_t at = 0; at < len; n++) {
		size_t take = len - at < POLICY_CHUNK_MAX ? len - at : POLICY_CHUNK_MAX;

		while (at + take < len && ((unsigned char)text[at + take] & 0xc0) == 0x80)
			take--;
		sd[n] = (struct view_disclosed){"text", json_stringn(text + at, take)};
		at += take;
	}
	*ret_n = n;
	return sd;
}

/* Ours already, and not matched by the peer yet, or in effect: once is enough. */
static enum rc
adopted_already(struct writer *w, struct adopting *x, const struct channel_row *ch,
		struct err *e)
{
	const struct policy *now;
	int64_t ours, theirs;
	const struct hash *h = &x->p->sha256;
	enum rc rc = policy_of_channel(w->s, w->a, ch, &now, e);

	if (rc == RC_OK)
		rc = store_int(w->s, &SQL_POLICY_VOTES,
			       (struct db_param[]){DB_P_INT(ch->channel),
						   DB_P_INT(ch->own_party),
						   DB_P_BLOB(h->b, HASH_LEN)},
			       0, &ours, e);
	if (rc == RC_OK)
		rc = store_int(w->s, &SQL_POLICY_VOTES,
			       (struct db_param[]){DB_P_INT(ch->channel),
						   DB_P_INT(party_other(ch->own_party)),
						   DB_P_BLOB(h->b, HASH_LEN)},
			       0, &theirs, e);
	x->again = rc == RC_OK && (hash_equal(&now->sha256, h) || ours > theirs);
	return rc;
}

static enum rc
work_adopt(struct writer *w, void *arg, struct err *e)
{
	struct adopting *x = arg;
	char hex[HASH_HEX_LEN + 1];
	const struct policy *now;
	struct channel_row ch;
	size_t n;
	enum rc rc = channel_of_peer(w->s, w->a, x->peer, &ch, e);

	if (rc == RC_OK)
		rc = adopted_already(w, x, &ch, e);
	if (rc == RC_OK && !x->again) {
		struct view_disclosed *sd = text_chunks(w->a, x->text, &n);

		rc = append_event(
			w,
			&(struct append){
				.channel = ch.channel,
				.type = "policy.adopt",
				.by = x->by,
				.body = json_pack("{s:s, s:I, s:s}", "name", x->p->name,
						  "version", (json_int_t)x->p->version,
						  "sha256", hash_hex(&x->p->sha256, hex)),
				.disclosures = sd,
				.n_disclosures = n,
			},
			&x->seq, e);
	}
	if (rc == RC_OK)
		rc = policy_of_channel(w->s, w->a, &ch, &now, e);
	if (rc == RC_OK)
		x->in_effect = hash_equal(&now->sha256, &x->p->sha256);
	return rc;
}

/* The text that a name, a digest, or a text itself stands for; by a digest that the peer
 * proposed, for one. */
static enum rc
policy_given(struct node *nd, struct arena *a, const char *policy,
	     const struct policy **ret, const char **ret_text, struct err *e)
{
	struct store *s = NULL;
	struct hash h;

	if (hash_parse_hex(policy, strlen(policy), &h) != RC_OK)
		return policy_read(a, policy, ret, ret_text, e);
	enum rc rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_text(s, a, &SQL_POLICY_GET,
				(struct db_param[]){DB_P_BLOB(h.b, HASH_LEN)}, ret_text,
				e);
	reader_put(nd, s);
	if (rc == RC_OK && *ret_text == NULL)
		rc = err_set(e, RC_NOT_FOUND,
			     "this node does not have that policy: 'saluran policy list' "
			     "shows those it has");
	return rc == RC_OK ? policy_parse(a, *ret_text, strlen(*ret_text), ret, e) : rc;
}

/* in: policy (the file's text, a built-in name, or the SHA-256 of one that is here),
 * peer?, check? (true: only read it) out: name, version, sha256, title, adopted, again,
 * in_effect, seq? */
enum rc
service_policy_adopt(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct adopting x = {.by = actor_pseudonym(who)};
	char hex[HASH_HEX_LEN + 1];
	const char *policy;
	bool check = false;
	enum rc rc = in_only(in, "policy peer check", e);

	if (rc == RC_OK)
		rc = in_text(in, "policy", true, POLICY_MAX, &policy, e);
	if (rc == RC_OK)
		rc = in_text(in, "peer", false, ORG_MAX, &x.peer, e);
	if (rc == RC_OK)
		rc = in_bool(in, "check", &check, e);
	if (rc == RC_OK)
		rc = policy_given(nd, a, policy, &x.p, &x.text, e);
	if (rc == RC_OK && !check && x.p->valid_until_us != 0 &&
	    x.p->valid_until_us <= clock_now_us())
		rc = err_set(e, RC_CONFLICT,
			     "valid_until: the policy is over; adopt one that is not");
	if (rc == RC_OK && !check)
		rc = writer_run(nd, work_adopt, &x, e);
	if (rc != RC_OK)
		return rc;
	json_t *r = reply_json(
		a, out,
		json_pack("{s:s, s:I, s:s, s:{s:s, s:s}, s:b, s:b, s:b}", "name",
			  x.p->name, "version", (json_int_t)x.p->version, "sha256",
			  hash_hex(&x.p->sha256, hex), "title", "en", x.p->title_en, "id",
			  x.p->title_id, "adopted", !check, "again", x.again, "in_effect",
			  x.in_effect));
	if (!check && !x.again)
		json_object_set_new(r, "seq", json_integer((json_int_t)x.seq));
	return RC_OK;
}

/* ---- showing --------------------------------------------------------------------------
 */

static enum rc
channel_policies(struct store *s, struct arena *a, const struct channel_row *c,
		 json_t *into, struct err *e)
{
	char hex[HASH_HEX_LEN + 1];
	const struct policy *p;
	json_t *adopted = json_array(), *one;
	size_t i;
	enum rc rc = policy_of_channel(s, a, c, &p, e);

	if (rc == RC_OK)
		rc = store_rows(s, &SQL_POLICY_ADOPTS,
				(struct db_param[]){DB_P_INT(c->channel)},
				"party:i seq:i sha256:x name:s version:i author:s at:t",
				adopted, e);
	if (rc != RC_OK) {
		json_decref(adopted);
		return rc;
	}
	json_array_foreach (adopted, i, one)
		json_object_set_new(one, "party",
				    json_string(party_name((enum party)json_integer_value(
					    json_object_get(one, "party")))));
	json_array_append_new(into,
			      json_pack("{s:s, s:{s:s, s:I, s:s}, s:o}", "peer",
					c->peer_org, "in_effect", "name", p->name,
					"version", (json_int_t)p->version, "sha256",
					hash_hex(&p->sha256, hex), "adopted", adopted));
	return RC_OK;
}

/* in: policy? (a built-in name or a SHA-256: its text too)
 * out: channels [{peer, in_effect, adopted}], kept [{name, version, sha256}], builtin
 *      [name], text? */
enum rc
service_policies(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	const struct channel_row *rows;
	json_t *channels = json_array(), *kept = json_array(), *builtin = json_array();
	json_t *r = reply_json(a, out,
			       json_pack("{s:o, s:o, s:o}", "channels", channels, "kept",
					 kept, "builtin", builtin));
	const struct policy *p;
	const char *policy = NULL, *text;
	struct store *s = NULL;
	size_t n = 0;
	enum rc rc = in_only(in, "policy", e);

	(void)who;
	for (size_t i = 0; builtin_policy_names[i] != NULL; i++)
		json_array_append_new(builtin, json_string(builtin_policy_names[i]));
	if (rc == RC_OK)
		rc = in_text(in, "policy", false, HASH_HEX_LEN, &policy, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = store_channels(s, a, &rows, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = channel_policies(s, a, &rows[i], channels, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_POLICY_KEPT, NULL, "name:s version:i sha256:x",
				kept, e);
	reader_put(nd, s);
	if (rc == RC_OK && policy != NULL) {
		rc = policy_given(nd, a, policy, &p, &text, e);
		if (rc == RC_OK)
			json_object_set_new(r, "text", json_string(text));
	}
	return rc;
}
