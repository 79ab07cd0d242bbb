#include "core/identity.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/enc.h"
#include "base/uuid.h"
#include "core/event.h"
#include "core/jws.h"
#include "core/members.h"

#define ENTRY_RULE  "protocol 9"
#define ENTRY_TYPE  "org.keys"
#define LOG_SUFFIX  "/id"
#define RCPT_SUFFIX "/rcpt"
#define URL_SCHEME  "https://"

enum { IDENTITY_VERSION = 1 };

static const char *const party_names[PARTY_COUNT] = {"authority", "platform"};

const char *
party_name(enum party p)
{
	return party_names[p];
}

bool
org_valid(const char *org, size_t len)
{
	size_t labels = 1, run = 0;

	if (len == 0 || len > ORG_MAX || org[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		bool alnum = (org[i] >= 'a' && org[i] <= 'z') ||
			     (org[i] >= '0' && org[i] <= '9');

		if (org[i] == '.') {
			if (run == 0 || org[i - 1] == '-')
				return false;
			labels++;
			run = 0;
		} else if ((!alnum && (org[i] != '-' || run == 0)) || ++run > 63) {
			return false;
		}
	}
	return run > 0 && labels >= 2;
}

/* ---- writing --------------------------------------------------------------------------
 */

/* json_object_set_new() that takes a failed value for what it is: no memory, or a text
 * that is not UTF-8.  The last is told by the caller, so it is remembered. */
static void
put(json_t *obj, const char *name, json_t *value, bool *ok)
{
	if (json_object_set_new(obj, name, value) != 0)
		*ok = false;
}

static json_t *
key_json(struct arena *a, const uint8_t key[KEY_LEN])
{
	return json_string(b64url_arena(a, key, KEY_LEN));
}

static json_t *
hash_json(const struct hash *h)
{
	char hex[HASH_HEX_LEN + 1];

	return json_string(hash_hex(h, hex));
}

/* Takes `obj`; NULL when it is not whole. */
static char *
text_of(struct arena *a, json_t *obj, bool ok)
{
	char *text = NULL;

	if (ok) {
		char *dump = json_dumps(obj, JSON_COMPACT);

		if (dump == NULL)
			abort();
		text = arena_strdup(a, dump);
		free(dump);
	}
	json_decref(obj);
	return text;
}

static json_t *
body_json(struct arena *a, const struct identity *id, bool *ok)
{
	json_t *body = json_object(), *keys = json_array(), *pins = json_array();
	json_t *contacts = json_array();

	for (size_t i = 0; i < id->n_event_keys; i++)
		json_array_append_new(keys, key_json(a, id->event_keys[i]));
	for (size_t i = 0; i < id->n_tls_spki; i++)
		json_array_append_new(pins, hash_json(&id->tls_spki[i]));
	for (size_t i = 0; i < id->n_contacts; i++) {
		json_t *contact = json_object();

		put(contact, "name", json_string(id->contacts[i].name), ok);
		put(contact, "reach", json_string(id->contacts[i].reach), ok);
		json_array_append_new(contacts, contact);
	}
	put(body, "n", json_integer((json_int_t)id->n), ok);
	put(body, "name", json_string(id->name), ok);
	put(body, "role", json_string(party_name(id->role)), ok);
	put(body, "root_pub", key_json(a, id->root_pub), ok);
	put(body, "next_root_sha256", hash_json(&id->next_root), ok);
	put(body, "event_keys", keys, ok);
	put(body, "log_key", key_json(a, id->log_key), ok);
	put(body, "receipt_key", key_json(a, id->receipt_key), ok);
	put(body, "enc_key", key_json(a, id->enc_key), ok);
	put(body, "tls_spki", pins, ok);
	put(body, "url", json_string(id->url), ok);
	if (id->n_contacts > 0)
		put(body, "contacts", contacts, ok);
	else
		json_decref(contacts);
	return body;
}

char *
identity_sign(struct arena *a, const struct identity *id,
	      const uint8_t root_seed[SEED_LEN])
{
	uint8_t pub[KEY_LEN];
	char uuid[UUID_TEXT_LEN + 1];
	json_t *entry = json_object();
	bool ok = true;

	sign_public_key(root_seed, pub);
	assert(memcmp(pub, id->root_pub, KEY_LEN) == 0);
	uuid7_make(id->iat_us, uuid);
	put(entry, "v", json_integer(IDENTITY_VERSION), &ok);
	put(entry, "log", json_string(arena_printf(a, "%s" LOG_SUFFIX, id->org)), &ok);
	put(entry, "seq", json_integer((json_int_t)id->n), &ok);
	if (id->n > 0)
		put(entry, "prev", hash_json(&id->prev), &ok);
	put(entry, "id", json_string(uuid), &ok);
	put(entry, "type", json_string(ENTRY_TYPE), &ok);
	put(entry, "iat", json_integer(id->iat_us), &ok);
	put(entry, "body", body_json(a, id, &ok), &ok);
	const char *payload = text_of(a, entry, ok);
	if (payload == NULL)
		return NULL;
	return jws_sign(a, root_seed, IDENTITY_TYP, payload, strlen(payload));
}

char *
channel_offer_payload(struct arena *a, const struct channel_offer *o,
		      const struct identity *id)
{
	json_t *offer = json_object(), *origins = json_array(), *policy = json_object();
	struct hash entry;
	bool ok = true;

	hash_bytes(id->wire, strlen(id->wire), &entry);
	for (int p = 0; p < PARTY_COUNT; p++)
		json_array_append_new(origins, json_string(o->origins[p]));
	put(policy, "name", json_string(o->policy_name), &ok);
	put(policy, "version", json_integer((json_int_t)o->policy_version), &ok);
	put(policy, "sha256", hash_json(&o->policy_sha256), &ok);
	put(offer, "v", json_integer(IDENTITY_VERSION), &ok);
	put(offer, "org", json_string(o->org), &ok);
	put(offer, "peer", json_string(o->peer), &ok);
	put(offer, "channel", json_string(o->channel), &ok);
	put(offer, "origins", origins, &ok);
	put(offer, "policy", policy, &ok);
	put(offer, "identity", hash_json(&entry), &ok);
	put(offer, "iat", json_integer(o->iat_us), &ok);
	return text_of(a, offer, ok);
}

/* ---- reading an entry -----------------------------------------------------------------
 * ------------------------------------------------------------------- */

static void
word_check(struct members *m, const char *name, const char *want)
{
	const char *got = members_text(m, name, IDENTITY_TEXT_MAX);

	if (strcmp(got, want) != 0)
		members_fail(m, "%s must be %s, is %s", name, want, got);
}

/* The organisation is the log's name without "/id". */
static const char *
org_of_log(struct members *m, struct arena *a)
{
	const char *log = members_text(m, "log", ORG_MAX + sizeof(LOG_SUFFIX) - 1);
	size_t len = strlen(log), suffix = sizeof(LOG_SUFFIX) - 1;

	if (len <= suffix || strcmp(log + len - suffix, LOG_SUFFIX) != 0 ||
	    !org_valid(log, len - suffix)) {
		members_fail(m, "log must be \"<organisation>" LOG_SUFFIX "\", is %s",
			     log);
		return "";
	}
	return arena_strndup(a, log, len - suffix);
}

static void
role_get(struct members *m, struct identity *id)
{
	const char *role = members_text(m, "role", IDENTITY_TEXT_MAX);

	for (int p = 0; p < PARTY_COUNT; p++)
		if (strcmp(role, party_names[p]) == 0) {
			id->role = (enum party)p;
			return;
		}
	members_fail(m, "role must be authority or platform, is %s", role);
}

/* "https://host" or "https://host:port"; the path is ours to say. */
static void
url_get(struct members *m, struct identity *id)
{
	const size_t scheme = sizeof(URL_SCHEME) - 1;

	id->url = members_text(m, "url", IDENTITY_TEXT_MAX);
	if (strncmp(id->url, URL_SCHEME, scheme) != 0 || id->url[scheme] == '\0' ||
	    id->url[scheme + strspn(id->url + scheme, "abcdefghijklmnopqrstuvwxyz"
						      "0123456789.-:[]")] != '\0')
		members_fail(
			m, "url must be https://host:port in lower case, without a path");
}

static void
lists_get(struct members *m, struct arena *a, struct identity *id)
{
	const json_t *keys = members_array(m, "event_keys", IDENTITY_EVENT_KEYS_MAX,
					   &id->n_event_keys);
	const json_t *pins =
		members_array(m, "tls_spki", IDENTITY_TLS_PINS_MAX, &id->n_tls_spki);
	const json_t *contacts = members_array_optional(
		m, "contacts", IDENTITY_CONTACTS_MAX, &id->n_contacts);

	for (size_t i = 0; i < id->n_event_keys; i++)
		if (digest_from_b64url(a, json_array_get(keys, i), id->event_keys[i]) !=
		    RC_OK)
			members_fail(m, "event_keys[%zu] must be 32 bytes as base64url",
				     i);
	for (size_t i = 0; i < id->n_tls_spki; i++)
		if (digest_from_hex(json_array_get(pins, i), &id->tls_spki[i]) != RC_OK)
			members_fail(m, "tls_spki[%zu] must be 64 lower-case hex digits",
				     i);
	for (size_t i = 0; i < id->n_contacts && m->rc == RC_OK; i++) {
		struct members c;

		members_open(&c, json_array_get(contacts, i), m->bad, m->rule, "contacts",
			     m->e);
		id->contacts[i].name = members_text(&c, "name", IDENTITY_TEXT_MAX);
		id->contacts[i].reach = members_text(&c, "reach", IDENTITY_TEXT_MAX);
		m->rc = members_end(&c);
	}
}

/* One key a role (protocol 1): a cosignature does not commit to its cosigner's name, so
 * a key in two roles could be made to say in one what it said in the other. */
static void
roles_check(struct members *m, const struct identity *id)
{
	const uint8_t *keys[3 + IDENTITY_EVENT_KEYS_MAX] = {id->root_pub, id->log_key,
							    id->receipt_key};
	size_t n = 3;

	for (size_t i = 0; i < id->n_event_keys; i++)
		keys[n++] = id->event_keys[i];
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (memcmp(keys[i], keys[j], KEY_LEN) == 0) {
				members_fail(
					m, "one key stands in two roles: each role, and "
					   "each event key, has its own");
				return;
			}
}

static enum rc
body_read(struct arena *a, const json_t *body, struct identity *id, struct err *e)
{
	struct members m;

	members_open(&m, body, RC_UNPROCESSABLE, ENTRY_RULE, "body", e);
	members_int(&m, "n", (int64_t)id->n, (int64_t)id->n);
	id->name = members_text(&m, "name", IDENTITY_TEXT_MAX);
	role_get(&m, id);
	members_key(&m, a, "root_pub", id->root_pub);
	members_hex(&m, "next_root_sha256", &id->next_root);
	members_key(&m, a, "log_key", id->log_key);
	members_key(&m, a, "receipt_key", id->receipt_key);
	members_key(&m, a, "enc_key", id->enc_key);
	url_get(&m, id);
	lists_get(&m, a, id);
	if (m.rc == RC_OK)
		roles_check(&m, id);
	return members_end(&m);
}

static enum rc
entry_read(struct arena *a, const json_t *payload, struct identity *id, struct err *e)
{
	struct members m;

	members_open(&m, payload, RC_UNPROCESSABLE, ENTRY_RULE, "identity entry", e);
	members_int(&m, "v", IDENTITY_VERSION, IDENTITY_VERSION);
	id->org = org_of_log(&m, a);
	id->n = (uint64_t)members_int(&m, "seq", 0, IJSON_INT_MAX);
	if (id->n > 0)
		members_hex(&m, "prev", &id->prev);
	else if (members_get(&m, "prev") != NULL)
		members_fail(&m, "prev must be absent at seq 0");
	const char *uuid = members_text(&m, "id", UUID_TEXT_LEN);
	if (!uuid7_valid(uuid, strlen(uuid)))
		members_fail(&m, "id must be a lower-case UUID of version 7");
	word_check(&m, "type", ENTRY_TYPE);
	id->iat_us = members_int(&m, "iat", 0, IJSON_INT_MAX);
	const json_t *body = members_object(&m, "body");
	enum rc rc = members_end(&m);
	return rc == RC_OK ? body_read(a, body, id, e) : rc;
}

static enum rc
succession_check(struct arena *a, const struct identity *id, const struct identity *prev,
		 struct err *e)
{
	if (prev == NULL) {
		if (id->n == 0)
			return RC_OK;
		return err_rule(e, RC_UNPROCESSABLE, ENTRY_RULE,
				"entry %" PRIu64 " came without the entries before it",
				id->n);
	}
	struct hash root, leaf;
	size_t len = strlen(prev->wire);
	uint8_t *bytes = arena_alloc(a, 1 + len); /* 0x00, then the entry (protocol 1) */

	memcpy(bytes + 1, prev->wire, len);
	hash_bytes(bytes, 1 + len, &leaf);
	hash_bytes(id->root_pub, KEY_LEN, &root);
	if (strcmp(id->org, prev->org) != 0)
		return err_rule(e, RC_UNPROCESSABLE, ENTRY_RULE,
				"an entry of %s after one of %s", id->org, prev->org);
	if (id->n != prev->n + 1)
		return err_rule(e, RC_UNPROCESSABLE, ENTRY_RULE,
				"entry %" PRIu64 " does not follow entry %" PRIu64, id->n,
				prev->n);
	if (id->role != prev->role)
		return err_rule(e, RC_UNPROCESSABLE, ENTRY_RULE,
				"entry %" PRIu64 " makes the %s of a channel the %s",
				id->n, party_name(prev->role), party_name(id->role));
	if (!hash_equal(&id->prev, &leaf))
		return err_rule(e, RC_UNPROCESSABLE, ENTRY_RULE,
				"prev is not the hash of the entry before");
	if (!hash_equal(&root, &prev->next_root))
		return err_rule(
			e, RC_UNPROCESSABLE, ENTRY_RULE,
			"root_pub is not the key that the entry before announced");
	return RC_OK;
}

/* The whole entry is hashed, signature and all: no other one passes for it. */
static enum rc
signature_check(struct identity_seen *seen, const char *wire, size_t len,
		const struct jws *j, const struct identity *id, struct err *e)
{
	struct hash h;

	if (seen == NULL)
		return jws_check(j->kid, wire, j->signed_len, j->sig, id->root_pub, e);
	hash_bytes(wire, len, &h);
	for (size_t i = 0; i < seen->n; i++)
		if (hash_equal(&seen->entry[i], &h))
			return RC_OK;
	enum rc rc = jws_check(j->kid, wire, j->signed_len, j->sig, id->root_pub, e);
	if (rc != RC_OK)
		return rc;
	seen->entry[seen->next] = h;
	seen->next = (seen->next + 1) % IDENTITY_SEEN_MAX;
	if (seen->n < IDENTITY_SEEN_MAX)
		seen->n++;
	return RC_OK;
}

enum rc
identity_parse(struct arena *a, const char *wire, size_t len, const struct identity *prev,
	       const struct identity **ret, struct err *e)
{
	return identity_parse_seen(a, NULL, wire, len, prev, ret, e);
}

enum rc
identity_parse_seen(struct arena *a, struct identity_seen *seen, const char *wire,
		    size_t len, const struct identity *prev, const struct identity **ret,
		    struct err *e)
{
	struct identity *id = ARENA_NEW(a, struct identity);
	json_t *payload;
	struct jws j;

	if (len > INTRODUCTION_MAX)
		return err_rule(e, RC_TOO_LARGE, ENTRY_RULE,
				"an identity entry has at most %d bytes",
				INTRODUCTION_MAX);
	/* The key that signs stands inside, so it is read first and believed after. */
	enum rc rc = jws_split(a, wire, len, IDENTITY_TYP, &j, e);
	if (rc == RC_OK)
		rc = ijson_parse(a, j.payload, j.payload_len, &payload, e);
	if (rc == RC_OK)
		rc = entry_read(a, payload, id, e);
	if (rc == RC_OK)
		rc = signature_check(seen, wire, len, &j, id, e);
	if (rc == RC_OK)
		rc = succession_check(a, id, prev, e);
	if (rc != RC_OK)
		return rc;
	id->wire = arena_strndup(a, wire, len);
	id->before = prev;
	*ret = id;
	return RC_OK;
}

/* ---- keys and fingerprint -------------------------------------------------------------
 * ------------------------------------------------------------------ */

char *
proquint_text(const uint8_t *bytes, size_t len, char *out)
{
	static const char con[] = "bdfghjklmnprstvz", vow[] = "aiou";
	char *p = out;

	assert(len > 0 && len % 2 == 0);
	for (size_t i = 0; i < len; i += 2) {
		unsigned v = (unsigned)bytes[i] << 8 | bytes[i + 1];

		if (i > 0)
			*p++ = '-';
		*p++ = con[v >> 12];
		*p++ = vow[v >> 10 & 3];
		*p++ = con[v >> 6 & 15];
		*p++ = vow[v >> 4 & 3];
		*p++ = con[v & 15];
	}
	*p = '\0';
	return out;
}

char *
identity_fingerprint(const uint8_t root_pub[KEY_LEN], char *out)
{
	struct hash h;

	_Static_assert(FINGERPRINT_BYTES * 3 == FINGERPRINT_TEXT_MAX,
		       "room for the text");
	hash_bytes(root_pub, KEY_LEN, &h);
	return proquint_text(h.b, FINGERPRINT_BYTES, out);
}

enum rc
identity_event_verify(const struct identity *id, const struct event_claim *c,
		      const struct event **ret, struct err *e)
{
	const struct event *said = event_claimed(c);
	char kid[KID_LEN + 1];

	for (size_t i = 0; i < id->n_event_keys; i++) {
		key_thumbprint(id->event_keys[i], kid);
		if (strcmp(kid, said->kid) == 0)
			return event_verify(c, id->event_keys[i], ret, e);
	}
	return err_rule(e, RC_UNPROCESSABLE, ENTRY_RULE,
			"event %" PRIu64
			" is signed with a key that %s did not introduce",
			said->seq, id->org);
}

enum rc
identity_log_key(const struct identity *id, const char *origin, struct note_key *ret,
		 struct err *e)
{
	return note_key_make(origin, NOTE_ED25519, id->log_key, ret, e);
}

enum rc
identity_receipt_key(const struct identity *id, struct note_key *ret, struct err *e)
{
	char name[ORG_MAX + sizeof(RCPT_SUFFIX)];
	int len = snprintf(name, sizeof(name), "%s" RCPT_SUFFIX, id->org);

	assert(len > 0 && (size_t)len < sizeof(name));
	return note_key_make(name, NOTE_COSIGNATURE, id->receipt_key, ret, e);
}
