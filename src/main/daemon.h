#ifndef SALURAN_MAIN_DAEMON_H
#define SALURAN_MAIN_DAEMON_H

#include "cli/cli.h"

/* `saluran serve`: all edges around one node, until SIGTERM or SIGINT.  Prints one line
 * "ready ..." with the addresses when everything listens. */
enum rc daemon_serve(struct cli *c, struct err *e) MUST_CHECK;

#endif
