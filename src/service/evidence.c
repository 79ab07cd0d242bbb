/*
 * Evidence for people: give a file, see what there is, read one, and the check that each
 * file of the other side is what its event says.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "service/download.h"
#include "service/evidence.h"
#include "service/person.h"
#include "service/reveal.h"
#include "service/stream.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { EVIDENCE_LIST_MAX = 1000 };

#define EVIDENCE_SPEC                                                                    \
	"sha256:x from:i seq:i name:s media_type:s description:s sealed_bytes:i "        \
	"author:s "                                                                      \
	"given:t rejected:s rejected_at:t erased_authority:t erased_platform:t "         \
	"here:i checked:b"
#define UPLOAD_SPEC                                                                      \
	"upload:s case:s author:s name:s media_type:s description:s bytes:i state:s "    \
	"sha256:x seq:i reason:s next_try:t made:t"

/* ---- giving ------------------------------------------------------------------------ */

struct give {
	const char *casefile, *author, *name, *media_type, *description;
	int64_t len;
	char id[UUID_TEXT_LEN + 1];
};

static enum rc
work_give(struct writer *w, void *arg, struct err *e)
{
	struct give *g = arg;
	struct case_row c;
	int64_t open_ones = 0;
	enum rc rc = view_case_get(w->s, w->a, g->casefile, &c, e);

	if (rc == RC_OK)
		rc = channel_usable(w->nd, c.channel, e);
	if (rc == RC_OK)
		rc = store_int(w->s, &SQL_EVIDENCE_OUT_OPEN,
			       (struct db_param[]){DB_P_TEXT(g->author)}, 0, &open_ones,
			       e);
	if (rc == RC_OK && open_ones >= EVIDENCE_OPEN_UPLOADS)
		rc = err_set(e, RC_LIMIT,
			     "you have %d uploads that are not finished: finish or drop "
			     "some",
			     EVIDENCE_OPEN_UPLOADS);
	if (rc != RC_OK)
		return rc;
	uuid7_make(w->now_us, g->id);
	return store_run(w->s, &SQL_EVIDENCE_OUT_INSERT,
			 (struct db_param[]){
				 DB_P_TEXT(g->id),
				 DB_P_INT(c.channel),
				 DB_P_TEXT(g->casefile),
				 DB_P_TEXT(g->author),
				 DB_P_TEXT(g->name),
				 DB_P_TEXT(g->media_type),
				 DB_P_TEXT(g->description),
				 DB_P_INT(g->len),
				 DB_P_INT(w->now_us),
			 },
			 NULL, NULL, e);
}

/* A name that can be shown and saved under: no folders, no control characters. */
static enum rc
name_check(const char *name, struct err *e)
{
	for (const char *s = name; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f || *s == '/' || *s == '\\')
			return err_set(
				e, RC_INVALID,
				"\"name\" has a character that no file's name has");
	if (name[0] == '.' && (name[1] == '\0' || strcmp(name, "..") == 0))
		return err_set(e, RC_INVALID, "\"name\" is no name of a file");
	return RC_OK;
}

/*
 * in: case, name, bytes, media_type?, description?
 * out: upload, offset (0): the bytes follow with PUT /v1/uploads/{upload}
 */
enum rc
service_evidence_add(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct give g = {.author = actor_pseudonym(who)};
	enum rc rc = in_only(in, "case name bytes media_type description", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &g.casefile, e);
	if (rc == RC_OK)
		rc = in_text(in, "name", true, EVIDENCE_NAME_MAX, &g.name, e);
	if (rc == RC_OK)
		rc = name_check(g.name, e);
	if (rc == RC_OK)
		rc = in_text(in, "media_type", false, EVIDENCE_TYPE_MAX, &g.media_type,
			     e);
	if (rc == RC_OK)
		rc = in_text(in, "description", false, EVIDENCE_TEXT_MAX, &g.description,
			     e);
	if (rc == RC_OK)
		rc = in_int(in, "bytes", 1, EVENT_FILE_PLAIN_MAX, 0, &g.len, e);
	if (rc == RC_OK && g.len == 0)
		rc = err_set(e, RC_INVALID, "\"bytes\" is missing: how long the file is");
	if (rc == RC_OK && g.media_type == NULL)
		g.media_type = "application/octet-stream";
	if (rc == RC_OK)
		rc = evidence_room(nd, g.len, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_give, &g, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:I}", "upload", g.id, "case",
				     g.casefile, "offset", (json_int_t)0));
	return rc;
}

