#include "http/api_listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/enc.h"
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

static uint16_t
port_of(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char service[8] = "0";
	uint64_t port = 0;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&ss, len, NULL, 0, service, sizeof(service),
			NI_NUMERICSERV) != 0 ||
	    decimal_parse(service, strlen(service), UINT16_MAX, &port) != RC_OK)
		return 0;
	return (uint16_t)port;
}

enum rc
api_listen_tcp(const char *host, uint16_t port, int *ret_fd, uint16_t *ret_port,
	       struct err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags =
					 AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *at = NULL;
	char service[8];
	int on = 1;
	enum rc rc = RC_OK;

	*ret_fd = -1;
	snprintf(service, sizeof(service), "%u", (unsigned)port);
	if (getaddrinfo(host[0] == '\0' ? "0.0.0.0" : host, service, &hints, &at) != 0)
		return err_set(e, RC_INVALID,
			       "%s is no numeric address: write 192.0.2.1:%u, or "
			       "[2001:db8::1]:%u",
			       host, (unsigned)port, (unsigned)port);
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		rc = err_sys(e, "make a socket");
		goto out;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, at->ai_addr, at->ai_addrlen) < 0 ||
	    listen(fd, API_LISTEN_BACKLOG) < 0) {
		if (errno == EADDRINUSE)
			rc = err_set(e, RC_CONFLICT,
				     "port %u of %s is in use by another program: stop "
				     "it, or choose another port",
				     (unsigned)port, host);
		else
			rc = err_sys(e, "listen on %s port %u", host, (unsigned)port);
	}
	*ret_port = rc == RC_OK ? port_of(fd) : 0;
out:
	freeaddrinfo(at);
	if (rc == RC_OK)
		*ret_fd = fd;
	else if (fd >= 0)
		close(fd);
	return rc;
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
