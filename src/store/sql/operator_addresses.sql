-- operator_addresses: every address from which an operator fetches, and every resolver of one
SELECT address
FROM operator
UNION
SELECT address
FROM operator_address
UNION
SELECT resolver
FROM probe_resolver
ORDER BY 1;
