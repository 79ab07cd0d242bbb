/*
 * A hostile peer: whatever it sends is refused by the name of a rule with nothing stored,
 * or stored and void; and its log goes on with good input afterwards.
 */
#include "foe.h"

#include <inttypes.h>
#include <string.h>

#define NODE PARTY_PLATFORM

#define CASE_1 "01980000-0000-7000-8000-000000000001"
#define CASE_2 "01980000-0000-7000-8000-000000000002"
#define CASE_3 "01980000-0000-7000-8000-000000000003"
#define ORDER1 "01980000-0000-7000-8000-0000000000a1"
#define ORDER2 "01980000-0000-7000-8000-0000000000a2"
#define ORDER3 "01980000-0000-7000-8000-0000000000a3"
#define ZEROS  "0000000000000000000000000000000000000000000000000000000000000000"

static void
assert_refused(enum rc rc, const struct err *e, enum rc want, const char *rule,
	       const char *what)
{
	if (rc != want || strcmp(e->rule, rule) != 0)
		fail_msg("%s: %s, rule \"%s\", \"%s\" where %s of \"%s\" is due", what,
			 rc_token(rc), e->rule, e->text, rc_token(want), rule);
}

static void
good(struct foe *x)
{
	struct err e = ERR_INIT;

	fix_ok(foe_send(x, &e), &e, "good input");
	assert_int_equal(x->stored, x->n);
}

/* ---- add-checkpoint ---------------------------------------------------------------- */

enum cp_how {
	CP_UNKNOWN_ORIGIN,
	CP_NODES_ORIGIN,
	CP_OTHERS_ORIGIN,
	CP_OTHER_KEY,
	CP_BAD_SIGNATURE,
	CP_OLD_LARGER,
	CP_OLD_OTHER,
	CP_BAD_PROOF,
	CP_NO_PROOF,
	CP_OTHER_ROOT,
	CP_SMALLER,
	CP_EXTENSION,
	CP_NO_NOTE,
	CP_COUNT
};

static const struct {
	const char *what;
	enum rc rc;
	const char *rule;
} cp_rows[CP_COUNT] = {
	[CP_UNKNOWN_ORIGIN] = {"an unknown origin", RC_NOT_FOUND, "protocol 1"},
	[CP_NODES_ORIGIN] = {"the node's own origin", RC_DENIED, "protocol 5"},
	[CP_OTHERS_ORIGIN] = {"another peer's origin", RC_DENIED, "protocol 5"},
	[CP_OTHER_KEY] = {"another key", RC_DENIED, "signed-note"},
	[CP_BAD_SIGNATURE] = {"a signature of something else", RC_DENIED, "signed-note"},
	[CP_OLD_LARGER] = {"old > size", RC_INVALID, "protocol 1"},
	[CP_OLD_OTHER] = {"old is not what is stored", RC_CONFLICT, "protocol 1"},
	[CP_BAD_PROOF] = {"a wrong proof", RC_UNPROCESSABLE, "protocol 1"},
	[CP_NO_PROOF] = {"no proof", RC_UNPROCESSABLE, "protocol 1"},
	[CP_OTHER_ROOT] = {"the same size, another root", RC_FROZEN, "protocol 7"},
	[CP_SMALLER] = {"a smaller size", RC_CONFLICT, "protocol 1"},
	[CP_EXTENSION] = {"an extension line", RC_INVALID, "tlog-checkpoint"},
	[CP_NO_NOTE] = {"no note at all", RC_INVALID, "signed-note"},
};

