-- reveal_grey: when a person last had a file shown, in whatever stage
-- $1 person
-- $2 SHA-256 of the file
SELECT at_us
FROM reveal
WHERE person = $1 AND sha256 = $2
ORDER BY at_us DESC
LIMIT 1;
