/*
 * batch - a list of items as people send it, read row by row.
 *
 * Columns in any order, recognised by header in English or Indonesian (product.md).
 * Every row gets an answer: usable, or what is wrong with line, column and how to mend
 * it.  Nothing about one row stops another.
 *
 * Pure.
 */
#ifndef SALURAN_CORE_BATCH_H
#define SALURAN_CORE_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/policy.h"
#include "core/target.h"

enum {
	BATCH_BYTES_MAX = 64 << 20, /* of a file */
	BATCH_ROWS_MAX = 200000,
	BATCH_ROW_MAX = 16384,	/* bytes of one row */
	BATCH_FIELD_MAX = 8192, /* bytes of one field */
	BATCH_COLUMNS_MAX = 64,
};

/* Kinds of problems, so that programs and people may take those of a kind together. */
#define BATCH_PROBLEM_TABLE(X)                                                           \
	X(TARGET, "target") /* not recognised, or no good */                             \
	X(TARGET_EMPTY, "target_empty")                                                  \
	X(CATEGORY_EMPTY, "category_empty")                                              \
	X(CATEGORY, "category") /* not of the policy */                                  \
	X(URGENCY, "urgency")                                                            \
	X(TIME, "time")                                                                  \
	X(FIELD, "field")	  /* what the policy asks of an item is not there */     \
	X(FIELDS, "fields")	  /* more or fewer than the header has */                \
	X(LENGTH, "length")	  /* of a field or the row */                            \
	X(QUOTE, "quote")	  /* not closed, or text behind it */                    \
	X(DUPLICATE, "duplicate") /* of a row before */                                  \
	X(EARLIER, "earlier")	  /* of an item of an earlier case */
#define X(name, token) extern const char BATCH_PROBLEM_##name[];
BATCH_PROBLEM_TABLE(X)
#undef X

struct batch_row {
	uint32_t line; /* where the row starts, from 1; the header counts */
	enum rc rc; /* RC_OK: usable; RC_CONFLICT: duplicate; RC_INVALID, RC_TOO_LARGE */
	const char *column;  /* the offending column's header as given, NULL: not there */
	const char *problem; /* what is wrong and how to mend it, or NULL */
	const char *code;    /* the kind of problem, a BATCH_PROBLEM of below, or NULL */
	const char *fix;     /* what that field may have been meant to be, or NULL */
	uint32_t duplicate_of; /* line of the first row with this normal form, else 0 */
	struct target target;
	const char *category; /* a code of the policy */
	const char *legal_basis, *urgency, *description, *evidence,
		*reference; /* or NULL */
	int64_t found_us;   /* 0: not given */
};

struct batch {
	struct batch_row *rows;
	size_t n_rows;
	size_t n_ok, n_duplicate, n_bad; /* add up to n_rows */
	const char *const
		*ignored; /* headers of columns that mean nothing here, as given */
	size_t n_ignored;
	struct hash sha256; /* of the file's bytes */
};

/*
 * The arena owns the result; `csv` is not retained.  A UTF-8 byte order mark is skipped;
 * lines without anything in them are no rows.  A row with several faults names the first.
 * RC_INVALID    the file as a whole: empty, no row, no header, a missing or doubled
 *               column, not UTF-8 (byte offset from 0 and line), a NUL byte
 * RC_TOO_LARGE  more than BATCH_BYTES_MAX or BATCH_ROWS_MAX
 */
enum rc batch_parse(struct arena *a, const struct policy *p, const char *csv, size_t len,
		    struct batch *ret, struct err *e) MUST_CHECK;

/* The columns that are known, by the first of their names; NULL past the last. */
const char *batch_column_name(size_t i);

/*
 * What a target that was not recognised may have been meant to be: a scheme put before it
 * or mended, signs that keep a link from being pressed taken out.  NULL: nothing that
 * target_parse() takes.
 */
const char *batch_target_fix(struct arena *a, const char *given);
/* The category of the policy whose code or name is a slip away, its code, or NULL. */
const char *batch_category_fix(const struct policy *p, const char *given);

/*
 * RFC 4180 reading of one record: fields may be quoted, "" is a quote, records end in
 * CRLF, LF or with the file.  *at < len moves past the record; *line, that of *at, counts
 * physical lines.  *ret_n is the true number of fields; those from `max_fields` on are
 * not stored.
 * RC_INVALID    a quote that is not closed, or text after a closing quote; *at is then
 *               past the record's first line, so that a stray quote swallows no row
 * RC_TOO_LARGE  more than BATCH_ROW_MAX bytes; *at is past the record
 */
struct csv_field {
	const char *s; /* NUL-terminated, in the arena */
	size_t len;
};
enum rc csv_record(struct arena *a, const char *csv, size_t len, size_t *at,
		   uint32_t *line, struct csv_field *fields, size_t max_fields,
		   size_t *ret_n, struct err *e) MUST_CHECK;

/* A cell of a line that we write, quoted (RFC 4180), and the end of the line after the
 * last of them.  A spreadsheet takes it for text, never for a formula. */
void csv_cell_put(struct buf *b, const char *text, bool last);

#endif
