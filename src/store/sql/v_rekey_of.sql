-- v_rekey_of: from where on in a log which entry is in force, in order
-- $1 channel
-- $2 party
SELECT n, seq, had
FROM v_rekey
WHERE channel = $1 AND party = $2
ORDER BY seq;
