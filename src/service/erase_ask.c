/* Erasure and holds for people, and what the policy has erased by itself. */
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "service/alarm.h"
#include "service/erase.h"
#include "service/evidence.h"
#include "service/tick.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { REASON_MAX = 2000, ERASURES_MAX = 1000 };

#define ERASE_SPEC "from:i seq:i act:s request:s what:s author:s reason:s at:t"
#define HOLD_SPEC                                                                        \
	"hold:s from:i author:s reason:s placed:t released:t released_by:s "             \
	"released_reason:s"

/* ---- holds ------------------------------------------------------------------------- */

struct hold_job {
	const char *casefile, *by, *type, *hold, *reason;
	char id[UUID_TEXT_LEN + 1];
	uint64_t seq; /* out */
};

static enum rc
work_hold(struct writer *w, void *arg, struct err *e)
{
	struct hold_job *j = arg;
	struct view_disclosed sd = {"reason", NULL};
	struct case_row c;
	enum rc rc = view_case_get(w->s, w->a, j->casefile, &c, e);

	if (rc != RC_OK)
		return rc;
	if (j->hold == NULL)
		uuid7_make(w->now_us, j->id);
	sd.value = json_string(j->reason);
	return append_event(w,
			    &(struct append){
				    .channel = c.channel,
				    .type = j->type,
				    .casefile = j->casefile,
				    .by = j->by,
				    .body = json_pack("{s:s}", "hold",
						      j->hold == NULL ? j->id : j->hold),
				    .disclosures = &sd,
				    .n_disclosures = 1,
			    },
			    &j->seq, e);
}

/* in: case, reason  out: case, hold, seq (in our log) */
enum rc
service_hold_place(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	struct hold_job j = {.by = actor_pseudonym(who), .type = "hold.place"};
	enum rc rc = in_only(in, "case reason", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &j.casefile, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", true, REASON_MAX, &j.reason, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_hold, &j, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:I}", "case", j.casefile, "hold", j.id,
				     "seq", (json_int_t)j.seq));
	return rc;
}

/* in: case, hold, reason  out: case, hold, seq (in our log) */
enum rc
service_hold_release(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct hold_job j = {.by = actor_pseudonym(who), .type = "hold.release"};
	enum rc rc = in_only(in, "case hold reason", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &j.casefile, e);
	if (rc == RC_OK)
		rc = in_uuid(in, "hold", &j.hold, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", true, REASON_MAX, &j.reason, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_hold, &j, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:I}", "case", j.casefile, "hold",
				     j.hold, "seq", (json_int_t)j.seq));
	return rc;
}

/* ---- erasure ----------------------------------------------------------------------- */

static enum rc
what_take(json_t *in, struct erase_job *j, struct err *e)
{
	enum rc rc = in_text(in, "what", true, EVENT_TYPE_MAX, &j->what, e);

	if (rc == RC_OK && strcmp(j->what, "texts") != 0 &&
	    strcmp(j->what, "files") != 0 && strcmp(j->what, "all") != 0)
		rc = err_set(e, RC_INVALID, "\"what\" must be texts, files or all");
	return rc;
}

/* events: [{from: authority|platform, seq}] */
static enum rc
events_take(struct arena *a, const json_t *events, struct erase_job *j, struct err *e)
{
	size_t n = json_array_size(events), i;
	const json_t *ev;

	if (events == NULL)
		return RC_OK;
	if (!json_is_array(events) || n == 0 || n > EVENT_REFS_MAX)
		return err_set(e, RC_INVALID,
			       "\"events\" must be a list of 1 to %d events",
			       EVENT_REFS_MAX);
	j->refs = arena_array(a, n, sizeof(*j->refs));
	j->of = arena_array(a, n, sizeof(*j->of));
	json_array_foreach (events, i, ev) {
		const char *from = json_string_value(json_object_get(ev, "from"));
		const json_t *seq = json_object_get(ev, "seq");
		bool authority =
			from != NULL && strcmp(from, party_name(PARTY_AUTHORITY)) == 0;
		bool platform =
			from != NULL && strcmp(from, party_name(PARTY_PLATFORM)) == 0;
		if (authority == platform || !json_is_integer(seq) ||
		    json_integer_value(seq) < 0 || json_object_size(ev) != 2)
			return err_set(e, RC_INVALID,
				       "events[%zu] must be {\"from\": \"authority\" or "
				       "\"platform\", \"seq\": number}",
				       i);
		j->of[i] = authority ? PARTY_AUTHORITY : PARTY_PLATFORM;
		j->refs[i].seq = (uint64_t)json_integer_value(seq);
	}
	j->n_refs = n;
	return RC_OK;
}

