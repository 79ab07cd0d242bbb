/*
 * New keys of one side (protocol 9): nothing is lost, what was signed before still
 * verifies, and the old keys sign nothing any more.
 */
#include "foe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/enc.h"
#include "core/bundle.h"
#include "core/identity_log.h"
#include "service/node_int.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

enum { POINTS_MAX = 40, TEXT_MAX = 4096 };

static enum party
other(enum party p)
{
	return p == AUTHORITY ? PLATFORM : AUTHORITY;
}

static const char *
root_path(struct fix *f, enum party p, unsigned n)
{
	return n == 0 ? arena_printf(f->a, "%s/next-root.key", f->n[p].dir)
		      : arena_printf(f->a, "%s/root-%s-%u.key", f->above, party_name(p),
				     n);
}

/* The n-th rotation of a node. */
static enum rc
rotate_try(struct fix *f, enum party p, unsigned n, struct node_rotated *ret,
	   struct err *e)
{
	struct node_rotation in = {.dir = f->n[p].dir,
				   .root_path = root_path(f, p, n - 1),
				   .next_path = root_path(f, p, n)};

	return node_rotate_keys(f->a, &in, ret, e);
}

static void
rotate(struct fix *f, enum party p, unsigned n)
{
	struct node_rotated done;
	struct err e = ERR_INIT;

	node_close(f->n[p].nd);
	f->n[p].nd = NULL;
	fix_ok(rotate_try(f, p, n, &done, &e), &e, "rotate");
	assert_int_equal(done.n, n);
	fix_reopen(f, p);
	assert_int_equal(f->n[p].nd->id->n, n);
}

/* What the pusher does first.  RC_NOT_FOUND: there is nothing to tell. */
static enum rc
tell_try(struct fix *f, enum party p, struct err *e)
{
	struct node *from = f->n[p].nd;
	struct exchange_question q;
	struct arena *a = arena_create();
	int64_t wait_us;
	enum rc rc = exchange_ask_next(from, FIX_PEER, a, &q, &wait_us, e);

	if (rc == RC_OK && q.kind != EXCHANGE_TELL_IDENTITY)
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = exchange_add_identity(f->n[other(p)].nd, q.body, strlen(q.body), e);
	if (rc == RC_OK)
		rc = exchange_ask_done(from, FIX_PEER, a, &q, NULL, 0, e);
	arena_free(a);
	return rc;
}

static void
tell(struct fix *f, enum party p)
{
	struct err e = ERR_INIT;

	fix_ok(tell_try(f, p, &e), &e, "tell");
	assert_int_equal(tell_try(f, p, &e), RC_NOT_FOUND);
}

static void
seed_read(struct fix *f, enum party p, const char *name, uint8_t ret[SEED_LEN])
{
	char text[TEXT_MAX] = "";
	FILE *file = fopen(arena_printf(f->a, "%s/keys/%s", f->n[p].dir, name), "re");

	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_int_equal(hex_decode(strrchr(text, ' ') + 1, 2 * SEED_LEN, ret, SEED_LEN),
			 RC_OK);
}

/* Either side, while a case is under way. */
static void
rotated(enum party p)
{
	struct fix f;
	struct err e = ERR_INIT;

	fix_open(&f);
	const char *before = fix_send(&f, "R-1", "bad.example", 2);
	fix_settle(&f);
	fix_act(&f, PLATFORM, before, "accept", NULL);
	fix_settle(&f);
	/* And something that the other side does not have yet. */
	fix_act(&f, p, before, "say", json_pack("{s:s}", "text", "before"));
	rotate(&f, p, 1);
	const char *after = fix_send(&f, "R-2", "worse.example", 2);

	/* Until the other side knows the entry, nothing that the new keys sign is taken.
	 */
	assert_int_equal(fix_carry_try(&f, p, CUT_NOTHING, &e), RC_DENIED);
	tell(&f, p);
	fix_settle(&f);
	fix_act(&f, PLATFORM, after, "accept", NULL);
	fix_settle(&f);
	for (int q = 0; q < PARTY_COUNT; q++) {
		assert_int_equal(fix_events(&f, (enum party)q, p, "channel.rekey"), 1);
		assert_int_equal(fix_events(&f, (enum party)q, other(p), "channel.rekey"),
				 0);
		assert_int_equal(
			fix_query(&f, (enum party)q,
				  "SELECT count(*) FROM v_event WHERE void <> ''"),
			0);
		assert_int_equal(fix_query(&f, (enum party)q,
					   "SELECT count(*) FROM v_rekey WHERE n = 1"),
				 1);
		fix_rebuilt_equal(&f, (enum party)q);
	}
	fix_same_case(&f, before);
	fix_same_case(&f, after);
	/* It is told once, and a start later brings no second rekey. */
	fix_reopen(&f, p);
	tell(&f, p);
	fix_settle(&f);
	assert_int_equal(fix_events(&f, p, p, "channel.rekey"), 1);
	fix_close(&f);
}

static void
authority_rotates(void **state)
{
	(void)state;
	rotated(AUTHORITY);
}

