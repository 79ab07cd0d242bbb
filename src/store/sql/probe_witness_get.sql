-- probe_witness_get: the name by which an address is measured
-- $1 address or network
SELECT name
FROM probe_witness
WHERE address = $1;
