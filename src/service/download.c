#include "service/download.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct download {
	const struct download_ops *ops;
	void *state;
	int64_t len;
	const char *name, *type;
};

struct download *
download_make(const struct download_ops *ops, void *state, int64_t len, const char *name,
	      const char *type)
{
	struct download *d = calloc(1, sizeof(*d));

	if (d == NULL)
		abort();
	*d = (struct download){
		.ops = ops, .state = state, .len = len, .name = name, .type = type};
	return d;
}

int64_t
download_len(const struct download *d)
{
	return d->len;
}

const char *
download_name(const struct download *d)
{
	return d->name;
}

const char *
download_type(const struct download *d)
{
	return d->type == NULL ? "application/octet-stream" : d->type;
}

enum rc
download_read(struct download *d, uint8_t *p, size_t max, size_t *ret, struct err *e)
{
	return d->ops->read(d->state, p, max, ret, e);
}

void
download_close(struct download *d)
{
	if (d == NULL)
		return;
	d->ops->close(d->state);
	free(d);
}

/* ---- a file ------------------------------------------------------------------------ */

struct plain {
	int fd;
	off_t at;
};

static enum rc
plain_read(void *state, uint8_t *p, size_t max, size_t *ret, struct err *e)
{
	struct plain *f = state;
	ssize_t n;

	do
		n = pread(f->fd, p, max, f->at);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, "read the file");
	f->at += n;
	*ret = (size_t)n;
	return RC_OK;
}

static void
plain_close(void *state)
{
	struct plain *f = state;

	close(f->fd);
	free(f);
}

struct download *
download_file(int fd, int64_t len, const char *name, const char *type)
{
	static const struct download_ops ops = {plain_read, plain_close};
	struct plain *f = calloc(1, sizeof(*f));

	if (f == NULL)
		abort();
	f->fd = fd;
	return download_make(&ops, f, len, name, type);
}
