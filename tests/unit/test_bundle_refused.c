/*
 * Bundles that must not pass: each fails at the step that is there for it.
 */
#include "bundle_case.h"

/* ---- the container ----------------------------------------------------------------- */

static void
container(void **state)
{
	struct made *m = made_new(NULL);
	const struct bundle_member *f;
	struct err e = ERR_INIT;
	size_t len, n;
	const uint8_t *bytes = written(m, &len);
	uint8_t *twice = arena_alloc(a, 2 * len);

	(void)state;
	for (size_t cut = 1; cut <= len; cut += cut < 2048 ? 1 : 511)
		expect_bytes(bytes, len - cut, BUNDLE_STEP_CONTAINER, "");
	memcpy(twice, bytes, len);
	expect_bytes(twice, len + 1, BUNDLE_STEP_CONTAINER, "two blocks of zeros");
	expect_bytes(twice, len + 512, BUNDLE_STEP_CONTAINER, "two blocks of zeros");
	twice[len] = 'x';
	expect_bytes(twice, len + 1, BUNDLE_STEP_CONTAINER, "two blocks of zeros");
	memcpy(twice + len, bytes, len);
	expect_bytes(twice, 2 * len, BUNDLE_STEP_CONTAINER, "two blocks of zeros");

	/* The first two members change places, and the first stands twice. */
	assert_int_equal(bundle_unpack(a, bytes, len, &f, &n, &e), RC_OK);
	assert_true(n > 2);
	size_t first = (size_t)((const uint8_t *)f[1].data - bytes) - 512;
	size_t both = (size_t)((const uint8_t *)f[2].data - bytes) - 512;
	memcpy(twice, bytes + first, both - first);
	memcpy(twice + both - first, bytes, first);
	memcpy(twice + both, bytes + both, len - both);
	expect_bytes(twice, len, BUNDLE_STEP_CONTAINER, "order of their names");
	memcpy(twice, bytes, first);
	memcpy(twice + first, bytes, len);
	expect_bytes(twice, first + len, BUNDLE_STEP_CONTAINER, "order of their names");
	expect_bytes(bytes, 0, BUNDLE_STEP_CONTAINER, "two blocks of zeros");
	memset(twice, 0, 1024);
	expect_bytes(twice, 1024, BUNDLE_STEP_CONTAINER, "no members");
}

/* Pack other members under the manifest that is there. */
static void
expect_members(const struct bundle_member *f, size_t n, enum bundle_step step,
	       const char *says)
{
	struct buf b = BUF_INIT(1 << 20);

	bundle_pack(&b, f, n);
	expect_bytes((const uint8_t *)arena_copy(a, b.data, b.len), b.len, step, says);
	buf_free(&b);
}

static void
members(void **state)
{
	struct made *m = made_new(NULL);
	const struct bundle_member *f;
	struct bundle_member *g;
	struct err e = ERR_INIT;
	size_t len, n;
	const uint8_t *bytes = written(m, &len);

	(void)state;
	assert_int_equal(bundle_unpack(a, bytes, len, &f, &n, &e), RC_OK);
	expect_members(f, n - 1, BUNDLE_STEP_MANIFEST, "MANIFEST.jws: is missing");
	expect_members(f + 1, n - 1, BUNDLE_STEP_MEMBERS, "names");
	g = arena_array(a, n + 1, sizeof(*g));
	memcpy(g + 1, f, n * sizeof(*g));
	g[0] = (struct bundle_member){"A.txt", "x", 1};
	expect_members(g, n + 1, BUNDLE_STEP_MEMBERS, "names");
	/* As many, one under another name. */
	memcpy(g, f, n * sizeof(*g));
	g[0].name = "README.tyt";
	expect_members(g, n, BUNDLE_STEP_MEMBERS, "in its place");
	g[0].name = f[0].name;
	g[0].len--;
	expect_members(g, n, BUNDLE_STEP_MEMBERS, "bytes, the manifest says");
	/* Two members of one length change content. */
	memcpy(g, f, n * sizeof(*g));
	g[0].data = arena_strndup(a, f[0].data, f[0].len);
	((char *)(uintptr_t)g[0].data)[7] ^= 1;
	expect_members(g, n, BUNDLE_STEP_MEMBERS, "README.txt: is not what");
}

/* ---- a new manifest over something else -------------------------------------------- */

static void
wrong_signer(void **state)
{
	struct made *m = made_new(NULL);
	size_t len;

	(void)state;
	const uint8_t *bytes =
		written_by(m, world_seed(&m->w, PARTY_PLATFORM, SEED_EVENT), &len);
	expect_bytes(bytes, len, BUNDLE_STEP_SIGNATURE,
		     "no event key of kominfo.example");
	bytes = written_by(m, world_seed(&m->w, PARTY_AUTHORITY, SEED_ROOT), &len);
	expect_bytes(bytes, len, BUNDLE_STEP_SIGNATURE,
		     "no event key of kominfo.example");
}

