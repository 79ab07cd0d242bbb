#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/utf8.h"

static const struct cli_option common[] = {
	{"dir", "DIR", false, "the node's directory (else SALURAN_DIR)"},
	{"as", "FILE", false,
	 "your credential file (else SALURAN_CREDENTIAL); with a password: a file of one "
	 "line "
	 "name:password"},
	{"json", NULL, false, "answer in JSON"},
	{"help", NULL, false, "this text"},
	{NULL, NULL, false, NULL},
};

/* clang-format off */
const struct cli_command *const cli_families[] = {
	cli_node_commands,
	cli_machine_commands,
	cli_identity_commands,
	cli_recovery_commands,
	cli_fraud_commands,
	cli_operator_commands,
	cli_operator_talk_commands,
	cli_zone_commands,
	cli_case_commands,
	cli_queue_commands,
	cli_decide_commands,
	cli_dispute_commands,
	cli_casework_commands,
	cli_contact_commands,
	cli_mail_commands,
	cli_policy_commands,
	cli_people_commands,
	cli_order_commands,
	cli_order_act_commands,
	cli_evidence_commands,
	cli_probe_commands,
	cli_proof_commands,
	cli_webhook_commands,
	cli_public_commands,
	NULL,
};
/* clang-format on */

static const struct cli_command *
command_next(const struct cli_command *serve, size_t *at)
{
	size_t i = (*at)++;

	if (i == 0)
		return serve;
	i--;
	for (size_t f = 0; cli_families[f] != NULL; f++)
		for (const struct cli_command *c = cli_families[f]; c->name != NULL; c++)
			if (i-- == 0)
				return c;
	return NULL;
}

#define EXIT_CODES                                                                       \
	"exit codes: 0 done, 2 usage, 3 refused input, 4 not allowed, 5 not found,\n"    \
	"  6 conflicts with what is there, 7 limit, 8 disk or network, 9 damaged or "    \
	"newer\n  store, 10 try again later\n"

static void
help_all(FILE *out, const struct cli_command *serve)
{
	const struct cli_command *c;

	fputs("saluran: the provable channel between an authority and a platform\n\n"
	      "usage: saluran COMMAND [WORDS] [--OPTION VALUE ...]\n\n",
	      out);
	for (size_t at = 0; (c = command_next(serve, &at)) != NULL;)
		fprintf(out, "  %-22s %s\n", c->name, c->doc);
	fputs("\n'saluran COMMAND --help' has the options and an example.\n" EXIT_CODES,
	      out);
}

static void
help_options(FILE *out, const struct cli_option *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		char left[64];
		snprintf(left, sizeof(left), "--%s %s", o->name,
			 o->value == NULL ? "" : o->value);
		fprintf(out, "  %-24s %s%s\n", left, o->doc,
			o->required ? " (required)" : "");
	}
}

static void
help_command(FILE *out, const struct cli_command *c)
{
	fprintf(out, "saluran %s: %s\n\nusage: saluran %s%s%s [--OPTION VALUE ...]\n\n",
		c->name, c->doc, c->name, c->words[0] == '\0' ? "" : " ", c->words);
	help_options(out, c->options);
	help_options(out, common);
	fprintf(out, "\nexample:\n  %s\n\n" EXIT_CODES, c->example);
}

/* The command whose name is the longest that the arguments begin with. */
static const struct cli_command *
command_find(const struct cli_command *serve, int argc, char **argv, int *ret_used)
{
	const struct cli_command *best = NULL, *c;

	*ret_used = 0;
	for (size_t at = 0; (c = command_next(serve, &at)) != NULL;) {
		const char *space = strchr(c->name, ' ');
		size_t first =
			space == NULL ? strlen(c->name) : (size_t)(space - c->name);
		int used = space == NULL ? 1 : 2;
		if (argc < used || strlen(argv[0]) != first ||
		    strncmp(argv[0], c->name, first) != 0 ||
		    (space != NULL && strcmp(argv[1], space + 1) != 0) ||
		    used <= *ret_used)
			continue;
		best = c;
		*ret_used = used;
	}
	return best;
}

