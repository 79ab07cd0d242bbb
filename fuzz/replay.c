/*
 * replay - runs a fuzz target over its corpus in the ordinary test run.
 *
 * Usage: replay_<name> DIRECTORY.  An empty or missing corpus is a failure: a
 * test that tests nothing must not pass.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

enum { REPLAY_INPUT_MAX_BYTES = 16 << 20 };

/* Sizes the allocation exactly, so that AddressSanitizer sees one byte too far. */
static bool
replay_file(int dir, const char *name)
{
	struct stat st;
	uint8_t *data = NULL;
	bool good = false;
	ssize_t got;

	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size > REPLAY_INPUT_MAX_BYTES) {
		fprintf(stderr, "%s: cannot be opened, or is too large\n", name);
		goto out;
	}
	size_t size = (size_t)st.st_size;
	data = malloc(size == 0 ? 1 : size);
	if (data == NULL)
		goto out;
	for (size_t at = 0; at < size; at += (size_t)got) {
		got = read(fd, data + at, size - at);
		if (got <= 0) {
			fprintf(stderr, "%s: short read\n", name);
			goto out;
		}
	}
	/* Named before it runs, so that a crash shows its input. */
	printf("%s (%zu bytes)\n", name, size);
	fflush(stdout);
	good = LLVMFuzzerTestOneInput(data, size) == 0;
	if (!good)
		fprintf(stderr, "%s: the target did not return 0\n", name);
out:
	if (fd >= 0)
		close(fd);
	free(data);
	return good;
}

int
main(int argc, char **argv)
{
	size_t count = 0;
	bool good = true;

	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS-DIRECTORY\n", argv[0]);
		return 2;
	}
	DIR *d = opendir(argv[1]);
	if (d == NULL) {
		fprintf(stderr, "corpus %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		good = replay_file(dirfd(d), entry->d_name) && good;
		count++;
	}
	closedir(d);
	if (count == 0) {
		fprintf(stderr, "corpus %s is empty: add seeds\n", argv[1]);
		return 1;
	}
	printf("%zu inputs\n", count);
	return good ? 0 : 1;
}
