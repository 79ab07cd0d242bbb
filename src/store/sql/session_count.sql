-- session_count: sessions that have not ended
-- $1 now, us
SELECT count(*) FROM session WHERE expires_us > $1;
