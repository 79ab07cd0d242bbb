#include "core/fraud.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "core/event.h"
#include "core/members.h"

#define FRAUD_RULE "protocol 7"

enum { FRAUD_FILE_VERSION = 1, KIND_MAX = 16 };

const char *const fraud_kinds[] = {"heads", "receipts", "events", "identity", NULL};

const char *
fraud_kind_says(enum fraud_kind k)
{
	static const char *const says[FRAUD_KINDS] = {
		[FRAUD_HEADS] = "two histories of its log",
		[FRAUD_RECEIPTS] = "receipts for two histories",
		[FRAUD_EVENTS] = "two events with one number",
		[FRAUD_IDENTITY] = "two identity entries with one number",
	};

	return says[k];
}

/* ---- reading ----------------------------------------------------------------------- */

static void
head_read(struct members *m, const json_t *v, struct fraud *f, int side)
{
	struct members h;

	if (m->rc != RC_OK)
		return;
	members_open(&h, v, m->bad, m->rule, "heads", m->e);
	f->head[side].origin = f->log;
	f->head[side].size = (uint64_t)members_int(&h, "size", 1, IJSON_INT_MAX);
	members_hex(&h, "root", &f->head[side].root);
	f->sig[side] = members_text(&h, "sig", FRAUD_SIG_MAX);
	m->rc = members_end(&h);
}

static void
proof_read(struct members *m, struct fraud *f)
{
	size_t n;

	f->has_root = json_object_get(m->obj, "root") != NULL;
	if (f->has_root)
		members_hex(m, "root", &f->root);
	const json_t *proof = members_array_optional(m, "proof", MERKLE_PROOF_MAX, &n);
	f->proof.n = n;
	for (size_t i = 0; m->rc == RC_OK && i < n; i++)
		if (digest_from_hex(json_array_get(proof, i), &f->proof.h[i]) != RC_OK)
			members_fail(m, "proof[%zu] must be 64 lower-case hex digits", i);
	if (m->rc == RC_OK && f->head[0].size > f->head[1].size)
		members_fail(m, "the smaller head stands first");
	if (m->rc == RC_OK && f->has_root != (f->head[0].size != f->head[1].size))
		members_fail(m, "root and proof stand with heads of two sizes, and with "
				"no others");
	if (m->rc == RC_OK && !f->has_root && n != 0)
		members_fail(m, "heads of one size need no proof");
}

static void
heads_read(struct members *m, struct fraud *f)
{
	size_t n;
	const json_t *heads = members_array(m, "heads", 2, &n);

	if (m->rc == RC_OK && n != 2)
		members_fail(m, "two heads contradict each other, here is one");
	for (int i = 0; m->rc == RC_OK && i < 2; i++)
		head_read(m, json_array_get(heads, (size_t)i), f, i);
	proof_read(m, f);
}

static void
signed_read(struct members *m, struct fraud *f, size_t max)
{
	size_t n;
	const json_t *both = members_array(m, "signed", 2, &n);

	if (m->rc == RC_OK && n != 2)
		members_fail(m, "two contradict each other, here is one");
	for (size_t i = 0; m->rc == RC_OK && i < 2; i++) {
		const json_t *one = json_array_get(both, i);
		f->jws[i] = json_string_value(one);
		if (f->jws[i] == NULL || json_string_length(one) > max)
			members_fail(m, "signed[%zu] must be a text of at most %zu bytes",
				     i, max);
	}
}

static void
log_read(struct members *m, struct fraud *f)
{
	f->log = members_text(m, "log", NOTE_NAME_MAX);
	if (m->rc == RC_OK && !note_name_valid(f->log, strlen(f->log)))
		members_fail(m, "log is no origin");
}

