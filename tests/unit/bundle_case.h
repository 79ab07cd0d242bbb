/*
 * The case of the bundle tests: notice, receipts, answers, a reminder, an order and its
 * lift, in two logs; and what a bundle of it holds, to be changed.
 */
#ifndef SALURAN_TESTS_BUNDLE_CASE_H
#define SALURAN_TESTS_BUNDLE_CASE_H

#include "bundle_make.h"

static struct arena *a;

/* ---- a case ------------------------------------------------------------------------ */

enum {
	AT_PART = 2, /* seq 1 is an event of another case */
	AT_SEND = 3,
	AT_ADOPT = 4,
	AT_MESSAGE = 5,
	AT_REMIND = 6,
	AT_ADOPT_REMIND = 7,
	AT_DRAFT = 8,
};

struct made {
	struct world w;
	struct bundle_content c;
	struct bundle_leaf leaves[PARTY_COUNT][WORLD_LEAVES_MAX];
	const char *head_send, *head_remind; /* of the adopted receipts */
	uint64_t size_send, size_remind;
	const char *order_text;
};

static inline void
notice_make(struct made *m)
{
	struct world *w = &m->w;
	char nf[3][HASH_HEX_LEN + 1], digest[HASH_HEX_LEN + 1], policy[HASH_HEX_LEN + 1];
	static const char *const normal[] = {
		"telegram:channel/one", "telegram:channel/two", "telegram:channel/three"};
	struct world_text texts[4] = {{NULL, NULL}},
			  subject[] = {{"subject", "\"Tiga saluran\""},
				       {"legal_basis", "\"UU 11/2008\""},
				       {NULL, NULL}};
	struct hash h;

	for (int i = 0; i < 3; i++) {
		hash_bytes(normal[i], strlen(normal[i]), &h);
		hash_hex(&h, nf[i]);
		texts[i] = (struct world_text){
			"item",
			arena_printf(a, "{\"given\":\"t.me/x%d\",\"normal\":\"%s\"}", i,
				     normal[i])};
	}
	/* Of another case, so that not all of the log is in the bundle. */
	world_append(w, PARTY_AUTHORITY, "notice.part", WORLD_OTHER, "p-1",
		     arena_printf(a,
				  "{\"part\":0,\"items\":[{\"i\":0,\"kind\":\"telegram\","
				  "\"category\":\"terrorism\",\"nf\":\"%s\"}]}",
				  nf[0]),
		     (struct world_text[]){{"item", "{}"}, {NULL, NULL}}, NULL);
	w->n_texts--;
	const char *items = "";
	for (int i = 0; i < 3; i++)
		items = arena_printf(a,
				     "%s%s{\"i\":%d,\"kind\":\"telegram\",\"category\":"
				     "\"terrorism\",\"nf\":\"%s\"}",
				     items, i == 0 ? "" : ",", i, nf[i]);
	uint64_t part = world_append(
		w, PARTY_AUTHORITY, "notice.part", WORLD_CASE, "p-1",
		arena_printf(a, "{\"part\":0,\"items\":[%s]}", items), texts, NULL);
	assert_int_equal(part, AT_PART);
	hash_bytes(w->log[PARTY_AUTHORITY].leaf[part].leaf.b, HASH_LEN, &h);
	hash_hex(&h, digest);
	hash_bytes(world_policy, strlen(world_policy), &h);
	hash_hex(&h, policy);
	world_append(
		w, PARTY_AUTHORITY, "notice.send", WORLD_CASE, "p-1",
		arena_printf(a,
			     "{\"policy\":{\"name\":\"test\",\"version\":1,\"sha256\":"
			     "\"%s\"},\"class\":\"urgent\",\"urgent\":true,"
			     "\"language\":\"id\",\"measure\":\"removal\",\"items\":3,"
			     "\"parts\":1,\"digest\":\"%s\"}",
			     policy, digest),
		subject, NULL);
}

