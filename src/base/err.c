#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* The analyser's stand-ins. */
#undef err_set
#undef err_rule
#undef err_sys
#undef err_later

enum rc
err_set(struct err *e, enum rc rc, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return rc;
	e->rule[0] = '\0';
	e->inner = false;
	e->retry_after_s = 0;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	text_make_printable(e->text);
	return rc;
}

enum rc
err_later(struct err *e, int64_t retry_after_s, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return RC_LIMIT;
	e->rule[0] = '\0';
	e->inner = false;
	e->retry_after_s = retry_after_s;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	text_make_printable(e->text);
	return RC_LIMIT;
}

enum rc
err_rule(struct err *e, enum rc rc, const char *rule, const char *fmt, ...)
{
	va_list ap;
	char text[ERR_TEXT_MAX];

	if (e == NULL)
		return rc;
	e->inner = false;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(e->rule, sizeof(e->rule), "%s", rule);
	text_make_printable(e->rule);
	/* The text may be cut: a message about hostile input has a limit. */
	if (snprintf(e->text, sizeof(e->text), "%s: %s", rule, text) < 0)
		e->text[0] = '\0';
	text_make_printable(e->text);
	return rc;
}

enum rc
err_sys(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	char text[ERR_TEXT_MAX];
	enum rc rc = RC_IO;

	if (saved == ENOSPC || saved == EDQUOT)
		rc = RC_FULL;
	else if (saved == EACCES || saved == EPERM || saved == EROFS)
		rc = RC_DENIED;
	else if (saved == ENOENT)
		rc = RC_NOT_FOUND;
	if (e == NULL)
		return rc;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	rc = err_set(e, rc, "%s: %s", text, strerror(saved));
	e->inner = true;
	return rc;
}

void
err_prefix(struct err *e, const char *fmt, ...)
{
	va_list ap;
	char context[ERR_TEXT_MAX], old[ERR_TEXT_MAX];

	if (e == NULL)
		return;
	memcpy(old, e->text, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	if (snprintf(e->text, sizeof(e->text), "%s: %s", context, old) < 0)
		e->text[0] = '\0';
	text_make_printable(e->text);
}
