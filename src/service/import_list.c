/*
 * Lists on their way in: announced by their digest, sent in parts, kept until they are
 * sent as a notice.  Who announces the same bytes again goes on where it was interrupted.
 */
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "service/import.h"
#include "service/tick.h"
#include "service/use.h"
#include "store/store_sql.h"

struct list_row {
	struct store *s;
	struct arena *a;
	size_t n;
	int64_t bytes, got;
	struct hash sha256;
	const char *name;
};

static enum rc
on_list(void *arg, const struct db_row *row, struct err *e)
{
	struct list_row *l = arg;
	size_t len;

	(void)e;
	l->n++;
	l->bytes = l->s->drv->col_int(row, 0);
	l->got = l->s->drv->col_int(row, 1);
	const uint8_t *p = l->s->drv->col_blob(row, 2, &len);
	if (len == HASH_LEN)
		memcpy(l->sha256.b, p, HASH_LEN);
	l->name = store_col_text(l->s, l->a, row, 3);
	return RC_OK;
}

static enum rc
list_get(struct store *s, struct arena *a, const char *author, const char *id,
	 struct list_row *ret, struct err *e)
{
	*ret = (struct list_row){.s = s, .a = a};
	enum rc rc = store_run(s, &SQL_IMPORT_LIST_GET,
			       (struct db_param[]){DB_P_TEXT(id), DB_P_TEXT(author)},
			       on_list, ret, e);

	if (rc == RC_OK && ret->n == 0)
		rc = err_set(e, RC_NOT_FOUND,
			     "you have no list %s here: it was sent or dropped, or is "
			     "older than %d days; announce it again",
			     id, IMPORT_KEPT_S / 86400);
	return rc;
}

enum rc
import_list_drop(struct writer *w, const char *id, struct err *e)
{
	const struct db_param p[] = {DB_P_TEXT(id)};
	enum rc rc = store_run(w->s, &SQL_IMPORT_PART_DELETE, p, NULL, NULL, e);

	return rc == RC_OK ? store_run(w->s, &SQL_IMPORT_LIST_DELETE, p, NULL, NULL, e)
			   : rc;
}

/* ---- announcing -------------------------------------------------------------------- */

struct announce {
	const char *author, *name;
	struct hash sha256;
	int64_t bytes;
	const char *id; /* in the arena of the request */
	char made[UUID_TEXT_LEN + 1];
	int64_t got;
	struct arena *a;
};

static enum rc
work_announce(struct writer *w, void *arg, struct err *e)
{
	struct announce *n = arg;
	const char *beyond;
	struct list_row l;
	enum rc rc = store_text(w->s, n->a, &SQL_IMPORT_LIST_SAME,
				(struct db_param[]){DB_P_TEXT(n->author),
						    DB_P_BLOB(n->sha256.b, HASH_LEN),
						    DB_P_INT(n->bytes)},
				&n->id, e);

	if (rc == RC_OK && n->id != NULL) {
		rc = list_get(w->s, w->a, n->author, n->id, &l, e);
		n->got = l.got;
		return rc;
	}
	uuid7_make(w->now_us, n->made);
	n->id = n->made;
	n->got = 0;
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_IMPORT_LIST_INSERT,
			       (struct db_param[]){
				       DB_P_TEXT(n->id),
				       DB_P_TEXT(n->author),
				       DB_P_TEXT(n->name),
				       DB_P_BLOB(n->sha256.b, HASH_LEN),
				       DB_P_INT(n->bytes),
				       DB_P_INT(w->now_us),
			       },
			       NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_text(w->s, w->a, &SQL_IMPORT_LIST_BEYOND,
				(struct db_param[]){DB_P_TEXT(n->author),
						    DB_P_INT(IMPORT_LISTS_OF_ONE)},
				&beyond, e);
	return rc == RC_OK && beyond != NULL ? import_list_drop(w, beyond, e) : rc;
}

static const char *
state_of(int64_t got, int64_t bytes)
{
	return got == bytes ? "whole" : "receiving";
}

/*
 * in: name (of the file), bytes, sha256 (of them)
 * out: list, offset (from where to go on), bytes, state (receiving, whole)
 */