void
erase_reply(struct arena *a, struct reply *out, const struct erase_job *j)
{
	reply_json(a, out,
		   json_pack("{s:s*, s:s*, s:s, s:I, s:I, s:I}", "case", j->casefile,
			     "request", j->request, "what", j->what, "texts",
			     (json_int_t)j->n_texts, "files", (json_int_t)j->n_files,
			     "seq", (json_int_t)j->seq));
}

/*
 * The other side is asked to erase the same.
 * in: case, what (texts, files, all), events? (all of the case without), reason
 * out: case, request, what, texts, files (how many were erased here), seq (of the
 * request in our log)
 * RC_CONFLICT: a legal hold, and whose; the policy wants it kept; the case is open; not
 * delivered yet
 */
enum rc
service_erase(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	      struct reply *out, struct err *e)
{
	struct erase_job j = {.by = actor_pseudonym(who)};
	char *request = arena_alloc(a, UUID_TEXT_LEN + 1);
	enum rc rc = in_only(in, "case what events reason", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &j.casefile, e);
	if (rc == RC_OK)
		rc = what_take(in, &j, e);
	if (rc == RC_OK)
		rc = events_take(a, json_object_get(in, "events"), &j, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", true, REASON_MAX, &j.reason, e);
	if (rc != RC_OK)
		return rc;
	uuid7_make(clock_now_us(), request);
	j.request = request;
	rc = writer_run(nd, erase_work, &j, e);
	if (rc == RC_OK)
		rc = erase_finish(nd, e);
	if (rc == RC_OK)
		erase_reply(a, out, &j);
	return rc;
}

struct asked {
	struct store *s;
	struct arena *a;
	int64_t channel;
	uint64_t seq;
	enum party party;
	size_t n;
};

static enum rc
on_asked(void *arg, const struct db_row *row, struct err *e)
{
	struct asked *q = arg;

	(void)e;
	q->n++;
	q->channel = q->s->drv->col_int(row, 0);
	q->party = q->s->drv->col_int(row, 1) == PARTY_AUTHORITY ? PARTY_AUTHORITY
								 : PARTY_PLATFORM;
	q->seq = (uint64_t)q->s->drv->col_int(row, 2);
	return RC_OK;
}

/* What was asked for, as a job for our own node. */
enum rc
erase_asked_load(struct node *nd, struct arena *a, struct erase_job *j, struct err *e)
{
	const struct event_claim *claim;
	struct log_leaf *leaf;
	struct log_head h;
	struct store *s;
	enum rc rc = reader_snapshot(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	struct asked q = {.s = s, .a = a};
	rc = store_run(
		s, &SQL_ERASE_ASKED,
		(struct db_param[]){DB_P_TEXT(j->casefile == NULL ? "" : j->casefile),
				    DB_P_TEXT(j->request)},
		on_asked, &q, e);
	if (rc == RC_OK && q.n == 0)
		rc = err_set(e, RC_NOT_FOUND, "nobody asked for the erasure %s",
			     j->request);
	if (rc == RC_OK)
		rc = store_leaves(s, a, q.channel, q.party, q.seq, q.seq + 1, &leaf, e);
	if (rc == RC_OK)
		rc = event_parse(a, leaf[0].jws, leaf[0].jws_len, &claim, e);
	if (rc == RC_OK) {
		const struct event *ev = event_trusted(claim);
		j->what = json_string_value(json_object_get(ev->body, "what"));
		j->n_refs = ev->n_refs;
		j->channel = q.channel;
		j->refs = arena_array(a, ev->n_refs, sizeof(*j->refs));
		j->of = arena_array(a, ev->n_refs, sizeof(*j->of));
		for (size_t i = 0; rc == RC_OK && i < ev->n_refs; i++) {
			rc = store_head_by_origin(s, a, ev->refs[i].log, &h, e);
			if (rc == RC_OK && h.channel != q.channel)
				rc = err_set(e, RC_INVALID,
					     "the request names an event of another "
					     "channel: nothing of it can be erased here");
			j->refs[i] = ev->refs[i];
			j->of[i] = h.party;
		}
	}
	reader_put(nd, s);
	return rc;
}

/* in: case, request (of either side)  out: as of erase */
enum rc
service_erase_do(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	struct erase_job j = {.by = actor_pseudonym(who)};
	enum rc rc = in_only(in, "case request", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &j.casefile, e);
	if (rc == RC_OK)
		rc = in_uuid(in, "request", &j.request, e);
	if (rc == RC_OK)
		rc = erase_asked_load(nd, a, &j, e);
	if (rc == RC_OK)
		rc = writer_run(nd, erase_work, &j, e);
	if (rc == RC_OK)
		rc = erase_finish(nd, e);
	if (rc == RC_OK)
		erase_reply(a, out, &j);
	return rc;
}

static void
party_named(json_t *rows)
{
	size_t i;
	json_t *row;

	json_array_foreach (rows, i, row)
		json_object_set_new(
			row, "from",
			json_string(party_name(json_integer_value(json_object_get(
						       row, "from")) == PARTY_AUTHORITY
						       ? PARTY_AUTHORITY
						       : PARTY_PLATFORM)));
}

/* in: case  out: erasures [] (asked for and done, of both sides), holds [] */
enum rc
service_erasures(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	json_t *erasures = json_array(), *holds = json_array();
	struct store *s = NULL;
	struct case_row c;
	const char *id;
	enum rc rc = in_only(in, "case", e);

	(void)who;
	reply_json(a, out, json_pack("{s:o, s:o}", "erasures", erasures, "holds", holds));
	if (rc == RC_OK)
		rc = in_uuid(in, "case", &id, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = view_case_get(s, a, id, &c, e);
	if (rc == RC_OK) {
		const struct db_param key[] = {DB_P_TEXT(id), DB_P_INT(ERASURES_MAX)};
		rc = store_rows(s, &SQL_ERASE_LIST, key, ERASE_SPEC, erasures, e);
		if (rc == RC_OK)
			rc = store_rows(s, &SQL_HOLD_LIST, key, HOLD_SPEC, holds, e);
	}
	reader_put(nd, s);
	party_named(erasures);
	party_named(holds);
	return rc;
}

/* ---- by itself --------------------------------------------------------------------- */

struct text_list {
	struct store *s;
	struct arena *a;
	const char *casefile, *request, *what;
	size_t n;
};

static enum rc
on_text(void *arg, const struct db_row *row, struct err *e)
{
	struct text_list *l = arg;

	(void)e;
	l->n++;
	l->casefile = store_col_text(l->s, l->a, row, 0);
	l->request = store_col_text(l->s, l->a, row, 1);
	return RC_OK;
}

static enum rc
work_asked_alarm(struct writer *w, void *arg, struct err *e)
{
	const struct text_list *l = arg;

	return alarm_raise(
		w, arena_printf(w->a, "erase/%s", l->request), "erase",
		l->casefile[0] == '\0' ? l->request : l->casefile,
		l->casefile[0] == '\0'
			? arena_printf(w->a,
				       "The other side asks to erase texts of "
				       "objections or old contacts: saluran "
				       "erase asked %s",
				       l->request)
			: "The other side asks to erase something of the case: "
			  "do it on this node too, or place a legal hold",
		w->now_us, e);
}

/* People learn of what the other side asks for; and what a reader kept from being
 * overwritten is overwritten now. */
enum rc
tick_erase_asked(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct text_list l = {.a = arena_create()};
	enum rc rc = reader_get(nd, &l.s, e);

	if (rc == RC_OK)
		rc = store_run(l.s, &SQL_ERASE_UNSEEN, NULL, on_text, &l, e);
	reader_put(nd, l.s);
	if (rc == RC_OK && l.n != 0)
		rc = writer_run(nd, work_asked_alarm, &l, e);
	arena_free(l.a);
	if (rc == RC_OK && atomic_load(&nd->scrub_due)) {
		*next_us = now_us + 1000000;
		rc = erase_finish(nd, e);
	}
	return rc;
}
