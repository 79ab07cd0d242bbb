-- order_release_count: names whose lift waits for the log
SELECT count(*)
FROM order_release;
