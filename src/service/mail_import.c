/*
 * E-mail in: one message a request, kept as it came, found again by its content, and
 * joined to the thread that it answers to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/uuid.h"
#include "service/mail_int.h"

enum {
	MAIL_SOURCE_MAX = 1000,
	MAIL_STATE_MAX = 16,
	MAIL_BASE64_MAX = (MAIL_BYTES_MAX / 3 + 1) * 4,
	MAIL_THREADS_MAX = 64, /* that one message brings together */
};

void
service_mail_reader(struct node *nd, mail_read_fn *fn)
{
	nd->mail_read = fn;
}

struct importing {
	const char *by, *source;
	const uint8_t *raw;
	size_t len;
	struct hash sha256;
	struct mail mail;
	/* out */
	char id[UUID_TEXT_LEN + 1], casefile[UUID_TEXT_LEN + 1];
	char state[MAIL_STATE_MAX];
	const char *answer;
};

json_t *
mail_place_json(const struct mail_proposal *p)
{
	json_t *j =
		json_pack("{s:s, s:s*, s:s*, s:s*}", "part", p->place.part, "pointer",
			  p->place.pointer, "field", p->place.field, "shown", p->shown);

	if (p->place.line != 0) {
		json_object_set_new(j, "line", json_integer(p->place.line));
		json_object_set_new(j, "column", json_integer(p->place.column));
	}
	if (p->defanged)
		json_object_set_new(j, "defanged", json_true());
	if (p->more != 0)
		json_object_set_new(j, "more", json_integer(p->more));
	return j;
}

static json_t *
notes_json(const struct mail *m)
{
	json_t *notes = json_array();

	for (size_t i = 0; i < m->n_notes; i++)
		json_array_append_new(notes, json_string(m->notes[i]));
	return notes;
}

struct found {
	struct writer *w;
	const char *ids[MAIL_THREADS_MAX];
	size_t n;
	unsigned col;
};

static enum rc
on_thread(void *arg, const struct db_row *row, struct err *e)
{
	struct found *f = arg;
	const char *id = store_col_text(f->w->s, f->w->a, row, f->col);

	(void)e;
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->ids[i], id) == 0)
			return RC_OK;
	if (f->n < MAIL_THREADS_MAX)
		f->ids[f->n++] = id;
	return RC_OK;
}

/* The threads that the message belongs to, and whether what it answers to is here. */
static enum rc
threads_find(struct writer *w, const struct mail *m, struct found *f, bool *ret_reply,
	     struct err *e)
{
	enum rc rc = RC_OK;

	*ret_reply = false;
	for (size_t i = 0; rc == RC_OK && i < m->n_refs; i++) {
		const struct db_param p[] = {DB_P_TEXT(m->refs[i])};
		size_t before = f->n;
		const char *own;
		rc = store_text(w->s, w->a, &SQL_MAIL_BY_OWN, p, &own, e);
		f->col = 1;
		if (rc == RC_OK)
			rc = store_run(w->s, &SQL_MAIL_BY_OWN, p, on_thread, f, e);
		*ret_reply = *ret_reply || own != NULL || f->n > before;
		f->col = 0;
	}
	/* A thread is known by what its messages answer to as well. */
	for (size_t i = 0; rc == RC_OK && i < m->n_refs; i++)
		rc = store_run(w->s, &SQL_MAIL_BY_REF,
			       (struct db_param[]){DB_P_TEXT(m->refs[i])}, on_thread, f,
			       e);
	if (rc == RC_OK && m->message_id != NULL)
		rc = store_run(w->s, &SQL_MAIL_BY_REF,
			       (struct db_param[]){DB_P_TEXT(m->message_id)}, on_thread,
			       f, e);
	return rc;
}

/* The oldest of the threads takes the others in. */
static enum rc
threads_merge(struct writer *w, const struct found *f, const char *own, const char **ret,
	      struct err *e)
{
	enum rc rc = RC_OK;

	*ret = own;
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->ids[i], *ret) < 0)
			*ret = f->ids[i];
	for (size_t i = 0; rc == RC_OK && i < f->n; i++)
		if (strcmp(f->ids[i], *ret) != 0)
			rc = store_run(w->s, &SQL_MAIL_THREAD_MOVE,
				       (struct db_param[]){DB_P_TEXT(f->ids[i]),
							   DB_P_TEXT(*ret)},
				       NULL, NULL, e);
	return rc;
}

static enum rc
proposals_put(struct writer *w, const struct importing *im, bool aside, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < im->mail.n_proposals; i++) {
		const struct mail_proposal *p = &im->mail.proposals[i];
		json_t *place = mail_place_json(p);
		char *text = json_dumps(place, JSON_COMPACT);
		rc = store_run(w->s, &SQL_MAIL_PROPOSAL_INSERT,
			       (struct db_param[]){
				       DB_P_TEXT(im->id),
				       DB_P_INT(i + 1),
				       DB_P_TEXT(aside ? "aside" : "proposed"),
				       DB_P_TEXT(target_kind_token(p->target.kind)),
				       DB_P_TEXT(p->target.given),
				       DB_P_TEXT(p->target.normal),
				       DB_P_BLOB(p->target.nf.b, HASH_LEN),
				       DB_P_TEXT(p->category),
				       DB_P_TEXT(p->description),
				       DB_P_INT(p->found_us),
				       DB_P_TEXT(text),
			       },
			       NULL, NULL, e);
		free(text);
		json_decref(place);
	}
	return rc;
}

