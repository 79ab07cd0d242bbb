/*
 * axfr - a whole zone of a million names to a client that drains it, and one change in
 * such a zone to a client that asks for it.
 *
 * The reference is knotd with the same records, asked by the same client in turn.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <libknot/libknot.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "bench.h"
#include "rpz/rpz.h"

enum {
	NAMES = 1000000,
	FIRST_SERIAL = 1000,
	ROUNDS = 9,
	CHANGES = 200,
	EXTRA_RECORDS = 5, /* SOA, NS, two canaries, SOA */
	TTL_S = 10,
	NAME_BYTES = 40,
	WIRE_BYTES = 65536,
	DRAIN_BYTES = 1 << 20,
	LOAD_S = 120, /* for knotd to read the zone */
	PATH_BYTES = 512,
};

#define ORIGIN	   "rpz.bench"
#define KEY_NAME   "bench-key"
#define KEY_SECRET "8Ds63TOqIP6NQnGNHjCBeDGQMH2uQXzZ4LJT9ZWO5WY="

static void
die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

/* ---- the zone ---------------------------------------------------------------------- */

/* As spread as real names are, and each once. */
static void
name_of(unsigned i, char out[NAME_BYTES])
{
	unsigned mixed = (unsigned)(i * 2654435761ULL % 4294967291ULL);

	snprintf(out, NAME_BYTES, "%08x.%u.example", mixed, i % 1009);
}

static atomic_uint serial = FIRST_SERIAL;

static struct rpz_head
head_now(void)
{
	return (struct rpz_head){ORIGIN, atomic_load(&serial), TTL_S, 60, 10, 604800};
}

static enum rc
give_zones(void *arg, struct arena *a, const struct rpz_head **ret, size_t *n,
	   struct err *e)
{
	struct rpz_head *h = ARENA_NEW(a, struct rpz_head);

	(void)arg, (void)e;
	*h = head_now();
	*ret = h;
	*n = 1;
	return RC_OK;
}

/* Each serial adds one name. */
static enum rc
give_row(unsigned i, rpz_on_row *on_row, void *on_arg, struct err *e)
{
	char name[NAME_BYTES];
	const struct rpzrow row = {name, RPZROW_NXDOMAIN, NULL};

	name_of(i, name);
	return on_row(on_arg, &row, e);
}

static enum rc
give_zone(void *arg, const char *origin, struct rpz_head *ret, rpz_on_row *on_row,
	  void *on_arg, struct err *e)
{
	enum rc rc = RC_OK;

	(void)arg, (void)origin;
	*ret = head_now();
	for (unsigned i = 0; rc == RC_OK && i < NAMES + ret->serial - FIRST_SERIAL; i++)
		rc = give_row(i, on_row, on_arg, e);
	return rc;
}

static enum rc
give_changes(void *arg, const char *origin, uint32_t from, uint32_t to,
	     rpz_on_change *on_change, void *on_arg, struct err *e)
{
	char name[NAME_BYTES];
	const struct rpzrow row = {name, RPZROW_NXDOMAIN, NULL};
	enum rc rc = RC_OK;

	(void)arg, (void)origin;
	if (from < FIRST_SERIAL || to < from)
		return err_set(e, RC_NOT_FOUND, "no such serial");
	for (uint32_t s = from; rc == RC_OK && s < to; s++) {
		name_of(NAMES + s - FIRST_SERIAL, name);
		rc = on_change(on_arg, &row, true, e);
	}
	return rc;
}

static enum rc
give_operators(void *arg, struct arena *a, const struct rpz_operator **ret, size_t *n,
	       struct err *e)
{
	static const struct rpz_key key = {KEY_NAME, KEY_SECRET};
	static const char *const address = "127.0.0.1", *const zone = ORIGIN;
	static const struct rpz_operator ops[] = {
		{.name = "plain",
		 .addresses = &address,
		 .n_addresses = 1,
		 .zones = &zone,
		 .n_zones = 1},
		{.name = "keyed",
		 .keys = &key,
		 .n_keys = 1,
		 .zones = &zone,
		 .n_zones = 1},
	};

