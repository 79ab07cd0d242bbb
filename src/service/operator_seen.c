/*
 * What the zones' server saw of operators: which serial each of their hosts holds, and
 * what became of the NOTIFY that was sent to them.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/alarm.h"
#include "service/operator.h"
#include "service/operator_talk.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum {
	HOSTS_MAX = 256, /* of an operator that are told apart, for one zone */
	HOSTS_FORGET_S = 30 * 86400,
};

/* It asked, and has what it had. */
static enum rc
held_again(struct writer *w, const struct zone_pulled *p, struct err *e)
{
	enum rc rc = store_run(
		w->s, &SQL_OPERATOR_HOST_HELD,
		(struct db_param[]){DB_P_TEXT(p->operator_name), DB_P_TEXT(p->origin),
				    DB_P_TEXT(p->address), DB_P_INT(w->now_us)},
		NULL, NULL, e);

	return rc == RC_OK ? store_run(w->s, &SQL_OPERATOR_PULLED_HELD,
				       (struct db_param[]){DB_P_TEXT(p->operator_name),
							   DB_P_TEXT(p->origin),
							   DB_P_INT(w->now_us)},
				       NULL, NULL, e)
			   : rc;
}

static enum rc
host_put(struct writer *w, const struct zone_pulled *p, struct err *e)
{
	enum rc rc =
		store_run(w->s, &SQL_OPERATOR_HOST_FORGET,
			  (struct db_param[]){
				  DB_P_TEXT(p->operator_name), DB_P_TEXT(p->origin),
				  DB_P_INT(w->now_us - HOSTS_FORGET_S * CLOCK_US_PER_S)},
			  NULL, NULL, e);

	return rc == RC_OK ? store_run(w->s, &SQL_OPERATOR_HOST_PUT,
				       (struct db_param[]){
					       DB_P_TEXT(p->operator_name),
					       DB_P_TEXT(p->origin),
					       DB_P_TEXT(p->address),
					       DB_P_INT(p->serial),
					       DB_P_INT(w->now_us),
					       DB_P_INT(HOSTS_MAX),
				       },
				       NULL, NULL, e)
			   : rc;
}

static enum rc
work_pulled(struct writer *w, void *arg, struct err *e)
{
	const struct zone_pulled *p = *(const struct zone_pulled *const *)arg;
	bool held = strcmp(p->how, "held") == 0;
	bool counts = !held && !zone_origin_is_why(p->origin);
	enum rc rc = store_run(w->s, &SQL_OPERATOR_PULLED,
			       (struct db_param[]){DB_P_TEXT(p->operator_name),
						   DB_P_INT(counts ? p->serial : 0),
						   DB_P_INT(w->now_us)},
			       NULL, NULL, e);

	if (rc == RC_OK)
		rc = alarm_clear(w, operator_key_alarm(w->a, p->operator_name), e);
	if (rc == RC_OK && held)
		return held_again(w, p, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_OPERATOR_PULLED_PUT,
			       (struct db_param[]){
				       DB_P_TEXT(p->operator_name),
				       DB_P_TEXT(p->origin),
				       DB_P_INT(p->serial),
				       DB_P_TEXT(p->how),
				       DB_P_INT(w->now_us),
			       },
			       NULL, NULL, e);
	return rc == RC_OK ? host_put(w, p, e) : rc;
}

static enum rc
work_ahead(struct writer *w, void *arg, struct err *e)
{
	const struct zone_pulled *p = *(const struct zone_pulled *const *)arg;

	return zone_ahead(w, p->operator_name, p->address, p->serial, e);
}

void
service_pulled(struct node *nd, const struct zone_pulled *p)
{
	struct err e = ERR_INIT;
	bool ahead = strcmp(p->how, "ahead") == 0;

	/* Of this the daemon hears that publishes the zones, when it serves them. */
	if (ahead && nd->beside)
		return;
	if (writer_run(nd, ahead ? work_ahead : work_pulled, &p, &e) != RC_OK)
		log_line(LOG_WARN, "zone.pulled", "operator=%s serial=%u why=%s",
			 p->operator_name, p->serial, e.text);
}

