/*
 * What people do on a case: each is one event.  The ladder is in ladder.c, decisions in
 * decide.c.
 */
#include "service/act.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/casefile_count.h"
#include "store/store_sql.h"

enum { READ_REFS_MAX = EVENT_REFS_MAX };

const char *
case_version(const struct case_row *c, char text[CASE_VERSION_MAX])
{
	const struct casefile *f = &c->fold;

	snprintf(text, CASE_VERSION_MAX, "%" PRIu64 ".%" PRIu64 ".%" PRIu64, c->parts,
		 f->n_events[PARTY_AUTHORITY] == 0 ? 0 : f->last_seq[PARTY_AUTHORITY] + 1,
		 f->n_events[PARTY_PLATFORM] == 0 ? 0 : f->last_seq[PARTY_PLATFORM] + 1);
	return text;
}

enum rc
act_in(json_t *in, struct arena *a, const char *more, struct act *act, struct err *e)
{
	enum rc rc = in_only(in,
			     arena_printf(a, "case version %s %s", more,
					  act->text_name == NULL ? "" : act->text_name),
			     e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &act->casefile, e);
	if (rc == RC_OK)
		rc = in_text(in, "version", false, CASE_VERSION_MAX, &act->version, e);
	return rc;
}

enum rc
act_append(struct writer *w, struct act *act, const struct case_row *c, struct err *e)
{
	struct view_disclosed sd = {act->text_name, NULL};

	if (act->text != NULL)
		sd.value = json_string(act->text);
	return append_event(w,
			    &(struct append){
				    .channel = c->channel,
				    .type = act->type,
				    .casefile = act->casefile,
				    .by = act->by,
				    .body = json_deep_copy(act->body),
				    .disclosures = &sd,
				    .n_disclosures = act->text == NULL ? 0 : 1,
				    .refs = act->refs,
				    .n_refs = act->n_refs,
			    },
			    &act->seq, e);
}

enum rc
act_allowed(struct writer *w, const struct act *act, const struct case_row *c,
	    struct err *e)
{
	enum party own = w->nd->id->role;

	if (!casefile_may(c->fold.state, case_act_of(act->type), own))
		return err_set(e, RC_CONFLICT, "a case that is %s allows no %s by the %s",
			       case_state_token(c->fold.state), act->type,
			       party_name(own));
	return RC_OK;
}

enum rc
act_fresh(struct act *act, const struct case_row *c, struct err *e)
{
	char now[CASE_VERSION_MAX];

	/* A job may run again. */
	json_decref(act->shown);
	act->shown = NULL;
	if (act->version == NULL || strcmp(act->version, case_version(c, now)) == 0)
		return RC_OK;
	act->shown = json_pack("{s:{s:s}, s:{s:s, s:s, s:I, s:I}}", "sent", "version",
			       act->version, "stands", "version", now, "state",
			       case_state_token(c->fold.state), "items",
			       (json_int_t)c->items, "decided", (json_int_t)c->decided);
	return err_set(e, RC_CONFLICT,
		       "the case is no longer what you saw: it is %s now, %" PRIu64
		       " of %" PRIu64 " items decided (version %s, yours is %s); look "
		       "again and repeat what you still mean",
		       case_state_token(c->fold.state), c->decided, c->items, now,
		       act->version);
}

enum rc
act_work(struct writer *w, void *arg, struct err *e)
{
	struct act *act = arg;
	struct case_row c;
	enum rc rc = view_case_get(w->s, w->a, act->casefile, &c, e);

	if (rc == RC_OK)
		rc = act_fresh(act, &c, e);
	/* The check first: it says more. */
	if (rc == RC_OK && act->check != NULL)
		rc = act->check(w, act, &c, e);
	if (rc == RC_OK)
		rc = act_allowed(w, act, &c, e);
	return rc == RC_OK ? act_append(w, act, &c, e) : rc;
}

enum rc
act_run(struct node *nd, struct arena *a, struct act *act, writer_work *work, void *arg,
	struct reply *out, struct err *e)
{
	enum rc rc = writer_run(nd, work, arg, e);

	if (act->shown != NULL)
		reply_json(a, out, act->shown);
	else if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:I}", "case", act->casefile, "event",
				     act->type, "seq", (json_int_t)act->seq));
	return rc;
}

