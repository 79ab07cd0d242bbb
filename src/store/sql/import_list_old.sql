-- import_list_old: a list that nobody sent
-- $1 announced before, us
SELECT id
FROM import_list
WHERE made_us < $1
ORDER BY made_us
LIMIT 1;
