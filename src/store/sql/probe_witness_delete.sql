-- probe_witness_delete: no name is asked for in an address's stead
-- $1 address or network
DELETE FROM probe_witness
WHERE address = $1;
