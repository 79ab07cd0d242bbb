-- case_part_last: when the last part of a notice that has effect was written
-- $1 case
SELECT coalesce(max(iat_us), 0)
FROM v_event
WHERE casefile = $1 AND type = 'notice.part' AND void IS NULL;
