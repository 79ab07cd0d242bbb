/*
 * What a peer may say of its keys (protocol 9), and what whoever has the old ones may do.
 */
#include "foe.h"
#include "rotate_fixture.h"

/* ---- a foe ------------------------------------------------------------------------- */

struct next {
	uint8_t root[SEED_LEN], event[SEED_LEN], log[SEED_LEN];
	struct identity id;
	const char *wire;
};

/* An entry of the foe that follows `before`, with keys of `salt`. */
static struct next
next_make(struct foe *x, const struct identity *before, uint8_t salt)
{
	struct next n = {.id = *before};
	uint8_t promised[SEED_LEN] = {salt, 99}, pub[KEY_LEN];

	memset(n.root, 0, sizeof(n.root));
	n.root[0] = x->root[0];
	n.root[1] = 7; /* as foe.c promised it */
	n.event[0] = n.log[0] = salt;
	n.event[1] = 12;
	n.log[1] = 13;
	n.id.n = before->n + 1;
	merkle_leaf(before->wire, strlen(before->wire), &n.id.prev);
	sign_public_key(n.root, n.id.root_pub);
	sign_public_key(promised, pub);
	hash_bytes(pub, KEY_LEN, &n.id.next_root);
	sign_public_key(n.event, n.id.event_keys[0]);
	sign_public_key(n.log, n.id.log_key);
	n.id.tls_spki[0].b[1] = salt;
	n.wire = identity_sign(x->f->a, &n.id, n.root);
	return n;
}

static enum rc
identity_send(struct foe *x, const char *lines, struct err *e)
{
	return exchange_add_identity(x->f->n[PLATFORM].nd, lines, strlen(lines), e);
}

static const char *
rekey_body(struct foe *x, int n, const char *wire)
{
	return arena_printf(x->f->a, "{\"n\":%d,\"entries\":[\"%s\"]}", n, wire);
}

static void
entries_prove_themselves(void **state)
{
	struct err e = ERR_INIT;
	struct fix f;
	struct foe x, stranger;

	(void)state;
	fix_open(&f);
	foe_open(&x, &f, 1);
	foe_make(&stranger, &f, 2);
	struct next good = next_make(&x, x.id, 50), bad;
	const char *first = x.id->wire;
#define SEND(...) identity_send(&x, arena_printf(f.a, __VA_ARGS__), &e)
	assert_int_equal(SEND("%s\n", first), RC_OK); /* nothing new */
	assert_int_equal(SEND("%s\n", stranger.id->wire), RC_NOT_FOUND);
	assert_int_equal(SEND("%s\n%s", first, good.wire), RC_UNPROCESSABLE);
	assert_int_equal(SEND("%s\n%s\n", first, first), RC_UNPROCESSABLE);
	/* Another root than the promised one; another prev; a number left out. */
	bad = next_make(&x, x.id, 51);
	bad.root[1]++;
	sign_public_key(bad.root, bad.id.root_pub);
	assert_int_equal(SEND("%s\n%s\n", first, identity_sign(f.a, &bad.id, bad.root)),
			 RC_UNPROCESSABLE);
	bad = next_make(&x, x.id, 51);
	bad.id.prev.b[0] ^= 1;
	assert_int_equal(SEND("%s\n%s\n", first, identity_sign(f.a, &bad.id, bad.root)),
			 RC_UNPROCESSABLE);
	bad = next_make(&x, x.id, 51);
	bad.id.n = 2;
	assert_int_equal(SEND("%s\n%s\n", first, identity_sign(f.a, &bad.id, bad.root)),
			 RC_UNPROCESSABLE);
	bad = next_make(&x, x.id, 51);
	bad.id.role = PLATFORM;
	assert_int_equal(SEND("%s\n%s\n", first, identity_sign(f.a, &bad.id, bad.root)),
			 RC_UNPROCESSABLE);
	/* It names the other peer's TLS key. */
	bad = next_make(&x, x.id, 51);
	bad.id.tls_spki[0] = f.n[AUTHORITY].nd->id->tls_spki[0];
	assert_int_equal(SEND("%s\n%s\n", first, identity_sign(f.a, &bad.id, bad.root)),
			 RC_CONFLICT);
	assert_int_equal(fix_query(&f, PLATFORM, "SELECT count(*) FROM identity"), 3);
	assert_int_equal(fix_query(&f, PLATFORM,
				   "SELECT count(*) FROM alarm WHERE kind "
				   "= 'fraud'"),
			 0);
	assert_int_equal(SEND("%s\n%s\n", first, good.wire), RC_OK);
	assert_int_equal(SEND("%s\n%s\n", first, good.wire), RC_OK);
	assert_int_equal(fix_query(&f, PLATFORM, "SELECT count(*) FROM identity"), 4);
	/* The same root signs a second one of that number: the first counts. */
	bad = next_make(&x, x.id, 52);
	assert_int_equal(SEND("%s\n%s\n", first, bad.wire), RC_CONFLICT);
	assert_non_null(strstr(e.text, "two entries"));
	assert_int_equal(fix_query(&f, PLATFORM, "SELECT count(*) FROM identity"), 4);
	assert_int_equal(fix_query(&f, PLATFORM,
				   "SELECT count(*) FROM alarm WHERE kind "
				   "= 'fraud'"),
			 1);
#undef SEND
	foe_close(&x);
	foe_close(&stranger);
	fix_close(&f);
}

