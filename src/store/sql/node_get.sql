-- node_get: a perfect subtree of two leaves or more
-- $1 channel
-- $2 party
-- $3 level
-- $4 index
SELECT hash
FROM log_node
WHERE channel = $1 AND party = $2 AND level = $3 AND idx = $4;
