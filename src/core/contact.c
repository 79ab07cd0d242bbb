#include "core/contact.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
	DAY_S = 86400,
	MIN_S = 60,
	EPOCH_DAY = 4, /* 1970-01-01 was a Thursday */
	TEXT_LEN = 8,  /* "+07:00", "08:00" */
};

const char *const contact_roles[] = {"contact", "deputy", "escalation", NULL};
static const char *const days[CONTACT_DAYS] = {"mon", "tue", "wed", "thu",
					       "fri", "sat", "sun"};

unsigned
contact_role_rank(const char *role)
{
	unsigned i = 0;

	while (contact_roles[i] != NULL && strcmp(contact_roles[i], role) != 0)
		i++;
	return i;
}

/* Floor division: times before 1970 are days too. */
static int64_t
div_floor(int64_t a, int64_t b)
{
	return a / b - (a % b < 0 ? 1 : 0);
}

int64_t
contact_opens_us(const struct contact_hours *h, int64_t at_us)
{
	const int64_t offset_us = (int64_t)h->offset_min * MIN_S * CLOCK_US_PER_S;
	const int64_t day_us = (int64_t)DAY_S * CLOCK_US_PER_S;
	int64_t local_us = at_us + offset_us, day = div_floor(local_us, day_us);
	int64_t best_us = INT64_MAX;

	if (h->n == 0)
		return at_us;
	for (int64_t d = day; d <= day + CONTACT_DAYS; d++) {
		int64_t since = (d + EPOCH_DAY - 1) % CONTACT_DAYS;
		int weekday = (int)((since + CONTACT_DAYS) % CONTACT_DAYS) + 1;
		for (size_t i = 0; i < h->n; i++) {
			const struct contact_span *s = &h->week[i];
			int64_t from = d * day_us + s->from_min * MIN_S * CLOCK_US_PER_S;
			int64_t to = d * day_us + s->to_min * MIN_S * CLOCK_US_PER_S;
			if (s->day != weekday || to <= local_us)
				continue;
			int64_t at = from > local_us ? from : local_us;
			best_us = at < best_us ? at : best_us;
		}
	}
	return best_us == INT64_MAX ? best_us : best_us - offset_us;
}

bool
contact_open(const struct contact_hours *h, int64_t at_us)
{
	return contact_opens_us(h, at_us) == at_us;
}

/* Negative: x is called before y. */
static int
duty_compare(const struct contact_entry *x, const struct contact_entry *y)
{
	unsigned rx = contact_role_rank(x->role), ry = contact_role_rank(y->role);

	if (x->open != y->open)
		return x->open ? -1 : 1;
	if (!x->open && x->opens_us != y->opens_us)
		return x->opens_us < y->opens_us ? -1 : 1;
	if (rx != ry)
		return rx < ry ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void
contact_duty(struct contact_entry *c, size_t n, int64_t at_us, size_t *ret)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = i;
		c[i].opens_us = contact_opens_us(&c[i].hours, at_us);
		c[i].open = c[i].opens_us == at_us;
		for (; k > 0 && duty_compare(&c[i], &c[ret[k - 1]]) < 0; k--)
			ret[k] = ret[k - 1];
		ret[k] = i;
	}
}

/* "08:00" to minutes; at most 24:00. */
static bool
minutes_read(const char *s, int max, int *ret)
{
	if (s == NULL || strlen(s) != 5 || s[2] != ':')
		return false;
	for (size_t i = 0; i < 5; i++)
		if (i != 2 && (s[i] < '0' || s[i] > '9'))
			return false;
	int hour = (s[0] - '0') * 10 + (s[1] - '0'), min = (s[3] - '0') * 10 + s[4] - '0';
	*ret = hour * 60 + min;
	return min < 60 && *ret <= max;
}

