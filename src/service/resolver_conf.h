/*
 * resolver_conf - what a DNS operator adds to the resolver that already runs.
 *
 * The texts are the files of resolvers/, one for each kind of resolver, built in.  A text
 * has lines that begin with '%':
 *
 *	%title TEXT        what it is for
 *	%file PATH FOLDER  a file begins; FOLDER is {state} in it when nobody says
 *otherwise %how TEXT          what is done with that file %each zone         the lines to
 *%end once for each zone, in their order %if WORD           the lines to %else or %end
 *when WORD is so: `key` (a TSIG key %else, %end        is used), `lookup` (a public
 *lookup is named), `why` (it fetches numbers of orders) %then              the lines
 *after it are commands to run afterwards %ask               it answers for itself: it can
 *be asked for the serial
 *
 * and places in braces, as of core/template.h; values[] in resolver_conf.c has their
 *names.
 */
#ifndef SALURAN_SERVICE_RESOLVER_CONF_H
#define SALURAN_SERVICE_RESOLVER_CONF_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rc.h"

enum {
	RESOLVER_PORT = 53, /* where resolvers and servers listen */
	RELAY_PORT = 5399,  /* of the relay beside a resolver that knows no TSIG */
	RESOLVER_ZONES_MAX = 16,
};

struct resolver_zone {
	const char *origin;
	const char *what; /* a few words, for a comment */
};

struct resolver_conf_in {
	const char *kind;	 /* one of resolver_kinds() */
	const char *org;	 /* whose zone it is */
	const char *own_address; /* of the resolver, and the port that takes NOTIFY */
	uint16_t own_port;
	const char *lookup;	/* URL of the public lookup, NULL: not named */
	const char *registered; /* URL of the register; NULL as `lookup` */
	bool why;	     /* it fetches the orders' numbers, too: `lookup` is there */
	const char *address; /* of the server that it fetches from */
	uint16_t port;
	const char *tsig_name, *tsig_secret; /* both or none; secret: as it is shown */
	const char *state_dir;		     /* NULL: as Debian's package has it */
	uint16_t resolver_port, relay_port;
	const struct resolver_zone *zones; /* in the order of precedence */
	size_t n_zones;			   /* 1 to RESOLVER_ZONES_MAX */
};

/* The kinds there are: "unbound, bind, ...", for a message. */
const char *resolver_kinds(void);
bool resolver_kind_known(const char *kind);
/* Can it tell its clients which order blocks a name? */
bool resolver_kind_says_why(const char *kind);

/*
 * {resolver, title, files [{path, how, text}], then [command], ask}; `ask` is the command
 * that shows the serial in effect, null for a server that answers nobody.  The caller's.
 *
 * RC_INVALID  there is no such kind
 */
enum rc resolver_conf(struct arena *a, const struct resolver_conf_in *in, json_t **ret,
		      struct err *e) MUST_CHECK;

#endif
