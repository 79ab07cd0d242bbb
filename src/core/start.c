#include "core/start.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/crypto.h"

static void *
malloc_or_end(size_t size)
{
	void *p = malloc(size);

	if (p == NULL)
		abort();
	return p;
}

static void
start(void)
{
	json_set_alloc_funcs(malloc_or_end, free);
	crypto_start();
}

void
core_start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, start);
}
