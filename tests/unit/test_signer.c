/*
 * The signer's process: its keys, what it signs as events, and what it keeps away from.
 */
#include "unit/signer_node.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "core/event.h"

/* ---- keys -------------------------------------------------------------------------- */

static void
keys_are_made_once(void **state)
{
	static const char *const names[] = {"event", "log", "receipt", "enc"};
	struct signer_node nd;
	struct signer_public pub;
	struct stat st;
	struct err e;

	(void)state;
	node_make(&nd);
	for (size_t i = 0; i < 4; i++) {
		const char *path = arena_printf(nd.a, "%s/%s.key", nd.keys, names[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	assert_int_equal(signer_keys_create(nd.keys, &pub, &e), RC_CONFLICT);
	/* where one is left of four, none is made */
	for (size_t i = 0; i < 3; i++)
		unlink(arena_printf(nd.a, "%s/%s.key", nd.keys, names[i]));
	assert_int_equal(signer_keys_create(nd.keys, &pub, &e), RC_CONFLICT);
	assert_int_equal(access(arena_printf(nd.a, "%s/event.key", nd.keys), F_OK), -1);
	signer_stop(nd.s);
	assert_int_equal(signer_start(nd.keys, nd.marks, &nd.s, &e), RC_NOT_FOUND);
	nd.s = NULL;
	node_end(&nd);
}

static void
bad_keys_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"saluran-key-v1 log 00\n",
		"saluran-key-v1 event "
		"0101010101010101010101010101010101010101010101010101010101010101\n",
		"saluran-key-v1 log "
		"0101010101010101010101010101010101010101010101010101010101010101",
		"saluran-key-v1 log "
		"010101010101010101010101010101010101010101010101010101010101010g\n",
		"saluran-key-v1 log "
		"0101010101010101010101010101010101010101010101010101010101010101\n\n",
	};
	struct signer_node nd;
	struct err e;

	(void)state;
	node_make(&nd);
	const char *path = arena_printf(nd.a, "%s/log.key", nd.keys);
	signer_stop(nd.s);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(signer_start(nd.keys, nd.marks, &nd.s, &e), RC_DENIED);
	assert_non_null(strstr(e.text, "chmod"));
	assert_int_equal(chmod(path, 0600), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		FILE *f = fopen(path, "w");
		fputs(bad[i], f);
		fclose(f);
		assert_int_equal(signer_start(nd.keys, nd.marks, &nd.s, &e), RC_CORRUPT);
	}
	nd.s = NULL;
	node_end(&nd);
}

/* ---- events ------------------------------------------------------------------------ */

static struct signer_item
item_make(struct arena *a, uint64_t seq)
{
	struct event_head ack = {.log = PEER};
	struct event_draft d = {.type = "message.post", .by = "officer-1", .iat_us = 1};
	struct buf b = BUF_INIT(EVENT_PAYLOAD_MAX);
	struct signer_item item = {.payload = NULL};
	char id[UUID_TEXT_LEN + 1];
	struct err e;

	uuid7_make(1500000000000000, id);
	d.id = id;
	d.body = json_object();
	hash_bytes("", 0, &ack.root);
	assert_int_equal(event_payload_put(&b, &d, OWN, seq, &ack, &item.prev_at, &e),
			 RC_OK);
	item.payload = arena_strndup(a, b.data, b.len);
	item.payload_len = b.len;
	json_decref(d.body);
	buf_free(&b);
	return item;
}

static void
hold_event(struct signer_node *nd, const struct signer_item *item, uint64_t seq,
	   const struct hash *prev)
{
	const struct event_claim *claim;
	const struct event *ev;
	struct hash leaf;
	struct err e;

	assert_int_equal(strlen(item->jws), item->jws_len);
	assert_int_equal(event_parse(nd->a, item->jws, item->jws_len, &claim, &e), RC_OK);
	assert_int_equal(event_verify(claim, signer_public(nd->s)->event_pub, &ev, &e),
			 RC_OK);
	assert_int_equal(ev->seq, seq);
	assert_int_equal(ev->has_prev, seq > 0);
	if (seq > 0)
		assert_true(hash_equal(&ev->prev, prev));
	merkle_leaf(item->jws, item->jws_len, &leaf);
	assert_true(hash_equal(&leaf, &item->leaf));
}

static void
chains(void **state)
{
	struct signer_node nd;
	struct signer_item *items;
	struct hash last;
	struct err e;

	(void)state;
	node_make(&nd);
	items = arena_array(nd.a, SIGNER_CHAIN_MAX, sizeof(*items));
	for (uint64_t seq = 0; seq < SIGNER_CHAIN_MAX; seq++)
		items[seq] = item_make(nd.a, seq);
	assert_int_equal(signer_sign_chain(nd.s, nd.a, NULL, items, SIGNER_CHAIN_MAX, &e),
			 RC_OK);
	for (uint64_t seq = 0; seq < SIGNER_CHAIN_MAX; seq++)
		hold_event(&nd, &items[seq], seq, seq > 0 ? &items[seq - 1].leaf : NULL);
	/* and on from there */
	last = items[SIGNER_CHAIN_MAX - 1].leaf;
	items[0] = item_make(nd.a, SIGNER_CHAIN_MAX);
	assert_int_equal(signer_sign_chain(nd.s, nd.a, &last, items, 1, &e), RC_OK);
	hold_event(&nd, &items[0], SIGNER_CHAIN_MAX, &last);
	assert_int_equal(signer_sign_chain(nd.s, nd.a, &last, items, 0, &e), RC_OK);
	node_end(&nd);
}

static void
payloads_that_are_no_events(void **state)
{
	struct signer_node nd;
	struct hash prev = {{1}};
	struct err e;

	(void)state;
	node_make(&nd);
	struct signer_item good[2] = {item_make(nd.a, 5), item_make(nd.a, 6)}, bad[2];
	const size_t at = good[1].prev_at;
	const size_t holes[] = {0,	at - 1,	 at + 1, good[1].payload_len - 64,
				100000, SIZE_MAX};
	for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
		memcpy(bad, good, sizeof(bad));
		bad[1].prev_at = holes[i];
		assert_int_equal(signer_sign_chain(nd.s, nd.a, &prev, bad, 2, &e),
				 RC_INVALID);
	}
	for (size_t cut = 0; cut < 3; cut++) {
		memcpy(bad, good, sizeof(bad));
		bad[1].payload_len = cut;
		assert_int_equal(signer_sign_chain(nd.s, nd.a, &prev, bad, 2, &e),
				 RC_INVALID);
	}
	bad[0].payload = arena_alloc(nd.a, EVENT_PAYLOAD_MAX + 1);
	bad[0].payload_len = EVENT_PAYLOAD_MAX + 1;
	assert_int_equal(signer_sign_chain(nd.s, nd.a, &prev, bad, 1, &e), RC_INVALID);
	/* bytes that are no text do not confuse the messages */
	bad[0].payload_len = 8;
	assert_int_equal(signer_sign_chain(nd.s, nd.a, &prev, bad, 1, &e), RC_INVALID);
	assert_int_equal(signer_sign_chain(nd.s, nd.a, &prev, good, 2, &e), RC_OK);
	hold_event(&nd, &good[1], 6, &good[0].leaf);
	node_end(&nd);
}

