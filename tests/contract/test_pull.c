/*
 * A platform that nobody can call (protocol 5): it fetches the authority's log, brings
 * its receipts, and pushes its own log as ever.
 */
#include "node_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/enc.h"
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_comes_by_fetching),
		cmocka_unit_test(damage_is_refused),
		cmocka_unit_test(receipts_are_checked),
		cmocka_unit_test(the_proof_is_fetched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
