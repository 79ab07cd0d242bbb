/*
 * Evidence bundles: what a good one says, and the samples of tests/bundle, of which no
 * byte may change.
 *
 * With "--write DIR" the program writes the samples anew.
 */
/* Before it: names of ours would shadow its own. */
#include "file_read.h"

#include "bundle_case.h"

/* ---- what a good one says ---------------------------------------------------------- */

static void
whole_case(void **state)
{
	struct made *m = made_new(NULL);
	struct bundle_report r;
	size_t len;
	const uint8_t *bytes = written(m, &len);

	(void)state;
	expect_ok(bytes, len, &r);
	assert_string_equal(r.casefile, WORLD_CASE);
	assert_string_equal(r.channel, "42");
	assert_int_equal(r.exporter, PARTY_AUTHORITY);
	assert_int_equal(r.casework.fold.state, CASE_ACCEPTED);
	assert_int_equal(r.casework.items, 3);
	assert_int_equal(r.casework.decided, 2);
	assert_string_equal(r.casework.subject, "Tiga saluran");
	assert_int_equal(r.casework.fold.n_rungs, 1);
	assert_int_equal(r.casework.due.taken, 1);
	assert_int_equal(r.casework.accept_due_us - r.casework.fold.receipt_us,
			 10 * CLOCK_US_PER_S);
	assert_int_equal(r.casework.decide_due_us - r.casework.fold.receipt_us,
			 20 * CLOCK_US_PER_S);
	assert_int_equal(r.casework.due.first_us, r.casework.decide_due_us);
	assert_int_equal(reported(&r, PARTY_AUTHORITY, AT_SEND)->level,
			 BUNDLE_LEVEL_ACCEPTED);
	assert_true(reported(&r, PARTY_AUTHORITY, AT_SEND)->adopted);
	assert_int_equal(reported(&r, PARTY_AUTHORITY, AT_SEND)->received_s *
				 CLOCK_US_PER_S,
			 r.casework.fold.receipt_us);
	assert_int_equal(reported(&r, PARTY_AUTHORITY, AT_MESSAGE)->level,
			 BUNDLE_LEVEL_READ);
	assert_int_equal(reported(&r, PARTY_AUTHORITY, AT_REMIND)->level,
			 BUNDLE_LEVEL_RECEIVED);
	assert_int_equal(reported(&r, PARTY_PLATFORM, 1)->level, BUNDLE_LEVEL_RECEIVED);
	for (int p = 0; p < PARTY_COUNT; p++) {
		assert_true(r.party[p].opened && r.party[p].open_agrees);
		assert_true(r.party[p].offered && !r.party[p].compared);
	}
	assert_true(has_words(&r.proven, "received the notice of 3 items"));
	assert_true(has_words(&r.proven, "Outcome kept: 1 of 3 items"));
	assert_true(has_words(&r.missing, "compare it over another path"));
	assert_true(has_words(&r.missing, "1 of the 13 entries"));
}

static void
order_of_case(void **state)
{
	struct made *m = made_new(NULL);
	struct bundle_report r;
	size_t len;
	const uint8_t *bytes = written(m, &len);

	(void)state;
	expect_ok(bytes, len, &r);
	assert_int_equal(r.n_orders, 1);
	const struct bundle_order *o = &r.orders[0];
	assert_string_equal(o->id, WORLD_ORDER);
	assert_string_equal(o->state, "lifted");
	assert_string_equal(o->draft->ev->by, "p-2");
	assert_int_equal(o->text_is, BUNDLE_TEXT_MATCHES);
	assert_string_equal(o->text, m->order_text);
	assert_int_equal(o->approvals, 1);
	assert_int_equal(o->guards_asked, 2);
	assert_int_equal(o->guards_open, 0);
	assert_int_equal(o->n_acts, 4);
	assert_non_null(o->acts[0].event->void_why); /* before the override */
	assert_null(o->acts[1].event->void_why);
	assert_string_equal(o->acts[1].reason, "Sudah diperiksa");
	assert_null(o->acts[2].event->void_why);
	assert_true(o->in_force_us != 0 && o->ended_us > o->in_force_us);
	assert_true(o->grounds);
	assert_true(has_words(&r.proven, "approve signed by kominfo.example"));
	assert_true(has_words(&r.claimed, "guards of the order are not yet overridden"));
}

/* Without texts the same is proven; what they said is not in it. */
static void
without_texts(void **state)
{
	struct made *m = made_new(NULL);
	struct bundle_report r;

	(void)state;
	m->c.with_disclosures = false;
	expect_valid(m, &r);
	assert_null(r.casework.subject);
	assert_int_equal(r.casework.decided, 2);
	assert_int_equal(r.orders[0].text_is, BUNDLE_TEXT_ABSENT);
	assert_string_equal(r.orders[0].state, "lifted");
	assert_true(has_words(&r.missing, "made without texts"));
}

