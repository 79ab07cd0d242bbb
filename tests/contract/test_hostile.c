/*
 * What a peer that signs well can do to others by what it says: to what we erase, to what
 * we hand on, to whose hands are counted, to our time.
 */
#include "foe.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define NODE PARTY_PLATFORM

#define CASE_1 "01980000-0000-7000-8000-000000000001"
#define ORDER1 "01980000-0000-7000-8000-0000000000a1"
#define ZEROS  "0000000000000000000000000000000000000000000000000000000000000000"
/* SHA-256 of "x" */
#define HASH_X "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

static void
rebuild(struct fix *f)
{
	json_t *r = fix_must(f, NODE, f->n[NODE].admin, "POST", "/v1/rebuild", NULL);

	assert_true(json_is_true(json_object_get(r, "equal")));
}

/* However many events come at once, each is a step of the feed of its own. */
static void
feeds_lose_nothing(void **state)
{
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;
	int64_t after = 0, n = 0;
	json_t *page;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_notice(&x, CASE_1, 5);
	fix_ok(foe_send(&x, &e), &e, "notice");
	do {
		page = fix_must(
			&f, NODE, f.n[NODE].admin, "GET", "/v1/events",
			json_pack("{s:I, s:i}", "after", (json_int_t)after, "limit", 1));
		n += (int64_t)json_array_size(json_object_get(page, "events"));
		after = fix_int(page, "next");
	} while (json_is_true(json_object_get(page, "more")));
	assert_int_equal(n, fix_query(&f, NODE, "SELECT count(*) FROM log_event"));
	assert_int_equal(n, fix_query(&f, NODE,
				      "SELECT count(DISTINCT stored_us) FROM log_event"));
	foe_close(&x);
	fix_close(&f);
}

/* Past the hands that an order can have none counts, not one that comes twice either. */
static void
hands_are_counted_once(void **state)
{
	enum { PEOPLE = 70 };
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_append(&x, &(struct foe_event){
			       .type = "order.draft",
			       .body = "{\"order\":\"" ORDER1
				       "\",\"names\":[{\"name\":\"b.example\","
				       "\"wildcard\":false}],\"cites\":[],\"action\":"
				       "\"nxdomain\",\"ends\":1900000000000000,"
				       "\"review\":1900000000000000,\"emergency\":true,"
				       "\"text\":\"" HASH_X
				       "\",\"approvals\":2,\"guards\":[]}",
			       .texts = {FOE_DRAFT_TEXTS}});
	for (int i = 0; i < PEOPLE; i++)
		foe_append(&x, &(struct foe_event){.type = "order.override",
						   .by = arena_printf(f.a, "p-%d", i),
						   .body = "{\"order\":\"" ORDER1
							   "\",\"text\":\"" HASH_X
							   "\",\"guards\":[\"delta\"]}",
						   .texts = {{"reason", "\"r\""}}});
	for (int i = 0; i < 2; i++)
		foe_append(&x, &(struct foe_event){
				       .type = "order.approve",
				       .by = arena_printf(f.a, "p-%d", PEOPLE - 1),
				       .body = "{\"order\":\"" ORDER1
					       "\",\"text\":\"" HASH_X "\"}"});
	fix_ok(foe_send(&x, &e), &e, "hands");
	assert_string_equal(fix_query_text(&f, NODE, "SELECT state FROM v_order"),
			    "draft");
	assert_int_equal(fix_query(&f, NODE,
				   "SELECT count(*) - count(DISTINCT author) FROM "
				   "v_order_act"),
			 0);
	rebuild(&f);
	foe_close(&x);
	fix_close(&f);
}

/* A text with another digest is not believed; whether the part has effect does not hang
 * on it, so that nothing changes when the texts are erased. */
