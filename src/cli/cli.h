/*
 * cli - the command line: a table of commands, each with its options, doc and example.
 *
 * Help comes from the table.  A command asks the running daemon over its local socket;
 * one that is marked so opens the node's directory itself when no daemon has it.
 */
#ifndef SALURAN_CLI_CLI_H
#define SALURAN_CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"

enum {
	CLI_VALUES_MAX = 256, /* of one option, of all words */
	CLI_OPTIONS_MAX = 24,
	CLI_FILE_MAX = 80 << 20,
};

struct cli_option {
	const char *name;  /* "legal-basis" */
	const char *value; /* "TEXT", or NULL: a switch */
	bool required;
	const char *doc;
};

struct cli;

struct cli_command {
	const char *name;  /* "order draft" */
	const char *words; /* "CASE TEXT", "FILE", "" */
	unsigned words_min, words_max;
	const char *doc;     /* one sentence */
	const char *example; /* a whole line, or several */
	bool offline;	     /* may open the directory when no daemon has it */
	const struct cli_option *options;
	enum rc (*run)(struct cli *c, struct err *e);
};

struct cli {
	const struct cli_command *cmd;
	struct arena *a;
	bool json;
	const char *dir, *as;
	json_t *colleagues; /* of whom cli_who() knows the names; NULL: not asked yet */
	const char *words[CLI_VALUES_MAX];
	size_t n_words;
	struct {
		const struct cli_option *option;
		const char *values[CLI_VALUES_MAX];
		size_t n;
	} given[CLI_OPTIONS_MAX];
	size_t n_given;
};

/* Runs; the exit code is that of rc_exit_code(), or EXIT_USAGE.  `serve` is wired by
 * main. */
int cli_run(int argc, char **argv, const struct cli_command *serve);

/* The first value of an option, NULL when not given; whether a switch is on. */
const char *cli_value(const struct cli *c, const char *option);
bool cli_switch(const struct cli *c, const char *option);
/* All values as a JSON array, or NULL when there is none. */
json_t *cli_values(const struct cli *c, const char *option);

/* The values of --field CODE=TEXT as `fields` of a request.  RC_INVALID. */
enum rc cli_fields_put(struct cli *c, json_t *in, struct err *e) MUST_CHECK;

/* A whole file, "-" for standard input.  RC_TOO_LARGE past CLI_FILE_MAX. */
enum rc cli_file_read(struct cli *c, const char *path, const char **ret, size_t *ret_len,
		      struct err *e) MUST_CHECK;
/* A new file of this mode; RC_CONFLICT when it exists. */
enum rc cli_file_write(const char *path, const void *p, size_t len, unsigned mode,
		       struct err *e) MUST_CHECK;

/*
 * Ask the node.  `in` is stolen, NULL: {}.  *ret lives as long as c->a.  On a failure
 * *ret is what the node has to show with it, or NULL.
 */
enum rc cli_call(struct cli *c, const char *method, const char *path, json_t *in,
		 json_t **ret, struct err *e) MUST_CHECK;
enum rc cli_call_bytes(struct cli *c, const char *path, const char **ret, size_t *ret_len,
		       struct err *e) MUST_CHECK;

/* GET has its members in the query: the path with one more, unless `value` is NULL. */
const char *cli_query_add(struct cli *c, const char *path, const char *name,
			  const char *value);
/* The path with the options that were given, of those named ("state within-s limit"); '-'
 * in an option is '_' in the member. */
const char *cli_query(struct cli *c, const char *path, const char *options);

/* Send `len` bytes of a file from `offset` on as the body of a PUT. */
enum rc cli_upload(struct cli *c, const char *path, const char *file, uint64_t offset,
		   uint64_t len, json_t **ret, struct err *e) MUST_CHECK;
/* Write an answer's bytes to a new file of this mode; RC_CONFLICT when it exists. */
enum rc cli_download(struct cli *c, const char *path, const char *file, unsigned mode,
		     uint64_t *ret_bytes, struct err *e) MUST_CHECK;

