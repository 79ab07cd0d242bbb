/*
 * banned - names that no file of ours may use; the build includes it before every file.
 *
 * The headers that declare them come first, because a poisoned name is refused in
 * a system header too.  What to use instead stands beside each group.
 */
#ifndef SALURAN_BASE_BANNED_H
#define SALURAN_BASE_BANNED_H

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <wchar.h>

/* clang's view of some of them is a macro. */
#undef alloca
#undef sprintf
#undef vsprintf

/* No bound: struct buf, arena_printf(), snprintf(). */
#pragma GCC poison strcpy strcat stpcpy sprintf vsprintf gets

/* A bound that cuts in silence, or leaves no NUL: arena_strndup(), struct buf. */
#pragma GCC poison strncpy strncat stpncpy

/* Hidden state, or a static result that threads share. */
#pragma GCC poison strtok gmtime localtime ctime asctime tmpnam tempnam mktemp rand srand

/* Overflow is undefined and errors are not told: strtoll() with errno, or a parser. */
#pragma GCC poison atoi atol atoll atof scanf fscanf sscanf vsscanf

/* The size comes from the input while the stack is small: arena_alloc(). */
#pragma GCC poison alloca

/* A shell reads the argument: posix_spawn() with an argument vector. */
#pragma GCC poison system popen

#endif
