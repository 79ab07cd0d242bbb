/*
 * Properties: a message is read twice alike; what is read keeps its limits; each proposal
 * is a target whose normal form is its own, stands once, and has a place; a refusal names
 * its rule.
 */
#include <stdlib.h>
#include <string.h>

#include "mail/mail.h"

static void
hold(bool law)
{
	if (!law)
		abort();
}

static void
check(struct arena *a, const struct mail *m)
{
	hold(m->format != NULL && m->n_proposals <= MAIL_PROPOSALS_MAX);
	hold(m->n_refs <= MAIL_REFS_MAX && m->n_notes <= MAIL_NOTES_MAX);
	hold(m->subject == NULL || strlen(m->subject) <= MAIL_HEADER_TEXT_MAX);
	for (size_t i = 0; i < m->n_proposals; i++) {
		const struct mail_proposal *p = &m->proposals[i];
		struct target again;
		hold(p->place.part != NULL);
		hold((p->place.line != 0) == (p->place.column != 0));
		hold(p->place.line != 0 || p->place.pointer != NULL);
		hold(target_parse(a, p->target.given, strlen(p->target.given), &again,
				  NULL) == RC_OK);
		hold(strcmp(again.normal, p->target.normal) == 0);
		for (size_t k = 0; k < i; k++)
			hold(strcmp(m->proposals[k].target.normal, p->target.normal) !=
			     0);
	}
}

static void
same(const struct mail *m, const struct mail *n)
{
	hold(m->n_proposals == n->n_proposals && m->n_refs == n->n_refs &&
	     m->n_notes == n->n_notes && m->date_us == n->date_us);
	for (size_t i = 0; i < m->n_proposals; i++)
		hold(strcmp(m->proposals[i].target.normal,
			    n->proposals[i].target.normal) == 0 &&
		     m->proposals[i].place.line == n->proposals[i].place.line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int cut_too = 0; cut_too < 2; cut_too++) {
		struct arena *a = arena_create();
		struct err e = ERR_INIT;
		struct mail m, n;
		enum rc rc = mail_read(a, data, size, cut_too == 1, &m, &e);
		hold(mail_read(a, data, size, cut_too == 1, &n, NULL) == rc);
		if (rc == RC_OK) {
			check(a, &m);
			same(&m, &n);
		} else {
			hold(rc == RC_INVALID || rc == RC_TOO_LARGE);
			hold(e.rule[0] != '\0' && e.text[0] != '\0');
		}
		arena_free(a);
	}
	return 0;
}