/* ---- NOTIFY ---------------------------------------------------------------------------
 */

/* What each result says, and what mends it. */
static const struct {
	const char *result, *mend;
} notify_words[] = {
	{"acknowledged", NULL},
	{"refused", "it takes no NOTIFY from this node: allow the address that this node "
		    "sends from, and its key, as the printed configuration does"},
	{"notauth", "it does not have this zone as a secondary, or not from this node: "
		    "compare its configuration with the printed one"},
	{"badkey", "it does not know the key that the NOTIFY is signed with: compare the "
		   "name of the key in its configuration"},
	{"badsig", "it has another secret for the key: give it a new key"},
	{"badtime", "its clock and this machine's are more than five minutes apart: set "
		    "both by NTP"},
	{"bad_answer", "its answer is signed, but not with the operator's key: another "
		       "server answers at that address, or has another secret"},
	{"formerr", "it cannot read the NOTIFY: something on the way changes it, or the "
		    "server is too old"},
	{"servfail", "it failed by itself: look at its log"},
	{"notimp", "it knows no NOTIFY: add the operator without a notify port, and it "
		   "comes by its refresh"},
	{"error", "it answers with an error: look at its log"},
	{"no_answer", "nothing comes back: is the server running, is the notify port the "
		      "one it listens on, does a firewall let UDP through both ways?"},
	{"not_sent",
	 "this machine has no way to that address: look at rpz.listen and its "
	 "routes"},
};

const char *
notify_mend(const char *result)
{
	for (size_t i = 0; i < sizeof(notify_words) / sizeof(notify_words[0]); i++)
		if (strcmp(notify_words[i].result, result) == 0)
			return notify_words[i].mend;
	return NULL;
}

static enum rc
work_notified(struct writer *w, void *arg, struct err *e)
{
	const struct zone_notified *n = *(const struct zone_notified *const *)arg;

	return store_run(w->s, &SQL_OPERATOR_NOTIFY_PUT,
			 (struct db_param[]){
				 DB_P_TEXT(n->operator_name),
				 DB_P_TEXT(n->origin),
				 DB_P_TEXT(n->address),
				 DB_P_INT(n->port),
				 DB_P_INT(n->serial),
				 DB_P_TEXT(n->result),
				 DB_P_INT(n->attempts),
				 DB_P_INT(n->over),
				 DB_P_INT(w->now_us),
			 },
			 NULL, NULL, e);
}

void
service_notified(struct node *nd, const struct zone_notified *n)
{
	struct err e = ERR_INIT;

	if (writer_run(nd, work_notified, &n, &e) != RC_OK)
		log_line(LOG_WARN, "zone.notified", "operator=%s result=%s why=%s",
			 n->operator_name, n->result, e.text);
}

/* An operator may have zones that its server does not take: the layout "both". */
static bool
takes_others(const json_t *pulled, const json_t *notify)
{
	size_t i;
	const json_t *v;

	json_array_foreach (pulled, i, v)
		if (json_equal(json_object_get(v, "origin"),
			       json_object_get(notify, "origin")) == 1)
			return false;
	return json_array_size(pulled) != 0;
}

enum rc
operator_notify_json(struct store *s, const char *operator_name, const json_t *pulled,
		     json_t **ret, struct err *e)
{
	size_t i;
	json_t *v;

	*ret = json_array();
	enum rc rc = store_rows(s, &SQL_OPERATOR_NOTIFY_LIST,
				(struct db_param[]){DB_P_TEXT(operator_name)},
				"origin:s address:s port:i serial:i result:s attempts:i "
				"over:b at:t",
				*ret, e);
	json_array_foreach (*ret, i, v) {
		const char *result = json_string_value(json_object_get(v, "result"));
		const char *mend = notify_mend(result);
		if ((strcmp(result, "refused") == 0 || strcmp(result, "notauth") == 0) &&
		    takes_others(pulled, v))
			mend = "it fetches other zones of this node and not this one: "
			       "nothing is wrong, unless it should";
		json_object_set_new(v, "mend",
				    mend == NULL ? json_null() : json_string(mend));
	}
	return rc;
}
