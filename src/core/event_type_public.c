/* Events of contacts, channel tests and objections. */
#include "core/event_field.h"

/* clang-format off */
const struct event_type event_types_public[] = {
	/* name            by    case  clock  sd re body            check */
	{.name = NULL},
};
/* clang-format on */
