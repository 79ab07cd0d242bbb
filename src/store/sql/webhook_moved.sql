-- webhook_moved: events that it does not want, or one that it has
-- $1 webhook
-- $2 event, stored_us
-- $3 parts of the following one that were handed over
UPDATE webhook SET feed_us = $2, part = $3 WHERE webhook = $1;
