/*
 * Erasure of texts that belong to no case: what people who objected wrote and how they
 * are reached, and directories of contacts that count no longer.
 */
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "service/erase.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { ALONE_REASON_MAX = 2000 };

struct finding {
	struct store *s;
	struct arena *a;
	const char *objection; /* NULL: contacts */
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
	const char *objection = json_string_value(json_object_get(ev->body, "objection"));
	if (f->objection != NULL &&
	    (objection == NULL || strcmp(objection, f->objection) != 0))
		return RC_OK; /* another one, answered at the same time */
	rc = says_something(f, ev, &says, e);
	if (rc != RC_OK || !says || f->j->n_refs == EVENT_REFS_MAX)
		return rc;
	f->j->channel = at->channel;
	f->j->of[f->j->n_refs] = p;
	f->j->refs[f->j->n_refs++].seq = (uint64_t)at->seq;
	return RC_OK;
}

static enum rc
erase_found(struct node *nd, struct finding *f, const struct sql *q,
	    const struct db_param *key, struct reply *out, struct err *e)
{
	struct erase_job *j = f->j;
	char *request = arena_alloc(f->a, UUID_TEXT_LEN + 1);
	enum rc rc;

	j->what = "texts";
	j->refs = arena_array(f->a, EVENT_REFS_MAX, sizeof(*j->refs));
	j->of = arena_array(f->a, EVENT_REFS_MAX, sizeof(*j->of));
	f->places = (struct store_list){.s = f->s, .a = f->a};
	rc = store_run(f->s, q, key, on_found, f, e);
	for (size_t i = 0; rc == RC_OK && i < f->places.n; i++)
		rc = take(f, &((const struct found *)f->places.rows)[i], e);
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
	enum rc rc = in_only(in, "objection reason", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "objection", &f.objection, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", true, ALONE_REASON_MAX, &j.reason, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &f.s, e);
	if (rc != RC_OK)
		return rc;
	return erase_found(nd, &f, &SQL_OBJECTION_EVENTS,
			   (struct db_param[]){DB_P_TEXT(f.objection)}, out, e);
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
			   (struct db_param[]){DB_P_INT(ch.channel)}, out, e);
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
