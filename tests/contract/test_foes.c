/*
 * A node that runs twice, and a peer that claims sizes and packages beyond all measure:
 * what people see, and that no receipt is given for what is not here.
 */
#include "foe.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/mirror.h"
#include "service/recovery.h"

#define AUTHORITY PARTY_AUTHORITY
#define NODE	  PARTY_PLATFORM

#define CASE_1 "01980000-0000-7000-8000-000000000001"

enum { TRIES = 6 };

/* ---- a clone ----------------------------------------------------------------------- */

static int64_t
counted(struct fix *f, enum party p, const char *what)
{
	return fix_query(f, p, arena_printf(f->a, "SELECT count(*) FROM %s", what));
}

/* Two run from copies of one directory and its store, with the same keys.  The first that
 * is heard counts; the other gets no receipt, people of both sides are told, and it
 * stops. */
static void
a_clone(void **state)
{
	static const char alarms[] = "alarm WHERE kind = 'fraud' AND cleared_us = 0";
	static const char given[] = "log_receipt WHERE party = 0";
	struct fix f;
	struct err e = ERR_INIT;
	enum rc rc = RC_OK;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "R-1", "one.example", 1);
	fix_settle(&f);
	const char *dir = f.n[AUTHORITY].dir;
	fix_shut(&f, AUTHORITY);
	const char *clone = fix_clone(&f, dir);
	fix_reopen(&f, AUTHORITY);
	fix_send(&f, "R-2", "two.example", 1);
	fix_settle(&f);
	int64_t receipts = counted(&f, NODE, given);
	int64_t size = fix_query(&f, NODE, "SELECT size FROM log_head WHERE party = 0");
	assert_int_equal(counted(&f, NODE, alarms), 0);

	fix_become(&f, AUTHORITY, clone);
	int64_t had = counted(&f, AUTHORITY, given);
	fix_send(&f, "R-9", "nine.example", 1);
	for (int i = 0; i < TRIES && rc == RC_OK; i++)
		rc = fix_carry_try(&f, AUTHORITY, CUT_NOTHING, &e);
	/* Nothing of it was taken, nothing of it is receipted, and people know. */
	assert_int_equal(counted(&f, NODE, given), receipts);
	assert_int_equal(counted(&f, AUTHORITY, given), had);
	assert_int_equal(fix_query(&f, NODE, "SELECT size FROM log_head WHERE party = 0"),
			 size);
	assert_int_equal(counted(&f, NODE, alarms), 1);
	assert_int_equal(rc, RC_FROZEN);
	/* The clone takes no more once it has heard why. */
	char *proof =
		arena_strdup(f.a, fix_query_text(&f, NODE, "SELECT proof FROM fraud"));
	fix_ok(exchange_add_fraud(f.n[AUTHORITY].nd, FIX_PEER, proof, strlen(proof), &e),
	       &e, "the proof");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    arena_printf(f.a, "/v1/cases/%s/say", c),
		    json_pack("{s:s}", "text", "Well?"), RC_FROZEN, "is frozen");
	fix_close(&f);
}

/* ---- another history --------------------------------------------------------------- */

/* A peer whose event names a head of our log that it never had: it is taken, people are
 * told, and no longer than until it names one that was. */
static void
another_head(void **state)
{
	static const char alarms[] = "alarm WHERE kind = 'ack' AND cleared_us = 0";
	const struct hash other = {{7}};
	struct fix f;
	struct foe x;
	struct hash root;
	struct err e = ERR_INIT;
	struct foe_event said = {.type = "channel.test",
				 .body = "{\"test\": \"" CASE_1 "\"}",
				 .by = "node",
				 .ack_size = 1,
				 .ack_root = &other};

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_append(&x, &said);
	fix_ok(foe_send(&x, &e), &e, "another head");
	assert_int_equal(counted(&f, NODE, alarms), 1);
	assert_non_null(strstr(
		fix_query_text(&f, NODE, "SELECT body FROM alarm WHERE kind = 'ack'"),
		"event 0 of "));
	/* What names none ends nothing. */
	said.ack_size = 0;
	said.ack_root = NULL;
	foe_append(&x, &said);
	fix_ok(foe_send(&x, &e), &e, "no head");
	assert_int_equal(counted(&f, NODE, alarms), 1);
	fix_ok(recovery_root(f.n[NODE].nd->store, FIX_PEER, NODE, 1, &root, &e), &e,
	       "root");
	said.ack_size = 1;
	said.ack_root = &root;
	foe_append(&x, &said);
	fix_ok(foe_send(&x, &e), &e, "the head");
	assert_int_equal(counted(&f, NODE, alarms), 0);
	fix_close(&f);
}

