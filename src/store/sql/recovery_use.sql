-- recovery_use: a code is gone with its use
-- $1 person
-- $2 SHA-256
DELETE FROM recovery_code
WHERE person = $1 AND sha256 = $2;
