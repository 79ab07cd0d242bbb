-- node_insert: a perfect subtree of two leaves or more
-- $1 channel
-- $2 party
-- $3 level
-- $4 index
-- $5 hash
INSERT INTO log_node (channel, party, level, idx, hash)
VALUES ($1, $2, $3, $4, $5);
