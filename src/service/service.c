#include "service/service.h"

#include <stdio.h>
#include <string.h>

#include "core/event_type.h"
#include "service/person.h"
#include "service/probe.h"
#include "service/use.h"

enum {
	SMALL = 64 << 10,
	LARGE_TEXT = 256 << 10, /* a directory of CONTACTS_MAX */
	LIST_PART = 4 << 20,	/* IMPORT_PART_MAX with its JSON escapes */
	LARGE = 80 << 20,	/* a batch of BATCH_BYTES_MAX with its JSON escapes */
};

/* Who answers for what is kept and what is erased. */
#define KEEPERS (ADMIN | APPROVER | ROLE_BIT(ROLE_LEAD))

/* Of a body that is taken as it comes. */
#define FILE_MOST ((size_t)EVENT_FILE_PLAIN_MAX)

#define ANYONE ROLES_ANY
/* A DNS operator is often of another organisation: the zone, and what it said of it. */
#define STAFF	 (ROLES_ANY & ~ROLE_BIT(ROLE_OPERATOR))
#define ADMIN	 ROLE_BIT(ROLE_ADMIN)
#define OFFICER	 ROLE_BIT(ROLE_OFFICER)
#define APPROVER ROLE_BIT(ROLE_APPROVER)
#define READMAIL (OFFICER | APPROVER | ROLE_BIT(ROLE_AUDITOR))
#define AGENT	 (ROLE_BIT(ROLE_AGENT) | ROLE_BIT(ROLE_LEAD))
#define WORKS	 (ADMIN | OFFICER | APPROVER | AGENT)
#define RULES	 (APPROVER | ROLE_BIT(ROLE_LEAD) | OFFICER)
#define TALKS	 (OFFICER | AGENT)
#define LEADS	 (APPROVER | ROLE_BIT(ROLE_LEAD))
#define ACTS	 (ADMIN | TALKS | APPROVER) /* who answers for their side */

