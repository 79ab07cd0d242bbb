-- delivery_hurry: what waits for another try to a peer waits no longer
-- $1 channel
UPDATE delivery SET next_us = 0 WHERE channel = $1;
