-- access_old: the last row of the next ones to remove, or -1
-- $1 before, us
-- $2 how many at once
SELECT COALESCE(max(seq), -1)
FROM (SELECT seq, at_us FROM access ORDER BY seq LIMIT $2) o
WHERE at_us < $1;