static void
effects_do_not_hang_on_texts(void **state)
{
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_append(&x,
		   &(struct foe_event){
			   .type = "notice.part",
			   .casefile = CASE_1,
			   .body = "{\"part\":0,\"items\":["
				   "{\"i\":0,\"kind\":\"url\",\"category\":\"other\","
				   "\"nf\":\"" HASH_X "\"},"
				   "{\"i\":1,\"kind\":\"url\",\"category\":\"other\","
				   "\"nf\":\"" ZEROS "\"}]}",
			   .texts = {{"item", "{\"normal\":\"x\",\"given\":\"X\"}"},
				     {"item", "{\"normal\":\"x\",\"given\":\"X\"}"}}});
	fix_ok(foe_send(&x, &e), &e, "part");
	assert_int_equal(fix_query(&f, NODE, "SELECT count(*) FROM v_item"), 2);
	assert_string_equal(
		fix_query_text(&f, NODE,
			       "SELECT group_concat(i || coalesce(given, '')) "
			       "FROM v_item WHERE given IS NOT NULL"),
		"0X");
	rebuild(&f);
	/* As an erasure leaves it. */
	fix_query(&f, NODE, "UPDATE log_disclosure SET body = NULL RETURNING 1");
	fix_query(&f, NODE, "UPDATE v_item SET given = NULL, normal = NULL RETURNING 1");
	rebuild(&f);
	foe_close(&x);
	fix_close(&f);
}

/* A manifest of the year 1970 has no effect, and the case waits for a good one. */
static void
a_void_manifest_leaves_nothing(void **state)
{
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_parts(&x, CASE_1, 2);
	uint64_t first = x.n - 2;
	int64_t now_us = x.now_us;
	x.now_us = 0;
	foe_manifest_of(&x, CASE_1, 2, first);
	x.now_us = now_us;
	fix_ok(foe_send(&x, &e), &e, "manifest without a time");
	assert_int_equal(fix_query(&f, NODE, "SELECT manifest FROM v_case"), 0);
	assert_int_equal(fix_query(&f, NODE, "SELECT count(*) FROM v_case_word"), 0);
	foe_manifest_of(&x, CASE_1, 2, first);
	fix_ok(foe_send(&x, &e), &e, "manifest");
	assert_int_equal(fix_query(&f, NODE, "SELECT manifest FROM v_case"), 1);
	rebuild(&f);
	foe_close(&x);
	fix_close(&f);
}

static void
bring(struct foe *x, const struct hash *h, const char *bytes)
{
	struct exchange_blob *b = NULL;
	struct err e = ERR_INIT;
	uint64_t at;
	bool whole = false;

	fix_ok(exchange_blob_open(x->f->n[NODE].nd, x->peer, h, 0, strlen(bytes), &b, &at,
				  &e),
	       &e, "open");
	assert_non_null(b);
	fix_ok(exchange_blob_put(b, bytes, strlen(bytes), &e), &e, "put");
	fix_ok(exchange_blob_end(b, h, &whole, &at, &e), &e, "end");
	assert_true(whole);
	exchange_blob_close(b);
}

/* Who brings the file of another channel, and no event for it, has only its own removed.
 */
static void
others_files_stay(void **state)
{
	static const char bytes[] = "age-encryption.org/v1 and what follows";
	struct fix f;
	struct foe x, other;
	struct err e = ERR_INIT;
	struct hash h;
	char hex[HASH_HEX_LEN + 1];
	int64_t wait_us;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_open(&other, &f, 2);
	hash_bytes(bytes, strlen(bytes), &h);
	hash_hex(&h, hex);
	bring(&x, &h, bytes);
	fix_query(&f, NODE, "UPDATE evidence_file SET named = 1 RETURNING 1");
	bring(&other, &h, bytes);
	fix_clock_add(2 * 86400 * FIX_S);
	fix_ok(service_tick(f.n[NODE].nd, FIX_S, &wait_us, &e), &e, "tick");
	assert_int_equal(fix_query(&f, NODE, "SELECT count(*) FROM evidence_file"), 1);
	assert_int_equal(
		access(arena_printf(f.a, "%s/blobs/%.2s/%s", f.n[NODE].dir, hex, hex),
		       R_OK),
		0);
	fix_clock_reset();
	foe_close(&x);
	foe_close(&other);
	fix_close(&f);
}

/* Who calls is known by the TLS key: nobody is introduced with that of another. */
static void
a_copied_key(void **state)
{
	struct fix f;
	struct foe x, copy;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_make(&copy, &f, 257);
	fix_refused(&f, NODE, f.n[NODE].admin, "POST", "/v1/peers",
		    foe_introduction(&copy), RC_CONFLICT, "the same TLS key");
	fix_must(&f, NODE, f.n[NODE].admin, "POST", "/v1/peers", foe_introduction(&x));
	foe_close(&x);
	foe_close(&copy);
	fix_close(&f);
}

