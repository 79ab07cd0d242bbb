-- import_file_erase: the name of the file that a notice was made of
-- $1 case
UPDATE import_file
SET name = NULL
WHERE casefile = $1;