static enum rc
span_read(const json_t *given, size_t at, struct contact_span *ret, struct err *e)
{
	const char *day = json_string_value(json_object_get(given, "day"));

	ret->day = 0;
	for (int i = 0; day != NULL && i < CONTACT_DAYS; i++)
		if (strcmp(days[i], day) == 0)
			ret->day = i + 1;
	if (ret->day == 0)
		return err_set(e, RC_INVALID,
			       "hours.week[%zu].day must be one of mon, tue, wed, thu, "
			       "fri, sat, sun",
			       at);
	if (!minutes_read(json_string_value(json_object_get(given, "from")),
			  CONTACT_DAY_MIN - 1, &ret->from_min) ||
	    !minutes_read(json_string_value(json_object_get(given, "to")),
			  CONTACT_DAY_MIN, &ret->to_min) ||
	    ret->from_min >= ret->to_min)
		return err_set(e, RC_INVALID,
			       "hours.week[%zu] must go from an hour to a later one of "
			       "the same day, as \"from\": \"08:00\", \"to\": \"17:00\"; "
			       "write a night as two spans",
			       at);
	if (json_object_size(given) != 3)
		return err_set(e, RC_INVALID,
			       "hours.week[%zu] has day, from and to, nothing else", at);
	return RC_OK;
}

enum rc
contact_hours_read(const json_t *given, struct contact_hours *ret, struct err *e)
{
	const json_t *week = json_object_get(given, "week"), *v;
	const char *offset = json_string_value(json_object_get(given, "offset"));
	size_t i;

	*ret = (struct contact_hours){0};
	if (given == NULL || json_is_null(given))
		return RC_OK;
	if (offset == NULL || (offset[0] != '+' && offset[0] != '-') ||
	    !minutes_read(offset + 1, CONTACT_OFFSET_MAX, &ret->offset_min))
		return err_set(e, RC_INVALID,
			       "hours.offset must say how far from UTC, as \"+07:00\"");
	if (offset[0] == '-')
		ret->offset_min = -ret->offset_min;
	if (!json_is_array(week) || json_array_size(week) == 0 ||
	    json_array_size(week) > CONTACT_SPANS_MAX)
		return err_set(e, RC_INVALID,
			       "hours.week must list 1 to %d spans; leave \"hours\" out "
			       "for \"at any time\"",
			       CONTACT_SPANS_MAX);
	if (json_object_size(given) != 2)
		return err_set(e, RC_INVALID, "hours has offset and week, nothing else");
	json_array_foreach (week, i, v) {
		enum rc rc = span_read(v, i, &ret->week[i], e);
		if (rc != RC_OK)
			return rc;
	}
	ret->n = json_array_size(week);
	return RC_OK;
}

json_t *
contact_hours_event(const struct contact_hours *h)
{
	json_t *week;

	if (h->n == 0)
		return NULL;
	week = json_array();
	for (size_t i = 0; i < h->n; i++)
		json_array_append_new(
			week, json_pack("{s:i, s:i, s:i}", "day", h->week[i].day, "from",
					h->week[i].from_min, "to", h->week[i].to_min));
	return json_pack("{s:i, s:o}", "offset", h->offset_min, "week", week);
}

void
contact_hours_of_event(const json_t *body, struct contact_hours *ret)
{
	size_t i;
	const json_t *v;

	*ret = (struct contact_hours){
		.offset_min = (int)json_integer_value(json_object_get(body, "offset"))};
	json_array_foreach (json_object_get(body, "week"), i, v)
		if (i < CONTACT_SPANS_MAX)
			ret->week[ret->n++] = (struct contact_span){
				(int)json_integer_value(json_object_get(v, "day")),
				(int)json_integer_value(json_object_get(v, "from")),
				(int)json_integer_value(json_object_get(v, "to")),
			};
}

static json_t *
clock_text(const char *sign, int min)
{
	char text[TEXT_LEN];

	snprintf(text, sizeof(text), "%s%02u:%02u", sign, (unsigned)min / 60 % 100,
		 (unsigned)min % 60);
	return json_string(text);
}

json_t *
contact_hours_shown(const struct contact_hours *h)
{
	json_t *week;

	if (h->n == 0)
		return json_null();
	week = json_array();
	for (size_t i = 0; i < h->n; i++)
		json_array_append_new(
			week,
			json_pack(
				"{s:s, s:o, s:o}", "day",
				days[(h->week[i].day + CONTACT_DAYS - 1) % CONTACT_DAYS],
				"from", clock_text("", h->week[i].from_min), "to",
				clock_text("", h->week[i].to_min)));
	return json_pack("{s:o, s:o}", "offset",
			 clock_text(h->offset_min < 0 ? "-" : "+", abs(h->offset_min)),
			 "week", week);
}
