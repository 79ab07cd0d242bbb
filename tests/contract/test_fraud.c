/*
 * Who signs what cannot both be true (protocol 7): it is found in both directions, proves
 * itself, freezes the channel and nothing else, and people of both sides end that.
 */
#include "foe.h"

#include <stdio.h>
#include <string.h>

#include "base/enc.h"
#include "core/epoch.h"
#include "core/fraud.h"
#include "service/recovery.h"

#define AUTHORITY PARTY_AUTHORITY
#define NODE	  PARTY_PLATFORM

#define CASE_1 "01980000-0000-7000-8000-000000000001"
#define CASE_2 "01980000-0000-7000-8000-000000000002"

enum { KEPT_MAX = 256 /* proofs about one side that freeze nothing */ };

static int64_t
proofs(struct fix *f, enum party p)
{
	return fix_query(f, p, "SELECT count(*) FROM fraud WHERE proof <> ''");
}

static bool
frozen(struct fix *f, enum party p, int64_t channel)
{
	return channel_is_frozen(f->n[p].nd, channel);
}

static void
good(struct foe *x)
{
	struct err e = ERR_INIT;

	fix_ok(foe_send(x, &e), &e, "good input");
}

/* A node with a foe whose log of 5 entries it has. */
static void
open_foe(struct fix *f, struct foe *x)
{
	fix_open_one(f, NODE);
	foe_open(x, f, 1);
	foe_notice(x, CASE_1, 3);
	good(x);
	while (x->n < 5)
		foe_append(x, &(struct foe_event){.type = "message.post",
						  .casefile = CASE_1,
						  .texts = {{"text", "\"t\""}}});
	good(x);
	assert_int_equal(x->stored, 5);
	assert_int_equal(proofs(f, NODE), 0);
}

static enum rc
send_head(struct foe *x, uint64_t old, uint64_t size, const struct hash *root,
	  const struct merkle_proof *proof, struct err *e)
{
	struct mirror_checkpoint req = {.old = old};
	uint64_t ignored;

	req.note = foe_note(x, x->origin, size, root, NULL);
	req.note_len = strlen(req.note);
	if (proof != NULL) {
		memcpy(req.proof, proof->h, proof->n * sizeof(proof->h[0]));
		req.n_proof = proof->n;
	}
	return exchange_add_checkpoint(x->f->n[NODE].nd, x->peer, &req, &ignored, e);
}

/* ---- found ------------------------------------------------------------------------- */

/* Another history: its leaves differ from entry 3 on. */
struct fork {
	struct hash leaf[16];
};

static enum rc
fork_get(void *arg, unsigned level, uint64_t index, struct hash *ret, struct err *e)
{
	struct fork *k = arg;
	struct hash l, r;

	if (level == 0) {
		*ret = k->leaf[index];
		return RC_OK;
	}
	enum rc rc = fork_get(arg, level - 1, 2 * index, &l, e);
	if (rc == RC_OK)
		rc = fork_get(arg, level - 1, 2 * index + 1, &r, e);
	if (rc == RC_OK)
		merkle_node(&l, &r, ret);
	return rc;
}

static struct fork
fork_of(struct foe *x)
{
	struct fork k;

	for (uint8_t i = 0; i < 16; i++) {
		k.leaf[i] = (struct hash){{i, 0xff}};
		if (i < 3)
			k.leaf[i] = x->leaf[i].leaf;
	}
	return k;
}

static struct hash
fork_root(struct fork *k, uint64_t size)
{
	struct merkle_edge edge;
	struct err e = ERR_INIT;
	struct hash root;

	fix_ok(merkle_edge_load(size, fork_get, k, &edge, &e), &e, "edge");
	merkle_root(&edge, &root);
	return root;
}

enum found { SAME_SIZE, SMALLER, LARGER, SMALLER_THAT_IS_OURS, LARGER_OF_OURS, FOUND_N };

