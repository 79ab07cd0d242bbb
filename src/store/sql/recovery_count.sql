-- recovery_count: how many codes a person has left
-- $1 person
SELECT count(*)
FROM recovery_code
WHERE person = $1;
