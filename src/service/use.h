/*
 * use - the use cases by family, for the table in service.c.
 *
 * What each takes and gives stands above its definition.
 */
#ifndef SALURAN_SERVICE_USE_H
#define SALURAN_SERVICE_USE_H

#include "service/node_int.h"

/* notice.c */
service_fn service_batch_check, service_notice_send;
/* act.c: what people do on a case */
service_fn service_case_accept, service_case_refuse, service_case_decide,
	service_case_say, service_case_read, service_case_remind, service_case_warn,
	service_case_close, service_case_reopen;
/* order.c: grounds, guards, the draft; order_sign.c: what follows */
service_fn service_order_check, service_order_draft, service_order_override,
	service_order_approve, service_order_lift;
enum { ORDER_TEXT_MAX = 10000 /* bytes of reasons, legal basis, a lift's reason */ };
/* query.c: what people see */
service_fn service_status, service_cases, service_case, service_items, service_orders,
	service_order, service_lookup;
/* zone.c */
service_fn service_zone_show, service_operator_add, service_operator_remove;
/* peering.c */
service_fn service_introduce, service_peer_add, service_peer_list;
/* export.c */
service_fn service_export;
/* alarm.c */
service_fn service_alarms;
/* writer.c */
service_fn service_rebuild;

/* The newest policy of a channel, parsed into the arena. */
enum rc policy_of_channel(struct store *s, struct arena *a, const struct channel_row *c,
			  const struct policy **ret, struct err *e) MUST_CHECK;

/* Does the case give an order of that channel its ground now?  RC_CONFLICT says why not;
 * RC_NOT_FOUND, RC_INVALID: of another channel. */
enum rc order_ground(struct store *s, struct arena *a, const struct policy *p,
		     int64_t channel, const char *casefile, int64_t now_us,
		     struct err *e) MUST_CHECK;

#endif
