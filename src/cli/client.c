/*
 * Asking the node: HTTP over its local socket, or, when no daemon has the directory and
 * the command allows it, the same use cases in this process.
 */
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "cli/client.h"
#include "service/service.h"

enum { ANSWER_MAX = 256 << 20, CALL_TIMEOUT_S = 600 };

static void
release_json(void *p)
{
	json_decref(p);
}

static size_t
on_data(char *p, size_t size, size_t n, void *arg)
{
	struct buf *b = arg;

	buf_put(b, p, size * n);
	return buf_ok(b) ? size * n : 0;
}

/* What `--as` names: the credential itself. */
enum rc
client_credential(struct cli *c, const char **ret, struct err *e)
{
	size_t len;

	*ret = NULL;
	if (c->as == NULL)
		return RC_OK;
	enum rc rc = cli_file_read(c, c->as, ret, &len, e);
	if (rc != RC_OK) {
		err_prefix(e, "your credential");
		return rc;
	}
	while (len > 0 && strchr("\r\n ", (*ret)[len - 1]) != NULL)
		len--;
	*ret = arena_strndup(c->a, *ret, len);
	if (len == 0 || strpbrk(*ret, "\r\n") != NULL)
		return err_set(e, RC_INVALID, "%s is no credential file: it has one line",
			       c->as);
	return RC_OK;
}

bool
client_daemon_there(struct cli *c)
{
	const char *path = arena_printf(c->a, "%s/sock", c->dir);
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(addr.sun_path))
		return false;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool there =
		fd >= 0 && connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0;
	if (fd >= 0)
		close(fd);
	return there;
}

enum rc
client_problem(struct cli *c, const char *text, size_t len, json_t **ret, struct err *e)
{
	json_t *p = json_loadb(text, len, 0, NULL);

	if (!json_is_object(p)) {
		json_decref(p);
		return err_set(e, RC_IO, "the daemon's answer cannot be read");
	}
	arena_defer(c->a, release_json, p);
	*ret = p;
	enum rc rc = rc_from_token(cli_text(p, "title"));
	return err_set(e, rc == RC_OK ? RC_IO : rc, "%s", cli_text(p, "detail"));
}

static enum rc
ask_daemon(struct cli *c, const char *socket_path, const char *method, const char *path,
	   const char *body, struct buf *answer, long *ret_status, struct err *e)
{
	CURL *h = curl_easy_init();
	struct curl_slist *headers = NULL;
	const char *credential;
	enum rc rc = client_credential(c, &credential, e);

	if (h == NULL)
		abort();
	if (rc != RC_OK)
		goto out;
	if (credential != NULL)
		headers = curl_slist_append(
			headers,
			arena_printf(c->a, "Authorization: Bearer %s", credential));
	headers = curl_slist_append(headers, "Content-Type: application/json");
	headers = curl_slist_append(headers, "Expect:");
	curl_easy_setopt(h, CURLOPT_UNIX_SOCKET_PATH, socket_path);
	curl_easy_setopt(h, CURLOPT_URL, arena_printf(c->a, "http://localhost%s", path));
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, method);
	if (strcmp(method, "POST") == 0) {
		curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)strlen(body));
		curl_easy_setopt(h, CURLOPT_POSTFIELDS, body);
	}
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(h, CURLOPT_TIMEOUT, (long)CALL_TIMEOUT_S);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	CURLcode code = curl_easy_perform(h);
	if (code != CURLE_OK)
		rc = err_set(e, RC_UNAVAILABLE, "the daemon of %s did not answer: %s",
			     c->dir, curl_easy_strerror(code));
	else
		curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, ret_status);
out:
	curl_slist_free_all(headers);
	curl_easy_cleanup(h);
	return rc;
}

/* The query's words become members, as the API's server does it. */
static void
query_split(struct cli *c, char *path, json_t *in)
{
	char *q = strchr(path, '?'), *save = NULL;

	if (q == NULL)
		return;
	*q = '\0';
	for (char *word = strtok_r(q + 1, "&", &save); word != NULL;
	     word = strtok_r(NULL, "&", &save)) {
		char *eq = strchr(word, '=');
		int len;
		if (eq == NULL)
			continue;
		*eq = '\0';
		char *value = curl_easy_unescape(NULL, eq + 1, 0, &len);
		json_object_set_new(in, word, json_stringn(value, (size_t)len));
		curl_free(value);
	}
	(void)c;
}

const char *
cli_query_add(struct cli *c, const char *path, const char *name, const char *value)
{
	if (value == NULL)
		return path;
	char *escaped = curl_easy_escape(NULL, value, 0);
	path = arena_printf(c->a, "%s%c%s=%s", path,
			    strchr(path, '?') == NULL ? '?' : '&', name, escaped);
	curl_free(escaped);
	return path;
}