static inline void
order_make(struct made *m)
{
	struct world *w = &m->w;
	struct hash h;
	char hex[HASH_HEX_LEN + 1];
	const struct world_text reason[] = {{"reason", "\"Sudah diperiksa\""},
					    {NULL, NULL}};
	struct world_text text[] = {{"text", arena_printf(a, "\"%s\"", m->order_text)},
				    {"reasons", "\"Tidak dijawab\""},
				    {"legal_basis", "\"UU 11/2008\""},
				    {"proportionality", "\"Tidak ada cara lain\""},
				    {"collateral", "\"Tidak ada\""},
				    {NULL, NULL}};

	hash_bytes(m->order_text, strlen(m->order_text), &h);
	hash_hex(&h, hex);
	const char *of =
		arena_printf(a, "\"order\":\"" WORLD_ORDER "\",\"text\":\"%s\"", hex);
	world_append(
		w, PARTY_AUTHORITY, "order.draft", NULL, "p-2",
		arena_printf(a,
			     "{%s,\"names\":[{\"name\":\"web.telegram.example\","
			     "\"wildcard\":false}],\"cites\":[\"" WORLD_CASE "\"],"
			     "\"action\":\"nxdomain\",\"ends\":" WORLD_ENDS
			     ",\"review\":" WORLD_ENDS ",\"emergency\":false,"
			     "\"approvals\":1,\"guards\":[\"whole_service\",\"owner\"]}",
			     of),
		text, NULL);
	world_append(w, PARTY_AUTHORITY, "order.approve", NULL, "p-4",
		     arena_printf(a, "{%s}", of), NULL, NULL); /* too early: void */
	world_append(w, PARTY_AUTHORITY, "order.override", NULL, "p-3",
		     arena_printf(a, "{%s,\"guards\":[\"whole_service\",\"owner\"]}", of),
		     reason, NULL);
	world_append(w, PARTY_AUTHORITY, "order.approve", NULL, "p-4",
		     arena_printf(a, "{%s}", of), NULL, NULL);
	world_append(w, PARTY_AUTHORITY, "order.lift", NULL, "p-1",
		     "{\"order\":\"" WORLD_ORDER "\"}", reason, NULL);
}

static inline void
open_make(struct world *w, enum party p)
{
	enum party other = p == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;
	char own[HASH_HEX_LEN + 1], peer[HASH_HEX_LEN + 1], policy[HASH_HEX_LEN + 1];
	struct hash h;

	hash_bytes(w->id[p]->wire, strlen(w->id[p]->wire), &h);
	hash_hex(&h, own);
	hash_bytes(w->id[other]->wire, strlen(w->id[other]->wire), &h);
	hash_hex(&h, peer);
	hash_bytes(world_policy, strlen(world_policy), &h);
	hash_hex(&h, policy);
	world_append(
		w, p, "channel.open", NULL, "node",
		arena_printf(a,
			     "{\"channel\":\"42\",\"org\":\"%s\",\"peer\":\"%s\","
			     "\"identity\":\"%s\",\"peer_identity\":\"%s\",\"policy\":{"
			     "\"name\":\"test\",\"version\":1,\"sha256\":\"%s\"}}",
			     w->id[p]->org, w->id[other]->org, own, peer, policy),
		NULL, NULL);
}

/* How many leaves the platform's log has room for; 0: for a small case. */
static uint64_t made_room;
/* The body of a case.close at the end; NULL: there is none. */
static const char *made_close;

