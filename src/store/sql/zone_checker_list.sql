-- zone_checker_list: the checkers
SELECT name, path, state, version, why, at_us
FROM zone_checker
ORDER BY path;
