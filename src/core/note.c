#include "core/note.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/enc.h"
#include "base/utf8.h"
#include "core/merkle.h"

#define NOTE_RULE    "signed-note"
#define DASH	     "\xe2\x80\x94 "
#define DASH_LEN     4
#define COSIG_HEADER "cosignature/v1\n"

enum {
	NOTE_LINE_MAX = 16384, /* post-quantum signatures have nearly 5 kB */
	NOTE_WIRE_MAX = NOTE_TEXT_MAX + NOTE_SIGS_MAX * NOTE_LINE_MAX,
	KEY_ID_LEN = 4,
	VKEY_DATA_LEN = 1 + KEY_LEN, /* type, key */
	COSIG_MESSAGE_EXTRA = 64,    /* header and time before the text */
};

struct note_sig {
	const char *line, *name;
	size_t line_len, name_len; /* line: LF included */
	uint32_t id;
	const uint8_t *sig;
	size_t sig_len;
};

struct note {
	const char *text;
	size_t text_len;
	const struct note_sig *sigs;
	size_t n_sigs;
};

/* ---- names and keys ---------------------------------------------------------------- */

/* Unicode's White_Space of two and three bytes; those of one byte are ' ' and controls.
 */
static const char *const wide_spaces[] = {
	"\xc2\x85",	"\xc2\xa0",	"\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
	"\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
	"\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
	"\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
};

/* What the norm says of a name; `name` is UTF-8. */
static bool
name_allowed(const char *name, size_t len)
{
	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)name[i] <= ' ' || name[i] == '+')
			return false;
	for (size_t i = 0; i < sizeof(wide_spaces) / sizeof(wide_spaces[0]); i++)
		if (memmem(name, len, wide_spaces[i], strlen(wide_spaces[i])) != NULL)
			return false;
	return true;
}

bool
note_name_valid(const char *name, size_t len)
{
	size_t bad;

	return len <= NOTE_NAME_MAX && utf8_valid(name, len, &bad) &&
	       memchr(name, 0x7f, len) == NULL && name_allowed(name, len);
}

