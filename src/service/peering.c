/*
 * Peers: our introduction for one of them, and theirs for us.
 *
 * Whoever introduces first proposes the channel's id; the other's file carries the same.
 * A peer is added by its file and the fingerprint of its root key, which a person has
 * compared over another path (protocol 5).
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "service/exchange_int.h"
#include "service/policies.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { CHANNEL_ID_BYTES = 6 };

static enum rc
policy_keep(struct store *s, const struct policy *p, const char *text, struct err *e)
{
	return store_run(s, &SQL_POLICY_PUT,
			 (struct db_param[]){DB_P_BLOB(p->sha256.b, HASH_LEN),
					     DB_P_TEXT(p->name), DB_P_INT(p->version),
					     DB_P_TEXT(text)},
			 NULL, NULL, e);
}

struct peering {
	struct node *nd;
	const char *peer;
	const struct policy *policy;
	const char *policy_text;
	bool policy_given;
	const char *wire; /* add: the file */
	const struct identity *id;
	const struct channel_offer *offer;
	struct channel_row channel; /* out */
};

static void
origins_make(struct arena *a, enum party own, const char *own_org, const char *peer_org,
	     const char *channel, const char *ret[PARTY_COUNT])
{
	ret[own] = arena_printf(a, "%s/c/%s/e0", own_org, channel);
	ret[party_other(own)] = arena_printf(a, "%s/c/%s/e0", peer_org, channel);
}

static enum rc
channel_make(struct writer *w, struct peering *p, const char *name,
	     const char *introduction, struct err *e)
{
	const struct identity *own = p->nd->id;
	const char *origins[PARTY_COUNT];
	int64_t highest;
	enum rc rc = store_int(w->s, &SQL_CHANNEL_HIGHEST, NULL, 0, &highest, e);

	if (rc == RC_OK && highest >= NODE_CHANNELS_MAX)
		rc = err_set(e, RC_LIMIT, "a node has at most %d channels",
			     NODE_CHANNELS_MAX);
	if (rc != RC_OK)
		return rc;
	p->channel = (struct channel_row){.channel = highest + 1,
					  .name = name,
					  .peer_org = p->peer,
					  .own_party = own->role,
					  .policy_sha256 = p->policy->sha256,
					  .introduction = introduction};
	origins_make(w->a, own->role, own->org, p->peer, name, origins);
	rc = policy_keep(w->s, p->policy, p->policy_text, e);
	/* From now on a missing mark, of heads or of receipts, is one that was lost. */
	for (int i = 0; rc == RC_OK && i < PARTY_COUNT; i++)
		rc = signer_mark_begin(w->nd->signer, origins[i], e);
	return rc == RC_OK ? store_channel_add(w->s, &p->channel, origins, w->now_us, e)
			   : rc;
}

static enum rc
work_introduce(struct writer *w, void *arg, struct err *e)
{
	struct peering *p = arg;
	uint8_t id[CHANNEL_ID_BYTES];
	char hex[2 * CHANNEL_ID_BYTES + 1];
	struct err none = ERR_INIT;
	enum rc rc = channel_of_peer(w->s, w->a, p->peer, &p->channel, &none);

	if (rc == RC_OK && p->policy_given &&
	    !hash_equal(&p->channel.policy_sha256, &p->policy->sha256))
		return err_set(
			e, RC_CONFLICT,
			"the channel with %s was proposed with another policy: leave "
			"the policy out to make the same file again",
			p->peer);
	if (rc != RC_NOT_FOUND)
		return rc; /* known already: the file is made again */
	randombytes_buf(id, sizeof(id));
	hex_encode(id, sizeof(id), hex);
	return channel_make(w, p, arena_strdup(w->a, hex), "", e);
}