/* Both directions: what contradicts freezes, what is of the same history does not. */
static void
heads_are_compared(void **state)
{
	(void)state;
	for (int how = 0; how < FOUND_N; how++) {
		struct merkle_proof proof = {0};
		struct err e = ERR_INIT;
		struct fix f;
		struct foe x;
		open_foe(&f, &x);
		struct fork k = fork_of(&x);
		struct hash root = fork_root(&k, how == SMALLER	 ? 4
						 : how == LARGER ? 7
								 : 5);
		bool fraud = how <= LARGER;
		if (how == SAME_SIZE)
			(void)send_head(&x, 5, 5, &root, NULL, &e);
		else if (how == SMALLER)
			(void)send_head(&x, 0, 4, &root, NULL, &e);
		else if (how == SMALLER_THAT_IS_OURS) {
			root = foe_root(&x, 4);
			(void)send_head(&x, 0, 4, &root, NULL, &e);
		} else if (how == LARGER) {
			fix_ok(merkle_prove_consistency(5, 7, fork_get, &k, &proof, &e),
			       &e, "proof");
			(void)send_head(&x, 5, 7, &root, &proof, &e);
		} else {
			foe_notice(&x, CASE_2, 1);
			good(&x);
		}
		assert_int_equal(proofs(&f, NODE), fraud);
		assert_int_equal(frozen(&f, NODE, x.peer), fraud);
		/* And the next start knows. */
		fix_reopen(&f, NODE);
		assert_int_equal(frozen(&f, NODE, x.peer), fraud);
		foe_close(&x);
		fix_close(&f);
	}
}

/* Other bytes for a number that is here, signed: a proof; not signed: none. */
static void
events_are_compared(void **state)
{
	(void)state;
	for (int is_signed = 0; is_signed < 2; is_signed++) {
		struct exchange_answer answer;
		struct err e = ERR_INIT;
		struct fix f;
		struct foe x;
		open_foe(&f, &x);
		foe_append(&x, &(struct foe_event){.type = "message.post",
						   .casefile = CASE_1,
						   .texts = {{"text", "\"u\""}}});
		fix_ok(foe_send_disclosures(&x, &e), &e, "disclosures");
		struct mirror_checkpoint cp = foe_checkpoint(&x);
		fix_ok(foe_send_checkpoint(&x, &cp, &e), &e, "checkpoint");
		x.stored = 4;
		struct mirror_entries req = foe_entries(&x);
		struct mirror_entry *second =
			(struct mirror_entry *)(uintptr_t)&req.packages[0].entries[0];
		foe_drop(&x, 2);
		foe_append(&x, &(struct foe_event){.type = "message.post",
						   .casefile = CASE_1,
						   .texts = {{"text", "\"other\""}}});
		second->data = (const uint8_t *)x.leaf[4].jws;
		second->len = x.leaf[4].len;
		if (!is_signed) {
			char *broken = arena_strndup(f.a, x.leaf[4].jws, x.leaf[4].len);
			broken[second->len - 3] =
				broken[second->len - 3] == 'A' ? 'B' : 'A';
			second->data = (const uint8_t *)broken;
		}
		assert_int_equal(foe_send_entries(&x, &req, &answer, &e),
				 RC_UNPROCESSABLE);
		assert_int_equal(proofs(&f, NODE), is_signed);
		assert_int_equal(frozen(&f, NODE, x.peer), is_signed);
		foe_close(&x);
		fix_close(&f);
	}
}

/* ---- told -------------------------------------------------------------------------- */

static const char *
two_heads(struct foe *x, uint64_t size_a, const struct hash *root_a, uint64_t size_b,
	  const struct hash *root_b, const struct hash *root,
	  const struct merkle_proof *proof)
{
	struct identity_log ids;

	identity_log_from(&ids, x->id);
	json_t *body = fraud_of_heads(
		x->f->a, FRAUD_HEADS, &ids, foe_note(x, x->origin, size_a, root_a, NULL),
		foe_note(x, x->origin, size_b, root_b, NULL), root, proof);
	assert_non_null(body);
	char *text = json_dumps(body, JSON_COMPACT);
	const char *ret = arena_strdup(x->f->a, text);
	free(text);
	json_decref(body);
	return ret;
}

static enum rc
tell(struct foe *x, const char *text, struct err *e)
{
	return exchange_add_fraud(x->f->n[NODE].nd, x->peer, text, strlen(text), e);
}

