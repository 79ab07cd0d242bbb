/* What people read of an order before they sign: its exact text, and its findings. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "service/order_int.h"

static void
line_time(struct buf *b, const char *what, int64_t us)
{
	char when[CLOCK_TEXT_LEN];

	buf_printf(b, "%s: %s\n", what, clock_format(us, when));
}

/*
 * What people wrote, set in from the margin: whoever signs reads the sections of the node
 * at the margin, and no line of a reason can pass for one of them ("Approvals needed:
 * 0"). Nor does it move a cursor or turn a line around.
 */
static void
said_put(struct buf *b, struct arena *a, const char *what, const char *text)
{
	char *line = arena_strdup(a, text);

	buf_printf(b, "%s:\n", what);
	while (*line != '\0') {
		size_t len = strcspn(line, "\n");
		char *next = line + len + (line[len] == '\n');
		line[len - (len != 0 && line[len - 1] == '\r')] = '\0';
		line[len] = '\0';
		text_make_printable(line);
		buf_printf(b, "%s%s\n", line[0] == '\0' ? "" : "  ", line);
		line = next;
	}
}

static void
cites_put(struct buf *b, const struct order *o)
{
	char when[CLOCK_TEXT_LEN];

	if (o->n_cites == 0) {
		buf_puts(b, "\nRests on no case: it is an emergency.\n");
		return;
	}
	buf_puts(b, o->emergency_reason == NULL
			    ? "\nRests on these cases, receipted and unanswered past "
			      "their deadline:\n"
			    : "\nCites these cases; as an emergency it does not rest on "
			      "them:\n");
	for (size_t i = 0; i < o->n_cites; i++) {
		const struct order_cite *c = &o->cites[i];
		buf_printf(b, "- %s: %" PRIu64 " of %" PRIu64 " items open", c->casefile,
			   c->open, c->items);
		if (c->due_us != 0)
			buf_printf(b, ", due %s, %u steps taken",
				   clock_format(c->due_us, when), c->steps);
		buf_putc(b, '\n');
	}
}

static void
guards_put(struct buf *b, const struct node *nd, const struct order *o)
{
	size_t i;
	const json_t *v;

	buf_puts(b, "\nWhat was found:\n");
	for (i = 0; i < o->found.n; i++) {
		const struct guard_finding *f = &o->found.rows[i];
		buf_printf(b, "- %s%s%s\n", f->name == NULL ? "" : f->name,
			   f->name == NULL ? "" : ": ", f->text);
	}
	if (o->found.n == 0)
		buf_puts(b, "- no finding\n");
	order_lists_put(b, &nd->lists);
	buf_puts(b, "\nBefore anybody approves, overridden by a third person or met:");
	json_array_foreach (o->guards, i, v)
		buf_printf(b, " %s", json_string_value(v));
	buf_printf(b, "%s\nApprovals needed, by others than the drafter: %u\n",
		   json_array_size(o->guards) == 0 ? " nothing" : "",
		   o->policy->order.approvals);
}

static void
effect_put(struct buf *b, const struct order *o)
{
	size_t i;
	const json_t *v;

	buf_printf(b, "Action: %s", o->action);
	if (o->landing != NULL)
		buf_printf(b,
			   " at %s (over HTTPS people see a certificate error instead)",
			   o->landing);
	buf_puts(b, "\n");
	json_array_foreach (o->territories, i, v)
		buf_printf(b, "%s%s", i == 0 ? "Only in: " : ", ", json_string_value(v));
	if (o->territories != NULL)
		buf_puts(b, "\n");
}

