#include "base/fault.h"

#ifdef SALURAN_FAULTS

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;

void
fault_point(const char *name)
{
	const char *path = getenv("SALURAN_FAULT_FILE");
	unsigned long every, phase, count = 0;
	char text[64] = "";

	if (path == NULL)
		return;
	pthread_mutex_lock(&mu);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
	    sscanf(text, "%lu %lu %lu", &every, &phase, &count) >= 2 && every != 0) {
		int n = snprintf(text, sizeof(text), "%lu %lu %lu\n", every, phase,
				 count + 1);
		if (pwrite(fd, text, (size_t)n, 0) == n && count % every == phase) {
			dprintf(STDERR_FILENO, "fault: kill at %s, point %lu\n", name,
				count);
			kill(getpid(), SIGKILL);
		}
	}
	if (fd >= 0)
		close(fd);
	pthread_mutex_unlock(&mu);
}

#else

/* ISO C forbids an empty translation unit. */
typedef int fault_is_off;

#endif
