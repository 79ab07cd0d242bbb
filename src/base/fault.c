#include "base/fault.h"

#ifdef SALURAN_FAULTS

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;

/* One more point passed; does it end us? */
static void
count_point(int fd, const char *name)
{
	char text[64] = "", *at = text;

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return;
	unsigned long every = strtoul(at, &at, 10), phase = strtoul(at, &at, 10);
	unsigned long count = strtoul(at, NULL, 10);
	if (every == 0)
		return;
	int n = snprintf(text, sizeof(text), "%lu %lu %lu\n", every, phase, count + 1);
	if (pwrite(fd, text, (size_t)n, 0) != n || count % every != phase)
		return;
	dprintf(STDERR_FILENO, "fault: kill at %s, point %lu\n", name, count);
	kill(getpid(), SIGKILL);
}

void
fault_point(const char *name)
{
	const char *path = getenv("SALURAN_FAULT_FILE");

	if (path == NULL)
		return;
	pthread_mutex_lock(&mu);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		count_point(fd, name);
		close(fd);
	}
	pthread_mutex_unlock(&mu);
}

#else

/* ISO C forbids an empty translation unit. */
typedef int fault_is_off;

#endif
