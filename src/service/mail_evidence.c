/*
 * E-mail as evidence: a message that became part of a case is given to the other side as
 * it came, like any other file; and what is kept of e-mail goes in time.
 *
 * The job that sends or joins it only notes that it is to be given.  It is sealed
 * afterwards, one message at a time and from where an earlier try has stopped: a notice
 * may rest on a thousand of them.
 */
#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "service/evidence.h"
#include "service/mail_int.h"
#include "service/stream.h"
#include "service/tick.h"

enum {
	SEALED_OF_A_TICK = 8,
	PIECE = 1 << 20, /* bytes given to an upload at a time */
};
#define SEAL_RETRY_US	(INT64_C(60) * 1000000)
#define FORGET_EVERY_US (INT64_C(3600) * 1000000)
#define DAY_US		(INT64_C(86400) * 1000000)

struct message {
	struct store *s;
	struct arena *a;
	const uint8_t *raw;
	size_t len;
};

static enum rc
on_raw(void *arg, const struct db_row *row, struct err *e)
{
	struct message *m = arg;
	const uint8_t *p = m->s->drv->col_blob(row, 0, &m->len);

	(void)e;
	m->raw = arena_copy(m->a, p, m->len);
	return RC_OK;
}

static enum rc
raw_get(struct store *s, struct arena *a, const char *id, struct message *ret,
	struct err *e)
{
	*ret = (struct message){.s = s, .a = a};
	return store_run(s, &SQL_MAIL_RAW_GET, (struct db_param[]){DB_P_TEXT(id)}, on_raw,
			 ret, e);
}

/* An XARF report comes in a file of its own too: no message then. */
static bool
is_json(const struct message *m)
{
	size_t i = 0;

	while (i < m->len && isspace(m->raw[i]))
		i++;
	return i < m->len && m->raw[i] == '{';
}

/* ---- to be given ------------------------------------------------------------------- */

static enum rc
out_insert(struct writer *w, const char *upload, const struct case_row *c,
	   const char *author, const struct message *m, struct err *e)
{
	char hex[HASH_HEX_LEN + 1];
	struct hash sha256;

	hash_bytes(m->raw, m->len, &sha256);
	hash_hex(&sha256, hex);
	return store_run(
		w->s, &SQL_EVIDENCE_OUT_INSERT,
		(struct db_param[]){
			DB_P_TEXT(upload),
			DB_P_INT(c->channel),
			DB_P_TEXT(c->casefile),
			DB_P_TEXT(author),
			/* The name by which items say that they come from it. */
			DB_P_TEXT(arena_printf(w->a, "%s.%s", hex,
					       is_json(m) ? "json" : "eml")),
			DB_P_TEXT(is_json(m) ? "application/json" : "message/rfc822"),
			DB_P_TEXT("the message as it came"),
			DB_P_INT(m->len),
			DB_P_INT(w->now_us),
		},
		NULL, NULL, e);
}

enum rc
mail_evidence_put(struct writer *w, const char *id, const char *casefile,
		  const char *author, struct err *e)
{
	const struct db_param key[] = {DB_P_TEXT(id), DB_P_TEXT(casefile)};
	char upload[UUID_TEXT_LEN + 1];
	const char *before;
	struct message m;
	struct case_row c;
	enum rc rc = store_text(w->s, w->a, &SQL_MAIL_EVIDENCE_GET, key, &before, e);

	if (rc != RC_OK || before != NULL)
		return rc;
	rc = view_case_get(w->s, w->a, casefile, &c, e);
	if (rc == RC_OK)
		rc = channel_usable(w->nd, c.channel, e);
	if (rc == RC_OK)
		rc = raw_get(w->s, w->a, id, &m, e);
	if (rc != RC_OK || m.raw == NULL)
		return rc;
	uuid7_make(w->now_us, upload);
	rc = out_insert(w, upload, &c, author, &m, e);
	return rc == RC_OK
		       ? store_run(w->s, &SQL_MAIL_EVIDENCE_PUT,
				   (struct db_param[]){DB_P_TEXT(id), DB_P_TEXT(casefile),
						       DB_P_TEXT(upload)},
				   NULL, NULL, e)
		       : rc;
}