static uint32_t
get_u32be(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t
get_u64be(const uint8_t *p)
{
	return (uint64_t)get_u32be(p) << 32 | get_u32be(p + 4);
}

static enum rc
key_fill(const char *name, size_t len, uint8_t type, const uint8_t pub[KEY_LEN],
	 struct note_key *ret, struct err *e)
{
	struct buf b = BUF_INIT(NOTE_NAME_MAX + 1 + VKEY_DATA_LEN);
	struct hash h;

	if (!note_name_valid(name, len))
		return err_rule(e, RC_INVALID, NOTE_RULE,
				"a key's name has 1 to %d bytes of UTF-8 and no space, "
				"control character or '+'",
				NOTE_NAME_MAX);
	*ret = (struct note_key){.type = type};
	memcpy(ret->name, name, len);
	memcpy(ret->pub, pub, KEY_LEN);
	buf_put(&b, name, len);
	buf_putc(&b, '\n');
	buf_put_u8(&b, type);
	buf_put(&b, pub, KEY_LEN);
	assert(buf_ok(&b));
	hash_bytes(b.data, b.len, &h);
	buf_free(&b);
	ret->id = get_u32be(h.b);
	return RC_OK;
}

enum rc
note_key_make(const char *name, uint8_t type, const uint8_t pub[KEY_LEN],
	      struct note_key *ret, struct err *e)
{
	assert(type == NOTE_ED25519 || type == NOTE_COSIGNATURE);
	return key_fill(name, strlen(name), type, pub, ret, e);
}

enum rc
note_key_parse(const char *vkey, size_t len, struct note_key *ret, struct err *e)
{
	struct arena *a = arena_create();
	const char *plus = memchr(vkey, '+', len);
	size_t name_len = plus == NULL ? 0 : (size_t)(plus - vkey);
	const size_t id_at = name_len + 1, data_at = id_at + 2 * KEY_ID_LEN + 1;
	uint8_t id[KEY_ID_LEN], *data;
	size_t data_len;
	enum rc rc;

	if (plus == NULL || len <= data_at || vkey[data_at - 1] != '+' ||
	    hex_decode(vkey + id_at, 2 * KEY_ID_LEN, id, KEY_ID_LEN) != RC_OK ||
	    b64_decode(a, vkey + data_at, len - data_at, &data, &data_len) != RC_OK) {
		rc = err_rule(e, RC_INVALID, NOTE_RULE,
			      "a verifier key has the form name+8 hex digits+base64");
		goto out;
	}
	if (data_len != VKEY_DATA_LEN ||
	    (data[0] != NOTE_ED25519 && data[0] != NOTE_COSIGNATURE)) {
		rc = err_rule(e, RC_INVALID, NOTE_RULE,
			      "the verifier key is of a type that is not known here; "
			      "Ed25519 (01) and cosignature/v1 (04) are");
		goto out;
	}
	rc = key_fill(vkey, name_len, data[0], data + 1, ret, e);
	if (rc == RC_OK && ret->id != get_u32be(id))
		rc = err_rule(
			e, RC_INVALID, NOTE_RULE,
			"the id in the verifier key is not that of its name and key");
out:
	arena_free(a);
	return rc;
}

void
note_key_put(struct buf *b, const struct note_key *k)
{
	uint8_t data[VKEY_DATA_LEN];

	data[0] = k->type;
	memcpy(data + 1, k->pub, KEY_LEN);
	buf_printf(b, "%s+%08" PRIx32 "+", k->name, k->id);
	b64_put(b, data, sizeof(data));
}

/* ---- parsing ----------------------------------------------------------------------- */

/* One signature line of a note, LF included.  The names of others may be longer than
 * ours. */
static enum rc
line_parse(struct arena *a, const char *line, size_t len, struct note_sig *ret,
	   struct err *e)
{
	uint8_t *data;
	size_t data_len;

	if (len > NOTE_LINE_MAX || len <= DASH_LEN + 1 || line[len - 1] != '\n' ||
	    memcmp(line, DASH, DASH_LEN) != 0)
		goto form;
	const char *name = line + DASH_LEN, *end = line + len - 1;
	const char *space = memchr(name, ' ', (size_t)(end - name));
	if (space == NULL || !name_allowed(name, (size_t)(space - name)))
		goto form;
	const char *b64 = space + 1;
	if (b64_decode(a, b64, (size_t)(end - b64), &data, &data_len) != RC_OK ||
	    data_len <= KEY_ID_LEN)
		goto form;
	*ret = (struct note_sig){
		.line = line,
		.line_len = len,
		.name = name,
		.name_len = (size_t)(space - name),
		.id = get_u32be(data),
		.sig = data + KEY_ID_LEN,
		.sig_len = data_len - KEY_ID_LEN,
	};
	return RC_OK;
form:
	return err_rule(
		e, RC_INVALID, NOTE_RULE,
		"a signature line has the form: dash, space, name, space, base64 of "
		"key id and signature, LF");
}

static enum rc
check_bytes(const char *wire, size_t len, struct err *e)
{
	size_t bad;

	if (len > NOTE_WIRE_MAX)
		return err_rule(e, RC_INVALID, NOTE_RULE, "the note exceeds %d bytes",
				NOTE_WIRE_MAX);
	if (!utf8_valid(wire, len, &bad))
		return err_rule(e, RC_INVALID, NOTE_RULE, "byte %zu is not UTF-8", bad);
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)wire[i] < ' ' && wire[i] != '\n')
			return err_rule(e, RC_INVALID, NOTE_RULE,
					"byte %zu is a control character", i);
	return RC_OK;
}

enum rc
note_parse(struct arena *a, const char *wire, size_t len, const struct note **ret,
	   struct err *e)
{
	enum rc rc = check_bytes(wire, len, e);

	if (rc != RC_OK)
		return rc;
	const char *text = arena_strndup(a, wire, len), *end = text + len;
	size_t text_len = len;
	while (text_len > 1 &&
	       !(text[text_len - 1] == '\n' && text[text_len - 2] == '\n'))
		text_len--;
	if (text_len <= 1)
		return err_rule(e, RC_INVALID, NOTE_RULE,
				"no empty line stands between text and signatures");
	text_len--;
	if (text_len > NOTE_TEXT_MAX)
		return err_rule(e, RC_INVALID, NOTE_RULE, "the text exceeds %d bytes",
				NOTE_TEXT_MAX);

