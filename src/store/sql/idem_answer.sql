-- idem_answer: what was answered
-- $1 hash of the key
-- $2 sealed answer
UPDATE idempotency SET answer = $2 WHERE id = $1;