/* A close is what its author had seen: with other counts it has no effect. */
static void
closed(void **state)
{
	static const struct {
		const char *body;
		bool ok;
	} rows[] = {
		{"{}", true},
		{"{\"counts\":{\"submitted\":3,\"accepted\":3,\"refused\":0,"
		 "\"duplicate\":0,\"decided\":2,\"open\":1}}",
		 true},
		{"{\"counts\":{\"submitted\":3,\"accepted\":3,\"refused\":0,"
		 "\"duplicate\":0,\"decided\":3,\"open\":0}}",
		 false},
		{"{\"counts\":{\"submitted\":4,\"accepted\":3,\"refused\":0,"
		 "\"duplicate\":1,\"decided\":2,\"open\":1}}",
		 false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bundle_report r;
		made_close = rows[i].body;
		struct made *m = made_new(NULL);
		made_close = NULL;
		expect_valid(m, &r);
		assert_int_equal(r.casework.fold.state,
				 rows[i].ok ? CASE_CLOSED : CASE_ACCEPTED);
	}
}

/* What the peer cosigned is received; what came after is its author's word. */
static void
appended_is_a_claim(void **state)
{
	struct made *m = made_new((uint64_t[]){AT_REMIND, 3});
	struct bundle_report r;

	(void)state;
	m->c.exporter = PARTY_PLATFORM;
	expect_valid(m, &r);
	assert_int_equal(r.exporter, PARTY_PLATFORM);
	assert_int_equal(r.party[PARTY_AUTHORITY].cosigned_size, AT_REMIND);
	assert_int_equal(r.party[PARTY_AUTHORITY].head_size, m->w.log[0].n);
	assert_int_equal(reported(&r, PARTY_AUTHORITY, AT_DRAFT)->level,
			 BUNDLE_LEVEL_APPENDED);
	assert_int_equal(reported(&r, PARTY_AUTHORITY, AT_DRAFT)->received_s, 0);
	assert_int_equal(reported(&r, PARTY_PLATFORM, 3)->level, BUNDLE_LEVEL_APPENDED);
	assert_int_equal(reported(&r, PARTY_PLATFORM, 2)->level, BUNDLE_LEVEL_RECEIVED);
	/* This one's receipt was adopted, whatever the newest cosigned head is. */
	assert_int_equal(reported(&r, PARTY_AUTHORITY, AT_REMIND)->level,
			 BUNDLE_LEVEL_RECEIVED);
	assert_true(has_words(&r.claimed, "only kominfo.example says"));
}

/* Without any receipt there is no clock, and so no overdue case. */
static void
nothing_received(void **state)
{
	struct made *m = made_new((uint64_t[]){0, 0});
	struct bundle_report r;

	(void)state;
	struct bundle_log *l = &m->c.log[PARTY_AUTHORITY];
	size_t kept = 0;
	for (size_t i = 0; i < l->n; i++)
		if (m->leaves[0][i].seq != AT_ADOPT &&
		    m->leaves[0][i].seq != AT_ADOPT_REMIND) {
			m->leaves[0][kept] = m->leaves[0][i];
			m->leaves[0][kept++].receipt = NULL;
		}
	l->n = kept;
	m->c.log[PARTY_PLATFORM].n = 0;
	m->c.log[PARTY_PLATFORM].checkpoint = NULL;
	m->c.n_disclosures = 0;
	expect_valid(m, &r);
	assert_int_equal(r.casework.fold.state, CASE_SENT);
	assert_int_equal(r.casework.accept_due_us, 0);
	assert_int_equal(reported(&r, PARTY_AUTHORITY, AT_SEND)->level,
			 BUNDLE_LEVEL_APPENDED);
	assert_false(r.orders[0].grounds);
	assert_true(has_words(&r.claimed, "That the notice reached telegram.example"));
	assert_true(has_words(&r.missing, "never receipted"));
}

static void
fingerprints(void **state)
{
	struct made *m = made_new(NULL);
	struct bundle_report r;
	char text[PARTY_COUNT][FINGERPRINT_TEXT_MAX];
	struct err e = ERR_INIT;
	size_t len;
	const uint8_t *bytes = written(m, &len);
	struct bundle_expect x = {{NULL}};

	(void)state;
	for (int p = 0; p < PARTY_COUNT; p++)
		x.fingerprint[p] = identity_fingerprint(m->w.id[p]->root_pub, text[p]);
	assert_int_equal(bundle_verify(a, bytes, len, &x, &r, &e), RC_OK);
	assert_true(r.party[0].compared && r.party[1].compared);
	assert_false(has_words(&r.missing, "compare it over another path"));
	x.fingerprint[PARTY_PLATFORM] = text[PARTY_AUTHORITY];
	assert_int_equal(bundle_verify(a, bytes, len, &x, &r, &e), RC_UNPROCESSABLE);
	assert_int_equal(r.step, BUNDLE_STEP_IDENTITIES);
}

/* Equal reports in both forms; a failure has both too. */
static void
reports(void **state)
{
	struct made *m = made_new(NULL);
	struct bundle_report r;
	struct buf b = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	size_t len;
	const uint8_t *bytes = written(m, &len);

	(void)state;
	expect_ok(bytes, len, &r);
	bundle_report_put(&b, &r);
	assert_true(buf_ok(&b));
	assert_non_null(strstr(buf_str(&b), "VALID. Every step held."));
	assert_non_null(strstr(buf_str(&b), m->order_text));
	json_t *j = bundle_report_json(&r);
	assert_true(json_is_true(json_object_get(j, "ok")));
	assert_int_equal(json_array_size(json_object_get(j, "events")), r.n_events);
	assert_int_equal(json_array_size(json_object_get(j, "steps")), BUNDLE_STEP_COUNT);
	assert_int_equal(json_array_size(json_object_get(j, "orders")), 1);
	json_decref(j);
	buf_reset(&b);
	assert_int_equal(bundle_verify(a, bytes, len - 1, NULL, &r, &e),
			 RC_UNPROCESSABLE);
	bundle_report_put(&b, &r);
	assert_non_null(strstr(buf_str(&b), "NOT VALID"));
	j = bundle_report_json(&r);
	assert_string_equal(json_string_value(json_object_get(j, "step")), "container");
	json_decref(j);
	buf_free(&b);
}

/* ---- the samples ------------------------------------------------------------------- */

static const char *const samples[] = {"order.bundle", "claimed.bundle", "rekey.bundle"};

static const uint8_t *
sample_read(const char *name, size_t *ret_len)
{
	return (const uint8_t *)file_read(
		a, "SALURAN_SOURCE", arena_printf(a, "tests/bundle/%s", name), ret_len);
}

static void
samples_verify(void **state)
{
	struct bundle_report r;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const uint8_t *bytes = sample_read(samples[i], &len);
		expect_ok(bytes, len, &r);
	}
}

