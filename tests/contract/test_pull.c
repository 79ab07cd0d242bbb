/*
 * A platform that nobody can call (protocol 5): it fetches the authority's log, brings
 * its receipts, and pushes its own log as ever.
 */
#include "foe.h"

#include <stdio.h>
#include <string.h>

#include "base/enc.h"
#include "service/exchange_int.h"
#include "service/node_int.h"
#include "service/recovery.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

enum {
	ROUNDS_MAX = 64,
	DAMAGE_NONE = 0,
	DAMAGE_TILE,
	DAMAGE_ENTRY,
	DAMAGE_SAID,
	DAMAGE_PADDED, /* a line, and then what is none */
	DAMAGE_SINGLE, /* none: a line an answer */
};

struct way {
	struct fix *f;
	struct arena *round; /* of the round at hand */
	int damage;	     /* what is changed on the way */
	bool down;
	unsigned said; /* answers with disclosures */
};

/* Disclosures, as a peer may give them: an answer for each, and each as long as it
 * likes. So none is for the round to keep. */
static const char *
said_change(struct way *w, struct arena *a, const char *text, size_t *len)
{
	enum { PAD = 1 << 20 };
	char *bad = arena_alloc(a, *len + PAD);
	const char *lf = memchr(text, '\n', *len);

	assert_ptr_not_equal(a, w->round);
	w->said++;
	memcpy(bad, text, *len);
	if (w->damage == DAMAGE_SAID && *len != 0)
		bad[0] = bad[0] == 'A' ? 'B' : 'A';
	if (lf != NULL && w->damage >= DAMAGE_PADDED)
		*len = (size_t)(lf + 1 - text);
	if (w->damage == DAMAGE_PADDED) {
		memset(bad + *len, 'A', PAD);
		*len += PAD;
	}
	return bad;
}

/* As the authority's listener answers. */
static enum rc
fetch(void *arg, const char *call, struct arena *a, const uint8_t **ret, size_t *ret_len,
      struct err *e)
{
	struct way *w = arg;
	struct node *nd = w->f->n[AUTHORITY].nd;
	char hex[HASH_HEX_LEN + 1];
	const char *rest = call + HASH_HEX_LEN, *text = NULL;
	unsigned level, width;
	uint64_t index;
	bool entries;
	enum rc rc;

	if (w->down)
		return err_set(e, RC_UNAVAILABLE, "connection refused");
	if (strcmp(call, "fraud") == 0) {
		rc = exchange_get_fraud(nd, FIX_PEER, a, &text, e);
		*ret = (const uint8_t *)text;
		*ret_len = text == NULL ? 0 : strlen(text);
		return rc;
	}
	snprintf(hex, sizeof(hex), "%.64s", call);
	if (strcmp(rest, "/checkpoint") == 0) {
		rc = exchange_get_checkpoint(nd, FIX_PEER, hex, a, &text, ret_len, e);
		*ret = (const uint8_t *)text;
	} else if (strncmp(rest, "/tile/", 6) == 0) {
		rc = mirror_tile_path_parse(rest + 6, &entries, &level, &index, &width);
		fix_ok(rc, e, call);
		rc = exchange_get_tile(nd, FIX_PEER, hex, entries, level, index, width, a,
				       ret, ret_len, e);
		if (rc == RC_OK && w->damage == (entries ? DAMAGE_ENTRY : DAMAGE_TILE)) {
			uint8_t *bad = arena_copy(a, *ret, *ret_len);
			for (size_t i = entries ? *ret_len / 2 : 0; i < *ret_len; i++)
				bad[i] ^= 1;
			*ret = bad;
		}
	} else {
		rc = exchange_get_disclosures(nd, FIX_PEER, hex,
					      rest + strlen("/disclosures/"), a, &text,
					      ret_len, e);
		if (rc == RC_OK)
			text = said_change(w, a, text, ret_len);
		*ret = (const uint8_t *)text;
	}
	return rc;
}

