/*
 * A bundle of many events, by a file that is in no folder: whoever breaks off leaves
 * nothing behind.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "service/evidence.h"
#include "service/export_int.h"

enum { LONG_BUFFER = 1 << 16 };

/* ---- the file ---------------------------------------------------------------------- */

struct file {
	int fd;
	struct buf waiting; /* of the end */
	uint64_t len;	    /* with what waits */
};

static enum rc
file_flush(struct file *f, struct err *e)
{
	enum rc rc = evidence_write(f->fd, buf_str(&f->waiting), f->waiting.len, e);

	buf_reset(&f->waiting);
	return rc;
}

static enum rc
file_put(void *arg, const void *p, size_t len, struct err *e)
{
	struct file *f = arg;
	enum rc rc = RC_OK;

	f->len += len;
	if (len > LONG_BUFFER - f->waiting.len)
		rc = file_flush(f, e);
	if (rc == RC_OK && len > LONG_BUFFER)
		return evidence_write(f->fd, p, len, e);
	if (rc == RC_OK)
		buf_put(&f->waiting, p, len);
	return rc;
}

static enum rc
file_put_at(void *arg, uint64_t at, const void *p, size_t len, struct err *e)
{
	struct file *f = arg;
	enum rc rc = file_flush(f, e);

	if (rc == RC_OK && pwrite(f->fd, p, len, (off_t)at) != (ssize_t)len)
		rc = err_sys(e, "write the bundle");
	return rc;
}

static enum rc
file_open(struct export *x, int *ret, struct err *e)
{
	char *path = arena_printf(x->a, "%s/bundle-XXXXXX", x->nd->dir);

	*ret = mkostemp(path, O_CLOEXEC);
	if (*ret < 0)
		return err_sys(e, "make a file for the bundle");
	unlink(path);
	return RC_OK;
}

/* ---- what goes into it ------------------------------------------------------------- */

static enum rc
on_event(void *arg, struct arena *tmp, enum party p, uint64_t seq, const char **ret,
	 struct err *e)
{
	const struct event *ev;

	return export_event(arg, tmp, p, seq, &ev, ret, e);
}

static enum rc
on_texts(void *arg, struct arena *tmp, enum party p, uint64_t seq,
	 const char *const **ret, size_t *ret_n, struct err *e)
{
	const struct event *ev;
	const char *jws;
	enum rc rc = export_event(arg, tmp, p, seq, &ev, &jws, e);

	if (rc != RC_OK)
		return rc;
	const char **texts = arena_array(tmp, ev->n_sd + 1, sizeof(*texts));
	*ret = texts;
	*ret_n = 0;
	return export_texts(arg, tmp, ev, texts, ret_n, e);
}

static enum rc
on_head(void *arg, struct arena *tmp, enum party p, const struct bundle_receipt *r,
	const char **ret, struct err *e)
{
	return export_receipt(arg, tmp, p, r->size, ret, e);
}

/* Events with one receipt stand together: a receipt takes all that wait for theirs. */
static void
receipts_make(struct export *x, enum party p, struct bundle_long_log *log)
{
	const struct export_items *of = &x->of[p];
	struct bundle_receipt *r = arena_array(x->a, of->n + 1, sizeof(*r));
	uint64_t *covers = arena_array(x->a, of->n + 1, sizeof(*covers));
	size_t n = 0, at = 0;

	for (size_t i = 0; i < of->n; i++) {
		const struct export_item *it = &of->item[i];
		if (it->receipt_size == 0)
			continue;
		if (n == 0 || r[n - 1].adopt != it->adopt)
			r[n++] = (struct bundle_receipt){.adopt = it->adopt,
							 .size = it->receipt_size,
							 .covers = covers + at};
		covers[at++] = it->seq;
		r[n - 1].n++;
	}
	log->receipts = r;
	log->n_receipts = n;
}

static enum rc
log_make(struct export *x, enum party p, struct bundle_long_log *ret, struct err *e)
{
	const struct export_items *of = &x->of[p];
	uint64_t *seq = arena_array(x->a, of->n + 1, sizeof(*seq));
	struct log_tree *tree = ARENA_NEW(x->a, struct log_tree);
	struct export_head newest, cosigned;
	enum rc rc = export_heads(x, p, &newest, &cosigned, e);

	for (size_t i = 0; i < of->n; i++)
		seq[i] = of->item[i].seq;
	*tree = (struct log_tree){.s = x->s, .channel = x->channel.channel, .party = p};
	bool two = newest.note != cosigned.note;
	*ret = (struct bundle_long_log){
		.seq = seq,
		.n = of->n,
		.checkpoint = newest.note,
		.checkpoint_size = newest.size,
		.cosigned = two ? cosigned.note : NULL,
		.cosigned_size = two ? cosigned.size : 0,
		.tree = tree,
	};
	receipts_make(x, p, ret);
	return rc;
}

enum rc
export_long(struct export *x, int *ret_fd, uint64_t *ret_len, struct err *e)
{
	const struct bundle_source source = {.arg = x,
					     .event = on_event,
					     .texts = on_texts,
					     .head = on_head,
					     .node = log_tree_get};
	struct file f = {.fd = -1, .waiting = BUF_INIT(LONG_BUFFER)};
	const struct bundle_sink sink = {&f, file_put, file_put_at};
	struct bundle_long_log logs[PARTY_COUNT];
	enum rc rc = evidence_room(x->nd, (int64_t)x->bytes, e);

	*ret_fd = -1;
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++)
		rc = log_make(x, (enum party)p, &logs[p], e);
	if (rc == RC_OK)
		rc = file_open(x, &f.fd, e);
	if (rc == RC_OK)
		rc = bundle_write_long(&x->out, logs, &source, &sink, export_sign, x->nd,
				       e);
	if (rc == RC_OK)
		rc = file_flush(&f, e);
	buf_free(&f.waiting);
	if (rc != RC_OK && f.fd >= 0)
		close(f.fd);
	if (rc == RC_OK) {
		*ret_fd = f.fd;
		*ret_len = f.len;
	}
	return rc;
}

enum rc
export_verify(int fd, uint64_t len, struct err *e)
{
	struct bundle_report report;
	struct err why = ERR_INIT;
	void *bytes = mmap(NULL, (size_t)len, PROT_READ, MAP_SHARED, fd, 0);

	if (bytes == MAP_FAILED)
		return err_sys(e, "read the bundle");
	struct arena *a = arena_create();
	enum rc rc = bundle_verify(a, bytes, (size_t)len, NULL, &report, &why);
	if (rc != RC_OK)
		rc = err_set(
			e, RC_CORRUPT,
			"the bundle of this case does not verify, so it is not given "
			"out: %s",
			why.text);
	arena_free(a);
	munmap(bytes, (size_t)len);
	return rc;
}
