#include "core/epoch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/jws.h"
#include "core/members.h"

#define EPOCH_RULE "protocol 7"

enum { EPOCH_VERSION = 1 };

char *
epoch_payload(struct arena *a, const struct epoch *s)
{
	char hex[HASH_HEX_LEN + 1], *ret = NULL;
	json_t *heads = json_array(), *proofs = json_array();

	for (int p = 0; p < PARTY_COUNT; p++)
		json_array_append_new(heads,
				      json_pack("{s:s, s:I, s:s}", "log", s->head[p].log,
						"size", (json_int_t)s->head[p].size,
						"root", hash_hex(&s->head[p].root, hex)));
	for (size_t i = 0; i < s->n_proofs; i++)
		json_array_append_new(proofs, json_string(hash_hex(&s->proofs[i], hex)));
	if (s->n_proofs == 0) {
		json_decref(proofs);
		proofs = NULL;
	}
	json_t *o = json_pack("{s:i, s:s, s:s, s:s, s:I, s:o, s:o*, s:I}", "v",
			      EPOCH_VERSION, "org", s->org, "peer", s->peer, "channel",
			      s->channel, "epoch", (json_int_t)s->epoch, "heads", heads,
			      "proofs", proofs, "iat", (json_int_t)s->iat_us);
	char *text = o == NULL ? NULL : json_dumps(o, JSON_COMPACT);
	if (text != NULL)
		ret = arena_strdup(a, text);
	free(text);
	json_decref(o);
	return ret;
}

static void
heads_read(struct members *m, struct epoch *s)
{
	size_t n;
	const json_t *heads = members_array(m, "heads", PARTY_COUNT, &n);

	if (m->rc == RC_OK && n != PARTY_COUNT)
		members_fail(m, "heads are two: the authority's log, the platform's");
	for (size_t p = 0; m->rc == RC_OK && p < PARTY_COUNT; p++) {
		struct members h;
		members_open(&h, json_array_get(heads, p), m->bad, m->rule, "heads",
			     m->e);
		s->head[p].log = members_text(&h, "log", NOTE_NAME_MAX);
		s->head[p].size = (uint64_t)members_int(&h, "size", 0, IJSON_INT_MAX);
		members_hex(&h, "root", &s->head[p].root);
		m->rc = members_end(&h);
	}
}

static enum rc
payload_read(const json_t *payload, struct epoch *s, struct err *e)
{
	struct members m;

	members_open(&m, payload, RC_UNPROCESSABLE, EPOCH_RULE, "statement", e);
	members_int(&m, "v", EPOCH_VERSION, EPOCH_VERSION);
	s->org = members_text(&m, "org", ORG_MAX);
	s->peer = members_text(&m, "peer", ORG_MAX);
	s->channel = members_text(&m, "channel", CHANNEL_MAX);
	s->epoch = (uint64_t)members_int(&m, "epoch", 1, EPOCH_MAX);
	heads_read(&m, s);
	const json_t *proofs =
		members_array_optional(&m, "proofs", EPOCH_PROOFS_MAX, &s->n_proofs);
	for (size_t i = 0; m.rc == RC_OK && i < s->n_proofs; i++)
		if (digest_from_hex(json_array_get(proofs, i), &s->proofs[i]) != RC_OK)
			members_fail(&m, "proofs[%zu] must be 64 lower-case hex digits",
				     i);
	s->iat_us = members_int(&m, "iat", 0, IJSON_INT_MAX);
	if (m.rc == RC_OK && strcmp(s->org, s->peer) == 0)
		members_fail(&m, "org and peer are the same");
	return members_end(&m);
}

static enum rc
wire_read(struct arena *a, const char *wire, size_t len, struct jws *jws,
	  const struct epoch **ret, struct err *e)
{
	struct epoch *s = ARENA_NEW(a, struct epoch);
	json_t *payload;

	if (len > EPOCH_WIRE_MAX)
		return err_rule(e, RC_UNPROCESSABLE, EPOCH_RULE,
				"a statement has at most %d bytes", EPOCH_WIRE_MAX);
	s->wire = arena_strndup(a, wire, len);
	enum rc rc = jws_split(a, s->wire, len, EPOCH_TYP, jws, e);
	if (rc == RC_OK)
		rc = ijson_parse(a, jws->payload, jws->payload_len, &payload, e);
	if (rc == RC_OK)
		rc = payload_read(payload, s, e);
	if (rc == RC_OK)
		s->kid = arena_strdup(a, jws->kid);
	*ret = s;
	return rc;
}

enum rc
epoch_read(struct arena *a, const char *wire, size_t len, const struct epoch **ret,
	   struct err *e)
{
	struct jws jws;

	return wire_read(a, wire, len, &jws, ret, e);
}

enum rc
epoch_parse(struct arena *a, const char *wire, size_t len, const struct identity *id,
	    const struct epoch **ret, struct err *e)
{
	struct jws jws;
	char kid[KID_LEN + 1];
	enum rc rc = wire_read(a, wire, len, &jws, ret, e);

	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < id->n_event_keys; i++) {
		key_thumbprint(id->event_keys[i], kid);
		if (strcmp(kid, jws.kid) != 0)
			continue;
		rc = jws_check(jws.kid, (*ret)->wire, jws.signed_len, jws.sig,
			       id->event_keys[i], e);
		if (rc == RC_OK && strcmp((*ret)->org, id->org) != 0)
			rc = err_rule(e, RC_UNPROCESSABLE, EPOCH_RULE,
				      "%s does not speak for %s", id->org, (*ret)->org);
		return rc;
	}
	return err_rule(e, RC_UNPROCESSABLE, EPOCH_RULE,
			"the statement is not signed with an event key of the newest "
			"identity entry of %s",
			id->org);
}
