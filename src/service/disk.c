/*
 * How much room the node's disk has left.  People are told while there still is some: on
 * a full disk nothing can be recorded, so nothing is done, and no alarm can be raised.
 */
#include <inttypes.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "service/alarm.h"
#include "service/disk.h"
#include "service/tick.h"

enum { MIB = 1 << 20 };
#define LOOK_US	  (10 * CLOCK_US_PER_S)
#define ALARM_KEY "disk"

bool
disk_free(const struct node *nd, int64_t *ret_bytes)
{
	struct statvfs st;

	if (statvfs(nd->dir, &st) < 0)
		return false;
	uint64_t bytes = (uint64_t)st.f_bavail * st.f_frsize;
	*ret_bytes = bytes > INT64_MAX ? INT64_MAX : (int64_t)bytes;
	return true;
}

struct telling {
	bool low;
	int64_t bytes;
};

static enum rc
work_tell(struct writer *w, void *arg, struct err *e)
{
	const struct telling *t = arg;

	if (!t->low)
		return alarm_clear(w, ALARM_KEY, e);
	return alarm_raise(
		w, ALARM_KEY, "disk", NULL,
		arena_printf(
			w->a,
			"the disk of this node had only %" PRId64
			" MiB left: make room; when it is full nothing is done here, "
			"not even a lift",
			t->bytes / MIB),
		w->now_us, e);
}

/* It is over only when there is a tenth more room than that, so that it does not come and
 * go. */
enum rc
tick_disk(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	int64_t least = settings_int(nd->config, "disk.least_bytes");
	struct telling t = {0};

	(void)next_us; /* whoever runs a node calls often enough */
	if (nd->disk_look_us > now_us && nd->disk_look_us - now_us <= LOOK_US)
		return RC_OK;
	nd->disk_look_us = now_us + LOOK_US;
	if (!disk_free(nd, &t.bytes))
		return err_sys(e, "ask how much room %s has", nd->dir);
	t.low = t.bytes < (nd->disk_low ? least + least / 10 : least);
	if (nd->disk_told && t.low == nd->disk_low)
		return RC_OK;
	enum rc rc = writer_run(nd, work_tell, &t, e);
	if (rc == RC_OK) {
		nd->disk_told = true;
		nd->disk_low = t.low;
	}
	return rc;
}
