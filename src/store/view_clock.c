/* The fold of receipts that start clocks. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "core/note.h"
#include "store/store_sql.h"
#include "store/view_int.h"

/* The cosignature that a receipt.adopt quotes is the receipt key's of the other party. */
static enum rc
adopt_verify(struct fold *f, const struct log_head *own, const struct hash *root,
	     struct err *e)
{
	struct checkpoint c = {.origin = own->origin,
			       .size = (uint64_t)fold_int(f, "size"),
			       .root = *root};
	struct buf text = BUF_INIT(NOTE_TEXT_MAX), line = BUF_INIT(NOTE_TEXT_MAX);
	struct err why = ERR_INIT;
	struct note_key key;
	uint64_t time_s = 0;
	enum rc rc = view_receipt_key(
		f->s, f->a, f->channel,
		f->from == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY, &key, e);

	if (rc != RC_OK)
		goto out;
	checkpoint_put(&text, &c);
	buf_printf(&line, "— %s %s\n", key.name, fold_text(f, "sig"));
	rc = note_line_verify(buf_str(&line), line.len, &key, buf_str(&text), text.len,
			      &time_s, &why);
	if (rc != RC_OK)
		fold_void(f, "the receipt it adopts does not verify: %s", why.text);
	else if (time_s != (uint64_t)fold_int(f, "time"))
		fold_void(f, "the time it states is not that of the receipt");
	rc = RC_OK;
out:
	buf_free(&text);
	buf_free(&line);
	return rc;
}

struct clock_row {
	uint64_t seq;
	const char *casefile;
};

static enum rc
on_clock(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct clock_row *c = store_list_next(l, sizeof(*c));

	(void)e;
	c->seq = (uint64_t)l->s->drv->col_int(row, 0);
	c->casefile = store_col_text(l->s, l->a, row, 1);
	return RC_OK;
}

enum rc
fold_receipt_adopt(struct fold *f, struct err *e)
{
	const char *root_hex = fold_text(f, "root");
	struct store_list clocks = {.s = f->s, .a = f->a};
	struct log_head own;
	struct hash root;
	enum rc rc = store_head(f->s, f->a, f->channel, f->from, &own, e);

	if (rc != RC_OK)
		return rc;
	if (strcmp(fold_text(f, "log"), own.origin) != 0)
		fold_void(f, "a party adopts receipts for its own log only");
	else if (hash_parse_hex(root_hex, strlen(root_hex), &root) != RC_OK)
		fold_void(f, "root is no SHA-256");
	else
		rc = adopt_verify(f, &own, &root, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	const struct db_param covered[] = {DB_P_INT(f->channel), DB_P_INT(f->from),
					   DB_P_INT(fold_int(f, "size"))};
	rc = store_run(f->s, &SQL_V_CLOCK_COVERED, covered, on_clock, &clocks, e);
	for (size_t i = 0; rc == RC_OK && i < clocks.n; i++) {
		const struct clock_row *c = (const struct clock_row *)clocks.rows + i;
		rc = fold_case_receipt(f, c->casefile, c->seq,
				       fold_int(f, "time") * CLOCK_US_PER_S, e);
	}
	if (rc == RC_OK)
		rc = store_run(f->s, &SQL_V_EVENT_AHEAD,
			       (struct db_param[]){
				       DB_P_INT(f->channel), DB_P_INT(f->from),
				       DB_P_INT(fold_int(f, "size")),
				       DB_P_INT(fold_int(f, "time") * CLOCK_US_PER_S),
				       DB_P_INT(CASE_SKEW_US)},
			       NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_run(f->s, &SQL_V_CLOCK_ADOPT, covered, NULL, NULL, e);
	return rc;
}
