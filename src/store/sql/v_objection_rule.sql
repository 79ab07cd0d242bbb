-- v_objection_rule: the ruling, once
-- $1 channel
-- $2 objection
-- $3 when
-- $4 by
-- $5 ruling
-- $6 names, JSON or null
-- $7 reason
-- $8 seq
UPDATE v_objection
SET ruled_us = $3, ruled_by = $4, ruling = $5, ruled_names = $6, reason = $7,
    rule_seq = $8
WHERE channel = $1 AND objection = $2 AND ruled_us = 0;
