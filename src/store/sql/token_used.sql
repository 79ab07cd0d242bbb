-- token_used: when a token was used last
-- $1 id
-- $2 now, us
UPDATE token
SET used_us = $2
WHERE id = $1 AND used_us < $2;
