-- reminded_last: the last reminder of an order to an operator
-- $1 order
-- $2 operator
SELECT t.step, t.via, t.author, t.at_us, o.lacks
FROM v_operator_talk_order o
JOIN v_operator_talk t ON t.channel = o.channel AND t.seq = o.seq
WHERE o.order_id = $1 AND o.operator = $2 AND t.kind = 'reminded'
ORDER BY t.at_us DESC, t.channel, t.seq DESC
LIMIT 1;