/* One round of the platform; its receipt is brought. */
static enum rc
pull_try(struct way *w, bool *ret_more, struct err *e)
{
	const struct exchange_fetch how = {.get = fetch, .arg = w};
	struct exchange_pulled got;
	struct arena *a = arena_create();

	w->round = a;
	enum rc rc = exchange_pull(w->f->n[PLATFORM].nd, FIX_PEER, &how, a, &got, e);

	*ret_more = rc == RC_OK && got.more;
	if (rc == RC_OK && got.receipt != NULL) {
		rc = exchange_take_receipt(w->f->n[AUTHORITY].nd, FIX_PEER, got.receipt,
					   strlen(got.receipt), e);
		if (rc == RC_OK)
			exchange_pull_told(w->f->n[PLATFORM].nd, FIX_PEER, got.size);
	}
	arena_free(a);
	return rc;
}

static void
pull(struct way *w)
{
	struct err e = ERR_INIT;
	bool more = true;

	for (int i = 0; more; i++) {
		assert_true(i < ROUNDS_MAX);
		fix_ok(pull_try(w, &more, &e), &e, "pull");
	}
}

static void
settle(struct way *w)
{
	for (int i = 0; i < 4; i++) {
		pull(w);
		while (fix_carry(w->f, PLATFORM, CUT_NOTHING))
			;
	}
}

/* From nothing on, and a notice of more parts than one round fetches; two deep levels of
 * tiles. */
static void
all_comes_by_fetching(void **state)
{
	struct err e = ERR_INIT;
	struct fix f;
	struct way w = {.f = &f};
	bool more;

	(void)state;
	fix_open(&f);
	const char *first = fix_send(&f, "R-1", "bad.example", 3);
	settle(&w);
	fix_act(&f, PLATFORM, first, "accept", NULL);
	settle(&w);
	fix_same_case(&f, first);
	for (int i = 0; i < 290; i++)
		fix_act(&f, AUTHORITY, first, "say", json_pack("{s:s}", "text", "again"));
	const char *large = fix_send(&f, "R-2", "worse.example", 700);
	settle(&w);
	fix_act(&f, PLATFORM, large, "accept", NULL);
	settle(&w);
	fix_same_case(&f, first);
	fix_same_case(&f, large);
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM v_event WHERE void IS "
				   "NOT NULL"),
			 0);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_rebuilt_equal(&f, AUTHORITY);
	/* Nothing new: nothing is stored, nothing brought. */
	const char *rows = fix_rows(&f, AUTHORITY), *there = fix_rows(&f, PLATFORM);
	fix_ok(pull_try(&w, &more, &e), &e, "idle");
	assert_string_equal(fix_rows(&f, AUTHORITY), rows);
	assert_string_equal(fix_rows(&f, PLATFORM), there);
	/* A receipt that was lost on its way is brought again. */
	f.n[PLATFORM].nd->pulled[FIX_PEER] = 0;
	fix_ok(pull_try(&w, &more, &e), &e, "again");
	assert_string_equal(fix_rows(&f, AUTHORITY), rows);
	fix_close(&f);
}

/* What is changed on the way gives no receipt, and goes on when it is whole. */
static void
damage_is_refused(void **state)
{
	struct err e = ERR_INIT;
	struct fix f;
	struct way w = {.f = &f};
	bool more;

	(void)state;
	fix_open(&f);
	const char *id = fix_send(&f, "R-1", "bad.example", 3);
	pull(&w);
	fix_act(&f, AUTHORITY, id, "say", json_pack("{s:s}", "text", "one more"));
	int64_t receipts = fix_query(&f, PLATFORM,
				     "SELECT count(*) FROM log_receipt WHERE party = 0");
	for (w.damage = DAMAGE_TILE; w.damage <= DAMAGE_PADDED; w.damage++) {
		assert_int_not_equal(pull_try(&w, &more, &e), RC_OK);
		assert_int_equal(
			fix_query(&f, PLATFORM,
				  "SELECT count(*) FROM log_receipt WHERE party = 0"),
			receipts);
	}
	/* An answer with less than there is, is followed by another. */
	w.damage = DAMAGE_SINGLE;
	w.said = 0;
	fix_act(&f, AUTHORITY, id, "say", json_pack("{s:s}", "text", "and another"));
	fix_ok(pull_try(&w, &more, &e), &e, "a line an answer");
	assert_int_equal(w.said, 2);
	w.damage = DAMAGE_NONE;
	receipts++;
	fix_act(&f, AUTHORITY, id, "say", json_pack("{s:s}", "text", "the last"));
	w.down = true;
	assert_int_equal(pull_try(&w, &more, &e), RC_UNAVAILABLE);
	w.down = false;
	settle(&w);
	assert_int_equal(fix_query(&f, PLATFORM,
				   "SELECT count(*) FROM log_receipt WHERE party = 0"),
			 receipts + 1);
	fix_close(&f);
}

