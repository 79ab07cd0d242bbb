/*
 * The introduction file: who we are, and the channel that we offer (protocol 5).
 *
 * Nothing in it is secret and nothing in it is believed for its own sake: it proves that
 * whoever holds the root key offers this channel.  That the root key is the right one is
 * for two people to say, who compare its fingerprint over another path.
 */
#include <string.h>

#include "core/identity_log.h"
#include "core/members.h"

#define OFFER_RULE "protocol 5"

enum { OFFER_VERSION = 1 };

static const char *
org_get(struct members *m, const char *name)
{
	const char *org = members_text(m, name, ORG_MAX);

	if (!org_valid(org, strlen(org)))
		members_fail(m,
			     "%s must be a lower-case DNS name such as kominfo.example",
			     name);
	return org;
}

/* [a-z0-9-]{1,40} */
static void
channel_get(struct members *m, struct channel_offer *o)
{
	o->channel = members_text(m, "channel", CHANNEL_MAX);
	if (o->channel[strspn(o->channel, "abcdefghijklmnopqrstuvwxyz0123456789-")] !=
	    '\0')
		members_fail(m, "channel must be of a-z, 0-9 and '-'");
}

/* Both names follow from the rest; they are written out so that each side signs both
 * (protocol 2, "Bases"). */
static void
origins_get(struct members *m, struct arena *a, enum party role, struct channel_offer *o)
{
	size_t n;
	const json_t *origins = members_array(m, "origins", PARTY_COUNT, &n);

	for (size_t p = 0; p < PARTY_COUNT && m->rc == RC_OK; p++) {
		const char *org = p == (size_t)role ? o->org : o->peer;
		const char *want = arena_printf(a, "%s/c/%s/e0", org, o->channel);
		const char *got = json_string_value(json_array_get(origins, p));

		if (got == NULL || strcmp(got, want) != 0)
			members_fail(m, "origins[%zu] must be %s, the %s's", p, want,
				     party_name((enum party)p));
		o->origins[p] = got;
	}
}

static void
policy_get(struct members *m, struct channel_offer *o)
{
	const json_t *policy = members_object(m, "policy");
	struct members p;

	if (policy == NULL)
		return;
	members_open(&p, policy, m->bad, m->rule, "policy", m->e);
	o->policy_name = members_text(&p, "name", IDENTITY_TEXT_MAX);
	o->policy_version = (uint64_t)members_int(&p, "version", 1, IJSON_INT_MAX);
	members_hex(&p, "sha256", &o->policy_sha256);
	m->rc = members_end(&p);
}

static enum rc
offer_read(struct arena *a, const json_t *payload, const struct identity *id,
	   struct channel_offer *o, struct err *e)
{
	struct members m;
	struct hash want, got;

	members_open(&m, payload, RC_UNPROCESSABLE, OFFER_RULE, "channel offer", e);
	members_int(&m, "v", OFFER_VERSION, OFFER_VERSION);
	o->org = org_get(&m, "org");
	o->peer = org_get(&m, "peer");
	if (m.rc == RC_OK && strcmp(o->org, id->org) != 0)
		members_fail(&m, "org must be %s, whose entry comes before it", id->org);
	if (m.rc == RC_OK && strcmp(o->peer, id->org) == 0)
		members_fail(&m, "peer must be another organisation");
	channel_get(&m, o);
	origins_get(&m, a, id->role, o);
	policy_get(&m, o);
	members_hex(&m, "identity", &got);
	hash_bytes(id->wire, strlen(id->wire), &want);
	if (!hash_equal(&want, &got))
		members_fail(&m, "identity is not the SHA-256 of the entry before it");
	o->iat_us = members_int(&m, "iat", 0, IJSON_INT_MAX);
	return members_end(&m);
}

/* The event key of the entry that the offer names. */
static const uint8_t *
offer_key(const struct identity *id, const char *kid)
{
	char thumbprint[KID_LEN + 1];

	for (size_t i = 0; i < id->n_event_keys; i++) {
		key_thumbprint(id->event_keys[i], thumbprint);
		if (strcmp(thumbprint, kid) == 0)
			return id->event_keys[i];
	}
	return NULL;
}

static enum rc
offer_parse(struct arena *a, const char *wire, size_t len, const struct identity *id,
	    const struct channel_offer **ret, struct err *e)
{
	struct channel_offer *o = ARENA_NEW(a, struct channel_offer);
	char kid[KID_LEN + 1];
	json_t *payload;

	enum rc rc = jws_parse(a, wire, len, OFFER_TYP, NULL, kid, &payload, e);
	if (rc != RC_OK)
		return rc;
	const uint8_t *key = offer_key(id, kid);
	if (key == NULL)
		return err_rule(
			e, RC_UNPROCESSABLE, OFFER_RULE,
			"channel offer: signed by key %s, which is no event key of %s",
			kid, id->org);
	rc = jws_parse(a, wire, len, OFFER_TYP, key, kid, &payload, e);
	if (rc == RC_OK)
		rc = offer_read(a, payload, id, o, e);
	if (rc != RC_OK)
		return rc;
	o->wire = arena_strndup(a, wire, len);
	*ret = o;
	return RC_OK;
}

/* The entries, all lines but the last; *ret_rest is where that begins. */
static enum rc
entries_parse(struct arena *a, const char *wire, size_t len, const struct identity **ret,
	      size_t *ret_rest, size_t *ret_line, struct err *e)
{
	const struct identity *id = NULL;
	enum rc rc = RC_OK;
	size_t at = 0, line = 1;

	for (; rc == RC_OK; line++) {
		const char *lf = memchr(wire + at, '\n', len - at);
		size_t one = lf == NULL ? 0 : (size_t)(lf - (wire + at));
		if (lf == NULL || (id == NULL && at + one + 1 == len))
			return err_rule(e, RC_UNPROCESSABLE, OFFER_RULE,
					"an introduction is lines that each end in LF: "
					"the identity entries, then the channel offer");
		if (at + one + 1 == len)
			break;
		if (line > IDENTITY_ENTRIES_MAX)
			return err_rule(e, RC_UNPROCESSABLE, OFFER_RULE,
					"an identity log has at most %d entries",
					IDENTITY_ENTRIES_MAX);
		rc = identity_parse(a, wire + at, one, id, &id, e);
		if (rc != RC_OK)
			err_prefix(e, "line %zu", line);
		at += one + 1;
	}
	*ret = id;
	*ret_rest = at;
	*ret_line = line;
	return rc;
}

enum rc
introduction_parse(struct arena *a, const char *wire, size_t len,
		   const struct identity **ret_id, const struct channel_offer **ret_offer,
		   struct err *e)
{
	const struct identity *id = NULL;
	const struct channel_offer *o = NULL;
	size_t at = 0, line = 0;

	if (len > INTRODUCTION_MAX)
		return err_rule(e, RC_TOO_LARGE, OFFER_RULE,
				"an introduction has at most %d bytes, this has %zu",
				INTRODUCTION_MAX, len);
	enum rc rc = entries_parse(a, wire, len, &id, &at, &line, e);
	if (rc != RC_OK)
		return rc;
	rc = offer_parse(a, wire + at, len - at - 1, id, &o, e);
	if (rc != RC_OK) {
		err_prefix(e, "line %zu", line);
		return rc;
	}
	*ret_id = id;
	*ret_offer = o;
	return RC_OK;
}
