/*
 * Each file of the other side is opened once and compared with what its event says.  One
 * that does not fit is rejected in our log, where both sides see it (protocol 10).
 */
#include <stdlib.h>
#include <string.h>

#include "service/alarm.h"
#include "service/evidence.h"
#include "service/use.h"
#include "store/store_sql.h"

struct due {
	struct store *s;
	struct arena *a;
	size_t n;
	int64_t channel, party, seq, len;
	const char *casefile;
	struct hash sha256, commit;
	const char *why; /* out: NULL: it fits */
	bool missing;	 /* out: on this node's disk */
};

static enum rc
on_due(void *arg, const struct db_row *row, struct err *e)
{
	struct due *d = arg;
	const struct db_driver *drv = d->s->drv;
	size_t sha_len, commit_len;
	const uint8_t *sha = drv->col_blob(row, 4, &sha_len);
	const uint8_t *commit = drv->col_blob(row, 6, &commit_len);

	d->n++;
	d->channel = drv->col_int(row, 0);
	d->party = drv->col_int(row, 1);
	d->seq = drv->col_int(row, 2);
	d->casefile = store_col_text(d->s, d->a, row, 3);
	d->len = drv->col_int(row, 5);
	if (sha_len != HASH_LEN || commit_len != HASH_LEN)
		return err_set(e, RC_CORRUPT, "the store holds a hash of %zu bytes",
			       sha_len);
	memcpy(d->sha256.b, sha, HASH_LEN);
	memcpy(d->commit.b, commit, HASH_LEN);
	return RC_OK;
}

/* Read to the end.  d->why is the word of blob.reject. */
static enum rc
compare(struct node *nd, struct due *d, struct err *e)
{
	struct evidence_source src;
	struct file_row file;
	struct hash h;
	struct store *s;
	size_t n = 1;
	struct err why = ERR_INIT;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = evidence_file_get(s, d->channel, &d->sha256, &file, e);
	reader_put(nd, s);
	if (rc != RC_OK)
		return rc;
	if (file.len != d->len) {
		d->why = "length";
		return RC_OK;
	}
	rc = evidence_source_open(nd, evidence_path(nd, d->a, &d->sha256), &src, &why);
	if (rc == RC_GONE) {
		d->missing = true;
		return RC_OK;
	}
	if (rc == RC_NOT_FOUND || rc == RC_UNPROCESSABLE) {
		d->why = rc == RC_NOT_FOUND ? "recipient" : "damaged";
		return RC_OK;
	}
	if (rc != RC_OK)
		return err_set(e, rc, "%s", why.text);
	uint8_t *piece = malloc(EVIDENCE_PIECE);
	if (piece == NULL)
		abort();
	while (rc == RC_OK && n != 0)
		rc = evidence_source_read(&src, piece, EVIDENCE_PIECE, &n, &why);
	if (rc == RC_OK)
		evidence_source_commit(&src, &h);
	if (rc == RC_UNPROCESSABLE)
		d->why = "damaged";
	else if (rc == RC_OK && !hash_equal(&h, &d->commit))
		d->why = "commitment";
	else if (rc != RC_OK)
		err_set(e, rc, "%s", why.text);
	sodium_memzero(piece, EVIDENCE_PIECE);
	free(piece);
	evidence_source_close(&src);
	return rc == RC_UNPROCESSABLE ? RC_OK : rc;
}

static enum rc
reject_append(struct writer *w, const struct due *d, struct err *e)
{
	char hex[HASH_HEX_LEN + 1];
	struct event_ref ref = {.seq = (uint64_t)d->seq};
	struct log_head h;
	struct log_leaf *leaf;
	enum rc rc = store_head(w->s, w->a, d->channel, (enum party)d->party, &h, e);

	if (rc == RC_OK)
		rc = store_leaves(w->s, w->a, d->channel, (enum party)d->party,
				  (uint64_t)d->seq, (uint64_t)d->seq + 1, &leaf, e);
	if (rc != RC_OK)
		return rc;
	ref.log = h.origin;
	ref.leaf = leaf[0].leaf;
	rc = append_event(
		w,
		&(struct append){
			.channel = d->channel,
			.type = "blob.reject",
			.casefile = d->casefile,
			.by = "node",
			.body = json_pack("{s:s, s:s}", "sha256",
					  hash_hex(&d->sha256, hex), "why", d->why),
			.refs = &ref,
			.n_refs = 1,
		},
		NULL, e);
	if (rc != RC_OK)
		return rc;
	return alarm_raise(w, arena_printf(w->a, "evidence/%s", hex), "evidence",
			   d->casefile,
			   arena_printf(w->a,
					"A file of the other side is not what its event "
					"says (%s): it was rejected",
					d->why),
			   w->now_us, e);
}

/* The next is looked at all the same, and people are told. */
static enum rc
missing_alarm(struct writer *w, const struct due *d, struct err *e)
{
	char hex[HASH_HEX_LEN + 1];

	hash_hex(&d->sha256, hex);
	return alarm_raise(w, arena_printf(w->a, "evidence/%s", hex), "evidence",
			   d->casefile,
			   arena_printf(w->a,
					"The file %s of the other side is missing on "
					"this node's disk: put it back from a backup of "
					"blobs",
					hex),
			   w->now_us, e);
}

static enum rc
work_checked(struct writer *w, void *arg, struct err *e)
{
	const struct due *d = arg;
	struct file_row file;
	enum rc rc = evidence_file_get(w->s, d->channel, &d->sha256, &file, e);

	if (rc != RC_OK || file.checked || file.state != FILE_WHOLE)
		return rc;
	file.checked = true;
	rc = evidence_file_put(w->s, d->channel, &d->sha256, &file, e);
	if (rc == RC_OK && d->missing)
		return missing_alarm(w, d, e);
	return rc == RC_OK && d->why != NULL ? reject_append(w, d, e) : rc;
}

enum rc
service_evidence_check(struct node *nd, struct err *e)
{
	struct due d = {.a = arena_create()};
	enum rc rc = reader_get(nd, &d.s, e);

	if (rc == RC_OK)
		rc = store_run(d.s, &SQL_EVIDENCE_UNCHECKED, NULL, on_due, &d, e);
	reader_put(nd, d.s);
	if (rc == RC_OK && d.n == 0)
		rc = err_set(e, RC_NOT_FOUND, "every file was looked at");
	if (rc == RC_OK)
		rc = compare(nd, &d, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_checked, &d, e);
	arena_free(d.a);
	return rc;
}