/* Every byte, changed in one bit that differs from place to place. */
static void
every_byte(void **state)
{
	struct arena *tmp = arena_create();
	size_t len;
	const uint8_t *good = sample_read(samples[0], &len);
	uint8_t *bytes = arena_copy(a, good, len);
	size_t at_step[BUNDLE_STEP_COUNT] = {0};

	(void)state;
	for (size_t i = 0; i < len; i++) {
		struct bundle_report r;
		struct err e = ERR_INIT;
		uint8_t bit = (uint8_t)(1U << i % 8);
		bytes[i] ^= bit;
		if (bundle_verify(tmp, bytes, len, NULL, &r, &e) == RC_OK)
			fail_msg("byte %zu of %s was changed, and nothing noticed", i,
				 samples[0]);
		assert_true(r.step < BUNDLE_STEP_COUNT && r.what[0] != '\0');
		at_step[r.step]++;
		bytes[i] ^= bit;
		arena_reset(tmp);
	}
	/* The manifest guards the rest, so nothing comes further than its signature. */
	for (int s = BUNDLE_STEP_CHANNEL; s < BUNDLE_STEP_COUNT; s++)
		assert_int_equal(at_step[s], 0);
	assert_true(at_step[BUNDLE_STEP_CONTAINER] != 0);
	assert_true(at_step[BUNDLE_STEP_MEMBERS] != 0);
	assert_true(at_step[BUNDLE_STEP_SIGNATURE] != 0);
	arena_free(tmp);
}

static void
sample_write(const char *dir, const char *name, struct made *m)
{
	size_t len;
	const uint8_t *bytes = written(m, &len);
	FILE *f = fopen(arena_printf(a, "%s/%s", dir, name), "wb");

	if (f == NULL || fwrite(bytes, 1, len, f) != len || fclose(f) != 0) {
		perror(name);
		exit(1);
	}
}

static int
samples_write(const char *dir)
{
	crypto_start();
	a = arena_create();
	sample_write(dir, samples[0], made_new(NULL));
	struct made *m = made_new((uint64_t[]){AT_REMIND, 3});
	m->c.exporter = PARTY_PLATFORM;
	m->c.with_disclosures = false;
	sample_write(dir, samples[1], m);
	arena_free(a);
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(whole_case),	TEST(order_of_case),
		TEST(without_texts),	TEST(appended_is_a_claim),
		TEST(nothing_received), TEST(fingerprints),
		TEST(closed),		TEST(reports),
		TEST(samples_verify),	TEST(every_byte),
	};

	if (argc == 3 && strcmp(argv[1], "--write") == 0)
		return samples_write(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
