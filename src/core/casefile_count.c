#include "core/casefile_count.h"

void
casefile_count(const struct casefile *c, uint64_t items, uint64_t decided,
	       uint64_t duplicate, uint64_t refused, struct case_counts *ret)
{
	/* Who decides has accepted: a refusal counts while nothing came after it. */
	bool declined = c->refused_us != 0 && c->accepted_us == 0;

	*ret = (struct case_counts){
		.accepted = declined ? 0 : items,
		.refused = refused + (declined ? items : 0),
		.duplicate = duplicate,
		.decided = declined ? 0 : decided,
	};
	ret->open = ret->accepted - ret->decided;
	ret->submitted = ret->accepted + ret->refused + ret->duplicate;
}

json_t *
casefile_counts_json(const struct case_counts *n)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "submitted",
			 (json_int_t)n->submitted, "accepted", (json_int_t)n->accepted,
			 "refused", (json_int_t)n->refused, "duplicate",
			 (json_int_t)n->duplicate, "decided", (json_int_t)n->decided,
			 "open", (json_int_t)n->open);
}

static json_int_t
count_of(const json_t *counts, const char *what)
{
	return json_integer_value(json_object_get(counts, what));
}

bool
casefile_counts_add_up(const json_t *counts)
{
	return count_of(counts, "submitted") == count_of(counts, "accepted") +
							count_of(counts, "refused") +
							count_of(counts, "duplicate") &&
	       count_of(counts, "accepted") ==
		       count_of(counts, "decided") + count_of(counts, "open");
}

bool
casefile_counts_equal(const json_t *counts, const struct case_counts *n)
{
	json_t *want = casefile_counts_json(n);
	bool equal = json_equal(want, counts);

	json_decref(want);
	return equal;
}