/*
 * The body is the file from `offset` on; it is opened here and read by the edge.
 * in: upload, offset
 * out: upload, state, offset (where to go on), sha256 once it is whole
 * RC_CONFLICT with offset: go on from there.
 */
enum rc
service_upload_put(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	const char *id = "";
	int64_t offset, at = 0;
	enum rc rc = in_only(in, "upload offset", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "upload", &id, e);
	if (rc == RC_OK)
		rc = in_int(in, "offset", 0, EVENT_FILE_PLAIN_MAX, 0, &offset, e);
	if (rc == RC_OK)
		rc = upload_open(nd, id, actor_pseudonym(who), offset, &out->upload, &at,
				 e);
	if (rc == RC_CONFLICT)
		reply_json(
			a, out,
			json_pack("{s:s, s:I}", "upload", id, "offset", (json_int_t)at));
	return rc;
}

enum rc
upload_reply(struct upload *u, struct arena *a, struct reply *out, struct err *e)
{
	char hex[HASH_HEX_LEN + 1];
	struct hash sha256;
	int64_t at;
	bool whole;
	enum rc rc = upload_end(u, &whole, &at, &sha256, e);

	if (rc != RC_OK)
		return rc;
	json_t *o = reply_json(a, out,
			       json_pack("{s:s, s:I}", "state",
					 whole ? "waiting" : "receiving", "offset",
					 (json_int_t)at));
	if (whole)
		json_object_set_new(o, "sha256", json_string(hash_hex(&sha256, hex)));
	return RC_OK;
}