enum rc
service_list_add(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	struct announce n = {.author = actor_pseudonym(who), .a = a};
	const char *hex;
	enum rc rc = in_only(in, "name bytes sha256", e);

	if (rc == RC_OK)
		rc = in_text(in, "name", true, IMPORT_NAME_MAX, &n.name, e);
	if (rc == RC_OK)
		rc = in_text(in, "sha256", true, HASH_HEX_LEN, &hex, e);
	if (rc == RC_OK && hash_parse_hex(hex, strlen(hex), &n.sha256) != RC_OK)
		rc = err_set(e, RC_INVALID, "\"sha256\" is no SHA-256");
	if (rc == RC_OK)
		rc = in_int(in, "bytes", 1, BATCH_BYTES_MAX, 0, &n.bytes, e);
	if (rc == RC_OK && n.bytes == 0)
		rc = err_set(e, RC_INVALID, "\"bytes\" is missing: how long the list is");
	if (rc == RC_OK)
		rc = writer_run(nd, work_announce, &n, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:I, s:I, s:s}", "list", n.id, "offset",
				     (json_int_t)n.got, "bytes", (json_int_t)n.bytes,
				     "state", state_of(n.got, n.bytes)));
	return rc;
}

/* ---- parts ------------------------------------------------------------------------- */

struct part {
	const char *author, *id, *text;
	size_t len;
	int64_t offset, got, bytes;
};

static enum rc
work_part(struct writer *w, void *arg, struct err *e)
{
	struct part *p = arg;
	struct list_row l;
	enum rc rc = list_get(w->s, w->a, p->author, p->id, &l, e);

	if (rc != RC_OK)
		return rc;
	p->got = l.got;
	p->bytes = l.bytes;
	if (p->offset != l.got)
		return err_set(e, RC_CONFLICT,
			       "%lld bytes of the list are here: go on from there",
			       (long long)l.got);
	if ((int64_t)p->len > l.bytes - l.got)
		return err_set(e, RC_TOO_LARGE,
			       "the list was announced with %lld bytes, and these are "
			       "more",
			       (long long)l.bytes);
	p->got += (int64_t)p->len;
	rc = store_run(w->s, &SQL_IMPORT_PART_INSERT,
		       (struct db_param[]){DB_P_TEXT(p->id), DB_P_INT(p->offset),
					   DB_P_BLOB((const uint8_t *)p->text, p->len)},
		       NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_IMPORT_LIST_GROW,
			       (struct db_param[]){DB_P_TEXT(p->id), DB_P_INT(p->got)},
			       NULL, NULL, e);
	return rc;
}

/*
 * in: list, offset, text (the bytes from there on, at most IMPORT_PART_MAX)
 * out: list, offset (from where to go on), bytes, state
 * RC_CONFLICT with offset: go on from there.
 */
enum rc
service_list_part(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	struct part p = {.author = actor_pseudonym(who), .got = -1};
	enum rc rc = in_only(in, "list offset text", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "list", &p.id, e);
	if (rc == RC_OK)
		rc = in_int(in, "offset", 0, BATCH_BYTES_MAX, 0, &p.offset, e);
	if (rc == RC_OK)
		rc = in_text(in, "text", false, IMPORT_PART_MAX, &p.text, e);
	/* A part of it may be nothing but line ends. */
	if (rc == RC_OK && (p.text == NULL || p.text[0] == '\0'))
		rc = err_set(e, RC_INVALID, "\"text\" is missing");
	if (rc != RC_OK)
		return rc;
	p.len = json_string_length(json_object_get(in, "text"));
	rc = writer_run(nd, work_part, &p, e);
	if (p.got >= 0 && (rc == RC_OK || rc == RC_CONFLICT))
		reply_json(a, out,
			   json_pack("{s:s, s:I, s:I, s:s}", "list", p.id, "offset",
				     (json_int_t)p.got, "bytes", (json_int_t)p.bytes,
				     "state", state_of(p.got, p.bytes)));
	return rc;
}

/* in: list  out: list, name, offset, bytes, state */
enum rc
service_list(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	     struct reply *out, struct err *e)
{
	struct store *s = NULL;
	struct list_row l;
	const char *id;
	enum rc rc = in_only(in, "list", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "list", &id, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = list_get(s, a, actor_pseudonym(who), id, &l, e);
	reader_put(nd, s);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:I, s:I, s:s}", "list", id, "name",
				     l.name, "offset", (json_int_t)l.got, "bytes",
				     (json_int_t)l.bytes, "state",
				     state_of(l.got, l.bytes)));
	return rc;
}

/*
 * in: file? (SHA-256 of a file)
 * out: lists [{list, name, sha256, bytes, offset, made}] (one's own, not sent yet), sent
 *      [{case, name, by, sent}] (notices that were made of that file)
 */
