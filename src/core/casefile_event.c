/*
 * From an event to what the fold of a case sees: one place for the views of a node and
 * for whoever verifies a bundle.
 */
#include <string.h>

#include "core/casefile.h"
#include "core/event_type.h"

/* An answer names its question, which its author must have had: so the question stands
 * before it in every order of arrival. */
static const char *
answer_read(const struct event *ev, struct case_event *ret)
{
	const struct event_ref *r = &ev->refs[0];

	if (ev->n_refs != 1)
		return "an answer names one question";
	if (strcmp(r->log, ev->ack.log) != 0)
		return "an answer names a question of the other side";
	if (r->seq >= ev->ack.size)
		return "an answer names a question that its author had not seen";
	ret->covers_seq = r->seq;
	return NULL;
}

static const char *
transfer_read(const struct event *ev, const struct policy *p, struct case_event *ret)
{
	const char *code = json_string_value(json_object_get(ev->body, "class"));
	const struct policy_class *cls = p == NULL ? NULL : policy_class_find(p, code);

	if (cls == NULL)
		return "the policy of the case has no such class";
	ret->level = (unsigned)(cls - p->classes);
	return NULL;
}

const char *
casefile_event_of(const struct event *ev, enum party from, const struct policy *p,
		  struct case_event *ret)
{
	*ret = (struct case_event){
		.from = from,
		.seq = ev->seq,
		.ack_size = ev->ack.size,
		.iat_us = ev->iat_us,
		.act = case_act_of(ev->type),
	};
	if (ret->act == ACT_WARN)
		ret->level =
			(unsigned)json_integer_value(json_object_get(ev->body, "level"));
	if (event_is_inability(ev))
		ret->level = 1;
	if (ret->act == ACT_ANSWER)
		return answer_read(ev, ret);
	if (ret->act == ACT_TRANSFER)
		return transfer_read(ev, p, ret);
	return NULL;
}
