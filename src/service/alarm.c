#include "service/alarm.h"

#include <assert.h>
#include <string.h>

#include "service/use.h"
#include "store/store_sql.h"

enum { ALARMS_SHOWN_MAX = 1000 };

enum rc
alarm_raise(struct writer *w, const char *key, const char *kind, const char *subject,
	    const char *text, int64_t at_us, struct err *e)
{
	assert(strlen(key) <= ALARM_KEY_MAX && strlen(text) <= ALARM_TEXT_MAX);
	return store_run(w->s, &SQL_ALARM_RAISE,
			 (struct db_param[]){
				 DB_P_TEXT(key),
				 DB_P_TEXT(kind),
				 DB_P_TEXT(subject),
				 DB_P_TEXT(text),
				 DB_P_INT(at_us),
			 },
			 NULL, NULL, e);
}

enum rc
alarm_clear(struct writer *w, const char *key, struct err *e)
{
	return store_run(w->s, &SQL_ALARM_CLEAR,
			 (struct db_param[]){DB_P_TEXT(key), DB_P_INT(w->now_us)}, NULL,
			 NULL, e);
}

/* in: all? (those that are past too)  out: alarms [{key, kind, subject, text, raised,
 * cleared}], the newest first */
enum rc
service_alarms(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	json_t *rows = json_array();
	struct store *s = NULL;
	const char *all;
	enum rc rc = in_only(in, "all", e);

	(void)who;
	reply_json(a, out, json_pack("{s:o}", "alarms", rows));
	if (rc == RC_OK)
		rc = in_text(in, "all", false, 3, &all, e);
	if (rc == RC_OK && all != NULL && strcmp(all, "yes") != 0)
		rc = err_set(e, RC_INVALID, "\"all\" is \"yes\" or absent");
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_ALARM_LIST,
				(struct db_param[]){DB_P_INT(all != NULL),
						    DB_P_INT(ALARMS_SHOWN_MAX)},
				"key:s kind:s subject:s text:s raised:t cleared:t", rows,
				e);
	reader_put(nd, s);
	return rc;
}