/* Only the peer's cosignature over a head of ours is a receipt. */
static void
receipts_are_checked(void **state)
{
	struct err e = ERR_INIT;
	struct fix f;
	struct way w = {.f = &f};

	(void)state;
	fix_open(&f);
	fix_send(&f, "R-1", "bad.example", 1);
	settle(&w);
	struct node *nd = f.n[AUTHORITY].nd;
	const char *note = fix_query_text(&f, AUTHORITY,
					  "SELECT note FROM log_receipt WHERE party = 0"),
		   *line = fix_query_text(&f, AUTHORITY,
					  "SELECT line FROM log_receipt WHERE party = 0"),
		   *own = fix_query_text(&f, AUTHORITY,
					 "SELECT note FROM log_receipt WHERE party = 1");
	const char *good = arena_printf(f.a, "%s%s", note, line);
#define TAKE(text) exchange_take_receipt(nd, FIX_PEER, (text), strlen(text), &e)
	fix_ok(TAKE(good), &e, "the same again");
	assert_int_equal(TAKE(note), RC_UNPROCESSABLE); /* not cosigned */
	assert_int_equal(TAKE(line), RC_UNPROCESSABLE);
	assert_int_equal(TAKE(""), RC_UNPROCESSABLE);
	assert_int_equal(TAKE(own), RC_DENIED); /* a head of the peer's own log */
	/* Without our own signature. */
	const char *blank = strstr(note, "\n\n");
	const char *bare =
		arena_printf(f.a, "%.*s\n\n%s", (int)(blank - note), note, line);
	assert_int_equal(TAKE(bare), RC_UNPROCESSABLE);
	for (size_t i = 0; i < strlen(good); i++) {
		char *bad = arena_strdup(f.a, good);
		bad[i] = (char)(bad[i] ^ 1);
		assert_int_not_equal(TAKE(bad), RC_OK);
	}
#undef TAKE
	fix_close(&f);
}

/* The newest receipt for the authority's log: its head and the peer's line. */
static void
newest_receipt(struct fix *f, enum party p, const char **ret_note, const char **ret_line)
{
	*ret_note = fix_query_text(f, p,
				   "SELECT note FROM log_receipt WHERE party = 0 ORDER "
				   "BY size DESC LIMIT 1");
	*ret_line = fix_query_text(f, p,
				   "SELECT line FROM log_receipt WHERE party = 0 ORDER "
				   "BY size DESC LIMIT 1");
}

/* The platform brings its newest receipt in other words; the store is whole afterwards,
 * and the case has its bundle. */
static void
brought_as(struct fix *f, const char *casefile, const char *body)
{
	struct err e = ERR_INIT;

	fix_ok(exchange_take_receipt(f->n[AUTHORITY].nd, FIX_PEER, body, strlen(body),
				     &e),
	       &e, "a receipt");
	fix_reopen(f, AUTHORITY);
	assert_int_equal(recovery_state(f->n[AUTHORITY].nd, FIX_PEER), LOG_OPEN);
	fix_ok(fix_call(f, AUTHORITY, f->n[AUTHORITY].admin, "GET",
			arena_printf(f->a, "/v1/cases/%s/bundle", casefile), NULL, NULL,
			&e),
	       &e, "bundle");
}

/* Lines of a note have no order, and anybody can add some: what is kept is our own head,
 * whatever stood around it. */