const struct service_route service_routes[] = {
	{"GET", "/v1/status", ANYONE, -1, SMALL, service_status, "how the node is doing"},
	{"GET", "/v1/alarms", STAFF, -1, SMALL, service_alarms,
	 "what people must see and did not ask for"},
	{"GET", "/v1/recovery", STAFF, -1, SMALL, service_regain,
	 "which logs take nothing and why, and how far they are brought back from the "
	 "peer"},
	{"POST", "/v1/channel/epoch", ADMIN, -1, SMALL, service_channel_epoch,
	 "a frozen channel goes on, once the peer agrees too"},
	{"GET", "/v1/channel/proof", STAFF, -1, SMALL, service_channel_proof,
	 "the newest proof of equivocation, as a file that anybody can check"},
	{"GET", "/v1/clock", ANYONE, -1, SMALL, service_clock,
	 "does the node know what time it is"},
	{"POST", "/v1/clock/trust", ADMIN, -1, SMALL, service_clock_trust,
	 "the machine's clock is right"},
	{"GET", "/v1/duties", STAFF, -1, SMALL, service_duties,
	 "figures and reviews with a date, and who has said what of them"},
	{"POST", "/v1/duties/{duty}/done", ACTS, -1, SMALL, service_duty_done,
	 "it is done: the alarm ends"},
	{"GET", "/v1/persons", ADMIN | ROLE_BIT(ROLE_AUDITOR), -1, SMALL,
	 service_person_list, "who may act"},
	{"GET", "/v1/colleagues", STAFF, -1, SMALL, service_colleagues,
	 "whose pseudonym is whose, on this node"},
	{"POST", "/v1/persons", ADMIN, -1, SMALL, service_person_add,
	 "give a person a credential"},
	{"POST", "/v1/persons/{person}/withdraw", ADMIN, -1, SMALL,
	 service_person_withdraw, "take a person's credential away"},
	{"POST", "/v1/persons/{person}/role", ADMIN, -1, SMALL, service_person_role,
	 "give a person another role"},
	{"POST", "/v1/persons/{person}/lock", ADMIN, -1, SMALL, service_person_lock,
	 "let a person in by nothing, until they are unlocked"},
	{"POST", "/v1/persons/{person}/unlock", ADMIN, -1, SMALL, service_person_unlock,
	 "let a person in again"},
	{"POST", "/v1/persons/{person}/end", ADMIN, -1, SMALL, service_person_end,
	 "end all sessions of a person"},
	{"POST", "/v1/persons/{person}/link", ADMIN, -1, SMALL, service_person_link,
	 "a one-time link with which a person sets a password"},
	{"POST", "/v1/login", ROLES_NOBODY_NEEDED, -1, SMALL, service_login,
	 "begin a session"},
	{"POST", "/v1/welcome/check", ROLES_NOBODY_NEEDED, -1, SMALL,
	 service_welcome_check, "for whom a one-time link is, before it is used"},
	{"POST", "/v1/welcome", ROLES_NOBODY_NEEDED, -1, SMALL, service_welcome,
	 "use a one-time link: set a password, begin a session"},
	{"POST", "/v1/logout", ANYONE, -1, SMALL, service_logout, "end the session"},
	{"GET", "/v1/me", ANYONE, -1, SMALL, service_me, "who am I, and what may I do"},
	{"POST", "/v1/me/password", ANYONE, -1, SMALL, service_password,
	 "change one's password"},
	{"GET", "/v1/me/shield", STAFF, -1, SMALL, service_shield,
	 "how many pictures of evidence one is shown in a shift"},
	{"POST", "/v1/me/shield", STAFF, -1, SMALL, service_shield_set,
	 "be shown fewer of them, or none"},
	{"POST", "/v1/me/totp", ANYONE, -1, SMALL, service_totp_start,
	 "a new secret for a second factor"},
	{"POST", "/v1/me/totp/confirm", ANYONE, -1, SMALL, service_totp_confirm,
	 "confirm it with its first code"},
	{"POST", "/v1/me/totp/off", ANYONE, -1, SMALL, service_totp_off,
	 "without a second factor again"},
	{"POST", "/v1/me/recovery", ANYONE, -1, SMALL, service_recovery,
	 "new recovery codes"},
	{"GET", "/v1/sessions", ANYONE, -1, SMALL, service_sessions,
	 "one's sessions, or with admin another's"},
	{"POST", "/v1/sessions/{session}/revoke", ANYONE, -1, SMALL,
	 service_session_revoke, "end a session"},
	{"GET", "/v1/tokens", ANYONE, -1, SMALL, service_tokens,
	 "one's API tokens, or with admin another's"},
	{"POST", "/v1/tokens", ANYONE, -1, SMALL, service_token_add,
	 "an API token with scopes"},
	{"POST", "/v1/tokens/{token}/revoke", ANYONE, -1, SMALL, service_token_revoke,
	 "take a token back"},
	{"GET", "/v1/access", ADMIN | ROLE_BIT(ROLE_AUDITOR), -1, SMALL, service_access,
	 "who saw and did what"},
	{"GET", "/v1/access/check", ADMIN | ROLE_BIT(ROLE_AUDITOR), -1, SMALL,
	 service_access_check, "is that record whole"},
	{"GET", "/v1/peers", STAFF, -1, SMALL, service_peer_list,
	 "peers and their delivery"},
	{"POST", "/v1/peers/{peer}/retry", WORKS, -1, SMALL, service_peer_retry,
	 "try now what waits for another try"},
	{"POST", "/v1/peers/introduce", ADMIN, -1, SMALL + POLICY_MAX, service_introduce,
	 "make our introduction file for a peer"},
	{"POST", "/v1/peers", ADMIN, -1, SMALL + INTRODUCTION_MAX + POLICY_MAX,
	 service_peer_add, "add a peer by its file and fingerprint"},
	{"GET", "/v1/contacts", STAFF, -1, SMALL, service_contacts,
	 "who is reached on either side, and who is on duty"},
	{"POST", "/v1/contacts", ADMIN | LEADS, -1, LARGE_TEXT, service_contacts_set,
	 "publish who is reached on our side"},
	{"GET", "/v1/channel/tests", STAFF, -1, SMALL, service_channel_tests,
	 "tests of the channels, and who answered"},
	{"POST", "/v1/channel/tests", ACTS, -1, SMALL, service_channel_test,
	 "ask for a sign of life from a person of the peer"},
	{"POST", "/v1/channel/tests/{test}/ack", ACTS, -1, SMALL,
	 service_channel_test_ack, "a person has seen a test of the peer"},
	{"GET", "/v1/policies", ANYONE, -1, SMALL, service_policies,
	 "policies in effect, adopted and known"},
	{"POST", "/v1/policies", ADMIN, -1, SMALL + 2 * POLICY_MAX, service_policy_adopt,
	 "adopt a policy for our side"},
	{"GET", "/v1/lists", OFFICER, PARTY_AUTHORITY, SMALL, service_lists,
	 "one's lists that are not sent yet, and notices made of a file"},
	{"POST", "/v1/lists", OFFICER, PARTY_AUTHORITY, SMALL, service_list_add,
	 "announce a list that is sent in parts"},
	{"POST", "/v1/lists/{list}/parts", OFFICER, PARTY_AUTHORITY, LIST_PART,
	 service_list_part, "the text of a list, from an offset on"},
	{"GET", "/v1/lists/{list}", OFFICER, PARTY_AUTHORITY, SMALL, service_list,
	 "how far a list is"},
	{"POST", "/v1/lists/{list}/drop", OFFICER, PARTY_AUTHORITY, SMALL,
	 service_list_drop, "do not send the list after all"},
	{"POST", "/v1/batches/check", OFFICER, PARTY_AUTHORITY, LARGE,
	 service_batch_check, "check a list row by row, send nothing"},
	{"POST", "/v1/notices", OFFICER, PARTY_AUTHORITY, LARGE, service_notice_send,
	 "send a notice"},
	{"POST", "/v1/mail", OFFICER, PARTY_AUTHORITY, LARGE, service_mail_import,
	 "import an e-mail: what it proposes, nothing is sent"},
	{"GET", "/v1/mail", READMAIL, PARTY_AUTHORITY, SMALL, service_mails,
	 "e-mails that were imported"},
	{"GET", "/v1/mail/{mail}", READMAIL, PARTY_AUTHORITY, SMALL, service_mail,
	 "one e-mail, its thread and what it proposes"},
	{"GET", "/v1/mail/{mail}/raw", READMAIL, PARTY_AUTHORITY, SMALL, service_mail_raw,
	 "the message as it came"},
	{"POST", "/v1/mail/{mail}/decide-proposals", OFFICER, PARTY_AUTHORITY, 4 << 20,
	 service_mail_decide, "keep, drop or mend what it proposes"},
	{"POST", "/v1/mail/{mail}/drop", OFFICER, PARTY_AUTHORITY, SMALL,
	 service_mail_drop, "it is no report: its content goes"},
	{"POST", "/v1/mail/{mail}/join", OFFICER, PARTY_AUTHORITY, SMALL,
	 service_mail_join, "it belongs to a case"},
	{"POST", "/v1/mail/send", OFFICER, PARTY_AUTHORITY, SMALL, service_mail_send,
	 "send what e-mails propose as a notice"},
	{"GET", "/v1/cases/{case}/mail", READMAIL, PARTY_AUTHORITY, SMALL,
	 service_case_mail, "the e-mails that belong to a case"},
	{"GET", "/v1/cases", STAFF, -1, SMALL, service_cases, "cases by deadline"},
	{"GET", "/v1/queues", STAFF, -1, SMALL, service_queues,
	 "how many cases each list of them has"},
	{"GET", "/v1/cases/{case}", STAFF, -1, SMALL, service_case, "one case"},
	{"GET", "/v1/cases/{case}/items", STAFF, -1, SMALL, service_items, "its items"},
	{"POST", "/v1/cases/{case}/claim", TALKS | APPROVER, -1, SMALL,
	 service_case_claim, "work on it, as colleagues see"},
	{"POST", "/v1/cases/{case}/release", TALKS | APPROVER, -1, SMALL,
	 service_case_release, "work on it no longer"},
	{"POST", "/v1/cases/{case}/assign", TALKS | APPROVER, -1, SMALL,
	 service_case_assign, "have a colleague work on it"},
	{"POST", "/v1/cases/{case}/presence", STAFF, -1, SMALL, service_case_presence,
	 "say that one looks at it, and see who else does"},
	{"GET", "/v1/search", STAFF, -1, SMALL, service_search,
	 "cases, items and orders by a link, a host, a word or an id"},
	{"GET", "/v1/cases/{case}/deadline", STAFF, -1, SMALL, service_deadline,
	 "how its deadlines came about"},
	{"POST", "/v1/cases/{case}/form", STAFF, -1, LARGE_TEXT, service_case_form,
	 "a form that the policy's law prescribes, filled in; nothing is sent"},
	{"POST", "/v1/cases/{case}/accept", AGENT, PARTY_PLATFORM, SMALL,
	 service_case_accept, "a person has it"},
	{"POST", "/v1/cases/{case}/refuse", AGENT, PARTY_PLATFORM, SMALL,
	 service_case_refuse, "refuse it, with a reason"},
	{"POST", "/v1/cases/{case}/decide", AGENT, PARTY_PLATFORM, 2 << 20,
	 service_case_decide, "decide items"},
	{"POST", "/v1/cases/{case}/decide/preview", AGENT, PARTY_PLATFORM, 2 << 20,
	 service_decide_preview,
	 "what a decision would take, and what stands in its way"},
	{"POST", "/v1/cases/{case}/reverse", AGENT, PARTY_PLATFORM, 2 << 20,
	 service_case_reverse, "decide otherwise what is decided, with a reason"},
	{"POST", "/v1/cases/{case}/clarify", AGENT, PARTY_PLATFORM, SMALL,
	 service_case_clarify, "ask the authority what is needed to decide"},
	{"POST", "/v1/cases/{case}/answer", OFFICER, PARTY_AUTHORITY, SMALL,
	 service_case_answer, "answer a question of the platform"},
	{"POST", "/v1/cases/{case}/transfer", OFFICER, PARTY_AUTHORITY, SMALL,
	 service_case_transfer, "move it to another class of the policy"},
	{"POST", "/v1/cases/{case}/dispute", TALKS, -1, SMALL, service_dispute_open,
	 "contest decisions, or the notice"},
	{"GET", "/v1/disputes", STAFF, -1, SMALL, service_disputes,
	 "disputes, and the reversals that they ask for"},
	{"POST", "/v1/disputes/{dispute}/answer", TALKS, -1, SMALL,
	 service_dispute_answer, "answer a dispute of the other side"},
	{"POST", "/v1/disputes/{dispute}/rule", RULES, -1, SMALL, service_dispute_rule,
	 "rule on a dispute of the other side"},
	{"GET", "/v1/prepared", STAFF, PARTY_AUTHORITY, SMALL, service_prepared,
	 "reminders and warnings that are due, for a person to send"},
	{"POST", "/v1/prepared/{prepared}/send", OFFICER, PARTY_AUTHORITY, SMALL,
	 service_prepared_send, "send one, with its text or another"},
	{"GET", "/v1/counts", STAFF, -1, SMALL, service_counts,
	 "what became of every row that was submitted"},
	{"GET", "/v1/held", STAFF, PARTY_PLATFORM, SMALL, service_held,
	 "decisions in bulk that wait"},
	{"POST", "/v1/held/{held}/cancel", WORKS, PARTY_PLATFORM, SMALL,
	 service_held_cancel, "a decision that waits shall have no effect"},
	{"POST", "/v1/cases/{case}/say", TALKS, -1, SMALL, service_case_say,
	 "write to the other side"},
	{"POST", "/v1/cases/{case}/read", TALKS, -1, SMALL, service_case_read,
	 "mark its messages read"},
	{"POST", "/v1/cases/{case}/remind", OFFICER, PARTY_AUTHORITY, SMALL,
	 service_case_remind, "remind of a missed deadline"},
	{"POST", "/v1/cases/{case}/warn", OFFICER, PARTY_AUTHORITY, SMALL,
	 service_case_warn, "the next formal warning"},
	{"POST", "/v1/cases/{case}/close", TALKS, -1, SMALL, service_case_close,
	 "every item is decided"},
	{"POST", "/v1/cases/{case}/reopen", TALKS, -1, SMALL, service_case_reopen,
	 "open it again"},
	{"GET", "/v1/cases/{case}/notes", STAFF, -1, SMALL, service_notes,
	 "internal notes, which never leave the node"},
	{"POST", "/v1/cases/{case}/notes", WORKS, -1, SMALL, service_note_add,
	 "write an internal note"},
	{"GET", "/v1/templates", STAFF, -1, SMALL, service_templates,
	 "texts with places to fill in"},
	{"POST", "/v1/templates", WORKS, -1, SMALL, service_template_add,
	 "keep a template, or its next version"},
	{"GET", "/v1/templates/{template}", STAFF, -1, SMALL, service_template,
	 "one template"},
	{"POST", "/v1/templates/{template}/render", STAFF, -1, SMALL,
	 service_template_render, "fill a template in for a case; nothing is sent"},
	{"GET", "/v1/cases/{case}/record", STAFF, -1, SMALL, service_case_record,
	 "one event of a case, as the log has it"},
	{"GET", "/v1/cases/{case}/bundle", STAFF, -1, SMALL, service_export,
	 "the evidence bundle of a case"},
	{"POST", "/v1/cases/{case}/evidence", TALKS, -1, SMALL, service_evidence_add,
	 "give a file as evidence"},
	{"GET", "/v1/cases/{case}/evidence", STAFF, -1, SMALL, service_evidence_list,
	 "files of a case, and those on their way"},
	{"POST", "/v1/cases/{case}/erase", KEEPERS, -1, SMALL, service_erase,
	 "erase texts and files here, and ask the other side to"},
	{"POST", "/v1/cases/{case}/erase/{request}", KEEPERS, -1, SMALL, service_erase_do,
	 "erase here what was asked for"},
	{"GET", "/v1/cases/{case}/erasures", STAFF, -1, SMALL, service_erasures,
	 "what was erased or asked for, and legal holds"},
	{"POST", "/v1/objections/{objection}/erase", KEEPERS, -1, SMALL,
	 service_objection_erase,
	 "erase what was objected and answered, and ask the other side to"},
	{"POST", "/v1/contacts/erase", KEEPERS, -1, SMALL, service_contacts_erase,
	 "erase directories of contacts that count no longer"},
	{"POST", "/v1/erasures/{request}", KEEPERS, -1, SMALL, service_erasure_do,
	 "erase here what was asked for of objections and contacts"},
	{"POST", "/v1/cases/{case}/holds", ACTS, -1, SMALL, service_hold_place,
	 "place a legal hold: nothing of the case is erased"},
	{"POST", "/v1/cases/{case}/holds/{hold}/release", KEEPERS, -1, SMALL,
	 service_hold_release, "release a hold of this side"},
	{"PUT", "/v1/uploads/{upload}", TALKS, -1, FILE_MOST, service_upload_put,
	 "the bytes of a file, from an offset on"},
	{"GET", "/v1/uploads/{upload}", TALKS, -1, SMALL, service_upload,
	 "how far an upload is"},
	{"POST", "/v1/uploads/{upload}/drop", TALKS, -1, SMALL, service_upload_drop,
	 "do not give the file after all"},
	{"GET", "/v1/evidence/{sha256}", STAFF, -1, SMALL, service_evidence_get,
	 "read a file of evidence"},
	{"POST", "/v1/evidence/{sha256}/reveal", STAFF, -1, SMALL, service_reveal,
	 "have a picture shown: grey and blurred, then clear"},
	{"GET", "/v1/evidence/{sha256}/picture", STAFF, -1, SMALL, service_picture,
	 "the picture that was asked for, for an <img>"},
	{"GET", "/v1/approvals", ADMIN | ROLE_BIT(ROLE_AUDITOR), PARTY_AUTHORITY, SMALL,
	 service_approvals, "who approved whose orders, how often"},
	{"GET", "/v1/reveals", ADMIN | ROLE_BIT(ROLE_AUDITOR), -1, SMALL, service_reveals,
	 "who had which pictures shown, and why"},
	{"POST", "/v1/orders/check", OFFICER | APPROVER, PARTY_AUTHORITY, LARGE,
	 service_order_check, "grounds and guards of an order, nothing drafted"},
	{"POST", "/v1/orders", OFFICER, PARTY_AUTHORITY, LARGE, service_order_draft,
	 "draft an order"},
	{"GET", "/v1/orders", STAFF, -1, SMALL, service_orders, "orders"},
	{"GET", "/v1/orders/{order}", STAFF, -1, SMALL, service_order, "one order"},
	{"POST", "/v1/orders/{order}/override", APPROVER, PARTY_AUTHORITY, SMALL,
	 service_order_override, "override guards, with a reason"},
	{"POST", "/v1/orders/{order}/approve", APPROVER, PARTY_AUTHORITY, SMALL,
	 service_order_approve, "approve the exact text"},
	{"POST", "/v1/orders/{order}/return", APPROVER, PARTY_AUTHORITY, SMALL,
	 service_order_return, "return a draft to who drafted it, with reasons"},
	{"POST", "/v1/orders/{order}/withdraw", OFFICER, PARTY_AUTHORITY, SMALL,
	 service_order_withdraw, "withdraw one's own draft"},
	{"POST", "/v1/orders/{order}/owner", OFFICER | APPROVER, PARTY_AUTHORITY, SMALL,
	 service_order_owner, "the owner of names was told, or not reached"},
	{"POST", "/v1/orders/{order}/review", OFFICER | APPROVER, PARTY_AUTHORITY, SMALL,
	 service_order_review, "look again at an order in force, or at a lift"},
	{"POST", "/v1/orders/{order}/plan", APPROVER | OFFICER, PARTY_AUTHORITY, SMALL,
	 service_order_plan, "lift in stages, by date"},
	{"POST", "/v1/orders/{order}/lift", APPROVER | OFFICER, PARTY_AUTHORITY, SMALL,
	 service_order_lift, "lift an order or some of its names, at once"},
	{"GET", "/v1/zone", ANYONE, PARTY_AUTHORITY, SMALL, service_zone_show,
	 "what resolvers are told, and who pulled it"},
	{"GET", "/v1/zones", ANYONE, PARTY_AUTHORITY, SMALL, service_zone_list,
	 "every zone, and what the last gate holds"},
	{"POST", "/v1/zones", ADMIN, PARTY_AUTHORITY, SMALL, service_zone_add,
	 "another zone, for a group of operators or a territory"},
	{"GET", "/v1/zone/diff", ANYONE, PARTY_AUTHORITY, SMALL, service_zone_diff,
	 "what differs between two serials, or would by an order"},
	{"POST", "/v1/zone/accept", APPROVER, PARTY_AUTHORITY, SMALL, service_zone_accept,
	 "let an order out that the last gate holds"},
	{"POST", "/v1/zone/refuse", APPROVER | OFFICER, PARTY_AUTHORITY, SMALL,
	 service_zone_refuse, "end an order that the last gate holds"},
	{"POST", "/v1/zone/shrink", ADMIN, PARTY_AUTHORITY, SMALL, service_zone_shrink,
	 "take out rows that no order holds and nobody let go"},
	{"POST", "/v1/zone/resume", ADMIN, PARTY_AUTHORITY, SMALL, service_zone_resume,
	 "give the zones out though the store is an old copy"},
	{"POST", "/v1/zone/renew", ADMIN, PARTY_AUTHORITY, SMALL, service_zone_renew,
	 "give each zone anew: whole, under a serial past all others"},
	{"GET", "/v1/orders/{order}/matrix", ANYONE, PARTY_AUTHORITY, SMALL,
	 service_order_matrix, "an order at each operator: pulled, applied, measured"},
	{"POST", "/v1/orders/{order}/waive", APPROVER | OFFICER, PARTY_AUTHORITY, SMALL,
	 service_order_waive, "wait no more for an operator after a lift, and why"},
	{"GET", "/v1/operators", ANYONE, PARTY_AUTHORITY, SMALL, service_operator_list,
	 "operators, their keys, what they hold"},
	{"GET", "/v1/operators/{operator}", ANYONE, PARTY_AUTHORITY, SMALL,
	 service_operator_show, "one operator"},
	{"GET", "/v1/operators/{operator}/orders", ANYONE, PARTY_AUTHORITY, SMALL,
	 service_operator_orders,
	 "what the operator has to apply, and what became of it"},
	{"POST", "/v1/operators/{operator}/move", ADMIN, PARTY_AUTHORITY, SMALL,
	 service_operator_move, "give it another zone, or in another layout"},
	{"POST", "/v1/operators/{operator}/key", ADMIN, PARTY_AUTHORITY, SMALL,
	 service_operator_key, "a new key, the old ones good for a while beside it"},
	{"POST", "/v1/operators/{operator}/revoke", ADMIN, PARTY_AUTHORITY, SMALL,
	 service_operator_revoke, "a key, or all of them, are good no more"},
	{"POST", "/v1/operators/{operator}/confirm",
	 ADMIN | OFFICER | ROLE_BIT(ROLE_OPERATOR), PARTY_AUTHORITY, SMALL,
	 service_operator_confirm, "the operator says that it applied a serial"},
	{"POST", "/v1/operators/{operator}/answer",
	 ADMIN | OFFICER | ROLE_BIT(ROLE_OPERATOR), PARTY_AUTHORITY, SMALL,
	 service_operator_answer, "what the operator answers, or reports"},
	{"POST", "/v1/operators/{operator}/contact", ADMIN, PARTY_AUTHORITY, SMALL,
	 service_operator_contact, "whom the operator is reached by"},
	{"GET", "/v1/operators/{operator}/talk", ANYONE, PARTY_AUTHORITY, SMALL,
	 service_operator_talk, "what was said with the operator"},
	{"GET", "/v1/reminders", ANYONE, PARTY_AUTHORITY, SMALL, service_reminders,
	 "reminders to operators that are ready, or were sent"},
	{"POST", "/v1/reminders/{reminder}/send", ADMIN | OFFICER | APPROVER,
	 PARTY_AUTHORITY, SMALL, service_reminder_send,
	 "a reminder was sent: to whom, and by which way"},
	{"POST", "/v1/operators", ADMIN, PARTY_AUTHORITY, SMALL, service_operator_add,
	 "let a resolver have the zone"},
	{"GET", "/v1/operators/{operator}/config", ADMIN, PARTY_AUTHORITY, SMALL,
	 service_operator_config, "what the operator adds to the resolver"},
	{"POST", "/v1/operators/{operator}/probe", ADMIN, PARTY_AUTHORITY, SMALL,
	 service_operator_probe,
	 "which resolvers of an operator are asked what they answer"},
	{"GET", "/v1/probes", ANYONE, PARTY_AUTHORITY, SMALL, service_probes,
	 "from where which resolvers are asked, and when they last were"},
	{"POST", "/v1/probes/vantages/{vantage}/remove", ADMIN, PARTY_AUTHORITY, SMALL,
	 service_vantage_remove, "a prober is waited for no more"},
	{"GET", "/v1/witnesses", ANYONE, PARTY_AUTHORITY, SMALL, service_witnesses,
	 "names by which addresses of orders are measured"},
	{"POST", "/v1/witnesses", ADMIN | OFFICER | APPROVER, PARTY_AUTHORITY, SMALL,
	 service_witness_put, "measure an address by a name that is answered by it"},
	{"POST", "/v1/witnesses/remove", ADMIN | OFFICER | APPROVER, PARTY_AUTHORITY,
	 SMALL, service_witness_remove, "measure an address by the serial alone again"},
	{"GET", "/v1/probes/work", ADMIN | OFFICER, PARTY_AUTHORITY, SMALL,
	 service_probes_work, "what a prober is to ask now"},
	{"POST", "/v1/probes/results", ADMIN | OFFICER, PARTY_AUTHORITY,
	 PROBE_RESULTS_MAX *PROBE_RESULT_MAX, service_probes_take,
	 "what a prober was answered"},
	{"GET", "/v1/probes/results/{digest}", ANYONE, PARTY_AUTHORITY, SMALL,
	 service_probe_result, "the whole result that an event names"},
	{"GET", "/v1/orders/{order}/measured", ANYONE, PARTY_AUTHORITY, SMALL,
	 service_order_measured, "what resolvers were measured to answer for its names"},
	{"POST", "/v1/operators/{operator}/remove", ADMIN, PARTY_AUTHORITY, SMALL,
	 service_operator_remove, "no longer"},
	{"POST", "/v1/verify", STAFF, -1, LARGE, service_verify,
	 "check a bundle or a proof that somebody brings"},
	{"POST", "/v1/qr", ANYONE, -1, SMALL, service_qr, "a text as a QR code"},
	{"GET", "/v1/register", ROLES_NOBODY_NEEDED, PARTY_AUTHORITY, SMALL,
	 service_register, "the public register of orders"},
	{"GET", "/v1/register/logs", ROLES_NOBODY_NEEDED, PARTY_AUTHORITY, SMALL,
	 service_register_logs, "the logs that the register rests on"},
	{"GET", "/v1/register/logs/{log}/checkpoint", ROLES_NOBODY_NEEDED,
	 PARTY_AUTHORITY, SMALL, service_register_checkpoint,
	 "a log's newest checkpoint, signed"},
	{"GET", "/v1/register/logs/{log}/tile", ROLES_NOBODY_NEEDED, PARTY_AUTHORITY,
	 SMALL, service_register_tile, "a tile of its hashes"},
	{"GET", "/v1/register/{ref}", ROLES_NOBODY_NEEDED, PARTY_AUTHORITY, SMALL,
	 service_register_entry, "one entry of it"},
	{"GET", "/v1/register/{ref}/proof", ROLES_NOBODY_NEEDED, PARTY_AUTHORITY, SMALL,
	 service_register_proof, "proof that the log has what the entry says"},
	{"GET", "/v1/statistics", ROLES_NOBODY_NEEDED, -1, SMALL, service_statistics,
	 "the figures of both sides, by month"},
	{"POST", "/v1/objections", ROLES_NOBODY_NEEDED, PARTY_AUTHORITY, SMALL,
	 service_objection_open, "object to an order, or ask that it be lifted"},
	{"GET", "/v1/objections", STAFF, -1, SMALL, service_objections,
	 "objections, answers and rulings"},
	{"GET", "/v1/objections/{reference}", ROLES_NOBODY_NEEDED, PARTY_AUTHORITY, SMALL,
	 service_objection_track, "what became of an objection, by its code"},
	{"POST", "/v1/objections/{objection}/admit", OFFICER | APPROVER, PARTY_AUTHORITY,
	 SMALL, service_objection_admit, "let one that waits into the log now"},
	{"POST", "/v1/objections/{objection}/answer", OFFICER | APPROVER, PARTY_AUTHORITY,
	 SMALL, service_objection_answer, "answer who objected"},
	{"POST", "/v1/objections/{objection}/rule", APPROVER, PARTY_AUTHORITY, SMALL,
	 service_objection_rule, "rule on it; upheld means lifted"},
	{"GET", "/v1/lookup", ROLES_NOBODY_NEEDED, -1, SMALL, service_lookup,
	 "is a name blocked, why, since when"},
	{"GET", "/v1/events", STAFF, -1, SMALL, service_events,
	 "the feed of events, in the order of storing"},
	{"GET", "/v1/events/stream", STAFF, -1, SMALL, service_events,
	 "the same as it grows (text/event-stream)"},
	{"GET", "/v1/metrics", ANYONE, -1, SMALL, service_metrics,
	 "figures for monitoring; /metrics has them for Prometheus"},
	{"GET", "/v1/webhooks", ADMIN | ROLE_BIT(ROLE_AUDITOR), -1, SMALL,
	 service_webhook_list, "where events are handed to, and how far each has got"},
	{"POST", "/v1/webhooks", ADMIN, -1, SMALL, service_webhook_add,
	 "hand events over to a URL"},
	{"POST", "/v1/webhooks/{webhook}/rotate", ADMIN, -1, SMALL,
	 service_webhook_rotate, "a new secret"},
	{"POST", "/v1/webhooks/{webhook}/replay", ADMIN, -1, SMALL,
	 service_webhook_replay, "hand over again"},
	{"POST", "/v1/webhooks/{webhook}/resume", ADMIN, -1, SMALL,
	 service_webhook_resume, "try again at once, also when it was switched off"},
	{"POST", "/v1/webhooks/{webhook}/remove", ADMIN, -1, SMALL,
	 service_webhook_remove, "no longer"},
	{"GET", "/v1/webhooks/{webhook}/deliveries", ADMIN | ROLE_BIT(ROLE_AUDITOR), -1,
	 SMALL, service_webhook_deliveries, "its attempts, the newest first"},
	{"POST", "/v1/rebuild", ADMIN | ROLE_BIT(ROLE_AUDITOR), -1, SMALL,
	 service_rebuild, "make the views anew from the log and compare"},
};
const size_t service_routes_n = sizeof(service_routes) / sizeof(service_routes[0]);