static struct mirror_checkpoint
cp_break(struct foe *x, struct foe *other, enum cp_how how)
{
	struct mirror_checkpoint req = foe_checkpoint(x);
	struct hash root = foe_root(x, x->n), wrong = {{1}};
	const char *note = req.note;

	switch (how) {
	case CP_UNKNOWN_ORIGIN:
		note = foe_note(x, "nobody.example/c/1/e0", x->n, &root, NULL);
		break;
	case CP_NODES_ORIGIN:
		note = foe_note(x, x->node_origin, x->n, &root, NULL);
		break;
	case CP_OTHERS_ORIGIN:
		note = foe_note(x, other->origin, x->n, &root, other->log);
		break;
	case CP_OTHER_KEY:
		note = foe_note(x, x->origin, x->n, &root, x->event);
		break;
	case CP_BAD_SIGNATURE:
		/* The signature of one root below another. */
		note = foe_note(x, x->origin, x->n, &wrong, NULL);
		note = arena_printf(x->f->a, "%.*s%s",
				    (int)(strstr(req.note, "\n\n") - req.note), req.note,
				    strstr(note, "\n\n"));
		break;
	case CP_OLD_LARGER:
		req.old = x->n + 1;
		break;
	case CP_OLD_OTHER:
		req.old = x->pending - 1;
		break;
	case CP_BAD_PROOF:
		req.proof[0].b[0] ^= 1;
		break;
	case CP_NO_PROOF:
		req.n_proof = 0;
		break;
	case CP_OTHER_ROOT:
		note = foe_note(x, x->origin, x->pending, &wrong, NULL);
		req.n_proof = 0;
		break;
	case CP_SMALLER:
		root = foe_root(x, 1);
		note = foe_note(x, x->origin, 1, &root, NULL);
		req.old = 1;
		req.n_proof = 0;
		break;
	case CP_EXTENSION:
		note = arena_printf(x->f->a, "%.*s\nmore%s",
				    (int)(strstr(req.note, "\n\n") - req.note), req.note,
				    strstr(req.note, "\n\n"));
		break;
	case CP_NO_NOTE:
		note = "hello\n";
		break;
	case CP_COUNT:
		break;
	}
	req.note = note;
	req.note_len = strlen(note);
	return req;
}

static void
bad_checkpoints(void **state)
{
	struct fix f;
	struct foe x, other;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_open(&other, &f, 2);
	foe_notice(&x, CASE_1, 4);
	good(&x);
	foe_notice(&x, CASE_2, 3);
	struct err e = ERR_INIT;
	fix_ok(foe_send_disclosures(&x, &e), &e, "disclosures");
	const char *rows = fix_rows(&f, NODE);
	for (int how = 0; how < CP_COUNT; how++) {
		if (how == CP_OTHER_ROOT)
			continue;
		struct mirror_checkpoint req = cp_break(&x, &other, (enum cp_how)how);
		e = (struct err)ERR_INIT;
		enum rc rc = foe_send_checkpoint(&x, &req, &e);
		assert_refused(rc, &e, cp_rows[how].rc, cp_rows[how].rule,
			       cp_rows[how].what);
		assert_string_equal(fix_rows(&f, NODE), rows);
	}
	assert_int_equal(fix_query(&f, NODE, "SELECT count(*) FROM fraud"), 0);
	good(&x);
	assert_int_equal(
		fix_query(&f, NODE, "SELECT count(*) FROM v_case WHERE manifest <> 0"),
		2);
	/* Of all these one is a proof of two histories: people know, and the channel is
	 * frozen. */
	struct mirror_checkpoint two = cp_break(&x, &other, CP_OTHER_ROOT);
	assert_refused(foe_send_checkpoint(&x, &two, &e), &e, cp_rows[CP_OTHER_ROOT].rc,
		       cp_rows[CP_OTHER_ROOT].rule, cp_rows[CP_OTHER_ROOT].what);
	assert_int_equal(fix_query(&f, NODE, "SELECT count(*) FROM fraud"), 1);
	assert_int_equal(fix_query(&f, NODE,
				   "SELECT count(*) FROM alarm WHERE kind = 'fraud' AND "
				   "cleared_us = 0"),
			 1);
	struct hash wrong = {{1}};
	struct mirror_checkpoint req = foe_checkpoint(&x);
	req.note = foe_note(&x, x.origin, 2, &wrong, NULL);
	req.note_len = strlen(req.note);
	req.old = 0;
	req.n_proof = 0;
	/* Whatever the answer: a smaller head of another history. */
	assert_refused(foe_send_checkpoint(&x, &req, &e), &e, RC_FROZEN, "protocol 7",
		       "a smaller head of another history");
	assert_int_equal(fix_query(&f, NODE, "SELECT count(*) FROM fraud"), 2);
	foe_notice(&x, CASE_3, 1);
	assert_int_equal(foe_send(&x, &e), RC_FROZEN);
	/* Others go on. */
	foe_notice(&other, CASE_1, 1);
	good(&other);
	foe_close(&x);
	foe_close(&other);
	fix_close(&f);
}

/* ---- add-entries ------------------------------------------------------------------- */

