-- probe_vantage_get: is a vantage known
-- $1 vantage
SELECT count(*) FROM probe_vantage WHERE vantage = $1;
