-- note_page: internal notes of a case from a cursor on
-- $1 case
-- $2 note of the cursor, or empty
-- $3 limit
SELECT id, author, body, at_us
FROM case_note
WHERE casefile = $1
  AND at_us > coalesce((SELECT n.at_us FROM case_note n WHERE n.id = $2), 0)
ORDER BY at_us
LIMIT $3;