/* in: peer, policy? (name or JSON text)  out: peer, channel, file, fingerprint */
enum rc
service_introduce(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	struct peering p = {.nd = nd};
	const char *policy = NULL, *payload, *jws;
	char fingerprint[FINGERPRINT_TEXT_MAX];
	struct store *s = NULL;
	enum rc rc = in_only(in, "peer policy", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "peer", true, ORG_MAX, &p.peer, e);
	if (rc == RC_OK)
		rc = in_text(in, "policy", false, POLICY_MAX, &policy, e);
	if (rc == RC_OK &&
	    (!org_valid(p.peer, strlen(p.peer)) || strcmp(p.peer, nd->id->org) == 0))
		rc = err_set(e, RC_INVALID,
			     "\"peer\" must be the other organisation's id, such as "
			     "telegram.example");
	if (rc == RC_OK)
		rc = policy_read(a, policy == NULL ? "agreement-2017" : policy, &p.policy,
				 &p.policy_text, e);
	p.policy_given = policy != NULL;
	if (rc == RC_OK)
		rc = writer_run(nd, work_introduce, &p, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = channel_of_peer(s, a, p.peer, &p.channel, e);
	if (rc == RC_OK)
		rc = policy_of_channel(s, a, &p.channel, &p.policy, e);
	reader_put(nd, s);
	if (rc != RC_OK)
		return rc;
	struct channel_offer o = {.org = nd->id->org,
				  .peer = p.peer,
				  .channel = p.channel.name,
				  .policy_name = p.policy->name,
				  .policy_version = p.policy->version,
				  .policy_sha256 = p.policy->sha256,
				  .iat_us = clock_now_us()};
	origins_make(a, nd->id->role, nd->id->org, p.peer, p.channel.name, o.origins);
	payload = channel_offer_payload(a, &o, nd->id);
	rc = signer_sign_jws(nd->signer, a, OFFER_TYP, payload, strlen(payload), &jws, e);
	if (rc == RC_OK)
		reply_json(
			a, out,
			json_pack("{s:s, s:s, s:s, s:s}", "peer", p.peer, "channel",
				  p.channel.name, "file",
				  arena_printf(a, "%s%s\n", identity_log_text(a, nd->ids),
					       jws),
				  "fingerprint",
				  identity_fingerprint(nd->id->root_pub, fingerprint)));
	return rc;
}

static enum rc
open_append(struct writer *w, struct peering *p, struct err *e)
{
	struct hash own, peer;
	char own_hex[HASH_HEX_LEN + 1], peer_hex[HASH_HEX_LEN + 1],
		policy_hex[HASH_HEX_LEN + 1];

	hash_bytes(p->nd->id->wire, strlen(p->nd->id->wire), &own);
	hash_bytes(p->id->wire, strlen(p->id->wire), &peer);
	return append_event(
		w,
		&(struct append){
			.channel = p->channel.channel,
			.type = "channel.open",
			.by = "node",
			.body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:I, s:s}}",
					  "channel", p->channel.name, "org",
					  p->nd->id->org, "peer", p->peer, "identity",
					  hash_hex(&own, own_hex), "peer_identity",
					  hash_hex(&peer, peer_hex), "policy", "name",
					  p->policy->name, "version",
					  (json_int_t)p->policy->version, "sha256",
					  hash_hex(&p->policy->sha256, policy_hex)),
		},
		NULL, e);
}

/* Both sides have proposed a channel before either added the other's: that of the lower
 * id stands, so that both come to the same whoever adds first (protocol 9). RC_NOT_FOUND:
 * ours does not, it is gone. */
static enum rc
proposal_yield(struct writer *w, const struct peering *p, struct err *e)
{
	enum rc rc;

	if (strcmp(p->channel.name, p->offer->channel) < 0)
		return err_set(e, RC_CONFLICT,
			       "both sides have proposed a channel, and ours stands: let "
			       "%s add the file that we made, make its file anew, and "
			       "add that one here",
			       p->peer);
	rc = store_channel_drop(w->s, p->channel.channel, e);
	return rc == RC_OK ? RC_NOT_FOUND : rc;
}

static enum rc
work_add(struct writer *w, void *arg, struct err *e)
{
	struct peering *p = arg;
	struct err none = ERR_INIT;
	struct identity_log *l = ARENA_NEW(w->a, struct identity_log);
	enum rc rc = exchange_identity_check(w->nd, w->s, w->a, p->id, e);

	if (rc != RC_OK)
		return rc;
	identity_log_from(l, p->id);
	rc = channel_of_peer(w->s, w->a, p->peer, &p->channel, &none);

	if (rc == RC_OK && p->channel.introduction[0] != '\0')
		return strcmp(p->channel.introduction, p->wire) == 0
			       ? RC_OK
			       : err_set(e, RC_CONFLICT,
					 "%s is introduced already, with another file",
					 p->peer);
	if (rc == RC_OK && strcmp(p->channel.name, p->offer->channel) != 0)
		rc = proposal_yield(w, p, e);
	if (rc == RC_OK &&
	    !hash_equal(&p->channel.policy_sha256, &p->offer->policy_sha256))
		return err_set(e, RC_CONFLICT,
			       "the file names another policy than we do");
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_CHANNEL_INTRODUCE,
			       (struct db_param[]){DB_P_INT(p->channel.channel),
						   DB_P_TEXT(p->wire)},
			       NULL, NULL, e);
	else if (rc == RC_NOT_FOUND)
		rc = channel_make(w, p, p->offer->channel, p->wire, e);
	if (rc == RC_OK)
		rc = store_identity_put(w->s, l, 0, w->now_us, e);
	return rc == RC_OK ? open_append(w, p, e) : rc;
}

