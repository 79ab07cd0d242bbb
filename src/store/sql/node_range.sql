-- node_range: perfect subtrees of one level by place
-- $1 channel
-- $2 party
-- $3 level
-- $4 first index
-- $5 index past the last
SELECT idx, hash
FROM log_node
WHERE channel = $1 AND party = $2 AND level = $3 AND idx >= $4 AND idx < $5
ORDER BY idx;
