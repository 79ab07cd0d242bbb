/*
 * request - one request from its head to its answer; the order of the checks.
 */
#ifndef SALURAN_PEER_REQUEST_H
#define SALURAN_PEER_REQUEST_H

#include "peer/server_int.h"

struct peer_request *request_open(struct peer_server *s, struct MHD_Connection *mhd);

/* The head is here: who, what, how large.  A refusal is answered before any of the body
 * is read. */
enum MHD_Result request_begin(struct peer_server *s, struct MHD_Connection *mhd,
			      struct peer_request *r, const char *url,
			      const char *method);
/* A piece of the body.  MHD_NO closes the connection: there is no answering between
 * the pieces. */
enum MHD_Result request_take(struct peer_server *s, struct peer_request *r,
			     const char *data, size_t len);
/* The body is complete: run the handler, answer. */
enum MHD_Result request_finish(struct peer_server *s, struct MHD_Connection *mhd,
			       struct peer_request *r);
/* `completed`: the answer was sent. */
void request_close(struct peer_server *s, struct peer_request *r, bool completed);

#endif
