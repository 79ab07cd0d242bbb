/*
 * prober - asks what is to be asked, round by round, and hands over what came.
 *
 * The same in a node, where work and results are a call of the service, and on another
 * machine, where they go over the API.  A full round runs every so often; names that have
 * just come into the zone or gone from it are asked sooner, at growing pauses, until
 * every resolver does with them what is expected.
 */
#ifndef SALURAN_PROBE_PROBER_H
#define SALURAN_PROBE_PROBER_H

#include <jansson.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "service/node.h"
#include "service/probe.h"

enum { PROBER_POLL_S = 5 /* how often work is looked at when nobody wakes it */ };

/* Where work comes from and results go to. */
struct prober_source {
	void *arg;
	/* As GET /v1/probes/work; lives as long as the arena. */
	enum rc (*work)(void *arg, struct arena *a, const char *from, json_t **ret,
			struct err *e);
	enum rc (*take)(void *arg, const struct probe_report *r, struct err *e);
	/* When the last full round began, 0: never, or not known. */
	enum rc (*last)(void *arg, int64_t *ret_us, struct err *e);
	void (*free)(void *arg);
};

struct prober;

/* One for each, so that a change waits for no round. */
enum prober_kind { PROBER_ROUNDS, PROBER_CHANGES };

/* A thread of its own.  `src` is copied and its arg freed with the prober, or at once
 * when it cannot be started; strings are borrowed. */
enum rc prober_start(const struct prober_source *src, enum prober_kind kind,
		     const char *vantage, const char *ca, struct prober **ret,
		     struct err *e) MUST_CHECK;
/* Something in the zone may have changed. */
void prober_wake(struct prober *p); /* NULL allowed */
void prober_stop(struct prober *p); /* NULL allowed */

/* The node's own. */
struct prober_source prober_of_node(struct node *nd);

/* A node that is reached over its API. */
struct prober_remote {
	const char *url;	/* "https://node.example:7444" */
	const char *credential; /* a token with probes:read and probes:write */
	const char *vantage;
	const char *ca;	 /* file of authorities, NULL: the system's */
	const char *pin; /* "sha256//BASE64" of the API's key, NULL: none */
};
/* Strings are borrowed.  RC_INVALID: the URL is none of https. */
enum rc prober_of_remote(const struct prober_remote *r, struct prober_source *ret,
			 struct err *e) MUST_CHECK;

/* The job that work describes; *ret and what it points to live as long as the arena.
 * RC_INVALID: it cannot be read. */
struct probe_job;
enum rc prober_job(struct arena *a, const json_t *work, const char *vantage,
		   struct probe_job *ret, struct err *e) MUST_CHECK;

#endif
