-- held_erase: what was said in decisions of a case that were held back
-- $1 case
UPDATE held_decision
SET reason = NULL, why = NULL
WHERE casefile = $1;
