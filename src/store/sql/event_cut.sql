-- event_cut: entries of a log that are no part of it
-- $1 channel
-- $2 party
-- $3 from
DELETE FROM log_event
WHERE channel = $1 AND party = $2 AND seq >= $3;
