-- operator_lack_put: what is missing at an operator; when another change of the order is, it is as new
-- $1 order
-- $2 operator
-- $3 expected
-- $4 serial
-- $5 what is missing
-- $6 since when, us
-- $7 due, us
INSERT INTO operator_lack (order_id, operator, expected, serial, lacks, since_us, due_us, next_us, reminded)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 0)
ON CONFLICT (order_id, operator) DO UPDATE SET
	expected = excluded.expected, serial = excluded.serial, lacks = excluded.lacks,
	since_us = excluded.since_us, due_us = excluded.due_us,
	next_us = CASE WHEN operator_lack.serial = excluded.serial THEN operator_lack.next_us
		       ELSE excluded.next_us END,
	reminded = CASE WHEN operator_lack.serial = excluded.serial THEN operator_lack.reminded
			ELSE 0 END;
