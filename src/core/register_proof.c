#include "core/register_proof.h"

#include <inttypes.h>
#include <string.h>

#include "core/members.h"
#include "core/note.h"
#include "core/tlog_proof.h"

#define PROOF_RULE "register proof"

enum { REF_MAX = 64 };

static enum rc
file_open(struct arena *a, const char *text, size_t len, struct register_proof *r,
	  struct note_key *key, const json_t **ret_events, struct err *e)
{
	struct members m;
	json_t *file;
	size_t n;

	if (len > REGISTER_PROOF_MAX)
		return err_set(e, RC_TOO_LARGE, "a proof has at most %d bytes",
			       REGISTER_PROOF_MAX);
	if (ijson_parse(a, text, len, &file, e) != RC_OK)
		return RC_INVALID;
	if (!json_is_object(file))
		return err_rule(e, RC_INVALID, PROOF_RULE, "it is no JSON object");
	members_open(&m, file, RC_INVALID, PROOF_RULE, "file", e);
	r->ref = members_text(&m, "ref", REF_MAX);
	r->order = members_text(&m, "order", UUID_TEXT_LEN);
	r->origin = members_text(&m, "origin", NOTE_NAME_MAX);
	const char *vkey = members_text(&m, "key", NOTE_TEXT_MAX);
	const char *wire = members_text(&m, "identity", IDENTITY_LOG_MAX);
	*ret_events = members_array(&m, "events", REGISTER_PROOF_EVENTS_MAX, &n);
	enum rc rc = members_end(&m);
	if (rc == RC_OK)
		rc = note_key_parse(vkey, strlen(vkey), key, e);
	while (rc == RC_OK && *wire != '\0') {
		size_t one = strcspn(wire, " ");
		rc = identity_log_add(a, &r->ids, wire, one, e);
		wire += one + (wire[one] == ' ');
	}
	return rc;
}

/* The root key that the reader knows: of any entry, as each vouches for the others. */
static void
fingerprint_choose(struct register_proof *r, const char *known)
{
	size_t n = r->ids.n - 1;

	identity_fingerprint(identity_log_newest(&r->ids)->root_pub, r->fingerprint);
	while (known != NULL && n-- > 0 && strcmp(known, r->fingerprint) != 0)
		identity_fingerprint(r->ids.entry[n]->root_pub, r->fingerprint);
}

/* The key of the file is the log key of the identity in it, and what the reader knows. */
static enum rc
keys_check(const struct register_proof *r, const struct note_key *key, const char *vkey,
	   const char *fingerprint, struct err *e)
{
	struct note_key own, known;
	enum rc rc = identity_log_key(identity_log_newest(&r->ids), r->origin, &own, e);

	if (rc != RC_OK)
		return rc;
	if (strcmp(own.name, key->name) != 0 || own.type != key->type ||
	    memcmp(own.pub, key->pub, KEY_LEN) != 0)
		return err_rule(e, RC_DENIED, PROOF_RULE,
				"the key is not the log key of the identity beside it");
	if (vkey != NULL) {
		rc = note_key_parse(vkey, strlen(vkey), &known, e);
		if (rc != RC_OK)
			return rc;
		if (strcmp(known.name, key->name) != 0 ||
		    memcmp(known.pub, key->pub, KEY_LEN) != 0)
			return err_rule(e, RC_DENIED, PROOF_RULE,
					"it is signed by another key than the one given");
	}
	if (fingerprint != NULL && strcmp(fingerprint, r->fingerprint) != 0)
		return err_rule(e, RC_DENIED, PROOF_RULE,
				"the identity has the fingerprint %s, not the one given",
				r->fingerprint);
	return RC_OK;
}

static enum rc
event_signed(struct arena *a, const struct identity_log *ids, const char *jws,
	     const struct event **ret, struct err *e)
{
	const struct event_claim *claim;
	enum rc rc = event_parse(a, jws, strlen(jws), &claim, e);

	if (rc != RC_OK)
		return rc;
	if (identity_log_event_verify(ids, claim, ret, e) == RC_OK)
		return RC_OK;
	return err_rule(e, RC_DENIED, PROOF_RULE,
			"no event key of the identity signed it");
}

