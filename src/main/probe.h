/* main/probe - what `saluran probe` does: wired into the command line by main(). */
#ifndef SALURAN_MAIN_PROBE_H
#define SALURAN_MAIN_PROBE_H

#include "cli/cli.h"

enum rc main_probe(struct cli *c, struct err *e) MUST_CHECK;

#endif
