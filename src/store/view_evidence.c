/*
 * The fold of evidence files, of their erasure and of legal holds.
 *
 * The fold of our own erase.done takes the texts out of the views, as their disclosures
 * were taken out of the store: a rebuild, which finds no disclosure, gives the same rows.
 * A view that keeps what a disclosure says has a row in `forgets`.
 */
#include <inttypes.h>
#include <string.h>

#include "store/store_sql.h"
#include "store/view_int.h"

/* False, and the event is void: its case is not one of this channel. */
static enum rc
case_is_here(struct fold *f, struct err *e)
{
	int64_t channel;
	if (f->ev->casefile == NULL)
		return RC_OK; /* an erasure of what is of no case */
	enum rc rc = store_int(f->s, &SQL_V_CASE_CHANNEL,
			       (struct db_param[]){DB_P_TEXT(f->ev->casefile)}, -1,
			       &channel, e);

	if (rc == RC_OK && channel != f->channel)
		fold_void(f, "there is no such case in this channel");
	return rc;
}

static enum rc
file_insert(struct fold *f, size_t n, const json_t *file, struct err *e)
{
	const char *hex = json_string_value(json_object_get(file, "pt_commit"));
	struct hash commit;
	json_t *said;
	enum rc rc = fold_disclosed_at(f, n, &said, e);

	if (rc == RC_OK)
		rc = hash_parse_hex(hex, strlen(hex), &commit);
	if (rc != RC_OK)
		return rc;
	return store_run(
		f->s, &SQL_V_EVIDENCE_INSERT,
		(struct db_param[]){
			DB_P_INT(f->channel),
			DB_P_INT(f->from),
			DB_P_INT(f->ev->seq),
			DB_P_INT(n),
			DB_P_TEXT(f->ev->casefile),
			DB_P_BLOB(f->ev->blobs[n].b, HASH_LEN),
			DB_P_INT(json_integer_value(json_object_get(file, "ct_len"))),
			DB_P_BLOB(commit.b, HASH_LEN),
			DB_P_TEXT(json_string_value(json_object_get(said, "name"))),
			DB_P_TEXT(json_string_value(json_object_get(said, "media_type"))),
			DB_P_TEXT(
				json_string_value(json_object_get(said, "description"))),
			DB_P_TEXT(f->ev->by),
			DB_P_INT(f->ev->iat_us),
		},
		NULL, NULL, e);
}

enum rc
fold_evidence_add(struct fold *f, struct err *e)
{
	const json_t *files = json_object_get(f->ev->body, "files"), *file;
	size_t i;
	enum rc rc = case_is_here(f, e);

	json_array_foreach (files, i, file)
		if (rc == RC_OK && f->void_why == NULL)
			rc = file_insert(f, i, file, e);
	return rc;
}

enum rc
fold_blob_reject(struct fold *f, struct err *e)
{
	const char *hex = fold_text(f, "sha256");
	struct hash h;
	enum rc rc = case_is_here(f, e);

	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = hash_parse_hex(hex, strlen(hex), &h);
	if (rc == RC_OK)
		rc = store_run(
			f->s, &SQL_V_EVIDENCE_REJECT,
			(struct db_param[]){
				DB_P_TEXT(f->ev->casefile),
				DB_P_INT(f->from == PARTY_AUTHORITY ? PARTY_PLATFORM
								    : PARTY_AUTHORITY),
				DB_P_BLOB(h.b, HASH_LEN),
				DB_P_TEXT(fold_text(f, "why")),
				DB_P_INT(f->ev->iat_us),
				/* What its author had not seen it cannot be about. */
				DB_P_INT(f->ev->ack.size),
			},
			NULL, NULL, e);
	if (rc == RC_OK && f->s->drv->changes(f->s->db) == 0)
		fold_void(f, "the other side gave no such file to this case, or it was "
			     "rejected before");
	return rc;
}

/* ---- legal holds ------------------------------------------------------------------- */