/* The largest group that the norm allows is one message each way. */
static void
the_largest_chain(void **state)
{
	struct signer_node nd;
	struct signer_item *items;
	struct hash prev = {{1}};
	struct err e;

	(void)state;
	node_make(&nd);
	items = arena_array(nd.a, SIGNER_CHAIN_MAX, sizeof(*items));
	for (size_t i = 0; i < SIGNER_CHAIN_MAX; i++) {
		char *p = arena_alloc(nd.a, EVENT_PAYLOAD_MAX + 1);
		memset(p, 'x', EVENT_PAYLOAD_MAX);
		memcpy(p, "{\"prev\":\"", 9);
		memset(p + 9, '0', HASH_HEX_LEN);
		p[9 + HASH_HEX_LEN] = '"';
		p[EVENT_PAYLOAD_MAX - 1] = '}';
		items[i] = (struct signer_item){
			.payload = p, .payload_len = EVENT_PAYLOAD_MAX, .prev_at = 9};
	}
	assert_int_equal(
		signer_sign_chain(nd.s, nd.a, &prev, items, SIGNER_CHAIN_MAX, &e), RC_OK);
	for (size_t i = 0; i < SIGNER_CHAIN_MAX; i++)
		assert_true(items[i].jws_len <= EVENT_JWS_MAX);
	node_end(&nd);
}

