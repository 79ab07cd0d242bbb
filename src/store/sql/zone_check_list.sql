-- zone_check_list: what a checker said of each zone
-- $1 path
SELECT zone, scope, serial, n_rows, verdict, words, refused, version, at_us, took_us
FROM zone_check
WHERE path = $1
ORDER BY CASE zone WHEN 'main' THEN 0 ELSE 1 END, zone, scope DESC;
