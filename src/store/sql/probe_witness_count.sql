-- probe_witness_count: how many addresses have a name to be measured by
SELECT count(*)
FROM probe_witness;
