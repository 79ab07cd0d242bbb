-- operator_show: operators without their secrets
SELECT o.name, o.address, o.notify_port,
       (SELECT k.name FROM operator_key k
        WHERE k.operator = o.name AND k.revoked_us = 0
        ORDER BY k.made_us DESC LIMIT 1),
       o.pulled_serial, o.pulled_us, o.resolver, o.zone, o.layout
FROM operator o
ORDER BY o.name;