/* What proves nothing is refused and freezes nothing. */
static void
hostile_proofs(void **state)
{
	const struct hash one = {{1}}, two = {{2}};
	struct merkle_proof proof = {0};
	struct err e = ERR_INIT;
	struct fix f;
	struct foe x;

	(void)state;
	open_foe(&f, &x);
	struct hash r4 = foe_root(&x, 4), r5 = foe_root(&x, 5);
	static const char *const odd[] = {
		"",
		"{}",
		"[]",
		"{\"kind\":\"other\"}",
		"{\"kind\":\"heads\"}",
		"{\"kind\":\"heads\",\"log\":\"a b\",\"heads\":[]}",
		"{\"kind\":\"events\",\"log\":\"x/c/1/e0\",\"signed\":[\"a\",\"b\"]}",
		"{\"kind\":\"identity\",\"signed\":[\"a\"]}",
		"{\"kind\":\"identity\",\"signed\":[\"a\",\"b\"]}",
		"{\"kind\":\"identity\",\"signed\":[1,2]}"};
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_int_equal(tell(&x, odd[i], &e), RC_UNPROCESSABLE);
	/* Heads of one history; one head twice; a proof from nowhere. */
	fix_ok(merkle_prove_consistency(
		       4, 5, fork_get,
		       &(struct fork){.leaf = {x.leaf[0].leaf, x.leaf[1].leaf,
					       x.leaf[2].leaf, x.leaf[3].leaf,
					       x.leaf[4].leaf}},
		       &proof, &e),
	       &e, "proof");
	assert_int_equal(tell(&x, two_heads(&x, 4, &r4, 5, &r5, &r4, &proof), &e),
			 RC_UNPROCESSABLE);
	assert_int_equal(tell(&x, two_heads(&x, 5, &r5, 5, &r5, NULL, NULL), &e),
			 RC_UNPROCESSABLE);
	assert_int_equal(tell(&x, two_heads(&x, 4, &one, 5, &r5, &two, &proof), &e),
			 RC_UNPROCESSABLE);
	/* A size that says nothing of the other. */
	assert_int_equal(tell(&x, two_heads(&x, 4, &one, 5, &r5, NULL, NULL), &e),
			 RC_UNPROCESSABLE);
	/* Of another's key. */
	uint8_t log[SEED_LEN];
	const char *mine = two_heads(&x, 5, &one, 5, &r5, NULL, NULL);
	memcpy(log, x.log, SEED_LEN);
	char *forged = arena_strdup(f.a, mine);
	char *sig = strstr(forged, "\"sig\":\"") + 20;
	*sig = *sig == 'A' ? 'B' : 'A';
	assert_int_equal(tell(&x, forged, &e), RC_UNPROCESSABLE);
	assert_int_equal(proofs(&f, NODE), 0);
	assert_false(frozen(&f, NODE, x.peer));
	/* But this does: our head and another, which we never saw. */
	fix_ok(tell(&x, mine, &e), &e, "a proof");
	fix_ok(tell(&x, mine, &e), &e, "the same again");
	assert_int_equal(proofs(&f, NODE), 1);
	assert_true(frozen(&f, NODE, x.peer));
	foe_close(&x);
	fix_close(&f);
}

/* ---- frozen, and out of it --------------------------------------------------------- */

static const char *
statement(struct foe *x, uint64_t epoch, uint64_t size, const struct hash *root,
	  const uint8_t *seed)
{
	struct arena *a = x->f->a;
	struct hash empty;
	struct epoch st = {
		.org = x->org,
		.peer = x->f->n[NODE].nd->id->org,
		.channel = x->channel,
		.epoch = epoch,
		.iat_us = x->now_us,
	};

	hash_bytes("", 0, &empty);
	st.head[AUTHORITY] =
		(struct event_head){.log = x->origin, .size = size, .root = *root};
	st.head[NODE] =
		(struct event_head){.log = x->node_origin, .size = 0, .root = empty};
	const char *payload = epoch_payload(a, &st);
	return jws_sign(a, seed == NULL ? x->event : seed, EPOCH_TYP, payload,
			strlen(payload));
}

static enum rc
say(struct foe *x, const char *text, const char **ret, struct err *e)
{
	return exchange_add_epoch(x->f->n[NODE].nd, x->peer, text, strlen(text), x->f->a,
				  ret, e);
}

static json_t *
log_state(struct fix *f, enum party p)
{
	json_t *r = fix_must(f, p, f->n[p].admin, "GET", "/v1/recovery", NULL);

	return json_array_get(json_object_get(r, "logs"), 0);
}

