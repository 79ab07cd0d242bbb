-- objection_inbox_counts: how many wait, of this order and of all
-- $1 order
SELECT coalesce(sum(CASE WHEN order_id = $1 THEN 1 ELSE 0 END), 0), count(*) FROM objection_inbox WHERE admitted_us = 0;