const char *
cli_query(struct cli *c, const char *path, const char *options)
{
	while (*options != '\0') {
		size_t len = strcspn(options, " ");
		char *name = arena_strndup(c->a, options, len);
		const char *value = cli_value(c, name);
		for (char *p = name; *p != '\0'; p++)
			if (*p == '-')
				*p = '_';
		path = cli_query_add(c, path, name, value);
		options += len + (options[len] == ' ' ? 1 : 0);
	}
	return path;
}

enum rc
client_ask_here(struct cli *c, const char *method, const char *path, json_t *in,
		struct reply *out, struct err *e)
{
	const struct service_route *route;
	const struct actor *who = NULL;
	const char *credential;
	struct node *nd = NULL;
	char *bare = arena_strdup(c->a, path);
	enum rc rc = node_open_alone(c->dir, &nd, e);

	if (rc == RC_CONFLICT)
		rc = err_set(e, RC_UNAVAILABLE,
			     "the daemon of %s is starting or stopping: try again",
			     c->dir);
	query_split(c, bare, in);
	if (rc == RC_OK)
		rc = service_route_find(method, bare, in, &route, e);
	if (rc == RC_OK)
		rc = client_credential(c, &credential, e);
	if (rc == RC_OK && credential != NULL)
		rc = actor_authenticate(nd, c->a, credential, &who, e);
	if (rc == RC_OK)
		rc = service_run(nd, c->a, route, who, in, out, e);
	node_close(nd);
	return rc;
}

static enum rc
ask(struct cli *c, const char *method, const char *path, json_t *in, struct buf *answer,
    struct reply *here, long *ret_status, struct err *e)
{
	if (c->dir == NULL)
		return err_set(
			e, RC_INVALID,
			"which node? give its directory with --dir or SALURAN_DIR");
	const char *socket_path = arena_printf(c->a, "%s/sock", c->dir);
	if (!client_daemon_there(c)) {
		if (c->cmd->offline)
			return client_ask_here(c, method, path, in, here, e);
		return err_set(
			e, RC_UNAVAILABLE,
			"no daemon runs on %s: start it with 'saluran serve --dir %s'",
			c->dir, c->dir);
	}
	char *body = json_dumps(in, JSON_COMPACT);
	if (body == NULL)
		return err_set(e, RC_INVALID, "what you gave is not UTF-8");
	enum rc rc =
		ask_daemon(c, socket_path, method, path, body, answer, ret_status, e);
	free(body);
	return rc;
}

/* What others wrote moves no cursor and hides no line on the terminal of who reads it. */
static void
make_showable(struct arena *a, json_t *j)
{
	const char *name;
	json_t *v;
	size_t i;

	if (json_is_string(j)) {
		char *text =
			arena_strndup(a, json_string_value(j), json_string_length(j));
		text_make_lines_printable(text);
		if (strcmp(text, json_string_value(j)) != 0)
			json_string_set_nocheck(j, text);
	}
	json_array_foreach (j, i, v)
		make_showable(a, v);
	json_object_foreach (j, name, v)
		make_showable(a, v);
}

enum rc
cli_call(struct cli *c, const char *method, const char *path, json_t *in, json_t **ret,
	 struct err *e)
{
	struct buf answer = BUF_INIT(ANSWER_MAX);
	struct reply here = {0};
	long status = 0;

	*ret = NULL;
	if (in == NULL)
		in = json_object();
	arena_defer(c->a, release_json, in);
	enum rc rc = ask(c, method, path, in, &answer, &here, &status, e);
	if (here.json != NULL) {
		*ret = here.json;
	} else if (rc == RC_OK && status != 200) {
		rc = client_problem(c, buf_str(&answer), answer.len, ret, e);
	} else if (rc == RC_OK) {
		*ret = json_loadb(buf_str(&answer), answer.len, 0, NULL);
		if (*ret == NULL)
			rc = err_set(e, RC_IO, "the daemon's answer cannot be read");
		else
			arena_defer(c->a, release_json, *ret);
	}
	if (!c->json)
		make_showable(c->a, *ret);
	buf_free(&answer);
	return rc;
}

enum rc
cli_call_bytes(struct cli *c, const char *path, const char **ret, size_t *ret_len,
	       struct err *e)
{
	struct buf answer = BUF_INIT(ANSWER_MAX);
	struct reply here = {0};
	json_t *in = json_object(), *problem;
	long status = 0;

	arena_defer(c->a, release_json, in);
	enum rc rc = ask(c, "GET", path, in, &answer, &here, &status, e);
	if (rc == RC_OK && here.bytes != NULL) {
		*ret = (const char *)here.bytes;
		*ret_len = here.len;
	} else if (rc == RC_OK && status != 200) {
		rc = client_problem(c, buf_str(&answer), answer.len, &problem, e);
	} else if (rc == RC_OK) {
		*ret = arena_strndup(c->a, buf_str(&answer), answer.len);
		*ret_len = answer.len;
	}
	buf_free(&answer);
	return rc;
}
