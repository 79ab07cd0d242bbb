/*
 * start - what the libraries below need before anything else.
 *
 * JSON is built in many small pieces; without memory for one the program ends, as for
 * every small allocation, and never goes on with a document that lacks it.
 */
#ifndef SALURAN_CORE_START_H
#define SALURAN_CORE_START_H

/* From any thread, any number of times. */
void core_start(void);

#endif
