-- objection_inbox_admitted: it is in the log; what it says is no longer kept here
-- $1 objection
-- $2 when
UPDATE objection_inbox SET admitted_us = $2, body = NULL, contact = NULL WHERE objection = $1;
