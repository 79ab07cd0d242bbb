-- objection_inbox_of_source: how many came from there since
-- $1 source
-- $2 since
SELECT count(*) FROM objection_inbox WHERE source = $1 AND received_us >= $2;
