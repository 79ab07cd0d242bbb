/*
 * Erasure of texts that belong to no case: what people who objected wrote and how they
 * are reached, and directories of contacts that count no longer.
 */
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "core/event_type.h"
#include "service/erase.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { ALONE_REASON_MAX = 2000 };

struct finding {
	struct store *s;
	struct arena *a;
	struct erase_job *j;
	struct store_list places;
};

struct found {
	int64_t channel, party, seq;
};

static enum rc
on_found(void *arg, const struct db_row *row, struct err *e)
{
	struct finding *f = arg;
	struct found *at = store_list_next(&f->places, sizeof(*at));

	(void)e;
	*at = (struct found){f->s->drv->col_int(row, 0), f->s->drv->col_int(row, 1),
			     f->s->drv->col_int(row, 2)};
	return RC_OK;
}

/* Has it a text that is still here? */
static enum rc
says_something(const struct finding *f, const struct event *ev, bool *ret, struct err *e)
{
	enum rc rc = RC_OK;

	*ret = false;
	for (size_t i = 0; rc == RC_OK && i < ev->n_sd; i++) {
		const char *text;
		rc = store_disclosure_get(f->s, f->a, &ev->sd[i], &text, e);
		*ret = *ret || (rc == RC_OK && text != NULL);
	}
	return rc;
}

static enum rc
take(struct finding *f, const struct found *at, struct err *e)
{
	enum party p = at->party == PARTY_AUTHORITY ? PARTY_AUTHORITY : PARTY_PLATFORM;
	const struct event_claim *claim;
	struct log_leaf *leaf;
	bool says = false;
	enum rc rc = store_leaves(f->s, f->a, at->channel, p, (uint64_t)at->seq,
				  (uint64_t)at->seq + 1, &leaf, e);

	if (rc == RC_OK)
		rc = event_parse(f->a, leaf[0].jws, leaf[0].jws_len, &claim, e);
	if (rc != RC_OK)
		return rc;
	const struct event *ev = event_trusted(claim);
	rc = says_something(f, ev, &says, e);
	if (rc != RC_OK || !says || f->j->n_refs == EVENT_REFS_MAX)
		return rc;
	f->j->channel = at->channel;
	f->j->of[f->j->n_refs] = p;
	f->j->refs[f->j->n_refs++].seq = (uint64_t)at->seq;
	return RC_OK;
}

/* The events that the query finds and that still say something, as refs of the job. */
static enum rc
refs_find(struct finding *f, const struct sql *q, const struct db_param *key,
	  struct err *e)
{
	struct erase_job *j = f->j;
	enum rc rc;

	j->what = "texts";
	j->refs = arena_array(f->a, EVENT_REFS_MAX, sizeof(*j->refs));
	j->of = arena_array(f->a, EVENT_REFS_MAX, sizeof(*j->of));
	f->places = (struct store_list){.s = f->s, .a = f->a};
	rc = store_run(f->s, q, key, on_found, f, e);
	for (size_t i = 0; rc == RC_OK && i < f->places.n; i++)
		rc = take(f, &((const struct found *)f->places.rows)[i], e);
	return rc;
}

static enum rc
erase_found(struct node *nd, struct finding *f, const struct sql *q,
	    const struct db_param *key, struct reply *out, struct err *e)
{
	struct erase_job *j = f->j;
	char *request = arena_alloc(f->a, UUID_TEXT_LEN + 1);
	enum rc rc = refs_find(f, q, key, e);

	reader_put(nd, f->s);
	if (rc == RC_OK && j->n_refs == 0)
		rc = err_set(e, RC_NOT_FOUND, "nothing of it is left to erase");
	if (rc != RC_OK)
		return rc;
	uuid7_make(clock_now_us(), request);
	j->request = request;
	rc = writer_run(nd, erase_work, j, e);
	if (rc == RC_OK)
		rc = erase_finish(nd, e);
	if (rc == RC_OK)
		erase_reply(f->a, out, j);
	return rc;
}

/* A page of what is over, by the node itself and on this node alone: the other side has
 * the same policy. */
