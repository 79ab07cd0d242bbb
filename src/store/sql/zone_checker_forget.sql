-- zone_checker_forget: a checker that is asked no more
-- $1 path
DELETE FROM zone_checker
WHERE path = $1;