/* ---- sizes ------------------------------------------------------------------------- */

/* The first entries of a tree of 2^63 - 1 leaves, of which nobody has more than these:
 * the hashes beside them are made up, and the root of them. */
static struct hash
root_beyond(const struct hash *first, struct hash *proof, size_t n)
{
	struct hash root = *first;

	for (size_t i = 0; i < n; i++) {
		proof[i] = (struct hash){{(uint8_t)i}};
		merkle_node(&root, &proof[i], &root);
	}
	return root;
}

static void
cp_of(struct foe *x, uint64_t size, const struct hash *root,
      struct mirror_checkpoint *ret)
{
	*ret = (struct mirror_checkpoint){.old = x->pending};
	ret->note = foe_note(x, x->origin, size, root, NULL);
	ret->note_len = strlen(ret->note);
}

static void
sizes_beyond(void **state)
{
	static const uint64_t sizes[] = {UINT64_MAX, UINT64_MAX - 1,
					 MERKLE_SIZE_MAX + UINT64_C(1)};
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;
	struct exchange_answer answer;
	struct mirror_checkpoint cp;
	struct hash any = {{7}};

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_notice(&x, CASE_1, 2);
	const char *rows = fix_rows(&f, NODE);
	/* No size at all. */
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		cp_of(&x, sizes[i], &any, &cp);
		assert_int_equal(foe_send_checkpoint(&x, &cp, &e), RC_INVALID);
	}
	assert_string_equal(fix_rows(&f, NODE), rows);
	fix_ok(foe_send(&x, &e), &e, "good input");
	/* From here on no proof leads to a head that large. */
	cp_of(&x, MERKLE_SIZE_MAX, &any, &cp);
	assert_int_equal(foe_send_checkpoint(&x, &cp, &e), RC_UNPROCESSABLE);
	/* Entries that are said to end there. */
	foe_notice(&x, "01980000-0000-7000-8000-000000000002", 2);
	cp = foe_checkpoint(&x);
	fix_ok(foe_send_checkpoint(&x, &cp, &e), &e, "checkpoint");
	struct mirror_entries req = foe_entries(&x);
	req.end = MERKLE_SIZE_MAX;
	assert_int_equal(foe_send_entries(&x, &req, &answer, &e), RC_CONFLICT);
	assert_null(answer.cosignature);
	req.start = MERKLE_SIZE_MAX - 1;
	assert_int_equal(foe_send_entries(&x, &req, &answer, &e), RC_CONFLICT);
	assert_null(answer.cosignature);
	assert_int_equal(counted(&f, NODE, "log_receipt"), 1);
	/* And it goes on. */
	fix_ok(foe_send(&x, &e), &e, "good input");
	assert_int_equal(counted(&f, NODE, "log_receipt"), 2);
	foe_close(&x);
	fix_close(&f);
}

/* A first head of 2^63 - 1 events, whose first package fits it: taken as a part, and no
 * receipt ever comes of it. */
static void
a_log_without_end(void **state)
{
	enum { PROOF = 55 /* levels above a package */, PARTS = 260 };
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;
	struct exchange_answer answer;
	struct mirror_checkpoint cp;
	struct hash proof[PROOF];

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	/* The channel's opening is in the log; a package is 256. */
	foe_parts(&x, CASE_1, PARTS);
	assert_true(x.n >= MIRROR_PACKAGE && x.stored == 0);
	struct hash first = foe_root(&x, MIRROR_PACKAGE);
	struct hash root = root_beyond(&first, proof, PROOF);
	fix_ok(merkle_verify_subtree(0, MIRROR_PACKAGE, &first, MERKLE_SIZE_MAX, &root,
				     proof, PROOF, &e),
	       &e, "made up");
	fix_ok(foe_send_disclosures(&x, &e), &e, "disclosures");
	cp_of(&x, MERKLE_SIZE_MAX, &root, &cp);
	fix_ok(foe_send_checkpoint(&x, &cp, &e), &e, "checkpoint");
	struct mirror_entry *entries = arena_array(f.a, MIRROR_PACKAGE, sizeof(*entries));
	for (size_t i = 0; i < MIRROR_PACKAGE; i++)
		entries[i] = (struct mirror_entry){(const uint8_t *)x.leaf[i].jws,
						   x.leaf[i].len};
	struct mirror_package package = {
		.entries = entries, .n_entries = MIRROR_PACKAGE, .n_proof = PROOF};
	memcpy(package.proof, proof, sizeof(proof));
	struct mirror_entries req = {.origin = x.origin,
				     .end = MERKLE_SIZE_MAX,
				     .packages = &package,
				     .n_packages = 1};
	fix_ok(foe_send_entries(&x, &req, &answer, &e), &e, "entries");
	assert_true(answer.partial);
	assert_null(answer.cosignature);
	assert_int_equal(counted(&f, NODE, "log_receipt"), 0);
	/* People work on: a rebuild, a start. */
	json_t *r = fix_must(&f, NODE, f.n[NODE].admin, "POST", "/v1/rebuild", NULL);
	assert_true(json_is_true(json_object_get(r, "equal")));
	fix_reopen(&f, NODE);
	assert_int_equal(recovery_state(f.n[NODE].nd, x.peer), LOG_OPEN);
	foe_close(&x);
	fix_close(&f);
}