enum rc
fold_hold_place(struct fold *f, struct err *e)
{
	const char *reason = NULL;
	enum rc rc = case_is_here(f, e);

	if (rc == RC_OK && f->void_why == NULL)
		rc = fold_disclosed(f, "reason", &reason, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = store_run(f->s, &SQL_V_HOLD_INSERT,
		       (struct db_param[]){
			       DB_P_TEXT(f->ev->casefile),
			       DB_P_INT(f->from),
			       DB_P_TEXT(fold_text(f, "hold")),
			       DB_P_INT(f->ev->seq),
			       DB_P_TEXT(f->ev->by),
			       DB_P_TEXT(reason),
			       DB_P_INT(f->ev->iat_us),
		       },
		       NULL, NULL, e);
	if (rc == RC_OK && f->s->drv->changes(f->s->db) == 0)
		fold_void(f, "there is a hold of that name already");
	return rc;
}

enum rc
fold_hold_release(struct fold *f, struct err *e)
{
	const char *reason = NULL;
	enum rc rc = case_is_here(f, e);

	if (rc == RC_OK && f->void_why == NULL)
		rc = fold_disclosed(f, "reason", &reason, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = store_run(f->s, &SQL_V_HOLD_RELEASE,
		       (struct db_param[]){
			       DB_P_TEXT(f->ev->casefile),
			       DB_P_INT(f->from),
			       DB_P_TEXT(fold_text(f, "hold")),
			       DB_P_INT(f->ev->seq),
			       DB_P_TEXT(f->ev->by),
			       DB_P_TEXT(reason),
			       DB_P_INT(f->ev->iat_us),
		       },
		       NULL, NULL, e);
	if (rc == RC_OK && f->s->drv->changes(f->s->db) == 0)
		fold_void(f, "no such hold of the %s stands", party_name(f->from));
	return rc;
}

/* ---- erasure ----------------------------------------------------------------------- */

/* What the views keep of a type's disclosures: $1 case, $2 seq, $3 party. */
static const struct {
	const char *type;
	const struct sql *q;
} forgets[] = {
	{"notice.send", &SQL_ERASE_V_CASE},
	{"notice.send", &SQL_ERASE_V_CASE_WORD},
	{"item.decide", &SQL_ERASE_V_ITEM_REASON},
	{"item.decide", &SQL_ERASE_V_CLARIFY},
	{"item.reverse", &SQL_ERASE_V_ITEM_REASON},
	{"clarify.ask", &SQL_ERASE_V_CLARIFY},
	{"clarify.answer", &SQL_ERASE_V_CLARIFY_ANSWER},
	{"dispute.open", &SQL_ERASE_V_DISPUTE},
	{"message.post", &SQL_ERASE_V_MESSAGE},
	{"evidence.add", &SQL_ERASE_V_EVIDENCE},
	{"erase.request", &SQL_ERASE_V_ERASE},
	{"hold.place", &SQL_ERASE_V_HOLD},
	{"hold.release", &SQL_ERASE_V_HOLD_RELEASED},
};

/* And of those whose row has no seq of theirs: $1 case, $2 dispute, $3 party. */
static const struct {
	const char *type;
	const struct sql *q;
} forgets_dispute[] = {
	{"dispute.answer", &SQL_ERASE_V_DISPUTE_ANSWER},
	{"dispute.rule", &SQL_ERASE_V_DISPUTE_RULING},
};

/* And of those that belong to no case: $1 channel, $2 objection. */
static const struct {
	const char *type;
	const struct sql *q;
} forgets_objection[] = {
	{"objection.open", &SQL_ERASE_V_OBJECTION},
	{"objection.answer", &SQL_ERASE_V_OBJECTION_ANSWER},
};

/* A ruling is the public record of why, and an order that of what: they stay. */
bool
view_erasable_alone(const struct event *ev)
{
	return strcmp(ev->type, "objection.open") == 0 ||
	       strcmp(ev->type, "objection.answer") == 0 ||
	       strcmp(ev->type, "contact.set") == 0;
}

static enum rc
loose_forget(struct fold *f, enum party p, const struct event *ev, struct err *e)
{
	enum rc rc = RC_OK;

	if (strcmp(ev->type, "contact.set") == 0) {
		const struct db_param set[] = {DB_P_INT(f->channel), DB_P_INT(p),
					       DB_P_INT(ev->seq)};
		rc = store_run(f->s, &SQL_ERASE_V_CONTACT, set, NULL, NULL, e);
		return rc == RC_OK ? store_run(f->s, &SQL_V_CONTACT_OLD_DELETE, set, NULL,
					       NULL, e)
				   : rc;
	}
	for (size_t i = 0; rc == RC_OK && i < 2; i++)
		if (strcmp(forgets_objection[i].type, ev->type) == 0)
			rc = store_run(
				f->s, forgets_objection[i].q,
				(struct db_param[]){
					DB_P_INT(f->channel),
					DB_P_TEXT(json_string_value(
						json_object_get(ev->body, "objection")))},
				NULL, NULL, e);
	return rc;
}

static enum rc
texts_forget(struct fold *f, enum party p, const struct event *ev, struct err *e)
{
	const struct db_param key[] = {DB_P_TEXT(ev->casefile), DB_P_INT(ev->seq),
				       DB_P_INT(p)};
	const json_t *items = json_object_get(ev->body, "items");
	enum rc rc = RC_OK;

	if (ev->casefile == NULL)
		return loose_forget(f, p, ev, e);
	if (strcmp(ev->type, "notice.part") == 0 && p == PARTY_AUTHORITY) {
		int64_t first = json_integer_value(
			json_object_get(json_array_get(items, 0), "i"));
		return store_run(
			f->s, &SQL_ERASE_V_ITEM,
			(struct db_param[]){
				DB_P_TEXT(ev->casefile), DB_P_INT(first),
				DB_P_INT(first + (int64_t)json_array_size(items) - 1)},
			NULL, NULL, e);
	}
	for (size_t i = 0; rc == RC_OK && i < sizeof(forgets) / sizeof(forgets[0]); i++)
		if (strcmp(forgets[i].type, ev->type) == 0)
			rc = store_run(f->s, forgets[i].q, key, NULL, NULL, e);
	for (size_t i = 0; rc == RC_OK && i < 2; i++)
		if (strcmp(forgets_dispute[i].type, ev->type) == 0)
			rc = store_run(
				f->s, forgets_dispute[i].q,
				(struct db_param[]){
					DB_P_TEXT(ev->casefile),
					DB_P_TEXT(json_string_value(
						json_object_get(ev->body, "dispute"))),
					DB_P_INT(p)},
				NULL, NULL, e);
	return rc;
}

static enum rc
files_mark(struct fold *f, enum party p, uint64_t seq, struct err *e)
{
	return store_run(f->s,
			 f->from == PARTY_AUTHORITY ? &SQL_V_EVIDENCE_ERASED0
						    : &SQL_V_EVIDENCE_ERASED1,
			 (struct db_param[]){DB_P_INT(f->channel), DB_P_INT(p),
					     DB_P_INT(seq), DB_P_INT(f->ev->iat_us)},
			 NULL, NULL, e);
}

struct place {
	enum party party;
	uint64_t seq;
};

static enum rc
on_place(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	int64_t party = l->s->drv->col_int(row, 0);
	struct place *at = store_list_next(l, sizeof(*at));

	if (party < 0 || party >= PARTY_COUNT)
		return err_set(e, RC_CORRUPT, "the store holds party %" PRId64, party);
	at->party = (enum party)party;
	at->seq = (uint64_t)l->s->drv->col_int(row, 1);
	return RC_OK;
}

/* The events that `re` or `below` say, as places. */
static enum rc
scope_load(struct store *s, struct arena *a, int64_t channel, const struct event *ev,
	   struct store_list *l, struct err *e)
{
	const json_t *below = json_object_get(ev->body, "below");
	enum rc rc = RC_OK;

	*l = (struct store_list){.s = s, .a = a};
	if (below != NULL)
		return store_run(s, &SQL_V_CASE_EVENTS_BELOW,
				 (struct db_param[]){
					 DB_P_TEXT(ev->casefile),
					 DB_P_INT(channel),
					 DB_P_INT(json_integer_value(
						 json_object_get(below, "authority"))),
					 DB_P_INT(json_integer_value(
						 json_object_get(below, "platform"))),
				 },
				 on_place, l, e);
	for (size_t i = 0; rc == RC_OK && i < ev->n_refs; i++) {
		struct log_head h;
		rc = store_head_by_origin(s, a, ev->refs[i].log, &h, e);
		if (rc == RC_NOT_FOUND || (rc == RC_OK && h.channel != channel)) {
			rc = RC_OK; /* not of this channel: nothing of ours */
			continue;
		}
		if (rc == RC_OK && ev->refs[i].seq < h.size) {
			struct place *at = store_list_next(l, sizeof(*at));
			*at = (struct place){h.party, ev->refs[i].seq};
		}
	}
	return rc;
}

/* Of the case, or of none and erasable by itself. */
static bool
is_of(const struct event *one, const char *casefile)
{
	if (casefile == NULL)
		return one->casefile == NULL && view_erasable_alone(one);
	return one->casefile != NULL && strcmp(one->casefile, casefile) == 0;
}

enum rc
view_erase_scope(struct store *s, struct arena *a, int64_t channel,
		 const struct event *ev, view_erase_fn *fn, void *arg, struct err *e)
{
	struct store_list l;
	enum rc rc = scope_load(s, a, channel, ev, &l, e);

	for (size_t i = 0; rc == RC_OK && i < l.n; i++) {
		const struct place *at = &((const struct place *)l.rows)[i];
		struct arena *tmp = arena_create();
		const struct event_claim *claim;
		struct log_leaf *leaf;
		rc = store_leaves(s, tmp, channel, at->party, at->seq, at->seq + 1, &leaf,
				  e);
		if (rc == RC_OK)
			rc = event_parse(tmp, leaf[0].jws, leaf[0].jws_len, &claim, e);
		const struct event *one = rc == RC_OK ? event_trusted(claim) : NULL;
		if (rc == RC_OK && is_of(one, ev->casefile))
			rc = fn(arg, at->party, one, e);
		arena_free(tmp);
	}
	return rc;
}

struct forgetting {
	struct fold *f;
	bool own, texts, files;
};

static enum rc
on_forget(void *arg, enum party p, const struct event *ev, struct err *e)
{
	struct forgetting *g = arg;
	int64_t is_void = 0;
	enum rc rc = store_int(g->f->s, &SQL_V_EVENT_VOID,
			       (struct db_param[]){DB_P_INT(g->f->channel), DB_P_INT(p),
						   DB_P_INT(ev->seq)},
			       0, &is_void, e);

	if (rc != RC_OK || is_void != 0)
		return rc; /* it left nothing in the views */
	if (g->own && g->texts)
		rc = texts_forget(g->f, p, ev, e);
	if (rc == RC_OK && g->files && ev->n_blobs != 0)
		rc = files_mark(g->f, p, ev->seq, e);
	return rc;
}

static enum rc
erase_record(struct fold *f, const char *act, const char *reason, struct err *e)
{
	return store_run(
		f->s, &SQL_V_ERASE_INSERT,
		(struct db_param[]){
			DB_P_INT(f->channel),
			DB_P_INT(f->from),
			DB_P_INT(f->ev->seq),
			DB_P_TEXT(f->ev->casefile == NULL ? "" : f->ev->casefile),
			DB_P_TEXT(act),
			DB_P_TEXT(fold_text(f, "request")),
			DB_P_TEXT(fold_text(f, "what")),
			DB_P_TEXT(f->ev->by),
			DB_P_TEXT(reason),
			DB_P_INT(f->ev->iat_us),
			DB_P_INT(f->ev->n_refs == 0),
		},
		NULL, NULL, e);
}

enum rc
fold_erase_request(struct fold *f, struct err *e)
{
	const char *reason = NULL;
	enum rc rc = case_is_here(f, e);

	if (rc == RC_OK && f->void_why == NULL)
		rc = fold_disclosed(f, "reason", &reason, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	return erase_record(f, "request", reason, e);
}

/* What its author had seen of holds decides whether it may be: the same on both nodes. */
enum rc
fold_erase_done(struct fold *f, struct err *e)
{
	const char *what = fold_text(f, "what");
	int64_t holds = 0, own = -1;
	enum rc rc = case_is_here(f, e);

	if (rc == RC_OK && f->void_why == NULL)
		rc = store_int(f->s, &SQL_V_HOLD_STANDING,
			       (struct db_param[]){
				       DB_P_TEXT(f->ev->casefile), DB_P_INT(f->from),
				       DB_P_INT(f->ev->seq), DB_P_INT(f->ev->ack.size)},
			       0, &holds, e);
	if (rc == RC_OK && holds != 0)
		fold_void(f, "a legal hold stood: nothing of the case may be erased");
	if (rc == RC_OK && f->void_why == NULL)
		rc = store_int(f->s, &SQL_V_CHANNEL_OWN,
			       (struct db_param[]){DB_P_INT(f->channel)}, -1, &own, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	struct forgetting g = {.f = f,
			       .own = own == (int64_t)f->from,
			       .texts = strcmp(what, "files") != 0,
			       .files = strcmp(what, "texts") != 0};
	rc = view_erase_scope(f->s, f->a, f->channel, f->ev, on_forget, &g, e);
	return rc == RC_OK ? erase_record(f, "done", NULL, e) : rc;
}
