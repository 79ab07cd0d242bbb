#include "db/db.h"

#include <string.h>

struct db_param
db_p_text(const char *s)
{
	struct db_param p = {.type = DB_NULL};

	if (s != NULL) {
		p.type = DB_TEXT;
		p.p = s;
		p.len = strlen(s);
	}
	return p;
}
