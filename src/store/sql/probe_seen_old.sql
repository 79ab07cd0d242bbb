-- probe_seen_old: what was last seen before that time goes; what the log says of it stays
-- $1 before
DELETE FROM probe_seen WHERE at_us < $1;
