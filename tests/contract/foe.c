#include "foe.h"

#include <inttypes.h>
#include <string.h>

#include "base/enc.h"
#include "base/uuid.h"
#include "core/identity.h"
#include "core/note.h"

enum { SEED_STEP = 8, TEXTS_MAX = 8 << 20 };

const char *foe_policy = fix_policy;

const char foe_lax_policy[] =
	"{\"name\":\"test\",\"version\":1,\"title\":{\"en\":\"Test\",\"id\":\"Uji\"},"
	"\"source\":\"Invented.\",\"classes\":["
	"{\"code\":\"normal\",\"accept_s\":100,\"decide_s\":100},"
	"{\"code\":\"urgent\",\"accept_s\":10,\"decide_s\":20}],"
	"\"categories\":[{\"code\":\"terrorism\",\"name\":{\"en\":\"Terrorism\","
	"\"id\":\"Terorisme\"},\"class\":\"urgent\"},{\"code\":\"other\",\"name\":"
	"{\"en\":\"Other\",\"id\":\"Lainnya\"},\"class\":\"normal\"}],"
	"\"ladder\":[{\"act\":\"remind\",\"after_s\":10},"
	"{\"act\":\"warn\",\"level\":1,\"after_s\":10}],"
	"\"order\":{\"approvals\":1,\"ladder_steps\":2,\"max_duration_s\":315360000,"
	"\"emergency_max_s\":315360000,\"max_names\":256,\"ttl_s\":10}}\n";

static void
identity_make(struct foe *x, unsigned n)
{
	struct arena *a = x->f->a;
	uint8_t next[SEED_LEN] = {(uint8_t)n, 7}, next_pub[KEY_LEN];
	struct identity id = {.org = x->org,
			      .name = "Foe",
			      .role = PARTY_AUTHORITY,
			      .n_event_keys = 1,
			      .n_tls_spki = 1,
			      .url = "https://127.0.0.1:1",
			      .iat_us = x->now_us};
	struct err e = ERR_INIT;

	x->root[0] = x->event[0] = x->log[0] = x->receipt[0] = (uint8_t)n;
	x->root[1] = 1;
	x->event[1] = 2;
	x->log[1] = 3;
	x->receipt[1] = 4;
	sign_public_key(next, next_pub);
	hash_bytes(next_pub, KEY_LEN, &id.next_root);
	sign_public_key(x->root, id.root_pub);
	sign_public_key(x->event, id.event_keys[0]);
	sign_public_key(x->log, id.log_key);
	sign_public_key(x->receipt, id.receipt_key);
	id.enc_key[0] = (uint8_t)n;
	id.tls_spki[0].b[0] = (uint8_t)n;
	const char *wire = identity_sign(a, &id, x->root);
	fix_ok(identity_parse(a, wire, strlen(wire), NULL, &x->id, &e), &e, "identity");
}

json_t *
foe_introduction(struct foe *x)
{
	struct arena *a = x->f->a;
	char fingerprint[FINGERPRINT_TEXT_MAX];
	struct channel_offer o = {.org = x->org,
				  .peer = "platform.example",
				  .channel = x->channel,
				  .policy_name = "test",
				  .policy_version = 1,
				  .iat_us = x->now_us};

	hash_bytes(foe_policy, strlen(foe_policy), &o.policy_sha256);
	o.origins[PARTY_AUTHORITY] = x->origin;
	o.origins[PARTY_PLATFORM] = x->node_origin;
	const char *payload = channel_offer_payload(a, &o, x->id);
	const char *jws = jws_sign(a, x->event, OFFER_TYP, payload, strlen(payload));
	return json_pack("{s:s, s:s, s:s}", "file",
			 arena_printf(a, "%s\n%s\n", x->id->wire, jws), "fingerprint",
			 identity_fingerprint(x->id->root_pub, fingerprint), "policy",
			 foe_policy);
}

static void
introduce(struct foe *x)
{
	struct arena *a = x->f->a;

	fix_must(x->f, PARTY_PLATFORM, x->f->n[PARTY_PLATFORM].admin, "POST", "/v1/peers",
		 foe_introduction(x));
	x->peer = fix_query(x->f, PARTY_PLATFORM,
			    arena_printf(a,
					 "SELECT channel FROM channel WHERE peer_org = "
					 "'%s'",
					 x->org));
}

