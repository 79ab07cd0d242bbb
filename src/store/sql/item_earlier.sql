-- item_earlier: the newest other item of the same normal form in an earlier case
-- $1 SHA-256 of the normal form
-- $2 case of the item
SELECT casefile, i, outcome, ground, decided_us
FROM v_item
WHERE nf = $1 AND casefile < $2
ORDER BY casefile DESC, i DESC
LIMIT 1;