enum en_how {
	EN_UNKNOWN_ORIGIN,
	EN_NODES_ORIGIN,
	EN_OTHERS_ORIGIN,
	EN_END_LARGER,
	EN_END_SMALLER,
	EN_START_LATER,
	EN_FLIPPED,
	EN_SWAPPED,
	EN_TRUNCATED,
	EN_LAST_CUT,
	EN_BAD_PROOF,
	EN_MISSING_DISCLOSURE,
	EN_STORED_OTHER,
	EN_COUNT
};

static const struct {
	const char *what;
	enum rc rc;
	const char *rule;
} en_rows[EN_COUNT] = {
	[EN_UNKNOWN_ORIGIN] = {"an unknown origin", RC_NOT_FOUND, "protocol 1"},
	[EN_NODES_ORIGIN] = {"the node's own origin", RC_DENIED, "protocol 5"},
	[EN_OTHERS_ORIGIN] = {"another peer's origin", RC_DENIED, "protocol 5"},
	[EN_END_LARGER] = {"an end past the pending one", RC_CONFLICT, "protocol 1"},
	[EN_END_SMALLER] = {"an end before the pending one", RC_CONFLICT, "protocol 1"},
	[EN_START_LATER] = {"a gap", RC_CONFLICT, "protocol 1"},
	[EN_FLIPPED] = {"a byte changed on the way", RC_UNPROCESSABLE, "protocol 1"},
	[EN_SWAPPED] = {"two entries in each other's place", RC_UNPROCESSABLE,
			"protocol 1"},
	[EN_TRUNCATED] = {"a package cut short", RC_UNPROCESSABLE, "protocol 1"},
	[EN_LAST_CUT] = {"an entry cut short", RC_UNPROCESSABLE, "protocol 1"},
	[EN_BAD_PROOF] = {"a wrong proof", RC_UNPROCESSABLE, "protocol 1"},
	[EN_MISSING_DISCLOSURE] = {"a disclosure that did not come", RC_UNPROCESSABLE,
				   "protocol 2"},
	[EN_STORED_OTHER] = {"other bytes for a stored entry", RC_UNPROCESSABLE,
			     "protocol 1"},
};

static struct mirror_entry *
entry_of(struct mirror_entries *req, size_t i)
{
	return (struct mirror_entry *)(uintptr_t)&req->packages[0].entries[i];
}

static struct mirror_entries
en_break(struct foe *x, struct foe *other, enum en_how how)
{
	struct arena *a = x->f->a;
	uint64_t stored = x->stored;

	if (how == EN_STORED_OTHER)
		x->stored = 0;
	struct mirror_entries req = foe_entries(x);
	x->stored = stored;
	struct mirror_package *p = (struct mirror_package *)(uintptr_t)&req.packages[0];
	size_t last = p->n_entries - 1;
	struct mirror_entry *entry = entry_of(&req, how == EN_STORED_OTHER ? 0 : last);

	switch (how) {
	case EN_UNKNOWN_ORIGIN:
		req.origin = "nobody.example/c/1/e0";
		break;
	case EN_NODES_ORIGIN:
		req.origin = x->node_origin;
		break;
	case EN_OTHERS_ORIGIN:
		req.origin = other->origin;
		break;
	case EN_END_LARGER:
		req.end++;
		break;
	case EN_END_SMALLER:
		req.end--;
		break;
	case EN_START_LATER:
		req.start++;
		p->start++;
		p->entries++;
		p->n_entries--;
		break;
	case EN_FLIPPED:
	case EN_STORED_OTHER: {
		uint8_t *bytes = arena_copy(a, entry->data, entry->len);
		bytes[entry->len / 2] ^= 1;
		entry->data = bytes;
		break;
	}
	case EN_SWAPPED: {
		struct mirror_entry first = *entry_of(&req, 0);
		*entry_of(&req, 0) = *entry;
		*entry = first;
		break;
	}
	case EN_TRUNCATED:
		p->n_entries--;
		break;
	case EN_LAST_CUT:
		entry->len--;
		break;
	case EN_BAD_PROOF:
		p->proof[0].b[0] ^= 1;
		p->n_proof = p->n_proof == 0 ? 1 : p->n_proof;
		break;
	case EN_MISSING_DISCLOSURE:
	case EN_COUNT:
		break;
	}
	return req;
}

