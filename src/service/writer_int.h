/*
 * writer_int - a job of the writer, for writer.c and idem.c.
 */
#ifndef SALURAN_SERVICE_WRITER_INT_H
#define SALURAN_SERVICE_WRITER_INT_H

#include <semaphore.h>

#include "service/idem.h"
#include "service/node_int.h"

struct job {
	struct job *next;
	/* Its caller sleeps here: one wakes, not all, and takes no lock for it.  Where
	 * the answer is kept, on `answered`, under nd->mu. */
	sem_t ended;
	pthread_cond_t answered;
	writer_work *work;
	bool alone; /* runs by itself, outside a transaction of ours */
	void *arg;
	struct err *e;
	enum rc rc;
	bool done;
	struct idem *idem;   /* its answer is kept in the same commit, or NULL */
	bool staged;	     /* its work is done, its commit waits for the answer */
	writer_after *after; /* nobody waits: called when it is done, or NULL */
};

/* Queue it and sleep until it is done, or staged. */
enum rc job_submit(struct node *nd, struct job *j);

/* In the writer's transaction.  First: the key is taken, within the job's savepoint. */
enum rc idem_take_key(struct writer *w, struct job *j, struct err *e) MUST_CHECK;
/* The work is done: its caller goes on and makes the answer. */
void idem_stage(struct node *nd, struct job *j);
/* Wait for the answer and keep it. */
enum rc idem_keep(struct writer *w, struct job *j, struct err *e) MUST_CHECK;

/* In a caller's thread.  The request's first job runs with its key. */
enum rc idem_run(struct node *nd, writer_work *work, void *arg, struct err *e) MUST_CHECK;
/* What was staged is committed before more is written, or read. */
enum rc idem_settle(struct err *e) MUST_CHECK;

#endif
