-- order_next_stage: when a plan lifts the next name; 0: none does
-- $1 now, us
SELECT coalesce(min(stage_us), 0)
FROM v_order_name
WHERE stage_us > $1;