static void
wrong_identity(void **state)
{
	struct made *m = made_new(NULL);

	(void)state;
	m->c.identity[PARTY_PLATFORM] = m->c.identity[PARTY_AUTHORITY];
	m->c.offer[PARTY_PLATFORM] = m->c.offer[PARTY_AUTHORITY];
	expect(m, BUNDLE_STEP_IDENTITIES, "is of the authority");
}

static void
wrong_channel(void **state)
{
	struct made *m = made_new(NULL);

	(void)state;
	m->c.offer[PARTY_PLATFORM] = world_offer(&m->w, PARTY_PLATFORM, "43");
	expect(m, BUNDLE_STEP_CHANNEL, "different channels");
	m->c.offer[PARTY_PLATFORM] = NULL; /* one is enough */
	struct bundle_report r;
	expect_valid(m, &r);
	m->c.offer[PARTY_AUTHORITY] = world_offer(&m->w, PARTY_AUTHORITY, "43");
	expect(m, BUNDLE_STEP_EVENTS, "is of the log");
}

static void
wrong_policy(void **state)
{
	struct made *m = made_new(NULL);

	(void)state;
	m->c.policy = arena_printf(a, "%s\n", world_policy);
	m->c.policy_len = strlen(m->c.policy);
	expect(m, BUNDLE_STEP_POLICY, "not the policy that the channel names");
}

/* One character of an inner event, and a new manifest over it. */
static void
wrong_event(void **state)
{
	struct made *m = made_new(NULL);
	struct bundle_leaf *l = leaf_at(m, PARTY_AUTHORITY, AT_SEND);
	char *jws = arena_strdup(a, l->jws);
	const char *good = l->jws;

	(void)state;
	jws[strlen(jws) - 10] = jws[strlen(jws) - 10] == 'A' ? 'B' : 'A';
	l->jws = jws;
	expect(m, BUNDLE_STEP_EVENTS, "event 3: ");
	/* The same payload, signed by the root. */
	const char *dot = strchr(good, '.') + 1;
	uint8_t *payload;
	size_t len;
	assert_int_equal(b64url_decode(a, dot, strcspn(dot, "."), &payload, &len), RC_OK);
	l->jws = jws_sign(a, world_seed(&m->w, PARTY_AUTHORITY, SEED_ROOT), EVENT_TYP,
			  (const char *)payload, len);
	expect(m, BUNDLE_STEP_EVENTS, "no event key of kominfo.example");
	/* By the right key again, but other bytes than the log has. */
	len = strlen((const char *)payload);
	char *changed = arena_strndup(a, (const char *)payload, len);
	memcpy(strstr(changed, "\"p-1\""), "\"p-9\"", 5);
	l->jws = jws_sign(a, world_seed(&m->w, PARTY_AUTHORITY, SEED_EVENT), EVENT_TYP,
			  changed, len);
	expect(m, BUNDLE_STEP_EVENTS, "does not follow");
}

static void
wrong_seq(void **state)
{
	struct made *m = made_new(NULL);
	struct bundle_leaf *l = leaf_at(m, PARTY_AUTHORITY, AT_SEND);

	(void)state;
	m->c.log[PARTY_AUTHORITY].n = AT_SEND; /* 0, 2, 3 */
	l->seq = 7;
	expect(m, BUNDLE_STEP_EVENTS, "its signed seq is 3");
	l->seq = AT_PART;
	l->proof = leaf_at(m, PARTY_AUTHORITY, AT_PART)->proof;
	l[-1].seq = 1;
	expect(m, BUNDLE_STEP_EVENTS, "its signed seq is 2");
}

/* An event that is neither of the case nor needed for it. */
static void
foreign_event(void **state)
{
	struct made *m = made_new(NULL);
	struct world_log *l = &m->w.log[PARTY_AUTHORITY];
	struct bundle_log *to = &m->c.log[PARTY_AUTHORITY];

	(void)state;
	memmove(&m->leaves[0][2], &m->leaves[0][1],
		(to->n - 1) * sizeof(m->leaves[0][0]));
	m->leaves[0][1] = (struct bundle_leaf){
		.seq = 1,
		.jws = l->leaf[1].jws,
		.proof = world_proof(&m->w, PARTY_AUTHORITY, 1, l->n, to->checkpoint)};
	to->n++;
	expect(m, BUNDLE_STEP_EVENTS, "does not belong to this case");
}

