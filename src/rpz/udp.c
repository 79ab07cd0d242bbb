#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>

#include "rpz/internal.h"

/* Answer from the address that was asked: the kernel says which (PKTINFO), and takes the
 * same words back.  For IPv4 the route chooses the interface. */
static void
pktinfo_turn(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			info.ipi_ifindex = 0;
			memcpy(CMSG_DATA(c), &info, sizeof(info));
		}
}

static void
serve_one(struct rpz *r)
{
	uint8_t query[RPZ_QUERY_BYTES_MAX];
	_Alignas(struct cmsghdr) uint8_t control[256];
	struct sockaddr_storage ss;
	struct iovec io = {.iov_base = query, .iov_len = sizeof(query)};
	struct msghdr m = {.msg_name = &ss,
			   .msg_namelen = sizeof(ss),
			   .msg_iov = &io,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct rpz_exchange x;
	ssize_t n = recvmsg(r->udp_fd, &m, 0);

	if (n < 0 || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return;
	struct rpz_addr from = rpz_addr_of(&ss);

	rpz_exchange_begin(&x, r, &from, false, query, (size_t)n);
	if (x.reply_len > 0) {
		io = (struct iovec){.iov_base = x.reply, .iov_len = x.reply_len};
		pktinfo_turn(&m);
		m.msg_flags = 0;
		if (m.msg_controllen == 0)
			m.msg_control = NULL;
		if (sendmsg(r->udp_fd, &m, MSG_NOSIGNAL) >= 0)
			rpz_exchange_sent(&x);
	}
	rpz_exchange_end(&x);
}

void *
rpz_udp_main(void *arg)
{
	struct rpz *r = arg;

	for (;;) {
		int ready = rpz_wait(r, r->udp_fd, POLLIN | POLLERR, -1);

		if (ready < 0)
			return NULL;
		serve_one(r);
	}
}