enum rc
fraud_read(const json_t *body, struct fraud *ret, struct err *e)
{
	struct members m;

	*ret = (struct fraud){.kind = FRAUD_KINDS};
	members_open(&m, body, RC_UNPROCESSABLE, FRAUD_RULE, "proof", e);
	const char *kind = members_text(&m, "kind", KIND_MAX);
	for (int i = 0; fraud_kinds[i] != NULL; i++)
		if (strcmp(kind, fraud_kinds[i]) == 0)
			ret->kind = (enum fraud_kind)i;
	switch (ret->kind) {
	case FRAUD_HEADS:
	case FRAUD_RECEIPTS:
		log_read(&m, ret);
		heads_read(&m, ret);
		break;
	case FRAUD_EVENTS:
		log_read(&m, ret);
		signed_read(&m, ret, EVENT_JWS_MAX);
		break;
	case FRAUD_IDENTITY:
		signed_read(&m, ret, IDENTITY_ENTRY_MAX);
		break;
	case FRAUD_KINDS:
		members_fail(&m, "kind must be heads, receipts, events or identity");
		break;
	}
	return members_end(&m);
}

enum rc
fraud_parse(struct arena *a, const char *wire, size_t len, struct fraud *ret,
	    json_t **ret_body, struct err *e)
{
	struct err why = ERR_INIT;

	if (len > FRAUD_MAX)
		return err_rule(e, RC_UNPROCESSABLE, FRAUD_RULE,
				"a proof has at most %d bytes", FRAUD_MAX);
	if (ijson_parse(a, wire, len, ret_body, &why) != RC_OK)
		return err_rule(e, RC_UNPROCESSABLE, FRAUD_RULE, "%s", why.text);
	return fraud_read(*ret_body, ret, e);
}

/* ---- verifying --------------------------------------------------------------------- */

static enum rc
no_proof(struct err *e, const char *why)
{
	return err_rule(e, RC_UNPROCESSABLE, FRAUD_RULE, "this proves nothing: %s", why);
}

/* By which entry's key is this side signed?  RC_UNPROCESSABLE: by none that stands. */
static enum rc
head_verify(struct arena *a, const struct fraud *f, int side,
	    const struct identity_log *ids, size_t *ret_n, struct err *e)
{
	bool heads = f->kind == FRAUD_HEADS, replaced = false, found = false;
	uint64_t size = f->head[side].size, time_s;
	struct buf text = BUF_INIT(NOTE_TEXT_MAX);

	checkpoint_put(&text, &f->head[side]);
	for (size_t n = ids->n; !found && n-- > 0;) {
		struct err why = ERR_INIT;
		struct note_key key;
		enum rc rc = heads ? identity_log_key(ids->entry[n], f->log, &key, &why)
				   : identity_receipt_key(ids->entry[n], &key, &why);
		if (rc != RC_OK)
			continue;
		const char *line =
			arena_printf(a, "\xe2\x80\x94 %s %s\n", key.name, f->sig[side]);
		if (note_line_verify(line, strlen(line), &key, buf_str(&text), text.len,
				     &time_s, &why) != RC_OK)
			continue;
		found = heads ? identity_head_stands(ids, n, size)
			      : identity_receipt_stands(ids, n, size);
		replaced = replaced || !found;
		*ret_n = n;
	}
	buf_free(&text);
	if (found)
		return RC_OK;
	return no_proof(e, replaced ? "a head is signed with a key that the organisation "
				      "had replaced before"
				    : "a head is not signed with a key of the "
				      "organisation");
}

static enum rc
heads_differ(const struct fraud *f, struct err *e)
{
	struct err why = ERR_INIT;

	if (!f->has_root)
		return hash_equal(&f->head[0].root, &f->head[1].root)
			       ? no_proof(e, "both heads have one root")
			       : RC_OK;
	if (hash_equal(&f->root, &f->head[0].root))
		return no_proof(e, "the smaller head is one of the larger");
	if (merkle_verify_consistency(f->head[0].size, &f->root, f->head[1].size,
				      &f->head[1].root, f->proof.h, f->proof.n,
				      &why) != RC_OK)
		return no_proof(e, why.text);
	return RC_OK;
}

static enum rc
heads_verify(struct arena *a, const struct fraud *f, const struct identity_log *ids,
	     struct fraud_said *ret, struct err *e)
{
	size_t n[2] = {0, 0};
	enum rc rc = heads_differ(f, e);