void
foe_make(struct foe *x, struct fix *f, unsigned n)
{
	const char *channel = arena_printf(f->a, "c%u", n);

	*x = (struct foe){.f = f,
			  .channel = channel,
			  .org = arena_printf(f->a, "foe%u.example", n),
			  .texts = BUF_INIT(TEXTS_MAX),
			  .now_us = clock_now_us()};
	x->leaf = arena_array(f->a, FOE_LEAVES_MAX, sizeof(*x->leaf));
	x->origin = arena_printf(f->a, "%s/c/%s/e0", x->org, channel);
	x->node_origin = arena_printf(f->a, "platform.example/c/%s/e0", channel);
	identity_make(x, n);
}

void
foe_open(struct foe *x, struct fix *f, unsigned n)
{
	foe_make(x, f, n);
	introduce(x);
}

void
foe_close(struct foe *x)
{
	buf_free(&x->texts);
}

/* ---- its tree ---------------------------------------------------------------------- */

static enum rc
tree_get(void *arg, unsigned level, uint64_t index, struct hash *ret, struct err *e)
{
	const struct foe *x = arg;
	struct hash left, right;

	if (level == 0) {
		*ret = x->leaf[index].leaf;
		return RC_OK;
	}
	enum rc rc = tree_get(arg, level - 1, 2 * index, &left, e);
	if (rc == RC_OK)
		rc = tree_get(arg, level - 1, 2 * index + 1, &right, e);
	merkle_node(&left, &right, ret);
	return rc;
}

struct hash
foe_root(struct foe *x, uint64_t size)
{
	struct merkle_edge edge;
	struct hash root;
	struct err e = ERR_INIT;

	fix_ok(merkle_edge_load(size, tree_get, x, &edge, &e), &e, "edge");
	merkle_root(&edge, &root);
	return root;
}

uint64_t
foe_append_raw(struct foe *x, const char *bytes, size_t len)
{
	struct foe_leaf *l = &x->leaf[x->n];

	assert_true(x->n < FOE_LEAVES_MAX);
	l->jws = arena_strndup(x->f->a, bytes, len);
	l->len = len;
	merkle_leaf(bytes, len, &l->leaf);
	return x->n++;
}

void
foe_drop(struct foe *x, uint64_t n)
{
	assert_true(n <= x->n);
	x->n -= n;
	buf_reset(&x->texts);
}

/* ---- its events -------------------------------------------------------------------- */

static size_t
disclose(struct foe *x, const struct foe_event *ev, struct hash *sd)
{
	size_t n = 0;

	for (; n < FOE_TEXTS_MAX && ev->texts[n].name != NULL; n++) {
		const char *json = ev->texts[n].json, *text;
		struct err e = ERR_INIT;
		json_t *value;
		fix_ok(ijson_parse(x->f->a, json, strlen(json), &value, &e), &e, json);
		fix_ok(event_disclosure_make(x->f->a, ev->texts[n].name, value, &text,
					     &sd[n], &e),
		       &e, json);
		if (x->texts.len != 0)
			buf_putc(&x->texts, '\n');
		buf_puts(&x->texts, text);
	}
	if (ev->sd != NULL)
		sd[n++] = *ev->sd;
	return n;
}

uint64_t
foe_append(struct foe *x, const struct foe_event *ev)
{
	struct buf payload = BUF_INIT(EVENT_PAYLOAD_MAX), jws = BUF_INIT(EVENT_JWS_MAX);
	char id[UUID_TEXT_LEN + 1], kid[KID_LEN + 1], hex[HASH_HEX_LEN + 1];
	const uint8_t *seed = ev->seed == NULL ? x->event : ev->seed;
	uint8_t sig[SIG_LEN], pub[KEY_LEN];
	struct hash sd[FOE_TEXTS_MAX + 1], empty;
	struct event_head ack = {.log = x->node_origin, .size = ev->ack_size};
	struct err e = ERR_INIT;
	size_t prev_at;
	struct event_draft d = {.id = id,
				.type = ev->type,
				.casefile = ev->casefile,
				.by = ev->by == NULL ? "p-foe" : ev->by,
				.iat_us = ev->iat_us == 0 ? x->now_us : ev->iat_us,
				.sd = sd,
				.refs = ev->ref,
				.n_refs = ev->ref == NULL ? 0 : 1};
	const char *body = ev->body == NULL ? "{}" : ev->body;

	hash_bytes("", 0, &empty);
	ack.root = ev->ack_root == NULL ? empty : *ev->ack_root;
	uuid7_make(x->now_us, id);
	fix_ok(ijson_parse(x->f->a, body, strlen(body), &d.body, &e), &e, body);
	d.n_sd = disclose(x, ev, sd);
	fix_ok(event_payload_put(&payload, &d, ev->log == NULL ? x->origin : ev->log,
				 x->n + ev->seq, &ack, &prev_at, &e),
	       &e, ev->type);
	if (prev_at != SIZE_MAX && x->n != 0)
		memcpy(payload.data + prev_at,
		       hash_hex(ev->prev == NULL ? &x->leaf[x->n - 1].leaf : ev->prev,
				hex),
		       HASH_HEX_LEN);
	sign_public_key(ev->kid_seed == NULL ? seed : ev->kid_seed, pub);
	key_thumbprint(pub, kid);
	event_signing_input_put(&jws, kid, payload.data, payload.len);
	sign_bytes(seed, jws.data, jws.len, sig);
	buf_putc(&jws, '.');
	b64url_put(&jws, sig, SIG_LEN);
	assert_true(buf_ok(&jws));
	uint64_t seq = foe_append_raw(x, jws.data, jws.len);
	buf_free(&payload);
	buf_free(&jws);
	x->now_us += 1000;
	return seq;
}

