#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

enum { LOG_LINE_MAX = 1024 };

static _Atomic int least_level = LOG_INFO;

void
log_set_level(enum log_level least)
{
	atomic_store(&least_level, (int)least);
}

void
log_line(enum log_level level, const char *id, const char *fmt, ...)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	char line[LOG_LINE_MAX], when[CLOCK_TEXT_LEN];
	va_list ap;

	if ((int)level < atomic_load(&least_level))
		return;
	int n = snprintf(line, sizeof(line), "%s %s %s ",
			 clock_format(clock_now_us(), when), names[level], id);
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	text_make_printable(line);
	size_t len = strlen(line);
	line[len++] = '\n';
	/* Nothing can be done about a log that cannot be written. */
	ssize_t ignored = write(STDERR_FILENO, line, len);
	(void)ignored;
}