static enum rc
offer_check(struct node *nd, struct arena *a, const struct peering *p,
	    const char *fingerprint, struct err *e)
{
	const char *origins[PARTY_COUNT];
	char actual[FINGERPRINT_TEXT_MAX];

	identity_fingerprint(p->id->root_pub, actual);
	if (strcmp(actual, fingerprint) != 0)
		return err_set(
			e, RC_DENIED,
			"the file's fingerprint is %s, not the one you gave: do not "
			"trust this file until both sides read out the same",
			actual);
	if (strcmp(p->offer->peer, nd->id->org) != 0)
		return err_set(e, RC_INVALID, "the file is for %s, this node is %s",
			       p->offer->peer, nd->id->org);
	if (p->id->role == nd->id->role)
		return err_set(e, RC_INVALID, "both sides are the %s",
			       party_name(nd->id->role));
	origins_make(a, nd->id->role, nd->id->org, p->peer, p->offer->channel, origins);
	for (int i = 0; i < PARTY_COUNT; i++)
		if (strcmp(origins[i], p->offer->origins[i]) != 0)
			return err_set(e, RC_INVALID,
				       "the file names the log %s where %s is due",
				       p->offer->origins[i], origins[i]);
	return RC_OK;
}

/* in: file, fingerprint, policy? (JSON text, when the file's is not built in)
 * out: peer, name, channel, policy */
enum rc
service_peer_add(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	struct peering p = {.nd = nd};
	const char *fingerprint, *policy;
	enum rc rc = in_only(in, "file fingerprint policy", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "file", true, INTRODUCTION_MAX, &p.wire, e);
	if (rc == RC_OK)
		rc = in_text(in, "fingerprint", true, FINGERPRINT_TEXT_MAX, &fingerprint,
			     e);
	if (rc == RC_OK)
		rc = in_text(in, "policy", false, POLICY_MAX, &policy, e);
	if (rc == RC_OK)
		rc = introduction_parse(a, p.wire, strlen(p.wire), &p.id, &p.offer, e);
	if (rc != RC_OK)
		return rc;
	p.peer = p.id->org;
	rc = offer_check(nd, a, &p, fingerprint, e);
	if (rc == RC_OK)
		rc = policy_read(a, policy == NULL ? p.offer->policy_name : policy,
				 &p.policy, &p.policy_text, e);
	if (rc == RC_OK && !hash_equal(&p.policy->sha256, &p.offer->policy_sha256))
		rc = err_set(
			e, RC_CONFLICT,
			"the file names version %" PRIu64
			" of the policy %s with other content than ours: ask %s for its "
			"policy file and give it with --policy",
			p.offer->policy_version, p.offer->policy_name, p.peer);
	if (rc == RC_OK)
		rc = writer_run(nd, work_add, &p, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:s, s:s}", "peer", p.peer, "name",
				     p.id->name, "channel", p.offer->channel, "policy",
				     p.policy->name));
	return rc;
}

/* `policy` and `test` of each: of the policy that notices sent now are under. */
static enum rc
policies_put(struct store *s, struct arena *a, json_t *peers, struct err *e)
{
	enum rc rc = RC_OK;
	size_t i;
	json_t *peer;

	json_array_foreach (peers, i, peer) {
		struct channel_row c;
		const struct policy *p;
		if (rc == RC_OK)
			rc = channel_of_peer(
				s, a, json_string_value(json_object_get(peer, "peer")),
				&c, e);
		if (rc == RC_OK)
			rc = policy_of_channel(s, a, &c, &p, e);
		if (rc != RC_OK)
			break;
		json_object_set_new(peer, "policy", json_string(p->name));
		json_object_set_new(peer, "test", json_boolean(p->test));
	}
	return rc;
}

enum rc
peers_json(struct store *s, struct arena *a, json_t *into, struct err *e)
{
	enum rc rc = store_rows(
		s, &SQL_PEER_LIST, NULL,
		"peer:s channel:s introduced:b policy:s sent:i receipted:i "
		"failing_since:t reason:s next_try:t received:i delivered:t heard:t",
		into, e);

	return rc == RC_OK ? policies_put(s, a, into, e) : rc;
}

/* out: own {org, name, role, fingerprint}, peers [{peer, channel, introduced, ...}] */
enum rc
service_peer_list(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	char fingerprint[FINGERPRINT_TEXT_MAX];
	json_t *peers = json_array();
	struct store *s = NULL;
	enum rc rc = in_only(in, "", e);

	(void)who;
	reply_json(a, out,
		   json_pack("{s:{s:s, s:s, s:s, s:s}, s:o}", "own", "org", nd->id->org,
			     "name", nd->id->name, "role", party_name(nd->id->role),
			     "fingerprint",
			     identity_fingerprint(nd->id->root_pub, fingerprint), "peers",
			     peers));
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = peers_json(s, a, peers, e);
	reader_put(nd, s);
	return rc;
}

/* in: peer  out: peer */
enum rc
service_peer_retry(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	struct store *s = NULL;
	struct channel_row c;
	const char *peer;
	enum rc rc = in_only(in, "peer", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "peer", true, ORG_MAX, &peer, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = channel_of_peer(s, a, peer, &c, e);
	reader_put(nd, s);
	if (rc == RC_OK)
		rc = exchange_push_hurry(nd, c.channel, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "peer", c.peer_org));
	return rc;
}
