-- reveal_count: how many pictures a person saw clear
-- $1 person
-- $2 after, us
SELECT count(*)
FROM reveal
WHERE person = $1 AND stage = 'clear' AND at_us > $2;
