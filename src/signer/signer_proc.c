/*
 * The signer's process.  It holds seeds, so it keeps away from everything else: no file
 * but its own, no core dump, no tracer, no way to gain rights.  It answers one request
 * after the other and ends when the daemon's end of the socket is closed.
 */
#include <assert.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/enc.h"
#include "core/held.h"
#include "signer/signer_int.h"

#define TYP_HEAD "saluran-"
#define TYP_TAIL "+jws"

enum {
	PROC_FD = 3,	    /* of the socket, after all else is closed */
	TYP_MAX = 64,	    /* bytes of a JWS type */
	JWS_OVERHEAD = 512, /* header, dots and signature */
};

struct proc {
	int fd;
	struct arena *a; /* of the request under way */
	struct buf request, answer;
	struct signer_keys *keys; /* NULL until read */
	struct signer_public pub;
	char kid[KID_LEN + 1];
	struct signer_marks *marks;
};

/* ---- events ------------------------------------------------------------------------ */

static enum rc
malformed(struct err *e)
{
	return err_set(e, RC_INVALID, "the request to the signer is malformed");
}

/* `b` holds what is signed; it becomes the JWS. */
static void
complete_jws(const struct proc *p, struct buf *b)
{
	uint8_t sig[SIG_LEN];

	crypto_sign_detached(sig, NULL, (const uint8_t *)buf_str(b), b->len,
			     p->keys->event);
	buf_putc(b, '.');
	b64url_put(b, sig, sizeof(sig));
}

static bool
is_object(const char *s, size_t len)
{
	return len >= 2 && s[0] == '{' && s[len - 1] == '}';
}

/* Where 64 zeros stand as a string's whole content. */
static bool
is_hole(const char *payload, size_t len, size_t at)
{
	static const char zeros[HASH_HEX_LEN + 1] =
		"0000000000000000000000000000000000000000000000000000000000000000";

	return at >= 1 && at < len && len - at > HASH_HEX_LEN && payload[at - 1] == '"' &&
	       payload[at + HASH_HEX_LEN] == '"' &&
	       memcmp(payload + at, zeros, HASH_HEX_LEN) == 0;
}

static enum rc
chain_one(struct proc *p, struct cursor *c, bool first, struct hash *prev,
	  struct buf *jws, struct err *e)
{
	char hex[HASH_HEX_LEN + 1];
	size_t len, at = (size_t)cursor_number(c, 4);
	const char *given = signer_take_text(c, &len);

	if (given == NULL)
		return malformed(e);
	if (!is_object(given, len) || len > EVENT_PAYLOAD_MAX)
		return err_set(e, RC_INVALID,
			       "the payload of an event is no object of at most "
			       "%d bytes",
			       EVENT_PAYLOAD_MAX);
	char *payload = arena_strndup(p->a, given, len);
	if (at != SIGNER_NO_HOLE) {
		if (!is_hole(payload, len, at))
			return err_set(e, RC_INVALID,
				       "the payload has no place for prev at byte %zu",
				       at);
		memcpy(payload + at, hash_hex(prev, hex), HASH_HEX_LEN);
	} else if (!first) {
		return err_set(e, RC_INVALID,
			       "an event after another must have a place for prev");
	}
	buf_reset(jws);
	event_signing_input_put(jws, p->kid, payload, len);
	complete_jws(p, jws);
	if (!buf_ok(jws))
		return err_set(e, RC_INVALID, "the event exceeds %d bytes",
			       EVENT_JWS_MAX);
	merkle_leaf(jws->data, jws->len, prev);
	signer_put_text(&p->answer, jws->data, jws->len);
	buf_put(&p->answer, prev->b, HASH_LEN);
	return RC_OK;
}

