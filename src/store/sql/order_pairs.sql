-- order_pairs: who approved whose orders, how often, and when last
-- $1 limit
SELECT o.drafter, d.name, a.author, p.name, count(*), max(a.iat_us)
FROM v_order_act a
JOIN v_order o ON o.id = a.order_id
LEFT JOIN person d ON d.pseudonym = o.drafter
LEFT JOIN person p ON p.pseudonym = a.author
WHERE a.act = 'approve'
GROUP BY o.drafter, d.name, a.author, p.name
ORDER BY count(*) DESC, o.drafter, a.author
LIMIT $1;
