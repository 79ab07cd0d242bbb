/*
 * rc - the outcomes of every function that can fail.
 *
 * One row is one outcome: its token (shown to people, used in JSON), the HTTP
 * status that answers with it and the exit code of a command that ends with it.
 * RC_RETRY means that nothing happened and that the same call may succeed later.
 */
#ifndef SALURAN_BASE_RC_H
#define SALURAN_BASE_RC_H

#define MUST_CHECK	  __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* X(name, token, HTTP status, exit code) */
#define RC_TABLE(X)                                                                      \
	X(OK, "ok", 200, 0)                                                              \
	X(INVALID, "invalid", 400, 3)                                                    \
	X(UNAUTHENTICATED, "unauthenticated", 401, 4)                                    \
	X(DENIED, "denied", 403, 4)                                                      \
	X(NOT_FOUND, "not_found", 404, 5)                                                \
	X(CONFLICT, "conflict", 409, 6)                                                  \
	X(GONE, "gone", 410, 5)                                                          \
	X(TOO_LARGE, "too_large", 413, 3)                                                \
	X(UNSUPPORTED, "unsupported", 415, 3)                                            \
	X(UNPROCESSABLE, "unprocessable", 422, 3)                                        \
	X(FROZEN, "frozen", 423, 7)                                                      \
	X(LIMIT, "limit", 429, 7)                                                        \
	X(IO, "io", 500, 8)                                                              \
	X(CORRUPT, "corrupt", 500, 9)                                                    \
	X(NEWER, "newer", 500, 9)                                                        \
	X(RETRY, "retry", 503, 10)                                                       \
	X(UNAVAILABLE, "unavailable", 503, 10)                                           \
	X(FULL, "full", 507, 8)

enum rc {
#define X(name, token, http, code) RC_##name,
	RC_TABLE(X)
#undef X
		RC_COUNT
};

const char *rc_token(enum rc rc);
int rc_http_status(enum rc rc);
int rc_exit_code(enum rc rc);

/* The outcome with this token, or RC_IO for an unknown one: the reader of a
 * newer node's answer must not take a failure for a success. */
enum rc rc_from_token(const char *token);

/* A command was called with words it does not know. */
enum { EXIT_USAGE = 2 };

#endif
