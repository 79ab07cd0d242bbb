/* The fake exchange's part about equivocation: what came is kept in `got`. */
#include <stdio.h>
#include <string.h>

#include "fake_exchange.h"

static enum rc
came(struct node *nd, const char *what, const char *text, size_t len, struct err *e)
{
	pthread_mutex_lock(&nd->mu);
	snprintf(nd->got, sizeof(nd->got), "%s %.*s", what, (int)len, text);
	enum rc rc = nd->get_rc;
	pthread_mutex_unlock(&nd->mu);
	return rc == RC_OK ? rc
			   : err_rule(e, rc, "protocol 9", "as told: %s", rc_token(rc));
}

enum rc
exchange_add_fraud(struct node *nd, int64_t peer, const char *text, size_t len,
		   struct err *e)
{
	(void)peer;
	return came(nd, "fraud", text, len, e);
}

enum rc
exchange_get_fraud(struct node *nd, int64_t peer, struct arena *a, const char **ret,
		   struct err *e)
{
	(void)peer;
	*ret = arena_strdup(a, "{\"kind\":\"heads\"}");
	return came(nd, "get", "fraud", strlen("fraud"), e);
}

enum rc
exchange_add_epoch(struct node *nd, int64_t peer, const char *text, size_t len,
		   struct arena *a, const char **ret, struct err *e)
{
	(void)peer;
	*ret = arena_strdup(a, "ours");
	return came(nd, "epoch", text, len, e);
}

void
exchange_push_doubted(struct node *nd, int64_t peer)
{
	(void)nd;
	(void)peer;
}

void
exchange_refused(struct node *nd, int64_t peer, const char *call, enum rc rc,
		 const struct err *why)
{
	(void)why;
	pthread_mutex_lock(&nd->mu);
	nd->refused_peer = peer;
	nd->refused_rc = rc;
	nd->refused_call = call;
	pthread_mutex_unlock(&nd->mu);
}

void
exchange_taken(struct node *nd, int64_t peer, const char *call)
{
	pthread_mutex_lock(&nd->mu);
	nd->taken_peer = peer;
	nd->taken_call = call;
	pthread_mutex_unlock(&nd->mu);
}

void
exchange_fraud_fetch(struct node *nd, int64_t peer, const struct exchange_fetch *f,
		     struct arena *a)
{
	(void)peer;
	(void)f;
	(void)a;
	pthread_mutex_lock(&nd->mu);
	nd->n_fraud++;
	pthread_cond_broadcast(&nd->changed);
	pthread_mutex_unlock(&nd->mu);
}
