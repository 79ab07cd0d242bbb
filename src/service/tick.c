#include "service/tick.h"

#include "base/clock.h"
#include "service/clock_guard.h"

static const struct {
	const char *name; /* in the log */
	int party;	  /* whose node does it, -1: both */
	bool dated;	  /* waits while this node does not know what time it is */
	tick_fn *fn;
} ticks[] = {
	{"clock", -1, false, tick_clock}, /* first: what it finds counts for the others */
	{"disk", -1, false, tick_disk},
	{"delivery", -1, true, tick_delivery},
	{"recovery", -1, false, tick_recovery},
	{"rekey", -1, false, tick_rekey},
	{"epoch", -1, false, tick_epoch},
	{"adopt", -1, false, tick_adopt}, /* an epoch begins with its own event */
	{"held.decision", PARTY_PLATFORM, true, tick_held},
	{"step.prepare", PARTY_AUTHORITY, true, tick_prepare},
	{"duty.scrutiny", -1, true, tick_scrutiny},
	{"duty.statistics", -1, true, tick_statistics},
	{"access.retention", -1, true, tick_access},
	{"access.watch", -1, false, tick_access_watch},
	{"order.stages", PARTY_AUTHORITY, true, tick_order_stages},
	{"order.expiry", PARTY_AUTHORITY, true, tick_order_expiry},
	{"order.zone_stages", PARTY_AUTHORITY, true, tick_order_zone_stages},
	{"order.still_blocked", PARTY_AUTHORITY, false, tick_still_blocked},
	{"operator.lack", PARTY_AUTHORITY, true, tick_operators},
	{"order.release", PARTY_AUTHORITY, false, tick_order_release},
	{"zone.past", PARTY_AUTHORITY, true, tick_zone_past},
	{"zone.held", PARTY_AUTHORITY, true, tick_zone_held},
	{"zone.old", PARTY_AUTHORITY, false, tick_zone_old},
	{"zone.fold", PARTY_AUTHORITY, false, tick_zone_fold},
	{"zone.watch", PARTY_AUTHORITY, false, tick_zone_watch},
	{"order.due", PARTY_AUTHORITY, true, tick_order_due},
	{"erase.asked", -1, false, tick_erase_asked},
	{"retention", -1, true, tick_retention},
	{"evidence.loose", -1, true, tick_evidence_loose},
	{"mail.evidence", PARTY_AUTHORITY, false, tick_mail_evidence},
	{"import.forget", PARTY_AUTHORITY, true, tick_import},
	{"mail.forget", PARTY_AUTHORITY, true, tick_mail_forget},
	{"channel.test", -1, true, tick_channel_test},
	{"channel.alarm", -1, true, tick_channel_alarm},
	{"objection.queue", PARTY_AUTHORITY, false, tick_objection_queue},
	{"objection.due", PARTY_AUTHORITY, true, tick_objection_due},
	{"idempotency", -1, true, tick_idem},
	{"probe.forget", PARTY_AUTHORITY, true, tick_probe_forget},
	{"probe.watch", PARTY_AUTHORITY, false, tick_probe_watch},
};

bool
tick_node_unwell(enum rc rc)
{
	return rc == RC_IO || rc == RC_FULL || rc == RC_RETRY || rc == RC_UNAVAILABLE;
}

enum rc
service_tick(struct node *nd, int64_t max_us, int64_t *ret_wait_us, struct err *e)
{
	int64_t now_us = clock_now_us();
	enum rc rc = RC_OK;

	*ret_wait_us = max_us;
	if (!signer_alive(nd->signer))
		return err_set(e, RC_UNAVAILABLE,
			       "the signer's process has ended: nothing can be signed");
	for (size_t i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++) {
		int64_t next_us = TICK_NEVER_US;
		struct err why = ERR_INIT;

		if (ticks[i].party >= 0 && nd->id->role != (enum party)ticks[i].party)
			continue;
		if (ticks[i].dated && !clock_guard_dates(nd))
			continue;
		/* One that fails does not keep the others from what is due. */
		enum rc one = ticks[i].fn(nd, now_us, &next_us, &why);
		if (one != RC_OK) {
			err_prefix(&why, "%s", ticks[i].name);
			if (rc == RC_OK && e != NULL)
				*e = why;
			/* The signer's end is RC_UNAVAILABLE; a database that is away
			 * comes back. */
			if (rc == RC_OK)
				rc = one == RC_UNAVAILABLE ? RC_IO : one;
		}
		if (next_us == TICK_NEVER_US)
			continue;
		if (next_us <= now_us)
			*ret_wait_us = 0;
		else if (next_us - now_us < *ret_wait_us)
			*ret_wait_us = next_us - now_us;
	}
	return rc;
}