static inline void
events_make(struct made *m)
{
	struct world *w = &m->w;
	const struct world_text reason[] = {{"reason", "\"Bukan pelanggaran\""},
					    {NULL, NULL}};
	const struct world_text text[] = {{"text", "\"Mohon segera\""}, {NULL, NULL}};
	struct world_log *l = &w->log[PARTY_AUTHORITY];

	open_make(w, PARTY_AUTHORITY);
	open_make(w, PARTY_PLATFORM);
	notice_make(m);
	w->now_us += CLOCK_US_PER_S;
	m->size_send = l->n;
	m->head_send = world_receipt(w);
	assert_int_equal(l->n, AT_ADOPT + 1);
	world_append(w, PARTY_AUTHORITY, "message.post", WORLD_CASE, "p-1", "{}", text,
		     NULL);
	world_sync(w, PARTY_AUTHORITY);
	w->now_us += 5 * CLOCK_US_PER_S;
	world_append(w, PARTY_PLATFORM, "case.accept", WORLD_CASE, "q-1", "{}", NULL,
		     NULL);
	world_append(w, PARTY_PLATFORM, "message.read", WORLD_CASE, "q-1", "{}", NULL,
		     &(struct event_ref){.log = l->origin,
					 .seq = AT_MESSAGE,
					 .leaf = l->leaf[AT_MESSAGE].leaf});
	world_append(w, PARTY_PLATFORM, "item.decide", WORLD_CASE, "q-1",
		     "{\"outcome\":\"removed\",\"items\":[0]}", NULL, NULL);
	world_append(w, PARTY_PLATFORM, "item.decide", WORLD_CASE, "q-2",
		     "{\"outcome\":\"kept\",\"items\":[1]}", reason, NULL);
	world_sync(w, PARTY_PLATFORM);
	w->now_us += 30 * CLOCK_US_PER_S;
	world_append(w, PARTY_AUTHORITY, "case.remind", WORLD_CASE, "p-1", "{}", NULL,
		     NULL);
	w->now_us += CLOCK_US_PER_S;
	m->size_remind = l->n;
	m->head_remind = world_receipt(w);
	order_make(m);
	if (made_close != NULL)
		world_append(w, PARTY_AUTHORITY, "case.close", WORLD_CASE, "p-1",
			     made_close, NULL, NULL);
	world_sync(w, PARTY_AUTHORITY);
}

/* What a bundle holds of the logs, with heads of these cosigned sizes (0: none). */
static inline void
content_make(struct made *m, const uint64_t cosigned[PARTY_COUNT])
{
	struct world *w = &m->w;

	for (int p = 0; p < PARTY_COUNT; p++) {
		struct world_log *l = &w->log[p];
		uint64_t time_s = (uint64_t)(w->now_us / CLOCK_US_PER_S) + 1;
		const char *own = world_head(w, (enum party)p, l->n,
					     cosigned[p] == l->n ? time_s : 0);
		const char *old =
			cosigned[p] != 0 && cosigned[p] != l->n
				? world_head(w, (enum party)p, cosigned[p], time_s)
				: NULL;
		struct bundle_log *to = &m->c.log[p];
		*to = (struct bundle_log){
			.leaves = m->leaves[p], .checkpoint = own, .cosigned = old};
		for (uint64_t i = 0; i < l->n; i++) {
			bool in_old = old != NULL && i < cosigned[p];
			if (p == PARTY_AUTHORITY && i == 1)
				continue; /* of another case */
			m->leaves[p][to->n++] = (struct bundle_leaf){
				.seq = i,
				.jws = l->leaf[i].jws,
				.proof = world_proof(w, (enum party)p, i,
						     in_old ? cosigned[p] : l->n,
						     in_old ? old : own)};
		}
	}
}

/* The leaf of a seq: seq 1 of the authority is not there. */
static inline struct bundle_leaf *
leaf_at(struct made *m, enum party p, uint64_t seq)
{
	return &m->leaves[p][p == PARTY_AUTHORITY && seq > 0 ? seq - 1 : seq];
}

