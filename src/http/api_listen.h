/*
 * api_listen - the local socket of the API, and the key and certificate of its HTTPS.
 */
#ifndef SALURAN_HTTP_API_LISTEN_H
#define SALURAN_HTTP_API_LISTEN_H

#include <stdint.h>

#include "base/err.h"

/* A socket of mode 0600 in place of what is there.  RC_INVALID: the path is too long. */
enum rc api_listen_local(const char *path, int *ret_fd, struct err *e) MUST_CHECK;

/* PEM texts for free(); an empty path stands for the node's own key and certificate.
 * RC_INVALID: they are no such files; RC_NOT_FOUND, RC_DENIED, RC_IO. */
enum rc api_listen_files(const char *dir, const char *key_path, const char *cert_path,
			 char **ret_key, char **ret_cert, struct err *e) MUST_CHECK;
void api_listen_wipe(char *key); /* NULL allowed; and frees it */

#endif