	(void)arg, (void)a, (void)e;
	*ret = ops;
	*n = 2;
	return RC_OK;
}

/* ---- the client -------------------------------------------------------------------- */

static int
tcp_connect(unsigned port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		close(fd);
		return -1;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static size_t
query_make(uint8_t *wire, uint16_t type, uint32_t from, bool sign)
{
	static const uint8_t name[] = "\003rpz\005bench";
	static const uint8_t soa[] = "\xc0\x0c\0\6\0\1\0\0\0\0\0\x16\0\0";
	uint8_t mac[64];
	size_t len = KNOT_WIRE_HEADER_SIZE, mac_len = sizeof(mac);
	knot_tsig_key_t key;

	memset(wire, 0, len);
	knot_wire_set_qdcount(wire, 1);
	memcpy(wire + len, name, sizeof(name));
	len += sizeof(name);
	knot_wire_write_u16(wire + len, type);
	knot_wire_write_u16(wire + len + 2, KNOT_CLASS_IN);
	len += 4;
	if (type == KNOT_RRTYPE_IXFR) {
		knot_wire_set_nscount(wire, 1);
		memcpy(wire + len, soa, sizeof(soa) - 1);
		len += sizeof(soa) - 1;
		knot_wire_write_u32(wire + len, from);
		memset(wire + len + 4, 0, 16);
		len += 20;
	}
	if (sign) {
		if (knot_tsig_key_init(&key, "hmac-sha256", KEY_NAME, KEY_SECRET) != 0 ||
		    knot_tsig_sign(wire, &len, WIRE_BYTES, NULL, 0, mac, &mac_len, &key,
				   0, 0) != 0)
			exit(EXIT_FAILURE);
		knot_tsig_key_deinit(&key);
	}
	return len;
}

static void
query_send(int fd, uint16_t type, uint32_t from, bool sign)
{
	uint8_t wire[2 + WIRE_BYTES];
	size_t len = query_make(wire + 2, type, from, sign);

	knot_wire_write_u16(wire, (uint16_t)len);
	if (send(fd, wire, len + 2, MSG_NOSIGNAL) != (ssize_t)len + 2)
		die("send");
}

/* Reads messages until they have `records` answers.  Returns the bytes. */
static size_t
drain(int fd, size_t records)
{
	static uint8_t room[DRAIN_BYTES];
	size_t have = 0, n = 0, bytes = 0;

	while (n < records) {
		ssize_t got = recv(fd, room + have, sizeof(room) - have, 0);
		size_t at = 0;

		if (got <= 0) {
			fprintf(stderr, "axfr: the transfer ended after %zu records\n",
				n);
			exit(EXIT_FAILURE);
		}
		have += (size_t)got;
		while (have - at >= 2 + KNOT_WIRE_HEADER_SIZE &&
		       have - at >= 2U + knot_wire_read_u16(room + at)) {
			const uint8_t *msg = room + at + 2;

			if (knot_wire_get_rcode(msg) != 0) {
				fprintf(stderr, "axfr: answered with rcode %u\n",
					knot_wire_get_rcode(msg));
				exit(EXIT_FAILURE);
			}
			n += knot_wire_get_ancount(msg);
			bytes += 2U + knot_wire_read_u16(room + at);
			at += 2U + knot_wire_read_u16(room + at);
		}
		memmove(room, room + at, have - at);
		have -= at;
	}
	return bytes;
}

static double
transfer_ms(unsigned port, bool sign, size_t records)
{
	int fd = tcp_connect(port);

	if (fd < 0)
		die("connect");
	double start = bench_seconds();
	query_send(fd, KNOT_RRTYPE_AXFR, 0, sign);
	drain(fd, records);
	double ms = (bench_seconds() - start) * 1e3;
	close(fd);
	return ms;
}

/* ---- knotd ------------------------------------------------------------------------- */

static void
zone_file_write(const char *path)
{
	char name[NAME_BYTES];
	FILE *f = fopen(path, "we");

	if (f == NULL)
		die(path);
	fprintf(f,
		"$ORIGIN " ORIGIN ".\n$TTL %d\n@ SOA localhost. hostmaster %d 60 10 "
		"604800 %d\n@ NS localhost.\n_saluran-serial TXT \"%d\"\n" ORIGIN
		"._saluran-serial TXT \"%d\"\n",
		TTL_S, FIRST_SERIAL, TTL_S, FIRST_SERIAL, FIRST_SERIAL);
	for (unsigned i = 0; i < NAMES; i++) {
		name_of(i, name);
		fprintf(f, "%s CNAME .\n", name);
	}
	if (fclose(f) != 0)
		die(path);
}

/* Installed or unpacked, as for the tests. */
static const char *
knotd_path(void)
{
	char *argv[] = {(char[]){"tools/parts.sh"}, (char[]){"knotd"}, NULL};
	int status = 1;
	pid_t pid;

	if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) != 0 ||
	    waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "axfr: knotd is not to be had: run it from the project's "
				"directory, with a network\n");
		exit(EXIT_FAILURE);
	}
	return "build/parts/bin/knotd";
}