static void
bad_entries(void **state)
{
	struct fix f;
	struct foe x, other;
	struct exchange_answer answer;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_open(&other, &f, 2);
	foe_notice(&x, CASE_1, 2);
	struct mirror_entries none = {.origin = x.origin};
	assert_refused(foe_send_entries(&x, &none, &answer, &e), &e, RC_UNPROCESSABLE,
		       "protocol 1", "nothing is pending");
	good(&x);
	foe_notice(&x, CASE_2, 5);
	struct mirror_checkpoint cp = foe_checkpoint(&x);
	fix_ok(foe_send_checkpoint(&x, &cp, &e), &e, "checkpoint");
	const char *rows = fix_rows(&f, NODE);
	for (int how = 0; how < EN_COUNT; how++) {
		struct mirror_entries req = en_break(&x, &other, (enum en_how)how);
		e = (struct err)ERR_INIT;
		enum rc rc = foe_send_entries(&x, &req, &answer, &e);
		assert_refused(rc, &e, en_rows[how].rc, en_rows[how].rule,
			       en_rows[how].what);
		assert_string_equal(fix_rows(&f, NODE), rows);
		if (rc == RC_CONFLICT) {
			assert_int_equal(answer.info.pending_size, x.pending);
			assert_int_equal(answer.info.next_entry, x.stored);
		}
	}
	fix_ok(foe_send_disclosures(&x, &e), &e, "disclosures");
	struct mirror_entries req = foe_entries(&x);
	fix_ok(foe_send_entries(&x, &req, &answer, &e), &e, "good entries");
	const char *first = answer.cosignature;
	/* Again, and from the very first: the same receipt, nothing stored. */
	rows = fix_rows(&f, NODE);
	fix_clock_add(100 * FIX_S);
	for (uint64_t from = 0; from < x.n; from += 3) {
		x.stored = from;
		req = foe_entries(&x);
		fix_ok(foe_send_entries(&x, &req, &answer, &e), &e, "again");
		assert_string_equal(answer.cosignature, first);
		assert_string_equal(fix_rows(&f, NODE), rows);
	}
	foe_close(&x);
	foe_close(&other);
	fix_close(&f);
}

/* An upload in pieces, across a package's end; the checkpoint grows while it lasts. */
static void
in_pieces(void **state)
{
	enum { ITEMS = 600 };
	struct fix f;
	struct foe x;
	struct exchange_answer answer;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_notice(&x, CASE_1, ITEMS);
	struct mirror_checkpoint cp = foe_checkpoint(&x);
	fix_ok(foe_send_checkpoint(&x, &cp, &e), &e, "checkpoint");
	struct mirror_entries req = foe_entries(&x);
	req.n_packages = 0;
	assert_int_equal(foe_send_entries(&x, &req, &answer, &e), RC_INVALID);
	assert_null(answer.cosignature);
	fix_ok(foe_send_disclosures(&x, &e), &e, "disclosures");
	req.n_packages = 1;
	fix_ok(foe_send_entries(&x, &req, &answer, &e), &e, "the first package");
	assert_true(answer.partial);
	assert_null(answer.cosignature);
	assert_int_equal(x.stored, MIRROR_PACKAGE);
	assert_int_equal(fix_query(&f, NODE, "SELECT count(*) FROM log_receipt"), 0);
	foe_notice(&x, CASE_2, 1);
	good(&x);
	assert_int_equal(fix_query(&f, NODE, "SELECT count(*) FROM log_receipt"), 1);
	assert_int_equal(
		fix_query(&f, NODE, "SELECT signed_size FROM log_head WHERE party = 0"),
		(int64_t)x.n);
	fix_must(&f, NODE, f.n[NODE].admin, "POST", "/v1/rebuild", NULL);
	foe_close(&x);
	fix_close(&f);
}

/* ---- tier 1: 422, whatever the checkpoint says ------------------------------------- */

static const struct tier1_row {
	const char *what;
	const char *rule;
	bool other_kid, other_seed, other_log, other_prev, raw;
	uint64_t seq;
} tier1_rows[] = {
	{"a key that was not introduced", "protocol 9", .other_kid = true,
	 .other_seed = true},
	{"another key than it names", "protocol 2", .other_seed = true},
	{"the name of another log", "protocol 2", .other_log = true},
	{"prev of something else", "protocol 2", .other_prev = true},
	{"a seq too large", "protocol 2", .seq = 1},
	{"a seq too small", "protocol 2", .seq = UINT64_MAX},
	{"no event at all", "protocol 2", .raw = true},
};

