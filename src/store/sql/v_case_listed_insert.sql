-- v_case_listed_insert: rows of a list that did not become items
-- $1 case
-- $2 duplicates
-- $3 refused
INSERT INTO v_case_listed (casefile, duplicate, refused)
VALUES ($1, $2, $3)
ON CONFLICT (casefile) DO NOTHING;