static inline struct made *
made_new(const uint64_t *cosigned)
{
	struct made *m = ARENA_NEW(a, struct made);
	struct world *w = &m->w;

	w->a = a;
	assert_int_equal(clock_parse("2017-07-14T02:00:00Z", 20, &w->now_us), RC_OK);
	m->order_text = "ORDER " WORLD_ORDER ": web.telegram.example";
	for (int p = 0; p < PARTY_COUNT; p++)
		world_identity(w, (enum party)p);
	for (int p = 0; p < PARTY_COUNT; p++) {
		w->offer[p] = world_offer(w, (enum party)p, "42");
		w->log[p].origin = arena_printf(a, "%s/c/42/e0", w->id[p]->org);
	}
	for (int p = 0; p < PARTY_COUNT; p++) {
		w->log[p].seen.log = w->log[1 - p].origin;
		w->log[p].seen.root = world_root(&w->log[1 - p], 0);
	}
	if (made_room != 0)
		world_room(w, PARTY_PLATFORM, made_room);
	events_make(m);
	uint64_t all[] = {w->log[0].n, w->log[1].n};
	m->c = (struct bundle_content){.casefile = WORLD_CASE,
				       .made_us = w->now_us + 60 * CLOCK_US_PER_S,
				       .exporter = PARTY_AUTHORITY,
				       .policy = world_policy,
				       .policy_len = strlen(world_policy),
				       .with_disclosures = true,
				       .disclosures = w->text,
				       .n_disclosures = w->n_texts};
	for (int p = 0; p < PARTY_COUNT; p++) {
		m->c.identity[p] = w->id[p]->wire;
		m->c.offer[p] = w->offer[p];
	}
	content_make(m, cosigned == NULL ? all : cosigned);
	leaf_at(m, PARTY_AUTHORITY, AT_SEND)->receipt =
		world_proof(w, PARTY_AUTHORITY, AT_SEND, m->size_send, m->head_send);
	leaf_at(m, PARTY_AUTHORITY, AT_REMIND)->receipt = world_proof(
		w, PARTY_AUTHORITY, AT_REMIND, m->size_remind, m->head_remind);
	return m;
}

/* ---- writing and verifying --------------------------------------------------------- */

static inline enum rc
sign_with(void *arg, struct arena *to, const char *typ, const char *payload, size_t len,
	  const char **ret, struct err *e)
{
	(void)e;
	*ret = jws_sign(to, arg, typ, payload, len);
	return RC_OK;
}

static inline const uint8_t *
written_by(struct made *m, const uint8_t *seed, size_t *ret_len)
{
	const uint8_t *bytes;
	struct err e = ERR_INIT;
	uint8_t key[SEED_LEN];

	memcpy(key, seed, SEED_LEN);
	if (bundle_write(a, &m->c, sign_with, key, &bytes, ret_len, &e) != RC_OK)
		fail_msg("%s", e.text);
	return bytes;
}

static inline const uint8_t *
written(struct made *m, size_t *ret_len)
{
	return written_by(m, world_seed(&m->w, m->c.exporter, SEED_EVENT), ret_len);
}

static inline void
expect_ok(const uint8_t *bytes, size_t len, struct bundle_report *r)
{
	struct err e = ERR_INIT;

	if (bundle_verify(a, bytes, len, NULL, r, &e) != RC_OK)
		fail_msg("%s", e.text);
	assert_true(r->ok);
}

static inline void
expect_valid(struct made *m, struct bundle_report *r)
{
	size_t len;
	const uint8_t *bytes = written(m, &len);

	expect_ok(bytes, len, r);
}

/* It fails at this step, and the words say this. */
static inline void
expect_bytes(const uint8_t *bytes, size_t len, enum bundle_step step, const char *says)
{
	struct bundle_report r;
	struct err e = ERR_INIT;

	assert_int_equal(bundle_verify(a, bytes, len, NULL, &r, &e), RC_UNPROCESSABLE);
	if (r.ok || r.step != step || strstr(e.text, says) == NULL)
		fail_msg("expected step %s and \"%s\", got: %s", bundle_step_token(step),
			 says, e.text);
}

static inline void
expect(struct made *m, enum bundle_step step, const char *says)
{
	size_t len;
	const uint8_t *bytes = written(m, &len);

	expect_bytes(bytes, len, step, says);
}

static inline bool
has_words(const struct bundle_words *w, const char *text)
{
	for (size_t i = 0; i < w->n; i++)
		if (strstr(w->line[i], text) != NULL)
			return true;
	return false;
}

static inline const struct bundle_event *
reported(const struct bundle_report *r, enum party p, uint64_t seq)
{
	for (size_t i = 0; i < r->n_events; i++)
		if (r->events[i].from == p && r->events[i].ev->seq == seq)
			return &r->events[i];
	fail_msg("event %" PRIu64 " of the %s is not in the report", seq, party_name(p));
	return NULL;
}

static inline int
setup(void **state)
{
	(void)state;
	crypto_start();
	a = arena_create();
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