/* Deadlines run from the receipt: one that is dated ahead is an alarm. */
static void
a_receipt_of_tomorrow(void **state)
{
	static const char alarms[] =
		"SELECT count(*) FROM alarm WHERE kind = 'clock' AND cleared_us = 0";
	struct fix f;

	(void)state;
	fix_open(&f);
	fix_settle(&f);
	fix_send(&f, "R-1", "bad.example", 1);
	fix_clock_add(86400 * FIX_S);
	fix_carry(&f, PARTY_AUTHORITY, CUT_ENTRIES);
	fix_clock_add(-86400 * FIX_S);
	assert_int_equal(fix_query(&f, PARTY_AUTHORITY, alarms), 0);
	/* Once to learn where the other side stands, once for the receipt. */
	for (int i = 0; i < 2 && fix_query(&f, PARTY_AUTHORITY, alarms) == 0; i++)
		fix_carry(&f, PARTY_AUTHORITY, CUT_NOTHING);
	assert_int_equal(fix_query(&f, PARTY_AUTHORITY, alarms), 1);
	fix_settle(&f);
	assert_int_equal(fix_query(&f, PARTY_AUTHORITY, alarms), 0);
	fix_close(&f);
}

/* No event can keep such a time: it is no receipt, which the schedule of retries tells.
 */
static void
a_receipt_beyond_all_clocks(void **state)
{
	const int64_t ahead_us = INT64_C(20000000000) * FIX_S;
	struct fix f;
	struct err e = ERR_INIT;
	enum rc rc = RC_OK;

	(void)state;
	fix_open(&f);
	fix_settle(&f);
	fix_send(&f, "R-1", "bad.example", 1);
	fix_clock_add(ahead_us);
	fix_carry(&f, PARTY_AUTHORITY, CUT_ENTRIES);
	fix_clock_add(-ahead_us);
	/* Once to learn where the other side stands, once for the receipt. */
	for (int i = 0; i < 2 && rc == RC_OK; i++)
		rc = fix_carry_try(&f, PARTY_AUTHORITY, CUT_NOTHING, &e);
	assert_int_equal(rc, RC_UNPROCESSABLE);
	assert_non_null(strstr(e.text, "which no clock shows"));
	fix_close(&f);
}

static void
bundle_verifies(struct fix *f, const char *casefile)
{
	struct err e = ERR_INIT;

	/* What does not verify is not given out. */
	fix_ok(fix_call(f, NODE, f->n[NODE].admin, "GET",
			arena_printf(f->a, "/v1/cases/%s/bundle", casefile), NULL, NULL,
			&e),
	       &e, "bundle");
}

/* A peer cannot make its events ones that no bundle can have. */
static void
bundles_are_given(void **state)
{
	enum { ORDERS = 65 };
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_notice(&x, CASE_1, 1);
	fix_ok(foe_send(&x, &e), &e, "notice");
	bundle_verifies(&f, CASE_1);
	foe_append(&x, &(struct foe_event){.type = "message.post",
					   .casefile = CASE_1,
					   .body = "{}",
					   .texts = {{"text", "\"x\""}},
					   .ref = &(struct event_ref){
						   .log = x.node_origin, .seq = 0}});
	foe_append(&x, &(struct foe_event){
			       .type = "message.post",
			       .casefile = CASE_1,
			       .body = "{}",
			       .texts = {{"text", "\"x\""}},
			       .ref = &(struct event_ref){.log = x.origin, .seq = 0}});
	fix_ok(foe_send(&x, &e), &e, "references");
	bundle_verifies(&f, CASE_1);
	for (int i = 0; i < ORDERS; i++)
		foe_append(&x, &(struct foe_event){
				       .type = "order.draft",
				       .body = arena_printf(
					       f.a,
					       "{\"order\":\"01980000-0000-7000-8000-"
					       "0000000001%02x\",\"names\":[{\"name\":"
					       "\"b.example\",\"wildcard\":false}],"
					       "\"cites\":[\"" CASE_1 "\"],\"action\":"
					       "\"nxdomain\",\"ends\":1900000000000000,"
					       "\"review\":1900000000000000,"
					       "\"emergency\":true,\"text\":\"" HASH_X
					       "\",\"approvals\":2,\"guards\":[]}",
					       (unsigned)i),
				       .texts = {FOE_DRAFT_TEXTS}});
	fix_ok(foe_send(&x, &e), &e, "orders");
	assert_int_equal(fix_query(&f, NODE, "SELECT count(*) FROM v_order"), ORDERS);
	bundle_verifies(&f, CASE_1);
	foe_close(&x);
	fix_close(&f);
}