	struct note_sig *sigs = arena_array(a, NOTE_SIGS_MAX, sizeof(*sigs));
	size_t n = 0;
	for (const char *line = text + text_len + 1; line < end;
	     line += sigs[n++].line_len) {
		const char *lf = memchr(line, '\n', (size_t)(end - line));
		size_t line_len =
			lf == NULL ? (size_t)(end - line) : (size_t)(lf + 1 - line);
		if (n == NOTE_SIGS_MAX)
			return err_rule(e, RC_INVALID, NOTE_RULE,
					"more than %d signature lines", NOTE_SIGS_MAX);
		rc = line_parse(a, line, line_len, &sigs[n], e);
		if (rc != RC_OK)
			return rc;
	}
	if (n == 0)
		return err_rule(e, RC_INVALID, NOTE_RULE,
				"the note has no signature line");
	struct note *note = ARENA_NEW(a, struct note);
	*note = (struct note){text, text_len, sigs, n};
	*ret = note;
	return RC_OK;
}

const char *
note_text(const struct note *n, size_t *ret_len)
{
	*ret_len = n->text_len;
	return n->text;
}

/* ---- verification ------------------------------------------------------------------ */

void
note_cosig_message_put(struct buf *b, uint64_t time_s, const char *text, size_t text_len)
{
	buf_puts(b, COSIG_HEADER);
	buf_printf(b, "time %" PRIu64 "\n", time_s);
	buf_put(b, text, text_len);
}

static bool
sig_is_by(const struct note_sig *s, const struct note_key *k)
{
	return s->id == k->id && s->name_len == strlen(k->name) &&
	       memcmp(s->name, k->name, s->name_len) == 0;
}

/* False: `k` did not make this signature over `text`. */
static bool
sig_check(const struct note_sig *s, const struct note_key *k, const char *text,
	  size_t text_len, uint64_t *ret_time_s)
{
	*ret_time_s = 0;
	if (k->type == NOTE_ED25519)
		return s->sig_len == SIG_LEN &&
		       sign_check(k->pub, text, text_len, s->sig);
	if (k->type != NOTE_COSIGNATURE || s->sig_len != NOTE_COSIG_LEN)
		return false;
	uint64_t time_s = get_u64be(s->sig);
	if (time_s > INT64_MAX) /* tlog-cosignature, "Format" */
		return false;
	struct buf b = BUF_INIT(text_len + COSIG_MESSAGE_EXTRA);
	note_cosig_message_put(&b, time_s, text, text_len);
	bool ok = buf_ok(&b) && sign_check(k->pub, b.data, b.len, s->sig + 8);
	buf_free(&b);
	*ret_time_s = time_s;
	return ok;
}

enum rc
note_verify(const struct note *n, const struct note_key *keys, size_t n_keys,
	    bool *verified, uint64_t *cosig_time_s, struct err *e)
{
	bool any = false;

	for (size_t k = 0; k < n_keys; k++)
		verified[k] = false;
	for (size_t i = 0; i < n->n_sigs; i++) {
		for (size_t k = 0; k < n_keys; k++) {
			uint64_t time_s;
			if (!sig_is_by(&n->sigs[i], &keys[k]))
				continue;
			if (!sig_check(&n->sigs[i], &keys[k], n->text, n->text_len,
				       &time_s))
				return err_rule(e, RC_DENIED, NOTE_RULE,
						"the signature of %s is wrong",
						keys[k].name);
			/* Of two by one key the first counts, as in note_line_of(). */
			if (!verified[k] && cosig_time_s != NULL)
				cosig_time_s[k] = time_s;
			verified[k] = true;
			any = true;
		}
	}
	if (!any)
		return err_rule(e, RC_DENIED, NOTE_RULE,
				"none of the %zu known keys has signed", n_keys);
	return RC_OK;
}

const char *
note_line_of(struct arena *a, const struct note *n, const struct note_key *k)
{
	for (size_t i = 0; i < n->n_sigs; i++)
		if (sig_is_by(&n->sigs[i], k))
			return arena_strndup(a, n->sigs[i].line, n->sigs[i].line_len);
	return NULL;
}

