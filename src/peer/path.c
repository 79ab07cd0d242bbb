#include "peer/path.h"

#include <string.h>

static bool
skip(const char **at, const char *literal)
{
	size_t len = strlen(literal);

	if (strncmp(*at, literal, len) != 0)
		return false;
	*at += len;
	return true;
}

bool
path_match(const char *pattern, const char *path, struct path_words *ret)
{
	struct hash h;

	*ret = (struct path_words){.rest = ""};
	while (*pattern != '\0') {
		if (skip(&pattern, "{log}") || skip(&pattern, "{sha256}")) {
			if (strnlen(path, HASH_HEX_LEN) < HASH_HEX_LEN ||
			    hash_parse_hex(path, HASH_HEX_LEN, &h) != RC_OK)
				return false;
			memcpy(ret->log, path, HASH_HEX_LEN);
			path += HASH_HEX_LEN;
		} else if (skip(&pattern, "{rest}")) {
			ret->rest = path;
			return *path != '\0';
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *path == '\0';
}
