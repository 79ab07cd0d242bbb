-- session_count: sessions that can still be used
-- $1 now, us
-- $2 seen after, us
SELECT count(*) FROM session WHERE expires_us > $1 AND seen_us > $2;
