/*
 * chart - figures by month as bars or as a line, drawn as SVG beside their table.
 *
 * What nobody measured is a gap: nothing is drawn there, and the table says so; a 0 is a
 * mark on the ground line.  Pages have no inline style, so looks are by class.
 */
#ifndef SALURAN_HTTP_CHART_H
#define SALURAN_HTTP_CHART_H

#include <stdint.h>

#include "http/page.h"

#define CHART_GAP INT64_MIN
enum { CHART_SERIES_MAX = 2 };

enum chart_unit { CHART_COUNT, CHART_PERMILLE, CHART_SECONDS };

struct chart {
	const char *id; /* of the page's element */
	const char *title;
	bool line; /* else bars */
	enum chart_unit unit;
	size_t n;		   /* months */
	const char *const *months; /* "2026-07" */
	size_t n_series;
	const char *names[CHART_SERIES_MAX];
	const int64_t *values[CHART_SERIES_MAX]; /* n each; CHART_GAP: not measured */
};

void chart_put(struct page *p, const struct chart *c);
/* A value as people read it; CHART_GAP is "no data". */
const char *chart_value(struct page *p, enum chart_unit unit, int64_t value);
const char *chart_month(struct page *p, const char *month); /* "Jul 2026" */

#endif
