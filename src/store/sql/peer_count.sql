-- peer_count: peers whose introduction is here
SELECT count(*)
FROM channel
WHERE introduction <> '';
