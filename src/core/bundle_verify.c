/*
 * Verifying a bundle: steps in one order, each of which may lean on those before it, and
 * the first that fails is the answer.  What is cheap and catches damage comes first; what
 * needs keys after the keys.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/enc.h"
#include "core/bundle_int.h"
#include "core/members.h"
#include "core/merkle.h"

static const struct {
	const char *token, *what;
} steps[BUNDLE_STEP_COUNT] = {
#define X(name, token, what) {token, what},
	BUNDLE_STEP_TABLE(X)
#undef X
};

static const char *const levels[BUNDLE_LEVEL_COUNT] = {
#define X(name, token, what) token,
	BUNDLE_LEVEL_TABLE(X)
#undef X
};

const char *
bundle_step_token(enum bundle_step s)
{
	return steps[s].token;
}

const char *
bundle_step_what(enum bundle_step s)
{
	return steps[s].what;
}

const char *
bundle_level_token(enum bundle_level l)
{
	return levels[l];
}

enum party
bundle_other(enum party p)
{
	return p == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;
}

/* The analyser's macro is for callers. */
#undef bundle_fail

enum rc
bundle_fail(struct bundle *b, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(b->e, RC_UNPROCESSABLE, "%s", text);
}

const struct bundle_member *
bundle_find(struct bundle *b, const char *fmt, ...)
{
	char name[BUNDLE_NAME_MAX + 1];
	size_t lo = 0, hi = b->n - 1; /* the last is the manifest, out of order */
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	b->where = arena_strdup(b->a, name);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int d = strcmp(name, b->m[mid].name);
		if (d == 0)
			return &b->m[mid];
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* ---- container, manifest, members -------------------------------------------------- */

static enum rc
step_container(struct bundle *b)
{
	b->where = NULL;
	enum rc rc = bundle_unpack(b->a, b->bytes, b->len, &b->m, &b->n, b->e);
	if (rc != RC_OK)
		return rc;
	return b->n == 0 ? bundle_fail(b, "the archive has no members") : RC_OK;
}

/* The one line that a member is, without its LF. */
static enum rc
line_of(struct bundle *b, const struct bundle_member *m, const char **ret,
	size_t *ret_len)
{
	b->where = m->name;
	if (m->len == 0 || memchr(m->data, '\n', m->len) != m->data + m->len - 1)
		return bundle_fail(b, "must be one line that ends in LF");
	*ret = m->data;
	*ret_len = m->len - 1;
	return RC_OK;
}

static enum rc
step_manifest(struct bundle *b)
{
	const struct bundle_member *last = &b->m[b->n - 1];
	struct members m;
	json_t *payload;
	size_t n;

	b->where = BUNDLE_MANIFEST;
	if (strcmp(last->name, BUNDLE_MANIFEST) != 0)
		return bundle_fail(b, "is missing");
	enum rc rc = line_of(b, last, &b->jws, &b->jws_len);
	if (rc == RC_OK)
		rc = jws_parse(b->a, b->jws, b->jws_len, BUNDLE_TYP, NULL, b->kid,
			       &payload, b->e);
	if (rc != RC_OK)
		return rc;
	members_open(&m, payload, RC_UNPROCESSABLE, BUNDLE_RULE, "manifest", b->e);
	b->version = (int)members_int(&m, "v", BUNDLE_VERSION, BUNDLE_VERSION_LONG);
	b->org = members_text(&m, "org", ORG_MAX);
	b->r->made_us = members_int(&m, "made", 0, IJSON_INT_MAX);
	b->r->casefile = members_text(&m, "case", UUID_TEXT_LEN);
	b->listed = members_array(&m, "members", BUNDLE_MEMBERS_MAX, &n);
	if (!uuid7_valid(b->r->casefile, strlen(b->r->casefile)))
		members_fail(&m, "case must be a lower-case UUID of version 7");
	return members_end(&m);
}

static enum rc
member_check(struct bundle *b, const struct bundle_member *file, const json_t *listed)
{
	struct members m;
	struct hash want, got;

	members_open(&m, listed, RC_UNPROCESSABLE, BUNDLE_RULE, "manifest: members",
		     b->e);
	const char *name = members_text(&m, "name", BUNDLE_NAME_MAX);
	int64_t len = members_int(&m, "len", 0, BUNDLE_MAX);
	members_hex(&m, "sha256", &want);
	enum rc rc = members_end(&m);
	if (rc != RC_OK)
		return rc;
	b->where = file->name;
	if (strcmp(name, file->name) != 0)
		return bundle_fail(b, "the manifest has %s in its place", name);
	if ((size_t)len != file->len)
		return bundle_fail(b, "has %zu bytes, the manifest says %" PRId64,
				   file->len, len);
	hash_bytes(file->data, file->len, &got);
	if (!hash_equal(&want, &got))
		return bundle_fail(b, "is not what the manifest has the SHA-256 of");
	return RC_OK;
}

/* "<before><seq>.tlog-proof" */
static bool
is_proof_name(const char *name, const char *before)
{
	const char *tail = ".tlog-proof";
	size_t len = strlen(name), head = strlen(before), end = strlen(tail);
	uint64_t seq;

	return len > head + end && strncmp(name, before, head) == 0 &&
	       strcmp(name + len - end, tail) == 0 &&
	       decimal_parse(name + head, len - head - end, MERKLE_SIZE_MAX - 1, &seq) ==
		       RC_OK;
}

/* Names of one party's members. */
static bool
is_party_name(struct bundle *b, const char *name, const char *party)
{
	bool whole = b->version == BUNDLE_VERSION_LONG;
	const char *const one[] = {
		arena_printf(b->a, BUNDLE_NAME_FRAUD, party),
		arena_printf(b->a, BUNDLE_NAME_IDENTITY, party),
		arena_printf(b->a, BUNDLE_NAME_OFFER, party),
		arena_printf(b->a, BUNDLE_NAME_EVENTS, party),
		arena_printf(b->a, BUNDLE_NAME_CHECKPOINT, party),
		arena_printf(b->a, BUNDLE_NAME_COSIGNED, party),
		/* of version 2 */
		arena_printf(b->a, BUNDLE_NAME_TREE, party, "checkpoint"),
		arena_printf(b->a, BUNDLE_NAME_TREE, party, "cosigned"),
		arena_printf(b->a, BUNDLE_NAME_RECEIPTS, party),
	};
	enum { OF_LONG = 3 };
	size_t n = sizeof(one) / sizeof(one[0]) - (whole ? 0 : OF_LONG);

	for (size_t i = 0; i < n; i++)
		if (strcmp(name, one[i]) == 0)
			return true;
	return !whole &&
	       (is_proof_name(name, arena_printf(b->a, "logs/%s/proof/", party)) ||
		is_proof_name(name, arena_printf(b->a, "receipts/%s/", party)));
}

static bool
is_known_name(struct bundle *b, const char *name)
{
	static const char *const once[] = {BUNDLE_README, BUNDLE_POLICY, BUNDLE_ADOPTED,
					   BUNDLE_TEXTS};

	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		if (strcmp(name, once[i]) == 0)
			return true;
	for (int p = 0; p < PARTY_COUNT; p++)
		if (is_party_name(b, name, party_name((enum party)p)))
			return true;
	return false;
}

static enum rc
step_members(struct bundle *b)
{
	size_t i;
	const json_t *listed;

	b->where = BUNDLE_MANIFEST;
	if (json_array_size(b->listed) != b->n - 1)
		return bundle_fail(b, "names %zu members, here are %zu",
				   json_array_size(b->listed), b->n - 1);
	json_array_foreach (b->listed, i, listed) {
		enum rc rc = member_check(b, &b->m[i], listed);
		if (rc != RC_OK)
			return rc;
	}
	for (i = 0; i < b->n - 1; i++)
		if (!is_known_name(b, b->m[i].name)) {
			b->where = b->m[i].name;
			return bundle_fail(b, "does not belong into a bundle");
		}
	if (bundle_find(b, BUNDLE_README) == NULL ||
	    bundle_find(b, BUNDLE_POLICY) == NULL)
		return bundle_fail(b, "is missing");
	for (int p = 0; p < PARTY_COUNT; p++) {
		const char *party = party_name((enum party)p);
		if (bundle_find(b, BUNDLE_NAME_IDENTITY, party) == NULL ||
		    bundle_find(b, BUNDLE_NAME_EVENTS, party) == NULL)
			return bundle_fail(b, "is missing");
	}
	b->r->disclosed = bundle_find(b, BUNDLE_TEXTS) != NULL;
	return RC_OK;
}

/* ---- identities, signature, channel, policy ---------------------------------------- */

/* People compared a root key when they introduced each other; by now it may be that of an
 * older entry, which vouches for those after it, and by `prev` for those before. */
static const struct identity *
entry_compared(const struct identity_log *ids, const char *want)
{
	char fingerprint[FINGERPRINT_TEXT_MAX];

	for (size_t n = 0; want != NULL && n < ids->n; n++) {
		identity_fingerprint(ids->entry[n]->root_pub, fingerprint);
		if (strcmp(want, fingerprint) == 0)
			return ids->entry[n];
	}
	return ids->entry[0];
}

static enum rc
identity_check(struct bundle *b, enum party p)
{
	struct bundle_party *party = &b->r->party[p];
	const struct bundle_member *m =
		bundle_find(b, BUNDLE_NAME_IDENTITY, party_name(p));
	const char *want = b->expect == NULL ? NULL : b->expect->fingerprint[p];
	struct identity_log *ids = ARENA_NEW(b->a, struct identity_log);
	enum rc rc = identity_log_take(b->a, ids, m->data, m->len, b->e);

	if (rc != RC_OK)
		return rc;
	const struct identity *id = ids->entry[0];
	if (id->role != p)
		return bundle_fail(b, "is of the %s", party_name(id->role));
	b->side[p].id = id;
	b->side[p].ids = ids;
	party->org = id->org;
	party->name = identity_log_newest(ids)->name;
	identity_fingerprint(entry_compared(ids, want)->root_pub, party->fingerprint);
	if (want != NULL && strcmp(want, party->fingerprint) != 0)
		return bundle_fail(
			b,
			"the fingerprint of %s is %s here, and %s was expected: "
			"this is not the organisation that you know",
			id->org, party->fingerprint, want);
	party->compared = want != NULL;
	return RC_OK;
}

static enum rc
step_identities(struct bundle *b)
{
	enum rc rc = RC_OK;

	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++)
		rc = identity_check(b, (enum party)p);
	if (rc == RC_OK && strcmp(b->side[0].id->org, b->side[1].id->org) == 0)
		rc = bundle_fail(b, "both identities are of one organisation");
	return rc;
}

