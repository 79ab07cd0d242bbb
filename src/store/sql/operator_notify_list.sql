-- operator_notify_list: what became of NOTIFY to an operator, where it is sent now
-- $1 operator
SELECT n.origin, n.address, n.port, n.serial, n.result, n.attempts, n.over, n.at_us
FROM operator_notify n
JOIN operator o ON o.name = n.operator AND o.notify_port = n.port
WHERE n.operator = $1
ORDER BY n.origin, n.address;