void
foe_parts(struct foe *x, const char *casefile, unsigned items)
{
	struct arena *a = x->f->a;
	char hex[HASH_HEX_LEN + 1];
	struct hash h;

	for (unsigned i = 0; i < items; i++) {
		const char *normal = arena_printf(a, "https://foe.example/%u", i);
		hash_bytes(normal, strlen(normal), &h);
		foe_append(x,
			   &(struct foe_event){
				   .type = "notice.part",
				   .casefile = casefile,
				   .body = arena_printf(
					   a,
					   "{\"part\":%u,\"items\":[{\"i\":%u,\"kind\":"
					   "\"url\",\"category\":\"other\",\"nf\":"
					   "\"%s\"}]}",
					   i, i, hash_hex(&h, hex)),
				   .texts = {{"item", arena_printf(a,
								   "{\"given\":\"x\","
								   "\"normal\":\"%s\","
								   "\"host\":\"foe."
								   "example\"}",
								   normal)}}});
	}
}

void
foe_manifest(struct foe *x, const char *casefile, unsigned items)
{
	foe_manifest_of(x, casefile, items, x->n - items);
}

void
foe_manifest_of(struct foe *x, const char *casefile, unsigned items, uint64_t first)
{
	struct arena *a = x->f->a;
	char hex[HASH_HEX_LEN + 1], policy[HASH_HEX_LEN + 1];
	struct hash h;
	uint8_t *cat = arena_array(a, items, HASH_LEN);
	for (unsigned i = 0; i < items; i++)
		memcpy(cat + i * HASH_LEN, x->leaf[first + i].leaf.b, HASH_LEN);
	hash_bytes(cat, (size_t)items * HASH_LEN, &h);
	hash_hex(&h, hex);
	hash_bytes(foe_policy, strlen(foe_policy), &h);
	foe_append(x,
		   &(struct foe_event){
			   .type = "notice.send",
			   .casefile = casefile,
			   .body = arena_printf(
				   a,
				   "{\"policy\":{\"name\":\"test\",\"version\":1,"
				   "\"sha256\":\"%s\"},\"class\":\"normal\",\"urgent\":"
				   "false,\"language\":\"id\",\"measure\":\"removal\","
				   "\"items\":%u,\"parts\":%u,\"digest\":\"%s\"}",
				   hash_hex(&h, policy), items, items, hex),
			   .texts = {{"subject", "\"S\""}, {"legal_basis", "\"L\""}}});
}

void
foe_notice(struct foe *x, const char *casefile, unsigned items)
{
	foe_parts(x, casefile, items);
	foe_manifest(x, casefile, items);
}

/* ---- what it sends ----------------------------------------------------------------- */

const char *
foe_note(struct foe *x, const char *origin, uint64_t size, const struct hash *root,
	 const uint8_t *seed)
{
	struct checkpoint cp = {.origin = origin, .size = size, .root = *root};
	struct buf text = BUF_INIT(NOTE_TEXT_MAX);
	struct err e = ERR_INIT;
	struct note_key key;
	uint8_t pub[KEY_LEN], sig[SIG_LEN];

	checkpoint_put(&text, &cp);
	sign_bytes(seed == NULL ? x->log : seed, text.data, text.len, sig);
	sign_public_key(seed == NULL ? x->log : seed, pub);
	fix_ok(note_key_make(origin, NOTE_ED25519, pub, &key, &e), &e, origin);
	buf_putc(&text, '\n');
	note_line_put(&text, &key, sig, SIG_LEN);
	const char *note = arena_strndup(x->f->a, text.data, text.len);
	buf_free(&text);
	return note;
}

