-- duty_done_count: is a duty done
-- $1 duty
SELECT count(*) FROM duty_done WHERE duty = $1;
