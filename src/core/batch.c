#include "core/batch.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "core/batch_int.h"
#include "core/target_int.h"

enum { CODES_MAX = 4096 /* bytes: all codes of a policy in a message */ };

/* What people write for the two urgencies, in either language. */
static const struct {
	const char *word, *urgency;
} urgencies[] = {
	{"normal", "normal"},	      {"biasa", "normal"},	{"urgent", "urgent"},
	{"mendesak", "urgent"},	      {"non urgent", "normal"}, {"not urgent", "normal"},
	{"tidak mendesak", "normal"},
};

#define X(name, token) const char BATCH_PROBLEM_##name[] = token;
BATCH_PROBLEM_TABLE(X)
#undef X

struct reader {
	struct arena *a;
	const struct policy *policy;
	struct batch_header header;
	struct batch *batch;
	size_t rows_max; /* room in batch->rows */
	/* Open addressing over the usable rows: index + 1 of a row, 0 for a free slot. */
	uint32_t *slots;
	size_t mask;
	const char *codes; /* of the policy, made for the first message that needs it */
};

static enum rc
check_bytes(const char *csv, size_t len, struct err *e)
{
	size_t bad_at, line = 1;

	if (len == 0)
		return err_set(
			e, RC_INVALID,
			"the file is empty: write a header line and one row an item");
	if (len > BATCH_BYTES_MAX)
		return err_set(e, RC_TOO_LARGE,
			       "the file has %zu bytes, %d are the most: split it", len,
			       BATCH_BYTES_MAX);
	if (len >= 2 &&
	    (memcmp(csv, "\xff\xfe", 2) == 0 || memcmp(csv, "\xfe\xff", 2) == 0))
		return err_set(
			e, RC_INVALID,
			"byte offset 0 (line 1): the file is UTF-16, not UTF-8: save it "
			"as \"CSV UTF-8\"");
	const char *nul = memchr(csv, '\0', len);
	bool valid = utf8_valid(csv, len, &bad_at);
	if (nul != NULL && (valid || (size_t)(nul - csv) < bad_at))
		bad_at = (size_t)(nul - csv);
	else if (valid)
		return RC_OK;
	else
		nul = NULL;
	for (size_t i = 0; i < bad_at; i++)
		line += csv[i] == '\n';
	return err_set(e, RC_INVALID,
		       "byte offset %zu (line %zu): %s: save it as \"CSV UTF-8\"", bad_at,
		       line,
		       nul != NULL ? "a NUL byte, so this is no text in UTF-8"
				   : "the file is not UTF-8");
}

/* No field holds anything: sheets leave such lines behind. */
static bool
is_blank(const struct csv_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < fields[i].len; j++)
			if ((unsigned char)fields[i].s[j] > 0x20)
				return false;
	return true;
}

static enum rc
row_refuse(struct reader *r, struct batch_row *row, enum rc rc, int column,
	   const char *code, const char *problem)
{
	row->rc = rc;
	row->code = code;
	row->column = column >= 0 && r->header.at[column] >= 0
			      ? r->header.given[r->header.at[column]]
			      : NULL;
	row->problem = problem;
	return rc;
}

/* Trimmed, or NULL for a column that is absent or empty. */
static const char *
value(struct reader *r, const struct csv_field *fields, enum batch_column column)
{
	int at = r->header.at[column];

	if (at < 0)
		return NULL;
	const char *s = batch_trim(r->a, fields[at].s, fields[at].len);
	return s[0] != '\0' ? s : NULL;
}

static const char *
policy_codes(struct reader *r)
{
	struct buf b = BUF_INIT(CODES_MAX);

	if (r->codes == NULL) {
		for (size_t i = 0; i < r->policy->n_categories; i++)
			buf_printf(&b, "%s%s", i > 0 ? ", " : "",
				   r->policy->categories[i].code);
		r->codes = arena_strdup(r->a, buf_str(&b));
	}
	buf_free(&b);
	return r->codes;
}

/* By code, or by its name in either language. */
static enum rc
row_category(struct reader *r, const char *s, struct batch_row *row)
{
	const struct policy *p = r->policy;

	for (size_t i = 0; s != NULL && i < p->n_categories; i++) {
		const struct policy_category *c = &p->categories[i];
		if (batch_same_word(s, c->code) ||
		    (c->name_en != NULL && batch_same_word(s, c->name_en)) ||
		    (c->name_id != NULL && batch_same_word(s, c->name_id))) {
			row->category = c->code;
			return RC_OK;
		}
	}
	if (s == NULL)
		return row_refuse(
			r, row, RC_INVALID, BATCH_CATEGORY, BATCH_PROBLEM_CATEGORY_EMPTY,
			arena_printf(r->a, "the category is empty: write one of %s",
				     policy_codes(r)));
	row->fix = batch_category_fix(p, s);
	return row_refuse(
		r, row, RC_INVALID, BATCH_CATEGORY, BATCH_PROBLEM_CATEGORY,
		arena_printf(r->a, "\"%s\" is no category of the policy: write one of %s",
			     target_quote(r->a, s, strlen(s)), policy_codes(r)));
}

