/*
 * Erasure and legal holds (protocol 10).
 *
 * What is erased is gone from the store and the disk of this node: disclosures become
 * tombstones, files with their wrapped keys and salts are removed, the store's own
 * remains are overwritten.  Signatures, leaves and receipts stay.  Nobody erases on the
 * other side's node: it is asked, and says when it has done so.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/uuid.h"
#include "service/alarm.h"
#include "service/erase.h"
#include "service/evidence.h"
#include "service/mail_int.h"
#include "service/outbox.h"
#include "service/recovery.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { ERASE_REASON_MAX = 2000 };

/* ---- may it be? -------------------------------------------------------------------- */

struct standing {
	struct store *s;
	struct arena *a;
	size_t n;
	int64_t party;
	const char *author, *reason;
};

static enum rc
on_standing(void *arg, const struct db_row *row, struct err *e)
{
	struct standing *h = arg;

	(void)e;
	if (h->n++ != 0)
		return RC_OK;
	h->party = h->s->drv->col_int(row, 0);
	h->author = store_col_text(h->s, h->a, row, 1);
	h->reason = store_col_text(h->s, h->a, row, 2);
	return RC_OK;
}

enum rc
hold_check(struct writer *w, const char *casefile, struct err *e)
{
	struct standing h = {.s = w->s, .a = w->a};
	enum rc rc =
		store_run(w->s, &SQL_HOLD_STANDING,
			  (struct db_param[]){DB_P_TEXT(casefile)}, on_standing, &h, e);

	if (rc != RC_OK || h.n == 0)
		return rc;
	return err_set(
		e, RC_CONFLICT,
		"a legal hold of the %s stands (by %s: %s): nothing of the case is "
		"erased before it is released",
		party_name(h.party == PARTY_AUTHORITY ? PARTY_AUTHORITY : PARTY_PLATFORM),
		h.author, h.reason == NULL ? "its reason was erased" : h.reason);
}

enum rc
erase_kept_from(struct store *s, const char *casefile, int64_t ended_us, int64_t *ret,
		struct err *e)
{
	int64_t stored_us = 0;
	enum rc rc =
		store_int(s, &SQL_CASE_ENDED_STORED,
			  (struct db_param[]){DB_P_TEXT(casefile), DB_P_INT(ended_us),
					      DB_P_INT(ACT_CLOSE), DB_P_INT(ACT_REFUSE)},
			  0, &stored_us, e);

	*ret = stored_us > ended_us ? stored_us : ended_us;
	return rc;
}

/* What the policy wants kept for a while is kept. */
static enum rc
preserve_check(struct writer *w, const struct case_row *c, struct err *e)
{
	const struct policy *p;
	int64_t ended_us =
		c->fold.closed_us != 0 ? c->fold.closed_us : c->fold.refused_us;
	int64_t from_us = 0;
	enum rc rc = view_policy(w->v, &c->policy_sha256, &p, e);

	if (rc != RC_OK || p->retention.preserve_us == 0)
		return rc;
	rc = erase_kept_from(w->s, c->casefile, ended_us, &from_us, e);
	if (rc != RC_OK)
		return rc;
	if (ended_us == 0 || w->now_us < from_us + p->retention.preserve_us)
		return err_set(e, RC_CONFLICT,
			       "the policy %s wants what was removed kept for %" PRId64
			       " s after the case has ended",
			       p->name, p->retention.preserve_us / 1000000);
	return RC_OK;
}

static enum rc
may_erase(struct writer *w, const struct case_row *c, bool whole, struct err *e)
{
	enum rc rc = hold_check(w, c->casefile, e);

	if (rc == RC_OK)
		rc = preserve_check(w, c, e);
	if (rc == RC_OK && whole && c->fold.state != CASE_CLOSED &&
	    c->fold.state != CASE_REFUSED)
		rc = err_set(e, RC_CONFLICT,
			     "the case is %s: close it before all of it is erased",
			     case_state_token(c->fold.state));
	return rc;
}

/* ---- doing it ---------------------------------------------------------------------- */

