/*
 * "/register/logs": the logs that the register rests on, for people; "/tlog/LOG/...":
 * their checkpoint and tiles under the paths of C2SP tlog-tiles, for programs.
 */
#include <inttypes.h>
#include <string.h>

#include "core/mirror.h"
#include "http/page.h"

#define CHECKPOINT "checkpoint"
#define TILE	   "tile/"

/* ---- for people -------------------------------------------------------------------- */

static void
log_put(struct page *p, const json_t *log)
{
	const char *tiles = j_text(log, "tiles");
	struct html *h = p->h;

	html_open(h, "li");
	html_open(h, "dl");
	html_attr(h, "class", "facts");
	fact_code(p, T(p, COL_LOG), j_text(log, "origin"));
	fact_outside(p, T(p, COL_PEER), j_text(log, "platform"));
	fact_text(p, T(p, COL_SIZE), NUMBER(p, j_int(log, "size")));
	fact_code(p, T(p, COL_ROOT), j_text(log, "root"));
	fact_code(p, T(p, LOG_KEY), j_text(log, "key"));
	fact_open(p, T(p, LOG_CHECKPOINT));
	part_link(p, page_link(p, arena_printf(p->a, "%s/" CHECKPOINT, tiles), NULL),
		  T(p, LOG_DOWNLOAD));
	fact_close(p);
	fact_code(p, T(p, LOG_TILES),
		  arena_printf(p->a, "%s%s/tile/",
			       page_public_url(p) == NULL ? "" : page_public_url(p),
			       tiles));
	html_close(h, "dl");
	html_close(h, "li");
}

enum rc
page_logs(struct page *p, struct err *e)
{
	const json_t *logs, *log;
	json_t *reply;
	size_t i;
	enum rc rc = page_ask(p, "/v1/register/logs", json_object(), &reply, e);

	if (rc != RC_OK)
		return rc;
	logs = json_object_get(reply, "logs");
	page_begin(p, T(p, REGISTER_TITLE), T(p, LOGS_TITLE), "/register");
	html_leaf(p->h, "p", "lead", T(p, LOGS_LEAD));
	html_leaf(p->h, "p", NULL, T(p, LOGS_HOW));
	if (json_array_size(logs) == 0)
		html_leaf(p->h, "p", "empty", T(p, LOGS_NONE));
	else
		html_open(p->h, "ul");
	if (json_array_size(logs) != 0)
		html_attr(p->h, "class", "matches");
	json_array_foreach (logs, i, log)
		log_put(p, log);
	if (json_array_size(logs) != 0)
		html_close(p->h, "ul");
	page_end(p);
	return RC_OK;
}

/* ---- for programs ------------------------------------------------------------------ */

static enum rc
tile_give(struct page *p, const char *log, const char *path, struct err *e)
{
	unsigned level, width;
	uint64_t index;
	bool entries;

	if (mirror_tile_path_parse(path, &entries, &level, &index, &width) != RC_OK)
		return err_rule(e, RC_NOT_FOUND, "C2SP tlog-tiles", "no path of a tile");
	if (entries)
		return err_set(e, RC_DENIED,
			       "entries hold more than orders, and are for the two "
			       "parties: those of an order come with the proof of its "
			       "register entry");
	return page_bytes(p, "/v1/register/logs/{log}/tile",
			  json_pack("{s:s, s:i, s:I, s:i}", "log", log, "level",
				    (int)level, "index", (json_int_t)index, "width",
				    (int)width),
			  e);
}

enum rc
page_tlog(struct page *p, struct err *e)
{
	const size_t len = strcspn(p->word, "/");
	const char *log = arena_strndup(p->a, p->word, len), *rest = p->word + len;

	rest += rest[0] == '/';
	if (strcmp(rest, CHECKPOINT) == 0)
		return page_bytes(p, "/v1/register/logs/{log}/checkpoint",
				  json_pack("{s:s}", "log", log), e);
	if (strncmp(rest, TILE, sizeof(TILE) - 1) == 0)
		return tile_give(p, log, rest + sizeof(TILE) - 1, e);
	return err_rule(e, RC_NOT_FOUND, "C2SP tlog-tiles",
			"a log has checkpoint and tile/<L>/<N>[.p/<W>]");
}
