/*
 * Putting a bundle together: members, their list, and the exporter's name under it.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/bundle_int.h"

enum { FIXED_MEMBERS = 16 };

struct making {
	struct arena *a;
	struct bundle_member *m;
	size_t n, cap;
	size_t bytes; /* of all members */
};

static void
member_add(struct making *k, const char *name, const char *data, size_t len)
{
	assert(k->n < k->cap);
	k->m[k->n++] = (struct bundle_member){name, data, len};
	k->bytes += len;
}

/* A JWS is a line. */
static void
line_add(struct making *k, const char *name, const char *text)
{
	member_add(k, name, arena_printf(k->a, "%s\n", text), strlen(text) + 1);
}

static int
compare_texts(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void
disclosures_add(struct making *k, const struct bundle_content *c)
{
	const char **sorted = arena_array(k->a, c->n_disclosures + 1, sizeof(*sorted));
	struct buf text = BUF_INIT(BUNDLE_MAX);

	for (size_t i = 0; i < c->n_disclosures; i++)
		sorted[i] = c->disclosures[i];
	qsort(sorted, c->n_disclosures, sizeof(*sorted), compare_texts);
	for (size_t i = 0; i < c->n_disclosures; i++)
		if (i == 0 || strcmp(sorted[i - 1], sorted[i]) != 0) {
			buf_puts(&text, sorted[i]);
			buf_putc(&text, '\n');
		}
	/* A text that did not fit makes the whole too large. */
	member_add(k, BUNDLE_TEXTS, arena_copy(k->a, buf_str(&text), text.len),
		   buf_ok(&text) ? text.len : BUNDLE_MAX);
	buf_free(&text);
}

size_t
bundle_frauds_sort(struct arena *a, const struct bundle_content *c, enum party p,
		   const char ***ret)
{
	const char **sorted = arena_array(a, c->n_frauds[p] + 1, sizeof(*sorted));
	size_t n = 0;

	for (size_t i = 0; i < c->n_frauds[p]; i++)
		sorted[i] = c->frauds[p][i];
	qsort(sorted, c->n_frauds[p], sizeof(*sorted), compare_texts);
	for (size_t i = 0; i < c->n_frauds[p]; i++)
		if (n == 0 || strcmp(sorted[n - 1], sorted[i]) != 0)
			sorted[n++] = sorted[i];
	*ret = sorted;
	return n;
}

static void
frauds_add(struct making *k, const struct bundle_content *c, enum party p)
{
	struct buf text = BUF_INIT(BUNDLE_MAX);
	const char **proofs;
	size_t n = bundle_frauds_sort(k->a, c, p, &proofs);

	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%s\n", proofs[i]);
	if (n != 0)
		member_add(k, arena_printf(k->a, BUNDLE_NAME_FRAUD, party_name(p)),
			   arena_copy(k->a, buf_str(&text), text.len), text.len);
	buf_free(&text);
}

static void
log_add(struct making *k, const struct bundle_log *log, enum party p)
{
	const char *name = party_name(p);
	struct buf events = BUF_INIT(BUNDLE_MAX);

	for (size_t i = 0; i < log->n; i++) {
		const struct bundle_leaf *l = &log->leaves[i];
		buf_printf(&events, "%" PRIu64 " %s\n", l->seq, l->jws);
		member_add(k, arena_printf(k->a, BUNDLE_NAME_PROOF, name, l->seq),
			   l->proof, strlen(l->proof));
		if (l->receipt != NULL)
			member_add(k,
				   arena_printf(k->a, BUNDLE_NAME_RECEIPT, name, l->seq),
				   l->receipt, strlen(l->receipt));
	}
	member_add(k, arena_printf(k->a, BUNDLE_NAME_EVENTS, name),
		   arena_copy(k->a, buf_str(&events), events.len),
		   buf_ok(&events) ? events.len : BUNDLE_MAX);
	buf_free(&events);
	if (log->checkpoint != NULL)
		member_add(k, arena_printf(k->a, BUNDLE_NAME_CHECKPOINT, name),
			   log->checkpoint, strlen(log->checkpoint));
	if (log->cosigned != NULL)
		member_add(k, arena_printf(k->a, BUNDLE_NAME_COSIGNED, name),
			   log->cosigned, strlen(log->cosigned));
}

enum rc
bundle_readme_make(struct arena *a, struct buf *b, const struct bundle_content *c,
		   int version, const struct identity **ret_by, struct err *e)
{
	struct identity_log *ids[PARTY_COUNT];
	const char *origin[PARTY_COUNT] = {NULL};
	enum rc rc = RC_OK;

	for (int p = 0; p < PARTY_COUNT; p++) {
		const struct channel_offer *o;
		const char *lines = arena_printf(a, "%s\n", c->identity[p]);
		ids[p] = ARENA_NEW(a, struct identity_log);
		rc = identity_log_take(a, ids[p], lines, strlen(lines), e);
		if (rc == RC_OK && c->offer[p] != NULL)
			rc = bundle_offer_parse(a, ids[p], c->offer[p],
						strlen(c->offer[p]), &o, e);
		if (rc != RC_OK)
			return rc;
		if (c->offer[p] != NULL)
			memcpy(origin, o->origins, sizeof(origin));
	}
	if (origin[0] == NULL)
		return err_set(e, RC_UNPROCESSABLE, "a bundle needs a channel offer");
	bundle_readme_put(b, c, version,
			  (const struct identity_log *const[]){ids[0], ids[1]}, origin);
	assert(buf_ok(b));
	*ret_by = identity_log_newest(ids[c->exporter]);
	return RC_OK;
}

static int
compare_names(const void *x, const void *y)
{
	return strcmp(((const struct bundle_member *)x)->name,
		      ((const struct bundle_member *)y)->name);
}

static enum rc
manifest_add(struct making *k, const struct bundle_content *c, const char *org,
	     bundle_sign *sign, void *sign_arg, struct err *e)
{
	json_t *members = json_array();
	const char *jws;

	for (size_t i = 0; i < k->n; i++) {
		struct hash h;
		char hex[HASH_HEX_LEN + 1];
		hash_bytes(k->m[i].data, k->m[i].len, &h);
		json_array_append_new(members,
				      json_pack("{s:s, s:I, s:s}", "name", k->m[i].name,
						"len", (json_int_t)k->m[i].len, "sha256",
						hash_hex(&h, hex)));
	}
	json_t *payload = json_pack("{s:i, s:s, s:I, s:s, s:o}", "v", BUNDLE_VERSION,
				    "org", org, "made", (json_int_t)c->made_us, "case",
				    c->casefile, "members", members);
	char *text = payload == NULL ? NULL : json_dumps(payload, JSON_COMPACT);
	if (text == NULL)
		abort();
	enum rc rc = RC_OK;
	if (strlen(text) > BUNDLE_MANIFEST_MAX)
		rc = err_rule(e, RC_TOO_LARGE, BUNDLE_RULE,
			      "the case has too many events for one bundle: %zu members",
			      k->n);
	if (rc == RC_OK)
		rc = sign(sign_arg, k->a, BUNDLE_TYP, text, strlen(text), &jws, e);
	if (rc == RC_OK)
		line_add(k, BUNDLE_MANIFEST, jws);
	free(text);
	json_decref(payload);
	return rc;
}

enum rc
bundle_write(struct arena *a, const struct bundle_content *c, bundle_sign *sign,
	     void *sign_arg, const uint8_t **ret, size_t *ret_len, struct err *e)
{
	struct making k = {.a = a, .cap = FIXED_MEMBERS};
	struct buf out = BUF_INIT(BUNDLE_MAX), readme = BUF_INIT(BUNDLE_README_MAX);
	const struct identity *by;
	enum rc rc;

	for (int p = 0; p < PARTY_COUNT; p++)
		k.cap += 2 * c->log[p].n;
	if (k.cap > BUNDLE_MEMBERS_MAX)
		return err_rule(e, RC_TOO_LARGE, BUNDLE_RULE,
				"the case has too many events for one bundle: at most %d "
				"members",
				BUNDLE_MEMBERS_MAX);
	k.m = arena_array(a, k.cap, sizeof(*k.m));
	rc = bundle_readme_make(a, &readme, c, BUNDLE_VERSION, &by, e);
	member_add(&k, BUNDLE_README, arena_copy(a, buf_str(&readme), readme.len),
		   readme.len);
	buf_free(&readme);
	if (rc != RC_OK)
		return rc;
	member_add(&k, BUNDLE_POLICY, c->policy, c->policy_len);
	if (c->adopted != NULL)
		member_add(&k, BUNDLE_ADOPTED, c->adopted, strlen(c->adopted));
	for (int p = 0; p < PARTY_COUNT; p++) {
		const char *name = party_name((enum party)p);
		line_add(&k, arena_printf(a, BUNDLE_NAME_IDENTITY, name), c->identity[p]);
		if (c->offer[p] != NULL)
			line_add(&k, arena_printf(a, BUNDLE_NAME_OFFER, name),
				 c->offer[p]);
		frauds_add(&k, c, (enum party)p);
		log_add(&k, &c->log[p], (enum party)p);
	}
	if (c->with_disclosures)
		disclosures_add(&k, c);
	if (k.bytes >= BUNDLE_MAX)
		return err_rule(e, RC_TOO_LARGE, BUNDLE_RULE,
				"the case has more than %d bytes", BUNDLE_MAX);
	qsort(k.m, k.n, sizeof(*k.m), compare_names);
	rc = manifest_add(&k, c, by->org, sign, sign_arg, e);
	if (rc != RC_OK)
		return rc;
	bundle_pack(&out, k.m, k.n);
	if (buf_ok(&out)) {
		*ret = arena_copy(a, buf_str(&out), out.len);
		*ret_len = out.len;
	} else {
		rc = err_rule(e, RC_TOO_LARGE, BUNDLE_RULE,
			      "the case has more than %d bytes", BUNDLE_MAX);
	}
	buf_free(&out);
	return rc;
}
