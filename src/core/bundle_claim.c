/*
 * What an event says of items and disputes that must be there: the same rules as those of
 * a node's views (store/view_item.c, store/view_dispute.c).
 */
#include <string.h>

#include "core/bundle_int.h"

struct bundle_dispute {
	const struct bundle_dispute *next;
	enum party opener;
	uint64_t seq;
	const char *id;
	bool answered, ruled;
};

static size_t
list_of(const char *id)
{
	size_t sum = 0;

	for (; *id != '\0'; id++)
		sum = 31 * sum + (unsigned char)*id;
	return sum % BUNDLE_DISPUTE_LISTS;
}

static struct bundle_dispute *
dispute_find(const struct bundle_claims *k, enum party opener, const char *id)
{
	if (k->disputes == NULL)
		return NULL;
	for (const struct bundle_dispute *d = k->disputes[list_of(id)]; d != NULL;
	     d = d->next)
		if (d->opener == opener && strcmp(d->id, id) == 0)
			return (struct bundle_dispute *)(uintptr_t)d;
	return NULL;
}

static const char *
dispute_claim(struct bundle_claims *k, const struct event *ev, enum party from,
	      enum case_act act)
{
	const char *id = bundle_body_text(ev, "dispute");
	struct bundle_dispute *d =
		dispute_find(k, act == ACT_DISPUTE ? from : bundle_other(from), id);

	if (act == ACT_DISPUTE) {
		if (d != NULL)
			return "there is a dispute of that id in the case already";
		if (k->disputes == NULL)
			k->disputes = arena_array(k->a, BUNDLE_DISPUTE_LISTS,
						  sizeof(const struct bundle_dispute *));
		const struct bundle_dispute **list = &k->disputes[list_of(id)];
		d = ARENA_NEW(k->a, struct bundle_dispute);
		*d = (struct bundle_dispute){
			.next = *list, .opener = from, .seq = ev->seq, .id = id};
		*list = d;
		return NULL;
	}
	if (d == NULL || d->seq >= ev->ack.size)
		return "the other side has opened no such dispute in this case";
	if (d->ruled || (act == ACT_REPLY && d->answered))
		return "the dispute is answered or ruled already";
	d->answered = true;
	d->ruled = act == ACT_RULE;
	return NULL;
}

const char *
bundle_claim(struct bundle_claims *k, const struct bundle_event *be)
{
	enum case_act act = case_act_of(be->ev->type);

	for (size_t i = 0; i < be->n_items; i++)
		if (be->items[i] >= k->n_items)
			return "it names an item that the case does not have";
	if (k->decided == NULL)
		k->decided = arena_array(k->a, k->n_items + 1, sizeof(*k->decided));
	for (size_t i = 0; i < be->n_items; i++) {
		if (act == ACT_REVERSE && !k->decided[be->items[i]])
			return "it reverses an item that is open";
		if (act == ACT_DECIDE)
			k->decided[be->items[i]] = true;
	}
	return act == ACT_DISPUTE || act == ACT_REPLY || act == ACT_RULE
		       ? dispute_claim(k, be->ev, be->from, act)
		       : NULL;
}
