/*
 * tick - what a node does by itself when its time has come.
 *
 * Each row of the table in tick.c looks for what is due and does it through the writer.
 * The work is proportional to what is due: each has an index on the time.
 */
#ifndef SALURAN_SERVICE_TICK_H
#define SALURAN_SERVICE_TICK_H

#include "service/node_int.h"

enum { TICK_NEVER_US = -1 };

/* `*next_us` is TICK_NEVER_US before the call; set it to when this is to be called again
 * at the latest, and to `now_us` when more is due than was done.  A commit calls it again
 * in any case. */
typedef enum rc tick_fn(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e);

/* Is it the node that is not well, rather than one case or channel?  What fails otherwise
 * is set aside: it never keeps others from what is due. */
bool tick_node_unwell(enum rc rc);

tick_fn tick_clock;    /* clock_guard.c */
tick_fn tick_disk;     /* disk.c */
tick_fn tick_delivery; /* delivery_watch.c */
tick_fn tick_recovery; /* recovery_told.c */
tick_fn tick_rekey;    /* rekey.c */
tick_fn tick_epoch;    /* exchange_epoch.c */
tick_fn tick_adopt;    /* exchange_adopt.c */
tick_fn tick_access, tick_access_watch;
tick_fn tick_order_expiry, tick_order_stages, tick_order_due;
tick_fn tick_retention;	     /* what the policy keeps no longer */
tick_fn tick_erase_asked;    /* requests of the other side */
tick_fn tick_evidence_loose; /* files that no event came for */
tick_fn tick_mail_evidence;  /* messages that are to be given */
tick_fn tick_mail_forget;    /* dropped messages, in time */
tick_fn tick_import;	     /* lists that nobody sent */
/* channel_test.c: tests that are due, alarms of those that nobody answered */
tick_fn tick_channel_test, tick_channel_alarm;
/* objection.c: those that wait enter the log, alarms of those that are overdue */
tick_fn tick_objection_queue, tick_objection_due;
tick_fn tick_idem;
/* duty.c: what has a date and hangs on no clock of a case */
tick_fn tick_scrutiny, tick_statistics;
tick_fn tick_held;	    /* held.c */
tick_fn tick_prepare;	    /* prepared.c */
tick_fn tick_zone_fold;	    /* zone_fold.c */
tick_fn tick_zone_old;	    /* zone_old.c */
tick_fn tick_zone_past;	    /* zone_publish.c */
tick_fn tick_zone_watch;    /* zone_watch.c */
tick_fn tick_zone_held;	    /* zone_held.c */
tick_fn tick_order_release; /* order_release.c: lifts that wait for the log */
tick_fn tick_probe_forget;  /* probe_take.c */
tick_fn tick_probe_watch;   /* probe_watch.c */
/* order_zones.c */
tick_fn tick_operators; /* operator_lack.c */
tick_fn tick_order_zone_stages, tick_still_blocked;

#endif