struct mirror_checkpoint
foe_checkpoint(struct foe *x)
{
	struct hash root = foe_root(x, x->n);
	struct merkle_proof proof = {0};
	struct err e = ERR_INIT;
	struct mirror_checkpoint req = {.old = x->pending};

	req.note = foe_note(x, x->origin, x->n, &root, NULL);
	req.note_len = strlen(req.note);
	if (x->pending != 0 && x->pending < x->n)
		fix_ok(merkle_prove_consistency(x->pending, x->n, tree_get, x, &proof,
						&e),
		       &e, "proof");
	memcpy(req.proof, proof.h, proof.n * sizeof(proof.h[0]));
	req.n_proof = proof.n;
	return req;
}

struct mirror_entries
foe_entries(struct foe *x)
{
	struct arena *a = x->f->a;
	struct mirror_package *packages =
		arena_array(a, MIRROR_PACKAGES_MAX, sizeof(*packages));
	struct mirror_entries req = {.origin = x->origin,
				     .start = x->stored,
				     .end = x->pending,
				     .packages = packages};

	for (uint64_t at = x->stored, end; at < x->pending; at = end) {
		struct mirror_package *p = &packages[req.n_packages++];
		struct merkle_proof proof;
		struct err e = ERR_INIT;
		end = (at / MIRROR_PACKAGE + 1) * MIRROR_PACKAGE;
		end = end < x->pending ? end : x->pending;
		struct mirror_entry *entries = arena_array(a, end - at, sizeof(*entries));
		for (uint64_t i = at; i < end; i++)
			entries[i - at] = (struct mirror_entry){
				(const uint8_t *)x->leaf[i].jws, x->leaf[i].len};
		fix_ok(merkle_prove_subtree(at / MIRROR_PACKAGE * MIRROR_PACKAGE, end,
					    x->pending, tree_get, x, &proof, &e),
		       &e, "subtree");
		*p = (struct mirror_package){.start = at,
					     .entries = entries,
					     .n_entries = end - at,
					     .n_proof = proof.n};
		memcpy(p->proof, proof.h, proof.n * sizeof(proof.h[0]));
	}
	return req;
}

enum rc
foe_send_disclosures(struct foe *x, struct err *e)
{
	enum rc rc = RC_OK;

	if (x->texts.len != 0)
		rc = exchange_add_disclosures(x->f->n[PARTY_PLATFORM].nd, x->peer,
					      buf_str(&x->texts), x->texts.len, e);
	buf_reset(&x->texts);
	return rc;
}

enum rc
foe_send_checkpoint(struct foe *x, const struct mirror_checkpoint *req, struct err *e)
{
	uint64_t size = 0;
	enum rc rc = exchange_add_checkpoint(x->f->n[PARTY_PLATFORM].nd, x->peer, req,
					     &size, e);

	if (rc == RC_CONFLICT)
		assert_int_equal(size, x->pending);
	if (rc == RC_OK)
		x->pending = x->n;
	return rc;
}

enum rc
foe_send_entries(struct foe *x, const struct mirror_entries *req,
		 struct exchange_answer *ret, struct err *e)
{
	enum rc rc = exchange_add_entries(x->f->n[PARTY_PLATFORM].nd, x->peer, req,
					  x->f->a, ret, e);

	if (rc != RC_OK)
		return rc;
	x->stored = ret->info.next_entry;
	if (!ret->partial) {
		const char *sig = strrchr(ret->cosignature, ' ') + 1;
		snprintf(x->last_sig, sizeof(x->last_sig), "%.*s",
			 (int)strcspn(sig, "\n"), sig);
	}
	return rc;
}

enum rc
foe_send(struct foe *x, struct err *e)
{
	struct exchange_answer answer;
	enum rc rc = foe_send_disclosures(x, e);

	if (rc == RC_OK) {
		struct mirror_checkpoint cp = foe_checkpoint(x);
		rc = foe_send_checkpoint(x, &cp, e);
	}
	if (rc == RC_OK) {
		struct mirror_entries entries = foe_entries(x);
		rc = foe_send_entries(x, &entries, &answer, e);
	}
	return rc;
}
