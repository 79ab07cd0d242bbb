-- webhook_sent: an attempt, and what it ended with
-- $1 webhook
-- $2 attempts that failed
-- $3 next try, us
-- $4 failing since, us
-- $5 reason
-- $6 active
-- $7 again_us
UPDATE webhook
SET attempts = $2, next_us = $3, failing_us = $4, reason = $5, active = $6, again_us = $7,
    delivered = delivered + 1
WHERE webhook = $1;