	for (int i = 0; rc == RC_OK && i < 2; i++)
		rc = head_verify(a, f, i, ids, &n[i], e);
	*ret = (struct fraud_said){.at = f->head[0].size,
				   .most = f->head[1].size,
				   .by_present_keys =
					   n[0] == ids->n - 1 && n[1] == ids->n - 1};
	return rc;
}

/* The keys are those that were in force at that place, or came after. */
static enum rc
event_side_verify(struct arena *a, const struct fraud *f, int side,
		  const struct identity_log *ids, const struct event **ret, size_t *ret_n,
		  struct err *e)
{
	const struct event_claim *claim;
	struct err why = ERR_INIT;

	if (event_parse(a, f->jws[side], strlen(f->jws[side]), &claim, &why) != RC_OK)
		return no_proof(e, why.text);
	const struct event *said = event_claimed(claim);
	if (strcmp(said->log, f->log) != 0)
		return no_proof(e, "an event is of another log");
	if (!identity_log_of_kid(ids, said->kid, ret_n))
		return no_proof(e, "an event is not signed with a key of the "
				   "organisation");
	if (ids->n_turns != 0 && *ret_n < identity_log_at(ids, said->seq))
		return no_proof(e, "an event is signed with a key that the organisation "
				   "had replaced before");
	if (identity_event_verify(ids->entry[*ret_n], claim, ret, &why) != RC_OK)
		return no_proof(e, why.text);
	return RC_OK;
}

static enum rc
events_verify(struct arena *a, const struct fraud *f, const struct identity_log *ids,
	      struct fraud_said *ret, struct err *e)
{
	const struct event *ev[2] = {NULL, NULL};
	size_t n[2] = {0, 0};
	enum rc rc = RC_OK;

	if (strcmp(f->jws[0], f->jws[1]) == 0)
		return no_proof(e, "both events are the same");
	for (int i = 0; rc == RC_OK && i < 2; i++)
		rc = event_side_verify(a, f, i, ids, &ev[i], &n[i], e);
	if (rc == RC_OK && ev[0]->seq != ev[1]->seq)
		rc = no_proof(e, "the events have two numbers");
	if (rc != RC_OK)
		return rc;
	*ret = (struct fraud_said){.at = ev[0]->seq,
				   .most = ev[0]->seq,
				   .by_present_keys =
					   n[0] == ids->n - 1 && n[1] == ids->n - 1};
	return RC_OK;
}

/* The entry before says which root key is due, and is the same for both. */
static enum rc
entries_verify(struct arena *a, const struct fraud *f, const struct identity_log *ids,
	       struct fraud_said *ret, struct err *e)
{
	struct err why = ERR_INIT;

	if (strcmp(f->jws[0], f->jws[1]) == 0)
		return no_proof(e, "both entries are the same");
	for (size_t n = 0; n < ids->n; n++) {
		const struct identity *id;
		enum rc rc = RC_OK;
		for (int i = 0; rc == RC_OK && i < 2; i++)
			rc = identity_parse(a, f->jws[i], strlen(f->jws[i]),
					    ids->entry[n], &id, &why);
		if (rc != RC_OK)
			continue;
		*ret = (struct fraud_said){
			.at = n + 1, .most = n + 1, .by_present_keys = n + 2 >= ids->n};
		return RC_OK;
	}
	return no_proof(e, "no entry of the organisation is followed by both");
}

enum rc
fraud_verify(struct arena *a, const struct fraud *f, const struct identity_log *ids,
	     struct fraud_said *ret, struct err *e)
{
	*ret = (struct fraud_said){0};
	if (ids->n == 0)
		return no_proof(e, "the organisation is not known here");
	switch (f->kind) {
	case FRAUD_HEADS:
	case FRAUD_RECEIPTS:
		return heads_verify(a, f, ids, ret, e);
	case FRAUD_EVENTS:
		return events_verify(a, f, ids, ret, e);
	case FRAUD_IDENTITY:
		return entries_verify(a, f, ids, ret, e);
	case FRAUD_KINDS:
		break;
	}
	return no_proof(e, "it has no kind");
}

/* ---- writing ----------------------------------------------------------------------- */

