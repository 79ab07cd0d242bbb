-- v_tally_add: a sum changes
-- $1 which
-- $2 by how much
INSERT INTO v_tally (what, n) VALUES ($1, $2)
ON CONFLICT (what) DO UPDATE SET n = v_tally.n + excluded.n;
