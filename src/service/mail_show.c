/* What people see of imported e-mail. */
#include <string.h>

#include "base/uuid.h"
#include "service/mail_int.h"

enum { MAIL_PAGE_DEFAULT = 50, MAIL_PAGE_MAX = 1000 };

enum rc
mail_row(struct store *s, const char *id, json_t **ret, struct err *e)
{
	enum rc rc = store_row(
		s, &SQL_MAIL_SHOW, (struct db_param[]){DB_P_TEXT(id)},
		"mail:s sha256:x bytes:i state:s format:s message_id:s from:s to:s "
		"subject:s legal_basis:s date:t source:s notes:j thread:s case:s "
		"imported:t "
		"imported_by:s",
		ret, e);

	if (rc == RC_NOT_FOUND)
		rc = err_set(e, rc, "there is no e-mail %s here", id);
	return rc;
}

/*
 * in: state? (new, joined, dropped, sent), limit?, after? (a mail)
 * out: mails [] in the order of their import, next (cursor, or null)
 */
enum rc
service_mails(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	      struct reply *out, struct err *e)
{
	static const char *const states[] = {"new", "joined", "dropped", "sent"};
	json_t *mails = json_array();
	const char *after, *state;
	int64_t limit = 0;
	struct store *s = NULL;
	enum rc rc = in_only(in, "state limit after", e);

	(void)who;
	json_t *o = reply_json(a, out, json_pack("{s:o}", "mails", mails));
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, MAIL_PAGE_MAX, MAIL_PAGE_DEFAULT, &limit, e);
	if (rc == RC_OK)
		rc = in_text(in, "after", false, UUID_TEXT_LEN, &after, e);
	if (rc == RC_OK)
		rc = in_text(in, "state", false, 16, &state, e);
	if (rc != RC_OK)
		return rc;
	bool known = state == NULL;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		known = known || strcmp(states[i], state) == 0;
	if (!known)
		return err_set(e, RC_INVALID,
			       "there is no state \"%s\": new, joined, dropped or sent",
			       state);
	rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_MAIL_PAGE,
				(struct db_param[]){DB_P_TEXT(after == NULL ? "" : after),
						    DB_P_TEXT(state == NULL ? "" : state),
						    DB_P_INT(limit)},
				"mail:s state:s format:s from:s subject:s date:t case:s "
				"source:s proposed:i proposals:i",
				mails, e);
	reader_put(nd, s);
	size_t n = json_array_size(mails);
	json_object_set_new(o, "next",
			    n == 0 || (int64_t)n < limit
				    ? json_null()
				    : json_copy(json_object_get(
					      json_array_get(mails, n - 1), "mail")));
	return rc;
}

/* What each proposal was before, in cases: the same item with its outcome. */
static enum rc
matches_put(struct store *s, json_t *proposals, struct err *e)
{
	enum rc rc = RC_OK;
	size_t i;
	json_t *p;

	json_array_foreach (proposals, i, p) {
		const char *normal = json_string_value(json_object_get(p, "normal"));
		json_t *earlier = json_array();
		struct hash nf;
		hash_bytes(normal, strlen(normal), &nf);
		json_object_set_new(p, "earlier", earlier);
		if (rc == RC_OK)
			rc = store_rows(
				s, &SQL_MAIL_MATCHES,
				(struct db_param[]){DB_P_BLOB(nf.b, HASH_LEN)},
				"case:s i:i category:s outcome:s reason:s decided:t",
				earlier, e);
	}
	return rc;
}

/*
 * in: mail
 * out: the message; thread_mails [] (the others of its thread); proposals [] with place
 *      and `earlier` [] (the same item in cases)
 */
