/*
 * Properties: every row has one answer, a fault has its words, rows come in the order of
 * their lines; and records that are written again with all fields in quotes are read as
 * the same fields.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "core/batch.h"

enum { FIELDS_MAX = 8, AGAIN_MAX = 4 * BATCH_ROW_MAX };

static const struct policy policy = {
	.categories = {{.code = "gambling",
			.name_en = "Gambling",
			.name_id = "Perjudian"}},
	.n_categories = 1,
};

static void
hold(bool law)
{
	if (!law)
		abort();
}

static void
check_rows(const struct batch *b)
{
	size_t n_ok = 0;

	hold(b->n_rows > 0 && b->n_ok + b->n_duplicate + b->n_bad == b->n_rows);
	for (size_t i = 0; i < b->n_rows; i++) {
		const struct batch_row *r = &b->rows[i];
		hold((r->rc == RC_OK) == (r->problem == NULL));
		hold((r->rc == RC_CONFLICT) == (r->duplicate_of != 0));
		hold(r->rc != RC_OK || (r->category != NULL && r->target.normal != NULL));
		hold(i == 0 || r->line > b->rows[i - 1].line);
		hold(r->duplicate_of < r->line);
		n_ok += r->rc == RC_OK;
	}
	hold(n_ok == b->n_ok);
}

static void
check_record(struct arena *a, const struct csv_field *fields, size_t n)
{
	struct csv_field again[FIELDS_MAX];
	struct buf b = BUF_INIT(AGAIN_MAX);
	size_t at = 0, n_again;
	uint32_t line = 1;

	for (size_t i = 0; i < n; i++) {
		buf_puts(&b, i > 0 ? ",\"" : "\"");
		for (size_t j = 0; j < fields[i].len; j++) {
			if (fields[i].s[j] == '"')
				buf_putc(&b, '"');
			buf_putc(&b, fields[i].s[j]);
		}
		buf_putc(&b, '"');
	}
	if (buf_ok(&b) && b.len <= BATCH_ROW_MAX) {
		hold(csv_record(a, b.data, b.len, &at, &line, again, FIELDS_MAX, &n_again,
				NULL) == RC_OK);
		hold(at == b.len && n_again == n);
		for (size_t i = 0; i < n; i++)
			hold(again[i].len == fields[i].len &&
			     memcmp(again[i].s, fields[i].s, fields[i].len) == 0);
	}
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	const char *csv = (const char *)arena_copy(a, data, size);
	struct csv_field fields[FIELDS_MAX];
	struct err e = ERR_INIT;
	struct batch b;
	size_t at = 0, n, before;
	uint32_t line = 1;

	while (at < size) {
		before = at;
		enum rc rc =
			csv_record(a, csv, size, &at, &line, fields, FIELDS_MAX, &n, &e);
		hold(at > before && at <= size);
		if (rc == RC_OK && n <= FIELDS_MAX)
			check_record(a, fields, n);
	}
	if (batch_parse(a, &policy, csv, size, &b, &e) == RC_OK)
		check_rows(&b);
	else
		hold(e.text[0] != '\0');
	arena_free(a);
	return 0;
}