void
order_text_put(struct buf *b, struct arena *a, struct node *nd, const struct order *o)
{
	buf_printf(b, "ORDER %s\n", o->id);
	if (o->previous != NULL)
		buf_printf(b, "Replaces: %s\n", o->previous);
	buf_printf(b, "Authority: %s (%s)\nPlatform: %s\n", nd->id->name, nd->id->org,
		   o->channel.peer_org);
	buf_printf(b, "Policy: %s, version %" PRIu64 "\n", o->policy->name,
		   o->policy->version);
	effect_put(b, o);
	if (o->emergency_reason != NULL)
		buf_puts(b, "EMERGENCY: it ends by itself and is not renewed\n");
	buf_printf(b, "Names come from: a %s\n", o->source);
	line_time(b, "Ends", o->ends_us);
	line_time(b, "Review", o->review_us);
	buf_puts(b, "\nNames:\n");
	for (size_t i = 0; i < o->n_names; i++)
		buf_printf(b, "- %s%s\n", o->names[i].name,
			   o->names[i].wildcard ? " and every name below it" : "");
	cites_put(b, o);
	said_put(b, a, "\nLegal basis", o->legal_basis);
	said_put(b, a, "\nReasons", o->reasons);
	said_put(b, a, "\nProportionality", o->proportionality);
	said_put(b, a, "\nCollateral check", o->collateral);
	if (o->emergency_reason != NULL)
		said_put(b, a, "\nWhy it cannot wait", o->emergency_reason);
	if (o->call.who != NULL) {
		said_put(b, a, "\nCalled", o->call.who);
		line_time(b, "When", o->call.at_us);
		said_put(b, a, "Outcome", o->call.outcome);
	}
	guards_put(b, nd, o);
}

json_t *
order_finding_json(const struct guard_finding *f)
{
	static const char *const levels[] = {"note", "override", "refuse"};

	return json_pack("{s:s?, s:s, s:s, s:s, s:O}", "name", f->name, "guard",
			 guard_code_token(f->code), "level",
			 levels[guard_code_level(f->code)], "text", f->text, "evidence",
			 f->evidence);
}

static json_t *
names_json(const struct order *o)
{
	json_t *names = json_array();

	for (size_t i = 0; i < o->n_names; i++)
		json_array_append_new(
			names, json_pack("{s:s, s:b, s:I, s:I}", "name", o->names[i].name,
					 "wildcard", o->names[i].wildcard, "items",
					 (json_int_t)o->names[i].items, "sample",
					 (json_int_t)o->names[i].sample));
	return names;
}

static json_t *
grounds_json(const struct order *o)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < o->n_cites; i++) {
		const struct order_cite *c = &o->cites[i];
		json_array_append_new(
			rows, json_pack("{s:s, s:s?, s:b, s:s?, s:I, s:I, s:o, s:o, s:i}",
					"case", c->casefile, "subject", c->subject,
					"ground", c->ground, "why", c->why, "items",
					(json_int_t)c->items, "open", (json_int_t)c->open,
					"receipt", json_time(c->receipt_us), "due",
					json_time(c->due_us), "steps", (int)c->steps));
	}
	return rows;
}

/* Tokens that would stop an approval now. */
static json_t *
needed_json(const struct order *o)
{
	const char *owner = guard_code_token(GUARD_CODE_OWNER);
	json_t *needed = json_array();
	size_t i;
	json_t *v;

	json_array_foreach (o->guards, i, v)
		if (o->owner.channel == NULL || strcmp(json_string_value(v), owner) != 0)
			json_array_append(needed, v);
	return needed;
}

json_t *
order_examined_json(const struct order *o)
{
	json_t *findings = json_array();
	bool refused = false;

	for (size_t i = 0; i < o->found.n; i++) {
		json_array_append_new(findings, order_finding_json(&o->found.rows[i]));
		refused |= guard_code_level(o->found.rows[i].code) == GUARD_REFUSE;
	}
	return json_pack("{s:o, s:o, s:O, s:o, s:o, s:O, s:b, s:b, s:I, s:I, s:i}",
			 "names", names_json(o), "findings", findings, "lists", o->lists,
			 "grounds", grounds_json(o), "overrides_needed", needed_json(o),
			 "channel", o->contact, "refused", refused, "emergency",
			 o->emergency_reason != NULL, "cited_items",
			 (json_int_t)o->cited_items, "sample_size",
			 (json_int_t)o->sample_size, "approvals_needed",
			 (int)o->policy->order.approvals);
}