/* ---- sealed ------------------------------------------------------------------------ */

struct next {
	struct store *s;
	struct arena *a;
	const char *upload, *mail, *author; /* NULL: none */
	int64_t next_us;
};

static enum rc
on_next(void *arg, const struct db_row *row, struct err *e)
{
	struct next *n = arg;

	(void)e;
	n->upload = store_col_text(n->s, n->a, row, 0);
	n->mail = store_col_text(n->s, n->a, row, 1);
	n->author = store_col_text(n->s, n->a, row, 2);
	n->next_us = n->s->drv->col_int(row, 3);
	return RC_OK;
}

static enum rc
next_get(struct node *nd, struct arena *a, struct next *n, struct message *m,
	 struct err *e)
{
	struct store *s = NULL;
	enum rc rc = reader_get(nd, &s, e);

	*n = (struct next){.s = s, .a = a};
	*m = (struct message){.s = s, .a = a};
	if (rc == RC_OK)
		rc = store_run(s, &SQL_MAIL_EVIDENCE_NEXT, NULL, on_next, n, e);
	if (rc == RC_OK && n->upload != NULL)
		rc = raw_get(s, a, n->mail, m, e);
	reader_put(nd, s);
	return rc;
}

static enum rc
seal(struct node *nd, struct arena *a, const struct next *n, const struct message *m,
     struct err *e)
{
	struct upload *u = NULL;
	struct hash sha256;
	int64_t at = upload_stands(nd, a, n->upload);
	bool whole = false;

	if (m->raw == NULL)
		return err_set(e, RC_GONE, "the e-mail's content is gone");
	enum rc rc = evidence_room(nd, (int64_t)m->len, e);
	if (rc == RC_OK)
		rc = upload_open(nd, n->upload, n->author, at, &u, &at, e);
	while (rc == RC_OK && (size_t)at < m->len) {
		size_t len = m->len - (size_t)at < PIECE ? m->len - (size_t)at : PIECE;
		rc = upload_take(u, m->raw + at, len, e);
		at += (int64_t)len;
	}
	if (rc == RC_OK)
		rc = upload_end(u, &whole, &at, &sha256, e);
	upload_close(u);
	return rc;
}

struct put_off {
	const char *upload, *why;
	bool gone; /* the case was erased meanwhile */
};

/* People see in the list of uploads why it is not given yet. */
static enum rc
work_put_off(struct writer *w, void *arg, struct err *e)
{
	const struct put_off *p = arg;
	struct out_row o;
	enum rc rc = evidence_out_get(w->s, w->a, p->upload, &o, e);

	if (rc != RC_OK || strcmp(o.state, "receiving") != 0)
		return rc;
	if (p->gone)
		return store_run(
			w->s, &SQL_EVIDENCE_OUT_DROP,
			(struct db_param[]){DB_P_TEXT(o.id), DB_P_INT(w->now_us)}, NULL,
			NULL, e);
	return store_run(w->s, &SQL_EVIDENCE_OUT_SET,
			 (struct db_param[]){
				 DB_P_TEXT(o.id),
				 DB_P_TEXT("receiving"),
				 DB_P_INT(-1),
				 DB_P_TEXT(p->why),
				 DB_P_INT(o.attempts + 1),
				 DB_P_INT(w->now_us + SEAL_RETRY_US),
			 },
			 NULL, NULL, e);
}