static enum rc
over_erase(struct node *nd, struct arena *a, int64_t channel, const struct sql *q,
	   int64_t before_us, bool *ret_more, struct err *e)
{
	struct erase_job j = {.by = EVENT_BY_NODE, .channel = channel};
	struct finding f = {.a = a, .j = &j};
	enum rc rc = reader_snapshot(nd, &f.s, e);

	if (rc == RC_OK)
		rc = refs_find(&f, q,
			       (struct db_param[]){DB_P_INT(channel), DB_P_INT(before_us),
						   DB_P_INT(EVENT_REFS_MAX)},
			       e);
	reader_put(nd, f.s);
	*ret_more = false;
	if (rc != RC_OK || j.n_refs == 0)
		return rc;
	rc = writer_run(nd, erase_work, &j, e);
	/* Not delivered yet, or frozen: the next look asks again. */
	if (rc == RC_CONFLICT || rc == RC_FROZEN)
		return RC_OK;
	*ret_more = rc == RC_OK && f.places.n == EVENT_REFS_MAX;
	return rc == RC_OK ? erase_finish(nd, e) : rc;
}

enum rc
erase_alone_over(struct node *nd, int64_t now_us, struct err *e)
{
	struct arena *a = arena_create();
	const struct channel_row *ch;
	struct store *s = NULL;
	size_t n = 0;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = store_channels(s, a, &ch, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		const struct policy *p;
		rc = policy_of_channel(s, a, &ch[i], &p, e);
		if (rc != RC_OK)
			break;
		const struct {
			const struct sql *q;
			int64_t kept_us;
		} over[] = {
			{&SQL_OBJECTION_EVENTS_BEFORE, p->retention.objections_us},
			{&SQL_CONTACT_SETS_BEFORE, p->retention.contacts_us},
		};
		for (size_t k = 0; k < sizeof(over) / sizeof(over[0]); k++)
			for (bool more = over[k].kept_us != 0; rc == RC_OK && more;)
				rc = over_erase(nd, a, ch[i].channel, over[k].q,
						now_us - over[k].kept_us, &more, e);
	}
	reader_put(nd, s);
	arena_free(a);
	return rc;
}

/*
 * What whoever objected wrote, how they are reached, and the answer; the ruling is public
 * and stays.  The other side is asked to erase the same.
 * in: objection, reason  out: request, what (texts), texts (how many), files (0)
 * RC_CONFLICT: it is not ruled on, or not delivered yet.  RC_NOT_FOUND: nothing is left.
 */
enum rc
service_objection_erase(struct node *nd, struct arena *a, const struct actor *who,
			json_t *in, struct reply *out, struct err *e)
{
	struct erase_job j = {.by = actor_pseudonym(who)};
	struct finding f = {.a = a, .j = &j};
	const char *objection;
	enum rc rc = in_only(in, "objection reason", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "objection", &objection, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", true, ALONE_REASON_MAX, &j.reason, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &f.s, e);
	if (rc != RC_OK)
		return rc;
	return erase_found(nd, &f, &SQL_OBJECTION_EVENTS,
			   (struct db_param[]){DB_P_TEXT(objection)}, out, e);
}

/*
 * Names and numbers of directories of either side that newer ones have replaced; 64 at a
 * time.  The other side is asked to erase the same.
 * in: peer?, reason  out: as of an objection
 */
enum rc
service_contacts_erase(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	struct erase_job j = {.by = actor_pseudonym(who)};
	struct finding f = {.a = a, .j = &j};
	struct channel_row ch;
	const char *peer;
	enum rc rc = in_only(in, "peer reason", e);

	if (rc == RC_OK)
		rc = in_text(in, "peer", false, ORG_MAX, &peer, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", true, ALONE_REASON_MAX, &j.reason, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &f.s, e);
	if (rc != RC_OK)
		return rc;
	rc = channel_of_peer(f.s, a, peer, &ch, e);
	if (rc != RC_OK) {
		reader_put(nd, f.s);
		return rc;
	}
	return erase_found(nd, &f, &SQL_CONTACT_SETS_BEFORE,
			   (struct db_param[]){DB_P_INT(ch.channel), DB_P_INT(INT64_MAX),
					       DB_P_INT(EVENT_REFS_MAX)},
			   out, e);
}

/* Do here what the other side asks for.  in: request  out: as of an objection */
enum rc
service_erasure_do(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	struct erase_job j = {.by = actor_pseudonym(who)};
	enum rc rc = in_only(in, "request", e);

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