static enum rc
do_chain(struct proc *p, struct cursor *c, struct err *e)
{
	struct buf jws = BUF_INIT(EVENT_JWS_MAX);
	size_t n = (size_t)cursor_number(c, 2);
	const uint8_t *given = cursor_take(c, HASH_LEN);
	struct hash prev;
	enum rc rc = RC_OK;

	if (given == NULL || n > SIGNER_CHAIN_MAX)
		return malformed(e);
	memcpy(prev.b, given, HASH_LEN);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = chain_one(p, c, i == 0, &prev, &jws, e);
	if (rc == RC_OK && !cursor_done(c))
		rc = malformed(e);
	buf_free(&jws);
	return rc;
}

/* saluran-<lower case>+jws, but not an event: events are signed as a chain only. */
static bool
typ_allowed(const char *typ, size_t len)
{
	const size_t head = sizeof(TYP_HEAD) - 1, tail = sizeof(TYP_TAIL) - 1;

	if (len > TYP_MAX || len <= head + tail || strcmp(typ, EVENT_TYP) == 0 ||
	    memcmp(typ, TYP_HEAD, head) != 0 || strcmp(typ + len - tail, TYP_TAIL) != 0)
		return false;
	for (const char *s = typ + head; s < typ + len - tail; s++)
		if ((*s < 'a' || *s > 'z') && *s != '-')
			return false;
	return true;
}

static enum rc
do_jws(struct proc *p, struct cursor *c, struct err *e)
{
	size_t typ_len, len;
	const char *typ = signer_take_text(c, &typ_len);
	const char *payload = signer_take_text(c, &len);

	if (!cursor_done(c))
		return malformed(e);
	if (!typ_allowed(typ, typ_len))
		return err_set(e, RC_INVALID, "the signer does not sign a JWS of type %s",
			       typ);
	if (!is_object(payload, len) || len > SIGNER_PAYLOAD_MAX)
		return err_set(e, RC_INVALID,
			       "the payload of a JWS is no object of at most %d bytes",
			       SIGNER_PAYLOAD_MAX);
	struct buf jws = BUF_INIT(len / 3 * 4 + JWS_OVERHEAD);
	jws_signing_input_put(&jws, typ, p->kid, payload, len);
	complete_jws(p, &jws);
	assert(buf_ok(&jws));
	signer_put_text(&p->answer, jws.data, jws.len);
	buf_free(&jws);
	return RC_OK;
}

/* ---- heads ------------------------------------------------------------------------- */

/* The only gate of signed heads: `c` extends the mark of its log (protocol 6 and 7). */
static enum rc
extends_mark(const struct signer_mark *mark, const struct checkpoint *c,
	     const struct merkle_proof *proof, struct err *e)
{
	struct err why = ERR_INIT;

	if (mark == NULL)
		return proof->n == 0
			       ? RC_OK
			       : err_set(e, RC_FROZEN,
					 "a proof came for %s, of which nothing was "
					 "signed yet: the mark is missing",
					 c->origin);
	if (c->size < mark->size)
		return err_rule(
			e, RC_FROZEN, "protocol 6",
			"%s had %llu leaves when it was last signed and has %llu now; "
			"a log never shrinks: was an old copy restored?",
			c->origin, (unsigned long long)mark->size,
			(unsigned long long)c->size);
	if (merkle_verify_consistency(mark->size, &mark->root, c->size, &c->root,
				      proof->h, proof->n, &why) != RC_OK)
		return err_rule(
			e, RC_FROZEN, "protocol 7",
			"the head of %s at %llu does not extend the one that was last "
			"signed, at %llu (%s): there are two histories",
			c->origin, (unsigned long long)c->size,
			(unsigned long long)mark->size, why.text);
	return RC_OK;
}

/* Move the mark of c's log there, when it is not yet. */
static enum rc
move_mark(struct proc *p, const struct signer_mark *old, const struct checkpoint *c,
	  uint64_t cosig_time_s, struct err *e)
{
	struct signer_mark mark = {.size = c->size, .root = c->root};

	if (old != NULL && old->size == c->size && old->cosig_time_s == cosig_time_s)
		return RC_OK;
	memcpy(mark.origin, c->origin, strlen(c->origin));
	mark.cosig_time_s = cosig_time_s;
	return signer_marks_set(p->marks, &mark, e);
}