static enum rc
step_signature(struct bundle *b)
{
	char kid[KID_LEN + 1];
	json_t *payload;

	b->where = BUNDLE_MANIFEST;
	for (int p = 0; p < PARTY_COUNT; p++) {
		const struct identity *id = identity_log_newest(b->side[p].ids);
		if (strcmp(id->org, b->org) != 0)
			continue;
		b->r->exporter = (enum party)p;
		for (size_t i = 0; i < id->n_event_keys; i++) {
			key_thumbprint(id->event_keys[i], kid);
			if (strcmp(kid, b->kid) == 0)
				return jws_parse(b->a, b->jws, b->jws_len, BUNDLE_TYP,
						 id->event_keys[i], kid, &payload, b->e);
		}
		return bundle_fail(b, "signed by key %s, which is no event key of %s",
				   b->kid, b->org);
	}
	return bundle_fail(b, "%s is neither %s nor %s", b->org, b->side[0].id->org,
			   b->side[1].id->org);
}

const struct identity *
bundle_entry_of(const struct identity_log *ids, const char *hex)
{
	char have[HASH_HEX_LEN + 1];
	struct hash h;

	for (size_t n = 0; n < ids->n; n++) {
		hash_bytes(ids->entry[n]->wire, strlen(ids->entry[n]->wire), &h);
		if (strcmp(hash_hex(&h, have), hex) == 0)
			return ids->entry[n];
	}
	return NULL;
}

