-- webhook_figures: active ones, and those of them that fail
SELECT count(*), coalesce(sum(CASE WHEN failing_us <> 0 THEN 1 ELSE 0 END), 0)
FROM webhook
WHERE active = 1;