static enum rc
do_checkpoint(struct proc *p, struct cursor *cur, struct err *e)
{
	struct buf note = BUF_INIT(NOTE_TEXT_MAX);
	const struct signer_mark *mark;
	struct merkle_proof proof;
	struct checkpoint c;
	struct note_key key;
	uint8_t sig[SIG_LEN];
	enum rc rc = signer_take_head(cur, &c, &proof, e);

	if (rc != RC_OK)
		return rc;
	mark = signer_marks_find(p->marks, c.origin);
	rc = extends_mark(mark, &c, &proof, e);
	if (rc == RC_OK)
		rc = note_key_make(c.origin, NOTE_ED25519, p->pub.log_pub, &key, e);
	if (rc == RC_OK)
		rc = move_mark(
			p, mark, &c,
			mark != NULL && mark->size == c.size ? mark->cosig_time_s : 0, e);
	if (rc != RC_OK)
		return rc;
	checkpoint_put(&note, &c);
	crypto_sign_detached(sig, NULL, (const uint8_t *)buf_str(&note), note.len,
			     p->keys->log);
	buf_putc(&note, '\n');
	note_line_put(&note, &key, sig, sizeof(sig));
	assert(buf_ok(&note));
	signer_put_text(&p->answer, note.data, note.len);
	buf_free(&note);
	return RC_OK;
}

static enum rc
do_cosign(struct proc *p, struct cursor *cur, struct err *e)
{
	struct buf text = BUF_INIT(NOTE_TEXT_MAX), msg = BUF_INIT(NOTE_TEXT_MAX);
	uint64_t time_s = cursor_number(cur, 8);
	size_t name_len;
	const char *name = signer_take_text(cur, &name_len);
	const struct signer_mark *mark;
	struct merkle_proof proof;
	struct checkpoint c;
	struct note_key key;
	uint8_t sig[NOTE_COSIG_LEN];
	enum rc rc = signer_take_head(cur, &c, &proof, e);

	if (rc != RC_OK)
		return rc;
	if (time_s == 0 || time_s > INT64_MAX)
		return err_rule(e, RC_INVALID, "tlog-cosignature",
				"a cosignature has a time in seconds since 1970");
	rc = note_key_make(name, NOTE_COSIGNATURE, p->pub.receipt_pub, &key, e);
	if (rc != RC_OK)
		return rc;
	mark = signer_marks_find(p->marks, c.origin);
	rc = mark != NULL ? extends_mark(mark, &c, &proof, e)
			  : err_rule(e, RC_FROZEN, "protocol 6",
				     "the mark of %s is missing: nobody knows which "
				     "receipts were given for it",
				     c.origin);
	/* The same bytes again for the same head (protocol 4): Ed25519 is deterministic,
	 * so it is enough to sign with the time of the first. */
	if (rc == RC_OK && mark->size == c.size && mark->cosig_time_s != 0)
		time_s = mark->cosig_time_s;
	if (rc == RC_OK)
		rc = move_mark(p, mark, &c, time_s, e);
	if (rc != RC_OK)
		return rc;
	checkpoint_put(&text, &c);
	note_cosig_message_put(&msg, time_s, buf_str(&text), text.len);
	for (size_t i = 0; i < 8; i++)
		sig[i] = (uint8_t)(time_s >> (56 - 8 * i));
	crypto_sign_detached(sig + 8, NULL, (const uint8_t *)buf_str(&msg), msg.len,
			     p->keys->receipt);
	buf_reset(&text);
	note_line_put(&text, &key, sig, sizeof(sig));
	assert(buf_ok(&text) && buf_ok(&msg));
	signer_put_text(&p->answer, text.data, text.len);
	buf_free(&text);
	buf_free(&msg);
	return RC_OK;
}