static json_t *
verified(struct fix *f, const char *file)
{
	struct buf b = BUF_INIT(FRAUD_FILE_MAX * 2);

	b64_put(&b, file, strlen(file));
	json_t *in = json_pack("{s:s}", "file", buf_str(&b));
	buf_free(&b);
	return fix_must(f, NODE, f->n[NODE].admin, "POST", "/v1/verify", in);
}

/* Nothing enters either log, people are told why and what to do; the proof can be taken
 * along; and when both sides have signed it goes on. */
static void
frozen_and_out(void **state)
{
	const struct hash wrong = {{1}};
	struct identity_log ids;
	struct fraud_said said;
	struct err e = ERR_INIT;
	struct fraud proof;
	const char *own;
	struct fix f;
	struct foe x;

	(void)state;
	open_foe(&f, &x);
	const char *agent = fix_text(
		fix_must(&f, NODE, f.n[NODE].admin, "POST", "/v1/persons",
			 json_pack("{s:s, s:s}", "name", "ivan", "role", "agent")),
		"credential");
	struct hash r5 = foe_root(&x, 5);
	assert_string_equal(fix_text(log_state(&f, NODE), "state"), "open");
	assert_int_equal(send_head(&x, 5, 5, &wrong, NULL, &e), RC_FROZEN);
	assert_string_equal(e.rule, "protocol 7");
	assert_string_equal(fix_text(log_state(&f, NODE), "state"), "frozen");
	fix_refused(&f, NODE, agent, "POST", "/v1/cases/" CASE_1 "/accept", NULL,
		    RC_FROZEN, "saluran channel epoch");
	json_t *status = fix_must(&f, NODE, agent, "GET", "/v1/status", NULL);
	assert_int_equal(json_array_size(json_object_get(status, "frozen")), 1);
	foe_notice(&x, CASE_2, 1);
	assert_int_equal(foe_send_disclosures(&x, &e), RC_FROZEN);
	assert_int_equal(foe_send(&x, &e), RC_FROZEN);
	foe_drop(&x, x.n - 5);

	/* The proof by itself, with nothing of this node. */
	json_t *file =
		fix_must(&f, NODE, f.n[NODE].admin, "GET", "/v1/channel/proof", NULL);
	char *text = json_dumps(file, JSON_COMPACT);
	fix_ok(fraud_file_parse(f.a, text, strlen(text), &ids, &proof, &e), &e, "file");
	fix_ok(fraud_verify(f.a, &proof, &ids, &said, &e), &e, "proof");
	assert_int_equal(said.at, 5);
	json_t *answer = verified(&f, text);
	assert_true(json_is_true(json_object_get(answer, "ok")));
	assert_string_equal(fix_text(answer, "kind"), "fraud");
	assert_string_equal(fix_text(answer, "proves"), "heads");
	assert_int_equal(fix_int(answer, "at"), 5);
	*strstr(text, "org") = 'a';
	answer = verified(&f, text);
	assert_true(json_is_false(json_object_get(answer, "ok")));
	assert_string_equal(fix_text(answer, "step"), "fraud_proof");
	free(text);

	/* One side alone opens nothing; nor do others, another history, another epoch. */
	fix_refused(&f, NODE, agent, "POST", "/v1/channel/epoch", NULL, RC_DENIED, "");
	json_t *r =
		fix_must(&f, NODE, f.n[NODE].admin, "POST", "/v1/channel/epoch", NULL);
	assert_false(json_is_true(json_object_get(r, "begun")));
	assert_int_equal(fix_int(r, "epoch"), 1);
	assert_true(frozen(&f, NODE, x.peer));
	assert_int_equal(say(&x, statement(&x, 1, 5, &r5, x.log), &own, &e),
			 RC_UNPROCESSABLE);
	assert_int_equal(say(&x, statement(&x, 1, 5, &wrong, NULL), &own, &e),
			 RC_CONFLICT);
	assert_int_equal(say(&x, statement(&x, 1, 6, &r5, NULL), &own, &e), RC_CONFLICT);
	assert_int_equal(say(&x, statement(&x, 40, 5, &r5, NULL), &own, &e), RC_CONFLICT);
	assert_int_equal(say(&x, "x", &own, &e), RC_UNPROCESSABLE);
	assert_true(frozen(&f, NODE, x.peer));
	fix_reopen(&f, NODE);
	assert_true(frozen(&f, NODE, x.peer));

	fix_ok(say(&x, statement(&x, 1, 5, &r5, NULL), &own, &e), &e, "both");
	assert_true(strlen(own) > 0); /* ours, with the answer */
	assert_false(frozen(&f, NODE, x.peer));
	assert_int_equal(fix_events(&f, NODE, NODE, "channel.epoch"), 1);
	assert_int_equal(fix_int(log_state(&f, NODE), "epoch"), 1);
	fix_must(&f, NODE, agent, "POST", "/v1/cases/" CASE_1 "/accept", NULL);
	foe_notice(&x, CASE_2, 1);
	good(&x);
	/* What is settled freezes nothing: the same, and another of that place. */
	const struct hash third = {{3}};
	(void)send_head(&x, 5, 5, &wrong, NULL, &e);
	(void)tell(&x, two_heads(&x, 5, &third, 5, &r5, NULL, NULL), &e);
	assert_int_equal(proofs(&f, NODE), 3);
	assert_false(frozen(&f, NODE, x.peer));
	fix_ok(say(&x, statement(&x, 1, 5, &r5, NULL), &own, &e), &e, "again");
	/* However many of these there are. */
	for (int i = 0; i < KEPT_MAX + 9; i++) {
		const struct hash odd = {{4, (uint8_t)i, (uint8_t)(i >> 8)}};
		fix_ok(tell(&x, two_heads(&x, 5, &odd, 5, &r5, NULL, NULL), &e), &e,
		       "settled");
	}
	assert_int_equal(proofs(&f, NODE), KEPT_MAX);
	assert_false(frozen(&f, NODE, x.peer));
	/* What comes after freezes again. */
	struct hash now = foe_root(&x, x.n);
	fix_ok(tell(&x, two_heads(&x, x.n, &wrong, x.n, &now, NULL, NULL), &e), &e,
	       "a new one");
	assert_int_equal(proofs(&f, NODE), KEPT_MAX + 1);
	assert_true(frozen(&f, NODE, x.peer));
	fix_reopen(&f, NODE);
	assert_true(frozen(&f, NODE, x.peer));
	foe_close(&x);
	fix_close(&f);
}