/* "saluran person": the commands that begin with that word.  False: there is none. */
static bool
help_group(FILE *out, const struct cli_command *serve, const char *word)
{
	const struct cli_command *c;
	size_t len = strlen(word);
	bool any = false;

	for (size_t at = 0; (c = command_next(serve, &at)) != NULL;)
		if (strncmp(c->name, word, len) == 0 && c->name[len] == ' ') {
			fprintf(out, "  saluran %-22s %s\n", c->name, c->doc);
			any = true;
		}
	return any;
}

static const struct cli_option *
option_find(const struct cli_command *cmd, const char *name, size_t len)
{
	const struct cli_option *lists[] = {cmd->options, common};

	for (size_t i = 0; i < 2; i++)
		for (const struct cli_option *o = lists[i]; o != NULL && o->name != NULL;
		     o++)
			if (strlen(o->name) == len && strncmp(o->name, name, len) == 0)
				return o;
	return NULL;
}

static enum rc
option_take(struct cli *c, const struct cli_option *o, const char *value, struct err *e)
{
	size_t i = 0;

	while (i < c->n_given && c->given[i].option != o)
		i++;
	if (i == CLI_OPTIONS_MAX || (i < c->n_given && c->given[i].n == CLI_VALUES_MAX))
		return err_set(e, RC_INVALID, "--%s is given too often", o->name);
	c->given[i].option = o;
	c->given[i].values[c->given[i].n++] = value;
	if (i == c->n_given)
		c->n_given++;
	return RC_OK;
}

/* JSON cannot carry what is none: the node would be asked without that word. */
static enum rc
words_are_utf8(int argc, char **argv, struct err *e)
{
	size_t bad_at;

	for (int i = 0; i < argc; i++)
		if (!utf8_valid(argv[i], strlen(argv[i]), &bad_at))
			return err_set(e, RC_INVALID,
				       "\"%s\" is not UTF-8: its byte %zu begins no "
				       "character",
				       argv[i], bad_at + 1);
	return RC_OK;
}