/* One of the keys, newest first, that signed the note; NULL: none. */
static const char *
line_find(struct arena *a, enum fraud_kind kind, const struct identity_log *ids,
	  const struct note *note, const char *origin)
{
	for (size_t n = ids->n; n-- > 0;) {
		struct err none = ERR_INIT;
		struct note_key key;
		bool verified[1];
		enum rc rc =
			kind == FRAUD_HEADS
				? identity_log_key(ids->entry[n], origin, &key, &none)
				: identity_receipt_key(ids->entry[n], &key, &none);
		if (rc == RC_OK &&
		    note_verify(note, &key, 1, verified, NULL, &none) == RC_OK)
			return note_line_of(a, note, &key);
	}
	return NULL;
}

static json_t *
head_json(struct arena *a, enum fraud_kind kind, const struct identity_log *ids,
	  const char *wire, const char **ret_origin)
{
	const struct note *note;
	struct err none = ERR_INIT;
	struct checkpoint cp;
	char hex[HASH_HEX_LEN + 1];
	size_t len;

	if (note_parse(a, wire, strlen(wire), &note, &none) != RC_OK)
		return NULL;
	const char *text = note_text(note, &len);
	if (checkpoint_parse(a, text, len, &cp, &none) != RC_OK)
		return NULL;
	const char *line = line_find(a, kind, ids, note, cp.origin);
	if (line == NULL)
		return NULL;
	*ret_origin = cp.origin;
	/* "- <name> <base64>" LF: the last word. */
	const char *word = strrchr(line, ' ') + 1;
	return json_pack("{s:I, s:s, s:s%}", "size", (json_int_t)cp.size, "root",
			 hash_hex(&cp.root, hex), "sig", word, strcspn(word, "\n"));
}

json_t *
fraud_of_heads(struct arena *a, enum fraud_kind kind, const struct identity_log *ids,
	       const char *note_a, const char *note_b, const struct hash *root,
	       const struct merkle_proof *proof)
{
	const char *origin = NULL;
	json_t *first = head_json(a, kind, ids, note_a, &origin);
	json_t *second = head_json(a, kind, ids, note_b, &origin);
	char hex[HASH_HEX_LEN + 1];

	if (first == NULL || second == NULL) {
		json_decref(first);
		json_decref(second);
		return NULL;
	}
	json_t *body = json_pack("{s:s, s:s, s:[o, o]}", "kind", fraud_kinds[kind], "log",
				 origin, "heads", first, second);
	if (root == NULL)
		return body;
	json_object_set_new(body, "root", json_string(hash_hex(root, hex)));
	if (proof->n == 0)
		return body;
	json_t *hashes = json_array();
	for (size_t i = 0; i < proof->n; i++)
		json_array_append_new(hashes, json_string(hash_hex(&proof->h[i], hex)));
	json_object_set_new(body, "proof", hashes);
	return body;
}

json_t *
fraud_of_signed(const char *log, const char *one, size_t one_len, const char *other,
		size_t other_len)
{
	enum fraud_kind kind = log == NULL ? FRAUD_IDENTITY : FRAUD_EVENTS;

	return json_pack("{s:s, s:s*, s:[s%, s%]}", "kind", fraud_kinds[kind], "log", log,
			 "signed", one, one_len, other, other_len);
}

const char *
fraud_side(struct arena *a, const struct fraud *f, int side,
	   const struct identity_log *ids)
{
	struct buf b = BUF_INIT(NOTE_TEXT_MAX);
	struct err none = ERR_INIT;
	struct note_key key;

	if (f->jws[side] != NULL)
		return f->jws[side];
	enum rc rc = f->kind == FRAUD_HEADS
			     ? identity_log_key(ids->entry[0], f->log, &key, &none)
			     : identity_receipt_key(ids->entry[0], &key, &none);
	checkpoint_put(&b, &f->head[side]);
	buf_printf(&b, "\n\xe2\x80\x94 %s %s\n", rc == RC_OK ? key.name : f->log,
		   f->sig[side]);
	const char *text = arena_strndup(a, buf_str(&b), b.len);
	buf_free(&b);
	return text;
}

/* ---- a file ------------------------------------------------------------------------ */