/* Text of a member, "-" for null or none. */
const char *cli_text(const json_t *o, const char *member);
json_int_t cli_int(const json_t *o, const char *member);
/* A token of the API as people write it: "in force". */
const char *cli_word(struct cli *c, const json_t *o, const char *member);
/* The name of a colleague, of whom events have the pseudonym; who has none here stays as
 * they are.  Asks the node once. */
const char *cli_who(struct cli *c, const json_t *o, const char *member);
/* "1 item", "2 items"; and that of a member, or of a member that is a list. */
const char *cli_many(struct cli *c, json_int_t n, const char *one, const char *many);
const char *cli_many_of(struct cli *c, const json_t *o, const char *member,
			const char *one, const char *many);
/* A time without its microseconds. */
const char *cli_time(struct cli *c, const json_t *o, const char *member);
/* JSON and a line end.  What others wrote moves no cursor and turns no line around on the
 * terminal of who reads it: such characters are escaped, which is the same JSON. */
void cli_json_print(const json_t *j, size_t flags, FILE *to);
/* With --json print it and return true. */
bool cli_json(struct cli *c, const json_t *j);

/* A file of `channel proof` for `verify`; says what it proves.  `known` as for
 * fraud_file_verify(). */
enum rc cli_verify_fraud(struct cli *c, const uint8_t *bytes, size_t len,
			 const char *const known[], struct err *e) MUST_CHECK;

/* A short text as a QR code on standard output. */
void cli_qr_print(const char *text);

/* An act on the case of the first word, with the options that all acts have (`version`);
 * `in` is stolen, NULL: {}.  Prints one line that begins with `done`. */
enum rc cli_case_act(struct cli *c, const char *verb, json_t *in, const char *done,
		     struct err *e) MUST_CHECK;
#define VERSION_OPTION                                                                   \
	{                                                                                \
		"version", "TEXT", false,                                                \
			"of the case as you saw it ('show' has it): refused when it "    \
			"has changed since"                                              \
	}

/* The hash of an order's text, typed by whoever has read it or given as --text-sha256. */
enum rc cli_text_confirm(struct cli *c, const char **ret, struct err *e) MUST_CHECK;
/* Show an order: `show` takes either. */
enum rc cli_order_show(struct cli *c, struct err *e) MUST_CHECK;
void cli_order_print(struct cli *c, const json_t *order);
/* "channel: text" as {told, channel, text}; *ret is new. */
enum rc cli_owner(const char *given, bool told, json_t **ret, struct err *e) MUST_CHECK;

/* Commands by family, each ended by a row without a name. */
extern const struct cli_command cli_node_commands[], cli_case_commands[];
extern const struct cli_command cli_machine_commands[];
extern const struct cli_command cli_identity_commands[];
extern const struct cli_command cli_recovery_commands[], cli_fraud_commands[];
extern const struct cli_command cli_operator_commands[], cli_zone_commands[],
	cli_operator_talk_commands[];
extern const struct cli_command cli_queue_commands[];
extern const struct cli_command cli_casework_commands[];
extern const struct cli_command cli_decide_commands[];
extern const struct cli_command cli_dispute_commands[];
extern const struct cli_command cli_contact_commands[];
extern const struct cli_command cli_mail_commands[];
extern const struct cli_command cli_policy_commands[];
extern const struct cli_command cli_people_commands[];
extern const struct cli_command cli_public_commands[];
extern const struct cli_command cli_order_commands[], cli_proof_commands[],
	cli_webhook_commands[];
extern const struct cli_command cli_evidence_commands[];
extern const struct cli_command cli_order_act_commands[];
/* All of them, in the order of the help; ended by NULL. */
extern const struct cli_command cli_probe_commands[];
extern const struct cli_command *const cli_families[];

/* What `saluran probe` does is another edge's: main gives it before cli_run(). */
typedef enum rc cli_probe_fn(struct cli *c, struct err *e);
void cli_wire_probe(cli_probe_fn *fn);

#endif
