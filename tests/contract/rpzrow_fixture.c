/*
 * The validator of zone rows by itself, to compare it with real resolvers:
 *
 *	rpzrow_fixture ORIGIN < LINES
 *
 * Each line is one of a zone file.  Prints "ok" or "refused WHY" for each of them, then
 * "zone ok" or "zone refused WHY" for those that are ok by themselves, together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rpz_row.h"

enum { LINES_MAX = 1024 };

int
main(int argc, char **argv)
{
	static struct rpzrow rows[LINES_MAX];
	char line[RPZROW_LINE_MAX + 2];
	struct arena *a = arena_create();
	size_t n = 0, bad;
	struct err e = ERR_INIT;

	if (argc != 2) {
		fputs("rpzrow_fixture ORIGIN < LINES\n", stderr);
		return EXIT_FAILURE;
	}
	while (n < LINES_MAX && fgets(line, sizeof(line), stdin) != NULL) {
		size_t len = strcspn(line, "\n");
		enum rpzrow_trigger trigger;
		enum rc rc = rpzrow_read(a, line, len, &rows[n], &e);
		if (rc == RC_OK)
			rc = rpzrow_check(&rows[n], argv[1], &trigger, &e);
		printf(rc == RC_OK ? "ok\n" : "refused %s\n", e.text);
		n += rc == RC_OK;
	}
	enum rc rc = rpzrow_zone_check(rows, n, argv[1], &bad, &e);
	printf(rc == RC_OK ? "zone ok\n" : "zone refused %s\n", e.text);
	arena_free(a);
	return EXIT_SUCCESS;
}