/* Match word by word; words in braces go into `in`. */
static bool
path_match(const char *pattern, const char *path, json_t *in)
{
	while (*pattern != '\0' && *path != '\0') {
		size_t pl = strcspn(pattern + 1, "/") + 1,
		       al = strcspn(path + 1, "/") + 1;
		if (*pattern != '/' || *path != '/')
			return false;
		if (pattern[1] == '{') {
			if (al == 1)
				return false;
			if (in != NULL)
				json_object_setn_new(in, pattern + 2, pl - 3,
						     json_stringn(path + 1, al - 1));
		} else if (pl != al || memcmp(pattern, path, pl) != 0) {
			return false;
		}
		pattern += pl;
		path += al;
	}
	return *pattern == '\0' && *path == '\0';
}

enum rc
service_route_find(const char *method, const char *path, json_t *in,
		   const struct service_route **ret, struct err *e)
{
	enum rc rc = RC_NOT_FOUND;

	/* A fixed path comes before one with a word in braces: "check" is no order. */
	for (int braces = 0; braces < 2; braces++)
		for (size_t i = 0; i < service_routes_n; i++) {
			const struct service_route *r = &service_routes[i];
			if ((strchr(r->path, '{') != NULL) != (braces == 1) ||
			    !path_match(r->path, path, NULL))
				continue;
			rc = RC_UNSUPPORTED;
			if (strcmp(r->method, method) != 0)
				continue;
			(void)path_match(r->path, path, in);
			*ret = r;
			return RC_OK;
		}
	return rc == RC_NOT_FOUND ? err_set(e, rc, "there is nothing at %s", path)
				  : err_set(e, rc, "%s does not take %s", path, method);
}

