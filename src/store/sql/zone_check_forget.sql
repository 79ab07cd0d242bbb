-- zone_check_forget: and what it said
-- $1 path
DELETE FROM zone_check
WHERE path = $1;
