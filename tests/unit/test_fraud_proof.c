/* Proofs of equivocation and what each side signs to go on (protocol 7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "core/epoch.h"
#include "fraud_make.h"

static enum rc
verify(struct arena *a, json_t *body, const struct identity_log *ids,
       struct fraud_said *said)
{
	struct err e = ERR_INIT;
	struct fraud f;

	assert_non_null(body);
	enum rc rc = fraud_read(body, &f, &e);
	if (rc == RC_OK)
		rc = fraud_verify(a, &f, ids, said, &e);
	if (rc != RC_OK)
		assert_string_equal(e.rule, "protocol 7");
	return rc;
}

static json_t *
heads(struct arena *a, const struct identity_log *ids, bool receipt, unsigned n_a,
      unsigned n_b, char history, uint64_t size_a, uint64_t size_b)
{
	struct hash other = fraud_root('b', size_a), here = fraud_root(history, size_a),
		    last = fraud_root(history, size_b);
	struct merkle_proof proof = fraud_path(history, size_a, size_b);

	return fraud_of_heads(a, receipt ? FRAUD_RECEIPTS : FRAUD_HEADS, ids,
			      fraud_note(a, n_a, receipt, size_a, &other),
			      fraud_note(a, n_b, receipt, size_b, &last),
			      size_a == size_b ? NULL : &here, &proof);
}

/* Both directions: two histories are proven, one is not; heads and receipts. */
static void
two_histories(void **state)
{
	struct arena *a = arena_create();
	struct identity_log ids = {.n = 0};
	struct fraud_said said;

	(void)state;
	fraud_entry_add(a, &ids);
	for (uint64_t m = 1; m <= FRAUD_LEAVES; m++)
		for (uint64_t n = m; n <= FRAUD_LEAVES; n++)
			for (int receipt = 0; receipt < 2; receipt++) {
				json_t *two = heads(a, &ids, receipt, 0, 0, 'a', m, n);
				json_t *one = heads(a, &ids, receipt, 0, 0, 'b', m, n);
				/* Below leaf 3 they are one history. */
				assert_int_equal(verify(a, two, &ids, &said),
						 m > 3 ? RC_OK : RC_UNPROCESSABLE);
				if (m > 3) {
					assert_int_equal(said.at, m);
					assert_int_equal(said.most, n);
					assert_true(said.by_present_keys);
				}
				assert_int_equal(verify(a, one, &ids, &said),
						 RC_UNPROCESSABLE);
				json_decref(two);
				json_decref(one);
			}
	arena_free(a);
}

/* A key counts by its place: of a head, of a receipt. */
static void
keys_by_place(void **state)
{
	struct arena *a = arena_create();
	struct identity_log ids = {.n = 0}, one;
	struct fraud_said said;
	struct err e = ERR_INIT;

	(void)state;
	fraud_entry_add(a, &ids);
	one = ids;
	fraud_entry_add(a, &ids);
	/* Event 4 replaced the keys, whose author had 4 of the other log. */
	assert_int_equal(identity_log_turn(&ids, &(struct identity_turn){.n = 0}, &e),
			 RC_OK);
	assert_int_equal(
		identity_log_turn(
			&ids, &(struct identity_turn){.n = 1, .seq = 4, .had = 4}, &e),
		RC_OK);
	for (int receipt = 0; receipt < 2; receipt++) {
		json_t *old = heads(a, &ids, receipt, 0, 0, 'a', 4, 4);
		json_t *late = heads(a, &ids, receipt, 0, 1, 'a', 5, 6);
		json_t *new = heads(a, &ids, receipt, 1, 1, 'a', 5, 6);
		/* Before the place it stands, but is of no present key. */
		assert_int_equal(verify(a, old, &ids, &said), RC_OK);
		assert_false(said.by_present_keys);
		assert_int_equal(verify(a, late, &ids, &said), RC_UNPROCESSABLE);
		assert_int_equal(verify(a, new, &ids, &said), RC_OK);
		assert_true(said.by_present_keys);
		/* Who does not know the new keys believes nothing that they signed. */
		assert_int_equal(verify(a, new, &one, &said), RC_UNPROCESSABLE);
		json_decref(old);
		json_decref(late);
		json_decref(new);
	}
	arena_free(a);
}

