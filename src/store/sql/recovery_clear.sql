-- recovery_clear: none of a person's codes is good any longer
-- $1 person
DELETE FROM recovery_code
WHERE person = $1;
