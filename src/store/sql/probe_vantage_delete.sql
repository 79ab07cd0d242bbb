-- probe_vantage_delete: nobody asks from there any more
-- $1 vantage
DELETE FROM probe_vantage WHERE vantage = $1;