const char *
note_alone(struct arena *a, const struct note *n, const struct note_key *k)
{
	const char *line = note_line_of(a, n, k);

	return line == NULL
		       ? NULL
		       : arena_printf(a, "%.*s\n%s", (int)n->text_len, n->text, line);
}

void
note_line_put(struct buf *b, const struct note_key *k, const uint8_t *sig, size_t sig_len)
{
	uint8_t data[KEY_ID_LEN + NOTE_COSIG_LEN] = {
		(uint8_t)(k->id >> 24), (uint8_t)(k->id >> 16), (uint8_t)(k->id >> 8),
		(uint8_t)k->id};

	assert(sig_len <= NOTE_COSIG_LEN);
	memcpy(data + KEY_ID_LEN, sig, sig_len);
	buf_puts(b, DASH);
	buf_puts(b, k->name);
	buf_putc(b, ' ');
	b64_put(b, data, KEY_ID_LEN + sig_len);
	buf_putc(b, '\n');
}

enum rc
note_line_verify(const char *line, size_t len, const struct note_key *k, const char *text,
		 size_t text_len, uint64_t *ret_cosig_time_s, struct err *e)
{
	struct arena *a = arena_create();
	struct note_sig sig;
	uint64_t time_s;
	enum rc rc;

	rc = check_bytes(line, len, e);
	if (rc == RC_OK)
		rc = line_parse(a, line, len, &sig, e);
	if (rc != RC_OK)
		goto out;
	if (!sig_is_by(&sig, k))
		rc = err_rule(e, RC_DENIED, NOTE_RULE, "the line is not by the key of %s",
			      k->name);
	else if (!sig_check(&sig, k, text, text_len, &time_s))
		rc = err_rule(e, RC_DENIED, NOTE_RULE, "the signature of %s is wrong",
			      k->name);
	else if (ret_cosig_time_s != NULL)
		*ret_cosig_time_s = time_s;
out:
	arena_free(a);
	return rc;
}

/* ---- checkpoints ------------------------------------------------------------------- */

void
checkpoint_put(struct buf *b, const struct checkpoint *c)
{
	buf_printf(b, "%s\n%" PRIu64 "\n", c->origin, c->size);
	b64_put(b, c->root.b, HASH_LEN);
	buf_putc(b, '\n');
}

/* The line at *at without its LF, or NULL; *at moves behind it. */
static const char *
next_line(const char *text, size_t len, size_t *at, size_t *ret_len)
{
	const char *line = text + *at;
	const char *lf = memchr(line, '\n', len - *at);

	if (lf == NULL)
		return NULL;
	*ret_len = (size_t)(lf - line);
	*at += *ret_len + 1;
	return line;
}

enum rc
checkpoint_parse(struct arena *a, const char *text, size_t len, struct checkpoint *ret,
		 struct err *e)
{
	size_t at = 0, origin_len, size_len, root_len, n;
	const char *origin, *size, *root;
	struct hash empty;
	uint8_t *hash;

	origin = next_line(text, len, &at, &origin_len);
	if (origin == NULL || !note_name_valid(origin, origin_len))
		return err_rule(e, RC_INVALID, "tlog-checkpoint",
				"the first line is not the name of a log");
	size = next_line(text, len, &at, &size_len);
	if (size == NULL ||
	    decimal_parse(size, size_len, MERKLE_SIZE_MAX, &ret->size) != RC_OK)
		return err_rule(e, RC_INVALID, "tlog-checkpoint",
				"the second line is not a size");
	root = next_line(text, len, &at, &root_len);
	if (root == NULL || b64_decode(a, root, root_len, &hash, &n) != RC_OK ||
	    n != HASH_LEN)
		return err_rule(e, RC_INVALID, "tlog-checkpoint",
				"the third line is not a root hash in base64");
	if (at != len)
		return err_rule(e, RC_INVALID, "tlog-checkpoint",
				"lines after the root hash have no meaning here");
	memcpy(ret->root.b, hash, HASH_LEN);
	hash_bytes("", 0, &empty);
	if (ret->size == 0 && !hash_equal(&ret->root, &empty))
		return err_rule(e, RC_INVALID, "tlog-checkpoint",
				"the root of a log without entries is SHA-256(\"\")");
	ret->origin = arena_strndup(a, origin, origin_len);
	return RC_OK;
}