/* Between the epoch in the store and the thaw, another thread's proof. */
static struct foe *tells_meanwhile;
void __real_channel_thaw(struct node *nd, int64_t channel);
void __wrap_channel_thaw(struct node *nd, int64_t channel);

void
__wrap_channel_thaw(struct node *nd, int64_t channel)
{
	const struct hash one = {{1}}, other = {{2}};
	struct foe *x = tells_meanwhile;
	struct err e = ERR_INIT;

	tells_meanwhile = NULL;
	if (x != NULL)
		fix_ok(tell(x, two_heads(x, 6, &one, 6, &other, NULL, NULL), &e), &e,
		       "of what is not settled");
	__real_channel_thaw(nd, channel);
}

/* A proof that finds the channel frozen still, of what the epoch does not settle, keeps
 * it frozen. */
static void
frozen_by_another(void **state)
{
	const struct hash wrong = {{1}};
	struct err e = ERR_INIT;
	const char *own;
	struct fix f;
	struct foe x;

	(void)state;
	open_foe(&f, &x);
	struct hash r5 = foe_root(&x, 5);
	assert_int_equal(send_head(&x, 5, 5, &wrong, NULL, &e), RC_FROZEN);
	fix_must(&f, NODE, f.n[NODE].admin, "POST", "/v1/channel/epoch", NULL);
	tells_meanwhile = &x;
	fix_ok(say(&x, statement(&x, 1, 5, &r5, NULL), &own, &e), &e, "both");
	assert_null(tells_meanwhile);
	assert_true(frozen(&f, NODE, x.peer));
	fix_must(&f, NODE, f.n[NODE].admin, "POST", "/v1/channel/epoch", NULL);
	fix_ok(say(&x, statement(&x, 2, 5, &r5, NULL), &own, &e), &e, "again");
	assert_false(frozen(&f, NODE, x.peer));
	fix_reopen(&f, NODE);
	assert_false(frozen(&f, NODE, x.peer));
	foe_close(&x);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_are_compared),
		cmocka_unit_test(events_are_compared),
		cmocka_unit_test(hostile_proofs),
		cmocka_unit_test(frozen_and_out),
		cmocka_unit_test(frozen_by_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