enum rc
service_mail(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	     struct reply *out, struct err *e)
{
	json_t *proposals = json_array(), *others = json_array(), *o = NULL;
	struct store *s = NULL;
	const char *id;
	enum rc rc = in_only(in, "mail", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_uuid(in, "mail", &id, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = mail_row(s, id, &o, e);
	if (rc == RC_OK)
		rc = store_rows(
			s, &SQL_MAIL_THREAD_LIST,
			(struct db_param[]){DB_P_TEXT(json_string_value(
						    json_object_get(o, "thread"))),
					    DB_P_TEXT(id)},
			"mail:s state:s from:s subject:s date:t case:s", others, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_MAIL_PROPOSALS,
				(struct db_param[]){DB_P_TEXT(id)},
				"n:i state:s kind:s given:s normal:s nf:x category:s "
				"description:s found:t place:j case:s decided_by:s",
				proposals, e);
	if (rc == RC_OK)
		rc = matches_put(s, proposals, e);
	reader_put(nd, s);
	if (rc == RC_OK) {
		json_object_set(o, "thread_mails", others);
		json_object_set(o, "proposals", proposals);
		reply_json(a, out, json_incref(o));
	}
	json_decref(o);
	json_decref(others);
	json_decref(proposals);
	return rc;
}

struct bytes {
	struct store *s;
	struct arena *a;
	const uint8_t *p;
	size_t len;
};

static enum rc
on_raw(void *arg, const struct db_row *row, struct err *e)
{
	struct bytes *b = arg;
	const uint8_t *p = b->s->drv->col_blob(row, 0, &b->len);

	(void)e;
	b->p = arena_copy(b->a, p, b->len);
	return RC_OK;
}

struct kept_file {
	struct store *s;
	char hex[HASH_HEX_LEN + 1];
};

static enum rc
on_file(void *arg, const struct db_row *row, struct err *e)
{
	struct kept_file *k = arg;
	struct hash h;
	size_t len;
	const uint8_t *p = k->s->drv->col_blob(row, 0, &len);

	if (len != HASH_LEN)
		return err_set(e, RC_CORRUPT, "the store holds a hash of %zu bytes", len);
	memcpy(h.b, p, HASH_LEN);
	hash_hex(&h, k->hex);
	return RC_OK;
}

/* As evidence it is kept sealed, and nowhere else. */
static enum rc
raw_of_evidence(struct node *nd, struct arena *a, const struct actor *who,
		const char *hex, struct reply *out, struct err *e)
{
	json_t *in = json_pack("{s:s}", "sha256", hex);
	enum rc rc = service_evidence_get(nd, a, who, in, out, e);

	json_decref(in);
	return rc;
}

/* in: mail  out: its bytes.  RC_GONE: it was dropped. */
enum rc
service_mail_raw(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	struct kept_file file = {.s = NULL};
	struct bytes b = {.a = a};
	json_t *o = NULL;
	const char *id;
	enum rc rc = in_only(in, "mail", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_uuid(in, "mail", &id, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &b.s, e);
	if (rc == RC_OK)
		rc = mail_row(b.s, id, &o, e);
	if (rc == RC_OK)
		rc = store_run(b.s, &SQL_MAIL_RAW_GET, (struct db_param[]){DB_P_TEXT(id)},
			       on_raw, &b, e);
	file.s = b.s;
	if (rc == RC_OK && b.p == NULL)
		rc = store_run(b.s, &SQL_MAIL_EVIDENCE_FILE,
			       (struct db_param[]){DB_P_TEXT(id)}, on_file, &file, e);
	reader_put(nd, b.s);
	json_decref(o);
	if (rc == RC_OK && file.hex[0] != '\0')
		return raw_of_evidence(nd, a, who, file.hex, out, e);
	if (rc == RC_OK && b.p == NULL)
		rc = err_set(e, RC_GONE, "the e-mail was dropped: its content is gone");
	out->bytes = b.p;
	out->len = b.len;
	out->type = "message/rfc822";
	if (rc == RC_OK)
		out->file = arena_printf(a, "mail-%s.eml", id);
	return rc;
}

/* in: case  out: mails [] */
enum rc
service_case_mail(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	json_t *mails = json_array();
	struct case_row c;
	struct store *s = NULL;
	const char *casefile;
	enum rc rc = in_only(in, "case", e);

	(void)who;
	reply_json(a, out, json_pack("{s:o}", "mails", mails));
	if (rc == RC_OK)
		rc = in_uuid(in, "case", &casefile, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = view_case_get(s, a, casefile, &c, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_MAIL_CASE_LIST,
				(struct db_param[]){DB_P_TEXT(casefile)},
				"mail:s state:s format:s message_id:s from:s subject:s "
				"date:t bytes:i sha256:x",
				mails, e);
	reader_put(nd, s);
	return rc;
}