static void
wrong_place(void **state)
{
	struct made *m = made_new(NULL);
	struct bundle_leaf *l = leaf_at(m, PARTY_AUTHORITY, AT_SEND);
	struct world *w = &m->w;
	uint64_t n = w->log[PARTY_AUTHORITY].n;
	const char *good = l->proof, *head = m->c.log[PARTY_AUTHORITY].checkpoint;

	(void)state;
	l->proof = world_proof(w, PARTY_AUTHORITY, AT_PART, n, head);
	expect(m, BUNDLE_STEP_INCLUSION, "is of entry 2");
	char *other = arena_strdup(a, good);
	char *hash = strchr(strchr(other, '\n') + 1, '\n') + 1;
	*hash = *hash == 'A' ? 'B' : 'A';
	l->proof = other;
	expect(m, BUNDLE_STEP_INCLUSION, "3.tlog-proof");
	l->proof = world_proof(w, PARTY_AUTHORITY, AT_SEND, m->size_send, m->head_send);
	expect(m, BUNDLE_STEP_INCLUSION, "quotes another head");
	l->proof = good;
	m->c.log[PARTY_AUTHORITY].checkpoint = NULL;
	expect(m, BUNDLE_STEP_INCLUSION, "checkpoint: is missing");
	m->c.log[PARTY_AUTHORITY].checkpoint = head;
	m->c.log[PARTY_AUTHORITY].cosigned = m->head_remind;
	expect(m, BUNDLE_STEP_INCLUSION, "superfluous");
}

/* A head whose signature line is that of another head. */
static void
wrong_head(void **state)
{
	struct made *m = made_new((uint64_t[]){0, 0});
	struct bundle_log *l = &m->c.log[PARTY_PLATFORM];
	char *head = arena_strdup(a, l->checkpoint);
	const char *other = world_head(&m->w, PARTY_PLATFORM, 2, 0);

	(void)state;
	size_t tail = strlen(strrchr(other, ' '));
	memcpy(head + strlen(head) - tail, other + strlen(other) - tail, tail);
	l->checkpoint = head;
	for (size_t i = 0; i < l->n; i++)
		m->leaves[1][i].proof =
			world_proof(&m->w, PARTY_PLATFORM, i, m->w.log[1].n, head);
	expect(m, BUNDLE_STEP_HEADS, "logs/platform/checkpoint: ");
}

static void
wrong_receipt(void **state)
{
	struct made *m = made_new(NULL);
	struct world *w = &m->w;
	struct bundle_leaf *l = leaf_at(m, PARTY_AUTHORITY, AT_SEND);
	const char *good = l->receipt;

	(void)state;
	l->receipt =
		world_proof(w, PARTY_AUTHORITY, AT_SEND, m->size_remind, m->head_remind);
	expect(m, BUNDLE_STEP_RECEIPTS,
	       "another receipt than the log adopted in event 4");
	l->receipt = NULL;
	expect(m, BUNDLE_STEP_RECEIPTS, "receipts/authority/3.tlog-proof: is missing");
	/* The same head, cosigned by the peer at another time. */
	l->receipt =
		world_proof(w, PARTY_AUTHORITY, AT_SEND, m->size_send,
			    world_head(w, PARTY_AUTHORITY, m->size_send, 1500000000));
	expect(m, BUNDLE_STEP_RECEIPTS, "another receipt");
	l->receipt = world_proof(w, PARTY_AUTHORITY, AT_SEND, m->size_send,
				 world_head(w, PARTY_AUTHORITY, m->size_send, 0));
	expect(m, BUNDLE_STEP_RECEIPTS, "no cosignature");
	l->receipt = good;
	leaf_at(m, PARTY_AUTHORITY, AT_PART)->receipt =
		world_proof(w, PARTY_AUTHORITY, AT_PART, m->size_send, m->head_send);
	expect(m, BUNDLE_STEP_RECEIPTS, "no event here adopts");
}

static void
wrong_text(void **state)
{
	struct made *m = made_new(NULL);
	struct hash h;
	struct err e = ERR_INIT;
	struct bundle_report r;
	size_t n = m->w.n_texts;

	(void)state;
	m->c.n_disclosures = n - 1; /* one less is only less */
	expect_valid(m, &r);
	json_t *value = json_string("anders");
	assert_int_equal(event_disclosure_make(a, "reason", value, &m->w.text[n], &h, &e),
			 RC_OK);
	json_decref(value);
	m->c.n_disclosures = n + 1;
	expect(m, BUNDLE_STEP_DISCLOSURES, "that no event here has signed");
	m->w.text[n] = "no disclosure";
	expect(m, BUNDLE_STEP_DISCLOSURES, "line ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(container),      TEST(members),	   TEST(wrong_signer),
		TEST(wrong_identity), TEST(wrong_channel), TEST(wrong_policy),
		TEST(wrong_event),    TEST(wrong_seq),	   TEST(foreign_event),
		TEST(wrong_place),    TEST(wrong_head),	   TEST(wrong_receipt),
		TEST(wrong_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