static void
tier1(void **state)
{
	struct fix f;
	struct hash wrong = {{1}};

	(void)state;
	fix_open_one(&f, NODE);
	for (size_t i = 0; i < sizeof(tier1_rows) / sizeof(tier1_rows[0]); i++) {
		const struct tier1_row *r = &tier1_rows[i];
		struct err e = ERR_INIT;
		struct foe x;
		foe_open(&x, &f, (unsigned)i + 1);
		foe_append(&x, &(struct foe_event){.type = "channel.hello"});
		foe_append(&x, &(struct foe_event){.type = "channel.hello"});
		good(&x);
		struct foe_event ev = {.type = "channel.hello",
				       .seed = r->other_seed ? x.receipt : NULL,
				       .kid_seed = r->other_kid ? x.receipt : x.event,
				       .log = r->other_log ? "a.example/c/1/e0" : NULL,
				       .prev = r->other_prev ? &wrong : NULL,
				       .seq = r->seq};
		if (r->raw)
			foe_append_raw(&x, "hello", 5);
		else
			foe_append(&x, &ev);
		struct mirror_checkpoint cp = foe_checkpoint(&x);
		fix_ok(foe_send_checkpoint(&x, &cp, &e), &e, "checkpoint");
		const char *rows = fix_rows(&f, NODE);
		struct mirror_entries req = foe_entries(&x);
		struct exchange_answer answer;
		assert_refused(foe_send_entries(&x, &req, &answer, &e), &e,
			       RC_UNPROCESSABLE, r->rule, r->what);
		assert_string_equal(fix_rows(&f, NODE), rows);
		foe_close(&x);
	}
	fix_close(&f);
}

/* A leaf larger than an event may be. */
static void
oversize(void **state)
{
	static char big[EVENT_JWS_MAX + 2];
	struct fix f;
	struct foe x;
	struct exchange_answer answer;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	memset(big, 'a', sizeof(big) - 1);
	foe_append_raw(&x, big, sizeof(big) - 1);
	struct mirror_checkpoint cp = foe_checkpoint(&x);
	fix_ok(foe_send_checkpoint(&x, &cp, &e), &e, "checkpoint");
	const char *rows = fix_rows(&f, NODE);
	struct mirror_entries req = foe_entries(&x);
	assert_refused(foe_send_entries(&x, &req, &answer, &e), &e, RC_UNPROCESSABLE,
		       "protocol 2", "an event too large");
	assert_string_equal(fix_rows(&f, NODE), rows);
	foe_close(&x);
	fix_close(&f);
}

/* ---- disclosures ------------------------------------------------------------------- */

static void
bad_disclosures(void **state)
{
	static const struct {
		const char *text;
		enum rc rc;
	} rows[] = {
		{"", RC_OK},
		{"\n", RC_UNPROCESSABLE},
		{"WyJ4Il0\n", RC_UNPROCESSABLE},
		{"not base64url!\n", RC_UNPROCESSABLE},
		{"W10", RC_UNPROCESSABLE},
	};
	struct fix f;
	struct foe x;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	struct node *nd = f.n[NODE].nd;
	const char *before = fix_rows(&f, NODE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = ERR_INIT;
		enum rc rc = exchange_add_disclosures(nd, x.peer, rows[i].text,
						      strlen(rows[i].text), &e);
		if (rows[i].rc != RC_OK)
			assert_refused(rc, &e, rows[i].rc, "protocol 2", rows[i].text);
		assert_string_equal(fix_rows(&f, NODE), before);
	}
	/* A good line before a bad one is not kept either. */
	struct err e = ERR_INIT;
	json_t *value = json_string("v");
	const char *text;
	struct hash h;
	fix_ok(event_disclosure_make(f.a, "text", value, &text, &h, &e), &e, "make");
	json_decref(value);
	const char *two = arena_printf(f.a, "%s\nW10", text);
	assert_refused(exchange_add_disclosures(nd, x.peer, two, strlen(two), &e), &e,
		       RC_UNPROCESSABLE, "protocol 2", "good, then bad");
	assert_string_equal(fix_rows(&f, NODE), before);
	char *big = arena_alloc(f.a, EVENT_DISCLOSURE_MAX + 2);
	memset(big, 'a', EVENT_DISCLOSURE_MAX + 1);
	assert_refused(exchange_add_disclosures(nd, x.peer, big, strlen(big), &e), &e,
		       RC_UNPROCESSABLE, "protocol 2", "too long");
	foe_close(&x);
	fix_close(&f);
}

