-- v_case_tally_add: items of a category and kind in a case
-- $1 case
-- $2 category
-- $3 kind
-- $4 how many more
INSERT INTO v_case_tally (casefile, category, kind, n) VALUES ($1, $2, $3, $4)
ON CONFLICT (casefile, category, kind) DO UPDATE SET n = v_case_tally.n + excluded.n;