static enum rc
message_put(struct writer *w, const struct importing *im, const char *thread,
	    struct err *e)
{
	const struct mail *m = &im->mail;
	json_t *notes = notes_json(m);
	char *notes_text = json_dumps(notes, JSON_COMPACT);
	enum rc rc = store_run(
		w->s, &SQL_MAIL_INSERT,
		(struct db_param[]){
			DB_P_TEXT(im->id),
			DB_P_BLOB(im->sha256.b, HASH_LEN),
			DB_P_INT(im->len),
			DB_P_TEXT(im->state),
			DB_P_TEXT(m->format),
			DB_P_TEXT(m->message_id),
			DB_P_TEXT(m->from),
			DB_P_TEXT(m->to),
			DB_P_TEXT(m->subject),
			DB_P_TEXT(m->legal_basis),
			DB_P_INT(m->date_us),
			DB_P_TEXT(im->source),
			DB_P_TEXT(notes_text),
			DB_P_TEXT(thread),
			DB_P_TEXT(im->casefile[0] == '\0' ? NULL : im->casefile),
			DB_P_INT(w->now_us),
			DB_P_TEXT(im->by),
		},
		NULL, NULL, e);

	free(notes_text);
	json_decref(notes);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_MAIL_RAW_PUT,
			       (struct db_param[]){DB_P_BLOB(im->sha256.b, HASH_LEN),
						   DB_P_BLOB(im->raw, im->len)},
			       NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_MAIL_BYTES_ADD,
			       (struct db_param[]){DB_P_INT(im->len)}, NULL, NULL, e);
	for (size_t i = 0; rc == RC_OK && i < m->n_refs; i++)
		rc = store_run(
			w->s, &SQL_MAIL_REF_PUT,
			(struct db_param[]){DB_P_TEXT(m->refs[i]), DB_P_TEXT(im->id)},
			NULL, NULL, e);
	return rc;
}

static enum rc
on_again(void *arg, const struct db_row *row, struct err *e)
{
	struct found *f = arg;

	(void)e;
	for (unsigned i = 0; i < 3; i++)
		f->ids[i] = store_col_text(f->w->s, f->w->a, row, i);
	f->n = 1;
	return RC_OK;
}

/* Was it imported before?  Then the answer is made. */
static enum rc
again(struct writer *w, struct importing *im, struct err *e)
{
	struct found f = {.w = w};
	enum rc rc = store_run(w->s, &SQL_MAIL_BY_SHA,
			       (struct db_param[]){DB_P_BLOB(im->sha256.b, HASH_LEN)},
			       on_again, &f, e);

	if (rc != RC_OK || f.n == 0)
		return rc;
	im->answer = "again";
	memcpy(im->id, f.ids[0], UUID_TEXT_LEN + 1);
	snprintf(im->state, sizeof(im->state), "%s", f.ids[1]);
	snprintf(im->casefile, sizeof(im->casefile), "%s",
		 f.ids[2] == NULL ? "" : f.ids[2]);
	return RC_OK;
}

static enum rc
quota_check(struct writer *w, const struct importing *im, struct err *e)
{
	int64_t kept, most = settings_int(w->nd->config, "mail.keep_bytes");
	enum rc rc = store_int(w->s, &SQL_MAIL_BYTES, NULL, 0, &kept, e);

	if (rc == RC_OK && kept + (int64_t)im->len > most)
		rc = err_rule(
			e, RC_FULL, "mail.kept",
			"%lld of at most %lld bytes of e-mail are kept: send, or drop "
			"what is no report ('saluran mail drop'), or raise the setting "
			"mail.keep_bytes",
			(long long)kept, (long long)most);
	return rc;
}

/* Those that answer to it and came before it. */
static enum rc
replies_join(struct writer *w, const char *message_id, struct err *e)
{
	const struct db_param p[] = {DB_P_TEXT(message_id)};
	enum rc rc = store_run(w->s, &SQL_MAIL_REPLY_JOIN, p, NULL, NULL, e);

	return rc == RC_OK ? store_run(w->s, &SQL_MAIL_REPLY_ASIDE, p, NULL, NULL, e)
			   : rc;
}

