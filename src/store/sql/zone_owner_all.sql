-- zone_owner_all: every owner that an order in force holds
SELECT DISTINCT owner
FROM v_zone;
