-- probe_witness_put: by this name an address is measured from now on
-- $1 address or network
-- $2 name
-- $3 who says so
-- $4 when, us
INSERT INTO probe_witness (address, name, by_person, at_us)
VALUES ($1, $2, $3, $4)
ON CONFLICT (address) DO UPDATE
SET name = excluded.name, by_person = excluded.by_person, at_us = excluded.at_us;