/* in: upload  out: the upload; offset: where to go on */
enum rc
service_upload(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	struct store *s = NULL;
	const char *id;
	json_t *o;
	enum rc rc = in_only(in, "upload", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_uuid(in, "upload", &id, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK) {
		rc = store_row(s, &SQL_EVIDENCE_OUT_SHOW,
			       (struct db_param[]){DB_P_TEXT(id)}, UPLOAD_SPEC, &o, e);
		if (rc == RC_NOT_FOUND)
			err_set(e, rc, "there is no upload %s", id);
	}
	reader_put(nd, s);
	if (rc != RC_OK)
		return rc;
	bool receiving =
		strcmp(json_string_value(json_object_get(o, "state")), "receiving") == 0;
	json_object_set_new(o, "offset",
			    receiving ? json_integer((json_int_t)upload_stands(nd, a, id))
				      : json_incref(json_object_get(o, "bytes")));
	reply_json(a, out, o);
	return RC_OK;
}

static enum rc
work_drop(struct writer *w, void *arg, struct err *e)
{
	const char *id = arg;
	struct out_row o;
	enum rc rc = evidence_out_get(w->s, w->a, id, &o, e);

	if (rc == RC_OK &&
	    (strcmp(o.state, "sent") == 0 || strcmp(o.state, "dropped") == 0))
		rc = err_set(e, RC_CONFLICT, "this upload is %s: nothing is left to drop",
			     o.state);
	if (rc == RC_OK && strcmp(o.state, "receiving") != 0)
		rc = evidence_remove(w, o.channel, &o.sha256, e);
	if (rc != RC_OK)
		return rc;
	unlink(evidence_part_path(w->nd, w->a, "out", id));
	return store_run(w->s, &SQL_EVIDENCE_OUT_DROP,
			 (struct db_param[]){DB_P_TEXT(id), DB_P_INT(w->now_us)}, NULL,
			 NULL, e);
}

/* in: upload */
enum rc
service_upload_drop(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	const char *id;
	enum rc rc = in_only(in, "upload", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_uuid(in, "upload", &id, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_drop, (void *)(uintptr_t)id, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s}", "upload", id, "state", "dropped"));
	return rc;
}

/* ---- seeing ------------------------------------------------------------------------ */

static void
row_finish(json_t *row)
{
	static const char *const here[] = {"part", "whole", "erased"};
	json_int_t from = json_integer_value(json_object_get(row, "from"));
	json_int_t state = json_integer_value(json_object_get(row, "here"));

	json_object_set_new(
		row, "from",
		json_string(party_name(from == PARTY_AUTHORITY ? PARTY_AUTHORITY
							       : PARTY_PLATFORM)));
	json_object_set_new(row, "here",
			    json_string(state >= 0 && state <= FILE_ERASED ? here[state]
									   : "missing"));
}

/* in: case  out: files [], uploads [] (ours, not yet delivered), never (its files are not
 * shown to anybody) */
enum rc
service_evidence_list(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	json_t *files = json_array(), *uploads = json_array(), *row;
	struct store *s = NULL;
	struct case_row c;
	const char *id;
	size_t i;
	bool never = true;
	enum rc rc = in_only(in, "case", e);

	(void)who;
	reply_json(a, out, json_pack("{s:o, s:o}", "files", files, "uploads", uploads));
	if (rc == RC_OK)
		rc = in_uuid(in, "case", &id, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = view_case_get(s, a, id, &c, e);
	const struct db_param key[] = {DB_P_TEXT(rc == RC_OK ? id : NULL),
				       DB_P_INT(EVIDENCE_LIST_MAX)};
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_EVIDENCE_LIST, key, EVIDENCE_SPEC, files, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_EVIDENCE_OUT_LIST, key, UPLOAD_SPEC, uploads, e);
	if (rc == RC_OK)
		rc = reveal_never(nd, s, a, id, &never, e);
	json_object_set_new(out->json, "never", json_boolean(never));
	reader_put(nd, s);
	json_array_foreach (files, i, row)
		row_finish(row);
	return rc;
}

/* ---- reading ----------------------------------------------------------------------- */

struct opened {
	struct evidence_source source;
	struct hash commit;
	bool done;
};

static enum rc
on_given(void *arg, const struct db_row *row, struct err *e)
{
	struct evidence_given *g = arg;
	const struct db_driver *drv = g->s->drv;
	size_t len;

	g->n++;
	g->channel = drv->col_int(row, 0);
	g->party = drv->col_int(row, 1);
	g->seq = drv->col_int(row, 2);
	g->casefile = store_col_text(g->s, g->a, row, 3);
	g->name = store_col_text(g->s, g->a, row, 4);
	g->rejected = store_col_text(g->s, g->a, row, 5);
	const uint8_t *p = drv->col_blob(row, 6, &len);
	if (len == HASH_LEN)
		memcpy(g->commit.b, p, HASH_LEN);
	g->len = drv->col_int(row, 7);
	p = drv->col_blob(row, 8, &len);
	if (len != HASH_LEN)
		return err_set(e, RC_CORRUPT, "the store holds a hash of %zu bytes", len);
	memcpy(g->sha256.b, p, HASH_LEN);
	return RC_OK;
}

enum rc
evidence_given(struct node *nd, struct arena *a, const struct hash *sha256,
	       struct evidence_given *ret, struct err *e)
{
	struct file_row file;
	struct store *s;
	enum rc rc = reader_snapshot(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	*ret = (struct evidence_given){.s = s, .a = a};
	rc = store_run(s, &SQL_EVIDENCE_GIVEN,
		       (struct db_param[]){DB_P_BLOB(sha256->b, HASH_LEN)}, on_given, ret,
		       e);
	if (rc == RC_OK && ret->n == 0)
		rc = err_set(e, RC_NOT_FOUND,
			     "no event names such a file: it is named by "
			     "the SHA-256 that 'saluran evidence list' shows, of "
			     "the file as it is encrypted");
	if (rc == RC_OK)
		rc = evidence_file_get(s, ret->channel, sha256, &file, e);
	if (rc == RC_OK && file.state == FILE_ERASED)
		rc = err_set(e, RC_GONE,
			     "the file was erased; what was signed of it stays");
	if (rc == RC_OK && ret->rejected != NULL)
		rc = err_set(e, RC_CONFLICT,
			     "the file is not what its event says (%s): it was rejected",
			     ret->rejected);
	reader_put(nd, s);
	return rc;
}

static enum rc
opened_read(void *state, uint8_t *p, size_t max, size_t *ret, struct err *e)
{
	struct opened *d = state;
	struct hash h;
	enum rc rc = d->done ? RC_OK : evidence_source_read(&d->source, p, max, ret, e);

	if (d->done)
		*ret = 0;
	if (rc != RC_OK || *ret != 0 || d->done)
		return rc;
	d->done = true;
	evidence_source_commit(&d->source, &h);
	return hash_equal(&h, &d->commit)
		       ? RC_OK
		       : err_rule(e, RC_UNPROCESSABLE, "protocol 10",
				  "the file is not the one that was committed to");
}

static void
opened_close(void *state)
{
	struct opened *d = state;

	evidence_source_close(&d->source);
	free(d);
}

enum rc
evidence_download(struct node *nd, struct arena *a, const struct evidence_given *given,
		  const char *type, struct reply *out, struct err *e)
{
	static const struct download_ops ops = {opened_read, opened_close};
	struct opened *d = calloc(1, sizeof(*d));

	if (d == NULL)
		abort();
	d->source.fd = -1;
	enum rc rc = evidence_source_open(nd, evidence_path(nd, a, &given->sha256),
					  &d->source, e);
	if (rc != RC_OK) {
		opened_close(d);
		return rc;
	}
	d->commit = given->commit;
	out->download = download_make(&ops, d, d->source.plain_len, given->name, type);
	return RC_OK;
}

/* What is never shown is not handed to a browser either: a program with a token may take
 * it to whom the law says. */
static enum rc
not_by_browser(struct node *nd, struct arena *a, const struct actor *who,
	       const char *casefile, struct err *e)
{
	struct store *s = NULL;
	bool never = true;
	enum rc rc = actor_has_session(who) ? reader_get(nd, &s, e) : RC_OK;

	if (s == NULL)
		return rc;
	rc = reveal_never(nd, s, a, casefile, &never, e);
	reader_put(nd, s);
	if (rc == RC_OK && never)
		rc = err_rule(e, RC_DENIED, "media.never",
			      "files of a case with items of this category are given to "
			      "programs with a token only");
	return rc;
}

/*
 * in: sha256 (of the ciphertext)
 * out: the file's bytes
 * RC_GONE erased; RC_CONFLICT rejected; RC_DENIED never shown.
 */
enum rc
service_evidence_get(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct evidence_given given;
	struct hash sha256;
	const char *hex;
	enum rc rc = in_only(in, "sha256", e);

	if (rc == RC_OK)
		rc = in_text(in, "sha256", true, HASH_HEX_LEN, &hex, e);
	if (rc == RC_OK && hash_parse_hex(hex, strlen(hex), &sha256) != RC_OK)
		rc = err_set(e, RC_INVALID, "\"sha256\" is no SHA-256");
	if (rc == RC_OK)
		rc = evidence_given(nd, a, &sha256, &given, e);
	if (rc == RC_OK)
		rc = not_by_browser(nd, a, who, given.casefile, e);
	return rc == RC_OK ? evidence_download(nd, a, &given, NULL, out, e) : rc;
}
