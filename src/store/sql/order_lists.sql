-- order_lists: the lists that an order's names were held against, JSON
-- $1 order
SELECT lists
FROM v_order
WHERE id = $1;
