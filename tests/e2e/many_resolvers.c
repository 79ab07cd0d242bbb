/*
 * many_resolvers - answers as a thousand resolvers would, on the addresses of 127/8.
 *
 *	many_resolvers PORT
 *
 * One socket takes what comes to any address of the machine, and answers from the address
 * that was asked (IP_PKTINFO).  TXT is a serial, a name that begins with "blocked" does
 * not exist, the rest have an address.  Prints "ready" and goes on until it is killed.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { QUERY_MAX = 512, BUFFER = 8 << 20, HEADER = 12, TYPE_TXT = 16 };

static size_t
answer(uint8_t *p, size_t len)
{
	static const uint8_t txt[] = {0xc0, 12, 0, 16, 0, 1,   0,  0,
				      0,    5,	0, 3,  2, '4', '2'};
	static const uint8_t a[] = {0xc0, 12, 0, 1, 0,	 1,  0,	  0,
				    0,	  60, 0, 4, 198, 51, 100, 7};
	static const char blocked[] = "blocked";
	size_t at = HEADER;

	while (at < len && p[at] != 0)
		at += 1U + p[at];
	if (len < HEADER || at + 5 > len)
		return 0;
	bool is_txt = p[at + 2] == TYPE_TXT;
	bool nx = p[HEADER] >= sizeof(blocked) - 1 &&
		  memcmp(p + HEADER + 1, blocked, sizeof(blocked) - 1) == 0;
	const uint8_t *rr = is_txt ? txt : a;
	size_t rr_len = is_txt ? sizeof(txt) : sizeof(a);
	at += 5;
	p[2] = 0x81;
	p[3] = nx ? 0x83 : 0x80;
	memset(p + 6, 0, 6);
	if (nx)
		return at;
	p[7] = 1;
	memcpy(p + at, rr, rr_len);
	return at + rr_len;
}

int
main(int argc, char **argv)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1, size = BUFFER;
	struct sockaddr_in in = {.sin_family = AF_INET};

	if (argc != 2 || fd < 0) {
		fprintf(stderr, "usage: many_resolvers PORT\n");
		exit(EXIT_FAILURE);
	}
	in.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)) < 0 ||
	    bind(fd, (const struct sockaddr *)&in, sizeof(in)) < 0) {
		perror("many_resolvers");
		close(fd);
		return EXIT_FAILURE;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		uint8_t buf[QUERY_MAX + 64];
		union {
			struct cmsghdr head;
			char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
		} control;
		struct sockaddr_in from;
		struct iovec iov = {buf, QUERY_MAX};
		struct msghdr m = {.msg_name = &from,
				   .msg_namelen = sizeof(from),
				   .msg_iov = &iov,
				   .msg_iovlen = 1,
				   .msg_control = &control,
				   .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(fd, &m, 0);
		size_t out = n <= 0 ? 0 : answer(buf, (size_t)n);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		if (out == 0 || c == NULL)
			continue;
		/* From the address that was asked, by whichever way. */
		struct in_pktinfo *info = (struct in_pktinfo *)(void *)CMSG_DATA(c);
		info->ipi_spec_dst = info->ipi_addr;
		info->ipi_ifindex = 0;
		iov.iov_len = out;
		(void)sendmsg(fd, &m, 0);
	}
}
