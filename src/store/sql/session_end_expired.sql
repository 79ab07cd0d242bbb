-- session_end_expired: what could not be used any longer
-- $1 now, us
-- $2 seen before, us
DELETE FROM session
WHERE expires_us <= $1 OR seen_us <= $2;
