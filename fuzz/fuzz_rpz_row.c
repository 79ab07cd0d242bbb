/* Property: a line that is read and passes the check is written as one line that reads as
 * the same row; an address trigger is the only owner of its address and prefix; a zone of
 * one row passes, and with that row twice it does not; and every refusal has a text. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/rpz_row.h"

#define ORIGIN "rpz.example"

static void
hold(bool so)
{
	if (!so)
		abort();
}

static void
hold_written(struct arena *a, const struct rpzrow *r)
{
	struct buf b = BUF_INIT(2 * RPZROW_LINE_MAX);
	struct err e = ERR_INIT;
	struct rpzrow again;

	rpzrow_put(&b, r, 10);
	hold(buf_ok(&b) && b.len > 1 && b.data[b.len - 1] == '\n');
	hold(rpzrow_read(a, b.data, b.len - 1, &again, &e) == RC_OK);
	hold(strcmp(again.owner, r->owner) == 0 && again.act == r->act);
	hold((again.data == NULL) == (r->data == NULL));
	hold(r->data == NULL || strcmp(again.data, r->data) == 0);
	buf_free(&b);
}

static void
hold_address(struct arena *a, const struct rpzrow *r)
{
	struct err e = ERR_INIT;
	const char *address, *owner;
	int prefix;

	hold(rpzrow_ip_read(a, r->owner, &address, &prefix, &e) == RC_OK);
	hold(rpzrow_ip_owner(a, address, prefix, &owner, &e) == RC_OK);
	hold(strcasecmp(owner, r->owner) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	struct err e = ERR_INIT;
	enum rpzrow_trigger trigger;
	struct rpzrow r;
	size_t row;

	if (rpzrow_read(a, (const char *)data, size, &r, &e) != RC_OK ||
	    rpzrow_check(&r, ORIGIN, &trigger, &e) != RC_OK) {
		hold(e.text[0] != '\0');
	} else {
		const struct rpzrow twice[] = {r, r};
		hold(strlen(r.owner) + sizeof(ORIGIN) + 2 <= RPZROW_WIRE_MAX);
		hold_written(a, &r);
		if (trigger == RPZROW_IP)
			hold_address(a, &r);
		hold(rpzrow_zone_check(&r, 1, ORIGIN, &row, &e) == RC_OK);
		hold(rpzrow_zone_check(twice, 2, ORIGIN, &row, &e) == RC_INVALID &&
		     row == 1);
	}
	arena_free(a);
	return 0;
}
