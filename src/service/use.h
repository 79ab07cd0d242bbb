/*
 * use - the use cases by family, for the table in service.c.
 *
 * What each takes and gives stands above its definition.
 */
#ifndef SALURAN_SERVICE_USE_H
#define SALURAN_SERVICE_USE_H

#include "service/node_int.h"

/* person_lock.c, verify.c */
service_fn service_person_lock, service_person_unlock, service_person_end;
service_fn service_verify, service_qr;
/* notice.c, notice_batch.c */
service_fn service_batch_check, service_notice_send;
/* import_list.c */
service_fn service_lists, service_list_add, service_list_part, service_list,
	service_list_drop;
/* act.c: what people do on a case */
service_fn service_case_accept, service_case_refuse, service_case_decide,
	service_case_say, service_case_read, service_case_remind, service_case_warn,
	service_case_close, service_case_reopen;
/* decide.c, held.c */
service_fn service_decide_preview, service_held, service_held_cancel,
	service_case_reverse;
/* recovery.c, exchange_epoch.c, fraud_file.c */
service_fn service_regain, service_channel_epoch, service_channel_proof;
/* clock_guard.c */
service_fn service_clock, service_clock_trust;
/* query.c */
service_fn service_counts;
/* prepared.c */
service_fn service_prepared, service_prepared_send;
/* clarify.c, dispute.c */
service_fn service_case_clarify, service_case_answer, service_case_transfer;
service_fn service_dispute_open, service_dispute_answer, service_dispute_rule,
	service_disputes;
/* The disputes of a case, with what is owed, appended to `into`. */
enum rc case_disputes(struct store *s, const char *casefile, json_t *into,
		      struct err *e) MUST_CHECK;
/* case_note.c, template.c: what never leaves the node */
service_fn service_note_add, service_notes, service_template_add, service_templates,
	service_template, service_template_render;
/* order.c: the draft; order_sign.c, order_end.c: what follows; order_show.c */
service_fn service_order_check, service_order_draft, service_order_override,
	service_order_approve, service_order_return, service_order_withdraw,
	service_order_owner, service_order_review, service_order_plan, service_order_lift,
	service_order, service_orders, service_approvals;
enum { ORDER_TEXT_MAX = 10000 /* bytes of reasons, legal basis, a lift's reason */ };
/* cases.c, items.c, search.c: how things are found; claim.c: who works on them */
service_fn service_cases, service_queues, service_items, service_search,
	service_case_claim, service_case_release, service_case_assign,
	service_case_presence;
/* policy.c: what both sides are bound by */
service_fn service_policies, service_policy_adopt;
/* form.c: the annexes of a law */
service_fn service_case_form;
/* duty.c: what has a date and hangs on no clock of a case */
service_fn service_duties, service_duty_done;
/* explain.c */
service_fn service_deadline;
/* erase_ask.c: erasure and legal holds */
service_fn service_objection_erase, service_contacts_erase, service_erasure_do;
service_fn service_erase, service_erase_do, service_erasures, service_hold_place,
	service_hold_release;
/* evidence.c: files for people */
service_fn service_evidence_add, service_evidence_list, service_evidence_get,
	service_upload, service_upload_put, service_upload_drop;
/* reveal.c, shield.c: what of them people are shown */
service_fn service_reveal, service_picture, service_reveals, service_shield,
	service_shield_set;
/* query.c: what people see */
service_fn service_status, service_case, service_lookup;
/* mail_import.c, mail_show.c, mail_decide.c, mail_send.c: e-mail that was sent before
 * there was a channel */
service_fn service_mail_import, service_mails, service_mail, service_mail_raw,
	service_case_mail, service_mail_decide, service_mail_drop, service_mail_join,
	service_mail_send;
/* zone.c */
service_fn service_zone_show, service_zone_list, service_zone_add, service_zone_accept,
	service_zone_refuse, service_zone_shrink, service_zone_diff, service_zone_resume,
	service_zone_renew;
/* operator.c, operator_add.c: who may have a zone */
service_fn service_operator_list, service_operator_show, service_operator_add,
	service_operator_remove, service_operator_move, service_operator_key,
	service_operator_revoke;
/* operator_orders.c: what one of them has to apply */
service_fn service_operator_orders;
/* matrix.c: what became of an order at each of them */
service_fn service_order_matrix;
/* operator_say.c, reminder.c: what is said with them */
service_fn service_operator_confirm, service_order_waive, service_operator_answer,
	service_operator_talk, service_operator_contact, service_reminders,
	service_reminder_send;