static void
identity_entries(void **state)
{
	struct arena *a = arena_create();
	struct identity_log ids = {.n = 0};
	struct fraud_said said;

	(void)state;
	fraud_entry_add(a, &ids);
	const char *x = fraud_entry(a, &ids, 0), *y = fraud_entry(a, &ids, 1);
	json_t *two = fraud_of_signed(NULL, x, strlen(x), y, strlen(y));
	json_t *same = fraud_of_signed(NULL, x, strlen(x), x, strlen(x));
	json_t *first = fraud_of_signed(NULL, ids.entry[0]->wire,
					strlen(ids.entry[0]->wire), x, strlen(x));
	assert_int_equal(verify(a, two, &ids, &said), RC_OK);
	assert_int_equal(said.at, 1);
	assert_true(said.by_present_keys);
	assert_int_equal(verify(a, same, &ids, &said), RC_UNPROCESSABLE);
	assert_int_equal(verify(a, first, &ids, &said), RC_UNPROCESSABLE);
	json_decref(two);
	json_decref(same);
	json_decref(first);
	arena_free(a);
}

/* What a consistency proof says of the older tree. */
static void
older_roots(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	for (uint64_t n = 2; n <= FRAUD_LEAVES; n++)
		for (uint64_t m = 1; m < n; m++) {
			struct hash root = fraud_root('b', n), old = fraud_root('b', m),
				    got;
			struct merkle_proof p = fraud_path('b', m, n);
			enum rc rc = merkle_older_root(m, n, &root, p.h, p.n, &got, &e);
			bool power = (m & (m - 1)) == 0;
			assert_int_equal(rc, power ? RC_NOT_FOUND : RC_OK);
			if (power)
				continue;
			assert_true(hash_equal(&got, &old));
			p.h[0].b[0] ^= 1;
			assert_int_not_equal(
				merkle_older_root(m, n, &root, p.h, p.n, &got, &e),
				RC_OK);
		}
}

static void
files(void **state)
{
	struct arena *a = arena_create();
	struct identity_log ids = {.n = 0}, got;
	struct fraud_said said;
	struct err e = ERR_INIT;
	struct fraud f;

	(void)state;
	fraud_entry_add(a, &ids);
	json_t *body = heads(a, &ids, false, 0, 0, 'a', 5, 7);
	json_t *file = fraud_file(&ids, body);
	char *text = json_dumps(file, JSON_COMPACT);
	assert_int_equal(fraud_file_parse(a, text, strlen(text), &got, &f, &e), RC_OK);
	assert_int_equal(fraud_verify(a, &f, &got, &said, &e), RC_OK);
	/* Either side of it is a signed note. */
	for (int i = 0; i < 2; i++) {
		const char *side = fraud_side(a, &f, i, &got);
		const struct note *note;
		struct note_key key;
		bool verified[1];
		assert_int_equal(identity_log_key(got.entry[0], FRAUD_LOG, &key, &e),
				 RC_OK);
		assert_int_equal(note_parse(a, side, strlen(side), &note, &e), RC_OK);
		assert_int_equal(note_verify(note, &key, 1, verified, NULL, &e), RC_OK);
	}
	/* Whoever compared a fingerprint is told whether it is of this organisation. */
	const char *known[PARTY_COUNT] = {NULL};
	struct fraud_report r;
	assert_int_equal(fraud_file_verify(a, text, strlen(text), known, &r, &e), RC_OK);
	assert_false(r.compared);
	assert_string_equal(r.org, ids.entry[0]->org);
	known[PARTY_PLATFORM] = arena_strdup(a, r.fingerprint);
	assert_int_equal(fraud_file_verify(a, text, strlen(text), known, &r, &e), RC_OK);
	assert_true(r.compared);
	known[PARTY_PLATFORM] = "lusab-babad";
	assert_int_equal(fraud_file_verify(a, text, strlen(text), known, &r, &e),
			 RC_UNPROCESSABLE);
	assert_non_null(strstr(e.text, "none of those given"));
	assert_true(fraud_file_looks(a, text, strlen(text)));
	assert_false(fraud_file_looks(a, "{\"ref\": 1}", 10));
	for (size_t cut = 0; cut < strlen(text); cut += 37)
		assert_int_equal(fraud_file_parse(a, text, cut, &got, &f, &e),
				 RC_UNPROCESSABLE);
	json_object_set_new(file, "org", json_string("other.example"));
	char *other = json_dumps(file, JSON_COMPACT);
	assert_int_equal(fraud_file_parse(a, other, strlen(other), &got, &f, &e),
			 RC_UNPROCESSABLE);
	free(text);
	free(other);
	json_decref(file);
	json_decref(body);
	arena_free(a);
}

