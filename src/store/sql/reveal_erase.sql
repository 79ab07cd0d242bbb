-- reveal_erase: why pictures of a case were shown
-- $1 case
UPDATE reveal
SET reason = NULL
WHERE casefile = $1;
