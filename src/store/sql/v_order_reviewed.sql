-- v_order_reviewed: an order in force was reviewed
-- $1 order
-- $2 now, us
-- $3 next review, us; 0: as it was
UPDATE v_order
SET reviewed_us = $2, review_us = CASE WHEN CAST($3 AS BIGINT) = 0 THEN review_us ELSE $3 END
WHERE id = $1;
