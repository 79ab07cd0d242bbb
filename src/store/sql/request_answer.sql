-- request_answer: what was answered to it
-- $1 key
SELECT answer
FROM request
WHERE key = $1;
