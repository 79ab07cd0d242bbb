-- node_cut: nodes of one level that cover such entries
-- $1 channel
-- $2 party
-- $3 level
-- $4 first index
DELETE FROM log_node
WHERE channel = $1 AND party = $2 AND level = $3 AND idx >= $4;
