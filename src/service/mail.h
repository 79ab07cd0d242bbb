/*
 * mail - what a reader of e-mail gives: who wrote, to what it answers, and what it names.
 *
 * The reader itself is an edge (src/mail/) and is given to the node by main; the use
 * cases in mail_*.c keep what it found.  A reader is a pure function of the bytes: the
 * same message gives the same proposals, in the same order.
 */
#ifndef SALURAN_SERVICE_MAIL_H
#define SALURAN_SERVICE_MAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/target.h"
#include "service/node.h"

enum {
	MAIL_BYTES_MAX = 32 << 20,  /* of one message as it came */
	MAIL_REFS_MAX = 100,	    /* messages that one answers to */
	MAIL_ID_MAX = 998,	    /* bytes of a Message-ID */
	MAIL_HEADER_TEXT_MAX = 998, /* bytes kept of a subject, a sender */
	MAIL_PROPOSALS_MAX = 5000,  /* of one message */
	MAIL_NOTES_MAX = 50,
	MAIL_NEAR_MAX = 400, /* bytes kept of the text around a target */
};

/* Where in the message it stands: people find it there again. */
struct mail_place {
	const char *part;      /* "1.2 text/plain": numbers as in RFC 3501, 6.4.5 */
	uint32_t line, column; /* of the part's decoded text, from 1; 0: not by line */
	const char *pointer;   /* into the part's JSON (RFC 6901), or NULL */
	const char *field;     /* of the report, "Reported-URI", or NULL */
};

struct mail_proposal {
	struct target target;
	const char *category;	 /* a code, only where the format states it; else NULL */
	const char *description; /* the text near it, or what the report says; NULL */
	int64_t found_us;	 /* 0: not told */
	struct mail_place place; /* the first of them */
	uint32_t more;		 /* how often it stands elsewhere in the message */
	bool defanged;		 /* written so that nobody follows it: hxxp, [.] */
	const char *shown; /* what an anchor shows when that is another address; NULL */
};

struct mail {
	const char *format; /* "letter", "arf", "xarf-v3", "xarf-v4" */
	const char *message_id, *from, *to, *subject; /* NULL: none */
	int64_t date_us;			      /* 0: none */
	const char *const *refs; /* In-Reply-To and References, no id twice */
	size_t n_refs;
	const char *legal_basis; /* what the letter gives as such, or NULL */
	const struct mail_proposal *proposals;
	size_t n_proposals;
	const char *const *notes; /* what a person should know of it */
	size_t n_notes;
};

/*
 * Read one message, or one XARF report in a file of its own.  `cut_too`: also one that
 * ends before its parts do.
 * RC_INVALID    the rule is in `e`: "RFC 5322 2.2" (no message), "mail.cut", "mail.nul",
 *               "xarf", "mail.empty"
 * RC_TOO_LARGE  a limit: "mail.size", "mail.headers", "mail.parts", "mail.depth",
 *               "mail.text", "mail.proposals"
 */
typedef enum rc mail_read_fn(struct arena *a, const uint8_t *raw, size_t len,
			     bool cut_too, struct mail *ret, struct err *e);

/* Give the node its reader, before anybody asks it anything. */
void service_mail_reader(struct node *nd, mail_read_fn *fn);

#endif
