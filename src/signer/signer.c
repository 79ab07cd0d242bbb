#include "signer/signer.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "signer/signer_int.h"

struct signer {
	pthread_mutex_t mu; /* one request at a time; guards fd and answer */
	int fd;		    /* -1: the process is gone */
	pid_t pid;
	struct buf answer;
	struct signer_public pub;
};

/* ---- asking ------------------------------------------------------------------------ */

static enum rc
gone(struct err *e)
{
	return err_set(
		e, RC_UNAVAILABLE,
		"the signer's process has ended: nothing is signed until the node is "
		"started again");
}

/* The outcome of the answer in `c`, which is then at its result. */
static enum rc
open_answer(struct cursor *c, struct err *e)
{
	enum rc rc = (enum rc)cursor_number(c, 1);
	size_t rule_len, text_len;

	if (rc == RC_OK && !c->failed)
		return RC_OK;
	const char *rule = signer_take_text(c, &rule_len);
	const char *text = signer_take_text(c, &text_len);
	if (!cursor_done(c) || rc >= RC_COUNT)
		return gone(e);
	if (e != NULL) {
		snprintf(e->rule, sizeof(e->rule), "%s", rule);
		snprintf(e->text, sizeof(e->text), "%s", text);
	}
	return rc;
}

/* Send `req`, free it, and give the result in the arena. */
static enum rc
ask(struct signer *s, struct arena *a, struct buf *req, struct cursor *ret, struct err *e)
{
	enum rc rc = RC_UNAVAILABLE;

	pthread_mutex_lock(&s->mu);
	if (s->fd >= 0) {
		rc = signer_send(s->fd, req);
		if (rc == RC_OK)
			rc = signer_receive(s->fd, &s->answer);
		if (rc == RC_OK) {
			*ret = (struct cursor){
				arena_copy(a, buf_str(&s->answer), s->answer.len),
				s->answer.len, false};
		} else {
			/* Where one message was cut, the next would be misread. */
			close(s->fd);
			s->fd = -1;
		}
	}
	pthread_mutex_unlock(&s->mu);
	buf_free(req);
	return rc == RC_OK ? open_answer(ret, e) : gone(e);
}

/* As ask(), for an answer that is one text. */
static enum rc
ask_text(struct signer *s, struct arena *a, struct buf *req, const char **ret,
	 struct err *e)
{
	struct cursor c;
	size_t len;
	enum rc rc = ask(s, a, req, &c, e);

	if (rc != RC_OK)
		return rc;
	*ret = signer_take_text(&c, &len);
	return cursor_done(&c) ? RC_OK : gone(e);
}

enum rc
signer_sign_chain(struct signer *s, struct arena *a, const struct hash *prev,
		  struct signer_item *items, size_t n, struct err *e)
{
	static const struct hash none = {{0}};
	struct buf req = BUF_INIT(SIGNER_MESSAGE_MAX);
	struct cursor c;

	assert(n <= SIGNER_CHAIN_MAX);
	buf_put_u8(&req, SIGNER_CHAIN);
	buf_put_u16be(&req, (uint16_t)n);
	buf_put(&req, prev == NULL ? none.b : prev->b, HASH_LEN);
	for (size_t i = 0; i < n; i++) {
		bool hole = items[i].prev_at != SIZE_MAX;
		if (items[i].payload_len > EVENT_PAYLOAD_MAX) {
			buf_free(&req);
			return err_set(e, RC_INVALID,
				       "the payload of an event exceeds %d bytes",
				       EVENT_PAYLOAD_MAX);
		}
		buf_put_u32be(&req, hole ? (uint32_t)items[i].prev_at : SIGNER_NO_HOLE);
		signer_put_text(&req, items[i].payload, items[i].payload_len);
	}
	enum rc rc = ask(s, a, &req, &c, e);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < n; i++) {
		items[i].jws = signer_take_text(&c, &items[i].jws_len);
		const uint8_t *leaf = cursor_take(&c, HASH_LEN);
		if (leaf == NULL)
			return gone(e);
		memcpy(items[i].leaf.b, leaf, HASH_LEN);
	}
	return cursor_done(&c) ? RC_OK : gone(e);
}

enum rc
signer_sign_jws(struct signer *s, struct arena *a, const char *typ, const char *payload,
		size_t len, const char **ret, struct err *e)
{
	struct buf req = BUF_INIT(SIGNER_MESSAGE_MAX);

	if (len > SIGNER_PAYLOAD_MAX)
		return err_set(e, RC_INVALID, "the payload of a JWS exceeds %d bytes",
			       SIGNER_PAYLOAD_MAX);
	buf_put_u8(&req, SIGNER_JWS);
	signer_put_text(&req, typ, strlen(typ));
	signer_put_text(&req, payload, len);
	return ask_text(s, a, &req, ret, e);
}

enum rc
signer_sign_checkpoint(struct signer *s, struct arena *a, const struct checkpoint *c,
		       const struct merkle_proof *proof, const char **ret, struct err *e)
{
	struct buf req = BUF_INIT(SIGNER_MESSAGE_MAX);

	buf_put_u8(&req, SIGNER_CHECKPOINT);
	signer_put_head(&req, c, proof);
	return ask_text(s, a, &req, ret, e);
}

enum rc
signer_cosign(struct signer *s, struct arena *a, const char *key_name, uint64_t time_s,
	      const struct checkpoint *c, const struct merkle_proof *proof,
	      const char **ret, struct err *e)
{
	struct buf req = BUF_INIT(SIGNER_MESSAGE_MAX);

	buf_put_u8(&req, SIGNER_COSIGN);
	buf_put_u64be(&req, time_s);
	signer_put_text(&req, key_name, strlen(key_name));
	signer_put_head(&req, c, proof);
	return ask_text(s, a, &req, ret, e);
}

