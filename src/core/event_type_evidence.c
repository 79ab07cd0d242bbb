/* Events of evidence files, their erasure and legal holds. */
#include "core/event_field.h"

/* clang-format off */
const struct event_type event_types_evidence[] = {
	/* name            by    case  clock  sd re body            check */
	{.name = NULL},
};
/* clang-format on */