struct erasing {
	struct writer *w;
	int64_t channel;
	enum party own;
	bool texts, files;
	uint64_t n_texts, n_files;
};

static enum rc
on_erase(void *arg, enum party p, const struct event *ev, struct err *e)
{
	struct erasing *x = arg;
	struct store *s = x->w->s;
	enum rc rc = RC_OK;

	/* Uploads that have read a text already must not bring it back. */
	atomic_fetch_add(&x->w->nd->erasures, 1);
	outbox_clear(x->w->nd);
	for (size_t i = 0; rc == RC_OK && x->texts && i < ev->n_sd; i++) {
		rc = store_run(s, &SQL_DISCLOSURE_ERASE,
			       (struct db_param[]){DB_P_BLOB(ev->sd[i].b, HASH_LEN)},
			       NULL, NULL, e);
		x->n_texts += rc == RC_OK ? (uint64_t)s->drv->changes(s->db) : 0;
	}
	for (size_t i = 0; rc == RC_OK && x->files && i < ev->n_blobs; i++) {
		rc = store_run(s, &SQL_EVIDENCE_FILE_ERASE,
			       (struct db_param[]){DB_P_INT(x->channel),
						   DB_P_BLOB(ev->blobs[i].b, HASH_LEN)},
			       NULL, NULL, e);
		x->n_files += rc == RC_OK ? (uint64_t)s->drv->changes(s->db) : 0;
	}
	if (rc == RC_OK && x->texts && p == x->own && ev->n_blobs != 0)
		rc = store_run(
			s, &SQL_EVIDENCE_OUT_FORGET,
			(struct db_param[]){DB_P_INT(x->channel), DB_P_INT(ev->seq)},
			NULL, NULL, e);
	return rc;
}

/* Only what the other side has receipted: it must not be asked for a text or a file that
 * is gone. */
static enum rc
delivered(struct writer *w, int64_t channel, enum party own, uint64_t *ret, struct err *e)
{
	struct log_receipt r;
	struct err none = ERR_INIT;
	enum rc rc = store_receipt_last(w->s, w->a, channel, own, &r, &none);

	*ret = rc == RC_OK ? r.size : 0;
	return rc == RC_OK || rc == RC_NOT_FOUND ? RC_OK
						 : err_set(e, rc, "%s", none.text);
}

static enum rc
refs_check(const struct erase_job *j, const struct log_head *own, uint64_t receipted,
	   struct err *e)
{
	for (size_t i = 0; i < j->n_refs; i++)
		if (strcmp(j->refs[i].log, own->origin) == 0 &&
		    j->refs[i].seq >= receipted)
			return err_set(e, RC_CONFLICT,
				       "event %" PRIu64
				       " is not delivered yet: what is erased before "
				       "could never arrive",
				       j->refs[i].seq);
	return RC_OK;
}

/* The leaves of the events that are named. */
static enum rc
refs_load(struct writer *w, int64_t channel, struct erase_job *j,
	  const struct log_head heads[PARTY_COUNT], struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < j->n_refs; i++) {
		const struct log_head *h = &heads[j->of[i]];
		struct log_leaf *leaf;
		if (j->refs[i].seq >= h->size)
			return err_set(e, RC_NOT_FOUND,
				       "the %s's log has no event %" PRIu64,
				       party_name(h->party), j->refs[i].seq);
		rc = store_leaves(w->s, w->a, channel, h->party, j->refs[i].seq,
				  j->refs[i].seq + 1, &leaf, e);
		j->refs[i].log = h->origin;
		if (rc == RC_OK)
			j->refs[i].leaf = leaf[0].leaf;
	}
	return rc;
}

struct erasable {
	bool texts, files;
	size_t n;
};

static enum rc
on_erasable(void *arg, enum party p, const struct event *ev, struct err *e)
{
	struct erasable *x = arg;

	(void)p;
	(void)e;
	x->n += (x->texts && ev->n_sd != 0) || (x->files && ev->n_blobs != 0);
	return RC_OK;
}