/* An offer is checked as what it is: the last line of an introduction, made when the
 * entry before it was the newest. */
enum rc
bundle_offer_parse(struct arena *a, const struct identity_log *ids, const char *wire,
		   size_t len, const struct channel_offer **ret, struct err *e)
{
	const struct identity *id;
	enum rc rc = RC_UNPROCESSABLE;

	for (size_t n = ids->n; rc != RC_OK && n > 0; n--) {
		struct identity_log upto = *ids;
		upto.n = n;
		const char *entries = identity_log_text(a, &upto);
		/* By its length: what follows a zero byte is looked at as well. */
		size_t first = strlen(entries);
		char *all = arena_alloc(a, first + len + 1);
		memcpy(all, entries, first);
		memcpy(all + first, wire, len);
		all[first + len] = '\n';
		rc = introduction_parse(a, all, first + len + 1, &id, ret, e);
	}
	return rc;
}

static enum rc
offer_check(struct bundle *b, enum party p)
{
	const struct bundle_member *m = bundle_find(b, BUNDLE_NAME_OFFER, party_name(p));
	const char *peer = b->side[bundle_other(p)].id->org, *wire = "";
	size_t len = 0;

	if (m == NULL)
		return RC_OK;
	enum rc rc = line_of(b, m, &wire, &len);
	if (rc == RC_OK)
		rc = bundle_offer_parse(b->a, b->side[p].ids, wire, len,
					&b->side[p].offer, b->e);
	if (rc == RC_OK && strcmp(b->side[p].offer->peer, peer) != 0)
		rc = bundle_fail(b, "offers a channel to %s, not to %s",
				 b->side[p].offer->peer, peer);
	b->r->party[p].offered = true;
	return rc;
}