static enum rc
row_urgency(struct reader *r, const char *s, struct batch_row *row)
{
	if (s == NULL)
		return RC_OK;
	for (size_t i = 0; i < sizeof(urgencies) / sizeof(*urgencies); i++)
		if (batch_same_word(s, urgencies[i].word)) {
			row->urgency = urgencies[i].urgency;
			return RC_OK;
		}
	return row_refuse(
		r, row, RC_INVALID, BATCH_URGENCY, BATCH_PROBLEM_URGENCY,
		arena_printf(r->a,
			     "\"%s\" is no urgency: write normal or urgent (biasa or "
			     "mendesak), or leave it empty",
			     target_quote(r->a, s, strlen(s))));
}

static enum rc
row_found(struct reader *r, const char *s, struct batch_row *row)
{
	if (s == NULL || clock_parse(s, strlen(s), &row->found_us) == RC_OK)
		return RC_OK;
	return row_refuse(r, row, RC_INVALID, BATCH_FOUND_AT, BATCH_PROBLEM_TIME,
			  arena_printf(r->a,
				       "\"%s\" is no time: write it as "
				       "2017-07-14T11:00:00+07:00, with the zone",
				       target_quote(r->a, s, strlen(s))));
}

/* What the policy asks of each item. */
static enum rc
row_fields(struct reader *r, const struct csv_field *fields, struct batch_row *row)
{
	static const struct {
		const char *code;
		enum batch_column column;
	} columns[] = {
		{"legal_basis", BATCH_LEGAL_BASIS}, {"urgency", BATCH_URGENCY},
		{"description", BATCH_DESCRIPTION}, {"found_at", BATCH_FOUND_AT},
		{"evidence", BATCH_EVIDENCE},	    {"reference", BATCH_REFERENCE},
	};

	for (size_t i = 0; i < r->policy->n_fields; i++) {
		const struct policy_field *f = &r->policy->fields[i];
		const char *why = NULL;
		size_t k = 0;

		if (!f->of_item)
			continue;
		while (strcmp(columns[k].code, f->code) != 0)
			k++; /* a policy names no other */
		const char *s = value(r, fields, columns[k].column);
		why = policy_field_refuses(r->a, f, s);
		if (why != NULL)
			return row_refuse(r, row, RC_INVALID, (int)columns[k].column,
					  BATCH_PROBLEM_FIELD, why);
	}
	return RC_OK;
}

/* RC_CONFLICT when a usable row before has this normal form; else it is noted. */
static enum rc
row_duplicate(struct reader *r, struct batch_row *row)
{
	size_t slot;

	memcpy(&slot, row->target.nf.b, sizeof(slot));
	for (slot &= r->mask; r->slots[slot] != 0; slot = (slot + 1) & r->mask) {
		const struct batch_row *first = &r->batch->rows[r->slots[slot] - 1];
		if (!hash_equal(&first->target.nf, &row->target.nf))
			continue;
		row->duplicate_of = first->line;
		return row_refuse(
			r, row, RC_CONFLICT, BATCH_TARGET, BATCH_PROBLEM_DUPLICATE,
			arena_printf(r->a,
				     "the same target as in line %u: it is taken once",
				     first->line));
	}
	r->slots[slot] = (uint32_t)(row - r->batch->rows) + 1;
	return RC_OK;
}

static enum rc
row_sizes(struct reader *r, const struct csv_field *fields, size_t n,
	  struct batch_row *row)
{
	if (n != r->header.n)
		return row_refuse(
			r, row, RC_INVALID, -1, BATCH_PROBLEM_FIELDS,
			arena_printf(r->a,
				     "%zu fields where the header has %zu: put a field "
				     "that holds a comma in quotes",
				     n, r->header.n));
	for (int c = 0; c < BATCH_COLUMN_COUNT; c++) {
		int at = r->header.at[c];
		size_t max =
			c == BATCH_TARGET ? (size_t)TARGET_MAX : (size_t)BATCH_FIELD_MAX;
		if (at >= 0 && fields[at].len > max)
			return row_refuse(
				r, row, RC_TOO_LARGE, c, BATCH_PROBLEM_LENGTH,
				arena_printf(r->a,
					     "%zu bytes, %zu are the most: shorten it",
					     fields[at].len, max));
	}
	return RC_OK;
}

static enum rc
row_parse(struct reader *r, const struct csv_field *fields, size_t n,
	  struct batch_row *row)
{
	struct err e = ERR_INIT;
	enum rc rc = row_sizes(r, fields, n, row);

