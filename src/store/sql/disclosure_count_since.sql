-- disclosure_count_since: how many disclosures came since then
-- $1 since, us
SELECT count(*)
FROM log_disclosure
WHERE stored_us >= $1;
