-- register_cited: items of the cited cases by category
-- $1 order
SELECT t.category, sum(t.n)
FROM v_order_cite c
JOIN v_case v ON v.casefile = c.casefile AND v.manifest = 1
JOIN v_case_tally t ON t.casefile = c.casefile
WHERE c.order_id = $1
GROUP BY t.category
ORDER BY t.category;
