/*
 * client - what the files that ask the node share.
 */
#ifndef SALURAN_CLI_CLIENT_H
#define SALURAN_CLI_CLIENT_H

#include "cli/cli.h"
#include "service/service.h"

/* What `--as` names: the credential itself, NULL without one. */
enum rc client_credential(struct cli *c, const char **ret, struct err *e) MUST_CHECK;
bool client_daemon_there(struct cli *c);
/* Run the route in this process; for commands that may, when no daemon has the directory.
 */
enum rc client_ask_here(struct cli *c, const char *method, const char *path, json_t *in,
			struct reply *out, struct err *e) MUST_CHECK;
/* The outcome that a problem (RFC 9457) tells; *ret is all of it. */
enum rc client_problem(struct cli *c, const char *text, size_t len, json_t **ret,
		       struct err *e) MUST_CHECK;

#endif
