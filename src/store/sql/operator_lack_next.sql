-- operator_lack_next: when the next operator is to be reminded after a time
-- $1 after, us
SELECT min(next_us)
FROM operator_lack
WHERE next_us > $1;
