/*
 * db_faults - the engine of the tests' nodes, with one call that fails.
 *
 * Calls on the stores of one node are counted; the n-th from the arming on fails with the
 * outcome that was asked for, without having been made.  As db.h says, a failure inside a
 * transaction makes all later calls fail until it is rolled back.
 */
#ifndef SALURAN_TESTS_DB_FAULTS_H
#define SALURAN_TESTS_DB_FAULTS_H

#include <stdbool.h>

#include "base/rc.h"

/* `dir_part` occurs in the path of that node's store.  n from 1. */
void faults_arm(const char *dir_part, int n, enum rc rc);
/* The server ends the connections of that node before the n-th call, which is made. */
void faults_cut(const char *dir_part, int n);
/* True: the call was reached. */
bool faults_disarm(void);

#endif