static void
statements(void **state)
{
	struct arena *a = arena_create();
	struct identity_log ids = {.n = 0};
	struct err e = ERR_INIT;
	const struct epoch *got;
	uint8_t seed[SEED_LEN];
	struct epoch st = {.org = "ministry.example",
			   .peer = "platform.example",
			   .channel = "42",
			   .epoch = 3,
			   .n_proofs = 1,
			   .iat_us = 5};

	(void)state;
	fraud_entry_add(a, &ids);
	st.head[0] = (struct event_head){FRAUD_LOG, 5, fraud_root('a', 5)};
	st.head[1] = (struct event_head){"platform.example/c/42/e0", 0, {{0}}};
	const char *payload = epoch_payload(a, &st);
	fraud_seed(0, FRAUD_EVENT, seed);
	const char *wire = jws_sign(a, seed, EPOCH_TYP, payload, strlen(payload));
	assert_int_equal(epoch_parse(a, wire, strlen(wire), ids.entry[0], &got, &e),
			 RC_OK);
	assert_int_equal(got->epoch, 3);
	assert_int_equal(got->head[0].size, 5);
	assert_int_equal(got->n_proofs, 1);
	/* By another key; of another organisation; of another type. */
	fraud_seed(0, FRAUD_LOG_KEY, seed);
	wire = jws_sign(a, seed, EPOCH_TYP, payload, strlen(payload));
	assert_int_equal(epoch_parse(a, wire, strlen(wire), ids.entry[0], &got, &e),
			 RC_UNPROCESSABLE);
	fraud_seed(0, FRAUD_EVENT, seed);
	wire = jws_sign(a, seed, "saluran-held+jws", payload, strlen(payload));
	assert_int_equal(epoch_parse(a, wire, strlen(wire), ids.entry[0], &got, &e),
			 RC_UNPROCESSABLE);
	st.org = "platform.example";
	st.peer = "ministry.example";
	payload = epoch_payload(a, &st);
	wire = jws_sign(a, seed, EPOCH_TYP, payload, strlen(payload));
	assert_int_equal(epoch_parse(a, wire, strlen(wire), ids.entry[0], &got, &e),
			 RC_UNPROCESSABLE);
	static const char *const odd[] = {"{}", "{\"v\":2}", "[]"};
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		wire = jws_sign(a, seed, EPOCH_TYP, odd[i], strlen(odd[i]));
		assert_int_equal(epoch_read(a, wire, strlen(wire), &got, &e),
				 RC_UNPROCESSABLE);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_histories),
		cmocka_unit_test(keys_by_place),
		cmocka_unit_test(identity_entries),
		cmocka_unit_test(older_roots),
		cmocka_unit_test(files),
		cmocka_unit_test(statements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