/* As many packages as a body has room for. */
static void
packages_without_end(void **state)
{
	enum { BODY = 16 << 20 };
	struct arena *a = arena_create();
	struct buf b = BUF_INIT(BODY);
	struct mirror_entries m;
	struct err e = ERR_INIT;

	(void)state;
	buf_put_u16be(&b, 1);
	buf_putc(&b, 'o');
	buf_put_u64be(&b, 0);
	buf_put_u64be(&b, UINT64_C(256) * 1000000);
	buf_put_u16be(&b, 0);
	while (b.len + 2 * MIRROR_PACKAGE + 1 <= BODY) {
		for (int i = 0; i < MIRROR_PACKAGE; i++)
			buf_put_u16be(&b, 0);
		buf_putc(&b, 0);
	}
	assert_int_equal(
		mirror_entries_parse(a, (const uint8_t *)buf_str(&b), b.len, &m, &e),
		RC_TOO_LARGE);
	assert_non_null(strstr(e.text, "packages"));
	buf_free(&b);
	arena_free(a);
}

/* ---- what is not taken --------------------------------------------------------------
 */

/* People of this side see that something came and was refused, once, until that kind of
 * call is taken again; what is only early or frozen is no news. */
static void
a_refusal(void **state)
{
	static const char alarms[] =
		"alarm WHERE kind = 'peer_refused' AND cleared_us = 0";
	struct err why = ERR_INIT;
	struct fix f;

	(void)state;
	fix_open(&f);
	fix_send(&f, "R-1", "one.example", 1);
	fix_settle(&f);
	(void)err_rule(&why, RC_UNPROCESSABLE, "protocol 5",
		       "the signature of event 4 fails");
	exchange_refused(f.n[NODE].nd, FIX_PEER, "add-entries", RC_FROZEN, &why);
	exchange_refused(f.n[NODE].nd, FIX_PEER, "add-entries", RC_RETRY, &why);
	exchange_refused(f.n[NODE].nd, FIX_PEER, "held", RC_INVALID, &why);
	exchange_refused(f.n[NODE].nd, -1, "add-entries", RC_DENIED, &why);
	assert_int_equal(counted(&f, NODE, alarms), 0);

	exchange_refused(f.n[NODE].nd, FIX_PEER, "add-entries", RC_UNPROCESSABLE, &why);
	exchange_refused(f.n[NODE].nd, FIX_PEER, "add-entries", RC_UNPROCESSABLE, &why);
	assert_int_equal(counted(&f, NODE, alarms), 1);
	assert_non_null(
		strstr(fix_query_text(&f, NODE,
				      "SELECT body FROM alarm WHERE kind = "
				      "'peer_refused'"),
		       "(add-entries): protocol 5: the signature of event 4 fails"));
	exchange_taken(f.n[NODE].nd, FIX_PEER, "disclosures");
	assert_int_equal(counted(&f, NODE, alarms), 1);
	/* It stands across a new start, and ends as before. */
	fix_shut(&f, NODE);
	fix_reopen(&f, NODE);
	assert_int_equal(counted(&f, NODE, alarms), 1);
	exchange_taken(f.n[NODE].nd, FIX_PEER, "add-entries");
	assert_int_equal(counted(&f, NODE, alarms), 0);
	/* A reason of this node's own is for whoever runs it. */
	why.inner = true;
	exchange_refused(f.n[NODE].nd, FIX_PEER, "add-entries", RC_INVALID, &why);
	assert_int_equal(counted(&f, NODE, alarms), 0);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clone),
		cmocka_unit_test(a_refusal),
		cmocka_unit_test(another_head),
		cmocka_unit_test(sizes_beyond),
		cmocka_unit_test(a_log_without_end),
		cmocka_unit_test(packages_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