static enum rc
do_mark(struct proc *p, struct cursor *c, struct err *e)
{
	size_t len;
	const char *origin = signer_take_text(c, &len);

	if (!cursor_done(c))
		return malformed(e);
	const struct signer_mark *mark = signer_marks_find(p->marks, origin);
	if (mark == NULL)
		return err_set(e, RC_NOT_FOUND, "nothing of %s was ever signed here",
			       origin);
	buf_put_u64be(&p->answer, mark->size);
	buf_put(&p->answer, mark->root.b, HASH_LEN);
	return RC_OK;
}

/* A mark goes back only by what the peer has signed: no head above it is known there. */
static enum rc
do_mark_back(struct proc *p, struct cursor *cur, struct err *e)
{
	const uint8_t *pub = cursor_take(cur, KEY_LEN);
	struct merkle_proof proof;
	const struct held *held;
	struct checkpoint c;
	size_t len;

	if (pub == NULL)
		return malformed(e);
	const char *word = signer_take_text(cur, &len);
	if (word == NULL)
		return malformed(e);
	enum rc rc = signer_take_head(cur, &c, &proof, e);
	if (rc != RC_OK)
		return rc;
	rc = held_parse(p->a, word, len, pub, &held, e);
	if (rc != RC_OK)
		return rc == RC_UNPROCESSABLE ? RC_FROZEN : rc;
	if (strcmp(held->log, c.origin) != 0 || held->pending_size > c.size)
		return err_rule(e, RC_FROZEN, "protocol 6",
				"the peer's word is about %s, of which it has seen %llu "
				"events: the mark of %s does not go back to %llu",
				held->log, (unsigned long long)held->pending_size,
				c.origin, (unsigned long long)c.size);
	struct signer_mark mark = {.size = c.size, .root = c.root};
	memcpy(mark.origin, c.origin, strlen(c.origin));
	return signer_marks_set(p->marks, &mark, e);
}

/* No head is signed by it, so it may go back and forth. */
static enum rc
do_mark_seen(struct proc *p, struct cursor *cur, struct err *e)
{
	struct merkle_proof proof;
	struct checkpoint c;
	enum rc rc = signer_take_head(cur, &c, &proof, e);

	if (rc != RC_OK)
		return rc;
	struct signer_mark mark = {.size = c.size, .root = c.root};
	size_t len = strlen(c.origin), more = strlen(SIGNER_SEEN);
	if (len + more >= sizeof(mark.origin))
		return malformed(e);
	memcpy(mark.origin, c.origin, len);
	memcpy(mark.origin + len, SIGNER_SEEN, more);
	const struct signer_mark *old = signer_marks_find(p->marks, mark.origin);
	if (old != NULL && old->size == mark.size && hash_equal(&old->root, &mark.root))
		return RC_OK;
	return signer_marks_set(p->marks, &mark, e);
}

static enum rc
do_mark_begin(struct proc *p, struct cursor *c, struct err *e)
{
	struct signer_mark mark = {.size = 0};
	size_t len;
	const char *origin = signer_take_text(c, &len);

	if (!cursor_done(c) || !note_name_valid(origin, len))
		return malformed(e);
	if (signer_marks_find(p->marks, origin) != NULL)
		return RC_OK;
	memcpy(mark.origin, origin, len);
	hash_bytes("", 0, &mark.root);
	return signer_marks_set(p->marks, &mark, e);
}

/* ---- evidence ---------------------------------------------------------------------- */