static const char *
roles_text(struct arena *a, unsigned roles)
{
	const char *text = "";

	for (int i = 0; i < ROLE_COUNT; i++)
		if ((roles & ROLE_BIT(i)) != 0)
			text = arena_printf(a, "%s%s%s", text,
					    text[0] == '\0' ? "" : ", ",
					    role_token((enum role)i));
	return text;
}

static bool
own_account(const char *path)
{
	static const char me[] = "/v1/me";

	return strncmp(path, me, sizeof(me) - 1) == 0 &&
	       (path[sizeof(me) - 1] == '\0' || path[sizeof(me) - 1] == '/');
}

bool
service_route_keyed(const struct service_route *r)
{
	return strcmp(r->path, "/v1/login") != 0 && strcmp(r->path, "/v1/welcome") != 0 &&
	       !own_account(r->path);
}

bool
service_route_public(const struct service_route *r)
{
	static const char *const paths[] = {
		"/v1/register",
		"/v1/register/{ref}",
		"/v1/register/{ref}/proof",
		"/v1/statistics",
		"/v1/lookup",
		"/v1/register/logs",
		"/v1/register/logs/{log}/checkpoint",
		"/v1/register/logs/{log}/tile",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (strcmp(r->path, paths[i]) == 0)
			return r->roles == ROLES_NOBODY_NEEDED;
	return false;
}

/* Is it this side's? */
static enum rc
here(const struct node *nd, const struct service_route *r, struct err *e)
{
	if (r->party < 0 || nd->id->role == (enum party)r->party)
		return RC_OK;
	return err_set(e, RC_DENIED, "this is done on the %s's node; this one is the %s",
		       party_name((enum party)r->party), party_name(nd->id->role));
}

static json_t *
roles_json(unsigned roles)
{
	json_t *list = json_array();

	for (int i = 0; i < ROLE_COUNT; i++)
		if ((roles & ROLE_BIT(i)) != 0)
			json_array_append_new(list,
					      json_string(role_token((enum role)i)));
	return list;
}

/* May they, whatever the request says?  A refusal shows what is lacking: `roles`, of
 * which one is needed, the `scope`, or needs "totp". */
static enum rc
may_run(struct node *nd, struct arena *a, const struct service_route *r,
	const struct actor *who, struct reply *out, struct err *e)
{
	const char *scope = scope_of(a, r);

	if ((r->roles & ROLE_BIT(who->role)) == 0) {
		reply_json(a, out, json_pack("{s:o}", "roles", roles_json(r->roles)));
		return err_set(e, RC_DENIED, "%s is %s; this needs one of: %s", who->name,
			       role_token(who->role), roles_text(a, r->roles));
	}
	if (!scopes_allow(who->scopes, scope)) {
		reply_json(a, out, json_pack("{s:s}", "scope", scope));
		return err_set(e, RC_DENIED, "this needs %s; this token has only %s",
			       scope, who->scopes);
	}
	if (who->must_enrol && !own_account(r->path) &&
	    strcmp(r->path, "/v1/logout") != 0 && strcmp(r->path, "/v1/qr") != 0) {
		reply_json(a, out, json_pack("{s:s}", "needs", "totp"));
		return err_set(e, RC_DENIED,
			       "the role %s needs a second factor: enrol one first "
			       "(POST /v1/me/totp, 'saluran totp enrol')",
			       role_token(who->role));
	}
	return here(nd, r, e);
}

/* What the request is about: the word in the path's braces, else what was made. */
static const char *
object_of(struct arena *a, const struct service_route *r, const json_t *in,
	  const json_t *made)
{
	static const char *const made_names[] = {"case", "order", "id"};
	const char *open = strchr(r->path, '{'), *text;

	if (open != NULL) {
		const char *word = arena_strndup(a, open + 1, strcspn(open + 1, "}"));
		return json_string_value(json_object_get(in, word));
	}
	if (strcmp(r->method, "GET") == 0)
		return NULL;
	for (size_t i = 0; i < sizeof(made_names) / sizeof(made_names[0]); i++) {
		text = json_string_value(json_object_get(made, made_names[i]));
		if (text != NULL)
			return text;
	}
	return NULL;
}

/* `shows`: the answer is on record only if this member of it, a list, has something. */
static enum rc
run(struct node *nd, struct arena *a, const struct service_route *r,
    const struct actor *who, json_t *in, const char *shows, struct reply *out,
    struct err *e)
{
	*out = (struct reply){0};
	/* What is public is not recorded: who looks a name up is nobody's business. */
	if (r->roles == ROLES_NOBODY_NEEDED) {
		enum rc open = here(nd, r, e);
		if (open == RC_OK)
			open = beside_may(nd, r, e);
		return open == RC_OK ? r->fn(nd, a, who, in, out, e) : open;
	}
	if (who == NULL || who->name == NULL)
		return err_set(
			e, RC_UNAUTHENTICATED,
			"say who you are: give your credential file with --as FILE or "
			"in SALURAN_CREDENTIAL");
	/* Refusals too are recorded. */
	enum rc rc = access_reserve(nd, e);
	if (rc != RC_OK)
		return rc;
	rc = may_run(nd, a, r, who, out, e);
	if (rc == RC_OK)
		rc = beside_may(nd, r, e);
	if (rc == RC_OK)
		rc = r->fn(nd, a, who, in, out, e);
	if (rc == RC_OK && shows != NULL &&
	    json_array_size(json_object_get(out->json, shows)) == 0)
		access_release(nd);
	else
		access_put(nd, who, r->method, r->path, object_of(a, r, in, out->json),
			   rc);
	return rc;
}

enum rc
service_run_not(struct node *nd, struct arena *a, const struct service_route *r,
		const struct actor *who, json_t *in, enum rc outcome, struct reply *out,
		struct err *e)
{
	struct err not_now = ERR_INIT;

	if (r->roles == ROLES_NOBODY_NEEDED || who == NULL || who->name == NULL)
		return outcome;
	enum rc rc = access_reserve(nd, e);
	if (rc != RC_OK)
		return rc;
	rc = may_run(nd, a, r, who, out, &not_now);
	if (rc != RC_OK)
		*e = not_now;
	else
		rc = outcome;
	access_put(nd, who, r->method, r->path, object_of(a, r, in, NULL), rc);
	return rc;
}

enum rc
service_run(struct node *nd, struct arena *a, const struct service_route *r,
	    const struct actor *who, json_t *in, struct reply *out, struct err *e)
{
	return run(nd, a, r, who, in, NULL, out, e);
}

enum rc
service_run_on(struct node *nd, struct arena *a, const struct service_route *r,
	       const struct actor *who, json_t *in, const char *shows, struct reply *out,
	       struct err *e)
{
	return run(nd, a, r, who, in, shows, out, e);
}