static pid_t
knotd_start(unsigned port)
{
	char conf[PATH_BYTES], zone[PATH_BYTES], db[PATH_BYTES];
	char *argv[] = {(char[]){"knotd"}, (char[]){"-c"}, conf, NULL};
	posix_spawn_file_actions_t fa;
	pid_t pid;

	snprintf(conf, sizeof(conf), "%s/knot.conf", bench_dir());
	snprintf(zone, sizeof(zone), "%s/zone", bench_dir());
	snprintf(db, sizeof(db), "%s/db", bench_dir());
	if (mkdir(db, 0700) < 0)
		die(db);
	zone_file_write(zone);
	FILE *f = fopen(conf, "we");
	if (f == NULL)
		die(conf);
	fprintf(f,
		"server:\n  listen: 127.0.0.1@%u\n  rundir: %s\n"
		"log:\n  - target: %s/knot.log\n    any: info\n"
		"database:\n  storage: %s\n"
		"key:\n  - id: " KEY_NAME
		"\n    algorithm: hmac-sha256\n    secret: " KEY_SECRET "\n"
		"acl:\n  - id: key\n    key: " KEY_NAME "\n    action: transfer\n"
		"  - id: address\n    address: 127.0.0.1\n    action: transfer\n"
		"zone:\n  - domain: " ORIGIN "\n    file: %s\n    acl: [key, address]\n"
		"    zonefile-sync: -1\n    zonefile-load: whole\n"
		"    journal-content: none\n    semantic-checks: off\n",
		port, bench_dir(), bench_dir(), db, zone);
	fclose(f);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&fa, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawn(&pid, knotd_path(), &fa, NULL, argv, environ) != 0)
		die("knotd");
	posix_spawn_file_actions_destroy(&fa);
	return pid;
}

/* Until it answers for the zone. */
static void
knotd_await(unsigned port)
{
	uint8_t wire[WIRE_BYTES];
	double start = bench_seconds();

	while (bench_seconds() - start < LOAD_S) {
		int fd = tcp_connect(port);
		size_t len = query_make(wire + 2, KNOT_RRTYPE_SOA, 0, false);

		knot_wire_write_u16(wire, (uint16_t)len);
		if (fd >= 0 && send(fd, wire, len + 2, MSG_NOSIGNAL) > 0 &&
		    recv(fd, wire, sizeof(wire), 0) > 2 + KNOT_WIRE_HEADER_SIZE &&
		    knot_wire_get_ancount(wire + 2) == 1) {
			close(fd);
			return;
		}
		if (fd >= 0)
			close(fd);
		usleep(100 * 1000);
	}
	fprintf(stderr, "axfr: knotd did not load the zone\n");
	exit(EXIT_FAILURE);
}

