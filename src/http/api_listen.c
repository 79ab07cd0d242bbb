#include "http/api_listen.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "http/api_int.h"
#include "service/tls.h"

enum { PEM_MAX = 256 << 10 };

enum rc
api_listen_local(const char *path, int *ret, struct err *e)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	*ret = -1;
	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(
			e, RC_INVALID,
			"%s is longer than a socket's path may be (%zu bytes): choose a "
			"shorter directory",
			path, sizeof(addr.sun_path) - 1);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(e, "remove %s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(e, "make a socket");
	mode_t old = umask(0177);
	int bound = bind(fd, (const struct sockaddr *)&addr, sizeof(addr));
	umask(old);
	if (bound < 0 || listen(fd, SOMAXCONN) < 0) {
		enum rc rc = err_sys(e, "listen on %s", path);
		close(fd);
		return rc;
	}
	*ret = fd;
	return RC_OK;
}

static enum rc
pem_read(const char *setting, const char *path, char **ret, struct err *e)
{
	struct buf b = BUF_INIT(PEM_MAX);
	char chunk[4096];
	size_t n;
	FILE *f = fopen(path, "re");
	enum rc rc = RC_OK;

	if (f == NULL)
		return err_sys(e, "setting %s: open %s", setting, path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_put(&b, chunk, n);
	if (ferror(f))
		rc = err_sys(e, "read %s", path);
	else if (!buf_ok(&b) || strstr(buf_str(&b), "-----BEGIN ") == NULL)
		rc = err_set(e, RC_INVALID, "setting %s: %s is no PEM file", setting,
			     path);
	else
		*ret = strdup(buf_str(&b));
	fclose(f);
	sodium_memzero(chunk, sizeof(chunk));
	if (b.data != NULL)
		sodium_memzero(b.data, b.len);
	buf_free(&b);
	return rc;
}

enum rc
api_listen_files(const char *dir, const char *key_path, const char *cert_path,
		 char **ret_key, char **ret_cert, struct err *e)
{
	struct arena *a = arena_create();
	bool own = key_path[0] == '\0' && cert_path[0] == '\0';
	enum rc rc = RC_OK;

	if (!own && (key_path[0] == '\0' || cert_path[0] == '\0'))
		rc = err_set(e, RC_INVALID,
			     "api.tls_key and api.tls_cert go together: set both, or "
			     "neither");
	if (own) {
		key_path = arena_printf(a, "%s/%s", dir, TLS_KEY_FILE);
		cert_path = arena_printf(a, "%s/%s", dir, TLS_CERT_FILE);
	}
	if (rc == RC_OK)
		rc = pem_read("api.tls_key", key_path, ret_key, e);
	if (rc == RC_OK)
		rc = pem_read("api.tls_cert", cert_path, ret_cert, e);
	arena_free(a);
	return rc;
}

void
api_listen_wipe(char *key)
{
	if (key != NULL)
		sodium_memzero(key, strlen(key));
	free(key);
}