static void
platform_rotates(void **state)
{
	(void)state;
	rotated(PLATFORM);
}

/* Both at once, and one twice before the other hears of it. */
static void
both_rotate(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *id = fix_send(&f, "R-1", "bad.example", 1);
	fix_settle(&f);
	rotate(&f, AUTHORITY, 1);
	rotate(&f, PLATFORM, 1);
	rotate(&f, PLATFORM, 2);
	fix_act(&f, PLATFORM, id, "accept", NULL);
	tell(&f, AUTHORITY);
	tell(&f, PLATFORM);
	fix_settle(&f);
	fix_same_case(&f, id);
	for (int q = 0; q < PARTY_COUNT; q++) {
		fix_rebuilt_equal(&f, (enum party)q);
		assert_int_equal(
			fix_query(&f, (enum party)q, "SELECT max(n) FROM v_rekey"), 2);
	}
	fix_close(&f);
}

/* The bundle of a case as one side gives it, and what it proves. */
static struct bundle_report
bundle_get(struct fix *f, enum party p, const char *casefile)
{
	const struct service_route *r;
	const struct actor *who;
	struct bundle_report report;
	struct reply out = {0};
	struct err e = ERR_INIT;
	json_t *in = json_object();

	fix_ok(actor_authenticate(f->n[p].nd, f->a, f->n[p].auditor, &who, &e), &e,
	       "actor");
	fix_ok(service_route_find("GET",
				  arena_printf(f->a, "/v1/cases/%s/bundle", casefile), in,
				  &r, &e),
	       &e, "route");
	fix_ok(service_run(f->n[p].nd, f->a, r, who, in, &out, &e), &e, "bundle");
	json_decref(in);
	assert_null(out.download);
	fix_ok(bundle_verify(f->a, out.bytes, out.len, NULL, &report, &e), &e, "verify");
	return report;
}

/* One bundle with events, heads and receipts under old keys and new ones. */
static void
bundles_across(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *first = fix_send(&f, "R-1", "bad.example", 2);
	fix_settle(&f);
	rotate(&f, AUTHORITY, 1);
	fix_act(&f, AUTHORITY, first, "say", json_pack("{s:s}", "text", "new keys"));
	tell(&f, AUTHORITY);
	fix_settle(&f);
	rotate(&f, PLATFORM, 1);
	fix_act(&f, PLATFORM, first, "accept", NULL);
	tell(&f, PLATFORM);
	fix_settle(&f);
	rotate(&f, AUTHORITY, 2);
	tell(&f, AUTHORITY);
	const char *last = fix_send(&f, "R-2", "worse.example", 1);
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		struct bundle_report r = bundle_get(&f, (enum party)p, first);
		char old[FINGERPRINT_TEXT_MAX];
		/* What people compared once is still what they know. */
		identity_fingerprint(f.n[AUTHORITY].nd->ids->entry[0]->root_pub, old);
		assert_string_equal(r.party[AUTHORITY].fingerprint, old);
		assert_true(r.party[AUTHORITY].open_agrees);
		assert_true(r.party[PLATFORM].open_agrees);
		assert_int_equal(r.party[AUTHORITY].cosigned_size,
				 r.party[AUTHORITY].head_size);
		(void)bundle_get(&f, (enum party)p, last);
		fix_rebuilt_equal(&f, (enum party)p);
	}
	fix_close(&f);
}

/* Only the promised root key replaces the keys, and only once. */
static void
root_is_needed(void **state)
{
	struct node_rotated done;
	struct err e = ERR_INIT;
	struct fix f;

	(void)state;
	fix_open_one(&f, AUTHORITY);
	assert_int_equal(rotate_try(&f, AUTHORITY, 1, &done, &e), RC_CONFLICT);
	assert_non_null(strstr(e.text, "in use"));
	rotate(&f, AUTHORITY, 1);
	node_close(f.n[AUTHORITY].nd);
	f.n[AUTHORITY].nd = NULL;
	struct node_rotation in = {.dir = f.n[AUTHORITY].dir,
				   .root_path = root_path(&f, AUTHORITY, 0),
				   .next_path = root_path(&f, AUTHORITY, 2)};
	assert_int_equal(node_rotate_keys(f.a, &in, &done, &e), RC_DENIED);
	assert_non_null(strstr(e.text, "used already"));
	in.root_path = arena_printf(f.a, "%s/keys/event.key", in.dir);
	assert_int_equal(node_rotate_keys(f.a, &in, &done, &e), RC_INVALID);
	in.root_path = "/nonexistent/root.key";
	assert_int_equal(node_rotate_keys(f.a, &in, &done, &e), RC_NOT_FOUND);
	/* A refused one leaves nothing behind. */
	assert_int_not_equal(access(in.next_path, F_OK), 0);
	in.root_path = root_path(&f, AUTHORITY, 1);
	in.next_path = root_path(&f, AUTHORITY, 1);
	assert_int_equal(node_rotate_keys(f.a, &in, &done, &e), RC_CONFLICT);
	in.next_path = root_path(&f, AUTHORITY, 2);
	in.url = "https://elsewhere.example:7443";
	fix_ok(node_rotate_keys(f.a, &in, &done, &e), &e, "rotate");
	fix_reopen(&f, AUTHORITY);
	assert_string_equal(f.n[AUTHORITY].nd->id->url, in.url);
	fix_close(&f);
}