/* Whoever has the old keys of the foe after its rotation. */
static void
old_keys_are_refused(void **state)
{
	const char *id = "01890a5d-ac96-774b-bcce-b302099a8057",
		   *id2 = "01890a5d-ac96-774b-bcce-b302099a8058";
	struct err e = ERR_INIT;
	struct fix f;
	struct foe x;

	(void)state;
	fix_open(&f);
	foe_open(&x, &f, 1);
	foe_notice(&x, id, 1);
	fix_ok(foe_send(&x, &e), &e, "before");
	struct next next = next_make(&x, x.id, 50);
	fix_ok(identity_send(&x, arena_printf(f.a, "%s\n%s\n", x.id->wire, next.wire),
			     &e),
	       &e, "identity");

	/* Heads of the old log key are no heads any more. */
	foe_notice(&x, id2, 1);
	assert_int_equal(foe_send(&x, &e), RC_DENIED);
	foe_drop(&x, 2);
	uint8_t old_log[SEED_LEN];
	memcpy(old_log, x.log, SEED_LEN);
	memcpy(x.log, next.log, SEED_LEN);

	/* Before the rekey events are under the old key, whatever signed the head; and
	 * the new one is in force only from there. */
	foe_append(&x, &(struct foe_event){.type = "case.remind",
					   .casefile = id,
					   .seed = next.event});
	assert_int_equal(foe_send(&x, &e), RC_UNPROCESSABLE);
	assert_non_null(strstr(e.text, "not in force"));
	fix_reopen(&f, PLATFORM);
	fix_close(&f);
	foe_close(&x);
}

