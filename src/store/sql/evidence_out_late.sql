-- evidence_out_late: is there a file that waits for another try, and not before then?
-- $1 channel
-- $2 now
SELECT count(*)
FROM evidence_out
WHERE state = 'waiting' AND channel = $1 AND next_us > $2;