enum rc
service_lists(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	      struct reply *out, struct err *e)
{
	json_t *lists = json_array(), *sent = json_array();
	struct store *s = NULL;
	const char *hex;
	struct hash file;
	enum rc rc = in_only(in, "file", e);

	reply_json(a, out, json_pack("{s:o, s:o}", "lists", lists, "sent", sent));
	if (rc == RC_OK)
		rc = in_text(in, "file", false, HASH_HEX_LEN, &hex, e);
	if (rc == RC_OK && hex != NULL &&
	    hash_parse_hex(hex, strlen(hex), &file) != RC_OK)
		rc = err_set(e, RC_INVALID, "\"file\" is no SHA-256");
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_IMPORT_LIST_OWN,
				(struct db_param[]){DB_P_TEXT(actor_pseudonym(who))},
				"list:s name:s sha256:x bytes:i offset:i made:t", lists,
				e);
	if (rc == RC_OK && hex != NULL)
		rc = store_rows(s, &SQL_IMPORT_FILE_SENT,
				(struct db_param[]){DB_P_BLOB(file.b, HASH_LEN),
						    DB_P_INT(IMPORT_SENT_MAX)},
				"case:s name:s by:s sent:t", sent, e);
	reader_put(nd, s);
	return rc;
}

static enum rc
work_drop(struct writer *w, void *arg, struct err *e)
{
	const struct part *p = arg;
	struct list_row l;
	enum rc rc = list_get(w->s, w->a, p->author, p->id, &l, e);

	return rc == RC_OK ? import_list_drop(w, p->id, e) : rc;
}

/* in: list  out: list, state (dropped) */
enum rc
service_list_drop(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	struct part p = {.author = actor_pseudonym(who)};
	enum rc rc = in_only(in, "list", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "list", &p.id, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_drop, &p, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s}", "list", p.id, "state", "dropped"));
	return rc;
}

/* ---- the whole --------------------------------------------------------------------- */

struct joined {
	struct store *s;
	char *text;
	size_t len, room;
};

static enum rc
on_part(void *arg, const struct db_row *row, struct err *e)
{
	struct joined *j = arg;
	size_t len;
	const uint8_t *p = j->s->drv->col_blob(row, 0, &len);

	if (len > j->room - j->len)
		return err_set(e, RC_CORRUPT, "the parts of a list are more than it");
	memcpy(j->text + j->len, p, len);
	j->len += len;
	return RC_OK;
}

enum rc
import_list_text(struct store *s, struct arena *a, const char *author, const char *id,
		 const char **ret, size_t *ret_len, struct err *e)
{
	struct list_row l;
	struct hash h;
	enum rc rc = list_get(s, a, author, id, &l, e);

	if (rc == RC_OK && l.got != l.bytes)
		rc = err_set(e, RC_CONFLICT,
			     "%lld of %lld bytes of the list are here: send the rest "
			     "first",
			     (long long)l.got, (long long)l.bytes);
	if (rc != RC_OK)
		return rc;
	struct joined j = {.s = s,
			   .text = arena_alloc(a, (size_t)l.bytes + 1),
			   .room = (size_t)l.bytes};
	rc = store_run(s, &SQL_IMPORT_PART_ALL, (struct db_param[]){DB_P_TEXT(id)},
		       on_part, &j, e);
	if (rc != RC_OK)
		return rc;
	j.text[j.len] = '\0';
	hash_bytes(j.text, j.len, &h);
	if (!hash_equal(&h, &l.sha256))
		return err_set(e, RC_CONFLICT,
			       "what was sent of the list is not what was announced: "
			       "drop it, and send it again");
	*ret = j.text;
	*ret_len = j.len;
	return RC_OK;
}

/* ---- what nobody sends ------------------------------------------------------------- */

static enum rc
work_old(struct writer *w, void *arg, struct err *e)
{
	const int64_t *before_us = arg;
	const char *id;
	enum rc rc = store_text(w->s, w->a, &SQL_IMPORT_LIST_OLD,
				(struct db_param[]){DB_P_INT(*before_us)}, &id, e);

	return rc == RC_OK && id != NULL ? import_list_drop(w, id, e) : rc;
}

enum rc
tick_import(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	const int64_t kept_us = IMPORT_KEPT_S * CLOCK_US_PER_S;
	int64_t before_us = now_us - kept_us, oldest_us = 0;
	struct store *s;
	enum rc rc = reader_get(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	rc = store_int(s, &SQL_IMPORT_LIST_OLDEST, NULL, 0, &oldest_us, e);
	reader_put(nd, s);
	if (rc != RC_OK || oldest_us == 0)
		return rc;
	*next_us = oldest_us + kept_us + 1;
	return oldest_us < before_us ? writer_run(nd, work_old, &before_us, e) : rc;
}
