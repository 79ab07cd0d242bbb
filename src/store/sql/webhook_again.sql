-- webhook_again: hand over one delivery again, before all others
-- $1 webhook
-- $2 event, stored_us
-- $3 part
UPDATE webhook SET again_us = $2, again_part = $3, attempts = 0, next_us = 0
WHERE webhook = $1;