/* ---- other documents --------------------------------------------------------------- */

static void
documents(void **state)
{
	static const char *const bad[] = {"",
					  EVENT_TYP,
					  "saluran-+jws",
					  "jwt",
					  "saluran-Event+jws",
					  "saluran-event+jws ",
					  "saluran-a\"b+jws"};
	static const char payload[] = "{\"v\":1}";
	struct signer_node nd;
	char kid[KID_LEN + 1], own[KID_LEN + 1];
	json_t *doc;
	const char *jws;
	struct err e;

	(void)state;
	node_make(&nd);
	const uint8_t *pub = signer_public(nd.s)->event_pub;
	assert_int_equal(signer_sign_jws(nd.s, nd.a, "saluran-channel+jws", payload,
					 strlen(payload), &jws, &e),
			 RC_OK);
	assert_int_equal(jws_parse(nd.a, jws, strlen(jws), "saluran-channel+jws", pub,
				   kid, &doc, &e),
			 RC_OK);
	key_thumbprint(pub, own);
	assert_string_equal(kid, own);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (signer_sign_jws(nd.s, nd.a, bad[i], payload, strlen(payload), &jws,
				    &e) != RC_INVALID)
			fail_msg("signed: %s", bad[i]);
	assert_int_equal(
		signer_sign_jws(nd.s, nd.a, "saluran-channel+jws", "text", 4, &jws, &e),
		RC_INVALID);
	node_end(&nd);
}

/* ---- the process ------------------------------------------------------------------- */

static int
child_pid(void)
{
	char path[64];
	int pid = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	char text[32] = "";
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	pid = (int)strtol(text, NULL, 10);
	assert_true(pid > 1);
	return pid;
}

static bool
file_has(struct arena *a, const char *path, const char *what)
{
	char *text = arena_alloc(a, 65536);
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_true(fread(text, 1, 65535, f) > 0);
	fclose(f);
	return strstr(text, what) != NULL;
}

/* The key of one file, by its whole header; nothing of the key that opens all. */
static void
file_keys(void **state)
{
	struct signer_node nd;
	uint8_t to[1][KEY_LEN], key[AGE_FILE_KEY_LEN], got[AGE_FILE_KEY_LEN];
	struct buf b = BUF_INIT(AGE_HEADER_MAX);
	struct err e;

	(void)state;
	node_make(&nd);
	memcpy(to[0], signer_public(nd.s)->enc_pub, KEY_LEN);
	assert_int_equal(age_header_make(&b, (const uint8_t(*)[KEY_LEN])to, 1, key, &e),
			 RC_OK);
	assert_int_equal(signer_unwrap(nd.s, (uint8_t *)b.data, b.len, got, &e), RC_OK);
	assert_memory_equal(got, key, sizeof(key));
	assert_int_equal(signer_unwrap(nd.s, (uint8_t *)b.data, b.len - 1, got, &e),
			 RC_UNPROCESSABLE);
	b.data[b.len - 2] = b.data[b.len - 2] == 'A' ? 'E' : 'A';
	assert_int_equal(signer_unwrap(nd.s, (uint8_t *)b.data, b.len, got, &e),
			 RC_UNPROCESSABLE);
	buf_reset(&b);
	memset(to[0], 9, KEY_LEN); /* the base point: nobody's key here */
	assert_int_equal(age_header_make(&b, (const uint8_t(*)[KEY_LEN])to, 1, key, &e),
			 RC_OK);
	assert_int_equal(signer_unwrap(nd.s, (uint8_t *)b.data, b.len, got, &e),
			 RC_NOT_FOUND);
	buf_free(&b);
	node_end(&nd);
}