/* The key of one file, never the one that opens them all. */
static enum rc
do_unwrap(struct proc *p, struct cursor *c, struct err *e)
{
	uint8_t file_key[AGE_FILE_KEY_LEN];
	struct age_header h;
	const uint8_t *header = c->at;
	size_t len = c->left;
	enum rc rc = age_header_parse(p->a, header, len, &h, e);

	if (rc == RC_RETRY || (rc == RC_OK && h.len != len))
		rc = err_rule(e, RC_UNPROCESSABLE, AGE_RULE_HEADER,
			      "this is not one whole header");
	if (rc == RC_OK)
		rc = age_header_open(&h, header, p->keys->enc, file_key, e);
	for (size_t i = p->keys->n_enc_old; rc == RC_NOT_FOUND && i-- > 0;)
		rc = age_header_open(&h, header, p->keys->enc_old[i], file_key, e);
	if (rc != RC_OK)
		return rc;
	buf_put(&p->answer, file_key, sizeof(file_key));
	sodium_memzero(file_key, sizeof(file_key));
	return RC_OK;
}

/* ---- serving ----------------------------------------------------------------------- */

static enum rc (*const operations[])(struct proc *p, struct cursor *c, struct err *e) = {
	[SIGNER_CHAIN] = do_chain,
	[SIGNER_JWS] = do_jws,
	[SIGNER_CHECKPOINT] = do_checkpoint,
	[SIGNER_COSIGN] = do_cosign,
	[SIGNER_MARK] = do_mark,
	[SIGNER_UNWRAP] = do_unwrap,
	[SIGNER_MARK_BACK] = do_mark_back,
	[SIGNER_MARK_BEGIN] = do_mark_begin,
	[SIGNER_MARK_SEEN] = do_mark_seen,
};

/* What is in p->answer behind its first byte, or the error. */
static enum rc
answer(struct proc *p, enum rc rc, const struct err *e)
{
	if (rc != RC_OK) {
		buf_reset(&p->answer);
		buf_put_u8(&p->answer, (uint8_t)rc);
		signer_put_text(&p->answer, e->rule, strlen(e->rule));
		signer_put_text(&p->answer, e->text, strlen(e->text));
	}
	return signer_send(p->fd, &p->answer);
}

static enum rc
serve_one(struct proc *p)
{
	struct err e = ERR_INIT;
	enum rc rc = signer_receive(p->fd, &p->request);

	if (rc != RC_OK)
		return rc;
	struct cursor c = {(const uint8_t *)buf_str(&p->request), p->request.len, false};
	size_t op = (size_t)cursor_number(&c, 1);
	buf_reset(&p->answer);
	buf_put_u8(&p->answer, RC_OK);
	rc = op < sizeof(operations) / sizeof(operations[0]) ? operations[op](p, &c, &e)
							     : malformed(&e);
	arena_reset(p->a);
	return answer(p, rc, &e);
}

/* What a parser's mistake could reach from here ends here. */
static void
isolate(int fd)
{
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
	const struct rlimit no_core = {0, 0};

	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "saluran-signer");
	/* A signal to the whole group stops the daemon, which may need a signature yet;
	 * this process ends after it, by the end of its socket. */
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	if (fd != PROC_FD && dup2(fd, PROC_FD) < 0)
		_exit(1);
	close_range(PROC_FD + 1, ~0U, 0);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		_exit(1);
	close(null);
}

void
signer_proc_run(int fd, const char *keys_dir, const char *marks_path)
{
	struct err e = ERR_INIT;

	isolate(fd);
	struct proc p = {.fd = PROC_FD,
			 .a = arena_create(),
			 .request = BUF_INIT(SIGNER_MESSAGE_MAX),
			 .answer = BUF_INIT(SIGNER_MESSAGE_MAX)};
	enum rc rc = signer_marks_open(marks_path, &p.marks, &e);
	if (rc == RC_OK)
		rc = signer_keys_load(keys_dir, &p.keys, &p.pub, &e);
	buf_put_u8(&p.answer, RC_OK);
	buf_put(&p.answer, &p.pub, sizeof(p.pub));
	bool up = rc == RC_OK;
	if (up)
		key_thumbprint(p.pub.event_pub, p.kid);
	rc = answer(&p, rc, &e);
	while (up && rc == RC_OK)
		rc = serve_one(&p);
	if (p.keys != NULL)
		sodium_free(p.keys);
	_exit(0);
}
