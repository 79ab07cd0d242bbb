#include "sim/fiber.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

enum { STACK_BYTES = 1 << 20 };

struct fiber {
	ucontext_t own, back;
	void (*run)(void *arg);
	void *arg;
	char *stack;
	bool ended;
	void *fake;	   /* the sanitizer's, of this stack */
	const void *below; /* the stack of who resumed it */
	size_t below_bytes;
	struct fiber *next; /* of those that are free */
};

static struct fiber *current, *unused;

/* The sanitizer is told on which stack the program goes on. */
static void
leaving(void **fake, const void *stack, size_t bytes)
{
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_start_switch_fiber(fake, stack, bytes);
#else
	(void)fake;
	(void)stack;
	(void)bytes;
#endif
}

static void
arrived(void *fake, const void **stack, size_t *bytes)
{
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_finish_switch_fiber(fake, stack, bytes);
#else
	(void)fake;
	(void)stack;
	(void)bytes;
#endif
}

static void
fiber_main(void)
{
	struct fiber *f = current;

	arrived(NULL, &f->below, &f->below_bytes);
	f->run(f->arg);
	f->ended = true;
	leaving(NULL, f->below, f->below_bytes);
	setcontext(&f->back);
}

static void
context_make(ucontext_t *c, char *stack)
{
	if (getcontext(c) != 0)
		abort();
	c->uc_stack.ss_sp = stack;
	c->uc_stack.ss_size = STACK_BYTES;
	makecontext(c, fiber_main, 0);
}

struct fiber *
fiber_create(void (*run)(void *arg), void *arg)
{
	struct fiber *f = unused;

	if (f != NULL) {
		unused = f->next;
	} else {
		f = calloc(1, sizeof(*f));
		if (f == NULL)
			abort();
		f->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (f->stack == MAP_FAILED)
			abort();
	}
	*f = (struct fiber){.run = run, .arg = arg, .stack = f->stack};
	context_make(&f->own, f->stack);
	return f;
}

bool
fiber_resume(struct fiber *f)
{
	void *fake = NULL;

	assert(current == NULL && !f->ended);
	current = f;
	leaving(&fake, f->stack, STACK_BYTES);
	swapcontext(&f->back, &f->own);
	arrived(fake, NULL, NULL);
	current = NULL;
	return !f->ended;
}

void
fiber_yield(void)
{
	struct fiber *f = current;

	assert(f != NULL);
	leaving(&f->fake, f->below, f->below_bytes);
	swapcontext(&f->own, &f->back);
	arrived(f->fake, &f->below, &f->below_bytes);
}

void
fiber_free(struct fiber *f)
{
	if (f == NULL)
		return;
#ifdef __SANITIZE_ADDRESS__
	__asan_unpoison_memory_region(f->stack, STACK_BYTES);
#endif
	f->next = unused;
	unused = f;
}

struct fiber *
fiber_current(void)
{
	return current;
}
