/*
 * identity - who an organisation is: entries of its identity log, and the
 * introduction file that two peers exchange (protocol 5 and 9).
 *
 * An entry is a JWS (typ "saluran-identity+jws") with payload {v, log: "<org>/id",
 * seq, prev?, id, type: "org.keys", iat, body}, signed by body.root_pub, whose SHA-256
 * equals next_root_sha256 of the entry before.  body: {n, name, role, root_pub,
 * next_root_sha256, event_keys, log_key, receipt_key, enc_key, tls_spki, url, contacts?
 * [{name, reach}]}; keys are base64url, hashes hex, and no key stands in two roles.
 * People compare the fingerprint of the root key of the last entry in it.
 *
 * The introduction file is lines that each end in LF: the entries from 0 on (mostly it is
 * the only one), then the channel offer, a JWS (typ "saluran-channel+jws") signed by an
 * event key of the last entry: {v, org, peer, channel, origins: [authority's,
 * platform's], policy: {name, version, sha256}, identity: hex SHA-256 of that entry's
 * bytes, iat}.
 *
 * Pure.
 */
#ifndef SALURAN_CORE_IDENTITY_H
#define SALURAN_CORE_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/crypto.h"
#include "core/note.h"

enum {
	ORG_MAX = 100, /* bytes of an organisation's id, a DNS name such as
			  kominfo.example */
	IDENTITY_EVENT_KEYS_MAX = 8,
	IDENTITY_TLS_PINS_MAX = 4,
	IDENTITY_CONTACTS_MAX = 16,
	INTRODUCTION_MAX = 65536, /* bytes of the file */
	FINGERPRINT_BYTES = 16,	  /* of SHA-256(root_pub): 8 proquints */
	FINGERPRINT_TEXT_MAX = 48,
	IDENTITY_TEXT_MAX = 200, /* bytes of a name, a contact's name or reach, a URL */
	CHANNEL_MAX = 40,	 /* bytes of a channel's id */
};

#define IDENTITY_TYP "saluran-identity+jws"

enum party { PARTY_AUTHORITY, PARTY_PLATFORM, PARTY_COUNT };
const char *party_name(enum party p); /* "authority", "platform" */

struct contact {
	const char *name;  /* a post or a desk, not a person's private name */
	const char *reach; /* an address to write to or to call */
};

/* What an entry says; the arena owns all of it. */
struct identity {
	const char *org;  /* "kominfo.example" */
	const char *name; /* for people */
	enum party role;
	uint64_t n;	  /* number of the entry, from 0 */
	struct hash prev; /* leaf hash of entry n - 1; not used at 0 */
	uint8_t root_pub[KEY_LEN];
	struct hash next_root; /* SHA-256 of the next root key */
	uint8_t event_keys[IDENTITY_EVENT_KEYS_MAX][KEY_LEN];
	size_t n_event_keys;
	uint8_t log_key[KEY_LEN]; /* signs checkpoints, under the origin as key name */
	uint8_t receipt_key[KEY_LEN]; /* cosigns, under "<org>/rcpt" */
	uint8_t enc_key[KEY_LEN];     /* X25519, for evidence */
	struct hash
		tls_spki[IDENTITY_TLS_PINS_MAX]; /* SHA-256 of the SubjectPublicKeyInfo */
	size_t n_tls_spki;
	const char *url; /* "https://host:port" of the peer listener */
	struct contact contacts[IDENTITY_CONTACTS_MAX];
	size_t n_contacts;
	int64_t iat_us;
	const char *wire;	       /* the JWS */
	const struct identity *before; /* the entry that it follows, NULL at 0 */
};

struct channel_offer {
	const char *org, *peer; /* whose offer, and to whom */
	const char *channel;	/* [a-z0-9-]{1,40}, proposed by the introducer */
	const char *origins[PARTY_COUNT]; /* "<org>/c/<channel>/e0" */
	const char *policy_name;
	uint64_t policy_version;
	struct hash policy_sha256;
	int64_t iat_us;
	const char *wire;
};

/* A DNS name in lower case with at least two labels, at most ORG_MAX bytes. */
bool org_valid(const char *org, size_t len);

/*
 * Encode and sign with the root seed, whose public key is id->root_pub; `id->wire` is
 * ignored.  NULL: a text is not UTF-8.  Nothing else is checked here: identity_parse()
 * what comes of it before it leaves the house.
 */
char *identity_sign(struct arena *a, const struct identity *id,
		    const uint8_t root_seed[SEED_LEN]);
/* `prev` is the entry before, or NULL for entry 0.  RC_UNPROCESSABLE, rule "protocol 9",
 * or "protocol 2" for the encoding; RC_TOO_LARGE past INTRODUCTION_MAX. */
enum rc identity_parse(struct arena *a, const char *wire, size_t len,
		       const struct identity *prev, const struct identity **ret,
		       struct err *e) MUST_CHECK;
/*
 * Entries whose signature was right, by their hash.  What is read from a store again and
 * again is verified once; everything else of it is read and checked each time.  Zeros are
 * an empty one, which may be used by one thread at a time.
 */
enum { IDENTITY_SEEN_MAX = 64 /* the oldest makes room */ };
struct identity_seen {
	struct hash entry[IDENTITY_SEEN_MAX];
	size_t n, next;
};
/* As identity_parse(); `seen` may be NULL. */
enum rc identity_parse_seen(struct arena *a, struct identity_seen *seen, const char *wire,
			    size_t len, const struct identity *prev,
			    const struct identity **ret, struct err *e) MUST_CHECK;
/* The payload to sign with an event key (the signer does that, typ OFFER_TYP); `id` is
 * the offerer's newest entry, with its wire. */
#define OFFER_TYP "saluran-channel+jws"
char *channel_offer_payload(struct arena *a, const struct channel_offer *o,
			    const struct identity *id);
/* The whole file; *ret_id is the last entry in it.  RC_UNPROCESSABLE names the line and
 * the rule ("protocol 5", "9" or "2"); RC_TOO_LARGE past INTRODUCTION_MAX. */
enum rc introduction_parse(struct arena *a, const char *wire, size_t len,
			   const struct identity **ret_id,
			   const struct channel_offer **ret_offer,
			   struct err *e) MUST_CHECK;

/* Two bytes a proquint (arXiv 0901.4016): 127.0.0.1 is "lusab-babad".  `len` is even and
 * not 0; `out` has len * 3 bytes.  Returns `out`. */
char *proquint_text(const uint8_t *bytes, size_t len, char *out);
/* 8 proquints of SHA-256 of the root key, to compare by voice or on paper; `out` has
 * FINGERPRINT_TEXT_MAX bytes.  Returns `out`. */
char *identity_fingerprint(const uint8_t root_pub[KEY_LEN], char *out);

/* As event_verify(), by whichever event key of the organisation signed it. */
struct event;
struct event_claim;
enum rc identity_event_verify(const struct identity *id, const struct event_claim *c,
			      const struct event **ret, struct err *e) MUST_CHECK;

/* Keys as notes name them. */
enum rc identity_log_key(const struct identity *id, const char *origin,
			 struct note_key *ret, struct err *e) MUST_CHECK;
enum rc identity_receipt_key(const struct identity *id, struct note_key *ret,
			     struct err *e) MUST_CHECK;

#endif
