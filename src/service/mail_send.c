/*
 * What e-mails propose becomes a notice by one act of an officer: a list like any other,
 * sent the same way, and the messages belong to its case.
 */
#include <string.h>

#include "base/clock.h"
#include "core/batch.h"
#include "service/mail_int.h"

enum { MAIL_SEND_MAX = 1000 /* messages of one notice */ };

static void
release_json(void *p)
{
	json_decref(p);
}

/* Of a row: which proposal it is. */
struct row {
	const char *mail;
	int64_t n;
};

struct sending {
	struct store *s;
	struct arena *a;
	struct buf csv;
	const char *reference, *category;
	const json_t *mails;
	struct store_list rows;
	/* the message at hand */
	const char *mail, *sha256;
	/* when it is sent */
	const char *casefile, *by;
	bool no_evidence;
};

/* A field of the list: in quotes, on one line. */
static void
csv_put(struct buf *b, const char *s)
{
	buf_putc(b, '"');
	for (; s != NULL && *s != '\0'; s++) {
		if (*s == '"')
			buf_putc(b, '"');
		buf_putc(b, (unsigned char)*s < ' ' ? ' ' : *s);
	}
	buf_putc(b, '"');
}

/* n, given, category, description, found, place */
static enum rc
on_proposal(void *arg, const struct db_row *row, struct err *e)
{
	struct sending *sd = arg;
	const char *category = store_col_text(sd->s, sd->a, row, 2);
	int64_t n = sd->s->drv->col_int(row, 0), found = sd->s->drv->col_int(row, 4);
	char when[CLOCK_TEXT_LEN];
	struct row *r = store_list_next(&sd->rows, sizeof(*r));

	(void)e;
	*r = (struct row){sd->mail, n};
	csv_put(&sd->csv, store_col_text(sd->s, sd->a, row, 1));
	buf_putc(&sd->csv, ',');
	csv_put(&sd->csv, category == NULL ? sd->category : category);
	buf_putc(&sd->csv, ',');
	csv_put(&sd->csv, store_col_text(sd->s, sd->a, row, 3));
	buf_putc(&sd->csv, ',');
	csv_put(&sd->csv, found == 0 ? "" : clock_format(found, when));
	buf_putc(&sd->csv, ',');
	csv_put(&sd->csv, arena_printf(sd->a, "e-mail sha256:%s", sd->sha256));
	buf_putc(&sd->csv, ',');
	csv_put(&sd->csv, arena_printf(sd->a, "%s/%lld", sd->mail, (long long)n));
	buf_puts(&sd->csv, "\r\n");
	return RC_OK;
}

static enum rc
mail_collect(struct sending *sd, const char *id, struct err *e)
{
	json_t *m = NULL;
	enum rc rc = mail_row(sd->s, id, &m, e);

	if (rc == RC_OK &&
	    strcmp(json_string_value(json_object_get(m, "state")), "dropped") == 0)
		rc = err_set(e, RC_GONE, "the e-mail %s was dropped", id);
	if (rc == RC_OK) {
		sd->mail = id;
		sd->sha256 = arena_strdup(
			sd->a, json_string_value(json_object_get(m, "sha256")));
		rc = store_run(
			sd->s, &SQL_MAIL_PROPOSALS_SEND,
			(struct db_param[]){DB_P_TEXT(id), DB_P_TEXT(sd->reference)},
			on_proposal, sd, e);
	}
	json_decref(m);
	return rc;
}

static enum rc
list_make(struct node *nd, struct sending *sd, struct err *e)
{
	enum rc rc = reader_snapshot(nd, &sd->s, e);
	size_t i;
	const json_t *m;

	sd->rows.s = sd->s;
	buf_puts(&sd->csv, "target,category,description,found_at,evidence,reference\r\n");
	json_array_foreach (sd->mails, i, m)
		if (rc == RC_OK)
			rc = mail_collect(sd, json_string_value(m), e);
	reader_put(nd, sd->s);
	if (rc == RC_OK && sd->rows.n == 0)
		rc = err_set(
			e, RC_INVALID,
			"these e-mails propose nothing: 'saluran mail show' has what "
			"was dropped or set aside");
	if (rc == RC_OK && !buf_ok(&sd->csv))
		rc = err_set(e, RC_TOO_LARGE,
			     "the list is too large: send fewer e-mails");
	return rc;
}

