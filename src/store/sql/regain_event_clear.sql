-- regain_event_clear: forget what came back
-- $1 channel
DELETE FROM regain_event
WHERE channel = $1;