static enum rc
step_channel(struct bundle *b)
{
	const struct channel_offer *x, *y;
	enum rc rc = offer_check(b, PARTY_AUTHORITY);

	if (rc == RC_OK)
		rc = offer_check(b, PARTY_PLATFORM);
	if (rc != RC_OK)
		return rc;
	x = b->side[PARTY_AUTHORITY].offer;
	y = b->side[PARTY_PLATFORM].offer;
	if (x == NULL && y == NULL)
		return bundle_fail(b, "is missing, and so is that of the authority");
	if (x != NULL && y != NULL &&
	    (strcmp(x->channel, y->channel) != 0 ||
	     !hash_equal(&x->policy_sha256, &y->policy_sha256)))
		return bundle_fail(b,
				   "the two offers are of different channels or rules");
	if (x == NULL)
		x = y;
	b->r->channel = x->channel;
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++) {
		struct bundle_side *s = &b->side[p];
		b->r->party[p].origin = x->origins[p];
		s->log_keys = arena_array(b->a, s->ids->n, sizeof(*s->log_keys));
		s->receipt_keys = arena_array(b->a, s->ids->n, sizeof(*s->receipt_keys));
		rc = identity_log_log_keys(s->ids, x->origins[p], s->log_keys, b->e);
		if (rc == RC_OK)
			rc = identity_log_receipt_keys(s->ids, s->receipt_keys, b->e);
	}
	return rc;
}

static enum rc
step_policy(struct bundle *b)
{
	const struct bundle_member *m = bundle_find(b, BUNDLE_POLICY);
	const struct channel_offer *o = b->side[PARTY_AUTHORITY].offer;
	struct hash got;

	if (o == NULL)
		o = b->side[PARTY_PLATFORM].offer;
	hash_bytes(m->data, m->len, &got);
	if (!hash_equal(&got, &o->policy_sha256))
		return bundle_fail(b, "is not the policy that the channel names");
	enum rc rc = policy_parse(b->a, m->data, m->len, &b->r->policy, b->e);
	if (rc == RC_OK && (strcmp(b->r->policy->name, o->policy_name) != 0 ||
			    b->r->policy->version != o->policy_version))
		rc = bundle_fail(
			b, "is %s version %" PRIu64 ", the channel names %s %" PRIu64,
			b->r->policy->name, b->r->policy->version, o->policy_name,
			o->policy_version);
	if (rc != RC_OK)
		return rc;
	/* Whether it was in effect is for the fold to say. */
	b->opening = b->r->policy->sha256;
	m = bundle_find(b, BUNDLE_ADOPTED);
	return m == NULL ? RC_OK
			 : policy_parse(b->a, m->data, m->len, &b->r->policy, b->e);
}

/* ---- all steps --------------------------------------------------------------------- */

static bundle_step_fn *const step_fns[BUNDLE_STEP_COUNT] = {
	[BUNDLE_STEP_CONTAINER] = step_container,
	[BUNDLE_STEP_MANIFEST] = step_manifest,
	[BUNDLE_STEP_MEMBERS] = step_members,
	[BUNDLE_STEP_IDENTITIES] = step_identities,
	[BUNDLE_STEP_SIGNATURE] = step_signature,
	[BUNDLE_STEP_CHANNEL] = step_channel,
	[BUNDLE_STEP_POLICY] = step_policy,
	[BUNDLE_STEP_EVENTS] = bundle_step_events,
	[BUNDLE_STEP_INCLUSION] = bundle_step_inclusion,
	[BUNDLE_STEP_HEADS] = bundle_step_heads,
	[BUNDLE_STEP_RECEIPTS] = bundle_step_receipts,
	[BUNDLE_STEP_FRAUD] = bundle_step_fraud,
	[BUNDLE_STEP_DISCLOSURES] = bundle_step_disclosures,
	[BUNDLE_STEP_FOLD] = bundle_step_fold,
};

enum rc
bundle_verify(struct arena *a, const uint8_t *bytes, size_t len,
	      const struct bundle_expect *expect, struct bundle_report *ret,
	      struct err *e)
{
	struct err why = ERR_INIT;
	struct bundle b = {.a = a,
			   .expect = expect,
			   .r = ret,
			   .e = &why,
			   .bytes = bytes,
			   .len = len};

	*ret = (struct bundle_report){.step = BUNDLE_STEP_COUNT};
	for (int s = 0; s < BUNDLE_STEP_COUNT; s++) {
		b.where = NULL;
		if (step_fns[s](&b) == RC_OK)
			continue;
		ret->step = (enum bundle_step)s;
		ret->where = b.where;
		ret->what = arena_strdup(a, why.text);
		return err_rule(e, RC_UNPROCESSABLE, BUNDLE_RULE, "step %s: %s%s%s",
				steps[s].token, b.where == NULL ? "" : b.where,
				b.where == NULL ? "" : ": ", why.text);
	}
	ret->ok = true;
	return RC_OK;
}