static enum rc
work_sent(struct writer *w, void *arg, struct err *e)
{
	struct sending *sd = arg;
	enum rc rc = RC_OK;
	size_t i;
	const json_t *v;

	json_array_foreach (sd->mails, i, v) {
		const char *id = json_string_value(v);
		int64_t sent = 0;
		json_t *m = NULL;
		if (rc == RC_OK)
			rc = store_run(w->s, &SQL_MAIL_PROPOSALS_SENT,
				       (struct db_param[]){
					       DB_P_TEXT(id), DB_P_TEXT(sd->reference),
					       DB_P_TEXT(sd->casefile),
					       DB_P_INT(uuid7_ms(sd->casefile))},
				       NULL, NULL, e);
		if (rc == RC_OK)
			rc = store_int(w->s, &SQL_MAIL_SENT_COUNT,
				       (struct db_param[]){DB_P_TEXT(id),
							   DB_P_TEXT(sd->reference)},
				       0, &sent, e);
		if (rc == RC_OK && sent == 0)
			continue; /* only bad rows */
		if (rc == RC_OK)
			rc = mail_row(w->s, id, &m, e);
		if (rc == RC_OK)
			rc = mail_case_put(
				w, id, json_string_value(json_object_get(m, "thread")),
				sd->casefile, "sent", e);
		if (rc == RC_OK && !sd->no_evidence)
			rc = mail_evidence_put(w, id, sd->casefile, sd->by, e);
		json_decref(m);
	}
	return rc;
}

/* Problems of the list by line: the header is line 1, and each proposal has one line. */
static void
problems_place(const struct sending *sd, json_t *reply)
{
	const struct row *rows = sd->rows.rows;
	size_t i;
	json_t *p;

	json_array_foreach (json_object_get(json_object_get(reply, "batch"), "problems"),
			    i, p) {
		json_int_t line = json_integer_value(json_object_get(p, "line"));
		if (line < 2 || (size_t)line - 2 >= sd->rows.n)
			continue;
		json_object_set_new(p, "mail", json_string(rows[line - 2].mail));
		json_object_set_new(p, "n", json_integer(rows[line - 2].n));
	}
}

static enum rc
mails_check(const json_t *mails, struct err *e)
{
	size_t i;
	json_t *m;

	if (!json_is_array(mails) || json_array_size(mails) == 0 ||
	    json_array_size(mails) > MAIL_SEND_MAX)
		return err_set(e, RC_INVALID, "\"mails\" is a list of 1 to %d ids",
			       MAIL_SEND_MAX);
	json_array_foreach (mails, i, m)
		if (!json_is_string(m))
			return err_set(e, RC_INVALID, "mails[%zu] is no id", i);
	return RC_OK;
}

/*
 * in: mails [id], category? (of what has none), and as of POST /v1/notices: peer?,
 *     reference, subject, legal_basis, letter?, language?, measure?, urgent?,
 *     partial?, fields?; no_evidence? (the messages themselves stay here)
 * out: as of POST /v1/notices; its problems also have `mail` and `n`.  Nothing is sent
 *      while one row has a problem.
 */
enum rc
service_mail_send(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	static const char *const passed[] = {
		"peer",	    "reference", "subject", "legal_basis", "letter",
		"language", "measure",	 "urgent",  "fields",	   "partial"};
	struct sending sd = {.a = a,
			     .csv = BUF_INIT(BATCH_BYTES_MAX),
			     .mails = json_object_get(in, "mails"),
			     .by = actor_pseudonym(who),
			     .rows = {.a = a}};
	enum rc rc = in_only(in,
			     "mails category peer reference subject legal_basis letter "
			     "language measure urgent partial fields no_evidence",
			     e);

	if (rc == RC_OK)
		rc = mails_check(sd.mails, e);
	if (rc == RC_OK)
		rc = in_text(in, "category", false, 64, &sd.category, e);
	if (rc == RC_OK)
		rc = in_text(in, "reference", true, 100, &sd.reference, e);
	if (rc == RC_OK)
		rc = in_bool(in, "no_evidence", &sd.no_evidence, e);
	if (rc == RC_OK)
		rc = list_make(nd, &sd, e);
	if (rc != RC_OK)
		goto out;
	json_t *notice = json_object();
	arena_defer(a, release_json, notice);
	json_object_set_new(notice, "csv", json_stringn(buf_str(&sd.csv), sd.csv.len));
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		if (json_object_get(in, passed[i]) != NULL)
			json_object_set(notice, passed[i],
					json_object_get(in, passed[i]));
	rc = service_notice_send(nd, a, who, notice, out, e);
	problems_place(&sd, out->json);
	if (rc != RC_OK)
		goto out;
	sd.casefile = json_string_value(json_object_get(out->json, "case"));
	rc = writer_run(nd, work_sent, &sd, e);
out:
	buf_free(&sd.csv);
	return rc;
}