static json_t *
body_of(const struct erase_job *j)
{
	json_t *body = json_pack("{s:s, s:s*}", "what", j->what, "request", j->request);

	if (j->n_refs == 0)
		json_object_set_new(body, "below",
				    json_pack("{s:I, s:I}", "authority",
					      (json_int_t)j->below[PARTY_AUTHORITY],
					      "platform",
					      (json_int_t)j->below[PARTY_PLATFORM]));
	return body;
}

/* What is still needed stays: an objection until it is ruled on, and the directory that
 * counts. */
static enum rc
on_alone(void *arg, enum party p, const struct event *ev, struct err *e)
{
	const struct erasing *x = arg;
	const char *objection = json_string_value(json_object_get(ev->body, "objection"));
	int64_t at = 0;
	enum rc rc;

	if (objection != NULL) {
		rc = store_int(
			x->w->s, &SQL_OBJECTION_RULED,
			(struct db_param[]){DB_P_INT(x->channel), DB_P_TEXT(objection)},
			0, &at, e);
		return rc != RC_OK || at != 0
			       ? rc
			       : err_set(e, RC_CONFLICT,
					 "the objection %s is not ruled on: what it says "
					 "is needed until then",
					 objection);
	}
	rc = store_int(x->w->s, &SQL_CONTACT_SET_SEQ,
		       (struct db_param[]){DB_P_INT(x->channel), DB_P_INT(p)}, -1, &at,
		       e);
	if (rc == RC_OK && at == (int64_t)ev->seq)
		rc = err_set(e, RC_CONFLICT,
			     "these contacts are in force: publish others first");
	return rc;
}

static enum rc
may_erase_alone(struct writer *w, const struct erase_job *j, struct err *e)
{
	struct erasing x = {.w = w, .channel = j->channel};
	struct event about = {.refs = j->refs, .n_refs = j->n_refs};

	about.body = body_of(j);
	enum rc rc = view_erase_scope(w->s, w->a, j->channel, &about, on_alone, &x, e);
	json_decref(about.body);
	return rc;
}

/* Nobody is asked to erase what says nothing that can be. */
static enum rc
refs_say(struct writer *w, int64_t channel, const struct erase_job *j, struct err *e)
{
	struct erasable x = {.texts = strcmp(j->what, "files") != 0,
			     .files = strcmp(j->what, "texts") != 0};
	struct event about = {
		.casefile = j->casefile, .refs = j->refs, .n_refs = j->n_refs};

	about.body = body_of(j);
	enum rc rc = view_erase_scope(w->s, w->a, channel, &about, on_erasable, &x, e);
	json_decref(about.body);
	if (rc == RC_OK && x.n == 0)
		rc = err_set(e, RC_CONFLICT,
			     "what is named is not of this case, or has no %s: 'saluran "
			     "show' has the events of a case%s",
			     x.texts && x.files ? "texts and no files" : j->what,
			     x.files ? "; evidence.add gives files" : "");
	return rc;
}

static enum rc
event_put(struct writer *w, int64_t channel, const struct erase_job *j, const char *type,
	  const char *reason, uint64_t *ret_seq, struct err *e)
{
	struct view_disclosed sd = {"reason", NULL};

	if (reason != NULL)
		sd.value = json_string(reason);
	return append_event(w,
			    &(struct append){
				    .channel = channel,
				    .type = type,
				    .casefile = j->casefile,
				    .by = j->by,
				    .body = body_of(j),
				    .disclosures = &sd,
				    .n_disclosures = reason == NULL ? 0 : 1,
				    .refs = j->refs,
				    .n_refs = j->n_refs,
			    },
			    ret_seq, e);
}

/* A file that is given and that no event names yet is given no more. */
static enum rc
on_pending(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct out_row *o = store_list_next(l, sizeof(*o));
	size_t len;
	const uint8_t *p = l->s->drv->col_blob(row, 2, &len);

	(void)e;
	*o = (struct out_row){.id = store_col_text(l->s, l->a, row, 0),
			      .channel = l->s->drv->col_int(row, 1)};
	if (len == HASH_LEN)
		memcpy(o->sha256.b, p, HASH_LEN);
	return RC_OK;
}

