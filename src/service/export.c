#include "service/use.h"
enum rc
service_export(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	(void)nd;
	(void)a;
	(void)who;
	(void)in;
	(void)out;
	return err_set(e, RC_UNAVAILABLE, "not yet");
}
