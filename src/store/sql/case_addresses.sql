-- case_addresses: items of a case that are addresses, with their number
-- $1 case
SELECT normal, count(*)
FROM v_item
WHERE casefile = $1 AND kind = 'ip'
GROUP BY normal
ORDER BY normal;
