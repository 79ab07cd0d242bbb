#include "base/rc.h"

#include <assert.h>
#include <string.h>

static const struct {
	const char *token;
	int http_status;
	int exit_code;
} rows[RC_COUNT] = {
#define X(name, token, http, code) [RC_##name] = {token, http, code},
	RC_TABLE(X)
#undef X
};

const char *
rc_token(enum rc rc)
{
	assert(rc < RC_COUNT);
	return rows[rc].token;
}

int
rc_http_status(enum rc rc)
{
	assert(rc < RC_COUNT);
	return rows[rc].http_status;
}

int
rc_exit_code(enum rc rc)
{
	assert(rc < RC_COUNT);
	return rows[rc].exit_code;
}

enum rc
rc_from_token(const char *token)
{
	for (int i = 0; i < RC_COUNT; i++)
		if (strcmp(rows[i].token, token) == 0)
			return (enum rc)i;
	return RC_IO;
}
