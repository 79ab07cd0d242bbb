-- erase_v_item_reason: the reason of a decision, where it is the one that counts
-- $1 case
-- $2 seq of the decision
UPDATE v_item
SET reason = NULL
WHERE casefile = $1 AND decided_seq = $2 AND outcome IS NOT NULL;