static double
rss_mb(pid_t pid)
{
	char path[64], line[256];
	double kb = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	FILE *f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmRSS:", 6) == 0)
			kb = strtod(line + 6, NULL);
	if (f != NULL)
		fclose(f);
	return kb / 1024;
}

/* ---- measuring --------------------------------------------------------------------- */

static int
double_compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
sorted_at(double *v, size_t n, double part)
{
	qsort(v, n, sizeof(*v), double_compare);
	return v[(size_t)(part * (double)(n - 1))];
}

/* From rpz_changed() to the difference in the client's hands. */
static void
changes_measure(struct rpz *r, double ret_ms[CHANGES])
{
	int fd = tcp_connect(rpz_port(r));

	for (unsigned i = 0; i < CHANGES; i++) {
		uint32_t before = atomic_load(&serial);
		double start = bench_seconds();

		atomic_store(&serial, before + 1);
		rpz_changed(r, ORIGIN);
		query_send(fd, KNOT_RRTYPE_IXFR, before, false);
		drain(fd, 9); /* SOA, SOA, canaries, SOA, canaries, name, SOA */
		ret_ms[i] = (bench_seconds() - start) * 1e3;
	}
	close(fd);
}

int
main(void)
{
	const struct rpz_source src = {.zones = give_zones,
				       .zone = give_zone,
				       .changes = give_changes,
				       .operators = give_operators};
	double ours[ROUNDS], theirs[ROUNDS], ours_signed[ROUNDS], theirs_signed[ROUNDS],
		change[CHANGES];
	const size_t records = NAMES + EXTRA_RECORDS;
	unsigned knot_port = bench_port();
	struct err e = ERR_INIT;
	struct rpz *r;

	log_set_level(LOG_ERROR);
	pid_t knotd = knotd_start(knot_port);
	knotd_await(knot_port);
	double before_mb = rss_mb(getpid());
	bench_must(rpz_start("127.0.0.1", 0, NULL, &src, &r, &e), &e, "rpz_start");
	double first_ms = transfer_ms(rpz_port(r), false, records);
	(void)transfer_ms(knot_port, false, records);
	for (size_t i = 0; i < ROUNDS; i++) {
		ours[i] = transfer_ms(rpz_port(r), false, records);
		theirs[i] = transfer_ms(knot_port, false, records);
		ours_signed[i] = transfer_ms(rpz_port(r), true, records);
		theirs_signed[i] = transfer_ms(knot_port, true, records);
	}
	changes_measure(r, change);
	/* The whole zone follows without being read again. */
	double after_ms = transfer_ms(rpz_port(r), false, records + CHANGES);
	double ours_mb = rss_mb(getpid()) - before_mb, theirs_mb = rss_mb(knotd);
	rpz_stop(r);
	kill(knotd, SIGTERM);
	waitpid(knotd, NULL, 0);

	double ms = sorted_at(ours, ROUNDS, 0.5),
	       knotd_ms = sorted_at(theirs, ROUNDS, 0.5);
	double ms_signed = sorted_at(ours_signed, ROUNDS, 0.5);
	double knotd_ms_signed = sorted_at(theirs_signed, ROUNDS, 0.5);
	printf("first transfer, which reads the zone: %.0f ms; whole zone after %d "
	       "changes: %.0f ms\n",
	       first_ms, CHANGES, after_ms);
	printf("signed: ms=%.0f knotd_ms=%.0f ratio=%.2f\n", ms_signed, knotd_ms_signed,
	       ms_signed / knotd_ms_signed);
	printf("memory: mb=%.0f knotd_mb=%.0f\n", ours_mb, theirs_mb);
	printf("axfr names=%d ms=%.0f knotd_ms=%.0f mem_ratio=%.2f change_ms=%.2f "
	       "change_p95_ms=%.2f ratio=%.2f\n",
	       NAMES, ms, knotd_ms, ours_mb / theirs_mb, sorted_at(change, CHANGES, 0.5),
	       sorted_at(change, CHANGES, 0.95), ms / knotd_ms);
	return EXIT_SUCCESS;
}
