-- order_wait_delete: nobody is waited for, unless it changed meanwhile
-- $1 order
-- $2 when it changed, us
DELETE FROM order_wait
WHERE order_id = $1 AND since_us = $2;
