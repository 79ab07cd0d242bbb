-- webhook_rewind: hand over everything after an event again
-- $1 webhook
-- $2 after this event, stored_us
UPDATE webhook SET feed_us = $2, part = 0, attempts = 0, next_us = 0 WHERE webhook = $1;
