-- case_hosts: hosts of the items of a case with their number
-- $1 case
SELECT host, count(*)
FROM v_item
WHERE casefile = $1
GROUP BY host
ORDER BY host;