/* operator_config.c */
service_fn service_operator_config;
/* peering.c */
service_fn service_introduce, service_peer_add, service_peer_list, service_peer_retry;
/* objection.c: coming in; objection_rule.c: answers, rulings, tracking */
service_fn service_objection_open, service_objection_admit;
service_fn service_objections, service_objection_answer, service_objection_rule,
	service_objection_track;
/* statistics.c */
service_fn service_statistics;
/* probe_work.c: what is asked; probe_take.c: what came; probe_show.c: what is shown of
 * it; probe_watch.c: from where */
service_fn service_probes_work, service_operator_probe, service_probes_take,
	service_probe_result, service_order_measured, service_probes,
	service_vantage_remove;
/* probe_witness.c: names by which addresses are measured */
service_fn service_witness_put, service_witness_remove, service_witnesses;
/* register.c */
service_fn service_register, service_register_entry, service_register_proof;
/* register_log.c: what an outsider checks the register with, and one event of a case */
service_fn service_register_logs, service_register_checkpoint, service_register_tile,
	service_case_record;
/* contact.c */
service_fn service_contacts, service_contacts_set;
/* channel_test.c */
service_fn service_channel_test, service_channel_tests, service_channel_test_ack;
/* export.c */
service_fn service_export;
/* alarm.c */
service_fn service_alarms;
/* feed.c, metrics.c: what programs follow */
service_fn service_events, service_metrics;
/* Is it one of "case.accept,item.*", or is the list "*"? */
bool feed_type_listed(const char *list, const char *type);
/* webhook.c */
service_fn service_webhook_list, service_webhook_add, service_webhook_rotate,
	service_webhook_replay, service_webhook_resume, service_webhook_remove,
	service_webhook_deliveries;
/* writer.c */
service_fn service_rebuild;

/* A text that is sent: as in_text(), and no place of a template is left open in it
 * (core/template.h).  *ret lives as long as the arena. */
enum rc in_ready(json_t *in, struct arena *a, const char *name, bool required, size_t max,
		 const char **ret, struct err *e) MUST_CHECK;

/* What the places of a template are filled in with. */
struct template_case {
	struct arena *a;
	const struct case_row *c; /* with its deadlines; NULL: no case */
	const char *org, *peer;
	unsigned level; /* of a warning, 0: none */
	json_t *values; /* {word: text}, before those of the case; NULL: none */
};
/* The text filled in; words of places that nothing fills are appended to `ret_open`. */
const char *template_for_case(const struct template_case *t, const char *text,
			      json_t *ret_open);
/* The newest version: template, version, kind, language, text, author, at.  *ret is new.
 * RC_NOT_FOUND. */
enum rc template_get(struct store *s, const char *name, json_t **ret,
		     struct err *e) MUST_CHECK;

/* notice_rules.c: what the policy asks of a notice.  RC_INVALID names the field. */
enum rc notice_fields_check(const struct policy *p, const json_t *fields,
			    struct err *e) MUST_CHECK;
/* RC_CONFLICT: not now.  Why, and when. */
enum rc notice_time_check(struct writer *w, const struct channel_row *ch,
			  const struct policy *p, const char *class_code, bool urgent,
			  struct err *e) MUST_CHECK;

/* A policy by its built-in name, or the text itself. */
enum rc policy_read(struct arena *a, const char *name_or_text, const struct policy **ret,
		    const char **ret_text, struct err *e) MUST_CHECK;
/* policy.c: a policy by its digest, parsed into the arena.  RC_NOT_FOUND. */
enum rc policy_by_digest(struct store *s, struct arena *a, const struct hash *sha256,
			 const struct policy **ret, struct err *e) MUST_CHECK;
/* That of a case, as its manifest names it.  RC_CONFLICT: it has none yet. */
enum rc policy_of_case(struct store *s, struct arena *a, const struct case_row *c,
		       const struct policy **ret, const struct policy_class **ret_class,
		       struct err *e) MUST_CHECK;
/* When the peer received our event that names this policy.  RC_NOT_FOUND: not yet. */
enum rc policy_named_receipt(struct store *s, struct arena *a,
			     const struct channel_row *c, const struct policy *p,
			     struct log_receipt *ret, struct err *e) MUST_CHECK;
/* The newest policy of a channel, parsed into the arena. */
enum rc policy_of_channel(struct store *s, struct arena *a, const struct channel_row *c,
			  const struct policy **ret, struct err *e) MUST_CHECK;

/* Does the case give an order of that channel its ground now?  RC_CONFLICT says why not;
 * RC_NOT_FOUND, RC_INVALID: of another channel. */
enum rc order_ground(struct store *s, struct arena *a, const struct policy *p,
		     int64_t channel, const char *casefile, int64_t now_us,
		     struct err *e) MUST_CHECK;

#endif
