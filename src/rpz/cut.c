/*
 * Whole transfers that were cut: who got a part of a zone.
 *
 * BIND 9.18 takes that part into its policy, though not into its zone, and keeps it when
 * a difference to the zone that it has comes next: rows that did not arrive block nothing
 * from then on, whatever serial it shows.  Another whole transfer puts it right.  So
 * whoever was not known to get the end of one is given the whole zone next time, also by
 * another process: this one may be killed in the middle.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "rpz/internal.h"

/* Of one zone to one host. */
struct rpz_cut {
	char origin[RPZ_ORIGIN_BYTES_MAX + 1], host[RPZ_ADDR_TEXT_MAX];
	unsigned running;
	bool cut;
};

/* All under cut_lock. */

static struct rpz_cut *
cut_find(struct rpz *r, const struct rpz_zone *z, const char *host)
{
	for (size_t i = 0; i < r->n_cuts; i++)
		if (strcmp(r->cuts[i].origin, z->origin_text) == 0 &&
		    strcmp(r->cuts[i].host, host) == 0)
			return &r->cuts[i];
	return NULL;
}

static struct rpz_cut *
cut_add(struct rpz *r, const char *origin, const char *host)
{
	struct rpz_cut *c;

	if (r->cuts == NULL)
		r->cuts = calloc(RPZ_CUTS_MAX, sizeof(*r->cuts));
	if (r->cuts == NULL)
		abort();
	/* The oldest makes room: more hosts than these are not cut off at once. */
	if (r->n_cuts == RPZ_CUTS_MAX)
		memmove(r->cuts, r->cuts + 1, --r->n_cuts * sizeof(*c));
	c = &r->cuts[r->n_cuts++];
	*c = (struct rpz_cut){0};
	snprintf(c->origin, sizeof(c->origin), "%s", origin);
	snprintf(c->host, sizeof(c->host), "%s", host);
	return c;
}

static bool
cuts_print(const struct rpz *r, FILE *f)
{
	for (size_t i = 0; i < r->n_cuts; i++)
		fprintf(f, "%s %s\n", r->cuts[i].origin, r->cuts[i].host);
	return ferror(f) == 0;
}

/* Another file in the place of the old one.  Not synced: a power failure, after which it
 * may be missing, is the machine's. */
static void
cuts_write(const struct rpz *r)
{
	if (r->cut_path == NULL)
		return;
	size_t size = strlen(r->cut_path) + sizeof(".new");
	char *path = malloc(size);
	if (path == NULL)
		abort();
	snprintf(path, size, "%s.new", r->cut_path);
	FILE *f = fopen(path, "we");
	bool done = f != NULL && fchmod(fileno(f), S_IRUSR | S_IWUSR) == 0 &&
		    cuts_print(r, f);
	if (f != NULL)
		done = fclose(f) == 0 && done;
	if (!done || rename(path, r->cut_path) < 0)
		log_line(LOG_ERROR, "rpz.cut", "file=%s errno=%d", r->cut_path, errno);
	free(path);
}

void
rpz_cut_load(struct rpz *r)
{
	char line[RPZ_ORIGIN_BYTES_MAX + RPZ_ADDR_TEXT_MAX + 2];
	FILE *f = r->cut_path == NULL ? NULL : fopen(r->cut_path, "re");

	if (f == NULL)
		return;
	while (r->n_cuts < RPZ_CUTS_MAX && fgets(line, sizeof(line), f) != NULL) {
		char *host = strchr(line, ' ');
		line[strcspn(line, "\n")] = '\0';
		if (host == NULL)
			continue;
		*host++ = '\0';
		cut_add(r, line, host)->cut = true;
	}
	fclose(f);
}

void
rpz_cut_free(struct rpz *r)
{
	free(r->cuts);
	free(r->cut_path);
}

/* ---- by connections ---------------------------------------------------------------- */

bool
rpz_cut_has(struct rpz *r, const struct rpz_zone *z, const struct rpz_addr *host)
{
	char text[RPZ_ADDR_TEXT_MAX];

	pthread_mutex_lock(&r->cut_lock);
	const struct rpz_cut *c = cut_find(r, z, rpz_addr_text(host, text));
	bool cut = c != NULL && c->cut;
	pthread_mutex_unlock(&r->cut_lock);
	return cut;
}

void
rpz_cut_begin(struct rpz *r, const struct rpz_zone *z, const struct rpz_addr *host)
{
	char text[RPZ_ADDR_TEXT_MAX];

	rpz_addr_text(host, text);
	pthread_mutex_lock(&r->cut_lock);
	struct rpz_cut *c = cut_find(r, z, text);
	bool is_new = c == NULL;
	if (is_new)
		c = cut_add(r, z->origin_text, text);
	c->running++;
	if (is_new)
		cuts_write(r);
	pthread_mutex_unlock(&r->cut_lock);
}

void
rpz_cut_end(struct rpz *r, const struct rpz_zone *z, const struct rpz_addr *host,
	    bool whole)
{
	char text[RPZ_ADDR_TEXT_MAX];

	pthread_mutex_lock(&r->cut_lock);
	struct rpz_cut *c = cut_find(r, z, rpz_addr_text(host, text));
	if (c != NULL && c->running != 0)
		c->running--;
	if (c != NULL)
		c->cut = !whole;
	if (c != NULL && !c->cut && c->running == 0) {
		struct rpz_cut *end = r->cuts + r->n_cuts--;
		memmove(c, c + 1, (size_t)(end - (c + 1)) * sizeof(*c));
		cuts_write(r);
	}
	pthread_mutex_unlock(&r->cut_lock);
}
