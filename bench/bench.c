#include "bench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/enc.h"
#include "core/crypto.h"

static char dir[] = "/tmp/saluran-bench-XXXXXX";
static pid_t owner;

void
bench_must(enum rc rc, const struct err *e, const char *what)
{
	if (rc == RC_OK)
		return;
	fprintf(stderr, "%s: %s\n", what, e->text);
	exit(EXIT_FAILURE);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
dir_remove(void)
{
	if (getpid() == owner && nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS) < 0)
		perror(dir);
}

const char *
bench_dir(void)
{
	if (owner == 0) {
		if (mkdtemp(dir) == NULL) {
			perror(dir);
			exit(EXIT_FAILURE);
		}
		owner = getpid();
		atexit(dir_remove);
	}
	return dir;
}

unsigned
bench_port(void)
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sa, &len) < 0) {
		perror("a free port");
		exit(EXIT_FAILURE);
	}
	close(fd);
	return ntohs(sa.sin_port);
}

static const char *
port_text(struct arena *a)
{
	return arena_printf(a, "127.0.0.1:%u", bench_port());
}

/* On the server that tests/postgres.py has started: each node has a schema that is there;
 * NULL without one. */
static const char *
store_uri(struct arena *a)
{
	static unsigned n;
	const char *server = getenv("SALURAN_TEST_POSTGRESQL");

	return server == NULL ? NULL
			      : arena_printf(a, "%s&options=-csearch_path%%3Dnode%u",
					     server, n++);
}

void
bench_node_create(struct bench_node *n, const char *org, enum party role)
{
	struct arena *a = arena_create();
	struct err e = ERR_INIT;
	struct node_made made;

	n->port = bench_port();
	n->dir = strdup(arena_printf(a, "%s/%s", bench_dir(), org));
	const char *listen = arena_printf(a, "127.0.0.1:%u", n->port);
	const struct node_init in = {.dir = n->dir,
				     .org = org,
				     .name = org,
				     .role = role,
				     .url = arena_printf(a, "https://%s", listen),
				     .peer_listen = listen,
				     .http_listen = port_text(a),
				     .rpz_listen = port_text(a),
				     .admin = "admin",
				     .store = store_uri(a)};
	bench_must(node_create(a, &in, &made, &e), &e, "create a node");
	FILE *f = fopen(made.credential_path, "re");
	if (f == NULL || fgets(n->admin, sizeof(n->admin), f) == NULL) {
		perror(made.credential_path);
		exit(EXIT_FAILURE);
	}
	fclose(f);
	arena_free(a);
}

json_t *
bench_call(struct node *nd, const char *credential, const char *method, const char *path,
	   json_t *in)
{
	struct arena *a = arena_create();
	const struct service_route *route;
	const struct actor *who;
	struct reply out = {0};
	struct err e = ERR_INIT;

	if (in == NULL)
		in = json_object();
	bench_must(service_route_find(method, path, in, &route, &e), &e, path);
	bench_must(actor_authenticate(nd, a, credential, &who, &e), &e, path);
	bench_must(service_run(nd, a, route, who, in, &out, &e), &e, path);
	json_t *reply = json_deep_copy(out.json);
	json_decref(in);
	arena_free(a);
	return reply;
}

static struct node *
node_at(const struct bench_node *n)
{
	struct node *nd;
	struct err e = ERR_INIT;

	bench_must(node_open(n->dir, &nd, &e), &e, "open a node");
	return nd;
}

/* The introduction of `from` for `to`. */
static json_t *
introduction(const struct bench_node *from, const char *to)
{
	struct node *nd = node_at(from);
	json_t *r = bench_call(nd, from->admin, "POST", "/v1/peers/introduce",
			       json_pack("{s:s, s:s}", "peer", to, "policy", "demo"));

	node_close(nd);
	return r;
}

static void
add(const struct bench_node *to, const json_t *file)
{
	struct node *nd = node_at(to);

	json_decref(bench_call(nd, to->admin, "POST", "/v1/peers",
			       json_pack("{s:O, s:O}", "file",
					 json_object_get(file, "file"), "fingerprint",
					 json_object_get(file, "fingerprint"))));
	node_close(nd);
}

void
bench_introduce(struct bench_node *authority, struct bench_node *platform)
{
	json_t *a = introduction(authority, strrchr(platform->dir, '/') + 1);
	add(platform, a);
	json_t *p = introduction(platform, strrchr(authority->dir, '/') + 1);
	add(authority, p);
	json_decref(a);
	json_decref(p);
}

void
bench_person(struct node *nd, const struct bench_node *n, const char *name,
	     const char *role, char ret[256])
{
	json_t *r = bench_call(nd, n->admin, "POST", "/v1/persons",
			       json_pack("{s:s, s:s}", "name", name, "role", role));

	snprintf(ret, 256, "%s", json_string_value(json_object_get(r, "credential")));
	json_decref(r);
}

int
bench_count(const char *name, int otherwise)
{
	const char *text = getenv(name);
	uint64_t n;

	if (text == NULL || text[0] == '\0')
		return otherwise;
	if (decimal_parse(text, strlen(text), INT32_MAX, &n) == RC_OK && n != 0)
		return (int)n;
	fprintf(stderr, "%s=%s is no number of 1 or more\n", name, text);
	exit(EXIT_FAILURE);
}

double
bench_seconds(void)
{
	return (double)clock_mono_us() / 1e6;
}

double
bench_verify_per_s(size_t message_bytes, int n)
{
	uint8_t seed[SEED_LEN] = {1}, pub[KEY_LEN], sig[SIG_LEN];
	uint8_t *msg = calloc(1, message_bytes);

	if (msg == NULL)
		abort();
	sign_public_key(seed, pub);
	sign_bytes(seed, msg, message_bytes, sig);
	double start = bench_seconds();
	for (int i = 0; i < n; i++)
		if (!sign_check(pub, msg, message_bytes, sig))
			exit(EXIT_FAILURE);
	double per_s = n / (bench_seconds() - start);
	free(msg);
	return per_s;
}

void
bench_peak_begin(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "5", 1) != 1) {
		perror("/proc/self/clear_refs");
		exit(EXIT_FAILURE);
	}
	close(fd);
}

long
bench_peak_kb(pid_t pid)
{
	char line[256];
	long kb = 0;

	snprintf(line, sizeof(line), "/proc/%d/status", pid == 0 ? getpid() : pid);
	FILE *f = fopen(line, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmHWM:", 6) == 0)
			kb = strtol(line + 6, NULL, 10);
	if (f != NULL)
		fclose(f);
	return kb;
}
