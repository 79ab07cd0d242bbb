-- import_list_oldest: when the oldest list was announced
SELECT made_us
FROM import_list
ORDER BY made_us
LIMIT 1;
