-- dispute_find: cases that have a dispute of this id
-- $1 dispute
SELECT casefile, party
FROM v_dispute
WHERE dispute = $1
LIMIT 2;
