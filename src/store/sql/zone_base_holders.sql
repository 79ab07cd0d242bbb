-- zone_base_holders: hosts of operators that may still fetch a zone, and which base they are known to hold, the oldest first
-- $1 zone
-- $2 origin of its base
-- $3 heard of after this, us
-- $4 now, us
SELECT h.operator, h.address, h.serial, h.at_us
FROM operator_host h
JOIN operator o ON o.name = h.operator
WHERE h.origin = $2 AND o.zone = $1 AND o.layout <> 'whole' AND h.at_us > $3
  AND (NOT EXISTS (SELECT 1 FROM operator_key k WHERE k.operator = o.name)
       OR EXISTS (SELECT 1 FROM operator_key k
                  WHERE k.operator = o.name AND k.revoked_us = 0
                    AND (k.ends_us = 0 OR k.ends_us > $4)))
ORDER BY h.serial, h.operator, h.address;