static enum rc
pending_drop(struct writer *w, const char *casefile, struct err *e)
{
	struct store_list l = {.s = w->s, .a = w->a};
	enum rc rc =
		store_run(w->s, &SQL_EVIDENCE_OUT_PENDING,
			  (struct db_param[]){DB_P_TEXT(casefile)}, on_pending, &l, e);

	for (size_t i = 0; rc == RC_OK && i < l.n; i++) {
		const struct out_row *o = &((const struct out_row *)l.rows)[i];
		unlink(evidence_part_path(w->nd, w->a, "out", o->id));
		rc = store_run(w->s, &SQL_EVIDENCE_FILE_ERASE,
			       (struct db_param[]){DB_P_INT(o->channel),
						   DB_P_BLOB(o->sha256.b, HASH_LEN)},
			       NULL, NULL, e);
		if (rc == RC_OK)
			rc = store_run(w->s, &SQL_EVIDENCE_OUT_DROP,
				       (struct db_param[]){DB_P_TEXT(o->id),
							   DB_P_INT(w->now_us)},
				       NULL, NULL, e);
	}
	return rc;
}

/* What this node keeps of a case beside its events.  A table that gets a text of a case
 * gets a row here. */
static enum rc
private_erase(struct erasing *x, const char *casefile, struct err *e)
{
	static const struct sql *const texts[] = {
		&SQL_CASE_NOTE_ERASE, &SQL_HELD_ERASE,	      &SQL_PREPARED_ERASE,
		&SQL_DUTY_ERASE,      &SQL_IMPORT_FILE_ERASE, &SQL_REVEAL_ERASE,
	};
	enum rc rc = mail_case_erase(x->w, casefile, x->texts, e);

	for (size_t i = 0;
	     rc == RC_OK && x->texts && i < sizeof(texts) / sizeof(texts[0]); i++)
		rc = store_run(x->w->s, texts[i],
			       (struct db_param[]){DB_P_TEXT(casefile)}, NULL, NULL, e);
	return rc == RC_OK && x->files ? pending_drop(x->w, casefile, e) : rc;
}

/* Take it out of the store; then the fold of erase.done takes it out of the views. */
static enum rc
erase_now(struct writer *w, const struct case_row *c, struct erase_job *j, enum party own,
	  struct err *e)
{
	struct erasing x = {.w = w,
			    .channel = c->channel,
			    .own = own,
			    .texts = strcmp(j->what, "files") != 0,
			    .files = strcmp(j->what, "texts") != 0};
	struct event about = {
		.casefile = j->casefile, .refs = j->refs, .n_refs = j->n_refs};
	struct stage *st;
	enum rc rc = append_stage(w, c->channel, &st, e);

	if (rc == RC_OK)
		rc = append_flush(w, st, e);
	about.body = body_of(j);
	if (rc == RC_OK)
		rc = view_erase_scope(w->s, w->a, c->channel, &about, on_erase, &x, e);
	json_decref(about.body);
	if (rc == RC_OK && j->n_refs == 0)
		rc = private_erase(&x, j->casefile, e);
	if (rc == RC_OK)
		rc = event_put(w, c->channel, j, "erase.done", NULL,
			       j->reason == NULL ? &j->seq : NULL, e);
	j->n_texts = x.n_texts;
	j->n_files = x.n_files;
	return rc;
}

enum rc
erase_again(struct writer *w, int64_t channel, enum party own, const struct event *ev,
	    struct err *e)
{
	const char *what = json_string_value(json_object_get(ev->body, "what"));
	struct erasing x = {.w = w,
			    .channel = channel,
			    .own = own,
			    .texts = what != NULL && strcmp(what, "files") != 0,
			    .files = what != NULL && strcmp(what, "texts") != 0};
	enum rc rc = view_erase_scope(w->s, w->a, channel, ev, on_erase, &x, e);

