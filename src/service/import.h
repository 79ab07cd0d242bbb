/*
 * import - what the files of the import of lists share (import_list.c, notice_batch.c,
 * notice.c).  For the files of service/ only.
 */
#ifndef SALURAN_SERVICE_IMPORT_H
#define SALURAN_SERVICE_IMPORT_H

#include "core/batch.h"
#include "service/node_int.h"

/* ---- import_list.c: a list on its way, part by part -------------------------------- */

enum {
	IMPORT_PART_MAX = 1 << 20, /* bytes of one part */
	IMPORT_LISTS_OF_ONE = 16,  /* of a person: the oldest goes for a new one */
	IMPORT_KEPT_S = 7 * 86400, /* a list that nobody sends */
	IMPORT_NAME_MAX = 255,	   /* bytes of a file's name */
	IMPORT_SENT_MAX = 5,	   /* earlier notices of a file that are told */
};

/* The bytes of a whole list of this person, in the arena.  RC_NOT_FOUND; RC_CONFLICT: it
 * is not whole, or not what was announced. */
enum rc import_list_text(struct store *s, struct arena *a, const char *author,
			 const char *id, const char **ret, size_t *ret_len,
			 struct err *e) MUST_CHECK;
/* It is sent.  One that is not there is no error. */
enum rc import_list_drop(struct writer *w, const char *id, struct err *e) MUST_CHECK;

/* ---- notice_batch.c: a list that becomes a notice ---------------------------------- */

/* The file that a list was made of, as its sender says it. */
struct import_file {
	const char *name; /* or NULL */
	struct hash sha256;
	bool given;
};

struct notice_batch {
	struct channel_row channel;
	const struct policy *policy;
	struct batch batch;
	json_t **earlier; /* of each row: the same item in an earlier case, or NULL */
	const char *list; /* its id, or NULL: the text was in the request */
	const char *csv;
	size_t csv_len;
	struct import_file file;
};

/* What a request says: peer?, csv or list, file?, skip_earlier?, reference? (rows are
 * held against cases before the one of that reference). */
enum rc notice_batch_read(struct node *nd, struct arena *a, const char *author,
			  json_t *in, const char *reference, struct notice_batch *ret,
			  struct err *e) MUST_CHECK;
/* Counts that add up, and rows that are not simply usable: those behind the line `after`,
 * at most `limit`. */
json_t *notice_batch_json(const struct notice_batch *b, int64_t after, int64_t limit);
enum { NOTICE_REPORT_ROWS = 500 /* unless asked for otherwise */ };

/* The key under which the request of a reference is remembered. */
const char *notice_key(struct arena *a, const struct channel_row *ch,
		       const char *reference);

#endif