/* *ret_us: when there is more to do. */
static enum rc
seal_next(struct node *nd, int64_t now_us, int64_t *ret_us, struct err *e)
{
	struct arena *a = arena_create();
	struct err why = ERR_INIT;
	struct message m;
	struct next n;
	enum rc rc = next_get(nd, a, &n, &m, e);

	*ret_us = TICK_NEVER_US;
	if (rc != RC_OK || n.upload == NULL)
		goto out;
	*ret_us = n.next_us;
	/* A clock that was set back does not put it off. */
	if (n.next_us > now_us && n.next_us - now_us <= SEAL_RETRY_US)
		goto out;
	*ret_us = now_us;
	enum rc one = seal(nd, a, &n, &m, &why);
	if (one != RC_OK)
		rc = writer_run(nd, work_put_off,
				&(struct put_off){n.upload, why.text, one == RC_GONE}, e);
out:
	arena_free(a);
	return rc;
}

enum rc
tick_mail_evidence(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	enum rc rc = RC_OK;

	*next_us = now_us;
	for (int i = 0; rc == RC_OK && i < SEALED_OF_A_TICK && *next_us == now_us; i++)
		rc = seal_next(nd, now_us, next_us, e);
	return rc;
}

/* ---- what is kept here ------------------------------------------------------------- */

static enum rc
bytes_less(struct writer *w, int64_t bytes, struct err *e)
{
	return store_run(w->s, &SQL_MAIL_BYTES_ADD, (struct db_param[]){DB_P_INT(-bytes)},
			 NULL, NULL, e);
}

enum rc
mail_evidence_sent(struct writer *w, const char *upload, struct err *e)
{
	const struct db_param p[] = {DB_P_TEXT(upload)};
	struct message m;
	const char *id;
	enum rc rc = store_text(w->s, w->a, &SQL_MAIL_EVIDENCE_SENT, p, &id, e);

	if (rc != RC_OK || id == NULL)
		return rc;
	rc = raw_get(w->s, w->a, id, &m, e);
	if (rc == RC_OK && m.raw != NULL)
		rc = bytes_less(w, (int64_t)m.len, e);
	return rc == RC_OK ? store_run(w->s, &SQL_MAIL_RAW_DROP,
				       (struct db_param[]){DB_P_TEXT(id)}, NULL, NULL, e)
			   : rc;
}

enum rc
mail_case_erase(struct writer *w, const char *casefile, bool texts, struct err *e)
{
	const struct db_param p[] = {DB_P_TEXT(casefile)};
	int64_t bytes = 0;
	enum rc rc = store_int(w->s, &SQL_MAIL_CASE_BYTES, p, 0, &bytes, e);

	if (rc == RC_OK)
		rc = bytes_less(w, bytes, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_MAIL_CASE_RAW_ERASE, p, NULL, NULL, e);
	if (rc != RC_OK || !texts)
		return rc;
	rc = store_run(w->s, &SQL_MAIL_CASE_PROPOSALS_ERASE, p, NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_MAIL_CASE_REFS_ERASE, p, NULL, NULL, e);
	return rc == RC_OK ? store_run(w->s, &SQL_MAIL_CASE_ERASE,
				       (struct db_param[]){DB_P_TEXT(casefile),
							   DB_P_INT(w->now_us)},
				       NULL, NULL, e)
			   : rc;
}

static enum rc
work_forget(struct writer *w, void *arg, struct err *e)
{
	const struct db_param p[] = {DB_P_INT(*(const int64_t *)arg)};
	enum rc rc = store_run(w->s, &SQL_MAIL_FORGET_REFS, p, NULL, NULL, e);

	return rc == RC_OK ? store_run(w->s, &SQL_MAIL_FORGET, p, NULL, NULL, e) : rc;
}

/* That a message was dropped is remembered for a while, so that it is not read again. */
enum rc
tick_mail_forget(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	int64_t days = settings_int(nd->config, "mail.forget_days");
	int64_t before_us = now_us - days * DAY_US;
	enum rc rc = RC_OK;

	*next_us = days == 0 ? TICK_NEVER_US : nd->mail_forget_us;
	if (days != 0 && (nd->mail_forget_us <= now_us ||
			  nd->mail_forget_us - now_us > FORGET_EVERY_US)) {
		rc = writer_run(nd, work_forget, &before_us, e);
		*next_us = nd->mail_forget_us = now_us + FORGET_EVERY_US;
	}
	return rc;
}
