-- v_item_insert: an item
-- $1 case
-- $2 number
-- $3 kind
-- $4 category
-- $5 SHA-256 of the normal form
-- $6 target as given
-- $7 normal form
-- $8 host
-- $9 description
-- $10 what the id of the case begins with, ms
INSERT INTO v_item (casefile, i, kind, category, nf, given, normal, host, description, outcome,
	ground, reason, decided_us, decided_seq, case_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, NULL, NULL, 0, 0, $10);