static void
keeps_to_itself(void **state)
{
	struct signer_node nd;
	int leaked = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
	size_t n = 0;

	(void)state;
	node_make(&nd);
	const char *proc = arena_printf(nd.a, "/proc/%d", child_pid());
	DIR *d = opendir(arena_printf(nd.a, "%s/fd", proc));
	assert_non_null(d);
	for (struct dirent *f; (f = readdir(d)) != NULL;)
		n += f->d_name[0] != '.';
	closedir(d);
	assert_int_equal(n,
			 6); /* three standard ones, socket, folder and lock of marks */
	assert_true(
		file_has(nd.a, arena_printf(nd.a, "%s/status", proc), "NoNewPrivs:\t1"));
	assert_true(file_has(nd.a, arena_printf(nd.a, "%s/limits", proc),
			     "Max core file size        0                    0 "));
	close(leaked);
	node_end(&nd);
}

static void
signals_and_death(void **state)
{
	struct signer_node nd;
	const char *note;
	struct err e = ERR_INIT;

	(void)state;
	node_make(&nd);
	int pid = child_pid();
	kill(pid, SIGTERM);
	kill(pid, SIGINT);
	assert_int_equal(sign_head(&nd, &nd.log, 0, 10, &note), RC_OK);
	kill(pid, SIGKILL);
	assert_int_equal(sign_head(&nd, &nd.log, 10, 11, &note), RC_UNAVAILABLE);
	uint64_t size;
	struct hash root;
	assert_int_equal(signer_mark(nd.s, OWN, &size, &root, &e), RC_UNAVAILABLE);
	assert_non_null(strstr(e.text, "started again"));
	node_restart(&nd);
	hold_mark(&nd, OWN, 10);
	node_end(&nd);
}

static void *
sign_many(void *arg)
{
	struct signer_node *nd = arg;
	const uint8_t *pub = signer_public(nd->s)->event_pub;

	for (int i = 0; i < 200; i++) {
		struct arena *a = arena_create();
		const char *jws, *payload = arena_printf(a, "{\"i\":%d}", i);
		char kid[KID_LEN + 1];
		json_t *doc;
		struct err e;
		bool ok = signer_sign_jws(nd->s, a, "saluran-test+jws", payload,
					  strlen(payload), &jws, &e) == RC_OK &&
			  jws_parse(a, jws, strlen(jws), "saluran-test+jws", pub, kid,
				    &doc, &e) == RC_OK &&
			  json_integer_value(json_object_get(doc, "i")) == i;
		arena_free(a);
		if (!ok)
			return nd;
	}
	return NULL;
}

static void
many_threads(void **state)
{
	struct signer_node nd;
	pthread_t t[4];
	void *failed;

	(void)state;
	node_make(&nd);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, sign_many, &nd), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(t[i], &failed), 0);
		assert_null(failed);
	}
	node_end(&nd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_made_once),
		cmocka_unit_test(bad_keys_are_refused),
		cmocka_unit_test(chains),
		cmocka_unit_test(payloads_that_are_no_events),
		cmocka_unit_test(the_largest_chain),
		cmocka_unit_test(documents),
		cmocka_unit_test(file_keys),
		cmocka_unit_test(keeps_to_itself),
		cmocka_unit_test(signals_and_death),
		cmocka_unit_test(many_threads),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
