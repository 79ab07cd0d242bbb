-- objection_inbox_recent: how many entered the log since
-- $1 since
SELECT count(*) FROM objection_inbox WHERE admitted_us >= $1;