	if (rc != RC_OK)
		return rc;
	const struct csv_field *given = &fields[r->header.at[BATCH_TARGET]];
	rc = target_parse(r->a, given->s, given->len, &row->target, &e);
	if (rc != RC_OK) {
		bool empty = value(r, fields, BATCH_TARGET) == NULL;
		row->fix = batch_target_fix(r->a, given->s);
		return row_refuse(r, row, rc, BATCH_TARGET,
				  empty		       ? BATCH_PROBLEM_TARGET_EMPTY
				  : rc == RC_TOO_LARGE ? BATCH_PROBLEM_LENGTH
						       : BATCH_PROBLEM_TARGET,
				  arena_strdup(r->a, e.text));
	}
	rc = row_category(r, value(r, fields, BATCH_CATEGORY), row);
	if (rc == RC_OK)
		rc = row_urgency(r, value(r, fields, BATCH_URGENCY), row);
	if (rc == RC_OK)
		rc = row_found(r, value(r, fields, BATCH_FOUND_AT), row);
	if (rc == RC_OK)
		rc = row_fields(r, fields, row);
	if (rc == RC_OK)
		rc = row_duplicate(r, row);
	row->legal_basis = value(r, fields, BATCH_LEGAL_BASIS);
	row->description = value(r, fields, BATCH_DESCRIPTION);
	row->evidence = value(r, fields, BATCH_EVIDENCE);
	row->reference = value(r, fields, BATCH_REFERENCE);
	return rc;
}

/* Room for all rows and a table twice as large: no line, no row. */
static void
make_room(struct reader *r, const char *csv, size_t len)
{
	size_t lines = 1, slots = 16;

	for (size_t i = 0; i < len; i++)
		lines += csv[i] == '\n';
	r->rows_max = lines < BATCH_ROWS_MAX ? lines : BATCH_ROWS_MAX;
	while (slots < 2 * r->rows_max)
		slots *= 2;
	r->batch->rows = arena_array(r->a, r->rows_max, sizeof(*r->batch->rows));
	r->slots = arena_array(r->a, slots, sizeof(*r->slots));
	r->mask = slots - 1;
}

static enum rc
read_rows(struct reader *r, const char *csv, size_t len, size_t at, uint32_t line,
	  struct err *e)
{
	struct csv_field fields[BATCH_COLUMNS_MAX];
	struct batch *b = r->batch;

	while (at < len) {
		struct err why = ERR_INIT;
		struct batch_row row = {.line = line};
		size_t n;
		enum rc rc = csv_record(r->a, csv, len, &at, &line, fields,
					BATCH_COLUMNS_MAX, &n, &why);
		if (rc == RC_OK &&
		    is_blank(fields, n < BATCH_COLUMNS_MAX ? n : BATCH_COLUMNS_MAX))
			continue;
		if (b->n_rows == r->rows_max)
			return err_set(e, RC_TOO_LARGE,
				       "more than %d rows: split the list",
				       BATCH_ROWS_MAX);
		b->rows[b->n_rows] = row;
		if (rc == RC_OK)
			rc = row_parse(r, fields, n, &b->rows[b->n_rows]);
		else
			row_refuse(r, &b->rows[b->n_rows], rc, -1,
				   rc == RC_TOO_LARGE ? BATCH_PROBLEM_LENGTH
						      : BATCH_PROBLEM_QUOTE,
				   arena_strdup(r->a, why.text));
		b->n_rows++;
		b->n_ok += rc == RC_OK;
		b->n_duplicate += rc == RC_CONFLICT;
		b->n_bad += rc != RC_OK && rc != RC_CONFLICT;
	}
	if (b->n_rows == 0)
		return err_set(e, RC_INVALID,
			       "no row below the header: write one row an item");
	return RC_OK;
}

enum rc
batch_parse(struct arena *a, const struct policy *p, const char *csv, size_t len,
	    struct batch *ret, struct err *e)
{
	struct csv_field fields[BATCH_COLUMNS_MAX];
	struct reader r = {.a = a, .policy = p, .batch = ret};
	size_t at = 0, n = 0;
	uint32_t line = 1;

	*ret = (struct batch){0};
	enum rc rc = check_bytes(csv, len, e);
	if (rc != RC_OK)
		return rc;
	hash_bytes(csv, len, &ret->sha256);
	if (len >= 3 && memcmp(csv, "\xef\xbb\xbf", 3) == 0)
		at = 3;
	do {
		if (at == len)
			return err_set(
				e, RC_INVALID,
				"the file is empty: write a header line and one row an "
				"item");
		rc = csv_record(a, csv, len, &at, &line, fields, BATCH_COLUMNS_MAX, &n,
				e);
		if (rc != RC_OK) {
			err_prefix(e, "the header");
			return RC_INVALID;
		}
	} while (is_blank(fields, n < BATCH_COLUMNS_MAX ? n : BATCH_COLUMNS_MAX));
	rc = batch_header_parse(a, fields, n, &r.header, e);
	if (rc != RC_OK)
		return rc;
	ret->ignored = r.header.ignored;
	ret->n_ignored = r.header.n_ignored;
	make_room(&r, csv + at, len - at);
	return read_rows(&r, csv, len, at, line, e);
}
