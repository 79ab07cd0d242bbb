-- webhook_count: how many there are
SELECT count(*) FROM webhook;
