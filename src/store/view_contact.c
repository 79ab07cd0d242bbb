/* The fold of contact directories and channel tests. */
#include <stdlib.h>
#include <string.h>

#include "store/store_sql.h"
#include "store/view_int.h"

/* What a disclosure has under that name, within reason, or NULL. */
static const char *
disclosed_text(const json_t *d, const char *name)
{
	return json_string_value(json_object_get(d, name));
}

static enum rc
contact_insert(struct fold *f, size_t i, const json_t *c, struct err *e)
{
	json_t *hours = json_object_get(c, "hours"), *d;
	enum rc rc = fold_disclosed_at(f, i, &d, e);

	if (rc != RC_OK)
		return rc;
	char *languages = json_dumps(json_object_get(c, "languages"), JSON_COMPACT);
	char *when =
		hours == NULL ? NULL : json_dumps(hours, JSON_COMPACT | JSON_SORT_KEYS);
	rc = store_run(f->s, &SQL_V_CONTACT_INSERT,
		       (struct db_param[]){
			       DB_P_INT(f->channel),
			       DB_P_INT(f->from),
			       DB_P_INT(i),
			       DB_P_TEXT(json_string_value(json_object_get(c, "role"))),
			       DB_P_INT(json_integer_value(json_object_get(c, "order"))),
			       DB_P_TEXT(languages),
			       DB_P_TEXT(when),
			       DB_P_TEXT(disclosed_text(d, "name")),
			       DB_P_TEXT(disclosed_text(d, "reach")),
			       DB_P_TEXT(disclosed_text(d, "note")),
		       },
		       NULL, NULL, e);
	free(languages);
	free(when);
	return rc;
}

/* The directory is whole in each event: the one before goes. */
enum rc
fold_contact_set(struct fold *f, struct err *e)
{
	const struct db_param side[] = {DB_P_INT(f->channel), DB_P_INT(f->from)};
	int64_t version;
	size_t i;
	const json_t *c;
	enum rc rc = store_int(f->s, &SQL_V_CONTACT_VERSION, side, 0, &version, e);

	if (rc == RC_OK && fold_int(f, "version") <= version)
		fold_void(f, "version %lld of the contacts is there already",
			  (long long)version);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = store_run(f->s, &SQL_V_CONTACT_OLD_PUT,
		       (struct db_param[]){side[0], side[1], DB_P_INT(f->ev->seq)}, NULL,
		       NULL, e);
	if (rc == RC_OK)
		rc = store_run(f->s, &SQL_V_CONTACT_SET_PUT,
			       (struct db_param[]){
				       side[0],
				       side[1],
				       DB_P_INT(fold_int(f, "version")),
				       DB_P_INT(f->ev->seq),
				       DB_P_TEXT(f->ev->by),
				       DB_P_INT(f->ev->iat_us),
			       },
			       NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_run(f->s, &SQL_V_CONTACT_CLEAR, side, NULL, NULL, e);
	json_array_foreach (json_object_get(f->ev->body, "contacts"), i, c)
		if (rc == RC_OK)
			rc = contact_insert(f, i, c, e);
	return rc;
}

enum rc
fold_channel_test(struct fold *f, struct err *e)
{
	enum rc rc = store_run(f->s, &SQL_V_CHANNEL_TEST_INSERT,
			       (struct db_param[]){
				       DB_P_INT(f->channel),
				       DB_P_INT(f->from),
				       DB_P_TEXT(fold_text(f, "test")),
				       DB_P_INT(f->ev->seq),
				       DB_P_TEXT(f->ev->by),
				       DB_P_INT(f->ev->iat_us),
				       DB_P_INT(fold_int(f, "due")),
			       },
			       NULL, NULL, e);

	if (rc == RC_OK && f->s->drv->changes(f->s->db) == 0)
		fold_void(f, "there is a test of that id already");
	return rc;
}

enum rc
fold_channel_test_ack(struct fold *f, struct err *e)
{
	const struct event_ref *r = &f->ev->refs[0];
	struct log_head h;
	enum rc rc = store_head_by_origin(f->s, f->a, r->log, &h, e);

	if (rc == RC_NOT_FOUND ||
	    (rc == RC_OK && (h.channel != f->channel || h.party == f->from))) {
		fold_void(f, "only a test of the other side can be acknowledged");
		return RC_OK;
	}
	if (rc == RC_OK)
		rc = store_run(f->s, &SQL_V_CHANNEL_TEST_ACK,
			       (struct db_param[]){
				       DB_P_INT(f->channel),
				       DB_P_INT(h.party),
				       DB_P_TEXT(fold_text(f, "test")),
				       DB_P_INT(r->seq),
				       DB_P_INT(f->ev->iat_us),
				       DB_P_TEXT(f->ev->by),
				       DB_P_INT(f->ev->seq),
			       },
			       NULL, NULL, e);
	if (rc == RC_OK && f->s->drv->changes(f->s->db) == 0)
		fold_void(f, "there is no such test that waits to be acknowledged");
	return rc;
}
