-- erase_list: what was asked to be erased of a case, and what was
-- $1 case
-- $2 limit
SELECT party, seq, act, request, what, author, reason, iat_us
FROM v_erase
WHERE casefile = $1
ORDER BY iat_us, party, seq
LIMIT $2;