	if (rc == RC_OK && ev->casefile != NULL && ev->n_refs == 0)
		rc = private_erase(&x, ev->casefile, e);
	return rc;
}

enum rc
erase_work(struct writer *w, void *arg, struct err *e)
{
	struct erase_job *j = arg;
	struct log_head heads[PARTY_COUNT];
	struct channel_row ch;
	struct case_row c;
	struct stage *st;
	uint64_t receipted = 0;
	enum rc rc = RC_OK;

	c.channel = j->channel;
	if (j->casefile != NULL)
		rc = view_case_get(w->s, w->a, j->casefile, &c, e);
	if (rc == RC_OK && j->casefile != NULL)
		rc = may_erase(w, &c, j->n_refs == 0, e);
	if (rc == RC_OK)
		rc = channel_by_id(w->s, w->a, c.channel, &ch, e);
	if (rc == RC_OK)
		rc = append_stage(w, c.channel, &st, e);
	if (rc == RC_OK)
		rc = append_flush(w, st, e);
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++)
		rc = store_head(w->s, w->a, c.channel, (enum party)p, &heads[p], e);
	if (rc == RC_OK)
		rc = delivered(w, c.channel, ch.own_party, &receipted, e);
	if (rc == RC_OK)
		rc = refs_load(w, c.channel, j, heads, e);
	if (rc == RC_OK)
		rc = refs_check(j, &heads[ch.own_party], receipted, e);
	if (rc == RC_OK && j->casefile == NULL)
		rc = may_erase_alone(w, j, e);
	if (rc == RC_OK && j->casefile != NULL && j->n_refs != 0 && j->reason != NULL)
		rc = refs_say(w, c.channel, j, e);
	if (rc != RC_OK)
		return rc;
	if (j->n_refs == 0) {
		j->below[ch.own_party] = receipted;
		j->below[party_other(ch.own_party)] =
			heads[party_other(ch.own_party)].size;
	}
	if (j->reason != NULL)
		rc = event_put(w, c.channel, j, "erase.request", j->reason, &j->seq, e);
	return rc == RC_OK ? erase_now(w, &c, j, ch.own_party, e) : rc;
}

/* ---- what is left of it ------------------------------------------------------------ */

struct gone {
	int64_t channel;
	struct hash sha256;
};

static enum rc
on_gone(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct gone *g = store_list_next(l, sizeof(*g));
	size_t len;
	const uint8_t *p = l->s->drv->col_blob(row, 1, &len);

	if (len != HASH_LEN)
		return err_set(e, RC_CORRUPT, "the store holds a hash of %zu bytes", len);
	g->channel = l->s->drv->col_int(row, 0);
	memcpy(g->sha256.b, p, HASH_LEN);
	return RC_OK;
}

/* The rows say that they are erased; now the files go, whatever happened in between. */
static enum rc
work_remove(struct writer *w, void *arg, struct err *e)
{
	struct store_list l = {.s = w->s, .a = w->a};
	enum rc rc = store_run(w->s, &SQL_EVIDENCE_FILE_ERASED, NULL, on_gone, &l, e);

	(void)arg;
	for (size_t i = 0; rc == RC_OK && i < l.n; i++) {
		const struct gone *g = &((const struct gone *)l.rows)[i];
		rc = evidence_remove(w, g->channel, &g->sha256, e);
		if (rc == RC_OK)
			rc = store_run(
				w->s, &SQL_EVIDENCE_FILE_REMOVED,
				(struct db_param[]){DB_P_INT(g->channel),
						    DB_P_BLOB(g->sha256.b, HASH_LEN)},
				NULL, NULL, e);
	}
	return rc;
}

enum rc
erase_finish(struct node *nd, struct err *e)
{
	enum rc rc = writer_run(nd, work_remove, NULL, e);

	if (rc == RC_OK)
		rc = writer_scrub(nd, e);
	/* A reader still looks at what was: the next tick tries again. */
	atomic_store(&nd->scrub_due, rc != RC_OK);
	return rc == RC_RETRY ? RC_OK : rc;
}
