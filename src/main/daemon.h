#ifndef SALURAN_MAIN_DAEMON_H
#define SALURAN_MAIN_DAEMON_H

#include "cli/cli.h"

/* `saluran serve`: all edges around one node, until SIGTERM or SIGINT.  Prints one line
 * "ready ..." with the addresses when everything listens.
 *
 * `roles` NULL: all that a node does, and RC_CONFLICT when another daemon has the store.
 * Else a list of what this one of several on one store does; with writer among them it
 * waits for the logs, and has all it can do without them meanwhile.  A line "ready ..."
 * says each time what it has. */
enum rc daemon_serve(struct cli *c, const char *roles, struct err *e) MUST_CHECK;

#endif
