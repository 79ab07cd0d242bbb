-- shield_get: how much a person wants to see
-- $1 person
SELECT pictures, per_shift
FROM shield
WHERE person = $1;
