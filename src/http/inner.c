#include "http/inner.h"

#include "base/clock.h"
#include "base/log.h"

static const char *
shown(enum rc rc)
{
	if (rc == RC_FULL)
		return "no space is left where the node keeps its data";
	if (rc == RC_RETRY || rc == RC_UNAVAILABLE)
		return "the node cannot do it now; try again";
	return "something failed in the node";
}

enum rc
inner_hide(enum rc rc, struct err *e, const char *route, struct inner *ret)
{
	const bool ours = rc == RC_IO || rc == RC_CORRUPT || rc == RC_NEWER;

	*ret = (struct inner){.hidden = ours || e->inner};
	if (!ret->hidden)
		return rc;
	uuid7_make(clock_now_us(), ret->reference);
	log_line(LOG_ERROR, "http.failed", "reference=%s route=%s rc=%s why=\"%s\"",
		 ret->reference, route, rc_token(rc), e->text);
	if (!ours && rc != RC_FULL && rc != RC_RETRY && rc != RC_UNAVAILABLE)
		rc = RC_IO;
	return err_set(e, rc, "%s: its log has more under the reference %s", shown(rc),
		       ret->reference);
}
