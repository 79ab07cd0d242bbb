-- regain_event_end: behind the last entry that came back
-- $1 channel
-- $2 when there is none
SELECT coalesce(max(seq) + 1, $2)
FROM regain_event
WHERE channel = $1;