/* Nor by an upload of which it sends a half: what stands under no head that it signed is
 * not in a bundle, and starts no clock there. */
static void
halves_are_left_out(void **state)
{
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;
	struct exchange_answer answer;
	char hex[HASH_HEX_LEN + 1];

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_notice(&x, CASE_1, 1);
	fix_ok(foe_send(&x, &e), &e, "notice");
	struct hash root = foe_root(&x, x.n);
	foe_append(
		&x,
		&(struct foe_event){
			.type = "receipt.adopt",
			.body = arena_printf(
				f.a,
				"{\"log\":\"%s\",\"size\":%" PRIu64
				",\"root\":\"%s\",\"time\":%" PRId64 ",\"sig\":\"%s\"}",
				x.origin, x.n, hash_hex(&root, hex),
				fix_query(&f, NODE, "SELECT time_s FROM log_receipt"),
				x.last_sig)});
	while (x.n <= MIRROR_PACKAGE)
		foe_append(&x, &(struct foe_event){
				       .type = "message.read",
				       .casefile = CASE_1,
				       .body = "{}",
				       .ref = &(struct event_ref){.log = x.node_origin}});
	struct mirror_checkpoint head = foe_checkpoint(&x);
	fix_ok(foe_send_checkpoint(&x, &head, &e), &e, "head");
	struct mirror_entries half = foe_entries(&x);
	assert_int_equal(half.n_packages, 2);
	half.n_packages = 1;
	fix_ok(foe_send_entries(&x, &half, &answer, &e), &e, "the first package");
	assert_int_not_equal(fix_query(&f, NODE, "SELECT receipt_us FROM v_case"), 0);
	bundle_verifies(&f, CASE_1);
	foe_close(&x);
	fix_close(&f);
}

/* Nor by lines of nobody under its head, 72 KiB of them, where a proof has at most 64. */
static void
lines_of_others_are_left_out(void **state)
{
	enum { LINES = 12, LINE = 6 << 10 };
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;
	struct exchange_answer answer;
	struct buf note = BUF_INIT(1 << 17);

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_notice(&x, CASE_1, 1);
	fix_ok(foe_send_disclosures(&x, &e), &e, "disclosures");
	struct mirror_checkpoint head = foe_checkpoint(&x);
	const char *alone = head.note, *lines = strstr(alone, "\n\n") + 2;
	buf_put(&note, alone, (size_t)(lines - alone));
	for (int i = 0; i < LINES; i++) {
		buf_printf(&note, "\xe2\x80\x94 nobody.example/%d ", i);
		for (int n = 0; n < LINE; n += 4)
			buf_puts(&note, "AAAA");
		buf_putc(&note, '\n');
	}
	buf_puts(&note, lines);
	assert_true(buf_ok(&note));
	head.note = buf_str(&note);
	head.note_len = note.len;
	fix_ok(foe_send_checkpoint(&x, &head, &e), &e, "head");
	struct mirror_entries entries = foe_entries(&x);
	fix_ok(foe_send_entries(&x, &entries, &answer, &e), &e, "entries");
	bundle_verifies(&f, CASE_1);
	assert_string_equal(fix_query_text(&f, NODE,
					   "SELECT signed_note FROM log_head "
					   "WHERE party = 0"),
			    alone);
	assert_string_equal(fix_query_text(&f, NODE, "SELECT note FROM log_receipt"),
			    alone);
	buf_free(&note);
	foe_close(&x);
	fix_close(&f);
}

int
main(void)
{
	foe_policy = foe_lax_policy;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(feeds_lose_nothing),
		cmocka_unit_test(hands_are_counted_once),
		cmocka_unit_test(effects_do_not_hang_on_texts),
		cmocka_unit_test(a_void_manifest_leaves_nothing),
		cmocka_unit_test(others_files_stay),
		cmocka_unit_test(a_copied_key),
		cmocka_unit_test(a_receipt_of_tomorrow),
		cmocka_unit_test(a_receipt_beyond_all_clocks),
		cmocka_unit_test(bundles_are_given),
		cmocka_unit_test(halves_are_left_out),
		cmocka_unit_test(lines_of_others_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