enum rc
signer_mark(struct signer *s, const char *origin, uint64_t *ret_size,
	    struct hash *ret_root, struct err *e)
{
	struct arena *a = arena_create();
	struct buf req = BUF_INIT(SIGNER_MESSAGE_MAX);
	struct cursor c;

	buf_put_u8(&req, SIGNER_MARK);
	signer_put_text(&req, origin, strlen(origin));
	enum rc rc = ask(s, a, &req, &c, e);
	if (rc == RC_OK) {
		*ret_size = cursor_number(&c, 8);
		const uint8_t *root = cursor_take(&c, HASH_LEN);
		if (!cursor_done(&c))
			rc = gone(e);
		else
			memcpy(ret_root->b, root, HASH_LEN);
	}
	arena_free(a);
	return rc;
}

/* As ask(), for an answer without a result. */
static enum rc
ask_done(struct signer *s, struct buf *req, struct err *e)
{
	struct arena *a = arena_create();
	struct cursor c;
	enum rc rc = ask(s, a, req, &c, e);

	if (rc == RC_OK && !cursor_done(&c))
		rc = gone(e);
	arena_free(a);
	return rc;
}

enum rc
signer_mark_back(struct signer *s, const struct checkpoint *c, const char *word,
		 const uint8_t pub[KEY_LEN], struct err *e)
{
	static const struct merkle_proof none;
	struct buf req = BUF_INIT(SIGNER_MESSAGE_MAX);

	buf_put_u8(&req, SIGNER_MARK_BACK);
	buf_put(&req, pub, KEY_LEN);
	signer_put_text(&req, word, strlen(word));
	signer_put_head(&req, c, &none);
	return ask_done(s, &req, e);
}

enum rc
signer_mark_begin(struct signer *s, const char *origin, struct err *e)
{
	struct buf req = BUF_INIT(SIGNER_MESSAGE_MAX);

	buf_put_u8(&req, SIGNER_MARK_BEGIN);
	signer_put_text(&req, origin, strlen(origin));
	return ask_done(s, &req, e);
}

enum rc
signer_mark_seen(struct signer *s, const struct checkpoint *c, struct err *e)
{
	static const struct merkle_proof none;
	struct buf req = BUF_INIT(SIGNER_MESSAGE_MAX);

	buf_put_u8(&req, SIGNER_MARK_SEEN);
	signer_put_head(&req, c, &none);
	return ask_done(s, &req, e);
}

enum rc
signer_unwrap(struct signer *s, const uint8_t *header, size_t len,
	      uint8_t ret_key[AGE_FILE_KEY_LEN], struct err *e)
{
	struct arena *a = arena_create();
	struct buf req = BUF_INIT(SIGNER_MESSAGE_MAX);
	struct cursor c;
	enum rc rc;

	if (len > AGE_HEADER_MAX) {
		rc = err_set(e, RC_INVALID, "a header of age exceeds %d bytes",
			     AGE_HEADER_MAX);
		goto out;
	}
	buf_put_u8(&req, SIGNER_UNWRAP);
	buf_put(&req, header, len);
	rc = ask(s, a, &req, &c, e);
	if (rc == RC_OK) {
		const uint8_t *key = cursor_take(&c, AGE_FILE_KEY_LEN);
		if (key == NULL || !cursor_done(&c))
			rc = gone(e);
		else
			memcpy(ret_key, key, AGE_FILE_KEY_LEN);
	}
out:
	arena_free(a);
	return rc;
}

/* ---- life -------------------------------------------------------------------------- */

/* The process's first answer: it has read keys and marks, or says why not. */
static enum rc
await_start(struct signer *s, struct err *e)
{
	enum rc rc = signer_receive(s->fd, &s->answer);

	if (rc != RC_OK)
		return gone(e);
	struct cursor c = {(const uint8_t *)buf_str(&s->answer), s->answer.len, false};
	rc = open_answer(&c, e);
	if (rc != RC_OK)
		return rc;
	const uint8_t *pub = cursor_take(&c, sizeof(s->pub));
	if (!cursor_done(&c))
		return gone(e);
	memcpy(&s->pub, pub, sizeof(s->pub));
	return RC_OK;
}

enum rc
signer_start(const char *keys_dir, const char *marks_path, struct signer **ret,
	     struct err *e)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return err_sys(e, "make the socket of the signer");
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		signer_proc_run(ends[1], keys_dir, marks_path);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return err_sys(e, "start the process of the signer");
	}
	struct signer *s = calloc(1, sizeof(*s));
	if (s == NULL)
		abort();
	s->fd = ends[0];
	s->pid = pid;
	s->answer.max = SIGNER_MESSAGE_MAX;
	pthread_mutex_init(&s->mu, NULL);
	enum rc rc = await_start(s, e);
	if (rc != RC_OK) {
		signer_stop(s);
		return rc;
	}
	*ret = s;
	return RC_OK;
}

bool
signer_alive(const struct signer *s)
{
	siginfo_t info = {0};

	/* WNOWAIT: signer_stop() is the one who takes its end. */
	return waitid(P_PID, (id_t)s->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == 0;
}

void
signer_stop(struct signer *s)
{
	if (s == NULL)
		return;
	if (s->fd >= 0)
		close(s->fd);
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
	buf_free(&s->answer);
	pthread_mutex_destroy(&s->mu);
	free(s);
}

const struct signer_public *
signer_public(const struct signer *s)
{
	return &s->pub;
}