json_t *
fraud_file(const struct identity_log *ids, const json_t *proof)
{
	json_t *entries = json_array();

	for (size_t n = 0; n < ids->n; n++)
		json_array_append_new(entries, json_string(ids->entry[n]->wire));
	return json_pack("{s:i, s:s, s:o, s:O}", "v", FRAUD_FILE_VERSION, "org",
			 ids->entry[0]->org, "identity", entries, "proof", proof);
}

enum rc
fraud_file_parse(struct arena *a, const char *wire, size_t len,
		 struct identity_log *ret_ids, struct fraud *ret, struct err *e)
{
	struct err why = ERR_INIT;
	struct members m;
	json_t *file;
	size_t n;

	*ret_ids = (struct identity_log){.n = 0};
	if (len > FRAUD_FILE_MAX)
		return err_rule(e, RC_UNPROCESSABLE, FRAUD_RULE,
				"a file with a proof has at most %d bytes",
				FRAUD_FILE_MAX);
	if (ijson_parse(a, wire, len, &file, &why) != RC_OK)
		return err_rule(e, RC_UNPROCESSABLE, FRAUD_RULE, "%s", why.text);
	members_open(&m, file, RC_UNPROCESSABLE, FRAUD_RULE, "file", e);
	members_int(&m, "v", FRAUD_FILE_VERSION, FRAUD_FILE_VERSION);
	const char *org = members_text(&m, "org", ORG_MAX);
	const json_t *entries = members_array(&m, "identity", IDENTITY_ENTRIES_MAX, &n);
	const json_t *proof = members_get(&m, "proof");
	enum rc rc = members_end(&m);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		const json_t *one = json_array_get(entries, i);
		rc = json_is_string(one)
			     ? identity_log_add(a, ret_ids, json_string_value(one),
						json_string_length(one), e)
			     : no_proof(e, "an identity entry is no text");
	}
	if (rc == RC_OK && (ret_ids->n == 0 || strcmp(org, ret_ids->entry[0]->org) != 0))
		rc = no_proof(e, "the entries are of another organisation");
	return rc == RC_OK ? fraud_read(proof, ret, e) : rc;
}

bool
fraud_file_looks(struct arena *a, const char *wire, size_t len)
{
	struct err why = ERR_INIT;
	json_t *file;

	return len <= FRAUD_FILE_MAX && ijson_parse(a, wire, len, &file, &why) == RC_OK &&
	       json_is_array(json_object_get(file, "identity"));
}

/* Of the entry that was compared, else of the newest. */
static enum rc
fingerprint_compare(const struct identity_log *ids, const char *const known[PARTY_COUNT],
		    struct fraud_report *ret, struct err *e)
{
	bool asked = false;

	for (int p = 0; p < PARTY_COUNT; p++) {
		asked = asked || known[p] != NULL;
		for (size_t n = 0; known[p] != NULL && n < ids->n; n++) {
			identity_fingerprint(ids->entry[n]->root_pub, ret->fingerprint);
			ret->compared = strcmp(known[p], ret->fingerprint) == 0;
			if (ret->compared)
				return RC_OK;
		}
	}
	identity_fingerprint(identity_log_newest(ids)->root_pub, ret->fingerprint);
	if (!asked)
		return RC_OK;
	return err_rule(
		e, RC_UNPROCESSABLE, FRAUD_RULE,
		"the fingerprint of %s is %s, none of those given: ask them for it "
		"once more",
		ret->org, ret->fingerprint);
}

enum rc
fraud_file_verify(struct arena *a, const char *wire, size_t len,
		  const char *const known[PARTY_COUNT], struct fraud_report *ret,
		  struct err *e)
{
	struct identity_log *ids = ARENA_NEW(a, struct identity_log);
	enum rc rc;

	*ret = (struct fraud_report){.compared = false};
	rc = fraud_file_parse(a, wire, len, ids, &ret->f, e);
	if (rc != RC_OK)
		return rc;
	ret->org = identity_log_newest(ids)->org;
	rc = fingerprint_compare(ids, known, ret, e);
	return rc == RC_OK ? fraud_verify(a, &ret->f, ids, &ret->said, e) : rc;
}
