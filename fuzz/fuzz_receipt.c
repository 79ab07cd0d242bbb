/*
 * Property of what POST receipts brings: a head of any size, root and time under the
 * lines of the log's key and of the peer's is taken for that receipt and no other; with
 * one byte changed, or cut off anywhere, it is none.  The input is the size, root and
 * time, and what is changed; the whole of it is read as a receipt, too.
 */
#include <stdlib.h>
#include <string.h>

#include "core/identity_log.h"

#define ORIGIN "kominfo.example/c/42/e0"

enum {
	ROOT_AT = 8,
	TIME_AT = ROOT_AT + HASH_LEN,
	PLACE_AT = TIME_AT + 8,
	BYTE_AT = PLACE_AT + 2,
	INPUT_LEN = BYTE_AT + 1,
	NOTE_MAX = 4096,
};

static const uint8_t log_seed[SEED_LEN] = {1}, receipt_seed[SEED_LEN] = {2},
		     other_seed[SEED_LEN] = {3};

static void
hold(bool truth)
{
	if (!truth)
		abort();
}

static uint64_t
number(const uint8_t *p)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | p[i];
	return n;
}

static struct identity
organisation(const char *org, enum party role)
{
	struct identity id = {.org = org, .name = org, .role = role};

	sign_public_key(role == PARTY_AUTHORITY ? log_seed : other_seed, id.log_key);
	sign_public_key(role == PARTY_PLATFORM ? receipt_seed : other_seed,
			id.receipt_key);
	return id;
}

/* Is it a head of the log that the peer has cosigned? */
static bool
taken(struct arena *a, const char *wire, size_t len, uint64_t *ret_size,
      struct hash *ret_root, uint64_t *ret_time_s)
{
	const struct identity authority =
				      organisation("kominfo.example", PARTY_AUTHORITY),
			      platform = organisation("telegram.example", PARTY_PLATFORM);
	const struct identity_log logs[] = {{.entry = {&authority}, .n = 1},
					    {.entry = {&platform}, .n = 1}};
	struct err e = ERR_INIT;
	const struct note *note;
	struct checkpoint cp;
	const char *head = NULL, *line;
	size_t text_len;

	if (note_parse(a, wire, len, &note, &e) != RC_OK)
		return false;
	const char *text = note_text(note, &text_len);
	if (checkpoint_parse(a, text, text_len, &cp, &e) != RC_OK ||
	    strcmp(cp.origin, ORIGIN) != 0)
		return false;
	*ret_size = cp.size;
	*ret_root = cp.root;
	if (identity_log_head_verify(a, &logs[0], note, &cp, &head, &e) != RC_OK)
		return false;
	/* What is kept of it is a head, too. */
	const struct note *kept;
	if (note_parse(a, head, strlen(head), &kept, &e) != RC_OK ||
	    identity_log_head_verify(a, &logs[0], kept, &cp, &line, &e) != RC_OK ||
	    strcmp(line, head) != 0)
		abort();
	return identity_log_cosigned(a, &logs[1], note, cp.size, &line, ret_time_s, &e) ==
	       RC_OK;
}

static void
receipt_make(struct buf *b, const struct checkpoint *cp, uint64_t time_s)
{
	struct buf text = BUF_INIT(NOTE_MAX), message = BUF_INIT(NOTE_MAX);
	uint8_t pub[KEY_LEN], sig[NOTE_COSIG_LEN];
	struct note_key key;
	struct err e = ERR_INIT;

	checkpoint_put(&text, cp);
	buf_printf(b, "%s\n", buf_str(&text));
	sign_public_key(log_seed, pub);
	hold(note_key_make(ORIGIN, NOTE_ED25519, pub, &key, &e) == RC_OK);
	sign_bytes(log_seed, buf_str(&text), text.len, sig);
	note_line_put(b, &key, sig, SIG_LEN);
	sign_public_key(receipt_seed, pub);
	hold(note_key_make("telegram.example/rcpt", NOTE_COSIGNATURE, pub, &key, &e) ==
	     RC_OK);
	note_cosig_message_put(&message, time_s, buf_str(&text), text.len);
	for (int i = 0; i < 8; i++)
		sig[i] = (uint8_t)(time_s >> (56 - 8 * i));
	sign_bytes(receipt_seed, buf_str(&message), message.len, sig + 8);
	note_line_put(b, &key, sig, NOTE_COSIG_LEN);
	hold(buf_ok(&text) && buf_ok(&message) && buf_ok(b));
	buf_free(&message);
	buf_free(&text);
}

static void
hold_receipt(struct arena *a, const uint8_t *data)
{
	struct checkpoint cp = {.origin = ORIGIN, .size = number(data) >> 1};
	uint64_t time_s = number(data + TIME_AT) >> 1, got_s, size;
	size_t place = (size_t)data[PLACE_AT] << 8 | data[PLACE_AT + 1];
	struct buf b = BUF_INIT(NOTE_MAX);
	struct hash root;

	memcpy(cp.root.b, data + ROOT_AT, HASH_LEN);
	if (cp.size == 0)
		hash_bytes("", 0, &cp.root);
	receipt_make(&b, &cp, time_s);
	hold(taken(a, buf_str(&b), b.len, &size, &root, &got_s));
	hold(size == cp.size && hash_equal(&root, &cp.root) && got_s == time_s);
	place %= b.len;
	hold(!taken(a, buf_str(&b), place, &size, &root, &got_s));
	if (data[BYTE_AT] != 0) {
		b.data[place] = (char)(b.data[place] ^ data[BYTE_AT]);
		hold(!taken(a, buf_str(&b), b.len, &size, &root, &got_s));
	}
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	struct hash root;
	uint64_t n, time_s;

	crypto_start();
	(void)taken(a, (const char *)data, size, &n, &root, &time_s);
	if (size >= INPUT_LEN)
		hold_receipt(a, data);
	arena_free(a);
	return 0;
}