/* Nobody else's peer may look at a log. */
static void
reading(void **state)
{
	struct fix f;
	struct foe x, other;
	struct hash h;
	char hex[HASH_HEX_LEN + 1];
	const char *text;
	const uint8_t *bytes;
	size_t len;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_open(&other, &f, 2);
	foe_notice(&x, CASE_1, 3);
	good(&x);
	struct node *nd = f.n[NODE].nd;
	hash_bytes(x.origin, strlen(x.origin), &h);
	hash_hex(&h, hex);
	fix_ok(exchange_get_checkpoint(nd, x.peer, hex, f.a, &text, &len, &e), &e, "own");
	fix_ok(exchange_get_tile(nd, x.peer, hex, true, 0, 0, (unsigned)x.n, f.a, &bytes,
				 &len, &e),
	       &e, "tile");
	assert_refused(exchange_get_checkpoint(nd, other.peer, hex, f.a, &text, &len, &e),
		       &e, RC_DENIED, "protocol 5", "checkpoint");
	assert_refused(exchange_get_tile(nd, other.peer, hex, true, 0, 0, 1, f.a, &bytes,
					 &len, &e),
		       &e, RC_DENIED, "protocol 5", "tile");
	assert_refused(exchange_get_proof(nd, other.peer, hex, 0, f.a, &text, &len, &e),
		       &e, RC_DENIED, "protocol 5", "proof");
	assert_refused(exchange_get_proof(nd, x.peer, hex, x.n, f.a, &text, &len, &e), &e,
		       RC_NOT_FOUND, "protocol 1", "past the end");
	assert_refused(exchange_get_tile(nd, x.peer, hex, true, 0, UINT64_MAX / 256, 0,
					 f.a, &bytes, &len, &e),
		       &e, RC_NOT_FOUND, "protocol 1", "far past the end");
	assert_refused(exchange_get_tile(nd, x.peer, hex, false, 200, 0, 1, f.a, &bytes,
					 &len, &e),
		       &e, RC_NOT_FOUND, "protocol 1", "no such level");
	foe_close(&x);
	foe_close(&other);
	fix_close(&f);
}

/* A disclosure belongs to the event that named it first: whoever names it again wants
 * it erased with an event of another case, past its hold. */
static void
disclosures_named_twice(void **state)
{
	const char *say = "message.post";

	(void)state;
	/* The newest is the node's own, the one before the peer's. */
	for (int i = 0; i < 2; i++) {
		struct fix f;
		struct err e = ERR_INIT;
		struct foe x;
		struct hash named;
		fix_open(&f);
		foe_open(&x, &f, 1);
		foe_notice(&x, CASE_1, 1);
		foe_notice(&x, CASE_2, 1);
		foe_append(&x, &(struct foe_event){.type = say,
						   .casefile = CASE_1,
						   .texts = {{"text", "\"first\""}}});
		good(&x);
		fix_act(&f, NODE, CASE_1, "say", json_pack("{s:s}", "text", "ours"));
		const char *hex = fix_query_text(
			&f, NODE,
			arena_printf(f.a,
				     "SELECT lower(hex(digest)) FROM log_disclosure "
				     "ORDER BY stored_us DESC LIMIT 1 OFFSET %d",
				     i));
		assert_int_equal(hash_parse_hex(hex, strlen(hex), &named), RC_OK);
		foe_append(&x, &(struct foe_event){
				       .type = say, .casefile = CASE_2, .sd = &named});
		assert_refused(foe_send(&x, &e), &e, RC_UNPROCESSABLE, "protocol 2",
			       "named again");
		assert_non_null(strstr(e.text, "one event only"));
		assert_int_equal(fix_events(&f, NODE, PARTY_AUTHORITY, say), 1);
		fix_close(&f);
		foe_close(&x);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_checkpoints),
		cmocka_unit_test(bad_entries),
		cmocka_unit_test(in_pieces),
		cmocka_unit_test(tier1),
		cmocka_unit_test(oversize),
		cmocka_unit_test(bad_disclosures),
		cmocka_unit_test(reading),
		cmocka_unit_test(disclosures_named_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
