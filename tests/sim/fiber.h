/*
 * fiber - a stack of its own for what may stop in the middle: a request that waits for
 * its answer, a node that is killed.
 */
#ifndef SALURAN_TESTS_SIM_FIBER_H
#define SALURAN_TESTS_SIM_FIBER_H

#include <stdbool.h>

struct fiber;

struct fiber *fiber_create(void (*run)(void *arg), void *arg);
/* Until it yields or ends; false: it has ended.  Not from within a fiber. */
bool fiber_resume(struct fiber *f);
/* Of the fiber that runs.  What is never resumed stays where it is. */
void fiber_yield(void);
/* Its stack is used again, wherever it stopped. */
void fiber_free(struct fiber *f); /* NULL allowed */
struct fiber *fiber_current(void);

#endif
