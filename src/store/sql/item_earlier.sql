-- item_earlier: the newest other item of the same normal form in an earlier case
-- $1 SHA-256 of the normal form
-- $2 case of the item
-- $3 what its id begins with, ms
SELECT casefile, i, outcome, ground, decided_us
FROM v_item
WHERE nf = $1 AND case_ms <= $3 AND casefile < $2
ORDER BY case_ms DESC, casefile DESC, i DESC
LIMIT 1;
