-- prepared_erase: the texts of steps that were prepared for a case
-- $1 case
UPDATE prepared
SET body = NULL
WHERE casefile = $1;
