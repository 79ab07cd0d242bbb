/*
 * fault - named points at which tests kill the process.
 *
 * Only in builds with -Dfaults=true; elsewhere a point is nothing.  The environment names
 * a file (SALURAN_FAULT_FILE) with three numbers, "every phase count": the points that
 * the process passes are counted in that file, across restarts, and where count % every
 * == phase it dies as by kill -9.  A name behind them: only points of that name count.
 * Without the variable, and while `every` is 0, nothing happens.
 */
#ifndef SALURAN_BASE_FAULT_H
#define SALURAN_BASE_FAULT_H

#ifdef SALURAN_FAULTS
void fault_point(const char *name);
#else
static inline void
fault_point(const char *name)
{
	(void)name;
}
#endif

#endif