/* in: case, version?  out: case, event, seq (the index in our log) */
static enum rc
act_plain(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	  struct act *act, struct reply *out, struct err *e)
{
	act->by = actor_pseudonym(who);
	enum rc rc = act_in(in, a, "", act, e);

	if (rc == RC_OK && act->text_name != NULL)
		rc = in_ready(in, a, act->text_name, true, ACT_TEXT_MAX, &act->text, e);
	return rc == RC_OK ? act_run(nd, a, act, act_work, act, out, e) : rc;
}

/* in: case, version? */
enum rc
service_case_accept(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct act act = {.type = "case.accept"};

	return act_plain(nd, a, who, in, &act, out, e);
}

/* in: case, version?, reason */
enum rc
service_case_refuse(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct act act = {.type = "case.refuse", .text_name = "reason"};

	return act_plain(nd, a, who, in, &act, out, e);
}

/* in: case, version?, text */
enum rc
service_case_say(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	struct act act = {.type = "message.post", .text_name = "text"};

	return act_plain(nd, a, who, in, &act, out, e);
}

/* The counts as we see the case: what is in our log, and of the other side's what this
 * event will have seen. */
static enum rc
counts_sign(struct writer *w, struct act *act, const struct case_row *c, struct err *e)
{
	uint64_t below[PARTY_COUNT];
	struct case_counts n;
	struct log_head peer;
	struct stage *st;
	enum rc rc = append_stage(w, c->channel, &st, e);

	if (rc == RC_OK)
		rc = store_head(w->s, w->a, c->channel, party_other(st->party), &peer, e);
	if (rc != RC_OK)
		return rc;
	below[st->party] = st->head.size;
	below[party_other(st->party)] = peer.signed_size;
	rc = view_case_counts(w->s, w->a, c, below, &n, e);
	if (rc == RC_OK)
		json_object_set_new(act->body, "counts", casefile_counts_json(&n));
	return rc;
}

static enum rc
check_close(struct writer *w, struct act *act, const struct case_row *c, struct err *e)
{
	if (act->text == NULL && c->fold.state != CASE_REFUSED && c->decided < c->items)
		return err_set(e, RC_CONFLICT,
			       "%" PRIu64 " of %" PRIu64
			       " items are not decided: a case is closed when all are, "
			       "or withdrawn with a reason",
			       c->items - c->decided, c->items);
	return counts_sign(w, act, c, e);
}

