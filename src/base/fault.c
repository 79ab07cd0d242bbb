#include "base/fault.h"

#ifdef SALURAN_FAULTS

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;

enum { TEXT_MAX = 128 };

/* Is this point of those that `only` names?  An empty one names all. */
static bool
is_meant(const char *name, const char *only)
{
	return only[0] == '\0' || strcmp(name, only) == 0;
}

/* One more point passed; does it end us? */
static void
count_point(int fd, const char *name)
{
	char text[TEXT_MAX] = "", next[TEXT_MAX + 64], *at = text;

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return;
	unsigned long every = strtoul(at, &at, 10), phase = strtoul(at, &at, 10);
	unsigned long count = strtoul(at, &at, 10);
	at += strspn(at, " ");
	at[strcspn(at, " \n")] = '\0';
	if (every == 0 || !is_meant(name, at))
		return;
	int n = snprintf(next, sizeof(next), "%lu %lu %lu %s\n", every, phase, count + 1,
			 at);
	if (pwrite(fd, next, (size_t)n, 0) != n || count % every != phase)
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