static enum rc
work_import(struct writer *w, void *arg, struct err *e)
{
	struct importing *im = arg;
	struct found f = {.w = w};
	const char *thread = NULL, *casefile = NULL;
	bool reply = false;

	im->answer = NULL;
	im->casefile[0] = '\0';
	enum rc rc = again(w, im, e);
	if (rc != RC_OK || im->answer != NULL)
		return rc;
	uuid7_make(w->now_us, im->id);
	rc = quota_check(w, im, e);
	if (rc == RC_OK)
		rc = threads_find(w, &im->mail, &f, &reply, e);
	if (rc == RC_OK)
		rc = threads_merge(w, &f, im->id, &thread, e);
	if (rc == RC_OK)
		rc = store_text(w->s, w->a, &SQL_MAIL_THREAD_CASE,
				(struct db_param[]){DB_P_TEXT(thread)}, &casefile, e);
	bool joined = reply || casefile != NULL;
	/* The writer's arena ends with its group: the answer has its own copies. */
	snprintf(im->casefile, sizeof(im->casefile), "%s",
		 casefile == NULL ? "" : casefile);
	snprintf(im->state, sizeof(im->state), "%s", joined ? "joined" : "new");
	im->answer = joined ? "joined" : "imported";
	if (rc == RC_OK)
		rc = message_put(w, im, thread, e);
	if (rc == RC_OK)
		rc = proposals_put(w, im, joined, e);
	if (rc == RC_OK && im->mail.message_id != NULL)
		rc = replies_join(w, im->mail.message_id, e);
	return rc;
}

static json_t *
proposals_json(const struct mail *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->n_proposals; i++) {
		const struct mail_proposal *p = &m->proposals[i];
		json_array_append_new(
			list,
			json_pack("{s:I, s:s, s:s, s:s, s:s?, s:s?, s:o, s:o}", "n",
				  (json_int_t)(i + 1), "kind",
				  target_kind_token(p->target.kind), "given",
				  p->target.given, "normal", p->target.normal, "category",
				  p->category, "description", p->description, "found",
				  json_time(p->found_us), "place", mail_place_json(p)));
	}
	return list;
}

static json_t *
import_json(const struct importing *im, bool preview)
{
	const struct mail *m = &im->mail;
	char hex[HASH_HEX_LEN + 1];
	json_t *j = json_pack("{s:s, s:s, s:s, s:s?, s:s?, s:s?, s:o, s:I, s:o}",
			      "answer", im->answer, "sha256", hash_hex(&im->sha256, hex),
			      "format", m->format, "message_id", m->message_id, "from",
			      m->from, "subject", m->subject, "date",
			      json_time(m->date_us), "proposals",
			      (json_int_t)m->n_proposals, "notes", notes_json(m));

	if (preview) {
		json_object_set_new(j, "proposed", proposals_json(m));
		return j;
	}
	json_object_set_new(j, "mail", json_string(im->id));
	json_object_set_new(j, "state", json_string(im->state));
	json_object_set_new(j, "case",
			    im->casefile[0] == '\0' ? json_null()
						    : json_string(im->casefile));
	return j;
}

static enum rc
import_in(struct arena *a, json_t *in, struct importing *im, bool *ret_cut_too,
	  bool *ret_preview, struct err *e)
{
	const char *text;
	uint8_t *raw;
	enum rc rc = in_only(in, "raw source cut_too preview", e);

	if (rc == RC_OK)
		rc = in_text(in, "raw", true, MAIL_BASE64_MAX, &text, e);
	if (rc == RC_OK)
		rc = in_text(in, "source", false, MAIL_SOURCE_MAX, &im->source, e);
	if (rc == RC_OK)
		rc = in_bool(in, "cut_too", ret_cut_too, e);
	if (rc == RC_OK)
		rc = in_bool(in, "preview", ret_preview, e);
	if (rc == RC_OK && b64_decode(a, text, strlen(text), &raw, &im->len) != RC_OK)
		rc = err_set(
			e, RC_INVALID,
			"\"raw\" is no base64: give the message's bytes in base64 with "
			"padding");
	if (rc == RC_OK)
		im->raw = raw;
	return rc;
}

/*
 * in: raw (the message in base64), source? (file and place, for people), cut_too?,
 *     preview? (read it, keep nothing)
 * out: answer (imported, joined, again, preview), sha256, format, message_id, from,
 *      subject, date, proposals (number), notes; mail, state, case; preview: proposed []
 * A message that cannot be read: RC_INVALID or RC_TOO_LARGE with its rule (mail.h).
 */
enum rc
service_mail_import(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct importing im = {.by = actor_name(who)};
	bool cut_too = false, preview = false;
	enum rc rc = import_in(a, in, &im, &cut_too, &preview, e);

	if (rc == RC_OK && nd->mail_read == NULL)
		rc = err_set(e, RC_UNSUPPORTED, "this node was built without e-mail");
	if (rc == RC_OK)
		rc = nd->mail_read(a, im.raw, im.len, cut_too, &im.mail, e);
	if (rc != RC_OK)
		return rc;
	hash_bytes(im.raw, im.len, &im.sha256);
	im.answer = "preview";
	if (!preview)
		rc = writer_run(nd, work_import, &im, e);
	if (rc == RC_OK)
		reply_json(a, out, import_json(&im, preview));
	return rc;
}