/* Killed at each point, the node has its old keys or its new ones, and starts. */
static void
killed_anywhere(void **state)
{
	struct fix f;
	bool killed = true;

	(void)state;
	fix_open_one(&f, AUTHORITY);
	node_close(f.n[AUTHORITY].nd);
	f.n[AUTHORITY].nd = NULL;
	unsigned n = 1;
	for (unsigned k = 1; killed && k < POINTS_MAX; k++) {
		const char *path = arena_printf(f.a, "%s/faults", f.above);
		FILE *file = fopen(path, "we");
		assert_non_null(file);
		fprintf(file, "%d %u 0\n", POINTS_MAX, k);
		fclose(file);
		pid_t pid = fork();
		if (pid == 0) {
			struct node_rotated done;
			struct err e = ERR_INIT;
			setenv("SALURAN_FAULT_FILE", path, 1);
			_exit(rotate_try(&f, AUTHORITY, n, &done, &e) == RC_OK ? 0 : 1);
		}
		int how;
		assert_int_equal(waitpid(pid, &how, 0), pid);
		killed = WIFSIGNALED(how);
		assert_true(killed || (WIFEXITED(how) && WEXITSTATUS(how) == 0));
		fix_reopen(&f, AUTHORITY);
		uint64_t have = f.n[AUTHORITY].nd->id->n;
		assert_true(have == n || have == n - 1);
		node_close(f.n[AUTHORITY].nd);
		f.n[AUTHORITY].nd = NULL;
		if (have == n - 1)
			unlink(root_path(&f, AUTHORITY, n));
		n = (unsigned)have + 1;
	}
	assert_false(killed);
	fix_reopen(&f, AUTHORITY);
	fix_close(&f);
}

/* A copy of the store from before a rotation, beside the keys from after it. */
static void
old_store_new_keys(void **state)
{
	struct fix f;

	(void)state;
	if (getenv("SALURAN_TEST_POSTGRESQL") != NULL)
		return;
	fix_open(&f);
	const char *id = fix_send(&f, "R-1", "bad.example", 1);
	fix_settle(&f);
	const char *dir = f.n[AUTHORITY].dir, *db = arena_printf(f.a, "%s/store.db", dir),
		   *kept = arena_printf(f.a, "%s/kept.db", dir);
	node_close(f.n[AUTHORITY].nd);
	f.n[AUTHORITY].nd = NULL;
	fix_copy(db, kept);
	fix_reopen(&f, AUTHORITY);
	rotate(&f, AUTHORITY, 1);
	node_close(f.n[AUTHORITY].nd);
	f.n[AUTHORITY].nd = NULL;
	fix_copy(kept, db);
	fix_reopen(&f, AUTHORITY);
	assert_int_equal(f.n[AUTHORITY].nd->id->n, 1);
	fix_act(&f, AUTHORITY, id, "say", json_pack("{s:s}", "text", "hello"));
	tell(&f, AUTHORITY);
	fix_settle(&f);
	assert_int_equal(fix_events(&f, PLATFORM, AUTHORITY, "channel.rekey"), 1);
	fix_same_case(&f, id);
	fix_close(&f);
}

/* Keys that are not those of the newest entry sign nothing. */
static void
old_keys_do_not_start(void **state)
{
	struct err e = ERR_INIT;
	struct node *nd;
	struct fix f;
	uint8_t seed[SEED_LEN];

	(void)state;
	fix_open_one(&f, AUTHORITY);
	const char *key = arena_printf(f.a, "%s/keys/log.key", f.n[AUTHORITY].dir),
		   *kept = arena_printf(f.a, "%s/kept", f.above);
	seed_read(&f, AUTHORITY, "log.key", seed);
	fix_copy(key, kept);
	rotate(&f, AUTHORITY, 1);
	node_close(f.n[AUTHORITY].nd);
	f.n[AUTHORITY].nd = NULL;
	fix_copy(kept, key);
	assert_int_equal(node_open(f.n[AUTHORITY].dir, &nd, &e), RC_CORRUPT);
	assert_non_null(strstr(e.text, "not those of entry 1"));
	fix_close(&f);
}

/* ---- a foe ---------------------------------------------------------------------- */

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
		cmocka_unit_test(authority_rotates),
		cmocka_unit_test(platform_rotates),
		cmocka_unit_test(both_rotate),
		cmocka_unit_test(bundles_across),
		cmocka_unit_test(root_is_needed),
		cmocka_unit_test(killed_anywhere),
		cmocka_unit_test(old_store_new_keys),
		cmocka_unit_test(old_keys_do_not_start),
		cmocka_unit_test(entries_prove_themselves),
		cmocka_unit_test(old_keys_are_refused),
		cmocka_unit_test(rekeys_are_checked),
		cmocka_unit_test(old_receipts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
