/*
 * Witnesses: names that are answered by an address of which there is an order, or will
 * be.
 *
 * The row of an address acts on whatever name is answered by it, and nobody can list
 * these.  Of one that somebody knows it can be measured what clients get.
 */
#include <string.h>

#include "core/ipnet.h"
#include "core/target.h"
#include "service/probe_int.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { WITNESSES_MAX = 1000 };

struct witness {
	const char *address, *name, *by;
	bool found;
};

/* A network or an address, in the text that orders have. */
static enum rc
address_read(struct arena *a, json_t *in, const char **ret, struct err *e)
{
	const char *given;
	struct ipnet net;
	enum rc rc = in_text(in, "address", true, IPNET_TEXT_MAX, &given, e);

	if (rc == RC_OK)
		rc = ipnet_parse(given, strlen(given), &net, e);
	if (rc == RC_OK)
		*ret = ipnet_text(a, &net);
	return rc;
}

static enum rc
work_put(struct writer *w, void *arg, struct err *e)
{
	const struct witness *x = arg;
	const char *was = NULL;
	int64_t n = 0;
	enum rc rc = store_text(w->s, w->a, &SQL_PROBE_WITNESS_GET,
				(struct db_param[]){DB_P_TEXT(x->address)}, &was, e);

	if (rc == RC_OK)
		rc = store_int(w->s, &SQL_PROBE_WITNESS_COUNT, NULL, 0, &n, e);
	if (rc == RC_OK && was == NULL && n >= WITNESSES_MAX)
		rc = err_set(e, RC_LIMIT,
			     "%d addresses have a name to be measured by: remove one "
			     "first",
			     WITNESSES_MAX);
	return rc == RC_OK ? store_run(w->s, &SQL_PROBE_WITNESS_PUT,
				       (struct db_param[]){
					       DB_P_TEXT(x->address),
					       DB_P_TEXT(x->name),
					       DB_P_TEXT(x->by),
					       DB_P_INT(w->now_us),
				       },
				       NULL, NULL, e)
			   : rc;
}

/* in: address, name  out: address, name
 * The name by which the row of that address, or network, is measured from now on. */
enum rc
service_witness_put(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct witness x = {.by = actor_pseudonym(who)};
	struct ipnet unused;
	struct err ignored = ERR_INIT;
	const char *given;
	enum rc rc = in_only(in, "address name", e);

	if (rc == RC_OK)
		rc = address_read(a, in, &x.address, e);
	if (rc == RC_OK)
		rc = in_text(in, "name", true, RPZROW_NAME_MAX, &given, e);
	if (rc == RC_OK && ipnet_parse(given, strlen(given), &unused, &ignored) == RC_OK)
		rc = err_set(e, RC_INVALID,
			     "\"name\" is a host's name that is answered by %s",
			     x.address);
	if (rc == RC_OK)
		rc = ipnet_or_name(a, given, &x.name, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_put, &x, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s}", "address", x.address, "name", x.name));
	return rc;
}

static enum rc
work_remove(struct writer *w, void *arg, struct err *e)
{
	const struct witness *x = arg;
	const struct db_param of[] = {DB_P_TEXT(x->address)};
	const char *was = NULL;
	enum rc rc = store_text(w->s, w->a, &SQL_PROBE_WITNESS_GET, of, &was, e);

	if (rc == RC_OK && was == NULL)
		return err_set(e, RC_NOT_FOUND, "%s is measured by no name", x->address);
	return rc == RC_OK ? store_run(w->s, &SQL_PROBE_WITNESS_DELETE, of, NULL, NULL, e)
			   : rc;
}

/* in: address  out: address
 * RC_NOT_FOUND: it has no name. */
enum rc
service_witness_remove(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	struct witness x = {.name = NULL};
	enum rc rc = in_only(in, "address", e);

	(void)who;
	if (rc == RC_OK)
		rc = address_read(a, in, &x.address, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_remove, &x, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "address", x.address));
	return rc;
}

/* out: witnesses [{address, name, by, at}] */
enum rc
service_witnesses(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	json_t *rows = json_array();
	struct store *s = NULL;
	enum rc rc = in_only(in, "", e);

	(void)who;
	reply_json(a, out, json_pack("{s:o}", "witnesses", rows));
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_PROBE_WITNESS_LIST, NULL,
				"address:s name:s by:s at:t", rows, e);
	reader_put(nd, s);
	return rc;
}

enum rc
probe_witness_of(struct store *s, struct arena *a, const char *address, const char **ret,
		 struct err *e)
{
	*ret = NULL;
	return store_text(s, a, &SQL_PROBE_WITNESS_GET,
			  (struct db_param[]){DB_P_TEXT(address)}, ret, e);
}
