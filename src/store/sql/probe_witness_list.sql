-- probe_witness_list: the names by which addresses are measured
SELECT address, name, by_person, at_us
FROM probe_witness
ORDER BY address;
