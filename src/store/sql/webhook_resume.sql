-- webhook_resume: active again, at once
-- $1 webhook
UPDATE webhook SET active = 1, attempts = 0, next_us = 0, failing_us = 0, reason = ''
WHERE webhook = $1;
