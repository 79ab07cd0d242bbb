/*
 * Files through the node's socket, a piece in memory at a time.
 */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/client.h"
#include "service/stream.h"

enum { FILE_ANSWER_MAX = 1 << 20, FILE_STALL_S = 300, FILE_BUFFER = 512 << 10 };

struct passing {
	int fd;
	uint64_t bytes;
	CURL *curl;
	struct buf answer; /* of an upload, or of a refusal */
	enum rc rc;
	struct err *e;
};

static void
release_json(void *p)
{
	json_decref(p);
}

static size_t
on_answer(char *p, size_t size, size_t n, void *arg)
{
	struct passing *x = arg;

	buf_put(&x->answer, p, size * n);
	return buf_ok(&x->answer) ? size * n : 0;
}

static size_t
on_send(char *p, size_t size, size_t n, void *arg)
{
	struct passing *x = arg;
	ssize_t got;

	do
		got = read(x->fd, p, size * n);
	while (got < 0 && errno == EINTR);
	if (got < 0) {
		x->rc = err_sys(x->e, "read the file");
		return CURL_READFUNC_ABORT;
	}
	return (size_t)got;
}

static size_t
on_receive(char *p, size_t size, size_t n, void *arg)
{
	struct passing *x = arg;
	size_t len = size * n;
	long status = 0;

	curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return on_answer(p, size, n, arg);
	for (size_t at = 0; at < len;) {
		ssize_t put = write(x->fd, p + at, len - at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			x->rc = err_sys(x->e, "write the file");
			return 0;
		}
		at += (size_t)put;
	}
	x->bytes += len;
	return len;
}

static enum rc
file_call(struct cli *c, const char *path, struct passing *x, uint64_t upload_len,
	  bool upload, long *ret_status, struct err *e)
{
	struct curl_slist *headers = NULL;
	CURL *h = curl_easy_init();
	const char *credential;
	enum rc rc = client_credential(c, &credential, e);

	if (h == NULL)
		abort();
	if (rc != RC_OK)
		goto out;
	x->curl = h;
	x->e = e;
	if (credential != NULL)
		headers = curl_slist_append(
			headers,
			arena_printf(c->a, "Authorization: Bearer %s", credential));
	headers = curl_slist_append(headers, "Content-Type: application/octet-stream");
	headers = curl_slist_append(headers, "Expect:");
	curl_easy_setopt(h, CURLOPT_UNIX_SOCKET_PATH,
			 arena_printf(c->a, "%s/sock", c->dir));
	curl_easy_setopt(h, CURLOPT_URL, arena_printf(c->a, "http://localhost%s", path));
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, (long)FILE_STALL_S);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, upload ? on_answer : on_receive);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, x);
	if (upload) {
		curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(h, CURLOPT_UPLOAD_BUFFERSIZE, (long)FILE_BUFFER);
		curl_easy_setopt(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)upload_len);
		curl_easy_setopt(h, CURLOPT_READFUNCTION, on_send);
		curl_easy_setopt(h, CURLOPT_READDATA, x);
	}
	CURLcode code = curl_easy_perform(h);
	curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, ret_status);
	/* A refusal may come before all is sent. */
	if (x->rc != RC_OK)
		rc = x->rc;
	else if (code != CURLE_OK && *ret_status < 400)
		rc = err_set(e, RC_UNAVAILABLE,
			     "the daemon of %s broke off: %s; the same command goes on",
			     c->dir, curl_easy_strerror(code));
out:
	curl_slist_free_all(headers);
	curl_easy_cleanup(h);
	return rc;
}

enum rc
cli_upload(struct cli *c, const char *path, const char *file, uint64_t offset,
	   uint64_t len, json_t **ret, struct err *e)
{
	struct passing x = {.fd = open(file, O_RDONLY | O_CLOEXEC),
			    .answer = BUF_INIT(FILE_ANSWER_MAX)};
	long status = 0;
	enum rc rc;

	*ret = NULL;
	if (x.fd < 0)
		return err_sys(e, "open %s", file);
	rc = lseek(x.fd, (off_t)offset, SEEK_SET) < 0
		     ? err_sys(e, "read %s", file)
		     : file_call(c, path, &x, len, true, &status, e);
	close(x.fd);
	if (rc == RC_OK && status != 200)
		rc = client_problem(c, buf_str(&x.answer), x.answer.len, ret, e);
	else if (rc == RC_OK) {
		*ret = json_loadb(buf_str(&x.answer), x.answer.len, 0, NULL);
		if (*ret == NULL)
			rc = err_set(e, RC_IO, "the daemon's answer cannot be read");
		else
			arena_defer(c->a, release_json, *ret);
	}
	buf_free(&x.answer);
	return rc;
}

/* Bytes of an answer of this process. */
static enum rc
reply_write(int fd, const struct reply *r, uint64_t *ret_bytes, struct err *e)
{
	uint8_t piece[1 << 16];
	size_t n = r->len;
	const uint8_t *at = r->bytes;
	enum rc rc = RC_OK;

	*ret_bytes = 0;
	do {
		if (r->download != NULL) {
			rc = download_read(r->download, piece, sizeof(piece), &n, e);
			at = piece;
		}
		for (size_t put = 0; rc == RC_OK && put < n;) {
			ssize_t done = write(fd, at + put, n - put);
			if (done < 0 && errno != EINTR)
				rc = err_sys(e, "write the file");
			else if (done > 0)
				put += (size_t)done;
		}
		*ret_bytes += n;
	} while (rc == RC_OK && r->download != NULL && n != 0);
	download_close(r->download);
	return rc;
}

static enum rc
file_here(struct cli *c, const char *path, int fd, uint64_t *ret_bytes, struct err *e)
{
	struct reply r = {0};
	json_t *in = json_object();

	arena_defer(c->a, release_json, in);
	enum rc rc = client_ask_here(c, "GET", path, in, &r, e);
	return rc == RC_OK ? reply_write(fd, &r, ret_bytes, e) : rc;
}

static enum rc
file_asked(struct cli *c, const char *path, int fd, uint64_t *ret_bytes, struct err *e)
{
	struct passing x = {.fd = fd, .answer = BUF_INIT(FILE_ANSWER_MAX)};
	json_t *problem;
	long status = 0;
	enum rc rc = file_call(c, path, &x, 0, false, &status, e);

	if (rc == RC_OK && status != 200)
		rc = client_problem(c, buf_str(&x.answer), x.answer.len, &problem, e);
	*ret_bytes = x.bytes;
	buf_free(&x.answer);
	return rc;
}

enum rc
cli_download(struct cli *c, const char *path, const char *file, unsigned mode,
	     uint64_t *ret_bytes, struct err *e)
{
	if (c->dir == NULL)
		return err_set(
			e, RC_INVALID,
			"which node? give its directory with --dir or SALURAN_DIR");
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
	if (fd < 0)
		return errno == EEXIST
			       ? err_set(e, RC_CONFLICT, "%s is there already", file)
			       : err_sys(e, "create %s", file);
	enum rc rc = c->cmd->offline && !client_daemon_there(c)
			     ? file_here(c, path, fd, ret_bytes, e)
			     : file_asked(c, path, fd, ret_bytes, e);
	if (rc == RC_OK && fsync(fd) < 0)
		rc = err_sys(e, "write %s", file);
	close(fd);
	/* Half a file looks like a whole one. */
	if (rc != RC_OK)
		unlink(file);
	return rc;
}