static void
lines_of_a_receipt(void **state)
{
	enum { JUNK = 6 << 10, JUNK_LINES = 12 };
	struct err e = ERR_INIT;
	struct fix f;
	struct way w = {.f = &f};
	struct exchange_pulled got;
	const struct exchange_fetch how = {.get = fetch, .arg = &w};
	const char *note, *line, *own;
	struct buf junk = BUF_INIT(1 << 17);

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "R-1", "bad.example", 1);
	fix_ok(exchange_pull(f.n[PLATFORM].nd, FIX_PEER, &how, f.a, &got, &e), &e,
	       "pull");
	newest_receipt(&f, PLATFORM, &note, &line);
	int text = (int)(strstr(note, "\n\n") + 2 - note);
	brought_as(&f, c, arena_printf(f.a, "%.*s%s%s", text, note, line, note + text));
	newest_receipt(&f, AUTHORITY, &own, &line);
	assert_string_equal(own, note);

	fix_act(&f, AUTHORITY, c, "say", json_pack("{s:s}", "text", "one more"));
	fix_ok(exchange_pull(f.n[PLATFORM].nd, FIX_PEER, &how, f.a, &got, &e), &e,
	       "pull");
	newest_receipt(&f, PLATFORM, &note, &line);
	for (int i = 0; i < JUNK_LINES; i++) {
		buf_printf(&junk, "\xe2\x80\x94 nobody.example/%d ", i);
		for (int n = 0; n < JUNK; n += 4)
			buf_puts(&junk, "AAAA");
		buf_putc(&junk, '\n');
	}
	assert_true(buf_ok(&junk));
	brought_as(&f, c, arena_printf(f.a, "%s%s%s", note, buf_str(&junk), line));
	newest_receipt(&f, AUTHORITY, &own, &line);
	assert_string_equal(own, note);
	buf_free(&junk);
	fix_close(&f);
}

/* A receipt that comes while the channel is frozen is kept; the clock that it starts runs
 * from its time when the log takes events again (protocol 7). */
static void
a_receipt_while_frozen(void **state)
{
	struct err e = ERR_INIT;
	struct fix f;
	struct way w = {.f = &f};
	struct exchange_pulled got;
	const struct exchange_fetch how = {.get = fetch, .arg = &w};
	int64_t wait_us;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "R-1", "bad.example", 1);
	fix_ok(exchange_pull(f.n[PLATFORM].nd, FIX_PEER, &how, f.a, &got, &e), &e,
	       "pull");
	struct node *nd = f.n[AUTHORITY].nd;
	pthread_mutex_lock(&nd->guard_mu);
	nd->guard[FIX_PEER].frozen = true;
	pthread_mutex_unlock(&nd->guard_mu);
	fix_ok(exchange_take_receipt(nd, FIX_PEER, got.receipt, strlen(got.receipt), &e),
	       &e, "a receipt");
	fix_ok(service_tick(nd, FIX_S, &wait_us, &e), &e, "tick");
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM log_receipt WHERE party = 0"),
			 1);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "receipt.adopt"), 0);
	fix_clock_add(30 * FIX_S);
	channel_thaw(nd, FIX_PEER);
	fix_ok(service_tick(nd, FIX_S, &wait_us, &e), &e, "tick");
	fix_ok(service_tick(nd, FIX_S, &wait_us, &e), &e, "nothing more");
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "receipt.adopt"), 1);
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM v_case v, log_receipt r WHERE "
				   "v.receipt_us = r.time_s * 1000000 AND r.party = 0"),
			 1);
	settle(&w);
	fix_same_case(&f, c);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_clock_reset();
	fix_close(&f);
}

/* The platform's store and marks as they are now, under a name; and back. */
static void
keep(struct fix *f, const char *name)
{
	const char *dir = f->n[PLATFORM].dir;

	fix_shut(f, PLATFORM);
	fix_store_keep(f, PLATFORM, name);
	fix_copy(arena_printf(f->a, "%s/marks", dir),
		 arena_printf(f->a, "%s/%s.marks", dir, name));
	fix_reopen(f, PLATFORM);
}

static void
become(struct fix *f, const char *name)
{
	const char *dir = f->n[PLATFORM].dir;

	fix_shut(f, PLATFORM);
	fix_store_put_back(f, PLATFORM, name);
	fix_copy(arena_printf(f->a, "%s/%s.marks", dir, name),
		 arena_printf(f->a, "%s/marks", dir));
	fix_reopen(f, PLATFORM);
}

/* A clone of the platform is found out by the authority, which can call nobody: the
 * platform fetches the proof, and is frozen, too. */
