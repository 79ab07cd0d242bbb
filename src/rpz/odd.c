/* What is out of order is logged, but once a while for each address: whoever floods the
 * server must not flood its log. */
#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "rpz/internal.h"

static_assert(RPZ_ADDR_TEXT_MAX == INET6_ADDRSTRLEN, "as inet_ntop() needs it");

const char *
rpz_addr_text(const struct rpz_addr *a, char out[RPZ_ADDR_TEXT_MAX])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	bool v4 = memcmp(a->ip, mapped, sizeof(mapped)) == 0;
	const char *text =
		inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? a->ip + sizeof(mapped) : a->ip,
			  out, INET6_ADDRSTRLEN);

	return text != NULL ? text : "?";
}

/* The place of this one, or of the one that is forgotten for it.  Under odd_lock. */
static struct rpz_oddity *
oddity_find(struct rpz *r, const struct rpz_addr *from, const char *what)
{
	struct rpz_oddity *oldest = &r->oddity[0];

	for (size_t i = 0; i < RPZ_ODDITIES; i++) {
		struct rpz_oddity *o = &r->oddity[i];

		if (o->what == what && memcmp(&o->from, from, sizeof(*from)) == 0)
			return o;
		if (o->logged_us < oldest->logged_us)
			oldest = o;
	}
	*oldest = (struct rpz_oddity){.what = what, .from = *from};
	return oldest;
}

void
rpz_odd(struct rpz *r, const struct rpz_addr *from, const char *what)
{
	char text[INET6_ADDRSTRLEN];
	int64_t now_us = clock_mono_us();
	unsigned n = 0;

	pthread_mutex_lock(&r->odd_lock);
	/* However many addresses there are. */
	if (now_us - r->odd_since_us > CLOCK_US_PER_S) {
		r->odd_since_us = now_us;
		r->odd_lines = 0;
	}
	struct rpz_oddity *o = oddity_find(r, from, what);

	o->n++;
	if ((o->logged_us == 0 ||
	     now_us - o->logged_us > RPZ_ODD_PAUSE_S * CLOCK_US_PER_S) &&
	    r->odd_lines < RPZ_ODD_LINES_PER_S) {
		r->odd_lines++;
		o->logged_us = now_us;
		n = o->n;
		o->n = 0;
	}
	pthread_mutex_unlock(&r->odd_lock);
	if (n > 0)
		log_line(LOG_WARN, "rpz.refused", "address=%s reason=%s times=%u",
			 rpz_addr_text(from, text), what, n);
}
