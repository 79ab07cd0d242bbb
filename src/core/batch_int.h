/*
 * batch_int - what the files of batch share; nobody else includes it.
 */
#ifndef SALURAN_CORE_BATCH_INT_H
#define SALURAN_CORE_BATCH_INT_H

#include <stdbool.h>

#include "core/batch.h"

/* X(NAME, required, headers: the first is the column's own name)
 * Lower case, "_" between words: batch_same_word() takes what people write for it. */
#define BATCH_COLUMN_TABLE(X)                                                            \
	X(TARGET, true, "target", "sasaran", "tautan", "url", "link", "alamat")          \
	X(CATEGORY, true, "category", "kategori")                                        \
	X(LEGAL_BASIS, false, "legal_basis", "dasar_hukum")                              \
	X(URGENCY, false, "urgency", "urgensi", "kemendesakan")                          \
	X(DESCRIPTION, false, "description", "uraian", "keterangan", "deskripsi")        \
	X(FOUND_AT, false, "found_at", "ditemukan", "ditemukan_pada", "waktu_temuan")    \
	X(EVIDENCE, false, "evidence", "bukti")                                          \
	X(REFERENCE, false, "reference", "referensi", "rujukan", "nomor_referensi")

enum batch_column {
#define X(name, required, ...) BATCH_##name,
	BATCH_COLUMN_TABLE(X)
#undef X
		BATCH_COLUMN_COUNT
};

/* What the header line says. */
struct batch_header {
	const char *given[BATCH_COLUMNS_MAX]; /* trimmed */
	size_t n;
	int at[BATCH_COLUMN_COUNT]; /* the field that holds it, -1: none */
	const char **ignored;
	size_t n_ignored;
};

/* RC_INVALID: a column is missing, doubled or without a name, or there are too many. */
enum rc batch_header_parse(struct arena *a, const struct csv_field *fields, size_t n,
			   struct batch_header *ret, struct err *e) MUST_CHECK;

/* `s` without white space at its ends, in the arena. */
const char *batch_trim(struct arena *a, const char *s, size_t len);

/* Equal when case, and spaces, "_" and "-" between words, are not told apart. */
bool batch_same_word(const char *x, const char *y);

#endif