static void
the_proof_is_fetched(void **state)
{
	enum { TRIES = 8 };
	struct err e = ERR_INIT;
	enum rc rc = RC_OK;
	struct fix f;
	struct way w = {.f = &f};
	bool more;

	(void)state;
	fix_open(&f);
	const char *id = fix_send(&f, "R-1", "bad.example", 1);
	settle(&w);
	keep(&f, "clone");
	fix_act(&f, PLATFORM, id, "accept", NULL);
	settle(&w);
	keep(&f, "owner");
	fix_ok(pull_try(&w, &more, &e), &e, "no proof yet");
	assert_false(channel_is_frozen(f.n[PLATFORM].nd, FIX_PEER));
	become(&f, "clone");
	fix_act(&f, PLATFORM, id, "say", json_pack("{s:s}", "text", "by the clone"));
	for (int i = 0; i < TRIES && rc == RC_OK; i++)
		rc = fix_carry_try(&f, PLATFORM, CUT_NOTHING, &e);
	assert_int_equal(rc, RC_FROZEN);
	become(&f, "owner");
	assert_false(channel_is_frozen(f.n[PLATFORM].nd, FIX_PEER));
	fix_ok(pull_try(&w, &more, &e), &e, "the proof");
	assert_true(channel_is_frozen(f.n[PLATFORM].nd, FIX_PEER));
	assert_int_equal(
		fix_query(&f, PLATFORM, "SELECT count(*) FROM fraud WHERE from_peer = 1"),
		1);
	fix_close(&f);
}

/* A peer whose head has a size of its own choosing. */
struct boaster {
	struct foe *x;
	uint64_t size;
	const uint8_t *seed; /* signs it; NULL: its log key */
	unsigned tiles;	     /* that it was asked for */
};

static enum rc
boast(void *arg, const char *call, struct arena *a, const uint8_t **ret, size_t *ret_len,
      struct err *e)
{
	struct boaster *b = arg;
	const struct hash root = {{1}};
	unsigned level, width;
	uint64_t index;
	bool entries;

	if (strcmp(call, "fraud") == 0)
		return err_set(e, RC_NOT_FOUND, "not frozen");
	const char *rest = call + HASH_HEX_LEN;
	if (strcmp(rest, "/checkpoint") == 0) {
		const char *note = foe_note(b->x, b->x->origin, b->size, &root, b->seed);
		*ret_len = strlen(note);
		*ret = (const uint8_t *)note;
		return RC_OK;
	}
	assert_int_equal(mirror_tile_path_parse(rest + strlen("/tile/"), &entries, &level,
						&index, &width),
			 RC_OK);
	assert_false(entries);
	b->tiles++;
	*ret_len = (width == 0 ? MIRROR_PACKAGE : width) * HASH_LEN;
	uint8_t *tile = arena_alloc(a, *ret_len);
	memset(tile, 'x', *ret_len);
	*ret = tile;
	return RC_OK;
}

/* The proof from 3 to 2^62 + 1 has 64 hashes, one more than a call may bring; and nothing
 * at all is fetched for a size that the peer has not signed. */
static void
proofs_too_long(void **state)
{
	const uint64_t sizes[] = {(UINT64_C(1) << 62) + 1, MERKLE_SIZE_MAX};
	const uint8_t stranger[SEED_LEN] = {9};
	struct err e = ERR_INIT;
	struct fix f;
	struct foe x;
	struct boaster b = {.x = &x};
	const struct exchange_fetch how = {.get = boast, .arg = &b};
	struct exchange_pulled got;

	(void)state;
	fix_open_one(&f, PLATFORM);
	foe_open(&x, &f, 1);
	foe_notice(&x, "01980000-0000-7000-8000-000000000001", 1);
	while (x.n < 3)
		foe_append(&x, &(struct foe_event){
				       .type = "message.post",
				       .casefile = "01980000-0000-7000-8000-000000000001",
				       .texts = {{"text", "\"t\""}}});
	fix_ok(foe_send(&x, &e), &e, "good input");
	assert_int_equal(x.stored, 3);
	const char *rows = fix_rows(&f, PLATFORM);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		b.size = sizes[i];
		b.seed = NULL;
		assert_int_equal(
			exchange_pull(f.n[PLATFORM].nd, x.peer, &how, f.a, &got, &e),
			RC_UNPROCESSABLE);
		assert_true(b.tiles > 0);
		b.tiles = 0;
		b.seed = stranger;
		assert_int_equal(
			exchange_pull(f.n[PLATFORM].nd, x.peer, &how, f.a, &got, &e),
			RC_DENIED);
		assert_int_equal(b.tiles, 0);
	}
	assert_string_equal(fix_rows(&f, PLATFORM), rows);
	foe_close(&x);
	fix_close(&f);
}