static enum rc
words_parse(struct cli *c, int argc, char **argv, struct err *e)
{
	bool options = true;

	for (int i = 0; i < argc; i++) {
		const char *arg = argv[i];
		if (options && strcmp(arg, "--") == 0) {
			options = false;
			continue;
		}
		if (!options || strncmp(arg, "--", 2) != 0) {
			if (c->n_words == CLI_VALUES_MAX)
				return err_set(e, RC_INVALID, "too many words");
			c->words[c->n_words++] = arg;
			continue;
		}
		const char *eq = strchr(arg, '=');
		size_t len = eq == NULL ? strlen(arg + 2) : (size_t)(eq - arg - 2);
		const struct cli_option *o = option_find(c->cmd, arg + 2, len);
		const char *value = eq == NULL ? NULL : eq + 1;
		if (o == NULL)
			return err_set(e, RC_INVALID, "there is no option --%.*s",
				       (int)len, arg + 2);
		if (o->value == NULL && value != NULL)
			return err_set(e, RC_INVALID, "--%s takes no value", o->name);
		if (o->value != NULL && value == NULL && ++i == argc)
			return err_set(e, RC_INVALID, "--%s needs a value: %s", o->name,
				       o->value);
		if (o->value != NULL && value == NULL)
			value = argv[i];
		enum rc rc = option_take(c, o, value, e);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

static enum rc
words_check(const struct cli *c, struct err *e)
{
	if (c->n_words < c->cmd->words_min)
		return err_set(e, RC_INVALID, "missing: %s", c->cmd->words);
	if (c->n_words > c->cmd->words_max)
		return err_set(e, RC_INVALID, "unexpected: %s",
			       c->words[c->cmd->words_max]);
	for (const struct cli_option *o = c->cmd->options; o != NULL && o->name != NULL;
	     o++)
		if (o->required && cli_value(c, o->name) == NULL)
			return err_set(e, RC_INVALID, "--%s is missing: %s", o->name,
				       o->doc);
	return RC_OK;
}

void
cli_json_print(const json_t *j, size_t flags, FILE *to)
{
	char *text = json_dumps(j, flags);

	for (const char *at = text; at != NULL && *at != '\0';) {
		uint32_t c;
		size_t len = text_acts(at, &c);
		if (len != 0)
			fprintf(to, "\\u%04X", (unsigned)c);
		else
			fputc(*at, to);
		at += len == 0 ? 1 : len;
	}
	fputc('\n', to);
	free(text);
}

static void
failure_show(const struct cli *c, enum rc rc, const struct err *e)
{
	if (c->json) {
		json_t *j =
			json_pack("{s:s, s:s}", "title", rc_token(rc), "detail", e->text);
		if (e->rule[0] != '\0')
			json_object_set_new(j, "rule", json_string(e->rule));
		cli_json_print(j, JSON_COMPACT, stderr);
		json_decref(j);
		return;
	}
	fprintf(stderr, "saluran: %s\n", e->text);
}

int
cli_run(int argc, char **argv, const struct cli_command *serve)
{
	struct cli c = {0};
	struct err e = ERR_INIT;
	int used, code;

	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		help_all(argc < 2 ? stderr : stdout, serve);
		return argc < 2 ? EXIT_USAGE : EXIT_SUCCESS;
	}
	c.cmd = command_find(serve, argc - 1, argv + 1, &used);
	if (c.cmd == NULL) {
		bool help = argc > 2 && strcmp(argv[2], "--help") == 0;
		if (help_group(help ? stdout : stderr, serve, argv[1]))
			return help ? EXIT_SUCCESS : EXIT_USAGE;
		fprintf(stderr,
			"saluran: there is no command \"%s\": 'saluran --help' lists "
			"them\n",
			argv[1]);
		return EXIT_USAGE;
	}
	c.a = arena_create();
	enum rc rc = words_are_utf8(argc - 1 - used, argv + 1 + used, &e);
	if (rc == RC_OK)
		rc = words_parse(&c, argc - 1 - used, argv + 1 + used, &e);
	c.json = cli_switch(&c, "json");
	if (rc == RC_OK && cli_switch(&c, "help")) {
		help_command(stdout, c.cmd);
		arena_free(c.a);
		return EXIT_SUCCESS;
	}
	if (rc == RC_OK)
		rc = words_check(&c, &e);
	if (rc != RC_OK) {
		fprintf(stderr, "saluran %s: %s\n'saluran %s --help' explains it\n",
			c.cmd->name, e.text, c.cmd->name);
		arena_free(c.a);
		return EXIT_USAGE;
	}
	c.dir = cli_value(&c, "dir") != NULL ? cli_value(&c, "dir")
					     : getenv("SALURAN_DIR");
	c.as = cli_value(&c, "as") != NULL ? cli_value(&c, "as")
					   : getenv("SALURAN_CREDENTIAL");
	rc = c.cmd->run(&c, &e);
	if (rc != RC_OK)
		failure_show(&c, rc, &e);
	code = rc_exit_code(rc);
	if (fflush(stdout) != 0 && rc == RC_OK) {
		fprintf(stderr, "saluran: cannot write the answer: %s\n",
			strerror(errno));
		code = rc_exit_code(RC_IO);
	}
	arena_free(c.a);
	return code;
}

const char *
cli_value(const struct cli *c, const char *option)
{
	for (size_t i = 0; i < c->n_given; i++)
		if (strcmp(c->given[i].option->name, option) == 0)
			return c->given[i].values[0];
	return NULL;
}

bool
cli_switch(const struct cli *c, const char *option)
{
	for (size_t i = 0; i < c->n_given; i++)
		if (strcmp(c->given[i].option->name, option) == 0)
			return true;
	return false;
}

json_t *
cli_values(const struct cli *c, const char *option)
{
	json_t *all = NULL;

	for (size_t i = 0; i < c->n_given; i++)
		if (strcmp(c->given[i].option->name, option) == 0) {
			all = json_array();
			for (size_t k = 0; k < c->given[i].n; k++)
				json_array_append_new(all,
						      json_string(c->given[i].values[k]));
		}
	return all;
}

enum rc
cli_file_read(struct cli *c, const char *path, const char **ret, size_t *ret_len,
	      struct err *e)
{
	struct buf b = BUF_INIT(CLI_FILE_MAX);
	char chunk[65536];
	size_t n;
	bool stdin_wanted = strcmp(path, "-") == 0;
	FILE *f = stdin_wanted ? stdin : fopen(path, "re");

	if (f == NULL)
		return err_sys(e, "%s", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_put(&b, chunk, n);
	enum rc rc = ferror(f) ? err_sys(e, "read %s", path) : RC_OK;
	if (rc == RC_OK && !buf_ok(&b))
		rc = err_set(e, RC_TOO_LARGE, "%s is larger than %d bytes", path,
			     CLI_FILE_MAX);
	if (!stdin_wanted)
		fclose(f);
	if (rc == RC_OK) {
		*ret = arena_strndup(c->a, buf_str(&b), b.len);
		*ret_len = b.len;
	}
	buf_free(&b);
	return rc;
}

enum rc
cli_file_write(const char *path, const void *p, size_t len, unsigned mode, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
	const char *at = p;
	enum rc rc = RC_OK;

	if (fd < 0 && errno == EEXIST)
		return err_set(e, RC_CONFLICT, "%s exists: choose another name", path);
	if (fd < 0)
		return err_sys(e, "create %s", path);
	while (rc == RC_OK && len != 0) {
		ssize_t n = write(fd, at, len);
		if (n < 0 && errno != EINTR)
			rc = err_sys(e, "write %s", path);
		at += n < 0 ? 0 : n;
		len -= n < 0 ? 0 : (size_t)n;
	}
	if (rc == RC_OK && fsync(fd) < 0 && errno != EINVAL)
		rc = err_sys(e, "write %s", path);
	close(fd);
	if (rc != RC_OK)
		unlink(path);
	return rc;
}

const char *
cli_text(const json_t *o, const char *member)
{
	const char *s = json_string_value(json_object_get(o, member));

	return s == NULL ? "-" : s;
}

json_int_t
cli_int(const json_t *o, const char *member)
{
	return json_integer_value(json_object_get(o, member));
}

const char *
cli_many(struct cli *c, json_int_t n, const char *one, const char *many)
{
	return arena_printf(c->a, "%" JSON_INTEGER_FORMAT " %s", n, n == 1 ? one : many);
}

const char *
cli_many_of(struct cli *c, const json_t *o, const char *member, const char *one,
	    const char *many)
{
	const json_t *v = json_object_get(o, member);

	return cli_many(c,
			json_is_array(v) ? (json_int_t)json_array_size(v)
					 : json_integer_value(v),
			one, many);
}

const char *
cli_time(struct cli *c, const json_t *o, const char *member)
{
	const char *s = cli_text(o, member), *dot = strchr(s, '.');

	if (dot == NULL)
		return s;
	char *text = arena_printf(c->a, "%.*sZ", (int)(dot - s), s);
	char *t = strchr(text, 'T');
	if (t != NULL)
		*t = ' ';
	return text;
}

bool
cli_json(struct cli *c, const json_t *j)
{
	if (!c->json)
		return false;
	cli_json_print(j, JSON_INDENT(2), stdout);
	return true;
}