/* A rekey must be signed by what it brings, and bring what follows. */
static void
rekeys_are_checked(void **state)
{
	const char *id = "01890a5d-ac96-774b-bcce-b302099a8057";
	struct err e = ERR_INIT;
	struct fix f;

	(void)state;
	fix_open(&f);
	for (unsigned k = 0; k < 7; k++) {
		struct foe x;
		foe_open(&x, &f, 1 + k);
		foe_notice(&x, id, 1);
		struct next next = next_make(&x, x.id, (uint8_t)(50 + k)),
			    second = next_make(&x, x.id, (uint8_t)(150 + k));
		const char *both = arena_printf(f.a, "%s\n%s\n", x.id->wire, next.wire);
		fix_ok(identity_send(&x, both, &e), &e, "identity");
		memcpy(x.log, next.log, SEED_LEN);
		struct foe_event ev = {.type = "channel.rekey",
				       .by = "node",
				       .body = rekey_body(&x, 1, next.wire),
				       .seed = next.event};
		enum rc want = RC_UNPROCESSABLE;
		switch (k) {
		case 0:
			want = RC_OK;
			break;
		case 1: /* signed by the old key */
			ev.seed = x.event;
			break;
		case 2: /* another number */
			ev.body = rekey_body(&x, 2, next.wire);
			break;
		case 3: /* the entry that is in force already */
			ev.body = rekey_body(&x, 1, x.id->wire);
			break;
		case 4: /* a second entry of that number */
			ev.body = rekey_body(&x, 1, second.wire);
			ev.seed = second.event;
			break;
		case 5: /* not the form of a rekey: an event under the old key, void */
			ev.body = "{\"n\":1}";
			ev.seed = x.event;
			want = RC_OK;
			break;
		default: /* the same under the new key */
			ev.body = "{\"n\":1}";
			break;
		}
		foe_append(&x, &ev);
		enum rc rc = foe_send(&x, &e);
		if (rc != want)
			fail_msg("rekey %u: %s %s", k, rc_token(rc), e.text);
		if (k == 0) {
			/* From here on the old key is void; the new one is not. */
			foe_append(&x, &(struct foe_event){.type = "case.remind",
							   .casefile = id,
							   .seed = next.event});
			fix_ok(foe_send(&x, &e), &e, "after");
			foe_append(&x, &(struct foe_event){.type = "case.remind",
							   .casefile = id});
			assert_int_equal(foe_send(&x, &e), RC_UNPROCESSABLE);
		}
		foe_close(&x);
	}
	assert_int_equal(fix_query(&f, PLATFORM,
				   "SELECT count(*) FROM v_rekey WHERE n = "
				   "1"),
			 1);
	assert_int_equal(fix_query(&f, PLATFORM,
				   "SELECT count(*) FROM alarm WHERE kind "
				   "= 'fraud'"),
			 1);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

/* With the platform's old receipt key nobody makes receipts for what came later. */
static void
old_receipts(void **state)
{
	const char *id = "01890a5d-ac96-774b-bcce-b302099a8057",
		   *id2 = "01890a5d-ac96-774b-bcce-b302099a8058";
	uint8_t seed[SEED_LEN], pub[KEY_LEN], sig[NOTE_COSIG_LEN] = {0};
	struct err e = ERR_INIT;
	struct fix f;
	struct foe x;

	(void)state;
	fix_open(&f);
	foe_open(&x, &f, 1);
	foe_notice(&x, id, 1);
	fix_ok(foe_send(&x, &e), &e, "first");
	seed_read(&f, PLATFORM, "receipt.key", seed);
	rotate(&f, PLATFORM, 1);
	/* The rekey enters the platform's log with the first event after it. */
	fix_must(&f, PLATFORM, f.n[PLATFORM].admin, "POST", "/v1/channel/tests",
		 json_pack("{s:s}", "peer", x.org));
	for (unsigned later = 0; later < 2; later++) {
		uint64_t size = later == 0 ? x.n : x.n + 2, time_s = 1700000000;
		if (later == 1)
			foe_notice(&x, id2, 1);
		struct checkpoint cp = {
			.origin = x.origin, .size = size, .root = foe_root(&x, size)};
		struct buf text = BUF_INIT(NOTE_TEXT_MAX), msg = BUF_INIT(NOTE_TEXT_MAX),
			   b64 = BUF_INIT(NOTE_TEXT_MAX);
		char hex[HASH_HEX_LEN + 1];
		struct note_key key;
		checkpoint_put(&text, &cp);
		note_cosig_message_put(&msg, time_s, buf_str(&text), text.len);
		for (size_t i = 0; i < 8; i++)
			sig[i] = (uint8_t)(time_s >> (56 - 8 * i));
		sign_bytes(seed, msg.data, msg.len, sig + 8);
		sign_public_key(seed, pub);
		fix_ok(note_key_make("platform.example/rcpt", NOTE_COSIGNATURE, pub, &key,
				     &e),
		       &e, "key");
		note_line_put(&b64, &key, sig, sizeof(sig));
		char *word = strrchr(arena_strndup(f.a, b64.data, b64.len - 1), ' ') + 1;
		foe_append(
			&x,
			&(struct foe_event){
				.type = "receipt.adopt",
				.by = "node",
				.body = arena_printf(
					f.a,
					"{\"log\":\"%s\",\"size\":%llu,\"root\":\"%s\","
					"\"time\":%llu,\"sig\":\"%s\"}",
					x.origin, (unsigned long long)size,
					hash_hex(&cp.root, hex),
					(unsigned long long)time_s, word)});
		fix_ok(foe_send(&x, &e), &e, "adopt");
		buf_free(&text);
		buf_free(&msg);
		buf_free(&b64);
		assert_int_equal(fix_query(&f, PLATFORM,
					   "SELECT count(*) FROM v_event WHERE type = "
					   "'receipt.adopt' AND void IS NULL"),
				 1);
	}
	assert_non_null(strstr(fix_query_text(&f, PLATFORM,
					      "SELECT void FROM v_event WHERE void "
					      "IS NOT NULL"),
			       "had replaced before"));
	fix_rebuilt_equal(&f, PLATFORM);
	foe_close(&x);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_prove_themselves),
		cmocka_unit_test(old_keys_are_refused),
		cmocka_unit_test(rekeys_are_checked),
		cmocka_unit_test(old_receipts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
