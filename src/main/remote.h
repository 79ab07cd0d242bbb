/* main/remote - `saluran serve --roles=probe`: a prober without a node of its own. */
#ifndef SALURAN_MAIN_REMOTE_H
#define SALURAN_MAIN_REMOTE_H

#include "cli/cli.h"

/* Until it is stopped by a signal. */
enum rc remote_serve(struct cli *c, struct err *e) MUST_CHECK;

#endif