/* What is to be replaced takes nothing and gives nothing: the peer is to come again. */
static void
a_damaged_node_says_come_again(void **state)
{
	const struct hash any = {{7}};
	struct exchange_blob *blob;
	struct err e = ERR_INIT;
	struct fix f;
	struct way w = {.f = &f};
	const uint8_t *tile;
	const char *text;
	bool more, whole;
	uint64_t at;
	size_t len;

	(void)state;
	fix_open(&f);
	const char *id = fix_send(&f, "R-1", "bad.example", 1);
	settle(&w);
	struct node *nd = f.n[AUTHORITY].nd;
	const char *note = fix_query_text(&f, AUTHORITY,
					  "SELECT note FROM log_receipt WHERE party = 0"),
		   *line = fix_query_text(&f, AUTHORITY,
					  "SELECT line FROM log_receipt WHERE party = 0"),
		   *said = fix_query_text(&f, AUTHORITY,
					  "SELECT body FROM log_disclosure");
	const char *receipt = arena_printf(f.a, "%s%s", note, line);
	struct hash origin;
	char hex[HASH_HEX_LEN + 1];
	const char *log = fix_query_text(&f, AUTHORITY,
					 "SELECT origin FROM log_head WHERE party = 0");
	hash_bytes(log, strlen(log), &origin);
	hash_hex(&origin, hex);
	const char *rows = fix_rows(&f, AUTHORITY);
	for (int damaged = 0; damaged < 2; damaged++) {
		const enum rc good = damaged ? RC_UNAVAILABLE : RC_OK,
			      none = damaged ? RC_UNAVAILABLE : RC_NOT_FOUND;
		atomic_store(&nd->damaged[FIX_PEER], damaged != 0);
		assert_int_equal(
			exchange_get_checkpoint(nd, FIX_PEER, hex, f.a, &text, &len, &e),
			good);
		assert_int_equal(exchange_get_tile(nd, FIX_PEER, hex, false, 0, 0, 1, f.a,
						   &tile, &len, &e),
				 good);
		assert_int_equal(
			exchange_get_proof(nd, FIX_PEER, hex, 0, f.a, &text, &len, &e),
			good);
		assert_int_equal(exchange_get_disclosures(nd, FIX_PEER, hex, "0/0", f.a,
							  &text, &len, &e),
				 good);
		assert_int_equal(exchange_get_fraud(nd, FIX_PEER, f.a, &text, &e), none);
		assert_int_equal(exchange_blob_head(nd, FIX_PEER, &any, &whole, &at, &e),
				 none);
		assert_int_equal(
			exchange_take_receipt(nd, FIX_PEER, receipt, strlen(receipt), &e),
			good);
		assert_int_equal(
			exchange_add_disclosures(nd, FIX_PEER, said, strlen(said), &e),
			good);
	}
	assert_int_equal(exchange_blob_open(nd, FIX_PEER, &any, 0, 9, &blob, &at, &e),
			 RC_UNAVAILABLE);
	assert_string_equal(fix_rows(&f, AUTHORITY), rows);
	assert_int_equal(pull_try(&w, &more, &e), RC_UNAVAILABLE);
	atomic_store(&nd->damaged[FIX_PEER], false);
	settle(&w);
	fix_same_case(&f, id);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_comes_by_fetching),
		cmocka_unit_test(damage_is_refused),
		cmocka_unit_test(receipts_are_checked),
		cmocka_unit_test(lines_of_a_receipt),
		cmocka_unit_test(a_receipt_while_frozen),
		cmocka_unit_test(the_proof_is_fetched),
		cmocka_unit_test(proofs_too_long),
		cmocka_unit_test(a_damaged_node_says_come_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