/* in: case, version?, withdraw? (true: though items are open, with a reason), reason? */
enum rc
service_case_close(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	struct act act = {.by = actor_pseudonym(who),
			  .type = "case.close",
			  .text_name = "reason",
			  .body = json_object(),
			  .check = check_close};
	bool withdraw = false;
	enum rc rc = act_in(in, a, "withdraw", &act, e);

	if (rc == RC_OK)
		rc = in_bool(in, "withdraw", &withdraw, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", withdraw, ACT_TEXT_MAX, &act.text, e);
	if (rc == RC_OK && !withdraw && act.text != NULL)
		rc = err_set(e, RC_INVALID,
			     "\"reason\" is of a withdrawal: say \"withdraw\" too");
	if (rc == RC_OK && withdraw && nd->id->role != PARTY_AUTHORITY)
		rc = err_set(e, RC_DENIED, "only the authority withdraws a notice");
	if (rc == RC_OK)
		rc = act_run(nd, a, &act, act_work, &act, out, e);
	if (rc == RC_OK)
		json_object_set(out->json, "counts", json_object_get(act.body, "counts"));
	json_decref(act.body);
	return rc;
}

/* in: case, version? */
enum rc
service_case_reopen(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct act act = {.type = "case.reopen"};

	return act_plain(nd, a, who, in, &act, out, e);
}

struct unread {
	struct writer *w;
	enum party other;
	const char *origin;
	struct event_ref refs[READ_REFS_MAX];
	size_t n;
};

static enum rc
on_unread(void *arg, const struct db_row *row, struct err *e)
{
	struct unread *u = arg;

	(void)e;
	if (u->n < READ_REFS_MAX)
		u->refs[u->n++] = (struct event_ref){
			.log = u->origin,
			.seq = (uint64_t)u->w->s->drv->col_int(row, 0),
		};
	return RC_OK;
}

/* What the person says to have read: all, or these of the other side's log. */
struct read_job {
	struct act act;
	uint64_t seqs[READ_REFS_MAX]; /* rising */
	size_t n_seqs;		      /* 0: all */
	size_t n_read;
};

static enum rc
unread_find(struct writer *w, const struct read_job *job, struct unread *u, uint64_t from,
	    uint64_t below, struct err *e)
{
	return store_run(w->s, &SQL_MESSAGE_UNREAD,
			 (struct db_param[]){DB_P_TEXT(job->act.casefile),
					     DB_P_INT(u->other), DB_P_INT(from),
					     DB_P_INT(below), DB_P_INT(READ_REFS_MAX)},
			 on_unread, u, e);
}

/* Up to READ_REFS_MAX unread messages of the other side, by their leaves. */
static enum rc
unread_get(struct writer *w, const struct case_row *c, const struct read_job *job,
	   struct unread *u, struct err *e)
{
	enum rc rc = job->n_seqs != 0 ? RC_OK : unread_find(w, job, u, 0, INT64_MAX, e);

	for (size_t i = 0; rc == RC_OK && i < job->n_seqs; i++)
		rc = unread_find(w, job, u, job->seqs[i], job->seqs[i] + 1, e);
	for (size_t i = 0; rc == RC_OK && i < u->n; i++) {
		struct log_leaf *leaf;
		rc = store_leaves(w->s, w->a, c->channel, u->other, u->refs[i].seq,
				  u->refs[i].seq + 1, &leaf, e);
		if (rc == RC_OK)
			u->refs[i].leaf = leaf[0].leaf;
	}
	return rc;
}

/* The messages of the other side that were not read, in as few events as can be. */
static enum rc
work_read(struct writer *w, void *arg, struct err *e)
{
	struct read_job *job = arg;
	struct act *act = &job->act;
	struct channel_row ch;
	struct case_row c;
	struct log_head h;
	bool more = true;
	enum rc rc = view_case_get(w->s, w->a, act->casefile, &c, e);

	job->n_read = 0;
	if (rc == RC_OK)
		rc = channel_by_id(w->s, w->a, c.channel, &ch, e);
	if (rc == RC_OK)
		rc = store_head(w->s, w->a, c.channel, party_other(ch.own_party), &h, e);
	while (rc == RC_OK && more) {
		struct unread u = {.w = w, .other = h.party, .origin = h.origin};
		rc = unread_get(w, &c, job, &u, e);
		act->refs = u.refs;
		act->n_refs = u.n;
		job->n_read += u.n;
		more = job->n_seqs == 0 && u.n == READ_REFS_MAX;
		if (rc == RC_OK && u.n != 0)
			rc = act_append(w, act, &c, e);
	}
	return rc;
}

static enum rc
seqs_take(const json_t *seqs, struct read_job *job, struct err *e)
{
	size_t n = json_array_size(seqs), i;
	const json_t *v;
	bool ok = json_is_array(seqs) && n >= 1 && n <= READ_REFS_MAX;

	if (seqs == NULL)
		return RC_OK;
	json_array_foreach (seqs, i, v) {
		json_int_t seq = json_is_integer(v) ? json_integer_value(v) : -1;
		ok = ok && seq >= 0 && seq < INT64_MAX &&
		     (i == 0 || (uint64_t)seq > job->seqs[i - 1]);
		if (!ok)
			break;
		job->seqs[i] = (uint64_t)seq;
	}
	job->n_seqs = n;
	return ok ? RC_OK
		  : err_set(e, RC_INVALID,
			    "\"seqs\" must be a list of 1 to %d rising numbers",
			    READ_REFS_MAX);
}

/*
 * in: case, seqs? (messages of the other side's log; those of them that are none, or read
 * already, are passed over; without it: all)
 * out: case, read (how many messages of the other side were marked read now)
 */
enum rc
service_case_read(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	struct read_job job = {
		.act = {.by = actor_pseudonym(who), .type = "message.read"}};
	enum rc rc = in_only(in, "case seqs", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &job.act.casefile, e);
	if (rc == RC_OK)
		rc = seqs_take(json_object_get(in, "seqs"), &job, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_read, &job, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:I}", "case", job.act.casefile, "read",
				     (json_int_t)job.n_read));
	return rc;
}
