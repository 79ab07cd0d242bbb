-- erase_asked: where a request stands
-- $1 case
-- $2 request
SELECT channel, party, seq
FROM v_erase
WHERE casefile = $1 AND request = $2 AND act = 'request'
ORDER BY iat_us, party, seq
LIMIT 1;