/* The leaf is at `seq` of the tree that a checkpoint signed by `key` has. */
static enum rc
event_included(struct arena *a, const struct register_proof *r,
	       const struct note_key *key, const struct event *ev, const char *proof,
	       uint64_t *ret_size, struct err *e)
{
	struct tlog_proof p;
	struct checkpoint cp;
	const struct note *note;
	bool verified;
	size_t len;
	enum rc rc = tlog_proof_parse(a, proof, strlen(proof), &p, e);

	if (rc == RC_OK)
		rc = note_parse(a, p.note, p.note_len, &note, e);
	if (rc == RC_OK)
		rc = note_verify(note, key, 1, &verified, NULL, e);
	if (rc != RC_OK)
		return rc;
	const char *text = note_text(note, &len);
	rc = checkpoint_parse(a, text, len, &cp, e);
	if (rc == RC_OK && strcmp(cp.origin, r->origin) != 0)
		rc = err_rule(e, RC_DENIED, PROOF_RULE, "the checkpoint is of %s",
			      cp.origin);
	if (rc == RC_OK && p.index != ev->seq)
		rc = err_rule(e, RC_DENIED, PROOF_RULE,
			      "the proof is of another entry of the log");
	if (rc == RC_OK)
		rc = merkle_verify_inclusion(&ev->leaf, p.index, cp.size, &cp.root,
					     p.path.h, p.path.n, e);
	*ret_size = cp.size;
	return rc;
}

static enum rc
one_check(struct arena *a, struct register_proof *r, const struct note_key *key,
	  const json_t *row, struct err *e)
{
	struct members m;
	const struct event *ev;
	uint64_t size;

	if (!json_is_object(row))
		return err_rule(e, RC_INVALID, PROOF_RULE, "it is no object");
	members_open(&m, row, RC_INVALID, PROOF_RULE, "event", e);
	uint64_t seq = (uint64_t)members_int(&m, "seq", 0, IJSON_INT_MAX);
	const char *jws = members_text(&m, "jws", EVENT_JWS_MAX);
	const char *proof = json_string_value(members_get(&m, "proof"));
	enum rc rc = members_end(&m);
	if (rc == RC_OK && proof == NULL)
		rc = err_rule(e, RC_INVALID, PROOF_RULE, "\"proof\" is missing");
	if (rc == RC_OK)
		rc = event_signed(a, &r->ids, jws, &ev, e);
	if (rc != RC_OK)
		return rc;
	const char *order = json_string_value(json_object_get(ev->body, "order"));
	if (ev->seq != seq || strcmp(ev->log, r->origin) != 0)
		return err_rule(e, RC_DENIED, PROOF_RULE,
				"the event was signed for another place");
	if (order == NULL || strcmp(order, r->order) != 0)
		return err_rule(e, RC_DENIED, PROOF_RULE,
				"the event is not about this order");
	if (r->n != 0 && r->events[r->n - 1]->seq >= seq)
		return err_rule(e, RC_DENIED, PROOF_RULE,
				"events must stand in the order of the log");
	rc = event_included(a, r, key, ev, proof, &size, e);
	if (rc != RC_OK)
		return rc;
	r->size = size;
	r->events[r->n++] = ev;
	return RC_OK;
}

enum rc
register_proof_verify(struct arena *a, const char *text, size_t len, const char *vkey,
		      const char *fingerprint, struct register_proof *ret, struct err *e)
{
	struct note_key key;
	const json_t *events, *row;
	size_t i;

	*ret = (struct register_proof){0};
	enum rc rc = file_open(a, text, len, ret, &key, &events, e);
	if (rc != RC_OK)
		return rc;
	fingerprint_choose(ret, fingerprint);
	rc = keys_check(ret, &key, vkey, fingerprint, e);
	json_array_foreach (events, i, row) {
		if (rc != RC_OK)
			break;
		rc = one_check(a, ret, &key, row, e);
		if (rc != RC_OK)
			err_prefix(e, "events[%zu]", i);
	}
	if (rc == RC_OK && strcmp(ret->events[0]->type, "order.draft") != 0)
		rc = err_rule(e, RC_DENIED, PROOF_RULE,
			      "the first event is not the draft of the order");
	return rc;
}
