-- case_note_erase: the internal notes of a case
-- $1 case
DELETE FROM case_note
WHERE casefile = $1;
